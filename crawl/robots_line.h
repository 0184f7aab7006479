/* SPDX-License-Identifier: MIT
 * robots_line.h: the lines of a robots.txt, each with its key and its value. */
#ifndef LARIAT_CRAWL_ROBOTS_LINE_H
#define LARIAT_CRAWL_ROBOTS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lr_crawl_robots_key {
  LR_CRAWL_ROBOTS_OTHER = 0, /* not a line with a key that means something */
  LR_CRAWL_ROBOTS_AGENT,
  LR_CRAWL_ROBOTS_ALLOW,
  LR_CRAWL_ROBOTS_DISALLOW,
  LR_CRAWL_ROBOTS_SITEMAP,
  LR_CRAWL_ROBOTS_DELAY
} lr_crawl_robots_key;

/* Bytes of somebody else's. */
typedef struct lr_crawl_span {
  const char *at;
  size_t length;
} lr_crawl_span;

typedef struct lr_crawl_robots_line {
  lr_crawl_robots_key key;
  uint32_t number;     /* counted from 1; CR, LF and CRLF end a line */
  lr_crawl_span text;  /* without blanks around it, with its comment */
  lr_crawl_span value; /* without blanks around it, without a comment */
} lr_crawl_robots_line;

typedef struct lr_crawl_robots_lines {
  const char *at;
  const char *end;
  uint32_t number; /* of the last line that was read */
} lr_crawl_robots_lines;

/* Begins to read a file; returns how many bytes at its end are ignored. */
size_t lr_crawl_robots_open(lr_crawl_robots_lines *lines, const char *bytes,
                            size_t length);

/* Reads the next line; false: there are no more. */
bool lr_crawl_robots_next(lr_crawl_robots_lines *lines,
                          lr_crawl_robots_line *line);

/* Returns the product token that `text` begins with; its length may be 0. */
lr_crawl_span lr_crawl_robots_token(lr_crawl_span text);

/* Tells whether the value of a User-agent line means every crawler: "*", alone
 * or before a blank. */
bool lr_crawl_robots_is_any(lr_crawl_span value);

/* Tells whether two tokens are the same, in any case. */
bool lr_crawl_robots_same(lr_crawl_span a, lr_crawl_span b);

/* Returns the milliseconds of a Crawl-delay's value, rounded up and cut to the
 * longest one; -1: it is no number of seconds. */
int64_t lr_crawl_robots_milliseconds(lr_crawl_span value);

#endif
