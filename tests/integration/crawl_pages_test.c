/* SPDX-License-Identifier: MIT
 * crawl_pages_test.c: what a crawl makes of pages: records, lines and edges;
 * bodies that are the same, cut, not wanted; traps; and what it says of URLs.
 */
#include <lariat/allocator.h>
#include <lariat/crawl/crawl.h>
#include <lariat/crawl/reader.h>

#include <glob.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/crawl_agreement.h"
#include "support/crawling.h"

/* ---- Reading what was written ---- */

static char *path_of(const struct crawling *c, const char *name) {
  static char paths[4][128];
  static unsigned at;
  char *path = paths[at++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", c->directory, name);
  return path;
}

/* Reads a file whole; "" where there is none. */
static const char *read_text(const char *path) {
  static char text[256 * 1024];
  FILE *file = fopen(path, "r");
  size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  text[length] = '\0';
  return text;
}

struct wanted {
  const char *path;
  lariat_crawl_outcome found; /* its texts are gone */
  char kind[16], note[256], type[64];
};

static bool find_outcome(const lariat_crawl_outcome *outcome, void *context) {
  struct wanted *wanted = context;
  const char *path = strchr(outcome->url + strlen("http://"), '/');
  if (strcmp(path, wanted->path) != 0) return true;
  wanted->found = *outcome;
  snprintf(wanted->kind, sizeof wanted->kind, "%s", outcome->kind);
  snprintf(wanted->note, sizeof wanted->note, "%s", outcome->note);
  snprintf(wanted->type, sizeof wanted->type, "%s", outcome->type);
  return true;
}

/* Returns the last outcome of a path. */
static struct wanted outcome_of(const struct crawling *c, const char *path) {
  struct wanted wanted = {.path = path};
  lariat_crawl_reader *reader;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_reader_open(c->directory, &reader, NULL),
                        LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_reader_outcomes(reader, find_outcome, &wanted),
                  LARIAT_OK);
  lariat_crawl_reader_free(reader);
  return wanted;
}

static void check_outcome(const struct crawling *c, const char *path,
                          const char *kind, int status) {
  struct wanted wanted = outcome_of(c, path);
  if (strcmp(wanted.kind, kind) != 0 || wanted.found.status != status)
    fixture_fail("%s is \"%s\", %d: %s", path, wanted.kind, wanted.found.status,
                 wanted.note);
}

static void check_agreement(const struct crawling *c) {
  char wrong[512];
  (void)crawl_agreement_check(c->directory, wrong, sizeof wrong);
  if (*wrong) fixture_fail("%s", wrong);
}

/* ---- Pages ---- */

static const struct site_page pages[] = {
    {"/", 200, "",
     "<a href=/one>1</a><a href=/two>2</a><img src=/picture>"
     "<a href=/long>3</a><a href=/follow rel=nofollow>4</a>"
     "<a href=http://192.0.2.1/>5</a><a href=/named?a=%e9>6</a>"
     "<a href=/slow>7</a>",
     0},
    {"/one", 200, "Link: </linked>; rel=next\r\n", "the same body", 0},
    {"/two", 200, "", "the same body", 0},
    {"/linked", 200, "", "by a header", 0},
    {"/picture", 200, "Content-Type: image/png\r\n", "no picture", 0},
    {"/named?a=%e9", 200, "", "with a query", 0},
    {"/follow", 200, "", "not to be followed", 0},
    {"/long", 200, "",
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789012345678901234567890123456789",
     0},
    {"/slow", 200, "Content-Length: 100\r\nConnection: close\r\n", "cut off",
     0},
};

static void test_pages(void) {
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.types = "text/html,text/plain";
  c.options.max_body_bytes = 300;
  c.options.retries = 0;
  c.options.jsonl = path_of(&c, "lines.jsonl");
  c.options.links = path_of(&c, "links.tsv");
  crawling_run(&c);
  check_outcome(&c, "/", "fetched", 200);
  check_outcome(&c, "/two", "revisit", 200);
  check_outcome(&c, "/linked", "fetched", 200);
  check_outcome(&c, "/picture", "scope", 200);
  check_outcome(&c, "/named?a=%e9", "fetched", 200);
  check_outcome(&c, "/long", "fetched", 200);
  check_outcome(&c, "/slow", "fetched", 200);
  CU_ASSERT_EQUAL(outcome_of(&c, "/long").found.bytes, 300);
  CU_ASSERT_STRING_EQUAL(outcome_of(&c, "/").type, "text/html");
  CU_ASSERT_STRING_EQUAL(outcome_of(&c, "/picture").note, "--types");
  CU_ASSERT_EQUAL(site_requests(c.site, "/follow"), 0);
  check_agreement(&c);
  crawling_close(&c);
}

