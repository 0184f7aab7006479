/* SPDX-License-Identifier: MIT
 * warc_reader_test.c: files as others write them, in pieces of each size; files
 * that are cut at each byte, and broken at each byte. */
#include <lariat/crawl/warc_reader.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "support/fixture.h"

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

/* ---- Files ---- */

#define RECORD(type, more, length, block)                                      \
  "WARC/1.1\r\nWARC-Type: " type "\r\nWARC-Record-ID: <urn:x>\r\n" more        \
  "Content-Length: " length "\r\n\r\n" block "\r\n\r\n"
#define HTTP "Content-Type: application/http; msgtype=response\r\n"
#define URL "WARC-Target-URI: http://example.com/\r\n"
#define ANSWER "HTTP/1.1 404 Gone\r\nContent-Type:  a/b \r\nA:b\r\n\r\n"

#define INFO RECORD("warcinfo", "", "6", "a: b\r\n")
#define RESPONSE RECORD("response", HTTP URL, "51", ANSWER "page")
#define LAST RECORD("resource", "WARC-Target-URI: <urn:y>\r\n", "0", "")

#define INFO_LOG "record warcinfo - 6\npiece a: b\r\n\nend\n"
#define RESPONSE_LOG                                                           \
  "record response http://example.com/ 51\nhead 404 a/b\npiece page\nend\n"
#define LAST_LOG "record resource urn:y 0\nend\n"
#define RESPONSE_LAST_LOG RESPONSE_LOG LAST_LOG

/* Bytes of a file. */
struct bytes {
  char *at;
  size_t length;
};

static void add_bytes(struct bytes *file, const void *bytes, size_t length) {
  file->at = realloc(file->at, file->length + length);
  if (!file->at) abort();
  memcpy(file->at + file->length, bytes, length);
  file->length += length;
}

static void add_text(struct bytes *file, const char *text) {
  add_bytes(file, text, strlen(text));
}

/* Appends a gzip member. */
static void add_member(struct bytes *file, const char *text) {
  Bytef out[8000];
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)text,
                     .avail_in = (uInt)strlen(text),
                     .next_out = out,
                     .avail_out = sizeof out};
  CU_ASSERT_EQUAL_FATAL(
      deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  CU_ASSERT_EQUAL_FATAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
  add_bytes(file, out, sizeof out - stream.avail_out);
  deflateEnd(&stream);
}

static void free_bytes(struct bytes *file) {
  free(file->at);
  *file = (struct bytes){NULL, 0};
}

/* ---- Reading ---- */

/* What came of a file: a line for each event, the pieces of a block joined. */
struct outcome {
  char log[8000];
  size_t length;
  unsigned records, ends, faults;
  bool in_piece;
};

