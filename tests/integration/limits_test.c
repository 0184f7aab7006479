/* SPDX-License-Identifier: MIT
 * labels: no-asan same-libcurl
 * Limits, as a server sees them: jobs in flight to one host and in all, open
 * connections to one host and in all; and that everything gets its turn. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"

enum { MANY = 240 };

static struct origin *origin;
static char text[256];
static struct outcome outcomes[MANY];

/* "http://127.0.AREA.(1+host)/path": each test has an area of its own. */
static const char *url_of(unsigned area, unsigned host, const char *path) {
  snprintf(text, sizeof text, "http://127.0.%u.%u:%u%s", area, host + 1,
           origin_port(origin), path);
  return text;
}

static struct origin_counts counts_of(unsigned area, unsigned host) {
  char address[32];
  snprintf(address, sizeof address, "127.0.%u.%u", area, host + 1);
  return origin_address_counts(origin, address);
}

struct load {
  unsigned area;
  unsigned hosts;
  unsigned jobs;
  unsigned reactors;
  lariat_placement placement;
  unsigned max_jobs;
  unsigned per_host;
  unsigned max_connections;
  unsigned connections_per_host;
  const char *path;
};

/* The most connections that were seen open at once. */
static uint64_t most_connections;

struct watch {
  struct fetching *t;
  unsigned jobs;
  unsigned fired;
};

static bool all_fired(void *context) {
  struct watch *watch = context;
  uint64_t now = fetching_stats(watch->t).connections;
  if (now > most_connections) most_connections = now;
  while (watch->fired < watch->jobs && outcomes[watch->fired].fires)
    watch->fired++;
  return watch->fired == watch->jobs;
}

/* A fresh origin, `load` through a fresh pool: all must succeed.  The counts
 * of the origin are kept. */
static void run_load(const struct load *load) {
  struct fetching t;
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  struct watch watch = {&t, load->jobs, 0};
  origin = origin_start(&everywhere);
  CU_ASSERT_PTR_NOT_NULL_FATAL(origin);
  pool.reactors = load->reactors;
  if (load->max_jobs) pool.max_jobs = load->max_jobs;
  if (load->per_host) pool.max_jobs_per_host = load->per_host;
  pool.max_connections = load->max_connections;
  pool.max_connections_per_host = load->connections_per_host;
  client.placement = load->placement;
  fetching_open(&t, &pool, &client);
  most_connections = 0;
  for (unsigned i = 0; i < load->jobs; i++)
    outcome_watch(
        &outcomes[i],
        lariat_get(t.client, url_of(load->area, i % load->hosts, load->path)));
  if (!fixture_run_until(&t.f, all_fired, &watch, 15000))
    fixture_fail("job %u of %u has no outcome", watch.fired, load->jobs);
  for (unsigned i = 0; i < load->jobs; i++)
    outcome_expect_http(&outcomes[i], 200);
  outcome_clear(outcomes, load->jobs);
  fetching_expect_ledger(t.client, load->jobs, load->jobs, 0, 0);
  fetching_close(&t);
}

static void end_load(void) {
  origin_stop(origin);
  origin = NULL;
}

/* Jobs in flight. */

static void expect_in_flight(const struct load *load, unsigned per_host,
                             unsigned in_all) {
  run_load(load);
  struct origin_counts all = origin_counts(origin);
  CU_ASSERT_EQUAL(all.requests, load->jobs);
  if (all.in_flight_max > in_all)
    fixture_fail("%lu in flight, not %u", all.in_flight_max, in_all);
  for (unsigned host = 0; host < load->hosts; host++) {
    struct origin_counts counts = counts_of(load->area, host);
    if (counts.in_flight_max > per_host)
      fixture_fail("%lu in flight to one host, not %u", counts.in_flight_max,
                   per_host);
  }
  end_load();
}

