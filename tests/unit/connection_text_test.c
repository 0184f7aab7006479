/* SPDX-License-Identifier: MIT
 * connection_text_test.c: what is shown of a connection, and of messages about
 * it. */
#include "crawl/connection_text.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static void expect_shown(const char *connection, const char *shown) {
  char text[128];
  size_t length = lr_crawl_connection_write(connection, text, sizeof text);
  CU_ASSERT_EQUAL(length, strlen(shown));
  if (strcmp(text, shown) != 0) fixture_fail("%s: %s", connection, text);
  bool secret = strcmp(connection, shown) != 0;
  CU_ASSERT_EQUAL(lr_crawl_connection_has_secret(connection), secret);
}

static void test_shown(void) {
  expect_shown("postgres://host/db", "postgres://host/db");
  expect_shown("postgres://me@host:5432/db", "postgres://me@host:5432/db");
  expect_shown("postgres://me:pw@host/db", "postgres://me:***@host/db");
  expect_shown("postgresql://me:p:w@host/db", "postgresql://me:***@host/db");
  expect_shown("postgres://me:p/w@host/db", "postgres://me:***@host/db");
  expect_shown("postgres://me:p@w@host/db", "postgres://me:***@host/db");
  expect_shown("postgres://:pw@host/db", "postgres://:***@host/db");
  expect_shown("postgres://h/db?password=pw&user=me",
               "postgres://h/db?password=***&user=me");
  expect_shown("postgres://h/db?user=me&sslpassword=pw",
               "postgres://h/db?user=me&sslpassword=***");
  expect_shown("postgres://h/db?pass%77ord=pw&user=me",
               "postgres://h/db?pass%77ord=***&user=me");
  expect_shown("postgres://h/db?%50%61ssword=pw",
               "postgres://h/db?%50%61ssword=***");
  expect_shown("postgres://h/db?pass%7", "postgres://h/db?pass%7");
  expect_shown("host=h pass%77ord=pw", "host=h pass%77ord=pw");
  expect_shown("host=h user=me", "host=h user=me");
  expect_shown("host=h password=pw user=me", "host=h password=***");
  expect_shown("host=h password = 'p w'", "host=h password =***");
  expect_shown("host=h passfile=/f", "host=h passfile=/f");
  expect_shown("service=crawl", "service=crawl");
  CU_ASSERT_TRUE(lr_crawl_connection_is_url("postgres://"));
  CU_ASSERT_FALSE(lr_crawl_connection_is_url("http://a"));
}

static void test_short_space(void) {
  char text[8];
  CU_ASSERT_EQUAL(
      lr_crawl_connection_write("postgres://me:pw@h", text, sizeof text), 19);
  CU_ASSERT_STRING_EQUAL(text, "postgre");
}

static void expect_masked(const char *connection, const char *said,
                          const char *masked) {
  char text[160];
  size_t length = lr_crawl_connection_mask(connection, said, text, sizeof text);
  CU_ASSERT_EQUAL(length, strlen(masked));
  if (strcmp(text, masked) != 0) fixture_fail("%s: %s", said, text);
}

static void test_messages(void) {
  const char *url = "postgres://me:pa/ss@host:1/db";
  expect_masked(url, "invalid port number: \"pa\"",
                "invalid port number: \"***\"");
  expect_masked(url, "no host \"ss@host\" and no \"db\" for \"me\"",
                "no host \"***\" and no \"db\" for \"me\"");
  expect_masked(url, "in URI \"postgres://me:pa/ss@host:1/db\"",
                "in URI \"***\"");
  expect_masked(url, "a quote \"that ends", "a quote \"that ends");
  expect_masked("host=h password=a b", "missing \"=\" after \"b\" in \"x\"",
                "missing \"=\" after \"***\" in \"x\"");
  expect_masked("postgres://h/db", "no \"h\"", "no \"h\"");
  expect_masked("postgres://u:abc@h", "\"a\"", "\"***\"");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what is shown", test_shown},
      {"a short buffer", test_short_space},
      {"messages", test_messages},
  };
  return fixture_main("connection_text", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
