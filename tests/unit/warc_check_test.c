/* SPDX-License-Identifier: MIT
 * warc_check_test.c: what is right is not told, and each thing that can be
 * wrong is, at its place. */
#include <lariat/crawl/warc_check.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"
#include <lariat/crawl/warc.h>

static struct fixture fixture;
static char path[64];

static void open_fixture(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  (void)snprintf(path, sizeof path, "/tmp/lariat-check-XXXXXX");
  close(mkstemp(path));
}

static void close_fixture(void) {
  unlink(path);
  fixture_close(&fixture);
}

/* ---- Checking ---- */

struct outcome {
  char log[6000];
  size_t length;
  lariat_crawl_warc_check_totals totals;
};

static void on_problem(void *context,
                       const lariat_crawl_warc_problem *problem) {
  struct outcome *outcome = context;
  size_t left = sizeof outcome->log - outcome->length;
  CU_ASSERT_STRING_EQUAL(problem->path, path);
  int written =
      snprintf(outcome->log + outcome->length, left, "%s at %llu: %s\n",
               problem->is_error ? "error" : "notice",
               (unsigned long long)problem->offset, problem->message);
  if (written > 0 && (size_t)written < left) outcome->length += (size_t)written;
}

static void save(const char *bytes, size_t length) {
  int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  CU_ASSERT_EQUAL(write(fd, bytes, length), (ssize_t)length);
  close(fd);
}

static void check_bytes(struct outcome *outcome, const char *bytes,
                        size_t length) {
  lariat_crawl_warc_check *check;
  memset(outcome, 0, sizeof *outcome);
  save(bytes, length);
  CU_ASSERT_EQUAL_FATAL(
      lariat_crawl_warc_check_new(on_problem, outcome, &check), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_warc_check_file(check, path), LARIAT_OK);
  lariat_crawl_warc_check_end(check);
  outcome->totals = lariat_crawl_warc_check_counts(check);
  lariat_crawl_warc_check_free(check);
}

/* Checks what is told of a text. */
static void check_text(const char *text, const char *log) {
  struct outcome outcome;
  check_bytes(&outcome, text, strlen(text));
  if (strcmp(outcome.log, log) != 0)
    fixture_fail("%s\ninstead of\n%s", outcome.log, log);
}

/* ---- Records of one's own ---- */

#define DATE "WARC-Date: 2026-11-30T12:34:56Z\r\n"
#define INFO                                                                   \
  "WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:info>\r\n" DATE     \
  "Content-Length: 0\r\n\r\n\r\n\r\n"
#define RECORD(type, id, more, length, block)                                  \
  "WARC/1.1\r\nWARC-Type: " type "\r\nWARC-Record-ID: " id "\r\n" DATE more    \
  "Content-Length: " length "\r\n\r\n" block "\r\n\r\n"
#define URL "WARC-Target-URI: http://example.com/\r\n"
#define HTTP "Content-Type: application/http; msgtype=response\r\n"
#define AT "117" /* where the record behind INFO begins */

static void test_right_digests(void) {
  open_fixture();
  struct outcome outcome;
  /* "hello" by each algorithm, in each form. */
  static const char text[] = INFO RECORD(
      "resource", "<urn:a>",
      URL "WARC-Block-Digest: sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N\r\n"
          "WARC-Payload-Digest: "
          "SHA-1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d\r\n",
      "5", "hello")
      RECORD("resource", "<urn:b>",
             URL "WARC-Block-Digest: sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b1"
                 "61e5c1fa7425e73043362938b9824\r\n"
                 "WARC-Payload-Digest: sha256:"
                 "FTZE3OS7WCRQ4JXIHMVMLOPCTYNRMHS4D6TUEXTTAQZWFE4LTASA====\r\n",
             "5", "hello")
          RECORD("resource", "<urn:c>",
                 URL "WARC-Block-Digest: md5:5d41402abc4b2a76b9719d911017c592"
                     "\r\n",
                 "5", "hello");
  check_bytes(&outcome, text, strlen(text));
  CU_ASSERT_STRING_EQUAL(outcome.log, "");
  CU_ASSERT_EQUAL(outcome.totals.records, 4);
  CU_ASSERT_EQUAL(outcome.totals.files, 1);
  CU_ASSERT_EQUAL(outcome.totals.block_digests, 3);
  CU_ASSERT_EQUAL(outcome.totals.payload_digests, 2);
  CU_ASSERT_EQUAL(outcome.totals.block_bytes, 15);
  CU_ASSERT_EQUAL(outcome.totals.by_type[LARIAT_CRAWL_WARC_RESOURCE], 3);
  close_fixture();
}

