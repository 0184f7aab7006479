/* SPDX-License-Identifier: MIT
 * sitemap_text.h: sitemaps that are texts with a URL in each line. */
#ifndef LARIAT_CRAWL_SITEMAP_TEXT_H
#define LARIAT_CRAWL_SITEMAP_TEXT_H

#include "sitemap_output.h"

typedef struct lr_crawl_sitemap_text lr_crawl_sitemap_text;

/* Makes a reader whose lines go to `output`, from the one behind `line` on;
 * NULL: out of memory. */
lr_crawl_sitemap_text *
lr_crawl_sitemap_text_new(lr_crawl_sitemap_output *output, unsigned line);
void lr_crawl_sitemap_text_free(lr_crawl_sitemap_text *text);

/* Read a piece, and the end.  False: something is wrong. */
bool lr_crawl_sitemap_text_feed(lr_crawl_sitemap_text *text, const char *bytes,
                                size_t length);
bool lr_crawl_sitemap_text_end(lr_crawl_sitemap_text *text);

#endif
