/* SPDX-License-Identifier: MIT
 * arrivals_test.c: schedules of arrivals, against arithmetic of another kind.
 */
#include <lariat/load/arrivals.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

#define SECOND UINT64_C(1000000000)
#define DAY (86400 * SECOND)

__extension__ typedef unsigned __int128 wide;

/* A plan of stages that are written as a text, or of one. */
struct plan {
  lariat_load_stage stages[8];
  lariat_load_arrivals_options options;
};

static void init_plan(struct plan *plan, lariat_load_process process) {
  memset(plan, 0, sizeof(*plan));
  plan->options.size = sizeof(plan->options);
  plan->options.stages = plan->stages;
  plan->options.process = process;
}

static void set_stage(struct plan *plan, uint64_t duration_ns, double from,
                      double to) {
  plan->stages[0] = (lariat_load_stage){duration_ns, from, to};
  plan->options.stage_count = 1;
}

static void set_text(struct plan *plan, const char *text) {
  CU_ASSERT_EQUAL(lariat_load_stages_parse(text, strlen(text), plan->stages, 8,
                                           &plan->options.stage_count, NULL),
                  LARIAT_OK);
}

static lariat_load_arrivals *make(const struct plan *plan) {
  lariat_load_arrivals *arrivals;
  lariat_load_error error = {0};
  if (lariat_load_arrivals_new(&plan->options, &arrivals, &error) != LARIAT_OK)
    fixture_fail("%s", error.message);
  return arrivals;
}

static uint64_t count_all(const struct plan *plan) {
  lariat_load_arrivals *arrivals = make(plan);
  lariat_load_arrival arrival;
  uint64_t count = 0;
  while (lariat_load_arrivals_next(arrivals, &arrival)) count++;
  CU_ASSERT_FALSE(lariat_load_arrivals_next(arrivals, &arrival));
  lariat_load_arrivals_free(arrivals);
  return count;
}

/* ---- Even ---- */

/* Arrival i of a rate of `millis` thousandths is at i * 10^12 / millis. */
static void check_even(uint64_t millis, uint64_t duration_ns, uint32_t parts) {
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  double rate = (double)millis / 1000;
  set_stage(&plan, duration_ns, rate, rate);
  wide scaled = (wide)millis * duration_ns;
  uint64_t expected =
      (uint64_t)((scaled + (wide)SECOND * 1000 - 1) / ((wide)SECOND * 1000));
  uint64_t count = 0;
  for (uint32_t k = 0; k < parts; k++) {
    plan.options.part = (lariat_load_part){k, parts};
    lariat_load_arrivals *arrivals = make(&plan);
    lariat_load_arrival arrival;
    uint64_t own = 0;
    for (; lariat_load_arrivals_next(arrivals, &arrival); own++) {
      uint64_t at_ns = (uint64_t)((wide)arrival.index * SECOND * 1000 / millis);
      if (arrival.index != k + own * parts || arrival.at_ns != at_ns)
        fixture_fail("%llu/1000 a second: %llu at %llu",
                     (unsigned long long)millis,
                     (unsigned long long)arrival.index,
                     (unsigned long long)arrival.at_ns);
    }
    CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), expected);
    CU_ASSERT_EQUAL(own, lariat_load_part_size(plan.options.part, expected));
    count += own;
    lariat_load_arrivals_free(arrivals);
  }
  CU_ASSERT_EQUAL(count, expected);
}

static void test_even(void) {
  static const uint64_t rates[] = {1,     333,     1000,     1500,    7919,
                                   99999, 1000000, 12345678, 3000000, 64000001};
  static const uint64_t durations[] = {1, 999999999, SECOND, 1234567891,
                                       5 * SECOND};
  for (size_t r = 0; r < FIXTURE_COUNT(rates); r++)
    for (size_t d = 0; d < FIXTURE_COUNT(durations); d++)
      for (uint32_t parts = 1; parts <= 7; parts += 2)
        check_even(rates[r], durations[d], parts);
}

