/* SPDX-License-Identifier: MIT
 * instants_test.c: when requests were sent and answers came, as responses and
 * failures say, by the turn, by the clock and by the kernel. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/byte_server.h"
#include "support/fetching.h"
#include "support/gate.h"
#include "support/manual_server.h"
#include "support/nginx.h"
#include "support/origin.h"
#include <lariat/byte_stream.h>
#include <lariat/failure.h>

/* The kernel begins to stamp some time after somebody has first asked for it:
 * a thread of its own has to come to that. */
enum { TRIES = 5000, APART_MS = 30 };

static struct origin *origin;
static struct nginx *nginx;
static char text[512];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

static uint64_t now_ns(void) {
  const lariat_clock *clock = lariat_clock_system();
  return clock->now_ns(clock->context);
}

static void open_stamping(struct fetching *t, const lariat_pool_options *pool,
                          lariat_timestamps timestamps) {
  lariat_client_options client = lariat_client_defaults();
  client.timestamps = timestamps;
  fetching_open(t, pool, &client);
}

static lariat_instants instants_of(struct fetching *t, const char *where) {
  struct outcome o;
  fetching_do(t, &o, lariat_get(t->client, where));
  outcome_expect_http(&o, 200);
  lariat_instants instants = lariat_response_instants(outcome_response(&o));
  outcome_clear(&o, 1);
  return instants;
}

/* Checks that they follow each other, and lie between two looks at the clock;
 * by the turn they may be before the first, if the turn had begun. */
static void expect_order(const lariat_instants *i, uint64_t from_ns) {
  CU_ASSERT(i->sent_ns > 0);
  CU_ASSERT(from_ns <= i->sent_ns);
  CU_ASSERT(i->sent_ns <= i->first_byte_ns);
  CU_ASSERT(i->first_byte_ns <= i->done_ns);
  CU_ASSERT(i->sent_ns <= i->arrived_ns);
  CU_ASSERT(i->arrived_ns <= i->done_ns);
  CU_ASSERT(i->done_ns <= now_ns());
}

/* ---- Responses ---- */

static void test_by_turns(void) {
  struct fetching t;
  open_stamping(&t, NULL, LARIAT_TIMESTAMPS_TURN);
  for (int i = 0; i < 5; i++) {
    lariat_instants instants = instants_of(&t, url("/wait/5"));
    expect_order(&instants, 0);
    CU_ASSERT(instants.done_ns - instants.sent_ns >= 4000000);
    CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_READ);
    CU_ASSERT_EQUAL(instants.arrived_ns, instants.done_ns);
  }
  fetching_close(&t);
}

/* Also on a new connection, of a long body, and of one that ends with it. */
static void test_by_the_clock(void) {
  static const char *const paths[] = {"/page",      "/bytes/2000000",
                                      "/no-length", "/chunked",
                                      "/last",      "/dribble/1"};
  struct fetching t;
  open_stamping(&t, NULL, LARIAT_TIMESTAMPS_EXACT);
  for (size_t i = 0; i < 3 * FIXTURE_COUNT(paths); i++) {
    uint64_t from_ns = now_ns();
    lariat_instants instants =
        instants_of(&t, url(paths[i % FIXTURE_COUNT(paths)]));
    expect_order(&instants, from_ns);
    CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_READ);
    CU_ASSERT_EQUAL(instants.arrived_ns, instants.done_ns);
  }
  fetching_close(&t);
}

static bool is_stamped(struct fetching *t, const char *where) {
  for (int i = 0; i < TRIES; i++) {
    uint64_t from_ns = now_ns();
    lariat_instants instants = instants_of(t, where);
    expect_order(&instants, from_ns);
    if (instants.arrival == LARIAT_ARRIVAL_KERNEL) return true;
    fetching_run(t, 2);
  }
  return false;
}

static void test_by_the_kernel(void) {
  struct fetching t;
  open_stamping(&t, NULL, LARIAT_TIMESTAMPS_KERNEL);
  CU_ASSERT_TRUE(is_stamped(&t, url("/page")));
  CU_ASSERT_TRUE(is_stamped(&t, url("/bytes/300000")));
  CU_ASSERT_TRUE(is_stamped(&t, url("/chunked")));
  fetching_close(&t);
}

