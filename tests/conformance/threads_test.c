/* SPDX-License-Identifier: MIT
 * labels: unchecked threads
 * threads_test.c: Twisted's test_threads.py and internet/test_threads.py.  Its
 * thread pool is a pool of reactors here, which starts when it is made. */
#include <lariat/pool.h>
#include <lariat/thread_call.h>
#include <lariat/trigger.h>

#include <pthread.h>

#include "conformance/task.h"
#include "support/fetching.h"

enum { PATIENCE_MS = 20000 };

static void open_pool(struct fetching *t, unsigned reactors) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = reactors;
  fetching_open_pool(t, &options);
}

static bool has_come(void *context) {
  const struct came *came = context;
  return came->fires > 0;
}

static void wait_for(struct fetching *t, struct came *came) {
  CU_ASSERT_TRUE(fixture_run_until(&t->f, has_come, came, PATIENCE_MS));
}

/* ---- ReactorThreadsTests ---- */

static void expect_size(unsigned reactors) {
  struct fetching t;
  open_pool(&t, reactors);
  CU_ASSERT_EQUAL(lariat_pool_reactors(t.pool), reactors);
  fetching_close(&t);
}

/* The size is given when the pool is made; it does not change. */
static void ReactorThreadsTests_test_suggestThreadPoolSize(void) {
  expect_size(3);
  expect_size(1);
}

/* Where a function ran. */
struct place {
  struct fixture *f;
  lariat_mailbox *home;
  pthread_t thread;
  lariat_reactor *reactor;
  bool done;
};

static void note_place(void *context) {
  struct place *place = context;
  place->thread = pthread_self();
  place->reactor = lariat_reactor_current();
}

static lariat_value note_place_value(void *context) {
  note_place(context);
  return lariat_none();
}

static void ReactorThreadsTests_test_callInThread(void) {
  struct fetching t;
  struct came came;
  open_pool(&t, 1);
  struct place place = {.f = &t.f};
  came_watch(&came, lariat_pool_defer(t.pool, 0, t.f.reactor, note_place_value,
                                      &place, NULL));
  wait_for(&t, &came);
  CU_ASSERT_FALSE(pthread_equal(place.thread, pthread_self()));
  CU_ASSERT_PTR_NOT_EQUAL(place.reactor, t.f.reactor);
  fetching_close(&t);
}

static void fire_none(void *context) {
  lariat_deferred_callback(context, lariat_none());
}

/* To be sent home by a pool's thread. */
struct sending {
  lariat_mailbox *to;
  lariat_call call;
  void *context;
  int times;
  lariat_status status;
};

static void send_home(void *context) {
  struct sending *it = context;
  it->status = LARIAT_OK;
  for (int i = 0; i < it->times && it->status == LARIAT_OK; i++)
    it->status = lariat_mailbox_call(it->to, it->call, it->context, NULL);
}

static void ReactorThreadsTests_test_callFromThread(void) {
  struct fetching t;
  struct came own, other;
  open_pool(&t, 1);
  lariat_deferred *by_own = new_deferred(&t.f), *by_other = new_deferred(&t.f);
  lariat_mailbox *home = lariat_reactor_mailbox(t.f.reactor);
  struct sending sending = {home, fire_none, by_other, 1, LARIAT_OK};
  came_watch(&own, lariat_deferred_retain(by_own));
  came_watch(&other, lariat_deferred_retain(by_other));
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, send_home, &sending, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_from_thread(t.f.reactor, fire_none, by_own, NULL),
      LARIAT_OK);
  wait_for(&t, &own);
  wait_for(&t, &other);
  lariat_deferred_release(by_own);
  lariat_deferred_release(by_other);
  lariat_mailbox_release(home);
  fetching_close(&t);
}

static void count_up(void *context) { ++*(int *)context; }

static bool is_full(void *context) { return *(int *)context == 100000; }

static void ReactorThreadsTests_test_wakerOverflow(void) {
  struct fetching t;
  int count = 0;
  open_pool(&t, 1);
  lariat_mailbox *home = lariat_reactor_mailbox(t.f.reactor);
  struct sending sending = {home, count_up, &count, 100000, LARIAT_OK};
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, send_home, &sending, NULL),
                  LARIAT_OK);
  CU_ASSERT_TRUE(fixture_run_until(&t.f, is_full, &count, PATIENCE_MS));
  lariat_mailbox_release(home);
  fetching_close(&t);
  CU_ASSERT_EQUAL(sending.status, LARIAT_OK);
}

/* A thread that blocks on the test's reactor. */
struct blocking {
  struct fixture f;
  bool fails;
  bool later;
  lariat_status status;
  lariat_value value;
  lariat_mailbox *mailbox;
  pthread_t thread;
  bool back;
};

