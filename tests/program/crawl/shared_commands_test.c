/* SPDX-License-Identifier: MIT
 * labels: postgres
 * shared_commands_test.c: the commands of `lariat crawl` that ask the database
 * of a shared crawl, and what they say when that cannot be. */
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/postgres.h"
#include "support/program.h"
#include "support/synthweb.h"

#define ARGUMENTS(...) ((const char *const[]){"crawl", __VA_ARGS__, NULL})

static struct postgres *database;

static const char *const web_options[] = {
    "--pages", "40",           "--hosts", "4", "--skew",
    "1",       "--page-bytes", "512",     NULL};

struct commands {
  struct synthweb web;
  struct program p;
  char directory[512];
};

static int remove_entry(const char *path, const struct stat *about, int kind,
                        struct FTW *place) {
  (void)about, (void)kind, (void)place;
  return remove(path);
}

static void open_test(struct commands *t) {
  synthweb_start(&t->web, web_options);
  program_open(&t->p, LARIAT_PROGRAM);
  (void)program_file(&t->p, "worker", t->directory, sizeof t->directory);
}

static void close_test(struct commands *t) {
  (void)nftw(t->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  program_close(&t->p);
  synthweb_close(&t->web);
}

/* Runs a worker to its end. */
static void crawl(struct commands *t, const char *name) {
  program_run(&t->p, ARGUMENTS("-q", "--frontier", database->connection,
                               "--crawl-name", name, "--delay", "0", "--scope",
                               "any", "--allow-net", "127.0.0.0/8", "-r", "1",
                               t->directory, t->web.first));
  if (t->p.code != 0) fixture_fail("exit code %d: %s", t->p.code, t->p.err);
}

/* Runs a command about a crawl; returns its exit code. */
static int ask(struct commands *t, const char *command, const char *name) {
  program_run(&t->p, ARGUMENTS(command, "--frontier", database->connection,
                               "--crawl-name", name));
  return t->p.code;
}

static void expect_said(const char *text, const char *part) {
  if (!strstr(text, part)) fixture_fail("\"%s\" is not in: %s", part, text);
}

static json_int_t number_of(const json_t *object, const char *name) {
  return json_integer_value(json_object_get(object, name));
}

static void status_of_all_workers(void) {
  struct commands t;
  open_test(&t);
  crawl(&t, "status");
  CU_ASSERT_EQUAL(ask(&t, "status", "status"), 0);
  expect_said(t.p.out, "done\n");
  expect_said(t.p.out, "worker 1");
  program_run(&t.p, ARGUMENTS("status", "--json", "--frontier",
                              database->connection, "--crawl-name", "status"));
  json_t *status = json_loads(t.p.out, 0, NULL);
  CU_ASSERT_PTR_NOT_NULL(status);
  CU_ASSERT(number_of(status, "pages") >= 40);
  CU_ASSERT_EQUAL(number_of(status, "queued"), 0);
  CU_ASSERT_TRUE(json_is_true(json_object_get(status, "is_over")));
  CU_ASSERT_EQUAL(json_array_size(json_object_get(status, "each")), 1);
  json_decref(status);
  close_test(&t);
}

static void why_from_anywhere(void) {
  struct commands t;
  open_test(&t);
  crawl(&t, "why");
  program_run(&t.p,
              ARGUMENTS("why", "--json", "--frontier", database->connection,
                        "--crawl-name", "why", t.web.first));
  CU_ASSERT_EQUAL(t.p.code, 0);
  expect_said(t.p.out, "\"state\":\"done\"");
  expect_said(t.p.out, "\"place\":{\"site\":");
  program_run(&t.p, ARGUMENTS("why", "--frontier", database->connection,
                              "--crawl-name", "why", "site", t.web.first));
  CU_ASSERT_EQUAL(t.p.code, 2);
  close_test(&t);
}

/* A worker that comes to a crawl which was stopped ends at once, until it is
 * resumed. */
static void orders_outlive_workers(void) {
  struct commands t;
  open_test(&t);
  crawl(&t, "orders");
  CU_ASSERT_EQUAL(ask(&t, "pause", "orders"), 0);
  CU_ASSERT_EQUAL(ask(&t, "stop", "orders"), 0);
  CU_ASSERT_EQUAL(ask(&t, "status", "orders"), 0);
  expect_said(t.p.out, "stopped\n");
  CU_ASSERT_EQUAL(ask(&t, "resume", "orders"), 0);
  CU_ASSERT_EQUAL(ask(&t, "status", "orders"), 0);
  expect_said(t.p.out, "done\n");
  close_test(&t);
}

/* Without -q, a worker that meets an order says how that is ended. */
static void what_ends_an_order(void) {
  struct commands t;
  open_test(&t);
  crawl(&t, "ends");
  CU_ASSERT_EQUAL(ask(&t, "stop", "ends"), 0);
  program_run(&t.p, ARGUMENTS("--frontier", database->connection,
                              "--crawl-name", "ends", "--allow-net",
                              "127.0.0.0/8", "-r", "1", t.directory));
  CU_ASSERT_EQUAL(t.p.code, 130);
  expect_said(t.p.err, "This worker: pages 0, failed 0, ");
  expect_said(t.p.err, "All workers: pages 41, failed 0, ");
  expect_said(t.p.err, "lariat crawl resume --frontier ");
  expect_said(t.p.err, "--crawl-name ends\n");
  close_test(&t);
}

/* The sums at the end have what the last commit brought. */
static void sums_at_the_end(void) {
  struct commands t;
  open_test(&t);
  program_run(&t.p, ARGUMENTS("--frontier", database->connection,
                              "--crawl-name", "sums", "--delay", "0", "--scope",
                              "any", "--allow-net", "127.0.0.0/8", "-r", "1",
                              "--max-pages", "7", t.directory, t.web.first));
  CU_ASSERT_EQUAL(t.p.code, 3);
  const char *all = strstr(t.p.err, "All workers: pages ");
  CU_ASSERT_PTR_NOT_NULL_FATAL(all);
  long pages = strtol(all + strlen("All workers: pages "), NULL, 10);
  CU_ASSERT_EQUAL(postgres_ask(database, "sums",
                               "select count(*) from outcome where kind in"
                               " (1, 2)"),
                  pages);
  close_test(&t);
}

/* Asked of a directory, the commands find its crawl. */
static void status_of_a_directory(void) {
  struct commands t;
  open_test(&t);
  crawl(&t, "place");
  program_run(&t.p, ARGUMENTS("status", t.directory));
  CU_ASSERT_EQUAL(t.p.code, 0);
  expect_said(t.p.out, "done\n");
  program_run(&t.p, ARGUMENTS("why", t.directory, t.web.first));
  CU_ASSERT_EQUAL(t.p.code, 0);
  close_test(&t);
}

/* A directory of a worker makes no crawl: the one that it was of is gone. */
static void directory_of_another_crawl(void) {
  struct commands t;
  open_test(&t);
  crawl(&t, "gone");
  (void)postgres_ask(
      database, "gone",
      "set client_min_messages = warning; drop schema gone cascade");
  program_run(&t.p,
              ARGUMENTS("-q", "--frontier", database->connection,
                        "--crawl-name", "gone", t.directory, t.web.first));
  CU_ASSERT_NOT_EQUAL(t.p.code, 0);
  expect_said(t.p.err, "begin in a new directory");
  CU_ASSERT_NOT_EQUAL(ask(&t, "status", "gone"), 0);
  close_test(&t);
}

static void repair_of_a_directory(void) {
  struct commands t;
  open_test(&t);
  crawl(&t, "repair");
  program_run(&t.p, ARGUMENTS("repair", t.directory));
  CU_ASSERT_EQUAL(t.p.code, 0);
  CU_ASSERT_STRING_EQUAL(t.p.err, "");
  CU_ASSERT_STRING_EQUAL(t.p.out, "nothing was to be done\n");
  program_run(&t.p, ARGUMENTS("repair", "--crawl-name", "other", t.directory));
  CU_ASSERT_EQUAL(t.p.code, 1);
  expect_said(t.p.err, "not of \"other\"");
  program_run(&t.p, ARGUMENTS("repair", "/nowhere"));
  CU_ASSERT_EQUAL(t.p.code, 1);
  expect_said(t.p.err, "no worker's of a shared crawl");
  close_test(&t);
}

/* A file that grows, and of which the database knows nothing. */
static void repair_says_what_it_did(void) {
  struct commands t;
  char path[640];
  open_test(&t);
  crawl(&t, "stray");
  snprintf(path, sizeof path, "%s/warc/stray.warc.gz.open", t.directory);
  FILE *file = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  (void)fclose(file);
  program_run(&t.p, ARGUMENTS("repair", t.directory));
  CU_ASSERT_EQUAL(t.p.code, 0);
  CU_ASSERT_STRING_EQUAL(
      t.p.out, "stray.warc.gz.open: removed, nothing of it was committed\n");
  close_test(&t);
}

/* Whatever is wrong, the password is in no message. */
static void secrets_are_not_said(void) {
  static const char *const connections[] = {
      "postgres://me:pa55word@/crawl?host=/nowhere",
      "host=/nowhere user=me password=pa55word",
      "postgres://me:pa55word@[::", "password=pa55word password"};
  struct commands t;
  open_test(&t);
  for (size_t i = 0; i < sizeof connections / sizeof *connections; i++) {
    program_run(&t.p, ARGUMENTS("status", "--frontier", connections[i]));
    CU_ASSERT_NOT_EQUAL(t.p.code, 0);
    CU_ASSERT_PTR_NULL(strstr(t.p.err, "pa55"));
    CU_ASSERT_PTR_NULL(strstr(t.p.out, "pa55"));
  }
  close_test(&t);
}

/* ---- What a worker's directory keeps ---- */

/* Starts a worker, and kills it once it is one. */
static void kill_worker(struct commands *t) {
  char file[600];
  snprintf(file, sizeof file, "%s/worker", t->directory);
  program_start(&t->p,
                ARGUMENTS("--frontier", database->connection, "--crawl-name",
                          "kept", "--lease", "30", "--delay", "0.05", "--scope",
                          "any", "--allow-net", "127.0.0.0/8", "--max-pages",
                          "1000", "-r", "1", t->directory, t->web.first));
  for (int i = 0; i < 20000 && access(file, F_OK) != 0; i++) usleep(1000);
  (void)kill(t->p.pid, SIGKILL);
  program_wait(&t->p, 20000);
  struct stat about = {.st_mode = 0};
  CU_ASSERT_EQUAL(stat(file, &about), 0);
  CU_ASSERT_EQUAL(about.st_mode & 0777, 0600);
}

static void expect_pages(struct commands *t, const char *name, int pages) {
  program_run(&t->p, ARGUMENTS("status", "--json", "--frontier",
                               database->connection, "--crawl-name", name));
  json_t *status = json_loads(t->p.out, 0, NULL);
  CU_ASSERT(number_of(status, "pages") >= pages);
  CU_ASSERT_EQUAL(number_of(status, "failed"), 0);
  json_decref(status);
}

/* Without --allow-net no host would be asked. */
static void options_of_a_killed_worker(void) {
  struct commands t;
  open_test(&t);
  kill_worker(&t);
  program_run(&t.p, ARGUMENTS("--delay", "0", t.directory));
  CU_ASSERT_EQUAL(t.p.code, 0);
  expect_said(t.p.err, "as in the last run: --lease 30, --scope any, "
                       "--allow-net 127.0.0.0/8, --max-pages 1000 (--forget");
  expect_said(t.p.err, "--delay 0 (it was --delay 0.05)");
  expect_pages(&t, "kept", 40);
  program_run(&t.p, ARGUMENTS(t.directory));
  expect_said(t.p.err, "--max-pages 1000, --delay 0 (--forget drops them)");
  expect_said(t.p.err, "nothing was left to do\n");
  program_run(&t.p, ARGUMENTS("--forget", t.directory));
  CU_ASSERT_PTR_NULL(strstr(t.p.err, "last run"));
  program_run(&t.p, ARGUMENTS("--lease", "20", t.directory));
  CU_ASSERT_PTR_NULL(strstr(t.p.err, "--max-pages"));
  CU_ASSERT_EQUAL(t.p.code, 0);
  close_test(&t);
}

/* ---- What cannot be ---- */

static void what_is_not_there(void) {
  struct commands t;
  open_test(&t);
  program_run(&t.p, ARGUMENTS("status", "--frontier", "nonsense"));
  CU_ASSERT_EQUAL(t.p.code, 2);
  expect_said(t.p.err, "not a URL: postgres://USER@HOST[:PORT]/DATABASE");
  program_run(&t.p,
              ARGUMENTS("--frontier", "nonsense", t.directory, t.web.first));
  CU_ASSERT_EQUAL(t.p.code, 2);
  CU_ASSERT_EQUAL(ask(&t, "status", "absent"), 1);
  expect_said(t.p.err, "absent");
  program_run(&t.p, ARGUMENTS("-q", "--frontier", database->connection,
                              "--crawl-name", "absent", t.directory));
  CU_ASSERT_NOT_EQUAL(t.p.code, 0);
  program_run(&t.p, ARGUMENTS("status", "--frontier", database->connection,
                              t.directory));
  CU_ASSERT_EQUAL(t.p.code, 2);
  expect_said(t.p.err, "there is no DIR");
  program_run(&t.p, ARGUMENTS("--frontier", database->connection, "--since",
                              "x", t.directory, t.web.first));
  CU_ASSERT_EQUAL(t.p.code, 2);
  expect_said(t.p.err, "--since cannot be had over many workers");
  program_run(&t.p, ARGUMENTS("--lease", "5", t.directory, t.web.first));
  CU_ASSERT_EQUAL(t.p.code, 2);
  expect_said(t.p.err, "--lease is of a crawl with --frontier");
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"status of all workers", status_of_all_workers},
      {"why, from anywhere", why_from_anywhere},
      {"orders outlive workers", orders_outlive_workers},
      {"what ends an order", what_ends_an_order},
      {"sums at the end", sums_at_the_end},
      {"status of a directory", status_of_a_directory},
      {"directory of another crawl", directory_of_another_crawl},
      {"repair of a directory", repair_of_a_directory},
      {"repair says what it did", repair_says_what_it_did},
      {"secrets are not said", secrets_are_not_said},
      {"options of a killed worker", options_of_a_killed_worker},
      {"what is not there", what_is_not_there},
  };
  if (!postgres_is_here()) {
    printf("crawl_shared_commands: skipped: there is no PostgreSQL server\n");
    return 0;
  }
  database = postgres_start();
  if (!database) return 1;
  int code = fixture_main("crawl_shared_commands", tests, FIXTURE_COUNT(tests),
                          argc, argv);
  postgres_stop(database);
  return code;
}
