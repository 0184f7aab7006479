/* SPDX-License-Identifier: MIT
 * What acts on a terminal, or on the direction of a text, is escaped, in JSON
 * and in messages; everything else stays as it is. */
#include "text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

/* ---- Every code point ---- */

static size_t encode(unsigned point, char *out) {
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t i = length; i-- > 1; point >>= 6)
    out[i] = (char)(0x80 | (point & 0x3f));
  out[0] = (char)((0xf00u >> length & 0xffu) | point);
  return length;
}

struct range {
  unsigned first;
  unsigned last;
};

/* What has to be escaped: C0, DEL, C1, marks of direction, line ends,
 * embeddings and overrides, isolates. */
static const struct range acting[] = {{0x00, 0x1f},     {0x7f, 0x9f},
                                      {0x61c, 0x61c},   {0x200e, 0x200f},
                                      {0x2028, 0x202e}, {0x2066, 0x2069}};

/* Those that stand for bytes are written as the bytes that they are made of. */
static const struct range stand_ins = {0x10f780, 0x10f7ff};

static bool is_in(struct range range, unsigned point) {
  return point >= range.first && point <= range.last;
}

static bool is_acting(unsigned point) {
  for (size_t i = 0; i < sizeof acting / sizeof acting[0]; i++)
    if (is_in(acting[i], point)) return true;
  return false;
}

static void expect_point(unsigned point) {
  char bytes[4];
  char found[64];
  char wanted[64];
  size_t length = encode(point, bytes);
  *text_put_shown(found, bytes, length) = '\0';
  if (is_acting(point))
    snprintf(wanted, sizeof wanted, "\\u%04x", point);
  else
    snprintf(wanted, sizeof wanted, "%.*s", (int)length, bytes);
  if (strcmp(found, wanted) != 0) fixture_fail("U+%04X: %s", point, found);
  *text_put_escaped(found, bytes, length) = '\0';
  bool marked = point == '"' || point == '\\';
  if (strcmp(found + marked, wanted) != 0 || (marked && *found != '\\'))
    fixture_fail("U+%04X in JSON: %s", point, found);
}

static void every_code_point(void) {
  for (unsigned point = 0; point <= 0x10ffff; point++)
    if ((point < 0xd800 || point > 0xdfff) && !is_in(stand_ins, point))
      expect_point(point);
}

/* At each place in a run of eight bytes, which are looked at together. */
static void at_every_place(void) {
  for (size_t before = 0; before < 20; before++)
    for (unsigned point = 1; point < 0xa0; point++) {
      char bytes[64];
      char found[300];
      size_t length = before;
      memset(bytes, 'x', sizeof bytes);
      length += encode(point, bytes + before);
      length += 9;
      char *end = text_put_shown(found, bytes, length);
      for (const char *at = found; at < end; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
          fixture_fail("U+%02X after %zu bytes is there", point, before);
      bool escaped = memcmp(found + before, "\\u00", 4) == 0;
      if (escaped != is_acting(point))
        fixture_fail("U+%02X after %zu bytes", point, before);
    }
}

/* ---- JSON ---- */

/* Whatever the bytes, what comes out is JSON in ASCII or harmless UTF-8. */
static void any_bytes_are_json(void) {
  unsigned seed = 20260101;
  for (int round = 0; round < 20000; round++) {
    char bytes[24];
    char json[24 * TEXT_WORST_ESCAPE + 3] = "\"";
    for (size_t i = 0; i < sizeof bytes; i++) {
      seed = seed * 1103515245u + 12345u;
      unsigned kind = seed >> 28;
      bytes[i] = (char)(kind < 4 ? 0xe2 : kind < 8 ? 0x80 : seed >> 16);
    }
    char *end = text_put_escaped(json + 1, bytes, sizeof bytes);
    *end++ = '"';
    CU_ASSERT((size_t)(end - json) <= sizeof json - 1);
    json_t *value = json_loadb(json, (size_t)(end - json),
                               JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!value) fixture_fail("round %d is no JSON", round);
    json_decref(value);
  }
}

static void lengths_of_sequences(void) {
  static const struct {
    const char *bytes;
    size_t left;
    size_t length;
  } cases[] = {{"a", 1, 1},
               {"\xc3\xa9", 2, 2},
               {"\xc3\xa9", 1, 0},
               {"\xe2\x82\xac", 3, 3},
               {"\xe2\x82\xac", 2, 0},
               {"\xf0\x9f\x90\x8e", 4, 4},
               {"\x80", 1, 0},
               {"\xc0\xaf", 2, 0},
               {"\xed\xa0\x80", 3, 0},
               {"\xf4\x90\x80\x80", 4, 0},
               {"", 0, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    CU_ASSERT_EQUAL(text_sequence_length(cases[i].bytes, cases[i].left),
                    cases[i].length);
}

/* RFC 4648, section 10. */
static void base64(void) {
  static const char *const cases[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"},
                                         {"\xff\xfe\xfb", "//77"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char found[20];
    *text_put_base64(found, cases[i][0], strlen(cases[i][0])) = '\0';
    CU_ASSERT_STRING_EQUAL(found, cases[i][1]);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"every code point", every_code_point},
      {"at every place", at_every_place},
      {"any bytes are JSON", any_bytes_are_json},
      {"lengths of sequences", lengths_of_sequences},
      {"base64", base64},
  };
  return fixture_main("texts", tests, FIXTURE_COUNT(tests), argc, argv);
}
