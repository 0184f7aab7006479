/* SPDX-License-Identifier: MIT
 * labels: postgres
 * shared_workers_test.c: crawls that workers share, on a PostgreSQL of the
 * test's own: each page once over all their WARC files, whatever becomes of a
 * worker, of its leases and of the database. */
#include "crawl/crawl_private.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lariat/allocator.h>
#include <lariat/crawl/shared.h>
#include <lariat/crawl/warc_reader.h>
#include <lariat/failure.h>

#include "support/crawling.h"
#include "support/postgres.h"

enum { PAGES = 240, HOSTS = 6, WORKERS = 3, SITEMAPS = 1 };

/* Of workers that are killed. */
enum { LEASE_MS = 1500, DELAY_MS = 10, IN_FLIGHT = 4 };

static struct postgres *server;

/* ---- The site ---- */

static char port[16];

/* A tree over some hosts; each page is another one's child once. */
static size_t compute_page(const char *host, const char *path, char *body,
                           size_t capacity) {
  unsigned id;
  (void)host;
  if (sscanf(path, "/p/%u", &id) != 1 || id >= PAGES) return 0;
  size_t length = (size_t)snprintf(body, capacity, "<title>%u</title>", id);
  for (unsigned i = 1; i <= 4; i++) {
    unsigned child = 4 * id + i;
    if (child >= PAGES) child = (id * 7 + i * 13) % PAGES;
    length += (size_t)snprintf(body + length, capacity - length,
                               "<a href=\"http://127.0.0.%u:%s/p/%u\">x</a>",
                               1 + child % HOSTS, port, child);
  }
  return length;
}

/* Answers "/loop/N" by a redirect to the next one. */
static const struct site_page redirects[] = {
    {"/to", 302, "Location: /p/1\r\n", "", 0},
};

/* ---- Workers ---- */

/* A crawl, and a worker for each of some directories. */
struct workers {
  struct crawling c; /* the first worker, the site and the fixture */
  struct crawling more[WORKERS - 1];
  char directories[WORKERS][64];
};

static struct crawling *worker_of(struct workers *w, unsigned number) {
  return number ? &w->more[number - 1] : &w->c;
}

static void open_workers(struct workers *w, const char *name) {
  memset(w, 0, sizeof *w);
  crawling_open(&w->c, redirects, FIXTURE_COUNT(redirects), compute_page);
  snprintf(port, sizeof port, "%u", site_port(w->c.site));
  w->c.options.scope = LARIAT_CRAWL_SCOPE_ANY;
  w->c.options.frontier = server->connection;
  w->c.options.crawl_name = name;
  w->c.options.lease_ms = LEASE_MS;
  w->c.options.reactors = 1;
  crawling_seed(&w->c, "127.0.0.1", "/p/0");
  for (unsigned i = 0; i < WORKERS; i++) {
    snprintf(w->directories[i], sizeof w->directories[i], "%.40s/worker%u",
             w->c.directory, i);
    struct crawling *of = worker_of(w, i);
    if (i) of->options = w->c.options;
    of->options.directory = w->directories[i];
  }
}

static void close_workers(struct workers *w) { crawling_close(&w->c); }

/* Waits for the end of a worker. */
static void finish_worker(struct workers *w, unsigned number) {
  struct crawling *of = worker_of(w, number);
  for (int i = 0; i < 240 && !of->ended; i++) fixture_run_for(&w->c.f, 250);
  while (!of->ended && of->crawl) {
    CU_FAIL_FATAL("a worker does not end");
  }
  CU_ASSERT_EQUAL(of->status, LARIAT_OK);
  of->stats.size = sizeof of->stats;
  CU_ASSERT_EQUAL(lariat_crawl_read_stats(of->crawl, &of->stats), LARIAT_OK);
  lariat_crawl_free(of->crawl);
  of->crawl = NULL;
}

/* ---- What must be there ---- */

/* Records of pages and of what is not there, in all WARC files. */
struct archive {
  unsigned pages[PAGES], others;
};

static void add_record(struct archive *archive, const char *url) {
  const char *path = strstr(url, "/p/");
  unsigned id;
  if (path && sscanf(path, "/p/%u", &id) == 1 && id < PAGES)
    archive->pages[id]++;
  else if (!strstr(url, "/robots.txt"))
    archive->others++;
}

