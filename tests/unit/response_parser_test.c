/* SPDX-License-Identifier: MIT
 * labels: optional
 * response_parser_test.c: the public parser of responses: what it tells of
 * them is the same however their bytes are cut, and what the internal one says.
 */
#include <lariat/h1_parser.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "http/h1_parser.h"
#include "support/compressed.h"
#include "support/fixture.h"
#include "support/response_corpus.h"

#define TEXT(text) (text), sizeof(text) - 1
#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
/* "hello, hello, hello" */
#define GZIP                                                                   \
  "\037\213\010\000\000\000\000\000\002\003\313\110\315\311\311\327\121\310"   \
  "\100\242\000\237\241\312\011\023\000\000\000"
#define GZIPPED OK "Content-Encoding: gzip\r\n"

enum { HEAD = 1, DECODES = 2, ENDS = 4, KEEPS = 8, COUNTS = 16 };

/* Which bytes are given in each call: up to `first`, and when all of those are
 * used, `step` more; or, `few`, never more than `step` behind the first call.
 */
struct cuts {
  size_t first;
  size_t step;
  bool few;
};

/* What a response has come to, as far as the caller can see. */
struct outcome {
  lr_buffer heads; /* "103 200 " */
  lr_buffer body;
  lr_buffer trailers; /* "name=value;" */
  lariat_h1_result result;
  lariat_status status;
  char reason[128];
  size_t used;
  bool keeps;
  uint64_t body_bytes;
};

static lariat_h1_parser *make_parser(void) {
  lariat_h1_parser *parser;
  if (lariat_h1_parser_new(&parser) != LARIAT_OK) abort();
  return parser;
}

static void begin(lariat_h1_parser *parser, unsigned flags, uint64_t limit) {
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  options.head_request = flags & HEAD;
  options.decode = flags & DECODES;
  options.max_body_bytes = limit;
  if (flags & KEEPS) options.body = LARIAT_H1_KEEP;
  if (flags & COUNTS) options.body = LARIAT_H1_DISCARD;
  CU_ASSERT_EQUAL(lariat_h1_parser_begin(parser, &options), LARIAT_OK);
}

static void append(lr_buffer *buffer, const char *bytes, size_t length) {
  if (!lr_buffer_append(buffer, bytes, length)) abort();
}

static void note_head(struct outcome *o, const lariat_h1_parser *parser) {
  char text[16];
  const lariat_response *response = lariat_h1_parser_response(parser);
  int length =
      snprintf(text, sizeof text, "%d ", lariat_response_status(response));
  append(&o->heads, text, (size_t)length);
}

static void note_event(struct outcome *o, const lariat_h1_parser *parser) {
  size_t length;
  const char *piece = lariat_h1_parser_piece(parser, &length);
  CU_ASSERT_EQUAL(o->result == LARIAT_H1_BODY, piece != NULL);
  CU_ASSERT_EQUAL(length > 0, piece != NULL);
  if (piece) append(&o->body, piece, length);
  if (o->result == LARIAT_H1_INTERIM || o->result == LARIAT_H1_HEAD)
    note_head(o, parser);
}

/* Gives bytes in memory of just their size, so that a sanitizer sees reading
 * beyond it. */
static void feed(struct outcome *o, lariat_h1_parser *parser, const char *bytes,
                 size_t length) {
  size_t used = 0;
  char *copy = malloc(length ? length : 1);
  if (!copy) abort();
  memcpy(copy, bytes, length);
  o->result = lariat_h1_parser_feed(parser, copy, length, &used);
  note_event(o, parser);
  free(copy);
  CU_ASSERT(used <= length);
  if (o->result == LARIAT_H1_MORE) CU_ASSERT_EQUAL(used, length);
  o->used += used;
}

static void note_trailers(struct outcome *o, const lariat_response *response) {
  for (size_t i = 0; i < lariat_response_trailer_count(response); i++) {
    lariat_header trailer = lariat_response_trailer_at(response, i);
    append(&o->trailers, trailer.name, strlen(trailer.name));
    append(&o->trailers, "=", 1);
    append(&o->trailers, trailer.value, strlen(trailer.value));
    append(&o->trailers, ";", 1);
  }
}

