/* SPDX-License-Identifier: MIT
 * escaped_text.c: undoes the escapes that need not be. */
#include "escaped_text.h"

#include "ascii.h"

static bool is_unreserved(int octet) {
  return lr_crawl_is_alphanumeric((char)octet) || octet == '-' ||
         octet == '.' || octet == '_' || octet == '~';
}

/* Returns the octet of the escape at `at`, or -1. */
static int read_escape(const char *at, const char *end) {
  if (end - at < 3 || *at != '%') return -1;
  int high = lr_crawl_hex_value(at[1]), low = lr_crawl_hex_value(at[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_digit_of_escape(const lr_crawl_escaped_text *text, int octet) {
  return text->waiting && lr_crawl_hex_value((char)octet) >= 0;
}

/* Notes that an octet was read that stands for itself. */
static size_t note_octet(lr_crawl_escaped_text *text, char octet) {
  if (octet == '%')
    text->waiting = 2;
  else if (is_digit_of_escape(text, octet))
    text->waiting--;
  else
    text->waiting = 0;
  return 1;
}

static size_t keep_escape(lr_crawl_escaped_text *text, const char *at,
                          int octet, char unit[3]) {
  static const char digits[] = "0123456789ABCDEF";
  unit[0] = '%';
  unit[1] = digits[octet >> 4];
  unit[2] = digits[octet & 15];
  if (unit[1] != at[1] || unit[2] != at[2]) text->changed = true;
  text->waiting = 0;
  return 3;
}

size_t lr_crawl_escaped_text_read(lr_crawl_escaped_text *text, char unit[3]) {
  const char *at = text->at;
  if (at == text->end) return 0;
  int octet = read_escape(at, text->end);
  if (octet < 0) {
    text->at = at + 1;
    unit[0] = *at;
    return note_octet(text, *at);
  }
  text->at = at + 3;
  if (octet >= 0x80 || !is_unreserved(octet) || is_digit_of_escape(text, octet))
    return keep_escape(text, at, octet, unit);
  text->changed = true;
  unit[0] = (char)octet;
  return note_octet(text, (char)octet);
}

size_t lr_crawl_escaped_text_read_lower(lr_crawl_escaped_text *text, char stop,
                                        char *out, size_t capacity) {
  size_t length = 0, count;
  char unit[3];
  while (text->at != text->end && *text->at != stop) {
    count = lr_crawl_escaped_text_read(text, unit);
    if (length + count >= capacity) {
      out[length] = '\0';
      return capacity;
    }
    for (size_t i = 0; i < count; i++) out[length++] = lr_crawl_lower(unit[i]);
  }
  out[length] = '\0';
  return length;
}