static void test_minute(void) {
  for (uint32_t parts = 1; parts <= 4; parts *= 2)
    check_even(1000000, 60 * SECOND, parts);
}

/* Sparse parts look into days without counting them. */
static void test_days(void) {
  static const double rates[] = {20000, 3, 7, 19999, 123457, 1e9};
  for (size_t r = 0; r < FIXTURE_COUNT(rates); r++) {
    struct plan plan;
    init_plan(&plan, LARIAT_LOAD_EVEN);
    set_stage(&plan, 3650 * DAY, rates[r], rates[r]);
    uint64_t rate = (uint64_t)rates[r];
    uint32_t parts = (uint32_t)(rate < 1000 ? 100003 : 4000000007);
    plan.options.part = (lariat_load_part){parts - 1, parts};
    lariat_load_arrivals *arrivals = make(&plan);
    lariat_load_arrival arrival;
    for (unsigned i = 0;
         i < 20000 && lariat_load_arrivals_next(arrivals, &arrival); i++)
      CU_ASSERT_EQUAL(arrival.at_ns,
                      (uint64_t)((wide)arrival.index * SECOND / rate));
    CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), rate * 3650 * 86400);
    lariat_load_arrivals_free(arrivals);
  }
}

/* A rate that no double has: 20 a minute, and 7 an hour. */
static void test_slow(void) {
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_text(&plan, "3650d:20/m");
  lariat_load_arrivals *arrivals = make(&plan);
  lariat_load_arrival arrival;
  for (uint64_t i = 0; i < 1000000; i++) {
    CU_ASSERT_TRUE_FATAL(lariat_load_arrivals_next(arrivals, &arrival));
    if (arrival.at_ns != i * 3 * SECOND) fixture_fail("no 3 s");
  }
  CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), 3650 * 28800);
  lariat_load_arrivals_free(arrivals);
  set_text(&plan, "1d:7/h");
  CU_ASSERT_EQUAL(count_all(&plan), 168);
}

static void test_count(void) {
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_stage(&plan, LARIAT_LOAD_ENDLESS_NS, 0.001, 0.001);
  lariat_load_arrivals *arrivals = make(&plan);
  CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), UINT64_MAX);
  CU_ASSERT_EQUAL(lariat_load_arrivals_duration_ns(arrivals),
                  LARIAT_LOAD_ENDLESS_NS);
  lariat_load_arrivals_free(arrivals);
  plan.options.count = 5;
  CU_ASSERT_EQUAL(count_all(&plan), 5);
  plan.options.process = LARIAT_LOAD_POISSON;
  CU_ASSERT_EQUAL(count_all(&plan), 5);
  plan.options.part = (lariat_load_part){1, 3};
  CU_ASSERT_EQUAL(count_all(&plan), 2);
  plan.options.part = (lariat_load_part){2, 3};
  CU_ASSERT_EQUAL(count_all(&plan), 1);
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_text(&plan, "1s:10");
  plan.options.count = 20;
  CU_ASSERT_EQUAL(count_all(&plan), 10);
}

/* ---- Stages ---- */

/* Returns twice the duration times the integral of a ramp up to `t`. */
static wide area(lariat_load_stage stage, uint64_t t) {
  uint64_t from = (uint64_t)stage.from_per_s;
  uint64_t to = (uint64_t)stage.to_per_s;
  wide level = (wide)from * t * 2 * stage.duration_ns;
  wide square = (wide)t * t;
  return to >= from ? level + (to - from) * square
                    : level - (from - to) * square;
}

/* Each arrival of a ramp is at the last nanosecond at which the integral is
 * not more than its index. */
