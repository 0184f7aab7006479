/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * looping_call_test.c: what the conformance tests leave out: references,
 * values, bad input, closing, memory. */
#include <lariat/looping_call.h>

#include <lariat/checks.h>

#include "deferred/deferred.h"
#include "support/fixture.h"
#include "support/recorder.h"

struct looped {
  struct recorder *recorder;
  lariat_reactor *reactor;
  int runs;
  int stops_at;
  int releases_at;
  int closes_at;
  int resets_at;
  lariat_value give; /* in the first run */
};

static lariat_value looped(lariat_looping_call *loop, void *context) {
  struct looped *it = context;
  lariat_value give = it->give;
  it->give = lariat_none();
  it->runs++;
  if (it->runs == it->stops_at)
    CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  if (it->runs == it->resets_at)
    CU_ASSERT_EQUAL(lariat_looping_call_reset(loop), LARIAT_OK);
  if (it->runs == it->releases_at) lariat_looping_call_release(loop);
  if (it->runs == it->closes_at)
    CU_ASSERT_EQUAL(lariat_reactor_close(it->reactor, 0), LARIAT_OK);
  return give;
}

static lariat_looping_call *make(struct fixture *f, struct recorder *recorder,
                                 struct looped *it) {
  lariat_looping_call *loop = NULL;
  *it = (struct looped){.recorder = recorder, .reactor = f->reactor};
  if (lariat_looping_call_new(f->reactor, looped, it, NULL, &loop) != LARIAT_OK)
    return NULL;
  return loop;
}

static void test_bad_input(void) {
  struct fixture f;
  struct looped it;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  CU_ASSERT_EQUAL(lariat_looping_call_new(f.reactor, NULL, NULL, NULL, &loop),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_looping_call_new(f.reactor, looped, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_looping_call_new(NULL, looped, NULL, NULL, &loop),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_ENOTRUNNING);
  CU_ASSERT_EQUAL(lariat_looping_call_reset(loop), LARIAT_ENOTRUNNING);
  CU_ASSERT_EQUAL(lariat_looping_call_set_interval(loop, -1), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_looping_call_set_interval(NULL, 1), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_looping_call_set_interval(loop, 1), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_looping_call_count(loop), 0);
  CU_ASSERT_EQUAL(lariat_looping_call_count(NULL), 0);
  CU_ASSERT_FALSE(lariat_looping_call_running(NULL));
  lariat_looping_call_release(NULL);
  lariat_deferred *end = lariat_looping_call_start(loop, INT64_MAX, true);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(end)),
                  LARIAT_EINVAL);
  lariat_deferred_forget(end);
  lariat_looping_call_release(loop);
  fixture_close(&f);
}

static void test_started_twice(void) {
  struct fixture f;
  struct looped it;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  lariat_deferred *end = lariat_looping_call_start(loop, 10, true);
  lariat_deferred *again = lariat_looping_call_start(loop, 10, true);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(again)),
                  LARIAT_EALREADY);
  lariat_deferred_forget(again);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  CU_ASSERT_TRUE(lariat_deferred_fired(end));
  lariat_deferred_release(end);
  end = lariat_looping_call_start(loop, 10, true);
  CU_ASSERT_EQUAL(it.runs, 2);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  lariat_deferred_release(end);
  lariat_looping_call_release(loop);
  fixture_close(&f);
}

/* What the function gives is dropped; the loop lives on without a reference
 * from outside. */
static void test_values_and_references(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct looped it = {.recorder = &recorder, .releases_at = 1, .stops_at = 3};
  lariat_looping_call *loop = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  it.give = recorder_value(&recorder, 1);
  CU_ASSERT_EQUAL(lariat_looping_call_new(f.reactor, looped, &it, NULL, &loop),
                  LARIAT_OK);
  lariat_deferred *end = lariat_looping_call_start(loop, 10, true);
  CU_ASSERT_EQUAL(recorder.values_dropped, 1);
  fixture_advance(&f, 10);
  CU_ASSERT_EQUAL(it.runs, 2);
  fixture_advance(&f, 10);
  CU_ASSERT_EQUAL(it.runs, 3);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_peek(end).data, loop);
  char text[64];
  lariat_value_describe(lariat_deferred_peek(end), text, sizeof text);
  lariat_value copy;
  CU_ASSERT_EQUAL(lariat_value_share(lariat_deferred_peek(end), &copy),
                  LARIAT_OK);
  lariat_value_drop(copy);
  lariat_deferred_release(end);
  recorder_check(&recorder);
  fixture_close(&f);
}

static lariat_value only_once(lariat_looping_call *loop, void *context) {
  (void)loop;
  (void)context;
  return lariat_none();
}

