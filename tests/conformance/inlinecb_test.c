/* SPDX-License-Identifier: MIT
 * labels: unchecked coroutines
 * inlinecb_test.c: coroutines do what Twisted's inlineCallbacks do.  Each test
 * has the name of the one in Twisted's test_inlinecb.py (24.11) whose meaning
 * it has; the code is lariat's own. */
#include <lariat/await.h>

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/gather.h>

/* ---- What the tests share ---- */

enum { OUTSTANDING_MOST = 16 };

/* One test's world.  A coroutine gets it as its argument. */
struct world {
  struct fixture f;
  char text[512]; /* what happened, in order */
  lariat_deferred *outstanding[OUTSTANDING_MOST];
  lariat_value to_fire[OUTSTANDING_MOST];
  int count;
  intptr_t x;             /* the argument of the next coroutine */
  lariat_deferred *given; /* to be awaited */
};

static void world_open(struct world *w) {
  memset(w, 0, sizeof *w);
  fixture_open(&w->f, FIXTURE_MANUAL_CLOCK);
}

static void world_close(struct world *w) {
  for (int i = 0; i < w->count; i++) lariat_deferred_release(w->outstanding[i]);
  fixture_close(&w->f);
}

static void note(struct world *w, const char *what, intptr_t x) {
  size_t used = strlen(w->text);
  snprintf(w->text + used, sizeof w->text - used, "%s %ld; ", what, (long)x);
}

static void saw(const struct world *w, const char *expected) {
  if (strcmp(w->text, expected) != 0)
    fixture_fail("saw \"%s\", not \"%s\"", w->text, expected);
}

static lariat_deferred *unfired(struct world *w) {
  return lariat_deferred_new(w->f.reactor, NULL, NULL, NULL);
}

static lariat_deferred *start(struct world *w, lariat_coroutine_body body) {
  return lariat_coroutine_start(w->f.reactor, body, w);
}

static lariat_deferred *start_with(struct world *w, lariat_coroutine_body body,
                                   intptr_t x) {
  w->x = x;
  return start(w, body);
}

/* A deferred that the test fires later, with `result`. */
static lariat_deferred *outstanding(struct world *w, lariat_value result) {
  lariat_deferred *d = unfired(w);
  w->outstanding[w->count] = lariat_deferred_retain(d);
  w->to_fire[w->count++] = result;
  return d;
}

/* Also those that come to be meanwhile. */
static void fire_all(struct world *w) {
  for (int i = 0; i < w->count; i++)
    lariat_deferred_callback(w->outstanding[i], w->to_fire[i]);
}

static lariat_value my_failure(const char *text) {
  return lariat_failure_new(LARIAT_EUSER, "%s", text);
}

static bool is_my_failure(lariat_value value, const char *text) {
  return lariat_is_failure(value) &&
         lariat_failure_status(value) == LARIAT_EUSER &&
         strcmp(lariat_failure_message(value), text) == 0;
}

/* ---- Results; each releases the deferred ---- */

static void expect_int(lariat_deferred *d, intptr_t expected) {
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  lariat_value result = lariat_deferred_peek(d);
  CU_ASSERT_PTR_EQUAL(result.type, &lariat_int_type);
  if (result.type == &lariat_int_type)
    CU_ASSERT_EQUAL(lariat_int_in(result), expected);
  lariat_deferred_release(d);
}

static void expect_none(lariat_deferred *d) {
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(d)));
  lariat_deferred_release(d);
}

static void expect_failure(lariat_deferred *d, lariat_status status,
                           const char *text) {
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  lariat_value result = lariat_deferred_peek(d);
  CU_ASSERT_TRUE(lariat_is_failure(result));
  if (lariat_is_failure(result)) {
    CU_ASSERT_EQUAL(lariat_failure_status(result), status);
    if (text) CU_ASSERT_STRING_EQUAL(lariat_failure_message(result), text);
  }
  lariat_deferred_forget(d);
}

static void expect_no_result(const lariat_deferred *d) {
  CU_ASSERT_FALSE(lariat_deferred_fired(d));
}

/* ---- BasicTests ---- */

static void fire_hi(void *context) {
  lariat_deferred *d = context;
  lariat_deferred_callback(d, lariat_int(41));
  lariat_deferred_release(d);
}

