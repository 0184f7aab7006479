/* SPDX-License-Identifier: MIT
 * response_parser.c: the public lariat_h1_parser: lr_h1_parser, a response for
 * it, and the decoding of bodies that are given in pieces. */
#include <lariat/h1_parser.h>

#include <string.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "http/content_coding.h"
#include "http/content_decoder.h"
#include "http/h1_parser.h"

/* The most bytes of a piece that was decoded. */
enum { DECODED_PIECE = 16 * 1024 };

struct lariat_h1_parser {
  lr_h1_parser parser;
  lariat_response *response;
  lr_content_decoders decoders;
  lr_content_decoder *decoder; /* of a body in pieces; NULL: it is not coded */
  char *decoded;               /* a piece; NULL before the first such body */
  size_t coded;   /* bytes of the body that the parser has used, and which are
                     to be given again for the decoder */
  bool has_more;  /* the decoder can go on without any bytes */
  bool told_head; /* LARIAT_H1_HEAD was returned */
  uint8_t result; /* lariat_h1_result, the last one */
  const char *reason; /* of a failure; NULL: there is none */
  const char *piece;  /* of the body; NULL: there is none now */
  size_t piece_length;
  lariat_h1_parser_options options;
  char text[LR_DECODER_TEXT];
};

/* ---- Beginning and end ---- */

lariat_status lariat_h1_parser_new(lariat_h1_parser **out) {
  lariat_h1_parser *parser = lr_alloc_zero(sizeof *parser);
  *out = NULL;
  if (!parser) return LARIAT_ENOMEM;
  parser->response = lr_response_new();
  if (!parser->response) {
    lr_free(parser);
    return LARIAT_ENOMEM;
  }
  *out = parser;
  return lariat_h1_parser_begin(parser, NULL);
}

/* Gives back what the body has borrowed. */
static void close_body(lariat_h1_parser *parser) {
  lr_h1_parser_close(&parser->parser);
  if (parser->decoder)
    lr_content_decoder_give(&parser->decoders, parser->decoder);
  parser->decoder = NULL;
}

void lariat_h1_parser_free(lariat_h1_parser *parser) {
  if (!parser) return;
  close_body(parser);
  lr_h1_parser_clear(&parser->parser);
  lr_content_decoders_clear(&parser->decoders);
  lr_response_release(parser->response);
  lr_free(parser->decoded);
  lr_free(parser);
}

lariat_h1_parser_options lariat_h1_parser_defaults(void) {
  return (lariat_h1_parser_options){.size = sizeof(lariat_h1_parser_options)};
}

/* Copies options as far as their size goes. */
static lariat_status read_options(lariat_h1_parser_options *options,
                                  const lariat_h1_parser_options *given) {
  *options = lariat_h1_parser_defaults();
  if (!given) return LARIAT_OK;
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  return (unsigned)options->body <= LARIAT_H1_DISCARD ? LARIAT_OK
                                                      : LARIAT_EINVAL;
}

static void begin_response(lariat_h1_parser *parser) {
  const lariat_h1_parser_options *options = &parser->options;
  lr_response_reset(parser->response);
  lr_h1_parser_begin(&parser->parser, parser->response, options->head_request,
                     options->decode ? &parser->decoders : NULL,
                     options->max_body_bytes);
  if (options->body == LARIAT_H1_DISCARD)
    lr_h1_parser_discard(&parser->parser, false);
  if (options->body != LARIAT_H1_PIECES) return;
  lr_h1_parser_pass(&parser->parser);
  lr_h1_parser_stop_at_heads(&parser->parser);
}

lariat_status lariat_h1_parser_begin(lariat_h1_parser *parser,
                                     const lariat_h1_parser_options *given) {
  lariat_h1_parser_options options;
  lariat_status status = read_options(&options, given);
  if (status != LARIAT_OK) return status;
  close_body(parser);
  parser->options = options;
  parser->coded = 0;
  parser->has_more = false;
  parser->told_head = false;
  parser->result = LARIAT_H1_MORE;
  parser->reason = NULL;
  parser->piece = NULL;
  begin_response(parser);
  return LARIAT_OK;
}

