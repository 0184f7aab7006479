/* SPDX-License-Identifier: MIT
 * Bodies that go to a descriptor, and responses that are transformed on the
 * pool's thread. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include <lariat/failure.h>
#include <lariat/stream.h>

enum { PATIENCE_MS = 10000 };

static struct nginx *nginx;
static struct origin *origin;
static char text[512];

static const char *url(const char *path) {
  return nginx_url(nginx, NGINX_PLAIN, path, text, sizeof text);
}

static const char *bad_url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

static lariat_request_options to_fd(const struct fetching *t, int fd) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_fd(fd);
  return options;
}

static int new_file(void) { return memfd_create("body", MFD_CLOEXEC); }

/* The file has nginx's bytes from `from` on. */
static void expect_file(int fd, off_t from, size_t length) {
  off_t end = lseek(fd, 0, SEEK_END);
  CU_ASSERT_EQUAL(end, from + (off_t)length);
  if (end != from + (off_t)length || length == 0) return;
  char *bytes = mmap(NULL, (size_t)end, PROT_READ, MAP_SHARED, fd, 0);
  CU_ASSERT_TRUE_FATAL(bytes != MAP_FAILED);
  size_t wrong = 0;
  for (size_t i = 0; i < length; i++)
    wrong += bytes[(size_t)from + i] != nginx_file_byte(i);
  CU_ASSERT_EQUAL(wrong, 0);
  munmap(bytes, (size_t)end);
}

static void test_to_a_file(void) {
  static const char *const paths[] = {"/big", "/text", "/status/204"};
  static const size_t lengths[] = {NGINX_BIG_BYTES, NGINX_TEXT_BYTES, 0};
  struct fetching t;
  struct outcome o[2];
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    int fd = new_file();
    lariat_request_options options = to_fd(&t, fd);
    options.sha256 = true;
    CU_ASSERT_EQUAL(write(fd, "before", 6), 6);
    fetching_do(&t, &o[0],
                lariat_request(t.client, "GET", url(paths[i]), &options));
    const lariat_response *response = outcome_response(&o[0]);
    size_t length = 1;
    (void)lariat_response_body(response, &length);
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(lariat_response_body_bytes(response), lengths[i]);
    expect_file(fd, 6, lengths[i]);
    options.sink = lariat_sink_memory();
    fetching_do(&t, &o[1],
                lariat_request(t.client, "GET", url(paths[i]), &options));
    CU_ASSERT_EQUAL(memcmp(lariat_response_sha256(response),
                           lariat_response_sha256(outcome_response(&o[1])), 32),
                    0);
    CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o[1])),
                    lengths[i]);
    outcome_clear(o, 2);
    close(fd);
  }
  fetching_close(&t);
}

static void test_redirects(void) {
  struct fetching t;
  struct outcome o;
  int fd = new_file();
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = to_fd(&t, fd);
  fetching_do(&t, &o,
              lariat_request(t.client, "GET", url("/redirect/2"), &options));
  outcome_expect_http(&o, 200);
  CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END),
                  (off_t)lariat_response_body_bytes(outcome_response(&o)));
  outcome_clear(&o, 1);
  close(fd);
  fetching_close(&t);
}

/* What an attempt has written is taken back before the next. */
static void test_tried_again(void) {
  static const struct {
    const char *path;
    lariat_status status;
  } cases[] = {{"/status/503", LARIAT_OK}, {"/mid-body", LARIAT_ETRUNCATED}};
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    struct fetching t;
    struct outcome o;
    int fd = new_file();
    lariat_retry_policy retry = lariat_retry_defaults();
    lariat_client_options client = lariat_client_defaults();
    retry.max_retries = 2;
    retry.base_ms = 1;
    client.retry = &retry;
    fetching_open(&t, NULL, &client);
    CU_ASSERT_EQUAL(write(fd, "before", 6), 6);
    lariat_request_options options = to_fd(&t, fd);
    const char *where = i ? bad_url(cases[i].path) : url(cases[i].path);
    fetching_do(&t, &o, lariat_request(t.client, "GET", where, &options));
    CU_ASSERT_EQUAL(o.status, cases[i].status);
    if (cases[i].status == LARIAT_OK) {
      const lariat_response *response = outcome_response(&o);
      CU_ASSERT_EQUAL(lariat_response_attempts(response), 3);
      CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END),
                      6 + (off_t)lariat_response_body_bytes(response));
    } else {
      CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), 6 + 50);
    }
    outcome_clear(&o, 1);
    close(fd);
    fetching_close(&t);
  }
}

