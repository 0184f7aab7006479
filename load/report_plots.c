/* SPDX-License-Identifier: MIT
 * report_plots.c: which series of a result are in which plot. */
#include "report_plots.h"

#include <math.h>

#include "plot.h"

enum { DETAIL = 240 }; /* points of a curve of percentiles */

/* ---- Over time ---- */

static lr_load_axis make_time_axis(const lr_load_timeline *t) {
  double half = t->count ? (double)t->seconds_each / 2 : 0;
  double end = t->count ? t->at[t->count - 1] + half : 1;
  return lr_load_axis_make(LR_LOAD_SCALE_SECONDS, 0, end);
}

static void draw_series(const lr_load_plot *plot, const char *class,
                        const lr_load_timeline *t, lr_load_series series) {
  lr_load_plot_line(plot, class, t->at, t->series[series], t->count);
}

/* Returns the least value above 0 of a series; 0: it has none. */
static double find_least(const lr_load_timeline *t, lr_load_series series) {
  double least = 0;
  for (size_t i = 0; i < t->count; i++) {
    double value = t->series[series][i];
    if (value > 0 && (least <= 0 || value < least)) least = value;
  }
  return least;
}

void lr_load_plot_latency(const lr_load_report *report,
                          const lr_load_timeline *t) {
  const lr_load_plot plot = {
      report->out, make_time_axis(t),
      lr_load_axis_make(LR_LOAD_SCALE_DURATION,
                        find_least(t, LR_LOAD_SERIES_P50),
                        lr_load_timeline_most(t, LR_LOAD_SERIES_MAX))};
  lr_load_plot_open(&plot, "Response time over time: p50, p99 and maximum");
  lr_load_plot_band(&plot, "c3", t->at, t->series[LR_LOAD_SERIES_P99],
                    t->series[LR_LOAD_SERIES_MAX], t->count);
  lr_load_plot_band(&plot, "c2", t->at, t->series[LR_LOAD_SERIES_P50],
                    t->series[LR_LOAD_SERIES_P99], t->count);
  draw_series(&plot, "c3", t, LR_LOAD_SERIES_MAX);
  draw_series(&plot, "c2", t, LR_LOAD_SERIES_P99);
  draw_series(&plot, "c1", t, LR_LOAD_SERIES_P50);
  lr_load_plot_close(&plot);
}

void lr_load_plot_rate(const lr_load_report *report,
                       const lr_load_timeline *t) {
  double most = fmax(lr_load_timeline_most(t, LR_LOAD_SERIES_ASKED),
                     fmax(lr_load_timeline_most(t, LR_LOAD_SERIES_SENT),
                          lr_load_timeline_most(t, LR_LOAD_SERIES_ANSWERED)));
  const lr_load_plot plot = {
      report->out, make_time_axis(t),
      lr_load_axis_make(
          LR_LOAD_SCALE_RATE, 0,
          fmax(most, lr_load_timeline_most(t, LR_LOAD_SERIES_FAILED)))};
  lr_load_plot_open(&plot, "Requests a second: asked, sent, answered, failed");
  if (report->result->facts.open)
    draw_series(&plot, "c4 wide", t, LR_LOAD_SERIES_ASKED);
  draw_series(&plot, "c1", t, LR_LOAD_SERIES_SENT);
  draw_series(&plot, "c5", t, LR_LOAD_SERIES_ANSWERED);
  draw_series(&plot, "bad", t, LR_LOAD_SERIES_FAILED);
  lr_load_plot_close(&plot);
}

void lr_load_plot_lateness(const lr_load_report *report,
                           const lr_load_timeline *t) {
  const lr_load_plot plot = {
      report->out, make_time_axis(t),
      lr_load_axis_make(LR_LOAD_SCALE_DURATION,
                        find_least(t, LR_LOAD_SERIES_LATE),
                        lr_load_timeline_most(t, LR_LOAD_SERIES_LATE))};
  lr_load_plot_open(&plot, "How late requests were sent: p99");
  draw_series(&plot, "c2", t, LR_LOAD_SERIES_LATE);
  lr_load_plot_close(&plot);
}