/* A deferred that fires in one of the next turns. */
static lariat_deferred *get_thing(struct world *w) {
  lariat_deferred *d = unfired(w);
  lariat_status status = lariat_reactor_call_later(
      w->f.reactor, 0, fire_hi, lariat_deferred_retain(d), NULL, NULL);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  return d;
}

static lariat_value basics(void *context) {
  struct world *w = context;
  CU_ASSERT_EQUAL(lariat_int_in(lariat_await(get_thing(w))), 41);
  lariat_value failure = lariat_await_value(my_failure("OMG"));
  CU_ASSERT_TRUE(is_my_failure(failure, "OMG"));
  lariat_value_drop(failure);
  return lariat_int(7);
}

static void test_basics(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start(&w, basics);
  expect_no_result(d);
  fixture_settle(&w.f);
  expect_int(d, 7);
  world_close(&w);
}

static lariat_value produces_exception(void *context) {
  struct world *w = context;
  lariat_value_drop(lariat_await(get_thing(w)));
  return my_failure("divided by zero");
}

static void test_produces_exception(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start(&w, produces_exception);
  fixture_settle(&w.f);
  expect_failure(d, LARIAT_EUSER, "divided by zero");
  world_close(&w);
}

static lariat_value nothing(void *context) {
  (void)context;
  return lariat_none();
}

static void test_nothing(void) {
  struct world w;
  world_open(&w);
  expect_none(start(&w, nothing));
  world_close(&w);
}

static lariat_value handles_given(void *context) {
  struct world *w = context;
  lariat_value result = lariat_await(w->given);
  CU_ASSERT_TRUE(is_my_failure(result, "handled"));
  return lariat_value_drop(result);
}

static void test_handled_terminal_failure(void) {
  struct world w;
  world_open(&w);
  w.given = lariat_deferred_fail(w.f.reactor, LARIAT_EUSER, "handled");
  expect_none(start(&w, handles_given));
  world_close(&w);
}

static void test_handled_terminal_async_failure(void) {
  struct world w;
  world_open(&w);
  w.given = outstanding(&w, my_failure("handled"));
  lariat_deferred *d = start(&w, handles_given);
  expect_no_result(d);
  fire_all(&w);
  expect_none(d);
  world_close(&w);
}

/* Where it stands on its stack: the same after each await. */
static const char *stack_pointer(void) { return __builtin_frame_address(0); }

static lariat_value stack_usage(void *context) {
  struct world *w = context;
  const char *at_first = stack_pointer();
  for (int i = 0; i < 5000; i++) {
    lariat_value one = lariat_int(1);
    CU_ASSERT_EQUAL(
        lariat_int_in(lariat_await(lariat_deferred_succeed(w->f.reactor, one))),
        1);
  }
  CU_ASSERT_PTR_EQUAL(stack_pointer(), at_first);
  return lariat_int(0);
}

static void test_stack_usage(void) {
  struct world w;
  world_open(&w);
  expect_int(start(&w, stack_usage), 0);
  world_close(&w);
}

static lariat_value stack_usage_2(void *context) {
  (void)context;
  for (int i = 0; i < 5000; i++)
    CU_ASSERT_EQUAL(lariat_int_in(lariat_await_value(lariat_int(i))), i);
  return lariat_int(0);
}

static void test_stack_usage_2(void) {
  struct world w;
  world_open(&w);
  expect_int(start(&w, stack_usage_2), 0);
  world_close(&w);
}

static lariat_value yields_non_deferred(void *context) {
  (void)context;
  CU_ASSERT_EQUAL(lariat_int_in(lariat_await_value(lariat_int(5))), 5);
  return lariat_int(5);
}

static void test_yield_non_deferred(void) {
  struct world w;
  world_open(&w);
  expect_int(start(&w, yields_non_deferred), 5);
  world_close(&w);
}

static lariat_value returns_no_value(void *context) {
  (void)context;
  return lariat_value_drop(lariat_await_value(lariat_int(5)));
}

static void test_return_no_value(void) {
  struct world w;
  world_open(&w);
  expect_none(start(&w, returns_no_value));
  world_close(&w);
}

/* ---- StackedInlineCallbacksTests ---- */

/* Awaits a deferred that will fire with x, and adds 1. */
static lariat_value f1(void *context) {
  struct world *w = context;
  intptr_t x = w->x;
  note(w, "f1 enter", x);
  x = lariat_int_in(lariat_await(outstanding(w, lariat_int(x)))) + 1;
  note(w, "f1 exit", x);
  return lariat_int(x);
}

