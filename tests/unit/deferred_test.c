/* SPDX-License-Identifier: MIT
 * labels: unchecked threads
 * deferred_test.c: a deferred is made, fired once, cancelled, forgotten,
 * described, and says when a failure was left unhandled.  Many of these show
 * what Twisted's DeferredTests, AlreadyCalledTests, DeferredCancellerTests and
 * LogTests show. */
#include "deferred/deferred.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "deferred/state.h"
#include "support/fixture.h"
#include "support/recorder.h"
#include <lariat/checks.h>

#define STEP(name)                                                             \
  { &recorder, name, {NULL, NULL}, NULL, NULL, NULL }

static lariat_deferred *unfired(const struct fixture *f) {
  return lariat_deferred_new(f->reactor, NULL, NULL, NULL);
}

static lariat_value failure(const char *text) {
  return lariat_failure_new(LARIAT_EUSER, "%s", text);
}

/* Firing. */

static void test_callback(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step good = STEP("good");
  struct recorder_step bad = STEP("bad");
  lariat_deferred *d = unfired(&f);
  CU_ASSERT_FALSE(lariat_deferred_fired(d));
  CU_ASSERT(lariat_is_none(lariat_deferred_peek(d)));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(d), f.reactor);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_add_callback(d, recorder_pass, &good), d);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_add_errback(d, recorder_none, &bad), d);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(&recorder, 5)),
                  LARIAT_OK);
  recorder_saw(&recorder, "good(5) ");
  CU_ASSERT(lariat_deferred_fired(d));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_peek(d).type, &recorder_type);
  CU_ASSERT_EQUAL(recorder.values_dropped, 0);
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_sides(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a"), b = STEP("b"), c = STEP("c"),
                       e = STEP("e");
  lariat_deferred *d = unfired(&f);
  a.give = failure("one");
  lariat_deferred_add_callbacks(d, recorder_give, NULL, &a);
  lariat_deferred_add_callback(d, recorder_pass, &b); /* is passed over */
  c.give = recorder_value(&recorder, 2);
  lariat_deferred_add_errback(d, recorder_give, &c);
  lariat_deferred_add_errback(d, recorder_pass, &e); /* is passed over */
  lariat_deferred_add_both(d, recorder_none, &b);
  lariat_deferred_callback(d, lariat_int(1));
  recorder_saw(&recorder, "a(1) c(!one) b(2) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_callback_with_failure(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step good = STEP("good"), bad = STEP("bad");
  lariat_deferred *d = unfired(&f);
  lariat_deferred_add_callbacks(d, recorder_none, NULL, &good);
  lariat_deferred_add_errback(d, recorder_none, &bad);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, failure("x")), LARIAT_OK);
  recorder_saw(&recorder, "bad(!x) ");
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void test_errback_wants_a_failure(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  lariat_set_checks(false);
  CU_ASSERT_EQUAL(lariat_deferred_errback(d, lariat_none()), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_deferred_errback(d, recorder_value(&recorder, 1)),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(
      lariat_deferred_callback(d, lariat_deferred_value(unfired(&f))),
      LARIAT_EINVAL);
  lariat_set_checks(true);
  CU_ASSERT_FALSE(lariat_deferred_fired(d));
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_prefired(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a");
  lariat_deferred *d =
      lariat_deferred_succeed(f.reactor, recorder_value(&recorder, 1));
  CU_ASSERT(lariat_deferred_fired(d));
  lariat_deferred_add_callback(d, recorder_none, &a);
  recorder_saw(&recorder, "a(1) ");
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, lariat_none()), LARIAT_EALREADY);
  lariat_deferred_release(d);
  d = lariat_deferred_fail(f.reactor, LARIAT_EUSER, "no %d", 1);
  lariat_deferred_add_errback(d, recorder_none, &a);
  recorder_saw(&recorder, "a(!no 1) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_twice(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  for (int first = 0; first < 2; first++) {
    for (int second = 0; second < 2; second++) {
      lariat_deferred *d = unfired(&f);
      lariat_value result = first ? failure("x") : recorder_value(&recorder, 1);
      CU_ASSERT_EQUAL(lariat_deferred_callback(d, result), LARIAT_OK);
      lariat_status status =
          second ? lariat_deferred_errback(d, failure("y"))
                 : lariat_deferred_callback(d, recorder_value(&recorder, 2));
      CU_ASSERT_EQUAL(status, LARIAT_EALREADY);
      lariat_deferred_forget(d);
    }
  }
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_contexts(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  for (int i = 0; i < 3; i++) /* a callback, an errback, neither */
    lariat_deferred_add_callbacks_owned(
        d, NULL, NULL, recorder_context(&recorder), recorder_destroy);
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 0);
  recorder_then(d, &recorder, "a", failure("x"));
  recorder_then(d, &recorder, "b", lariat_none());
  lariat_deferred_callback(d, lariat_none());
  recorder_saw(&recorder, "a(none) b(!x) ");
  recorder_check(&recorder);
  lariat_deferred_release(d);
  d = unfired(&f);
  for (int i = 0; i < 9; i++)
    recorder_then(d, &recorder, "never", lariat_none());
  lariat_deferred_release(d);
  recorder_saw(&recorder, "");
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_many_pairs(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  for (int i = 0; i < 10000; i++)
    lariat_deferred_add_callbacks_owned(
        d, NULL, NULL, recorder_context(&recorder), recorder_destroy);
  recorder_then(d, &recorder, "end", lariat_none());
  lariat_deferred_callback(d, lariat_int(3));
  recorder_saw(&recorder, "end(3) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Cancelling. */

static void count_call(lariat_deferred *d, void *context) {
  (void)d;
  struct recorder *recorder = context;
  recorder_note(recorder, "cancelled");
}

static void call_back(lariat_deferred *d, void *context) {
  count_call(d, context);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, lariat_int(7)), LARIAT_OK);
  struct recorder *recorder = context;
  CU_ASSERT_EQUAL(recorder->contexts_destroyed, 0);
}

static void err_back(lariat_deferred *d, void *context) {
  count_call(d, context);
  lariat_deferred_errback(d, failure("other"));
}

static void cancel_again(lariat_deferred *d, void *context) {
  count_call(d, context);
  lariat_deferred_cancel(d);
}

static void release_it(lariat_deferred *d, void *context) {
  count_call(d, context);
  lariat_deferred_release(d);
}

static lariat_deferred *cancellable(struct fixture *f,
                                    struct recorder *recorder,
                                    lariat_canceller canceller) {
  return lariat_deferred_new(f->reactor, canceller, recorder_context(recorder),
                             recorder_destroy);
}

static void test_cancel_without_canceller(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a");
  for (int late = 0; late < 2; late++) {
    lariat_deferred *d = unfired(&f);
    lariat_deferred_add_both(d, recorder_none, &a);
    for (int i = 0; i < 3; i++) lariat_deferred_cancel(d);
    recorder_saw(&recorder, "a(!it was cancelled before it was done) ");
    CU_ASSERT_EQUAL(
        late ? lariat_deferred_errback(d, failure("x"))
             : lariat_deferred_callback(d, recorder_value(&recorder, 1)),
        LARIAT_OK);
    for (int i = 0; i < 3; i++) lariat_deferred_cancel(d);
    CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(&recorder, 2)),
                    LARIAT_EALREADY);
    CU_ASSERT_EQUAL(lariat_deferred_errback(d, failure("y")), LARIAT_EALREADY);
    lariat_deferred_release(d);
  }
  recorder_saw(&recorder, "");
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_canceller(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a");
  lariat_deferred *d = cancellable(&f, &recorder, count_call);
  lariat_deferred_add_both(d, recorder_none, &a);
  for (int i = 0; i < 3; i++) lariat_deferred_cancel(d);
  recorder_saw(&recorder, "cancelled a(!it was cancelled before it was done) ");
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(&recorder, 1)),
                  LARIAT_EALREADY);
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_cancellers_that_fire(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a");
  lariat_deferred *d = cancellable(&f, &recorder, call_back);
  lariat_deferred_add_both(d, recorder_none, &a);
  lariat_deferred_cancel(d);
  recorder_saw(&recorder, "cancelled a(7) ");
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  lariat_deferred_release(d);
  d = cancellable(&f, &recorder, err_back);
  lariat_deferred_add_both(d, recorder_none, &a);
  lariat_deferred_cancel(d);
  recorder_saw(&recorder, "cancelled a(!other) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_canceller_that_cancels(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = cancellable(&f, &recorder, cancel_again);
  lariat_deferred_cancel(d);
  recorder_saw(&recorder, "cancelled ");
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ECANCELLED);
  lariat_deferred_forget(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_canceller_that_releases(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = cancellable(&f, &recorder, release_it);
  lariat_deferred_cancel(d);
  recorder_saw(&recorder, "cancelled ");
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

static void test_cancel_after_firing(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = cancellable(&f, &recorder, count_call);
  lariat_deferred_callback(d, recorder_value(&recorder, 1));
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1); /* when it fired */
  lariat_deferred_cancel(d);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_peek(d).type, &recorder_type);
  lariat_deferred_release(d);
  d = cancellable(&f, &recorder, count_call);
  lariat_deferred_errback(d, failure("x"));
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 2);
  lariat_deferred_cancel(d);
  lariat_deferred_forget(d);
  recorder_saw(&recorder, "");
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_canceller_context_dies_unfired(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred_release(cancellable(&f, &recorder, count_call));
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  lariat_deferred_release(cancellable(&f, &recorder, NULL));
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 2);
  lariat_deferred *d = cancellable(&f, &recorder, NULL);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, lariat_none()), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, lariat_none()), LARIAT_EALREADY);
  lariat_deferred_forget(d);
  recorder_check(&recorder);
  recorder_saw(&recorder, "");
  fixture_close(&f);
}

