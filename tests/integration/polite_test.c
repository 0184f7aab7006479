/* SPDX-License-Identifier: MIT
 * polite_test.c: crawls of a computed web whose server counts, by the kernel's
 * stamps, what came too soon, what was forbidden, what was before robots.txt,
 * and how many were at once. */
#include <lariat/crawl/crawl.h>
#include <lariat/crawl/robots.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/failure.h>

#include "support/crawling.h"
#include "support/dns_server.h"
#include "support/fixture.h"
#include "support/synthweb.h"

enum { LONGEST_MS = 60000 };

struct polite {
  struct fixture f;
  struct synthweb web;
  char directory[64];
  lariat_pool_options pool;
  lariat_client_options client;
  lariat_crawl_seed seed;
  lariat_crawl_options options;
  lariat_crawl *crawl;
  lariat_crawl_stats stats;
  bool ended;
};

static void open_web(struct polite *p, const char *const *web_options) {
  memset(p, 0, sizeof *p);
  synthweb_start(&p->web, web_options);
  fixture_open(&p->f, FIXTURE_PLAIN);
  snprintf(p->directory, sizeof p->directory, "/tmp/lariat-crawl-XXXXXX");
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->directory));
  p->options = lariat_crawl_defaults();
  p->pool = lariat_pool_defaults();
  p->client = lariat_client_defaults();
  p->pool.addresses.allow_nets = "127.0.0.0/8";
  p->client.http = LARIAT_HTTP_1_1;
  p->seed = (lariat_crawl_seed){.url = p->web.first, .priority = 4};
  p->options.directory = p->directory;
  p->options.pool = &p->pool;
  p->options.client = &p->client;
  p->options.seeds = &p->seed;
  p->options.seed_count = 1;
  p->options.scope = LARIAT_CRAWL_SCOPE_ANY;
  p->options.reactors = 3;
}

static int remove_file(const char *path, const struct stat *about, int kind,
                       struct FTW *place) {
  (void)about, (void)kind, (void)place;
  return remove(path);
}

static void close_web(struct polite *p) {
  (void)nftw(p->directory, remove_file, 16, FTW_DEPTH | FTW_PHYS);
  fixture_close(&p->f);
  synthweb_close(&p->web);
}

static lariat_value take_end(lariat_value result, void *context) {
  struct polite *p = context;
  CU_ASSERT_FALSE(lariat_is_failure(result));
  p->ended = true;
  return lariat_value_drop(result);
}

static bool has_ended(void *context) {
  return ((struct polite *)context)->ended;
}

/* Crawls to the end, and has the server tell what it saw. */
static void run(struct polite *p) {
  lariat_crawl_error error;
  if (lariat_crawl_new(&p->options, &p->crawl, &error) != LARIAT_OK) {
    fixture_fail("no crawl: %s", error.message);
    return;
  }
  lariat_deferred_forget(
      lariat_deferred_add_both(lariat_crawl_start(p->crawl), take_end, p));
  if (!fixture_run_until(&p->f, has_ended, p, LONGEST_MS))
    fixture_fail("the crawl does not end");
  p->stats = (lariat_crawl_stats){.size = sizeof p->stats};
  CU_ASSERT_EQUAL(lariat_crawl_read_stats(p->crawl, &p->stats), LARIAT_OK);
  lariat_crawl_free(p->crawl);
  synthweb_end(&p->web);
}

static void expect_total(const struct polite *p, const char *name,
                         int64_t most) {
  int64_t total = synthweb_total(&p->web, name);
  if (total > most)
    fixture_fail("%s: %lld, of %lld requests", name, (long long)total,
                 (long long)synthweb_total(&p->web, "requests"));
}

static void expect_polite(const struct polite *p) {
  expect_total(p, "short_gaps", 0);
  expect_total(p, "forbidden", 0);
  expect_total(p, "before_robots", 0);
  expect_total(p, "in_flight_max", 1);
}