static lariat_value f2_once(void *context) {
  struct world *w = context;
  intptr_t x = w->x;
  note(w, "f2 enter", x);
  x = lariat_int_in(lariat_await(start_with(w, f1, x))) + 2;
  note(w, "f2 exit", x);
  return lariat_int(x);
}

static lariat_value f3_once(void *context) {
  struct world *w = context;
  intptr_t x = w->x;
  note(w, "f3 enter", x);
  x = lariat_int_in(lariat_await(start_with(w, f2_once, x))) + 4;
  note(w, "f3 exit", x);
  return lariat_int(x);
}

static void test_non_called_single(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start_with(&w, f3_once, 1);
  fire_all(&w);
  expect_int(d, 8);
  saw(&w, "f3 enter 1; f2 enter 1; f1 enter 1; "
          "f1 exit 2; f2 exit 4; f3 exit 8; ");
  world_close(&w);
}

static lariat_value f2_thrice(void *context) {
  struct world *w = context;
  intptr_t x = w->x;
  note(w, "f2 enter", x);
  for (int i = 0; i < 3; i++)
    x = lariat_int_in(lariat_await(start_with(w, f1, x)));
  note(w, "f2 exit", x + 2);
  return lariat_int(x + 2);
}

static lariat_value f3_thrice(void *context) {
  struct world *w = context;
  intptr_t x = w->x;
  note(w, "f3 enter", x);
  for (int i = 0; i < 3; i++)
    x = lariat_int_in(lariat_await(start_with(w, f2_thrice, x)));
  note(w, "f3 exit", x + 4);
  return lariat_int(x + 4);
}

static void test_non_called_multiple(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start_with(&w, f3_thrice, 1);
  fire_all(&w);
  expect_int(d, 20);
  saw(&w, "f3 enter 1; f2 enter 1; "
          "f1 enter 1; f1 exit 2; f1 enter 2; f1 exit 3; "
          "f1 enter 3; f1 exit 4; f2 exit 6; f2 enter 6; "
          "f1 enter 6; f1 exit 7; f1 enter 7; f1 exit 8; "
          "f1 enter 8; f1 exit 9; f2 exit 11; f2 enter 11; "
          "f1 enter 11; f1 exit 12; f1 enter 12; f1 exit 13; "
          "f1 enter 13; f1 exit 14; f2 exit 16; f3 exit 20; ");
  world_close(&w);
}

/* The callback that is added to what f1's start gave. */
static lariat_value f2_callback(lariat_value result, void *context) {
  struct world *w = context;
  intptr_t x = lariat_int_in(result);
  note(w, "f2 enter", x);
  note(w, "f2 exit", x + 2);
  return lariat_int(x + 2);
}

static lariat_value f1_at_once(void *context) {
  struct world *w = context;
  intptr_t x = w->x;
  note(w, "f1 enter", x);
  x = lariat_int_in(lariat_await_value(lariat_int(x))) + 1;
  note(w, "f1 exit", x);
  return lariat_int(x);
}

/* f3 awaits `body`'s deferred behind a callback. */
static lariat_value behind_callback(struct world *w, lariat_coroutine_body body,
                                    intptr_t x) {
  lariat_deferred *d = start_with(w, body, x);
  lariat_deferred_add_callback(d, f2_callback, w);
  x = lariat_int_in(lariat_await(d)) + 4;
  note(w, "f3 exit", x);
  return lariat_int(x);
}

static lariat_value f3_no_waiting(void *context) {
  struct world *w = context;
  note(w, "f3 enter", w->x);
  return behind_callback(w, f1_at_once, w->x);
}

static lariat_value f3_first_yield(void *context) {
  struct world *w = context;
  note(w, "f3 enter", w->x);
  return behind_callback(w, f1, w->x);
}

static lariat_value f3_second_yield(void *context) {
  struct world *w = context;
  note(w, "f3 enter", w->x);
  intptr_t x = lariat_int_in(lariat_await(start_with(w, f1, w->x)));
  return behind_callback(w, f1, x);
}

static void test_intermediate_no_waiting(void) {
  struct world w;
  world_open(&w);
  expect_int(start_with(&w, f3_no_waiting, 1), 8);
  saw(&w, "f3 enter 1; f1 enter 1; f1 exit 2; f2 enter 2; f2 exit 4; "
          "f3 exit 8; ");
  world_close(&w);
}

