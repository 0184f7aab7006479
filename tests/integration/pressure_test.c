/* SPDX-License-Identifier: MIT
 * More to do than may be done: priorities, waiting for capacity, rates and
 * deadlines, slow hosts that take nothing away, a pool that is drained, and
 * what the statistics say meanwhile. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"

enum { MANY = 3000 };

static struct origin *origin;
static char text[256];
static struct outcome outcomes[MANY];

static const char *url_of(unsigned host, const char *path) {
  snprintf(text, sizeof text, "http://127.0.20.%u:%u%s", host + 1,
           origin_port(origin), path);
  return text;
}

static void open_all(struct fetching *t, const lariat_pool_options *pool,
                     const lariat_client_options *client) {
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  origin = origin_start(&everywhere);
  CU_ASSERT_PTR_NOT_NULL_FATAL(origin);
  fetching_open(t, pool, client);
}

static void close_all(struct fetching *t) {
  fetching_close(t);
  origin_stop(origin);
  origin = NULL;
}

static lariat_deferred *get_with(lariat_client *client, const char *url,
                                 lariat_priority priority) {
  lariat_request_options options = lariat_request_defaults(client);
  options.priority = priority;
  return lariat_request(client, "GET", url, &options);
}

/* Priorities. */

static char order[64];

static lariat_value note(lariat_value result, void *letter) {
  size_t length = strlen(order);
  order[length] = *(const char *)letter;
  order[length + 1] = '\0';
  return result;
}

/* Whether six are in line, in the client or in the pool. */
static bool six_wait(void *context) {
  const struct fetching *t = context;
  lariat_client_stats client = {.size = sizeof client};
  CU_ASSERT_EQUAL(lariat_client_read_stats(t->client, &client), LARIAT_OK);
  return client.queued + fetching_stats(t).jobs_queued == 6;
}

static void ask_in_turn(struct fetching *t, bool hosts) {
  static const lariat_priority row[] = {
      LARIAT_PRIORITY_LOW, LARIAT_PRIORITY_NORMAL, LARIAT_PRIORITY_HIGH,
      LARIAT_PRIORITY_LOW, LARIAT_PRIORITY_NORMAL, LARIAT_PRIORITY_HIGH};
  static const char letters[] = "lnhLNH";
  struct outcome first;
  order[0] = '\0';
  outcome_watch(&first, lariat_get(t->client, url_of(0, "/hold")));
  fetching_wait_in_flight(t, origin, 1);
  for (unsigned i = 0; i < 6; i++)
    outcome_watch(
        &outcomes[i],
        lariat_deferred_add_both(
            get_with(t->client, url_of(hosts ? i + 1 : 0, "/page"), row[i]),
            note, (void *)(uintptr_t)&letters[i]));
  CU_ASSERT_TRUE(fixture_run_until(&t->f, six_wait, t, 1000));
  (void)origin_release(origin);
  fetching_wait(t, &first, 1, 5000);
  fetching_wait(t, outcomes, 6, 5000);
  if (strcmp(order, "hHnNlL")) fixture_fail("the order was %s", order);
  outcome_clear(outcomes, 6);
  outcome_clear(&first, 1);
}

static void test_priorities_in_a_host(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.max_jobs_per_host = 1;
  open_all(&t, &pool, NULL);
  ask_in_turn(&t, false);
  close_all(&t);
}

static void test_priorities_between_hosts(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.max_jobs = 1;
  open_all(&t, &pool, NULL);
  ask_in_turn(&t, true);
  close_all(&t);
}

static void test_priorities_in_the_client(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 1;
  client.window = 1;
  open_all(&t, &pool, &client);
  ask_in_turn(&t, false);
  close_all(&t);
}

static void test_bad_options(void) {
  struct fetching t;
  struct outcome o;
  lariat_client *client = NULL;
  lariat_pool *pool = NULL;
  lariat_client_options options = lariat_client_defaults();
  lariat_pool_options rates = lariat_pool_defaults();
  open_all(&t, NULL, NULL);
  fetching_do(&t, &o,
              get_with(t.client, url_of(0, "/page"), (lariat_priority)3));
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
  options.priority = (lariat_priority)9;
  CU_ASSERT_EQUAL(lariat_client_new(t.pool, t.f.reactor, &options, &client),
                  LARIAT_EINVAL);
  rates.rate = -1;
  CU_ASSERT_EQUAL(lariat_pool_new(&rates, &pool), LARIAT_EINVAL);
  rates.rate = 0;
  rates.rate_per_host_burst = 1e10;
  CU_ASSERT_EQUAL(lariat_pool_new(&rates, &pool), LARIAT_EINVAL);
  close_all(&t);
}

