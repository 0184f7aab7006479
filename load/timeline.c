/* SPDX-License-Identifier: MIT
 * timeline.c: sums of rates, the largest of latencies: what a second had that
 * nobody wants to miss is not lost in a mean. */
#include "timeline.h"

#include <math.h>

#define NS 1e9

/* How much of a second belongs to the measured part. */
static double measure_second(const lariat_load_result *result,
                             const lr_load_second *second) {
  double end = (double)result->facts.duration_ns / NS;
  double length = end - (double)second->second;
  return length > 0 && length < 1 ? length : 1;
}

/* Counts the seconds that are shown. */
static size_t count_seconds(const lariat_load_result *result) {
  size_t count = result->second_count;
  if (count > 1 && measure_second(result, &result->seconds[count - 1]) < 0.25)
    count--;
  return count;
}

/* Takes the larger one; NaN is none. */
static void raise_to(double *most, double value) {
  if (isnan(*most) || value > *most) *most = value;
}

static void add_latency(lr_load_timeline *t, size_t i,
                        const lr_load_second *second, double *seen) {
  double *p50 = &t->series[LR_LOAD_SERIES_P50][i];
  if (!second->answered && !second->failed) return;
  ++*seen;
  *p50 = isnan(*p50) ? (double)second->p50_ns
                     : *p50 + ((double)second->p50_ns - *p50) / *seen;
  raise_to(&t->series[LR_LOAD_SERIES_P99][i], (double)second->p99_ns);
  raise_to(&t->series[LR_LOAD_SERIES_MAX][i], (double)second->max_ns);
}

static void add_rates(lr_load_timeline *t, size_t i,
                      const lr_load_second *second) {
  t->series[LR_LOAD_SERIES_ASKED][i] += second->asked;
  t->series[LR_LOAD_SERIES_SENT][i] += (double)second->sent;
  t->series[LR_LOAD_SERIES_ANSWERED][i] += (double)second->answered;
  t->series[LR_LOAD_SERIES_FAILED][i] += (double)second->failed;
}

static void add_generator(lr_load_timeline *t, size_t i,
                          const lr_load_second *second, double length) {
  double per_cent = 100 / (NS * length);
  if (second->sent)
    raise_to(&t->series[LR_LOAD_SERIES_LATE][i], (double)second->late_p99_ns);
  raise_to(&t->series[LR_LOAD_SERIES_CPU][i],
           (double)second->cpu_most_ns * per_cent);
  raise_to(&t->series[LR_LOAD_SERIES_WAIT][i],
           (double)second->wait_most_ns * per_cent);
}

static void begin_point(lr_load_timeline *t, size_t i) {
  for (int k = 0; k < LR_LOAD_SERIES_COUNT; k++) t->series[k][i] = NAN;
  for (int k = LR_LOAD_SERIES_ASKED; k <= LR_LOAD_SERIES_FAILED; k++)
    t->series[k][i] = 0;
}

static void fill_point(lr_load_timeline *t, size_t i,
                       const lariat_load_result *result, size_t end) {
  size_t first = i * t->seconds_each;
  double length = 0;
  double seen = 0;
  begin_point(t, i);
  for (size_t s = first; s < end && s < first + t->seconds_each; s++) {
    const lr_load_second *second = &result->seconds[s];
    double part = measure_second(result, second);
    length += part;
    add_latency(t, i, second, &seen);
    add_rates(t, i, second);
    add_generator(t, i, second, part);
  }
  for (int k = LR_LOAD_SERIES_ASKED; k <= LR_LOAD_SERIES_FAILED; k++)
    t->series[k][i] /= length;
  t->at[i] = (double)result->seconds[first].second + length / 2;
}

void lr_load_timeline_fill(lr_load_timeline *timeline,
                           const lariat_load_result *result) {
  size_t seconds = count_seconds(result);
  timeline->seconds_each = (seconds + LR_LOAD_POINTS - 1) / LR_LOAD_POINTS;
  timeline->count = 0;
  for (size_t done = 0; done < seconds; done += timeline->seconds_each)
    fill_point(timeline, timeline->count++, result, seconds);
}

double lr_load_timeline_most(const lr_load_timeline *timeline,
                             lr_load_series series) {
  double most = NAN;
  for (size_t i = 0; i < timeline->count; i++)
    raise_to(&most, timeline->series[series][i]);
  return isnan(most) ? 0 : most;
}
