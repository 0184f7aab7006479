/* SPDX-License-Identifier: MIT
 * h1_parser.h: reads a response of HTTP/1.1 as its bytes come (RFC 9112).  The
 * parser takes what is by the book and nothing else: all that needs
 * forgiveness, or that could be read in two ways, is left to libcurl, with a
 * reason.  It does no input or output; the response is filled in. */
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
  LR_H1_MORE,     /* it goes on */
  LR_H1_DONE,     /* it is complete */
  LR_H1_FALLBACK, /* libcurl must read it, from the beginning; `reason` says
                     why */
  LR_H1_FAILED,   /* `fault` says why */
  LR_H1_PAUSED    /* enough was decoded for one turn of the reactor: go on by
                     lr_h1_parser_resume in another */
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
  LR_H1_LENGTH_AND_CHUNKED = LR_H1_LENGTH | LR_H1_CHUNKED
} lr_h1_framing;

/* The use that is made of a body. */
typedef enum lr_h1_body_use {
  LR_H1_KEPT,      /* it goes into the response */
  LR_H1_DISCARDED, /* it is counted */
  LR_H1_DIGESTED   /* and its digest computed */
} lr_h1_body_use;

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
  lariat_status fault;
  lr_content_decoders *decoders; /* borrowed; NULL: bodies stay as they come */
  lr_content_decoder *decoder;   /* of this body; NULL: it is not decoded */
  lr_sha256 *digest;             /* of a DIGESTED body; NULL before its begin */
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
 * only if that is complete, or paused. */
lr_h1_result lr_h1_parser_feed(lr_h1_parser *parser, const char *bytes,
                               size_t length, size_t *used);

/* Goes on after LR_H1_PAUSED, with the bytes that were not used then. */
lr_h1_result lr_h1_parser_resume(lr_h1_parser *parser, const char *bytes,
                                 size_t length, size_t *used);

/* Takes the end of the connection.  Returns LR_H1_DONE; LR_H1_FAILED with the
 * fault LARIAT_ETRUNCATED, or LARIAT_EEMPTY if no final response had begun; or
 * LR_H1_FALLBACK. */
lr_h1_result lr_h1_parser_end(lr_h1_parser *parser);

/* Tells whether a whole line of the response has come. */
bool lr_h1_parser_begun(const lr_h1_parser *parser);

/* Tells whether the head, the last one, is complete. */
static inline bool lr_h1_parser_in_body(const lr_h1_parser *parser) {
  return parser->state > LR_H1_IN_HEADERS;
}

/* Frees the parser's memory. */
void lr_h1_parser_clear(lr_h1_parser *parser);

/* Tells whether a connection may be used again after `response`, a whole one
 * that libcurl has read: HTTP/1.1 that says nothing against it. */
bool lr_h1_would_keep(const lariat_response *response, bool bodiless);

#endif
