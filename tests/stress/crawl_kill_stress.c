/* SPDX-License-Identifier: MIT
 * labels: same-libcurl no-tsan
 * crawl_kill_stress.c: crawls of a site whose process ends at each call that
 * writes, whichever thread makes it, and that go on: in the end each page is in
 * the WARC files and in the database once, and both agree.  A quarter of the
 * calls are tried, unless the argument says how many. */
#include "crawl/crawl_private.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "support/crawl_agreement.h"
#include "support/fixture.h"
#include "support/scale.h"
#include "support/site.h"
#include "support/write_faults.h"

enum { PAGES = 40, KINDS = 4 };

static int argument_count;
static char **arguments;
static struct site *site;

/* A tree, with redirects, bodies that are the same, and what is not there. */
static size_t compute_page(const char *host, const char *path, char *body,
                           size_t capacity) {
  unsigned id;
  (void)host;
  if (strcmp(path, "/same/1") == 0 || strcmp(path, "/same/2") == 0)
    return (size_t)snprintf(body, capacity, "the same in both");
  if (sscanf(path, "/p/%u", &id) != 1 || id >= PAGES) return 0;
  size_t length = (size_t)snprintf(body, capacity, "<title>%u</title>", id);
  for (unsigned i = 1; i <= 3; i++)
    length += (size_t)snprintf(body + length, capacity - length,
                               "<a href=/p/%u>x</a>", (3 * id + i) % PAGES);
  return length + (size_t)snprintf(body + length, capacity - length,
                                   "<a href=/moved>m</a><a href=/same/1>s</a>"
                                   "<a href=/same/2>t</a><a href=/none>n</a>");
}

static const struct site_page pages[] = {
    {"/moved", 301, "Location: /p/7\r\n", "", 0},
};

/* All pages, the redirect, the two that are the same, one that is not there,
 * and the sitemap that is looked for. */
enum { RECORDS = PAGES + KINDS + 1 };

/* ---- A crawl in a process of its own ---- */

static lariat_value take_end(lariat_value result, void *context) {
  bool *failed = context;
  *failed = lariat_is_failure(result);
  if (*failed) fprintf(stderr, "%s\n", lariat_failure_message(result));
  (void)lariat_reactor_stop(lariat_reactor_current());
  return lariat_value_drop(result);
}

static int crawl_to_end(const char *directory) {
  lariat_crawl_options options = lariat_crawl_defaults();
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_crawl_seed seed = {.url = site_url(site, "127.0.0.1", "/p/0"),
                            .priority = 4};
  lariat_reactor *reactor;
  lariat_crawl *crawl;
  lariat_crawl_error error;
  bool failed = true;
  pool.addresses.allow_nets = "127.0.0.0/8";
  options.directory = directory;
  options.seeds = &seed;
  options.seed_count = 1;
  options.pool = &pool;
  options.delay_ms = 0;
  options.reactors = 1;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return 1;
  if (lariat_crawl_new(&options, &crawl, &error) != LARIAT_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  crawl->commit_outcomes = 3;
  lariat_deferred *done = lariat_crawl_start(crawl);
  lariat_deferred_forget(lariat_deferred_add_both(done, take_end, &failed));
  (void)lariat_reactor_run(reactor);
  lariat_crawl_free(crawl);
  (void)lariat_reactor_close(reactor, 0);
  return failed ? 1 : 0;
}

/* Runs one that is ended at a call (0: is not), or killed after some time;
 * returns its exit status, -1 if it was killed. */
static int run_child(const char *directory, uint64_t at, unsigned kill_us,
                     uint64_t *calls) {
  int state = 0;
  int ends[2];
  uint64_t count = 0;
  if (pipe(ends)) abort();
  pid_t child = fork();
  if (child == 0) {
    write_faults_set(at ? WRITE_FAULT_KILL : WRITE_FAULT_NONE, at, 1);
    int status = crawl_to_end(directory);
    count = write_faults.count;
    write_faults_set(WRITE_FAULT_NONE, 0, 0);
    (void)!write(ends[1], &count, sizeof count);
    _exit(status);
  }
  if (child > 0 && kill_us) {
    usleep(kill_us);
    kill(child, SIGKILL);
  }
  if (child < 0 || waitpid(child, &state, 0) != child) abort();
  close(ends[1]);
  if (read(ends[0], &count, sizeof count) == (ssize_t)sizeof count && calls)
    *calls = count;
  close(ends[0]);
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* ---- Kills ---- */

static int remove_file(const char *path, const struct stat *about, int kind,
                       struct FTW *place) {
  (void)about;
  (void)kind;
  (void)place;
  return remove(path);
}

/* Goes on with a crawl to its end, and looks whether it is whole. */
static void finish_crawl(const char *directory, uint64_t at) {
  char wrong[512];
  if (run_child(directory, 0, 0, NULL))
    fixture_fail("ended at %llu, it does not go on", (unsigned long long)at);
  size_t count = crawl_agreement_check(directory, wrong, sizeof wrong);
  if (*wrong) fixture_fail("ended at %llu: %s", (unsigned long long)at, wrong);
  if (count != RECORDS)
    fixture_fail("ended at %llu: %zu records, not %d", (unsigned long long)at,
                 count, RECORDS);
}

static void make_directory(char *directory, size_t capacity) {
  snprintf(directory, capacity, "/tmp/lariat-kill-XXXXXX");
  if (!mkdtemp(directory)) abort();
}

static void remove_directory(const char *directory) {
  (void)nftw(directory, remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

static void end_at(uint64_t at) {
  char directory[64];
  make_directory(directory, sizeof directory);
  (void)run_child(directory, at, 0, NULL);
  (void)run_child(directory, 1 + at % 37, 0, NULL); /* soon again */
  finish_crawl(directory, at);
  remove_directory(directory);
}

static uint64_t count_calls(void) {
  char directory[64];
  uint64_t calls = 0;
  make_directory(directory, sizeof directory);
  CU_ASSERT_EQUAL(run_child(directory, 0, 0, &calls), 0);
  finish_crawl(directory, 0); /* which has nothing to do */
  remove_directory(directory);
  return calls;
}

static void test_each_call(void) {
  struct fixture fixture;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  site = site_start(pages, FIXTURE_COUNT(pages), compute_page);
  uint64_t calls = count_calls();
  uint64_t runs = scale_of(calls / 4, argument_count, arguments);
  uint64_t step = runs < calls ? calls / runs : 1;
  CU_ASSERT(calls > 50);
  for (uint64_t at = 1; at <= calls; at += step) end_at(at);
  site_stop(site);
  fixture_close(&fixture);
}

/* Kills from outside, at moments that nobody has chosen. */
static void test_kills(void) {
  struct fixture fixture;
  char directory[64];
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  site = site_start(pages, FIXTURE_COUNT(pages), compute_page);
  uint64_t runs = scale_of(20, argument_count, arguments);
  for (uint64_t i = 0; i < runs; i++) {
    make_directory(directory, sizeof directory);
    for (unsigned k = 0; k < 3; k++)
      (void)run_child(directory, 0,
                      (unsigned)(1000 + (i * 7919 + k * 104729) % 40000), NULL);
    finish_crawl(directory, i);
    remove_directory(directory);
  }
  site_stop(site);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the process ends at each call that writes", test_each_call},
      {"the process is killed", test_kills},
  };
  argument_count = argc;
  arguments = argv;
  return fixture_main("crawl_kill", tests, FIXTURE_COUNT(tests), 0, NULL);
}
