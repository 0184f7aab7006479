/* SPDX-License-Identifier: MIT
 * Bodies that come in pieces: whole and in order, under a window, with a
 * consumer that is slow, stops, or lets go. */
#include <lariat/stream.h>

#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include "reactor/reactor.h"
#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { SMALL_WINDOW = 64 * 1024, PATIENCE_MS = 10000, TURNS_MOST = 50 };

static struct nginx *nginx;
static struct origin *origin;
static char text[512];

static const char *url(const char *path) {
  return nginx_url(nginx, NGINX_PLAIN, path, text, sizeof text);
}

static const char *bad_url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

static lariat_request_options options_of(const struct fetching *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_stream(0);
  return options;
}

/* Takes one chunk after the other, as soon as it comes. */
struct taker {
  lariat_stream *stream; /* a reference */
  uint64_t bytes;
  unsigned chunks;
  size_t largest;
  bool wrong; /* a byte that is not nginx's file's */
  bool over;
  bool waits;
  uint64_t stop_after; /* takes no more then; 0: never */
  lariat_status status;
  int http_status;
};

static void take(struct taker *taker);

static lariat_value on_chunk(lariat_value result, void *context) {
  struct taker *taker = context;
  size_t length;
  taker->waits = false;
  if (lariat_is_none(result) || lariat_is_failure(result)) {
    taker->over = true;
    if (lariat_is_failure(result)) {
      taker->status = lariat_failure_status(result);
      taker->http_status = lariat_failure_http_status(result);
    }
    return lariat_value_drop(result);
  }
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(result), &length);
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != nginx_file_byte(taker->bytes + i)) taker->wrong = true;
  taker->bytes += length;
  taker->chunks++;
  if (length > taker->largest) taker->largest = length;
  lariat_value_drop(result);
  if (!taker->stop_after || taker->bytes < taker->stop_after) take(taker);
  return lariat_none();
}

static void take(struct taker *taker) {
  if (taker->waits) return;
  taker->waits = true;
  lariat_deferred *next = lariat_stream_next(taker->stream);
  lariat_deferred_add_both(next, on_chunk, taker);
  lariat_deferred_release(next);
}

static bool taker_over(void *context) {
  return ((const struct taker *)context)->over;
}

/* Opens a stream; the response is in `o`. */
static void open_stream(struct fetching *t, struct outcome *o,
                        struct taker *taker, const char *where,
                        const lariat_request_options *options) {
  *taker = (struct taker){.stop_after = taker->stop_after};
  fetching_do(t, o, lariat_request(t->client, "GET", where, options));
  CU_ASSERT_EQUAL(o->fires, 1);
  const lariat_response *response = outcome_response(o);
  if (!response) return;
  taker->stream = lariat_stream_retain(lariat_response_stream(response));
  CU_ASSERT_PTR_NOT_NULL_FATAL(taker->stream);
}

static void take_all(struct fetching *t, struct taker *taker) {
  take(taker);
  CU_ASSERT_TRUE(fixture_run_until(&t->f, taker_over, taker, PATIENCE_MS));
}

static void test_a_whole_body(void) {
  static const enum nginx_port ports[] = {NGINX_PLAIN, NGINX_TLS, NGINX_H2C};
  struct fetching t;
  struct outcome o;
  struct taker taker = {.stop_after = 0};
  lariat_pool_options pool = lariat_pool_defaults();
  pool.ca_file = nginx->ca_file;
  fetching_open(&t, &pool, NULL);
  lariat_request_options options = options_of(&t);
  options.sha256 = true;
  options.http = LARIAT_HTTP_2;
  for (size_t i = 0; i < FIXTURE_COUNT(ports); i++) {
    (void)nginx_url(nginx, ports[i], "/big", text, sizeof text);
    if (ports[i] == NGINX_PLAIN) options.http = LARIAT_HTTP_AUTO;
    open_stream(&t, &o, &taker, text, &options);
    options.http = LARIAT_HTTP_2;
    outcome_expect_http(&o, 200);
    CU_ASSERT_STRING_EQUAL(lariat_response_url(outcome_response(&o)), text);
    CU_ASSERT_PTR_NULL(lariat_stream_sha256(taker.stream));
    take_all(&t, &taker);
    CU_ASSERT_EQUAL(taker.bytes, NGINX_BIG_BYTES);
    CU_ASSERT_EQUAL(lariat_stream_taken(taker.stream), NGINX_BIG_BYTES);
    CU_ASSERT_FALSE(taker.wrong);
    CU_ASSERT_TRUE(taker.largest <= 16384);
    if (taker.status != LARIAT_OK)
      fixture_fail("%s: %s", text, lariat_status_name(taker.status));
    CU_ASSERT_PTR_NOT_NULL(lariat_stream_sha256(taker.stream));
    lariat_stream_release(taker.stream);
    outcome_clear(&o, 1);
  }
  fetching_expect_ledger(t.client, 3, 3, 0, 0);
  fetching_close(&t);
}

