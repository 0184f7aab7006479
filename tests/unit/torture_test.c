/* SPDX-License-Identifier: MIT
 * torture_test.c: each allocation of a whole fetch fails in turn: first it
 * alone, then it and all after it for a while.  Nothing crashes or leaks, each
 * deferred fires once, and once there is memory again, the next request is
 * answered. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pool/pool.h"
#include "support/producing.h"
#include "support/scripting.h"
#include <lariat/await.h>
#include <lariat/coroutine_client.h>
#include <lariat/stream.h>

enum { JOBS = 96, BODIES = 8, WINDOW = 16384, KIB = 1024, TIMERS = 36 };

/* One run of a scenario. */
struct torture {
  struct scripting s;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  struct seen seen[JOBS];
  unsigned count;
  lariat_stream *streams[BODIES]; /* references */
  unsigned stream_count;
  lariat_upload *uploads[BODIES]; /* the same */
  unsigned upload_count;
  unsigned given;   /* pieces that were not dropped */
  unsigned pending; /* transforms whose contexts were not destroyed */
  unsigned timers;  /* that are set beforehand */
};

struct scenario {
  const char *name;
  void (*act)(struct torture *t);
  unsigned max_jobs;
  unsigned max_connections;
  unsigned window;
  void (*set)(lariat_pool_options *pool, lariat_client_options *client);
  unsigned succeed; /* deferreds, of this many, when nothing fails */
  unsigned of;
};

/* Of the run that is on. */
static struct torture *current;

static void keep_stream(lariat_value result) {
  struct torture *t = current;
  if (result.type != &lariat_response_type) return;
  lariat_stream *stream = lariat_response_stream(lariat_response_in(result));
  if (!stream || t->stream_count == BODIES) return;
  t->streams[t->stream_count++] = lariat_stream_retain(stream);
}

static lariat_value take(lariat_value result, void *context) {
  struct seen *seen = context;
  seen->fires++;
  seen->status =
      lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  keep_stream(result);
  return lariat_value_drop(result);
}

static struct seen *watch(struct torture *t, lariat_deferred *deferred) {
  struct seen *seen = &t->seen[t->count++];
  seen->deferred = deferred;
  lariat_deferred_add_both(deferred, take, seen);
  return seen;
}

static void pass(struct torture *t, uint64_t ms) {
  (void)lariat_virtual_clock_run(t->s.f.virtual_clock, t->reactor, ms);
}

/* What is done in each. */

static void get(struct torture *t) {
  watch(t, lariat_get(t->client, "http://a/?dns=1&connect=2&bytes=100"));
  pass(t, 10);
  watch(t, lariat_get(t->client, "https://b/?first-byte=2&body=1&text=x"));
  pass(t, 10);
}

static void bodies_and_headers(struct torture *t) {
  const lariat_header headers[] = {{"X-One", "1"}, {"Authorization", "me"}};
  lariat_request_options options = lariat_request_defaults(t->client);
  options.headers = headers;
  options.header_count = 2;
  options.body = lariat_body_bytes("hello", 5);
  options.sha256 = true;
  watch(t, lariat_request(t->client, "POST",
                          "http://a/?body=1&status=303&to=http://b/?bytes=9",
                          &options));
  watch(t, lariat_request(t->client, "PUT",
                          "http://a/?status=307&to=http://b/?bytes=60000",
                          &options));
  options.sink = lariat_sink_discard();
  watch(t, lariat_request(t->client, "GET", "http://a/?bytes=60000", &options));
  pass(t, 10);
}

static void redirects(struct torture *t) {
  watch(t, lariat_get(t->client, "http://a/?to=/?to=http://b/?to=/x"));
  watch(t, lariat_get(t->client, "http://a/?to=ftp://x/"));
  watch(t, lariat_get(t->client, "http://a/?to=/?body=5&to=/?body=5"));
  pass(t, 50);
}

static void failures(struct torture *t) {
  watch(t, lariat_get(t->client, "no URL"));
  watch(t, lariat_get(t->client, "http://a/?failure=connection-reset"));
  watch(t, lariat_get(t->client, "http://a/?failure=truncated&bytes=10"));
  watch(t, lariat_get(t->client, "http://a/?failure=connect-failed"));
  pass(t, 10);
}

