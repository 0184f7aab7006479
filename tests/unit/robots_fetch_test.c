/* SPDX-License-Identifier: MIT
 * robots_fetch_test.c: what follows from the answers to requests for
 * robots.txt: redirects, expiry, copies, tries, and the cache of it all. */
#include "crawl/robots_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;
static lr_crawl_robots_cache *cache;
static lr_crawl_robots_fetch *fetch;

static const char origin[] = "http://example.org:80";
enum { START = 1800000000, DAY = 86400 };

static void open_with(const lr_crawl_robots_options *options) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(lr_crawl_robots_cache_new(options, &cache), LARIAT_OK);
}

static void open_cache(void) {
  lr_crawl_robots_options options = lr_crawl_robots_defaults();
  options.agent = "ExampleBot/1.0";
  open_with(&options);
}

static void close_cache(void) {
  lr_crawl_robots_fetch_free(fetch);
  fetch = NULL;
  lr_crawl_robots_cache_free(cache);
  fixture_close(&fixture);
}

static void begin(const char *of) {
  lr_crawl_robots_fetch_free(fetch);
  fetch = NULL;
  CU_ASSERT_EQUAL_FATAL(lr_crawl_robots_fetch_new(cache, of, &fetch),
                        LARIAT_OK);
}

static lr_crawl_robots_step answer_fully(lr_crawl_robots_answer answer,
                                         int64_t now_s) {
  if (answer.body) answer.length = strlen(answer.body);
  return lr_crawl_robots_fetch_answer(fetch, &answer, now_s);
}

static lr_crawl_robots_step answer(int status, const char *body,
                                   int64_t now_s) {
  return answer_fully((lr_crawl_robots_answer){.status = status, .body = body},
                      now_s);
}

static lr_crawl_robots_step redirect(const char *location) {
  return answer_fully(
      (lr_crawl_robots_answer){.status = 301, .location = location}, START);
}

static bool allows(const char *of, const char *path) {
  lr_crawl_robots_copy copy;
  if (!lr_crawl_robots_cache_find(cache, of, &copy)) {
    fixture_fail("nothing is known of %s", of);
    return false;
  }
  return lariat_crawl_robots_decide(copy.rules, path, strlen(path)).allowed;
}

#define RULES "User-agent: *\nDisallow: /private\nCrawl-delay: 2.5\n"

static void expect_known(lr_crawl_robots_step step, int64_t expires_s) {
  CU_ASSERT_EQUAL(step.kind, LR_CRAWL_ROBOTS_STEP_KNOWN);
  if (step.expires_s != expires_s)
    fixture_fail("until %lld, not %lld", (long long)step.expires_s,
                 (long long)expires_s);
}

static void expect_hold(lr_crawl_robots_step step, int64_t until_s) {
  CU_ASSERT_EQUAL(step.kind, LR_CRAWL_ROBOTS_STEP_HOLD);
  if (step.until_s != until_s)
    fixture_fail("until %lld, not %lld", (long long)step.until_s,
                 (long long)until_s);
}

/* ---- Answers ---- */

static void test_file(void) {
  open_cache();
  begin(origin);
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_url(fetch),
                         "http://example.org:80/robots.txt");
  CU_ASSERT_PTR_NULL(lr_crawl_robots_fetch_etag(fetch));
  lr_crawl_robots_step step = answer(200, RULES, START);
  expect_known(step, START + DAY);
  CU_ASSERT_EQUAL(step.crawl_delay_ms, 2500);
  CU_ASSERT_TRUE(step.is_new);
  CU_ASSERT_FALSE(allows(origin, "/private"));
  CU_ASSERT_TRUE(allows(origin, "/public"));
  close_cache();
}

static void test_unavailable(void) {
  open_cache();
  const int statuses[] = {404, 401, 403, 410, 300, 399, 499};
  for (size_t i = 0; i < FIXTURE_COUNT(statuses); i++) {
    begin(origin);
    lr_crawl_robots_step step = answer(statuses[i], "Disallow: /", START);
    expect_known(step, START + DAY);
    CU_ASSERT_EQUAL(step.access, LARIAT_CRAWL_ROBOTS_UNAVAILABLE);
    CU_ASSERT_EQUAL(step.crawl_delay_ms, -1);
    CU_ASSERT_TRUE(allows(origin, "/private"));
  }
  close_cache();
}