static void test_jobs_by_host(void) {
  for (unsigned reactors = 1; reactors <= 3; reactors++) {
    struct load load = {.area = 1,
                        .hosts = 24,
                        .jobs = MANY,
                        .reactors = reactors,
                        .max_jobs = 11,
                        .per_host = 2,
                        .path = "/wait/2"};
    expect_in_flight(&load, 2, 11);
  }
}

static void test_jobs_spread(void) {
  static const unsigned limits[] = {1, 2, 3, 5, 8};
  for (size_t i = 0; i < FIXTURE_COUNT(limits); i++)
    for (unsigned reactors = 2; reactors <= 3; reactors++) {
      struct load load = {.area = 2,
                          .hosts = 1,
                          .jobs = 60,
                          .reactors = reactors,
                          .placement = LARIAT_PLACE_SPREAD,
                          .per_host = limits[i],
                          .path = "/wait/2"};
      expect_in_flight(&load, limits[i], limits[i]);
    }
}

static void test_jobs_spread_over_hosts(void) {
  struct load load = {.area = 3,
                      .hosts = 12,
                      .jobs = MANY,
                      .reactors = 3,
                      .placement = LARIAT_PLACE_SPREAD,
                      .max_jobs = 10,
                      .per_host = 4,
                      .path = "/wait/2"};
  expect_in_flight(&load, 4, 10);
}

/* The whole of a limit is used, too. */
static void test_limits_are_reached(void) {
  struct load load = {.area = 4,
                      .hosts = 1,
                      .jobs = 40,
                      .reactors = 2,
                      .placement = LARIAT_PLACE_SPREAD,
                      .per_host = 8,
                      .path = "/wait/30"};
  run_load(&load);
  CU_ASSERT_EQUAL(origin_counts(origin).in_flight_max, 8);
  end_load();
}

/* Open connections. */

/* A server may hear of a new connection before the end of an old one: it is
 * asked only where none need be closed. */
static void expect_connections(const struct load *load, unsigned per_host,
                               unsigned in_all) {
  run_load(load);
  if (most_connections > in_all)
    fixture_fail("%llu connections, not %u",
                 (unsigned long long)most_connections, in_all);
  for (unsigned host = 0; per_host && host < load->hosts; host++)
    CU_ASSERT(counts_of(load->area, host).open_max <= per_host);
  end_load();
}

static void test_connections_in_all(void) {
  for (unsigned reactors = 1; reactors <= 2; reactors++) {
    struct load load = {.area = 5,
                        .hosts = 40,
                        .jobs = MANY,
                        .reactors = reactors,
                        .max_connections = 6,
                        .path = "/wait/1"};
    expect_connections(&load, 0, 6);
  }
}

static void test_connections_in_all_without_a_wait(void) {
  struct load load = {.area = 6,
                      .hosts = 100,
                      .jobs = MANY,
                      .reactors = 2,
                      .max_connections = 3,
                      .path = "/page"};
  expect_connections(&load, 0, 3);
}

static void test_connections_to_one_host(void) {
  struct load load = {.area = 7,
                      .hosts = 3,
                      .jobs = 90,
                      .reactors = 2,
                      .per_host = 16,
                      .connections_per_host = 2,
                      .path = "/wait/1"};
  expect_connections(&load, 2, 6);
}

/* Of two reactors one has no share in the one connection. */
static void test_connections_to_one_host_spread(void) {
  struct load load = {.area = 8,
                      .hosts = 1,
                      .jobs = 60,
                      .reactors = 2,
                      .placement = LARIAT_PLACE_SPREAD,
                      .per_host = 8,
                      .connections_per_host = 1,
                      .path = "/wait/1"};
  expect_connections(&load, 1, 1);
}

/* Connections that end are replaced by new ones, while others become idle. */
static void test_connections_that_wear_out(void) {
  static const char *const paths[] = {"/served/2", "/last"};
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    struct load load = {.area = 12,
                        .hosts = 2,
                        .jobs = MANY,
                        .reactors = 1,
                        .per_host = 16,
                        .connections_per_host = 4,
                        .path = paths[i]};
    expect_connections(&load, 4, 8);
  }
}

