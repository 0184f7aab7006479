/* SPDX-License-Identifier: MIT
 * labels: coroutines threads
 * coroutine_test.c: coroutines started, ended, cleaned up, refused. */
#include <lariat/coroutine.h>

#include <execinfo.h>
#include <fenv.h>
#include <pthread.h>
#include <string.h>

#include "support/coroutines.h"
#include "support/recorder.h"

static lariat_deferred *unfired(const struct fixture *f) {
  return lariat_deferred_new(f->reactor, NULL, NULL, NULL);
}

/* A body that awaits its argument, of which it has a reference. */
static lariat_value await_argument(void *argument) {
  return lariat_await(argument);
}

static lariat_value give_seven(void *argument) {
  ++*(int *)argument;
  return lariat_int(7);
}

static lariat_value do_nothing(void *argument) {
  (void)argument;
  return lariat_none();
}

/* ---- Start and end ---- */

static void test_runs_at_once(void) {
  struct fixture f;
  int runs = 0;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_coroutine_start(f.reactor, give_seven, &runs);
  CU_ASSERT_EQUAL(runs, 1);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(d), f.reactor);
  expect_int(d, 7);
  CU_ASSERT_FALSE(lariat_coroutine_running());
  fixture_close(&f);
}

static lariat_value fail_at_once(void *argument) {
  (void)argument;
  return lariat_failure_new(LARIAT_EUSER, "oh");
}

static void test_fails(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  expect_failure(lariat_coroutine_start(f.reactor, fail_at_once, NULL),
                 LARIAT_EUSER);
  fixture_expect_reports(&f, 1);
  lariat_deferred_release(
      lariat_coroutine_start(f.reactor, fail_at_once, NULL));
  CU_ASSERT_PTR_NOT_NULL(strstr(f.last_report, "oh"));
  fixture_close(&f);
}

static lariat_value return_argument(void *argument) {
  return lariat_deferred_value(argument);
}

static void test_returns_deferred(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *d = lariat_coroutine_start(f.reactor, return_argument,
                                              lariat_deferred_retain(inner));
  CU_ASSERT_FALSE(lariat_deferred_fired(d));
  lariat_deferred_callback(inner, lariat_int(3));
  lariat_deferred_release(inner);
  expect_int(d, 3);
  fixture_close(&f);
}

/* Nobody holds its deferred: it goes on all the same. */
static void test_forgotten(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred_release(lariat_coroutine_start(
      f.reactor, await_argument, lariat_deferred_retain(inner)));
  CU_ASSERT_EQUAL(lr_coroutines_alive(f.reactor), 1);
  lariat_deferred_callback(inner, recorder_value(&recorder, 1));
  CU_ASSERT_EQUAL(lr_coroutines_alive(f.reactor), 0);
  recorder_check(&recorder);
  lariat_deferred_release(inner);
  fixture_close(&f);
}

static lariat_value ask_who(void *argument) {
  lariat_reactor *reactor = argument;
  CU_ASSERT_TRUE(lariat_coroutine_running());
  CU_ASSERT_PTR_EQUAL(lariat_coroutine_reactor(), reactor);
  return lariat_int(strcmp(lariat_coroutine_name(), "who") == 0);
}

static void test_questions(void) {
  struct fixture f;
  const lariat_coroutine_options options = {sizeof options, "who", 0, NULL};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  expect_int(
      lariat_coroutine_start_with(f.reactor, ask_who, f.reactor, &options), 1);
  CU_ASSERT_PTR_NULL(lariat_coroutine_reactor());
  CU_ASSERT_PTR_NULL(lariat_coroutine_name());
  fixture_close(&f);
}

/* ---- Coroutines in coroutines ---- */

struct nest {
  lariat_reactor *reactor;
  int depth;
  lariat_deferred *bottom;
};

