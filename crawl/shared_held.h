/* SPDX-License-Identifier: MIT
 * shared_held.h: what a worker of a shared crawl has of it: queues, which it
 * has leased, and URLs of these, which it was given and has not finished.  One
 * thread. */
#ifndef CRAWL_SHARED_HELD_H
#define CRAWL_SHARED_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A URL, with its row in the table of what is to be done. */
typedef struct lr_crawl_held_url {
  uint64_t id, queue;
  int64_t seq; /* 0: none */
  int64_t priority;
} lr_crawl_held_url;

typedef struct lr_crawl_held_queue {
  uint64_t queue;
  int64_t epoch;
} lr_crawl_held_queue;

/* All zero: nothing. */
typedef struct lr_crawl_shared_held {
  lr_crawl_held_url *urls; /* a hash table: ids are hashes */
  size_t capacity;         /* a power of two */
  size_t count;
  lr_crawl_held_queue *queues;
  size_t queue_count, queue_capacity;
} lr_crawl_shared_held;

/* Adds a URL, or changes the one of its id; false: out of memory. */
bool lr_crawl_held_add(lr_crawl_shared_held *held, lr_crawl_held_url url);

/* Returns the URL of an id, good until something changes; NULL: it is not
 * here. */
const lr_crawl_held_url *lr_crawl_held_find(const lr_crawl_shared_held *held,
                                            uint64_t id);
void lr_crawl_held_remove(lr_crawl_shared_held *held, uint64_t id);

/* Adds a queue, or sets its epoch; false: out of memory. */
bool lr_crawl_held_set_queue(lr_crawl_shared_held *held, uint64_t queue,
                             int64_t epoch);

/* Returns a queue, good until something changes; NULL: it is not here. */
const lr_crawl_held_queue *
lr_crawl_held_find_queue(const lr_crawl_shared_held *held, uint64_t queue);

/* Forgets a queue and its URLs. */
void lr_crawl_held_drop_queue(lr_crawl_shared_held *held, uint64_t queue);

void lr_crawl_held_clear(lr_crawl_shared_held *held);

#endif