static void read_file(struct archive *archive, const char *path) {
  lariat_crawl_warc_file *file;
  lariat_crawl_warc_event event;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_file_open(path, 0, &file), LARIAT_OK);
  lariat_crawl_warc_reader *reader = lariat_crawl_warc_file_reader(file);
  while ((event = lariat_crawl_warc_file_next(file)) !=
             LARIAT_CRAWL_WARC_DONE &&
         event != LARIAT_CRAWL_WARC_FAILED) {
    CU_ASSERT_NOT_EQUAL(event, LARIAT_CRAWL_WARC_FAULT);
    lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(reader);
    if (event == LARIAT_CRAWL_WARC_RECORD &&
        (type == LARIAT_CRAWL_WARC_RESPONSE ||
         type == LARIAT_CRAWL_WARC_REVISIT))
      add_record(archive, lariat_crawl_warc_reader_url(reader));
  }
  lariat_crawl_warc_file_close(file);
}

/* Reads the closed files of a directory; returns how many are open still. */
static unsigned read_directory(struct archive *archive, const char *directory) {
  char path[512];
  unsigned open = 0;
  snprintf(path, sizeof path, "%s/warc", directory);
  DIR *files = opendir(path);
  for (struct dirent *entry; files && (entry = readdir(files));) {
    snprintf(path, sizeof path, "%s/warc/%s", directory, entry->d_name);
    bool is_open = strstr(entry->d_name, ".open") != NULL;
    open += is_open;
    if (!is_open && entry->d_name[0] != '.') read_file(archive, path);
  }
  if (files) closedir(files);
  return open;
}

/* Wants each page once in the files and in the database, and nothing queued. */
static void verify(const struct workers *w, const char *name) {
  struct archive archive = {0};
  unsigned wrong = 0, open = 0;
  for (unsigned i = 0; i < WORKERS; i++)
    open += read_directory(&archive, w->directories[i]);
  for (unsigned id = 0; id < PAGES; id++) wrong += archive.pages[id] != 1;
  CU_ASSERT_EQUAL(open, 0);
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_EQUAL(archive.others, SITEMAPS);
  CU_ASSERT_EQUAL(postgres_ask(server, name, "select count(*) from url"),
                  PAGES + SITEMAPS);
  CU_ASSERT_EQUAL(postgres_ask(server, name, "select count(*) from todo"), 0);
  CU_ASSERT_EQUAL(postgres_ask(server, name,
                               "select count(*) - count(distinct url)"
                               " from outcome where kind <> 8"),
                  0);
}

/* ---- One and two ---- */

static void test_one(void) {
  struct workers w;
  open_workers(&w, "one");
  crawling_start(&w.c);
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(w.c.stats.pages, PAGES + SITEMAPS);
  CU_ASSERT_EQUAL(w.c.stats.whole_pages, PAGES + SITEMAPS);
  CU_ASSERT_EQUAL(site_most_requests(w.c.site), 1);
  verify(&w, "one");
  close_workers(&w);
}

static void test_two(void) {
  struct workers w;
  open_workers(&w, "two");
  w.c.options.in_flight = w.more[0].options.in_flight = 3; /* sites of each */
  crawling_start(&w.c);
  crawling_start(&w.more[0]);
  finish_worker(&w, 0);
  finish_worker(&w, 1);
  CU_ASSERT_EQUAL(w.c.stats.pages + w.more[0].stats.pages, PAGES + SITEMAPS);
  CU_ASSERT_EQUAL(site_most_requests(w.c.site), 1);
  verify(&w, "two");
  close_workers(&w);
}

/* ---- Ends ---- */

static lariat_value stop_child(lariat_value result, void *context) {
  *(bool *)context = lariat_is_failure(result);
  (void)lariat_reactor_stop(lariat_reactor_current());
  return lariat_value_drop(result);
}

/* Runs a worker in this process, to its end: the arguments are those of
 * start_worker. */
