/* SPDX-License-Identifier: MIT
 * lariat_headers: a list of request headers that is built step by step, each
 * looked at when it is put in.
 *
 *   lariat_headers_new(&headers);
 *   lariat_headers_set_basic(headers, "user", "secret");
 *   lariat_headers_add(headers, "Accept", "text/html");
 *   options.headers = lariat_headers_items(headers, &options.header_count);
 *
 * Names are the same in upper and lower case.  A `value` of NULL says that the
 * header is not to be sent, as in lariat_client_add_header.  Any thread may use
 * a list, one at a time. */
#ifndef LARIAT_HEADERS_H
#define LARIAT_HEADERS_H

#include <stddef.h>

#include <lariat/export.h>
#include <lariat/response.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_headers lariat_headers;

/* Makes an empty list, which is the caller's (lariat_headers_free), and puts it
 * into `*out`.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  `*out` is NULL */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_headers_new(lariat_headers **out);

/* Frees the list and its texts; NULL is allowed. */
LARIAT_API void lariat_headers_free(lariat_headers *headers);

/* Adds a header behind the others, also behind those of its name: they are all
 * sent.  The texts are copied.  With an error nothing has changed.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a name that is not an HTTP token (RFC 9110, 5.6.2), or is
 *                Content-Length or Transfer-Encoding, which the body makes; a
 *                line break in the value */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_headers_add(
    lariat_headers *headers, const char *name, const char *value);

/* Puts a header in the place of all of its name; and only where there is none.
 * Statuses as above. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_headers_set(
    lariat_headers *headers, const char *name, const char *value);
LARIAT_API LARIAT_MUST_USE lariat_status lariat_headers_set_default(
    lariat_headers *headers, const char *name, const char *value);

/* Removes all headers called `name`, and returns how many there were. */
LARIAT_API size_t lariat_headers_remove(lariat_headers *headers,
                                        const char *name);

/* Sets Authorization for Basic authentication (RFC 7617): user and password as
 * they are, in UTF-8.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a colon in the user, or a control character in either */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_headers_set_basic(
    lariat_headers *headers, const char *user, const char *password);

/* Sets Authorization to a bearer token (RFC 6750, 2.1).
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  what cannot be a token: letters, digits and -._~+/ it may
 *                have, and = at its end */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_headers_set_bearer(lariat_headers *headers, const char *token);

/* Returns the headers in their order, for lariat_request_options or
 * lariat_h1_request, and puts their number into `*count`.  The list's own,
 * until it changes. */
LARIAT_API const lariat_header *
lariat_headers_items(const lariat_headers *headers, size_t *count);

/* Returns the value of the first header called `name`; NULL: there is none. */
LARIAT_API const char *lariat_headers_find(const lariat_headers *headers,
                                           const char *name);

LARIAT_END_C

#endif
