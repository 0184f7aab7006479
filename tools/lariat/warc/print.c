/* SPDX-License-Identifier: MIT
 * print.c: lines of text and JSON. */
#include "warc/print.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

enum { NUMBER_DIGITS = 20 };

bool print_shown(struct text *line, enum secrets_kind kind, const char *bytes,
                 size_t length) {
  if (!text_reserve(line, length * TEXT_WORST_ESCAPE)) return false;
  char *at = line->bytes + line->length;
  char *end = secrets_put(at, kind, bytes, length, length, text_put_shown);
  line->length += (size_t)(end - at);
  return true;
}

/* Appends `"name": `. */
static bool begin_member(struct text *line, const char *name) {
  bool first = line->length && line->bytes[line->length - 1] == '{';
  return (first || text_add(line, ", ")) && text_add(line, "\"") &&
         text_add(line, name) && text_add(line, "\": ");
}

bool print_member(struct text *line, const char *name, enum secrets_kind kind,
                  const char *value) {
  if (!value) return true;
  size_t length = strlen(value);
  if (!begin_member(line, name) ||
      !text_reserve(line, length * TEXT_WORST_ESCAPE + 2))
    return false;
  char *at = line->bytes + line->length;
  char *end = at;
  *end++ = '"';
  end = secrets_put(end, kind, value, length, length, text_put_escaped);
  *end++ = '"';
  line->length += (size_t)(end - at);
  return true;
}

bool print_number(struct text *line, const char *name, uint64_t number) {
  if (!begin_member(line, name) || !text_reserve(line, NUMBER_DIGITS))
    return false;
  char *at = line->bytes + line->length;
  line->length += (size_t)(text_put_number(at, number) - at);
  return true;
}

bool print_line(struct text *line, bool whole) {
  whole = whole && text_add(line, "\n");
  if (!whole) say("out of memory");
  bool written =
      whole && fwrite(line->bytes, 1, line->length, stdout) == line->length;
  line->length = 0;
  return written;
}
