/* SPDX-License-Identifier: MIT
 * `lariat load` against a server that writes down what it did: counts are the
 * log's, and no time is shorter than what the server took. */
#include <math.h>
#include <stdio.h>

#include "../../../bench/truth/plan.h"
#include "program/load/load_support.h"
#include "support/truth.h"

static struct truth truth;
static struct program load;
static json_t *result;

/* ---- One run ---- */

static void open_both(const char *const *options) {
  truth_open(&truth);
  truth_write_certificate(&truth);
  truth_start(&truth, options);
  program_open(&load, LARIAT_PROGRAM);
}

/* Runs `lariat load` with those options, up to a NULL, and ends both. */
static void run_load(bool tls, const char *const *options) {
  char url[64];
  char ca[PROGRAM_PATH_ROOM + 16];
  const char *arguments[PROGRAM_ARGUMENTS_MAX] = {
      "load",      "-q",
      "--json",    "out",
      "--cacert",  program_file(&truth.program, "ca", ca, sizeof ca),
      "--timeout", "60s"};
  size_t count = 8;
  size_t length = 0;
  char *text;

  snprintf(url, sizeof url, "%s://127.0.0.1:%u/", tls ? "https" : "http",
           truth.port);
  for (size_t i = 0; options[i]; i++) arguments[count++] = options[i];
  arguments[count] = url;
  program_run(&load, arguments);
  truth_end(&truth);
  text = program_read(&load, "out", &length);
  result = text ? json_loadb(text, length, 0, NULL) : NULL;
  free(text);
  if (!result) fixture_fail("%d: %s", load.code, load.err);
}

static void close_both(void) {
  json_decref(result);
  program_close(&load);
  truth_close(&truth);
}

/* ---- Counts ---- */

static size_t logged(enum outcome outcome) {
  size_t count = 0;

  for (size_t i = 0; i < truth.count; i++)
    count += truth.records[i].outcome == outcome;
  return count;
}

static void expect_count(const char *name, enum outcome outcome) {
  json_int_t said = load_number(result, "outcomes", name);

  if (said != (json_int_t)logged(outcome))
    fixture_fail("%s: says %lld, the log %zu", name, (long long)said,
                 logged(outcome));
}

static void expect_counts(size_t requests) {
  if (truth.count != requests)
    fixture_fail("%zu requests in the log, not %zu: %s", truth.count, requests,
                 truth.totals);
  CU_ASSERT_EQUAL(load_number(result, "response", "count"),
                  (json_int_t)requests);
  expect_count("answered", OUTCOME_ANSWERED);
  expect_count("status", OUTCOME_ERROR);
  expect_count("closed", OUTCOME_CLOSED);
  expect_count("reset", OUTCOME_RESET);
  CU_ASSERT_EQUAL(logged(OUTCOME_GONE), 0);
}

static const char *const failing[] = {
    "--delay",    "lognormal:500us,0.5",
    "--failures", "closed=4%,reset=4%,error=4%",
    "--seed",     "11",
    NULL};
static const char *const failing_tls[] = {"--delay",
                                          "lognormal:500us,0.5",
                                          "--failures",
                                          "closed=4%,reset=4%,error=4%",
                                          "--seed",
                                          "12",
                                          "--certificate",
                                          "cert",
                                          "--key",
                                          "key",
                                          NULL};

static void counts_of_a_closed_test(void) {
  open_both(failing);
  run_load(false, (const char *[]){"-n", "400", "-c", "10", "-r", "2", NULL});
  expect_counts(400);
  CU_ASSERT(logged(OUTCOME_CLOSED) && logged(OUTCOME_RESET) &&
            logged(OUTCOME_ERROR));
  close_both();
}

static void counts_of_an_open_test(void) {
  open_both(failing);
  run_load(false, (const char *[]){"--rate", "2000", "-n", "400", "-c", "50",
                                   "-r", "2", NULL});
  expect_counts(400);
  close_both();
}

static void counts_over_tls(void) {
  open_both(failing_tls);
  run_load(true, (const char *[]){"-n", "300", "-c", "5", NULL});
  expect_counts(300);
  close_both();
}

/* ---- Times ---- */

static int compare_times(const void *a, const void *b) {
  double left = *(const double *)a;
  double right = *(const double *)b;

  return left < right ? -1 : left > right;
}

static double figure(const char *measure, const char *name) {
  return json_number_value(
      json_object_get(json_object_get(result, measure), name));
}

/* A request is sent before it arrives, and its answer is there after it was
 * sent: each time by the client is longer than that by the server, so each
 * percentile is, however busy the machine.  A thousandth less is the
 * histogram's, and 20 us are the two clocks of the kernel's stamps. */
static void expect_longer(const char *measure, const char *name, double share) {
  double times[TRUTH_RECORDS_MAX];
  double said_us = figure(measure, name);
  size_t rank = (size_t)ceil(share * (double)truth.count);

  for (size_t i = 0; i < truth.count; i++)
    times[i] =
        (double)(truth.records[i].sending_ns - truth.records[i].arrived_ns) /
        1000;
  qsort(times, truth.count, sizeof *times, compare_times);
  if (said_us < times[rank ? rank - 1 : 0] * 0.999 - 20)
    fixture_fail("%s.%s: says %.1f us, the server took %.1f", measure, name,
                 said_us, times[rank ? rank - 1 : 0]);
}

static void times_are_not_shorter(void) {
  open_both((const char *[]){"--delay", "mixture:90%=1ms,10%=30ms", NULL});
  run_load(false,
           (const char *[]){"--rate", "4000", "-n", "1000", "-c", "200", NULL});
  CU_ASSERT_EQUAL(truth.count, 1000);
  for (int i = 0; i < 2; i++) {
    const char *measure = i ? "wire" : "response";

    expect_longer(measure, "min_us", 0);
    expect_longer(measure, "p50_us", 0.5);
    expect_longer(measure, "p90_us", 0.9);
    expect_longer(measure, "p99_us", 0.99);
    expect_longer(measure, "max_us", 1);
  }
  close_both();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the counts of a closed test are the log's", counts_of_a_closed_test},
      {"the counts of an open test are the log's", counts_of_an_open_test},
      {"the counts over TLS are the log's", counts_over_tls},
      {"no time is shorter than the server's", times_are_not_shorter},
  };
  return fixture_main("load truth", tests, FIXTURE_COUNT(tests), argc, argv);
}
