/* SPDX-License-Identifier: MIT
 * h1_parser_test.c: responses of HTTP/1.1, whole, byte by byte and cut in two
 * anywhere: what is proper is read, all else fails, but for what only libcurl
 * can decode. */
#include "http/h1_parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/compressed.h"
#include "support/fixture.h"

enum { HEAD = 1, DECODES = 2, CLOSES = 4 };

/* A text with NULs in it, perhaps, and its length. */
#define TEXT(text) (text), sizeof(text) - 1
#define OK "HTTP/1.1 200 OK\r\n"
/* "hello, hello, hello" */
#define GZIP                                                                   \
  "\037\213\010\000\000\000\000\000\002\003\313\110\315\311\311\327\121\310"   \
  "\100\242\000\237\241\312\011\023\000\000\000"
#define HELLOS "hello, hello, hello"
#define GZIPPED OK "Content-Encoding: gzip\r\n"
#define GZIPPED_TWICE "Content-Encoding: gzip\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* A response that is complete. */
struct good {
  const char *text;
  size_t length;
  unsigned flags;
  size_t unused; /* bytes behind it */
  const char *body;
  size_t body_length;
};

/* What the parser does with bodies. */
static const lr_h1_body_use uses[] = {LR_H1_KEPT, LR_H1_DISCARDED,
                                      LR_H1_DIGESTED};

/* What came of reading one. */
struct reading {
  lr_h1_parser parser;
  lariat_response *response;
  lr_content_decoders decoders;
  lr_h1_result result;
  size_t used;
};

static void begin(struct reading *r, unsigned flags, uint64_t limit) {
  memset(r, 0, sizeof *r);
  r->response = lr_response_new();
  if (r->response)
    lr_h1_parser_begin(&r->parser, r->response, flags & HEAD,
                       flags & DECODES ? &r->decoders : NULL, limit);
}

static void begin_for(struct reading *r, unsigned flags, uint64_t limit,
                      lr_h1_body_use use) {
  begin(r, flags, limit);
  if (use != LR_H1_KEPT)
    lr_h1_parser_discard(&r->parser, use == LR_H1_DIGESTED);
}

static void end(struct reading *r) {
  lr_h1_parser_close(&r->parser);
  lr_h1_parser_clear(&r->parser);
  lr_content_decoders_clear(&r->decoders);
  lr_response_release(r->response);
}

/* In memory of just that size, so that a sanitizer sees reading beyond it. */
static void feed(struct reading *r, const char *bytes, size_t length) {
  size_t used = 0;
  char *copy = malloc(length ? length : 1);
  if (!copy) abort();
  memcpy(copy, bytes, length);
  r->result = lr_h1_parser_feed(&r->parser, copy, length, &used);
  free(copy);
  CU_ASSERT(used <= length);
  if (r->result == LR_H1_MORE) CU_ASSERT_EQUAL(used, length);
  r->used += used;
}

/* `first` bytes, and then `step` at a time. */
static void read_in(struct reading *r, const char *text, size_t length,
                    size_t first, size_t step) {
  size_t at = 0;
  size_t more = first;
  r->result = LR_H1_MORE;
  while (r->result == LR_H1_MORE && at < length) {
    if (more > length - at) more = length - at;
    feed(r, text + at, more);
    at += more;
    more = step;
  }
}

/* ---- Good ones ---- */

static bool has_digest(struct reading *r, const struct good *good) {
  uint8_t here[32], there[32];
  return lr_h1_parser_digest(&r->parser, here) &&
         lr_sha256_of(good->body, good->body_length, there) &&
         memcmp(here, there, sizeof here) == 0;
}

/* The body is where it should be. */
static bool has_body(struct reading *r, const struct good *good) {
  const lr_buffer *body = &r->response->body;
  if (r->parser.body_use == LR_H1_DIGESTED && !has_digest(r, good))
    return false;
  if (r->parser.body_use != LR_H1_KEPT) return body->length == 0;
  return body->length == good->body_length &&
         (body->length == 0 ||
          memcmp(body->bytes, good->body, body->length) == 0);
}

static bool is_good(struct reading *r, const struct good *good) {
  return r->result == LR_H1_DONE && r->parser.state == LR_H1_COMPLETE &&
         r->parser.reason == LR_H1_REASON_NONE &&
         r->used == good->length - good->unused &&
         r->parser.keeps == !(good->flags & CLOSES) &&
         r->parser.received == good->body_length && has_body(r, good);
}

static void check_good_for(const struct good *good, size_t first, size_t step,
                           lr_h1_body_use use) {
  struct reading r;
  begin_for(&r, good->flags, 0, use);
  read_in(&r, good->text, good->length, first, step);
  if (!is_good(&r, good))
    fixture_fail("cut at %zu: result %d, %zu used, %zu of body: %s", first,
                 r.result, r.used, r.response->body.length, good->text);
  end(&r);
}

static void check_good_in(const struct good *good, size_t first, size_t step) {
  for (size_t i = 0; i < FIXTURE_COUNT(uses); i++)
    check_good_for(good, first, step, uses[i]);
}

static void check_good(const struct good *good) {
  for (size_t cut = 1; cut <= good->length; cut++)
    check_good_in(good, cut, good->length);
  for (size_t step = 1; step < 4; step++) check_good_in(good, step, step);
}

static void check_all_good(const struct good *rows, size_t count) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < count; i++) check_good(&rows[i]);
  fixture_close(&f);
}

static void test_lengths(void) {
  static const struct good rows[] = {
      {TEXT(OK "Content-Length: 5\r\n\r\nhello"), 0, 0, TEXT("hello")},
      {TEXT(OK "content-length:5\r\n\r\nhello"), 0, 0, TEXT("hello")},
      {TEXT(OK "CONTENT-LENGTH: \t 5 \t\r\n\r\nhello"), 0, 0, TEXT("hello")},
      {TEXT(OK "A: b\r\nContent-Length: 005\r\nC:\r\n\r\nhello"), 0, 0,
       TEXT("hello")},
      {TEXT(OK "Content-Length: 4\r\n\r\n\0\r\n\0"), 0, 0, TEXT("\0\r\n\0")},
      {TEXT(OK "Content-Length: 0\r\n\r\n"), 0, 0, TEXT("")},
      {TEXT("HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx"), 0, 0, TEXT("x")},
      {TEXT("HTTP/1.1 999 \r\nContent-Length: 1\r\n\r\nx"), 0, 0, TEXT("x")},
      {TEXT("HTTP/1.1 500 \xff any: thing\r\nContent-Length: 1\r\n\r\nx"), 0, 0,
       TEXT("x")},
      /* What is not quite the name is another header. */
      {TEXT(OK "X-Content-Length: 9\r\nContent-Length: 3\r\n"
               "Content-Lengths: 9\r\nContent_Length: 9\r\n\r\nabc"),
       0, 0, TEXT("abc")},
      /* The same length twice, and long ways to write it. */
      {TEXT(OK "Content-Length: 3, 3\r\n\r\nabc"), 0, 0, TEXT("abc")},
      {TEXT(OK "Content-Length: 3\r\ncontent-length: 03 ,3\r\n\r\nabc"), 0, 0,
       TEXT("abc")},
      {TEXT(OK "Content-Length: 0000000000000000000000003\r\n\r\nabc"), 0, 0,
       TEXT("abc")},
      /* More than there should be. */
      {TEXT(OK "Content-Length: 3\r\n\r\nabcdef"), 0, 3, TEXT("abc")},
      {TEXT(OK "Content-Length: 0\r\n\r\n" OK), 0, sizeof OK - 1, TEXT("")},
  };
  check_all_good(rows, FIXTURE_COUNT(rows));
}