static void check_ramp(uint64_t duration_ns, double from, double to) {
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_stage(&plan, duration_ns, from, to);
  lariat_load_arrivals *arrivals = make(&plan);
  lariat_load_arrival arrival = {0};
  uint64_t count = 0;
  wide unit = 2 * (wide)duration_ns * SECOND;
  for (; lariat_load_arrivals_next(arrivals, &arrival); count++) {
    uint64_t next = arrival.at_ns + 1;
    if (area(plan.stages[0], arrival.at_ns) > count * unit ||
        (next < duration_ns && area(plan.stages[0], next) <= count * unit) ||
        next > duration_ns)
      fixture_fail("%g to %g: %llu at %llu", from, to,
                   (unsigned long long)count,
                   (unsigned long long)arrival.at_ns);
  }
  CU_ASSERT_EQUAL(count, (area(plan.stages[0], duration_ns) + unit - 1) / unit);
  CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), count);
  lariat_load_arrivals_free(arrivals);
}

static void test_ramps(void) {
  check_ramp(30 * SECOND, 0, 500);
  check_ramp(30 * SECOND, 500, 0);
  check_ramp(7 * SECOND + 1, 13, 4711);
  check_ramp(7 * SECOND + 1, 4711, 13);
  check_ramp(1, 1000000000, 0);
  check_ramp(2, 0, 1000000000);
  check_ramp(17, 3, 999999999);
  check_ramp(5 * SECOND, 1000, 1001);
  check_ramp(100 * SECOND, 0, 1);
  check_ramp(100 * SECOND, 1, 0);
  srand48(5);
  for (unsigned i = 0; i < 300; i++)
    check_ramp(1 + (uint64_t)(drand48() * 2e9), floor(drand48() * 2000),
               floor(drand48() * 2000));
}

/* From a program with whole numbers of any length. */
static void test_long_ramp(void) {
  static const uint64_t expected[][2] = {{0, 0},
                                         {1, 1999999},
                                         {54000000, UINT64_C(55165707285772)},
                                         {107999999, UINT64_C(86399999499999)}};
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_text(&plan, "1d:500-2000");
  for (size_t i = 0; i < FIXTURE_COUNT(expected); i++) {
    uint32_t index = (uint32_t)expected[i][0];
    plan.options.part = (lariat_load_part){index, 108000000};
    lariat_load_arrivals *arrivals = make(&plan);
    lariat_load_arrival arrival = {0};
    CU_ASSERT(lariat_load_arrivals_next(arrivals, &arrival));
    CU_ASSERT(arrival.index == index && arrival.at_ns == expected[i][1]);
    CU_ASSERT_FALSE(lariat_load_arrivals_next(arrivals, &arrival));
    lariat_load_arrivals_free(arrivals);
  }
}

/* Counts the arrivals in each second, of all parts. */
static void count_seconds(const struct plan *plan, uint32_t parts,
                          uint32_t *counts, size_t seconds) {
  struct plan own = *plan;
  own.options.stages = own.stages;
  memset(counts, 0, seconds * sizeof(*counts));
  for (uint32_t k = 0; k < parts; k++) {
    own.options.part = (lariat_load_part){k, parts};
    lariat_load_arrivals *arrivals = make(&own);
    lariat_load_arrival arrival;
    uint64_t before = 0;
    while (lariat_load_arrivals_next(arrivals, &arrival)) {
      CU_ASSERT_FATAL(arrival.at_ns >= before &&
                      arrival.at_ns / SECOND < seconds);
      before = arrival.at_ns;
      counts[arrival.at_ns / SECOND]++;
    }
    lariat_load_arrivals_free(arrivals);
  }
}

/* Up, held, a step, a pause, down. */
static void test_stages(void) {
  static const uint32_t expected[] = {50, 150, 200, 200, 500, 0, 0, 75, 25};
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_text(&plan, "2s:0-200,2s:200,1s:500,2s:0,2s:100-0");
  for (uint32_t parts = 1; parts <= 4; parts++) {
    uint32_t counts[9];
    count_seconds(&plan, parts, counts, 9);
    for (size_t i = 0; i < 9; i++) CU_ASSERT_EQUAL(counts[i], expected[i]);
  }
  lariat_load_arrivals *arrivals = make(&plan);
  CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), 1200);
  CU_ASSERT_EQUAL(lariat_load_arrivals_duration_ns(arrivals), 9 * SECOND);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_arrivals_rate_at(arrivals, SECOND), 100,
                         1e-9);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_arrivals_rate_at(arrivals, 4 * SECOND),
                         500, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_arrivals_rate_at(arrivals, 6 * SECOND), 0,
                         1e-9);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_arrivals_rate_at(arrivals, 9 * SECOND), 0,
                         1e-9);
  double sum = 0;
  for (size_t i = 0; i < 9; i++) {
    CU_ASSERT_DOUBLE_EQUAL(
        lariat_load_arrivals_mean_before(arrivals, i * SECOND), sum, 1e-9);
    sum += expected[i];
  }
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_arrivals_mean_before(arrivals, UINT64_MAX),
                         sum, 1e-9);
  lariat_load_arrivals_free(arrivals);
}

