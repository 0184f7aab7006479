/* SPDX-License-Identifier: MIT
 * h1_framing.c: framing headers that are rare, and the judgement of heads. */
#include "http/h1_framing.h"

#include "http/framing.h"

static bool is_word(const char *value, const char *word) {
  return lr_name_is(value, strlen(value), word);
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

void lr_h1_framing_read_length(lr_h1_parser *parser, const char *value,
                               size_t length) {
  int64_t number = lr_response_read_length(value, length);
  if (number < 0 || parser->framing & LR_H1_LENGTH) {
    read_rare_length(parser, value, length);
    return;
  }
  parser->response->content_length = number;
  parser->framing |= LR_H1_LENGTH;
}

void lr_h1_framing_read_coding(lr_h1_parser *parser, const char *value,
                               size_t length) {
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

void lr_h1_framing_compare_locations(lr_h1_parser *parser) {
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

/* ---- Heads ---- */

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
    if (length != LR_H1_LOCATION && lr_h1_framing_may_be(length))
      lr_h1_framing_read_header(parser, header.name, length, header.value,
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
  if (parser->counted_headers + parser->response->header_count >
      LR_RESPONSE_HEADERS_MAX)
    return LR_H1_REASON_MANY_HEADERS;
  if (reason == LR_H1_REASON_TWO_LOCATIONS) return reason;
  if (lr_h1_framing_has_no_body(parser))
    return parser->bodiless && matters_at_once(parser) ? reason
                                                       : LR_H1_REASON_NONE;
  if (reason != LR_H1_REASON_NONE || !(parser->framing & LR_H1_NOT_CODED))
    return reason;
  if (parser->framing & LR_H1_CHUNKED) return LR_H1_REASON_TRANSFER_CODING;
  return parser->framing & LR_H1_LENGTH ? LR_H1_REASON_LENGTH_AND_CODING
                                        : LR_H1_REASON_NONE;
}

lr_h1_result lr_h1_framing_settle(lr_h1_parser *parser) {
  if (parser->rarities & LR_H1_FOLDED) read_framing_again(parser);
  if (parser->response->interim) return LR_H1_MORE;
  if (parser->response->http_version == 10)
    parser->keeps = keeps_http_1_0(parser);
  lr_h1_reason reason = reason_of_head(parser);
  if (reason != LR_H1_REASON_NONE) return lr_h1_refuse(parser, reason);
  parser->reason = LR_H1_REASON_NONE;
  return LR_H1_MORE;
}

lr_h1_result lr_h1_framing_judge_fault(lr_h1_parser *parser) {
  return matters_at_once(parser)
             ? lr_h1_refuse(parser, (lr_h1_reason)parser->reason)
             : LR_H1_MORE;
}
