/* SPDX-License-Identifier: MIT
 * Bodies that are not in memory arrive whole, or fail by name: from files, and
 * from producers that write while they are sent. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/producing.h"
#include <lariat/failure.h>
#include <lariat/upload.h>

enum { MIB = 1 << 20, LENGTH_MOST = 5 * MIB };

static struct nginx *nginx;
static struct origin *origin;
static char text[512];

static const char *sink(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

static const char *at_nginx(enum nginx_port port, const char *path) {
  return nginx_url(nginx, port, path, text, sizeof text);
}

/* A nameless file with so much of the pattern in it. */
static int make_file(size_t length) {
  char name[] = "/tmp/lariat-upload-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  for (size_t at = 0; at < length;) {
    size_t part = length - at < MIB ? length - at : MIB;
    ssize_t written = write(fd, produced_bytes(at), part);
    CU_ASSERT_FATAL(written > 0);
    at += (size_t)written;
  }
  return fd;
}

static lariat_request_options with_file(const struct fetching *t, int fd,
                                        uint64_t offset, uint64_t length) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.body = lariat_body_file(fd, offset, length);
  return options;
}

static void expect_sunk(const struct outcome *o, uint64_t length) {
  char answer[128];
  outcome_expect_http(o, 200);
  outcome_expect_body(o, produced_answer(length, answer, sizeof answer));
}

/* Files. */

static void test_files_of_all_lengths(void) {
  static const size_t lengths[] = {0,     1,     100,    16384,      16385,
                                   65536, 65537, 300000, LENGTH_MOST};
  static const char *const methods[] = {"PUT", "POST", "PATCH", "GET"};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(lengths); i++) {
    int fd = make_file(lengths[i]);
    lariat_request_options options =
        with_file(&t, fd, 0, LARIAT_LENGTH_UNKNOWN);
    off_t before = lseek(fd, 0, SEEK_CUR);
    lariat_deferred *answer =
        lariat_request(t.client, methods[i % 4], sink("/sink"), &options);
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), before);
    close(fd); /* the request has its own */
    fetching_do(&t, &o, answer);
    expect_sunk(&o, lengths[i]);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* A range begins where the pattern does. */
static void test_a_range_of_a_file(void) {
  struct fetching t;
  struct outcome o;
  int fd = make_file(3 * MIB);
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = with_file(&t, fd, MIB, 70000);
  fetching_do(&t, &o, lariat_request(t.client, "PUT", sink("/sink"), &options));
  expect_sunk(&o, 70000);
  outcome_clear(&o, 1);
  options = with_file(&t, fd, 2 * MIB, LARIAT_LENGTH_UNKNOWN);
  fetching_do(&t, &o, lariat_request(t.client, "PUT", sink("/sink"), &options));
  expect_sunk(&o, MIB);
  outcome_clear(&o, 1);
  options = with_file(&t, fd, 3 * MIB, 0);
  fetching_do(&t, &o, lariat_request(t.client, "PUT", sink("/sink"), &options));
  expect_sunk(&o, 0);
  outcome_clear(&o, 1);
  close(fd);
  fetching_close(&t);
}

static void expect_refused(struct fetching *t, const char *method,
                           const lariat_request_options *options) {
  struct outcome o;
  fetching_do(t, &o, lariat_request(t->client, method, sink("/sink"), options));
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
}

static void test_what_is_no_file_is_refused(void) {
  struct fetching t;
  int ends[2];
  int fd = make_file(1000);
  fetching_open(&t, NULL, NULL);
  CU_ASSERT_FATAL(pipe(ends) == 0);
  int directory = open("/tmp", O_RDONLY | O_DIRECTORY);
  int write_only = open("/dev/null", O_WRONLY);
  int bad[] = {-1, 9999, ends[0], directory, write_only};
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    lariat_request_options options = with_file(&t, bad[i], 0, 1);
    expect_refused(&t, "PUT", &options);
  }
  lariat_request_options options = with_file(&t, fd, 1001, 0);
  expect_refused(&t, "PUT", &options);
  options = with_file(&t, fd, 1, 1000);
  expect_refused(&t, "PUT", &options);
  options = with_file(&t, fd, UINT64_MAX - 1, 2);
  expect_refused(&t, "PUT", &options);
  options = with_file(&t, fd, 0, 10);
  expect_refused(&t, "HEAD", &options);
  options.body.kind = LARIAT_BODY_PRODUCER + 1;
  expect_refused(&t, "PUT", &options);
  options.body = lariat_body_producer(NULL);
  expect_refused(&t, "PUT", &options);
  options.body = lariat_body_bytes(NULL, 1);
  expect_refused(&t, "PUT", &options);
  close(ends[0]);
  close(ends[1]);
  close(directory);
  close(write_only);
  close(fd);
  fetching_close(&t);
}

static void test_a_file_is_sent_again_for_a_redirect(void) {
  struct fetching t;
  struct outcome o;
  int fd = make_file(MIB);
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = with_file(&t, fd, 0, LARIAT_LENGTH_UNKNOWN);
  fetching_do(&t, &o,
              lariat_request(t.client, "PUT", sink("/take-307/0"), &options));
  expect_sunk(&o, MIB);
  outcome_clear(&o, 1);
  fetching_do(
      &t, &o,
      lariat_request(t.client, "PUT", sink("/take-307/1000"), &options));
  expect_sunk(&o, MIB);
  outcome_clear(&o, 1);
  fetching_do(&t, &o,
              lariat_request(t.client, "PUT", at_nginx(NGINX_PLAIN, "/as/308"),
                             &options));
  outcome_expect_body(&o, "PUT 1048576 application/octet-stream");
  outcome_clear(&o, 1);
  fetching_do(&t, &o,
              lariat_request(t.client, "POST", at_nginx(NGINX_PLAIN, "/as/302"),
                             &options));
  outcome_expect_body(&o, "GET  ");
  outcome_clear(&o, 1);
  close(fd);
  fetching_close(&t);
}

