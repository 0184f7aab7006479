/* SPDX-License-Identifier: MIT
 * --cookie and --cookie-jar: cookies of arguments, files and answers are sent
 * where they belong, and kept in a file that is whole. */
#include <sys/stat.h>
#include <unistd.h>

#include "program/fetch/fetch_support.h"
#include "support/origin.h"

static struct origin *origin;
static struct fetch_run *run;

static void add_scripts(void) {
  static const struct origin_step set[] = {
      {ORIGIN_SEND,
       "HTTP/1.1 302 Found\r\nSet-Cookie: s=2; Max-Age=1000\r\n"
       "Set-Cookie: t=3; HttpOnly\r\nLocation: /echo\r\n"
       "Content-Length: 0\r\n\r\n",
       0, 0},
      {ORIGIN_END, NULL, 0, 0}};
  if (!origin || !origin_script(origin, "/set", set)) abort();
}

static void begin(void) {
  struct origin_options options = {.address = "127.0.0.0/8"};
  origin = origin_start(&options);
  run = fetch_open();
  add_scripts();
}

static void end(void) {
  fetch_close(run);
  origin_stop(origin);
}

static void add_url(const char *host, const char *path) {
  fetch_line(run, "http://%s:%u%s", host, origin_port(origin), path);
}

/* Expects a header in the request that is a line's body; NULL: none. */
static void expect_sent(unsigned line, const char *cookies) {
  char header[256] = "Cookie:";
  const char *body = fetch_text(run, line, "body");
  if (cookies)
    (void)snprintf(header, sizeof header, "\r\nCookie: %s\r\n", cookies);
  if (!body || !strstr(body, header) != !cookies)
    fixture_fail("line %u: %s, not %s", line, body ? body : "no body", header);
}

/* Cookies of answers are sent on the next hop and later, beside given ones;
 * none of it gets to another host. */
static void test_kept(void) {
  begin();
  add_url("127.0.0.1", "/echo");
  add_url("127.0.0.1", "/set");
  add_url("127.0.0.1", "/echo");
  add_url("127.0.0.2", "/echo");
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("-c", "1", "--body", "-b", "", "-b",
                                          "a=1", "-b", "t=4; b=5")),
      0);
  expect_sent(1, "a=1; t=4; b=5");
  expect_sent(2, "a=1; t=4; b=5; s=2");
  expect_sent(3, "a=1; t=4; b=5; s=2");
  expect_sent(4, "a=1; t=4; b=5");
  end();
}

/* Without either option nothing is kept. */
static void test_not_kept(void) {
  begin();
  add_url("127.0.0.1", "/set");
  add_url("127.0.0.1", "/echo");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-c", "1", "--body")), 0);
  expect_sent(1, NULL);
  expect_sent(2, NULL);
  end();
}

static void test_file(void) {
  struct stat about;
  char path[PROGRAM_PATH_ROOM + 16];
  begin();
  add_url("127.0.0.1", "/set");
  CU_ASSERT_EQUAL(
      fetch_run_list(
          run, FETCH_ARGUMENTS("-b", "jar", "--cookie-jar", "jar", "--body")),
      0);
  expect_sent(1, "s=2; t=3");
  CU_ASSERT_EQUAL(
      stat(program_file(&run->program, "jar", path, sizeof path), &about), 0);
  CU_ASSERT_EQUAL(about.st_mode & 0777, 0600);
  char *jar = program_read(&run->program, "jar", NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(jar);
  CU_ASSERT_PTR_NOT_NULL(strstr(jar, "127.0.0.1\tFALSE\t/\tFALSE\t"));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(jar, "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tt\t3\n"));
  free(jar);
  run->list_length = 0;
  run->lines = 0;
  add_url("127.0.0.1", "/echo");
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("--cookie", "jar", "--body")), 0);
  expect_sent(1, "s=2; t=3");
  end();
}

