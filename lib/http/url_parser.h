/* SPDX-License-Identifier: MIT
 * url_parser.h: the basic URL parser of the URL Standard
 * (https://url.spec.whatwg.org, 4.4) for http and https. */
#ifndef LR_HTTP_URL_PARSER_H
#define LR_HTTP_URL_PARSER_H

#include <stddef.h>

#include "http/url_record.h"

/* The longest URL, as it is given (without blanks around it) and as it is
 * written. */
enum { LR_URL_LONGEST = 64 * 1024 };

/* Parses the `length` bytes of `text`, a URL or, with `base`, perhaps a
 * relative one.  `*record` is empty unless it succeeds.  `error` may be NULL;
 * it is written when it fails, but for want of memory.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EURL    not a URL
 * LARIAT_ESCHEME not http or https */
lariat_status lr_url_parser_run(const char *text, size_t length,
                                const lr_url_record *base,
                                lr_url_record *record, lariat_url_error *error);

#endif
