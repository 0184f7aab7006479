/* SPDX-License-Identifier: MIT
 * trace_test.c: debugging: the places where deferreds were made and fired. */
#include "deferred/trace.h"

#include <stdlib.h>

#include <lariat/checks.h>
#include <lariat/debugging.h>

#include "conformance/defer.h"

static void debug(struct stage *s) {
  begin(s);
  lariat_set_debugging(true);
}

static void stop(struct stage *s) {
  lariat_set_debugging(false);
  finish(s);
}

static bool has(const lariat_deferred *d, const char *words) {
  char places[2048];
  lariat_deferred_places(d, places, sizeof places);
  return strstr(places, words) != NULL;
}

static void test_places(void) {
  struct stage s;
  debug(&s);
  lariat_deferred *d = unfired(&s);
  CU_ASSERT_TRUE(has(d, "made by "));
  CU_ASSERT_FALSE(has(d, "fired by "));
  lariat_deferred_callback(d, lariat_none());
  CU_ASSERT_TRUE(has(d, ", fired by "));
  lariat_deferred_release(d);
  d = succeed(&s, lariat_none());
  CU_ASSERT_TRUE(has(d, ", fired by "));
  lariat_deferred_release(d);
  stop(&s);
}

static void test_report(void) {
  struct stage s;
  debug(&s);
  lariat_deferred_release(failed(&s, "x"));
  CU_ASSERT_PTR_NOT_NULL(strstr(s.f.last_report, "of reactor test, made by "));
  lariat_set_debugging(false);
  lariat_deferred_release(failed(&s, "x"));
  CU_ASSERT_PTR_NULL(strstr(s.f.last_report, "made by"));
  fixture_expect_reports(&s.f, 2);
  stop(&s);
}

static void test_switched_on_meanwhile(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  lariat_set_debugging(true);
  lariat_deferred_callback(d, lariat_none());
  CU_ASSERT_FALSE(has(d, "fired by "));
  lariat_deferred_release(d);
  stop(&s);
}

static void test_cut(void) {
  struct stage s;
  debug(&s);
  char all[2048], some[32];
  lariat_deferred *d = unfired(&s);
  int length = lariat_deferred_places(d, all, sizeof all);
  CU_ASSERT_EQUAL((size_t)length, strlen(all));
  CU_ASSERT_EQUAL(lariat_deferred_places(d, some, sizeof some), length);
  CU_ASSERT_EQUAL(strlen(some), sizeof some - 1);
  CU_ASSERT_EQUAL(lariat_deferred_places(d, NULL, 0), length);
  lariat_deferred_release(d);
  lariat_set_checks(false);
  CU_ASSERT_EQUAL(lariat_deferred_places(NULL, some, sizeof some), 0);
  CU_ASSERT_STRING_EQUAL(some, "");
  lariat_set_checks(true);
  stop(&s);
}

static void cancel_nothing(lariat_deferred *d, void *context) {
  (void)d;
  (void)context;
}

/* With a canceller's context too. */
static void life(struct fixture *f, struct recorder *recorder) {
  lariat_set_debugging(true);
  lariat_deferred *d = lariat_deferred_new(
      f->reactor, cancel_nothing, recorder_context(recorder), recorder_destroy);
  lariat_deferred *other = lariat_deferred_succeed(f->reactor, lariat_int(1));
  lariat_deferred_add_callbacks_owned(
      other, NULL, NULL, recorder_context(recorder), recorder_destroy);
  lariat_deferred_cancel(d);
  (void)lariat_deferred_callback(d, recorder_value(recorder, 1));
  lariat_deferred_forget(d);
  lariat_deferred_forget(other);
  lariat_set_debugging(false);
}

static void test_no_memory(void) {
  struct stage s;
  begin(&s);
  CU_ASSERT_EQUAL(lr_deferred_state_open(s.f.reactor), LARIAT_OK);
  recorder_fail_each(&s.f, life);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"where it was made, and where it was fired", test_places},
      {"the report of a failure names the places", test_report},
      {"what was made while it was off is not remembered",
       test_switched_on_meanwhile},
      {"the text is cut to the capacity", test_cut},
      {"each allocation fails in turn", test_no_memory},
  };
  return fixture_main("trace", tests, FIXTURE_COUNT(tests), argc, argv);
}
