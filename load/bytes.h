/* SPDX-License-Identifier: MIT
 * bytes.h: bytes that grow, and are used again. */
#ifndef LOAD_BYTES_H
#define LOAD_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: empty. */
typedef struct lr_load_bytes {
  char *bytes;
  size_t length;
  size_t capacity;
} lr_load_bytes;

/* Adds bytes at the end.  False: out of memory, and nothing has changed. */
bool lr_load_bytes_add(lr_load_bytes *buffer, const void *bytes, size_t length);

/* Makes space for `more` bytes at the end.  False: out of memory. */
bool lr_load_bytes_reserve(lr_load_bytes *buffer, size_t more);

/* Makes it empty; keeps its memory. */
void lr_load_bytes_clear(lr_load_bytes *buffer);

void lr_load_bytes_free(lr_load_bytes *buffer);

#endif
