/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * task_test.c: Twisted's test_task.py.  Seconds have become milliseconds,
 * counted in hundreds or thousands. */
#include <lariat/later.h>
#include <lariat/looping_call.h>
#include <lariat/program.h>
#include <lariat/trigger.h>

#include "conformance/task.h"

/* Times, or counts, that a function wrote down. */
struct notes {
  struct fixture *f;
  int count;
  uint64_t at_ms[32];
  uint64_t number[32];
};

static void note(struct notes *notes, uint64_t number) {
  if (notes->count == 32) return;
  notes->at_ms[notes->count] = clock_ms(notes->f);
  notes->number[notes->count++] = number;
}

static bool noted(const struct notes *notes, int index, uint64_t at_ms,
                  uint64_t number) {
  return notes->count > index && notes->at_ms[index] == at_ms &&
         notes->number[index] == number;
}

static void pump(struct fixture *f, const uint64_t *ms, size_t count) {
  CU_ASSERT_EQUAL(
      lariat_virtual_clock_pump(f->virtual_clock, f->reactor, ms, count),
      LARIAT_OK);
}

static void pump_same(struct fixture *f, uint64_t ms, int times) {
  while (times-- > 0) pump(f, &ms, 1);
}

/* ---- ClockTests ---- */

static lariat_timer call_later(struct fixture *f, uint64_t ms, lariat_call call,
                               void *context) {
  lariat_timer timer = {0};
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f->reactor, ms, call, context, NULL, &timer),
      LARIAT_OK);
  return timer;
}

static uint64_t time_ms(struct fixture *f, lariat_timer timer) {
  uint64_t at_ns = 0;
  CU_ASSERT_EQUAL(lariat_reactor_timer_time(f->reactor, timer, &at_ns),
                  LARIAT_OK);
  return at_ns / 1000000 - 1000;
}

static void count_call(void *context) { note(context, 0); }

static void ClockTests_testSeconds(void) {
  lariat_virtual_clock *clock;
  CU_ASSERT_EQUAL_FATAL(lariat_virtual_clock_new(&clock), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_virtual_clock_now_ns(clock), 1000000000);
  lariat_virtual_clock_free(clock);
}

static void ClockTests_testCallLater(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes notes = {.f = &f};
  lariat_timer call = call_later(&f, 1000, count_call, &notes);
  CU_ASSERT_EQUAL(time_ms(&f, call), 1000);
  CU_ASSERT_TRUE(lariat_reactor_timer_active(f.reactor, call));
  fixture_expect_timers(&f, 1);
  fixture_close(&f);
}

static void ClockTests_testCallLaterCancelled(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes notes = {.f = &f};
  lariat_timer call = call_later(&f, 1000, count_call, &notes);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, call), LARIAT_OK);
  CU_ASSERT_FALSE(lariat_reactor_timer_active(f.reactor, call));
  fixture_close(&f);
}

static void ClockTests_test_callLaterOrdering(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes notes = {.f = &f};
  lariat_timer call1 = call_later(&f, 10000, count_call, &notes);
  lariat_timer call2 = call_later(&f, 1000, count_call, &notes);
  CU_ASSERT_NOT_EQUAL(call1.id, call2.id);
  fixture_expect_timers(&f, 2);
  fixture_close(&f);
}

static void ClockTests_testAdvance(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes events = {.f = &f};
  lariat_timer call = call_later(&f, 2000, count_call, &events);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(events.count, 0);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(events.count, 1);
  CU_ASSERT_FALSE(lariat_reactor_timer_active(f.reactor, call));
  fixture_close(&f);
}

struct own_timer {
  lariat_reactor *reactor;
  lariat_timer timer;
  lariat_status status;
};

static void cancel_own_timer(void *context) {
  struct own_timer *own = context;
  own->status = lariat_reactor_cancel_timer(own->reactor, own->timer);
}

static void ClockTests_testAdvanceCancel(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct own_timer own = {f.reactor, {0}, LARIAT_OK};
  own.timer = call_later(&f, 1000, cancel_own_timer, &own);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(own.status, LARIAT_EALREADY);
  fixture_close(&f);
}