static void deadlines(struct torture *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = 20;
  options.connect_timeout_ms = 10;
  for (unsigned i = 0; i < 3; i++) {
    static const char *const urls[] = {"http://a/?never=connect",
                                       "http://a/?never=body", "http://b/"};
    watch(t, lariat_request(t->client, "GET", urls[i], &options));
  }
  pass(t, 40);
}

static void cancels(struct torture *t) {
  for (unsigned i = 0; i < 6; i++) {
    struct seen *seen =
        watch(t, lariat_get(t->client, i % 2 ? "http://a/?body=5&to=/?body=5"
                                             : "https://b/?never=body"));
    if (i == 0) lariat_deferred_cancel(seen->deferred);
  }
  (void)lariat_reactor_run_once(t->reactor, 0);
  lariat_deferred_cancel(t->seen[1].deferred);
  pass(t, 5);
  for (unsigned i = 2; i < 6; i++) lariat_deferred_cancel(t->seen[i].deferred);
  pass(t, 5);
}

static void many_hosts(struct torture *t) {
  for (unsigned i = 0; i < 12; i++) {
    char url[64];
    snprintf(url, sizeof url, "http://host-%u/?body=%u", i % 9, i % 3);
    watch(t, lariat_get(t->client, url));
  }
  pass(t, 100);
}

static void add_header(struct torture *t, const char *value) {
  lariat_status status = lariat_client_add_header(t->client, "X-More", value);
  CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
}

static void client_headers(struct torture *t) {
  add_header(t, "more");
  watch(t, lariat_get(t->client, "http://a/"));
  add_header(t, "other");
  watch(t, lariat_get(t->client, "http://a/"));
  pass(t, 10);
}

static void retries(struct torture *t) {
  lariat_retry_policy policy = lariat_retry_defaults();
  lariat_request_options options = lariat_request_defaults(t->client);
  policy.max_retries = 3;
  policy.base_ms = 5;
  policy.seed = 7;
  options.retry = &policy;
  watch(t, lariat_request(t->client, "GET", "http://a/?status=503", &options));
  watch(t, lariat_request(t->client, "GET", "http://b/", &options));
  pass(t, 30);
  watch(t, lariat_request(t->client, "GET", "http://b/?failure=empty-answer",
                          &options));
  pass(t, 60);
}

/* A policy of one request's own, which reads its Retry-After, and a policy of
 * the client's for the rest. */
static void retries_after(struct torture *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_fd(memfd_create("torture", MFD_CLOEXEC));
  watch(t, lariat_request(t->client, "GET", "http://a/?status=503&bytes=100",
                          &options));
  close(options.sink.as.fd);
  watch(t, lariat_get(t->client, "http://a/?failure=connection-reset&body=1"));
  watch(t, lariat_get(t->client, "http://b/?close=1"));
  pass(t, 400);
}

static void set_retry(lariat_pool_options *pool,
                      lariat_client_options *client) {
  static lariat_retry_policy policy;
  (void)pool;
  policy = lariat_retry_defaults();
  policy.max_retries = 6; /* more than the list of attempts has space for */
  policy.base_ms = 2;
  policy.seed = 3;
  client->retry = &policy;
}

/* Streams. */

static lariat_request_options streamed(const struct torture *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_stream(WINDOW);
  return options;
}

static void take_chunks(struct torture *t, unsigned count) {
  for (unsigned i = 0; i < t->stream_count; i++)
    for (unsigned n = 0; n < count && t->count < JOBS - 8; n++) {
      watch(t, lariat_stream_next(t->streams[i]));
      pass(t, 1);
    }
}

static void streams(struct torture *t) {
  lariat_request_options options = streamed(t);
  options.sha256 = true;
  watch(t, lariat_request(t->client, "GET",
                          "http://a/?bytes=50000&piece=9000&body=2", &options));
  watch(t,
        lariat_request(t->client, "GET",
                       "http://b/?to=/?bytes=9&failure=truncated", &options));
  pass(t, 1);
  take_chunks(t, 8);
}

static void streams_at_once(struct torture *t) {
  lariat_request_options options = streamed(t);
  for (unsigned i = 0; i < 3; i++)
    watch(t, lariat_request(t->client, "GET",
                            "http://a/?bytes=60000&piece=15000", &options));
  pass(t, 1);
  for (unsigned i = 0; i < t->stream_count; i++)
    watch(t, lariat_stream_read_all(t->streams[i], i ? 100000 : 20000));
  pass(t, 10);
}

