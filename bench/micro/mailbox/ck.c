/* SPDX-License-Identifier: MIT
 * Concurrency Kit's queues: the bounded ring, in its form for many producers
 * and one consumer, and the unbounded fifo for many of both. */
#ifdef HAVE_CK
#include <ck_fifo.h>
#include <ck_ring.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"

struct ring {
  ck_ring_t ring;
  ck_ring_buffer_t *buffer;
};

static void *create_ring(unsigned producers, size_t messages) {
  struct ring *ring = aligned_alloc(
      LR_CACHE_LINE, (sizeof *ring / LR_CACHE_LINE + 1) * LR_CACHE_LINE);
  unsigned size = 2;

  (void)messages;
  if (!ring) return NULL;
  while (size <= producers * WINDOW)
    size *= 2; /* one slot of a ring stays empty */
  ring->buffer = calloc(size, sizeof *ring->buffer);
  if (!ring->buffer) {
    free(ring);
    return NULL;
  }
  ck_ring_init(&ring->ring, size);
  return ring;
}

static void destroy_ring(void *queue) {
  struct ring *ring = queue;

  free(ring->buffer);
  free(ring);
}

static void push_ring(void *queue, struct item **items, size_t count) {
  struct ring *ring = queue;

  for (size_t i = 0; i < count; i++)
    while (!ck_ring_enqueue_mpsc(&ring->ring, ring->buffer, items[i]))
      ck_pr_stall();
}

static void take_ring(void *queue, unsigned *counts) {
  struct ring *ring = queue;
  struct item *item;

  while (ck_ring_dequeue_mpsc(&ring->ring, ring->buffer, (void *)&item))
    counts[item->producer]++;
}

const struct queue_ops ck_ring_queue = {.name = "ck_ring mpsc",
                                        .create = create_ring,
                                        .destroy = destroy_ring,
                                        .push = push_ring,
                                        .take = take_ring};

#ifdef CK_F_FIFO_MPMC
/* An entry is used once: whoever takes one out cannot know that no producer
 * looks at it still, and how that is to be found out is another library's
 * affair.  The first is the queue's own. */
struct fifo {
  ck_fifo_mpmc_t fifo;
  ck_fifo_mpmc_entry_t *entries;
  struct {
    _Alignas(LR_CACHE_LINE) ck_fifo_mpmc_entry_t *next;
  } unused[PRODUCERS_MAX];
};

static void *create_fifo(unsigned producers, size_t messages) {
  struct fifo *fifo = aligned_alloc(LR_CACHE_LINE, sizeof *fifo);
  size_t bytes = (producers * messages + 1) * sizeof *fifo->entries;
  ck_fifo_mpmc_entry_t *entries =
      aligned_alloc(LR_CACHE_LINE, (bytes / LR_CACHE_LINE + 1) * LR_CACHE_LINE);

  if (!fifo || !entries) {
    free(fifo);
    free(entries);
    return NULL;
  }
  memset(entries, 0, bytes); /* the memory is there before the clock starts */
  fifo->entries = entries;
  for (unsigned i = 0; i < producers; i++)
    fifo->unused[i].next = &entries[1 + i * messages];
  ck_fifo_mpmc_init(&fifo->fifo, entries);
  return fifo;
}

static void destroy_fifo(void *queue) {
  struct fifo *fifo = queue;

  free(fifo->entries);
  free(fifo);
}

static void push_fifo(void *queue, struct item **items, size_t count) {
  struct fifo *fifo = queue;

  for (size_t i = 0; i < count; i++)
    ck_fifo_mpmc_enqueue(&fifo->fifo, fifo->unused[items[i]->producer].next++,
                         items[i]);
}

static void take_fifo(void *queue, unsigned *counts) {
  struct fifo *fifo = queue;
  ck_fifo_mpmc_entry_t *entry;
  struct item *item;

  while (ck_fifo_mpmc_dequeue(&fifo->fifo, (void *)&item, &entry))
    counts[item->producer]++;
}

const struct queue_ops ck_fifo_queue = {.name = "ck_fifo_mpmc",
                                        .create = create_fifo,
                                        .destroy = destroy_fifo,
                                        .push = push_fifo,
                                        .take = take_fifo};
#endif
#else
typedef int no_ck_here; /* C wants a declaration in every file */
#endif
