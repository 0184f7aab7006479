/* SPDX-License-Identifier: MIT
 * h1_status_line.c: status lines that are rare, or none. */
#include "http/h1_status_line.h"

lr_h1_reason lr_h1_status_line_reason(const char *line, size_t length) {
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

lr_h1_result lr_h1_status_line_take_rare(lr_h1_parser *parser, const char *line,
                                         const char *end) {
  size_t length = (size_t)(end - line);
  int status = lr_h1_status_line_is_of(line, length, "HTTP/1.0 ")
                   ? lr_h1_status_line_read(line, length)
                   : 0;
  if (!status && length < sizeof "HTTP/" - 1)
    return lr_h1_refuse(parser, LR_H1_REASON_NOT_HTTP);
  if (!status)
    return lr_h1_refuse(parser, lr_h1_status_line_reason(line, length));
  parser->state = LR_H1_IN_HEADERS;
  lr_response_begin_block(parser->response, 10, status);
  return LR_H1_MORE;
}

lr_h1_reason lr_h1_status_line_reason_of_odd(const char *line, size_t length) {
  if (lr_h1_status_line_reason(line, length) == LR_H1_REASON_NOT_HTTP)
    return LR_H1_REASON_NOT_HTTP;
  return memchr(line, '\r', length) ? LR_H1_REASON_BARE_CR : LR_H1_REASON_NUL;
}
