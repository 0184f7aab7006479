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

/* Tells whether `pair` is a marker: the pair through which a deferred gives its
 * result to one that waits for it: the context is that one. */
static bool is_marker(const lr_pair *pair) {
  return pair->destroy == lr_deferred_drop_waiter;
}

static void destroy_context(const lr_pair *pair) {
  if (pair->destroy) pair->destroy(pair->context);
}

/* Moves the pairs that have not run to the front, if that frees `least`. */
static bool compact_pairs(lariat_deferred *deferred, uint32_t least) {
  if (deferred->next < least) return false;
  uint32_t pending = deferred->end - deferred->next;
  memmove(deferred->pairs, deferred->pairs + deferred->next,
          pending * sizeof(lr_pair));
  deferred->next = 0;
  deferred->end = pending;
  return true;
}

/* Moves all pairs that are inside to a kept block, to the same indices. */
static bool move_pairs_out(lariat_deferred *deferred) {
  lr_pair *pairs = lr_free_list_take(&deferred->state->pairs);
  if (!pairs) return false;
  memcpy(pairs, deferred->inside, sizeof deferred->inside);
  deferred->pairs = pairs;
  deferred->capacity = LR_DEFERRED_MORE_PAIRS;
  return true;
}

static bool grow_pairs(lariat_deferred *deferred) {
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

/* Compacts the pairs when that frees half of the capacity; to free less it
 * would move all for each pair that a callback adds, and is for want of memory
 * only. */
bool lr_chain_reserve(lariat_deferred *deferred) {
  bool is_inside = deferred->pairs == deferred->inside;
  return compact_pairs(deferred, deferred->capacity / 2) ||
         (is_inside ? move_pairs_out(deferred) : grow_pairs(deferred)) ||
         compact_pairs(deferred, 1);
}

/* Returns the deferred whose result `deferred` needs, or NULL. */
static const lariat_deferred *find_needed(const lariat_deferred *deferred) {
  if (lr_deferred_waits(deferred)) return deferred->result.data;
  if (lr_deferred_is_fired(deferred) || !deferred->ops->awaits) return NULL;
  return deferred->ops->awaits(deferred);
}

/* Walks along what each deferred needs; only where `outer` was ever waited
 * for. */
bool lr_chain_waits_for(const lariat_deferred *inner,
                        const lariat_deferred *outer) {
  if (!(outer->flags & LR_DEFERRED_AWAITED)) return false;
  while ((inner = find_needed(inner)))
    if (inner == outer) return true;
  return false;
}

/* Makes `outer` wait for `inner`; returns the result for `outer` that says so,
 * or a failure. */
static lariat_value wait_for_inner(lariat_deferred *outer,
                                   lariat_deferred *inner) {
  const lr_pair marker = {NULL, NULL, outer, lr_deferred_drop_waiter};
  lariat_value failure;
  if (inner == outer || lr_chain_waits_for(inner, outer)) {
    failure = lr_failure_self();
  } else if (lr_chain_append(inner, &marker)) {
    inner->flags |= LR_DEFERRED_AWAITED;
    return lariat_deferred_value(inner);
  } else {
    failure = lr_failure_no_memory();
  }
  lr_deferred_release(inner);
  return failure;
}

static lariat_value steal_result(lariat_deferred *inner) {
  if (inner->flags & LR_DEFERRED_FIXED) return lariat_deferred_peek(inner);
  lariat_value result = inner->result;
  inner->result = lariat_none();
  lr_deferred_release(inner);
  return result;
}

/* Returns the result of `outer` after a callback of its own returned `inner`,
 * with a reference. */
static lariat_value take_deferred(lariat_deferred *outer,
                                  lariat_deferred *inner) {
  if (!inner)
    return lariat_failure_new(LARIAT_EINVAL,
                              "NULL was returned from a callback as a "
                              "deferred");
  if (inner->flags & LR_DEFERRED_FIXED || lr_chain_may_run(inner))
    return steal_result(inner);
  return wait_for_inner(outer, inner);
}

/* Returns the result of `deferred` after a callback, or the deferred that it
 * waited for, gave `value`. */
static LR_COLD lariat_value take_value(lariat_deferred *deferred,
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
static lariat_deferred *hand_over_result(lariat_deferred *inner,
                                         lariat_deferred *outer) {
  lariat_value result = inner->result;
  inner->result = lariat_none();
  if (outer->references == 0) {
    outer->references = 1; /* the marker alone had kept it */
  } else {
    outer->references++;
    inner->references--; /* that of `outer`; the run has one */
  }
  outer->result = take_value(outer, result);
  return outer;
}

static void stop_running(lariat_deferred *deferred, lariat_value result) {
  deferred->result = result;
  deferred->flags &= ~(unsigned)LR_DEFERRED_RUNNING;
}

/* Tells whether a callback gave more than a value, or the chain could not
 * grow. */
static inline bool is_more_than_a_value(const lariat_deferred *deferred,
                                        lariat_value result) {
  return result.type == &lariat_deferred_type ||
         deferred->flags & LR_DEFERRED_POISONED;
}

/* Calls the side of `pair` for `result`; where that is NULL, passes it on. */
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
run_pairs(lariat_deferred *deferred) {
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
        return hand_over_result(deferred, context);
      }
      if (destroy == lr_slot_drop_pair) {
        result = lr_slot_deliver(context, result);
      } else {
        result = call_side(pair, result);
        destroy(context);
      }
    }
    if (!LR_RARE(is_more_than_a_value(deferred, result))) continue;
    result = take_value(deferred, result);
    if (result.type == &lariat_deferred_type) break;
  } while (deferred->next < deferred->end);
  stop_running(deferred, result);
  if (deferred->next == deferred->end) deferred->next = deferred->end = 0;
  return NULL;
}