/* Held twice, then denied, and asked again ever more seldom. */
static void test_unreachable(void) {
  static const int statuses[] = {500, 503, 429, 0};
  for (size_t i = 0; i < FIXTURE_COUNT(statuses); i++) {
    lr_crawl_robots_copy copy;
    open_cache();
    begin(origin);
    expect_hold(answer(statuses[i], NULL, START), START + 10);
    CU_ASSERT_FALSE(lr_crawl_robots_cache_find(cache, origin, &copy));
    begin(origin);
    expect_hold(answer(statuses[i], NULL, START + 10), START + 30);
    begin(origin);
    lr_crawl_robots_step step = answer(statuses[i], NULL, START + 30);
    expect_known(step, START + 30 + 3600);
    CU_ASSERT_EQUAL(step.access, LARIAT_CRAWL_ROBOTS_UNREACHABLE);
    CU_ASSERT_FALSE(allows(origin, "/public"));
    begin(origin);
    expect_known(answer(statuses[i], NULL, START + 3700), START + 7300);
    begin(origin);
    expect_known(answer(200, RULES, START + 7300), START + 7300 + DAY);
    CU_ASSERT_TRUE(allows(origin, "/public"));
    begin(origin); /* and it begins anew */
    expect_known(answer(statuses[i], NULL, START + DAY), START + DAY + 10);
    CU_ASSERT_TRUE(allows(origin, "/public"));
    close_cache();
  }
}

static void test_longest_wait(void) {
  open_cache();
  int64_t now_s = START;
  lr_crawl_robots_step step;
  for (int i = 0; i < 40; i++) {
    begin(origin);
    step = answer(500, NULL, now_s);
    now_s += 10;
  }
  expect_known(step, now_s - 10 + 3600);
  close_cache();
}

/* A file that is there decides while it is unreachable, however long. */
static void test_old_copy(void) {
  open_cache();
  begin(origin);
  answer(200, RULES, START);
  for (int64_t now_s = START + DAY; now_s < START + 60 * DAY; now_s += DAY) {
    begin(origin);
    lr_crawl_robots_step step = answer(503, NULL, now_s);
    CU_ASSERT_EQUAL(step.kind, LR_CRAWL_ROBOTS_STEP_KNOWN);
    CU_ASSERT_EQUAL(step.crawl_delay_ms, 2500);
    CU_ASSERT_FALSE(step.is_new);
    CU_ASSERT_FALSE(allows(origin, "/private"));
    CU_ASSERT_TRUE(allows(origin, "/public"));
  }
  lr_crawl_robots_copy copy;
  CU_ASSERT_TRUE(lr_crawl_robots_cache_find(cache, origin, &copy));
  CU_ASSERT_EQUAL(copy.at_s, START);
  CU_ASSERT_EQUAL(copy.unreachable_since_s, START + DAY);
  CU_ASSERT_EQUAL(copy.status, 503);
  close_cache();
}

/* That there was no file is not a copy. */
static void test_old_absence(void) {
  open_cache();
  begin(origin);
  answer(404, NULL, START);
  begin(origin);
  expect_hold(answer(503, NULL, START + DAY), START + DAY + 10);
  close_cache();
}

/* 30 days without an answer and without a copy: as if there were none. */
static void test_thirty_days(void) {
  open_cache();
  for (int day = 0; day < 30; day++) {
    begin(origin);
    answer(503, NULL, START + day * DAY);
    if (day > 2) CU_ASSERT_FALSE(allows(origin, "/public"));
  }
  begin(origin);
  answer(503, NULL, START + 30 * DAY);
  CU_ASSERT_TRUE(allows(origin, "/public"));
  close_cache();
}

static void test_retry_after(void) {
  open_cache();
  begin(origin);
  expect_hold(
      answer_fully(
          (lr_crawl_robots_answer){.status = 503, .retry_after_s = 600}, START),
      START + 600);
  begin(origin);
  expect_hold(answer_fully((lr_crawl_robots_answer){.status = 429,
                                                    .retry_after_s = 1 << 30},
                           START),
              START + DAY);
  close_cache();
}

