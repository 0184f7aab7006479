/* SPDX-License-Identifier: MIT
 * bytes.c: a buffer that grows, and strings of JSON in it. */
#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lariat/allocator.h>

enum { LEAST = 256, KEPT = 1024 * 1024 };

bool lr_crawl_bytes_reserve(lr_crawl_bytes *bytes, size_t more) {
  if (bytes->failed) return false;
  if (more <= bytes->capacity - bytes->length) return true;
  size_t capacity = bytes->capacity ? bytes->capacity : LEAST;
  while (capacity - bytes->length < more && capacity <= SIZE_MAX / 2)
    capacity *= 2;
  char *at = capacity - bytes->length < more
                 ? NULL
                 : lariat_memory_resize(bytes->at, capacity);
  if (!at) {
    bytes->failed = true;
    return false;
  }
  bytes->at = at;
  bytes->capacity = capacity;
  return true;
}

void lr_crawl_bytes_add(lr_crawl_bytes *bytes, const void *data,
                        size_t length) {
  if (length == 0 || !lr_crawl_bytes_reserve(bytes, length)) return;
  memcpy(bytes->at + bytes->length, data, length);
  bytes->length += length;
}

void lr_crawl_bytes_add_text(lr_crawl_bytes *bytes, const char *text) {
  lr_crawl_bytes_add(bytes, text, strlen(text));
}

void lr_crawl_bytes_add_number(lr_crawl_bytes *bytes, uint64_t number) {
  char digits[20];
  char *first = digits + sizeof digits;
  do *--first = (char)('0' + number % 10);
  while (number /= 10);
  lr_crawl_bytes_add(bytes, first, (size_t)(digits + sizeof digits - first));
}

void lr_crawl_bytes_format(lr_crawl_bytes *bytes, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length >= 0 && lr_crawl_bytes_reserve(bytes, (size_t)length + 1)) {
    vsnprintf(bytes->at + bytes->length, (size_t)length + 1, format, again);
    bytes->length += (size_t)length;
  }
  va_end(again);
}

/* ---- JSON ---- */

/* Returns the length of the character of UTF-8 at `at`, or 0: it is none
 * (RFC 3629, 4). */
static size_t length_of_character(const unsigned char *at, size_t left) {
  if (at[0] < 0x80) return 1;
  size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  if (at[0] < 0xc2 || at[0] > 0xf4 || length > left) return 0;
  for (size_t i = 1; i < length; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  bool early =
      (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
  bool late =
      (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
  return early || late ? 0 : length;
}

static bool is_bare(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void add_escaped(lr_crawl_bytes *bytes, unsigned char byte) {
  if (byte == '"' || byte == '\\')
    lr_crawl_bytes_format(bytes, "\\%c", byte);
  else
    lr_crawl_bytes_format(bytes, "\\u%04x", byte);
}

/* Adds one character of several bytes, or of one that needs an escape; returns
 * how many bytes of the text it was. */
static size_t add_character(lr_crawl_bytes *bytes, const unsigned char *at,
                            size_t left) {
  size_t length = length_of_character(at, left);
  if (length == 0) {
    lr_crawl_bytes_add_text(bytes, "\\ufffd");
    return 1;
  }
  if (length == 1)
    add_escaped(bytes, *at);
  else
    lr_crawl_bytes_add(bytes, at, length);
  return length;
}

void lr_crawl_bytes_add_json_part(lr_crawl_bytes *bytes, const char *text,
                                  size_t length) {
  const unsigned char *at = (const unsigned char *)text;
  lr_crawl_bytes_add(bytes, "\"", 1);
  for (size_t i = 0; i < length;) {
    size_t bare = i;
    while (bare < length && is_bare(at[bare])) bare++;
    lr_crawl_bytes_add(bytes, at + i, bare - i);
    i = bare;
    if (i < length) i += add_character(bytes, at + i, length - i);
  }
  lr_crawl_bytes_add(bytes, "\"", 1);
}

void lr_crawl_bytes_add_json(lr_crawl_bytes *bytes, const char *text) {
  if (text)
    lr_crawl_bytes_add_json_part(bytes, text, strlen(text));
  else
    lr_crawl_bytes_add_text(bytes, "null");
}

/* ---- Their end ---- */

char *lr_crawl_bytes_take(lr_crawl_bytes *bytes, size_t *length) {
  lr_crawl_bytes_add(bytes, "", 1);
  char *at = bytes->failed ? NULL : bytes->at;
  if (length) *length = at ? bytes->length - 1 : 0;
  if (!at) lariat_memory_release(bytes->at);
  *bytes = (lr_crawl_bytes){0};
  return at;
}

void lr_crawl_bytes_reset(lr_crawl_bytes *bytes) {
  if (bytes->capacity > KEPT) lr_crawl_bytes_clear(bytes);
  bytes->length = 0;
  bytes->failed = false;
}

void lr_crawl_bytes_clear(lr_crawl_bytes *bytes) {
  lariat_memory_release(bytes->at);
  *bytes = (lr_crawl_bytes){0};
}
