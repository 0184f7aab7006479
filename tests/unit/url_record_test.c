/* SPDX-License-Identifier: MIT
 * url_record_test.c: the public lariat_url: parts, copies, origins, and what
 * is said of a text that is no URL. */
#include "http/url_record.h"

#include <stdio.h>
#include <string.h>

#include "http/url_parser.h"
#include "support/fixture.h"

static lariat_url *parse(const char *text) {
  lariat_url *url = NULL;
  lariat_status status = lariat_url_parse(text, strlen(text), NULL, &url, NULL);
  if (status) fixture_fail("%s: %s", text, lariat_status_name(status));
  CU_ASSERT_PTR_NOT_NULL_FATAL(url);
  return url;
}

static void expect_part(lariat_url_part part, const char *expected) {
  if (!expected) {
    CU_ASSERT_PTR_NULL(part.bytes);
    return;
  }
  if (!part.bytes || part.length != strlen(expected) ||
      memcmp(part.bytes, expected, part.length) != 0)
    fixture_fail("%.*s, not %s", (int)part.length, part.bytes ? part.bytes : "",
                 expected);
}

static void test_parts(void) {
  struct fixture f;
  size_t length;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_url *url = parse("HTTPS://u%20:p:q@H.example:81/a/./b?c#d e");
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, &length),
                         "https://u%20:p%3Aq@h.example:81/a/b?c#d%20e");
  CU_ASSERT_EQUAL(length, strlen(lariat_url_text(url, NULL)));
  expect_part(lariat_url_scheme(url), "https");
  expect_part(lariat_url_user(url), "u%20");
  expect_part(lariat_url_password(url), "p%3Aq");
  expect_part(lariat_url_host(url), "h.example");
  expect_part(lariat_url_path(url), "/a/b");
  expect_part(lariat_url_query(url), "c");
  expect_part(lariat_url_fragment(url), "d%20e");
  CU_ASSERT_EQUAL(lariat_url_port(url), 81);
  CU_ASSERT_TRUE(lariat_url_has_userinfo(url));
  lariat_url_free(url);
  lariat_url_free(NULL);
  fixture_close(&f);
}

/* A part that is not there is another thing than an empty one. */
static void test_absent_parts(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_url *url = parse("http://[::1]:80");
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, NULL), "http://[::1]/");
  expect_part(lariat_url_host(url), "[::1]");
  expect_part(lariat_url_path(url), "/");
  expect_part(lariat_url_user(url), NULL);
  expect_part(lariat_url_password(url), NULL);
  expect_part(lariat_url_query(url), NULL);
  expect_part(lariat_url_fragment(url), NULL);
  CU_ASSERT_EQUAL(lariat_url_port(url), 80);
  CU_ASSERT_FALSE(lariat_url_has_userinfo(url));
  lariat_url_free(url);
  url = parse("http://:p@h:0?#");
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, NULL), "http://:p@h:0/?#");
  expect_part(lariat_url_user(url), "");
  expect_part(lariat_url_password(url), "p");
  expect_part(lariat_url_query(url), "");
  expect_part(lariat_url_fragment(url), "");
  CU_ASSERT_EQUAL(lariat_url_port(url), 0);
  lariat_url_free(url);
  url = parse("http://:@h");
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, NULL), "http://h/");
  lariat_url_free(url);
  fixture_close(&f);
}

static bool are_same(const lr_url_record *a, const lr_url_record *b) {
  return a->length == b->length && a->user_end == b->user_end &&
         a->host == b->host && a->host_end == b->host_end &&
         a->path == b->path && a->query == b->query &&
         a->fragment == b->fragment && a->port == b->port && a->tls == b->tls;
}

static void expect_copy(const char *text, unsigned parts,
                        const char *expected) {
  lariat_url *url = parse(text);
  lariat_url *copy = NULL;
  lariat_url *again = parse(expected);
  CU_ASSERT_EQUAL_FATAL(lariat_url_copy_without(url, parts, &copy), LARIAT_OK);
  if (strcmp(lariat_url_text(copy, NULL), expected) != 0)
    fixture_fail("%s: %s", text, lariat_url_text(copy, NULL));
  CU_ASSERT_TRUE(are_same(&copy->record, &again->record));
  lariat_url_free(url);
  lariat_url_free(copy);
  lariat_url_free(again);
}

