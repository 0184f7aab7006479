/* SPDX-License-Identifier: MIT
 * schema_test.c: which databases are taken, and what becomes of one of an
 * earlier version. */
#include "crawl/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"

static struct fixture fixture;
static char path[64];
static sqlite3 *database;
static lr_crawl_fault fault;

static void open_database(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  snprintf(path, sizeof path, "/tmp/lariat-schema-XXXXXX");
  int file = mkstemp(path);
  if (file < 0) abort();
  close(file);
  CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &database), SQLITE_OK);
}

static void close_database(void) {
  sqlite3_close(database);
  unlink(path);
  fixture_close(&fixture);
}

static void run(const char *text) {
  if (sqlite3_exec(database, text, NULL, NULL, NULL))
    fixture_fail("%s", sqlite3_errmsg(database));
}

static int read_number(void *number, int count, char **values, char **names) {
  (void)names;
  *(int *)number = count && values[0] ? (int)strtol(values[0], NULL, 10) : -1;
  return 0;
}

static int ask(const char *text) {
  int number = -1;
  if (sqlite3_exec(database, text, read_number, &number, NULL))
    fixture_fail("%s", sqlite3_errmsg(database));
  return number;
}

static void expect(lariat_status expected, const char *in_message) {
  fault = (lr_crawl_fault){0};
  CU_ASSERT_EQUAL(
      lr_crawl_schema_upgrade(database, path, LR_CRAWL_SCHEMA_VERSION, &fault),
      expected);
  if (!strstr(fault.message, in_message)) fixture_fail("%s", fault.message);
}

static void test_new(void) {
  open_database();
  expect(LARIAT_OK, "");
  CU_ASSERT_EQUAL(ask("pragma user_version"), LR_CRAWL_SCHEMA_VERSION);
  CU_ASSERT_EQUAL(ask("pragma application_id"), LR_CRAWL_APPLICATION_ID);
  CU_ASSERT_EQUAL(lr_crawl_schema_check(database, path, &fault), LARIAT_OK);
  expect(LARIAT_OK, "");
  close_database();
}

/* A database of version 1, with a host, a URL and its outcome. */
static void test_earlier_version(void) {
  open_database();
  CU_ASSERT_EQUAL(lr_crawl_schema_upgrade(database, path, 1, &fault),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(ask("pragma user_version"), 1);
  run("insert into host values(1, 'http://x:80', 'http://x');"
      "insert into url values(1, 1, null, 77, 0, 4, '-', 0, '/a');"
      "insert into outcome(url, kind, status, bytes) values(1, 1, 200, 700)");
  CU_ASSERT_EQUAL(lr_crawl_schema_check(database, path, &fault),
                  LARIAT_EFORMAT);
  CU_ASSERT_PTR_NOT_NULL(strstr(fault.message, "older lariat"));
  expect(LARIAT_OK, "");
  CU_ASSERT_EQUAL(ask("pragma user_version"), LR_CRAWL_SCHEMA_VERSION);
  CU_ASSERT_EQUAL(ask("select fingerprint from url"), 77);
  CU_ASSERT_EQUAL(ask("select count(*) from page where url = 'http://x/a'"), 1);
  CU_ASSERT_EQUAL(ask("select count(*) from host where ip is null"), 1);
  CU_ASSERT_EQUAL(ask("select value from counter"), 700); /* of bodies */
  close_database();
}

/* One of version 2 has robots.txt as they are. */
static void test_version_2(void) {
  open_database();
  CU_ASSERT_EQUAL(lr_crawl_schema_upgrade(database, path, 2, &fault),
                  LARIAT_OK);
  run("insert into robots values(1, 2, 3, 200, cast('Allow: /' as blob));"
      "insert into robots values(2, 2, 3, 404, null)");
  expect(LARIAT_OK, "");
  CU_ASSERT_EQUAL(ask("select length from robots where host = 1"), 8);
  CU_ASSERT_EQUAL(ask("select count(*) from robots where length is null"), 1);
  close_database();
}

static void test_newer_version(void) {
  open_database();
  expect(LARIAT_OK, "");
  run("pragma user_version = 99");
  expect(LARIAT_EFORMAT, "newer lariat");
  CU_ASSERT_EQUAL(lr_crawl_schema_check(database, path, &fault),
                  LARIAT_EFORMAT);
  CU_ASSERT_EQUAL(ask("pragma user_version"), 99);
  close_database();
}

static void test_other_programs(void) {
  open_database();
  run("create table bookmark(url text)");
  expect(LARIAT_EFORMAT, "another program");
  CU_ASSERT_EQUAL(ask("select count(*) from sqlite_schema"), 1);
  close_database();
  open_database();
  run("pragma application_id = 12345");
  expect(LARIAT_EFORMAT, "another program");
  close_database();
}

static void test_no_database(void) {
  open_database();
  FILE *file = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  for (int i = 0; i < 1000; i++) fputs("This is no database. ", file);
  fclose(file);
  expect(LARIAT_EFORMAT, "is not a database");
  close_database();
}

static void test_empty_is_no_crawl(void) {
  open_database();
  CU_ASSERT_EQUAL(lr_crawl_schema_check(database, path, &fault),
                  LARIAT_EFORMAT);
  CU_ASSERT_PTR_NOT_NULL(strstr(fault.message, "no crawl"));
  close_database();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a new database", test_new},
      {"one of an earlier version is brought up to date", test_earlier_version},
      {"robots.txt of version 2", test_version_2},
      {"one of a newer version is refused", test_newer_version},
      {"another program's is refused", test_other_programs},
      {"what is no database is refused", test_no_database},
      {"an empty one is no crawl to read", test_empty_is_no_crawl},
  };
  return fixture_main("schema", tests, FIXTURE_COUNT(tests), argc, argv);
}
