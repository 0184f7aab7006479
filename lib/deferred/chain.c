/* SPDX-License-Identifier: MIT
 * chain.c: the running of chains.  A run keeps the deferreds it is inside of
 * on a stack of its own, linked through them, so that neither the length of a
 * chain nor the depth of deferreds in deferreds is on the C stack. */
#include "deferred/chain.h"

#include <string.h>

#include "base/call_depth.h"
#include "base/memory.h"
#include "deferred/canceller.h"
#include "deferred/combination.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"

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

/* All that are inside move to a kept block, to the same places. */
static bool move_out(lariat_deferred *deferred) {
  lr_pair *pairs = lr_free_list_take(&deferred->state->pairs);
  if (!pairs) return false;
  memcpy(pairs, deferred->inside, sizeof deferred->inside);
  deferred->pairs = pairs;
  deferred->capacity = LR_DEFERRED_MORE_PAIRS;
  return true;
}

static bool grow(lariat_deferred *deferred) {
  if (deferred->capacity > UINT32_MAX / 2 / sizeof(lr_pair)) return false;
  uint32_t capacity = deferred->capacity * 2;
  lr_pair *pairs = lr_alloc(capacity * sizeof *pairs);
  if (!pairs) return false;
  uint32_t pending = deferred->end - deferred->next;
  memcpy(pairs, deferred->pairs + deferred->next, pending * sizeof *pairs);
  lr_chain_free_pairs(deferred);
  deferred->pairs = pairs;
  deferred->capacity = capacity;
  deferred->next = 0;
  deferred->end = pending;
  return true;
}

/* Closing up pays when it frees half of the room; to free less it would move
 * all for each pair that a callback adds, and is for want of memory only. */
bool lr_chain_reserve(lariat_deferred *deferred) {
  bool is_inside = deferred->pairs == deferred->inside;
  return close_up(deferred, deferred->capacity / 2) ||
         (is_inside ? move_out(deferred) : grow(deferred)) ||
         close_up(deferred, 1);
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
static __attribute__((noinline)) lariat_value take(lariat_deferred *deferred,
                                                   lariat_value value) {
  if (deferred->flags & LR_DEFERRED_POISONED) {
    deferred->flags &= ~(unsigned)LR_DEFERRED_POISONED;
    lariat_value_drop(value);
    return lr_failure_no_memory();
  }
  if (value.type == &lariat_deferred_type)
    return take_deferred(deferred, value.data);
  return value;
}

/* Gives the result of `inner` to `outer`, which waited for it and whose marker
 * is off the chain.  Returns `outer` with a reference for the run. */
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
  outer->result = take(outer, result);
  return outer;
}

static void stop_running(lariat_deferred *deferred, lariat_value result) {
  deferred->result = result;
  deferred->flags &= ~(unsigned)LR_DEFERRED_RUNNING;
}

/* Whether a callback gave more than a value, or its chain could not grow. */
static inline bool is_more_than_a_value(const lariat_deferred *deferred,
                                        lariat_value result) {
  return result.type == &lariat_deferred_type ||
         deferred->flags & LR_DEFERRED_POISONED;
}

/* A side that is NULL passes the result on. */
static inline lariat_value call_side(const lr_pair *pair, lariat_value result) {
  lariat_callback side =
      lariat_is_failure(result) ? pair->errback : pair->callback;
  return side ? side(result, pair->context) : result;
}

/* Runs pairs of `deferred` until there are none, or it waits, or one that
 * waited for it is to be run first: that is returned.  RUNNING covers all of
 * the user's code in it: what that adds waits for its turn, and the result is
 * in a register.  (It can be RUNNING already while lr_chain_fail is at it,
 * which then runs what is left.)  A pair may move while its side runs: what is
 * needed of it afterwards is read before. */
static inline __attribute__((always_inline)) lariat_deferred *
advance(lariat_deferred *deferred) {
  lariat_value result = deferred->result;
  if (deferred->flags & LR_DEFERRED_RUNNING) return NULL;
  if (deferred->next == deferred->end || lr_deferred_waits(deferred))
    return NULL;
  deferred->flags |= LR_DEFERRED_RUNNING;
  deferred->result.type = NULL;
  do {
    const lr_pair *pair = &deferred->pairs[deferred->next++];
    lariat_destroy destroy = pair->destroy;
    if (!destroy) {
      result = call_side(pair, result);
    } else {
      void *context = pair->context;
      if (is_marker(pair)) {
        stop_running(deferred, result);
        return hand_over(deferred, context);
      }
      if (destroy == lr_slot_lose) {
        result = lr_slot_tell(context, result);
      } else {
        result = call_side(pair, result);
        destroy(context);
      }
    }
    if (!LR_RARE(is_more_than_a_value(deferred, result))) continue;
    result = take(deferred, result);
    if (result.type == &lariat_deferred_type) break;
  } while (deferred->next < deferred->end);
  stop_running(deferred, result);
  if (deferred->next == deferred->end) deferred->next = deferred->end = 0;
  return NULL;
}

