/* SPDX-License-Identifier: MIT
 * header_list_test.c: lists of request headers. */
#include "http/header_list.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "curl/quirks.h"
#include "support/fixture.h"

/* The lines with '|' behind each. */
static const char *lines_of(const lr_profile *profile) {
  static char text[512];
  size_t length = 0;
  text[0] = '\0';
  for (struct curl_slist *at = profile->list; at; at = at->next)
    length +=
        (size_t)snprintf(text + length, sizeof text - length, "%s|", at->data);
  return text;
}

static lr_profile *make(const lr_profile *base, const lariat_header *headers,
                        size_t count) {
  lr_profile *profile = NULL;
  CU_ASSERT_EQUAL(lr_profile_make(base, headers, count, &profile), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(profile);
  return profile;
}

static void test_lines(void) {
  static const lariat_header headers[] = {
      {"Accept", "text/html"}, {"X-Empty", ""},     {"Expect", NULL},
      {"X-Blank", " \t "},     {"X-Trim", " a b "}, {"X-Two", "1"},
      {"X-Two", "2"}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_profile *profile = make(NULL, headers, FIXTURE_COUNT(headers));
  CU_ASSERT_STRING_EQUAL(lines_of(profile),
                         "Accept: text/html|X-Empty;|Expect:|X-Blank;|"
                         "X-Trim: a b|X-Two: 1|X-Two: 2|");
  lr_profile_release(profile);
  profile = make(NULL, NULL, 0);
  CU_ASSERT_PTR_NULL(profile->list);
  lr_profile_release(profile);
  fixture_close(&f);
}

static void test_overlay(void) {
  static const lariat_header first[] = {
      {"Accept", "a"}, {"User-Agent", "u"}, {"Accept-Language", "en"}};
  static const lariat_header second[] = {{"ACCEPT", "b"}, {"user-agent", NULL}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_profile *base = make(NULL, first, FIXTURE_COUNT(first));
  lr_profile *profile = make(base, second, FIXTURE_COUNT(second));
  CU_ASSERT_STRING_EQUAL(lines_of(profile),
                         "Accept-Language: en|ACCEPT: b|user-agent:|");
  CU_ASSERT_STRING_EQUAL(lines_of(base),
                         "Accept: a|User-Agent: u|Accept-Language: en|");
  lr_profile_release(base);
  lr_profile_release(profile);
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
  lr_profile *profile;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    CU_ASSERT_EQUAL(lr_profile_make(NULL, &bad[i], 1, &profile), LARIAT_EINVAL);
    CU_ASSERT_PTR_NULL(profile);
  }
  CU_ASSERT_EQUAL(lr_profile_make(NULL, NULL, 1, &profile), LARIAT_EINVAL);
  fixture_close(&f);
}

static void test_has(void) {
  static const lariat_header headers[] = {
      {"Content-Type", "a/b"}, {"X-Empty", ""}, {"Expect", NULL}};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_profile *profile = make(NULL, headers, FIXTURE_COUNT(headers));
  CU_ASSERT_TRUE(lr_profile_has(profile, "content-type"));
  CU_ASSERT_TRUE(lr_profile_has(profile, "X-EMPTY"));
  CU_ASSERT_TRUE(lr_profile_has(profile, "Expect"));
  CU_ASSERT_FALSE(lr_profile_has(profile, "Content"));
  CU_ASSERT_FALSE(lr_profile_has(profile, "Content-Typed"));
  CU_ASSERT_FALSE(lr_profile_has(NULL, "Content-Type"));
  lr_profile_release(profile);
  fixture_close(&f);
}

static void test_without(void) {
  static const lariat_header headers[] = {{"authorization", "Bearer x"},
                                          {"Accept", "a"},
                                          {"Content-Type", "a/b"},
                                          {"COOKIE", "a=b"},
                                          {"X-Cookie", "c"},
                                          {"Proxy-Authorization", "y"}};
  struct fixture f;
  lr_profile *out;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_profile *profile = make(NULL, headers, FIXTURE_COUNT(headers));
  CU_ASSERT_EQUAL(lr_profile_without_credentials(profile, false, &out),
                  LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lines_of(out),
                         "Accept: a|Content-Type: a/b|X-Cookie: c|");
  lr_profile_release(out);
  CU_ASSERT_EQUAL(lr_profile_without_credentials(profile, true, &out),
                  LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lines_of(out), "Accept: a|X-Cookie: c|");
  lr_profile *same;
  CU_ASSERT_EQUAL(lr_profile_without_content(out, &same), LARIAT_OK);
  CU_ASSERT_PTR_EQUAL(same, out);
  lr_profile_release(same);
  lr_profile_release(out);
  CU_ASSERT_EQUAL(lr_profile_without_content(profile, &out), LARIAT_OK);
  CU_ASSERT_FALSE(lr_profile_has(out, "Content-Type"));
  CU_ASSERT_TRUE(lr_profile_has(out, "Authorization"));
  lr_profile_release(out);
  lr_profile_release(profile);
  lr_profile_release(NULL);
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
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  static const lariat_header headers[] = {{"Cookie", "a"}, {"Accept", "b"}};
  struct fixture f;
  lr_profile *out;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1; nth <= 3; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_EQUAL(lr_profile_make(NULL, headers, 2, &out), LARIAT_ENOMEM);
    CU_ASSERT_PTR_NULL(out);
  }
  fixture_fail_allocation(&f, 0);
  lr_profile *profile = make(NULL, headers, 2);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_profile_without_credentials(profile, false, &out),
                  LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(out);
  fixture_fail_allocation(&f, 0);
  lr_profile_release(profile);
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
  lr_quirks_global_init();
  return fixture_main("profile", tests, FIXTURE_COUNT(tests), argc, argv);
}
