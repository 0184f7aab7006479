/* SPDX-License-Identifier: MIT
 * h1_parser.h: reads a response of HTTP/1.1 as its bytes come, and says what is
 * a proper one (RFC 9112): for exchanges, which read from their connections,
 * and for what libcurl reads, so that the outcome is the same whoever has read,
 * and in all versions of libcurl.  Forgiven is what the RFC allows to forgive
 * and servers do; what could be read in two ways fails, with a reason.  The
 * parser does no input or output; the response is filled in. */
#ifndef LR_HTTP_H1_PARSER_H
#define LR_HTTP_H1_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "http/content_decoder.h"
#include "http/h1_reason.h"
#include "http/response.h"
#include "http/sha256.h"
#include <lariat/status.h>

typedef enum lr_h1_result {
  LR_H1_MORE,   /* it goes on */
  LR_H1_DONE,   /* it is complete */
  LR_H1_PIECE,  /* of a PASSED body: the caller takes the last `piece_length`
                   bytes that were used, and feeds what is behind them */
  LR_H1_FAILED, /* `fault` says how, and `reason`, if there is one, why */
  LR_H1_PAUSED, /* enough was decoded for one turn of the reactor: go on by
                   lr_h1_parser_resume in another */
  LR_H1_HEAD    /* a head is complete, perhaps one of 1xx, and the caller wants
                   to know of each */
} lr_h1_result;

typedef enum lr_h1_state {
  LR_H1_IN_STATUS,           /* before a status line */
  LR_H1_IN_HEADERS,          /* in a head */
  LR_H1_IN_BODY,             /* in a body of known length */
  LR_H1_IN_BODY_UNTIL_CLOSE, /* in a body that ends with the connection */
  LR_H1_IN_CHUNK_SIZE,       /* before a chunk */
  LR_H1_IN_CHUNK,            /* in a chunk */
  LR_H1_IN_CHUNK_END,        /* between its last byte and its CRLF's end */
  LR_H1_IN_TRAILERS,
  LR_H1_COMPLETE
} lr_h1_state;

/* How a body ends (RFC 9112, 6.3), as far as the head has told. */
typedef enum lr_h1_framing {
  LR_H1_UNTIL_CLOSE = 0, /* no header says it */
  LR_H1_LENGTH = 1,      /* Content-Length */
  LR_H1_CHUNKED = 2,     /* Transfer-Encoding: chunked */
  LR_H1_LENGTH_AND_CHUNKED = LR_H1_LENGTH | LR_H1_CHUNKED,
  LR_H1_NOT_CODED = 4 /* Transfer-Encoding: identity */
} lr_h1_framing;

/* The use that is made of a body. */
typedef enum lr_h1_body_use {
  LR_H1_KEPT,      /* it goes into the response */
  LR_H1_DISCARDED, /* it is counted */
  LR_H1_DIGESTED,  /* and its digest computed */
  LR_H1_PASSED     /* the caller takes it, a piece at a time, as it comes */
} lr_h1_body_use;

/* Properties that few heads have, and that are looked for at once. */
typedef enum lr_h1_rarity {
  LR_H1_FOLDED = 1, /* a header of the head went on, with a blank */
  LR_H1_STOPS = 2   /* the caller wants to know of each head */
} lr_h1_rarity;

/* The longest line of a head, and the longest head, those of 1xx included: a
 * little less than libcurl has, whose failures differ with its version. */
enum { LR_H1_LINE_MAX = 100000, LR_H1_HEAD_MAX = 300000 };

typedef struct lr_h1_parser {
  lariat_response *response; /* borrowed */
  uint64_t max_body_bytes;   /* 0: no limit */
  uint64_t received;         /* bytes of body */
  uint64_t left;             /* of the body or the chunk */
  lr_buffer line;            /* the beginning of a line whose end is to come */
  uint32_t head_bytes;       /* of this response, those of 1xx included */
  uint8_t state;             /* lr_h1_state */
  uint8_t framing;           /* lr_h1_framing */
  uint8_t reason;            /* lr_h1_reason */
  uint8_t body_use;          /* lr_h1_body_use */
  bool bodiless;             /* the request was HEAD */
  bool keeps;                /* the connection may be used again */
  bool coded;                /* the head has a Content-Encoding */
  uint8_t rarities;          /* lr_h1_rarity, joined by | */
  uint16_t interim_headers;  /* of the heads of 1xx */
  lariat_status fault;
  lr_content_decoders *decoders; /* borrowed; NULL: bodies stay as they come */
  lr_content_decoder *decoder;   /* of this body; NULL: it is not decoded */
  lr_sha256 *digest;             /* of a DIGESTED body; NULL before its begin */
  size_t piece_length;           /* of a PASSED body */
} lr_h1_parser;