static int run_here(char **arguments) {
  lariat_reactor *reactor;
  lariat_crawl *crawl;
  lariat_crawl_error error = {""};
  lariat_crawl_options options = lariat_crawl_defaults();
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_crawl_seed seed = {.url = arguments[3], .priority = 4};
  bool failed = true;
  pool.addresses.allow_nets = "127.0.0.0/8";
  options.pool = &pool;
  options.frontier = arguments[0];
  options.crawl_name = arguments[1];
  options.directory = arguments[2];
  options.seeds = &seed;
  options.seed_count = 1;
  options.scope = LARIAT_CRAWL_SCOPE_ANY;
  options.lease_ms = LEASE_MS;
  options.delay_ms = DELAY_MS;
  options.in_flight = IN_FLIGHT;
  options.reactors = 1;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return 1;
  if (lariat_crawl_new(&options, &crawl, &error) != LARIAT_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  lariat_deferred *done = lariat_crawl_start(crawl);
  lariat_deferred_forget(lariat_deferred_add_both(done, stop_child, &failed));
  (void)lariat_reactor_run(reactor);
  lariat_crawl_free(crawl);
  (void)lariat_reactor_close(reactor, 0);
  return failed;
}

/* Starts the test's own program as a worker. */
static pid_t start_worker(const lariat_crawl_options *options) {
  char word[] = "--worker", name[] = "worker";
  char *const arguments[] = {name,
                             word,
                             (char *)(uintptr_t)options->frontier,
                             (char *)(uintptr_t)options->crawl_name,
                             (char *)(uintptr_t)options->directory,
                             (char *)(uintptr_t)options->seeds[0].url,
                             NULL};
  pid_t child = fork();
  if (child < 0) abort();
  if (child > 0) return child;
  execv("/proc/self/exe", arguments);
  _exit(127);
}

/* Waits until the site has had so many requests. */
static void wait_for_requests(struct workers *w, unsigned count) {
  for (int i = 0; i < 4000 && site_requests(w->c.site, NULL) < count; i++)
    fixture_run_for(&w->c.f, 5);
  CU_ASSERT(site_requests(w->c.site, NULL) >= count);
}

/* A worker is killed in the middle, and comes again; another one goes on
 * meanwhile. */
static void kill_one(bool comes_again) {
  struct workers w;
  const char *name = comes_again ? "again" : "killed";
  open_workers(&w, name);
  for (unsigned i = 0; i < WORKERS; i++) {
    worker_of(&w, i)->options.delay_ms = DELAY_MS;
    worker_of(&w, i)->options.in_flight = IN_FLIGHT;
  }
  pid_t child = start_worker(&w.more[0].options);
  wait_for_requests(&w, PAGES / 6);
  crawling_start(&w.c);
  wait_for_requests(&w, PAGES / 3);
  kill(child, SIGKILL);
  (void)waitpid(child, NULL, 0);
  int state = 0;
  if (comes_again) child = start_worker(&w.more[0].options);
  finish_worker(&w, 0);
  if (comes_again && waitpid(child, &state, 0) == child)
    CU_ASSERT_EQUAL(state, 0);
  if (!comes_again) {
    lariat_crawl_error error;
    CU_ASSERT_EQUAL(lariat_crawl_repair(w.directories[1], NULL, &error),
                    LARIAT_OK);
  }
  verify(&w, name);
  close_workers(&w);
}

static void test_killed(void) { kill_one(false); }

static void test_killed_again(void) { kill_one(true); }

/* ---- Orders ---- */

static bool is_paused(void *context) {
  lariat_crawl_stats stats = {.size = sizeof stats};
  struct crawling *of = context;
  (void)!lariat_crawl_read_stats(of->crawl, &stats);
  return stats.paused && !stats.in_flight;
}

static void give_order(const char *name, lariat_crawl_order order) {
  lariat_crawl_error error = {""};
  CU_ASSERT_EQUAL(
      lariat_crawl_shared_order(server->connection, name, order, &error),
      LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(error.message, "");
}

static lariat_value note_answer(lariat_value result, void *context) {
  *(bool *)context = true;
  return lariat_value_drop(result);
}

static bool is_set(void *context) { return *(bool *)context; }

/* Waits for an answer of the one shard, which has seen by then what it was told
 * before. */
static void ask_shard(struct crawling *of) {
  bool answered = false;
  lariat_deferred *answer = lariat_crawl_why(of->crawl, of->seeds[0].url);
  lariat_deferred_forget(
      lariat_deferred_add_both(answer, note_answer, &answered));
  CU_ASSERT_TRUE_FATAL(fixture_run_until(&of->f, is_set, &answered, 20000));
}

/* Waits until requests that are on their way have been counted; returns how
 * many there were. */
static unsigned wait_for_rest(struct workers *w) {
  unsigned before, after = site_requests(w->c.site, NULL);
  do {
    before = after;
    fixture_run_for(&w->c.f, 100);
    after = site_requests(w->c.site, NULL);
  } while (after != before);
  return after;
}

static void test_orders(void) {
  struct workers w;
  open_workers(&w, "orders");
  w.c.options.delay_ms = 10;
  crawling_start(&w.c);
  wait_for_requests(&w, PAGES / 8);
  give_order("orders", LARIAT_CRAWL_PAUSE);
  CU_ASSERT_TRUE(fixture_run_until(&w.c.f, is_paused, &w.c, 20000));
  ask_shard(&w.c);
  unsigned requests = wait_for_rest(&w);
  fixture_run_for(&w.c.f, 200);
  CU_ASSERT_EQUAL(site_requests(w.c.site, NULL), requests);
  give_order("orders", LARIAT_CRAWL_GO);
  wait_for_requests(&w, requests + 10);
  give_order("orders", LARIAT_CRAWL_STOP);
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_STOPPED);
  give_order("orders", LARIAT_CRAWL_GO);
  crawling_start(&w.c);
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_DONE);
  CU_ASSERT_EQUAL(site_most_requests(w.c.site), 1);
  verify(&w, "orders");
  close_workers(&w);
}

