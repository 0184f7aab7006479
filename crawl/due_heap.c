/* SPDX-License-Identifier: MIT
 * due_heap.c: a binary heap in an array; what is due at the same second comes
 * in the order of ids. */
#include "due_heap.h"

#include "memory.h"

bool lr_crawl_due_make_space(lr_crawl_due_heap *heap) {
  lr_crawl_due_url *urls =
      lr_crawl_grow(heap->urls, &heap->capacity, heap->count + 1, sizeof *urls);
  if (urls) heap->urls = urls;
  return urls != NULL;
}

static inline bool is_before(lr_crawl_due_url a, lr_crawl_due_url b) {
  return a.due_s != b.due_s ? a.due_s < b.due_s : a.id < b.id;
}

void lr_crawl_due_add(lr_crawl_due_heap *heap, lr_crawl_due_url url) {
  size_t at = heap->count++;
  while (at && is_before(url, heap->urls[(at - 1) / 2])) {
    heap->urls[at] = heap->urls[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  heap->urls[at] = url;
}

/* Puts a URL at the top, and those that are before it above it. */
static void sink(lr_crawl_due_heap *heap, lr_crawl_due_url url) {
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
    if (child + 1 < heap->count &&
        is_before(heap->urls[child + 1], heap->urls[child]))
      child++;
    if (!is_before(heap->urls[child], url)) break;
    heap->urls[at] = heap->urls[child];
  }
  heap->urls[at] = url;
}

lr_crawl_due_url lr_crawl_due_take(lr_crawl_due_heap *heap) {
  lr_crawl_due_url first = heap->urls[0];
  lr_crawl_due_url last = heap->urls[--heap->count];
  if (heap->count) sink(heap, last);
  return first;
}

void lr_crawl_due_clear(lr_crawl_due_heap *heap) {
  lariat_memory_release(heap->urls);
  *heap = (lr_crawl_due_heap){0};
}
