/* SPDX-License-Identifier: MIT
 * robots_directives.c: words between commas and blanks. */
#include "robots_directives.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct directive {
  const char *word;
  unsigned meaning;
} directives[] = {{"none", LR_CRAWL_NOFOLLOW | LR_CRAWL_NOINDEX},
                  {"nofollow", LR_CRAWL_NOFOLLOW},
                  {"noindex", LR_CRAWL_NOINDEX},
                  {"noarchive", LR_CRAWL_NOARCHIVE}};

static bool is_separator(char byte) {
  return byte == ',' || byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static unsigned meaning_of(const char *word, size_t length) {
  for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
    if (strlen(directives[i].word) == length &&
        strncasecmp(directives[i].word, word, length) == 0)
      return directives[i].meaning;
  return 0;
}

unsigned lr_crawl_robots_directives(const char *bytes, size_t length) {
  const char *end = bytes + length;
  unsigned meanings = 0;
  while (bytes < end) {
    const char *word = bytes;
    while (bytes < end && !is_separator(*bytes)) bytes++;
    meanings |= meaning_of(word, (size_t)(bytes - word));
    if (bytes < end) bytes++;
  }
  return meanings;
}

/* Tells whether a name before a colon is a directive's with a value, and no
 * robot's. */
static bool has_value(const char *name, size_t length) {
  static const char *const names[] = {"unavailable_after", "max-snippet",
                                      "max-image-preview", "max-video-preview"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
      return true;
  return false;
}

unsigned lr_crawl_robots_directives_of_header(const char *value) {
  value += strspn(value, " \t");
  size_t name = strcspn(value, ":, \t");
  if (value[name] == ':' && !has_value(value, name)) return 0;
  return lr_crawl_robots_directives(value, strlen(value));
}