/* ---- The database ---- */

static bool has_trouble(void *context) {
  lariat_crawl_stats stats = {.size = sizeof stats};
  struct crawling *of = context;
  (void)!lariat_crawl_read_stats(of->crawl, &stats);
  return *stats.trouble;
}

static void test_restart(void) {
  struct workers w;
  open_workers(&w, "restart");
  w.c.options.delay_ms = 10;
  crawling_start(&w.c);
  wait_for_requests(&w, PAGES / 8);
  postgres_crash(server);
  CU_ASSERT_TRUE(fixture_run_until(&w.c.f, has_trouble, &w.c, 20000));
  CU_ASSERT_TRUE_FATAL(postgres_revive(server));
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_DONE);
  verify(&w, "restart");
  close_workers(&w);
}

/* A worker that starts while the database is away waits for it. */
static void test_early(void) {
  struct workers w;
  int state = -1;
  open_workers(&w, "early");
  postgres_crash(server);
  pid_t child = start_worker(&w.c.options);
  fixture_run_for(&w.c.f, 300);
  CU_ASSERT_TRUE_FATAL(postgres_revive(server));
  CU_ASSERT_EQUAL(waitpid(child, &state, 0), child);
  CU_ASSERT_EQUAL(state, 0);
  verify(&w, "early");
  close_workers(&w);
}

/* A directory that has been a worker's remembers where the crawl is. */
static void test_remembered(void) {
  struct workers w;
  open_workers(&w, "remembered");
  w.c.options.max_pages = PAGES / 4;
  crawling_start(&w.c);
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_BUDGET);
  w.c.options.frontier = w.c.options.crawl_name = NULL;
  w.c.options.lease_ms = 0;
  w.c.options.max_pages = 0;
  w.c.options.seed_count = 0;
  crawling_start(&w.c);
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_DONE);
  verify(&w, "remembered");
  close_workers(&w);
}

/* Wants a start and a repair in a directory to be refused. */
static void expect_no_worker(struct workers *w, const char *directory,
                             lariat_status status, const char *words) {
  lariat_crawl_error error = {""};
  const lariat_crawl_options options = w->c.options;
  CU_ASSERT_EQUAL(lariat_crawl_repair(directory, NULL, &error), status);
  if (!strstr(error.message, words)) fixture_fail("repair: %s", error.message);
  w->c.options.directory = directory;
  CU_ASSERT_EQUAL(lariat_crawl_new(&w->c.options, &w->c.crawl, &error), status);
  if (!strstr(error.message, words)) fixture_fail("start: %s", error.message);
  w->c.crawl = NULL;
  w->c.options = options;
}

