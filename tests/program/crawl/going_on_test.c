/* SPDX-License-Identifier: MIT
 * Directories that are crawled again by `lariat crawl`: what is remembered of
 * the options, what is asked for again, and what has changed. */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/ports.h"
#include "support/program.h"
#include "support/site.h"

/* ---- A site and the program ---- */

/* "changing", "gone" and the like are so for the first request only. */
static const struct site_page pages[] = {
    {"/", 200, "ETag: \"1\"\r\n",
     "<a href=/sub/>s</a><a href=/top>t</a><a href=/list>l</a>", 1},
    {"/", 304, "ETag: \"1\"\r\n", "", 0},
    {"/list", 200, "ETag: \"2\"\r\n",
     "<a href=/changing>c</a><a href=/gone>g</a><a href=/always>a</a>", 1},
    {"/list", 304, "ETag: \"2\"\r\n", "", 0},
    {"/changing", 200, "", "before", 1},
    {"/changing", 200, "", "after <a href=/new>n</a>", 0},
    {"/gone", 200, "", "not for long", 1},
    {"/gone", 404, "", "", 0},
    {"/always", 200, "", "the same", 0},
    {"/new", 200, "", "new", 0},
    {"/top", 200, "", "the top", 0},
    {"/sub/", 200, "",
     "<a href=/sub/a>a</a><a href=/sub/excluded>e</a><a href=/top>t</a>", 0},
    {"/sub", 301, "Location: /sub/\r\n", "", 0},
    {"/sub/a", 200, "", "<a href=/sub/b>b</a>", 0},
    {"/sub/b", 200, "", "<a href=/top>t</a>", 0},
};

struct going_test {
  struct site *site;
  struct program crawl;
  char directories[2][300];
};

static void open_test(struct going_test *t) {
  t->site = site_start(pages, FIXTURE_COUNT(pages), NULL);
  program_open(&t->crawl, LARIAT_PROGRAM);
  (void)program_file(&t->crawl, "site", t->directories[0], 300);
  (void)program_file(&t->crawl, "new", t->directories[1], 300);
}

static int remove_entry(const char *path, const struct stat *about, int type,
                        struct FTW *walk) {
  (void)about;
  (void)type;
  (void)walk;
  return remove(path);
}

