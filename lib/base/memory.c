/* SPDX-License-Identifier: MIT
 * memory.c: the settable allocator and what is built on it. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include <lariat/allocator.h>

static void *system_allocate(size_t bytes, void *context) {
  (void)context;
  return malloc(bytes);
}

static void *system_resize(void *memory, size_t bytes, void *context) {
  (void)context;
  return realloc(memory, bytes);
}

static void system_release(void *memory, void *context) {
  (void)context;
  free(memory);
}

static const lariat_allocator system_allocator = {
    system_allocate, system_resize, system_release, NULL};

/* The allocator, not atomic: it may only be set while nothing of lariat's is
 * alive, so whatever made the other threads has published it. */
static lariat_allocator allocator = {system_allocate, system_resize,
                                     system_release, NULL};

lariat_status lariat_set_allocator(const lariat_allocator *wanted) {
  if (!wanted) wanted = &system_allocator;
  if (!wanted->allocate || !wanted->resize || !wanted->release)
    return LARIAT_EINVAL;
  allocator = *wanted;
  return LARIAT_OK;
}

bool lr_memory_is_malloc(void) { return allocator.allocate == system_allocate; }

/* Asks for one byte instead of none: NULL always means out of memory. */
void *lr_alloc(size_t bytes) {
  return allocator.allocate(bytes ? bytes : 1, allocator.context);
}

void *lr_alloc_zero(size_t bytes) {
  void *memory = lr_alloc(bytes);
  if (memory) memset(memory, 0, bytes);
  return memory;
}

void *lr_realloc(void *memory, size_t bytes) {
  return allocator.resize(memory, bytes ? bytes : 1, allocator.context);
}

void lr_free(void *memory) {
  if (memory) allocator.release(memory, allocator.context);
}

void *lariat_memory_allocate(size_t bytes) { return lr_alloc(bytes); }

void *lariat_memory_resize(void *memory, size_t bytes) {
  return lr_realloc(memory, bytes);
}

void lariat_memory_release(void *memory) { lr_free(memory); }

/* Asks for a block with a line to spare, since the allocator promises no more
 * than malloc's alignment, and keeps its address before the aligned part. */
void *lr_alloc_lines(size_t bytes) {
  const size_t spare = LR_CACHE_LINE + sizeof(void *);
  if (bytes > SIZE_MAX - spare) return NULL;
  char *block = lr_alloc(bytes + spare);
  if (!block) return NULL;
  uintptr_t first = (uintptr_t)block + sizeof(void *);
  size_t skip = (size_t)(-first & (LR_CACHE_LINE - 1));
  char *lines = block + sizeof(void *) + skip;
  memcpy(lines - sizeof(void *), &block, sizeof block);
  memset(lines, 0, bytes);
  return lines;
}

void *lr_lines_block(void *memory) {
  void *block;
  memcpy(&block, (char *)memory - sizeof(void *), sizeof block);
  return block;
}

void lr_free_lines(void *memory) {
  if (memory) lr_free(lr_lines_block(memory));
}

char *lr_copy_bytes(const void *bytes, size_t length) {
  if (length == SIZE_MAX) return NULL;
  char *copy = lr_alloc(length + 1);
  if (!copy) return NULL;
  if (length) memcpy(copy, bytes, length);
  copy[length] = '\0';
  return copy;
}

char *lr_copy_string(const char *text) {
  return lr_copy_bytes(text, strlen(text));
}
