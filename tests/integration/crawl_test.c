/* SPDX-License-Identifier: MIT
 * crawl_test.c: whole crawls of sites on loopback: each page once, whatever the
 * links, the answers and the ends are. */
#include "crawl/crawl_private.h"

#include <sqlite3.h>
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

/* ---- Many pages ---- */

enum { TREE = 600, TREE_HOSTS = 8 };

/* A tree of pages over some hosts, each with links to its children, back, and
 * to others. */
static size_t compute_tree(const char *host, const char *path, char *body,
                           size_t capacity) {
  unsigned id;
  (void)host;
  if (sscanf(path, "/p/%u", &id) != 1 || id >= TREE) return 0;
  size_t length = (size_t)snprintf(body, capacity, "<title>%u</title>", id);
  for (unsigned i = 1; i <= 4; i++) {
    unsigned child = 4 * id + i;
    if (child >= TREE) child = (id * 7 + i * 13) % TREE;
    length += (size_t)snprintf(body + length, capacity - length,
                               "<a href=\"http://127.0.0.%u:%s/p/%u\">x</a>",
                               1 + child % TREE_HOSTS,
                               getenv("CRAWL_TEST_PORT"), child);
  }
  return length;
}

static void open_tree(struct crawling *c) {
  char port[16];
  crawling_open(c, NULL, 0, compute_tree);
  snprintf(port, sizeof port, "%u", site_port(c->site));
  setenv("CRAWL_TEST_PORT", port, 1);
  c->options.scope = LARIAT_CRAWL_SCOPE_ANY;
  crawling_seed(c, "127.0.0.1", "/p/0");
}

static void test_tree(void) {
  struct crawling c;
  open_tree(&c);
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.pages, TREE + 1); /* and the sitemap, a 404 */
  CU_ASSERT_EQUAL(site_requests(c.site, "/robots.txt"), TREE_HOSTS);
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), TREE + TREE_HOSTS + 1);
  CU_ASSERT_EQUAL(site_most_requests(c.site), 1);
  crawling_close(&c);
}

/* ---- Stop and go on ---- */

static bool has_some(void *context) {
  struct crawling *c = context;
  return site_requests(c->site, NULL) > TREE / 4;
}

/* A crawl that is stopped at once, and gone on with, asks again at the most for
 * what was on its way. */
static void test_resume(void) {
  struct crawling c;
  open_tree(&c);
  crawling_start(&c);
  CU_ASSERT(fixture_run_until(&c.f, has_some, &c, 20000));
  lariat_crawl_stop(c.crawl, 0);
  crawling_finish(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_STOPPED);
  uint64_t before = c.stats.pages;
  CU_ASSERT(before < TREE);
  c.options.seed_count = 0; /* the directory knows them */
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.pages, TREE + 1);
  CU_ASSERT_EQUAL(c.stats.queued, 0);
  CU_ASSERT(site_most_requests(c.site) <= 2);
  CU_ASSERT_EQUAL(site_requests(c.site, "/robots.txt"), TREE_HOSTS);
  crawling_close(&c);
}

/* With a grace nothing is asked for twice. */
static void test_grace(void) {
  struct crawling c;
  open_tree(&c);
  crawling_start(&c);
  CU_ASSERT(fixture_run_until(&c.f, has_some, &c, 20000));
  lariat_crawl_stop(c.crawl, 60000);
  crawling_finish(&c);
  unsigned asked = site_requests(c.site, NULL);
  unsigned robots = site_requests(c.site, "/robots.txt");
  CU_ASSERT_EQUAL(c.stats.pages, asked - robots);
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.pages, TREE + 1);
  CU_ASSERT_EQUAL(site_requests(c.site, "/p/0"), 1);
  crawling_close(&c);
}

static void change_database(const struct crawling *c, const char *statement) {
  char path[128];
  sqlite3 *database;
  snprintf(path, sizeof path, "%s/crawl.db", c->directory);
  CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &database), SQLITE_OK);
  CU_ASSERT_EQUAL(sqlite3_exec(database, statement, NULL, NULL, NULL),
                  SQLITE_OK);
  sqlite3_close(database);
}

