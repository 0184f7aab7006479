/* SPDX-License-Identifier: MIT
 * reclaim.c: the end of deferreds.  First, without running any of the user's
 * code, it is found out which are really lost; then the dead are destroyed one
 * after the other.  What dies meanwhile joins the queue. */
#include "deferred/reclaim.h"

#include "base/call_depth.h"
#include "deferred/canceller.h"
#include "deferred/chain.h"
#include "deferred/state.h"
#include "deferred/trace.h"
#include "deferred/unhandled.h"

static void push_deferred(lariat_deferred **list, lariat_deferred *deferred) {
  deferred->link = *list;
  *list = deferred;
}

static lariat_deferred *pop_deferred(lariat_deferred **list) {
  lariat_deferred *first = *list;
  if (first) *list = first->link;
  return first;
}

/* Destroys what most deferreds do not have: contexts of pairs that did not run,
 * and of a canceller. */
static LR_COLD void destroy_contexts(lariat_deferred *deferred) {
  while (deferred->next < deferred->end) {
    lr_pair pair = deferred->pairs[deferred->next++];
    if (pair.destroy) pair.destroy(pair.context);
  }
  if (deferred->flags & LR_DEFERRED_CANCELLER) lr_canceller_drop(deferred);
}

static inline bool has_contexts(const lariat_deferred *deferred) {
  return deferred->next < deferred->end ||
         deferred->flags & LR_DEFERRED_CANCELLER;
}

static inline void drop_result(lariat_deferred *deferred) {
  lariat_value result = deferred->result;
  if (lariat_is_none(result)) return;
  if (lariat_is_failure(result)) lr_unhandled_report(deferred);
  if (result.type->drop) result.type->drop(result.data);
}

/* Destroys all of a deferred but the reference to the layer's state. */
static inline __attribute__((always_inline)) void
destroy_deferred(lariat_deferred *deferred) {
  lr_call_depth++;
  if (LR_RARE(has_contexts(deferred))) destroy_contexts(deferred);
  if (deferred->pairs != deferred->inside) lr_chain_free_pairs(deferred);
  drop_result(deferred);
  if (LR_RARE(deferred->flags & LR_DEFERRED_TRACED)) lr_trace_free(deferred);
  deferred->ops->dispose(deferred);
  lr_call_depth--;
}

static LR_COLD void reclaim_listed(lr_deferred_state *state) {
  while (state->reclaim_list) {
    destroy_deferred(pop_deferred(&state->reclaim_list));
    state->references--;
  }
}

/* Destroys `deferred`: now, or when the destruction that goes on further down
 * the stack comes to it.  Its reference keeps the state until all are gone. */
static inline void reclaim_deferred(lariat_deferred *deferred) {
  lr_deferred_state *state = deferred->state;
  if (state->reclaiming) {
    push_deferred(&state->reclaim_list, deferred);
    return;
  }
  state->reclaiming = true;
  destroy_deferred(deferred);
  if (state->reclaim_list) reclaim_listed(state);
  state->reclaiming = false;
  lr_deferred_state_release(state);
}

void lr_deferred_end(lariat_deferred *deferred) { reclaim_deferred(deferred); }

void lr_deferred_drop_waiter(void *waiter) {
  lariat_deferred *deferred = waiter;
  deferred->result = lariat_none();
  lr_deferred_end(deferred);
}

void lr_deferred_give_back(lr_deferred_lost *lost, lariat_deferred *deferred) {
  if (deferred->flags & LR_DEFERRED_FIXED) return;
  if (--deferred->references == 0) push_deferred(&lost->first, deferred);
}

/* Tells whether something still holds `deferred`, which has no references: the
 * one that it waits for has a marker to it and now owns it, without being owned
 * in return. */
static bool is_kept(lariat_deferred *deferred, lr_deferred_lost *lost) {
  if (lr_deferred_waits(deferred)) {
    lr_deferred_give_back(lost, deferred->result.data);
    return true;
  }
  if (lr_deferred_is_fired(deferred) || !deferred->ops->abandon) return false;
  return deferred->ops->abandon(deferred, lost);
}

/* Finds out which are lost with `deferred`, and ends those. */
static LR_COLD void reclaim_slow(lariat_deferred *deferred) {
  lr_deferred_lost lost = {NULL};
  lariat_deferred *dead = NULL;
  push_deferred(&lost.first, deferred);
  while ((deferred = pop_deferred(&lost.first)) != NULL) {
    if (!is_kept(deferred, &lost)) push_deferred(&dead, deferred);
  }
  while ((deferred = pop_deferred(&dead)) != NULL) lr_deferred_end(deferred);
}

/* Tells whether `deferred` is a user's without canceller that has nothing left
 * to destroy or to drop: no code of the user's will run. */
static inline bool is_bare(const lariat_deferred *deferred) {
  const lariat_type *type = deferred->result.type;
  return deferred->ops == &lr_deferred_user_ops && (!type || !type->drop) &&
         deferred->next >= deferred->end &&
         !(deferred->flags & (LR_DEFERRED_CANCELLER | LR_DEFERRED_TRACED));
}

static inline void free_bare(lariat_deferred *deferred) {
  lr_deferred_state *state = deferred->state;
  if (deferred->pairs != deferred->inside) lr_chain_free_pairs(deferred);
  lr_free_list_give(&state->deferreds, deferred);
  lr_deferred_state_release(state);
}

/* Takes the slow way only for one that may be kept: one that waits, or that
 * `abandon` is to be asked about. */
void lr_deferred_reclaim(lariat_deferred *deferred) {
  if (is_bare(deferred))
    free_bare(deferred);
  else if (lr_deferred_waits(deferred) ||
           (deferred->ops->abandon && !lr_deferred_is_fired(deferred)))
    reclaim_slow(deferred);
  else
    reclaim_deferred(deferred);
}