/* ---- Waiting for capacity ---- */

struct filler {
  struct fetching *t;
  unsigned left;
  unsigned refused;
  unsigned done;
};

static lariat_value on_done(lariat_value result, void *context) {
  struct filler *filler = context;
  filler->done++;
  if (lariat_is_failure(result)) filler->refused++;
  return lariat_value_drop(result);
}

/* Submits until the queue is full, and waits for space. */
static lariat_value fill(lariat_value result, void *context) {
  struct filler *filler = context;
  lariat_client *client = filler->t->client;
  lariat_deferred *capacity = NULL;
  while (filler->left) {
    capacity = lariat_client_when_capacity(client);
    if (!lariat_deferred_fired(capacity)) break;
    lariat_deferred_forget(capacity);
    filler->left--;
    lariat_deferred_forget(lariat_deferred_add_both(
        lariat_get(client, url_of(0, "/page")), on_done, filler));
  }
  if (filler->left)
    lariat_deferred_forget(lariat_deferred_add_both(capacity, fill, filler));
  return lariat_value_drop(result);
}

static bool all_done(void *context) {
  const struct filler *filler = context;
  return filler->left == 0 && filler->done == 500;
}

static void fill_with(unsigned window, size_t max_queued) {
  struct fetching t;
  struct filler filler = {&t, 500, 0, 0};
  lariat_client_options client = lariat_client_defaults();
  client.window = window;
  client.max_queued = max_queued;
  open_all(&t, NULL, &client);
  (void)fill(lariat_none(), &filler);
  CU_ASSERT(filler.left > 0);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, all_done, &filler, 10000));
  CU_ASSERT_EQUAL(filler.refused, 0);
  close_all(&t);
}

static void test_capacity(void) {
  fill_with(4, 10);
  fill_with(4, 0);
  fill_with(1, 1);
}

static void test_capacity_ends(void) {
  struct fetching t;
  struct outcome waits[3];
  lariat_client_options client = lariat_client_defaults();
  client.window = 1;
  client.max_queued = 1;
  open_all(&t, NULL, &client);
  for (unsigned i = 0; i < 2; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url_of(0, "/stall")));
  for (unsigned i = 0; i < 3; i++)
    outcome_watch(&waits[i], lariat_client_when_capacity(t.client));
  lariat_deferred *given_up = lariat_client_when_capacity(t.client);
  lariat_deferred_cancel(given_up);
  lariat_deferred_forget(given_up);
  t.f.reports_expected = t.f.reports;
  fetching_run(&t, 10);
  CU_ASSERT_EQUAL(waits[0].fires, 0);
  lariat_client_close(t.client);
  t.client = NULL;
  for (unsigned i = 0; i < 3; i++)
    outcome_expect_status(&waits[i], LARIAT_ECLOSED);
  outcome_clear(waits, 3);
  outcome_clear(outcomes, 2);
  close_all(&t);
}

/* A slow host. */

/* It has more to do than there are credits, and holds up nobody. */
static void test_a_slow_host_holds_up_nobody(void) {
  struct fetching t;
  struct outcome late[8];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  open_all(&t, &pool, NULL);
  for (unsigned i = 0; i < MANY; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url_of(0, "/stall")));
  fetching_run(&t, 50);
  for (unsigned i = 0; i < 8; i++)
    outcome_watch(&late[i], lariat_get(t.client, url_of(1 + i % 2, "/page")));
  fetching_wait(&t, late, 8, 3000);
  for (unsigned i = 0; i < 8; i++) outcome_expect_http(&late[i], 200);
  outcome_clear(late, 8);
  lariat_client_close(t.client);
  t.client = NULL;
  outcome_clear(outcomes, MANY);
  close_all(&t);
}

/* Rates. */

static bool one_waits_for_its_rate(const lariat_pool_stats *stats) {
  return stats->jobs_waiting_rate >= 1;
}

