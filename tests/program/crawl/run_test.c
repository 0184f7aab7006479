/* SPDX-License-Identifier: MIT
 * Crawls by `lariat crawl`, from the command line to the exit code: what is
 * written, what is said, how it is steered, and how it goes on. */
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/ports.h"
#include "support/program.h"
#include "support/site.h"

/* ---- A site and the program ---- */

struct run_test {
  struct site *site;
  struct program crawl;
  struct program command; /* beside it */
  char directory[300];    /* of the crawl: "site" in that of the first */
};

static const struct site_page pages[] = {
    {"/", 200, "", "<a href=\"/a\">a</a><a href=\"/b\">b</a>", 0},
    {"/a", 200, "", "<a href=\"/b\">b</a><a href=\"/gone\">c</a>", 0},
    {"/b", 301, "Location: /c\r\n", "", 0},
    {"/c", 200, "Content-Type: text/plain\r\n", "the end", 0},
    {"/robots.txt", 200, "Content-Type: text/plain\r\n",
     "User-agent: *\nDisallow: /private/\n", 0},
    {"/extra", 200, "", "<a href=\"/private/x\">x</a>", 0},
};

/* /n/7 leads to /n/8, for ever. */
static size_t compute(const char *host, const char *path, char *body,
                      size_t capacity) {
  (void)host;
  if (strncmp(path, "/n/", 3) != 0) return 0;
  unsigned long number = strtoul(path + 3, NULL, 10);
  int length =
      snprintf(body, capacity, "<title>%lu</title><a href=\"/n/%lu\">next</a>",
               number, number + 1);
  return (size_t)length;
}

static void open_test(struct run_test *t) {
  t->site = site_start(pages, FIXTURE_COUNT(pages), compute);
  program_open(&t->crawl, LARIAT_PROGRAM);
  program_open(&t->command, LARIAT_PROGRAM);
  (void)program_file(&t->crawl, "site", t->directory, sizeof t->directory);
}

static int remove_entry(const char *path, const struct stat *about, int type,
                        struct FTW *walk) {
  (void)about;
  (void)type;
  (void)walk;
  return remove(path);
}

