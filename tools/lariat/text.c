/* SPDX-License-Identifier: MIT
 * text.c: numbers, hexadecimal and JSON strings, written without a detour. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 4096 };

bool text_reserve(struct text *text, size_t more) {
  if (more <= text->room - text->length) return true;
  if (more > SIZE_MAX / 2 - text->length) return false;
  size_t room = text->room < SMALLEST ? SMALLEST : text->room;
  while (room < text->length + more) room *= 2;
  char *bytes = realloc(text->bytes, room);
  if (!bytes) return false;
  text->bytes = bytes;
  text->room = room;
  return true;
}

void text_free(struct text *text) {
  free(text->bytes);
  *text = (struct text){NULL, 0, 0};
}

char *text_put(char *at, const char *bytes, size_t length) {
  memcpy(at, bytes, length);
  return at + length;
}

char *text_put_number(char *at, uint64_t number) {
  char digits[TEXT_LONGEST_NUMBER];
  char *first = digits + sizeof digits;
  do {
    *--first = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  return text_put(at, first, (size_t)(digits + sizeof digits - first));
}

static const char hex_digits[] = "0123456789abcdef";

char *text_put_hex(char *at, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    *at++ = hex_digits[bytes[i] >> 4];
    *at++ = hex_digits[bytes[i] & 15];
  }
  return at;
}

/* What goes into a JSON string as it is: printable ASCII but two. */
static const bool plain[256] = {
    [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

static char *put_control(char *at, unsigned char byte) {
  at = text_put(at, "\\u00", 4);
  return text_put_hex(at, &byte, 1);
}

static char *put_ascii(char *at, unsigned char byte) {
  if (byte == '"' || byte == '\\') *at++ = '\\';
  if (byte >= 0x20 && byte != 0x7f) {
    *at++ = (char)byte;
    return at;
  }
  return put_control(at, byte);
}

static char *put_invalid(char *at, unsigned char byte) {
  at = text_put(at, "\\udbfd\\udf", 10);
  return text_put_hex(at, &byte, 1);
}

static bool is_continuation(unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

static bool in_range(unsigned char byte, unsigned low, unsigned high) {
  return byte >= low && byte <= high;
}

/* The second byte of a sequence may have a narrower range than the others:
 * no overlong forms, no surrogates, nothing above U+10FFFF. */
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

/* How many bytes the valid sequence at `bytes` has; 0: it is not valid. */
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

/* U+10F780 to U+10F7FF: they stand for bytes. */
static bool is_stand_in(const unsigned char *bytes, size_t length) {
  return length == 4 && bytes[0] == 0xf4 && bytes[1] == 0x8f &&
         (bytes[2] == 0x9e || bytes[2] == 0x9f);
}

/* One sequence, or one byte that begins none; `*used` says how much. */
static char *put_sequence(char *at, const unsigned char *bytes, size_t left,
                          size_t *used) {
  size_t length = sequence_length(bytes, left);
  *used = 1;
  if (length == 0 || is_stand_in(bytes, length))
    return put_invalid(at, bytes[0]);
  *used = length;
  return text_put(at, (const char *)bytes, length);
}

char *text_put_escaped(char *at, const char *bytes, size_t length) {
  const unsigned char *from = (const unsigned char *)bytes;
  const unsigned char *end = from + length;
  while (from < end) {
    while (from < end && plain[*from]) *at++ = (char)*from++;
    if (from == end) break;
    size_t used = 1;
    if (*from < 0x80)
      at = put_ascii(at, *from);
    else
      at = put_sequence(at, from, (size_t)(end - from), &used);
    from += used;
  }
  return at;
}
