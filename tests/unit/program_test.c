/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * program_test.c: what the conformance tests leave out of programs: nothing to
 * do, signals, cancelling, memory. */
#include <lariat/program.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <lariat/later.h>
#include <lariat/trigger.h>

#include "deferred/deferred.h"
#include "support/fixture.h"
#include "support/recorder.h"

/* What programs say goes nowhere in these tests. */
static int hush(void) {
  int kept = dup(STDERR_FILENO);
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, STDERR_FILENO);
  close(null);
  return kept;
}

static int run(struct fixture *f, lariat_main start, void *context) {
  int kept = hush();
  int code = lariat_program_run(f->reactor, start, context);
  dup2(kept, STDERR_FILENO);
  close(kept);
  return code;
}

static lariat_deferred *nothing(lariat_reactor *reactor, void *context) {
  (void)reactor;
  (void)context;
  return NULL;
}

static void test_nothing_to_do(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(run(&f, nothing, NULL), 0);
  CU_ASSERT_EQUAL(run(&f, nothing, NULL), 0);
  fixture_close(&f);
}

static lariat_deferred *run_inside(lariat_reactor *reactor, void *context) {
  *(int *)context = lariat_program_run(reactor, nothing, NULL);
  return NULL;
}

static void test_refused(void) {
  struct fixture f;
  int inner = 0;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(run(&f, NULL, NULL), 1);
  CU_ASSERT_EQUAL(run(&f, run_inside, &inner), 0);
  CU_ASSERT_EQUAL(inner, 1);
  lariat_reactor *reactor = f.reactor;
  f.reactor = NULL;
  CU_ASSERT_EQUAL(run(&f, nothing, NULL), 1);
  f.reactor = reactor;
  fixture_close(&f);
}

static void raise_int(void *context) {
  (void)context;
  raise(SIGINT);
}

static lariat_deferred *get_signal(lariat_reactor *reactor, void *context) {
  lariat_deferred *d = lariat_later(reactor, 100000, NULL, NULL, NULL);
  struct recorder *recorder = context;
  recorder_then(d, recorder, "end", recorder_value(recorder, 1));
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(reactor, raise_int, NULL, NULL),
      LARIAT_OK);
  return d;
}

/* The deferred is cancelled, and what its chain makes of that is dropped. */
static void test_signal(void) {
  struct fixture f;
  struct recorder recorder = {0};
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(run(&f, get_signal, &recorder), 128 + SIGINT);
  recorder_saw(&recorder, "end(!it was cancelled before it was done) ");
  fixture_close(&f);
  recorder_check(&recorder);
}

/* One whose chain is held back outlives the run. */
struct stubborn {
  lariat_deferred *deferred;
};

static void stop(void *context) { (void)lariat_reactor_stop(context); }

static lariat_deferred *be_stubborn(lariat_reactor *reactor, void *context) {
  struct stubborn *it = context;
  it->deferred = lariat_deferred_new(reactor, NULL, NULL, NULL);
  lariat_deferred_pause(it->deferred);
  lariat_deferred_retain(it->deferred);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(reactor, stop, reactor, NULL),
                  LARIAT_OK);
  return it->deferred;
}

static void test_outlived(void) {
  struct fixture f;
  struct stubborn it = {NULL};
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(run(&f, be_stubborn, &it), 0);
  CU_ASSERT_EQUAL(lariat_deferred_unpause(it.deferred), LARIAT_OK);
  lariat_deferred_release(it.deferred);
  CU_ASSERT_EQUAL(run(&f, nothing, NULL), 0);
  fixture_close(&f);
}

static lariat_deferred *without_memory(lariat_reactor *reactor, void *context) {
  struct fixture *f = context;
  static struct recorder recorder;
  lariat_deferred *d = lariat_deferred_new(reactor, NULL, NULL, NULL);
  for (int i = 0; i < LR_DEFERRED_PAIRS; i++)
    recorder_then(d, &recorder, "lost", lariat_none());
  fixture_fail_allocation(f, 1);
  return d;
}

static void test_chain_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  CU_ASSERT_EQUAL(run(&f, without_memory, &f), 1);
  fixture_close(&f);
}

static lariat_deferred *succeed(lariat_reactor *reactor, void *context) {
  return lariat_deferred_succeed(reactor, recorder_value(context, 1));
}

static void test_every_allocation_fails(void) {
  for (uint64_t nth = 1; nth < 8; nth++) {
    struct fixture f;
    struct recorder recorder = {0};
    fixture_open(&f, FIXTURE_PLAIN);
    fixture_fail_allocation(&f, nth);
    int code = run(&f, succeed, &recorder);
    CU_ASSERT_TRUE(code == 0 || code == 1);
    fixture_close(&f);
    recorder_check(&recorder);
  }
}

static void test_exit_codes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_value failure = lariat_exit(0);
  CU_ASSERT_TRUE(lariat_is_failure(failure));
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_EEXIT);
  lariat_value_drop(failure);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"nothing to do", test_nothing_to_do},
      {"refused by name", test_refused},
      {"a signal ends it, and is its exit code", test_signal},
      {"a deferred that outlives the run", test_outlived},
      {"an exit code is a failure", test_exit_codes},
      {"the main deferred has no memory", test_chain_without_memory},
      {"each allocation fails in turn", test_every_allocation_fails},
  };
  return fixture_main("program", tests, FIXTURE_COUNT(tests), argc, argv);
}
