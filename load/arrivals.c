/* SPDX-License-Identifier: MIT
 * arrivals.c: arrival i is where the integral of the rate has come to i, or to
 * the sum of i + 1 exponential numbers. */
#include <lariat/load/arrivals.h>

#include <stdlib.h>

#include "fault.h"
#include "profile.h"
#include "random.h"

struct lariat_load_arrivals {
  lr_load_profile profile;
  lariat_load_process process;
  lariat_load_part part;
  uint64_t count; /* the arrivals there are; UINT64_MAX: the time ends them */
  uint64_t index; /* of the next arrival */
  size_t segment; /* where the search for its instant begins */
  lr_load_wide area; /* of the profile */

  /* For a Poisson process: its gaps so far, as an integral of the rate, and how
   * many there were. */
  lr_load_random random;
  lr_load_wide sum;
  uint64_t gaps;
};

/* ---- Making one ---- */

/* Checks all of the plan but its stages. */
static lariat_status check_options(const lariat_load_arrivals_options *options,
                                   lariat_load_error *error) {
  if (!options || options->size < sizeof(*options))
    return lr_load_fail(error, 0, "options without their size");
  if (options->process != LARIAT_LOAD_EVEN &&
      options->process != LARIAT_LOAD_POISSON)
    return lr_load_fail(error, 0, "no such process");
  if (options->part.index >= options->part.count &&
      (options->part.index || options->part.count))
    return lr_load_fail(error, 0, "part %u of %u (they are counted from 0)",
                        options->part.index, options->part.count);
  if (options->stage_count && !options->stages)
    return lr_load_fail(error, 0, "no stages");
  return LARIAT_OK;
}

/* Returns how many even arrivals the profile has. */
static uint64_t count_even(const lariat_load_arrivals *arrivals) {
  if (arrivals->profile.endless) return UINT64_MAX;
  return (uint64_t)((arrivals->area + LR_LOAD_REQUEST - 1) / LR_LOAD_REQUEST);
}

static void begin(lariat_load_arrivals *arrivals,
                  const lariat_load_arrivals_options *options) {
  arrivals->area = lr_load_profile_area(&arrivals->profile);
  arrivals->process = options->process;
  arrivals->part = options->part;
  if (!arrivals->part.count) arrivals->part.count = 1;
  arrivals->index = arrivals->part.index;
  lr_load_random_seed(&arrivals->random, options->seed);
  arrivals->count = options->count ? options->count : UINT64_MAX;
  if (arrivals->process != LARIAT_LOAD_EVEN) return;
  uint64_t even = count_even(arrivals);
  if (even < arrivals->count) arrivals->count = even;
}

lariat_status
lariat_load_arrivals_new(const lariat_load_arrivals_options *options,
                         lariat_load_arrivals **out, lariat_load_error *error) {
  *out = NULL;
  lariat_status status = check_options(options, error);
  if (status != LARIAT_OK) return status;
  lariat_load_arrivals *arrivals = calloc(1, sizeof(*arrivals));
  if (!arrivals) return LARIAT_ENOMEM;
  status = lr_load_profile_init(&arrivals->profile, options->stages,
                                options->stage_count, error);
  if (status != LARIAT_OK) {
    free(arrivals);
    return status;
  }
  begin(arrivals, options);
  *out = arrivals;
  return LARIAT_OK;
}

void lariat_load_arrivals_free(lariat_load_arrivals *arrivals) {
  free(arrivals);
}

/* ---- Arrivals ---- */

/* Returns an exponential number as an integral of the rate. */
static lr_load_wide draw_gap(lr_load_random *random) {
  lr_load_wide gap = lr_load_random_exponential(random);
  return (gap * LR_LOAD_REQUEST) >> LR_LOAD_EXPONENTIAL_BITS;
}

/* Returns the integral of the rate at the next arrival. */
static lr_load_wide find_units(lariat_load_arrivals *arrivals) {
  if (arrivals->process == LARIAT_LOAD_EVEN)
    return (lr_load_wide)arrivals->index * LR_LOAD_REQUEST;
  for (; arrivals->gaps <= arrivals->index; arrivals->gaps++) {
    if (arrivals->sum >= arrivals->area) break;
    arrivals->sum += draw_gap(&arrivals->random);
  }
  return arrivals->sum;
}

bool lariat_load_arrivals_next(lariat_load_arrivals *arrivals,
                               lariat_load_arrival *out) {
  if (arrivals->index >= arrivals->count) return false;
  lr_load_wide units = find_units(arrivals);
  if (units >= arrivals->area) return false;
  out->index = arrivals->index;
  out->at_ns =
      lr_load_profile_instant(&arrivals->profile, &arrivals->segment, units);
  uint64_t step = arrivals->part.count;
  arrivals->index = step <= UINT64_MAX - arrivals->index
                        ? arrivals->index + step
                        : UINT64_MAX;
  return true;
}

/* ---- What the plan is ---- */

uint64_t lariat_load_arrivals_total(const lariat_load_arrivals *arrivals) {
  if (arrivals->process == LARIAT_LOAD_EVEN || arrivals->profile.endless)
    return arrivals->count;
  uint64_t mean =
      (uint64_t)((arrivals->area + LR_LOAD_REQUEST / 2) / LR_LOAD_REQUEST);
  return mean < arrivals->count ? mean : arrivals->count;
}

uint64_t
lariat_load_arrivals_duration_ns(const lariat_load_arrivals *arrivals) {
  return arrivals->profile.endless ? LARIAT_LOAD_ENDLESS_NS
                                   : lr_load_profile_end_ns(&arrivals->profile);
}

double lariat_load_arrivals_rate_at(const lariat_load_arrivals *arrivals,
                                    uint64_t at_ns) {
  return lr_load_profile_rate(&arrivals->profile, at_ns);
}

double lariat_load_arrivals_mean_before(const lariat_load_arrivals *arrivals,
                                        uint64_t at_ns) {
  return lr_load_profile_integral(&arrivals->profile, at_ns);
}
