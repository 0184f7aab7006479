/* SPDX-License-Identifier: MIT
 * field.h: the bytes of HTTP's status lines and field lines (RFC 9110, 5):
 * what is a digit, what is a blank, which names are the same.  ASCII alone,
 * whatever the locale. */
#ifndef LR_HTTP_FIELD_H
#define LR_HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool lr_is_digit(char c) { return c >= '0' && c <= '9'; }

/* Tells whether `c` is a space or a tab, with one comparison for all but a few
 * bytes. */
static inline bool lr_is_blank(char c) {
  return c <= ' ' && (c == ' ' || c == '\t');
}

static inline char lr_ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Returns the value of a hexadecimal digit; -1: it is none. */
static inline int lr_hex_value(char c) {
  char lower = lr_ascii_lower(c);
  if (lr_is_digit(c)) return c - '0';
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static inline char lr_ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Compares the first `length` bytes of two names; upper and lower case are the
 * same.  Most names are written in the same way, and compared at once. */
static inline bool lr_name_equal(const char *a, const char *b, size_t length) {
  if (memcmp(a, b, length) == 0) return true;
  for (size_t i = 0; i < length; i++)
    if (lr_ascii_lower(a[i]) != lr_ascii_lower(b[i])) return false;
  return true;
}

/* Compares the `length` bytes of a text with the whole of a name. */
static inline bool lr_name_is(const char *text, size_t length,
                              const char *name) {
  return strlen(name) == length && lr_name_equal(text, name, length);
}

/* Returns where the text from `at` to `end` begins without its leading
 * blanks. */
static inline const char *lr_skip_blanks(const char *at, const char *end) {
  while (at < end && lr_is_blank(*at)) at++;
  return at;
}

/* Returns where it ends without its trailing ones. */
static inline const char *lr_trim_end(const char *at, const char *end) {
  while (end > at && lr_is_blank(end[-1])) end--;
  return end;
}

/* Returns the number that three digits are. */
static inline int lr_status_code_of(const char *digits) {
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

#endif
