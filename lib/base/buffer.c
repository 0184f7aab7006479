/* SPDX-License-Identifier: MIT
 * buffer.c: bytes that grow at the end. */
#include "base/buffer.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

enum { SMALLEST = 64 };

void lr_buffer_clear(lr_buffer *buffer) {
  lr_free(buffer->bytes);
  lr_buffer_init(buffer);
}

bool lr_buffer_reserve_slow(lr_buffer *buffer, size_t more) {
  if (more > SIZE_MAX - buffer->length) return false;
  size_t needed = buffer->length + more;
  size_t capacity = buffer->capacity < SMALLEST ? SMALLEST : buffer->capacity;
  while (capacity < needed)
    capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
  char *bytes = lr_realloc(buffer->bytes, capacity);
  if (!bytes) return false;
  buffer->bytes = bytes;
  buffer->capacity = capacity;
  return true;
}

bool lr_buffer_append(lr_buffer *buffer, const void *bytes, size_t length) {
  if (length == 0) return true;
  if (!lr_buffer_reserve(buffer, length)) return false;
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
  return true;
}

bool lr_buffer_terminate(lr_buffer *buffer) {
  if (!lr_buffer_reserve(buffer, 1)) return false;
  buffer->bytes[buffer->length] = '\0';
  return true;
}
