/* SPDX-License-Identifier: MIT
 * See text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct text *text, size_t length) {
  size_t capacity = text->capacity ? text->capacity : 4096;
  char *bytes;

  if (text->failed) return false;
  if (text->length + length <= text->capacity) return true;
  while (capacity < text->length + length) capacity *= 2;
  bytes = realloc(text->bytes, capacity);
  if (!bytes) {
    text->failed = true;
    return false;
  }
  text->bytes = bytes;
  text->capacity = capacity;
  return true;
}

void text_add(struct text *text, const void *bytes, size_t length) {
  if (!length || !reserve(text, length)) return;
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

void text_say(struct text *text, const char *words) {
  text_add(text, words, strlen(words));
}

void text_print(struct text *text, const char *format, ...) {
  char line[512];
  va_list arguments;
  int length;

  va_start(arguments, format);
  length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof line)
    text->failed = true;
  else
    text_add(text, line, (size_t)length);
}

char *text_extend(struct text *text, size_t length) {
  char *begin;

  if (!reserve(text, length)) return NULL;
  begin = text->bytes + text->length;
  memset(begin, 0, length);
  text->length += length;
  return begin;
}

void text_clear(struct text *text) {
  text->length = 0;
  text->failed = false;
}

void text_free(struct text *text) {
  free(text->bytes);
  memset(text, 0, sizeof *text);
}