static void note_end(struct outcome *o, const lariat_h1_parser *parser) {
  const lariat_response *response = lariat_h1_parser_response(parser);
  size_t length;
  const char *body = lariat_response_body(response, &length);
  if (o->heads.length == 0 && lariat_h1_parser_has_head(parser))
    note_head(o, parser);
  if (o->result == LARIAT_H1_DONE) {
    CU_ASSERT_EQUAL(body[length], '\0');
    append(&o->body, body, length);
    note_trailers(o, response);
  }
  o->status = lariat_h1_parser_status(parser);
  (void)snprintf(o->reason, sizeof o->reason, "%s",
                 lariat_h1_parser_reason(parser));
  o->keeps = lariat_h1_parser_keeps(parser);
  o->body_bytes = lariat_response_body_bytes(response);
}

/* A result that is over stays, whatever is fed. */
static void check_over(lariat_h1_parser *parser, lariat_h1_result result) {
  size_t used = 9;
  CU_ASSERT_EQUAL(lariat_h1_parser_feed(parser, "x", 1, &used), result);
  CU_ASSERT_EQUAL(used, 0);
  CU_ASSERT_EQUAL(lariat_h1_parser_end(parser), result);
  CU_ASSERT_FALSE(lariat_h1_parser_keeps(parser));
}

static void read_response(struct outcome *o, lariat_h1_parser *parser,
                          const char *text, size_t length, unsigned flags,
                          struct cuts cuts) {
  size_t stop = cuts.first < length ? cuts.first : length;
  *o = (struct outcome){.result = LARIAT_H1_BODY};
  while (o->result <= LARIAT_H1_MORE) {
    if (o->result == LARIAT_H1_MORE && o->used == length) break;
    if (cuts.few && o->used) stop = o->used + cuts.step;
    if (o->used == stop && o->result == LARIAT_H1_MORE) stop += cuts.step;
    if (stop > length) stop = length;
    feed(o, parser, text + o->used, stop - o->used);
  }
  if (o->result == LARIAT_H1_MORE && flags & ENDS)
    o->result = lariat_h1_parser_end(parser);
  note_end(o, parser);
  if (o->result > LARIAT_H1_MORE) check_over(parser, o->result);
}

static void clear(struct outcome *o) {
  lr_buffer_clear(&o->heads);
  lr_buffer_clear(&o->body);
  lr_buffer_clear(&o->trailers);
}

static bool is_same(const lr_buffer *buffer, const char *bytes, size_t length) {
  return buffer->length == length &&
         (length == 0 || memcmp(buffer->bytes, bytes, length) == 0);
}

/* ---- Rows ---- */

/* A response, and what it comes to with any cuts and in all modes. */
struct row {
  const char *text;
  size_t length;
  unsigned flags;
  const char *heads; /* without those of 1xx only the last is seen */
  const char *body;
  size_t body_length;
  const char *end; /* "keeps", "closes", "more" or why it failed */
  size_t unused;
};

static const char *end_of(const struct outcome *o) {
  if (o->result == LARIAT_H1_FAILED) return o->reason;
  if (o->result != LARIAT_H1_DONE) return "more";
  return o->keeps ? "keeps" : "closes";
}

/* The final one. */
static const char *last_head(const char *heads) {
  while (*heads == '1') heads += strlen("100 ");
  return heads;
}

static bool has_body(const struct outcome *o, const struct row *row,
                     unsigned mode) {
  bool seen = mode == 0 || (mode == KEEPS && o->result == LARIAT_H1_DONE);
  if (o->result == LARIAT_H1_FAILED) return true;
  return o->body_bytes == row->body_length &&
         is_same(&o->body, row->body, seen ? row->body_length : 0);
}

static void check_row(lariat_h1_parser *parser, const struct row *row,
                      unsigned mode, struct cuts cuts) {
  struct outcome o;
  const char *heads = mode ? last_head(row->heads) : row->heads;
  begin(parser, row->flags | mode, 0);
  read_response(&o, parser, row->text, row->length, row->flags, cuts);
  if (!is_same(&o.heads, heads, strlen(heads)) || !has_body(&o, row, mode) ||
      strcmp(end_of(&o), row->end) != 0 ||
      (o.result == LARIAT_H1_DONE && o.used != row->length - row->unused))
    fixture_fail("mode %u, cut at %zu, %zu: heads %.*s, %zu of body, %s: %s",
                 mode, cuts.first, cuts.step, (int)o.heads.length,
                 o.heads.bytes ? o.heads.bytes : "", o.body.length, end_of(&o),
                 row->text);
  CU_ASSERT_EQUAL(o.status == LARIAT_OK, o.result != LARIAT_H1_FAILED);
  clear(&o);
}

