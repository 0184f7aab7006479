/* SPDX-License-Identifier: MIT
 * torture_test.c: each allocation of a whole fetch fails in turn: first it
 * alone, then it and all after it for a while.  Nothing crashes or leaks, each
 * deferred fires once, and once there is memory again, the next request is
 * answered. */
#include <stdio.h>
#include <string.h>

#include "support/scripting.h"

enum { JOBS = 16 };

/* One run of a scenario. */
struct torture {
  struct scripting s;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  struct seen seen[JOBS];
  unsigned count;
};

struct scenario {
  const char *name;
  void (*act)(struct torture *t);
  unsigned max_jobs;
  unsigned max_connections;
  unsigned window;
};

static lariat_value take(lariat_value result, void *context) {
  struct seen *seen = context;
  seen->fires++;
  seen->status =
      lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  return lariat_value_drop(result);
}

static struct seen *watch(struct torture *t, lariat_deferred *deferred) {
  struct seen *seen = &t->seen[t->count++];
  seen->deferred = deferred;
  lariat_deferred_add_both(deferred, take, seen);
  return seen;
}

static void pass(struct torture *t, uint64_t ms) {
  (void)lariat_virtual_clock_run(t->s.f.virtual_clock, t->reactor, ms);
}

/* What is done in each. */

static void get(struct torture *t) {
  watch(t, lariat_get(t->client, "http://a/?dns=1&connect=2&bytes=100"));
  pass(t, 10);
  watch(t, lariat_get(t->client, "https://b/?first-byte=2&body=1&text=x"));
  pass(t, 10);
}

static void bodies_and_headers(struct torture *t) {
  const lariat_header headers[] = {{"X-One", "1"}, {"Authorization", "me"}};
  lariat_request_options options = lariat_request_defaults(t->client);
  options.headers = headers;
  options.header_count = 2;
  options.body = "hello";
  options.body_length = 5;
  options.sha256 = true;
  watch(t, lariat_request(t->client, "POST",
                          "http://a/?body=1&status=303&to=http://b/?bytes=9",
                          &options));
  watch(t, lariat_request(t->client, "PUT",
                          "http://a/?status=307&to=http://b/?bytes=60000",
                          &options));
  pass(t, 10);
}

static void redirects(struct torture *t) {
  watch(t, lariat_get(t->client, "http://a/?to=/?to=http://b/?to=/x"));
  watch(t, lariat_get(t->client, "http://a/?to=ftp://x/"));
  watch(t, lariat_get(t->client, "http://a/?to=/?body=5&to=/?body=5"));
  pass(t, 50);
}

static void failures(struct torture *t) {
  watch(t, lariat_get(t->client, "no URL"));
  watch(t, lariat_get(t->client, "http://a/?failure=connection-reset"));
  watch(t, lariat_get(t->client, "http://a/?failure=truncated&bytes=10"));
  watch(t, lariat_get(t->client, "http://a/?failure=connect-failed"));
  pass(t, 10);
}

static void deadlines(struct torture *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = 20;
  options.connect_timeout_ms = 10;
  for (unsigned i = 0; i < 3; i++) {
    static const char *const urls[] = {"http://a/?never=connect",
                                       "http://a/?never=body", "http://b/"};
    watch(t, lariat_request(t->client, "GET", urls[i], &options));
  }
  pass(t, 40);
}

static void cancels(struct torture *t) {
  for (unsigned i = 0; i < 6; i++) {
    struct seen *seen =
        watch(t, lariat_get(t->client, i % 2 ? "http://a/?body=5&to=/?body=5"
                                             : "https://b/?never=body"));
    if (i == 0) lariat_deferred_cancel(seen->deferred);
  }
  (void)lariat_reactor_run_once(t->reactor, 0);
  lariat_deferred_cancel(t->seen[1].deferred);
  pass(t, 5);
  for (unsigned i = 2; i < 6; i++) lariat_deferred_cancel(t->seen[i].deferred);
  pass(t, 5);
}

static void many_hosts(struct torture *t) {
  for (unsigned i = 0; i < 12; i++) {
    char url[64];
    snprintf(url, sizeof url, "http://host-%u/?body=%u", i % 9, i % 3);
    watch(t, lariat_get(t->client, url));
  }
  pass(t, 100);
}

static void add_header(struct torture *t, const char *value) {
  lariat_status status = lariat_client_add_header(t->client, "X-More", value);
  CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
}

static void client_headers(struct torture *t) {
  add_header(t, "more");
  watch(t, lariat_get(t->client, "http://a/"));
  add_header(t, "other");
  watch(t, lariat_get(t->client, "http://a/"));
  pass(t, 10);
}

static void retries(struct torture *t) {
  lariat_retry_policy policy = lariat_retry_defaults();
  lariat_request_options options = lariat_request_defaults(t->client);
  policy.max_retries = 3;
  policy.base_ms = 5;
  policy.seed = 7;
  options.retry = &policy;
  watch(t, lariat_request(t->client, "GET", "http://a/?status=503", &options));
  watch(t, lariat_request(t->client, "GET", "http://b/", &options));
  pass(t, 30);
  watch(t, lariat_request(t->client, "GET", "http://b/?failure=empty-answer",
                          &options));
  pass(t, 60);
}

static void drain(struct torture *t) {
  watch(t, lariat_get(t->client, "http://a/?body=10"));
  watch(t, lariat_get(t->client, "http://a/?never=body"));
  pass(t, 1);
  watch(t, lariat_pool_close(t->pool, t->reactor, 50));
  pass(t, 100);
}

