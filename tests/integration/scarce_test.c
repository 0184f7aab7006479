/* SPDX-License-Identifier: MIT
 * Memory that runs out: whole fetches, with a pool and a client of their own,
 * are run again and again, each time with another allocation failing, on
 * whatever thread that is.  Each deferred fires once, with a response or with
 * LARIAT_ENOMEM; nothing is left, and nothing waits for its deadline. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum {
  MOST_ALLOCATIONS = 2000,
  SOON_MS = 5000, /* what is stuck would take until its deadline */
  DEADLINE_MS = 20000,
  AT_ONCE = 3, /* fetches of one run */
  TAKEN = 300  /* descriptors, so that the next is beyond all tables */
};

static struct origin *origin;
static struct nginx *nginx;
static char text[256];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

/* What is fetched. */

static lariat_deferred *get_page(lariat_client *client) {
  return lariat_get(client, url("/page"));
}

static lariat_deferred *post_with_headers(lariat_client *client) {
  static const lariat_header headers[] = {
      {"X-One", "1"}, {"Content-Type", "text/plain"}, {"X-Two", "2"}};
  lariat_request_options options = lariat_request_defaults(client);
  options.headers = headers;
  options.header_count = FIXTURE_COUNT(headers);
  options.body = lariat_body_bytes("a body", 6);
  options.sha256 = true;
  return lariat_request(client, "POST", url("/echo"), &options);
}

static lariat_deferred *get_redirected(lariat_client *client) {
  return lariat_get(client, url("/moved"));
}

static lariat_deferred *get_many_headers(lariat_client *client) {
  return lariat_get(client, url("/rich"));
}

static lariat_deferred *get_with_tls(lariat_client *client) {
  return lariat_get(client,
                    nginx_url(nginx, NGINX_TLS, "/page", text, sizeof text));
}

typedef lariat_deferred *(*scenario)(lariat_client *client);

/* One run. */

enum failing { ONE, ALL_FROM };

static void set_failing(struct fixture *f, enum failing failing, uint64_t nth) {
  if (failing == ONE)
    fixture_fail_allocation(f, nth);
  else
    fixture_fail_allocations_from(f, nth);
}

static void expect_ok_or_no_memory(lariat_status status, uint64_t nth) {
  if (status != LARIAT_OK && status != LARIAT_ENOMEM)
    fixture_fail("allocation %llu: %s", (unsigned long long)nth,
                 lariat_status_name(status));
}

static void fetch(struct fetching *t, scenario ask, uint64_t nth) {
  struct outcome o[AT_ONCE];
  for (size_t i = 0; i < AT_ONCE; i++) outcome_watch(&o[i], ask(t->client));
  if (!fetching_wait(t, o, AT_ONCE, SOON_MS)) {
    fixture_fail("allocation %llu: stuck", (unsigned long long)nth);
    fetching_wait(t, o, AT_ONCE, DEADLINE_MS + 2000);
  }
  for (size_t i = 0; i < AT_ONCE; i++) expect_ok_or_no_memory(o[i].status, nth);
  outcome_clear(o, AT_ONCE);
}

/* With memory again, all is well: nothing has been broken for good. */
static void fetch_again(struct fetching *t, scenario ask, uint64_t nth) {
  struct outcome o;
  fetching_do(t, &o, ask(t->client));
  if (o.status != LARIAT_OK)
    fixture_fail("after allocation %llu: %s", (unsigned long long)nth,
                 lariat_status_name(o.status));
  outcome_clear(&o, 1);
}

static void open_client(struct fetching *t, uint64_t nth) {
  lariat_client_options options = lariat_client_defaults();
  options.timeout_ms = DEADLINE_MS;
  lariat_status status =
      lariat_client_new(t->pool, t->f.reactor, &options, &t->client);
  expect_ok_or_no_memory(status, nth);
  CU_ASSERT_EQUAL(status == LARIAT_OK, t->client != NULL);
  if (t->client)
    expect_ok_or_no_memory(
        lariat_client_add_header(t->client, "X-Client", "yes"), nth);
}

/* Whether descriptors are taken between the pool's start and the fetch. */
static bool high_descriptors;

static void take_descriptors(int fds[TAKEN]) {
  for (size_t i = 0; i < TAKEN && high_descriptors; i++)
    CU_ASSERT((fds[i] = dup(STDIN_FILENO)) >= 0);
}

static void give_descriptors(const int fds[TAKEN]) {
  for (size_t i = 0; i < TAKEN && high_descriptors; i++) close(fds[i]);
}

