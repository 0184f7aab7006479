/* SPDX-License-Identifier: MIT
 * scripted_bodies_test.c: the bodies of scripted answers where they are not
 * just kept: in a stream, a descriptor, a transform, under a budget; and of
 * requests whose body comes from a file or a producer. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/sha256.h"
#include "pool/pool.h"
#include "support/producing.h"
#include "support/scripting.h"
#include <lariat/stream.h>

enum { KIB = 1024, CHUNK = 16 * KIB };

/* Streams. */

struct taker {
  struct seen seen;      /* the request */
  lariat_stream *stream; /* a reference */
  lariat_deferred *next; /* another */
  uint64_t bytes;
  unsigned chunks;
  unsigned limit; /* takes no more chunks than this */
  bool wrong;
  bool over;
  bool whole;
  lariat_status status;
  uint64_t at_ms; /* of what came last */
};

static void take_on(struct taker *t);

static lariat_value got(lariat_value result, void *context) {
  struct taker *t = context;
  size_t length = 0;
  t->at_ms = scripting_ms(t->seen.in);
  lariat_deferred_release(t->next);
  t->next = NULL;
  if (lariat_is_none(result) || lariat_is_failure(result)) {
    t->over = true;
    t->whole = lariat_is_none(result);
    if (!t->whole) t->status = lariat_failure_status(result);
    return lariat_value_drop(result);
  }
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(result), &length);
  if (memcmp(bytes, produced_bytes(t->bytes), length) != 0) t->wrong = true;
  t->bytes += length;
  t->chunks++;
  lariat_value nothing = lariat_value_drop(result);
  take_on(t);
  return nothing;
}

static void take_on(struct taker *t) {
  if (t->over || t->next || t->chunks >= t->limit) return;
  t->next = lariat_deferred_retain(lariat_stream_next(t->stream));
  lariat_deferred_release(lariat_deferred_add_both(t->next, got, t));
}

static lariat_value opened(lariat_value result, void *context) {
  struct taker *t = context;
  lariat_stream *stream = lariat_response_stream(lariat_response_in(result));
  t->stream = lariat_stream_retain(stream);
  return result;
}

static lariat_request_options streamed(struct scripting *s) {
  lariat_request_options options = lariat_request_defaults(s->client);
  options.sink = lariat_sink_stream(0);
  return options;
}

static void stream(struct scripting *s, struct taker *t, const char *url,
                   const lariat_request_options *options) {
  *t = (struct taker){.limit = 1000};
  lariat_deferred *deferred = lariat_request(s->client, "GET", url, options);
  lariat_deferred_add_callback(deferred, opened, t);
  scripting_watch(s, &t->seen, deferred);
}

static void let_go(struct taker *t) {
  lariat_stream_release(t->stream);
  if (t->next) lariat_deferred_release(t->next);
  scripting_forget(&t->seen, 1);
}

static void expect_taken(const struct taker *t, uint64_t bytes, bool over,
                         uint64_t at_ms) {
  if (t->bytes == bytes && t->over == over && t->at_ms == at_ms && !t->wrong)
    return;
  fixture_fail("%llu bytes%s%s at %llu ms, not %llu%s at %llu",
               (unsigned long long)t->bytes, t->over ? ", over" : "",
               t->wrong ? ", wrong" : "", (unsigned long long)t->at_ms,
               (unsigned long long)bytes, over ? ", over" : "",
               (unsigned long long)at_ms);
}

/* Evenly over its phase, the last at its end. */
static void test_pieces(void) {
  struct scripting s;
  struct taker t;
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = streamed(&s);
  stream(&s, &t, "http://a/?first-byte=5&body=30&bytes=2500&piece=1000",
         &options);
  scripting_run(&s, 5);
  seen_http(&t.seen, 5, 200);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_receiving, 1);
  take_on(&t);
  scripting_run(&s, 9);
  CU_ASSERT_EQUAL(t.bytes, 0);
  scripting_run(&s, 1);
  expect_taken(&t, 1000, false, 15);
  scripting_run(&s, 10);
  expect_taken(&t, 2000, false, 25);
  scripting_run(&s, 10);
  expect_taken(&t, 2500, true, 35);
  CU_ASSERT_TRUE(t.whole);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_receiving, 0);
  CU_ASSERT_PTR_NULL(lariat_stream_sha256(t.stream));
  let_go(&t);
  scripting_close(&s);
}

