/* SPDX-License-Identifier: MIT
 * chain.h: the running of chains: pairs one after the other, returned
 * deferreds waited for, results handed over to those that wait. */
#ifndef LR_DEFERRED_CHAIN_H
#define LR_DEFERRED_CHAIN_H

#include "deferred/deferred.h"

/* Puts a pair at the end; false when out of memory, with nothing changed. */
bool lr_chain_append(lariat_deferred *deferred, const lr_pair *pair);

/* Runs what can be run of `deferred`, which has fired and is not RUNNING, and
 * of all that wait for it.  Holds a reference meanwhile, and gives it back. */
void lr_chain_run(lariat_deferred *deferred);

/* The chain could not grow: destroys the contexts of its pairs, and that of
 * `refused`, which found no room, and makes the result LARIAT_ENOMEM. */
void lr_chain_fail(lariat_deferred *deferred, const lr_pair *refused);

/* Whether `inner` needs, however indirectly, the result of `outer`. */
bool lr_chain_waits_for(const lariat_deferred *inner,
                        const lariat_deferred *outer);

/* Whether a pair added now runs at once. */
static inline bool lr_chain_may_run(const lariat_deferred *deferred) {
  unsigned state = deferred->flags & (LR_DEFERRED_FIRED | LR_DEFERRED_RUNNING);
  return state == LR_DEFERRED_FIRED && deferred->paused == 0 &&
         !lr_deferred_waits(deferred);
}

#endif
