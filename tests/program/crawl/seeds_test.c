/* SPDX-License-Identifier: MIT
 * Seeds: which texts are URLs, which are taken as hosts, and what is said of
 * the others. */
#include "crawl/seeds.h"

#include <string.h>

#include "support/fixture.h"

static void expect_seed(const char *text, const char *url) {
  struct crawl_seeds seeds = {.seeds = NULL};
  char message[256] = "";
  if (!crawl_seeds_add_line(&seeds, text, strlen(text), message,
                            sizeof message))
    fixture_fail("%s: %s", text, message);
  if (seeds.count != 1)
    fixture_fail("%s: %zu seeds", text, seeds.count);
  else if (strcmp(seeds.seeds[0].url, url) != 0)
    fixture_fail("%s: %s", text, seeds.seeds[0].url);
  crawl_seeds_free(&seeds);
}

static void expect_none(const char *text, const char *reason) {
  struct crawl_seeds seeds = {.seeds = NULL};
  char message[256] = "";
  if (crawl_seeds_add_line(&seeds, text, strlen(text), message, sizeof message))
    fixture_fail("%s is a seed", text);
  if (!strstr(message, reason)) fixture_fail("%s: %s", text, message);
  CU_ASSERT_EQUAL(seeds.count, 0);
  crawl_seeds_free(&seeds);
}

static void urls_are_seeds(void) {
  expect_seed("https://example.org", "https://example.org/");
  expect_seed("  http://Example.org:80/a b \r\n", "http://example.org/a%20b");
  expect_seed("HTTP://example.org/", "http://example.org/");
}

static void hosts_are_taken_as_https(void) {
  expect_seed("example.org", "https://example.org/");
  expect_seed("example.org/a/b?c=http://x.test/",
              "https://example.org/a/b?c=http://x.test/");
  expect_seed("www.example.org:8443/x", "https://www.example.org:8443/x");
  expect_seed("192.0.2.1", "https://192.0.2.1/");
}

static void this_machine_is_taken_as_http(void) {
  expect_seed("localhost", "http://localhost/");
  expect_seed("localhost:8080/a", "http://localhost:8080/a");
  expect_seed("a.localhost:8080", "http://a.localhost:8080/");
  expect_seed("127.0.0.1:8080", "http://127.0.0.1:8080/");
  expect_seed("127.3.4.5", "http://127.3.4.5/");
  expect_seed("[::1]:8080/", "http://[::1]:8080/");
}

static void others_are_not(void) {
  expect_none("example", "");
  expect_none("seeds.txt with blanks", "");
  expect_none("ftp://example.org/", "");
  expect_none("mailto:me@example.org", "");
  expect_none("javascript:alert(1)", "");
  expect_none("http://", "");
  expect_none("http://a.test:99999/", "port");
  expect_none("/etc/passwd", "");
}

static void json_has_depth_and_priority(void) {
  static const char line[] =
      "{\"url\":\"http://a.test/\",\"depth\":3,\"priority\":0}";
  struct crawl_seeds seeds = {.seeds = NULL};
  char message[256] = "";
  CU_ASSERT(crawl_seeds_add_line(&seeds, line, sizeof line - 1, message,
                                 sizeof message));
  CU_ASSERT_EQUAL_FATAL(seeds.count, 1);
  CU_ASSERT_EQUAL(seeds.seeds[0].depth, 3);
  CU_ASSERT_EQUAL(seeds.seeds[0].priority, 0);
  crawl_seeds_free(&seeds);
  expect_seed("{\"url\":\"a.test\"}", "https://a.test/");
  expect_none("{\"url\":\"http://a.test/\",\"priority\":8}", "from 0 to 7");
  expect_none("{\"url\":\"http://a.test/\",\"depth\":-1}", "\"depth\"");
  expect_none("{\"url\":\"http://a.test/\",\"deep\":1}", "\"deep\"");
  expect_none("{\"depth\":1}", "no \"url\"");
  expect_none("{\"url\":5}", "no \"url\"");
  expect_none("{\"url\":\"http://a.test/\",\"url\":\"b\"}", "no JSON");
  expect_none("{\"url\":", "no JSON");
}

static void comments_and_empty_lines_are_nothing(void) {
  static const char *const lines[] = {"", "\n", "  \t", "# http://a.test/",
                                      "  # x"};
  struct crawl_seeds seeds = {.seeds = NULL};
  char message[256];
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    CU_ASSERT(crawl_seeds_add_line(&seeds, lines[i], strlen(lines[i]), message,
                                   sizeof message));
  CU_ASSERT_EQUAL(seeds.count, 0);
  CU_ASSERT_FALSE(crawl_seeds_add_line(&seeds, "http://a.test/\0b", 16, message,
                                       sizeof message));
  crawl_seeds_free(&seeds);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"URLs are seeds", urls_are_seeds},
      {"hosts are taken as https", hosts_are_taken_as_https},
      {"this machine is taken as http", this_machine_is_taken_as_http},
      {"others are not", others_are_not},
      {"JSON has depth and priority", json_has_depth_and_priority},
      {"comments and empty lines are nothing",
       comments_and_empty_lines_are_nothing},
  };
  return fixture_main("crawl seeds", tests, FIXTURE_COUNT(tests), argc, argv);
}
