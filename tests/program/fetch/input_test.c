/* SPDX-License-Identifier: MIT
 * Bad input of every kind, given to the built program: each gets its clear
 * error, and the lines around it their answers. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/fetch/fetch_support.h"
#include "support/origin.h"

static struct origin *origin;
static struct fetch_run *run;

static void begin(void) {
  origin = origin_start(NULL);
  run = fetch_open();
  if (!origin) abort();
}

static void end(void) {
  fetch_close(run);
  origin_stop(origin);
}

static unsigned good_line(void) {
  return fetch_line(run, "http://127.0.0.1:%u/page", origin_port(origin));
}

/* Runs a list of one line between two good ones, and looks at its error. */
static void expect_line_error(const void *line, size_t length,
                              const char *error) {
  begin();
  unsigned before = good_line();
  unsigned bad = fetch_line_of(run, line, length);
  unsigned after = good_line();
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  CU_ASSERT_EQUAL(run->result_count, 3);
  fetch_expect_status(run, before, 200);
  fetch_expect_error(run, bad, error, NULL);
  fetch_expect_status(run, after, 200);
  CU_ASSERT_EQUAL(fetch_number(run, bad, "attempts"), 0);
}

static void expect_text_error(const char *line, const char *error) {
  expect_line_error(line, strlen(line), error);
  end();
}

static void malformed_urls(void) {
  static const char *const urls[] = {"nonsense",
                                     "http://",
                                     "http://host:99999/",
                                     "http://a b/",
                                     "\"http://127.0.0.1/\"",
                                     "http://[::1/",
                                     "http://127.0.0.1:0/",
                                     "http://256.0.0.1/"};
  enum { COUNT = sizeof urls / sizeof urls[0] };
  begin();
  unsigned good = good_line();
  for (unsigned i = 0; i < COUNT; i++) fetch_line(run, "%s", urls[i]);
  unsigned last = good_line();
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  CU_ASSERT_EQUAL(run->result_count, COUNT + 2);
  fetch_expect_status(run, good, 200);
  fetch_expect_status(run, last, 200);
  for (unsigned i = 0; i < COUNT; i++) {
    fetch_expect_error(run, good + 1 + i, "bad-url", NULL);
    fetch_expect_text(run, good + 1 + i, "url", urls[i]);
  }
  program_said(&run->program, "bad-url 8");
  end();
}

static void unsupported_url(void) {
  expect_text_error("ftp://127.0.0.1/file", "unsupported-scheme");
  expect_text_error("file:///etc/passwd", "unsupported-scheme");
}

static void binary_junk(void) {
  char junk[4096];
  unsigned seed = 12345;
  for (size_t i = 0; i < sizeof junk; i++) {
    seed = seed * 1103515245u + 12345u;
    junk[i] = (char)(seed >> 16);
    if (junk[i] == '\n') junk[i] = 'n';
  }
  junk[0] = '\xff';
  expect_line_error(junk, sizeof junk, "bad-url");
  end();
}

/* Every line of a file that is no list at all. */
static void binary_file(void) {
  begin();
  int fd = open(LARIAT_PROGRAM, O_RDONLY | O_CLOEXEC);
  char *bytes = malloc(200000);
  if (!bytes || fd < 0) abort();
  ssize_t length = read(fd, bytes, 200000);
  close(fd);
  fetch_bytes(run, bytes, (size_t)length);
  free(bytes);
  fetch_bytes(run, "\n", 1);
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  CU_ASSERT(run->result_count > 0);
  CU_ASSERT_EQUAL(run->torn, 0);
  end();
}

/* 10 MB without an end: an error that shows how it began. */
static void ten_megabyte_line(void) {
  enum { LONG = 10000000 };
  char *list = malloc(LONG + 200);
  begin();
  if (!list) abort();
  char good[100];
  origin_url(origin, "/page", good, sizeof good);
  int head = snprintf(list, 200, "%s\nhttp://127.0.0.1/", good);
  memset(list + head, 'x', LONG);
  int tail = snprintf(list + head + LONG, 100, "\n%s", good);
  program_write(&run->program, "list", list, (size_t)(head + LONG + tail));
  free(list);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results"));
  fetch_parse_file(run, "results");
  CU_ASSERT_EQUAL(run->program.code, 1);
  CU_ASSERT_EQUAL(run->result_count, 3);
  fetch_expect_status(run, 1, 200);
  fetch_expect_error(run, 2, "line-too-long", NULL);
  fetch_expect_status(run, 3, 200);
  const json_t *url = fetch_field(run, 2, "url");
  CU_ASSERT(json_string_length(url) > 65536);
  CU_ASSERT(json_string_length(url) < 65536 + 40);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(json_string_value(url), "xxx\xe2\x80\xa6[10000017 bytes]"));
  end();
}

