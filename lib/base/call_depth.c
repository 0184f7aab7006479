/* SPDX-License-Identifier: MIT
 * inside.c: see inside.h. */
#include "base/call_depth.h"

LR_THREAD_LOCAL unsigned lr_call_depth;