static lariat_value descend(void *argument) {
  struct nest *nest = argument;
  if (nest->depth-- == 0) return lariat_await(nest->bottom);
  lariat_value result =
      lariat_await(lariat_coroutine_start(nest->reactor, descend, nest));
  if (lariat_is_failure(result)) return result;
  return lariat_int(lariat_int_in(result) + 1);
}

/* Each of them waits for the next one.  The result, and then a cancel, go
 * through all without growing any stack. */
static void test_nested(void) {
  struct fixture f;
  lariat_stack_options options = lariat_stack_defaults();
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  options.measure = false;
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f.reactor, &options), LARIAT_OK);
  for (int round = 0; round < 2; round++) {
    lariat_deferred *bottom = unfired(&f);
    struct nest nest = {f.reactor, COROUTINES_MOST - 1,
                        lariat_deferred_retain(bottom)};
    lariat_deferred *d = lariat_coroutine_start(f.reactor, descend, &nest);
    CU_ASSERT_EQUAL(lr_coroutines_alive(f.reactor), COROUTINES_MOST);
    if (round == 0) {
      lariat_deferred_callback(bottom, lariat_int(0));
      expect_int(d, COROUTINES_MOST - 1);
    } else {
      lariat_deferred_cancel(d);
      expect_failure(d, LARIAT_ECANCELLED);
    }
    lariat_deferred_release(bottom);
  }
  fixture_close(&f);
}

/* ---- Floating point ---- */

static lariat_value round_upward(void *argument) {
  CU_ASSERT_EQUAL(fegetround(), FE_TONEAREST);
  fesetround(FE_UPWARD);
  lariat_value_drop(lariat_await(argument));
  CU_ASSERT_EQUAL(fegetround(), FE_UPWARD);
  return lariat_none();
}

static void test_floating_point(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *d = lariat_coroutine_start(f.reactor, round_upward,
                                              lariat_deferred_retain(inner));
  CU_ASSERT_EQUAL(fegetround(), FE_TONEAREST);
  lariat_deferred_callback(inner, lariat_none());
  CU_ASSERT_EQUAL(fegetround(), FE_TONEAREST);
  lariat_deferred_release(inner);
  expect_none(d);
  fixture_close(&f);
}

/* ---- Clean-ups and arguments ---- */

struct cleaning {
  struct recorder recorder;
  struct recorder_step steps[3];
  lariat_deferred *awaited;
};

static void note_cleanup(void *context) {
  struct recorder_step *step = context;
  recorder_note(step->recorder, step->name);
}

static void note_argument(void *context) {
  struct cleaning *c = context;
  recorder_note(&c->recorder, "argument");
}

static lariat_value clean(void *argument) {
  struct cleaning *c = argument;
  for (int i = 0; i < 3; i++)
    CU_ASSERT_EQUAL(lariat_coroutine_add_cleanup(note_cleanup, &c->steps[i]),
                    LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_coroutine_remove_cleanup(note_cleanup, &c->steps[1]),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_coroutine_remove_cleanup(note_cleanup, &c->steps[1]),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lariat_coroutine_add_cleanup(NULL, NULL), LARIAT_EINVAL);
  lariat_value result = lariat_await(c->awaited);
  recorder_note(&c->recorder, "body");
  return result;
}

static lariat_deferred *start_cleaning(struct fixture *f, struct cleaning *c,
                                       lariat_deferred *awaited) {
  const lariat_coroutine_options options = {sizeof options, NULL, 0,
                                            note_argument};
  static const char *const names[3] = {"a", "b", "c"};
  memset(c, 0, sizeof *c);
  c->awaited = awaited;
  for (int i = 0; i < 3; i++) {
    c->steps[i].recorder = &c->recorder;
    c->steps[i].name = names[i];
  }
  return lariat_coroutine_start_with(f->reactor, clean, c, &options);
}

static lariat_value note_fired(lariat_value result, void *context) {
  struct cleaning *c = context;
  recorder_note(&c->recorder, "fired");
  return result;
}

