/* SPDX-License-Identifier: MIT
 * memory.h: memory from lariat's allocator, filled with zeros. */
#ifndef LOAD_MEMORY_H
#define LOAD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <lariat/allocator.h>

/* Returns memory for `count` objects of `bytes` each, all zero; NULL without
 * memory. */
static inline void *lr_load_allocate(size_t count, size_t bytes) {
  if (bytes && count > SIZE_MAX / bytes) return NULL;
  void *memory = lariat_memory_allocate(count * bytes);
  if (memory) memset(memory, 0, count * bytes);
  return memory;
}

/* Waits for a moment for memory, for what a run cannot go on without, if
 * `status` says that it was that; false: it was not, or a second has gone by
 * so.
 * `*tries` begins with 0. */
static inline bool lr_load_wait_for_memory(lariat_status status,
                                           unsigned *tries) {
  const struct timespec moment = {0, 1000000};
  if (status != LARIAT_ENOMEM || ++*tries > 1000) return false;
  (void)nanosleep(&moment, NULL);
  return true;
}

#endif
