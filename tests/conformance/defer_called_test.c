/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_called_test.c: Twisted's AlreadyCalledTests, LogTests and UtilTests:
 * what is said of deferreds that were fired twice, and of failures that nobody
 * handled. */
#include <lariat/debugging.h>

#include "conformance/defer.h"

/* Not static, so that they have names when debugging asks for them. */
void call_1(lariat_deferred *d);
void call_2(lariat_deferred *d);
void err_1(lariat_deferred *d);
void err_2(lariat_deferred *d);
void testAlreadyCalledDebug(struct stage *s, void (*first)(lariat_deferred *),
                            void (*second)(lariat_deferred *),
                            const char *invoker1, const char *invoker2);

__attribute__((noinline)) void call_1(lariat_deferred *d) {
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, text("hello")), LARIAT_OK);
}

__attribute__((noinline)) void call_2(lariat_deferred *d) {
  CU_ASSERT_EQUAL(lariat_deferred_callback(d, text("twice")), LARIAT_EALREADY);
}

__attribute__((noinline)) void err_1(lariat_deferred *d) {
  CU_ASSERT_EQUAL(lariat_deferred_errback(d, failure("one")), LARIAT_OK);
}

__attribute__((noinline)) void err_2(lariat_deferred *d) {
  CU_ASSERT_EQUAL(lariat_deferred_errback(d, failure("two")), LARIAT_EALREADY);
}

static void fire_twice(void (*first)(lariat_deferred *),
                       void (*second)(lariat_deferred *)) {
  struct stage s;
  begin(&s);
  lariat_set_debugging(true);
  lariat_deferred *d = unfired(&s);
  eat(&s, d, "");
  first(d);
  second(d);
  lariat_deferred_release(d);
  lariat_set_debugging(false);
  finish(&s);
}

static void testAlreadyCalled_CC(void) { fire_twice(call_1, call_2); }
static void testAlreadyCalled_CE(void) { fire_twice(call_1, err_2); }
static void testAlreadyCalled_EE(void) { fire_twice(err_1, err_2); }
static void testAlreadyCalled_EC(void) { fire_twice(err_1, call_2); }

/* The error is a status here, and the places are asked for. */
__attribute__((noinline)) void
testAlreadyCalledDebug(struct stage *s, void (*first)(lariat_deferred *),
                       void (*second)(lariat_deferred *), const char *invoker1,
                       const char *invoker2) {
  char places[2048];
  lariat_deferred *d = unfired(s);
  eat(s, d, "");
  first(d);
  second(d);
  CU_ASSERT(lariat_deferred_places(d, places, sizeof places) > 0);
  char *fired = strstr(places, ", fired by ");
  CU_ASSERT_PTR_NOT_NULL_FATAL(fired);
  *fired++ = '\0';
  CU_ASSERT_PTR_NOT_NULL(strstr(places, "made by "));
  CU_ASSERT_PTR_NOT_NULL(strstr(places, "testAlreadyCalledDebug"));
  CU_ASSERT_PTR_NULL(strstr(places, invoker1));
  CU_ASSERT_PTR_NULL(strstr(places, invoker2));
  CU_ASSERT_PTR_NOT_NULL(strstr(fired, invoker1));
  CU_ASSERT_PTR_NULL(strstr(fired, invoker2));
  lariat_deferred_release(d);
}

static void debug(void (*first)(lariat_deferred *),
                  void (*second)(lariat_deferred *), const char *invoker1,
                  const char *invoker2) {
  struct stage s;
  begin(&s);
  lariat_set_debugging(true);
  testAlreadyCalledDebug(&s, first, second, invoker1, invoker2);
  lariat_set_debugging(false);
  finish(&s);
}

static void testAlreadyCalledDebug_CC(void) {
  debug(call_1, call_2, "call_1", "call_2");
}

static void testAlreadyCalledDebug_CE(void) {
  debug(call_1, err_2, "call_1", "err_2");
}

static void testAlreadyCalledDebug_EC(void) {
  debug(err_1, call_2, "err_1", "call_2");
}

static void testAlreadyCalledDebug_EE(void) {
  debug(err_1, err_2, "err_1", "err_2");
}

static void testNoDebugging(void) {
  struct stage s;
  char places[64];
  begin(&s);
  CU_ASSERT_FALSE(lariat_debugging());
  lariat_deferred *d = unfired(&s);
  eat(&s, d, "");
  call_1(d);
  call_2(d);
  CU_ASSERT_EQUAL(lariat_deferred_places(d, places, sizeof places), 0);
  CU_ASSERT_STRING_EQUAL(places, "");
  lariat_deferred_release(d);
  finish(&s);
}

