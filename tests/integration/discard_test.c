/* SPDX-License-Identifier: MIT
 * Bodies that are read and not kept (lariat_sink_discard), as libcurl reads
 * them and as lariat itself does: what is told of them is right, and the
 * memory that they take does not grow with their length. */
#include <stdint.h>
#include <string.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum {
  LARGE = 20 * 1000 * 1000,
  BOMB = 16908547,      /* bytes that come of /bomb */
  LITTLE = 1024 * 1024, /* buffers, and what decoding takes at a time */
  MANY = 12,
  PATIENCE_MS = 2000
};

static struct nginx *nginx;
static struct origin *origin;
static char text[256];

static const char *url(const char *path) {
  return origin_url(origin, path, text, sizeof text);
}

static const char *at_nginx(enum nginx_port port, const char *path) {
  return nginx_url(nginx, port, path, text, sizeof text);
}

static lariat_request_options discarding(const struct fetching *t) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_discard();
  options.sha256 = true;
  return options;
}

static bool has_no_lane(void *context) {
  return fetching_stats(context).lanes == 0;
}

/* One reactor whose connection to the origin is open.  Without libcurl only it
 * is lariat's: every lane of libcurl's has gone. */
static void open_on(struct fetching *t, bool libcurl_only) {
  struct outcome o;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.ca_file = nginx->ca_file;
  pool.libcurl_only = libcurl_only;
  fetching_open(t, &pool, NULL);
  for (int i = 0; i < 2; i++) {
    fetching_do(t, &o, lariat_get(t->client, url("/page")));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
  }
  if (!libcurl_only)
    CU_ASSERT_TRUE(fixture_run_until(&t->f, has_no_lane, t, PATIENCE_MS));
}

static void request(struct fetching *t, struct outcome *o, const char *method,
                    const char *where, const lariat_request_options *options) {
  fetching_do(t, o, lariat_request(t->client, method, where, options));
}

/* Nothing was kept, and all else is as told. */
static void expect_discarded(const struct outcome *o, uint64_t bytes,
                             const uint8_t *sha256) {
  const lariat_response *response = outcome_response(o);
  size_t length = 1;
  CU_ASSERT_STRING_EQUAL(lariat_response_body(response, &length), "");
  CU_ASSERT_EQUAL(length, 0);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(response), bytes);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lariat_response_sha256(response));
  CU_ASSERT_EQUAL(memcmp(lariat_response_sha256(response), sha256, 32), 0);
}

/* The same, kept and not: what the memory's peak was with each. */
static void compare(struct fetching *t, const char *path, uint64_t peaks[2]) {
  struct outcome o[2];
  lariat_request_options options = discarding(t);
  uint64_t before = fixture_live_bytes(&t->f);
  fixture_peak_restart(&t->f);
  request(t, &o[0], "GET", url(path), &options);
  peaks[0] = fixture_peak_bytes(&t->f) - before;
  options.sink = lariat_sink_memory();
  fixture_peak_restart(&t->f);
  request(t, &o[1], "GET", url(path), &options);
  peaks[1] = fixture_peak_bytes(&t->f) - before;
  const lariat_response *kept = outcome_response(&o[1]);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lariat_response_sha256(kept));
  expect_discarded(&o[0], lariat_response_body_bytes(kept),
                   lariat_response_sha256(kept));
  outcome_clear(o, 2);
}

/* Whoever was to read all of these has. */
static void expect_reader(const struct fetching *t, bool libcurl_only) {
  CU_ASSERT_EQUAL(fetching_stats(t).lanes > 0, libcurl_only);
}

static void check_framings(bool libcurl_only) {
  static const char *const paths[] = {
      "/page",     "/bytes/0",   "/bytes/70000", "/bytes/3000000", "/chunked",
      "/continue", "/dribble/1", "/status/404",  "/bytes/11",      "/page"};
  struct fetching t;
  uint64_t peaks[2];
  open_on(&t, libcurl_only);
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++)
    compare(&t, paths[i], peaks);
  expect_reader(&t, libcurl_only);
  compare(&t, "/no-length", peaks);
  fetching_close(&t);
}

static void test_framings(void) {
  check_framings(false);
  check_framings(true);
}

/* Kept, the body is in memory; discarded, it is not: plain or compressed. */
static void check_memory(bool libcurl_only) {
  static const char *const paths[] = {"/bytes/20000000", "/bomb"};
  static const uint64_t lengths[] = {LARGE, BOMB};
  struct fetching t;
  uint64_t peaks[2];
  open_on(&t, libcurl_only);
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    compare(&t, paths[i], peaks);
    if (peaks[0] > LITTLE)
      fixture_fail("%s took %llu bytes", paths[i],
                   (unsigned long long)peaks[0]);
    CU_ASSERT(peaks[1] > lengths[i]);
  }
  expect_reader(&t, libcurl_only);
  fetching_close(&t);
}

static void test_memory(void) {
  check_memory(false);
  check_memory(true);
}

