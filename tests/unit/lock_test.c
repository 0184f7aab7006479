/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * lock_test.c: locks, semaphores and queues: references, ends, want of memory.
 * The conformance tests show what they mean. */
#include <lariat/lock.h>

#include <lariat/checks.h>
#include <lariat/queue.h>
#include <lariat/semaphore.h>

#include "conformance/defer.h"
#include "deferred/deferred.h"

static lariat_lock *new_lock(const struct stage *s) {
  lariat_lock *lock = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_lock_new(s->f.reactor, &lock), LARIAT_OK);
  return lock;
}

static lariat_queue *new_queue(const struct stage *s) {
  lariat_queue *queue = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_queue_new(s->f.reactor, LARIAT_QUEUE_UNLIMITED,
                                         LARIAT_QUEUE_UNLIMITED, &queue),
                        LARIAT_OK);
  return queue;
}

static void test_value(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred *d = lariat_lock_acquire(lock);
  lariat_value value = lariat_deferred_peek(d), other;
  CU_ASSERT_PTR_EQUAL(lariat_lock_in(value), lock);
  CU_ASSERT_EQUAL(lariat_value_share(value, &other), LARIAT_OK);
  lariat_lock_drop(lock);
  lariat_deferred_release(d);
  CU_ASSERT_EQUAL(lariat_lock_release(lariat_lock_in(other)), LARIAT_OK);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  CU_ASSERT_PTR_EQUAL(lariat_lock_retain(lock), lock);
  lariat_value_drop(other);
  lariat_lock_drop(lock);
  finish(&s);
}

static void test_semaphore_value(void) {
  struct stage s;
  begin(&s);
  lariat_semaphore *semaphore;
  CU_ASSERT_EQUAL_FATAL(lariat_semaphore_new(s.f.reactor, 2, &semaphore),
                        LARIAT_OK);
  lariat_deferred *d = lariat_semaphore_acquire(semaphore);
  CU_ASSERT_PTR_EQUAL(lariat_semaphore_in(lariat_deferred_peek(d)), semaphore);
  CU_ASSERT_EQUAL(lariat_semaphore_tokens(semaphore), 1);
  CU_ASSERT_EQUAL(lariat_semaphore_limit(semaphore), 2);
  CU_ASSERT_PTR_EQUAL(lariat_semaphore_retain(semaphore), semaphore);
  lariat_semaphore_drop(semaphore);
  lariat_deferred_release(d);
  lariat_semaphore_drop(semaphore);
  finish(&s);
}

/* Who waits when the lock goes never fires, and dies if nobody holds it. */
static void test_dropped_with_waiters(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred_release(lariat_lock_acquire(lock));
  lariat_deferred *kept = lariat_lock_acquire(lock);
  lariat_deferred *lost = lariat_lock_acquire(lock);
  eat(&s, kept, "kept");
  eat(&s, lost, "lost");
  lariat_deferred_release(lost);
  lariat_lock_drop(lock);
  CU_ASSERT_FALSE(lariat_deferred_fired(kept));
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 1);
  lariat_deferred_cancel(kept);
  saw(&s, "kept(!cancelled) ");
  lariat_deferred_release(kept);
  finish(&s);
}

static lariat_value fail_at_once(void *context) {
  (void)context;
  return failure("raised");
}

static lariat_value give_deferred(void *context) {
  return lariat_deferred_value(context);
}

static void test_run(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred *d = lariat_lock_run(lock, fail_at_once, NULL);
  failure_result_of(&s, d, LARIAT_EUSER);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  lariat_deferred_release(d);
  lariat_set_checks(false);
  d = lariat_lock_run(lock, NULL, NULL); /* no function */
  failure_result_of(&s, d, LARIAT_EINVAL);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  lariat_deferred_release(d);
  lariat_set_checks(true);
  lariat_lock_drop(lock);
  finish(&s);
}

/* A result that cannot come any more gives the lock back all the same. */
static void test_run_without_end(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred *d = lariat_lock_run(lock, give_deferred, unfired(&s));
  CU_ASSERT_TRUE(lariat_lock_locked(lock));
  lariat_deferred_release(d);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  lariat_lock_drop(lock);
  finish(&s);
}