/* ---- Results ---- */

static LR_COLD lariat_h1_result fail_with(lariat_h1_parser *parser,
                                          lariat_status fault) {
  parser->parser.fault = fault;
  return LARIAT_H1_FAILED;
}

static const char *describe_coding(lariat_h1_parser *parser) {
  const lr_content_decoder *decoder =
      parser->decoder ? parser->decoder : parser->parser.decoder;
  lr_content_decoder_describe(decoder, parser->text);
  return parser->text;
}

static const char *describe_end(const lariat_h1_parser *parser) {
  if (parser->parser.fault == LARIAT_EEMPTY)
    return "the connection ended before the response";
  return lr_h1_parser_in_body(&parser->parser)
             ? "the connection ended within the body"
             : "the connection ended within the head";
}

static LR_COLD void describe_fault(lariat_h1_parser *parser) {
  lariat_status fault = parser->parser.fault;
  lr_h1_reason reason = (lr_h1_reason)parser->parser.reason;
  if (fault == LARIAT_EENCODING)
    parser->reason = describe_coding(parser);
  else if (fault == LARIAT_EEMPTY || fault == LARIAT_ETRUNCATED)
    parser->reason = describe_end(parser);
  else
    parser->reason = reason == LR_H1_REASON_NONE ? lariat_status_text(fault)
                                                 : lr_h1_reason_text(reason);
}

/* Notes what is told, which stays the same from DONE or FAILED on. */
static lariat_h1_result note_result(lariat_h1_parser *parser,
                                    lariat_h1_result result) {
  parser->result = (uint8_t)result;
  if (LR_RARE(result == LARIAT_H1_FAILED)) describe_fault(parser);
  return result;
}

/* Gives a piece, of which the response counts the bytes. */
static lariat_h1_result give_piece(lariat_h1_parser *parser, const char *bytes,
                                   size_t length) {
  parser->piece = bytes;
  parser->piece_length = length;
  parser->response->body_bytes += length;
  return LARIAT_H1_BODY;
}

/* Ends a response that is complete.  Its body is ended by a NUL, also where
 * that is not kept. */
static lariat_h1_result conclude(lariat_h1_parser *parser) {
  return lr_response_finish(parser->response)
             ? LARIAT_H1_DONE
             : fail_with(parser, LARIAT_ENOMEM);
}

/* Ends a response that is complete; `fault` is what it is if what was decoded
 * is not. */
static lariat_h1_result conclude_pieces(lariat_h1_parser *parser,
                                        lariat_status fault) {
  if (parser->decoder && !lr_content_decoder_whole(parser->decoder))
    return fail_with(parser, fault);
  return conclude(parser);
}

/* Begins to decode a body, which then is limited here.  False: out of memory.
 */
static LR_COLD bool begin_decoding(lariat_h1_parser *parser) {
  lr_content_codings codings;
  lr_content_codings_read(&codings, parser->response);
  if (!lr_content_codings_any(&codings)) return true;
  if (!parser->decoded) parser->decoded = lr_alloc(DECODED_PIECE);
  if (!parser->decoded) return false;
  parser->decoder = lr_content_decoder_take(&parser->decoders, &codings);
  if (!parser->decoder) return false;
  lr_content_decoder_limit(parser->decoder, parser->options.max_body_bytes);
  parser->parser.max_body_bytes = 0;
  return true;
}

static lariat_h1_result tell_head(lariat_h1_parser *parser) {
  if (parser->response->interim) return LARIAT_H1_INTERIM;
  parser->told_head = true;
  if (parser->options.decode && parser->parser.coded &&
      !lr_h1_parser_complete(&parser->parser) && !begin_decoding(parser))
    return fail_with(parser, LARIAT_ENOMEM);
  return LARIAT_H1_HEAD;
}

