/* SPDX-License-Identifier: MIT
 * bytes.c: memory that doubles. */
#include "bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

bool lr_load_bytes_reserve(lr_load_bytes *buffer, size_t more) {
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

bool lr_load_bytes_add(lr_load_bytes *buffer, const void *bytes,
                       size_t length) {
  if (!lr_load_bytes_reserve(buffer, length)) return false;
  if (length) memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
  return true;
}

void lr_load_bytes_clear(lr_load_bytes *buffer) { buffer->length = 0; }

void lr_load_bytes_free(lr_load_bytes *buffer) {
  free(buffer->bytes);
  *buffer = (lr_load_bytes){.bytes = NULL};
}