static void reactor_closes(struct torture *t) {
  watch(t, lariat_get(t->client, "http://a/?body=10"));
  watch(t, lariat_get(t->client, "http://a/?never=body"));
  pass(t, 1);
  (void)lariat_reactor_close(t->reactor, 10);
  t->reactor = NULL;
  t->client = NULL;
}

/* One run. */

static bool open_all(struct torture *t, const struct scenario *scenario) {
  const lariat_reactor_options options = {
      .size = sizeof options,
      .clock = lariat_virtual_clock_clock(t->s.f.virtual_clock)};
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  if (scenario->max_jobs) pool.max_jobs = scenario->max_jobs;
  pool.max_connections = scenario->max_connections;
  client.window = scenario->window;
  return lariat_reactor_new(&options, &t->reactor) == LARIAT_OK &&
         lariat_scripted_pool_new(&pool, t->reactor, scripting_script, NULL,
                                  &t->pool) == LARIAT_OK &&
         lariat_client_new(t->pool, t->reactor, &client, &t->client) ==
             LARIAT_OK;
}

static void quiet(const char *message, void *context) {
  (void)message;
  (void)context;
}

/* With memory again: the client works. */
static void expect_well(struct torture *t, const char *name, uint64_t nth) {
  lariat_pool_stats stats = {.size = sizeof stats};
  struct seen *seen = watch(t, lariat_get(t->client, "http://well/"));
  pass(t, 700);
  if (seen->status != LARIAT_OK && seen->status != LARIAT_ECLOSED)
    fixture_fail("%s, allocation %llu: afterwards %s", name,
                 (unsigned long long)nth, lariat_status_name(seen->status));
  (void)lariat_pool_read_stats(t->pool, &stats);
  if (stats.jobs_taken != stats.jobs_done + stats.jobs_running)
    fixture_fail("%s, allocation %llu: a job is left", name,
                 (unsigned long long)nth);
}

static void close_all(struct torture *t) {
  lariat_client_close(t->client);
  if (t->reactor) pass(t, 0);
  lariat_pool_release(t->pool);
  if (t->reactor) pass(t, 0);
}

static void check_outcomes(struct torture *t, const char *name, uint64_t nth) {
  lariat_client_stats stats = {.size = sizeof stats};
  for (unsigned i = 0; i < t->count; i++) {
    if (t->seen[i].fires != 1)
      fixture_fail("%s, allocation %llu: deferred %u fired %u times", name,
                   (unsigned long long)nth, i, t->seen[i].fires);
    lariat_deferred_release(t->seen[i].deferred);
  }
  if (!t->client) return;
  (void)lariat_client_read_stats(t->client, &stats);
  if (stats.submitted != stats.succeeded + stats.failed + stats.cancelled)
    fixture_fail("%s, allocation %llu: the ledger does not balance", name,
                 (unsigned long long)nth);
}

/* Runs it with the allocation that fails; false: it was not reached. */
static bool run(const struct scenario *scenario, uint64_t nth, bool sticky) {
  static struct torture t;
  memset(&t, 0, sizeof t);
  fixture_open(&t.s.f, FIXTURE_MANUAL_CLOCK);
  fixture_close_reactor(&t.s.f, 0); /* the run has its own */
  uint64_t before = fixture_allocations(&t.s.f);
  if (sticky)
    fixture_fail_allocations_from(&t.s.f, nth);
  else
    fixture_fail_allocation(&t.s.f, nth);
  bool opened = open_all(&t, scenario);
  if (t.reactor) lariat_reactor_set_report(t.reactor, quiet, NULL);
  if (opened) scenario->act(&t);
  bool reached = fixture_allocations(&t.s.f) >= before + nth;
  fixture_fail_allocation(&t.s.f, 0);
  if (t.client) {
    expect_well(&t, scenario->name, nth);
    for (unsigned i = 0; i < t.count; i++)
      lariat_deferred_cancel(t.seen[i].deferred);
  }
  check_outcomes(&t, scenario->name, nth);
  close_all(&t);
  if (t.reactor) (void)lariat_reactor_close(t.reactor, 0);
  fixture_close(&t.s.f);
  return reached;
}

static uint64_t runs;

static void torture(const struct scenario *scenario) {
  for (int sticky = 0; sticky < 2; sticky++)
    for (uint64_t nth = 1; run(scenario, nth, sticky) && nth < 5000; nth++)
      runs++;
}

static void test_all(void) {
  static const struct scenario scenarios[] = {
      {"get", get, 0, 0, 0},
      {"bodies and headers", bodies_and_headers, 0, 0, 0},
      {"redirects", redirects, 0, 0, 0},
      {"failures", failures, 0, 0, 0},
      {"deadlines", deadlines, 1, 0, 0},
      {"cancels", cancels, 2, 0, 3},
      {"many hosts", many_hosts, 0, 3, 5},
      {"many hosts, one credit", many_hosts, 1, 1, 1},
      {"client headers", client_headers, 0, 0, 0},
      {"retries", retries, 0, 0, 0},
      {"drain", drain, 0, 0, 0},
      {"reactor closes", reactor_closes, 0, 0, 0},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(scenarios); i++) torture(&scenarios[i]);
  printf("%llu allocations failed ", (unsigned long long)runs);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each allocation fails in turn", test_all},
  };
  return fixture_main("torture", tests, FIXTURE_COUNT(tests), argc, argv);
}