static void test_incomplete(void) {
  open_cache();
  begin(origin);
  expect_hold(
      answer_fully((lr_crawl_robots_answer){.status = 200,
                                            .incomplete = true,
                                            .body = "User-agent: *\nDisal"},
                   START),
      START + 10);
  close_cache();
}

static void test_long_file(void) {
  size_t length = LARIAT_CRAWL_ROBOTS_MOST_BYTES + 100;
  char *body = malloc(length + 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(body);
  open_cache();
  memset(body, '#', length);
  memcpy(body, "User-agent: *\nDisallow: /first\n", 31);
  memcpy(body + length - 18, "\nDisallow: /later\n", 18);
  body[length] = 0;
  begin(origin);
  answer(200, body, START);
  CU_ASSERT_FALSE(allows(origin, "/first"));
  CU_ASSERT_TRUE(allows(origin, "/later"));
  close_cache();
  free(body);
}

/* ---- Redirects ---- */

static void test_redirects(void) {
  open_cache();
  begin(origin);
  lr_crawl_robots_step step = redirect("https://example.org/robots.txt#x");
  CU_ASSERT_EQUAL(step.kind, LR_CRAWL_ROBOTS_STEP_REDIRECT);
  CU_ASSERT_STRING_EQUAL(step.origin, "https://example.org:443");
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_url(fetch),
                         "https://example.org/robots.txt");
  step = redirect("//user:pw@www.example.org:444/a/b");
  CU_ASSERT_STRING_EQUAL(step.origin, "https://www.example.org:444");
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_url(fetch),
                         "https://www.example.org:444/a/b");
  redirect("c");
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_url(fetch),
                         "https://www.example.org:444/a/c");
  expect_known(answer(200, RULES, START), START + DAY);
  CU_ASSERT_FALSE(allows(origin, "/private")); /* they are the origin's */
  CU_ASSERT_EQUAL(lr_crawl_robots_cache_count(cache), 1);
  close_cache();
}

/* Five are followed; the sixth says that there is none. */
static void test_many_redirects(void) {
  open_cache();
  begin(origin);
  for (int i = 0; i < 5; i++)
    CU_ASSERT_EQUAL(redirect("/robots.txt").kind,
                    LR_CRAWL_ROBOTS_STEP_REDIRECT);
  lr_crawl_robots_step step = redirect("/robots.txt");
  expect_known(step, START + DAY);
  CU_ASSERT_EQUAL(step.access, LARIAT_CRAWL_ROBOTS_UNAVAILABLE);
  CU_ASSERT_TRUE(allows(origin, "/private"));
  close_cache();
}

static void test_redirects_to_nowhere(void) {
  static const char *const locations[] = {NULL, "ftp://example.org/robots.txt",
                                          "http://", "javascript:1"};
  open_cache();
  for (size_t i = 0; i < FIXTURE_COUNT(locations); i++) {
    begin(origin);
    expect_known(redirect(locations[i]), START + DAY);
    CU_ASSERT_TRUE(allows(origin, "/private"));
  }
  close_cache();
}

static void test_failure_behind_redirect(void) {
  open_cache();
  begin(origin);
  redirect("http://elsewhere.example/robots.txt");
  expect_hold(answer(502, NULL, START), START + 10);
  begin(origin); /* from the beginning */
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_url(fetch),
                         "http://example.org:80/robots.txt");
  close_cache();
}

/* ---- Conditional requests and expiry ---- */

static lr_crawl_robots_answer make_file(void) {
  return (lr_crawl_robots_answer){.status = 200,
                                  .body = RULES,
                                  .etag = "\"1\"",
                                  .last_modified =
                                      "Sun, 06 Nov 1994 08:49:37 GMT"};
}

