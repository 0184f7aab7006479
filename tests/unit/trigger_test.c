/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * trigger_test.c: what the conformance tests leave out of triggers, runs and
 * signals. */
#include <lariat/trigger.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deferred/deferred.h"
#include "support/fixture.h"
#include "support/recorder.h"

/* A trigger, or a call: writes its name down, and does one thing more. */
struct act {
  struct recorder *recorder;
  lariat_reactor *reactor;
  const char *name;
  lariat_value give;
  lariat_call also;
};

static lariat_value act(void *context) {
  struct act *it = context;
  recorder_note(it->recorder, it->name);
  lariat_value give = it->give;
  it->give = lariat_none();
  if (it->also) it->also(it->reactor);
  return give;
}

static void act_call(void *context) { (void)act(context); }

static void act_destroy(void *context) {
  struct act *it = context;
  it->recorder->contexts_destroyed++;
}

static void stop(void *context) { (void)lariat_reactor_stop(context); }

static void crash(void *context) { (void)lariat_reactor_crash(context); }

static lariat_status add(struct act *it, lariat_event event,
                         lariat_trigger_phase phase, lariat_trigger *out) {
  lariat_status status = lariat_reactor_add_trigger(it->reactor, event, phase,
                                                    act, it, act_destroy, out);
  if (status == LARIAT_OK) it->recorder->contexts_made++;
  return status;
}

static void stop_soon(struct fixture *f) {
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f->reactor, stop, f->reactor, NULL),
                  LARIAT_OK);
}

static void run(struct fixture *f) {
  CU_ASSERT_EQUAL(lariat_reactor_run(f->reactor), LARIAT_OK);
}

static void fire_none(void *context) {
  lariat_deferred_callback(context, lariat_none());
}

static void fail_it(void *context) {
  lariat_deferred_errback(context, lariat_failure_new(LARIAT_EUSER, "bad"));
}

