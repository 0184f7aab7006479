/* SPDX-License-Identifier: MIT
 * chain.h: the running of chains: pairs one after the other, returned
 * deferreds waited for, results handed over to those that wait. */
#ifndef LR_DEFERRED_CHAIN_H
#define LR_DEFERRED_CHAIN_H

#include "deferred/combination.h"
#include "deferred/state.h"

/* Grows the chain to take one more pair; false when out of memory. */
bool lr_chain_reserve(lariat_deferred *deferred);

/* Puts a pair at the end; false when out of memory, with nothing changed. */
static inline bool lr_chain_append(lariat_deferred *deferred,
                                   const lr_pair *pair) {
  if (deferred->end == deferred->capacity && !lr_chain_reserve(deferred))
    return false;
  deferred->pairs[deferred->end++] = *pair;
  return true;
}

/* Runs what can be run of `deferred`, which has fired and is not RUNNING, and
 * of all that wait for it.  Holds a reference meanwhile, and gives it back. */
void lr_chain_run(lariat_deferred *deferred);

/* Gives the result of `child`, whose chain may run and has no pair, to a
 * combination. */
void lr_chain_deliver(lariat_deferred *child, struct lr_slot *slot);

/* Runs the chain of a deferred that has just fired, as lr_chain_run does, with
 * a short cut for children of combinations, most of which have a single pair.
 */
static inline void lr_chain_start(lariat_deferred *deferred) {
  uint32_t next = deferred->next;
  uint32_t pairs = deferred->end - next;
  const lr_pair *first = &deferred->pairs[next];
  if (pairs == 1 && first->destroy == lr_slot_drop_pair && !deferred->paused) {
    deferred->next = deferred->end = 0;
    lr_chain_deliver(deferred, first->context);
  } else if (pairs > 0 || deferred->references == 0) {
    lr_chain_run(deferred);
  }
}

/* Fails `deferred`, whose chain could not grow: destroys the contexts of its
 * pairs and that of `refused`, for which there was no memory, and makes the
 * result LARIAT_ENOMEM. */
void lr_chain_fail(lariat_deferred *deferred, const lr_pair *refused);

/* Gives back the array of pairs, which is not the one inside. */
static inline void lr_chain_free_pairs(const lariat_deferred *deferred) {
  if (deferred->capacity == LR_DEFERRED_MORE_PAIRS)
    lr_free_list_give(&deferred->state->pairs, deferred->pairs);
  else
    lr_free(deferred->pairs);
}

/* Tells whether `inner` needs, however indirectly, the result of `outer`. */
bool lr_chain_waits_for(const lariat_deferred *inner,
                        const lariat_deferred *outer);

/* Tells whether a pair added now runs at once. */
static inline bool lr_chain_may_run(const lariat_deferred *deferred) {
  unsigned state = deferred->flags & (LR_DEFERRED_FIRED | LR_DEFERRED_RUNNING);
  return state == LR_DEFERRED_FIRED && deferred->paused == 0 &&
         !lr_deferred_waits(deferred);
}

#endif