static void ClockTests_testCallLaterDelayed(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes events = {.f = &f};
  lariat_timer call = call_later(&f, 1000, count_call, &events);
  CU_ASSERT_EQUAL(lariat_reactor_delay_timer(f.reactor, call, 1000), LARIAT_OK);
  CU_ASSERT_EQUAL(time_ms(&f, call), 2000);
  pump_same(&f, 1500, 1);
  CU_ASSERT_EQUAL(events.count, 0);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(events.count, 1);
  fixture_close(&f);
}

static void ClockTests_testCallLaterResetLater(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes events = {.f = &f};
  lariat_timer call = call_later(&f, 2000, count_call, &events);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(lariat_reactor_reset_timer(f.reactor, call, 3000), LARIAT_OK);
  CU_ASSERT_EQUAL(time_ms(&f, call), 4000);
  pump_same(&f, 2000, 1);
  CU_ASSERT_EQUAL(events.count, 0);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(events.count, 1);
  fixture_close(&f);
}

static void ClockTests_testCallLaterResetSooner(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes events = {.f = &f};
  lariat_timer call = call_later(&f, 4000, count_call, &events);
  CU_ASSERT_EQUAL(lariat_reactor_reset_timer(f.reactor, call, 3000), LARIAT_OK);
  CU_ASSERT_EQUAL(time_ms(&f, call), 3000);
  pump_same(&f, 3000, 1);
  CU_ASSERT_EQUAL(events.count, 1);
  fixture_close(&f);
}

static void ClockTests_test_getDelayedCalls(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes notes = {.f = &f};
  lariat_timer call1 = call_later(&f, 1000, count_call, &notes);
  lariat_timer call2 = call_later(&f, 2000, count_call, &notes);
  lariat_timer calls[3];
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, calls, 3), 2);
  CU_ASSERT_TRUE((calls[0].id == call1.id && calls[1].id == call2.id) ||
                 (calls[0].id == call2.id && calls[1].id == call1.id));
  fixture_expect_timers(&f, 2);
  fixture_close(&f);
}

static void ClockTests_test_getDelayedCallsEmpty(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, NULL, 0), 0);
  fixture_close(&f);
}

/* A call with a name, which notes it with the time. */
struct named {
  struct notes *notes;
  char name;
  lariat_timer *resets; /* to 3,000 from then; NULL: it notes itself */
};

static void log_time(void *context) {
  struct named *named = context;
  if (named->resets) {
    CU_ASSERT_EQUAL(lariat_reactor_reset_timer(named->notes->f->reactor,
                                               *named->resets, 3000),
                    LARIAT_OK);
  } else {
    note(named->notes, (uint64_t)named->name);
  }
}

static void ClockTests_test_callLaterKeepsCallsOrdered(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes notes = {.f = &f};
  struct named a = {&notes, 'a', NULL}, b = {&notes, 'b', NULL};
  lariat_timer call_a = call_later(&f, 1000, log_time, &a);
  CU_ASSERT_EQUAL(lariat_reactor_reset_timer(f.reactor, call_a, 3000),
                  LARIAT_OK);
  call_later(&f, 2000, log_time, &b);
  pump_same(&f, 1000, 3);
  CU_ASSERT_EQUAL(notes.count, 2);
  CU_ASSERT_TRUE(noted(&notes, 0, 2000, 'b'));
  CU_ASSERT_TRUE(noted(&notes, 1, 3000, 'a'));
  fixture_close(&f);
}

static void ClockTests_test_callLaterResetKeepsCallsOrdered(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes notes = {.f = &f};
  struct named a = {&notes, 'a', NULL}, b = {&notes, 'b', NULL};
  lariat_timer call_a = call_later(&f, 1000, log_time, &a);
  call_later(&f, 2000, log_time, &b);
  CU_ASSERT_EQUAL(lariat_reactor_reset_timer(f.reactor, call_a, 3000),
                  LARIAT_OK);
  pump_same(&f, 1000, 3);
  CU_ASSERT_EQUAL(notes.count, 2);
  CU_ASSERT_TRUE(noted(&notes, 0, 2000, 'b'));
  CU_ASSERT_TRUE(noted(&notes, 1, 3000, 'a'));
  fixture_close(&f);
}

