/* SPDX-License-Identifier: MIT
 * html_reference.h: character references: "&amp;", "&#38;", "&#x26;" (HTML
 * Standard, 13.2.5.72 to 13.2.5.80). */
#ifndef CRAWL_HTML_REFERENCE_H
#define CRAWL_HTML_REFERENCE_H

#include <stdbool.h>

#include "scratch.h"

/* Adds a text in UTF-8 to `out`, its references decoded, and NUL as U+FFFD.  In
 * an attribute a name without ';' before '=', a letter or a digit is no
 * reference: "?a=1&copy=2". */
void lr_crawl_html_decode(const char *bytes, size_t length, bool in_attribute,
                          lr_crawl_scratch *out);

/* Tells whether that would change anything. */
bool lr_crawl_html_needs_decoding(const char *bytes, size_t length);

#endif
