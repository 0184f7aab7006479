/* SPDX-License-Identifier: MIT
 * cookie_header_test.c: a request's own Cookie header and the jar's cookies
 * come to one header. */
#include "http/cookie_header.h"

#include <string.h>

#include "http/cookie_scope.h"
#include "support/fixture.h"

struct join_row {
  const char *own;
  const char *jar;
  const char *both;
};

static void test_join(void) {
  static const struct join_row rows[] = {
      {"", "a=1; b=2", "a=1; b=2"},
      {"c=3", "a=1; b=2", "c=3; a=1; b=2"},
      {"a=3", "a=1; b=2", "a=3; b=2"},
      {"b=3; a=4", "a=1; b=2", "b=3; a=4"},
      {"a=3;b=4", "a=1; b=2; c=3", "a=3;b=4; c=3"},
      {"aa=3", "a=1", "aa=3; a=1"},
      {"a", "a=1", "a; a=1"},
      {"a=3", "1; a=2", "a=3; 1"},
      {"a=1; a=2", "a=3; a=4", "a=1; a=2"},
      {"a=x=y", "a=1; x=2", "a=x=y; x=2"},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_buffer to = {0};
    CU_ASSERT_TRUE(lr_cookie_header_join(&to, rows[i].own, rows[i].jar));
    if (strcmp(to.bytes, rows[i].both) != 0)
      fixture_fail("%s and %s: %s", rows[i].own, rows[i].jar, to.bytes);
    lr_buffer_clear(&to);
  }
  fixture_close(&f);
}

static lr_header_list *make(const lariat_header *headers, size_t count) {
  lr_header_list *list = NULL;
  CU_ASSERT_EQUAL(lr_header_list_make(NULL, headers, count, &list), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(list);
  return list;
}

/* Checks what the headers and "a=1; b=2" come to, as it is sent. */
static void expect_lines(const lariat_header *headers, size_t count,
                         const char *expected) {
  lr_header_list *base = make(headers, count);
  lr_header_list *list = NULL;
  CU_ASSERT_EQUAL(lr_cookie_header_add(base, "a=1; b=2", &list), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(list);
  if (strlen(expected) != list->lines_length ||
      memcmp(list->lines, expected, list->lines_length) != 0)
    fixture_fail("%.*s, not %s", (int)list->lines_length, list->lines,
                 expected);
  CU_ASSERT_PTR_EQUAL(list->base, list == base ? NULL : base);
  lr_header_list_release(base);
  lr_header_list_release(list);
}

static void test_lists(void) {
  static const lariat_header own[] = {{"Accept", "x"}, {"cookie", "a=5"}};
  static const lariat_header none[] = {{"Cookie", NULL}};
  static const lariat_header empty[] = {{"Cookie", ""}};
  static const lariat_header two[] = {{"Cookie", "a=5"}, {"COOKIE", "c=6"}};
  static const lariat_header other[] = {{"Cookies", "a=5"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect_lines(own, 1, "Accept: x\r\nCookie: a=1; b=2\r\n");
  expect_lines(own, 2, "Accept: x\r\nCookie: a=5; b=2\r\n");
  expect_lines(none, 1, "");
  expect_lines(empty, 1, "Cookie: a=1; b=2\r\n");
  expect_lines(two, 2, "Cookie: a=5; c=6; b=2\r\n");
  expect_lines(other, 1, "Cookies: a=5\r\nCookie: a=1; b=2\r\n");
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  static const lariat_header own[] = {{"Accept", "x"}, {"Cookie", "a=5"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_header_list *base = make(own, 2);
  lariat_status status = LARIAT_ENOMEM;
  for (uint64_t nth = 1; status != LARIAT_OK && nth < 100; nth++) {
    lr_header_list *list = NULL;
    fixture_fail_allocation(&f, nth);
    status = lr_cookie_header_add(base, "a=1; b=2", &list);
    fixture_fail_allocation(&f, 0);
    CU_ASSERT(status == LARIAT_OK || status == LARIAT_ENOMEM);
    CU_ASSERT(!list == (status != LARIAT_OK));
    lr_header_list_release(list);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  lr_header_list_release(base);
  fixture_close(&f);
}

/* What is kept of a response for its cookies, with the nth allocation failing.
 */
static bool keep(struct fixture *f, const lariat_response *response,
                 uint64_t nth) {
  lariat_response *kept;
  fixture_fail_allocation(f, nth);
  bool done = lr_cookie_header_keep(response, &kept);
  fixture_fail_allocation(f, 0);
  CU_ASSERT_EQUAL(!kept, !done);
  if (!done) return false;
  CU_ASSERT_TRUE(lr_response_has_head(kept));
  CU_ASSERT_EQUAL(lariat_response_header_count(kept), 2);
  CU_ASSERT_STRING_EQUAL(lariat_response_header_at(kept, 0).value, "a=1");
  CU_ASSERT_STRING_EQUAL(lariat_response_header_at(kept, 1).value, "b=2");
  lr_response_release(kept);
  return true;
}

static void test_kept(void) {
  static const char *const lines[] = {"HTTP/1.1 200 OK\r\n",
                                      "Set-Cookie:  a=1 \r\n", "X-Other: x\r\n",
                                      "set-cookie:b=2\r\n", "\r\n"};
  struct fixture f;
  lariat_response *kept;
  uint64_t nth = 1;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_response *response = lr_response_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(response);
  CU_ASSERT_TRUE(lr_cookie_header_keep(response, &kept));
  CU_ASSERT_PTR_NULL(kept);
  for (size_t i = 0; i < FIXTURE_COUNT(lines); i++)
    CU_ASSERT_EQUAL(lr_response_add_line(response, lines[i], strlen(lines[i])),
                    LARIAT_OK);
  while (!keep(&f, response, nth) && nth < 100) nth++;
  CU_ASSERT(nth > 1 && nth < 100);
  lr_response_release(response);
  fixture_close(&f);
}

/* ---- The parts of a URL ---- */

static void test_scopes(void) {
  static const struct {
    const char *url;
    const char *host;
    const char *path;
  } rows[] = {{"http://h.example", "h.example", "/"},
              {"https://H.example:443/a?b/c", "h.example", "/a"},
              {"http://h.example:81/a/b", "h.example", "/a/b"},
              {"http://u:p@h8:8080/?x", "h8", "/"},
              {"http://[::1]/", "[::1]", "/"},
              {"http://[::1]:82/x", "[::1]", "/x"},
              {"http://127.0.0.1:1/", "127.0.0.1", "/"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lr_url url;
    CU_ASSERT_EQUAL(lr_url_parse(&url, rows[i].url), LARIAT_OK);
    lr_cookie_request request = lr_cookie_request_of(&url);
    if (request.host.length != strlen(rows[i].host) ||
        memcmp(request.host.bytes, rows[i].host, request.host.length) != 0 ||
        request.path.length != strlen(rows[i].path) ||
        memcmp(request.path.bytes, rows[i].path, request.path.length) != 0)
      fixture_fail("%s: %.*s and %.*s", rows[i].url, (int)request.host.length,
                   request.host.bytes, (int)request.path.length,
                   request.path.bytes);
    lr_url_clear(&url);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"two headers become one", test_join},
      {"lists", test_lists},
      {"out of memory", test_out_of_memory},
      {"what is kept of a response", test_kept},
      {"the parts of a URL", test_scopes},
  };
  return fixture_main("cookie_header", tests, FIXTURE_COUNT(tests), argc, argv);
}
