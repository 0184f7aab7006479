/* SPDX-License-Identifier: MIT
 * response_test.c: a response collected line by line, and its readers. */
#include "http/response.h"

#include <stdio.h>
#include <string.h>

#include <lariat/value.h>

#include "base/memory.h"
#include "support/fixture.h"

static lariat_status add(lariat_response *response, const char *line) {
  return lr_response_add_line(response, line, strlen(line));
}

/* Lines separated by '|', each given with its CRLF. */
static lariat_response *collected(const char *lines) {
  lariat_response *response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(response);
  for (const char *at = lines;;) {
    char line[256];
    int length = (int)strcspn(at, "|");
    snprintf(line, sizeof line, "%.*s\r\n", length, at);
    CU_ASSERT_EQUAL(add(response, line), LARIAT_OK);
    if (at[length] == '\0') return response;
    at += length + 1;
  }
}

static void check_header(const lariat_response *response, size_t index,
                         const char *name, const char *value) {
  lariat_header header = lariat_response_header_at(response, index);
  CU_ASSERT_PTR_NOT_NULL_FATAL(header.name);
  CU_ASSERT_STRING_EQUAL(header.name, name);
  CU_ASSERT_STRING_EQUAL(header.value, value);
}

static void test_block(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response =
      collected("HTTP/1.1 200 OK|Server: x|Content-Length:  12 |A:|B : b c|"
                "no colon|");
  CU_ASSERT_EQUAL(lariat_response_status(response), 200);
  CU_ASSERT_EQUAL(lariat_response_http_version(response), 11);
  CU_ASSERT_EQUAL(response->content_length, 12);
  CU_ASSERT_EQUAL(lariat_response_header_count(response), 4);
  check_header(response, 0, "Server", "x");
  check_header(response, 1, "Content-Length", "12");
  check_header(response, 2, "A", "");
  check_header(response, 3, "B", "b c");
  CU_ASSERT_STRING_EQUAL(lariat_response_header(response, "sERVER"), "x");
  CU_ASSERT_PTR_NULL(lariat_response_header(response, "Serve"));
  CU_ASSERT_PTR_NULL(lariat_response_header(response, NULL));
  CU_ASSERT_PTR_NULL(lariat_response_header_at(response, 4).name);
  lr_response_release(response);
  fixture_close(&f);
}

static void check_status(const char *line, int status, int version) {
  lariat_response *response = collected(line);
  CU_ASSERT_EQUAL(response->status, status);
  CU_ASSERT_EQUAL(response->http_version, version);
  lr_response_release(response);
}

static void test_status_lines(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  check_status("HTTP/1.0 404 Not Found", 404, 10);
  check_status("HTTP/1.1 200", 200, 11);
  check_status("HTTP/2 204 ", 204, 20);
  check_status("HTTP/3 200", 200, 30);
  check_status("HTTP/1.1 20", 0, 0);
  check_status("HTTP/", 0, 0);
  check_status("HTTP/1.", 0, 0);
  fixture_close(&f);
}

