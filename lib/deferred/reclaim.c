/* SPDX-License-Identifier: MIT
 * burial.c: the end of deferreds.  First, without running any of the user's
 * code, it is found out who is really lost; then the dead are put away one
 * after the other.  What dies meanwhile joins the queue. */
#include "deferred/reclaim.h"

#include "base/call_depth.h"
#include "deferred/canceller.h"
#include "deferred/chain.h"
#include "deferred/state.h"
#include "deferred/trace.h"
#include "deferred/unhandled.h"

static void push(lariat_deferred **list, lariat_deferred *deferred) {
  deferred->link = *list;
  *list = deferred;
}

static lariat_deferred *pop(lariat_deferred **list) {
  lariat_deferred *first = *list;
  if (first) *list = first->link;
  return first;
}

/* What most do not have: pairs that did not run, a canceller. */
static __attribute__((noinline)) void destroy_rest(lariat_deferred *deferred) {
  while (deferred->next < deferred->end) {
    lr_pair pair = deferred->pairs[deferred->next++];
    if (pair.destroy) pair.destroy(pair.context);
  }
  if (deferred->flags & LR_DEFERRED_CANCELLER) lr_canceller_drop(deferred);
}

static inline bool has_rest(const lariat_deferred *deferred) {
  return deferred->next < deferred->end ||
         deferred->flags & LR_DEFERRED_CANCELLER;
}

static inline void drop_result(lariat_deferred *deferred) {
  lariat_value result = deferred->result;
  if (lariat_is_none(result)) return;
  if (lariat_is_failure(result)) lr_unhandled_report(deferred);
  if (result.type->drop) result.type->drop(result.data);
}

/* All but the reference to the room. */
static inline __attribute__((always_inline)) void
destroy_deferred(lariat_deferred *deferred) {
  lr_call_depth++;
  if (LR_RARE(has_rest(deferred))) destroy_rest(deferred);
  if (deferred->pairs != deferred->inside) lr_chain_free_pairs(deferred);
  drop_result(deferred);
  if (LR_RARE(deferred->flags & LR_DEFERRED_TRACED)) lr_trace_free(deferred);
  deferred->ops->dispose(deferred);
  lr_call_depth--;
}

static __attribute__((noinline)) void reclaim_listed(lr_deferred_state *state) {
  while (state->reclaim_list) {
    destroy_deferred(pop(&state->reclaim_list));
    state->references--;
  }
}

/* Puts `deferred` away: now, or when whoever is putting away comes to it.  Its
 * reference keeps the room until all are gone. */
static inline void reclaim_one(lariat_deferred *deferred) {
  lr_deferred_state *state = deferred->state;
  if (state->reclaiming) {
    push(&state->reclaim_list, deferred);
    return;
  }
  state->reclaiming = true;
  destroy_deferred(deferred);
  if (state->reclaim_list) reclaim_listed(state);
  state->reclaiming = false;
  lr_deferred_state_release(state);
}

void lr_deferred_end(lariat_deferred *deferred) { reclaim_one(deferred); }

void lr_deferred_lose_waiter(void *waiter) {
  lariat_deferred *deferred = waiter;
  deferred->result = lariat_none();
  lr_deferred_end(deferred);
}

void lr_deferred_give_back(lr_deferred_lost *lost, lariat_deferred *deferred) {
  if (deferred->flags & LR_DEFERRED_FIXED) return;
  if (--deferred->references == 0) push(&lost->first, deferred);
}

/* Whether something still holds `deferred`, which has no references: the one
 * that it waits for has a marker to it and now owns it, without being owned in
 * return. */
static bool is_kept(lariat_deferred *deferred, lr_deferred_lost *lost) {
  if (lr_deferred_waits(deferred)) {
    lr_deferred_give_back(lost, deferred->result.data);
    return true;
  }
  if (lr_deferred_is_fired(deferred) || !deferred->ops->abandon) return false;
  return deferred->ops->abandon(deferred, lost);
}

static __attribute__((noinline)) void lose(lariat_deferred *deferred) {
  lr_deferred_lost lost = {NULL};
  lariat_deferred *dead = NULL;
  push(&lost.first, deferred);
  while ((deferred = pop(&lost.first)) != NULL) {
    if (!is_kept(deferred, &lost)) push(&dead, deferred);
  }
  while ((deferred = pop(&dead)) != NULL) lr_deferred_end(deferred);
}

/* A plain one that has nothing left to destroy or to drop: no code of the
 * user's will run. */
static inline bool is_bare(const lariat_deferred *deferred) {
  const lariat_type *type = deferred->result.type;
  return deferred->ops == &lr_deferred_plain_ops && (!type || !type->drop) &&
         deferred->next >= deferred->end &&
         !(deferred->flags & (LR_DEFERRED_CANCELLER | LR_DEFERRED_TRACED));
}

static inline void free_bare(lariat_deferred *deferred) {
  lr_deferred_state *state = deferred->state;
  if (deferred->pairs != deferred->inside) lr_chain_free_pairs(deferred);
  lr_free_list_give(&state->deferreds, deferred);
  lr_deferred_state_release(state);
}

/* Who has neither been waiting nor been abandoned is simply dead. */
void lr_deferred_reclaim(lariat_deferred *deferred) {
  if (is_bare(deferred))
    free_bare(deferred);
  else if (lr_deferred_waits(deferred) ||
           (deferred->ops->abandon && !lr_deferred_is_fired(deferred)))
    lose(deferred);
  else
    reclaim_one(deferred);
}