static void ClockTests_test_callLaterResetInsideCallKeepsCallsOrdered(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct notes notes = {.f = &f};
  lariat_timer call_b;
  struct named a = {&notes, 'a', &call_b};
  struct named b = {&notes, 'b', NULL}, c = {&notes, 'c', NULL};
  call_b = call_later(&f, 2000, log_time, &b);
  call_later(&f, 1000, log_time, &a);
  call_later(&f, 3000, log_time, &c);
  pump_same(&f, 500, 10);
  CU_ASSERT_EQUAL(notes.count, 2);
  CU_ASSERT_TRUE(noted(&notes, 0, 3000, 'c'));
  CU_ASSERT_TRUE(noted(&notes, 1, 4000, 'b'));
  fixture_close(&f);
}

/* ---- LoopTests ---- */

/* What a looping call of these tests does. */
struct looped {
  struct notes notes;
  lariat_looping_call *loop;
  uint64_t takes_ms; /* the virtual time that a call takes */
  int defers_at;     /* the call that returns `deferred`; 0: none */
  lariat_deferred *deferred;
  int stops_at; /* the call that stops the loop; 0: none */
  bool fails;
  int runs;
};

static lariat_value looped(lariat_looping_call *loop, void *context) {
  struct looped *it = context;
  note(&it->notes, lariat_looping_call_count(loop));
  it->runs++;
  lariat_virtual_clock_move(it->notes.f->virtual_clock, it->takes_ms);
  if (it->runs == it->stops_at)
    CU_ASSERT_EQUAL(lariat_looping_call_stop(loop), LARIAT_OK);
  if (it->fails) return lariat_failure_new(LARIAT_EUSER, "TestException");
  if (it->runs == it->defers_at)
    return lariat_deferred_value(lariat_deferred_retain(it->deferred));
  return lariat_none();
}

static void loop_open(struct fixture *f, struct looped *it) {
  fixture_open(f, FIXTURE_MANUAL_CLOCK);
  memset(it, 0, sizeof *it);
  it->notes.f = f;
  CU_ASSERT_EQUAL_FATAL(
      lariat_looping_call_new(f->reactor, looped, it, NULL, &it->loop),
      LARIAT_OK);
}

static void loop_close(struct fixture *f, struct looped *it) {
  if (lariat_looping_call_running(it->loop))
    CU_ASSERT_EQUAL(lariat_looping_call_stop(it->loop), LARIAT_OK);
  lariat_deferred_release(it->deferred);
  lariat_looping_call_release(it->loop);
  fixture_close(f);
}

static void start(struct looped *it, int64_t interval_ms, bool now) {
  lariat_deferred_release(
      lariat_looping_call_start(it->loop, interval_ms, now));
}

/* There is no default: a loop belongs to the reactor it was made for. */
static void LoopTests_test_defaultClock(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  lariat_deferred *end = lariat_looping_call_start(it.loop, 100, false);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(end), f.reactor);
  lariat_deferred_release(end);
  loop_close(&f, &it);
}

static void LoopTests_test_callbackTimeSkips(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  it.takes_ms = 2000;
  start(&it, 500, true);
  CU_ASSERT_TRUE(it.notes.count == 1 && it.notes.at_ms[0] == 0);
  CU_ASSERT_EQUAL(clock_ms(&f), 2000);
  pump_same(&f, 0, 1);
  CU_ASSERT_EQUAL(it.notes.count, 1);
  it.takes_ms = 1000;
  pump_same(&f, 500, 1);
  CU_ASSERT_TRUE(it.notes.count == 2 && it.notes.at_ms[1] == 2500);
  CU_ASSERT_EQUAL(clock_ms(&f), 3500);
  pump_same(&f, 0, 1);
  CU_ASSERT_EQUAL(it.notes.count, 2);
  it.takes_ms = 0;
  pump_same(&f, 500, 1);
  CU_ASSERT_TRUE(it.notes.count == 3 && it.notes.at_ms[2] == 4000);
  CU_ASSERT_EQUAL(clock_ms(&f), 4000);
  loop_close(&f, &it);
}

