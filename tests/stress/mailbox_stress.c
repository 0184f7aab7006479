/* SPDX-License-Identifier: MIT
 * labels: threads long
 * mailbox_stress.c: the mailbox by force.  Producers push singles and chains
 * with tiny random pauses to an owner that sleeps on the eventfd.  First run,
 * at a fast pace and at a slow one that lets the owner sleep: all arrives, in
 * each producer's order, nothing twice, and no wake-up is lost.  Second run,
 * many times over: the mailbox is closed at a random moment, and each mail was
 * delivered, discarded or refused, exactly once.
 *
 *   mailbox_stress [mails a producer [producers [rounds of closing]]] */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include "reactor/mailbox.h"

enum {
  LONGEST_CHAIN = 16,
  WATCHDOG_MS = 10000,
  CLOSING_MAILS = 3000,
  MOST_PRODUCERS = 64
};

struct letter {
  lr_mail mail;
  uint32_t producer;
  uint32_t number;
};

struct producer {
  pthread_t thread;
  lariat_mailbox *mailbox;
  struct letter *letters;
  unsigned char *refused;  /* its own notes: 1 where the push failed */
  unsigned char *received; /* the owner's notes: how often it came */
  uint32_t count;
  uint32_t next; /* the number that the owner expects */
  unsigned seed;
  bool slow;
};

struct stress {
  struct producer *producers;
  unsigned count;
  lariat_mailbox *mailbox;
  uint64_t received;
  uint64_t wakes;
  uint64_t empty_wakes;
  uint64_t faults;
  unsigned seed;
};

static void fault(struct stress *s, const char *what, uint32_t producer,
                  uint32_t number) {
  if (s->faults++ < 10)
    fprintf(stderr, "mailbox_stress: %s: producer %u, mail %u\n", what,
            producer, number);
}

/* ---- Producers ---- */

/* At the fast pace mostly none, sometimes a few hundred loops, now and then
 * the processor is given away; at the slow one always something: so that the
 * owner is met at all points of its turn. */
static void pause_a_little(struct producer *self) {
  int kind = rand_r(&self->seed) % 64;
  if (kind == 0 || (self->slow && kind < 32)) {
    sched_yield();
  } else if (kind < 8 || self->slow) {
    volatile int loops = rand_r(&self->seed) % (self->slow ? 20000 : 400);
    while (loops > 0) loops = loops - 1;
  }
}

/* Links letters [first, first + length), the oldest first. */
static bool push_chain(struct producer *self, uint32_t first, uint32_t length) {
  struct letter *letters = self->letters + first;
  for (uint32_t i = 1; i < length; i++)
    letters[i - 1].mail.next = &letters[i].mail;
  if (length == 1) return lr_mailbox_push(self->mailbox, &letters[0].mail);
  return lr_mailbox_push_chain(self->mailbox, &letters[0].mail,
                               &letters[length - 1].mail);
}

/* A refused chain must come back as it was. */
static bool is_unchanged(const struct producer *self, uint32_t first,
                         uint32_t length) {
  const struct letter *letters = self->letters + first;
  if (letters[length - 1].mail.next) return false;
  for (uint32_t i = 1; i < length; i++)
    if (letters[i - 1].mail.next != &letters[i].mail) return false;
  return true;
}

static void *produce(void *context) {
  struct producer *self = context;
  uint32_t sent = 0;
  while (sent < self->count) {
    uint32_t length = 1;
    if (rand_r(&self->seed) % 2)
      length += (uint32_t)rand_r(&self->seed) % LONGEST_CHAIN;
    if (length > self->count - sent) length = self->count - sent;
    if (!push_chain(self, sent, length))
      memset(self->refused + sent, is_unchanged(self, sent, length) ? 1 : 2,
             length);
    sent += length;
    pause_a_little(self);
  }
  lariat_mailbox_release(self->mailbox);
  return NULL;
}

/* ---- The owner ---- */

static void receive(struct stress *s, lr_mail *mail) {
  for (lr_mail *next; mail; mail = next) {
    next = mail->next;
    struct letter *letter = (struct letter *)(void *)mail;
    struct producer *from = &s->producers[letter->producer];
    if (letter->number != from->next)
      fault(s, "out of order", letter->producer, letter->number);
    from->next = letter->number + 1;
    from->received[letter->number]++;
    s->received++;
    mail->next = NULL;
  }
}

/* Sleeps until a producer wakes it, or, as when a descriptor is ready at that
 * moment, only announces it; false: the watchdog. */
static bool sleep_once(struct stress *s) {
  struct pollfd entry = {s->mailbox->eventfd, POLLIN, 0};
  if (!lr_mailbox_sleep(s->mailbox)) return true;
  if (rand_r(&s->seed) % 8 == 0) return true; /* something else was ready */
  int ready;
  do {
    ready = poll(&entry, 1, WATCHDOG_MS);
  } while (ready < 0 && errno == EINTR);
  if (ready != 1) return false;
  lr_mailbox_clear_wake(s->mailbox);
  s->wakes++;
  return true;
}

/* Receives `wanted` mails. */
static bool receive_all(struct stress *s, uint64_t wanted) {
  while (s->received < wanted) {
    if (!sleep_once(s)) {
      fprintf(stderr, "mailbox_stress: no progress: %llu of %llu mails\n",
              (unsigned long long)s->received, (unsigned long long)wanted);
      return false;
    }
    lr_mail *mail = lr_mailbox_drain(s->mailbox);
    if (!mail) s->empty_wakes++;
    receive(s, mail);
  }
  return true;
}

