/* SPDX-License-Identifier: MIT
 * Runs that are parts of one, against a server that counts, and what `lariat
 * load merge` makes of their reports. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "program/load/load_support.h"
#include <lariat/histogram.h>
#include <lariat/load/hdr.h>
#include <lariat/load/result.h>

/* Long ago: each run is later than that, and INVALID. */
#define LONG_AGO "@1000000000"

static struct load_test t;

/* ---- Runs ---- */

/* Runs part `k` of `n` of 200 requests in half a second, one after the other,
 * into the file `name`.  There is a connection for each: none is left over at
 * the end, however busy the machine is. */
static void run_part(unsigned k, unsigned n, const char *name) {
  char part[24];
  snprintf(part, sizeof part, "%u/%u", k, n);
  LOAD_RUN(&t, "--rate", "400", "-d", "500ms", "--part", part, "-c", "80", "-r",
           "2", "-q", "--start-at", LONG_AGO, "--json", name,
           load_url(&t, "/page"));
  CU_ASSERT_EQUAL(t.program.code, 3);
  program_said(&t.program, "after the agreed start");
}

static bool has_reason(const json_t *json, const char *code) {
  size_t index;
  const json_t *reason;
  json_array_foreach(json_object_get(json, "reasons"), index, reason) {
    const char *found = json_string_value(json_object_get(reason, "code"));
    if (found && strcmp(found, code) == 0) return true;
  }
  return false;
}

/* ---- Histograms ---- */

static lariat_histogram *read_histogram(const json_t *json,
                                        const char *measure) {
  lariat_histogram *histogram = NULL;
  const char *text = json_string_value(
      json_object_get(json_object_get(json, measure), "histogram"));
  if (!text || lariat_load_hdr_decode(text, strlen(text), &histogram, NULL))
    fixture_fail("no histogram of %s", measure);
  return histogram;
}

/* Each bucket of the whole has what those of the parts have. */
static void expect_sum(const char *measure, const json_t *whole,
                       json_t *const *parts, size_t count) {
  lariat_histogram *all = read_histogram(whole, measure);
  lariat_histogram *sum = read_histogram(parts[0], measure);
  for (size_t i = 1; i < count; i++) {
    lariat_histogram *part = read_histogram(parts[i], measure);
    CU_ASSERT_EQUAL(lariat_histogram_add(sum, part), LARIAT_OK);
    lariat_histogram_free(part);
  }
  lariat_histogram_bucket a = {0};
  lariat_histogram_bucket b = {0};
  while (lariat_histogram_next(sum, &a)) {
    CU_ASSERT(lariat_histogram_next(all, &b));
    if (a.index != b.index || a.count != b.count) {
      fixture_fail("%s has another bucket", measure);
      break;
    }
  }
  CU_ASSERT(!lariat_histogram_next(all, &b));
  lariat_histogram_free(sum);
  lariat_histogram_free(all);
}

/* ---- Merging ---- */

/* Parts that are run one after the other send all of the plan, and their
 * reports come to one. */
static void parts_are_the_whole(void) {
  static const char *const names[] = {"1", "2", "3"};
  json_t *parts[3];
  load_open(&t);
  for (unsigned i = 0; i < 3; i++) run_part(i + 1, 3, names[i]);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 200);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "merge", "3", "1", "2", "--json", "all",
                           "--html", "page", "--csv", "rows", "--samples",
                           "slow", "--openmetrics", "metrics"),
                  3);
  json_t *all = load_json(&t, "all");
  for (unsigned i = 0; i < 3; i++) parts[i] = load_json(&t, names[i]);
  CU_ASSERT_EQUAL(load_number(all, "counts", "sent"), 200);
  CU_ASSERT_EQUAL(load_number(all, "outcomes", "answered"), 200);
  CU_ASSERT_EQUAL(load_number(all, "statuses", "200"), 200);
  CU_ASSERT_EQUAL(json_array_size(json_object_get(all, "parts")), 3);
  CU_ASSERT_EQUAL(json_array_size(json_object_get(all, "reactors")), 6);
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++)
    expect_sum(lariat_load_measure_name((lariat_load_measure)i), all, parts, 3);
  CU_ASSERT(load_is_verdict(all, "INVALID"));
  CU_ASSERT(has_reason(all, "start-late") && has_reason(all, "starts-apart"));
  CU_ASSERT(!has_reason(all, "part-missing"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "merged of 3 of its 3 parts\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "200 ended: 200 good"));
  for (unsigned i = 0; i < 3; i++) json_decref(parts[i]);
  json_decref(all);
  load_close(&t);
}

/* What `lariat load report` makes of the merged JSON is what the merge wrote,
 * and its thresholds are of the whole. */
static void a_merged_report_is_read(void) {
  load_open(&t);
  run_part(1, 2, "1");
  run_part(2, 2, "2");
  LOAD_RUN(&t, "merge", "1", "2", "--json", "all", "--html", "page",
           "--fail-if", "failures>0");
  char *page = program_read(&t.program, "page", NULL);
  char *text = strdup(t.program.out);
  LOAD_RUN(&t, "report", "all", "--html", "again");
  char *again = program_read(&t.program, "again", NULL);
  CU_ASSERT_STRING_EQUAL(text, t.program.out);
  CU_ASSERT(page && again && strcmp(page, again) == 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "0 of 1 broken"));
  free(again);
  free(text);
  free(page);
  load_close(&t);
}