static void test_run_is_cancelled(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred *d = lariat_lock_run(lock, give_deferred, unfired(&s));
  lariat_deferred *waits = lariat_lock_run(lock, give_deferred, NULL);
  lariat_deferred_cancel(waits);
  failure_result_of(&s, waits, LARIAT_ECANCELLED);
  lariat_deferred_cancel(d);
  failure_result_of(&s, d, LARIAT_ECANCELLED);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  release2(d, waits);
  lariat_lock_drop(lock);
  finish(&s);
}

/* The order is that of asking, whatever the first one does on its way. */
static lariat_value release_lock(lariat_value result, void *context) {
  (void)context;
  CU_ASSERT_EQUAL(lariat_lock_release(lariat_lock_in(result)), LARIAT_OK);
  return result;
}

static void test_row(void) {
  struct stage s;
  begin(&s);
  static const char *const names[] = {"a", "b", "c", "d"};
  lariat_lock *lock = new_lock(&s);
  lariat_deferred *first = lariat_lock_acquire(lock);
  for (int i = 0; i < 4; i++) {
    lariat_deferred *d = lariat_lock_acquire(lock);
    lariat_deferred_add_callback(d, release_lock, NULL);
    on_success(&s, d, names[i], lariat_none());
    lariat_deferred_release(d);
  }
  lariat_deferred_add_callback(first, release_lock, NULL);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  size_t length = 0;
  for (const char *at = s.recorder.text; *at; at++) length += *at == '(';
  CU_ASSERT_EQUAL(length, 4);
  s.recorder.text[0] = '\0';
  lariat_deferred_release(first);
  lariat_lock_drop(lock);
  finish(&s);
}

static void test_queue_owns_its_values(void) {
  struct stage s;
  begin(&s);
  lariat_queue *queue = new_queue(&s);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 13; i++)
      CU_ASSERT_EQUAL(lariat_queue_put(queue, recorder_value(&s.recorder, i)),
                      LARIAT_OK);
    for (int i = 0; i < 8; i++)
      lariat_deferred_release(lariat_queue_get(queue));
  }
  CU_ASSERT_EQUAL(lariat_queue_count(queue), 15);
  CU_ASSERT_EQUAL(s.recorder.values_dropped, 24);
  CU_ASSERT_PTR_EQUAL(lariat_queue_retain(queue), queue);
  lariat_queue_drop(queue);
  lariat_queue_drop(queue);
  finish(&s);
}

static void test_queue_in_order(void) {
  struct stage s;
  begin(&s);
  lariat_queue *queue = new_queue(&s);
  int next = 0;
  for (int i = 0; i < 1000; i++) {
    CU_ASSERT_EQUAL(lariat_queue_put(queue, lariat_int(i)), LARIAT_OK);
    if (i % 3 == 0) continue;
    lariat_deferred *d = lariat_queue_get(queue);
    CU_ASSERT_EQUAL(lariat_int_in(lariat_deferred_peek(d)), next++);
    lariat_deferred_release(d);
  }
  lariat_queue_drop(queue);
  finish(&s);
}

static void test_queue_of_failures(void) {
  struct stage s;
  begin(&s);
  lariat_queue *queue = new_queue(&s);
  lariat_deferred *d = lariat_queue_get(queue);
  CU_ASSERT_EQUAL(lariat_queue_waiting(queue), 1);
  CU_ASSERT_EQUAL(lariat_queue_put(queue, failure("a")), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_queue_waiting(queue), 0);
  result_of(d, "!a");
  failure_result_of(&s, d, LARIAT_EUSER);
  lariat_deferred_release(d);
  d = lariat_queue_get(queue);
  lariat_deferred_release(d); /* still in the row */
  lariat_queue_drop(queue);
  finish(&s);
}

/* Who waits and is fired by hand leaves the row: what is given comes to the
 * next, and the row does not keep the one that left. */
static void test_waiter_fired_by_hand(void) {
  struct stage s;
  begin(&s);
  lariat_lock *lock = new_lock(&s);
  lariat_deferred_release(lariat_lock_acquire(lock));
  lariat_deferred *left = lariat_lock_acquire(lock);
  lariat_deferred *next = lariat_lock_acquire(lock);
  CU_ASSERT_EQUAL(lariat_deferred_callback(left, lariat_int(1)), LARIAT_OK);
  lariat_deferred_add_callback_owned(left, NULL, recorder_context(&s.recorder),
                                     recorder_destroy);
  lariat_deferred_release(left);
  CU_ASSERT_EQUAL(s.recorder.contexts_destroyed, 1);
  CU_ASSERT_EQUAL(lariat_lock_release(lock), LARIAT_OK);
  CU_ASSERT_TRUE(lariat_deferred_fired(next));
  CU_ASSERT_TRUE(lariat_lock_locked(lock));
  CU_ASSERT_EQUAL(lariat_lock_release(lock), LARIAT_OK);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  lariat_deferred_release(next);
  lariat_lock_drop(lock);
  finish(&s);
}