/* No more than the window waits; what was late comes when more is taken. */
static void test_window(void) {
  struct scripting s;
  struct taker t;
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = streamed(&s);
  options.sink = lariat_sink_stream(4 * CHUNK);
  options.sha256 = true;
  options.idle_timeout_ms = 20; /* who waits for his taker is not idle */
  stream(&s, &t, "http://a/?body=16&bytes=262144", &options);
  scripting_run(&s, 1000);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_running, 1);
  t.limit = 3;
  take_on(&t);
  scripting_run(&s, 1000);
  expect_taken(&t, 3 * CHUNK, false, 1000);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_running, 1);
  t.limit = 12; /* with the window behind them that is all */
  take_on(&t);
  scripting_run(&s, 1000);
  expect_taken(&t, 12 * CHUNK, false, 2000);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_running, 0);
  t.limit = 100;
  take_on(&t);
  scripting_run(&s, 0);
  expect_taken(&t, 16 * CHUNK, true, 3000);
  CU_ASSERT_PTR_NOT_NULL(lariat_stream_sha256(t.stream));
  let_go(&t);
  scripting_close(&s);
}

/* What came before a failure is given first. */
static void test_stream_breaks(void) {
  struct scripting s;
  struct taker t[3];
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = streamed(&s);
  options.timeout_ms = 50;
  stream(&s, &t[0], "http://a/?failure=truncated&bytes=100&body=10", &options);
  stream(&s, &t[1], "http://a/?never=body&bytes=100&body=10", &options);
  options.max_body_bytes = 30000;
  stream(&s, &t[2], "http://a/?bytes=50000&body=10", &options);
  scripting_run(&s, 0);
  for (int i = 0; i < 3; i++) take_on(&t[i]);
  scripting_run(&s, 100);
  expect_taken(&t[0], 100, true, 10);
  CU_ASSERT_EQUAL(t[0].status, LARIAT_ETRUNCATED);
  expect_taken(&t[1], 100, true, 50);
  CU_ASSERT_EQUAL(t[1].status, LARIAT_ETIMEDOUT);
  expect_taken(&t[2], CHUNK, true, 5);
  CU_ASSERT_EQUAL(t[2].status, LARIAT_EBODYLIMIT);
  for (int i = 0; i < 3; i++) let_go(&t[i]);
  scripting_close(&s);
}

/* Who lets go of a stream cancels its fetch; and so does who closes it. */
static void test_stream_is_left(void) {
  struct scripting s;
  struct taker t[2];
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = streamed(&s);
  stream(&s, &t[0], "http://a/?bytes=1000000&body=10", &options);
  stream(&s, &t[1], "http://a/?bytes=1000000&body=10", &options);
  scripting_run(&s, 5);
  take_on(&t[1]);
  scripting_run(&s, 0);
  lariat_stream_close(t[1].stream);
  CU_ASSERT_EQUAL(t[1].status, LARIAT_ECANCELLED);
  for (int i = 0; i < 2; i++) let_go(&t[i]);
  scripting_run(&s, 0);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_running, 0);
  scripting_close(&s);
}

/* A redirect's body is none of the taker's business. */
static void test_stream_of_a_redirect(void) {
  struct scripting s;
  struct taker t;
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = streamed(&s);
  stream(&s, &t, "http://a/?bytes=70000&body=5&to=/?bytes=20&body=5", &options);
  scripting_run(&s, 5);
  seen_http(&t.seen, 5, 200);
  take_on(&t);
  scripting_run(&s, 5);
  expect_taken(&t, 20, true, 10);
  let_go(&t);
  scripting_close(&s);
}

/* Descriptors. */