static void check_row_in(lariat_h1_parser *parser, const struct row *row,
                         struct cuts cuts) {
  static const unsigned modes[] = {0, KEEPS, COUNTS};
  for (size_t i = 0; i < FIXTURE_COUNT(modes); i++)
    check_row(parser, row, modes[i], cuts);
}

static void check_rows(const struct row *rows, size_t count) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  for (const struct row *row = rows; row < rows + count; row++) {
    for (size_t cut = 1; cut <= row->length; cut++) {
      check_row_in(parser, row, (struct cuts){cut, row->length, false});
      check_row_in(parser, row, (struct cuts){cut, 1, true});
    }
    for (size_t step = 1; step < 4; step++)
      check_row_in(parser, row, (struct cuts){step, step, false});
  }
  lariat_h1_parser_free(parser);
  fixture_close(&f);
}

static void test_good(void) {
  static const struct row rows[] = {
      {TEXT(OK "Content-Length: 5\r\n\r\nhello"), 0, "200 ", TEXT("hello"),
       "keeps", 0},
      {TEXT(OK "Content-Length: 5\r\nConnection: close\r\n\r\nhello"), 0,
       "200 ", TEXT("hello"), "closes", 0},
      {TEXT(OK "Content-Length: 0\r\n\r\n" OK), 0, "200 ", TEXT(""), "keeps",
       sizeof OK - 1},
      {TEXT(OK "Content-Length: 5\r\n\r\nhello"), HEAD, "200 ", TEXT(""),
       "keeps", 5},
      {TEXT("HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n"), 0, "304 ",
       TEXT(""), "keeps", 0},
      {TEXT(CHUNKED "5\r\nhello\r\n2;x\r\n\0\n\r\n0\r\nA: b\r\n\r\nmore"), 0,
       "200 ", TEXT("hello\0\n"), "keeps", 4},
      {TEXT(OK "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\nx\r\n0\r\n\r\n"),
       0, "200 ", TEXT("x"), "closes", 0},
      {TEXT(OK "\r\nuntil the end"), ENDS, "200 ", TEXT("until the end"),
       "closes", 0},
      {TEXT(OK "\r\nuntil the end"), 0, "200 ", TEXT("until the end"), "more",
       0},
      {TEXT(OK "\r\n"), ENDS, "200 ", TEXT(""), "closes", 0},
      {TEXT("HTTP/1.0 200\nContent-Length: 1\n\nx"), 0, "200 ", TEXT("x"),
       "closes", 0},
      {TEXT(OK "A: b\r\n c\r\nContent-Length: 1\r\n\r\nx"), 0, "200 ",
       TEXT("x"), "keeps", 0},
      {TEXT("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n c\r\n"
            "Connection: close\r\n\r\nHTTP/1.1 204 None\r\n\r\nmore"),
       0, "100 103 204 ", TEXT(""), "keeps", 4},
      {TEXT("HTTP/1.1 100 Go\r\n\r\n" CHUNKED "1\r\nx\r\n0\r\n\r\n"), 0,
       "100 200 ", TEXT("x"), "keeps", 0},
  };
  check_rows(rows, FIXTURE_COUNT(rows));
}

