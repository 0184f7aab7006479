/* SPDX-License-Identifier: MIT
 * Connections that are opened ahead: how many a server sees, which requests use
 * them, what the limits allow, and what is told of failures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/ports.h"
#include <lariat/failure.h>

enum { MANY = 8 };

struct warming {
  struct fetching t;
  struct origin *origin;
  struct outcome all[MANY];
  lariat_pool_options pool;
  lariat_client_options client;
  char url[128];
};

static void begin(struct warming *w) {
  memset(w, 0, sizeof *w);
  w->pool = lariat_pool_defaults();
  w->client = lariat_client_defaults();
  w->pool.reactors = 1;
}

static void open_all(struct warming *w) {
  fetching_open(&w->t, &w->pool, &w->client);
  w->origin = origin_start(NULL);
  if (!w->origin) abort();
  (void)origin_url(w->origin, "/wait/30", w->url, sizeof w->url);
}

static void close_all(struct warming *w) {
  origin_stop(w->origin);
  fetching_close(&w->t);
}

static bool has_accepted(const struct origin_counts *counts, void *context) {
  return counts->accepted >= *(const unsigned long *)context;
}

/* Waits until the server has accepted so many, and expects no more. */
static void expect_accepted(struct origin *at, unsigned long count) {
  CU_ASSERT_TRUE(origin_wait_for(at, has_accepted, &count, 10000));
  CU_ASSERT_EQUAL(origin_counts(at).accepted, count);
}

/* Warms, and returns how many were opened; -1: a failure. */
static long warm(struct warming *w, const char *url, unsigned connections) {
  struct outcome o;
  fetching_do(&w->t, &o, lariat_client_warm(w->t.client, url, connections));
  long opened = o.status == LARIAT_OK ? (long)lariat_int_in(o.value) : -1;
  outcome_clear(&o, 1);
  return opened;
}

static void expect_warm_failure(struct warming *w, const char *url,
                                unsigned connections, lariat_status status) {
  struct outcome o;
  fetching_do(&w->t, &o, lariat_client_warm(w->t.client, url, connections));
  outcome_expect_status(&o, status);
  outcome_clear(&o, 1);
}

/* Makes `count` requests at once, and expects that no connection was opened for
 * them. */
static void expect_open_for(struct warming *w, const char *url,
                            unsigned count) {
  uint64_t before = fetching_stats(&w->t).connections_opened;
  for (unsigned i = 0; i < count; i++)
    outcome_watch(&w->all[i], lariat_get(w->t.client, url));
  fetching_wait(&w->t, w->all, count, 10000);
  for (unsigned i = 0; i < count; i++) {
    outcome_expect_http(&w->all[i], 200);
    CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&w->all[i])));
  }
  outcome_clear(w->all, count);
  CU_ASSERT_EQUAL(fetching_stats(&w->t).connections_opened, before);
}

/* ---- http ---- */

static void test_http(void) {
  struct warming w;
  begin(&w);
  open_all(&w);
  CU_ASSERT_EQUAL(warm(&w, w.url, 5), 5);
  expect_accepted(w.origin, 5);
  CU_ASSERT_EQUAL(origin_counts(w.origin).requests, 0);
  CU_ASSERT_EQUAL(fetching_stats(&w.t).connections, 5);
  CU_ASSERT_EQUAL(fetching_stats(&w.t).connections_opened, 5);
  expect_open_for(&w, w.url, 5);
  expect_open_for(&w, w.url, 5);
  expect_accepted(w.origin, 5);
  CU_ASSERT_EQUAL(origin_counts(w.origin).open_max, 5);
  CU_ASSERT_EQUAL(fetching_stats(&w.t).requests_h1, 10);
  fetching_expect_ledger(w.t.client, 15, 15, 0, 0);
  close_all(&w);
}

/* More than there are: the others are opened when they are needed. */
static void test_fewer_than_requests(void) {
  struct warming w;
  begin(&w);
  open_all(&w);
  CU_ASSERT_EQUAL(warm(&w, w.url, 2), 2);
  for (unsigned i = 0; i < 4; i++)
    outcome_watch(&w.all[i], lariat_get(w.t.client, w.url));
  fetching_wait(&w.t, w.all, 4, 10000);
  outcome_clear(w.all, 4);
  expect_accepted(w.origin, 4);
  close_all(&w);
}

/* ---- Limits ---- */

static void test_limit_of_a_host(void) {
  struct warming w;
  begin(&w);
  w.pool.max_connections_per_host = 3;
  open_all(&w);
  CU_ASSERT_EQUAL(warm(&w, w.url, 10), 3);
  CU_ASSERT_EQUAL(warm(&w, w.url, 10), 0); /* none is closed for it */
  expect_accepted(w.origin, 3);
  expect_open_for(&w, w.url, 3);
  close_all(&w);
}

