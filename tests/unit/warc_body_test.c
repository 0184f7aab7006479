/* SPDX-License-Identifier: MIT
 * warc_body_test.c: bodies with chunks and without, whatever their heads say,
 * and content codings. */
#include <lariat/crawl/warc_body.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support/fixture.h"

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

struct outcome {
  char body[300];
  size_t length;
  lariat_status status;
};

static void keep_bytes(void *context, const char *bytes, size_t length) {
  struct outcome *outcome = context;
  CU_ASSERT_TRUE_FATAL(outcome->length + length < sizeof outcome->body);
  memcpy(outcome->body + outcome->length, bytes, length);
  outcome->length += length;
}

/* Reads the answer with this head and body, in pieces of `size` bytes. */
static void read_answer(struct outcome *outcome, const char *head,
                        const char *body, size_t length,
                        lariat_crawl_warc_coding coding, size_t size) {
  lariat_crawl_warc_reader *reader;
  lariat_crawl_warc_body *decoder;
  char record[500];
  size_t used;
  *outcome = (struct outcome){.status = LARIAT_OK};
  int written = snprintf(
      record, sizeof record,
      "WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\n"
      "Content-Length: %zu\r\n\r\nHTTP/1.1 200 OK\r\n%s\r\n",
      17 + strlen(head) + 2 + length, head);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_reader_new(&reader), LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_crawl_warc_body_new(keep_bytes, outcome, &decoder), LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_crawl_warc_reader_feed(reader, record, (size_t)written, &used),
      LARIAT_CRAWL_WARC_RECORD);
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_feed(reader, record, 0, &used),
                  LARIAT_CRAWL_WARC_HEAD);
  outcome->status = lariat_crawl_warc_body_begin(decoder, reader, coding);
  for (size_t at = 0; at < length && outcome->status == LARIAT_OK; at += size) {
    size_t some = length - at < size ? length - at : size;
    outcome->status = lariat_crawl_warc_body_feed(decoder, body + at, some);
  }
  if (outcome->status == LARIAT_OK)
    outcome->status = lariat_crawl_warc_body_end(decoder);
  lariat_crawl_warc_body_free(decoder);
  lariat_crawl_warc_reader_free(reader);
}

static void check_bytes(const char *head, const char *body, size_t length,
                        const char *expected, lariat_status status) {
  for (size_t size = 1; size <= length + 1; size++) {
    struct outcome outcome;
    read_answer(&outcome, head, body, length, LARIAT_CRAWL_WARC_ALL, size);
    outcome.body[outcome.length] = '\0';
    if (outcome.status != status || strcmp(outcome.body, expected) != 0)
      fixture_fail("pieces of %zu of %s: %s: %s", size, body,
                   lariat_status_name(outcome.status), outcome.body);
  }
}

static void check_text(const char *head, const char *body, const char *expected,
                       lariat_status status) {
  check_bytes(head, body, strlen(body), expected, status);
}

#define CHUNKED "Transfer-Encoding: chunked\r\n"

static void test_plain(void) {
  open_fixture();
  check_text("", "", "", LARIAT_OK);
  check_text("", "5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n",
             LARIAT_OK);
  check_text("Content-Length: 99\r\n", "short", "short", LARIAT_OK);
  check_text("Content-Encoding: identity\r\n", "text", "text", LARIAT_OK);
  close_fixture();
}

static void test_chunks(void) {
  open_fixture();
  check_text(CHUNKED, "5\r\nhello\r\n0\r\n\r\n", "hello", LARIAT_OK);
  check_text(CHUNKED, "005;a=b\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n",
             "hello world", LARIAT_OK);
  check_text("transfer-encoding: x, CHUNKED\r\n", "1\r\na\r\n0\r\n\r\n", "a",
             LARIAT_OK);
  check_text(CHUNKED, "0\r\n\r\n", "", LARIAT_OK);
  check_text(CHUNKED, "5\r\nhel", "hel", LARIAT_ETRUNCATED);
  check_text(CHUNKED, "5\r\nhello\r\nno length\r\n", "hello", LARIAT_EPROTOCOL);
  close_fixture();
}

