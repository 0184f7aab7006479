/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * defer_primitives_test.c: Twisted's OtherPrimitivesTests: lock, semaphore,
 * queue. */
#include <lariat/checks.h>
#include <lariat/lock.h>
#include <lariat/queue.h>
#include <lariat/semaphore.h>

#include "conformance/defer.h"

static lariat_value count_up(lariat_value result, void *context) {
  ++*(int *)context;
  return lariat_value_drop(result);
}

/* Counts what it fires with; the reference is given back. */
static void counted(lariat_deferred *d, int *counter) {
  lariat_deferred_add_callback(d, count_up, counter);
  lariat_deferred_release(d);
}

/* What a run calls: notes that it was called and returns the deferred. */
struct helper {
  lariat_deferred *control;
  int called;
};

static lariat_value help(void *context) {
  struct helper *helper = context;
  helper->called++;
  return returned(helper->control);
}

static lariat_lock *new_lock(const struct stage *s) {
  lariat_lock *lock = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_lock_new(s->f.reactor, &lock), LARIAT_OK);
  return lock;
}

static lariat_semaphore *new_semaphore(const struct stage *s, size_t tokens) {
  lariat_semaphore *semaphore = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_semaphore_new(s->f.reactor, tokens, &semaphore),
                        LARIAT_OK);
  return semaphore;
}

static lariat_queue *new_queue(const struct stage *s, size_t size,
                               size_t backlog) {
  lariat_queue *queue = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_queue_new(s->f.reactor, size, backlog, &queue),
                        LARIAT_OK);
  return queue;
}

static void lock_and_release(lariat_lock *lock) {
  int counter = 0;
  counted(lariat_lock_acquire(lock), &counter);
  CU_ASSERT(lariat_lock_locked(lock) && counter == 1);
  counted(lariat_lock_acquire(lock), &counter);
  CU_ASSERT(lariat_lock_locked(lock) && counter == 1);
  CU_ASSERT_EQUAL(lariat_lock_release(lock), LARIAT_OK);
  CU_ASSERT(lariat_lock_locked(lock) && counter == 2);
  CU_ASSERT_EQUAL(lariat_lock_release(lock), LARIAT_OK);
  CU_ASSERT(!lariat_lock_locked(lock) && counter == 2);
}

static void testLock(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lock_and_release(lock);
  int counter = 0;
  struct helper helper = {unfired(&s), 0};
  lariat_deferred *result = lariat_lock_run(lock, help, &helper);
  CU_ASSERT(lariat_lock_locked(lock) && helper.called == 1);
  eat(&s, result, "result");
  counted(lariat_lock_acquire(lock), &counter);
  CU_ASSERT(lariat_lock_locked(lock) && counter == 0);
  lariat_deferred_callback(helper.control, text("second"));
  saw(&s, "result(second) ");
  CU_ASSERT(lariat_lock_locked(lock) && counter == 1);
  lariat_deferred *d = lariat_lock_acquire(lock);
  eat(&s, d, "waiter");
  lariat_deferred_cancel(d);
  saw(&s, "waiter(!cancelled) ");
  CU_ASSERT_EQUAL(lariat_lock_release(lock), LARIAT_OK);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  CU_ASSERT_EQUAL(lariat_lock_release(lock), LARIAT_EALREADY);
  release2(d, result);
  lariat_deferred_release(helper.control);
  lariat_lock_drop(lock);
  finish(&s);
}

static void test_cancelLockAfterAcquired(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred *d = lariat_lock_acquire(lock);
  on_error(&s, d, "unexpected", lariat_none());
  lariat_deferred_cancel(d);
  saw(&s, "");
  CU_ASSERT(lariat_lock_locked(lock));
  lariat_deferred_release(d);
  lariat_lock_drop(lock);
  finish(&s);
}

static void test_cancelLockBeforeAcquired(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred_release(lariat_lock_acquire(lock));
  lariat_deferred *d = lariat_lock_acquire(lock);
  lariat_deferred_cancel(d);
  failure_result_of(&s, d, LARIAT_ECANCELLED);
  lariat_deferred_release(d);
  lariat_lock_drop(lock);
  finish(&s);
}

