/* SPDX-License-Identifier: MIT
 * Runs of `lariat load` against a server that counts: what is sent, what comes
 * of it, exit codes, files, interrupts. */
#include <dirent.h>
#include <unistd.h>

#include "program/load/load_support.h"
#include "support/ports.h"
#include <lariat/load/version.h>

static struct load_test t;

/* ---- What is sent ---- */

/* The server sees as many requests as were asked for, on as many connections
 * as there are users, and nothing else. */
static void requests_are_counted(void) {
  load_open(&t);
  LOAD_RUN(&t, "-n", "100", "-c", "4", "-r", "2", "-q", "--json", "out",
           load_url(&t, "/page"));
  struct origin_counts counts = origin_counts(t.origin);
  CU_ASSERT_EQUAL(counts.requests, 100);
  CU_ASSERT_EQUAL(counts.accepted, 4);
  json_t *json = load_json(&t, "out");
  CU_ASSERT_EQUAL(load_number(json, "outcomes", "answered"), 100);
  CU_ASSERT_EQUAL(load_number(json, "statuses", "200"), 100);
  CU_ASSERT_EQUAL(load_number(json, "response", "count"), 100);
  load_expect_code(&t, json, 0);
  json_decref(json);
  load_close(&t);
}

/* With a rate the plan says how many: 200 a second for half a second. */
static void a_rate_is_kept(void) {
  load_open(&t);
  LOAD_RUN(&t, "--rate", "200", "-d", "500ms", "--warm-up", "0", "-c", "8",
           "-r", "2", "-q", "--json", "out", load_url(&t, "/page"));
  json_t *json = load_json(&t, "out");
  CU_ASSERT_EQUAL(load_number(json, "response", "count"), 100);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 100);
  load_expect_code(&t, json, 0);
  json_decref(json);
  load_close(&t);
}

static void expect_connections(json_int_t expected) {
  json_t *json = load_json(&t, "out");
  CU_ASSERT_EQUAL(load_number(json, "counts", "connections"), expected);
  json_decref(json);
}

static void connections_end(void) {
  load_open(&t);
  LOAD_RUN(&t, "-n", "10", "-c", "2", "-q", "--no-keepalive", "--json", "out",
           load_url(&t, "/page"));
  expect_connections(10);
  LOAD_RUN(&t, "-n", "12", "-c", "1", "-q", "--per-connection", "5", "--json",
           "out", load_url(&t, "/page"));
  expect_connections(3);
  CU_ASSERT(origin_counts(t.origin).accepted >= 13);
  load_close(&t);
}

/* ---- Exit codes ---- */

static void thresholds_are_judged(void) {
  load_open(&t);
  LOAD_RUN(&t, "-n", "20", "-c", "2", "-q", "--json", "out", "--fail-if",
           "failures>0", "--fail-if", "max>10m", load_url(&t, "/status/503"));
  json_t *json = load_json(&t, "out");
  const json_t *thresholds = json_object_get(json, "thresholds");
  CU_ASSERT_EQUAL(json_array_size(thresholds), 2);
  CU_ASSERT(
      json_is_true(json_object_get(json_array_get(thresholds, 0), "broken")));
  CU_ASSERT(
      json_is_false(json_object_get(json_array_get(thresholds, 1), "broken")));
  CU_ASSERT_EQUAL(load_number(json, "outcomes", "status"), 20);
  load_expect_code(&t, json, 1);
  program_said(&t.program, "failures");
  json_decref(json);
  load_close(&t);
}

/* The run ends when so many have failed, long before its time. */
static void failures_end_a_run(void) {
  load_open(&t);
  LOAD_RUN(&t, "-d", "10m", "-c", "2", "--warm-up", "0", "-q", "--json", "out",
           "--stop-at-failures", "10", load_url(&t, "/status/500"));
  json_t *json = load_json(&t, "out");
  CU_ASSERT(load_number(json, "outcomes", "status") >= 10);
  CU_ASSERT(
      json_is_true(json_object_get(json_object_get(json, "run"), "stopped")));
  load_expect_code(&t, json, 0);
  json_decref(json);
  load_close(&t);
}

/* So short a run is never VALID. */
static void suspect_counts_if_strict(void) {
  load_open(&t);
  LOAD_RUN(&t, "-n", "20", "-c", "2", "--strict", "--json", "out",
           load_url(&t, "/page"));
  json_t *json = load_json(&t, "out");
  CU_ASSERT(!load_is_verdict(json, "VALID"));
  load_expect_code(&t, json, 4);
  CU_ASSERT_PTR_NOT_NULL(strstr(
      t.program.out, json_string_value(json_object_get(json, "verdict"))));
  json_decref(json);
  load_close(&t);
}

/* Writes the URL of a port that nobody listens at, while the socket is open. */
static int refuse(struct load_test *test) {
  unsigned port = 0;
  int held = ports_refusing(&port);
  if (held < 0) abort();
  snprintf(test->url, sizeof test->url, "http://127.0.0.1:%u/", port);
  return held;
}