/* The choice is each request's, on one connection. */
static void test_mixed(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  open_stamping(&t, &pool, LARIAT_TIMESTAMPS_KERNEL);
  CU_ASSERT_TRUE(is_stamped(&t, url("/page")));
  for (unsigned i = 0; i < 6; i++) {
    lariat_request_options request = lariat_request_defaults(t.client);
    request.timestamps = (lariat_timestamps)(i % 3);
    fetching_do(&t, &o,
                lariat_request(t.client, "GET", url("/page"), &request));
    outcome_expect_http(&o, 200);
    lariat_instants instants = lariat_response_instants(outcome_response(&o));
    expect_order(&instants, 0);
    CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
    CU_ASSERT_EQUAL(instants.arrival,
                    request.timestamps == LARIAT_TIMESTAMPS_KERNEL
                        ? LARIAT_ARRIVAL_KERNEL
                        : LARIAT_ARRIVAL_READ);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* ---- An answer that waits to be read ---- */

static struct gate held;
static struct gate busy;

static lariat_value hold_thread(void *context) {
  (void)context;
  gate_set(&busy, true);
  gate_wait(&held);
  return lariat_none();
}

/* Asks a server that the test works, whose answer comes while the pool's thread
 * is kept busy. */
static lariat_instants ask_while_busy(struct fetching *t,
                                      struct manual_server *server,
                                      uint64_t *sent_ns, uint64_t *free_ns) {
  struct outcome o[2];
  held = GATE_CLOSED;
  busy = GATE_CLOSED;
  outcome_watch(&o[0],
                lariat_get(t->client, manual_server_url(server, "/held")));
  manual_server_read_request(server);
  outcome_watch(&o[1], lariat_pool_defer(t->pool, 0, t->f.reactor, hold_thread,
                                         NULL, NULL));
  fixture_turns(&t->f, 3);
  gate_wait(&busy);
  manual_server_send(server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  *sent_ns = now_ns();
  while (now_ns() < *sent_ns + APART_MS * UINT64_C(1000000)) usleep(1000);
  *free_ns = now_ns();
  gate_set(&held, true);
  CU_ASSERT_TRUE(fetching_wait(t, o, 2, 5000));
  outcome_expect_http(&o[0], 200);
  lariat_instants instants = lariat_response_instants(outcome_response(&o[0]));
  outcome_clear(o, 2);
  return instants;
}

static void open_manual(struct fetching *t, struct manual_server *server,
                        lariat_timestamps timestamps) {
  struct outcome o;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  open_stamping(t, &pool, timestamps);
  CU_ASSERT_TRUE(timestamps != LARIAT_TIMESTAMPS_KERNEL ||
                 is_stamped(t, url("/page")));
  manual_server_open(server, &t->f);
  outcome_watch(&o, lariat_get(t->client, manual_server_url(server, "/")));
  manual_server_accept(server);
  manual_server_read_request(server);
  manual_server_send(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CU_ASSERT_TRUE(fetching_wait(t, &o, 1, 5000));
  outcome_clear(&o, 1);
}

static void close_manual(struct fetching *t, struct manual_server *server) {
  manual_server_close(server);
  fetching_close(t);
}

/* By the kernel it had arrived when it was sent; it was read when the thread
 * was free. */
static void test_read_late(void) {
  struct fetching t;
  struct manual_server server;
  uint64_t sent_ns, free_ns;
  open_manual(&t, &server, LARIAT_TIMESTAMPS_KERNEL);
  lariat_instants instants = ask_while_busy(&t, &server, &sent_ns, &free_ns);
  expect_order(&instants, 0);
  CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_KERNEL);
  CU_ASSERT(instants.arrived_ns < free_ns);
  CU_ASSERT(instants.first_byte_ns >= free_ns);
  CU_ASSERT(instants.done_ns >= free_ns);
  close_manual(&t, &server);
}

static void test_read_late_by_the_clock(void) {
  struct fetching t;
  struct manual_server server;
  uint64_t sent_ns, free_ns;
  open_manual(&t, &server, LARIAT_TIMESTAMPS_EXACT);
  lariat_instants instants = ask_while_busy(&t, &server, &sent_ns, &free_ns);
  expect_order(&instants, 0);
  CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_READ);
  CU_ASSERT(instants.sent_ns < sent_ns);
  CU_ASSERT(instants.arrived_ns >= free_ns);
  close_manual(&t, &server);
}

/* ---- Other ways ---- */

static void check_tls(const char *where, lariat_http http, bool libcurl_only) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.ca_file = nginx->ca_file;
  pool.libcurl_only = libcurl_only;
  lariat_client_options client = lariat_client_defaults();
  client.timestamps = LARIAT_TIMESTAMPS_KERNEL;
  client.http = http;
  fetching_open(&t, &pool, &client);
  for (int i = 0; i < 4; i++) {
    lariat_instants instants = instants_of(&t, where);
    expect_order(&instants, 0);
    CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_READ);
  }
  fetching_close(&t);
}