static void test_unchanged(void) {
  open_cache();
  begin(origin);
  answer_fully(make_file(), START);
  begin(origin);
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_etag(fetch), "\"1\"");
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_last_modified(fetch),
                         "Sun, 06 Nov 1994 08:49:37 GMT");
  lr_crawl_robots_step step = answer(304, NULL, START + DAY);
  expect_known(step, START + 2 * DAY);
  CU_ASSERT_FALSE(step.is_new);
  CU_ASSERT_FALSE(allows(origin, "/private"));
  begin(origin);
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_etag(fetch), "\"1\"");
  close_cache();
}

/* Validators are of the URL where the file was, which may be elsewhere. */
static void test_validators_behind_redirects(void) {
  open_cache();
  begin(origin);
  redirect("/other");
  answer_fully(make_file(), START);
  begin(origin);
  CU_ASSERT_PTR_NULL(lr_crawl_robots_fetch_etag(fetch));
  redirect("/other");
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_etag(fetch), "\"1\"");
  begin(origin);
  redirect("/another");
  CU_ASSERT_PTR_NULL(lr_crawl_robots_fetch_etag(fetch));
  close_cache();
}

/* 304 without having been asked so, or of another URL, tells nothing. */
static void test_unchanged_without_copy(void) {
  open_cache();
  begin(origin);
  expect_hold(answer(304, NULL, START), START + 10);
  close_cache();
}

static void test_expiry(void) {
  static const struct {
    const char *cache_control;
    int64_t age_s;
  } cases[] = {
      {NULL, DAY},
      {"", DAY},
      {"public", DAY},
      {"max-age=3600", 3600},
      {"Public , MAX-AGE=\"7200\"", 7200},
      {"max-age=0", 60},
      {"no-cache", 60},
      {"private, no-store", 60},
      {"max-age=31536000", DAY},
      {"max-age=99999999999999999999999", DAY},
      {"s-maxage=5", DAY},
      {"max-age=x", DAY},
      {"x-max-age=5", DAY},
  };
  open_cache();
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    begin(origin);
    expect_known(
        answer_fully(
            (lr_crawl_robots_answer){.status = 200,
                                     .body = RULES,
                                     .cache_control = cases[i].cache_control},
            START),
        START + cases[i].age_s);
  }
  close_cache();
}

/* ---- The cache ---- */

static void fill(int number) {
  char of[64];
  snprintf(of, sizeof of, "http://h%d.example:80", number);
  begin(of);
  answer(200, RULES, START);
}

static void test_limit(void) {
  lr_crawl_robots_options options = lr_crawl_robots_defaults();
  lr_crawl_robots_copy copy;
  options.most_bytes = 20000;
  open_with(&options);
  for (int i = 0; i < 1000; i++) {
    fill(i);
    if (i >= 5) /* it is in use all the time */
      CU_ASSERT_TRUE(
          lr_crawl_robots_cache_find(cache, "http://h5.example:80", &copy));
    CU_ASSERT_TRUE(lr_crawl_robots_cache_bytes(cache) <= 20000);
  }
  CU_ASSERT_TRUE(lr_crawl_robots_cache_count(cache) > 20);
  CU_ASSERT_FALSE(
      lr_crawl_robots_cache_find(cache, "http://h6.example:80", &copy));
  CU_ASSERT_TRUE(
      lr_crawl_robots_cache_find(cache, "http://h999.example:80", &copy));
  lr_crawl_robots_cache_remove(cache, "http://h999.example:80");
  lr_crawl_robots_cache_remove(cache, "http://h999.example:80");
  CU_ASSERT_FALSE(
      lr_crawl_robots_cache_find(cache, "http://h999.example:80", &copy));
  close_cache();
}

/* Larger than the limit, it is there still: something has to decide. */
static void test_larger_than_limit(void) {
  lr_crawl_robots_options options = lr_crawl_robots_defaults();
  options.most_bytes = 10;
  open_with(&options);
  fill(1);
  CU_ASSERT_FALSE(allows("http://h1.example:80", "/private"));
  fill(2);
  CU_ASSERT_EQUAL(lr_crawl_robots_cache_count(cache), 1);
  close_cache();
}

