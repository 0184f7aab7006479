/* SPDX-License-Identifier: MIT
 * link_header.h: the links of a Link header (RFC 8288, appendix B.2). */
#ifndef CRAWL_LINK_HEADER_H
#define CRAWL_LINK_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* A link: pointers into the value of the header. */
typedef struct lr_crawl_link_value {
  const char *target; /* between '<' and '>' */
  size_t target_length;
  const char *rel; /* "" without one */
  size_t rel_length;
} lr_crawl_link_value;

/* Reads the next link at or behind `*at`, which is moved on; false: there is
 * none, or what comes is none. */
bool lr_crawl_link_header_next(const char **at, lr_crawl_link_value *link);

#endif