/* What an earlier block had is gone. */
static void test_interim(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response =
      collected("HTTP/1.1 103 Early Hints|Link: x|Content-Length: 9|");
  CU_ASSERT_TRUE(response->interim);
  CU_ASSERT_EQUAL(add(response, "HTTP/1.1 200 OK\r\n"), LARIAT_OK);
  CU_ASSERT_FALSE(response->interim);
  CU_ASSERT_EQUAL(add(response, "A: b\r\n"), LARIAT_OK);
  CU_ASSERT_EQUAL(add(response, "\r\n"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_response_header_count(response), 1);
  CU_ASSERT_EQUAL(response->content_length, -1);
  check_header(response, 0, "A", "b");
  lr_response_release(response);
  fixture_close(&f);
}

/* A header that looks like a status line throws nothing away. */
static void test_false_status(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response =
      collected("HTTP/1.1 200 OK|A: b|HTTP/1.1 500 No: x|");
  CU_ASSERT_EQUAL(lariat_response_status(response), 200);
  CU_ASSERT_EQUAL(lariat_response_header_count(response), 2);
  CU_ASSERT_EQUAL(add(response, "\r\n"), LARIAT_OK);
  CU_ASSERT_EQUAL(add(response, "HTTP/1.1 500 No: y\r\n"), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_response_status(response), 200);
  CU_ASSERT_EQUAL(lariat_response_header_count(response), 2);
  CU_ASSERT_EQUAL(lariat_response_trailer_count(response), 1);
  lr_response_release(response);
  fixture_close(&f);
}

static void test_folds(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response =
      collected("HTTP/1.1 200 OK| lost|A: b| c|\td  |  |E: f|");
  CU_ASSERT_EQUAL(lariat_response_header_count(response), 2);
  check_header(response, 0, "A", "b c d");
  check_header(response, 1, "E", "f");
  lr_response_release(response);
  fixture_close(&f);
}

static void test_trailers(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = collected("HTTP/1.1 200 OK|A: b||");
  CU_ASSERT_TRUE(lr_response_add_body(response, "body", 4));
  CU_ASSERT_EQUAL(add(response, "Location: /x\n"), LARIAT_OK);
  CU_ASSERT_EQUAL(add(response, "Digest: d\n"), LARIAT_OK);
  CU_ASSERT_EQUAL(add(response, " e\n"), LARIAT_OK);
  CU_ASSERT_EQUAL(add(response, "\r\n"), LARIAT_OK);
  CU_ASSERT_TRUE(lr_response_finish(response));
  CU_ASSERT_EQUAL(lariat_response_header_count(response), 1);
  CU_ASSERT_PTR_NULL(lariat_response_header(response, "Location"));
  CU_ASSERT_PTR_NULL(lariat_response_header_at(response, 1).name);
  CU_ASSERT_EQUAL(lariat_response_trailer_count(response), 2);
  CU_ASSERT_STRING_EQUAL(lariat_response_trailer_at(response, 0).value, "/x");
  CU_ASSERT_STRING_EQUAL(lariat_response_trailer(response, "dIGEST"), "d e");
  CU_ASSERT_PTR_NULL(lariat_response_trailer(response, "A"));
  CU_ASSERT_PTR_NULL(lariat_response_trailer_at(response, 2).name);
  lr_response_forget_head(response);
  CU_ASSERT_EQUAL(lariat_response_trailer_count(response), 0);
  lr_response_release(response);
  fixture_close(&f);
}

static void check_length(const char *lines, int64_t length) {
  lariat_response *response = collected(lines);
  CU_ASSERT_EQUAL(response->content_length, length);
  lr_response_release(response);
}

static void test_content_length(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  check_length("HTTP/1.1 200 OK|CONTENT-LENGTH: 0|", 0);
  check_length("HTTP/1.1 200 OK|Content-Length: 999999999999999999|",
               INT64_C(999999999999999999));
  check_length("HTTP/1.1 200 OK|Content-Length: 9999999999999999999|", -1);
  check_length("HTTP/1.1 200 OK|Content-Length: +1|", -1);
  check_length("HTTP/1.1 200 OK|Content-Length: -1|", -1);
  check_length("HTTP/1.1 200 OK|Content-Length: 1, 1|", -1);
  check_length("HTTP/1.1 200 OK|Content-Length:|", -1);
  check_length("HTTP/1.1 200 OK|Content-Lengths: 1|", -1);
  fixture_close(&f);
}

static void test_many_headers(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = collected("HTTP/1.1 200 OK");
  for (unsigned i = 0; i < LR_RESPONSE_HEADERS_MAX; i++) {
    char line[32];
    snprintf(line, sizeof line, "H%u: %u\r\n", i, i);
    CU_ASSERT_EQUAL(add(response, line), LARIAT_OK);
  }
  CU_ASSERT_EQUAL(add(response, "One: more\r\n"), LARIAT_EHEADERLIMIT);
  CU_ASSERT_EQUAL(lariat_response_header_count(response),
                  LR_RESPONSE_HEADERS_MAX);
  check_header(response, 0, "H0", "0");
  check_header(response, 16, "H16", "16");
  check_header(response, 4999, "H4999", "4999");
  lr_response_release(response);
  fixture_close(&f);
}

/* By header or by obs-fold, 300 KiB are the end. */
static void test_many_bytes(void) {
  static char line[64 * 1024];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int folded = 0; folded < 2; folded++) {
    lariat_response *response = collected("HTTP/1.1 200 OK|A: b");
    lariat_status status = LARIAT_OK;
    unsigned lines = 0;
    memset(line, 'x', sizeof line);
    line[0] = folded ? ' ' : 'H';
    line[1] = folded ? 'y' : ':';
    for (; !status && lines < 10; lines++)
      status = lr_response_add_line(response, line, sizeof line);
    CU_ASSERT_EQUAL(status, LARIAT_EHEADERLIMIT);
    CU_ASSERT_EQUAL(lines, 5);
    CU_ASSERT(response->text.length <= LR_RESPONSE_HEADER_BYTES_MAX);
    lr_response_release(response);
  }
  fixture_close(&f);
}