static void close_test(struct run_test *t) {
  (void)nftw(t->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  program_close(&t->command);
  program_close(&t->crawl);
  site_stop(t->site);
}

#define CRAWL(...)                                                             \
  ((const char *const[]){"crawl", "--delay", "0", __VA_ARGS__, NULL})
#define COMMAND(...) ((const char *const[]){"crawl", __VA_ARGS__, NULL})

/* Runs a crawl, which is expected to end with that code. */
static void expect_crawl(struct run_test *t, const char *const *arguments,
                         int code) {
  program_run(&t->crawl, arguments);
  if (t->crawl.code != code)
    fixture_fail("exit code %d, not %d: %s", t->crawl.code, code, t->crawl.err);
}

/* Runs a command beside it. */
static void expect_command(struct run_test *t, const char *const *arguments,
                           int code) {
  program_run(&t->command, arguments);
  if (t->command.code != code)
    fixture_fail("%s: exit code %d, not %d: %s", arguments[1], t->command.code,
                 code, t->command.err);
}

static const char *url(const struct run_test *t, const char *path) {
  return site_url(t->site, "127.0.0.1", path);
}

static unsigned count(const char *text, const char *part) {
  unsigned found = 0;
  while (text && (text = strstr(text, part))) {
    found++;
    text += strlen(part);
  }
  return found;
}

/* ---- One run ---- */

static void a_site_is_archived(void) {
  struct run_test t;
  size_t length;
  open_test(&t);
  expect_crawl(&t,
               CRAWL("--jsonl", "lines", "--links", "links", "--cdx", "site",
                     url(&t, "/")),
               0);
  CU_ASSERT_EQUAL(t.crawl.out_length, 0);
  program_said(&t.crawl, "done: pages 5, ");
  program_said(&t.crawl, "Statuses\n");
  program_said(&t.crawl, "  200 ");
  program_said(&t.crawl, "  301 ");
  program_said(&t.crawl, "  404 ");
  program_said(&t.crawl, "text/plain");
  CU_ASSERT_EQUAL(site_most_requests(t.site), 1);
  char *lines = program_read(&t.crawl, "lines", &length);
  CU_ASSERT_EQUAL(count(lines, "\"kind\":\"fetched\""), 5); /* sitemap.xml */
  CU_ASSERT_EQUAL(count(lines, "\"kind\":\"redirect\""), 1);
  free(lines);
  char *links = program_read(&t.crawl, "links", &length);
  CU_ASSERT(count(links, "/a\t") >= 1);
  free(links);
  close_test(&t);
}

static void lines_go_to_standard_output(void) {
  struct run_test t;
  open_test(&t);
  expect_crawl(&t, CRAWL("-q", "--jsonl", "-", "site", url(&t, "/")), 0);
  CU_ASSERT_EQUAL(t.crawl.err_length, 0);
  CU_ASSERT_EQUAL(count(t.crawl.out, "{\"url\":\"http://127.0.0.1:"), 6);
  /* Nothing is left to do: nothing is said again. */
  expect_crawl(&t, CRAWL("-q", "--jsonl", "-", "site"), 0);
  CU_ASSERT_EQUAL(t.crawl.out_length, 0);
  close_test(&t);
}

static void commands_get_lines_and_files(void) {
  struct run_test t;
  size_t length;
  open_test(&t);
  expect_crawl(&t,
               CRAWL("--exec", "cat >taken", "--on-warc-closed",
                     "echo \"$1\" >>closed", "site", url(&t, "/")),
               0);
  char *taken = program_read(&t.crawl, "taken", &length);
  char *lines = program_read(&t.crawl, "site/outcomes.jsonl", &length);
  CU_ASSERT_STRING_EQUAL(taken, lines);
  free(taken);
  free(lines);
  char *closed = program_read(&t.crawl, "closed", &length);
  CU_ASSERT_EQUAL(count(closed, "\n"), 1);
  CU_ASSERT_EQUAL(count(closed, "site/warc/"), 1);
  CU_ASSERT_EQUAL(count(closed, ".warc.gz\n"), 1);
  free(closed);
  close_test(&t);
}

/* The crawl is whole, and the code says that the command was not. */
static void a_command_that_fails_is_told(void) {
  struct run_test t;
  open_test(&t);
  expect_crawl(&t, CRAWL("--exec", "exit 7", "site", url(&t, "/")), 1);
  program_said(&t.crawl, "the command of --exec has ended with code 7");
  program_said(&t.crawl, "done: ");
  close_test(&t);
}

static void progress_is_json(void) {
  struct run_test t;
  open_test(&t);
  expect_crawl(&t, CRAWL("--progress", "json", "site", url(&t, "/")), 0);
  const char *last = strrchr(t.crawl.err, '{');
  json_t *json = last ? json_loads(last, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  CU_ASSERT_EQUAL(json_integer_value(json_object_get(json, "pages")), 5);
  CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "end")),
                         "done");
  json_decref(json);
  close_test(&t);
}

static void metrics_are_written(void) {
  struct run_test t;
  size_t length;
  open_test(&t);
  expect_crawl(
      &t, CRAWL("-q", "--openmetrics", "metrics", "site", url(&t, "/")), 0);
  char *text = program_read(&t.crawl, "metrics", &length);
  CU_ASSERT_EQUAL(count(text, "\nlariat_crawl_pages_total 5\n"), 1);
  CU_ASSERT_EQUAL(count(text, "# EOF\n"), 1);
  free(text);
  close_test(&t);
}

/* ---- Exit codes ---- */

static void nothing_answers(void) {
  struct run_test t;
  char none[64];
  open_test(&t);
  unsigned port = 1;
  CU_ASSERT(ports_find(&port, 1));
  snprintf(none, sizeof none, "http://127.0.0.1:%u/", port);
  expect_crawl(&t, CRAWL("--retries", "0", "site", none), 5);
  program_said(&t.crawl, "Failures\n");
  close_test(&t);
}

static void a_contact_is_wanted(void) {
  struct run_test t;
  open_test(&t);
  expect_crawl(&t, CRAWL("site", "https://example.org/"), 2);
  program_said(&t.crawl, "--contact: ");
  expect_crawl(&t, CRAWL("--key", "x=y", "site", url(&t, "/")), 2);
  program_said(&t.crawl, "--key: ");
  expect_crawl(&t, CRAWL("--include", "(", "site", url(&t, "/")), 2);
  close_test(&t);
}

static void a_directory_has_one_process(void) {
  struct run_test t;
  open_test(&t);
  program_start(&t.crawl,
                CRAWL("-q", "--no-trap-similar", "site", url(&t, "/n/1")));
  while (site_requests(t.site, NULL) < 3) usleep(1000);
  expect_command(&t, CRAWL(t.directory, url(&t, "/")), 75);
  CU_ASSERT(t.command.err_length > 0);
  kill(t.crawl.pid, SIGTERM);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(t.crawl.code, 143);
  close_test(&t);
}

