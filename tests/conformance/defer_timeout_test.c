/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_timeout_test.c: Twisted's DeferredAddTimeoutTests. */
#include "conformance/defer.h"

enum { LIMIT_MS = 10000, LATE_MS = 15000 };

static lariat_value override(lariat_value result, uint64_t ms, void *context) {
  CU_ASSERT_EQUAL(ms, LIMIT_MS);
  (void)context;
  lariat_value_drop(result);
  return text("OVERRIDDEN");
}

static lariat_deferred *limit(lariat_deferred *d, lariat_on_timeout custom) {
  return lariat_deferred_add_timeout(d, LIMIT_MS, custom, NULL, NULL);
}

static void test_timeoutChainable(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  CU_ASSERT_PTR_EQUAL(limit(d, NULL), d);
  lariat_deferred_callback(d, lariat_none());
  lariat_deferred_release(d);
  finish(&s);
}

/* Fires one that waits for an inner one behind its limit: the inner one must
 * not be cancelled when the time is up. */
static void fired_before(lariat_on_timeout custom,
                         void (*fire)(lariat_deferred *),
                         const char *expected) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = limit(unfired(&s), custom), *inner = unfired(&s);
  add(&s, d, do_give, do_give, "d", returned(inner));
  fire(d);
  saw(&s, expected);
  fixture_advance(&s.f, LATE_MS);
  CU_ASSERT(has_no_result(inner));
  release2(d, inner);
  finish(&s);
}

static void fire_results(lariat_deferred *d) {
  lariat_deferred_callback(d, text("results"));
}

static void fire_failure(lariat_deferred *d) {
  lariat_deferred_errback(d, failure("fail"));
}

static void test_successResultBeforeTimeout(void) {
  fired_before(NULL, fire_results, "d(results) ");
}

static void test_successResultBeforeTimeoutCustom(void) {
  fired_before(override, fire_results, "d(results) ");
}

static void test_failureBeforeTimeout(void) {
  fired_before(NULL, fire_failure, "d(!fail) ");
}

static void test_failureBeforeTimeoutCustom(void) {
  fired_before(override, fire_failure, "d(!fail) ");
}

static void test_cancelBeforeTimeout(void) {
  fired_before(NULL, lariat_deferred_cancel, "d(!cancelled) ");
}

static void test_cancelBeforeTimeoutCustom(void) {
  fired_before(override, lariat_deferred_cancel, "d(!cancelled) ");
}

/* One that nobody fires: what it has when the time is up. */
static void timed_out(struct stage *s, lariat_deferred *d,
                      lariat_on_timeout custom, const char *expected) {
  limit(d, custom);
  CU_ASSERT(has_no_result(d));
  fixture_advance(&s->f, LATE_MS);
  result_of(d, expected);
  lariat_deferred_forget(d);
}

static void test_timedOut(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, unfired(&s), NULL, "!timed-out");
  finish(&s);
}

static void test_timedOutCustom(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, unfired(&s), override, "OVERRIDDEN");
  finish(&s);
}

static void test_timedOutProvidedCancelSuccess(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, with_canceller(&s, cancel_with_callback, "I was cancelled!"),
            NULL, "I was cancelled!");
  finish(&s);
}

static void test_timedOutProvidedCancelFailure(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, with_canceller(&s, cancel_with_errback, "what!"), NULL,
            "!what!");
  finish(&s);
}

static void test_providedCancelCalledBeforeTimeoutCustom(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, with_canceller(&s, cancel_with_errback, "what!"), override,
            "OVERRIDDEN");
  finish(&s);
}

static void test_errbackAddedBeforeTimeout(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, add(&s, unfired(&s), NULL, do_see, "eb", lariat_none()), NULL,
            "!timed-out");
  saw(&s, "eb(!cancelled) ");
  finish(&s);
}

static void test_errbackAddedBeforeTimeoutSuppressesCancellation(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, add(&s, unfired(&s), NULL, do_eat, "eb", lariat_none()), NULL,
            "none");
  saw(&s, "eb(!cancelled) ");
  finish(&s);
}

static void test_errbackAddedBeforeTimeoutCustom(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, add(&s, unfired(&s), NULL, do_see, "eb", lariat_none()),
            override, "OVERRIDDEN");
  saw(&s, "eb(!cancelled) ");
  finish(&s);
}

static void test_errbackAddedBeforeTimeoutSuppressesCancellationCustom(void) {
  struct stage s;
  begin(&s);
  timed_out(&s, add(&s, unfired(&s), NULL, do_eat, "eb", lariat_none()),
            override, "OVERRIDDEN");
  saw(&s, "eb(!cancelled) ");
  finish(&s);
}

static void test_callbackAddedToCancelerBeforeTimeout(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = with_canceller(&s, cancel_with_callback, "success");
  timed_out(&s, see(&s, d, "cb"), NULL, "success");
  saw(&s, "cb(success) ");
  finish(&s);
}

static void test_callbackAddedToCancelerBeforeTimeoutCustom(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = with_canceller(&s, cancel_with_callback, "success");
  timed_out(&s, see(&s, d, "cb"), override, "OVERRIDDEN");
  saw(&s, "cb(success) ");
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(DeferredAddTimeoutTests, test_timeoutChainable),
      CASE(DeferredAddTimeoutTests, test_successResultBeforeTimeout),
      CASE(DeferredAddTimeoutTests, test_successResultBeforeTimeoutCustom),
      CASE(DeferredAddTimeoutTests, test_failureBeforeTimeout),
      CASE(DeferredAddTimeoutTests, test_failureBeforeTimeoutCustom),
      CASE(DeferredAddTimeoutTests, test_timedOut),
      CASE(DeferredAddTimeoutTests, test_timedOutCustom),
      CASE(DeferredAddTimeoutTests, test_timedOutProvidedCancelSuccess),
      CASE(DeferredAddTimeoutTests, test_timedOutProvidedCancelFailure),
      CASE(DeferredAddTimeoutTests, test_cancelBeforeTimeout),
      CASE(DeferredAddTimeoutTests, test_cancelBeforeTimeoutCustom),
      CASE(DeferredAddTimeoutTests,
           test_providedCancelCalledBeforeTimeoutCustom),
      CASE(DeferredAddTimeoutTests, test_errbackAddedBeforeTimeout),
      CASE(DeferredAddTimeoutTests,
           test_errbackAddedBeforeTimeoutSuppressesCancellation),
      CASE(DeferredAddTimeoutTests, test_errbackAddedBeforeTimeoutCustom),
      CASE(DeferredAddTimeoutTests,
           test_errbackAddedBeforeTimeoutSuppressesCancellationCustom),
      CASE(DeferredAddTimeoutTests, test_callbackAddedToCancelerBeforeTimeout),
      CASE(DeferredAddTimeoutTests,
           test_callbackAddedToCancelerBeforeTimeoutCustom),
  };
  return fixture_main("DeferredAddTimeoutTests", tests, FIXTURE_COUNT(tests),
                      argc, argv);
}
