/* SPDX-License-Identifier: MIT
 * Each allocation of lariat's fails in turn, it alone or it and all after it,
 * while requests go over connections of our own: each deferred fires once,
 * nothing is left, and with memory again the next request is answered. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"

enum { JOBS = 8, LONG_VALUE = 40000, LONG_VALUES = 8 };

static struct origin *origin;
static char text[256];
static lariat_header long_headers[LONG_VALUES];
static char long_value[LONG_VALUE + 1];

struct run {
  struct fetching t;
  struct outcome outcomes[JOBS];
  unsigned count;
};

struct scenario {
  void (*act)(struct run *run);
  bool primed; /* a connection of our own is there */
  unsigned max_connections;
};

static const char *url_of(unsigned host, const char *path) {
  snprintf(text, sizeof text, "http://127.0.80.%u:%u%s", host + 1,
           origin_port(origin), path);
  return text;
}

static void start(struct run *run, unsigned host, const char *method,
                  const char *path, const lariat_request_options *options) {
  outcome_watch(
      &run->outcomes[run->count++],
      lariat_request(run->t.client, method, url_of(host, path), options));
}

static void finish(struct run *run) {
  fetching_wait(&run->t, run->outcomes, run->count, 5000);
}

static void first(struct run *run) {
  start(run, 0, "GET", "/page", NULL);
  finish(run);
  start(run, 0, "GET", "/page", NULL);
  finish(run);
}

static void answers(struct run *run) {
  static const char *const paths[] = {"/bytes/200000", "/chunked", "/continue",
                                      "/dribble-head/0", "/no-length"};
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    start(run, 0, "GET", paths[i], NULL);
    finish(run);
  }
}

static void others(struct run *run) {
  lariat_request_options options = lariat_request_defaults(run->t.client);
  options.sha256 = true;
  start(run, 0, "GET", "/bytes/5000", &options);
  options.sink = lariat_sink_discard();
  start(run, 0, "GET", "/bytes/5000", &options);
  start(run, 0, "HEAD", "/page", NULL);
  finish(run);
  start(run, 0, "GET", "/garbage", NULL);
  start(run, 0, "GET", "/mid-body", NULL);
  finish(run);
}

/* Its connection is dead once the second request is on it. */
static void dies(struct run *run) {
  start(run, 0, "GET", "/once", NULL);
  finish(run);
  start(run, 0, "GET", "/once", NULL);
  finish(run);
}

static void long_request(struct run *run) {
  lariat_request_options options = lariat_request_defaults(run->t.client);
  options.headers = long_headers;
  options.header_count = LONG_VALUES;
  start(run, 0, "GET", "/page", &options);
  finish(run);
}

static void hosts(struct run *run) {
  for (unsigned i = 0; i < 6; i++) start(run, i % 3, "GET", "/page", NULL);
  finish(run);
}

/* More at once than there are connections. */
static void opens(struct run *run) {
  static const char *const paths[] = {"/page", "/page", "/mid-body",
                                      "/garbage"};
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++)
    start(run, 0, "GET", paths[i], NULL);
  finish(run);
}

static void cancels(struct run *run) {
  lariat_deferred *deferred = lariat_get(run->t.client, url_of(0, "/stall"));
  outcome_watch(&run->outcomes[run->count++], lariat_deferred_retain(deferred));
  fetching_run(&run->t, 5);
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
  finish(run);
}

static void prime(struct run *run) {
  struct outcome o;
  for (int i = 0; i < 2; i++) {
    fetching_do(&run->t, &o, lariat_get(run->t.client, url_of(0, "/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
}

static void expect_well(struct run *run) {
  struct outcome o;
  fetching_wait_idle(&run->t, 2000);
  fetching_do(&run->t, &o, lariat_get(run->t.client, url_of(0, "/page")));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  lariat_pool_stats stats = fetching_stats(&run->t);
  CU_ASSERT_EQUAL(stats.jobs_running + stats.jobs_queued, 0);
  CU_ASSERT_EQUAL(stats.jobs_receiving + stats.jobs_connecting, 0);
}

/* False: so many allocations there are not. */
static bool go(const struct scenario *scenario, uint64_t nth, bool sticky) {
  static struct run run;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.max_connections = scenario->max_connections;
  memset(&run, 0, sizeof run);
  fetching_open(&run.t, &pool, NULL);
  if (scenario->primed) prime(&run);
  fetching_run(&run.t, 1);
  uint64_t before = fixture_allocations(&run.t.f);
  if (sticky)
    fixture_fail_allocations_from(&run.t.f, nth);
  else
    fixture_fail_allocation(&run.t.f, nth);
  scenario->act(&run);
  fixture_fail_allocation(&run.t.f, 0);
  bool reached = fixture_allocations(&run.t.f) >= before + nth;
  outcome_clear(run.outcomes, run.count);
  expect_well(&run);
  fetching_close(&run.t);
  return reached;
}

static void torture(const struct scenario *scenario) {
  unsigned runs = 0;
  for (int sticky = 0; sticky < 2; sticky++)
    for (uint64_t nth = 1; nth < 300 && go(scenario, nth, sticky); nth++)
      runs++;
  CU_ASSERT(runs >= 2);
  printf("%u allocations failed ", runs);
}

static void test_first(void) { torture(&(struct scenario){first, false, 0}); }

static void test_gets(void) { torture(&(struct scenario){answers, true, 0}); }

static void test_others(void) { torture(&(struct scenario){others, true, 0}); }

static void test_dies(void) { torture(&(struct scenario){dies, true, 0}); }

static void test_long_request(void) {
  torture(&(struct scenario){long_request, true, 0});
}

static void test_hosts(void) { torture(&(struct scenario){hosts, true, 2}); }

static void test_opens(void) { torture(&(struct scenario){opens, true, 0}); }

static void test_cancels(void) {
  torture(&(struct scenario){cancels, true, 0});
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the first requests", test_first},
      {"each kind of answer", test_gets},
      {"other requests", test_others},
      {"a connection that dies", test_dies},
      {"a long request", test_long_request},
      {"few connections", test_hosts},
      {"new connections", test_opens},
      {"a cancel", test_cancels},
  };
  static const struct origin_step once[] = {
      {.kind = ORIGIN_CLOSE_AFTER, .number = 4},
      {.kind = ORIGIN_PAGE, .text = "once\n"},
      {.kind = ORIGIN_END}};
  struct origin_options anywhere = {.address = "127.0.0.0/8"};
  memset(long_value, 'v', LONG_VALUE);
  for (unsigned i = 0; i < LONG_VALUES; i++)
    long_headers[i] = (lariat_header){"X-Long", long_value};
  origin = origin_start(&anywhere);
  if (!origin || !origin_script(origin, "/once", once)) return 1;
  int result =
      fixture_main("exchange torture", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return result;
}
