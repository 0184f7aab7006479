/* SPDX-License-Identifier: MIT
 * merge_test.c: the reports of parts, merged, are the report of the whole: to
 * the bucket, the request and the second; and what does not belong together is
 * refused. */
#include "load/merge.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include "support/load_result.h"
#include <lariat/load/report.h>

enum { MOST_PARTS = 8 };

static const struct load_result_plan plans[] = {
    {.seconds = 5, .rate = 400},
    {.seconds = 12,
     .rate = 500,
     .failing = 9,
     .stalled_second = 3,
     .named = true,
     .late_ns = 7 * LOAD_RESULT_MS},
    {.seconds = 4, .rate = 30, .closed = true, .failing = 11},
};

/* ---- Reports of parts ---- */

/* Begins so long after the start that was agreed on. */
struct start {
  int64_t agreed_ns;
  int64_t late_ns;
};

static const struct start unagreed = {0, 0};

static char *write_json(lariat_load_result *result) {
  char *json = NULL;
  CU_ASSERT_EQUAL(
      lariat_load_report_write(result, NULL, LARIAT_LOAD_JSON, &json, NULL),
      LARIAT_OK);
  if (!json) abort();
  return json;
}

static lariat_load_result *make_part(const struct load_result_plan *plan,
                                     uint32_t index, uint32_t count,
                                     const struct start *start) {
  struct load_result_plan part = *plan;
  part.part = (lariat_load_part){index, count};
  lariat_load_result *result = load_result_make(&part);
  result->facts.start_at_ns = start->agreed_ns;
  result->facts.started_at_ns += start->late_ns;
  snprintf(result->facts.host, sizeof result->facts.host, "web-%u", index + 1);
  return result;
}

static char *make_json(const struct load_result_plan *plan, uint32_t index,
                       uint32_t count, const struct start *start) {
  lariat_load_result *result = make_part(plan, index, count, start);
  char *json = write_json(result);
  lariat_load_result_free(result);
  return json;
}

/* ---- Merging ---- */

static lariat_load_merge *open_merge(void) {
  lariat_load_merge *merge = NULL;
  if (lariat_load_merge_new(&merge) != LARIAT_OK) abort();
  return merge;
}

static lariat_status add_json(lariat_load_merge *merge, const char *json,
                              int64_t ahead_ns, lariat_load_error *error) {
  const lariat_load_merge_source source = {.size = sizeof source,
                                           .clock_ahead_ns = ahead_ns};
  return lariat_load_merge_add(merge, &source, json, strlen(json), error);
}

static void add_part(lariat_load_merge *merge,
                     const struct load_result_plan *plan, uint32_t index,
                     uint32_t count, const struct start *start) {
  lariat_load_error error = {0};
  char *json = make_json(plan, index, count, start);
  if (add_json(merge, json, 0, &error) != LARIAT_OK)
    fixture_fail("not merged: %s", error.message);
  lariat_load_text_free(json);
}

static lariat_load_result *close_merge(lariat_load_merge *merge) {
  lariat_load_result *result = NULL;
  CU_ASSERT_EQUAL(lariat_load_merge_finish(merge, &result), LARIAT_OK);
  lariat_load_merge_free(merge);
  if (!result) abort();
  return result;
}

/* Merges all parts, the last one first where `backward`. */
static lariat_load_result *merge_all(const struct load_result_plan *plan,
                                     uint32_t count, bool backward) {
  lariat_load_merge *merge = open_merge();
  for (uint32_t i = 0; i < count; i++)
    add_part(merge, plan, backward ? count - 1 - i : i, count, &unagreed);
  return close_merge(merge);
}

/* ---- The whole ---- */

static void expect_same_histogram(const char *name, const lariat_histogram *a,
                                  const lariat_histogram *b) {
  lariat_histogram_bucket in_a = {0}, in_b = {0};
  bool same = lariat_histogram_count(a) == lariat_histogram_count(b) &&
              lariat_histogram_min(a) == lariat_histogram_min(b) &&
              lariat_histogram_max(a) == lariat_histogram_max(b);
  CU_ASSERT_DOUBLE_EQUAL(lariat_histogram_mean(a), lariat_histogram_mean(b), 1);
  while (same && lariat_histogram_next(a, &in_a))
    same = lariat_histogram_next(b, &in_b) && in_a.index == in_b.index &&
           in_a.count == in_b.count;
  if (!same || lariat_histogram_next(b, &in_b))
    fixture_fail("%s is another distribution", name);
}

