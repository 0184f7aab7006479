/* SPDX-License-Identifier: MIT
 * interval_test.c: what one request leaves in which measure, the slowest
 * samples, and recording without memory. */
#include "load/interval.h"

#include <string.h>

#include "support/fixture.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define T0 UINT64_C(1000000000000)

static lr_load_interval *make(size_t names) {
  lr_load_interval *made;
  CU_ASSERT_EQUAL_FATAL(lr_load_interval_new(names, &made), LARIAT_OK);
  return made;
}

/* A good answer: waited 3 ms for a connection, sent 40 us late, on the wire for
 * 5 ms, its first byte after 4 ms, read 20 us late. */
static const lr_load_sample waited = {
    .intended_ns = T0,
    .free_ns = T0 + 3 * MS,
    .sent_ns = T0 + 3 * MS + 40 * US,
    .first_byte_ns = T0 + 7 * MS + 40 * US,
    .arrived_ns = T0 + 8 * MS + 40 * US,
    .read_ns = T0 + 8 * MS + 60 * US,
    .bytes = 1000,
    .status = 200,
    .stamped = true,
};

static lr_load_sample at_once(uint64_t wire_ns) {
  return (lr_load_sample){
      .intended_ns = T0,
      .free_ns = T0,
      .sent_ns = T0,
      .first_byte_ns = T0 + wire_ns,
      .arrived_ns = T0 + wire_ns,
      .read_ns = T0 + wire_ns,
      .bytes = 100,
      .status = 200,
  };
}

static lariat_histogram *merged(const lr_load_interval *interval, size_t name,
                                lariat_load_measure measure) {
  lariat_histogram *histogram;
  CU_ASSERT_EQUAL_FATAL(lariat_histogram_new(&histogram), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_load_interval_merge(interval, name, measure, histogram),
                  LARIAT_OK);
  return histogram;
}

struct figures {
  uint64_t count;
  uint64_t min_ns;
  uint64_t max_ns;
};

static void check(const lr_load_interval *interval, size_t name,
                  lariat_load_measure measure, struct figures expected) {
  lariat_histogram *histogram = merged(interval, name, measure);
  if (lariat_histogram_count(histogram) != expected.count ||
      lariat_histogram_min(histogram) != expected.min_ns ||
      lariat_histogram_max(histogram) != expected.max_ns)
    fixture_fail("%s: %llu from %llu to %llu",
                 lariat_load_measure_name(measure),
                 (unsigned long long)lariat_histogram_count(histogram),
                 (unsigned long long)lariat_histogram_min(histogram),
                 (unsigned long long)lariat_histogram_max(histogram));
  lariat_histogram_free(histogram);
}

static void test_measures(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = make(1);
  lr_load_sample quick = at_once(2 * MS);
  lr_load_interval_record(interval, &waited);
  lr_load_interval_record(interval, &quick);
  check(interval, 0, LARIAT_LOAD_RESPONSE, (struct figures){2, 2 * MS, 8 * MS});
  check(interval, 0, LARIAT_LOAD_GOOD, (struct figures){2, 2 * MS, 8 * MS});
  check(interval, 0, LARIAT_LOAD_QUEUE, (struct figures){2, 0, 3 * MS});
  check(interval, 0, LARIAT_LOAD_LATE, (struct figures){2, 0, 40 * US});
  check(interval, 0, LARIAT_LOAD_WIRE, (struct figures){2, 2 * MS, 5 * MS});
  check(interval, 0, LARIAT_LOAD_FIRST_BYTE,
        (struct figures){2, 2 * MS, 4 * MS});
  check(interval, 0, LARIAT_LOAD_RAW,
        (struct figures){2, 2 * MS, 5 * MS + 20 * US});
  check(interval, 0, LARIAT_LOAD_READ_LATE, (struct figures){2, 0, 20 * US});
  check(interval, 0, LARIAT_LOAD_CORRECTED,
        (struct figures){2, 2 * MS, 8 * MS + 60 * US});
  check(interval, 0, LARIAT_LOAD_CONNECT, (struct figures){0, 0, 0});
  lr_load_counts *counts = lr_load_interval_counts(interval);
  CU_ASSERT_EQUAL(counts->outcomes[LARIAT_LOAD_ANSWERED], 2);
  CU_ASSERT_EQUAL(counts->bytes_received, 1100);
  CU_ASSERT_EQUAL(counts->stamped, 1);
  CU_ASSERT_EQUAL(counts->unstamped, 1);
  CU_ASSERT_EQUAL(counts->queued, 1);
  lr_load_interval_free(interval);
  fixture_close(&f);
}