static void test_coded(void) {
  static const struct row rows[] = {
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP "more"), DECODES, "200 ",
       TEXT("hello, hello, hello"), "keeps", 4},
      {TEXT(GZIPPED "Transfer-Encoding: chunked\r\n\r\n1d\r\n" GZIP
                    "\r\n0\r\nA: b\r\n\r\n"),
       DECODES, "200 ", TEXT("hello, hello, hello"), "keeps", 0},
      {TEXT(GZIPPED "\r\n" GZIP), DECODES | ENDS, "200 ",
       TEXT("hello, hello, hello"), "closes", 0},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), 0, "200 ", TEXT(GZIP),
       "keeps", 0},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n"), DECODES | HEAD, "200 ",
       TEXT(""), "keeps", 0},
      {TEXT(GZIPPED "Content-Length: 0\r\n\r\n"), DECODES, "200 ", TEXT(""),
       "keeps", 0},
      {TEXT(GZIPPED "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), DECODES,
       "200 ", TEXT(""), "keeps", 0},
      {TEXT(OK "Content-Length: 1\r\n\r\nx"), DECODES, "200 ", TEXT("x"),
       "keeps", 0},
      {TEXT(GZIPPED "Content-Length: 5\r\n\r\nhello"), DECODES, "200 ",
       TEXT(""), "the gzip body is broken", 0},
      {TEXT(GZIPPED "Content-Length: 20\r\n\r\n" GZIP), DECODES, "200 ",
       TEXT(""), "the gzip body is cut", 0},
      {TEXT(GZIPPED "Transfer-Encoding: chunked\r\n\r\n1\r\n\037\r\n0\r\n\r\n"),
       DECODES, "200 ", TEXT(""), "the gzip body is cut", 0},
      {TEXT(GZIPPED "\r\n\037\213"), DECODES | ENDS, "200 ", TEXT(""),
       "the connection ended within the body", 0},
      {TEXT(OK "Content-Encoding: x\r\nContent-Length: 1\r\n\r\nx"), DECODES,
       "200 ", TEXT(""), "the content coding \"x\" is not known", 0},
  };
  check_rows(rows, FIXTURE_COUNT(rows));
}

static void test_bad(void) {
  static const struct row rows[] = {
      {TEXT("SSH-2.0-x\r\n"), 0, "", TEXT(""), "what came is not HTTP", 0},
      {TEXT(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), 0, "",
       TEXT(""), "two different Content-Lengths", 0},
      {TEXT("HTTP/1.1 101 Other\r\n\r\n"), 0, "", TEXT(""),
       "a 101 that nobody asked for", 0},
      {TEXT(OK "Transfer-Encoding: gzip\r\n\r\n"), 0, "", TEXT(""),
       "a Transfer-Encoding other than chunked", 0},
      {TEXT(CHUNKED "1\r\nx\r\n-1\r\n"), 0, "200 ", TEXT(""),
       "a chunk whose size is not a number", 0},
      {TEXT(CHUNKED "1\r\nxy\r\n"), 0, "200 ", TEXT(""),
       "a chunk that does not end where it should", 0},
      {TEXT(CHUNKED "0\r\nA\r\n\r\n"), 0, "200 ", TEXT(""),
       "a header line without a colon", 0},
      {TEXT(""), ENDS, "", TEXT(""), "the connection ended before the response",
       0},
      {TEXT("HTTP/1.1 100 Go\r\n\r\n"), ENDS, "100 ", TEXT(""),
       "the connection ended before the response", 0},
      {TEXT(OK "A: b\r\n"), ENDS, "", TEXT(""),
       "the connection ended within the head", 0},
      {TEXT(OK "Content-Length: 5\r\n\r\nhell"), ENDS, "200 ", TEXT(""),
       "the connection ended within the body", 0},
      {TEXT(CHUNKED "1\r\nx\r\n0\r\n"), ENDS, "200 ", TEXT(""),
       "the connection ended within the body", 0},
  };
  check_rows(rows, FIXTURE_COUNT(rows));
}

/* ---- Corpus ---- */

/* What the internal parser says of the same bytes. */
static void check_internal(const struct outcome *o,
                           const struct corpus_response *shape,
                           unsigned flags) {
  lr_h1_parser parser = {0};
  lr_content_decoders decoders = {0};
  size_t used;
  lariat_response *response = lr_response_new();
  if (!response) abort();
  lr_h1_parser_begin(&parser, response, flags & HEAD,
                     flags & DECODES ? &decoders : NULL, 0);
  lr_h1_result result =
      lr_h1_parser_feed(&parser, shape->bytes, shape->length, &used);
  while (result == LR_H1_PAUSED) {
    size_t more;
    result = lr_h1_parser_resume(&parser, shape->bytes + used,
                                 shape->length - used, &more);
    used += more;
  }
  if (result == LR_H1_MORE) result = lr_h1_parser_end(&parser);
  CU_ASSERT_EQUAL(o->result == LARIAT_H1_DONE, result == LR_H1_DONE);
  CU_ASSERT_EQUAL(o->status, parser.fault);
  if (result == LR_H1_DONE) {
    CU_ASSERT_EQUAL(o->used, used);
    CU_ASSERT_EQUAL(o->keeps, parser.keeps);
    CU_ASSERT_EQUAL(o->body_bytes, response->body.length);
  }
  lr_h1_parser_close(&parser);
  lr_h1_parser_clear(&parser);
  lr_content_decoders_clear(&decoders);
  lr_response_release(response);
}

