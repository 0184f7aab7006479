/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_canceller_test.c: Twisted's DeferredCancellerTests. */
#include "conformance/defer.h"

static const char second_refused[] = "a second fire must be refused";

/* A deferred that writes what comes: "cb(...)" or "eb(...)". */
static lariat_deferred *watched(struct stage *s, lariat_deferred *d) {
  on_success(s, d, "cb", lariat_none());
  on_error(s, d, "eb", lariat_none());
  return d;
}

static void refused(lariat_status status) {
  if (status != LARIAT_EALREADY) fixture_fail("%s", second_refused);
}

static void test_noCanceller(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = watched(&s, unfired(&s));
  lariat_deferred_cancel(d);
  saw(&s, "eb(!cancelled) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_raisesAfterCancelAndCallback(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = watched(&s, unfired(&s));
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(&s.recorder, 1)),
                  LARIAT_OK); /* swallowed */
  refused(lariat_deferred_callback(d, recorder_value(&s.recorder, 2)));
  refused(lariat_deferred_errback(d, failure("value")));
  saw(&s, "eb(!cancelled) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_raisesAfterCancelAndErrback(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = watched(&s, unfired(&s));
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(lariat_deferred_errback(d, failure("one")), LARIAT_OK);
  refused(lariat_deferred_callback(d, lariat_none()));
  refused(lariat_deferred_errback(d, failure("two")));
  saw(&s, "eb(!cancelled) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_noCancellerMultipleCancelsAfterCancelAndCallback(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = watched(&s, unfired(&s));
  lariat_deferred_cancel(d);
  saw(&s, "eb(!cancelled) ");
  lariat_deferred_callback(d, lariat_none());
  lariat_deferred_cancel(d);
  refused(lariat_deferred_callback(d, lariat_none()));
  lariat_deferred_cancel(d);
  saw(&s, "");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_noCancellerMultipleCancelsAfterCancelAndErrback(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = watched(&s, unfired(&s));
  lariat_deferred_cancel(d);
  saw(&s, "eb(!cancelled) ");
  lariat_deferred_errback(d, failure("one"));
  lariat_deferred_cancel(d);
  refused(lariat_deferred_errback(d, failure("two")));
  lariat_deferred_cancel(d);
  saw(&s, "");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_noCancellerMultipleCancel(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = watched(&s, unfired(&s));
  lariat_deferred_cancel(d);
  lariat_deferred_cancel(d);
  saw(&s, "eb(!cancelled) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_cancellerMultipleCancel(void) {
  struct stage s;
  begin(&s);
  int asked = 0;
  lariat_deferred *d = watched(&s, with_canceller(&s, count_cancel, &asked));
  lariat_deferred_cancel(d);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(asked, 1);
  saw(&s, "eb(!cancelled) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_simpleCanceller(void) {
  struct stage s;
  begin(&s);
  int asked = 0;
  lariat_deferred *d = watched(&s, with_canceller(&s, count_cancel, &asked));
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(asked, 1);
  saw(&s, "eb(!cancelled) ");
  refused(lariat_deferred_callback(d, lariat_none()));
  refused(lariat_deferred_errback(d, failure("late")));
  lariat_deferred_release(d);
  finish(&s);
}

static void note_argument(lariat_deferred *d, void *context) {
  *(lariat_deferred **)context = d;
}

static void test_cancellerArg(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *argument = NULL;
  lariat_deferred *d = with_canceller(&s, note_argument, &argument);
  on_error(&s, d, "eb", lariat_none());
  lariat_deferred_cancel(d);
  CU_ASSERT_PTR_EQUAL(argument, d);
  lariat_deferred_release(d);
  finish(&s);
}

static void test_cancelAfterCallback(void) {
  struct stage s;
  begin(&s);
  int asked = 0;
  lariat_deferred *d = with_canceller(&s, count_cancel, &asked);
  lariat_deferred_callback(d, text("biff!"));
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(asked, 0);
  watched(&s, d);
  saw(&s, "cb(biff!) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_cancelAfterErrback(void) {
  struct stage s;
  begin(&s);
  int asked = 0;
  lariat_deferred *d = with_canceller(&s, count_cancel, &asked);
  lariat_deferred_errback(d, failure("generic"));
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(asked, 0);
  watched(&s, d);
  saw(&s, "eb(!generic) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_cancellerThatErrbacks(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d =
      watched(&s, with_canceller(&s, cancel_with_errback, "generic"));
  lariat_deferred_cancel(d);
  saw(&s, "eb(!generic) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_cancellerThatCallbacks(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d =
      watched(&s, with_canceller(&s, cancel_with_callback, "hello!"));
  lariat_deferred_cancel(d);
  saw(&s, "cb(hello!) ");
  lariat_deferred_release(d);
  finish(&s);
}

static void test_cancelNestedDeferred(void) {
  struct stage s;
  begin(&s);
  int inner_asked = 0, outer_asked = 0;
  lariat_deferred *inner = with_canceller(&s, count_cancel, &inner_asked);
  lariat_deferred *d = with_canceller(&s, count_cancel, &outer_asked);
  lariat_deferred_callback(d, lariat_none());
  on_success(&s, d, "give", returned(inner));
  CU_ASSERT_FALSE(lariat_deferred_fired(inner));
  lariat_deferred_cancel(d);
  watched(&s, d);
  saw(&s, "give(none) eb(!cancelled) ");
  CU_ASSERT_EQUAL(inner_asked, 1);
  CU_ASSERT_EQUAL(outer_asked, 0);
  lariat_deferred_release(inner);
  lariat_deferred_release(d);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(DeferredCancellerTests, test_noCanceller),
      CASE(DeferredCancellerTests, test_raisesAfterCancelAndCallback),
      CASE(DeferredCancellerTests, test_raisesAfterCancelAndErrback),
      CASE(DeferredCancellerTests,
           test_noCancellerMultipleCancelsAfterCancelAndCallback),
      CASE(DeferredCancellerTests,
           test_noCancellerMultipleCancelsAfterCancelAndErrback),
      CASE(DeferredCancellerTests, test_noCancellerMultipleCancel),
      CASE(DeferredCancellerTests, test_cancellerMultipleCancel),
      CASE(DeferredCancellerTests, test_simpleCanceller),
      CASE(DeferredCancellerTests, test_cancellerArg),
      CASE(DeferredCancellerTests, test_cancelAfterCallback),
      CASE(DeferredCancellerTests, test_cancelAfterErrback),
      CASE(DeferredCancellerTests, test_cancellerThatErrbacks),
      CASE(DeferredCancellerTests, test_cancellerThatCallbacks),
      CASE(DeferredCancellerTests, test_cancelNestedDeferred),
  };
  return fixture_main("DeferredCancellerTests", tests, FIXTURE_COUNT(tests),
                      argc, argv);
}
