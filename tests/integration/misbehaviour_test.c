/* SPDX-License-Identifier: MIT
 * labels: long
 * Servers that misbehave: each fetch has one outcome that says what went wrong
 * and where, and leaves its slot free for the next. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>

/* Long enough for a busy machine to come to the phase that is looked at. */
enum { TIMEOUT_MS = 600 };

static struct origin *origin;
static char text[256];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

/* One slot a host: whatever a bad answer leaves behind blocks the next. */
static void open_narrow(struct fetching *t, uint64_t timeout_ms) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 1;
  pool.max_jobs_per_host = 1;
  pool.insecure = true; /* the certificates take their time to be read */
  client.timeout_ms = timeout_ms;
  client.max_body_bytes = 1 << 20;
  fetching_open(t, &pool, &client);
}

static void close_narrow(struct fetching *t) {
  struct outcome o;
  fetching_do(t, &o, lariat_get(t->client, url("/page")));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_wait_idle(t, 2000);
  lariat_pool_stats stats = fetching_stats(t);
  CU_ASSERT_EQUAL(stats.jobs_running, 0);
  CU_ASSERT_EQUAL(stats.jobs_queued, 0);
  CU_ASSERT(stats.connections <= 1);
  fetching_close(t);
}

struct bad {
  const char *path;
  lariat_status status;
  lariat_phase phase;
  int http_status;
};

