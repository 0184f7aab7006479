/* SPDX-License-Identifier: MIT
 * item_queue.c: a ring that grows. */
#include "item_queue.h"

#include <lariat/allocator.h>

enum { LEAST_CAPACITY = 4 };

static bool grow(lr_crawl_item_queue **queue) {
  lr_crawl_item_queue *old = *queue;
  uint32_t capacity = old ? old->capacity * 2 : LEAST_CAPACITY;
  if (capacity > UINT32_MAX / 2) return false;
  lr_crawl_item_queue *new = lariat_memory_allocate(
      sizeof(lr_crawl_item_queue) + capacity * sizeof(void *));
  if (!new) return false;
  *new = (lr_crawl_item_queue){0, lr_crawl_item_queue_count(old), capacity};
  for (uint32_t i = 0; i < new->count; i++)
    new->items[i] = old->items[(old->first + i) & (old->capacity - 1)];
  lariat_memory_release(old);
  *queue = new;
  return true;
}

lariat_status lr_crawl_item_queue_put(lr_crawl_item_queue **queue, void *item,
                                      bool first) {
  if ((!*queue || (*queue)->count == (*queue)->capacity) && !grow(queue))
    return LARIAT_ENOMEM;
  lr_crawl_item_queue *to = *queue;
  uint32_t mask = to->capacity - 1;
  if (first) to->first = (to->first - 1) & mask;
  to->items[(to->first + (first ? 0 : to->count)) & mask] = item;
  to->count++;
  return LARIAT_OK;
}

void *lr_crawl_item_queue_take(lr_crawl_item_queue **queue) {
  lr_crawl_item_queue *from = *queue;
  if (!from) return NULL;
  void *item = from->items[from->first];
  from->first = (from->first + 1) & (from->capacity - 1);
  if (--from->count == 0) {
    lariat_memory_release(from);
    *queue = NULL;
  }
  return item;
}
