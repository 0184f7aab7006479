/* SPDX-License-Identifier: MIT
 * labels: unchecked threads
 * thread_call_test.c: functions sent to other reactors: one outcome each,
 * whoever closes or cancels meanwhile; contexts and values once. */
#include <lariat/thread_call.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <lariat/checks.h>

#include "base/atomics.h"
#include "deferred/deferred.h"
#include "support/fixture.h"
#include "support/gate.h"

enum { PATIENCE_MS = 10000 };

/* Another thread with a reactor. */
struct there {
  pthread_t thread;
  lariat_reactor *reactor;
  lariat_mailbox *mailbox;
  struct gate ready;
};

static void ignore_report(const char *message, void *context) {
  (void)message;
  (void)context;
}

static void *run_there(void *context) {
  struct there *there = context;
  if (lariat_reactor_new(NULL, &there->reactor) != LARIAT_OK) return context;
  lariat_reactor_set_report(there->reactor, ignore_report, NULL);
  there->mailbox = lariat_reactor_mailbox(there->reactor);
  gate_set(&there->ready, true);
  (void)lariat_reactor_run(there->reactor);
  (void)lariat_reactor_close(there->reactor, 0);
  return NULL;
}

static void open_there(struct there *there) {
  there->mailbox = NULL;
  there->ready = GATE_CLOSED;
  pthread_create(&there->thread, NULL, run_there, there);
  gate_wait(&there->ready);
}

static void stop_there(void *context) {
  struct there *there = context;
  (void)lariat_reactor_stop(there->reactor);
}

static void end_there(struct there *there) {
  CU_ASSERT_EQUAL(lariat_mailbox_call(there->mailbox, stop_there, there, NULL),
                  LARIAT_OK);
  pthread_join(there->thread, NULL);
}

static void close_there(struct there *there) {
  end_there(there);
  lariat_mailbox_release(there->mailbox);
}

/* Values that may be dropped on any thread, and are counted. */
static lr_atomic_u64 made, dropped, destroyed;

static void drop_counted(void *data) {
  (void)data;
  lr_u64_add_relaxed(&dropped, 1);
}

static const lariat_type counted_type = {
    .size = sizeof(lariat_type), .name = "counted", .drop = drop_counted};

static lariat_value counted(void) {
  lr_u64_add_relaxed(&made, 1);
  return lariat_value_of(&counted_type, &made);
}

static void begin_counting(void) {
  lr_u64_init(&made, 0);
  lr_u64_init(&dropped, 0);
  lr_u64_init(&destroyed, 0);
}

static void check_counts(uint64_t contexts) {
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&made), lr_u64_load_relaxed(&dropped));
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&destroyed), contexts);
}

/* What is sent. */
enum kind { GIVE, FAIL, LATER, NEVER, SLOW, STOPS };

struct task {
  enum kind kind;
  struct gate begun;
  struct gate go_on; /* SLOW waits for it */
  lr_atomic_u32 cancelled;
};

static void count_cancel(lariat_deferred *deferred, void *context) {
  (void)deferred;
  lr_u32_store_release(&((struct task *)context)->cancelled, 1);
}

static lariat_value give_later(void *context) {
  (void)context;
  return counted();
}

static lariat_value function(void *context) {
  struct task *task = context;
  lariat_reactor *reactor = lariat_reactor_current();
  gate_set(&task->begun, true);
  switch (task->kind) {
  case GIVE:
    break;
  case FAIL:
    return lariat_failure_new(LARIAT_EUSER, "failed there");
  case LATER:
    return lariat_deferred_value(
        lariat_later(reactor, 5, give_later, NULL, NULL));
  case NEVER:
    return lariat_deferred_value(
        lariat_deferred_new(reactor, count_cancel, task, NULL));
  case STOPS:
    CU_ASSERT_EQUAL(lariat_reactor_stop(reactor), LARIAT_OK);
    gate_wait(&task->go_on);
    break;
  case SLOW:
    gate_wait(&task->go_on);
    break;
  }
  return counted();
}