static void a_missing_part_is_told(void) {
  load_open(&t);
  run_part(1, 3, "1");
  run_part(3, 3, "3");
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "merge", "1", "3", "--json", "all"), 3);
  json_t *all = load_json(&t, "all");
  CU_ASSERT_EQUAL(load_number(all, "counts", "sent"), 133);
  CU_ASSERT(has_reason(all, "part-missing"));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(t.program.out, "there is no report of part 2 of 3"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "133 ended: 133 good"));
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "merge", "1", "3", "-q"), 3);
  program_said(&t.program, "INVALID: there is no report of part 2 of 3");
  json_decref(all);
  load_close(&t);
}

static void expect_refusal(const char *const *arguments, const char *said) {
  CU_ASSERT_EQUAL(load_run(&t, arguments), 2);
  program_said(&t.program, said);
  CU_ASSERT_EQUAL(t.program.out_length, 0);
}

static void what_is_refused(void) {
  load_open(&t);
  run_part(1, 3, "1");
  expect_refusal(LOAD_ARGUMENTS("merge", "1", "1"),
                 "lariat: 1 is part 1 of 3, as 1 is\n");
  expect_refusal(LOAD_ARGUMENTS("merge", "1", "none"), "cannot read none: ");
  expect_refusal(LOAD_ARGUMENTS("merge"), "give the JSON of each part");
  expect_refusal(LOAD_ARGUMENTS("merge", "--jsn", "1"), "--json");
  program_write(&t.program, "bad", "{}", 2);
  expect_refusal(LOAD_ARGUMENTS("merge", "1", "bad"),
                 "lariat: bad: no count \"schema\"\n");
  LOAD_RUN(&t, "-n", "5", "-c", "2", "--part", "2/3", "-q", "--json", "2",
           load_url(&t, "/page"));
  expect_refusal(LOAD_ARGUMENTS("merge", "1", "2"), "2 is of another plan: ");
  expect_refusal(LOAD_ARGUMENTS("-c", "2", "--part", "3/3", t.url),
                 "part 3 of 3 has none of the 2 connections");
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "merge", "--help"), 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "usage: lariat load merge"));
  load_close(&t);
}

/* What goes on without an end is read no further than a report may be long. */
static void endless_files_are_refused(void) {
  static const char said[] = "/dev/zero is larger than 64 MiB";
  load_open(&t);
  expect_refusal(LOAD_ARGUMENTS("merge", "/dev/zero"), said);
  expect_refusal(LOAD_ARGUMENTS("report", "/dev/zero"), said);
  CU_ASSERT_EQUAL(LOAD_RUN(&t, "compare", "/dev/zero", "/dev/zero"), 2);
  program_said(&t.program, said);
  load_close(&t);
}

/* ---- Parts ---- */

/* A plan with fewer requests than parts has nothing for the last ones. */
static void a_part_may_have_nothing(void) {
  static const char *const names[] = {"1", "2", "3"};
  load_open(&t);
  for (unsigned i = 0; i < 3; i++) {
    char part[24];
    snprintf(part, sizeof part, "%u/3", i + 1);
    LOAD_RUN(&t, "-n", "2", "--rate", "5", "-r", "1", "--part", part, "-q",
             "--json", names[i], load_url(&t, "/page"));
  }
  CU_ASSERT_EQUAL(t.program.code, 0);
  CU_ASSERT_EQUAL(t.program.err_length, 0);
  json_t *last = load_json(&t, "3");
  CU_ASSERT(load_is_verdict(last, "VALID") && has_reason(last, "no-share"));
  LOAD_RUN(&t, "merge", "1", "2", "3", "-q", "--json", "all");
  json_t *all = load_json(&t, "all");
  CU_ASSERT_EQUAL(load_number(all, "counts", "sent"), 2);
  CU_ASSERT(!has_reason(all, "no-answer"));
  CU_ASSERT_PTR_NULL(strstr(t.program.err, "after part 3"));
  json_decref(all);
  json_decref(last);
  LOAD_RUN(&t, "-d", "100ms", "--rate", "20", "--part", "30/30", t.url);
  CU_ASSERT_EQUAL(t.program.code, 0);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(t.program.out, "nothing of the plan is this part's"));
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 2);
  load_close(&t);
}