static void expect_same_class(const lr_load_class *a, const lr_load_class *b) {
  CU_ASSERT_STRING_EQUAL(a->name, b->name);
  CU_ASSERT(memcmp(a->outcomes, b->outcomes, sizeof a->outcomes) == 0);
  for (int i = 0; i < LARIAT_LOAD_MEASURES; i++)
    if (a->histograms[i])
      expect_same_histogram(lariat_load_measure_name((lariat_load_measure)i),
                            a->histograms[i], b->histograms[i]);
}

static void expect_same_seconds(const lariat_load_result *a,
                                const lariat_load_result *b) {
  CU_ASSERT_EQUAL_FATAL(a->second_count, b->second_count);
  for (size_t i = 0; i < a->second_count; i++) {
    const lr_load_second *x = &a->seconds[i];
    const lr_load_second *y = &b->seconds[i];
    CU_ASSERT_EQUAL(x->second, y->second);
    CU_ASSERT_EQUAL(x->span_s, y->span_s);
    CU_ASSERT_DOUBLE_EQUAL(x->asked, y->asked, 1e-6);
    CU_ASSERT_EQUAL(x->sent, y->sent);
    CU_ASSERT_EQUAL(x->answered, y->answered);
    CU_ASSERT_EQUAL(x->failed, y->failed);
    CU_ASSERT_EQUAL(x->bytes_received, y->bytes_received);
    CU_ASSERT_EQUAL(x->max_ns, y->max_ns);
    CU_ASSERT(x->p99_ns <= y->p99_ns); /* that of the worst part */
  }
}

static bool has_slow(const lariat_load_result *result,
                     const lr_load_sample *sample) {
  for (size_t i = 0; i < result->slowest_count; i++)
    if (result->slowest[i].index == sample->index) return true;
  return false;
}

/* The slowest are the same, but for the order of those that took as long. */
static void expect_same_slowest(const lariat_load_result *a,
                                const lariat_load_result *b) {
  CU_ASSERT_EQUAL_FATAL(a->slowest_count, b->slowest_count);
  uint64_t start = b->started_ns;
  uint64_t least = lr_load_sample_response(&a->slowest[a->slowest_count - 1]);
  for (size_t i = 0; i < a->slowest_count; i++) {
    const lr_load_sample *sample = &b->slowest[i];
    CU_ASSERT_EQUAL(lr_load_sample_response(&a->slowest[i]),
                    lr_load_sample_response(sample));
    if (lr_load_sample_response(&a->slowest[i]) > least)
      CU_ASSERT(has_slow(b, &a->slowest[i]));
    CU_ASSERT(sample->intended_ns >= start);
  }
}

static void expect_same_ends(const lariat_load_result *a,
                             const lariat_load_result *b) {
  for (int i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++) {
    CU_ASSERT_EQUAL(!a->ends[i].first_ns, !b->ends[i].first_ns);
    if (!a->ends[i].first_ns || !b->ends[i].first_ns) continue;
    CU_ASSERT_EQUAL(a->ends[i].first_ns - a->started_ns,
                    b->ends[i].first_ns - b->started_ns);
    CU_ASSERT_EQUAL(a->ends[i].last_ns - a->started_ns,
                    b->ends[i].last_ns - b->started_ns);
  }
}

static void expect_same(const lariat_load_result *whole,
                        const lariat_load_result *merged) {
  CU_ASSERT(memcmp(&whole->counts, &merged->counts, sizeof whole->counts) == 0);
  CU_ASSERT(memcmp(whole->statuses, merged->statuses, sizeof whole->statuses) ==
            0);
  CU_ASSERT_EQUAL_FATAL(whole->class_count, merged->class_count);
  for (size_t i = 0; i < whole->class_count; i++)
    expect_same_class(&whole->classes[i], &merged->classes[i]);
  expect_same_seconds(whole, merged);
  expect_same_slowest(whole, merged);
  expect_same_ends(whole, merged);
  CU_ASSERT_EQUAL(whole->facts.asked, merged->facts.asked);
  CU_ASSERT_DOUBLE_EQUAL(whole->facts.asked_per_s, merged->facts.asked_per_s,
                         1e-5);
  CU_ASSERT_EQUAL(whole->facts.duration_ns, merged->facts.duration_ns);
  CU_ASSERT_EQUAL(whole->facts.started_at_ns, merged->facts.started_at_ns);
  CU_ASSERT_EQUAL(merged->facts.part.count, 1);
}