static void test_over_tls(void) {
  char where[128];
  nginx_url(nginx, NGINX_TLS, "/", where, sizeof where);
  check_tls(where, LARIAT_HTTP_1_1, false);
  check_tls(where, LARIAT_HTTP_2, false);
  check_tls(where, LARIAT_HTTP_1_1, true);
}

static void test_by_libcurl(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.libcurl_only = true;
  open_stamping(&t, &pool, LARIAT_TIMESTAMPS_KERNEL);
  for (int i = 0; i < 3; i++) {
    lariat_instants instants = instants_of(&t, url("/wait/5"));
    expect_order(&instants, 0);
    CU_ASSERT(instants.done_ns - instants.sent_ns >= 4000000);
    CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_READ);
  }
  fetching_close(&t);
}

/* A stream's response leaves with its head. */
static void check_stream(lariat_timestamps timestamps, bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.libcurl_only = libcurl_only;
  open_stamping(&t, &pool, timestamps);
  lariat_request_options request = lariat_request_defaults(t.client);
  request.sink = lariat_sink_stream(0);
  fetching_do(&t, &o,
              lariat_request(t.client, "GET", url("/bytes/100"), &request));
  lariat_instants instants = lariat_response_instants(outcome_response(&o));
  CU_ASSERT(instants.sent_ns > 0);
  CU_ASSERT(instants.sent_ns <= instants.first_byte_ns);
  CU_ASSERT_EQUAL(instants.done_ns, 0);
  CU_ASSERT_EQUAL(instants.arrived_ns, 0);
  CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_NONE);
  outcome_clear(&o, 1);
  instants = instants_of(&t, url("/page"));
  expect_order(&instants, 0);
  fetching_close(&t);
}

static void test_streams(void) {
  for (int i = LARIAT_TIMESTAMPS_TURN; i <= LARIAT_TIMESTAMPS_KERNEL; i++)
    check_stream((lariat_timestamps)i, false);
  check_stream(LARIAT_TIMESTAMPS_TURN, true);
}

/* ---- Failures ---- */

static void check_failure(struct fetching *t, const char *where,
                          lariat_status status, bool sent, bool begun) {
  struct outcome o;
  uint64_t from_ns = now_ns();
  lariat_request_options request = lariat_request_defaults(t->client);
  request.timeout_ms = status == LARIAT_ETIMEDOUT ? 300 : 0;
  fetching_do(t, &o, lariat_request(t->client, "GET", where, &request));
  outcome_expect_status(&o, status);
  lariat_instants instants = lariat_failure_instants(o.value);
  CU_ASSERT_EQUAL(instants.sent_ns != 0, sent);
  CU_ASSERT_EQUAL(instants.first_byte_ns != 0, begun);
  if (request.timestamps && sent) CU_ASSERT(from_ns <= instants.sent_ns);
  if (begun) CU_ASSERT(instants.sent_ns <= instants.first_byte_ns);
  CU_ASSERT(instants.first_byte_ns <= now_ns());
  CU_ASSERT_EQUAL(instants.done_ns, 0);
  CU_ASSERT_EQUAL(instants.arrived_ns, 0);
  CU_ASSERT_EQUAL(instants.arrival, LARIAT_ARRIVAL_NONE);
  outcome_clear(&o, 1);
}

