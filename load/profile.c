/* SPDX-License-Identifier: MIT
 * profile.c: the integral of a rate over time and its inverse, exactly.
 *
 * Durations are below 2^59, or 2^62 for the one without an end, whose rate is
 * constant; rates are below 2^63.  So each product below is less than 2^128. */
#include "profile.h"

#include <math.h>

#include "fault.h"

/* 146 years. */
#define ENDLESS_NS (UINT64_C(1) << 62)

/* ---- One segment ---- */

/* Returns the integral over the first `t` nanoseconds of the segment, rounded
 * up: from * t + (to - from) * t * t / (2 * duration). */
static lr_load_wide integrate(const lr_load_segment *segment, uint64_t t) {
  lr_load_wide level = (lr_load_wide)segment->from * t;
  if (segment->from == segment->to) return level;
  bool rising = segment->to > segment->from;
  uint64_t change =
      rising ? segment->to - segment->from : segment->from - segment->to;
  lr_load_wide square = (lr_load_wide)t * t;
  lr_load_wide twice = 2 * (lr_load_wide)segment->duration_ns;
  lr_load_wide whole = change * (square / twice);
  lr_load_wide rest = change * (square % twice);
  if (rising) return level + whole + rest / twice + (rest % twice != 0);
  return level - whole - rest / twice;
}

/* Returns about where the integral is `units`: 2 u / (r + sqrt(r^2 + 2 s u)),
 * with r the rate at the start and s the slope. */
static uint64_t guess_instant(const lr_load_segment *segment,
                              lr_load_wide units) {
  double u = (double)units;
  double from = (double)segment->from;
  double slope = ((double)segment->to - from) / (double)segment->duration_ns;
  double square = from * from + 2 * slope * u;
  double divisor = from + (square > 0 ? sqrt(square) : 0);
  double last = (double)(segment->duration_ns - 1);
  double guess = divisor > 0 ? 2 * u / divisor : 0;
  return (uint64_t)(guess < last ? guess : last);
}

/* Returns the last nanosecond of [low, high) at which the integral is at the
 * most `units`; at `low` it is. */
