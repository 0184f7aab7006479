/* SPDX-License-Identifier: MIT
 * url_queue.h: the ids of what is queued for one host, first by priority, then
 * by age.  Ids are in chunks that grow with the queue, from 4 ids to 252, and
 * come from blocks that all queues share.  One thread. */
#ifndef CRAWL_URL_QUEUE_H
#define CRAWL_URL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LR_CRAWL_PRIORITIES = 8, LR_CRAWL_CHUNK_SIZES = 6 };

/* Where chunks come from.  All zero: empty. */
typedef struct lr_crawl_queue_memory {
  void *free[LR_CRAWL_CHUNK_SIZES]; /* chunks of each size that are unused */
  struct lr_crawl_queue_block *blocks;
  uint64_t memory; /* bytes */
} lr_crawl_queue_memory;

/* Ends all queues of it, too. */
void lr_crawl_queue_memory_clear(lr_crawl_queue_memory *memory);

/* All zero: empty. */
typedef struct lr_crawl_url_queue {
  struct lr_crawl_lane *lanes; /* one for each priority that has ids */
} lr_crawl_url_queue;

static inline bool lr_crawl_queue_is_empty(const lr_crawl_url_queue *queue) {
  return !queue->lanes;
}

typedef struct lr_crawl_queue_place {
  uint32_t id;
  uint8_t priority; /* 0 first, to 7 */
} lr_crawl_queue_place;

/* Puts an id behind, or before, all others of its priority.  False: out of
 * memory, and nothing has changed. */
bool lr_crawl_queue_put(lr_crawl_queue_memory *memory,
                        lr_crawl_url_queue *queue, lr_crawl_queue_place place);
bool lr_crawl_queue_put_first(lr_crawl_queue_memory *memory,
                              lr_crawl_url_queue *queue,
                              lr_crawl_queue_place place);

/* Returns the first one, which stays; the queue is not empty. */
lr_crawl_queue_place lr_crawl_queue_first(const lr_crawl_url_queue *queue);

/* Returns how many are before an id; SIZE_MAX: it is not there.  It looks at
 * all of them. */
size_t lr_crawl_queue_count_before(const lr_crawl_url_queue *queue,
                                   uint32_t id);

/* Takes the first one out; the queue is not empty. */
void lr_crawl_queue_take(lr_crawl_queue_memory *memory,
                         lr_crawl_url_queue *queue);

#endif
