/* SPDX-License-Identifier: MIT
 * reclaim.h: what happens when a deferred's last reference goes.  However
 * deeply deferreds hold each other, the stack does not grow. */
#ifndef LR_DEFERRED_RECLAIM_H
#define LR_DEFERRED_RECLAIM_H

#include "base/attributes.h"
#include "deferred/deferred.h"

/* Ends `deferred`, whose last reference is gone, unless something else keeps
 * it. */
void lr_deferred_reclaim(lariat_deferred *deferred);

/* Destroys a marker, as its `destroy`: the deferred that `waiter` waits for
 * dies, and so does the waiter, which nobody holds any more. */
LR_HIDDEN void lr_deferred_drop_waiter(void *waiter);

static inline void lr_deferred_release(lariat_deferred *deferred) {
  if (deferred->flags & LR_DEFERRED_FIXED) return;
  if (--deferred->references == 0) lr_deferred_reclaim(deferred);
}

#endif
