/* SPDX-License-Identifier: MIT
 * labels: coroutines threads
 * await_test.c: awaits, sleeps, yields; how they are cut short; misuse. */
#include <lariat/await.h>

#include <pthread.h>
#include <string.h>

#include "support/coroutines.h"
#include "support/recorder.h"
#include <lariat/gather.h>

#define STEP(name)                                                             \
  { &recorder, name, {NULL, NULL}, NULL, NULL, NULL }

/* What most coroutines here are given. */
struct task {
  lariat_reactor *reactor;
  lariat_deferred *d;    /* to be awaited: has a reference */
  lariat_deferred *self; /* its own */
  struct recorder *recorder;
  int number;
  int cancels; /* how often its wait was cut short */
};

static lariat_deferred *unfired(const struct fixture *f) {
  return lariat_deferred_new(f->reactor, NULL, NULL, NULL);
}

static lariat_value my_failure(const char *text) {
  return lariat_failure_new(LARIAT_EUSER, "%s", text);
}

/* A task that awaits `d`, of which the test keeps a reference. */
static struct task task_for(const struct fixture *f, lariat_deferred *d) {
  struct task task = {.reactor = f->reactor, .d = lariat_deferred_retain(d)};
  return task;
}

static lariat_value await_it(void *argument) {
  struct task *task = argument;
  return lariat_await(task->d);
}

static lariat_deferred *start(struct task *task, lariat_coroutine_body body) {
  return lariat_coroutine_start(task->reactor, body, task);
}

/* ---- Results ---- */

static void test_fired(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct recorder_step a = STEP("a");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_deferred_succeed(f.reactor, lariat_int(3));
  struct task task = task_for(&f, d);
  expect_int(start(&task, await_it), 3);
  lariat_deferred_add_both(d, recorder_pass, &a);
  recorder_saw(&recorder, "a(none) ");
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void test_waits_behind(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct recorder_step before = STEP("before");
  struct recorder_step after = STEP("after");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  before.give = recorder_value(&recorder, 2);
  lariat_deferred *d = unfired(&f);
  lariat_deferred_add_both(d, recorder_give, &before);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, await_it);
  lariat_deferred_add_both(d, recorder_pass, &after);
  CU_ASSERT_FALSE(lariat_deferred_fired(end));
  lariat_deferred_callback(d, recorder_value(&recorder, 1));
  recorder_saw(&recorder, "before(1) after(none) ");
  CU_ASSERT_TRUE(lariat_deferred_fired(end));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_peek(end).type, &recorder_type);
  lariat_deferred_release(end);
  lariat_deferred_release(d);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_failure(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, await_it);
  lariat_deferred_errback(d, my_failure("oh"));
  expect_failure(end, LARIAT_EUSER);
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void test_paused(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_deferred_succeed(f.reactor, lariat_int(3));
  lariat_deferred_pause(d);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, await_it);
  CU_ASSERT_FALSE(lariat_deferred_fired(end));
  CU_ASSERT_EQUAL(lariat_deferred_unpause(d), LARIAT_OK);
  expect_int(end, 3);
  lariat_deferred_release(d);
  fixture_close(&f);
}

static void test_waits_for_waiting(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct recorder_step returns = STEP("returns");
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  returns.give = lariat_deferred_value(lariat_deferred_retain(inner));
  lariat_deferred *d = lariat_deferred_succeed(f.reactor, lariat_none());
  lariat_deferred_add_both(d, recorder_give, &returns);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, await_it);
  CU_ASSERT_FALSE(lariat_deferred_fired(end));
  lariat_deferred_callback(inner, lariat_int(8));
  expect_int(end, 8);
  lariat_deferred_release(d);
  lariat_deferred_release(inner);
  fixture_close(&f);
}

static lariat_value await_deep(struct task *task, int depth) {
  char capacity[64];
  memset(capacity, depth, sizeof capacity);
  lariat_value result =
      depth == 0 ? lariat_await(task->d) : await_deep(task, depth - 1);
  CU_ASSERT_EQUAL(capacity[depth % 64], (char)depth);
  return result;
}