static void put(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void put(struct outcome *outcome, const char *format, ...) {
  size_t left = sizeof outcome->log - outcome->length;
  va_list arguments;
  va_start(arguments, format);
  int written =
      vsnprintf(outcome->log + outcome->length, left, format, arguments);
  va_end(arguments);
  if (written > 0 && (size_t)written < left) outcome->length += (size_t)written;
}

static void put_piece(struct outcome *outcome,
                      const lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *piece = lariat_crawl_warc_reader_piece(reader, &length);
  CU_ASSERT_TRUE(length > 0);
  if (!outcome->in_piece) put(outcome, "piece ");
  put(outcome, "%.*s", (int)length, piece);
  outcome->in_piece = true;
}

static void put_record(struct outcome *outcome,
                       const lariat_crawl_warc_reader *reader) {
  const char *url = lariat_crawl_warc_reader_url(reader);
  put(outcome, "record %s %s %llu\n",
      lariat_crawl_warc_type_name(lariat_crawl_warc_reader_type(reader)),
      *url ? url : "-",
      (unsigned long long)lariat_crawl_warc_reader_block_length(reader));
  outcome->records++;
}

static void put_head(struct outcome *outcome,
                     lariat_crawl_warc_reader *reader) {
  const char *type =
      lariat_crawl_warc_reader_http_value(reader, "content-TYPE");
  put(outcome, "head %d %s\n", lariat_crawl_warc_reader_http_status(reader),
      type ? type : "-");
}

static void put_fault(struct outcome *outcome,
                      const lariat_crawl_warc_reader *reader) {
  const lariat_crawl_warc_fault *fault = lariat_crawl_warc_reader_fault(reader);
  put(outcome, "%s at %llu: %s\n", fault->ends_record ? "fault" : "warning",
      (unsigned long long)fault->offset, fault->message);
  outcome->faults++;
}

static void put_event(struct outcome *outcome, lariat_crawl_warc_reader *reader,
                      lariat_crawl_warc_event event) {
  if (event == LARIAT_CRAWL_WARC_PIECE) {
    put_piece(outcome, reader);
    return;
  }
  if (outcome->in_piece && event != LARIAT_CRAWL_WARC_MORE) put(outcome, "\n");
  if (event != LARIAT_CRAWL_WARC_MORE) outcome->in_piece = false;
  if (event == LARIAT_CRAWL_WARC_RECORD) put_record(outcome, reader);
  if (event == LARIAT_CRAWL_WARC_HEAD) put_head(outcome, reader);
  if (event == LARIAT_CRAWL_WARC_FAULT) put_fault(outcome, reader);
  if (event == LARIAT_CRAWL_WARC_END) {
    put(outcome, "end\n");
    outcome->ends++;
  }
}

/* Feeds a piece, from memory of its own. */
static void feed_piece(struct outcome *outcome,
                       lariat_crawl_warc_reader *reader, const char *bytes,
                       size_t length) {
  char *copy = malloc(length), *at = copy;
  if (!copy) abort();
  memcpy(copy, bytes, length);
  lariat_crawl_warc_event event;
  do {
    size_t used;
    event = lariat_crawl_warc_reader_feed(reader, at, length, &used);
    CU_ASSERT_TRUE_FATAL(used <= length);
    at += used;
    length -= used;
    put_event(outcome, reader, event);
  } while (event < LARIAT_CRAWL_WARC_MORE);
  CU_ASSERT_EQUAL(event, LARIAT_CRAWL_WARC_MORE);
  CU_ASSERT_EQUAL(length, 0);
  free(copy);
}

static void read_in_pieces(struct outcome *outcome, const struct bytes *file,
                           size_t size) {
  lariat_crawl_warc_reader *reader;
  lariat_crawl_warc_event event;
  memset(outcome, 0, sizeof *outcome);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_reader_new(&reader), LARIAT_OK);
  for (size_t at = 0; at < file->length; at += size) {
    size_t left = file->length - at;
    feed_piece(outcome, reader, file->at + at, left < size ? left : size);
  }
  do {
    event = lariat_crawl_warc_reader_end(reader);
    put_event(outcome, reader, event);
  } while (event < LARIAT_CRAWL_WARC_DONE);
  CU_ASSERT_EQUAL(event, LARIAT_CRAWL_WARC_DONE);
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_end(reader), LARIAT_CRAWL_WARC_DONE);
  lariat_crawl_warc_reader_free(reader);
}

/* Checks what comes of a file, however it is cut into pieces; frees it. */
static void check_file(struct bytes *file, const char *log) {
  struct outcome outcome;
  for (size_t size = 1; size <= file->length + 1; size++) {
    read_in_pieces(&outcome, file, size);
    if (strcmp(outcome.log, log) == 0) continue;
    fixture_fail("pieces of %zu:\n%s\ninstead of\n%s", size, outcome.log, log);
    break;
  }
  free_bytes(file);
}

static void check_text(const char *text, const char *log) {
  struct bytes file = {NULL, 0};
  add_text(&file, text);
  check_file(&file, log);
}

/* ---- Good files ---- */

