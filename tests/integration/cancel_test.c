/* SPDX-License-Identifier: MIT
 * Cancelling a fetch, wherever it is: the deferred fires at once, only once,
 * and the slot is free when the pool has let go. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>

static struct origin *origin;
static char text[256];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

/* Watches, and keeps a reference to cancel by. */
static lariat_deferred *watch(struct outcome *o, lariat_deferred *deferred) {
  outcome_watch(o, lariat_deferred_retain(deferred));
  return deferred;
}

static void cancel(lariat_deferred *deferred) {
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
}

static void expect_cancelled(struct outcome *o) {
  outcome_expect_status(o, LARIAT_ECANCELLED);
  outcome_clear(o, 1);
}

static lariat_pool_options narrow(void) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  options.max_jobs_per_host = 1;
  return options;
}

/* The one slot works. */
static void expect_free(struct fetching *t) {
  struct outcome o;
  fetching_do(t, &o, lariat_get(t->client, url("/page")));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_wait_idle(t, 2000);
}

static void test_in_the_call(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  cancel(watch(&o, lariat_get(t.client, url("/page"))));
  expect_cancelled(&o);
  expect_free(&t);
  fetching_expect_ledger(t.client, 2, 1, 0, 1);
  fetching_close(&t);
}

/* With a window of one, the second waits in the client. */
static void test_queued_in_the_client(void) {
  struct fetching t;
  struct outcome o[3];
  lariat_pool_options pool = narrow();
  lariat_client_options client = lariat_client_defaults();
  client.window = 1;
  fetching_open(&t, &pool, &client);
  outcome_watch(&o[0], lariat_get(t.client, url("/wait/100")));
  lariat_deferred *second = watch(&o[1], lariat_get(t.client, url("/page")));
  outcome_watch(&o[2], lariat_get(t.client, url("/page")));
  lariat_client_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_client_read_stats(t.client, &stats), LARIAT_OK);
  CU_ASSERT_EQUAL(stats.queued, 2);
  CU_ASSERT_EQUAL(stats.pending, 3);
  cancel(second);
  expect_cancelled(&o[1]);
  fetching_wait(&t, o, 3, 5000);
  outcome_expect_http(&o[0], 200);
  outcome_expect_http(&o[2], 200);
  outcome_clear(o, 3);
  expect_free(&t);
  fetching_expect_ledger(t.client, 4, 3, 0, 1);
  fetching_close(&t);
}

static bool two_are_queued(void *context) {
  return fetching_stats(context).jobs_queued == 2;
}

static bool one_is_queued(void *context) {
  return fetching_stats(context).jobs_queued == 1;
}

static void test_queued_in_the_pool(void) {
  struct fetching t;
  struct outcome o[3];
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  outcome_watch(&o[0], lariat_get(t.client, url("/wait/400")));
  lariat_deferred *second = watch(&o[1], lariat_get(t.client, url("/page")));
  outcome_watch(&o[2], lariat_get(t.client, url("/page")));
  CU_ASSERT_TRUE(fixture_run_until(&t.f, two_are_queued, &t, 5000));
  cancel(second);
  expect_cancelled(&o[1]);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, one_is_queued, &t, 5000));
  fetching_wait(&t, o, 3, 5000);
  outcome_expect_http(&o[0], 200);
  outcome_expect_http(&o[2], 200);
  outcome_clear(o, 3);
  expect_free(&t);
  fetching_close(&t);
}

static bool is_running(void *context) {
  return fetching_stats(context).jobs_running > 0;
}

/* Runs `path` for a while, cancels it, and sees that the slot is free. */
static void cancel_in_flight(const char *where, unsigned after_ms) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  lariat_deferred *deferred = watch(&o, lariat_get(t.client, where));
  CU_ASSERT_TRUE(fixture_run_until(&t.f, is_running, &t, 5000));
  fetching_run(&t, after_ms);
  cancel(deferred);
  expect_cancelled(&o);
  expect_free(&t);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT(stats.connections <= 1);
  fetching_close(&t);
}

static void test_in_flight(void) {
  static const char *const paths[] = {"/stall",          "/mid-head-stall",
                                      "/mid-body-stall", "/dribble/5",
                                      "/dribble-head/5", "/wait/1000"};
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++)
    cancel_in_flight(url(paths[i]), 40);
}

static void test_while_connecting(void) {
  char where[64];
  struct origin_options deafness = {.deaf = true};
  struct origin *deaf = origin_start(&deafness);
  cancel_in_flight(origin_url(deaf, "/", where, sizeof where), 40);
  origin_stop(deaf);
}

