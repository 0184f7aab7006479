/* SPDX-License-Identifier: MIT
 * recovery.c: an origin that fails all for a while, under many idempotent
 * requests without a budget for retries: all recover when the outage ends,
 * spread and not in a burst.  No 100 ms see more than 2.5 times what an even
 * spread over the longest wait would be.  What is counted of outages is in
 * tests/stress/outage_stress.c.
 *
 *   timing-recovery [requests]
 *
 * Usually 1,000 requests and an outage of 1 s; in full 10,000 and 10 s. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/scale.h"

enum {
  FULL_SCALE = 1000,
  WINDOW_MS = 100,
  WINDOWS = 1000,
  PER_HOST = 64,
  PATIENCE_MS = 120000
};

static const struct origin_step busy[] = {{ORIGIN_PAGE, "busy\n", 0, 503},
                                          {ORIGIN_END, NULL, 0, 0}};
static const struct origin_step page[] = {{ORIGIN_PAGE, "page\n", 0, 0},
                                          {ORIGIN_END, NULL, 0, 0}};
static unsigned requests;
static unsigned outage_ms;
static struct outcome *outcomes;
static struct origin *origin;
static char url[256];

static void open_with(struct fetching *t, const lariat_retry_policy *policy) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 2;
  pool.max_jobs_per_host = PER_HOST;
  pool.max_connections_per_host = PER_HOST;
  client.timeout_ms = PATIENCE_MS;
  client.retry = policy;
  fetching_open(t, &pool, &client);
  origin = origin_start(NULL);
  if (!origin) abort();
  origin_url(origin, "/load", url, sizeof url);
}

static void close_all(struct fetching *t) {
  outcome_clear(outcomes, requests);
  origin_stop(origin);
  fetching_close(t);
}

static unsigned windows[WINDOWS];

static void note_window(struct outcome *outcome, void *context) {
  uint64_t since = outcome->ended_ms - *(const uint64_t *)context;
  windows[since / WINDOW_MS < WINDOWS ? since / WINDOW_MS : WINDOWS - 1]++;
}

static unsigned print_windows(unsigned last) {
  unsigned most = 0;
  printf("  recovered in each 100 ms after the outage:");
  for (unsigned i = 0; i <= last; i++) {
    if (i % 10 == 0) printf("\n   %4.1f s", i / 10.0);
    printf(" %4u", windows[i]);
    if (windows[i] > most) most = windows[i];
  }
  puts("");
  return most;
}

static void test_recovery(void) {
  struct fetching t;
  uint64_t ended_ms = fixture_real_ms() + outage_ms;
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 1000;
  policy.no_budget = true;
  policy.cap_ms = outage_ms / 2;
  open_with(&t, &policy);
  memset(windows, 0, sizeof windows);
  if (!origin_script(origin, "/load", busy)) abort();
  for (unsigned i = 0; i < requests; i++)
    outcome_watch_then(&outcomes[i], lariat_get(t.client, url), note_window,
                       &ended_ms);
  while (fixture_real_ms() < ended_ms) fetching_run(&t, 1);
  if (!origin_script(origin, "/load", page)) abort();
  unsigned long before = origin_counts(origin).requests;
  fetching_wait(&t, outcomes, requests, PATIENCE_MS);
  for (unsigned i = 0; i < requests; i++)
    outcome_expect_http(&outcomes[i], 200);
  unsigned last = (unsigned)(fixture_real_ms() - ended_ms) / WINDOW_MS;
  puts("");
  unsigned most = print_windows(last < WINDOWS ? last : WINDOWS - 1);
  double even = (double)WINDOW_MS / policy.cap_ms;
  printf("  %u requests, %lu attempts in the outage; at the most %.1f %% in "
         "100 ms, even would be %.1f %%\n",
         requests, before, 100.0 * most / requests, 100 * even);
  if (most > 2.5 * even * requests + 5)
    fixture_fail("a burst of %u in 100 ms", most);
  close_all(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an outage, without a budget", test_recovery},
  };
  requests = (unsigned)scale_of(FULL_SCALE, argc, argv);
  if (requests < 20) requests = 20;
  outage_ms = requests > 1000 ? requests : 1000;
  outcomes = calloc(requests, sizeof *outcomes);
  if (!outcomes) return 1;
  int result = fixture_main("recovery", tests, FIXTURE_COUNT(tests), 0, NULL);
  free(outcomes);
  return result;
}
