/* SPDX-License-Identifier: MIT
 * warc_test.c: what an exchange is written as, byte for byte; gzip members;
 * what is masked, and what is refused. */
#include <lariat/crawl/warc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support/fixture.h"
#include <lariat/crawl/version.h>

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

/* 2026-11-30T12:34:56.789012Z, and some nanoseconds. */
#define AT INT64_C(1796042096789012345)

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
#define REQUEST "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
#define BODY "<p>Hello</p>\n"

/* ---- What was written ---- */

static lariat_crawl_warc_buffer *new_buffer(int level) {
  lariat_crawl_warc_buffer *buffer;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_buffer_new(level, &buffer),
                        LARIAT_OK);
  return buffer;
}

static bool is_hex(char byte) {
  return byte && strchr("0123456789abcdef", byte) != NULL;
}

/* Checks that 36 bytes are a random UUID. */
static void check_uuid(const char *id) {
  static const char shape[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
  for (size_t i = 0; i < sizeof shape - 1; i++) {
    bool good = shape[i] == 'x'   ? is_hex(id[i])
                : shape[i] == 'v' ? id[i] && strchr("89ab", id[i])
                                  : id[i] == shape[i];
    if (!good) fixture_fail("byte %zu of the id %.36s", i, id);
  }
}

/* Copies the records, their ids by numbers in the order in which they come:
 * "<1>"; the caller frees the copy. */
static char *number_ids(const char *bytes, size_t length) {
  static const char before[] = "<urn:uuid:";
  char seen[8][36];
  size_t count = 0, out = 0;
  char *copy = malloc(length + 1);
  if (!copy) abort();
  for (size_t at = 0; at < length;) {
    if (length - at < 47 || memcmp(bytes + at, before, 10) != 0) {
      copy[out++] = bytes[at++];
      continue;
    }
    size_t which = 0;
    while (which < count && memcmp(seen[which], bytes + at + 10, 36) != 0)
      which++;
    if (which == count && count < 8) {
      check_uuid(bytes + at + 10);
      memcpy(seen[count++], bytes + at + 10, 36);
    }
    out += (size_t)snprintf(copy + out, 47, "<%zu>", which + 1);
    at += 47;
  }
  copy[out] = '\0';
  return copy;
}

static void check_written(const lariat_crawl_warc_buffer *buffer,
                          const char *expected) {
  size_t length;
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  char *copy = number_ids(bytes, length);
  if (strcmp(copy, expected) != 0)
    fixture_fail("%s\ninstead of\n%s", copy, expected);
  free(copy);
}

/* Tells whether `text` is among what was written. */
static bool has(const lariat_crawl_warc_buffer *buffer, const char *text) {
  size_t length;
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  return memmem(bytes, length, text, strlen(text)) != NULL;
}

static lariat_crawl_warc_exchange exchange_of(const char *head,
                                              const char *body) {
  return (lariat_crawl_warc_exchange){.size =
                                          sizeof(lariat_crawl_warc_exchange),
                                      .url = "http://example.com/",
                                      .at_ns = AT,
                                      .head = head,
                                      .head_length = strlen(head),
                                      .body = body,
                                      .body_length = strlen(body)};
}

static void set_request(lariat_crawl_warc_exchange *exchange,
                        const char *head) {
  exchange->request_head = head;
  exchange->request_head_length = strlen(head);
}

static void add(lariat_crawl_warc_buffer *buffer,
                const lariat_crawl_warc_exchange *exchange) {
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_add_exchange(buffer, exchange, NULL),
                        LARIAT_OK);
}

/* ---- Records ---- */

static void test_exchange(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
  lariat_crawl_warc_place place;
  size_t length;
  set_request(&exchange, REQUEST);
  exchange.ip = "192.0.2.1";
  exchange.protocol = "http/1.1";
  exchange.tls_version = "TLSv1.3";
  exchange.cipher_suite = "TLS_AES_256_GCM_SHA384";
  exchange.truncated = "time";
  exchange.via = "http://example.com/before";
  exchange.hop_path = "LL";
  exchange.fetch_ms = 12;
  exchange.metadata = "outlinks: 3\r\n";
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, &place),
                  LARIAT_OK);
