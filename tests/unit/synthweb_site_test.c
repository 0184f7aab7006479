/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * The pages of synthweb, what a right crawl of them fetches, and what is
 * counted. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bench/synthweb/charset.h"
#include "../../bench/synthweb/oracle.h"
#include "../../bench/synthweb/robots.h"
#include "../../bench/synthweb/site.h"
#include "../../bench/synthweb/visits.h"
#include "support/fixture.h"

enum { PAGES = 3000, HOSTS = 160 };

static struct site site;
static struct oracle oracle;

static void make(unsigned features, uint64_t seed) {
  struct web_plan plan = web_plan_default();

  plan.pages = PAGES;
  plan.hosts = HOSTS;
  plan.features = features;
  plan.seed = seed;
  CU_ASSERT_FATAL(web_make(&site.web, &plan));
  CU_ASSERT_FATAL(prose_make(&site.prose, seed));
  site.first_address = (127u << 24) + 257;
  site.scheme = "http";
  site.port = 8080;
  CU_ASSERT_FATAL(oracle_make(&oracle, &site));
}

static void unmake(void) {
  oracle_free(&oracle);
  web_free(&site.web);
  prose_free(&site.prose);
}

static struct text page_text(uint32_t page) {
  struct text text = {0};

  site_add_page(&site, page, &text);
  text_add(&text, "", 1);
  CU_ASSERT_FALSE_FATAL(text.failed);
  return text;
}

/* ---- The web ---- */

static void test_hosts(void) {
  uint32_t found = 0;

  make(0, 1);
  CU_ASSERT_EQUAL(site.web.first[HOSTS], PAGES);
  CU_ASSERT_EQUAL(site.web.host_of[0], 0);
  for (uint32_t host = 0; host < HOSTS; host++)
    for (uint32_t at = site.web.first[host]; at < site.web.first[host + 1];
         at++) {
      CU_ASSERT_EQUAL(site.web.host_of[site.web.pages[at]], host);
      found++;
    }
  CU_ASSERT_EQUAL(found, PAGES);
  /* The square root of 1/160 of the pages is on the first host. */
  CU_ASSERT(site.web.first[1] > 180 && site.web.first[1] < 300);
  unmake();
}

static void test_same_seed(void) {
  struct text first, again, other;

  make(WEB_ALL_BUT_HOSTILE, 7);
  first = page_text(17);
  unmake();
  make(WEB_ALL_BUT_HOSTILE, 7);
  again = page_text(17);
  unmake();
  make(WEB_ALL_BUT_HOSTILE, 8);
  other = page_text(17);
  unmake();
  CU_ASSERT_STRING_EQUAL(first.bytes, again.bytes);
  CU_ASSERT_STRING_NOT_EQUAL(first.bytes, other.bytes);
  text_free(&first);
  text_free(&again);
  text_free(&other);
}

static void test_editions(void) {
  unsigned changed = 0;

  make(0, 1);
  for (uint32_t page = 0; page < PAGES; page++) {
    uint64_t before = web_version(&site.web, page);

    site.web.plan.edition = 1;
    changed += web_version(&site.web, page) != before;
    site.web.plan.edition = 0;
  }
  CU_ASSERT(changed > 240 && changed < 360);
  unmake();
}

static void test_links(void) {
  uint32_t links[WEB_LINKS];
  struct text text;

  make(0, 1);
  web_links(&site.web, 5, links);
  text = page_text(5);
  for (unsigned i = 0; i < WEB_LINKS; i++) {
    char wanted[64];
    struct node node = {.kind = NODE_PAGE, .page = links[i]};

    if (i < WEB_CHILDREN) CU_ASSERT_EQUAL(links[i], 21 + i);
    if (i >= WEB_CHILDREN + WEB_POPULAR)
      CU_ASSERT_EQUAL(site.web.host_of[links[i]], site.web.host_of[5]);
    if (node_host(&site.web, &node) == site.web.host_of[5])
      snprintf(wanted, sizeof wanted, "href=\"/p/%u\"", links[i]);
    else
      snprintf(wanted, sizeof wanted, "//127.0.%u.%u:8080/p/%u\"",
               (257 + site.web.host_of[links[i]]) / 256,
               (257 + site.web.host_of[links[i]]) % 256, links[i]);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, wanted));
  }
  text_free(&text);
  unmake();
}

