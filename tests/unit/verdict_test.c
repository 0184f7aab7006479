/* SPDX-License-Identifier: MIT
 * verdict_test.c: each rule on both sides of its limits, and which reason is
 * told first where one fault breaks several. */
#include "load/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/result.h"
#include "support/fixture.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define T0 UINT64_C(1000000000000)

enum { REQUESTS = 10000 };

/* Of what a run's requests are made. */
struct shape {
  uint64_t queue_ns;
  uint64_t late_ns;
  uint64_t wire_ns;
  uint64_t read_late_ns;
  lariat_load_outcome outcome;
  bool unstamped;
};

static const struct shape standard = {
    .late_ns = 50000, .wire_ns = 5 * MS, .read_late_ns = 20000};

static const struct shape slow = {
    .late_ns = 50000, .wire_ns = 20 * MS, .read_late_ns = 20000};

/* ---- A run without a fault ---- */

static void record(lr_load_interval *interval, const struct shape *shape,
                   uint64_t count) {
  lr_load_sample sample = {.intended_ns = T0,
                           .status = 200,
                           .outcome = (uint8_t)shape->outcome,
                           .stamped = !shape->unstamped};
  sample.free_ns = sample.intended_ns + shape->queue_ns;
  sample.sent_ns = sample.free_ns + shape->late_ns;
  sample.arrived_ns = sample.sent_ns + shape->wire_ns;
  sample.first_byte_ns = sample.arrived_ns;
  sample.read_ns = sample.arrived_ns + shape->read_late_ns;
  for (uint64_t i = 0; i < count; i++)
    lr_load_interval_record(interval, &sample);
}

static void add(lariat_load_result *result, const struct shape *shape,
                uint64_t count) {
  lr_load_interval *interval;
  CU_ASSERT_EQUAL_FATAL(lr_load_interval_new(1, &interval), LARIAT_OK);
  record(interval, shape, count);
  lr_load_counts *counts = lr_load_interval_counts(interval);
  counts->intended = counts->sent = count;
  CU_ASSERT_EQUAL(lr_load_result_add(result, interval), LARIAT_OK);
  lr_load_interval_free(interval);
}

static lariat_load_result *make_empty(bool open) {
  static const char *const names[] = {""};
  lariat_load_run_facts facts = {.open = open,
                                 .reactors = 1,
                                 .connections = 50,
                                 .http_version = 11,
                                 .duration_ns = 10 * SECOND};
  lariat_load_result *result;
  if (open) facts.asked = REQUESTS;
  CU_ASSERT_EQUAL_FATAL(lr_load_result_new(&facts, names, 1, 1, &result),
                        LARIAT_OK);
  lr_load_thread_time *time = &result->reactors[0].time;
  time->elapsed_ns = 10 * SECOND;
  time->cpu_ns = 2 * SECOND;
  time->wait_ns = 20 * MS;
  result->reactors[0].busiest_second_cpu_ns = 250 * MS;
  return result;
}

/* Makes a run of which all requests are of one shape. */
static lariat_load_result *make(bool open, const struct shape *shape) {
  lariat_load_result *result = make_empty(open);
  add(result, shape, REQUESTS);
  return result;
}

/* ---- Looking at verdicts ---- */

static const lariat_load_reason *find(const lariat_load_verdict *verdict,
                                      const char *code) {
  for (size_t i = 0; i < verdict->reason_count; i++)
    if (strcmp(verdict->reasons[i].code, code) == 0)
      return &verdict->reasons[i];
  return NULL;
}

static void print(const char *title, const lariat_load_verdict *verdict) {
  printf("\n  %s: %s\n", title, lariat_load_validity_name(verdict->validity));
  for (size_t i = 0; i < verdict->reason_count; i++)
    printf("    %s %s: %s\n",
           lariat_load_validity_name(verdict->reasons[i].validity),
           verdict->reasons[i].code, verdict->reasons[i].message);
}

