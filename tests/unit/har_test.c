/* SPDX-License-Identifier: MIT
 * har_test.c: HTTP archives, as browsers export them: what is taken of an
 * entry, what is left out, and when it is due. */
#include "load/har.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/source.h"
#include "support/fixture.h"

/* ---- Reading ---- */

struct archive {
  lariat_load_requests *requests;
  lariat_status status;
  lariat_load_error error;
  uint64_t skipped[LARIAT_LOAD_SKIPS];
};

static const char *const hosts[] = {"a.example", "B.example:8080", "[::1]"};

static lariat_load_input_options options_of(bool timed) {
  lariat_load_input_options options = lariat_load_input_defaults();
  options.format = LARIAT_LOAD_HAR;
  options.hosts = hosts;
  options.host_count = 3;
  options.timed = timed;
  return options;
}

static struct archive read_har(const lariat_load_input_options *options,
                               const char *text) {
  struct archive archive;
  lariat_load_input *input;
  size_t half = strlen(text) / 2;
  if (lariat_load_requests_new(&archive.requests) != LARIAT_OK) abort();
  archive.status =
      lariat_load_input_new(archive.requests, options, &input, &archive.error);
  if (archive.status != LARIAT_OK) return archive;
  CU_ASSERT_EQUAL(lariat_load_input_feed(input, text, half, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_load_input_feed(input, text + half, strlen(text) - half, NULL),
      LARIAT_OK);
  archive.status = lariat_load_input_end(input, &archive.error);
  for (int i = 0; i < LARIAT_LOAD_SKIPS; i++)
    archive.skipped[i] = lariat_load_input_skipped(input, (lariat_load_skip)i);
  lariat_load_input_free(input);
  return archive;
}

#define HAR(entries)                                                           \
  "\xef\xbb\xbf{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"x\","     \
  "\"version\":\"1\"},\"pages\":[],\"entries\":[" entries "]}}\n"
#define ENTRY(method, url, more)                                               \
  "{\"_initiator\":{\"type\":\"other\"},\"startedDateTime\":"                  \
  "\"2026-11-30T13:50:01.500Z\",\"time\":5,\"request\":{\"method\":\"" method  \
  "\",\"url\":\"" url "\",\"httpVersion\":\"h3\"" more "},\"response\":{}}"

/* Compares all bytes of all requests. */
static void require_bytes(const char *text, const char *expected) {
  lariat_load_input_options options = options_of(false);
  struct archive archive = read_har(&options, text);
  char log[4000];
  size_t length = 0;
  lr_load_source *source;
  if (archive.status != LARIAT_OK) fixture_fail("%s", archive.error.message);
  lariat_load_requests_set_order(archive.requests, LARIAT_LOAD_IN_ORDER, 0);
  if (lr_load_source_new(archive.requests, &source) != LARIAT_OK) abort();
  log[0] = '\0';
  for (uint64_t i = 0; i < lariat_load_requests_count(archive.requests); i++) {
    lr_load_message m;
    CU_ASSERT_EQUAL(lr_load_source_take(source, i, &m), LR_LOAD_MESSAGE);
    length += (size_t)snprintf(log + length, sizeof log - length, "%.*s\n",
                               (int)m.length, m.bytes);
  }
  if (strcmp(log, expected) != 0) fixture_fail("%s", log);
  lr_load_source_free(source);
  lariat_load_requests_free(archive.requests);
}

#define UA                                                                     \
  "\"headers\":[{\"name\":\"user-agent\",\"value\":\"x\"},"                    \
  "{\"name\":\"accept\",\"value\":\"y\"}"
#define SENT "user-agent: x\r\naccept: y\r\n"

/* ---- Requests ---- */

static void test_headers(void) {
  require_bytes(
      HAR(ENTRY("GET", "https://a.example/x?y#z",
                ",\"headers\":[{\"name\":\":authority\",\"value\":\"a\"},"
                "{\"name\":\"Host\",\"value\":\"a\"},"
                "{\"name\":\"connection\",\"value\":\"close\"},"
                "{\"name\":\"content-length\",\"value\":\"7\"},"
                "{\"name\":\"accept\",\"value\":\"y\"},"
                "{\"name\":\"user-agent\",\"value\":\"x\"},"
                "{\"name\":\"cookie\",\"value\":\"a=1\"}],\"bodySize\":0")),
      "GET /x?y HTTP/1.1\r\nHost: a.example\r\naccept: y\r\nuser-agent: x\r\n"
      "cookie: a=1\r\n\r\n\n");
}

static void test_bodies(void) {
  require_bytes(
      HAR(ENTRY(
          "POST", "http://a.example/1",
          "," UA "],\"postData\":{\"mimeType\":\"text/plain\","
          "\"text\":\"h\\u00e9\"}") "," ENTRY("POST", "http://a.example/2",
                                              "," UA
                                              "],\"postData\":{\"mimeType\":"
                                              "\"application/"
                                              "x-www-form-urlencoded; "
                                              "charset=UTF-8\","
                                              "\"text\":\"\",\"params\":[{"
                                              "\"name\":\"a b\",\"value\":"
                                              "\"1&\\u00e9\"},{\"name\":\"c\"}]"
                                              "}") "," ENTRY("POST",
                                                             "http://a.example/"
                                                             "3",
                                                             "," UA
                                                             "],\"postData\":{"
                                                             "\"mimeType\":\"x/"
                                                             "y\","
                                                             "\"encoding\":"
                                                             "\"base64\","
                                                             "\"text\":\"AQI="
                                                             "\"}")),
      "POST /1 HTTP/1.1\r\nHost: a.example\r\n" SENT
      "Content-Length: 3\r\n\r\nh\xc3\xa9\n"
      "POST /2 HTTP/1.1\r\nHost: a.example\r\n" SENT
      "Content-Length: 17\r\n\r\na+b=1%26%C3%A9&c=\n"
      "POST /3 HTTP/1.1\r\nHost: a.example\r\n" SENT
      "Content-Length: 2\r\n\r\n\1\2\n");
}

/* ---- What is left out ---- */

/* Puts entries with a GET of each URL into a HAR, and others behind them. */
static void write_har(const char *const *urls, size_t count, const char *others,
                      char *out, size_t size) {
  size_t length = (size_t)snprintf(out, size, "{\"log\":{\"entries\":[");
  for (size_t i = 0; i < count; i++)
    length += (size_t)snprintf(out + length, size - length,
                               "{\"request\":{\"method\":\"GET\","
                               "\"url\":\"%s\"}},",
                               urls[i]);
  snprintf(out + length, size - length, "%s]}}", others);
}

static void test_skipped(void) {
  static const char *const urls[] = {
      "http://c.example/",      "http://b.example/", "http://b.example:8080/",
      "https://a.example:444/", "http://[::1]:99/",  "data:text/plain,x",
      "wss://a.example/"};
  static const char others[] =
      "{\"request\":{\"method\":\"GET\",\"url\":\"https://a.example/\","
      "\"headers\":[{\"name\":\"Upgrade\",\"value\":\"websocket\"}]}},"
      "{\"request\":{\"method\":\"POST\",\"url\":\"https://a.example/\","
      "\"bodySize\":9}},"
      "{\"request\":{\"method\":\"POST\",\"url\":\"https://a.example/\","
      "\"postData\":{\"mimeType\":\"multipart/form-data\","
      "\"params\":[{\"name\":\"a\",\"fileName\":\"b\"}]}}},"
      "{\"_fromCache\":\"disk\",\"request\":{\"method\":\"GET\","
      "\"url\":\"http://a.example/\"}}";
  char text[2000];
  lariat_load_input_options options = options_of(false);
  write_har(urls, FIXTURE_COUNT(urls), others, text, sizeof text);
  struct archive archive = read_har(&options, text);
  CU_ASSERT_EQUAL(archive.status, LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_load_requests_count(archive.requests), 3);
  CU_ASSERT_EQUAL(archive.skipped[LARIAT_LOAD_SKIP_HOST], 2);
  CU_ASSERT_EQUAL(archive.skipped[LARIAT_LOAD_SKIP_SCHEME], 3);
  CU_ASSERT_EQUAL(archive.skipped[LARIAT_LOAD_SKIP_BODY], 2);
  CU_ASSERT_EQUAL(archive.skipped[LARIAT_LOAD_SKIP_CACHED], 1);
  lariat_load_requests_free(archive.requests);
}

/* ---- Instants ---- */

static void test_timed(void) {
  static const char text[] =
      HAR("{\"startedDateTime\":\"2026-11-30T14:50:02.250+01:00\",\"request\":"
          "{\"method\":\"GET\",\"url\":\"http://a.example/2\"}}," ENTRY(
              "GET", "http://c.example/",
              "") "," ENTRY("GET", "http://a.example/1", ""));
  lariat_load_input_options options = options_of(true);
  struct archive archive = read_har(&options, text);
  uint64_t at_ns = 1;
  CU_ASSERT_EQUAL(archive.status, LARIAT_OK);
  CU_ASSERT_EQUAL(lr_load_requests_total(archive.requests), 2);
  CU_ASSERT_TRUE(lr_load_requests_due(archive.requests, 0, &at_ns));
  CU_ASSERT_EQUAL(at_ns, 0);
  CU_ASSERT_TRUE(lr_load_requests_due(archive.requests, 1, &at_ns));
  CU_ASSERT_EQUAL(at_ns, 750000000);
  lariat_load_requests_free(archive.requests);
}

/* ---- Faults ---- */

static void require_error(const lariat_load_input_options *options,
                          const char *text, const char *message) {
  struct archive archive = read_har(options, text);
  CU_ASSERT_EQUAL(archive.status, LARIAT_EINVAL);
  if (!strstr(archive.error.message, message))
    fixture_fail("\"%s\", not \"%s\"", archive.error.message, message);
  lariat_load_requests_free(archive.requests);
}

static void test_faults(void) {
  lariat_load_input_options options = options_of(false);
  require_error(&options, "{\"log\":", "not JSON");
  require_error(&options, "{}", "no log.entries");
  require_error(&options, "[]", "no log.entries");
  require_error(&options, "", "there is no request");
  require_error(&options, HAR("1"), "entry 1: there is no request");
  require_error(&options, HAR("{\"request\":{\"url\":\"http://a.example/\"}}"),
                "entry 1: request.method is not a string");
  require_error(&options,
                HAR(ENTRY("GET", "http://a.example/", ",\"headers\":1")),
                "request.headers is not an array");
  require_error(&options, HAR(ENTRY("GET", "http://c.example/", "")),
                "no request goes to these hosts; 1 go to others");
  options.timed = true;
  require_error(&options,
                HAR("{\"startedDateTime\":\"now\",\"request\":{\"method\":"
                    "\"GET\",\"url\":\"http://a.example/\"}}"),
                "startedDateTime is not a time");
}

static void test_hosts(void) {
  static const char *const wrong[] = {"http://a/"};
  lariat_load_input_options options = options_of(false);
  options.host_count = 0;
  require_error(&options, "{}", "a HAR needs the hosts");
  options.hosts = wrong;
  options.host_count = 1;
  require_error(&options, "{}", "\"http://a/\" is not a host");
  CU_ASSERT_TRUE(lr_load_har_is_host("localhost:8080"));
  CU_ASSERT_FALSE(lr_load_har_is_host(""));
  CU_ASSERT_FALSE(lr_load_har_is_host("a b"));
}

/* ---- Surrogates ---- */

static void require_repair(const char *text, const char *expected) {
  char copy[100];
  size_t length = strlen(text);
  memcpy(copy, text, length + 1);
  lr_load_har_repair(copy, length);
  if (strcmp(copy, expected) != 0) fixture_fail("%s: %s", text, copy);
}

static void test_repair(void) {
  require_repair("a\\ud83d\\ude00b", "a\\ud83d\\ude00b");
  require_repair("\\ud83d", "\\ufffd");
  require_repair("\\uD83Dx\\uDE00\\u0041", "\\ufffdx\\ufffd\\u0041");
  require_repair("\\ud83d\\ud83d\\ude00", "\\ufffd\\ud83d\\ude00");
  require_repair("\\\\ud83d", "\\\\ud83d");
  require_repair("\\ud83", "\\ud83");
  require_repair("\\", "\\");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"headers, but the connection's", test_headers},
      {"bodies: text, forms, base64", test_bodies},
      {"what is left out, by reason", test_skipped},
      {"when each was sent", test_timed},
      {"archives that are none", test_faults},
      {"hosts must be named", test_hosts},
      {"halves of surrogate pairs", test_repair},
  };
  return fixture_main("har", tests, FIXTURE_COUNT(tests), argc, argv);
}