static void test_lengths(void) {
  uint64_t sum = 0;

  make(0, 1);
  for (uint32_t page = 0; page < 500; page++) {
    struct text text = page_text(page);

    CU_ASSERT(text.length > 3000 && text.length < 13000);
    sum += text.length;
    text_free(&text);
  }
  CU_ASSERT(sum / 500 > 7600 && sum / 500 < 8700);
  unmake();
}

/* ---- URLs ---- */

static void check_node(void *context, const struct node *node,
                       enum expected expected) {
  unsigned *count = context;
  char path[NODE_PATH_MAX];
  struct node read;

  (void)expected;
  node_write(node, path);
  read = node_read(path, strlen(path));
  CU_ASSERT_EQUAL(read.kind, node->kind);
  CU_ASSERT_EQUAL(read.page, node->page);
  CU_ASSERT_EQUAL(node_place(&read), node_place(node));
  CU_ASSERT(node_host(&site.web, node) < HOSTS);
  ++*count;
}

static void test_paths(void) {
  unsigned count = 0;

  make(WEB_ALL_BUT_HOSTILE | WEB_HOSTILE, 3);
  oracle_each(&oracle, &site, check_node, &count);
  CU_ASSERT(count > PAGES);
  unmake();
}

static enum node_kind kind_of(const char *path) {
  return node_read(path, strlen(path)).kind;
}

static void test_readings(void) {
  CU_ASSERT_EQUAL(kind_of("/p/7"), NODE_PAGE);
  CU_ASSERT_EQUAL(kind_of("/%70/%37"), NODE_PAGE);
  CU_ASSERT_EQUAL(kind_of("/p/7?"), NODE_PAGE);
  CU_ASSERT_EQUAL(kind_of("/p/7?sid=0123456789abcdef0123456789abcdef"),
                  NODE_PAGE);
  CU_ASSERT_EQUAL(kind_of("/p/7?sid=0"), NODE_NONE);
  CU_ASSERT_EQUAL(kind_of("/p/7/"), NODE_NONE);
  CU_ASSERT_EQUAL(kind_of("/p/"), NODE_NONE);
  CU_ASSERT_EQUAL(kind_of("/p/99999999999"), NODE_NONE);
  CU_ASSERT_EQUAL(kind_of("/"), NODE_NONE);
  CU_ASSERT_EQUAL(kind_of("/status/404/7"), NODE_STATUS);
  CU_ASSERT_EQUAL(kind_of("/status/503/7"), NODE_RETRY);
  CU_ASSERT_EQUAL(kind_of("/copy/7?a=1"), NODE_COPY);
  CU_ASSERT_EQUAL(kind_of("/Copy/7/"), NODE_NONE);
  CU_ASSERT_EQUAL(kind_of("/calendar/2026/11"), NODE_TRAP);
  CU_ASSERT_EQUAL(kind_of("/facets?color=1"), NODE_TRAP);
  CU_ASSERT_EQUAL(kind_of("/robots.txt"), NODE_ROBOTS);
  CU_ASSERT_EQUAL(kind_of("/robots.txt2"), NODE_NONE);
}

static void test_queries(void) {
  CU_ASSERT(charset_is_query(1, "w=%E9t%e9", 9));
  CU_ASSERT(charset_is_query(1, "w=\xe9t%E9", 7));
  CU_ASSERT_FALSE(charset_is_query(1, "w=%C3%A9t%C3%A9", 15));
  CU_ASSERT(charset_is_query(4, "w=%83%5C%8E%A6", 14));
  CU_ASSERT_FALSE(charset_is_query(4, "w=%83%5C%8E", 11));
  CU_ASSERT_FALSE(charset_is_query(CHARSETS, "", 0));
}

/* ---- The oracle ---- */

static void test_plain_oracle(void) {
  make(0, 1);
  for (uint32_t page = 0; page < PAGES; page++) {
    const uint8_t *places = oracle.places + (size_t)page * NODE_PLACES;

    CU_ASSERT_EQUAL(places[0], EXPECT_ONCE);
    for (int i = 1; i < NODE_PLACES; i++) CU_ASSERT_EQUAL(places[i], 0);
  }
  unmake();
}

