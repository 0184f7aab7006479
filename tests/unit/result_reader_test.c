/* SPDX-License-Identifier: MIT
 * result_reader_test.c: what users read of a result, with structs of other
 * versions, too. */
#include <lariat/load/result.h>

#include <stddef.h>
#include <string.h>

#include "load/result.h"
#include "support/fixture.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define T0 UINT64_C(1000000000000)

/* Two requests, half a second after the start: a good one that waited, and one
 * of the class "login" that could not connect. */
static void record_both(lr_load_interval *interval) {
  const lr_load_sample good = {.intended_ns = T0 + 500 * MS,
                               .free_ns = T0 + 503 * MS,
                               .sent_ns = T0 + 504 * MS,
                               .first_byte_ns = T0 + 508 * MS,
                               .arrived_ns = T0 + 510 * MS,
                               .read_ns = T0 + 512 * MS,
                               .index = 7,
                               .bytes = 1000,
                               .request = 3,
                               .status = 200,
                               .stamped = true};
  const lr_load_sample refused = {.intended_ns = T0 + 500 * MS,
                                  .read_ns = T0 + 501 * MS,
                                  .index = 8,
                                  .name = 1,
                                  .outcome = LARIAT_LOAD_CONNECT_FAILED};
  lr_load_interval_record(interval, &good);
  lr_load_interval_record(interval, &refused);
}

static lariat_load_result *make_result(void) {
  static const char *const names[] = {"", "login"};
  lariat_load_run_facts facts = {.open = true, .duration_ns = SECOND};
  lariat_load_result *result;
  lr_load_interval *interval;
  CU_ASSERT_EQUAL_FATAL(lr_load_result_new(&facts, names, 2, 1, &result),
                        LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lr_load_interval_new(2, &interval), LARIAT_OK);
  lr_load_interval_reset(interval, 0, 4);
  record_both(interval);
  lr_load_counts *counts = lr_load_interval_counts(interval);
  counts->intended = 5;
  counts->sent = 1;
  counts->unsent = 3;
  counts->connections = 2;
  result->started_ns = T0;
  CU_ASSERT_EQUAL(lr_load_result_add(result, interval), LARIAT_OK);
  lr_load_interval_free(interval);
  return result;
}

