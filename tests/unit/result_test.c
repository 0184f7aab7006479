/* SPDX-License-Identifier: MIT
 * result_test.c: reactors' seconds become the whole, the classes and the rows,
 * in whatever order they come. */
#include "load/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define T0 UINT64_C(1000000000000)

static const char *const names[] = {"", "login", "search"};

static lariat_load_result *make(size_t name_count, unsigned reactors) {
  lariat_load_run_facts facts = {.open = true, .duration_ns = SECOND};
  lariat_load_result *result;
  CU_ASSERT_EQUAL_FATAL(
      lr_load_result_new(&facts, names, name_count, reactors, &result),
      LARIAT_OK);
  return result;
}

static lr_load_sample sample_of(uint64_t wire_ns, size_t name) {
  return (lr_load_sample){
      .intended_ns = T0,
      .free_ns = T0,
      .sent_ns = T0,
      .first_byte_ns = T0 + wire_ns,
      .arrived_ns = T0 + wire_ns,
      .read_ns = T0 + wire_ns,
      .status = 200,
      .name = (uint16_t)name,
      .stamped = true,
  };
}

static lr_load_interval *make_interval(size_t name_count, unsigned reactor,
                                       uint64_t second) {
  lr_load_interval *interval;
  CU_ASSERT_EQUAL_FATAL(lr_load_interval_new(name_count, &interval), LARIAT_OK);
  lr_load_interval_reset(interval, reactor, second);
  return interval;
}

/* Adds one second of a reactor with one request in it. */
static void add(lariat_load_result *result, unsigned reactor, uint64_t second,
                uint64_t wire_ns) {
  lr_load_interval *interval =
      make_interval(result->class_count, reactor, second);
  lr_load_sample sample = sample_of(wire_ns, 0);
  lr_load_interval_record(interval, &sample);
  lr_load_interval_counts(interval)->intended = 2;
  lr_load_interval_counts(interval)->sent = 1;
  *lr_load_interval_time(interval) =
      (lr_load_thread_time){SECOND, (reactor + 1) * 100 * MS, MS, false};
  CU_ASSERT_EQUAL(lr_load_result_add(result, interval), LARIAT_OK);
  lr_load_interval_free(interval);
}

static uint64_t count_of(const lariat_load_result *result,
                         lariat_load_measure measure) {
  return lariat_histogram_count(lariat_load_result_histogram(result, measure));
}

/* ---- The whole ---- */

