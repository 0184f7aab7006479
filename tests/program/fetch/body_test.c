/* SPDX-License-Identifier: MIT
 * The bodies that `lariat fetch` sends: a text, a file, standard input, and
 * those of JSON lines; and what it says when there is none to be had. */
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/fetch/fetch_support.h"
#include "support/origin.h"
#include "support/producing.h"

enum { FILE_LENGTH = 300000 };

static struct origin *origin;

static const char *url(const char *path) {
  static char text[128];
  return origin_url(origin, path, text, sizeof text);
}

/* The line's answer is what /sink says of so many bytes of the pattern. */
static void expect_sunk(const struct fetch_run *run, unsigned line,
                        uint64_t length) {
  char answer[128], hex[65] = "";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  (void)produced_answer(length, answer, sizeof answer);
  SHA256((const unsigned char *)answer, strlen(answer), digest);
  for (unsigned i = 0; i < sizeof digest; i++)
    snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  fetch_expect_status(run, line, 200);
  fetch_expect_text(run, line, "sha256", hex);
}

static struct fetch_run *open_with_lines(unsigned lines) {
  struct fetch_run *run = fetch_open();
  program_write(&run->program, "body", produced_bytes(0), FILE_LENGTH);
  for (unsigned i = 0; i < lines; i++) fetch_line(run, "%s", url("/sink"));
  return run;
}

static void a_file_is_sent_to_every_url(void) {
  static const char *const options[] = {"-d@body", "-Tbody",
                                        "--upload-file=body"};
  for (unsigned k = 0; k < 3; k++) {
    struct fetch_run *run = open_with_lines(20);
    CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS(options[k])), 0);
    for (unsigned i = 1; i <= 20; i++) expect_sunk(run, i, FILE_LENGTH);
    fetch_close(run);
  }
}

static void standard_input_is_sent_to_every_url(void) {
  struct fetch_run *run = open_with_lines(5);
  char name[PROGRAM_PATH_ROOM + 16];
  run->program.input =
      open(program_file(&run->program, "body", name, sizeof name), O_RDONLY);
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--data", "@-")), 0);
  for (unsigned i = 1; i <= 5; i++) expect_sunk(run, i, FILE_LENGTH);
  fetch_close(run);
}

/* Waits until somebody has read all that is in a pipe. */
static void wait_until_read(int fd) {
  int unread = 1;
  for (int i = 0; i < 20000 && unread > 0; i++) {
    if (ioctl(fd, FIONREAD, &unread) != 0) return;
    if (unread > 0) usleep(1000);
  }
}

/* It can be read only once: it is kept. */
static void a_pipe_by_name(void) {
  struct fetch_run *run = open_with_lines(5);
  char name[PROGRAM_PATH_ROOM + 16];
  (void)program_file(&run->program, "pipe", name, sizeof name);
  CU_ASSERT_EQUAL(mkfifo(name, 0600), 0);
  int held = open(name, O_RDWR | O_CLOEXEC);
  CU_ASSERT_EQUAL(write(held, produced_bytes(0), 5000), 5000);
  fetch_write_list(run);
  program_start(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list", "-o",
                                               "results", "-d", "@pipe"));
  wait_until_read(held);
  close(held);
  program_wait(&run->program, 20000);
  fetch_parse_file(run, "results");
  CU_ASSERT_EQUAL(run->program.code, 0);
  for (unsigned i = 1; i <= 5; i++) expect_sunk(run, i, 5000);
  fetch_close(run);
}

static void a_text_and_an_empty_file(void) {
  struct fetch_run *run = open_with_lines(1);
  program_write(&run->program, "body", "", 0);
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-d", "@body")), 0);
  expect_sunk(run, 1, 0);
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-d", "")), 0);
  expect_sunk(run, 1, 0);
  fetch_close(run);
}

/* A line's own body and method go first; its body is what it says. */
static void json_lines_have_their_own(void) {
  struct fetch_run *run = fetch_open();
  program_write(&run->program, "body", produced_bytes(0), FILE_LENGTH);
  unsigned own =
      fetch_line(run, "{\"url\": \"%s\", \"body\": \"\"}", url("/sink"));
  unsigned none = fetch_line(run, "{\"url\": \"%s\"}", url("/sink"));
  unsigned text =
      fetch_line(run, "{\"url\": \"%s\", \"body\": \"@body\"}", url("/sink"));
  unsigned head =
      fetch_line(run, "{\"url\": \"%s\", \"method\": \"HEAD\"}", url("/page"));
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-T", "body")), 1);
  expect_sunk(run, own, 0);
  expect_sunk(run, none, FILE_LENGTH);
  fetch_expect_status(run, text, 200);
  CU_ASSERT_EQUAL(fetch_number(run, text, "bytes"), 2 + 64);
  fetch_expect_error(run, head, "invalid-argument", NULL);
  fetch_close(run);
}

static void expect_no_body(const char *option, const char *value,
                           const char *said) {
  struct fetch_run *run = open_with_lines(1);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", option, value, "http://127.0.0.1:1/"));
  CU_ASSERT_EQUAL(run->program.code, 2);
  program_said(&run->program, said);
  CU_ASSERT_EQUAL(run->program.out_length, 0);
  fetch_close(run);
}

static void a_body_that_cannot_be_had(void) {
  expect_no_body("-d", "@nowhere",
                 "cannot read the body from nowhere: No such file");
  expect_no_body("-T", "nowhere",
                 "cannot read the body from nowhere: No such file");
  expect_no_body("-d", "@.", "cannot read the body from .: Is a directory");
  expect_no_body("-T", ".", "cannot read the body from .: Is a directory");
  if (geteuid() == 0) return;
  expect_no_body("-T", "/etc/shadow",
                 "cannot read the body from /etc/shadow: Permission denied");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a file is sent to every URL", a_file_is_sent_to_every_url},
      {"standard input is sent to every URL",
       standard_input_is_sent_to_every_url},
      {"a pipe by name", a_pipe_by_name},
      {"a text and an empty file", a_text_and_an_empty_file},
      {"JSON lines have their own", json_lines_have_their_own},
      {"a body that cannot be had", a_body_that_cannot_be_had},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  int result =
      fixture_main("fetch_body", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return result;
}
