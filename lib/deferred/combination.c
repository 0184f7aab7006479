/* SPDX-License-Identifier: MIT
 * combination.c: one deferred made of many children.  It holds its children,
 * and each child's chain holds its memory through a slot.  When nobody holds it
 * any more it releases its children: they then own it, and it ends with the
 * last of them. */
#include "deferred/combination.h"

#include "base/checks.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/quarantine.h"
#include "deferred/chain.h"
#include "deferred/list.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"

static void release_attachment(lr_combination *whole) {
  if (--whole->attached > 0) return;
  lr_list_values_free(whole->list);
  lr_quarantine_free(whole);
}

static void release_child(lr_slot *slot) {
  if (!slot->held) return;
  slot->held = false;
  lr_deferred_release(slot->child);
}

/* Releases the children and what they brought, for which a combination that has
 * fired has no use.  While a walk through the slots goes on they stay, and are
 * released at its end.  All this can run the user's code, even end the whole:
 * so it holds an attachment. */
static void release_children(lr_combination *whole) {
  if (whole->busy || !lr_combination_has_fired(whole)) return;
  whole->attached++;
  lariat_list *list = whole->list;
  whole->list = whole->open = NULL;
  lr_list_values_free(list);
  if (whole->missing > 0)
    for (size_t i = 0; i < whole->count; i++) release_child(&whole->slots[i]);
  release_attachment(whole);
}

lariat_value lr_combination_take_list(lr_combination *whole) {
  lariat_list *list = whole->list;
  whole->list = whole->open = NULL;
  return lariat_value_of(&lariat_list_type, list);
}

/* Fires the deferred; the slot that has just settled, or the deferred itself,
 * keeps the memory. */
void lr_combination_fire(lr_combination *whole, lariat_value result) {
  whole->deferred.flags &= ~(unsigned)LR_DEFERRED_TELLS;
  (void)lr_deferred_fire(&whole->deferred, result);
  release_children(whole);
}

/* Releases the child, whose result has come. */
static void settle_slot(lr_slot *slot) {
  release_child(slot);
  slot->child = NULL;
}

static lariat_value on_result(lariat_value result, void *context) {
  lr_slot *slot = context;
  lr_combination *whole = slot->whole;
  settle_slot(slot);
  whole->missing--;
  return whole->rule(whole, slot->index, result);
}

/* Ends a combination that nobody holds and nothing can fire any more: its last
 * child has gone without a result. */
static void end_if_lost(lr_combination *whole) {
  bool is_last = whole->attached == 2; /* this slot, and the deferred */
  if (is_last && !lr_combination_has_fired(whole) &&
      whole->deferred.references == 0)
    lr_deferred_end(&whole->deferred);
}

/* Does what on_result and lr_slot_drop_pair do, in one, for runs of chains. */
lariat_value lr_slot_deliver(lr_slot *slot, lariat_value result) {
  lr_combination *whole = slot->whole;
  settle_slot(slot);
  whole->missing--;
  lariat_value left = whole->rule(whole, slot->index, result);
  if (whole->attached > 2) {
    whole->attached--;
  } else {
    end_if_lost(whole);
    release_attachment(whole);
  }
  return left;
}

/* Counts a failure if the pair went without running since the child's chain
 * could not grow; if the child is dead, there is nobody to hear of it. */
void lr_slot_drop_pair(void *context) {
  lr_slot *slot = context;
  lr_combination *whole = slot->whole;
  const lariat_deferred *child = slot->child;
  bool lost = child && child->references > 0;
  settle_slot(slot);
  if (lost) {
    whole->missing--;
    lariat_value left = whole->rule(whole, slot->index, lr_failure_no_memory());
    lariat_value_drop(left);
  }
  end_if_lost(whole);
  release_attachment(whole);
}

static void dispose_combination(lariat_deferred *deferred) {
  lr_combination *whole = lr_container(deferred, lr_combination, deferred);
  release_children(whole);
  release_attachment(whole);
}

/* Releases the children, which are no longer needed: the combination was fired
 * by somebody else. */
static void on_fired(lariat_deferred *deferred) {
  release_children(lr_container(deferred, lr_combination, deferred));
}

void lr_combination_cancel_children(lr_combination *whole) {
  bool was_busy = whole->busy;
  whole->busy = true;
  for (size_t i = 0; i < whole->count; i++) {
    if (whole->slots[i].child) lr_deferred_cancel(whole->slots[i].child);
  }
  whole->busy = was_busy;
}

static void cancel_combination(lariat_deferred *deferred) {
  lr_combination *whole = lr_container(deferred, lr_combination, deferred);
  lr_combination_cancel_children(whole);
  release_children(whole);
}

/* Leaves the combination, which nobody holds, to its children, as far as they
 * live. */
