/* SPDX-License-Identifier: MIT
 * due_order.c: a binary heap of pointers. */
#include "due_order.h"

#include <lariat/allocator.h>

enum { LEAST_CAPACITY = 64 };

lariat_status lr_crawl_due_order_reserve(lr_crawl_due_order *heap,
                                         size_t count) {
  size_t capacity = heap->capacity ? heap->capacity : LEAST_CAPACITY;
  if (count >= UINT32_MAX / 2) return LARIAT_ENOMEM;
  while (capacity < count + 1) capacity += capacity / 2;
  if (capacity == heap->capacity) return LARIAT_OK;
  lr_crawl_due_node **nodes = lariat_memory_resize(
      (void *)heap->nodes, capacity * sizeof(lr_crawl_due_node *));
  if (!nodes) return LARIAT_ENOMEM;
  heap->nodes = nodes;
  heap->capacity = (uint32_t)capacity;
  return LARIAT_OK;
}

void lr_crawl_due_order_clear(lr_crawl_due_order *heap) {
  lariat_memory_release((void *)heap->nodes);
  *heap = (lr_crawl_due_order){0};
}

/* The order is compared as the distance of two, since it begins again. */
static bool is_before(const lr_crawl_due_node *a, const lr_crawl_due_node *b) {
  if (a->due_ns != b->due_ns) return a->due_ns < b->due_ns;
  return (int32_t)(a->order - b->order) < 0;
}

static void set_place(lr_crawl_due_order *heap, uint32_t place,
                      lr_crawl_due_node *node) {
  heap->nodes[place] = node;
  node->place = place;
}

static void move_up(lr_crawl_due_order *heap, lr_crawl_due_node *node,
                    uint32_t place) {
  while (place > 1 && is_before(node, heap->nodes[place / 2])) {
    set_place(heap, place, heap->nodes[place / 2]);
    place /= 2;
  }
  set_place(heap, place, node);
}

static void move_down(lr_crawl_due_order *heap, lr_crawl_due_node *node,
                      uint32_t place) {
  for (uint32_t child; (child = place * 2) <= heap->count; place = child) {
    if (child < heap->count &&
        is_before(heap->nodes[child + 1], heap->nodes[child]))
      child++;
    if (!is_before(heap->nodes[child], node)) break;
    set_place(heap, place, heap->nodes[child]);
  }
  set_place(heap, place, node);
}

void lr_crawl_due_order_put(lr_crawl_due_order *heap, lr_crawl_due_node *node,
                            int64_t due_ns) {
  node->due_ns = due_ns;
  node->order = heap->next_order++;
  move_up(heap, node, ++heap->count);
}

void lr_crawl_due_order_remove(lr_crawl_due_order *heap,
                               lr_crawl_due_node *node) {
  uint32_t place = node->place;
  if (!place) return;
  lr_crawl_due_node *last = heap->nodes[heap->count--];
  node->place = 0;
  if (last == node) return;
  if (place > 1 && is_before(last, heap->nodes[place / 2]))
    move_up(heap, last, place);
  else
    move_down(heap, last, place);
}