/* The limit is the one of bodies that are kept. */
static void check_limit(bool libcurl_only) {
  static const struct {
    const char *path;
    uint64_t limit;
    uint64_t bytes; /* 0: too many */
  } rows[] = {{"/bytes/70000", 70000, 70000}, {"/bytes/70000", 69999, 0},
              {"/chunked", 12, 12},           {"/chunked", 11, 0},
              {"/bomb", BOMB, BOMB},          {"/bomb", BOMB - 1, 0},
              {"/bomb-endless", 30000000, 0}, {"/endless", 30000000, 0}};
  struct fetching t;
  struct outcome o;
  open_on(&t, libcurl_only);
  lariat_request_options options = discarding(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    options.max_body_bytes = rows[i].limit;
    uint64_t before = fixture_live_bytes(&t.f);
    fixture_peak_restart(&t.f);
    request(&t, &o, "GET", url(rows[i].path), &options);
    CU_ASSERT(fixture_peak_bytes(&t.f) - before < LITTLE);
    if (rows[i].bytes) {
      CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)),
                      rows[i].bytes);
    } else {
      outcome_expect_failure(&o, LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY);
    }
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_limit(void) {
  check_limit(false);
  check_limit(true);
}

/* What breaks off fails as ever, and is tried again as ever: nothing of it has
 * gone where it does not come back from. */
static void check_broken(bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 2;
  policy.base_ms = 1;
  policy.no_budget = true;
  open_on(&t, libcurl_only);
  lariat_request_options options = discarding(&t);
  options.retry = &policy;
  request(&t, &o, "GET", url("/mid-body"), &options);
  outcome_expect_failure(&o, LARIAT_ETRUNCATED, LARIAT_PHASE_BODY);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 3);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_broken(void) {
  check_broken(false);
  check_broken(true);
}

/* Only the last answer's bytes are counted; HEAD has none. */
static void check_methods(bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  open_on(&t, libcurl_only);
  lariat_request_options options = discarding(&t);
  request(&t, &o, "GET", at_nginx(NGINX_PLAIN, "/redirect/3"), &options);
  CU_ASSERT_EQUAL(lariat_response_redirects(outcome_response(&o)), 3);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)),
                  strlen("This is /\n"));
  outcome_clear(&o, 1);
  for (int i = 0; i < 2; i++) {
    request(&t, &o, "HEAD", url("/bytes/70000"), &options);
    CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)), 0);
    outcome_clear(&o, 1);
  }
  options.body = lariat_body_bytes("hello", 5);
  request(&t, &o, "POST", url("/sink"), &options);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)),
                  strlen("5 ") + 64);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_methods(void) {
  check_methods(false);
  check_methods(true);
}

/* Over TLS and HTTP/2, and compressed. */
static void test_protocols(void) {
  static const enum nginx_port ports[] = {NGINX_TLS, NGINX_TLS_HTTP1,
                                          NGINX_H2C};
  struct fetching t;
  struct outcome o;
  open_on(&t, false);
  lariat_request_options options = discarding(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(ports); i++) {
    options.http = ports[i] == NGINX_H2C ? LARIAT_HTTP_2 : LARIAT_HTTP_AUTO;
    request(&t, &o, "GET", at_nginx(ports[i], "/text"), &options);
    CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)),
                    NGINX_TEXT_BYTES);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* A budget that has no place for one of them does not hold them up. */
static void test_budget(void) {
  struct fetching t;
  struct outcome o[MANY];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.max_body_memory = 1000;
  pool.reactors = 1;
  fetching_open(&t, &pool, NULL);
  lariat_request_options options = discarding(&t);
  uint64_t before = fixture_live_bytes(&t.f);
  fixture_peak_restart(&t.f);
  for (int i = 0; i < MANY; i++)
    outcome_watch(&o[i], lariat_request(t.client, "GET", url("/bytes/3000000"),
                                        &options));
  CU_ASSERT_TRUE(fetching_wait(&t, o, MANY, 10000));
  for (int i = 0; i < MANY; i++)
    CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o[i])),
                    3000000);
  CU_ASSERT(fixture_peak_bytes(&t.f) - before < 8 * LITTLE);
  outcome_clear(o, MANY);
  fetching_close(&t);
}

/* Counts in its context the bytes of a response that has none with it. */
static lariat_value look(lariat_value value, void *context) {
  size_t length = 1;
  const lariat_response *response = lariat_response_in(value);
  (void)lariat_response_body(response, &length);
  if (length == 0) *(uint64_t *)context += lariat_response_body_bytes(response);
  return value;
}

static void test_transform(void) {
  struct fetching t;
  struct outcome o;
  uint64_t bytes = 0;
  open_on(&t, false);
  lariat_request_options options = discarding(&t);
  options.transform = look;
  options.transform_context = &bytes;
  request(&t, &o, "GET", url("/bytes/70000"), &options);
  CU_ASSERT_EQUAL(bytes, 70000);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each framing", test_framings},
      {"memory", test_memory},
      {"the limit of bodies", test_limit},
      {"bodies that break off", test_broken},
      {"redirects, HEAD, POST", test_methods},
      {"other protocols", test_protocols},
      {"a budget for bodies", test_budget},
      {"a transform", test_transform},
  };
  nginx = nginx_start(NULL);
  origin = origin_start(NULL);
  if (!nginx || !origin) return 1;
  int result = fixture_main("discard", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  nginx_stop(nginx);
  return result;
}
