/* SPDX-License-Identifier: MIT
 * lariat_h1_parser: reads responses of HTTP/1.1 (RFC 9112) from bytes that the
 * caller has, wherever he has them from: a socket of his own, a file, a test.
 * It is the parser that lariat's own fetches are read by, does no input or
 * output, and needs no reactor and no client.
 *
 *   lariat_h1_parser_begin(parser, NULL);
 *   do {
 *     result = lariat_h1_parser_feed(parser, bytes, length, &used);
 *     bytes += used;
 *     length -= used;
 *     if (result == LARIAT_H1_BODY) ...lariat_h1_parser_piece(parser, &n)...
 *   } while (result < LARIAT_H1_MORE);
 *
 * One parser reads one response after the other, of one connection or of many,
 * and from the second on allocates nothing for responses that are no larger
 * than those before.  Any thread may use a parser, one at a time.
 * docs/parsing.md explains it. */
#ifndef LARIAT_H1_PARSER_H
#define LARIAT_H1_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/response.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_h1_parser lariat_h1_parser;

/* The use that is made of a body. */
typedef enum lariat_h1_body {
  LARIAT_H1_PIECES = 0, /* the caller gets it, a piece at a time, as it comes */
  LARIAT_H1_KEEP = 1,   /* it goes into the response: lariat_response_body */
  LARIAT_H1_DISCARD = 2 /* it is counted */
} lariat_h1_body;

/* The options of one response: what is to be known of its request, and what is
 * made of it.  Start from lariat_h1_parser_defaults(). */
typedef struct lariat_h1_parser_options {
  size_t size;             /* sizeof(lariat_h1_parser_options) */
  lariat_h1_body body;     /* default PIECES */
  bool head_request;       /* its method was HEAD: no body follows */
  bool decode;             /* undo content codings; default: bodies stay as they
                              were sent, but for the chunks */
  uint64_t max_body_bytes; /* decoded, if that is asked for; default 0: none */
} lariat_h1_parser_options;

/* The event that the bytes come to.  After the first three there may be another
 * one without any more bytes; they come with PIECES only. */
typedef enum lariat_h1_result {
  LARIAT_H1_INTERIM = 0, /* a head of 1xx is complete; others follow */
  LARIAT_H1_HEAD = 1,    /* the head is complete */
  LARIAT_H1_BODY = 2,    /* there is a piece of the body */
  LARIAT_H1_MORE = 3,    /* all bytes are used, and the response goes on */
  LARIAT_H1_DONE = 4,    /* the response is complete */
  LARIAT_H1_FAILED = 5   /* it is no proper one, or beyond a limit */
} lariat_h1_result;

/* Makes a parser, with the default options begun, and puts it into `*out`; the
 * caller owns it (lariat_h1_parser_free).  Any thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  `*out` is NULL */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_h1_parser_new(lariat_h1_parser **out);

/* Frees the parser, its response and its pieces; NULL is allowed.  Any
 * thread. */
LARIAT_API void lariat_h1_parser_free(lariat_h1_parser *parser);

/* Returns the default options.  Any thread. */
LARIAT_API lariat_h1_parser_options lariat_h1_parser_defaults(void);

/* Prepares `parser` for the first byte of the next response; one that it was
 * in the middle of is given up.  `options` are copied; NULL: the defaults.  The
 * parser's thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no such options: a `size` of 0, a `body` of no kind; nothing
 *                has changed */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_h1_parser_begin(
    lariat_h1_parser *parser, const lariat_h1_parser_options *options);

/* Takes `length` bytes of the connection; `*used` gets how many of them have
 * been read.  The others are to be given again, with what comes behind them or
 * without; after DONE they are no part of this response.  Feed until the result
 * is MORE, DONE or FAILED, with 0 bytes as well: a response that ends with its
 * head is HEAD, and then DONE.  DONE and FAILED stay, with 0 bytes used.  The
 * parser's thread.
 *
 * A head may have 300,000 bytes, those of 1xx included, and 5,000 headers; a
 * line of it 100,000 bytes. */
LARIAT_API lariat_h1_result lariat_h1_parser_feed(lariat_h1_parser *parser,
                                                  const char *bytes,
                                                  size_t length, size_t *used);

/* Takes the end of the connection, behind all that was fed.  Returns DONE,
 * where that ends the response (RFC 9112, 6.3), and where it was complete
 * already; else FAILED.  Of a connection with TLS only a close_notify is such
 * an end (9.8): without it a body that lasts until the end may be cut, and this
 * is not to be called.  The parser's thread. */
LARIAT_API lariat_h1_result lariat_h1_parser_end(lariat_h1_parser *parser);

/* ---- Readers ----
 *
 * The parser's thread. */

/* Returns the piece of the body that the last LARIAT_H1_BODY has told of, not
 * ended by NUL; `*length` gets its length, more than 0.  The bytes are among
 * those that were given, or were decoded from them: they stay until the next
 * feed, begin, end or free.  NULL and 0 at any other time. */
LARIAT_API const char *lariat_h1_parser_piece(const lariat_h1_parser *parser,
                                              size_t *length);

/* Returns the response, for the readers of lariat/response.h: status, version
 * and headers from INTERIM or HEAD on, or once lariat_h1_parser_has_head; from
 * DONE on trailers, and the body, if it is kept; the bytes of the body so far.
 * The parser's own, until the next begin or free; a final head takes the place
 * of one of 1xx.  Never NULL. */
LARIAT_API const lariat_response *
lariat_h1_parser_response(const lariat_h1_parser *parser);

/* Tells whether the final head is complete. */
LARIAT_API bool lariat_h1_parser_has_head(const lariat_h1_parser *parser);

/* Tells whether the connection can be used for another request: the response is
 * complete, and neither said otherwise nor lasted until the connection's end
 * (RFC 9112, 9.3).  Bytes behind it that nobody has asked for are the caller's
 * to see: with some, it cannot. */
LARIAT_API bool lariat_h1_parser_keeps(const lariat_h1_parser *parser);

/* Returns what is wrong after FAILED, else LARIAT_OK:
 *
 * LARIAT_EPROTOCOL     not a proper response
 * LARIAT_EHEADERLIMIT  the head is beyond the limits
 * LARIAT_EBODYLIMIT    the body is longer than `max_body_bytes`
 * LARIAT_EENCODING     it could not be decoded
 * LARIAT_EEMPTY        the connection ended before the response
 * LARIAT_ETRUNCATED    it ended within the response
 * LARIAT_ENOMEM */
LARIAT_API lariat_status
lariat_h1_parser_status(const lariat_h1_parser *parser);

/* Returns why, in a few words without a full stop: "two different
 * Content-Lengths"; "" where nothing is wrong.  The text stays until the next
 * begin or free. */
LARIAT_API const char *lariat_h1_parser_reason(const lariat_h1_parser *parser);

LARIAT_END_C

#endif