static lariat_value outcome_of(const struct blocking *it) {
  return it->fails ? lariat_failure_new(LARIAT_EUSER, "bar") : lariat_int(42);
}

static lariat_value outcome_later(void *context) { return outcome_of(context); }

static lariat_value reactor_function(void *context) {
  struct blocking *it = context;
  lariat_reactor *reactor = it->f.reactor;
  if (it->later)
    return lariat_deferred_value(
        lariat_later(reactor, 20, outcome_later, it, NULL));
  return lariat_deferred_value(
      lariat_deferred_succeed(reactor, outcome_of(it)));
}

static void is_back(void *context) {
  struct blocking *it = context;
  it->back = true;
}

static void *block(void *context) {
  struct blocking *it = context;
  it->status = lariat_mailbox_call_and_wait(it->mailbox, reactor_function, it,
                                            NULL, &it->value);
  lariat_status status = lariat_mailbox_call(it->mailbox, is_back, it, NULL);
  return status == LARIAT_OK ? NULL : it;
}

static bool came_back(void *context) {
  return ((const struct blocking *)context)->back;
}

static void run_blocking(bool fails, bool later) {
  struct blocking it = {.fails = fails, .later = later};
  void *trouble = NULL;
  fixture_open(&it.f, FIXTURE_PLAIN);
  it.mailbox = lariat_reactor_mailbox(it.f.reactor);
  pthread_create(&it.thread, NULL, block, &it);
  CU_ASSERT_TRUE(fixture_run_until(&it.f, came_back, &it, PATIENCE_MS));
  pthread_join(it.thread, &trouble);
  CU_ASSERT_PTR_NULL(trouble);
  CU_ASSERT_EQUAL(it.status, fails ? LARIAT_EUSER : LARIAT_OK);
  if (fails) {
    CU_ASSERT_STRING_EQUAL(lariat_failure_message(it.value), "bar");
  } else {
    CU_ASSERT_EQUAL(lariat_int_in(it.value), 42);
  }
  lariat_value_drop(it.value);
  lariat_mailbox_release(it.mailbox);
  fixture_close(&it.f);
}

static void ReactorThreadsTests_test_blockingCallFromThread(void) {
  run_blocking(false, false);
}

static void ReactorThreadsTests_test_asyncBlockingCallFromThread(void) {
  run_blocking(false, true);
}

static void ReactorThreadsTests_test_errorBlockingCallFromThread(void) {
  run_blocking(true, false);
}

static void ReactorThreadsTests_test_asyncErrorBlockingCallFromThread(void) {
  run_blocking(true, true);
}

/* ---- DeferredResultTests, DeferToThreadPoolTests ---- */

struct numbers {
  int list[10];
  int count;
  int next;
};

static void append(void *context) {
  struct numbers *numbers = context;
  numbers->list[numbers->count++] = numbers->next++;
}

/* Several functions in one thread are several calls. */
static void DeferredResultTests_test_callMultiple(void) {
  struct fetching t;
  struct came came;
  struct numbers numbers = {.count = 0};
  open_pool(&t, 1);
  lariat_deferred *d = new_deferred(&t.f);
  lariat_mailbox *home = lariat_reactor_mailbox(t.f.reactor);
  struct sending finished = {home, fire_none, d, 1, LARIAT_OK};
  came_watch(&came, lariat_deferred_retain(d));
  for (int i = 0; i < 10; i++)
    CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, append, &numbers, NULL),
                    LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, send_home, &finished, NULL),
                  LARIAT_OK);
  wait_for(&t, &came);
  CU_ASSERT_EQUAL(numbers.count, 10);
  for (int i = 0; i < 10; i++) CU_ASSERT_EQUAL(numbers.list[i], i);
  lariat_deferred_release(d);
  lariat_mailbox_release(home);
  fetching_close(&t);
}

struct operands {
  int x;
  int y;
};

static lariat_value add(void *context) {
  const struct operands *operands = context;
  return lariat_int(operands->x + operands->y);
}

static lariat_value new_error(void *context) {
  (void)context;
  return lariat_failure_new(LARIAT_EUSER, "NewError");
}

static void run_sum(void) {
  struct fetching t;
  struct came came;
  struct operands operands = {3, 4};
  open_pool(&t, 2);
  came_watch(&came,
             lariat_pool_defer(t.pool, 1, t.f.reactor, add, &operands, NULL));
  wait_for(&t, &came);
  CU_ASSERT_EQUAL(came.number, 7);
  fetching_close(&t);
}