static void test_cleanups(void) {
  struct fixture f;
  struct cleaning c;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *d = start_cleaning(&f, &c, lariat_deferred_retain(inner));
  lariat_deferred_add_both(d, note_fired, &c);
  recorder_saw(&c.recorder, "");
  lariat_deferred_callback(inner, lariat_int(1));
  lariat_deferred_release(inner);
  recorder_saw(&c.recorder, "body c a argument fired ");
  expect_int(d, 1);
  CU_ASSERT_EQUAL(lariat_coroutine_add_cleanup(note_cleanup, NULL),
                  LARIAT_EOUTSIDE);
  CU_ASSERT_EQUAL(lariat_coroutine_remove_cleanup(note_cleanup, NULL),
                  LARIAT_EOUTSIDE);
  fixture_close(&f);
}

static void test_cleanups_at_close(void) {
  struct fixture f;
  struct cleaning c;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *d = start_cleaning(&f, &c, lariat_deferred_retain(inner));
  fixture_close_reactor(&f, 0);
  recorder_saw(&c.recorder, "body c a argument ");
  expect_failure(d, LARIAT_ECANCELLED);
  lariat_deferred_release(inner);
  fixture_close(&f);
}

/* ---- Refused ---- */

static void count_up(void *context) { ++*(int *)context; }

static void test_refused(void) {
  struct fixture f;
  int destroyed = 0;
  lariat_coroutine_options options = {sizeof options, NULL, 0, count_up};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  expect_failure(
      lariat_coroutine_start_with(f.reactor, NULL, &destroyed, &options),
      LARIAT_EINVAL);
  options.stack_bytes = 100;
  expect_failure(
      lariat_coroutine_start_with(f.reactor, give_seven, &destroyed, &options),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(destroyed, 2);
  options.size = 1;
  expect_failure(
      lariat_coroutine_start_with(f.reactor, give_seven, &destroyed, &options),
      LARIAT_EINVAL);
  fixture_close(&f);
}

struct stranger {
  lariat_reactor *reactor;
  int runs;
  bool failed;
};

static void *start_elsewhere(void *context) {
  struct stranger *s = context;
  lariat_deferred *d = lariat_coroutine_start(s->reactor, give_seven, &s->runs);
  s->failed = lariat_failure_status(lariat_deferred_peek(d)) == LARIAT_ETHREAD;
  lariat_deferred_forget(d);
  return NULL;
}

static void test_other_thread(void) {
  struct fixture f;
  pthread_t thread;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct stranger s = {f.reactor, 0, false};
  lariat_set_checks(false);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, start_elsewhere, &s), 0);
  pthread_join(thread, NULL);
  lariat_set_checks(true);
  CU_ASSERT_TRUE(s.failed);
  CU_ASSERT_EQUAL(s.runs, 0);
  fixture_close(&f);
}

static lariat_value use_reactor(void *argument) {
  lariat_reactor *reactor = argument;
  CU_ASSERT_EQUAL(lariat_reactor_run_once(reactor, 0), LARIAT_EALREADY);
  CU_ASSERT_EQUAL(lariat_reactor_run(reactor), LARIAT_EALREADY);
  CU_ASSERT_EQUAL(lariat_reactor_dispatch(reactor), LARIAT_EALREADY);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_EBUSY);
  return lariat_none();
}

static void test_reactor_inside(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  expect_none(lariat_coroutine_start(f.reactor, use_reactor, f.reactor));
  fixture_turns(&f, 1);
  fixture_close(&f);
}

struct hungry {
  lariat_deferred *awaited;
  bool ran;
};

static lariat_value await_hungrily(void *argument) {
  struct hungry *hungry = argument;
  hungry->ran = true;
  return lariat_await(hungry->awaited);
}