static void test_context_goes_with_the_loop(void) {
  struct fixture f;
  struct recorder recorder = {0};
  lariat_looping_call *loop = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lariat_looping_call_new(f.reactor, only_once,
                                          recorder_context(&recorder),
                                          recorder_destroy, &loop),
                  LARIAT_OK);
  lariat_deferred_release(lariat_looping_call_start(loop, 10, true));
  lariat_looping_call_release(lariat_looping_call_retain(loop));
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 0);
  lariat_looping_call_release(loop);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A reset during a call does nothing; one between calls counts anew, also
 * when ticks lie behind. */
static void test_reset(void) {
  struct fixture f;
  struct looped it;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  it.resets_at = 1;
  lariat_deferred_release(lariat_looping_call_start(loop, 10, true));
  fixture_advance(&f, 35);
  CU_ASSERT_EQUAL(lariat_looping_call_count(loop), 3);
  CU_ASSERT_EQUAL(lariat_looping_call_reset(loop), LARIAT_OK);
  fixture_advance(&f, 5);
  CU_ASSERT_EQUAL(it.runs, 2);
  fixture_advance(&f, 5);
  CU_ASSERT_EQUAL(it.runs, 3);
  CU_ASSERT_EQUAL(lariat_looping_call_count(loop), 1);
  CU_ASSERT_EQUAL(lariat_looping_call_set_interval(loop, 100), LARIAT_OK);
  fixture_advance(&f, 10);
  CU_ASSERT_EQUAL(it.runs, 4);
  CU_ASSERT_EQUAL(lariat_looping_call_count(loop), 1);
  fixture_advance(&f, 80);
  CU_ASSERT_EQUAL(it.runs, 5);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  lariat_looping_call_release(loop);
  fixture_close(&f);
}

/* Stopped while its deferred is waited for, it ends with that. */
static void test_stop_while_waiting(void) {
  struct fixture f;
  struct looped it;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  lariat_deferred *work = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  it.give = lariat_deferred_value(lariat_deferred_retain(work));
  lariat_deferred *end = lariat_looping_call_start(loop, 10, true);
  CU_ASSERT_EQUAL(lariat_looping_call_reset(loop), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_ENOTRUNNING);
  lariat_deferred *again = lariat_looping_call_start(loop, 10, true);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(again)),
                  LARIAT_EALREADY);
  lariat_deferred_forget(again);
  CU_ASSERT_FALSE(lariat_deferred_fired(end));
  lariat_deferred_callback(work, lariat_none());
  CU_ASSERT_TRUE(lariat_deferred_fired(end));
  lariat_deferred_release(work);
  lariat_deferred_release(end);
  lariat_looping_call_release(loop);
  fixture_close(&f);
}

static lariat_value restart(lariat_value result, void *context) {
  lariat_looping_call *loop = context;
  lariat_deferred_release(lariat_looping_call_start(loop, 10, true));
  return lariat_value_drop(result);
}

/* Started again by the news of its end, with a new deferred to wait for. */
static void test_restart_at_the_end(void) {
  struct fixture f;
  struct looped it;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  lariat_deferred *first = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  lariat_deferred *second = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  it.give = lariat_deferred_value(lariat_deferred_retain(first));
  lariat_deferred *end = lariat_looping_call_start(loop, 10, true);
  lariat_deferred_add_callback(end, restart, loop);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  it.give = lariat_deferred_value(lariat_deferred_retain(second));
  lariat_deferred_callback(first, lariat_none());
  fixture_advance(&f, 100);
  CU_ASSERT_EQUAL(it.runs, 2);
  CU_ASSERT_TRUE(lariat_looping_call_running(loop));
  lariat_deferred_callback(second, lariat_none());
  fixture_advance(&f, 10);
  CU_ASSERT_EQUAL(it.runs, 3);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  lariat_deferred_release(first);
  lariat_deferred_release(second);
  lariat_deferred_release(end);
  lariat_looping_call_release(loop);
  fixture_close(&f);
}

/* The deferred was cancelled: the loop goes on, and its end is swallowed. */
static void test_end_cancelled(void) {
  struct fixture f;
  struct looped it;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  lariat_deferred *end = lariat_looping_call_start(loop, 10, false);
  lariat_deferred_cancel(end);
  CU_ASSERT_TRUE(lariat_looping_call_running(loop));
  CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  lariat_deferred_forget(end);
  lariat_looping_call_release(loop);
  fixture_close(&f);
}

/* Closing ends it with LARIAT_ECLOSED, waiting for a call or for a deferred;
 * nobody is blamed for not listening. */
