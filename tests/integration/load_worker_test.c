/* SPDX-License-Identifier: MIT
 * load_worker_test.c: whole runs against a server that counts: what it was
 * asked, and what it did on purpose, is what the result says. */
#include <lariat/load/run.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/ports.h"
#include <lariat/load/facts.h>
#include <lariat/load/verdict.h>

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

struct test {
  struct fixture f;
  struct origin *origin;
  lariat_load_requests *requests;
  lariat_load_run_options options;
  lariat_load_run *run;
  const lariat_load_result *result;
  bool over;
  lariat_status status;
};

static void open_test(struct test *t) {
  memset(t, 0, sizeof *t);
  fixture_open(&t->f, FIXTURE_PLAIN);
  t->origin = origin_start(NULL);
  CU_ASSERT_EQUAL(lariat_load_requests_new(&t->requests), LARIAT_OK);
  lariat_load_requests_set_order(t->requests, LARIAT_LOAD_IN_ORDER, 0);
  t->options = lariat_load_run_defaults();
  t->options.requests = t->requests;
  t->options.warm_up_ns = 0;
  t->options.reactors = 1;
  t->options.connections = 4;
}

static void close_test(struct test *t) {
  lariat_load_run_free(t->run);
  lariat_load_requests_free(t->requests);
  origin_stop(t->origin);
  fixture_close(&t->f);
}

static void add_request(struct test *t, const lariat_load_request *request) {
  lariat_load_error error = {0};
  if (lariat_load_requests_add(t->requests, request, &error) != LARIAT_OK)
    fixture_fail("%s", error.message);
}

static void add_path(struct test *t, const char *path) {
  char url[128];
  const lariat_load_request request = {
      .size = sizeof request,
      .url = origin_url(t->origin, path, url, sizeof url)};
  add_request(t, &request);
}

static lariat_value note_end(lariat_value result, void *context) {
  struct test *t = context;
  t->over = true;
  t->status =
      lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  return lariat_value_drop(result);
}

static bool is_over(void *context) { return ((struct test *)context)->over; }

static void start_run(struct test *t) {
  lariat_load_error error = {0};
  if (lariat_load_run_new(&t->options, &t->run, &error) != LARIAT_OK) {
    fixture_fail("%s", error.message);
    return;
  }
  t->result = lariat_load_run_result(t->run);
  lariat_deferred_release(
      lariat_deferred_add_both(lariat_load_run_start(t->run), note_end, t));
}

static void wait_for_end(struct test *t) {
  CU_ASSERT_TRUE(fixture_run_until(&t->f, is_over, t, 20000));
  CU_ASSERT_EQUAL(t->status, LARIAT_OK);
}

static void run(struct test *t) {
  start_run(t);
  wait_for_end(t);
}

/* Starts over with another run of the same requests. */
static void forget_run(struct test *t) {
  lariat_load_run_free(t->run);
  t->run = NULL;
  t->over = false;
}

static uint64_t outcomes(const struct test *t, lariat_load_outcome outcome) {
  return lariat_load_result_outcomes(t->result, outcome);
}

static uint64_t measured(const struct test *t, lariat_load_measure measure) {
  return lariat_histogram_count(
      lariat_load_result_histogram(t->result, measure));
}

static uint64_t all_outcomes(const struct test *t) {
  uint64_t sum = 0;
  for (int i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    sum += outcomes(t, (lariat_load_outcome)i);
  return sum;
}

/* ---- Closed ---- */

static void test_closed(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.count = 500;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 500);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_RESPONSE), 500);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_CONNECT), 4);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 500);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 4);
  close_test(&t);
}

static void test_reactors_share_users(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.reactors = 3;
  t.options.connections = 7;
  t.options.count = 500;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 500);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 500);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 7);
  close_test(&t);
}

static void test_duration_ends(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.duration_ns = 50 * MS;
  run(&t);
  CU_ASSERT_TRUE(outcomes(&t, LARIAT_LOAD_ANSWERED) > 0);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, all_outcomes(&t));
  CU_ASSERT_EQUAL(lariat_load_result_facts(t.result)->duration_ns, 50 * MS);
  close_test(&t);
}

