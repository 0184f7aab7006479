/* SPDX-License-Identifier: MIT
 * memory.c: malloc with large blocks counted.  The lock is taken for those
 * alone, so that the many small ones cost nothing. */
#include "fetch/memory.h"

#include <malloc.h>
#include <stdlib.h>

static uint64_t count_block(size_t bytes) {
  return bytes >= MEMORY_SMALL ? bytes : 0;
}

/* Takes `more` and gives `less` back; false when that exceeds the limit. */
static bool exchange_bytes(struct memory *memory, uint64_t more,
                           uint64_t less) {
  if (!more && !less) return true;
  pthread_mutex_lock(&memory->lock);
  uint64_t held = memory->held - less + more;
  bool fits = more <= less || held <= memory->limit;
  if (fits)
    memory->held = held;
  else
    memory->refused++;
  pthread_mutex_unlock(&memory->lock);
  return fits;
}

static uint64_t size_of(void *block) {
  return block ? count_block(malloc_usable_size(block)) : 0;
}

/* Corrects what was taken: malloc may give more than was asked for. */
static void correct_bytes(struct memory *memory, uint64_t taken, uint64_t now) {
  pthread_mutex_lock(&memory->lock);
  memory->held = memory->held - taken + now;
  pthread_mutex_unlock(&memory->lock);
}

static void *resize_block(void *block, size_t bytes, void *context) {
  struct memory *memory = context;
  uint64_t before = size_of(block);
  uint64_t after = count_block(bytes);
  if (!exchange_bytes(memory, after, before)) return NULL;
  void *moved = realloc(block, bytes);
  uint64_t now = moved ? size_of(moved) : before;
  if (now != after) correct_bytes(memory, after, now);
  return moved;
}

static void *allocate_block(size_t bytes, void *context) {
  if (!count_block(bytes)) {
    void *block = malloc(bytes);
    uint64_t now = size_of(block);
    if (now) correct_bytes(context, 0, now);
    return block;
  }
  return resize_block(NULL, bytes, context);
}

static void release_block(void *block, void *context) {
  (void)exchange_bytes(context, 0, size_of(block));
  free(block);
}

bool memory_open(struct memory *memory) {
  *memory = (struct memory){.limit = UINT64_MAX};
  memory->allocator =
      (lariat_allocator){allocate_block, resize_block, release_block, memory};
  pthread_mutex_init(&memory->lock, NULL);
  return lariat_set_allocator(&memory->allocator) == LARIAT_OK;
}

void memory_limit(struct memory *memory, uint64_t bytes) {
  pthread_mutex_lock(&memory->lock);
  memory->limit = memory->held + bytes;
  pthread_mutex_unlock(&memory->lock);
}

uint64_t memory_refused(struct memory *memory) {
  pthread_mutex_lock(&memory->lock);
  uint64_t refused = memory->refused;
  pthread_mutex_unlock(&memory->lock);
  return refused;
}

void memory_close(struct memory *memory) {
  if (lariat_set_allocator(NULL) != LARIAT_OK) return;
  pthread_mutex_destroy(&memory->lock);
}
