/* SPDX-License-Identifier: MIT
 * labels: threads
 * calls_test.c: call_soon, call_later, call_at, call_from_thread. */
#include <pthread.h>
#include <string.h>

#include "reactor/reactor.h"
#include "support/fixture.h"

/* What happened, a letter each: lower case for a call, upper case for the
 * destructor of the same letter's context. */
static char diary[256];

static void write_down(char letter) {
  size_t length = strlen(diary);
  if (length + 1 < sizeof diary) {
    diary[length] = letter;
    diary[length + 1] = '\0';
  }
}

struct task {
  char letter;
  lariat_reactor *reactor;
  struct task *soon;  /* called soon by the call */
  struct task *later; /* called later, `ms` from then */
  uint64_t ms;
  lariat_timer timer;
  lariat_timer *cancels;
  lariat_status cancelled;
};

static void run_task(void *context);

static void destroy_task(void *context) {
  const struct task *task = context;
  write_down((char)(task->letter - 'a' + 'A'));
}

static lariat_status soon(struct task *task) {
  return lariat_reactor_call_soon(task->reactor, run_task, task, destroy_task);
}

static lariat_status later(struct task *task, uint64_t ms) {
  return lariat_reactor_call_later(task->reactor, ms, run_task, task,
                                   destroy_task, &task->timer);
}

static lariat_status at(struct task *task, uint64_t at_ns) {
  return lariat_reactor_call_at(task->reactor, at_ns, run_task, task,
                                destroy_task, &task->timer);
}

static void run_task(void *context) {
  struct task *task = context;
  write_down(task->letter);
  if (task->soon) CU_ASSERT_EQUAL(soon(task->soon), LARIAT_OK);
  if (task->later) CU_ASSERT_EQUAL(later(task->later, task->ms), LARIAT_OK);
  if (task->cancels)
    task->cancelled =
        lariat_reactor_cancel_timer(task->reactor, *task->cancels);
}

enum { TASKS = 4 };
static struct task tasks[TASKS];

static void open_diary(struct fixture *f) {
  fixture_open(f, FIXTURE_MANUAL_CLOCK);
  memset(tasks, 0, sizeof tasks);
  for (int i = 0; i < TASKS; i++) {
    tasks[i].letter = (char)('a' + i);
    tasks[i].reactor = f->reactor;
  }
  diary[0] = '\0';
}

static void test_soon(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(soon(&tasks[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(soon(&tasks[1]), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(diary, "");
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "aAbB");
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "aAbB");
  fixture_close(&f);
}

/* A call that calls itself again gets one call a turn. */
static void test_soon_from_soon(void) {
  struct fixture f;
  open_diary(&f);
  tasks[0].soon = &tasks[0];
  CU_ASSERT_EQUAL(soon(&tasks[0]), LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "aA");
  fixture_turns(&f, 2);
  CU_ASSERT_STRING_EQUAL(diary, "aAaAaA");
  tasks[0].soon = NULL;
  fixture_turns(&f, 2);
  CU_ASSERT_STRING_EQUAL(diary, "aAaAaAaA");
  fixture_close(&f);
}

static void count_up(void *context) { ++*(int *)context; }

static void test_many_soon(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  int count = 0;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 1000; i++)
      CU_ASSERT_EQUAL(
          lariat_reactor_call_soon(f.reactor, count_up, &count, NULL),
          LARIAT_OK);
    fixture_turns(&f, 1);
    CU_ASSERT_EQUAL(count, 1000 * (round + 1));
  }
  fixture_close(&f);
}

static void test_later(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(later(&tasks[0], 30), LARIAT_OK);
  CU_ASSERT_EQUAL(later(&tasks[1], 10), LARIAT_OK);
  CU_ASSERT_EQUAL(later(&tasks[2], 10), LARIAT_OK);
  CU_ASSERT_EQUAL(later(&tasks[3], 0), LARIAT_OK);
  CU_ASSERT_NOT_EQUAL(tasks[0].timer.id, 0);
  fixture_settle(&f);
  CU_ASSERT_STRING_EQUAL(diary, "dD");
  fixture_advance(&f, 9);
  CU_ASSERT_STRING_EQUAL(diary, "dD");
  fixture_advance(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "dDbBcC");
  fixture_advance(&f, 1000);
  CU_ASSERT_STRING_EQUAL(diary, "dDbBcCaA");
  fixture_close(&f);
}