/* Unhandled failures. */

static void test_unhandled(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  lariat_deferred_retain(d);
  lariat_deferred_errback(d, lariat_failure_new(LARIAT_ETIMEDOUT, "too\nlate"));
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(f.reports, 0);
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(f.reports, 1);
  CU_ASSERT_STRING_EQUAL(f.last_report, "unhandled failure: too late "
                                        "(timed-out) in a deferred of reactor "
                                        "test");
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

static void test_handled(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a");
  lariat_deferred *d = lariat_deferred_fail(f.reactor, LARIAT_EUSER, "x");
  lariat_deferred_release(lariat_deferred_add_errback(d, recorder_none, &a));
  fixture_close(&f);
}

static void test_unhandled_and_paused(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_deferred_fail(f.reactor, LARIAT_EUSER, "x");
  lariat_deferred_pause(d);
  recorder_then(d, &recorder, "never", lariat_none());
  lariat_deferred_release(d);
  recorder_saw(&recorder, "");
  recorder_check(&recorder);
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

static void test_forget(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred_forget(NULL);
  lariat_deferred_forget(lariat_deferred_fail(f.reactor, LARIAT_EUSER, "now"));
  lariat_deferred *d = unfired(&f);
  lariat_deferred_retain(d);
  lariat_deferred_forget(d);
  lariat_deferred_errback(d, failure("later"));
  lariat_deferred_release(d);
  fixture_close(&f);
}

/* Describing. */

static void test_describe(void) {
  struct fixture f;
  struct recorder recorder = {0};
  char text[200];
  char expected[200];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  void *at = d;
  snprintf(expected, sizeof expected, "<deferred at %p>", at);
  int length = lariat_deferred_describe(d, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, expected);
  CU_ASSERT_EQUAL((size_t)length, strlen(expected));
  lariat_deferred_callback(d, recorder_value(&recorder, 12345));
  snprintf(expected, sizeof expected, "<deferred at %p current result: 12345>",
           at);
  for (size_t capacity = sizeof text; capacity > 0; capacity--) {
    length = lariat_deferred_describe(d, text, capacity);
    CU_ASSERT_EQUAL((size_t)length, strlen(expected));
    CU_ASSERT_EQUAL(strncmp(text, expected, capacity - 1), 0);
    CU_ASSERT(strlen(text) < capacity);
  }
  CU_ASSERT_EQUAL(lariat_deferred_describe(d, NULL, 0), length);
  lariat_value_describe(lariat_deferred_value(d), text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, expected);
  lariat_deferred_release(d);
  fixture_close(&f);
}

/* Memory. */

static void test_no_memory_to_make(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  fixture_fail_allocations_from(&f, 1);
  lariat_deferred *d = cancellable(&f, &recorder, count_call);
  recorder_check(&recorder);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ENOMEM);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(d), f.reactor);
  recorder_then(d, &recorder, "a", recorder_value(&recorder, 1));
  recorder_then(d, &recorder, "b", lariat_none());
  recorder_saw(&recorder, "a(!out of memory) b(1) ");
  lariat_deferred_release(d);
  d = lariat_deferred_succeed(f.reactor, recorder_value(&recorder, 1));
  recorder_check(&recorder);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ENOMEM);
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(f.reports, 1);
  d = lariat_deferred_fail(f.reactor, LARIAT_EUSER, "%d", 1);
  lariat_deferred_forget(d);
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

