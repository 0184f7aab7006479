/* SPDX-License-Identifier: MIT
 * See request.h. */
#define _GNU_SOURCE
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Returns what comes behind a header's name, or NULL: the line has another. */
static const char *value_of(const char *line, const char *end,
                            const char *name) {
  size_t length = strlen(name);

  if ((size_t)(end - line) <= length || strncasecmp(line, name, length) ||
      line[length] != ':')
    return NULL;
  for (line += length + 1; *line == ' ' || *line == '\t'; line++) continue;
  return line;
}

static bool has_word(const char *value, const char *word) {
  return !strncasecmp(value, word, strlen(word));
}

/* Takes notice of a header; false: a body of unknown length. */
static bool read_header(const char *line, const char *end,
                        struct request *out) {
  const char *value = value_of(line, end, "Connection");

  if (value && has_word(value, "close")) out->keep_alive = false;
  if (value && has_word(value, "keep-alive")) out->keep_alive = true;
  value = value_of(line, end, "Content-Length");
  if (value) out->body_bytes = strtoull(value, NULL, 10);
  return !value_of(line, end, "Transfer-Encoding");
}

static bool read_first_line(const char *line, const char *end,
                            struct request *out) {
  if (end - line < 14 || strncmp(end - 8, "HTTP/1.", 7)) return false;
  out->keep_alive = end[-1] == '1';
  out->head = !strncmp(line, "HEAD ", 5);
  return true;
}

enum request_found request_find(const char *bytes, size_t length,
                                struct request *out) {
  const char *last = memmem(bytes, length, "\r\n\r\n", 4);
  const char *end;

  if (!last) return REQUEST_PART;
  memset(out, 0, sizeof *out);
  out->head_bytes = (size_t)(last - bytes) + 4;
  end = memmem(bytes, out->head_bytes, "\r\n", 2);
  if (!read_first_line(bytes, end, out)) return REQUEST_BAD;
  while (end < last) {
    const char *line = end + 2;

    end = memmem(line, (size_t)(last + 2 - line), "\r\n", 2);
    if (!read_header(line, end, out)) return REQUEST_BAD;
  }
  return REQUEST_WHOLE;
}