/* A timer set to now by a timer waits a turn, and others are not held up. */
static void test_later_from_later(void) {
  struct fixture f;
  open_diary(&f);
  tasks[0].later = &tasks[0];
  CU_ASSERT_EQUAL(later(&tasks[0], 0), LARIAT_OK);
  CU_ASSERT_EQUAL(later(&tasks[1], 0), LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "aAbB");
  tasks[0].later = NULL;
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "aAbBaA");
  fixture_close(&f);
}

static void move_ns(struct fixture *f, uint64_t ns) {
  lariat_virtual_clock_move_ns(f->virtual_clock, ns);
  fixture_settle(f);
}

/* To the nanosecond, in the order of the instants, and then of the setting. */
static void test_at(void) {
  struct fixture f;
  open_diary(&f);
  uint64_t now_ns = lariat_reactor_now_ns(f.reactor);
  CU_ASSERT_EQUAL(at(&tasks[0], now_ns + 1500001), LARIAT_OK);
  CU_ASSERT_EQUAL(at(&tasks[1], now_ns + 1500000), LARIAT_OK);
  CU_ASSERT_EQUAL(at(&tasks[2], now_ns + 1500000), LARIAT_OK);
  move_ns(&f, 1499999);
  CU_ASSERT_STRING_EQUAL(diary, "");
  move_ns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "bBcC");
  move_ns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "bBcCaA");
  fixture_close(&f);
}

/* A timer of an instant is one like others: it is listed, moved, cancelled. */
static void test_at_is_a_timer(void) {
  struct fixture f;
  open_diary(&f);
  uint64_t now_ns = lariat_reactor_now_ns(f.reactor);
  uint64_t at_ns = 0;
  CU_ASSERT_EQUAL(at(&tasks[0], now_ns + 7), LARIAT_OK);
  CU_ASSERT_EQUAL(at(&tasks[1], now_ns + 7), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, NULL, 0), 2);
  CU_ASSERT_EQUAL(lariat_reactor_timer_time(f.reactor, tasks[0].timer, &at_ns),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(at_ns, now_ns + 7);
  CU_ASSERT_EQUAL(lariat_reactor_delay_timer(f.reactor, tasks[0].timer, 1),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, tasks[1].timer),
                  LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(diary, "B");
  move_ns(&f, 1000006);
  CU_ASSERT_STRING_EQUAL(diary, "B");
  move_ns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "BaA");
  fixture_close(&f);
}

/* An instant that has passed is now: in the order of the setting, not of the
 * instants, within a turn; and the last instant there is never comes. */
static void test_at_extremes(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(at(&tasks[0], 0), LARIAT_OK);
  CU_ASSERT_EQUAL(at(&tasks[1], UINT64_MAX), LARIAT_OK);
  CU_ASSERT_EQUAL(at(&tasks[2], UINT64_MAX - 1), LARIAT_OK);
  fixture_settle(&f);
  CU_ASSERT_STRING_EQUAL(diary, "aA");
  fixture_advance(&f, 1000000000);
  CU_ASSERT_STRING_EQUAL(diary, "aA");
  fixture_expect_timers(&f, 2);
  fixture_close(&f);
  CU_ASSERT_EQUAL(strlen(diary), 4);
}

/* On the real clock: not before its time. */
static void note_time(void *context) {
  uint64_t *ran_ns = context;
  *ran_ns = lariat_reactor_now_ns(lariat_reactor_current());
}

static bool has_run(void *context) { return *(uint64_t *)context != 0; }

static void test_at_real_time(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  for (uint64_t delay_ns = 0; delay_ns < 1000000; delay_ns += 33333) {
    uint64_t ran_ns = 0;
    uint64_t at_ns = lariat_reactor_now_ns(f.reactor) + delay_ns;
    CU_ASSERT_EQUAL(lariat_reactor_call_at(f.reactor, at_ns, note_time, &ran_ns,
                                           NULL, NULL),
                    LARIAT_OK);
    CU_ASSERT_TRUE_FATAL(fixture_run_until(&f, has_run, &ran_ns, 1000));
    CU_ASSERT(ran_ns >= at_ns);
  }
  fixture_close(&f);
}

