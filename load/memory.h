/* SPDX-License-Identifier: MIT
 * memory.h: memory from lariat's allocator, filled with zeros. */
#ifndef LOAD_MEMORY_H
#define LOAD_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <lariat/allocator.h>

/* Returns memory for `count` objects of `bytes` each, all zero; NULL without
 * memory. */
static inline void *lr_load_allocate(size_t count, size_t bytes) {
  if (bytes && count > SIZE_MAX / bytes) return NULL;
  void *memory = lariat_memory_allocate(count * bytes);
  if (memory) memset(memory, 0, count * bytes);
  return memory;
}

#endif
