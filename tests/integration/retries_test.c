/* SPDX-License-Identifier: MIT
 * Retries as a server sees them, and what is told of them. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { MANY = 400 };

static struct origin *origin;
static char text[256];
static struct outcome outcomes[MANY];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

static const struct origin_step page[] = {{ORIGIN_PAGE, "page\n", 0, 0},
                                          {ORIGIN_END, NULL, 0, 0}};
static const struct origin_step busy[] = {{ORIGIN_PAGE, "busy\n", 0, 503},
                                          {ORIGIN_END, NULL, 0, 0}};

/* One answer a connection; keep-alive is promised, and the next request is
 * read and not answered. */
static const struct origin_step once[] = {{ORIGIN_CLOSE_AFTER, NULL, 0, 2},
                                          {ORIGIN_PAGE, "once\n", 0, 0},
                                          {ORIGIN_END, NULL, 0, 0}};

static lariat_retry_policy quick(unsigned retries) {
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = retries;
  policy.base_ms = 10;
  policy.cap_ms = 40;
  policy.seed = 1;
  return policy;
}

static void open_pool_with(struct fetching *t,
                           const lariat_retry_policy *policy,
                           bool libcurl_only) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 2;
  pool.libcurl_only = libcurl_only;
  client.timeout_ms = 5000;
  client.retry = policy;
  fetching_open(t, &pool, &client);
}

static void open_with(struct fetching *t, const lariat_retry_policy *policy) {
  open_pool_with(t, policy, false);
}

static lariat_client_stats stats_of(const struct fetching *t) {
  lariat_client_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_client_read_stats(t->client, &stats), LARIAT_OK);
  return stats;
}

static unsigned long requests(void) { return origin_counts(origin).requests; }

static bool twice_asked(const struct origin_counts *counts, void *before) {
  return counts->requests >= *(unsigned long *)before + 2;
}

/* Busy at first, then not: the answer says how it came about. */
static void test_recovers(void) {
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = quick(50);
  unsigned long before = requests();
  open_with(&t, &policy);
  CU_ASSERT(origin_script(origin, "/flaky", busy));
  outcome_watch(&o, lariat_get(t.client, url("/flaky")));
  while (!origin_wait_for(origin, twice_asked, &before, 1)) fetching_run(&t, 5);
  CU_ASSERT(origin_script(origin, "/flaky", page));
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_body(&o, "page\n");
  const lariat_response *response = outcome_response(&o);
  size_t count = lariat_response_attempts(response);
  CU_ASSERT(count >= 3);
  CU_ASSERT_EQUAL(count, requests() - before);
  CU_ASSERT_EQUAL(stats_of(&t).retries, count - 1);
  CU_ASSERT_EQUAL(lariat_response_retry_end(response), LARIAT_RETRY_NONE);
  for (size_t i = 0; i < count; i++) {
    lariat_attempt attempt = lariat_response_attempt_at(response, i);
    CU_ASSERT_EQUAL(attempt.status, LARIAT_OK);
    CU_ASSERT_EQUAL(attempt.http_status, i + 1 < count ? 503 : 200);
    if (i == 0) CU_ASSERT_EQUAL(attempt.waited_us, 0);
  }
  CU_ASSERT_EQUAL(lariat_response_attempt_at(response, count).http_status, 0);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_gives_up(void) {
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = quick(2);
  open_with(&t, &policy);
  fetching_do(&t, &o, lariat_get(t.client, url("/status/503")));
  outcome_expect_http(&o, 503);
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 3);
  CU_ASSERT_EQUAL(lariat_response_retry_end(outcome_response(&o)),
                  LARIAT_RETRY_SPENT);
  outcome_clear(&o, 1);
  unsigned long before = requests();
  fetching_do(&t, &o, lariat_get(t.client, url("/mid-body-reset")));
  outcome_expect_failure(&o, LARIAT_ERESET, LARIAT_PHASE_BODY);
  CU_ASSERT_EQUAL(requests() - before, 3);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 3);
  CU_ASSERT_EQUAL(lariat_failure_retry_end(o.value), LARIAT_RETRY_SPENT);
  for (size_t i = 0; i < 3; i++) {
    lariat_attempt attempt = lariat_failure_attempt_at(o.value, i);
    CU_ASSERT_EQUAL(attempt.status, LARIAT_ERESET);
    CU_ASSERT_EQUAL(attempt.http_status, 200);
  }
  outcome_clear(&o, 1);
  /* Its job is used again, with the same rules. */
  fetching_do(&t, &o, lariat_get(t.client, url("/mid-body-reset")));
  CU_ASSERT_EQUAL(requests() - before, 6);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/status/404")));
  outcome_expect_http(&o, 404);
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 1);
  CU_ASSERT_EQUAL(
      lariat_response_attempt_at(outcome_response(&o), 0).http_status, 404);
  outcome_clear(&o, 1);
  fetching_expect_ledger(t.client, 4, 2, 2, 0);
  fetching_close(&t);
}

