/* SPDX-License-Identifier: MIT
 * Ends: of a client, of its reactor, of the pool, in any order and with work
 * in flight.  Each fetch has one outcome, and nothing is left. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/gate.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { JOBS = 24 };

static struct origin *origin;
static char text[256];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

/* Jobs in all places: on the way, answered, waiting, never to be answered. */
static const char *path_of(size_t i) {
  static const char *const paths[] = {"/stall", "/wait/30", "/page",
                                      "/mid-body-stall", "/wait/60"};
  return paths[i % FIXTURE_COUNT(paths)];
}

static void open_loaded(struct fetching *t, struct outcome *o) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 2;
  pool.max_jobs_per_host = 6;
  client.placement = LARIAT_PLACE_SPREAD;
  client.window = 8;
  fetching_open(t, &pool, &client);
  for (size_t i = 0; i < JOBS; i++)
    outcome_watch(&o[i], lariat_get(t->client, url(path_of(i))));
}

static bool runs_one(const lariat_pool_stats *stats) {
  return stats->jobs_running >= 1;
}

/* One outcome each: a page or `status`. */
static void expect_either(struct outcome *o, lariat_status status) {
  unsigned cancelled = 0;
  for (size_t i = 0; i < JOBS; i++) {
    if (o[i].fires == 1 && o[i].status == LARIAT_OK) continue;
    outcome_expect_status(&o[i], status);
    cancelled++;
  }
  CU_ASSERT(cancelled > 0);
  outcome_clear(o, JOBS);
}

/* Clients. */

static void close_client_after(unsigned ms) {
  struct fetching t;
  struct outcome o[JOBS];
  open_loaded(&t, o);
  fetching_run(&t, ms);
  lariat_client_close(t.client);
  t.client = NULL;
  expect_either(o, LARIAT_ECANCELLED);
  fetching_wait_idle(&t, 2000);
  fetching_close(&t);
}

static void test_a_client_with_jobs(void) {
  static const unsigned times_ms[] = {0, 1, 5, 20, 45};
  for (size_t i = 0; i < FIXTURE_COUNT(times_ms); i++)
    close_client_after(times_ms[i]);
}

static void close_client(struct outcome *outcome, void *context) {
  struct fetching *t = context;
  (void)outcome;
  lariat_client *client = t->client;
  t->client = NULL;
  lariat_client_close(client);
}

/* It is the first of those that wait for a page, and never gets a second. */
static void test_a_client_from_its_callback(void) {
  struct fetching t;
  struct outcome o[JOBS];
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < JOBS; i++)
    outcome_watch_then(&o[i],
                       lariat_get(t.client, url(i % 3 ? "/stall" : "/wait/20")),
                       i == 9 ? close_client : NULL, &t);
  fetching_wait(&t, o, JOBS, 5000);
  outcome_expect_http(&o[9], 200);
  CU_ASSERT_PTR_NULL(t.client);
  expect_either(o, LARIAT_ECANCELLED);
  fetching_wait_idle(&t, 2000);
  fetching_close(&t);
}

/* A callback of the close itself asks for more, and is refused. */
struct asker {
  struct fetching *t;
  lariat_client *client;
  struct outcome refused;
};

static void ask_again(struct outcome *outcome, void *context) {
  struct asker *asker = context;
  (void)outcome;
  outcome_watch(&asker->refused, lariat_get(asker->client, url("/page")));
}

static void test_asked_while_closing(void) {
  struct fetching t;
  struct asker asker;
  struct outcome o[3];
  fetching_open(&t, NULL, NULL);
  asker.t = &t;
  asker.client = t.client;
  outcome_watch(&o[0], lariat_get(t.client, url("/stall")));
  outcome_watch_then(&o[1], lariat_get(t.client, url("/stall")), ask_again,
                     &asker);
  outcome_watch(&o[2], lariat_get(t.client, url("/stall")));
  fetching_wait_stats(&t, runs_one);
  lariat_client_close(t.client);
  t.client = NULL;
  outcome_expect_status(&asker.refused, LARIAT_ECLOSED);
  for (size_t i = 0; i < 3; i++)
    outcome_expect_status(&o[i], LARIAT_ECANCELLED);
  outcome_clear(o, 3);
  outcome_clear(&asker.refused, 1);
  fetching_close(&t);
}