static void LoopTests_test_reactorTimeSkips(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  start(&it, 500, true);
  CU_ASSERT_TRUE(it.notes.count == 1 && it.notes.at_ms[0] == 0);
  pump_same(&f, 2000, 1);
  CU_ASSERT_TRUE(it.notes.count == 2 && it.notes.at_ms[1] == 2000);
  pump_same(&f, 1000, 1);
  CU_ASSERT_TRUE(it.notes.count == 3 && it.notes.at_ms[2] == 3000);
  pump_same(&f, 0, 1);
  CU_ASSERT_EQUAL(it.notes.count, 3);
  loop_close(&f, &it);
}

static void LoopTests_test_reactorTimeCountSkips(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  start(&it, 500, true);
  CU_ASSERT_TRUE(noted(&it.notes, 0, 0, 1));
  pump_same(&f, 510, 1);
  CU_ASSERT_TRUE(noted(&it.notes, 1, 510, 1));
  pump_same(&f, 1510, 1);
  CU_ASSERT_TRUE(noted(&it.notes, 2, 2020, 3));
  pump_same(&f, 0, 1);
  CU_ASSERT_EQUAL(it.notes.count, 3);
  loop_close(&f, &it);
}

static void LoopTests_test_countLengthyIntervalCounts(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  start(&it, 500, true);
  CU_ASSERT_TRUE(noted(&it.notes, 0, 0, 1));
  pump_same(&f, 510, 1);
  CU_ASSERT_TRUE(noted(&it.notes, 1, 510, 1));
  pump_same(&f, 875, 1);
  CU_ASSERT_TRUE(noted(&it.notes, 2, 1385, 1));
  pump_same(&f, 125, 1);
  CU_ASSERT_TRUE(noted(&it.notes, 3, 1510, 1));
  CU_ASSERT_EQUAL(it.notes.count, 4);
  loop_close(&f, &it);
}

/* Times are whole numbers here: an interval that no number of steps divides
 * takes the place of the fraction that no float can be. */
static void LoopTests_test_withCountFloatingPointBoundary(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  start(&it, 7, false);
  for (int i = 0; i < 23; i++) pump_same(&f, 3, 1);
  pump_same(&f, 1, 1);
  uint64_t sum = 0;
  for (int i = 0; i < it.notes.count; i++) {
    CU_ASSERT_NOT_EQUAL(it.notes.number[i], 0);
    sum += it.notes.number[i];
  }
  CU_ASSERT_EQUAL(sum, 10);
  loop_close(&f, &it);
}

static void LoopTests_test_withCountIntervalZero(void) {
  struct fixture f;
  struct looped it;
  struct came came;
  loop_open(&f, &it);
  it.stops_at = 5;
  came_watch(&came, lariat_looping_call_start(it.loop, 0, false));
  pump_same(&f, 0, 5);
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_EQUAL(came.status, LARIAT_OK);
  CU_ASSERT_EQUAL(it.notes.count, 5);
  for (int i = 0; i < 5; i++) CU_ASSERT_EQUAL(it.notes.number[i], 1);
  loop_close(&f, &it);
}

static void LoopTests_test_withCountIntervalZeroDelay(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  it.deferred = new_deferred(&f);
  it.defers_at = 2;
  it.stops_at = 5;
  start(&it, 0, false);
  pump_same(&f, 0, 2);
  CU_ASSERT_EQUAL(it.notes.count, 2);
  pump_same(&f, 1000, 2);
  CU_ASSERT_EQUAL(it.notes.count, 2);
  lariat_deferred_callback(it.deferred, lariat_none());
  pump_same(&f, 0, 4);
  CU_ASSERT_EQUAL(it.notes.count, 5);
  for (int i = 0; i < 5; i++) CU_ASSERT_EQUAL(it.notes.number[i], 1);
  loop_close(&f, &it);
}

static void LoopTests_test_withCountIntervalZeroDelayThenNonZeroInterval(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  it.deferred = new_deferred(&f);
  it.defers_at = 2;
  start(&it, 0, false);
  pump_same(&f, 1000, 7);
  CU_ASSERT_EQUAL(it.notes.count, 2);
  CU_ASSERT_EQUAL(lariat_looping_call_set_interval(it.loop, 2000), LARIAT_OK);
  lariat_deferred_callback(it.deferred, lariat_none());
  pump_same(&f, 9000, 1);
  CU_ASSERT_EQUAL(it.notes.count, 3);
  CU_ASSERT_EQUAL(it.notes.number[2], (5 + 9) / 2 + 1);
  pump_same(&f, 2000, 1);
  CU_ASSERT_EQUAL(it.notes.number[3], 1);
  pump_same(&f, 4000, 1);
  CU_ASSERT_EQUAL(it.notes.number[4], 2);
  CU_ASSERT_EQUAL(it.notes.count, 5);
  loop_close(&f, &it);
}

