/* SPDX-License-Identifier: MIT
 * memory.h: lariat's own memory, from the settable allocator. */
#ifndef LR_BASE_MEMORY_H
#define LR_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Do as malloc, calloc, realloc and free do; NULL when out of memory.  Any
 * thread. */
void *lr_alloc(size_t bytes) __attribute__((malloc, warn_unused_result));
void *lr_alloc_zero(size_t bytes) __attribute__((malloc, warn_unused_result));
void *lr_realloc(void *memory, size_t bytes)
    __attribute__((warn_unused_result));
void lr_free(void *memory);

/* Tells whether memory comes from malloc, with no allocator set. */
bool lr_memory_is_malloc(void);

/* Allocates zeroed memory at the start of a cache line, freed by lr_free_lines.
 * For what two threads write. */
void *lr_alloc_lines(size_t bytes) __attribute__((malloc, warn_unused_result));
void lr_free_lines(void *memory);

/* Returns the block that lr_free_lines frees. */
void *lr_lines_block(void *memory);

/* Return a copy of `length` bytes with a NUL behind them, and one of a string;
 * NULL when out of memory. */
char *lr_copy_bytes(const void *bytes, size_t length)
    __attribute__((malloc, warn_unused_result));
char *lr_copy_string(const char *text)
    __attribute__((malloc, warn_unused_result));

#endif
