/* SPDX-License-Identifier: MIT
 * labels: threads
 * embed_test.c: a reactor in a foreign poll() loop; nothing is stranded. */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "reactor/reactor_private.h"
#include "support/fixture.h"

static int fd_of(struct fixture *f) {
  lariat_status why = LARIAT_EUSER;
  int fd = lariat_reactor_fd(f->reactor, &why);
  CU_ASSERT_TRUE_FATAL(fd >= 0);
  CU_ASSERT_EQUAL(why, LARIAT_OK);
  return fd;
}

enum { PATIENCE_MS = 50000 };

static bool is_readable(int fd, int wait_ms) {
  struct pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, wait_ms) == 1;
}

static void dispatch(struct fixture *f) {
  CU_ASSERT_EQUAL(lariat_reactor_dispatch(f->reactor), LARIAT_OK);
}

/* A foreign loop: dispatches whenever the descriptor is readable, until
 * `count` reaches `wanted`; false when nothing came for `wait_ms`. */
static bool foreign_loop(struct fixture *f, const int *count, int wanted,
                         int wait_ms) {
  int fd = fd_of(f);
  while (*count < wanted) {
    if (!is_readable(fd, wait_ms)) return false;
    dispatch(f);
  }
  return true;
}

static void count_up(void *context) { ++*(int *)context; }

static void test_quiet(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int fd = fd_of(&f);
  CU_ASSERT_EQUAL(fd_of(&f), fd);
  CU_ASSERT_FALSE(is_readable(fd, 0));
  dispatch(&f);
  CU_ASSERT_FALSE(is_readable(fd, 20));
  fixture_close(&f);
}

static void test_call_soon(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  int fd = fd_of(&f);
  for (int i = 0; i < 5; i++)
    CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, count_up, &count, NULL),
                    LARIAT_OK);
  CU_ASSERT_TRUE(is_readable(fd, 0));
  dispatch(&f);
  CU_ASSERT_EQUAL(count, 5);
  CU_ASSERT_FALSE(is_readable(fd, 0));
  fixture_close(&f);
}

/* What was there before the first look at the descriptor. */
static void test_armed_late(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, count_up, &count, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 5, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_from_thread(f.reactor, count_up, &count, NULL),
      LARIAT_OK);
  CU_ASSERT_TRUE(foreign_loop(&f, &count, 3, PATIENCE_MS));
  fixture_close(&f);
}

struct endless {
  lariat_reactor *reactor;
  int count;
};

static void call_again(void *context) {
  struct endless *endless = context;
  if (++endless->count < 100)
    CU_ASSERT_EQUAL(
        lariat_reactor_call_soon(endless->reactor, call_again, endless, NULL),
        LARIAT_OK);
}

/* One dispatch does not go on for ever; what is left keeps the descriptor
 * readable. */
static void test_left_over(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  struct endless endless = {f.reactor, 0};
  int fd = fd_of(&f);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, call_again, &endless, NULL),
      LARIAT_OK);
  dispatch(&f);
  CU_ASSERT_TRUE(endless.count < 100);
  CU_ASSERT_TRUE(is_readable(fd, 0));
  CU_ASSERT_TRUE(foreign_loop(&f, &endless.count, 100, 0));
  CU_ASSERT_FALSE(is_readable(fd, 0));
  fixture_close(&f);
}

static int delivered;

static void deliver(lr_mail *mail) {
  (void)mail;
  delivered++;
}

static const lr_mail_ops ops = {deliver, deliver};

/* A wake-up is not read: it is over when a dispatch has met it, and the next
 * one is an event again, for a loop that looks for edges as well. */
static void test_wake_ups(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  delivered = 0;
  int fd = fd_of(&f);
  int outer = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  CU_ASSERT_EQUAL(epoll_ctl(outer, EPOLL_CTL_ADD, fd, &event), 0);
  for (int i = 1; i <= 5; i++) {
    lr_mail mail = {.ops = &ops};
    CU_ASSERT_TRUE(lr_mailbox_push(lr_reactor_own_mailbox(f.reactor), &mail));
    CU_ASSERT_TRUE(is_readable(fd, 0));
    CU_ASSERT_EQUAL(epoll_wait(outer, &event, 1, 0), 1);
    dispatch(&f);
    CU_ASSERT_EQUAL(delivered, i);
    CU_ASSERT_FALSE(is_readable(fd, 0));
    CU_ASSERT_EQUAL(epoll_wait(outer, &event, 1, 0), 0);
  }
  eventfd_t count = 0;
  CU_ASSERT_EQUAL(eventfd_read(f.reactor->mailbox->eventfd, &count), 0);
  CU_ASSERT_EQUAL(count, 5);
  close(outer);
  fixture_close(&f);
}

