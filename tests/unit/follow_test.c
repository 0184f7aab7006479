/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * follow_test.c: one deferred that is told to fire another; and deferreds for
 * values that may be one. */
#include <lariat/checks.h>

#include "conformance/defer.h"
#include "deferred/deferred.h"

static void test_result_goes_on(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s), *next = unfired(&s);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_chain(d, next), d);
  eat(&s, next, "next");
  eat(&s, d, "d");
  lariat_deferred_callback(d, recorder_value(&s.recorder, 1));
  saw(&s, "next(1) d(none) ");
  release2(d, next);
  finish(&s);
}

static void test_failure_goes_on(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s), *next = unfired(&s);
  lariat_deferred_chain(d, next);
  lariat_deferred_errback(d, failure("oh"));
  lariat_deferred_release(d); /* nothing to report here */
  result_of(next, "!oh");
  failure_result_of(&s, next, LARIAT_EUSER);
  lariat_deferred_release(next);
  finish(&s);
}

static void test_next_has_fired(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s), *next = succeed(&s, lariat_int(1));
  lariat_deferred_chain(d, next);
  lariat_deferred_callback(d, recorder_value(&s.recorder, 1));
  failure_result_of(&s, d, LARIAT_EALREADY);
  result_of(next, "1");
  release2(d, next);
  finish(&s);
}

static void test_next_was_cancelled(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s), *next = unfired(&s);
  lariat_deferred_chain(d, next);
  lariat_deferred_cancel(next);
  failure_result_of(&s, next, LARIAT_ECANCELLED);
  CU_ASSERT_FALSE(lariat_deferred_fired(d)); /* one way */
  lariat_deferred_callback(d, recorder_value(&s.recorder, 1));
  result_of(d, "none"); /* next has swallowed it */
  release2(d, next);
  finish(&s);
}

static void test_next_is_paused(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s), *next = unfired(&s);
  lariat_deferred_pause(next);
  lariat_deferred_chain(d, next);
  eat(&s, next, "next");
  eat(&s, d, "d");
  lariat_deferred_callback(d, lariat_int(1));
  saw(&s, "d(none) ");
  lariat_deferred_unpause(next);
  saw(&s, "next(1) ");
  release2(d, next);
  finish(&s);
}

static void test_dies_unfired(void) {
  struct stage s;
  begin(&s);
  char words[128];
  lariat_deferred *d = unfired(&s), *next = unfired(&s);
  lariat_deferred_chain(d, next);
  CU_ASSERT(lariat_is_none(lariat_deferred_peek(next)));
  CU_ASSERT_PTR_NULL(lariat_deferred_peek(next).data);
  lariat_deferred_release(d);
  lariat_deferred_describe(next, words, sizeof words);
  CU_ASSERT_PTR_NULL(strstr(words, "waiting"));
  lariat_deferred_release(next);
  finish(&s);
}

static void test_nothing_to_chain(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  lariat_deferred *d = unfired(&s);
  lariat_deferred *constant = lariat_deferred_new(NULL, NULL, NULL, NULL);
  CU_ASSERT_PTR_NULL(lariat_deferred_chain(NULL, d));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_chain(d, NULL), d);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_chain(constant, d), constant);
  failure_result_of(&s, d, LARIAT_EINVAL);
  lariat_deferred_release(d);
  d = unfired(&s);
  lariat_deferred_chain(d, constant);
  lariat_deferred_callback(d, lariat_none());
  failure_result_of(&s, d, LARIAT_EALREADY);
  lariat_deferred_release(d);
  lariat_set_checks(true);
  finish(&s);
}

static lariat_value give_null(void *context) {
  return lariat_deferred_value(context);
}

static void no_work(void *context) {
  lariat_deferred_release(lariat_maybe(context, NULL, NULL));
}

static void test_maybe(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = lariat_maybe(s.f.reactor, give_null, NULL);
  failure_result_of(&s, d, LARIAT_EINVAL);
  lariat_deferred_release(d);
  CU_ASSERT(fixture_aborts(no_work, s.f.reactor));
  lariat_set_checks(false);
  d = lariat_maybe(s.f.reactor, NULL, NULL);
  failure_result_of(&s, d, LARIAT_EINVAL);
  lariat_deferred_release(d);
  lariat_set_checks(true);
  finish(&s);
}

static void test_owned(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_deferred_add_errback_owned(d, do_eat, recorder_context(&s.recorder),
                                    recorder_destroy);
  lariat_deferred_add_callback_owned(d, NULL, recorder_context(&s.recorder),
                                     recorder_destroy);
  lariat_deferred_callback(d, lariat_none());
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 2);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_report(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = failed(&s, "oh");
  lariat_deferred_add_errback(d, lariat_report_failure, s.f.reactor);
  CU_ASSERT_STRING_EQUAL(s.f.last_report, "failure: oh (user)");
  failure_result_of(&s, d, LARIAT_EUSER);
  CU_ASSERT_EQUAL(lariat_int_in(lariat_report_failure(lariat_int(3), NULL)), 3);
  lariat_deferred_release(d);
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

static void scenario(struct fixture *f, struct recorder *recorder) {
  lariat_deferred *d = lariat_deferred_new(f->reactor, NULL, NULL, NULL);
  lariat_deferred *next = lariat_deferred_new(f->reactor, NULL, NULL, NULL);
  for (int i = 0; i < 5; i++) lariat_deferred_chain(d, next);
  (void)lariat_deferred_callback(d, recorder_value(recorder, 1));
  lariat_deferred_forget(d);
  lariat_deferred_forget(next);
}

static void test_no_memory(void) {
  struct stage s;
  begin(&s);
  CU_ASSERT_EQUAL(lr_deferred_state_open(s.f.reactor), LARIAT_OK);
  recorder_fail_each(&s.f, scenario);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the next gets the result, and none is left", test_result_goes_on},
      {"the next gets the failure, which is handled here",
       test_failure_goes_on},
      {"a next that has fired is a failure", test_next_has_fired},
      {"a next that was cancelled swallows the result",
       test_next_was_cancelled},
      {"a pause of the next holds nobody else back", test_next_is_paused},
      {"one that dies leaves the next alone", test_dies_unfired},
      {"NULL, and the constant deferred", test_nothing_to_chain},
      {"maybe: no function, and no deferred", test_maybe},
      {"pairs of one side own their contexts", test_owned},
      {"a failure can be reported on its way", test_report},
      {"each allocation fails in turn", test_no_memory},
  };
  return fixture_main("follow", tests, FIXTURE_COUNT(tests), argc, argv);
}