static void test_copies(void) {
  static const char all[] = "http://u:p@h:81/a?b#c";
  enum {
    U = LARIAT_URL_USERINFO,
    F = LARIAT_URL_FRAGMENT,
    Q = LARIAT_URL_QUERY
  };
  struct fixture f;
  lariat_url *copy;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect_copy(all, 0, all);
  expect_copy(all, U, "http://h:81/a?b#c");
  expect_copy(all, F, "http://u:p@h:81/a?b");
  expect_copy(all, Q, "http://u:p@h:81/a#c");
  expect_copy(all, U | F, "http://h:81/a?b");
  expect_copy(all, U | F | Q, "http://h:81/a");
  expect_copy("https://h/?#", F | Q, "https://h/");
  expect_copy("https://h/", U | F | Q, "https://h/");
  lariat_url *url = parse(all);
  CU_ASSERT_EQUAL(lariat_url_copy_without(url, 8, &copy), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(copy);
  for (uint64_t nth = 1; nth <= 2; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_EQUAL(lariat_url_copy_without(url, U, &copy), LARIAT_ENOMEM);
    CU_ASSERT_PTR_NULL(copy);
  }
  fixture_fail_allocation(&f, 0);
  lariat_url_free(url);
  fixture_close(&f);
}

static bool same_origin(const char *a, const char *b) {
  lariat_url *one = parse(a);
  lariat_url *other = parse(b);
  bool same = lariat_url_same_origin(one, other);
  lariat_url_free(one);
  lariat_url_free(other);
  return same;
}

static void test_same_origin(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(same_origin("http://h/a", "HTTP://u:p@%48:80/b"));
  CU_ASSERT_TRUE(same_origin("http://127.1/", "http://0x7f000001/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "https://h:80/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "http://h:81/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "http://i/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "http://hh/"));
  fixture_close(&f);
}

static void test_resolve(void) {
  struct fixture f;
  lariat_url *url;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_url *base = parse("http://u:p@h/a/b?c#d");
  CU_ASSERT_EQUAL(lariat_url_parse("../x", 4, base, &url, NULL), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, NULL), "http://u:p@h/x");
  lariat_url_free(url);
  CU_ASSERT_EQUAL(lariat_url_parse("", 0, base, &url, NULL), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, NULL), "http://u:p@h/a/b?c");
  lariat_url_free(url);
  CU_ASSERT_EQUAL(lariat_url_parse("//i", 3, base, &url, NULL), LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, NULL), "http://i/");
  lariat_url_free(url);
  lariat_url_free(base);
  fixture_close(&f);
}

/* The text has a length: a NUL is a byte like another. */
static void test_bytes(void) {
  struct fixture f;
  lariat_url *url;
  lariat_url_error error;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lariat_url_parse("http://h/a\0b\0", 13, NULL, &url, NULL),
                  LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(lariat_url_text(url, NULL), "http://h/a%00b");
  lariat_url_free(url);
  CU_ASSERT_EQUAL(lariat_url_parse("http://a\0b/", 11, NULL, &url, &error),
                  LARIAT_EURL);
  CU_ASSERT_PTR_NULL(url);
  CU_ASSERT_EQUAL(error.byte, 8);
  CU_ASSERT_STRING_EQUAL(error.message,
                         "a byte that no host's name has at byte 8");
  CU_ASSERT_EQUAL(lariat_url_parse(NULL, 0, NULL, &url, &error), LARIAT_EURL);
  CU_ASSERT_STRING_EQUAL(error.message, "empty");
  CU_ASSERT_EQUAL(lariat_url_parse("ws://h", 6, NULL, &url, &error),
                  LARIAT_ESCHEME);
  fixture_close(&f);
}

/* What is escaped may grow over the limit. */
static void test_length(void) {
  static char text[LR_URL_LONGEST + 2];
  struct fixture f;
  lariat_url *url;
  lariat_url_error error;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  memset(text, ' ', sizeof text);
  memcpy(text, "http://h/", 9);
  text[LR_URL_LONGEST / 3] = 'a';
  CU_ASSERT_EQUAL(lariat_url_parse(text, sizeof text, NULL, &url, &error),
                  LARIAT_OK);
  lariat_url_free(url);
  text[LR_URL_LONGEST / 3 + 20] = 'a';
  CU_ASSERT_EQUAL(lariat_url_parse(text, sizeof text, NULL, &url, &error),
                  LARIAT_EURL);
  CU_ASSERT_STRING_EQUAL(error.message, "longer than 64 KiB");
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  lariat_url *url;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1; nth <= 3; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_EQUAL(lariat_url_parse("http://h/\t", 10, NULL, &url, NULL),
                    nth < 3 ? LARIAT_ENOMEM : LARIAT_OK);
    if (nth == 3) lariat_url_free(url);
  }
  fixture_fail_allocation(&f, 3);
  CU_ASSERT_EQUAL(lariat_url_parse("http://h/\ta", 11, NULL, &url, NULL),
                  LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"parts", test_parts},       {"absent parts", test_absent_parts},
      {"copies", test_copies},     {"the same origin", test_same_origin},
      {"resolving", test_resolve}, {"bytes", test_bytes},
      {"length", test_length},     {"out of memory", test_out_of_memory},
  };
  return fixture_main("url_record", tests, FIXTURE_COUNT(tests), argc, argv);
}