/* Writes a WARC file that grows, as a worker that was killed leaves it. */
static void leave_file(const char *directory, char *path, size_t capacity) {
  snprintf(path, capacity, "%s/warc/lariat-left.warc.gz.open", directory);
  FILE *file = fopen(path, "w");
  if (!file) abort();
  fputs("records\n", file);
  fclose(file);
}

/* The directory of another crawl of the same name, or of a worker that this
 * database does not have, is left alone. */
static void test_another_crawl(void) {
  struct workers w;
  char path[256];
  open_workers(&w, "another");
  w.c.options.max_pages = 5;
  crawling_start(&w.c);
  finish_worker(&w, 0);
  leave_file(w.directories[0], path, sizeof path);
  (void)postgres_ask(server, NULL,
                     "set client_min_messages = warning;"
                     " drop schema another cascade; select 1");
  expect_no_worker(&w, w.directories[0], LARIAT_ENOTFOUND, "has no crawl");
  w.c.options.directory = w.directories[1];
  crawling_start(&w.c);
  finish_worker(&w, 0);
  expect_no_worker(&w, w.directories[0], LARIAT_EFORMAT,
                   "begin in a new directory");
  (void)postgres_ask(server, "another", "update worker set directory = 5");
  expect_no_worker(&w, w.directories[1], LARIAT_EFORMAT,
                   "begin in a new directory");
  CU_ASSERT_EQUAL(access(path, F_OK), 0);
  CU_ASSERT_EQUAL(
      postgres_ask(server, "another", "select count(*) from worker"), 1);
  close_workers(&w);
}

static void copy_directory(const char *from, const char *to) {
  int state = -1;
  pid_t child = fork();
  if (child == 0) {
    execlp("cp", "cp", "-a", from, to, (char *)NULL);
    _exit(127);
  }
  CU_ASSERT_EQUAL(waitpid(child, &state, 0), child);
  CU_ASSERT_EQUAL(state, 0);
}

/* A copy of the directory of a worker that runs does not end it. */
static void test_copy(void) {
  struct workers w;
  char copy[64];
  open_workers(&w, "copy");
  w.c.options.delay_ms = DELAY_MS;
  w.c.options.lease_ms = 60000;
  crawling_start(&w.c);
  wait_for_requests(&w, PAGES / 8);
  lariat_crawl *crawl = w.c.crawl;
  snprintf(copy, sizeof copy, "%.40s/copy", w.c.directory);
  copy_directory(w.directories[0], copy);
  expect_no_worker(&w, copy, LARIAT_EBUSY, "it runs, or ended a moment ago");
  w.c.crawl = crawl;
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_DONE);
  verify(&w, "copy");
  close_workers(&w);
}

/* The time of a lease goes by while the database is away: nothing is sent
 * then. */
static void test_away_for_long(void) {
  struct workers w;
  open_workers(&w, "away");
  w.c.options.delay_ms = 40;
  w.c.options.lease_ms = 1000;
  crawling_start(&w.c);
  wait_for_requests(&w, PAGES / 8);
  postgres_crash(server);
  fixture_run_for(&w.c.f, 1200);
  unsigned requests = site_requests(w.c.site, NULL);
  fixture_run_for(&w.c.f, 300);
  CU_ASSERT_EQUAL(site_requests(w.c.site, NULL), requests);
  CU_ASSERT_TRUE_FATAL(postgres_revive(server));
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_DONE);
  verify(&w, "away");
  close_workers(&w);
}

/* ---- Questions ---- */

static void count_worker(const lariat_crawl_worker *worker, void *context) {
  unsigned *count = context;
  CU_ASSERT_TRUE(worker->has_left);
  ++*count;
}

