/* SPDX-License-Identifier: MIT
 * Clients with a cookie jar: what answers of every kind set, and what is sent
 * on each hop of a fetch, by lariat's own exchanges and by libcurl. */
#include <lariat/cookies.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "curl/libcurl.h"
#include "support/fetching.h"
#include "support/manual_server.h"
#include "support/name_table.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/tls.h"
#include <lariat/byte_stream.h>
#include <lariat/checks.h>
#include <lariat/stream.h>

static struct nginx *nginx;
static struct origin *origin;
static char text[512];

static const char *url(const char *host, const char *path) {
  (void)snprintf(text, sizeof text, "http://%s:%u%s", host, origin_port(origin),
                 path);
  return text;
}

#define HERE "127.0.0.1"
#define ELSEWHERE "127.0.0.2"

/* ---- A client with a jar ---- */

struct jar_fetching {
  struct fetching t;
  lariat_cookie_jar *jar;
};

static void open_jar(struct jar_fetching *j, bool libcurl_only,
                     const lariat_retry_policy *retry) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.libcurl_only = libcurl_only;
  pool.ca_file = nginx->ca_file;
  pool.look_up_way = LARIAT_LOOK_UP_BY_SYSTEM; /* by a table of names */
  fetching_open_pool(&j->t, &pool);
  CU_ASSERT_EQUAL(lariat_cookie_jar_new(NULL, &j->jar), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(j->jar);
  client.cookies = j->jar;
  client.retry = retry;
  j->t.client = fetching_client(&j->t, &client);
}

static void close_jar(struct jar_fetching *j) {
  lariat_cookie_jar_release(j->jar); /* the client has a reference */
  fetching_close(&j->t);
}

/* Runs a test both ways. */
static void run_both(void (*run)(struct jar_fetching *j)) {
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    struct jar_fetching j;
    open_jar(&j, libcurl_only, NULL);
    run(&j);
    close_jar(&j);
  }
}

/* Fetches, and expects the one header Cookie in the request that is the
 * answer's body; NULL: none. */
static void expect_sent(struct jar_fetching *j, lariat_deferred *deferred,
                        const char *cookies) {
  struct outcome o;
  char line[256] = "Cookie:";
  size_t length;
  fetching_do(&j->t, &o, deferred);
  outcome_expect_http(&o, 200);
  const char *body = lariat_response_body(outcome_response(&o), &length);
  if (cookies) (void)snprintf(line, sizeof line, "\r\nCookie: %s\r\n", cookies);
  const char *found = strstr(body, line);
  if (!found != !cookies || (found && strstr(found + 2, "\r\nCookie")))
    fixture_fail("%s, not %s", body, line);
  outcome_clear(&o, 1);
}

static void expect_echo(struct jar_fetching *j, const char *host,
                        const char *cookies) {
  expect_sent(j, lariat_get(j->t.client, url(host, "/echo")), cookies);
}

static void fetch_from(struct jar_fetching *j, const char *path) {
  struct outcome o;
  fetching_do(&j->t, &o, lariat_get(j->t.client, url(HERE, path)));
  outcome_clear(&o, 1);
}

/* ---- Answers ---- */

/* All Set-Cookie headers of an answer count, wherever they are in it. */
static void set_many(struct jar_fetching *j) {
  fetch_from(j, "/set");
  expect_echo(j, HERE, "a=1; b=2");
  expect_echo(j, HERE, "a=1; b=2"); /* of the headers that were made before */
  expect_echo(j, ELSEWHERE, NULL);
  fetch_from(j, "/unset");
  expect_echo(j, HERE, "b=2");
}

static void test_many(void) { run_both(set_many); }

/* Heads of 1xx and trailers set nothing; a broken body takes nothing back. */
static void set_oddly(struct jar_fetching *j) {
  fetch_from(j, "/early");
  expect_echo(j, HERE, NULL);
  fetch_from(j, "/late");
  expect_echo(j, HERE, NULL);
  fetch_from(j, "/cut");
  expect_echo(j, HERE, "c=3");
  fetch_from(j, "/missing");
  expect_echo(j, HERE, "c=3; m=4");
}

static void test_odd_answers(void) { run_both(set_oddly); }

static lariat_value count_body(lariat_value response, void *context) {
  (void)context;
  return lariat_value_drop(response);
}

