/* SPDX-License-Identifier: MIT
 * known_heads.c: one head for each of some requests, replaced by what comes. */
#include "known_heads.h"

#include <string.h>

#include <lariat/response.h>

/* The most answers that are let by before another is noted. */
enum { LONGEST_PAUSE = 63 };

static lr_load_known_slot *slot_of(lr_load_known_heads *known,
                                   uint32_t request) {
  return &known->slots[request % LR_LOAD_KNOWN_HEADS];
}

const lr_load_known_head *
lr_load_known_heads_find(lr_load_known_heads *known, uint32_t request,
                         bool head_request, const char *bytes, size_t length) {
  lr_load_known_slot *slot = slot_of(known, request);
  const lr_load_known_head *head = &slot->head;
  if (length < head->length || !head->length || slot->noted_by ||
      head->head_request != head_request ||
      memcmp(bytes, slot->bytes, head->length) != 0)
    return NULL;
  slot->found = true;
  return head;
}

/* Finds how long the body is, as the head alone tells it.  False: it does
 * not. */
static bool read_body_bytes(const lariat_response *response, bool head_request,
                            uint64_t *bytes) {
  int status = lariat_response_status(response);
  *bytes = 0;
  if (lariat_response_header(response, "Transfer-Encoding")) return false;
  if (head_request || status == 204 || status == 304) return true;
  return lariat_response_content_length(response, bytes) == LARIAT_OK;
}

/* Says whether this answer is let by: the last ones that were noted have not
 * come again. */
static bool is_pausing(lr_load_known_slot *slot) {
  if (slot->found) {
    slot->found = false;
    slot->pause = slot->pauses = 0;
    return false;
  }
  if (slot->pause) {
    slot->pause--;
    return true;
  }
  slot->pauses = (uint16_t)(slot->pauses * 2 + 1);
  if (slot->pauses > LONGEST_PAUSE) slot->pauses = LONGEST_PAUSE;
  slot->pause = slot->pauses;
  return false;
}

/* Forgets what the parser has noted of an answer that never was complete. */
static void forget_unfinished(lr_load_known_slot *slot,
                              const lariat_h1_parser *parser) {
  if (slot->noted_by != parser) return;
  slot->noted_by = NULL;
  slot->head.length = 0;
}

void lr_load_known_heads_note(lr_load_known_heads *known, uint32_t request,
                              bool head_request, const lariat_h1_parser *parser,
                              const char *bytes, size_t length) {
  lr_load_known_slot *slot = slot_of(known, request);
  const lariat_response *response = lariat_h1_parser_response(parser);
  uint64_t body_bytes;
  forget_unfinished(slot, parser);
  if (!lariat_h1_parser_has_head(parser) || is_pausing(slot) ||
      !read_body_bytes(response, head_request, &body_bytes))
    return;
  size_t head_bytes = length - (size_t)lariat_response_body_bytes(response);
  if (head_bytes > sizeof slot->bytes) return;
  slot->head =
      (lr_load_known_head){.body_bytes = body_bytes,
                           .length = (uint32_t)head_bytes,
                           .status = (uint16_t)lariat_response_status(response),
                           .head_request = head_request};
  slot->noted_by = parser;
  memcpy(slot->bytes, bytes, head_bytes);
}

void lr_load_known_heads_confirm(lr_load_known_heads *known, uint32_t request,
                                 const lariat_h1_parser *parser) {
  lr_load_known_slot *slot = slot_of(known, request);
  if (slot->noted_by != parser) return;
  slot->noted_by = NULL;
  slot->head.keeps = lariat_h1_parser_keeps(parser);
}
