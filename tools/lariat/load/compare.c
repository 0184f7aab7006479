/* SPDX-License-Identifier: MIT
 * compare.c: runs the blocks, and tells what came of them. */
#include "load/compare.h"

#include <lariat/load/verdict.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "load/compare_files.h"
#include "load/compare_plot.h"
#include "load/compare_report.h"
#include "load/compare_settings.h"
#include "load/judging.h"
#include "load/report_file.h"
#include "load/runner.h"
#include "say.h"

/* All of a run of the command. */
struct compare {
  const struct compare_settings *settings;
  struct runner runner;
  struct series series[COMPARE_SIDES]; /* the first side against each other */
  lariat_load_comparison *results;     /* SERIES_METRICS for each of them */
  size_t begun;                        /* series that were begun */
  struct report_file json;
  struct report_file svg;
};

/* Passed to the runner of a series' blocks. */
struct turn {
  struct compare *compare;
  const struct series *series;
  const struct compare_side *sides[SERIES_SIDES];
};

/* ---- Blocks ---- */

/* Keeps the first reason why a result is INVALID. */
static bool judge(lariat_load_result *result, struct block *block) {
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  for (size_t i = 0; verdict && i < verdict->reason_count; i++) {
    if (verdict->reasons[i].validity != LARIAT_LOAD_INVALID) continue;
    (void)snprintf(block->reason, sizeof block->reason, "%s",
                   verdict->reasons[i].message);
    return false;
  }
  return verdict != NULL;
}

static void print_block(const struct turn *turn, const struct block *block) {
  const struct series *series = turn->series;
  fprintf(stderr, "pair %zu of %zu: %s", block->pair + 1, series->pairs,
          turn->sides[block->side]->label);
  for (size_t i = 0; i < series->metric_count; i++)
    if (isfinite(block->figures[i]))
      fprintf(stderr, "  %s %s", series->metrics[i].name,
              metric_show(&series->metrics[i], block->figures[i]).text);
  fprintf(stderr, "%s%s\n", block->reason[0] ? "  INVALID: " : "",
          block->reason);
}

static enum block_end read_block(const struct turn *turn, struct block *block,
                                 lariat_load_result *result) {
  for (size_t i = 0; i < turn->series->metric_count; i++)
    block->figures[i] =
        result ? metric_read(&turn->series->metrics[i], result) : (double)NAN;
  if (!result)
    (void)snprintf(block->reason, sizeof block->reason,
                   "it ended with exit code %d, without a result", block->code);
  bool valid = result && judge(result, block);
  if (!turn->compare->settings->quiet) print_block(turn, block);
  return valid ? BLOCK_VALID : BLOCK_INVALID;
}

static enum block_end run_block(void *context, struct block *block) {
  struct turn *turn = context;
  lariat_load_result *result = NULL;
  block->code = runner_run(&turn->compare->runner,
                           &turn->sides[block->side]->arguments, &result);
  enum block_end end = BLOCK_ENDED;
  if (runner_interrupted())
    block->code = runner_interrupted();
  else if (block->code != EXIT_USAGE)
    end = read_block(turn, block, result);
  lariat_load_result_free(result);
  return end;
}

/* ---- Series ---- */

static struct comparison make_comparison(const struct compare *compare,
                                         size_t index) {
  return (struct comparison){.a = compare->settings->sides[0].label,
                             .b = compare->settings->sides[index + 1].label,
                             .series = &compare->series[index],
                             .results =
                                 compare->series[index].complete
                                     ? compare->results + index * SERIES_METRICS
                                     : NULL};
}

/* Runs the first side against another, each with an order of its own, and
 * prints what came of it.  Returns an exit code. */
static int run_series(struct compare *compare, size_t index) {
  const struct compare_settings *settings = compare->settings;
  struct series *series = &compare->series[index];
  struct turn turn = {
      compare, series, {&settings->sides[0], &settings->sides[index + 1]}};
  *series = (struct series){.metrics = settings->metrics,
                            .metric_count = settings->metric_count,
                            .pairs = settings->pairs,
                            .tolerance = settings->tolerance,
                            .seed = settings->seed + index};
  if (!series_init(series)) return EXIT_USAGE;
  compare->begun = index + 1;
  series_run(series, run_block, &turn);
  if (series->complete &&
      !series_compare(series, compare->results + index * SERIES_METRICS))
    return LOAD_EXIT_INVALID;
  if (series->code == EXIT_USAGE) return EXIT_USAGE;
  struct comparison comparison = make_comparison(compare, index);
  compare_print(compare->json.path && strcmp(compare->json.path, "-") == 0
                    ? stderr
                    : stdout,
                &comparison);
  if (series->code) return series->code;
  if (series->invalid) return LOAD_EXIT_INVALID;
  return compare_is_worse(&comparison) ? EXIT_SOME : EXIT_ALL;
}

/* Tells whether all sides' arguments are a load test's, before any is run. */
static bool check_sides(const struct compare *compare) {
  for (size_t i = 0; i < compare->settings->side_count; i++)
    if (!runner_check(&compare->runner, &compare->settings->sides[i].arguments))
      return false;
  return true;
}

