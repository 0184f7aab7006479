/* SPDX-License-Identifier: MIT
 * virtual_limits.c: rates and delays of a whole pool under the virtual clock,
 * request by request.
 *
 *   - a rate, in all and for each host, with a burst: any window of ten seconds
 *     after the burst has its requests within 1 %, and no more start before it
 *     than the burst and what has flowed in since;
 *   - a delay for each host: no gap between two requests is shorter, and the
 *     mean is no longer than the delay and the clock's millisecond. */
#include <stdio.h>

#include "support/scripting.h"

enum {
  HOSTS_MAX = 8,
  EACH = 40, /* requests to a host that are kept going */
  STARTS_MAX = 40000,
  WINDOW_S = 10,
  RUN_S = 30,
  ALL_HOSTS = -1
};

static const uint64_t s_ns = 1000000000;

struct limits {
  unsigned hosts;
  double rate; /* in all */
  double burst;
  double per_host;
  double per_host_burst;
  unsigned delay_ms;
};

/* The moments at which the script was asked, in their order. */
struct starts {
  size_t count;
  uint64_t at_ns[STARTS_MAX];
  int host[STARTS_MAX];
};

static struct starts starts;
static struct fixture fixture;
static lariat_client *client;
static struct caller { int host; } callers[HOSTS_MAX * EACH];
static bool over;

static void note_start(const lariat_asked *asked, lariat_answer *answer,
                       void *context) {
  (void)context;
  if (starts.count == STARTS_MAX) return;
  starts.at_ns[starts.count] =
      lariat_virtual_clock_now_ns(fixture.virtual_clock);
  starts.host[starts.count++] = lariat_asked_url(asked)[7] - 'a';
  answer->first_byte_ms = 5;
}

static void ask_again(struct caller *caller);

static lariat_value on_end(lariat_value result, void *caller) {
  if (!over && lariat_is_failure(result)) fixture_fail("a request failed");
  if (!over) ask_again(caller);
  return lariat_value_drop(result);
}

static void ask_again(struct caller *caller) {
  char url[] = "http://a.test/";
  url[7] = (char)('a' + caller->host);
  lariat_deferred_forget(
      lariat_deferred_add_both(lariat_get(client, url), on_end, caller));
}

static void run_seconds(uint64_t seconds) {
  for (uint64_t ms = 0; ms < seconds * 1000; ms += 100)
    CU_ASSERT_EQUAL(
        lariat_virtual_clock_run(fixture.virtual_clock, fixture.reactor, 100),
        LARIAT_OK);
}