/* Each line is an object, and there is one for each last outcome. */
static void test_lines(void) {
  struct crawling c;
  unsigned count = 0;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.jsonl = path_of(&c, "lines.jsonl");
  c.options.links = path_of(&c, "links.tsv");
  c.options.retries = 0;
  crawling_run(&c);
  const char *text = read_text(path_of(&c, "lines.jsonl"));
  for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
    json_t *root = json_loadb(line, strcspn(line, "\n"), 0, NULL);
    CU_ASSERT(json_is_string(json_object_get(root, "url")));
    CU_ASSERT(json_is_string(json_object_get(root, "kind")));
    json_decref(root);
    count++;
  }
  CU_ASSERT_EQUAL(count, c.stats.fetched + c.stats.revisits + c.stats.failed);
  text = read_text(path_of(&c, "links.tsv"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "/one\tL\toffered\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "/follow\tL\tnofollow\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "192.0.2.1/\tL\tscope\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "/picture\tE\toffered\n"));
  crawling_close(&c);
}

/* Returns the text of the crawl's only WARC file, which is not compressed. */
static const char *read_records(const struct crawling *c) {
  glob_t files = {0};
  const char *text = "";
  int found = glob(path_of(c, "warc/*.warc"), 0, NULL, &files);
  if (found == 0 && files.gl_pathc == 1) text = read_text(files.gl_pathv[0]);
  globfree(&files);
  return text;
}

static unsigned count_parts(const char *text, const char *part) {
  unsigned found = 0;
  while ((text = strstr(text, part))) {
    found++;
    text += strlen(part);
  }
  return found;
}

/* A metadata record for each page says how it was found; without the option
 * there is none. */
static void test_metadata(void) {
  static const struct site_page ways[] = {
      {"/", 200, "", "<a href=/a>a</a>", 0},
      {"/a", 302, "Location: /b\r\n", "", 0},
      {"/b", 200, "", "<img src=/c>", 0},
      {"/c", 200, "", "a picture", 0},
  };
  struct crawling c;
  char via[96];
  crawling_open(&c, ways, FIXTURE_COUNT(ways), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.no_sitemaps = true;
  c.options.warc_level = 0;
  c.options.warc_metadata = true;
  crawling_run(&c);
  const char *text = read_records(&c);
  snprintf(via, sizeof via, "via: %s\r\nhopsFromSeed: LR\r\n",
           site_url(c.site, "127.0.0.1", "/a"));
  CU_ASSERT_EQUAL(count_parts(text, via), 1);
  CU_ASSERT_EQUAL(count_parts(text, "hopsFromSeed: L\r\n"), 1);
  CU_ASSERT_EQUAL(count_parts(text, "hopsFromSeed: LRE\r\n"), 1);
  CU_ASSERT_EQUAL(count_parts(text, "hopsFromSeed: "), 3);
  check_agreement(&c);
  crawling_close(&c);
  crawling_open(&c, ways, FIXTURE_COUNT(ways), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.warc_level = 0;
  crawling_run(&c);
  CU_ASSERT_EQUAL(count_parts(read_records(&c), "WARC-Type: metadata"), 0);
  crawling_close(&c);
}

/* A page whose body was there before has no record where that is wanted. */
static void test_skipped_bodies(void) {
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.retries = 0;
  c.options.warc_level = 0;
  c.options.revisit_skip = true;
  crawling_run(&c);
  check_outcome(&c, "/two", "revisit", 200);
  const char *text = read_records(&c);
  CU_ASSERT_EQUAL(count_parts(text, "WARC-Type: revisit"), 0);
  CU_ASSERT_EQUAL(count_parts(text, "/two\r\n"), 0);
  CU_ASSERT(count_parts(text, "/one\r\n") > 0);
  crawling_close(&c);
}

/* The lines are of links that are not followed, with the rule. */
static void test_rejects(void) {
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.links = path_of(&c, "rejects.tsv");
  c.options.links_rejected = true;
  c.options.retries = 0;
  crawling_run(&c);
  const char *text = read_text(c.options.links);
  CU_ASSERT_EQUAL(count_parts(text, "offered"), 0);
  CU_ASSERT_EQUAL(count_parts(text, "/follow\tL\tnofollow\t\n"), 1);
  CU_ASSERT_EQUAL(count_parts(text, "192.0.2.1/\tL\tscope\t--scope domain\n"),
                  1);
  CU_ASSERT_EQUAL(count_parts(text, "\n"), 2);
  crawling_close(&c);
}

static unsigned files_closed;

static void count_file(const char *path, void *context) {
  (void)context;
  files_closed += strstr(path, ".warc.gz") != NULL;
}

/* Small WARC files: each is told when it is closed, and has an index. */
static void test_small_files(void) {
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.warc_size = 1000;
  c.options.cdx = true;
  c.options.retries = 0;
  c.options.on_warc_closed = count_file;
  files_closed = 0;
  crawling_run(&c);
  CU_ASSERT(c.stats.warc_files >= 2);
  CU_ASSERT_EQUAL(files_closed, c.stats.warc_files);
  check_agreement(&c);
  crawling_close(&c);
}

/* ---- Again ---- */

static const struct site_page tagged_pages[] = {
    {"/", 200, "ETag: \"1\"\r\n", "<a href=/same>s</a><a href=/new>n</a>", 1},
    {"/", 304, "ETag: \"1\"\r\n", "", 0},
    {"/same", 200, "", "always the same", 0},
    {"/new", 200, "", "before", 1},
    {"/new", 200, "", "<a href=/more>after</a>", 0},
    {"/more", 200, "", "there is more", 0},
};

static void test_again(void) {
  struct crawling c;
  char request[4096];
  crawling_open(&c, tagged_pages, FIXTURE_COUNT(tagged_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.fetched, 4); /* and no sitemap */
  c.options.again_s = -60; /* what is a minute old in a minute: all */
  crawling_run(&c);
  site_last_request(c.site, "/", request, sizeof request);
  CU_ASSERT_PTR_NOT_NULL(strstr(request, "If-None-Match: \"1\"\r\n"));
  check_outcome(&c, "/", "revisit", 304);
  check_outcome(&c, "/same", "revisit", 200);
  check_outcome(&c, "/new", "fetched", 200);
  CU_ASSERT_EQUAL(site_requests(c.site, "/more"), 1);
  CU_ASSERT_EQUAL(site_requests(c.site, "/robots.txt"), 1);
  crawling_close(&c);
}

/* Three crawls, of which each knows the one before alone. */
static const struct site_page kept_pages[] = {
    {"/", 200, "ETag: \"1\"\r\n", "a page", 1},
    {"/", 304, "", "", 0},
    {"/same", 200, "", "always the same", 0},
    {"/copy", 200, "", "always the same", 0},
};

enum { CRAWLS = 3 };

/* Returns the number that a statement has for the last crawl's database, beside
 * which is the first one's as "a". */
static int ask_both(char directories[CRAWLS][80], const char *statement) {
  char path[320], attach[400];
  sqlite3 *database;
  sqlite3_stmt *row = NULL;
  int number = -1;
  snprintf(path, sizeof path, "%s/crawl.db", directories[CRAWLS - 1]);
  snprintf(attach, sizeof attach, "attach '%s/crawl.db' as a", directories[0]);
  if (sqlite3_open(path, &database) == SQLITE_OK &&
      sqlite3_exec(database, attach, NULL, NULL, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2(database, statement, -1, &row, NULL) == SQLITE_OK &&
      sqlite3_step(row) == SQLITE_ROW)
    number = sqlite3_column_int(row, 0);
  sqlite3_finalize(row);
  sqlite3_close(database);
  return number;
}

/* What is as it was is where the first crawl has its body, however often it is
 * looked at; an answer 304 takes no validator away. */
static void test_since_since(void) {
  static char directories[CRAWLS][80];
  struct crawling c;
  char request[4096];
  crawling_open(&c, kept_pages, FIXTURE_COUNT(kept_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_seed(&c, "127.0.0.1", "/same");
  crawling_seed(&c, "127.0.0.1", "/copy");
  c.options.no_sitemaps = true;
  for (int i = 0; i < CRAWLS; i++) {
    c.options.directory = directories[i];
    c.options.since = i ? directories[i - 1] : NULL;
    snprintf(directories[i], sizeof directories[i], "%s/%d", c.directory, i);
    crawling_run(&c);
    CU_ASSERT_EQUAL(c.stats.revisits, i ? 3 : 1);
  }
  site_last_request(c.site, "/", request, sizeof request);
  CU_ASSERT_PTR_NOT_NULL(strstr(request, "If-None-Match: \"1\"\r\n"));
  CU_ASSERT_EQUAL(ask_both(directories, "select count(*) from earlier"), 3);
  CU_ASSERT_EQUAL(ask_both(directories,
                           "select count(*) from earlier where at_ns in"
                           " (select at_ns from a.outcome where kind = 1)"),
                  3);
  CU_ASSERT_EQUAL(ask_both(directories, "select count(*) from earlier"
                                        " where target like '%/same'"),
                  1);
  crawling_close(&c);
}

/* ---- Without end ---- */

static size_t compute_endless(const char *host, const char *path, char *body,
                              size_t capacity) {
  unsigned day;
  if (strcmp(host, "127.0.0.2") == 0)
    return (size_t)snprintf(body, capacity, "nothing");
  if (strcmp(path, "/") == 0)
    return (size_t)snprintf(body, capacity, "<a href=/2026/11/1>calendar</a>");
  if (sscanf(path, "/2026/11/%u", &day) != 1) return 0;
  return (size_t)snprintf(body, capacity,
                          "nothing on this day <a href=/2026/11/%u>next</a>",
                          day + 1);
}

static void test_trap(void) {
  struct crawling c;
  crawling_open(&c, NULL, 0, compute_endless);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT(c.stats.trapped > 0);
  CU_ASSERT(c.stats.pages < 400);
  crawling_close(&c);
}

/* A shape that a run has closed is closed in the next one: nothing more of it
 * is asked for. */
static void test_trap_in_next_run(void) {
  struct crawling c;
  crawling_open(&c, NULL, 0, compute_endless);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  uint64_t trapped = c.stats.trapped;
  CU_ASSERT(trapped > 0);
  unsigned before = site_requests(c.site, NULL);
  crawling_seed(&c, "127.0.0.1", "/2026/11/100000");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.trapped, trapped + 1);
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), before);
  c.options.no_trap_similar = true; /* which was why */
  c.options.max_pages = c.stats.pages + 5;
  crawling_seed(&c, "127.0.0.1", "/2026/11/200000");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.trapped, trapped + 1);
  CU_ASSERT_EQUAL(site_requests(c.site, NULL), before + 5);
  crawling_close(&c);
}

/* What a run has parked, the next one asks for once the shape is opened. */
static void test_opened_trap(void) {
  struct crawling c;
  lariat_crawl_error error;
  lariat_status status;
  char shape[64];
  crawling_open(&c, NULL, 0, compute_endless);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  CU_ASSERT(c.stats.trapped > 0);
  c.options.max_pages = c.stats.pages + 50;
  crawling_seed(&c, "127.0.0.2", "/");
  snprintf(shape, sizeof shape, "http://127.0.0.1:%u/N/N/N", site_port(c.site));
  crawling_start(&c);
  while ((status = lariat_crawl_set(c.crawl, "trap.open", shape, &error)) ==
         LARIAT_ECLOSED)
    fixture_turns(&c.f, 1); /* it is starting */
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  crawling_finish(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT_EQUAL(c.stats.pages, c.options.max_pages);
  crawling_close(&c);
}

/* Lists in all orders of three columns, 1,000 in all. */
static size_t compute_lists(const char *host, const char *path, char *body,
                            size_t capacity) {
  unsigned a = 0, b = 0, c = 0;
  (void)host;
  if (strcmp(path, "/") != 0 &&
      sscanf(path, "/list?a=%u&b=%u&c=%u", &a, &b, &c) != 3)
    return 0;
  return (size_t)snprintf(body, capacity,
                          "list %u %u %u <a href='/list?a=%u&b=%u&c=%u'>1</a>"
                          "<a href='/list?a=%u&b=%u&c=%u'>2</a><a "
                          "href='/list?a=%u&b=%u&c=%u'>3</a>",
                          a, b, c, (a + 1) % 10, b, c, a, (b + 1) % 10, c, a, b,
                          (c + 1) % 10);
}

/* --no-trap-similar leaves --trap-query as it is. */
static void test_many_queries(void) {
  struct crawling c;
  crawling_open(&c, NULL, 0, compute_lists);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.no_trap_similar = true;
  c.options.trap_query = 100;
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT(c.stats.trapped > 0);
  CU_ASSERT(c.stats.pages < 600);
  crawling_close(&c);
}

/* A server that redirects each URL to the next. */
static void test_redirect_trap(void) {
  enum { STEPS = 40 };
  static char paths[STEPS][32], headers[STEPS][64];
  static struct site_page moved[STEPS];
  struct crawling c;
  for (int i = 0; i < STEPS; i++) {
    snprintf(paths[i], sizeof paths[i], "/r/%d", i);
    snprintf(headers[i], sizeof headers[i], "Location: /r/%d\r\n", i + 1);
    moved[i] = (struct site_page){paths[i], 302, headers[i], "", 0};
  }
  crawling_open(&c, moved, STEPS, NULL);
  crawling_seed(&c, "127.0.0.1", "/r/0");
  crawling_run(&c);
  CU_ASSERT_EQUAL(c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(c.stats.redirects, 20);
  CU_ASSERT_EQUAL(c.stats.rejected_trap, 1);
  crawling_close(&c);
}

/* ---- Why ---- */

static json_t *read_json(const char *text) {
  json_t *root = json_loads(text, 0, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(root);
  return root;
}

static lariat_value take_text(lariat_value result, void *context) {
  json_t **root = context;
  const char *text =
      lariat_is_failure(result) ? NULL : lariat_crawl_text_in(result);
  *root = text ? read_json(text) : json_null();
  return lariat_value_drop(result);
}

static bool has_answer(void *context) { return *(json_t **)context != NULL; }

static json_t *ask_crawl(struct crawling *c, const char *url) {
  json_t *root = NULL;
  lariat_deferred *answer = lariat_crawl_why(c->crawl, url);
  lariat_deferred_forget(lariat_deferred_add_both(answer, take_text, &root));
  CU_ASSERT(fixture_run_until(&c->f, has_answer, &root, 20000));
  return root;
}

static json_t *ask_reader(struct crawling *c, const char *url) {
  lariat_crawl_reader *reader;
  char *text = NULL;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_reader_open(c->directory, &reader, NULL),
                        LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_reader_why(reader, NULL, url, &text, NULL),
                        LARIAT_OK);
  json_t *root = read_json(text);
  lariat_memory_release(text);
  lariat_crawl_reader_free(reader);
  return root;
}

static const char *text_in(const json_t *root, const char *object,
                           const char *name) {
  const json_t *in = object ? json_object_get(root, object) : root;
  const char *text = json_string_value(json_object_get(in, name));
  return text ? text : "";
}

static const struct site_page asked_pages[] = {
    {"/robots.txt", 200, "Content-Type: text/plain\r\n",
     "User-agent: *\nDisallow: /no\n", 0},
    {"/", 200, "", "<a href=/a>a</a><a href=/no>no</a>", 0},
    {"/a", 200, "", "<a href=/b>b</a>", 0},
    {"/b", 200, "", "end", 0},
};

static void test_why(void) {
  struct crawling c;
  crawling_open(&c, asked_pages, FIXTURE_COUNT(asked_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  crawling_run(&c);
  json_t *root = ask_reader(&c, site_url(c.site, "127.0.0.1", "/b#x"));
  CU_ASSERT_STRING_EQUAL(text_in(root, NULL, "state"), "done");
  CU_ASSERT_STRING_EQUAL(text_in(root, "scope", "rule"), "--scope domain");
  const json_t *way = json_object_get(root, "found_by");
  CU_ASSERT_EQUAL(json_array_size(way), 2);
  CU_ASSERT_STRING_EQUAL(text_in(json_array_get(way, 0), NULL, "hop"), "L");
  CU_ASSERT_STRING_EQUAL(text_in(json_array_get(way, 1), NULL, "hop"), "-");
  const json_t *outcome = json_array_get(json_object_get(root, "outcomes"), 0);
  CU_ASSERT_STRING_EQUAL(text_in(outcome, NULL, "kind"), "fetched");
  CU_ASSERT(strstr(text_in(outcome, NULL, "warc"), ".warc.gz") != NULL);
  json_decref(root);
  root = ask_reader(&c, site_url(c.site, "127.0.0.1", "/no"));
  CU_ASSERT_STRING_EQUAL(text_in(root, "robots", "rule"), "Disallow: /no");
  CU_ASSERT_EQUAL(json_integer_value(
                      json_object_get(json_object_get(root, "robots"), "line")),
                  2);
  json_decref(root);
  root = ask_reader(&c, "http://example.org/never");
  CU_ASSERT_STRING_EQUAL(text_in(root, NULL, "state"), "not seen");
  CU_ASSERT_STRING_EQUAL(text_in(root, NULL, "surt"),
                         "http://(org,example,)/never");
  CU_ASSERT(json_is_false(
      json_object_get(json_object_get(root, "scope"), "accepted")));
  json_decref(root);
  crawling_close(&c);
}

/* A crawl that runs also knows the site's turn. */
/* Of a URL that is queued the place is told: behind an image and a link. */
static void test_why_queued(void) {
  struct crawling c;
  crawling_open(&c, pages, FIXTURE_COUNT(pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.max_pages = 1;
  c.options.no_sitemaps = true;
  crawling_run(&c);
  json_t *root = ask_reader(&c, site_url(c.site, "127.0.0.1", "/two"));
  CU_ASSERT_STRING_EQUAL(text_in(root, NULL, "state"), "queued");
  CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "before_it")), 2);
  json_decref(root);
  root = ask_reader(&c, site_url(c.site, "127.0.0.1", "/"));
  CU_ASSERT_PTR_NULL(json_object_get(root, "before_it"));
  json_decref(root);
  crawling_close(&c);
}

static void test_why_running(void) {
  struct crawling c;
  crawling_open(&c, asked_pages, FIXTURE_COUNT(asked_pages), NULL);
  crawling_seed(&c, "127.0.0.1", "/");
  c.options.delay_ms = 3600000;
  crawling_start(&c);
  while (site_requests(c.site, "/robots.txt") == 0) fixture_run_for(&c.f, 1);
  json_t *root = ask_crawl(&c, site_url(c.site, "127.0.0.1", "/"));
  CU_ASSERT_STRING_EQUAL(text_in(root, NULL, "state"), "queued");
  CU_ASSERT_STRING_EQUAL(text_in(root, "scope", "rule"), "a seed");
  CU_ASSERT_EQUAL(json_integer_value(json_object_get(
                      json_object_get(root, "turn"), "delay_ms")),
                  3600000);
  json_decref(root);
  root = ask_crawl(&c, "no URL");
  CU_ASSERT(json_is_null(root));
  lariat_crawl_stop(c.crawl, 0);
  crawling_finish(&c);
  crawling_close(&c);
}

/* ---- Options ---- */

static void check_refused(const lariat_crawl_options *options,
                          const char *begin) {
  lariat_crawl_error error;
  CU_ASSERT_EQUAL(lariat_crawl_options_check(options, &error), LARIAT_EINVAL);
  if (strncmp(error.message, begin, strlen(begin)) != 0)
    fixture_fail("not \"%s\": %s", begin, error.message);
}

static void test_options(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_crawl_options options = lariat_crawl_defaults();
  lariat_crawl_error error;
  check_refused(&options, "directory: ");
  options.directory = "somewhere";
  lariat_crawl_seed seed = {.url = "http://example.org/"};
  options.seeds = &seed;
  options.seed_count = 1;
  check_refused(&options, "contact: ");
  options.contact = "mailto:crawl@example.org";
  CU_ASSERT_EQUAL(lariat_crawl_options_check(&options, &error), LARIAT_OK);
  options.user_agent = "1/0";
  check_refused(&options, "user_agent: ");
  options.user_agent = NULL;
  options.key_rules = "nothing";
  check_refused(&options, "key_rules: ");
  options.key_rules = NULL;
  options.warc_level = 13;
  check_refused(&options, "warc_level: ");
  options.warc_level = 4;
  lariat_crawl_rule rule = {LARIAT_CRAWL_EXCLUDE, "("};
  options.rules = &rule;
  options.rule_count = 1;
  CU_ASSERT_EQUAL(lariat_crawl_options_check(&options, &error), LARIAT_EINVAL);
  options.rule_count = 0;
  seed.url = "example.org";
  check_refused(&options, "seeds: ");
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"pages of all kinds", test_pages},
      {"lines and edges", test_lines},
      {"a record says how a page was found", test_metadata},
      {"bodies that were there before are skipped", test_skipped_bodies},
      {"links that are not followed have lines", test_rejects},
      {"WARC files are told when they are closed", test_small_files},
      {"what was fetched is asked for again with validators", test_again},
      {"again, of what was looked at again", test_since_since},
      {"a calendar without end is a trap", test_trap},
      {"a trap stays one in the next run", test_trap_in_next_run},
      {"what was parked is asked for once it is opened", test_opened_trap},
      {"queries are counted without likeness", test_many_queries},
      {"redirects without end are", test_redirect_trap},
      {"why, of a crawl that has ended", test_why},
      {"why, of a URL that waits", test_why_queued},
      {"why, of one that runs", test_why_running},
      {"options that make no sense", test_options},
  };
  return fixture_main("crawl_pages", tests, FIXTURE_COUNT(tests), argc, argv);
}