/* The result's verdict is `validity`, and `code` its first reason (NULL: it has
 * none). */
static void expect(lariat_load_result *result, lariat_load_validity validity,
                   const char *code) {
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  bool right = code ? verdict->reason_count > 0 &&
                          strcmp(verdict->reasons[0].code, code) == 0
                    : verdict->reason_count == 0;
  CU_ASSERT_EQUAL(verdict->validity, validity);
  CU_ASSERT(right);
  if (!right || verdict->validity != validity)
    print(code ? code : "no reason", verdict);
}

/* ---- Each rule at its limits ---- */

static void set_missing(lariat_load_result *result, double share) {
  result->counts.sent = (uint64_t)((double)REQUESTS * (1 - share) + 0.5);
}
static void set_gap(lariat_load_result *result, double ms) {
  result->surroundings.gap_ns = (uint64_t)(ms * 1e6);
}
static void set_clock_back(lariat_load_result *result, double ms) {
  result->surroundings.clock_step_ns = -(int64_t)(ms * 1e6);
}
static void set_clock_forward(lariat_load_result *result, double ms) {
  result->surroundings.clock_step_ns = (int64_t)(ms * 1e6);
}
/* Begins so long after an instant that was agreed on, as a share of the run. */
static void set_late(lariat_load_result *result, double share) {
  result->facts.start_at_ns = INT64_C(1796047200250000000);
  result->facts.started_at_ns =
      result->facts.start_at_ns + (int64_t)(share * 10e9);
}
static void set_early(lariat_load_result *result, double share) {
  set_late(result, -share);
}
static void set_starved(lariat_load_result *result, double share) {
  result->counts.starved = (uint64_t)((double)REQUESTS * share + 0.5);
}
static void set_queued(lariat_load_result *result, double share) {
  result->counts.queued = (uint64_t)((double)REQUESTS * share + 0.5);
}
static void set_queued_and_missing(lariat_load_result *result, double share) {
  set_missing(result, share);
  result->counts.queued = REQUESTS / 2;
}
static void set_wait(lariat_load_result *result, double share) {
  result->reactors[0].time.cpu_ns = 9 * SECOND;
  result->reactors[0].time.wait_ns = (uint64_t)(share * 10e9);
}
static void set_busy(lariat_load_result *result, double share) {
  result->reactors[0].busiest_second_cpu_ns = (uint64_t)(share * 1e9);
}
static void set_local(lariat_load_result *result, double share) {
  result->counts.outcomes[LARIAT_LOAD_LOCAL] =
      (uint64_t)((double)REQUESTS * share / (1 - share) + 0.5);
}
static void set_lost(lariat_load_result *result, double count) {
  result->lost = (uint64_t)count;
}
static void set_unstamped(lariat_load_result *result, double share) {
  result->counts.unstamped = (uint64_t)((double)REQUESTS * share + 0.5);
  result->counts.stamped = REQUESTS - result->counts.unstamped;
}
static void set_timeouts(lariat_load_result *result, double share) {
  result->network.timeouts = (uint64_t)((double)REQUESTS * share + 0.5);
}
static void set_drops(lariat_load_result *result, double count) {
  result->network.listen_drops = (uint64_t)count;
}
static void set_duration(lariat_load_result *result, double s) {
  result->facts.duration_ns = (uint64_t)(s * 1e9);
}
static void set_interrupted(lariat_load_result *result, double yes) {
  result->facts.interrupted = yes > 0;
}
static void set_at_failures(lariat_load_result *result, double yes) {
  result->facts.stopped = yes > 0;
}

#define NONE (-1.0)

/* Amounts that leave it valid, that are just over the limits of SUSPECT, just
 * under those of INVALID, and over them; NONE: there is no such. */
struct limit_row {
  const char *code;
  void (*set)(lariat_load_result *result, double amount);
  double valid;
  double suspect;
  double still_suspect;
  double invalid;
};

