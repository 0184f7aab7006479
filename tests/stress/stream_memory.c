/* SPDX-License-Identifier: MIT
 * labels: threads
 * stream_memory.c: streams whose consumers are far slower than the server.
 * Their memory stays within window and 64 KiB each, and other fetches of the
 * same reactor are answered while none of what the streams hold is taken.  How
 * quick those are is bench/timing/slow_streams.c's.
 *
 *   stream_memory [requests]
 *
 * Usually 1,000 requests beside the streams, see scale.h. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/scale.h"
#include <lariat/stream.h>

enum {
  USUAL_REQUESTS = 1000,
  STREAMS = 4,
  WINDOW = 256 * 1024,
  EXTRA = 64 * 1024,
  TICK_MS = 10
};

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
static const bool judged = false;
#else
static const bool judged = true;
#endif

static struct nginx *nginx;
static uint64_t requests;
static char small_url[512];
static char large_url[512];

static size_t memory_now(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/* A stream of which a chunk is taken now and then. */
struct slow {
  struct fetching *t;
  lariat_stream *stream;
  uint64_t bytes;
  bool opened;
  bool failed;
  bool stopped;
  bool waits;
  bool halts; /* nothing is taken */
};

static lariat_value on_chunk(lariat_value result, void *context) {
  struct slow *slow = context;
  size_t length = 0;
  slow->waits = false;
  if (lariat_is_none(result) || lariat_is_failure(result))
    slow->failed = !slow->stopped;
  else
    (void)lariat_chunk_bytes(lariat_chunk_in(result), &length);
  slow->bytes += length;
  return lariat_value_drop(result);
}

static void take_one(struct slow *slow) {
  if (slow->waits) return;
  slow->waits = true;
  lariat_deferred *next = lariat_stream_next(slow->stream);
  lariat_deferred_add_both(next, on_chunk, slow);
  lariat_deferred_release(next);
}

static void tick(void *context) {
  struct slow *slow = context;
  if (slow->stopped || slow->failed) return;
  if (!slow->halts) take_one(slow);
  CU_ASSERT_EQUAL(lariat_reactor_call_later(slow->t->f.reactor, TICK_MS, tick,
                                            slow, NULL, NULL),
                  LARIAT_OK);
}

static lariat_value on_open(lariat_value result, void *context) {
  struct slow *slow = context;
  slow->opened = true;
  slow->failed = lariat_is_failure(result);
  if (!slow->failed) {
    slow->stream = lariat_stream_retain(
        lariat_response_stream(lariat_response_in(result)));
    tick(slow);
  }
  return lariat_value_drop(result);
}

static bool is_open(void *context) {
  return ((const struct slow *)context)->opened;
}

static void open_all(struct fetching *t, struct slow *streams) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_stream(WINDOW);
  options.timeout_ms = 0;
  options.max_body_bytes = 0;
  for (int i = 0; i < STREAMS; i++) {
    streams[i] = (struct slow){.t = t};
    lariat_deferred *deferred =
        lariat_request(t->client, "GET", large_url, &options);
    lariat_deferred_add_both(deferred, on_open, &streams[i]);
    lariat_deferred_release(deferred);
  }
  for (int i = 0; i < STREAMS; i++)
    CU_ASSERT_TRUE(fixture_run_until(&t->f, is_open, &streams[i], 10000));
  fetching_run(t, 100); /* the windows fill */
}

static void close_all(struct fetching *t, struct slow *streams) {
  for (int i = 0; i < STREAMS; i++) {
    CU_ASSERT_FALSE(streams[i].failed);
    streams[i].stopped = true;
    lariat_stream_release(streams[i].stream);
  }
  fetching_run(t, 3 * TICK_MS);
  CU_ASSERT_TRUE(fetching_wait_idle(t, 10000));
}

static void open_one(struct fetching *t) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(t, &pool, NULL);
}

static void test_memory(void) {
  struct fetching t;
  struct slow streams[STREAMS];
  size_t most = 0;
  open_one(&t);
  open_all(&t, streams); /* connections and handles are there from now on */
  close_all(&t, streams);
  size_t before = memory_now();
  open_all(&t, streams);
  for (int i = 0; i < 100; i++) {
    fetching_run(&t, TICK_MS);
    size_t now = memory_now();
    if (now > before && now - before > most) most = now - before;
  }
  uint64_t bytes = streams[0].bytes;
  close_all(&t, streams);
  printf("\n    %zu KiB a stream, %.1f MB taken of each\n",
         most / STREAMS / 1024, (double)bytes / 1e6);
  if (judged) CU_ASSERT_TRUE(most <= STREAMS * (WINDOW + EXTRA));
  fetching_close(&t);
}

/* Nobody takes anything from the streams, and the windows are full. */
static void test_others(void) {
  struct fetching t;
  struct slow streams[STREAMS];
  open_one(&t);
  open_all(&t, streams);
  for (int i = 0; i < STREAMS; i++) streams[i].halts = true;
  for (uint64_t i = 0; i < requests; i++) {
    struct outcome o;
    fetching_do(&t, &o, lariat_get(t.client, small_url));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  close_all(&t, streams);
  fetching_close(&t);
}

static bool make_source(void) {
  char path[512];
  snprintf(path, sizeof path, "%s/www/store/large", nginx->directory);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  bool good = fd >= 0 && ftruncate(fd, (off_t)4 << 30) == 0;
  if (fd >= 0) close(fd);
  return good;
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"memory", test_memory},
      {"other fetches", test_others},
  };
  requests = scale_of(USUAL_REQUESTS, argc, argv);
  nginx = nginx_start(NULL);
  if (!nginx || !make_source()) return 1;
  (void)nginx_url(nginx, NGINX_PLAIN, "/", small_url, sizeof small_url);
  (void)nginx_url(nginx, NGINX_PLAIN, "/store/large", large_url,
                  sizeof large_url);
  int result =
      fixture_main("stream_memory", tests, FIXTURE_COUNT(tests), 1, argv);
  nginx_stop(nginx);
  return result;
}