static void use_constant(struct fixture *f, struct recorder *recorder,
                         lariat_deferred *d, const char *expected) {
  recorder_then(d, recorder, "a", recorder_value(recorder, 1));
  recorder_then(
      d, recorder, "b",
      lariat_deferred_value(lariat_deferred_new(f->reactor, NULL, NULL, NULL)));
  recorder_then(d, recorder, "c", lariat_none());
  recorder_saw(recorder, expected);
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(recorder, 1)),
                  LARIAT_EALREADY);
  CU_ASSERT_EQUAL(lariat_deferred_errback(d, failure("x")), LARIAT_EALREADY);
  lariat_deferred_pause(d);
  CU_ASSERT_EQUAL(lariat_deferred_unpause(d), LARIAT_EALREADY);
  lariat_deferred_cancel(d);
  CU_ASSERT(lariat_deferred_fired(d));
  CU_ASSERT_PTR_NULL(lariat_deferred_reactor(d));
  char text[100];
  lariat_deferred_describe(d, text, sizeof text);
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "current result: failure: "));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_retain(d), d);
  lariat_deferred_release(d);
  lariat_deferred_forget(d);
}

static void test_reserve_in_use(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  lariat_deferred *first = lr_deferred_failed_reserve(f.reactor);
  lariat_deferred *second = lr_deferred_failed_reserve(f.reactor);
  lariat_deferred *third = lr_deferred_failed_reserve(f.reactor);
  CU_ASSERT_PTR_NOT_EQUAL(first, second);
  CU_ASSERT_PTR_EQUAL(second, third);
  recorder_then(first, &recorder, "r", recorder_value(&recorder, 8));
  recorder_saw(&recorder, "r(!out of memory) ");
  use_constant(&f, &recorder, second,
               "a(!out of memory) b(!out of memory) c(!out of memory) ");
  lariat_deferred_release(third);
  recorder_then(first, &recorder, "r", lariat_none());
  recorder_saw(&recorder, "r(8) ");
  lariat_deferred_release(first);
  CU_ASSERT_PTR_EQUAL(lr_deferred_failed_reserve(f.reactor), first);
  lariat_deferred_forget(first);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_no_memory_for_the_state(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  fixture_fail_allocations_from(&f, 1);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_ENOMEM);
  lariat_deferred *d = unfired(&f);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ENOMEM);
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void test_no_reactor(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_set_checks(false);
  lariat_deferred *d = lariat_deferred_new(
      NULL, NULL, recorder_context(&recorder), recorder_destroy);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_EINVAL);
  use_constant(&f, &recorder, d,
               "a(!a deferred needs a reactor) b(!a deferred needs a reactor) "
               "c(!a deferred needs a reactor) ");
  d = lariat_deferred_succeed(f.reactor, lariat_deferred_value(unfired(&f)));
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_EINVAL);
  lariat_deferred_forget(d);
  lariat_deferred_add_callbacks_owned(
      NULL, NULL, NULL, recorder_context(&recorder), recorder_destroy);
  CU_ASSERT_EQUAL(lariat_deferred_callback(NULL, recorder_value(&recorder, 1)),
                  LARIAT_EINVAL);
  lariat_set_checks(true);
  lariat_deferred_release(NULL);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Adds pairs until one needs memory, which there is not. */