static void run_error(void) {
  struct fetching t;
  struct came came;
  open_pool(&t, 1);
  came_watch(&came,
             lariat_pool_defer(t.pool, 0, t.f.reactor, new_error, NULL, NULL));
  wait_for(&t, &came);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  fetching_close(&t);
}

static void DeferredResultTests_test_deferredResult(void) { run_sum(); }

static void DeferredResultTests_test_deferredFailure(void) { run_error(); }

static lariat_value then_fail(lariat_value result, void *context) {
  struct fetching *t = context;
  lariat_value_drop(result);
  return lariat_deferred_value(
      lariat_pool_defer(t->pool, 0, t->f.reactor, new_error, NULL, NULL));
}

static void DeferredResultTests_test_deferredFailureAfterSuccess(void) {
  struct fetching t;
  struct came came;
  struct operands operands = {0, 0};
  open_pool(&t, 1);
  lariat_deferred *d =
      lariat_pool_defer(t.pool, 0, t.f.reactor, add, &operands, NULL);
  came_watch(&came, lariat_deferred_add_callback(d, then_fail, &t));
  wait_for(&t, &came);
  CU_ASSERT_EQUAL(came.status, LARIAT_EUSER);
  fetching_close(&t);
}

static void DeferToThreadPoolTests_test_deferredResult(void) { run_sum(); }

static void DeferToThreadPoolTests_test_deferredFailure(void) { run_error(); }

/* ---- StartupBehaviorTests ---- */

/* What is sent to a reactor that never runs is not called, and holds nothing
 * up when it closes. */
static void StartupBehaviorTests_testCallBeforeStartupUnexecuted(void) {
  struct fixture f;
  int called = 0;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_mailbox *mailbox = lariat_reactor_mailbox(f.reactor);
  CU_ASSERT_EQUAL(lariat_mailbox_call(mailbox, count_up, &called, NULL),
                  LARIAT_OK);
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
  CU_ASSERT_EQUAL(called, 0);
}

/* ---- ThreadTestsBuilder ---- */

static void stop(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_stop(context), LARIAT_OK);
}

static lariat_value close_pool(void *context) {
  struct fetching *t = context;
  return lariat_deferred_value(lariat_pool_close(t->pool, t->f.reactor, 0));
}

/* Its pool ends with the reactor's run, which waits for that. */
static void close_with_run(struct fetching *t) {
  CU_ASSERT_EQUAL(lariat_reactor_add_trigger(t->f.reactor, LARIAT_SHUTDOWN,
                                             LARIAT_BEFORE, close_pool, t, NULL,
                                             NULL),
                  LARIAT_OK);
}

static bool pool_is_open(struct fetching *t) {
  int called = 0;
  return lariat_pool_call(t->pool, 0, count_up, &called, NULL) == LARIAT_OK;
}

static void run(struct fetching *t) {
  CU_ASSERT_EQUAL(lariat_reactor_run(t->f.reactor), LARIAT_OK);
}

/* What a call on the running reactor saw of the pool. */
struct seen {
  struct fetching *t;
  unsigned reactors;
};

static void look_and_stop(void *context) {
  struct seen *seen = context;
  seen->reactors = lariat_pool_reactors(seen->t->pool);
  stop(seen->t->f.reactor);
}

static void ThreadTestsBuilder_test_getThreadPool(void) {
  struct fetching t;
  open_pool(&t, 1);
  struct seen seen = {&t, 0};
  close_with_run(&t);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(t.f.reactor, look_and_stop, &seen, NULL),
      LARIAT_OK);
  run(&t);
  CU_ASSERT_EQUAL(seen.reactors, 1);
  CU_ASSERT_FALSE(pool_is_open(&t));
  fetching_close(&t);
}

static void ThreadTestsBuilder_test_suggestThreadPoolSize(void) {
  expect_size(2);
}

static void send_stop(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_call_from_thread(context, stop, context, NULL),
                  LARIAT_OK);
}

static void ThreadTestsBuilder_test_delayedCallFromThread(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  uint64_t before_ms = fixture_real_ms();
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 0, send_stop, f.reactor, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  CU_ASSERT_TRUE(fixture_real_ms() - before_ms < 30000);
  fixture_close(&f);
}

static void note_and_stop(void *context) {
  struct place *place = context;
  note_place(place);
  stop(place->f->reactor);
}

static void ThreadTestsBuilder_test_callFromThread(void) {
  struct fetching t;
  open_pool(&t, 1);
  struct place place = {.f = &t.f};
  lariat_mailbox *home = lariat_reactor_mailbox(t.f.reactor);
  struct sending sending = {home, note_and_stop, &place, 1, LARIAT_OK};
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, send_home, &sending, NULL),
                  LARIAT_OK);
  run(&t);
  CU_ASSERT_TRUE(pthread_equal(place.thread, pthread_self()));
  lariat_mailbox_release(home);
  fetching_close(&t);
}

