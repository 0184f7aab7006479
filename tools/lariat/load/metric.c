/* SPDX-License-Identifier: MIT
 * metric.c: names of metrics, and what a result says to them. */
#include "load/metric.h"

#include <lariat/load/facts.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_NS 1000.0
#define FAILURES_MARGIN 0.001

/* ---- Names ---- */

/* Reads digits, with a '.' between them or without, as a percentage above 0. */
static bool read_percent(const char *text, double *percent) {
  char *end = NULL;
  size_t digits = strspn(text, "0123456789.");
  *percent = digits && text[0] != '.' ? strtod(text, &end) : 0;
  return end && end == text + digits && !*end && *percent > 0 &&
         *percent <= 100;
}

static bool read_figure(struct metric *metric, const char *text) {
  static const struct {
    const char *name;
    enum metric_figure figure;
  } figures[] = {
      {"min", METRIC_LEAST}, {"max", METRIC_LARGEST}, {"mean", METRIC_MEAN}};
  for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
    metric->figure = figures[i].figure;
    if (strcmp(text, figures[i].name) == 0) return true;
  }
  metric->figure = METRIC_PERCENTILE;
  return text[0] == 'p' && read_percent(text + 1, &metric->percent);
}

/* Returns the measure whose name is the first `length` bytes. */
static bool find_measure(const char *text, size_t length,
                         lariat_load_measure *out) {
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    const char *name = lariat_load_measure_name((lariat_load_measure)i);
    *out = (lariat_load_measure)i;
    if (strlen(name) == length && memcmp(name, text, length) == 0) return true;
  }
  return false;
}

/* Reads a name without a measure, which is of `response`. */
static bool read_bare(struct metric *metric, const char *text) {
  metric->measure = LARIAT_LOAD_RESPONSE;
  (void)snprintf(metric->name, sizeof metric->name, "%s", text);
  metric->figure = METRIC_FAILURES;
  if (strcmp(text, "failures") == 0) return true;
  metric->figure = METRIC_RATE;
  if (strcmp(text, "rate") == 0) return true;
  (void)snprintf(metric->name, sizeof metric->name, "response.%s", text);
  return read_figure(metric, text);
}

bool metric_parse(struct metric *metric, const char *text) {
  *metric = (struct metric){.percent = 0};
  size_t length = strcspn(text, ".");
  if (strlen(text) > METRIC_NAME - sizeof "response.") return false;
  if (!text[length] || !find_measure(text, length, &metric->measure))
    return read_bare(metric, text);
  (void)snprintf(metric->name, sizeof metric->name, "%s", text);
  metric->figure = METRIC_RATE;
  if (strcmp(text, "good.rate") == 0) return true;
  return read_figure(metric, text + length + 1);
}

/* ---- Results ---- */

static double count_ended(const lariat_load_result *result) {
  double sum = 0;
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    sum += (double)lariat_load_result_outcomes(result, (lariat_load_outcome)i);
  return sum;
}

static double read_rate(const struct metric *metric,
                        const lariat_load_result *result) {
  double seconds = (double)lariat_load_result_facts(result)->duration_ns / 1e9;
  double count =
      metric->measure == LARIAT_LOAD_GOOD
          ? (double)lariat_load_result_outcomes(result, LARIAT_LOAD_ANSWERED)
          : count_ended(result);
  return count > 0 && seconds > 0 ? count / seconds : (double)NAN;
}

static double read_failures(const lariat_load_result *result) {
  double ended = count_ended(result);
  double good =
      (double)lariat_load_result_outcomes(result, LARIAT_LOAD_ANSWERED);
  return ended > 0 ? (ended - good) / ended : (double)NAN;
}

static double read_percentile(const lariat_histogram *histogram,
                              double percent) {
  double value = (double)lariat_histogram_percentile(histogram, percent);
  return fmin(value, (double)lariat_histogram_max(histogram));
}

static double read_duration(const struct metric *metric,
                            const lariat_histogram *histogram) {
  if (!lariat_histogram_count(histogram)) return (double)NAN;
  switch (metric->figure) {
  case METRIC_LEAST:
    return (double)lariat_histogram_min(histogram);
  case METRIC_LARGEST:
    return (double)lariat_histogram_max(histogram);
  case METRIC_MEAN:
    return lariat_histogram_mean(histogram);
  default:
    return read_percentile(histogram, metric->percent);
  }
}

double metric_read(const struct metric *metric,
                   const lariat_load_result *result) {
  if (metric->figure == METRIC_RATE) return read_rate(metric, result);
  if (metric->figure == METRIC_FAILURES) return read_failures(result);
  double ns = read_duration(
      metric, lariat_load_result_histogram(result, metric->measure));
  return ns < LEAST_NS ? LEAST_NS : ns;
}

/* ---- Comparing ---- */

bool metric_higher_is_better(const struct metric *metric) {
  return metric->figure == METRIC_RATE;
}

lariat_load_scale metric_scale(const struct metric *metric) {
  return metric->figure == METRIC_FAILURES ? LARIAT_LOAD_DIFFERENCE
                                           : LARIAT_LOAD_RATIO;
}

double metric_margin(const struct metric *metric, double tolerance) {
  return metric->figure == METRIC_FAILURES ? FAILURES_MARGIN : tolerance;
}

static struct units_text show_rate(double rate) {
  struct units_text shown;
  (void)snprintf(shown.text, sizeof shown.text, "%.*f/s", rate < 99.95, rate);
  return shown;
}

struct units_text metric_show(const struct metric *metric, double value) {
  struct units_text shown;
  if (metric->figure == METRIC_RATE) return show_rate(value);
  if (metric->figure != METRIC_FAILURES)
    return units_time((uint64_t)(value / 1000 + 0.5));
  (void)snprintf(shown.text, sizeof shown.text, "%.2f %%", 100 * value);
  return shown;
}
