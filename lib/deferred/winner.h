/* SPDX-License-Identifier: MIT
 * winner.h: the making of a lariat_winner. */
#ifndef LR_DEFERRED_WINNER_H
#define LR_DEFERRED_WINNER_H

#include <lariat/winner.h>

/* Makes a winner, which takes `value` over; without memory it is a failure. */
lariat_value lr_winner_make(size_t index, lariat_value value);

#endif
