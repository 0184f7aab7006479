/* SPDX-License-Identifier: MIT
 * warc_date.h: the dates that a record may have. */
#ifndef CRAWL_WARC_DATE_H
#define CRAWL_WARC_DATE_H

#include <stdbool.h>

/* Tells whether a date is one of the W3C's profile of ISO 8601, in UTC: from a
 * year to nanoseconds (ISO 28500, 5.4). */
bool lr_crawl_warc_is_date(const char *date);

#endif