/* A URL of the database that is none fails, once. */
static void test_url_that_is_none(void) {
  struct crawling c;
  crawling_open(&c, small_pages, FIXTURE_COUNT(small_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.max_pages = 1;
  c.options.no_sitemaps = true;
  crawling_run(&c);
  change_database(&c, "update url set path = 'http://[/' where path = '/a'");
  c.options.max_pages = 0;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.failed, 1);
  CU_ASSERT_EQUAL(c.stats.pages, 3);
  CU_ASSERT_EQUAL(site_requests(c.site, "/c"), 1);
  crawling_close(&c);
}

/* The bodies of all runs are counted, and are one budget. */
static void test_bytes_of_all_runs(void) {
  struct crawling c;
  crawling_open(&c, small_pages, FIXTURE_COUNT(small_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/c");
  crawling_run(&c);
  uint64_t bytes = c.stats.bytes;
  CU_ASSERT(bytes > 0);
  unsigned before = site_requests(c.site, NULL);
  crawling_seed(&c, "127.0.0.1", "/a");
  c.options.max_bytes = bytes;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT_EQUAL(c.stats.bytes, bytes);
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), before);
  crawling_close(&c);
}

/* ---- Redirects ---- */

static const struct site_page moved_pages[] = {
    {"/", 302, "Location: /a\r\n", "", 0},
    {"/a", 301, "Location: /b#x\r\n", "", 0},
    {"/b", 200, "", "<a href=/circle>c</a> <a href=/away>d</a>", 0},
    {"/circle", 307, "Location: /circle2\r\n", "", 0},
    {"/circle2", 307, "Location: /circle\r\n", "", 0},
    {"/away", 302, "Location: http://10.0.0.1/secret\r\n", "", 0},
};

static void test_redirects(void) {
  struct crawling c;
  crawling_open(&c, moved_pages, FIXTURE_COUNT(moved_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.redirects, 5);
  CU_ASSERT_EQUAL(c.stats.fetched, 2);
  CU_ASSERT_EQUAL(site_requests(c.site, "/b"), 1);
  CU_ASSERT_EQUAL(site_most_requests(c.site), 1);
  crawling_close(&c);
}

/* A redirect, or a link, to an address that is not public is not followed,
 * whatever the scope is. */
static void test_internal(void) {
  static const struct site_page pages[] = {
      {"/", 200, "", "<a href=/away>a</a><a href=http://169.254.169.254/>b</a>",
       0},
      {"/away", 302, "Location: http://10.0.0.1/secret\r\n", "", 0},
  };
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.scope = LARIAT_CRAWL_SCOPE_ANY;
  c.options.retries = 0;
  c.pool.addresses.allow_nets = NULL; /* the seed is allowed by itself */
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.failed, 2);
  CU_ASSERT_EQUAL(c.stats.redirects, 1);
  crawling_close(&c);
}

/* ---- Robots ---- */

static void test_robots(void) {
  static const struct site_page pages[] = {
      {"/robots.txt", 200, "Content-Type: text/plain\r\n",
       "User-agent: *\nDisallow: /no\nSitemap: /maps/a.xml\n", 0},
      {"/", 200, "", "<a href=/no/1>no</a><a href=/yes>yes</a>", 0},
      {"/yes", 200, "", "yes", 0},
      {"/maps/a.xml", 200, "Content-Type: application/xml\r\n",
       "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/"
       "sitemap/0.9\"><url><loc>/relative</loc></url></urlset>",
       0},
  };
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(site_requests(c.site, "/no/1"), 0);
  CU_ASSERT_EQUAL(site_requests(c.site, "/yes"), 1);
  CU_ASSERT_EQUAL(site_requests(c.site, "/maps/a.xml"), 1);
  CU_ASSERT_EQUAL(site_requests(c.site, "/sitemap.xml"), 0);
  CU_ASSERT_EQUAL(c.stats.robots_denied, 1);
  crawling_close(&c);
}

/* Sitemaps of which each redirects to the next end somewhere. */
static void test_moved_sitemaps(void) {
  static const struct site_page pages[] = {
      {"/robots.txt", 200, "Content-Type: text/plain\r\n", "Sitemap: /s0\n", 0},
      {"/", 200, "", "a page", 0},
      {"/s0", 302, "Location: /s1\r\n", "", 0},
      {"/s1", 302, "Location: /s2\r\n", "", 0},
      {"/s2", 302, "Location: /s3\r\n", "", 0},
      {"/s3", 302, "Location: /s4\r\n", "", 0},
      {"/s4", 302, "Location: /s5\r\n", "", 0},
      {"/s5", 302, "Location: /s6\r\n", "", 0},
      {"/s6", 302, "Location: /s7\r\n", "", 0},
  };
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(site_requests(c.site, "/s5"), 1);
  CU_ASSERT_EQUAL(site_requests(c.site, "/s6"), 0);
  crawling_close(&c);
}

/* Makes indexes of sitemaps up, each of which names four new ones. */
static size_t compute_index(const char *host, const char *path, char *body,
                            size_t capacity) {
  size_t length = 0;
  (void)host;
  if (strncmp(path, "/sitemap.xml", 12) != 0) return 0;
  length += (size_t)snprintf(body, capacity, "<sitemapindex>");
  for (int i = 0; i < 4; i++)
    length += (size_t)snprintf(body + length, capacity - length,
                               "<sitemap><loc>%s%d</loc></sitemap>", path, i);
  length +=
      (size_t)snprintf(body + length, capacity - length, "</sitemapindex>");
  return length;
}

static void test_many_sitemaps(void) {
  static const struct site_page pages[] = {{"/", 200, "", "a page", 0}};
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), compute_index);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_start(&c);
  c.crawl->most_sitemaps = 100; /* of 1,365 */
  crawling_finish(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.pages, 101); /* and the page */
  CU_ASSERT(c.stats.rejected_trap > 0);
  crawling_close(&c);
}

