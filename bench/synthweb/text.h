/* SPDX-License-Identifier: MIT
 * text.h: bytes that grow. */
#ifndef BENCH_SYNTHWEB_TEXT_H
#define BENCH_SYNTHWEB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
  char *bytes;
  size_t length;
  size_t capacity;
  bool failed; /* out of memory, since it was made or cleared */
};

/* Add to the end. */
void text_add(struct text *text, const void *bytes, size_t length);
void text_say(struct text *text, const char *words);
void text_print(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds zeros and returns where they begin, or NULL. */
char *text_extend(struct text *text, size_t length);

void text_clear(struct text *text);
void text_free(struct text *text);

#endif