static bool is_expected(enum node_kind kind, uint32_t page, uint32_t step) {
  struct node node = {.kind = kind, .page = page, .step = step};

  return oracle_expects(&oracle, &node) != EXPECT_NEVER;
}

/* Tells whether a page that is fetched leads to another one: by a link, or by
 * redirects whose hosts may all be asked. */
static bool leads_to(uint32_t page, unsigned link, uint32_t target) {
  unsigned moves =
      web_is_child(page, link, target) ? web_moves(&site.web, target) : 0;

  for (unsigned step = moves; step; step--) {
    struct node node = {.kind = NODE_MOVED, .page = target, .step = step};

    if (!robots_allows(&site.web, node_host(&site.web, &node), &node))
      return false;
  }
  return true;
}

/* The oracle's answer is closed: whatever leads from an expected page to an
 * allowed one is expected; and whatever is expected has such a page. */
static void test_oracle_is_closed(void) {
  bool *has_parent = calloc(PAGES, sizeof *has_parent);
  unsigned never = 0;

  CU_ASSERT_PTR_NOT_NULL_FATAL(has_parent);
  make(WEB_ALL_BUT_HOSTILE, 5);
  has_parent[0] = true;
  for (uint32_t page = 0; page < PAGES; page++) {
    uint32_t links[WEB_LINKS];

    if (!is_expected(NODE_PAGE, page, 0)) continue;
    web_links(&site.web, page, links);
    for (unsigned i = 0; i < WEB_LINKS; i++)
      if (leads_to(page, i, links[i])) has_parent[links[i]] = true;
  }
  for (uint32_t page = 0; page < PAGES; page++) {
    struct node node = {.kind = NODE_PAGE, .page = page};
    bool allowed = robots_allows(&site.web, site.web.host_of[page], &node);

    CU_ASSERT_EQUAL(is_expected(NODE_PAGE, page, 0),
                    has_parent[page] && allowed);
    never += !is_expected(NODE_PAGE, page, 0);
  }
  CU_ASSERT(never > 0 && never < PAGES / 4);
  free(has_parent);
  unmake();
}

static void test_forbidden(void) {
  unsigned allowed = 0;
  unsigned forbidden = 0;

  make(WEB_ROBOTS | WEB_BROKEN, 2);
  for (uint32_t page = 0; page < PAGES; page++) {
    struct node extras[NODE_EXTRAS_MAX];
    uint32_t host = site.web.host_of[page];
    enum robots_kind kind = robots_kind_of(&site.web, host);

    if (kind == ROBOTS_FAILING || web_speed_of(&site.web, host) == WEB_DEAD)
      CU_ASSERT_FALSE(is_expected(NODE_PAGE, page, 0));
    if (!node_extras(&site.web, page, extras)) continue;
    CU_ASSERT_EQUAL(extras[0].kind, NODE_PRIVATE);
    if (kind != ROBOTS_OPEN && kind != ROBOTS_MISSING) {
      CU_ASSERT_FALSE(is_expected(NODE_PRIVATE, page, 0));
      forbidden++;
    } else if (is_expected(NODE_PRIVATE, page, 0)) {
      allowed++;
    }
  }
  CU_ASSERT(allowed > 10 && forbidden > 10);
  unmake();
}

/* ---- Visits ---- */

enum { CLIENT = 0x0a4f0001, OTHER = 0x0a4f0002 };

static void visit(struct visits *visits, const char *path, uint32_t host,
                  uint64_t at_ms) {
  struct node node = node_read(path, strlen(path));

  visits_begin(visits, host, CLIENT, &node, at_ms * 1000000u);
  visits_end(visits, host, &node, at_ms * 1000000u + 1);
}

