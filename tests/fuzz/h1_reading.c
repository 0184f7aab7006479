/* SPDX-License-Identifier: MIT
 * h1_reading.c: each piece is in memory of just its size. */
#include "fuzz/h1_reading.h"

#include <stdlib.h>

static void begin_reading(struct h1_reading *r,
                          const struct h1_choice *choice) {
  memset(r, 0, sizeof *r);
  r->response = lr_response_new();
  if (!r->response) abort();
  lr_h1_parser_begin(&r->parser, r->response, choice->head,
                     choice->decodes ? &r->decoders : NULL, choice->limit);
  if (choice->use != LR_H1_KEPT)
    lr_h1_parser_discard(&r->parser, choice->use == LR_H1_DIGESTED);
}

static void feed_piece(struct h1_reading *r, const char *bytes, size_t length) {
  size_t used = SIZE_MAX;
  size_t left = length;
  char *copy = fuzz_copy(bytes, length);
  r->result = lr_h1_parser_feed(&r->parser, copy, length, &used);
  FUZZ_REQUIRE(used <= left);
  left -= used;
  while (r->result == LR_H1_PAUSED) {
    r->result =
        lr_h1_parser_resume(&r->parser, copy + length - left, left, &used);
    FUZZ_REQUIRE(used <= left);
    left -= used;
  }
  free(copy);
  FUZZ_REQUIRE(r->result != LR_H1_MORE || left == 0);
  r->used += length - left;
}

void h1_reading_open(struct h1_reading *r, const struct h1_choice *choice,
                     struct fuzz_cuts cuts, const void *bytes, size_t length) {
  const char *at = bytes;
  begin_reading(r, choice);
  r->result = LR_H1_MORE;
  while (r->result == LR_H1_MORE && length > 0) {
    size_t piece = fuzz_next_cut(&cuts, length);
    feed_piece(r, at, piece);
    at += piece;
    length -= piece;
  }
  if (r->result == LR_H1_MORE) r->result = lr_h1_parser_end(&r->parser);
  FUZZ_REQUIRE(r->result != LR_H1_MORE);
}

void h1_reading_close(struct h1_reading *r) {
  lr_h1_parser_close(&r->parser);
  lr_h1_parser_clear(&r->parser);
  lr_content_decoders_clear(&r->decoders);
  lr_response_release(r->response);
}

/* ---- What must be true ---- */

static void check_header(const lariat_response *response, uint32_t index) {
  const lr_header_span *span = &response->headers[index];
  const lr_buffer *text = &response->text;
  FUZZ_REQUIRE(span->name < text->length && span->value < text->length);
  const char *name = text->bytes + span->name;
  const char *value = text->bytes + span->value;
  FUZZ_REQUIRE(strnlen(name, text->length - span->name) == span->name_length);
  FUZZ_REQUIRE(span->name_length > 0);
  FUZZ_REQUIRE(strlen(value) < text->length - span->value);
  FUZZ_REQUIRE(!strpbrk(name, "\r\n:"));
  FUZZ_REQUIRE(!strchr(value, '\n'));
}

static void check_body(const struct h1_reading *r,
                       const struct h1_choice *choice) {
  const lr_buffer *body = &r->response->body;
  if (choice->use == LR_H1_KEPT) {
    FUZZ_REQUIRE(r->parser.received == body->length);
  } else {
    FUZZ_REQUIRE(body->length == 0);
  }
  if (choice->limit) FUZZ_REQUIRE(r->parser.received <= choice->limit);
  if (choice->head) FUZZ_REQUIRE(r->parser.received == 0);
  if (!choice->decodes && !choice->head && r->response->status != 204 &&
      r->response->status != 304 && r->parser.framing == LR_H1_LENGTH)
    FUZZ_REQUIRE(r->parser.received == (uint64_t)r->response->content_length);
}

void h1_reading_check(const struct h1_reading *r,
                      const struct h1_choice *choice) {
  FUZZ_REQUIRE((r->result == LR_H1_FAILED) == (r->parser.fault != LARIAT_OK));
  if (r->result == LR_H1_FALLBACK)
    FUZZ_REQUIRE(r->parser.reason != LR_H1_REASON_NONE);
  FUZZ_REQUIRE(r->parser.fault != LARIAT_ENOMEM);
  if (r->result != LR_H1_DONE) return;
  FUZZ_REQUIRE(r->response->status >= 200 && r->response->status <= 999);
  for (uint32_t i = 0; i < r->response->header_count; i++)
    check_header(r->response, i);
  check_body(r, choice);
}

/* ---- The same twice ---- */

static bool is_same(const lr_buffer *a, const lr_buffer *b) {
  return a->length == b->length &&
         (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

static void compare_digests(const struct h1_reading *a,
                            const struct h1_reading *b) {
  uint8_t digests[2][32];
  lr_h1_parser *parsers[] = {(lr_h1_parser *)(uintptr_t)&a->parser,
                             (lr_h1_parser *)(uintptr_t)&b->parser};
  if (a->parser.body_use != LR_H1_DIGESTED) return;
  for (size_t i = 0; i < 2; i++)
    FUZZ_REQUIRE(lr_h1_parser_digest(parsers[i], digests[i]));
  FUZZ_REQUIRE(memcmp(digests[0], digests[1], sizeof digests[0]) == 0);
}

void h1_reading_compare(const struct h1_reading *a,
                        const struct h1_reading *b) {
  const lariat_response *left = a->response;
  const lariat_response *right = b->response;
  FUZZ_REQUIRE(a->result == b->result);
  FUZZ_REQUIRE(a->parser.fault == b->parser.fault);
  if (a->result != LR_H1_DONE) return;
  FUZZ_REQUIRE(a->used == b->used);
  FUZZ_REQUIRE(a->parser.keeps == b->parser.keeps);
  FUZZ_REQUIRE(a->parser.received == b->parser.received);
  FUZZ_REQUIRE(left->status == right->status);
  FUZZ_REQUIRE(left->content_length == right->content_length);
  FUZZ_REQUIRE(left->header_count == right->header_count);
  FUZZ_REQUIRE(is_same(&left->text, &right->text));
  FUZZ_REQUIRE(is_same(&left->body, &right->body));
  compare_digests(a, b);
}
