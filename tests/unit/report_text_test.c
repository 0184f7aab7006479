/* SPDX-License-Identifier: MIT
 * report_text_test.c: what a newcomer reads: the order, the marks, the width.
 */
#include "load/report.h"

#include <string.h>

#include "load/escape.h"
#include "support/fixture.h"
#include "support/load_result.h"

/* Writes a result; the caller frees the text. */
static char *write_text(const struct load_result_plan *plan,
                        const lariat_load_thresholds *thresholds,
                        lariat_load_format format) {
  char *text;
  size_t length;
  lariat_load_result *result = load_result_make(plan);
  CU_ASSERT_EQUAL(
      lariat_load_report_write(result, thresholds, format, &text, &length),
      LARIAT_OK);
  if (!text) abort();
  CU_ASSERT_EQUAL(strlen(text), length);
  lariat_load_result_free(result);
  return text;
}

/* These are in the text, in this order. */
static void expect_order(const char *text, const char *const *parts,
                         size_t count) {
  const char *at = text;
  for (size_t i = 0; i < count; i++) {
    const char *found = strstr(at, parts[i]);
    if (!found) fixture_fail("not there: %s\n%s", parts[i], text);
    if (found) at = found;
  }
}

static void expect_width(const char *text) {
  char line[1000];
  while (*text) {
    size_t length = strcspn(text, "\n");
    snprintf(line, sizeof line, "%.*s", (int)length, text);
    if (lr_load_count_columns(line) > 80) fixture_fail("too wide: %s", line);
    if (length && line[length - 1] == ' ') fixture_fail("a blank: %s", line);
    text += length + (text[length] == '\n');
  }
}

static void test_open_run(void) {
  static const char *const parts[] = {
      "Load test    http://127.0.0.1:8080/a?b=1&c=<d>\n",
      "open, 500/s even for 30 s",
      "\nThresholds   1 of 2 broken\n",
      "  broken     p99 is ",
      "  kept       ",
      "\nResponse     what users saw",
      "p50       p90       p99     p99.9       max\n",
      "\nRate         asked 500/s, sent 500/s (100 %), good answers ",
      "\nRequests     15,000 ended: 14,850 good, 150 failed (1 %)",
      "\nFailures\n",
      "  timeout            15  no whole answer in time (10.0 s), ",
      "\nStatuses     200: 14,",
      "503: 15",
      "\nIts parts",
      "  good ",
      "  wire ",
      "  raw ",
      "Our lateness, not in the response\n",
      "  late ",
      "\nConnections  50 opened while it was measured; TCP p50 ",
      "\nBytes        ",
      "\nRun          2 reactors, HTTP/1.1, plan 0123456789abcdef",
      "\nMachine      a machine",
  };
  const struct load_result_plan plan = {
      .seconds = 30, .rate = 500, .failing = 100, .stalled_second = 10};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_thresholds *limits;
  if (lariat_load_thresholds_new(&limits) != LARIAT_OK) abort();
  CU_ASSERT_EQUAL(lariat_load_thresholds_add(limits, "p99>50ms", 8, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_load_thresholds_add(limits, "failures>5%", 11, NULL),
                  LARIAT_OK);
  char *text = write_text(&plan, limits, LARIAT_LOAD_TEXT);
  expect_order(text, parts, FIXTURE_COUNT(parts));
  expect_width(text);
  CU_ASSERT_PTR_NULL(strchr(text, '\033'));
  if (getenv("LOAD_REPORT_SHOW")) puts(text);
  lariat_load_text_free(text);
  lariat_load_thresholds_free(limits);
  fixture_close(&f);
}

static void test_closed_run(void) {
  const struct load_result_plan plan = {
      .seconds = 4, .rate = 100, .closed = true, .named = true};
  static const char *const parts[] = {
      ("Response     closed model: these are service times; ask with --rate "
       "to know what\n             users see\n"),
      "\nRate         sent 100/s, good answers 100/s, for 4.00 s\n",
      "\nOf each name",
      "  GET /\n",
      "0 of 200\n",
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *text = write_text(&plan, NULL, LARIAT_LOAD_TEXT);
  expect_order(text, parts, FIXTURE_COUNT(parts));
  expect_width(text);
  CU_ASSERT_PTR_NULL(strstr(text, "asked"));
  CU_ASSERT_PTR_NULL(strstr(text, "Thresholds"));
  CU_ASSERT_PTR_NULL(strstr(text, "Failures"));
  if (getenv("LOAD_REPORT_SHOW")) puts(text);
  lariat_load_text_free(text);
  fixture_close(&f);
}

/* A percentile that few samples support is marked, or not shown. */
static void test_marks(void) {
  struct fixture f;
  lariat_histogram *histogram;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  if (lariat_histogram_new(&histogram) != LARIAT_OK) abort();
  const lr_load_percentile *p = lr_load_percentiles;
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p).text, "-");
  lariat_histogram_record_count(histogram, LOAD_RESULT_MS, 19);
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p).text, "-");
  lariat_histogram_record_count(histogram, LOAD_RESULT_MS, 1);
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p).text,
                         "~1.00 ms");
  lariat_histogram_record_count(histogram, LOAD_RESULT_MS, 9979);
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p).text, "1.00 ms");
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p + 2).text,
                         "~1.00 ms");
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p + 3).text, "-");
  lariat_histogram_record_count(histogram, LOAD_RESULT_MS, 1);
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p + 2).text,
                         "1.00 ms");
  CU_ASSERT_STRING_EQUAL(lr_load_show_percentile(histogram, p + 3).text,
                         "~1.00 ms");
  lariat_histogram_free(histogram);
  fixture_close(&f);
}