/* The longest that is read, and one byte more. */
static void longest_line(void) {
  enum { LONGEST = 1024 * 1024 };
  char *list = malloc(2 * LONGEST + 100);
  begin();
  if (!list) abort();
  memset(list, 'x', 2 * LONGEST + 100);
  list[LONGEST] = '\n';
  list[2 * LONGEST + 2] = '\n';
  program_write(&run->program, "list", list, 2 * LONGEST + 3);
  free(list);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results"));
  fetch_parse_file(run, "results");
  CU_ASSERT_EQUAL(run->result_count, 2);
  fetch_expect_error(run, 1, "bad-url", NULL);
  fetch_expect_error(run, 2, "line-too-long", NULL);
  end();
}

static void nul_bytes(void) {
  static const char line[] = "http://127.0.0.1/\0hidden";
  expect_line_error(line, sizeof line - 1, "bad-url");
  const json_t *url = fetch_field(run, 2, "url");
  CU_ASSERT_EQUAL(json_string_length(url), sizeof line - 1);
  CU_ASSERT(memcmp(json_string_value(url), line, sizeof line) == 0);
  end();
}

static void bad_json(void) {
  static const char *const lines[] = {
      "{",
      "{}",
      "{\"url\":5}",
      "{\"url\":\"http://127.0.0.1/\"",
      "{\"url\":\"http://127.0.0.1/\"} and more",
      "{\"url\":\"http://127.0.0.1/\",\"url\":\"http://127.0.0.1/\"}",
      "{\"url\":\"http://127.0.0.1/\",\"metod\":\"GET\"}",
      "{\"url\":\"http://127.0.0.1/\",\"method\":7}",
      "{\"url\":\"http://127.0.0.1/\",\"method\":\"G\\u0000T\"}",
      "{\"url\":\"http://127.0.0.1/\",\"headers\":[]}",
      "{\"url\":\"http://127.0.0.1/\",\"headers\":{\"A\":1}}",
      "{\"url\":\"http://127.0.0.1/\",\"body\":{}}",
      "{\"url\":\"\xff\"}",
  };
  enum { COUNT = sizeof lines / sizeof lines[0] };
  begin();
  for (unsigned i = 0; i < COUNT; i++) fetch_line(run, "%s", lines[i]);
  unsigned last = good_line();
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  CU_ASSERT_EQUAL(run->result_count, COUNT + 1);
  for (unsigned i = 0; i < COUNT; i++)
    fetch_expect_error(run, i + 1, "bad-json", NULL);
  fetch_expect_text(run, 2, "url", "{}");
  fetch_expect_text(run, 7, "message", "there is no such key: metod");
  fetch_expect_status(run, last, 200);
  end();
}

/* Good JSON with what no request can have. */
static void bad_requests(void) {
  begin();
  fetch_line(run, "{\"url\":\"http://127.0.0.1/\",\"method\":\"NOT ONE\"}");
  fetch_line(run, "{\"url\":\"http://127.0.0.1/\","
                  "\"headers\":{\"A\":\"b\\r\\nc: d\"}}");
  fetch_line(run, "{\"url\":\"http://127.0.0.1/\",\"headers\":{\"a b\":\"\"}}");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  for (unsigned i = 1; i <= 3; i++)
    fetch_expect_error(run, i, "invalid-argument", NULL);
  end();
}

/* Usage errors: nothing is fetched, nothing is written. */
static void expect_refused(const char *const *arguments, const char *said) {
  program_run(&run->program, arguments);
  CU_ASSERT_EQUAL(run->program.code, 2);
  program_said(&run->program, said);
  CU_ASSERT_EQUAL(run->program.out_length, 0);
}

static void missing_input(void) {
  begin();
  expect_refused(FETCH_ARGUMENTS("fetch", "-i", "nowhere"),
                 "cannot read nowhere: No such file or directory");
  end();
}