static void test_intermediate_first_yield(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start_with(&w, f3_first_yield, 1);
  fire_all(&w);
  expect_int(d, 8);
  saw(&w, "f3 enter 1; f1 enter 1; f1 exit 2; f2 enter 2; f2 exit 4; "
          "f3 exit 8; ");
  world_close(&w);
}

static void test_intermediate_second_yield(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start_with(&w, f3_second_yield, 1);
  fire_all(&w);
  expect_int(d, 9);
  saw(&w, "f3 enter 1; f1 enter 1; f1 exit 2; f1 enter 2; f1 exit 3; "
          "f2 enter 3; f2 exit 5; f3 exit 9; ");
  world_close(&w);
}

static lariat_value f2_fails(void *context) {
  struct world *w = context;
  note(w, "f2 enter", w->x);
  lariat_value result = lariat_await(outstanding(w, my_failure("mine")));
  if (lariat_is_failure(result)) return result;
  note(w, "f2 exit", w->x);
  return result;
}

static lariat_value f3_catches(struct world *w, intptr_t x) {
  lariat_value result = lariat_await(start_with(w, f2_fails, x));
  CU_ASSERT_TRUE(is_my_failure(result, "mine"));
  lariat_value_drop(result);
  note(w, "f3 exit", x + 4);
  return lariat_int(x + 4);
}

static lariat_value f3_first_raises(void *context) {
  struct world *w = context;
  note(w, "f3 enter", w->x);
  return f3_catches(w, w->x);
}

static lariat_value f3_second_raises(void *context) {
  struct world *w = context;
  note(w, "f3 enter", w->x);
  intptr_t x = lariat_int_in(lariat_await(start_with(w, f1, w->x)));
  return f3_catches(w, x);
}

static void test_raises_first(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start_with(&w, f3_first_raises, 1);
  fire_all(&w);
  expect_int(d, 5);
  saw(&w, "f3 enter 1; f2 enter 1; f3 exit 5; ");
  world_close(&w);
}

static void test_raises_second(void) {
  struct world w;
  world_open(&w);
  lariat_deferred *d = start_with(&w, f3_second_raises, 1);
  fire_all(&w);
  expect_int(d, 6);
  saw(&w, "f3 enter 1; f1 enter 1; f1 exit 2; f2 enter 2; f3 exit 6; ");
  world_close(&w);
}

/* ---- CancellationTests ---- */

/* Where a cancel finds the coroutine: it awaits the child itself; or another
 * coroutine that does; or that, after something else. */
enum shape { PLAIN, STACKED, STACKED_ON_SECOND };

struct sample {
  struct world w;
  enum shape shape;
  lariat_deferred *child; /* what is awaited in the end */
  lariat_deferred *first; /* STACKED_ON_SECOND: before it */
  lariat_status child_status;
  lariat_deferred *more;
};

static lariat_value sample_inner(void *context) {
  struct sample *s = context;
  return lariat_await(s->child);
}

static lariat_value await_child(struct sample *s) {
  if (s->shape == PLAIN) return lariat_await(s->child);
  if (s->shape == STACKED_ON_SECOND) lariat_value_drop(lariat_await(s->first));
  return lariat_await(lariat_coroutine_start(s->w.f.reactor, sample_inner, s));
}

/* Translates one failure to another, and one to a number. */
static lariat_value sample_body(void *context) {
  lariat_value result = await_child(context);
  if (is_my_failure(result, "untranslated")) {
    lariat_value_drop(result);
    return my_failure("translated");
  }
  if (is_my_failure(result, "do not fail")) {
    lariat_value_drop(result);
    return lariat_int(4321 - 2 + 1);
  }
  if (lariat_is_failure(result)) return result;
  return lariat_int(lariat_int_in(result) + 1);
}

/* Starts it, and brings it to where it awaits `child`. */
static lariat_deferred *sample_start(struct sample *s, lariat_deferred *child) {
  s->child = child;
  if (s->shape == STACKED_ON_SECOND) s->first = unfired(&s->w);
  lariat_deferred *first = s->first ? lariat_deferred_retain(s->first) : NULL;
  lariat_deferred *d = lariat_coroutine_start(s->w.f.reactor, sample_body, s);
  if (first) {
    lariat_deferred_callback(first, lariat_int(1));
    lariat_deferred_release(first);
  }
  return d;
}

