/* SPDX-License-Identifier: MIT
 * text.h: a text that grows.  Out of memory ends the program: this is a
 * test. */
#ifndef TESTS_DIFFERENTIAL_TEXT_H
#define TESTS_DIFFERENTIAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
  char *bytes; /* always ended by a NUL, once anything was added */
  size_t used;
  size_t capacity;
};

/* Makes it empty, without giving memory back. */
void text_clear(struct text *text);

/* Gives the memory back. */
void text_free(struct text *text);

/* Adds bytes, a string, a formatted line. */
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_add(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds space for `count` bytes; where they go. */
char *text_reserve(struct text *text, size_t count);

bool text_same(const struct text *a, const struct text *b);

/* Says what is wrong and ends the program. */
void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* malloc and calloc that do not fail. */
void *take_memory(size_t bytes);

#endif