static void what_was_lost_is_repaired(void) {
  struct run_test t;
  char lines[300];
  open_test(&t);
  expect_crawl(&t, CRAWL("-q", "--jsonl", "lines", "site", url(&t, "/")), 0);
  (void)program_file(&t.crawl, "lines", lines, sizeof lines);
  CU_ASSERT_EQUAL(truncate(lines, 10), 0);
  expect_crawl(&t, CRAWL("-q", "--jsonl", "lines", "site"), 1);
  program_said(&t.crawl, "its end is lost; --repair goes on without it");
  expect_crawl(&t, CRAWL("-q", "--jsonl", "lines", "--repair", "site"), 0);
  expect_crawl(&t, CRAWL("-q", "--jsonl", "lines", "site"), 0);
  close_test(&t);
}

static void a_budget_ends_it_and_a_larger_one_goes_on(void) {
  struct run_test t;
  open_test(&t);
  expect_crawl(
      &t,
      CRAWL("--no-trap-similar", "--max-pages", "20", "site", url(&t, "/n/1")),
      3);
  program_said(&t.crawl, "a budget is used up");
  program_said(&t.crawl, "max-pages");
  expect_crawl(&t, CRAWL("--no-trap-similar", "--max-pages", "50", "site"), 3);
  CU_ASSERT_EQUAL(site_requests(t.site, "/n/1"), 1);
  CU_ASSERT_EQUAL(site_requests(t.site, "/n/19"), 1);
  CU_ASSERT(site_requests(t.site, "/n/40") <= 1);
  CU_ASSERT(site_paths(t.site) >= 50);
  close_test(&t);
}

/* ---- Steering ---- */

/* Asks for the status; returns a number of it. */
static json_int_t ask_status(struct run_test *t, const char *name) {
  expect_command(t, COMMAND("status", "--json", t->directory), 0);
  json_t *json = json_loads(t->command.out, 0, NULL);
  const json_t *value = json_object_get(json, name);
  json_int_t number =
      json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
  if (!value) fixture_fail("no %s: %s", name, t->command.out);
  json_decref(json);
  return number;
}

static void wait_for_requests(struct run_test *t, const char *path,
                              unsigned number) {
  for (int i = 0; i < 20000 && site_requests(t->site, path) < number; i++)
    usleep(1000);
  if (site_requests(t->site, path) < number)
    fixture_fail("%s: %u requests", path ? path : "all",
                 site_requests(t->site, path));
}

static void wait_for_socket(struct run_test *t) {
  char path[300];
  (void)program_file(&t->crawl, "site/control", path, sizeof path);
  for (int i = 0; i < 20000 && access(path, F_OK) != 0; i++) usleep(1000);
}

static void a_crawl_is_steered(void) {
  struct run_test t;
  open_test(&t);
  const char *directory = t.directory;
  program_start(&t.crawl, CRAWL("--no-trap-similar", "site", url(&t, "/n/1")));
  wait_for_socket(&t);
  wait_for_requests(&t, NULL, 10);
  CU_ASSERT_EQUAL(ask_status(&t, "runs"), 1);
  expect_command(&t, COMMAND("pause", directory), 0);
  CU_ASSERT_EQUAL(ask_status(&t, "paused"), 1);
  while (ask_status(&t, "in_flight") != 0) usleep(1000);
  unsigned before = site_requests(t.site, NULL);
  expect_command(&t, COMMAND("add", directory, url(&t, "/extra")), 0);
  expect_command(&t, COMMAND("set", directory, "max-bytes=2G"), 0);
  expect_command(&t, COMMAND("set", directory, "delay=fast"), 1);
  expect_command(&t, COMMAND("set", directory, "nonsense=1"), 1);
  expect_command(&t, COMMAND("add", directory, "ftp://a.test/"), 2);
  CU_ASSERT_EQUAL(site_requests(t.site, NULL), before);
  expect_command(&t, COMMAND("resume", directory), 0);
  wait_for_requests(&t, "/extra", 1);
  wait_for_requests(&t, NULL, before + 10);
  expect_command(&t, COMMAND("stop", directory), 0);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(t.crawl.code, 130);
  program_said(&t.crawl, "To go on: lariat crawl site");
  CU_ASSERT_EQUAL(site_most_requests(t.site), 1);
  expect_command(&t, COMMAND("pause", directory), 1);
  close_test(&t);
}

