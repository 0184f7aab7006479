/* SPDX-License-Identifier: MIT
 * timestamp.h: times as sitemaps and feeds write them. */
#ifndef LARIAT_CRAWL_TIMESTAMP_H
#define LARIAT_CRAWL_TIMESTAMP_H

#include <stdint.h>

/* Read a time up to the end of `text`: "2026-11-30T12:00:00+01:00" or a part of
 * that, the profile of ISO 8601 that the W3C has for dates; and
 * "Mon, 30 Nov 2026 12:00:00 GMT", as RFC 822 and 5322 have it.  They return
 * seconds since 1970, or LARIAT_CRAWL_NO_TIME.  A time without a zone is UTC.
 */
int64_t lr_crawl_timestamp_w3c(const char *text);
int64_t lr_crawl_timestamp_mail(const char *text);

#endif
