/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * cooperator_test.c: Twisted's test_cooperator.py.  Its fake scheduler is a
 * turn of the reactor here. */
#include <lariat/cooperator.h>
#include <lariat/gather.h>

#include "conformance/task.h"
#include "reactor/reactor.h"

/* Work that counts to `units`, and what it does besides. */
struct counting {
  int units;
  int done;
  char name; /* written down at each unit, if not 0 */
  char *diary;
  lariat_deferred *yields; /* after `yields_at` units */
  int yields_at;
  bool fails;        /* when done */
  bool *stops_slice; /* set after 10 units */
};

static lariat_value count(void *context, bool *done) {
  struct counting *it = context;
  if (it->done == it->units) {
    *done = true;
    if (it->fails) return lariat_failure_new(LARIAT_EUSER, "RuntimeError");
    return lariat_int(it->done);
  }
  it->done++;
  if (it->name) {
    size_t length = strlen(it->diary);
    it->diary[length] = it->name;
    it->diary[length + 1] = '\0';
  }
  if (it->stops_slice && it->done == 10) *it->stops_slice = true;
  if (it->yields && it->done == it->yields_at)
    return lariat_deferred_value(lariat_deferred_retain(it->yields));
  return lariat_none();
}

static lariat_cooperator *make(struct fixture *f,
                               const lariat_cooperator_options *options) {
  lariat_cooperator *cooperator = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_cooperator_new(f->reactor, options, &cooperator),
                        LARIAT_OK);
  return cooperator;
}

static void open_one(struct fixture *f, lariat_cooperator **cooperator) {
  fixture_open(f, FIXTURE_MANUAL_CLOCK);
  *cooperator = make(f, NULL);
}

static void close_one(struct fixture *f, lariat_cooperator *cooperator) {
  lariat_cooperator_release(cooperator);
  fixture_close(f);
}

/* ---- CooperatorTests ---- */

static void CooperatorTests_testStoppedRejectsNewTasks(void) {
  struct fixture f;
  lariat_cooperator *c;
  struct counting work = {.units = 0};
  struct came came;
  open_one(&f, &c);
  lariat_cooperator_stop(c);
  came_watch(&came, lariat_coiterate(c, count, &work, NULL));
  CU_ASSERT_EQUAL(came.status, LARIAT_ESCHEDULERSTOPPED);
  close_one(&f, c);
}

static void CooperatorTests_testStopRunning(void) {
  struct fixture f;
  lariat_cooperator *c;
  struct counting work = {.units = 3};
  struct came came;
  open_one(&f, &c);
  came_watch(&came, lariat_coiterate(c, count, &work, NULL));
  lariat_cooperator_stop(c);
  CU_ASSERT_EQUAL(came.status, LARIAT_ESCHEDULERSTOPPED);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(work.done, 0);
  close_one(&f, c);
}

static void CooperatorTests_testStopOutstanding(void) {
  struct fixture f;
  lariat_cooperator *c;
  struct came came;
  open_one(&f, &c);
  lariat_deferred *outstanding = new_deferred(&f);
  struct counting work = {.units = 1, .yields = outstanding, .yields_at = 1};
  came_watch(&came, lariat_coiterate(c, count, &work, NULL));
  fixture_settle(&f);
  CU_ASSERT_EQUAL(work.done, 1);
  lariat_cooperator_stop(c);
  CU_ASSERT_EQUAL(came.fires, 0);
  lariat_deferred_callback(outstanding, lariat_int(1));
  CU_ASSERT_EQUAL(came.status, LARIAT_ESCHEDULERSTOPPED);
  lariat_deferred_release(outstanding);
  close_one(&f, c);
}

static void CooperatorTests_testUnexpectedError(void) {
  struct fixture f;
  lariat_cooperator *c;
  struct counting work = {.fails = true};
  struct came came;
  open_one(&f, &c);
  came_watch(&came, lariat_coiterate(c, count, &work, NULL));
  fixture_settle(&f);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  close_one(&f, c);
}

static void fail_later(void *context) {
  lariat_deferred_errback(context,
                          lariat_failure_new(LARIAT_EUSER, "RuntimeError"));
}