static const struct limit_row limit_rows[] = {
    {"rate-missed", set_missing, 0.01, 0.0101, 0.05, 0.0501},
    {"stopped", set_gap, 50, 50.1, 150, 150.1},
    {"clock", set_clock_back, 2, NONE, NONE, 2.1},
    {"clock", set_clock_forward, 2, NONE, NONE, 2.1},
    {"start-late", set_late, 0.01, NONE, NONE, 0.0101},
    {"start-late", set_early, 0.01, NONE, NONE, 0.0101},
    {"input-starved", set_starved, 0, 0.0001, 0.001, 0.0011},
    {"connections-too-few", set_queued, 0.01, 0.0101, 1, NONE},
    {"connections-too-few", set_queued_and_missing, NONE, 0.02, 0.05, 0.0501},
    {"cpu-wait", set_wait, 0.05, 0.0501, 0.25, 0.2501},
    {"cpu-busy", set_busy, 0.8, 0.801, 0.95, 0.951},
    {"local-failures", set_local, 0, 0.001, 0.0099, 0.0101},
    {"samples-lost", set_lost, 0, NONE, NONE, 1},
    {"unstamped", set_unstamped, 0.001, 0.0011, 1, NONE},
    {"retransmits", set_timeouts, 0.001, 0.0011, 1, NONE},
    {"retransmits", set_drops, 10, 11, 1000, NONE},
    {"too-short", set_duration, 3, 2.99, 0.01, NONE},
    {"interrupted", set_interrupted, 0, 1, NONE, NONE},
    {"stop-at-failures", set_at_failures, 0, 1, NONE, NONE},
};

static void check_amount(const struct limit_row *row, double amount,
                         lariat_load_validity validity) {
  if (amount < 0) return;
  lariat_load_result *result = make(true, &standard);
  row->set(result, amount);
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  const lariat_load_reason *reason = find(verdict, row->code);
  bool right = validity == LARIAT_LOAD_VALID
                   ? verdict->reason_count == 0
                   : reason && reason->validity == validity &&
                         verdict->validity == validity &&
                         reason == &verdict->reasons[0];
  CU_ASSERT(right);
  if (!right) {
    printf("\n  %s %g", row->code, amount);
    print("", verdict);
  }
  lariat_load_result_free(result);
}

static void test_limits(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(limit_rows); i++) {
    const struct limit_row *row = &limit_rows[i];
    check_amount(row, row->valid, LARIAT_LOAD_VALID);
    check_amount(row, row->suspect, LARIAT_LOAD_SUSPECT);
    check_amount(row, row->still_suspect, LARIAT_LOAD_SUSPECT);
    check_amount(row, row->invalid, LARIAT_LOAD_INVALID);
  }
  fixture_close(&f);
}

/* Rules that look at distributions: each request of the run is like this. */
struct shape_row {
  const char *code;
  struct shape shape;
  lariat_load_validity validity;
};

static const struct shape_row shape_rows[] = {
    /* Allowed is 1 ms, or a tenth of the p50, if that is more. */
    {"send-late", {0, 990000, 5 * MS, 0, 0, false}, LARIAT_LOAD_VALID},
    {"send-late", {0, 1010000, 5 * MS, 0, 0, false}, LARIAT_LOAD_SUSPECT},
    {"send-late", {0, 9900000, 5 * MS, 0, 0, false}, LARIAT_LOAD_SUSPECT},
    {"send-late", {0, 10100000, 5 * MS, 0, 0, false}, LARIAT_LOAD_INVALID},
    {"send-late", {0, 1980000, 20 * MS, 0, 0, false}, LARIAT_LOAD_VALID},
    {"send-late", {0, 2020000, 20 * MS, 0, 0, false}, LARIAT_LOAD_SUSPECT},
    {"send-late", {0, 20200000, 20 * MS, 0, 0, false}, LARIAT_LOAD_INVALID},
    /* 5 and 25 per cent of the response, and over 1 ms. */
    {"own-share", {0, 0, 5 * MS, 990000, 0, false}, LARIAT_LOAD_VALID},
    {"own-share", {0, 0, 5 * MS, 1030000, 0, false}, LARIAT_LOAD_SUSPECT},
    {"own-share", {0, 0, 100 * MS, 4800000, 0, false}, LARIAT_LOAD_VALID},
    {"own-share", {0, 0, 100 * MS, 5200000, 0, false}, LARIAT_LOAD_SUSPECT},
    {"own-share", {0, 0, 100 * MS, 24700000, 0, false}, LARIAT_LOAD_SUSPECT},
    {"own-share", {0, 0, 100 * MS, 25300000, 0, false}, LARIAT_LOAD_INVALID},
    /* Ten times the p99.9 is more than the ten seconds of the run. */
    {"too-short", {0, 0, 1998 * MS, 0, 0, false}, LARIAT_LOAD_VALID},
    {"too-short", {0, 0, 2004 * MS, 0, 0, false}, LARIAT_LOAD_SUSPECT},
};

