/* SPDX-License-Identifier: MIT
 * charset.h: pages in other charsets than UTF-8: the queries of their links are
 * to be escaped as the bytes of that charset, as the URL standard of the WHATWG
 * has it for documents. */
#ifndef BENCH_SYNTHWEB_CHARSET_H
#define BENCH_SYNTHWEB_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHARSETS = 6 };

struct charset {
  const char *header; /* of Content-Type; NULL: it says none */
  const char *meta;   /* <meta charset>; NULL: none */
  const char *word;   /* as the page has it */
  const char *query;  /* "?w=..." as it is to be asked for */
};
extern const struct charset charsets[CHARSETS];

/* Tells whether a query, without its "?", is the right one. */
bool charset_is_query(uint32_t charset, const char *query, size_t length);

/* Adds it to a path. */
void charset_add_query(uint32_t charset, char *path, size_t capacity);

#endif