static void no_server(void) {
  load_open(&t);
  int held = refuse(&t);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "-n", "5", "-c", "1", "-q", t.url), 5);
  program_said(&t.program, "no connection: does the server run");
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "--wait-for", "300ms", "-n", "5", t.url), 5);
  program_said(&t.program, "has not answered within --wait-for: ");
  CU_ASSERT_EQUAL(t.program.out_length, 0);
  close(held);
  load_close(&t);
}

static void waits_for_the_server(void) {
  load_open(&t);
  struct origin_options options = {.port = origin_port(t.origin)};
  (void)load_url(&t, "/page");
  origin_stop(t.origin);
  program_start(&t.program, LOAD_ARGUMENTS("--wait-for", "1m", "-n", "7", "-c",
                                           "1", "-q", "--json", "out", t.url));
  usleep(300 * 1000);
  t.origin = origin_start(&options);
  if (!t.origin) abort();
  program_wait(&t.program, 60000);
  json_t *json = load_json(&t, "out");
  CU_ASSERT_EQUAL(load_number(json, "response", "count"), 7);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 8);
  load_expect_code(&t, json, 0);
  json_decref(json);
  load_close(&t);
}

/* ---- Interrupts ---- */

static bool has_some(const struct origin_counts *counts, void *context) {
  (void)context;
  return counts->requests > 0;
}

static void interrupted_runs_report(void) {
  load_open(&t);
  program_start(&t.program,
                LOAD_ARGUMENTS("-d", "10m", "-c", "2", "--warm-up", "0",
                               "--json", "out", load_url(&t, "/wait/1")));
  CU_ASSERT(origin_wait_for(t.origin, has_some, NULL, 60000));
  kill(t.program.pid, SIGINT);
  program_wait(&t.program, 60000);
  CU_ASSERT_EQUAL(t.program.code, 130);
  program_said(&t.program, "interrupted");
  json_t *json = load_json(&t, "out");
  CU_ASSERT(json_is_true(
      json_object_get(json_object_get(json, "run"), "interrupted")));
  CU_ASSERT(t.program.out_length > 0);
  json_decref(json);
  load_close(&t);
}

/* What never comes is not waited for till its time-out. */
static void hung_requests_have_a_moment(void) {
  load_open(&t);
  program_start(&t.program,
                LOAD_ARGUMENTS("-d", "10m", "-c", "2", "--warm-up", "0",
                               "--timeout", "30m", "-q", "--json", "out",
                               load_url(&t, "/stall")));
  CU_ASSERT(origin_wait_for(t.origin, has_some, NULL, 60000));
  kill(t.program.pid, SIGTERM);
  program_wait(&t.program, 60000);
  CU_ASSERT_EQUAL(t.program.code, 143);
  json_t *json = load_json(&t, "out");
  json_decref(json);
  load_close(&t);
}

static void a_second_interrupt_ends_at_once(void) {
  load_open(&t);
  program_start(&t.program, LOAD_ARGUMENTS("-d", "10m", "-c", "2", "--warm-up",
                                           "0", "--timeout", "30m", "--json",
                                           "out", load_url(&t, "/stall")));
  CU_ASSERT(origin_wait_for(t.origin, has_some, NULL, 60000));
  kill(t.program.pid, SIGINT);
  usleep(100 * 1000);
  kill(t.program.pid, SIGINT);
  program_wait(&t.program, 60000);
  CU_ASSERT_EQUAL(t.program.code, 130);
  CU_ASSERT_EQUAL(t.program.out_length, 0);
  CU_ASSERT_PTR_NULL(program_read(&t.program, "out", NULL));
  load_close(&t);
}

/* ---- Files ---- */

/* Expects the directory to have just so many files, beside the two in which
 * the program's output is kept. */
static void expect_files(unsigned expected) {
  unsigned found = 0;
  DIR *directory = opendir(t.program.directory);
  struct dirent *entry;
  if (!directory) abort();
  while ((entry = readdir(directory))) found += entry->d_name[0] != '.';
  closedir(directory);
  if (found != expected + 2)
    fixture_fail("%u files, not %u", found, expected + 2);
}

static void all_files_are_written(void) {
  static const char *const names[] = {"j", "h", "c", "l", "s", "m"};
  load_open(&t);
  LOAD_RUN(&t, "-d", "1100ms", "--warm-up", "0", "-c", "2", "-q", "--json", "j",
           "--html", "h", "--csv", "c", "--hdr", "l", "--samples", "s",
           "--openmetrics", "m", load_url(&t, "/wait/1"));
  json_t *json = load_json(&t, "j");
  load_expect_code(&t, json, 0);
  json_decref(json);
  expect_files(6);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    size_t length = 0;
    char *text = program_read(&t.program, names[i], &length);
    if (!text || !length) fixture_fail("%s is empty", names[i]);
    free(text);
  }
  CU_ASSERT_EQUAL(t.program.out_length, 0);
  load_close(&t);
}