static void check_body(const lariat_response *response, const char *body) {
  size_t length = 99;
  CU_ASSERT_STRING_EQUAL(lariat_response_body(response, &length), body);
  CU_ASSERT_EQUAL(length, strlen(body));
  CU_ASSERT_STRING_EQUAL(lariat_response_body(response, NULL), body);
}

static void test_body(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = collected("HTTP/1.1 200 OK|Content-Length: 6|");
  check_body(response, "");
  CU_ASSERT_TRUE(lr_response_add_body(response, "", 0));
  CU_ASSERT_TRUE(lr_response_add_body(response, "abc", 3));
  CU_ASSERT_EQUAL(response->body.capacity, 7);
  CU_ASSERT_TRUE(lr_response_add_body(response, "def", 3));
  CU_ASSERT_EQUAL(response->body.capacity, 7);
  CU_ASSERT_TRUE(lr_response_finish(response));
  check_body(response, "abcdef");
  lr_response_release(response);

  response = collected("HTTP/1.1 200 OK|Content-Length: 0|");
  CU_ASSERT_TRUE(lr_response_finish(response));
  check_body(response, "");
  lr_response_release(response);
  fixture_close(&f);
}

/* A Content-Length that lies costs nothing. */
static void test_body_guess(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response =
      collected("HTTP/1.1 200 OK|Content-Length: 1048577|");
  CU_ASSERT_TRUE(lr_response_add_body(response, "abc", 3));
  CU_ASSERT(response->body.capacity < 100);
  lr_response_release(response);
  response = collected("HTTP/1.1 200 OK|Content-Length: 2|");
  CU_ASSERT_TRUE(lr_response_add_body(response, "abc", 3));
  CU_ASSERT_TRUE(lr_response_add_body(response, "def", 3));
  CU_ASSERT_TRUE(lr_response_finish(response));
  check_body(response, "abcdef");
  lr_response_release(response);
  fixture_close(&f);
}

static void test_null(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lariat_response_status(NULL), 0);
  CU_ASSERT_EQUAL(lariat_response_http_version(NULL), 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_url(NULL), "");
  check_body(NULL, "");
  CU_ASSERT_EQUAL(lariat_response_header_count(NULL), 0);
  CU_ASSERT_PTR_NULL(lariat_response_header_at(NULL, 0).name);
  CU_ASSERT_PTR_NULL(lariat_response_header(NULL, "A"));
  CU_ASSERT_STRING_EQUAL(lariat_response_remote_ip(NULL), "");
  CU_ASSERT_EQUAL(lariat_response_remote_port(NULL), 0);
  CU_ASSERT_PTR_NULL(lariat_response_sha256(NULL));
  CU_ASSERT_EQUAL(lariat_response_timings(NULL).total_us, 0);
  CU_ASSERT_EQUAL(lariat_response_redirects(NULL), 0);
  CU_ASSERT_FALSE(lariat_response_reused(NULL));
  CU_ASSERT_EQUAL(lariat_response_reactor(NULL), 0);
  lr_response_release(NULL);
  fixture_close(&f);
}

static void test_readers(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = collected("HTTP/1.1 200 OK|");
  CU_ASSERT_STRING_EQUAL(lariat_response_url(response), "");
  CU_ASSERT_PTR_NULL(lariat_response_sha256(response));
  lr_response_copy_url(response, "http://h/");
  response->redirects = 2;
  response->reactor = 3;
  response->remote_port = 80;
  response->reused = true;
  response->has_sha256 = true;
  response->timings.total_us = 5;
  memcpy(response->remote_ip, "::1", 4);
  CU_ASSERT_STRING_EQUAL(lariat_response_url(response), "http://h/");
  CU_ASSERT_EQUAL(lariat_response_redirects(response), 2);
  CU_ASSERT_EQUAL(lariat_response_reactor(response), 3);
  CU_ASSERT_EQUAL(lariat_response_remote_port(response), 80);
  CU_ASSERT_TRUE(lariat_response_reused(response));
  CU_ASSERT_PTR_EQUAL(lariat_response_sha256(response), response->sha256);
  CU_ASSERT_EQUAL(lariat_response_timings(response).total_us, 5);
  CU_ASSERT_STRING_EQUAL(lariat_response_remote_ip(response), "::1");
  lr_response_release(response);
  fixture_close(&f);
}

