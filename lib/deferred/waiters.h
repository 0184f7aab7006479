/* SPDX-License-Identifier: MIT
 * waiters.h: a queue of deferreds that wait for something to be given to them.
 * Cancelling one takes it out of the queue, and so does firing it directly:
 * what is given later is for the next. */
#ifndef LR_DEFERRED_WAITERS_H
#define LR_DEFERRED_WAITERS_H

#include <stddef.h>

#include "base/list.h"
#include "deferred/deferred.h"

typedef struct lr_waiters {
  lr_list queue;
  size_t count;
} lr_waiters;

void lr_waiters_init(lr_waiters *waiters);

/* Returns a new deferred at the end of the queue, with a reference for the
 * caller; the queue has another.  Without memory it is a failed one, and not in
 * the queue. */
lariat_deferred *lr_waiters_add(lr_waiters *waiters, lr_deferred_state *state);

/* Fires the first waiter with `value`; there is one. */
void lr_waiters_fire(lr_waiters *waiters, lariat_value value);

/* Releases all waiters, unfired. */
void lr_waiters_clear(lr_waiters *waiters);

#endif
