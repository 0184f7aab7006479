/* SPDX-License-Identifier: MIT
 * gather.c: one deferred for the results of many.  The gather holds its
 * children, and each child's chain holds the gather's memory through a slot.
 * When nobody holds the gather any more it lets go of its children: they then
 * own it, and it ends with the last of them. */
#include <lariat/gather.h>

#include <stdint.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/process.h"
#include "deferred/burial.h"
#include "deferred/list.h"
#include "deferred/room.h"

typedef struct gather gather;

/* The context of the pair that one child was given. */
typedef struct slot {
  gather *whole;
  lariat_deferred *child; /* NULL: it has told its result */
  bool held;              /* `child` is a reference, not only a pointer */
} slot;

struct gather {
  lariat_deferred deferred;
  lariat_list *list;
  size_t count;
  size_t missing;  /* results */
  size_t attached; /* slots whose pair still lives, and the deferred */
  bool busy;       /* somebody goes through the slots: keep the children */
  slot slots[];
};

static void detach(gather *whole) {
  if (--whole->attached > 0) return;
  lr_list_values_free(whole->list);
  lr_free(whole);
}

static bool has_fired(const gather *whole) {
  return lr_deferred_is_fired(&whole->deferred);
}

static void let_go(slot *place) {
  if (!place->held) return;
  place->held = false;
  lr_deferred_release(place->child);
}

/* Once it has fired it has no use for the children and what they brought.
 * While somebody goes through the slots they stay, and that one lets go.  All
 * this can run the user's code, even end the gather: so a hold. */
static void let_go_of_all(gather *whole) {
  if (whole->busy || !has_fired(whole)) return;
  whole->attached++;
  lariat_list *list = whole->list;
  whole->list = NULL;
  lr_list_values_free(list);
  for (size_t i = 0; i < whole->count; i++) let_go(&whole->slots[i]);
  detach(whole);
}

/* The caller sees to it that the memory stays. */
static void finish(gather *whole, lariat_value result) {
  (void)lr_deferred_fire(&whole->deferred, result);
  let_go_of_all(whole);
}

static void fail(gather *whole, size_t index, lariat_value cause) {
  finish(whole, lr_failure_first(index, cause));
}

static void succeed(gather *whole) {
  lariat_list *list = whole->list;
  whole->list = NULL;
  finish(whole, lariat_value_of(&lariat_list_type, list));
}

static size_t index_of(const slot *place) {
  return (size_t)(place - place->whole->slots);
}

/* The child has told its result: nothing more comes from it. */
static void settle(slot *place) {
  let_go(place);
  place->child = NULL;
}

/* The list gets the result.  What cannot be shared, or not for lack of memory,
 * moves there, and the child keeps "none". */
static lariat_value on_result(lariat_value result, void *context) {
  slot *place = context;
  gather *whole = place->whole;
  settle(place);
  if (has_fired(whole)) return lariat_value_drop(result);
  lariat_value copy;
  lariat_value left = result;
  if (lariat_value_share(result, &copy) != LARIAT_OK) {
    copy = result;
    left = lariat_none();
  }
  lr_list_values_put(whole->list, index_of(place), copy);
  if (--whole->missing == 0 && !whole->busy) succeed(whole);
  return left;
}

static lariat_value on_failure(lariat_value failure, void *context) {
  slot *place = context;
  settle(place);
  if (has_fired(place->whole)) return lariat_value_drop(failure);
  fail(place->whole, index_of(place), failure);
  return lariat_none();
}

/* The pair is gone.  If it went without running, the child is dead (then there
 * is nobody to hear of it), or its chain could not grow: a failure. */
static void on_destroy(void *context) {
  slot *place = context;
  gather *whole = place->whole;
  const lariat_deferred *child = place->child;
  bool lost = child && child->references > 0;
  settle(place);
  if (lost && !has_fired(whole))
    fail(whole, index_of(place), lr_failure_no_memory());
  bool is_last = whole->attached == 2; /* this slot, and the deferred */
  if (is_last && !has_fired(whole) && whole->deferred.references == 0)
    lr_deferred_end(&whole->deferred);
  detach(whole);
}

static void dispose(lariat_deferred *deferred) {
  gather *whole = lr_container(deferred, gather, deferred);
  let_go_of_all(whole);
  detach(whole);
}

