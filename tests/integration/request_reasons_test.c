/* SPDX-License-Identifier: MIT
 * labels: long
 * By whom requests are made, and why: each reason for which one is libcurl's is
 * come to, and what is counted in all is what the server was asked. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/manual_server.h"
#include "support/nginx.h"

#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage\n"

enum { REUSES = 16, BEYOND = 3, WAIT_MS = 10000, MIXED = 140 };

static struct nginx *nginx;
static char text[256];

/* The counts as a list, for comparing. */
enum {
  BY_H1,
  LIBCURL_ONLY,
  HTTP2_ASKED,
  HTTP2,
  HEADERS,
  HEAD_BODY,
  REUSE_FAILED,
  FIRST_HANDSHAKE,
  OPEN_CONNECTION,
  COUNTS
};

static void read_counts(const struct fetching *t, uint64_t counts[COUNTS]) {
  lariat_pool_stats stats = fetching_stats(t);
  counts[BY_H1] = stats.requests_h1;
  counts[LIBCURL_ONLY] = stats.requests_libcurl_only;
  counts[HTTP2_ASKED] = stats.requests_http2_asked;
  counts[HTTP2] = stats.requests_http2;
  counts[HEADERS] = stats.requests_headers;
  counts[HEAD_BODY] = stats.requests_head_body;
  counts[REUSE_FAILED] = stats.requests_reuse_failed;
  counts[FIRST_HANDSHAKE] = stats.requests_first_handshake;
  counts[OPEN_CONNECTION] = stats.requests_open_connection;
}

/* Expects so many of these, and none of any others. */
static void expect_counts(const struct fetching *t,
                          const uint64_t wanted[COUNTS]) {
  uint64_t counts[COUNTS];
  read_counts(t, counts);
  for (int i = 0; i < COUNTS; i++)
    if (counts[i] != wanted[i])
      fixture_fail("count %d is %llu, not %llu", i,
                   (unsigned long long)counts[i],
                   (unsigned long long)wanted[i]);
}

static const char *url(enum nginx_port port, const char *path) {
  return nginx_url(nginx, port, path, text, sizeof text);
}

static lariat_pool_options pool_options(bool libcurl_only) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  options.ca_file = nginx->ca_file;
  options.libcurl_only = libcurl_only;
  return options;
}

static void open_pool(struct fetching *t, bool libcurl_only) {
  lariat_pool_options options = pool_options(libcurl_only);
  fetching_open(t, &options, NULL);
}

static void do_request(struct fetching *t, const char *method,
                       const char *where, const lariat_request_options *options,
                       int status) {
  struct outcome o;
  fetching_do(t, &o, lariat_request(t->client, method, where, options));
  outcome_expect_http(&o, status);
  outcome_clear(&o, 1);
}

static void get(struct fetching *t, const char *where) {
  do_request(t, "GET", where, NULL, 200);
}

static void test_by_h1(void) {
  struct fetching t;
  open_pool(&t, false);
  lariat_request_options options = lariat_request_defaults(t.client);
  for (int i = 0; i < 3; i++) get(&t, url(NGINX_PLAIN, "/"));
  do_request(&t, "HEAD", url(NGINX_PLAIN, "/"), NULL, 200);
  options.body = lariat_body_bytes("sent", 4);
  do_request(&t, "POST", url(NGINX_PLAIN, "/post"), &options, 200);
  expect_counts(&t, (const uint64_t[COUNTS]){[BY_H1] = 5});
  fetching_close(&t);
}

static void test_libcurl_only(void) {
  struct fetching t;
  open_pool(&t, true);
  lariat_request_options options = lariat_request_defaults(t.client);
  get(&t, url(NGINX_PLAIN, "/"));
  get(&t, url(NGINX_TLS, "/"));
  options.http = LARIAT_HTTP_2; /* the first reason counts */
  do_request(&t, "GET", url(NGINX_H2C, "/"), &options, 200);
  expect_counts(&t, (const uint64_t[COUNTS]){[LIBCURL_ONLY] = 3});
  fetching_close(&t);
}

static void test_http2(void) {
  struct fetching t;
  open_pool(&t, false);
  lariat_request_options options = lariat_request_defaults(t.client);
  get(&t, url(NGINX_TLS, "/"));
  get(&t, url(NGINX_TLS, "/"));
  options.http = LARIAT_HTTP_2;
  do_request(&t, "GET", url(NGINX_H2C, "/"), &options, 200);
  do_request(&t, "GET", url(NGINX_TLS, "/"), &options, 200);
  do_request(&t, "GET", url(NGINX_TLS_HTTP1, "/"), &options, 200);
  expect_counts(&t, (const uint64_t[COUNTS]){[HTTP2] = 2, [HTTP2_ASKED] = 3});
  fetching_close(&t);
}

/* Requests with each header that is libcurl's, and ones that are too long. */
static void test_headers(void) {
  static const char *const names[] = {"Host", "Connection", "TE", "Expect"};
  static const char *const values[] = {"127.0.0.1", "close", "trailers", ""};
  struct fetching t;
  open_pool(&t, false);
  for (size_t i = 0; i < FIXTURE_COUNT(names); i++) {
    const lariat_header header = {names[i], values[i]};
    lariat_request_options options = lariat_request_defaults(t.client);
    options.headers = &header;
    options.header_count = 1;
    do_request(&t, "GET", url(NGINX_PLAIN, "/"), &options, 200);
  }
  expect_counts(&t, (const uint64_t[COUNTS]){[HEADERS] = FIXTURE_COUNT(names)});
  fetching_close(&t);
}