static void test_warm_up_is_not_measured(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.count = 100;
  t.options.warm_up_ns = 100 * MS;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 100);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_CONNECT), 0);
  CU_ASSERT_TRUE(origin_counts(t.origin).requests > 100);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 4);
  close_test(&t);
}

static void test_think_time(void) {
  struct test t;
  char url[128];
  open_test(&t);
  const lariat_load_request request = {
      .size = sizeof request,
      .url = origin_url(t.origin, "/page", url, sizeof url),
      .think_low_ns = 20 * MS,
      .think_high_ns = 20 * MS};
  add_request(&t, &request);
  t.options.connections = 1;
  t.options.count = 5;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 5);
  CU_ASSERT_TRUE(lariat_load_result_facts(t.result)->duration_ns >= 80 * MS);
  close_test(&t);
}

/* Adds a flow of three steps, the second of which has what the server does. */
static void add_flow(struct test *t, const char *second) {
  char urls[3][128];
  const lariat_load_request steps[] = {
      {.size = sizeof steps[0],
       .url = origin_url(t->origin, "/page", urls[0], sizeof urls[0])},
      {.size = sizeof steps[0],
       .url = origin_url(t->origin, second, urls[1], sizeof urls[1])},
      {.size = sizeof steps[0],
       .url = origin_url(t->origin, "/page", urls[2], sizeof urls[2])}};
  lariat_load_error error = {0};
  if (lariat_load_requests_add_flow(t->requests, steps, 3, &error) != LARIAT_OK)
    fixture_fail("%s", error.message);
}

/* A flow counts as one of the requests of a plan; one of its steps that fails
 * is the last. */
static void test_flows(void) {
  static const char *const second[] = {"/page", "/status/500"};
  const lariat_load_stage stage = {LARIAT_LOAD_ENDLESS_NS, 1000, 1000};
  for (size_t i = 0; i < 4; i++) {
    struct test t;
    open_test(&t);
    add_flow(&t, second[i % 2]);
    t.options.count = 20;
    t.options.stages = &stage;
    t.options.stage_count = i / 2;
    run(&t);
    CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), i % 2 ? 20 : 60);
    CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_STATUS), i % 2 ? 20 : 0);
    CU_ASSERT_EQUAL(origin_counts(t.origin).requests, i % 2 ? 40 : 60);
    close_test(&t);
  }
}

/* ---- Open ---- */

static void test_rate_over_reactors(void) {
  static const unsigned reactors[] = {1, 2, 4};
  struct test t;
  const lariat_load_stage stage = {300 * MS, 1000, 1000};
  open_test(&t);
  add_path(&t, "/page");
  t.options.stages = &stage;
  t.options.stage_count = 1;
  t.options.connections = 300; /* none waits, however slow all is */
  for (size_t i = 0; i < 3; i++) {
    t.options.reactors = reactors[i];
    run(&t);
    CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 300);
    CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 300 * (i + 1));
    CU_ASSERT_EQUAL(lariat_load_result_facts(t.result)->asked, 300);
    forget_run(&t);
  }
  close_test(&t);
}

static void test_count_ends_an_endless_rate(void) {
  struct test t;
  const lariat_load_stage stage = {LARIAT_LOAD_ENDLESS_NS, 2000, 2000};
  open_test(&t);
  add_path(&t, "/page");
  t.options.stages = &stage;
  t.options.stage_count = 1;
  t.options.process = LARIAT_LOAD_POISSON;
  t.options.count = 200;
  t.options.reactors = 2;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 200);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 200);
  close_test(&t);
}

/* Of 100 requests that are due in half a second one connection can send no more
 * than six. */
static void test_too_few_connections(void) {
  struct test t;
  const lariat_load_stage stage = {500 * MS, 200, 200};
  open_test(&t);
  add_path(&t, "/wait/100");
  t.options.stages = &stage;
  t.options.stage_count = 1;
  t.options.connections = 1;
  run(&t);
  uint64_t sent = origin_counts(t.origin).requests;
  CU_ASSERT_TRUE(sent <= 6);
  CU_ASSERT_EQUAL(all_outcomes(&t), sent);
  CU_ASSERT_EQUAL(lariat_load_result_facts(t.result)->asked, 100);
  /* The second of them waited for the answer to the first. */
  const lariat_histogram *queue =
      lariat_load_result_histogram(t.result, LARIAT_LOAD_QUEUE);
  if (sent > 1) CU_ASSERT_TRUE(lariat_histogram_max(queue) >= 90 * MS);
  close_test(&t);
}