static void test_closed_after_the_call(void) {
  struct fetching t;
  struct outcome o;
  int fd = new_file();
  int kept = dup(fd);
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = to_fd(&t, fd);
  outcome_watch(&o, lariat_request(t.client, "GET", url("/big"), &options));
  close(fd);
  CU_ASSERT_TRUE(fetching_wait(&t, &o, 1, PATIENCE_MS));
  expect_file(kept, 0, NGINX_BIG_BYTES);
  outcome_clear(&o, 1);
  options.sink.as.fd = 1000000; /* none that is open */
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/big"), &options));
  outcome_expect_status(&o, LARIAT_EWRITE);
  outcome_clear(&o, 1);
  close(kept);
  fetching_close(&t);
}

/* Reads a pipe slowly to its end. */
static void *drain(void *context) {
  int fd = *(int *)context;
  static char got[NGINX_BIG_BYTES];
  size_t length = 0;
  ssize_t count;
  while ((count = read(fd, got + length, 5000)) > 0) {
    length += (size_t)count;
    usleep(200);
  }
  for (size_t i = 0; i < length; i++)
    if (got[i] != nginx_file_byte(i)) return (void *)got;
  return length == NGINX_BIG_BYTES ? NULL : (void *)got;
}

static void test_to_a_pipe(void) {
  static const int flags[] = {O_NONBLOCK | O_CLOEXEC, O_CLOEXEC};
  for (size_t i = 0; i < FIXTURE_COUNT(flags); i++) {
    struct fetching t;
    struct outcome o;
    int ends[2];
    pthread_t thread;
    void *wrong = NULL;
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL(fcntl(ends[1], F_SETFL, flags[i] & O_NONBLOCK), 0);
    pthread_create(&thread, NULL, drain, &ends[0]);
    fetching_open(&t, NULL, NULL);
    lariat_request_options options = to_fd(&t, ends[1]);
    options.sha256 = true;
    fetching_do(&t, &o, lariat_request(t.client, "GET", url("/big"), &options));
    CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)),
                    NGINX_BIG_BYTES);
    outcome_clear(&o, 1);
    fetching_close(&t);
    close(ends[1]);
    pthread_join(thread, &wrong);
    CU_ASSERT_PTR_NULL(wrong);
    close(ends[0]);
  }
}

static void test_that_cannot_be_written(void) {
  struct fetching t;
  struct outcome o;
  int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  int ends[2];
  CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = to_fd(&t, full);
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/big"), &options));
  outcome_expect_failure(&o, LARIAT_EWRITE, LARIAT_PHASE_BODY);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(lariat_failure_message(o.value), "No space left on device"));
  outcome_clear(&o, 1);
  /* Full, and then without a reader. */
  options = to_fd(&t, ends[1]);
  outcome_watch(&o, lariat_request(t.client, "GET", url("/big"), &options));
  fetching_run(&t, 50);
  CU_ASSERT_EQUAL(o.fires, 0);
  close(ends[0]);
  CU_ASSERT_TRUE(fetching_wait(&t, &o, 1, PATIENCE_MS));
  outcome_expect_status(&o, LARIAT_EWRITE);
  outcome_clear(&o, 1);
  close(ends[1]);
  close(full);
  fetching_expect_ledger(t.client, 2, 0, 2, 0);
  fetching_close(&t);
}

static void test_limits_and_ends(void) {
  struct fetching t;
  struct outcome o;
  int ends[2];
  int fd = new_file();
  fetching_open(&t, NULL, NULL);
  lariat_request_options options = to_fd(&t, fd);
  options.max_body_bytes = 100000;
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/big"), &options));
  outcome_expect_status(&o, LARIAT_EBODYLIMIT);
  CU_ASSERT_TRUE(lseek(fd, 0, SEEK_END) <= 100000);
  outcome_clear(&o, 1);
  fetching_do(&t, &o,
              lariat_request(t.client, "GET", bad_url("/mid-body"), &options));
  outcome_expect_status(&o, LARIAT_ETRUNCATED);
  outcome_clear(&o, 1);
  /* The time runs out while it waits for the descriptor. */
  CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  options = to_fd(&t, ends[1]);
  options.timeout_ms = 1500;
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/big"), &options));
  outcome_expect_failure(&o, LARIAT_ETIMEDOUT, LARIAT_PHASE_BODY);
  outcome_clear(&o, 1);
  close(ends[0]);
  close(ends[1]);
  close(fd);
  CU_ASSERT_TRUE(fetching_wait_idle(&t, PATIENCE_MS));
  fetching_close(&t);
}

