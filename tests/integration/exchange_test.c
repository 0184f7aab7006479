/* SPDX-License-Identifier: MIT
 * labels: long
 * Requests on connections that libcurl has left to us: that they are used and
 * counted, where they end, and that nothing is lost with one that dies.  What
 * they answer is compared with libcurl's in answers_test.c. */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/gate.h"
#include "support/manual_server.h"
#include "support/origin.h"
#include <lariat/failure.h>

#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage\n"

enum {
  SEVERAL = 20,
  MANY_HOSTS = 150,
  ALL = 1024,
  EMPTY_MS = 1000, /* in which an empty lane has gone */
  LIMIT_MS = 150,
  LIMIT_MOST_MS = 9600,
  LONG_VALUE = 60000,
  LONG_VALUES = 8, /* together more than sockets' buffers take */
  TOO_LONG = 20    /* together more than libcurl sends */
};

static struct origin *origin;
static char text[256];
static struct outcome outcomes[ALL];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

/* "http://127.0.AREA.HOST+1:port/path": each test has an area of its own. */
static const char *url_of(unsigned area, unsigned host, const char *path) {
  snprintf(text, sizeof text, "http://127.0.%u.%u:%u%s", area, host + 1,
           origin_port(origin), path);
  return text;
}

static struct origin_counts counts_of(unsigned area, unsigned host) {
  char address[32];
  snprintf(address, sizeof address, "127.0.%u.%u", area, host + 1);
  return origin_address_counts(origin, address);
}

static lariat_pool_options one_reactor(void) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  return options;
}

static void get(struct fetching *t, const char *where, int status) {
  struct outcome o;
  fetching_do(t, &o, lariat_get(t->client, where));
  outcome_expect_http(&o, status);
  outcome_clear(&o, 1);
}

/* Only connections of our own are open when no lane is. */
static bool has_no_lane(void *context) {
  return fetching_stats(context).lanes == 0;
}

static void expect_own(struct fetching *t, unsigned connections) {
  CU_ASSERT_TRUE(fixture_run_until(&t->f, has_no_lane, t, EMPTY_MS));
  CU_ASSERT_EQUAL(fetching_stats(t).connections, connections);
}

static bool has_no_connection(void *context) {
  return fetching_stats(context).connections == 0;
}

static void expect_none(struct fetching *t, unsigned ms) {
  if (!fixture_run_until(&t->f, has_no_connection, t, ms))
    fixture_fail("%u connections are open after %u ms",
                 (unsigned)fetching_stats(t).connections, ms);
}

/* One after the other on one connection. */

static void check_one(const struct outcome *o, unsigned number,
                      uint64_t began_ms) {
  const lariat_response *response = outcome_response(o);
  lariat_timings timings = lariat_response_timings(response);
  uint64_t took_us = (o->ended_ms - began_ms + 1) * 1000;
  CU_ASSERT_EQUAL(lariat_response_reused(response), number > 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_remote_ip(response), "127.0.0.1");
  CU_ASSERT_EQUAL(lariat_response_remote_port(response), origin_port(origin));
  CU_ASSERT_EQUAL(lariat_response_http_version(response), 11);
  CU_ASSERT_EQUAL(lariat_response_attempts(response), 1);
  CU_ASSERT_STRING_EQUAL(lariat_response_url(response), url("/wait/5"));
  CU_ASSERT_EQUAL(lariat_response_body_bytes(response), 7);
  CU_ASSERT(timings.first_byte_us >= 4000);
  CU_ASSERT(timings.queue_us + timings.first_byte_us + timings.body_us <=
            took_us);
  CU_ASSERT(timings.total_us <= took_us);
  if (!number) return;
  CU_ASSERT_EQUAL(timings.dns_us + timings.connect_us + timings.tls_us, 0);
  CU_ASSERT_EQUAL(timings.request_us, 0);
}

static void test_one_connection(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  struct origin_counts before = origin_counts(origin);
  for (unsigned i = 0; i < SEVERAL; i++) {
    uint64_t began_ms = fixture_real_ms();
    fetching_do(&t, &o, lariat_get(t.client, url("/wait/5")));
    outcome_expect_body(&o, "waited\n");
    check_one(&o, i, began_ms);
    outcome_clear(&o, 1);
  }
  struct origin_counts after = origin_counts(origin);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(after.accepted - before.accepted, 1);
  CU_ASSERT_EQUAL(after.requests - before.requests, SEVERAL);
  CU_ASSERT_EQUAL(stats.connections_opened, 1);
  CU_ASSERT_EQUAL(stats.connections_reused, SEVERAL - 1);
  CU_ASSERT_EQUAL(stats.jobs_receiving + stats.jobs_running, 0);
  expect_own(&t, 1);
  get(&t, url("/page"), 200);
  fetching_close(&t);
}

/* The option: the same, but libcurl has the connection. */
static void test_libcurl_only(void) {
  struct fetching t;
  lariat_pool_options pool = one_reactor();
  pool.libcurl_only = true;
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 3; i++) get(&t, url("/page"), 200);
  fetching_run(&t, 400);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.lanes, 1);
  CU_ASSERT_EQUAL(stats.connections, 1);
  CU_ASSERT_EQUAL(stats.connections_opened, 1);
  fetching_close(&t);
}

static lariat_deferred *request(struct fetching *t, const char *method,
                                const char *where, bool sha256,
                                uint64_t max_body) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sha256 = sha256;
  options.max_body_bytes = max_body;
  return lariat_request(t->client, method, where, &options);
}

static void check_digest(const struct outcome *o, size_t expected) {
  uint8_t digest[32];
  size_t length = 0;
  const lariat_response *response = outcome_response(o);
  const char *body = lariat_response_body(response, &length);
  CU_ASSERT_EQUAL(length, expected);
  SHA256((const unsigned char *)body, length, digest);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lariat_response_sha256(response));
  CU_ASSERT_EQUAL(memcmp(lariat_response_sha256(response), digest, 32), 0);
}

static void test_digests(void) {
  static const size_t sizes[] = {0, 1, 70000, 3000000, 5};
  struct fetching t;
  struct outcome o;
  char path[64];
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 2 * FIXTURE_COUNT(sizes); i++) {
    size_t size = sizes[i % FIXTURE_COUNT(sizes)];
    snprintf(path, sizeof path, "/bytes/%zu", size);
    fetching_do(&t, &o, request(&t, "GET", url(path), true, 0));
    check_digest(&o, size);
    outcome_clear(&o, 1);
  }
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  fetching_close(&t);
}

