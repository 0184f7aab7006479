/* SPDX-License-Identifier: MIT
 * check_test.c: answers that are good, and answers that are not. */
#include "load/check.h"

#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/h1_parser.h>

static const char answer[] =
    "HTTP/1.1 201 Created\r\nETag: \"a\"\r\n"
    "X-B: 1\r\nX-B: 2\r\nContent-Length: 5\r\n\r\nhello";

/* Reads the answer and judges it. */
static bool judge(const lariat_load_expectation *expect) {
  lr_load_arena arena = {.blocks = NULL};
  const lr_load_check *check = NULL;
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  lariat_h1_parser *parser;
  size_t used;
  size_t length;
  if (lr_load_check_make(expect, &arena, &check, NULL) != LARIAT_OK) abort();
  if (lariat_h1_parser_new(&parser) != LARIAT_OK) abort();
  options.body = LARIAT_H1_KEEP;
  options.max_body_bytes = 100;
  CU_ASSERT_EQUAL(lariat_h1_parser_begin(parser, &options), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_h1_parser_feed(parser, answer, strlen(answer), &used),
                  LARIAT_H1_DONE);
  const lariat_response *response = lariat_h1_parser_response(parser);
  const char *body = lariat_response_body(response, &length);
  if (!lr_load_check_needs_body(check)) body = NULL;
  bool good = lr_load_check_passes(check, response, body, length);
  lariat_h1_parser_free(parser);
  CU_ASSERT_TRUE(lr_load_check_is(check, expect));
  lr_load_arena_free(&arena);
  return good;
}

static void test_statuses(void) {
  static const unsigned short good[] = {200, 201};
  static const unsigned short other[] = {200, 404};
  lariat_load_expectation expect = {.statuses = good, .status_count = 2};
  CU_ASSERT_TRUE(judge(&expect));
  expect.statuses = other;
  CU_ASSERT_FALSE(judge(&expect));
}

static void test_bodies(void) {
  lariat_load_expectation expect = {.body_contains = "ell"};
  CU_ASSERT_TRUE(judge(&expect));
  expect.body_contains = "hello!";
  CU_ASSERT_FALSE(judge(&expect));
  expect = (lariat_load_expectation){.has_body_bytes = true, .body_bytes = 5};
  CU_ASSERT_TRUE(judge(&expect));
  expect.body_bytes = 4;
  CU_ASSERT_FALSE(judge(&expect));
}

static void test_headers(void) {
  lariat_load_expectation expect = {.header_name = "etag"};
  CU_ASSERT_TRUE(judge(&expect));
  expect.header_name = "x-b";
  expect.header_value = "2";
  CU_ASSERT_TRUE(judge(&expect));
  expect.header_value = "3";
  CU_ASSERT_FALSE(judge(&expect));
  expect = (lariat_load_expectation){.header_name = "X-C"};
  CU_ASSERT_FALSE(judge(&expect));
}

/* All that is said must be so. */
static void test_together(void) {
  static const unsigned short good[] = {201};
  lariat_load_expectation expect = {.statuses = good,
                                    .status_count = 1,
                                    .body_contains = "hello",
                                    .has_body_bytes = true,
                                    .body_bytes = 5,
                                    .header_name = "ETag",
                                    .header_value = "\"a\""};
  CU_ASSERT_TRUE(judge(&expect));
  expect.header_value = "a";
  CU_ASSERT_FALSE(judge(&expect));
}

static void test_same(void) {
  static const unsigned short statuses[] = {201, 202};
  lariat_load_expectation expect = {.statuses = statuses, .status_count = 2};
  lr_load_arena arena = {.blocks = NULL};
  const lr_load_check *check;
  if (lr_load_check_make(&expect, &arena, &check, NULL) != LARIAT_OK) abort();
  CU_ASSERT_TRUE(lr_load_check_is(check, &expect));
  expect.status_count = 1;
  CU_ASSERT_FALSE(lr_load_check_is(check, &expect));
  expect.status_count = 2;
  expect.body_contains = "x";
  CU_ASSERT_FALSE(lr_load_check_is(check, &expect));
  expect.body_contains = NULL;
  expect.has_body_bytes = true;
  CU_ASSERT_FALSE(lr_load_check_is(check, &expect));
  lr_load_arena_free(&arena);
}

static void test_refusals(void) {
  lr_load_arena arena = {.blocks = NULL};
  const lr_load_check *check;
  lariat_load_error error;
  lariat_load_expectation expect = {.body_contains = ""};
  CU_ASSERT_EQUAL(lr_load_check_make(&expect, &arena, &check, &error),
                  LARIAT_EINVAL);
  expect = (lariat_load_expectation){.header_name = ""};
  CU_ASSERT_EQUAL(lr_load_check_make(&expect, &arena, &check, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "expect: a header without a name");
  expect = (lariat_load_expectation){.header_value = "x"};
  CU_ASSERT_EQUAL(lr_load_check_make(&expect, &arena, &check, &error),
                  LARIAT_EINVAL);
  lr_load_arena_free(&arena);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"statuses", test_statuses},
      {"bodies", test_bodies},
      {"headers", test_headers},
      {"all at once", test_together},
      {"checks that are the same", test_same},
      {"expectations that make no sense", test_refusals},
  };
  return fixture_main("check", tests, FIXTURE_COUNT(tests), argc, argv);
}
