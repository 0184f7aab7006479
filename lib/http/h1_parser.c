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
#include "http/h1_body.h"
#include "http/h1_chunk.h"
#include "http/h1_framing.h"
#include "http/h1_status_line.h"

/* The longest trailer, less than libcurl's. */
enum { TRAILER_MAX = 4000 };

void lr_h1_parser_clear(lr_h1_parser *parser) {
  lr_buffer_clear(&parser->line);
}

bool lr_h1_parser_begun(const lr_h1_parser *parser) {
  return parser->head_bytes > 0;
}

/* ---- Bodies ---- */

/* Takes of what has a known length as much as there is. */
static lr_h1_result take_counted(lr_h1_parser *parser, const char **at,
                                 const char *end) {
  size_t length = (size_t)(end - *at);
  if (length > parser->left) length = (size_t)parser->left;
  parser->left -= length;
  return lr_h1_body_put(parser, at, length);
}

static lr_h1_result take_length(lr_h1_parser *parser, const char **at,
                                const char *end) {
  lr_h1_result result = take_counted(parser, at, end);
  if (result != LR_H1_MORE || parser->left) return result;
  return lr_h1_body_complete(parser);
}

static lr_h1_result take_until_close(lr_h1_parser *parser, const char **at,
                                     const char *end) {
  return lr_h1_body_put(parser, at, (size_t)(end - *at));
}

static lr_h1_result take_chunk(lr_h1_parser *parser, const char **at,
                               const char *end) {
  lr_h1_result result = take_counted(parser, at, end);
  if (parser->left == 0) parser->state = LR_H1_IN_CHUNK_END;
  return result;
}

bool lr_h1_parser_digest(lr_h1_parser *parser, uint8_t out[32]) {
  return parser->digest ? lr_sha256_end(parser->digest, out)
                        : lr_sha256_of("", 0, out);
}