/* Whatever allocation fails: an outcome comes, and nothing leaks. */
static void starve(struct fixture *f, struct recorder *recorder) {
  const lariat_coroutine_options options = {sizeof options, NULL, 0,
                                            recorder_destroy};
  lariat_deferred *inner = unfired(f);
  recorder->contexts_made++;
  lariat_deferred *d =
      lariat_coroutine_start_with(f->reactor, do_nothing, recorder, &options);
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  lariat_deferred_forget(d);
  struct hungry hungry = {lariat_deferred_retain(inner), false};
  d = lariat_coroutine_start(f->reactor, await_hungrily, &hungry);
  lariat_deferred_callback(inner, lariat_none());
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  if (!hungry.ran) lariat_deferred_forget(inner);
  lariat_deferred_forget(d);
  lariat_deferred_forget(inner);
  CU_ASSERT_EQUAL(lr_coroutines_alive(f->reactor), 0);
}

static void test_no_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  for (uint64_t nth = 1; nth < 20; nth++) {
    lariat_reactor *reactor = f.reactor;
    struct recorder recorder = {0};
    lariat_reactor *fresh = NULL;
    CU_ASSERT_EQUAL_FATAL(lariat_reactor_new(NULL, &fresh), LARIAT_OK);
    f.reactor = fresh;
    fixture_fail_allocation(&f, nth);
    starve(&f, &recorder);
    fixture_fail_allocation(&f, 0);
    recorder_check(&recorder);
    CU_ASSERT_EQUAL(lariat_reactor_close(fresh, 0), LARIAT_OK);
    f.reactor = reactor;
  }
  fixture_close(&f);
}

/* ---- The end of all ---- */

struct family {
  struct recorder *recorder;
  const char *name;
  lariat_deferred *awaited;
  lariat_status status;
};

static lariat_value member(void *argument) {
  struct family *m = argument;
  lariat_value result = lariat_await(m->awaited);
  m->status =
      lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  recorder_note(m->recorder, m->name);
  return lariat_value_drop(result);
}

