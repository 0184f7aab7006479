/* SPDX-License-Identifier: MIT
 * Dates as HTTP writes them (RFC 9110, 5.6.7). */
#ifndef LARIAT_HTTP_DATE_H
#define LARIAT_HTTP_DATE_H

#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* The bytes of a date, its NUL included. */
enum { LARIAT_HTTP_DATE_BYTES = 30 };

/* Reads a date, in the form that is sent today and in the others that servers
 * use, into seconds since 1970.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  it is none */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_http_date_parse(const char *text, int64_t *seconds);

/* Writes "Sun, 06 Nov 1994 08:49:37 GMT" into `text`.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  a year before 1 or after 9999: `text` is "" */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_http_date_write(int64_t seconds, char text[LARIAT_HTTP_DATE_BYTES]);

LARIAT_END_C

#endif