/* ---- Bad answers ---- */

static const struct site_page bad_pages[] = {
    {"/", 200, "",
     "<a href=/once>1</a><a href=/busy>2</a><a href=/cut>3</a>"
     "<a href=/none>4</a><a href=/noise>5</a><a href=/bomb>6</a>",
     0},
    {"/once", 503, "Retry-After: 1\r\n", "busy", 1},
    {"/once", 200, "", "here", 0},
    {"/busy", 503, "", "busy", 0},
    {"/cut", 200, "Content-Length: 100\r\nConnection: close\r\n", "cut", 0},
    {"/none", 0, "", "", 0},
    {"/noise", -1, "", "no HTTP at all\r\n\r\n", 0},
    {"/bomb", 200, "Content-Encoding: gzip\r\n", "no gzip at all", 0},
};

static void test_bad(void) {
  struct crawling c;
  crawling_open(&c, bad_pages, FIXTURE_COUNT(bad_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.retries = 1;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, "/once"), 2);
  CU_ASSERT_EQUAL(site_requests(c.site, "/busy"), 2);
  CU_ASSERT_EQUAL(site_requests(c.site, "/bomb"), 1);
  CU_ASSERT_EQUAL(c.stats.queued, 0);
  CU_ASSERT_EQUAL(c.stats.fetched + c.stats.failed, 8); /* a sitemap, too */
  crawling_close(&c);
}

/* Servers that ask for more patience than the options have are asked again,
 * for a page as for robots.txt. */
static void test_retry_after(void) {
  static const struct site_page pages[] = {
      {"/robots.txt", 503, "Retry-After: 999999999\r\n", "", 1},
      {"/", 503, "Retry-After: 99999999999999999999\r\n", "", 1},
      {"/", 200, "", "a page", 0},
  };
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.retry_after_max_ms = 1;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.failed, 0);
  CU_ASSERT_EQUAL(site_requests(c.site, "/"), 2);
  CU_ASSERT_EQUAL(site_requests(c.site, "/robots.txt"), 2);
  crawling_close(&c);
}

/* ---- Budgets ---- */

static void test_max_pages(void) {
  struct crawling c;
  open_tree(&c);
  c.options.max_pages = 50;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT_STRING_EQUAL(c.stats.end_reason, "--max-pages");
  CU_ASSERT_EQUAL(c.stats.pages, 50);
  unsigned robots = site_requests(c.site, "/robots.txt");
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), 50 + robots);
  c.options.max_pages = 0;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.pages, TREE + 1);
  crawling_close(&c);
}

static void test_max_pages_of_hosts(void) {
  struct crawling c;
  open_tree(&c);
  c.options.max_pages_per_host = 5;
  c.options.no_sitemaps = true;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT_EQUAL(c.stats.pages, 5 * TREE_HOSTS);
  crawling_run(&c); /* goes on, and has none of it left */
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT_EQUAL(c.stats.pages, 5 * TREE_HOSTS);
  crawling_close(&c);
}