static void test_no_body(void) {
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  for (int i = 0; i < 3; i++) {
    const char *where = url(i == 1 ? "/status/204" : "/big");
    const char *method = i == 1 ? "GET" : "HEAD";
    struct taker taker = {.stop_after = 0};
    fetching_do(&t, &o, lariat_request(t.client, method, where, &options));
    taker.stream =
        lariat_stream_retain(lariat_response_stream(outcome_response(&o)));
    take_all(&t, &taker);
    CU_ASSERT_EQUAL(taker.bytes, 0);
    CU_ASSERT_EQUAL(taker.status, LARIAT_OK);
    take_all(&t, &taker); /* the end comes again */
    lariat_stream_release(taker.stream);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_redirects_are_followed(void) {
  struct fetching t;
  struct outcome o;
  struct taker taker = {.stop_after = 0};
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  open_stream(&t, &o, &taker, url("/redirect/3"), &options);
  CU_ASSERT_EQUAL(lariat_response_redirects(outcome_response(&o)), 3);
  outcome_expect_http(&o, 200);
  take_all(&t, &taker);
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  options.max_redirects = 0;
  open_stream(&t, &o, &taker, url("/redirect/3"), &options);
  outcome_expect_http(&o, 302);
  take_all(&t, &taker);
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  fetching_expect_ledger(t.client, 2, 2, 0, 0);
  fetching_close(&t);
}

static lariat_value no_transform(lariat_value response, void *context) {
  (void)context;
  return response;
}

static void test_failures_before_the_head(void) {
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  fetching_do(&t, &o,
              lariat_request(t.client, "GET", bad_url("/reset"), &options));
  outcome_expect_status(&o, LARIAT_ERESET);
  outcome_clear(&o, 1);
  options.timeout_ms = 1500;
  fetching_do(&t, &o,
              lariat_request(t.client, "GET", bad_url("/stall"), &options));
  outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_FIRST_BYTE);
  outcome_clear(&o, 1);
  options.transform = no_transform;
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/"), &options));
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* What came before it broke is given first. */
static void test_failures_in_the_body(void) {
  static const struct {
    const char *path;
    lariat_status status;
    uint64_t bytes;
  } cases[] = {{"/mid-body", LARIAT_ETRUNCATED, 50},
               {"/mid-body-stall", LARIAT_ETIMEDOUT, 50},
               {"/chunk-broken", LARIAT_EPROTOCOL, 0},
               {"/endless", LARIAT_EBODYLIMIT, 0}};
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    struct fetching t;
    struct outcome o;
    struct taker taker = {.stop_after = 0};
    fetching_open(&t, NULL, NULL);
    lariat_request_options options = options_of(&t);
    options.timeout_ms = 1500;
    options.max_body_bytes = 300000;
    open_stream(&t, &o, &taker, bad_url(cases[i].path), &options);
    take_all(&t, &taker);
    CU_ASSERT_EQUAL(taker.status, cases[i].status);
    CU_ASSERT_EQUAL(taker.http_status, 200);
    if (cases[i].bytes) CU_ASSERT_EQUAL(taker.bytes, cases[i].bytes);
    lariat_stream_release(taker.stream);
    outcome_clear(&o, 1);
    fetching_expect_ledger(t.client, 1, 0, 1, 0);
    fetching_close(&t);
  }
}

/* The turns of a pool's reactor. */
static struct {
  lr_turn_hook hook;
  lr_atomic_u64 count;
} turns;

static void count_turn(lr_turn_hook *hook) {
  (void)hook;
  lr_u64_add_relaxed(&turns.count, 1);
}

static void count_turns(void *context) {
  (void)context;
  lr_list_init(&turns.hook.link);
  turns.hook.turn_end = count_turn;
  lr_reactor_add_turn_hook(lariat_reactor_current(), &turns.hook);
}

/* No more comes than fits, and waiting costs nothing. */
static void test_a_consumer_that_stops(void) {
  static const char *const paths[] = {"/bytes/20000000", "/endless"};
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    struct fetching t;
    struct outcome o;
    struct taker taker = {.stop_after = 20000};
    lariat_pool_options pool = lariat_pool_defaults();
    pool.reactors = 1;
    fetching_open(&t, &pool, NULL);
    CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, count_turns, NULL, NULL),
                    LARIAT_OK);
    uint64_t before = fixture_live_bytes(&t.f);
    lariat_request_options options = options_of(&t);
    options.sink = lariat_sink_stream(SMALL_WINDOW);
    open_stream(&t, &o, &taker, bad_url(paths[i]), &options);
    take(&taker);
    fetching_run(&t, 200);
    uint64_t before_turns = lr_u64_load_relaxed(&turns.count);
    fetching_run(&t, 300);
    uint64_t count = lr_u64_load_relaxed(&turns.count) - before_turns;
    CU_ASSERT_TRUE(fixture_live_bytes(&t.f) - before <
                   SMALL_WINDOW + 64 * 1024 + 20000);
    if (count > TURNS_MOST)
      fixture_fail("%llu turns while nothing moved", (unsigned long long)count);
    CU_ASSERT_FALSE(taker.over);
    lariat_stream_release(taker.stream);
    outcome_clear(&o, 1); /* the last reference: cancelled */
    CU_ASSERT_TRUE(fetching_wait_idle(&t, PATIENCE_MS));
    fetching_expect_ledger(t.client, 1, 0, 0, 1);
    fetching_close(&t);
  }
}