static uint64_t bisect(const lr_load_segment *segment, uint64_t low,
                       uint64_t high, lr_load_wide units) {
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    if (integrate(segment, middle) <= units)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* Brackets the instant with steps from the guess that double, and bisects. */
static uint64_t find_instant(const lr_load_segment *segment,
                             lr_load_wide units) {
  uint64_t low = guess_instant(segment, units);
  uint64_t high = low + 1;
  uint64_t step = 1;
  while (low && integrate(segment, low) > units) {
    high = low;
    low -= step < low ? step : low;
    step *= 2;
  }
  step = 1;
  while (high < segment->duration_ns && integrate(segment, high) <= units) {
    low = high;
    high += step;
    if (high > segment->duration_ns) high = segment->duration_ns;
    step *= 2;
  }
  return bisect(segment, low, high, units);
}

/* ---- Making one ---- */

/* Tells whether a rate can be that of a stage; false for NaN. */
static bool is_rate(double per_s) {
  return per_s >= 0 && per_s <= LARIAT_LOAD_FASTEST_PER_S;
}

/* Returns the rate in units, to the nearest millionth of a request an hour. */
static uint64_t count_units(double per_s) {
  return 2 * (uint64_t)(per_s * (double)(LR_LOAD_PER_S / 2) + 0.5);
}

static lariat_status check_rates(const lariat_load_stage *stage, size_t number,
                                 lariat_load_error *error) {
  double per_s =
      is_rate(stage->from_per_s) ? stage->to_per_s : stage->from_per_s;
  if (is_rate(per_s)) return LARIAT_OK;
  if (per_s < 0)
    return lr_load_fail(error, 0, "stage %zu: a rate below 0", number);
  if (per_s > 0)
    return lr_load_fail(error, 0, "stage %zu: a rate of more than %g a second",
                        number, LARIAT_LOAD_FASTEST_PER_S);
  return lr_load_fail(error, 0, "stage %zu: a rate that is no number", number);
}

/* Checks the end of a stage that is to begin at `start_ns`. */
static lariat_status check_duration(const lariat_load_stage *stage,
                                    size_t number, bool last, uint64_t start_ns,
                                    lariat_load_error *error) {
  if (!stage->duration_ns)
    return lr_load_fail(error, 0, "stage %zu: it ends when it begins", number);
  if (stage->duration_ns != LARIAT_LOAD_ENDLESS_NS) {
    if (stage->duration_ns <= LARIAT_LOAD_LONGEST_NS - start_ns)
      return LARIAT_OK;
    return lr_load_fail(error, 0, "stage %zu: it ends after ten years", number);
  }
  if (!last)
    return lr_load_fail(
        error, 0, "stage %zu: it does not end, and there is another", number);
  if (count_units(stage->from_per_s) != count_units(stage->to_per_s))
    return lr_load_fail(error, 0, "stage %zu: a ramp that does not end",
                        number);
  return LARIAT_OK;
}

static void add_segment(lr_load_profile *profile,
                        const lariat_load_stage *stage) {
  lr_load_segment *segment = &profile->segments[profile->count];
  segment->start_ns = lr_load_profile_end_ns(profile);
  segment->before = lr_load_profile_area(profile);
  segment->from = count_units(stage->from_per_s);
  segment->to = count_units(stage->to_per_s);
  segment->duration_ns = stage->duration_ns;
  if (stage->duration_ns == LARIAT_LOAD_ENDLESS_NS) {
    profile->endless = true;
    segment->duration_ns = ENDLESS_NS;
  }
  segment->area = integrate(segment, segment->duration_ns);
  profile->count++;
}

lariat_status lr_load_profile_init(lr_load_profile *profile,
                                   const lariat_load_stage *stages,
                                   size_t count, lariat_load_error *error) {
  profile->count = 0;
  profile->endless = false;
  if (!count) return lr_load_fail(error, 0, "no stage");
  if (count > LARIAT_LOAD_MOST_STAGES)
    return lr_load_fail(error, 0, "more than %d stages",
                        LARIAT_LOAD_MOST_STAGES);
  for (size_t i = 0; i < count; i++) {
    lariat_status status = check_rates(&stages[i], i + 1, error);
    if (status == LARIAT_OK)
      status = check_duration(&stages[i], i + 1, i + 1 == count,
                              lr_load_profile_end_ns(profile), error);
    if (status != LARIAT_OK) return status;
    add_segment(profile, &stages[i]);
  }
  if (!lr_load_profile_area(profile))
    return lr_load_fail(error, 0, "no rate above 0 in any stage");
  return LARIAT_OK;
}

/* ---- Asking it ---- */

lr_load_wide lr_load_profile_area(const lr_load_profile *profile) {
  if (!profile->count) return 0;
  const lr_load_segment *last = &profile->segments[profile->count - 1];
  return last->before + last->area;
}

uint64_t lr_load_profile_end_ns(const lr_load_profile *profile) {
  if (!profile->count) return 0;
  const lr_load_segment *last = &profile->segments[profile->count - 1];
  return last->start_ns + last->duration_ns;
}

uint64_t lr_load_profile_instant(const lr_load_profile *profile, size_t *at,
                                 lr_load_wide units) {
  const lr_load_segment *segment = &profile->segments[*at];
  while (units >= segment->before + segment->area)
    segment = &profile->segments[++*at];
  lr_load_wide within = units - segment->before;
  uint64_t t = segment->from == segment->to ? (uint64_t)(within / segment->from)
                                            : find_instant(segment, within);
  return segment->start_ns + t;
}

/* Returns the segment at a time, or NULL after the end. */
static const lr_load_segment *find_segment(const lr_load_profile *profile,
                                           uint64_t at_ns) {
  for (size_t i = 0; i < profile->count; i++) {
    const lr_load_segment *segment = &profile->segments[i];
    if (at_ns - segment->start_ns < segment->duration_ns) return segment;
  }
  return NULL;
}

double lr_load_profile_rate(const lr_load_profile *profile, uint64_t at_ns) {
  const lr_load_segment *segment = find_segment(profile, at_ns);
  if (!segment) return 0;
  double from = (double)segment->from;
  double share =
      (double)(at_ns - segment->start_ns) / (double)segment->duration_ns;
  return (from + ((double)segment->to - from) * share) / (double)LR_LOAD_PER_S;
}

double lr_load_profile_integral(const lr_load_profile *profile,
                                uint64_t at_ns) {
  const lr_load_segment *segment = find_segment(profile, at_ns);
  lr_load_wide units =
      segment ? segment->before + integrate(segment, at_ns - segment->start_ns)
              : lr_load_profile_area(profile);
  return (double)units / (double)LR_LOAD_REQUEST;
}
