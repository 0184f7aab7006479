/* SPDX-License-Identifier: MIT
 * masked_head_test.c: what is left of a head when its credentials are masked.
 */
#include "http/masked_head.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"

static void expect_masked(const char *head, const char *wanted) {
  lr_buffer out = {NULL, 0, 0};
  CU_ASSERT_TRUE(lr_masked_head_append(&out, head, strlen(head)));
  CU_ASSERT_TRUE_FATAL(lr_buffer_terminate(&out));
  if (strcmp(out.bytes, wanted) != 0)
    fixture_fail("%s became %s, not %s", head, out.bytes, wanted);
  lr_buffer_clear(&out);
}

static void test_headers(void) {
  static const char *const cases[][2] = {
      {"Authorization: Basic sesame\r\n", "Authorization: ***\r\n"},
      {"authorization:sesame\r\n", "authorization: ***\r\n"},
      {"PROXY-AUTHORIZATION : sesame\r\n", "PROXY-AUTHORIZATION: ***\r\n"},
      {"Cookie: a=b; c=d\nX: y\n", "Cookie: ***\nX: y\n"},
      {"set-cookie: a=b; Path=/", "set-cookie: ***"},
      {"Set-Cookie2: a=b", "Set-Cookie2: ***"},
      {"Cookie:\r\n", "Cookie: ***\r\n"},
      {"X-Cookie: a\r\nCookies: b\r\n", "X-Cookie: a\r\nCookies: b\r\n"},
      {"GET / HTTP/1.1\r\nHost: a\r\nCookie: b\r\nAccept: */*\r\n\r\n",
       "GET / HTTP/1.1\r\nHost: a\r\nCookie: ***\r\nAccept: */*\r\n\r\n"},
      {"no colon\r\n", "no colon\r\n"},
      {"", ""}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++)
    expect_masked(cases[i][0], cases[i][1]);
  fixture_close(&f);
}

static void test_urls(void) {
  static const char *const cases[][2] = {
      {"Location: http://u:sesame@h/x\r\n", "Location: http://***@h/x\r\n"},
      {"Location: //u:sesame@h/x", "Location: //***@h/x"},
      {"Location: http:\\\\u:sesame@h", "Location: http:\\\\***@h"},
      {"Location: http:////u@h", "Location: http:////***@h"},
      {"Location: http://u:a@b@h/", "Location: http://***@h/"},
      {"Location: http://u:se/same@h/", "Location: http://***@h/"},
      {"Location: http://u:se?same@h/", "Location: http://***@h/"},
      {"Link: <http://u:p@a/>, <http://v:q@b/>",
       "Link: <http://***@a/>, <http://***@b/>"},
      {"Refresh: 0; url=http://u:p@a/", "Refresh: 0; url=http://***@a/"},
      {"GET /to?u=http://u:p@a/ HTTP/1.1\r\n",
       "GET /to?u=http://***@a/ HTTP/1.1\r\n"},
      {"Location: http://h:80/a@b", "Location: http://h:80/a@b"},
      {"Location: http://[::1]:80/a@b", "Location: http://[::1]:80/a@b"},
      {"Location: http://h/a:b@c", "Location: http://h/a:b@c"},
      {"From: joe@example.org", "From: joe@example.org"},
      {"X: //", "X: //"},
      {"X: http://", "X: http://"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++)
    expect_masked(cases[i][0], cases[i][1]);
  fixture_close(&f);
}

static void test_response(void) {
  static const char *const lines[] = {
      "HTTP/1.1 302 Found\r\n", "Location: http://u:p@h/\r\n",
      "Set-Cookie: a=b\r\n", "Server: x\r\n", "\r\n"};
  struct fixture f;
  lr_buffer out = {NULL, 0, 0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = lr_response_new();
  for (size_t i = 0; i < FIXTURE_COUNT(lines); i++)
    CU_ASSERT_EQUAL(lr_response_add_line(response, lines[i], strlen(lines[i])),
                    LARIAT_OK);
  CU_ASSERT_TRUE(lr_masked_head_append_response(&out, response, "Found", 5));
  CU_ASSERT_TRUE_FATAL(lr_buffer_terminate(&out));
  CU_ASSERT_STRING_EQUAL(out.bytes, "HTTP/1.1 302 Found\r\n"
                                    "Location: http://***@h/\r\n"
                                    "Set-Cookie: ***\r\nServer: x\r\n\r\n");
  lr_buffer_clear(&out);
  lr_response_release(response);
  fixture_close(&f);
}

/* Long lines of what a search may stumble over take a pass or two. */
static void test_long_lines(void) {
  enum { LONG = 1 << 20 };
  static const char *const pieces[] = {"//",     "//a:b",  "@",      ":",
                                       "//a:b@", "/@",     "//h:8/", "http:[",
                                       "// ",    "//a:b\n"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  char *text = malloc(LONG);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  for (size_t i = 0; i < 2 * FIXTURE_COUNT(pieces); i++) {
    const char *piece = pieces[i / 2];
    lr_buffer out = {NULL, 0, 0};
    for (size_t at = 0; at < LONG; at++) text[at] = piece[at % strlen(piece)];
    if (i % 2) text[LONG - 1] = '@';
    alarm(60);
    CU_ASSERT_TRUE(lr_masked_head_append(&out, text, LONG));
    alarm(0);
    lr_buffer_clear(&out);
  }
  free(text);
  fixture_close(&f);
}

static void test_without_memory(void) {
  static const char head[] = "Location: http://u:p@h/\r\nCookie: a\r\n";
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1; nth < 10; nth++) {
    lr_buffer out = {NULL, 0, 0};
    fixture_fail_allocation(&f, nth);
    bool done = lr_masked_head_append(&out, head, strlen(head));
    if (nth == 1) CU_ASSERT_FALSE(done);
    lr_buffer_clear(&out);
    fixture_fail_allocation(&f, 0);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"headers", test_headers},
      {"URLs", test_urls},
      {"a response", test_response},
      {"long lines", test_long_lines},
      {"without memory", test_without_memory},
  };
  return fixture_main("masked_head", tests, FIXTURE_COUNT(tests), argc, argv);
}