static void test_warm_up_of_a_rate(void) {
  struct test t;
  const lariat_load_stage stage = {100 * MS, 1000, 1000};
  open_test(&t);
  add_path(&t, "/page");
  t.options.stages = &stage;
  t.options.stage_count = 1;
  t.options.warm_up_ns = 100 * MS;
  t.options.connections = 150;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 100);
  /* What of the warm-up is late when it is over is not sent. */
  CU_ASSERT_TRUE(origin_counts(t.origin).requests >= 100);
  CU_ASSERT_TRUE(origin_counts(t.origin).requests <= 150);
  close_test(&t);
}

/* ---- What servers do ---- */

struct expected {
  const char *path;
  lariat_load_outcome outcome;
};

/* Has each path asked for four times, by a closed run and by an open one. */
static void expect_outcomes(const struct expected *expected, size_t count,
                            uint64_t timeout_ns) {
  const uint64_t times = 4;
  struct test t;
  uint64_t counts[LARIAT_LOAD_OUTCOMES] = {0};
  const lariat_load_stage stage = {LARIAT_LOAD_ENDLESS_NS, 1000, 1000};
  open_test(&t);
  t.options.timeout_ns = timeout_ns;
  t.options.connections = 20;
  t.options.reactors = 2;
  t.options.count = times * count;
  for (size_t i = 0; i < count; i++) {
    add_path(&t, expected[i].path);
    counts[expected[i].outcome] += times;
  }
  for (size_t open = 0; open < 2; open++) {
    t.options.stages = &stage;
    t.options.stage_count = open;
    run(&t);
    for (int i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
      if (outcomes(&t, (lariat_load_outcome)i) != counts[i])
        fixture_fail("%zu: %s %llu, not %llu", open,
                     lariat_load_outcome_name((lariat_load_outcome)i),
                     (unsigned long long)outcomes(&t, (lariat_load_outcome)i),
                     (unsigned long long)counts[i]);
    CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_RESPONSE), times * count);
    if (origin_counts(t.origin).requests != times * count * (1 + open))
      fixture_fail("%zu: %lu requests", open, origin_counts(t.origin).requests);
    forget_run(&t);
  }
  close_test(&t);
}

static void test_answers(void) {
  static const struct expected expected[] = {
      {"/page", LARIAT_LOAD_ANSWERED},
      {"/chunked", LARIAT_LOAD_ANSWERED},
      {"/continue", LARIAT_LOAD_ANSWERED},
      {"/no-length", LARIAT_LOAD_ANSWERED},
      {"/last", LARIAT_LOAD_ANSWERED},
      {"/status/204", LARIAT_LOAD_ANSWERED},
      {"/bytes/100000", LARIAT_LOAD_ANSWERED},
      {"/dribble/0", LARIAT_LOAD_ANSWERED},
      {"/dribble-head/0", LARIAT_LOAD_ANSWERED},
      {"/status/302", LARIAT_LOAD_ANSWERED},
      {"/status/404", LARIAT_LOAD_STATUS},
      {"/status/500", LARIAT_LOAD_STATUS}};
  expect_outcomes(expected, FIXTURE_COUNT(expected), 10 * SECOND);
}

static void test_failures(void) {
  static const struct expected expected[] = {
      {"/page", LARIAT_LOAD_ANSWERED},
      {"/close", LARIAT_LOAD_CLOSED},
      {"/reset", LARIAT_LOAD_RESET},
      {"/stall", LARIAT_LOAD_TIMEOUT},
      {"/mid-head", LARIAT_LOAD_CLOSED},
      {"/mid-body", LARIAT_LOAD_CLOSED},
      {"/garbage", LARIAT_LOAD_PROTOCOL},
      {"/chunk-cut", LARIAT_LOAD_CLOSED},
      {"/mid-body-stall", LARIAT_LOAD_TIMEOUT},
      {"/two-lengths", LARIAT_LOAD_PROTOCOL}};
  expect_outcomes(expected, FIXTURE_COUNT(expected), 1500 * MS);
}