static void test_whole(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(plans); i++) {
    lariat_load_result *whole = load_result_make(&plans[i]);
    for (uint32_t count = 1; count <= MOST_PARTS; count++) {
      lariat_load_result *merged = merge_all(&plans[i], count, count % 2);
      expect_same(whole, merged);
      CU_ASSERT_EQUAL(merged->reactor_count, 2 * count);
      CU_ASSERT_EQUAL(merged->facts.reactors, 2 * count);
      CU_ASSERT_EQUAL(merged->facts.connections, 50 * count);
      lariat_load_result_free(merged);
    }
    lariat_load_result_free(whole);
  }
  fixture_close(&f);
}

/* ---- The parts beside each other ---- */

static void test_parts(void) {
  struct fixture f;
  lariat_load_merged_part part = {.size = sizeof part};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *merged = merge_all(&plans[0], 4, true);
  CU_ASSERT_EQUAL_FATAL(lariat_load_result_parts(merged), 4);
  for (uint32_t i = 0; i < 4; i++) {
    CU_ASSERT_EQUAL(lariat_load_result_read_part(merged, i, &part), LARIAT_OK);
    CU_ASSERT_EQUAL(part.part.index, i);
    CU_ASSERT_EQUAL(part.part.count, 4);
    CU_ASSERT_EQUAL(part.host[4] - '1', (int)i);
    CU_ASSERT_STRING_EQUAL(part.machine, merged->facts.machine);
    CU_ASSERT_EQUAL(part.began_ns, 0);
    CU_ASSERT_EQUAL(part.sent, 500);
    CU_ASSERT_EQUAL(part.answered, 500);
    CU_ASSERT_EQUAL(part.reactors, 2);
    CU_ASSERT(part.response_p99_ns > 5 * LOAD_RESULT_MS);
    CU_ASSERT(part.cpu_most > 0.1 && part.cpu_most < 0.2);
  }
  CU_ASSERT_EQUAL(lariat_load_result_read_part(merged, 4, &part),
                  LARIAT_ENOTFOUND);
  part.size = 0;
  CU_ASSERT_EQUAL(lariat_load_result_read_part(merged, 0, &part),
                  LARIAT_EINVAL);
  lariat_load_result_free(merged);
  lariat_load_result *alone = load_result_make(&plans[0]);
  CU_ASSERT_EQUAL(lariat_load_result_parts(alone), 0);
  lariat_load_result_free(alone);
  fixture_close(&f);
}

/* Every report of what was merged is that of what is read from its JSON. */
static void test_reports(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *merged = merge_all(&plans[1], 3, false);
  char *json = write_json(merged);
  lariat_load_result *back = NULL;
  CU_ASSERT_EQUAL_FATAL(
      lariat_load_result_parse(json, strlen(json), &back, NULL), LARIAT_OK);
  for (int i = LARIAT_LOAD_TEXT; i <= LARIAT_LOAD_TEXT_COLOURED; i++) {
    char *a, *b;
    lariat_load_format format = (lariat_load_format)i;
    CU_ASSERT(lariat_load_report_write(merged, NULL, format, &a, NULL) == 0);
    CU_ASSERT(lariat_load_report_write(back, NULL, format, &b, NULL) == 0);
    if (format != LARIAT_LOAD_OPENMETRICS) CU_ASSERT_STRING_EQUAL(a, b);
    if (format == LARIAT_LOAD_TEXT) {
      CU_ASSERT_PTR_NOT_NULL(strstr(a, "merged of 3 of its 3 parts\n"));
      CU_ASSERT_PTR_NOT_NULL(strstr(a, "\nEach part "));
      CU_ASSERT_PTR_NOT_NULL(strstr(a, "    web-2: a machine with 2 CPUs"));
    }
    if (format == LARIAT_LOAD_HTML)
      CU_ASSERT_PTR_NOT_NULL(strstr(a, "<h2>The parts</h2>"));
    lariat_load_text_free(a);
    lariat_load_text_free(b);
  }
  lariat_load_result_free(back);
  lariat_load_text_free(json);
  lariat_load_result_free(merged);
  fixture_close(&f);
}

