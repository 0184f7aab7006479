/* SPDX-License-Identifier: MIT
 * labels: postgres
 * shared_test.c: processes of `lariat crawl` that share a crawl over a
 * PostgreSQL: one is killed, or stopped for longer than its lease, or the
 * database crashes; in the end each page is in the WARC files and in the tables
 * once.  bench/run crawl-shared does the same for minutes, with cables that are
 * pulled. */
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lariat/crawl/warc_reader.h"
#include "support/fixture.h"
#include "support/postgres.h"
#include "support/program.h"
#include "support/synthweb.h"

enum { PAGES = 300, WORKERS = 3, PATH_ROOM = 512, LONGEST_MS = 60000 };

static const char *const web_options[] = {
    "--pages",      "300",  "--hosts",  "12", "--skew", "1",
    "--page-bytes", "1024", "--gap-ms", "20", NULL};

static struct postgres *database;

struct shared_test {
  struct synthweb web;
  struct program workers[WORKERS];
  char directories[WORKERS][PATH_ROOM];
  unsigned count; /* of workers that were started */
  char schema[32];
};

/* ---- Workers ---- */

static void open_test(struct shared_test *t, const char *schema) {
  memset(t, 0, sizeof *t);
  snprintf(t->schema, sizeof t->schema, "%s", schema);
  synthweb_start(&t->web, web_options);
}

/* Starts one in a directory of its own, or again in that. */
static void start_worker(struct shared_test *t, unsigned number) {
  struct program *worker = &t->workers[number];
  if (number == t->count) {
    program_open(worker, LARIAT_PROGRAM);
    (void)program_file(worker, "crawl", t->directories[number], PATH_ROOM);
    t->count++;
  }
  program_start(worker, (const char *const[]){"crawl",
                                              "-q",
                                              "--frontier",
                                              database->connection,
                                              "--crawl-name",
                                              t->schema,
                                              "--lease",
                                              "1s",
                                              "--scope",
                                              "any",
                                              "--delay",
                                              "0.02",
                                              "--allow-net",
                                              "127.0.0.0/8",
                                              "-r",
                                              "1",
                                              "-c",
                                              "8",
                                              t->directories[number],
                                              t->web.first,
                                              NULL});
}

/* Kills it, or lets it come to its end. */
static void kill_worker(struct shared_test *t, unsigned number) {
  kill(t->workers[number].pid, SIGKILL);
  program_wait(&t->workers[number], LONGEST_MS);
}

static void finish_worker(struct shared_test *t, unsigned number) {
  struct program *worker = &t->workers[number];
  program_wait(worker, LONGEST_MS);
  if (worker->code != 0)
    fixture_fail("worker %u: exit code %d: %s", number, worker->code,
                 worker->err);
}

/* Waits until so many pages were fetched, by whomever. */
static void wait_for_pages(struct shared_test *t, int64_t wanted) {
  uint64_t until_ms = fixture_real_ms() + LONGEST_MS;
  do {
    usleep(2000);
    synthweb_report(&t->web);
  } while (synthweb_of_kind(&t->web, "page", "fetched") < wanted &&
           fixture_real_ms() < until_ms);
  CU_ASSERT(synthweb_of_kind(&t->web, "page", "fetched") >= wanted);
}

static int remove_entry(const char *path, const struct stat *about, int kind,
                        struct FTW *place) {
  (void)about;
  (void)kind;
  (void)place;
  return remove(path);
}