/* ---- Gaps ---- */

/* On three reactors, with robots.txt of all kinds: some lead to the first host,
 * which has many pages of its own. */
static void test_gaps(void) {
  static const char *const web[] = {
      "--pages", "160",        "--hosts", "40",     "--skew", "1", "--gap-ms",
      "100",     "--features", "robots",  "--seed", "7",      NULL};
  struct polite p;
  open_web(&p, web);
  p.options.delay_ms = 100;
  run(&p);
  CU_ASSERT_EQUAL(p.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_TRUE(synthweb_total(&p.web, "requests") > 200);
  CU_ASSERT_EQUAL(synthweb_of_kind(&p.web, "page", "missing"), 0);
  expect_polite(&p);
  close_web(&p);
}

/* Without a delay one at a time is still what a host gets. */
static void test_one_at_a_time(void) {
  static const char *const web[] = {"--pages",
                                    "1500",
                                    "--hosts",
                                    "12",
                                    "--crawl-delay-ms",
                                    "5",
                                    "--features",
                                    "robots,moved,copies,maps",
                                    NULL};
  struct polite p;
  open_web(&p, web);
  p.options.delay_ms = 0;
  run(&p);
  CU_ASSERT_EQUAL(p.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(synthweb_of_kind(&p.web, "page", "missing"), 0);
  expect_polite(&p);
  close_web(&p);
}

/* Eight names of one domain at one address are one group, from the first
 * request on: the address is known before that. */
static void test_names_of_one_address(void) {
  static const char *const web[] = {"--pages",  "40",  "--hosts", "1",
                                    "--gap-ms", "100", NULL};
  static const struct dns_rule rules[] = {
      {"*", DNS_ADDRESSES, "127.0.1.1", 60}};
  enum { NAMES = 8 };
  char urls[NAMES][64];
  lariat_crawl_seed seeds[NAMES];
  struct polite p;
  struct dns_server *server = dns_server_start();
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  dns_server_set(server, rules, FIXTURE_COUNT(rules));
  open_web(&p, web);
  for (int i = 0; i < NAMES; i++) {
    snprintf(urls[i], sizeof urls[i], "http://n%d.lariat.test:%u/p/%d", i,
             p.web.port, i);
    seeds[i] = (lariat_crawl_seed){.url = urls[i], .priority = 4};
  }
  p.pool.name_servers = dns_server_address(server);
  p.options.seeds = seeds;
  p.options.seed_count = NAMES;
  p.options.scope = LARIAT_CRAWL_SCOPE_LIST;
  p.options.no_sitemaps = true;
  p.options.contact = "mailto:test@lariat.test";
  p.options.delay_ms = 100;
  run(&p);
  CU_ASSERT_EQUAL(p.stats.fetched, NAMES);
  CU_ASSERT_EQUAL(synthweb_total(&p.web, "requests"), 2 * NAMES);
  expect_total(&p, "short_gaps", 0);
  expect_total(&p, "in_flight_max", 1);
  close_web(&p);
  dns_server_stop(server);
}

/* ---- robots.txt ---- */

/* A first page, with one that a robots.txt may deny and one that it does not.
 */
#define PAGES                                                                  \
  {"/", 200, "", "<a href=/no/1>1</a><a href=/yes/2>2</a>", 0},                \
      {"/no/1", 200, "", "1", 0}, {                                            \
    "/yes/2", 200, "", "2", 0                                                  \
  }

/* The rules are those that robots.txt leads to, at another host, which has
 * others of its own. */
static void test_rules_of_another_host(void) {
  static char location[128];
  static const struct site_page pages[] = {
      {"127.0.0.2/robots.txt", 302, location, "", 0},
      {"127.0.0.3/rules", 200, "Content-Type: text/plain\r\n",
       "User-agent: *\nDisallow: /no\n", 0},
      PAGES};
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  snprintf(location, sizeof location, "Location: %s\r\n",
           site_url(c.site, "127.0.0.3", "/rules"));
  crawling_seed(&c, "127.0.0.2", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, "/rules"), 1);
  CU_ASSERT_EQUAL(site_requests(c.site, "/no/1"), 0);
  CU_ASSERT_EQUAL(site_requests(c.site, "/yes/2"), 1);
  CU_ASSERT_EQUAL(c.stats.robots_denied, 1);
  crawling_close(&c);
}

/* Three tries, then nothing but robots.txt has been asked for. */
static void test_unreachable(void) {
  static const struct site_page pages[] = {{"/robots.txt", 503, "", "", 0},
                                           PAGES};
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.2", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, "/robots.txt"), 3);
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), 3);
  CU_ASSERT_EQUAL(c.stats.robots_denied, 1);
  crawling_close(&c);
}