static lariat_value call_deep(void *argument) {
  return await_deep(argument, 50);
}

static void test_any_function(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, call_deep);
  lariat_deferred_callback(d, lariat_int(1));
  lariat_deferred_release(d);
  expect_int(end, 1);
  fixture_close(&f);
}

/* ---- Several ---- */

enum { FEW = 3 };

struct several {
  lariat_deferred *d[FEW];
  lariat_deferred *held[FEW];
};

static void several_open(struct several *s, const struct fixture *f) {
  for (int i = 0; i < FEW; i++) {
    s->d[i] = unfired(f);
    s->held[i] = lariat_deferred_retain(s->d[i]);
  }
}

static void several_close(struct several *s) {
  for (int i = 0; i < FEW; i++) lariat_deferred_release(s->held[i]);
}

static lariat_value sum_of_all(void *argument) {
  struct several *s = argument;
  lariat_value all = lariat_await_all(s->d, FEW);
  if (lariat_is_failure(all)) return all;
  const lariat_list *list = lariat_list_in(all);
  intptr_t sum = 0;
  for (size_t i = 0; i < lariat_list_count(list); i++)
    sum = sum * 10 + lariat_int_in(lariat_list_at(list, i));
  lariat_value_drop(all);
  return lariat_int(sum);
}

static void test_all(void) {
  struct fixture f;
  struct several s;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  several_open(&s, &f);
  lariat_deferred *end = lariat_coroutine_start(f.reactor, sum_of_all, &s);
  for (int i = FEW - 1; i >= 0; i--)
    lariat_deferred_callback(s.held[i], lariat_int(i + 1));
  several_close(&s);
  expect_int(end, 123);
  fixture_close(&f);
}

static void test_all_fails(void) {
  struct fixture f;
  struct several s;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  several_open(&s, &f);
  lariat_deferred *end = lariat_coroutine_start(f.reactor, sum_of_all, &s);
  lariat_deferred_errback(s.held[1], my_failure("oh"));
  expect_failure(end, LARIAT_EFIRST);
  several_close(&s);
  several_open(&s, &f);
  end = lariat_coroutine_start(f.reactor, sum_of_all, &s);
  lariat_deferred_cancel(end);
  for (int i = 0; i < FEW; i++)
    CU_ASSERT_TRUE(lariat_deferred_fired(s.held[i]));
  expect_failure(end, LARIAT_EFIRST);
  several_close(&s);
  fixture_close(&f);
}

/* ---- Time ---- */

static lariat_value sleep_thrice(void *argument) {
  struct task *task = argument;
  for (; task->number < 3; task->number++)
    if (lariat_coroutine_sleep(100) != LARIAT_OK) task->cancels++;
  return lariat_int(task->number);
}

static void test_sleep(void) {
  struct fixture f;
  struct task task = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  task.reactor = f.reactor;
  lariat_deferred *end = start(&task, sleep_thrice);
  fixture_advance(&f, 99);
  CU_ASSERT_EQUAL(task.number, 0);
  fixture_advance(&f, 1);
  CU_ASSERT_EQUAL(task.number, 1);
  lariat_deferred_cancel(end);
  CU_ASSERT_EQUAL(task.cancels, 1);
  CU_ASSERT_EQUAL(task.number, 2);
  fixture_advance(&f, 100);
  expect_int(end, 3);
  CU_ASSERT_EQUAL(task.cancels, 1);
  fixture_close(&f);
}

static lariat_value yield_and_note(void *argument) {
  struct task *task = argument;
  const char names[2] = {(char)('a' + task->number), '\0'};
  for (int i = 0; i < 3; i++) {
    recorder_note(task->recorder, names);
    if (lariat_coroutine_yield() != LARIAT_OK) task->cancels++;
  }
  return lariat_none();
}