static void test_many_clients_on_one_reactor(void) {
  enum { CLIENTS = 5, EACH = 10 };
  struct fetching t;
  lariat_client *clients[CLIENTS];
  struct outcome o[CLIENTS][EACH];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open_pool(&t, &pool);
  for (size_t c = 0; c < CLIENTS; c++) {
    lariat_client_options options = lariat_client_defaults();
    options.placement = c % 2 ? LARIAT_PLACE_SPREAD : LARIAT_PLACE_HOST;
    clients[c] = fetching_client(&t, &options);
  }
  for (size_t i = 0; i < EACH; i++)
    for (size_t c = 0; c < CLIENTS; c++)
      outcome_watch(&o[c][i],
                    lariat_get(clients[c], url(i < 8 ? "/page" : "/stall")));
  lariat_client_close(clients[0]);
  for (size_t c = 1; c < CLIENTS; c++) fetching_wait(&t, o[c], 8, 5000);
  for (size_t c = 1; c < CLIENTS; c++) lariat_client_close(clients[c]);
  for (size_t c = 0; c < CLIENTS; c++)
    for (size_t i = 0; i < EACH; i++) CU_ASSERT_EQUAL(o[c][i].fires, 1);
  for (size_t c = 0; c < CLIENTS; c++) outcome_clear(o[c], EACH);
  fetching_close(&t);
}

/* Reactors. */

static void close_reactor_after(unsigned ms, unsigned wait_ms) {
  struct fetching t;
  struct outcome o[JOBS];
  open_loaded(&t, o);
  fetching_run(&t, ms);
  fixture_close_reactor(&t.f, wait_ms);
  t.client = NULL; /* it went with its reactor */
  expect_either(o, LARIAT_ECANCELLED);
  lariat_pool_release(t.pool);
  t.pool = NULL;
  fetching_close(&t);
}

static void test_a_reactor_with_jobs(void) {
  static const unsigned times_ms[] = {0, 1, 5, 20, 45};
  for (size_t i = 0; i < FIXTURE_COUNT(times_ms); i++) {
    close_reactor_after(times_ms[i], 1000);
    close_reactor_after(times_ms[i], 0);
  }
}

/* The pool's thread is busy while the reactor closes without waiting: what
 * comes home later is destroyed there. */
static void wait_at_gate(void *context) { gate_wait(context); }

static void test_a_reactor_with_a_busy_pool(void) {
  struct fetching t;
  struct outcome o[3];
  struct gate gate = GATE_CLOSED;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(&t, &pool, NULL);
  outcome_watch(&o[0], lariat_get(t.client, url("/stall")));
  fetching_wait_stats(&t, runs_one);
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, wait_at_gate, &gate, NULL),
                  LARIAT_OK);
  outcome_watch(&o[1], lariat_get(t.client, url("/page")));
  lariat_deferred *kept = lariat_get(t.client, url("/page"));
  outcome_watch(&o[2], lariat_deferred_retain(kept));
  fixture_close_reactor(&t.f, 20);
  t.client = NULL;
  for (size_t i = 0; i < 3; i++)
    outcome_expect_status(&o[i], LARIAT_ECANCELLED);
  outcome_clear(o, 3);
  gate_set(&gate, true);
  lariat_pool_release(t.pool);
  t.pool = NULL;
  CU_ASSERT_TRUE(lariat_deferred_fired(kept));
  lariat_deferred_release(kept); /* last of all */
  fetching_close(&t);
}