/* An arrival that is due while the rate is 0 waits for the rate. */
static void test_pause(void) {
  struct plan plan;
  lariat_load_arrival arrival = {0};
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_text(&plan, "3s:0,1s:2");
  lariat_load_arrivals *arrivals = make(&plan);
  CU_ASSERT(lariat_load_arrivals_next(arrivals, &arrival));
  CU_ASSERT(arrival.index == 0 && arrival.at_ns == 3 * SECOND);
  CU_ASSERT(lariat_load_arrivals_next(arrivals, &arrival));
  CU_ASSERT(arrival.index == 1 && arrival.at_ns == 7 * SECOND / 2);
  CU_ASSERT_FALSE(lariat_load_arrivals_next(arrivals, &arrival));
  lariat_load_arrivals_free(arrivals);
}

/* ---- Poisson ---- */

static void test_poisson_exact(void) {
  static const uint64_t expected[] = {971898,  2400302, 2804009,
                                      3345377, 4351424, 4817682};
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_POISSON);
  set_stage(&plan, 1000 * SECOND, 1000, 1000);
  plan.options.seed = 7;
  plan.options.count = 100000;
  lariat_load_arrivals *arrivals = make(&plan);
  lariat_load_arrival arrival = {0};
  for (uint64_t i = 0; lariat_load_arrivals_next(arrivals, &arrival); i++) {
    CU_ASSERT_EQUAL(arrival.index, i);
    if (i < FIXTURE_COUNT(expected))
      CU_ASSERT_EQUAL(arrival.at_ns, expected[i]);
  }
  CU_ASSERT_EQUAL(arrival.index, 99999);
  CU_ASSERT_EQUAL(arrival.at_ns, UINT64_C(100185157401));
  CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), 100000);
  lariat_load_arrivals_free(arrivals);
}

/* The parts together are the whole, at the same instants; another seed is
 * another schedule. */
static void test_poisson_parts(void) {
  struct plan plan;
  struct plan part;
  init_plan(&plan, LARIAT_LOAD_POISSON);
  set_text(&plan, "2s:0-3000,1s:3000,2s:500-0");
  plan.options.seed = UINT64_MAX;
  for (uint32_t parts = 1; parts <= 5; parts++) {
    lariat_load_arrivals *whole = make(&plan);
    lariat_load_arrivals *split[5];
    for (uint32_t k = 0; k < parts; k++) {
      part = plan;
      part.options.part = (lariat_load_part){k, parts};
      part.options.stages = part.stages;
      split[k] = make(&part);
    }
    lariat_load_arrival a = {0};
    lariat_load_arrival b = {0};
    while (lariat_load_arrivals_next(whole, &a)) {
      CU_ASSERT(lariat_load_arrivals_next(split[a.index % parts], &b));
      CU_ASSERT(a.index == b.index && a.at_ns == b.at_ns);
    }
    CU_ASSERT(a.index > 6000);
    for (uint32_t k = 0; k < parts; k++) {
      CU_ASSERT_FALSE(lariat_load_arrivals_next(split[k], &b));
      lariat_load_arrivals_free(split[k]);
    }
    lariat_load_arrivals_free(whole);
  }
  uint64_t count = count_all(&plan);
  CU_ASSERT_EQUAL(count_all(&plan), count);
  plan.options.seed = 0;
  CU_ASSERT_NOT_EQUAL(count_all(&plan), count);
}