static void test_restore(void) {
  open_cache();
  lr_crawl_robots_kept kept = {.at_s = START,
                               .expires_s = START + DAY,
                               .status = 200,
                               .text = RULES,
                               .length = sizeof RULES - 1,
                               .etag = "\"k\""};
  CU_ASSERT_EQUAL(lr_crawl_robots_cache_restore(cache, origin, &kept),
                  LARIAT_OK);
  CU_ASSERT_FALSE(allows(origin, "/private"));
  begin(origin);
  CU_ASSERT_STRING_EQUAL(lr_crawl_robots_fetch_etag(fetch), "\"k\"");
  kept = (lr_crawl_robots_kept){.at_s = START, .status = 404};
  CU_ASSERT_EQUAL(lr_crawl_robots_cache_restore(cache, origin, &kept),
                  LARIAT_OK);
  CU_ASSERT_TRUE(allows(origin, "/private"));
  kept.status = 503;
  kept.text = "";
  CU_ASSERT_EQUAL(lr_crawl_robots_cache_restore(cache, origin, &kept),
                  LARIAT_OK);
  CU_ASSERT_FALSE(allows(origin, "/public"));
  kept.status = 304;
  CU_ASSERT_EQUAL(lr_crawl_robots_cache_restore(cache, origin, &kept),
                  LARIAT_EINVAL);
  close_cache();
}

static void test_refusals(void) {
  lr_crawl_robots_options options = lr_crawl_robots_defaults();
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  options.agent = "42";
  CU_ASSERT_EQUAL(lr_crawl_robots_cache_new(&options, &cache), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(cache);
  lr_crawl_robots_cache_free(NULL);
  lr_crawl_robots_fetch_free(NULL);
  fixture_close(&fixture);
}

/* Each allocation fails once: nothing is allowed by that, or left behind. */
static void test_out_of_memory(void) {
  for (uint64_t nth = 1; nth < 60; nth++) {
    fixture_open(&fixture, FIXTURE_NO_REACTOR);
    lr_crawl_robots_options options = lr_crawl_robots_defaults();
    fixture_fail_allocation(&fixture, nth);
    if (!lr_crawl_robots_cache_new(&options, &cache)) {
      if (!lr_crawl_robots_fetch_new(cache, origin, &fetch)) {
        lr_crawl_robots_copy copy;
        lr_crawl_robots_step step = redirect("/other");
        if (step.kind == LR_CRAWL_ROBOTS_STEP_REDIRECT)
          step = answer_fully(make_file(), START);
        CU_ASSERT_NOT_EQUAL(step.kind, LR_CRAWL_ROBOTS_STEP_REDIRECT);
        if (step.kind == LR_CRAWL_ROBOTS_STEP_KNOWN)
          CU_ASSERT_FALSE(allows(origin, "/private"));
        if (lr_crawl_robots_cache_find(cache, origin, &copy))
          CU_ASSERT_FALSE(allows(origin, "/private"));
      }
      lr_crawl_robots_fetch_free(fetch);
      fetch = NULL;
      lr_crawl_robots_cache_free(cache);
    }
    fixture_fail_allocation(&fixture, 0);
    fixture_close(&fixture);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a file", test_file},
      {"no file", test_unavailable},
      {"unreachable", test_unreachable},
      {"the longest wait", test_longest_wait},
      {"an old copy while unreachable", test_old_copy},
      {"that there was none is no copy", test_old_absence},
      {"unreachable for 30 days", test_thirty_days},
      {"Retry-After", test_retry_after},
      {"a file that broke off", test_incomplete},
      {"a file that is too long", test_long_file},
      {"redirects", test_redirects},
      {"too many redirects", test_many_redirects},
      {"redirects to nowhere", test_redirects_to_nowhere},
      {"a failure behind a redirect", test_failure_behind_redirect},
      {"304", test_unchanged},
      {"validators behind redirects", test_validators_behind_redirects},
      {"304 without a copy", test_unchanged_without_copy},
      {"Cache-Control", test_expiry},
      {"the limit of memory", test_limit},
      {"larger than the limit", test_larger_than_limit},
      {"from an earlier run", test_restore},
      {"refusals", test_refusals},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("robots_fetch", tests, FIXTURE_COUNT(tests), argc, argv);
}
