/* SPDX-License-Identifier: MIT
 * What an observer is told of requests that go over a network, by lariat and by
 * libcurl alike. */
#include <string.h>

#include "support/fetching.h"
#include "support/manual_server.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/watching.h"
#include <lariat/stream.h>

#define OPENED "queued started opened sent "
#define REUSED "queued started reused sent "

static struct nginx *nginx;
static char text[256];

static const char *url(enum nginx_port port, const char *path) {
  return nginx_url(nginx, port, path, text, sizeof text);
}

static void open_pool(struct fetching *t, bool libcurl_only) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  options.ca_file = nginx->ca_file;
  options.libcurl_only = libcurl_only;
  fetching_open(t, &options, NULL);
}

/* Makes a request observed; its result stays in `o`. */
static void watch_request(struct fetching *t, struct watching *w,
                          struct outcome *o, const char *method,
                          const char *where, lariat_request_options options) {
  options.observer = watching_observer(w);
  fetching_do(t, o, lariat_request(t->client, method, where, &options));
}

static void expect_request(struct fetching *t, struct watching *w,
                           const char *method, const char *where,
                           const char *events) {
  struct outcome o;
  watch_request(t, w, &o, method, where, lariat_request_defaults(t->client));
  watching_expect(w, events);
  outcome_clear(&o, 1);
}

static void expect_in_heads(const struct watching *w, const char *line) {
  if (!strstr(w->heads, line))
    fixture_fail("\"%s\" is not in %s", line, w->heads);
}

/* ---- Both ways ---- */

static void test_plain(bool libcurl_only) {
  struct fetching t;
  struct watching w;
  open_pool(&t, libcurl_only);
  expect_request(&t, &w, "GET", url(NGINX_PLAIN, "/"),
                 OPENED "head:200 body:10 ended:ok");
  expect_in_heads(&w, "GET / HTTP/1.1\r\nHost: 127.0.0.1:");
  expect_in_heads(&w, "\r\n\r\nHTTP/1.1 200 OK\r\n");
  CU_ASSERT_STRING_EQUAL(w.remote_ip, "127.0.0.1");
  CU_ASSERT_EQUAL(w.remote_port, nginx->ports[NGINX_PLAIN]);
  CU_ASSERT_STRING_EQUAL(w.tls_version, "");
  uint64_t connection = w.connection;
  CU_ASSERT(connection != 0);
  expect_request(&t, &w, "GET", url(NGINX_PLAIN, "/status/404"),
                 REUSED "head:404 body:11 ended:ok");
  CU_ASSERT_EQUAL(w.connection, connection);
  CU_ASSERT_EQUAL(w.remote_port, nginx->ports[NGINX_PLAIN]);
  expect_request(&t, &w, "HEAD", url(NGINX_PLAIN, "/"),
                 REUSED "head:200 body:0 ended:ok");
  expect_in_heads(&w, "HEAD / HTTP/1.1\r\n");
  expect_request(&t, &w, "GET", url(NGINX_PLAIN, "/status/204"),
                 REUSED "head:204 body:0 ended:ok");
  expect_request(&t, &w, "GET", url(NGINX_PLAIN, "/redirect/2"),
                 REUSED "head:302 body:145 redirect:302 " REUSED
                        "head:302 body:145 redirect:302 " REUSED
                        "head:200 body:10 ended:ok");
  fetching_close(&t);
}

static void test_tls(bool libcurl_only, enum nginx_port port,
                     const char *version) {
  struct fetching t;
  struct watching w;
  open_pool(&t, libcurl_only);
  expect_request(&t, &w, "GET", url(port, "/"),
                 OPENED "head:200 body:10 ended:ok");
  expect_in_heads(&w, version);
  CU_ASSERT(strncmp(w.tls_version, "TLSv1.", 6) == 0);
  CU_ASSERT(strlen(w.tls_cipher) > 0);
  for (int i = 0; i < 3; i++) {
    char cipher[64];
    snprintf(cipher, sizeof cipher, "%s", w.tls_cipher);
    expect_request(&t, &w, "GET", url(port, "/"),
                   REUSED "head:200 body:10 ended:ok");
    CU_ASSERT(strncmp(w.tls_version, "TLSv1.", 6) == 0);
    CU_ASSERT_STRING_EQUAL(w.tls_cipher, cipher);
  }
  fetching_close(&t);
}