static void close_test(struct shared_test *t) {
  for (unsigned i = 0; i < t->count; i++) {
    (void)nftw(t->directories[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    program_close(&t->workers[i]);
  }
  synthweb_close(&t->web);
}

/* ---- What is there at the end ---- */

/* URLs of the pages that the files have. */
struct archive {
  char *urls[4 * PAGES];
  size_t count;
};

static bool is_page(const char *url) {
  return strstr(url, "/robots.txt") == NULL &&
         strstr(url, "/sitemap.xml") == NULL;
}

static void read_file(struct archive *archive, const char *path) {
  lariat_crawl_warc_file *file;
  lariat_crawl_warc_event event;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_file_open(path, 0, &file), LARIAT_OK);
  lariat_crawl_warc_reader *reader = lariat_crawl_warc_file_reader(file);
  while ((event = lariat_crawl_warc_file_next(file)) !=
             LARIAT_CRAWL_WARC_DONE &&
         event != LARIAT_CRAWL_WARC_FAILED) {
    lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(reader);
    const char *url = lariat_crawl_warc_reader_url(reader);
    if (event == LARIAT_CRAWL_WARC_FAULT)
      fixture_fail("%s: %s", path,
                   lariat_crawl_warc_reader_fault(reader)->message);
    if (event == LARIAT_CRAWL_WARC_RECORD && is_page(url) &&
        (type == LARIAT_CRAWL_WARC_RESPONSE ||
         type == LARIAT_CRAWL_WARC_REVISIT) &&
        archive->count < FIXTURE_COUNT(archive->urls))
      archive->urls[archive->count++] = strdup(url);
  }
  CU_ASSERT_EQUAL(event, LARIAT_CRAWL_WARC_DONE);
  lariat_crawl_warc_file_close(file);
}

static void read_files(struct archive *archive, const char *directory) {
  char path[2 * PATH_ROOM];
  struct dirent *entry;
  snprintf(path, sizeof path, "%s/warc", directory);
  DIR *files = opendir(path);
  while (files && (entry = readdir(files))) {
    snprintf(path, sizeof path, "%s/warc/%s", directory, entry->d_name);
    if (strstr(entry->d_name, ".warc")) read_file(archive, path);
  }
  if (files) closedir(files);
}

static int compare(const void *one, const void *other) {
  return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Each page is in the files once. */
static void check_files(const struct shared_test *t) {
  struct archive archive = {.count = 0};
  unsigned twice = 0;
  for (unsigned i = 0; i < t->count; i++)
    read_files(&archive, t->directories[i]);
  qsort(archive.urls, archive.count, sizeof *archive.urls, compare);
  for (size_t i = 1; i < archive.count; i++)
    twice += strcmp(archive.urls[i], archive.urls[i - 1]) == 0;
  CU_ASSERT_EQUAL(twice, 0);
  CU_ASSERT_EQUAL(archive.count, PAGES);
  for (size_t i = 0; i < archive.count; i++) free(archive.urls[i]);
}

static int64_t ask(const struct shared_test *t, const char *sql) {
  return postgres_ask(database, t->schema, sql);
}

/* And in the tables, where nothing is left to do. */
static void check_tables(const struct shared_test *t) {
  CU_ASSERT_EQUAL(ask(t, "select count(*) from todo"), 0);
  CU_ASSERT_EQUAL(ask(t, "select count(*) from queue where owner is not null"),
                  0);
  CU_ASSERT_EQUAL(ask(t, "select count(*) from outcome where kind <= 3"
                         " and url in (select id from url where url"
                         " like '%/p/%')"),
                  PAGES);
  CU_ASSERT_EQUAL(ask(t, "select count(distinct url) from outcome where"
                         " kind <= 3 and url in (select id from url where url"
                         " like '%/p/%')"),
                  PAGES);
}

static void check_all(struct shared_test *t) {
  synthweb_end(&t->web);
  CU_ASSERT_EQUAL(synthweb_of_kind(&t->web, "page", "missing"), 0);
  check_files(t);
  check_tables(t);
}

static void check_politeness(const struct shared_test *t) {
  CU_ASSERT_EQUAL(synthweb_total(&t->web, "short_gaps"), 0);
  CU_ASSERT_EQUAL(synthweb_total(&t->web, "in_flight_max"), 1);
}

/* ---- Tests ---- */

static void two_workers_share_a_crawl(void) {
  struct shared_test t;
  open_test(&t, "two");
  start_worker(&t, 0);
  start_worker(&t, 1);
  finish_worker(&t, 0);
  finish_worker(&t, 1);
  check_all(&t);
  CU_ASSERT_EQUAL(synthweb_of_kind(&t.web, "page", "again"), 0);
  check_politeness(&t);
  close_test(&t);
}

/* What it had in flight, and had not committed, is asked for again. */
static void a_worker_is_killed_and_goes_on(void) {
  struct shared_test t;
  open_test(&t, "killed");
  start_worker(&t, 0);
  start_worker(&t, 1);
  for (int i = 1; i <= 3; i++) {
    wait_for_pages(&t, 50L * i);
    kill_worker(&t, 0);
    start_worker(&t, 0);
  }
  finish_worker(&t, 0);
  finish_worker(&t, 1);
  check_all(&t);
  check_politeness(&t);
  close_test(&t);
}

/* Its file ends where its last commit was, once it is repaired. */
static void a_worker_is_gone_and_another_joins(void) {
  struct shared_test t;
  struct program repair;
  open_test(&t, "gone");
  start_worker(&t, 0);
  start_worker(&t, 1);
  wait_for_pages(&t, 100);
  kill_worker(&t, 0);
  start_worker(&t, 2);
  finish_worker(&t, 1);
  finish_worker(&t, 2);
  program_open(&repair, LARIAT_PROGRAM);
  program_run(&repair,
              (const char *const[]){"crawl", "repair", t.directories[0], NULL});
  CU_ASSERT_EQUAL(repair.code, 0);
  program_close(&repair);
  check_all(&t);
  check_politeness(&t);
  close_test(&t);
}

/* The other one has its sites meanwhile: what it did is cut off again. */
static void a_worker_is_stopped_past_its_lease(void) {
  struct shared_test t;
  open_test(&t, "stopped");
  start_worker(&t, 0);
  start_worker(&t, 1);
  wait_for_pages(&t, 100);
  kill(t.workers[0].pid, SIGSTOP);
  finish_worker(&t, 1);
  kill(t.workers[0].pid, SIGCONT);
  finish_worker(&t, 0);
  check_all(&t);
  close_test(&t);
}

/* Whoever has started it may do so again: nothing is wrong with the options. */
static void there_is_no_database(void) {
  struct program worker;
  char directory[PATH_ROOM];
  program_open(&worker, LARIAT_PROGRAM);
  (void)program_file(&worker, "crawl", directory, sizeof directory);
  program_run(&worker,
              (const char *const[]){"crawl", "--frontier",
                                    "postgres:///crawl?host=/nonexistent",
                                    directory, "http://127.0.0.1:1/", NULL});
  if (worker.code != 75)
    fixture_fail("exit code %d: %s", worker.code, worker.err);
  (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  program_close(&worker);
}

static void the_database_crashes(void) {
  struct shared_test t;
  open_test(&t, "crash");
  start_worker(&t, 0);
  start_worker(&t, 1);
  for (int i = 1; i <= 2; i++) {
    wait_for_pages(&t, 70L * i);
    postgres_crash(database);
    CU_ASSERT_FATAL(postgres_revive(database));
  }
  finish_worker(&t, 0);
  finish_worker(&t, 1);
  check_all(&t);
  check_politeness(&t);
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"two workers share a crawl", two_workers_share_a_crawl},
      {"a worker is killed, and goes on", a_worker_is_killed_and_goes_on},
      {"a worker is gone, another joins", a_worker_is_gone_and_another_joins},
      {"a worker is stopped past its lease",
       a_worker_is_stopped_past_its_lease},
      {"there is no database", there_is_no_database},
      {"the database crashes", the_database_crashes},
  };
  if (!postgres_is_here()) {
    printf("crawl_shared: skipped: there is no PostgreSQL server\n");
    return 0;
  }
  database = postgres_start();
  if (!database) return 1;
  int code =
      fixture_main("crawl_shared", tests, FIXTURE_COUNT(tests), argc, argv);
  postgres_stop(database);
  return code;
}