static void streams_left(struct torture *t) {
  lariat_request_options options = streamed(t);
  for (unsigned i = 0; i < 3; i++)
    watch(t,
          lariat_request(t->client, "GET",
                         "http://a/?bytes=90000&body=20&piece=1000", &options));
  pass(t, 3);
  for (unsigned i = 0; i < t->stream_count; i++) {
    watch(t, lariat_stream_next(t->streams[i]));
    struct seen *next = watch(t, lariat_stream_next(t->streams[i])); /* waits */
    if (i == 0) lariat_stream_close(t->streams[i]);
    if (i == 1) lariat_deferred_cancel(next->deferred);
  }
  if (t->stream_count == 3)
    lariat_stream_release(t->streams[--t->stream_count]);
  pass(t, 30);
}

/* The budget: kept bodies, transformed ones and a window share it. */

static lariat_value measure(lariat_value result, void *context) {
  size_t length = 0;
  (void)context;
  (void)lariat_response_body(lariat_response_in(result), &length);
  (void)lariat_value_drop(result);
  return lariat_int((intptr_t)length);
}

static void destroy(void *context) { ((struct torture *)context)->pending--; }

static void budget(struct torture *t) {
  lariat_request_options options = streamed(t);
  watch(t, lariat_request(t->client, "GET", "http://a/?bytes=40000&body=4",
                          &options));
  options = lariat_request_defaults(t->client);
  options.transform = measure;
  options.transform_context = t;
  options.transform_destroy = destroy;
  t->pending++;
  watch(t, lariat_request(t->client, "GET",
                          "http://b/?bytes=30000&body=4&to=/?bytes=20000",
                          &options));
  watch(t, lariat_get(t->client, "http://c/?bytes=30000&body=4&piece=5000"));
  watch(t, lariat_get(t->client, "http://c/?bytes=9000&body=4&piece=900"));
  pass(t, 30);
  take_chunks(t, 5);
  pass(t, 30);
}

static void set_budget(lariat_pool_options *pool,
                       lariat_client_options *client) {
  (void)client;
  pool->max_body_memory = 20 * KIB;
}

/* Descriptors. */

static void descriptors(struct torture *t) {
  char bytes[4096];
  int ends[2];
  lariat_request_options options = lariat_request_defaults(t->client);
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  (void)fcntl(ends[1], F_SETPIPE_SZ, (int)sizeof bytes);
  options.sha256 = true;
  options.sink = lariat_sink_fd(ends[1]);
  watch(t, lariat_request(t->client, "GET", "http://a/?bytes=20000", &options));
  close(ends[1]);
  for (unsigned i = 0; i < 10; i++) {
    pass(t, 1);
    while (read(ends[0], bytes, sizeof bytes) > 0) continue;
  }
  close(ends[0]);
}

/* Uploads. */

static lariat_upload *new_upload(struct torture *t, uint64_t length) {
  lariat_upload *upload = NULL;
  lariat_request_options options = lariat_request_defaults(t->client);
  lariat_status status =
      lariat_upload_new(t->reactor, length, 4 * KIB, &upload);
  if (status != LARIAT_OK) return NULL;
  options.body = lariat_body_producer(upload);
  t->uploads[t->upload_count++] = upload;
  watch(t, lariat_request(t->client, "PUT",
                          "http://a/?upload=1&upload-piece=3000&bytes=9",
                          &options));
  return upload;
}

static void drop_given(void *bytes) {
  (void)bytes;
  current->given--;
}

static void write_some(struct torture *t, lariat_upload *upload,
                       unsigned count) {
  for (unsigned i = 0; upload && i < count; i++) {
    char *bytes = (char *)(uintptr_t)produced_bytes(0);
    t->given += i % 2;
    watch(t, i % 2 ? lariat_upload_give(upload, bytes, 5000, drop_given)
                   : lariat_upload_write(upload, bytes, 5000));
    pass(t, 4);
  }
}