/* Answers of every framing keep the connection, those of HEAD, too. */
static void test_framings(void) {
  static const char *const paths[] = {
      "/page",    "/chunked",    "/continue",  "/status/404",
      "/bytes/0", "/served/999", "/dribble/1", "/dribble-head/1"};
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 3 * FIXTURE_COUNT(paths); i++) {
    const char *path = paths[i % FIXTURE_COUNT(paths)];
    bool head = i % 2 && path[1] != 'c' && path[1] != 'd';
    fetching_do(&t, &o,
                request(&t, head ? "HEAD" : "GET", url(path), false, 0));
    CU_ASSERT_PTR_NOT_NULL(outcome_response(&o));
    if (head)
      CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)), 0);
    if (strcmp(path, "/chunked") == 0) outcome_expect_body(&o, "hello, world");
    outcome_clear(&o, 1);
  }
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  expect_own(&t, 1);
  get(&t, url("/last"), 200);
  expect_none(&t, 500);
  get(&t, url("/page"), 200);
  get(&t, url("/no-length"), 200);
  expect_none(&t, 500);
  fetching_close(&t);
}

/* The name has two addresses, perhaps: the connection that was made is it. */
static void test_by_name(void) {
  struct fetching t;
  char where[64];
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  snprintf(where, sizeof where, "http://localhost:%u/page",
           origin_port(origin));
  for (unsigned i = 0; i < 3; i++) get(&t, where, 200);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_reused, 2);
  expect_own(&t, 1);
  fetching_close(&t);
}

/* The text of the request is the one that libcurl writes. */
static void test_request_text(void) {
  static const lariat_header headers[] = {
      {"X-One", "1"}, {"User-Agent", "me"}, {"X-Empty", ""}};
  struct fetching t;
  struct outcome o;
  char bodies[2][1024];
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 2; i++) {
    lariat_request_options options = lariat_request_defaults(t.client);
    options.headers = headers;
    options.header_count = FIXTURE_COUNT(headers);
    fetching_do(
        &t, &o,
        lariat_request(t.client, "GET", url("/echo?a=b&c=%20d"), &options));
    CU_ASSERT_EQUAL(lariat_response_reused(outcome_response(&o)), i == 1);
    snprintf(bodies[i], sizeof bodies[i], "%s",
             lariat_response_body(outcome_response(&o), NULL));
    outcome_clear(&o, 1);
  }
  CU_ASSERT_STRING_EQUAL(bodies[0], bodies[1]);
  fetching_close(&t);
}

/* With others. */

static lariat_deferred *post(struct fetching *t, const char *where) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.body = lariat_body_bytes("hello", 5);
  return lariat_request(t->client, "POST", where, &options);
}

/* One with a header that is libcurl's business. */
static lariat_deferred *post_by_libcurl(struct fetching *t, const char *where) {
  static const lariat_header header = {"Connection", "keep-alive"};
  lariat_request_options options = lariat_request_defaults(t->client);
  options.body = lariat_body_bytes("hello", 5);
  options.headers = &header;
  options.header_count = 1;
  return lariat_request(t->client, "POST", where, &options);
}

/* The most connections that were seen open at once. */
struct load {
  struct fetching *t;
  uint64_t most;
  unsigned jobs;
  unsigned fired;
};

static bool load_is_done(void *context) {
  struct load *load = context;
  uint64_t now = fetching_stats(load->t).connections;
  if (now > load->most) load->most = now;
  while (load->fired < load->jobs && outcomes[load->fired].fires) load->fired++;
  return load->fired == load->jobs;
}

/* What libcurl must do needs a connection of libcurl's: ours makes space. */
static void mix_methods(unsigned area, unsigned connections) {
  enum { JOBS = 60 };
  struct fetching t;
  struct load load = {&t, 0, JOBS, 0};
  lariat_pool_options pool = one_reactor();
  pool.max_connections_per_host = connections;
  pool.max_jobs_per_host = 8;
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < JOBS; i++) {
    const char *where = url_of(area, 0, i % 3 ? "/page" : "/echo");
    outcome_watch(&outcomes[i], i % 5 == 2   ? post(&t, where)
                                : i % 5 == 4 ? post_by_libcurl(&t, where)
                                             : lariat_get(t.client, where));
  }
  CU_ASSERT_TRUE(fixture_run_until(&t.f, load_is_done, &load, 10000));
  for (unsigned i = 0; i < JOBS; i++) outcome_expect_http(&outcomes[i], 200);
  outcome_clear(outcomes, JOBS);
  for (unsigned i = 0; i < 12; i++) {
    get(&t, url_of(area, 0, "/page"), 200);
    fetching_do(&t, outcomes, post(&t, url_of(area, 0, "/echo")));
    outcome_expect_http(outcomes, 200);
    outcome_clear(outcomes, 1);
  }
  CU_ASSERT(load.most <= connections);
  fetching_close(&t);
}

static void test_methods(void) {
  mix_methods(10, 1);
  mix_methods(11, 2);
  mix_methods(12, 8);
}

/* Alternating on an otherwise idle host: what is libcurl's closes our idle
 * connection to open another, on which the rest goes; a POST of our own does
 * not. */
static void test_post_after_get(void) {
  struct fetching t;
  lariat_pool_options pool = one_reactor();
  pool.max_connections_per_host = 1;
  fetching_open(&t, &pool, NULL);
  get(&t, url_of(13, 0, "/page"), 200);
  expect_own(&t, 1);
  for (unsigned ours = 0; ours < 2; ours++) {
    const char *where = url_of(13, 0, "/echo");
    fetching_do(&t, outcomes,
                ours ? post(&t, where) : post_by_libcurl(&t, where));
    outcome_expect_http(outcomes, 200);
    CU_ASSERT_EQUAL(lariat_response_reused(outcome_response(outcomes)), ours);
    outcome_clear(outcomes, 1);
    get(&t, url_of(13, 0, "/page"), 200);
  }
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 2);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, 1);
  fetching_close(&t);
}

