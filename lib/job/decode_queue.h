/* SPDX-License-Identifier: MIT
 * decode_queue.h: bodies of which enough was decoded for one turn of their
 * reactor.  They go on at the end of turns, some in each, so that timers,
 * cancels and all other connections have their turn in between. */
#ifndef LR_JOB_DECODE_QUEUE_H
#define LR_JOB_DECODE_QUEUE_H

#include <stdbool.h>

#include "base/list.h"
#include "reactor/reactor.h"

/* A body, embedded in what carries it. */
typedef struct lr_decode_item {
  lr_list node; /* in the queue, or alone */
  void (*resume)(struct lr_decode_item *item);
} lr_decode_item;

typedef struct lr_decode_queue {
  lariat_reactor *reactor;
  lr_list waiting;
  lr_turn_hook hook; /* added while anything waits */
} lr_decode_queue;

void lr_decode_queue_init(lr_decode_queue *queue, lariat_reactor *reactor);

/* Unhooks a queue that is empty. */
void lr_decode_queue_clear(lr_decode_queue *queue);

static inline void
lr_decode_item_init(lr_decode_item *item,
                    void (*resume)(struct lr_decode_item *item)) {
  lr_list_init(&item->node);
  item->resume = resume;
}

static inline bool lr_decode_item_waits(const lr_decode_item *item) {
  return !lr_list_empty(&item->node);
}

/* Puts an item last; its turn comes when it is out of the queue again. */
void lr_decode_queue_add(lr_decode_queue *queue, lr_decode_item *item);

/* Takes an item out, if it is in there. */
static inline void lr_decode_item_remove(lr_decode_item *item) {
  lr_list_remove(&item->node);
}

#endif
