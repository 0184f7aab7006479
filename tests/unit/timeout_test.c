/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * timeout_test.c: limits to the time of a chain: who owns what, and what comes
 * in between.  The conformance tests show what a limit means. */
#include <lariat/checks.h>

#include "conformance/defer.h"

enum { LIMIT_MS = 100 };

static lariat_deferred *limit(struct stage *s, lariat_deferred *d,
                              lariat_on_timeout custom) {
  return lariat_deferred_add_timeout(
      d, LIMIT_MS, custom, recorder_context(&s->recorder), recorder_destroy);
}

static void test_context(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = limit(&s, unfired(&s), NULL);
  lariat_deferred_callback(d, recorder_value(&s.recorder, 1));
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 1);
  lariat_deferred_release(d);
  d = limit(&s, unfired(&s), NULL);
  fixture_advance(&s.f, LIMIT_MS);
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 2);
  lariat_deferred_forget(d);
  d = limit(&s, succeed(&s, lariat_int(1)), NULL);
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 3);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_not_before(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = limit(&s, unfired(&s), NULL);
  fixture_advance(&s.f, LIMIT_MS - 1);
  CU_ASSERT_FALSE(lariat_deferred_fired(d));
  fixture_advance(&s.f, 1);
  result_of(d, "!timed-out");
  CU_ASSERT_STRING_EQUAL(lariat_failure_message(lariat_deferred_peek(d)),
                         "it was not done within 100 milliseconds");
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(&s.recorder, 1)),
                  LARIAT_OK); /* swallowed, as after any cancel */
  lariat_deferred_forget(d);
  finish(&s);
}

static void test_nobody_holds_it(void) {
  struct stage s;
  begin(&s);
  lariat_deferred_release(limit(&s, unfired(&s), NULL));
  CU_ASSERT_EQUAL(s.f.reports, 0);
  fixture_advance(&s.f, LIMIT_MS);
  CU_ASSERT_EQUAL(s.f.reports, 1);
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

static void test_goes_to_the_inner(void) {
  struct stage s;
  begin(&s);
  int asked = 0;
  lariat_deferred *inner = with_canceller(&s, count_cancel, &asked);
  lariat_deferred *d = unfired(&s);
  on_success(&s, d, "give", lariat_deferred_value(inner));
  limit(&s, d, NULL);
  lariat_deferred_callback(d, lariat_none());
  fixture_advance(&s.f, LIMIT_MS);
  CU_ASSERT_EQUAL(asked, 1);
  result_of(d, "!timed-out");
  lariat_deferred_forget(d);
  finish(&s);
}

static lariat_value return_context(lariat_value result, uint64_t ms,
                                   void *context) {
  CU_ASSERT_EQUAL(ms, LIMIT_MS);
  lariat_value_drop(result);
  return returned(context);
}

static void test_custom_returns_a_deferred(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *other = unfired(&s);
  lariat_deferred *d = lariat_deferred_add_timeout(unfired(&s), LIMIT_MS,
                                                   return_context, other, NULL);
  fixture_advance(&s.f, LIMIT_MS);
  CU_ASSERT(has_no_result(d));
  lariat_deferred_callback(other, lariat_int(4));
  result_of(d, "4");
  release2(d, other);
  finish(&s);
}

static void test_two_limits(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_deferred_add_timeout(d, 50, NULL, NULL, NULL);
  limit(&s, d, NULL);
  fixture_advance(&s.f, 50);
  result_of(d, "!timed-out");
  fixture_advance(&s.f, LIMIT_MS);
  lariat_deferred_forget(d);
  finish(&s);
}

static void test_reactor_closes(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = limit(&s, unfired(&s), NULL);
  fixture_expect_timers(&s.f, 1);
  fixture_close_reactor(&s.f, 0);
  CU_ASSERT_FALSE(lariat_deferred_fired(d));
  CU_ASSERT_PTR_EQUAL(limit(&s, d, NULL), d); /* nobody keeps time any more */
  lariat_deferred_release(d);
  finish(&s);
}

static void test_nothing_to_limit(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  CU_ASSERT_PTR_NULL(limit(&s, NULL, NULL));
  CU_ASSERT_PTR_NULL(lariat_deferred_add_timeout(NULL, 1, NULL, NULL, NULL));
  lariat_deferred *constant = lariat_deferred_new(NULL, NULL, NULL, NULL);
  CU_ASSERT_PTR_EQUAL(limit(&s, constant, NULL), constant);
  fixture_fail_allocation(&s.f, 1);
  CU_ASSERT_PTR_EQUAL(limit(&s, constant, NULL), constant);
  lariat_set_checks(true);
  finish(&s);
}

static void scenario(struct fixture *f, struct recorder *recorder) {
  lariat_deferred *d = lariat_deferred_new(f->reactor, NULL, NULL, NULL);
  for (int i = 0; i < 5; i++)
    lariat_deferred_add_timeout(d, LIMIT_MS, NULL, recorder_context(recorder),
                                recorder_destroy);
  (void)lariat_deferred_callback(d, recorder_value(recorder, 1));
  lariat_deferred_forget(d);
  d = lariat_deferred_new(f->reactor, NULL, NULL, NULL);
  lariat_deferred_add_timeout(d, LIMIT_MS, NULL, recorder_context(recorder),
                              recorder_destroy);
  fixture_advance(f, LIMIT_MS);
  CU_ASSERT(lariat_is_failure(lariat_deferred_peek(d)));
  lariat_deferred_forget(d);
}

/* The timers' heap grows once and stays. */
static void test_no_memory(void) {
  struct stage s;
  begin(&s);
  struct recorder warm = {0};
  scenario(&s.f, &warm);
  recorder_fail_each(&s.f, scenario);
  finish(&s);
}

/* The limit is there, but no timer can be set. */
static void test_no_timer(void) {
  for (int destroys = 0; destroys < 2; destroys++) {
    struct stage s;
    begin(&s);
    lariat_deferred *d = unfired(&s);
    fixture_fail_allocation(&s.f, 2);
    if (destroys)
      limit(&s, d, NULL);
    else
      lariat_deferred_add_timeout(d, LIMIT_MS, NULL, NULL, NULL);
    failure_result_of(&s, d, LARIAT_ENOMEM);
    lariat_deferred_release(d);
    finish(&s);
  }
}

static void test_constant_without_context(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  lariat_deferred *constant = lariat_deferred_new(NULL, NULL, NULL, NULL);
  CU_ASSERT_PTR_EQUAL(
      lariat_deferred_add_timeout(constant, 1, NULL, NULL, NULL), constant);
  lariat_set_checks(true);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the context is destroyed once, whatever happens", test_context},
      {"it is not early, and says how long it was", test_not_before},
      {"the timer holds a deferred that nobody else holds",
       test_nobody_holds_it},
      {"one that waits for another cancels that", test_goes_to_the_inner},
      {"a custom result may be a deferred", test_custom_returns_a_deferred},
      {"the shorter of two limits counts", test_two_limits},
      {"the reactor closes", test_reactor_closes},
      {"no deferred, and the constant one", test_nothing_to_limit},
      {"each allocation fails in turn", test_no_memory},
      {"without memory for the timer it fails", test_no_timer},
      {"the constant deferred, without a context",
       test_constant_without_context},
  };
  return fixture_main("timeout", tests, FIXTURE_COUNT(tests), argc, argv);
}