/* Idle connections of our own are closed for others' sake. */
static void crowd(unsigned area, unsigned reactors, unsigned hosts,
                  unsigned most, unsigned per_host) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  struct load load = {&t, 0, hosts * 5, 0};
  pool.reactors = reactors;
  pool.max_connections = most;
  pool.max_jobs_per_host = per_host;
  fetching_open(&t, &pool, NULL);
  for (unsigned round = 0; round < 3; round++) {
    load.fired = 0;
    for (unsigned i = 0; i < load.jobs; i++) {
      const char *where = url_of(area, i % hosts, i % 4 ? "/page" : "/wait/2");
      outcome_watch(&outcomes[i],
                    i % 9 == 8 ? post(&t, where) : lariat_get(t.client, where));
    }
    CU_ASSERT_TRUE(fixture_run_until(&t.f, load_is_done, &load, 20000));
    for (unsigned i = 0; i < load.jobs; i++)
      outcome_expect_http(&outcomes[i], 200);
    outcome_clear(outcomes, load.jobs);
  }
  CU_ASSERT(load.most <= most);
  fetching_close(&t);
}

static void test_few_connections(void) {
  crowd(20, 1, 40, 4, 16);
  crowd(20, 2, 40, 8, 16);
  crowd(20, 1, 60, 32, 2);
  crowd(20, 2, 3, 2, 4);
  crowd(20, 1, 5, 1, 1);
}

/* Nothing else runs: whatever was used just now makes space. */
static void test_one_at_a_time(void) {
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    struct fetching t;
    lariat_pool_options pool = one_reactor();
    pool.max_connections = 32;
    pool.max_jobs_per_host = 2;
    pool.libcurl_only = libcurl_only;
    fetching_open(&t, &pool, NULL);
    for (unsigned i = 0; i < 150; i++) {
      get(&t, url_of(21, i, "/page"), 200);
      CU_ASSERT(fetching_stats(&t).connections <= 32);
    }
    CU_ASSERT(fetching_stats(&t).connections >= 1);
    fetching_close(&t);
  }
}

static void test_many_hosts(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open(&t, &pool, NULL);
  for (unsigned round = 0; round < 5; round++) {
    for (unsigned i = 0; i < MANY_HOSTS; i++)
      outcome_watch(&outcomes[i],
                    lariat_get(t.client, url_of(30, i, "/bytes/2000")));
    fetching_wait(&t, outcomes, MANY_HOSTS, 10000);
    for (unsigned i = 0; i < MANY_HOSTS; i++)
      outcome_expect_http(&outcomes[i], 200);
    outcome_clear(outcomes, MANY_HOSTS);
  }
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, MANY_HOSTS);
  expect_own(&t, MANY_HOSTS);
  fetching_close(&t);
}

/* Idle. */

/* Uses one connection all the time, until `*used_ms`, and another not any more.
 * False: the machine did not let us use it in time. */
static bool use_often(struct fetching *t, unsigned area, unsigned idle_ms,
                      uint64_t *used_ms) {
  bool often = true;
  for (unsigned i = 0; i < 12; i++) {
    uint64_t began_ms = fixture_real_ms();
    get(t, url_of(area, 0, "/page"), 200);
    if (i < 3) get(t, url_of(area, 1, "/page"), 200);
    *used_ms = began_ms;
    fetching_run(t, idle_ms / 5);
    if (fixture_real_ms() - began_ms > idle_ms / 2) often = false;
  }
  return often;
}

/* False: try again, with more time. */
static bool idle_for(unsigned area, unsigned idle_ms) {
  struct fetching t;
  lariat_pool_options pool = one_reactor();
  pool.idle_ms = idle_ms;
  fetching_open(&t, &pool, NULL);
  unsigned fds = fetching_open_fds();
  uint64_t used_ms = 0;
  bool often = use_often(&t, area, idle_ms, &used_ms);
  if (often) { /* used, it stays */
    CU_ASSERT_EQUAL(counts_of(area, 0).accepted, 1);
    CU_ASSERT_EQUAL(counts_of(area, 1).open, 0);
  }
  expect_none(&t, 1000);
  if (often) CU_ASSERT(fixture_real_ms() - used_ms >= idle_ms);
  unsigned long accepted = counts_of(area, 0).accepted;
  fetching_run(&t, 300);
  CU_ASSERT(fetching_open_fds() <= fds);
  get(&t, url_of(area, 0, "/page"), 200);
  CU_ASSERT_EQUAL(counts_of(area, 0).accepted, accepted + 1);
  fetching_close(&t);
  return often;
}

static void test_idle_ms(void) {
  unsigned area = 40;
  unsigned idle_ms = LIMIT_MS;
  bool judged = idle_for(area, idle_ms);
  while (!judged && idle_ms < LIMIT_MOST_MS)
    judged = idle_for(++area + 100, idle_ms *= 4);
  CU_ASSERT_TRUE(judged);
}

static void test_server_closes_idle(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open(&t, &pool, NULL);
  unsigned fds = fetching_open_fds();
  for (unsigned broken = 0; broken < 2; broken++) {
    for (unsigned i = 0; i < SEVERAL; i++)
      outcome_watch(&outcomes[i], lariat_get(t.client, url_of(41, i, "/page")));
    fetching_wait(&t, outcomes, SEVERAL, 5000);
    outcome_clear(outcomes, SEVERAL);
    expect_own(&t, SEVERAL);
    if (broken)
      (void)origin_reset_all(origin);
    else
      (void)origin_close_idle(origin);
    expect_none(&t, 1000);
    CU_ASSERT(fetching_open_fds() <= fds);
  }
  fetching_close(&t);
}

/* Of many that are asked for at once, libcurl asks for few: the others have no
 * handle and no lane while they wait for their answer. */

struct waiting {
  struct fetching *t;
  uint64_t running;
  uint64_t lanes_most;
  unsigned long requests; /* as the origin counts them */
};

static bool have_left(void *context) {
  const struct waiting *waiting = context;
  lariat_pool_stats stats = fetching_stats(waiting->t);
  return stats.jobs_running == waiting->running &&
         stats.connections == waiting->running &&
         stats.lanes <= waiting->lanes_most &&
         origin_counts(origin).requests == waiting->requests;
}