/* Tells whether both came to the same; where in a body that fails was seen
 * depends on the cuts, and so does how much of it was given. */
static bool are_same(const struct outcome *a, const struct outcome *b,
                     unsigned mode) {
  if (a->result != b->result || a->status != b->status ||
      strcmp(a->reason, b->reason) != 0)
    return false;
  if (a->result != LARIAT_H1_DONE) return true;
  return a->used == b->used && a->keeps == b->keeps &&
         a->body_bytes == b->body_bytes &&
         (mode & COUNTS || is_same(&a->body, b->body.bytes, b->body.length)) &&
         is_same(&a->trailers, b->trailers.bytes, b->trailers.length);
}

static void check_cut(lariat_h1_parser *parser, const struct outcome *whole,
                      const struct corpus_response *shape, unsigned flags,
                      struct cuts cuts) {
  struct outcome o;
  begin(parser, flags, 0);
  read_response(&o, parser, shape->bytes, shape->length, flags, cuts);
  if (!are_same(whole, &o, flags))
    fixture_fail("%s, flags %u, cut at %zu, %zu: %d, %s, and not %d, %s",
                 shape->name, flags, cuts.first, cuts.step, o.result, o.reason,
                 whole->result, whole->reason);
  clear(&o);
}

static void check_shape(lariat_h1_parser *parser,
                        const struct corpus_response *shape, unsigned flags) {
  enum { LONGEST = 400 };
  struct outcome whole;
  size_t length = shape->length;
  begin(parser, flags, 0);
  read_response(&whole, parser, shape->bytes, length, flags,
                (struct cuts){length, length, false});
  check_internal(&whole, shape, flags);
  check_cut(parser, &whole, shape, flags | KEEPS,
            (struct cuts){length, length, false});
  check_cut(parser, &whole, shape, flags | COUNTS,
            (struct cuts){length, length, false});
  if (length <= LONGEST) {
    check_cut(parser, &whole, shape, flags, (struct cuts){1, 1, false});
    for (size_t cut = 1; cut < length; cut++)
      check_cut(parser, &whole, shape, flags,
                (struct cuts){cut, length, cut % 2});
  }
  clear(&whole);
}

static void test_corpus(void) {
  struct fixture f;
  size_t count;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  struct corpus_response *shapes = response_corpus_make(&count);
  lariat_h1_parser *parser = make_parser();
  CU_ASSERT_FATAL(shapes != NULL);
  for (size_t i = 0; i < count; i++) {
    check_shape(parser, &shapes[i], ENDS);
    check_shape(parser, &shapes[i], ENDS | HEAD);
    check_shape(parser, &shapes[i], ENDS | DECODES);
  }
  lariat_h1_parser_free(parser);
  response_corpus_free(shapes, count);
  fixture_close(&f);
}

/* ---- Large bodies ---- */

static size_t write_coded(char **text, const char *codings, const char *body,
                          size_t length) {
  struct compressed coded;
  compressed_make(codings, body, length, &coded);
  *text = malloc(coded.length + 200);
  if (!*text) abort();
  int head = snprintf(*text, 200,
                      OK "Content-Encoding: %s\r\nContent-Length: %zu\r\n\r\n",
                      codings, coded.length);
  memcpy(*text + head, coded.bytes, coded.length);
  size_t all = (size_t)head + coded.length;
  compressed_free(&coded);
  return all;
}

