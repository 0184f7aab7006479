/* SPDX-License-Identifier: MIT
 * TLS and HTTP/2: who is trusted, which protocol is spoken, and how many
 * connections that takes. */
#include <stdio.h>
#include <string.h>

#include "curl/libcurl.h"
#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/tls.h"
#include <lariat/failure.h>

enum { MANY = 20 };

static struct nginx *nginx;
static char text[512];

static const char *url(enum nginx_port port, const char *path) {
  return nginx_url(nginx, port, path, text, sizeof text);
}

static lariat_pool_options trusting(void) {
  lariat_pool_options options = lariat_pool_defaults();
  options.ca_file = nginx->ca_file;
  options.reactors = 2;
  return options;
}

static lariat_pool_options insecure(void) {
  lariat_pool_options options = lariat_pool_defaults();
  options.insecure = true;
  return options;
}

static void test_versions(void) {
  static const struct {
    enum nginx_port port;
    lariat_http http;
    int version;
    const char *body;
  } cases[] = {{NGINX_PLAIN, LARIAT_HTTP_AUTO, 11, "HTTP/1.1"},
               {NGINX_PLAIN, LARIAT_HTTP_1_1, 11, "HTTP/1.1"},
               {NGINX_TLS, LARIAT_HTTP_AUTO, 20, "HTTP/2.0"},
               {NGINX_TLS, LARIAT_HTTP_1_1, 11, "HTTP/1.1"},
               {NGINX_TLS, LARIAT_HTTP_2, 20, "HTTP/2.0"},
               {NGINX_TLS_HTTP1, LARIAT_HTTP_AUTO, 11, "HTTP/1.1"},
               {NGINX_TLS_HTTP1, LARIAT_HTTP_2, 11, "HTTP/1.1"},
               {NGINX_H2C, LARIAT_HTTP_2, 20, "HTTP/2.0"}};
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = trusting();
  fetching_open(&t, &options, NULL);
  for (size_t n = 0; n < 3 * FIXTURE_COUNT(cases); n++) {
    size_t i = n / 3; /* the second and third on a connection that is there */
    lariat_request_options request = lariat_request_defaults(t.client);
    request.http = cases[i].http;
    fetching_do(&t, &o,
                lariat_request(t.client, "GET", url(cases[i].port, "/version"),
                               &request));
    const lariat_response *response = outcome_response(&o);
    if (lariat_response_http_version(response) != cases[i].version)
      fixture_fail("case %zu: version %d", i,
                   lariat_response_http_version(response));
    outcome_expect_body(&o, cases[i].body);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_times_of_tls(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = trusting();
  fetching_open(&t, &options, NULL);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_TLS, "/")));
  lariat_timings times = lariat_response_timings(outcome_response(&o));
  CU_ASSERT(times.tls_us > 0);
  CU_ASSERT(times.tls_us <= times.total_us);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_TLS, "/")));
  CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
  times = lariat_response_timings(outcome_response(&o));
  CU_ASSERT_EQUAL(times.tls_us, 0);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void expect_resumed(struct fetching *t, const char *where,
                           const char *resumed) {
  struct outcome o;
  fetching_do(t, &o, lariat_get(t->client, where));
  outcome_expect_body(&o, resumed);
  outcome_clear(&o, 1);
}

/* A session is resumed on new connections to its origin, in its own pool. */
static void test_sessions(void) {
  struct fetching t;
  char where[128];
  lariat_pool_options options = trusting();
  snprintf(where, sizeof where, "https://localhost:%u/resumed",
           nginx->ports[NGINX_TLS_HTTP1]);
  for (int form = 0; form < 2; form++) {
    options.libcurl_only = form == 1;
    fetching_open(&t, &options, NULL);
    expect_resumed(&t, where, ".");
    for (int i = 0; i < 3; i++) expect_resumed(&t, where, "r");
    expect_resumed(&t, url(NGINX_TLS_HTTP1, "/resumed"), ".");
    fetching_close(&t);
  }
}

/* What a pool that verifies nothing has come to is of no use to another. */
static void test_sessions_not_verified(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = insecure();
  fetching_open(&t, &options, NULL);
  expect_resumed(&t, url(NGINX_WRONG_NAME, "/resumed"), ".");
  expect_resumed(&t, url(NGINX_WRONG_NAME, "/resumed"), "r");
  fetching_close(&t);
  options = trusting();
  fetching_open(&t, &options, NULL);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_WRONG_NAME, "/resumed")));
  outcome_expect_failure(&o, LARIAT_ECERTIFICATE, LARIAT_PHASE_TLS);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Names of the certificate, and what it does not name. */
