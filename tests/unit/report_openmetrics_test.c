/* SPDX-License-Identifier: MIT
 * report_openmetrics_test.c: families, and buckets that add up. (script/interop
 * has Prometheus's own reader read it.) */
#include <lariat/load/report.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "support/load_result.h"

static char *write_metrics(const struct load_result_plan *plan) {
  lariat_load_result *result = load_result_make(plan);
  char *text;
  if (lariat_load_report_write(result, NULL, LARIAT_LOAD_OPENMETRICS, &text,
                               NULL))
    abort();
  lariat_load_result_free(result);
  return text;
}

/* Returns the value of a sample; fails the test if there is none. */
static double read_sample(const char *text, const char *name) {
  char line[200];
  int length = snprintf(line, sizeof line, "\n%s ", name);
  for (const char *at = text; *at; at++)
    if (strncmp(at, line, (size_t)length) == 0)
      return strtod(at + length, NULL);
  fixture_fail("no %s", name);
  return -1;
}

static void test_samples(void) {
  static const struct row {
    const char *name;
    double value;
  } rows[] = {
      {"lariat_load_sent_total", 2000},
      {"lariat_load_requests_total{outcome=\"answered\"}", 1980},
      {"lariat_load_requests_total{outcome=\"timeout\"}", 2},
      {"lariat_load_answers_total{status=\"503\"}", 2},
      {"lariat_load_asked", 2000},
      {"lariat_load_duration_seconds", 10},
      {"lariat_load_connections_total", 50},
      {"lariat_load_response_seconds_count", 2000},
      {"lariat_load_response_seconds_bucket{le=\"+Inf\"}", 2000},
      {"lariat_load_verdict{lariat_load_verdict=\"VALID\"}", 0},
  };
  const struct load_result_plan plan = {
      .seconds = 10, .rate = 200, .failing = 100, .named = true};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *text = write_metrics(&plan);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    double value = read_sample(text, rows[i].name);
    CU_ASSERT_DOUBLE_EQUAL(value, rows[i].value, 0);
  }
  CU_ASSERT(strlen(text) > 6 &&
            strcmp(text + strlen(text) - 6, "# EOF\n") == 0);
  lariat_load_text_free(text);
  fixture_close(&f);
}

/* Counts of buckets never fall within a histogram. */
static void test_buckets(void) {
  const struct load_result_plan plan = {
      .seconds = 5, .rate = 300, .failing = 30, .named = true};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *text = write_metrics(&plan);
  unsigned histograms = 0;
  double last = 0;
  for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
    size_t length = strcspn(line, "\n");
    const char *value = memchr(line, '}', length);
    if (!value || !strstr(line, "_bucket{") ||
        strstr(line, "_bucket{") > line + length)
      continue;
    while (value[1] != ' ') value++; /* a name may have a brace */
    double count = strtod(value + 1, NULL);
    if (strstr(line, "le=\"0.0001\"}") &&
        strstr(line, "le=\"0.0001\"}") < line + length) {
      histograms++;
      last = 0;
    }
    if (count < last) fixture_fail("falls: %.*s", (int)length, line);
    last = count;
  }
  CU_ASSERT_EQUAL(histograms, 5);
  lariat_load_text_free(text);
  fixture_close(&f);
}

/* While a run goes on, its metrics are written without a verdict, and the one
 * of its end is of all that was measured. */
static void test_unfinished(void) {
  const struct load_result_plan quiet = {.seconds = 1, .rate = 300};
  const struct load_result_plan late = {
      .seconds = 1, .rate = 300, .late_ns = 200 * LOAD_RESULT_MS};
  struct fixture f;
  lr_load_interval *interval;
  char *text;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&quiet);
  result->facts.duration_ns = 0;
  if (lariat_load_report_write(result, NULL, LARIAT_LOAD_OPENMETRICS, &text,
                               NULL))
    abort();
  CU_ASSERT_PTR_NULL(strstr(text, "lariat_load_verdict"));
  CU_ASSERT_PTR_NULL(strstr(text, "lariat_load_duration_seconds"));
  lariat_load_text_free(text);
  if (lr_load_interval_new(1, &interval)) abort();
  load_result_second(result, &late, interval, 0, 0);
  lr_load_result_finish(result);
  result->facts.duration_ns = LOAD_RESULT_S;
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->validity,
                  LARIAT_LOAD_INVALID);
  lr_load_interval_free(interval);
  lariat_load_result_free(result);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"samples", test_samples},
      {"buckets", test_buckets},
      {"an unfinished run", test_unfinished},
  };
  return fixture_main("report openmetrics", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