/* A deadline goes on while a request waits for its rate. */
static void test_deadline_in_a_rate(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 1;
  pool.rate_per_host = 0.01;
  client.timeout_ms = 0;
  open_all(&t, &pool, &client);
  fetching_do(&t, &outcomes[0], lariat_get(t.client, url_of(0, "/page")));
  outcome_expect_http(&outcomes[0], 200);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.timeout_ms = 150;
  outcome_watch(&outcomes[1], lariat_get(t.client, url_of(0, "/page")));
  outcome_watch(&outcomes[2],
                lariat_request(t.client, "GET", url_of(0, "/page"), &options));
  fetching_wait_stats(&t, one_waits_for_its_rate);
  fetching_wait(&t, &outcomes[2], 1, 3000);
  outcome_expect_failure(&outcomes[2], LARIAT_ETIMEDOUT, LARIAT_PHASE_QUEUE);
  CU_ASSERT_EQUAL(outcomes[1].fires, 0);
  lariat_client_close(t.client);
  t.client = NULL;
  outcome_clear(outcomes, 3);
  close_all(&t);
}

/* Nothing can be connected to: a request that is never sent gives the pace
 * back, too. */
static void test_delay_without_a_server(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  char url[64];
  pool.reactors = 1;
  pool.delay_per_host_ms = 20;
  open_all(&t, &pool, NULL);
  uint64_t began_ms = fixture_real_ms();
  snprintf(url, sizeof url, "http://127.0.0.1:1/");
  for (unsigned i = 0; i < 4; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url));
  fetching_wait(&t, outcomes, 4, 3000);
  for (unsigned i = 0; i < 4; i++)
    outcome_expect_status(&outcomes[i], LARIAT_ECONNECT);
  CU_ASSERT(outcomes[3].ended_ms - began_ms >= 59);
  outcome_clear(outcomes, 4);
  close_all(&t);
}

/* Statistics. */

static bool seventeen_wait(const lariat_pool_stats *stats) {
  return stats->jobs_running == 5 && stats->jobs_connecting == 0 &&
         stats->jobs_queued == 17 &&
         stats->jobs_waiting_jobs + stats->jobs_waiting_host == 17;
}

static void test_places(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.max_jobs = 5;
  pool.max_jobs_per_host = 3;
  open_all(&t, &pool, NULL);
  for (unsigned i = 0; i < 20; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url_of(i / 10, "/hold")));
  for (unsigned i = 20; i < 22; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url_of(2, "/hold")));
  fetching_wait_stats(&t, seventeen_wait);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.jobs_running, 5);
  CU_ASSERT_EQUAL(stats.jobs_queued, 17);
  CU_ASSERT_EQUAL(stats.jobs_waiting_jobs + stats.jobs_waiting_host, 17);
  CU_ASSERT_EQUAL(stats.jobs_connecting, 0);
  CU_ASSERT_EQUAL(stats.jobs_receiving, 0);
  while (fetching_stats(&t).jobs_done < 22) {
    (void)origin_release(origin);
    fetching_run(&t, 5);
  }
  fetching_wait(&t, outcomes, 22, 3000);
  outcome_clear(outcomes, 22);
  stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.jobs_waiting_jobs + stats.jobs_waiting_host, 0);
  close_all(&t);
}

static bool one_receives(const lariat_pool_stats *stats) {
  return stats->jobs_receiving == 1;
}

static bool none_receives(const lariat_pool_stats *stats) {
  return stats->jobs_receiving == 0;
}

static void test_phases(void) {
  struct fetching t;
  lariat_deferred *body;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  open_all(&t, &pool, NULL);
  body = lariat_get(t.client, url_of(0, "/mid-body-stall"));
  outcome_watch(&outcomes[0], lariat_deferred_retain(body));
  fetching_wait_stats(&t, one_receives);
  lariat_deferred_cancel(body);
  lariat_deferred_release(body);
  fetching_wait_idle(&t, 1000);
  fetching_wait_stats(&t, none_receives);
  outcome_clear(outcomes, 1);
  close_all(&t);
}

/* Draining. */

struct drained {
  unsigned fires;
  bool failed;
  uint64_t took_ms;
};

static lariat_value on_drained(lariat_value result, void *context) {
  struct drained *drained = context;
  drained->fires++;
  drained->failed = lariat_is_failure(result);
  drained->took_ms = fixture_real_ms() - drained->took_ms;
  return lariat_value_drop(result);
}

static void drain(struct fetching *t, struct drained *drained, uint64_t ms) {
  *drained = (struct drained){0, false, fixture_real_ms()};
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_pool_drain(t->pool, t->f.reactor, ms), on_drained, drained));
}

static bool is_drained(void *context) {
  const struct drained *drained = context;
  return drained->fires > 0;
}