/* The shutdown waits for both deferreds, the one that fails too. */
static void test_shutdown_waits(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_deferred *d[2];
  struct act first = {&recorder, f.reactor, "first", lariat_none(), NULL};
  struct act second = {&recorder, f.reactor, "second", lariat_none(), NULL};
  struct act during = {&recorder, f.reactor, "during", lariat_none(), NULL};
  for (int i = 0; i < 2; i++) {
    d[i] = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
    lariat_value value = lariat_deferred_value(lariat_deferred_retain(d[i]));
    if (i == 0)
      first.give = value;
    else
      second.give = value;
  }
  CU_ASSERT_EQUAL(add(&first, LARIAT_SHUTDOWN, LARIAT_BEFORE, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(add(&second, LARIAT_SHUTDOWN, LARIAT_BEFORE, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(add(&during, LARIAT_SHUTDOWN, LARIAT_DURING, NULL),
                  LARIAT_OK);
  uint64_t start_ms = fixture_real_ms();
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 10, fire_none, d[0], NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 20, fail_it, d[1], NULL, NULL),
      LARIAT_OK);
  stop_soon(&f);
  run(&f);
  CU_ASSERT_TRUE(fixture_real_ms() - start_ms >= 19);
  recorder_saw(&recorder, "first second during ");
  lariat_deferred_release(d[0]);
  lariat_deferred_release(d[1]);
  fixture_expect_reports(&f, 1);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* Failures are reported; deferreds of other phases are let go of. */
static void test_failures_and_others(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  struct act bad = {&recorder, f.reactor, "bad",
                    lariat_failure_new(LARIAT_EUSER, "bad"), NULL};
  struct act value = {&recorder, f.reactor, "value",
                      recorder_value(&recorder, 1), NULL};
  struct act deferred = {
      &recorder, f.reactor, "deferred",
      lariat_deferred_value(lariat_deferred_new(f.reactor, NULL, NULL, NULL)),
      NULL};
  CU_ASSERT_EQUAL(add(&bad, LARIAT_STARTUP, LARIAT_BEFORE, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(add(&value, LARIAT_STARTUP, LARIAT_BEFORE, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(add(&deferred, LARIAT_STARTUP, LARIAT_AFTER, NULL),
                  LARIAT_OK);
  stop_soon(&f);
  run(&f);
  recorder_saw(&recorder, "bad value deferred ");
  fixture_expect_reports(&f, 1);
  recorder_check(&recorder);
  fixture_close(&f);
}

/* A deferred that dies without having fired holds nothing up. */
static void test_deferred_dies(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  struct act lost = {&recorder, f.reactor, "lost",
                     lariat_deferred_value(lariat_deferred_succeed(
                         f.reactor, recorder_value(&recorder, 1))),
                     NULL};
  CU_ASSERT_EQUAL(add(&lost, LARIAT_STARTUP, LARIAT_BEFORE, NULL), LARIAT_OK);
  stop_soon(&f);
  run(&f);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_removed(void) {
  struct fixture f;
  struct recorder recorder = {0};
  lariat_trigger name[2], none = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  struct act it = {&recorder, f.reactor, "kept", lariat_none(), NULL};
  CU_ASSERT_EQUAL(lariat_reactor_remove_trigger(f.reactor, none),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lariat_reactor_remove_trigger(NULL, none), LARIAT_ENOTFOUND);
  for (int i = 0; i < 2; i++)
    CU_ASSERT_EQUAL(add(&it, LARIAT_SHUTDOWN, LARIAT_AFTER, &name[i]),
                    LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_remove_trigger(f.reactor, name[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(recorder.contexts_destroyed, 1);
  CU_ASSERT_EQUAL(lariat_reactor_remove_trigger(f.reactor, name[0]),
                  LARIAT_ENOTFOUND);
  stop_soon(&f);
  run(&f);
  recorder_saw(&recorder, "kept ");
  CU_ASSERT_EQUAL(lariat_reactor_remove_trigger(f.reactor, name[1]),
                  LARIAT_ENOTFOUND);
  recorder_check(&recorder);
  fixture_close(&f);
}

static void test_left_over(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  struct act it = {&recorder, f.reactor, "never", lariat_none(), NULL};
  CU_ASSERT_EQUAL(add(&it, LARIAT_SHUTDOWN, LARIAT_AFTER, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(f.reactor, act_call, &it, act_destroy),
      LARIAT_OK);
  recorder.contexts_made++;
  fixture_close(&f);
  recorder_saw(&recorder, "");
  recorder_check(&recorder);
}

/* A start-up that waits for ever is over with a crash, or with a stop; the
 * deferred may fire later. */
static void test_startup_given_up(void) {
  for (int way = 0; way < 3; way++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_PLAIN);
    lariat_deferred *d = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
    struct act before = {&recorder, f.reactor, "before",
                         lariat_deferred_value(d), NULL};
    struct act during = {&recorder, f.reactor, "during", lariat_none(), NULL};
    struct act down = {&recorder, f.reactor, "down", lariat_none(), NULL};
    if (way < 2) lariat_deferred_retain(d);
    CU_ASSERT_EQUAL(add(&before, LARIAT_STARTUP, LARIAT_BEFORE, NULL),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(add(&during, LARIAT_STARTUP, LARIAT_DURING, NULL),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(add(&down, LARIAT_SHUTDOWN, LARIAT_DURING, NULL),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, way ? stop : crash,
                                             f.reactor, NULL),
                    LARIAT_OK);
    run(&f);
    CU_ASSERT_FALSE(lariat_reactor_running(f.reactor));
    recorder_saw(&recorder, way ? "before down " : "before ");
    if (way < 2) {
      fire_none(d);
      lariat_deferred_release(d);
    }
    recorder_saw(&recorder, "");
    fixture_close(&f);
    recorder_check(&recorder);
  }
}

/* Made while the reactor runs, the layer takes part in what is left of the run.
 */
static void test_added_while_running(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  struct act now = {&recorder, f.reactor, "now", lariat_none(), NULL};
  struct act down = {&recorder, f.reactor, "down", lariat_none(), NULL};
  struct fixture *fixture = &f;
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(fixture->reactor, stop, f.reactor, NULL),
      LARIAT_OK);
  run(&f); /* without the state */
  CU_ASSERT_EQUAL(lariat_reactor_stop(f.reactor), LARIAT_ENOTRUNNING);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(f.reactor, act_call, &now, act_destroy),
      LARIAT_OK);
  recorder.contexts_made++;
  CU_ASSERT_EQUAL(add(&down, LARIAT_SHUTDOWN, LARIAT_BEFORE, NULL), LARIAT_OK);
  run(&f); /* which the stop before it ends */
  recorder_saw(&recorder, "now down ");
  recorder_check(&recorder);
  fixture_close(&f);
}

static void call_at_once(void *context) {
  struct act *it = context;
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(it->reactor, act_call, it, act_destroy),
      LARIAT_OK);
  it->recorder->contexts_made++;
  recorder_note(it->recorder, "returned");
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(it->reactor, true), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(it->reactor, true), LARIAT_OK);
}

static void test_call_at_once(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  struct act now = {&recorder, f.reactor, "now", lariat_none(), NULL};
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, call_at_once, &now, NULL),
                  LARIAT_OK);
  stop_soon(&f);
  run(&f);
  recorder_saw(&recorder, "now returned ");
  recorder_check(&recorder);
  fixture_close(&f);
}

static void crash_inside_shutdown(void *context) { crash(context); }

/* A crash while the shutdown waits ends the run. */
static void test_crash_in_shutdown(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_deferred *d = lariat_deferred_new(f.reactor, NULL, NULL, NULL);
  struct act before = {&recorder, f.reactor, "before", lariat_deferred_value(d),
                       NULL};
  struct act during = {&recorder, f.reactor, "during", lariat_none(), NULL};
  CU_ASSERT_EQUAL(add(&before, LARIAT_SHUTDOWN, LARIAT_BEFORE, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(add(&during, LARIAT_SHUTDOWN, LARIAT_DURING, NULL),
                  LARIAT_OK);
  stop_soon(&f);
  CU_ASSERT_EQUAL(lariat_reactor_call_later(f.reactor, 5, crash_inside_shutdown,
                                            f.reactor, NULL, NULL),
                  LARIAT_OK);
  run(&f);
  recorder_saw(&recorder, "before ");
  fixture_close(&f);
  recorder_check(&recorder);
}

static void add_when_closing(void *context) {
  struct act *it = context;
  lariat_reactor *reactor = it->reactor;
  CU_ASSERT_EQUAL(lariat_reactor_add_trigger(reactor, LARIAT_STARTUP,
                                             LARIAT_BEFORE, act, it, NULL,
                                             NULL),
                  LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(lariat_reactor_call_when_running(reactor, act_call, it, NULL),
                  LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(reactor, true), LARIAT_ECLOSED);
}

static void test_bad_input(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  struct act it = {&recorder, f.reactor, "never", lariat_none(), NULL};
  CU_ASSERT_EQUAL(lariat_reactor_add_trigger(NULL, LARIAT_STARTUP,
                                             LARIAT_BEFORE, act, &it, NULL,
                                             NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_add_trigger(f.reactor, LARIAT_STARTUP,
                                             LARIAT_BEFORE, NULL, &it, NULL,
                                             NULL),
                  LARIAT_EINVAL);
  volatile int strange = 3;
  CU_ASSERT_EQUAL(add(&it, (lariat_event)strange, LARIAT_BEFORE, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(add(&it, LARIAT_STARTUP, (lariat_trigger_phase)strange, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_call_when_running(f.reactor, NULL, &it, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_exit_signal(NULL), 0);
  CU_ASSERT_EQUAL(lariat_reactor_exit_signal(f.reactor), 0);
  CU_ASSERT_EQUAL(lariat_reactor_stop(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_crash(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_crash(f.reactor), LARIAT_ENOTRUNNING);
  CU_ASSERT_FALSE(lariat_reactor_running(NULL));
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, add_when_closing, &it,
                                           add_when_closing),
                  LARIAT_OK);
  fixture_close(&f);
}

/* ---- Signals ---- */

static void raise_both(void *context) {
  (void)context;
  raise(SIGTERM);
  raise(SIGINT);
}

/* The first one stops the reactor; they are as before afterwards. */
static void test_signals(void) {
  struct fixture f;
  struct sigaction before, after;
  sigaction(SIGTERM, NULL, &before);
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(f.reactor, true), LARIAT_OK);
  for (int times = 0; times < 2; times++) {
    CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, raise_both, NULL, NULL),
                    LARIAT_OK);
    run(&f);
    CU_ASSERT_EQUAL(lariat_reactor_exit_signal(f.reactor), SIGTERM);
  }
  sigaction(SIGTERM, NULL, &after);
  CU_ASSERT_TRUE(before.sa_handler == after.sa_handler);
  stop_soon(&f);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(f.reactor, false), LARIAT_OK);
  run(&f);
  CU_ASSERT_EQUAL(lariat_reactor_exit_signal(f.reactor), 0);
  fixture_close(&f);
}

static void theirs(int number) { (void)number; }

static void set_theirs(void *context) {
  (void)context;
  signal(SIGINT, theirs);
}

/* An ignored one stays ignored, and what somebody set meanwhile stays. */
static void test_signals_of_others(void) {
  struct fixture f;
  struct sigaction after;
  signal(SIGTERM, SIG_IGN);
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(f.reactor, true), LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(f.reactor, set_theirs, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, raise_both, NULL, NULL),
                  LARIAT_OK);
  stop_soon(&f);
  run(&f);
  CU_ASSERT_EQUAL(lariat_reactor_exit_signal(f.reactor), 0);
  sigaction(SIGINT, NULL, &after);
  CU_ASSERT_TRUE(after.sa_handler == theirs);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  fixture_close(&f);
}

/* Another reactor runs inside a call of the first, which has the signals. */
struct rival {
  lariat_reactor *reactor;
  lariat_status status;
};

static void run_rival(void *context) {
  struct rival *rival = context;
  CU_ASSERT_EQUAL(lariat_reactor_call_when_running(rival->reactor, stop,
                                                   rival->reactor, NULL),
                  LARIAT_OK);
  rival->status = lariat_reactor_run(rival->reactor);
}

static void count_report(const char *message, void *context) {
  *(int *)context += strstr(message, "another reactor has them") != NULL;
}

static void test_signals_taken(void) {
  struct fixture f;
  int reports = 0;
  struct rival rival = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_reactor_new(NULL, &rival.reactor), LARIAT_OK);
  lariat_reactor_set_report(rival.reactor, count_report, &reports);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(f.reactor, true), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(rival.reactor, true),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, run_rival, &rival, NULL),
                  LARIAT_OK);
  stop_soon(&f);
  run(&f);
  CU_ASSERT_EQUAL(rival.status, LARIAT_OK);
  CU_ASSERT_EQUAL(reports, 1);
  CU_ASSERT_EQUAL(lariat_reactor_close(rival.reactor, 0), LARIAT_OK);
  fixture_close(&f);
}

/* No descriptor, and no memory, for the pipe: reported, and the run goes on. */
static void test_signals_without_descriptors(void) {
  struct fixture f;
  struct rlimit limit, none;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(f.reactor, true), LARIAT_OK);
  getrlimit(RLIMIT_NOFILE, &limit);
  none = limit;
  none.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &none);
  stop_soon(&f);
  run(&f);
  setrlimit(RLIMIT_NOFILE, &limit);
  CU_ASSERT_PTR_NOT_NULL(strstr(f.last_report, "a system call failed"));
  fixture_expect_reports(&f, 1);
  fixture_close(&f);
}

/* The descriptors of the pipe are beyond the poller's table, which cannot
 * grow. */
static void test_signals_without_memory(void) {
  enum { FDS = 300 };
  struct fixture f;
  int fds[FDS];
  fixture_open(&f, FIXTURE_PLAIN);
  for (int i = 0; i < FDS; i++) fds[i] = dup(STDIN_FILENO);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(f.reactor, true), LARIAT_OK);
  stop_soon(&f);
  fixture_fail_allocation(&f, 1);
  run(&f);
  fixture_fail_allocation(&f, 0);
  for (int i = 0; i < FDS; i++) close(fds[i]);
  CU_ASSERT_EQUAL(f.reports, 1);
  fixture_expect_reports(&f, f.reports);
  fixture_close(&f);
}

/* Inside sigsuspend the handler runs with the signal blocked outside: what it
 * raises stays pending, and the child can look. */
static void live_through_signal(void) {
  sigset_t term, none, pending;
  struct sigaction now;
  sigemptyset(&none);
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigprocmask(SIG_BLOCK, &term, NULL);
  raise(SIGTERM);
  sigsuspend(&none);
  sigpending(&pending);
  sigaction(SIGTERM, NULL, &now);
  bool right = sigismember(&pending, SIGTERM) && now.sa_handler == SIG_DFL;
  exit(right ? 7 : 8);
}

struct children {
  int died;
  int lived;
};

static int child_state(pid_t child) {
  int state = 0;
  waitpid(child, &state, 0);
  return state;
}

static void fork_inside(void *context) {
  struct children *children = context;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    raise(SIGTERM);
    _exit(0);
  }
  children->died = child_state(child);
  child = fork();
  if (child == 0) live_through_signal();
  children->lived = child_state(child);
}

/* A forked child dies of the signal as it would have, and the parent does not
 * hear of it. */
static void test_signals_in_a_child(void) {
  struct fixture f;
  struct children children = {0, 0};
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(f.reactor, true), LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, fork_inside, &children, NULL),
      LARIAT_OK);
  stop_soon(&f);
  run(&f);
  CU_ASSERT_TRUE(WIFSIGNALED(children.died) &&
                 WTERMSIG(children.died) == SIGTERM);
  CU_ASSERT_TRUE(WIFEXITED(children.lived) && WEXITSTATUS(children.lived) == 7);
  CU_ASSERT_EQUAL(lariat_reactor_exit_signal(f.reactor), 0);
  fixture_close(&f);
}