static void uploads(struct torture *t) {
  lariat_upload *upload = new_upload(t, LARIAT_LENGTH_UNKNOWN);
  write_some(t, upload, 4);
  if (upload) (void)lariat_upload_end(upload);
  upload = new_upload(t, 10000);
  write_some(t, upload, 2);
  if (upload) (void)lariat_upload_end(upload);
  pass(t, 20);
}

static void bad_uploads(struct torture *t) {
  for (unsigned i = 0; i < 4; i++) {
    lariat_upload *upload = new_upload(t, i ? 9000 : LARIAT_LENGTH_UNKNOWN);
    write_some(t, upload, i == 1 ? 2 : 1); /* the second: too much */
    if (upload && i == 2) (void)lariat_upload_end(upload); /* too little */
    if (upload && i == 3)
      (void)lariat_upload_fail(
          upload, lariat_failure_new(LARIAT_EUSER, "cannot produce"));
    if (i) continue;
    lariat_upload_release(upload); /* too early */
    t->upload_count = 0;
  }
  pass(t, 20);
}

static void file_uploads(struct torture *t) {
  static const char *const urls[] = {
      "http://a/?status=307&to=http://b/?upload=1",
      "http://a/?stops=2000&status=413", "http://a/?status=303&to=/"};
  lariat_request_options options = lariat_request_defaults(t->client);
  options.body = lariat_body_file(memfd_create("torture", MFD_CLOEXEC), 0,
                                  LARIAT_LENGTH_UNKNOWN);
  if (ftruncate(options.body.as.file.fd, 40000) != 0) fixture_fail("no file");
  for (size_t i = 0; i < FIXTURE_COUNT(urls); i++)
    watch(t, lariat_request(t->client, "PUT", urls[i], &options));
  options.body.as.file.offset = 50000; /* not in it */
  watch(t, lariat_request(t->client, "PUT", "http://a/", &options));
  close(options.body.as.file.fd);
  pass(t, 20);
}

/* Rates, delays, priorities, capacity, drains. */

static void turns(struct torture *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  for (unsigned i = 0; i < 12; i++) {
    char url[64];
    snprintf(url, sizeof url, "http%s://host-%u/?body=2&connect=1",
             i % 5 ? "" : "s", i % 4);
    options.priority = (lariat_priority)(i % 3);
    watch(t, lariat_request(t->client, "GET", url, &options));
    if (i % 3 == 0) pass(t, 1);
  }
  pass(t, 300);
}

static void set_rates(lariat_pool_options *pool,
                      lariat_client_options *client) {
  (void)client;
  pool->max_jobs_per_host = 2;
  pool->rate = 500;
  pool->rate_burst = 2;
  pool->rate_per_host = 300;
  pool->delay_per_host_ms = 3;
}

static void capacity(struct torture *t) {
  for (unsigned i = 0; i < 8; i++) {
    watch(t, lariat_get(t->client, "http://a/?body=2"));
    if (i >= 2) watch(t, lariat_client_when_capacity(t->client));
  }
  lariat_deferred_cancel(t->seen[5].deferred);
  pass(t, 30);
}

static void set_queue(lariat_pool_options *pool,
                      lariat_client_options *client) {
  (void)pool;
  client->max_queued = 2;
}

static void drains(struct torture *t) {
  for (unsigned i = 0; i < 4; i++)
    watch(t,
          lariat_get(t->client, i ? "http://a/?body=3" : "http://a/?body=9"));
  (void)lariat_reactor_run_once(t->reactor, 0);
  watch(t, lariat_pool_drain(t->pool, t->reactor, 5));
  watch(t, lariat_pool_drain(t->pool, t->reactor, 50));
  pass(t, 4);
  watch(t, lariat_pool_drain(t->pool, t->reactor, 0));
  pass(t, 100);
}

/* Memory for timers is taken for many at a time: with so many set before, it is
 * another one that needs it. */

static void nothing(void *context) { (void)context; }

static void set_timers(struct torture *t) {
  lariat_status status = LARIAT_OK;
  for (unsigned i = 0; i < t->timers && status == LARIAT_OK; i++)
    status = lariat_reactor_call_later(t->reactor, 2000 - i, nothing, NULL,
                                       NULL, NULL);
  CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
}