static bool abandon_children(lariat_deferred *deferred,
                             lr_deferred_lost *lost) {
  lr_combination *whole = lr_container(deferred, lr_combination, deferred);
  bool kept = whole->attached > 1;
  for (size_t i = 0; i < whole->count; i++) {
    lr_slot *slot = &whole->slots[i];
    if (!slot->held) continue;
    slot->held = false;
    lr_deferred_give_back(lost, slot->child);
  }
  return kept;
}

const lr_deferred_ops lr_combination_fires_through_children = {
    .dispose = dispose_combination,
    .cancel = cancel_combination,
    .fired = on_fired,
    .abandon = abandon_children,
    .cancel_passes_on = true};

const lr_deferred_ops lr_combination_can_be_cancelled = {
    .dispose = dispose_combination,
    .cancel = cancel_combination,
    .fired = on_fired,
    .abandon = abandon_children};

static lr_combination *make_combination(lr_deferred_state *state,
                                        const lr_combination_parts *parts) {
  const size_t most = (SIZE_MAX - sizeof(lr_combination)) / sizeof(lr_slot);
  size_t count = parts->count;
  if (!state || count > most || count > UINT32_MAX) return NULL;
  lr_combination *whole = lr_alloc(sizeof *whole + count * sizeof(lr_slot));
  lariat_list *list = lr_list_values_new(count);
  if (!whole || !list) {
    lr_list_values_free(list);
    lr_free(whole);
    return NULL;
  }
  lr_deferred_init_in(&whole->deferred, state, parts->ops);
  whole->deferred.flags |= LR_DEFERRED_TELLS;
  whole->rule = parts->rule;
  whole->flags = parts->flags;
  whole->is_decided = false;
  whole->busy = false;
  whole->list = list;
  whole->open = parts->only_collects ? list : NULL;
  whole->count = count;
  whole->missing = count;
  whole->attached = count + 1;
  for (size_t i = 0; i < count; i++) {
    lariat_deferred *child = parts->deferreds[i];
    whole->slots[i] = (lr_slot){whole, child, (uint32_t)i, child != NULL};
  }
  return whole;
}

/* Tells whether `child` has its result and no pair, so that it can deliver
 * directly.  A constant one can only be given a pair. */
static bool has_only_a_result(const lariat_deferred *child) {
  return lr_chain_may_run(child) && child->next == child->end &&
         !(child->flags & LR_DEFERRED_FIXED) && !lr_checks();
}

static void attach_child(lr_slot *slot, const char *function) {
  lr_combination *whole = slot->whole;
  lariat_deferred *child = slot->child;
  if (child) {
    if (has_only_a_result(child))
      lr_chain_deliver(child, slot);
    else
      lariat_deferred_add_callbacks_owned(child, on_result, on_result, slot,
                                          lr_slot_drop_pair);
    return;
  }
  size_t index = slot->index;
  lr_misuse("%s: the deferred number %zu is NULL", function, index);
  whole->attached--;
  whole->missing--;
  lariat_value failure = lariat_failure_new(LARIAT_EINVAL, "it is NULL");
  lariat_value left = whole->rule(whole, index, failure);
  lariat_value_drop(left);
}

/* Attaches all children, busy meanwhile: the result of a child that has fired
 * already comes at once. */
static lariat_deferred *attach_children(lr_combination *whole,
                                        const char *function) {
  whole->busy = true;
  for (size_t i = 0; i < whole->count; i++)
    attach_child(&whole->slots[i], function);
  whole->busy = false;
  release_children(whole);
  return &whole->deferred;
}

/* Cancels and releases the children: there is no memory to wait for them. */
static void forget_children(const lr_combination_parts *parts) {
  for (size_t i = 0; i < parts->count; i++) {
    if (parts->deferreds[i]) lariat_deferred_cancel(parts->deferreds[i]);
  }
  for (size_t i = 0; i < parts->count; i++)
    lariat_deferred_forget(parts->deferreds[i]);
}

static lr_deferred_state *choose_state(const lr_combination_parts *parts) {
  for (size_t i = 0; i < parts->count; i++) {
    const lariat_deferred *child = parts->deferreds[i];
    if (child && !(child->flags & LR_DEFERRED_FIXED)) return child->state;
  }
  return lr_deferred_state_of(lariat_reactor_current());
}

lariat_deferred *lr_combination_of_none(const char *why) {
  lariat_reactor *reactor = lariat_reactor_current();
  if (!reactor) return lr_deferred_failed_reserve(NULL);
  return lariat_deferred_fail(reactor, LARIAT_EINVAL, "%s", why);
}

lariat_deferred *lr_combination_new(const lr_combination_parts *parts) {
  if (!parts->deferreds) {
    lr_misuse("%s: the array is NULL", parts->function);
    return lr_combination_of_none("no array of deferreds was given");
  }
  lr_deferred_state *state = choose_state(parts);
  lr_combination *whole = make_combination(state, parts);
  if (whole) return attach_children(whole, parts->function);
  lariat_reactor *reactor = state ? state->reactor : lariat_reactor_current();
  forget_children(parts);
  return lr_deferred_failed_reserve(reactor);
}
