/* SPDX-License-Identifier: MIT
 * h1_parser.c: reads responses of HTTP/1.1.  Its states, from RFC 9112; any
 * other input is LR_H1_FAILED:
 *
 *   state             input                                   next
 *   ----------------  --------------------------------------  ----------------
 *   STATUS            "HTTP/1.1 " 3DIGIT [SP reason] EOL      HEADERS
 *                     the same of HTTP/1.0                    HEADERS
 *   HEADERS           name ":" value EOL                      HEADERS
 *                     1*WSP more of the value before, EOL     HEADERS
 *                     EOL of a 1xx other than 101             STATUS
 *                     EOL, to HEAD, or of 204 or 304, or      COMPLETE
 *                       with Content-Length 0
 *                     EOL, Transfer-Encoding: chunked         CHUNK_SIZE
 *                     EOL, Content-Length                     BODY
 *                     EOL, neither of the two                 BODY_UNTIL_CLOSE
 *   BODY              as many bytes as that says              COMPLETE
 *   BODY_UNTIL_CLOSE  bytes                                   BODY_UNTIL_CLOSE
 *                     the end of the connection               COMPLETE
 *   CHUNK_SIZE        1*16HEXDIG *WSP [";" extension] CRLF    CHUNK
 *                     the same, of which the number is 0      TRAILERS
 *   CHUNK             as many bytes as that says              CHUNK_END
 *   CHUNK_END         CRLF                                    CHUNK_SIZE
 *   TRAILERS          name ":" value EOL                      TRAILERS
 *                     EOL                                     COMPLETE
 *
 * EOL is CRLF, or LF alone (2.2).  The end of the connection in any other state
 * is a failure. */
#include "http/h1_parser.h"

#include <string.h>

#include "base/attributes.h"
#include "http/framing.h"

/* The most digits of a chunk's size, the longest line that has one, and the
 * longest trailer, less than libcurl's. */
enum { SIZE_DIGITS_MAX = 16, SIZE_LINE_MAX = 16 * 1024, TRAILER_MAX = 4000 };

void lr_h1_parser_clear(lr_h1_parser *parser) {
  lr_buffer_clear(&parser->line);
}

bool lr_h1_parser_begun(const lr_h1_parser *parser) {
  return parser->head_bytes > 0;
}

static lr_h1_result fail_with(lr_h1_parser *parser, lariat_status fault) {
  parser->fault = fault;
  return LR_H1_FAILED;
}

static bool is_limit(lr_h1_reason reason) {
  return reason == LR_H1_REASON_LONG_LINE || reason == LR_H1_REASON_LONG_HEAD ||
         reason == LR_H1_REASON_MANY_HEADERS;
}

/* Fails: the response is not a proper one, or its head is beyond the limits. */
static LR_COLD lr_h1_result refuse(lr_h1_parser *parser, lr_h1_reason reason) {
  parser->reason = (uint8_t)reason;
  return fail_with(parser,
                   is_limit(reason) ? LARIAT_EHEADERLIMIT : LARIAT_EPROTOCOL);
}

/* ---- Bodies ---- */

/* A coding that has not come to its end makes the body worthless, however whole
 * the message is. */
static LR_COLD lr_h1_result refuse_cut_body(lr_h1_parser *parser) {
  return fail_with(parser, parser->state == LR_H1_IN_BODY_UNTIL_CLOSE
                               ? LARIAT_ETRUNCATED
                               : LARIAT_EENCODING);
}

static lr_h1_result complete_response(lr_h1_parser *parser) {
  if (parser->decoder && !lr_content_decoder_whole(parser->decoder))
    return refuse_cut_body(parser);
  parser->state = LR_H1_COMPLETE;
  return LR_H1_DONE;
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
    return fail_with(parser, LARIAT_ENOMEM);
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
    return fail_with(parser, LARIAT_EBODYLIMIT);
  if (parser->body_use == LR_H1_KEPT || made == 0) return LR_H1_MORE;
  body->length = from;
  return discard_body(parser, body->bytes + from, made);
}

static lr_h1_result result_of_decoding(lr_h1_parser *parser,
                                       lr_decode_result result) {
  if (result == LR_DECODE_ENOUGH) return LR_H1_PAUSED;
  if (result == LR_DECODE_BROKEN) return fail_with(parser, LARIAT_EENCODING);
  if (result == LR_DECODE_TOO_LONG) return fail_with(parser, LARIAT_EBODYLIMIT);
  if (result == LR_DECODE_NO_MEMORY) return fail_with(parser, LARIAT_ENOMEM);
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
      return fail_with(parser, LARIAT_ENOMEM);
    size_t capacity = body->capacity - from;
    decoded =
        lr_content_decoder_step(parser->decoder, body->bytes + from,
                                capacity < PIECE ? capacity : PIECE, &made);
    body->length += made;
    result = keep_decoded(parser, from);
  }
  return result == LR_H1_MORE ? result_of_decoding(parser, decoded) : result;
}