static void unreadable_input(void) {
  char path[512];
  begin();
  fetch_write_list(run);
  chmod(program_file(&run->program, "list", path, sizeof path), 0);
  if (geteuid() != 0)
    expect_refused(FETCH_ARGUMENTS("fetch", "-i", "list"),
                   "cannot read list: Permission denied");
  /* It opens, but cannot be read: for root, too. */
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "/proc/self/mem"));
  CU_ASSERT_EQUAL(run->program.code, 1);
  program_said(&run->program, "cannot read the input any further");
  end();
}

static void directory_as_input(void) {
  begin();
  expect_refused(FETCH_ARGUMENTS("fetch", "-i", "."),
                 "cannot read .: it is a directory");
  end();
}

static void empty_input(void) {
  begin();
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0);
  CU_ASSERT_EQUAL(run->result_count, 0);
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "/dev/null"));
  CU_ASSERT_EQUAL(run->program.code, 0);
  end();
}

static void unwritable_output(void) {
  begin();
  good_line();
  fetch_write_list(run);
  expect_refused(FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "."),
                 "cannot write to .: Is a directory");
  expect_refused(FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "no/where"),
                 "cannot write to no/where: No such file or directory");
  CU_ASSERT_EQUAL(origin_counts(origin).requests, 0);
  end();
}

static void output_onto_input(void) {
  size_t length;
  begin();
  good_line();
  fetch_write_list(run);
  expect_refused(FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "list"),
                 "list is the input");
  char *list = program_read(&run->program, "list", &length);
  CU_ASSERT_EQUAL(length, run->list_length);
  free(list);
  end();
}

static void full_device(void) {
  begin();
  for (int i = 0; i < 300; i++) good_line();
  fetch_write_list(run);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "/dev/full"));
  CU_ASSERT_EQUAL(run->program.code, 1);
  program_said(&run->program,
               "cannot write to /dev/full: No space left on device");
  program_said(&run->program, "run the same command with --resume");
  end();
}

static void closed_pipe(void) {
  int ends[2];
  begin();
  for (int i = 0; i < 300; i++) good_line();
  fetch_write_list(run);
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  close(ends[0]);
  run->program.output = ends[1];
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list"));
  close(ends[1]);
  CU_ASSERT_EQUAL(run->program.code, 1);
  CU_ASSERT_EQUAL(run->program.err_length, 0); /* as head | is used to */
  end();
}

/* The limit is what the system gives us: the concurrency gives way. */
static void too_few_descriptors(void) {
  begin();
  for (int i = 0; i < 400; i++) good_line();
  fetch_write_list(run);
  run->program.descriptors = 64;
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results", "-r", "2",
                              "--per-host", "256"));
  fetch_parse_file(run, "results");
  CU_ASSERT_EQUAL(run->program.code, 0);
  CU_ASSERT_EQUAL(run->result_count, 400);
  program_said(&run->program, "only 64 descriptors are allowed");
  program_said(&run->program, "instead of 256");
  run->program.descriptors = 12;
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list"));
  CU_ASSERT_EQUAL(run->program.code, 1);
  program_said(&run->program, "only 12 descriptors are allowed");
  end();
}

/* Each fetch has a file open besides its connection. */
static void too_few_descriptors_to_save(void) {
  begin();
  for (int i = 0; i < 400; i++) good_line();
  fetch_write_list(run);
  run->program.descriptors = 64;
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results", "-r", "2",
                              "--per-host", "256", "--save", "bodies"));
  fetch_parse_file(run, "results");
  CU_ASSERT_EQUAL(run->program.code, 0);
  CU_ASSERT_EQUAL(run->result_count, 400);
  for (unsigned line = 1; line <= 400; line++)
    fetch_expect_status(run, line, 200);
  program_said(&run->program, "--concurrency is 10 instead of 256");
  end();
}

/* ---- Lists as people have them ---- */

