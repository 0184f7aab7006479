/* SPDX-License-Identifier: MIT
 * answer.h: an answer of HTTP/1.1, read as its bytes come (RFC 9112).  It takes
 * what is by the book and nothing else: all that needs forgiveness, or that
 * could be read in two ways, is "odd", and left to libcurl.  No input or
 * output; the response is filled in. */
#ifndef LR_HTTP_H1_PARSER_H
#define LR_HTTP_H1_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "http/gzip.h"
#include "http/response.h"
#include "http/sha256.h"
#include <lariat/status.h>

typedef enum lr_h1_result {
  LR_H1_MORE,     /* it goes on */
  LR_H1_DONE,     /* it is complete */
  LR_H1_FALLBACK, /* somebody else must read it, from the beginning */
  LR_H1_FAILED    /* `fault` says why */
} lr_h1_result;

typedef enum lr_h1_state {
  LR_H1_IN_STATUS,           /* before a status line */
  LR_H1_IN_HEADERS,          /* in a head */
  LR_H1_IN_BODY,             /* in a body of known length */
  LR_H1_IN_BODY_UNTIL_CLOSE, /* in a body that ends with the connection */
  LR_H1_IN_CHUNK_SIZE,       /* before a chunk */
  LR_H1_IN_CHUNK,            /* in one */
  LR_H1_IN_CHUNK_END,        /* between its last byte and its CRLF's end */
  LR_H1_IN_TRAILERS,
  LR_H1_COMPLETE
} lr_h1_state;

/* What becomes of a body. */
typedef enum lr_h1_body_use {
  LR_H1_KEPT,      /* it goes into the response */
  LR_H1_DISCARDED, /* it is counted */
  LR_H1_DIGESTED   /* and its digest computed */
} lr_h1_body_use;

typedef struct lr_h1_parser {
  lariat_response *response; /* borrowed */
  uint64_t max_body_bytes;   /* 0: none */
  uint64_t received;         /* bytes of body */
  uint64_t left;             /* of the body or the chunk */
  lr_buffer line;            /* the beginning of a line whose end is to come */
  uint32_t head_bytes;       /* of this answer, those of 1xx included */
  uint8_t state;             /* lr_h1_state */
  uint8_t body_use;          /* lr_h1_body_use */
  bool bodiless;             /* the request was HEAD */
  bool keeps;                /* the connection may be used again */
  bool chunked;
  bool is_coded; /* in whatever coding */
  bool is_gzip;  /* in that one */
  bool sized;
  lariat_status fault;
  lr_gzip_pool *gzip_pool; /* borrowed; NULL: coded bodies stay as they are */
  lr_gzip *gzip;           /* of this body; NULL: it is plain */
  struct evp_md_ctx_st *digest; /* of a DIGESTED body; NULL before its begin */
} lr_h1_parser;

/* Ready for the first byte of an answer; what `answer` was used for before is
 * over.  Its memory stays.  Zeroed memory is an unused one. */
static inline void lr_h1_parser_begin(lr_h1_parser *parser,
                                      lariat_response *response, bool bodiless,
                                      lr_gzip_pool *gzip_pool,
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
  parser->gzip_pool = gzip_pool;
  parser->keeps = true;
  parser->chunked = false;
  parser->is_coded = false;
  parser->is_gzip = false;
  parser->sized = false;
  parser->fault = LARIAT_OK;
}

/* Keeps nothing of the body of the answer that was begun; `digested`: but its
 * digest.  Before the first byte. */
static inline void lr_h1_parser_discard(lr_h1_parser *parser, bool digested) {
  parser->body_use = digested ? LR_H1_DIGESTED : LR_H1_DISCARDED;
}

/* The digest of a DIGESTED body that is complete; false when out of memory. */
bool lr_h1_parser_digest(lr_h1_parser *parser, uint8_t out[32]);

/* It is over, or given up: what it has borrowed goes back. */
static inline void lr_h1_parser_close(lr_h1_parser *parser) {
  if (parser->gzip) lr_gzip_give(parser->gzip_pool, parser->gzip);
  parser->gzip = NULL;
  if (parser->digest) lr_sha256_free(parser->digest);
  parser->digest = NULL;
}

/* Takes bytes; `*used` gets how many were of this answer: fewer than `length`
 * only if it is complete. */
lr_h1_result lr_h1_parser_feed(lr_h1_parser *parser, const char *bytes,
                               size_t length, size_t *used);

/* The connection has ended.  LR_H1_DONE, or LR_H1_FAILED with the fault
 * LARIAT_ETRUNCATED; LARIAT_EEMPTY if it had not begun. */
lr_h1_result lr_h1_parser_end(lr_h1_parser *parser);

/* Whether a whole line of it has come. */
bool lr_h1_parser_begun(const lr_h1_parser *parser);

/* Whether the head, the last one, is complete. */
static inline bool lr_h1_parser_in_body(const lr_h1_parser *parser) {
  return parser->state > LR_H1_IN_HEADERS;
}

/* Frees what it keeps. */
void lr_h1_parser_clear(lr_h1_parser *parser);

/* Whether a Content-Encoding is the one that can be undone here. */
bool lr_h1_is_gzip(const char *coding);

/* Whether a connection may be used again after `response`, a whole answer that
 * another has read: HTTP/1.1 that says nothing against it. */
bool lr_h1_would_keep(const lariat_response *response, bool bodiless);

#endif