static void test_many_at_once(void) {
  enum { ASKED_BY_LIBCURL = 32, MANY = 200 };
  struct fetching t;
  lariat_pool_options pool = one_reactor();
  pool.lane_connections = 1;
  pool.max_jobs_per_host = MANY;
  pool.max_connections_per_host = MANY;
  fetching_open(&t, &pool, NULL);
  struct origin_counts before = origin_counts(origin);
  for (size_t i = 0; i < MANY; i++)
    outcome_watch(&outcomes[i], lariat_get(t.client, url("/hold")));
  struct waiting waiting = {&t, MANY, ASKED_BY_LIBCURL, before.requests + MANY};
  CU_ASSERT_TRUE(fixture_run_until(&t.f, have_left, &waiting, 1900));
  CU_ASSERT_EQUAL(origin_release(origin), MANY);
  CU_ASSERT_TRUE(fetching_wait(&t, outcomes, MANY, 5000));
  for (size_t i = 0; i < MANY; i++) outcome_expect_http(&outcomes[i], 200);
  CU_ASSERT_EQUAL(origin_counts(origin).requests - before.requests, MANY);
  outcome_clear(outcomes, MANY);
  expect_own(&t, MANY);
  fetching_close(&t);
}

/* By server. */

static void open_manual(struct fetching *t, struct manual_server *server,
                        const lariat_pool_options *pool) {
  fetching_open(t, pool, NULL);
  manual_server_open(server, &t->f);
}

/* Closes the server first: what it answers is not asked for any more. */
static void close_manual(struct fetching *t, struct manual_server *server) {
  manual_server_close(server);
  fetching_close(t);
}

static lariat_deferred *ask(struct fetching *t, struct manual_server *server) {
  return lariat_get(t->client, manual_server_url(server, "/"));
}

/* Libcurl's own: the connection is made with it. */
static void prime(struct fetching *t, struct manual_server *server) {
  struct outcome o;
  outcome_watch(&o, ask(t, server));
  manual_server_accept(server);
  manual_server_read_request(server);
  manual_server_send(server, PAGE);
  fetching_wait(t, &o, 1, 5000);
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
}

/* One more, answered on the connection that there is. */
static void once_more(struct fetching *t, struct manual_server *server) {
  struct outcome o;
  outcome_watch(&o, ask(t, server));
  manual_server_read_request(server);
  manual_server_send(server, PAGE);
  fetching_wait(t, &o, 1, 5000);
  outcome_expect_http(&o, 200);
  CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
  outcome_clear(&o, 1);
}

/* Sends bytes on an idle connection, in the first or second break, and asks
 * twice more: whether the two share a connection. */
static bool is_reused_after(const char *stray, bool libcurl_only, bool later) {
  struct fetching t;
  struct manual_server server;
  lariat_pool_options pool = one_reactor();
  pool.libcurl_only = libcurl_only;
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  if (later) once_more(&t, &server);
  manual_server_send(&server, stray);
  manual_server_expect_end(&server);
  expect_none(&t, 500);
  prime(&t, &server);
  bool reused = fetching_stats(&t).connections == 1;
  if (reused)
    once_more(&t, &server);
  else
    manual_server_expect_end(&server);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 2);
  CU_ASSERT_EQUAL(fetching_stats(&t).desync_origins, reused ? 0 : 1);
  CU_ASSERT_EQUAL(fetching_stats(&t).desync_connections, reused ? 0 : 1);
  close_manual(&t, &server);
  return reused;
}

/* Not in libcurl's connections, either, whatever its version makes of them.
 * Line ends and a 408 only say that the server has had enough. */
static void test_stray_bytes(void) {
  static const struct {
    const char *bytes;
    bool reused;
  } rows[] = {
      {"x", false},
      {PAGE, false},
      {"HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n" PAGE, false},
      {"HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n", true},
      {"HTTP/1.0 408 Late\r\nConnection: close\r\n\r\nlate", true},
      {"\r\n", true},
      {"\r\n\r\n", true},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    for (int how = 0; how < 4; how++)
      CU_ASSERT_EQUAL(is_reused_after(rows[i].bytes, how & 1, how & 2),
                      rows[i].reused);
}

/* Behind an answer, in one piece with it. */
static void test_more_than_the_answer(void) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  outcome_watch(&o, ask(&t, &server));
  manual_server_read_request(&server);
  manual_server_send(&server, PAGE "more");
  manual_server_expect_end(&server);
  manual_server_accept(&server); /* which of the two was it? */
  manual_server_read_request(&server);
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_body(&o, "page\n");
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 2);
  CU_ASSERT_EQUAL(lariat_response_desync(outcome_response(&o)),
                  LARIAT_DESYNC_ORIGIN);
  outcome_clear(&o, 1);
  manual_server_expect_end(&server);
  expect_none(&t, 500);
  close_manual(&t, &server);
}

/* Dies with a request on it. */

struct death {
  bool libcurl_only;
  bool broken;
  const char *said; /* before; NULL: nothing */
};

/* How it ends when another connection answers. */
static void die_once(const struct death *death, size_t attempts[2]) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  pool.libcurl_only = death->libcurl_only;
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  outcome_watch(&o, ask(&t, &server));
  manual_server_read_request(&server);
  if (death->said) manual_server_send(&server, death->said);
  if (death->broken)
    manual_server_reset(&server);
  else
    manual_server_end(&server);
  manual_server_accept(&server);
  manual_server_read_request(&server);
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_body(&o, "page\n");
  const lariat_response *response = outcome_response(&o);
  attempts[death->libcurl_only] = lariat_response_attempts(response);
  CU_ASSERT_FALSE(lariat_response_reused(response));
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(fetching_stats(&t).jobs_taken, 2);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, 1);
  once_more(&t, &server);
  close_manual(&t, &server);
}

static void test_dies_unheard(void) {
  for (int broken = 0; broken < 2; broken++) {
    size_t attempts[2];
    die_once(&(struct death){false, broken, NULL}, attempts);
    die_once(&(struct death){true, broken, NULL}, attempts);
    CU_ASSERT_EQUAL(attempts[0], attempts[1]);
    CU_ASSERT_EQUAL(attempts[0], 2);
  }
}

/* And so does the next. */
static void die_twice(bool libcurl_only, struct outcome *o) {
  struct fetching t;
  struct manual_server server;
  lariat_pool_options pool = one_reactor();
  pool.libcurl_only = libcurl_only;
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  outcome_watch(o, ask(&t, &server));
  for (int i = 0; i < 2; i++) {
    manual_server_read_request(&server);
    manual_server_end(&server);
    if (i == 0) manual_server_accept(&server);
  }
  fetching_wait(&t, o, 1, 5000);
  CU_ASSERT_FALSE(manual_server_has_caller(&server, 50));
  outcome_clear(o, 1);
  expect_none(&t, 500);
  close_manual(&t, &server);
}

