/* SPDX-License-Identifier: MIT
 * inside.c: see inside.h. */
#include "base/inside.h"

LR_THREAD_LOCAL unsigned lr_inside;