/* Bodies that go elsewhere than into a response. */
static void set_by_sinks(struct jar_fetching *j) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(j->t.client);
  options.transform = count_body;
  fetching_do(&j->t, &o,
              lariat_request(j->t.client, "GET", url(HERE, "/set"), &options));
  CU_ASSERT_EQUAL(o.status, LARIAT_OK);
  outcome_clear(&o, 1);
  expect_echo(j, HERE, "a=1; b=2");
  lariat_cookie_jar_clear(j->jar);
  options = lariat_request_defaults(j->t.client);
  options.sink = lariat_sink_stream(0);
  fetching_do(&j->t, &o,
              lariat_request(j->t.client, "GET", url(HERE, "/set"), &options));
  outcome_expect_http(&o, 200);
  expect_echo(j, HERE, "a=1; b=2");
  outcome_clear(&o, 1);
  lariat_cookie_jar_clear(j->jar);
  options.sink = lariat_sink_discard();
  fetching_do(&j->t, &o,
              lariat_request(j->t.client, "GET", url(HERE, "/set"), &options));
  outcome_clear(&o, 1);
  expect_echo(j, HERE, "a=1; b=2");
}

static void test_sinks(void) { run_both(set_by_sinks); }

/* ---- Requests ---- */

/* A cookie of a redirect is sent on the next hop, if it is for that. */
static void follow(struct jar_fetching *j) {
  expect_sent(j, lariat_get(j->t.client, url(HERE, "/hop")), "h=1");
  expect_sent(j, lariat_get(j->t.client, url(HERE, "/leave")), NULL);
  expect_echo(j, HERE, "h=1; l=2");
  expect_sent(j, lariat_get(j->t.client, url(ELSEWHERE, "/back")), "h=1; l=2");
  expect_echo(j, ELSEWHERE, "e=3");
  expect_sent(j, lariat_get(j->t.client, url(HERE, "/end")), "l=2");
}

static void test_redirects(void) { run_both(follow); }

static lariat_deferred *get_with(struct jar_fetching *j, const char *path,
                                 const char *value) {
  lariat_header header = {"Cookie", value};
  lariat_request_options options = lariat_request_defaults(j->t.client);
  options.headers = &header;
  options.header_count = 1;
  return lariat_request(j->t.client, "GET", url(HERE, path), &options);
}

/* A request's own cookies come first, win over the jar's, and do not leave
 * their origin. */
static void bring_own(struct jar_fetching *j) {
  fetch_from(j, "/set");
  expect_sent(j, get_with(j, "/echo", "o=7"), "o=7; a=1; b=2");
  expect_sent(j, get_with(j, "/echo", "b=7"), "b=7; a=1");
  expect_sent(j, get_with(j, "/echo", NULL), NULL);
  expect_sent(j, get_with(j, "/hop", "o=7"), "o=7; a=1; b=2; h=1");
  expect_sent(j, get_with(j, "/leave", "o=7"), NULL);
  CU_ASSERT_EQUAL(lariat_client_add_header(j->t.client, "Cookie", "k=8"),
                  LARIAT_OK);
  expect_echo(j, HERE, "k=8; a=1; b=2; h=1; l=2");
  expect_echo(j, ELSEWHERE, "k=8");
  expect_sent(j, lariat_post(j->t.client, url(HERE, "/echo"), "x", 1),
              "k=8; a=1; b=2; h=1; l=2");
}

static void test_own_header(void) { run_both(bring_own); }

/* Cookies of one path are not sent to another, also where the headers of the
 * request before are at hand. */
static void go_by_path(struct jar_fetching *j) {
  fetch_from(j, "/deep/set");
  expect_echo(j, HERE, NULL);
  expect_sent(j, lariat_get(j->t.client, url(HERE, "/deep/echo")), "d=1");
  expect_sent(j, lariat_get(j->t.client, url(HERE, "/deep/echo?x")), "d=1");
  expect_echo(j, HERE, NULL);
  fetch_from(j, "/set");
  expect_sent(j, lariat_get(j->t.client, url(HERE, "/deep/echo")),
              "d=1; a=1; b=2");
  expect_echo(j, HERE, "a=1; b=2");
}

static void test_paths(void) { run_both(go_by_path); }