static void test_dies_twice(void) {
  struct outcome ours;
  struct outcome libcurls;
  die_twice(false, &ours);
  die_twice(true, &libcurls);
  CU_ASSERT_EQUAL(ours.status, libcurls.status);
  CU_ASSERT_EQUAL(ours.phase, libcurls.phase);
}

static void expect_connected(const struct outcome *o) {
  const lariat_response *response = outcome_response(o);
  lariat_timings timings = lariat_response_timings(response);
  outcome_expect_body(o, "page\n");
  CU_ASSERT_FALSE(lariat_response_reused(response));
  CU_ASSERT_STRING_EQUAL(lariat_response_remote_ip(response), "127.0.0.1");
  CU_ASSERT(timings.connect_us > 0);
  CU_ASSERT(timings.first_byte_us >= timings.connect_us);
}

/* A new connection to a host that is known: libcurl only connects.  If nothing
 * comes on it, that is the answer: nobody asks twice. */
static void test_new_connection(void) {
  struct fetching t;
  struct manual_server server;
  struct outcome held, o;
  lariat_pool_options pool = one_reactor();
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  outcome_watch(&held, ask(&t, &server));
  manual_server_read_request(&server);
  int first_fd = server.fd;
  for (int i = 0; i < 3; i++) {
    outcome_watch(&o, ask(&t, &server));
    manual_server_accept(&server);
    manual_server_read_request(&server);
    if (i == 0) manual_server_end(&server);
    if (i == 1) manual_server_reset(&server);
    if (i == 2) manual_server_send(&server, PAGE);
    fetching_wait(&t, &o, 1, 5000);
    CU_ASSERT_FALSE(manual_server_has_caller(&server, 50));
    if (i == 0)
      outcome_expect_failure(&o, LARIAT_EEMPTY, LARIAT_PHASE_FIRST_BYTE);
    if (i == 1)
      outcome_expect_failure(&o, LARIAT_ERESET, LARIAT_PHASE_FIRST_BYTE);
    if (i == 2) expect_connected(&o);
    outcome_clear(&o, 1);
  }
  close(server.fd);
  server.fd = first_fd;
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &held, 1, 5000);
  outcome_expect_body(&held, "page\n");
  outcome_clear(&held, 1);
  close_manual(&t, &server);
}

/* Not made again: the answer had begun. */
static void test_dies_in_the_answer(void) {
  static const struct {
    const char *said;
    lariat_status closed;
  } rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Le", LARIAT_ETRUNCATED},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npag", LARIAT_ETRUNCATED},
      {"HTTP/1.1 100 Continue\r\n\r\n", LARIAT_EEMPTY},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    struct fetching t;
    struct manual_server server;
    struct outcome o;
    lariat_pool_options pool = one_reactor();
    open_manual(&t, &server, &pool);
    prime(&t, &server);
    outcome_watch(&o, ask(&t, &server));
    manual_server_read_request(&server);
    manual_server_send(&server, rows[i].said);
    manual_server_end(&server);
    fetching_wait(&t, &o, 1, 5000);
    outcome_expect_status(&o, rows[i].closed);
    outcome_clear(&o, 1);
    expect_none(&t, 500);
    close_manual(&t, &server);
  }
}

/* Phases. */

struct stop {
  const char *said; /* of the answer */
  bool unread;      /* the request is not read */
  lariat_phase phase;
};

static const struct stop stops[] = {
    {NULL, true, LARIAT_PHASE_REQUEST},
    {NULL, false, LARIAT_PHASE_FIRST_BYTE},
    {"HTTP/1.1 200", false, LARIAT_PHASE_FIRST_BYTE},
    {"HTTP/1.1 100 Continue\r\n\r\n", false, LARIAT_PHASE_FIRST_BYTE},
    {"HTTP/1.1 200 OK\r\nContent-Len", false, LARIAT_PHASE_BODY},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false, LARIAT_PHASE_BODY},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npage", false,
     LARIAT_PHASE_BODY},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", false,
     LARIAT_PHASE_BODY},
};

static lariat_header long_headers[TOO_LONG];

static void make_long_headers(void) {
  static char value[LONG_VALUE + 1];
  static char names[TOO_LONG][16];
  memset(value, 'v', LONG_VALUE);
  for (unsigned i = 0; i < TOO_LONG; i++) {
    snprintf(names[i], sizeof names[i], "X-%u", i);
    long_headers[i] = (lariat_header){names[i], value};
  }
}

static lariat_deferred *start_stop(struct fetching *t,
                                   struct manual_server *server,
                                   const struct stop *stop, uint64_t timeout_ms,
                                   uint64_t idle_ms) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = timeout_ms;
  options.idle_timeout_ms = idle_ms;
  if (stop->unread) {
    manual_server_shrink_buffers(server);
    options.headers = long_headers;
    options.header_count = LONG_VALUES;
  }
  return lariat_deferred_retain(lariat_request(
      t->client, "GET", manual_server_url(server, "/stop"), &options));
}

struct stopped {
  struct fetching *t;
  const struct outcome *o;
  bool receives;
};

static bool has_stopped(void *context) {
  const struct stopped *stopped = context;
  lariat_pool_stats stats = fetching_stats(stopped->t);
  return stopped->o->fires > 0 ||
         (stats.jobs_running == 1 &&
          stats.jobs_receiving == (stopped->receives ? 1 : 0));
}

/* Goes as far as the stop; it may be over before, if it has a limit. */
static void bring_to(struct fetching *t, struct manual_server *server,
                     const struct stop *stop, const struct outcome *o) {
  struct stopped stopped = {t, o, stop->said != NULL};
  if (!stop->unread) manual_server_read_request(server);
  if (stop->said) manual_server_send(server, stop->said);
  CU_ASSERT_TRUE(fixture_run_until(&t->f, has_stopped, &stopped, 1000));
  fetching_run(t, 20);
}

static bool is_over(const lariat_pool_stats *stats) {
  return stats->connections == 0 && stats->jobs_running == 0 &&
         stats->jobs_receiving == 0;
}

/* Waits until the slot is free and the connection closed.  A cancelled fetch
 * fails before its pool has heard of that, and the numbers are not published in
 * one piece. */
static void expect_over(struct fetching *t, struct manual_server *server) {
  manual_server_expect_end(server);
  fetching_wait_stats(t, is_over);
  prime(t, server);
}

