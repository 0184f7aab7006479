/* SPDX-License-Identifier: MIT
 * refresh.c: "5", "5;url=/next", "0.5 , 'next' more". */
#include "refresh.h"

#include <string.h>

struct reader {
  const char *at;
  const char *end;
};

static bool is_at(const struct reader *reader, const char *any) {
  return reader->at < reader->end && *reader->at &&
         strchr(any, *reader->at) != NULL;
}

static void skip(struct reader *reader, const char *any) {
  while (is_at(reader, any)) reader->at++;
}

static const char spaces[] = " \t\n\f\r";
static const char digits[] = "0123456789";

/* Skips the time and what is between it and the URL; false: it is none. */
static bool skip_time(struct reader *reader) {
  skip(reader, spaces);
  const char *time = reader->at;
  skip(reader, digits);
  if (reader->at == time && !is_at(reader, ".")) return false;
  skip(reader, "0123456789.");
  if (reader->at < reader->end && !is_at(reader, ";, \t\n\f\r")) return false;
  skip(reader, spaces);
  if (is_at(reader, ";,")) reader->at++;
  skip(reader, spaces);
  return reader->at < reader->end;
}

static bool skip_one(struct reader *reader, const char *any) {
  bool found = is_at(reader, any);
  reader->at += found;
  return found;
}

/* Skips "url=", if it is all there. */
static void skip_word(struct reader *reader) {
  const char *from = reader->at;
  bool found = skip_one(reader, "Uu") && skip_one(reader, "Rr") &&
               skip_one(reader, "Ll");
  skip(reader, spaces);
  if (found && skip_one(reader, "="))
    skip(reader, spaces);
  else
    reader->at = from;
}

bool lr_crawl_refresh_url(const char *bytes, size_t length, const char **url,
                          size_t *url_length) {
  struct reader reader = {bytes, bytes + length};
  if (!skip_time(&reader)) return false;
  skip_word(&reader);
  const char *end = reader.end;
  if (is_at(&reader, "'\"")) {
    char quote = *reader.at++;
    const char *close = memchr(reader.at, quote, (size_t)(end - reader.at));
    if (close) end = close;
  }
  *url = reader.at;
  *url_length = (size_t)(end - reader.at);
  return true;
}