static void timers(struct torture *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  set_timers(t);
  for (unsigned i = 0; i < 8; i++) {
    char url[64];
    snprintf(url, sizeof url, "http://host-%u/?body=%u%s", i % 4, 9 - i,
             i == 5 ? "&status=503" : "");
    options.timeout_ms = 900 - 50 * i;
    options.idle_timeout_ms = 300 - 30 * i;
    watch(t, lariat_request(t->client, "GET", url, &options));
  }
  watch(t, lariat_pool_drain(t->pool, t->reactor, 500));
  pass(t, 200);
  watch(t, lariat_get(t->client, "http://a/?body=40"));
  pass(t, 1);
  watch(t, lariat_pool_close(t->pool, t->reactor, 20));
  pass(t, 1000);
}

static void set_timed(lariat_pool_options *pool,
                      lariat_client_options *client) {
  set_retry(pool, client);
  pool->rate = 300;
  pool->delay_per_host_ms = 5;
  pool->max_body_memory = 20 * KIB;
}

/* The tables of hosts grow. */
static void hosts(struct torture *t) {
  for (unsigned i = 0; i < 80; i++) {
    char url[64];
    snprintf(url, sizeof url, "http://host-%u/?body=1", i);
    watch(t, lariat_get(t->client, url));
  }
  pass(t, 100);
}

/* Coroutines, and the client that they share. */

static lariat_value fetch_two(void *context) {
  (void)context;
  for (int i = 0; i < 2; i++) {
    lariat_client *client;
    lariat_status status = lariat_coroutine_client(&client);
    if (status != LARIAT_OK) return lariat_failure_new(status, "no client");
    lariat_value result = lariat_await(lariat_get(client, "http://a/?body=1"));
    if (lariat_is_failure(result)) return result;
    (void)lariat_value_drop(result);
  }
  return lariat_none();
}

static void coroutines_with_client(struct torture *t) {
  lariat_status status = lariat_coroutine_set_client(t->client);
  CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
  watch(t, lariat_coroutine_start(t->reactor, fetch_two, NULL));
  pass(t, 20);
}

static void coroutines(struct torture *t) {
  watch(t, lariat_coroutine_start(t->reactor, fetch_two, NULL));
  watch(t, lariat_coroutine_start(t->reactor, fetch_two, NULL));
  pass(t, 20);
}

static void drain(struct torture *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.timeout_ms = 200;
  watch(t, lariat_get(t->client, "http://a/?body=10"));
  watch(t, lariat_request(t->client, "GET", "http://a/?never=body", &options));
  pass(t, 1);
  watch(t, lariat_pool_close(t->pool, t->reactor, 50));
  pass(t, 100);
}

static void reactor_closes(struct torture *t) {
  watch(t, lariat_get(t->client, "http://a/?body=10"));
  watch(t, lariat_get(t->client, "http://a/?never=body"));
  pass(t, 1);
  (void)lariat_reactor_close(t->reactor, 10);
  t->reactor = NULL;
  t->client = NULL;
}

/* The same, with bodies under way in both directions. */
static void reactor_closes_on_bodies(struct torture *t) {
  streams_left(t);
  lariat_request_options options = streamed(t);
  watch(t, lariat_request(t->client, "GET", "http://a/?bytes=90000&body=20",
                          &options));
  write_some(t, new_upload(t, LARIAT_LENGTH_UNKNOWN), 1);
  (void)lariat_reactor_close(t->reactor, 10);
  t->reactor = NULL;
  t->client = NULL;
}

/* One run. */

static bool open_all(struct torture *t, const struct scenario *scenario) {
  const lariat_reactor_options options = {
      .size = sizeof options,
      .clock = lariat_virtual_clock_clock(t->s.f.virtual_clock)};
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  if (scenario->max_jobs) pool.max_jobs = scenario->max_jobs;
  pool.max_connections = scenario->max_connections;
  client.window = scenario->window;
  if (scenario->set) scenario->set(&pool, &client);
  return lariat_reactor_new(&options, &t->reactor) == LARIAT_OK &&
         lariat_scripted_pool_new(&pool, t->reactor, scripting_script, NULL,
                                  &t->pool) == LARIAT_OK &&
         lariat_client_new(t->pool, t->reactor, &client, &t->client) ==
             LARIAT_OK;
}

static void quiet(const char *message, void *context) {
  (void)message;
  (void)context;
}