/* A pipe that is full is waited for. */
static void test_descriptor(void) {
  static char bytes[300 * KIB];
  struct scripting s;
  struct seen r = {0};
  int ends[2];
  size_t length = 0;
  ssize_t part = 0;
  scripting_open(&s, NULL, NULL);
  CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.sink = lariat_sink_fd(ends[1]);
  scripting_watch(&s, &r,
                  lariat_request(s.client, "GET",
                                 "http://a/?bytes=300000&body=20", &options));
  close(ends[1]);
  scripting_run(&s, 100);
  CU_ASSERT_EQUAL(r.fires, 0);
  for (int i = 0; i < 100 && length < 300000; i++) {
    while ((part = read(ends[0], bytes + length, sizeof bytes - length)) > 0)
      length += (size_t)part;
    scripting_run(&s, 0);
  }
  seen_http(&r, 100, 200);
  CU_ASSERT_EQUAL(r.length, 0);
  CU_ASSERT_EQUAL(length, 300000);
  CU_ASSERT_EQUAL(memcmp(bytes, produced_bytes(0), length), 0);
  close(ends[0]);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

static int scratch_file(void) { return memfd_create("scripted", MFD_CLOEXEC); }

/* A regular file is set back before another attempt. */
static void test_file(void) {
  char bytes[200];
  struct scripting s;
  struct seen r = {0};
  lariat_retry_policy policy = lariat_retry_defaults();
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  policy.max_retries = 2;
  options.retry = &policy;
  options.sink = lariat_sink_fd(scratch_file());
  CU_ASSERT_FATAL(options.sink.as.fd >= 0);
  CU_ASSERT_EQUAL(write(options.sink.as.fd, "before", 6), 6);
  scripting_watch(&s, &r,
                  lariat_request(s.client, "GET",
                                 "http://a/?status=503&bytes=100", &options));
  scripting_run(&s, 30000);
  CU_ASSERT_EQUAL(s.asked, 3);
  CU_ASSERT_EQUAL(r.http_status, 503);
  CU_ASSERT_EQUAL(pread(options.sink.as.fd, bytes, sizeof bytes, 0), 106);
  CU_ASSERT_EQUAL(memcmp(bytes, "before", 6), 0);
  CU_ASSERT_EQUAL(memcmp(bytes + 6, produced_bytes(0), 100), 0);
  close(options.sink.as.fd);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* Nobody reads. */
static void test_descriptor_fails(void) {
  struct scripting s;
  struct seen r = {0};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.sink = lariat_sink_fd(open("/dev/full", O_WRONLY | O_CLOEXEC));
  CU_ASSERT_FATAL(options.sink.as.fd >= 0);
  scripting_watch(
      &s, &r,
      lariat_request(s.client, "GET", "http://a/?bytes=300&body=20", &options));
  close(options.sink.as.fd);
  scripting_run(&s, 100);
  seen_failure(&r, 20, LARIAT_EWRITE, LARIAT_PHASE_BODY);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* Nowhere. */

enum { DISCARDED = 2500 };

static lariat_value check_discarded(lariat_value result, void *context) {
  const lariat_response *response = lariat_response_in(result);
  uint64_t length = *(const uint64_t *)context;
  uint8_t sha256[32];
  CU_ASSERT_EQUAL(lariat_response_body_bytes(response), length);
  CU_ASSERT_TRUE(lr_sha256_of(produced_bytes(0), length, sha256));
  CU_ASSERT_PTR_NOT_NULL_FATAL(lariat_response_sha256(response));
  CU_ASSERT_EQUAL(memcmp(lariat_response_sha256(response), sha256, 32), 0);
  return result;
}

static void test_discard(void) {
  static const struct {
    const char *method;
    const char *url;
    uint64_t length;
  } rows[] = {{"GET", "http://a/?bytes=2500&body=30", DISCARDED},
              {"GET", "http://a/?bytes=0&body=30", 0},
              {"HEAD", "http://a/?bytes=2500&body=30", 0},
              {"GET", "http://a/?to=/?bytes=2500&body=30", DISCARDED}};
  struct scripting s;
  struct seen r = {0};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.sink = lariat_sink_discard();
  options.sha256 = true;
  options.max_body_bytes = DISCARDED;
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    uint64_t length = rows[i].length;
    lariat_deferred *deferred =
        lariat_request(s.client, rows[i].method, rows[i].url, &options);
    lariat_deferred_add_callback(deferred, check_discarded, &length);
    scripting_watch(&s, &r, deferred);
    scripting_run(&s, 30);
    seen_http(&r, 30 * (i + 1), 200);
    CU_ASSERT_EQUAL(r.length, 0);
    scripting_forget(&r, 1);
  }
  options.max_body_bytes = DISCARDED - 1;
  scripting_watch(&s, &r,
                  lariat_request(s.client, "GET", rows[0].url, &options));
  scripting_run(&s, 30);
  seen_failure(&r, 30 * 5, LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* Transforms. */

static lariat_value measure(lariat_value result, void *context) {
  size_t length;
  (void)lariat_response_body(lariat_response_in(result), &length);
  ++*(int *)context;
  (void)lariat_value_drop(result);
  return lariat_int((intptr_t)length);
}

static void count_destroy(void *context) { *(int *)context += 10; }

static lariat_value keep_int(lariat_value result, void *context) {
  if (!lariat_is_failure(result)) *(intptr_t *)context = lariat_int_in(result);
  return lariat_value_drop(result);
}

static void test_transform(void) {
  struct scripting s;
  int calls = 0;
  intptr_t length = -1;
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.transform = measure;
  options.transform_context = &calls;
  options.transform_destroy = count_destroy;
  lariat_deferred *deferred = lariat_request(
      s.client, "GET", "http://a/?bytes=9&to=/?bytes=77&body=5", &options);
  lariat_deferred_release(
      lariat_deferred_add_both(deferred, keep_int, &length));
  scripting_run(&s, 10);
  CU_ASSERT_EQUAL(length, 77);
  CU_ASSERT_EQUAL(calls, 11);
  deferred =
      lariat_request(s.client, "GET", "http://a/?failure=truncated", &options);
  lariat_deferred_release(
      lariat_deferred_add_both(deferred, keep_int, &length));
  scripting_run(&s, 10);
  CU_ASSERT_EQUAL(calls, 21); /* a failed fetch does not come there */
  scripting_close(&s);
}

/* The budget. */

/* One body may always grow; the others wait until there is memory, and nothing
 * is lost. */
static void test_budget(void) {
  struct scripting s;
  struct seen r[3];
  struct taker t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.max_body_memory = 100 * KIB;
  scripting_open(&s, &pool, NULL);
  lariat_request_options options = streamed(&s);
  stream(&s, &t, "http://a/?bytes=400000&body=10", &options);
  scripting_run(&s, 4);
  lr_memory_budget *budget = lr_pool_budget(s.pool);
  CU_ASSERT(lr_memory_budget_left(budget) < 20 * KIB);
  for (int i = 0; i < 3; i++)
    scripting_get(&s, &r[i], "http://b/?bytes=90000&body=60");
  scripting_run(&s, 30);
  CU_ASSERT_EQUAL(r[0].fires + r[1].fires + r[2].fires, 0);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&budget->waiting), 3);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_receiving, 4);
  scripting_run(&s, 1000);
  for (int i = 0; i < 3; i++) {
    seen_http(&r[i], r[i].at_ms, 200);
    CU_ASSERT_EQUAL(r[i].length, 90000);
  }
  take_on(&t);
  scripting_run(&s, 1000);
  expect_taken(&t, 400000, true, t.at_ms);
  CU_ASSERT_TRUE(t.whole);
  CU_ASSERT_EQUAL(lr_memory_budget_left(budget), 100 * KIB);
  scripting_forget(r, 3);
  let_go(&t);
  scripting_close(&s);
}

/* Windows that nobody takes from hold no more together than the budget and a
 * piece each, and that until they are taken, though their fetches are over.  In
 * whatever order they are taken, all of them come to their ends. */
static void test_budget_of_windows(void) {
  for (int backwards = 0; backwards < 2; backwards++) {
    enum { STREAMS = 8 };
    struct scripting s;
    struct taker t[STREAMS];
    lariat_pool_options pool = lariat_pool_defaults();
    pool.max_body_memory = 100 * KIB;
    scripting_open(&s, &pool, NULL);
    lariat_request_options options = streamed(&s);
    options.sink = lariat_sink_stream(80 * KIB);
    for (int i = 0; i < STREAMS; i++)
      stream(&s, &t[i], "http://a/?bytes=75000&body=10", &options);
    scripting_run(&s, 100);
    lr_memory_budget *budget = lr_pool_budget(s.pool);
    CU_ASSERT(lr_u64_load_relaxed(&budget->held) >= 80 * KIB);
    CU_ASSERT(lr_u64_load_relaxed(&budget->held) <=
              100 * KIB + STREAMS * CHUNK);
    for (int i = 0; i < STREAMS; i++) {
      struct taker *next = &t[backwards ? STREAMS - 1 - i : i];
      take_on(next);
      scripting_run(&s, 0);
      take_on(next);
      scripting_run(&s, 100);
      expect_taken(next, 75000, true, next->at_ms);
      CU_ASSERT_TRUE(next->whole);
    }
    CU_ASSERT_EQUAL(lr_u64_load_relaxed(&budget->held), 0);
    for (int i = 0; i < STREAMS; i++) let_go(&t[i]);
    scripting_close(&s);
  }
}

/* A stream that is over keeps its part of the budget until it is taken, or let
 * go of, also when its pool and its client have been closed. */
static void test_budget_of_the_taken(void) {
  for (int how = 0; how < 4; how++) {
    struct scripting s;
    struct taker t;
    lariat_pool_options pool = lariat_pool_defaults();
    pool.max_body_memory = 100 * KIB;
    scripting_open(&s, &pool, NULL);
    lariat_request_options options = streamed(&s);
    stream(&s, &t, "http://a/?bytes=40000", &options);
    scripting_run(&s, 1);
    lr_memory_budget *budget = lr_pool_budget(s.pool);
    CU_ASSERT_EQUAL(lr_u64_load_relaxed(&budget->held), 3 * CHUNK);
    t.limit = 1;
    take_on(&t);
    CU_ASSERT_EQUAL(lr_u64_load_relaxed(&budget->held), 2 * CHUNK);
    t.limit = 10;
    if (how == 0) take_on(&t);
    if (how == 1) lariat_stream_close(t.stream);
    if (how == 2) let_go(&t);
    if (how < 3) CU_ASSERT_EQUAL(lr_u64_load_relaxed(&budget->held), 0);
    if (how == 3) {
      lariat_client_close(s.client);
      lariat_pool_release(s.pool);
      s.client = NULL;
      s.pool = NULL;
      scripting_run(&s, 0);
      take_on(&t);
      expect_taken(&t, 40000, true, t.at_ms);
    }
    if (how != 2) let_go(&t);
    scripting_close(&s);
  }
}

/* A body that is not for the caller is not the budget's any more: of an answer
 * that will be tried again, of a redirect that cannot be followed, of a request
 * that was cancelled meanwhile. */
static void test_budget_of_the_unwanted(void) {
  static const char *const urls[] = {"http://a/?status=503&bytes=5000",
                                     "http://a/?bytes=5000&to=ftp://b/",
                                     "http://a/?bytes=5000"};
  struct scripting s;
  struct seen r = {0};
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_retry_policy policy = lariat_retry_defaults();
  pool.max_body_memory = 100 * KIB;
  policy.max_retries = 1;
  policy.base_ms = policy.cap_ms = 10000;
  policy.seed = 1;
  scripting_open(&s, &pool, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.retry = &policy;
  for (size_t i = 0; i < FIXTURE_COUNT(urls); i++) {
    scripting_watch(&s, &r, lariat_request(s.client, "GET", urls[i], &options));
    fixture_turns(&s.f, 1);
    if (i == 2) scripting_cancel(&r);
    scripting_run(&s, 1);
    CU_ASSERT_EQUAL(s.asked, i + 1);
    CU_ASSERT_EQUAL(lr_memory_budget_left(lr_pool_budget(s.pool)), 100 * KIB);
    scripting_cancel(&r);
    scripting_forget(&r, 1);
  }
  scripting_close(&s);
}

/* Uploads. */

static lariat_upload *upload_of(struct scripting *s, uint64_t length,
                                size_t window) {
  lariat_upload *upload = NULL;
  CU_ASSERT_EQUAL_FATAL(
      lariat_upload_new(s->f.reactor, length, window, &upload), LARIAT_OK);
  return upload;
}

static void put(struct scripting *s, struct seen *r, const char *url,
                lariat_upload *upload) {
  lariat_request_options options = lariat_request_defaults(s->client);
  options.body = lariat_body_producer(upload);
  options.timeout_ms = 1000;
  r->then = NULL;
  scripting_watch(s, r, lariat_request(s->client, "PUT", url, &options));
}

static void expect_uploaded(const struct scripting *s, uint64_t bytes,
                            unsigned whole) {
  if (s->uploaded == bytes && s->upload_ends == whole && !s->upload_wrong)
    return;
  fixture_fail("%llu bytes of the upload%s, %u whole; not %llu, %u",
               (unsigned long long)s->uploaded,
               s->upload_wrong ? ", wrong" : "", s->upload_ends,
               (unsigned long long)bytes, whole);
}

/* A piece at a time, for a length that is known and for one that is not. */
static void test_upload_pace(void) {
  for (int known = 0; known < 2; known++) {
    struct scripting s;
    struct seen r;
    struct producer producer = {0};
    scripting_open(&s, NULL, NULL);
    lariat_upload *upload =
        upload_of(&s, known ? 20000 : LARIAT_LENGTH_UNKNOWN, 4096);
    put(&s, &r, "http://a/?connect=5&upload=10&upload-piece=1000&request=3",
        upload);
    producer_start(&producer, upload, 20000, 3000);
    CU_ASSERT_FALSE(producer.over);
    scripting_run(&s, 5 + 99);
    expect_uploaded(&s, 9000, 0);
    scripting_run(&s, 5 + 110);
    seen_http(&r, 205, 200);
    expect_uploaded(&s, 20000, 1);
    CU_ASSERT_EQUAL(producer.status, LARIAT_OK);
    CU_ASSERT(producer.waits > 3);
    scripting_forget(&r, 1);
    scripting_close(&s);
  }
}

/* It waits for its producer; the end alone takes no piece's time. */
static void test_slow_producer(void) {
  struct scripting s;
  struct seen r;
  struct producer producer = {.keeps = true};
  scripting_open(&s, NULL, NULL);
  lariat_upload *upload = upload_of(&s, LARIAT_LENGTH_UNKNOWN, 0);
  put(&s, &r, "http://a/?upload=1&body=7", upload);
  scripting_run(&s, 100);
  producer_start(&producer, upload, 10, 10);
  scripting_run(&s, 100);
  expect_uploaded(&s, 10, 0);
  producer.length = 30;
  producer_go_on(&producer);
  scripting_run(&s, 100);
  expect_uploaded(&s, 30, 0);
  CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_OK);
  lariat_upload_release(upload);
  scripting_run(&s, 100);
  seen_http(&r, 307, 200);
  expect_uploaded(&s, 30, 1);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

static lariat_status write_status(lariat_upload *upload, size_t length) {
  lariat_deferred *deferred =
      lariat_upload_write(upload, produced_bytes(0), length);
  lariat_status status = LARIAT_OK;
  if (lariat_deferred_fired(deferred) &&
      lariat_is_failure(lariat_deferred_peek(deferred)))
    status = lariat_failure_status(lariat_deferred_peek(deferred));
  lariat_deferred_forget(deferred);
  return status;
}

/* Fails, stops early, says too little and too much. */
static void test_bad_producers(void) {
  struct scripting s;
  struct seen r[4];
  lariat_upload *uploads[4];
  scripting_open(&s, NULL, NULL);
  for (int i = 0; i < 4; i++) {
    uploads[i] = upload_of(&s, i == 1 ? LARIAT_LENGTH_UNKNOWN : 100, 0);
    put(&s, &r[i], "http://a/", uploads[i]);
    CU_ASSERT_EQUAL(write_status(uploads[i], 50), LARIAT_OK);
  }
  scripting_run(&s, 10);
  CU_ASSERT_EQUAL(lariat_upload_fail(uploads[0], lariat_none()), LARIAT_OK);
  lariat_upload_release(uploads[1]);
  uploads[1] = NULL;
  CU_ASSERT_EQUAL(write_status(uploads[2], 51), LARIAT_EUPLOAD);
  CU_ASSERT_EQUAL(lariat_upload_end(uploads[3]), LARIAT_EUPLOAD);
  scripting_run(&s, 10);
  for (int i = 0; i < 4; i++) {
    seen_failure(&r[i], 10, LARIAT_EUPLOAD, LARIAT_PHASE_REQUEST);
    lariat_upload_release(uploads[i]);
  }
  CU_ASSERT_EQUAL(s.upload_ends, 0);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_running, 0);
  CU_ASSERT_EQUAL(scripting_stats(&s).connections, 0);
  scripting_forget(r, 4);
  scripting_close(&s);
}

/* The server answers early, fails early, or reads no further. */
static void test_server_stops(void) {
  static const char *const urls[] = {
      "http://a/?stops=5000&status=413",
      "http://a/?stops=5000&failure=connection-reset&in=request",
      "http://a/?stops=5000&never=request"};
  for (size_t i = 0; i < FIXTURE_COUNT(urls); i++) {
    struct scripting s;
    struct seen r;
    struct producer producer = {0};
    scripting_open(&s, NULL, NULL);
    lariat_upload *upload = upload_of(&s, LARIAT_LENGTH_UNKNOWN, 4096);
    put(&s, &r, urls[i], upload);
    producer_start(&producer, upload, 100000, 1000);
    scripting_run(&s, 1500);
    expect_uploaded(&s, 5000, 0);
    CU_ASSERT_TRUE(producer.over);
    CU_ASSERT_EQUAL(scripting_stats(&s).connections, 0);
    if (i == 0) seen_http(&r, 0, 413);
    if (i == 1) seen_failure(&r, 0, LARIAT_ERESET, LARIAT_PHASE_REQUEST);
    if (i == 2) seen_failure(&r, 1000, LARIAT_ETIMEDOUT, LARIAT_PHASE_REQUEST);
    CU_ASSERT_EQUAL(producer.status, i == 0   ? LARIAT_EANSWERED
                                     : i == 1 ? LARIAT_ERESET
                                              : LARIAT_ETIMEDOUT);
    scripting_forget(&r, 1);
    scripting_close(&s);
  }
}

/* A file is sent again where that is asked for, a producer's body is not. */
static void test_upload_again(void) {
  struct scripting s;
  struct seen r[2] = {{0}};
  struct producer producer = {0};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.body = lariat_body_file(scratch_file(), 0, LARIAT_LENGTH_UNKNOWN);
  CU_ASSERT_EQUAL(write(options.body.as.file.fd, produced_bytes(0), 50000),
                  50000);
  scripting_watch(
      &s, &r[0],
      lariat_request(s.client, "PUT", "http://a/?status=307&to=/b", &options));
  close(options.body.as.file.fd);
  scripting_run(&s, 0);
  seen_http(&r[0], 0, 200);
  expect_uploaded(&s, 50000, 2);
  lariat_upload *upload = upload_of(&s, LARIAT_LENGTH_UNKNOWN, 0);
  put(&s, &r[1], "http://a/?status=307&to=/b", upload);
  producer_start(&producer, upload, 100, 100);
  scripting_run(&s, 0);
  seen_failure(&r[1], 0, LARIAT_EUPLOAD, LARIAT_PHASE_NONE);
  scripting_forget(r, 2);
  scripting_close(&s);
}

/* With threads. */

enum { BODIES = 24 };

static unsigned ended;

static lariat_value note_end(lariat_value result, void *context) {
  size_t length = 0;
  CU_ASSERT_FALSE(lariat_is_failure(result));
  (void)context;
  (void)lariat_chunk_bytes(lariat_chunk_in(result), &length);
  CU_ASSERT_EQUAL(length, 100000);
  ended++;
  return lariat_value_drop(result);
}

static lariat_value read_all(lariat_value result, void *context) {
  (void)context;
  lariat_stream *stream_ = lariat_response_stream(lariat_response_in(result));
  lariat_deferred *all = lariat_stream_read_all(stream_, 100000);
  (void)lariat_value_drop(result);
  return lariat_deferred_value(all);
}

static bool all_ended(void *context) {
  (void)context;
  return ended == BODIES;
}

static void answer_in_pieces(const lariat_asked *asked, lariat_answer *answer,
                             void *context) {
  static const char body[100000];
  uint64_t length = 0;
  (void)context;
  CU_ASSERT_TRUE(lariat_asked_upload(asked, &length));
  answer->body = body;
  answer->body_length = sizeof body;
  answer->body_ms = 2;
  answer->upload_piece = 1000;
}

static void test_threads(void) {
  struct fixture f;
  lariat_pool *pool = NULL;
  lariat_client *client = NULL;
  struct producer producers[BODIES] = {{0}};
  char url[] = "http://a/";
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 2;
  options.max_body_memory = 128 * KIB;
  fixture_open(&f, FIXTURE_PLAIN);
  ended = 0;
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(&options, NULL, answer_in_pieces, NULL, &pool),
      LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lariat_client_new(pool, f.reactor, NULL, &client),
                        LARIAT_OK);
  for (unsigned i = 0; i < BODIES; i++) {
    lariat_request_options request = lariat_request_defaults(client);
    lariat_upload *upload = NULL;
    CU_ASSERT_EQUAL_FATAL(
        lariat_upload_new(f.reactor, i % 2 ? 30000 : LARIAT_LENGTH_UNKNOWN,
                          4096, &upload),
        LARIAT_OK);
    url[7] = (char)('a' + i);
    request.sink = lariat_sink_stream(32 * KIB);
    request.body = lariat_body_producer(upload);
    lariat_deferred *deferred = lariat_request(client, "PUT", url, &request);
    lariat_deferred_add_callback(deferred, read_all, NULL);
    lariat_deferred_release(lariat_deferred_add_both(deferred, note_end, NULL));
    producer_start(&producers[i], upload, 30000, 700);
  }
  CU_ASSERT_TRUE(fixture_run_until(&f, all_ended, NULL, 10000));
  lariat_client_close(client);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(pool, 1000), LARIAT_OK);
  lariat_pool_release(pool);
  fixture_close(&f);
}