static void test_plain(void) {
  open_fixture();
  check_text(INFO RESPONSE LAST, INFO_LOG RESPONSE_LAST_LOG);
  check_text("", "");
  close_fixture();
}

static void test_members(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  add_member(&file, INFO);
  add_member(&file, RESPONSE);
  add_member(&file, LAST);
  check_file(&file, INFO_LOG RESPONSE_LAST_LOG);
  close_fixture();
}

/* Headers of others: 1.0, line ends of LF, lines that go on, in any case. */
static void test_headers(void) {
  open_fixture();
  check_text("WARC/1.0\nwarc-type:RESPONSE\ncontent-length:\t5\n"
             "WARC-TARGET-URI: http://example.com/\n with a blank\n"
             "content-type: text/plain\n\nhello\r\n\r\n",
             "record response http://example.com/ with a blank 5\n"
             "piece hello\nend\n");
  check_text("WARC/0.18\r\nWARC-Type: mine\r\nContent-Length: 0\r\n\r\n"
             "\r\n\r\n\r\n\r\n" LAST,
             "record unknown - 0\nend\n" LAST_LOG);
  close_fixture();
}

static void test_fields(void) {
  open_fixture();
  lariat_crawl_warc_reader *reader;
  size_t used, length;
  const char *name;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_reader_new(&reader), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_crawl_warc_reader_url(reader), "");
  CU_ASSERT_PTR_NULL(lariat_crawl_warc_reader_field(reader, "A"));
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_http_status(reader), 0);
  CU_ASSERT_EQUAL(
      lariat_crawl_warc_reader_feed(reader, RESPONSE, strlen(RESPONSE), &used),
      LARIAT_CRAWL_WARC_RECORD);
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_type(reader),
                  LARIAT_CRAWL_WARC_RESPONSE);
  CU_ASSERT_STRING_EQUAL(lariat_crawl_warc_reader_version(reader), "WARC/1.1");
  CU_ASSERT_STRING_EQUAL(
      lariat_crawl_warc_reader_field(reader, "warc-record-id"), "<urn:x>");
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_field_count(reader), 5);
  CU_ASSERT_STRING_EQUAL(lariat_crawl_warc_reader_field_at(reader, 4, &name),
                         "51");
  CU_ASSERT_STRING_EQUAL(name, "Content-Length");
  CU_ASSERT_PTR_NULL(lariat_crawl_warc_reader_field_at(reader, 5, &name));
  CU_ASSERT_PTR_NULL(lariat_crawl_warc_reader_http_value(reader, "A"));
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_feed(reader, "", 0, &used),
                  LARIAT_CRAWL_WARC_HEAD);
  const char *head = lariat_crawl_warc_reader_http_head(reader, &length);
  CU_ASSERT_EQUAL(length, strlen(ANSWER));
  CU_ASSERT_EQUAL(memcmp(head, ANSWER, length), 0);
  CU_ASSERT_STRING_EQUAL(lariat_crawl_warc_reader_http_value(reader, "a"), "b");
  CU_ASSERT_PTR_NULL(lariat_crawl_warc_reader_http_value(reader, "b"));
  lariat_crawl_warc_reader_free(reader);
  lariat_crawl_warc_reader_free(NULL);
  CU_ASSERT_STRING_EQUAL(lariat_crawl_warc_type_name(99), "unknown");
  close_fixture();
}

/* Heads of HTTP that end with the block, and blocks that have none. */
static void test_heads(void) {
  open_fixture();
  check_text(RECORD("revisit", HTTP, "15", "HTTP/1.1 304 No"),
             "record revisit - 15\nhead 304 -\nend\n");
  check_text(RECORD("response", HTTP, "6", "<html>"),
             "record response - 6\npiece <html>\nend\n");
  check_text(RECORD("request", HTTP, "22", "GET / HTTP/1.1\r\nA: b\r\n"),
             "record request - 22\nhead 0 -\nend\n");
  check_text(RECORD("response", "Content-Type: text/dns\r\n", "4", "1\n\r\n"),
             "record response - 4\npiece 1\n\r\n\nend\n");
  check_text(RECORD("response", HTTP, "14", "HTTP/1.1 20\r\n\n"),
             "record response - 14\nhead 0 -\nend\n");
  close_fixture();
}

