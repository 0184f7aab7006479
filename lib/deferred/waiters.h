/* SPDX-License-Identifier: MIT
 * waiters.h: deferreds that wait in a row for something to be given to them.
 * Cancelling one takes it out of the row, and so does firing it by hand: what
 * is given later is for the next. */
#ifndef LR_DEFERRED_WAITERS_H
#define LR_DEFERRED_WAITERS_H

#include <stddef.h>

#include "base/list.h"
#include "deferred/deferred.h"

typedef struct lr_waiters {
  lr_list row;
  size_t count;
} lr_waiters;

void lr_waiters_init(lr_waiters *waiters);

/* A deferred at the end of the row, with a reference for the caller; the row
 * has another.  Without memory it is a failed one, and not in the row. */
lariat_deferred *lr_waiters_add(lr_waiters *waiters, lr_deferred_state *state);

/* Fires the first with `value`; there is one. */
void lr_waiters_fire(lr_waiters *waiters, lariat_value value);

/* Lets all go, unfired. */
void lr_waiters_clear(lr_waiters *waiters);

#endif
