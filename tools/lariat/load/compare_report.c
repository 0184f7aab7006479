/* SPDX-License-Identifier: MIT
 * compare_report.c: a row for each metric. */
#include "load/compare_report.h"

#include <lariat/load/statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Numbers ---- */

double compare_median(const double *values, size_t count) {
  double *sorted = calloc(count ? count : 1, sizeof *sorted);
  if (!sorted) return (double)NAN;
  memcpy(sorted, values, count * sizeof *sorted);
  lariat_load_sort(sorted, count);
  double median = lariat_load_median(sorted, count);
  free(sorted);
  return median;
}

static double side_median(const struct series *series, unsigned side,
                          size_t metric) {
  return compare_median(series_values(series, side, metric), series->complete);
}

bool compare_is_worse(const struct comparison *comparison) {
  for (size_t i = 0;
       comparison->results && i < comparison->series->metric_count; i++)
    if (comparison->results[i].answer == LARIAT_LOAD_WORSE) return true;
  return false;
}

/* ---- Words ---- */

static bool is_of_speed(const struct metric *metric) {
  return metric->figure != METRIC_FAILURES;
}

/* Files are in no pairs: their series never ran. */
static void write_unknown(const struct series *series,
                          const lariat_load_comparison *result,
                          char text[ANSWER_TEXT]) {
  const char *what = series->complete ? "pairs" : "runs of each";
  if (!result->pairs_needed)
    (void)snprintf(text, ANSWER_TEXT, "not known (about the tolerance)");
  else
    (void)snprintf(text, ANSWER_TEXT, "not known (about %zu %s would do)",
                   result->pairs_needed, what);
}

static void write_same(const struct series *series, const struct metric *metric,
                       char text[ANSWER_TEXT]) {
  double margin = 100 * metric_margin(metric, series->tolerance);
  (void)snprintf(text, ANSWER_TEXT, "same within %g %%", margin);
}

const char *compare_answer(const struct series *series, size_t index,
                           const lariat_load_comparison *result,
                           char text[ANSWER_TEXT]) {
  const struct metric *metric = &series->metrics[index];
  bool speed = is_of_speed(metric);
  switch (result->answer) {
  case LARIAT_LOAD_WORSE:
    (void)snprintf(text, ANSWER_TEXT, "%s", speed ? "slower" : "more");
    break;
  case LARIAT_LOAD_BETTER:
    (void)snprintf(text, ANSWER_TEXT, "%s", speed ? "faster" : "fewer");
    break;
  case LARIAT_LOAD_SAME:
    write_same(series, metric, text);
    break;
  default:
    write_unknown(series, result, text);
    break;
  }
  return text;
}

/* Writes a ratio or a difference; those without an end as a dash. */
static struct units_text show_effect(const struct metric *metric,
                                     double effect) {
  struct units_text shown;
  bool ratio = metric_scale(metric) == LARIAT_LOAD_RATIO;
  if (!isfinite(effect) || (ratio && !(effect > 0)))
    (void)snprintf(shown.text, sizeof shown.text, "-");
  else if (ratio)
    (void)snprintf(shown.text, sizeof shown.text, "%.3f", effect);
  else
    (void)snprintf(shown.text, sizeof shown.text, "%+.2f %%", 100 * effect);
  return shown;
}

/* ---- The table ---- */

static void print_row(FILE *file, const struct comparison *comparison,
                      size_t index) {
  const struct series *series = comparison->series;
  const struct metric *metric = &series->metrics[index];
  const lariat_load_comparison *result = &comparison->results[index];
  char answer[ANSWER_TEXT];
  char interval[80];
  (void)snprintf(interval, sizeof interval, "%s to %s",
                 show_effect(metric, result->low).text,
                 show_effect(metric, result->high).text);
  fprintf(file, "%-16s %12s %12s %9s  %-17s %s\n", metric->name,
          metric_show(metric, side_median(series, 0, index)).text,
          metric_show(metric, side_median(series, 1, index)).text,
          show_effect(metric, result->estimate).text, interval,
          compare_answer(series, index, result, answer));
}

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

/* Prints what was run. */
static void print_blocks(FILE *file, const struct comparison *comparison) {
  const struct series *series = comparison->series;
  fprintf(file, "%zu pair%s, order drawn by seed %llu; %zu block%s were run",
          series->complete, plural(series->complete),
          (unsigned long long)series->seed, series->blocks,
          plural(series->blocks));
  if (series->again)
    fprintf(file, ", %zu of them again as they were INVALID", series->again);
  fputs("\n", file);
  if (series->invalid)
    fprintf(file, "%zu block%s stayed INVALID: what follows proves nothing\n",
            series->invalid, plural(series->invalid));
  size_t least = series_least_pairs(series->metric_count);
  if (series->complete < least)
    fprintf(file,
            "with %zu metric%s no difference can be told from fewer than %zu "
            "pairs\n",
            series->metric_count, plural(series->metric_count), least);
}

void compare_print(FILE *file, const struct comparison *comparison) {
  print_blocks(file, comparison);
  if (!comparison->results) return;
  fprintf(file, "\n%-16s %12.12s %12.12s %9s  %-17s %s\n", "median of blocks",
          comparison->a, comparison->b, "B / A", "95 % interval", "B is");
  for (size_t i = 0; i < comparison->series->metric_count; i++)
    print_row(file, comparison, i);
}

/* ---- JSON ---- */

/* Makes a number; null where JSON has none. */
static json_t *make_number(double number) {
  return isfinite(number) ? json_real(number) : json_null();
}

static json_t *make_values(const double *values, size_t count) {
  json_t *array = json_array();
  for (size_t i = 0; i < count; i++)
    (void)json_array_append_new(array, make_number(values[i]));
  return array;
}

static const char *unit_of(const struct metric *metric) {
  if (metric->figure == METRIC_RATE) return "per_s";
  return metric->figure == METRIC_FAILURES ? "share" : "ns";
}

static const char *word_of(lariat_load_answer answer) {
  static const char *const words[] = {"not known", "same", "faster", "slower"};
  return words[answer];
}

static json_t *make_metric(const struct comparison *comparison, size_t index) {
  const struct series *series = comparison->series;
  const struct metric *metric = &series->metrics[index];
  const lariat_load_comparison *result = &comparison->results[index];
  bool ratio = metric_scale(metric) == LARIAT_LOAD_RATIO;
  return json_pack(
      "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:I}",
      "name", metric->name, "unit", unit_of(metric), "effect",
      ratio ? "ratio" : "difference", "answer", word_of(result->answer),
      "estimate", make_number(result->estimate), "low",
      make_number(result->low), "high", make_number(result->high), "p_equal",
      make_number(result->p_equal), "p_within", make_number(result->p_within),
      "p_beyond", make_number(result->p_beyond), "a",
      make_values(series_values(series, 0, index), series->complete), "b",
      make_values(series_values(series, 1, index), series->complete), "exact",
      (int)result->exact, "pairs_needed", (json_int_t)result->pairs_needed);
}

json_t *compare_json(const struct comparison *comparison) {
  const struct series *series = comparison->series;
  json_t *metrics = json_array();
  for (size_t i = 0; comparison->results && i < series->metric_count; i++)
    (void)json_array_append_new(metrics, make_metric(comparison, i));
  return json_pack(
      "{s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:o}", "a", comparison->a, "b",
      comparison->b, "pairs", (json_int_t)series->complete, "blocks",
      (json_int_t)series->blocks, "again", (json_int_t)series->again, "invalid",
      (json_int_t)series->invalid, "tolerance", series->tolerance, "metrics",
      metrics);
}