/* With memory again: the client works. */
static void expect_well(struct torture *t, const char *name, uint64_t nth) {
  lariat_pool_stats stats = {.size = sizeof stats};
  struct seen *seen = watch(t, lariat_get(t->client, "http://well/"));
  pass(t, 700);
  if (seen->status != LARIAT_OK && seen->status != LARIAT_ECLOSED)
    fixture_fail("%s, allocation %llu: afterwards %s", name,
                 (unsigned long long)nth, lariat_status_name(seen->status));
  (void)lariat_pool_read_stats(t->pool, &stats);
  if (stats.jobs_taken != stats.jobs_done + stats.jobs_running)
    fixture_fail("%s, allocation %llu: a job is left", name,
                 (unsigned long long)nth);
}

/* Nobody writes any more. */
static void let_uploads_go(struct torture *t) {
  for (unsigned i = 0; i < t->upload_count; i++)
    lariat_upload_release(t->uploads[i]);
  t->upload_count = 0;
  if (t->reactor) pass(t, 0);
}

/* Nor takes. */
static void let_streams_go(struct torture *t) {
  for (unsigned i = 0; i < t->stream_count; i++)
    lariat_stream_release(t->streams[i]);
  t->stream_count = 0;
  if (t->reactor) pass(t, 0);
}

static void check_budget(struct torture *t, const char *name, uint64_t nth) {
  const lr_memory_budget *it = t->pool ? lr_pool_budget(t->pool) : NULL;
  if (!it ||
      (!lr_u64_load_relaxed(&it->held) && !lr_u64_load_relaxed(&it->complete) &&
       !lr_u32_load_relaxed(&it->waiting)))
    return;
  fixture_fail("%s, allocation %llu: something is left in the budget", name,
               (unsigned long long)nth);
}

static void close_all(struct torture *t) {
  lariat_client_close(t->client);
  if (t->reactor) pass(t, 0);
  lariat_pool_release(t->pool);
  if (t->reactor) pass(t, 0);
}

static void check_outcomes(struct torture *t, const char *name, uint64_t nth) {
  lariat_client_stats stats = {.size = sizeof stats};
  for (unsigned i = 0; i < t->count; i++) {
    if (t->seen[i].fires != 1)
      fixture_fail("%s, allocation %llu: deferred %u fired %u times", name,
                   (unsigned long long)nth, i, t->seen[i].fires);
    lariat_deferred_release(t->seen[i].deferred);
  }
  if (!t->client) return;
  (void)lariat_client_read_stats(t->client, &stats);
  if (stats.submitted != stats.succeeded + stats.failed + stats.cancelled)
    fixture_fail("%s, allocation %llu: the ledger does not balance", name,
                 (unsigned long long)nth);
}

/* Without a failure, a scenario does what it is made for. */
static void check_plain_run(const struct torture *t,
                            const struct scenario *scenario) {
  unsigned succeeded = 0;
  for (unsigned i = 0; i < t->count; i++)
    succeeded += t->seen[i].fires == 1 && t->seen[i].status == LARIAT_OK;
  if (succeeded != scenario->succeed || t->count != scenario->of)
    fixture_fail("%s: %u of %u succeed", scenario->name, succeeded, t->count);
}

/* Of the plain run: whether everything came to its end by itself. */
static bool all_end;

static bool all_fired(const struct torture *t) {
  unsigned fired = 0;
  for (unsigned i = 0; i < t->count; i++) fired += t->seen[i].fires == 1;
  return fired == t->count;
}

