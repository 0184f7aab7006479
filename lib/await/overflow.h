/* SPDX-License-Identifier: MIT
 * overflow.h: the message about a stack that overflowed. */
#ifndef LR_AWAIT_OVERFLOW_H
#define LR_AWAIT_OVERFLOW_H

#include "await/state.h"

/* Gives the thread a signal stack, if lariat_coroutine_explain_overflows was
 * called and it has none. */
void lr_overflow_arm(lr_await_state *state);

/* Takes the signal stack back. */
void lr_overflow_disarm(lr_await_state *state);

#endif