/* What a run keeps for another one, further down the C stack, which has the
 * same deferred on its stack: the link there. */
typedef struct borrowed {
  struct borrowed *next;
  lariat_deferred *link;
  size_t height;
} borrowed;

/* The deferreds that a run is inside of, linked from the top, each with a
 * reference.  The bottom is not linked to anything below. */
typedef struct run_stack {
  lariat_deferred *top;
  size_t height; /* above the bottom */
  borrowed *borrowed;
} run_stack;

static bool borrow_link(run_stack *run, const lariat_deferred *deferred) {
  borrowed *loan = lr_alloc(sizeof *loan);
  if (!loan) return false;
  *loan = (borrowed){run->borrowed, deferred->link, run->height + 1};
  run->borrowed = loan;
  return true;
}

/* Puts it on top, with the reference that hand_over took.  Where there is no
 * memory to keep the link of another run, it gets a run of its own. */
static void push(run_stack *run, lariat_deferred *deferred) {
  if (deferred->flags & LR_DEFERRED_STACKED && !borrow_link(run, deferred)) {
    lr_chain_run(deferred);
    lr_deferred_release(deferred);
    return;
  }
  deferred->flags |= LR_DEFERRED_STACKED;
  deferred->link = run->top;
  run->top = deferred;
  run->height++;
}

static void pop(run_stack *run) {
  lariat_deferred *deferred = run->top;
  run->top = deferred->link;
  borrowed *loan = run->borrowed;
  if (loan && loan->height == run->height) {
    deferred->link = loan->link;
    run->borrowed = loan->next;
    lr_free(loan);
  } else {
    deferred->flags &= ~(unsigned)LR_DEFERRED_STACKED;
  }
  run->height--;
  lr_deferred_release(deferred);
}

/* Paused, or come to wait meanwhile: nothing on the stack goes on then. */
static bool is_held_back(const lariat_deferred *deferred) {
  return deferred->paused != 0 || lr_deferred_waits(deferred);
}

/* Runs what waited for `bottom`, the first of which is `outer`, and what waited
 * for that, until only `bottom` is left, with nothing to run; or until one of
 * them is held back: then the rest stays as it is. */
static __attribute__((noinline)) void climb(lariat_deferred *bottom,
                                            lariat_deferred *outer) {
  run_stack run = {bottom, 0, NULL};
  push(&run, outer);
  while (!is_held_back(run.top)) {
    outer = advance(run.top);
    if (outer)
      push(&run, outer);
    else if (run.height > 0)
      pop(&run);
    else
      return;
  }
  while (run.height > 0) pop(&run);
}

/* A paused one does not run; but if this was all that kept it, it dies. */
void lr_chain_run(lariat_deferred *bottom) {
  lr_call_depth++;
  bottom->references++;
  lariat_deferred *outer = bottom->paused ? NULL : advance(bottom);
  if (outer) climb(bottom, outer);
  lr_call_depth--;
  lr_deferred_release(bottom);
}

/* The pairs that were added meanwhile belong to the same run, in which a pause
 * holds back nothing any more. */
static __attribute__((noinline)) void go_on(lariat_deferred *child) {
  lariat_deferred *outer = advance(child);
  if (outer) climb(child, outer);
}

/* The case without a list to put it into, or with code of the user's to run. */
static __attribute__((noinline)) void ask_rule(lariat_deferred *child,
                                               lr_slot *place) {
  lariat_value result = child->result;
  lr_call_depth++;
  child->references++;
  child->flags |= LR_DEFERRED_RUNNING;
  child->result.type = NULL;
  result = lr_slot_tell(place, result);
  if (LR_RARE(is_more_than_a_value(child, result)))
    result = take(child, result);
  stop_running(child, result);
  if (LR_RARE(child->next < child->end)) go_on(child);
  lr_call_depth--;
  lr_deferred_release(child);
}

void lr_chain_tell(lariat_deferred *child, lr_slot *place) {
  uint32_t held = place->held;
  if (!lr_slot_takes(place, child->result)) {
    ask_rule(child, place);
    return;
  }
  place->child = NULL;
  place->held = false;
  child->references -= held; /* it may have had none: see end_if_lost */
  if (child->references == 0) lr_deferred_reclaim(child);
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
  if (!lr_deferred_is_fired(deferred)) {
    deferred->flags |= LR_DEFERRED_FIRED | LR_DEFERRED_SWALLOWS;
    if (deferred->flags & LR_DEFERRED_TELLS) deferred->ops->fired(deferred);
  }
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
