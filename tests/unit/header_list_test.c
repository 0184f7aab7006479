/* SPDX-License-Identifier: MIT
 * header_list_test.c: lists of request headers. */
#include "http/header_list.h"

#include <stdio.h>
#include <string.h>

#include "curl/libcurl.h"
#include "support/fixture.h"

/* The lines with '|' behind each. */
static const char *lines_of(const lr_header_list *list) {
  static char text[512];
  size_t length = 0;
  text[0] = '\0';
  for (lr_header_line *at = list->list; at; at = at->next)
    length +=
        (size_t)snprintf(text + length, sizeof text - length, "%s|", at->data);
  return text;
}

static lr_header_list *make(const lr_header_list *base,
                            const lariat_header *headers, size_t count) {
  lr_header_list *list = NULL;
  CU_ASSERT_EQUAL(lr_header_list_make(base, headers, count, &list), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(list);
  return list;
}

static void test_lines(void) {
  static const lariat_header headers[] = {
      {"Accept", "text/html"}, {"X-Empty", ""},     {"Expect", NULL},
      {"X-Blank", " \t "},     {"X-Trim", " a b "}, {"X-Two", "1"},
      {"X-Two", "2"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_header_list *list = make(NULL, headers, FIXTURE_COUNT(headers));
  CU_ASSERT_STRING_EQUAL(lines_of(list),
                         "Accept: text/html|X-Empty;|Expect:|X-Blank;|"
                         "X-Trim: a b|X-Two: 1|X-Two: 2|");
  lr_header_list_release(list);
  list = make(NULL, NULL, 0);
  CU_ASSERT_PTR_NULL(list->list);
  lr_header_list_release(list);
  fixture_close(&f);
}

static void test_overlay(void) {
  static const lariat_header first[] = {
      {"Accept", "a"}, {"User-Agent", "u"}, {"Accept-Language", "en"}};
  static const lariat_header second[] = {{"ACCEPT", "b"}, {"user-agent", NULL}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_header_list *base = make(NULL, first, FIXTURE_COUNT(first));
  lr_header_list *list = make(base, second, FIXTURE_COUNT(second));
  CU_ASSERT_STRING_EQUAL(lines_of(list),
                         "Accept-Language: en|ACCEPT: b|user-agent:|");
  CU_ASSERT_STRING_EQUAL(lines_of(base),
                         "Accept: a|User-Agent: u|Accept-Language: en|");
  lr_header_list_release(base);
  lr_header_list_release(list);
  fixture_close(&f);
}

static void test_refused(void) {
  static const lariat_header bad[] = {{NULL, "x"},
                                      {"", "x"},
                                      {"A B", "x"},
                                      {"A:", "x"},
                                      {"A\r\nB", "x"},
                                      {"A", "x\r\nB: y"},
                                      {"A", "x\n"},
                                      {"A", "\r"},
                                      {"\xc3\xa9", "x"},
                                      {"A;", "x"},
                                      {"A(", "x"},
                                      {"content-length", "3"},
                                      {"Transfer-Encoding", "chunked"},
                                      {"Content-Length", NULL}};
  struct fixture f;
  lr_header_list *list;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    CU_ASSERT_EQUAL(lr_header_list_make(NULL, &bad[i], 1, &list),
                    LARIAT_EINVAL);
    CU_ASSERT_PTR_NULL(list);
  }
  CU_ASSERT_EQUAL(lr_header_list_make(NULL, NULL, 1, &list), LARIAT_EINVAL);
  fixture_close(&f);
}

static void test_has(void) {
  static const lariat_header headers[] = {
      {"Content-Type", "a/b"}, {"X-Empty", ""}, {"Expect", NULL}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_header_list *list = make(NULL, headers, FIXTURE_COUNT(headers));
  CU_ASSERT_TRUE(lr_header_list_has(list, "content-type"));
  CU_ASSERT_TRUE(lr_header_list_has(list, "X-EMPTY"));
  CU_ASSERT_TRUE(lr_header_list_has(list, "Expect"));
  CU_ASSERT_FALSE(lr_header_list_has(list, "Content"));
  CU_ASSERT_FALSE(lr_header_list_has(list, "Content-Typed"));
  CU_ASSERT_FALSE(lr_header_list_has(NULL, "Content-Type"));
  lr_header_list_release(list);
  fixture_close(&f);
}

static void test_without(void) {
  static const lariat_header headers[] = {{"authorization", "Bearer x"},
                                          {"Accept", "a"},
                                          {"Content-Type", "a/b"},
                                          {"COOKIE", "a=b"},
                                          {"X-Cookie", "c"},
                                          {"Proxy-Authorization", "y"},
                                          {"Host", "h"}};
  struct fixture f;
  lr_header_list *out;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_header_list *list = make(NULL, headers, FIXTURE_COUNT(headers));
  unsigned kinds = LR_HEADERS_CREDENTIALS;
  CU_ASSERT_EQUAL(lr_header_list_without(list, kinds, &out), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lines_of(out),
                         "Accept: a|Content-Type: a/b|X-Cookie: c|Host: h|");
  lr_header_list_release(out);
  kinds |= LR_HEADERS_CONTENT | LR_HEADERS_HOST;
  CU_ASSERT_EQUAL(lr_header_list_without(list, kinds, &out), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lines_of(out), "Accept: a|X-Cookie: c|");
  lr_header_list *same;
  CU_ASSERT_EQUAL(lr_header_list_without(out, LR_HEADERS_CONTENT, &same),
                  LARIAT_OK);
  CU_ASSERT_PTR_EQUAL(same, out);
  lr_header_list_release(same);
  lr_header_list_release(out);
  CU_ASSERT_EQUAL(lr_header_list_without(list, LR_HEADERS_OWN, &out),
                  LARIAT_OK);
  CU_ASSERT_FALSE(lr_header_list_has(out, "X-Cookie"));
  CU_ASSERT_TRUE(lr_header_list_has(out, "Accept"));
  lr_header_list_release(out);
  CU_ASSERT_EQUAL(lr_header_list_without(list, LR_HEADERS_CONTENT, &out),
                  LARIAT_OK);
  CU_ASSERT_FALSE(lr_header_list_has(out, "Content-Type"));
  CU_ASSERT_TRUE(lr_header_list_has(out, "Authorization"));
  lr_header_list_release(out);
  lr_header_list_release(list);
  lr_header_list_release(NULL);
  fixture_close(&f);
}

static void test_method(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_method_valid("GET"));
  CU_ASSERT_TRUE(lr_method_valid("M-SEARCH"));
  CU_ASSERT_TRUE(lr_method_valid("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF"));
  CU_ASSERT_FALSE(lr_method_valid("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"));
  CU_ASSERT_FALSE(lr_method_valid(""));
  CU_ASSERT_FALSE(lr_method_valid(NULL));
  CU_ASSERT_FALSE(lr_method_valid("GET "));
  CU_ASSERT_FALSE(lr_method_valid("GET\r\n"));
  CU_ASSERT_FALSE(lr_method_valid("CONNECT"));
  CU_ASSERT_TRUE(lr_method_valid("CONNECTS"));
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  static const lariat_header headers[] = {{"Cookie", "a"}, {"Accept", "b"}};
  struct fixture f;
  lr_header_list *out;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1; nth <= 3; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_EQUAL(lr_header_list_make(NULL, headers, 2, &out), LARIAT_ENOMEM);
    CU_ASSERT_PTR_NULL(out);
  }
  fixture_fail_allocation(&f, 0);
  lr_header_list *list = make(NULL, headers, 2);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_header_list_without(list, LR_HEADERS_CREDENTIALS, &out),
                  LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(out);
  fixture_fail_allocation(&f, 0);
  lr_header_list_release(list);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"headers become lines", test_lines},
      {"headers replace those of the base", test_overlay},
      {"bad headers are refused", test_refused},
      {"a header is found by name", test_has},
      {"credentials and content are taken out", test_without},
      {"methods", test_method},
      {"out of memory", test_out_of_memory},
  };
  lr_libcurl_global_init();
  return fixture_main("header_list", tests, FIXTURE_COUNT(tests), argc, argv);
}