/* A mark that editors put in front, blanks around, indented comments. */
static void marks_and_blanks(void) {
  begin();
  unsigned port = origin_port(origin);
  fetch_bytes(run, "\xef\xbb\xbf", 3);
  unsigned marked = good_line();
  unsigned blank = fetch_line(run, "  \thttp://127.0.0.1:%u/page \t\r", port);
  fetch_line(run, "  # http://127.0.0.1:%u/never", port);
  fetch_line(run, " \t ");
  unsigned json =
      fetch_line(run, "  {\"url\":\"http://127.0.0.1:%u/page\"}  ", port);
  unsigned joined =
      fetch_line(run, "\xef\xbb\xbf http://127.0.0.1:%u/page", port);
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0);
  CU_ASSERT_EQUAL(run->result_count, 4);
  fetch_expect_status(run, marked, 200);
  fetch_expect_status(run, blank, 200);
  fetch_expect_status(run, json, 200);
  fetch_expect_status(run, joined, 200);
  char url[100];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/page", port);
  fetch_expect_text(run, marked, "url", url);
  fetch_expect_text(run, blank, "url", url);
  CU_ASSERT_EQUAL(origin_counts(origin).requests, 4);
  end();
}

/* What begins with a host is fetched by http, as curl and wget do. */
static void urls_without_a_scheme(void) {
  static const char *const hosts[] = {
      "127.0.0.1:%u",     "127.0.0.1:%u/",          "127.0.0.1:%u/page",
      "127.0.0.1:%u?a=b", "127.0.0.1:%u/page#here", "localhost:%u/page",
      "LOCALHOST:%u"};
  static const char *const others[] = {"nonsense",
                                       "mailto:joe",
                                       "javascript:alert(1)",
                                       "data:text/plain,x",
                                       "tel:+491234567",
                                       "not a host.example",
                                       "/page",
                                       "?a.b",
                                       ".hidden",
                                       "example.invalid:port/",
                                       "[::1",
                                       "a.b:123456"};
  enum { HOSTS = sizeof hosts / sizeof hosts[0] };
  enum { OTHERS = sizeof others / sizeof others[0] };
  begin();
  for (unsigned i = 0; i < HOSTS; i++) {
    char line[100];
    snprintf(line, sizeof line, "%.*s%u%s",
             (int)(strstr(hosts[i], "%u") - hosts[i]), hosts[i],
             origin_port(origin), strstr(hosts[i], "%u") + 2);
    fetch_line(run, "%s", line);
  }
  for (unsigned i = 0; i < OTHERS; i++) fetch_line(run, "%s", others[i]);
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  for (unsigned i = 1; i <= HOSTS; i++) {
    fetch_expect_status(run, i, 200);
    CU_ASSERT(strncmp(fetch_text(run, i, "effective_url"), "http://", 7) == 0);
    CU_ASSERT_PTR_NULL(strstr(fetch_text(run, i, "url"), "http:"));
  }
  for (unsigned i = 0; i < OTHERS; i++) {
    const char *error = fetch_text(run, HOSTS + 1 + i, "error");
    if (!fetch_same(error, "bad-url") &&
        !fetch_same(error, "unsupported-scheme"))
      fixture_fail("%s: %s", others[i], error ? error : "no error");
    fetch_expect_text(run, HOSTS + 1 + i, "url", others[i]);
  }
  end();
}

/* One line for each argument, whatever it is. */
static void every_argument_is_a_line(void) {
  begin();
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-q", "", " ", "#x"));
  CU_ASSERT_EQUAL(run->program.code, 1);
  fetch_parse(run, run->program.out, run->program.out_length);
  CU_ASSERT_EQUAL(run->result_count, 3);
  for (unsigned line = 1; line <= 3; line++)
    fetch_expect_error(run, line, "bad-url", NULL);
  fetch_expect_text(run, 1, "message", "this is not a URL: it is empty");
  end();
}

/* Runs it with the list on standard input, by a pipe or as a file. */
static void expect_list_on_stdin(const char *const *arguments, bool piped) {
  int ends[2] = {-1, -1};
  char path[512];
  char text[100];
  begin();
  good_line();
  fetch_write_list(run);
  if (piped) {
    if (pipe2(ends, O_CLOEXEC) != 0) abort();
    int length = snprintf(text, sizeof text, "http://127.0.0.1:%u/page\n",
                          origin_port(origin));
    CU_ASSERT_EQUAL(write(ends[1], text, (size_t)length), length);
    close(ends[1]);
  } else {
    ends[0] = open(program_file(&run->program, "list", path, sizeof path),
                   O_RDONLY | O_CLOEXEC);
  }
  run->program.input = ends[0];
  program_run(&run->program, arguments);
  close(ends[0]);
  CU_ASSERT_EQUAL(run->program.code, 0);
  fetch_parse(run, run->program.out, run->program.out_length);
  CU_ASSERT_EQUAL(run->result_count, 1);
  fetch_expect_status(run, 1, 200);
  end();
}