/* Bad answers, one after the other, a good one between each two. */
static void expect_all(const struct bad *cases, size_t count) {
  struct fetching t;
  struct outcome o;
  open_narrow(&t, 10000);
  for (size_t i = 0; i < count; i++) {
    const struct bad *bad = &cases[i];
    fetching_do(&t, &o, lariat_get(t.client, url(bad->path)));
    if (o.status != bad->status || o.phase != bad->phase ||
        o.http_status != bad->http_status)
      fixture_fail("%s: %s in %s (HTTP %d), not %s in %s (HTTP %d); %s",
                   bad->path, lariat_status_name(o.status),
                   lariat_phase_name(o.phase), o.http_status,
                   lariat_status_name(bad->status),
                   lariat_phase_name(bad->phase), bad->http_status,
                   o.status ? lariat_failure_message(o.value) : "");
    if (o.status)
      CU_ASSERT_STRING_EQUAL(lariat_failure_url(o.value), url(bad->path));
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_get(t.client, url("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  close_narrow(&t);
}

static void test_no_answer(void) {
  static const struct bad cases[] = {
      {"/reset", LARIAT_ERESET, LARIAT_PHASE_FIRST_BYTE, 0},
      {"/close", LARIAT_EEMPTY, LARIAT_PHASE_FIRST_BYTE, 0},
  };
  expect_all(cases, FIXTURE_COUNT(cases));
}

static void test_broken_bodies(void) {
  static const struct bad cases[] = {
      {"/mid-body", LARIAT_ETRUNCATED, LARIAT_PHASE_BODY, 200},
      {"/mid-body-reset", LARIAT_ERESET, LARIAT_PHASE_BODY, 200},
      {"/chunk-cut", LARIAT_ETRUNCATED, LARIAT_PHASE_BODY, 200},
      {"/chunk-broken", LARIAT_EPROTOCOL, LARIAT_PHASE_BODY, 200},
      {"/bad-gzip", LARIAT_EENCODING, LARIAT_PHASE_BODY, 200},
      {"/endless", LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY, 200},
      {"/chunk-endless", LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY, 200},
      {"/bomb", LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY, 200},
      {"/bomb-endless", LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY, 200},
  };
  expect_all(cases, FIXTURE_COUNT(cases));
}

static void test_headers_without_end(void) {
  static const struct bad cases[] = {
      {"/huge-header", LARIAT_EHEADERLIMIT, LARIAT_PHASE_BODY, 200},
      {"/many-headers", LARIAT_EHEADERLIMIT, LARIAT_PHASE_BODY, 200},
      {"/endless-head", LARIAT_EHEADERLIMIT, LARIAT_PHASE_BODY, 200},
  };
  expect_all(cases, FIXTURE_COUNT(cases));
}

/* What exactly libcurl makes of these is its own business; that there is one
 * outcome, that it is no success, and that the slot is free is ours. */
static void test_nonsense(void) {
  static const char *const paths[] = {"/garbage",         "/status-line",
                                      "/negative-length", "/mid-head",
                                      "/mid-head-reset",  "/two-lengths"};
  struct fetching t;
  struct outcome o;
  open_narrow(&t, 10000);
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    fetching_do(&t, &o, lariat_get(t.client, url(paths[i])));
    CU_ASSERT_EQUAL(o.fires, 1);
    if (i < 1) CU_ASSERT_EQUAL(o.status, LARIAT_EPROTOCOL);
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_get(t.client, url("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  close_narrow(&t);
}

/* Odd, but good: these succeed. */
static void test_oddities(void) {
  static const char *const paths[] = {
      "/no-length", "/chunked",        "/continue",    "/dribble/1",
      "/last",      "/dribble-head/1", "/two-answers", "/short-length"};
  struct fetching t;
  struct outcome o;
  open_narrow(&t, 10000);
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    fetching_do(&t, &o, lariat_get(t.client, url(paths[i])));
    if (o.status || o.http_status != 200)
      fixture_fail("%s: %s, HTTP %d", paths[i], lariat_status_name(o.status),
                   o.http_status);
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_get(t.client, url("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  close_narrow(&t);
}

/* A gzip body that ends early is no success, though the message is whole. */
static void test_cut_gzip(void) {
  struct fetching t;
  struct outcome o;
  open_narrow(&t, 10000);
  fetching_do(&t, &o, lariat_get(t.client, url("/cut-gzip")));
  outcome_expect_failure(&o, LARIAT_EENCODING, LARIAT_PHASE_BODY);
  outcome_clear(&o, 1);
  close_narrow(&t);
}

/* Time. */

/* Not before the limit; that it is no later is seen under the virtual clock.
 * The limit runs from the asking reactor's turn, and the time is taken by the
 * answering one's: each reads its clock once in a turn. */
static void expect_in_time(const struct outcome *o, uint64_t limit_ms) {
  uint64_t us = lariat_failure_timings(o->value).total_us;
  enum { TURN_US = 10000 };
  if (us + TURN_US < limit_ms * 1000)
    fixture_fail("it took %llu us, not %llu ms", (unsigned long long)us,
                 (unsigned long long)limit_ms);
}

static void expect_timeout(const char *path, lariat_phase phase, int http) {
  struct fetching t;
  struct outcome o;
  open_narrow(&t, TIMEOUT_MS);
  fetching_do(&t, &o, lariat_get(t.client, url(path)));
  outcome_expect_failure(&o, LARIAT_ETIMEDOUT, phase);
  CU_ASSERT_EQUAL(o.http_status, http);
  expect_in_time(&o, TIMEOUT_MS);
  outcome_clear(&o, 1);
  close_narrow(&t);
}

static void test_silent_servers(void) {
  expect_timeout("/stall", LARIAT_PHASE_FIRST_BYTE, 0);
  expect_timeout("/mid-body-stall", LARIAT_PHASE_BODY, 200);
  expect_timeout("/dribble/50", LARIAT_PHASE_BODY, 200);
}

/* The same with a connection that is there already: its dates must not be
 * taken for this request's. */
static void test_a_silent_server_on_a_used_connection(void) {
  struct fetching t;
  struct outcome o;
  open_narrow(&t, TIMEOUT_MS);
  for (int i = 0; i < 3; i++) {
    fetching_do(&t, &o, lariat_get(t.client, url("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_get(t.client, url("/stall")));
    outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_FIRST_BYTE);
    expect_in_time(&o, TIMEOUT_MS);
    outcome_clear(&o, 1);
  }
  close_narrow(&t);
}

/* A deadline of its own, a generous one, and none. */
static void test_deadlines_of_requests(void) {
  struct fetching t;
  struct outcome o[3];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(&t, &pool, NULL);
  lariat_request_options options = lariat_request_defaults(t.client);
  static const uint64_t times_ms[] = {TIMEOUT_MS, 60000, 0};
  for (size_t i = 0; i < 3; i++) {
    options.timeout_ms = times_ms[i];
    outcome_watch(&o[i],
                  lariat_request(t.client, "GET", url("/wait/1200"), &options));
  }
  fetching_wait(&t, o, 3, 5000);
  outcome_expect_failure(&o[0], LARIAT_ETIMEDOUT, LARIAT_PHASE_FIRST_BYTE);
  expect_in_time(&o[0], TIMEOUT_MS);
  outcome_expect_http(&o[1], 200);
  outcome_expect_http(&o[2], 200);
  outcome_clear(o, 3);
  fetching_close(&t);
}

/* Nobody answers the handshake. */
static void test_a_silent_handshake(void) {
  static const struct origin_step silent[] = {{.kind = ORIGIN_STALL},
                                              {.kind = ORIGIN_END}};
  struct fetching t;
  struct outcome o;
  char where[64];
  struct origin *mute = origin_start(NULL);
  CU_ASSERT_TRUE(origin_script(mute, "", silent));
  open_narrow(&t, 10000);
  snprintf(where, sizeof where, "https://127.0.0.1:%u/", origin_port(mute));
  lariat_request_options options = lariat_request_defaults(t.client);
  options.timeout_ms = TIMEOUT_MS;
  fetching_do(&t, &o, lariat_request(t.client, "GET", where, &options));
  outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_TLS);
  expect_in_time(&o, TIMEOUT_MS);
  outcome_clear(&o, 1);
  options.timeout_ms = 10000;
  options.connect_timeout_ms = TIMEOUT_MS;
  fetching_do(&t, &o, lariat_request(t.client, "GET", where, &options));
  outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_TLS);
  expect_in_time(&o, TIMEOUT_MS);
  outcome_clear(&o, 1);
  close_narrow(&t);
  origin_stop(mute);
}

static bool none_is_open(const lariat_pool_stats *stats) {
  return stats->connections == 0;
}

/* Nobody takes the connection.  Also for the second, which waits in line
 * first: its time to connect begins when it connects. */
static void test_a_deaf_host(void) {
  struct fetching t;
  struct outcome o[2];
  char where[64];
  struct origin_options deafness = {.deaf = true};
  struct origin *deaf = origin_start(&deafness);
  CU_ASSERT_PTR_NOT_NULL_FATAL(deaf);
  origin_url(deaf, "/", where, sizeof where);
  open_narrow(&t, 10000);
  fetching_do(&t, &o[0], lariat_get(t.client, url("/last")));
  outcome_expect_http(&o[0], 200); /* with the handle that the next will use */
  outcome_clear(o, 1);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.connect_timeout_ms = TIMEOUT_MS;
  for (size_t i = 0; i < 2; i++)
    outcome_watch(&o[i], lariat_request(t.client, "GET", where, &options));
  fetching_wait(&t, o, 2, 10000);
  for (size_t i = 0; i < 2; i++) {
    outcome_expect_failure(&o[i], LARIAT_ETIMEDOUT, LARIAT_PHASE_CONNECT);
    expect_in_time(&o[i], TIMEOUT_MS * (i + 1));
  }
  outcome_clear(o, 2);
  options.timeout_ms = TIMEOUT_MS;
  options.connect_timeout_ms = 0;
  fetching_do(&t, &o[0], lariat_request(t.client, "GET", where, &options));
  outcome_expect_failure(&o[0], LARIAT_ETIMEDOUT, LARIAT_PHASE_CONNECT);
  expect_in_time(&o[0], TIMEOUT_MS);
  outcome_clear(o, 1);
  fetching_wait_stats(&t, none_is_open);
  close_narrow(&t);
  origin_stop(deaf);
}

/* The connect limit is not for what comes after. */
static void test_a_slow_answer_is_not_a_slow_connection(void) {
  struct fetching t;
  struct outcome o;
  open_narrow(&t, 10000);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.connect_timeout_ms = 1000;
  for (int i = 0; i < 2; i++) {
    fetching_do(&t, &o,
                lariat_request(t.client, "GET", url("/wait/1200"), &options));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  close_narrow(&t);
}

/* A promise of keep-alive that the server breaks, always at the worst time:
 * libcurl tries again by itself on a new connection. */
static void test_keep_alive_broken(void) {
  enum { JOBS = 30 };
  struct fetching t;
  struct outcome o;
  open_narrow(&t, 10000);
  for (int i = 0; i < JOBS; i++) {
    fetching_do(&t, &o, lariat_get(t.client, url("/served/3")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  for (int i = 0; i < JOBS; i++) {
    fetching_do(&t, &o, lariat_get(t.client, url("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
    if (i % 2)
      (void)origin_close_idle(origin);
    else
      (void)origin_reset_all(origin);
  }
  close_narrow(&t);
}

/* A POST on such a connection must not be sent twice unless nothing of it was
 * answered; it either works or says that it did not. */
static void test_keep_alive_broken_for_a_post(void) {
  struct fetching t;
  struct outcome o;
  open_narrow(&t, 10000);
  for (int i = 0; i < 10; i++) {
    fetching_do(&t, &o, lariat_post(t.client, url("/served/2"), "x", 1));
    if (o.status && o.status != LARIAT_ERESET && o.status != LARIAT_EEMPTY)
      outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  close_narrow(&t);
}

/* So quick that libcurl never waits to read: the connection is known all the
 * same. */
static void test_an_answer_before_the_question(void) {
  static const struct origin_step early[] = {
      {.kind = ORIGIN_SEND,
       .text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly"},
      {.kind = ORIGIN_END}};
  static const struct origin_step nothing[] = {{.kind = ORIGIN_END}};
  enum { HOSTS = 60 };
  struct fetching t;
  struct outcome o;
  char where[64];
  const struct origin_options everywhere = {.address = "127.0.0.0/8"};
  struct origin *quick = origin_start(&everywhere);
  CU_ASSERT_TRUE(origin_script(quick, "", early));
  CU_ASSERT_TRUE(origin_script(quick, "/early", nothing));
  open_narrow(&t, 10000);
  for (unsigned round = 0; round < 2; round++)
    for (unsigned host = 1; host <= HOSTS; host++) {
      snprintf(where, sizeof where, "http://127.0.1.%u:%u%s", host,
               origin_port(quick), round ? "/page" : "/early");
      fetching_do(&t, &o, lariat_get(t.client, where));
      outcome_expect_http(&o, 200);
      outcome_clear(&o, 1);
      CU_ASSERT_EQUAL(fetching_stats(&t).connections, round ? HOSTS : host);
    }
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, HOSTS);
  fetching_close(&t);
  origin_stop(quick);
}

/* Everything at once, on a few reactors, while the connections break. */
static void test_all_at_once(void) {
  static const char *const paths[] = {
      "/page",     "/reset",    "/close",          "/mid-body", "/garbage",
      "/wait/20",  "/bad-gzip", "/mid-body-reset", "/chunked",  "/last",
      "/served/2", "/endless",  "/stall",          "/continue", "/huge-header"};
  enum { JOBS = 300 };
  static struct outcome o[JOBS];
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 3;
  pool.max_jobs_per_host = 32;
  client.placement = LARIAT_PLACE_SPREAD;
  client.timeout_ms = 1500;
  client.max_body_bytes = 1 << 18;
  fetching_open(&t, &pool, &client);
  for (size_t i = 0; i < JOBS; i++)
    outcome_watch(&o[i],
                  lariat_get(t.client, url(paths[i % FIXTURE_COUNT(paths)])));
  fetching_run(&t, 50);
  (void)origin_reset_all(origin);
  fetching_run(&t, 50);
  (void)origin_close_idle(origin);
  fetching_wait(&t, o, JOBS, 10000);
  outcome_clear(o, JOBS);
  fetching_wait_idle(&t, 2000);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"no answer", test_no_answer},
      {"broken bodies", test_broken_bodies},
      {"headers without end", test_headers_without_end},
      {"nonsense", test_nonsense},
      {"oddities", test_oddities},
      {"cut gzip", test_cut_gzip},
      {"silent servers", test_silent_servers},
      {"a silent server on a used connection",
       test_a_silent_server_on_a_used_connection},
      {"deadlines of requests", test_deadlines_of_requests},
      {"a silent handshake", test_a_silent_handshake},
      {"a deaf host", test_a_deaf_host},
      {"a slow answer is not a slow connection",
       test_a_slow_answer_is_not_a_slow_connection},
      {"keep-alive broken", test_keep_alive_broken},
      {"keep-alive broken for a POST", test_keep_alive_broken_for_a_post},
      {"an answer before the question", test_an_answer_before_the_question},
      {"all at once", test_all_at_once},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  int failed =
      fixture_main("misbehaviour", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
