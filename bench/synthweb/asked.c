/* SPDX-License-Identifier: MIT
 * See asked.h. */
#define _GNU_SOURCE
#include "asked.h"

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

static void read_header(const char *line, const char *end, struct asked *out) {
  const char *value;

  if ((value = value_of(line, end, "Connection"))) {
    if (!strncasecmp(value, "close", 5)) out->keep_alive = false;
    if (!strncasecmp(value, "keep-alive", 10)) out->keep_alive = true;
  } else if ((value = value_of(line, end, "Accept-Encoding"))) {
    out->gzip = memmem(value, (size_t)(end - value), "gzip", 4) != NULL;
  } else if ((value = value_of(line, end, "If-None-Match"))) {
    out->etag = value;
    out->etag_length = (size_t)(end - value);
  } else if (value_of(line, end, "If-Modified-Since")) {
    out->modified_since = true;
  }
}

/* The target may be a whole URL, as proxies are asked. */
static bool read_target(const char *target, const char *end,
                        struct asked *out) {
  const char *scheme = memmem(target, (size_t)(end - target), "://", 3);

  if (*target != '/' && scheme)
    target = memchr(scheme + 3, '/', (size_t)(end - scheme - 3));
  if (!target || *target != '/') return false;
  out->path = target;
  out->path_length = (size_t)(end - target);
  return true;
}

static bool read_first_line(const char *line, const char *end,
                            struct asked *out) {
  const char *version = end - strlen(" HTTP/1.1");
  const char *space = memchr(line, ' ', (size_t)(end - line));

  if (version <= line || strncmp(version, " HTTP/1.", 8)) return false;
  if (!space || space >= version) return false;
  out->keep_alive = end[-1] == '1';
  out->head = !strncmp(line, "HEAD ", 5);
  if (!out->head && strncmp(line, "GET ", 4)) return false;
  return read_target(space + 1, version, out);
}

enum asked_found asked_find(const char *bytes, size_t length,
                            struct asked *out) {
  const char *last = memmem(bytes, length, "\r\n\r\n", 4);
  const char *end;

  if (!last) return ASKED_PART;
  memset(out, 0, sizeof *out);
  out->head_bytes = (size_t)(last - bytes) + 4;
  end = memmem(bytes, out->head_bytes, "\r\n", 2);
  if (!read_first_line(bytes, end, out)) return ASKED_BAD;
  while (end < last) {
    const char *line = end + 2;

    end = memmem(line, (size_t)(last + 2 - line), "\r\n", 2);
    read_header(line, end, out);
  }
  return ASKED_WHOLE;
}
