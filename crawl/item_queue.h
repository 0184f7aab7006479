/* SPDX-License-Identifier: MIT
 * item_queue.h: pointers that wait in a line with two ends.  A queue is NULL
 * while it is empty. */
#ifndef CRAWL_ITEM_QUEUE_H
#define CRAWL_ITEM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/status.h>

typedef struct lr_crawl_item_queue {
  uint32_t first;
  uint32_t count;
  uint32_t capacity; /* a power of two */
  void *items[];     /* a ring */
} lr_crawl_item_queue;

/* Puts an item behind the others, or before them.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_item_queue_put(lr_crawl_item_queue **queue, void *item,
                                      bool first);

/* Takes the first item; NULL: there is none. */
void *lr_crawl_item_queue_take(lr_crawl_item_queue **queue);

static inline uint32_t
lr_crawl_item_queue_count(const lr_crawl_item_queue *queue) {
  return queue ? queue->count : 0;
}

#endif