/* Fairness. */

enum { SHARERS = 150 };

/* Requests to a host that are kept going. */
struct stream_of {
  struct fetching *t;
  unsigned host;
  unsigned wait_ms;
  unsigned done;
  bool over;
};

static void ask_again(struct stream_of *stream);

static lariat_value asked(lariat_value result, void *context) {
  struct stream_of *stream = context;
  uint64_t now = fetching_stats(stream->t).connections;
  if (now > most_connections) most_connections = now;
  stream->done++;
  if (!stream->over) ask_again(stream);
  return lariat_value_drop(result);
}

static void ask_again(struct stream_of *stream) {
  char path[32];
  snprintf(path, sizeof path, "/wait/%u", stream->wait_ms);
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_get(stream->t->client, url_of(13, stream->host, path)), asked,
      stream));
}

static bool all_got_some(void *context) {
  const struct stream_of *streams = context;
  for (unsigned i = 0; i < SHARERS; i++)
    if (streams[i].done == 0) return false;
  return true;
}

/* Hosts that always have another request for each of their connections, which
 * are all there are: those that have none get one all the same, and so does a
 * host that comes later. */
static void share_connections(bool libcurl_only) {
  enum { EACH = 6, CONNECTIONS = 128 };
  static struct stream_of streams[SHARERS];
  struct fetching t;
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  struct outcome late;
  lariat_pool_options pool = lariat_pool_defaults();
  origin = origin_start(&everywhere);
  pool.reactors = 1;
  pool.max_connections = CONNECTIONS;
  pool.max_jobs_per_host = 4;
  pool.libcurl_only = libcurl_only;
  fetching_open(&t, &pool, NULL);
  most_connections = 0;
  for (unsigned i = 0; i < SHARERS; i++) {
    streams[i] = (struct stream_of){&t, i, 150 + 7 * i % 60, 0, false};
    for (unsigned k = 0; k < EACH; k++) ask_again(&streams[i]);
  }
  fetching_run(&t, 100);
  outcome_watch(&late, lariat_get(t.client, url_of(13, SHARERS, "/page")));
  fetching_wait(&t, &late, 1, 3000);
  outcome_expect_http(&late, 200);
  if (!fixture_run_until(&t.f, all_got_some, streams, 10000))
    fixture_fail("a host got nothing");
  for (unsigned i = 0; i < SHARERS; i++) streams[i].over = true;
  CU_ASSERT(most_connections <= CONNECTIONS);
  fetching_wait_settled(&t, 5000);
  outcome_clear(&late, 1);
  fetching_close(&t);
  end_load();
}

static void test_hosts_without_a_connection(void) { share_connections(false); }
static void test_hosts_without_one_of_libcurl(void) { share_connections(true); }

static bool all_were_taken(const lariat_pool_stats *stats) {
  return stats->jobs_taken == 61;
}

/* One host has many jobs waiting; a second one's job does not wait for them
 * all. */
static void test_hosts_take_turns(void) {
  struct fetching t;
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  struct outcome late;
  lariat_pool_options pool = lariat_pool_defaults();
  origin = origin_start(&everywhere);
  pool.reactors = 1;
  pool.max_jobs = 2;
  pool.max_jobs_per_host = 2;
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 60; i++)
    outcome_watch(
        &outcomes[i],
        lariat_get(t.client, url_of(9, 0, i < 2 ? "/hold" : "/page")));
  outcome_watch(&late, lariat_get(t.client, url_of(9, 1, "/page")));
  fetching_wait_in_flight(&t, origin, 2);
  fetching_wait_stats(&t, all_were_taken);
  (void)origin_release(origin);
  fetching_wait(&t, &late, 1, 5000);
  unsigned before = 0;
  for (unsigned i = 0; i < 60; i++) before += outcomes[i].fires;
  CU_ASSERT(before < 20);
  fetching_wait(&t, outcomes, 60, 5000);
  outcome_clear(outcomes, 60);
  outcome_clear(&late, 1);
  fetching_close(&t);
  end_load();
}

