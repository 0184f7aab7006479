/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * cooperative_test.c: what the conformance tests leave out: values, contexts,
 * slices, closing, memory. */
#include <lariat/cooperator.h>

#include "deferred/deferred.h"
#include "reactor/reactor.h"
#include "support/fixture.h"
#include "support/recorder.h"

/* A task: what its units do. */
struct job {
  struct recorder *recorder;
  lariat_task *task;
  int units; /* it is done after so many */
  int runs;
  int stops_at;  /* stops itself */
  int pauses_at; /* pauses itself */
  int fails_at;
  int defers_at;    /* gives `deferred` */
  bool defers_last; /* as its result */
  bool stops_late;  /* gives a value after having stopped itself */
  bool shared;      /* its result can be shared */
  lariat_deferred *deferred;
};

static void job_free(void *context) {
  struct job *job = context;
  job->recorder->contexts_destroyed++;
}

static lariat_value work(void *context, bool *done) {
  struct job *job = context;
  job->runs++;
  if (job->runs == job->pauses_at)
    CU_ASSERT_EQUAL(lariat_task_pause(job->task), LARIAT_OK);
  if (job->runs == job->stops_at)
    CU_ASSERT_EQUAL(lariat_task_stop(job->task), LARIAT_OK);
  if (job->runs == job->fails_at)
    return lariat_failure_new(LARIAT_EUSER, "failed");
  if (job->runs == job->defers_at) {
    *done = job->defers_last;
    return lariat_deferred_value(lariat_deferred_retain(job->deferred));
  }
  if (job->runs == job->units) {
    *done = true;
    return job->shared ? recorder_shared(job->recorder, 7)
                       : recorder_value(job->recorder, 7);
  }
  return recorder_value(job->recorder, job->runs);
}

static void add(struct fixture *f, struct job *job) {
  job->recorder->contexts_made++;
  CU_ASSERT_EQUAL(lariat_cooperate(f->reactor, work, job, job_free, &job->task),
                  LARIAT_OK);
}

static void when_done(struct job *job, const char *name) {
  lariat_deferred *d = lariat_task_when_done(job->task);
  lariat_deferred_release(recorder_then(d, job->recorder, name, lariat_none()));
}

