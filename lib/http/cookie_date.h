/* SPDX-License-Identifier: MIT
 * cookie_date.h: the dates of cookies, by the algorithm of RFC 6265bis (5.1.1),
 * which is not the one of other HTTP headers. */
#ifndef LR_HTTP_COOKIE_DATE_H
#define LR_HTTP_COOKIE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a cookie-date into seconds since 1970, which may be below 0.  False:
 * the text is none. */
bool lr_cookie_date_read(const char *text, size_t length, int64_t *seconds);

#endif