static void CooperatorTests_testUnexpectedErrorActuallyLater(void) {
  struct fixture f;
  lariat_cooperator *c;
  struct came came;
  open_one(&f, &c);
  lariat_deferred *d = new_deferred(&f);
  struct counting work = {.units = 1, .yields = d, .yields_at = 1};
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 5, fail_later, d, NULL, NULL),
      LARIAT_OK);
  came_watch(&came, lariat_coiterate(c, count, &work, NULL));
  fixture_settle(&f);
  CU_ASSERT_EQUAL(came.fires, 0);
  fixture_advance(&f, 5);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  lariat_deferred_release(d);
  close_one(&f, c);
}

static void CooperatorTests_testUnexpectedErrorNotActuallyLater(void) {
  struct fixture f;
  lariat_cooperator *c;
  struct came came;
  open_one(&f, &c);
  lariat_deferred *d =
      lariat_deferred_fail(f.reactor, LARIAT_EUSER, "RuntimeError");
  struct counting work = {.units = 1, .yields = d, .yields_at = 1};
  came_watch(&came, lariat_coiterate(c, count, &work, NULL));
  fixture_settle(&f);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  lariat_deferred_release(d);
  close_one(&f, c);
}

static void CooperatorTests_testCooperation(void) {
  struct fixture f;
  lariat_cooperator *c;
  char diary[32] = "";
  struct came came;
  struct counting work[4];
  lariat_deferred *done[4];
  open_one(&f, &c);
  for (int i = 0; i < 4; i++) {
    work[i] =
        (struct counting){.units = 3, .name = (char)('a' + i), .diary = diary};
    done[i] = lariat_coiterate(c, count, &work[i], NULL);
  }
  came_watch(&came, lariat_gather_results(done, 4));
  fixture_settle(&f);
  CU_ASSERT_STRING_EQUAL(diary, "abcdabcdabcd");
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_EQUAL(came.status, LARIAT_OK);
  close_one(&f, c);
}

static bool read_flag(void *context) { return *(bool *)context; }

static void CooperatorTests_testResourceExhaustion(void) {
  struct fixture f;
  bool stopped = false;
  struct came came;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_cooperator_options options = {
      .size = sizeof options, .is_over = read_flag, .context = &stopped};
  lariat_cooperator *c = make(&f, &options);
  struct counting work = {.units = 100, .stops_slice = &stopped};
  came_watch(&came, lariat_coiterate(c, count, &work, NULL));
  fixture_turns(&f, 1);
  lariat_cooperator_stop(c);
  CU_ASSERT_TRUE(stopped);
  CU_ASSERT_EQUAL(work.done, 10);
  CU_ASSERT_EQUAL(came.status, LARIAT_ESCHEDULERSTOPPED);
  close_one(&f, c);
}

static bool always(void *context) {
  (void)context;
  return true;
}

struct again {
  lariat_cooperator *cooperator;
  struct counting work;
  struct came came;
};

static lariat_value coiterate_again(lariat_value result, void *context) {
  struct again *it = context;
  came_watch(&it->came,
             lariat_coiterate(it->cooperator, count, &it->work, NULL));
  return lariat_value_drop(result);
}

