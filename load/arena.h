/* SPDX-License-Identifier: MIT
 * arena.h: bytes that stay where they are until all of them are freed at
 * once. */
#ifndef LOAD_ARENA_H
#define LOAD_ARENA_H

#include <stddef.h>

typedef struct lr_load_block lr_load_block;

/* All zero: empty. */
typedef struct lr_load_arena {
  lr_load_block *blocks; /* the one that is being filled first */
  size_t used;           /* of that */
  size_t capacity;       /* of that */
  size_t total;          /* of all blocks */
} lr_load_arena;

/* Returns `length` bytes, at any address; NULL: out of memory. */
char *lr_load_arena_take(lr_load_arena *arena, size_t length);

/* Returns memory for objects, aligned for each type of them, all zero. */
void *lr_load_arena_objects(lr_load_arena *arena, size_t count, size_t size);

/* Returns a copy of the bytes with a NUL behind it; NULL: out of memory. */
char *lr_load_arena_copy(lr_load_arena *arena, const void *bytes,
                         size_t length);

/* Gives back the last `length` bytes, which were taken last. */
void lr_load_arena_return(lr_load_arena *arena, size_t length);

void lr_load_arena_free(lr_load_arena *arena);

#endif