/* Runs with a file of these cookies, which is refused; nothing is fetched. */
static void expect_refused(const char *text, const char *said) {
  begin();
  program_write(&run->program, "jar", text, strlen(text));
  add_url("127.0.0.1", "/echo");
  fetch_write_list(run);
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list", "-b", "jar",
                                             "--cookie-jar", "jar"));
  CU_ASSERT_EQUAL(run->program.code, 2);
  program_said(&run->program, said);
  program_said(&run->program, "\nlariat: jar has lines that are no cookies: "
                              "nothing was fetched\n");
  CU_ASSERT_EQUAL(origin_counts(origin).requests, 0);
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "sesame"));
  char *jar = program_read(&run->program, "jar", NULL);
  CU_ASSERT_STRING_EQUAL(jar, text);
  free(jar);
  end();
}

static void test_bad_files(void) {
  expect_refused("# a comment\nh\tFALSE\t/\tFALSE\t0\ta\tb\nx=sesame\n",
                 "jar:3: fewer than seven fields");
  expect_refused(".co.uk\tTRUE\t/\tFALSE\t0\ta\tsesame\n",
                 "jar:1: the domain is a public suffix");
}

static void test_missing(void) {
  begin();
  add_url("127.0.0.1", "/echo");
  fetch_write_list(run);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-b", "none"));
  CU_ASSERT_EQUAL(run->program.code, 2);
  program_said(&run->program, "cannot read the cookies of none: No such file");
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list", "-b", "-"));
  CU_ASSERT_EQUAL(run->program.code, 2);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "--cookie-jar", "-"));
  CU_ASSERT_EQUAL(run->program.code, 2);
  end();
}

/* What was fetched is there; that the cookies are not is told, and shows in the
 * exit code. */
static void test_not_written(void) {
  begin();
  add_url("127.0.0.1", "/set");
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("--cookie-jar", "/dev/full")), 1);
  program_said(&run->program,
               "cannot write the cookies to /dev/full: No space left");
  fetch_expect_status(run, 1, 200);
  end();
}

/* Where no file can be made in the end, nothing is fetched. */
static void test_no_place(void) {
  static const char *const cases[][2] = {
      {"no/such/jar", "to no/such/jar: No such file"},
      {"list/jar", "to list/jar: Not a directory"},
      {".", "to .: Is a directory"},
      {"/proc/jar", "cannot write the cookies to /proc/jar: "}};
  begin();
  add_url("127.0.0.1", "/echo");
  fetch_write_list(run);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list",
                                               "--cookie-jar", cases[i][0]));
    if (run->program.code != 2) fixture_fail("%s: no fault", cases[i][0]);
    program_said(&run->program, cases[i][1]);
  }
  CU_ASSERT_EQUAL(origin_counts(origin).requests, 0);
  end();
}

/* A jar that is not there yet is one, whichever way it is written. */
static void test_new_jar(void) {
  static const char *const jars[][2] = {
      {"ghost", "./ghost"}, {"./ghost", "ghost"}, {"ghost", "ghost"}};
  char path[PROGRAM_PATH_ROOM + 16];
  begin();
  add_url("127.0.0.1", "/set");
  fetch_write_list(run);
  for (size_t i = 0; i < FIXTURE_COUNT(jars); i++) {
    program_run(&run->program,
                FETCH_ARGUMENTS("fetch", "-i", "list", "-b", jars[i][0],
                                "--cookie-jar", jars[i][1]));
    if (run->program.code != 0) fixture_fail("-b %s: a fault", jars[i][0]);
    CU_ASSERT_EQUAL(
        unlink(program_file(&run->program, "ghost", path, sizeof path)), 0);
  }
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-b", "ghost",
                              "--cookie-jar", "../ghost"));
  CU_ASSERT_EQUAL(run->program.code, 2);
  program_said(&run->program, "cannot read the cookies of ghost: No such file");
  end();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"kept in a run", test_kept},
      {"not kept", test_not_kept},
      {"a file", test_file},
      {"bad files", test_bad_files},
      {"files that are missing", test_missing},
      {"a file that cannot be written", test_not_written},
      {"no place for a file", test_no_place},
      {"a jar that is not there yet", test_new_jar},
  };
  return fixture_main("fetch_cookies", tests, FIXTURE_COUNT(tests), argc, argv);
}
