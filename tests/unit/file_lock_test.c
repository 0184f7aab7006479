/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * file_lock_test.c: locks between processes: what excludes what, and ends. */
#include <lariat/file_lock.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lariat/checks.h>

#include "conformance/defer.h"
#include "deferred/deferred.h"

struct fold_guard {
  struct stage s;
  char path[64];
  lariat_file_lock *lock;
};

static lariat_file_lock *another(const struct fold_guard *g) {
  lariat_file_lock *lock = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_file_lock_new(g->s.f.reactor, g->path, &lock),
                        LARIAT_OK);
  return lock;
}

static void make(struct fold_guard *g) {
  begin(&g->s);
  snprintf(g->path, sizeof g->path, "/tmp/lariat-lock-XXXXXX");
  int fd = mkstemp(g->path);
  CU_ASSERT_FATAL(fd >= 0);
  close(fd);
  g->lock = another(g);
}

static void unmake(struct fold_guard *g) {
  lariat_file_lock_drop(g->lock);
  unlink(g->path);
  finish(&g->s);
}

static void test_exclusion(void) {
  struct fold_guard g;
  make(&g);
  lariat_file_lock *other = another(&g);
  CU_ASSERT_FALSE(lariat_file_lock_locked(g.lock));
  CU_ASSERT_EQUAL(lariat_file_lock_unlock(g.lock), LARIAT_EALREADY);
  CU_ASSERT_EQUAL(lariat_file_lock_try(g.lock), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_file_lock_try(g.lock), LARIAT_EBUSY);
  CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_EBUSY);
  CU_ASSERT_EQUAL(lariat_file_lock_unlock(g.lock), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
  lariat_file_lock_drop(other); /* unlocks */
  CU_ASSERT_EQUAL(lariat_file_lock_try(g.lock), LARIAT_OK);
  unmake(&g);
}

/* The process that has it ends without a word. */
static void test_other_process(void) {
  struct fold_guard g;
  make(&g);
  int pipes[2];
  CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
  pid_t child = fork();
  if (child == 0) {
    char byte = lariat_file_lock_try(g.lock) == LARIAT_OK;
    ssize_t sent = write(pipes[1], &byte, 1);
    pause();
    _exit(sent == 1);
  }
  char byte = 0;
  CU_ASSERT_EQUAL(read(pipes[0], &byte, 1), 1);
  CU_ASSERT_EQUAL(byte, 1);
  CU_ASSERT_EQUAL(lariat_file_lock_try(g.lock), LARIAT_EBUSY);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  CU_ASSERT_EQUAL(lariat_file_lock_try(g.lock), LARIAT_OK);
  close(pipes[0]);
  close(pipes[1]);
  unmake(&g);
}

static void test_no_such_directory(void) {
  struct stage s;
  begin(&s);
  lariat_file_lock *lock;
  CU_ASSERT_EQUAL_FATAL(
      lariat_file_lock_new(s.f.reactor, "/nonexistent/lock", &lock), LARIAT_OK);
  errno = 0;
  CU_ASSERT_EQUAL(lariat_file_lock_try(lock), LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOENT);
  lariat_deferred *d = lariat_file_lock_wait(lock, 1000);
  failure_result_of(&s, d, LARIAT_ESYSTEM);
  lariat_deferred_release(d);
  lariat_file_lock_drop(lock);
  finish(&s);
}

/* The last try, of a limit and of a cancel, may succeed. */
static void test_last_try(void) {
  for (int cancel = 0; cancel < 2; cancel++) {
    struct fold_guard g;
    make(&g);
    lariat_file_lock *other = another(&g);
    CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
    lariat_deferred *d = lariat_file_lock_wait(g.lock, 500);
    lariat_file_lock_drop(other);
    CU_ASSERT_FALSE(lariat_deferred_fired(d));
    if (cancel)
      lariat_deferred_cancel(d);
    else
      fixture_advance(&g.s.f, 500);
    result_of(d, "none");
    CU_ASSERT_TRUE(lariat_file_lock_locked(g.lock));
    lariat_deferred_release(d);
    unmake(&g);
  }
}

static void test_held_by_its_wait(void) {
  struct fold_guard g;
  make(&g);
  lariat_file_lock *other = another(&g);
  CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, LARIAT_WAIT_FOR_EVER);
  CU_ASSERT_PTR_EQUAL(lariat_file_lock_retain(g.lock), g.lock);
  lariat_file_lock_drop(g.lock);
  lariat_file_lock_drop(g.lock);
  lariat_deferred_release(d);
  fixture_advance(&g.s.f, 1000);
  lariat_file_lock_unlock(other);
  fixture_advance(&g.s.f, 1000); /* locked, and dropped with that */
  CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
  g.lock = other;
  unmake(&g);
}

