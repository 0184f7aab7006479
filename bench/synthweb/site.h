/* SPDX-License-Identifier: MIT
 * site.h: the web as somebody sees it: addresses, URLs and the texts of pages,
 * sitemaps, feeds and robots.txt. */
#ifndef BENCH_SYNTHWEB_SITE_H
#define BENCH_SYNTHWEB_SITE_H

#include "node.h"
#include "prose.h"
#include "text.h"
#include "web.h"

struct site {
  struct web web;
  struct prose prose;
  uint32_t first_address; /* of the first host, in the machine's byte order;
                             that of the others follow it */
  const char *scheme;
  unsigned port; /* in URLs */
};

/* Adds "http://127.0.1.1:8080". */
void site_add_origin(const struct site *site, uint32_t host, struct text *out);

/* Adds the URL of a node of a page. */
void site_add_url(const struct site *site, const struct node *node,
                  struct text *out);

/* ---- Texts ---- */

void site_add_page(const struct site *site, uint32_t page, struct text *out);

/* Adds a short page with a paragraph: for nodes that lead nowhere. */
void site_add_leaf(const struct site *site, const struct node *node,
                   struct text *out);
void site_add_charset(const struct site *site, const struct node *node,
                      struct text *out);
void site_add_feed(const struct site *site, const struct node *node,
                   struct text *out);

/* Adds a page of a trap at this path; `serial` is another number each time. */
void site_add_trap(const struct site *site, enum web_trap trap,
                   const char *path, uint64_t serial, struct text *out);

/* Adds a sitemap of a host, of the kind of the node. */
void site_add_sitemap(const struct site *site, uint32_t host,
                      enum node_kind kind, struct text *out);

/* Adds a URL that leads to an internal address, of INSIDE_FORMS. */
void site_add_internal(const struct site *site, uint32_t form,
                       struct text *out);

/* Adds pages that are to be too much. */
void site_add_many_links(const struct site *site, struct text *out);
void site_add_nested(struct text *out);

#endif
