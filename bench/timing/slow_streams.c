/* SPDX-License-Identifier: MIT
 * slow_streams.c: streams whose consumers are far slower than the server.
 * Other fetches of the same reactor are as quick as without them (their 99th
 * percentile, in turns, the median of the ratios), and no turn of that reactor
 * takes long.  What the streams hold is tests/stress/stream_memory.c's.
 *
 *   timing-slow_streams [requests]
 *
 * Usually 10,000 requests in each round.  A pair counts when the rounds alone,
 * before and after it, agree: other programs leave traces in a 99th
 * percentile. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/atomics.h"
#include "reactor/reactor.h"
#include "support/fetching.h"
#include "support/nginx.h"
#include "support/scale.h"
#include <lariat/stream.h>

enum {
  USUAL_REQUESTS = 10000,
  STREAMS = 4,
  PAIRS = 7,
  WINDOW = 256 * 1024,
  TICK_MS = 10,
  TURN_MAX_US = 5000
};

static struct nginx *nginx;
static uint64_t requests;
static char small_url[512];
static char large_url[512];

/* The pool reactor's turns, by their CPU time: what a turn does, and not how
 * the system shares its processors out. */
static struct {
  lr_turn_hook hook;
  uint64_t last_ns;
  lr_atomic_u64 longest_ns;
} turns;

static uint64_t thread_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t real_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void turn_end(lr_turn_hook *hook) {
  uint64_t now = thread_ns();
  (void)hook;
  if (turns.last_ns &&
      now - turns.last_ns > lr_u64_load_relaxed(&turns.longest_ns))
    lr_u64_store_relaxed(&turns.longest_ns, now - turns.last_ns);
  turns.last_ns = now;
}

static void begin_watch(void *context) {
  (void)context;
  turns.hook.turn_end = turn_end;
  lr_list_init(&turns.hook.link);
  lr_reactor_add_turn_hook(lariat_reactor_current(), &turns.hook);
}

/* A stream of which a chunk is taken now and then. */
struct slow {
  struct fetching *t;
  lariat_stream *stream;
  bool opened;
  bool failed;
  bool stopped;
  bool waits;
};

static lariat_value on_chunk(lariat_value result, void *context) {
  struct slow *slow = context;
  slow->waits = false;
  if (lariat_is_none(result) || lariat_is_failure(result))
    slow->failed = !slow->stopped;
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
  take_one(slow);
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

static int ascending_times(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a;
  uint64_t right = *(const uint64_t *)b;
  return left < right ? -1 : left > right;
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a;
  double right = *(const double *)b;
  return left < right ? -1 : left > right;
}

/* The 99th percentile of small fetches, one after the other. */
static uint64_t p99_ns(struct fetching *t) {
  uint64_t *times = malloc(requests * sizeof *times);
  if (!times) return 0;
  for (uint64_t i = 0; i < requests; i++) {
    struct outcome o;
    uint64_t begun = real_ns();
    outcome_watch(&o, lariat_get(t->client, small_url));
    while (!o.fires) (void)lariat_reactor_run_once(t->f.reactor, 50);
    times[i] = real_ns() - begun;
    if (o.status != LARIAT_OK) fixture_fail("a small fetch failed");
    outcome_clear(&o, 1);
  }
  qsort(times, requests, sizeof *times, ascending_times);
  uint64_t p99 = times[requests * 99 / 100];
  free(times);
  return p99;
}

static void open_one(struct fetching *t) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  fetching_open(t, &pool, NULL);
}

/* One round alone, one beside the streams, one alone; the ratio, or 0 when the
 * two alone differ by too much to say anything. */
static double compare(struct fetching *t) {
  struct slow streams[STREAMS];
  double before = (double)p99_ns(t);
  open_all(t, streams);
  double busy = (double)p99_ns(t);
  close_all(t, streams);
  double after = (double)p99_ns(t);
  double quiet = (before + after) / 2;
  bool agree = before < 1.25 * after && after < 1.25 * before;
  printf("\n    p99 %.0f and %.0f us alone, %.0f us beside the streams: %.2f%s",
         before / 1e3, after / 1e3, busy / 1e3, busy / quiet,
         agree ? "" : " (not counted)");
  return agree ? busy / quiet : 0;
}

static void test_others(void) {
  struct fetching t;
  double ratios[PAIRS];
  size_t count = 0;
  open_one(&t);
  (void)p99_ns(&t);
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, begin_watch, NULL, NULL),
                  LARIAT_OK);
  for (int i = 0; i < 2 * PAIRS && count < PAIRS; i++) {
    double ratio = compare(&t);
    if (ratio > 0) ratios[count++] = ratio;
  }
  uint64_t longest = lr_u64_load_relaxed(&turns.longest_ns) / 1000;
  printf("\n    the longest turn took %llu us of CPU\n",
         (unsigned long long)longest);
  CU_ASSERT_TRUE(longest <= TURN_MAX_US);
  fetching_close(&t);
  if (count < PAIRS) {
    printf("    the machine is too busy for more than %zu pairs\n", count);
    return;
  }
  qsort(ratios, count, sizeof ratios[0], ascending);
  printf("    median %.2f\n", ratios[count / 2]);
  if (requests >= USUAL_REQUESTS) CU_ASSERT_TRUE(ratios[count / 2] <= 1.25);
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
      {"other fetches", test_others},
  };
  requests = scale_of(USUAL_REQUESTS, argc, argv);
  if (requests < 100) requests = 100;
  nginx = nginx_start(NULL);
  if (!nginx || !make_source()) return 1;
  (void)nginx_url(nginx, NGINX_PLAIN, "/", small_url, sizeof small_url);
  (void)nginx_url(nginx, NGINX_PLAIN, "/store/large", large_url,
                  sizeof large_url);
  int result =
      fixture_main("slow_streams", tests, FIXTURE_COUNT(tests), 1, argv);
  nginx_stop(nginx);
  return result;
}
