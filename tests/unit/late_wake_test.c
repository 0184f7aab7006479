/* SPDX-License-Identifier: MIT
 * labels: threads
 * late_wake_test.c: an owner that wakes for another reason takes the mail, ends
 * and frees its mailbox between a pusher's exchange and its wake-up.
 *
 * This program's write() stands in for the C library's.  When a wake-up is
 * about to be written to the descriptor under test, it wakes the owner through
 * a duplicate, waits until the owner has ended, and notes whether the
 * descriptor is still the mailbox's: open, and the same file. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reactor/mailbox.h"
#include "reactor/reactor.h"
#include "support/fixture.h"
#include <lariat/thread_call.h>

static struct {
  lr_atomic_u32 armed;
  int fd;
  int duplicate;
  lr_atomic_u32 ended; /* the owner is gone */
  lr_atomic_u32 late;  /* a wake-up was written after that */
  lr_atomic_u32 valid; /* and its descriptor was the mailbox's */
} trap;

static bool is_same_file(int one, int other) {
  struct stat first, second;
  return fstat(one, &first) == 0 && fstat(other, &second) == 0 &&
         first.st_ino == second.st_ino && fcntl(one, F_GETFD) >= 0;
}

static ssize_t write_now(int fd, const void *bytes, size_t length) {
  return syscall(SYS_write, fd, bytes, length);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (lr_u32_load_acquire(&trap.armed) && fd == trap.fd) {
    lr_u32_store_release(&trap.armed, 0);
    (void)write_now(trap.duplicate, bytes, length);
    while (!lr_u32_load_acquire(&trap.ended)) usleep(100);
    lr_u32_store_release(&trap.late, 1);
    lr_u32_store_release(&trap.valid, is_same_file(fd, trap.duplicate));
  }
  return write_now(fd, bytes, length);
}

static void arm_trap(const lariat_mailbox *mailbox) {
  trap.fd = mailbox->eventfd;
  trap.duplicate = fcntl(mailbox->eventfd, F_DUPFD_CLOEXEC, 0);
  lr_u32_store_release(&trap.ended, 0);
  lr_u32_store_release(&trap.late, 0);
  lr_u32_store_release(&trap.valid, 0);
  lr_u32_store_release(&trap.armed, 1);
}

static void check_trap(void) {
  CU_ASSERT_EQUAL(lr_u32_load_acquire(&trap.late), 1);
  CU_ASSERT_EQUAL(lr_u32_load_acquire(&trap.valid), 1);
  close(trap.duplicate);
}

/* The head is NULL or a mark: nobody else pushes here. */
static void wait_until_asleep(const lariat_mailbox *mailbox) {
  while (!lr_ptr_load_relaxed(&mailbox->head)) usleep(100);
}

struct owner {
  pthread_t thread;
  lariat_reactor *reactor;
  lr_atomic_u32 ready;
};

static void *run_owner(void *context) {
  struct owner *owner = context;
  if (lariat_reactor_new(NULL, &owner->reactor) != LARIAT_OK) return NULL;
  lr_u32_store_release(&owner->ready, 1);
  (void)lariat_reactor_run(owner->reactor);
  (void)lariat_reactor_close(owner->reactor, 0);
  lr_u32_store_release(&trap.ended, 1);
  return NULL;
}

static void open_owner(struct owner *owner) {
  lr_u32_init(&owner->ready, 0);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&owner->thread, NULL, run_owner, owner),
                        0);
  while (!lr_u32_load_acquire(&owner->ready)) usleep(100);
  wait_until_asleep(lr_reactor_own_mailbox(owner->reactor));
}

static void stop_owner(void *context) {
  (void)lariat_reactor_stop(((struct owner *)context)->reactor);
}

static void test_call_from_thread_ends_owner(void) {
  struct fixture f;
  struct owner owner;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_owner(&owner);
  arm_trap(lr_reactor_own_mailbox(owner.reactor));
  CU_ASSERT_EQUAL(
      lariat_reactor_call_from_thread(owner.reactor, stop_owner, &owner, NULL),
      LARIAT_OK);
  pthread_join(owner.thread, NULL);
  check_trap();
  fixture_close(&f);
}

/* The outcome of a function on the fixture's reactor goes to a reactor that
 * ends with it: the journey has the only reference to that one's mailbox. */

struct asker {
  struct owner owner;
  lariat_mailbox *to;
};

static lariat_value answer_when_asleep(void *context) {
  const struct asker *asker = context;
  const lariat_mailbox *mailbox = lr_reactor_own_mailbox(asker->owner.reactor);
  wait_until_asleep(mailbox);
  arm_trap(mailbox);
  return lariat_none();
}

static lariat_value end_asker(lariat_value result, void *context) {
  stop_owner(context);
  return result;
}

static void ask(void *context) {
  struct asker *asker = context;
  lariat_deferred *deferred = lariat_mailbox_defer(
      asker->to, asker->owner.reactor, answer_when_asleep, asker, NULL);
  lariat_deferred_add_both(deferred, end_asker, &asker->owner);
  lariat_deferred_forget(deferred);
}

static bool has_ended(void *context) {
  (void)context;
  return lr_u32_load_acquire(&trap.ended) != 0;
}

static void test_outcome_ends_owner(void) {
  struct fixture f;
  struct asker asker;
  fixture_open(&f, FIXTURE_PLAIN);
  lr_u32_store_release(&trap.ended, 0);
  asker.to = lariat_reactor_mailbox(f.reactor);
  open_owner(&asker.owner);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_from_thread(asker.owner.reactor, ask, &asker, NULL),
      LARIAT_OK);
  CU_ASSERT_TRUE(fixture_run_until(&f, has_ended, NULL, 60000));
  pthread_join(asker.owner.thread, NULL);
  check_trap();
  lariat_mailbox_release(asker.to);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a call that ends its reactor", test_call_from_thread_ends_owner},
      {"an outcome that ends its reactor", test_outcome_ends_owner},
  };
  return fixture_main("late_wake", tests, FIXTURE_COUNT(tests), argc, argv);
}
