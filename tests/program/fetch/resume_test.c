/* SPDX-License-Identifier: MIT
 * labels: no-tsan long
 * Runs that are cut short: by a signal, by kill -9, by a torn line; and what
 * --resume makes of them. */
#include <dirent.h>
#include <limits.h>
#include <openssl/sha.h>
#include <signal.h>
#include <string.h>
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

static unsigned origin_line(const char *path) {
  return fetch_line(run, "http://127.0.0.1:%u%s", origin_port(origin), path);
}

static int resume(void) {
  return fetch_run_list(run, FETCH_ARGUMENTS("--resume"));
}

static void write_results(const char *text) {
  program_write(&run->program, "results", text, strlen(text));
}

static void finished_lines_are_skipped(void) {
  begin();
  for (int i = 0; i < 5; i++) origin_line("/page");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0);
  unsigned long requests = origin_counts(origin).requests;
  CU_ASSERT_EQUAL(resume(), 0);
  CU_ASSERT_EQUAL(run->result_count, 5);
  CU_ASSERT_EQUAL(origin_counts(origin).requests, requests);
  program_said(&run->program, "finished before 5");
  origin_line("/status/404");
  CU_ASSERT_EQUAL(resume(), 0);
  CU_ASSERT_EQUAL(run->result_count, 6);
  CU_ASSERT_EQUAL(origin_counts(origin).requests, requests + 1);
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0); /* without: from the start */
  CU_ASSERT_EQUAL(run->result_count, 6);
  CU_ASSERT_EQUAL(origin_counts(origin).requests, requests + 1 + 6);
  end();
}

/* The result lines cut at each of their bytes in turn. */
static void torn_lines_are_repaired(void) {
  size_t length;
  begin();
  for (int i = 0; i < 3; i++) fetch_line(run, "nonsense %d", i);
  fetch_run_list(run, NULL);
  char *whole = program_read(&run->program, "results", &length);
  for (size_t cut = 0; cut < length; cut += cut < 20 ? 1 : 23) {
    program_write(&run->program, "results", whole, cut);
    CU_ASSERT_EQUAL(resume(), 0 + (cut < length));
    CU_ASSERT_EQUAL(run->result_count, 3);
    CU_ASSERT_EQUAL(run->torn, 0);
  }
  free(whole);
  end();
}

/* A file that is something else is left alone. */
static void other_files_are_refused(void) {
  static const char *const files[] = {"my thesis\n", "my thesis",
                                      "{\"line\":1}\n", "{\"line\":0,}\n",
                                      "{\"line\":1,\"url\":\"\"}\nmy thesis\n"};
  begin();
  origin_line("/page");
  fetch_write_list(run);
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    write_results(files[i]);
    program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list", "-o",
                                               "results", "--resume"));
    CU_ASSERT_EQUAL(run->program.code, 2);
    program_said(&run->program, "nothing was changed");
    char *now = program_read(&run->program, "results", NULL);
    CU_ASSERT_STRING_EQUAL(now, files[i]);
    free(now);
  }
  CU_ASSERT_EQUAL(origin_counts(origin).requests, 0);
  end();
}

/* What has no end, or nobody at the other end, would be read for ever. */
static void other_kinds_are_refused(void) {
  begin();
  origin_line("/page");
  fetch_write_list(run);
  char fifo[PATH_MAX];
  program_file(&run->program, "fifo", fifo, sizeof fifo);
  CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
  const char *const outputs[] = {"fifo", "/dev/zero", "/dev/null"};
  for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
    program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list", "-o",
                                               outputs[i], "--resume"));
    CU_ASSERT_EQUAL(run->program.code, 2);
    program_said(&run->program, "not a regular file");
  }
  CU_ASSERT_EQUAL(origin_counts(origin).requests, 0);
  end();
}

/* Any order, any gaps. */
static void scattered_lines(void) {
  enum { LINES = 3000 };
  static char text[LINES * 16];
  size_t length = 0;
  bool done[LINES + 1] = {false};
  unsigned seed = 4711;
  begin();
  for (int i = 0; i < LINES; i++) fetch_line(run, "nonsense");
  for (int i = 0; i < LINES / 2; i++) {
    seed = seed * 1103515245u + 12345u;
    unsigned line = (seed >> 8) % LINES + 1;
    if (done[line]) continue;
    done[line] = true;
    length += (size_t)snprintf(text + length, sizeof text - length,
                               "{\"line\":%u,}\n", line);
  }
  program_write(&run->program, "results", text, length);
  fetch_write_list(run);
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list", "-o",
                                             "results", "--resume"));
  CU_ASSERT_EQUAL(run->program.code, 1);
  char *all = program_read(&run->program, "results", NULL);
  fetch_parse(run, all + length, strlen(all + length));
  free(all);
  for (unsigned i = 1; i <= LINES; i++)
    CU_ASSERT_EQUAL(run->results[i] == NULL, done[i]);
  end();
}

static bool some_wait(const struct origin_counts *counts, void *context) {
  (void)context;
  return counts->in_flight >= 4;
}

static void start_list(void) {
  fetch_write_list(run);
  program_start(&run->program,
                FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results", "-c",
                                "8", "--per-host", "8"));
}

