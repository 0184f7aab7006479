/* SPDX-License-Identifier: MIT
 * priority_queue.h: a queue with priorities: three lists, of which the first
 * that is not empty is served.  Within a priority it is first in, first out. */
#ifndef LR_LIMITS_PRIORITY_QUEUE_H
#define LR_LIMITS_PRIORITY_QUEUE_H

#include "base/list.h"
#include <lariat/client.h>

/* The priorities, in the order in which they are served. */
typedef enum lr_priority {
  LR_PRIORITY_HIGH,
  LR_PRIORITY_NORMAL,
  LR_PRIORITY_LOW,
  LR_PRIORITIES
} lr_priority;

typedef struct lr_priority_queue {
  lr_list by_priority[LR_PRIORITIES];
} lr_priority_queue;

static inline void lr_priority_queue_init(lr_priority_queue *queue) {
  for (int i = 0; i < LR_PRIORITIES; i++) lr_list_init(&queue->by_priority[i]);
}

static inline lr_list *lr_priority_queue_first(lr_priority_queue *queue) {
  for (int i = 0; i < LR_PRIORITIES; i++)
    if (!lr_list_empty(&queue->by_priority[i]))
      return queue->by_priority[i].next;
  return NULL;
}

/* Returns the priority of the first; LR_PRIORITIES when there is none. */
static inline int lr_priority_queue_best(const lr_priority_queue *queue) {
  for (int i = 0; i < LR_PRIORITIES; i++)
    if (!lr_list_empty(&queue->by_priority[i])) return i;
  return LR_PRIORITIES;
}

static inline bool lr_priority_queue_empty(const lr_priority_queue *queue) {
  return lr_priority_queue_best(queue) == LR_PRIORITIES;
}

static inline bool lr_priority_valid(lariat_priority priority) {
  return (unsigned)priority <= LARIAT_PRIORITY_LOW;
}

static inline lr_priority lr_priority_of(lariat_priority priority) {
  if (priority == LARIAT_PRIORITY_HIGH) return LR_PRIORITY_HIGH;
  return priority == LARIAT_PRIORITY_LOW ? LR_PRIORITY_LOW : LR_PRIORITY_NORMAL;
}

#endif
