/* SPDX-License-Identifier: MIT
 * escape.c: UTF-8, by RFC 3629, read once for all. */
#include "escape.h"

#include <stdbool.h>

#define REPLACEMENT UINT32_C(0xfffd)

/* ---- Code points ---- */

/* Returns how many bytes follow this first one, and the least code point that
 * needs so many; -1: none begins so. */
static int count_followers(unsigned char first, uint32_t *least) {
  *least = first < 0x80   ? 0
           : first < 0xe0 ? 0x80
           : first < 0xf0 ? 0x800
                          : 0x10000;
  if (first < 0x80) return 0;
  if (first < 0xc2 || first > 0xf4) return -1;
  return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

/* Reads a code point; of bytes that are none, one is read. */
static uint32_t decode(const char **at) {
  uint32_t least;
  const unsigned char *byte = (const unsigned char *)*at;
  int followers = count_followers(byte[0], &least);
  ++*at;
  if (followers < 0) return REPLACEMENT;
  uint32_t point = byte[0];
  if (followers) point &= UINT32_C(0x3f) >> followers;
  for (int i = 1; i <= followers; i++) {
    if ((byte[i] & 0xc0) != 0x80) return REPLACEMENT;
    point = point << 6 | (byte[i] & 0x3f);
  }
  if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return REPLACEMENT;
  *at += followers;
  return point;
}

/* Tells whether it acts on a terminal or turns the text around. */
static bool is_active(uint32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
         point == 0x200e || point == 0x200f ||
         (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0xfeff ||
         (point & 0xfffe) == 0xfffe;
}

uint32_t lr_load_next_code_point(const char **at) {
  if (!**at) return 0;
  uint32_t point = decode(at);
  return is_active(point) ? REPLACEMENT : point;
}

size_t lr_load_count_columns(const char *string) {
  size_t columns = 0;
  while (lr_load_next_code_point(&string)) columns++;
  return columns;
}

/* ---- Writing ---- */

/* Adds a code point that needs no escape, whose bytes begin at `from`. */
static void add_point(lr_load_text *text, uint32_t point, const char *from,
                      const char *to) {
  if (point == REPLACEMENT)
    lr_load_text_add(text, "\xef\xbf\xbd");
  else
    lr_load_text_add_bytes(text, from, (size_t)(to - from));
}

/* Adds a string; `escapes` has what stands for a byte instead: the byte, then
 * the text. */
static void add_escaped(lr_load_text *text, const char *string,
                        const char *const *escapes) {
  const char *from = string;
  uint32_t point;
  while ((point = lr_load_next_code_point(&string))) {
    const char *const *escape = escapes;
    while (*escape && (unsigned char)(*escape)[0] != point) escape++;
    if (*escape)
      lr_load_text_add(text, *escape + 1);
    else
      add_point(text, point, from, string);
    from = string;
  }
}

void lr_load_add_plain(lr_load_text *text, const char *string) {
  static const char *const escapes[] = {NULL};
  add_escaped(text, string, escapes);
}

void lr_load_add_json(lr_load_text *text, const char *string) {
  static const char *const escapes[] = {"\"\\\"", "\\\\\\", NULL};
  lr_load_text_add(text, "\"");
  add_escaped(text, string, escapes);
  lr_load_text_add(text, "\"");
}

void lr_load_add_html(lr_load_text *text, const char *string) {
  static const char *const escapes[] = {"&&amp;",   "<&lt;",  ">&gt;",
                                        "\"&quot;", "'&#39;", NULL};
  add_escaped(text, string, escapes);
}

void lr_load_add_label(lr_load_text *text, const char *string) {
  lr_load_add_json(text, string); /* a line end is not among what is left */
}