static void check_large(lariat_h1_parser *parser, const char *codings,
                        const char *body, size_t length) {
  static const size_t steps[] = {1 << 30, 1, 17, 4096};
  static const unsigned modes[] = {0, KEEPS, COUNTS};
  char *text;
  size_t all = write_coded(&text, codings, body, length);
  for (size_t i = 0; i < FIXTURE_COUNT(steps) * FIXTURE_COUNT(modes); i++) {
    struct outcome o;
    unsigned mode = modes[i % FIXTURE_COUNT(modes)];
    size_t step = steps[i / FIXTURE_COUNT(modes)];
    begin(parser, DECODES | mode, 0);
    read_response(&o, parser, text, all, 0, (struct cuts){step, step, false});
    CU_ASSERT_EQUAL(o.result, LARIAT_H1_DONE);
    CU_ASSERT_EQUAL(o.body_bytes, length);
    CU_ASSERT_TRUE(is_same(&o.body, body, mode & COUNTS ? 0 : length));
    clear(&o);
  }
  free(text);
}

/* Much more than is decoded in one turn of a reactor. */
static void test_large(void) {
  static const char *const codings[] = {
      "gzip",       "deflate",       "br",      "zstd",
      "gzip, gzip", "deflate, gzip", "br, gzip"};
  enum { LENGTH = 3 * 1000 * 1000 };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  char *body = calloc(1, LENGTH);
  if (!body) abort();
  for (size_t i = 0; i < LENGTH; i += 1000) body[i] = (char)(i / 1000);
  for (size_t i = 0; i < FIXTURE_COUNT(codings); i++) {
    if (strstr(codings[i], "br") && !compressed_is_built("br")) continue;
    if (strstr(codings[i], "zstd") && !compressed_is_built("zstd")) continue;
    check_large(parser, codings[i], body, LENGTH);
  }
  free(body);
  lariat_h1_parser_free(parser);
  fixture_close(&f);
}

/* ---- Limits ---- */

static lariat_status status_with(lariat_h1_parser *parser, unsigned flags,
                                 uint64_t limit, const char *text,
                                 size_t length, struct cuts cuts) {
  struct outcome o;
  begin(parser, flags, limit);
  read_response(&o, parser, text, length, ENDS, cuts);
  lariat_status status = o.status;
  CU_ASSERT(o.body.length <= limit);
  if (o.result == LARIAT_H1_DONE) CU_ASSERT(o.body_bytes <= limit);
  clear(&o);
  return status;
}

/* Each has 19 bytes, once decoded. */
static void test_body_limit(void) {
  static const struct row rows[] = {
      {TEXT(OK "Content-Length: 19\r\n\r\nhello, hello, hello"), 0, "",
       TEXT(""), "", 0},
      {TEXT(OK "\r\nhello, hello, hello"), 0, "", TEXT(""), "", 0},
      {TEXT(CHUNKED "a\r\nhello, hel\r\n9\r\nlo, hello\r\n0\r\n\r\n"), 0, "",
       TEXT(""), "", 0},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), DECODES, "", TEXT(""),
       "", 0},
  };
  static const unsigned modes[] = {0, KEEPS, COUNTS};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  for (size_t i = 0; i < FIXTURE_COUNT(rows) * FIXTURE_COUNT(modes); i++) {
    const struct row *row = &rows[i / FIXTURE_COUNT(modes)];
    unsigned flags = row->flags | modes[i % FIXTURE_COUNT(modes)];
    for (size_t cut = 1; cut <= row->length; cut++) {
      struct cuts cuts = {cut, row->length, false};
      CU_ASSERT_EQUAL(
          status_with(parser, flags, 19, row->text, row->length, cuts),
          LARIAT_OK);
      CU_ASSERT_EQUAL(
          status_with(parser, flags, 18, row->text, row->length, cuts),
          LARIAT_EBODYLIMIT);
    }
  }
  lariat_h1_parser_free(parser);
  fixture_close(&f);
}

/* ---- One after the other ---- */

/* Wherever the last one was given up, nothing of it is left. */
static void test_again(void) {
  static const struct row next = {
      TEXT(CHUNKED "5\r\nhello\r\n0\r\nA: b\r\n\r\n"),
      0,
      "200 ",
      TEXT("hello"),
      "keeps",
      0};
  static const char before[] =
      "HTTP/1.1 103 Hints\r\nA: b\r\n\r\n" GZIPPED
      "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n" GZIP
      "\r\n0\r\nA: b\r\n";
  static const unsigned modes[] = {0, KEEPS, COUNTS};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  for (size_t i = 0; i < 3 * sizeof before; i++) {
    struct outcome o;
    begin(parser, DECODES | modes[i % 3], 0);
    read_response(&o, parser, before, i / 3, 0, (struct cuts){7, 7, false});
    CU_ASSERT_EQUAL(o.result, LARIAT_H1_MORE);
    clear(&o);
    check_row_in(parser, &next, (struct cuts){9, 9, false});
  }
  lariat_h1_parser_free(parser);
  fixture_close(&f);
}