static void test_far_future(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(later(&tasks[0], UINT64_MAX), LARIAT_OK);
  fixture_advance(&f, 1000000000);
  CU_ASSERT_STRING_EQUAL(diary, "");
  fixture_expect_timers(&f, 1);
  fixture_close(&f);
  CU_ASSERT_STRING_EQUAL(diary, "A");
}

static void test_cancel(void) {
  struct fixture f;
  open_diary(&f);
  lariat_timer none = {0};
  lariat_timer strange = {77};
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, none),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, strange),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(later(&tasks[0], 10), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, tasks[0].timer),
                  LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(diary, "A");
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, tasks[0].timer),
                  LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(later(&tasks[1], 10), LARIAT_OK);
  CU_ASSERT_NOT_EQUAL(tasks[1].timer.id, tasks[0].timer.id);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, tasks[0].timer),
                  LARIAT_ECANCELLED);
  fixture_advance(&f, 10);
  CU_ASSERT_STRING_EQUAL(diary, "AbB");
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, tasks[1].timer),
                  LARIAT_EALREADY);
  fixture_close(&f);
}

static void test_fates_are_remembered(void) {
  struct fixture f;
  open_diary(&f);
  lariat_timer names[70];
  for (int i = 0; i < 70; i++) {
    CU_ASSERT_EQUAL(later(&tasks[0], 10), LARIAT_OK);
    names[i] = tasks[0].timer;
    if (i % 3 != 0) fixture_advance(&f, 10);
    (void)lariat_reactor_cancel_timer(f.reactor, names[i]);
  }
  for (int i = 0; i < 70; i++) {
    lariat_status expected = i % 3 == 0 ? LARIAT_ECANCELLED : LARIAT_EALREADY;
    if (i < 6) expected = LARIAT_ENOTFOUND; /* more than 64 came after it */
    CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, names[i]), expected);
    CU_ASSERT_EQUAL(lariat_reactor_reset_timer(f.reactor, names[i], 1),
                    expected);
    CU_ASSERT_EQUAL(lariat_reactor_delay_timer(f.reactor, names[i], 1),
                    expected);
  }
  lariat_timer next = {names[69].id + ((uint64_t)1 << 32)};
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, next),
                  LARIAT_ENOTFOUND);
  fixture_close(&f);
}

static uint64_t ms_left(const struct fixture *f, lariat_timer timer) {
  uint64_t at_ns = 0;
  CU_ASSERT_EQUAL(lariat_reactor_timer_time(f->reactor, timer, &at_ns),
                  LARIAT_OK);
  return (at_ns - lariat_reactor_now_ns(f->reactor)) / 1000000;
}

