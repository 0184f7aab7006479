/* SPDX-License-Identifier: MIT
 * kept_answer_test.c: what responses of a scripted pool keep beside head and
 * body: redirects and raw bodies; a scripted pool has neither connections nor
 * bytes of heads. */
#include "job/kept_answer.h"

#include "support/producing.h"
#include "support/scripting.h"
#include <lariat/response.h>

static lariat_value check_hops(lariat_value result, void *context) {
  const lariat_response *response = lariat_response_in(result);
  unsigned *calls = context;
  ++*calls;
  CU_ASSERT_EQUAL(lariat_response_redirects(response), 2);
  for (size_t i = 0; i < 2; i++) {
    const lariat_response *hop = lariat_response_redirect_at(response, i);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hop);
    CU_ASSERT_EQUAL(lariat_response_status(hop), 302);
    CU_ASSERT_PTR_NOT_NULL(lariat_response_header(hop, "Location"));
    CU_ASSERT_EQUAL(lariat_response_raw_head_source(hop), LARIAT_HEAD_NOT_KEPT);
  }
  CU_ASSERT_PTR_NULL(lariat_response_redirect_at(response, 2));
  CU_ASSERT_STRING_EQUAL(
      lariat_response_url(lariat_response_redirect_at(response, 1)),
      "http://b/?to=http://c/?bytes=3");
  return result;
}

static void test_redirects(void) {
  static const char url[] = "http://a/?to=http://b/?to=http://c/?bytes=3";
  struct scripting s;
  struct seen r = {0};
  unsigned calls = 0;
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.keep = LR_KEEP_ALL;
  lariat_deferred *deferred = lariat_request(s.client, "GET", url, &options);
  lariat_deferred_add_callback(deferred, check_hops, &calls);
  scripting_watch(&s, &r, deferred);
  scripting_run(&s, 1);
  seen_http(&r, 0, 200);
  CU_ASSERT_EQUAL(calls, 1);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

static lariat_value check_failure(lariat_value failure, void *context) {
  size_t count = *(const size_t *)context;
  CU_ASSERT_PTR_NULL(lariat_failure_redirect_at(failure, count));
  if (count > 0)
    CU_ASSERT_EQUAL(
        lariat_response_status(lariat_failure_redirect_at(failure, count - 1)),
        302);
  return failure;
}

/* What was followed is told of a job whose last answer does not come, and goes
 * with one whose caller does not wait for it. */
static void test_given_up(void) {
  static const char *const urls[] = {
      "http://a/?to=http://b/?failure=connection-reset&in=body&bytes=9",
      "http://a/?to=http://b/?never=body&bytes=9"};
  struct scripting s;
  struct seen r = {0};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.keep = LR_KEEP_ALL;
  for (size_t i = 0; i < 2; i++) {
    size_t count = i ? 0 : 1;
    lariat_deferred *deferred =
        lariat_request(s.client, "GET", urls[i], &options);
    lariat_deferred_add_errback(deferred, check_failure, &count);
    scripting_watch(&s, &r, deferred);
    scripting_run(&s, 1);
    if (i == 1) scripting_cancel(&r);
    CU_ASSERT_EQUAL(r.fires, 1);
    CU_ASSERT_EQUAL(r.status, i ? LARIAT_ECANCELLED : LARIAT_ERESET);
    scripting_run(&s, 1);
    scripting_forget(&r, 1);
  }
  scripting_close(&s);
}

static lariat_value check_raw(lariat_value result, void *context) {
  const lariat_response *response = lariat_response_in(result);
  size_t wanted = *(const size_t *)context;
  size_t length = 0;
  const char *raw = lariat_response_raw_body(response, &length);
  CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
  CU_ASSERT_EQUAL(length, wanted);
  CU_ASSERT_EQUAL(memcmp(raw, produced_bytes(0), wanted), 0);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(response), wanted);
  CU_ASSERT_STRING_EQUAL(lariat_response_local_ip(response), "");
  return result;
}

static void test_raw_bodies(void) {
  static const lariat_sink_kind kinds[] = {LARIAT_SINK_MEMORY,
                                           LARIAT_SINK_DISCARD};
  struct scripting s;
  struct seen r = {0};
  size_t length = 2500;
  lariat_pool_options pool = lariat_pool_defaults();
  for (size_t i = 0; i < 4; i++) {
    pool.max_body_memory = i / 2 ? 1000 : 0;
    scripting_open(&s, &pool, NULL);
    lariat_request_options options = lariat_request_defaults(s.client);
    options.keep = LARIAT_KEEP_RAW_BODY;
    options.sink.kind = kinds[i % 2];
    lariat_deferred *deferred = lariat_request(
        s.client, "GET", "http://a/?bytes=2500&piece=100&body=30", &options);
    lariat_deferred_add_callback(deferred, check_raw, &length);
    scripting_watch(&s, &r, deferred);
    scripting_run(&s, 1000);
    CU_ASSERT_EQUAL(r.fires, 1);
    CU_ASSERT_EQUAL(r.http_status, 200);
    CU_ASSERT_EQUAL(r.length, i % 2 ? 0 : length);
    scripting_forget(&r, 1);
    scripting_close(&s);
  }
}

/* Each allocation fails in turn: it is told, and nothing is left. */
static void test_no_memory(void) {
  unsigned failures = 0;
  for (uint64_t nth = 1; nth < 100; nth++) {
    struct scripting s;
    struct seen r = {0};
    scripting_open(&s, NULL, NULL);
    lariat_request_options options = lariat_request_defaults(s.client);
    options.keep = LR_KEEP_ALL;
    options.sink = lariat_sink_discard();
    uint64_t before = fixture_allocations(&s.f);
    fixture_fail_allocation(&s.f, nth);
    scripting_watch(&s, &r,
                    lariat_request(s.client, "GET",
                                   "http://a/?to=http://b/?bytes=300",
                                   &options));
    scripting_run(&s, 10);
    fixture_fail_allocation(&s.f, 0);
    bool reached = fixture_allocations(&s.f) >= before + nth;
    CU_ASSERT_EQUAL(r.fires, 1);
    failures += r.status != LARIAT_OK;
    if (r.status != LARIAT_OK) CU_ASSERT_EQUAL(r.status, LARIAT_ENOMEM);
    scripting_forget(&r, 1);
    scripting_close(&s);
    if (!reached) break;
  }
  CU_ASSERT(failures > 4);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"redirects", test_redirects},
      {"redirects to what is given up", test_given_up},
      {"raw bodies", test_raw_bodies},
      {"out of memory", test_no_memory},
  };
  return fixture_main("kept answer", tests, FIXTURE_COUNT(tests), argc, argv);
}