/* Failures are in the response at the time at which they were known, and in
 * nothing that only an answer has. */
static void test_failures(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = make(1);
  lr_load_sample hung = at_once(900 * MS);
  hung.first_byte_ns = 0;
  hung.status = 0;
  hung.outcome = LARIAT_LOAD_TIMEOUT;
  lr_load_sample refused = {.intended_ns = T0,
                            .read_ns = T0 + 7 * MS,
                            .outcome = LARIAT_LOAD_CONNECT_FAILED};
  lr_load_sample broken = at_once(4 * MS);
  broken.status = 503;
  broken.outcome = LARIAT_LOAD_STATUS;
  lr_load_interval_record(interval, &hung);
  lr_load_interval_record(interval, &refused);
  lr_load_interval_record(interval, &broken);
  check(interval, 0, LARIAT_LOAD_RESPONSE,
        (struct figures){3, 4 * MS, 900 * MS});
  check(interval, 0, LARIAT_LOAD_CORRECTED,
        (struct figures){3, 4 * MS, 900 * MS});
  check(interval, 0, LARIAT_LOAD_GOOD, (struct figures){0, 0, 0});
  check(interval, 0, LARIAT_LOAD_WIRE, (struct figures){1, 4 * MS, 4 * MS});
  check(interval, 0, LARIAT_LOAD_RAW, (struct figures){1, 4 * MS, 4 * MS});
  check(interval, 0, LARIAT_LOAD_LATE, (struct figures){2, 0, 0});
  lr_load_interval_rest rest;
  lr_load_interval_read(interval, &rest);
  CU_ASSERT_EQUAL(rest.statuses[503], 1);
  CU_ASSERT_EQUAL(rest.statuses[0], 0);
  CU_ASSERT_EQUAL(rest.ends[LARIAT_LOAD_TIMEOUT].first_ns, T0 + 900 * MS);
  CU_ASSERT_EQUAL(rest.ends[LARIAT_LOAD_TIMEOUT].last_ns, T0 + 900 * MS);
  CU_ASSERT_EQUAL(rest.ends[LARIAT_LOAD_RESET].first_ns, 0);
  lr_load_interval_free(interval);
  fixture_close(&f);
}

/* A stamp may be earlier than the sending, by the grain of two clocks. */
static void test_early_stamp(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = make(1);
  lr_load_sample early = at_once(2 * MS);
  early.arrived_ns = early.sent_ns - 1;
  early.first_byte_ns = early.sent_ns - 2;
  early.status = 999;
  lr_load_interval_record(interval, &early);
  check(interval, 0, LARIAT_LOAD_WIRE, (struct figures){1, 0, 0});
  check(interval, 0, LARIAT_LOAD_FIRST_BYTE, (struct figures){1, 0, 0});
  lr_load_interval_rest rest;
  lr_load_interval_read(interval, &rest);
  CU_ASSERT_EQUAL(rest.statuses[0], 1);
  lr_load_interval_free(interval);
  fixture_close(&f);
}

static void test_classes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = make(3);
  lr_load_sample first = at_once(2 * MS);
  lr_load_sample second = at_once(9 * MS);
  second.name = 2;
  lr_load_sample wrong = at_once(1);
  wrong.name = 3;
  lr_load_interval_record(interval, &first);
  lr_load_interval_record(interval, &second);
  lr_load_interval_record(interval, &wrong);
  check(interval, 0, LARIAT_LOAD_GOOD, (struct figures){1, 2 * MS, 2 * MS});
  check(interval, 1, LARIAT_LOAD_GOOD, (struct figures){0, 0, 0});
  check(interval, 2, LARIAT_LOAD_GOOD, (struct figures){1, 9 * MS, 9 * MS});
  check(interval, 0, LARIAT_LOAD_CORRECTED,
        (struct figures){2, 2 * MS, 9 * MS});
  check(interval, 2, LARIAT_LOAD_CORRECTED, (struct figures){0, 0, 0});
  CU_ASSERT(!lr_load_interval_outcomes(interval, 1));
  CU_ASSERT_EQUAL(lr_load_interval_outcomes(interval, 2)[LARIAT_LOAD_ANSWERED],
                  1);
  lr_load_interval_rest rest;
  lr_load_interval_read(interval, &rest);
  CU_ASSERT_EQUAL(rest.lost, 1);
  lr_load_interval_free(interval);
  fixture_close(&f);
}

