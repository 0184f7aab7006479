/* SPDX-License-Identifier: MIT
 * html_reference.c: character references.  The names are in rows, one for each
 * letter, as "name;code name;code "; a row is searched by halves. */
#include "html_reference.h"

#include <string.h>

#include "ascii.h"
#include "html_names.h"

enum { REPLACEMENT = 0xfffd, LONGEST_NAME = 31, LONGEST_LEGACY = 6 };

/* ---- By number ---- */

/* Reads a digit; -1: it is none in this base. */
static int digit_of(char byte, unsigned base) {
  if (lr_crawl_is_digit(byte)) return byte - '0';
  if (base != 16) return -1;
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

/* Returns what a number stands for: those of C1 are meant as windows-1252. */
static uint32_t code_of_number(uint32_t number) {
  static const uint16_t windows[32] = {
      0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
      0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
      0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
      0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
  if (!number || number > 0x10ffff || (number >= 0xd800 && number < 0xe000))
    return REPLACEMENT;
  return number >= 0x80 && number < 0xa0 ? windows[number - 0x80] : number;
}

/* Decodes from behind "&#".  Returns where the reference ends; NULL: it is
 * none. */
static const char *decode_number(const char *at, const char *end,
                                 lr_crawl_scratch *out) {
  unsigned base = at < end && (*at == 'x' || *at == 'X') ? 16 : 10;
  uint32_t number = 0;
  const char *digits = at += base == 16;
  for (int digit; at < end && (digit = digit_of(*at, base)) >= 0; at++) {
    number = number * base + (uint32_t)digit;
    if (number > 0x10ffff) number = 0x110000;
  }
  if (at == digits) return NULL;
  lr_crawl_scratch_add_code_point(out, code_of_number(number));
  return at < end && *at == ';' ? at + 1 : at;
}

/* ---- By name ---- */

/* Compares a name with the one that begins an entry, up to ';' or '_'. */
static int compare_names(const char *name, size_t length, const char *entry,
                         size_t entry_length) {
  size_t common = length < entry_length ? length : entry_length;
  int order = memcmp(name, entry, common);
  if (order) return order;
  return length < entry_length ? -1 : length > entry_length;
}

/* Finds the entry of a name without its first letter in the row; returns the
 * mark behind its name; NULL: there is none. */
static const char *search_row(const char *row, const char *name,
                              size_t length) {
  const char *low = row;
  const char *high = row + strlen(row);
  while (low < high) {
    const char *entry = low + (high - low) / 2;
    while (entry > low && entry[-1] != ' ') entry--;
    size_t entry_length = strcspn(entry, ";_");
    int order = compare_names(name, length, entry, entry_length);
    if (order == 0) return entry + entry_length;
    if (order < 0)
      high = entry;
    else
      low = strchr(entry, ' ') + 1;
  }
  return NULL;
}

static const char *find_name(const char *name, size_t length) {
  const char *row = lr_crawl_html_references[*name - 'A'];
  return row ? search_row(row, name + 1, length - 1) : NULL;
}

/* Adds the code points behind a mark: "26 ", "3D+20E5 ". */
static void add_codes(const char *mark, lr_crawl_scratch *out) {
  uint32_t code = 0;
  for (const char *at = mark + 1;; at++) {
    int digit = digit_of(*at, 16);
    if (digit >= 0) {
      code = code * 16 + (uint32_t)digit;
      continue;
    }
    lr_crawl_scratch_add_code_point(out, code);
    code = 0;
    if (*at == ' ') return;
  }
}

/* Decodes a name that is not ended by ';', the longest that there is. */
static const char *decode_legacy(const char *name, size_t length,
                                 const char *end, bool in_attribute,
                                 lr_crawl_scratch *out) {
  size_t most = length < LONGEST_LEGACY ? length : LONGEST_LEGACY;
  const char *next = name + length;
  if (in_attribute && (most < length || (next < end && *next == '=')))
    return NULL;
  for (; most >= 2; most--) {
    const char *mark = find_name(name, most);
    if (mark && *mark == '_') {
      add_codes(mark, out);
      return name + most;
    }
    if (in_attribute) return NULL; /* a letter or digit is behind it */
  }
  return NULL;
}

static const char *decode_name(const char *name, const char *end,
                               bool in_attribute, lr_crawl_scratch *out) {
  size_t length = 0;
  while (name + length < end && lr_crawl_is_alphanumeric(name[length]) &&
         length <= LONGEST_NAME)
    length++;
  const char *next = name + length;
  if (next < end && *next == ';') {
    const char *mark = find_name(name, length);
    if (mark) {
      add_codes(mark, out);
      return next + 1;
    }
  }
  return decode_legacy(name, length, end, in_attribute, out);
}

/* ---- Texts ---- */

/* Decodes from the '&' at `at`.  Returns where the reference ends; NULL: it is
 * none. */
static const char *decode_reference(const char *at, const char *end,
                                    bool in_attribute, lr_crawl_scratch *out) {
  at++;
  if (at < end && *at == '#') return decode_number(at + 1, end, out);
  if (at < end && lr_crawl_is_letter(*at))
    return decode_name(at, end, in_attribute, out);
  return NULL;
}

static const char *find_byte(const char *at, const char *end, char byte) {
  const char *found = memchr(at, byte, (size_t)(end - at));
  return found ? found : end;
}

/* The next bytes of a text that are not as they are: looked for once. */
struct next {
  const char *mark; /* '&', or the end */
  const char *nul;
};

static const char *find_next(struct next *next, const char *at,
                             const char *end) {
  if (next->mark < at) next->mark = find_byte(at, end, '&');
  if (next->nul < at) next->nul = find_byte(at, end, '\0');
  return next->mark < next->nul ? next->mark : next->nul;
}

void lr_crawl_html_decode(const char *bytes, size_t length, bool in_attribute,
                          lr_crawl_scratch *out) {
  const char *end = bytes + length;
  struct next next = {find_byte(bytes, end, '&'), find_byte(bytes, end, '\0')};
  while (bytes < end) {
    const char *special = find_next(&next, bytes, end);
    lr_crawl_scratch_add(out, bytes, (size_t)(special - bytes));
    bytes = special;
    if (bytes == end) return;
    if (!*bytes) {
      lr_crawl_scratch_add_code_point(out, REPLACEMENT);
      bytes++;
      continue;
    }
    const char *behind = decode_reference(bytes, end, in_attribute, out);
    if (!behind) lr_crawl_scratch_put(out, '&');
    bytes = behind ? behind : bytes + 1;
  }
}

bool lr_crawl_html_needs_decoding(const char *bytes, size_t length) {
  return memchr(bytes, '&', length) || memchr(bytes, '\0', length);
}