/* Without a policy nothing is tried again, with one only what may be. */
static void test_methods(void) {
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = quick(2);
  open_with(&t, NULL);
  fetching_do(&t, &o, lariat_get(t.client, url("/status/503")));
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 1);
  outcome_clear(&o, 1);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.retry = &policy;
  options.body = lariat_body_bytes("x", 1);
  fetching_do(&t, &o,
              lariat_request(t.client, "PUT", url("/status/503"), &options));
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 3);
  outcome_clear(&o, 1);
  fetching_do(&t, &o,
              lariat_request(t.client, "POST", url("/status/503"), &options));
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 1);
  CU_ASSERT_EQUAL(lariat_response_retry_end(outcome_response(&o)),
                  LARIAT_RETRY_METHOD);
  outcome_clear(&o, 1);
  options.retry_any_method = true;
  fetching_do(&t, &o,
              lariat_request(t.client, "POST", url("/status/503"), &options));
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 3);
  outcome_clear(&o, 1);
  policy.max_retries = 5000;
  fetching_do(&t, &o,
              lariat_request(t.client, "PUT", url("/status/503"), &options));
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static const struct origin_step after_one[] = {
    {ORIGIN_SEND,
     "HTTP/1.1 429 Slow down\r\nRetry-After: 1\r\n"
     "Content-Length: 0\r\n\r\n",
     0, 0},
    {ORIGIN_END, NULL, 0, 0}};
static const struct origin_step after_long[] = {
    {ORIGIN_SEND,
     "HTTP/1.1 503 Gone home\r\nRetry-After: 50\r\n"
     "Content-Length: 0\r\n\r\n",
     0, 0},
    {ORIGIN_END, NULL, 0, 0}};