static void test_visits(void) {
  struct visits visits = {0};
  struct visits_host *of;
  struct node first = {.kind = NODE_PAGE};
  uint32_t host;

  make(WEB_ROBOTS, 1);
  for (host = 1; robots_kind_of(&site.web, host) != ROBOTS_PLAIN; host++)
    continue;
  CU_ASSERT_FATAL(visits_make(&visits, &site));
  visits.gap_ns = 1000000000u;
  of = &visits.hosts[host];
  visit(&visits, "/p/1", host, 5000);
  CU_ASSERT_EQUAL(of->before_robots, 1);
  visit(&visits, "/robots.txt", host, 6000);
  visit(&visits, "/private/1", host, 6999);
  CU_ASSERT_EQUAL(of->before_robots, 1);
  CU_ASSERT_EQUAL(of->forbidden, 1);
  CU_ASSERT_EQUAL(of->short_gaps, 1);
  CU_ASSERT_EQUAL(of->min_gap_ns, 999000000u);
  CU_ASSERT_EQUAL(of->in_flight_max, 1);
  visits_begin(&visits, 0, CLIENT, &first, 7000000000u);
  visits_begin(&visits, 0, CLIENT, &first, 8000000000u);
  CU_ASSERT_EQUAL(visits.hosts[0].in_flight_max, 2);
  CU_ASSERT_EQUAL(visits.hosts[0].short_gaps, 0);
  visits_end(&visits, 0, &first, 0);
  visits_end(&visits, 0, &first, 9000000000u);
  visits_begin(&visits, 0, CLIENT, &first, 10000000000u);
  CU_ASSERT_EQUAL(visits.hosts[0].in_flight_max, 2);
  /* This one waited in its socket while the one before was answered. */
  visits_begin(&visits, 0, CLIENT, &first, 8900000000u);
  CU_ASSERT_EQUAL(visits.hosts[0].in_flight_max, 3);
  CU_ASSERT_EQUAL(visits_count(&visits, &first), 4);
  visits_free(&visits);
  unmake();
}

/* Short gaps, with both of those between whom they are. */
static void test_gaps(void) {
  struct visits visits = {0};
  struct node first = {.kind = NODE_PAGE};
  char *text = NULL;
  size_t length = 0;

  make(0, 1);
  CU_ASSERT_FATAL(visits_make(&visits, &site));
  visits.gap_ns = 1000000000u;
  visits.gaps = open_memstream(&text, &length);
  CU_ASSERT_PTR_NOT_NULL_FATAL(visits.gaps);
  visit(&visits, "/p/0", 0, 1000);
  visits_begin(&visits, 0, OTHER, &first, 2000000000u);
  visits_end(&visits, 0, &first, 0);
  visit(&visits, "/p/0", 0, 2300);
  visit(&visits, "/p/0", 0, 2800);
  visits_free(&visits); /* and its file */
  CU_ASSERT_STRING_EQUAL(text,
                         "0\t2300000000\t300000000\t0a4f0002\t0a4f0001\n"
                         "0\t2800000000\t500000000\t0a4f0001\t0a4f0001\n");
  free(text);
  unmake();
}

static void test_report(void) {
  struct visits visits = {0};
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);

  make(0, 1);
  CU_ASSERT_FATAL(visits_make(&visits, &site) && out);
  visit(&visits, "/robots.txt", 0, 1000);
  visit(&visits, "/p/0", 0, 2000);
  visit(&visits, "/p/0", 0, 3000);
  visit(&visits, "/private/0", 0, 4000);
  visits_write(&visits, &oracle, true, out);
  fclose(out);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(text, "\"page\":{\"expected\":3000,\"fetched\":1,\"missing\":2999,"
                   "\"again\":1,\"requests\":2}"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"unexpected\":1,"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"forbidden\":1,"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"again\":[\"http://127.0.1.1:8080/p/0"
                                      "\"]"));
  free(text);
  visits_free(&visits);
  unmake();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each page is on one host, most on few", test_hosts},
      {"a page follows from its number and the seed", test_same_seed},
      {"another edition has one page in ten changed", test_editions},
      {"children, popular pages, pages of the host", test_links},
      {"lengths", test_lengths},
      {"what is written as a path is read as that", test_paths},
      {"paths", test_readings},
      {"queries in other charsets", test_queries},
      {"all pages of a plain web, and nothing else", test_plain_oracle},
      {"the oracle has what is reached, and that alone", test_oracle_is_closed},
      {"forbidden and dead", test_forbidden},
      {"gaps, in flight, before robots.txt", test_visits},
      {"gaps that are too short, line by line", test_gaps},
      {"the report", test_report},
  };
  return fixture_main("synthweb_site", tests, FIXTURE_COUNT(tests), argc, argv);
}