enum { TOKENS = 13 };

static void run_with_semaphore(struct stage *s, lariat_semaphore *semaphore) {
  struct helper helper = {unfired(s), 0};
  lariat_deferred *result = lariat_semaphore_run(semaphore, help, &helper);
  eat(s, result, "result");
  CU_ASSERT_EQUAL(helper.called, 1);
  saw(s, "");
  lariat_deferred_callback(helper.control, lariat_none());
  saw(s, "result(none) ");
  release2(result, helper.control);
}

static void testSemaphore(void) {
  struct stage s;
  begin(&s);
  lariat_semaphore *semaphore = new_semaphore(&s, TOKENS);
  run_with_semaphore(&s, semaphore);
  int counter = 0;
  for (int i = 1; i <= TOKENS; i++) {
    counted(lariat_semaphore_acquire(semaphore), &counter);
    CU_ASSERT_EQUAL(counter, i);
  }
  lariat_deferred *d = lariat_semaphore_acquire(semaphore);
  eat(&s, d, "waiter");
  lariat_deferred_cancel(d);
  saw(&s, "waiter(!cancelled) ");
  lariat_deferred_release(d);
  counted(lariat_semaphore_acquire(semaphore), &counter);
  CU_ASSERT_EQUAL(counter, TOKENS);
  lariat_semaphore_release(semaphore);
  CU_ASSERT_EQUAL(counter, TOKENS + 1);
  for (int i = 0; i < TOKENS; i++) {
    CU_ASSERT_EQUAL(lariat_semaphore_release(semaphore), LARIAT_OK);
    CU_ASSERT_EQUAL(counter, TOKENS + 1);
  }
  CU_ASSERT_EQUAL(lariat_semaphore_tokens(semaphore),
                  lariat_semaphore_limit(semaphore));
  lariat_semaphore_drop(semaphore);
  finish(&s);
}

static void no_tokens(void *context) {
  (void)context;
  lariat_reactor *reactor = NULL;
  lariat_semaphore *semaphore;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return;
  lariat_status status = lariat_semaphore_new(reactor, 0, &semaphore);
  (void)status;
}

