/* SPDX-License-Identifier: MIT
 * What a crawl feeds: lines to a slow reader, without a line lost over
 * restarts, and a command for each WARC file, at least once. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crawl/line_feed.h"
#include "crawl/openmetrics.h"
#include "crawl/warc_hook.h"
#include "crawl/whole_file.h"
#include "support/fixture.h"

struct output_test {
  struct fixture f;
  char directory[64];
  char lines[100];
  char mark[100];
  struct line_feed feed;
  struct warc_hook hook;
  int ends[2];
  unsigned finished;
};

static void on_finished(void *context) {
  ((struct output_test *)context)->finished++;
}

static void open_test(struct output_test *t) {
  *t = (struct output_test){.finished = 0};
  fixture_open(&t->f, FIXTURE_PLAIN);
  snprintf(t->directory, sizeof t->directory, "/tmp/lariat-outputs-XXXXXX");
  if (!mkdtemp(t->directory)) abort();
  snprintf(t->lines, sizeof t->lines, "%s/lines", t->directory);
  snprintf(t->mark, sizeof t->mark, "%s/mark", t->directory);
  (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
  if (pipe2(t->ends, O_CLOEXEC | O_NONBLOCK) != 0) abort();
}

static void close_test(struct output_test *t) {
  line_feed_close(&t->feed);
  close(t->ends[0]);
  close(t->ends[1]);
  unlink(t->lines);
  unlink(t->mark);
  if (rmdir(t->directory) != 0)
    fixture_fail("%s: %s", t->directory, strerrordesc_np(errno));
  fixture_close(&t->f);
}

static void append(const char *path, const char *text, size_t length) {
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, text, length) != (ssize_t)length) abort();
  close(fd);
}

/* ---- Lines ---- */

struct reading {
  int fd;
  size_t wanted;
  size_t length;
  char text[100];
};

static bool read_some(void *context) {
  struct reading *reading = context;
  char piece[8192];
  ssize_t got = read(reading->fd, piece, sizeof piece);
  for (ssize_t i = 0; i < got; i++, reading->length++)
    if (reading->length < sizeof reading->text - 1)
      reading->text[reading->length] = piece[i];
  return reading->length >= reading->wanted;
}

static void expect_read(struct output_test *t, const char *text) {
  struct reading reading = {.fd = t->ends[0], .wanted = strlen(text)};
  CU_ASSERT(fixture_run_until(&t->f, read_some, &reading, 5000));
  if (strcmp(reading.text, text) != 0) fixture_fail("read: %s", reading.text);
}

static bool has_finished(void *context) {
  return ((struct output_test *)context)->finished != 0;
}

static void begin_feed(struct output_test *t, const char *mark) {
  CU_ASSERT_FATAL(line_feed_begin(&t->feed, t->f.reactor, t->lines, mark,
                                  t->ends[1], on_finished, t));
}

static void lines_come_as_they_are_written(void) {
  struct output_test t;
  open_test(&t);
  begin_feed(&t, t.mark); /* the file is not there yet */
  fixture_turns(&t.f, 3);
  append(t.lines, "one\n", 4);
  expect_read(&t, "one\n");
  append(t.lines, "two\nthree\n", 10);
  expect_read(&t, "two\nthree\n");
  line_feed_end(&t.feed);
  CU_ASSERT(fixture_run_until(&t.f, has_finished, &t, 5000));
  CU_ASSERT_EQUAL(t.finished, 1);
  close_test(&t);
}

/* With a mark it goes on where it was, without one at the end of the file. */
static void a_restart_goes_on(void) {
  struct output_test t;
  open_test(&t);
  append(t.lines, "one\ntw", 6);
  begin_feed(&t, t.mark);
  expect_read(&t, "one\ntw");
  line_feed_close(&t.feed);
  append(t.lines, "o\nthree\n", 8);
  begin_feed(&t, t.mark); /* a line is given again rather than in part */
  expect_read(&t, "two\nthree\n");
  line_feed_close(&t.feed);
  begin_feed(&t, NULL);
  append(t.lines, "four\n", 5);
  expect_read(&t, "four\n");
  close_test(&t);
}

/* The file was cut, as it is after a kill. */
static void a_mark_beyond_the_end_is_the_end(void) {
  struct output_test t;
  open_test(&t);
  append(t.mark, "00000000000000009999\n", 21);
  append(t.lines, "one\n", 4);
  begin_feed(&t, t.mark);
  fixture_turns(&t.f, 3);
  append(t.lines, "two\n", 4);
  expect_read(&t, "two\n");
  close_test(&t);
}

/* Nothing is waited for: turns go by while the pipe is full. */
static void a_slow_reader_holds_nothing_up(void) {
  enum { BYTES = 1 << 20 };
  struct output_test t;
  char *text = malloc(BYTES);
  open_test(&t);
  if (!text) abort();
  memset(text, 'x', BYTES);
  append(t.lines, text, BYTES);
  free(text);
  /* As standard output is: one that waits for its reader. */
  (void)fcntl(t.ends[1], F_SETFL, 0);
  begin_feed(&t, NULL);
  t.feed.offset = 0;
  line_feed_end(&t.feed);
  fixture_run_for(&t.f, 100);
  CU_ASSERT_EQUAL(t.finished, 0);
  struct reading reading = {.fd = t.ends[0], .wanted = BYTES};
  CU_ASSERT(fixture_run_until(&t.f, read_some, &reading, 10000));
  CU_ASSERT_EQUAL(reading.length, BYTES);
  CU_ASSERT(fixture_run_until(&t.f, has_finished, &t, 5000));
  close_test(&t);
}