static void test_limit_in_all(void) {
  struct warming w;
  char other[128];
  begin(&w);
  w.pool.max_connections = 4;
  open_all(&w);
  struct origin *second = origin_start(NULL);
  if (!second) abort();
  (void)origin_url(second, "/", other, sizeof other);
  CU_ASSERT_EQUAL(warm(&w, w.url, 3), 3);
  long more = warm(&w, other, 3);
  CU_ASSERT(more >= 0 && more <= 1);
  expect_accepted(w.origin, 3);
  CU_ASSERT_EQUAL(origin_counts(w.origin).open, 3);
  origin_stop(second);
  close_all(&w);
}

static bool has_none(const lariat_pool_stats *stats) {
  return stats->connections == 0;
}

static void test_idle(void) {
  struct warming w;
  begin(&w);
  w.pool.idle_ms = 30;
  open_all(&w);
  CU_ASSERT_EQUAL(warm(&w, w.url, 3), 3);
  fetching_wait_stats(&w.t, has_none);
  close_all(&w);
}

/* A server may have closed it meanwhile: the request goes out all the same. */
static void test_closed_meanwhile(void) {
  struct warming w;
  begin(&w);
  open_all(&w);
  CU_ASSERT_EQUAL(warm(&w, w.url, 2), 2);
  expect_accepted(w.origin, 2);
  CU_ASSERT_EQUAL(origin_close_idle(w.origin), 2);
  for (int i = 0; i < 2; i++) {
    fetching_do(&w.t, &w.all[0], lariat_get(w.t.client, w.url));
    outcome_expect_http(&w.all[0], 200);
    outcome_clear(w.all, 1);
  }
  close_all(&w);
}

/* ---- https ---- */

static void warm_over_tls(struct nginx *nginx, enum nginx_port port,
                          lariat_http http, bool opens) {
  struct warming w;
  char url[128];
  begin(&w);
  w.pool.ca_file = nginx->ca_file;
  w.client.http = http;
  open_all(&w);
  (void)nginx_url(nginx, port, "/", url, sizeof url);
  CU_ASSERT_EQUAL(warm(&w, url, 4), opens ? 4 : 0);
  CU_ASSERT_EQUAL(fetching_stats(&w.t).connections_opened, opens ? 4 : 1);
  if (opens) {
    expect_open_for(&w, url, 4);
    CU_ASSERT_EQUAL(fetching_stats(&w.t).requests_h1, 4);
    CU_ASSERT_EQUAL(fetching_stats(&w.t).requests_first_handshake, 0);
  } else {
    fetching_wait_stats(&w.t, has_none);
    fetching_do(&w.t, &w.all[0], lariat_get(w.t.client, url));
    outcome_expect_http(&w.all[0], 200);
    CU_ASSERT_EQUAL(lariat_response_http_version(outcome_response(&w.all[0])),
                    20);
    outcome_clear(w.all, 1);
  }
  close_all(&w);
}

/* What the server chooses is found out; what it does not choose is not kept. */
static void test_https(void) {
  struct nginx *nginx = nginx_start(NULL);
  if (!nginx) abort();
  warm_over_tls(nginx, NGINX_TLS_HTTP1, LARIAT_HTTP_AUTO, true);
  warm_over_tls(nginx, NGINX_TLS_HTTP1, LARIAT_HTTP_1_1, true);
  warm_over_tls(nginx, NGINX_TLS, LARIAT_HTTP_1_1, true);
  warm_over_tls(nginx, NGINX_TLS, LARIAT_HTTP_AUTO, false);
  nginx_stop(nginx);
}

static void test_https_failures(void) {
  struct warming w;
  char url[128];
  struct nginx *nginx = nginx_start(NULL);
  if (!nginx) abort();
  begin(&w);
  w.pool.ca_file = nginx->ca_file;
  open_all(&w);
  (void)nginx_url(nginx, NGINX_EXPIRED, "/", url, sizeof url);
  expect_warm_failure(&w, url, 5, LARIAT_ECERTIFICATE);
  (void)nginx_url(nginx, NGINX_WRONG_NAME, "/", url, sizeof url);
  expect_warm_failure(&w, url, 1, LARIAT_ECERTIFICATE);
  CU_ASSERT_EQUAL(fetching_stats(&w.t).connections_opened, 2);
  close_all(&w);
  nginx_stop(nginx);
}

/* ---- What is told ---- */

