/* SPDX-License-Identifier: MIT
 * robots_line.c: takes a robots.txt apart into lines, keys and values, by the
 * grammar of RFC 9309 (2.2) and with the leniencies of Google's parser that
 * docs/robots.md lists. */
#include "robots_line.h"

#include <string.h>
#include <strings.h>

#include <lariat/crawl/robots.h>

#include "ascii.h"

static bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f';
}

static lr_crawl_span trim(lr_crawl_span span) {
  while (span.length && is_blank(*span.at)) {
    span.at++;
    span.length--;
  }
  while (span.length && is_blank(span.at[span.length - 1])) span.length--;
  return span;
}

/* ---- Keys ---- */

struct spelling {
  const char *text;
  lr_crawl_robots_key key;
};

/* The keys, with the misspellings that are common in the wild. */
static const struct spelling spellings[] = {
    {"user-agent", LR_CRAWL_ROBOTS_AGENT},
    {"disallow", LR_CRAWL_ROBOTS_DISALLOW},
    {"allow", LR_CRAWL_ROBOTS_ALLOW},
    {"sitemap", LR_CRAWL_ROBOTS_SITEMAP},
    {"crawl-delay", LR_CRAWL_ROBOTS_DELAY},
    {"useragent", LR_CRAWL_ROBOTS_AGENT},
    {"user agent", LR_CRAWL_ROBOTS_AGENT},
    {"dissallow", LR_CRAWL_ROBOTS_DISALLOW},
    {"dissalow", LR_CRAWL_ROBOTS_DISALLOW},
    {"disalow", LR_CRAWL_ROBOTS_DISALLOW},
    {"diasllow", LR_CRAWL_ROBOTS_DISALLOW},
    {"disallaw", LR_CRAWL_ROBOTS_DISALLOW},
    {"site-map", LR_CRAWL_ROBOTS_SITEMAP},
    {"crawldelay", LR_CRAWL_ROBOTS_DELAY},
    {"crawl delay", LR_CRAWL_ROBOTS_DELAY},
};

static lr_crawl_robots_key find_key(lr_crawl_span text) {
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    if (strlen(spellings[i].text) == text.length &&
        strncasecmp(spellings[i].text, text.at, text.length) == 0)
      return spellings[i].key;
  return LR_CRAWL_ROBOTS_OTHER;
}

static lr_crawl_span cut_comment(lr_crawl_span text) {
  const char *comment = memchr(text.at, '#', text.length);
  if (comment) text.length = (size_t)(comment - text.at);
  return trim(text);
}

/* Finds the blanks that stand for a colon, which takes just two words. */
static const char *find_gap(lr_crawl_span text) {
  size_t at = 0;
  while (at < text.length && !is_blank(text.at[at])) at++;
  size_t word = at;
  while (word < text.length && is_blank(text.at[word])) word++;
  for (size_t i = word; i < text.length; i++)
    if (is_blank(text.at[i])) return NULL;
  return word < text.length ? text.at + at : NULL;
}

static void take_apart(lr_crawl_robots_line *line) {
  lr_crawl_span text = cut_comment(line->text);
  const char *colon = text.length ? memchr(text.at, ':', text.length) : NULL;
  line->key = LR_CRAWL_ROBOTS_OTHER;
  line->value = (lr_crawl_span){0};
  if (!colon) colon = find_gap(text);
  if (!colon) return;
  size_t before = (size_t)(colon - text.at);
  line->key = find_key(trim((lr_crawl_span){text.at, before}));
  line->value = trim((lr_crawl_span){colon + 1, text.length - before - 1});
}

/* ---- Lines ---- */

static const char *find_line_end(const char *at, const char *end) {
  while (at < end && *at != '\n' && *at != '\r') at++;
  return at;
}

/* Skips a byte-order mark, or what is left of one. */
static const char *skip_mark(const char *at, const char *end) {
  static const char mark[] = "\xef\xbb\xbf";
  for (int i = 0; i < 3 && at < end && *at == mark[i]; i++) at++;
  return at;
}

size_t lr_crawl_robots_open(lr_crawl_robots_lines *lines, const char *bytes,
                            size_t length) {
  size_t used = length;
  if (length > LARIAT_CRAWL_ROBOTS_MOST_BYTES) {
    used = LARIAT_CRAWL_ROBOTS_MOST_BYTES;
    while (used && bytes[used - 1] != '\n' && bytes[used - 1] != '\r') used--;
  }
  lines->end = used ? bytes + used : bytes;
  lines->at = used ? skip_mark(bytes, lines->end) : bytes;
  lines->number = 0;
  return length - used;
}

bool lr_crawl_robots_next(lr_crawl_robots_lines *lines,
                          lr_crawl_robots_line *line) {
  const char *begin = lines->at;
  if (begin == lines->end) return false;
  const char *end = find_line_end(begin, lines->end);
  size_t length = (size_t)(end - begin);
  if (length > LARIAT_CRAWL_ROBOTS_MOST_LINE)
    length = LARIAT_CRAWL_ROBOTS_MOST_LINE;
  lines->at = end == lines->end ? end : end + 1;
  if (lines->at < lines->end && *end == '\r' && end[1] == '\n') lines->at++;
  line->number = ++lines->number;
  line->text = trim((lr_crawl_span){begin, length});
  take_apart(line);
  return true;
}

/* ---- Values ---- */

static bool is_token_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '-' || byte == '_';
}

lr_crawl_span lr_crawl_robots_token(lr_crawl_span text) {
  size_t length = 0;
  while (length < text.length && is_token_byte(text.at[length])) length++;
  return (lr_crawl_span){text.at, length};
}

bool lr_crawl_robots_is_any(lr_crawl_span value) {
  return value.length && value.at[0] == '*' &&
         (value.length == 1 || is_blank(value.at[1]));
}

bool lr_crawl_robots_same(lr_crawl_span a, lr_crawl_span b) {
  return a.length == b.length && strncasecmp(a.at, b.at, a.length) == 0;
}

int64_t lr_crawl_robots_milliseconds(lr_crawl_span value) {
  const char *at = value.at, *end = at + value.length;
  int64_t ms = 0, unit = 1000;
  bool digits = false, more = false;
  for (; at < end && lr_crawl_is_digit(*at); at++, digits = true)
    if (ms <= LARIAT_CRAWL_ROBOTS_MOST_DELAY_MS)
      ms = ms * 10 + (*at - '0') * unit;
  if (at < end && *at == '.') {
    for (at++; at < end && lr_crawl_is_digit(*at); at++, digits = true) {
      unit /= 10;
      ms += (*at - '0') * unit;
      more |= !unit && *at != '0';
    }
  }
  if (at < end || !digits) return -1;
  ms += more;
  return ms < LARIAT_CRAWL_ROBOTS_MOST_DELAY_MS
             ? ms
             : LARIAT_CRAWL_ROBOTS_MOST_DELAY_MS;
}
