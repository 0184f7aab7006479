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

#include "http/h1_state.h"

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
  parser->counted_headers = 0;
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

/* Forgets the response, whose head is complete, and had `header_count` headers
 * before another got it, who may have freed it by now: trailers are only judged
 * from now on.  For PASSED bodies. */
static inline void lr_h1_parser_release_response(lr_h1_parser *parser,
                                                 uint32_t header_count) {
  if (parser->response) parser->counted_headers = (uint16_t)header_count;
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

/* Takes bytes up to the end of the final head, and no more. */
lr_h1_result lr_h1_parser_feed_head(lr_h1_parser *parser, const char *bytes,
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