/* Runs it with the allocation that fails; false: it was not reached. */
static bool run(const struct scenario *scenario, unsigned set_before,
                uint64_t nth, bool sticky) {
  static struct torture t;
  memset(&t, 0, sizeof t);
  t.timers = set_before;
  current = &t;
  fixture_open(&t.s.f, FIXTURE_MANUAL_CLOCK);
  fixture_close_reactor(&t.s.f, 0); /* the run has its own */
  uint64_t before = fixture_allocations(&t.s.f);
  if (sticky)
    fixture_fail_allocations_from(&t.s.f, nth);
  else
    fixture_fail_allocation(&t.s.f, nth);
  bool opened = open_all(&t, scenario);
  if (t.reactor) lariat_reactor_set_report(t.reactor, quiet, NULL);
  if (opened) scenario->act(&t);
  bool reached = nth && fixture_allocations(&t.s.f) >= before + nth;
  fixture_fail_allocation(&t.s.f, 0);
  if (!reached) check_plain_run(&t, scenario);
  if (nth == 0) all_end = all_fired(&t);
  if (t.client) {
    expect_well(&t, scenario->name, nth);
    let_uploads_go(&t);
    if (all_end && !all_fired(&t))
      fixture_fail("%s, allocation %llu: something hangs", scenario->name,
                   (unsigned long long)nth);
    for (unsigned i = 0; i < t.count; i++)
      lariat_deferred_cancel(t.seen[i].deferred);
  }
  let_uploads_go(&t);
  let_streams_go(&t);
  check_outcomes(&t, scenario->name, nth);
  check_budget(&t, scenario->name, nth);
  close_all(&t);
  if (t.given || t.pending)
    fixture_fail("%s, allocation %llu: %u pieces, %u transforms are left",
                 scenario->name, (unsigned long long)nth, t.given, t.pending);
  if (t.reactor) (void)lariat_reactor_close(t.reactor, 0);
  fixture_close(&t.s.f);
  return reached;
}

static uint64_t runs;

static void torture(const struct scenario *scenario) {
  unsigned most = scenario->act == timers ? TIMERS : 0;
  (void)run(scenario, 0, 0, false);
  for (unsigned set_before = 0; set_before <= most; set_before++)
    for (int sticky = 0; sticky < 2; sticky++)
      for (uint64_t nth = 1;
           run(scenario, set_before, nth, sticky) && nth < 5000; nth++)
        runs++;
}

static void test_all(void) {
  static const struct scenario scenarios[] = {
      {"get", get, 0, 0, 0, NULL, 2, 2},
      {"bodies and headers", bodies_and_headers, 0, 0, 0, NULL, 3, 3},
      {"redirects", redirects, 0, 0, 0, NULL, 2, 3},
      {"failures", failures, 0, 0, 0, NULL, 0, 4},
      {"deadlines", deadlines, 1, 0, 0, NULL, 1, 3},
      {"cancels", cancels, 2, 0, 3, NULL, 0, 6},
      {"many hosts", many_hosts, 0, 3, 5, NULL, 12, 12},
      {"many hosts, one credit", many_hosts, 1, 1, 1, NULL, 12, 12},
      {"client headers", client_headers, 0, 0, 0, NULL, 2, 2},
      {"retries", retries, 0, 0, 0, NULL, 2, 3},
      {"retries by the client's policy", retries_after, 0, 0, 0, set_retry, 2,
       3},
      {"streams", streams, 0, 0, 0, NULL, 11, 18},
      {"streams read as one", streams_at_once, 0, 0, 0, NULL, 5, 6},
      {"streams that are left", streams_left, 0, 0, 0, NULL, 6, 9},
      {"the budget", budget, 0, 0, 0, set_budget, 9, 9},
      {"descriptors", descriptors, 0, 0, 0, NULL, 1, 1},
      {"uploads", uploads, 0, 0, 0, NULL, 8, 8},
      {"uploads that fail", bad_uploads, 0, 0, 0, NULL, 4, 9},
      {"files", file_uploads, 0, 0, 0, NULL, 3, 4},
      {"rates and delays", turns, 3, 0, 0, set_rates, 12, 12},
      {"timers", timers, 3, 0, 0, set_timed, 10, 11},
      {"hosts", hosts, 0, 0, 0, NULL, 80, 80},
      {"coroutines with a client", coroutines_with_client, 0, 0, 0, NULL, 1, 1},
      {"capacity", capacity, 1, 0, 1, set_queue, 8, 14},
      {"drains", drains, 2, 0, 0, NULL, 4, 7},
      {"coroutines", coroutines, 0, 0, 0, NULL, 2, 2},
      {"drain", drain, 0, 0, 0, NULL, 2, 3},
      {"reactor closes", reactor_closes, 0, 0, 0, NULL, 0, 2},
      {"reactor closes on bodies", reactor_closes_on_bodies, 0, 0, 0, NULL, 8,
       12},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(scenarios); i++) torture(&scenarios[i]);
  printf("%llu allocations failed ", (unsigned long long)runs);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each allocation fails in turn", test_all},
  };
  return fixture_main("torture", tests, FIXTURE_COUNT(tests), argc, argv);
}
