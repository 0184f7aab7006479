/* SPDX-License-Identifier: MIT
 * robots_directives.h: what <meta name=robots> and X-Robots-Tag ask for. */
#ifndef CRAWL_ROBOTS_DIRECTIVES_H
#define CRAWL_ROBOTS_DIRECTIVES_H

#include <stddef.h>

enum { LR_CRAWL_NOFOLLOW = 1, LR_CRAWL_NOINDEX = 2, LR_CRAWL_NOARCHIVE = 4 };

/* Reads "noindex, nofollow"; "none" is these two.  Returns LR_CRAWL_NO...
 * joined by |. */
unsigned lr_crawl_robots_directives(const char *bytes, size_t length);

/* Reads the value of an X-Robots-Tag.  One that names a robot before a colon,
 * "otherbot: noindex", is not meant for all, and gives 0. */
unsigned lr_crawl_robots_directives_of_header(const char *value);

#endif