static void test_counts(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  lariat_load_counts counts = {.size = sizeof(counts)};
  CU_ASSERT_EQUAL(lariat_load_result_read_counts(result, &counts), LARIAT_OK);
  CU_ASSERT_EQUAL(counts.size, sizeof(counts));
  CU_ASSERT_EQUAL(counts.intended, 5);
  CU_ASSERT_EQUAL(counts.sent, 1);
  CU_ASSERT_EQUAL(counts.ended, 2);
  CU_ASSERT_EQUAL(counts.queued, 1);
  CU_ASSERT_EQUAL(counts.unsent, 3);
  CU_ASSERT_EQUAL(counts.stamped, 1);
  CU_ASSERT_EQUAL(counts.bytes_received, 1000);
  CU_ASSERT_EQUAL(counts.connections, 2);
  CU_ASSERT_EQUAL(lariat_load_result_statuses(result, 200), 1);
  CU_ASSERT_EQUAL(lariat_load_result_statuses(result, 600), 0);
  CU_ASSERT_EQUAL(
      lariat_load_result_outcomes(result, LARIAT_LOAD_CONNECT_FAILED), 1);
  CU_ASSERT_EQUAL(lariat_load_result_outcomes(result, LARIAT_LOAD_OUTCOMES), 0);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A program that was built with an older header has a shorter struct, behind
 * which nothing is written; one without a size gets nothing. */
static void test_sizes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  lariat_load_counts counts = {.size =
                                   offsetof(lariat_load_counts, bytes_sent)};
  counts.connections = 99;
  CU_ASSERT_EQUAL(lariat_load_result_read_counts(result, &counts), LARIAT_OK);
  CU_ASSERT_EQUAL(counts.ended, 2);
  CU_ASSERT_EQUAL(counts.connections, 99);
  counts.size = 0;
  CU_ASSERT_EQUAL(lariat_load_result_read_counts(result, &counts),
                  LARIAT_EINVAL);
  struct {
    lariat_load_second known;
    uint64_t newer;
  } larger = {.known = {.size = sizeof(larger)}, .newer = 77};
  CU_ASSERT_EQUAL(lariat_load_result_read_second(result, 0, &larger.known),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(larger.newer, 77);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_classes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  CU_ASSERT_EQUAL(lariat_load_result_classes(result), 2);
  CU_ASSERT_STRING_EQUAL(lariat_load_result_class_name(result, 0), "");
  CU_ASSERT_STRING_EQUAL(lariat_load_result_class_name(result, 1), "login");
  CU_ASSERT_PTR_NULL(lariat_load_result_class_name(result, 2));
  CU_ASSERT_EQUAL(lariat_histogram_count(lariat_load_result_class_histogram(
                      result, 0, LARIAT_LOAD_RESPONSE)),
                  2);
  CU_ASSERT_EQUAL(lariat_histogram_max(lariat_load_result_class_histogram(
                      result, 1, LARIAT_LOAD_RESPONSE)),
                  MS);
  CU_ASSERT_PTR_NULL(
      lariat_load_result_class_histogram(result, 1, LARIAT_LOAD_LATE));
  CU_ASSERT_PTR_NULL(
      lariat_load_result_class_histogram(result, 2, LARIAT_LOAD_GOOD));
  CU_ASSERT_PTR_NULL(
      lariat_load_result_class_histogram(result, 0, LARIAT_LOAD_MEASURES));
  CU_ASSERT_EQUAL(
      lariat_load_result_class_outcomes(result, 1, LARIAT_LOAD_CONNECT_FAILED),
      1);
  CU_ASSERT_EQUAL(
      lariat_load_result_class_outcomes(result, 1, LARIAT_LOAD_ANSWERED), 0);
  CU_ASSERT_EQUAL(
      lariat_load_result_class_outcomes(result, 2, LARIAT_LOAD_ANSWERED), 0);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_seconds(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  lariat_load_second second = {.size = sizeof(second)};
  CU_ASSERT_EQUAL(lariat_load_result_seconds(result), 1);
  CU_ASSERT_EQUAL(lariat_load_result_read_second(result, 0, &second),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(second.second, 4);
  CU_ASSERT_EQUAL(second.span_s, 1);
  CU_ASSERT_DOUBLE_EQUAL(second.asked, 5, 0);
  CU_ASSERT_EQUAL(second.answered, 1);
  CU_ASSERT_EQUAL(second.failed, 1);
  CU_ASSERT_EQUAL(second.max_ns, 9 * MS);
  CU_ASSERT_EQUAL(lariat_load_result_read_second(result, 1, &second),
                  LARIAT_ENOTFOUND);
  second.size = 0;
  CU_ASSERT_EQUAL(lariat_load_result_read_second(result, 0, &second),
                  LARIAT_EINVAL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_slowest(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_result();
  lariat_load_slow_request slow = {.size = sizeof(slow)};
  CU_ASSERT_EQUAL(lariat_load_result_slowest(result), 2);
  CU_ASSERT_EQUAL(lariat_load_result_read_slowest(result, 0, &slow), LARIAT_OK);
  CU_ASSERT_EQUAL(slow.index, 7);
  CU_ASSERT_EQUAL(slow.request, 3);
  CU_ASSERT_EQUAL(slow.status, 200);
  CU_ASSERT_EQUAL(slow.intended_ns, 500 * MS);
  CU_ASSERT_EQUAL(slow.response_ns, 9 * MS);
  CU_ASSERT_EQUAL(slow.queue_ns, 3 * MS);
  CU_ASSERT_EQUAL(slow.late_ns, MS);
  CU_ASSERT_EQUAL(slow.wire_ns, 6 * MS);
  CU_ASSERT_EQUAL(slow.first_byte_ns, 4 * MS);
  CU_ASSERT_EQUAL(slow.read_late_ns, 2 * MS);
  CU_ASSERT_EQUAL(lariat_load_result_read_slowest(result, 1, &slow), LARIAT_OK);
  CU_ASSERT_EQUAL(slow.outcome, LARIAT_LOAD_CONNECT_FAILED);
  CU_ASSERT_EQUAL(slow.class_index, 1);
  CU_ASSERT_EQUAL(slow.response_ns, MS);
  CU_ASSERT_EQUAL(slow.late_ns, 0);
  CU_ASSERT_EQUAL(slow.wire_ns, 0);
  CU_ASSERT_EQUAL(lariat_load_result_read_slowest(result, 2, &slow),
                  LARIAT_ENOTFOUND);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_support(void) {
  CU_ASSERT_EQUAL(lariat_load_percentile_support(10000, 99),
                  LARIAT_LOAD_SUPPORTED);
  CU_ASSERT_EQUAL(lariat_load_percentile_support(9999, 99), LARIAT_LOAD_ROUGH);
  CU_ASSERT_EQUAL(lariat_load_percentile_support(10000, 99.9),
                  LARIAT_LOAD_ROUGH);
  CU_ASSERT_EQUAL(lariat_load_percentile_support(9999, 99.9),
                  LARIAT_LOAD_UNSUPPORTED);
  CU_ASSERT_EQUAL(lariat_load_percentile_support(200, 50),
                  LARIAT_LOAD_SUPPORTED);
  CU_ASSERT_EQUAL(lariat_load_percentile_support(0, 50),
                  LARIAT_LOAD_UNSUPPORTED);
  CU_ASSERT_EQUAL(lariat_load_percentile_support(UINT64_MAX, 100),
                  LARIAT_LOAD_UNSUPPORTED);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"counts", test_counts},
      {"structs of other versions", test_sizes},
      {"classes", test_classes},
      {"seconds", test_seconds},
      {"the slowest", test_slowest},
      {"which percentiles are supported", test_support},
  };
  return fixture_main("result_reader", tests, FIXTURE_COUNT(tests), argc, argv);
}