/* Sets the answer for /case/`number` of a server by answers. */
static void set_answer(struct manual_server *server, unsigned number,
                       const char *bytes, enum manual_end end) {
  const struct manual_answer answer = {
      .bytes = bytes, .length = strlen(bytes), .end = end};
  manual_server_answer(server, number, &answer);
}

/* A HEAD with a body is answered with a body, for which libcurl waits. */
static void test_head_body(void) {
  struct fetching t;
  struct manual_server *server = manual_server_start("127.0.0.1", 0);
  open_pool(&t, false);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.body = lariat_body_bytes("sent", 4);
  set_answer(server, 0, PAGE, MANUAL_KEEP);
  do_request(&t, "HEAD", manual_server_url(server, "/case/0"), &options, 200);
  expect_counts(&t, (const uint64_t[COUNTS]){[HEAD_BODY] = 1});
  fetching_close(&t);
  manual_server_stop(server);
}

/* Requests of all kinds, some of which find their connection dead: as many are
 * counted as the responses tell of attempts. */
static void test_sum(void) {
  static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE"};
  static const lariat_header header = {"TE", "trailers"};
  struct fetching t;
  struct outcome o;
  struct manual_server *server = manual_server_start("127.0.0.1", 0);
  uint64_t attempts = 0;
  uint64_t sum = 0;
  uint64_t counts[COUNTS];
  open_pool(&t, false);
  set_answer(server, 0, "HTTP/1.1 204 No Content\r\n\r\n", MANUAL_CLOSE);
  set_answer(server, 1, "HTTP/1.1 204 No Content\r\n\r\n", MANUAL_KEEP);
  for (unsigned i = 0; i < MIXED; i++) {
    lariat_request_options options = lariat_request_defaults(t.client);
    options.headers = &header;
    options.header_count = i % 7 == 3;
    fetching_do(
        &t, &o,
        lariat_request(t.client, methods[i % 4],
                       manual_server_url(server, i % 5 ? "/case/1" : "/case/0"),
                       &options));
    outcome_expect_http(&o, 204);
    attempts += lariat_response_attempts(outcome_response(&o));
    outcome_clear(&o, 1);
  }
  read_counts(&t, counts);
  for (int i = 0; i < COUNTS; i++) sum += counts[i];
  CU_ASSERT_EQUAL(sum, attempts);
  CU_ASSERT(counts[BY_H1] > 0 && counts[HEADERS] > 0);
  fetching_close(&t);
  manual_server_stop(server);
}

/* A request that finds a connection dead is sent again. */
static void test_reuse_failed(void) {
  struct fetching t;
  struct outcome o;
  struct manual_server server;
  open_pool(&t, false);
  manual_server_open(&server, &t.f);
  outcome_watch(&o, lariat_get(t.client, manual_server_url(&server, "/1")));
  manual_server_accept(&server);
  manual_server_read_request(&server);
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &o, 1, WAIT_MS);
  outcome_clear(&o, 1);
  outcome_watch(&o, lariat_get(t.client, manual_server_url(&server, "/2")));
  manual_server_read_request(&server);
  manual_server_end(&server);
  manual_server_accept(&server);
  manual_server_read_request(&server);
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &o, 1, WAIT_MS);
  outcome_expect_http(&o, 200);
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 2);
  outcome_clear(&o, 1);
  expect_counts(&t, (const uint64_t[COUNTS]){[BY_H1] = 2, [REUSE_FAILED] = 1});
  manual_server_end(&server);
  manual_server_close(&server);
  fetching_close(&t);
}

/* The first handshake leaves a connection of libcurl's, which is used until
 * another is worth its cost. */
static void test_first_handshake(void) {
  struct fetching t;
  open_pool(&t, false);
  for (int i = 0; i < 1 + REUSES + BEYOND; i++)
    get(&t, url(NGINX_TLS_HTTP1, "/"));
  expect_counts(
      &t,
      (const uint64_t[COUNTS]){
          [FIRST_HANDSHAKE] = 1, [OPEN_CONNECTION] = REUSES, [BY_H1] = BEYOND});
  fetching_close(&t);
}

/* Where HTTP/1.1 is asked for there is nothing to be found out. */
static void test_http1_asked(void) {
  struct fetching t;
  open_pool(&t, false);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.http = LARIAT_HTTP_1_1;
  for (int i = 0; i < 3; i++)
    do_request(&t, "GET", url(NGINX_TLS, "/"), &options, 200);
  expect_counts(&t, (const uint64_t[COUNTS]){[BY_H1] = 3});
  fetching_close(&t);
}

/* Nothing listens: no request is made, and none is counted. */
static void test_no_connection(void) {
  struct fetching t;
  struct outcome o;
  struct manual_server server;
  char where[sizeof server.url];
  open_pool(&t, false);
  manual_server_open(&server, &t.f);
  snprintf(where, sizeof where, "%s", manual_server_url(&server, "/"));
  manual_server_close(&server);
  fetching_do(&t, &o, lariat_get(t.client, where));
  outcome_expect_failure(&o, LARIAT_ECONNECT, LARIAT_PHASE_CONNECT);
  outcome_clear(&o, 1);
  expect_counts(&t, (const uint64_t[COUNTS]){0});
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by h1", test_by_h1},
      {"libcurl_only", test_libcurl_only},
      {"HTTP/2", test_http2},
      {"headers", test_headers},
      {"a HEAD with a body", test_head_body},
      {"the sum", test_sum},
      {"the reuse that failed", test_reuse_failed},
      {"the first handshake", test_first_handshake},
      {"HTTP/1.1 asked for", test_http1_asked},
      {"no connection", test_no_connection},
  };
  nginx = nginx_start(NULL);
  if (!nginx) return 1;
  int result =
      fixture_main("request reasons", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  return result;
}