static lariat_pool *open_pool(const struct limits *row) {
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  lariat_client_options client_options = lariat_client_defaults();
  options.rate = row->rate;
  options.rate_burst = row->burst;
  options.rate_per_host = row->per_host;
  options.rate_per_host_burst = row->per_host_burst;
  options.delay_per_host_ms = row->delay_ms;
  client_options.timeout_ms = 0;
  fixture_open(&fixture, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(lariat_scripted_pool_new(&options, fixture.reactor,
                                                 note_start, NULL, &pool),
                        LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_client_new(pool, fixture.reactor, &client_options, &client),
      LARIAT_OK);
  return pool;
}

/* Keeps requests going to all hosts, and notes when each starts. */
static void ask_for_long(const struct limits *row) {
  lariat_pool *pool = open_pool(row);
  starts.count = 0;
  over = false;
  for (unsigned i = 0; i < row->hosts * EACH; i++) {
    callers[i].host = (int)(i % row->hosts);
    ask_again(&callers[i]);
  }
  run_seconds(RUN_S);
  over = true;
  lariat_client_close(client);
  run_seconds(1);
  lariat_pool_release(pool);
  fixture_close(&fixture);
}

/* The starts of one host, or of ALL_HOSTS. */
static size_t pick(uint64_t *out, int host) {
  size_t picked = 0;
  for (size_t i = 0; i < starts.count; i++)
    if (host == ALL_HOSTS || starts.host[i] == host)
      out[picked++] = starts.at_ns[i];
  return picked;
}

/* ---- Rates ---- */

static void expect_windows(const uint64_t *at_ns, size_t count, double rate,
                           size_t burst) {
  double expected = rate * (double)WINDOW_S;
  double allowed = 0.01 * expected > 1.5 ? 0.01 * expected : 1.5;
  size_t windows = 0;
  for (size_t i = burst, j = burst; i < count; i++) {
    uint64_t end_ns = at_ns[i] + WINDOW_S * s_ns;
    if (end_ns > at_ns[count - 1]) break;
    while (at_ns[j] < end_ns) j++;
    windows++;
    double off = (double)(j - i) - expected;
    if (off <= allowed && off >= -allowed) continue;
    fixture_fail("%zu requests in a window, not %.0f", j - i, expected);
    return;
  }
  CU_ASSERT((double)windows > rate);
}

/* From the first request on there are never more than the burst and what has
 * flowed in since; most of the burst starts with it. */
static void expect_burst(const uint64_t *at_ns, size_t count, double rate,
                         size_t burst) {
  size_t early = 0;
  for (size_t i = 0; i < count && at_ns[i] < at_ns[0] + s_ns; i++) {
    double since_s = (double)(at_ns[i] - at_ns[0]) / 1e9;
    if ((double)(i + 1) > (double)burst + rate * since_s + 1e-6)
      fixture_fail("%zu requests in %.3f s", i + 1, since_s);
    early += at_ns[i] == at_ns[0];
  }
  CU_ASSERT(early > burst / 2);
}

static void expect_rate(int host, double rate, double burst) {
  static uint64_t at_ns[STARTS_MAX];
  size_t count = pick(at_ns, host);
  size_t at_once = burst > 1 ? (size_t)burst : 1;
  expect_windows(at_ns, count, rate, at_once);
  expect_burst(at_ns, count, rate, at_once);
}

static void test_rates(void) {
  static const struct limits rows[] = {
      {3, 400, 50, 0, 0, 0},
      {8, 1000, 0, 0, 0, 0},
      {3, 0, 0, 100, 5, 0},
      {2, 0, 0, 250, 0, 0},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    ask_for_long(&rows[i]);
    printf("\n    %u hosts: %zu requests", rows[i].hosts, starts.count);
    if (rows[i].rate > 0) expect_rate(ALL_HOSTS, rows[i].rate, rows[i].burst);
    for (int host = 0; rows[i].per_host > 0 && host < (int)rows[i].hosts;
         host++)
      expect_rate(host, rows[i].per_host, rows[i].per_host_burst);
  }
}

/* ---- Delays ---- */

static void expect_gaps(int host, unsigned delay_ms) {
  static uint64_t at_ns[STARTS_MAX];
  size_t count = pick(at_ns, host);
  uint64_t delay_ns = delay_ms * (s_ns / 1000);
  CU_ASSERT_FATAL(count > 1);
  for (size_t i = 1; i < count; i++)
    if (at_ns[i] - at_ns[i - 1] < delay_ns)
      fixture_fail("a gap of %llu ns",
                   (unsigned long long)(at_ns[i] - at_ns[i - 1]));
  CU_ASSERT((at_ns[count - 1] - at_ns[0]) / (count - 1) <=
            delay_ns + s_ns / 1000);
}

static void test_delays(void) {
  static const unsigned delays_ms[] = {3, 20, 500};
  for (size_t i = 0; i < FIXTURE_COUNT(delays_ms); i++) {
    struct limits row = {.hosts = 5, .delay_ms = delays_ms[i]};
    ask_for_long(&row);
    printf("\n    %u ms: %zu requests", row.delay_ms, starts.count);
    for (int host = 0; host < 5; host++) expect_gaps(host, row.delay_ms);
  }
}

int main(void) {
  static const struct fixture_test tests[] = {
      {"rates", test_rates},
      {"delays", test_delays},
  };
  return fixture_main("virtual limits", tests, FIXTURE_COUNT(tests), 0, NULL);
}
