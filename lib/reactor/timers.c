/* SPDX-License-Identifier: MIT
 * timers.c: runs and a heap.  Deadlines are mostly set in the order of their
 * times, since most jobs have the same limits: such timers go to the end of a
 * list, and leave it, without a search.  All others are in a heap with four
 * children a node; each of its slots carries its key, so that sifting reads one
 * array and touches the timers only to tell them their new positions. */
#include "reactor/timers.h"

#include "base/memory.h"
#include "base/time.h"

enum { CHILDREN = 4, SMALLEST = 16 };

void lr_timers_init(lr_timers *timers) {
  timers->slots = NULL;
  timers->count = 0;
  timers->heap_count = 0;
  timers->capacity = 0;
  timers->next_order = 0;
  for (int i = 0; i < LR_TIMER_RUNS; i++) lr_list_init(&timers->runs[i]);
  timers->last_run = &timers->runs[0];
}

void lr_timers_clear(lr_timers *timers) {
  lr_free(timers->slots);
  lr_timers_init(timers);
}

static bool is_earlier(const lr_timer_slot *a, const lr_timer_slot *b) {
  if (a->at_ns != b->at_ns) return a->at_ns < b->at_ns;
  return a->order < b->order;
}

static void put_slot(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  timers->slots[index] = slot;
  slot.timer->position = index + 1;
}

/* Moves `slot` from the free index `index` towards the root. */
static void sift_up(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  while (index > 0) {
    uint32_t parent = (index - 1) / CHILDREN;
    if (!is_earlier(&slot, &timers->slots[parent])) break;
    put_slot(timers, index, timers->slots[parent]);
    index = parent;
  }
  put_slot(timers, index, slot);
}

/* Returns the earliest child of `index`, or `heap_count` when it has none. */
static uint32_t earliest_child(const lr_timers *timers, uint32_t index) {
  uint64_t first = (uint64_t)index * CHILDREN + 1;
  if (first >= timers->heap_count) return timers->heap_count;
  uint32_t best = (uint32_t)first;
  for (uint64_t i = first + 1; i < first + CHILDREN && i < timers->heap_count;
       i++)
    if (is_earlier(&timers->slots[i], &timers->slots[best])) best = (uint32_t)i;
  return best;
}

/* Moves `slot` from the free index `index` towards the leaves. */
static void sift_down(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  for (;;) {
    uint32_t child = earliest_child(timers, index);
    if (child == timers->heap_count ||
        !is_earlier(&timers->slots[child], &slot))
      break;
    put_slot(timers, index, timers->slots[child]);
    index = child;
  }
  put_slot(timers, index, slot);
}

static void sift_slot(lr_timers *timers, uint32_t index, lr_timer_slot slot) {
  if (index > 0 && is_earlier(&slot, &timers->slots[(index - 1) / CHILDREN]))
    sift_up(timers, index, slot);
  else
    sift_down(timers, index, slot);
}

static lr_timer *timer_of(const lr_list *node) {
  return lr_container((lr_list *)(uintptr_t)node, lr_timer, node);
}

/* Returns the run whose last timer is nearest before the time, else an empty
 * one, so that a late timer does not keep the others from following each other.
 * NULL: there is none. */
static lr_list *best_run(lr_timers *timers, uint64_t at_ns) {
  lr_list *best = NULL;
  uint64_t best_ns = 0;
  for (int i = 0; i < LR_TIMER_RUNS; i++) {
    lr_list *run = &timers->runs[i];
    bool empty = lr_list_empty(run);
    uint64_t last_ns = empty ? 0 : timer_of(run->prev)->at_ns;
    if (last_ns > at_ns || (best && last_ns <= best_ns)) continue;
    best = run;
    best_ns = last_ns;
  }
  return best;
}

static lr_list *choose_run(lr_timers *timers, uint64_t at_ns) {
  lr_list *run = timers->last_run;
  if (!lr_list_empty(run)) {
    uint64_t last_ns = timer_of(run->prev)->at_ns;
    if (last_ns <= at_ns && at_ns - last_ns < LR_TIMERS_NEAR_NS) return run;
  }
  run = best_run(timers, at_ns);
  if (run) timers->last_run = run;
  return run;
}

/* Grows the heap to take one timer more, wherever that goes now: it may be
 * moved into the heap later. */
static bool grow_heap(lr_timers *timers) {
  if (timers->count < timers->capacity) return true;
  if (timers->capacity > UINT32_MAX / 4) return false;
  uint32_t capacity = timers->capacity ? timers->capacity * 2 : SMALLEST;
  lr_timer_slot *slots =
      lr_realloc(timers->slots, capacity * sizeof *timers->slots);
  if (!slots) return false;
  timers->slots = slots;
  timers->capacity = capacity;
  return true;
}

void lr_timers_cancel_slow(lr_timers *timers, lr_timer *timer) {
  uint32_t index = timer->position - 1;
  timer->position = 0;
  timers->heap_count--;
  if (index != timers->heap_count)
    sift_slot(timers, index, timers->slots[timers->heap_count]);
}

static void insert_timer(lr_timers *timers, lr_timer *timer) {
  lr_list *run = choose_run(timers, timer->at_ns);
  if (run) {
    lr_list_append(run, &timer->node);
    timer->position = LR_TIMER_IN_RUN;
    return;
  }
  lr_timer_slot slot = {timer->at_ns, timer->order, timer};
  sift_up(timers, timers->heap_count++, slot);
}

bool lr_timers_set_slow(lr_timers *timers, lr_timer *timer, uint64_t at_ns) {
  if (!timer->position && !grow_heap(timers)) return false;
  lr_timers_cancel(timers, timer);
  timers->count++;
  timer->at_ns = at_ns;
  timer->order = timers->next_order++;
  insert_timer(timers, timer);
  return true;
}

static bool timer_is_earlier(const lr_timer *a, const lr_timer *b) {
  if (a->at_ns != b->at_ns) return a->at_ns < b->at_ns;
  return a->order < b->order;
}

/* Returns the earliest of all timers, or NULL. */
static lr_timer *first_timer(const lr_timers *timers) {
  lr_timer *first = timers->heap_count ? timers->slots[0].timer : NULL;
  for (int i = 0; i < LR_TIMER_RUNS; i++) {
    const lr_list *run = &timers->runs[i];
    if (lr_list_empty(run)) continue;
    lr_timer *timer = timer_of(run->next);
    if (!first || timer_is_earlier(timer, first)) first = timer;
  }
  return first;
}

uint64_t lr_timers_next(const lr_timers *timers) {
  const lr_timer *first = first_timer(timers);
  return first ? first->at_ns : LR_NEVER_NS;
}

lr_timer *lr_timers_pop(lr_timers *timers, uint64_t now_ns,
                        uint64_t order_limit) {
  lr_timer *first = first_timer(timers);
  if (!first || first->at_ns > now_ns || first->order >= order_limit)
    return NULL;
  lr_timers_cancel(timers, first);
  return first;
}
