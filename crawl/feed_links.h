/* SPDX-License-Identifier: MIT
 * feed_links.h: the links of feeds and sitemaps. */
#ifndef CRAWL_FEED_LINKS_H
#define CRAWL_FEED_LINKS_H

#include "link_output.h"

/* Tells the URLs of entries, as lariat/crawl/sitemap.h reads them, of a feed or
 * a sitemap as it came.  Those that are before a fault are told.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_feed_entries(const char *bytes, size_t length,
                                    lr_crawl_link_output *output);

/* Tells the files that the entries of RSS come with: <enclosure url>. */
void lr_crawl_feed_enclosures(const char *bytes, size_t length,
                              lr_crawl_link_output *output);

#endif
