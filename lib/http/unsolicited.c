/* SPDX-License-Identifier: MIT
 * unsolicited.c: what bytes that nobody asked for say of a server. */
#include "http/unsolicited.h"

#include "http/h1_parser.h"

static bool is_only_line_ends(const char *bytes, size_t length) {
  size_t ends = 0;
  while (ends < length && (bytes[ends] == '\r' || bytes[ends] == '\n')) ends++;
  return ends == length;
}

/* Without memory to read the answer, it is taken for a good one. */
static bool is_request_timeout(const char *bytes, size_t length) {
  lr_h1_parser parser = {0};
  size_t used = 0;
  lariat_response *response = lr_response_new();
  if (!response) return true;
  lr_h1_parser_begin(&parser, response, false, NULL, 0);
  lr_h1_parser_discard(&parser, false);
  lr_h1_result result = lr_h1_parser_feed(&parser, bytes, length, &used);
  bool good = (result == LR_H1_DONE || result == LR_H1_MORE) &&
              used == length && lr_h1_parser_in_body(&parser) &&
              response->status == 408;
  lr_h1_parser_close(&parser);
  lr_h1_parser_clear(&parser);
  lr_response_release(response);
  return good;
}

bool lr_unsolicited_is_goodbye(const char *bytes, size_t length) {
  return is_only_line_ends(bytes, length) || is_request_timeout(bytes, length);
}