static void test_retry_after(void) {
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = quick(1);
  open_with(&t, &policy);
  CU_ASSERT(origin_script(origin, "/after-one", after_one));
  CU_ASSERT(origin_script(origin, "/after-long", after_long));
  fetching_do(&t, &o, lariat_get(t.client, url("/after-one")));
  outcome_expect_http(&o, 429);
  lariat_attempt second = lariat_response_attempt_at(outcome_response(&o), 1);
  CU_ASSERT(second.waited_us >= 1000000);
  outcome_clear(&o, 1);
  /* Past the deadline: at once. */
  fetching_do(&t, &o, lariat_get(t.client, url("/after-long")));
  outcome_expect_http(&o, 503);
  CU_ASSERT_EQUAL(lariat_response_retry_end(outcome_response(&o)),
                  LARIAT_RETRY_DEADLINE);
  outcome_clear(&o, 1);
  policy.retry_after_max_ms = 10000;
  lariat_request_options options = lariat_request_defaults(t.client);
  options.retry = &policy;
  options.timeout_ms = 0;
  fetching_do(&t, &o,
              lariat_request(t.client, "GET", url("/after-long"), &options));
  CU_ASSERT_EQUAL(lariat_response_retry_end(outcome_response(&o)),
                  LARIAT_RETRY_AFTER_LONG);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* No more than the budget has; and the failure says what was behind it. */
static void test_budget(void) {
  struct fetching t;
  lariat_retry_policy policy = quick(5);
  policy.budget_burst = 7;
  policy.budget_ratio = 0;
  policy.budget_per_s = 0;
  open_with(&t, &policy);
  unsigned long before = requests();
  for (int i = 0; i < 40; i++)
    outcome_watch(
        &outcomes[i],
        lariat_get(t.client, url(i % 2 ? "/mid-body-reset" : "/status/503")));
  fetching_wait(&t, outcomes, 40, 5000);
  CU_ASSERT_EQUAL(requests() - before, 47);
  for (int i = 0; i < 40; i++) {
    const struct outcome *o = &outcomes[i];
    if (i % 2 == 0) {
      outcome_expect_http(o, 503);
      CU_ASSERT_EQUAL(lariat_response_retry_end(outcome_response(o)),
                      LARIAT_RETRY_BUDGET);
      continue;
    }
    outcome_expect_failure(o, LARIAT_ERETRYBUDGET, LARIAT_PHASE_BODY);
    lariat_value cause = lariat_failure_cause(o->value);
    CU_ASSERT_EQUAL(lariat_failure_status(cause), LARIAT_ERESET);
    CU_ASSERT_EQUAL(lariat_failure_retry_end(o->value), LARIAT_RETRY_BUDGET);
    CU_ASSERT(lariat_failure_attempts(o->value) >= 1);
    CU_ASSERT_EQUAL(lariat_failure_attempt_at(o->value, 0).status,
                    LARIAT_ERESET);
  }
  outcome_clear(outcomes, 40);
  fetching_close(&t);
}

static bool all_rest(void *context) {
  lariat_client_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_client_read_stats(context, &stats), LARIAT_OK);
  return stats.retry_waiting == 20;
}

static void rest_twenty(struct fetching *t) {
  static lariat_retry_policy policy;
  policy = quick(3);
  policy.base_ms = 60000;
  policy.cap_ms = 60000;
  open_with(t, NULL);
  lariat_request_options options = lariat_request_defaults(t->client);
  options.retry = &policy;
  options.timeout_ms = 100000000;
  for (int i = 0; i < 20; i++)
    outcome_watch(&outcomes[i], lariat_request(t->client, "GET",
                                               url("/status/503"), &options));
  CU_ASSERT(fixture_run_until(&t->f, all_rest, t->client, 5000));
  CU_ASSERT_EQUAL(stats_of(t).queued, 20);
}

static void expect_cancelled(const struct outcome *o) {
  outcome_expect_status(o, LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o->value), 1);
  CU_ASSERT_EQUAL(lariat_failure_attempt_at(o->value, 0).http_status, 503);
}

/* One that rests can be cancelled like any other. */
static void test_cancel_at_rest(void) {
  struct fetching t;
  lariat_retry_policy policy = quick(3);
  policy.base_ms = 60000;
  policy.cap_ms = 60000;
  policy.seed = 3;
  open_with(&t, NULL);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.retry = &policy;
  options.timeout_ms = 0;
  lariat_deferred *deferred =
      lariat_request(t.client, "GET", url("/status/503"), &options);
  outcome_watch(&outcomes[0], lariat_deferred_retain(deferred));
  for (int i = 0; i < 1000 && !stats_of(&t).retry_waiting; i++)
    fetching_run(&t, 5);
  CU_ASSERT_EQUAL(stats_of(&t).retry_waiting, 1);
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
  expect_cancelled(&outcomes[0]);
  CU_ASSERT_EQUAL(stats_of(&t).retry_waiting, 0);
  CU_ASSERT_EQUAL(stats_of(&t).queued, 0);
  outcome_clear(outcomes, 1);
  fetching_close(&t);
}

static void test_close_at_rest(void) {
  struct fetching t;
  rest_twenty(&t);
  lariat_client_close(t.client);
  t.client = NULL;
  for (int i = 0; i < 20; i++) expect_cancelled(&outcomes[i]);
  outcome_clear(outcomes, 20);
  fetching_close(&t);
}

