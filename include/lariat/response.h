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
#include <lariat/media_type.h>
#include <lariat/status.h>
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

/* Returns the value of the next header called `name` at or behind `*position`,
 * which is 0 for the first and is moved on; NULL: there is no other.  A field
 * may come several times, as Set-Cookie does:
 *
 *   size_t position = 0;
 *   const char *value;
 *   while ((value = lariat_response_next_header(response, "Set-Cookie",
 *                                               &position)))
 */
LARIAT_API const char *
lariat_response_next_header(const lariat_response *response, const char *name,
                            size_t *position);

/* Returns how many headers are called `name`. */
LARIAT_API size_t lariat_response_header_values(const lariat_response *response,
                                                const char *name);

/* Read what headers mean: Content-Type, as a media type; a date
 * ("Last-Modified", "Date", "Expires") as seconds since 1970; Content-Length,
 * of the body as it was sent.
 *
 * LARIAT_OK
 * LARIAT_ENOTFOUND  there is no such header: the result is empty, or 0
 * LARIAT_EINVAL     it makes no sense */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_response_media_type(
    const lariat_response *response, lariat_media_type *out);
LARIAT_API LARIAT_MUST_USE lariat_status lariat_response_date(
    const lariat_response *response, const char *name, int64_t *seconds);
LARIAT_API LARIAT_MUST_USE lariat_status lariat_response_content_length(
    const lariat_response *response, uint64_t *length);

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

/* ---- What is kept where a request asks for it ---- */

/* Parts of an answer that a response keeps beside head and body, joined: `keep`
 * of a request's options, or of the client's (lariat/client.h).  What is not
 * asked for costs nothing.  A request fails with LARIAT_ENOMEM where there is
 * no memory for what it wants kept. */
typedef enum lariat_keep {
  LARIAT_KEEP_RAW_HEAD = 1,   /* the bytes of the head */
  LARIAT_KEEP_RAW_BODY = 2,   /* the body before its content codings were
                                 undone; not with a stream */
  LARIAT_KEEP_CONNECTION = 4, /* the local address, and what TLS has settled */
  LARIAT_KEEP_CERTIFICATES = 8, /* the same, and the server's certificates */
  LARIAT_KEEP_REDIRECTS = 16    /* the answers that led to this one */
} lariat_keep;

/* The source of the bytes of a head. */
typedef enum lariat_head_source {
  LARIAT_HEAD_NOT_KEPT = 0, /* there are none: not asked for, or of a scripted
                               pool */
  LARIAT_HEAD_RECEIVED = 1, /* they are those that came */
  LARIAT_HEAD_UNFOLDED = 2, /* the same, but that a header line that went on in
                               the next (obs-fold) was joined with that: so
                               libcurl shows it from 8.18.0 on */
  LARIAT_HEAD_REMADE = 3    /* HTTP/2 has no such bytes: libcurl has made these
                               of its fields */
} lariat_head_source;

/* Return the bytes of the final answer's head as they came, from the status
 * line to the empty one, with their line ends; and those of the heads of 1xx
 * before it.  "" when there are none.  `*length` (may be NULL) gets their
 * number; no NUL follows them.  With LARIAT_KEEP_RAW_HEAD. */
LARIAT_API const char *lariat_response_raw_head(const lariat_response *response,
                                                size_t *length);
LARIAT_API const char *
lariat_response_raw_interim_heads(const lariat_response *response,
                                  size_t *length);

/* Returns where those bytes are from. */
LARIAT_API lariat_head_source
lariat_response_raw_head_source(const lariat_response *response);

/* Returns the body as it came, its content codings (gzip) not undone; chunks
 * are, and are nowhere told.  NULL: it was not asked for, LARIAT_KEEP_RAW_BODY.
 * `*length` (may be NULL) gets its length; no NUL need follow.  That of a body
 * without codings in memory is lariat_response_body; in any other case there is
 * memory for it beside the body's, counted in the pool's `max_body_memory`.  It
 * may be as long as bodies are taken from a server with this `max_body_bytes`,
 * be they kept or not: a sixteenth and 64 KiB longer, where it is coded. */
LARIAT_API const char *lariat_response_raw_body(const lariat_response *response,
                                                size_t *length);

/* Return the address and the port of this end of the connection.  With
 * LARIAT_KEEP_CONNECTION or LARIAT_KEEP_CERTIFICATES, as the next four; "" and
 * 0 without, and of a scripted pool. */
LARIAT_API const char *
lariat_response_local_ip(const lariat_response *response);
LARIAT_API unsigned lariat_response_local_port(const lariat_response *response);

/* Returns the version of TLS, "TLSv1.2" or "TLSv1.3"; "": there was no TLS. */
LARIAT_API const char *
lariat_response_tls_version(const lariat_response *response);

/* Returns the name of the cipher suite in IANA's registry,
 * "TLS_AES_256_GCM_SHA384". */
LARIAT_API const char *
lariat_response_tls_cipher(const lariat_response *response);

/* Returns the protocol that ALPN has settled, "h2" or "http/1.1"; "": none. */
LARIAT_API const char *
lariat_response_tls_alpn(const lariat_response *response);

/* Returns whether the connection's handshake has resumed an earlier session. */
LARIAT_API bool lariat_response_tls_resumed(const lariat_response *response);

/* Return the number of the server's certificates, as it has sent them, its own
 * first; and each in DER (NULL when out of range).  Where a session was resumed
 * they are those of the handshake that began it.  With
 * LARIAT_KEEP_CERTIFICATES. */
LARIAT_API size_t
lariat_response_certificate_count(const lariat_response *response);
LARIAT_API const uint8_t *
lariat_response_certificate_at(const lariat_response *response, size_t index,
                               size_t *length);

/* Returns a redirect that was followed, the first at 0, as a response with all
 * that this one has: status, URL, headers, body, and what it was to keep.  It
 * lives as long as this response.  NULL when out of range, which is
 * lariat_response_redirects, and without LARIAT_KEEP_REDIRECTS.  A body that
 * was to go to a descriptor is in the response of a redirect; one that was to
 * be discarded is not. */
LARIAT_API const lariat_response *
lariat_response_redirect_at(const lariat_response *response, size_t index);

/* Returns, of a fetch that has failed, an answer that redirected before that:
 * those that were followed, the first at 0, and behind them one that was not
 * to be followed (LARIAT_EREDIRECTS, LARIAT_EDOWNGRADE and the like).  It lives
 * as long as the failure.  NULL when out of range, and without
 * LARIAT_KEEP_REDIRECTS; also of a fetch that was stopped by its caller while a
 * pool had it. */
LARIAT_API const lariat_response *
lariat_failure_redirect_at(lariat_value failure, size_t index);

LARIAT_END_C

#endif