/* Of a file that is too long the last line is not taken by half: it would deny
 * everything. */
static void test_long_file(void) {
  enum { LENGTH = LARIAT_CRAWL_ROBOTS_MOST_BYTES + 15 };
  static const char first[] = "User-agent: *\nDisallow: /no\n";
  static const char last[] = "Disallow: /yes/2/and/more\n";
  static char file[LENGTH + 1];
  static const struct site_page pages[] = {{"/robots.txt", 200, "", file, 0},
                                           PAGES};
  struct crawling c;
  memset(file, '\n', LENGTH);
  memcpy(file, first, sizeof first - 1);
  memcpy(file + LENGTH - sizeof last + 1, last, sizeof last - 1);
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.2", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, "/no/1"), 0);
  CU_ASSERT_EQUAL(site_requests(c.site, "/yes/2"), 1);
  crawling_close(&c);
}

/* The body of an answer that is no robots.txt is no rules, in the next run,
 * either. */
static void test_no_file_in_next_run(void) {
  static const struct site_page pages[] = {
      {"/robots.txt", 404, "", "User-agent: *\nDisallow: /\n", 0}, PAGES};
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.2", "/");
  c.options.max_pages = 1;
  crawling_run(&c);
  CU_ASSERT_EQUAL(site_requests(c.site, "/yes/2"), 0);
  c.options.max_pages = 0;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, "/yes/2"), 1);
  CU_ASSERT_EQUAL(site_requests(c.site, "/robots.txt"), 1);
  crawling_close(&c);
}

static void test_unreachable_in_next_run(void) {
  static const struct site_page pages[] = {
      {"/robots.txt", 503, "", "User-agent: *\nAllow: /\n", 0}, PAGES};
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.2", "/");
  c.options.retries = 1;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.robots_denied, 1);
  crawling_seed(&c, "127.0.0.2", "/yes/2");
  crawling_run(&c);
  CU_ASSERT_EQUAL(site_requests(c.site, "/yes/2"), 0);
  CU_ASSERT_EQUAL(c.stats.robots_denied, 2);
  crawling_close(&c);
}

static void test_crawl_delay_skip(void) {
  static const struct site_page pages[] = {
      {"/robots.txt", 200, "", "User-agent: *\nCrawl-delay: 100\n", 0}, PAGES};
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.2", "/");
  c.options.crawl_delay_skip = true;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), 1);
  CU_ASSERT_EQUAL(c.stats.robots_denied, 1);
  crawling_close(&c);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the server sees no gap that is too short", test_gaps},
      {"the server sees one request at a time", test_one_at_a_time},
      {"names of one address and domain", test_names_of_one_address},
      {"the rules of another host", test_rules_of_another_host},
      {"robots.txt is unreachable", test_unreachable},
      {"robots.txt is too long", test_long_file},
      {"an answer that is no file, in the next run", test_no_file_in_next_run},
      {"robots.txt was unreachable in the last run",
       test_unreachable_in_next_run},
      {"hosts that ask for a long Crawl-delay", test_crawl_delay_skip},
  };
  return fixture_main("polite", tests, FIXTURE_COUNT(tests), argc, argv);
}