/* Somebody has gone through the slots. */
static void rest(gather *whole) {
  whole->busy = false;
  if (whole->missing == 0 && !has_fired(whole))
    succeed(whole);
  else
    let_go_of_all(whole);
}

static void cancel_children(lariat_deferred *deferred) {
  gather *whole = lr_container(deferred, gather, deferred);
  whole->busy = true;
  for (size_t i = 0; i < whole->count; i++) {
    if (whole->slots[i].held) lariat_deferred_cancel(whole->slots[i].child);
  }
  rest(whole);
}

/* Nobody holds the gather: its children have it alone, as far as they live. */
static bool abandon(lariat_deferred *deferred, lr_deferred_lost *lost) {
  gather *whole = lr_container(deferred, gather, deferred);
  bool kept = whole->attached > 1;
  for (size_t i = 0; i < whole->count; i++) {
    slot *place = &whole->slots[i];
    if (!place->held) continue;
    place->held = false;
    lr_deferred_give_back(lost, place->child);
  }
  return kept;
}

static const lr_deferred_ops gather_ops = {.dispose = dispose,
                                           .cancel = cancel_children,
                                           .abandon = abandon,
                                           .cancel_passes_on = true};

static gather *make_gather(lr_deferred_room *room,
                           lariat_deferred *const *deferreds, size_t count) {
  const size_t most = (SIZE_MAX - sizeof(gather)) / sizeof(slot);
  if (!room || count > most) return NULL;
  gather *whole = lr_alloc(sizeof *whole + count * sizeof(slot));
  lariat_list *list = lr_list_values_new(count);
  if (!whole || !list) {
    lr_list_values_free(list);
    lr_free(whole);
    return NULL;
  }
  lr_deferred_init_in(&whole->deferred, room, &gather_ops);
  whole->list = list;
  whole->count = count;
  whole->missing = count;
  whole->attached = count + 1;
  for (size_t i = 0; i < count; i++)
    whole->slots[i] = (slot){whole, deferreds[i], deferreds[i] != NULL};
  return whole;
}

static void attach(slot *place) {
  gather *whole = place->whole;
  if (place->child) {
    lariat_deferred_add_callbacks_owned(place->child, on_result, on_failure,
                                        place, on_destroy);
    return;
  }
  size_t index = index_of(place);
  lr_misuse("lariat_gather_results: the deferred number %zu is NULL", index);
  whole->attached--;
  if (!has_fired(whole))
    fail(whole, index, lariat_failure_new(LARIAT_EINVAL, "it is NULL"));
}

/* Busy meanwhile: a child that has fired already tells its result at once. */
static lariat_deferred *attach_all(gather *whole) {
  whole->busy = true;
  for (size_t i = 0; i < whole->count; i++) attach(&whole->slots[i]);
  rest(whole);
  return &whole->deferred;
}

/* There is no memory to wait for them with. */
static void give_up(lariat_deferred *const *deferreds, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (deferreds[i]) lariat_deferred_cancel(deferreds[i]);
  }
  for (size_t i = 0; i < count; i++) lariat_deferred_forget(deferreds[i]);
}

static lr_deferred_room *room_for(lariat_deferred *const *deferreds,
                                  size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (deferreds[i] && !(deferreds[i]->flags & LR_DEFERRED_FIXED))
      return deferreds[i]->home;
  }
  return lr_deferred_room_of(lariat_reactor_current());
}

lariat_deferred *lariat_gather_results(lariat_deferred *const *deferreds,
                                       size_t count) {
  if (count > 0 && !deferreds) {
    lr_misuse("%s: the array is NULL", __func__);
    return lariat_deferred_fail(lariat_reactor_current(), LARIAT_EINVAL,
                                "no array of deferreds was given");
  }
  if (count == 0 && !lariat_reactor_current()) return NULL;
  lr_deferred_room *room = room_for(deferreds, count);
  gather *whole = make_gather(room, deferreds, count);
  if (whole) return attach_all(whole);
  lariat_reactor *reactor = room ? room->reactor : lariat_reactor_current();
  give_up(deferreds, count);
  return lr_deferred_failed_reserve(reactor);
}