/* Two connections in all, one of them in the hands of a server that does not
 * answer: the others share the second and are not held up. */
static void test_a_stalled_connection_holds_up_nobody(void) {
  enum { HOSTS = 10, JOBS = 40 };
  struct fetching t;
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  struct outcome stalled;
  lariat_pool_options pool = lariat_pool_defaults();
  origin = origin_start(&everywhere);
  pool.reactors = 1;
  pool.max_connections = 2;
  fetching_open(&t, &pool, NULL);
  lariat_deferred *deferred = lariat_get(t.client, url_of(10, 99, "/stall"));
  outcome_watch(&stalled, lariat_deferred_retain(deferred));
  fetching_wait_in_flight(&t, origin, 1);
  for (unsigned i = 0; i < JOBS; i++)
    outcome_watch(&outcomes[i],
                  lariat_get(t.client, url_of(10, i % HOSTS, "/wait/2")));
  fetching_wait(&t, outcomes, JOBS, 3000);
  for (unsigned i = 0; i < JOBS; i++)
    if (outcomes[i].fires) outcome_expect_http(&outcomes[i], 200);
  CU_ASSERT(counts_of(10, 0).open_max <= 2);
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
  fetching_wait(&t, outcomes, JOBS, 3000);
  outcome_clear(outcomes, JOBS);
  outcome_clear(&stalled, 1);
  fetching_close(&t);
  end_load();
}

/* A host whose connection is there does not wait behind one that needs a new
 * one. */
static void test_blocked_with_a_connection(void) {
  struct fetching t;
  struct origin_options everywhere = {.address = "127.0.0.0/8"};
  struct outcome stalled[2];
  lariat_pool_options pool = lariat_pool_defaults();
  origin = origin_start(&everywhere);
  pool.reactors = 1;
  pool.max_connections = 3;
  pool.max_jobs_per_host = 4;
  pool.lane_connections = 1; /* each connection in a lane of its own */
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 2; i++)
    outcome_watch(&stalled[i],
                  lariat_get(t.client, url_of(11, 50 + i, "/hold")));
  fetching_wait_in_flight(&t, origin, 2);
  for (unsigned i = 0; i < 12; i++)
    outcome_watch(&outcomes[i],
                  lariat_get(t.client, url_of(11, i < 8 ? 0 : i, "/wait/5")));
  fetching_wait(&t, outcomes, 12, 3000);
  for (unsigned i = 0; i < 12; i++)
    if (outcomes[i].fires) outcome_expect_http(&outcomes[i], 200);
  (void)origin_release(origin);
  fetching_wait(&t, stalled, 2, 3000);
  fetching_wait(&t, outcomes, 12, 3000);
  outcome_clear(outcomes, 12);
  outcome_clear(stalled, 2);
  fetching_close(&t);
  end_load();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"jobs by host", test_jobs_by_host},
      {"jobs spread", test_jobs_spread},
      {"jobs spread over hosts", test_jobs_spread_over_hosts},
      {"limits are reached", test_limits_are_reached},
      {"connections in all", test_connections_in_all},
      {"connections in all without a wait",
       test_connections_in_all_without_a_wait},
      {"connections to one host", test_connections_to_one_host},
      {"connections to one host, spread", test_connections_to_one_host_spread},
      {"connections that wear out", test_connections_that_wear_out},
      {"hosts without a connection", test_hosts_without_a_connection},
      {"hosts without a connection of libcurl's",
       test_hosts_without_one_of_libcurl},
      {"hosts take turns", test_hosts_take_turns},
      {"a stalled connection holds up nobody",
       test_a_stalled_connection_holds_up_nobody},
      {"blocked with a connection", test_blocked_with_a_connection},
  };
  return fixture_main("limits", tests, FIXTURE_COUNT(tests), argc, argv);
}