/* A part alone says which it is, and when it began. */
static void test_part_alone(void) {
  struct fixture f;
  char *text;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  const struct start start = {INT64_C(1796047200123000000), 0};
  lariat_load_result *result = make_part(&plans[0], 1, 4, &start);
  CU_ASSERT_EQUAL(
      lariat_load_report_write(result, NULL, LARIAT_LOAD_TEXT, &text, NULL),
      LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(text, "             part 2 of 4, began 457 µs after the agreed "
                   "start,\n             2026-11-30T14:00:00.123Z\n"));
  lariat_load_text_free(text);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* ---- Verdicts ---- */

static const lariat_load_reason *find(lariat_load_result *result,
                                      const char *code) {
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  for (size_t i = 0; i < verdict->reason_count; i++)
    if (strcmp(verdict->reasons[i].code, code) == 0)
      return &verdict->reasons[i];
  return NULL;
}

static void expect_reason(lariat_load_result *result, const char *code,
                          lariat_load_validity validity, const char *message) {
  const lariat_load_reason *reason = find(result, code);
  if (!reason)
    fixture_fail("no reason \"%s\"", code);
  else if (reason->validity != validity || strcmp(reason->message, message))
    fixture_fail("%s: %s", lariat_load_validity_name(reason->validity),
                 reason->message);
  CU_ASSERT(lariat_load_result_verdict(result)->validity >= validity);
}

/* What is there is shown, and is INVALID. */
static void test_missing(void) {
  struct fixture f;
  static const char *const messages[] = {
      "there is no report of parts 1 to 3, 5, 7 to 9 of 9",
      "there is no report of part 3 of 4"};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_merge *merge = open_merge();
  add_part(merge, &plans[0], 5, 9, &unagreed);
  add_part(merge, &plans[0], 3, 9, &unagreed);
  lariat_load_result *result = close_merge(merge);
  expect_reason(result, "part-missing", LARIAT_LOAD_INVALID, messages[0]);
  CU_ASSERT_EQUAL(result->counts.sent, 444);
  lariat_load_result_free(result);
  merge = open_merge();
  for (uint32_t i = 0; i < 4; i++)
    if (i != 2) add_part(merge, &plans[0], i, 4, &unagreed);
  result = close_merge(merge);
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->validity,
                  LARIAT_LOAD_INVALID);
  expect_reason(result, "part-missing", LARIAT_LOAD_INVALID, messages[1]);
  CU_ASSERT_EQUAL(result->counts.sent, 1500);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A list of very many is cut. */
static void test_many_missing(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_merge *merge = open_merge();
  const struct load_result_plan small = {.seconds = 1, .rate = 1000};
  for (uint32_t i = 0; i < 60; i++)
    add_part(merge, &small, 2 * i, UINT32_MAX, &unagreed);
  lariat_load_result *result = close_merge(merge);
  const lariat_load_reason *reason = find(result, "part-missing");
  CU_ASSERT_FATAL(reason != NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(reason->message, "parts 2, 4, 6, 8, 10, 12, "));
  CU_ASSERT_PTR_NOT_NULL(strstr(reason->message, ", ... of 4294967295"));
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Merges three parts of 5 s, of which the last one is late by so much. */
static lariat_load_result *merge_late(int64_t agreed_ns, int64_t late_ns,
                                      int64_t ahead_ns) {
  lariat_load_merge *merge = open_merge();
  for (uint32_t i = 0; i < 3; i++) {
    const struct start start = {agreed_ns, i == 2 ? late_ns : 0};
    char *json = make_json(&plans[0], i, 3, &start);
    CU_ASSERT_EQUAL(add_json(merge, json, i == 2 ? ahead_ns : 0, NULL),
                    LARIAT_OK);
    lariat_load_text_free(json);
  }
  return close_merge(merge);
}

/* The text for people has this. */
static void expect_text(lariat_load_result *result, const char *words) {
  char *text = NULL;
  CU_ASSERT_EQUAL(
      lariat_load_report_write(result, NULL, LARIAT_LOAD_TEXT, &text, NULL),
      LARIAT_OK);
  if (!text || !strstr(text, words)) fixture_fail("no \"%s\": %s", words, text);
  lariat_load_text_free(text);
}

static void test_late(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = merge_late(0, 50 * (int64_t)LOAD_RESULT_MS, 0);
  CU_ASSERT_PTR_NULL(find(result, "starts-apart"));
  CU_ASSERT_EQUAL(result->merged[2].began_ns, 50 * (int64_t)LOAD_RESULT_MS);
  lariat_load_result_free(result);
  result = merge_late(0, 51 * (int64_t)LOAD_RESULT_MS, 0);
  expect_reason(
      result, "starts-apart", LARIAT_LOAD_INVALID,
      "part 3 began 51.0 ms after part 1: over 1 % of the 5.00 s that they "
      "ran");
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->validity,
                  LARIAT_LOAD_INVALID);
  lariat_load_result_free(result);
  /* What its clock was ahead of the others', it was not late. */
  result = merge_late(0, 3 * (int64_t)LOAD_RESULT_S,
                      3 * (int64_t)LOAD_RESULT_S - 1000);
  CU_ASSERT_PTR_NULL(find(result, "starts-apart"));
  CU_ASSERT_EQUAL(result->merged[2].began_ns, 1000);
  expect_text(result, "    web-3, its clock 3.00 s ahead: a machine with");
  lariat_load_result_free(result);
  result = merge_late(0, -10 * (int64_t)LOAD_RESULT_MS,
                      -10 * (int64_t)LOAD_RESULT_MS);
  expect_text(result, "    web-3, its clock 10.0 ms behind: a machine with");
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* The time line of a part that is 3 s late is behind the others'. */
static void test_time_line(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  const int64_t agreed_ns = INT64_C(1796047200120000000);
  lariat_load_result *result =
      merge_late(agreed_ns, 3 * (int64_t)LOAD_RESULT_S, 0);
  CU_ASSERT_EQUAL_FATAL(result->second_count, 8);
  CU_ASSERT_EQUAL(result->facts.started_at_ns, agreed_ns);
  for (uint32_t i = 0; i < 8; i++) {
    const lr_load_second *row = &result->seconds[i];
    CU_ASSERT_EQUAL(row->second, i);
    CU_ASSERT_EQUAL(row->reactors, i < 3 ? 4 : i < 5 ? 6 : 2);
    CU_ASSERT(row->sent > (i < 5 ? 260 : 130) && row->sent < (i < 3   ? 270
                                                              : i < 5 ? 401
                                                                      : 135));
  }
  /* Instants of requests are from the agreed start on. */
  uint64_t last = 0;
  for (size_t i = 0; i < result->slowest_count; i++) {
    uint64_t due = result->slowest[i].intended_ns - result->started_ns;
    if (due > last) last = due;
  }
  CU_ASSERT(last > 7 * LOAD_RESULT_S && last < 9 * LOAD_RESULT_S);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Runs that have nothing to do with each other but their plan: no sum of their
 * instants goes wrong. */
static void test_years_apart(void) {
  struct fixture f;
  static const int64_t late[] = {INT64_C(3153600000) * 1000000000,
                                 -INT64_C(1796047200) * 1000000000,
                                 INT64_MAX - INT64_C(1796047200123456789)};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(late); i++) {
    lariat_load_result *result =
        merge_late(INT64_C(1796047200120000000), late[i], 0);
    CU_ASSERT_PTR_NOT_NULL(find(result, "starts-apart"));
    CU_ASSERT_EQUAL(result->counts.sent, 2000);
    for (size_t k = 1; k < result->second_count; k++)
      CU_ASSERT(result->seconds[k].second > result->seconds[k - 1].second);
    lariat_load_result_free(result);
  }
  lariat_load_result *result = merge_late(0, 0, INT64_MIN);
  CU_ASSERT_PTR_NOT_NULL(find(result, "starts-apart"));
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Changes what a part was, and merges it with two others. */
static lariat_load_result *
merge_changed(void (*change)(lariat_load_result *result, uint32_t index)) {
  lariat_load_merge *merge = open_merge();
  for (uint32_t i = 0; i < 3; i++) {
    lariat_load_result *part = make_part(&plans[0], i, 3, &unagreed);
    change(part, i);
    char *json = write_json(part);
    CU_ASSERT_EQUAL(add_json(merge, json, 0, NULL), LARIAT_OK);
    lariat_load_text_free(json);
    lariat_load_result_free(part);
  }
  return close_merge(merge);
}

/* A part for which the plan has no request ends at once, maybe before its
 * start is noted. */
static lariat_load_result *make_without_share(uint32_t index, uint32_t count) {
  const struct load_result_plan nothing = {.rate = 400};
  lariat_load_result *part = make_part(&nothing, index, count, &unagreed);
  part->facts.started_at_ns = 0;
  part->facts.duration_ns = 0;
  part->started_ns = 0;
  part->network.known = false;
  snprintf(part->facts.plan, sizeof part->facts.plan,
           "open, 400/s even for 5 s");
  return part;
}

static void add_without_share(lariat_load_merge *merge, uint32_t index,
                              uint32_t count) {
  lariat_load_error error = {0};
  lariat_load_result *part = make_without_share(index, count);
  char *json = write_json(part);
  if (add_json(merge, json, 0, &error) != LARIAT_OK)
    fixture_fail("not merged: %s", error.message);
  lariat_load_text_free(json);
  lariat_load_result_free(part);
}

static void expect_no_share(void) {
  lariat_load_result *result = make_without_share(2, 3);
  expect_reason(result, "no-share", LARIAT_LOAD_VALID,
                "nothing of the plan is this part's");
  result->facts.interrupted = true;
  lr_load_result_forget_verdict(result);
  CU_ASSERT_PTR_NOT_NULL(find(result, "no-answer"));
  lariat_load_result_free(result);
  result = make_without_share(0, 3);
  expect_reason(result, "no-answer", LARIAT_LOAD_INVALID,
                "no request has ended");
  lariat_load_result_free(result);
}

/* What such a part says takes nothing from the whole.  The first part is
 * another matter: without a request of its own there is none at all. */
static void test_without_share(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect_no_share();
  lariat_load_merge *merge = open_merge();
  add_part(merge, &plans[0], 0, 3, &unagreed);
  add_part(merge, &plans[0], 1, 3, &unagreed);
  add_without_share(merge, 2, 3);
  lariat_load_result *result = close_merge(merge);
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->validity,
                  LARIAT_LOAD_VALID);
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->reason_count, 0);
  CU_ASSERT_EQUAL(result->facts.started_at_ns, result->merged[0].started_at_ns);
  CU_ASSERT_EQUAL(result->merged_count, 3);
  CU_ASSERT_EQUAL(result->merged[2].began_ns, 0);
  CU_ASSERT(result->network.known);
  lariat_load_result_free(result);
  merge = open_merge();
  for (uint32_t i = 0; i < 3; i++) add_without_share(merge, i, 3);
  result = close_merge(merge);
  expect_reason(result, "no-answer", LARIAT_LOAD_INVALID,
                "part 1: no request has ended");
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void stand_still(lariat_load_result *result, uint32_t index) {
  static const uint64_t gaps[] = {0, 60, 200};
  result->surroundings.gap_ns = gaps[index] * LOAD_RESULT_MS;
  result->surroundings.gap_at_ns = index * LOAD_RESULT_S;
  result->facts.interrupted = index == 0;
}

/* One verdict: the worst, and each fault once, of the part that has it worst.
 */
static void test_worst(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = merge_changed(stand_still);
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->validity,
                  LARIAT_LOAD_INVALID);
  expect_reason(result, "stopped", LARIAT_LOAD_INVALID,
                "part 3 and 1 other: the process or its machine stood still "
                "for 200 ms, 2.00 s after the start");
  expect_reason(result, "interrupted", LARIAT_LOAD_SUSPECT,
                "part 1: it was interrupted after 5.00 s");
  CU_ASSERT_EQUAL(result->surroundings.gap_ns, 200 * LOAD_RESULT_MS);
  CU_ASSERT_EQUAL(result->surroundings.gap_at_ns, 2 * LOAD_RESULT_S);
  CU_ASSERT(result->facts.interrupted);
  lariat_load_result_free(result);
  result = merge_all(&plans[0], 3, false);
  CU_ASSERT_EQUAL(lariat_load_result_verdict(result)->validity,
                  LARIAT_LOAD_VALID);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A part that began late by its own clock is INVALID, and so is the whole. */
static void begin_late(lariat_load_result *result, uint32_t index) {
  result->facts.start_at_ns = result->facts.started_at_ns;
  if (index == 1) result->facts.started_at_ns += 60 * (int64_t)LOAD_RESULT_MS;
}

static void test_late_by_itself(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = merge_changed(begin_late);
  expect_reason(result, "start-late", LARIAT_LOAD_INVALID,
                "part 2: it began 60.0 ms after the agreed start: over 1 % of "
                "the 5.00 s that it ran");
  CU_ASSERT_PTR_NOT_NULL(find(result, "starts-apart"));
  lariat_load_result_free(result);
  fixture_close(&f);
}

static void use_other_machine(lariat_load_result *result, uint32_t index) {
  snprintf(result->facts.machine, sizeof result->facts.machine, "machine %u",
           index);
  snprintf(result->facts.lariat_version, sizeof result->facts.lariat_version,
           "0.2.%u", index);
}

/* What is not the same of all is told of each. */
static void test_machines(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = merge_changed(use_other_machine);
  CU_ASSERT_STRING_EQUAL(result->facts.machine, "");
  CU_ASSERT_STRING_EQUAL(result->facts.lariat_version, "");
  CU_ASSERT_STRING_EQUAL(result->facts.libcurl_version, "8.14.1");
  CU_ASSERT_STRING_EQUAL(result->merged[1].machine, "machine 1");
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* ---- Refusals ---- */

static void expect_refusal(lariat_load_merge *merge, lariat_load_result *part,
                           const char *message) {
  lariat_load_error error = {0};
  char *json = write_json(part);
  lariat_status status = add_json(merge, json, 0, &error);
  if (status != LARIAT_EINVAL || strcmp(error.message, message) != 0)
    fixture_fail("%s, not \"%s\"",
                 status == LARIAT_OK ? "merged" : error.message, message);
  lariat_load_text_free(json);
  lariat_load_result_free(part);
}

static void test_refusals(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_merge *merge = open_merge();
  add_part(merge, &plans[0], 1, 4, &unagreed);
  expect_refusal(merge, make_part(&plans[0], 1, 4, &unagreed),
                 "report 2 is part 2 of 4, as report 1 is");
  expect_refusal(merge, make_part(&plans[0], 1, 3, &unagreed),
                 "report 3 is one of 3 parts, and report 1 of 4");
  lariat_load_result *other = make_part(&plans[0], 2, 4, &unagreed);
  memcpy(other->facts.plan_hash, "fedcba9876543210", 17);
  expect_refusal(merge, other,
                 "report 4 is of another plan: fedcba9876543210, and not "
                 "0123456789abcdef");
  other = make_part(&plans[0], 2, 4, &unagreed);
  snprintf(other->facts.plan, sizeof other->facts.plan, "closed, 5 users");
  expect_refusal(merge, other,
                 "report 5 is of another plan: closed, 5 users, and not open, "
                 "400/s even for 5 s");
  other = make_part(&plans[0], 2, 4, &unagreed);
  snprintf(other->facts.target, sizeof other->facts.target, "http://b");
  expect_refusal(merge, other,
                 "report 6 has another server: http://b, and not "
                 "http://127.0.0.1:8080/a?b=1&c=");
  other = make_part(&plans[0], 2, 4, &unagreed);
  other->facts.timeout_ns++;
  expect_refusal(merge, other, "report 7 has another --timeout than report 1");
  expect_refusal(merge, make_part(&plans[0], 4, 4, &unagreed),
                 "report 8 is part 5 of 4, which there is not");
  CU_ASSERT_EQUAL(merge->count, 1);
  lariat_load_merge_free(merge);
  fixture_close(&f);
}

/* What was merged is not merged again, nor are runs that are no parts. */
static void test_not_parts(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_merge *merge = open_merge();
  expect_refusal(merge, merge_all(&plans[0], 3, false),
                 "report 1 was merged already: give the reports of its parts");
  add_part(merge, &plans[0], 0, 1, &unagreed);
  expect_refusal(merge, make_part(&plans[0], 0, 1, &unagreed),
                 "report 2 and report 3 are whole runs, without --part");
  lariat_load_merge_free(merge);
  fixture_close(&f);
}

static void test_no_reports(void) {
  struct fixture f;
  lariat_load_error error;
  lariat_load_result *result;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_merge *merge = open_merge();
  CU_ASSERT_EQUAL(lariat_load_merge_finish(merge, &result), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(result);
  CU_ASSERT_EQUAL(lariat_load_merge_finish(merge, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_merge_add(merge, NULL, "{\"a\":1,]", 8, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(error.byte, 8);
  CU_ASSERT_PTR_EQUAL(strstr(error.message, "report 1: no JSON at line 1"),
                      error.message);
  lariat_load_merge_source source = {
      .size = sizeof source,
      .name = "/a/long/way/to/a/file/with/a/name/that/is/part-17.json"};
  CU_ASSERT_EQUAL(lariat_load_merge_add(merge, &source, "{}", 2, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(
      error.message,
      ".../with/a/name/that/is/part-17.json: no count \"schema\"");
  source.size = 0;
  CU_ASSERT_EQUAL(lariat_load_merge_add(merge, &source, "{}", 2, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "report 3: a source without its size");
  lariat_load_merge_free(merge);
  lariat_load_merge_free(NULL);
  fixture_close(&f);
}

/* A merge may be finished, added to, and finished again. */
static void test_again(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_merge *merge = open_merge();
  lariat_load_result *result = NULL;
  add_part(merge, &plans[0], 1, 2, &unagreed);
  CU_ASSERT_EQUAL_FATAL(lariat_load_merge_finish(merge, &result), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL(find(result, "part-missing"));
  lariat_load_result_free(result);
  add_part(merge, &plans[0], 0, 2, &unagreed);
  result = close_merge(merge);
  CU_ASSERT_PTR_NULL(find(result, "part-missing"));
  CU_ASSERT_EQUAL(result->counts.sent, 2000);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Each allocation fails once. */
static void test_no_memory(void) {
  struct fixture f;
  const struct load_result_plan small = {
      .seconds = 2, .rate = 40, .failing = 8, .named = true};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_merge *merge = open_merge();
  lariat_load_result *result = NULL;
  for (uint32_t i = 0; i < 2; i++) add_part(merge, &small, i, 3, &unagreed);
  char *last = make_json(&small, 2, 3, &unagreed);
  lariat_status status = LARIAT_ENOMEM;
  unsigned nth = 0, told = 0;
  while (status != LARIAT_OK && ++nth < 100000) {
    fixture_fail_allocation(&f, nth);
    status = add_json(merge, last, 0, NULL);
    CU_ASSERT_EQUAL(merge->count, status == LARIAT_OK ? 3 : 2);
  }
  status = LARIAT_ENOMEM;
  for (nth = 1; status != LARIAT_OK && nth < 100000; nth++) {
    fixture_fail_allocation(&f, nth);
    status = lariat_load_merge_finish(merge, &result);
    CU_ASSERT_EQUAL(status == LARIAT_OK, result != NULL);
    told += status == LARIAT_ENOMEM;
  }
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  CU_ASSERT(told > 20);
  lariat_load_result_free(result);
  lariat_load_text_free(last);
  lariat_load_merge_free(merge);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the parts are the whole", test_whole},
      {"parts beside each other", test_parts},
      {"all reports", test_reports},
      {"a part alone", test_part_alone},
      {"a part is missing", test_missing},
      {"many are missing", test_many_missing},
      {"a part is late", test_late},
      {"one time line", test_time_line},
      {"years apart", test_years_apart},
      {"parts without a share", test_without_share},
      {"the worst verdict", test_worst},
      {"late by its own clock", test_late_by_itself},
      {"different machines", test_machines},
      {"what is refused", test_refusals},
      {"no parts", test_not_parts},
      {"no reports", test_no_reports},
      {"again", test_again},
      {"no memory", test_no_memory},
  };
  return fixture_main("merge", tests, FIXTURE_COUNT(tests), argc, argv);
}