static bool one_in_flight(const struct origin_counts *counts, void *context) {
  (void)context;
  return counts->in_flight == 1;
}

/* The file is shorter when its turn has come. */
static void test_a_file_that_shrinks(void) {
  struct fetching t;
  struct outcome o[3];
  lariat_pool_options pool = lariat_pool_defaults();
  int fd = make_file(MIB);
  pool.max_jobs_per_host = 1;
  fetching_open(&t, &pool, NULL);
  outcome_watch(&o[0], lariat_get(t.client, sink("/hold")));
  CU_ASSERT(origin_wait_for(origin, one_in_flight, NULL, 5000));
  lariat_request_options options = with_file(&t, fd, 0, MIB);
  outcome_watch(&o[1],
                lariat_request(t.client, "PUT", sink("/sink"), &options));
  CU_ASSERT_EQUAL(ftruncate(fd, 300000), 0);
  origin_release(origin);
  fetching_wait(&t, o, 2, 5000);
  outcome_expect_http(&o[0], 200);
  outcome_expect_failure(&o[1], LARIAT_EUPLOAD, LARIAT_PHASE_REQUEST);
  CU_ASSERT(strstr(lariat_failure_message(o[1].value),
                   "300000 of 1048576 bytes") != NULL);
  fetching_do(&t, &o[2], lariat_get(t.client, sink("/page")));
  outcome_expect_http(&o[2], 200);
  CU_ASSERT_FALSE(lariat_response_reused(outcome_response(&o[2])));
  outcome_clear(o, 3);
  close(fd);
  fetching_close(&t);
}

/* Producers. */

static lariat_upload *new_upload(struct fetching *t, uint64_t length,
                                 size_t window) {
  lariat_upload *upload = NULL;
  CU_ASSERT_EQUAL_FATAL(
      lariat_upload_new(t->f.reactor, length, window, &upload), LARIAT_OK);
  return upload;
}

static lariat_deferred *put_upload(struct fetching *t, const char *url,
                                   lariat_upload *upload) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.body = lariat_body_producer(upload);
  return lariat_request(t->client, "PUT", url, &options);
}

static void produce_and_sink(struct fetching *t, uint64_t length, bool known,
                             size_t window, size_t piece, bool gives) {
  struct producer producer = {.gives = gives};
  struct outcome o;
  lariat_upload *upload =
      new_upload(t, known ? length : LARIAT_LENGTH_UNKNOWN, window);
  outcome_watch(&o, put_upload(t, sink("/sink"), upload));
  producer_start(&producer, upload, length, piece);
  fetching_wait(t, &o, 1, 10000);
  expect_sunk(&o, length);
  CU_ASSERT_TRUE(producer.over);
  CU_ASSERT_EQUAL(producer.status, LARIAT_OK);
  outcome_clear(&o, 1);
}

static void test_producers_of_all_lengths(void) {
  static const uint64_t lengths[] = {0,     1,     2,      4096,   4097,
                                     16384, 65537, 300000, 3 * MIB};
  static const size_t windows[] = {0, 4096, 65536, 100003};
  static const size_t pieces[] = {100000, 65536, 333, 4096, MIB};
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(lengths); i++)
    for (size_t k = 0; k < FIXTURE_COUNT(windows); k++) {
      size_t piece = pieces[(i + k) % FIXTURE_COUNT(pieces)];
      for (unsigned how = 0; how < 4; how++)
        produce_and_sink(&t, lengths[i], how % 2, windows[k], piece, how / 2);
    }
  fetching_close(&t);
}

/* Bytes that are copied and bytes that are not, in any order. */
static void test_copied_and_given(void) {
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (unsigned seed = 1; seed <= 12; seed++) {
    struct producer producer = {.keeps = true};
    struct outcome o;
    unsigned random = seed;
    lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 8192);
    outcome_watch(&o, put_upload(&t, sink("/sink"), upload));
    producer_start(&producer, upload, 0, 1);
    while (producer.written < 2 * MIB) {
      random = random * 1103515245 + 12345;
      producer.gives = random >> 16 & 1;
      producer.piece = 1 + (random >> 17) % (random >> 30 ? 3000 : 30000);
      producer.length += producer.piece;
      if (producer.length > 2 * MIB) producer.length = 2 * MIB;
      producer_go_on(&producer);
      while (!producer.over && !o.fires)
        (void)lariat_reactor_run_once(t.f.reactor, 100);
      producer.over = false;
    }
    CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_OK);
    lariat_upload_release(upload);
    fetching_wait(&t, &o, 1, 5000);
    expect_sunk(&o, 2 * MIB);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
  CU_ASSERT_EQUAL(produced_out, 0);
}

/* What is given is dropped once, whatever becomes of it. */
static void test_given_bytes_are_dropped(void) {
  static const char *const paths[] = {"/sink", "/take-stall/1000",
                                      "/take-reset/1000", "/take-413/1000"};
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (unsigned i = 0; i < 4 * FIXTURE_COUNT(paths); i++) {
    struct producer producer = {.gives = true};
    struct outcome o;
    lariat_upload *upload = new_upload(&t, 40 * MIB, 0);
    lariat_deferred *answer =
        put_upload(&t, sink(paths[i % FIXTURE_COUNT(paths)]), upload);
    outcome_watch(&o, lariat_deferred_retain(answer));
    producer_start(&producer, upload, 40 * MIB, MIB);
    fetching_run(&t, i < 8 ? i % 5 : 40);
    lariat_deferred_cancel(answer);
    lariat_deferred_release(answer);
    CU_ASSERT_EQUAL(o.fires, 1);
    CU_ASSERT_TRUE(producer.over);
    lariat_upload_release(producer.upload);
    outcome_clear(&o, 1);
  }
  lariat_upload *upload = new_upload(&t, 10, 0);
  lariat_deferred_forget(lariat_upload_give(upload, text, 11, NULL));
  lariat_deferred_forget(lariat_upload_give(upload, text, 1, NULL));
  lariat_upload_release(upload);
  (void)origin_close_all(origin);
  fetching_close(&t);
  CU_ASSERT_EQUAL(produced_out, 0);
}

