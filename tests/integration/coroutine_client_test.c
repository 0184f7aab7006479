/* SPDX-License-Identifier: MIT
 * labels: coroutines
 * The client that coroutines find: given to them, of their pool, or of their
 * reactor's own; and its end. */
#include <lariat/coroutine_client.h>

#include <stdio.h>

#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/await.h>
#include <lariat/checks.h>
#include <lariat/failure.h>
#include <lariat/react.h>
#include <lariat/thread_call.h>

enum { WAIT_MS = 10000 };

static struct origin *origin;
static char page[200];
static lariat_client *found;

/* Fetches the page with the client that it finds; its HTTP status. */
static lariat_value fetch_page(void *argument) {
  lariat_status status = lariat_coroutine_client(&found);
  (void)argument;
  if (status != LARIAT_OK) return lariat_failure_new(status, "no client");
  lariat_value result = lariat_await(lariat_get(found, page));
  if (lariat_is_failure(result)) return result;
  int code = lariat_response_status(lariat_response_in(result));
  lariat_value_drop(result);
  return lariat_int(code);
}

static bool has_fired(void *context) { return lariat_deferred_fired(context); }

/* Waits until it has fired, and wants an answer. */
static void expect_good_end(struct fixture *f, lariat_deferred *end) {
  CU_ASSERT_TRUE(fixture_run_until(f, has_fired, end, WAIT_MS));
  lariat_value result = lariat_deferred_peek(end);
  CU_ASSERT_PTR_EQUAL(result.type, &lariat_int_type);
  if (result.type == &lariat_int_type)
    CU_ASSERT_EQUAL(lariat_int_in(result), 200);
  lariat_deferred_forget(end);
}

static void expect_page(struct fixture *f) {
  expect_good_end(f, lariat_coroutine_start(f->reactor, fetch_page, NULL));
}

/* Both are made for the first, and found by the second. */
static void test_own(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  expect_page(&f);
  lariat_client *first = found;
  CU_ASSERT_PTR_NOT_NULL(first);
  expect_page(&f);
  CU_ASSERT_PTR_EQUAL(found, first);
  fixture_close(&f);
}

/* One that was closed is not found any more; the reactor's own pool stays. */
static void test_closed(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  expect_page(&f);
  lariat_client_close(found);
  expect_page(&f);
  fixture_close(&f);
}

static void test_given(void) {
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  CU_ASSERT_EQUAL(lariat_coroutine_set_client(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_coroutine_set_client(t.client), LARIAT_OK);
  expect_page(&t.f);
  CU_ASSERT_PTR_EQUAL(found, t.client);
  fetching_expect_ledger(t.client, 1, 1, 0, 0);
  fetching_close(&t);
}

static lariat_value fetch_there(void *context) {
  (void)context;
  return lariat_deferred_value(
      lariat_coroutine_start(lariat_reactor_current(), fetch_page, NULL));
}

/* On a pool's reactor it is a client of that pool. */
static void test_on_pool(void) {
  struct fetching t;
  fetching_open_pool(&t, NULL);
  lariat_deferred *end =
      lariat_pool_defer(t.pool, 0, t.f.reactor, fetch_there, NULL, NULL);
  expect_good_end(&t.f, end);
  CU_ASSERT_EQUAL(fetching_stats(&t).jobs_done, 1);
  fetching_close(&t);
}

static void test_outside(void) {
  struct fixture f;
  lariat_client *client = (lariat_client *)(void *)&f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_set_checks(false);
  CU_ASSERT_EQUAL(lariat_coroutine_client(&client), LARIAT_EOUTSIDE);
  CU_ASSERT_PTR_NULL(client);
  lariat_set_checks(true);
  fixture_close(&f);
}

static lariat_status at_close;

static lariat_value ask_at_close(void *argument) {
  lariat_client *client;
  (void)argument;
  if (lariat_coroutine_sleep(1000000) == LARIAT_ECLOSED)
    at_close = lariat_coroutine_client(&client);
  return lariat_none();
}

/* None is made then; one that is there refuses. */
static void test_closing(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_deferred_release(
      lariat_coroutine_start(f.reactor, ask_at_close, NULL));
  fixture_close_reactor(&f, 1000);
  fixture_close(&f);
  CU_ASSERT_EQUAL(at_close, LARIAT_ECLOSED);
}

/* In the middle of a fetch: it is cut short, and nothing is left. */
static void test_closing_in_flight(void) {
  struct fixture f;
  char served[sizeof page];
  fixture_open(&f, FIXTURE_PLAIN);
  snprintf(served, sizeof served, "%s", page);
  origin_url(origin, "/stall", page, sizeof page);
  lariat_deferred *end = lariat_coroutine_start(f.reactor, fetch_page, NULL);
  fixture_turns(&f, 3);
  fixture_close_reactor(&f, 1000);
  CU_ASSERT_TRUE(lariat_deferred_fired(end));
  lariat_deferred_forget(end);
  fixture_close(&f);
  snprintf(page, sizeof page, "%s", served);
}

/* Whatever cannot be had, there is a status, and the next try is like the
 * first. */
static void test_no_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  for (unsigned i = 2; i < 12; i++) {
    fixture_fail_allocation(&f, i);
    lariat_deferred *end = lariat_coroutine_start(f.reactor, fetch_page, NULL);
    fixture_fail_allocation(&f, 0);
    CU_ASSERT_TRUE(fixture_run_until(&f, has_fired, end, WAIT_MS));
    lariat_deferred_forget(end);
  }
  expect_page(&f);
  fixture_close(&f);
}

static lariat_value app(lariat_client *client, int argc, char **argv) {
  (void)argc;
  (void)argv;
  lariat_value result = fetch_page(NULL);
  CU_ASSERT_PTR_EQUAL(found, client);
  return lariat_is_failure(result) ? result : lariat_none();
}

static void test_react(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lariat_react_coroutine(app, 0, NULL), 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the reactor's own", test_own},
      {"closed", test_closed},
      {"given", test_given},
      {"on a pool's reactor", test_on_pool},
      {"outside", test_outside},
      {"closing", test_closing},
      {"closing in the middle of a fetch", test_closing_in_flight},
      {"no memory", test_no_memory},
      {"lariat_react_coroutine", test_react},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  origin_url(origin, "/page", page, sizeof page);
  int failed =
      fixture_main("coroutine client", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
