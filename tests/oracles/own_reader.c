/* SPDX-License-Identifier: MIT
 * own_reader.c: byte by byte, so that the end of the head is seen. */
#include "oracles/own_reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/h1_parser.h"

static uint64_t hash_headers(const lariat_response *response, uint32_t count) {
  uint64_t hash = outcome_begin;
  for (uint32_t i = 0; i < count; i++) {
    const lr_header_span *span = &response->headers[i];
    const char *value = response->text.bytes + span->value;
    hash = outcome_hash_lower(hash, response->text.bytes + span->name,
                              span->name_length);
    hash = outcome_hash(hash, ":", 1);
    hash = outcome_hash_lower(hash, value, strlen(value));
    hash = outcome_hash(hash, "\n", 1);
  }
  return hash;
}

static void judge(struct outcome *outcome, const lr_h1_parser *parser,
                  lr_h1_result result) {
  bool is_short =
      parser->fault == LARIAT_ETRUNCATED || parser->fault == LARIAT_EEMPTY;
  const char *verdict = "taken";
  const char *detail = "";
  if (result == LR_H1_FALLBACK)
    verdict = "left";
  else if (result == LR_H1_FAILED)
    verdict = is_short ? "short" : "refused";
  if (result != LR_H1_DONE)
    detail = parser->reason && !is_short
                 ? lr_h1_reason_name((lr_h1_reason)parser->reason)
                 : lariat_status_name(parser->fault);
  (void)snprintf(outcome->verdict, sizeof outcome->verdict, "%s", verdict);
  (void)snprintf(outcome->detail, sizeof outcome->detail, "%s", detail);
}

/* Feeds all bytes; `*headers` gets how many headers the final head has. */
static lr_h1_result feed_bytes(lr_h1_parser *parser, const char *bytes,
                               size_t length, size_t *used, uint32_t *headers) {
  lr_h1_result result = LR_H1_MORE;
  bool in_body = false;
  *used = 0;
  while (result == LR_H1_MORE && *used < length) {
    size_t more;
    if (!in_body) *headers = parser->response->header_count;
    result = lr_h1_parser_feed(parser, bytes + *used, 1, &more);
    in_body = lr_h1_parser_in_body(parser);
    *used += more;
  }
  return result == LR_H1_MORE ? lr_h1_parser_end(parser) : result;
}

void own_reader_read(struct outcome *outcome, bool head, const void *bytes,
                     size_t length) {
  lr_h1_parser parser = {0};
  uint32_t headers = 0;
  lariat_response *response = lr_response_new();
  if (!response) abort();
  *outcome = (struct outcome){.body = outcome_begin};
  lr_h1_parser_begin(&parser, response, head, NULL, 0);
  lr_h1_result result =
      feed_bytes(&parser, bytes, length, &outcome->used, &headers);
  judge(outcome, &parser, result);
  outcome->status = response->status;
  outcome->keeps = parser.keeps;
  outcome->body_length = response->body.length;
  outcome->body =
      outcome_hash(outcome_begin, response->body.bytes, response->body.length);
  outcome->headers = hash_headers(response, headers);
  lr_h1_parser_close(&parser);
  lr_h1_parser_clear(&parser);
  lr_response_release(response);
}