static void check_stop_times(const struct outcome *o) {
  lariat_timings timings = lariat_failure_timings(o->value);
  CU_ASSERT_EQUAL(timings.dns_us + timings.connect_us + timings.tls_us, 0);
  CU_ASSERT(timings.first_byte_us <= timings.total_us);
}

/* Whether it ended in that phase, and was there for 10 ms: a busy machine may
 * not come so far within the limit. */
static bool has_ended_in(const struct outcome *o, lariat_phase phase) {
  lariat_timings timings = lariat_failure_timings(o->value);
  uint64_t us = phase == LARIAT_PHASE_BODY ? timings.body_us
                : phase == LARIAT_PHASE_REQUEST
                    ? timings.request_us
                    : timings.first_byte_us + timings.body_us;
  return o->phase == phase && us >= 10000;
}

static void test_cancel_in_each_phase(void) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  pool.max_jobs_per_host = 1;
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  for (size_t i = 0; i < FIXTURE_COUNT(stops); i++) {
    lariat_deferred *deferred = start_stop(&t, &server, &stops[i], 0, 0);
    outcome_watch(&o, deferred);
    bring_to(&t, &server, &stops[i], &o);
    CU_ASSERT_EQUAL(o.fires, 0);
    lariat_deferred_cancel(deferred);
    lariat_deferred_release(deferred);
    outcome_expect_status(&o, LARIAT_ECANCELLED);
    outcome_clear(&o, 1);
    expect_over(&t, &server);
  }
  close_manual(&t, &server);
}

static void time_out(struct fetching *t, struct manual_server *server,
                     const struct stop *stop, struct outcome *o,
                     lariat_time_limit limit, unsigned ms) {
  bool idle = limit == LARIAT_TIME_LIMIT_IDLE;
  lariat_deferred *deferred =
      start_stop(t, server, stop, idle ? 60000 : ms, idle ? ms : 0);
  outcome_watch(o, deferred);
  lariat_deferred_release(deferred);
  bring_to(t, server, stop, o);
  fetching_wait(t, o, 1, 5000);
}

/* A limit that is over too early is made four times as long. */
static void time_out_in_each_phase(lariat_time_limit limit) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  pool.max_jobs_per_host = 1;
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  for (size_t i = 0; i < FIXTURE_COUNT(stops); i++) {
    unsigned ms = LIMIT_MS;
    time_out(&t, &server, &stops[i], &o, limit, ms);
    while (!has_ended_in(&o, stops[i].phase) && ms < LIMIT_MOST_MS) {
      outcome_clear(&o, 1);
      expect_over(&t, &server);
      time_out(&t, &server, &stops[i], &o, limit, ms *= 4);
    }
    outcome_expect_failure(&o, LARIAT_ETIMEDOUT, stops[i].phase);
    CU_ASSERT_EQUAL(lariat_failure_time_limit(o.value), limit);
    CU_ASSERT_TRUE(has_ended_in(&o, stops[i].phase));
    check_stop_times(&o);
    outcome_clear(&o, 1);
    expect_over(&t, &server);
  }
  close_manual(&t, &server);
}

static void test_deadline_in_each_phase(void) {
  time_out_in_each_phase(LARIAT_TIME_LIMIT_DEADLINE);
}

static void test_idle_limit_in_each_phase(void) {
  time_out_in_each_phase(LARIAT_TIME_LIMIT_IDLE);
}

/* Makes a request that takes longer than the idle limit and brings a byte in
 * each fifteenth part of it. */
static void dribble(struct fetching *t, struct outcome *o, const char *path,
                    unsigned idle_ms) {
  char where[64];
  lariat_request_options options = lariat_request_defaults(t->client);
  options.idle_timeout_ms = idle_ms;
  options.timeout_ms = 0;
  snprintf(where, sizeof where, "%s/%u", path, idle_ms / 15);
  fetching_do(t, o, lariat_request(t->client, "GET", url(where), &options));
}

/* Bytes keep coming: the idle limit is for silence.  A server that was silent
 * because the machine was busy is asked again, with more patience. */
static void test_slow_but_alive(void) {
  static const char *const paths[] = {"/dribble", "/dribble-head"};
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  get(&t, url("/page"), 200);
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    unsigned idle_ms = LIMIT_MS;
    dribble(&t, &o, paths[i], idle_ms);
    while (o.status == LARIAT_ETIMEDOUT && idle_ms < LIMIT_MOST_MS) {
      outcome_clear(&o, 1);
      dribble(&t, &o, paths[i], idle_ms *= 4);
    }
    outcome_expect_http(&o, 200);
    CU_ASSERT(o.ended_ms - o.began_ms > idle_ms);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

struct gates {
  struct gate reached;
  struct gate let_go;
};

static void hold_up(void *context) {
  struct gates *gates = context;
  gate_set(&gates->reached, true);
  gate_wait(&gates->let_go);
}

/* Half of the answer comes while the reactor does not look, for longer than the
 * idle limit, the rest as soon as it does. */
static void answer_busy_reactor(struct fetching *t,
                                struct manual_server *server, struct outcome *o,
                                unsigned idle_ms) {
  struct gates gates = {GATE_CLOSED, GATE_CLOSED};
  lariat_deferred *deferred = start_stop(t, server, &stops[1], 0, idle_ms);
  outcome_watch(o, deferred);
  lariat_deferred_release(deferred);
  manual_server_read_request(server);
  CU_ASSERT_EQUAL(lariat_pool_call(t->pool, 0, hold_up, &gates, NULL),
                  LARIAT_OK);
  gate_wait(&gates.reached);
  manual_server_send(server, "HTTP/1.1 200 OK\r\nConte");
  fetching_run(t, 2 * idle_ms);
  gate_set(&gates.let_go, true);
  manual_server_send(server, "nt-Length: 2\r\n\r\nok");
  fetching_wait(t, o, 1, 5000);
}

/* What has come while the reactor was busy counts, although it has not been
 * read when the limit is looked at.  When all of the machine was busy, the
 * limit is made longer. */
static void test_busy_reactor(void) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  unsigned idle_ms = LIMIT_MS;
  lariat_pool_options pool = one_reactor();
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  answer_busy_reactor(&t, &server, &o, idle_ms);
  while (o.status == LARIAT_ETIMEDOUT && idle_ms < LIMIT_MOST_MS) {
    outcome_clear(&o, 1);
    expect_over(&t, &server);
    answer_busy_reactor(&t, &server, &o, idle_ms *= 4);
  }
  outcome_expect_body(&o, "ok");
  outcome_clear(&o, 1);
  close_manual(&t, &server);
}