static void test_yield(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct task tasks[2];
  lariat_deferred *ends[2];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  for (int i = 0; i < 2; i++) {
    tasks[i] =
        (struct task){.reactor = f.reactor, .recorder = &recorder, .number = i};
    ends[i] = start(&tasks[i], yield_and_note);
  }
  recorder_saw(&recorder, "a b ");
  fixture_turns(&f, 1);
  recorder_saw(&recorder, "a b ");
  /* The call of the wait that was cut short comes too late, and must not end
   * the next one. */
  lariat_deferred_cancel(ends[0]);
  recorder_saw(&recorder, "a ");
  fixture_turns(&f, 1);
  recorder_saw(&recorder, "b ");
  CU_ASSERT_TRUE(lariat_deferred_fired(ends[0]));
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(tasks[0].cancels, 1);
  CU_ASSERT_EQUAL(tasks[1].cancels, 0);
  for (int i = 0; i < 2; i++) expect_none(ends[i]);
  fixture_close(&f);
}

static lariat_value yield_once(void *argument) {
  struct task *task = argument;
  if (lariat_coroutine_yield() == LARIAT_ECANCELLED) task->cancels++;
  return lariat_none();
}

/* The call is still to come when the coroutine is gone. */
static void test_yield_and_end(void) {
  struct fixture f;
  struct task task = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  task.reactor = f.reactor;
  lariat_deferred *end = start(&task, yield_once);
  lariat_deferred_cancel(end);
  expect_none(end);
  CU_ASSERT_EQUAL(task.cancels, 1);
  fixture_turns(&f, 1);
  end = start(&task, yield_once);
  lariat_deferred_cancel(end);
  expect_none(end);
  fixture_close(&f); /* and the reactor closes with one */
}

/* ---- Cancelled while it runs ---- */

static lariat_value cancel_itself(void *argument) {
  struct task *task = argument;
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_coroutine_check(), LARIAT_OK);
  lariat_deferred_cancel(task->self);
  CU_ASSERT_EQUAL(lariat_coroutine_check(), LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_coroutine_check(), LARIAT_OK);
  lariat_deferred_cancel(task->self);
  CU_ASSERT_EQUAL(lariat_coroutine_sleep(1000), LARIAT_ECANCELLED);
  lariat_deferred_cancel(task->self);
  lariat_deferred *ready =
      lariat_deferred_succeed(task->reactor, lariat_int(1));
  CU_ASSERT_EQUAL(lariat_int_in(lariat_await(ready)), 1);
  return lariat_await(task->d);
}

static void test_cancels_itself(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  task.self = start(&task, cancel_itself);
  fixture_turns(&f, 1);
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  expect_failure(task.self, LARIAT_ECANCELLED);
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(lariat_coroutine_check(), LARIAT_EOUTSIDE);
  fixture_close(&f);
}

/* ---- Lost ---- */

static lariat_value await_lost(void *argument) {
  struct task *task = argument;
  drop_failure(lariat_await(task->d), LARIAT_ENOTFOUND);
  lariat_deferred *d = lariat_deferred_new(task->reactor, NULL, NULL, NULL);
  drop_failure(lariat_await(d), LARIAT_ENOTFOUND);
  task->number++;
  return lariat_none();
}

static void test_lost(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, await_lost);
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(task.number, 0); /* `end` could still be cancelled */
  lariat_deferred_release(end);
  CU_ASSERT_EQUAL(task.number, 1);
  d = unfired(&f);
  task = task_for(&f, d);
  lariat_deferred_release(start(&task, await_lost));
  CU_ASSERT_EQUAL(task.number, 0);
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(task.number, 1);
  fixture_close(&f);
}

/* One await ended well; the next deferred is lost all the same. */
static lariat_value await_then_lose(void *argument) {
  struct several *s = argument;
  CU_ASSERT_EQUAL(lariat_int_in(lariat_await(s->d[0])), 1);
  drop_failure(lariat_await(s->d[1]), LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lariat_int_in(lariat_await(s->d[2])), 3);
  s->d[0] = NULL;
  return lariat_none();
}