/* What is written before the request is made waits for it. */
static void test_written_before_the_request(void) {
  struct fetching t;
  struct outcome o;
  struct producer producer = {.keeps = false};
  fetching_open(&t, NULL, NULL);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 65536);
  producer_start(&producer, upload, MIB, 300000);
  CU_ASSERT_FALSE(producer.over);
  outcome_watch(&o, put_upload(&t, sink("/sink"), upload));
  fetching_wait(&t, &o, 1, 5000);
  expect_sunk(&o, MIB);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static const enum nginx_port protocols[] = {NGINX_PLAIN, NGINX_TLS_HTTP1,
                                            NGINX_TLS, NGINX_H2C};

static void expect_stored(struct fetching *t, enum nginx_port port,
                          lariat_http http, uint64_t length) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(t->client);
  size_t got = 0;
  options.http = http;
  fetching_do(
      t, &o,
      lariat_request(t->client, "GET", at_nginx(port, "/store/up"), &options));
  const char *body = lariat_response_body(outcome_response(&o), &got);
  CU_ASSERT_EQUAL(got, length);
  for (uint64_t at = 0; got == length && at < length; at += MIB)
    CU_ASSERT_EQUAL(memcmp(body + at, produced_bytes(at),
                           length - at < MIB ? (size_t)(length - at) : MIB),
                    0);
  outcome_clear(&o, 1);
}

static void store(struct fetching *t, enum nginx_port port, uint64_t length,
                  bool known, int fd) {
  struct producer producer = {.keeps = false};
  struct outcome o;
  lariat_request_options options = fd >= 0 ? with_file(t, fd, 0, length)
                                           : lariat_request_defaults(t->client);
  options.http = port == NGINX_H2C ? LARIAT_HTTP_2 : LARIAT_HTTP_AUTO;
  if (fd < 0)
    options.body = lariat_body_producer(
        new_upload(t, known ? length : LARIAT_LENGTH_UNKNOWN, 50000));
  outcome_watch(&o, lariat_request(t->client, "PUT",
                                   at_nginx(port, "/store/up"), &options));
  if (fd < 0) producer_start(&producer, options.body.as.upload, length, 20000);
  fetching_wait(t, &o, 1, 10000);
  if (o.http_status != 201) outcome_expect_http(&o, 204);
  if (fd < 0) CU_ASSERT_EQUAL(producer.status, LARIAT_OK);
  outcome_clear(&o, 1);
  expect_stored(t, port, options.http, length);
}

static void test_over_every_protocol(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  int fd = make_file(LENGTH_MOST);
  pool.ca_file = nginx->ca_file;
  fetching_open(&t, &pool, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(protocols); i++) {
    store(&t, protocols[i], LENGTH_MOST, true, fd);
    store(&t, protocols[i], 2 * MIB, true, -1);
    store(&t, protocols[i], 2 * MIB + 1, false, -1);
    store(&t, protocols[i], 1, false, -1);
    store(&t, protocols[i], 0, false, -1);
    store(&t, protocols[i], 0, true, -1);
  }
  close(fd);
  fetching_close(&t);
}

/* A producer that is slow: the transfer is paused and goes on, many times. */
static void test_a_slow_producer(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.ca_file = nginx->ca_file;
  fetching_open(&t, &pool, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(protocols); i++) {
    struct producer producer = {.keeps = true};
    struct outcome o;
    lariat_request_options options = lariat_request_defaults(t.client);
    options.http = protocols[i] == NGINX_H2C ? LARIAT_HTTP_2 : LARIAT_HTTP_AUTO;
    options.body = lariat_body_producer(
        new_upload(&t, i % 2 ? 40000 : LARIAT_LENGTH_UNKNOWN, 0));
    outcome_watch(&o, lariat_request(t.client, "PUT",
                                     at_nginx(protocols[i], "/store/up"),
                                     &options));
    producer_start(&producer, options.body.as.upload, 0, 1000);
    for (unsigned k = 1; k <= 40; k++) {
      fetching_run(&t, 3);
      producer.length = k * 1000;
      producer_go_on(&producer);
    }
    fetching_run(&t, 10);
    CU_ASSERT_EQUAL(o.fires, 0); /* its end has not been told */
    CU_ASSERT_EQUAL(lariat_upload_end(options.body.as.upload), LARIAT_OK);
    lariat_upload_release(options.body.as.upload);
    fetching_wait(&t, &o, 1, 5000);
    CU_ASSERT(o.http_status == 201 || o.http_status == 204);
    outcome_clear(&o, 1);
    expect_stored(&t, protocols[i], options.http, 40000);
  }
  fetching_close(&t);
}

/* The window bounds what a server that does not read makes us keep. */
static void test_the_window_is_a_bound(void) {
  struct fetching t;
  struct outcome o;
  struct producer producer = {.keeps = true};
  fetching_open(&t, NULL, NULL);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 65536);
  lariat_deferred *answer = put_upload(&t, sink("/take-stall/1000"), upload);
  outcome_watch(&o, lariat_deferred_retain(answer));
  producer_start(&producer, upload, (uint64_t)1 << 40, 10000);
  uint64_t stuck = 0;
  for (unsigned i = 0; i < 50 && producer.written != stuck; i++) {
    stuck = producer.written;
    fetching_run(&t, 150);
  }
  CU_ASSERT_EQUAL(producer.written, stuck);
  CU_ASSERT(stuck < 32 * MIB); /* socket buffers, for the most part */
  CU_ASSERT_FALSE(producer.over);
  lariat_deferred *second = lariat_upload_write(upload, "x", 1);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(second)),
                  LARIAT_EOVERLOAD);
  lariat_deferred_forget(second);
  lariat_deferred_cancel(answer);
  lariat_deferred_release(answer);
  CU_ASSERT_TRUE(producer.over);
  CU_ASSERT_EQUAL(producer.status, LARIAT_ECANCELLED);
  outcome_expect_status(&o, LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_ECANCELLED);
  lariat_upload_release(upload);
  outcome_clear(&o, 1);
  (void)origin_close_all(origin); /* it does not look at what it stalls */
  fetching_close(&t);
}

