/* SPDX-License-Identifier: MIT
 * combination.c: one deferred made of many children.  It holds its children,
 * and each child's chain holds its memory through a slot.  When nobody holds it
 * any more it lets go of its children: they then own it, and it ends with the
 * last of them. */
#include "deferred/combination.h"

#include "base/checks.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/process.h"
#include "deferred/chain.h"
#include "deferred/list.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"

static void detach(lr_combination *whole) {
  if (--whole->attached > 0) return;
  lr_list_values_free(whole->list);
  lr_free(whole);
}

static void let_go(lr_slot *place) {
  if (!place->held) return;
  place->held = false;
  lr_deferred_release(place->child);
}

/* Once it has fired it has no use for the children and what they brought.
 * While somebody goes through the slots they stay, and that one lets go.  All
 * this can run the user's code, even end the whole: so a hold. */
static void let_go_of_all(lr_combination *whole) {
  if (whole->busy || !lr_combination_has_fired(whole)) return;
  whole->attached++;
  lariat_list *list = whole->list;
  whole->list = whole->open = NULL;
  lr_list_values_free(list);
  if (whole->missing > 0)
    for (size_t i = 0; i < whole->count; i++) let_go(&whole->slots[i]);
  detach(whole);
}

lariat_value lr_combination_take_list(lr_combination *whole) {
  lariat_list *list = whole->list;
  whole->list = whole->open = NULL;
  return lariat_value_of(&lariat_list_type, list);
}

/* The slot that has just settled, or the deferred itself, keeps the memory. */
void lr_combination_fire(lr_combination *whole, lariat_value result) {
  whole->deferred.flags &= ~(unsigned)LR_DEFERRED_TELLS;
  (void)lr_deferred_fire(&whole->deferred, result);
  let_go_of_all(whole);
}

/* The child has told its result: nothing more comes from it. */
static void settle(lr_slot *place) {
  let_go(place);
  place->child = NULL;
}

static lariat_value on_result(lariat_value result, void *context) {
  lr_slot *place = context;
  lr_combination *whole = place->whole;
  settle(place);
  whole->missing--;
  return whole->rule(whole, place->index, result);
}

/* Nobody can fire it any more: the last child has gone without a word. */
static void end_if_lost(lr_combination *whole) {
  bool is_last = whole->attached == 2; /* this slot, and the deferred */
  if (is_last && !lr_combination_has_fired(whole) &&
      whole->deferred.references == 0)
    lr_deferred_end(&whole->deferred);
}

/* The two above and below in one, for the runs of chains. */
lariat_value lr_slot_tell(lr_slot *place, lariat_value result) {
  lr_combination *whole = place->whole;
  settle(place);
  whole->missing--;
  lariat_value left = whole->rule(whole, place->index, result);
  if (whole->attached > 2) {
    whole->attached--;
  } else {
    end_if_lost(whole);
    detach(whole);
  }
  return left;
}

/* The pair is gone.  If it went without running, the child is dead (then there
 * is nobody to hear of it), or its chain could not grow: a failure. */
void lr_slot_lose(void *context) {
  lr_slot *place = context;
  lr_combination *whole = place->whole;
  const lariat_deferred *child = place->child;
  bool lost = child && child->references > 0;
  settle(place);
  if (lost) {
    whole->missing--;
    lariat_value left =
        whole->rule(whole, place->index, lr_failure_no_memory());
    lariat_value_drop(left);
  }
  end_if_lost(whole);
  detach(whole);
}

static void dispose(lariat_deferred *deferred) {
  lr_combination *whole = lr_container(deferred, lr_combination, deferred);
  let_go_of_all(whole);
  detach(whole);
}

/* By somebody else than its children, which are no longer needed. */
static void fired(lariat_deferred *deferred) {
  let_go_of_all(lr_container(deferred, lr_combination, deferred));
}

void lr_combination_cancel_children(lr_combination *whole) {
  bool was_busy = whole->busy;
  whole->busy = true;
  for (size_t i = 0; i < whole->count; i++) {
    if (whole->slots[i].child) lr_deferred_cancel(whole->slots[i].child);
  }
  whole->busy = was_busy;
}

static void cancel(lariat_deferred *deferred) {
  lr_combination *whole = lr_container(deferred, lr_combination, deferred);
  lr_combination_cancel_children(whole);
  let_go_of_all(whole);
}

/* Nobody holds it: its children have it alone, as far as they live. */
static bool abandon(lariat_deferred *deferred, lr_deferred_lost *lost) {
  lr_combination *whole = lr_container(deferred, lr_combination, deferred);
  bool kept = whole->attached > 1;
  for (size_t i = 0; i < whole->count; i++) {
    lr_slot *place = &whole->slots[i];
    if (!place->held) continue;
    place->held = false;
    lr_deferred_give_back(lost, place->child);
  }
  return kept;
}

const lr_deferred_ops lr_combination_fires_through_children = {
    .dispose = dispose,
    .cancel = cancel,
    .fired = fired,
    .abandon = abandon,
    .cancel_passes_on = true};

const lr_deferred_ops lr_combination_can_be_cancelled = {
    .dispose = dispose, .cancel = cancel, .fired = fired, .abandon = abandon};

static lr_combination *make(lr_deferred_state *state,
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

/* A constant one can only be given a pair. */
static bool has_only_a_result(const lariat_deferred *child) {
  return lr_chain_may_run(child) && child->next == child->end &&
         !(child->flags & LR_DEFERRED_FIXED) && !lr_checks();
}

static void attach(lr_slot *place, const char *function) {
  lr_combination *whole = place->whole;
  lariat_deferred *child = place->child;
  if (child) {
    if (has_only_a_result(child))
      lr_chain_tell(child, place);
    else
      lariat_deferred_add_callbacks_owned(child, on_result, on_result, place,
                                          lr_slot_lose);
    return;
  }
  size_t index = place->index;
  lr_misuse("%s: the deferred number %zu is NULL", function, index);
  whole->attached--;
  whole->missing--;
  lariat_value failure = lariat_failure_new(LARIAT_EINVAL, "it is NULL");
  lariat_value left = whole->rule(whole, index, failure);
  lariat_value_drop(left);
}

/* Busy meanwhile: a child that has fired already tells its result at once. */
static lariat_deferred *attach_all(lr_combination *whole,
                                   const char *function) {
  whole->busy = true;
  for (size_t i = 0; i < whole->count; i++) attach(&whole->slots[i], function);
  whole->busy = false;
  let_go_of_all(whole);
  return &whole->deferred;
}

/* There is no memory to wait for them with. */
static void give_up(const lr_combination_parts *parts) {
  for (size_t i = 0; i < parts->count; i++) {
    if (parts->deferreds[i]) lariat_deferred_cancel(parts->deferreds[i]);
  }
  for (size_t i = 0; i < parts->count; i++)
    lariat_deferred_forget(parts->deferreds[i]);
}

static lr_deferred_state *room_for(const lr_combination_parts *parts) {
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
  lr_deferred_state *state = room_for(parts);
  lr_combination *whole = make(state, parts);
  if (whole) return attach_all(whole, parts->function);
  lariat_reactor *reactor = state ? state->reactor : lariat_reactor_current();
  give_up(parts);
  return lr_deferred_failed_reserve(reactor);
}