/* Counting events only: reading them must not allocate itself. */
static void run_through(lariat_h1_parser *parser, unsigned flags,
                        const char *text, size_t length, size_t step) {
  size_t at = 0, stop = step, used;
  lariat_h1_result result = LARIAT_H1_MORE;
  begin(parser, flags, 0);
  while (result <= LARIAT_H1_MORE) {
    if (stop > length) stop = length;
    result = lariat_h1_parser_feed(parser, text + at, stop - at, &used);
    at += used;
    if (result == LARIAT_H1_MORE) stop += step;
  }
  CU_ASSERT_EQUAL(result, LARIAT_H1_DONE);
}

static void run_all(lariat_h1_parser *parser) {
  static const struct row rows[] = {
      {TEXT(OK "Content-Length: 5\r\nServer: x\r\n\r\nhello"), 0, "", TEXT(""),
       "", 0},
      {TEXT(CHUNKED "5\r\nhello\r\n0\r\nA: b\r\n\r\n"), 0, "", TEXT(""), "", 0},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), DECODES, "", TEXT(""),
       "", 0},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    for (size_t step = 1; step <= rows[i].length; step++) {
      run_through(parser, rows[i].flags, rows[i].text, rows[i].length, step);
      run_through(parser, rows[i].flags | KEEPS, rows[i].text, rows[i].length,
                  step);
      run_through(parser, rows[i].flags | COUNTS, rows[i].text, rows[i].length,
                  step);
    }
}

static void test_allocations(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  run_all(parser);
  uint64_t before = fixture_allocations(&f);
  run_all(parser);
  CU_ASSERT_EQUAL(fixture_allocations(&f), before);
  lariat_h1_parser_free(parser);
  fixture_close(&f);
}

/* ---- Without memory ---- */

/* Returns whether a new parser has read it, or has failed for want of memory
 * where it should. */
static bool reads_without(struct fixture *f, uint64_t nth, unsigned flags,
                          size_t step) {
  static const char text[] = GZIPPED
      "Transfer-Encoding: chunked\r\n\r\n1d\r\n" GZIP "\r\n0\r\nA: b\r\n\r\n";
  lariat_h1_parser *parser;
  size_t at = 0, stop = step, used;
  lariat_h1_result result = LARIAT_H1_MORE;
  fixture_fail_allocation(f, nth);
  lariat_status status = lariat_h1_parser_new(&parser);
  if (status == LARIAT_OK) begin(parser, flags, 0);
  while (status == LARIAT_OK && result <= LARIAT_H1_MORE) {
    if (stop > sizeof text - 1) stop = sizeof text - 1;
    result = lariat_h1_parser_feed(parser, text + at, stop - at, &used);
    at += used;
    if (result == LARIAT_H1_MORE) stop += step;
  }
  fixture_fail_allocation(f, 0);
  if (status == LARIAT_OK) status = lariat_h1_parser_status(parser);
  CU_ASSERT_EQUAL(status == LARIAT_OK, result == LARIAT_H1_DONE);
  if (status != LARIAT_OK) CU_ASSERT_EQUAL(status, LARIAT_ENOMEM);
  lariat_h1_parser_free(parser);
  return status == LARIAT_OK;
}

static void test_without_memory(void) {
  static const unsigned modes[] = {0, KEEPS, COUNTS};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(modes); i++)
    for (size_t step = 1; step < 100; step += 33) {
      uint64_t nth = 1;
      while (!reads_without(&f, nth, DECODES | modes[i], step)) nth++;
      CU_ASSERT(nth > 3);
    }
  fixture_close(&f);
}

/* ---- Options ---- */