/* ---- One round ---- */

static void *must(void *memory) {
  if (memory) return memory;
  fprintf(stderr, "mailbox_stress: out of memory\n");
  exit(2);
}

static void make_producer(struct stress *s, uint32_t index, uint32_t mails,
                          unsigned seed) {
  struct producer *producer = &s->producers[index];
  producer->letters = must(calloc(mails, sizeof *producer->letters));
  producer->refused = must(calloc(mails, 1));
  producer->received = must(calloc(mails, 1));
  producer->count = mails;
  producer->next = 0;
  producer->seed = seed * 1000 + index;
  for (uint32_t i = 0; i < mails; i++) {
    producer->letters[i].producer = index;
    producer->letters[i].number = i;
  }
}

static void open_round(struct stress *s, unsigned producers, uint32_t mails,
                       unsigned seed) {
  memset(s, 0, sizeof *s);
  s->count = producers;
  s->seed = seed;
  s->producers = must(calloc(producers, sizeof *s->producers));
  if (lr_mailbox_new(&s->mailbox) != LARIAT_OK) must(NULL);
  for (uint32_t i = 0; i < producers; i++) make_producer(s, i, mails, seed);
}

static void start(struct stress *s, bool slow) {
  for (unsigned i = 0; i < s->count; i++) {
    s->producers[i].slow = slow;
    s->producers[i].mailbox = lr_mailbox_retain(s->mailbox);
    if (pthread_create(&s->producers[i].thread, NULL, produce,
                       &s->producers[i]) != 0)
      must(NULL);
  }
}

static void join(struct stress *s) {
  for (unsigned i = 0; i < s->count; i++)
    pthread_join(s->producers[i].thread, NULL);
}

static void check_ledger(struct stress *s) {
  for (unsigned i = 0; i < s->count; i++) {
    const struct producer *producer = &s->producers[i];
    for (uint32_t k = 0; k < producer->count; k++) {
      if (producer->refused[k] > 1) fault(s, "changed when refused", i, k);
      if (producer->received[k] + (producer->refused[k] != 0) != 1)
        fault(s, "lost or doubled", i, k);
    }
  }
}

static void close_round(struct stress *s) {
  lariat_mailbox_release(s->mailbox);
  for (unsigned i = 0; i < s->count; i++) {
    free(s->producers[i].letters);
    free(s->producers[i].refused);
    free(s->producers[i].received);
  }
  free(s->producers);
}

/* ---- The two runs ---- */

static bool run_open(unsigned producers, uint32_t mails, bool slow) {
  struct stress s;
  open_round(&s, producers, mails, 1);
  start(&s, slow);
  bool passed = receive_all(&s, (uint64_t)producers * mails);
  if (!passed) return false; /* the threads are stuck: leave them */
  join(&s);
  if (lr_mailbox_close(s.mailbox)) fault(&s, "mail from nowhere", 0, 0);
  check_ledger(&s);
  printf("mailbox_stress: %s, %u producers, %llu mails, %llu wake-ups, %llu of "
         "them empty, %llu faults\n",
         slow ? "slow" : "fast", producers, (unsigned long long)s.received,
         (unsigned long long)s.wakes, (unsigned long long)s.empty_wakes,
         (unsigned long long)s.faults);
  passed = s.faults == 0;
  close_round(&s);
  return passed;
}

/* Closes after a random share of the mails, sometimes while it sleeps. */
static bool run_closing(unsigned producers, unsigned round) {
  struct stress s;
  unsigned seed = round + 2;
  open_round(&s, producers, CLOSING_MAILS, seed);
  uint64_t all = (uint64_t)producers * CLOSING_MAILS;
  uint64_t wanted = (uint64_t)rand_r(&seed) % all;
  start(&s, round % 2);
  if (!receive_all(&s, wanted)) return false;
  if (rand_r(&seed) % 2) (void)lr_mailbox_sleep(s.mailbox);
  receive(&s, lr_mailbox_close(s.mailbox));
  join(&s);
  if (lr_mailbox_drain(s.mailbox)) fault(&s, "mail after the close", 0, 0);
  check_ledger(&s);
  bool passed = s.faults == 0;
  close_round(&s);
  return passed;
}

static uint32_t argument(int argc, char **argv, int index, uint32_t otherwise) {
  if (argc <= index) return otherwise;
  unsigned long number = strtoul(argv[index], NULL, 10);
  return number > 0 && number < UINT32_MAX ? (uint32_t)number : otherwise;
}

int main(int argc, char **argv) {
  uint32_t mails = argument(argc, argv, 1, 1000000);
  uint32_t producers = argument(argc, argv, 2, 4);
  uint32_t rounds = argument(argc, argv, 3, 300);
  if (producers > MOST_PRODUCERS) producers = MOST_PRODUCERS;
  if (!run_open(producers, mails, false)) return 1;
  if (!run_open(producers, mails / 10 + 1, true)) return 1;
  for (uint32_t round = 0; round < rounds; round++) {
    if (run_closing(producers, round)) continue;
    fprintf(stderr, "mailbox_stress: closing round %u failed\n", round);
    return 1;
  }
  printf("mailbox_stress: %u rounds of closing\n", rounds);
  return 0;
}
