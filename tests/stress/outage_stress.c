/* SPDX-License-Identifier: MIT
 * labels: threads
 * outage_stress.c: origins at their worst under many idempotent requests.
 *
 *   An origin that fails all, by closing connections and by 503: the attempts,
 *   as it counts them, are no more than the budget allows, and the rest fail by
 *   name.  Without a budget all recover when the outage ends; how they spread
 *   is judged under the virtual clock (tests/unit/retry_times_test.c) and
 *   measured by bench/timing/recovery.c.
 *
 *   An origin that drops every kept-alive connection after one use, before or
 *   after it has read the next request: nothing fails.
 *
 *   outage_stress [requests]
 *
 * Usually 1,000 requests, see scale.h. */
#include <stdio.h>
#include <stdlib.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/scale.h"
#include <lariat/failure.h>

enum { FULL_SCALE = 1000, PER_HOST = 64, PATIENCE_MS = 120000 };

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

static void ask_all(struct fetching *t) {
  for (unsigned i = 0; i < requests; i++)
    outcome_watch(&outcomes[i], lariat_get(t->client, url));
}

/* ---- With a budget ---- */

struct tally {
  unsigned over_budget;
  unsigned other;
};

static struct tally count_ends(void) {
  struct tally tally = {0, 0};
  for (unsigned i = 0; i < requests; i++) {
    const struct outcome *o = &outcomes[i];
    bool fine = o->status == LARIAT_OK;
    bool budget =
        (fine ? lariat_response_retry_end(outcome_response(o))
              : lariat_failure_retry_end(o->value)) == LARIAT_RETRY_BUDGET;
    if (!fine && budget != (o->status == LARIAT_ERETRYBUDGET))
      fixture_fail("the name is %s", lariat_status_name(o->status));
    tally.over_budget += budget;
    tally.other += !budget;
  }
  return tally;
}

static void outage_with_budget(const char *how,
                               const struct origin_step *steps) {
  struct fetching t;
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 3;
  policy.budget_burst = requests / 20.0;
  policy.budget_per_s = 0; /* what time adds would be time's to judge */
  open_with(&t, &policy);
  if (!origin_script(origin, "/load", steps)) abort();
  ask_all(&t);
  fetching_wait(&t, outcomes, requests, PATIENCE_MS);
  struct tally tally = count_ends();
  unsigned long attempts = origin_counts(origin).requests;
  double most = requests * (1 + policy.budget_ratio) + policy.budget_burst;
  printf("  %-8s %u requests, %lu attempts, %.0f allowed; %u stopped by the "
         "budget, %u had all retries\n",
         how, requests, attempts, most, tally.over_budget, tally.other);
  if ((double)attempts > most + 1)
    fixture_fail("%s: %lu attempts, %.0f allowed", how, attempts, most);
  CU_ASSERT(attempts > requests);
  CU_ASSERT(tally.over_budget > requests / 2);
  close_all(&t);
}

static void test_budget(void) {
  puts("");
  outage_with_budget("closing", closes);
  outage_with_budget("503", busy);
}

/* ---- Without one ---- */

static bool are_all_refused(const struct origin_counts *counts, void *context) {
  (void)context;
  return counts->answered >= 2ul * requests;
}

/* The outage lasts until the origin has counted two attempts for each request,
 * the first and, on average, one more. */
static void test_recovery(void) {
  struct fetching t;
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 1000;
  policy.no_budget = true;
  policy.cap_ms = 500;
  open_with(&t, &policy);
  if (!origin_script(origin, "/load", busy)) abort();
  ask_all(&t);
  while (!origin_wait_for(origin, are_all_refused, NULL, 0))
    fetching_run(&t, 1);
  if (!origin_script(origin, "/load", page)) abort();
  fetching_wait(&t, outcomes, requests, PATIENCE_MS);
  for (unsigned i = 0; i < requests; i++)
    outcome_expect_http(&outcomes[i], 200);
  printf("\n  %u requests, %lu attempts\n", requests,
         origin_counts(origin).requests);
  close_all(&t);
}

/* ---- Kept-alive connections that are not ---- */

static void drops(const char *how, const char *path) {
  struct fetching t;
  open_with(&t, NULL);
  if (!origin_script(origin, "/load", reads_and_drops)) abort();
  origin_url(origin, path, url, sizeof url);
  ask_all(&t);
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
  requests = (unsigned)scale_of(FULL_SCALE, argc, argv);
  if (requests < 20) requests = 20;
  outcomes = calloc(requests, sizeof *outcomes);
  if (!outcomes) return 1;
  int result = fixture_main("outage", tests, FIXTURE_COUNT(tests), 0, NULL);
  free(outcomes);
  return result;
}