/* The number in a second is the integral over it, give or take five standard
 * deviations. */
static void test_poisson_stages(void) {
  uint32_t counts[9];
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_POISSON);
  set_text(&plan, "2s:0-200000,2s:200000,1s:500000,2s:0,2s:100000-0");
  lariat_load_arrivals *arrivals = make(&plan);
  CU_ASSERT_EQUAL(lariat_load_arrivals_total(arrivals), 1200000);
  count_seconds(&plan, 2, counts, 9);
  for (size_t i = 0; i < 9; i++) {
    double mean = lariat_load_arrivals_mean_before(arrivals, (i + 1) * SECOND) -
                  lariat_load_arrivals_mean_before(arrivals, i * SECOND);
    if (fabs(counts[i] - mean) > 5 * sqrt(mean))
      fixture_fail("second %zu: %u, not %g", i, counts[i], mean);
  }
  lariat_load_arrivals_free(arrivals);
}

/* ---- Dispersion ---- */

/* Returns the variance by the mean of the arrivals in a millisecond, over a
 * million arrivals in `parts`. */
static double measure_dispersion(lariat_load_process process, double rate,
                                 uint64_t seed) {
  size_t bins = (size_t)(1e6 / rate * 1000);
  uint32_t *counts = calloc(bins, sizeof(*counts));
  CU_ASSERT_PTR_NOT_NULL_FATAL(counts);
  struct plan plan;
  init_plan(&plan, process);
  set_stage(&plan, bins * 1000000, rate, rate);
  plan.options.seed = seed;
  lariat_load_arrivals *arrivals = make(&plan);
  lariat_load_arrival arrival;
  double sum = 0;
  double squares = 0;
  while (lariat_load_arrivals_next(arrivals, &arrival))
    counts[arrival.at_ns / 1000000]++;
  lariat_load_arrivals_free(arrivals);
  for (size_t i = 0; i < bins; i++) {
    sum += counts[i];
    squares += (double)counts[i] * counts[i];
  }
  free(counts);
  CU_ASSERT(fabs(sum - 1e6) < 5000);
  double mean = sum / (double)bins;
  return (squares / (double)bins - mean * mean) / mean;
}

static void test_dispersion(void) {
  static const double rates[] = {3000, 17321, 20000, 100000, 333333};
  for (size_t i = 0; i < FIXTURE_COUNT(rates); i++) {
    double even = measure_dispersion(LARIAT_LOAD_EVEN, rates[i], 0);
    CU_ASSERT(even <= 0.1);
    double poisson = measure_dispersion(LARIAT_LOAD_POISSON, rates[i], i);
    if (fabs(poisson - 1) > 0.1) fixture_fail("dispersion %g", poisson);
  }
}

/* ---- Plans that make no sense ---- */