/* Nobody would unlock what is locked for a wait that has been fired. */
static void test_fired_by_hand(void) {
  for (int ms = 1000; ms >= 500; ms -= 500) { /* a try; the limit */
    struct fold_guard g;
    make(&g);
    lariat_file_lock *other = another(&g);
    CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
    lariat_deferred *d = lariat_file_lock_wait(g.lock, (uint64_t)ms);
    lariat_deferred_callback(d, lariat_int(1));
    lariat_file_lock_drop(other);
    fixture_advance(&g.s.f, (uint64_t)ms);
    CU_ASSERT_FALSE(lariat_file_lock_locked(g.lock));
    result_of(d, "1");
    lariat_deferred_release(d);
    d = lariat_file_lock_wait(g.lock, LARIAT_WAIT_FOR_EVER);
    result_of(d, "none");
    lariat_deferred_release(d);
    unmake(&g);
  }
}

static void test_reactor_closes(void) {
  struct fold_guard g;
  make(&g);
  lariat_file_lock *other = another(&g);
  CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, 5000);
  fixture_expect_timers(&g.s.f, 2);
  fixture_close_reactor(&g.s.f, 0);
  failure_result_of(&g.s, d, LARIAT_ECLOSED);
  lariat_deferred_release(d);
  lariat_file_lock_drop(other);
  lariat_set_checks(false); /* there is no reactor any more */
  d = lariat_file_lock_wait(g.lock, 5000);
  CU_ASSERT(lariat_is_failure(lariat_deferred_peek(d)));
  lariat_set_checks(true);
  lariat_deferred_release(d);
  unmake(&g);
}

static void test_misuse(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  lariat_file_lock *lock;
  CU_ASSERT_EQUAL(lariat_file_lock_new(s.f.reactor, "x", NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_file_lock_new(NULL, "x", &lock), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_file_lock_new(s.f.reactor, NULL, &lock),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(lock);
  CU_ASSERT_EQUAL(lariat_file_lock_try(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_file_lock_unlock(NULL), LARIAT_EINVAL);
  CU_ASSERT_FALSE(lariat_file_lock_locked(NULL));
  CU_ASSERT_PTR_NULL(lariat_file_lock_retain(NULL));
  lariat_file_lock_drop(NULL);
  lariat_deferred *d = lariat_file_lock_wait(NULL, 0);
  CU_ASSERT(lariat_is_failure(lariat_deferred_peek(d)));
  lariat_set_checks(true);
  finish(&s);
}

static const char *the_path;

static void wait_for_it(struct fixture *f, struct recorder *recorder) {
  (void)recorder;
  lariat_file_lock *lock, *other;
  if (lariat_file_lock_new(f->reactor, the_path, &lock) != LARIAT_OK) return;
  if (lariat_file_lock_new(f->reactor, the_path, &other) == LARIAT_OK) {
    CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
    lariat_deferred *d = lariat_file_lock_wait(lock, 2000);
    fixture_advance(f, 1000);
    lariat_file_lock_drop(other);
    fixture_advance(f, 1000);
    CU_ASSERT(lariat_deferred_fired(d));
    lariat_deferred_forget(d);
  }
  lariat_file_lock_drop(lock);
}

static void test_no_memory(void) {
  struct fold_guard g;
  make(&g);
  the_path = g.path;
  wait_for_it(&g.s.f, &g.s.recorder); /* the timers' heap */
  recorder_fail_each(&g.s.f, wait_for_it);
  unmake(&g);
}

/* Each timer in turn cannot be set. */
static void test_no_timer(void) {
  for (uint64_t nth = 2; nth <= 6; nth++) {
    struct fold_guard g;
    make(&g);
    lariat_file_lock *other = another(&g);
    CU_ASSERT_EQUAL(lariat_file_lock_try(other), LARIAT_OK);
    fixture_fail_allocation(&g.s.f, nth);
    lariat_deferred *d = lariat_file_lock_wait(g.lock, 2000);
    fixture_fail_allocation(&g.s.f, 0);
    if (lariat_deferred_fired(d))
      failure_result_of(&g.s, d, LARIAT_ENOMEM);
    else
      fixture_advance(&g.s.f, 2000);
    lariat_deferred_forget(d);
    lariat_file_lock_drop(other);
    unmake(&g);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one at a time", test_exclusion},
      {"it ends with the process that has it", test_other_process},
      {"a file that cannot be opened", test_no_such_directory},
      {"one last try at the end of a wait", test_last_try},
      {"a wait holds its lock", test_held_by_its_wait},
      {"a wait that is fired by hand does not lock", test_fired_by_hand},
      {"the reactor closes while it waits", test_reactor_closes},
      {"no lock, no path, no reactor", test_misuse},
      {"each allocation fails in turn", test_no_memory},
      {"without memory for a timer the wait fails", test_no_timer},
  };
  return fixture_main("file_lock", tests, FIXTURE_COUNT(tests), argc, argv);
}