static void test_reactor_closes_at_rest(void) {
  struct fetching t;
  rest_twenty(&t);
  t.client = NULL;
  fixture_close_reactor(&t.f, 1000);
  for (int i = 0; i < 20; i++) expect_cancelled(&outcomes[i]);
  outcome_clear(outcomes, 20);
  fetching_close(&t);
}

static lariat_value note_end(lariat_value result, void *ended) {
  *(bool *)ended = true;
  return lariat_value_drop(result);
}

static bool has_ended(void *ended) { return *(bool *)ended; }

/* The pool closes while they rest: they find that out when they go. */
static void test_pool_closes_at_rest(void) {
  struct fetching t;
  lariat_retry_policy policy = quick(1000);
  policy.no_budget = true;
  open_with(&t, &policy);
  for (int i = 0; i < 20; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url("/status/503")));
  fetching_run(&t, 100);
  bool ended = false;
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_pool_close(t.pool, t.f.reactor, 0), note_end, &ended));
  fetching_wait(&t, outcomes, 20, 5000);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_ended, &ended, 5000));
  for (int i = 0; i < 20; i++) {
    lariat_status status = outcomes[i].status;
    CU_ASSERT(status == LARIAT_OK || status == LARIAT_ECLOSED ||
              status == LARIAT_ECANCELLED);
  }
  outcome_clear(outcomes, 20);
  fetching_close(&t);
}

/* An origin that breaks its promise of keep-alive costs no GET; and each
 * request is made twice at the most. */
static void test_dead_connections(void) {
  struct fetching t;
  open_with(&t, NULL);
  CU_ASSERT(origin_script(origin, "/once", once));
  unsigned long before = requests();
  size_t attempts = 0;
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 100; i++)
      outcome_watch(&outcomes[i], lariat_get(t.client, url("/once")));
    fetching_wait(&t, outcomes, 100, 10000);
    for (int i = 0; i < 100; i++) {
      outcome_expect_body(&outcomes[i], "once\n");
      attempts += lariat_response_attempts(outcome_response(&outcomes[i]));
    }
    outcome_clear(outcomes, 100);
  }
  CU_ASSERT(attempts > 400);
  CU_ASSERT_EQUAL(requests() - before, attempts);
  fetching_close(&t);
}

/* A POST that may have been heard is not made again unless that is asked for:
 * the server sees each once. */