static void test_who_is_trusted(void) {
  static const enum nginx_port bad[] = {NGINX_EXPIRED, NGINX_WRONG_NAME};
  struct fetching t;
  struct outcome o;
  char where[128];
  lariat_pool_options options = trusting();
  fetching_open(&t, &options, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    fetching_do(&t, &o, lariat_get(t.client, url(bad[i], "/")));
    outcome_expect_failure(&o, LARIAT_ECERTIFICATE, LARIAT_PHASE_TLS);
    CU_ASSERT_EQUAL(o.http_status, 0);
    outcome_clear(&o, 1);
  }
  snprintf(where, sizeof where, "https://localhost:%u/",
           nginx->ports[NGINX_TLS]);
  fetching_do(&t, &o, lariat_get(t.client, where));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_wait_idle(&t, 1000);
  fetching_close(&t);
}

static void expect_refused(const lariat_pool_options *options) {
  static const enum nginx_port ports[] = {NGINX_TLS, NGINX_TLS_HTTP1};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, options, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(ports); i++) {
    fetching_do(&t, &o, lariat_get(t.client, url(ports[i], "/")));
    outcome_expect_failure(&o, LARIAT_ECERTIFICATE, LARIAT_PHASE_TLS);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* An authority of the same name with another key, and those of the system. */
static void test_wrong_authorities(void) {
  char path[NGINX_PATH_ROOM + 32];
  struct tls_authority *other = tls_authority_new("Other");
  lariat_pool_options options = lariat_pool_defaults();
  expect_refused(&options);
  snprintf(path, sizeof path, "%s/other.pem", nginx->directory);
  CU_ASSERT_PTR_NOT_NULL_FATAL(other);
  CU_ASSERT_TRUE_FATAL(tls_write_authority(other, path));
  options.ca_file = path;
  expect_refused(&options);
  tls_authority_free(other);
  remove(path);
}

static void test_no_authorities(void) {
  struct fixture f;
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  fixture_open(&f, FIXTURE_PLAIN);
  options.ca_file = "/nonexistent.pem";
  CU_ASSERT_EQUAL(lariat_pool_new(&options, &pool), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(pool);
  fixture_close(&f);
}

static void test_insecure(void) {
  static const enum nginx_port ports[] = {NGINX_TLS, NGINX_EXPIRED,
                                          NGINX_WRONG_NAME};
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = insecure();
  fetching_open(&t, &options, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(ports); i++) {
    fetching_do(&t, &o, lariat_get(t.client, url(ports[i], "/")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_tls_to_a_plain_port(void) {
  struct fetching t;
  struct outcome o;
  char where[64];
  lariat_pool_options options = trusting();
  snprintf(where, sizeof where, "https://127.0.0.1:%u/",
           nginx->ports[NGINX_PLAIN]);
  fetching_open(&t, &options, NULL);
  fetching_do(&t, &o, lariat_get(t.client, where));
  outcome_expect_failure(&o, LARIAT_ETLS, LARIAT_PHASE_TLS);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* From https to http and back. */
static void test_redirects_over_schemes(void) {
  struct fetching t;
  struct outcome o;
  char expected[64];
  lariat_pool_options options = trusting();
  fetching_open(&t, &options, NULL);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_PLAIN, "/to-tls")));
  outcome_expect_body(&o, "This is /\n");
  snprintf(expected, sizeof expected, "%s", url(NGINX_TLS, "/"));
  CU_ASSERT_STRING_EQUAL(lariat_response_url(outcome_response(&o)), expected);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_TLS, "/to-plain")));
  outcome_expect_body(&o, "This is /\n");
  CU_ASSERT_EQUAL(lariat_response_http_version(outcome_response(&o)), 11);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* What stands in the request's first line over HTTP/1.1 is ":path" here. */
static void test_paths_over_http2(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = trusting();
  fetching_open(&t, &options, NULL);
  fetching_do(&t, &o,
              lariat_get(t.client, url(NGINX_TLS, "/a b/../c|d[e]?f='g")));
  outcome_expect_http(&o, 200);
  CU_ASSERT_EQUAL(lariat_response_http_version(outcome_response(&o)), 20);
  CU_ASSERT_STRING_EQUAL(lariat_response_url(outcome_response(&o)),
                         url(NGINX_TLS, "/c|d[e]?f=%27g"));
  outcome_expect_body(&o, "This is /c|d[e]\n");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_bodies_over_http2(void) {
  struct fetching t;
  struct outcome o;
  size_t length;
  static char body[300000];
  lariat_pool_options options = trusting();
  fetching_open(&t, &options, NULL);
  memset(body, 'b', sizeof body);
  fetching_do(
      &t, &o,
      lariat_put(t.client, url(NGINX_TLS, "/store/two"), body, sizeof body));
  CU_ASSERT(o.http_status == 201 || o.http_status == 204);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_TLS, "/store/two")));
  const char *back = lariat_response_body(outcome_response(&o), &length);
  CU_ASSERT_EQUAL(length, sizeof body);
  CU_ASSERT(length == sizeof body && memcmp(back, body, length) == 0);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_TLS, "/big")));
  (void)lariat_response_body(outcome_response(&o), &length);
  CU_ASSERT_EQUAL(length, NGINX_BIG_BYTES);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url(NGINX_TLS, "/text")));
  (void)lariat_response_body(outcome_response(&o), &length);
  CU_ASSERT_EQUAL(length, NGINX_TEXT_BYTES);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* How many connections `MANY` jobs at once open, twice over. */