/* Prepares for the first byte of a response; what `parser` was used for before
 * is over.  Its memory stays.  Zeroed memory is an unused parser. */
static inline void lr_h1_parser_begin(lr_h1_parser *parser,
                                      lariat_response *response, bool bodiless,
                                      lr_content_decoders *decoders,
                                      uint64_t max_body_bytes) {
  parser->response = response;
  parser->max_body_bytes = max_body_bytes;
  parser->received = 0;
  parser->left = 0;
  parser->line.length = 0;
  parser->head_bytes = 0;
  parser->state = LR_H1_IN_STATUS;
  parser->body_use = LR_H1_KEPT;
  parser->bodiless = bodiless;
  parser->decoders = decoders;
  parser->keeps = true;
  parser->rarities = 0;
  parser->interim_headers = 0;
  parser->framing = LR_H1_UNTIL_CLOSE;
  parser->coded = false;
  parser->reason = LR_H1_REASON_NONE;
  parser->fault = LARIAT_OK;
}

/* Keeps nothing of the body of the response that was begun; `digested`: but its
 * digest.  Before the first byte. */
static inline void lr_h1_parser_discard(lr_h1_parser *parser, bool digested) {
  parser->body_use = digested ? LR_H1_DIGESTED : LR_H1_DISCARDED;
}

/* Passes the body of the response that was begun to the caller, who undoes its
 * codings if there are decoders.  Before the first byte. */
static inline void lr_h1_parser_pass(lr_h1_parser *parser) {
  parser->body_use = LR_H1_PASSED;
}

/* Has each head be told, LR_H1_HEAD, before what is behind it is read; but not
 * the last one of a response without a body, which is LR_H1_DONE.  Before the
 * first byte. */
static inline void lr_h1_parser_stop_at_heads(lr_h1_parser *parser) {
  parser->rarities |= LR_H1_STOPS;
}

/* Forgets the response, whose head is complete, since another has it now: there
 * are no trailers then.  For PASSED bodies. */
static inline void lr_h1_parser_release_response(lr_h1_parser *parser) {
  parser->response = NULL;
}

/* Computes the digest of a DIGESTED body that is complete; false when out of
 * memory. */
bool lr_h1_parser_digest(lr_h1_parser *parser, uint8_t out[32]);

/* Gives back what the response's body has borrowed, when that is over or given
 * up. */
static inline void lr_h1_parser_close(lr_h1_parser *parser) {
  if (parser->decoder)
    lr_content_decoder_give(parser->decoders, parser->decoder);
  parser->decoder = NULL;
  if (parser->digest) lr_sha256_free(parser->digest);
  parser->digest = NULL;
}

/* Takes bytes; `*used` gets how many were of this response: fewer than `length`
 * only if that is complete, or paused, or a PIECE is given, or a HEAD told. */
lr_h1_result lr_h1_parser_feed(lr_h1_parser *parser, const char *bytes,
                               size_t length, size_t *used);

/* Goes on after LR_H1_PAUSED, with the bytes that were not used then. */
lr_h1_result lr_h1_parser_resume(lr_h1_parser *parser, const char *bytes,
                                 size_t length, size_t *used);

/* Takes a line of trailers from somebody who has undone the chunks. */
lr_h1_result lr_h1_parser_trailer(lr_h1_parser *parser, const char *line,
                                  size_t length);

/* Takes the end of the connection.  Returns LR_H1_DONE; LR_H1_FAILED with the
 * fault LARIAT_ETRUNCATED, LARIAT_EEMPTY if no final response had begun. */
lr_h1_result lr_h1_parser_end(lr_h1_parser *parser);

/* Tells whether a whole line of the response has come. */
bool lr_h1_parser_begun(const lr_h1_parser *parser);

/* Tells whether the head, the last one, is complete. */
static inline bool lr_h1_parser_in_body(const lr_h1_parser *parser) {
  return parser->state > LR_H1_IN_HEADERS;
}

/* Tells whether the response is complete. */
static inline bool lr_h1_parser_complete(const lr_h1_parser *parser) {
  return parser->state == LR_H1_COMPLETE;
}

/* Frees the parser's memory. */
void lr_h1_parser_clear(lr_h1_parser *parser);

#endif