static void test_chunks(void) {
  static const struct good rows[] = {
      {TEXT(CHUNKED "5\r\nhello\r\n0\r\n\r\n"), 0, 0, TEXT("hello")},
      {TEXT(CHUNKED "0\r\n\r\n"), 0, 0, TEXT("")},
      {TEXT(CHUNKED "000000000000000\r\n\r\n"), 0, 0, TEXT("")},
      {TEXT(CHUNKED "00A;x=y;z=\"\t\"\r\n0123456789\r\n1\r\nx\r\n0;\r\n\r\n"),
       0, 0, TEXT("0123456789x")},
      {TEXT(CHUNKED "a\r\n0123456789\r\n0\r\nX: y\r\nZ: \r\n\r\nmore"), 0, 4,
       TEXT("0123456789")},
      {TEXT(OK "TRANSFER-ENCODING:\tCHUNKED \r\n\r\n2\r\n\r\n\r\n0\r\n\r\n"), 0,
       0, TEXT("\r\n")},
      /* A NUL before a trailer is none in it. */
      {TEXT(CHUNKED "3\r\na\0b\r\n0\r\nX: y\r\n\r\n"), 0, 0, TEXT("a\0b")},
      {TEXT(CHUNKED "5 \r\nhello\r\n0\t ;x\r\n\r\n"), 0, 0, TEXT("hello")},
      {TEXT(CHUNKED "0000000000000005\r\nhello\r\n0\r\n\r\n"), 0, 0,
       TEXT("hello")},
      /* The length is not believed, nor is the connection. */
      {TEXT(OK "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
               "5\r\nhello\r\n0\r\n\r\n"),
       CLOSES, 0, TEXT("hello")},
      {TEXT(OK "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n"
               "5\r\nhello\r\n0\r\n\r\n"),
       CLOSES, 0, TEXT("hello")},
      /* What trailers say of the framing comes too late. */
      {TEXT(CHUNKED "1\r\nx\r\n0\r\nContent-Length: 9\r\nConnection: close\r\n"
                    "Transfer-Encoding: gzip\r\n\r\n"),
       0, 0, TEXT("x")},
  };
  check_all_good(rows, FIXTURE_COUNT(rows));
}

static void test_without_a_body(void) {
  static const struct good rows[] = {
      {TEXT(OK "Content-Length: 5\r\n\r\n"), HEAD, 0, TEXT("")},
      {TEXT(OK "Content-Length: 5\r\n\r\nhello"), HEAD, 5, TEXT("")},
      {TEXT(CHUNKED), HEAD, 0, TEXT("")},
      {TEXT(OK "\r\n"), HEAD, 0, TEXT("")},
      {TEXT(OK "Content-Encoding: gzip\r\n\r\n"), HEAD | DECODES, 0, TEXT("")},
      {TEXT(OK "Connection: close\r\n\r\n"), HEAD | CLOSES, 0, TEXT("")},
      {TEXT("HTTP/1.1 204 None\r\n\r\n"), 0, 0, TEXT("")},
      {TEXT("HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello"), 0, 5,
       TEXT("")},
      {TEXT("HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n"), 0, 0, TEXT("")},
      {TEXT("HTTP/1.1 304 Same\r\nTransfer-Encoding: chunked\r\n\r\n"), DECODES,
       0, TEXT("")},
  };
  check_all_good(rows, FIXTURE_COUNT(rows));
}

/* Line ends without CR, folds, and HTTP/1.0. */
static void test_forgiven(void) {
  static const struct good rows[] = {
      {TEXT("HTTP/1.1 200 OK\nContent-Length: 2\n\nab"), 0, 0, TEXT("ab")},
      {TEXT(OK "A: b\nContent-Length: 2\r\n\nab"), 0, 0, TEXT("ab")},
      {TEXT("HTTP/1.1 100 Go\n\n" OK "Content-Length: 2\r\n\r\nab"), 0, 0,
       TEXT("ab")},
      {TEXT(CHUNKED "1\r\nx\r\n0\r\nA: b\n\n"), 0, 0, TEXT("x")},
      {TEXT(CHUNKED "1\r\nx\r\n0\r\n\n"), 0, 0, TEXT("x")},
      {TEXT(OK "A: b\r\n c: d\r\nContent-Length: 2\r\n \r\n\r\nab"), 0, 0,
       TEXT("ab")},
      {TEXT(OK "Transfer-Encoding:\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"), 0,
       0, TEXT("x")},
      {TEXT(OK "Content-Length: 2\r\nConnection: x,\r\n close\r\n\r\nab"),
       CLOSES, 0, TEXT("ab")},
      {TEXT(CHUNKED "1\r\nx\r\n0\r\nA: b\r\n c\r\n\r\n"), 0, 0, TEXT("x")},
      {TEXT("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"), CLOSES, 0,
       TEXT("x")},
      {TEXT("HTTP/1.0 200\r\nContent-Length: 1\r\n"
            "Connection: Keep-Alive\r\n\r\nx"),
       0, 0, TEXT("x")},
      {TEXT("HTTP/1.0 200\r\nContent-Length: 1\r\n"
            "Connection: keep-alive, close\r\n\r\nx"),
       CLOSES, 0, TEXT("x")},
      {TEXT("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
            "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
       CLOSES, 0, TEXT("x")},
      {TEXT("HTTP/1.1 100 Continue\r\n\r\n"
            "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"),
       CLOSES, 0, TEXT("x")},
      /* Names that are no tokens, but have only one reading. */
      {TEXT(OK "(A): b\r\n\"\xe2\x80\x9c: d\r\nContent-Length: 1\r\n\r\nx"), 0,
       0, TEXT("x")},
      /* A length that nobody follows. */
      {TEXT("HTTP/1.1 304 Same\r\nContent-Length: x\r\n\r\n"), 0, 0, TEXT("")},
      {TEXT(OK "Transfer-Encoding: gzip\r\n\r\n"), HEAD, 0, TEXT("")},
      {TEXT("HTTP/1.1 302 x\r\nLocation: /a\r\nLocation:\r\nLocation: /a\r\n"
            "Content-Length: 0\r\n\r\n"),
       0, 0, TEXT("")},
  };
  check_all_good(rows, FIXTURE_COUNT(rows));
}

/* Nothing of what they say holds for the response. */
static void test_interim(void) {
  static const struct good rows[] = {
      {TEXT("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nx"), 0,
       0, TEXT("x")},
      {TEXT("HTTP/1.1 103 Hints\r\nConnection: close\r\nContent-Length: 9\r\n"
            "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
            "HTTP/1.1 199\r\n\r\n" OK "Content-Length: 1\r\n\r\nx"),
       DECODES, 0, TEXT("x")},
      {TEXT("HTTP/1.1 102 Wait\r\n\r\n" OK "Content-Length: 9\r\n\r\n"), HEAD,
       0, TEXT("")},
  };
  check_all_good(rows, FIXTURE_COUNT(rows));
}

static void test_connection_headers(void) {
  static const struct good rows[] = {
      {TEXT(OK "Connection: keep-alive\r\nContent-Length: 0\r\n\r\n"), 0, 0,
       TEXT("")},
      {TEXT(OK "Connection: close\r\nContent-Length: 0\r\n\r\n"), CLOSES, 0,
       TEXT("")},
      {TEXT(OK "CONNECTION: Close\r\nContent-Length: 0\r\n\r\n"), CLOSES, 0,
       TEXT("")},
      {TEXT(OK "Connection: x, cLOSE\r\nConnection: keep-alive\r\n"
               "Content-Length: 0\r\n\r\n"),
       CLOSES, 0, TEXT("")},
      {TEXT(OK "Connections: close\r\nKeep-Alive: close\r\n"
               "Content-Length: 0\r\n\r\n"),
       0, 0, TEXT("")},
      {TEXT(OK "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"), 0, 0,
       TEXT("x")},
  };
  check_all_good(rows, FIXTURE_COUNT(rows));
}

/* Where there is nothing, nothing is undone. */
static void test_codings(void) {
  static const struct good rows[] = {
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), DECODES, 0,
       TEXT(HELLOS)},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP "more"), DECODES, 4,
       TEXT(HELLOS)},
      {TEXT(OK "content-encoding: X-GZIP\r\n"
               "Transfer-Encoding: chunked\r\n\r\n1d\r\n" GZIP
               "\r\n0\r\nA: b\r\n\r\n"),
       DECODES, 0, TEXT(HELLOS)},
      {TEXT(GZIPPED "Content-Length: 0\r\n\r\n"), DECODES, 0, TEXT("")},
      {TEXT(GZIPPED "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), DECODES, 0,
       TEXT("")},
      {TEXT("HTTP/1.1 304 Same\r\nContent-Encoding: gzip\r\n\r\n"), DECODES, 0,
       TEXT("")},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), 0, 0, TEXT(GZIP)},
      {TEXT(GZIPPED "Content-Length: 58\r\n\r\n" GZIP GZIP), DECODES, 0,
       TEXT(HELLOS HELLOS)},
      {TEXT(GZIPPED "Content-Length: 31\r\n\r\n" GZIP "\0\0"), DECODES, 0,
       TEXT(HELLOS)},
      {TEXT(GZIPPED "content-encoding: identity, ,\r\n"
                    "Content-Length: 29\r\n\r\n" GZIP),
       DECODES, 0, TEXT(HELLOS)},
      {TEXT(OK
            "Content-Encoding: deflate\r\nContent-Length: 17\r\n\r\n"
            "\170\234\313\110\315\311\311\327\121\310\100\242\000\104\050\006"
            "\325"),
       DECODES, 0, TEXT(HELLOS)},
      /* Codings that say nothing keep the connection all the same. */
      {TEXT(OK "Content-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc"),
       DECODES, 0, TEXT("abc")},
      {TEXT(OK "Content-Encoding: None\r\nContent-Length: 3\r\n\r\nabc"),
       DECODES, 0, TEXT("abc")},
      {TEXT(OK "Content-Encoding:\r\nContent-Length: 3\r\n\r\nabc"), DECODES, 0,
       TEXT("abc")},
      {TEXT(OK "Content-Encoding: rot13\r\nContent-Length: 0\r\n\r\n"), DECODES,
       0, TEXT("")},
      {TEXT(OK "Content-Encoding: rot13\r\nContent-Length: 3\r\n\r\nabc"), 0, 0,
       TEXT("abc")},
      /* That of an interim response is not that of the final one. */
      {TEXT("HTTP/1.1 103 E\r\n"
            "Content-Encoding: gzip\r\n\r\n" OK "Content-Length: 3\r\n\r\nabc"),
       DECODES, 0, TEXT("abc")},
  };
  check_all_good(rows, FIXTURE_COUNT(rows));
}