/* A part says which it is. */
static void a_part_is_told(void) {
  load_open(&t);
  LOAD_RUN(&t, "--rate", "400", "-d", "500ms", "--part", "2/3", "-c", "80",
           "-r", "2", "--warm-up", "0", "--json", "out", load_url(&t, "/page"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.program.out, "part 2 of 3\n"));
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 67);
  json_t *json = load_json(&t, "out");
  CU_ASSERT_EQUAL(load_number(json, "plan", "part"), 1);
  CU_ASSERT_EQUAL(load_number(json, "plan", "parts"), 3);
  CU_ASSERT(
      json_is_string(json_object_get(json_object_get(json, "run"), "host")));
  json_decref(json);
  LOAD_RUN(&t, "-n", "5", "-q", "--json", "out", t.url);
  json = load_json(&t, "out");
  CU_ASSERT_PTR_NULL(json_object_get(json_object_get(json, "run"), "host"));
  json_decref(json);
  load_close(&t);
}

/* Users of a closed test are shared, as its requests are. */
static void users_are_shared(void) {
  load_open(&t);
  LOAD_RUN(&t, "-c", "5", "-n", "11", "--part", "1/2", "-q", "--json", "1",
           load_url(&t, "/page"));
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 3);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 6);
  LOAD_RUN(&t, "-c", "5", "-n", "11", "--part", "2/2", "-q", "--json", "2",
           t.url);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 5);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 11);
  LOAD_RUN(&t, "merge", "1", "2", "-q", "--json", "all");
  json_t *all = load_json(&t, "all");
  CU_ASSERT_EQUAL(load_number(all, "plan", "connections"), 5);
  CU_ASSERT_EQUAL(load_number(all, "counts", "sent"), 11);
  json_decref(all);
  load_close(&t);
}

/* Machines that read the same list from a pipe share it. */
static void a_pipe_is_shared(void) {
  char list[600];
  int length = 0;
  load_open(&t);
  (void)load_url(&t, "/page");
  for (int i = 0; i < 5; i++)
    length += snprintf(list + length, sizeof list - (size_t)length, "%s?%d\n",
                       t.url, i);
  for (unsigned k = 1; k <= 2; k++) {
    int ends[2];
    char part[24];
    if (pipe(ends) != 0 || write(ends[1], list, (size_t)length) != length)
      abort();
    close(ends[1]);
    t.program.input = ends[0];
    snprintf(part, sizeof part, "%u/2", k);
    LOAD_RUN(&t, "-i", "-", "-c", "2", "--part", part, "-q");
    close(ends[0]);
    CU_ASSERT_EQUAL(origin_counts(t.origin).requests, k == 1 ? 3 : 5);
  }
  load_close(&t);
}

/* ---- Together ---- */

/* Two begin at one instant; nobody says when they are over.  Whether that was
 * kept is for the verdict. */
static void two_together(void) {
  struct program other;
  char start[32];
  char file[PROGRAM_PATH_ROOM + 16];
  load_open(&t);
  program_open(&other, LARIAT_PROGRAM);
  snprintf(start, sizeof start, "@%lld.250", (long long)time(NULL) + 1);
  (void)load_url(&t, "/page");
  program_start(&other,
                LOAD_ARGUMENTS("--rate", "400", "-c", "120", "-d", "500ms",
                               "--part", "2/2", "-q", "--start-at", start,
                               "--json", "2", t.url));
  program_start(&t.program,
                LOAD_ARGUMENTS("--rate", "400", "-c", "120", "-d", "500ms",
                               "--part", "1/2", "-q", "--start-at", start,
                               "--json", "1", t.url));
  program_wait(&other, 60000);
  program_wait(&t.program, 60000);
  LOAD_RUN(&t, "merge", "1", program_file(&other, "2", file, sizeof file), "-q",
           "--json", "all");
  json_t *all = load_json(&t, "all");
  load_expect_code(&t, all, 0);
  CU_ASSERT_EQUAL(load_number(all, "counts", "intended"), 200);
  CU_ASSERT_EQUAL(load_number(all, "run", "start_at_ns") % 1000000000,
                  250000000);
  json_decref(all);
  program_close(&other);
  load_close(&t);
}

/* An interrupt ends the wait for the start; nothing is sent. */
static void a_wait_is_interrupted(void) {
  char start[32];
  load_open(&t);
  snprintf(start, sizeof start, "@%lld", (long long)time(NULL) + 3600);
  program_start(&t.program, LOAD_ARGUMENTS("-n", "5", "--start-at", start,
                                           load_url(&t, "/page")));
  usleep(300 * 1000);
  kill(t.program.pid, SIGINT);
  program_wait(&t.program, 60000);
  CU_ASSERT_EQUAL(t.program.code, 130);
  CU_ASSERT_EQUAL(t.program.out_length, 0);
  CU_ASSERT_EQUAL(origin_counts(t.origin).accepted, 0);
  load_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"parts are the whole", parts_are_the_whole},
      {"a merged report is read", a_merged_report_is_read},
      {"a missing part is told", a_missing_part_is_told},
      {"what is refused", what_is_refused},
      {"endless files are refused", endless_files_are_refused},
      {"a part may have nothing", a_part_may_have_nothing},
      {"a part is told", a_part_is_told},
      {"users are shared", users_are_shared},
      {"a pipe is shared", a_pipe_is_shared},
      {"two together", two_together},
      {"a wait is interrupted", a_wait_is_interrupted},
  };
  return fixture_main("load parts", tests, FIXTURE_COUNT(tests), argc, argv);
}