static void test_getter_fired_by_hand(void) {
  struct stage s;
  begin(&s);
  lariat_queue *queue;
  CU_ASSERT_EQUAL_FATAL(lariat_queue_new(s.f.reactor, 1, 1, &queue), LARIAT_OK);
  lariat_deferred *left = lariat_queue_get(queue);
  CU_ASSERT_EQUAL(lariat_deferred_errback(left, failure("by hand")), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_queue_waiting(queue), 0);
  lariat_deferred *next = lariat_queue_get(queue); /* the backlog has space */
  CU_ASSERT_EQUAL(lariat_queue_put(queue, recorder_value(&s.recorder, 1)),
                  LARIAT_OK);
  result_of(next, "1");
  lariat_deferred *last = lariat_queue_get(queue);
  lariat_deferred_callback(last, lariat_none());
  CU_ASSERT_EQUAL(lariat_queue_put(queue, recorder_value(&s.recorder, 2)),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_queue_count(queue), 1);
  failure_result_of(&s, left, LARIAT_EUSER);
  release2(left, next);
  lariat_deferred_release(last);
  lariat_queue_drop(queue);
  finish(&s);
}

/* A chain that cannot grow fails its deferred, which is fired then as well. */
static void test_getter_without_memory(void) {
  struct stage s;
  begin(&s);
  lariat_queue *queue = new_queue(&s);
  lariat_deferred *left = lariat_queue_get(queue);
  fixture_fail_allocation(&s.f, 1);
  for (int i = 0; i <= LR_DEFERRED_PAIRS; i++)
    lariat_deferred_add_callback(left, NULL, NULL);
  fixture_fail_allocation(&s.f, 0);
  failure_result_of(&s, left, LARIAT_ENOMEM);
  CU_ASSERT_EQUAL(lariat_queue_waiting(queue), 0);
  CU_ASSERT_EQUAL(lariat_queue_put(queue, recorder_value(&s.recorder, 1)),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_queue_count(queue), 1);
  lariat_deferred_release(left);
  lariat_queue_drop(queue);
  finish(&s);
}

