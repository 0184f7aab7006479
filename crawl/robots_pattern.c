/* SPDX-License-Identifier: MIT
 * robots_pattern.c: matches paths with patterns, in time that grows with the
 * sum of their lengths, whatever is in them. */
#include "robots_pattern.h"

#include <string.h>

#include "ascii.h"

/* ---- Octets ---- */

/* Tells whether an octet keeps its escape.  "*" and "$" are reserved, too, but
 * mean nothing in a path; in a pattern they are told apart before. */
static bool keeps_escape(int octet) {
  return octet == LR_CRAWL_WILD ||
         (octet && strchr("%:/?#[]@!&'()+,;=", octet) != NULL);
}

/* Returns the octet of the escape at `at`, or -1. */
static int read_escape(const char *at, const char *end) {
  if (end - at < 3 || *at != '%') return -1;
  int high = lr_crawl_hex_value(at[1]), low = lr_crawl_hex_value(at[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

lr_crawl_path lr_crawl_path_of(const char *bytes, size_t length) {
  lr_crawl_path path = {.at = bytes, .end = length ? bytes + length : bytes};
  if (!length || *bytes != '/') path.waiting[path.waiting_count++] = '/';
  return path;
}

static bool path_ends(const lr_crawl_path *path) {
  return !path->waiting_count && path->at == path->end;
}

/* Reads an octet; there must be one. */
static unsigned char read_octet(lr_crawl_path *path) {
  static const char digits[] = "0123456789ABCDEF";
  if (path->waiting_count) return path->waiting[--path->waiting_count];
  int octet = read_escape(path->at, path->end);
  if (octet < 0) return (unsigned char)*path->at++;
  path->at += 3;
  if (!keeps_escape(octet)) return (unsigned char)octet;
  path->waiting[0] = (unsigned char)digits[octet & 15];
  path->waiting[1] = (unsigned char)digits[octet >> 4];
  path->waiting_count = 2;
  return '%';
}

/* ---- Patterns ---- */

/* Returns how many octets RFC 3986 writes for one. */
static unsigned count_written(unsigned char octet) {
  bool stands = octet > ' ' && octet < 127 && !strchr("\"<>\\^`{|}", octet);
  return stands ? 1 : 3;
}

bool lr_crawl_pattern_make(lr_crawl_pattern *pattern, const char *value,
                           size_t length, char *space) {
  bool anchored = length && value[length - 1] == '$';
  bool stars = false;
  unsigned octets = anchored;
  char *end = space;
  if (!length || (*value != '/' && *value != '*')) return false;
  lr_crawl_path source = {.at = value, .end = value + length - anchored};
  while (!path_ends(&source)) {
    if (!source.waiting_count && *source.at == '*') {
      source.at++;
      octets++;
      if (!stars || end[-1] != LR_CRAWL_WILD) *end++ = LR_CRAWL_WILD;
      stars = true;
      continue;
    }
    unsigned char octet = read_octet(&source);
    *end++ = (char)octet;
    octets += count_written(octet);
  }
  *pattern = (lr_crawl_pattern){space, (uint16_t)(end - space),
                                (uint16_t)octets, stars || anchored, anchored};
  return true;
}

void lr_crawl_pattern_write_borders(const char *bytes, size_t length,
                                    uint16_t *borders) {
  size_t begin = 0; /* of the part */
  for (size_t at = 0; at < length; at++) {
    if (at == begin || bytes[at] == LR_CRAWL_WILD) {
      borders[at] = 0;
      if (bytes[at] == LR_CRAWL_WILD) begin = at + 1;
      continue;
    }
    size_t same = borders[at - 1];
    while (same && bytes[begin + same] != bytes[at])
      same = borders[begin + same - 1];
    borders[at] = (uint16_t)(same + (bytes[begin + same] == bytes[at]));
  }
}

/* ---- Matching ---- */

int lr_crawl_path_compare(lr_crawl_path path, const char *bytes, size_t length,
                          size_t *common, uint64_t *steps) {
  size_t at = 0;
  int difference = 0;
  for (; at < length && !difference; at++) {
    if (path_ends(&path)) {
      difference = -1;
      break;
    }
    difference = read_octet(&path) - (unsigned char)bytes[at];
    if (difference) break;
  }
  *common = at;
  *steps += at + 1;
  return difference;
}

/* A part of a pattern, between two wildcards or the ends. */
struct part {
  const char *bytes;
  const uint16_t *borders;
  size_t length;
};

/* Returns how much of the part the path has just shown, after another octet. */
static size_t advance(const struct part *part, size_t same, char octet) {
  while (same && (same == part->length || part->bytes[same] != octet))
    same = part->borders[same - 1];
  return same + (part->bytes[same] == octet);
}

/* Finds the part in the path, which is read up to its end. */
static bool find_part(lr_crawl_path *path, const struct part *part,
                      uint64_t *steps) {
  size_t same = 0;
  while (same < part->length && !path_ends(path)) {
    same = advance(part, same, (char)read_octet(path));
    ++*steps;
  }
  return same == part->length;
}

/* Tells whether the path, which is read to its end, ends with the part. */
static bool ends_with_part(lr_crawl_path *path, const struct part *part,
                           uint64_t *steps) {
  size_t same = 0;
  while (!path_ends(path)) {
    same = advance(part, same, (char)read_octet(path));
    ++*steps;
  }
  return same == part->length;
}

/* Reads what is before the first wildcard. */
static bool read_head(lr_crawl_path *path, const struct part *head,
                      uint64_t *steps) {
  for (size_t i = 0; i < head->length; i++) {
    ++*steps;
    if (path_ends(path) || (char)read_octet(path) != head->bytes[i])
      return false;
  }
  return true;
}

static struct part part_at(const lr_crawl_pattern *pattern,
                           const uint16_t *borders, size_t at) {
  const char *end =
      memchr(pattern->bytes + at, LR_CRAWL_WILD, pattern->length - at);
  size_t length =
      end ? (size_t)(end - pattern->bytes) - at : pattern->length - at;
  return (struct part){pattern->bytes + at, borders + at, length};
}

bool lr_crawl_path_matches(lr_crawl_path path, const lr_crawl_pattern *pattern,
                           const uint16_t *borders, uint64_t *steps) {
  struct part part = part_at(pattern, borders, 0);
  size_t at = part.length;
  if (!read_head(&path, &part, steps)) return false;
  if (at == pattern->length) return !pattern->anchored || path_ends(&path);
  while (at < pattern->length) { /* at a wildcard */
    if (++at == pattern->length) return true;
    part = part_at(pattern, borders, at);
    at += part.length;
    if (at == pattern->length && pattern->anchored)
      return ends_with_part(&path, &part, steps);
    if (!find_part(&path, &part, steps)) return false;
  }
  return true;
}