static void a_reader_may_go(void) {
  struct output_test t;
  open_test(&t);
  begin_feed(&t, t.mark);
  close(t.ends[0]);
  t.ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  append(t.lines, "one\n", 4);
  CU_ASSERT(fixture_run_until(&t.f, has_finished, &t, 5000));
  CU_ASSERT(t.feed.broken);
  close_test(&t);
}

/* ---- WARC files ---- */

static void make_file(const struct output_test *t, const char *name) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s", t->directory, name);
  append(path, "", 0);
}

static void remove_file(const struct output_test *t, const char *name) {
  char path[200];
  snprintf(path, sizeof path, "%s/%s", t->directory, name);
  unlink(path);
}

static void run_hook(struct output_test *t, const char *command,
                     const char *more) {
  t->finished = 0;
  CU_ASSERT_FATAL(warc_hook_begin(&t->hook, t->f.reactor, t->directory, command,
                                  on_finished, t));
  if (more) warc_hook_add(more, &t->hook);
  warc_hook_end(&t->hook);
  CU_ASSERT(fixture_run_until(&t->f, has_finished, t, 10000));
  warc_hook_close(&t->hook);
}

static void expect_lines(const struct output_test *t, size_t bytes) {
  struct stat about = {.st_size = 0};
  (void)stat(t->lines, &about);
  if ((size_t)about.st_size != bytes)
    fixture_fail("%lld bytes, not %zu", (long long)about.st_size, bytes);
}

static void each_file_is_told_once(void) {
  struct output_test t;
  char directory[100];
  char command[300];
  open_test(&t);
  snprintf(directory, sizeof directory, "%s/warc", t.directory);
  CU_ASSERT_EQUAL(mkdir(directory, 0700), 0);
  make_file(&t, "warc/a.warc.gz");
  make_file(&t, "warc/b.warc.gz.open");
  make_file(&t, "warc/c.cdxj");
  snprintf(command, sizeof command, "exit 3");
  run_hook(&t, command, NULL); /* it fails: not done */
  snprintf(command, sizeof command, "printf %%s. \"${1##*/}\" >>%s", t.lines);
  run_hook(&t, command, "warc/b.warc.gz");
  expect_lines(&t, strlen("a.warc.gz.b.warc.gz."));
  run_hook(&t, command, "warc/b.warc.gz");
  expect_lines(&t, strlen("a.warc.gz.b.warc.gz."));
  remove_file(&t, "warc/a.warc.gz");
  remove_file(&t, "warc/b.warc.gz.open");
  remove_file(&t, "warc/c.cdxj");
  remove_file(&t, "warc-closed.log");
  rmdir(directory);
  close_test(&t);
}

/* ---- Whole files ---- */

static void a_file_is_replaced_as_a_whole(void) {
  struct output_test t;
  struct stat first;
  struct stat second;
  open_test(&t);
  CU_ASSERT(whole_file_write(t.lines, "one", 3));
  CU_ASSERT_EQUAL(stat(t.lines, &first), 0);
  int kept = open(t.lines, O_RDONLY | O_CLOEXEC); /* so is its number */
  CU_ASSERT(whole_file_write(t.lines, "another", 7));
  CU_ASSERT_EQUAL(stat(t.lines, &second), 0);
  CU_ASSERT_NOT_EQUAL(first.st_ino, second.st_ino);
  CU_ASSERT_EQUAL(second.st_size, 7);
  CU_ASSERT(whole_file_write("/dev/null", "x", 1));
  CU_ASSERT_FALSE(whole_file_write("/nowhere/x", "x", 1));
  close(kept);
  close_test(&t);
}

static void metrics_have_an_end(void) {
  struct text text = {NULL, 0, 0};
  struct crawl_counts counts = {.stats = {.pages = 7, .failed = 2}};
  CU_ASSERT(openmetrics_add(&text, &counts));
  CU_ASSERT(text_add(&text, "") && text_reserve(&text, 1));
  text.bytes[text.length] = '\0';
  CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "\nlariat_crawl_pages_total 7\n"));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(text.bytes, "lariat_crawl_outcomes_total{outcome=\"failed\"} 2"));
  CU_ASSERT(text.length > 6 &&
            strcmp(text.bytes + text.length - 6, "# EOF\n") == 0);
  text_free(&text);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lines come as they are written", lines_come_as_they_are_written},
      {"a restart goes on", a_restart_goes_on},
      {"a mark beyond the end is the end", a_mark_beyond_the_end_is_the_end},
      {"a slow reader holds nothing up", a_slow_reader_holds_nothing_up},
      {"a reader may go", a_reader_may_go},
      {"each file is told once", each_file_is_told_once},
      {"a file is replaced as a whole", a_file_is_replaced_as_a_whole},
      {"metrics have an end", metrics_have_an_end},
  };
  return fixture_main("crawl outputs", tests, FIXTURE_COUNT(tests), argc, argv);
}
