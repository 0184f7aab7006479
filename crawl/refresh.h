/* SPDX-License-Identifier: MIT
 * refresh.h: where a Refresh leads, of a header or a <meta> (HTML Standard,
 * "shared declarative refresh steps"). */
#ifndef CRAWL_REFRESH_H
#define CRAWL_REFRESH_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the URL of "5; url=/next"; false: it is none, or one without a URL,
 * which means the page itself. */
bool lr_crawl_refresh_url(const char *bytes, size_t length, const char **url,
                          size_t *url_length);

#endif
