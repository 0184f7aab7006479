/* SPDX-License-Identifier: MIT
 * due_heap.h: the URLs that are due later, the next one on top: 16 bytes each.
 * One thread. */
#ifndef CRAWL_DUE_HEAP_H
#define CRAWL_DUE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_due_url {
  uint32_t due_s; /* since 1970; up to the year 2106 */
  uint32_t id;
  uint32_t host;
  uint32_t priority : 3;
  uint32_t tries : 29;
} lr_crawl_due_url;

/* All zero: empty. */
typedef struct lr_crawl_due_heap {
  lr_crawl_due_url *urls;
  size_t count;
  size_t capacity;
} lr_crawl_due_heap;

/* Makes space for one more.  False: out of memory. */
bool lr_crawl_due_make_space(lr_crawl_due_heap *heap);

/* Adds one for which there is space. */
void lr_crawl_due_add(lr_crawl_due_heap *heap, lr_crawl_due_url url);

/* Takes the first one out; the heap is not empty. */
lr_crawl_due_url lr_crawl_due_take(lr_crawl_due_heap *heap);

void lr_crawl_due_clear(lr_crawl_due_heap *heap);

/* Returns a time as it is kept: what is too early or too late for 32 bits is
 * the first or last that is kept. */
static inline uint32_t lr_crawl_due_time(int64_t at_s) {
  if (at_s < 0) return 0;
  return at_s > UINT32_MAX ? UINT32_MAX : (uint32_t)at_s;
}

#endif