static void test_options(void) {
  struct fixture f;
  size_t used;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  CU_ASSERT_EQUAL(options.body, LARIAT_H1_PIECES);
  options.head_request = true;
  CU_ASSERT_EQUAL(lariat_h1_parser_begin(parser, &options), LARIAT_OK);
  options.size = 0;
  CU_ASSERT_EQUAL(lariat_h1_parser_begin(parser, &options), LARIAT_EINVAL);
  options.size = sizeof options;
  options.body = (lariat_h1_body)3;
  CU_ASSERT_EQUAL(lariat_h1_parser_begin(parser, &options), LARIAT_EINVAL);
  /* What was begun goes on: that was a HEAD. */
  CU_ASSERT_EQUAL(lariat_h1_parser_feed(parser, TEXT(OK "\r\n"), &used),
                  LARIAT_H1_HEAD);
  CU_ASSERT_EQUAL(lariat_h1_parser_feed(parser, NULL, 0, &used),
                  LARIAT_H1_DONE);
  /* A program that was built before there was a limit. */
  options = lariat_h1_parser_defaults();
  options.size = offsetof(lariat_h1_parser_options, max_body_bytes);
  options.max_body_bytes = 1;
  CU_ASSERT_EQUAL(lariat_h1_parser_begin(parser, &options), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_h1_parser_feed(
                      parser, TEXT(OK "Content-Length: 2\r\n\r\n"), &used),
                  LARIAT_H1_HEAD);
  lariat_h1_parser_free(parser);
  lariat_h1_parser_free(NULL);
  fixture_close(&f);
}

/* Pieces of what is not decoded are the caller's own bytes, and nothing is
 * used beyond them. */
static void test_pieces(void) {
  static const char text[] = CHUNKED "5\r\nhello\r\n0\r\n\r\n";
  const char *body = strstr(text, "hello");
  struct fixture f;
  size_t used, length, at;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  CU_ASSERT_EQUAL(lariat_h1_parser_feed(parser, text, sizeof text - 1, &used),
                  LARIAT_H1_HEAD);
  CU_ASSERT_EQUAL(used, sizeof CHUNKED - 1);
  CU_ASSERT_TRUE(lariat_h1_parser_has_head(parser));
  CU_ASSERT_FALSE(lariat_h1_parser_keeps(parser));
  at = used;
  CU_ASSERT_EQUAL(
      lariat_h1_parser_feed(parser, text + at, sizeof text - 1 - at, &used),
      LARIAT_H1_BODY);
  CU_ASSERT_PTR_EQUAL(lariat_h1_parser_piece(parser, &length), body);
  CU_ASSERT_EQUAL(length, 5);
  at += used;
  CU_ASSERT_PTR_EQUAL(text + at, body + 5);
  CU_ASSERT_EQUAL(
      lariat_h1_parser_feed(parser, text + at, sizeof text - 1 - at, &used),
      LARIAT_H1_DONE);
  CU_ASSERT_PTR_NULL(lariat_h1_parser_piece(parser, &length));
  CU_ASSERT_EQUAL(at + used, sizeof text - 1);
  CU_ASSERT_TRUE(lariat_h1_parser_keeps(parser));
  lariat_h1_parser_free(parser);
  fixture_close(&f);
}

/* A response that is complete was so before the connection ended. */
static void test_end_of_complete(void) {
  struct fixture f;
  size_t used;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_h1_parser *parser = make_parser();
  CU_ASSERT_EQUAL(lariat_h1_parser_feed(
                      parser, TEXT(OK "Content-Length: 0\r\n\r\n"), &used),
                  LARIAT_H1_HEAD);
  CU_ASSERT_EQUAL(lariat_h1_parser_end(parser), LARIAT_H1_DONE);
  CU_ASSERT_FALSE(lariat_h1_parser_keeps(parser));
  CU_ASSERT_EQUAL(lariat_h1_parser_status(parser), LARIAT_OK);
  lariat_h1_parser_free(parser);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"good responses", test_good},
      {"coded bodies", test_coded},
      {"bad responses", test_bad},
      {"the corpus", test_corpus},
      {"large bodies", test_large},
      {"the limit of the body", test_body_limit},
      {"one after the other", test_again},
      {"no allocation from the second on", test_allocations},
      {"each allocation fails in turn", test_without_memory},
      {"options", test_options},
      {"pieces are the caller's bytes", test_pieces},
      {"the end of a complete response", test_end_of_complete},
  };
  return fixture_main("response_parser", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
