/* SPDX-License-Identifier: MIT
 * rates.c: rates and delays at full size, as the server sees them by its clock.
 *
 *   - rates, in all and for each host, with a burst, placed by host and spread:
 *     within 1 % in any window of ten seconds after the burst;
 *   - a delay for each host, with connections that are kept, closed, and die:
 *     no gap between two requests is shorter.
 *
 *   timing-rates [per cent]
 *
 * Less than 100 per cent: shorter windows, in which one request, or the
 * lateness that a rate makes good, may be more than 1 %. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/scale.h"
#include "support/steady_load.h"

enum { STAMPS = 40000 };

/* Lateness that is made good afterwards: see lib/limits/rate.h. */
#define LATE_NS 5e7

static uint64_t percent = 100;
static struct origin_stamp stamps[STAMPS];

/* ---- Rates ---- */

static int by_time(const void *a, const void *b) {
  const struct origin_stamp *one = a;
  const struct origin_stamp *two = b;
  return (one->at_ns > two->at_ns) - (one->at_ns < two->at_ns);
}

/* The stamps of one host (0xffffffff: of all), in order. */
static size_t pick(struct origin *origin, struct origin_stamp *out,
                   uint32_t address) {
  size_t count = origin_stamped(origin);
  size_t picked = 0;
  for (size_t i = 0; i < count; i++)
    if (address == UINT32_MAX || stamps[i].address == address)
      out[picked++] = stamps[i];
  qsort(out, picked, sizeof *out, by_time);
  return picked;
}

struct windows {
  double least; /* of the rate */
  double most;
};

/* All windows of that length that begin with a request after the burst. */
static struct windows look_through(const struct origin_stamp *at, size_t count,
                                   double rate, size_t burst,
                                   uint64_t window_ns) {
  struct windows w = {9, 0};
  double expected = rate * (double)window_ns / 1e9;
  for (size_t i = burst, j = burst; i < count; i++) {
    if (at[i].at_ns + window_ns > at[count - 1].at_ns) break;
    while (at[j].at_ns < at[i].at_ns + window_ns) j++;
    double share = (double)(j - i) / expected;
    if (share < w.least) w.least = share;
    if (share > w.most) w.most = share;
  }
  return w;
}

struct rates {
  lariat_placement placement;
  unsigned hosts;
  double rate; /* in all */
  double burst;
  double per_host;
  double per_host_burst;
};

static void expect_rate(const struct origin_stamp *at, size_t count,
                        double rate, double burst, uint64_t window_ns) {
  double allowed = 0.01;
  double expected = rate * (double)window_ns / 1e9;
  if (1.5 / expected > allowed) allowed = 1.5 / expected;
  if (percent < 100) allowed += LATE_NS / (double)window_ns;
  struct windows w =
      look_through(at, count, rate, burst > 1 ? (size_t)burst : 1, window_ns);
  printf(" %.0f/s: %.2f to %.2f %%;", rate, w.least * 100, w.most * 100);
  /* On a machine that has no time, more is lost than is made good. */
  if (w.least < (percent < 100 ? 0.5 : 1 - allowed) || w.most > 1 + allowed)
    fixture_fail("%.0f/s was %.2f to %.2f %% in some window", rate,
                 w.least * 100, w.most * 100);
}

/* Nothing before the burst has more than the burst either. */
static void expect_burst(const struct origin_stamp *at, size_t count,
                         double rate, double burst) {
  size_t early = 0;
  size_t most = (size_t)(burst > 1 ? burst : 1);
  while (early < count && at[early].at_ns < at[0].at_ns + 20000000u) early++;
  if (early > most + (size_t)(rate * 0.07) + 1)
    fixture_fail("a burst of %zu, not %zu", early, most);
}