static void test_reset(void) {
  struct fixture f;
  open_diary(&f);
  for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(later(&tasks[i], 10), LARIAT_OK);
  fixture_advance(&f, 5);
  CU_ASSERT_EQUAL(lariat_reactor_reset_timer(f.reactor, tasks[0].timer, 10),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_reset_timer(f.reactor, tasks[2].timer, 1),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(ms_left(&f, tasks[0].timer), 10);
  fixture_advance(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "cC");
  fixture_advance(&f, 8);
  CU_ASSERT_STRING_EQUAL(diary, "cCbB");
  CU_ASSERT_TRUE(lariat_reactor_timer_active(f.reactor, tasks[0].timer));
  fixture_advance(&f, 1);
  CU_ASSERT_FALSE(lariat_reactor_timer_active(f.reactor, tasks[0].timer));
  CU_ASSERT_STRING_EQUAL(diary, "cCbBaA");
  fixture_close(&f);
}

static void test_delay(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(later(&tasks[0], 10), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_delay_timer(f.reactor, tasks[0].timer, 10),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(ms_left(&f, tasks[0].timer), 20);
  CU_ASSERT_EQUAL(lariat_reactor_delay_timer(f.reactor, tasks[0].timer, -5),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(ms_left(&f, tasks[0].timer), 15);
  CU_ASSERT_EQUAL(
      lariat_reactor_delay_timer(f.reactor, tasks[0].timer, INT64_MAX),
      LARIAT_OK);
  fixture_advance(&f, 1000000);
  CU_ASSERT_STRING_EQUAL(diary, "");
  CU_ASSERT_EQUAL(
      lariat_reactor_reset_timer(f.reactor, tasks[0].timer, UINT64_MAX),
      LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_delay_timer(f.reactor, tasks[0].timer, INT64_MIN),
      LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_delay_timer(f.reactor, tasks[0].timer, INT64_MIN),
      LARIAT_OK);
  fixture_settle(&f);
  CU_ASSERT_STRING_EQUAL(diary, "aA");
  fixture_close(&f);
}

static void test_timers_listed(void) {
  struct fixture f;
  open_diary(&f);
  lariat_timer names[2];
  uint64_t at_ns = 0;
  CU_ASSERT_EQUAL(lariat_reactor_timers(NULL, NULL, 0), 0);
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, NULL, 0), 0);
  for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(later(&tasks[i], 10), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, names, 2), 3);
  CU_ASSERT_EQUAL(names[0].id, tasks[0].timer.id);
  CU_ASSERT_EQUAL(names[1].id, tasks[1].timer.id);
  CU_ASSERT_EQUAL(lariat_reactor_timer_time(f.reactor, names[0], NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_timer_time(NULL, names[0], &at_ns),
                  LARIAT_EINVAL);
  fixture_advance(&f, 10);
  CU_ASSERT_EQUAL(lariat_reactor_timers(f.reactor, names, 2), 0);
  CU_ASSERT_EQUAL(lariat_reactor_timer_time(f.reactor, names[0], &at_ns),
                  LARIAT_EALREADY);
  fixture_close(&f);
}

static void test_cancel_inside(void) {
  struct fixture f;
  open_diary(&f);
  tasks[0].cancels = &tasks[0].timer;
  tasks[1].cancels = &tasks[2].timer;
  for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(later(&tasks[i], 10), LARIAT_OK);
  fixture_advance(&f, 10);
  CU_ASSERT_STRING_EQUAL(diary, "aAbCB");
  CU_ASSERT_EQUAL(tasks[0].cancelled, LARIAT_EALREADY);
  CU_ASSERT_EQUAL(tasks[1].cancelled, LARIAT_OK);
  fixture_close(&f);
}

/* Slots are used again: many timers one after the other need few blocks. */
static void test_slots_reused(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  int count = 0;
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 1, count_up, &count, NULL, NULL),
      LARIAT_OK);
  fixture_advance(&f, 1);
  uint64_t before = fixture_allocations(&f);
  for (int i = 0; i < 1000; i++) {
    CU_ASSERT_EQUAL(
        lariat_reactor_call_later(f.reactor, 1, count_up, &count, NULL, NULL),
        LARIAT_OK);
    fixture_advance(&f, 1);
  }
  CU_ASSERT_EQUAL(count, 1001);
  CU_ASSERT_EQUAL(fixture_allocations(&f), before);
  fixture_close(&f);
}

