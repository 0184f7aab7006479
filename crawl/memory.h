/* SPDX-License-Identifier: MIT
 * memory.h: memory from lariat's allocator: filled with zeros, arrays that
 * grow, copies of texts. */
#ifndef CRAWL_MEMORY_H
#define CRAWL_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <lariat/allocator.h>

/* Returns memory for `count` objects of `bytes` each, all zero; NULL without
 * memory. */
static inline void *lr_crawl_allocate(size_t count, size_t bytes) {
  if (bytes && count > SIZE_MAX / bytes) return NULL;
  void *memory = lariat_memory_allocate(count * bytes);
  if (memory) memset(memory, 0, count * bytes);
  return memory;
}

/* Returns an array that has space for `wanted` objects of `bytes` each: the one
 * that was given where it is large enough, as `*capacity` says; else a larger
 * one with the same objects.  It grows by a quarter, so that little is unused.
 * NULL: out of memory, and the array is as it was. */
static inline void *lr_crawl_grow(void *array, size_t *capacity, size_t wanted,
                                  size_t bytes) {
  if (array && wanted <= *capacity) return array;
  size_t more = *capacity + *capacity / 4 + 16;
  if (more < wanted) more = wanted;
  if (more > SIZE_MAX / bytes) return NULL;
  void *grown = lariat_memory_resize(array, more * bytes);
  if (grown) *capacity = more;
  return grown;
}

/* Returns a copy of `length` bytes with a NUL behind them; NULL without
 * memory. */
static inline char *lr_crawl_copy_bytes(const char *bytes, size_t length) {
  char *copy = lariat_memory_allocate(length + 1);
  if (!copy) return NULL;
  if (length) memcpy(copy, bytes, length);
  copy[length] = 0;
  return copy;
}

static inline char *lr_crawl_copy_text(const char *text) {
  return lr_crawl_copy_bytes(text, strlen(text));
}

#endif
