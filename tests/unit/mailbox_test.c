/* SPDX-License-Identifier: MIT
 * labels: threads
 * mailbox_test.c: the inbox, its sleep mark and its end. */
#include "reactor/mailbox.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "support/fixture.h"

struct letter {
  lr_mail mail;
  int number;
};

static void make_letters(struct letter *letters, int count) {
  for (int i = 0; i < count; i++) {
    letters[i].mail = (lr_mail){.ops = NULL};
    letters[i].number = i + 1;
  }
}

/* The numbers of a chain as decimal digits. */
static int digits_of(const lr_mail *mail) {
  int digits = 0;
  for (; mail; mail = mail->next)
    digits = digits * 10 + ((const struct letter *)(const void *)mail)->number;
  return digits;
}

static bool is_readable(const lariat_mailbox *mailbox) {
  struct pollfd entry = {mailbox->eventfd, POLLIN, 0};
  return poll(&entry, 1, 0) == 1;
}

static lariat_mailbox *new_mailbox(void) {
  lariat_mailbox *mailbox = NULL;
  CU_ASSERT_EQUAL_FATAL(lr_mailbox_new(&mailbox), LARIAT_OK);
  return mailbox;
}

static void test_order(void) {
  struct fixture f;
  struct letter letters[6];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  make_letters(letters, 6);
  lariat_mailbox *mailbox = new_mailbox();
  CU_ASSERT_PTR_NULL(lr_mailbox_drain(mailbox));
  for (int i = 0; i < 2; i++)
    CU_ASSERT_TRUE(lr_mailbox_push(mailbox, &letters[i].mail));
  letters[2].mail.next = &letters[3].mail;
  letters[3].mail.next = &letters[4].mail;
  CU_ASSERT_TRUE(
      lr_mailbox_push_chain(mailbox, &letters[2].mail, &letters[4].mail));
  CU_ASSERT_TRUE(lr_mailbox_push(mailbox, &letters[5].mail));
  lr_mail *all = lr_mailbox_drain(mailbox);
  CU_ASSERT_EQUAL(digits_of(all), 123456);
  CU_ASSERT_PTR_EQUAL(all->end, &letters[5].mail);
  CU_ASSERT_PTR_NULL(lr_mailbox_drain(mailbox));
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

static void test_wakes_once(void) {
  struct fixture f;
  struct letter letters[3];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  make_letters(letters, 3);
  lariat_mailbox *mailbox = new_mailbox();
  CU_ASSERT_TRUE(lr_mailbox_push(mailbox, &letters[0].mail));
  CU_ASSERT_FALSE(is_readable(mailbox));
  CU_ASSERT_FALSE(lr_mailbox_sleep(mailbox));
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(mailbox)), 1);
  CU_ASSERT_TRUE(lr_mailbox_sleep(mailbox));
  CU_ASSERT_TRUE(lr_mailbox_sleep(mailbox));
  CU_ASSERT_TRUE(lr_mailbox_push(mailbox, &letters[1].mail));
  CU_ASSERT_TRUE(is_readable(mailbox));
  lr_mailbox_clear_wake(mailbox);
  CU_ASSERT_FALSE(is_readable(mailbox));
  CU_ASSERT_TRUE(lr_mailbox_push(mailbox, &letters[2].mail));
  CU_ASSERT_FALSE(is_readable(mailbox));
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(mailbox)), 23);
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

/* The owner may be gone before the wake-up: the push has a reference of its
 * own, if there is a wake-up to come. */
static void test_owner_gone_before_wake(void) {
  struct fixture f;
  struct letter letters[2];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  make_letters(letters, 2);
  lariat_mailbox *mailbox = new_mailbox();
  CU_ASSERT_EQUAL(
      lr_mailbox_begin_push(mailbox, &letters[0].mail, &letters[0].mail),
      LR_PUSH_DONE);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&mailbox->count), 1);
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(mailbox)), 1);
  CU_ASSERT_TRUE(lr_mailbox_sleep(mailbox));
  CU_ASSERT_EQUAL(
      lr_mailbox_begin_push(mailbox, &letters[1].mail, &letters[1].mail),
      LR_PUSH_NEEDS_WAKE);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&mailbox->count), 2);
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_close(mailbox)), 2);
  lariat_mailbox_release(mailbox);
  lr_mailbox_end_push(mailbox);
  fixture_close(&f);
}

static void test_drain_awakes(void) {
  struct fixture f;
  struct letter letters[1];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  make_letters(letters, 1);
  lariat_mailbox *mailbox = new_mailbox();
  CU_ASSERT_TRUE(lr_mailbox_sleep(mailbox));
  CU_ASSERT_PTR_NULL(lr_mailbox_drain(mailbox));
  CU_ASSERT_TRUE(lr_mailbox_push(mailbox, &letters[0].mail));
  CU_ASSERT_FALSE(is_readable(mailbox));
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_drain(mailbox)), 1);
  lr_mailbox_wake(mailbox);
  lr_mailbox_wake(mailbox);
  CU_ASSERT_TRUE(is_readable(mailbox));
  lr_mailbox_clear_wake(mailbox);
  lr_mailbox_clear_wake(mailbox);
  CU_ASSERT_FALSE(is_readable(mailbox));
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

static bool is_told(int epoll) {
  struct epoll_event event;
  return epoll_wait(epoll, &event, 1, 0) == 1;
}

/* Who looks for edges and never reads is told of each wake-up, also when the
 * counter is full. */