/* ---- Members and records that do not go together ---- */

static void test_shared_member(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  add_member(&file, INFO RESPONSE LAST);
  add_member(&file, LAST);
  check_file(&file, "record warcinfo - 6\npiece a: b\r\n\n"
                    "warning at 0: a gzip member with more than one record\n"
                    "end\n" RESPONSE_LAST_LOG LAST_LOG);
  close_fixture();
}

static void test_spread_record(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  add_member(&file, "WARC/1.1\r\nWARC-Type: resource\r\nContent-Le");
  add_member(&file, "ngth: 10\r\n\r\n01");
  add_member(&file, "");
  add_member(&file, "2");
  add_member(&file, "3456789\r\n\r\n");
  add_member(&file, LAST);
  check_file(&file, "warning at 0: a record in more than one gzip member\n"
                    "record resource - 10\npiece 0123456789\nend\n" LAST_LOG);
  close_fixture();
}

/* Tells the offset and the length of each record of a file in members. */
static void test_offsets(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  size_t starts[4] = {0, 0, 0, 0};
  const char *const texts[] = {INFO, RESPONSE, LAST};
  for (unsigned i = 0; i < 3; i++) {
    add_member(&file, texts[i]);
    starts[i + 1] = file.length;
  }
  lariat_crawl_warc_reader *reader;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_reader_new(&reader), LARIAT_OK);
  size_t at = 0, used;
  for (unsigned i = 0; i < 3;) {
    lariat_crawl_warc_event event = lariat_crawl_warc_reader_feed(
        reader, file.at + at, file.length - at, &used);
    at += used;
    if (event == LARIAT_CRAWL_WARC_MORE) break;
    CU_ASSERT_EQUAL(lariat_crawl_warc_reader_offset(reader), starts[i]);
    if (event != LARIAT_CRAWL_WARC_END) continue;
    CU_ASSERT_EQUAL(lariat_crawl_warc_reader_length(reader),
                    starts[i + 1] - starts[i]);
    i++;
  }
  /* From the second record on. */
  lariat_crawl_warc_reader_begin(reader, starts[1], false);
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_feed(reader, file.at + starts[1],
                                                file.length - starts[1], &used),
                  LARIAT_CRAWL_WARC_RECORD);
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_offset(reader), starts[1]);
  CU_ASSERT_EQUAL(lariat_crawl_warc_reader_type(reader),
                  LARIAT_CRAWL_WARC_RESPONSE);
  lariat_crawl_warc_reader_free(reader);
  free_bytes(&file);
  close_fixture();
}

/* ---- Faults ---- */

static void test_faults(void) {
  open_fixture();
  check_text("garbage\r\nWARC/1.x\r\n\r\n" LAST,
             "fault at 0: no WARC record: it does not begin with WARC/ and a "
             "version\n" LAST_LOG);
  check_text(
      "WARC/1.1\r\nA: b\r\n\r\n" LAST,
      "fault at 0: the record has no Content-Length in digits\n" LAST_LOG);
  check_text("WARC/1.1\r\nContent-Length: 1x\r\n\r\n",
             "fault at 0: the record has no Content-Length in digits\n");
  check_text("WARC/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
             "fault at 0: the record has no Content-Length in digits\n");
  check_text(
      "WARC/1.1\r\nContent-Length: 1\r\nno colon\r\n\r\n1\r\n\r\n" LAST,
      "fault at 0: a line of the record's header has no name\n" LAST_LOG);
  check_text(
      RECORD("resource", "", "2", "long") LAST,
      "record resource - 2\npiece lo\n"
      "fault at 0: the block is longer than Content-Length says\n" LAST_LOG);
  check_text("WARC/1.1\r\nContent-Length: 1\r\n\r\n1\n\n" LAST,
             "record unknown - 1\npiece 1\n"
             "warning at 0: 2 byte(s) of line ends behind the block, not CRLF "
             "CRLF\nend\n" LAST_LOG);
  check_text("WARC/1.1\r\nContent-Length: 1\r\n\r\n1\r\n",
             "record unknown - 1\npiece 1\n"
             "warning at 0: 2 byte(s) of line ends behind the block, not CRLF "
             "CRLF\nend\n");
  check_text("WARC/1.1\r\nContent-Length: 2\r\n\r\n1",
             "record unknown - 2\npiece 1\n"
             "fault at 0: the file ends within a record\n");
  close_fixture();
}