static void CooperatorTests_testCallbackReCoiterate(void) {
  struct fixture f;
  struct counting work = {.units = 0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_cooperator_options options = {.size = sizeof options,
                                       .is_over = always};
  struct again again = {.cooperator = make(&f, &options)};
  lariat_deferred *d = lariat_coiterate(again.cooperator, count, &work, NULL);
  lariat_deferred_add_callback(d, coiterate_again, &again);
  fixture_turns(&f, 2);
  CU_ASSERT_EQUAL(again.came.fires, 1);
  lariat_deferred_release(d);
  close_one(&f, again.cooperator);
}

/* Whether a turn is due is what Twisted's scheduled call says. */
static void CooperatorTests_test_removingLastTaskStopsScheduledCall(void) {
  struct fixture f;
  lariat_cooperator *c;
  struct counting work[3] = {{.units = 2}, {.units = 2}, {.units = 2}};
  lariat_task *task[3];
  open_one(&f, &c);
  for (int i = 0; i < 2; i++)
    CU_ASSERT_EQUAL(lariat_cooperator_add(c, count, &work[i], NULL, &task[i]),
                    LARIAT_OK);
  CU_ASSERT_TRUE(lr_reactor_pending(f.reactor));
  CU_ASSERT_EQUAL(lariat_task_stop(task[0]), LARIAT_OK);
  CU_ASSERT_TRUE(lr_reactor_pending(f.reactor));
  CU_ASSERT_EQUAL(lariat_task_stop(task[1]), LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_FALSE(lr_reactor_pending(f.reactor));
  CU_ASSERT_EQUAL(work[0].done + work[1].done, 0);
  CU_ASSERT_EQUAL(lariat_cooperator_add(c, count, &work[2], NULL, &task[2]),
                  LARIAT_OK);
  CU_ASSERT_TRUE(lr_reactor_pending(f.reactor));
  CU_ASSERT_EQUAL(lariat_task_stop(task[2]), LARIAT_OK);
  for (int i = 0; i < 3; i++) lariat_task_release(task[i]);
  close_one(&f, c);
}

static void CooperatorTests_test_runningWhenStarted(void) {
  struct fixture f;
  lariat_cooperator *c;
  open_one(&f, &c);
  CU_ASSERT_TRUE(lariat_cooperator_running(c));
  close_one(&f, c);
}

static lariat_cooperator *make_not_started(struct fixture *f) {
  lariat_cooperator_options options = {.size = sizeof options,
                                       .not_started = true};
  return make(f, &options);
}

static void CooperatorTests_test_runningWhenNotStarted(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_cooperator *c = make_not_started(&f);
  CU_ASSERT_FALSE(lariat_cooperator_running(c));
  close_one(&f, c);
}

static void CooperatorTests_test_runningWhenRunning(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_cooperator *c = make_not_started(&f);
  lariat_cooperator_start(c);
  CU_ASSERT_TRUE(lariat_cooperator_running(c));
  close_one(&f, c);
}

static void CooperatorTests_test_runningWhenStopped(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_cooperator *c = make_not_started(&f);
  lariat_cooperator_start(c);
  lariat_cooperator_stop(c);
  CU_ASSERT_FALSE(lariat_cooperator_running(c));
  close_one(&f, c);
}

/* ---- AliasTests ---- */

static void AliasTests_test_cooperate(void) {
  struct fixture f;
  struct counting work = {.units = 3};
  struct came came;
  lariat_task *task = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lariat_cooperate(f.reactor, count, &work, NULL, &task),
                  LARIAT_OK);
  came_watch(&came, lariat_task_when_done(task));
  fixture_settle(&f);
  CU_ASSERT_EQUAL(came.number, 3);
  lariat_task_release(task);
  fixture_close(&f);
}

/* ---- RunStateTests ---- */

/* The worker of these tests: it yields a rising number, or what it is told. */
struct stage {
  struct fixture f;
  lariat_cooperator *cooperator;
  lariat_task *task;
  bool defer_next;
  bool stop_next;
  bool die_next;
  int number;
  int work; /* how many units were done */
  int last; /* the number of the last one */
  lariat_deferred *deferred;
};

static lariat_value worker(void *context, bool *done) {
  struct stage *s = context;
  s->number++;
  if (s->defer_next) {
    s->defer_next = false;
    s->work++;
    s->deferred = new_deferred(&s->f);
    return lariat_deferred_value(lariat_deferred_retain(s->deferred));
  }
  if (s->stop_next) {
    *done = true;
    return lariat_int(77);
  }
  if (s->die_next) return lariat_failure_new(LARIAT_EUSER, "unhandled");
  s->work++;
  s->last = s->number;
  return lariat_int(s->number);
}

static void set_up(struct stage *s) {
  memset(s, 0, sizeof *s);
  fixture_open(&s->f, FIXTURE_MANUAL_CLOCK);
  lariat_cooperator_options options = {.size = sizeof options,
                                       .is_over = always};
  s->cooperator = make(&s->f, &options);
  CU_ASSERT_EQUAL(
      lariat_cooperator_add(s->cooperator, worker, s, NULL, &s->task),
      LARIAT_OK);
  lariat_cooperator_start(s->cooperator);
}

static void tear_down(struct stage *s) {
  lariat_deferred_release(s->deferred);
  lariat_task_release(s->task);
  lariat_cooperator_release(s->cooperator);
  fixture_close(&s->f);
}

static void pump(struct stage *s) { fixture_turns(&s->f, 1); }

static void RunStateTests_test_pauseResume(void) {
  struct stage s;
  set_up(&s);
  pump(&s);
  CU_ASSERT_TRUE(s.work == 1 && s.last == 1);
  pump(&s);
  CU_ASSERT_TRUE(s.work == 2 && s.last == 2);
  CU_ASSERT_EQUAL(lariat_task_pause(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 2);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_OK);
  CU_ASSERT_EQUAL(s.work, 2);
  pump(&s);
  CU_ASSERT_TRUE(s.work == 3 && s.last == 3);
  tear_down(&s);
}

static void RunStateTests_test_resumeNotPaused(void) {
  struct stage s;
  set_up(&s);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_ENOTPAUSED);
  CU_ASSERT_EQUAL(lariat_task_pause(s.task), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_ENOTPAUSED);
  tear_down(&s);
}