lr_h1_result lr_h1_parser_resume(lr_h1_parser *parser, const char *bytes,
                                 size_t length, size_t *used) {
  *used = 0;
  lr_h1_result result = lr_h1_body_resume(parser);
  if (result != LR_H1_MORE) return result;
  if (parser->state == LR_H1_IN_BODY && parser->left == 0)
    return lr_h1_body_complete(parser);
  return lr_h1_parser_feed(parser, bytes, length, used);
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
    return lr_h1_fail(parser, LARIAT_EBODYLIMIT);
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

/* Decides by a final head what follows (RFC 9112, 6.3). */
static LR_HOT lr_h1_result choose_body(lr_h1_parser *parser) {
  const lariat_response *response = parser->response;
  if (lr_h1_framing_has_no_body(parser)) return lr_h1_body_complete(parser);
  if (parser->framing == LR_H1_LENGTH && response->content_length == 0)
    return lr_h1_body_complete(parser);
  if (parser->coded && parser->decoders && !lr_h1_body_take_decoder(parser))
    return lr_h1_fail(parser, LARIAT_ENOMEM);
  return begin_body(parser);
}

/* Ends an interim head: another follows, and nothing of what this one says
 * holds for that. */
static LR_COLD lr_h1_result end_interim_head(lr_h1_parser *parser) {
  parser->counted_headers =
      (uint16_t)(parser->counted_headers + parser->response->header_count);
  if (parser->response->status == 101)
    return lr_h1_refuse(parser, LR_H1_REASON_SWITCHED);
  parser->state = LR_H1_IN_STATUS;
  parser->keeps = true;
  parser->rarities &= LR_H1_STOPS;
  parser->reason = LR_H1_REASON_NONE;
  parser->framing = LR_H1_UNTIL_CLOSE;
  parser->coded = false;
  return LR_H1_MORE;
}

static bool is_rare_head(const lr_h1_parser *parser) {
  unsigned rare = parser->reason | (unsigned)parser->rarities |
                  parser->counted_headers |
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
  lr_h1_result result = lr_h1_framing_settle(parser);
  if (result != LR_H1_MORE) return result;
  result = parser->response->interim ? end_interim_head(parser)
                                     : choose_body(parser);
  return result == LR_H1_MORE && parser->rarities & LR_H1_STOPS ? LR_H1_HEAD
                                                                : result;
}

static lr_h1_result end_head(lr_h1_parser *parser) {
  parser->response->in_block = false;
  if (LR_RARE(has_cr(parser->response)))
    return lr_h1_refuse(parser, LR_H1_REASON_BARE_CR);
  if (LR_RARE(is_rare_head(parser))) return end_rare_head(parser);
  return parser->response->interim ? end_interim_head(parser)
                                   : choose_body(parser);
}

/* ---- Header lines ---- */

static LR_COLD lr_h1_result refuse_header(lr_h1_parser *parser,
                                          lariat_status status) {
  const lariat_response *response = parser->response;
  if (status != LARIAT_EHEADERLIMIT) return lr_h1_fail(parser, status);
  return lr_h1_refuse(parser, response->header_count + response->trailer_count <
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
  bool trailer = parser->state == LR_H1_IN_TRAILERS;
  if (!response)
    return parser->rarities & LR_H1_TRAILED
               ? LR_H1_MORE
               : lr_h1_refuse(parser, LR_H1_REASON_OBS_FOLD);
  if ((trailer ? response->trailer_count : response->header_count) == 0)
    return lr_h1_refuse(parser, LR_H1_REASON_OBS_FOLD);
  parser->rarities |= LR_H1_FOLDED;
  return result_of(parser, lr_response_add_obs_fold(response, line, end));
}

/* Counts a trailer that nobody keeps: what is a proper response does not depend
 * on who takes it. */
static lr_h1_result count_trailer(lr_h1_parser *parser) {
  if (parser->counted_headers >= LR_RESPONSE_HEADERS_MAX)
    return lr_h1_refuse(parser, LR_H1_REASON_MANY_HEADERS);
  parser->counted_headers++;
  parser->rarities |= LR_H1_TRAILED;
  return LR_H1_MORE;
}

/* Takes a trailer, not the empty line.  Nothing is made of what they say, so a
 * bad name does no harm: such a line is left out. */
static LR_COLD lr_h1_result take_trailer(lr_h1_parser *parser, const char *line,
                                         const char *end) {
  size_t length = (size_t)(end - line);
  if (memchr(line, '\r', length > TRAILER_MAX ? TRAILER_MAX + 1 : length))
    return lr_h1_refuse(parser, LR_H1_REASON_BARE_CR);
  if (length > TRAILER_MAX) return lr_h1_refuse(parser, LR_H1_REASON_LONG_LINE);
  if (lr_is_blank(*line)) return take_obs_fold(parser, line, end);
  const char *colon = memchr(line, ':', length);
  if (!colon) return lr_h1_refuse(parser, LR_H1_REASON_NO_COLON);
  if (lr_framing_judge_name(line, (size_t)(colon - line))) return LR_H1_MORE;
  if (!parser->response) return count_trailer(parser);
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
  if (!lr_h1_framing_may_be(length)) return LR_H1_MORE;
  const char *value = lr_response_last_value(parser->response, &value_length);
  lr_h1_framing_read_header(parser, line, length, value, value_length);
  return LR_RARE(parser->reason != LR_H1_REASON_NONE)
             ? lr_h1_framing_judge_fault(parser)
             : LR_H1_MORE;
}

/* Takes a line that is not made of a simple name, a colon and a value. */
static LR_COLD lr_h1_result take_rare_line(lr_h1_parser *parser,
                                           const char *line, const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  if (parser->state == LR_H1_IN_TRAILERS)
    return take_trailer(parser, line, end);
  if (lr_is_blank(*line)) return take_obs_fold(parser, line, end);
  if (!colon) return lr_h1_refuse(parser, LR_H1_REASON_NO_COLON);
  lr_h1_reason reason = lr_framing_judge_name(line, (size_t)(colon - line));
  return reason == LR_H1_REASON_NONE ? put_header(parser, line, colon, end)
                                     : lr_h1_refuse(parser, reason);
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
  return parser->state == LR_H1_IN_TRAILERS ? lr_h1_body_complete(parser)
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
    lr_h1_result result =
        lr_h1_status_line_take(parser, line, line_end(line, lf));
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
  return lr_h1_refuse(parser,
                      cr_first ? LR_H1_REASON_BARE_CR : LR_H1_REASON_NUL);
}

/* Returns why a head that is long so far, the lines from `begin` on the last of
 * it, is too long, if it is.  A line is, too, if it came all at once. */
static LR_COLD lr_h1_reason reason_of_length(const lr_h1_parser *parser,
                                             const char *begin,
                                             const char *end) {
  if (parser->head_bytes > LR_H1_HEAD_MAX) return LR_H1_REASON_LONG_HEAD;
  for (const char *line = begin, *lf; line < end; line = lf + 1) {
    lf = memchr(line, '\n', (size_t)(end - line));
    if (!lf) break;
    if (lf + 1 - line > LR_H1_LINE_MAX) return LR_H1_REASON_LONG_LINE;
  }
  return LR_H1_REASON_NONE;
}

/* Takes the lines of which `lf` ends the first.  What none of them may have,
 * and how long they are, is looked at once for all.  A head that is not there
 * as a whole is looked at now: its end may never come. */
static lr_h1_result take_head(lr_h1_parser *parser, const char **at,
                              const char *lf, const char *end) {
  const char *begin = *at;
  lr_h1_result result = take_lines_of_head(parser, at, lf, end);
  parser->head_bytes += (uint32_t)(*at - begin);
  if (LR_RARE(parser->head_bytes > LR_H1_LINE_MAX)) {
    lr_h1_reason reason = reason_of_length(parser, begin, *at);
    if (reason != LR_H1_REASON_NONE) return lr_h1_refuse(parser, reason);
  }
  if (has_nul(begin, *at)) return refuse_nul(parser, begin, *at);
  if (LR_RARE(parser->state == LR_H1_IN_HEADERS) && has_bare_cr(begin, *at))
    return lr_h1_refuse(parser, LR_H1_REASON_BARE_CR);
  return result;
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
    return lr_h1_status_line_reason(line, length) == LR_H1_REASON_NOT_HTTP
               ? LR_H1_REASON_NOT_HTTP
               : LR_H1_REASON_NONE;
  case LR_H1_IN_CHUNK_SIZE:
  case LR_H1_IN_CHUNK_END:
    return lr_h1_chunk_reason_of_beginning(parser, line, length);
  case LR_H1_IN_TRAILERS:
    return reason_of_trailer(line, length);
  default:
    return LR_H1_REASON_NONE;
  }
}

static lr_h1_result take_lines(lr_h1_parser *parser, const char **at,
                               const char *lf, const char *end) {
  bool chunk = parser->state == LR_H1_IN_CHUNK_SIZE ||
               parser->state == LR_H1_IN_CHUNK_END;
  return chunk ? lr_h1_chunk_take_line(parser, at, lf)
               : take_head(parser, at, lf, end);
}

/* Returns the limit for the line that has begun, with its end. */
static size_t line_max(const lr_h1_parser *parser) {
  enum { CRLF = 2 };
  if (parser->state == LR_H1_IN_CHUNK_SIZE) return LR_H1_SIZE_LINE_MAX + CRLF;
  return parser->state == LR_H1_IN_TRAILERS ? TRAILER_MAX + CRLF
                                            : LR_H1_LINE_MAX;
}

static lr_h1_result keep_part(lr_h1_parser *parser, const char *bytes,
                              size_t length) {
  if (parser->line.length + length > line_max(parser))
    return lr_h1_refuse(parser, parser->state == LR_H1_IN_CHUNK_SIZE
                                    ? LR_H1_REASON_LONG_EXTENSION
                                    : LR_H1_REASON_LONG_LINE);
  return lr_buffer_append(&parser->line, bytes, length)
             ? LR_H1_MORE
             : lr_h1_fail(parser, LARIAT_ENOMEM);
}

static lr_h1_result begin_line(lr_h1_parser *parser, const char *bytes,
                               size_t length) {
  lr_h1_result result = keep_part(parser, bytes, length);
  if (result != LR_H1_MORE) return result;
  lr_h1_reason reason =
      reason_of_beginning(parser, parser->line.bytes, parser->line.length);
  return reason == LR_H1_REASON_NONE ? LR_H1_MORE
                                     : lr_h1_refuse(parser, reason);
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

lr_h1_result lr_h1_parser_feed_head(lr_h1_parser *parser, const char *bytes,
                                    size_t length, size_t *used) {
  const char *at = bytes;
  const char *end = bytes + length;
  lr_h1_result result = LR_H1_MORE;
  while (result == LR_H1_MORE && at < end && !lr_h1_parser_in_body(parser))
    result = take_next_line(parser, &at, end);
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
    return lr_h1_body_complete(parser);
  /* Heads of 1xx are not a response. */
  return lr_h1_fail(parser, parser->state == LR_H1_IN_STATUS
                                ? LARIAT_EEMPTY
                                : LARIAT_ETRUNCATED);
}
