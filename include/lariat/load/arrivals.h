/* SPDX-License-Identifier: MIT
 * lariat_load_arrivals: the schedule of an open load test: when each request
 * arrives, as nanoseconds from the start, whatever the server does.
 *
 * A plan is stages of rates, a process (even gaps, or a Poisson process), a
 * seed and an end.  The same plan gives the same instants on every machine and
 * with every compiler: the arithmetic is done with integers.  No error adds
 * up: an arrival's instant is computed from its index (even), or from the exact
 * sum of the gaps before it (Poisson).
 *
 * It is a value with an iterator: it reads no clock and needs no reactor, and
 * its memory does not grow.  docs/arrivals.md explains it. */
#ifndef LARIAT_LOAD_ARRIVALS_H
#define LARIAT_LOAD_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/part.h>
#include <lariat/load/stages.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_arrivals lariat_load_arrivals;

/* How arrivals are spread. */
typedef enum lariat_load_process {
  /* Arrival i is when the integral of the rate has come to i: at a constant
   * rate i / rate, rounded down to the nanosecond.  The first is at 0, unless
   * the rate is 0 there. */
  LARIAT_LOAD_EVEN = 0,

  /* Independent users, each of whom comes at any time: the integral of the
   * rate between two arrivals is exponentially distributed, with mean 1.
   * Gaps by Marsaglia's method (Knuth, The Art of Computer Programming, 3.4.1,
   * algorithm S) from the generator xoshiro256** (Blackman and Vigna), whose
   * state SplitMix64 makes of the seed. */
  LARIAT_LOAD_POISSON = 1
} lariat_load_process;

/* A plan.  Set `size`; the rest may be 0 but for the stages. */
typedef struct lariat_load_arrivals_options {
  size_t size; /* sizeof(lariat_load_arrivals_options) */

  /* The stages, one after the other; they are copied. */
  const lariat_load_stage *stages;
  size_t stage_count; /* 1 to LARIAT_LOAD_MOST_STAGES */

  /* At the most so many arrivals, of all parts together; 0: as many as the
   * stages have.  Needed when the last stage does not end, unless the caller
   * stops asking. */
  uint64_t count;

  lariat_load_process process;
  uint64_t seed; /* for Poisson */

  lariat_load_part part; /* whose arrivals are told; all zero: all */
} lariat_load_arrivals_options;

/* Makes the schedule of a plan, and puts it into `*out`, which the caller owns
 * (lariat_load_arrivals_free).  `*error` (may be NULL) is written when the plan
 * makes no sense; `*out` is NULL then.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a `size` of 0, or a plan that makes no sense: no stage, a
 *                duration of 0, a rate that is negative, not a number or too
 *                high, no rate above 0 anywhere, a stage that does not end
 *                before another or with a rate that changes, no such part */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_arrivals_new(const lariat_load_arrivals_options *options,
                         lariat_load_arrivals **out, lariat_load_error *error);

/* Frees the schedule; NULL is allowed.  Any thread, when no other uses it. */
LARIAT_API void lariat_load_arrivals_free(lariat_load_arrivals *arrivals);

/* An arrival. */
typedef struct lariat_load_arrival {
  uint64_t index; /* in the whole plan, from 0: index mod parts is the part's */
  uint64_t at_ns; /* from the start; never before an earlier arrival's */
} lariat_load_arrival;

/* Puts the next arrival of this part into `*out`, or returns false when there
 * is none any more; it stays so.  One thread at a time. */
LARIAT_API bool lariat_load_arrivals_next(lariat_load_arrivals *arrivals,
                                          lariat_load_arrival *out);

/* ---- What the plan is ----
 *
 * Any thread, also while another asks for arrivals: it does not change. */

/* Returns how many arrivals the whole plan has: exact when they are even or
 * the count ends them, the mean (to the nearest) for a Poisson process that the
 * time ends, and UINT64_MAX when there is no end.  For those of one part:
 * lariat_load_part_size. */
LARIAT_API uint64_t
lariat_load_arrivals_total(const lariat_load_arrivals *arrivals);

/* Returns when the last stage ends, in nanoseconds from the start, or
 * LARIAT_LOAD_ENDLESS_NS. */
LARIAT_API uint64_t
lariat_load_arrivals_duration_ns(const lariat_load_arrivals *arrivals);

/* Returns the rate at `at_ns` of the whole plan, a second; 0 after its last
 * stage. */
LARIAT_API double
lariat_load_arrivals_rate_at(const lariat_load_arrivals *arrivals,
                             uint64_t at_ns);

/* Returns the integral of the rate from the start to `at_ns`: how many arrivals
 * the whole plan has before that, in the mean, if the count does not end it.
 * What was asked for in a second is a difference of two. */
LARIAT_API double
lariat_load_arrivals_mean_before(const lariat_load_arrivals *arrivals,
                                 uint64_t at_ns);

LARIAT_END_C

#endif