/* How a producer fails its request. */

enum fault { FAILS, FAILS_WITH_CAUSE, LETS_GO, TOO_MUCH, TOO_LITTLE, FAULTS };

static void commit_fault(lariat_upload *upload, enum fault fault) {
  switch (fault) {
  case FAILS:
    CU_ASSERT_EQUAL(lariat_upload_fail(upload, lariat_none()), LARIAT_OK);
    CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_EUPLOAD);
    break;
  case FAILS_WITH_CAUSE:
    CU_ASSERT_EQUAL(
        lariat_upload_fail(upload, lariat_failure_new(LARIAT_EUSER, "no disc")),
        LARIAT_OK);
    break;
  case TOO_MUCH: {
    static const char zeros[200001];
    lariat_deferred *refused = lariat_upload_write(upload, zeros, 200001);
    CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(refused)),
                    LARIAT_EUPLOAD);
    lariat_deferred_forget(refused);
    break;
  }
  case TOO_LITTLE:
    CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_EUPLOAD);
    break;
  default:
    break;
  }
  lariat_upload_release(upload);
}

static bool one_sends(const lariat_pool_stats *stats) {
  return stats->jobs_running == 1 && stats->jobs_connecting == 0;
}

static void fail_upload(struct fetching *t, enum fault fault, bool known,
                        uint64_t before, unsigned wait_ms) {
  struct producer producer = {.keeps = true};
  struct outcome o;
  struct origin_counts counts = origin_counts(origin);
  lariat_upload *upload =
      new_upload(t, known ? 200000 : LARIAT_LENGTH_UNKNOWN, 0);
  outcome_watch(&o, put_upload(t, sink("/sink"), upload));
  producer_start(&producer, upload, before, 10000);
  fetching_wait_stats(t, one_sends);
  fetching_run(t, wait_ms);
  CU_ASSERT_EQUAL(o.fires, 0);
  commit_fault(upload, fault);
  CU_ASSERT_EQUAL(o.fires, 1);
  outcome_expect_failure(&o, LARIAT_EUPLOAD, LARIAT_PHASE_REQUEST);
  CU_ASSERT_STRING_EQUAL(lariat_failure_url(o.value), sink("/sink"));
  lariat_value cause = lariat_failure_cause(o.value);
  if (fault == FAILS_WITH_CAUSE)
    CU_ASSERT_STRING_EQUAL(lariat_failure_message(cause), "no disc");
  outcome_clear(&o, 1);
  fetching_do(t, &o, lariat_get(t->client, sink("/page")));
  outcome_expect_http(&o, 200);
  CU_ASSERT_FALSE(before && wait_ms &&
                  lariat_response_reused(outcome_response(&o)));
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(origin_counts(origin).answered, counts.answered + 1);
  (void)origin_close_all(origin);
}

static void test_producers_that_fail(void) {
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (enum fault fault = FAILS; fault < FAULTS; fault++) {
    fail_upload(&t, fault, true, 50000, 20);
    fail_upload(&t, fault, true, 50000, 0);
    fail_upload(&t, fault, true, 199999, 20);
    if (fault != TOO_LITTLE) fail_upload(&t, fault, true, 200000, 20);
    if (fault == TOO_MUCH || fault == TOO_LITTLE) continue;
    fail_upload(&t, fault, false, 0, 20);
    fail_upload(&t, fault, false, 300000, 20);
  }
  fetching_close(&t);
}

/* Nothing was asked of it yet. */
static void test_a_producer_that_fails_before_its_request(void) {
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 0);
  CU_ASSERT_EQUAL(lariat_upload_fail(upload, lariat_none()), LARIAT_OK);
  fetching_do(&t, &o, put_upload(&t, sink("/sink"), upload));
  outcome_expect_status(&o, LARIAT_EUPLOAD);
  outcome_clear(&o, 1);
  lariat_upload_release(upload);
  upload = new_upload(&t, 10, 0);
  lariat_upload_release(upload);
  fetching_close(&t);
}

/* A second request for the same body; a request that cannot begin. */
static void test_an_upload_is_for_one_request(void) {
  struct fetching t;
  struct outcome o[2];
  struct producer producer = {.keeps = true};
  fetching_open(&t, NULL, NULL);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 0);
  outcome_watch(&o[0], put_upload(&t, sink("/sink"), upload));
  fetching_do(&t, &o[1], put_upload(&t, sink("/sink"), upload));
  outcome_expect_status(&o[1], LARIAT_EALREADY);
  producer_start(&producer, upload, 1000, 1000);
  CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_OK);
  fetching_wait(&t, o, 1, 5000);
  expect_sunk(&o[0], 1000);
  outcome_clear(o, 2);
  CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_EANSWERED);
  lariat_upload_release(upload);
  upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 4096);
  producer_start(&producer, upload, MIB, MIB);
  CU_ASSERT_FALSE(producer.over);
  fetching_do(&t, &o[0], put_upload(&t, "ftp://nowhere/", upload));
  outcome_expect_status(&o[0], LARIAT_ESCHEME);
  CU_ASSERT_EQUAL(producer.status, LARIAT_ESCHEME);
  outcome_clear(o, 1);
  lariat_upload_release(upload);
  fetching_close(&t);
}