static void test_wrong_digests(void) {
  open_fixture();
  check_text(INFO RECORD("resource", "<urn:a>",
                         URL "WARC-Block-Digest: "
                             "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2A\r\n"
                             "WARC-Payload-Digest: "
                             "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2B\r\n",
                         "5", "hello"),
             "error at " AT ": WARC-Block-Digest is not that of the block\n"
             "error at " AT
             ": WARC-Payload-Digest is not that of the payload\n");
  check_text(INFO RECORD("resource", "<urn:a>",
                         URL "WARC-Block-Digest: sha1:VL2MM\r\n"
                             "WARC-Payload-Digest: none\r\n",
                         "5", "hello"),
             "error at " AT ": WARC-Block-Digest is no digest: sha1:VL2MM\n"
             "error at " AT ": WARC-Payload-Digest is no digest: none\n");
  check_text(INFO RECORD("resource", "<urn:a>",
                         URL "WARC-Block-Digest: crc32:3610a686\r\n"
                             "WARC-Truncated: time\r\nWARC-Payload-Digest: "
                             "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2B\r\n",
                         "5", "hello"),
             "notice at " AT
             ": WARC-Block-Digest by an unknown algorithm: crc32:3610a686\n"
             "notice at " AT
             ": WARC-Payload-Digest is not that of the cut payload\n");
  close_fixture();
}