static void expect_drained(struct fetching *t, struct drained *drained) {
  CU_ASSERT_TRUE(fixture_run_until(&t->f, is_drained, drained, 3000));
  CU_ASSERT_EQUAL(drained->fires, 1);
  CU_ASSERT_FALSE(drained->failed);
}

static void test_drain(void) {
  struct fetching t;
  struct drained drained;
  struct outcome later;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  open_all(&t, &pool, NULL);
  for (unsigned i = 0; i < 60; i++)
    outcome_watch(&outcomes[i],
                  lariat_get(t.client, url_of(i % 6, "/wait/20")));
  fetching_run(&t, 5);
  drain(&t, &drained, 60000);
  fetching_run(&t, 5);
  outcome_watch(&later, lariat_get(t.client, url_of(0, "/hold")));
  expect_drained(&t, &drained);
  CU_ASSERT_EQUAL(later.fires, 0);
  fetching_wait_in_flight(&t, origin, 1);
  (void)origin_release(origin);
  fetching_wait(&t, outcomes, 60, 1000);
  for (unsigned i = 0; i < 60; i++) outcome_expect_http(&outcomes[i], 200);
  fetching_wait(&t, &later, 1, 3000);
  outcome_expect_http(&later, 200);
  outcome_clear(outcomes, 60);
  outcome_clear(&later, 1);
  close_all(&t);
}

static void test_drain_at_the_deadline(void) {
  struct fetching t;
  struct drained drained[2];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  open_all(&t, &pool, NULL);
  for (unsigned i = 0; i < 60; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url_of(i % 6, "/stall")));
  fetching_run(&t, 20);
  drain(&t, &drained[0], 100);
  drain(&t, &drained[1], 9000);
  expect_drained(&t, &drained[0]);
  expect_drained(&t, &drained[1]);
  CU_ASSERT(drained[0].took_ms >= 99);
  fetching_wait(&t, outcomes, 60, 1000);
  for (unsigned i = 0; i < 60; i++)
    outcome_expect_status(&outcomes[i], LARIAT_ECANCELLED);
  outcome_clear(outcomes, 60);
  /* Nothing to wait for; and the pool goes on. */
  drain(&t, &drained[0], 0);
  expect_drained(&t, &drained[0]);
  fetching_do(&t, &outcomes[0], lariat_get(t.client, url_of(0, "/page")));
  outcome_expect_http(&outcomes[0], 200);
  outcome_clear(outcomes, 1);
  close_all(&t);
}

static void test_drain_and_close(void) {
  struct fetching t;
  struct drained drained;
  open_all(&t, NULL, NULL);
  outcome_watch(&outcomes[0], lariat_get(t.client, url_of(0, "/stall")));
  fetching_run(&t, 20);
  drain(&t, &drained, 60000);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
  expect_drained(&t, &drained);
  fetching_wait(&t, outcomes, 1, 3000);
  outcome_clear(outcomes, 1);
  drain(&t, &drained, 10);
  expect_drained(&t, &drained);
  close_all(&t);
}

static void test_drain_without_a_reactor(void) {
  struct fetching t;
  struct drained drained;
  open_all(&t, NULL, NULL);
  outcome_watch(&outcomes[0], lariat_get(t.client, url_of(0, "/stall")));
  fetching_run(&t, 20);
  drain(&t, &drained, 60000);
  lariat_client_close(t.client);
  t.client = NULL;
  fixture_close_reactor(&t.f, 1000);
  CU_ASSERT_EQUAL(drained.fires, 1);
  CU_ASSERT_TRUE(drained.failed);
  outcome_clear(outcomes, 1);
  close_all(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"priorities in a host", test_priorities_in_a_host},
      {"priorities between hosts", test_priorities_between_hosts},
      {"priorities in the client", test_priorities_in_the_client},
      {"bad options", test_bad_options},
      {"capacity", test_capacity},
      {"capacity ends", test_capacity_ends},
      {"a slow host holds up nobody", test_a_slow_host_holds_up_nobody},
      {"a deadline in a rate", test_deadline_in_a_rate},
      {"a delay without a server", test_delay_without_a_server},
      {"places", test_places},
      {"phases", test_phases},
      {"drain", test_drain},
      {"drain at the deadline", test_drain_at_the_deadline},
      {"drain and close", test_drain_and_close},
      {"drain without a reactor", test_drain_without_a_reactor},
  };
  return fixture_main("pressure", tests, FIXTURE_COUNT(tests), argc, argv);
}