static void test_an_idle_producer_runs_out_of_time(void) {
  struct fetching t;
  for (unsigned i = 0; i < 2; i++) {
    struct outcome o;
    struct producer producer = {.keeps = true};
    lariat_client_options client = lariat_client_defaults();
    client.timeout_ms = 1500;
    fetching_open(&t, NULL, &client);
    lariat_upload *upload =
        new_upload(&t, i ? 100000 : LARIAT_LENGTH_UNKNOWN, 0);
    outcome_watch(&o, put_upload(&t, sink("/sink"), upload));
    producer_start(&producer, upload, 50000, 10000);
    fetching_wait(&t, &o, 1, 5000);
    outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_REQUEST);
    CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_ETIMEDOUT);
    lariat_upload_release(upload);
    outcome_clear(&o, 1);
    fetching_close(&t);
  }
}

/* The whole body is sent, and the server thinks about it. */
static void test_the_phase_after_the_body(void) {
  struct fetching t;
  struct outcome o;
  struct producer producer = {.keeps = false};
  lariat_client_options client = lariat_client_defaults();
  client.timeout_ms = 1500;
  fetching_open(&t, NULL, &client);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 0);
  outcome_watch(&o, put_upload(&t, sink("/take-stall/0"), upload));
  producer_start(&producer, upload, 50000, 10000);
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_FIRST_BYTE);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Answers before the end of the body. */

static void answered_early(struct fetching *t, const char *path, bool known,
                           int http_status, const char *body) {
  struct producer producer = {.keeps = true};
  struct outcome o;
  lariat_upload *upload =
      new_upload(t, known ? LENGTH_MOST : LARIAT_LENGTH_UNKNOWN, 65536);
  outcome_watch(&o, put_upload(t, sink(path), upload));
  producer_start(&producer, upload, MIB, 10000);
  fetching_wait(t, &o, 1, 5000);
  outcome_expect_http(&o, http_status);
  outcome_expect_body(&o, body);
  outcome_clear(&o, 1);
  lariat_deferred *late = lariat_upload_write(upload, "x", 1);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(late)),
                  LARIAT_EANSWERED);
  lariat_deferred_forget(late);
  CU_ASSERT_EQUAL(lariat_upload_end(upload), LARIAT_EANSWERED);
  lariat_upload_release(upload);
  fetching_do(t, &o, lariat_get(t->client, sink("/page")));
  outcome_expect_http(&o, 200);
  CU_ASSERT_FALSE(lariat_response_reused(outcome_response(&o)));
  outcome_clear(&o, 1);
  (void)origin_close_all(origin);
}

static void test_an_answer_before_the_end(void) {
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (unsigned i = 0; i < 10; i++) {
    answered_early(&t, "/take-413/1000", i % 2, 413, "large\n");
    answered_early(&t, "/take-413/900000", i % 2, 413, "large\n");
    answered_early(&t, "/take-early/1000", i % 2, 200, "early\n");
    answered_early(&t, "/take-early/900000", i % 2, 200, "early\n");
  }
  fetching_close(&t);
}

