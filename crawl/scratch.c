/* SPDX-License-Identifier: MIT
 * scratch.c: bytes that grow. */
#include "scratch.h"

#include <string.h>

#include <lariat/allocator.h>

bool lr_crawl_scratch_reserve(lr_crawl_scratch *scratch, size_t more) {
  if (scratch->capacity - scratch->length >= more) return true;
  size_t capacity = scratch->capacity ? scratch->capacity : 256;
  if (more > SIZE_MAX / 4 || scratch->length > SIZE_MAX / 4) {
    scratch->failed = true;
    return false;
  }
  while (capacity - scratch->length < more) capacity *= 2;
  char *bytes = lariat_memory_resize(scratch->bytes, capacity);
  if (!bytes) {
    scratch->failed = true;
    return false;
  }
  scratch->bytes = bytes;
  scratch->capacity = capacity;
  return true;
}

void lr_crawl_scratch_add(lr_crawl_scratch *scratch, const char *bytes,
                          size_t length) {
  if (!length || !lr_crawl_scratch_reserve(scratch, length)) return;
  memcpy(scratch->bytes + scratch->length, bytes, length);
  scratch->length += length;
}

void lr_crawl_scratch_put(lr_crawl_scratch *scratch, char byte) {
  if (lr_crawl_scratch_reserve(scratch, 1))
    scratch->bytes[scratch->length++] = byte;
}

void lr_crawl_scratch_add_code_point(lr_crawl_scratch *scratch, uint32_t code) {
  char bytes[4];
  size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--) {
    bytes[i] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  bytes[0] = (char)(length == 1 ? code : (0xf00U >> length & 0xf0) | code);
  lr_crawl_scratch_add(scratch, bytes, length);
}

void lr_crawl_scratch_free(lr_crawl_scratch *scratch) {
  lariat_memory_release(scratch->bytes);
  *scratch = (lr_crawl_scratch){0};
}
