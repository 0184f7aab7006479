/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * chain_test.c: chains run in order, wait for returned deferreds, hand results
 * over, and end without recursion.  Many of these show what Twisted's
 * DeferredTests show; each says so by the rule it is about. */
#include "deferred/chain.h"

#include <string.h>

#include "base/memory.h"
#include "support/fixture.h"
#include "support/recorder.h"

#define STEP(name)                                                             \
  { &recorder, name, {NULL, NULL}, NULL, NULL, NULL }

enum { DEEP = 1000000 };

static lariat_deferred *unfired(const struct fixture *f) {
  return lariat_deferred_new(f->reactor, NULL, NULL, NULL);
}

static lariat_value failure(const char *text) {
  return lariat_failure_new(LARIAT_EUSER, "%s", text);
}

/* The value that makes a chain wait for `d`, which the test keeps too. */
static lariat_value returned(lariat_deferred *d) {
  return lariat_deferred_value(lariat_deferred_retain(d));
}

/* Adds a pair that notes what it got and passes it on. */
static void watch(lariat_deferred *d, struct recorder_step *step) {
  lariat_deferred_add_both(d, recorder_pass, step);
}

/* Order and re-entrancy (rules 1 to 6). */

static void test_two_callbacks(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  recorder_then(d, &recorder, "a", recorder_value(&recorder, 2));
  recorder_then(d, &recorder, "b", lariat_none());
  lariat_deferred_callback(d, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "a(1) b(2) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void add_more(struct recorder_step *step) {
  struct recorder_step *more = step->more;
  watch(step->subject, more);
  recorder_note(step->recorder, "added");
}

static void test_added_inside(void) {
  for (int fails = 0; fails < 2; fails++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_deferred *d = unfired(&f);
    struct recorder_step inner = STEP("inner");
    struct recorder_step last = STEP("last");
    struct recorder_step a = {&recorder, "a", {NULL, NULL},
                              add_more,  d,   &inner};
    a.give = fails ? failure("x") : lariat_int(2);
    lariat_deferred_add_both(d, recorder_give, &a);
    watch(d, &last);
    lariat_deferred_callback(d, lariat_int(1));
    recorder_saw(&recorder, fails ? "a(1) added last(!x) inner(!x) "
                                  : "a(1) added last(2) inner(2) ");
    lariat_deferred_forget(d);
    fixture_close(&f);
  }
}

static void test_added_inside_when_fired(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_deferred_succeed(f.reactor, lariat_int(1));
  struct recorder_step inner = STEP("inner");
  struct recorder_step a = {&recorder, "a", {NULL, NULL}, add_more, d, &inner};
  watch(d, &a);
  recorder_saw(&recorder, "a(1) added inner(1) ");
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void add_from_destructor(void *context) {
  struct recorder_step *step = context;
  add_more(step);
}

static void test_destructor_adds(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct recorder_step inner = STEP("inner"), last = STEP("last");
  struct recorder_step a = {&recorder, "a", {NULL, NULL}, NULL, d, &inner};
  lariat_deferred_add_callbacks_owned(d, recorder_pass, NULL, &a,
                                      add_from_destructor);
  watch(d, &last);
  lariat_deferred_callback(d, lariat_int(1));
  recorder_saw(&recorder, "a(1) added last(1) inner(1) ");
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void release_subject(struct recorder_step *step) {
  lariat_deferred_release(step->subject);
}

static void test_released_inside(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct recorder_step a = {&recorder,       "a", {NULL, NULL},
                            release_subject, d,   NULL};
  watch(d, &a);
  recorder_then(d, &recorder, "b", lariat_none());
  lariat_deferred_callback(d, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "a(1) b(1) ");
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A callback that adds another one of itself, `left` times. */
struct again {
  lariat_deferred *deferred;
  int left;
};

static lariat_value add_again(lariat_value result, void *context) {
  struct again *again = context;
  if (--again->left > 0)
    lariat_deferred_add_callback(again->deferred, add_again, again);
  return result;
}

static void test_adding_without_end(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct again again = {unfired(&f), DEEP};
  lariat_deferred_add_callback(again.deferred, add_again, &again);
  uint64_t bytes = fixture_live_bytes(&f);
  lariat_deferred_callback(again.deferred, lariat_int(1));
  CU_ASSERT_EQUAL(again.left, 0);
  CU_ASSERT_EQUAL(fixture_live_bytes(&f), bytes);
  lariat_deferred_release(again.deferred);
  fixture_close(&f);
}

/* Pauses (rules 5 and 12). */

static void test_pause(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_deferred_fail(f.reactor, LARIAT_EUSER, "x");
  lariat_deferred_pause(d);
  lariat_deferred_pause(d);
  recorder_then(d, &recorder, "a", lariat_none());
  CU_ASSERT_EQUAL(lariat_deferred_unpause(d), LARIAT_OK);
  recorder_saw(&recorder, "");
  CU_ASSERT_EQUAL(lariat_deferred_unpause(d), LARIAT_OK);
  recorder_saw(&recorder, "a(!x) ");
  CU_ASSERT_EQUAL(lariat_deferred_unpause(d), LARIAT_EALREADY);
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_unpause_before_firing(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  recorder_then(d, &recorder, "a", lariat_none());
  lariat_deferred_pause(d);
  lariat_deferred_unpause(d);
  recorder_saw(&recorder, "");
  lariat_deferred_pause(d);
  lariat_deferred_callback(d, lariat_int(1));
  recorder_saw(&recorder, "");
  lariat_deferred_unpause(d);
  recorder_saw(&recorder, "a(1) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void pause_subject(struct recorder_step *step) {
  lariat_deferred_pause(step->subject);
}

static void test_pause_inside(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct recorder_step a = {&recorder,     "a", {NULL, NULL},
                            pause_subject, d,   NULL};
  struct recorder_step b = STEP("b"), c = STEP("c");
  watch(d, &a);
  watch(d, &b);
  lariat_deferred_callback(d, lariat_int(1));
  recorder_saw(&recorder, "a(1) b(1) ");
  watch(d, &c);
  recorder_saw(&recorder, "");
  lariat_deferred_unpause(d);
  recorder_saw(&recorder, "c(1) ");
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void test_unpause_while_waiting(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  CU_ASSERT_EQUAL(lariat_deferred_unpause(outer), LARIAT_EALREADY);
  lariat_deferred_pause(outer);
  lariat_deferred_callback(inner, lariat_int(3));
  recorder_saw(&recorder, "a(none) ");
  CU_ASSERT_EQUAL(lariat_int_in(lariat_deferred_peek(outer)), 3);
  lariat_deferred_unpause(outer);
  recorder_saw(&recorder, "b(3) ");
  lariat_deferred_release(outer);
  lariat_deferred_release(inner);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Returned deferreds (rules 7 to 13). */

static void test_stolen(void) {
  for (int fails = 0; fails < 2; fails++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    struct recorder_step late = STEP("late");
    lariat_deferred *inner = lariat_deferred_succeed(
        f.reactor, fails ? failure("x") : recorder_value(&recorder, 5));
    lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
    recorder_then(outer, &recorder, "a", returned(inner));
    CU_ASSERT(lariat_is_none(lariat_deferred_peek(inner)));
    recorder_then(outer, &recorder, "b", lariat_none());
    watch(inner, &late);
    recorder_saw(&recorder, fails ? "a(none) b(!x) late(none) "
                                  : "a(none) b(5) late(none) ");
    lariat_deferred_release(inner); /* nothing to report */
    lariat_deferred_release(outer);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

static void test_handed_over(void) {
  for (int fails = 0; fails < 2; fails++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    struct recorder_step late = STEP("late");
    lariat_deferred *inner = unfired(&f);
    lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
    recorder_then(outer, &recorder, "a", returned(inner));
    recorder_then(outer, &recorder, "b", lariat_none());
    watch(inner, &late); /* behind the marker */
    recorder_saw(&recorder, "a(none) ");
    CU_ASSERT(lariat_is_none(lariat_deferred_peek(outer)));
    lariat_deferred_callback(inner, fails ? failure("x")
                                          : recorder_value(&recorder, 5));
    recorder_saw(&recorder, fails ? "b(!x) late(none) " : "b(5) late(none) ");
    watch(inner, &late);
    recorder_saw(&recorder, "late(none) ");
    lariat_deferred_release(inner);
    lariat_deferred_release(outer);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

static void test_from_an_errback(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a");
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = unfired(&f);
  a.give = returned(inner);
  lariat_deferred_add_errback(outer, recorder_give, &a);
  recorder_then(outer, &recorder, "b", lariat_none());
  lariat_deferred_errback(outer, failure("x"));
  lariat_deferred_callback(inner, lariat_int(1));
  recorder_saw(&recorder, "a(!x) b(1) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_inner_paused(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = lariat_deferred_succeed(f.reactor, lariat_int(4));
  lariat_deferred_pause(inner);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  recorder_saw(&recorder, "a(none) ");
  lariat_deferred_unpause(inner);
  recorder_saw(&recorder, "b(4) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Rule 12: what is behind the marker lies until something moves it. */
static void test_outer_paused(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step behind = STEP("behind"), late = STEP("late");
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  lariat_deferred_pause(outer);
  watch(inner, &behind);
  lariat_deferred_callback(inner, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "a(none) ");
  lariat_deferred_unpause(outer);
  recorder_saw(&recorder, "b(1) ");
  watch(inner, &late);
  recorder_saw(&recorder, "behind(none) late(none) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Rule 12 over three: all below the paused one stay where they are, and die
 * with their pairs when nobody moves them. */
static void test_paused_on_top_of_three(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step poke = STEP("poke");
  lariat_deferred *low = unfired(&f);
  lariat_deferred *mid = lariat_deferred_succeed(f.reactor, lariat_none());
  lariat_deferred *top = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(mid, &recorder, "m", returned(low));
  recorder_then(top, &recorder, "t", returned(mid));
  recorder_then(low, &recorder, "low", lariat_none());
  recorder_then(mid, &recorder, "mid", lariat_none());
  recorder_then(top, &recorder, "top", lariat_none());
  lariat_deferred_pause(top);
  lariat_deferred_callback(low, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "m(none) t(none) ");
  watch(mid, &poke);
  recorder_saw(&recorder, "mid(none) poke(none) ");
  lariat_deferred_unpause(top);
  recorder_saw(&recorder, "top(1) ");
  lariat_deferred_release(low);
  lariat_deferred_release(mid);
  lariat_deferred_release(top);
  recorder_saw(&recorder, "");
  recorder_check(&recorder);
  fixture_close(&f);
}

/* The one below is paused while the one above runs: the run ends when it comes
 * back there. */
static void test_paused_below(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  struct recorder_step b = {&recorder,     "b",   {NULL, NULL},
                            pause_subject, inner, NULL};
  recorder_then(outer, &recorder, "a", returned(inner));
  watch(outer, &b);
  recorder_then(inner, &recorder, "in", lariat_none());
  lariat_deferred_callback(inner, lariat_int(1));
  recorder_saw(&recorder, "a(none) b(1) ");
  lariat_deferred_unpause(inner);
  recorder_saw(&recorder, "in(none) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Rule 8, and the middle one of three. */
static void test_order_over_three(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *first = unfired(&f);
  lariat_deferred *second = unfired(&f);
  lariat_deferred *third = unfired(&f);
  recorder_then(first, &recorder, "1a", returned(second));
  recorder_then(first, &recorder, "1b", lariat_none());
  recorder_then(second, &recorder, "2a",
                returned(third)); /* before the marker */
  lariat_deferred_callback(first, lariat_none());
  recorder_then(second, &recorder, "2b", lariat_int(2)); /* behind it */
  recorder_then(third, &recorder, "3a", lariat_int(3));
  lariat_deferred_callback(second, lariat_none());
  recorder_then(third, &recorder, "3b", lariat_none());
  recorder_saw(&recorder, "1a(none) 2a(none) ");
  lariat_deferred_callback(third, lariat_int(0));
  recorder_saw(&recorder, "3a(0) 1b(3) 2b(none) 3b(none) ");
  lariat_deferred_release(first);
  lariat_deferred_release(second);
  lariat_deferred_release(third);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_late_to_the_middle(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step late = STEP("late");
  lariat_deferred *first = unfired(&f);
  lariat_deferred *second = unfired(&f);
  lariat_deferred *third = unfired(&f);
  recorder_then(first, &recorder, "1", returned(second));
  recorder_then(second, &recorder, "2", returned(third));
  lariat_deferred_callback(first, lariat_none());
  lariat_deferred_callback(second, lariat_none());
  lariat_deferred_callback(third, lariat_int(9));
  watch(second, &late);
  CU_ASSERT_EQUAL(lariat_int_in(lariat_deferred_peek(first)), 9);
  recorder_saw(&recorder, "1(none) 2(none) late(none) ");
  lariat_deferred_release(first);
  lariat_deferred_release(second);
  lariat_deferred_release(third);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_two_wait_for_one(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step a = STEP("a"), b = STEP("b");
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *one = lariat_deferred_succeed(f.reactor, lariat_none());
  lariat_deferred *two = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(one, &recorder, "1", returned(inner));
  recorder_then(two, &recorder, "2", returned(inner));
  watch(one, &a);
  watch(two, &b);
  lariat_deferred_callback(inner, lariat_int(6));
  recorder_saw(&recorder, "1(none) 2(none) a(6) b(none) ");
  lariat_deferred_release(one);
  lariat_deferred_release(two);
  lariat_deferred_release(inner);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_error_moves(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  lariat_deferred_errback(inner, failure("moved"));
  lariat_deferred_release(inner);
  CU_ASSERT_EQUAL(f.reports, 0);
  lariat_deferred_release(outer);
  CU_ASSERT_EQUAL(f.reports, 1);
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

static void test_describe_waiting(void) {
  struct fixture f;
  struct recorder recorder = {0};
  char text[200], expected[200];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  void *at = outer, *on = inner;
  lariat_deferred_describe(outer, text, sizeof text);
  snprintf(expected, sizeof expected,
           "<deferred at %p waiting on deferred at %p>", at, on);
  CU_ASSERT_STRING_EQUAL(text, expected);
  lariat_deferred_callback(inner, lariat_int(1));
  lariat_deferred_describe(outer, text, sizeof text);
  snprintf(expected, sizeof expected, "<deferred at %p current result: 1>", at);
  CU_ASSERT_STRING_EQUAL(text, expected);
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  fixture_close(&f);
}

/* A callback of `d` fires `outer`, whose callback returns `d`. */
static void fire_subject(struct recorder_step *step) {
  lariat_deferred_callback(step->subject, lariat_none());
}

static void test_inner_running(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = unfired(&f);
  struct recorder_step in = {&recorder,    "in",  {NULL, NULL},
                             fire_subject, outer, NULL};
  in.give = recorder_value(&recorder, 2);
  lariat_deferred_add_both(inner, recorder_give, &in);
  recorder_then(outer, &recorder, "a", returned(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  lariat_deferred_callback(inner, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "in(1) a(none) b(2) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* One that has just handed its result over is added to, from inside of the one
 * that got it: runs at once, as it would in Twisted. */
static void test_added_to_one_that_handed_over(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  struct recorder_step more = STEP("more"), behind = STEP("behind");
  struct recorder_step b = {&recorder, "b",   {NULL, NULL},
                            add_more,  inner, &more};
  recorder_then(outer, &recorder, "a", returned(inner));
  watch(outer, &b);
  watch(inner, &behind);
  lariat_deferred_callback(inner, lariat_int(1));
  recorder_saw(&recorder, "a(none) b(1) behind(none) more(none) added ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* The same, but what is added waits for a third that is fired on the spot:
 * the result arrives while the first run still has the deferred on its stack,
 * and goes on at once.  `nth` allocation from there on fails. */
struct third {
  struct recorder *recorder;
  lariat_deferred *middle;
  lariat_deferred *third;
  struct fixture *fixture;
  uint64_t nth;
};

static lariat_value fire_third(lariat_value result, void *context) {
  struct third *all = context;
  recorder_then(all->middle, all->recorder, "m1", returned(all->third));
  recorder_then(all->middle, all->recorder, "m2", lariat_none());
  fixture_fail_allocation(all->fixture, all->nth);
  lariat_deferred_callback(all->third, recorder_value(all->recorder, 3));
  fixture_fail_allocation(all->fixture, 0);
  recorder_note(all->recorder, "fired");
  return result;
}

static void test_handed_over_while_stacked(void) {
  for (uint64_t nth = 0; nth < 2; nth++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_deferred *bottom = unfired(&f);
    struct third all = {&recorder,
                        lariat_deferred_succeed(f.reactor, lariat_none()),
                        unfired(&f), &f, nth};
    lariat_deferred *top = lariat_deferred_succeed(f.reactor, lariat_none());
    recorder_then(all.middle, &recorder, "mid", returned(bottom));
    recorder_then(top, &recorder, "top", returned(all.middle));
    lariat_deferred_add_callback(top, fire_third, &all);
    recorder_then(bottom, &recorder, "bot", lariat_none());
    lariat_deferred_callback(bottom, recorder_value(&recorder, 1));
    recorder_saw(&recorder,
                 "mid(none) top(none) m1(none) m2(3) fired bot(none) ");
    lariat_deferred_release(top);
    lariat_deferred_release(all.middle);
    lariat_deferred_release(all.third);
    lariat_deferred_release(bottom);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* One on the stack comes to wait anew, and nobody fires that: the run ends when
 * it comes back there, and what is below stays. */
static lariat_value wait_anew(lariat_value result, void *context) {
  struct third *all = context;
  recorder_then(all->middle, all->recorder, "m1", returned(all->third));
  return result;
}

static void test_waiting_anew_while_stacked(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct recorder_step poke = STEP("poke");
  lariat_deferred *bottom = unfired(&f);
  struct third all = {&recorder,
                      lariat_deferred_succeed(f.reactor, lariat_none()),
                      unfired(&f), &f, 0};
  lariat_deferred *top = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(all.middle, &recorder, "mid", returned(bottom));
  recorder_then(top, &recorder, "top", returned(all.middle));
  lariat_deferred_add_callback(top, wait_anew, &all);
  recorder_then(bottom, &recorder, "bot", lariat_none());
  lariat_deferred_callback(bottom, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "mid(none) top(none) m1(none) ");
  watch(bottom, &poke);
  recorder_saw(&recorder, "bot(none) poke(none) ");
  lariat_deferred_release(top);
  lariat_deferred_release(all.middle);
  lariat_deferred_release(bottom);
  lariat_deferred_release(all.third);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Cancelling (rule 22). */

static void note_cancel(lariat_deferred *d, void *context) {
  (void)d;
  recorder_note(context, "cancelled");
}

static void test_cancel_goes_to_the_inner(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner =
      lariat_deferred_new(f.reactor, note_cancel, &recorder, NULL);
  lariat_deferred *middle = lariat_deferred_succeed(f.reactor, lariat_none());
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(middle, &recorder, "m", lariat_deferred_value(inner));
  recorder_then(outer, &recorder, "a", lariat_deferred_value(middle));
  recorder_then(outer, &recorder, "b", lariat_none());
  lariat_deferred_cancel(outer);
  lariat_deferred_cancel(outer);
  recorder_saw(&recorder, "m(none) a(none) cancelled "
                          "b(!it was cancelled before it was done) ");
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Circles (rule 15). */

static void test_returns_itself(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  recorder_then(d, &recorder, "a", returned(d));
  recorder_then(d, &recorder, "b", lariat_none());
  lariat_deferred_callback(d, recorder_value(&recorder, 1));
  recorder_saw(&recorder,
               "a(1) b(!a deferred was returned from its own callback) ");
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_circle(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  enum { ROUND = 5 };
  lariat_deferred *d[ROUND];
  for (int i = 0; i < ROUND; i++) d[i] = unfired(&f);
  for (int i = 0; i < ROUND; i++)
    recorder_then(d[i], &recorder, "r", returned(d[(i + 1) % ROUND]));
  struct recorder_step last = STEP("last");
  watch(d[0], &last);
  for (int i = 0; i < ROUND; i++) lariat_deferred_callback(d[i], lariat_none());
  recorder_saw(&recorder,
               "r(none) r(none) r(none) r(none) r(none) "
               "last(!a deferred was returned from its own callback) ");
  for (int i = 0; i < ROUND; i++) lariat_deferred_forget(d[i]);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* The circle closes while one of it runs: `outer` waits for the running
 * `inner`, which then returns `outer`. */
static void test_circle_through_one_that_runs(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = unfired(&f);
  struct recorder_step in = {&recorder,    "in",  {NULL, NULL},
                             fire_subject, outer, NULL};
  in.give = returned(outer);
  lariat_deferred_add_both(inner, recorder_give, &in);
  recorder_then(outer, &recorder, "a", returned(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  lariat_deferred_callback(inner, lariat_none());
  recorder_saw(&recorder, "in(none) a(none) "
                          "b(!a deferred was returned from its own callback) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_returns_null(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  recorder_then(d, &recorder, "a", lariat_deferred_value(NULL));
  lariat_deferred_callback(d, lariat_none());
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_EINVAL);
  lariat_deferred_forget(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Who holds whom. */

static void test_outer_released(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  recorder_then(outer, &recorder, "b", failure("left"));
  lariat_deferred_release(outer);
  lariat_deferred_callback(inner, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "a(none) b(1) ");
  CU_ASSERT_EQUAL(f.reports, 1); /* the outer died, at its end */
  lariat_deferred_release(inner);
  recorder_check(&recorder);
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

static void test_inner_released(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(inner, &recorder, "in", lariat_none());
  recorder_then(outer, &recorder, "a", lariat_deferred_value(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  lariat_deferred_cancel(outer); /* the inner still can be cancelled */
  recorder_saw(&recorder, "a(none) in(!it was cancelled before it was done) "
                          "b(none) ");
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_both_released(void) {
  for (int inner_first = 0; inner_first < 2; inner_first++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_deferred *inner = lariat_deferred_new(
        f.reactor, note_cancel, recorder_context(&recorder), recorder_destroy);
    lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
    recorder_then(outer, &recorder, "a", returned(inner));
    recorder_then(outer, &recorder, "b", lariat_none());
    lariat_deferred_release(inner_first ? inner : outer);
    CU_ASSERT(fixture_live_blocks(&f) > 1);
    lariat_deferred_release(inner_first ? outer : inner);
    recorder_saw(&recorder, "a(none) ");
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* A tree of waiting ones falls with its last outside reference, wherever that
 * is. */
static void test_tree_released(void) {
  enum { NODES = 31 };
  for (int kept = 0; kept < NODES; kept++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_deferred *d[NODES];
    d[0] = unfired(&f);
    for (int i = 1; i < NODES; i++) {
      d[i] = lariat_deferred_succeed(f.reactor, lariat_none());
      recorder_then(d[i], &recorder, "", returned(d[(i - 1) / 2]));
      recorder_then(d[i], &recorder, "", lariat_none());
    }
    for (int i = 0; i < NODES; i++) {
      if (i != kept) lariat_deferred_release(d[i]);
    }
    CU_ASSERT_EQUAL(recorder.contexts_destroyed, NODES - 1);
    lariat_deferred_release(d[kept]);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* Depth. */

static lariat_value give_deferred(lariat_value result, void *context) {
  (void)lariat_value_drop(result);
  return lariat_deferred_value(context);
}

/* `outer`, unfired, will return `inner`, whose reference it takes. */
static lariat_deferred *returning(const struct fixture *f,
                                  lariat_deferred *inner) {
  return lariat_deferred_add_callback(unfired(f), give_deferred, inner);
}

static lariat_value count_up(lariat_value result, void *context) {
  int *count = context;
  ++*count;
  return result;
}

/* Each is fired before the one it returns. */
static void test_deep_from_the_outside(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred **all = calloc(DEEP, sizeof(lariat_deferred *));
  CU_ASSERT_PTR_NOT_NULL_FATAL(all);
  int count = 0;
  all[0] = unfired(&f);
  for (int i = 1; i < DEEP; i++)
    all[i] = returning(&f, lariat_deferred_retain(all[i - 1]));
  for (int i = DEEP - 1; i > 0; i--) {
    lariat_deferred_callback(all[i], lariat_none());
    lariat_deferred_add_callback(all[i], count_up, &count);
  }
  for (int i = 0; i < DEEP - 1; i++) lariat_deferred_release(all[i]);
  CU_ASSERT_EQUAL(count, 0);
  lariat_deferred_retain(all[0]); /* still held: by the one that waits */
  lariat_deferred_callback(all[0], lariat_int(5));
  CU_ASSERT_EQUAL(count, DEEP - 1);
  CU_ASSERT_EQUAL(lariat_int_in(lariat_deferred_peek(all[DEEP - 1])), 5);
  lariat_deferred_release(all[0]);
  lariat_deferred_release(all[DEEP - 1]);
  free(all);
  fixture_close(&f);
}

/* Each is fired after the one it returns; the innermost has not fired, or
 * has. */
static void test_deep_from_the_inside(void) {
  for (int fired = 0; fired < 2; fired++) {
    struct fixture f;
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_deferred *inner = unfired(&f);
    if (fired) lariat_deferred_callback(inner, lariat_int(5));
    lariat_deferred *outer = lariat_deferred_retain(inner);
    for (int i = 1; i < DEEP; i++) {
      outer = returning(&f, outer);
      lariat_deferred_callback(outer, lariat_none());
    }
    if (!fired) lariat_deferred_callback(inner, lariat_int(5));
    CU_ASSERT_EQUAL(lariat_int_in(lariat_deferred_peek(outer)), 5);
    lariat_deferred_release(outer);
    lariat_deferred_release(inner);
    fixture_close(&f);
  }
}

static void test_deep_and_lost(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  int count = 0;
  lariat_deferred *outer = unfired(&f);
  for (int i = 1; i < DEEP; i++) {
    outer = returning(&f, outer);
    lariat_deferred_callback(outer, lariat_none());
    lariat_deferred_add_callback(outer, count_up, &count);
  }
  lariat_deferred_release(outer);
  CU_ASSERT_EQUAL(count, 0);
  fixture_close(&f);
}

static void release_context(void *context) { lariat_deferred_release(context); }

/* Unfired ones that hold each other as contexts, and fired ones whose results
 * hold each other. */
static void test_deep_in_contexts(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  for (int i = 1; i < DEEP; i++) {
    lariat_deferred *holder = unfired(&f);
    d = lariat_deferred_add_callbacks_owned(holder, NULL, NULL, d,
                                            release_context);
  }
  lariat_deferred_release(d);
  fixture_close(&f);
}

/* Out of memory. */

static void test_marker_without_memory(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  for (int i = 0; i < LR_DEFERRED_PAIRS; i++)
    recorder_then(inner, &recorder, "in", lariat_none());
  lariat_deferred *outer = unfired(&f);
  recorder_then(outer, &recorder, "a", returned(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  fixture_fail_allocations_from(&f, 1);
  lariat_deferred_callback(outer, lariat_none());
  recorder_saw(&recorder, "a(none) b(!out of memory) ");
  lariat_deferred_callback(inner, lariat_int(1));
  recorder_saw(&recorder, "in(1) in(none) in(none) in(none) ");
  lariat_deferred_release(outer);
  lariat_deferred_release(inner);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* The chain of one that is waited for cannot grow: its own pairs go, those
 * that wait hear of it. */
static void test_awaited_without_memory(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer[2];
  for (int i = 0; i < 2; i++) {
    outer[i] = lariat_deferred_succeed(f.reactor, lariat_none());
    recorder_then(inner, &recorder, "in", lariat_none());
    recorder_then(outer[i], &recorder, "a", returned(inner));
    recorder_then(outer[i], &recorder, "b", lariat_none());
  }
  fixture_fail_allocations_from(&f, 1);
  recorder_then(inner, &recorder, "in", lariat_none());
  recorder_saw(&recorder, "a(none) a(none) b(!out of memory) b(none) ");
  lariat_deferred_release(inner);
  for (int i = 0; i < 2; i++) lariat_deferred_release(outer[i]);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_waiting_without_memory(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  fixture_fail_allocations_from(&f, 1);
  for (int i = 0; i < LR_DEFERRED_PAIRS + 1; i++)
    recorder_then(outer, &recorder, "lost", lariat_none());
  fixture_fail_allocation(&f, 0);
  recorder_then(outer, &recorder, "b", lariat_none());
  lariat_deferred_callback(inner, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "a(none) b(!out of memory) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A destructor that runs because a chain could not grow fires the one that
 * the chain waits for. */
static void fire_inner(void *context) {
  lariat_deferred_callback(context, lariat_int(1));
}

static void test_fired_while_a_chain_fails(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *outer = lariat_deferred_succeed(f.reactor, lariat_none());
  recorder_then(outer, &recorder, "a", returned(inner));
  lariat_deferred_add_callbacks_owned(outer, NULL, NULL, inner, fire_inner);
  fixture_fail_allocations_from(&f, 1);
  for (int i = 0; i < LR_DEFERRED_PAIRS; i++)
    recorder_then(outer, &recorder, "lost", lariat_none());
  fixture_fail_allocation(&f, 0);
  CU_ASSERT(lariat_deferred_fired(inner));
  recorder_then(outer, &recorder, "b", lariat_none());
  recorder_saw(&recorder, "a(none) b(!out of memory) ");
  lariat_deferred_release(inner);
  lariat_deferred_release(outer);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void waiting_life(struct fixture *f, struct recorder *recorder) {
  lariat_deferred *inner = unfired(f);
  lariat_deferred *outer[3];
  for (int i = 0; i < 3; i++) {
    outer[i] = unfired(f);
    for (int k = 0; k < 7; k++)
      recorder_then(inner, recorder, "in", recorder_value(recorder, k));
    recorder_then(outer[i], recorder, "a", returned(inner));
    for (int k = 0; k < 7; k++)
      recorder_then(outer[i], recorder, "b", failure("again"));
    lariat_deferred_callback(outer[i], recorder_value(recorder, 1));
  }
  lariat_deferred_callback(inner, recorder_value(recorder, 2));
  for (int i = 0; i < 3; i++) lariat_deferred_release(outer[i]);
  lariat_deferred_release(inner);
}

static void test_every_allocation_fails(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  recorder_fail_each(&f, waiting_life);
  fixture_close(&f);
}

/* A random graph of deferreds that return each other, are fired, cancelled,
 * paused and released at random: nothing hangs, leaks or is dropped twice. */

enum { CROWD = 12 };

static unsigned next_random(unsigned *seed) {
  *seed = *seed * 1103515245u + 12345u;
  return *seed >> 16;
}

struct crowd {
  struct fixture *f;
  struct recorder recorder;
  lariat_deferred *d[CROWD];
  unsigned seed;
  int depth;
};

static void act(struct crowd *crowd);

static lariat_value random_result(struct crowd *crowd) {
  unsigned which = next_random(&crowd->seed);
  switch (which % 5) {
  case 0:
    return lariat_none();
  case 1:
    return failure("random");
  case 2:
  case 3:
    return returned(crowd->d[which / 5 % CROWD]);
  default:
    return recorder_value(&crowd->recorder, 1);
  }
}

static lariat_value random_callback(lariat_value result, void *context) {
  struct crowd *crowd = context;
  if (crowd->depth < 3) {
    crowd->depth++;
    act(crowd);
    crowd->depth--;
  }
  if (next_random(&crowd->seed) % 3 == 0) return result;
  lariat_value_drop(result);
  return random_result(crowd);
}

static void count_context(void *context) {
  struct crowd *crowd = context;
  crowd->recorder.contexts_destroyed++;
}

static void renew(struct crowd *crowd, unsigned which) {
  lariat_deferred_forget(crowd->d[which]);
  crowd->d[which] = unfired(crowd->f);
}

/* One allocation fails now and then. */
static void act(struct crowd *crowd) {
  unsigned random = next_random(&crowd->seed);
  if (crowd->seed / 65536 % 19 == 0)
    fixture_fail_allocation(crowd->f, 1 + random % 3);
  unsigned which = random / 16 % CROWD;
  lariat_deferred *d = crowd->d[which];
  lariat_value result;
  switch (random % 16) {
  case 0:
  case 1:
  case 2:
  case 3:
    result = random_result(crowd);
    if (result.type == &lariat_deferred_type)
      lariat_value_drop(result);
    else
      lariat_deferred_callback(d, result);
    break;
  case 4:
    lariat_deferred_cancel(d);
    break;
  case 5:
    lariat_deferred_pause(d);
    break;
  case 6:
  case 7:
    (void)lariat_deferred_unpause(d);
    break;
  case 8:
    renew(crowd, which);
    break;
  default:
    crowd->recorder.contexts_made++;
    lariat_deferred_add_callbacks_owned(d, random_callback, random_callback,
                                        crowd, count_context);
  }
}

/* Between two acts nothing runs. */
static bool is_at_rest(const struct crowd *crowd) {
  unsigned busy =
      LR_DEFERRED_RUNNING | LR_DEFERRED_STACKED | LR_DEFERRED_CANCELLING;
  for (int i = 0; i < CROWD; i++) {
    const lariat_deferred *d = crowd->d[i];
    if (d->flags & busy) return false;
  }
  return true;
}

static void test_random_graphs(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  for (unsigned seed = 1; seed <= 3000; seed++) {
    struct crowd crowd = {.f = &f, .seed = seed};
    uint64_t blocks = fixture_live_blocks(&f);
    for (int i = 0; i < CROWD; i++) crowd.d[i] = unfired(&f);
    bool rests = true;
    for (int i = 0; i < 150; i++) {
      act(&crowd);
      rests = rests && is_at_rest(&crowd);
    }
    CU_ASSERT(rests);
    fixture_fail_allocation(&f, 0);
    for (int i = 0; i < CROWD; i++) lariat_deferred_forget(crowd.d[i]);
    recorder_check(&crowd.recorder);
    CU_ASSERT_EQUAL(fixture_live_blocks(&f), blocks);
  }
  f.reports_expected = f.reports;
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what the first returns the second gets", test_two_callbacks},
      {"a pair added by a callback goes to the end and waits its turn",
       test_added_inside},
      {"the same when the deferred had fired", test_added_inside_when_fired},
      {"a context's destructor may add a pair", test_destructor_adds},
      {"a callback may release its deferred", test_released_inside},
      {"callbacks that add callbacks need no more memory",
       test_adding_without_end},
      {"a paused chain waits for as many unpauses", test_pause},
      {"unpause before firing runs nothing", test_unpause_before_firing},
      {"a pause from a callback takes effect after the run", test_pause_inside},
      {"unpause does not end the wait for another", test_unpause_while_waiting},
      {"a fired inner's result is stolen; it keeps none", test_stolen},
      {"an inner's result is handed over; it keeps none", test_handed_over},
      {"errbacks may return deferreds", test_from_an_errback},
      {"an inner that has a result but is paused is waited for",
       test_inner_paused},
      {"a paused outer holds back what is behind it in the inner",
       test_outer_paused},
      {"a paused one holds back all below it", test_paused_on_top_of_three},
      {"one that is paused from above ends the run", test_paused_below},
      {"order over three deferreds, before and behind the marker",
       test_order_over_three},
      {"a callback added late to the middle one runs", test_late_to_the_middle},
      {"two wait for one: the first gets the result, the second none",
       test_two_wait_for_one},
      {"a failure moves with its owner and is reported once", test_error_moves},
      {"describe says who is waited for, until it is over",
       test_describe_waiting},
      {"one that runs is waited for", test_inner_running},
      {"a pair added to one that handed over runs at once",
       test_added_to_one_that_handed_over},
      {"a result that comes to one inside of a run",
       test_handed_over_while_stacked},
      {"one inside of a run comes to wait anew",
       test_waiting_anew_while_stacked},
      {"cancel goes to the innermost", test_cancel_goes_to_the_inner},
      {"returning itself is a failure", test_returns_itself},
      {"a circle is a failure where it closes", test_circle},
      {"a circle through one that runs is a failure",
       test_circle_through_one_that_runs},
      {"returning NULL as a deferred is a failure", test_returns_null},
      {"an outer that nobody holds goes on when the inner fires",
       test_outer_released},
      {"an inner that only its outer holds can be cancelled",
       test_inner_released},
      {"outer and inner die when nobody holds either", test_both_released},
      {"a tree of waiting ones dies with its last outside reference",
       test_tree_released},
      {"a million nested, fired from the outside in",
       test_deep_from_the_outside},
      {"a million nested, fired from the inside out",
       test_deep_from_the_inside},
      {"a million nested that nobody holds", test_deep_and_lost},
      {"a million that hold each other as contexts", test_deep_in_contexts},
      {"no memory for a marker fails the one that would wait",
       test_marker_without_memory},
      {"a chain that fails tells those that wait for it",
       test_awaited_without_memory},
      {"a waiting chain that cannot grow fails when the wait is over",
       test_waiting_without_memory},
      {"the inner is fired while the outer's chain fails",
       test_fired_while_a_chain_fails},
      {"each allocation fails in turn, with waiting chains",
       test_every_allocation_fails},
      {"random graphs leave nothing behind", test_random_graphs},
  };
  return fixture_main("chain", tests, FIXTURE_COUNT(tests), argc, argv);
}