/* With checks on it is misuse, else a status. */
static void test_semaphoreInvalidTokens(void) {
  struct stage s;
  begin(&s);
  CU_ASSERT(fixture_aborts(no_tokens, NULL));
  lariat_set_checks(false);
  lariat_semaphore *semaphore;
  CU_ASSERT_EQUAL(lariat_semaphore_new(s.f.reactor, 0, &semaphore),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(semaphore);
  lariat_set_checks(true);
  finish(&s);
}

static void test_cancelSemaphoreAfterAcquired(void) {
  struct stage s;
  begin(&s);
  lariat_semaphore *semaphore = new_semaphore(&s, 1);
  lariat_deferred *d = lariat_semaphore_acquire(semaphore);
  on_error(&s, d, "unexpected", lariat_none());
  lariat_deferred_cancel(d);
  saw(&s, "");
  lariat_deferred_release(d);
  lariat_semaphore_drop(semaphore);
  finish(&s);
}

static void test_cancelSemaphoreBeforeAcquired(void) {
  struct stage s;
  begin(&s);
  lariat_semaphore *semaphore = new_semaphore(&s, 1);
  lariat_deferred_release(lariat_semaphore_acquire(semaphore));
  lariat_deferred *d = lariat_semaphore_acquire(semaphore);
  lariat_deferred_cancel(d);
  failure_result_of(&s, d, LARIAT_ECANCELLED);
  lariat_deferred_release(d);
  lariat_semaphore_drop(semaphore);
  finish(&s);
}

/* QueueUnderflow is a failed deferred. */
static void underflows(struct stage *s, lariat_queue *queue) {
  lariat_deferred *d = lariat_queue_get(queue);
  failure_result_of(s, d, LARIAT_EUNDERFLOW);
  lariat_deferred_release(d);
}

static void get(struct stage *s, lariat_queue *queue) {
  lariat_deferred *d = lariat_queue_get(queue);
  eat(s, d, "got");
  lariat_deferred_release(d);
}

static void put(lariat_queue *queue, int number) {
  CU_ASSERT_EQUAL(lariat_queue_put(queue, lariat_int(number)), LARIAT_OK);
}

static void full_and_empty(struct stage *s) {
  lariat_queue *queue = new_queue(s, 2, 2);
  for (int i = 0; i < 2; i++) get(s, queue);
  underflows(s, queue);
  put(queue, 0);
  saw(s, "got(0) ");
  put(queue, 1);
  saw(s, "got(1) ");
  put(queue, 2);
  put(queue, 3);
  saw(s, "");
  CU_ASSERT_EQUAL(lariat_queue_put(queue, lariat_none()), LARIAT_EOVERFLOW);
  get(s, queue);
  saw(s, "got(2) ");
  get(s, queue);
  saw(s, "got(3) ");
  lariat_queue_drop(queue);
}

static void testQueue(void) {
  struct stage s;
  begin(&s);
  full_and_empty(&s);
  lariat_queue *queue =
      new_queue(&s, LARIAT_QUEUE_UNLIMITED, LARIAT_QUEUE_UNLIMITED);
  for (int i = 0; i < 2; i++) get(&s, queue);
  for (int i = 0; i < 2; i++) put(queue, i);
  saw(&s, "got(0) got(1) ");
  lariat_queue_drop(queue);
  queue = new_queue(&s, 0, LARIAT_QUEUE_UNLIMITED);
  CU_ASSERT_EQUAL(lariat_queue_put(queue, lariat_none()), LARIAT_EOVERFLOW);
  lariat_queue_drop(queue);
  queue = new_queue(&s, LARIAT_QUEUE_UNLIMITED, 0);
  underflows(&s, queue);
  lariat_queue_drop(queue);
  finish(&s);
}

static void test_cancelQueueAfterSynchronousGet(void) {
  struct stage s;
  begin(&s);
  lariat_queue *queue =
      new_queue(&s, LARIAT_QUEUE_UNLIMITED, LARIAT_QUEUE_UNLIMITED);
  lariat_deferred *d = lariat_queue_get(queue);
  on_error(&s, d, "unexpected", lariat_none());
  put(queue, 1);
  lariat_deferred_cancel(d);
  saw(&s, "");
  lariat_deferred_release(d);
  lariat_queue_drop(queue);
  finish(&s);
}

static lariat_value put_and_get(lariat_value result, void *context) {
  lariat_queue *queue = context;
  lariat_value_drop(result);
  put(queue, 7);
  return lariat_deferred_value(lariat_queue_get(queue));
}

static void test_cancelQueueAfterGet(void) {
  struct stage s;
  begin(&s);
  lariat_queue *queue =
      new_queue(&s, LARIAT_QUEUE_UNLIMITED, LARIAT_QUEUE_UNLIMITED);
  lariat_deferred *d = lariat_queue_get(queue);
  lariat_deferred_cancel(d);
  failure_result_of(&s, d, LARIAT_ECANCELLED);
  lariat_deferred_add_callback(d, put_and_get, queue);
  eat(&s, d, "done");
  saw(&s, "done(7) ");
  lariat_deferred_release(d);
  lariat_queue_drop(queue);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(OtherPrimitivesTests, testLock),
      CASE(OtherPrimitivesTests, test_cancelLockAfterAcquired),
      CASE(OtherPrimitivesTests, test_cancelLockBeforeAcquired),
      CASE(OtherPrimitivesTests, testSemaphore),
      CASE(OtherPrimitivesTests, test_semaphoreInvalidTokens),
      CASE(OtherPrimitivesTests, test_cancelSemaphoreAfterAcquired),
      CASE(OtherPrimitivesTests, test_cancelSemaphoreBeforeAcquired),
      CASE(OtherPrimitivesTests, testQueue),
      CASE(OtherPrimitivesTests, test_cancelQueueAfterSynchronousGet),
      CASE(OtherPrimitivesTests, test_cancelQueueAfterGet),
  };
  return fixture_main("OtherPrimitivesTests", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