static lariat_value save_loop(lariat_value result, void *context) {
  *(lariat_looping_call **)context = lariat_looping_call_in(result);
  return lariat_value_drop(result);
}

static void run_basic(bool now, int expected) {
  const uint64_t timings[] = {50, 100, 100};
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  lariat_looping_call *result = NULL;
  lariat_deferred *end = lariat_looping_call_start(it.loop, 100, now);
  lariat_deferred_add_callback(end, save_loop, &result);
  pump(&f, timings, 3);
  CU_ASSERT_EQUAL(it.notes.count, expected);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(it.loop), LARIAT_OK);
  CU_ASSERT_PTR_EQUAL(result, it.loop);
  lariat_deferred_release(end);
  loop_close(&f, &it); /* which finds no timer left */
}

static void LoopTests_testBasicFunction(void) { run_basic(true, 3); }

static void LoopTests_testDelayedStart(void) { run_basic(false, 2); }

static void LoopTests_testBadDelay(void) {
  struct fixture f;
  struct looped it;
  struct came came;
  loop_open(&f, &it);
  came_watch(&came, lariat_looping_call_start(it.loop, -1, true));
  CU_ASSERT_EQUAL(came.status, LARIAT_EINVAL);
  CU_ASSERT_FALSE(lariat_looping_call_running(it.loop));
  loop_close(&f, &it);
}

static void run_stopping(int64_t interval_ms) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  start(&it, interval_ms, false);
  CU_ASSERT_EQUAL(lariat_looping_call_stop(it.loop), LARIAT_OK);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(it.notes.count, 0);
  loop_close(&f, &it);
}

static void LoopTests_testStopAtOnce(void) { run_stopping(0); }

static void LoopTests_testStoppingBeforeDelayedStart(void) {
  run_stopping(10000);
}

static void LoopTests_test_reset(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  start(&it, 2000, false);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(lariat_looping_call_reset(it.loop), LARIAT_OK);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(it.notes.count, 0);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(it.notes.count, 1);
  loop_close(&f, &it);
}

/* ---- ReactorLoopTests ---- */

static void ReactorLoopTests_testFailure(void) {
  struct fixture f;
  struct looped it;
  struct came came;
  loop_open(&f, &it);
  it.fails = true;
  came_watch(&came, lariat_looping_call_start(it.loop, 100, true));
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  loop_close(&f, &it);
}

static void ReactorLoopTests_testFailAndStop(void) {
  struct fixture f;
  struct looped it;
  struct came came;
  loop_open(&f, &it);
  it.fails = true;
  it.stops_at = 1;
  came_watch(&came, lariat_looping_call_start(it.loop, 100, true));
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  loop_close(&f, &it);
}

static void ReactorLoopTests_testEveryIteration(void) {
  struct fixture f;
  struct looped it;
  struct came came;
  loop_open(&f, &it);
  it.stops_at = 6;
  came_watch(&came, lariat_looping_call_start(it.loop, 0, true));
  for (int turns = 0; turns < 5; turns++) {
    CU_ASSERT_EQUAL(it.runs, turns + 1);
    fixture_turns(&f, 1);
  }
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_EQUAL(it.runs, 6);
  loop_close(&f, &it);
}

static void stop_loop(void *context) {
  CU_ASSERT_EQUAL(lariat_looping_call_stop(context), LARIAT_OK);
}

static void ReactorLoopTests_testStopAtOnceLater(void) {
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  start(&it, 1000, false);
  call_later(&f, 0, stop_loop, it.loop);
  pump_same(&f, 0, 2);
  pump_same(&f, 5000, 1);
  CU_ASSERT_EQUAL(it.runs, 0);
  loop_close(&f, &it);
}

static void fire_none(void *context) {
  lariat_deferred_callback(context, lariat_none());
}

static void fire_failure(void *context) {
  lariat_deferred_errback(context,
                          lariat_failure_new(LARIAT_EUSER, "TestException"));
}