static void test_value(void) {
  char text[128];
  lariat_value other;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = collected("HTTP/1.1 404 No|");
  lr_response_copy_url(response, "http://h/");
  lariat_value value = lariat_value_of(&lariat_response_type, response);
  CU_ASSERT_PTR_EQUAL(lariat_response_in(value), response);
  CU_ASSERT_EQUAL(lariat_value_share(value, &other), LARIAT_OK);
  CU_ASSERT_PTR_EQUAL(lariat_response_in(other), response);
  lariat_value_describe(value, text, sizeof text);
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "404 from http://h/, 0 bytes"));
  lariat_value_drop(value);
  CU_ASSERT_EQUAL(lariat_response_status(lariat_response_in(other)), 404);
  lariat_value_drop(other);
  fixture_close(&f);
}

/* The response, the text, the body: nothing else, when headers are few. */
static void test_allocations(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  uint64_t before = fixture_allocations(&f);
  lariat_response *response =
      collected("HTTP/1.1 200 OK|A: b|C: d|E: f|Content-Length: 5|");
  CU_ASSERT_TRUE(lr_response_add_body(response, "abcde", 5));
  CU_ASSERT_TRUE(lr_response_finish(response));
  CU_ASSERT_EQUAL(fixture_allocations(&f) - before, 3);
  lr_response_release(response);
  fixture_close(&f);
}

/* Fills a response with whatever the allocator gives; true when all went. */
static bool fill(void) {
  bool done = false;
  lariat_response *response = lr_response_new();
  if (!response) return false;
  lariat_status status = add(response, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; !status && i < 40; i++)
    status = add(response, "A-name-of-a-header: and a value\r\n");
  if (!status)
    done = lr_response_add_body(response, "abc", 3) &&
           lr_response_finish(response);
  CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
  lr_response_release(response);
  return done;
}

static void test_out_of_memory(void) {
  uint64_t nth = 0;
  bool done = false;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  while (!done && nth < 100) {
    fixture_fail_allocation(&f, ++nth);
    done = fill();
  }
  fixture_fail_allocation(&f, 0);
  CU_ASSERT(nth > 5 && nth < 100);
  fixture_close(&f);
}

/* The timings are reckoned from the instants when they are asked for, where
 * nobody has measured them. */
static void test_timings_of_instants(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = lr_response_new();
  response->timings.connect_us = 7;
  response->timings.total_us = 90;
  response->timings.body_us = 8;
  response->instants = (lariat_instants){.sent_ns = 1012000,
                                         .first_byte_ns = 1031999,
                                         .done_ns = 1064000,
                                         .arrived_ns = 1064000,
                                         .arrival = LARIAT_ARRIVAL_READ};
  CU_ASSERT_EQUAL(lariat_response_timings(response).body_us, 8);
  response->beginning = (lr_response_beginning){1000000, 1011000};
  lariat_timings timings = lariat_response_timings(response);
  CU_ASSERT_EQUAL(timings.queue_us, 11);
  CU_ASSERT_EQUAL(timings.connect_us, 7);
  CU_ASSERT_EQUAL(timings.first_byte_us, 20);
  CU_ASSERT_EQUAL(timings.body_us, 32);
  CU_ASSERT_EQUAL(timings.total_us, 90);
  response->instants.done_ns = 0; /* of a stream */
  CU_ASSERT_EQUAL(lariat_response_timings(response).body_us, 0);
  lr_response_reset(response);
  CU_ASSERT_EQUAL(lariat_response_instants(response).sent_ns, 0);
  CU_ASSERT_EQUAL(lariat_response_timings(response).queue_us, 0);
  CU_ASSERT_EQUAL(lariat_response_instants(NULL).done_ns, 0);
  lr_response_release(response);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a block of headers", test_block},
      {"status lines", test_status_lines},
      {"interim blocks are dropped", test_interim},
      {"a header that looks like a status line", test_false_status},
      {"folded lines are joined", test_folds},
      {"trailers are no headers", test_trailers},
      {"content-length", test_content_length},
      {"too many headers", test_many_headers},
      {"too many bytes of headers", test_many_bytes},
      {"a body", test_body},
      {"a body of another length than said", test_body_guess},
      {"readers of nothing", test_null},
      {"readers", test_readers},
      {"timings of instants", test_timings_of_instants},
      {"a response as a value", test_value},
      {"three allocations", test_allocations},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("response", tests, FIXTURE_COUNT(tests), argc, argv);
}