static void expect_why(const char *name, const char *url, const char *part) {
  lariat_crawl_error error = {""};
  char *text = NULL;
  CU_ASSERT_EQUAL(
      lariat_crawl_shared_why(server->connection, name, url, &text, &error),
      LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  if (!strstr(text, part)) fixture_fail("%s is not in %s", part, text);
  lariat_memory_release(text);
}

static void test_questions(void) {
  struct workers w;
  lariat_crawl_error error = {""};
  lariat_crawl_shared_stats stats = {.size = sizeof stats};
  unsigned count = 0;
  open_workers(&w, "questions");
  w.c.options.depth = 1;
  crawling_start(&w.c);
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(lariat_crawl_shared_read_stats(server->connection,
                                                 "questions", &stats, &error),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(stats.pages, 5 + SITEMAPS);
  CU_ASSERT_EQUAL(stats.known, 5 + SITEMAPS);
  CU_ASSERT_TRUE(stats.is_over);
  CU_ASSERT_EQUAL(lariat_crawl_shared_workers(server->connection, "questions",
                                              count_worker, &count, &error),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(count, 1);
  const char *url = site_url(w.c.site, "127.0.0.3", "/p/2");
  expect_why("questions", url, "\"seen\":true");
  expect_why("questions", url, "\"state\":\"done\"");
  expect_why("questions", url, "/p/0\"}]");
  expect_why("questions", url, "\"site\":\"127.0.0.3\"");
  expect_why("questions", site_url(w.c.site, "127.0.0.3", "/x"),
             "\"seen\":false");
  CU_ASSERT_EQUAL(lariat_crawl_shared_read_stats(server->connection, "absent",
                                                 &stats, &error),
                  LARIAT_ENOTFOUND);
  close_workers(&w);
}

/* ---- Options ---- */

static void expect_refused(struct workers *w, const char *words) {
  lariat_crawl_error error = {""};
  CU_ASSERT_EQUAL(lariat_crawl_new(&w->c.options, &w->c.crawl, &error),
                  LARIAT_EINVAL);
  if (!strstr(error.message, words))
    fixture_fail("%s is not in \"%s\"", words, error.message);
}

static void test_options(void) {
  struct workers w;
  open_workers(&w, "options");
  w.c.options.since = "/nowhere";
  expect_refused(&w, "since");
  w.c.options.since = NULL;
  w.c.options.max_pages_per_host = 3;
  expect_refused(&w, "max_pages_per_host");
  w.c.options.max_pages_per_host = 0;
  w.c.options.group = LARIAT_CRAWL_GROUP_IP;
  expect_refused(&w, "group");
  w.c.options.group = LARIAT_CRAWL_GROUP_HOST;
  w.c.options.lease_ms = 10;
  expect_refused(&w, "lease_ms");
  w.c.options.lease_ms = 2000;
  w.c.options.frontier = NULL;
  expect_refused(&w, "crawl_name");
  close_workers(&w);
}

/* A budget of pages is of all workers: none goes much beyond it. */
static void test_budget(void) {
  struct workers w;
  open_workers(&w, "budget");
  w.c.options.max_pages = 40;
  crawling_start(&w.c);
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT_EQUAL(w.c.stats.pages, 40);
  crawling_start(&w.c); /* the budget is used up */
  finish_worker(&w, 0);
  CU_ASSERT_EQUAL(w.c.stats.end, LARIAT_CRAWL_BUDGET);
  close_workers(&w);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one worker crawls a site", test_one},
      {"two workers crawl a site", test_two},
      {"a worker is killed, and others go on", test_killed},
      {"a worker is killed, and comes again", test_killed_again},
      {"orders of all workers", test_orders},
      {"the database crashes and comes again", test_restart},
      {"the database is away for longer than a lease", test_away_for_long},
      {"a worker starts before its database", test_early},
      {"a directory remembers its crawl", test_remembered},
      {"a directory of another crawl of the name", test_another_crawl},
      {"a copy of a directory whose worker runs", test_copy},
      {"questions about a crawl", test_questions},
      {"options that workers cannot have", test_options},
      {"a budget of all workers", test_budget},
  };
  if (argc > 2 && strcmp(argv[1], "--worker") == 0) return run_here(argv + 2);
  if (!postgres_is_here()) {
    printf("no PostgreSQL here\n");
    return 0;
  }
  server = postgres_start();
  int failed = server ? fixture_main("shared_workers", tests,
                                     FIXTURE_COUNT(tests), argc, argv)
                      : 1;
  postgres_stop(server);
  return failed;
}