static lariat_value stop_loop_callback(lariat_value result, void *context) {
  stop_loop(context);
  return result;
}

static void ReactorLoopTests_testWaitDeferred(void) {
  const uint64_t timings[] = {200, 800};
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  it.deferred = new_deferred(&f);
  it.defers_at = 1;
  lariat_deferred_add_callback(it.deferred, stop_loop_callback, it.loop);
  call_later(&f, 1000, fire_none, it.deferred);
  start(&it, 200, true);
  pump(&f, timings, 2);
  CU_ASSERT_EQUAL(it.runs, 1);
  CU_ASSERT_FALSE(lariat_looping_call_running(it.loop));
  loop_close(&f, &it);
}

static void ReactorLoopTests_testFailurePropagation(void) {
  struct fixture f;
  struct looped it;
  struct came came;
  loop_open(&f, &it);
  it.deferred = new_deferred(&f);
  it.defers_at = 1;
  call_later(&f, 300, fire_failure, it.deferred);
  came_watch(&came, lariat_looping_call_start(it.loop, 1000, true));
  pump_same(&f, 300, 1);
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  loop_close(&f, &it);
}

static void ReactorLoopTests_test_deferredWithCount(void) {
  const uint64_t timings[] = {200, 400};
  struct fixture f;
  struct looped it;
  loop_open(&f, &it);
  it.deferred = new_deferred(&f);
  it.defers_at = 1;
  start(&it, 200, false);
  CU_ASSERT_EQUAL(it.notes.count, 0);
  pump(&f, timings, 2);
  CU_ASSERT_EQUAL(it.notes.count, 1);
  lariat_deferred_callback(it.deferred, lariat_none());
  pump_same(&f, 200, 1);
  CU_ASSERT_EQUAL(it.notes.count, 2);
  CU_ASSERT_EQUAL(it.notes.number[0], 1);
  CU_ASSERT_EQUAL(it.notes.number[1], 3);
  loop_close(&f, &it);
}

/* ---- DeferLaterTests ---- */

static lariat_value give_seven(void *context) {
  ++*(int *)context;
  return lariat_int(7);
}

static lariat_value give_failure(void *context) {
  ++*(int *)context;
  return lariat_failure_new(LARIAT_EUSER, "TestException");
}

static void DeferLaterTests_test_callback(void) {
  struct fixture f;
  struct came came;
  int calls = 0;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  came_watch(&came, lariat_later(f.reactor, 3000, give_seven, &calls, NULL));
  pump_same(&f, 2000, 1);
  CU_ASSERT_EQUAL(calls, 0);
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(calls, 1);
  CU_ASSERT_EQUAL(came.number, 7);
  fixture_close(&f);
}

static void DeferLaterTests_test_errback(void) {
  struct fixture f;
  struct came came;
  int calls = 0;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  came_watch(&came, lariat_later(f.reactor, 1000, give_failure, &calls, NULL));
  pump_same(&f, 1000, 1);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  fixture_close(&f);
}

static void DeferLaterTests_test_cancel(void) {
  struct fixture f;
  struct came came;
  int calls = 0;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_deferred *d = lariat_later(f.reactor, 1000, give_seven, &calls, NULL);
  came_watch(&came, lariat_deferred_retain(d));
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(came.status, LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, NULL, 0), 0);
  CU_ASSERT_EQUAL(calls, 0);
  lariat_deferred_release(d);
  fixture_close(&f); /* which finds no timer left */
}

static void DeferLaterTests_test_noCallback(void) {
  struct fixture f;
  struct came came;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  came_watch(&came, lariat_later(f.reactor, 2000, NULL, NULL, NULL));
  CU_ASSERT_EQUAL(came.fires, 0);
  pump_same(&f, 2000, 1);
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_TRUE(came.none);
  fixture_close(&f);
}

/* ---- ReactTests ---- */

/* A program: what it is to do, and what it saw. */
struct program {
  struct fixture f;
  lariat_deferred *finished;
  uint64_t began_ms;
  uint64_t fires_ms; /* the deferred fires so much later; 0: at once */
  bool fails;
  int fails_with;    /* an exit code; 0: a plain failure */
  bool never;        /* the deferred does not fire by itself */
  uint64_t stops_ms; /* the reactor is stopped so much later; 0: not */
  bool fires_in_shutdown;
  bool stops_then_fires;
  int passed;
  lariat_reactor *reactor;
  const void *argument;
};