static void test_lost_after_another(void) {
  struct fixture f;
  struct several s;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  several_open(&s, &f);
  lariat_deferred_release(
      lariat_coroutine_start(f.reactor, await_then_lose, &s));
  lariat_deferred_callback(s.held[0], lariat_int(1));
  lariat_deferred_release(s.held[1]);
  s.held[1] = NULL;
  CU_ASSERT_PTR_NOT_NULL(s.d[0]);
  lariat_deferred_callback(s.held[2], lariat_int(3));
  CU_ASSERT_PTR_NULL(s.d[0]);
  several_close(&s);
  fixture_close(&f);
}

/* Nobody holds the coroutine, and so it holds nobody: the reactor's close
 * takes its pair out of a chain that goes on without it. */
static void test_close_forgotten(void) {
  struct fixture f;
  struct task task;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  task = task_for(&f, d);
  lariat_deferred_release(start(&task, await_it));
  fixture_expect_reports(&f, 1); /* its failure, which nobody handles */
  lariat_coroutine_end_all(f.reactor);
  CU_ASSERT_EQUAL(f.reports, 1);
  CU_ASSERT_FALSE(lariat_deferred_fired(d));
  lariat_deferred_errback(d, my_failure("too late"));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(d)));
  lariat_deferred_release(d);
  fixture_close(&f);
}

static lariat_value pass(lariat_value result, void *context) {
  (void)context;
  return result;
}

static lariat_value await_starving(void *argument) {
  struct task *task = argument;
  fixture_fail_allocation((struct fixture *)(void *)task->recorder, 1);
  return lariat_await(task->d);
}

static void test_no_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  task.recorder = (struct recorder *)(void *)&f;
  for (int i = 0; i < LR_DEFERRED_PAIRS; i++)
    lariat_deferred_add_both(d, pass, NULL);
  lariat_deferred *end = start(&task, await_starving);
  fixture_fail_allocation(&f, 0);
  expect_failure(end, LARIAT_ENOMEM);
  lariat_deferred_release(d);
  fixture_close(&f);
}

/* The chain of what is awaited loses its pairs. */
static void test_chain_fails(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, await_it);
  for (int i = 1; i < LR_DEFERRED_PAIRS; i++)
    lariat_deferred_add_both(d, pass, NULL);
  fixture_fail_allocation(&f, 1);
  lariat_deferred_add_both(d, pass, NULL);
  fixture_fail_allocation(&f, 0);
  expect_failure(end, LARIAT_ENOMEM);
  lariat_deferred_forget(d);
  fixture_close(&f);
}

/* ---- Circles ---- */

static lariat_value await_self(void *argument) {
  struct task *task = argument;
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_OK);
  return lariat_await(lariat_deferred_retain(task->self));
}

static void test_self(void) {
  struct fixture f;
  struct task task = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  task.reactor = f.reactor;
  task.self = start(&task, await_self);
  fixture_turns(&f, 1);
  expect_failure(task.self, LARIAT_ESELF);
  fixture_close(&f);
}

/* Each of two coroutines wants the other's result: the second to ask fails. */
static void test_circle(void) {
  struct fixture f;
  struct task a = {0};
  struct task b = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  a.reactor = b.reactor = f.reactor;
  a.self = start(&a, await_self);
  b.self = start(&b, await_self);
  lariat_deferred *self = a.self;
  a.self = b.self;
  b.self = self;
  fixture_turns(&f, 1);
  expect_failure(self, LARIAT_ESELF); /* a got b's failure */
  expect_none(a.self);
  fixture_close(&f);
}

static lariat_value give_value(lariat_value result, void *context) {
  lariat_value_drop(result);
  return lariat_deferred_value(context);
}

/* The coroutine awaits d, and d's callback returns the coroutine's. */
static void test_circle_through_chain(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  task.self = start(&task, await_it);
  lariat_deferred *before = unfired(&f);
  lariat_deferred_add_both(before, give_value,
                           lariat_deferred_retain(task.self));
  lariat_deferred_callback(before, lariat_none());
  lariat_deferred *last = unfired(&f);
  struct task other = task_for(&f, before);
  other.self = start(&other, await_it);
  lariat_deferred_add_both(last, give_value,
                           lariat_deferred_retain(other.self));
  lariat_deferred_callback(last, lariat_none());
  /* Now last needs other, other needs before, before needs task, task d. */
  lariat_deferred_callback(d, lariat_int(1));
  expect_int(last, 1);
  expect_none(other.self);
  expect_none(before);
  expect_none(task.self);
  lariat_deferred_release(d);
  fixture_close(&f);
}