static void test_in_the_handshake(void) {
  static const struct origin_step silent[] = {{.kind = ORIGIN_STALL},
                                              {.kind = ORIGIN_END}};
  char where[64];
  struct origin *mute = origin_start(NULL);
  CU_ASSERT_TRUE(origin_script(mute, "", silent));
  snprintf(where, sizeof where, "https://127.0.0.1:%u/", origin_port(mute));
  cancel_in_flight(where, 100);
  origin_stop(mute);
}

/* The look-up may have ended by then: either way there is one outcome. */
static void test_in_the_look_up(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  lariat_deferred *deferred =
      watch(&o, lariat_get(t.client, "http://nonexistent.invalid/"));
  fetching_run(&t, 1);
  cancel(deferred);
  CU_ASSERT_EQUAL(o.fires, 1);
  outcome_clear(&o, 1);
  fetching_wait_idle(&t, 15000);
  fetching_close(&t);
}

static void test_after_completion(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  lariat_deferred *deferred = watch(&o, lariat_get(t.client, url("/page")));
  fetching_wait(&t, &o, 1, 5000);
  cancel(deferred);
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_expect_ledger(t.client, 1, 1, 0, 0);
  fetching_close(&t);
}

/* The answer is on its way home when the cancel is made. */
static void test_in_the_race(void) {
  enum { ROUNDS = 200 };
  struct fetching t;
  lariat_pool_options pool = narrow();
  pool.max_jobs_per_host = 4;
  fetching_open(&t, &pool, NULL);
  unsigned succeeded = 0;
  for (unsigned i = 0; i < ROUNDS; i++) {
    struct outcome o;
    lariat_deferred *deferred = watch(&o, lariat_get(t.client, url("/page")));
    uint64_t until = fixture_allocations(&t.f) + i; /* anything that varies */
    for (uint64_t spin = 0; spin < (until % 64) * 2000; spin++)
      __asm__ volatile("");
    if (i % 2) fixture_turns(&t.f, i % 5);
    cancel(deferred);
    CU_ASSERT_EQUAL(o.fires, 1);
    if (o.status == LARIAT_OK) succeeded++;
    outcome_clear(&o, 1);
  }
  expect_free(&t);
  fetching_expect_ledger(t.client, ROUNDS + 1, succeeded + 1, 0,
                         ROUNDS - succeeded);
  fetching_close(&t);
}

static void test_twice(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  lariat_deferred *deferred = watch(&o, lariat_get(t.client, url("/stall")));
  fetching_run(&t, 30);
  lariat_deferred_cancel(deferred);
  lariat_deferred_cancel(deferred);
  cancel(deferred);
  expect_cancelled(&o);
  expect_free(&t);
  fetching_expect_ledger(t.client, 2, 1, 0, 1);
  fetching_close(&t);
}

/* One callback cancels all the others, wherever they are. */
struct others {
  lariat_deferred *deferreds[40];
  size_t count;
};

static void cancel_others(struct outcome *outcome, void *context) {
  struct others *others = context;
  (void)outcome;
  for (size_t i = 0; i < others->count; i++) {
    lariat_deferred *deferred = others->deferreds[i];
    others->deferreds[i] = NULL;
    if (deferred) cancel(deferred);
  }
}

static void test_from_another_callback(void) {
  struct others others = {.count = 40};
  struct outcome o[41];
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 2;
  pool.max_jobs_per_host = 8;
  client.window = 12;
  client.placement = LARIAT_PLACE_SPREAD;
  fetching_open(&t, &pool, &client);
  outcome_watch_then(&o[40], lariat_get(t.client, url("/wait/50")),
                     cancel_others, &others);
  for (size_t i = 0; i < 40; i++)
    others.deferreds[i] =
        watch(&o[i], lariat_get(t.client, url(i % 3 ? "/stall" : "/wait/60000")));
  fetching_wait(&t, o, 41, 5000);
  outcome_expect_http(&o[40], 200);
  for (size_t i = 0; i < 40; i++)
    outcome_expect_status(&o[i], LARIAT_ECANCELLED);
  outcome_clear(o, 41);
  expect_free(&t);
  fetching_expect_ledger(t.client, 42, 2, 0, 40);
  fetching_close(&t);
}

/* Without a pair, without a reference: the outcome goes nowhere, quietly. */
static void test_forgotten(void) {
  struct fetching t;
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  for (int i = 0; i < 4; i++) {
    lariat_deferred_forget(lariat_get(t.client, url("/page")));
    lariat_deferred_forget(lariat_get(t.client, url("/close")));
    lariat_deferred *deferred = lariat_get(t.client, url("/page"));
    lariat_deferred_cancel(deferred);
    lariat_deferred_forget(deferred);
  }
  fetching_wait_settled(&t, 5000);
  fetching_expect_ledger(t.client, 12, 4, 4, 4);
  fetching_close(&t);
}

