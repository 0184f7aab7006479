/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * crawl_fetching_test.c: bodies that wait for memory, and go on one after the
 * other, however many they are. */
#include "crawl/fetching.h"

#include <stdlib.h>
#include <string.h>

#include <lariat/pool.h>

#include "support/fixture.h"
#include "support/site.h"

enum { FETCHES = 200, BODY = 40 * 1024 };

static struct fetching {
  struct fixture f;
  struct site *site;
  lariat_pool *pool;
  lr_crawl_fetcher *fetcher;
  unsigned answers, whole;
  uintptr_t highest, lowest; /* frames of answers on the stack */
} t;

/* Takes an answer, and notes how deep on the stack it is. */
static void take_answer(void *context, const lr_crawl_answer *answer) {
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
  (void)context;
  if (!t.answers || frame > t.highest) t.highest = frame;
  if (!t.answers || frame < t.lowest) t.lowest = frame;
  t.answers++;
  t.whole += answer->body_length == BODY && !answer->truncated;
}

static bool has_all(void *context) {
  (void)context;
  return t.answers == FETCHES;
}

static void open_fetcher(const struct site_page *pages, size_t count) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  lr_crawl_fetcher_options options = {
      .client = &client, .most_body = BODY, .most_bytes = 1};
  memset(&t, 0, sizeof t);
  fixture_open(&t.f, FIXTURE_PLAIN);
  t.site = site_start(pages, count, NULL);
  pool.reactors = 1;
  pool.max_jobs_per_host = FETCHES;
  client.http = LARIAT_HTTP_1_1;
  CU_ASSERT_EQUAL_FATAL(lariat_pool_new(&pool, &t.pool), LARIAT_OK);
  options.pool = t.pool;
  CU_ASSERT_EQUAL_FATAL(lr_crawl_fetcher_new(&options, &t.fetcher), LARIAT_OK);
}

static bool is_closed(void *context) { return *(bool *)context; }

static lariat_value take_close(lariat_value result, void *context) {
  *(bool *)context = true;
  return lariat_value_drop(result);
}

static void close_fetcher(void) {
  bool closed = false;
  lr_crawl_fetcher_free(t.fetcher);
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_pool_close(t.pool, t.f.reactor, 0), take_close, &closed));
  CU_ASSERT(fixture_run_until(&t.f, is_closed, &closed, 20000));
  lariat_pool_release(t.pool);
  site_stop(t.site);
  fixture_close(&t.f);
}

/* Bodies that have come whole while they waited end within each other's end:
 * the stack does not grow with their number. */
static void test_many_that_wait(void) {
  static char body[BODY + 1];
  const struct site_page pages[] = {{"/", 200, "", body, 0}};
  memset(body, 'x', BODY);
  open_fetcher(pages, 1);
  for (int i = 0; i < FETCHES; i++) {
    lr_crawl_request request = {.url = site_url(t.site, "127.0.0.1", "/"),
                                .on_answer = take_answer};
    CU_ASSERT_EQUAL(lr_crawl_fetch_start(t.fetcher, &request), LARIAT_OK);
  }
  CU_ASSERT(fixture_run_until(&t.f, has_all, NULL, 20000));
  CU_ASSERT_EQUAL(t.whole, FETCHES);
  if (t.highest - t.lowest > 16384)
    fixture_fail("%zu bytes of stack", (size_t)(t.highest - t.lowest));
  close_fetcher();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"many bodies that wait for memory", test_many_that_wait},
  };
  return fixture_main("crawl_fetching", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
