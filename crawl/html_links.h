/* SPDX-License-Identifier: MIT
 * html_links.h: the links of a document of HTML, XHTML or SVG. */
#ifndef CRAWL_HTML_LINKS_H
#define CRAWL_HTML_LINKS_H

#include "link_output.h"

typedef struct lr_crawl_html_document {
  const char *bytes;
  size_t length;
  bool xml;
  bool tentative; /* the encoding was guessed: a <meta> decides */
} lr_crawl_html_document;

/* Finds them all, with the encoding and the base of `output`, and what the
 * document says of itself.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_html_links(const lr_crawl_html_document *html,
                                  lr_crawl_link_output *output);

#endif
