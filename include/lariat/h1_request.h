/* SPDX-License-Identifier: MIT
 * lariat_h1_request: the head of a request of HTTP/1.1 (RFC 9112, 3), written
 * for whoever sends it himself, and reads the response by lariat_h1_parser.  It
 * needs no reactor and no client.  docs/parsing.md explains it. */
#ifndef LARIAT_H1_REQUEST_H
#define LARIAT_H1_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/response.h>
#include <lariat/status.h>
#include <lariat/upload.h>
#include <lariat/url.h>

LARIAT_BEGIN_C

/* A request.  Start from lariat_h1_request_of(). */
typedef struct lariat_h1_request {
  size_t size;           /* sizeof(lariat_h1_request) */
  const lariat_url *url; /* its user, password and fragment are not sent */
  const char *method;    /* NULL: "GET" */
  const lariat_header *headers; /* sent as they are, in this order, behind Host;
                                   one of them may be Host itself */
  size_t header_count;
  uint64_t body_length; /* of what the caller sends behind the head; default 0;
                           LARIAT_LENGTH_UNKNOWN: it comes in chunks, which the
                           caller writes */
} lariat_h1_request;

/* Returns a GET of `url`, without headers but Host.  Any thread. */
LARIAT_API lariat_h1_request lariat_h1_request_of(const lariat_url *url);

/* Writes the head of `request`, up to its empty line, into the `capacity` bytes
 * at `text`; `*length` gets its length, a NUL is not put behind it.  A capacity
 * of 0 asks for the length.  Any thread.
 *
 * Content-Length is sent with a body, and without one where the method is not
 * one of those that have none: GET, HEAD, DELETE, OPTIONS, TRACE (RFC 9110,
 * 8.6).
 *
 * LARIAT_OK
 * LARIAT_EHEADERLIMIT  it does not fit: `*length` is the capacity that it
 *                takes, and `text` is not to be used
 * LARIAT_EINVAL  no URL; a method or a name that is not an HTTP token (RFC
 * 9110, 5.6.2), CR or LF in a value, a value that is NULL; CONNECT;
 *                Content-Length and Transfer-Encoding among the headers, and a
 *                second Host.  `*length` is 0 */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_h1_request_write(const lariat_h1_request *request, char *text,
                        size_t capacity, size_t *length);

LARIAT_END_C

#endif