/* More mail than a dispatch delivers. */
static void test_mail_left_over(void) {
  enum { MANY = 10000 };
  static lr_mail mails[MANY];
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  delivered = 0;
  fd_of(&f);
  for (int i = 0; i < MANY; i++) {
    mails[i] = (lr_mail){.ops = &ops};
    CU_ASSERT_TRUE(
        lr_mailbox_push(lr_reactor_own_mailbox(f.reactor), &mails[i]));
  }
  dispatch(&f);
  CU_ASSERT_TRUE(delivered > 0 && delivered < MANY);
  CU_ASSERT_TRUE(foreign_loop(&f, &delivered, MANY, 0));
  lr_reactor_post_local(f.reactor, &mails[0]);
  CU_ASSERT_TRUE(foreign_loop(&f, &delivered, MANY + 1, 0));
  lr_reactor_request_turn(f.reactor);
  CU_ASSERT_TRUE(is_readable(fd_of(&f), 0));
  dispatch(&f);
  CU_ASSERT_FALSE(is_readable(fd_of(&f), 0));
  fixture_close(&f);
}

static void test_timers(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  int fd = fd_of(&f);
  uint64_t start_ms = fixture_real_ms();
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 60, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 20, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_FALSE(is_readable(fd, 0));
  CU_ASSERT_TRUE(foreign_loop(&f, &count, 1, PATIENCE_MS));
  CU_ASSERT_TRUE(fixture_real_ms() - start_ms >= 19);
  CU_ASSERT_TRUE(foreign_loop(&f, &count, 2, PATIENCE_MS));
  CU_ASSERT_TRUE(fixture_real_ms() - start_ms >= 59);
  fixture_close(&f);
}

/* A timer that is cancelled costs at most one empty dispatch, and the one
 * behind it still comes. */
static void test_timer_cancelled(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  lariat_timer timer;
  int fd = fd_of(&f);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 10, count_up, &count, NULL, &timer),
      LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 40, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(f.reactor, timer), LARIAT_OK);
  CU_ASSERT_TRUE(foreign_loop(&f, &count, 1, PATIENCE_MS));
  CU_ASSERT_FALSE(is_readable(fd, 60));
  CU_ASSERT_EQUAL(count, 1);
  fixture_close(&f);
}

struct set_inside {
  lariat_reactor *reactor;
  int *count;
  int left;
};

static void set_next(void *context) {
  struct set_inside *self = context;
  ++*self->count;
  if (--self->left > 0)
    CU_ASSERT_EQUAL(
        lariat_reactor_call_later(self->reactor, 2, set_next, self, NULL, NULL),
        LARIAT_OK);
}

static void test_timer_chain(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  struct set_inside chain = {f.reactor, &count, 20};
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 0, set_next, &chain, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_TRUE(foreign_loop(&f, &count, 20, PATIENCE_MS));
  fixture_close(&f);
}

static void test_manual_clock(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  int count = 0;
  int fd = fd_of(&f);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 0, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_TRUE(is_readable(fd, 0));
  dispatch(&f);
  CU_ASSERT_EQUAL(count, 1);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 5, count_up, &count, NULL, NULL),
      LARIAT_OK);
  CU_ASSERT_FALSE(is_readable(fd, 20));
  fixture_advance(&f, 5);
  CU_ASSERT_EQUAL(count, 2);
  fixture_close(&f);
}

struct nested {
  lariat_reactor *reactor;
  lariat_status status;
};

static void dispatch_inside(void *context) {
  struct nested *nested = context;
  nested->status = lariat_reactor_dispatch(nested->reactor);
}

static void test_nested(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  struct nested nested = {f.reactor, LARIAT_OK};
  fd_of(&f);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_soon(f.reactor, dispatch_inside, &nested, NULL),
      LARIAT_OK);
  dispatch(&f);
  CU_ASSERT_EQUAL(nested.status, LARIAT_EALREADY);
  fixture_close(&f);
}

static void read_byte(int fd, void *context) {
  char byte;
  if (read(fd, &byte, 1) == 1) ++*(int *)context;
}