bool lr_h1_parser_digest(lr_h1_parser *parser, uint8_t out[32]) {
  return parser->digest ? lr_sha256_end(parser->digest, out)
                        : lr_sha256_of("", 0, out);
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

/* Puts the `length` bytes at `*at` into the body. */
static lr_h1_result put_body(lr_h1_parser *parser, const char **at,
                             size_t length) {
  const char *bytes = *at;
  *at += length;
  if (parser->decoder) return put_coded_body(parser, at, length);
  parser->received += length;
  if (parser->max_body_bytes && parser->received > parser->max_body_bytes)
    return fail_with(parser, LARIAT_EBODYLIMIT);
  if (parser->body_use != LR_H1_KEPT)
    return discard_body(parser, bytes, length);
  if (!lr_response_add_body(parser->response, bytes, length))
    return fail_with(parser, LARIAT_ENOMEM);
  return LR_H1_MORE;
}

/* Takes of what has a known length as much as there is. */
static lr_h1_result take_counted(lr_h1_parser *parser, const char **at,
                                 const char *end) {
  size_t length = (size_t)(end - *at);
  if (length > parser->left) length = (size_t)parser->left;
  parser->left -= length;
  return put_body(parser, at, length);
}

static lr_h1_result take_length(lr_h1_parser *parser, const char **at,
                                const char *end) {
  lr_h1_result result = take_counted(parser, at, end);
  if (result != LR_H1_MORE || parser->left) return result;
  return complete_response(parser);
}

static lr_h1_result take_until_close(lr_h1_parser *parser, const char **at,
                                     const char *end) {
  return put_body(parser, at, (size_t)(end - *at));
}

static lr_h1_result take_chunk(lr_h1_parser *parser, const char **at,
                               const char *end) {
  lr_h1_result result = take_counted(parser, at, end);
  if (parser->left == 0) parser->state = LR_H1_IN_CHUNK_END;
  return result;
}

lr_h1_result lr_h1_parser_resume(lr_h1_parser *parser, const char *bytes,
                                 size_t length, size_t *used) {
  *used = 0;
  lr_content_decoder_input(parser->decoder, NULL, 0);
  lr_h1_result result = decode_body(parser);
  if (result != LR_H1_MORE) return result;
  if (parser->state == LR_H1_IN_BODY && parser->left == 0)
    return complete_response(parser);
  return lr_h1_parser_feed(parser, bytes, length, used);
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Reads a number of hexadecimal digits, of which there may be more than fit;
 * returns how many. */
static size_t read_hex(const char *line, size_t length, uint64_t *number) {
  size_t digits = 0;
  *number = 0;
  while (digits < length && hex_value(line[digits]) >= 0)
    *number = *number * 16 + (unsigned)hex_value(line[digits++]);
  return digits;
}

/* Tells whether these are blanks and then an extension, or nothing: some
 * servers pad their sizes. */
static bool may_follow_size(const char *at, const char *end) {
  at = lr_skip_blanks(at, end);
  return at == end || *at == ';';
}

/* Reads "1a", perhaps with an extension, which nobody uses. */
static lr_h1_result read_size(lr_h1_parser *parser, const char *line,
                              size_t length) {
  uint64_t size = 0;
  size_t digits = read_hex(line, length, &size);
  if (digits == 0 || digits > SIZE_DIGITS_MAX || size > INT64_MAX ||
      !may_follow_size(line + digits, line + length))
    return refuse(parser, LR_H1_REASON_BAD_CHUNK_SIZE);
  if (length > SIZE_LINE_MAX)
    return refuse(parser, LR_H1_REASON_LONG_EXTENSION);
  if (memchr(line + digits, '\r', length - digits))
    return refuse(parser, LR_H1_REASON_BARE_CR);
  parser->left = size;
  parser->state = size ? LR_H1_IN_CHUNK : LR_H1_IN_TRAILERS;
  return LR_H1_MORE;
}

static lr_h1_result end_chunk(lr_h1_parser *parser, size_t length) {
  if (length > 0) return refuse(parser, LR_H1_REASON_BAD_CHUNK_END);
  parser->state = LR_H1_IN_CHUNK_SIZE;
  return LR_H1_MORE;
}

/* ---- Heads ---- */

/* Tells whether a body that is as long as that cannot be allowed: one that will
 * be decoded may become shorter. */
static LR_COLD bool is_beyond_limit(const lr_h1_parser *parser) {
  return !parser->coded || !parser->decoders;
}

/* The length is at least 1.  A limit of 0, which is none, is the largest number
 * when 1 is taken away. */
static LR_HOT lr_h1_result begin_counted_body(lr_h1_parser *parser) {
  parser->state = LR_H1_IN_BODY;
  parser->left = (uint64_t)parser->response->content_length;
  if (parser->left - 1 > parser->max_body_bytes - 1 &&
      is_beyond_limit(parser)) {
    parser->reason = LR_H1_REASON_LARGE_BODY;
    return fail_with(parser, LARIAT_EBODYLIMIT);
  }
  return LR_H1_MORE;
}

/* Begins a body of which two headers say how it ends: the one of the chunks is
 * right, and the connection is not used again (RFC 9112, 6.3). */
static LR_COLD void distrust_length(lr_h1_parser *parser) {
  parser->keeps = false;
  parser->response->content_length = -1;
}

static LR_HOT lr_h1_result begin_body(lr_h1_parser *parser) {
  if (parser->framing == LR_H1_LENGTH) return begin_counted_body(parser);
  if (parser->framing & LR_H1_CHUNKED) {
    parser->state = LR_H1_IN_CHUNK_SIZE;
    if (parser->framing & LR_H1_LENGTH) distrust_length(parser);
  } else {
    parser->state = LR_H1_IN_BODY_UNTIL_CLOSE;
    parser->keeps = false;
  }
  return LR_H1_MORE;
}

static bool has_no_body(const lr_h1_parser *parser) {
  int status = parser->response->status;
  return parser->bodiless || status == 204 || status == 304;
}

/* Takes a decoder for the body's codings, if there are any.  False: out of
 * memory. */
static bool take_decoder(lr_h1_parser *parser) {
  lr_content_codings codings;
  if (parser->body_use == LR_H1_PASSED) return true;
  lr_content_codings_read(&codings, parser->response);
  if (!lr_content_codings_any(&codings)) return true;
  parser->decoder = lr_content_decoder_take(parser->decoders, &codings);
  if (!parser->decoder) return false;
  lr_content_decoder_limit(parser->decoder, parser->max_body_bytes);
  return true;
}

/* Decides by a final head what follows (RFC 9112, 6.3). */
static LR_HOT lr_h1_result choose_body(lr_h1_parser *parser) {
  const lariat_response *response = parser->response;
  if (has_no_body(parser)) return complete_response(parser);
  if (parser->framing == LR_H1_LENGTH && response->content_length == 0)
    return complete_response(parser);
  if (parser->coded && parser->decoders && !take_decoder(parser))
    return fail_with(parser, LARIAT_ENOMEM);
  return begin_body(parser);
}

/* Ends an interim head: another follows, and nothing of what this one says
 * holds for that. */
static LR_COLD lr_h1_result end_interim_head(lr_h1_parser *parser) {
  parser->interim_headers =
      (uint16_t)(parser->interim_headers + parser->response->header_count);
  if (parser->response->status == 101)
    return refuse(parser, LR_H1_REASON_SWITCHED);
  parser->state = LR_H1_IN_STATUS;
  parser->keeps = true;
  parser->rarities &= LR_H1_STOPS;
  parser->reason = LR_H1_REASON_NONE;
  parser->framing = LR_H1_UNTIL_CLOSE;
  parser->coded = false;
  return LR_H1_MORE;
}

static bool is_word(const char *value, const char *word) {
  return lr_name_is(value, strlen(value), word);
}

static bool says_close(const char *value) {
  return strcmp(value, "keep-alive") != 0 && strcasestr(value, "close");
}

/* Notes what is wrong with a header.  Whether that matters is seen later: a 304
 * has no body, and the next line may go on. */
static void note_fault(lr_h1_parser *parser, lr_h1_reason reason) {
  if (parser->reason == LR_H1_REASON_NONE) parser->reason = (uint8_t)reason;
}

static LR_COLD void read_rare_length(lr_h1_parser *parser, const char *value,
                                     size_t length) {
  int64_t number;
  lr_h1_reason reason = lr_framing_read_length(value, length, &number);
  bool other = parser->framing & LR_H1_LENGTH &&
               number != parser->response->content_length;
  if (reason == LR_H1_REASON_NONE && other) reason = LR_H1_REASON_TWO_LENGTHS;
  if (reason != LR_H1_REASON_NONE) {
    note_fault(parser, reason);
    return;
  }
  parser->response->content_length = number;
  parser->framing |= LR_H1_LENGTH;
}

static void read_content_length(lr_h1_parser *parser, const char *value,
                                size_t length) {
  int64_t number = lr_response_read_length(value, length);
  if (number < 0 || parser->framing & LR_H1_LENGTH) {
    read_rare_length(parser, value, length);
    return;
  }
  parser->response->content_length = number;
  parser->framing |= LR_H1_LENGTH;
}

static LR_COLD void read_transfer_encoding(lr_h1_parser *parser,
                                           const char *value, size_t length) {
  lr_h1_reason reason;
  switch (lr_framing_read_coding(value, length, &reason)) {
  case LR_TRANSFER_CHUNKED:
    if (parser->framing & LR_H1_CHUNKED)
      note_fault(parser, LR_H1_REASON_CHUNKED_TWICE);
    parser->framing |= LR_H1_CHUNKED;
    break;
  case LR_TRANSFER_IDENTITY:
    parser->framing |= LR_H1_NOT_CODED;
    break;
  case LR_TRANSFER_REFUSED:
    note_fault(parser, reason);
    break;
  }
}

/* Looks for another Location before the last header, which is one: of two that
 * differ nobody knows which is meant.  Empty ones are none. */
static LR_COLD void compare_locations(lr_h1_parser *parser) {
  const lariat_response *response = parser->response;
  size_t length;
  const char *last = lr_response_last_value(response, &length);
  for (uint32_t i = 0; length && i + 1 < response->header_count; i++) {
    lariat_header other = lariat_response_header_at(response, i);
    if (is_word(other.name, "Location") && *other.value &&
        strcmp(other.value, last) != 0)
      parser->reason = LR_H1_REASON_TWO_LOCATIONS;
  }
}

/* The lengths of the names that say where the response ends, and what becomes
 * of the connection, and of Location.  No two of them have the same. */
enum {
  LOCATION = sizeof "Location" - 1,
  CONNECTION = sizeof "Connection" - 1,
  CONTENT_LENGTH = sizeof "Content-Length" - 1,
  CONTENT_ENCODING = sizeof "Content-Encoding" - 1,
  TRANSFER_ENCODING = sizeof "Transfer-Encoding" - 1
};

static bool may_be_framing_header(size_t length) {
  enum {
    LENGTHS = 1 << LOCATION | 1 << CONNECTION | 1 << CONTENT_LENGTH |
              1 << CONTENT_ENCODING | 1 << TRANSFER_ENCODING
  };
  return length <= TRANSFER_ENCODING && LENGTHS >> length & 1;
}

/* Interprets one of those headers. */
static LR_HOT void read_framing_header(lr_h1_parser *parser, const char *name,
                                       size_t length, const char *value,
                                       size_t value_length) {
  if (length == CONNECTION) {
    if (lr_name_equal(name, "Connection", length) && says_close(value))
      parser->keeps = false;
  } else if (length == CONTENT_LENGTH) {
    if (lr_name_equal(name, "Content-Length", length))
      read_content_length(parser, value, value_length);
  } else if (length == CONTENT_ENCODING) {
    if (lr_name_equal(name, "Content-Encoding", length)) parser->coded = true;
  } else if (length == TRANSFER_ENCODING) {
    if (lr_name_equal(name, "Transfer-Encoding", length))
      read_transfer_encoding(parser, value, value_length);
  } else if (lr_name_equal(name, "Location", length)) {
    compare_locations(parser);
  }
}

/* ---- Rare heads ---- */

/* Interprets the headers anew, as they are now that all their lines are there.
 */
static LR_COLD void read_framing_again(lr_h1_parser *parser) {
  const lariat_response *response = parser->response;
  parser->keeps = true;
  parser->framing = LR_H1_UNTIL_CLOSE;
  parser->coded = false;
  if (parser->reason != LR_H1_REASON_TWO_LOCATIONS)
    parser->reason = LR_H1_REASON_NONE;
  for (uint32_t i = 0; i < response->header_count; i++) {
    size_t length = response->headers[i].name_length;
    lariat_header header = lariat_response_header_at(response, i);
    if (length != LOCATION && may_be_framing_header(length))
      read_framing_header(parser, header.name, length, header.value,
                          strlen(header.value));
  }
}

/* Tells whether an answer of HTTP/1.0 lets its connection be used again, which
 * only "keep-alive" does (RFC 9112, 9.3).  A transfer coding makes its framing
 * doubtful (6.1). */
static bool keeps_http_1_0(const lr_h1_parser *parser) {
  bool keeps = false;
  if (!parser->keeps || parser->framing & LR_H1_CHUNKED) return false;
  for (uint32_t i = 0; i < parser->response->header_count; i++) {
    lariat_header header = lariat_response_header_at(parser->response, i);
    if (is_word(header.name, "Connection") &&
        strcasestr(header.value, "keep-alive"))
      keeps = true;
  }
  return keeps;
}

static bool is_about_length(lr_h1_reason reason) {
  return reason == LR_H1_REASON_BAD_LENGTH ||
         reason == LR_H1_REASON_LARGE_LENGTH ||
         reason == LR_H1_REASON_TWO_LENGTHS;
}

/* Says whether what is wrong with a length or a coding need not wait for the
 * end of the head, since more of its line cannot mend it: libcurl does not wait
 * either.  An empty coding may go on in the next line. */
static bool matters_at_once(const lr_h1_parser *parser) {
  int status = parser->response->status;
  size_t length;
  if (parser->response->interim || status == 204 || status == 304) return false;
  if (is_about_length((lr_h1_reason)parser->reason)) return true;
  if (parser->bodiless || parser->reason == LR_H1_REASON_TWO_LOCATIONS)
    return false;
  (void)lr_response_last_value(parser->response, &length);
  return length > 0;
}

/* Tells what is wrong with a final head that is complete.  Where no body
 * follows, its coding does not matter. */
static lr_h1_reason reason_of_head(const lr_h1_parser *parser) {
  lr_h1_reason reason = (lr_h1_reason)parser->reason;
  if (parser->interim_headers + parser->response->header_count >
      LR_RESPONSE_HEADERS_MAX)
    return LR_H1_REASON_MANY_HEADERS;
  if (reason == LR_H1_REASON_TWO_LOCATIONS) return reason;
  if (has_no_body(parser))
    return parser->bodiless && matters_at_once(parser) ? reason
                                                       : LR_H1_REASON_NONE;
  if (reason != LR_H1_REASON_NONE || !(parser->framing & LR_H1_NOT_CODED))
    return reason;
  if (parser->framing & LR_H1_CHUNKED) return LR_H1_REASON_TRANSFER_CODING;
  return parser->framing & LR_H1_LENGTH ? LR_H1_REASON_LENGTH_AND_CODING
                                        : LR_H1_REASON_NONE;
}

/* Judges a head with something in it that few have. */
static lr_h1_result settle_rare_head(lr_h1_parser *parser) {
  if (parser->rarities & LR_H1_FOLDED) read_framing_again(parser);
  if (parser->response->interim) return LR_H1_MORE;
  if (parser->response->http_version == 10)
    parser->keeps = keeps_http_1_0(parser);
  lr_h1_reason reason = reason_of_head(parser);
  if (reason != LR_H1_REASON_NONE) return refuse(parser, reason);
  parser->reason = LR_H1_REASON_NONE;
  return LR_H1_MORE;
}

static bool is_rare_head(const lr_h1_parser *parser) {
  unsigned rare = parser->reason | (unsigned)parser->rarities |
                  parser->interim_headers |
                  (parser->framing & (unsigned)LR_H1_NOT_CODED);
  return (rare | (unsigned)(parser->response->http_version ^ 11)) != 0;
}

/* Tells whether a name or a value has a CR in it: all of them at once. */
static bool has_cr(const lariat_response *response) {
  const lr_buffer *text = &response->text;
  return text->length && memchr(text->bytes, '\r', text->length);
}

/* Ends a head with something in it that few have, or one that the caller wants
 * to know of. */
static LR_COLD lr_h1_result end_rare_head(lr_h1_parser *parser) {
  lr_h1_result result = settle_rare_head(parser);
  if (result != LR_H1_MORE) return result;
  result = parser->response->interim ? end_interim_head(parser)
                                     : choose_body(parser);
  return result == LR_H1_MORE && parser->rarities & LR_H1_STOPS ? LR_H1_HEAD
                                                                : result;
}

static lr_h1_result end_head(lr_h1_parser *parser) {
  parser->response->in_block = false;
  if (LR_RARE(has_cr(parser->response)))
    return refuse(parser, LR_H1_REASON_BARE_CR);
  if (LR_RARE(is_rare_head(parser))) return end_rare_head(parser);
  return parser->response->interim ? end_interim_head(parser)
                                   : choose_body(parser);
}

/* ---- Status lines ---- */

enum { VERSION_LENGTH = sizeof "HTTP/1.1 " - 1, CODE_LENGTH = 3 };

/* Reads the status behind the version, with or without a reason; 0: there is
 * none. */
static int read_status(const char *line, size_t length) {
  const char *code = line + VERSION_LENGTH;
  if (length < VERSION_LENGTH + CODE_LENGTH) return 0;
  if (code[0] < '1' || code[0] > '9') return 0;
  if (!lr_is_digit(code[1]) || !lr_is_digit(code[2])) return 0;
  if (length > VERSION_LENGTH + CODE_LENGTH && code[CODE_LENGTH] != ' ')
    return 0;
  return lr_status_code_of(code);
}

static bool is_version(const char *line, size_t length, const char *version) {
  return length >= VERSION_LENGTH && memcmp(line, version, VERSION_LENGTH) == 0;
}

/* Tells why a first line, or its beginning, is none.  What does not even begin
 * like HTTP is no answer at all. */
static LR_COLD lr_h1_reason reason_of_status_line(const char *line,
                                                  size_t length) {
  static const char version[] = "HTTP/1.";
  enum { NAME = sizeof "HTTP/" - 1, MINOR = sizeof version - 1 };
  if (memcmp(line, version, length < NAME ? length : NAME) != 0)
    return LR_H1_REASON_NOT_HTTP;
  if (length <= NAME || !lr_is_digit(line[NAME]))
    return LR_H1_REASON_STATUS_LINE;
  bool known = memcmp(line, version, length < MINOR ? length : MINOR) == 0 &&
               (length <= MINOR || line[MINOR] == '1' || line[MINOR] == '0');
  return known ? LR_H1_REASON_STATUS_LINE : LR_H1_REASON_VERSION;
}

static LR_COLD lr_h1_result start_rare_head(lr_h1_parser *parser,
                                            const char *line, const char *end) {
  size_t length = (size_t)(end - line);
  int status =
      is_version(line, length, "HTTP/1.0 ") ? read_status(line, length) : 0;
  if (!status && length < sizeof "HTTP/" - 1)
    return refuse(parser, LR_H1_REASON_NOT_HTTP);
  if (!status) return refuse(parser, reason_of_status_line(line, length));
  parser->state = LR_H1_IN_HEADERS;
  lr_response_begin_block(parser->response, 10, status);
  return LR_H1_MORE;
}

/* Looks for a CR or a NUL in what is short in most answers: libcurl shows no
 * such line. */
static bool is_odd_reason(const char *line, const char *end) {
  while (end > line + VERSION_LENGTH + CODE_LENGTH)
    if (*--end == '\r' || *end == '\0') return true;
  return false;
}

/* Tells why such a line is none: first of all for what was seen before it was
 * complete, if its beginning came alone. */
static LR_COLD lr_h1_reason reason_of_odd_line(const char *line,
                                               size_t length) {
  if (reason_of_status_line(line, length) == LR_H1_REASON_NOT_HTTP)
    return LR_H1_REASON_NOT_HTTP;
  return memchr(line, '\r', length) ? LR_H1_REASON_BARE_CR : LR_H1_REASON_NUL;
}

static lr_h1_result start_head(lr_h1_parser *parser, const char *line,
                               const char *end) {
  size_t length = (size_t)(end - line);
  int status =
      is_version(line, length, "HTTP/1.1 ") ? read_status(line, length) : 0;
  if (LR_RARE(is_odd_reason(line, end)))
    return refuse(parser, reason_of_odd_line(line, length));
  if (!status) return start_rare_head(parser, line, end);
  parser->state = LR_H1_IN_HEADERS;
  lr_response_begin_block(parser->response, 11, status);
  return LR_H1_MORE;
}

/* ---- Header lines ---- */

/* Judges a header that was read: something is wrong with that, or with one
 * before. */
static LR_COLD lr_h1_result judge_fault(lr_h1_parser *parser) {
  return matters_at_once(parser) ? refuse(parser, (lr_h1_reason)parser->reason)
                                 : LR_H1_MORE;
}

static LR_COLD lr_h1_result refuse_header(lr_h1_parser *parser,
                                          lariat_status status) {
  const lariat_response *response = parser->response;
  if (status != LARIAT_EHEADERLIMIT) return fail_with(parser, status);
  return refuse(parser, response->header_count + response->trailer_count <
                                LR_RESPONSE_HEADERS_MAX
                            ? LR_H1_REASON_LONG_HEAD
                            : LR_H1_REASON_MANY_HEADERS);
}

static lr_h1_result result_of(lr_h1_parser *parser, lariat_status status) {
  return status == LARIAT_OK ? LR_H1_MORE : refuse_header(parser, status);
}

/* Joins a line that begins with a blank to the one before (RFC 9112, 5.2). */
static LR_COLD lr_h1_result take_obs_fold(lr_h1_parser *parser,
                                          const char *line, const char *end) {
  lariat_response *response = parser->response;
  if (!response) return LR_H1_MORE;
  bool trailer = parser->state == LR_H1_IN_TRAILERS;
  if ((trailer ? response->trailer_count : response->header_count) == 0)
    return refuse(parser, LR_H1_REASON_OBS_FOLD);
  parser->rarities |= LR_H1_FOLDED;
  return result_of(parser, lr_response_add_obs_fold(response, line, end));
}

/* Takes a trailer, not the empty line.  Nothing is made of what they say, so a
 * bad name does no harm: such a line is left out. */
static LR_COLD lr_h1_result take_trailer(lr_h1_parser *parser, const char *line,
                                         const char *end) {
  size_t length = (size_t)(end - line);
  if (memchr(line, '\r', length > TRAILER_MAX ? TRAILER_MAX + 1 : length))
    return refuse(parser, LR_H1_REASON_BARE_CR);
  if (length > TRAILER_MAX) return refuse(parser, LR_H1_REASON_LONG_LINE);
  if (lr_is_blank(*line)) return take_obs_fold(parser, line, end);
  const char *colon = memchr(line, ':', length);
  if (!colon) return refuse(parser, LR_H1_REASON_NO_COLON);
  if (!parser->response || lr_framing_judge_name(line, (size_t)(colon - line)))
    return LR_H1_MORE;
  return result_of(parser,
                   lr_response_add_trailer(parser->response, line, colon, end));
}

static LR_HOT lr_h1_result put_header(lr_h1_parser *parser, const char *line,
                                      const char *colon, const char *end) {
  size_t length = (size_t)(colon - line);
  size_t value_length;
  lariat_status status =
      lr_response_put_header(parser->response, line, length, colon + 1, end);
  if (status != LARIAT_OK) return refuse_header(parser, status);
  if (!may_be_framing_header(length)) return LR_H1_MORE;
  const char *value = lr_response_last_value(parser->response, &value_length);
  read_framing_header(parser, line, length, value, value_length);
  return LR_RARE(parser->reason != LR_H1_REASON_NONE) ? judge_fault(parser)
                                                      : LR_H1_MORE;
}

/* Takes a line that is not made of a simple name, a colon and a value. */
static LR_COLD lr_h1_result take_rare_line(lr_h1_parser *parser,
                                           const char *line, const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  if (parser->state == LR_H1_IN_TRAILERS)
    return take_trailer(parser, line, end);
  if (lr_is_blank(*line)) return take_obs_fold(parser, line, end);
  if (!colon) return refuse(parser, LR_H1_REASON_NO_COLON);
  lr_h1_reason reason = lr_framing_judge_name(line, (size_t)(colon - line));
  return reason == LR_H1_REASON_NONE ? put_header(parser, line, colon, end)
                                     : refuse(parser, reason);
}

/* Takes a line of a head or of trailers; not the empty one. */
static LR_HOT lr_h1_result add_header(lr_h1_parser *parser, const char *line,
                                      const char *end) {
  const char *colon = lr_find_simple_colon(line, end);
  return colon && parser->state == LR_H1_IN_HEADERS
             ? put_header(parser, line, colon, end)
             : take_rare_line(parser, line, end);
}

/* Takes the empty line. */
static lr_h1_result end_lines(lr_h1_parser *parser) {
  return parser->state == LR_H1_IN_TRAILERS ? complete_response(parser)
                                            : end_head(parser);
}

/* ---- Lines ---- */

static bool has_nul(const char *begin, const char *end) {
  return memchr(begin, '\0', (size_t)(end - begin)) != NULL;
}

/* Returns where a line ends, whose `lf` may have no CR before it. */
static const char *line_end(const char *line, const char *lf) {
  return lf > line && lf[-1] == '\r' ? lf - 1 : lf;
}

/* Takes the lines behind the first one of a head, and of trailers, that are
 * there as a whole, up to the empty one.  `lf` ends the first of them, NULL
 * when there is none; `*at` becomes where the last ends. */
static lr_h1_result take_headers(lr_h1_parser *parser, const char **at,
                                 const char *lf, const char *end) {
  const char *line = *at;
  lr_h1_result result = LR_H1_MORE;
  for (; lf; lf = memchr(line, '\n', (size_t)(end - line))) {
    const char *stop = line_end(line, lf);
    *at = lf + 1;
    if (stop == line) return end_lines(parser);
    result = add_header(parser, line, stop);
    if (result != LR_H1_MORE) break;
    line = lf + 1;
  }
  return result;
}

static lr_h1_result take_lines_of_head(lr_h1_parser *parser, const char **at,
                                       const char *lf, const char *end) {
  if (parser->state == LR_H1_IN_STATUS) {
    const char *line = *at;
    lr_h1_result result = start_head(parser, line, line_end(line, lf));
    if (result != LR_H1_MORE) return result;
    *at = lf + 1;
    lf = memchr(*at, '\n', (size_t)(end - *at));
  }
  return take_headers(parser, at, lf, end);
}

/* Looks for a CR within lines, which end where the bytes do. */
static LR_COLD bool has_bare_cr(const char *begin, const char *end) {
  while ((begin = memchr(begin, '\r', (size_t)(end - begin))))
    if (*++begin != '\n') return true;
  return false;
}

/* Refuses lines with a NUL in them, or for what comes before that where lines
 * come one by one: a CR in an earlier line; or one in the same line, of
 * trailers, of which a CR is seen before the line is complete. */
static LR_COLD lr_h1_result refuse_nul(lr_h1_parser *parser, const char *begin,
                                       const char *end) {
  const char *nul = memchr(begin, '\0', (size_t)(end - begin));
  const char *line = nul;
  while (line > begin && line[-1] != '\n') line--;
  bool is_last = memchr(nul, '\n', (size_t)(end - nul)) == end - 1;
  bool cr_first = parser->state == LR_H1_IN_TRAILERS
                      ? is_last && parser->reason == LR_H1_REASON_BARE_CR
                      : has_bare_cr(begin, line);
  return refuse(parser, cr_first ? LR_H1_REASON_BARE_CR : LR_H1_REASON_NUL);
}

/* Takes the lines of which `lf` ends the first.  What none of them may have,
 * and how long they are, is looked at once for all.  A head that is not there
 * as a whole is looked at now: its end may never come. */
static lr_h1_result take_head(lr_h1_parser *parser, const char **at,
                              const char *lf, const char *end) {
  const char *begin = *at;
  lr_h1_result result = take_lines_of_head(parser, at, lf, end);
  parser->head_bytes += (uint32_t)(*at - begin);
  if (parser->head_bytes > LR_H1_HEAD_MAX)
    return refuse(parser, LR_H1_REASON_LONG_HEAD);
  if (has_nul(begin, *at)) return refuse_nul(parser, begin, *at);
  if (LR_RARE(parser->state == LR_H1_IN_HEADERS) && has_bare_cr(begin, *at))
    return refuse(parser, LR_H1_REASON_BARE_CR);
  return result;
}

static bool begins_size(const char *line, size_t length) {
  uint64_t size;
  size_t digits = read_hex(line, length, &size);
  if (digits > SIZE_DIGITS_MAX || size > INT64_MAX) return false;
  const char *rest = lr_skip_blanks(line + digits, line + length);
  if (rest == line + length) return true;
  return digits && (*rest == ';' || *rest == '\r');
}

/* Judges the beginning of a trailer, where a CR must be the last byte. */
static lr_h1_reason reason_of_trailer(const char *line, size_t length) {
  const char *cr = memchr(line, '\r', length);
  return cr && cr < line + length - 1 ? LR_H1_REASON_BARE_CR
                                      : LR_H1_REASON_NONE;
}

/* Tells what keeps the line that has begun from becoming a good one, if
 * anything does: libcurl says so at once, without waiting for its end. */
static lr_h1_reason reason_of_beginning(const lr_h1_parser *parser,
                                        const char *line, size_t length) {
  switch ((lr_h1_state)parser->state) {
  case LR_H1_IN_STATUS:
    return reason_of_status_line(line, length) == LR_H1_REASON_NOT_HTTP
               ? LR_H1_REASON_NOT_HTTP
               : LR_H1_REASON_NONE;
  case LR_H1_IN_CHUNK_SIZE:
    return begins_size(line, length) ? LR_H1_REASON_NONE
                                     : LR_H1_REASON_BAD_CHUNK_SIZE;
  case LR_H1_IN_CHUNK_END:
    return length == 0 || (length == 1 && line[0] == '\r')
               ? LR_H1_REASON_NONE
               : LR_H1_REASON_BAD_CHUNK_END;
  case LR_H1_IN_TRAILERS:
    return reason_of_trailer(line, length);
  default:
    return LR_H1_REASON_NONE;
  }
}

/* Refuses a line among chunks, for what its beginning has shown already, if
 * that did. */
static LR_COLD lr_h1_result refuse_chunk_line(lr_h1_parser *parser,
                                              const char *line, size_t length,
                                              lr_h1_reason reason) {
  lr_h1_reason earlier = reason_of_beginning(parser, line, length);
  return refuse(parser, earlier == LR_H1_REASON_NONE ? reason : earlier);
}

/* Takes a line between chunks, whose end has only one form. */
static lr_h1_result take_chunk_line(lr_h1_parser *parser, const char **at,
                                    const char *lf) {
  const char *line = *at;
  const char *cr = lf - 1;
  size_t length = (size_t)(lf - line);
  if (cr < line || *cr != '\r')
    return refuse_chunk_line(parser, line, length, LR_H1_REASON_BARE_LF);
  if (has_nul(line, lf))
    return refuse_chunk_line(parser, line, length, LR_H1_REASON_NUL);
  *at = lf + 1;
  return parser->state == LR_H1_IN_CHUNK_SIZE
             ? read_size(parser, line, (size_t)(cr - line))
             : end_chunk(parser, (size_t)(cr - line));
}

static lr_h1_result take_lines(lr_h1_parser *parser, const char **at,
                               const char *lf, const char *end) {
  bool chunk = parser->state == LR_H1_IN_CHUNK_SIZE ||
               parser->state == LR_H1_IN_CHUNK_END;
  return chunk ? take_chunk_line(parser, at, lf)
               : take_head(parser, at, lf, end);
}

/* Returns the limit for the line that has begun, with its end. */
static size_t line_max(const lr_h1_parser *parser) {
  enum { CRLF = 2 };
  if (parser->state == LR_H1_IN_CHUNK_SIZE) return SIZE_LINE_MAX + CRLF;
  return parser->state == LR_H1_IN_TRAILERS ? TRAILER_MAX + CRLF
                                            : LR_H1_LINE_MAX;
}

static lr_h1_result keep_part(lr_h1_parser *parser, const char *bytes,
                              size_t length) {
  if (parser->line.length + length > line_max(parser))
    return refuse(parser, parser->state == LR_H1_IN_CHUNK_SIZE
                              ? LR_H1_REASON_LONG_EXTENSION
                              : LR_H1_REASON_LONG_LINE);
  return lr_buffer_append(&parser->line, bytes, length)
             ? LR_H1_MORE
             : fail_with(parser, LARIAT_ENOMEM);
}

static lr_h1_result begin_line(lr_h1_parser *parser, const char *bytes,
                               size_t length) {
  lr_h1_result result = keep_part(parser, bytes, length);
  if (result != LR_H1_MORE) return result;
  lr_h1_reason reason =
      reason_of_beginning(parser, parser->line.bytes, parser->line.length);
  return reason == LR_H1_REASON_NONE ? LR_H1_MORE : refuse(parser, reason);
}

/* Takes the next line, or several.  A line whose beginning came earlier is read
 * where that was kept. */
static lr_h1_result take_next_line(lr_h1_parser *parser, const char **at,
                                   const char *end) {
  const char *begin = *at;
  const char *lf = memchr(begin, '\n', (size_t)(end - begin));
  const char *kept;
  if (!lf) {
    *at = end;
    return begin_line(parser, begin, (size_t)(end - begin));
  }
  if (parser->line.length) {
    *at = lf + 1;
    lr_h1_result result = keep_part(parser, begin, (size_t)(*at - begin));
    if (result != LR_H1_MORE) return result;
    kept = parser->line.bytes;
    at = &kept;
    end = kept + parser->line.length;
    lf = end - 1;
    parser->line.length = 0;
  }
  return take_lines(parser, at, lf, end);
}

static lr_h1_result take_next_part(lr_h1_parser *parser, const char **at,
                                   const char *end) {
  uint8_t state = parser->state;
  if (state == LR_H1_IN_BODY) return take_length(parser, at, end);
  if (state == LR_H1_IN_BODY_UNTIL_CLOSE)
    return take_until_close(parser, at, end);
  if (state == LR_H1_IN_CHUNK) return take_chunk(parser, at, end);
  return take_next_line(parser, at, end);
}

lr_h1_result lr_h1_parser_feed(lr_h1_parser *parser, const char *bytes,
                               size_t length, size_t *used) {
  const char *at = bytes;
  const char *end = bytes + length;
  lr_h1_result result = LR_H1_MORE;
  while (result == LR_H1_MORE && at < end)
    result = take_next_part(parser, &at, end);
  *used = (size_t)(at - bytes);
  return result;
}

lr_h1_result lr_h1_parser_trailer(lr_h1_parser *parser, const char *line,
                                  size_t length) {
  size_t used;
  parser->state = LR_H1_IN_TRAILERS;
  return lr_h1_parser_feed(parser, line, length, &used);
}

lr_h1_result lr_h1_parser_end(lr_h1_parser *parser) {
  parser->keeps = false;
  if (parser->state == LR_H1_IN_BODY_UNTIL_CLOSE)
    return complete_response(parser);
  /* Heads of 1xx are not a response. */
  return fail_with(parser, parser->state == LR_H1_IN_STATUS
                               ? LARIAT_EEMPTY
                               : LARIAT_ETRUNCATED);
}
