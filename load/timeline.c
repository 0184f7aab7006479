/* SPDX-License-Identifier: MIT
 * timeline.c: means of rates, the largest of latencies: a bad second is not
 * lost among good ones. */
#include "timeline.h"

#include <math.h>

#define NS 1e9

/* Returns how many seconds of the measured part a row has. */
static double measure_row(const lariat_load_result *result,
                          const lr_load_second *row) {
  double end = (double)result->facts.duration_ns / NS;
  double length = end - (double)row->second;
  return length > 0 && length < row->span_s ? length : row->span_s;
}

/* Counts the rows that are shown. */
static size_t count_rows(const lariat_load_result *result) {
  size_t count = result->second_count;
  if (count > 1 && measure_row(result, &result->seconds[count - 1]) < 0.25)
    count--;
  return count;
}

/* Takes the larger one; NaN is none. */
static void raise_to(double *most, double value) {
  if (isnan(*most) || value > *most) *most = value;
}

static void add_latency(lr_load_timeline *t, size_t i,
                        const lr_load_second *row) {
  if (!row->answered && !row->failed) return;
  raise_to(&t->series[LR_LOAD_SERIES_P50][i], (double)row->p50_ns);
  raise_to(&t->series[LR_LOAD_SERIES_P99][i], (double)row->p99_ns);
  raise_to(&t->series[LR_LOAD_SERIES_MAX][i], (double)row->max_ns);
}

static void add_rates(lr_load_timeline *t, size_t i,
                      const lr_load_second *row) {
  t->series[LR_LOAD_SERIES_ASKED][i] += row->asked;
  t->series[LR_LOAD_SERIES_SENT][i] += (double)row->sent;
  t->series[LR_LOAD_SERIES_ANSWERED][i] += (double)row->answered;
  t->series[LR_LOAD_SERIES_FAILED][i] += (double)row->failed;
}

static void add_generator(lr_load_timeline *t, size_t i,
                          const lr_load_second *row, double length) {
  double per_cent = 100 / (NS * length);
  if (row->sent)
    raise_to(&t->series[LR_LOAD_SERIES_LATE][i], (double)row->late_p99_ns);
  raise_to(&t->series[LR_LOAD_SERIES_CPU][i],
           (double)row->cpu_most_ns * per_cent);
  raise_to(&t->series[LR_LOAD_SERIES_WAIT][i],
           (double)row->wait_most_ns * per_cent);
}

static void begin_point(lr_load_timeline *t, size_t i) {
  for (int k = 0; k < LR_LOAD_SERIES_COUNT; k++) t->series[k][i] = (double)NAN;
  for (int k = LR_LOAD_SERIES_ASKED; k <= LR_LOAD_SERIES_FAILED; k++)
    t->series[k][i] = 0;
}

static void fill_point(lr_load_timeline *t, size_t i,
                       const lariat_load_result *result, size_t first,
                       size_t end) {
  double length = 0;
  begin_point(t, i);
  for (size_t k = first; k < end; k++) {
    const lr_load_second *row = &result->seconds[k];
    length += measure_row(result, row);
    add_latency(t, i, row);
    add_rates(t, i, row);
    add_generator(t, i, row, fmin(measure_row(result, row), 1));
  }
  for (int k = LR_LOAD_SERIES_ASKED; k <= LR_LOAD_SERIES_FAILED; k++)
    t->series[k][i] /= length;
  t->at[i] = (double)result->seconds[first].second + length / 2;
  if ((double)result->seconds[first].second * NS <
      (double)result->facts.duration_ns)
    return;
  /* Behind the end answers are waited for: nothing is sent. */
  t->series[LR_LOAD_SERIES_ASKED][i] = t->series[LR_LOAD_SERIES_SENT][i] =
      (double)NAN;
}

void lr_load_timeline_fill(lr_load_timeline *timeline,
                           const lariat_load_result *result) {
  size_t rows = count_rows(result);
  size_t each = (rows + LR_LOAD_POINTS - 1) / LR_LOAD_POINTS;
  timeline->count = 0;
  timeline->seconds_each = rows ? each * result->seconds[0].span_s : 0;
  for (size_t done = 0; done < rows; done += each)
    fill_point(timeline, timeline->count++, result, done,
               done + each < rows ? done + each : rows);
}

double lr_load_timeline_most(const lr_load_timeline *timeline,
                             lr_load_series series) {
  double most = (double)NAN;
  for (size_t i = 0; i < timeline->count; i++)
    raise_to(&most, timeline->series[series][i]);
  return isnan(most) ? 0 : most;
}