/* ---- Memory ---- */

static void life(struct fixture *f, struct recorder *recorder) {
  struct act before = {recorder, f->reactor, "before", lariat_none(), NULL};
  struct act after = {recorder, f->reactor, "after", lariat_none(), NULL};
  before.give =
      lariat_deferred_value(lariat_deferred_succeed(f->reactor, lariat_none()));
  (void)lariat_reactor_handle_signals(f->reactor, true);
  (void)add(&before, LARIAT_STARTUP, LARIAT_BEFORE, NULL);
  if (lariat_reactor_call_when_running(f->reactor, act_call, &after,
                                       act_destroy) == LARIAT_OK)
    recorder->contexts_made++;
  lariat_reactor_stop(f->reactor);
  run(f);
  lariat_value_drop(before.give);
}

static void test_every_allocation_fails(void) {
  for (uint64_t nth = 1; nth < 12; nth++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_PLAIN);
    CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
    fixture_fail_allocation(&f, nth);
    life(&f, &recorder);
    fixture_fail_allocation(&f, 0);
    f.reports_expected = f.reports;
    fixture_close(&f);
    recorder_check(&recorder);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the shutdown waits for deferreds", test_shutdown_waits},
      {"failures are reported, others let go of", test_failures_and_others},
      {"a deferred that has fired, or dies", test_deferred_dies},
      {"triggers can be removed", test_removed},
      {"what is left over is destroyed", test_left_over},
      {"a start-up that waits is given up", test_startup_given_up},
      {"a run without the state, and one with", test_added_while_running},
      {"called at once when running", test_call_at_once},
      {"a crash while the shutdown waits", test_crash_in_shutdown},
      {"bad input is refused by name", test_bad_input},
      {"signals stop the reactor, and are given back", test_signals},
      {"signals of others are left alone", test_signals_of_others},
      {"another reactor has the signals", test_signals_taken},
      {"no descriptors for the signals", test_signals_without_descriptors},
      {"no memory for the signals", test_signals_without_memory},
      {"a signal in a forked child", test_signals_in_a_child},
      {"each allocation fails in turn", test_every_allocation_fails},
  };
  return fixture_main("trigger", tests, FIXTURE_COUNT(tests), argc, argv);
}
