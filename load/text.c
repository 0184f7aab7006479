/* SPDX-License-Identifier: MIT
 * text.c: bytes in a block that grows by half. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lariat/allocator.h>
#include <lariat/load/report.h>

enum { FIRST = 256 };

/* Makes space for `more` bytes and a NUL; false: there is no memory. */
static bool reserve_bytes(lr_load_text *text, size_t more) {
  if (text->status != LARIAT_OK) return false;
  if (more < text->capacity - text->length) return true;
  size_t wanted = text->length + more + 1;
  size_t capacity = text->capacity + text->capacity / 2;
  if (capacity < FIRST) capacity = FIRST;
  if (capacity < wanted) capacity = wanted;
  char *grown = wanted > more ? lariat_memory_resize(text->bytes, capacity)
                              : NULL; /* the sum was too large */
  if (!grown) {
    text->status = LARIAT_ENOMEM;
    return false;
  }
  text->bytes = grown;
  text->capacity = capacity;
  return true;
}

void lr_load_text_add_bytes(lr_load_text *text, const char *bytes,
                            size_t length) {
  if (!reserve_bytes(text, length)) return;
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  text->bytes[text->length] = '\0';
}

void lr_load_text_add(lr_load_text *text, const char *string) {
  lr_load_text_add_bytes(text, string, strlen(string));
}

void lr_load_text_repeat(lr_load_text *text, char byte, size_t count) {
  if (!reserve_bytes(text, count)) return;
  memset(text->bytes + text->length, byte, count);
  text->length += count;
  text->bytes[text->length] = '\0';
}

void lr_load_text_format(lr_load_text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0 || !reserve_bytes(text, (size_t)length)) return;
  va_start(arguments, format);
  vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
  va_end(arguments);
  text->length += (size_t)length;
}

void lr_load_text_decimal(lr_load_text *text, uint64_t number,
                          unsigned decimals) {
  uint64_t scale = 1;
  for (unsigned i = 0; i < decimals; i++) scale *= 10;
  for (; scale > 1 && number % 10 == 0; scale /= 10, decimals--) number /= 10;
  if (scale == 1)
    lr_load_text_format(text, "%llu", (unsigned long long)number);
  else
    lr_load_text_format(text, "%llu.%0*llu",
                        (unsigned long long)(number / scale), (int)decimals,
                        (unsigned long long)(number % scale));
}

void lr_load_text_cut(lr_load_text *text, size_t length) {
  if (length >= text->length) return;
  text->length = length;
  text->bytes[length] = '\0';
}

lariat_status lr_load_text_finish(lr_load_text *text, char **bytes,
                                  size_t *length) {
  lr_load_text_add_bytes(text, "", 0); /* also of an empty text a NUL */
  lariat_status status = text->status;
  if (status != LARIAT_OK) lr_load_text_clear(text);
  *bytes = text->bytes;
  if (length) *length = text->length;
  *text = (lr_load_text){0};
  return status;
}

void lr_load_text_clear(lr_load_text *text) {
  lariat_memory_release(text->bytes);
  *text = (lr_load_text){0};
}

void lariat_load_text_free(char *text) { lariat_memory_release(text); }
