/* SPDX-License-Identifier: MIT
 * date.h: times as HTTP headers write them, Date and Retry-After among them
 * (RFC 9110, 5.6.7 and 10.2.3). */
#ifndef LR_HTTP_DATE_H
#define LR_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a date in any of the forms that servers use, into seconds since 1970.
 * False: the text is not a date. */
bool lr_date_parse(const char *text, int64_t *seconds);

/* Returns the wait that the Retry-After header `text` asks for.  A date in it
 * is counted from `date`, the response's own Date (may be NULL), else from
 * `wall_s`, seconds since 1970.  0 when the header makes no sense. */
uint64_t lr_retry_after_ns(const char *text, const char *date, int64_t wall_s);

#endif