/* Transforms. */

struct seen {
  pthread_t test_thread;
  unsigned calls;
  unsigned destroyed;
  unsigned fires;
  bool elsewhere; /* it ran on another thread */
  bool complete;  /* what it got was */
  lariat_status status;
  intptr_t number;
};

static lariat_value measure(lariat_value response, void *context) {
  struct seen *seen = context;
  size_t length;
  const lariat_response *r = lariat_response_in(response);
  seen->calls++;
  seen->elsewhere = !pthread_equal(seen->test_thread, pthread_self());
  (void)lariat_response_body(r, &length);
  seen->complete = lariat_response_url(r)[0] != '\0' &&
                   lariat_response_status(r) == 200 && r;
  lariat_value_drop(response);
  return lariat_int((intptr_t)length);
}

static lariat_value refuse(lariat_value response, void *context) {
  struct seen *seen = context;
  seen->calls++;
  lariat_value_drop(response);
  return lariat_failure_new(LARIAT_EUSER, "not wanted");
}

static void destroyed(void *context) { ((struct seen *)context)->destroyed++; }

static lariat_value on_end(lariat_value result, void *context) {
  struct seen *seen = context;
  seen->fires++;
  if (lariat_is_failure(result))
    seen->status = lariat_failure_status(result);
  else
    seen->number = lariat_int_in(result);
  return lariat_value_drop(result);
}

static bool has_fired(void *context) {
  return ((const struct seen *)context)->fires > 0;
}

static void transform(struct fetching *t, struct seen *seen, const char *where,
                      lariat_transform function) {
  lariat_request_options options = lariat_request_defaults(t->client);
  *seen = (struct seen){.test_thread = pthread_self()};
  options.transform = function;
  options.transform_context = seen;
  options.transform_destroy = destroyed;
  lariat_deferred *deferred = lariat_request(t->client, "GET", where, &options);
  lariat_deferred_add_both(deferred, on_end, seen);
  lariat_deferred_release(deferred);
  CU_ASSERT_TRUE(fixture_run_until(&t->f, has_fired, seen, PATIENCE_MS));
}

static void test_transforms(void) {
  struct fetching t;
  struct seen seen;
  fetching_open(&t, NULL, NULL);
  transform(&t, &seen, url("/big"), measure);
  CU_ASSERT_EQUAL(seen.number, NGINX_BIG_BYTES);
  CU_ASSERT_TRUE(seen.elsewhere && seen.complete);
  CU_ASSERT_EQUAL(seen.destroyed, 1);
  transform(&t, &seen, url("/redirect/3"), measure);
  CU_ASSERT_EQUAL(seen.calls, 1);
  CU_ASSERT_EQUAL(seen.status, LARIAT_OK);
  transform(&t, &seen, url("/"), refuse);
  CU_ASSERT_EQUAL(seen.status, LARIAT_EUSER);
  transform(&t, &seen, bad_url("/reset"), measure);
  CU_ASSERT_EQUAL(seen.status, LARIAT_ERESET);
  CU_ASSERT_EQUAL(seen.calls, 0);
  transform(&t, &seen, "nonsense", measure);
  CU_ASSERT_EQUAL(seen.status, LARIAT_EURL);
  fetching_expect_ledger(t.client, 5, 2, 3, 0);
  fetching_close(&t);
  CU_ASSERT_EQUAL(seen.destroyed, 1);
}

/* The pool's budget for bodies. */