/* ---- Pieces that are decoded ---- */

static lariat_status fault_of(lr_decode_result result) {
  if (result == LR_DECODE_BROKEN) return LARIAT_EENCODING;
  if (result == LR_DECODE_TOO_LONG) return LARIAT_EBODYLIMIT;
  return result == LR_DECODE_NO_MEMORY ? LARIAT_ENOMEM : LARIAT_OK;
}

/* Makes a piece of at most `length` bytes at `bytes`; `*taken` gets how many
 * of them it took.  What is enough for one turn of a reactor is not here. */
static size_t decode_piece(lariat_h1_parser *parser, const char *bytes,
                           size_t length, size_t *taken,
                           lr_decode_result *result) {
  size_t made;
  lr_content_decoder_input(parser->decoder, bytes, length);
  do {
    *result = lr_content_decoder_step(parser->decoder, parser->decoded,
                                      DECODED_PIECE, &made);
  } while (*result == LR_DECODE_MORE && made == 0);
  *taken = length - lr_content_decoder_unused(parser->decoder);
  return made;
}

static bool is_beyond_limit(const lariat_h1_parser *parser, size_t more) {
  uint64_t most = parser->options.max_body_bytes;
  return most && parser->response->body_bytes + more > most;
}

/* Decodes of the bytes that the parser has seen already, until there is a
 * piece.  LARIAT_H1_MORE: there are no more of them. */
static lariat_h1_result take_coded(lariat_h1_parser *parser, const char *bytes,
                                   size_t length, size_t *used) {
  lr_decode_result result;
  size_t made, taken;
  do {
    size_t given = length - *used;
    if (given > parser->coded) given = parser->coded;
    made = decode_piece(parser, bytes + *used, given, &taken, &result);
    *used += taken;
    parser->coded -= taken;
  } while (result == LR_DECODE_ENOUGH && made == 0);
  parser->has_more = result == LR_DECODE_MORE || result == LR_DECODE_ENOUGH;
  lariat_status fault = fault_of(result);
  if (fault == LARIAT_OK && is_beyond_limit(parser, made))
    fault = LARIAT_EBODYLIMIT;
  if (fault != LARIAT_OK) return fail_with(parser, fault);
  return made ? give_piece(parser, parser->decoded, made) : LARIAT_H1_MORE;
}

static bool has_coded(const lariat_h1_parser *parser) {
  return parser->coded || parser->has_more;
}

/* ---- Feeding ---- */

/* Has the piece that ends at `end` given, or first decoded. */
static lariat_h1_result take_piece(lariat_h1_parser *parser, const char *end,
                                   size_t *used) {
  size_t length = parser->parser.piece_length;
  if (!parser->decoder) return give_piece(parser, end - length, length);
  parser->coded = length;
  *used -= length;
  return LARIAT_H1_MORE;
}

/* Says what an event of the parser's is for the caller. */
static lariat_h1_result take_event(lariat_h1_parser *parser, lr_h1_result event,
                                   const char *end, size_t *used) {
  switch (event) {
  case LR_H1_PIECE:
    return take_piece(parser, end, used);
  case LR_H1_HEAD:
    return tell_head(parser);
  case LR_H1_DONE:
    return parser->told_head ? conclude_pieces(parser, LARIAT_EENCODING)
                             : tell_head(parser);
  case LR_H1_FAILED:
    return LARIAT_H1_FAILED;
  case LR_H1_MORE:
  case LR_H1_PAUSED: /* nothing is decoded by a parser that passes bodies */
    break;
  }
  return LARIAT_H1_MORE;
}