/* A child without others to hold it would be lost at once. */
static lariat_deferred *held_child(struct sample *s, lariat_canceller how) {
  lariat_deferred *d = lariat_deferred_new(s->w.f.reactor, how, NULL, NULL);
  s->w.outstanding[s->w.count++] = lariat_deferred_retain(d);
  return d;
}

static void sample_open(struct sample *s, enum shape shape) {
  memset(s, 0, sizeof *s);
  world_open(&s->w);
  s->shape = shape;
}

static lariat_value note_status(lariat_value failure, void *context) {
  struct sample *s = context;
  s->child_status = lariat_failure_status(failure);
  return failure;
}

static lariat_value swallow(lariat_value result, void *context) {
  (void)context;
  return lariat_value_drop(result);
}

static void cascade_cancelling(enum shape shape) {
  struct sample s;
  sample_open(&s, shape);
  lariat_deferred *child = held_child(&s, NULL);
  lariat_deferred_add_errback(child, note_status, &s);
  lariat_deferred *d = sample_start(&s, child);
  lariat_deferred_add_errback(d, swallow, NULL);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(s.child_status, LARIAT_ECANCELLED);
  expect_none(d);
  world_close(&s.w);
}

static void test_cascade(void) { cascade_cancelling(PLAIN); }
static void test_cascade_stacked(void) { cascade_cancelling(STACKED); }
static void test_cascade_second(void) { cascade_cancelling(STACKED_ON_SECOND); }

static void errback_cancelled(enum shape shape) {
  struct sample s;
  sample_open(&s, shape);
  lariat_deferred *d = sample_start(&s, held_child(&s, NULL));
  lariat_deferred_cancel(d);
  expect_failure(d, LARIAT_ECANCELLED, NULL);
  world_close(&s.w);
}

static void test_errback(void) { errback_cancelled(PLAIN); }
static void test_errback_stacked(void) { errback_cancelled(STACKED); }
static void test_errback_second(void) { errback_cancelled(STACKED_ON_SECOND); }

static void cancel_untranslated(lariat_deferred *d, void *context) {
  (void)context;
  lariat_deferred_errback(d, my_failure("untranslated"));
}

static void error_to_error(enum shape shape) {
  struct sample s;
  sample_open(&s, shape);
  lariat_deferred *d = sample_start(&s, held_child(&s, cancel_untranslated));
  lariat_deferred_cancel(d);
  expect_failure(d, LARIAT_EUSER, "translated");
  world_close(&s.w);
}

static void test_to_error(void) { error_to_error(PLAIN); }
static void test_to_error_stacked(void) { error_to_error(STACKED); }
static void test_to_error_second(void) { error_to_error(STACKED_ON_SECOND); }

static void cancel_do_not_fail(lariat_deferred *d, void *context) {
  (void)context;
  lariat_deferred_errback(d, my_failure("do not fail"));
}

static void error_to_success(enum shape shape) {
  struct sample s;
  sample_open(&s, shape);
  lariat_deferred *d = sample_start(&s, held_child(&s, cancel_do_not_fail));
  lariat_deferred_cancel(d);
  expect_int(d, 4320);
  world_close(&s.w);
}

static void test_to_success(void) { error_to_success(PLAIN); }
static void test_to_success_stacked(void) { error_to_success(STACKED); }
static void test_to_success_second(void) {
  error_to_success(STACKED_ON_SECOND);
}

/* The child's end takes its time. */
static lariat_value defer_me_more(lariat_value failure, void *context) {
  struct sample *s = context;
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_ECANCELLED);
  lariat_value_drop(failure);
  return lariat_deferred_value(s->more);
}

static void asynchronous_cancellation(enum shape shape) {
  struct sample s;
  sample_open(&s, shape);
  s.more = held_child(&s, NULL);
  lariat_deferred *more = s.w.outstanding[0];
  lariat_deferred *child = held_child(&s, NULL);
  lariat_deferred_add_errback(child, defer_me_more, &s);
  lariat_deferred *d = sample_start(&s, child);
  lariat_deferred_cancel(d);
  expect_no_result(d);
  lariat_deferred_callback(more, lariat_int(6543));
  expect_int(d, 6544);
  world_close(&s.w);
}

static void test_asynchronous(void) { asynchronous_cancellation(PLAIN); }
static void test_asynchronous_stacked(void) {
  asynchronous_cancellation(STACKED);
}
static void test_asynchronous_second(void) {
  asynchronous_cancellation(STACKED_ON_SECOND);
}

static void count_call(lariat_deferred *d, void *context) {
  (void)d;
  ++*(int *)context;
}