static void test_time_outs_are_in_the_distribution(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/stall");
  t.options.timeout_ns = 100 * MS;
  t.options.count = 8;
  run(&t);
  const lariat_histogram *response =
      lariat_load_result_histogram(t.result, LARIAT_LOAD_RESPONSE);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_TIMEOUT), 8);
  CU_ASSERT_EQUAL(lariat_histogram_count(response), 8);
  CU_ASSERT_TRUE(lariat_histogram_min(response) >= 100 * MS);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_GOOD), 0);
  close_test(&t);
}

static void test_nobody_listens(void) {
  struct test t;
  char url[64];
  const lariat_load_stage stage = {LARIAT_LOAD_ENDLESS_NS, 1000, 1000};
  unsigned port = 0;
  int held = ports_refusing(&port);
  open_test(&t);
  CU_ASSERT_TRUE_FATAL(held >= 0);
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
  const lariat_load_request request = {.size = sizeof request, .url = url};
  add_request(&t, &request);
  t.options.count = 20;
  for (size_t open = 0; open < 2; open++) {
    t.options.stages = &stage;
    t.options.stage_count = open;
    run(&t);
    CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_CONNECT_FAILED), 20);
    CU_ASSERT_EQUAL(all_outcomes(&t), 20);
    CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_RESPONSE), 20);
    forget_run(&t);
  }
  close_test(&t);
  close(held);
}

/* ---- Connections ---- */

static void test_requests_of_a_connection(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.connections = 1;
  t.options.count = 20;
  t.options.connection_requests = 1;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 20);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 20);
  forget_run(&t);
  t.options.connection_requests = 5;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 20);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_RESPONSE), 20);
  close_test(&t);
}

/* The last request of a connection says so, and the server has it in the echo:
 * a body that is 19 bytes longer. */
static void test_last_request_says_close(void) {
  struct test t;
  open_test(&t);
  char url[128];
  const lariat_load_request request = {
      .size = sizeof request,
      .url = origin_url(t.origin, "/echo", url, sizeof url),
      .expect = {.body_contains = "Connection: close"}};
  add_request(&t, &request);
  t.options.connections = 1;
  t.options.count = 12;
  t.options.connection_requests = 3;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 4);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_CHECK), 8);
  close_test(&t);
}

static void test_connect_rate(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.connections = 5;
  t.options.count = 5;
  t.options.connect_rate_per_s = 50;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 5);
  const lariat_histogram *queue =
      lariat_load_result_histogram(t.result, LARIAT_LOAD_QUEUE);
  CU_ASSERT_TRUE(lariat_histogram_max(queue) >= 80 * MS);
  close_test(&t);
}

static void test_several_servers(void) {
  struct test t;
  open_test(&t);
  struct origin *other = origin_start(NULL);
  char url[128];
  const lariat_load_request request = {
      .size = sizeof request,
      .url = origin_url(other, "/page", url, sizeof url)};
  add_path(&t, "/page");
  add_request(&t, &request);
  t.options.count = 100;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 100);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 50);
  CU_ASSERT_EQUAL(origin_counts(other).requests, 50);
  CU_ASSERT_TRUE(origin_counts(t.origin).accepted <= 4);
  origin_stop(other);
  close_test(&t);
}

/* ---- TLS and HTTP/2 ---- */

/* Adds a request to the server, whose answer must have these words. */
static void add_checked(struct test *t, const struct nginx *nginx,
                        enum nginx_port port, const char *path,
                        const char *words) {
  char url[256];
  const lariat_load_request request = {
      .size = sizeof request,
      .method = words ? "POST" : NULL,
      .url = nginx_url(nginx, port, path, url, sizeof url),
      .body = words ? "hello" : NULL,
      .body_length = words ? 5 : 0,
      .expect = {.body_contains = words}};
  add_request(t, &request);
}

