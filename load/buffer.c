/* SPDX-License-Identifier: MIT
 * buffer.c: memory that doubles. */
#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

bool lr_load_buffer_reserve(lr_load_buffer *buffer, size_t more) {
  size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
  if (buffer->capacity - buffer->length >= more) return true;
  if (more > SIZE_MAX / 4 - buffer->length) return false;
  while (capacity - buffer->length < more) capacity *= 2;
  char *bytes = realloc(buffer->bytes, capacity);
  if (!bytes) return false;
  buffer->bytes = bytes;
  buffer->capacity = capacity;
  return true;
}

bool lr_load_buffer_add(lr_load_buffer *buffer, const void *bytes,
                        size_t length) {
  if (!lr_load_buffer_reserve(buffer, length)) return false;
  if (length) memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
  return true;
}

void lr_load_buffer_clear(lr_load_buffer *buffer) { buffer->length = 0; }

void lr_load_buffer_free(lr_load_buffer *buffer) {
  free(buffer->bytes);
  *buffer = (lr_load_buffer){.bytes = NULL};
}