/* Digests of bodies with chunks: of what is in the block, or without them. */
static void test_chunks(void) {
  open_fixture();
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
  check_text(INFO RECORD("response", "<urn:a>",
                         URL HTTP "WARC-Payload-Digest: "
                                  "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N\r\n",
                         "62", CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
             "");
  check_text(INFO RECORD("response", "<urn:a>",
                         URL HTTP "WARC-Payload-Digest: "
                                  "sha1:FPKJFAEPEIMEFSS2G2SDNSN5YKX3N5JX\r\n",
                         "62", CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
             "");
  /* The chunks are undone, and the head does not know. */
  check_text(INFO RECORD("response", "<urn:a>",
                         URL HTTP "WARC-Payload-Digest: "
                                  "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N\r\n",
                         "52", CHUNKED "hello"),
             "");
  check_text(INFO RECORD("response", "<urn:a>",
                         URL HTTP "WARC-Payload-Digest: "
                                  "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2A\r\n",
                         "62", CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
             "error at " AT
             ": WARC-Payload-Digest is not that of the payload\n");
  close_fixture();
}

static void test_fields(void) {
  open_fixture();
  check_text("WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
             "notice at 0: the file does not begin with a warcinfo\n"
             "error at 0: no WARC-Record-ID\n"
             "error at 0: no WARC-Date\n"
             "error at 0: no WARC-Type\n");
  check_text(INFO RECORD("mine", "urn:a", "", "0", ""),
             "notice at " AT ": WARC-Record-ID has no angle brackets: urn:a\n"
             "notice at " AT ": an unknown WARC-Type: mine\n");
  check_text(INFO RECORD("response", "<urn:a>", "", "0", ""),
             "error at " AT ": a response without WARC-Target-URI\n");
  check_text(INFO RECORD("revisit", "<urn:a>", URL, "0", ""),
             "error at " AT ": a revisit without WARC-Profile\n");
  check_text(INFO INFO,
             "error at " AT
             ": WARC-Record-ID is another record's, too: <urn:info>\n");
  close_fixture();
}

static void check_date(const char *version, const char *date, const char *log) {
  char text[300];
  (void)snprintf(text, sizeof text,
                 "%s\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:a>\r\n"
                 "WARC-Date: %s\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
                 version, date);
  check_text(text, log);
}

static void test_dates(void) {
  static const char *const good[] = {"2026",
                                     "2026-11",
                                     "2026-11-30",
                                     "2026-11-30T12:34Z",
                                     "2026-11-30T12:34:56.1Z",
                                     "2026-11-30T12:34:56.123456789Z"};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(good); i++)
    check_date("WARC/1.1", good[i], "");
  check_date("WARC/1.0", "2026-11-30T12:34:56Z", "");
  check_date("WARC/1.0", "2026-11-30T12:34:56.1Z",
             "notice at 0: WARC-Date with a fraction, which WARC/1.0 has not: "
             "2026-11-30T12:34:56.1Z\n");
  check_date("WARC/1.1", "2026-11-30T12:34:56",
             "error at 0: WARC-Date is no date in UTC: 2026-11-30T12:34:56\n");
  check_date(
      "WARC/1.1", "2026-11-30T12:34:56.Z",
      "error at 0: WARC-Date is no date in UTC: 2026-11-30T12:34:56.Z\n");
  check_date(
      "WARC/1.1", "2026-11-30T12:34:56.1234567890Z",
      "error at 0: WARC-Date is no date in UTC: 2026-11-30T12:34:56.1234567890Z"
      "\n");
  check_date("WARC/1.1", "20261130123456",
             "error at 0: WARC-Date is no date in UTC: 20261130123456\n");
  close_fixture();
}

static void test_answers(void) {
  open_fixture();
  check_text(INFO RECORD("response", "<urn:a>", URL HTTP, "5", "hello"),
             "error at " AT ": the block does not begin with a head of HTTP\n");
  check_text(INFO RECORD("response", "<urn:a>", URL HTTP, "17",
                         "HTTP/1.1 no\r\n\r\n12"),
             "error at " AT ": the answer has no status\n");
#define SHORT "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"
  check_text(INFO RECORD("response", "<urn:a>", URL HTTP, "43", SHORT),
             "notice at " AT
             ": the payload has 5 bytes, and not as many as its "
             "Content-Length says\n");
  check_text(INFO RECORD("response", "<urn:a>",
                         URL HTTP "WARC-Truncated: disconnect\r\n", "43",
                         SHORT),
             "");
  check_text(INFO RECORD("response", "<urn:a>", URL HTTP, "38",
                         "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
             ""); /* of HEAD */
  close_fixture();
}

static void test_references(void) {
  open_fixture();
#define REVISIT(date, digest)                                                  \
  RECORD("revisit", "<urn:b>",                                                 \
         URL "WARC-Profile: x\r\nWARC-Refers-To-Target-URI: "                  \
             "<http://example.com/>\r\nWARC-Refers-To-Date: " date             \
             "\r\nWARC-Payload-Digest: sha1:" digest "\r\n",                   \
         "0", "")
#define ORIGINAL                                                               \
  RECORD("resource", "<urn:a>",                                                \
         URL "WARC-Concurrent-To: <urn:b>\r\nWARC-Warcinfo-ID: "               \
             "<urn:info>\r\nWARC-Payload-Digest: "                             \
             "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N\r\n",                      \
         "5", "hello")
  check_text(INFO ORIGINAL REVISIT("2026-11-30T12:34:56Z",
                                   "VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"),
             "");
  check_text(INFO ORIGINAL REVISIT("2026-11-30T12:34:56Z",
                                   "VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2A"),
             "error at 393: a revisit of a record whose payload has another "
             "digest\n");
  check_text(INFO ORIGINAL REVISIT("2026-11-30T12:34:57Z",
                                   "VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"),
             "notice at 393: WARC-Refers-To-Target-URI names a record that is "
             "in none of the files\n");
  check_text(INFO ORIGINAL REVISIT("2026-11-30T12:34:56Z",
                                   "VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N")
                 RECORD("revisit", "<urn:c>",
                        "WARC-Target-URI: http://example.com/c\r\n"
                        "WARC-Profile: x\r\nWARC-Refers-To-Target-URI: "
                        "http://example.com/d\r\nWARC-Refers-To-Date: "
                        "2026-11-30T12:34:56Z\r\n",
                        "0", "")
                     RECORD("revisit", "<urn:d>",
                            "WARC-Target-URI: http://example.com/d\r\n"
                            "WARC-Profile: x\r\n",
                            "0", ""),
             "notice at 714: a revisit of a record that is a revisit itself\n");
  check_text(
      ORIGINAL,
      "notice at 0: the file does not begin with a warcinfo\n"
      "notice at 0: WARC-Concurrent-To names a record that is in none of "
      "the files\n"
      "notice at 0: WARC-Warcinfo-ID names a record that is in none of "
      "the files\n");
  close_fixture();
}

static void test_faults(void) {
  open_fixture();
  check_text("", "error at 0: there is no record in it\n");
  check_text("no WARC", "error at 0: no WARC record: it does not begin with "
                        "WARC/ and a version\n");
  check_text(INFO "WARC/1.1\r\n",
             "error at " AT ": the file ends within a record\n");
  close_fixture();
}

/* ---- What the writer writes ---- */

#define HEAD "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void write_all(lariat_crawl_warc_buffer *buffer) {
  lariat_crawl_warc_exchange exchange = {.size = sizeof exchange,
                                         .url = "http://example.com/",
                                         .at_ns = INT64_C(1796042096789012345),
                                         .head = HEAD,
                                         .head_length = strlen(HEAD),
                                         .body = "0\r\n\r\nlooks like chunks",
                                         .body_length = 22,
                                         .request_head =
                                             "GET / HTTP/1.1\r\n\r\n",
                                         .request_head_length = 18,
                                         .via = "http://example.com/x"};
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_info(buffer, 0, NULL, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, NULL),
                  LARIAT_OK);
  exchange.revisit = true;
  exchange.refers_to_url = exchange.url;
  exchange.refers_to_ns = exchange.at_ns;
  exchange.at_ns++;
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, NULL),
                  LARIAT_OK);
  exchange.not_modified = true;
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, NULL),
                  LARIAT_OK);
}

