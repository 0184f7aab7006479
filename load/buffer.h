/* SPDX-License-Identifier: MIT
 * buffer.h: bytes that grow, and are used again. */
#ifndef LOAD_BUFFER_H
#define LOAD_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: empty. */
typedef struct lr_load_buffer {
  char *bytes;
  size_t length;
  size_t capacity;
} lr_load_buffer;

/* Adds bytes at the end.  False: out of memory, and nothing has changed. */
bool lr_load_buffer_add(lr_load_buffer *buffer, const void *bytes,
                        size_t length);

/* Makes room for `more` bytes at the end.  False: out of memory. */
bool lr_load_buffer_reserve(lr_load_buffer *buffer, size_t more);

/* Makes it empty; keeps its memory. */
void lr_load_buffer_clear(lr_load_buffer *buffer);

void lr_load_buffer_free(lr_load_buffer *buffer);

#endif