static lariat_value give_owned(lariat_value result, void *context) {
  struct task *task = context;
  lariat_value_drop(result);
  return lariat_deferred_value(lariat_deferred_retain(task->self));
}

static void test_circle_in_chain(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = task_for(&f, d);
  lariat_deferred_add_both(d, give_owned, &task);
  task.self = start(&task, await_it);
  lariat_deferred_callback(d, lariat_none());
  expect_failure(task.self, LARIAT_ESELF);
  lariat_deferred_release(d);
  fixture_close(&f);
}

/* ---- On which stack ---- */

struct place {
  lariat_deferred *coroutine; /* whose stack is asked for */
  lariat_deferred *to_fire;
  bool on_it;
  bool own_on_it;
};

static lariat_value look_around(lariat_value result, void *context) {
  struct place *place = context;
  place->on_it = is_on_stack_of(place->coroutine);
  return result;
}

static lariat_value look_at_end(lariat_value result, void *context) {
  struct place *place = context;
  place->own_on_it = is_on_stack_of(place->coroutine);
  return result;
}

static lariat_value fire_it(void *argument) {
  struct place *place = argument;
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_OK);
  lariat_deferred_callback(place->to_fire, lariat_none());
  return lariat_none();
}

static lariat_value just_yield(void *argument) {
  (void)argument;
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_OK);
  return lariat_none();
}

static void test_which_stack(void) {
  struct fixture f;
  struct place place = {NULL, NULL, false, false};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  place.to_fire = unfired(&f);
  lariat_deferred_add_both(place.to_fire, look_around, &place);
  place.coroutine = lariat_coroutine_start(f.reactor, fire_it, &place);
  lariat_deferred_add_both(place.coroutine, look_at_end, &place);
  fixture_turns(&f, 1);
  CU_ASSERT_TRUE(place.on_it);
  CU_ASSERT_TRUE(place.own_on_it);
  lariat_deferred_release(place.coroutine);
  lariat_deferred_release(place.to_fire);

  /* Fired from outside: not on a coroutine's. */
  place.to_fire = unfired(&f);
  lariat_deferred_add_both(place.to_fire, look_around, &place);
  place.coroutine = lariat_coroutine_start(f.reactor, just_yield, NULL);
  lariat_deferred_callback(place.to_fire, lariat_none());
  CU_ASSERT_FALSE(place.on_it);
  fixture_turns(&f, 1);
  lariat_deferred_release(place.coroutine);
  lariat_deferred_release(place.to_fire);
  fixture_close(&f);
}

/* A coroutine that another one resumes runs on its own stack, not on that. */
static lariat_value look_when_resumed(void *argument) {
  struct place *place = argument;
  lariat_value_drop(lariat_await(lariat_deferred_retain(place->to_fire)));
  place->on_it = is_on_stack_of(place->coroutine);
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_OK);
  return lariat_none();
}

static void test_resumed_by_coroutine(void) {
  struct fixture f;
  struct place place = {NULL, NULL, false, false};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  place.to_fire = unfired(&f);
  place.coroutine =
      lariat_coroutine_start(f.reactor, look_when_resumed, &place);
  lariat_deferred *firing = lariat_coroutine_start(f.reactor, fire_it, &place);
  fixture_turns(&f, 1);
  CU_ASSERT_TRUE(place.on_it);
  fixture_turns(&f, 1);
  expect_none(firing);
  expect_none(place.coroutine);
  lariat_deferred_release(place.to_fire);
  fixture_close(&f);
}

/* ---- Misuse: with the checks off, a status ---- */

static void test_outside(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_set_checks(false);
  drop_failure(lariat_await(unfired(&f)), LARIAT_EOUTSIDE);
  CU_ASSERT_EQUAL(lariat_coroutine_sleep(1), LARIAT_EOUTSIDE);
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_EOUTSIDE);
  lariat_set_checks(true);
  fixture_close(&f);
}