static void test_what_is_collected(void) {
  static const char text[] = "HTTP/1.1 201 Made\r\nA: b c\r\nEmpty:\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"
                             "1\r\nx\r\n0\r\nLast: word\r\n\r\n";
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t cut = 1; cut < sizeof text; cut++) {
    struct reading r;
    begin(&r, 0, 0);
    read_in(&r, TEXT(text), cut, cut);
    CU_ASSERT_EQUAL(r.result, LR_H1_DONE);
    CU_ASSERT_EQUAL(lariat_response_status(r.response), 201);
    CU_ASSERT_EQUAL(lariat_response_http_version(r.response), 11);
    CU_ASSERT_EQUAL(lariat_response_header_count(r.response), 3);
    CU_ASSERT_STRING_EQUAL(lariat_response_header(r.response, "a"), "b c");
    CU_ASSERT_STRING_EQUAL(lariat_response_header(r.response, "empty"), "");
    CU_ASSERT_PTR_NULL(lariat_response_header(r.response, "last"));
    CU_ASSERT_EQUAL(lariat_response_trailer_count(r.response), 1);
    CU_ASSERT_STRING_EQUAL(lariat_response_trailer(r.response, "last"), "word");
    end(&r);
  }
  fixture_close(&f);
}

/* ---- Bad ones ---- */

struct bad {
  const char *text;
  size_t length;
  unsigned flags;
};

/* All of a head that is left out here ends there. */
static void check_bad_in(const struct bad *bad, lr_h1_result expected,
                         size_t first, size_t step) {
  struct reading r;
  bool failed = expected == LR_H1_FAILED;
  begin(&r, bad->flags, 0);
  read_in(&r, bad->text, bad->length, first, step);
  if (r.result != expected || r.parser.reason == LR_H1_REASON_NONE ||
      r.parser.fault != (failed ? LARIAT_EPROTOCOL : LARIAT_OK))
    fixture_fail("cut at %zu: result %d, state %d: %s", first, r.result,
                 r.parser.state, bad->text);
  end(&r);
}

static void check_all_bad(const struct bad *rows, size_t count,
                          lr_h1_result expected) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < count; i++) {
    for (size_t cut = 1; cut <= rows[i].length; cut++)
      check_bad_in(&rows[i], expected, cut, rows[i].length);
    check_bad_in(&rows[i], expected, 1, 1);
  }
  fixture_close(&f);
}

static void check_all_failed(const struct bad *rows, size_t count) {
  check_all_bad(rows, count, LR_H1_FAILED);
}