static void test_unhandled_failures_are_reported(void) {
  struct fetching t;
  lariat_pool_options pool = narrow();
  fetching_open(&t, &pool, NULL);
  lariat_deferred_release(lariat_get(t.client, url("/close")));
  fetching_wait_settled(&t, 5000);
  fixture_expect_reports(&t.f, 1);
  fetching_expect_ledger(t.client, 1, 0, 1, 0);
  fetching_close(&t);
}

/* Deadlines while waiting in line, in the client and in the pool. */
static void test_deadlines_in_the_queues(void) {
  struct fetching t;
  struct outcome o[5];
  lariat_pool_options pool = narrow();
  lariat_client_options client = lariat_client_defaults();
  client.window = 3;
  fetching_open(&t, &pool, &client);
  lariat_deferred *first = watch(&o[0], lariat_get(t.client, url("/stall")));
  lariat_request_options options = lariat_request_defaults(t.client);
  options.timeout_ms = 120;
  for (size_t i = 1; i < 5; i++)
    outcome_watch(&o[i],
                  lariat_request(t.client, "GET", url("/page"), &options));
  fetching_wait(&t, o + 1, 4, 5000);
  for (size_t i = 1; i < 5; i++) {
    outcome_expect_failure(&o[i], LARIAT_ETIMEDOUT, LARIAT_PHASE_QUEUE);
    CU_ASSERT(lariat_failure_timings(o[i].value).total_us >= 120000);
  }
  cancel(first);
  outcome_expect_status(&o[0], LARIAT_ECANCELLED);
  outcome_clear(o, 5);
  expect_free(&t);
  fetching_close(&t);
}

static void test_overload(void) {
  struct fetching t;
  struct outcome o[5];
  lariat_pool_options pool = narrow();
  lariat_client_options client = lariat_client_defaults();
  client.window = 1;
  client.max_queued = 2;
  fetching_open(&t, &pool, &client);
  for (size_t i = 0; i < 5; i++)
    outcome_watch(&o[i], lariat_get(t.client, url("/wait/20")));
  outcome_expect_status(&o[3], LARIAT_EOVERLOAD);
  outcome_expect_status(&o[4], LARIAT_EOVERLOAD);
  fetching_wait(&t, o, 5, 5000);
  for (size_t i = 0; i < 3; i++) outcome_expect_http(&o[i], 200);
  outcome_clear(o, 5);
  fetching_expect_ledger(t.client, 5, 3, 2, 0);
  fetching_close(&t);
}

/* A callback that asks for more, for as long as there is any. */
struct chain {
  struct fetching *t;
  struct outcome outcomes[200];
  size_t next;
};

static void ask_for_more(struct outcome *outcome, void *context) {
  struct chain *chain = context;
  (void)outcome;
  if (chain->next == FIXTURE_COUNT(chain->outcomes)) return;
  struct outcome *next = &chain->outcomes[chain->next++];
  outcome_watch_then(next, lariat_get(chain->t->client, url("/page")),
                     ask_for_more, chain);
}

static void test_more_from_callbacks(void) {
  static struct chain chain;
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  chain.t = &t;
  chain.next = 0;
  for (int i = 0; i < 3; i++) ask_for_more(NULL, &chain);
  while (chain.next < FIXTURE_COUNT(chain.outcomes)) fetching_run(&t, 1);
  fetching_wait(&t, chain.outcomes, chain.next, 5000);
  for (size_t i = 0; i < chain.next; i++)
    outcome_expect_http(&chain.outcomes[i], 200);
  outcome_clear(chain.outcomes, chain.next);
  fetching_expect_ledger(t.client, chain.next, chain.next, 0, 0);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"in the call", test_in_the_call},
      {"queued in the client", test_queued_in_the_client},
      {"queued in the pool", test_queued_in_the_pool},
      {"in flight", test_in_flight},
      {"while connecting", test_while_connecting},
      {"in the handshake", test_in_the_handshake},
      {"in the look-up", test_in_the_look_up},
      {"after completion", test_after_completion},
      {"in the race", test_in_the_race},
      {"twice", test_twice},
      {"from another callback", test_from_another_callback},
      {"forgotten", test_forgotten},
      {"unhandled failures are reported", test_unhandled_failures_are_reported},
      {"deadlines in the queues", test_deadlines_in_the_queues},
      {"overload", test_overload},
      {"more from callbacks", test_more_from_callbacks},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  int failed = fixture_main("cancel", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