static void test_faults_of_members(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  add_member(&file, "WARC/1.1\r\nContent-Length: 2\r\n\r\n1");
  add_member(&file, LAST);
  check_file(
      &file,
      "record unknown - 2\npiece 1\n"
      "fault at 0: the gzip member ends before its record does\n" LAST_LOG);
  add_member(&file, "WARC/1.1\r\nContent-Length: 1\r\n\r\n1");
  add_member(&file, "nothing of ours");
  add_member(&file, LAST);
  check_file(&file, "record unknown - 1\npiece 1\n"
                    "warning at 0: 0 byte(s) of line ends behind the block, "
                    "not CRLF CRLF\nend\n"
                    "fault at 51: no WARC record: it does not begin with WARC/ "
                    "and a version\n" LAST_LOG);
  add_text(&file, "\x1f\x8b nothing");
  add_member(&file, LAST);
  check_file(&file, "fault at 0: the gzip member is broken\n" LAST_LOG);
  close_fixture();
}

/* What the file has before the cut is told, and that it is cut. */
static void check_cuts(const struct bytes *whole, const size_t *ends) {
  for (size_t length = 0; length < whole->length; length++) {
    const struct bytes cut = {whole->at, length};
    struct outcome outcome;
    unsigned records = 0;
    bool at_end = false;
    while (ends[records] && ends[records] <= length)
      at_end = ends[records++] == length;
    read_in_pieces(&outcome, &cut, length + 1);
    if (outcome.ends < records || outcome.ends > records + 1)
      fixture_fail("cut at %zu: %u records\n%s", length, outcome.ends,
                   outcome.log);
    if ((outcome.faults != 0) != (length && !at_end))
      fixture_fail("cut at %zu: %u faults\n%s", length, outcome.faults,
                   outcome.log);
  }
}

static void test_cuts(void) {
  static const char *const texts[] = {INFO, RESPONSE, LAST};
  open_fixture();
  struct bytes members = {NULL, 0}, plain = {NULL, 0};
  size_t member_ends[4] = {0, 0, 0, 0}, plain_ends[4] = {0, 0, 0, 0};
  for (unsigned i = 0; i < 3; i++) {
    add_member(&members, texts[i]);
    member_ends[i] = members.length;
    add_text(&plain, texts[i]);
    plain_ends[i] = plain.length;
  }
  check_cuts(&members, member_ends);
  check_cuts(&plain, plain_ends);
  free_bytes(&members);
  free_bytes(&plain);
  close_fixture();
}

/* ---- Limits ---- */

static void test_long_header(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  struct outcome outcome;
  char line[1001];
  memset(line, 'a', sizeof line - 1);
  line[sizeof line - 1] = '\0';
  line[4] = ':';
  line[sizeof line - 2] = '\n';
  add_text(&file, "WARC/1.1\r\n");
  for (unsigned i = 0; i < 1100; i++) add_text(&file, line);
  add_text(&file, "\r\n" LAST);
  fixture_peak_restart(&fixture);
  read_in_pieces(&outcome, &file, 5000);
  CU_ASSERT_STRING_EQUAL(
      outcome.log,
      "fault at 0: the record's header is longer than 1 MiB\n" LAST_LOG);
  CU_ASSERT_TRUE(fixture_peak_bytes(&fixture) < 4 << 20);
  free_bytes(&file);
  close_fixture();
}

