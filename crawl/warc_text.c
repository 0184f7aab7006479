/* SPDX-License-Identifier: MIT
 * warc_text.c: memory that doubles. */
#include "warc_text.h"

#include <string.h>

#include <lariat/allocator.h>

enum { FIRST_CAPACITY = 1024, MOST_DIGITS = 20 };

static bool fail(lr_crawl_warc_text *text) {
  text->failed = true;
  return false;
}

bool lr_crawl_warc_text_reserve(lr_crawl_warc_text *text, size_t more) {
  if (text->failed) return false;
  if (text->capacity - text->length >= more) return true;
  if (more > SIZE_MAX / 2 - text->length) return fail(text);
  size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
  while (capacity - text->length < more) capacity *= 2;
  char *bytes = lariat_memory_resize(text->bytes, capacity);
  if (!bytes) return fail(text);
  text->bytes = bytes;
  text->capacity = capacity;
  return true;
}

void lr_crawl_warc_text_put(lr_crawl_warc_text *text, const char *bytes,
                            size_t length) {
  if (!length || !lr_crawl_warc_text_reserve(text, length)) return;
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

void lr_crawl_warc_text_put_string(lr_crawl_warc_text *text,
                                   const char *string) {
  lr_crawl_warc_text_put(text, string, strlen(string));
}

void lr_crawl_warc_text_put_digits(lr_crawl_warc_text *text, uint64_t number,
                                   unsigned digits) {
  char out[MOST_DIGITS];
  for (unsigned i = digits; i--; number /= 10)
    out[i] = (char)('0' + number % 10);
  lr_crawl_warc_text_put(text, out, digits);
}

void lr_crawl_warc_text_put_number(lr_crawl_warc_text *text, uint64_t number) {
  unsigned digits = 1;
  for (uint64_t rest = number / 10; rest; rest /= 10) digits++;
  lr_crawl_warc_text_put_digits(text, number, digits);
}

void lr_crawl_warc_text_clear(lr_crawl_warc_text *text, size_t keep) {
  text->length = 0;
  text->failed = false;
  if (text->capacity > keep) lr_crawl_warc_text_free(text);
}

void lr_crawl_warc_text_free(lr_crawl_warc_text *text) {
  lariat_memory_release(text->bytes);
  *text = (lr_crawl_warc_text){.bytes = NULL};
}
