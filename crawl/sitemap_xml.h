/* SPDX-License-Identifier: MIT
 * sitemap_xml.h: sitemaps, indexes and feeds in XML. */
#ifndef LARIAT_CRAWL_SITEMAP_XML_H
#define LARIAT_CRAWL_SITEMAP_XML_H

#include "sitemap_output.h"

typedef struct lr_crawl_sitemap_xml lr_crawl_sitemap_xml;

/* Makes a reader whose entries go to `output`, from the line behind `line`
 * lines on; NULL: out of memory. */
lr_crawl_sitemap_xml *lr_crawl_sitemap_xml_new(lr_crawl_sitemap_output *output,
                                               unsigned line);
void lr_crawl_sitemap_xml_free(lr_crawl_sitemap_xml *xml);

/* Read a piece; the end; and, of a sitemap that is given up, what has been kept
 * back.  False: something is wrong. */
bool lr_crawl_sitemap_xml_feed(lr_crawl_sitemap_xml *xml, const char *bytes,
                               size_t length);
bool lr_crawl_sitemap_xml_end(lr_crawl_sitemap_xml *xml);
bool lr_crawl_sitemap_xml_flush(lr_crawl_sitemap_xml *xml);

#endif
