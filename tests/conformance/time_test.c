/* SPDX-License-Identifier: MIT
 * labels: unchecked threads
 * time_test.c: Twisted's internet/test/test_time.py. */
#include <pthread.h>

#include "conformance/task.h"

static void stop(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_stop(context), LARIAT_OK);
}

static void TimeTestsBuilder_test_delayedCallStopsReactor(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 0, stop, f.reactor, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  fixture_close(&f);
}

static void never(void *context) {
  (void)context;
  CU_FAIL("the distant call was made");
}

/* The call for the stop is sent from a call that was sent: at least one whole
 * turn sleeps with the distant timer set. */
static void send_stop(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_call_from_thread(context, stop, context, NULL),
                  LARIAT_OK);
}

static void *send_from_thread(void *context) {
  lariat_status status =
      lariat_reactor_call_from_thread(context, send_stop, context, NULL);
  return status == LARIAT_OK ? NULL : context;
}

static void TimeTestsBuilder_test_distantDelayedCall(void) {
  struct fixture f;
  lariat_timer timer, found;
  pthread_t thread;
  void *trouble = NULL;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_reactor_call_later(f.reactor, UINT64_MAX, never, NULL,
                                            NULL, &timer),
                  LARIAT_OK);
  pthread_create(&thread, NULL, send_from_thread, f.reactor);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  pthread_join(thread, &trouble);
  CU_ASSERT_PTR_NULL(trouble);
  CU_ASSERT_TRUE(lariat_reactor_timer_active(f.reactor, timer));
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, &found, 1), 1);
  CU_ASSERT_EQUAL(found.id, timer.id);
  fixture_expect_timers(&f, 1);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(TimeTestsBuilder, test_delayedCallStopsReactor),
      CASE(TimeTestsBuilder, test_distantDelayedCall),
  };
  return fixture_main("test_time", tests, FIXTURE_COUNT(tests), argc, argv);
}
