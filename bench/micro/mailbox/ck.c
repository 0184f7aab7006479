/* SPDX-License-Identifier: MIT
 * Concurrency Kit's queues: the bounded ring, in its form for many producers
 * and one consumer, and the unbounded fifo for many of both. */
#ifdef HAVE_CK
#include <ck_fifo.h>
#include <ck_ring.h>
#include <stdlib.h>

#include "queue.h"

struct ring {
  ck_ring_t ring;
  ck_ring_buffer_t *buffer;
};

static void *create_ring(size_t capacity) {
  struct ring *ring = aligned_alloc(
      LR_CACHE_LINE, (sizeof *ring / LR_CACHE_LINE + 1) * LR_CACHE_LINE);
  unsigned size = 2;

  if (!ring) return NULL;
  while (size <= capacity) size *= 2; /* one slot of a ring stays empty */
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
/* An entry for each item, and one to start with.  What comes out with an item
 * is another item's entry, and becomes this one's. */
static ck_fifo_mpmc_entry_t *new_entry(void) {
  return aligned_alloc(LR_CACHE_LINE, LR_CACHE_LINE);
}

static bool prepare_entry(struct item *item) {
  item->node[0] = new_entry();
  return item->node[0] != NULL;
}

static void release_entry(struct item *item) { free(item->node[0]); }

static void *create_fifo(size_t capacity) {
  ck_fifo_mpmc_t *fifo = aligned_alloc(
      LR_CACHE_LINE, (sizeof *fifo / LR_CACHE_LINE + 1) * LR_CACHE_LINE);
  ck_fifo_mpmc_entry_t *first = new_entry();

  (void)capacity;
  if (fifo && first) {
    ck_fifo_mpmc_init(fifo, first);
    return fifo;
  }
  free(fifo);
  free(first);
  return NULL;
}

static void destroy_fifo(void *queue) {
  ck_fifo_mpmc_t *fifo = queue;
  ck_fifo_mpmc_entry_t *last;

  ck_fifo_mpmc_deinit(fifo, &last);
  free(last);
  free(fifo);
}

static void push_fifo(void *queue, struct item **items, size_t count) {
  for (size_t i = 0; i < count; i++)
    ck_fifo_mpmc_enqueue(queue, items[i]->node[0], items[i]);
}

static void take_fifo(void *queue, unsigned *counts) {
  ck_fifo_mpmc_entry_t *entry;
  struct item *item;

  while (ck_fifo_mpmc_dequeue(queue, (void *)&item, &entry)) {
    item->node[0] = entry;
    counts[item->producer]++;
  }
}

const struct queue_ops ck_fifo_queue = {.name = "ck_fifo_mpmc",
                                        .create = create_fifo,
                                        .destroy = destroy_fifo,
                                        .push = push_fifo,
                                        .take = take_fifo,
                                        .prepare = prepare_entry,
                                        .release = release_entry};
#endif
#else
typedef int no_ck_here; /* C wants a declaration in every file */
#endif
