/* SPDX-License-Identifier: MIT
 * robots_fuzz.c: a robots.txt and a path.  The decision has its line, costs no
 * more than it may, and is the same for other spellings of the path; what is
 * put behind the file's end, or before it as comments, changes nothing. */
#include <lariat/crawl/robots.h>

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

static lariat_crawl_robots *parse(const char *bytes, size_t length) {
  lariat_crawl_robots *robots;
  FUZZ_REQUIRE(lariat_crawl_robots_parse(bytes, length, "FooBot", &robots) ==
               LARIAT_OK);
  return robots;
}

static lariat_crawl_robots_decision decide(const lariat_crawl_robots *robots,
                                           const char *path, size_t length) {
  lariat_crawl_robots_decision decision =
      lariat_crawl_robots_decide(robots, path, length);
  FUZZ_REQUIRE((decision.reason == LARIAT_CRAWL_ROBOTS_RULE) ==
               (decision.line != 0));
  FUZZ_REQUIRE((decision.text != NULL) == (decision.line != 0));
  FUZZ_REQUIRE(decision.allowed || decision.line);
  FUZZ_REQUIRE(!decision.line || (decision.text_length && decision.group_line &&
                                  decision.group_line < decision.line));
  FUZZ_REQUIRE(decision.steps <=
               (lariat_crawl_robots_rule_count(robots) + 20) * (length + 2));
  return decision;
}

/* Escapes bytes that are no reserved ones. */
static char *spell_otherwise(const char *path, size_t length,
                             size_t *spelt_length) {
  char *spelt = malloc(length * 3 + 1), *end = spelt;
  if (!spelt) abort();
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)path[i];
    if (i && (byte >= 0x80 || (byte >= 'a' && byte <= 'y')))
      end += snprintf(end, 4, i % 2 ? "%%%02x" : "%%%02X", byte);
    else
      *end++ = path[i];
  }
  *spelt_length = (size_t)(end - spelt);
  return spelt;
}

static bool has_escape(const char *path, size_t length) {
  return memchr(path, '%', length) || memchr(path, '#', length);
}

static void check_spelling(const lariat_crawl_robots *robots, const char *path,
                           size_t length, unsigned line) {
  size_t spelt_length;
  if (has_escape(path, length)) return;
  char *spelt = spell_otherwise(path, length, &spelt_length);
  if (decide(robots, path, length).reason != LARIAT_CRAWL_ROBOTS_ITSELF)
    FUZZ_REQUIRE(decide(robots, spelt, spelt_length).line == line);
  free(spelt);
}

/* Behind its last line, comments are nothing. */
static void check_comment(const char *file, size_t length, const char *path,
                          size_t path_length, unsigned line) {
  char *longer = malloc(length + 5);
  if (!longer) abort();
  memcpy(longer, file, length);
  memcpy(longer + length, " # \n#", 5);
  lariat_crawl_robots *robots = parse(longer, length + 5);
  FUZZ_REQUIRE(decide(robots, path, path_length).line == line);
  lariat_crawl_robots_free(robots);
  free(longer);
}

static void check_readers(const lariat_crawl_robots *robots) {
  size_t length, count = lariat_crawl_robots_sitemap_count(robots);
  unsigned line, last = 0;
  int64_t ms = lariat_crawl_robots_delay_ms(robots, &line);
  FUZZ_REQUIRE((ms >= 0) == (line != 0));
  FUZZ_REQUIRE(ms <= LARIAT_CRAWL_ROBOTS_MOST_DELAY_MS);
  for (size_t i = 0; i < count; i++) {
    FUZZ_REQUIRE(lariat_crawl_robots_sitemap_at(robots, i, &length, &line));
    FUZZ_REQUIRE(length && line > last);
    last = line;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  size_t path_length = fuzz_read_byte(&input);
  if (path_length > input.left) path_length = input.left;
  char *path = fuzz_copy(input.at, path_length);
  size_t file_length = input.left - path_length;
  char *file = fuzz_copy(input.at + path_length, file_length);
  lariat_crawl_robots *robots = parse(file, file_length);
  unsigned line = decide(robots, path, path_length).line;
  check_spelling(robots, path, path_length, line);
  check_comment(file, file_length, path, path_length, line);
  check_readers(robots);
  lariat_crawl_robots_free(robots);
  free(file);
  free(path);
  return 0;
}

static void give_seed(fuzz_sink *sink, void *context, const char *path,
                      const char *file) {
  char text[400];
  char count = (char)strlen(path);
  int length = snprintf(text, sizeof text, "%s%s", path, file);
  fuzz_give(sink, context, &count, 1, text, (size_t)length);
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const char *const files[] = {
      "User-agent: FooBot\nDisallow: /a*b$\nAllow: /a\n",
      "user-agent: *\r\ndisallow: /%7e\xc3\xa9\rallow /x # y\r\n",
      "\xef\xbb\xbfUser agent : foobot/1.0\n disalow:\t/*a*ab*\nAllow: *.p$",
      "User-agent: FooBot\nCrawl-delay: 1.5\nUser-agent: *\nSitemap: /x",
      "user-agent:*\nDisallow: /a/%2F\nUser-agent: foobot\nAllow: /a/%2f",
      "User-agent: *\nDisallow: /a\nDisallow: /ab\nAllow: /abc\nDisallow: /**",
      "User-agent: *\nDisallow: /ab/\nDisallow: /b\nAllow: /*"};
  static const char *const paths[] = {"/", "/axb", "/~\xc3\xa9", "/a/%2f?b",
                                      "/ab/aaab.p"};
  for (size_t i = 0; i < FUZZ_COUNT(files); i++)
    for (size_t k = 0; k < FUZZ_COUNT(paths); k++)
      give_seed(sink, context, paths[k], files[i]);
}
