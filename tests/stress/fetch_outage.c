/* SPDX-License-Identifier: MIT
 * fetch_outage.c: origins at their worst under many idempotent requests.
 *
 *   An origin that fails all for a while, by closing connections and by 503:
 *   with the default budget the attempts, as it counts them, stay below 1.2
 *   times the requests, and the rest fail at once, by name.  Without a budget
 *   all recover when the outage ends, spread and not in a burst: no 100 ms see
 *   more than 2.5 times what an even spread over the longest wait would be.
 *
 *   An origin that drops every kept-alive connection after one use, before or
 *   after it has read the next request: nothing fails.
 *
 *   fetch_outage [requests]
 *
 * Usually 1,000 requests and an outage of 1 s, see scale.h; in full 10,000 and
 * 10 s. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/scale.h"
#include <lariat/failure.h>

enum {
  USUAL = 1000,
  WINDOW_MS = 100,
  WINDOWS = 1000,
  PER_HOST = 64,
  PATIENCE_MS = 120000
};

static const struct origin_step closes[] = {{ORIGIN_CLOSE, NULL, 0, 0}};
static const struct origin_step busy[] = {{ORIGIN_PAGE, "busy\n", 0, 503},
                                          {ORIGIN_END, NULL, 0, 0}};
static const struct origin_step page[] = {{ORIGIN_PAGE, "page\n", 0, 0},
                                          {ORIGIN_END, NULL, 0, 0}};
static const struct origin_step reads_and_drops[] = {
    {ORIGIN_CLOSE_AFTER, NULL, 0, 2},
    {ORIGIN_PAGE, "page\n", 0, 0},
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

/* As many a millisecond as make `requests` in `ms`. */
static void submit_over(struct fetching *t, unsigned ms) {
  uint64_t began = fixture_real_ms();
  unsigned made = 0;
  while (made < requests) {
    uint64_t due =
        ms ? (fixture_real_ms() - began + 1) * requests / ms : requests;
    while (made < due && made < requests) {
      outcome_watch(&outcomes[made], lariat_get(t->client, url));
      made++;
    }
    fetching_run(t, 1);
  }
}

/* With the default budget. */

struct tally {
  unsigned answered; /* with what the origin said */
  unsigned over_budget;
  unsigned other;
  uint64_t slowest_us; /* of those that had one attempt: at once */
};

static struct tally count(void) {
  struct tally tally = {0, 0, 0, 0};
  for (unsigned i = 0; i < requests; i++) {
    const struct outcome *o = &outcomes[i];
    bool fine = o->status == LARIAT_OK;
    bool budget =
        (fine ? lariat_response_retry_end(outcome_response(o))
              : lariat_failure_retry_end(o->value)) == LARIAT_RETRY_BUDGET;
    size_t attempts = fine ? lariat_response_attempts(outcome_response(o))
                           : lariat_failure_attempts(o->value);
    uint64_t us = fine ? lariat_response_timings(outcome_response(o)).total_us
                       : lariat_failure_timings(o->value).total_us;
    if (!fine && budget != (o->status == LARIAT_ERETRYBUDGET))
      fixture_fail("the name is %s", lariat_status_name(o->status));
    tally.answered += fine;
    tally.over_budget += budget;
    tally.other += !budget;
    if (attempts == 1 && us > tally.slowest_us) tally.slowest_us = us;
  }
  return tally;
}

static void outage_with_budget(const char *how,
                               const struct origin_step *steps) {
  struct fetching t;
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 3;
  /* a tenth of the requests at the start, as with 1,000 of them and more */
  if (policy.budget_burst > requests / 20.0)
    policy.budget_burst = requests / 20.0;
  if (requests < 1000) policy.budget_per_s = 0;
  open_with(&t, &policy);
  if (!origin_script(origin, "/load", steps)) abort();
  submit_over(&t, outage_ms);
  fetching_wait(&t, outcomes, requests, PATIENCE_MS);
  struct tally tally = count();
  double ratio = (double)origin_counts(origin).requests / requests;
  printf("  %-8s %u requests in %u ms, %lu attempts (%.3f); %u stopped by the "
         "budget, %u had all retries; one attempt took %.1f ms at the most\n",
         how, requests, outage_ms, origin_counts(origin).requests, ratio,
         tally.over_budget, tally.other, (double)tally.slowest_us / 1000);
  if (ratio > 1.2) fixture_fail("%s: %.3f attempts a request", how, ratio);
  CU_ASSERT(tally.over_budget > requests / 2);
  close_all(&t);
}

static void test_budget(void) {
  puts("");
  outage_with_budget("closing", closes);
  outage_with_budget("503", busy);
}

/* Without one. */

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

/* Kept-alive connections that are not. */

static void drops(const char *how, const char *path) {
  struct fetching t;
  open_with(&t, NULL);
  if (!origin_script(origin, "/load", reads_and_drops)) abort();
  origin_url(origin, path, url, sizeof url);
  for (unsigned i = 0; i < requests; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url));
  fetching_wait(&t, outcomes, requests, PATIENCE_MS);
  unsigned failed = 0, repeated = 0;
  for (unsigned i = 0; i < requests; i++) {
    failed += outcomes[i].status != LARIAT_OK;
    if (outcomes[i].status == LARIAT_OK)
      repeated += lariat_response_attempts(outcome_response(&outcomes[i])) > 1;
  }
  struct origin_counts counts = origin_counts(origin);
  printf("  dropped %s: %u requests, %lu seen, %lu connections; %u were made "
         "twice, %u failed\n",
         how, requests, counts.requests, counts.accepted, repeated, failed);
  if (failed) fixture_fail("%u of %u failed", failed, requests);
  CU_ASSERT(counts.requests <= 2ul * requests);
  close_all(&t);
}

static void test_drops(void) {
  puts("");
  drops("after the next request was read", "/load");
  drops("after the answer", "/served/1");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an outage, with a budget", test_budget},
      {"an outage, without a budget", test_recovery},
      {"dropped connections", test_drops},
  };
  requests = (unsigned)scale_of(USUAL, argc, argv);
  if (requests < 20) requests = 20;
  outage_ms = requests > 1000 ? requests : 1000;
  outcomes = calloc(requests, sizeof *outcomes);
  if (!outcomes) return 1;
  int result =
      fixture_main("fetch outage", tests, FIXTURE_COUNT(tests), 0, NULL);
  free(outcomes);
  return result;
}
