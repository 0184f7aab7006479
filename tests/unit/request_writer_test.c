/* SPDX-License-Identifier: MIT
 * request_writer_test.c: heads of requests that callers send, byte for byte,
 * and those that cannot be sent. */
#include <lariat/h1_request.h>

#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static lariat_url *parse(const char *text) {
  lariat_url *url;
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK)
    abort();
  return url;
}

/* Writes into memory of each size up to the right one. */
static void check_text(const lariat_h1_request *request, const char *wanted) {
  size_t length, size = strlen(wanted);
  for (size_t capacity = 0; capacity <= size + 1; capacity++) {
    char *text = malloc(capacity ? capacity : 1);
    if (!text) abort();
    CU_ASSERT_EQUAL(lariat_h1_request_write(request, text, capacity, &length),
                    capacity < size ? LARIAT_EHEADERLIMIT : LARIAT_OK);
    CU_ASSERT_EQUAL(length, size);
    if (capacity >= size && memcmp(text, wanted, size) != 0)
      fixture_fail("%.*s is not\n%s", (int)length, text, wanted);
    free(text);
  }
}

static void check_get(const char *address, const char *wanted) {
  lariat_url *url = parse(address);
  lariat_h1_request request = lariat_h1_request_of(url);
  check_text(&request, wanted);
  lariat_url_free(url);
}

static void test_urls(void) {
  static const char *const rows[][2] = {
      {"http://example.com", "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"},
      {"https://h:443/a/../b%20c?d?e#f",
       "GET /b%20c?d?e HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"https://u:p@H:80/?", "GET /? HTTP/1.1\r\nHost: h:80\r\n\r\n"},
      {"http://[::1]:8080/#x", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    check_get(rows[i][0], rows[i][1]);
  fixture_close(&f);
}

static void check_body(const char *method, uint64_t length,
                       const char *wanted) {
  lariat_url *url = parse("http://h/x");
  lariat_h1_request request = lariat_h1_request_of(url);
  request.method = method;
  request.body_length = length;
  check_text(&request, wanted);
  lariat_url_free(url);
}

static void test_bodies(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  check_body("HEAD", 0, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  check_body("DELETE", 0, "DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n");
  check_body("POST", 0,
             "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  check_body("GET", 7,
             "GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n");
  check_body("PATCH", UINT64_MAX - 1,
             "PATCH /x HTTP/1.1\r\nHost: h\r\n"
             "Content-Length: 18446744073709551614\r\n\r\n");
  check_body("PUT", LARIAT_LENGTH_UNKNOWN,
             "PUT /x HTTP/1.1\r\nHost: h\r\n"
             "Transfer-Encoding: chunked\r\n\r\n");
  fixture_close(&f);
}

/* In their order, but for the Host, which comes first. */
static void test_headers(void) {
  static const lariat_header headers[] = {
      {"Accept", "*/*"}, {"X", ""}, {"hOST", "other:1"}, {"X", "y: z"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_url *url = parse("http://h/");
  lariat_h1_request request = lariat_h1_request_of(url);
  request.headers = headers;
  request.header_count = 2;
  check_text(&request,
             "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nX: \r\n\r\n");
  request.header_count = 4;
  check_text(&request, "GET / HTTP/1.1\r\nhOST: other:1\r\nAccept: */*\r\n"
                       "X: \r\nX: y: z\r\n\r\n");
  lariat_url_free(url);
  fixture_close(&f);
}

static void check_refused(const lariat_h1_request *request) {
  char text[256];
  size_t length = 9;
  CU_ASSERT_EQUAL(lariat_h1_request_write(request, text, sizeof text, &length),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(length, 0);
}

/* What would be another request, or be read in two ways. */
static void test_refused(void) {
  static const lariat_header headers[] = {{"A", "b\r\nC: d"},
                                          {"A", "b\nc"},
                                          {"A", "b\r"},
                                          {"A b", "c"},
                                          {"A:", "b"},
                                          {"", "a"},
                                          {NULL, "a"},
                                          {"A", NULL},
                                          {"A\r\nB", "c"},
                                          {"content-length", "1"},
                                          {"Transfer-Encoding", "chunked"},
                                          {"Host", "a\r\nB: c"}};
  static const char *const methods[] = {"", "G ET", "GET\r\n", "CONNECT",
                                        "G\xc3\xa9"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_url *url = parse("http://h/");
  lariat_h1_request request = lariat_h1_request_of(url);
  request.header_count = 1;
  for (size_t i = 0; i < FIXTURE_COUNT(headers); i++) {
    request.headers = &headers[i];
    check_refused(&request);
  }
  request.header_count = 0;
  for (size_t i = 0; i < FIXTURE_COUNT(methods); i++) {
    request.method = methods[i];
    check_refused(&request);
  }
  request = lariat_h1_request_of(NULL);
  check_refused(&request);
  request = lariat_h1_request_of(url);
  request.size = 0;
  check_refused(&request);
  /* A program that was built before there were bodies. */
  request.size = offsetof(lariat_h1_request, body_length);
  request.body_length = 5;
  check_text(&request, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  lariat_url_free(url);
  fixture_close(&f);
}

/* Two Hosts are a bad request to every server (RFC 9112, 3.2). */
static void test_two_hosts(void) {
  static const lariat_header headers[] = {{"Host", "a"}, {"host", "b"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_url *url = parse("http://h/");
  lariat_h1_request request = lariat_h1_request_of(url);
  request.headers = headers;
  request.header_count = 2;
  check_refused(&request);
  lariat_url_free(url);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"URLs", test_urls},           {"methods and bodies", test_bodies},
      {"headers", test_headers},     {"what cannot be sent", test_refused},
      {"two Hosts", test_two_hosts},
  };
  return fixture_main("request_writer", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