/* The head says that there are chunks, and there are none. */
static void test_no_chunks(void) {
  open_fixture();
  check_text(CHUNKED, "", "", LARIAT_OK);
  check_text(CHUNKED, "a", "a", LARIAT_OK);
  check_text(CHUNKED, "abc\nabcdefghijklmnopqrstuvwxyz",
             "abc\nabcdefghijklmnopqrstuvwxyz", LARIAT_OK);
  check_text(CHUNKED, "<html>5\r\n", "<html>5\r\n", LARIAT_OK);
  check_text(CHUNKED, "12345678901234567890\r\n", "12345678901234567890\r\n",
             LARIAT_OK);
  close_fixture();
}

/* Compresses a text with zlib; returns the length. */
static size_t compress_text(const char *text, Bytef *out, size_t capacity) {
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)text,
                     .avail_in = (uInt)strlen(text),
                     .next_out = out,
                     .avail_out = (uInt)capacity};
  CU_ASSERT_EQUAL_FATAL(
      deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  CU_ASSERT_EQUAL_FATAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  return capacity - stream.avail_out;
}

static void test_codings(void) {
  open_fixture();
  Bytef zipped[100], chunk[120];
  size_t length = compress_text("hello", zipped, sizeof zipped);
  int written = snprintf((char *)chunk, sizeof chunk, "%zx\r\n", length);
  memcpy(chunk + written, zipped, length);
  memcpy(chunk + (size_t)written + length, "\r\n0\r\n\r\n", 7);
  size_t chunk_length = (size_t)written + length + 7;
  struct outcome outcome;
#define GZIP "Content-Encoding: gzip\r\n"
  check_bytes(GZIP, (char *)zipped, length, "hello", LARIAT_OK);
  check_bytes(GZIP CHUNKED, (char *)chunk, chunk_length, "hello", LARIAT_OK);
  check_bytes(GZIP CHUNKED, (char *)zipped, length, "hello", LARIAT_OK);
  read_answer(&outcome, GZIP, (char *)zipped, length - 9, LARIAT_CRAWL_WARC_ALL,
              5);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_ETRUNCATED);
  read_answer(&outcome, GZIP CHUNKED, (char *)chunk, chunk_length,
              LARIAT_CRAWL_WARC_CHUNKS, 5);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  CU_ASSERT_EQUAL(outcome.length, length);
  CU_ASSERT_EQUAL(memcmp(outcome.body, zipped, length), 0);
  check_text("Content-Encoding: no-such-coding\r\n", "text", "",
             LARIAT_EENCODING);
  close_fixture();
}

static void test_out_of_memory(void) {
  open_fixture();
  lariat_status status = LARIAT_ENOMEM;
  struct outcome outcome = {.length = 0};
  for (uint64_t nth = 1; status == LARIAT_ENOMEM && nth < 100; nth++) {
    lariat_crawl_warc_reader *reader = NULL;
    lariat_crawl_warc_body *body;
    CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_reader_new(&reader), LARIAT_OK);
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_warc_body_new(keep_bytes, &outcome, &body);
    CU_ASSERT_EQUAL(body != NULL, status == LARIAT_OK);
    if (status == LARIAT_OK)
      status =
          lariat_crawl_warc_body_begin(body, reader, LARIAT_CRAWL_WARC_ALL);
    lariat_crawl_warc_body_free(body);
    lariat_crawl_warc_reader_free(reader);
    fixture_fail_allocation(&fixture, 0);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"bodies as they are", test_plain},
      {"chunks", test_chunks},
      {"chunks that are not there", test_no_chunks},
      {"content codings", test_codings},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("warc_body", tests, FIXTURE_COUNT(tests), argc, argv);
}