static void a_signal_stops_it_and_it_goes_on(void) {
  struct run_test t;
  open_test(&t);
  program_start(&t.crawl, CRAWL("--no-trap-similar", "site", url(&t, "/n/1")));
  wait_for_requests(&t, NULL, 20);
  kill(t.crawl.pid, SIGINT);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(t.crawl.code, 130);
  program_said(&t.crawl, "interrupted: up to 10 seconds");
  unsigned before = site_requests(t.site, NULL);
  program_start(&t.crawl, CRAWL("-q", "--no-trap-similar", "site"));
  wait_for_requests(&t, NULL, before + 20);
  kill(t.crawl.pid, SIGKILL);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(site_requests(t.site, "/n/5"), 1);
  /* The socket and the lock of the killed one are in nobody's way. */
  before = site_requests(t.site, NULL);
  program_start(&t.crawl, CRAWL("-q", "--no-trap-similar", "site"));
  wait_for_requests(&t, NULL, before + 10);
  expect_command(&t, COMMAND("stop", t.directory), 0);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(t.crawl.code, 130);
  CU_ASSERT_EQUAL(site_requests(t.site, "/n/5"), 1);
  close_test(&t);
}

static void a_file_is_read_again(void) {
  static const char before[] = "max-pages = 100000000\nno-warc = yes\n";
  static const char after[] = "max-pages = 1\nno-warc = yes\n";
  struct run_test t;
  open_test(&t);
  program_write(&t.crawl, "conf", before, sizeof before - 1);
  program_start(&t.crawl, CRAWL("--no-trap-similar", "--config", "conf", "site",
                                url(&t, "/n/1")));
  wait_for_requests(&t, NULL, 20);
  program_write(&t.crawl, "conf", after, sizeof after - 1);
  kill(t.crawl.pid, SIGHUP);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(t.crawl.code, 3);
  program_said(&t.crawl, "conf was read again");
  close_test(&t);
}

/* Links that are not followed have lines; a later run may have others. */
static void rejects_are_logged(void) {
  struct run_test t;
  size_t length;
  open_test(&t);
  expect_crawl(&t,
               CRAWL("-q", "--log-rejects", "rejects", "--exclude", "/gone",
                     "--warc-metadata", "--same-body", "skip", "site",
                     url(&t, "/")),
               0);
  char *text = program_read(&t.crawl, "rejects", &length);
  CU_ASSERT_EQUAL(count(text, "/gone\tL\tscope\t--exclude"), 1);
  CU_ASSERT_EQUAL(count(text, "\n"), 1);
  free(text);
  expect_crawl(&t, CRAWL("-q", "--links", "links", "--no-warc", "site"), 0);
  expect_crawl(
      &t, CRAWL("--links", "links", "--log-rejects", "rejects", "site"), 2);
  program_said(&t.crawl, "give --links or --log-rejects");
  close_test(&t);
}

/* The terminal is gone, or somebody expects a file to be read. */
static void a_hangup_without_a_file_ends_nothing(void) {
  struct run_test t;
  open_test(&t);
  program_start(&t.crawl, CRAWL("--no-trap-similar", "site", url(&t, "/n/1")));
  wait_for_requests(&t, NULL, 20);
  kill(t.crawl.pid, SIGHUP);
  wait_for_requests(&t, NULL, site_requests(t.site, NULL) + 20);
  kill(t.crawl.pid, SIGINT);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(t.crawl.code, 130);
  program_said(&t.crawl, "the crawl goes on");
  close_test(&t);
}

/* They are asked for while it runs, by the program itself. */
static void metrics_are_served(void) {
  struct run_test t;
  char address[64], page[80];
  unsigned port = 1;
  open_test(&t);
  CU_ASSERT(ports_find(&port, 1));
  snprintf(address, sizeof address, "127.0.0.1:%u", port);
  snprintf(page, sizeof page, "http://%s/metrics", address);
  program_start(&t.crawl, CRAWL("--metrics", address, "--no-trap-similar",
                                "site", url(&t, "/n/1")));
  wait_for_requests(&t, NULL, 20);
  program_run(&t.command, (const char *const[]){"fetch", page, NULL});
  CU_ASSERT_EQUAL(count(t.command.out, "\"status\":200"), 1);
  CU_ASSERT_EQUAL(count(t.command.out, "application/openmetrics-text"), 1);
  kill(t.crawl.pid, SIGINT);
  program_wait(&t.crawl, 20000);
  CU_ASSERT_EQUAL(t.crawl.code, 130);
  program_said(&t.crawl, page);
  program_run(&t.command, CRAWL("--metrics", "9464", "other", url(&t, "/")));
  CU_ASSERT_EQUAL(t.command.code, 2);
  program_said(&t.command, "--metrics takes an address and a port");
  close_test(&t);
}