/* Two deferreds, and how often each was asked to cancel. */
struct captured {
  lariat_deferred *d[2];
  int calls[2];
};

static lariat_value captures_first(void *context) {
  struct captured *c = context;
  lariat_value_drop(lariat_await(lariat_deferred_retain(c->d[0])));
  return lariat_await(lariat_deferred_retain(c->d[1]));
}

static void test_cancel_captured(void) {
  struct fixture f;
  struct captured c = {{NULL, NULL}, {0, 0}};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  for (int i = 0; i < 2; i++)
    c.d[i] = lariat_deferred_new(f.reactor, count_call, &c.calls[i], NULL);
  lariat_deferred *d = lariat_coroutine_start(f.reactor, captures_first, &c);
  expect_no_result(d);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(c.calls[0], 1);
  CU_ASSERT_EQUAL(c.calls[1], 0);
  expect_no_result(d);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(c.calls[1], 1);
  expect_failure(d, LARIAT_ECANCELLED, NULL);
  for (int i = 0; i < 2; i++) lariat_deferred_release(c.d[i]);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"BasicTests.testBasics", test_basics},
      {"BasicTests.testProducesException", test_produces_exception},
      {"BasicTests.testNothing", test_nothing},
      {"BasicTests.testHandledTerminalFailure", test_handled_terminal_failure},
      {"BasicTests.testHandledTerminalAsyncFailure",
       test_handled_terminal_async_failure},
      {"BasicTests.testStackUsage", test_stack_usage},
      {"BasicTests.testStackUsage2", test_stack_usage_2},
      {"BasicTests.testYieldNonDeferred", test_yield_non_deferred},
      {"BasicTests.testReturnNoValue", test_return_no_value},
#define STACKED(name) "StackedInlineCallbacksTests." name
      {STACKED("test_nonCalledDeferredSingleYield"), test_non_called_single},
      {STACKED("test_nonCalledDeferredMultipleYields"),
       test_non_called_multiple},
      {STACKED("test_intermediateAddCallbacksAndNoWaiting"),
       test_intermediate_no_waiting},
      {STACKED("test_intermediateAddCallbacksAndWithWaitingFirstYield"),
       test_intermediate_first_yield},
      {STACKED("test_intermediateAddCallbacksAndWithWaitingSecondYield"),
       test_intermediate_second_yield},
      {STACKED("test_raisesExceptionFromDeferredWithWaitingFirstCallback"),
       test_raises_first},
      {STACKED("test_raisesExceptionFromDeferredWithWaitingSecondCallback"),
       test_raises_second},
#define CANCEL(name) "CancellationTests.test_" name
      {CANCEL("CascadeCancellingOnCancelNotStacked"), test_cascade},
      {CANCEL("CascadeCancellingOnCancelStackedInlineCb"),
       test_cascade_stacked},
      {CANCEL("CascadeCancellingOnCancelStackedInlineCbOnSecondDeferred"),
       test_cascade_second},
      {CANCEL("ErrbackCancelledErrorOnCancel"), test_errback},
      {CANCEL("ErrbackCancelledErrorOnCancelStackedInlineCb"),
       test_errback_stacked},
      {CANCEL("ErrbackCancelledErrorOnCancelStackedInlineCbOnSecondDeferred"),
       test_errback_second},
      {CANCEL("ErrorToErrorTranslation"), test_to_error},
      {CANCEL("ErrorToErrorTranslationStackedInlineCb"), test_to_error_stacked},
      {CANCEL("ErrorToErrorTranslationStackedInlineCbOnSecondDeferred"),
       test_to_error_second},
      {CANCEL("ErrorToSuccessTranslation"), test_to_success},
      {CANCEL("ErrorToSuccessTranslationStackedInlineCb"),
       test_to_success_stacked},
      {CANCEL("ErrorToSuccessTranslationStackedInlineCbOnSecondDeferred"),
       test_to_success_second},
      {CANCEL("AsynchronousCancellation"), test_asynchronous},
      {CANCEL("AsynchronousCancellationStackedInlineCb"),
       test_asynchronous_stacked},
      {CANCEL("AsynchronousCancellationStackedInlineCbOnSecondDeferred"),
       test_asynchronous_second},
      {CANCEL("inlineCallbacksCancelCaptured"), test_cancel_captured},
  };
  return fixture_main("inlinecb", tests, FIXTURE_COUNT(tests), argc, argv);
}
