/* SPDX-License-Identifier: MIT
 * lariat_response: what a fetch brings.  It holds no libcurl handle, does not
 * change, and is counted: it can be shared between threads. */
#ifndef LARIAT_RESPONSE_H
#define LARIAT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/attempt.h>
#include <lariat/export.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_response lariat_response;
typedef struct lariat_stream lariat_stream; /* lariat/stream.h */
LARIAT_API extern const lariat_type lariat_response_type;

/* The response in `value`, owned by it still; NULL for another type (misuse,
 * with checks on).  The readers below accept NULL and give 0 or "". */
LARIAT_API lariat_response *lariat_response_in(lariat_value value);

/* The HTTP status: 200, 404.  (A 404 is a response, not a failure.) */
LARIAT_API int lariat_response_status(const lariat_response *response);

/* The HTTP version times ten: 10, 11, 20. */
LARIAT_API int lariat_response_http_version(const lariat_response *response);

/* The URL that answered, after redirects. */
LARIAT_API const char *lariat_response_url(const lariat_response *response);

/* The body, decompressed.  `*length` (may be NULL) gets its length; a NUL that
 * is not counted follows it.  Never NULL. */
LARIAT_API const char *lariat_response_body(const lariat_response *response,
                                            size_t *length);

/* How many bytes the body has, decompressed, also when they went to a
 * descriptor or were discarded.  0 of a stream. */
LARIAT_API uint64_t lariat_response_body_bytes(const lariat_response *response);

/* One header line: pointers into the response, ended by NUL. */
typedef struct lariat_header {
  const char *name;
  const char *value;
} lariat_header;

/* How many header lines the final answer had, and each in the order they
 * came.  NULLs when out of range. */
LARIAT_API size_t lariat_response_header_count(const lariat_response *response);
LARIAT_API lariat_header
lariat_response_header_at(const lariat_response *response, size_t index);

/* The value of the first header called `name` (upper and lower case are the
 * same), or NULL. */
LARIAT_API const char *lariat_response_header(const lariat_response *response,
                                              const char *name);

/* The address that answered ("127.0.0.1", "::1"), and its port. */
LARIAT_API const char *
lariat_response_remote_ip(const lariat_response *response);
LARIAT_API unsigned
lariat_response_remote_port(const lariat_response *response);

/* The SHA-256 of the body, 32 bytes, or NULL when it was not asked for.  That
 * of a stream is lariat_stream_sha256. */
LARIAT_API const uint8_t *
lariat_response_sha256(const lariat_response *response);

/* Where the time went, see attempt.h. */
LARIAT_API lariat_timings
lariat_response_timings(const lariat_response *response);

/* How many attempts there were, this one included, and each in turn (zeros
 * when out of range).  A request that libcurl sent again by itself, since an
 * open connection turned out to be dead, is one more.  Redirects are not
 * attempts. */
LARIAT_API size_t lariat_response_attempts(const lariat_response *response);
LARIAT_API lariat_attempt
lariat_response_attempt_at(const lariat_response *response, size_t index);

/* Why this answer, if its status is one to try again, was not. */
LARIAT_API lariat_retry_end
lariat_response_retry_end(const lariat_response *response);

/* How many redirects were followed to get here. */
LARIAT_API unsigned lariat_response_redirects(const lariat_response *response);

/* Whether the connection was open already. */
LARIAT_API bool lariat_response_reused(const lariat_response *response);

/* The number of the pool reactor that fetched it. */
LARIAT_API unsigned lariat_response_reactor(const lariat_response *response);

LARIAT_END_C

#endif