static void destroy(void *context) {
  (void)context;
  lr_u64_add_relaxed(&destroyed, 1);
}

static void init(struct task *task, enum kind kind) {
  task->kind = kind;
  task->begun = GATE_CLOSED;
  task->go_on = GATE_CLOSED;
  lr_u32_init(&task->cancelled, 0);
}

static void wait_begun(struct task *task) { gate_wait(&task->begun); }

/* What came. */
struct came {
  int fires;
  lariat_status status;
};

static lariat_value came(lariat_value result, void *context) {
  struct came *it = context;
  it->fires++;
  it->status =
      lariat_is_failure(result) ? lariat_failure_status(result) : LARIAT_OK;
  return lariat_value_drop(result);
}

static lariat_deferred *send_to(lariat_mailbox *to, struct fixture *f,
                                struct task *task, struct came *it) {
  *it = (struct came){0, LARIAT_OK};
  lariat_deferred *d =
      lariat_mailbox_defer(to, f->reactor, function, task, destroy);
  return lariat_deferred_add_both(d, came, it);
}

static bool has_come(void *context) {
  return ((const struct came *)context)->fires > 0;
}

static void wait_for(struct fixture *f, struct came *it, lariat_status status) {
  CU_ASSERT_TRUE(fixture_run_until(f, has_come, it, PATIENCE_MS));
  CU_ASSERT_EQUAL(it->fires, 1);
  CU_ASSERT_EQUAL(it->status, status);
}

static void test_outcomes(void) {
  static const enum kind kinds[] = {GIVE, FAIL, LATER};
  struct fixture f;
  struct there there;
  begin_counting();
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  for (size_t i = 0; i < FIXTURE_COUNT(kinds); i++) {
    struct task task;
    struct came it;
    init(&task, kinds[i]);
    lariat_deferred_release(send_to(there.mailbox, &f, &task, &it));
    wait_for(&f, &it, kinds[i] == FAIL ? LARIAT_EUSER : LARIAT_OK);
  }
  close_there(&there);
  fixture_close(&f);
  check_counts(FIXTURE_COUNT(kinds));
}

