/* SPDX-License-Identifier: MIT
 * cookie_header.h: the one Cookie header of a request, from the jar's cookies
 * and from a header of the request's own (RFC 6265bis, 5.8.1: there is at most
 * one). */
#ifndef LR_HTTP_COOKIE_HEADER_H
#define LR_HTTP_COOKIE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "http/header_list.h"
#include "http/response.h"

/* Appends what `own` and the jar's "a=1; b=2" come to: the request's own text
 * as it is, then those of the jar's whose names are not in it.  False when out
 * of memory. */
bool lr_cookie_header_join(lr_buffer *to, const char *own, const char *jar);

/* Makes `*out` the list with the jar's cookies in it, which keeps `base`: that
 * is what it is without them.  Where `base` says that no Cookie is to be sent,
 * `*out` is `base` itself, with another reference.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_cookie_header_add(lr_header_list *base, const char *jar,
                                   lr_header_list **out);

/* Makes `*out` a response with the Set-Cookie headers of another alone; NULL:
 * it has none.  False when out of memory. */
bool lr_cookie_header_keep(const lariat_response *response,
                           lariat_response **out);

#endif
