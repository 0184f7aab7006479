/* SPDX-License-Identifier: MIT
 * call_depth.c: the counter of each thread. */
#include "base/call_depth.h"

LR_THREAD_LOCAL unsigned lr_call_depth;