#define BOTH                                                                   \
  "WARC-Target-URI: http://example.com/\r\n"                                   \
  "WARC-IP-Address: 192.0.2.1\r\n"                                             \
  "WARC-Protocol: http/1.1\r\n"                                                \
  "WARC-Protocol: tls/1.3\r\n"                                                 \
  "WARC-Cipher-Suite: TLS_AES_256_GCM_SHA384\r\n"
#define DATE "WARC-Date: 2026-11-30T12:34:56.789012Z\r\n"
  check_written(
      buffer,
      "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <1>\r\n" DATE BOTH
      "WARC-Truncated: time\r\n"
      "WARC-Payload-Digest: sha1:2RT562FCMPBHFLYL3EANFLMZLOND57XB\r\n"
      "WARC-Block-Digest: sha1:BNOYOY32RHE6D45NXJ6PWXCCKJT7LSK7\r\n"
      "Content-Type: application/http; msgtype=response\r\n"
      "Content-Length: 57\r\n\r\n" HEAD BODY "\r\n\r\n"
      "WARC/1.1\r\nWARC-Type: request\r\nWARC-Record-ID: <2>\r\n" DATE BOTH
      "WARC-Concurrent-To: <1>\r\n"
      "WARC-Block-Digest: sha1:XJOODOST4UEKQVGKAOMDH2ZTZBZORFON\r\n"
      "Content-Type: application/http; msgtype=request\r\n"
      "Content-Length: 37\r\n\r\n" REQUEST "\r\n\r\n"
      "WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: <3>\r\n" DATE
      "WARC-Target-URI: http://example.com/\r\n"
      "WARC-Concurrent-To: <1>\r\n"
      "WARC-Block-Digest: sha1:TCOBQ3YXRLIBPVLBVJARR5NRI5RKOBWJ\r\n"
      "Content-Type: application/warc-fields\r\n"
      "Content-Length: 80\r\n\r\n"
      "via: http://example.com/before\r\nhopsFromSeed: LL\r\n"
      "fetchTimeMs: 12\r\noutlinks: 3\r\n\r\n\r\n");
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  CU_ASSERT_EQUAL(place.offset, 0);
  CU_ASSERT_EQUAL(place.length, length);
  CU_ASSERT_EQUAL(place.response_offset, 0);
  CU_ASSERT_EQUAL(memcmp(bytes + place.response_length, "WARC/1.1", 8), 0);
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

/* The second exchange of a buffer, and what is left out. */
static void test_least(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, "");
  lariat_crawl_warc_place first, second;
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, &first),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, &second),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(second.offset, first.length);
  CU_ASSERT_EQUAL(second.response_offset, first.length);
  CU_ASSERT_FALSE(has(buffer, "WARC-Type: request"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Type: metadata"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Truncated"));
  /* The digest of nothing. */
  CU_ASSERT_TRUE(has(buffer, "WARC-Payload-Digest: "
                             "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ\r\n"));
  lariat_crawl_warc_buffer_clear(buffer);
  check_written(buffer, "");
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

