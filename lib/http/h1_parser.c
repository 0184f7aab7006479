/* SPDX-License-Identifier: MIT
 * h1_parser.c: reads responses of HTTP/1.1, strictly.  Its states, from RFC
 * 9112; any other input is LR_H1_FALLBACK:
 *
 *   state             input                                   next
 *   ----------------  --------------------------------------  ----------------
 *   STATUS            "HTTP/1.1 " 3DIGIT [SP reason] CRLF     HEADERS
 *                     the same of HTTP/1.0, not of a 1xx      HEADERS
 *   HEADERS           name ":" value CRLF                     HEADERS
 *                     CRLF of a 1xx other than 101            STATUS
 *                     CRLF, to HEAD, or of 204 or 304, or     COMPLETE
 *                       with Content-Length 0
 *                     CRLF, Transfer-Encoding: chunked        CHUNK_SIZE
 *                     CRLF, Content-Length                    BODY
 *                     CRLF, neither of the two                BODY_UNTIL_CLOSE
 *   BODY              as many bytes as that says              COMPLETE
 *   BODY_UNTIL_CLOSE  bytes                                   BODY_UNTIL_CLOSE
 *                     the end of the connection               COMPLETE
 *   CHUNK_SIZE        1*HEXDIG [";" extension] CRLF           CHUNK
 *                     the same, of which the number is 0      TRAILERS
 *   CHUNK             as many bytes as that says              CHUNK_END
 *   CHUNK_END         CRLF                                    CHUNK_SIZE
 *   TRAILERS          name ":" value CRLF                     TRAILERS
 *                     CRLF                                    COMPLETE
 *
 * The end of the connection in any other state is a failure. */
#include "http/h1_parser.h"

#include <string.h>

#include "base/attributes.h"

/* Responses beyond these are left to libcurl, which has its own limits, and its
 * own words for them. */
enum { LONGEST_LINE = 64 * 1024, LONGEST_HEAD = 256 * 1024 };

/* The longest size of a chunk in hexadecimal digits, which fits into 60 bits,
 * and the longest line that has one. */
enum { LONGEST_SIZE = 15, LONGEST_SIZE_LINE = 256 };

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