/* The first interrupt: what is in flight gets its line, nothing new starts. */
static void interrupt_drains(void) {
  begin();
  for (int i = 0; i < 4; i++) origin_line("/hold");
  for (int i = 0; i < 20; i++) origin_line("/hold");
  start_list();
  CU_ASSERT(origin_wait_for(origin, some_wait, NULL, 20000));
  kill(run->program.pid, SIGINT);
  usleep(200000);
  while (origin_release(origin)) usleep(50000);
  program_wait(&run->program, 20000);
  CU_ASSERT_EQUAL(run->program.code, 130);
  program_said(&run->program, "run the same command with --resume");
  fetch_parse_file(run, "results");
  CU_ASSERT(run->result_count >= 4);
  CU_ASSERT(run->result_count <= 8);
  static const struct origin_step page[] = {{ORIGIN_PAGE, "now", 0, 200},
                                            {ORIGIN_END, NULL, 0, 0}};
  CU_ASSERT(origin_script(origin, "/hold", page));
  CU_ASSERT_EQUAL(resume(), 0);
  CU_ASSERT_EQUAL(run->result_count, 24);
  end();
}

/* What does not end in its moment gets no line. */
static void interrupt_cancels(void) {
  begin();
  for (int i = 0; i < 4; i++) origin_line("/stall");
  start_list();
  CU_ASSERT(origin_wait_for(origin, some_wait, NULL, 20000));
  uint64_t before = fixture_real_ms();
  kill(run->program.pid, SIGTERM);
  program_wait(&run->program, 20000);
  CU_ASSERT_EQUAL(run->program.code, 143);
  program_said(&run->program, "up to 5 seconds for what is in flight (4)");
  CU_ASSERT(fixture_real_ms() - before >= 4000);
  fetch_parse_file(run, "results");
  CU_ASSERT_EQUAL(run->result_count, 0);
  end();
}

/* The second interrupt ends the process on the spot: it does not come to the
 * advice that it gives when what is in flight has had its five seconds. */
static void second_interrupt(void) {
  begin();
  for (int i = 0; i < 4; i++) origin_line("/stall");
  start_list();
  CU_ASSERT(origin_wait_for(origin, some_wait, NULL, 20000));
  kill(run->program.pid, SIGINT);
  usleep(100000);
  kill(run->program.pid, SIGINT);
  program_wait(&run->program, 20000);
  CU_ASSERT_EQUAL(run->program.code, 130);
  CU_ASSERT(!run->program.err || !strstr(run->program.err, "--resume"));
  end();
}

static void two_runs_on_one_output(void) {
  begin();
  for (int i = 0; i < 4; i++) origin_line("/stall");
  start_list();
  CU_ASSERT(origin_wait_for(origin, some_wait, NULL, 20000));
  struct program other;
  char results[600];
  program_open(&other, LARIAT_PROGRAM);
  program_run(&other, FETCH_ARGUMENTS("fetch", "nonsense", "-o",
                                      program_file(&run->program, "results",
                                                   results, sizeof results)));
  CU_ASSERT_EQUAL(other.code, 2);
  program_said(&other, "is being written by another run");
  program_close(&other);
  end();
}

/* How often the run of killed_and_resumed is killed. */
enum { KILLS = 12 };

/* Each saved file is what its name says.  A run that is killed while a file has
 * its temporary name leaves that, for a day. */
static unsigned check_saved(void) {
  char path[600];
  const struct dirent *entry;
  unsigned count = 0, leftovers = 0;
  DIR *open = opendir(program_file(&run->program, "bodies", path, sizeof path));
  while (open && (entry = readdir(open))) {
    if (entry->d_name[0] == '.') {
      leftovers += strlen(entry->d_name) > 2; /* but "." and ".." */
      continue;
    }
    char name[300];
    char hex[65];
    unsigned char digest[32];
    size_t length = 0;
    snprintf(name, sizeof name, "bodies/%s", entry->d_name);
    char *body = program_read(&run->program, name, &length);
    SHA256((const unsigned char *)body, length, digest);
    for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    CU_ASSERT_STRING_EQUAL(hex, entry->d_name);
    free(body);
    count++;
  }
  if (open) closedir(open);
  CU_ASSERT(leftovers <= KILLS);
  return count;
}

/* Killed again and again, at moments all over the run: in the end each line
 * is there, once. */
static void killed_and_resumed(void) {
  enum { LINES = 2000 };
  char path[40];
  unsigned kills = 0;
  begin();
  for (int i = 0; i < LINES; i++) {
    snprintf(path, sizeof path, "/bytes/%d", i * 7);
    origin_line(path);
  }
  fetch_write_list(run);
  for (unsigned i = 0; i < KILLS; i++) {
    program_start(&run->program,
                  FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results",
                                  "--save", "bodies", "-c", "64", "--resume"));
    usleep(10000 + i * 9000);
    kill(run->program.pid, SIGKILL);
    program_wait(&run->program, 20000);
    kills += run->program.code == 128 + SIGKILL;
  }
  CU_ASSERT(kills > 0);
  const char *const more[] = {"--save", "bodies", "--resume", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  CU_ASSERT_EQUAL(run->result_count, LINES);
  CU_ASSERT_EQUAL(run->torn, 0);
  CU_ASSERT_EQUAL(check_saved(), LINES);
  end();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"finished lines are skipped", finished_lines_are_skipped},
      {"torn lines are repaired", torn_lines_are_repaired},
      {"what is no file is refused", other_kinds_are_refused},
      {"other files are refused", other_files_are_refused},
      {"scattered lines", scattered_lines},
      {"an interrupt drains", interrupt_drains},
      {"an interrupt cancels", interrupt_cancels},
      {"a second interrupt", second_interrupt},
      {"two runs on one output", two_runs_on_one_output},
      {"killed and resumed", killed_and_resumed},
  };
  return fixture_main("fetch resume", tests, FIXTURE_COUNT(tests), argc, argv);
}