/* A server that breaks the connection at once may take its answer with it. */
static void test_an_answer_and_a_reset(void) {
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (unsigned i = 0; i < 20; i++) {
    struct producer producer = {.keeps = false};
    struct outcome o;
    lariat_upload *upload =
        new_upload(&t, i % 2 ? LENGTH_MOST : LARIAT_LENGTH_UNKNOWN, 65536);
    outcome_watch(&o, put_upload(&t, sink("/take-413-reset/100000"), upload));
    producer_start(&producer, upload, LENGTH_MOST, 10000);
    fetching_wait(&t, &o, 1, 5000);
    if (o.status != LARIAT_ERESET) outcome_expect_http(&o, 413);
    CU_ASSERT_TRUE(producer.over);
    CU_ASSERT(producer.status == LARIAT_EANSWERED ||
              producer.status == LARIAT_ERESET);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* libcurl 7.88 forgets the answer when it finds the end of the stream while it
 * sends. */
static bool may_lose_answer(enum nginx_port port) {
  return curl_version_info(CURLVERSION_NOW)->version_num < 0x080000 &&
         (port == NGINX_TLS || port == NGINX_H2C);
}

static bool has_produced(void *producer) {
  return ((const struct producer *)producer)->over;
}

/* nginx answers 413 and 200 by itself, over HTTP/2 too. */
static void test_an_early_answer_of_nginx(void) {
  struct fetching t;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.ca_file = nginx->ca_file;
  fetching_open(&t, &pool, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(protocols); i++)
    for (unsigned k = 0; k < 4; k++) {
      struct producer producer = {.keeps = true};
      struct outcome o;
      bool known = k % 2;
      bool lossy = may_lose_answer(protocols[i]);
      const char *path = k < 2 ? "/method" : "/status/403";
      lariat_request_options options = lariat_request_defaults(t.client);
      if (lossy) options.timeout_ms = 3000; /* it may wait for ever */
      options.http =
          protocols[i] == NGINX_H2C ? LARIAT_HTTP_2 : LARIAT_HTTP_AUTO;
      options.body = lariat_body_producer(
          new_upload(&t, known ? 40 * MIB : LARIAT_LENGTH_UNKNOWN, 0));
      outcome_watch(&o, lariat_request(t.client, "PUT",
                                       at_nginx(protocols[i], path), &options));
      producer_start(&producer, options.body.as.upload, 100000, 10000);
      fetching_run(&t, 30);
      if (!o.fires) { /* it waits for the end of the body */
        producer.length = 40 * MIB;
        producer_go_on(&producer);
        (void)fixture_run_until(&t.f, has_produced, &producer, 5000);
        (void)lariat_upload_end(options.body.as.upload);
      }
      fetching_wait(&t, &o, 1, 5000);
      if (!lossy ||
          (o.status != LARIAT_ERESET && o.status != LARIAT_ETRUNCATED &&
           o.status != LARIAT_ETIMEDOUT))
        outcome_expect_http(&o, k < 2 ? 200 : 403);
      outcome_clear(&o, 1);
      lariat_upload_release(options.body.as.upload);
    }
  fetching_close(&t);
}

/* An answer whose head goes to its caller before the body is sent. */
static void test_an_early_answer_as_a_stream(void) {
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (unsigned i = 0; i < 2; i++) {
    struct producer producer = {.keeps = true};
    struct outcome o;
    lariat_request_options options = lariat_request_defaults(t.client);
    lariat_upload *upload =
        new_upload(&t, i ? LENGTH_MOST : LARIAT_LENGTH_UNKNOWN, 65536);
    options.body = lariat_body_producer(upload);
    options.sink = lariat_sink_stream(0);
    outcome_watch(&o, lariat_request(t.client, "PUT", sink("/take-early/1000"),
                                     &options));
    producer_start(&producer, upload, MIB, 10000);
    fetching_wait(&t, &o, 1, 5000);
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1); /* closes the stream, and ends the fetch */
    lariat_upload_release(upload);
    (void)origin_close_all(origin);
  }
  fetching_close(&t);
}

/* Redirects. */

static void test_redirects_of_a_producer(void) {
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (unsigned i = 0; i < 2; i++) {
    struct producer producer = {.keeps = false};
    lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 0);
    outcome_watch(
        &o, put_upload(&t, sink(i ? "/take-307/100" : "/take-307/0"), upload));
    producer_start(&producer, upload, 50000, 10000);
    fetching_wait(&t, &o, 1, 5000);
    outcome_expect_status(&o, LARIAT_EUPLOAD);
    CU_ASSERT(strstr(lariat_failure_message(o.value), "redirect") != NULL);
    outcome_clear(&o, 1);
  }
  struct producer producer = {.keeps = false};
  lariat_upload *upload = new_upload(&t, 5000, 0);
  outcome_watch(&o, put_upload(&t, at_nginx(NGINX_PLAIN, "/as/303"), upload));
  producer_start(&producer, upload, 5000, 1000);
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_body(&o, "GET  ");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Retries: a file is sent again, a producer's bytes only if none was read. */

static const int again_statuses[] = {503};

static lariat_client_options retrying(unsigned retries) {
  static lariat_retry_policy policy;
  lariat_client_options client = lariat_client_defaults();
  policy = lariat_retry_defaults();
  policy.max_retries = retries;
  policy.base_ms = 1;
  policy.cap_ms = 5;
  policy.no_budget = true;
  policy.statuses = again_statuses;
  policy.status_count = 1;
  client.retry = &policy;
  return client;
}

static void test_retries(void) {
  struct fetching t;
  struct outcome o;
  lariat_client_options client = retrying(2);
  int fd = make_file(MIB);
  fetching_open(&t, NULL, &client);
  lariat_request_options options = with_file(&t, fd, 0, LARIAT_LENGTH_UNKNOWN);
  fetching_do(
      &t, &o,
      lariat_request(t.client, "PUT", sink("/take-reset/100000"), &options));
  CU_ASSERT_TRUE(o.status == LARIAT_ERESET || o.status == LARIAT_EEMPTY);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 3);
  outcome_clear(&o, 1);
  fetching_do(&t, &o,
              lariat_request(t.client, "PUT",
                             at_nginx(NGINX_PLAIN, "/status/503"), &options));
  outcome_expect_http(&o, 503);
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 3);
  outcome_clear(&o, 1);
  struct producer producer = {.keeps = false};
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 0);
  outcome_watch(&o, put_upload(&t, sink("/take-reset/100000"), upload));
  producer_start(&producer, upload, MIB, 10000);
  fetching_wait(&t, &o, 1, 5000);
  CU_ASSERT_TRUE(o.status == LARIAT_ERESET || o.status == LARIAT_EEMPTY);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 1);
  CU_ASSERT_EQUAL(lariat_failure_retry_end(o.value), LARIAT_RETRY_BODY);
  outcome_clear(&o, 1);
  close(fd);
  fetching_close(&t);
}

/* Nobody listens at first: nothing of the body is read before somebody does. */
static void test_a_producer_waits_for_a_server(void) {
  struct fetching t;
  struct outcome o;
  struct producer producer = {.keeps = false};
  lariat_client_options client = retrying(1000);
  struct origin *late = origin_start(NULL);
  struct origin_options options = {.port = origin_port(late)};
  origin_stop(late);
  fetching_open(&t, NULL, &client);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/sink", options.port);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 0);
  outcome_watch(&o, put_upload(&t, url, upload));
  producer_start(&producer, upload, MIB, 10000);
  fetching_run(&t, 30);
  CU_ASSERT_EQUAL(o.fires, 0);
  late = origin_start(&options);
  fetching_wait(&t, &o, 1, 5000);
  expect_sunk(&o, MIB);
  CU_ASSERT(lariat_response_attempts(outcome_response(&o)) > 1);
  outcome_clear(&o, 1);
  origin_stop(late);
  fetching_close(&t);
}

/* Whether an upload that goes on, a piece in each third part of the idle limit,
 * and then no more, fails only then. */
static bool goes_on_and_stops(unsigned idle_ms) {
  struct fetching t;
  struct outcome o;
  struct producer producer = {.keeps = true};
  bool alive = true;
  lariat_client_options client = lariat_client_defaults();
  client.idle_timeout_ms = idle_ms;
  client.timeout_ms = 0;
  fetching_open(&t, NULL, &client);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 0);
  outcome_watch(&o, put_upload(&t, sink("/sink"), upload));
  producer_start(&producer, upload, 1000, 1000);
  for (unsigned i = 2; i <= 10 && alive; i++) {
    fetching_run(&t, idle_ms / 3);
    alive = o.fires == 0;
    producer.length = i * 1000;
    if (alive) producer_go_on(&producer);
  }
  fetching_wait(&t, &o, 1, 5000);
  outcome_expect_status(&o, LARIAT_ETIMEDOUT);
  if (alive) CU_ASSERT_EQUAL(o.phase, LARIAT_PHASE_REQUEST);
  lariat_upload_release(upload);
  outcome_clear(&o, 1);
  fetching_close(&t);
  return alive;
}

