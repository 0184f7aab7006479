/* SPDX-License-Identifier: MIT
 * h1_state.h: where the reader of a response is, for the modules that it is
 * made of: h1_parser.c, which reads lines, h1_framing.c, h1_body.c, h1_chunk.c.
 */
#ifndef LR_HTTP_H1_STATE_H
#define LR_HTTP_H1_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
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
  LR_H1_STOPS = 2,  /* the caller wants to know of each head */
  LR_H1_TRAILED = 4 /* there was a trailer, which nobody keeps */
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
  uint16_t counted_headers;  /* not in the response: of the heads of 1xx; once
                                it is released, its own and the trailers */
  lariat_status fault;
  lr_content_decoders *decoders; /* borrowed; NULL: bodies stay as they come */
  lr_content_decoder *decoder;   /* of this body; NULL: it is not decoded */
  lr_sha256 *digest;             /* of a DIGESTED body; NULL before its begin */
  size_t piece_length;           /* of a PASSED body */
} lr_h1_parser;

/* Fails. */
static inline lr_h1_result lr_h1_fail(lr_h1_parser *parser,
                                      lariat_status fault) {
  parser->fault = fault;
  return LR_H1_FAILED;
}

/* Fails: the response is not a proper one, or its head is beyond the limits. */
lr_h1_result lr_h1_refuse(lr_h1_parser *parser, lr_h1_reason reason);

#endif