/* A head of HTTP that does not end is told in pieces. */
static void test_long_head(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  lariat_crawl_warc_reader *reader;
  size_t told = 0, used, length, at = 0;
  char block[1000];
  memset(block, 'a', sizeof block);
  add_text(&file, "WARC/1.1\r\nWARC-Type: response\r\n" HTTP
                  "Content-Length: 1200000\r\n\r\nHTTP/");
  for (unsigned i = 0; i < 1200; i++) add_bytes(&file, block, sizeof block);
  file.length -= 5;
  add_text(&file, "\r\n\r\n");
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_reader_new(&reader), LARIAT_OK);
  for (;;) {
    lariat_crawl_warc_event event = lariat_crawl_warc_reader_feed(
        reader, file.at + at, file.length - at, &used);
    at += used;
    if (event == LARIAT_CRAWL_WARC_PIECE) {
      (void)lariat_crawl_warc_reader_piece(reader, &length);
      told += length;
    }
    CU_ASSERT_NOT_EQUAL(event, LARIAT_CRAWL_WARC_HEAD);
    if (event == LARIAT_CRAWL_WARC_END) break;
    CU_ASSERT_TRUE_FATAL(event < LARIAT_CRAWL_WARC_FAULT);
  }
  CU_ASSERT_EQUAL(told, 1200000);
  lariat_crawl_warc_reader_free(reader);
  free_bytes(&file);
  close_fixture();
}

static void test_out_of_memory(void) {
  open_fixture();
  struct bytes file = {NULL, 0};
  add_member(&file, RESPONSE);
  lariat_status status = LARIAT_ENOMEM;
  for (uint64_t nth = 1; status == LARIAT_ENOMEM && nth < 100; nth++) {
    lariat_crawl_warc_reader *reader;
    lariat_crawl_warc_event event;
    size_t at = 0, used;
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_warc_reader_new(&reader);
    CU_ASSERT_EQUAL(reader != NULL, status == LARIAT_OK);
    if (status != LARIAT_OK) continue;
    do {
      event = lariat_crawl_warc_reader_feed(reader, file.at + at,
                                            file.length - at, &used);
      at += used;
      if (event == LARIAT_CRAWL_WARC_HEAD)
        (void)lariat_crawl_warc_reader_http_value(reader, "A");
    } while (event < LARIAT_CRAWL_WARC_END);
    status = lariat_crawl_warc_reader_status(reader);
    CU_ASSERT_EQUAL(event, status == LARIAT_OK ? LARIAT_CRAWL_WARC_END
                                               : LARIAT_CRAWL_WARC_FAILED);
    lariat_crawl_warc_reader_free(reader);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  fixture_fail_allocation(&fixture, 0);
  free_bytes(&file);
  close_fixture();
}

/* ---- Files on disk ---- */

static int save(const struct bytes *file, char *path) {
  int fd = mkstemp(path);
  CU_ASSERT_TRUE_FATAL(fd >= 0);
  CU_ASSERT_EQUAL(write(fd, file->at, file->length), (ssize_t)file->length);
  return fd;
}

static void read_path(struct outcome *outcome, const char *path,
                      uint64_t offset) {
  lariat_crawl_warc_file *file;
  lariat_crawl_warc_event event;
  memset(outcome, 0, sizeof *outcome);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_file_open(path, offset, &file),
                        LARIAT_OK);
  do {
    event = lariat_crawl_warc_file_next(file);
    put_event(outcome, lariat_crawl_warc_file_reader(file), event);
  } while (event < LARIAT_CRAWL_WARC_DONE);
  CU_ASSERT_EQUAL(event, LARIAT_CRAWL_WARC_DONE);
  lariat_crawl_warc_file_close(file);
}