static void test_closed_with_calls(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(soon(&tasks[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(later(&tasks[1], 10), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_call_from_thread(f.reactor, run_task,
                                                  &tasks[2], destroy_task),
                  LARIAT_OK);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_STRING_EQUAL(diary, "CAB");
  fixture_close(&f);
}

static void add_when_destroyed(void *context) {
  struct task *task = context;
  task->cancelled = soon(task);
  write_down('X');
}

static void test_refused_while_closing(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, run_task, &tasks[0],
                                           add_when_destroyed),
                  LARIAT_OK);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(tasks[0].cancelled, LARIAT_ECLOSED);
  CU_ASSERT_STRING_EQUAL(diary, "X");
  fixture_close(&f);
}

static void test_refusals(void) {
  struct fixture f;
  open_diary(&f);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(NULL, run_task, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 1, NULL, NULL, NULL, NULL),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_call_at(f.reactor, 1, NULL, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_call_at(NULL, 1, run_task, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_call_from_thread(f.reactor, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_mailbox_call(NULL, run_task, NULL, NULL),
                  LARIAT_EINVAL);
  fixture_close(&f);
}

/* Each allocation fails in turn; the context stays the caller's until it
 * works. */
static void test_out_of_memory(void) {
  struct fixture f;
  open_diary(&f);
  static const uint64_t failing[] = {1, 2, 2}; /* the table, slot, heap */
  for (size_t i = 0; i < FIXTURE_COUNT(failing); i++) {
    fixture_fail_allocation(&f, failing[i]);
    CU_ASSERT_EQUAL(i % 2 ? at(&tasks[0], 1) : later(&tasks[0], 1),
                    LARIAT_ENOMEM);
    CU_ASSERT_STRING_EQUAL(diary, "");
  }
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(soon(&tasks[1]), LARIAT_ENOMEM);
  CU_ASSERT_EQUAL(soon(&tasks[1]), LARIAT_OK);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_reactor_call_from_thread(f.reactor, run_task,
                                                  &tasks[2], destroy_task),
                  LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(later(&tasks[0], 1), LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_STRING_EQUAL(diary, "bB");
  fixture_advance(&f, 1);
  CU_ASSERT_EQUAL(strncmp(diary, "bBaA", 4), 0);
  fixture_close(&f);
}

/* ---- Threads ---- */

enum { CALLS = 2000 };

struct caller {
  pthread_t thread;
  lariat_mailbox *mailbox;
  lr_atomic_u32 refused;
  int index;
  int next;
};

struct numbered {
  struct caller *from;
  int number;
};

static struct numbered numbered[2][CALLS];

static void take_numbered(void *context) {
  const struct numbered *call = context;
  CU_ASSERT_EQUAL(call->number, call->from->next);
  call->from->next++;
}

static void *call_much(void *context) {
  struct caller *self = context;
  struct numbered *mine = numbered[self->index];
  for (int i = 0; i < CALLS; i++)
    if (lariat_mailbox_call(self->mailbox, take_numbered, &mine[i], NULL) !=
        LARIAT_OK)
      lr_u32_add_relaxed(&self->refused, 1);
  lariat_mailbox_release(self->mailbox);
  return NULL;
}

static bool all_there(void *context) {
  const struct caller *callers = context;
  return callers[0].next == CALLS && callers[1].next == CALLS;
}

static void test_from_threads(void) {
  struct fixture f;
  struct caller callers[2];
  fixture_open(&f, FIXTURE_PLAIN);
  for (int i = 0; i < 2; i++) {
    for (int k = 0; k < CALLS; k++)
      numbered[i][k] = (struct numbered){&callers[i], k};
    callers[i].mailbox = lariat_reactor_mailbox(f.reactor);
    lr_u32_init(&callers[i].refused, 0);
    callers[i].index = i;
    callers[i].next = 0;
  }
  for (int i = 0; i < 2; i++)
    pthread_create(&callers[i].thread, NULL, call_much, &callers[i]);
  CU_ASSERT_TRUE(fixture_run_until(&f, all_there, callers, 20000));
  for (int i = 0; i < 2; i++) {
    pthread_join(callers[i].thread, NULL);
    CU_ASSERT_EQUAL(lr_u32_load_relaxed(&callers[i].refused), 0);
  }
  fixture_close(&f);
}

static void test_mailbox_outlives(void) {
  struct fixture f;
  open_diary(&f);
  lariat_mailbox *mailbox = lariat_reactor_mailbox(f.reactor);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(
      lariat_mailbox_call(mailbox, run_task, &tasks[0], destroy_task),
      LARIAT_ECLOSED);
  CU_ASSERT_STRING_EQUAL(diary, "");
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"call_soon runs in the next turn", test_soon},
      {"call_soon from a call is for the turn after", test_soon_from_soon},
      {"many calls in one turn", test_many_soon},
      {"call_later runs in order and not early", test_later},
      {"call_later from a timer is for the turn after", test_later_from_later},
      {"call_at runs at its instant", test_at},
      {"a call at an instant is a timer", test_at_is_a_timer},
      {"instants that have passed, and that never come", test_at_extremes},
      {"call_at on the real clock is not early", test_at_real_time},
      {"a timer of the far future", test_far_future},
      {"a cancelled timer does not run", test_cancel},
      {"how a timer ended is remembered", test_fates_are_remembered},
      {"a timer can be set anew", test_reset},
      {"a timer can be moved", test_delay},
      {"the timers that are set are listed", test_timers_listed},
      {"timers cancelled from inside timers", test_cancel_inside},
      {"timer slots are used again", test_slots_reused},
      {"close destroys the contexts of what did not run",
       test_closed_with_calls},
      {"calls are refused while closing", test_refused_while_closing},
      {"bad arguments are refused", test_refusals},
      {"out of memory leaves the context with the caller", test_out_of_memory},
      {"calls from threads run in order", test_from_threads},
      {"a mailbox outlives its reactor", test_mailbox_outlives},
  };
  return fixture_main("calls", tests, FIXTURE_COUNT(tests), argc, argv);
}