static void standard_input(void) {
  expect_list_on_stdin(FETCH_ARGUMENTS("fetch"), true);
  expect_list_on_stdin(FETCH_ARGUMENTS("fetch"), false);
  expect_list_on_stdin(FETCH_ARGUMENTS("fetch", "-"), true);
  expect_list_on_stdin(FETCH_ARGUMENTS("fetch", "-"), false);
  expect_list_on_stdin(FETCH_ARGUMENTS("fetch", "-q", "-i", "-"), true);
}

static void a_list_among_the_urls(void) {
  begin();
  good_line();
  fetch_write_list(run);
  expect_refused(FETCH_ARGUMENTS("fetch", "list"),
                 "list is a file: did you mean -i list?");
  program_write(&run->program, "urls.txt", "x", 1);
  expect_refused(FETCH_ARGUMENTS("fetch", "http://127.0.0.1:1/", "urls.txt"),
                 "did you mean -i urls.txt?");
  end();
}

static void retry_flags_without_retries(void) {
  begin();
  good_line();
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--retry-status", "5xx")),
                  0);
  program_said(&run->program, "--retry-status does nothing without --retries");
  const char *const more[] = {"--retry-status", "5xx", "--retries", "1", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "does nothing"));
  end();
}

/* Lines that come slowly, in parts, from a pipe; the last without its end. */
static void slow_pipe(void) {
  int ends[2];
  char text[200];
  begin();
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  run->program.input = ends[0];
  program_start(&run->program,
                FETCH_ARGUMENTS("fetch", "-i", "-", "-o", "results"));
  close(ends[0]);
  int length = snprintf(text, sizeof text, "http://127.0.0.1:%u/page\r\n\n# no",
                        origin_port(origin));
  for (int i = 0; i < length; i++) {
    CU_ASSERT_EQUAL(write(ends[1], text + i, 1), 1);
    usleep(1000);
  }
  /* The first has its line while the input is still open. */
  size_t there = 0;
  for (int i = 0; i < 500 && !there; i++) {
    usleep(10000);
    free(program_read(&run->program, "results", &there));
  }
  CU_ASSERT(there > 0);
  length =
      snprintf(text, sizeof text, "ne\n  \t\nhttp://127.0.0.1:%u/status/404",
               origin_port(origin));
  CU_ASSERT_EQUAL(write(ends[1], text, (size_t)length), length);
  close(ends[1]);
  program_wait(&run->program, 30000);
  CU_ASSERT_EQUAL(run->program.code, 0);
  fetch_parse_file(run, "results");
  CU_ASSERT_EQUAL(run->result_count, 2);
  fetch_expect_status(run, 1, 200);
  fetch_expect_status(run, 5, 404);
  snprintf(text, sizeof text, "http://127.0.0.1:%u/page", origin_port(origin));
  fetch_expect_text(run, 1, "url", text);
  end();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"malformed URLs", malformed_urls},
      {"unsupported URL", unsupported_url},
      {"binary junk", binary_junk},
      {"binary file", binary_file},
      {"10 MB line", ten_megabyte_line},
      {"longest line", longest_line},
      {"NUL bytes", nul_bytes},
      {"bad JSON", bad_json},
      {"bad requests", bad_requests},
      {"missing input", missing_input},
      {"unreadable input", unreadable_input},
      {"a directory as input", directory_as_input},
      {"empty input", empty_input},
      {"unwritable output", unwritable_output},
      {"output onto the input", output_onto_input},
      {"/dev/full", full_device},
      {"closed pipe", closed_pipe},
      {"too few descriptors", too_few_descriptors},
      {"too few descriptors to save", too_few_descriptors_to_save},
      {"slow pipe as input", slow_pipe},
      {"marks and blanks", marks_and_blanks},
      {"URLs without a scheme", urls_without_a_scheme},
      {"every argument is a line", every_argument_is_a_line},
      {"standard input", standard_input},
      {"a list among the URLs", a_list_among_the_urls},
      {"retry flags without retries", retry_flags_without_retries},
  };
  return fixture_main("fetch input", tests, FIXTURE_COUNT(tests), argc, argv);
}
