/* SPDX-License-Identifier: MIT
 * field.h: the bytes of HTTP's status lines and field lines (RFC 9110, 5):
 * what is a digit, what is a blank, which names are the same.  ASCII alone,
 * whatever the locale. */
#ifndef LR_HTTP_FIELD_H
#define LR_HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/* Tells whether 8 bytes are all visible ASCII: both sums leave the highest bits
 * alone for these, and change one for others. */
static inline bool lr_is_simple_word(const char *bytes) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return (((word - 0x21 * ones) | (word + ones)) & 0x80 * ones) == 0;
}

/* Tells whether a name is all visible ASCII, and not empty.  Not each of these
 * is a token (RFC 9110, 5.6.2), but each has only one reading. */
static inline bool lr_is_simple_name(const char *name, size_t length) {
  if (length >= sizeof(uint64_t)) {
    for (size_t i = 0; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t))
      if (!lr_is_simple_word(name + i)) return false;
    return lr_is_simple_word(name + length - sizeof(uint64_t));
  }
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)(name[i] - 0x21) > 0x7e - 0x21) return false;
  return length > 0;
}

/* Finds the colon behind a simple name, at `line`; NULL: there is none, or the
 * name is not simple.  Most names are looked at once, with what is behind them.
 */
static inline const char *lr_find_simple_colon(const char *line,
                                               const char *end) {
#ifdef __SSE2__
  if (end - line >= 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)line);
    __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21)); /* >= 0x80, too */
    __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    __m128i colon = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'));
    unsigned bad = (unsigned)_mm_movemask_epi8(_mm_or_si128(low, del));
    unsigned colons = (unsigned)_mm_movemask_epi8(colon);
    unsigned before = (colons & -colons) - 1; /* the bytes of the name */
    if (colons)
      return before && !(bad & before) ? line + __builtin_ctz(colons) : NULL;
  }
#endif
  const char *found = (const char *)memchr(line, ':', (size_t)(end - line));
  return found && lr_is_simple_name(line, (size_t)(found - line)) ? found
                                                                  : NULL;
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
