/* SPDX-License-Identifier: MIT
 * h1_state.c: how a response is refused. */
#include "http/h1_state.h"

static bool is_limit(lr_h1_reason reason) {
  return reason == LR_H1_REASON_LONG_LINE || reason == LR_H1_REASON_LONG_HEAD ||
         reason == LR_H1_REASON_MANY_HEADERS;
}

lr_h1_result lr_h1_refuse(lr_h1_parser *parser, lr_h1_reason reason) {
  parser->reason = (uint8_t)reason;
  return lr_h1_fail(parser,
                    is_limit(reason) ? LARIAT_EHEADERLIMIT : LARIAT_EPROTOCOL);
}