static void test_tls(void) {
  struct test t;
  open_test(&t);
  struct nginx *nginx = nginx_start(NULL);
  lariat_pool_options pool = lariat_pool_defaults();
  add_checked(&t, nginx, NGINX_TLS, "/", NULL);
  add_checked(&t, nginx, NGINX_TLS_HTTP1, "/post", "POST 5 ");
  pool.ca_file = nginx->ca_file;
  t.options.pool = &pool;
  t.options.count = 40;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 40);
  CU_ASSERT_TRUE(measured(&t, LARIAT_LOAD_TLS) > 0);
  CU_ASSERT_TRUE(lariat_load_result_facts(t.result)->tls);
  forget_run(&t);
  add_checked(&t, nginx, NGINX_EXPIRED, "/", NULL);
  t.options.count = 3;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 2);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_TLS_FAILED), 1);
  nginx_stop(nginx);
  close_test(&t);
}

static void run_http2(enum nginx_port port) {
  struct test t;
  open_test(&t);
  struct nginx *nginx = nginx_start(NULL);
  lariat_pool_options pool = lariat_pool_defaults();
  add_checked(&t, nginx, port, "/version", NULL);
  add_checked(&t, nginx, port, "/post", "POST 5 ");
  add_checked(&t, nginx, port, "/version", "HTTP/2.0");
  add_checked(&t, nginx, port, "/status/500", NULL);
  add_checked(&t, nginx, port, "/redirect/1", NULL);
  pool.ca_file = nginx->ca_file;
  t.options.pool = &pool;
  t.options.count = 100;
  t.options.http_version = 20;
  t.options.connections = 2;
  t.options.streams = 5;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 80);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_STATUS), 20);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_RESPONSE), 100);
  CU_ASSERT_TRUE(measured(&t, LARIAT_LOAD_CONNECT) > 0);
  nginx_stop(nginx);
  close_test(&t);
}

static void test_http2(void) { run_http2(NGINX_TLS); }

static void test_http2_without_tls(void) { run_http2(NGINX_H2C); }

static void test_failures_of_http2(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/stall"); /* a server that does not speak HTTP/2 */
  t.options.count = 4;
  t.options.http_version = 20;
  t.options.timeout_ns = 300 * MS;
  run(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), 0);
  CU_ASSERT_EQUAL(all_outcomes(&t), 4);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_RESPONSE), 4);
  close_test(&t);
}

/* ---- Parts, and agreed starts ---- */

static const lariat_load_reason *find_reason(struct test *t, const char *code) {
  const lariat_load_verdict *verdict =
      lariat_load_result_verdict(lariat_load_run_result(t->run));
  for (size_t i = 0; i < verdict->reason_count; i++)
    if (strcmp(verdict->reasons[i].code, code) == 0)
      return &verdict->reasons[i];
  return NULL;
}

static int64_t wall_clock(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * (int64_t)SECOND + now.tv_nsec;
}

/* Four parts that are run one after the other: each instant has gone by when it
 * begins.  It sends all that is its own, without a warm-up, and is INVALID. */
static void test_late_parts(void) {
  struct test t;
  const lariat_load_stage stage = {SECOND / 5, 500, 500};
  uint64_t sent = 0;
  open_test(&t);
  add_path(&t, "/page");
  t.options.stages = &stage;
  t.options.stage_count = 1;
  t.options.connections = 100;
  t.options.warm_up_ns = 2 * SECOND;
  t.options.start_at_ns = wall_clock() - 60 * (int64_t)SECOND;
  for (uint32_t i = 0; i < 4; i++) {
    t.options.part = (lariat_load_part){i, 4};
    run(&t);
    CU_ASSERT_EQUAL(all_outcomes(&t), 25);
    sent += all_outcomes(&t);
    CU_ASSERT_EQUAL(origin_counts(t.origin).requests, sent);
    const lariat_load_run_facts *facts = lariat_load_result_facts(t.result);
    CU_ASSERT_EQUAL(facts->start_at_ns, t.options.start_at_ns);
    CU_ASSERT(facts->started_at_ns > facts->start_at_ns);
    CU_ASSERT(facts->host[0] != '\0');
    const lariat_load_reason *reason = find_reason(&t, "start-late");
    CU_ASSERT(reason && reason->validity == LARIAT_LOAD_INVALID);
    forget_run(&t);
  }
  close_test(&t);
}

