/* SPDX-License-Identifier: MIT
 * text.h: a growing text, and JSON written into it.
 *
 * The output has one line for each URL and is on the hot path, so JSON is
 * written straight into the buffer: room for a whole line is made once, and
 * the put_* functions then write without looking. */
#ifndef TOOLS_LARIAT_TEXT_H
#define TOOLS_LARIAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
  char *bytes;
  size_t length;
  size_t room;
};

/* The most that one byte of a string becomes in JSON. */
enum { TEXT_WORST_ESCAPE = 12, TEXT_LONGEST_NUMBER = 20 };

/* Makes room for `more` bytes after the text; false when out of memory. */
bool text_reserve(struct text *text, size_t more);

void text_free(struct text *text);

/* Each writes at `at` and returns where it ended. */
char *text_put(char *at, const char *bytes, size_t length);
char *text_put_number(char *at, uint64_t number);
char *text_put_hex(char *at, const uint8_t *bytes, size_t count);

/* `bytes` as the inside of a JSON string (without the quotes): valid UTF-8 as
 * it is.  A byte that is not part of valid UTF-8 becomes the code point
 * U+10F700 + byte, written "\udbfd\udfXX" with XX the byte in hex; so do the
 * bytes of U+10F780 to U+10F7FF themselves, which makes it reversible. */
char *text_put_escaped(char *at, const char *bytes, size_t length);

#endif