static void take_nothing(void) {
  lariat_lock *lock = NULL;
  lariat_semaphore *semaphore = NULL;
  lariat_queue *queue = NULL;
  CU_ASSERT_EQUAL(lariat_lock_new(NULL, &lock), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_semaphore_new(NULL, 1, &semaphore), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_queue_new(NULL, 1, 1, &queue), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_lock_release(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_queue_put(NULL, lariat_none()), LARIAT_EINVAL);
  CU_ASSERT_FALSE(lariat_lock_locked(NULL));
  CU_ASSERT_EQUAL(lariat_semaphore_tokens(NULL), 0);
  CU_ASSERT_EQUAL(lariat_semaphore_limit(NULL), 0);
  CU_ASSERT_EQUAL(lariat_queue_count(NULL), 0);
  CU_ASSERT_EQUAL(lariat_queue_waiting(NULL), 0);
  CU_ASSERT_PTR_NULL(lariat_lock_retain(NULL));
  CU_ASSERT_PTR_NULL(lariat_queue_retain(NULL));
  lariat_lock_drop(NULL);
  lariat_queue_drop(NULL);
}

static void test_misuse(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  take_nothing();
  CU_ASSERT_EQUAL(lariat_lock_new(s.f.reactor, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_queue_new(s.f.reactor, 1, 1, NULL), LARIAT_EINVAL);
  lariat_deferred *none[] = {lariat_lock_acquire(NULL),
                             lariat_lock_run(NULL, fail_at_once, NULL),
                             lariat_queue_get(NULL)};
  for (size_t i = 0; i < FIXTURE_COUNT(none); i++) {
    CU_ASSERT(lariat_is_failure(lariat_deferred_peek(none[i])));
    lariat_deferred_release(none[i]);
  }
  lariat_queue *queue = new_queue(&s);
  lariat_deferred *d = unfired(&s);
  CU_ASSERT_EQUAL(lariat_queue_put(queue, lariat_deferred_value(d)),
                  LARIAT_EINVAL);
  lariat_deferred_release(d);
  lariat_queue_drop(queue);
  lariat_set_checks(true);
  finish(&s);
}

static lariat_value give_probe(void *context) {
  return recorder_value(context, 1);
}

static void use_lock(struct fixture *f, struct recorder *recorder) {
  lariat_lock *lock;
  if (lariat_lock_new(f->reactor, &lock) != LARIAT_OK) return;
  lariat_deferred *a = lariat_lock_acquire(lock);
  bool has_it = !lariat_is_failure(lariat_deferred_peek(a));
  CU_ASSERT_EQUAL(lariat_lock_locked(lock), has_it);
  lariat_deferred *b = lariat_lock_run(lock, give_probe, recorder);
  if (has_it) CU_ASSERT_EQUAL(lariat_lock_release(lock), LARIAT_OK);
  CU_ASSERT_FALSE(lariat_lock_locked(lock));
  lariat_deferred_forget(a);
  lariat_deferred_forget(b);
  lariat_lock_drop(lock);
}

static void use_queue(struct fixture *f, struct recorder *recorder) {
  lariat_queue *queue;
  if (lariat_queue_new(f->reactor, 10, 10, &queue) != LARIAT_OK) return;
  lariat_value value = recorder_value(recorder, 1);
  lariat_deferred *early = lariat_queue_get(queue);
  if (lariat_queue_put(queue, value) != LARIAT_OK) lariat_value_drop(value);
  for (int i = 0; i < 9; i++) {
    value = recorder_value(recorder, i);
    if (lariat_queue_put(queue, value) != LARIAT_OK) lariat_value_drop(value);
  }
  size_t count = lariat_queue_count(queue);
  lariat_deferred *late = lariat_queue_get(queue);
  bool got = !lariat_is_failure(lariat_deferred_peek(late));
  CU_ASSERT_EQUAL(lariat_queue_count(queue), got ? count - 1 : count);
  lariat_deferred_forget(early);
  lariat_deferred_forget(late);
  lariat_queue_drop(queue);
}

static void test_no_memory(void) {
  struct stage s;
  begin(&s);
  fixture_fail_allocation(&s.f, 1);
  lariat_lock *lock;
  CU_ASSERT_EQUAL(lariat_lock_new(s.f.reactor, &lock), LARIAT_ENOMEM);
  fixture_fail_allocation(&s.f, 1);
  lariat_queue *queue;
  CU_ASSERT_EQUAL(lariat_queue_new(s.f.reactor, 1, 1, &queue), LARIAT_ENOMEM);
  CU_ASSERT_EQUAL(lr_deferred_state_open(s.f.reactor), LARIAT_OK);
  recorder_fail_each(&s.f, use_lock);
  recorder_fail_each(&s.f, use_queue);
  finish(&s);
}

static void test_no_semaphore(void) {
  struct stage s;
  begin(&s);
  lariat_set_checks(false);
  CU_ASSERT_PTR_NULL(lariat_semaphore_retain(NULL));
  CU_ASSERT_EQUAL(lariat_semaphore_new(s.f.reactor, 1, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_semaphore_release(NULL), LARIAT_EINVAL);
  lariat_deferred *d = lariat_semaphore_acquire(NULL);
  CU_ASSERT(lariat_is_failure(lariat_deferred_peek(d)));
  lariat_set_checks(true);
  finish(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an acquire gives the lock itself, counted", test_value},
      {"and a semaphore likewise", test_semaphore_value},
      {"a lock may be dropped while some wait", test_dropped_with_waiters},
      {"run gives the lock back when its work fails", test_run},
      {"or when its result can never come", test_run_without_end},
      {"or when it is cancelled", test_run_is_cancelled},
      {"whoever gets the lock may release it at once", test_row},
      {"a queue owns its values", test_queue_owns_its_values},
      {"a queue keeps the order", test_queue_in_order},
      {"a failure that is put fails who waits", test_queue_of_failures},
      {"a waiter that is fired by hand leaves the row",
       test_waiter_fired_by_hand},
      {"and so does one of a queue", test_getter_fired_by_hand},
      {"and one whose chain cannot grow", test_getter_without_memory},
      {"no lock, no queue, no deferred in a queue", test_misuse},
      {"each allocation fails in turn", test_no_memory},
      {"no semaphore", test_no_semaphore},
  };
  return fixture_main("lock", tests, FIXTURE_COUNT(tests), argc, argv);
}