static void close_test(struct going_test *t) {
  for (int i = 0; i < 2; i++)
    (void)nftw(t->directories[i], remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  program_close(&t->crawl);
  site_stop(t->site);
}

#define CRAWL(...) ((const char *const[]){"crawl", __VA_ARGS__, NULL})

static void run(struct going_test *t, const char *const *arguments, int code) {
  program_run(&t->crawl, arguments);
  if (t->crawl.code != code)
    fixture_fail("exit code %d, not %d: %s", t->crawl.code, code, t->crawl.err);
}

static const char *url(const struct going_test *t, const char *path) {
  return site_url(t->site, "127.0.0.1", path);
}

static bool has(const char *text, const char *part) {
  return text && strstr(text, part) != NULL;
}

/* ---- What is remembered ---- */

/* Two pages are a budget that is used up at once. */
static void begin(struct going_test *t) {
  run(t,
      CRAWL("--delay", "0", "site", "--scope", "prefix", "--exclude",
            "excluded", "--max-pages", "2", "--jsonl", "lines",
            url(t, "/sub/")),
      3);
  program_said(
      &t->crawl,
      "To go on with a larger budget: lariat crawl --max-pages 4 site");
}

static void options_are_remembered(void) {
  struct going_test t;
  size_t length;
  open_test(&t);
  begin(&t);
  run(&t, CRAWL("site"), 3);
  program_said(&t.crawl, "as in the last run: --delay 0, --scope prefix, "
                         "--exclude excluded, --max-pages 2, --jsonl /");
  run(&t, CRAWL("--max-pages", "100", "site"), 0);
  program_said(&t.crawl, "otherwise than in the last run: --max-pages 100 (it "
                         "was --max-pages 2)");
  CU_ASSERT_EQUAL(site_requests(t.site, "/sub/b"), 1);
  CU_ASSERT_EQUAL(site_requests(t.site, "/sub/excluded"), 0);
  CU_ASSERT_EQUAL(site_requests(t.site, "/top"), 0);
  CU_ASSERT_EQUAL(site_requests(t.site, "/"), 0);
  char *lines = program_read(&t.crawl, "lines", &length);
  CU_ASSERT(has(lines, "/sub/b\""));
  free(lines);
  run(&t, CRAWL("site"), 0);
  program_said(&t.crawl, "nothing was left to do: --again 7d");
  close_test(&t);
}

/* The command line wins, and rules are one setting. */
static void options_are_replaced(void) {
  struct going_test t;
  open_test(&t);
  begin(&t);
  run(&t, CRAWL("--exclude", "sub/b", "--max-pages", "100", "site"), 0);
  program_said(&t.crawl,
               "--exclude sub/b (it was --exclude excluded); --max-pages 100");
  CU_ASSERT_EQUAL(site_requests(t.site, "/sub/b"), 0);
  CU_ASSERT_EQUAL(site_requests(t.site, "/top"), 0);
  run(&t, CRAWL("-q", "site", "--exclude", "nothing", url(&t, "/sub/b")), 0);
  CU_ASSERT_EQUAL(t.crawl.err_length, 0);
  CU_ASSERT_EQUAL(site_requests(t.site, "/sub/b"), 1);
  close_test(&t);
}

static void options_are_forgotten(void) {
  struct going_test t;
  open_test(&t);
  begin(&t);
  run(&t, CRAWL("--forget", "--delay", "0", "site"), 0);
  CU_ASSERT_EQUAL(site_requests(t.site, "/top"), 1);
  close_test(&t);
}

/* Sections of a file are remembered; what may be a secret is not, and a command
 * is not run by whoever has the directory. */
static void secrets_are_not_kept(void) {
  static const char plain[] = "delay = 0\nmax-pages = 1\n"
                              "[host \"127.0.0.1\"]\nmax-pages = 2\n";
  static const char secret[] = "delay = 0\n[host \"127.0.0.1\"]\n"
                               "header = \"X-Token: hush-hush\"\n";
  struct going_test t;
  size_t length;
  open_test(&t);
  program_write(&t.crawl, "conf", plain, sizeof plain - 1);
  run(&t,
      CRAWL("--exec", "cat >/dev/null", "--config", "conf", "site",
            url(&t, "/sub/")),
      3);
  run(&t, CRAWL("--max-pages", "100", "site"), 3);
  program_said(&t.crawl, "[host 127.0.0.1] max-pages 2");
  program_said(&t.crawl, "the command of --exec is not kept");
  program_said(&t.crawl, "(a host's budget): pages 2,");
  program_write(&t.crawl, "conf", secret, sizeof secret - 1);
  run(&t, CRAWL("--config", "conf", "--max-pages", "4", "site"), 3);
  run(&t, CRAWL("--max-pages", "100", "site"), 2);
  program_said(&t.crawl, "the headers of [host \"127.0.0.1\"] are not kept");
  char *database = program_read(&t.crawl, "site/crawl.db", &length);
  CU_ASSERT(database && !memmem(database, length, "hush", 4));
  free(database);
  run(&t, CRAWL("--config", "conf", "--max-pages", "100", "site"), 0);
  close_test(&t);
}

/* ---- What has changed ---- */

static void expect_changes(struct going_test *t, const char *directory) {
  program_said(&t->crawl,
               "since the last time: 1 changed, 1 new, 1 gone, 7 the same");
  run(t, CRAWL("changes", directory), 0);
  CU_ASSERT(has(t->crawl.out, "changed  http://127.0.0.1:"));
  CU_ASSERT(has(t->crawl.out, "/changing\n"));
  CU_ASSERT(has(t->crawl.out, "gone     http://127.0.0.1:"));
  CU_ASSERT(has(t->crawl.out, "/gone\n"));
  CU_ASSERT(has(t->crawl.out, "new      http://127.0.0.1:"));
  CU_ASSERT(has(t->crawl.out, "/new\n"));
  CU_ASSERT(!has(t->crawl.out, "/always"));
  run(t, CRAWL("changes", "--json", directory), 0);
  CU_ASSERT(
      has(t->crawl.out, "/always\",\"state\":\"same\",\"status\":200}\n"));
}

#define WHOLE                                                                  \
  CRAWL("--delay", "0", "--exclude", "excluded", "site", url(&t, "/"))

/* Behind a page that has not changed there is all that was there. */
static void a_new_crawl_has_all(void) {
  struct going_test t;
  char request[4096];
  open_test(&t);
  run(&t, WHOLE, 0);
  run(&t, CRAWL("changes", "site"), 1);
  program_said(&t.crawl, "there is nothing to compare with");
  run(&t,
      CRAWL("--delay", "0", "--exclude", "excluded", "--since", "site", "new",
            url(&t, "/")),
      0);
  expect_changes(&t, "new");
  CU_ASSERT_EQUAL(site_requests(t.site, "/sub/b"), 2);
  CU_ASSERT_EQUAL(site_requests(t.site, "/always"), 2);
  site_last_request(t.site, "/list", request, sizeof request);
  CU_ASSERT(has(request, "If-None-Match: \"2\"\r\n"));
  close_test(&t);
}

/* What is out of the new crawl's scope is not asked for. */
static void a_new_crawl_has_its_scope(void) {
  struct going_test t;
  open_test(&t);
  run(&t, WHOLE, 0);
  run(&t,
      CRAWL("--delay", "0", "--scope", "prefix", "--exclude", "excluded",
            "--since", "site", "new", url(&t, "/sub/")),
      0);
  program_said(&t.crawl,
               "since the last time: 0 changed, 0 new, 0 gone, 3 the same");
  CU_ASSERT_EQUAL(site_requests(t.site, "/always"), 1);
  close_test(&t);
}

/* What a stopped one has not asked for again is asked for by the next run, and
 * nothing twice. */
static void all_is_fetched_again(void) {
  struct going_test t;
  open_test(&t);
  run(&t, WHOLE, 0);
  run(&t, CRAWL("--again", "0", "--max-pages", "5", "site"), 3);
  run(&t, CRAWL("--max-pages", "1000", "site"), 0);
  expect_changes(&t, "site");
  CU_ASSERT_EQUAL(site_requests(t.site, "/sub/b"), 2);
  CU_ASSERT_EQUAL(site_requests(t.site, "/list"), 2);
  CU_ASSERT_EQUAL(site_requests(t.site, "/always"), 2);
  run(&t, CRAWL("site"), 0);
  CU_ASSERT_EQUAL(site_requests(t.site, "/always"), 2);
  close_test(&t);
}

/* ---- The archive ---- */

/* The newest version is shown, and a revisit is followed into the crawl that
 * has the body. */
static void the_newest_is_shown(void) {
  struct going_test t;
  open_test(&t);
  run(&t, WHOLE, 0);
  run(&t, CRAWL("-q", "--again", "0", "site"), 0);
  program_run(&t.crawl, (const char *const[]){"warc", "show", "site",
                                              url(&t, "/changing"), NULL});
  CU_ASSERT_STRING_EQUAL(t.crawl.out, "after <a href=/new>n</a>");
  program_said(&t.crawl, "2 versions of it: this is that of 2");
  program_said(&t.crawl, "--at TIME");
  program_run(&t.crawl,
              (const char *const[]){"warc", "show", "--at", "1999", "site",
                                    url(&t, "/changing"), NULL});
  CU_ASSERT_EQUAL(t.crawl.code, 1);
  run(&t,
      CRAWL("-q", "--delay", "0", "--exclude", "excluded", "--since", "site",
            "new", url(&t, "/")),
      0);
  program_run(&t.crawl, (const char *const[]){"warc", "show", "new",
                                              url(&t, "/list") + 7, NULL});
  CU_ASSERT(has(t.crawl.out, "<a href=/changing>c</a>"));
  program_said(&t.crawl, "the record is a revisit");
  close_test(&t);
}

/* ---- Prefixes ---- */

/* A directory without its slash: the redirect says what it is. */
static void a_prefix_is_narrowed(void) {
  struct going_test t;
  char said[300];
  open_test(&t);
  run(&t,
      CRAWL("--delay", "0", "--scope", "prefix", "--max-pages", "2", "site",
            url(&t, "/sub")),
      3);
  snprintf(said, sizeof said, "prefix: everything below %s; below %s alone",
           url(&t, "/"), url(&t, "/sub/"));
  program_said(&t.crawl, said);
  run(&t, CRAWL("--max-pages", "100", "site"), 0);
  snprintf(said, sizeof said, "prefix: everything below %s\n",
           url(&t, "/sub/"));
  program_said(&t.crawl, said);
  CU_ASSERT_EQUAL(site_requests(t.site, "/sub/b"), 1);
  CU_ASSERT_EQUAL(site_requests(t.site, "/top"), 0);
  close_test(&t);
}

/* ---- What ended it ---- */

static void expect_status(struct going_test *t, const char *line) {
  run(t, CRAWL("status", "site"), 0);
  if (!has(t->crawl.out, line)) fixture_fail("%s", t->crawl.out);
}

static void the_end_is_told(void) {
  struct going_test t;
  open_test(&t);
  begin(&t);
  expect_status(&t, "ended, since a budget is used up: --max-pages; there are "
                    "URLs left");
  run(&t, CRAWL("--max-pages", "100", "site"), 0);
  expect_status(&t, "done\n");
  close_test(&t);
}

/* ---- What fails ---- */

/* A seed that fails is told at once, not when all tries are over. */
static void a_failure_is_told(void) {
  struct going_test t;
  size_t length;
  char none[64];
  unsigned port = 1;
  open_test(&t);
  CU_ASSERT(ports_find(&port, 1));
  snprintf(none, sizeof none, "https://127.0.0.1:%u/", port);
  program_write(&t.crawl, "said", "", 0);
  char path[300];
  int said = open(program_file(&t.crawl, "said", path, sizeof path),
                  O_WRONLY | O_CLOEXEC);
  t.crawl.error = said;
  program_start(&t.crawl, CRAWL("site", none));
  char *text = NULL;
  for (int i = 0; i < 20000 && !has(text, "it is tried again"); i++) {
    free(text);
    usleep(1000);
    text = program_read(&t.crawl, "said", &length);
  }
  CU_ASSERT(has(text, "no connection to the server could be made"));
  free(text);
  struct program why;
  program_open(&why, LARIAT_PROGRAM);
  program_run(&why, CRAWL("why", t.directories[0], none));
  CU_ASSERT(has(why.out, "Failed to connect"));
  program_close(&why);
  kill(t.crawl.pid, SIGKILL);
  program_wait(&t.crawl, 20000);
  close(said);
  expect_status(&t,
                "not running: the last run was killed; there are URLs left");
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"options are remembered", options_are_remembered},
      {"options are replaced", options_are_replaced},
      {"options are forgotten", options_are_forgotten},
      {"secrets are not kept", secrets_are_not_kept},
      {"a new crawl has all", a_new_crawl_has_all},
      {"a new crawl has its scope", a_new_crawl_has_its_scope},
      {"all is fetched again", all_is_fetched_again},
      {"the newest is shown", the_newest_is_shown},
      {"a prefix is narrowed", a_prefix_is_narrowed},
      {"the end is told", the_end_is_told},
      {"a failure is told", a_failure_is_told},
  };
  return fixture_main("crawl going on", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