static void RunStateTests_test_pauseTwice(void) {
  struct stage s;
  set_up(&s);
  CU_ASSERT_EQUAL(lariat_task_pause(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 0);
  CU_ASSERT_EQUAL(lariat_task_pause(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 0);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 0);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_TRUE(s.work == 1 && s.last == 1);
  tear_down(&s);
}

static void RunStateTests_test_pauseWhileDeferred(void) {
  struct stage s;
  set_up(&s);
  s.defer_next = true;
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 1);
  CU_ASSERT_PTR_NOT_NULL(s.deferred);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 1);
  CU_ASSERT_EQUAL(lariat_task_pause(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 1);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 1);
  lariat_deferred_callback(s.deferred, lariat_int(1));
  pump(&s);
  CU_ASSERT_TRUE(s.work == 2 && s.last == 2);
  tear_down(&s);
}

static lariat_value replace(lariat_value result, void *context) {
  lariat_value_drop(result);
  return lariat_int(*(int *)context);
}

static void RunStateTests_test_whenDone(void) {
  struct stage s;
  struct came came[4];
  int one = 1, two = 2;
  set_up(&s);
  lariat_deferred *deferred1 = lariat_task_when_done(s.task);
  lariat_deferred *deferred2 = lariat_task_when_done(s.task);
  lariat_deferred_add_callback(deferred1, replace, &one);
  lariat_deferred_add_callback(deferred2, replace, &two);
  came_watch(&came[0], deferred1);
  came_watch(&came[1], deferred2);
  s.stop_next = true;
  pump(&s);
  CU_ASSERT_EQUAL(came[0].number, 1);
  CU_ASSERT_EQUAL(came[1].number, 2);
  came_watch(&came[2], lariat_task_when_done(s.task));
  CU_ASSERT_EQUAL(came[2].number, 77);
  tear_down(&s);
}

static void RunStateTests_test_whenDoneError(void) {
  struct stage s;
  struct came came;
  set_up(&s);
  came_watch(&came, lariat_task_when_done(s.task));
  s.die_next = true;
  pump(&s);
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  tear_down(&s);
}

static void RunStateTests_test_whenDoneStop(void) {
  struct stage s;
  struct came came;
  set_up(&s);
  came_watch(&came, lariat_task_when_done(s.task));
  CU_ASSERT_EQUAL(lariat_task_stop(s.task), LARIAT_OK);
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_EQUAL(came.status, LARIAT_ETASKSTOPPED);
  tear_down(&s);
}

static void RunStateTests_test_whenDoneAlreadyDone(void) {
  struct stage s;
  struct came came;
  set_up(&s);
  s.stop_next = true;
  pump(&s);
  came_watch(&came, lariat_task_when_done(s.task));
  CU_ASSERT_EQUAL(came.number, 77);
  tear_down(&s);
}

static void RunStateTests_test_stopStops(void) {
  struct stage s;
  set_up(&s);
  CU_ASSERT_EQUAL(lariat_task_stop(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 0);
  CU_ASSERT_EQUAL(lariat_task_stop(s.task), LARIAT_ETASKSTOPPED);
  CU_ASSERT_EQUAL(lariat_task_pause(s.task), LARIAT_ETASKSTOPPED);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 0);
  tear_down(&s);
}