/* Returns how many allocations it asked for. */
static uint64_t run(scenario ask, enum failing failing, uint64_t nth) {
  struct fetching t = {0};
  int fds[TAKEN];
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  options.ca_file = nginx->ca_file;
  fixture_open(&t.f, FIXTURE_PLAIN);
  uint64_t before = fixture_allocations(&t.f);
  set_failing(&t.f, failing, nth);
  lariat_status status = lariat_pool_new(&options, &t.pool);
  expect_ok_or_no_memory(status, nth);
  CU_ASSERT_EQUAL(status == LARIAT_OK, t.pool != NULL);
  take_descriptors(fds);
  if (t.pool) open_client(&t, nth);
  if (t.client) fetch(&t, ask, nth);
  uint64_t used = fixture_allocations(&t.f) - before;
  fixture_fail_allocation(&t.f, 0);
  give_descriptors(fds);
  if (t.client) fetch_again(&t, ask, nth);
  fetching_close(&t);
  return used;
}

static void run_all(scenario ask, enum failing failing) {
  uint64_t nth = 1;
  while (nth < MOST_ALLOCATIONS && run(ask, failing, nth) >= nth) nth++;
  printf("%llu allocations ", (unsigned long long)nth - 1);
  CU_ASSERT(nth > 20 && nth < MOST_ALLOCATIONS);
}

/* Descriptors that run out while the pool has no connection that could come
 * free: the failure says so, and when there are some again, all is well. */
static void test_no_descriptor(void) {
  enum { FEW = 400 };
  struct fetching t;
  struct outcome o;
  struct rlimit before;
  char other[128];
  int taken[FEW];
  int count = 0;
  fetching_open(&t, NULL, NULL);
  CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit few = {FEW, before.rlim_max};
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
  while (count < FEW && (taken[count] = dup(0)) >= 0) count++;
  snprintf(other, sizeof other, "http://127.0.0.9:%u/", origin_port(origin));
  fetching_do(&t, &o, lariat_get(t.client, other));
  outcome_expect_status(&o, LARIAT_ESYSTEM);
  if (o.status)
    CU_ASSERT_PTR_NOT_NULL(
        strstr(lariat_failure_message(o.value), "too many open files"));
  outcome_clear(&o, 1);
  while (count > 0) close(taken[--count]);
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
  fetching_do(&t, &o, lariat_get(t.client, other));
  outcome_expect_status(&o, LARIAT_ECONNECT); /* nobody listens there */
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_get(void) { run_all(get_page, ONE); }
static void test_post(void) { run_all(post_with_headers, ONE); }
static void test_redirect(void) { run_all(get_redirected, ONE); }
static void test_tls(void) { run_all(get_with_tls, ONE); }
static void test_headers(void) { run_all(get_many_headers, ONE); }

static void test_high_descriptors(void) {
  high_descriptors = true;
  run_all(get_page, ONE);
  run_all(get_redirected, ALL_FROM);
  high_descriptors = false;
}

static void test_get_from(void) { run_all(get_page, ALL_FROM); }
static void test_post_from(void) { run_all(post_with_headers, ALL_FROM); }
static void test_redirect_from(void) { run_all(get_redirected, ALL_FROM); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"no descriptor", test_no_descriptor},
      {"a get", test_get},
      {"a post with headers", test_post},
      {"a redirect", test_redirect},
      {"a get with TLS", test_tls},
      {"an answer with many headers", test_headers},
      {"high descriptors", test_high_descriptors},
      {"a get, no memory from there on", test_get_from},
      {"a post with headers, no memory from there on", test_post_from},
      {"a redirect, no memory from there on", test_redirect_from},
  };
  static const struct origin_step moved[] = {
      {ORIGIN_SEND,
       "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: page\r\n\r\n", 0,
       0},
      {ORIGIN_END, NULL, 0, 0}};
  static const struct origin_step rich[] = {
      {ORIGIN_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n", 0, 0},
      {ORIGIN_REPEAT, "X-Many: 01234567890123456789\r\n", 0, 100},
      {ORIGIN_SEND, "\r\n", 0, 0},
      {ORIGIN_REPEAT, "01234567890123456789", 0, 2000},
      {ORIGIN_END, NULL, 0, 0}};
  origin = origin_start(NULL);
  nginx = nginx_start(NULL);
  if (!nginx || !origin || !origin_script(origin, "/moved", moved) ||
      !origin_script(origin, "/rich", rich))
    return 1;
  int failed = fixture_main("scarce", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  origin_stop(origin);
  return failed;
}