static void test_whole(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(1, 2);
  add(result, 0, 0, 5 * MS);
  add(result, 1, 0, 7 * MS);
  CU_ASSERT_EQUAL(count_of(result, LARIAT_LOAD_RESPONSE), 2);
  CU_ASSERT_EQUAL(count_of(result, LARIAT_LOAD_LATE), 2);
  CU_ASSERT_EQUAL(count_of(result, LARIAT_LOAD_TLS), 0);
  CU_ASSERT_EQUAL(lariat_load_result_outcomes(result, LARIAT_LOAD_ANSWERED), 2);
  CU_ASSERT_EQUAL(result->counts.intended, 4);
  CU_ASSERT_EQUAL(result->statuses[200], 2);
  CU_ASSERT_EQUAL(result->classes[0].outcomes[LARIAT_LOAD_ANSWERED], 2);
  CU_ASSERT_EQUAL(result->reactors[1].time.cpu_ns, 200 * MS);
  CU_ASSERT_EQUAL(result->reactors[1].busiest_second_cpu_ns, 200 * MS);
  CU_ASSERT_EQUAL_FATAL(result->second_count, 1);
  const lr_load_second *row = &result->seconds[0];
  CU_ASSERT_EQUAL(row->second, 0);
  CU_ASSERT_EQUAL(row->span_s, 1);
  CU_ASSERT_EQUAL(row->reactors, 2);
  CU_ASSERT_DOUBLE_EQUAL(row->asked, 4, 0);
  CU_ASSERT_EQUAL(row->answered, 2);
  CU_ASSERT_EQUAL(row->max_ns, 7 * MS);
  CU_ASSERT(row->p50_ns >= 5 * MS && row->p50_ns < 5 * MS + 5 * US);
  CU_ASSERT_EQUAL(row->cpu_most_ns, 200 * MS);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_classes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(3, 1);
  lr_load_interval *interval = make_interval(3, 0, 0);
  for (size_t name = 0; name < 3; name++) {
    lr_load_sample sample = sample_of((name + 1) * MS, name);
    lr_load_interval_record(interval, &sample);
  }
  CU_ASSERT_EQUAL(lr_load_result_add(result, interval), LARIAT_OK);
  CU_ASSERT_EQUAL(count_of(result, LARIAT_LOAD_GOOD), 3);
  CU_ASSERT_EQUAL(count_of(result, LARIAT_LOAD_CORRECTED), 3);
  for (size_t name = 1; name < 3; name++) {
    const lr_load_class *class = &result->classes[name];
    CU_ASSERT_STRING_EQUAL(class->name, names[name]);
    const lariat_histogram *good = class->histograms[LARIAT_LOAD_GOOD];
    CU_ASSERT_EQUAL(lariat_histogram_count(good), 1);
    CU_ASSERT_EQUAL(lariat_histogram_max(good), (name + 1) * MS);
    CU_ASSERT_EQUAL(class->outcomes[LARIAT_LOAD_ANSWERED], 1);
    CU_ASSERT_PTR_NULL(class->histograms[LARIAT_LOAD_CORRECTED]);
  }
  lr_load_interval_free(interval);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* ---- Seconds ---- */

struct told {
  size_t count;
  uint32_t seconds[16];
  uint64_t last[16]; /* values in the histogram of that second */
};

static void on_second(void *context, const lariat_load_result *result,
                      uint32_t second) {
  struct told *told = context;
  told->seconds[told->count] = second;
  told->last[told->count++] = lariat_histogram_count(
      lariat_load_result_last_second(result, LARIAT_LOAD_RESPONSE));
}

static void check_told(const struct told *told, const uint32_t *seconds,
                       size_t count) {
  CU_ASSERT_EQUAL_FATAL(told->count, count);
  for (size_t i = 0; i < count; i++)
    CU_ASSERT_EQUAL(told->seconds[i], seconds[i]);
}

static void test_seconds(void) {
  static const uint32_t in_order[] = {0, 1, 2};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct told told = {0};
  lariat_load_result *result = make(1, 2);
  lr_load_result_on_second(result, on_second, &told);
  CU_ASSERT_EQUAL(lariat_histogram_count(lariat_load_result_last_second(
                      result, LARIAT_LOAD_RESPONSE)),
                  0);
  add(result, 0, 0, MS);
  add(result, 0, 1, MS); /* one reactor is ahead */
  check_told(&told, in_order, 0);
  add(result, 1, 0, MS);
  check_told(&told, in_order, 1);
  add(result, 1, 1, MS);
  add(result, 1, 2, MS);
  check_told(&told, in_order, 2);
  lr_load_result_finish(result);
  check_told(&told, in_order, 3);
  CU_ASSERT_EQUAL(told.last[0], 2);
  CU_ASSERT_EQUAL(told.last[1], 2);
  CU_ASSERT_EQUAL(told.last[2], 1);
  CU_ASSERT_EQUAL(result->second_count, 3);
  CU_ASSERT_EQUAL(result->seconds[2].reactors, 1);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A reactor that stands still does not keep the seconds of the others; what it
 * tells later is in the whole and in the counts of its rows. */
static void test_reactor_behind(void) {
  static const uint32_t seconds[] = {0, 1, 2, 3, 4, 5};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct told told = {0};
  lariat_load_result *result = make(1, 2);
  lr_load_result_on_second(result, on_second, &told);
  for (uint64_t second = 0; second < 6; second++) add(result, 0, second, MS);
  check_told(&told, seconds, 3);
  add(result, 1, 0, 2 * MS);
  add(result, 1, 1, 2 * MS);
  add(result, 1, 5, 2 * MS);
  lr_load_result_finish(result);
  check_told(&told, seconds, 6);
  CU_ASSERT_EQUAL(count_of(result, LARIAT_LOAD_RESPONSE), 9);
  CU_ASSERT_EQUAL(result->seconds[1].answered, 2);
  CU_ASSERT_EQUAL(result->seconds[1].max_ns, MS);
  CU_ASSERT_EQUAL(result->seconds[2].answered, 1);
  CU_ASSERT_EQUAL(result->seconds[5].max_ns, 2 * MS);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* All reactors stood still: the seconds of which nobody told have no rows. */
static void test_jump(void) {
  static const uint32_t seconds[] = {0, 1, 1000000, 1000001};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct told told = {0};
  lariat_load_result *result = make(1, 1);
  lr_load_result_on_second(result, on_second, &told);
  for (size_t i = 0; i < FIXTURE_COUNT(seconds); i++)
    add(result, 0, seconds[i], MS);
  lr_load_result_finish(result);
  check_told(&told, seconds, FIXTURE_COUNT(seconds));
  for (size_t i = 0; i < FIXTURE_COUNT(seconds); i++) {
    CU_ASSERT_EQUAL(told.last[i], 1);
    CU_ASSERT_EQUAL(result->seconds[i].second, seconds[i]);
  }
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A run of days has no more rows than one of a day and a half. */
static void test_many_rows(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  enum { SECONDS = LR_LOAD_MOST_ROWS / 2 * 3 };
  lariat_load_result *result = make(1, 1);
  lr_load_interval *interval = make_interval(1, 0, 0);
  uint64_t sent = 0;
  uint64_t slowest = 0;
  for (uint32_t second = 0; second < SECONDS; second++) {
    lr_load_interval_reset(interval, 0, second);
    lr_load_interval_counts(interval)->sent = 3;
    if (second % 1000 == 0) {
      lr_load_sample sample = sample_of((1 + second / 1000) * US, 0);
      lr_load_interval_record(interval, &sample);
    }
    CU_ASSERT_EQUAL_FATAL(lr_load_result_add(result, interval), LARIAT_OK);
  }
  CU_ASSERT(result->second_count > LR_LOAD_MOST_ROWS / 2);
  CU_ASSERT(result->second_count <= LR_LOAD_MOST_ROWS);
  CU_ASSERT(fixture_live_bytes(&f) < 20000000);
  for (size_t i = 0; i < result->second_count; i++) {
    const lr_load_second *row = &result->seconds[i];
    CU_ASSERT_FATAL(row->span_s == 2 && row->second == 2 * i);
    sent += row->sent;
    if (row->max_ns > slowest) slowest = row->max_ns;
  }
  CU_ASSERT_EQUAL(sent, 3 * (uint64_t)SECONDS);
  CU_ASSERT_EQUAL(slowest, (1 + (SECONDS - 1) / 1000) * US);
  lr_load_interval_free(interval);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Ten classes, two reactors with two intervals each, and times from 0.1 ms to
 * 10 s, as many as fill most buckets: what bench-interval --memory measures for
 * longer. */
static void test_memory(void) {
  static const char *const ten[] = {"",  "a", "b", "c", "d",
                                    "e", "f", "g", "h", "i"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_run_facts facts = {.open = true};
  lariat_load_result *result;
  lr_load_interval *intervals[4];
  CU_ASSERT_EQUAL_FATAL(lr_load_result_new(&facts, ten, 10, 2, &result),
                        LARIAT_OK);
  for (unsigned i = 0; i < 4; i++) intervals[i] = make_interval(10, 0, 0);
  srand48(8);
  for (unsigned i = 0; i < 40; i++) {
    lr_load_interval_reset(intervals[i % 4], i % 2, i / 2);
    for (unsigned k = 0; k < 2500; k++) {
      double time = 1e5 * exp(drand48() * log(1e5));
      lr_load_sample sample = sample_of((uint64_t)time, k % 10);
      sample.intended_ns -= k % 2 ? 0 : (uint64_t)time / 2;
      lr_load_interval_record(intervals[i % 4], &sample);
    }
    CU_ASSERT_EQUAL(lr_load_result_add(result, intervals[i % 4]), LARIAT_OK);
  }
  CU_ASSERT_EQUAL(count_of(result, LARIAT_LOAD_RESPONSE), 100000);
  CU_ASSERT(fixture_peak_bytes(&f) < 48000000);
  for (unsigned i = 0; i < 4; i++) lr_load_interval_free(intervals[i]);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* ---- The slowest ---- */

static void test_slowest(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(1, 2);
  lr_load_interval *intervals[2] = {make_interval(1, 0, 0),
                                    make_interval(1, 1, 0)};
  for (uint64_t second = 0; second < 20; second++)
    for (unsigned reactor = 0; reactor < 2; reactor++) {
      lr_load_interval_reset(intervals[reactor], reactor, second);
      for (uint64_t i = 0; i < 60; i++) {
        uint64_t rank = (second * 120 + reactor * 60 + i) * 7919 % 2400;
        lr_load_sample sample = sample_of((1 + rank) * US, 0);
        sample.index = rank;
        lr_load_interval_record(intervals[reactor], &sample);
      }
      CU_ASSERT_EQUAL(lr_load_result_add(result, intervals[reactor]),
                      LARIAT_OK);
    }
  CU_ASSERT_EQUAL_FATAL(result->slowest_count, LR_LOAD_SLOWEST);
  for (size_t i = 0; i < LR_LOAD_SLOWEST; i++)
    CU_ASSERT_EQUAL(result->slowest[i].index, 2399 - i);
  lr_load_interval_free(intervals[0]);
  lr_load_interval_free(intervals[1]);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_ends(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(1, 1);
  for (uint64_t second = 0; second < 3; second++) {
    lr_load_interval *interval = make_interval(1, 0, second);
    lr_load_sample sample = sample_of((3 - second) * MS, 0);
    sample.outcome = LARIAT_LOAD_RESET;
    lr_load_interval_record(interval, &sample);
    CU_ASSERT_EQUAL(lr_load_result_add(result, interval), LARIAT_OK);
    lr_load_interval_free(interval);
  }
  CU_ASSERT_EQUAL(result->ends[LARIAT_LOAD_RESET].first_ns, T0 + MS);
  CU_ASSERT_EQUAL(result->ends[LARIAT_LOAD_RESET].last_ns, T0 + 3 * MS);
  CU_ASSERT_EQUAL(result->ends[LARIAT_LOAD_CLOSED].first_ns, 0);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* ---- Names and memory ---- */

static void test_names(void) {
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    CU_ASSERT(*lariat_load_measure_name((lariat_load_measure)i));
    for (unsigned k = 0; k < i; k++)
      CU_ASSERT_STRING_NOT_EQUAL(
          lariat_load_measure_name((lariat_load_measure)i),
          lariat_load_measure_name((lariat_load_measure)k));
  }
  for (unsigned i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    CU_ASSERT(*lariat_load_outcome_name((lariat_load_outcome)i));
  CU_ASSERT_STRING_EQUAL(lariat_load_measure_name(LARIAT_LOAD_FIRST_BYTE),
                         "first_byte");
  CU_ASSERT_STRING_EQUAL(lariat_load_outcome_name(LARIAT_LOAD_TLS_FAILED),
                         "tls");
}

static void test_making_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_run_facts facts = {0};
  lariat_load_result *result = NULL;
  uint64_t nth = 0;
  lariat_status status;
  do {
    fixture_fail_allocation(&f, ++nth);
    status = lr_load_result_new(&facts, names, 3, 2, &result);
    CU_ASSERT(status == LARIAT_ENOMEM ? !result : status == LARIAT_OK);
  } while (status != LARIAT_OK);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT(nth > 50);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Whichever allocation fails, the samples that some figure lacks are told, and
 * the counts are right. */
static void test_adding_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  unsigned failed = 0;
  for (uint64_t nth = 1; nth <= 60; nth++) {
    lariat_load_result *result = make(3, 1);
    lr_load_interval *interval = make_interval(3, 0, 0);
    for (size_t name = 0; name < 3; name++) {
      lr_load_sample sample = sample_of((name + 1) * MS, name);
      lr_load_interval_record(interval, &sample);
    }
    fixture_fail_allocation(&f, nth);
    lariat_status status = lr_load_result_add(result, interval);
    fixture_fail_allocation(&f, 0);
    failed += status != LARIAT_OK;
    bool whole = count_of(result, LARIAT_LOAD_RESPONSE) == 3 &&
                 count_of(result, LARIAT_LOAD_CORRECTED) == 3;
    uint64_t lost = result->lost;
    for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++)
      lost += lariat_histogram_lost(
          lariat_load_result_histogram(result, (lariat_load_measure)i));
    CU_ASSERT(whole || lost);
    CU_ASSERT_EQUAL(result->counts.outcomes[LARIAT_LOAD_ANSWERED], 3);
    lr_load_interval_free(interval);
    lariat_load_result_free(result);
  }
  CU_ASSERT(failed > 10);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the whole of two reactors", test_whole},
      {"classes", test_classes},
      {"seconds in order", test_seconds},
      {"a reactor that is behind", test_reactor_behind},
      {"seconds of which nobody tells", test_jump},
      {"rows of a run of days", test_many_rows},
      {"the memory of ten classes", test_memory},
      {"the slowest of the run", test_slowest},
      {"first and last failure", test_ends},
      {"names", test_names},
      {"making one without memory", test_making_without_memory},
      {"adding without memory", test_adding_without_memory},
  };
  return fixture_main("result", tests, FIXTURE_COUNT(tests), argc, argv);
}