static void overfill(struct fixture *f, struct recorder *recorder,
                     lariat_deferred *d) {
  fixture_fail_allocations_from(f, 1);
  for (int i = 0; i < LR_DEFERRED_PAIRS + 1; i++)
    recorder_then(d, recorder, "lost", lariat_none());
  fixture_fail_allocation(f, 0);
}

static void test_no_memory_to_grow(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = cancellable(&f, &recorder, count_call);
  overfill(&f, &recorder, d);
  recorder_saw(&recorder, "");
  recorder_check(&recorder); /* the canceller's context as well */
  CU_ASSERT(lariat_deferred_fired(d));
  lariat_deferred_cancel(d);
  recorder_then(d, &recorder, "a", lariat_none());
  recorder_saw(&recorder, "a(!out of memory) ");
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(&recorder, 1)),
                  LARIAT_OK); /* swallowed */
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, recorder_value(&recorder, 1)),
                  LARIAT_EALREADY);
  lariat_deferred_release(d);
  d = lariat_deferred_succeed(f.reactor, recorder_value(&recorder, 1));
  lariat_deferred_pause(d);
  overfill(&f, &recorder, d);
  recorder_then(d, &recorder, "b", lariat_none());
  lariat_deferred_unpause(d);
  recorder_saw(&recorder, "b(!out of memory) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static lariat_value overfill_inside(lariat_value result, void *context) {
  struct recorder_step *step = context;
  overfill(step->more, step->recorder, step->subject);
  return result;
}

