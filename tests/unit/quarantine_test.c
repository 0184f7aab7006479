/* SPDX-License-Identifier: MIT
 * labels: no-asan unchecked
 * quarantine_test.c: what was dropped is held with the checks on, so that who
 * drops or uses it again is told; without them nothing is different. */
#include "base/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "base/free_list.h"
#include "deferred/list.h"
#include "http/response.h"
#include "support/fixture.h"
#include <lariat/allocator.h>
#include <lariat/checks.h>
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/later.h>
#include <lariat/testing.h>

/* ---- Holding ---- */

/* The allocator of a fixture sees each block come and go. */
static void test_off_with_an_allocator(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_set_checks(true);
  CU_ASSERT_FALSE(lr_quarantine_is_on());
  void *block = lr_alloc(10);
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), 1);
  lr_quarantine_free(block);
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), 0);
  lr_quarantine_free(NULL);
  lr_quarantine_free_lines(NULL);
  fixture_close(&f);
}

/* Without checks a block is used again at once, with them it is held. */
static void test_held_with_checks(void) {
  enum { OTHERS = 1000, BYTES = 64 };
  CU_ASSERT_EQUAL(lariat_set_allocator(NULL), LARIAT_OK);
  lariat_set_checks(false);
  CU_ASSERT_FALSE(lr_quarantine_is_on());
  lariat_set_checks(true);
  CU_ASSERT_TRUE(lr_quarantine_is_on());
  lr_free_list list;
  lr_free_list_init(&list, BYTES, OTHERS);
  CU_ASSERT_EQUAL(list.most, 0);
  char *block = lr_free_list_take(&list);
  memset(block, 'x', BYTES);
  lr_free_list_give(&list, block);
  for (int i = 0; i < OTHERS; i++) {
    char *other = lr_free_list_take(&list);
    CU_ASSERT_PTR_NOT_EQUAL(other, block);
    memset(other, 'y', BYTES);
    lr_free_list_give(&list, other);
  }
  for (int i = 0; i < BYTES; i++) CU_ASSERT_EQUAL(block[i], 'x');
}

/* ---- Misuse ---- */

static void begin_child(void) {
  if (lariat_set_allocator(NULL) != LARIAT_OK) _Exit(2);
  lariat_set_checks(true);
}

static lariat_value make_response(void) {
  lariat_response *response = lr_response_new();
  if (!response) _Exit(2);
  (void)lr_response_add_line(response, "HTTP/1.1 200 OK", 15);
  (void)lr_response_add_line(response, "A: b", 4);
  (void)lr_response_add_body(response, "hello", 5);
  if (!lr_response_finish(response)) _Exit(2);
  return lariat_value_of(&lariat_response_type, response);
}

static lariat_value make_failure(void) {
  return lariat_failure_new(LARIAT_EUSER, "a failure");
}

static lariat_value make_list(void) {
  lariat_list *list = lr_list_values_new(2);
  if (!list) _Exit(2);
  lr_list_values_put(list, 0, lariat_int(1));
  return lariat_value_of(&lariat_list_type, list);
}

static void use_status(lariat_value value) {
  (void)lariat_response_status(value.data);
}
static void use_version(lariat_value value) {
  (void)lariat_response_http_version(value.data);
}
static void use_url(lariat_value value) {
  (void)lariat_response_url(value.data);
}
static void use_body(lariat_value value) {
  (void)lariat_response_body(value.data, NULL);
}
static void use_header(lariat_value value) {
  (void)lariat_response_header(value.data, "A");
}
static void use_header_count(lariat_value value) {
  (void)lariat_response_header_count(value.data);
}
static void use_header_at(lariat_value value) {
  (void)lariat_response_header_at(value.data, 0);
}
static void use_failure_status(lariat_value value) {
  (void)lariat_failure_status(value);
}
static void use_message(lariat_value value) {
  (void)lariat_failure_message(value);
}
static void use_list_count(lariat_value value) {
  (void)lariat_list_count(value.data);
}
static void use_list_at(lariat_value value) {
  (void)lariat_list_at(value.data, 0);
}
static void use_list_take(lariat_value value) {
  lariat_value_drop(lariat_list_take(value.data, 0));
}
static void drop(lariat_value value) { lariat_value_drop(value); }

/* A value is made, dropped, and then used. */
struct misuse {
  lariat_value (*make)(void);
  void (*use)(lariat_value value);
  const char *message;
};

#define BEFORE(function, what)                                                 \
  "lariat: " function ": the " what " was dropped before\n"

static const struct misuse misuses[] = {
    {make_response, drop, BEFORE("lariat_value_drop", "response")},
    {make_response, use_status, BEFORE("lariat_response_status", "response")},
    {make_response, use_version,
     BEFORE("lariat_response_http_version", "response")},
    {make_response, use_url, BEFORE("lariat_response_url", "response")},
    {make_response, use_body, BEFORE("lariat_response_body", "response")},
    {make_response, use_header, BEFORE("lariat_response_header", "response")},
    {make_response, use_header_count,
     BEFORE("lariat_response_header_count", "response")},
    {make_response, use_header_at,
     BEFORE("lariat_response_header_at", "response")},
    {make_failure, drop, BEFORE("lariat_value_drop", "failure")},
    {make_failure, use_failure_status,
     BEFORE("lariat_failure_status", "failure")},
    {make_failure, use_message, BEFORE("lariat_failure_message", "failure")},
    {make_list, drop, BEFORE("lariat_value_drop", "list")},
    {make_list, use_list_count, BEFORE("lariat_list_count", "list")},
    {make_list, use_list_at, BEFORE("lariat_list_at", "list")},
    {make_list, use_list_take, BEFORE("lariat_list_take", "list")},
};

