/* SPDX-License-Identifier: MIT
 * strict_json.c: without recursion: a bit for each open array or object. */
#include "fuzz/strict_json.h"

#include <stdint.h>
#include <string.h>

enum { DEEPEST = 4096 };

/* ---- Strings ---- */

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads "\uXXXX"; -1: something else. */
static int32_t read_unit(const char *at, const char *end) {
  int32_t unit = 0;
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return -1;
  for (int i = 2; i < 6; i++) {
    if (hex_value(at[i]) < 0) return -1;
    unit = unit * 16 + hex_value(at[i]);
  }
  return unit;
}

/* Reads an escape at `at`; returns its end and its code point, or NULL. */
static const char *read_escape(const char *at, const char *end,
                               uint32_t *code) {
  static const char names[] = "\"\\/bfnrt";
  static const char values[] = "\"\\/\b\f\n\r\t";
  if (end - at < 2) return NULL;
  const char *name = at[1] ? strchr(names, at[1]) : NULL;
  if (name) {
    *code = (unsigned char)values[name - names];
    return at + 2;
  }
  int32_t high = read_unit(at, end);
  if (high < 0 || (high >= 0xdc00 && high < 0xe000)) return NULL;
  *code = (uint32_t)high;
  if (high < 0xd800 || high >= 0xe000) return at + 6;
  int32_t low = read_unit(at + 6, end);
  if (low < 0xdc00 || low >= 0xe000) return NULL;
  *code =
      0x10000 + ((uint32_t)(high - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
  return at + 12;
}

/* Reads a code point of UTF-8; its shortest form alone, and no surrogate. */
static const char *read_utf8(const char *at, const char *end, uint32_t *code) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned char first = (unsigned char)*at;
  size_t length = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;
  if (length == 0 || (size_t)(end - at) < length) return NULL;
  uint32_t value = length == 1 ? first : first & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if (((unsigned char)at[i] & 0xc0) != 0x80) return NULL;
    value = value << 6 | ((unsigned char)at[i] & 0x3f);
  }
  if (value < least[length] || value > 0x10ffff) return NULL;
  if (value >= 0xd800 && value < 0xe000) return NULL;
  *code = value;
  return at + length;
}

static const char *read_character(const char *at, const char *end,
                                  uint32_t *code) {
  if (*at == '\\') return read_escape(at, end, code);
  if ((unsigned char)*at < 0x20) return NULL;
  return read_utf8(at, end, code);
}

static const char *skip_string(const char *at, const char *end) {
  uint32_t code;
  if (at == end || *at != '"') return NULL;
  for (at++; at && at < end && *at != '"';) at = read_character(at, end, &code);
  return at && at < end ? at + 1 : NULL;
}

/* ---- Other values ---- */

static const char *skip_digits(const char *at, const char *end) {
  const char *begin = at;
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at > begin ? at : NULL;
}

static const char *skip_number(const char *at, const char *end) {
  if (at < end && *at == '-') at++;
  at = at < end && *at == '0' ? at + 1 : skip_digits(at, end);
  if (at && at < end && *at == '.') at = skip_digits(at + 1, end);
  if (at && at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    at = skip_digits(at, end);
  }
  return at;
}

static const char *skip_word(const char *at, const char *end) {
  static const char *const words[] = {"null", "true", "false"};
  for (size_t i = 0; i < 3; i++) {
    size_t length = strlen(words[i]);
    if ((size_t)(end - at) >= length && memcmp(at, words[i], length) == 0)
      return at + length;
  }
  return NULL;
}

static const char *skip_scalar(const char *at, const char *end) {
  if (at == end) return NULL;
  if (*at == '"') return skip_string(at, end);
  if (*at == '-' || (*at >= '0' && *at <= '9')) return skip_number(at, end);
  return skip_word(at, end);
}

/* ---- Arrays and objects ---- */

struct nesting {
  bool object[DEEPEST];
  size_t depth;
};

/* Skips a name and its colon where the innermost thing is an object. */
static const char *skip_name(const struct nesting *nesting, const char *at,
                             const char *end) {
  if (!nesting->depth || !nesting->object[nesting->depth - 1]) return at;
  at = skip_string(at, end);
  return at && at < end && *at == ':' ? at + 1 : NULL;
}

/* Skips what follows a value: the ends of what it is the last of, a comma, the
 * next name.  At depth 0 nothing follows. */
static const char *skip_separators(struct nesting *nesting, const char *at,
                                   const char *end) {
  while (at && nesting->depth) {
    if (at == end) return NULL;
    if (*at == ',') return skip_name(nesting, at + 1, end);
    if (*at != (nesting->object[nesting->depth - 1] ? '}' : ']')) return NULL;
    nesting->depth--;
    at++;
  }
  return at;
}

const char *strict_json_skip(const char *at, const char *end) {
  struct nesting nesting = {.depth = 0};
  do {
    if (at < end && (*at == '[' || *at == '{')) {
      if (nesting.depth == DEEPEST) return NULL;
      char close = *at == '{' ? '}' : ']';
      nesting.object[nesting.depth++] = *at++ == '{';
      if (at < end && *at == close)
        at = skip_separators(&nesting, at, end);
      else
        at = skip_name(&nesting, at, end);
    } else {
      at = skip_separators(&nesting, skip_scalar(at, end), end);
    }
  } while (at && nesting.depth);
  return at;
}

const char *strict_json_member(const char *at, const char *end,
                               const char *key) {
  size_t length = strlen(key);
  for (at++; at < end && *at == '"'; at++) {
    bool found = memcmp(at + 1, key, length) == 0 && at[length + 1] == '"';
    at = skip_string(at, end) + 1;
    if (found) return at;
    at = strict_json_skip(at, end);
    if (*at != ',') return NULL;
  }
  return NULL;
}

static char *put_utf8(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *to++ = (char)(0xe0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  } else {
    *to++ = (char)(0xf0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 0x3f));
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  }
  return to;
}

void strict_json_decode(const char *at, char *to, size_t *length) {
  const uint32_t stand_in = 0x10f700;
  char *begin = to;
  const char *end = at + strlen(at);
  for (at++; *at != '"';) {
    uint32_t code = 0;
    at = read_character(at, end, &code);
    if (code >= stand_in + 0x80 && code <= stand_in + 0xff)
      *to++ = (char)(code - stand_in);
    else
      to = put_utf8(to, code);
  }
  *length = (size_t)(to - begin);
}
