/* SPDX-License-Identifier: MIT
 * link_header.c: "</a>; rel=next, </b>; rel=\"preload icon\"; as=image".  Of
 * two `rel` the first counts. */
#include "link_header.h"

#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *at) {
  return at + strspn(at, " \t");
}

/* Reads a quoted value, or one up to ';' or ','.  Escapes within quotes stay:
 * no word of a `rel` has one. */
static const char *read_value(const char *at, const char **value,
                              size_t *length) {
  if (*at != '"') {
    *value = at;
    *length = strcspn(at, ";, \t");
    return at + strcspn(at, ";,");
  }
  *value = ++at;
  while (*at && *at != '"') at += at[0] == '\\' && at[1] ? 2 : 1;
  *length = (size_t)(at - *value);
  at += *at == '"';
  return at + strcspn(at, ";,");
}

/* Reads the parameter at `at`, behind its ';'. */
static const char *read_parameter(const char *at, lr_crawl_link_value *link) {
  const char *value = "";
  size_t length = 0;
  const char *name = at = skip_blanks(at);
  size_t name_length = strcspn(at, " \t=;,");
  at = skip_blanks(at + name_length);
  if (*at == '=') at = read_value(skip_blanks(at + 1), &value, &length);
  if (!link->rel && name_length == 3 && strncasecmp(name, "rel", 3) == 0) {
    link->rel = value;
    link->rel_length = length;
  }
  return at;
}

bool lr_crawl_link_header_next(const char **at, lr_crawl_link_value *link) {
  *link = (lr_crawl_link_value){0};
  const char *from = *at + strspn(*at, " \t,");
  const char *close = *from == '<' ? strchr(from, '>') : NULL;
  if (!close) return false;
  link->target = from + 1;
  link->target_length = (size_t)(close - from - 1);
  const char *next = skip_blanks(close + 1);
  while (*next == ';') next = skip_blanks(read_parameter(next + 1, link));
  *at = next + strcspn(next, ",");
  if (!link->rel) link->rel = "";
  return true;
}