/* What cannot be written is known before anything is sent, and what was there
 * is still there. */
static void paths_are_seen_first(void) {
  size_t length;
  load_open(&t);
  program_write(&t.program, "old", "before", 6);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "-n", "5", "--json", "old", "--csv",
                           "nowhere/out", load_url(&t, "/page")),
                  2);
  program_said(&t.program, "cannot write to nowhere/out: ");
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 0);
  char *old = program_read(&t.program, "old", &length);
  CU_ASSERT_STRING_EQUAL(old, "before");
  free(old);
  expect_files(1);
  load_close(&t);
}

/* A full disk is told, and the others are written. */
static void a_full_disk_is_told(void) {
  load_open(&t);
  LOAD_RUN(&t, "-n", "5", "-c", "1", "-q", "--json", "out", "--csv",
           "/dev/full", "--hdr", "log", load_url(&t, "/page"));
  program_said(&t.program, "cannot write to /dev/full: ");
  json_t *json = load_json(&t, "out");
  load_expect_code(&t, json, 1);
  json_decref(json);
  load_close(&t);
}

/* Standard output has the JSON alone, and standard error is for people. */
static void json_to_standard_output(void) {
  json_error_t error;
  load_open(&t);
  LOAD_RUN(&t, "-n", "5", "-c", "1", "--json", "-", load_url(&t, "/page"));
  json_t *json = json_loads(t.program.out, 0, &error);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  load_expect_code(&t, json, 0);
  CU_ASSERT(t.program.err_length > 0);
  CU_ASSERT_PTR_NULL(strchr(t.program.err, '\033'));
  json_decref(json);
  LOAD_RUN(&t, "-n", "5", "-c", "1", t.url);
  CU_ASSERT_EQUAL(t.program.err_length, 0);
  CU_ASSERT_PTR_NULL(strchr(t.program.out, '\033'));
  load_close(&t);
}

/* The JSON of a run is enough for the other reports, and for other limits. */
static void reports_are_written_again(void) {
  load_open(&t);
  LOAD_RUN(&t, "-n", "20", "-c", "1", "-q", "--json", "out",
           load_url(&t, "/page"));
  json_t *json = load_json(&t, "out");
  LOAD_RUN(&t, "report", "out", "--html", "page", "--fail-if",
           "rate<1000000/s");
  load_expect_code(&t, json, 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "20 ended: 20 good"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "1 of 1 broken"));
  char *page = program_read(&t.program, "page", NULL);
  CU_ASSERT(page && strstr(page, "<svg"));
  free(page);
  program_write(&t.program, "bad", "{}", 2);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "report", "bad"), 2);
  program_said(&t.program, "bad: ");
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "report"), 2);
  program_said(&t.program, "give the JSON of one run");
  json_decref(json);
  load_close(&t);
}

/* ---- Instead of a run ---- */

static void a_plan_is_shown(void) {
  load_open(&t);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "--plan", "--rate", "1000", "-d", "1m", "--part",
                           "2/4", "-u", "me:secret", "--data", "a=b",
                           load_url(&t, "/page")),
                  0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "60000 of all parts"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "2/4: 15000 requests"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "5        0.005000 s  POST "));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "> Authorization: ***\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "\na=b\n"));
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 0);
  load_close(&t);
}

static void one_request_is_shown(void) {
  load_open(&t);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "--once", "-H", "X-Mine: yes", "--data", "a=b",
                           load_url(&t, "/echo")),
                  0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "> POST /echo HTTP/1.1\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "> X-Mine: yes\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "< HTTP/1.1 200\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "\nX-Mine: yes"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "  its last byte, "));
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 1);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "--once", load_url(&t, "/garbage")), 5);
  program_said(&t.program, "no answer: ");
  load_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"requests are counted", requests_are_counted},
      {"a rate is kept", a_rate_is_kept},
      {"connections end", connections_end},
      {"thresholds are judged", thresholds_are_judged},
      {"failures end a run", failures_end_a_run},
      {"SUSPECT counts if strict", suspect_counts_if_strict},
      {"no server", no_server},
      {"waits for the server", waits_for_the_server},
      {"interrupted runs report", interrupted_runs_report},
      {"hung requests have a moment", hung_requests_have_a_moment},
      {"a second interrupt ends at once", a_second_interrupt_ends_at_once},
      {"all files are written", all_files_are_written},
      {"paths are seen first", paths_are_seen_first},
      {"a full disk is told", a_full_disk_is_told},
      {"JSON to standard output", json_to_standard_output},
      {"reports are written again", reports_are_written_again},
      {"a plan is shown", a_plan_is_shown},
      {"one request is shown", one_request_is_shown},
  };
  return fixture_main("load run", tests, FIXTURE_COUNT(tests), argc, argv);
}
