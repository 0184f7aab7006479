/* SPDX-License-Identifier: MIT
 * h1_status_line.h: the first line of a head (RFC 9112, 4).  What each response
 * goes through is here, for its caller to have inside. */
#ifndef LR_HTTP_H1_STATUS_LINE_H
#define LR_HTTP_H1_STATUS_LINE_H

#include <string.h>

#include "http/field.h"
#include "http/h1_state.h"

/* Tells why a first line, or its beginning, is none.  What does not even begin
 * like HTTP is no answer at all. */
lr_h1_reason lr_h1_status_line_reason(const char *line, size_t length);

/* Tells why such a line is none: first of all for what was seen before it was
 * complete, if its beginning came alone. */
lr_h1_reason lr_h1_status_line_reason_of_odd(const char *line, size_t length);

/* Takes such a line that is not of HTTP/1.1. */
lr_h1_result lr_h1_status_line_take_rare(lr_h1_parser *parser, const char *line,
                                         const char *end);

enum { LR_H1_VERSION_LENGTH = sizeof "HTTP/1.1 " - 1, LR_H1_CODE_LENGTH = 3 };

/* Reads the status behind the version, with or without a reason; 0: there is
 * none. */
static inline int lr_h1_status_line_read(const char *line, size_t length) {
  const char *code = line + LR_H1_VERSION_LENGTH;
  if (length < LR_H1_VERSION_LENGTH + LR_H1_CODE_LENGTH) return 0;
  if (code[0] < '1' || code[0] > '9') return 0;
  if (!lr_is_digit(code[1]) || !lr_is_digit(code[2])) return 0;
  if (length > LR_H1_VERSION_LENGTH + LR_H1_CODE_LENGTH &&
      code[LR_H1_CODE_LENGTH] != ' ')
    return 0;
  return lr_status_code_of(code);
}

/* Tells whether a line begins with a version. */
static inline bool lr_h1_status_line_is_of(const char *line, size_t length,
                                           const char *version) {
  return length >= LR_H1_VERSION_LENGTH &&
         memcmp(line, version, LR_H1_VERSION_LENGTH) == 0;
}

/* Looks for a CR or a NUL in what is short in most answers: libcurl shows no
 * such line. */
static inline bool lr_h1_status_line_is_odd(const char *line, const char *end) {
  while (end > line + LR_H1_VERSION_LENGTH + LR_H1_CODE_LENGTH)
    if (*--end == '\r' || *end == '\0') return true;
  return false;
}

/* Tells whether a line is the one that most servers write, which is taken at
 * once. */
static inline bool lr_h1_status_line_is_ok(const char *line, size_t length) {
  static const char ok[] = "HTTP/1.1 200 OK";
  return length == sizeof ok - 1 && memcmp(line, ok, sizeof ok - 1) == 0;
}

/* Begins the head behind a line that is a good one. */
static inline lr_h1_result lr_h1_status_line_end(lr_h1_parser *parser,
                                                 int status) {
  parser->state = LR_H1_IN_HEADERS;
  lr_response_begin_block(parser->response, 11, status);
  return LR_H1_MORE;
}

/* Takes a line, and begins the head. */
static LR_HOT lr_h1_result lr_h1_status_line_take(lr_h1_parser *parser,
                                                  const char *line,
                                                  const char *end) {
  size_t length = (size_t)(end - line);
  if (lr_h1_status_line_is_ok(line, length))
    return lr_h1_status_line_end(parser, 200);
  int status = lr_h1_status_line_is_of(line, length, "HTTP/1.1 ")
                   ? lr_h1_status_line_read(line, length)
                   : 0;
  if (LR_RARE(lr_h1_status_line_is_odd(line, end)))
    return lr_h1_refuse(parser, lr_h1_status_line_reason_of_odd(line, length));
  if (!status) return lr_h1_status_line_take_rare(parser, line, end);
  return lr_h1_status_line_end(parser, status);
}

#endif
