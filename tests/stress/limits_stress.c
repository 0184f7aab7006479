/* SPDX-License-Identifier: MIT
 * labels: threads
 * limits_stress.c: limits, rates and delays at full size, by counts.
 *
 *   - 10,000 requests on two reactors, placed by host and spread: never more in
 *     flight than the limits, to one host and in all, as the server counts;
 *   - rates and delays on two reactors: never more requests than the time from
 *     before the first to after the last allows, however long that is.
 *
 * Each window and each gap is looked at in virtual_limits.c.
 *
 *   limits_stress [per cent]
 *
 * Less than 100 per cent: fewer requests, and shorter runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/scale.h"
#include "support/steady_load.h"

/* A rate makes up for this much of what it was late. */
#define LATE_S 0.05

static uint64_t percent = 100;

static struct origin_counts counts_of(const struct steady_load *load,
                                      unsigned host) {
  char address[32];
  snprintf(address, sizeof address, "127.0.%u.%u", load->area, host + 1);
  return origin_address_counts(load->origin, address);
}

/* ---- In flight ---- */

struct in_flight {
  lariat_placement placement;
  unsigned hosts;
  unsigned max_jobs;
  unsigned per_host;
};

static void expect_in_flight(const struct in_flight *row) {
  static const char *const paths[] = {"/wait/1", "/page", "/wait/3",
                                      "/page",   "/last", NULL};
  static struct steady_load load;
  lariat_pool_options pool = lariat_pool_defaults();
  uint64_t requests = 10000 * percent / 100;
  load = (struct steady_load){.area = 1,
                              .hosts = row->hosts,
                              .each = 2 * row->per_host,
                              .paths = paths,
                              .left = requests};
  pool.reactors = 2;
  pool.max_jobs = row->max_jobs;
  pool.max_jobs_per_host = row->per_host;
  steady_load_open(&load, &pool, row->placement);
  steady_load_run(&load, 120000);
  struct origin_counts all = origin_counts(load.origin);
  unsigned long most = 0;
  CU_ASSERT_EQUAL(all.requests, requests);
  for (unsigned host = 0; host < row->hosts; host++) {
    unsigned long one = counts_of(&load, host).in_flight_max;
    if (one > most) most = one;
  }
  printf("\n    %llu requests, %u hosts, %s: %lu in flight of %u, %lu to one "
         "host of %u",
         (unsigned long long)requests, row->hosts,
         row->placement == LARIAT_PLACE_SPREAD ? "spread" : "by host",
         all.in_flight_max, row->max_jobs, most, row->per_host);
  CU_ASSERT(all.in_flight_max <= row->max_jobs);
  CU_ASSERT(most <= row->per_host);
  steady_load_close(&load);
}

static void test_in_flight(void) {
  static const struct in_flight rows[] = {
      {LARIAT_PLACE_HOST, 12, 40, 7},   {LARIAT_PLACE_SPREAD, 12, 40, 7},
      {LARIAT_PLACE_HOST, 1, 64, 64},   {LARIAT_PLACE_SPREAD, 1, 64, 33},
      {LARIAT_PLACE_SPREAD, 16, 9, 16},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) expect_in_flight(&rows[i]);
}

/* ---- Rates and delays on two reactors ---- */

struct rates {
  lariat_placement placement;
  unsigned hosts;
  double rate; /* in all */
  double burst;
  double per_host;
  double per_host_burst;
  unsigned delay_ms;
};

static const struct rates rate_rows[] = {
    {LARIAT_PLACE_SPREAD, 3, 400, 50, 0, 0, 0},
    {LARIAT_PLACE_HOST, 8, 1000, 0, 0, 0, 0},
    {LARIAT_PLACE_HOST, 3, 0, 0, 100, 5, 0},
    {LARIAT_PLACE_SPREAD, 2, 0, 0, 250, 0, 0},
    {LARIAT_PLACE_HOST, 5, 0, 0, 0, 0, 20},
    {LARIAT_PLACE_SPREAD, 5, 0, 0, 0, 0, 20},
    {LARIAT_PLACE_SPREAD, 5, 0, 0, 0, 0, 3},
};

static lariat_pool_options rated(const struct rates *row) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  pool.rate = row->rate;
  pool.rate_burst = row->burst;
  pool.rate_per_host = row->per_host;
  pool.rate_per_host_burst = row->per_host_burst;
  pool.delay_per_host_ms = row->delay_ms;
  return pool;
}

static void expect_at_most(unsigned long count, double rate, double burst,
                           double seconds) {
  double most = (burst > 1 ? burst : 1) + rate * (seconds + LATE_S) + 1;
  if ((double)count > most)
    fixture_fail("%lu requests in %.3f s, %.1f allowed", count, seconds, most);
}

/* A machine that is slow only makes the time longer: no more is allowed in it
 * than a full bucket and what schedules in meanwhile. */
static void expect_rates(const struct rates *row) {
  static const char *const paths[] = {"/page", "/last",     "/wait/5",
                                      "/page", "/served/2", NULL};
  static struct steady_load load;
  lariat_pool_options pool = rated(row);
  uint64_t began_ms = fixture_real_ms();
  load = (struct steady_load){.area = 2,
                              .hosts = row->hosts,
                              .each = 20,
                              .paths = paths,
                              .left = UINT64_MAX,
                              .stop_ms = began_ms + 20 * percent};
  steady_load_open(&load, &pool, row->placement);
  steady_load_run(&load, 120000);
  double seconds = (double)(fixture_real_ms() - began_ms + 1) / 1000;
  unsigned long all = origin_counts(load.origin).requests;
  printf("\n    %u hosts, %s: %lu requests in %.3f s", row->hosts,
         row->placement == LARIAT_PLACE_SPREAD ? "spread" : "by host", all,
         seconds);
  CU_ASSERT(all >= row->hosts);
  if (row->rate > 0) expect_at_most(all, row->rate, row->burst, seconds);
  for (unsigned host = 0; host < row->hosts; host++) {
    unsigned long one = counts_of(&load, host).requests;
    if (row->per_host > 0)
      expect_at_most(one, row->per_host, row->per_host_burst, seconds);
    if (row->delay_ms) expect_at_most(one, 1000.0 / row->delay_ms, 1, seconds);
  }
  steady_load_close(&load);
}

static void test_rates(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(rate_rows); i++)
    expect_rates(&rate_rows[i]);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"in flight", test_in_flight},
      {"rates", test_rates},
  };
  percent = scale_of(100, argc, argv);
  return fixture_main("limits_stress", tests, FIXTURE_COUNT(tests), 1, argv);
}
