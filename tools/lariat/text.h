/* SPDX-License-Identifier: MIT
 * text.h: a growing text, and JSON written into it.
 *
 * The output has one line for each URL and is on the hot path, so JSON is
 * written straight into the buffer: the capacity for a whole line is reserved
 * once, and the put_* functions then write without looking. */
#ifndef TOOLS_LARIAT_TEXT_H
#define TOOLS_LARIAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
  char *bytes;
  size_t length;
  size_t capacity;
};

/* The length that one byte of a string has in JSON at the most. */
enum { TEXT_WORST_ESCAPE = 12 };

/* Reserves `more` bytes after the text; false when out of memory. */
bool text_reserve(struct text *text, size_t more);

/* Appends `string`; false when out of memory. */
bool text_add(struct text *text, const char *string);

void text_free(struct text *text);

/* ---- Writing into what was reserved ---- */

/* Each function writes at `at` and returns where it ended. */

static inline char *text_put(char *at, const char *bytes, size_t length) {
  memcpy(at, bytes, length);
  return at + length;
}

char *text_put_long_number(char *at, uint64_t number);

/* Writes a number, of which most have one digit. */
static inline char *text_put_number(char *at, uint64_t number) {
  if (number > 9) return text_put_long_number(at, number);
  *at++ = (char)('0' + number);
  return at;
}

/* Writes 64 hexadecimal digits. */
char *text_put_sha256(char *restrict at, const uint8_t *restrict sha256);

/* Writes `bytes` as the inside of a JSON string (without the quotes): valid
 * UTF-8 as it is, but what acts on a terminal or on the direction of the text:
 * the controls of C0 and C1, DEL, U+061C, U+200E, U+200F, U+2028 to U+202E and
 * U+2066 to U+2069 become "\uXXXX".  A byte that is not part of valid UTF-8
 * becomes the code point U+10F700 + byte, written "\udbfd\udfXX" with XX the
 * byte in hex; so do the bytes of U+10F780 to U+10F7FF themselves, which makes
 * it reversible. */
char *text_put_escaped(char *at, const char *bytes, size_t length);

/* Writes `bytes` for people, or JSON as it stands: the same escapes, but `"`
 * and `\` stay as they are. */
char *text_put_shown(char *at, const char *bytes, size_t length);

/* Returns the length of the valid UTF-8 sequence at `bytes`, of which `left`
 * are there; 0: none begins there. */
size_t text_sequence_length(const char *bytes, size_t left);

/* Writes `bytes` in base64, with padding: four bytes for three. */
char *text_put_base64(char *at, const void *bytes, size_t length);

#endif