/* A file is read again behind a fault: what a record with a wrong length has
 * swallowed is found. */
static void test_swallowed(void) {
  open_fixture();
  char path[] = "/tmp/lariat-warc-XXXXXX";
  struct bytes file = {NULL, 0};
  struct outcome outcome;
  add_text(&file, INFO);
  size_t second = file.length;
  add_text(&file, RECORD("resource", "", "9999", "short") RESPONSE LAST);
  close(save(&file, path));
  read_path(&outcome, path, 0);
  CU_ASSERT_EQUAL(outcome.ends, 3);
  CU_ASSERT_EQUAL(outcome.faults, 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(outcome.log, RESPONSE_LAST_LOG));
  read_path(&outcome, path, second + 1);
  CU_ASSERT_EQUAL(outcome.ends, 2);
  unlink(path);
  free_bytes(&file);
  close_fixture();
}

/* One bit is wrong: gzip's check sees each one, but in its header, and only
 * that record is lost.  A reader that cannot go back may lose more. */
static void test_broken_bits(void) {
  open_fixture();
  char path[] = "/tmp/lariat-warc-XXXXXX";
  struct bytes file = {NULL, 0};
  add_member(&file, INFO);
  size_t first = file.length;
  add_member(&file, RESPONSE);
  size_t second = file.length;
  add_member(&file, INFO);
  add_member(&file, LAST);
  int fd = save(&file, path);
  for (size_t bit = 8 * first; bit < 8 * second; bit++) {
    struct outcome outcome;
    char wrong = (char)(file.at[bit / 8] ^ 1 << bit % 8);
    CU_ASSERT_EQUAL(pwrite(fd, &wrong, 1, (off_t)(bit / 8)), 1);
    read_path(&outcome, path, 0);
    bool is_whole = outcome.ends == 4 && !outcome.faults;
    bool is_used = bit / 8 >= first + 10 && bit / 8 != second - 9;
    if (is_whole ? is_used : outcome.ends != 3 || outcome.faults != 1)
      fixture_fail("bit %zu of byte %zu:\n%s", bit % 8, bit / 8 - first,
                   outcome.log);
    CU_ASSERT_EQUAL(pwrite(fd, file.at + bit / 8, 1, (off_t)(bit / 8)), 1);
  }
  close(fd);
  unlink(path);
  free_bytes(&file);
  close_fixture();
}

static void test_no_file(void) {
  open_fixture();
  lariat_crawl_warc_file *file;
  CU_ASSERT_EQUAL(lariat_crawl_warc_file_open("/no/such/file", 0, &file),
                  LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOENT);
  CU_ASSERT_PTR_NULL(file);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_file_open("/", 0, &file), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_warc_file_next(file), LARIAT_CRAWL_WARC_FAILED);
  CU_ASSERT_EQUAL(errno, EISDIR);
  CU_ASSERT_EQUAL(
      lariat_crawl_warc_reader_status(lariat_crawl_warc_file_reader(file)),
      LARIAT_ESYSTEM);
  lariat_crawl_warc_file_close(file);
  lariat_crawl_warc_file_close(NULL);
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a file that is not compressed", test_plain},
      {"a gzip member a record", test_members},
      {"headers of others", test_headers},
      {"fields", test_fields},
      {"heads of HTTP", test_heads},
      {"several records in a member", test_shared_member},
      {"a record in several members", test_spread_record},
      {"offsets", test_offsets},
      {"faults", test_faults},
      {"faults of members", test_faults_of_members},
      {"a file that is cut", test_cuts},
      {"a header without an end", test_long_header},
      {"a head without an end", test_long_head},
      {"out of memory", test_out_of_memory},
      {"records that were swallowed", test_swallowed},
      {"each bit is wrong once", test_broken_bits},
      {"files that cannot be read", test_no_file},
  };
  return fixture_main("warc_reader", tests, FIXTURE_COUNT(tests), argc, argv);
}
