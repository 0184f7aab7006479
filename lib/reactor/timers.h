/* SPDX-License-Identifier: MIT
 * timers.h: timers, ordered by time and then by when they were set: a few lists
 * that grow at their ends, and a heap for what fits into none.  Intrusive;
 * setting may allocate (the heap's array), cancelling never fails. */
#ifndef LR_REACTOR_TIMERS_H
#define LR_REACTOR_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/time.h"

typedef struct lr_timer lr_timer;

/* A timer, to embed; zeroed memory is one that is not set. */
struct lr_timer {
  void (*expire)(lr_timer *timer);
  uint32_t position; /* 0: not set; LR_TIMER_IN_RUN; else heap index + 1 */
  uint64_t at_ns;
  uint64_t order;
  lr_list node; /* in its run */
};

#define LR_TIMER_IN_RUN UINT32_MAX

/* How many runs there are: lists of timers that were set in the order of their
 * times. */
#define LR_TIMER_RUNS 4

typedef struct lr_timer_slot {
  uint64_t at_ns;
  uint64_t order;
  lr_timer *timer;
} lr_timer_slot;

typedef struct lr_timers {
  lr_timer_slot *slots;
  uint32_t count;      /* in the runs and in the heap */
  uint32_t heap_count; /* in the heap */
  uint32_t capacity;   /* of the heap, which could take all */
  uint64_t next_order;
  lr_list *last_run; /* the one that was put into last */
  lr_list runs[LR_TIMER_RUNS];
} lr_timers;

void lr_timers_init(lr_timers *timers);

/* Frees the heap and forgets all timers. */
void lr_timers_clear(lr_timers *timers);

/* Do what is slow in the two functions below: set a timer that does not follow
 * the one set last, and cancel one that is in the heap. */
bool lr_timers_set_slow(lr_timers *timers, lr_timer *timer, uint64_t at_ns);
void lr_timers_cancel_slow(lr_timers *timers, lr_timer *timer);

/* The distance within which a timer may follow the one set last without a look
 * for a better run: those that come in between have another run. */
#define LR_TIMERS_NEAR_NS (100 * LR_NS_PER_MS)

/* Sets `timer`, or moves it when it is set.  False when out of memory (a timer
 * that was set stays as it was).  Fast where it follows the one set last. */
static inline bool lr_timers_set(lr_timers *timers, lr_timer *timer,
                                 uint64_t at_ns) {
  lr_list *run = timers->last_run;
  const lr_timer *last = lr_container(run->prev, lr_timer, node);
  if (timer->position || timers->count >= timers->capacity ||
      lr_list_empty(run) ||
      at_ns - last->at_ns >= LR_TIMERS_NEAR_NS) /* or before it: huge, then */
    return lr_timers_set_slow(timers, timer, at_ns);
  timers->count++;
  timer->at_ns = at_ns;
  timer->order = timers->next_order++;
  timer->position = LR_TIMER_IN_RUN;
  lr_list_append(run, &timer->node);
  return true;
}

/* Unsets `timer`; harmless when it is not set. */
static inline void lr_timers_cancel(lr_timers *timers, lr_timer *timer) {
  if (!timer->position) return;
  timers->count--;
  if (timer->position != LR_TIMER_IN_RUN) {
    lr_timers_cancel_slow(timers, timer);
    return;
  }
  timer->position = 0;
  lr_list_remove(&timer->node);
}

static inline bool lr_timer_is_set(const lr_timer *timer) {
  return timer->position != 0;
}

/* Returns the time that `timer`, which is set, is set to. */
static inline uint64_t lr_timer_time(const lr_timer *timer) {
  return timer->at_ns;
}

/* Returns the earliest time, or LR_NEVER_NS. */
uint64_t lr_timers_next(const lr_timers *timers);

/* Takes out the earliest timer if its time is at or before `now_ns` and it was
 * set before `order_limit` (timers->next_order at the start of the turn, so
 * that a timer set to "now" by a timer waits for the next turn); else NULL. */
lr_timer *lr_timers_pop(lr_timers *timers, uint64_t now_ns,
                        uint64_t order_limit);

#endif
