/* SPDX-License-Identifier: MIT
 * text.c: numbers, hexadecimal and JSON strings, written without a detour. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 4096 };

bool text_reserve(struct text *text, size_t more) {
  if (more <= text->capacity - text->length) return true;
  if (more > SIZE_MAX / 2 - text->length) return false;
  size_t capacity = text->capacity;
  if (capacity < SMALLEST_CAPACITY) capacity = SMALLEST_CAPACITY;
  while (capacity < text->length + more) capacity *= 2;
  char *bytes = realloc(text->bytes, capacity);
  if (!bytes) return false;
  text->bytes = bytes;
  text->capacity = capacity;
  return true;
}

bool text_add(struct text *text, const char *string) {
  size_t length = strlen(string);
  if (!length) return true; /* there may be no buffer yet */
  if (!text_reserve(text, length)) return false;
  memcpy(text->bytes + text->length, string, length);
  text->length += length;
  return true;
}

void text_free(struct text *text) {
  free(text->bytes);
  *text = (struct text){NULL, 0, 0};
}

static unsigned count_digits(uint64_t number) {
  for (unsigned more = 0;; more += 4) {
    if (number < 10) return more + 1;
    if (number < 100) return more + 2;
    if (number < 1000) return more + 3;
    if (number < 10000) return more + 4;
    number /= 10000;
  }
}

char *text_put_long_number(char *at, uint64_t number) {
  char *end = at + count_digits(number);
  for (char *to = end; to > at; number /= 10) *--to = (char)('0' + number % 10);
  return end;
}

static char hex_digit(unsigned number) {
  return (char)(number + '0' + (number > 9 ? 'a' - '9' - 1 : 0));
}

/* Computes the digits without a table, so that the compiler can do many at a
 * time. */
char *text_put_sha256(char *restrict at, const uint8_t *restrict sha256) {
  for (size_t i = 0; i < 32; i++) {
    at[2 * i] = hex_digit(sha256[i] >> 4);
    at[2 * i + 1] = hex_digit(sha256[i] & 15);
  }
  return at + 64;
}