/* The caller's reactor closes while the pool's threads have bodies in their
 * hands, in both directions: whoever comes last frees. */
static lariat_value drop_end(lariat_value result, void *context) {
  ++*(unsigned *)context;
  return lariat_value_drop(result);
}

static lariat_value no_transform(lariat_value response, void *context) {
  (void)context;
  return response;
}

static void ask_for_bodies(lariat_client *client, lariat_reactor *reactor,
                           unsigned *fires) {
  char url[] = "http://a/";
  for (unsigned i = 0; i < BODIES; i++) {
    lariat_request_options request = lariat_request_defaults(client);
    lariat_upload *upload = NULL;
    CU_ASSERT_EQUAL_FATAL(
        lariat_upload_new(reactor, LARIAT_LENGTH_UNKNOWN, 4096, &upload),
        LARIAT_OK);
    url[7] = (char)('a' + i);
    request.body = lariat_body_producer(upload);
    if (i % 3 == 0) request.sink = lariat_sink_stream(0);
    if (i % 3 == 1) request.transform = no_transform;
    lariat_deferred_release(lariat_deferred_add_both(
        lariat_request(client, "PUT", url, &request), drop_end, fires));
    lariat_deferred_forget(lariat_upload_write(upload, url, sizeof url));
    if (i % 2) CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_OK);
    lariat_upload_release(upload);
  }
}