static void test_bad_status_lines(void) {
  static const struct bad rows[] = {
      {TEXT("\r\n"), 0},
      {TEXT("\n"), 0},
      {TEXT("\r\n" OK), 0},
      {TEXT("HTTP/1.0 2000\r\n"), 0},
      {TEXT("HTTP/1.0 20\r\n"), 0},
      {TEXT("HTTP/1.0\t200 OK\r\n"), 0},
      {TEXT("HTTP/1.2 200 OK\r\n"), 0},
      {TEXT("HTTP/2 200\r\n"), 0},
      {TEXT("http/1.1 200 OK\r\n"), 0},
      {TEXT("HTTP/1.1\r\n"), 0},
      {TEXT("HTTP/1.1 \r\n"), 0},
      {TEXT("HTTP/1.1 20\r\n"), 0},
      {TEXT("HTTP/1.1 2000\r\n"), 0},
      {TEXT("HTTP/1.1 099 Low\r\n"), 0},
      {TEXT("HTTP/1.1 2x0 OK\r\n"), 0},
      {TEXT("HTTP/1.1 20x OK\r\n"), 0},
      {TEXT("HTTP/1.1  200 OK\r\n"), 0},
      {TEXT("HTTP/1.1\t200 OK\r\n"), 0},
      {TEXT("HTTP/1.1 200\tOK\r\n"), 0},
      {TEXT("HTTP/1.1 200OK\r\n"), 0},
      {TEXT(" HTTP/1.1 200 OK\r\n"), 0},
      {TEXT("\0HTTP/1.1 200 OK\r\n"), 0},
      {TEXT("HTTP/1.1 200 O\0K\r\n"), 0},
      {TEXT("not HTTP at all\r\n"), 0},
      {TEXT("ICY 200 OK\r\n"), 0},
      {TEXT("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), 0},
      {TEXT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.2 200 OK\r\n"), 0},
  };
  check_all_failed(rows, FIXTURE_COUNT(rows));
}

static void test_bad_headers(void) {
  static const struct bad rows[] = {
      {TEXT(OK "no colon\r\n"), 0},
      {TEXT(OK ": no name\r\n"), 0},
      {TEXT(OK "A : b\r\n"), 0},
      {TEXT(OK "A\t: b\r\n"), 0},
      {TEXT(OK "A b: c\r\n"), 0},
      {TEXT(OK "Content-Length\x0b: 9\r\n"), 0},
      {TEXT(OK "A-long-name-with-a-\x7f-in-it: 9\r\n"), 0},
      {TEXT(OK "A\rB: c\r\n"), 0},
      {TEXT(OK "A: b\rContent-Length: 9\r\n\r\n"), 0},
      {TEXT(OK "A: b\r\r\n\r\n"), 0},
      {TEXT(OK "\r\r\n"), 0},
      {TEXT("HTTP/1.1 200 O\rK\r\n"), 0},
      {TEXT(OK " A: b\r\n"), 0},
      {TEXT(OK "A: b\0c\r\n"), 0},
      {TEXT(OK "A\0: b\r\n"), 0},
      {TEXT(OK "\0A: b\r\n"), 0},
      {TEXT(OK "A: b\r\nC: d\0\r\n"), 0},
  };
  check_all_failed(rows, FIXTURE_COUNT(rows));
}

static void test_bad_framing(void) {
  static const struct bad rows[] = {
      {TEXT(OK "Content-Length: 3\r\nContent-Length: 6\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: -3\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: +3\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 3;\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 0x3\r\n\r\n"), 0},
      {TEXT(OK "Content-Length:\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: x\r\n\r\n"), HEAD},
      {TEXT(OK "Content-Length: 9999999999999999999\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 18446744073709551617\r\n\r\n"), 0},
      {TEXT(OK
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
       0},
      {TEXT(OK "Transfer-Encoding: gzip\r\n\r\n"), 0},
      {TEXT(OK "Transfer-Encoding: chunked, identity\r\n\r\n"), 0},
      {TEXT(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"
               "\r\n"),
       0},
      {TEXT(OK "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 3,\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 3, 4\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 3 3\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 3\r\n 3\r\n\r\n"), 0},
      {TEXT(OK "Content-Length:\r\n 3\r\n\r\n"), 0},
      {TEXT(OK "Content-Length: 3, 4\r\n\r\n"), HEAD},
      {TEXT(OK "Location: /a\r\nLocation: /b\r\n\r\n"), 0},
      {TEXT(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"), 0},
      {TEXT(OK "Transfer-Encoding: chunked, gzip\r\n\r\n"), 0},
      {TEXT(OK "Transfer-Encoding: chunked;x\r\n\r\n"), 0},
      {TEXT(OK "Transfer-Encoding: chunke\r\n\r\n"), 0},
      {TEXT(OK "Transfer-Encoding:\r\n\r\n"), 0},
  };
  check_all_failed(rows, FIXTURE_COUNT(rows));
}

static void test_bad_chunks(void) {
  static const struct bad rows[] = {
      {TEXT(CHUNKED "\r\n"), 0},
      {TEXT(CHUNKED "5\n"), 0},
      {TEXT(CHUNKED "x\r\n"), 0},
      {TEXT(CHUNKED " 5\r\n"), 0},
      {TEXT(CHUNKED "-5\r\n"), 0},
      {TEXT(CHUNKED "+5\r\n"), 0},
      {TEXT(CHUNKED "0x5\r\n"), 0},
      {TEXT(CHUNKED "5g\r\n"), 0},
      {TEXT(CHUNKED ";x\r\n"), 0},
      {TEXT(CHUNKED "10000000000000005\r\nhello"), 0},
      {TEXT(CHUNKED "5\r\nhello\n"), 0},
      {TEXT(CHUNKED "5\r\nhello!\r\n"), 0},
      {TEXT(CHUNKED "5\r\nhello5\r\n"), 0},
      {TEXT(CHUNKED "5;\0\r\n"), 0},
      {TEXT(CHUNKED "1\r\nx\0\r\n"), 0},
      {TEXT(CHUNKED "0\r\nno colon\r\n"), 0},
      {TEXT(CHUNKED "0\r\n A: b\r\n"), 0},
      {TEXT(CHUNKED "0\r\nA: \0\r\n"), 0},
      {TEXT(CHUNKED "0\r\n5\r\nhello\r\n"), 0},
  };
  check_all_failed(rows, FIXTURE_COUNT(rows));
}

static void check_undecodable_in(const struct bad *row, size_t step,
                                 lr_h1_body_use use) {
  struct reading r;
  begin_for(&r, row->flags, 0, use);
  read_in(&r, row->text, row->length, step, step);
  if (r.result != LR_H1_FAILED || r.parser.fault != LARIAT_EENCODING)
    fixture_fail("%zu at a time: result %d, fault %d: %s", step, r.result,
                 r.parser.fault, row->text);
  end(&r);
}

static void check_undecodable(const struct bad *row) {
  for (size_t step = 1; step <= row->length; step++)
    for (size_t use = 0; use < FIXTURE_COUNT(uses); use++)
      check_undecodable_in(row, step, uses[use]);
}

/* No gzip, too little of it, too much; codings that nobody knows. */
static void test_bad_codings(void) {
  static const struct bad rows[] = {
      {TEXT(GZIPPED "Content-Length: 5\r\n\r\nhello"), DECODES},
      {TEXT(GZIPPED "Content-Length: 30\r\n\r\n" GZIP "x"), DECODES},
      {TEXT(GZIPPED "Content-Length: 31\r\n\r\n" GZIP "\0x"), DECODES},
      {TEXT(GZIPPED "Content-Length: 57\r\n\r\n" GZIP GZIP), DECODES},
      {TEXT(GZIPPED "Content-Length: 10\r\n\r\n" GZIP), DECODES},
      {TEXT(GZIPPED GZIPPED_TWICE "Content-Length: 29\r\n\r\n" GZIP), DECODES},
      {TEXT(OK "CONTENT-ENCODING: x\r\nContent-Length: 3\r\n\r\nabc"), DECODES},
      {TEXT(OK "Content-Encoding: gzip, rot13\r\n\r\nabc"), DECODES},
      {TEXT(GZIPPED "Transfer-Encoding: chunked\r\n\r\n1\r\n\x1f\r\n"
                    "0\r\n\r\n"),
       DECODES},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_undecodable(&rows[i]);
  fixture_close(&f);
}

/* What becomes more than enough for one turn is paused, with bytes that are not
 * used, and goes on with these. */
static void read_bomb(struct reading *r, const char *text, size_t length) {
  size_t at = 0, pauses = 0;
  bool paused = false;
  do {
    size_t used = 0, before = (size_t)r->parser.received;
    r->result =
        paused ? lr_h1_parser_resume(&r->parser, text + at, length - at, &used)
               : lr_h1_parser_feed(&r->parser, text + at, length - at, &used);
    CU_ASSERT(r->parser.received - before <= LR_DECODE_TURN + 64 * 1024);
    paused = r->result == LR_H1_PAUSED;
    pauses += paused;
    at += used;
  } while (paused);
  CU_ASSERT(pauses > 60);
  CU_ASSERT_EQUAL(at, length);
}

static size_t frame_bomb(char *text, size_t capacity, bool chunked,
                         const struct compressed *bomb) {
  static const char end[] = "\r\n0\r\n\r\n";
  int head =
      chunked ? snprintf(text, capacity,
                         GZIPPED "Transfer-Encoding: chunked\r\n\r\n"
                                 "%zx\r\n",
                         bomb->length)
              : snprintf(text, capacity, GZIPPED "Content-Length: %zu\r\n\r\n",
                         bomb->length);
  size_t length = (size_t)head;
  memcpy(text + length, bomb->bytes, bomb->length);
  length += bomb->length;
  if (!chunked) return length;
  memcpy(text + length, end, sizeof end - 1);
  return length + sizeof end - 1;
}

static void test_bomb(void) {
  enum { ZEROS = 20 * 1024 * 1024 };
  static char zeros[ZEROS], text[ZEROS / 100];
  struct fixture f;
  struct compressed bomb;
  compressed_make("gzip", zeros, ZEROS, &bomb);
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < 2 * FIXTURE_COUNT(uses); i++) {
    struct reading r;
    size_t length = frame_bomb(text, sizeof text, i & 1, &bomb);
    begin_for(&r, DECODES, 0, uses[i / 2]);
    read_bomb(&r, text, length);
    CU_ASSERT_EQUAL(r.result, LR_H1_DONE);
    CU_ASSERT_EQUAL(r.parser.received, ZEROS);
    end(&r);
  }
  fixture_close(&f);
  compressed_free(&bomb);
}

/* ---- Reasons ---- */

struct reasoned {
  lr_h1_reason reason;
  const char *text;
  size_t length;
};

static const struct reasoned reasoned[] = {
    {LR_H1_REASON_NOT_HTTP, TEXT("\r\n")},
    {LR_H1_REASON_NOT_HTTP, TEXT("\n")},
    {LR_H1_REASON_NOT_HTTP, TEXT("rubbish\r\n")},
    {LR_H1_REASON_NOT_HTTP, TEXT("ICY 200 OK\r\n")},
    {LR_H1_REASON_STATUS_LINE, TEXT("HTTP/1.1 2000\r\n")},
    {LR_H1_REASON_STATUS_LINE, TEXT("HTTP/1.0 20\r\n")},
    {LR_H1_REASON_VERSION, TEXT("HTTP/1.2 200 OK\r\n")},
    {LR_H1_REASON_VERSION, TEXT("HTTP/2 200 OK\r\n")},
    {LR_H1_REASON_SWITCHED, TEXT("HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n")},
    {LR_H1_REASON_BARE_LF, TEXT(CHUNKED "5\r\nhello\r\n0;x\n")},
    {LR_H1_REASON_BARE_CR, TEXT(OK "A\rB: c\r\n")},
    {LR_H1_REASON_BARE_CR, TEXT(OK "A: b\rc\r\n\r\n")},
    {LR_H1_REASON_BARE_CR, TEXT(OK "A: b\rc\r\n")},
    {LR_H1_REASON_BARE_CR, TEXT(OK "A: b\r\r\n")},
    {LR_H1_REASON_BARE_CR, TEXT(CHUNKED "0\r\nA: b\rc\r\n")},
    {LR_H1_REASON_BARE_CR, TEXT(CHUNKED "5;a\rb\r\n")},
    {LR_H1_REASON_NUL, TEXT(OK "A: b\0c\r\n")},
    {LR_H1_REASON_NUL, TEXT(CHUNKED "5;\0\r\n")},
    {LR_H1_REASON_NO_COLON, TEXT(OK "no colon\r\n")},
    {LR_H1_REASON_NO_NAME, TEXT(OK ": no name\r\n")},
    {LR_H1_REASON_BAD_NAME, TEXT(OK "A b: c\r\n")},
    {LR_H1_REASON_BLANK_IN_NAME, TEXT(OK "Transfer-Encoding : chunked\r\n")},
    {LR_H1_REASON_OBS_FOLD, TEXT(OK " A: b\r\n")},
    {LR_H1_REASON_BAD_LENGTH, TEXT(OK "Content-Length: 3 3\r\n\r\n")},
    {LR_H1_REASON_LARGE_LENGTH,
     TEXT(OK "Content-Length: 9223372036854775808\r\n\r\n")},
    {LR_H1_REASON_TWO_LENGTHS,
     TEXT(OK "Content-Length: 3\r\nContent-Length: 4\r\n\r\n")},
    {LR_H1_REASON_TWO_LENGTHS, TEXT(OK "Content-Length: 3, 4\r\n\r\n")},
    {LR_H1_REASON_TWO_LOCATIONS,
     TEXT("HTTP/1.1 302\r\nLocation: /a\r\nlocation: /b\r\n\r\n")},
    {LR_H1_REASON_LENGTH_AND_CODING,
     TEXT(OK "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n")},
    {LR_H1_REASON_TRANSFER_CODING, TEXT(OK "Transfer-Encoding: gzip\r\n\r\n")},
    {LR_H1_REASON_CHUNKED_TWICE,
     TEXT(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
             "\r\n")},
    {LR_H1_REASON_CHUNKED_TWICE,
     TEXT(OK "Transfer-Encoding: chunked, chunked\r\n\r\n")},
    {LR_H1_REASON_BAD_CHUNK_SIZE, TEXT(CHUNKED "5g\r\n")},
    {LR_H1_REASON_BAD_CHUNK_SIZE, TEXT(CHUNKED "8000000000000000\r\n")},
    {LR_H1_REASON_BAD_CHUNK_SIZE, TEXT(CHUNKED "00000000000000005\r\n")},
    {LR_H1_REASON_BAD_CHUNK_END, TEXT(CHUNKED "5\r\nhello!\r\n")},
    /* Two faults in a line: the one that is seen first, whatever comes at once.
     */
    {LR_H1_REASON_NOT_HTTP, TEXT("\0HTTP/1.1 200\0OK\r\n")},
    {LR_H1_REASON_NUL, TEXT("HTTP/1.1 2000\0OK\r\n")},
    {LR_H1_REASON_BAD_CHUNK_SIZE, TEXT(CHUNKED "@\n")},
    {LR_H1_REASON_BAD_CHUNK_SIZE, TEXT(CHUNKED "\0"
                                               "5\r\n")},
    {LR_H1_REASON_BAD_CHUNK_END, TEXT(CHUNKED "5\r\nhello!\n")},
    {LR_H1_REASON_BAD_CHUNK_END, TEXT(CHUNKED "5\r\nhello\0\r\n")},
    {LR_H1_REASON_BARE_LF, TEXT(CHUNKED "5\r\nhello\n")},
    {LR_H1_REASON_BARE_CR, TEXT(CHUNKED "0\r\nA: b\rc\0\r\n")},
    {LR_H1_REASON_NUL, TEXT(CHUNKED "0\r\nA: b\0\r\nB: b\rc\r\n")},
    {LR_H1_REASON_BARE_CR, TEXT(OK "A: b\rc\r\nB: \0\r\n\r\n")},
    {LR_H1_REASON_NUL, TEXT(OK "A: \0\r\nB: b\rc\r\n\r\n")},
    {LR_H1_REASON_NUL, TEXT(OK "A: b\rc\0\r\n\r\n")},
};

static void check_reason(const struct reasoned *row, size_t step) {
  struct reading r;
  begin(&r, DECODES, 0);
  read_in(&r, row->text, row->length, step, step);
  CU_ASSERT_EQUAL(r.result, LR_H1_FAILED);
  if (r.parser.reason != row->reason)
    fixture_fail("%s, not %s: %s", lr_h1_reason_text(r.parser.reason),
                 lr_h1_reason_text(row->reason), row->text);
  end(&r);
}

/* Each is seen, whether the bytes come at once or one by one; but for those of
 * limits, which have tests of their own. */
static void test_reasons(void) {
  unsigned seen[LR_H1_REASON_COUNT] = {0};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(reasoned); i++) {
    check_reason(&reasoned[i], reasoned[i].length);
    check_reason(&reasoned[i], 1);
    seen[reasoned[i].reason]++;
  }
  for (unsigned reason = 1; reason < LR_H1_REASON_LONG_EXTENSION; reason++)
    if (seen[reason] == 0)
      fixture_fail("not seen: %s", lr_h1_reason_text(reason));
  fixture_close(&f);
}

/* ---- Limits ---- */

/* Reads a response with a line that is as long as may be, or one byte longer.
 */
static void check_longest_line(const char *before, size_t length, size_t step,
                               lr_h1_reason reason) {
  static const char after[] = "\r\n\r\n";
  struct reading r;
  lr_buffer bytes = {0};
  for (size_t more = 0; more < 2; more++) {
    bytes.length = 0;
    CU_ASSERT_FATAL(lr_buffer_reserve(&bytes, length + 200));
    (void)lr_buffer_append(&bytes, before, strlen(before));
    memset(bytes.bytes + bytes.length, 'x', length + more);
    bytes.length += length + more;
    (void)lr_buffer_append(&bytes, after, strlen(after));
    begin(&r, 0, 0);
    read_in(&r, bytes.bytes, bytes.length, step, step);
    CU_ASSERT_EQUAL(r.result, more ? LR_H1_FAILED : LR_H1_DONE);
    CU_ASSERT_EQUAL(r.parser.reason, more ? reason : LR_H1_REASON_NONE);
    end(&r);
  }
  lr_buffer_clear(&bytes);
}

/* The end of a line counts as little where it comes later as where it comes
 * with the line. */
static void test_longest_lines(void) {
  enum { TRAILER = 4000, SIZE = 16 * 1024 };
  static const size_t steps[] = {1, 4001, 2 * SIZE, 2 * LR_H1_LINE_MAX};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(steps); i++) {
    check_longest_line("HTTP/1.1 204 No\r\nA:", LR_H1_LINE_MAX - 4, steps[i],
                       LR_H1_REASON_LONG_LINE);
    check_longest_line("HTTP/1.1 204 No\r\nA: b\r\nC:", LR_H1_LINE_MAX - 4,
                       steps[i], LR_H1_REASON_LONG_LINE);
    check_longest_line("HTTP/1.1 204 ", LR_H1_LINE_MAX - 15, steps[i],
                       LR_H1_REASON_LONG_LINE);
    check_longest_line(CHUNKED "0\r\nA:", TRAILER - 2, steps[i],
                       LR_H1_REASON_LONG_LINE);
    check_longest_line(CHUNKED "0;", SIZE - 2, steps[i],
                       LR_H1_REASON_LONG_EXTENSION);
  }
  fixture_close(&f);
}

/* Feeds `text` with as many `fill` behind it, `step` at a time, until the
 * result is another; how many that took. */
static size_t fill_until(struct reading *r, char fill, size_t step,
                         size_t most) {
  char *bytes = malloc(step);
  size_t all = 0;
  if (!bytes) abort();
  memset(bytes, fill, step);
  while (r->result == LR_H1_MORE && all < most) {
    feed(r, bytes, step);
    all += step;
  }
  free(bytes);
  return all;
}

static void check_endless_line(const char *text, size_t step) {
  struct reading r;
  begin(&r, 0, 0);
  feed(&r, text, strlen(text));
  CU_ASSERT_EQUAL(r.result, LR_H1_MORE);
  size_t all = fill_until(&r, 'x', step, 1 << 20);
  CU_ASSERT_EQUAL(r.result, LR_H1_FAILED);
  CU_ASSERT_NOT_EQUAL(r.parser.reason, LR_H1_REASON_NONE);
  CU_ASSERT(all <= LR_H1_LINE_MAX + step);
  CU_ASSERT(r.parser.line.capacity <= 256 * 1024);
  end(&r);
}

static void test_long_lines(void) {
  static const char *const texts[] = {
      "HTTP/1.1 200 ",  OK, OK "A: ", CHUNKED, CHUNKED "5;", CHUNKED "0\r\nA: ",
      CHUNKED "1\r\nx",
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(texts); i++)
    for (size_t step = 1; step < 100000; step *= 99)
      check_endless_line(texts[i], step);
  fixture_close(&f);
}

/* Of extensions, 16 KiB with the size. */
static void test_long_extensions(void) {
  enum { MOST = 16 * 1024 };
  static char line[MOST + 8];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int length = MOST - 1; length <= MOST + 1; length++) {
    struct reading r;
    snprintf(line, sizeof line, "5;%0*d\r\n", length - 2, 0);
    begin(&r, 0, 0);
    feed(&r, TEXT(CHUNKED));
    feed(&r, line, strlen(line));
    CU_ASSERT_EQUAL(r.result, length > MOST ? LR_H1_FAILED : LR_H1_MORE);
    end(&r);
  }
  fixture_close(&f);
}

/* Feeds `line` again and again; how many bytes until the parser gives up. */
static size_t repeat(struct reading *r, const char *line) {
  size_t length = strlen(line);
  size_t all = 0;
  while (r->result == LR_H1_MORE && all < 1 << 20) {
    feed(r, line, length);
    all += length;
  }
  CU_ASSERT_EQUAL(r->result, LR_H1_FAILED);
  CU_ASSERT_EQUAL(r->parser.fault, LARIAT_EHEADERLIMIT);
  return all;
}

static void check_endless_head(const char *start, const char *line) {
  struct reading r;
  begin(&r, 0, 0);
  feed(&r, start, strlen(start));
  CU_ASSERT(repeat(&r, line) <= LR_H1_HEAD_MAX + strlen(line));
  end(&r);
}

static void test_long_heads(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  check_endless_head(OK, "A: 0123456789012345678901234567890123456789"
                         "0123456789012345678901234567890123456789\r\n");
  check_endless_head(OK, "A:\r\n"); /* more than 5,000 */
  check_endless_head("", "HTTP/1.1 100 Continue\r\n\r\n");
  check_endless_head(CHUNKED "0\r\n", "A: 01234567890123456789\r\n");
  fixture_close(&f);
}

struct limited {
  const char *text;
  size_t length;
  uint64_t limit;
  bool fails;
  unsigned flags;
};

static void check_limited(const struct limited *row, size_t step,
                          lr_h1_body_use use) {
  struct reading r;
  begin_for(&r, row->flags, row->limit, use);
  read_in(&r, row->text, row->length, step, step);
  if (row->fails) {
    CU_ASSERT_EQUAL(r.result, LR_H1_FAILED);
    CU_ASSERT_EQUAL(r.parser.fault, LARIAT_EBODYLIMIT);
  } else {
    CU_ASSERT_EQUAL(r.result, LR_H1_DONE);
  }
  end(&r);
}

static void test_body_limit(void) {
  static const struct limited rows[] = {
      {TEXT(OK "Content-Length: 5\r\n\r\nhello"), 5, false, 0},
      {TEXT(OK "Content-Length: 5\r\n\r\n"), 4, true, 0},
      {TEXT(GZIPPED "Content-Length: 5\r\n\r\n"), 4, true, 0},
      {TEXT(OK "Content-Length: 5\r\n\r\nhello"), UINT64_MAX, false, 0},
      {TEXT(CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 5, false, 0},
      {TEXT(CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 4, true, 0},
      {TEXT(OK "\r\nhello"), 4, true, 0},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), 19, false, DECODES},
      {TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), 18, true, DECODES},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    for (size_t step = 1; step < 100; step++)
      for (size_t use = 0; use < FIXTURE_COUNT(uses); use++)
        check_limited(&rows[i], step, uses[use]);
  fixture_close(&f);
}

/* ---- The end of the connection ---- */

/* What comes of the first `length` bytes and an end. */
static void check_end(const char *text, size_t length, unsigned flags,
                      lr_h1_result result, lariat_status fault) {
  struct reading r;
  begin(&r, flags, 0);
  read_in(&r, text, length, length, length);
  CU_ASSERT_EQUAL(r.result, LR_H1_MORE);
  if (lr_h1_parser_end(&r.parser) != result || r.parser.fault != fault)
    fixture_fail("end after %zu bytes: %s (in state %d of %s)", length,
                 lariat_status_name(r.parser.fault), r.parser.state, text);
  CU_ASSERT_FALSE(r.parser.keeps);
  end(&r);
}

/* Everywhere before the last byte, from `from` on. */
static void check_ends_from(const char *text, size_t from, size_t to) {
  size_t line = from + strcspn(text + from, "\n") + 1;
  for (size_t i = from; i < to; i++)
    check_end(text, i, 0, LR_H1_FAILED,
              i < line ? LARIAT_EEMPTY : LARIAT_ETRUNCATED);
}

static void check_ends(const char *text) {
  check_ends_from(text, 0, strlen(text));
}

/* After a head of 1xx it is as if nothing had come. */
static void check_interim_ends(const char *interim, const char *text) {
  check_ends_from(text, 0, strlen(interim));
  check_ends_from(text, strlen(interim), strlen(text));
}

static void test_ends(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  check_ends(OK "A: b\r\nContent-Length: 5\r\n\r\nhello");
  check_ends(CHUNKED "5;x\r\nhello\r\n0\r\nA: b\r\n\r\n");
  check_interim_ends("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n",
                     "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" OK
                     "Content-Length: 1\r\n\r\nx");
  check_end(OK "\r\n", sizeof OK + 1, 0, LR_H1_DONE, LARIAT_OK);
  check_end(OK "\r\nabc", sizeof OK + 4, 0, LR_H1_DONE, LARIAT_OK);
  check_end(OK "\r\nabc", sizeof OK + 4, DECODES, LR_H1_DONE, LARIAT_OK);
  fixture_close(&f);
}

static void test_until_the_end(void) {
  struct fixture f;
  struct reading r;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  begin(&r, 0, 0);
  read_in(&r, TEXT(OK "A: b\r\n\r\nab\0d"), 1, 1);
  CU_ASSERT_EQUAL(r.result, LR_H1_MORE);
  CU_ASSERT_EQUAL(lr_h1_parser_end(&r.parser), LR_H1_DONE);
  CU_ASSERT_EQUAL(r.parser.state, LR_H1_COMPLETE);
  CU_ASSERT_FALSE(r.parser.keeps);
  CU_ASSERT_EQUAL(r.response->body.length, 4);
  end(&r);
  fixture_close(&f);
}

/* A gzip that ends with the connection is whole, or was cut by that. */
static void test_gzip_until_the_end(void) {
  static const char text[] = GZIPPED "\r\n" GZIP;
  size_t head = sizeof GZIPPED "\r\n" - 1;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t length = head; length < sizeof text; length++) {
    struct reading r;
    begin(&r, DECODES, 0);
    read_in(&r, text, length, length, length);
    CU_ASSERT_EQUAL(r.result, LR_H1_MORE);
    bool whole = length == head || length == sizeof text - 1;
    CU_ASSERT_EQUAL(lr_h1_parser_end(&r.parser),
                    whole ? LR_H1_DONE : LR_H1_FAILED);
    CU_ASSERT_EQUAL(r.parser.fault, whole ? LARIAT_OK : LARIAT_ETRUNCATED);
    end(&r);
  }
  fixture_close(&f);
}

/* ---- States ---- */

static void expect_state(const char *text, lr_h1_state state, bool begun) {
  struct reading r;
  begin(&r, 0, 0);
  read_in(&r, text, strlen(text), 1, 1);
  if (r.parser.state != state || lr_h1_parser_begun(&r.parser) != begun ||
      lr_h1_parser_in_body(&r.parser) != (state > LR_H1_IN_HEADERS))
    fixture_fail("state %d, not %d: %s", r.parser.state, state, text);
  end(&r);
}

static void test_states(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect_state("", LR_H1_IN_STATUS, false);
  expect_state("HTTP/1.1 200 OK\r", LR_H1_IN_STATUS, false);
  expect_state(OK, LR_H1_IN_HEADERS, true);
  expect_state(OK "A: b\r\n\r", LR_H1_IN_HEADERS, true);
  expect_state("HTTP/1.1 100 Go\r\n", LR_H1_IN_HEADERS, true);
  expect_state("HTTP/1.1 100 Go\r\n\r\n", LR_H1_IN_STATUS, true);
  expect_state(OK "\r\n", LR_H1_IN_BODY_UNTIL_CLOSE, true);
  expect_state(OK "Content-Length: 2\r\n\r\n", LR_H1_IN_BODY, true);
  expect_state(OK "Content-Length: 2\r\n\r\nx", LR_H1_IN_BODY, true);
  expect_state(OK "Content-Length: 2\r\n\r\nxx", LR_H1_COMPLETE, true);
  expect_state(CHUNKED, LR_H1_IN_CHUNK_SIZE, true);
  expect_state(CHUNKED "2", LR_H1_IN_CHUNK_SIZE, true);
  expect_state(CHUNKED "2\r\n", LR_H1_IN_CHUNK, true);
  expect_state(CHUNKED "2\r\nx", LR_H1_IN_CHUNK, true);
  expect_state(CHUNKED "2\r\nxx", LR_H1_IN_CHUNK_END, true);
  expect_state(CHUNKED "2\r\nxx\r", LR_H1_IN_CHUNK_END, true);
  expect_state(CHUNKED "2\r\nxx\r\n", LR_H1_IN_CHUNK_SIZE, true);
  expect_state(CHUNKED "0\r\n", LR_H1_IN_TRAILERS, true);
  expect_state(CHUNKED "0\r\nA: b\r\n", LR_H1_IN_TRAILERS, true);
  expect_state(CHUNKED "0\r\nA: b\r\n\r\n", LR_H1_COMPLETE, true);
  fixture_close(&f);
}

/* One after the other with the same reader: nothing of the last one is left,
 * wherever that ended. */
static void test_again(void) {
  static const char *const before[] = {
      "HTTP/1.",        OK "Connection: close\r\nA: ",   CHUNKED "5;",
      CHUNKED "0\r\nA", OK "Content-Length: 9\r\n\r\nx", "bad\r\n",
  };
  struct fixture f;
  struct reading r;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  begin(&r, 0, 0);
  for (size_t i = 0; i < FIXTURE_COUNT(before); i++) {
    read_in(&r, before[i], strlen(before[i]), 3, 3);
    lr_response_reset(r.response);
    lr_h1_parser_begin(&r.parser, r.response, false, NULL, 5);
    read_in(&r, TEXT(OK "Content-Length: 5\r\n\r\nhello"), 7, 7);
    CU_ASSERT_EQUAL(r.result, LR_H1_DONE);
    CU_ASSERT_TRUE(r.parser.keeps);
    CU_ASSERT_EQUAL(r.parser.received, 5);
    CU_ASSERT_EQUAL(r.response->header_count, 1);
    lr_response_reset(r.response);
    lr_h1_parser_begin(&r.parser, r.response, false, NULL, 0);
  }
  end(&r);
  fixture_close(&f);
}

/* Memory. */

/* More headers than fit into the response itself, lines in two parts. */
static size_t write_large(char *text, size_t capacity) {
  size_t length = (size_t)snprintf(text, capacity, OK);
  for (int i = 0; i < 40; i++)
    length += (size_t)snprintf(text + length, capacity - length,
                               "X-%d: %0100d\r\n", i, i);
  length += (size_t)snprintf(text + length, capacity - length,
                             "Transfer-Encoding: chunked\r\n\r\n"
                             "c8\r\n%0200d\r\n3e8\r\n%01000d\r\n0\r\n"
                             "Last: %080d\r\n\r\n",
                             1, 2, 3);
  return length;
}

static void test_without_memory(void) {
  static char text[16 * 1024];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  size_t length = write_large(text, sizeof text);
  for (size_t step = 1; step < length; step = step * 7 + 1) {
    bool failed = true;
    unsigned failures = 0;
    for (uint64_t nth = 1; failed; nth++) {
      struct reading r;
      begin(&r, 0, 0);
      fixture_fail_allocation(&f, nth);
      read_in(&r, text, length, step, step);
      fixture_fail_allocation(&f, 0);
      failed = r.result == LR_H1_FAILED;
      if (failed) CU_ASSERT_EQUAL(r.parser.fault, LARIAT_ENOMEM);
      if (!failed) CU_ASSERT_EQUAL(r.result, LR_H1_DONE);
      failures += failed;
      end(&r);
    }
    CU_ASSERT(failures >= 3);
  }
  fixture_close(&f);
}

static void lack_memory_for_gzip(struct fixture *f, lr_h1_body_use use) {
  bool failed = true;
  for (uint64_t nth = 1; failed; nth++) {
    struct reading r;
    begin_for(&r, DECODES, 0, use);
    fixture_fail_allocation(f, nth);
    read_in(&r, TEXT(GZIPPED "Content-Length: 29\r\n\r\n" GZIP), 9, 9);
    fixture_fail_allocation(f, 0);
    failed = r.result == LR_H1_FAILED;
    CU_ASSERT_EQUAL(r.parser.fault, failed ? LARIAT_ENOMEM : LARIAT_OK);
    CU_ASSERT(failed || r.result == LR_H1_DONE);
    end(&r);
  }
}

static void test_gzip_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(uses); i++)
    lack_memory_for_gzip(&f, uses[i]);
  fixture_close(&f);
}