/* The bytes that go into a JSON string as they are: printable ASCII but two. */
static const bool unescaped[256] = {
    [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

static char *put_hex(char *at, unsigned char byte) {
  *at++ = hex_digit(byte >> 4);
  *at++ = hex_digit(byte & 15);
  return at;
}

static char *put_control(char *at, unsigned char byte) {
  at = text_put(at, "\\u00", 4);
  return put_hex(at, byte);
}

static char *put_ascii(char *at, unsigned char byte, bool json) {
  if (json && (byte == '"' || byte == '\\')) *at++ = '\\';
  if (byte >= 0x20 && byte != 0x7f) {
    *at++ = (char)byte;
    return at;
  }
  return put_control(at, byte);
}

static char *put_invalid(char *at, unsigned char byte) {
  at = text_put(at, "\\udbfd\\udf", 10);
  return put_hex(at, byte);
}

static bool is_continuation(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

static bool in_range(unsigned char byte, unsigned low, unsigned high) {
  return byte >= low && byte <= high;
}

/* Whether `second` may follow `first`: its range may be narrower than that of
 * the others, so that there are no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
static bool second_fits(unsigned char first, unsigned char second) {
  switch (first) {
  case 0xe0:
    return in_range(second, 0xa0, 0xbf);
  case 0xed:
    return in_range(second, 0x80, 0x9f);
  case 0xf0:
    return in_range(second, 0x90, 0xbf);
  case 0xf4:
    return in_range(second, 0x80, 0x8f);
  default:
    return is_continuation(second);
  }
}

/* Returns how many bytes the valid sequence at `bytes` has; 0: none is. */
static size_t sequence_length(const unsigned char *bytes, size_t left) {
  size_t length = in_range(bytes[0], 0xc2, 0xdf)   ? 2
                  : in_range(bytes[0], 0xe0, 0xef) ? 3
                  : in_range(bytes[0], 0xf0, 0xf4) ? 4
                                                   : 0;
  if (length == 0 || length > left) return 0;
  if (!second_fits(bytes[0], bytes[1])) return 0;
  for (size_t i = 2; i < length; i++)
    if (!is_continuation(bytes[i])) return 0;
  return length;
}

/* Whether the sequence is U+10F780 to U+10F7FF, which stand for bytes. */
static bool is_stand_in(const unsigned char *bytes, size_t length) {
  return length == 4 && bytes[0] == 0xf4 && bytes[1] == 0x8f &&
         (bytes[2] == 0x9e || bytes[2] == 0x9f);
}

/* Returns the code point of the sequence if it acts on a terminal, or on the
 * direction of the text: C1 (U+009B begins a command as ESC [ does), the line
 * ends U+2028 and U+2029, and all that Unicode calls Bidi_Control, which are
 * the marks U+061C, U+200E and U+200F, and the embeddings, overrides and
 * isolates from U+202A and U+2066 on.  0: it does nothing of the kind. */
static unsigned acting_code_point(const unsigned char *bytes, size_t length) {
  if (length == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0) return bytes[1];
  if (length == 2 && bytes[0] == 0xd8 && bytes[1] == 0x9c) return 0x061c;
  if (length != 3 || bytes[0] != 0xe2) return 0;
  if (bytes[1] == 0x80 &&
      (in_range(bytes[2], 0xa8, 0xae) || in_range(bytes[2], 0x8e, 0x8f)))
    return 0x2000u + (bytes[2] & 0x3fu);
  if (bytes[1] == 0x81 && in_range(bytes[2], 0xa6, 0xa9))
    return 0x2040u + (bytes[2] & 0x3fu);
  return 0;
}

static char *put_code_point(char *at, unsigned code_point) {
  at = text_put(at, "\\u", 2);
  at = put_hex(at, (unsigned char)(code_point >> 8));
  return put_hex(at, (unsigned char)code_point);
}

/* Writes one sequence, or one byte that begins none; `*used` says how much. */
static char *put_sequence(char *at, const unsigned char *bytes, size_t left,
                          size_t *used) {
  size_t length = sequence_length(bytes, left);
  *used = 1;
  if (length == 0 || is_stand_in(bytes, length))
    return put_invalid(at, bytes[0]);
  *used = length;
  unsigned acting = acting_code_point(bytes, length);
  if (acting) return put_code_point(at, acting);
  return text_put(at, (const char *)bytes, length);
}

/* Looks at eight bytes at a time.  Each subtraction makes the highest bit of a
 * byte that was below what is subtracted; a borrow can only make it seem so of
 * the byte after one that was. */
static bool are_unescaped(uint64_t bytes) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t found = bytes | (bytes - ones * ' ');
  found |= (bytes ^ ones * '"') - ones;
  found |= (bytes ^ ones * '\\') - ones;
  found |= (bytes ^ ones * 0x7f) - ones;
  return (found & ones << 7) == 0;
}

/* Writes the bytes up to one that needs an escape; `*from` is where that is. */
static char *put_unescaped(char *at, const unsigned char **from,
                           const unsigned char *end) {
  const unsigned char *next = *from;
  uint64_t bytes;
  for (; (size_t)(end - next) >= sizeof bytes; next += sizeof bytes) {
    memcpy(&bytes, next, sizeof bytes);
    if (!are_unescaped(bytes)) break;
    memcpy(at, &bytes, sizeof bytes);
    at += sizeof bytes;
  }
  while (next < end && unescaped[*next]) *at++ = (char)*next++;
  *from = next;
  return at;
}

static char *put_bytes(char *at, const char *bytes, size_t length, bool json) {
  const unsigned char *from = (const unsigned char *)bytes;
  const unsigned char *end = from + length;
  for (;;) {
    at = put_unescaped(at, &from, end);
    if (from == end) return at;
    size_t used = 1;
    if (*from < 0x80)
      at = put_ascii(at, *from, json);
    else
      at = put_sequence(at, from, (size_t)(end - from), &used);
    from += used;
  }
}

char *text_put_escaped(char *at, const char *bytes, size_t length) {
  return put_bytes(at, bytes, length, true);
}

char *text_put_shown(char *at, const char *bytes, size_t length) {
  return put_bytes(at, bytes, length, false);
}

size_t text_sequence_length(const char *bytes, size_t left) {
  const unsigned char *from = (const unsigned char *)bytes;
  if (left == 0) return 0;
  return *from < 0x80 ? 1 : sequence_length(from, left);
}

/* ---- Base64 ---- */

static char *put_sextets(char *at, uint32_t bits, unsigned count) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
  for (unsigned i = 0; i < 4; i++)
    *at++ = i < count ? digits[bits >> (18 - 6 * i) & 63] : '=';
  return at;
}

char *text_put_base64(char *at, const void *bytes, size_t length) {
  const unsigned char *from = bytes;
  for (; length >= 3; from += 3, length -= 3)
    at = put_sextets(
        at, (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2], 4);
  if (length == 0) return at;
  uint32_t bits = (uint32_t)from[0] << 16;
  if (length == 2) bits |= (uint32_t)from[1] << 8;
  return put_sextets(at, bits, (unsigned)length + 1);
}
