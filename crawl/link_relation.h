/* SPDX-License-Identifier: MIT
 * link_relation.h: what a `rel` says of a link, in HTML and in Link headers. */
#ifndef CRAWL_LINK_RELATION_H
#define CRAWL_LINK_RELATION_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/crawl/links.h>

typedef struct lr_crawl_link_relation {
  bool told; /* it is one of those that links are told of */
  bool nofollow;
  lariat_crawl_link_kind kind;
} lr_crawl_link_relation;

/* Reads words between blanks.  A link that is needed by the page ("stylesheet
 * alternate") is told as that. */
lr_crawl_link_relation lr_crawl_link_relation_of(const char *rel,
                                                 size_t length);

#endif