/* Any bytes: the same comes of them however they are cut. */

static uint32_t state = 24;

static uint32_t draw(uint32_t below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}

static size_t spoil(char *text, size_t length) {
  static const char bytes[] = "\r\n\0 :;05chunkedHTTP/1.\xff\t";
  for (uint32_t changes = 1 + draw(3); changes; changes--) {
    uint32_t at = draw((uint32_t)length);
    switch (draw(3)) {
    case 0:
      text[at] = bytes[draw(sizeof bytes)];
      break;
    case 1: /* out */
      memmove(text + at, text + at + 1, length - at - 1);
      if (length > 1) length--;
      break;
    default: /* in */
      memmove(text + at + 1, text + at, length - at);
      text[at] = bytes[draw(sizeof bytes)];
      length++;
    }
  }
  return length;
}

static bool same(const struct reading *a, const struct reading *b) {
  const lariat_response *one = a->response;
  const lariat_response *other = b->response;
  if (a->result != b->result) return false;
  if (a->result == LR_H1_FAILED) return true;
  return a->used == b->used && a->parser.state == b->parser.state &&
         a->parser.keeps == b->parser.keeps && one->status == other->status &&
         one->header_count == other->header_count &&
         one->body.length == other->body.length &&
         (one->body.length == 0 ||
          memcmp(one->body.bytes, other->body.bytes, one->body.length) == 0);
}