/* A request that goes out in parts. */

static void test_slow_reader(void) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  uint64_t bytes = fixture_live_bytes(&t.f);
  lariat_deferred *deferred = start_stop(&t, &server, &stops[0], 0, 2000);
  outcome_watch(&o, deferred);
  lariat_deferred_release(deferred);
  fetching_run(&t, 50);
  manual_server_read_request(&server);
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_wait_idle(&t, 1000);
  fetching_run(&t, 20);
  once_more(&t, &server); /* the connection is as good as ever */
  CU_ASSERT(fixture_live_bytes(&t.f) < bytes + 512 * 1024);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  close_manual(&t, &server);
}

/* The answer is there before the request is out: what else would go out would
 * be taken for the next request. */
static void test_early_answer(void) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  lariat_deferred *deferred = start_stop(&t, &server, &stops[0], 0, 0);
  outcome_watch(&o, deferred);
  lariat_deferred_release(deferred);
  fetching_run(&t, 50);
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  manual_server_expect_end(&server);
  expect_none(&t, 500);
  close_manual(&t, &server);
}

/* Dead while the request goes out: it goes out again elsewhere. */
static void test_dies_unsent(void) {
  struct fetching t;
  struct manual_server server;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  open_manual(&t, &server, &pool);
  prime(&t, &server);
  lariat_deferred *deferred = start_stop(&t, &server, &stops[0], 0, 0);
  outcome_watch(&o, deferred);
  lariat_deferred_release(deferred);
  fetching_run(&t, 50);
  manual_server_reset(&server);
  manual_server_accept(&server);
  manual_server_read_request(&server);
  manual_server_send(&server, PAGE);
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  once_more(&t, &server);
  close_manual(&t, &server);
}

/* Larger than libcurl sends: the same comes of it, connection or not. */
static void test_too_large(void) {
  struct fetching t;
  struct outcome o[2];
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 2; i++) {
    lariat_request_options options = lariat_request_defaults(t.client);
    options.headers = long_headers;
    options.header_count = TOO_LONG;
    fetching_do(&t, &o[i],
                lariat_request(t.client, "GET", url("/page"), &options));
    outcome_clear(&o[i], 1);
    get(&t, url("/page"), 200);
  }
  CU_ASSERT_NOT_EQUAL(o[0].status, LARIAT_OK);
  CU_ASSERT_EQUAL(o[0].status, o[1].status);
  CU_ASSERT_EQUAL(o[0].phase, o[1].phase);
  fetching_close(&t);
}

/* Limits and rates. */

static void test_body_limit(void) {
  static const char *const paths[] = {"/bytes/1000", "/endless",
                                      "/chunk-endless"};
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = one_reactor();
  fetching_open(&t, &pool, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    get(&t, url("/page"), 200);
    fetching_do(&t, &o, request(&t, "GET", url(paths[i]), false, 999));
    outcome_expect_failure(&o, LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY);
    outcome_clear(&o, 1);
    expect_none(&t, 500);
  }
  get(&t, url("/page"), 200);
  fetching_do(&t, &o, request(&t, "GET", url("/bytes/1000"), false, 1000));
  outcome_expect_http(&o, 200);
  CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void several(struct fetching *t, unsigned area) {
  for (unsigned i = 0; i < SEVERAL; i++)
    outcome_watch(&outcomes[i],
                  lariat_get(t->client, url_of(area, 0, "/page")));
  fetching_wait(t, outcomes, SEVERAL, 10000);
  for (unsigned i = 0; i < SEVERAL; i++) outcome_expect_http(&outcomes[i], 200);
  outcome_clear(outcomes, SEVERAL);
}

static void test_rates(void) {
  struct fetching t;
  lariat_pool_options pool = one_reactor();
  pool.rate = 100;
  pool.max_jobs_per_host = 1;
  fetching_open(&t, &pool, NULL);
  uint64_t began_ms = fixture_real_ms();
  several(&t, 50);
  CU_ASSERT(fixture_real_ms() - began_ms >= (SEVERAL - 6) * 10);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  expect_own(&t, 1);
  fetching_close(&t);
}

/* Each request goes when its time has come, on the one connection. */
static void test_delay(void) {
  struct fetching t;
  lariat_pool_options pool = one_reactor();
  pool.delay_per_host_ms = 5;
  pool.max_jobs_per_host = 1;
  fetching_open(&t, &pool, NULL);
  uint64_t began_ms = fixture_real_ms();
  several(&t, 51);
  CU_ASSERT(fixture_real_ms() - began_ms >= (SEVERAL - 1) * 5);
  fetching_run(&t, 400);
  CU_ASSERT_EQUAL(fetching_stats(&t).lanes, 0);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, 1);
  fetching_close(&t);
}

/* Bodies that are counted have a body sink. */
static void test_body_memory(void) {
  struct fetching t;
  lariat_pool_options pool = one_reactor();
  pool.max_body_memory = 1 << 20;
  pool.max_jobs_per_host = 1;
  fetching_open(&t, &pool, NULL);
  several(&t, 52);
  fetching_run(&t, 400);
  CU_ASSERT_EQUAL(fetching_stats(&t).lanes, 0);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, 1);
  fetching_close(&t);
}

/* The pool's end. */

static lariat_value note(lariat_value result, void *fired) {
  *(bool *)fired = true;
  return lariat_value_drop(result);
}

static bool is_true(void *flag) { return *(bool *)flag; }

static void await_deferred(struct fetching *t, lariat_deferred *deferred) {
  bool fired = false;
  lariat_deferred_release(lariat_deferred_add_both(deferred, note, &fired));
  CU_ASSERT_TRUE(fixture_run_until(&t->f, is_true, &fired, 5000));
}

static bool half_run(const lariat_pool_stats *stats) {
  return stats->jobs_running == SEVERAL / 2;
}

/* Some under way on connections of our own, others idle. */
static void start_some(struct fetching *t, unsigned area, const char *path) {
  for (unsigned round = 0; round < 2; round++) {
    for (unsigned i = 0; i < SEVERAL; i++)
      outcome_watch(&outcomes[i],
                    lariat_get(t->client, url_of(area, i, "/page")));
    fetching_wait(t, outcomes, SEVERAL, 5000);
    outcome_clear(outcomes, SEVERAL);
  }
  expect_own(t, SEVERAL);
  for (unsigned i = 0; i < SEVERAL / 2; i++)
    outcome_watch(&outcomes[i], lariat_get(t->client, url_of(area, i, path)));
  fetching_wait_stats(t, half_run);
}

