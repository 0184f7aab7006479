/* SPDX-License-Identifier: MIT
 * h1_body.h: what becomes of a body's bytes: they are kept, counted, digested
 * or passed on, and decoded before. */
#ifndef LR_HTTP_H1_BODY_H
#define LR_HTTP_H1_BODY_H

#include "http/h1_state.h"

/* Takes a decoder for the body's codings, if there are any.  False: out of
 * memory. */
bool lr_h1_body_take_decoder(lr_h1_parser *parser);

/* Puts the `length` bytes at `*at` into the body. */
lr_h1_result lr_h1_body_put(lr_h1_parser *parser, const char **at,
                            size_t length);

/* Goes on with what the decoder was given. */
lr_h1_result lr_h1_body_resume(lr_h1_parser *parser);

/* Fails for a coding that has not come to its end: the body is worthless then,
 * however whole the message is. */
lr_h1_result lr_h1_body_refuse_cut(lr_h1_parser *parser);

/* Ends a response, whose message is complete. */
static inline lr_h1_result lr_h1_body_complete(lr_h1_parser *parser) {
  if (parser->decoder && !lr_content_decoder_whole(parser->decoder))
    return lr_h1_body_refuse_cut(parser);
  parser->state = LR_H1_COMPLETE;
  return LR_H1_DONE;
}

#endif