static void test_values(void) {
  for (int shared = 0; shared < 2; shared++) {
    struct fixture f;
    struct recorder recorder = {0};
    struct job job = {.recorder = &recorder, .units = 5, .shared = shared};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    add(&f, &job);
    CU_ASSERT_EQUAL(lariat_task_state(job.task), LARIAT_OK);
    when_done(&job, "a");
    when_done(&job, "b");
    fixture_settle(&f);
    CU_ASSERT_EQUAL(lariat_task_state(job.task), LARIAT_ETASKDONE);
    when_done(&job, "c");
    recorder_saw(&recorder,
                 shared ? "a(7) b(7) c(7) " : "a(7) b(none) c(none) ");
    lariat_task_release(job.task);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* Nobody has a reference or asked. */
static void test_on_its_own(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job = {.recorder = &recorder, .units = 3};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  recorder.contexts_made++;
  CU_ASSERT_EQUAL(lariat_cooperate(f.reactor, work, &job, job_free, NULL),
                  LARIAT_OK);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(job.runs, 3);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_stops_itself(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job = {.recorder = &recorder, .units = 9, .stops_at = 2};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  add(&f, &job);
  when_done(&job, "end");
  fixture_settle(&f);
  CU_ASSERT_EQUAL(job.runs, 2);
  recorder_saw(&recorder, "end(!the task was stopped) ");
  lariat_task_release(job.task);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_pauses_itself(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job = {.recorder = &recorder, .units = 3, .pauses_at = 1};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  add(&f, &job);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(job.runs, 1);
  CU_ASSERT_EQUAL(lariat_task_resume(job.task), LARIAT_OK);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(job.runs, 3);
  CU_ASSERT_EQUAL(lariat_task_resume(job.task), LARIAT_ENOTPAUSED);
  lariat_task_release(job.task);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A deferred that is waited for between units, or whose value is the result;
 * the one that was yielded keeps "none". */
static void test_deferreds(void) {
  for (int last = 0; last < 2; last++) {
    struct fixture f;
    struct recorder recorder = {0};
    struct job job = {
        .recorder = &recorder, .units = 3, .defers_at = 2, .defers_last = last};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    job.deferred = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
    add(&f, &job);
    when_done(&job, "end");
    fixture_settle(&f);
    CU_ASSERT_EQUAL(job.runs, 2);
    lariat_deferred_callback(job.deferred, recorder_value(&recorder, 42));
    CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(job.deferred)));
    fixture_settle(&f);
    CU_ASSERT_EQUAL(job.runs, last ? 2 : 3);
    recorder_saw(&recorder, last ? "end(42) " : "end(7) ");
    lariat_deferred_release(job.deferred);
    lariat_task_release(job.task);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

/* Its deferred fails after the task was stopped: that is dropped. */
static void test_stopped_while_waiting(void) {
  for (int held = 0; held < 2; held++) {
    struct fixture f;
    struct recorder recorder = {0};
    struct job job = {.recorder = &recorder, .units = 3, .defers_at = 1};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    job.deferred = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
    add(&f, &job);
    fixture_settle(&f);
    lariat_deferred *kept = held ? job.deferred : NULL;
    if (!held) lariat_deferred_release(job.deferred);
    CU_ASSERT_EQUAL(lariat_task_stop(job.task), LARIAT_OK);
    if (held)
      lariat_deferred_errback(kept, lariat_failure_new(LARIAT_EUSER, "late"));
    lariat_deferred_release(kept);
    lariat_task_release(job.task);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

static void test_failure_that_nobody_asked_for(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job = {.recorder = &recorder, .fails_at = 1};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  add(&f, &job);
  lariat_task_release(job.task);
  fixture_settle(&f);
  CU_ASSERT_PTR_NOT_NULL(strstr(f.last_report, "failed"));
  fixture_expect_reports(&f, 1);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* One that does not end in a slice of time lets others have their turns. */
static lariat_value endless(void *context, bool *done) {
  (void)done;
  ++*(uint64_t *)context;
  return lariat_none();
}

static void test_slices(void) {
  struct fixture f;
  uint64_t units = 0;
  lariat_cooperator *cooperator = NULL;
  lariat_task *task = NULL;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_cooperator_options options = {.size = sizeof options, .slice_ms = 1};
  CU_ASSERT_EQUAL(lariat_cooperator_new(f.reactor, &options, &cooperator),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_cooperator_add(cooperator, endless, &units, NULL, &task),
      LARIAT_OK);
  for (int turn = 0; turn < 3; turn++)
    CU_ASSERT_EQUAL(lariat_reactor_run_once(f.reactor, -1), LARIAT_OK);
  CU_ASSERT_TRUE(units > 3);
  CU_ASSERT_EQUAL(lariat_task_stop(task), LARIAT_OK);
  lariat_task_release(task);
  lariat_cooperator_release(cooperator);
  fixture_close(&f);
}

static void test_started_later(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job = {.recorder = &recorder, .units = 2};
  lariat_cooperator *cooperator = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_cooperator_options options = {.size = sizeof options,
                                       .not_started = true};
  CU_ASSERT_EQUAL(lariat_cooperator_new(f.reactor, &options, &cooperator),
                  LARIAT_OK);
  lariat_deferred *d = lariat_coiterate(cooperator, work, &job, NULL);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(job.runs, 0);
  lariat_cooperator_start(lariat_cooperator_retain(cooperator));
  lariat_cooperator_release(cooperator);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(job.runs, 2);
  lariat_deferred_release(d);
  lariat_cooperator_release(cooperator);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Every task ends when the reactor closes: ready, paused, waiting. */
static void test_reactor_closes(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job[3] = {{.recorder = &recorder, .units = 9},
                       {.recorder = &recorder, .units = 9},
                       {.recorder = &recorder, .units = 9, .defers_at = 1}};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  job[2].deferred = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  add(&f, &job[2]);
  fixture_settle(&f);
  add(&f, &job[0]);
  add(&f, &job[1]);
  CU_ASSERT_EQUAL(lariat_task_pause(job[1].task), LARIAT_OK);
  for (int i = 0; i < 3; i++) when_done(&job[i], "end");
  lariat_deferred *unheard = lariat_task_when_done(job[0].task);
  lariat_deferred *cancelled = lariat_task_when_done(job[0].task);
  lariat_deferred_cancel(cancelled);
  lariat_deferred_forget(cancelled);
  fixture_close_reactor(&f, 0);
  recorder_saw(&recorder, "end(!the task's cooperator was stopped) "
                          "end(!the task's cooperator was stopped) "
                          "end(!the task's cooperator was stopped) ");
  lariat_deferred_release(unheard);
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_EQUAL(lariat_task_state(job[i].task), LARIAT_ESCHEDULERSTOPPED);
    lariat_deferred *late = lariat_task_when_done(job[i].task);
    CU_ASSERT_TRUE(lariat_is_failure(lariat_deferred_peek(late)));
    lariat_deferred_forget(late);
    lariat_task_release(job[i].task);
  }
  lariat_deferred_callback(job[2].deferred, lariat_none());
  lariat_deferred_release(job[2].deferred);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A cooperator that outlives its reactor is a stopped one; a failed task's
 * failure has nobody to be reported to. */
static void test_closed_cooperator(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job = {.recorder = &recorder, .fails_at = 1};
  lariat_cooperator *cooperator = NULL;
  lariat_task *task = NULL, *failed = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lariat_cooperator_new(f.reactor, NULL, &cooperator),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_cooperator_add(cooperator, work, &job, NULL, &failed),
                  LARIAT_OK);
  fixture_settle(&f);
  fixture_close_reactor(&f, 0);
  lariat_cooperator_start(cooperator);
  lariat_cooperator_stop(cooperator);
  CU_ASSERT_FALSE(lariat_cooperator_running(cooperator));
  CU_ASSERT_EQUAL(lariat_cooperator_add(cooperator, work, &job, NULL, &task),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_task_pause(task), LARIAT_ESCHEDULERSTOPPED);
  lariat_task_release(task);
  lariat_task_release(failed);
  lariat_cooperator_release(cooperator);
  fixture_close(&f);
}

static void test_bad_input(void) {
  struct fixture f;
  struct recorder recorder = {0};
  lariat_cooperator *cooperator = NULL;
  lariat_cooperator_options small = {.size = 1};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lariat_cooperator_new(f.reactor, NULL, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_cooperator_new(f.reactor, &small, &cooperator),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_cooperator_new(NULL, NULL, &cooperator),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_cooperator_new(f.reactor, NULL, &cooperator),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_cooperator_add(NULL, work, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_cooperator_add(cooperator, NULL, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_cooperate(NULL, work, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  lariat_deferred *d = lariat_coiterate(
      cooperator, NULL, recorder_context(&recorder), recorder_destroy);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_EINVAL);
  lariat_deferred_forget(d);
  d = lariat_coiterate(NULL, work, NULL, NULL);
  CU_ASSERT_TRUE(lariat_is_failure(lariat_deferred_peek(d)));
  lariat_deferred_forget(d);
  d = lariat_task_when_done(NULL);
  CU_ASSERT_TRUE(lariat_is_failure(lariat_deferred_peek(d)));
  lariat_deferred_forget(d);
  CU_ASSERT_EQUAL(lariat_task_state(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_task_pause(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_task_resume(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_task_stop(NULL), LARIAT_EINVAL);
  lariat_task_release(NULL);
  lariat_cooperator_start(NULL);
  lariat_cooperator_stop(NULL);
  CU_ASSERT_FALSE(lariat_cooperator_running(NULL));
  lariat_cooperator_release(NULL);
  lariat_cooperator_release(cooperator);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* The chain of what is waited for cannot grow: the task fails. */
static void test_deferred_without_memory(void) {
  struct fixture f;
  struct recorder recorder = {0};
  struct job job = {.recorder = &recorder, .units = 3, .defers_at = 1};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  job.deferred = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  for (int i = 0; i < LR_DEFERRED_PAIRS; i++)
    recorder_then(job.deferred, &recorder, "lost", lariat_none());
  add(&f, &job);
  when_done(&job, "end");
  fixture_fail_allocation(&f, 1);
  fixture_settle(&f);
  fixture_fail_allocation(&f, 0);
  recorder_saw(&recorder, "end(!out of memory) ");
  lariat_deferred_release(job.deferred);
  lariat_task_release(job.task);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Sharing runs out of memory. */
static void *cannot_share(void *data) {
  (void)data;
  return NULL;
}

static const lariat_type stubborn_type = {
    .size = sizeof(lariat_type), .name = "stubborn", .share = cannot_share};

static lariat_value give_stubborn(void *context, bool *done) {
  *done = true;
  return lariat_value_of(&stubborn_type, context);
}

static void test_result_without_memory(void) {
  struct fixture f;
  lariat_task *task = NULL;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lariat_cooperate(f.reactor, give_stubborn, &f, NULL, &task),
                  LARIAT_OK);
  lariat_deferred *d = lariat_task_when_done(task);
  fixture_settle(&f);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(d)),
                  LARIAT_ENOMEM);
  lariat_deferred_forget(d);
  lariat_task_release(task);
  fixture_close(&f);
}

static void life(struct fixture *f, struct recorder *recorder) {
  struct job job = {.recorder = recorder, .units = 4, .defers_at = 2};
  lariat_cooperator *cooperator = NULL;
  if (lariat_cooperator_new(f->reactor, NULL, &cooperator) != LARIAT_OK) return;
  job.deferred =
      lariat_deferred_succeed(f->reactor, recorder_value(recorder, 5));
  lariat_deferred *end = lariat_coiterate(cooperator, work, &job, NULL);
  recorder_then(end, recorder, "end", lariat_none());
  lariat_task *task = NULL;
  struct job second = {.recorder = recorder, .units = 2};
  if (lariat_cooperator_add(cooperator, work, &second, NULL, &task) ==
      LARIAT_OK)
    lariat_deferred_forget(lariat_task_when_done(task));
  fixture_settle(f);
  lariat_task_release(task);
  lariat_deferred_forget(end);
  lariat_deferred_forget(job.deferred);
  lariat_cooperator_stop(cooperator);
  lariat_cooperator_release(cooperator);
}

static void test_every_allocation_fails(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  recorder_fail_each(&f, life);
  fixture_close(&f);
}

/* The layer's state, and the reactor's own cooperator. */
static void test_cooperate_without_memory(void) {
  for (uint64_t nth = 1; nth < 5; nth++) {
    struct fixture f;
    struct recorder recorder = {0};
    struct job job = {.recorder = &recorder, .units = 1};
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    fixture_fail_allocation(&f, nth);
    lariat_status status = lariat_cooperate(f.reactor, work, &job, NULL, NULL);
    fixture_fail_allocation(&f, 0);
    CU_ASSERT_EQUAL(status, nth < 4 ? LARIAT_ENOMEM : LARIAT_OK);
    fixture_settle(&f);
    recorder_check(&recorder);
    fixture_close(&f);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"values are dropped, the result is shared or moved", test_values},
      {"a task on its own", test_on_its_own},
      {"a task stops itself", test_stops_itself},
      {"a task pauses itself", test_pauses_itself},
      {"deferreds between units, and as the result", test_deferreds},
      {"stopped while it waits", test_stopped_while_waiting},
      {"a failure that nobody asked for is reported",
       test_failure_that_nobody_asked_for},
      {"a slice of time ends", test_slices},
      {"started later", test_started_later},
      {"the reactor closes", test_reactor_closes},
      {"a cooperator outlives its reactor", test_closed_cooperator},
      {"bad input is refused by name", test_bad_input},
      {"what is waited for has no memory", test_deferred_without_memory},
      {"sharing the result has no memory", test_result_without_memory},
      {"each allocation of a cooperator's life fails in turn",
       test_every_allocation_fails},
      {"the reactor's own cooperator without memory",
       test_cooperate_without_memory},
  };
  return fixture_main("cooperator", tests, FIXTURE_COUNT(tests), argc, argv);
}