static void test_a_consumer_that_pauses(void) {
  static const enum nginx_port ports[] = {NGINX_PLAIN, NGINX_TLS,
                                          NGINX_TLS_HTTP1};
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.ca_file = nginx->ca_file;
  fetching_open(&t, &pool, NULL);
  lariat_request_options options = options_of(&t);
  options.sink = lariat_sink_stream(32 * 1024);
  for (size_t i = 0; i < FIXTURE_COUNT(ports); i++) {
    struct outcome o;
    struct taker taker = {.stop_after = 1};
    (void)nginx_url(nginx, ports[i], "/big", text, sizeof text);
    open_stream(&t, &o, &taker, text, &options);
    while (!taker.over) {
      take(&taker);
      fetching_run(&t, 1);
    }
    CU_ASSERT_EQUAL(taker.status, LARIAT_OK);
    CU_ASSERT_EQUAL(taker.bytes, NGINX_BIG_BYTES);
    CU_ASSERT_FALSE(taker.wrong);
    lariat_stream_release(taker.stream);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* Two streams of one HTTP/2 connection: one stands still, one goes on. */
static void test_one_stands_still(void) {
  struct fetching t;
  struct outcome o[2];
  struct taker still = {.stop_after = 1};
  struct taker goes = {.stop_after = 0};
  lariat_pool_options pool = lariat_pool_defaults();
  pool.ca_file = nginx->ca_file;
  pool.max_connections_per_host = 1;
  fetching_open(&t, &pool, NULL);
  lariat_request_options options = options_of(&t);
  options.sink = lariat_sink_stream(16 * 1024);
  (void)nginx_url(nginx, NGINX_TLS, "/big", text, sizeof text);
  open_stream(&t, &o[0], &still, text, &options);
  take(&still);
  open_stream(&t, &o[1], &goes, text, &options);
  take_all(&t, &goes);
  CU_ASSERT_EQUAL(goes.bytes, NGINX_BIG_BYTES);
  CU_ASSERT_FALSE(still.over);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, 1);
  still.stop_after = 0;
  take_all(&t, &still);
  CU_ASSERT_EQUAL(still.bytes, NGINX_BIG_BYTES);
  CU_ASSERT_FALSE(still.wrong || goes.wrong);
  lariat_stream_release(still.stream);
  lariat_stream_release(goes.stream);
  outcome_clear(o, 2);
  fetching_close(&t);
}

static void test_deadline_while_paused(void) {
  struct fetching t;
  struct outcome o;
  struct taker taker = {.stop_after = 1};
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  options.timeout_ms = 1000;
  open_stream(&t, &o, &taker, bad_url("/bytes/20000000"), &options);
  take(&taker);
  CU_ASSERT_TRUE(fetching_wait_idle(&t, 1000)); /* its place is free */
  CU_ASSERT_TRUE(fetching_wait_settled(&t, 1000));
  CU_ASSERT_FALSE(taker.over);
  fetching_expect_ledger(t.client, 1, 0, 1, 0);
  taker.stop_after = 0;
  take_all(&t, &taker);
  CU_ASSERT_EQUAL(taker.status, LARIAT_ETIMEDOUT);
  CU_ASSERT_TRUE(taker.bytes > 16384); /* what had come is there */
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* What one deferred of a stream's gave. */
struct seen {
  unsigned fires;
  size_t length;
  lariat_status status;
};

static lariat_value on_seen(lariat_value result, void *context) {
  struct seen *seen = context;
  seen->fires++;
  if (lariat_is_failure(result))
    seen->status = lariat_failure_status(result);
  else if (!lariat_is_none(result))
    (void)lariat_chunk_bytes(lariat_chunk_in(result), &seen->length);
  return lariat_value_drop(result);
}

static void see(struct seen *seen, lariat_deferred *deferred) {
  *seen = (struct seen){.status = LARIAT_OK};
  lariat_deferred_add_both(deferred, on_seen, seen);
  lariat_deferred_release(deferred);
}

static bool is_seen(void *context) {
  return ((const struct seen *)context)->fires > 0;
}

static void wait_seen(struct fetching *t, struct seen *seen,
                      lariat_deferred *deferred) {
  see(seen, deferred);
  CU_ASSERT_TRUE(fixture_run_until(&t->f, is_seen, seen, PATIENCE_MS));
}

static void test_closing(void) {
  struct fetching t;
  struct outcome o;
  struct seen next;
  struct seen second;
  struct taker taker = {.stop_after = 0};
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  open_stream(&t, &o, &taker, bad_url("/mid-body-stall"), &options);
  wait_seen(&t, &next, lariat_stream_next(taker.stream));
  CU_ASSERT_EQUAL(next.length, 50);
  see(&next, lariat_stream_next(taker.stream));
  fetching_run(&t, 20);
  CU_ASSERT_EQUAL(next.fires, 0);
  see(&second, lariat_stream_next(taker.stream));
  CU_ASSERT_EQUAL(second.status, LARIAT_EBUSY);
  lariat_stream_close(taker.stream);
  CU_ASSERT_EQUAL(next.fires, 1);
  CU_ASSERT_EQUAL(next.status, LARIAT_ECANCELLED);
  lariat_stream_close(taker.stream);
  see(&next, lariat_stream_next(taker.stream));
  CU_ASSERT_EQUAL(next.status, LARIAT_ECANCELLED);
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  fetching_expect_ledger(t.client, 1, 0, 0, 1);
  fetching_close(&t);
}

static void test_cancelled_while_it_waits(void) {
  struct fetching t;
  struct outcome o;
  struct seen next;
  struct taker taker = {.stop_after = 0};
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  open_stream(&t, &o, &taker, bad_url("/dribble/5"), &options);
  for (int i = 0; i < 10; i++) {
    lariat_deferred *waits = lariat_stream_next(taker.stream);
    bool fired = lariat_deferred_fired(waits);
    if (!fired) lariat_deferred_cancel(waits);
    see(&next, waits);
    if (fired)
      taker.bytes += next.length;
    else
      CU_ASSERT_EQUAL(next.status, LARIAT_ECANCELLED);
    fetching_run(&t, 7);
  }
  wait_seen(&t, &next, lariat_stream_read_all(taker.stream, 1000));
  const char *length =
      lariat_response_header(outcome_response(&o), "Content-Length");
  CU_ASSERT_EQUAL(taker.bytes + next.length, strtoull(length, NULL, 10));
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_read_all(void) {
  struct fetching t;
  struct outcome o;
  struct seen all;
  struct taker taker = {.stop_after = 0};
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  open_stream(&t, &o, &taker, url("/big"), &options);
  wait_seen(&t, &all, lariat_stream_read_all(taker.stream, NGINX_BIG_BYTES));
  CU_ASSERT_EQUAL(all.length, NGINX_BIG_BYTES);
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  open_stream(&t, &o, &taker, url("/big"), &options);
  wait_seen(&t, &all, lariat_stream_read_all(taker.stream, 100000));
  CU_ASSERT_EQUAL(all.status, LARIAT_EBODYLIMIT);
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  fetching_expect_ledger(t.client, 2, 1, 0, 1);
  fetching_close(&t);
}

static void test_compressed(void) {
  struct fetching t;
  struct outcome o;
  struct taker taker = {.stop_after = 0};
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  options.sink = lariat_sink_stream(20000);
  open_stream(&t, &o, &taker, url("/text"), &options);
  take_all(&t, &taker);
  CU_ASSERT_EQUAL(taker.bytes, NGINX_TEXT_BYTES);
  CU_ASSERT_FALSE(taker.wrong);
  lariat_stream_release(taker.stream);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Whoever closes first: nothing is lost, nothing hangs. */
static void test_closed_from_outside(void) {
  for (int i = 0; i < 4; i++) {
    struct fetching t;
    struct outcome o;
    struct taker taker = {.stop_after = 1};
    fetching_open(&t, NULL, NULL);
    lariat_request_options options = options_of(&t);
    open_stream(&t, &o, &taker, bad_url("/bytes/20000000"), &options);
    take(&taker);
    fetching_run(&t, 50);
    if (i == 0) {
      lariat_client_close(t.client);
      t.client = NULL;
      take(&taker);
      fetching_run(&t, 20);
      CU_ASSERT_EQUAL(taker.status, LARIAT_ECANCELLED);
    }
    if (i == 1) {
      CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
      taker.stop_after = 0;
      take_all(&t, &taker);
      CU_ASSERT_EQUAL(taker.status, LARIAT_ECANCELLED);
    }
    if (i >= 2) {
      fixture_close_reactor(&t.f, i == 2 ? 1000 : 0);
      t.client = NULL;
    }
    lariat_stream_release(taker.stream);
    outcome_clear(&o, 1);
    fetching_close(&t);
  }
}

static lariat_value drop(lariat_value result, void *context) {
  unsigned *fires = context;
  ++*fires;
  return lariat_value_drop(result);
}

/* Responses whose streams nobody wants, and cancels at any moment. */
static void test_let_go_early(void) {
  struct fetching t;
  unsigned fires = 0;
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = options_of(&t);
  for (unsigned i = 0; i < 60; i++) {
    lariat_deferred *deferred =
        lariat_request(t.client, "GET", bad_url("/bytes/300000"), &options);
    lariat_deferred_add_both(deferred, drop, &fires);
    if (i % 4 == 0) fetching_run(&t, 1);
    if (i % 3 == 0) lariat_deferred_cancel(deferred);
    lariat_deferred_release(deferred);
  }
  CU_ASSERT_TRUE(fetching_wait_settled(&t, PATIENCE_MS));
  CU_ASSERT_TRUE(fetching_wait_idle(&t, PATIENCE_MS));
  CU_ASSERT_EQUAL(fires, 60);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a whole body, in order", test_a_whole_body},
      {"no body at all", test_no_body},
      {"redirects are followed", test_redirects_are_followed},
      {"failures before the head", test_failures_before_the_head},
      {"failures in the body", test_failures_in_the_body},
      {"a consumer that stops", test_a_consumer_that_stops},
      {"a consumer that pauses", test_a_consumer_that_pauses},
      {"one of a connection's streams stands still", test_one_stands_still},
      {"the deadline goes on while it is paused", test_deadline_while_paused},
      {"closing a stream", test_closing},
      {"cancelling a wait loses nothing", test_cancelled_while_it_waits},
      {"all at once", test_read_all},
      {"a compressed body", test_compressed},
      {"client, pool and reactor close", test_closed_from_outside},
      {"responses that are let go at once", test_let_go_early},
  };
  nginx = nginx_start(NULL);
  origin = origin_start(NULL);
  if (!nginx || !origin) return 1;
  int result = fixture_main("stream", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  nginx_stop(nginx);
  return result;
}
