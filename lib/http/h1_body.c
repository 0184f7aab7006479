/* SPDX-License-Identifier: MIT
 * h1_body.c: bodies of responses. */
#include "http/h1_body.h"

bool lr_h1_body_take_decoder(lr_h1_parser *parser) {
  lr_content_codings codings;
  if (parser->body_use == LR_H1_PASSED) return true;
  lr_content_codings_read(&codings, parser->response);
  if (!lr_content_codings_any(&codings)) return true;
  parser->decoder = lr_content_decoder_take(parser->decoders, &codings);
  if (!parser->decoder) return false;
  lr_content_decoder_limit(parser->decoder, parser->max_body_bytes);
  return true;
}

lr_h1_result lr_h1_body_refuse_cut(lr_h1_parser *parser) {
  return lr_h1_fail(parser, parser->state == LR_H1_IN_BODY_UNTIL_CLOSE
                                ? LARIAT_ETRUNCATED
                                : LARIAT_EENCODING);
}

/* Gives a piece to the caller.  Behind the last one of a body of known length
 * nothing is to come. */
static LR_COLD lr_h1_result pass_body(lr_h1_parser *parser, size_t length) {
  parser->piece_length = length;
  if (parser->state == LR_H1_IN_BODY && parser->left == 0)
    parser->state = LR_H1_COMPLETE;
  return LR_H1_PIECE;
}

static lr_h1_result discard_body(lr_h1_parser *parser, const char *bytes,
                                 size_t length) {
  if (parser->body_use == LR_H1_DISCARDED) return LR_H1_MORE;
  if (parser->body_use == LR_H1_PASSED) return pass_body(parser, length);
  if (!parser->digest) parser->digest = lr_sha256_new();
  if (!parser->digest || !lr_sha256_add(parser->digest, bytes, length))
    return lr_h1_fail(parser, LARIAT_ENOMEM);
  return LR_H1_MORE;
}

/* Makes space for what is decoded of `left` bytes: text becomes three to five
 * times as much. */
static bool reserve_decoded(lr_buffer *body, size_t left) {
  enum { LEAST = 4 * 1024, MOST = 64 * 1024 };
  size_t step = left < MOST / 4 ? 4 * left : MOST;
  if (body->capacity - body->length >= LEAST) return true;
  return lr_buffer_reserve(body, step < LEAST ? LEAST : step);
}

/* Checks what was decoded last, which begins at `from`, and keeps it or not. */
static lr_h1_result keep_decoded(lr_h1_parser *parser, size_t from) {
  lr_buffer *body = &parser->response->body;
  size_t made = body->length - from;
  parser->received += made;
  if (parser->max_body_bytes && parser->received > parser->max_body_bytes)
    return lr_h1_fail(parser, LARIAT_EBODYLIMIT);
  if (parser->body_use == LR_H1_KEPT || made == 0) return LR_H1_MORE;
  body->length = from;
  return discard_body(parser, body->bytes + from, made);
}

static lr_h1_result result_of_decoding(lr_h1_parser *parser,
                                       lr_decode_result result) {
  if (result == LR_DECODE_ENOUGH) return LR_H1_PAUSED;
  if (result == LR_DECODE_BROKEN) return lr_h1_fail(parser, LARIAT_EENCODING);
  if (result == LR_DECODE_TOO_LONG)
    return lr_h1_fail(parser, LARIAT_EBODYLIMIT);
  if (result == LR_DECODE_NO_MEMORY) return lr_h1_fail(parser, LARIAT_ENOMEM);
  return LR_H1_MORE;
}

/* Decodes what the decoder was given, a piece at a time.  What is not kept goes
 * by way of the response's memory. */
static lr_h1_result decode_body(lr_h1_parser *parser) {
  enum { PIECE = 64 * 1024 };
  lr_buffer *body = &parser->response->body;
  lr_decode_result decoded = LR_DECODE_MORE;
  lr_h1_result result = LR_H1_MORE;
  while (decoded == LR_DECODE_MORE && result == LR_H1_MORE) {
    size_t made, from = body->length;
    if (!reserve_decoded(body, lr_content_decoder_unused(parser->decoder)))
      return lr_h1_fail(parser, LARIAT_ENOMEM);
    size_t capacity = body->capacity - from;
    decoded =
        lr_content_decoder_step(parser->decoder, body->bytes + from,
                                capacity < PIECE ? capacity : PIECE, &made);
    body->length += made;
    result = keep_decoded(parser, from);
  }
  return result == LR_H1_MORE ? result_of_decoding(parser, decoded) : result;
}

/* Decodes the `length` bytes before `*at`.  If that is paused, those that were
 * not used have not been taken. */
static lr_h1_result put_coded_body(lr_h1_parser *parser, const char **at,
                                   size_t length) {
  lr_content_decoder_input(parser->decoder, *at - length, length);
  lr_h1_result result = decode_body(parser);
  if (result == LR_H1_PAUSED) {
    size_t unused = lr_content_decoder_unused(parser->decoder);
    parser->left += unused;
    *at -= unused;
  }
  return result;
}

lr_h1_result lr_h1_body_put(lr_h1_parser *parser, const char **at,
                            size_t length) {
  const char *bytes = *at;
  *at += length;
  if (parser->decoder) return put_coded_body(parser, at, length);
  parser->received += length;
  if (parser->max_body_bytes && parser->received > parser->max_body_bytes)
    return lr_h1_fail(parser, LARIAT_EBODYLIMIT);
  if (parser->body_use != LR_H1_KEPT)
    return discard_body(parser, bytes, length);
  if (!lr_response_add_body(parser->response, bytes, length))
    return lr_h1_fail(parser, LARIAT_ENOMEM);
  return LR_H1_MORE;
}

lr_h1_result lr_h1_body_resume(lr_h1_parser *parser) {
  lr_content_decoder_input(parser->decoder, NULL, 0);
  return decode_body(parser);
}