static lariat_value await_inside(lariat_value result, void *context) {
  struct task *task = context;
  lariat_value_drop(result);
  drop_failure(
      lariat_await(lariat_deferred_succeed(task->reactor, lariat_int(1))),
      LARIAT_EBUSY);
  CU_ASSERT_EQUAL(lariat_coroutine_sleep(1), LARIAT_EBUSY);
  task->number++;
  return lariat_none();
}

static void await_in_canceller(lariat_deferred *d, void *context) {
  lariat_value_drop(await_inside(lariat_none(), context));
  lariat_deferred_callback(d, lariat_none());
}

static void await_in_destructor(void *context) {
  lariat_value_drop(await_inside(lariat_none(), context));
}

static lariat_value misuse_inside(void *argument) {
  struct task *task = argument;
  lariat_deferred *d =
      lariat_deferred_new(task->reactor, await_in_canceller, task, NULL);
  lariat_deferred_add_both(d, await_inside, task);
  lariat_deferred_cancel(d);
  lariat_deferred_release(d);
  d = lariat_deferred_new(task->reactor, NULL, NULL, NULL);
  lariat_deferred_add_callbacks_owned(d, NULL, NULL, task, await_in_destructor);
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(lariat_coroutine_add_cleanup(await_in_destructor, task),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_OK);
  return lariat_none();
}

static void test_inside(void) {
  struct fixture f;
  struct task task = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  task.reactor = f.reactor;
  lariat_set_checks(false);
  lariat_deferred *end = start(&task, misuse_inside);
  lariat_deferred_add_both(end, await_inside, &task);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(task.number, 5);
  expect_none(end);
  lariat_set_checks(true);
  fixture_close(&f);
}

static lariat_value await_null(void *argument) {
  (void)argument;
  return lariat_await(NULL);
}

static void test_twice_and_null(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_set_checks(false);
  lariat_deferred *d = unfired(&f);
  struct task first = task_for(&f, d);
  struct task second = task_for(&f, d);
  struct task third = task_for(&f, d);
  lariat_deferred *end = start(&first, await_it);
  expect_failure(start(&second, await_it), LARIAT_EALREADY);
  lariat_deferred_callback(d, lariat_int(1));
  expect_int(end, 1);
  expect_failure(start(&third, await_it), LARIAT_EALREADY);
  lariat_deferred_release(d);
  expect_failure(lariat_coroutine_start(f.reactor, await_null, NULL),
                 LARIAT_EINVAL);
  lariat_set_checks(true);
  fixture_close(&f);
}

/* Another thread's reactor, with a deferred; and a coroutine there that awaits
 * one of ours. */
static void *await_elsewhere(void *context) {
  struct task *task = context;
  lariat_reactor *reactor = NULL;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return NULL;
  lariat_deferred *end = lariat_coroutine_start(reactor, await_it, task);
  lariat_value result = lariat_deferred_peek(end);
  if (lariat_is_failure(result)) task->number = lariat_failure_status(result);
  lariat_deferred_forget(end);
  lariat_reactor_close(reactor, 0);
  return NULL;
}

static void test_other_thread(void) {
  struct fixture f;
  pthread_t thread;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  struct task task = {.d = d};
  lariat_set_checks(false);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, await_elsewhere, &task),
                        0);
  pthread_join(thread, NULL);
  lariat_set_checks(true);
  CU_ASSERT_EQUAL(task.number, LARIAT_ETHREAD);
  lariat_deferred_release(d);
  fixture_close(&f);
}

/* ---- Misuse: with the checks on, the end ---- */

static lariat_reactor *fresh_reactor(void) {
  lariat_reactor *reactor = NULL;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) abort();
  return reactor;
}

static void abort_outside(void *context) {
  (void)context;
  lariat_reactor *reactor = fresh_reactor();
  lariat_value_drop(
      lariat_await(lariat_deferred_new(reactor, NULL, NULL, NULL)));
}

static void abort_inside(void *context) {
  (void)context;
  struct task task = {.reactor = fresh_reactor()};
  lariat_deferred_release(start(&task, misuse_inside));
}