/* A link that a run keeps for another one, further down the C stack, which has
 * the same deferred on its stack. */
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

/* Puts `deferred` on top, with the reference that hand_over_result took.  Where
 * there is no memory to keep the link of another run, it gets a run of its
 * own. */
static void push_deferred(run_stack *run, lariat_deferred *deferred) {
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

static void pop_deferred(run_stack *run) {
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

/* Tells whether `deferred` is paused, or has come to wait: nothing on the stack
 * goes on then. */
static bool is_held_back(const lariat_deferred *deferred) {
  return deferred->paused != 0 || lr_deferred_waits(deferred);
}

/* Runs what waited for `bottom`, the first of which is `outer`, and what waited
 * for that, until only `bottom` is left, with nothing to run; or until one of
 * them is held back: then the others stay as they are. */
static LR_COLD void run_waiting(lariat_deferred *bottom,
                                lariat_deferred *outer) {
  run_stack run = {bottom, 0, NULL};
  push_deferred(&run, outer);
  while (!is_held_back(run.top)) {
    outer = run_pairs(run.top);
    if (outer)
      push_deferred(&run, outer);
    else if (run.height > 0)
      pop_deferred(&run);
    else
      return;
  }
  while (run.height > 0) pop_deferred(&run);
}

/* Leaves a paused one alone; but if this run was all that kept it, it dies. */
void lr_chain_run(lariat_deferred *bottom) {
  lr_call_depth++;
  bottom->references++;
  lariat_deferred *outer = bottom->paused ? NULL : run_pairs(bottom);
  if (outer) run_waiting(bottom, outer);
  lr_call_depth--;
  lr_deferred_release(bottom);
}

/* Runs the pairs that were added meanwhile, which belong to the same run: a
 * pause holds back nothing any more. */
static LR_COLD void run_added_pairs(lariat_deferred *child) {
  lariat_deferred *outer = run_pairs(child);
  if (outer) run_waiting(child, outer);
}

/* Delivers where the result cannot just be put into a list, or there is code of
 * the user's to run. */
static LR_COLD void deliver_slow(lariat_deferred *child, lr_slot *slot) {
  lariat_value result = child->result;
  lr_call_depth++;
  child->references++;
  child->flags |= LR_DEFERRED_RUNNING;
  child->result.type = NULL;
  result = lr_slot_deliver(slot, result);
  if (LR_RARE(is_more_than_a_value(child, result)))
    result = take_value(child, result);
  stop_running(child, result);
  if (LR_RARE(child->next < child->end)) run_added_pairs(child);
  lr_call_depth--;
  lr_deferred_release(child);
}

void lr_chain_deliver(lariat_deferred *child, lr_slot *slot) {
  uint32_t held = slot->held;
  if (!lr_slot_takes(slot, child->result)) {
    deliver_slow(child, slot);
    return;
  }
  slot->child = NULL;
  slot->held = false;
  child->references -= held; /* it may have had none: see end_if_lost */
  if (child->references == 0) lr_deferred_reclaim(child);
}

/* Takes the pair at `index` off the chain, which is no longer full then. */
static lr_pair remove_pair(lariat_deferred *deferred, uint32_t index) {
  lr_pair *pairs = deferred->pairs;
  lr_pair pair = pairs[index];
  memmove(pairs + index, pairs + index + 1,
          (deferred->end - index - 1) * sizeof *pairs);
  deferred->end--;
  return pair;
}

/* Destroys the user's pairs; those that are added meanwhile stay, and so do the
 * markers: the ones that wait must hear of it. */
static void destroy_pairs(lariat_deferred *deferred) {
  uint32_t index = deferred->next;
  uint32_t left = deferred->end - deferred->next;
  for (; left > 0; left--) {
    if (is_marker(&deferred->pairs[index])) {
      index++;
    } else {
      lr_pair pair = remove_pair(deferred, index);
      destroy_context(&pair);
    }
  }
}

/* Makes the result LARIAT_ENOMEM: at once, or when there is one. */
static void poison_result(lariat_deferred *deferred, bool was_running) {
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
  poison_result(deferred, was_running);
  destroy_pairs(deferred);
  destroy_context(refused);
  if (!was_running) {
    deferred->flags &= ~(unsigned)LR_DEFERRED_RUNNING;
    if (lr_chain_may_run(deferred)) lr_chain_run(deferred);
  }
  lr_deferred_release(deferred);
}