/* A request that got no answer. */
static void test_no_answer(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of("", "");
  set_request(&exchange, REQUEST);
  add(buffer, &exchange);
  CU_ASSERT_TRUE(has(buffer, "WARC-Type: request"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Concurrent-To"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Type: response"));
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

static void check_date(int64_t at_ns, const char *date) {
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
  char line[64];
  (void)snprintf(line, sizeof line, "WARC-Date: %s\r\n", date);
  exchange.at_ns = at_ns;
  add(buffer, &exchange);
  if (!has(buffer, line)) fixture_fail("not %s", date);
  lariat_crawl_warc_buffer_free(buffer);
}

static void test_dates(void) {
  open_fixture();
  check_date(0, "1970-01-01T00:00:00.000000Z");
  check_date(INT64_C(951782399) * 1000000000, "2000-02-28T23:59:59.000000Z");
  check_date(INT64_C(951782400) * 1000000000, "2000-02-29T00:00:00.000000Z");
  check_date(INT64_C(951868800) * 1000000000 + 999,
             "2000-03-01T00:00:00.000000Z");
  check_date(INT64_C(1798761599) * 1000000000 + 1000,
             "2026-12-31T23:59:59.000001Z");
  check_date(INT64_C(4102444800) * 1000000000, "2100-01-01T00:00:00.000000Z");
  close_fixture();
}

/* ---- Heads ---- */

static void check_head(const char *came, const char *written) {
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(came, BODY);
  char block[600];
  (void)snprintf(block, sizeof block, "\r\n\r\n%s%s\r\n\r\n", written, BODY);
  add(buffer, &exchange);
  if (!has(buffer, block)) fixture_fail("not as %s", written);
  lariat_crawl_warc_buffer_free(buffer);
}

static void test_heads(void) {
  open_fixture();
  /* As it came, whatever it is like. */
  check_head("HTTP/1.0 404 \r\nfoo : bar\r\nX: a\r\n b\r\n\r\n",
             "HTTP/1.0 404 \r\nfoo : bar\r\nX: a\r\n b\r\n\r\n");
  check_head("HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\nA: b\n\n");
  /* What is missing at the end is added. */
  check_head("HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
  check_head("HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n\r\n");
  /* What is not HTTP/1.x is written as that; there is a blank behind 200. */
  check_head("HTTP/2 200\r\na: b\r\n\r\n", "HTTP/1.1 200 \r\na: b\r\n\r\n");
  check_head("HTTP/2 200 \r\na: b\r\n\r\n", "HTTP/1.1 200 \r\na: b\r\n\r\n");
  check_head("HTTP/3 404 Gone\r\n\r\n", "HTTP/1.1 404 Gone\r\n\r\n");
  /* The chunks are undone: nothing says that they are there. */
  check_head("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nA: b\r\n\r\n",
             "HTTP/1.1 200 OK\r\nX-Crawl-transfer-encoding: chunked\r\n"
             "A: b\r\n\r\n");
  check_head("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
             "Transfer-Encoding: chunked\r\n\r\n",
             "HTTP/1.1 200 OK\r\nX-Crawl-Content-Length: 3\r\n"
             "X-Crawl-Transfer-Encoding: chunked\r\n\r\n");
  check_head("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n");
  close_fixture();
}

/* ---- Secrets ---- */

static const char secret_request[] =
    "GET http://u:p4@example.com/?at=a@b HTTP/1.1\r\n"
    "Host: example.com\r\n"
    "authorization: Basic c2VjcmV0\r\n"
    "Cookie: a=b;\r\n c=secret\r\n"
    "Proxy-Authorization:Bearer secret\r\n"
    "Referer: https://u:p2@example.org/x:y@z\r\n"
    "Cookies: no secret\r\n\r\n";

static void test_secrets(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
  exchange.url = "http://u:p3@example.com/";
  exchange.via = "http://u:p5@example.com/";
  exchange.revisit = true;
  exchange.refers_to_url = "http://u:p6@example.com/";
  exchange.refers_to_ns = AT;
  set_request(&exchange, secret_request);
  add(buffer, &exchange);
  CU_ASSERT_TRUE(has(buffer, "\r\n\r\nGET http://u:***@example.com/?at=a@b "
                             "HTTP/1.1\r\n"
                             "Host: example.com\r\n"
                             "authorization: ***\r\n"
                             "Cookie: ***\r\n"
                             "Proxy-Authorization: ***\r\n"
                             "Referer: https://u:***@example.org/x:y@z\r\n"
                             "Cookies: no secret\r\n\r\n"));
  CU_ASSERT_TRUE(has(buffer, "WARC-Target-URI: http://u:***@example.com/\r\n"));
  CU_ASSERT_TRUE(has(buffer, "via: http://u:***@example.com/\r\n"));
  CU_ASSERT_TRUE(
      has(buffer, "WARC-Refers-To-Target-URI: http://u:***@example.com/\r\n"));
  for (char password[] = "p2"; password[1] < '7'; password[1]++)
    CU_ASSERT_FALSE(has(buffer, password));
  lariat_crawl_warc_buffer_clear(buffer);
  exchange.keep_secrets = true;
  add(buffer, &exchange);
  CU_ASSERT_TRUE(has(buffer, secret_request));
  CU_ASSERT_TRUE(has(buffer, "WARC-Target-URI: http://u:p3@example.com/\r\n"));
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

static void test_request_of_h2(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
  set_request(&exchange, "GET / HTTP/2\r\nhost: example.com\r\n\r\n");
  exchange.protocol = "h2";
  add(buffer, &exchange);
  exchange.keep_secrets = true;
  add(buffer, &exchange);
  CU_ASSERT_TRUE(has(buffer, "GET / HTTP/1.1\r\nhost: example.com\r\n\r\n"));
  CU_ASSERT_TRUE(has(buffer, "WARC-Protocol: h2\r\n"));
  CU_ASSERT_FALSE(has(buffer, "HTTP/2"));
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

/* ---- Revisits ---- */

static void test_revisit(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
  lariat_crawl_warc_place place;
  exchange.revisit = true;
  exchange.refers_to_url = "http://example.com/first";
  exchange.refers_to_ns = AT - 1000000000;
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, &place),
                  LARIAT_OK);
#define REVISIT                                                                \
  "WARC/1.1\r\nWARC-Type: revisit\r\nWARC-Record-ID: <1>\r\n" DATE             \
  "WARC-Target-URI: http://example.com/\r\n"                                   \
  "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/"
#define REFERS_TO                                                              \
  "WARC-Refers-To-Target-URI: http://example.com/first\r\n"                    \
  "WARC-Refers-To-Date: 2026-11-30T12:34:55.789012Z\r\n"
#define DIGEST "WARC-Payload-Digest: sha1:2RT562FCMPBHFLYL3EANFLMZLOND57XB\r\n"
  check_written(buffer, REVISIT
                "identical-payload-digest\r\n" REFERS_TO
                "WARC-Truncated: length\r\n" DIGEST "WARC-Block-Digest: "
                "sha1:F4CYQVV33NASJLRDIL5FC6RHNFR3UIF2\r\n"
                "Content-Type: application/http; msgtype=response\r\n"
                "Content-Length: 44\r\n\r\n" HEAD "\r\n\r\n");
  uint8_t sha1[20];
  CU_ASSERT_EQUAL(lariat_crawl_warc_digest(buffer, BODY, strlen(BODY), sha1),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(memcmp(sha1, place.payload_sha1, sizeof sha1), 0);
  /* A digest that is given is not computed again; a 304 has no digest of its
   * own. */
  lariat_crawl_warc_buffer_clear(buffer);
  exchange.body_length = 0;
  exchange.digest = place.payload_sha1;
  add(buffer, &exchange);
  CU_ASSERT_TRUE(has(buffer, DIGEST));
  lariat_crawl_warc_buffer_clear(buffer);
  exchange.not_modified = true;
  add(buffer, &exchange);
  CU_ASSERT_TRUE(
      has(buffer, "revisit/server-not-modified\r\n" REFERS_TO DIGEST));
  lariat_crawl_warc_buffer_clear(buffer);
  exchange.digest = NULL;
  add(buffer, &exchange);
  CU_ASSERT_FALSE(has(buffer, "WARC-Payload-Digest"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Truncated"));
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

/* ---- Other records ---- */

static void test_info(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
  CU_ASSERT_EQUAL(
      lariat_crawl_warc_add_info(buffer, AT, "a.warc", "robots: obey\r\n"),
      LARIAT_OK);
  CU_ASSERT_TRUE(has(buffer, "WARC-Type: warcinfo\r\n"));
  CU_ASSERT_TRUE(has(buffer, "WARC-Filename: a.warc\r\n"));
  CU_ASSERT_TRUE(has(buffer, "Content-Type: application/warc-fields\r\n"));
  CU_ASSERT_TRUE(has(buffer, "\r\n\r\nsoftware: lariat/" LARIAT_CRAWL_VERSION
                             "\r\nformat: WARC File Format 1.1\r\n"
                             "robots: obey\r\n\r\n\r\n"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Warcinfo-ID"));
  add(buffer, &exchange);
  CU_ASSERT_TRUE(has(buffer, "WARC-Warcinfo-ID: <urn:uuid:"));
  /* One's own software; the next warcinfo names none. */
  lariat_crawl_warc_buffer_clear(buffer);
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_info(
                      buffer, AT, NULL, "x: software:\r\nsoftware: mine\r\n"),
                  LARIAT_OK);
  CU_ASSERT_FALSE(has(buffer, "software: lariat"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Warcinfo-ID"));
  CU_ASSERT_FALSE(has(buffer, "WARC-Filename"));
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

static void test_content(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  lariat_crawl_warc_content content = {.size = sizeof content,
                                       .type = LARIAT_CRAWL_WARC_RESOURCE,
                                       .url = "urn:x",
                                       .at_ns = AT,
                                       .content_type = "text/plain",
                                       .block = BODY,
                                       .block_length = strlen(BODY),
                                       .fields = "A: b\r\n"};
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_content(buffer, &content), LARIAT_OK);
  check_written(
      buffer,
      "WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <1>\r\n" DATE
      "WARC-Target-URI: urn:x\r\nA: b\r\n" DIGEST
      "WARC-Block-Digest: sha1:2RT562FCMPBHFLYL3EANFLMZLOND57XB\r\n"
      "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n" BODY "\r\n\r\n");
  content.type = LARIAT_CRAWL_WARC_RESPONSE;
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_content(buffer, &content),
                  LARIAT_EINVAL);
  content.type = LARIAT_CRAWL_WARC_CONVERSION;
  content.fields = "A: b";
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_content(buffer, &content),
                  LARIAT_EINVAL);
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

/* ---- What is refused ---- */

static void check_refused(lariat_crawl_warc_exchange exchange) {
  lariat_crawl_warc_buffer *buffer = new_buffer(0);
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, NULL),
                  LARIAT_EINVAL);
  check_written(buffer, "");
  lariat_crawl_warc_buffer_free(buffer);
}

static void test_refused(void) {
  open_fixture();
  lariat_crawl_warc_buffer *buffer;
  CU_ASSERT_EQUAL(lariat_crawl_warc_buffer_new(13, &buffer), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_crawl_warc_buffer_new(-1, &buffer), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(buffer);
  lariat_crawl_warc_exchange good = exchange_of(HEAD, BODY), bad = good;
  bad.size = 0;
  check_refused(bad);
  bad = good, bad.url = NULL;
  check_refused(bad);
  bad = good, bad.url = "http://example.com/\r\nWARC-Type: x";
  check_refused(bad);
  bad = good, bad.at_ns = -1;
  check_refused(bad);
  bad = good, bad.ip = "1\n2";
  check_refused(bad);
  bad = good, bad.via = "1\r2";
  check_refused(bad);
  bad = good, bad.metadata = "no: line end";
  check_refused(bad);
  bad = exchange_of("", "");
  check_refused(bad);
  bad.revisit = true;
  set_request(&bad, REQUEST);
  check_refused(bad);
  bad = exchange_of(HEAD, ""), bad.revisit = true;
  check_refused(bad);
  close_fixture();
}

/* ---- Compression ---- */

/* Inflates the member at `bytes`; returns its length, and the text in `out`. */
static size_t inflate_member(const char *bytes, size_t length, char *out,
                             size_t capacity, size_t *text_length) {
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes,
                     .avail_in = (uInt)length,
                     .next_out = (Bytef *)out,
                     .avail_out = (uInt)capacity};
  CU_ASSERT_EQUAL_FATAL(inflateInit2(&stream, 15 + 16), Z_OK);
  CU_ASSERT_EQUAL(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  *text_length = capacity - stream.avail_out;
  return length - stream.avail_in;
}

/* Every level has the same text, a member for each record. */
static void test_members(void) {
  open_fixture();
  lariat_crawl_warc_buffer *plain = new_buffer(0);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
  set_request(&exchange, REQUEST);
  add(plain, &exchange);
  size_t plain_length;
  const char *plain_bytes =
      lariat_crawl_warc_buffer_bytes(plain, &plain_length);
  char *expected = number_ids(plain_bytes, plain_length);
  for (int level = 1; level <= 12; level++) {
    lariat_crawl_warc_buffer *buffer = new_buffer(level);
    lariat_crawl_warc_place place;
    char text[4000];
    size_t length, first, second;
    CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, &place),
                    LARIAT_OK);
    const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
    size_t used = inflate_member(bytes, length, text, 2000, &first);
    CU_ASSERT_EQUAL(used, place.response_length);
    used += inflate_member(bytes + used, length - used, text + first, 2000,
                           &second);
    CU_ASSERT_EQUAL(used, length);
    char *copy = number_ids(text, first + second);
    CU_ASSERT_STRING_EQUAL(copy, expected);
    free(copy);
    lariat_crawl_warc_buffer_free(buffer);
  }
  free(expected);
  lariat_crawl_warc_buffer_free(plain);
  close_fixture();
}

/* Returns how many bytes 20,000 zeros of a media type become. */
static size_t measure_zeros(const char *lines) {
  lariat_crawl_warc_buffer *buffer = new_buffer(4);
  char head[200];
  static char zeros[20000];
  size_t length;
  (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", lines);
  lariat_crawl_warc_exchange exchange = exchange_of(head, "");
  exchange.body = zeros;
  exchange.body_length = sizeof zeros;
  add(buffer, &exchange);
  (void)lariat_crawl_warc_buffer_bytes(buffer, &length);
  lariat_crawl_warc_buffer_free(buffer);
  return length;
}

/* What is compressed already is stored, not compressed again. */
static void test_stored(void) {
  static const char *const packed[] = {
      "content-type:image/PNG", "Content-Type: video/mp4; codecs=x",
      "Content-Type: application/vnd.openxmlformats-officedocument.x",
      "Content-Type: text/html\r\nContent-Encoding: gzip"};
  static const char *const others[] = {
      "Content-Type: image/svg+xml", "Content-Type: image/pngs",
      "Content-Type: text/html\r\nContent-Encoding: identity", "A: image/png",
      "Content-Type:"};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(packed); i++)
    if (measure_zeros(packed[i]) < 20000) fixture_fail("%s", packed[i]);
  for (size_t i = 0; i < FIXTURE_COUNT(others); i++)
    if (measure_zeros(others[i]) > 2000) fixture_fail("%s", others[i]);
  close_fixture();
}

/* A body that is compressed in pieces is the same. */
static void test_long_body(void) {
  enum { LENGTH = (16 << 20) + 12345 };
  open_fixture();
  lariat_crawl_warc_buffer *buffer = new_buffer(12);
  lariat_crawl_warc_exchange exchange = exchange_of(HEAD, "");
  char *body = malloc(LENGTH), *text = malloc(LENGTH + 4000);
  if (!body || !text) abort();
  for (size_t i = 0; i < LENGTH; i++) body[i] = (char)(i / 1000);
  exchange.body = body;
  exchange.body_length = LENGTH;
  add(buffer, &exchange);
  size_t length, text_length;
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  CU_ASSERT_EQUAL(
      inflate_member(bytes, length, text, LENGTH + 4000, &text_length), length);
  CU_ASSERT_EQUAL(memcmp(text + text_length - LENGTH - 4, body, LENGTH), 0);
  CU_ASSERT_EQUAL(memcmp(text + text_length - 4, "\r\n\r\n", 4), 0);
  free(body);
  free(text);
  lariat_crawl_warc_buffer_free(buffer);
  close_fixture();
}

/* What fails leaves nothing behind, and the next one is whole. */
static void test_out_of_memory(void) {
  open_fixture();
  lariat_status status = LARIAT_ENOMEM;
  for (uint64_t nth = 1; status == LARIAT_ENOMEM && nth < 100; nth++) {
    lariat_crawl_warc_buffer *buffer;
    lariat_crawl_warc_exchange exchange = exchange_of(HEAD, BODY);
    size_t length = 0;
    set_request(&exchange, REQUEST);
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_warc_buffer_new(4, &buffer);
    CU_ASSERT_EQUAL(buffer != NULL, status == LARIAT_OK);
    if (status != LARIAT_OK) continue;
    status = lariat_crawl_warc_add_info(buffer, AT, NULL, NULL);
    if (status == LARIAT_OK)
      status = lariat_crawl_warc_add_exchange(buffer, &exchange, NULL);
    else
      (void)lariat_crawl_warc_buffer_bytes(buffer, &length);
    CU_ASSERT_EQUAL(length, 0);
    add(buffer, &exchange);
    lariat_crawl_warc_buffer_free(buffer);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  fixture_fail_allocation(&fixture, 0);
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"an exchange", test_exchange},
      {"what is not known is left out", test_least},
      {"a request without an answer", test_no_answer},
      {"dates", test_dates},
      {"heads", test_heads},
      {"secrets are masked", test_secrets},
      {"a request of HTTP/2", test_request_of_h2},
      {"revisits", test_revisit},
      {"warcinfo", test_info},
      {"records of one's own", test_content},
      {"what is refused", test_refused},
      {"a gzip member a record", test_members},
      {"compressed bodies are stored", test_stored},
      {"a long body", test_long_body},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("warc", tests, FIXTURE_COUNT(tests), argc, argv);
}
