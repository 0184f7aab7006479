/* SPDX-License-Identifier: MIT
 * timer_slack_test.c: the slack of a thread's timers, for a reactor with calls
 * at instants. */
#include "reactor/timer_slack.h"

#include <stdio.h>
#include <sys/prctl.h>

#include "support/fixture.h"

enum { USUAL = 50000, FINE = 1000 };

static int slack(void) { return prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0); }

static void set_slack(int ns) { (void)prctl(PR_SET_TIMERSLACK, ns, 0, 0, 0); }

static void do_nothing(void *context) { (void)context; }

static void call_at(lariat_reactor *reactor) {
  CU_ASSERT_EQUAL(
      lariat_reactor_call_at(reactor, 0, do_nothing, NULL, NULL, NULL),
      LARIAT_OK);
}

/* A kernel that does not know of slack has none to be tested. */
static bool is_known(void) {
  set_slack(USUAL);
  return slack() == USUAL;
}

static void test_reduces(void) {
  lr_timer_slack own = {0};
  lr_timer_slack_restore(&own);
  CU_ASSERT_EQUAL(slack(), USUAL);
  lr_timer_slack_reduce(&own);
  CU_ASSERT_EQUAL(slack(), FINE);
  lr_timer_slack_restore(&own);
  CU_ASSERT_EQUAL(slack(), USUAL);
}

/* What somebody else has set is left as it is, before and after. */
static void test_leaves_others(void) {
  lr_timer_slack own = {0};
  set_slack(10);
  lr_timer_slack_reduce(&own);
  CU_ASSERT_EQUAL(slack(), 10);
  set_slack(USUAL);
  lr_timer_slack_reduce(&own);
  CU_ASSERT_EQUAL(slack(), USUAL);
  lr_timer_slack_restore(&own);
  lr_timer_slack_reduce(&own);
  CU_ASSERT_EQUAL(slack(), FINE);
  set_slack(2000);
  lr_timer_slack_restore(&own);
  CU_ASSERT_EQUAL(slack(), 2000);
  set_slack(USUAL);
}

/* Only calls at instants touch the thread, and the close leaves no trace. */
static void test_of_reactors(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 0, do_nothing, NULL, NULL, NULL),
      LARIAT_OK);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(slack(), USUAL);
  call_at(f.reactor);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(slack(), FINE);
  fixture_close(&f);
  CU_ASSERT_EQUAL(slack(), USUAL);
}

static void test_of_virtual_time(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  call_at(f.reactor);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(slack(), USUAL);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the slack is reduced, and put back", test_reduces},
      {"what others have set is left", test_leaves_others},
      {"a call at an instant reduces it", test_of_reactors},
      {"in virtual time it is of no use", test_of_virtual_time},
  };
  if (!is_known()) {
    puts("skipped: this kernel knows of no timer slack");
    return 0;
  }
  return fixture_main("timer_slack", tests, FIXTURE_COUNT(tests), argc, argv);
}