/* Neither side does anything.  A machine that is too busy to go on in time gets
 * a longer limit. */
static void test_the_idle_limit(void) {
  unsigned idle_ms = 150;
  bool alive = goes_on_and_stops(idle_ms);
  while (!alive && idle_ms < 5000) alive = goes_on_and_stops(idle_ms *= 4);
  CU_ASSERT_TRUE(alive);
}

/* At home: the producer and libcurl are on one thread. */

struct resident {
  struct fetching *t;
  struct producer producer;
  lariat_client *client;
  lariat_deferred *answer;
  char text[128];
  lr_atomic_u32 done;
};

static lariat_value resident_answered(lariat_value result, void *context) {
  struct resident *resident = context;
  if (lariat_is_failure(result))
    snprintf(resident->text, sizeof resident->text, "%s",
             lariat_failure_message(result));
  else
    snprintf(resident->text, sizeof resident->text, "%s",
             lariat_response_body(lariat_response_in(result), NULL));
  lariat_client_close(resident->client);
  lr_u32_store_release(&resident->done, 1);
  return lariat_value_drop(result);
}

static void move_in(void *context) {
  struct resident *resident = context;
  lariat_reactor *reactor = lariat_reactor_current();
  lariat_client_options options = lariat_client_defaults();
  lariat_upload *upload = NULL;
  char url[64];
  options.placement = LARIAT_PLACE_HOME;
  snprintf(url, sizeof url, "http://127.0.0.1:%u/sink", origin_port(origin));
  if (lariat_client_new(resident->t->pool, reactor, &options,
                        &resident->client) != LARIAT_OK ||
      lariat_upload_new(reactor, LARIAT_LENGTH_UNKNOWN, 20000, &upload) !=
          LARIAT_OK)
    return;
  lariat_request_options request = lariat_request_defaults(resident->client);
  request.body = lariat_body_producer(upload);
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_request(resident->client, "PUT", url, &request), resident_answered,
      resident));
  producer_start(&resident->producer, upload, 3 * MIB, 7000);
}

static bool resident_is_done(void *context) {
  return lr_u32_load_acquire(&((struct resident *)context)->done) != 0;
}

static void test_at_home(void) {
  static struct resident resident;
  struct fetching t;
  char answer[128];
  fetching_open_pool(&t, NULL);
  memset(&resident, 0, sizeof resident);
  resident.t = &t;
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, move_in, &resident, NULL),
                  LARIAT_OK);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, resident_is_done, &resident, 10000));
  CU_ASSERT_STRING_EQUAL(resident.text,
                         produced_answer(3 * MIB, answer, sizeof answer));
  t.client = NULL;
  fetching_close(&t);
}

/* Connections that break. */

static bool is_broken(lariat_status status) {
  return status == LARIAT_ERESET || status == LARIAT_EEMPTY;
}

static void broken_at(struct fetching *t, const char *how, unsigned long at,
                      bool known, int fd) {
  char path[64];
  struct producer producer = {.keeps = false};
  struct outcome o;
  lariat_request_options options =
      fd >= 0 ? with_file(t, fd, 0, LARIAT_LENGTH_UNKNOWN)
              : lariat_request_defaults(t->client);
  snprintf(path, sizeof path, "/take-%s/%lu", how, at);
  if (fd < 0)
    options.body = lariat_body_producer(
        new_upload(t, known ? 2 * MIB : LARIAT_LENGTH_UNKNOWN, 65536));
  outcome_watch(&o, lariat_request(t->client, "PUT", sink(path), &options));
  if (fd < 0) producer_start(&producer, options.body.as.upload, 2 * MIB, 5000);
  fetching_wait(t, &o, 1, 5000);
  CU_ASSERT_TRUE(is_broken(o.status));
  if (!is_broken(o.status)) outcome_expect_status(&o, LARIAT_ERESET);
  if (fd < 0) {
    CU_ASSERT_TRUE(producer.over);
    CU_ASSERT(producer.status == LARIAT_OK || producer.status == o.status);
    lariat_upload_release(producer.upload);
  }
  outcome_clear(&o, 1);
}

static void test_broken_at_each_place(void) {
  static const unsigned long places[] = {
      1,     2,     3,     100,   1000,   4095,    4096,    4097,   16383,
      16384, 65535, 65536, 65537, 200000, 1000000, 2097151, 2097152};
  struct fetching t;
  int fd = make_file(2 * MIB);
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(places); i++)
    for (unsigned k = 0; k < 2; k++) {
      const char *how = k ? "reset" : "close";
      broken_at(&t, how, places[i], true, -1);
      broken_at(&t, how, places[i], false, -1);
      broken_at(&t, how, places[i], true, fd);
    }
  close(fd);
  fetching_close(&t);
}

