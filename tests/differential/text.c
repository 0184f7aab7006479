/* SPDX-License-Identifier: MIT
 * text.c: a text that grows. */
#include "differential/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("differential: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(2);
}

void *take_memory(size_t bytes) {
  void *memory = calloc(1, bytes);
  if (!memory) die("out of memory");
  return memory;
}

void text_clear(struct text *text) {
  text->used = 0;
  if (text->bytes) text->bytes[0] = '\0';
}

void text_free(struct text *text) {
  free(text->bytes);
  *text = (struct text){NULL, 0, 0};
}

char *text_reserve(struct text *text, size_t count) {
  size_t least = text->used + count + 1;
  if (least > text->capacity) {
    size_t capacity = least * 2;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes) die("out of memory");
    text->bytes = bytes;
    text->capacity = capacity;
  }
  char *place = text->bytes + text->used;
  text->used += count;
  text->bytes[text->used] = '\0';
  return place;
}

void text_add_bytes(struct text *text, const char *bytes, size_t count) {
  char *place = text_reserve(text, count);
  if (count > 0) memcpy(place, bytes, count);
}

void text_add(struct text *text, const char *string) {
  text_add_bytes(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof line) die("a line is too long");
  text_add_bytes(text, line, (size_t)length);
}

bool text_same(const struct text *a, const struct text *b) {
  if (a->used != b->used) return false;
  return a->used == 0 || memcmp(a->bytes, b->bytes, a->used) == 0;
}
