/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_file_lock_test.c: Twisted's DeferredFilesystemLockTests. */
#include <lariat/file_lock.h>

#include <unistd.h>

#include "conformance/defer.h"
#include "reactor/reactor_private.h"

/* A lock on a file of the test's own. */
struct fold_guard {
  struct stage s;
  char path[64];
  lariat_file_lock *lock;
};

static void make(struct fold_guard *g) {
  begin(&g->s);
  snprintf(g->path, sizeof g->path, "/tmp/lariat-lock-XXXXXX");
  int fd = mkstemp(g->path);
  CU_ASSERT_FATAL(fd >= 0);
  close(fd);
  CU_ASSERT_EQUAL_FATAL(lariat_file_lock_new(g->s.f.reactor, g->path, &g->lock),
                        LARIAT_OK);
}

static void unmake(struct fold_guard *g) {
  lariat_file_lock_drop(g->lock);
  unlink(g->path);
  finish(&g->s);
}

static void take(struct fold_guard *g) {
  CU_ASSERT_EQUAL(lariat_file_lock_try(g->lock), LARIAT_OK);
}

static void unlock(void *lock) { lariat_file_lock_unlock(lock); }

static void unlock_later(struct fold_guard *g, uint64_t ms) {
  CU_ASSERT_EQUAL(lariat_reactor_call_later(g->s.f.reactor, ms, unlock, g->lock,
                                            NULL, NULL),
                  LARIAT_OK);
}

static void pump(struct fold_guard *g, int seconds) {
  while (seconds-- > 0) fixture_advance(&g->s.f, 1000);
}

static uint32_t timers(const struct fold_guard *g) {
  return g->s.f.reactor->timers.count;
}

static void test_waitUntilLockedWithNoLock(void) {
  struct fold_guard g;
  make(&g);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, 1000);
  result_of(d, "none");
  CU_ASSERT(lariat_file_lock_locked(g.lock));
  lariat_deferred_release(d);
  unmake(&g);
}

static void test_waitUntilLockedWithTimeoutLocked(void) {
  struct fold_guard g;
  make(&g);
  take(&g);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, 5500);
  pump(&g, 5);
  CU_ASSERT(has_no_result(d));
  pump(&g, 5);
  failure_result_of(&g.s, d, LARIAT_ETIMEDOUT);
  lariat_deferred_release(d);
  unmake(&g);
}

static void test_waitUntilLockedWithTimeoutUnlocked(void) {
  struct fold_guard g;
  make(&g);
  take(&g);
  unlock_later(&g, 1000);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, 10000);
  pump(&g, 10);
  result_of(d, "none");
  lariat_deferred_release(d);
  unmake(&g);
}

/* There is no default: the timers are those of the reactor that was given. */
static void test_defaultScheduler(void) {
  struct fold_guard g;
  make(&g);
  take(&g);
  CU_ASSERT_EQUAL(timers(&g), 0);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, 5000);
  CU_ASSERT_EQUAL(timers(&g), 2);
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(d), g.s.f.reactor);
  lariat_file_lock_unlock(g.lock);
  pump(&g, 1);
  CU_ASSERT_EQUAL(timers(&g), 0);
  lariat_deferred_release(d);
  unmake(&g);
}

static void test_concurrentUsage(void) {
  struct fold_guard g;
  make(&g);
  take(&g);
  unlock_later(&g, 1000);
  lariat_deferred *d1 = lariat_file_lock_wait(g.lock, LARIAT_WAIT_FOR_EVER);
  lariat_deferred *d2 = lariat_file_lock_wait(g.lock, LARIAT_WAIT_FOR_EVER);
  failure_result_of(&g.s, d2, LARIAT_EALREADY);
  pump(&g, 1);
  result_of(d1, "none");
  release2(d1, d2);
  unmake(&g);
}

static lariat_value again(lariat_value result, void *lock) {
  lariat_file_lock_unlock(lock);
  lariat_value_drop(result);
  return lariat_deferred_value(
      lariat_file_lock_wait(lock, LARIAT_WAIT_FOR_EVER));
}

static void test_multipleUsages(void) {
  struct fold_guard g;
  make(&g);
  take(&g);
  unlock_later(&g, 1000);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, LARIAT_WAIT_FOR_EVER);
  lariat_deferred_add_callback(d, again, g.lock);
  pump(&g, 1);
  result_of(d, "none");
  CU_ASSERT(lariat_file_lock_locked(g.lock));
  lariat_deferred_release(d);
  unmake(&g);
}

static void test_cancelDeferUntilLocked(void) {
  struct fold_guard g;
  make(&g);
  take(&g);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, LARIAT_WAIT_FOR_EVER);
  CU_ASSERT_EQUAL(timers(&g), 1);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(timers(&g), 0);
  failure_result_of(&g.s, d, LARIAT_ECANCELLED);
  lariat_deferred_release(d);
  unmake(&g);
}

static void test_cancelDeferUntilLockedWithTimeout(void) {
  struct fold_guard g;
  make(&g);
  take(&g);
  lariat_deferred *d = lariat_file_lock_wait(g.lock, 1000);
  CU_ASSERT_EQUAL(timers(&g), 2);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(timers(&g), 0);
  failure_result_of(&g.s, d, LARIAT_ECANCELLED);
  lariat_deferred_release(d);
  unmake(&g);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(DeferredFilesystemLockTests, test_waitUntilLockedWithNoLock),
      CASE(DeferredFilesystemLockTests, test_waitUntilLockedWithTimeoutLocked),
      CASE(DeferredFilesystemLockTests,
           test_waitUntilLockedWithTimeoutUnlocked),
      CASE(DeferredFilesystemLockTests, test_defaultScheduler),
      CASE(DeferredFilesystemLockTests, test_concurrentUsage),
      CASE(DeferredFilesystemLockTests, test_multipleUsages),
      CASE(DeferredFilesystemLockTests, test_cancelDeferUntilLocked),
      CASE(DeferredFilesystemLockTests, test_cancelDeferUntilLockedWithTimeout),
  };
  return fixture_main("DeferredFilesystemLockTests", tests,
                      FIXTURE_COUNT(tests), argc, argv);
}
