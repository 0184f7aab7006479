/* SPDX-License-Identifier: MIT
 * call_depth.h: how deep the calling thread is inside of lariat's own calls to
 * its user: turns, runs of chains, cancellers, destructors.  A coroutine may
 * only be suspended where it is as deep as when it was resumed: else somebody's
 * work would stand still in the middle. */
#ifndef LR_BASE_CALL_DEPTH_H
#define LR_BASE_CALL_DEPTH_H

#include "base/attributes.h"

/* Declares a variable of each thread that is reached by one instruction, also
 * in the shared library. */
#define LR_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

extern LR_HIDDEN LR_THREAD_LOCAL unsigned lr_call_depth;

#endif
