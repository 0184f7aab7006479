/* SPDX-License-Identifier: MIT
 * warc_body.c: the body goes through lariat's reader of HTTP/1.1, behind a head
 * that says no more than what is to be undone. */
#include <lariat/crawl/warc_body.h>

#include <string.h>
#include <strings.h>

#include "warc_text.h"
#include <lariat/allocator.h>
#include <lariat/h1_parser.h>

enum { SNIFFED = 20 }; /* bytes of a chunk's first line that are looked at */

struct lariat_crawl_warc_body {
  lariat_crawl_warc_body_sink *sink;
  void *context;
  lariat_h1_parser *parser;
  lr_crawl_warc_text head;
  lariat_status status;
  enum { SNIFFING, DECODING } state;
  size_t sniffed;
  char first[SNIFFED]; /* of a body that is said to have chunks */
};

lariat_status lariat_crawl_warc_body_new(lariat_crawl_warc_body_sink *sink,
                                         void *context,
                                         lariat_crawl_warc_body **out) {
  *out = NULL;
  lariat_crawl_warc_body *body = lariat_memory_allocate(sizeof *body);
  if (!body) return LARIAT_ENOMEM;
  *body = (lariat_crawl_warc_body){
      .sink = sink, .context = context, .state = DECODING};
  if (lariat_h1_parser_new(&body->parser) != LARIAT_OK) {
    lariat_memory_release(body);
    return LARIAT_ENOMEM;
  }
  *out = body;
  return LARIAT_OK;
}

void lariat_crawl_warc_body_free(lariat_crawl_warc_body *body) {
  if (!body) return;
  lariat_h1_parser_free(body->parser);
  lr_crawl_warc_text_free(&body->head);
  lariat_memory_release(body);
}

/* ---- Decoding ---- */

static void read_all(lariat_crawl_warc_body *body, const char *bytes,
                     size_t length) {
  lariat_h1_result result;
  do {
    size_t used, piece_length;
    result = lariat_h1_parser_feed(body->parser, bytes, length, &used);
    bytes += used;
    length -= used;
    const char *piece = lariat_h1_parser_piece(body->parser, &piece_length);
    if (piece) body->sink(body->context, piece, piece_length);
  } while (result < LARIAT_H1_MORE);
  if (result == LARIAT_H1_FAILED)
    body->status = lariat_h1_parser_status(body->parser);
}

/* Begins to decode, with chunks or without. */
static void begin_decoding(lariat_crawl_warc_body *body, bool chunked) {
  if (chunked)
    lr_crawl_warc_text_put_string(&body->head,
                                  "Transfer-Encoding: chunked\r\n");
  lr_crawl_warc_text_put_string(&body->head, "\r\n");
  body->state = DECODING;
  if (body->head.failed)
    body->status = LARIAT_ENOMEM;
  else
    read_all(body, body->head.bytes, body->head.length);
}

/* ---- Are there chunks? ---- */

static bool has_word(const char *value, const char *word) {
  for (; value && *value; value++)
    if (strncasecmp(value, word, strlen(word)) == 0) return true;
  return false;
}

/* Tells whether the bytes begin with the line of a chunk's length. */
static bool are_chunks(const char *bytes, size_t length) {
  size_t digits = 0;
  while (digits < length && digits < 16 && bytes[digits] &&
         strchr("0123456789abcdefABCDEF", bytes[digits]))
    digits++;
  size_t at = digits;
  while (at < length && (bytes[at] == ' ' || bytes[at] == '\t')) at++;
  return digits && at < length &&
         (bytes[at] == ';' ||
          (bytes[at] == '\r' && at + 1 < length && bytes[at + 1] == '\n'));
}

/* Decides, with the bytes that have come, and has them decoded. */
static void end_sniffing(lariat_crawl_warc_body *body) {
  begin_decoding(body, are_chunks(body->first, body->sniffed));
  if (body->status == LARIAT_OK) read_all(body, body->first, body->sniffed);
}

static size_t sniff(lariat_crawl_warc_body *body, const char *bytes,
                    size_t length) {
  size_t some = SNIFFED - body->sniffed;
  if (some > length) some = length;
  memcpy(body->first + body->sniffed, bytes, some);
  body->sniffed += some;
  if (body->sniffed == SNIFFED) end_sniffing(body);
  return some;
}

/* ---- A body ---- */

lariat_status lariat_crawl_warc_body_begin(lariat_crawl_warc_body *body,
                                           lariat_crawl_warc_reader *reader,
                                           lariat_crawl_warc_coding coding) {
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  options.decode = coding == LARIAT_CRAWL_WARC_ALL;
  body->status = lariat_h1_parser_begin(body->parser, &options);
  body->sniffed = 0;
  lr_crawl_warc_text_clear(&body->head, SIZE_MAX);
  lr_crawl_warc_text_put_string(&body->head, "HTTP/1.1 200 OK\r\n");
  const char *value =
      lariat_crawl_warc_reader_http_value(reader, "Content-Encoding");
  if (value && *value && options.decode) {
    lr_crawl_warc_text_put_string(&body->head, "Content-Encoding: ");
    lr_crawl_warc_text_put_string(&body->head, value);
    lr_crawl_warc_text_put_string(&body->head, "\r\n");
  }
  value = lariat_crawl_warc_reader_http_value(reader, "Transfer-Encoding");
  body->state = SNIFFING;
  if (body->status == LARIAT_OK && !has_word(value, "chunked"))
    begin_decoding(body, false);
  return body->status;
}

lariat_status lariat_crawl_warc_body_feed(lariat_crawl_warc_body *body,
                                          const char *bytes, size_t length) {
  if (body->status == LARIAT_OK && body->state == SNIFFING) {
    size_t some = sniff(body, bytes, length);
    bytes += some;
    length -= some;
  }
  if (body->status == LARIAT_OK && length) read_all(body, bytes, length);
  return body->status;
}

lariat_status lariat_crawl_warc_body_end(lariat_crawl_warc_body *body) {
  if (body->status == LARIAT_OK && body->state == SNIFFING) end_sniffing(body);
  if (body->status == LARIAT_OK &&
      lariat_h1_parser_end(body->parser) == LARIAT_H1_FAILED)
    body->status = lariat_h1_parser_status(body->parser);
  return body->status;
}