/* Each body may need more than there is. */
static void test_budget(void) {
  static const uint64_t budgets[] = {1, 300000, 3000000};
  for (size_t i = 0; i < FIXTURE_COUNT(budgets); i++) {
    enum { FETCHES = 24 };
    struct fetching t;
    struct outcome o[FETCHES];
    uint64_t most = 0;
    lariat_pool_options pool = lariat_pool_defaults();
    pool.reactors = 2;
    pool.max_body_memory = budgets[i];
    fetching_open(&t, &pool, NULL);
    uint64_t before = fixture_live_bytes(&t.f);
    for (int k = 0; k < FETCHES; k++)
      outcome_watch(&o[k], lariat_get(t.client, url("/big")));
    uint64_t kept = 0;
    bool all = false;
    for (int turns = 0; turns < 20000 && !all; turns++) {
      (void)lariat_reactor_run_once(t.f.reactor, 1);
      all = true;
      kept = before;
      for (int k = 0; k < FETCHES; k++) {
        all = all && o[k].fires;
        if (o[k].fires) kept += NGINX_BIG_BYTES;
      }
      uint64_t live = fixture_live_bytes(&t.f);
      if (live > kept && live - kept > most) most = live - kept;
    }
    CU_ASSERT_TRUE(all);
    for (int k = 0; k < FETCHES; k++) {
      outcome_expect_http(&o[k], 200);
      CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o[k])),
                      NGINX_BIG_BYTES);
    }
    CU_ASSERT_TRUE(most < budgets[i] + 2 * NGINX_BIG_BYTES + 600000);
    outcome_clear(o, FETCHES);
    fetching_close(&t);
  }
}

struct reader {
  unsigned fires;
  size_t length;
  lariat_status status;
};

static lariat_value on_all(lariat_value result, void *context) {
  struct reader *reader = context;
  reader->fires++;
  if (lariat_is_failure(result))
    reader->status = lariat_failure_status(result);
  else
    (void)lariat_chunk_bytes(lariat_chunk_in(result), &reader->length);
  return lariat_value_drop(result);
}

static lariat_value read_stream(lariat_value result, void *context) {
  (void)context;
  lariat_deferred *all = lariat_stream_read_all(
      lariat_response_stream(lariat_response_in(result)), NGINX_BIG_BYTES);
  lariat_value_drop(result);
  return lariat_deferred_value(all);
}

static bool all_read(void *context) {
  const struct reader *readers = context;
  unsigned fires = 0;
  for (int i = 0; i < 12; i++) fires += readers[i].fires;
  return fires == 12;
}

static void test_budget_of_streams(void) {
  struct fetching t;
  struct outcome o[12];
  struct reader readers[12] = {{0}};
  lariat_pool_options pool = lariat_pool_defaults();
  pool.max_body_memory = 100000;
  fetching_open(&t, &pool, NULL);
  lariat_request_options options = lariat_request_defaults(t.client);
  options.sink = lariat_sink_stream(0);
  for (int i = 0; i < 12; i++) {
    outcome_watch(&o[i], lariat_get(t.client, url("/big")));
    lariat_deferred *deferred =
        lariat_request(t.client, "GET", url("/big"), &options);
    lariat_deferred_add_callback(deferred, read_stream, NULL);
    lariat_deferred_add_both(deferred, on_all, &readers[i]);
    lariat_deferred_release(deferred);
  }
  CU_ASSERT_TRUE(fixture_run_until(&t.f, all_read, readers, PATIENCE_MS));
  CU_ASSERT_TRUE(fetching_wait(&t, o, 12, PATIENCE_MS));
  for (int i = 0; i < 12; i++) {
    CU_ASSERT_EQUAL(readers[i].length, NGINX_BIG_BYTES);
    outcome_expect_http(&o[i], 200);
  }
  outcome_clear(o, 12);
  fetching_expect_ledger(t.client, 24, 24, 0, 0);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"to a file", test_to_a_file},
      {"a redirect's body is not written", test_redirects},
      {"a fetch that is tried again", test_tried_again},
      {"the descriptor may be closed after the call",
       test_closed_after_the_call},
      {"to a pipe", test_to_a_pipe},
      {"a descriptor that cannot be written", test_that_cannot_be_written},
      {"limits, broken bodies, deadlines", test_limits_and_ends},
      {"transforms", test_transforms},
      {"a budget for bodies", test_budget},
      {"a budget for bodies and streams", test_budget_of_streams},
  };
  nginx = nginx_start(NULL);
  origin = origin_start(NULL);
  if (!nginx || !origin) return 1;
  int result =
      fixture_main("body_sink", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  nginx_stop(nginx);
  return result;
}
