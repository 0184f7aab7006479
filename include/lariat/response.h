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

/* Returns the response in `value`, owned by it still; NULL for another type
 * (misuse, with checks on).  The readers below accept NULL and give 0 or "". */
LARIAT_API lariat_response *lariat_response_in(lariat_value value);

/* Returns the HTTP status: 200, 404.  (A 404 is a response, not a failure.) */
LARIAT_API int lariat_response_status(const lariat_response *response);

/* Returns the HTTP version times ten: 10, 11, 20. */
LARIAT_API int lariat_response_http_version(const lariat_response *response);

/* Returns the URL that answered, after redirects. */
LARIAT_API const char *lariat_response_url(const lariat_response *response);

/* Returns the body, decompressed; the headers Content-Encoding and
 * Content-Length stay as they were received.  `*length` (may be NULL) gets its
 * length; a NUL that is not counted follows the last byte.  Never NULL. */
LARIAT_API const char *lariat_response_body(const lariat_response *response,
                                            size_t *length);

/* Returns the number of bytes of the body, decompressed, also when they went
 * to a descriptor or were discarded.  0 of a stream. */
LARIAT_API uint64_t lariat_response_body_bytes(const lariat_response *response);

/* A header line: pointers into the response, ended by NUL. */
typedef struct lariat_header {
  const char *name;
  const char *value;
} lariat_header;

/* Return the number of header lines of the final answer, and each of them in
 * the order they came (NULLs when out of range). */
LARIAT_API size_t lariat_response_header_count(const lariat_response *response);
LARIAT_API lariat_header
lariat_response_header_at(const lariat_response *response, size_t index);

/* Returns the value of the first header called `name` (upper and lower case
 * are the same), or NULL. */
LARIAT_API const char *lariat_response_header(const lariat_response *response,
                                              const char *name);

/* Return the number of trailers, and each of them in the order they came (NULLs
 * when out of range).  Trailers are the header lines behind a body that came in
 * chunks, or by HTTP/2 (RFC 9110, 6.5): they are never among the headers, and
 * nothing in lariat acts upon them.  The response of a stream, which leaves
 * before its body, has none. */
LARIAT_API size_t
lariat_response_trailer_count(const lariat_response *response);
LARIAT_API lariat_header
lariat_response_trailer_at(const lariat_response *response, size_t index);

/* Returns the value of the first trailer called `name` (upper and lower case
 * are the same), or NULL. */
LARIAT_API const char *lariat_response_trailer(const lariat_response *response,
                                               const char *name);

/* Return the address that answered ("127.0.0.1", "::1"), and its port. */
LARIAT_API const char *
lariat_response_remote_ip(const lariat_response *response);
LARIAT_API unsigned
lariat_response_remote_port(const lariat_response *response);

/* Returns the SHA-256 of the body, 32 bytes, or NULL when it was not asked
 * for.  That of a stream is lariat_stream_sha256. */
LARIAT_API const uint8_t *
lariat_response_sha256(const lariat_response *response);

/* Returns how long each phase took, see attempt.h. */
LARIAT_API lariat_timings
lariat_response_timings(const lariat_response *response);

/* Returns when the request was sent and the answer came, see attempt.h. */
LARIAT_API lariat_instants
lariat_response_instants(const lariat_response *response);

/* Return the number of attempts, this one included, and each in turn (zeros
 * when out of range).  A request that libcurl sent again by itself, since an
 * open connection turned out to be dead, is one more.  Redirects are not
 * attempts. */
LARIAT_API size_t lariat_response_attempts(const lariat_response *response);
LARIAT_API lariat_attempt
lariat_response_attempt_at(const lariat_response *response, size_t index);

/* Returns why there was not another attempt, if the status is one to try
 * again. */
LARIAT_API lariat_retry_end
lariat_response_retry_end(const lariat_response *response);

/* Returns the number of redirects that were followed. */
LARIAT_API unsigned lariat_response_redirects(const lariat_response *response);

/* Returns whether the connection was open already. */
LARIAT_API bool lariat_response_reused(const lariat_response *response);

/* Returns the number of the pool reactor that fetched the response. */
LARIAT_API unsigned lariat_response_reactor(const lariat_response *response);

/* Returns the number of the connection that the response came on; no other of
 * the same pool has it.  0: not known (a scripted pool has no connections). */
LARIAT_API uint64_t lariat_response_connection(const lariat_response *response);

/* The state of the response's origin when the response was complete.  An
 * origin that has sent bytes on a connection of HTTP/1 for which it was not
 * asked gets one request a connection from then on: an answer on a connection
 * that is used again could be another request's (RFC 9112, 9.2). */
typedef enum lariat_desync {
  LARIAT_DESYNC_NONE,      /* it had sent nothing of that kind */
  LARIAT_DESYNC_ORIGIN,    /* it had, and the connection was opened later */
  LARIAT_DESYNC_CONNECTION /* it had, and the connection was open then: the
                              response may be another request's */
} lariat_desync;

/* Returns that.  Responses that came before the first such byte cannot say so:
 * lariat_pool_desync_connections (lariat/pool.h) tells on which connections to
 * look for them. */
LARIAT_API lariat_desync
lariat_response_desync(const lariat_response *response);

LARIAT_END_C

#endif