static void test_connections(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = make(1);
  lr_load_interval_connected(interval, 3 * MS, 0);
  lr_load_interval_connected(interval, 4 * MS, 8 * MS);
  check(interval, 0, LARIAT_LOAD_CONNECT, (struct figures){2, 3 * MS, 4 * MS});
  check(interval, 0, LARIAT_LOAD_TLS, (struct figures){1, 8 * MS, 8 * MS});
  lr_load_interval_free(interval);
  fixture_close(&f);
}

static void test_reset(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = make(2);
  lr_load_interval_record(interval, &waited);
  lr_load_interval_time(interval)->cpu_ns = 5;
  uint64_t blocks = fixture_live_blocks(&f);
  lr_load_interval_reset(interval, 3, 77);
  check(interval, 0, LARIAT_LOAD_RESPONSE, (struct figures){0, 0, 0});
  check(interval, 0, LARIAT_LOAD_QUEUE, (struct figures){0, 0, 0});
  check(interval, 0, LARIAT_LOAD_LATE, (struct figures){0, 0, 0});
  lr_load_interval_rest rest;
  lr_load_interval_read(interval, &rest);
  CU_ASSERT_EQUAL(rest.reactor, 3);
  CU_ASSERT_EQUAL(rest.second, 77);
  CU_ASSERT_EQUAL(rest.slowest_count, 0);
  CU_ASSERT_EQUAL(lr_load_interval_read_time(interval)->cpu_ns, 0);
  CU_ASSERT_EQUAL(lr_load_interval_read_counts(interval)->bytes_received, 0);
  lr_load_interval_record(interval, &waited); /* in the memory of the first */
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), blocks);
  check(interval, 0, LARIAT_LOAD_RESPONSE, (struct figures){1, 8 * MS, 8 * MS});
  lr_load_interval_free(interval);
  fixture_close(&f);
}

/* Returns a permutation of 0 to 9,999. */
static uint64_t scatter(uint64_t i) { return i * 7919 % 10000; }

static void test_slowest(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = make(1);
  lr_load_interval_rest rest;
  for (uint64_t i = 0; i < 10000; i++) {
    lr_load_sample sample = at_once((1 + scatter(i)) * US);
    lr_load_interval_record(interval, &sample);
  }
  lr_load_interval_read(interval, &rest);
  CU_ASSERT_EQUAL(rest.slowest_count, LR_LOAD_SLOWEST);
  bool found[LR_LOAD_SLOWEST] = {false};
  for (size_t i = 0; i < rest.slowest_count; i++) {
    uint64_t us = lr_load_sample_response(&rest.slowest[i]) / US;
    CU_ASSERT_FATAL(us > 9900 && us <= 10000);
    found[us - 9901] = true;
  }
  for (size_t i = 0; i < LR_LOAD_SLOWEST; i++) CU_ASSERT(found[i]);
  /* What the run's slowest ones exceed is not kept any more. */
  lr_load_interval_set_floor(interval, 9950 * US);
  lr_load_interval_reset(interval, 0, 1);
  for (uint64_t i = 9900; i < 10000; i++) {
    lr_load_sample sample = at_once((1 + i) * US);
    lr_load_interval_record(interval, &sample);
  }
  lr_load_interval_read(interval, &rest);
  CU_ASSERT_EQUAL(rest.slowest_count, 50);
  lr_load_interval_free(interval);
  fixture_close(&f);
}

/* Without memory for it a sample is told as lost, and nothing else happens. */
static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_load_interval *interval = NULL;
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_load_interval_new(2, &interval), LARIAT_ENOMEM);
  for (uint64_t nth = 1; nth <= 12; nth++) {
    interval = make(2);
    lr_load_interval_rest rest;
    fixture_fail_allocation(&f, nth);
    lr_load_interval_record(interval, &waited);
    fixture_fail_allocation(&f, 0);
    lr_load_interval_read(interval, &rest);
    lariat_histogram *response = merged(interval, 0, LARIAT_LOAD_RESPONSE);
    CU_ASSERT(rest.lost > 0 || lariat_histogram_lost(response) > 0 ||
              lariat_histogram_count(response) == 1);
    lariat_histogram_free(response);
    lr_load_interval_record(interval, &waited);
    lr_load_interval_free(interval);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each measure gets its part of a request", test_measures},
      {"failures are in the response", test_failures},
      {"a stamp before the sending is a wire of 0", test_early_stamp},
      {"classes", test_classes},
      {"connections", test_connections},
      {"reset forgets, and keeps the memory", test_reset},
      {"the slowest are kept", test_slowest},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("interval", tests, FIXTURE_COUNT(tests), argc, argv);
}