static void test_failures(void) {
  struct warming w;
  char url[128];
  unsigned port = 0;
  begin(&w);
  open_all(&w);
  if (!ports_find(&port, 1)) abort();
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
  expect_warm_failure(&w, url, 4, LARIAT_ECONNECT);
  fetching_expect_ledger(w.t.client, 1, 0, 1, 0); /* the others were spared */
  expect_warm_failure(&w, "no URL", 4, LARIAT_EURL);
  expect_warm_failure(&w, NULL, 4, LARIAT_EURL);
  expect_warm_failure(&w, "ftp://127.0.0.1/", 4, LARIAT_ESCHEME);
  expect_warm_failure(&w, w.url, 0, LARIAT_EINVAL);
  expect_accepted(w.origin, 0);
  lariat_pool_close_wait(w.t.pool, 0);
  expect_warm_failure(&w, w.url, 1, LARIAT_ECLOSED);
  close_all(&w);
}

static void test_libcurl_only(void) {
  struct warming w;
  begin(&w);
  w.pool.libcurl_only = true;
  open_all(&w);
  CU_ASSERT_EQUAL(warm(&w, w.url, 4), 0);
  expect_accepted(w.origin, 0);
  close_all(&w);
}

/* ---- Cancelled, let go, closed ---- */

static void test_cancelled(void) {
  struct origin_options options = {.deaf = true};
  struct warming w;
  char url[128];
  begin(&w);
  open_all(&w);
  struct origin *deaf = origin_start(&options);
  if (!deaf) abort();
  (void)origin_url(deaf, "/", url, sizeof url);
  lariat_deferred *opening =
      lariat_deferred_retain(lariat_client_warm(w.t.client, url, 3));
  outcome_watch(&w.all[0], opening);
  fetching_run(&w.t, 20);
  CU_ASSERT_EQUAL(w.all[0].fires, 0);
  lariat_deferred_cancel(opening);
  lariat_deferred_release(opening);
  outcome_expect_status(&w.all[0], LARIAT_ECANCELLED);
  outcome_clear(w.all, 1);
  origin_stop(deaf);
  close_all(&w);
}

static uint64_t pending_of(const lariat_client *client) {
  lariat_client_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_client_read_stats(client, &stats), LARIAT_OK);
  return stats.pending;
}

static bool has_four(const lariat_pool_stats *stats) {
  return stats->connections == 4;
}

/* Nobody waits for it, and it goes on. */
static void test_let_go(void) {
  struct warming w;
  begin(&w);
  open_all(&w);
  lariat_deferred_release(lariat_client_warm(w.t.client, w.url, 4));
  fetching_wait_stats(&w.t, has_four);
  while (pending_of(w.t.client)) fetching_run(&w.t, 5);
  close_all(&w);
}

static void test_client_closed(void) {
  struct warming w;
  begin(&w);
  open_all(&w);
  outcome_watch(&w.all[0], lariat_client_warm(w.t.client, w.url, 4));
  lariat_client_close(w.t.client);
  w.t.client = NULL;
  outcome_expect_status(&w.all[0], LARIAT_ECANCELLED);
  outcome_clear(w.all, 1);
  close_all(&w);
}

/* ---- Out of memory ---- */

/* False: so many allocations there are not. */
static bool fail_allocation(uint64_t nth) {
  struct warming w;
  begin(&w);
  open_all(&w);
  fetching_run(&w.t, 1);
  uint64_t before = fixture_allocations(&w.t.f);
  fixture_fail_allocation(&w.t.f, nth);
  fetching_do(&w.t, &w.all[0], lariat_client_warm(w.t.client, w.url, 3));
  fixture_fail_allocation(&w.t.f, 0);
  bool reached = fixture_allocations(&w.t.f) >= before + nth;
  if (w.all[0].status == LARIAT_OK) {
    CU_ASSERT(lariat_int_in(w.all[0].value) <= 3);
  } else {
    outcome_expect_status(&w.all[0], LARIAT_ENOMEM);
  }
  outcome_clear(w.all, 1);
  CU_ASSERT(warm(&w, w.url, 16) >= 13);
  expect_open_for(&w, w.url, MANY);
  close_all(&w);
  return reached;
}

static void test_out_of_memory(void) {
  uint64_t nth = 1;
  while (nth < 300 && fail_allocation(nth)) nth++;
  CU_ASSERT(nth > 20);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"http", test_http},
      {"fewer than requests", test_fewer_than_requests},
      {"the limit of a host", test_limit_of_a_host},
      {"the limit in all", test_limit_in_all},
      {"idle", test_idle},
      {"closed meanwhile", test_closed_meanwhile},
      {"https", test_https},
      {"https that fails", test_https_failures},
      {"failures", test_failures},
      {"libcurl only", test_libcurl_only},
      {"cancelled", test_cancelled},
      {"let go", test_let_go},
      {"the client is closed", test_client_closed},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("warm", tests, FIXTURE_COUNT(tests), argc, argv);
}
