/* SPDX-License-Identifier: MIT
 * rate.h: so many starts a second, exact over any number of threads.
 *
 * A bucket is one atomic word: the time from which on the next start is
 * allowed.  A start moves it on by one step (the time between two starts); it
 * may lag behind the present by what is banked (the burst), and no more.
 *
 * Who waits for a bucket is woken late, by the timer's grain and whatever else
 * runs on the machine.  Counted from the moment of the start, each such delay
 * would be lost for ever and the rate be a few per cent too low.  So a start
 * says since when it has been wanted, and up to LR_RATE_LATE_NS of lateness is
 * made good by the starts that follow.  The same holds when another thread was
 * waiting, and this one came by and was quicker. */
#ifndef LR_LIMITS_RATE_H
#define LR_LIMITS_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/time.h"

/* How much lateness is made good: in a window of ten seconds half a per cent of
 * the starts. */
#define LR_RATE_LATE_NS (50 * LR_NS_PER_MS)

/* The plan that a bucket keeps to.  Read only; any number of buckets share it.
 */
typedef struct lr_rate_plan {
  uint64_t step_ns;   /* 0: no limit */
  uint64_t banked_ns; /* what an idle time may save up */
} lr_rate_plan;

typedef struct lr_rate {
  lr_atomic_u64 next_ns;
  lr_atomic_u64 awaited_ns; /* the `next_ns` that somebody waited for last */
} lr_rate;

/* Makes a plan.  `per_second` 0: no limit.  `burst` is the number of starts
 * that may happen at once after an idle time; below 1: 1. */
lr_rate_plan lr_rate_plan_of(double per_second, double burst);

/* Tells whether a plan can be made of these numbers. */
bool lr_rate_valid(double per_second, double burst);

/* Makes a full bucket. */
void lr_rate_init(lr_rate *rate);

/* Returns when the next start is allowed.  Any thread. */
static inline uint64_t lr_rate_due(const lr_rate *rate) {
  return lr_u64_load_relaxed(&rate->next_ns);
}

/* Notes that somebody waits for `due_ns`, which lr_rate_due said.  Any thread.
 */
static inline void lr_rate_await(lr_rate *rate, uint64_t due_ns) {
  lr_u64_store_relaxed(&rate->awaited_ns, due_ns);
}

/* Takes one start, wanted since `wanted_ns` (at the latest `now_ns`).  False:
 * not yet.  Any thread. */
bool lr_rate_take(lr_rate *rate, const lr_rate_plan *plan, uint64_t now_ns,
                  uint64_t wanted_ns);

/* Gives back a start that was taken and did not happen.  Any thread. */
void lr_rate_give_back(lr_rate *rate, const lr_rate_plan *plan);

/* Tells whether the bucket is as good as a new one.  Any thread. */
bool lr_rate_is_full(const lr_rate *rate, const lr_rate_plan *plan,
                     uint64_t now_ns);

#endif