static void testSwitchDebugging(void) {
  struct stage s;
  begin(&s);
  for (int on = 0; on < 2; on++) {
    lariat_set_debugging(on);
    lariat_deferred *d = unfired(&s);
    lariat_set_debugging(!on);
    eat(&s, d, "");
    call_1(d);
    call_2(d);
    lariat_deferred_release(d);
  }
  lariat_set_debugging(false);
  finish(&s);
}

/* LogTests. */

static lariat_deferred *dividing(struct stage *s) {
  lariat_deferred *d = unfired(s);
  on_success(s, d, "divide", failure("division by zero"));
  return d;
}

static void fire_and_release(lariat_deferred *d) {
  lariat_deferred_callback(d, lariat_int(1));
  lariat_deferred_release(d);
}

static void test_errorLog(void) {
  struct stage s;
  begin(&s);
  fire_and_release(dividing(&s));
  CU_ASSERT_EQUAL(s.f.reports, 1);
  CU_ASSERT_STRING_EQUAL(s.f.last_report,
                         "unhandled failure: division by zero (user) in a "
                         "deferred of reactor test");
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

/* Its words, and not what it is as an object. */
static void test_errorLogNoRepr(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = dividing(&s);
  char address[32];
  lariat_deferred_callback(d, lariat_int(1));
  snprintf(address, sizeof address, "%p", lariat_deferred_peek(d).data);
  lariat_deferred_release(d);
  CU_ASSERT_PTR_NULL(strstr(s.f.last_report, address));
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

static void test_errorLogDebugInfo(void) {
  struct stage s;
  begin(&s);
  lariat_set_debugging(true);
  fire_and_release(dividing(&s));
  lariat_set_debugging(false);
  CU_ASSERT_PTR_NOT_NULL(strstr(s.f.last_report, "reactor test, made by "));
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

static void test_chainedErrorCleanup(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *d = unfired(&s);
  on_success(&s, d, "give", lariat_deferred_value(failed(&s, "zoop")));
  lariat_deferred_callback(d, lariat_none());
  eat(&s, d, "end");
  saw(&s, "give(none) end(!zoop) ");
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(s.f.reports, 0);
  finish(&s);
}

static void test_errorClearedByChaining(void) {
  struct stage s;
  begin(&s);
  lariat_deferred *bad = failed(&s, "oh no");
  on_error(&s, bad, "give", lariat_deferred_value(unfired(&s)));
  lariat_deferred_release(bad);
  CU_ASSERT_EQUAL(s.f.reports, 0);
  finish(&s);
}

/* UtilTests. */

static void test_logErrorReturnsError(void) {
  struct stage s;
  begin(&s);
  lariat_value error = failure("runtime");
  lariat_value result = lariat_report_failure(error, NULL);
  CU_ASSERT_PTR_EQUAL(error.data, result.data);
  lariat_value_drop(result);
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

static void test_logErrorLogsError(void) {
  struct stage s;
  begin(&s);
  lariat_value_drop(lariat_report_failure(failure("runtime"), s.f.reactor));
  CU_ASSERT_STRING_EQUAL(s.f.last_report, "failure: runtime (user)");
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

static void test_logErrorLogsErrorNoRepr(void) {
  struct stage s;
  char address[32];
  begin(&s);
  lariat_value error = failure("runtime");
  snprintf(address, sizeof address, "%p", error.data);
  lariat_value_drop(lariat_report_failure(error, s.f.reactor));
  CU_ASSERT_PTR_NULL(strstr(s.f.last_report, address));
  fixture_expect_reports(&s.f, 1);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(AlreadyCalledTests, testAlreadyCalled_CC),
      CASE(AlreadyCalledTests, testAlreadyCalled_CE),
      CASE(AlreadyCalledTests, testAlreadyCalled_EE),
      CASE(AlreadyCalledTests, testAlreadyCalled_EC),
      CASE(AlreadyCalledTests, testAlreadyCalledDebug_CC),
      CASE(AlreadyCalledTests, testAlreadyCalledDebug_CE),
      CASE(AlreadyCalledTests, testAlreadyCalledDebug_EC),
      CASE(AlreadyCalledTests, testAlreadyCalledDebug_EE),
      CASE(AlreadyCalledTests, testNoDebugging),
      CASE(AlreadyCalledTests, testSwitchDebugging),
      CASE(LogTests, test_errorLog),
      CASE(LogTests, test_errorLogNoRepr),
      CASE(LogTests, test_errorLogDebugInfo),
      CASE(LogTests, test_chainedErrorCleanup),
      CASE(LogTests, test_errorClearedByChaining),
      CASE(UtilTests, test_logErrorReturnsError),
      CASE(UtilTests, test_logErrorLogsError),
      CASE(UtilTests, test_logErrorLogsErrorNoRepr),
  };
  return fixture_main("AlreadyCalledTests", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