static void test_reactor_closes(void) {
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  struct fixture f;
  options.reactors = 2;
  options.max_body_memory = 128 * KIB;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(&options, NULL, answer_in_pieces, NULL, &pool),
      LARIAT_OK);
  for (unsigned round = 0; round < 30; round++) {
    lariat_reactor *reactor = NULL;
    lariat_client *client = NULL;
    unsigned fires = 0;
    CU_ASSERT_EQUAL_FATAL(lariat_reactor_new(NULL, &reactor), LARIAT_OK);
    CU_ASSERT_EQUAL_FATAL(lariat_client_new(pool, reactor, NULL, &client),
                          LARIAT_OK);
    ask_for_bodies(client, reactor, &fires);
    for (unsigned turns = 0; turns < round; turns++)
      CU_ASSERT_EQUAL(lariat_reactor_run_once(reactor, 1), LARIAT_OK);
    CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
    CU_ASSERT_EQUAL(fires, BODIES);
  }
  CU_ASSERT_EQUAL(lariat_pool_close_wait(pool, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_memory_budget_left(lr_pool_budget(pool)), 128 * KIB);
  lariat_pool_release(pool);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"pieces", test_pieces},
      {"a window", test_window},
      {"streams that break off", test_stream_breaks},
      {"streams that are left", test_stream_is_left},
      {"a redirect to a stream", test_stream_of_a_redirect},
      {"a descriptor that is full", test_descriptor},
      {"a file, several times", test_file},
      {"a descriptor that fails", test_descriptor_fails},
      {"nowhere", test_discard},
      {"a transform", test_transform},
      {"a budget", test_budget},
      {"a budget, of windows", test_budget_of_windows},
      {"a budget, of what is taken late", test_budget_of_the_taken},
      {"bodies that nobody wants", test_budget_of_the_unwanted},
      {"the pace of an upload", test_upload_pace},
      {"a slow producer", test_slow_producer},
      {"producers that do not keep their word", test_bad_producers},
      {"servers that stop reading", test_server_stops},
      {"an upload, several times", test_upload_again},
      {"threads", test_threads},
      {"a reactor that closes", test_reactor_closes},
  };
  return fixture_main("scripted_bodies", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