/* Waits for an instant, and is not early. */
static void test_agreed_start(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.count = 20;
  t.options.start_at_ns = wall_clock() + (int64_t)(800 * MS);
  run(&t);
  CU_ASSERT_EQUAL(all_outcomes(&t), 20);
  CU_ASSERT(wall_clock() >= t.options.start_at_ns);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 20);
  close_test(&t);
}

/* Waits for an hour; `freed` before it is over. */
static void stop_waiting(uint64_t after_ms, bool freed) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.reactors = 2;
  t.options.start_at_ns = wall_clock() + 3600 * (int64_t)SECOND;
  start_run(&t);
  CU_ASSERT_FALSE(fixture_run_until(&t.f, is_over, &t, (unsigned)after_ms));
  if (freed) {
    lariat_load_run_free(t.run);
    t.run = NULL;
  } else {
    lariat_load_run_stop(t.run);
    lariat_load_run_stop(t.run);
  }
  wait_for_end(&t);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 0);
  close_test(&t);
}

static void test_stopped_while_it_waits(void) {
  for (uint64_t ms = 1; ms < 200; ms *= 4) {
    stop_waiting(ms, false);
    stop_waiting(ms, true);
  }
}

/* Users of a closed test are shared by its parts. */
static void test_parts_of_users(void) {
  struct test t;
  static const unsigned users[] = {3, 2, 2};
  unsigned accepted = 0;
  open_test(&t);
  add_path(&t, "/page");
  t.options.connections = 7;
  t.options.reactors = 8;
  t.options.count = 100;
  for (uint32_t i = 0; i < 3; i++) {
    t.options.part = (lariat_load_part){i, 3};
    run(&t);
    accepted += users[i];
    CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, accepted);
    CU_ASSERT_EQUAL(all_outcomes(&t), i == 0 ? 34 : 33);
    CU_ASSERT_EQUAL(lariat_load_result_facts(t.result)->connections, users[i]);
    CU_ASSERT_STRING_EQUAL(lariat_load_result_facts(t.result)->plan,
                           "closed, 7 users, 100 requests");
    forget_run(&t);
  }
  close_test(&t);
}

/* ---- The end ---- */

static void stop_after_second(void *context, const lariat_load_result *result,
                              uint32_t second) {
  struct test *t = context;
  (void)result;
  if (second == 0) lariat_load_run_stop(t->run);
}

static void test_stop(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/wait/1");
  t.options.reactors = 2;
  start_run(&t);
  lariat_load_run_on_second(t.run, stop_after_second, &t);
  wait_for_end(&t);
  CU_ASSERT_TRUE(lariat_load_result_facts(t.result)->interrupted);
  CU_ASSERT_TRUE(all_outcomes(&t) > 0);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, all_outcomes(&t));
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_ANSWERED), all_outcomes(&t));
  close_test(&t);
}

static bool has_four(void *context) {
  struct test *t = context;
  return origin_counts(t->origin).in_flight == 4;
}

static void test_stop_twice(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/stall");
  start_run(&t);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_four, &t, 5000));
  lariat_load_run_stop(t.run);
  lariat_load_run_stop(t.run);
  wait_for_end(&t);
  CU_ASSERT_EQUAL(outcomes(&t, LARIAT_LOAD_TIMEOUT), 4);
  CU_ASSERT_EQUAL(measured(&t, LARIAT_LOAD_RESPONSE), 0);
  close_test(&t);
}

static void test_stop_at_failures(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/close");
  t.options.stop_at_failures = 10;
  run(&t);
  CU_ASSERT_TRUE(lariat_load_result_facts(t.result)->stopped);
  CU_ASSERT_FALSE(lariat_load_result_facts(t.result)->interrupted);
  CU_ASSERT_TRUE(outcomes(&t, LARIAT_LOAD_CLOSED) >= 10);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, all_outcomes(&t));
  close_test(&t);
}

static void test_freed_while_it_runs(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/stall");
  start_run(&t);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, has_four, &t, 5000));
  lariat_load_run_free(t.run);
  t.run = NULL;
  wait_for_end(&t);
  close_test(&t);
}

static void test_freed_before_it_runs(void) {
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  CU_ASSERT_EQUAL(lariat_load_run_new(&t.options, &t.run, NULL), LARIAT_OK);
  close_test(&t);
}