static uint64_t connections_of_many(const lariat_pool_options *options,
                                    enum nginx_port port, lariat_http http) {
  struct fetching t;
  struct outcome o[MANY];
  fetching_open(&t, options, NULL);
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < MANY; i++) {
      lariat_request_options request = lariat_request_defaults(t.client);
      request.http = http;
      outcome_watch(
          &o[i], lariat_request(t.client, "GET", url(port, "/text"), &request));
    }
    fetching_wait(&t, o, MANY, 10000);
    for (size_t i = 0; i < MANY; i++) outcome_expect_http(&o[i], 200);
    outcome_clear(o, MANY);
  }
  uint64_t opened = fetching_stats(&t).connections_opened;
  fetching_expect_ledger(t.client, 2 * MANY, 2 * MANY, 0, 0);
  fetching_close(&t);
  return opened;
}

static void test_http2_takes_one_connection(void) {
  lariat_pool_options options = trusting();
  CU_ASSERT_EQUAL(connections_of_many(&options, NGINX_TLS, LARIAT_HTTP_AUTO),
                  1);
}

/* One too, but for libcurl 7.88, where such a connection serves once. */
static void test_http2_without_tls(void) {
  lariat_pool_options options = trusting();
  options.max_connections_per_host = 4;
  uint64_t expected = lr_libcurl_capabilities()->h2c_reuse ? 1 : 2 * MANY;
  CU_ASSERT_EQUAL(connections_of_many(&options, NGINX_H2C, LARIAT_HTTP_2),
                  expected);
}

static void test_http1_over_tls_keeps_to_the_limit(void) {
  lariat_pool_options options = trusting();
  options.max_connections_per_host = 3;
  uint64_t opened =
      connections_of_many(&options, NGINX_TLS_HTTP1, LARIAT_HTTP_AUTO);
  CU_ASSERT(opened >= 2 && opened <= 3);
}

/* Hosts that cannot be reached do not hold up the jobs behind the first. */
static void test_many_jobs_to_one_that_is_refused(void) {
  struct fetching t;
  struct outcome o[MANY];
  lariat_pool_options options = trusting();
  fetching_open(&t, &options, NULL);
  for (size_t i = 0; i < MANY; i++)
    outcome_watch(&o[i], lariat_get(t.client, url(NGINX_WRONG_NAME, "/")));
  fetching_wait(&t, o, MANY, 10000);
  for (size_t i = 0; i < MANY; i++)
    outcome_expect_failure(&o[i], LARIAT_ECERTIFICATE, LARIAT_PHASE_TLS);
  outcome_clear(o, MANY);
  fetching_wait_idle(&t, 1000);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"versions", test_versions},
      {"times of TLS", test_times_of_tls},
      {"sessions", test_sessions},
      {"sessions that nobody verified", test_sessions_not_verified},
      {"who is trusted", test_who_is_trusted},
      {"wrong authorities", test_wrong_authorities},
      {"no authorities", test_no_authorities},
      {"insecure", test_insecure},
      {"TLS to a plain port", test_tls_to_a_plain_port},
      {"redirects over schemes", test_redirects_over_schemes},
      {"bodies over HTTP/2", test_bodies_over_http2},
      {"paths over HTTP/2", test_paths_over_http2},
      {"HTTP/2 takes one connection", test_http2_takes_one_connection},
      {"HTTP/2 without TLS", test_http2_without_tls},
      {"HTTP/1 over TLS keeps to the limit",
       test_http1_over_tls_keeps_to_the_limit},
      {"many jobs to one that is refused",
       test_many_jobs_to_one_that_is_refused},
  };
  nginx = nginx_start(NULL);
  if (!nginx) return 1;
  int failed = fixture_main("secure", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  return failed;
}