static void check_failures(lariat_timestamps timestamps, bool libcurl_only) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.libcurl_only = libcurl_only;
  open_stamping(&t, &pool, timestamps);
  check_failure(&t, "http://127.0.0.1:1/", LARIAT_ECONNECT, false, false);
  check_failure(&t, url("/stall"), LARIAT_ETIMEDOUT, true, false);
  check_failure(&t, url("/close"), LARIAT_EEMPTY, true, false);
  check_failure(&t, url("/mid-body"), LARIAT_ETRUNCATED, true, true);
  check_failure(&t, url("/mid-body-stall"), LARIAT_ETIMEDOUT, true, true);
  check_failure(&t, "nonsense", LARIAT_EURL, false, false);
  fetching_close(&t);
}

static void test_failures(void) {
  for (int i = LARIAT_TIMESTAMPS_TURN; i <= LARIAT_TIMESTAMPS_KERNEL; i++)
    check_failures((lariat_timestamps)i, false);
  check_failures(LARIAT_TIMESTAMPS_TURN, true);
}

/* ---- Byte streams ---- */

static lariat_arrival echo(struct fetching *t, lariat_byte_stream *stream,
                           uint64_t *at_ns) {
  struct outcome o[2];
  char bytes[4];
  uint64_t from_ns = now_ns();
  outcome_watch(&o[0], lariat_byte_stream_send(stream, "ping", 4));
  outcome_watch(&o[1], lariat_byte_stream_receive(stream, bytes, sizeof bytes));
  CU_ASSERT_TRUE(fetching_wait(t, o, 2, 5000));
  outcome_clear(o, 2);
  lariat_arrival arrival = lariat_byte_stream_arrival(stream, at_ns);
  if (arrival != LARIAT_ARRIVAL_NONE)
    CU_ASSERT(from_ns <= *at_ns && *at_ns <= now_ns());
  return arrival;
}

static void check_byte_stream(lariat_timestamps timestamps,
                              lariat_arrival wanted) {
  struct fetching t;
  struct outcome o;
  struct byte_server_script script = {.service = BYTES_ECHO};
  struct byte_server *server = byte_server_start(&script);
  char where[64];
  uint64_t at_ns = 1;
  fetching_open(&t, NULL, NULL);
  snprintf(where, sizeof where, "http://127.0.0.1:%u/",
           byte_server_port(server));
  lariat_byte_stream_options options = lariat_byte_stream_defaults(t.client);
  options.timestamps = timestamps;
  fetching_do(&t, &o, lariat_byte_stream_open(t.client, where, &options));
  lariat_byte_stream *stream = lariat_byte_stream_in(o.value);
  CU_ASSERT_EQUAL(lariat_byte_stream_arrival(stream, &at_ns),
                  LARIAT_ARRIVAL_NONE);
  CU_ASSERT_EQUAL(at_ns, 0);
  lariat_arrival arrival = LARIAT_ARRIVAL_NONE;
  for (int i = 0; i < TRIES && arrival != wanted; i++) {
    arrival = echo(&t, stream, &at_ns);
    if (arrival != wanted) fetching_run(&t, 2);
  }
  CU_ASSERT_EQUAL(echo(&t, stream, &at_ns), wanted);
  outcome_clear(&o, 1);
  fetching_close(&t);
  byte_server_stop(server);
}

static void test_byte_streams(void) {
  check_byte_stream(LARIAT_TIMESTAMPS_TURN, LARIAT_ARRIVAL_NONE);
  check_byte_stream(LARIAT_TIMESTAMPS_EXACT, LARIAT_ARRIVAL_READ);
  check_byte_stream(LARIAT_TIMESTAMPS_KERNEL, LARIAT_ARRIVAL_KERNEL);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by turns", test_by_turns},
      {"by the clock", test_by_the_clock},
      {"by the kernel", test_by_the_kernel},
      {"each request has its own way", test_mixed},
      {"an answer that waits to be read", test_read_late},
      {"the same by the clock", test_read_late_by_the_clock},
      {"over TLS and HTTP/2", test_over_tls},
      {"by libcurl", test_by_libcurl},
      {"of a stream's response", test_streams},
      {"of failures", test_failures},
      {"of byte streams", test_byte_streams},
  };
  origin = origin_start(NULL);
  nginx = nginx_start(NULL);
  if (!origin || !nginx) return 1;
  int result =
      fixture_main("instants", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  origin_stop(origin);
  return result;
}
