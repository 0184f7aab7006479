/* SPDX-License-Identifier: MIT
 * How many messages a second lariat's mailbox carries from 1, 2 and 4 producers
 * to one consumer, one by one and in batches, and how many the queues that one
 * might take instead do.  The queues take turns.
 *
 *   bench-mailbox [--rounds N] [--messages N]
 *
 * prints a line of JSON for each measurement.  A producer has at most WINDOW
 * messages on their way, as a caller of lariat's has; who finds nothing to do
 * yields, since there may be more threads than CPUs.  A measurement ends after
 * a second at the latest, with as many messages as came through: a queue whose
 * producers wait for each other hardly moves when one of them has no CPU. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/atomics.h"
#include "queue.h"

enum { SECONDS_MAX = 1 };

struct producer {
  _Alignas(LR_CACHE_LINE) lr_atomic_u32 taken; /* by the consumer, in all */
  _Alignas(LR_CACHE_LINE) struct item *items;  /* WINDOW, in turn */
  struct race *race;
  pthread_t thread;
};

struct race {
  const struct queue_ops *ops;
  void *queue;
  unsigned producers;
  unsigned batch;
  uint32_t messages; /* of each producer */
  lr_atomic_u32 begun;
  lr_atomic_u32 over;    /* the time is up: producers send no more */
  lr_atomic_u32 running; /* producers that send still */
  uint32_t taken;        /* in all */
  struct producer each[PRODUCERS_MAX];
};

static const struct queue_ops *const queues[] = {
    &mailbox_queue,
#ifdef HAVE_CK
    &ck_ring_queue,
#ifdef CK_F_FIFO_MPMC
    &ck_fifo_queue,
#endif
#endif
#ifdef HAVE_URCU
    &wfcqueue_queue,
#endif
    &mutex_queue,
};

static double now_s(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *produce(void *context) {
  struct producer *producer = context;
  struct race *race = producer->race;
  struct item *batch[BATCH_MAX];
  uint32_t sent = 0;

  while (!lr_u32_load_acquire(&race->begun)) sched_yield();
  while (sent < race->messages && !lr_u32_load_relaxed(&race->over)) {
    if (sent - lr_u32_load_acquire(&producer->taken) > WINDOW - race->batch) {
      sched_yield();
      continue;
    }
    for (unsigned i = 0; i < race->batch; i++)
      batch[i] = &producer->items[(sent + i) % WINDOW];
    race->ops->push(race->queue, batch, race->batch);
    sent += race->batch;
  }
  lr_u32_sub_acq_rel(&race->running, 1);
  return NULL;
}

/* Takes what there is; how many that was. */
static uint32_t take_once(struct race *race) {
  unsigned counts[PRODUCERS_MAX] = {0};
  uint32_t taken = 0;

  race->ops->take(race->queue, counts);
  for (unsigned i = 0; i < race->producers; i++) {
    struct producer *producer = &race->each[i];

    if (!counts[i]) continue;
    taken += counts[i];
    lr_u32_store_release(&producer->taken,
                         lr_u32_load_relaxed(&producer->taken) + counts[i]);
  }
  race->taken += taken;
  return taken;
}

static void consume(struct race *race) {
  double until_s = now_s() + SECONDS_MAX;

  for (;;) {
    bool last = !lr_u32_load_acquire(&race->running);

    if (take_once(race)) continue;
    if (last) return;
    if (now_s() > until_s) lr_u32_store_relaxed(&race->over, 1);
    sched_yield();
  }
}

static bool make_items(struct race *race, unsigned number) {
  struct producer *producer = &race->each[number];

  producer->race = race;
  lr_u32_init(&producer->taken, 0);
  producer->items = aligned_alloc(LR_CACHE_LINE, WINDOW * sizeof(struct item));
  if (!producer->items) return false;
  for (unsigned i = 0; i < WINDOW; i++)
    producer->items[i] = (struct item){.producer = number};
  return true;
}

/* The seconds that it took. */
static double run_race(struct race *race) {
  unsigned begun = 0;
  double begun_s;

  while (begun < race->producers &&
         !pthread_create(&race->each[begun].thread, NULL, produce,
                         &race->each[begun]))
    begun++;
  if (begun < race->producers) exit(2); /* no threads: nothing to measure */
  begun_s = now_s();
  lr_u32_store_release(&race->begun, 1);
  consume(race);
  begun_s = now_s() - begun_s;
  for (unsigned i = 0; i < begun; i++) pthread_join(race->each[i].thread, NULL);
  return begun_s;
}

static bool measure(const struct queue_ops *ops, unsigned producers,
                    unsigned batch, long messages, int round) {
  static struct race race;
  bool good = true;

  race = (struct race){.ops = ops, .producers = producers, .batch = batch};
  race.messages = (uint32_t)messages / producers / batch * batch;
  lr_u32_init(&race.begun, 0);
  lr_u32_init(&race.over, 0);
  lr_u32_init(&race.running, producers);
  race.queue = ops->create(producers, race.messages);
  for (unsigned i = 0; i < producers; i++) good &= make_items(&race, i);
  if (good && race.queue) {
    double taken_s = run_race(&race);

    printf("{\"queue\":\"%s\",\"producers\":%u,\"batch\":%u,\"round\":%d,"
           "\"messages\":%u,\"wall_s\":%.6f}\n",
           ops->name, producers, batch, round, race.taken, taken_s);
    fflush(stdout);
  }
  if (race.queue) ops->destroy(race.queue);
  for (unsigned i = 0; i < producers; i++) free(race.each[i].items);
  return good && race.queue;
}

static bool measure_all(long messages, int round) {
  static const unsigned producers[] = {1, 2, 4};
  static const unsigned batches[] = {1, 32};
  bool good = true;

  for (size_t b = 0; b < 2; b++)
    for (size_t p = 0; p < 3; p++)
      for (size_t q = 0; q < sizeof queues / sizeof *queues; q++)
        good &= measure(queues[q], producers[p], batches[b], messages, round);
  return good;
}

static bool positive(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"rounds", required_argument, NULL, 'r'},
      {"messages", required_argument, NULL, 'm'},
      {NULL, 0, NULL, 0}};
  long rounds = 7;
  long messages = 1000000;
  bool good = true;
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    good &= option == 'r'   ? positive(optarg, 1000, &rounds)
            : option == 'm' ? positive(optarg, 1000000000, &messages)
                            : false;
  if (!good || optind != argc || messages < 1000) {
    fprintf(stderr, "usage: bench-mailbox [--rounds N] [--messages N]\n");
    return 2;
  }
  for (int i = 1; i <= rounds && good; i++) good = measure_all(messages, i);
  if (!good) fprintf(stderr, "bench-mailbox: out of memory\n");
  return good ? 0 : 2;
}
