/* SPDX-License-Identifier: MIT
 * burial.c: the end of deferreds.  First, without running any of the user's
 * code, it is found out who is really lost; then the dead are put away one
 * after the other.  What dies meanwhile joins the queue. */
#include "deferred/burial.h"

#include "base/inside.h"
#include "base/memory.h"
#include "deferred/canceller.h"
#include "deferred/room.h"
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

static inline void destroy_pairs(lariat_deferred *deferred) {
  while (deferred->next < deferred->end) {
    lr_pair pair = deferred->pairs[deferred->next++];
    if (pair.destroy) pair.destroy(pair.context);
  }
  if (deferred->pairs != deferred->inside) lr_free(deferred->pairs);
}

/* All but the reference to the room. */
static inline __attribute__((always_inline)) void
put_away(lariat_deferred *deferred) {
  lr_inside++;
  destroy_pairs(deferred);
  if (deferred->flags & LR_DEFERRED_CANCELLER) lr_canceller_drop(deferred);
  lariat_value result = deferred->result;
  if (!lariat_is_none(result)) {
    if (lariat_is_failure(result)) lr_unhandled_report(deferred);
    lariat_value_drop(result);
  }
  deferred->ops->dispose(deferred);
  lr_inside--;
}

static __attribute__((noinline)) void empty_grave(lr_deferred_room *room) {
  while (room->grave) {
    put_away(pop(&room->grave));
    room->references--;
  }
}

/* Puts `deferred` away: now, or when whoever is putting away comes to it.  Its
 * reference keeps the room until all are gone. */
static inline void inter(lariat_deferred *deferred) {
  lr_deferred_room *room = deferred->home;
  if (room->burying) {
    push(&room->grave, deferred);
    return;
  }
  room->burying = true;
  put_away(deferred);
  if (room->grave) empty_grave(room);
  room->burying = false;
  lr_deferred_room_release(room);
}

void lr_deferred_end(lariat_deferred *deferred) { inter(deferred); }

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

static void lose(lariat_deferred *deferred) {
  lr_deferred_lost lost = {NULL};
  lariat_deferred *dead = NULL;
  push(&lost.first, deferred);
  while ((deferred = pop(&lost.first)) != NULL) {
    if (!is_kept(deferred, &lost)) push(&dead, deferred);
  }
  while ((deferred = pop(&dead)) != NULL) lr_deferred_end(deferred);
}

/* Who has neither been waiting nor been abandoned is simply dead. */
void lr_deferred_bury(lariat_deferred *deferred) {
  if (lr_deferred_waits(deferred) ||
      (deferred->ops->abandon && !lr_deferred_is_fired(deferred)))
    lose(deferred);
  else
    inter(deferred);
}