/* Makes one allocation after the other fail: a run is refused, fails, or ends,
 * and leaves nothing behind. */
static void test_out_of_memory(void) {
  const lariat_load_stage stage = {LARIAT_LOAD_ENDLESS_NS, 1000, 1000};
  struct test t;
  open_test(&t);
  add_path(&t, "/page");
  t.options.count = 6;
  t.options.stages = &stage;
  for (uint64_t nth = 1; nth <= 250; nth++) {
    t.options.stage_count = nth % 2;
    fixture_fail_allocation(&t.f, nth);
    if (lariat_load_run_new(&t.options, &t.run, NULL) == LARIAT_OK) {
      lariat_deferred_forget(
          lariat_deferred_add_both(lariat_load_run_start(t.run), note_end, &t));
      CU_ASSERT_TRUE_FATAL(fixture_run_until(&t.f, is_over, &t, 20000));
    }
    fixture_fail_allocation(&t.f, 0);
    forget_run(&t);
  }
  close_test(&t);
}

/* ---- Options that make no sense ---- */

static void expect_refusal(const lariat_load_run_options *options,
                           const char *words) {
  lariat_load_run *run;
  lariat_load_error error = {0};
  CU_ASSERT_EQUAL(lariat_load_run_new(options, &run, &error), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(run);
  if (!strstr(error.message, words)) fixture_fail("%s", error.message);
}

static void test_bad_options(void) {
  struct test t;
  const lariat_load_stage stage = {SECOND, 0, 0};
  open_test(&t);
  expect_refusal(NULL, "size");
  expect_refusal(&t.options, "no requests");
  add_path(&t, "/page");
  lariat_load_run_options options = t.options;
  options.http_version = 9;
  expect_refusal(&options, "HTTP");
  options = t.options;
  options.part = (lariat_load_part){3, 2};
  expect_refusal(&options, "part 3 of 2");
  options = t.options;
  options.stages = &stage;
  options.stage_count = 1;
  expect_refusal(&options, "rate");
  options = t.options;
  options.connect_rate_per_s = -1;
  expect_refusal(&options, "connection rate");
  options = t.options;
  options.part = (lariat_load_part){4, 5};
  expect_refusal(&options, "part 5 of 5 has none of the 4 connections");
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"users send so many requests", test_closed},
      {"reactors share the users", test_reactors_share_users},
      {"a duration ends a closed run", test_duration_ends},
      {"the warm-up is not measured", test_warm_up_is_not_measured},
      {"users think", test_think_time},
      {"users go through flows", test_flows},
      {"a rate is exact over any reactors", test_rate_over_reactors},
      {"a number ends an endless rate", test_count_ends_an_endless_rate},
      {"too few connections", test_too_few_connections},
      {"the warm-up of a rate", test_warm_up_of_a_rate},
      {"answers of all kinds", test_answers},
      {"failures of all kinds", test_failures},
      {"time-outs are in the distribution",
       test_time_outs_are_in_the_distribution},
      {"nobody listens", test_nobody_listens},
      {"requests of a connection", test_requests_of_a_connection},
      {"the last request says close", test_last_request_says_close},
      {"connections at a rate", test_connect_rate},
      {"several servers", test_several_servers},
      {"TLS", test_tls},
      {"HTTP/2", test_http2},
      {"HTTP/2 without TLS", test_http2_without_tls},
      {"failures of HTTP/2", test_failures_of_http2},
      {"parts that are late", test_late_parts},
      {"an agreed start", test_agreed_start},
      {"stopped while it waits", test_stopped_while_it_waits},
      {"parts of users", test_parts_of_users},
      {"a run is stopped", test_stop},
      {"a run is stopped twice", test_stop_twice},
      {"failures end a run", test_stop_at_failures},
      {"a run is freed while it runs", test_freed_while_it_runs},
      {"a run is freed before it runs", test_freed_before_it_runs},
      {"memory ends anywhere", test_out_of_memory},
      {"options that make no sense", test_bad_options},
  };
  return fixture_main("load_worker", tests, FIXTURE_COUNT(tests), argc, argv);
}
