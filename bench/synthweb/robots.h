/* SPDX-License-Identifier: MIT
 * robots.h: the robots.txt of each host, and what it forbids. */
#ifndef BENCH_SYNTHWEB_ROBOTS_H
#define BENCH_SYNTHWEB_ROBOTS_H

#include "node.h"
#include "site.h"

enum robots_kind {
  ROBOTS_PLAIN,   /* Disallow: /private/ */
  ROBOTS_OPEN,    /* nothing is forbidden */
  ROBOTS_DELAY,   /* as plain, and Crawl-delay */
  ROBOTS_MISSING, /* 404: nothing is forbidden */
  ROBOTS_FAILING, /* 503: all is forbidden */
  ROBOTS_LARGE,   /* as plain, and 600 KiB of a comment */
  ROBOTS_MOVED,   /* as plain, at another path */
  ROBOTS_ABROAD   /* as plain, at the first host */
};
enum robots_kind robots_kind_of(const struct web *web, uint32_t host);

/* Tells whether a crawler may fetch a node, by the robots.txt of its host and
 * because that answers. */
bool robots_allows(const struct web *web, uint32_t host,
                   const struct node *node);

/* Tells whether a host's robots.txt names its sitemap. */
bool robots_names_sitemap(const struct web *web, uint32_t host);
/* Returns the kind of it. */
enum node_kind robots_sitemap(uint32_t host);

/* Adds the text of those that are answered with 200. */
void robots_add_text(const struct site *site, uint32_t host, struct text *out);

#endif
