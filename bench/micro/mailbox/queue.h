/* SPDX-License-Identifier: MIT
 * The queues that bench-mailbox compares, behind one table: many producers, one
 * consumer.  All are called through pointers, so that none is inlined where
 * another is not. */
#ifndef BENCH_MICRO_QUEUE_H
#define BENCH_MICRO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "reactor/mailbox.h"
#ifdef HAVE_CK
#include <ck_fifo.h> /* says whether this machine has the fifo */
#endif

enum { PRODUCERS_MAX = 8, WINDOW = 4096, BATCH_MAX = 64 };

/* What travels: a line of the cache, whichever queue it travels in. */
struct item {
  _Alignas(LR_CACHE_LINE) lr_mail mail; /* lariat's node */
  void *node[2];                        /* another queue's */
  unsigned producer;
};

struct queue_ops {
  const char *name;
  bool batches; /* hands a batch over in one operation */
  /* Space for WINDOW items of each producer at least; `messages` is how many
   * each will send in all.  NULL when out of memory. */
  void *(*create)(unsigned producers, size_t messages);
  void (*destroy)(void *queue);
  /* `count` items of one producer, in order; BATCH_MAX at most. */
  void (*push)(void *queue, struct item **items, size_t count);
  /* Takes all there is, and adds to each producer's count what was its. */
  void (*take)(void *queue, unsigned *counts);
};

extern const struct queue_ops mailbox_queue;
extern const struct queue_ops mutex_queue;
#ifdef HAVE_CK
extern const struct queue_ops ck_ring_queue;
#ifdef CK_F_FIFO_MPMC
extern const struct queue_ops ck_fifo_queue;
#endif
#endif
#ifdef HAVE_URCU
extern const struct queue_ops wfcqueue_queue;
#endif

#endif