/* As many cookies as a jar may have for a host, and long ones. */
static void send_many(struct jar_fetching *j) {
  enum { COOKIES = 180, BYTES = 1000 };
  static char cookie[BYTES + 1];
  struct outcome o;
  size_t length;
  lariat_url *here = NULL;
  (void)url(HERE, "/");
  CU_ASSERT_EQUAL(lariat_url_parse(text, strlen(text), NULL, &here, NULL),
                  LARIAT_OK);
  memset(cookie, 'x', BYTES);
  for (int i = 0; i < COOKIES; i++) {
    char name[16];
    (void)snprintf(name, sizeof name, "n%04d=", i);
    memcpy(cookie, name, 6);
    CU_ASSERT_EQUAL(lariat_cookie_jar_set(j->jar, here, cookie, BYTES, 0, NULL),
                    LARIAT_OK);
  }
  lariat_url_free(here);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(j->jar), COOKIES);
  for (int i = 0; i < 2; i++) {
    fetching_do(&j->t, &o, lariat_get(j->t.client, url(HERE, "/echo")));
    outcome_expect_http(&o, 200);
    const char *body = lariat_response_body(outcome_response(&o), &length);
    CU_ASSERT(length > COOKIES * (BYTES + 2));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "; n0179=x"));
    outcome_clear(&o, 1);
  }
}

static void test_long(void) { run_both(send_many); }

/* A connection of a client with a jar, of which nobody makes a request. */
static void test_byte_stream(void) {
  struct jar_fetching j;
  struct outcome o;
  open_jar(&j, false, NULL);
  fetch_from(&j, "/set");
  fetching_do(&j.t, &o,
              lariat_byte_stream_open(j.t.client, url(HERE, "/"), NULL));
  CU_ASSERT_EQUAL(o.status, LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lariat_byte_stream_in(o.value));
  lariat_byte_stream_close(lariat_byte_stream_in(o.value));
  outcome_clear(&o, 1);
  expect_echo(&j, HERE, "a=1; b=2");
  close_jar(&j);
}

/* An answer that is tried again has set its cookies by then. */
static void test_retries(void) {
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    struct jar_fetching j;
    struct outcome o;
    struct manual_server server;
    lariat_retry_policy retry = lariat_retry_defaults();
    retry.max_retries = 1;
    retry.base_ms = 1;
    open_jar(&j, libcurl_only, &retry);
    manual_server_open(&server, &j.t.f);
    outcome_watch(&o, lariat_get(j.t.client, manual_server_url(&server, "/")));
    manual_server_accept(&server);
    manual_server_read_request(&server);
    CU_ASSERT_PTR_NULL(strstr(server.text, "Cookie"));
    manual_server_send(&server, "HTTP/1.1 503 Busy\r\nSet-Cookie: t=1\r\n"
                                "Content-Length: 0\r\n\r\n");
    manual_server_read_request(&server);
    CU_ASSERT_PTR_NOT_NULL(strstr(server.text, "\r\nCookie: t=1\r\n"));
    manual_server_send(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    fetching_wait(&j.t, &o, 1, 5000);
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
    manual_server_close(&server);
    close_jar(&j);
  }
}

/* ---- Secure ---- */

static lariat_deferred *get_named(struct jar_fetching *j, enum nginx_port port,
                                  const char *host, const char *path) {
  const char *scheme = port == NGINX_PLAIN ? "http" : "https";
  (void)snprintf(text, sizeof text, "%s://%s:%u%s", scheme, host,
                 nginx->ports[port], path);
  return lariat_get(j->t.client, text);
}

static void expect_named(struct jar_fetching *j, enum nginx_port port,
                         const char *host, const char *cookies) {
  struct outcome o;
  fetching_do(&j->t, &o, get_named(j, port, host, "/cookies"));
  outcome_expect_body(&o, cookies);
  outcome_clear(&o, 1);
}

/* Sets both cookies from one origin. */
static void set_named(struct jar_fetching *j, enum nginx_port port,
                      const char *host) {
  struct outcome o;
  fetching_do(&j->t, &o, get_named(j, port, host, "/set-cookies"));
  outcome_expect_body(&o, "set\n");
  outcome_clear(&o, 1);
}

