/* SPDX-License-Identifier: MIT
 * chain.c: the running of chains.  A run keeps the deferreds it is inside of
 * on a stack of its own, linked through them, so that neither the length of a
 * chain nor the depth of deferreds in deferreds is on the C stack. */
#include "deferred/chain.h"

#include <string.h>

#include "base/inside.h"
#include "base/memory.h"
#include "deferred/burial.h"
#include "deferred/canceller.h"

/* A marker is the pair through which a deferred gives its result to one that
 * waits for it: the context is that one. */
static bool is_marker(const lr_pair *pair) {
  return pair->destroy == lr_deferred_lose_waiter;
}

static void destroy_context(const lr_pair *pair) {
  if (pair->destroy) pair->destroy(pair->context);
}

/* Moves the pairs that have not run to the front, if that frees `least`. */
static bool close_up(lariat_deferred *deferred, uint32_t least) {
  if (deferred->next < least) return false;
  uint32_t pending = deferred->end - deferred->next;
  memmove(deferred->pairs, deferred->pairs + deferred->next,
          pending * sizeof(lr_pair));
  deferred->next = 0;
  deferred->end = pending;
  return true;
}

static bool grow(lariat_deferred *deferred) {
  if (deferred->room > UINT32_MAX / 2 / sizeof(lr_pair)) return false;
  uint32_t room = deferred->room * 2;
  lr_pair *pairs = lr_alloc(room * sizeof *pairs);
  if (!pairs) return false;
  uint32_t pending = deferred->end - deferred->next;
  memcpy(pairs, deferred->pairs + deferred->next, pending * sizeof *pairs);
  if (deferred->pairs != deferred->inside) lr_free(deferred->pairs);
  deferred->pairs = pairs;
  deferred->room = room;
  deferred->next = 0;
  deferred->end = pending;
  return true;
}

/* Closing up pays when it frees half of the room; to free less it would move
 * all for each pair that a callback adds, and is for want of memory only. */
static bool make_room(lariat_deferred *deferred) {
  return close_up(deferred, deferred->room / 2) || grow(deferred) ||
         close_up(deferred, 1);
}

bool lr_chain_append(lariat_deferred *deferred, const lr_pair *pair) {
  if (deferred->end == deferred->room && !make_room(deferred)) return false;
  deferred->pairs[deferred->end++] = *pair;
  return true;
}

/* What `deferred` needs the result of, or NULL. */
static const lariat_deferred *needed_by(const lariat_deferred *deferred) {
  if (lr_deferred_waits(deferred)) return deferred->result.data;
  if (lr_deferred_is_fired(deferred) || !deferred->ops->awaits) return NULL;
  return deferred->ops->awaits(deferred);
}

/* Only one that was ever waited for needs the walk. */
bool lr_chain_waits_for(const lariat_deferred *inner,
                        const lariat_deferred *outer) {
  if (!(outer->flags & LR_DEFERRED_AWAITED)) return false;
  while ((inner = needed_by(inner)))
    if (inner == outer) return true;
  return false;
}

/* Makes `outer` wait for `inner`; the result for `outer` is what says so, or a
 * failure. */
static lariat_value wait_for(lariat_deferred *outer, lariat_deferred *inner) {
  const lr_pair marker = {NULL, NULL, outer, lr_deferred_lose_waiter};
  lariat_value trouble;
  if (inner == outer || lr_chain_waits_for(inner, outer)) {
    trouble = lr_failure_self();
  } else if (lr_chain_append(inner, &marker)) {
    inner->flags |= LR_DEFERRED_AWAITED;
    return lariat_deferred_value(inner);
  } else {
    trouble = lr_failure_no_memory();
  }
  lr_deferred_release(inner);
  return trouble;
}

static lariat_value steal(lariat_deferred *inner) {
  if (inner->flags & LR_DEFERRED_FIXED) return lariat_deferred_peek(inner);
  lariat_value result = inner->result;
  inner->result = lariat_none();
  lr_deferred_release(inner);
  return result;
}

/* A callback of `outer` returned `inner`, with a reference: the result of
 * `outer`. */
static lariat_value take_deferred(lariat_deferred *outer,
                                  lariat_deferred *inner) {
  if (!inner)
    return lariat_failure_new(LARIAT_EINVAL,
                              "NULL was returned from a callback as a "
                              "deferred");
  if (inner->flags & LR_DEFERRED_FIXED || lr_chain_may_run(inner))
    return steal(inner);
  return wait_for(outer, inner);
}

/* The result of `deferred` after a callback, or the deferred that it waited
 * for, gave `value`. */
static lariat_value take(lariat_deferred *deferred, lariat_value value) {
  if (deferred->flags & LR_DEFERRED_POISONED) {
    deferred->flags &= ~(unsigned)LR_DEFERRED_POISONED;
    lariat_value_drop(value);
    return lr_failure_no_memory();
  }
  if (value.type == &lariat_deferred_type)
    return take_deferred(deferred, value.data);
  return value;
}

/* Runs one pair, which is off the chain.  RUNNING covers all of the user's
 * code in it: what that adds waits for its turn. */
static inline void run_pair(lariat_deferred *deferred, lr_pair pair) {
  lariat_value result = deferred->result;
  lariat_callback side =
      lariat_is_failure(result) ? pair.errback : pair.callback;
  deferred->result.type = NULL;
  deferred->flags |= LR_DEFERRED_RUNNING;
  if (side) result = side(result, pair.context);
  if (pair.destroy) pair.destroy(pair.context);
  if (deferred->flags & LR_DEFERRED_POISONED ||
      result.type == &lariat_deferred_type)
    result = take(deferred, result);
  deferred->result = result;
  deferred->flags &= ~(unsigned)LR_DEFERRED_RUNNING;
}