/* ---- Of a crawl that does not run ---- */

static void a_stopped_crawl_is_read(void) {
  struct run_test t;
  size_t length;
  open_test(&t);
  const char *directory = t.directory;
  expect_crawl(&t, CRAWL("-q", "site", url(&t, "/")), 0);
  expect_command(&t, COMMAND("status", directory), 0);
  CU_ASSERT_EQUAL(count(t.command.out, "done"), 1);
  CU_ASSERT_EQUAL(ask_status(&t, "pages"), 5);
  CU_ASSERT_EQUAL(ask_status(&t, "runs"), 0);
  expect_command(&t, COMMAND("top", directory), 0);
  CU_ASSERT_EQUAL(count(t.command.out, "http://127.0.0.1:"), 1);
  expect_command(&t, COMMAND("report", directory), 0);
  char *page = program_read(&t.crawl, "site/report.html", &length);
  CU_ASSERT_EQUAL(count(page, "</html>"), 1);
  free(page);
  expect_command(&t, COMMAND("report", "-o", "-", directory), 0);
  CU_ASSERT_EQUAL(count(t.command.out, "</html>"), 1);
  close_test(&t);
}

/* The answers to `why` for a URL that was fetched, one that robots.txt denies
 * and one that is out of scope; of a running crawl and of a stopped one. */
static void expect_whys(struct run_test *t) {
  const char *directory = t->directory;
  unsigned found = 0;
  for (int i = 0; i < 100 && !found; i++) { /* until it is committed */
    expect_command(t, COMMAND("why", "--json", directory, url(t, "/extra")), 0);
    found = count(t->command.out, "fetched");
  }
  CU_ASSERT(found >= 1);
  json_t *json = json_loads(t->command.out, 0, NULL);
  CU_ASSERT(json_is_object(json));
  json_decref(json);
  expect_command(t, COMMAND("why", directory, url(t, "/private/x")), 0);
  CU_ASSERT(count(t->command.out, "Disallow: /private/") >= 1);
  expect_command(t, COMMAND("why", directory, "elsewhere.test"), 0);
  CU_ASSERT(count(t->command.out, "https://elsewhere.test/") >= 1);
  CU_ASSERT(count(t->command.out, "scope") >= 1);
  expect_command(t, COMMAND("why", directory, "nonsense://x"), 2);
}

static void why_is_answered(void) {
  struct run_test t;
  open_test(&t);
  program_start(&t.crawl, CRAWL("-q", "--no-trap-similar", "site",
                                url(&t, "/extra"), url(&t, "/n/1")));
  wait_for_socket(&t);
  wait_for_requests(&t, "/n/20", 1);
  expect_whys(&t);
  kill(t.crawl.pid, SIGTERM);
  program_wait(&t.crawl, 20000);
  expect_whys(&t);
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a site is archived", a_site_is_archived},
      {"lines go to standard output", lines_go_to_standard_output},
      {"commands get lines and files", commands_get_lines_and_files},
      {"a command that fails is told", a_command_that_fails_is_told},
      {"progress is JSON", progress_is_json},
      {"metrics are written", metrics_are_written},
      {"metrics are served", metrics_are_served},
      {"nothing answers", nothing_answers},
      {"a contact is wanted", a_contact_is_wanted},
      {"a directory has one process", a_directory_has_one_process},
      {"what was lost is repaired", what_was_lost_is_repaired},
      {"a budget ends it and a larger one goes on",
       a_budget_ends_it_and_a_larger_one_goes_on},
      {"a crawl is steered", a_crawl_is_steered},
      {"a signal stops it and it goes on", a_signal_stops_it_and_it_goes_on},
      {"a file is read again", a_file_is_read_again},
      {"links that are not followed are logged", rejects_are_logged},
      {"SIGHUP without a file", a_hangup_without_a_file_ends_nothing},
      {"a stopped crawl is read", a_stopped_crawl_is_read},
      {"why is answered", why_is_answered},
  };
  return fixture_main("crawl run", tests, FIXTURE_COUNT(tests), argc, argv);
}