/* The same, with the reference given back before the pool lets go. */
static void test_a_reference_released_before_the_job(void) {
  struct fetching t;
  struct outcome o;
  struct gate gate = GATE_CLOSED;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(&t, &pool, NULL);
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, wait_at_gate, &gate, NULL),
                  LARIAT_OK);
  lariat_deferred *kept = lariat_get(t.client, url("/page"));
  outcome_watch(&o, lariat_deferred_retain(kept));
  fixture_close_reactor(&t.f, 0);
  t.client = NULL;
  lariat_deferred_release(kept);
  outcome_expect_status(&o, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  gate_set(&gate, true);
  lariat_pool_release(t.pool);
  t.pool = NULL;
  fetching_close(&t);
}

static void test_a_closed_client_and_then_its_reactor(void) {
  struct fetching t;
  struct outcome o[JOBS];
  open_loaded(&t, o);
  fetching_run(&t, 10);
  lariat_client_close(t.client);
  t.client = NULL;
  fixture_close_reactor(&t.f, 0);
  expect_either(o, LARIAT_ECANCELLED);
  lariat_pool_release(t.pool);
  t.pool = NULL;
  fetching_close(&t);
}

/* Pools. */

/* Notes that the pool's end has come. */
static lariat_value note_end(lariat_value result, void *context) {
  lariat_status *status = context;
  *status =
      lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  return lariat_value_drop(result);
}

enum { NOT_YET = 1 };

static void watch_end(lariat_status *status, lariat_deferred *deferred) {
  *status = (lariat_status)NOT_YET;
  lariat_deferred_release(lariat_deferred_add_both(deferred, note_end, status));
}

static bool has_ended(void *context) {
  return *(lariat_status *)context != (lariat_status)NOT_YET;
}

static void close_pool_after(unsigned ms, unsigned drain_ms) {
  struct fetching t;
  struct outcome o[JOBS];
  struct outcome late;
  lariat_status ended;
  open_loaded(&t, o);
  fetching_run(&t, ms);
  watch_end(&ended, lariat_pool_close(t.pool, t.f.reactor, drain_ms));
  outcome_watch(&late, lariat_get(t.client, url("/page")));
  outcome_expect_status(&late, LARIAT_ECLOSED);
  outcome_clear(&late, 1);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_ended, &ended, 5000));
  CU_ASSERT_EQUAL(ended, LARIAT_OK);
  fetching_wait(&t, o, JOBS, 1000);
  for (size_t i = 0; i < JOBS; i++) /* the window was small: some waited here */
    if (o[i].status != LARIAT_OK && o[i].status != LARIAT_ECLOSED)
      outcome_expect_status(&o[i], LARIAT_ECANCELLED);
  outcome_clear(o, JOBS);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.connections, 0);
  CU_ASSERT_EQUAL(stats.jobs_taken, stats.jobs_done);
  fetching_close(&t);
}

static void test_a_pool_with_jobs(void) {
  static const unsigned times_ms[] = {0, 1, 5, 20, 45};
  for (size_t i = 0; i < FIXTURE_COUNT(times_ms); i++) {
    close_pool_after(times_ms[i], 0);
    close_pool_after(times_ms[i], 50);
  }
}

/* With time enough, what can end well does. */
static void test_a_pool_that_drains(void) {
  struct fetching t;
  struct outcome o[20];
  lariat_status ended;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  pool.max_jobs_per_host = 4;
  fetching_open(&t, &pool, NULL);
  for (size_t i = 0; i < 20; i++)
    outcome_watch(&o[i], lariat_get(t.client, url("/wait/10")));
  fetching_run(&t, 5);
  watch_end(&ended, lariat_pool_close(t.pool, t.f.reactor, 200000));
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_ended, &ended, 10000));
  fetching_wait(&t, o, 20, 1000);
  for (size_t i = 0; i < 20; i++) outcome_expect_http(&o[i], 200);
  outcome_clear(o, 20);
  fetching_expect_ledger(t.client, 20, 20, 0, 0);
  fetching_close(&t);
}