static void end_some(struct fetching *t, lariat_status status) {
  fetching_wait(t, outcomes, SEVERAL / 2, 5000);
  for (unsigned i = 0; i < SEVERAL / 2; i++)
    outcome_expect_status(&outcomes[i], status);
  outcome_clear(outcomes, SEVERAL / 2);
}

static void test_close(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open(&t, &pool, NULL);
  start_some(&t, 60, "/stall");
  await_deferred(&t, lariat_pool_close(t.pool, t.f.reactor, 0));
  end_some(&t, LARIAT_ECANCELLED);
  fetching_close(&t);
  fetching_open(&t, &pool, NULL);
  start_some(&t, 61, "/wait/100");
  await_deferred(&t, lariat_pool_close(t.pool, t.f.reactor, 5000));
  end_some(&t, LARIAT_OK);
  fetching_close(&t);
}

static void test_drain(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  fetching_open(&t, &pool, NULL);
  start_some(&t, 62, "/mid-body-stall");
  await_deferred(&t, lariat_pool_drain(t.pool, t.f.reactor, 0));
  end_some(&t, LARIAT_ECANCELLED);
  start_some(&t, 62, "/wait/100");
  await_deferred(&t, lariat_pool_drain(t.pool, t.f.reactor, 5000));
  end_some(&t, LARIAT_OK);
  get(&t, url_of(62, 0, "/page"), 200);
  fetching_close(&t);
}

/* At home: the client is on the pool's reactor, whose callbacks start and
 * cancel others. */

enum { HOME_JOBS = 400 };

struct home {
  lariat_pool *pool;
  lariat_client *client;
  lariat_deferred *stalled;
  unsigned asked;
  unsigned fired;
  unsigned answered;
  unsigned cancelled;
  lr_atomic_u32 done;
};

static void ask_from_home(struct home *home);

static lariat_value at_home(lariat_value result, void *context) {
  struct home *home = context;
  bool failed = lariat_is_failure(result);
  home->fired++;
  home->answered += !failed;
  home->cancelled +=
      failed && lariat_failure_status(result) == LARIAT_ECANCELLED;
  (void)lariat_value_drop(result);
  if (!failed && home->asked < HOME_JOBS) ask_from_home(home);
  if (home->fired < home->asked || home->asked < HOME_JOBS)
    return lariat_none();
  lariat_client_close(home->client);
  lr_u32_store_release(&home->done, 1);
  return lariat_none();
}

static lariat_deferred *home_get(struct home *home, const char *path) {
  char where[128];
  snprintf(where, sizeof where, "http://127.0.70.%u:%u%s", 1 + home->asked % 3,
           origin_port(origin), path);
  home->asked++;
  lariat_deferred *deferred = lariat_get(home->client, where);
  return lariat_deferred_add_both(deferred, at_home, home);
}

/* Each seventh never comes to its end; the next answer cancels it. */
static void ask_from_home(struct home *home) {
  lariat_deferred *stalled = home->stalled;
  home->stalled = NULL;
  if (stalled) {
    lariat_deferred_cancel(stalled);
    lariat_deferred_release(stalled);
  }
  if (home->asked % 7 == 3 && home->asked < HOME_JOBS - 20)
    home->stalled = home_get(home, "/mid-body-stall");
  lariat_deferred_release(home_get(home, "/page"));
}

static void move_in(void *context) {
  struct home *home = context;
  lariat_client_options options = lariat_client_defaults();
  options.placement = LARIAT_PLACE_HOME;
  if (lariat_client_new(home->pool, lariat_reactor_current(), &options,
                        &home->client) != LARIAT_OK) {
    lr_u32_store_release(&home->done, 1);
    return;
  }
  for (unsigned i = 0; i < 8; i++) ask_from_home(home);
}

static bool home_is_done(void *context) {
  struct home *home = context;
  return lr_u32_load_acquire(&home->done);
}

static void test_at_home(void) {
  struct fetching t;
  struct home home = {0};
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  pool.max_jobs_per_host = 3;
  fetching_open_pool(&t, &pool);
  home.pool = t.pool;
  lr_u32_init(&home.done, 0);
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 1, move_in, &home, NULL), LARIAT_OK);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, home_is_done, &home, 10000));
  CU_ASSERT_EQUAL(home.fired, home.asked);
  CU_ASSERT_EQUAL(home.answered + home.cancelled, home.fired);
  CU_ASSERT(home.cancelled > 20);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one connection for all", test_one_connection},
      {"libcurl only", test_libcurl_only},
      {"digests", test_digests},
      {"every framing keeps the connection", test_framings},
      {"a host by its name", test_by_name},
      {"the text of the request", test_request_text},
      {"methods mixed", test_methods},
      {"a POST after a GET", test_post_after_get},
      {"more hosts than connections", test_few_connections},
      {"more hosts, one at a time", test_one_at_a_time},
      {"many hosts", test_many_hosts},
      {"idle ones are closed", test_idle_ms},
      {"the server closes idle ones", test_server_closes_idle},
      {"many at once", test_many_at_once},
      {"stray bytes", test_stray_bytes},
      {"more than the answer", test_more_than_the_answer},
      {"dies before the answer", test_dies_unheard},
      {"dies twice", test_dies_twice},
      {"a new connection", test_new_connection},
      {"dies in the answer", test_dies_in_the_answer},
      {"cancel in each phase", test_cancel_in_each_phase},
      {"deadline in each phase", test_deadline_in_each_phase},
      {"idle limit in each phase", test_idle_limit_in_each_phase},
      {"slow but alive", test_slow_but_alive},
      {"a busy reactor", test_busy_reactor},
      {"a slow reader", test_slow_reader},
      {"an early answer", test_early_answer},
      {"dies with the request unsent", test_dies_unsent},
      {"a request that is too large", test_too_large},
      {"the limit of the body", test_body_limit},
      {"rates", test_rates},
      {"a delay", test_delay},
      {"a limit for the memory of bodies", test_body_memory},
      {"the pool closes", test_close},
      {"the pool is drained", test_drain},
      {"clients at home", test_at_home},
  };
  struct origin_options anywhere = {.address = "127.0.0.0/8"};
  make_long_headers();
  origin = origin_start(&anywhere);
  int result =
      fixture_main("exchange", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return result;
}