/* Handles that have sent a body are as good as new for what follows. */
static void test_other_requests_after_it(void) {
  struct fetching t;
  struct outcome o;
  lariat_pool_options pool = lariat_pool_defaults();
  int fd = make_file(1000);
  pool.reactors = 1;
  fetching_open(&t, &pool, NULL);
  for (unsigned i = 0; i < 3; i++) {
    lariat_request_options options = with_file(&t, fd, 0, 1000);
    fetching_do(&t, &o,
                lariat_request(t.client, i % 2 ? "POST" : "PUT", sink("/sink"),
                               &options));
    expect_sunk(&o, 1000);
    outcome_clear(&o, 1);
    fetching_do(&t, &o,
                lariat_post(t.client, sink("/sink"), produced_bytes(0), 500));
    expect_sunk(&o, 500);
    CU_ASSERT_TRUE(lariat_response_reused(outcome_response(&o)));
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_get(t.client, sink("/page")));
    outcome_expect_body(&o, "page\n");
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_head(t.client, sink("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  close(fd);
  fetching_close(&t);
}

/* Many at once, and some of them cancelled at any moment. */
static void test_many_at_once(void) {
  enum { COUNT = 60 };
  static struct producer producers[COUNT];
  static struct outcome outcomes[COUNT];
  static lariat_deferred *answers[COUNT];
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (unsigned i = 0; i < COUNT; i++) {
    uint64_t length = 100000 + i * 1000;
    lariat_upload *upload =
        new_upload(&t, i % 2 ? length : LARIAT_LENGTH_UNKNOWN, 16384);
    answers[i] = put_upload(&t, sink("/sink"), upload);
    outcome_watch(&outcomes[i], lariat_deferred_retain(answers[i]));
    producer_start(&producers[i], upload, length, 3000 + i);
  }
  for (unsigned i = 0; i < COUNT; i += 5) {
    fetching_run(&t, 1);
    lariat_deferred_cancel(answers[i]);
  }
  fetching_wait(&t, outcomes, COUNT, 10000);
  for (unsigned i = 0; i < COUNT; i++) {
    lariat_deferred_release(answers[i]);
    if (i % 5 || outcomes[i].status == LARIAT_OK)
      expect_sunk(&outcomes[i], 100000 + i * 1000);
    else
      outcome_expect_status(&outcomes[i], LARIAT_ECANCELLED);
    lariat_upload_release(producers[i].upload);
  }
  outcome_clear(outcomes, COUNT);
  fetching_close(&t);
}

/* The reactor closes while a producer waits: its deferreds fire. */
static void test_the_reactor_closes(void) {
  struct fetching t;
  struct outcome o;
  struct producer producer = {.keeps = true};
  fetching_open(&t, NULL, NULL);
  lariat_upload *upload = new_upload(&t, LARIAT_LENGTH_UNKNOWN, 65536);
  outcome_watch(&o, put_upload(&t, sink("/take-stall/1000"), upload));
  producer_start(&producer, upload, (uint64_t)1 << 40, 100000);
  fetching_run(&t, 50);
  CU_ASSERT_FALSE(producer.over);
  fixture_close_reactor(&t.f, 2000);
  t.client = NULL;
  CU_ASSERT_TRUE(producer.over);
  CU_ASSERT_EQUAL(producer.status, LARIAT_ECANCELLED);
  outcome_expect_status(&o, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  lariat_upload_release(upload);
  (void)origin_close_all(origin);
  fetching_close(&t);
}

/* Memory that runs out, at each allocation in turn. */

static void run_scarce(uint64_t nth, int fd, uint64_t *allocations) {
  struct fetching t;
  struct outcome o[2];
  struct producer producer = {.keeps = false};
  lariat_upload *upload = NULL;
  fetching_open(&t, NULL, NULL);
  uint64_t before = fixture_allocations(&t.f);
  fixture_fail_allocation(&t.f, nth);
  lariat_status status =
      lariat_upload_new(t.f.reactor, LARIAT_LENGTH_UNKNOWN, 4096, &upload);
  lariat_request_options options = with_file(&t, fd, 0, LARIAT_LENGTH_UNKNOWN);
  outcome_watch(&o[0],
                lariat_request(t.client, "PUT", sink("/sink"), &options));
  outcome_watch(&o[1], upload ? put_upload(&t, sink("/sink"), upload)
                              : lariat_get(t.client, sink("/page")));
  if (upload) producer_start(&producer, upload, 50000, 9000);
  fetching_wait(&t, o, 2, 5000);
  fixture_fail_allocation(&t.f, 0);
  *allocations = fixture_allocations(&t.f) - before;
  for (unsigned i = 0; i < 2; i++)
    CU_ASSERT(o[i].status == LARIAT_OK || o[i].status == LARIAT_ENOMEM ||
              o[i].status == LARIAT_EUPLOAD);
  CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
  outcome_clear(o, 2);
  fetching_close(&t);
}

static void test_memory_runs_out(void) {
  int fd = make_file(50000);
  uint64_t allocations = 1;
  for (uint64_t nth = 1; nth <= allocations; nth++)
    run_scarce(nth, fd, &allocations);
  close(fd);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"files of all lengths", test_files_of_all_lengths},
      {"a range of a file", test_a_range_of_a_file},
      {"what is no file is refused", test_what_is_no_file_is_refused},
      {"a file is sent again for a redirect",
       test_a_file_is_sent_again_for_a_redirect},
      {"a file that shrinks", test_a_file_that_shrinks},
      {"producers of all lengths", test_producers_of_all_lengths},
      {"copied and given", test_copied_and_given},
      {"given bytes are dropped", test_given_bytes_are_dropped},
      {"written before the request", test_written_before_the_request},
      {"over every protocol", test_over_every_protocol},
      {"a slow producer", test_a_slow_producer},
      {"the window is a bound", test_the_window_is_a_bound},
      {"producers that fail", test_producers_that_fail},
      {"a producer that fails before its request",
       test_a_producer_that_fails_before_its_request},
      {"an upload is for one request", test_an_upload_is_for_one_request},
      {"an idle producer runs out of time",
       test_an_idle_producer_runs_out_of_time},
      {"the phase after the body", test_the_phase_after_the_body},
      {"an answer before the end", test_an_answer_before_the_end},
      {"an answer and a reset", test_an_answer_and_a_reset},
      {"an early answer of nginx", test_an_early_answer_of_nginx},
      {"an early answer as a stream", test_an_early_answer_as_a_stream},
      {"redirects of a producer", test_redirects_of_a_producer},
      {"retries", test_retries},
      {"a producer waits for a server", test_a_producer_waits_for_a_server},
      {"the idle limit", test_the_idle_limit},
      {"at home", test_at_home},
      {"broken at each place", test_broken_at_each_place},
      {"other requests after it", test_other_requests_after_it},
      {"many at once", test_many_at_once},
      {"memory runs out", test_memory_runs_out},
      {"the reactor closes", test_the_reactor_closes},
  };
  nginx = nginx_start(NULL);
  origin = origin_start(NULL);
  if (!nginx || !origin) return 1;
  int result = fixture_main("upload", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  nginx_stop(nginx);
  return result;
}
