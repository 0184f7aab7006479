/* SPDX-License-Identifier: MIT
 * robots_pattern.h: paths and patterns in the form in which they are compared.
 *
 * That form has one spelling for each octet (RFC 9309, 2.2.2): an octet that is
 * escaped is written out, unless it is a reserved one of RFC 3986 or "%", which
 * mean something else when they are not escaped; these keep their escape, in
 * capitals.  So "%7e" is "~", and "%c3%a9" the two bytes of an e with an
 * accent, but "%2f" is "%2F" and not "/".  In a pattern LR_CRAWL_WILD stands
 * for "*", and "*" for "%2A". */
#ifndef LARIAT_CRAWL_ROBOTS_PATTERN_H
#define LARIAT_CRAWL_ROBOTS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No line has a line break in it, and an escaped one stays escaped. */
#define LR_CRAWL_WILD '\n'

/* A path that is read octet by octet, in that form. */
typedef struct lr_crawl_path {
  const char *at;
  const char *end;
  unsigned char waiting[2]; /* the rest of an escape, backwards */
  unsigned char waiting_count;
} lr_crawl_path;

/* Begins to read `length` bytes, which are to begin with "/": where they do
 * not, there is one before them. */
lr_crawl_path lr_crawl_path_of(const char *bytes, size_t length);

typedef struct lr_crawl_pattern {
  const char *bytes;
  uint16_t length;
  uint16_t octets; /* as RFC 9309 counts them, escaped: which rule wins */
  bool wild;       /* it has a wildcard, or must reach the path's end */
  bool anchored;   /* the latter */
} lr_crawl_pattern;

/* Makes a pattern of a rule's value, in `space`, which has as many bytes as the
 * value.  False: it can match no path. */
bool lr_crawl_pattern_make(lr_crawl_pattern *pattern, const char *value,
                           size_t length, char *space);

/* Writes for each octet of a wild pattern how many before it, at the end of its
 * part, are how the part begins: Knuth, Morris and Pratt's table, by which a
 * part is found without a look back. */
void lr_crawl_pattern_write_borders(const char *bytes, size_t length,
                                    uint16_t *borders);

/* Compares the beginning of `path` with `length` octets: 0: it begins with
 * them; less: it sorts before them; more: behind.  `*common` gets how many are
 * the same; `*steps` grows by those that were looked at. */
int lr_crawl_path_compare(lr_crawl_path path, const char *bytes, size_t length,
                          size_t *common, uint64_t *steps);

/* Tells whether a wild pattern matches: each octet of the path is looked at
 * once at the most. */
bool lr_crawl_path_matches(lr_crawl_path path, const lr_crawl_pattern *pattern,
                           const uint16_t *borders, uint64_t *steps);

#endif