static void test_writer(void) {
  open_fixture();
  for (int level = 0; level < 5; level += 4) {
    lariat_crawl_warc_buffer *buffer;
    struct outcome outcome;
    size_t length;
    CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_buffer_new(level, &buffer),
                          LARIAT_OK);
    write_all(buffer);
    const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
    check_bytes(&outcome, bytes, length);
    CU_ASSERT_STRING_EQUAL(outcome.log, "");
    CU_ASSERT_EQUAL(outcome.totals.records, 10);
    CU_ASSERT_EQUAL(outcome.totals.block_digests, 10);
    CU_ASSERT_EQUAL(outcome.totals.payload_digests, 1);
    /* Each byte of the first response that is wrong is seen. */
    if (level == 0) {
      char *copy = malloc(length);
      if (!copy) abort();
      memcpy(copy, bytes, length);
      char *found = memmem(copy, length, "looks", 5);
      *found ^= 1;
      check_bytes(&outcome, copy, length);
      CU_ASSERT_EQUAL(outcome.totals.errors, 2);
      free(copy);
    }
    lariat_crawl_warc_buffer_free(buffer);
  }
  close_fixture();
}

static void test_many_records(void) {
  enum { COUNT = 5000 };
  open_fixture();
  lariat_crawl_warc_buffer *buffer;
  struct outcome outcome;
  size_t length;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_buffer_new(1, &buffer), LARIAT_OK);
  for (int i = 0; i < COUNT; i++)
    CU_ASSERT_EQUAL(lariat_crawl_warc_add_info(buffer, i, NULL, NULL),
                    LARIAT_OK);
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  check_bytes(&outcome, bytes, length);
  CU_ASSERT_STRING_EQUAL(outcome.log, "");
  CU_ASSERT_EQUAL(outcome.totals.records, COUNT);
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

/* ---- Failures ---- */

static void test_failures(void) {
  open_fixture();
  lariat_crawl_warc_check *check;
  struct outcome outcome = {.length = 0};
  CU_ASSERT_EQUAL(lariat_crawl_warc_check_new(NULL, NULL, &check),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(check);
  CU_ASSERT_EQUAL_FATAL(
      lariat_crawl_warc_check_new(on_problem, &outcome, &check), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_warc_check_file(check, "/no/such/file"),
                  LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOENT);
  CU_ASSERT_EQUAL(lariat_crawl_warc_check_file(check, "/"), LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, EISDIR);
  lariat_crawl_warc_check_free(check);
  lariat_crawl_warc_check_free(NULL);
  close_fixture();
}

static void test_out_of_memory(void) {
  open_fixture();
  static const char text[] = INFO ORIGINAL;
  lariat_status status = LARIAT_ENOMEM;
  save(text, strlen(text));
  for (uint64_t nth = 1; status == LARIAT_ENOMEM && nth < 100; nth++) {
    lariat_crawl_warc_check *check;
    struct outcome outcome = {.length = 0};
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_warc_check_new(on_problem, &outcome, &check);
    CU_ASSERT_EQUAL(check != NULL, status == LARIAT_OK);
    if (status != LARIAT_OK) continue;
    status = lariat_crawl_warc_check_file(check, path);
    lariat_crawl_warc_check_free(check);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  fixture_fail_allocation(&fixture, 0);
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"digests that are right", test_right_digests},
      {"digests that are wrong", test_wrong_digests},
      {"bodies with chunks", test_chunks},
      {"fields", test_fields},
      {"dates", test_dates},
      {"answers", test_answers},
      {"records that name others", test_references},
      {"faults of the file", test_faults},
      {"what the writer writes is right", test_writer},
      {"many records", test_many_records},
      {"files that cannot be read", test_failures},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("warc_check", tests, FIXTURE_COUNT(tests), argc, argv);
}