static void check_spoilt(const char *text, size_t length) {
  struct reading whole;
  struct reading parts;
  begin(&whole, 0, 0);
  begin(&parts, 0, 0);
  read_in(&whole, text, length, length, length);
  read_in(&parts, text, length, 1 + draw((uint32_t)length), 1 + draw(9));
  if (!same(&whole, &parts))
    fixture_fail("results %d and %d: %.*s", whole.result, parts.result,
                 (int)length, text);
  end(&whole);
  end(&parts);
}

static void test_spoilt(void) {
  static const char *const texts[] = {
      OK "A: b\r\nContent-Length: 5\r\n\r\nhello",
      CHUNKED "5;x\r\nhello\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n",
      "HTTP/1.1 100 Go\r\nA: b\r\n\r\nHTTP/1.1 204 None\r\nC: d\r\n\r\n",
      OK "Connection: close\r\nE: f\r\n\r\nbody",
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int i = 0; i < 40000; i++) {
    char text[256];
    const char *from = texts[i % (int)FIXTURE_COUNT(texts)];
    size_t length = strlen(from);
    memcpy(text, from, length);
    check_spoilt(text, spoil(text, length));
  }
  fixture_close(&f);
}

/* ---- Passed bodies ---- */

struct passed {
  const char *text;
  size_t length;
  const char *pieces; /* each with a bar behind it */
};

