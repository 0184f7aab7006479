/* SPDX-License-Identifier: MIT
 * See charset.h. */
#include "charset.h"

#include <string.h>

/* A word of two letters that are not ASCII, in each.  The fourth has the
 * charset of whoever says none: windows-1252. */
const struct charset charsets[CHARSETS] = {
    {"UTF-8", NULL, "\xc3\xa9t\xc3\xa9", "?w=%C3%A9t%C3%A9"},
    {"ISO-8859-1", NULL, "\xe9t\xe9", "?w=%E9t%E9"},
    {NULL, "windows-1251", "\xec\xe8\xf0", "?w=%EC%E8%F0"},
    {NULL, NULL, "\x80t\xe9", "?w=%80t%E9"},
    {"Shift_JIS", NULL, "\x83\x5c\x8e\xa6", "?w=%83\\%8E%A6"},
    {NULL, "euc-jp", "\xc6\xfc\xcb\xdc", "?w=%C6%FC%CB%DC"}};

static int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  byte = (char)(byte | 32);
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 0;
}

/* Takes the next byte, escaped or not. */
static int next_byte(const char **text, const char *end) {
  const char *at = *text;

  if (at == end) return -1;
  if (*at != '%' || end - at < 3) {
    ++*text;
    return (unsigned char)*at;
  }
  *text += 3;
  return hex_digit(at[1]) * 16 + hex_digit(at[2]);
}

/* Compares bytes: who escapes more than must be says the same. */
bool charset_is_query(uint32_t charset, const char *query, size_t length) {
  const char *right;
  const char *right_end;
  const char *end = query + length;
  int byte;

  if (charset >= CHARSETS) return false;
  right = charsets[charset].query + 1;
  right_end = right + strlen(right);
  do {
    byte = next_byte(&right, right_end);
    if (byte != next_byte(&query, end)) return false;
  } while (byte >= 0);
  return true;
}

void charset_add_query(uint32_t charset, char *path, size_t capacity) {
  size_t used = strlen(path);
  size_t length;

  if (charset >= CHARSETS) return;
  length = strlen(charsets[charset].query);
  if (used + length >= capacity) return;
  memcpy(path + used, charsets[charset].query, length + 1);
}