static void expect_rates(const struct rates *row) {
  static const char *const paths[] = {"/page", "/wait/5", "/page", NULL};
  static struct steady_load load;
  static struct origin_stamp at[STAMPS];
  uint64_t window_ms = 10000 * percent / 100;
  if (window_ms < 1000) window_ms = 1000;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  pool.rate = row->rate;
  pool.rate_burst = row->burst;
  pool.rate_per_host = row->per_host;
  pool.rate_per_host_burst = row->per_host_burst;
  load = (struct steady_load){.area = 2,
                              .hosts = row->hosts,
                              .each = 40,
                              .paths = paths,
                              .left = STAMPS,
                              .stop_ms = fixture_real_ms() + window_ms * 3 / 2};
  steady_load_open(&load, &pool, row->placement);
  origin_stamp_requests(load.origin, stamps, STAMPS);
  printf("\n    %u hosts, %s, windows of %llu ms:", row->hosts,
         row->placement == LARIAT_PLACE_SPREAD ? "spread" : "by host",
         (unsigned long long)window_ms);
  steady_load_run(&load, (unsigned)window_ms * 2 + 10000);
  size_t count = pick(load.origin, at, UINT32_MAX);
  if (row->rate > 0) {
    expect_rate(at, count, row->rate, row->burst, window_ms * 1000000u);
    expect_burst(at, count, row->rate, row->burst);
  }
  for (unsigned host = 0; row->per_host > 0 && host < row->hosts; host++) {
    count = pick(load.origin, at, 0x7f000201u + host);
    expect_rate(at, count, row->per_host, row->per_host_burst,
                window_ms * 1000000u);
    expect_burst(at, count, row->per_host, row->per_host_burst);
  }
  steady_load_close(&load);
}

static void test_rates(void) {
  static const struct rates rows[] = {
      {LARIAT_PLACE_SPREAD, 3, 400, 50, 0, 0},
      {LARIAT_PLACE_HOST, 8, 1000, 0, 0, 0},
      {LARIAT_PLACE_HOST, 3, 0, 0, 100, 5},
      {LARIAT_PLACE_SPREAD, 2, 0, 0, 250, 0},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) expect_rates(&rows[i]);
}

/* ---- Delays ---- */

static void expect_gaps(lariat_placement placement, unsigned delay_ms,
                        uint64_t run_ms) {
  static const char *const paths[] = {"/page", "/last",     "/wait/30",
                                      "/page", "/served/2", NULL};
  static struct steady_load load;
  static struct origin_stamp at[STAMPS];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  pool.delay_per_host_ms = delay_ms;
  load = (struct steady_load){.area = 3,
                              .hosts = 5,
                              .each = 8,
                              .paths = paths,
                              .left = STAMPS,
                              .stop_ms = fixture_real_ms() + run_ms};
  steady_load_open(&load, &pool, placement);
  origin_stamp_requests(load.origin, stamps, STAMPS);
  steady_load_run(&load, (unsigned)run_ms + 60000);
  uint64_t least_ns = UINT64_MAX;
  uint64_t sum_ns = 0;
  uint64_t gaps = 0;
  for (unsigned host = 0; host < load.hosts; host++) {
    size_t count = pick(load.origin, at, 0x7f000301u + host);
    for (size_t i = 1; i < count; i++) {
      uint64_t gap_ns = at[i].at_ns - at[i - 1].at_ns;
      if (gap_ns < least_ns) least_ns = gap_ns;
      sum_ns += gap_ns;
      gaps++;
    }
  }
  printf("\n    %s, %u ms: %llu gaps, the least %.3f ms, the mean %.3f ms",
         placement == LARIAT_PLACE_SPREAD ? "spread" : "by host", delay_ms,
         (unsigned long long)gaps, (double)least_ns / 1e6,
         gaps ? (double)sum_ns / 1e6 / (double)gaps : 0.0);
  CU_ASSERT(gaps > 0);
  CU_ASSERT(least_ns >= (uint64_t)delay_ms * 1000000u);
  steady_load_close(&load);
}

static void test_delays(void) {
  uint64_t run_ms = 10000 * percent / 100;
  if (run_ms < 500) run_ms = 500;
  expect_gaps(LARIAT_PLACE_HOST, 20, run_ms);
  expect_gaps(LARIAT_PLACE_SPREAD, 20, run_ms);
  expect_gaps(LARIAT_PLACE_SPREAD, 3, run_ms);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"rates", test_rates},
      {"delays", test_delays},
  };
  percent = scale_of(100, argc, argv);
  return fixture_main("rates", tests, FIXTURE_COUNT(tests), 1, argv);
}