/* The second close shortens the first; both are told. */
static void test_a_pool_closed_twice(void) {
  struct fetching t;
  struct outcome o;
  lariat_status ended[3];
  fetching_open(&t, NULL, NULL);
  outcome_watch(&o, lariat_get(t.client, url("/stall")));
  fetching_wait_stats(&t, runs_one);
  watch_end(&ended[0], lariat_pool_close(t.pool, t.f.reactor, 60000));
  fetching_run(&t, 30);
  CU_ASSERT_FALSE(has_ended(&ended[0]));
  CU_ASSERT_EQUAL(o.fires, 0);
  watch_end(&ended[1], lariat_pool_close(t.pool, t.f.reactor, 0));
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_ended, &ended[0], 5000));
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_ended, &ended[1], 5000));
  fetching_wait(&t, &o, 1, 1000);
  outcome_expect_status(&o, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  watch_end(&ended[2], lariat_pool_close(t.pool, t.f.reactor, 0));
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_ended, &ended[2], 5000));
  CU_ASSERT_EQUAL(ended[2], LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
  fetching_close(&t);
}

static void test_a_blocking_close(void) {
  struct fetching t;
  struct outcome o[JOBS];
  open_loaded(&t, o);
  fetching_run(&t, 10);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 20), LARIAT_OK);
  fetching_wait(&t, o, JOBS, 1000);
  outcome_clear(o, JOBS);
  fetching_close(&t);
}

/* Refused where it would wait for itself. */
struct refusals {
  lariat_pool *pool;
  lariat_status in_turn;
  lariat_status on_pool;
  lariat_status on_pool_deferred;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool done;
};

static void try_in_turn(void *context) {
  struct refusals *refusals = context;
  refusals->in_turn = lariat_pool_close_wait(refusals->pool, 0);
}

static void try_on_pool(void *context) {
  struct refusals *r = context;
  lariat_deferred *deferred =
      lariat_pool_close(r->pool, lariat_reactor_current(), 0);
  pthread_mutex_lock(&r->lock);
  r->on_pool = lariat_pool_close_wait(r->pool, 0);
  r->on_pool_deferred = lariat_failure_status(lariat_deferred_peek(deferred));
  r->done = true;
  pthread_cond_signal(&r->changed);
  pthread_mutex_unlock(&r->lock);
  lariat_deferred_forget(deferred);
}

static void test_closes_that_are_refused(void) {
  struct fetching t;
  struct refusals r = {.lock = PTHREAD_MUTEX_INITIALIZER,
                       .changed = PTHREAD_COND_INITIALIZER};
  fetching_open(&t, NULL, NULL);
  r.pool = t.pool;
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(t.f.reactor, try_in_turn, &r, NULL),
                  LARIAT_OK);
  fixture_settle(&t.f);
  CU_ASSERT_EQUAL(r.in_turn, LARIAT_EBUSY);
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, try_on_pool, &r, NULL),
                  LARIAT_OK);
  pthread_mutex_lock(&r.lock);
  while (!r.done) pthread_cond_wait(&r.changed, &r.lock);
  pthread_mutex_unlock(&r.lock);
  CU_ASSERT_EQUAL(r.on_pool, LARIAT_EBUSY);
  CU_ASSERT_EQUAL(r.on_pool_deferred, LARIAT_EBUSY);
  struct outcome o;
  fetching_do(&t, &o, lariat_get(t.client, url("/page")));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_released_without_a_close(void) {
  struct fetching t;
  struct outcome o[JOBS];
  struct outcome late;
  open_loaded(&t, o);
  fetching_run(&t, 10);
  lariat_pool_release(lariat_pool_retain(t.pool));
  CU_ASSERT_EQUAL(o[0].fires, 0); /* there is a reference left */
  lariat_pool_release(t.pool);
  t.pool = NULL;
  fetching_wait(&t, o, JOBS, 1000);
  outcome_clear(o, JOBS);
  outcome_watch(&late, lariat_get(t.client, url("/page")));
  outcome_expect_status(&late, LARIAT_ECLOSED);
  outcome_clear(&late, 1);
  fetching_close(&t);
}