static void test_end_all(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct family members[3] = {{&recorder, "old", NULL, LARIAT_OK},
                              {&recorder, "middle", NULL, LARIAT_OK},
                              {&recorder, "young", NULL, LARIAT_OK}};
  lariat_deferred *d[3];
  lariat_deferred *held[3];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_coroutine_end_all(f.reactor);
  for (int i = 0; i < 3; i++) {
    held[i] = unfired(&f);
    members[i].awaited = lariat_deferred_retain(held[i]);
    d[i] = lariat_coroutine_start(f.reactor, member, &members[i]);
  }
  lariat_deferred_pause(held[1]); /* a cancel does not get through */
  lariat_coroutine_end_all(f.reactor);
  recorder_saw(&recorder, "young middle old ");
  CU_ASSERT_EQUAL(members[0].status, LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(members[1].status, LARIAT_ECLOSED);
  for (int i = 0; i < 3; i++) {
    expect_none(d[i]);
    if (i == 1) CU_ASSERT_EQUAL(lariat_deferred_unpause(held[i]), LARIAT_OK);
    lariat_deferred_release(held[i]);
  }
  int runs = 0;
  expect_int(lariat_coroutine_start(f.reactor, give_seven, &runs), 7);
  fixture_close(&f);
}

/* It does not listen.  What it holds is lost; its clean-ups are not. */
static lariat_value stubborn(void *argument) {
  struct cleaning *c = argument;
  lariat_reactor *reactor = lariat_coroutine_reactor();
  CU_ASSERT_EQUAL(lariat_coroutine_add_cleanup(note_cleanup, &c->steps[0]),
                  LARIAT_OK);
  for (;;) {
    lariat_deferred *d = lariat_deferred_new(reactor, NULL, NULL, NULL);
    lariat_value_drop(lariat_await(d));
    if (lariat_coroutine_sleep(1) == LARIAT_OK)
      recorder_note(&c->recorder, "slept");
  }
  return lariat_none();
}

static void test_given_up(void) {
  struct fixture f;
  struct cleaning c;
  const lariat_coroutine_options options = {sizeof options, "mule", 0,
                                            note_argument};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  memset(&c, 0, sizeof c);
  c.steps[0].recorder = &c.recorder;
  c.steps[0].name = "cleaned";
  lariat_deferred *d =
      lariat_coroutine_start_with(f.reactor, stubborn, &c, &options);
  fixture_expect_reports(&f, 1);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_STRING_EQUAL(
      f.last_report, "the coroutine 'mule' did not end when it was asked to");
  recorder_saw(&c.recorder, "cleaned argument ");
  expect_failure(d, LARIAT_ECLOSED);
  fixture_close(&f);
}

static lariat_deferred *refused_at_close;

static lariat_value start_another(void *argument) {
  lariat_reactor *reactor = lariat_coroutine_reactor();
  lariat_value_drop(lariat_await(argument));
  CU_ASSERT_EQUAL(lariat_coroutine_check(), LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(lariat_coroutine_sleep(0), LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(lariat_coroutine_yield(), LARIAT_ECLOSED);
  refused_at_close = lariat_coroutine_start(reactor, give_seven, NULL);
  drop_failure(lariat_await(lariat_deferred_new(reactor, NULL, NULL, NULL)),
               LARIAT_ECLOSED);
  return lariat_await(lariat_deferred_succeed(reactor, lariat_int(5)));
}

static void test_closing(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *inner = unfired(&f);
  lariat_deferred *d = lariat_coroutine_start(f.reactor, start_another,
                                              lariat_deferred_retain(inner));
  fixture_close_reactor(&f, 0);
  expect_failure(refused_at_close, LARIAT_ECLOSED);
  expect_int(d, 5);
  lariat_deferred_release(inner);
  fixture_close(&f);
}

/* ---- Backtraces ---- */

enum { FRAMES_MOST = 64 };

static void *frames[FRAMES_MOST];
static int frame_count;
static void *started_from;

static lariat_value note_frames(void *argument) {
  (void)argument;
  frame_count = backtrace(frames, FRAMES_MOST);
  return lariat_none();
}

static __attribute__((noinline)) lariat_deferred *start_it(struct fixture *f) {
  started_from = __builtin_return_address(0);
  lariat_deferred *d = lariat_coroutine_start(f->reactor, note_frames, NULL);
  CU_ASSERT_TRUE(lariat_deferred_fired(d));
  return d;
}

/* One that is taken in a coroutine goes on into whoever resumed it; with
 * ucontext it ends with the coroutine. */
static void test_backtrace(void) {
  struct fixture f;
  bool found = false;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred_release(start_it(&f));
  for (int i = 0; i < frame_count; i++) found |= frames[i] == started_from;
  CU_ASSERT_TRUE(found || !LR_SWITCH_ASM);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a body runs at once", test_runs_at_once},
      {"its failure is its deferred's", test_fails},
      {"a deferred that it returns is awaited", test_returns_deferred},
      {"it goes on when nobody holds its deferred", test_forgotten},
      {"it knows itself", test_questions},
      {"coroutines in coroutines", test_nested},
      {"backtraces go on into the resumer", test_backtrace},
      {"rounding modes are each one's own", test_floating_point},
      {"clean-ups run, the newest first", test_cleanups},
      {"clean-ups run when the reactor closes", test_cleanups_at_close},
      {"starts that make no sense are refused", test_refused},
      {"another thread cannot start one", test_other_thread},
      {"a coroutine cannot run or close its reactor", test_reactor_inside},
      {"memory runs out anywhere", test_no_memory},
      {"all end, the youngest first", test_end_all},
      {"one that does not end is given up", test_given_up},
      {"nothing starts or waits while closing", test_closing},
  };
  return fixture_main("coroutine", tests, FIXTURE_COUNT(tests), argc, argv);
}
