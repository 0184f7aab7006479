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
#include <lariat/status.h>

typedef enum lr_answer_verdict {
  LR_ANSWER_MORE,  /* it goes on */
  LR_ANSWER_DONE,  /* it is complete */
  LR_ANSWER_ODD,   /* somebody else must read it, from the beginning */
  LR_ANSWER_FAILED /* `fault` says why */
} lr_answer_verdict;

typedef enum lr_answer_place {
  LR_ANSWER_STATUS,     /* before a status line */
  LR_ANSWER_HEADERS,    /* in a head */
  LR_ANSWER_LENGTH,     /* in a body of known length */
  LR_ANSWER_UNTIL_END,  /* in a body that ends with the connection */
  LR_ANSWER_CHUNK_SIZE, /* before a chunk */
  LR_ANSWER_CHUNK,      /* in one */
  LR_ANSWER_CHUNK_END,  /* between its last byte and its CRLF's end */
  LR_ANSWER_TRAILERS,
  LR_ANSWER_COMPLETE
} lr_answer_place;

typedef struct lr_answer {
  lariat_response *response; /* borrowed */
  uint64_t max_body_bytes;   /* 0: none */
  uint64_t received;         /* bytes of body */
  uint64_t left;             /* of the body or the chunk */
  lr_buffer line;            /* the beginning of a line whose end is to come */
  uint32_t head_bytes;       /* of this answer, those of 1xx included */
  uint8_t place;             /* lr_answer_place */
  bool bodiless;             /* the request was HEAD */
  bool keeps;                /* the connection may be used again */
  bool chunked;
  bool coded; /* in whatever coding */
  bool gzip;  /* in that one */
  bool sized;
  lariat_status fault;
  lr_codings *codings; /* borrowed; NULL: coded bodies stay as they are */
  lr_coding *coding;   /* of this body; NULL: it is plain */
} lr_answer;

/* Ready for the first byte of an answer; what `answer` was used for before is
 * over.  Its memory stays.  Zeroed memory is an unused one. */
static inline void lr_answer_begin(lr_answer *answer, lariat_response *response,
                                   bool bodiless, lr_codings *codings,
                                   uint64_t max_body_bytes) {
  answer->response = response;
  answer->max_body_bytes = max_body_bytes;
  answer->received = 0;
  answer->left = 0;
  answer->line.length = 0;
  answer->head_bytes = 0;
  answer->place = LR_ANSWER_STATUS;
  answer->bodiless = bodiless;
  answer->codings = codings;
  answer->keeps = true;
  answer->chunked = false;
  answer->coded = false;
  answer->gzip = false;
  answer->sized = false;
  answer->fault = LARIAT_OK;
}

/* It is over, or given up: what it has borrowed goes back. */
static inline void lr_answer_close(lr_answer *answer) {
  if (answer->coding) lr_coding_give(answer->codings, answer->coding);
  answer->coding = NULL;
}

/* Takes bytes; `*used` gets how many were of this answer: fewer than `length`
 * only if it is complete. */
lr_answer_verdict lr_answer_feed(lr_answer *answer, const char *bytes,
                                 size_t length, size_t *used);

/* The connection has ended.  LR_ANSWER_DONE, or LR_ANSWER_FAILED with the fault
 * LARIAT_ETRUNCATED; LARIAT_EEMPTY if it had not begun. */
lr_answer_verdict lr_answer_end(lr_answer *answer);

/* Whether a whole line of it has come. */
bool lr_answer_begun(const lr_answer *answer);

/* Whether the head, the last one, is complete. */
static inline bool lr_answer_in_body(const lr_answer *answer) {
  return answer->place > LR_ANSWER_HEADERS;
}

/* Frees what it keeps. */
void lr_answer_clear(lr_answer *answer);

/* Whether a Content-Encoding is the one that can be undone here. */
bool lr_answer_is_gzip(const char *coding);

/* Whether a connection may be used again after `response`, a whole answer that
 * another has read: HTTP/1.1 that says nothing against it. */
bool lr_answer_would_keep(const lariat_response *response, bool bodiless);

#endif