static void fire_program(struct program *it) {
  if (!it->fails)
    lariat_deferred_callback(it->finished, lariat_none());
  else if (it->fails_with)
    lariat_deferred_errback(it->finished, lariat_exit(it->fails_with));
  else
    lariat_deferred_errback(it->finished,
                            lariat_failure_new(LARIAT_EUSER, "expected"));
}

static void fire_program_call(void *context) { fire_program(context); }

static lariat_value fire_program_trigger(void *context) {
  fire_program(context);
  return lariat_none();
}

static void time_passed(void *context) {
  struct program *it = context;
  it->passed++;
}

static void stop_reactor(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_stop(context), LARIAT_OK);
}

static void stop_then_fire(void *context) {
  struct program *it = context;
  stop_reactor(it->reactor);
  fire_program(it);
}

static lariat_deferred *program_main(lariat_reactor *reactor, void *context) {
  struct program *it = context;
  it->reactor = reactor;
  it->argument = context;
  it->finished = new_deferred(&it->f);
  if (it->stops_ms)
    CU_ASSERT_EQUAL(lariat_reactor_call_later(reactor, it->stops_ms,
                                              stop_reactor, reactor, NULL,
                                              NULL),
                    LARIAT_OK);
  if (it->fires_in_shutdown)
    CU_ASSERT_EQUAL(
        lariat_reactor_add_trigger(reactor, LARIAT_SHUTDOWN, LARIAT_DURING,
                                   fire_program_trigger, it, NULL, NULL),
        LARIAT_OK);
  if (it->stops_then_fires)
    CU_ASSERT_EQUAL(
        lariat_reactor_call_when_running(reactor, stop_then_fire, it, NULL),
        LARIAT_OK);
  if (it->fires_ms) {
    CU_ASSERT_EQUAL(lariat_reactor_call_later(reactor, it->fires_ms / 2,
                                              time_passed, it, NULL, NULL),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(lariat_reactor_call_later(reactor, it->fires_ms,
                                              fire_program_call, it, NULL,
                                              NULL),
                    LARIAT_OK);
  } else if (!it->never) {
    fire_program(it);
  }
  return lariat_deferred_retain(it->finished);
}

/* Returns the exit code; what the program says goes nowhere. */
static int react(struct program *it) {
  fixture_open(&it->f, FIXTURE_PLAIN);
  it->began_ms = fixture_real_ms();
  int code = lariat_program_run(it->f.reactor, program_main, it);
  lariat_deferred_release(it->finished);
  fixture_close(&it->f);
  return code;
}

static void ReactTests_test_runsUntilAsyncCallback(void) {
  struct program it = {.fires_ms = 20};
  CU_ASSERT_EQUAL(react(&it), 0);
  CU_ASSERT_EQUAL(it.passed, 1);
  CU_ASSERT_TRUE(fixture_real_ms() - it.began_ms >= 19);
}

static void ReactTests_test_runsUntilSyncCallback(void) {
  struct program it = {.passed = 0};
  CU_ASSERT_EQUAL(react(&it), 0);
}

static void ReactTests_test_runsUntilAsyncErrback(void) {
  struct program it = {.fires_ms = 10, .fails = true};
  CU_ASSERT_EQUAL(react(&it), 1);
}

static void ReactTests_test_runsUntilSyncErrback(void) {
  struct program it = {.fails = true};
  CU_ASSERT_EQUAL(react(&it), 1);
}

static void ReactTests_test_singleStopCallback(void) {
  struct program it = {
      .never = true, .stops_ms = 10, .fires_in_shutdown = true};
  CU_ASSERT_EQUAL(react(&it), 0);
}

static void ReactTests_test_singleStopErrback(void) {
  struct program it = {
      .never = true, .stops_ms = 10, .fires_in_shutdown = true, .fails = true};
  CU_ASSERT_EQUAL(react(&it), 1);
}

static void ReactTests_test_arguments(void) {
  struct program it = {.passed = 0};
  CU_ASSERT_EQUAL(react(&it), 0);
  CU_ASSERT_PTR_EQUAL(it.argument, &it);
}

/* There is no default: the program gets the reactor that it is run on. */
static void ReactTests_test_defaultReactor(void) {
  struct program it = {.passed = 0};
  fixture_open(&it.f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_program_run(it.f.reactor, program_main, &it), 0);
  CU_ASSERT_PTR_EQUAL(it.reactor, it.f.reactor);
  CU_ASSERT_PTR_EQUAL(it.reactor, lariat_reactor_current());
  lariat_deferred_release(it.finished);
  fixture_close(&it.f);
}

static void ReactTests_test_exitWithDefinedCode(void) {
  struct program it = {.fails = true, .fails_with = 23};
  CU_ASSERT_EQUAL(react(&it), 23);
}

static void ReactTests_test_synchronousStop(void) {
  struct program it = {.never = true, .stops_then_fires = true};
  CU_ASSERT_EQUAL(react(&it), 0);
}

static void ReactTests_test_asynchronousStop(void) {
  struct program it = {.never = true, .stops_ms = 10};
  CU_ASSERT_EQUAL(react(&it), 0);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(ClockTests, testSeconds),
      CASE(ClockTests, testCallLater),
      CASE(ClockTests, testCallLaterCancelled),
      CASE(ClockTests, test_callLaterOrdering),
      CASE(ClockTests, testAdvance),
      CASE(ClockTests, testAdvanceCancel),
      CASE(ClockTests, testCallLaterDelayed),
      CASE(ClockTests, testCallLaterResetLater),
      CASE(ClockTests, testCallLaterResetSooner),
      CASE(ClockTests, test_getDelayedCalls),
      CASE(ClockTests, test_getDelayedCallsEmpty),
      CASE(ClockTests, test_callLaterKeepsCallsOrdered),
      CASE(ClockTests, test_callLaterResetKeepsCallsOrdered),
      CASE(ClockTests, test_callLaterResetInsideCallKeepsCallsOrdered),
      CASE(LoopTests, test_defaultClock),
      CASE(LoopTests, test_callbackTimeSkips),
      CASE(LoopTests, test_reactorTimeSkips),
      CASE(LoopTests, test_reactorTimeCountSkips),
      CASE(LoopTests, test_countLengthyIntervalCounts),
      CASE(LoopTests, test_withCountFloatingPointBoundary),
      CASE(LoopTests, test_withCountIntervalZero),
      CASE(LoopTests, test_withCountIntervalZeroDelay),
      CASE(LoopTests, test_withCountIntervalZeroDelayThenNonZeroInterval),
      CASE(LoopTests, testBasicFunction),
      CASE(LoopTests, testDelayedStart),
      CASE(LoopTests, testBadDelay),
      CASE(LoopTests, testStopAtOnce),
      CASE(LoopTests, testStoppingBeforeDelayedStart),
      CASE(LoopTests, test_reset),
      CASE(ReactorLoopTests, testFailure),
      CASE(ReactorLoopTests, testFailAndStop),
      CASE(ReactorLoopTests, testEveryIteration),
      CASE(ReactorLoopTests, testStopAtOnceLater),
      CASE(ReactorLoopTests, testWaitDeferred),
      CASE(ReactorLoopTests, testFailurePropagation),
      CASE(ReactorLoopTests, test_deferredWithCount),
      CASE(DeferLaterTests, test_callback),
      CASE(DeferLaterTests, test_errback),
      CASE(DeferLaterTests, test_cancel),
      CASE(DeferLaterTests, test_noCallback),
      CASE(ReactTests, test_runsUntilAsyncCallback),
      CASE(ReactTests, test_runsUntilSyncCallback),
      CASE(ReactTests, test_runsUntilAsyncErrback),
      CASE(ReactTests, test_runsUntilSyncErrback),
      CASE(ReactTests, test_singleStopCallback),
      CASE(ReactTests, test_singleStopErrback),
      CASE(ReactTests, test_arguments),
      CASE(ReactTests, test_defaultReactor),
      CASE(ReactTests, test_exitWithDefinedCode),
      CASE(ReactTests, test_synchronousStop),
      CASE(ReactTests, test_asynchronousStop),
  };
  return fixture_main("test_task", tests, FIXTURE_COUNT(tests), argc, argv);
}