/* Bodies, both ways: from memory, and into a stream or nowhere. */
static void test_bodies(bool libcurl_only) {
  struct fetching t;
  struct watching w;
  struct outcome o;
  open_pool(&t, libcurl_only);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.body = lariat_body_bytes("12345678", 8);
  watch_request(&t, &w, &o, "POST", url(NGINX_PLAIN, "/post"), options);
  watching_expect(&w, OPENED "head:200 body:31 ended:ok");
  expect_in_heads(&w, "Content-Length: 8\r\n");
  CU_ASSERT_PTR_NULL(strstr(w.heads, "12345678"));
  outcome_clear(&o, 1);
  options = lariat_request_defaults(t.client);
  options.sink = lariat_sink_discard();
  watch_request(&t, &w, &o, "GET", url(NGINX_PLAIN, "/big"), options);
  watching_expect(&w, REUSED "head:200 body:1048576 ended:ok");
  outcome_clear(&o, 1);
  options.sha256 = true;
  options.sink = lariat_sink_memory();
  watch_request(&t, &w, &o, "GET", url(NGINX_PLAIN, "/text"), options);
  watching_expect(&w, REUSED "head:200 body:102400 ended:ok");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* The head of each answer is told once, be there others of 1xx before it, and
 * trailers behind it. */
static void test_other_answers(bool libcurl_only) {
  struct fetching t;
  struct watching w;
  struct origin *origin = origin_start(NULL);
  char where[128];
  open_pool(&t, libcurl_only);
  expect_request(&t, &w, "GET",
                 origin_url(origin, "/continue", where, sizeof where),
                 OPENED "head:200 body:10 ended:ok");
  expect_request(&t, &w, "GET",
                 origin_url(origin, "/chunked", where, sizeof where),
                 REUSED "head:200 body:12 ended:ok");
  expect_request(&t, &w, "GET",
                 origin_url(origin, "/dribble-head/1", where, sizeof where),
                 REUSED "head:200 body:2 ended:ok");
  expect_request(&t, &w, "GET",
                 origin_url(origin, "/mid-head", where, sizeof where),
                 REUSED "ended:truncated");
  /* libcurl may find the connection that was cut before it opens another */
  struct outcome o;
  watch_request(&t, &w, &o, "GET",
                origin_url(origin, "/mid-body", where, sizeof where),
                lariat_request_defaults(t.client));
  if (!strstr(w.events, "opened sent head:200 ended:truncated"))
    fixture_fail("%s", w.events);
  outcome_clear(&o, 1);
  fetching_close(&t);
  origin_stop(origin);
}

static void test_refused(bool libcurl_only) {
  struct fetching t;
  struct watching w;
  open_pool(&t, libcurl_only);
  expect_request(&t, &w, "GET", "http://127.0.0.1:1/",
                 "queued started ended:connect-failed");
  fetching_close(&t);
}

static void test_by_lariat(void) {
  test_plain(false);
  test_tls(false, NGINX_TLS_HTTP1, "GET / HTTP/1.1\r\n");
  test_tls(false, NGINX_TLS, "GET / HTTP/2\r\n");
  test_bodies(false);
  test_other_answers(false);
  test_refused(false);
}

static void test_by_libcurl(void) {
  test_plain(true);
  test_tls(true, NGINX_TLS_HTTP1, "GET / HTTP/1.1\r\n");
  test_tls(true, NGINX_TLS, "GET / HTTP/2\r\n");
  test_bodies(true);
  test_other_answers(true);
  test_refused(true);
}

/* ---- Other ways ---- */

/* What is sent on an open connection that is dead is sent again. */
static void test_dead_connection(void) {
  struct fetching t;
  struct watching w;
  struct origin *origin = origin_start(NULL);
  char where[128];
  open_pool(&t, false);
  expect_request(&t, &w, "GET",
                 origin_url(origin, "/served/1", where, sizeof where),
                 OPENED "head:200 body:7 ended:ok");
  lariat_request_options options = lariat_request_defaults(t.client);
  struct outcome o;
  watch_request(&t, &w, &o, "GET",
                origin_url(origin, "/page", where, sizeof where), options);
  outcome_expect_http(&o, 200);
  CU_ASSERT_PTR_NOT_NULL(strstr(w.events, "opened sent head:200"));
  outcome_clear(&o, 1);
  fetching_close(&t);
  origin_stop(origin);
}

/* The events of one request come in their order among those of many, from
 * several reactors; and none is lost. */
static void test_many(void) {
  enum { JOBS = 200 };
  static struct watching w[JOBS];
  static struct outcome o[JOBS];
  struct fetching t;
  lariat_pool_options options = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  client.placement = LARIAT_PLACE_SPREAD;
  options.reactors = 3;
  fetching_open(&t, &options, &client);
  for (int i = 0; i < JOBS; i++) {
    lariat_request_options each = lariat_request_defaults(t.client);
    each.observer = watching_observer(&w[i]);
    outcome_watch(
        &o[i], lariat_request(t.client, "GET", url(NGINX_PLAIN, "/"), &each));
  }
  fetching_wait(&t, o, JOBS, 10000);
  for (int i = 0; i < JOBS; i++) {
    CU_ASSERT(w[i].reactor < 3);
    if (strstr(w[i].events, "opened"))
      watching_expect(&w[i], OPENED "head:200 body:10 ended:ok");
    else
      watching_expect(&w[i], REUSED "head:200 body:10 ended:ok");
  }
  outcome_clear(o, JOBS);
  fetching_close(&t);
}

/* A reactor that closes at once leaves orphans, whose events nobody takes. */
static void test_orphans(void) {
  enum { JOBS = 20 };
  static struct watching w[JOBS];
  static struct outcome o[JOBS];
  struct fetching t;
  struct origin *origin = origin_start(NULL);
  char where[128];
  fetching_open(&t, NULL, NULL);
  for (int i = 0; i < JOBS; i++) {
    lariat_request_options each = lariat_request_defaults(t.client);
    each.observer = watching_observer(&w[i]);
    outcome_watch(&o[i], lariat_request(
                             t.client, "GET",
                             origin_url(origin, "/wait/5", where, sizeof where),
                             &each));
  }
  t.client = NULL; /* it goes with its reactor */
  fixture_close_reactor(&t.f, 0);
  for (int i = 0; i < JOBS; i++)
    watching_expect(&w[i], "queued ended:cancelled");
  outcome_clear(o, JOBS);
  fetching_close(&t);
  origin_stop(origin);
}

static void test_stream(void) {
  struct fetching t;
  struct watching w;
  struct outcome o;
  open_pool(&t, false);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.sink = lariat_sink_stream(0);
  watch_request(&t, &w, &o, "GET", url(NGINX_PLAIN, "/"), options);
  outcome_expect_http(&o, 200);
  lariat_stream *stream = lariat_response_stream(outcome_response(&o));
  struct outcome chunk;
  do {
    fetching_do(&t, &chunk, lariat_stream_next(stream));
    bool more = chunk.value.data != NULL && chunk.status == LARIAT_OK;
    outcome_clear(&chunk, 1);
    if (!more) break;
  } while (true);
  fetching_wait_idle(&t, 1000);
  fixture_settle(&t.f);
  watching_expect(&w, OPENED "head:200 body:10 ended:ok");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* ---- The log ---- */

/* Written on the thread of the pool's only reactor, read when that has ended.
 */
static char logged[4096];

static void log_message(const lariat_log_record *record, void *context) {
  (void)context;
  watching_add(logged, sizeof logged, lariat_log_level_name(record->level));
  for (size_t i = 0; i < record->field_count; i++) {
    watching_add(logged, sizeof logged, " ");
    watching_add(logged, sizeof logged, record->fields[i].key);
    watching_add(logged, sizeof logged, "=");
    watching_add(logged, sizeof logged, record->fields[i].value);
  }
  watching_add(logged, sizeof logged, "\n");
}

static void get_logged(bool deny_private, const char *where) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  options.libcurl_only = true;
  options.addresses.deny_private = deny_private;
  options.log = (lariat_log){log_message, NULL, LARIAT_LOG_DEBUG};
  logged[0] = '\0';
  fetching_open(&t, &options, NULL);
  fetching_do(&t, &o, lariat_get(t.client, where));
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_log(void) {
  char where[128], wanted[256];
  unsigned port = nginx->ports[NGINX_PLAIN];
  snprintf(where, sizeof where, "http://u:sesame@127.0.0.1:%u/", port);
  get_logged(false, where);
  snprintf(wanted, sizeof wanted,
           "info\ndebug origin=http://127.0.0.1:%u reason=libcurl_only\n"
           "info\n",
           port);
  CU_ASSERT_STRING_EQUAL(logged, wanted);
  get_logged(true, where);
  snprintf(wanted, sizeof wanted,
           "info\nwarning address=127.0.0.1 origin=http://127.0.0.1:%u\n"
           "info\n",
           port);
  CU_ASSERT_STRING_EQUAL(logged, wanted);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by lariat", test_by_lariat},
      {"by libcurl", test_by_libcurl},
      {"a dead connection", test_dead_connection},
      {"many", test_many},
      {"orphans", test_orphans},
      {"a stream", test_stream},
      {"the log", test_log},
  };
  nginx = nginx_start(NULL);
  if (!nginx) return 1;
  int failed =
      fixture_main("observer", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  return failed;
}
