/* SPDX-License-Identifier: MIT
 * escaped_text.h: a path or a query, read in a form in which each octet has one
 * spelling: RFC 3986's unreserved octets stand for themselves (6.2.2.2), the
 * digits of all other escapes are in capitals (6.2.2.1). */
#ifndef CRAWL_ESCAPED_TEXT_H
#define CRAWL_ESCAPED_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A text that is left to be read.  Begin with {.at = ..., .end = ...}. */
typedef struct lr_crawl_escaped_text {
  const char *at;
  const char *end;
  unsigned char waiting; /* digits that would make an escape of a '%' before */
  bool changed;          /* something was read that is spelt otherwise */
} lr_crawl_escaped_text;

/* Reads an octet, or an escape that stays one, into `unit`, and returns its
 * length, 1 or 3; 0: the text has ended.
 *
 * An escape is left as it is where its octet would become a digit of a '%' that
 * is no escape: "%2%65" is not "%2e". */
size_t lr_crawl_escaped_text_read(lr_crawl_escaped_text *text, char unit[3]);

/* Reads what is left, or what is left before the next octet `stop`, into `out`,
 * with letters in lower case, a NUL behind them, and `text` at the `stop`.
 * Returns the length, or `capacity` when it does not fit and is cut. */
size_t lr_crawl_escaped_text_read_lower(lr_crawl_escaped_text *text, char stop,
                                        char *out, size_t capacity);

#endif
