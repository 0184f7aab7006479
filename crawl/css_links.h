/* SPDX-License-Identifier: MIT
 * css_links.h: the URLs of a style sheet or of declarations: url(), @import,
 * image-set() and src(), by the tokens of CSS Syntax Level 3. */
#ifndef CRAWL_CSS_LINKS_H
#define CRAWL_CSS_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "scratch.h"

/* Takes a URL, escapes undone, which begins at `offset`. */
typedef void lr_crawl_css_callback(void *context, const char *url,
                                   size_t length, size_t offset, bool import);

/* Finds the URLs of a text in UTF-8.  Those of @namespace and of url() with a
 * fragment alone are not told.  `spare` is memory for escapes. */
void lr_crawl_css_links(const char *bytes, size_t length,
                        lr_crawl_scratch *spare,
                        lr_crawl_css_callback *callback, void *context);

#endif
