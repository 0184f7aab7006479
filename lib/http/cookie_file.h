/* SPDX-License-Identifier: MIT
 * cookie_file.h: cookies as the text of a Netscape cookie file: a line for
 * each, of seven fields with tabs between them, as curl and browsers have it.
 *
 *   domain  TRUE: for its subdomains  path  TRUE: Secure  expiry  name  value
 *
 * "#HttpOnly_" before the domain is a mark; other lines with a '#' are
 * comments.  SameSite has no place in it. */
#ifndef LR_HTTP_COOKIE_FILE_H
#define LR_HTTP_COOKIE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include <lariat/cookies.h>

/* Puts the cookies of a text into the jar, see lariat_cookie_jar_load.  False
 * when out of memory; those before are in the jar then. */
bool lr_cookie_file_read(lariat_cookie_jar *jar, const char *text,
                         size_t length, int64_t now_s,
                         lariat_cookie_fault fault, void *context);

/* Appends the jar's cookies that have not expired to `to`; `*left_out` gets the
 * number of those that cannot be written.  False when out of memory. */
bool lr_cookie_file_write(const lariat_cookie_jar *jar, int64_t now_s,
                          lr_buffer *to, size_t *left_out);

#endif
