/* SPDX-License-Identifier: MIT
 * crawl_test.c: whole crawls of sites on loopback: each page once, whatever the
 * links, the answers and the ends are. */
#include <lariat/crawl/crawl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/crawling.h"

/* ---- Each page once ---- */

static const struct site_page small_pages[] = {
    {"/", 200, "", "<a href=\"/a\">a</a><a href=\"/b\">b</a>", 0},
    {"/a", 200, "", "<a href=\"/b\">b</a><a href=\"/a#x\">a</a>", 0},
    {"/b", 200, "", "<a href=\"/c\">c</a><a href=\"/\">top</a>", 0},
    {"/c", 200, "", "the end", 0},
};

static void test_small(void) {
  struct crawling c;
  crawling_open(&c, small_pages, FIXTURE_COUNT(small_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, "/robots.txt"), 1);
  for (size_t i = 0; i < FIXTURE_COUNT(small_pages); i++)
    CU_ASSERT_EQUAL(site_requests(c.site, small_pages[i].path), 1);
  CU_ASSERT_EQUAL(c.stats.queued, 0);
  crawling_close(&c);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a small site ends with each page once", test_small},
  };
  return fixture_main("crawl", tests, FIXTURE_COUNT(tests), argc, argv);
}