static void refuse(const struct plan *plan, const char *message) {
  lariat_load_error error = {0};
  lariat_load_arrivals *arrivals = (void *)&error;
  CU_ASSERT_EQUAL(lariat_load_arrivals_new(&plan->options, &arrivals, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(arrivals);
  CU_ASSERT_EQUAL(lariat_load_arrivals_new(&plan->options, &arrivals, NULL),
                  LARIAT_EINVAL);
  if (strcmp(error.message, message) != 0)
    fixture_fail("%s; not: %s", error.message, message);
}

static void test_bad_stages(void) {
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  refuse(&plan, "no stage");
  set_stage(&plan, SECOND, 0, 0);
  refuse(&plan, "no rate above 0 in any stage");
  set_stage(&plan, 0, 1, 1);
  refuse(&plan, "stage 1: it ends when it begins");
  set_stage(&plan, SECOND, -1, 1);
  refuse(&plan, "stage 1: a rate below 0");
  set_stage(&plan, SECOND, 1, (double)NAN);
  refuse(&plan, "stage 1: a rate that is no number");
  set_stage(&plan, SECOND, 1, (double)INFINITY);
  refuse(&plan, "stage 1: a rate of more than 1e+09 a second");
  set_stage(&plan, LARIAT_LOAD_LONGEST_NS + 1, 1, 1);
  refuse(&plan, "stage 1: it ends after ten years");
  set_stage(&plan, LARIAT_LOAD_ENDLESS_NS, 1, 2);
  refuse(&plan, "stage 1: a ramp that does not end");
  plan.stages[0].to_per_s = 1;
  plan.stages[1] = plan.stages[0];
  plan.options.stage_count = 2;
  refuse(&plan, "stage 1: it does not end, and there is another");
  plan.stages[0].duration_ns = LARIAT_LOAD_LONGEST_NS - 5;
  plan.stages[1].duration_ns = 6;
  refuse(&plan, "stage 2: it ends after ten years");
  plan.options.stage_count = LARIAT_LOAD_MOST_STAGES + 1;
  refuse(&plan, "more than 64 stages");
}

static void test_bad_options(void) {
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_stage(&plan, SECOND, 1, 1);
  plan.options.part = (lariat_load_part){2, 2};
  refuse(&plan, "part 2 of 2 (they are counted from 0)");
  plan.options.part = (lariat_load_part){1, 0};
  refuse(&plan, "part 1 of 0 (they are counted from 0)");
  plan.options.part = (lariat_load_part){0, 0};
  plan.options.process = (lariat_load_process)2;
  refuse(&plan, "no such process");
  plan.options.process = LARIAT_LOAD_EVEN;
  plan.options.stages = NULL;
  refuse(&plan, "no stages");
  plan.options.size = 0;
  refuse(&plan, "options without their size");
}

/* What rounds to a rate of 0, and the last arrivals that there are. */
static void test_extremes(void) {
  struct plan plan;
  init_plan(&plan, LARIAT_LOAD_EVEN);
  set_stage(&plan, SECOND, 1e-11, 0);
  refuse(&plan, "no rate above 0 in any stage");
  set_stage(&plan, LARIAT_LOAD_ENDLESS_NS, 1e-9, 1e-9);
  plan.options.count = UINT64_MAX;
  lariat_load_arrival arrival = {0};
  lariat_load_arrivals *arrivals = make(&plan);
  uint64_t count = 0;
  while (lariat_load_arrivals_next(arrivals, &arrival)) count++;
  CU_ASSERT(count < 10 && arrival.at_ns < UINT64_C(1) << 62);
  lariat_load_arrivals_free(arrivals);
  set_stage(&plan, LARIAT_LOAD_ENDLESS_NS, 1e9, 1e9);
  plan.options.part = (lariat_load_part){UINT32_MAX - 1, UINT32_MAX};
  arrivals = make(&plan);
  count = 0;
  while (lariat_load_arrivals_next(arrivals, &arrival) && count < 1000000)
    count++;
  CU_ASSERT_EQUAL(arrival.index, arrival.at_ns);
  lariat_load_arrivals_free(arrivals);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"even arrivals are exact, in any number of parts", test_even},
      {"60,000 in a minute of 1,000 a second", test_minute},
      {"years are exact to a nanosecond", test_days},
      {"rates that no double has are exact", test_slow},
      {"a count ends a plan", test_count},
      {"ramps are exact", test_ramps},
      {"a ramp over a day is exact", test_long_ramp},
      {"stages follow each other", test_stages},
      {"nothing arrives while the rate is 0", test_pause},
      {"Poisson arrivals are the same everywhere", test_poisson_exact},
      {"parts of a Poisson process are the whole", test_poisson_parts},
      {"a Poisson process follows the rate", test_poisson_stages},
      {"the dispersion is that of the process", test_dispersion},
      {"stages that make no sense are refused", test_bad_stages},
      {"options that make no sense are refused", test_bad_options},
      {"the slowest and the fastest plan", test_extremes},
  };
  return fixture_main("arrivals", tests, FIXTURE_COUNT(tests), argc, argv);
}