/* To itself, which is another turn. */
static void test_to_itself(void) {
  struct fixture f;
  struct task task;
  struct came it;
  begin_counting();
  init(&task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_mailbox *own = lariat_reactor_mailbox(f.reactor);
  lariat_deferred_release(send_to(own, &f, &task, &it));
  CU_ASSERT_EQUAL(it.fires, 0);
  wait_for(&f, &it, LARIAT_OK);
  lariat_mailbox_release(own);
  fixture_close(&f);
  check_counts(1);
}

/* Before the function began, while it runs, while its deferred is waited
 * for. */
static void test_cancelled(void) {
  for (int way = 0; way < 3; way++) {
    struct fixture f;
    struct there there;
    struct task task, before;
    struct came it, other;
    begin_counting();
    init(&before, SLOW);
    init(&task, way == 2 ? NEVER : SLOW);
    fixture_open(&f, FIXTURE_PLAIN);
    open_there(&there);
    lariat_deferred_release(send_to(there.mailbox, &f, &before, &other));
    lariat_deferred *d = send_to(there.mailbox, &f, &task, &it);
    wait_begun(&before);
    if (way > 0) gate_set(&before.go_on, true);
    if (way > 0) wait_begun(&task);
    lariat_deferred_cancel(d);
    CU_ASSERT_EQUAL(it.status, LARIAT_ECANCELLED);
    gate_set(&before.go_on, true);
    gate_set(&task.go_on, true);
    lariat_deferred_release(d);
    wait_for(&f, &other, LARIAT_OK);
    fixture_close_reactor(&f, PATIENCE_MS); /* waits for it to end */
    CU_ASSERT_EQUAL(gate_is_open(&task.begun), way > 0);
    CU_ASSERT_EQUAL(lr_u32_load_acquire(&task.cancelled), way == 2);
    close_there(&there);
    fixture_close(&f);
    CU_ASSERT_EQUAL(it.fires, 1);
    check_counts(2);
  }
}

/* The other reactor closes: with the call in its mailbox, at work, before it
 * was sent. */
static void test_there_closes(void) {
  struct fixture f;
  struct there there;
  struct task slow, unread, waiting, late;
  struct came it[4];
  begin_counting();
  init(&waiting, NEVER);
  init(&slow, SLOW);
  init(&unread, GIVE);
  init(&late, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  lariat_deferred_release(send_to(there.mailbox, &f, &waiting, &it[0]));
  wait_begun(&waiting);
  lariat_deferred_release(send_to(there.mailbox, &f, &slow, &it[1]));
  wait_begun(&slow);
  CU_ASSERT_EQUAL(lariat_mailbox_call(there.mailbox, stop_there, &there, NULL),
                  LARIAT_OK);
  /* More than one turn takes: the rest are in the mailbox when it closes. */
  struct came many[2000];
  for (int i = 0; i < 2000; i++)
    lariat_deferred_release(send_to(there.mailbox, &f, &unread, &many[i]));
  gate_set(&slow.go_on, true);
  pthread_join(there.thread, NULL);
  lariat_deferred_release(send_to(there.mailbox, &f, &late, &it[2]));
  CU_ASSERT_EQUAL(it[2].status, LARIAT_ECLOSED);
  wait_for(&f, &it[0], LARIAT_ECLOSED);
  wait_for(&f, &it[1], LARIAT_OK);
  wait_for(&f, &many[1999], LARIAT_ECLOSED);
  for (int i = 0; i < 2000; i++) CU_ASSERT_EQUAL(many[i].fires, 1);
  CU_ASSERT_EQUAL(lr_u32_load_acquire(&waiting.cancelled), 1);
  lariat_mailbox_release(there.mailbox);
  fixture_close(&f);
  check_counts(2003);
}

/* The caller's reactor closes and waits; or does not wait, and the value that
 * is late is dropped where it is. */
static void test_here_closes(void) {
  for (int way = 0; way < 3; way++) {
    struct fixture f;
    struct there there;
    struct task task;
    struct came it;
    begin_counting();
    init(&task, way == 0 ? LATER : way == 1 ? SLOW : NEVER);
    fixture_open(&f, FIXTURE_PLAIN);
    open_there(&there);
    lariat_deferred *d = send_to(there.mailbox, &f, &task, &it);
    wait_begun(&task);
    fixture_close_reactor(&f, way == 1 ? 0 : PATIENCE_MS);
    CU_ASSERT_EQUAL(it.fires, 1);
    CU_ASSERT_EQUAL(it.status, LARIAT_ECLOSED);
    gate_set(&task.go_on, true);
    lariat_deferred_release(d);
    close_there(&there);
    fixture_close(&f);
    check_counts(1);
  }
}

/* The caller's reactor is closed with the value in its mailbox. */
static void test_here_closes_with_mail(void) {
  struct fixture f;
  struct there there;
  struct task task;
  struct came it;
  begin_counting();
  init(&task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  lariat_deferred *d = send_to(there.mailbox, &f, &task, &it);
  end_there(&there); /* its reply has been sent */
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(it.fires, 1);
  lariat_deferred_release(d);
  lariat_mailbox_release(there.mailbox);
  fixture_close(&f);
  check_counts(1);
}

/* Cancel races with completion: still one outcome each. */
static void test_cancel_races(void) {
  enum { CALLS = 2000 };
  static struct came it[CALLS];
  struct fixture f;
  struct there there;
  struct task task;
  begin_counting();
  init(&task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  lariat_deferred *last[8] = {NULL};
  for (int i = 0; i < CALLS; i++) {
    lariat_deferred **place = &last[i % 8];
    if (*place && i % 3) lariat_deferred_cancel(*place);
    lariat_deferred_release(*place);
    *place = send_to(there.mailbox, &f, &task, &it[i]);
    if (i % 16 == 0) fixture_turns(&f, 1);
  }
  for (int i = 0; i < 8; i++) lariat_deferred_release(last[i]);
  for (int i = 0; i < CALLS; i++)
    CU_ASSERT_TRUE(fixture_run_until(&f, has_come, &it[i], PATIENCE_MS));
  close_there(&there);
  fixture_close(&f);
  for (int i = 0; i < CALLS; i++) CU_ASSERT_EQUAL(it[i].fires, 1);
  check_counts(CALLS);
}

static void test_bad_input(void) {
  struct fixture f;
  lariat_value out;
  begin_counting();
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_mailbox *own = lariat_reactor_mailbox(f.reactor);
  lariat_deferred *d[3] = {
      lariat_mailbox_defer(NULL, f.reactor, function, NULL, destroy),
      lariat_mailbox_defer(own, f.reactor, NULL, NULL, destroy),
      lariat_mailbox_defer(own, NULL, function, NULL, destroy)};
  for (int i = 0; i < 3; i++) {
    CU_ASSERT_TRUE(lariat_is_failure(lariat_deferred_peek(d[i])));
    lariat_deferred_forget(d[i]);
  }
  CU_ASSERT_EQUAL(
      lariat_mailbox_call_and_wait(own, function, NULL, destroy, NULL),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_mailbox_call_and_wait(own, NULL, NULL, destroy, &out),
                  LARIAT_EINVAL);
  lariat_value_drop(out);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_and_wait(NULL, function, NULL, destroy, &out),
      LARIAT_EINVAL);
  lariat_value_drop(out);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_and_wait(f.reactor, function, NULL, destroy, &out),
      LARIAT_EBUSY);
  CU_ASSERT_EQUAL(lariat_failure_status(out), LARIAT_EBUSY);
  lariat_value_drop(out);
  lariat_mailbox_release(own);
  fixture_close(&f);
  check_counts(7);
}

/* ---- Waiting ---- */

static void test_wait(void) {
  static const enum kind kinds[] = {GIVE, FAIL, LATER};
  struct fixture f;
  struct there there;
  begin_counting();
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  for (size_t i = 0; i < FIXTURE_COUNT(kinds); i++) {
    struct task task;
    lariat_value out;
    init(&task, kinds[i]);
    lariat_status status = lariat_reactor_call_and_wait(there.reactor, function,
                                                        &task, destroy, &out);
    CU_ASSERT_EQUAL(status, kinds[i] == FAIL ? LARIAT_EUSER : LARIAT_OK);
    CU_ASSERT_EQUAL(lariat_is_failure(out), kinds[i] == FAIL);
    lariat_value_drop(out);
  }
  close_there(&there);
  fixture_close(&f);
  check_counts(FIXTURE_COUNT(kinds));
}

struct inside {
  lariat_mailbox *to;
  lariat_status status;
};

static void wait_inside(void *context) {
  struct inside *inside = context;
  lariat_value out;
  inside->status =
      lariat_mailbox_call_and_wait(inside->to, function, NULL, destroy, &out);
  lariat_value_drop(out);
}

static void test_wait_refused_in_a_turn(void) {
  struct fixture f;
  struct there there;
  begin_counting();
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  struct inside inside = {there.mailbox, LARIAT_OK};
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, wait_inside, &inside, NULL),
      LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(inside.status, LARIAT_EBUSY);
  close_there(&there);
  fixture_close(&f);
  check_counts(1);
}

/* A thread that waits for what never comes. */
struct waiter {
  struct there *there;
  struct task task;
  lariat_status status;
};

static void *wait_for_never(void *context) {
  struct waiter *waiter = context;
  lariat_value out;
  waiter->status = lariat_mailbox_call_and_wait(
      waiter->there->mailbox, function, &waiter->task, destroy, &out);
  lariat_value_drop(out);
  return NULL;
}

static void test_wait_and_close(void) {
  struct fixture f;
  struct there there;
  struct waiter waiter = {.there = &there};
  pthread_t thread;
  lariat_value out;
  begin_counting();
  init(&waiter.task, NEVER);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  pthread_create(&thread, NULL, wait_for_never, &waiter);
  wait_begun(&waiter.task);
  end_there(&there);
  pthread_join(thread, NULL);
  CU_ASSERT_EQUAL(waiter.status, LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(lariat_mailbox_call_and_wait(there.mailbox, function,
                                               &waiter.task, destroy, &out),
                  LARIAT_ECLOSED);
  lariat_value_drop(out);
  lariat_mailbox_release(there.mailbox);
  fixture_close(&f);
  check_counts(2);
}

/* ---- Closing, in detail: both reactors on this thread ---- */

/* Work that arrives while the reactor is closing is not begun. */
struct closing {
  struct fixture *f;
  lariat_mailbox *own;
  struct task task;
  struct came came;
};

static void send_when_closing(void *context) {
  struct closing *closing = context;
  lariat_deferred *d =
      send_to(closing->own, closing->f, &closing->task, &closing->came);
  lariat_deferred_release(d);
}

static void test_sent_when_closing(void) {
  struct fixture f;
  struct closing closing = {.f = &f};
  begin_counting();
  init(&closing.task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  closing.own = lariat_reactor_mailbox(f.reactor);
  lariat_reactor *reactor = f.reactor;
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, send_when_closing,
                                           &closing, send_when_closing),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  f.reactor = NULL;
  CU_ASSERT_EQUAL(closing.came.status, LARIAT_ECLOSED);
  lariat_mailbox_release(closing.own);
  fixture_close(&f);
  check_counts(1);
}

/* Delivered in one of the turns of the close. */
static void test_delivered_when_closing(void) {
  struct fixture f;
  struct task task;
  struct came it;
  begin_counting();
  init(&task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_mailbox *own = lariat_reactor_mailbox(f.reactor);
  lariat_deferred_release(send_to(own, &f, &task, &it));
  fixture_close_reactor(&f, PATIENCE_MS);
  CU_ASSERT_EQUAL(it.status, LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(it.fires, 1);
  CU_ASSERT_EQUAL(gate_is_open(&task.begun), 0);
  lariat_mailbox_release(own);
  fixture_close(&f);
  check_counts(1);
}

/* From another thread, in one of the turns of the close, which waits for an
 * call that ends when the other thread has been told. */
struct visitor {
  lariat_mailbox *to;
  struct task *slow;
  struct task task;
  lariat_status status;
};

static void *visit(void *context) {
  struct visitor *visitor = context;
  lariat_value out;
  visitor->status = lariat_mailbox_call_and_wait(visitor->to, function,
                                                 &visitor->task, destroy, &out);
  lariat_value_drop(out);
  gate_set(&visitor->slow->go_on, true);
  return NULL;
}

static void test_visited_when_closing(void) {
  struct fixture f;
  struct there there;
  struct task slow;
  struct came it;
  pthread_t thread;
  begin_counting();
  init(&slow, SLOW);
  fixture_open(&f, FIXTURE_PLAIN);
  struct visitor visitor = {.to = lariat_reactor_mailbox(f.reactor),
                            .slow = &slow};
  init(&visitor.task, GIVE);
  open_there(&there);
  lariat_deferred_release(send_to(there.mailbox, &f, &slow, &it));
  wait_begun(&slow);
  pthread_create(&thread, NULL, visit, &visitor);
  fixture_close_reactor(&f, PATIENCE_MS);
  pthread_join(thread, NULL);
  CU_ASSERT_EQUAL(visitor.status, LARIAT_ECLOSED);
  CU_ASSERT_EQUAL(it.status, LARIAT_ECLOSED);
  lariat_mailbox_release(visitor.to);
  close_there(&there);
  fixture_close(&f);
  check_counts(2);
}

/* The word that calls it off is in the mailbox when that closes. */
static void test_called_off_too_late(void) {
  struct fixture f;
  struct there there;
  struct task task;
  struct came it;
  begin_counting();
  init(&task, STOPS);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  lariat_deferred *d = send_to(there.mailbox, &f, &task, &it);
  wait_begun(&task);
  lariat_deferred_cancel(d);
  gate_set(&task.go_on, true);
  pthread_join(there.thread, NULL);
  lariat_deferred_release(d);
  lariat_mailbox_release(there.mailbox);
  fixture_close(&f);
  CU_ASSERT_EQUAL(it.fires, 1);
  check_counts(1);
}

/* The other reactor has closed before the call is cancelled. */
static void test_called_off_after_the_end(void) {
  struct fixture f;
  struct there there;
  struct task task;
  struct came it;
  begin_counting();
  init(&task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  lariat_deferred *d = send_to(there.mailbox, &f, &task, &it);
  end_there(&there);
  lariat_deferred_cancel(d);
  CU_ASSERT_EQUAL(it.status, LARIAT_ECANCELLED);
  lariat_deferred_release(d);
  lariat_mailbox_release(there.mailbox);
  fixture_close(&f);
  CU_ASSERT_EQUAL(it.fires, 1);
  check_counts(1);
}

/* More replies have come than the one turn of a close takes. */
static void test_many_unread_when_closing(void) {
  enum { CALLS = 3000 };
  static struct came it[CALLS];
  struct fixture f;
  struct there there;
  struct task task;
  begin_counting();
  init(&task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  for (int i = 0; i < CALLS; i++)
    lariat_deferred_release(send_to(there.mailbox, &f, &task, &it[i]));
  end_there(&there);
  fixture_close_reactor(&f, 0);
  lariat_mailbox_release(there.mailbox);
  fixture_close(&f);
  for (int i = 0; i < CALLS; i++) CU_ASSERT_EQUAL(it[i].fires, 1);
  check_counts(CALLS);
}

/* ---- Wrong threads ---- */

static void *defer_elsewhere(void *context) {
  struct fixture *f = context;
  lariat_mailbox *own = lariat_reactor_mailbox(f->reactor);
  lariat_deferred *d =
      lariat_mailbox_defer(own, f->reactor, function, NULL, destroy);
  bool failed = lariat_is_failure(lariat_deferred_peek(d));
  lariat_deferred_forget(d);
  lariat_mailbox_release(own);
  return failed ? NULL : context;
}

static void test_wrong_thread(void) {
  struct fixture f;
  pthread_t thread;
  void *trouble = NULL;
  begin_counting();
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_set_checks(false);
  pthread_create(&thread, NULL, defer_elsewhere, &f);
  pthread_join(thread, &trouble);
  lariat_set_checks(true);
  CU_ASSERT_PTR_NULL(trouble);
  fixture_close(&f);
  check_counts(1);
}

static void use_in_child(void *context) {
  lariat_mailbox *mailbox = context;
  lariat_reactor *reactor = NULL;
  lariat_value out;
  bool refused = lariat_mailbox_call_and_wait(mailbox, function, NULL, NULL,
                                              &out) == LARIAT_EFORKED;
  lariat_value_drop(out);
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return;
  lariat_deferred *d =
      lariat_mailbox_defer(mailbox, reactor, function, NULL, NULL);
  refused = refused &&
            lariat_failure_status(lariat_deferred_peek(d)) == LARIAT_EFORKED;
  lariat_deferred_forget(d);
  (void)lariat_reactor_close(reactor, 0);
  if (refused) abort(); /* which is what the parent looks for */
}

static void test_forked(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_mailbox *own = lariat_reactor_mailbox(f.reactor);
  CU_ASSERT_TRUE(fixture_aborts(use_in_child, own));
  lariat_mailbox_release(own);
  fixture_close(&f);
}

/* ---- Memory ---- */

static void test_every_allocation_fails(void) {
  for (uint64_t nth = 1; nth < 4; nth++) {
    struct fixture f;
    struct task task;
    struct came it;
    begin_counting();
    init(&task, GIVE);
    fixture_open(&f, FIXTURE_PLAIN);
    lariat_mailbox *own = lariat_reactor_mailbox(f.reactor);
    fixture_fail_allocation(&f, nth);
    lariat_deferred_release(send_to(own, &f, &task, &it));
    fixture_fail_allocation(&f, 0);
    wait_for(&f, &it, nth < 3 ? LARIAT_ENOMEM : LARIAT_OK);
    lariat_mailbox_release(own);
    fixture_close(&f);
    check_counts(1);
  }
}

static void test_wait_without_memory(void) {
  struct fixture f;
  struct there there;
  struct task task;
  lariat_value out;
  begin_counting();
  init(&task, GIVE);
  fixture_open(&f, FIXTURE_PLAIN);
  open_there(&there);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_mailbox_call_and_wait(there.mailbox, function, &task,
                                               destroy, &out),
                  LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  lariat_value_drop(out);
  close_there(&there);
  fixture_close(&f);
  check_counts(1);
}

/* The chain of the deferred that is waited for cannot grow. */
static lariat_value crowded(void *context) {
  struct fixture *f = context;
  lariat_deferred *d =
      lariat_deferred_new(lariat_reactor_current(), NULL, NULL, NULL);
  for (int i = 0; i < LR_DEFERRED_PAIRS; i++)
    lariat_deferred_add_callback(d, came, NULL);
  fixture_fail_allocation(f, 1);
  return lariat_deferred_value(d);
}

static void test_deferred_without_memory(void) {
  struct fixture f;
  struct came it = {0, LARIAT_OK};
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_mailbox *own = lariat_reactor_mailbox(f.reactor);
  lariat_deferred *d = lariat_mailbox_defer(own, f.reactor, crowded, &f, NULL);
  lariat_deferred_release(lariat_deferred_add_both(d, came, &it));
  wait_for(&f, &it, LARIAT_ENOMEM);
  lariat_mailbox_release(own);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"values, failures, deferreds come back", test_outcomes},
      {"a call to the reactor itself", test_to_itself},
      {"cancelled before, in and after the function", test_cancelled},
      {"the other reactor closes", test_there_closes},
      {"the caller's reactor closes", test_here_closes},
      {"it closes with the value in the mailbox", test_here_closes_with_mail},
      {"cancel races with completion", test_cancel_races},
      {"bad input is refused by name", test_bad_input},
      {"a thread waits", test_wait},
      {"waiting inside a turn is refused", test_wait_refused_in_a_turn},
      {"what a thread waits for closes", test_wait_and_close},
      {"sent while the reactor closes", test_sent_when_closing},
      {"delivered while the reactor closes", test_delivered_when_closing},
      {"visited while the reactor closes", test_visited_when_closing},
      {"called off while the other one closes", test_called_off_too_late},
      {"called off when the other one has closed",
       test_called_off_after_the_end},
      {"many values are unread when the reactor closes",
       test_many_unread_when_closing},
      {"the wrong thread is refused", test_wrong_thread},
      {"a forked child is refused", test_forked},
      {"each allocation fails in turn", test_every_allocation_fails},
      {"no memory to wait with", test_wait_without_memory},
      {"no memory to wait for a deferred", test_deferred_without_memory},
  };
  return fixture_main("thread_call", tests, FIXTURE_COUNT(tests), argc, argv);
}