static void test_colours(void) {
  const struct load_result_plan plan = {.seconds = 4, .rate = 100};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *text = write_text(&plan, NULL, LARIAT_LOAD_TEXT_COLOURED);
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "\033[1;3"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "\033[0m"));
  lariat_load_text_free(text);
  fixture_close(&f);
}

/* A run in which nothing was sent. */
static void test_empty(void) {
  const struct load_result_plan plan = {.seconds = 1, .rate = 1};
  lariat_load_run_facts facts = load_result_facts(&plan);
  lariat_load_result *result;
  char *text;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  if (lr_load_result_new(&facts, load_result_names, 1, 1, &result)) abort();
  for (int i = LARIAT_LOAD_TEXT; i <= LARIAT_LOAD_TEXT_COLOURED; i++) {
    CU_ASSERT_EQUAL(lariat_load_report_write(
                        result, NULL, (lariat_load_format)i, &text, NULL),
                    LARIAT_OK);
    CU_ASSERT_PTR_NOT_NULL(text);
    lariat_load_text_free(text);
  }
  CU_ASSERT_EQUAL(lariat_load_report_write(result, NULL, (lariat_load_format)99,
                                           &text, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(text);
  CU_ASSERT_EQUAL(
      lariat_load_report_write(NULL, NULL, LARIAT_LOAD_TEXT, &text, NULL),
      LARIAT_EINVAL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Each allocation fails once, in each format. */
static void test_no_memory(void) {
  const struct load_result_plan plan = {
      .seconds = 3, .rate = 50, .failing = 5, .named = true};
  char *text;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plan);
  if (!lariat_load_result_verdict(result)) abort();
  for (int i = LARIAT_LOAD_TEXT; i <= LARIAT_LOAD_TEXT_COLOURED; i++) {
    lariat_status status = LARIAT_ENOMEM;
    for (unsigned nth = 1; status == LARIAT_ENOMEM && nth < 10000; nth++) {
      fixture_fail_allocation(&f, nth);
      status = lariat_load_report_write(result, NULL, (lariat_load_format)i,
                                        &text, NULL);
      CU_ASSERT_EQUAL(status == LARIAT_OK, text != NULL);
    }
    fixture_fail_allocation(&f, 0);
    CU_ASSERT_EQUAL(status, LARIAT_OK);
    lariat_load_text_free(text);
  }
  lariat_load_result_free(result);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an open run", test_open_run}, {"a closed run", test_closed_run},
      {"marks", test_marks},          {"colours", test_colours},
      {"an empty run", test_empty},   {"no memory", test_no_memory},
  };
  return fixture_main("report text", tests, FIXTURE_COUNT(tests), argc, argv);
}
