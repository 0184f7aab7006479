/* SPDX-License-Identifier: MIT
 * h1_framing.h: the headers of a response that say where its body ends and what
 * becomes of the connection, and what is wrong with them.  What each header of
 * each response goes through is here, for its caller to have inside. */
#ifndef LR_HTTP_H1_FRAMING_H
#define LR_HTTP_H1_FRAMING_H

#include <string.h>

#include "http/field.h"
#include "http/h1_state.h"

/* Tells whether no body follows the head, whatever that says. */
static inline bool lr_h1_framing_has_no_body(const lr_h1_parser *parser) {
  int status = parser->response->status;
  return parser->bodiless || status == 204 || status == 304;
}

/* Read the value of a Content-Length, and of a Transfer-Encoding. */
void lr_h1_framing_read_length(lr_h1_parser *parser, const char *value,
                               size_t length);
void lr_h1_framing_read_coding(lr_h1_parser *parser, const char *value,
                               size_t length);

/* Looks for another Location before the last header, which is one: of two that
 * differ nobody knows which is meant.  Empty ones are none. */
void lr_h1_framing_compare_locations(lr_h1_parser *parser);

/* The lengths of the names that say where the response ends, and what becomes
 * of the connection, and of Location.  No two of them have the same. */
enum {
  LR_H1_LOCATION = sizeof "Location" - 1,
  LR_H1_CONNECTION = sizeof "Connection" - 1,
  LR_H1_CONTENT_LENGTH = sizeof "Content-Length" - 1,
  LR_H1_CONTENT_ENCODING = sizeof "Content-Encoding" - 1,
  LR_H1_TRANSFER_ENCODING = sizeof "Transfer-Encoding" - 1
};

/* Tells whether the value of a Connection says that it will be closed. */
static inline bool lr_h1_framing_says_close(const char *value, size_t length) {
  static const char kept[] = "keep-alive";
  if (length == sizeof kept - 1 && memcmp(value, kept, sizeof kept - 1) == 0)
    return false;
  return strcasestr(value, "close");
}

/* Tells whether a name of that length may be one of them. */
static inline bool lr_h1_framing_may_be(size_t length) {
  enum {
    LENGTHS = 1 << LR_H1_LOCATION | 1 << LR_H1_CONNECTION |
              1 << LR_H1_CONTENT_LENGTH | 1 << LR_H1_CONTENT_ENCODING |
              1 << LR_H1_TRANSFER_ENCODING
  };
  return length <= LR_H1_TRANSFER_ENCODING && LENGTHS >> length & 1;
}

/* Interprets one of those headers.  The compiler compares names of a known
 * length by itself. */
static LR_HOT void lr_h1_framing_read_header(lr_h1_parser *parser,
                                             const char *name, size_t length,
                                             const char *value,
                                             size_t value_length) {
  if (length == LR_H1_CONNECTION) {
    if (lr_name_equal(name, "Connection", LR_H1_CONNECTION) &&
        lr_h1_framing_says_close(value, value_length))
      parser->keeps = false;
  } else if (length == LR_H1_CONTENT_LENGTH) {
    if (lr_name_equal(name, "Content-Length", LR_H1_CONTENT_LENGTH))
      lr_h1_framing_read_length(parser, value, value_length);
  } else if (length == LR_H1_CONTENT_ENCODING) {
    if (lr_name_equal(name, "Content-Encoding", LR_H1_CONTENT_ENCODING))
      parser->coded = true;
  } else if (length == LR_H1_TRANSFER_ENCODING) {
    if (lr_name_equal(name, "Transfer-Encoding", LR_H1_TRANSFER_ENCODING))
      lr_h1_framing_read_coding(parser, value, value_length);
  } else if (lr_name_equal(name, "Location", LR_H1_LOCATION)) {
    lr_h1_framing_compare_locations(parser);
  }
}

/* Judges a header that was read: something is wrong with that, or with one
 * before. */
lr_h1_result lr_h1_framing_judge_fault(lr_h1_parser *parser);

/* Judges a head with something in it that few have. */
lr_h1_result lr_h1_framing_settle(lr_h1_parser *parser);

#endif
