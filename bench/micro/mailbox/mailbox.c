/* SPDX-License-Identifier: MIT
 * How many messages a second lariat's mailbox carries from 1, 2 and 4 producers
 * to one consumer, one by one and in batches, and how many the queues that one
 * might take instead do.  The queues take turns.
 *
 *   bench-mailbox [--rounds N] [--slices N] [--messages N] [--producers N]
 *
 * prints a line of JSON for each measurement; in each round every queue has its
 * turn `slices` times, shortly, so that what else the machine does hits all of
 * them alike.  The consumer and the producers are each pinned to a CPU, in
 * turn: left alone, the threads of one slice are on two CPUs, those of the next
 * on one, which is another thing to measure.  A producer has at most WINDOW
 * messages on their way, as a caller of lariat's has; who finds nothing to do
 * yields, since there may be more threads than CPUs.  A slice ends after a
 * fifth of a second at the latest, with as many messages as came through: a
 * queue whose producers wait for each other hardly moves when one of them has
 * no CPU. */
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

static const double seconds_most = 0.2;

struct settings {
  long rounds;
  long slices;
  long messages;
  long producers;    /* 0: 1, 2 and 4 */
  cpu_set_t allowed; /* CPUs, before any thread was pinned */
};

struct producer {
  _Alignas(LR_CACHE_LINE) lr_atomic_u32 taken; /* by the consumer, in all */
  _Alignas(LR_CACHE_LINE) struct item *items;  /* WINDOW, in turn */
  struct race *race;
  unsigned number;
  pthread_t thread;
};

struct race {
  const struct queue_ops *ops;
  void *queue;
  const cpu_set_t *allowed;
  unsigned producers;
  unsigned batch;
  uint32_t messages;  /* of each producer */
  lr_atomic_u32 late; /* producers that are not in their places yet */
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

/* The consumer has place 0, the producers those after it; the CPUs that there
 * are get them in turn.  Where pinning is refused, the figures are just
 * noisier.
 */
static void take_place(const struct race *race, unsigned number) {
  int left = (int)number % CPU_COUNT(race->allowed);
  cpu_set_t one;

  CPU_ZERO(&one);
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, race->allowed) && !left--) {
      CPU_SET(cpu, &one);
      break;
    }
  (void)pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static void *produce(void *context) {
  struct producer *producer = context;
  struct race *race = producer->race;
  struct item *batch[BATCH_MAX];
  uint32_t sent = 0;

  take_place(race, producer->number + 1);
  lr_u32_sub_acq_rel(&race->late, 1);
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
  double until_s = now_s() + seconds_most;

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
  producer->number = number;
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
  take_place(race, 0);
  while (lr_u32_load_acquire(&race->late)) sched_yield();
  begun_s = now_s();
  lr_u32_store_release(&race->begun, 1);
  consume(race);
  begun_s = now_s() - begun_s;
  for (unsigned i = 0; i < begun; i++) pthread_join(race->each[i].thread, NULL);
  return begun_s;
}

static bool measure(const struct settings *settings,
                    const struct queue_ops *ops, unsigned producers,
                    unsigned batch, long round) {
  static struct race race;
  bool good = true;

  race = (struct race){.ops = ops,
                       .allowed = &settings->allowed,
                       .producers = producers,
                       .batch = batch};
  race.messages = (uint32_t)settings->messages / producers / batch * batch;
  lr_u32_init(&race.late, producers);
  lr_u32_init(&race.begun, 0);
  lr_u32_init(&race.over, 0);
  lr_u32_init(&race.running, producers);
  race.queue = ops->create(producers, race.messages);
  for (unsigned i = 0; i < producers; i++) good &= make_items(&race, i);
  if (good && race.queue) {
    double taken_s = run_race(&race);

    printf("{\"queue\":\"%s\",\"producers\":%u,\"batch\":%u,\"round\":%ld,"
           "\"messages\":%u,\"wall_s\":%.6f}\n",
           ops->name, producers, batch, round, race.taken, taken_s);
    fflush(stdout);
  }
  if (race.queue) ops->destroy(race.queue);
  for (unsigned i = 0; i < producers; i++) free(race.each[i].items);
  return good && race.queue;
}

static bool measure_slices(const struct settings *settings, unsigned producers,
                           unsigned batch, long round) {
  bool good = true;

  for (long slice = 0; slice < settings->slices; slice++)
    for (size_t q = 0; q < sizeof queues / sizeof *queues; q++)
      good &= measure(settings, queues[q], producers, batch, round);
  return good;
}

static bool measure_all(const struct settings *settings, long round) {
  static const unsigned producers[] = {1, 2, 4};
  static const unsigned batches[] = {1, 32};
  bool good = true;

  for (size_t b = 0; b < 2; b++)
    for (size_t p = 0; p < 3; p++) {
      if (settings->producers && settings->producers != producers[p]) continue;
      good &= measure_slices(settings, producers[p], batches[b], round);
    }
  return good;
}

static bool positive(const char *text, long limit, long *out) {
  char *end;

  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && *text && !*end && *out > 0 && *out <= limit;
}

static bool parse(int argc, char **argv, struct settings *settings) {
  static const struct option options[] = {
      {"rounds", required_argument, NULL, 'r'},
      {"slices", required_argument, NULL, 's'},
      {"producers", required_argument, NULL, 'p'},
      {"messages", required_argument, NULL, 'm'},
      {NULL, 0, NULL, 0}};
  bool good = true;
  int option;

  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
    good &= option == 'r'   ? positive(optarg, 1000, &settings->rounds)
            : option == 's' ? positive(optarg, 1000, &settings->slices)
            : option == 'p' ? positive(optarg, 4, &settings->producers)
            : option == 'm' ? positive(optarg, 1000000000, &settings->messages)
                            : false;
  return good && optind == argc && settings->messages >= 1000;
}

int main(int argc, char **argv) {
  struct settings settings = {.rounds = 7, .slices = 31, .messages = 50000};
  bool good = true;

  if (!parse(argc, argv, &settings)) {
    fprintf(stderr, "usage: bench-mailbox [--rounds N] [--slices N] "
                    "[--messages N] [--producers 1|2|4]\n");
    return 2;
  }
  if (sched_getaffinity(0, sizeof settings.allowed, &settings.allowed)) {
    perror("bench-mailbox: sched_getaffinity");
    return 2;
  }
  for (long i = 1; i <= settings.rounds && good; i++)
    good = measure_all(&settings, i);
  if (!good) fprintf(stderr, "bench-mailbox: out of memory\n");
  return good ? 0 : 2;
}
