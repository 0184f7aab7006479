/* SPDX-License-Identifier: MIT
 * Where `lariat load` has its requests from: lists, JSON lines, HAR files,
 * access logs; and what is said of files that are not what they should be. */
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "program/load/load_support.h"
#include <lariat/load/version.h>

static struct load_test t;

static void write_file(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void write_file(const char *name, const char *format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  program_write(&t.program, name, text, (size_t)length);
}

static void expect_outcomes(unsigned answered, unsigned failed) {
  json_t *json = load_json(&t, "out");
  CU_ASSERT_EQUAL(load_number(json, "outcomes", "answered"), answered);
  CU_ASSERT_EQUAL(load_number(json, "outcomes", "status"), failed);
  json_decref(json);
}

/* One after the other, again and again; options are for those that say nothing
 * else. */
static void lists(void) {
  unsigned port;
  load_open(&t);
  port = origin_port(t.origin);
  write_file("list",
             "# a comment\n"
             "http://127.0.0.1:%u/page\n"
             "http://127.0.0.1:%u/status/404 3\n"
             "{\"url\": \"http://127.0.0.1:%u/echo\", \"method\": \"PUT\"}\n",
             port, port, port);
  LOAD_RUN(&t, "-i", "list", "--in-order", "-n", "9", "-c", "1", "-q", "--json",
           "out");
  expect_outcomes(6, 3);
  CU_ASSERT_EQUAL(
      LOAD_RUN(&t, "-i", "list", "--in-order", "--plan", "-H", "X-Mine: yes"),
      0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "2  PUT http://127.0.0.1:"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "> X-Mine: yes\n"));
  load_close(&t);
}

/* Runs with a list on standard input that comes through a pipe. */
static void run_piped(const char *list, const char *const *arguments) {
  int ends[2];
  size_t length = strlen(list);
  if (pipe2(ends, O_CLOEXEC) != 0 ||
      write(ends[1], list, length) != (ssize_t)length)
    abort();
  close(ends[1]);
  t.program.input = ends[0];
  program_run(&t.program, arguments);
  close(ends[0]);
}

/* A file is a list, which is begun again; of a pipe each request is sent once.
 */
static void standard_input(void) {
  char list[400];
  load_open(&t);
  (void)load_url(&t, "/page");
  int length = snprintf(list, sizeof list, "%s\n%s\n%s\n", t.url, t.url, t.url);
  program_write(&t.program, "list", list, (size_t)length);
  char path[PROGRAM_PATH_ROOM + 10];
  int file = open(program_file(&t.program, "list", path, sizeof path),
                  O_RDONLY | O_CLOEXEC);
  t.program.input = file;
  LOAD_RUN(&t, "-i", "-", "-n", "7", "-c", "1", "-q", "--json", "out");
  close(file);
  expect_outcomes(7, 0);
  run_piped(list, LOAD_ARGUMENTS("-i", "-", "-c", "1", "-q", "--json", "out"));
  expect_outcomes(3, 0);
  run_piped("nonsense\n", LOAD_ARGUMENTS("-i", "-", "-q"));
  CU_ASSERT_EQUAL(t.program.code, 2);
  program_said(&t.program, "the requests of the pipe: ");
  load_close(&t);
}

/* A row for each request, in order. */
static void variables(void) {
  load_open(&t);
  write_file("vars", "page,id\npage,1\nstatus/404,2\n");
  LOAD_RUN(&t, "--vars", "vars", "-n", "4", "-c", "1", "-q", "--json", "out",
           load_url(&t, "/{{page}}?id={{id}}"));
  expect_outcomes(2, 2);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "--vars", "vars", "--plan", t.url), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "/status/404?id=2\n"));
  load_close(&t);
}

/* The hosts that are named, and no others. */
static void archives(void) {
  load_open(&t);
  unsigned port = origin_port(t.origin);
  write_file("har",
             "{\"log\": {\"version\": \"1.2\", \"entries\": ["
             "{\"startedDateTime\": \"2026-11-30T12:00:00.000Z\", \"request\": "
             "{\"method\": \"GET\", \"url\": \"http://127.0.0.1:%u/page\", "
             "\"headers\": []}},"
             "{\"startedDateTime\": \"2026-11-30T12:00:00.100Z\", \"request\": "
             "{\"method\": \"GET\", \"url\": \"http://elsewhere.test/\", "
             "\"headers\": []}}]}}",
             port);
  LOAD_RUN(&t, "--har", "har", "--hosts", "127.0.0.1", "-n", "3", "-c", "1",
           "--json", "out");
  program_said(&t.program, "har: 1 left out: they are for other hosts");
  expect_outcomes(3, 0);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "--har", "har"), 2);
  program_said(&t.program, "--har needs --hosts");
  CU_ASSERT_EQUAL(
      LOAD_RUN(&t, "--har", "har", "--hosts", "nobody.test", "-n", "1"), 2);
  load_close(&t);
}

/* Each line once; a POST is left out. */
static void logs(void) {
  load_open(&t);
  write_file("log",
             "192.0.2.1 - - [30/Nov/2026:12:00:00 +0000] \"GET /page HTTP/1.1\""
             " 200 10\n"
             "192.0.2.1 - - [30/Nov/2026:12:00:00 +0000] \"POST /page "
             "HTTP/1.1\" 200 10\n"
             "192.0.2.2 - - [30/Nov/2026:12:00:01 +0000] \"GET /status/404 "
             "HTTP/1.1\" 404 10\n");
  LOAD_RUN(&t, "--replay", "log", "--to", load_url(&t, "/"), "--speed", "10",
           "-c", "2", "--json", "out");
  program_said(&t.program, "log: 1 left out: they have other methods");
  expect_outcomes(1, 1);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 2);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "--replay", "log"), 2);
  program_said(&t.program, "--replay needs --to URL");
  load_close(&t);
}

static void expect_usage(const char *const *arguments, const char *said) {
  program_run(&t.program, arguments);
  CU_ASSERT_EQUAL(t.program.code, 2);
  program_said(&t.program, said);
}

static void what_is_no_list(void) {
  load_open(&t);
  write_file("bad", "http://127.0.0.1:1/\nhttp://\n");
  write_file("empty", "\n");
  expect_usage(LOAD_ARGUMENTS("-i", "bad"), "bad: line 2: ");
  expect_usage(LOAD_ARGUMENTS("-i", "empty"), "empty: ");
  expect_usage(LOAD_ARGUMENTS("-i", "nowhere"), "cannot read nowhere: ");
  expect_usage(LOAD_ARGUMENTS("bad"), "bad is a file: did you mean -i bad?");
  expect_usage(LOAD_ARGUMENTS("-i", "bad", "http://h/"), "in one way");
  expect_usage(LOAD_ARGUMENTS("--hosts", "a", "http://h/"), "for a --har");
  expect_usage(LOAD_ARGUMENTS("--to", "http://h/", "http://h/"),
               "for --replay");
  expect_usage(LOAD_ARGUMENTS("--speed", "2", "http://h/"), "--speed is for");
  expect_usage(
      LOAD_ARGUMENTS("--replay", "x", "--to", "http://h/", "--rate", "1"),
      "instants of their own");
  expect_usage(LOAD_ARGUMENTS("-i", "-", "--data", "@-"),
               "standard input cannot");
  load_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lists", lists},         {"standard input", standard_input},
      {"variables", variables}, {"archives", archives},
      {"logs", logs},           {"what is no list", what_is_no_list},
  };
  return fixture_main("load input", tests, FIXTURE_COUNT(tests), argc, argv);
}