static void keep_secure(struct jar_fetching *j) {
  set_named(j, NGINX_TLS_HTTP1, "a.test.local");
  expect_named(j, NGINX_TLS_HTTP1, "a.test.local", "s=1; p=2");
  expect_named(j, NGINX_TLS, "a.test.local", "s=1; p=2"); /* of HTTP/2 */
  expect_named(j, NGINX_PLAIN, "a.test.local", "p=2");
  expect_named(j, NGINX_TLS, "b.test.local", "");
  set_named(j, NGINX_PLAIN, "b.test.local");
  expect_named(j, NGINX_TLS, "b.test.local", "p=2");
  set_named(j, NGINX_TLS, "b.test.local");
  expect_named(j, NGINX_TLS, "b.test.local", "p=2; s=1");
  set_named(j, NGINX_PLAIN, "127.0.0.1");
  expect_named(j, NGINX_PLAIN, "127.0.0.1", "s=1; p=2");
}

static void test_secure(void) { run_both(keep_secure); }

/* ---- Whose it is ---- */

static void test_shared(void) {
  struct jar_fetching j;
  struct outcome o;
  open_jar(&j, false, NULL);
  lariat_client_options options = lariat_client_defaults();
  options.cookies = j.jar;
  lariat_client *other = fetching_client(&j.t, &options);
  fetching_do(&j.t, &o, lariat_get(other, url(HERE, "/set")));
  outcome_clear(&o, 1);
  lariat_client_close(other);
  expect_echo(&j, HERE, "a=1; b=2");
  close_jar(&j);
}

static void *count_elsewhere(void *context) {
  const char *value = NULL;
  lariat_url *there = NULL;
  lariat_cookie_jar *jar = context;
  static lariat_status status;
  if (lariat_url_parse("http://h/", 9, NULL, &there, NULL) != LARIAT_OK)
    return NULL;
  status = lariat_cookie_jar_header(jar, there, 0, &value);
  lariat_cookie_jar_clear(jar);
  lariat_url_free(there);
  return &status;
}

/* A jar that clients have is for their thread. */
static void test_thread(void) {
  struct jar_fetching j;
  pthread_t thread;
  void *status = NULL;
  bool checks = lariat_checks();
  open_jar(&j, false, NULL);
  fetch_from(&j, "/set");
  lariat_set_checks(false);
  CU_ASSERT_EQUAL(pthread_create(&thread, NULL, count_elsewhere, j.jar), 0);
  CU_ASSERT_EQUAL(pthread_join(thread, &status), 0);
  lariat_set_checks(checks);
  CU_ASSERT_PTR_NOT_NULL_FATAL(status);
  CU_ASSERT_EQUAL(*(lariat_status *)status, LARIAT_ETHREAD);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(j.jar), 2);
  close_jar(&j);
}

/* ---- Out of memory ---- */

/* Each allocation of a fetch that sets and follows fails in turn: the fetch
 * fails, or all went well. */
static void test_out_of_memory(void) {
  struct jar_fetching j;
  open_jar(&j, false, NULL);
  fetch_from(&j, "/set");
  fetch_from(&j, "/set");
  for (uint64_t nth = 1; nth < 60; nth++) {
    struct outcome o;
    lariat_cookie_jar_clear(j.jar);
    fixture_fail_allocation(&j.t.f, nth);
    fetching_do(&j.t, &o, lariat_get(j.t.client, url(HERE, "/hop")));
    fixture_fail_allocation(&j.t.f, 0);
    if (o.status == LARIAT_OK) {
      CU_ASSERT_EQUAL(lariat_cookie_jar_count(j.jar), 1);
    } else if (o.status != LARIAT_ENOMEM) {
      fixture_fail("%llu: status %d", (unsigned long long)nth, (int)o.status);
    }
    outcome_clear(&o, 1);
  }
  close_jar(&j);
}

/* ---- The server ---- */

#define SEND(string)                                                           \
  { ORIGIN_SEND, (string), 0, 0 }
#define STEP(kind)                                                             \
  { (kind), NULL, 0, 0 }
#define EMPTY "Content-Length: 0\r\n\r\n"

static char leave[256];
static char back[256];

static void add(const char *path, const struct origin_step *steps) {
  if (!origin_script(origin, path, steps)) abort();
}