static void use_after_drop(void *context) {
  const struct misuse *misuse = context;
  begin_child();
  lariat_value value = misuse->make();
  lariat_value_drop(value);
  misuse->use(value);
}

/* With another reference it is no misuse. */
static void use_before_drop(void *context) {
  const struct misuse *misuse = context;
  lariat_value shared;
  begin_child();
  lariat_value value = misuse->make();
  if (lariat_value_share(value, &shared) == LARIAT_OK)
    lariat_value_drop(shared);
  misuse->use(value);
}

static void test_values(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(misuses); i++) {
    void *misuse = (void *)(uintptr_t)&misuses[i];
    CU_ASSERT_TRUE(
        fixture_aborts_saying(use_after_drop, misuse, misuses[i].message));
    CU_ASSERT_FALSE(fixture_aborts(use_before_drop, misuse));
  }
}

static lariat_reactor *make_reactor(void) {
  lariat_reactor *reactor = NULL;
  begin_child();
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) _Exit(2);
  return reactor;
}

/* Another thousand come and go before the second release. */
static void release_twice(void *context) {
  enum { OTHERS = 1000 };
  lariat_reactor *reactor = make_reactor();
  lariat_deferred *deferred = lariat_deferred_new(reactor, NULL, NULL, NULL);
  (void)context;
  lariat_deferred_release(deferred);
  for (int i = 0; i < OTHERS; i++)
    lariat_deferred_release(lariat_deferred_new(reactor, NULL, NULL, NULL));
  lariat_deferred_release(deferred);
}

static void fire_after_release(void *context) {
  lariat_deferred *deferred =
      lariat_deferred_new(make_reactor(), NULL, NULL, NULL);
  (void)context;
  lariat_deferred_release(deferred);
  (void)lariat_deferred_callback(deferred, lariat_none());
}

static lariat_value give_none(void *context) {
  (void)context;
  return lariat_none();
}

static void release_delay_twice(void *context) {
  lariat_deferred *deferred =
      lariat_later(make_reactor(), 1000, give_none, NULL, NULL);
  (void)context;
  lariat_deferred_cancel(deferred);
  lariat_deferred_forget(deferred);
  lariat_deferred_release(deferred);
}

static void test_deferreds(void) {
#define GIVEN_BACK ": the deferred's last reference was given back\n"
  CU_ASSERT_TRUE(fixture_aborts_saying(
      release_twice, NULL, "lariat: lariat_deferred_release" GIVEN_BACK));
  CU_ASSERT_TRUE(fixture_aborts_saying(
      fire_after_release, NULL, "lariat: lariat_deferred_callback" GIVEN_BACK));
  CU_ASSERT_TRUE(fixture_aborts_saying(
      release_delay_twice, NULL, "lariat: lariat_deferred_release" GIVEN_BACK));
}

/* ---- Fetches ---- */

/* Says yes, as the answer that it gets filled in does. */
static void answer(const lariat_asked *asked, lariat_answer *out,
                   void *context) {
  (void)asked;
  (void)out;
  (void)context;
}

static lariat_value keep_result(lariat_value result, void *context) {
  *(lariat_value *)context = result;
  return lariat_none();
}

/* Fetches once, and then others, so that their memory would be used again. */
static lariat_deferred *fetch(lariat_value *result) {
  enum { OTHERS = 20 };
  static lariat_value unused;
  lariat_reactor *reactor = make_reactor();
  lariat_pool *pool;
  lariat_client *client;
  lariat_deferred *first = NULL;
  if (lariat_scripted_pool_new(NULL, reactor, answer, NULL, &pool) ||
      lariat_client_new(pool, reactor, NULL, &client))
    _Exit(2);
  for (int i = 0; i <= OTHERS; i++) {
    lariat_deferred *deferred = lariat_get(client, "http://a/");
    lariat_deferred_add_both(deferred, keep_result, i ? &unused : result);
    lariat_deferred_release(deferred);
    while (lariat_is_none(i ? unused : *result))
      if (lariat_reactor_run_once(reactor, 0)) _Exit(2);
    if (i)
      unused = lariat_value_drop(unused);
    else
      lariat_value_drop(*result);
    if (!first) first = deferred;
  }
  return first;
}

static void release_fetch_again(void *context) {
  lariat_value result = lariat_none();
  (void)context;
  lariat_deferred_release(fetch(&result));
}

static void read_fetched_again(void *context) {
  lariat_value result = lariat_none();
  (void)context;
  (void)fetch(&result);
  (void)lariat_response_status(lariat_response_in(result));
}

static void drop_fetched_again(void *context) {
  lariat_value result = lariat_none();
  (void)context;
  (void)fetch(&result);
  lariat_value_drop(result);
}

static void test_fetches(void) {
  CU_ASSERT_TRUE(fixture_aborts_saying(
      release_fetch_again, NULL, "lariat: lariat_deferred_release" GIVEN_BACK));
  CU_ASSERT_TRUE(fixture_aborts_saying(
      read_fetched_again, NULL, BEFORE("lariat_response_status", "response")));
  CU_ASSERT_TRUE(fixture_aborts_saying(
      drop_fetched_again, NULL, BEFORE("lariat_value_drop", "response")));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an allocator that was set sees each block", test_off_with_an_allocator},
      {"with checks memory is held, without used again", test_held_with_checks},
      {"a value that was dropped", test_values},
      {"a deferred that was released", test_deferreds},
      {"a fetch's deferred and response", test_fetches},
  };
  return fixture_main("quarantine", tests, FIXTURE_COUNT(tests), argc, argv);
}
