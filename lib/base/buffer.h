/* SPDX-License-Identifier: MIT
 * buffer.h: bytes that grow at the end.  Growth doubles; the bytes may move. */
#ifndef LR_BASE_BUFFER_H
#define LR_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lr_buffer {
  char *bytes; /* NULL while nothing was ever put in */
  size_t length;
  size_t capacity;
} lr_buffer;

/* Makes an empty buffer, which has no memory yet. */
static inline void lr_buffer_init(lr_buffer *buffer) {
  buffer->bytes = NULL;
  buffer->length = 0;
  buffer->capacity = 0;
}

/* Frees the bytes; the buffer is empty and usable. */
void lr_buffer_clear(lr_buffer *buffer);

/* Grows the capacity to take `more` bytes beyond the length; false when out of
 * memory (what is there stays). */
bool lr_buffer_reserve_slow(lr_buffer *buffer, size_t more);
static inline bool lr_buffer_reserve(lr_buffer *buffer, size_t more) {
  return more <= buffer->capacity - buffer->length ||
         lr_buffer_reserve_slow(buffer, more);
}

/* Appends `length` bytes; false when out of memory, with nothing appended. */
bool lr_buffer_append(lr_buffer *buffer, const void *bytes, size_t length);

/* Puts a NUL behind the bytes without counting it; false when out of
 * memory. */
bool lr_buffer_terminate(lr_buffer *buffer);

#endif
