/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * crawl_scarce_test.c: memory that runs out while a crawl goes on: each of them
 * ends, and what one has not done the next one does. */
#include "crawl/crawl_private.h"

#include <stdio.h>

#include "support/crawling.h"

static const struct site_page pages[] = {
    {"/", 200, "", "<a href=/a>a</a><a href=http://u:p@127.0.0.2/b>b</a>", 0},
    {"/a", 200, "", "<a href=/gone>c</a>", 0},
    {"/b", 302, "Location: /a\r\n", "", 0},
    {"/robots.txt", 200, "Content-Type: text/plain\r\n",
     "User-agent: *\nSitemap: /map\n", 0},
    {"/map", 200, "Content-Type: text/plain\r\n", "/a", 0},
};

static void open_crawl(struct crawling *c) {
  crawling_open(c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(c, "127.0.0.1", "/");
  c->options.scope = LARIAT_CRAWL_SCOPE_ANY;
  c->options.retries = 0;
}

/* Crawls into a directory of its own, and lets allocations fail from one on,
 * once the crawl has been made; then goes on with memory. */
static void crawl_with_failures(struct crawling *c, uint64_t nth,
                                uint64_t count) {
  char directory[96];
  snprintf(directory, sizeof directory, "%s/%llu", c->directory,
           (unsigned long long)nth);
  c->options.directory = directory;
  crawling_start(c);
  fixture_fail_allocations(&c->f, nth, count);
  crawling_finish(c);
  fixture_fail_allocation(&c->f, 0);
  bool whole = c->status == LARIAT_OK && c->stats.end == LARIAT_CRAWL_DONE;
  if (!whole && c->status == LARIAT_OK)
    fixture_fail("allocation %llu: end %d", (unsigned long long)nth,
                 c->stats.end);
  if (whole) return;
  crawling_run(c);
  CU_ASSERT_EQUAL(c->status, LARIAT_OK);
  CU_ASSERT_EQUAL(c->stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c->stats.queued, 0);
}

/* Returns how many allocations a crawl makes once it has been made. */
static uint64_t count_allocations(struct crawling *c) {
  crawling_start(c);
  uint64_t before = fixture_allocations(&c->f);
  crawling_finish(c);
  return fixture_allocations(&c->f) - before;
}

/* One allocation of all fails, each time another one. */
static void test_one(void) {
  enum { RUNS = 25 };
  struct crawling c;
  open_crawl(&c);
  uint64_t all = count_allocations(&c), step = all / RUNS + 1;
  for (uint64_t nth = 1; nth <= all; nth += step)
    crawl_with_failures(&c, nth, 1);
  crawling_close(&c);
}

/* As many fail as are tried within a second by who tries each millisecond. */
static void test_many(void) {
  struct crawling c;
  open_crawl(&c);
  uint64_t all = count_allocations(&c);
  crawl_with_failures(&c, all / 2, 1500);
  crawling_close(&c);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one allocation fails", test_one},
      {"many fail, for a while", test_many},
  };
  return fixture_main("crawl_scarce", tests, FIXTURE_COUNT(tests), argc, argv);
}