static void add_scripts(void) {
  static const struct origin_step set[] = {
      SEND("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\n" /* */
           "Content-Type: text/plain\r\nset-cookie:b=2\r\n" EMPTY),
      STEP(ORIGIN_END)};
  static const struct origin_step unset[] = {
      SEND("HTTP/1.1 200 OK\r\nSet-Cookie: a=; Max-Age=0\r\n" EMPTY),
      STEP(ORIGIN_END)};
  static const struct origin_step early[] = {
      SEND("HTTP/1.1 103 Early Hints\r\nSet-Cookie: x=1\r\n\r\n"
           "HTTP/1.1 200 OK\r\n" EMPTY),
      STEP(ORIGIN_END)};
  static const struct origin_step late[] = {
      SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
           "0\r\nSet-Cookie: x=1\r\n\r\n"),
      STEP(ORIGIN_END)};
  static const struct origin_step cut[] = {
      SEND("HTTP/1.1 200 OK\r\nSet-Cookie: c=3\r\n"
           "Content-Length: 100\r\n\r\nhalf"),
      STEP(ORIGIN_CLOSE)};
  static const struct origin_step missing[] = {
      SEND("HTTP/1.1 404 No\r\nSet-Cookie: m=4\r\n" EMPTY), STEP(ORIGIN_END)};
  static const struct origin_step hop[] = {
      SEND(
          "HTTP/1.1 302 Found\r\nSet-Cookie: h=1\r\nLocation: /echo\r\n" EMPTY),
      STEP(ORIGIN_END)};
  static const struct origin_step end[] = {
      SEND("HTTP/1.1 302 Found\r\nSet-Cookie: h=; Max-Age=0\r\n"
           "Location: /echo\r\n" EMPTY),
      STEP(ORIGIN_END)};
  static const struct origin_step deep[] = {
      SEND("HTTP/1.1 200 OK\r\nSet-Cookie: d=1\r\n" EMPTY), STEP(ORIGIN_END)};
  static const struct origin_step echo[] = {STEP(ORIGIN_ECHO),
                                            STEP(ORIGIN_END)};
  static const struct origin_step leaving[] = {SEND(leave), STEP(ORIGIN_END)};
  static const struct origin_step returning[] = {SEND(back), STEP(ORIGIN_END)};
  unsigned port = origin_port(origin);
  (void)snprintf(leave, sizeof leave,
                 "HTTP/1.1 302 Found\r\nSet-Cookie: l=2\r\n"
                 "Location: http://" ELSEWHERE ":%u/echo\r\n" EMPTY,
                 port);
  (void)snprintf(back, sizeof back,
                 "HTTP/1.1 302 Found\r\nSet-Cookie: e=3\r\n"
                 "Location: http://" HERE ":%u/echo\r\n" EMPTY,
                 port);
  add("/set", set);
  add("/unset", unset);
  add("/early", early);
  add("/late", late);
  add("/cut", cut);
  add("/missing", missing);
  add("/hop", hop);
  add("/end", end);
  add("/deep/set", deep);
  add("/deep/echo", echo);
  add("/leave", leaving);
  add("/back", returning);
}

int main(int argc, char **argv) {
  static const struct name_row names[] = {{"a.test.local", {"127.0.0.1"}},
                                          {"b.test.local", {"127.0.0.1"}}};
  static const struct fixture_test tests[] = {
      {"all cookies of an answer", test_many},
      {"odd answers", test_odd_answers},
      {"other sinks", test_sinks},
      {"redirects", test_redirects},
      {"a header of the request's own", test_own_header},
      {"paths", test_paths},
      {"many long cookies", test_long},
      {"a byte stream", test_byte_stream},
      {"retries", test_retries},
      {"Secure", test_secure},
      {"clients that share a jar", test_shared},
      {"another thread", test_thread},
      {"out of memory", test_out_of_memory},
  };
  struct origin_options options = {.address = "127.0.0.0/8"};
  name_table_set(names, FIXTURE_COUNT(names));
  lr_libcurl_global_init();
  nginx = nginx_start(NULL);
  origin = origin_start(&options);
  if (!nginx || !origin) return 1;
  add_scripts();
  int failed =
      fixture_main("client_cookies", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  nginx_stop(nginx);
  return failed;
}