static void test_reader(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  int ends[2];
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  int fd = fd_of(&f);
  CU_ASSERT_EQUAL(
      lariat_reactor_add_reader(f.reactor, ends[0], read_byte, &count, NULL),
      LARIAT_OK);
  CU_ASSERT_FALSE(is_readable(fd, 0));
  CU_ASSERT_EQUAL(write(ends[1], "x", 1), 1);
  CU_ASSERT_TRUE(foreign_loop(&f, &count, 1, 0));
  CU_ASSERT_FALSE(is_readable(fd, 0));
  fixture_close_reactor(&f, 0);
  close(ends[0]);
  close(ends[1]);
  fixture_close(&f);
}

static void run_mixed(struct fixture *f, int *count) {
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f->reactor, count_up, count, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run_once(f->reactor, 1000), LARIAT_OK);
}

/* run_once and dispatch on one reactor; the mailbox sleeps between them. */
static void test_mixed(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int count = 0;
  int fd = fd_of(&f);
  run_mixed(&f, &count);
  CU_ASSERT_EQUAL(count, 1);
  CU_ASSERT_FALSE(is_readable(fd, 0));
  CU_ASSERT_EQUAL(
      lariat_reactor_call_from_thread(f.reactor, count_up, &count, NULL),
      LARIAT_OK);
  CU_ASSERT_TRUE(foreign_loop(&f, &count, 2, 0));
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  int fds[64];
  int opened = 0;
  while (opened < 64 && (opened == 0 || fds[opened - 1] < 63))
    fds[opened++] = dup(STDERR_FILENO);
  lariat_status why = LARIAT_OK;
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_reactor_fd(f.reactor, &why), -1);
  CU_ASSERT_EQUAL(why, LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_TRUE(lariat_reactor_fd(f.reactor, NULL) >= 0);
  while (opened > 0) close(fds[--opened]);
  fixture_close(&f);
}

/* ---- Threads: each waits for its call to be answered before the next ---- */

enum { ROUNDS = 2000 };

struct asker {
  pthread_t thread;
  lariat_mailbox *mailbox;
  lr_atomic_u32 answered;
  lr_atomic_u32 stranded;
};

static int answers;

static void answer(void *context) {
  struct asker *asker = context;
  answers++;
  lr_u32_add_relaxed(&asker->answered, 1);
}

static bool wait_for_answer(const struct asker *asker, uint32_t round) {
  uint64_t end_ms = fixture_real_ms() + PATIENCE_MS;
  while (lr_u32_load_relaxed(&asker->answered) <= round)
    if (fixture_real_ms() > end_ms) return false;
  return true;
}

static void *ask(void *context) {
  struct asker *asker = context;
  for (uint32_t round = 0; round < ROUNDS; round++) {
    if (lariat_mailbox_call(asker->mailbox, answer, asker, NULL) != LARIAT_OK ||
        !wait_for_answer(asker, round)) {
      lr_u32_add_relaxed(&asker->stranded, 1);
      break;
    }
  }
  lariat_mailbox_release(asker->mailbox);
  return NULL;
}

static void test_threads(void) {
  struct fixture f;
  struct asker askers[2];
  fixture_open(&f, FIXTURE_PLAIN);
  answers = 0;
  fd_of(&f);
  for (int i = 0; i < 2; i++) {
    askers[i].mailbox = lariat_reactor_mailbox(f.reactor);
    lr_u32_init(&askers[i].answered, 0);
    lr_u32_init(&askers[i].stranded, 0);
    pthread_create(&askers[i].thread, NULL, ask, &askers[i]);
  }
  CU_ASSERT_TRUE(foreign_loop(&f, &answers, 2 * ROUNDS, 6000));
  for (int i = 0; i < 2; i++) {
    pthread_join(askers[i].thread, NULL);
    CU_ASSERT_EQUAL(lr_u32_load_relaxed(&askers[i].stranded), 0);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an idle reactor is quiet", test_quiet},
      {"call_soon makes the descriptor readable", test_call_soon},
      {"what was there before the arming", test_armed_late},
      {"what is left keeps it readable", test_left_over},
      {"wake-ups are met once each and not read", test_wake_ups},
      {"mail that is left keeps it readable", test_mail_left_over},
      {"timers are behind the descriptor", test_timers},
      {"a cancelled timer does not hide the next", test_timer_cancelled},
      {"timers set in a dispatch", test_timer_chain},
      {"a manual clock is looked at in dispatches", test_manual_clock},
      {"a dispatch in a dispatch is refused", test_nested},
      {"readers are behind the descriptor", test_reader},
      {"run_once and dispatch can be mixed", test_mixed},
      {"out of memory does not embed", test_out_of_memory},
      {"calls from threads are not stranded", test_threads},
  };
  return fixture_main("embed", tests, FIXTURE_COUNT(tests), argc, argv);
}
