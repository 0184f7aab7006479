/* SPDX-License-Identifier: MIT
 * compare_files.c: what was not run in turns can be shown, but not tested; many
 * runs of each can, if one believes that nothing else has changed. */
#include "load/compare_files.h"

#include <lariat/load/verdict.h>
#include <math.h>
#include <string.h>

#include "load/compare_report.h"
#include "load/judging.h"
#include "load/runner.h"
#include "say.h"

enum { LEAST_FILES = 8 };

/* The numbers of both sides' files, in a series that never ran: its pairs are
 * as many as the larger side has files. */
struct files {
  const struct compare_settings *settings;
  struct series series;
  size_t counts[SERIES_SIDES];
  size_t invalid;
};

/* ---- Reading ---- */

/* Reads a file into the place of its side.  Says what is wrong with it, and
 * returns false. */
static bool read_file(struct files *files, unsigned side, size_t index) {
  const char *path = files->settings->sides[side].arguments.list[index];
  char shown[SAY_CAPACITY];
  lariat_load_result *result = runner_read(path);
  if (!result) return false;
  for (size_t i = 0; i < files->series.metric_count; i++) {
    double figure = metric_read(&files->series.metrics[i], result);
    series_values(&files->series, side, i)[index] = figure;
    if (isfinite(figure)) continue;
    say("%s has no %s", say_shown(shown, path), files->series.metrics[i].name);
    lariat_load_result_free(result);
    return false;
  }
  if (lariat_load_result_verdict(result)->validity == LARIAT_LOAD_INVALID) {
    say("%s is INVALID: it proves nothing", say_shown(shown, path));
    files->invalid++;
  } else if (!judging_has_answer(result)) {
    say("%s has no answer: it proves nothing", say_shown(shown, path));
    files->invalid++;
  }
  lariat_load_result_free(result);
  return true;
}

static bool read_files(struct files *files) {
  for (unsigned side = 0; side < SERIES_SIDES; side++)
    for (size_t i = 0; i < files->counts[side]; i++)
      if (!read_file(files, side, i)) return false;
  return true;
}

/* ---- Numbers alone ---- */

static void print_row(const struct files *files, size_t index) {
  const struct metric *metric = &files->series.metrics[index];
  double a =
      compare_median(series_values(&files->series, 0, index), files->counts[0]);
  double b =
      compare_median(series_values(&files->series, 1, index), files->counts[1]);
  char ratio[32] = "-";
  if (a > 0) (void)snprintf(ratio, sizeof ratio, "%.3f", b / a);
  printf("%-16s %12s %12s %9s\n", metric->name, metric_show(metric, a).text,
         metric_show(metric, b).text, ratio);
}

static int show_numbers(const struct files *files) {
  printf("%-16s %12s %12s %9s\n", "", "A", "B", "B / A");
  for (size_t i = 0; i < files->series.metric_count; i++) print_row(files, i);
  fputs("\nNo test is possible of finished runs: whatever changed between them "
        "is in the\ndifference. `lariat load compare --run 'A...' --run "
        "'B...'` runs them in turns.\n",
        stdout);
  return files->invalid ? LOAD_EXIT_INVALID : EXIT_ALL;
}

/* ---- The test of groups ---- */

static bool test_groups(const struct files *files,
                        lariat_load_comparison *results) {
  const struct series *series = &files->series;
  lariat_load_quantity quantities[SERIES_METRICS];
  lariat_load_error error = {.message = ""};
  lariat_load_compare_options options = {.size = sizeof options,
                                         .seed = series->seed};
  for (size_t i = 0; i < series->metric_count; i++)
    quantities[i] = series_quantity(series, i);
  lariat_status status = lariat_load_compare_unpaired(
      quantities, series->metric_count, files->counts[0], files->counts[1],
      &options, results, &error);
  if (status != LARIAT_OK)
    say("cannot compare: %s",
        error.message[0] ? error.message : lariat_status_text(status));
  return status == LARIAT_OK;
}

static void print_group(const struct files *files, size_t index,
                        const lariat_load_comparison *result) {
  const struct metric *metric = &files->series.metrics[index];
  char answer[ANSWER_TEXT];
  double a =
      compare_median(series_values(&files->series, 0, index), files->counts[0]);
  double b =
      compare_median(series_values(&files->series, 1, index), files->counts[1]);
  printf("%-16s %12s %12s %9.3f  %.3f to %-7.3f  %s\n", metric->name,
         metric_show(metric, a).text, metric_show(metric, b).text,
         result->estimate, result->low, result->high,
         compare_answer(&files->series, index, result, answer));
}

static int show_groups(const struct files *files) {
  lariat_load_comparison results[SERIES_METRICS];
  struct comparison comparison = {"A", "B", &files->series, results};
  if (!test_groups(files, results)) return LOAD_EXIT_INVALID;
  printf("%zu runs of A and %zu of B; the test assumes that nothing else "
         "changed between them\n\n%-16s %12s %12s %9s  %-17s %s\n",
         files->counts[0], files->counts[1], "median of runs", "A", "B",
         "B / A", "95 % interval", "B is");
  for (size_t i = 0; i < files->series.metric_count; i++)
    print_group(files, i, &results[i]);
  if (files->invalid) return LOAD_EXIT_INVALID;
  return compare_is_worse(&comparison) ? EXIT_SOME : EXIT_ALL;
}

/* ---- All of it ---- */

int compare_files(const struct compare_settings *settings) {
  struct files files = {.settings = settings};
  for (unsigned side = 0; side < SERIES_SIDES; side++)
    files.counts[side] = settings->sides[side].arguments.count;
  size_t least =
      files.counts[0] < files.counts[1] ? files.counts[0] : files.counts[1];
  files.series =
      (struct series){.metrics = settings->metrics,
                      .metric_count = settings->metric_count,
                      .pairs = files.counts[0] + files.counts[1] - least,
                      .tolerance = settings->tolerance,
                      .seed = settings->seed};
  if (!series_init(&files.series)) return EXIT_USAGE;
  int code = EXIT_USAGE;
  if (read_files(&files))
    code = least < LEAST_FILES ? show_numbers(&files) : show_groups(&files);
  series_free(&files.series);
  return code;
}