/* That no thread is left is what the fixture looks for. */
static void ThreadTestsBuilder_test_stopThreadPool(void) {
  struct fetching t;
  open_pool(&t, 2);
  close_with_run(&t);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(t.f.reactor, stop, t.f.reactor, NULL),
      LARIAT_OK);
  run(&t);
  fetching_close(&t);
}

static void make_pool_and_stop(void *context) {
  struct fetching *t = context;
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  CU_ASSERT_EQUAL(lariat_pool_new(&options, &t->pool), LARIAT_OK);
  close_with_run(t);
  stop(t->f.reactor);
}

static void
ThreadTestsBuilder_test_stopThreadPoolWhenStartedAfterReactorRan(void) {
  struct fetching t;
  open_pool(&t, 1);
  lariat_pool_release(t.pool);
  t.pool = NULL;
  CU_ASSERT_EQUAL(lariat_reactor_call_when_running(
                      t.f.reactor, make_pool_and_stop, &t, NULL),
                  LARIAT_OK);
  run(&t);
  CU_ASSERT_FALSE(pool_is_open(&t));
  fetching_close(&t);
}

/* Letting go of the pool is what its shutdown is. */
static void
ThreadTestsBuilder_test_cleanUpThreadPoolEvenBeforeReactorIsRun(void) {
  struct fetching t;
  open_pool(&t, 2);
  lariat_pool_release(t.pool);
  t.pool = NULL;
  fetching_close(&t);
}

static void ThreadTestsBuilder_test_isInIOThread(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  struct place place = {.f = &f};
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(f.reactor, note_and_stop, &place, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  CU_ASSERT_PTR_EQUAL(place.reactor, f.reactor);
  fixture_close(&f);
}

static void note_and_send_stop(void *context) {
  struct place *place = context;
  note_place(place);
  place->done = lariat_mailbox_call(place->home, stop, place->f->reactor,
                                    NULL) == LARIAT_OK;
}

static void ThreadTestsBuilder_test_isNotInIOThread(void) {
  struct fetching t;
  open_pool(&t, 1);
  struct place place = {.f = &t.f, .home = lariat_reactor_mailbox(t.f.reactor)};
  CU_ASSERT_EQUAL(lariat_pool_call(t.pool, 0, note_and_send_stop, &place, NULL),
                  LARIAT_OK);
  run(&t);
  CU_ASSERT_PTR_NOT_EQUAL(place.reactor, t.f.reactor);
  lariat_mailbox_release(place.home);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CASE(ReactorThreadsTests, test_suggestThreadPoolSize),
      CASE(ReactorThreadsTests, test_callInThread),
      CASE(ReactorThreadsTests, test_callFromThread),
      CASE(ReactorThreadsTests, test_wakerOverflow),
      CASE(ReactorThreadsTests, test_blockingCallFromThread),
      CASE(ReactorThreadsTests, test_asyncBlockingCallFromThread),
      CASE(ReactorThreadsTests, test_errorBlockingCallFromThread),
      CASE(ReactorThreadsTests, test_asyncErrorBlockingCallFromThread),
      CASE(DeferredResultTests, test_callMultiple),
      CASE(DeferredResultTests, test_deferredResult),
      CASE(DeferredResultTests, test_deferredFailure),
      CASE(DeferredResultTests, test_deferredFailureAfterSuccess),
      CASE(DeferToThreadPoolTests, test_deferredResult),
      CASE(DeferToThreadPoolTests, test_deferredFailure),
      CASE(StartupBehaviorTests, testCallBeforeStartupUnexecuted),
      CASE(ThreadTestsBuilder, test_getThreadPool),
      CASE(ThreadTestsBuilder, test_suggestThreadPoolSize),
      CASE(ThreadTestsBuilder, test_delayedCallFromThread),
      CASE(ThreadTestsBuilder, test_callFromThread),
      CASE(ThreadTestsBuilder, test_stopThreadPool),
      CASE(ThreadTestsBuilder, test_stopThreadPoolWhenStartedAfterReactorRan),
      CASE(ThreadTestsBuilder, test_cleanUpThreadPoolEvenBeforeReactorIsRun),
      CASE(ThreadTestsBuilder, test_isInIOThread),
      CASE(ThreadTestsBuilder, test_isNotInIOThread),
  };
  return fixture_main("test_threads", tests, FIXTURE_COUNT(tests), argc, argv);
}
