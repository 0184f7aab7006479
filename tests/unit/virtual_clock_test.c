/* SPDX-License-Identifier: MIT
 * virtual_clock_test.c: the clock for tests, as users see it. */
#include <lariat/testing.h>

#include "support/fixture.h"

static void count_up(void *context) { ++*(int *)context; }

static void again(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(context, again, context, NULL),
                  LARIAT_OK);
}

static void test_advance(void) {
  struct fixture f;
  lariat_virtual_clock *clock = NULL;
  lariat_reactor *reactor = NULL;
  int count = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lariat_virtual_clock_new(NULL), LARIAT_EINVAL);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_virtual_clock_new(&clock), LARIAT_ENOMEM);
  CU_ASSERT_EQUAL_FATAL(lariat_virtual_clock_new(&clock), LARIAT_OK);
  lariat_reactor_options options = {.size = sizeof options,
                                    .clock = lariat_virtual_clock_clock(clock)};
  CU_ASSERT_EQUAL(lariat_reactor_new(&options, &reactor), LARIAT_OK);
  for (uint64_t ms = 10; ms <= 30; ms += 10)
    CU_ASSERT_EQUAL(
        lariat_reactor_call_later(reactor, ms, count_up, &count, NULL, NULL),
        LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_virtual_clock_advance(clock, reactor, 9), LARIAT_OK);
  CU_ASSERT_EQUAL(count, 0);
  lariat_virtual_clock_move(clock, 1);
  CU_ASSERT_EQUAL(count, 0);
  CU_ASSERT_EQUAL(lariat_virtual_clock_advance(clock, reactor, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(count, 1);
  const uint64_t steps[] = {5, 5, 10};
  CU_ASSERT_EQUAL(lariat_virtual_clock_pump(clock, reactor, steps, 2),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(count, 2);
  CU_ASSERT_EQUAL(lariat_virtual_clock_pump(clock, NULL, steps, 1),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_virtual_clock_pump(clock, reactor, &steps[2], 1),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(count, 3);
  CU_ASSERT_EQUAL(lariat_virtual_clock_now_ns(clock), 1035000000);
  again(reactor);
  CU_ASSERT_EQUAL(lariat_virtual_clock_advance(clock, reactor, 0),
                  LARIAT_EOVERLOAD);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  lariat_virtual_clock_free(clock);
  lariat_virtual_clock_free(NULL);
  fixture_close(&f);
}

struct relay {
  lariat_mailbox *mailbox;
  int left;
};

static void pass_on(void *context) {
  struct relay *relay = context;
  if (--relay->left > 0)
    CU_ASSERT_EQUAL(lariat_mailbox_call(relay->mailbox, pass_on, relay, NULL),
                    LARIAT_OK);
}

/* What a turn puts into the reactor's own mailbox is something to do. */
static void test_own_mail(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct relay relay = {lariat_reactor_mailbox(f.reactor), 5};
  pass_on(&relay);
  CU_ASSERT_EQUAL(relay.left, 4);
  CU_ASSERT_EQUAL(lariat_virtual_clock_advance(f.virtual_clock, f.reactor, 0),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(relay.left, 0);
  lariat_mailbox_release(relay.mailbox);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"time moves when it is told to", test_advance},
      {"mail of a turn's own", test_own_mail},
  };
  return fixture_main("virtual clock", tests, FIXTURE_COUNT(tests), argc, argv);
}