/* A budget of one host's own, and one of hosts. */
static void test_hosts(void) {
  struct crawling c;
  lariat_crawl_host_options own = {
      .host = "127.0.0.2", .delay_ms = -1, .max_pages = 3, .ignore_robots = -1};
  open_tree(&c);
  c.options.hosts = &own;
  c.options.host_count = 1;
  c.options.max_hosts = 4;
  c.options.no_sitemaps = true;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT_EQUAL(c.stats.hosts, 4);
  CU_ASSERT(c.stats.rejected_scope > 0);
  unsigned of_host = 0;
  for (unsigned i = 0; i < TREE; i++) {
    char place[64];
    snprintf(place, sizeof place, "127.0.0.2/p/%u", i);
    of_host += site_requests(c.site, place);
  }
  CU_ASSERT_EQUAL(of_host, 3);
  crawling_close(&c);
}

/* A site that asks for more delay than is kept is left out. */
static void test_skipped(void) {
  static const struct site_page skipped[] = {
      {"/robots.txt", 200, "Content-Type: text/plain\r\n",
       "User-agent: *\nCrawl-delay: 100\n", 0},
      {"/", 200, "", "never", 0},
  };
  struct crawling c;
  crawling_open(&c, skipped, FIXTURE_COUNT(skipped), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.crawl_delay_skip = true;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, "/"), 0);
  CU_ASSERT(c.stats.robots_denied > 0);
  crawling_close(&c);
}

/* ---- Steering ---- */

static bool has_pages(void *context) {
  struct crawling *c = context;
  c->stats.size = sizeof c->stats;
  CU_ASSERT_EQUAL(lariat_crawl_read_stats(c->crawl, &c->stats), LARIAT_OK);
  return c->stats.pages >= 20;
}

static void test_pause(void) {
  struct crawling c;
  open_tree(&c);
  c.options.reactors = 1;
  crawling_start(&c);
  CU_ASSERT(fixture_run_until(&c.f, has_pages, &c, 20000));
  lariat_crawl_pause(c.crawl);
  fixture_run_for(&c.f, 200);
  unsigned asked = site_requests(c.site, NULL);
  fixture_run_for(&c.f, 200);
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), asked);
  CU_ASSERT(!c.ended);
  lariat_crawl_resume(c.crawl);
  crawling_finish(&c);
  CU_ASSERT_EQUAL(c.stats.pages, TREE + 1);
  crawling_close(&c);
}

static void test_add(void) {
  static const struct site_page pages[] = {
      {"127.0.0.1/", 200, "", "nothing", 0},
      {"127.0.0.2/", 200, "", "<a href=/more>more</a>", 0},
      {"127.0.0.2/more", 200, "", "nothing", 0},
  };
  struct crawling c;
  lariat_crawl_error error;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_start(&c);
  lariat_crawl_seed seed = {.url = site_url(c.site, "127.0.0.2", "/"),
                            .priority = 4};
  lariat_crawl_seed bad = {.url = "nothing at all"};
  c.stats.size = sizeof c.stats;
  while (lariat_crawl_add(c.crawl, &bad, &error) == LARIAT_ECLOSED)
    fixture_turns(&c.f, 1); /* it is starting */
  CU_ASSERT_EQUAL(lariat_crawl_add(c.crawl, &bad, &error), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_crawl_add(c.crawl, &seed, &error), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_set(c.crawl, "delay", "0s", &error), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_set(c.crawl, "nothing", "1", &error),
                  LARIAT_EINVAL);
  crawling_finish(&c);
  CU_ASSERT_EQUAL(site_requests(c.site, "127.0.0.2/more"), 1);
  crawling_close(&c);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a small site ends with each page once", test_small},
      {"a tree over hosts ends with each page once", test_tree},
      {"a stopped crawl goes on", test_resume},
      {"a URL of the database that is none", test_url_that_is_none},
      {"the bytes of all runs", test_bytes_of_all_runs},
      {"a stop with grace asks for nothing twice", test_grace},
      {"redirects are URLs of their own", test_redirects},
      {"internal addresses are not connected to", test_internal},
      {"robots.txt is obeyed, and its sitemaps read", test_robots},
      {"sitemaps that redirect for ever are left", test_moved_sitemaps},
      {"so many sitemaps of a host are read", test_many_sitemaps},
      {"bad answers end it no sooner", test_bad},
      {"a Retry-After has a longest", test_retry_after},
      {"a budget of pages is kept to exactly", test_max_pages},
      {"a budget of pages of hosts, too", test_max_pages_of_hosts},
      {"hosts have budgets, and there are so many", test_hosts},
      {"a site with a long Crawl-delay is left out", test_skipped},
      {"a paused crawl asks for nothing", test_pause},
      {"a seed is added while it runs", test_add},
  };
  return fixture_main("crawl", tests, FIXTURE_COUNT(tests), argc, argv);
}