static void RunStateTests_test_pauseStopResume(void) {
  struct stage s;
  set_up(&s);
  CU_ASSERT_EQUAL(lariat_task_pause(s.task), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_task_stop(s.task), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_task_resume(s.task), LARIAT_OK);
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 0);
  tear_down(&s);
}

static void RunStateTests_test_stopDeferred(void) {
  struct stage s;
  struct came came;
  set_up(&s);
  s.defer_next = true;
  pump(&s);
  CU_ASSERT_EQUAL(s.work, 1);
  came_watch(&came, lariat_deferred_retain(s.deferred));
  pump(&s);
  CU_ASSERT_EQUAL(lariat_task_stop(s.task), LARIAT_OK);
  pump(&s);
  lariat_deferred_callback(s.deferred, lariat_int(7));
  pump(&s);
  CU_ASSERT_EQUAL(came.fires, 1);
  CU_ASSERT_TRUE(came.none);
  CU_ASSERT_EQUAL(s.work, 1);
  tear_down(&s);
}

static void RunStateTests_test_stopExhausted(void) {
  struct stage s;
  set_up(&s);
  s.stop_next = true;
  pump(&s);
  CU_ASSERT_EQUAL(lariat_task_stop(s.task), LARIAT_ETASKDONE);
  tear_down(&s);
}

/* That nobody asked for the failed task's end is reported, other than in
 * Twisted. */
static void RunStateTests_test_stopErrored(void) {
  struct stage s;
  set_up(&s);
  s.die_next = true;
  pump(&s);
  CU_ASSERT_EQUAL(lariat_task_stop(s.task), LARIAT_ETASKFAILED);
  fixture_expect_reports(&s.f, 1);
  tear_down(&s);
}

struct phases {
  lariat_cooperator *cooperator;
  intptr_t result;
  bool done;
};

static lariat_value stop_it(lariat_value result, void *context) {
  struct phases *phases = context;
  phases->result = lariat_int_in(result);
  lariat_cooperator_stop(phases->cooperator);
  phases->done = true;
  return lariat_value_drop(result);
}

static void RunStateTests_test_stopCooperatorReentrancy(void) {
  struct stage s;
  set_up(&s);
  struct phases phases = {s.cooperator, 0, false};
  lariat_deferred *d = lariat_task_when_done(s.task);
  lariat_deferred_release(lariat_deferred_add_callback(d, stop_it, &phases));
  s.stop_next = true;
  pump(&s);
  CU_ASSERT_EQUAL(phases.result, 77);
  CU_ASSERT_TRUE(phases.done);
  tear_down(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(CooperatorTests, testStoppedRejectsNewTasks),
      CASE(CooperatorTests, testStopRunning),
      CASE(CooperatorTests, testStopOutstanding),
      CASE(CooperatorTests, testUnexpectedError),
      CASE(CooperatorTests, testUnexpectedErrorActuallyLater),
      CASE(CooperatorTests, testUnexpectedErrorNotActuallyLater),
      CASE(CooperatorTests, testCooperation),
      CASE(CooperatorTests, testResourceExhaustion),
      CASE(CooperatorTests, testCallbackReCoiterate),
      CASE(CooperatorTests, test_removingLastTaskStopsScheduledCall),
      CASE(CooperatorTests, test_runningWhenStarted),
      CASE(CooperatorTests, test_runningWhenNotStarted),
      CASE(CooperatorTests, test_runningWhenRunning),
      CASE(CooperatorTests, test_runningWhenStopped),
      CASE(AliasTests, test_cooperate),
      CASE(RunStateTests, test_pauseResume),
      CASE(RunStateTests, test_resumeNotPaused),
      CASE(RunStateTests, test_pauseTwice),
      CASE(RunStateTests, test_pauseWhileDeferred),
      CASE(RunStateTests, test_whenDone),
      CASE(RunStateTests, test_whenDoneError),
      CASE(RunStateTests, test_whenDoneStop),
      CASE(RunStateTests, test_whenDoneAlreadyDone),
      CASE(RunStateTests, test_stopStops),
      CASE(RunStateTests, test_pauseStopResume),
      CASE(RunStateTests, test_stopDeferred),
      CASE(RunStateTests, test_stopExhausted),
      CASE(RunStateTests, test_stopErrored),
      CASE(RunStateTests, test_stopCooperatorReentrancy),
  };
  return fixture_main("test_cooperator", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
