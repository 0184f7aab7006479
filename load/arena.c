/* SPDX-License-Identifier: MIT
 * arena.c: blocks, each twice as large as the one before, up to a megabyte. */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 1024, LAST_BLOCK = 1024 * 1024 };

struct lr_load_block {
  lr_load_block *next;
  alignas(max_align_t) char bytes[];
};

static size_t choose_capacity(const lr_load_arena *arena, size_t length) {
  size_t capacity = arena->total < FIRST_BLOCK ? FIRST_BLOCK : arena->total;
  if (capacity > LAST_BLOCK) capacity = LAST_BLOCK;
  return capacity < length ? length : capacity;
}

static lr_load_block *add_block(lr_load_arena *arena, size_t length) {
  size_t capacity = choose_capacity(arena, length);
  if (capacity > SIZE_MAX / 2) return NULL;
  lr_load_block *block = malloc(sizeof(*block) + capacity);
  if (!block) return NULL;
  block->next = arena->blocks;
  *arena = (lr_load_arena){
      .blocks = block, .capacity = capacity, .total = arena->total + capacity};
  return block;
}

char *lr_load_arena_take(lr_load_arena *arena, size_t length) {
  if (arena->capacity - arena->used < length || !arena->blocks)
    if (!add_block(arena, length)) return NULL;
  char *bytes = arena->blocks->bytes + arena->used;
  arena->used += length;
  return bytes;
}

void *lr_load_arena_objects(lr_load_arena *arena, size_t count, size_t size) {
  const size_t unit = alignof(max_align_t);
  size_t padding = (unit - arena->used % unit) % unit;
  if (size && count > SIZE_MAX / 4 / size) return NULL;
  if (arena->capacity - arena->used < padding + count * size) padding = 0;
  char *bytes = lr_load_arena_take(arena, padding + count * size);
  if (!bytes) return NULL;
  return memset(bytes + padding, 0, count * size);
}

char *lr_load_arena_copy(lr_load_arena *arena, const void *bytes,
                         size_t length) {
  char *copy = lr_load_arena_take(arena, length + 1);
  if (!copy) return NULL;
  if (length) memcpy(copy, bytes, length);
  copy[length] = '\0';
  return copy;
}

void lr_load_arena_return(lr_load_arena *arena, size_t length) {
  arena->used -= length;
}

void lr_load_arena_free(lr_load_arena *arena) {
  while (arena->blocks) {
    lr_load_block *next = arena->blocks->next;
    free(arena->blocks);
    arena->blocks = next;
  }
  *arena = (lr_load_arena){.blocks = NULL};
}