static void test_dead_connections_of_posts(void) {
  struct fetching t;
  struct outcome o;
  open_pool_with(&t, NULL, true); /* so that they share connections */
  CU_ASSERT(origin_script(origin, "/once", once));
  static const char *const bodies[] = {"body", ""};
  for (int i = 0; i < 2; i++) {
    fetching_do(&t, &o, lariat_get(t.client, url("/once")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
    unsigned long before = requests();
    fetching_do(
        &t, &o,
        lariat_post(t.client, url("/once"), bodies[i], strlen(bodies[i])));
    outcome_expect_failure(&o, LARIAT_ERESET, LARIAT_PHASE_FIRST_BYTE);
    CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 1);
    CU_ASSERT_EQUAL(requests() - before, 1);
    outcome_clear(&o, 1);
  }
  fetching_do(&t, &o, lariat_get(t.client, url("/once")));
  outcome_clear(&o, 1);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.body = lariat_body_bytes("body", 4);
  options.retry_any_method = true;
  unsigned long before = requests();
  fetching_do(&t, &o, lariat_request(t.client, "POST", url("/once"), &options));
  outcome_expect_http(&o, 200);
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 2);
  CU_ASSERT_EQUAL(requests() - before, 2);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Makes a request that takes longer than the idle limit and brings a byte in
 * each seventh part of it. */
static void dribble(struct fetching *t, struct outcome *o, const char *path,
                    unsigned idle_ms) {
  char where[64];
  lariat_request_options options = lariat_request_defaults(t->client);
  options.idle_timeout_ms = idle_ms;
  options.timeout_ms = 0;
  snprintf(where, sizeof where, "%s/%u", path, idle_ms / 7);
  fetching_do(t, o, lariat_request(t->client, "GET", url(where), &options));
}

/* A byte now and then is no silence.  A server that was silent because the
 * machine was busy is asked again, with more patience. */
static void expect_alive(struct fetching *t, const char *path) {
  struct outcome o;
  unsigned idle_ms = 150;
  dribble(t, &o, path, idle_ms);
  while (o.status == LARIAT_ETIMEDOUT && idle_ms < 5000) {
    outcome_clear(&o, 1);
    dribble(t, &o, path, idle_ms *= 4);
  }
  outcome_expect_http(&o, 200);
  CU_ASSERT(o.ended_ms - o.began_ms > idle_ms);
  outcome_clear(&o, 1);
}

/* Silence is a failure of its own. */
static void test_idle(void) {
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = quick(2);
  open_with(&t, NULL);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.timeout_ms = 0;
  options.idle_timeout_ms = 150;
  fetching_do(
      &t, &o,
      lariat_request(t.client, "GET", url("/mid-body-stall"), &options));
  outcome_expect_status(&o, LARIAT_ETIMEDOUT);
  CU_ASSERT_EQUAL(lariat_failure_time_limit(o.value), LARIAT_TIME_LIMIT_IDLE);
  CU_ASSERT(lariat_failure_timings(o.value).total_us >= 140000);
  outcome_clear(&o, 1);
  expect_alive(&t, "/dribble");
  expect_alive(&t, "/dribble-head");
  /* It is tried again, as the deadline is not. */
  options.retry = &policy;
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/stall"), &options));
  outcome_expect_status(&o, LARIAT_ETIMEDOUT);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 3);
  outcome_clear(&o, 1);
  options.idle_timeout_ms = 0;
  options.timeout_ms = 200;
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/stall"), &options));
  CU_ASSERT_EQUAL(lariat_failure_time_limit(o.value),
                  LARIAT_TIME_LIMIT_DEADLINE);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 1);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Redirects are no attempts, and a hop that fails is tried again alone. */
static void test_redirects(void) {
  static const struct origin_step to_busy[] = {
      {ORIGIN_SEND,
       "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
       "Location: /status/503\r\n\r\n",
       0, 0},
      {ORIGIN_END, NULL, 0, 0}};
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = quick(2);
  open_with(&t, &policy);
  CU_ASSERT(origin_script(origin, "/to-busy", to_busy));
  unsigned long before = requests();
  fetching_do(&t, &o, lariat_get(t.client, url("/to-busy")));
  outcome_expect_http(&o, 503);
  CU_ASSERT_EQUAL(lariat_response_redirects(outcome_response(&o)), 1);
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 3);
  CU_ASSERT_EQUAL(requests() - before, 4);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* With each allocation failing in turn: one outcome, and nothing is left. */
static void test_without_memory(void) {
  struct fetching t;
  lariat_retry_policy policy = quick(2);
  policy.base_ms = 1;
  policy.no_budget = true;
  open_with(&t, &policy);
  for (unsigned nth = 1; nth <= 60; nth++) {
    fixture_fail_allocation(&t.f, nth);
    outcome_watch(&outcomes[0], lariat_get(t.client, url("/mid-body-reset")));
    outcome_watch(&outcomes[1], lariat_get(t.client, url("/status/503")));
    fetching_wait(&t, outcomes, 2, 5000);
    fixture_fail_allocation(&t.f, 0);
    outcome_clear(outcomes, 2);
  }
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"busy, then not", test_recovers},
      {"giving up", test_gives_up},
      {"methods and policies of one request", test_methods},
      {"Retry-After", test_retry_after},
      {"the budget", test_budget},
      {"cancelled at rest", test_cancel_at_rest},
      {"the client closes at rest", test_close_at_rest},
      {"the reactor closes at rest", test_reactor_closes_at_rest},
      {"the pool closes at rest", test_pool_closes_at_rest},
      {"dead connections", test_dead_connections},
      {"dead connections and POST", test_dead_connections_of_posts},
      {"the idle limit", test_idle},
      {"redirects", test_redirects},
      {"without memory", test_without_memory},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  int result = fixture_main("retries", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return result;
}