/* Gives the result of `inner` to `outer`, which waited for it and whose marker
 * is off the chain.  Returns `outer` with a reference for the run, or NULL
 * when a run further down the C stack will come back to it anyway. */
static lariat_deferred *hand_over(lariat_deferred *inner,
                                  lariat_deferred *outer) {
  lariat_value result = inner->result;
  inner->result = lariat_none();
  if (outer->references == 0) {
    outer->references = 1; /* the marker alone had kept it */
  } else {
    outer->references++;
    inner->references--; /* that of `outer`; the run has one */
  }
  result = take(outer, result);
  outer->result = result;
  if (!(outer->flags & LR_DEFERRED_STACKED)) return outer;
  outer->references--;
  return NULL;
}

/* Runs pairs of `deferred` until there are none, or it waits, or one that
 * waited for it is to be run first: that is returned.  (It can be RUNNING here
 * while lr_chain_fail is at it, which then runs what is left.) */
static inline __attribute__((always_inline)) lariat_deferred *
advance(lariat_deferred *deferred) {
  if (deferred->paused != 0 || deferred->flags & LR_DEFERRED_RUNNING)
    return NULL;
  while (deferred->next < deferred->end && !lr_deferred_waits(deferred)) {
    const lr_pair *pair = &deferred->pairs[deferred->next++];
    if (!is_marker(pair)) {
      run_pair(deferred, *pair);
      continue;
    }
    lariat_deferred *outer = hand_over(deferred, pair->context);
    if (outer) return outer;
  }
  if (deferred->next == deferred->end) deferred->next = deferred->end = 0;
  return NULL;
}

/* Puts `deferred` on a run's stack, above `below`. */
static void push(lariat_deferred *deferred, lariat_deferred *below) {
  deferred->link = below;
  deferred->flags |= LR_DEFERRED_STACKED;
}

/* Takes it off, with the run's reference; the one below. */
static lariat_deferred *pop(lariat_deferred *deferred) {
  lariat_deferred *below = deferred->link;
  deferred->flags &= ~(unsigned)LR_DEFERRED_STACKED;
  lr_deferred_release(deferred);
  return below;
}

/* Runs what waited for `bottom`, the first of which is `top`, and what waited
 * for that, until all that is left is `bottom`, with nothing to run. */
static __attribute__((noinline)) void climb(lariat_deferred *bottom,
                                            lariat_deferred *top) {
  push(top, bottom);
  for (;;) {
    lariat_deferred *outer = advance(top);
    if (outer) {
      push(outer, top);
      top = outer;
    } else if (top != bottom) {
      top = pop(top);
    } else {
      return;
    }
  }
}

/* The bottom is no part of the linked stack: it may be on that of another run,
 * further down the C stack, whose link and mark stay as they are. */
void lr_chain_run(lariat_deferred *bottom) {
  unsigned mark = ~bottom->flags & LR_DEFERRED_STACKED;
  lr_inside++;
  bottom->flags |= mark;
  bottom->references++;
  lariat_deferred *outer = advance(bottom);
  if (outer) climb(bottom, outer);
  bottom->flags ^= mark;
  lr_inside--;
  lr_deferred_release(bottom);
}

/* Takes the pair at `place` off the chain, which is no longer full then. */
static lr_pair remove_pair(lariat_deferred *deferred, uint32_t place) {
  lr_pair *pairs = deferred->pairs;
  lr_pair pair = pairs[place];
  memmove(pairs + place, pairs + place + 1,
          (deferred->end - place - 1) * sizeof *pairs);
  deferred->end--;
  return pair;
}

/* The pairs of the user's go, those that came later stay; the markers stay as
 * well: the ones that wait must hear of it. */
static void destroy_pairs(lariat_deferred *deferred) {
  uint32_t place = deferred->next;
  uint32_t left = deferred->end - deferred->next;
  for (; left > 0; left--) {
    if (is_marker(&deferred->pairs[place])) {
      place++;
    } else {
      lr_pair pair = remove_pair(deferred, place);
      destroy_context(&pair);
    }
  }
}

/* Makes the result LARIAT_ENOMEM: at once, or when there is one. */
static void poison(lariat_deferred *deferred, bool was_running) {
  if (was_running || lr_deferred_waits(deferred)) {
    deferred->flags |= LR_DEFERRED_POISONED;
    return;
  }
  if (!lr_deferred_is_fired(deferred))
    deferred->flags |= LR_DEFERRED_FIRED | LR_DEFERRED_SWALLOWS;
  lariat_value old = deferred->result;
  deferred->result = lr_failure_no_memory();
  lariat_value_drop(old);
  if (deferred->flags & LR_DEFERRED_CANCELLER &&
      !(deferred->flags & LR_DEFERRED_CANCELLING))
    lr_canceller_drop(deferred);
}

void lr_chain_fail(lariat_deferred *deferred, const lr_pair *refused) {
  bool was_running = (deferred->flags & LR_DEFERRED_RUNNING) != 0;
  deferred->references++;
  deferred->flags |= LR_DEFERRED_RUNNING;
  poison(deferred, was_running);
  destroy_pairs(deferred);
  destroy_context(refused);
  if (!was_running) {
    deferred->flags &= ~(unsigned)LR_DEFERRED_RUNNING;
    if (lr_chain_may_run(deferred)) lr_chain_run(deferred);
  }
  lr_deferred_release(deferred);
}