static void test_shapes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(shape_rows); i++) {
    const struct shape_row *row = &shape_rows[i];
    lariat_load_result *result = make(true, &row->shape);
    const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
    const lariat_load_reason *reason = find(verdict, row->code);
    bool right = row->validity == LARIAT_LOAD_VALID
                     ? !reason
                     : reason && reason->validity == row->validity;
    CU_ASSERT(right);
    if (!right) print(row->code, verdict);
    lariat_load_result_free(result);
  }
  fixture_close(&f);
}

/* ---- Faults as they come ---- */

static void test_quiet(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(true, &standard);
  expect(result, LARIAT_LOAD_VALID, NULL);
  CU_ASSERT_PTR_EQUAL(lariat_load_result_verdict(result),
                      lariat_load_result_verdict(result));
  lariat_load_result_free(result);
  result = make(false, &standard);
  expect(result, LARIAT_LOAD_VALID, NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A server that needs 100 ms, and 20 connections for 1,000/s. */
static void test_too_few_connections(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_empty(true);
  struct shape shape = standard;
  shape.wire_ns = 100 * MS;
  shape.queue_ns = 4 * SECOND;
  add(result, &shape, 2000);
  result->counts.intended = REQUESTS;
  result->counts.unsent = 8000;
  expect(result, LARIAT_LOAD_INVALID, "connections-too-few");
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  CU_ASSERT(find(verdict, "rate-missed") &&
            strstr(find(verdict, "rate-missed")->message, "connections"));
  CU_ASSERT(strstr(verdict->reasons[0].message, "8,000") != NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A generator that cannot keep up finds no connection free, either, as it does
 * not come to read: that is no want of connections. */
static void test_too_slow_generator(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_empty(true);
  struct shape shape = standard;
  shape.queue_ns = 3 * SECOND;
  add(result, &shape, 1200);
  result->counts.intended = REQUESTS;
  result->counts.unsent = 8800;
  result->reactors[0].time.cpu_ns = 9900 * MS;
  result->reactors[0].busiest_second_cpu_ns = 999 * MS;
  expect(result, LARIAT_LOAD_INVALID, "rate-missed");
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  CU_ASSERT(!find(verdict, "connections-too-few"));
  CU_ASSERT(find(verdict, "cpu-busy") != NULL);
  CU_ASSERT_STRING_EQUAL(
      verdict->reasons[0].message,
      "asked 1,000/s and sent 120/s (12 %): the generator was the limit");
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A pipe that gives half of what is due, a few at a time: the first of each few
 * is seen to be missing, and the others are behind it. */
static void test_slow_input(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_empty(true);
  struct shape behind = standard;
  behind.queue_ns = SECOND;
  add(result, &standard, 2000);
  add(result, &behind, 3000);
  result->counts.intended = REQUESTS;
  result->counts.starved = 600;
  result->counts.unsent = 5000;
  expect(result, LARIAT_LOAD_INVALID, "input-starved");
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  CU_ASSERT(!find(verdict, "connections-too-few"));
  CU_ASSERT(find(verdict, "rate-missed") &&
            strstr(find(verdict, "rate-missed")->message, "input"));
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* SIGSTOP of 300 ms: what was due meanwhile is late, and what waits behind it
 * finds no connection. */
static void test_stopped(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_empty(true);
  struct shape late = standard;
  late.late_ns = 200 * MS;
  late.queue_ns = MS;
  add(result, &standard, REQUESTS - 300);
  add(result, &late, 300);
  result->surroundings.gap_ns = 290 * MS;
  result->surroundings.gap_at_ns = 5 * SECOND;
  expect(result, LARIAT_LOAD_INVALID, "stopped");
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  CU_ASSERT(find(verdict, "send-late") != NULL);
  CU_ASSERT(!find(verdict, "connections-too-few"));
  CU_ASSERT(!find(verdict, "rate-missed"));
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_hog(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct shape late = standard;
  late.late_ns = 2 * MS;
  lariat_load_result *result = make(true, &late);
  result->reactors[0].time.wait_ns = 4 * SECOND;
  expect(result, LARIAT_LOAD_INVALID, "cpu-wait");
  lariat_load_result_free(result);

  /* A slice of 2.5 ms now and then: 1.2 % of the requests are late by it. */
  late.late_ns = 2500000;
  late.wire_ns = 20 * MS;
  result = make_empty(true);
  add(result, &slow, REQUESTS - 120);
  add(result, &late, 120);
  result->reactors[0].time.wait_ns = 160 * MS;
  expect(result, LARIAT_LOAD_SUSPECT, "cpu-wait");
  lariat_load_result_free(result);

  /* So are 0.7 %: the p99 is not late, but all but. */
  result = make_empty(true);
  add(result, &slow, REQUESTS - 70);
  add(result, &late, 70);
  result->reactors[0].time.wait_ns = 160 * MS;
  expect(result, LARIAT_LOAD_SUSPECT, "cpu-wait");
  lariat_load_result_free(result);

  /* The same by something else. */
  result = make_empty(true);
  add(result, &slow, REQUESTS - 120);
  add(result, &late, 120);
  expect(result, LARIAT_LOAD_SUSPECT, "send-late");
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* At a low rate a hog's slices are little time, but all of the lateness. */
static void test_hog_at_low_rate(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct shape late = slow;
  late.late_ns = 2500000;
  lariat_load_result *result = make_empty(true);
  add(result, &slow, 980);
  add(result, &late, 20);
  result->facts.asked = 1000;
  result->reactors[0].time.wait_ns = 60 * MS;
  expect(result, LARIAT_LOAD_SUSPECT, "cpu-wait");
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* What was waited for a CPU is little, and the sends are all but in time; but a
 * thread that hardly runs has had no such waits of its own. */
static void test_contended(void) {
  static const struct {
    uint64_t cpu_ns;
    uint64_t wait_ns;
    uint64_t late_ns;
    lariat_load_validity validity;
  } rows[] = {
      {500 * MS, 110 * MS, 500000, LARIAT_LOAD_SUSPECT},
      {500 * MS, 190 * MS, 160000, LARIAT_LOAD_VALID}, /* a server beside it */
      {500 * MS, 75 * MS, 500000, LARIAT_LOAD_VALID},  /* 13 % of the demand */
      {100 * MS, 89 * MS, 500000, LARIAT_LOAD_VALID},  /* 0.89 % of the time */
      {3 * SECOND, 230 * MS, 500000, LARIAT_LOAD_VALID}, /* at 10,000/s */
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    struct shape shape = slow;
    shape.late_ns = rows[i].late_ns;
    lariat_load_result *result = make(true, &shape);
    result->reactors[0].time.cpu_ns = rows[i].cpu_ns;
    result->reactors[0].time.wait_ns = rows[i].wait_ns;
    expect(result, rows[i].validity, rows[i].validity ? "cpu-wait" : NULL);
    lariat_load_result_free(result);
  }
  fixture_close(&f);
}

/* Of a run of 20 ms a wait of 6 ms says nothing. */
static void test_wait_of_short_run(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(false, &standard);
  result->facts.duration_ns = 20 * MS;
  result->reactors[0].time.elapsed_ns = 20 * MS;
  result->reactors[0].time.cpu_ns = 10 * MS;
  result->reactors[0].time.wait_ns = 6 * MS;
  CU_ASSERT(!find(lariat_load_result_verdict(result), "cpu-wait"));
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_no_answer(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct shape hung = standard;
  hung.outcome = LARIAT_LOAD_TIMEOUT;
  lariat_load_result *result = make(true, &hung);
  result->facts.interrupted = true;
  expect(result, LARIAT_LOAD_INVALID, "no-answer");
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->reason_count, 1);
  CU_ASSERT(strstr(lariat_load_result_verdict(result)->reasons[0].message,
                   "10,000 requests failed, most of them by \"timeout\"") !=
            NULL);
  lariat_load_result_free(result);
  result = make_empty(false);
  expect(result, LARIAT_LOAD_INVALID, "no-answer");
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* One good answer makes a measurement. */
static void test_no_success(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct shape missing = standard;
  missing.outcome = LARIAT_LOAD_STATUS;
  lariat_load_result *result = make(true, &missing);
  expect(result, LARIAT_LOAD_INVALID, "no-success");
  CU_ASSERT(strstr(lariat_load_result_verdict(result)->reasons[0].message,
                   "not one of 10,000 requests succeeded, most failed by "
                   "\"status\"") != NULL);
  lariat_load_result_free(result);
  result = make(true, &missing);
  add(result, &standard, 1);
  expect(result, LARIAT_LOAD_VALID, NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Connections that are refused are the server's doing: the rate was kept. */
static void test_refused(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(true, &standard);
  result->counts.sent -= 4000;
  result->counts.outcomes[LARIAT_LOAD_ANSWERED] -= 4000;
  result->counts.outcomes[LARIAT_LOAD_CONNECT_FAILED] = 4000;
  expect(result, LARIAT_LOAD_VALID, NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Without keep-alive each request waits for a connection of its own. */
static void test_no_keep_alive(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct shape opening = standard;
  opening.queue_ns = MS;
  lariat_load_result *result = make(true, &opening);
  CU_ASSERT_EQUAL(result->counts.queued, REQUESTS);
  result->counts.connections = REQUESTS;
  expect(result, LARIAT_LOAD_VALID, NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A closed run may be as busy as it is; a stall is named. */
static void test_closed(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct shape behind = standard;
  behind.read_late_ns = 4 * MS;
  lariat_load_result *result = make(false, &behind);
  result->reactors[0].time.cpu_ns = 9900 * MS;
  result->reactors[0].busiest_second_cpu_ns = SECOND;
  expect(result, LARIAT_LOAD_VALID, "generator-limit");
  lariat_load_result_free(result);

  struct shape stall = standard;
  stall.wire_ns = 1001 * MS;
  result = make_empty(false);
  add(result, &standard, REQUESTS);
  add(result, &stall, 5);
  expect(result, LARIAT_LOAD_VALID, "stall");
  lariat_load_result_free(result);

  stall.wire_ns = 999 * MS;
  result = make_empty(false);
  add(result, &standard, REQUESTS);
  add(result, &stall, 5);
  expect(result, LARIAT_LOAD_VALID, NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_unknown_wait(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(true, &standard);
  result->reactors[0].time.wait_unknown = true;
  result->reactors[0].time.wait_ns = 9 * SECOND;
  expect(result, LARIAT_LOAD_VALID, "cpu-wait");
  CU_ASSERT(strstr(lariat_load_result_verdict(result)->reasons[0].message,
                   "schedstat") != NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Over TLS no stamps are expected. */
static void test_tls(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct shape unstamped = standard;
  unstamped.unstamped = true;
  unstamped.read_late_ns = 0;
  lariat_load_result *result = make(true, &unstamped);
  result->facts.tls = true;
  expect(result, LARIAT_LOAD_VALID, NULL);
  lariat_load_result_free(result);
  result = make(true, &unstamped);
  expect(result, LARIAT_LOAD_SUSPECT, "unstamped");
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Everything at once fits, worst reasons first, and no sentence is cut. */
static void test_everything(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make_empty(true);
  struct shape worst = {
      0,   3600 * SECOND, 3600 * SECOND, 3600 * SECOND, LARIAT_LOAD_ANSWERED,
      true};
  add(result, &worst, REQUESTS);
  result->facts.asked = UINT64_C(10000000000000000);
  result->facts.duration_ns = SECOND;
  for (size_t i = 0; i < FIXTURE_COUNT(limit_rows); i++) {
    const struct limit_row *row = &limit_rows[i];
    if (row->set != set_duration && row->set != set_missing &&
        row->set != set_queued_and_missing)
      row->set(result, row->invalid < 0 ? row->suspect : row->invalid);
  }
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  CU_ASSERT_EQUAL(verdict->validity, LARIAT_LOAD_INVALID);
  CU_ASSERT(verdict->reason_count > 10);
  for (size_t i = 0; i < verdict->reason_count; i++) {
    CU_ASSERT(strlen(verdict->reasons[i].message) <
              sizeof(verdict->reasons[i].message) - 1);
    if (i)
      CU_ASSERT(verdict->reasons[i].validity <=
                verdict->reasons[i - 1].validity);
  }
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = make(true, &standard);
  fixture_fail_allocation(&f, 1);
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  CU_ASSERT_EQUAL(verdict->validity, LARIAT_LOAD_INVALID);
  CU_ASSERT_EQUAL(verdict->reason_count, 1);
  expect(result, LARIAT_LOAD_VALID, NULL);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A rule has one code, which fits; the codes differ. */
static void test_codes(void) {
  for (unsigned i = 0; i < LR_LOAD_RULES; i++) {
    const lr_load_limit *limit = &lr_load_limits[i];
    CU_ASSERT_PTR_NOT_NULL_FATAL(limit->code);
    CU_ASSERT(strlen(limit->code) < sizeof(((lariat_load_reason *)NULL)->code));
    CU_ASSERT(limit->suspect <= limit->invalid);
    for (unsigned k = 0; k < i; k++)
      CU_ASSERT_STRING_NOT_EQUAL(limit->code, lr_load_limits[k].code);
  }
  CU_ASSERT_STRING_EQUAL(lariat_load_validity_name(LARIAT_LOAD_SUSPECT),
                         "SUSPECT");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"limits of numbers", test_limits},
      {"limits of distributions", test_shapes},
      {"a quiet run is valid", test_quiet},
      {"too few connections", test_too_few_connections},
      {"a generator that is too slow", test_too_slow_generator},
      {"an input that is too slow", test_slow_input},
      {"a process that was stopped", test_stopped},
      {"a hog on the reactor's CPU", test_hog},
      {"a hog, at a low rate", test_hog_at_low_rate},
      {"a competitor for the CPU", test_contended},
      {"waits of a short run", test_wait_of_short_run},
      {"no answer", test_no_answer},
      {"no success", test_no_success},
      {"connections that are refused", test_refused},
      {"a connection for each request", test_no_keep_alive},
      {"closed runs", test_closed},
      {"waits that are not known", test_unknown_wait},
      {"stamps over TLS", test_tls},
      {"everything at once", test_everything},
      {"out of memory", test_out_of_memory},
      {"codes", test_codes},
  };
  return fixture_main("verdict", tests, FIXTURE_COUNT(tests), argc, argv);
}
