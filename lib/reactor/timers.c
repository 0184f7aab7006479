/* SPDX-License-Identifier: MIT
 * timers.c: a heap with four children a node.  Each slot carries its key, so
 * that sifting reads one array and touches the timers only to tell them their
 * new places. */
#include "reactor/timers.h"

#include "base/memory.h"

enum { CHILDREN = 4, SMALLEST = 16 };

void lr_timers_init(lr_timers *timers) {
  timers->slots = NULL;
  timers->count = 0;
  timers->room = 0;
  timers->next_order = 0;
}

void lr_timers_clear(lr_timers *timers) {
  lr_free(timers->slots);
  lr_timers_init(timers);
}

static bool earlier(const lr_timer_slot *a, const lr_timer_slot *b) {
  if (a->at_ns != b->at_ns) return a->at_ns < b->at_ns;
  return a->order < b->order;
}

static void put(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  timers->slots[index] = slot;
  slot.timer->place = index + 1;
}

/* Finds the place of `slot` from the free place `index` towards the root. */
static void sift_up(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  while (index > 0) {
    uint32_t parent = (index - 1) / CHILDREN;
    if (!earlier(&slot, &timers->slots[parent])) break;
    put(timers, index, timers->slots[parent]);
    index = parent;
  }
  put(timers, index, slot);
}

/* The earliest child of `index`, or `count` when it has none. */
static uint32_t earliest_child(const lr_timers *timers, uint32_t index) {
  uint64_t first = (uint64_t)index * CHILDREN + 1;
  if (first >= timers->count) return timers->count;
  uint32_t best = (uint32_t)first;
  for (uint64_t i = first + 1; i < first + CHILDREN && i < timers->count; i++)
    if (earlier(&timers->slots[i], &timers->slots[best])) best = (uint32_t)i;
  return best;
}

/* The same towards the leaves. */
static void sift_down(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  for (;;) {
    uint32_t child = earliest_child(timers, index);
    if (child == timers->count || !earlier(&timers->slots[child], &slot)) break;
    put(timers, index, timers->slots[child]);
    index = child;
  }
  put(timers, index, slot);
}

static void place_at(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  if (index > 0 && earlier(&slot, &timers->slots[(index - 1) / CHILDREN]))
    sift_up(timers, index, slot);
  else
    sift_down(timers, index, slot);
}

static bool make_room(lr_timers *timers) {
  if (timers->count < timers->room) return true;
  if (timers->room > UINT32_MAX / 4) return false;
  uint32_t room = timers->room ? timers->room * 2 : SMALLEST;
  lr_timer_slot *slots =
      lr_realloc(timers->slots, room * sizeof *timers->slots);
  if (!slots) return false;
  timers->slots = slots;
  timers->room = room;
  return true;
}

bool lr_timers_set(lr_timers *timers, lr_timer *timer, uint64_t at_ns) {
  if (!timer->place && !make_room(timers)) return false;
  lr_timer_slot slot = {at_ns, timers->next_order++, timer};
  if (timer->place)
    place_at(timers, timer->place - 1, slot);
  else
    sift_up(timers, timers->count++, slot);
  return true;
}

void lr_timers_cancel(lr_timers *timers, lr_timer *timer) {
  if (!timer->place) return;
  uint32_t index = timer->place - 1;
  timer->place = 0;
  timers->count--;
  if (index != timers->count)
    place_at(timers, index, timers->slots[timers->count]);
}

uint64_t lr_timers_next(const lr_timers *timers) {
  return timers->count ? timers->slots[0].at_ns : UINT64_MAX;
}

lr_timer *lr_timers_pop(lr_timers *timers, uint64_t now_ns,
                        uint64_t order_limit) {
  if (!timers->count) return NULL;
  const lr_timer_slot *first = &timers->slots[0];
  if (first->at_ns > now_ns || first->order >= order_limit) return NULL;
  lr_timer *timer = first->timer;
  lr_timers_cancel(timers, timer);
  return timer;
}