void lr_load_plot_cpu(const lr_load_report *report, const lr_load_timeline *t) {
  const lr_load_plot plot = {report->out, make_time_axis(t),
                             lr_load_axis_make(LR_LOAD_SCALE_PER_CENT, 0, 100)};
  lr_load_plot_open(&plot, "The busiest thread: on the CPU, waiting for it");
  draw_series(&plot, "c1", t, LR_LOAD_SERIES_CPU);
  draw_series(&plot, "bad", t, LR_LOAD_SERIES_WAIT);
  lr_load_plot_close(&plot);
}

/* ---- Percentiles ---- */

/* A curve: how many nines, and the value. */
typedef struct curve {
  size_t count;
  double nines[DETAIL + 2];
  double value[DETAIL + 2];
} curve;

/* Returns the end of the axis for so many samples: where one is left. */
static double find_end(uint64_t samples) {
  return fmax(1, fmin(log10((double)samples), 12));
}

static void add_to_curve(curve *to, double nines, double value) {
  if (to->count == DETAIL + 2) return;
  to->nines[to->count] = nines;
  to->value[to->count++] = value;
}

/* Adds a point where the curve has come far enough since the last one. */
static void fill_curve(curve *to, const lariat_histogram *histogram,
                       double end) {
  lariat_histogram_bucket bucket = {0};
  double total = (double)lariat_histogram_count(histogram);
  double max = (double)lariat_histogram_max(histogram);
  double below = 0;
  to->count = 0;
  add_to_curve(to, 0, (double)lariat_histogram_min(histogram));
  while (lariat_histogram_next(histogram, &bucket)) {
    below += (double)bucket.count;
    double nines = below < total ? log10(total / (total - below)) : end;
    if (nines - to->nines[to->count - 1] < end / (DETAIL - 2)) continue;
    add_to_curve(to, fmin(nines, end), fmin((double)bucket.highest, max));
  }
  add_to_curve(to, end, max);
}

static const lariat_histogram *histogram_of(const lr_load_report *report,
                                            lariat_load_measure measure) {
  return lariat_load_result_histogram(report->result, measure);
}

static void draw_curve(const lr_load_plot *plot, const lr_load_report *report,
                       lariat_load_measure measure, const char *class) {
  curve points;
  const lariat_histogram *histogram = histogram_of(report, measure);
  if (!lariat_histogram_count(histogram)) return;
  fill_curve(&points, histogram, plot->x.high);
  lr_load_plot_line(plot, class, points.nines, points.value, points.count);
}

/* Returns the least value of the measures that are drawn, or their largest. */
static double find_bound(const lr_load_report *report, bool least) {
  static const lariat_load_measure drawn[] = {
      LARIAT_LOAD_RESPONSE, LARIAT_LOAD_WIRE, LARIAT_LOAD_RAW};
  double bound = 0;
  for (size_t i = 0; i < 3; i++) {
    const lariat_histogram *histogram = histogram_of(report, drawn[i]);
    double value = (double)(least ? lariat_histogram_min(histogram)
                                  : lariat_histogram_max(histogram));
    if (!lariat_histogram_count(histogram)) continue;
    if (bound <= 0 || (least ? value < bound : value > bound)) bound = value;
  }
  return bound;
}

void lr_load_plot_percentiles(const lr_load_report *report) {
  uint64_t samples =
      lariat_histogram_count(histogram_of(report, LARIAT_LOAD_RESPONSE));
  const lr_load_plot plot = {
      report->out, lr_load_axis_make(LR_LOAD_SCALE_NINES, 0, find_end(samples)),
      lr_load_axis_make(LR_LOAD_SCALE_DURATION, find_bound(report, true),
                        find_bound(report, false))};
  lr_load_plot_open(&plot, "Percentiles of response, raw and wire");
  if (samples >= 10)
    lr_load_plot_shade(&plot, log10((double)samples / 10),
                       "fewer than 10 requests");
  draw_curve(&plot, report, LARIAT_LOAD_RESPONSE, "c1 wide");
  draw_curve(&plot, report, LARIAT_LOAD_RAW, "c2");
  draw_curve(&plot, report, LARIAT_LOAD_WIRE, "c5 dashed");
  lr_load_plot_close(&plot);
}