static void append_text(char *to, const char *text, size_t length) {
  size_t before = strlen(to);
  memcpy(to + before, text, length);
  to[before + length] = '\0';
}

/* Puts what is passed, `step` bytes at a time, into `pieces`. */
static void pass(struct reading *r, const struct passed *row, size_t step,
                 char *pieces) {
  size_t at = 0;
  r->result = LR_H1_MORE;
  while (at < row->length && r->result != LR_H1_FAILED &&
         !lr_h1_parser_complete(&r->parser)) {
    size_t length = row->length - at < step ? row->length - at : step;
    size_t used;
    r->result = lr_h1_parser_feed(&r->parser, row->text + at, length, &used);
    at += used;
    if (r->result != LR_H1_PIECE) continue;
    append_text(pieces, row->text + at - r->parser.piece_length,
                r->parser.piece_length);
    if (step == row->length) append_text(pieces, "|", 1);
  }
  r->used = at;
}

static void test_passed(void) {
  static const struct passed rows[] = {
      {TEXT(OK "Content-Length: 5\r\n\r\nhello"), "hello|"},
      {TEXT(CHUNKED "2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n"), "he|llo|"},
      {TEXT(OK "\r\nhello"), "hello|"},
      {TEXT(OK "Content-Length: 0\r\n\r\n"), ""},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    for (size_t step = rows[i].length; step; step /= 2) {
      struct reading r;
      char pieces[16] = "";
      begin(&r, 0, 0);
      lr_h1_parser_pass(&r.parser);
      pass(&r, &rows[i], step, pieces);
      CU_ASSERT_EQUAL(r.used, rows[i].length);
      CU_ASSERT_EQUAL(r.response->body.length, 0);
      if (step == rows[i].length)
        CU_ASSERT_STRING_EQUAL(pieces, rows[i].pieces);
      CU_ASSERT(strlen(pieces) <= 7);
      end(&r);
    }
  fixture_close(&f);
}

/* Chunks that another has undone, and trailers of a response that has left. */
static void test_trailers_alone(void) {
  static const char line[] = "A: b\r\n";
  struct fixture f;
  struct reading r;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  begin(&r, 0, 0);
  lr_h1_parser_pass(&r.parser);
  feed(&r, TEXT(CHUNKED));
  CU_ASSERT_EQUAL(lr_h1_parser_trailer(&r.parser, TEXT(line)), LR_H1_MORE);
  CU_ASSERT_EQUAL(lariat_response_trailer_count(r.response), 1);
  lr_h1_parser_release_response(&r.parser, r.response->header_count);
  CU_ASSERT_EQUAL(lr_h1_parser_trailer(&r.parser, TEXT(line)), LR_H1_MORE);
  CU_ASSERT_EQUAL(lr_h1_parser_trailer(&r.parser, TEXT("A\r\n")), LR_H1_FAILED);
  CU_ASSERT_EQUAL(lariat_response_trailer_count(r.response), 1);
  end(&r);
  fixture_close(&f);
}

/* A proper response does not depend on who has it: trailers of one that has
 * left are judged as others are. */
static void test_trailers_without_response(void) {
  static const struct {
    const char *lines[2];
    lr_h1_reason reason; /* of the second */
  } rows[] = {{{"A: b\r\n", " c\r\n"}, LR_H1_REASON_NONE},
              {{"A : b\r\n", " c\r\n"}, LR_H1_REASON_OBS_FOLD},
              {{"A: b\r\n", "c\r\n"}, LR_H1_REASON_NO_COLON}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < 2 * FIXTURE_COUNT(rows); i++) {
    struct reading r;
    begin(&r, 0, 0);
    lr_h1_parser_pass(&r.parser);
    feed(&r, TEXT(CHUNKED "0\r\n"));
    if (i % 2)
      lr_h1_parser_release_response(&r.parser, r.response->header_count);
    feed(&r, rows[i / 2].lines[0], strlen(rows[i / 2].lines[0]));
    CU_ASSERT_EQUAL(r.result, LR_H1_MORE);
    feed(&r, rows[i / 2].lines[1], strlen(rows[i / 2].lines[1]));
    CU_ASSERT_EQUAL(r.parser.reason, rows[i / 2].reason);
    end(&r);
  }
  fixture_close(&f);
}

static void test_many_trailers(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int released = 0; released < 2; released++) {
    struct reading r;
    unsigned count = 0;
    begin(&r, 0, 0);
    lr_h1_parser_pass(&r.parser);
    feed(&r, TEXT(CHUNKED "0\r\n"));
    if (released)
      lr_h1_parser_release_response(&r.parser, r.response->header_count);
    for (; r.result == LR_H1_MORE && count < 10000; count++)
      feed(&r, TEXT("A: b\r\n"));
    CU_ASSERT_EQUAL(r.parser.reason, LR_H1_REASON_MANY_HEADERS);
    CU_ASSERT_EQUAL(count, LR_RESPONSE_HEADERS_MAX); /* one is of the head */
    end(&r);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"bodies of known length", test_lengths},
      {"chunked bodies", test_chunks},
      {"responses without a body", test_without_a_body},
      {"interim responses", test_interim},
      {"what is forgiven", test_forgiven},
      {"what is said of the connection", test_connection_headers},
      {"codings", test_codings},
      {"bad codings", test_bad_codings},
      {"a bomb, a piece in each turn", test_bomb},
      {"what is collected", test_what_is_collected},
      {"bad status lines", test_bad_status_lines},
      {"bad headers", test_bad_headers},
      {"bad framing", test_bad_framing},
      {"bad chunks", test_bad_chunks},
      {"each reason", test_reasons},
      {"longest lines", test_longest_lines},
      {"lines that are too long", test_long_lines},
      {"extensions that are too long", test_long_extensions},
      {"heads that are too long", test_long_heads},
      {"the limit of the body", test_body_limit},
      {"the connection ends anywhere", test_ends},
      {"a body until the end", test_until_the_end},
      {"gzip until the end", test_gzip_until_the_end},
      {"each state", test_states},
      {"one after the other", test_again},
      {"each allocation fails in turn", test_without_memory},
      {"gzip without memory", test_gzip_without_memory},
      {"spoilt responses", test_spoilt},
      {"bodies that are passed", test_passed},
      {"trailers alone", test_trailers_alone},
      {"trailers without a response", test_trailers_without_response},
      {"many trailers", test_many_trailers},
  };
  return fixture_main("h1_parser", tests, FIXTURE_COUNT(tests), argc, argv);
}