static void test_full_counter(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_mailbox *mailbox = new_mailbox();
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  CU_ASSERT_EQUAL(epoll_ctl(epoll, EPOLL_CTL_ADD, mailbox->eventfd, &event), 0);
  lr_mailbox_wake(mailbox);
  CU_ASSERT_TRUE(is_told(epoll));
  CU_ASSERT_FALSE(is_told(epoll));
  CU_ASSERT_EQUAL(eventfd_write(mailbox->eventfd, UINT64_MAX - 2), 0);
  CU_ASSERT_TRUE(is_told(epoll));
  CU_ASSERT_FALSE(is_told(epoll));
  lr_mailbox_wake(mailbox);
  CU_ASSERT_TRUE(is_told(epoll));
  eventfd_t count = 0;
  CU_ASSERT_EQUAL(eventfd_read(mailbox->eventfd, &count), 0);
  CU_ASSERT_EQUAL(count, 1);
  close(epoll);
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

static void test_close(void) {
  struct fixture f;
  struct letter letters[5];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  make_letters(letters, 5);
  lariat_mailbox *mailbox = new_mailbox();
  for (int i = 0; i < 2; i++)
    CU_ASSERT_TRUE(lr_mailbox_push(mailbox, &letters[i].mail));
  CU_ASSERT_EQUAL(digits_of(lr_mailbox_close(mailbox)), 12);
  letters[2].mail.next = &letters[3].mail;
  letters[3].mail.next = &letters[4].mail;
  CU_ASSERT_FALSE(
      lr_mailbox_push_chain(mailbox, &letters[2].mail, &letters[4].mail));
  CU_ASSERT_EQUAL(digits_of(&letters[2].mail), 345);
  CU_ASSERT_PTR_NULL(lr_mailbox_drain(mailbox));
  CU_ASSERT_FALSE(lr_mailbox_sleep(mailbox));
  CU_ASSERT_FALSE(lr_mailbox_push(mailbox, &letters[0].mail));
  CU_ASSERT_FALSE(is_readable(mailbox));
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

static void test_close_asleep(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_mailbox *mailbox = new_mailbox();
  CU_ASSERT_TRUE(lr_mailbox_sleep(mailbox));
  CU_ASSERT_PTR_NULL(lr_mailbox_close(mailbox));
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

static void test_references(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_mailbox *mailbox = new_mailbox();
  CU_ASSERT_PTR_EQUAL(lr_mailbox_retain(mailbox), mailbox);
  lariat_mailbox_release(mailbox);
  CU_ASSERT_EQUAL(fcntl(mailbox->eventfd, F_GETFD), FD_CLOEXEC);
  lariat_mailbox_release(mailbox);
  lariat_mailbox_release(NULL);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_mailbox *mailbox = NULL;
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_mailbox_new(&mailbox), LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(mailbox);
  fixture_close(&f);
}

/* ---- Threads ---- */

enum { THREADS = 4, LETTERS = 5000 };

struct producer {
  pthread_t thread;
  lariat_mailbox *mailbox;
  struct letter letters[LETTERS];
  int next; /* the number that is expected from it */
  lr_atomic_u32 refused;
};

static void *produce(void *context) {
  struct producer *self = context;
  for (int i = 0; i < LETTERS; i++)
    if (!lr_mailbox_push(self->mailbox, &self->letters[i].mail))
      lr_u32_add_relaxed(&self->refused, 1);
  lariat_mailbox_release(self->mailbox);
  return NULL;
}

/* The producer that a letter is from. */
static struct producer *sender(struct producer *all, const lr_mail *mail) {
  const struct letter *letter = (const struct letter *)(const void *)mail;
  for (int i = 0; i < THREADS; i++)
    if (letter >= all[i].letters && letter < all[i].letters + LETTERS)
      return &all[i];
  return NULL;
}

static int receive(struct producer *all, lr_mail *mail) {
  int count = 0;
  for (lr_mail *next; mail; mail = next, count++) {
    next = mail->next;
    struct producer *from = sender(all, mail);
    CU_ASSERT_EQUAL(((struct letter *)(void *)mail)->number, from->next);
    from->next++;
  }
  return count;
}

static void test_threads(void) {
  static struct producer producers[THREADS];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_mailbox *mailbox = new_mailbox();
  for (int i = 0; i < THREADS; i++) {
    make_letters(producers[i].letters, LETTERS);
    producers[i].mailbox = lr_mailbox_retain(mailbox);
    producers[i].next = 1;
    lr_u32_init(&producers[i].refused, 0);
    pthread_create(&producers[i].thread, NULL, produce, &producers[i]);
  }
  int received = 0;
  while (received < THREADS * LETTERS) {
    struct pollfd entry = {mailbox->eventfd, POLLIN, 0};
    if (lr_mailbox_sleep(mailbox)) {
      CU_ASSERT_EQUAL_FATAL(poll(&entry, 1, 10000), 1);
      lr_mailbox_clear_wake(mailbox);
    }
    received += receive(producers, lr_mailbox_drain(mailbox));
  }
  CU_ASSERT_PTR_NULL(lr_mailbox_close(mailbox));
  for (int i = 0; i < THREADS; i++) {
    pthread_join(producers[i].thread, NULL);
    CU_ASSERT_EQUAL(lr_u32_load_relaxed(&producers[i].refused), 0);
  }
  lariat_mailbox_release(mailbox);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"mail comes out in the order it was pushed", test_order},
      {"only the first push to a sleeper wakes it", test_wakes_once},
      {"the owner is gone before the wake-up", test_owner_gone_before_wake},
      {"a drain ends the sleep", test_drain_awakes},
      {"a full counter does not swallow a wake-up", test_full_counter},
      {"a closed mailbox refuses and changes nothing", test_close},
      {"a sleeping mailbox can be closed", test_close_asleep},
      {"the last reference closes the eventfd", test_references},
      {"out of memory makes no mailbox", test_out_of_memory},
      {"four producers, each in order", test_threads},
  };
  return fixture_main("mailbox", tests, FIXTURE_COUNT(tests), argc, argv);
}