static void abort_twice(void *context) {
  (void)context;
  struct task task = {.reactor = fresh_reactor()};
  task.d = lariat_deferred_new(task.reactor, NULL, NULL, NULL);
  lariat_deferred_retain(task.d);
  lariat_deferred_release(start(&task, await_it));
  lariat_deferred_release(start(&task, await_it));
}

static void test_aborts(void) {
  CU_ASSERT_TRUE(fixture_aborts(abort_outside, NULL));
  CU_ASSERT_TRUE(fixture_aborts(abort_inside, NULL));
  CU_ASSERT_TRUE(fixture_aborts(abort_twice, NULL));
}

/* ---- Two reactors on one thread ---- */

static void test_other_reactor(void) {
  struct fixture f;
  lariat_reactor *other = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(lariat_reactor_new(NULL, &other), LARIAT_OK);
  lariat_deferred *d = lariat_deferred_new(other, NULL, NULL, NULL);
  struct task task = task_for(&f, d);
  lariat_deferred *end = start(&task, await_it);
  lariat_deferred_callback(d, lariat_int(1));
  lariat_deferred_release(d);
  expect_int(end, 1);
  CU_ASSERT_EQUAL(lariat_reactor_close(other, 0), LARIAT_OK);
  fixture_close(&f);
}

/* ---- The reactor closes ---- */

static lariat_value wait_in_all_ways(void *argument) {
  struct task *task = argument;
  lariat_status status = LARIAT_OK;
  if (task->number == 0) status = lariat_coroutine_sleep(1000);
  if (task->number == 1) status = lariat_coroutine_yield();
  if (task->number < 2) return lariat_int(status);
  return lariat_await(task->d);
}

static void test_close(void) {
  struct fixture f;
  struct task tasks[3];
  lariat_deferred *ends[3];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = unfired(&f);
  for (int i = 0; i < 3; i++) {
    tasks[i] = (struct task){.reactor = f.reactor, .number = i};
    if (i == 2) tasks[i].d = lariat_deferred_retain(d);
    ends[i] = start(&tasks[i], wait_in_all_ways);
  }
  fixture_close_reactor(&f, 0);
  expect_int(ends[0], LARIAT_ECLOSED);
  expect_int(ends[1], LARIAT_ECLOSED);
  expect_failure(ends[2], LARIAT_ECANCELLED);
  lariat_deferred_release(d);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a fired deferred gives its result", test_fired},
      {"an await waits behind the pairs there are", test_waits_behind},
      {"an await returns a failure", test_failure},
      {"a paused deferred is waited for", test_paused},
      {"so is one that waits itself", test_waits_for_waiting},
      {"any function may await", test_any_function},
      {"all of several", test_all},
      {"one of several fails; all are cancelled", test_all_fails},
      {"sleep", test_sleep},
      {"yield", test_yield},
      {"a coroutine ends while its turn is to come", test_yield_and_end},
      {"a cancel while it runs is kept", test_cancels_itself},
      {"a deferred that nobody has", test_lost},
      {"a deferred that is lost after another came", test_lost_after_another},
      {"an end that nobody holds", test_close_forgotten},
      {"no memory to wait", test_no_memory},
      {"no memory in the awaited chain", test_chain_fails},
      {"a coroutine that waits for itself", test_self},
      {"two that wait for each other", test_circle},
      {"waits through chains and coroutines", test_circle_through_chain},
      {"a chain that waits for its waiter", test_circle_in_chain},
      {"callbacks run on the stack of who fires", test_which_stack},
      {"a coroutine resumed by another", test_resumed_by_coroutine},
      {"outside of a coroutine", test_outside},
      {"inside of a callback", test_inside},
      {"twice, and NULL", test_twice_and_null},
      {"another thread's deferred", test_other_thread},
      {"misuse aborts with the checks on", test_aborts},
      {"another reactor of the same thread", test_other_reactor},
      {"waits end when the reactor closes", test_close},
  };
  return fixture_main("await", tests, FIXTURE_COUNT(tests), argc, argv);
}