static void test_reactor_closes(void) {
  for (int way = 0; way < 4; way++) {
    struct fixture f;
    struct looped it;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_looping_call *loop = make(&f, NULL, &it);
    lariat_deferred *end = NULL;
    lariat_deferred *work = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
    if (way > 0) it.give = lariat_deferred_value(lariat_deferred_retain(work));
    if (way < 3) end = lariat_looping_call_start(loop, 10, way > 0);
    if (way < 2) recorder_then(end, &recorder, "end", lariat_none());
    if (way == 2) {
      lariat_deferred_release(work);
      work = NULL;
    }
    fixture_close_reactor(&f, 0);
    if (way < 2) recorder_saw(&recorder, "end(!the reactor was closed) ");
    CU_ASSERT_FALSE(lariat_looping_call_running(loop));
    CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_ENOTRUNNING);
    lariat_deferred *again = lariat_looping_call_start(loop, 10, true);
    CU_ASSERT_TRUE(lariat_is_failure(lariat_deferred_peek(again)));
    lariat_deferred_forget(again);
    if (work) lariat_deferred_callback(work, lariat_none());
    lariat_deferred_release(work);
    lariat_deferred_release(end);
    lariat_value_drop(it.give);
    lariat_looping_call_release(loop);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* The first call, which start makes outside of any turn, closes the reactor;
 * what it returns is dropped all the same. */
static void test_closed_by_its_call(void) {
  for (int deferred = 0; deferred < 2; deferred++) {
    struct fixture f;
    struct looped it;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    lariat_looping_call *loop = make(&f, &recorder, &it);
    it.closes_at = 1;
    it.give = recorder_value(&recorder, 1);
    if (deferred)
      it.give =
          lariat_deferred_value(lariat_deferred_succeed(f.reactor, it.give));
    lariat_deferred *end = lariat_looping_call_start(loop, 10, true);
    f.reactor = NULL;
    CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(end)),
                    LARIAT_ECLOSED);
    lariat_deferred_release(end);
    lariat_looping_call_release(loop);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

static void start_elsewhere(void *context) {
  struct fixture *f = context;
  lariat_looping_call *loop = NULL;
  CU_ASSERT_EQUAL(
      lariat_looping_call_new(f->reactor, only_once, NULL, NULL, &loop),
      LARIAT_ECLOSED);
}

static void test_refused_when_closing(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, start_elsewhere, &f, start_elsewhere),
      LARIAT_OK);
  lariat_reactor *reactor = f.reactor;
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  f.reactor = NULL;
  fixture_close(&f);
}

/* The chain of what is waited for cannot grow: the loop fails. */
static void test_deferred_without_memory(void) {
  struct fixture f;
  struct looped it;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  lariat_deferred *work = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  for (int i = 0; i < LR_DEFERRED_PAIRS; i++)
    recorder_then(work, &recorder, "lost", lariat_none());
  it.give = lariat_deferred_value(lariat_deferred_retain(work));
  fixture_fail_allocation(&f, 2); /* the first is for the loop's end */
  lariat_deferred *end = lariat_looping_call_start(loop, 10, true);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(end)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(end);
  lariat_deferred_release(work);
  lariat_looping_call_release(loop);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void life(struct fixture *f, struct recorder *recorder) {
  struct looped it;
  lariat_looping_call *loop = make(f, recorder, &it);
  if (!loop) return;
  it.give = lariat_deferred_value(
      lariat_deferred_succeed(f->reactor, recorder_value(recorder, 1)));
  it.stops_at = 3;
  lariat_deferred *end = lariat_looping_call_start(loop, 10, true);
  recorder_then(end, recorder, "end", lariat_none());
  fixture_advance(f, 10);
  fixture_advance(f, 10);
  if (lariat_looping_call_running(loop)) (void)lariat_looping_call_stop(loop);
  lariat_deferred_forget(end);
  lariat_value_drop(it.give);
  lariat_looping_call_release(loop);
}

static void test_every_allocation_fails(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  struct recorder recorder = {0};
  life(&f, &recorder); /* the reactor's own arrays are there from now on */
  recorder_fail_each(&f, life);
  fixture_close(&f);
}

/* The heap of the timers cannot grow. */
static void test_timer_without_memory(void) {
  struct fixture f;
  struct looped it;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_looping_call *loop = make(&f, NULL, &it);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  fixture_fail_allocation(&f, 2);
  lariat_deferred *end = lariat_looping_call_start(loop, 10, false);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(end)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(end);
  lariat_looping_call_release(loop);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"bad input is refused by name", test_bad_input},
      {"a loop that runs cannot be started", test_started_twice},
      {"values are dropped, and a loop holds itself",
       test_values_and_references},
      {"the context goes with the loop", test_context_goes_with_the_loop},
      {"a reset, and another interval", test_reset},
      {"stopped while it waits", test_stop_while_waiting},
      {"started again by its end", test_restart_at_the_end},
      {"the deferred is cancelled", test_end_cancelled},
      {"the reactor closes", test_reactor_closes},
      {"its own call closes the reactor", test_closed_by_its_call},
      {"none is made while the reactor closes", test_refused_when_closing},
      {"what is waited for has no memory", test_deferred_without_memory},
      {"no memory for the timer", test_timer_without_memory},
      {"each allocation of a loop's life fails in turn",
       test_every_allocation_fails},
  };
  return fixture_main("looping call", tests, FIXTURE_COUNT(tests), argc, argv);
}