static lariat_h1_result feed_parser(lariat_h1_parser *parser, const char *bytes,
                                    size_t length, size_t *used) {
  size_t taken;
  if (lr_h1_parser_complete(&parser->parser))
    return conclude_pieces(parser, LARIAT_EENCODING);
  lr_h1_result event =
      lr_h1_parser_feed(&parser->parser, bytes + *used, length - *used, &taken);
  *used += taken;
  return take_event(parser, event, bytes + *used, used);
}

/* Goes on until there is something to tell, or nothing more is known of. */
static lariat_h1_result feed_pieces(lariat_h1_parser *parser, const char *bytes,
                                    size_t length, size_t *used) {
  lariat_h1_result result = LARIAT_H1_MORE;
  do {
    if (has_coded(parser)) result = take_coded(parser, bytes, length, used);
    if (result == LARIAT_H1_MORE && !has_coded(parser))
      result = feed_parser(parser, bytes, length, used);
  } while (result == LARIAT_H1_MORE && *used < length);
  return result;
}

/* Feeds a body that is kept or counted, and decoded by the parser, as much of
 * it as there is. */
static lariat_h1_result feed_whole(lariat_h1_parser *parser, const char *bytes,
                                   size_t length, size_t *used) {
  size_t taken;
  lr_h1_result event = lr_h1_parser_feed(&parser->parser, bytes, length, used);
  while (LR_RARE(event == LR_H1_PAUSED)) {
    event = lr_h1_parser_resume(&parser->parser, bytes + *used, length - *used,
                                &taken);
    *used += taken;
  }
  parser->response->body_bytes = parser->parser.received;
  if (event == LR_H1_DONE) return conclude(parser);
  return event == LR_H1_MORE ? LARIAT_H1_MORE : LARIAT_H1_FAILED;
}

static bool is_over(const lariat_h1_parser *parser) {
  return parser->result > LARIAT_H1_MORE;
}

lariat_h1_result lariat_h1_parser_feed(lariat_h1_parser *parser,
                                       const char *bytes, size_t length,
                                       size_t *used) {
  *used = 0;
  parser->piece = NULL;
  if (is_over(parser)) return (lariat_h1_result)parser->result;
  return note_result(parser, parser->options.body == LARIAT_H1_PIECES
                                 ? feed_pieces(parser, bytes, length, used)
                                 : feed_whole(parser, bytes, length, used));
}

/* ---- The end ---- */

static lariat_h1_result end_response(lariat_h1_parser *parser) {
  if (lr_h1_parser_complete(&parser->parser))
    return conclude_pieces(parser, LARIAT_EENCODING);
  if (lr_h1_parser_end(&parser->parser) != LR_H1_DONE) return LARIAT_H1_FAILED;
  return parser->options.body == LARIAT_H1_PIECES
             ? conclude_pieces(parser, LARIAT_ETRUNCATED)
             : conclude(parser);
}

lariat_h1_result lariat_h1_parser_end(lariat_h1_parser *parser) {
  parser->piece = NULL;
  if (!is_over(parser)) note_result(parser, end_response(parser));
  parser->parser.keeps = false;
  return (lariat_h1_result)parser->result;
}

/* ---- Readers ---- */

const char *lariat_h1_parser_piece(const lariat_h1_parser *parser,
                                   size_t *length) {
  *length = parser->piece ? parser->piece_length : 0;
  return parser->piece;
}

const lariat_response *
lariat_h1_parser_response(const lariat_h1_parser *parser) {
  return parser->response;
}

bool lariat_h1_parser_has_head(const lariat_h1_parser *parser) {
  return lr_h1_parser_in_body(&parser->parser);
}

bool lariat_h1_parser_keeps(const lariat_h1_parser *parser) {
  return parser->result == LARIAT_H1_DONE && parser->parser.keeps;
}

lariat_status lariat_h1_parser_status(const lariat_h1_parser *parser) {
  return parser->result == LARIAT_H1_FAILED ? parser->parser.fault : LARIAT_OK;
}

const char *lariat_h1_parser_reason(const lariat_h1_parser *parser) {
  return parser->reason ? parser->reason : "";
}