/* Returns the exit code that counts: an end before its time, or else the
 * highest. */
static int run_all(struct compare *compare) {
  int worst = EXIT_ALL;
  for (size_t i = 0; i + 1 < compare->settings->side_count; i++) {
    if (i) putchar('\n');
    int code = run_series(compare, i);
    if (code > worst) worst = code;
    if (compare->series[i].code || code == EXIT_USAGE) return code;
  }
  return worst;
}

/* ---- Files ---- */

static json_t *make_sides(const struct compare_settings *settings) {
  json_t *sides = json_array();
  for (size_t i = 0; i < settings->side_count; i++) {
    const struct words *words = &settings->sides[i].arguments;
    json_t *arguments = json_array();
    for (size_t j = 0; j < words->count; j++)
      (void)json_array_append_new(arguments, json_string(words->list[j]));
    (void)json_array_append_new(sides, json_pack("{s:s, s:o}", "label",
                                                 settings->sides[i].label,
                                                 "arguments", arguments));
  }
  return sides;
}

static bool write_json(struct compare *compare) {
  json_t *comparisons = json_array();
  for (size_t i = 0; i < compare->begun; i++) {
    struct comparison comparison = make_comparison(compare, i);
    (void)json_array_append_new(comparisons, compare_json(&comparison));
  }
  json_t *json = json_pack(
      "{s:i, s:s, s:s, s:o, s:o}", "schema", 1, "kind", "comparison", "seed",
      "", "sides", make_sides(compare->settings), "comparisons", comparisons);
  char seed[24];
  (void)snprintf(seed, sizeof seed, "%llu",
                 (unsigned long long)compare->settings->seed);
  (void)json_object_set_new(json, "seed", json_string(seed));
  char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
  bool written = text && report_file_write(&compare->json, text, strlen(text));
  if (!text) say("out of memory");
  free(text);
  json_decref(json);
  return written;
}

/* Collects the numbers of all sides; those of the first one are those of the
 * first series. */
static bool write_svg(struct compare *compare) {
  const struct compare_settings *settings = compare->settings;
  const double *values[COMPARE_SIDES][SERIES_METRICS];
  struct plot_side sides[COMPARE_SIDES];
  struct text text = {0};
  for (size_t i = 0; i <= compare->begun; i++) {
    const struct series *series = &compare->series[i ? i - 1 : 0];
    for (size_t j = 0; j < settings->metric_count; j++)
      values[i][j] = series_values(series, i > 0, j);
    sides[i] = (struct plot_side){settings->sides[i].label, values[i],
                                  series->complete};
  }
  bool made = compare_plot(&text, settings->metrics, settings->metric_count,
                           sides, compare->begun + 1);
  if (!made) say("out of memory");
  bool written =
      made && report_file_write(&compare->svg, text.bytes, text.length);
  text_free(&text);
  return written;
}

/* ---- The command ---- */

static bool open_files(struct compare *compare) {
  return report_file_open(&compare->json, compare->settings->json) &&
         report_file_open(&compare->svg, compare->settings->svg);
}

/* Writes the files; returns the exit code with that of a file that was not. */
static int write_files(struct compare *compare, int code) {
  bool written = true;
  if (compare->settings->json && compare->begun) written = write_json(compare);
  if (compare->settings->svg && compare->begun && compare->series[0].complete)
    written = write_svg(compare) && written;
  return written || code ? code : EXIT_SOME;
}

static int run_compare(struct compare *compare) {
  compare->results =
      calloc((COMPARE_SIDES - 1) * SERIES_METRICS, sizeof *compare->results);
  if (!compare->results || !open_files(compare)) return EXIT_USAGE;
  if (compare->settings->action == COMPARE_FILES)
    return compare_files(compare->settings);
  if (!runner_open(&compare->runner) || !check_sides(compare))
    return EXIT_USAGE;
  return write_files(compare, run_all(compare));
}

static void close_compare(struct compare *compare) {
  runner_close(&compare->runner);
  for (size_t i = 0; i < compare->begun; i++) series_free(&compare->series[i]);
  (void)report_file_close(&compare->json);
  (void)report_file_close(&compare->svg);
  free(compare->results);
}

int load_compare_main(int argc, char **argv) {
  struct compare_settings settings;
  int code = EXIT_USAGE;
  if (!compare_settings_read(&settings, argc, argv)) {
    fputs("Try \"lariat load compare --help\".\n", stderr);
  } else if (settings.action == COMPARE_HELP) {
    compare_print_help(stdout);
    code = EXIT_ALL;
  } else {
    struct compare compare = {
        .settings = &settings, .json = {.fd = -1}, .svg = {.fd = -1}};
    code = run_compare(&compare);
    close_compare(&compare);
  }
  compare_settings_free(&settings);
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_ALL) {
    say("cannot write to standard output");
    code = EXIT_SOME;
  }
  return code;
}