static void test_a_closed_pool_takes_no_client(void) {
  struct fetching t;
  lariat_client *client = NULL;
  fetching_open_pool(&t, NULL);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_client_new(t.pool, t.f.reactor, NULL, &client),
                  LARIAT_ECLOSED);
  CU_ASSERT_PTR_NULL(client);
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, try_in_turn, NULL, NULL),
                  LARIAT_ECLOSED);
  fetching_close(&t);
}

static void test_the_reactor_closes_before_the_pool_has_ended(void) {
  struct fetching t;
  struct outcome o;
  lariat_status ended;
  fetching_open(&t, NULL, NULL);
  outcome_watch(&o, lariat_get(t.client, url("/stall")));
  fetching_wait_stats(&t, runs_one);
  watch_end(&ended, lariat_pool_close(t.pool, t.f.reactor, 60000));
  fixture_close_reactor(&t.f, 10);
  t.client = NULL;
  CU_ASSERT_EQUAL(ended, LARIAT_ECANCELLED);
  outcome_expect_status(&o, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  lariat_pool_release(t.pool);
  t.pool = NULL;
  fetching_close(&t);
}

static void test_two_pools(void) {
  struct fetching t;
  struct outcome o[2];
  lariat_pool *second = NULL;
  lariat_client *client = NULL;
  fetching_open(&t, NULL, NULL);
  CU_ASSERT_EQUAL_FATAL(lariat_pool_new(NULL, &second), LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lariat_client_new(second, t.f.reactor, NULL, &client),
                        LARIAT_OK);
  outcome_watch(&o[0], lariat_get(t.client, url("/wait/30")));
  outcome_watch(&o[1], lariat_get(client, url("/page")));
  fetching_wait(&t, &o[1], 1, 5000);
  lariat_client_close(client);
  lariat_pool_release(second);
  fetching_wait(&t, o, 2, 5000);
  outcome_expect_http(&o[0], 200);
  outcome_expect_http(&o[1], 200);
  outcome_clear(o, 2);
  fetching_close(&t);
}

static void test_again_and_again(void) {
  for (int i = 0; i < 20; i++) {
    struct fetching t;
    struct outcome o;
    fetching_open(&t, NULL, NULL);
    fetching_do(&t, &o, lariat_get(t.client, url("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
    fetching_close(&t);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a client with jobs", test_a_client_with_jobs},
      {"a client from its callback", test_a_client_from_its_callback},
      {"asked while closing", test_asked_while_closing},
      {"many clients on one reactor", test_many_clients_on_one_reactor},
      {"a reactor with jobs", test_a_reactor_with_jobs},
      {"a reactor with a busy pool", test_a_reactor_with_a_busy_pool},
      {"a reference released before the job",
       test_a_reference_released_before_the_job},
      {"a closed client and then its reactor",
       test_a_closed_client_and_then_its_reactor},
      {"a pool with jobs", test_a_pool_with_jobs},
      {"a pool that drains", test_a_pool_that_drains},
      {"a pool closed twice", test_a_pool_closed_twice},
      {"a blocking close", test_a_blocking_close},
      {"closes that are refused", test_closes_that_are_refused},
      {"released without a close", test_released_without_a_close},
      {"a closed pool takes no client", test_a_closed_pool_takes_no_client},
      {"the reactor closes before the pool has ended",
       test_the_reactor_closes_before_the_pool_has_ended},
      {"two pools", test_two_pools},
      {"again and again", test_again_and_again},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  int failed = fixture_main("close", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