static LR_COLD lr_h1_result fall_back(lr_h1_parser *parser,
                                      lr_h1_reason reason) {
  parser->reason = (uint8_t)reason;
  return LR_H1_FALLBACK;
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

static lr_h1_result discard_body(lr_h1_parser *parser, const char *bytes,
                                 size_t length) {
  if (parser->body_use == LR_H1_DISCARDED) return LR_H1_MORE;
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

/* Reads "1a", perhaps with an extension, which nobody uses. */
static lr_h1_result read_size(lr_h1_parser *parser, const char *line,
                              size_t length) {
  uint64_t size = 0;
  size_t digits = 0;
  while (digits < length && hex_value(line[digits]) >= 0)
    size = size * 16 + (unsigned)hex_value(line[digits++]);
  if (digits == 0 || digits > LONGEST_SIZE ||
      (digits < length && line[digits] != ';'))
    return fall_back(parser, LR_H1_REASON_BAD_CHUNK_SIZE);
  if (length > LONGEST_SIZE_LINE)
    return fall_back(parser, LR_H1_REASON_TOO_LONG);
  parser->left = size;
  parser->state = size ? LR_H1_IN_CHUNK : LR_H1_IN_TRAILERS;
  return LR_H1_MORE;
}

static lr_h1_result end_chunk(lr_h1_parser *parser, size_t length) {
  if (length > 0) return fall_back(parser, LR_H1_REASON_BAD_CHUNK_END);
  parser->state = LR_H1_IN_CHUNK_SIZE;
  return LR_H1_MORE;
}

/* ---- Heads ---- */

static lr_h1_result begin_body(lr_h1_parser *parser) {
  switch ((lr_h1_framing)parser->framing) {
  case LR_H1_CHUNKED:
    parser->state = LR_H1_IN_CHUNK_SIZE;
    break;
  case LR_H1_LENGTH:
    parser->state = LR_H1_IN_BODY;
    parser->left = (uint64_t)parser->response->content_length;
    break;
  case LR_H1_UNTIL_CLOSE:
    parser->state = LR_H1_IN_BODY_UNTIL_CLOSE;
    parser->keeps = false;
    break;
  case LR_H1_LENGTH_AND_CHUNKED: /* has been refused */
    break;
  }
  return LR_H1_MORE;
}

/* Takes a decoder for the body's codings, if there are any.  False: out of
 * memory. */
static bool take_decoder(lr_h1_parser *parser) {
  lr_content_codings codings;
  lr_content_codings_read(&codings, parser->response);
  if (!lr_content_codings_any(&codings)) return true;
  parser->decoder = lr_content_decoder_take(parser->decoders, &codings);
  if (!parser->decoder) return false;
  lr_content_decoder_limit(parser->decoder, parser->max_body_bytes);
  return true;
}

/* Decides by a head of HTTP/1.0 whether the connection may be used again, which
 * only "keep-alive" allows (RFC 9112, 9.3).  A transfer coding makes its
 * framing doubtful (6.1). */
static LR_COLD lr_h1_result end_http_1_0_head(lr_h1_parser *parser) {
  if (parser->framing & LR_H1_CHUNKED)
    return fall_back(parser, LR_H1_REASON_TRANSFER_CODING);
  parser->keeps = lr_h1_would_keep(parser->response, parser->bodiless);
  return LR_H1_MORE;
}

/* Decides by a final head what follows (RFC 9112, 6.3). */
static lr_h1_result choose_body(lr_h1_parser *parser) {
  const lariat_response *response = parser->response;
  int status = response->status;
  if (response->http_version == 10 && end_http_1_0_head(parser) != LR_H1_MORE)
    return LR_H1_FALLBACK;
  if (parser->framing == LR_H1_LENGTH_AND_CHUNKED)
    return fall_back(parser, LR_H1_REASON_LENGTH_AND_CHUNKED);
  if (parser->bodiless || status == 204 || status == 304)
    return complete_response(parser);
  if (parser->framing == LR_H1_LENGTH && response->content_length == 0)
    return complete_response(parser);
  if (parser->coded && parser->decoders && !take_decoder(parser))
    return fail_with(parser, LARIAT_ENOMEM);
  return begin_body(parser);
}

/* Ends a head.  After an interim one (1xx) another follows; 101 is for those
 * who asked. */
static lr_h1_result end_head(lr_h1_parser *parser) {
  int status = parser->response->status;
  if (status == 101) return fall_back(parser, LR_H1_REASON_SWITCHED);
  if (status >= 200) return choose_body(parser);
  parser->state = LR_H1_IN_STATUS;
  parser->keeps = true;
  parser->framing = LR_H1_UNTIL_CLOSE;
  parser->coded = false;
  return LR_H1_MORE;
}

/* Reads the status in "HTTP/1.1 200", with or without a reason; 0: this is
 * another line. */
static int read_status_line(const char *line, size_t length) {
  static const char version[] = "HTTP/1.1 ";
  enum { VERSION = sizeof version - 1, CODE = 3 };
  if (length < VERSION + CODE || memcmp(line, version, VERSION) != 0) return 0;
  const char *code = line + VERSION;
  if (code[0] < '1' || code[0] > '9') return 0;
  if (!lr_is_digit(code[1]) || !lr_is_digit(code[2])) return 0;
  if (length > VERSION + CODE && code[CODE] != ' ') return 0;
  return lr_status_code_of(code);
}

/* Reads the status in "HTTP/1.0 200" likewise.  That version has no interim
 * responses. */
static LR_COLD int read_http_1_0_status(const char *line, size_t length) {
  static const char version[] = "HTTP/1.0 ";
  char same[sizeof version - 1 + 3 + 1] = "HTTP/1.1 ";
  if (length < sizeof version - 1 + 3 ||
      memcmp(line, version, sizeof version - 1) != 0)
    return 0;
  size_t compared = length < sizeof same ? length : sizeof same;
  memcpy(same + sizeof version - 1, line + sizeof version - 1,
         compared - (sizeof version - 1));
  int status = read_status_line(same, compared);
  return status >= 200 ? status : 0;
}

static bool is_word(const char *value, const char *word) {
  return lr_name_is(value, strlen(value), word);
}

static bool says_close(const char *value) {
  return strcmp(value, "keep-alive") != 0 && strcasestr(value, "close");
}

static lr_h1_result read_content_length(lr_h1_parser *parser, const char *value,
                                        size_t length) {
  int64_t number = lr_response_read_length(value, length);
  if (parser->framing & LR_H1_LENGTH)
    return fall_back(parser, LR_H1_REASON_DUPLICATE_LENGTH);
  if (number < 0) return fall_back(parser, LR_H1_REASON_BAD_LENGTH);
  parser->response->content_length = number;
  parser->framing |= LR_H1_LENGTH;
  return LR_H1_MORE;
}

static lr_h1_result read_transfer_encoding(lr_h1_parser *parser,
                                           const char *value) {
  if (parser->framing & LR_H1_CHUNKED || !is_word(value, "chunked"))
    return fall_back(parser, LR_H1_REASON_TRANSFER_CODING);
  parser->framing |= LR_H1_CHUNKED;
  return LR_H1_MORE;
}

/* The lengths of the names that say where the response ends, and what becomes
 * of the connection.  No two of them have the same. */
enum {
  CONNECTION = sizeof "Connection" - 1,
  CONTENT_LENGTH = sizeof "Content-Length" - 1,
  CONTENT_ENCODING = sizeof "Content-Encoding" - 1,
  TRANSFER_ENCODING = sizeof "Transfer-Encoding" - 1
};

static bool may_be_framing_header(size_t length) {
  return length == CONNECTION || length == CONTENT_LENGTH ||
         length == CONTENT_ENCODING || length == TRANSFER_ENCODING;
}

/* Interprets one of those headers.  One that is there twice, or that says more
 * than most do, could be read in two ways. */
static lr_h1_result read_framing_header(lr_h1_parser *parser, const char *name,
                                        size_t length) {
  size_t value_length;
  const char *value = lr_response_last_value(parser->response, &value_length);
  if (length == CONNECTION && lr_name_equal(name, "Connection", length)) {
    if (says_close(value)) parser->keeps = false;
  } else if (length == CONTENT_LENGTH &&
             lr_name_equal(name, "Content-Length", length)) {
    return read_content_length(parser, value, value_length);
  } else if (length == CONTENT_ENCODING &&
             lr_name_equal(name, "Content-Encoding", length)) {
    parser->coded = true;
  } else if (length == TRANSFER_ENCODING &&
             lr_name_equal(name, "Transfer-Encoding", length)) {
    return read_transfer_encoding(parser, value);
  }
  return LR_H1_MORE;
}

static lr_h1_result result_of(lr_h1_parser *parser, lariat_status status) {
  if (status == LARIAT_OK) return LR_H1_MORE;
  return status == LARIAT_EHEADERLIMIT
             ? fall_back(parser, LR_H1_REASON_TOO_LONG)
             : fail_with(parser, status);
}

/* Takes a line of trailers, which must be one that could be nothing else. */
static lr_h1_result add_trailer(lr_h1_parser *parser, const char *line,
                                const char *colon, const char *end) {
  size_t length = (size_t)(end - line);
  if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
    return fall_back(parser, LR_H1_REASON_BAD_TRAILER);
  if (memchr(line, '\r', length))
    return fall_back(parser, LR_H1_REASON_BARE_CR);
  return result_of(parser,
                   lr_response_add_header(parser->response, line, colon, end));
}

/* Tells what is wrong with a header's name.  A blank at the line's beginning
 * makes it a part of the one before; one before the colon has been used to make
 * two readers see different things. */
static lr_h1_reason reason_of_name(const char *line, const char *colon) {
  if (lr_is_blank(*line)) return LR_H1_REASON_OBS_FOLD;
  return !colon || colon == line ? LR_H1_REASON_NO_NAME
                                 : LR_H1_REASON_BLANK_IN_NAME;
}

/* Takes a line of a head or of trailers; not the empty one. */
static lr_h1_result add_header(lr_h1_parser *parser, const char *line,
                               const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  if (!colon || colon == line || lr_is_blank(*line) || lr_is_blank(colon[-1]))
    return fall_back(parser, reason_of_name(line, colon));
  if (parser->state == LR_H1_IN_TRAILERS)
    return add_trailer(parser, line, colon, end);
  size_t length = (size_t)(colon - line);
  if (memchr(line, '\r', length))
    return fall_back(parser, LR_H1_REASON_BARE_CR);
  lariat_status status =
      lr_response_put_header(parser->response, line, length, colon + 1, end);
  if (status != LARIAT_OK) return result_of(parser, status);
  return may_be_framing_header(length)
             ? read_framing_header(parser, line, length)
             : LR_H1_MORE;
}

static LR_COLD bool start_http_1_0_head(lr_h1_parser *parser, const char *line,
                                        const char *end) {
  int status = read_http_1_0_status(line, (size_t)(end - line));
  if (!status) return false;
  parser->state = LR_H1_IN_HEADERS;
  lr_response_begin_block(parser->response, 10, status);
  return true;
}

static bool start_head(lr_h1_parser *parser, const char *line,
                       const char *end) {
  int status = read_status_line(line, (size_t)(end - line));
  if (!status) return start_http_1_0_head(parser, line, end);
  parser->state = LR_H1_IN_HEADERS;
  lr_response_begin_block(parser->response, 11, status);
  return true;
}

/* Tells why a first line is none of this reader's.  What does not even begin
 * like HTTP is no answer at all. */
static LR_COLD lr_h1_reason reason_of_status(const char *line, size_t length) {
  static const char name[] = "HTTP/";
  size_t compared = length < sizeof name - 1 ? length : sizeof name - 1;
  if (memcmp(line, name, compared) != 0) return LR_H1_REASON_NOT_HTTP;
  return LR_H1_REASON_STATUS_LINE;
}

/* Takes the empty line. */
static lr_h1_result end_lines(lr_h1_parser *parser) {
  parser->response->in_block = false;
  return parser->state == LR_H1_IN_TRAILERS ? complete_response(parser)
                                            : end_head(parser);
}

/* ---- Lines ---- */

static bool has_nul(const char *begin, const char *end) {
  return memchr(begin, '\0', (size_t)(end - begin)) != NULL;
}

/* Takes the lines behind the first one of a head, and of trailers, that are
 * there as a whole, up to the empty one.  `lf` ends the first of them, NULL
 * when there is none; `*at` becomes where the last ends. */
static lr_h1_result take_headers(lr_h1_parser *parser, const char **at,
                                 const char *lf, const char *end) {
  const char *line = *at;
  lr_h1_result result = LR_H1_MORE;
  for (; lf; lf = memchr(line, '\n', (size_t)(end - line))) {
    const char *cr = lf - 1;
    if (lf == line || *cr != '\r')
      return fall_back(parser, LR_H1_REASON_BARE_LF);
    *at = lf + 1;
    if (cr == line) return end_lines(parser);
    result = add_header(parser, line, cr);
    if (result != LR_H1_MORE) break;
    line = lf + 1;
  }
  return result;
}

static LR_COLD lr_h1_result fall_back_at_bare_lf(lr_h1_parser *parser,
                                                 const char *line,
                                                 const char *lf) {
  lr_h1_reason reason = reason_of_status(line, (size_t)(lf - line) + 1);
  return fall_back(
      parser, reason == LR_H1_REASON_NOT_HTTP ? reason : LR_H1_REASON_BARE_LF);
}

static lr_h1_result take_lines_of_head(lr_h1_parser *parser, const char **at,
                                       const char *lf, const char *end) {
  if (parser->state == LR_H1_IN_STATUS) {
    const char *line = *at;
    if (lf == line || lf[-1] != '\r')
      return fall_back_at_bare_lf(parser, line, lf);
    if (!start_head(parser, line, lf - 1))
      return fall_back(parser, reason_of_status(line, (size_t)(lf - line)));
    *at = lf + 1;
    lf = memchr(*at, '\n', (size_t)(end - *at));
  }
  return take_headers(parser, at, lf, end);
}

/* Takes the lines of which `lf` ends the first.  What none of them may have,
 * and how long they are, is looked at once for all. */
static lr_h1_result take_head(lr_h1_parser *parser, const char **at,
                              const char *lf, const char *end) {
  const char *begin = *at;
  lr_h1_result result = take_lines_of_head(parser, at, lf, end);
  parser->head_bytes += (uint32_t)(*at - begin);
  if (parser->head_bytes > LONGEST_HEAD)
    return fall_back(parser, LR_H1_REASON_TOO_LONG);
  if (has_nul(begin, *at)) return fall_back(parser, LR_H1_REASON_NUL);
  return result;
}

/* Takes a line between chunks. */
static lr_h1_result take_chunk_line(lr_h1_parser *parser, const char **at,
                                    const char *lf) {
  const char *line = *at;
  const char *cr = lf - 1;
  if (cr < line || *cr != '\r') return fall_back(parser, LR_H1_REASON_BARE_LF);
  if (has_nul(line, lf)) return fall_back(parser, LR_H1_REASON_NUL);
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

static lr_h1_result keep_part(lr_h1_parser *parser, const char *bytes,
                              size_t length) {
  if (parser->line.length + length > LONGEST_LINE)
    return fall_back(parser, LR_H1_REASON_TOO_LONG);
  return lr_buffer_append(&parser->line, bytes, length)
             ? LR_H1_MORE
             : fail_with(parser, LARIAT_ENOMEM);
}

static bool begins_size(const char *line, size_t length) {
  size_t digits = 0;
  while (digits < length && hex_value(line[digits]) >= 0) digits++;
  if (digits > LONGEST_SIZE) return false;
  return digits == length ||
         (digits && (line[digits] == ';' || line[digits] == '\r'));
}

/* Judges the beginning of a trailer, where a CR must be the last byte. */
static lr_h1_reason reason_of_trailer(const char *line, size_t length) {
  const char *cr = memchr(line, '\r', length);
  if (!cr || length == 1) return LR_H1_REASON_NONE;
  if (cr < line + length - 1) return LR_H1_REASON_BARE_CR;
  return memchr(line, ':', length) ? LR_H1_REASON_NONE : LR_H1_REASON_NO_NAME;
}

static bool begins_status_line(const char *line, size_t length) {
  static const char *const versions[] = {"HTTP/1.1 ", "HTTP/1.0 "};
  size_t compared = strlen(versions[0]);
  if (length < compared) compared = length;
  return memcmp(line, versions[0], compared) == 0 ||
         memcmp(line, versions[1], compared) == 0;
}

/* Tells what keeps the line that has begun from becoming a good one, if
 * anything does: libcurl says so at once, without waiting for its end. */
static lr_h1_reason reason_of_beginning(const lr_h1_parser *parser) {
  const char *line = parser->line.bytes;
  size_t length = parser->line.length;
  switch ((lr_h1_state)parser->state) {
  case LR_H1_IN_STATUS:
    return begins_status_line(line, length) ? LR_H1_REASON_NONE
                                            : reason_of_status(line, length);
  case LR_H1_IN_CHUNK_SIZE:
    return begins_size(line, length) ? LR_H1_REASON_NONE
                                     : LR_H1_REASON_BAD_CHUNK_SIZE;
  case LR_H1_IN_CHUNK_END:
    return length == 1 && line[0] == '\r' ? LR_H1_REASON_NONE
                                          : LR_H1_REASON_BAD_CHUNK_END;
  case LR_H1_IN_TRAILERS:
    return reason_of_trailer(line, length);
  default:
    return LR_H1_REASON_NONE;
  }
}

static lr_h1_result begin_line(lr_h1_parser *parser, const char *bytes,
                               size_t length) {
  lr_h1_result result = keep_part(parser, bytes, length);
  if (result != LR_H1_MORE) return result;
  lr_h1_reason reason = reason_of_beginning(parser);
  return reason == LR_H1_REASON_NONE ? LR_H1_MORE : fall_back(parser, reason);
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

/* Tells whether all but the very last byte has come: versions of libcurl
 * differ. */
static bool lacks_last_lf(const lr_h1_parser *parser) {
  return parser->state == LR_H1_IN_TRAILERS && parser->line.length == 1 &&
         parser->line.bytes[0] == '\r';
}

lr_h1_result lr_h1_parser_end(lr_h1_parser *parser) {
  parser->keeps = false;
  if (parser->state == LR_H1_IN_BODY_UNTIL_CLOSE)
    return complete_response(parser);
  if (lacks_last_lf(parser)) return fall_back(parser, LR_H1_REASON_BAD_TRAILER);
  /* Heads of 1xx are not a response. */
  return fail_with(parser, parser->state == LR_H1_IN_STATUS
                               ? LARIAT_EEMPTY
                               : LARIAT_ETRUNCATED);
}

/* ---- Responses that libcurl has read ---- */

bool lr_h1_would_keep(const lariat_response *response, bool bodiless) {
  bool framed = bodiless || response->status == 204 || response->status == 304;
  bool persists = response->http_version == 11;
  if (response->http_version != 10 && !persists) return false;
  if (response->status < 200) return false;
  for (uint32_t i = 0; i < response->header_count; i++) {
    const lr_header_span *span = &response->headers[i];
    const char *name = response->text.bytes + span->name;
    const char *value = response->text.bytes + span->value;
    size_t length = span->name_length;
    if (length == CONNECTION && lr_name_equal(name, "Connection", length)) {
      if (says_close(value)) return false;
      if (strcasestr(value, "keep-alive")) persists = true;
    }
    if (length == CONTENT_LENGTH &&
        lr_name_equal(name, "Content-Length", length))
      framed = true;
    if (length == TRANSFER_ENCODING &&
        lr_name_equal(name, "Transfer-Encoding", length))
      framed = response->http_version == 11 && is_word(value, "chunked");
  }
  return framed && persists;
}