static void test_no_memory_to_grow_while_running(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct recorder_step step = {&recorder, "s", {NULL, NULL}, NULL, d, &f};
  lariat_deferred_add_callback(d, overfill_inside, &step);
  lariat_deferred_callback(d, recorder_value(&recorder, 1));
  recorder_then(d, &recorder, "a", lariat_none());
  recorder_saw(&recorder, "a(!out of memory) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Reactors and threads. */

static void test_reactor_closed(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *waiting = cancellable(&f, &recorder, count_call);
  recorder_then(waiting, &recorder, "never", lariat_none());
  lariat_deferred *done =
      lariat_deferred_succeed(f.reactor, recorder_value(&recorder, 4));
  fixture_close_reactor(&f, 0);
  CU_ASSERT_PTR_NULL(lariat_deferred_reactor(done));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_peek(done).type, &recorder_type);
  CU_ASSERT_FALSE(lariat_deferred_fired(waiting));
  lariat_deferred_release(done);
  lariat_deferred_release(waiting);
  recorder_saw(&recorder, "");
  recorder_check(&recorder);
  fixture_close(&f);
}

/* What is written to standard error while `release` is released. */
static void catch_release(lariat_deferred *released, char *text,
                          size_t capacity) {
  int ends[2];
  int saved = dup(STDERR_FILENO);
  text[0] = '\0';
  if (saved < 0 || pipe(ends) != 0) return;
  dup2(ends[1], STDERR_FILENO);
  lariat_deferred_release(released);
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  ssize_t length = read(ends[0], text, capacity - 1);
  text[length > 0 ? length : 0] = '\0';
  close(ends[0]);
}

static void test_report_after_the_reactor(void) {
  struct fixture f;
  char text[200];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_deferred_fail(f.reactor, LARIAT_EUSER, "late");
  fixture_close_reactor(&f, 0);
  catch_release(d, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, "lariat: unhandled failure: late (user) in a "
                               "deferred of a reactor that is closed\n");
  fixture_close(&f);
}

static void test_reserve_outlives_the_reactor(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lr_deferred_failed_reserve(f.reactor);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(d);
  fixture_close(&f);
}

struct wrong_thread {
  lariat_deferred *deferred;
  lariat_status status;
};

static void *fire_elsewhere(void *context) {
  struct wrong_thread *wrong = context;
  wrong->status = lariat_deferred_callback(wrong->deferred, lariat_int(1));
  return NULL;
}

static void misuse_thread(void *context) {
  (void)context;
  lariat_set_checks(true);
  lariat_reactor *reactor;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return;
  struct wrong_thread wrong = {lariat_deferred_new(reactor, NULL, NULL, NULL),
                               LARIAT_OK};
  pthread_t thread;
  if (pthread_create(&thread, NULL, fire_elsewhere, &wrong) == 0)
    pthread_join(thread, NULL);
}

static void test_wrong_thread(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT(fixture_aborts(misuse_thread, NULL));
  lariat_set_checks(false);
  struct wrong_thread wrong = {unfired(&f), LARIAT_OK};
  pthread_t thread;
  CU_ASSERT_EQUAL(pthread_create(&thread, NULL, fire_elsewhere, &wrong), 0);
  pthread_join(thread, NULL);
  CU_ASSERT_EQUAL(wrong.status, LARIAT_EINVAL);
  CU_ASSERT_FALSE(lariat_deferred_fired(wrong.deferred));
  lariat_deferred_release(wrong.deferred);
  lariat_set_checks(true);
  fixture_close(&f);
}

/* Embedding. */

struct job {
  struct recorder *recorder;
  lariat_deferred deferred;
};

static void job_dispose(lariat_deferred *d) {
  struct job *job = lr_container(d, struct job, deferred);
  recorder_note(job->recorder, "disposed");
}

static void job_cancel(lariat_deferred *d) {
  struct job *job = lr_container(d, struct job, deferred);
  recorder_note(job->recorder, "asked");
}

static void test_embedded(void) {
  struct fixture f;
  struct recorder recorder = {0};
  static const lr_deferred_ops ops = {.dispose = job_dispose,
                                      .cancel = job_cancel};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  struct job job;
  job.recorder = &recorder;
  uint64_t before = fixture_allocations(&f);
  for (int i = 0; i < 3; i++) {
    lr_deferred_init(&job.deferred, f.reactor, &ops);
    lariat_deferred_retain(&job.deferred);
    recorder_then(&job.deferred, &recorder, "a", lariat_none());
    if (i == 1) lariat_deferred_cancel(&job.deferred);
    lariat_deferred_release(&job.deferred);
    lr_deferred_fire(&job.deferred, lariat_int(i));
    lariat_deferred_release(&job.deferred);
  }
  recorder_saw(&recorder,
               "a(0) disposed "
               "asked a(!it was cancelled before it was done) disposed "
               "a(2) disposed ");
  CU_ASSERT_EQUAL(fixture_allocations(&f), before);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void keep_memory(lariat_deferred *d) { (void)d; }

static void release_twice(void *context) {
  (void)context;
  static const lr_deferred_ops ops = {.dispose = keep_memory};
  lariat_reactor *reactor;
  lariat_deferred d;
  lariat_set_checks(true);
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK ||
      lr_deferred_state_open(reactor) != LARIAT_OK)
    return;
  lr_deferred_init(&d, reactor, &ops);
  lariat_deferred_release(&d);
  lariat_deferred_release(&d);
}

static void use_null(void *context) {
  (void)context;
  lariat_set_checks(true);
  lariat_deferred_cancel(NULL);
}

static void test_misuse(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT(fixture_aborts(release_twice, NULL));
  CU_ASSERT(fixture_aborts(use_null, NULL));
  fixture_close(&f);
}

/* Every allocation of a life failing in turn. */

static void life(struct fixture *f, struct recorder *recorder) {
  lariat_deferred *d = cancellable(f, recorder, err_back);
  for (int i = 0; i < 11; i++)
    recorder_then(d, recorder, "a", recorder_value(recorder, i));
  lariat_deferred_callback(d, failure("x"));
  for (int i = 0; i < 11; i++)
    recorder_then(d, recorder, "b", recorder_value(recorder, i));
  lariat_deferred *e = lariat_deferred_fail(f->reactor, LARIAT_EUSER, "x");
  recorder_then(e, recorder, "c",
                lariat_deferred_value(lariat_deferred_retain(d)));
  lariat_deferred_release(d);
  recorder_then(e, recorder, "d", recorder_value(recorder, 1));
  lariat_deferred_release(e);
}

static void test_every_allocation_fails(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  recorder_fail_each(&f, life);
  fixture_close(&f);
}

/* With checks off, nothing to work on is no error where there is no status. */
static void test_null(void) {
  struct fixture f;
  struct recorder recorder = {0};
  char text[64];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_set_checks(false);
  CU_ASSERT_PTR_NULL(lariat_deferred_retain(NULL));
  lariat_deferred_release(NULL);
  lariat_deferred_forget(NULL);
  CU_ASSERT_PTR_NULL(lariat_deferred_add_callback(NULL, recorder_pass, NULL));
  CU_ASSERT_PTR_NULL(lariat_deferred_add_callbacks_owned(
      NULL, NULL, NULL, recorder_context(&recorder), recorder_destroy));
  CU_ASSERT_PTR_NULL(lariat_deferred_add_both_owned(NULL, NULL, NULL, NULL));
  lariat_deferred_cancel(NULL);
  lariat_deferred_pause(NULL);
  CU_ASSERT_EQUAL(lariat_deferred_unpause(NULL), LARIAT_EINVAL);
  CU_ASSERT_FALSE(lariat_deferred_fired(NULL));
  CU_ASSERT(lariat_is_none(lariat_deferred_peek(NULL)));
  CU_ASSERT_PTR_NULL(lariat_deferred_reactor(NULL));
  CU_ASSERT_EQUAL(lariat_deferred_describe(NULL, text, sizeof text), 13);
  lariat_set_checks(true);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* The constant deferred, and pairs that have nothing to run or destroy. */
static void test_constant_without_sides(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_set_checks(false);
  lariat_deferred *constant = lariat_deferred_new(NULL, NULL, NULL, NULL);
  lariat_deferred_add_callback(constant, recorder_pass, &recorder);
  lariat_deferred_pause(constant);
  CU_ASSERT_EQUAL(lariat_deferred_unpause(constant), LARIAT_EALREADY);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_retain(constant), constant);
  lariat_deferred_forget(constant);
  lariat_set_checks(true);
  fixture_close(&f);
}

static void test_shared_as_a_value(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_value one =
      lariat_deferred_value(lariat_deferred_succeed(f.reactor, lariat_int(1)));
  lariat_value other;
  CU_ASSERT_EQUAL(lariat_value_share(one, &other), LARIAT_OK);
  lariat_value_drop(one);
  CU_ASSERT_EQUAL(lariat_int_in(lariat_deferred_peek(other.data)), 1);
  lariat_value_drop(other);
  fixture_close(&f);
}

/* The fifth pair finds no memory, and has nothing to destroy. */
static void test_no_memory_for_plain_pairs(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  for (int i = 0; i < 4; i++) lariat_deferred_add_callback(d, NULL, NULL);
  fixture_fail_allocation(&f, 1);
  lariat_deferred_add_callback(d, NULL, NULL);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(d);
  fixture_close(&f);
}

static void no_reactor(void *context) {
  (void)context;
  lariat_deferred_release(lariat_deferred_new(NULL, NULL, NULL, NULL));
}

static void test_misuse_without_reactor(void) {
  CU_ASSERT(fixture_aborts(no_reactor, NULL));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a callback gets the result and its context", test_callback},
      {"each pair runs one side, by the result as it stands", test_sides},
      {"firing with a failure is failing", test_callback_with_failure},
      {"errback takes a failure only, and nobody fires with a deferred",
       test_errback_wants_a_failure},
      {"pairs added to a fired deferred run at once", test_prefired},
      {"a second fire is refused and its value dropped, all four ways",
       test_twice},
      {"a context is destroyed once, whichever side ran or none",
       test_contexts},
      {"a chain grows", test_many_pairs},
      {"without a canceller one late fire is swallowed, the second is not",
       test_cancel_without_canceller},
      {"a canceller runs once, and nothing is swallowed after it",
       test_canceller},
      {"a canceller can bring success or another failure",
       test_cancellers_that_fire},
      {"a canceller that cancels its own deferred runs once",
       test_canceller_that_cancels},
      {"a canceller may release its deferred", test_canceller_that_releases},
      {"cancel leaves a fired deferred alone; its canceller is gone",
       test_cancel_after_firing},
      {"a canceller's context dies with an unfired deferred",
       test_canceller_context_dies_unfired},
      {"an unhandled failure is reported once, at the end", test_unhandled},
      {"a handled failure is not reported", test_handled},
      {"a failure behind a pause is reported, its pairs destroyed",
       test_unhandled_and_paused},
      {"a forgotten failure is not reported, now or later", test_forget},
      {"describe: bare, and with a result, cut to any capacity", test_describe},
      {"without memory, makers give the reserve", test_no_memory_to_make},
      {"while the reserve is in use there is a constant deferred",
       test_reserve_in_use},
      {"without memory for the state there is a constant deferred",
       test_no_memory_for_the_state},
      {"bad input gives a failed deferred, or an error", test_no_reactor},
      {"a chain that cannot grow fails at once", test_no_memory_to_grow},
      {"a chain that cannot grow while it runs fails after the callback",
       test_no_memory_to_grow_while_running},
      {"a deferred outlives its reactor, to be read and released",
       test_reactor_closed},
      {"a failure that outlives its reactor goes to standard error",
       test_report_after_the_reactor},
      {"the reserve may outlive its reactor",
       test_reserve_outlives_the_reactor},
      {"the wrong thread is refused, and found by the checks",
       test_wrong_thread},
      {"an embedded deferred allocates nothing and is disposed of",
       test_embedded},
      {"the checks find NULL, and a release too many", test_misuse},
      {"each allocation of a deferred's life fails in turn",
       test_every_allocation_fails},
      {"with checks off, NULL is let go", test_null},
      {"the constant deferred and pairs with one side",
       test_constant_without_sides},
      {"a deferred is shared as a value", test_shared_as_a_value},
      {"without memory, pairs that own nothing",
       test_no_memory_for_plain_pairs},
      {"a deferred without a reactor is misuse", test_misuse_without_reactor},
  };
  return fixture_main("deferred", tests, FIXTURE_COUNT(tests), argc, argv);
}
