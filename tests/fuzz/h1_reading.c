/* SPDX-License-Identifier: MIT
 * h1_reading.c: each piece is in memory of just its size. */
#include "fuzz/h1_reading.h"

#include <stdlib.h>

#include "http/framing.h"

static void begin_reading(struct h1_reading *r,
                          const struct h1_choice *choice) {
  memset(r, 0, sizeof *r);
  r->response = lr_response_new();
  if (!r->response) abort();
  lr_h1_parser_begin(&r->parser, r->response, choice->head,
                     choice->decodes ? &r->decoders : NULL, choice->limit);
  if (choice->use == LR_H1_PASSED)
    lr_h1_parser_pass(&r->parser);
  else if (choice->use != LR_H1_KEPT)
    lr_h1_parser_discard(&r->parser, choice->use == LR_H1_DIGESTED);
}

/* Takes a piece of a PASSED body, which ends where `end` points. */
static void take_passed(struct h1_reading *r, const char *end) {
  size_t length = r->parser.piece_length;
  FUZZ_REQUIRE(length > 0);
  if (!lr_buffer_append(&r->passed, end - length, length)) abort();
}

/* Goes on behind a pause, or a piece that was passed; returns how many bytes
 * are left then. */
static size_t feed_rest(struct h1_reading *r, const char *bytes, size_t left) {
  size_t used = 0;
  if (r->result == LR_H1_PIECE && lr_h1_parser_complete(&r->parser))
    r->result = LR_H1_DONE;
  else if (r->result == LR_H1_PIECE)
    r->result = lr_h1_parser_feed(&r->parser, bytes, left, &used);
  else
    r->result = lr_h1_parser_resume(&r->parser, bytes, left, &used);
  FUZZ_REQUIRE(used <= left);
  if (r->result == LR_H1_PIECE) {
    FUZZ_REQUIRE(r->parser.piece_length <= used);
    take_passed(r, bytes + used);
  }
  return left - used;
}

static void feed_piece(struct h1_reading *r, const char *bytes, size_t length) {
  size_t left = length;
  char *copy = fuzz_copy(bytes, length);
  /* As behind a piece of nothing. */
  r->result = LR_H1_PIECE;
  while (r->result == LR_H1_PIECE || r->result == LR_H1_PAUSED)
    left = feed_rest(r, copy + length - left, left);
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
  lr_buffer_clear(&r->passed);
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
  FUZZ_REQUIRE(lr_framing_judge_name(name, span->name_length) ==
               LR_H1_REASON_NONE);
  FUZZ_REQUIRE(!strchr(name, ':'));
  FUZZ_REQUIRE(!strpbrk(value, "\r\n"));
}

static void check_body(const struct h1_reading *r,
                       const struct h1_choice *choice) {
  const lr_buffer *body = &r->response->body;
  if (choice->use == LR_H1_KEPT) {
    FUZZ_REQUIRE(r->parser.received == body->length);
  } else {
    FUZZ_REQUIRE(body->length == 0);
  }
  if (choice->use == LR_H1_PASSED)
    FUZZ_REQUIRE(r->parser.received == r->passed.length);
  if (choice->limit) FUZZ_REQUIRE(r->parser.received <= choice->limit);
  if (choice->head) FUZZ_REQUIRE(r->parser.received == 0);
  if ((!choice->decodes || choice->use == LR_H1_PASSED) && !choice->head &&
      r->response->status != 204 && r->response->status != 304 &&
      r->parser.framing == LR_H1_LENGTH)
    FUZZ_REQUIRE(r->parser.received == (uint64_t)r->response->content_length);
}

void h1_reading_check(const struct h1_reading *r,
                      const struct h1_choice *choice) {
  FUZZ_REQUIRE((r->result == LR_H1_FAILED) == (r->parser.fault != LARIAT_OK));
  if (r->parser.fault == LARIAT_EPROTOCOL)
    FUZZ_REQUIRE(r->parser.reason != LR_H1_REASON_NONE);
  FUZZ_REQUIRE(r->parser.fault != LARIAT_ENOMEM);
  if (r->result != LR_H1_DONE) return;
  FUZZ_REQUIRE(r->response->status >= 200 && r->response->status <= 999);
  const uint32_t count = r->response->header_count + r->response->trailer_count;
  for (uint32_t i = 0; i < count; i++) check_header(r->response, i);
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

/* Tells whether a body could not be decoded, or would be too long: which of the
 * two is seen first depends on how much of it is decoded at once. */
static bool is_of_decoding(const lr_h1_parser *parser) {
  return parser->coded && (parser->fault == LARIAT_EENCODING ||
                           parser->fault == LARIAT_EBODYLIMIT);
}

void h1_reading_compare(const struct h1_reading *a,
                        const struct h1_reading *b) {
  const lariat_response *left = a->response;
  const lariat_response *right = b->response;
  FUZZ_REQUIRE(a->result == b->result);
  FUZZ_REQUIRE(a->parser.fault == b->parser.fault ||
               (is_of_decoding(&a->parser) && is_of_decoding(&b->parser)));
  if (!is_of_decoding(&a->parser))
    FUZZ_REQUIRE(a->parser.reason == b->parser.reason);
  if (a->result != LR_H1_DONE) return;
  FUZZ_REQUIRE(a->used == b->used);
  FUZZ_REQUIRE(a->parser.keeps == b->parser.keeps);
  FUZZ_REQUIRE(a->parser.received == b->parser.received);
  FUZZ_REQUIRE(left->status == right->status);
  FUZZ_REQUIRE(left->content_length == right->content_length);
  FUZZ_REQUIRE(left->header_count == right->header_count);
  FUZZ_REQUIRE(is_same(&left->text, &right->text));
  FUZZ_REQUIRE(left->trailer_count == right->trailer_count);
  FUZZ_REQUIRE(is_same(&left->body, &right->body));
  FUZZ_REQUIRE(is_same(&a->passed, &b->passed));
  compare_digests(a, b);
}

void h1_reading_compare_kept(const struct h1_reading *passed,
                             const struct h1_reading *kept) {
  FUZZ_REQUIRE(passed->result == kept->result);
  FUZZ_REQUIRE(passed->parser.fault == kept->parser.fault);
  FUZZ_REQUIRE(passed->parser.reason == kept->parser.reason);
  if (passed->result != LR_H1_DONE) return;
  FUZZ_REQUIRE(passed->used == kept->used);
  FUZZ_REQUIRE(is_same(&passed->passed, &kept->response->body));
}
