/* SPDX-License-Identifier: MIT
 * What is shown of a crawl: sums over outcomes, the progress, tables, and the
 * page, which is XML and shows nothing that a server has written as markup. */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/chart.h"
#include "crawl/pace.h"
#include "crawl/report_page.h"
#include "crawl/silence.h"
#include "crawl/survey.h"
#include "crawl/tables.h"
#include "crawl/view.h"
#include "support/fixture.h"

#define SECOND_NS INT64_C(1000000000)

static const lariat_crawl_outcome page = {.size = sizeof page,
                                          .url = "https://a.test/1",
                                          .kind = "fetched",
                                          .status = 200,
                                          .at_ns = 1000 * SECOND_NS,
                                          .took_ms = 20,
                                          .bytes = 5000,
                                          .type = "text/html; charset=utf-8",
                                          .note = "",
                                          .warc = ""};

/* ---- Sums ---- */

static const struct name_count *find(const struct name_counts *counts,
                                     const char *name) {
  for (size_t i = 0; i < counts->count; i++)
    if (strcmp(name_counts_name(counts, &counts->counts[i]), name) == 0)
      return &counts->counts[i];
  fixture_fail("there is no %s", name);
  return NULL;
}

/* Adds pages of three hosts, failures, and what was not fetched. */
static void add_some(struct survey *survey) {
  lariat_crawl_outcome outcome = page;
  for (int i = 0; i < 100; i++) {
    outcome.url = i % 2 ? "https://a.test/1" : "http://b.test:81/x?y";
    outcome.at_ns = page.at_ns + i * SECOND_NS;
    outcome.took_ms = i % 2 ? 10 : 1000;
    survey_add(survey, &outcome);
  }
  outcome.kind = "redirect";
  outcome.status = 301;
  survey_add(survey, &outcome);
  outcome.kind = "failed";
  outcome.status = 0;
  outcome.url = "http://c.test/";
  outcome.note = "timed-out <script>alert(1)</script> \x1b[31m";
  survey_add(survey, &outcome);
  outcome.kind = "robots";
  outcome.note = "";
  survey_add(survey, &outcome);
  outcome.kind = "later";
  survey_add(survey, &outcome);
}

static void outcomes_are_summed_up(void) {
  struct survey survey;
  survey_init(&survey);
  add_some(&survey);
  CU_ASSERT_EQUAL(survey.answers, 101);
  CU_ASSERT_EQUAL(survey.statuses[200], 100);
  CU_ASSERT_EQUAL(survey.statuses[301], 1);
  CU_ASSERT_EQUAL(survey.sizes[2], 100); /* up to 10 kB */
  const struct name_count *host = find(&survey.hosts, "http://b.test:81");
  CU_ASSERT_EQUAL(host->count, 50);
  CU_ASSERT_EQUAL(host->took_ms, 50000);
  CU_ASSERT_EQUAL(host->most_ms, 1000);
  CU_ASSERT_EQUAL(find(&survey.hosts, "https://a.test")->count, 51);
  CU_ASSERT_EQUAL(find(&survey.hosts, "http://c.test")->failed, 1);
  CU_ASSERT_EQUAL(find(&survey.types, "text/html")->bytes, 500000);
  CU_ASSERT_EQUAL(survey.failures.count, 1);
  CU_ASSERT_EQUAL(find(&survey.rejects, "robots")->count, 1);
  survey_free(&survey);
}

static uint64_t sum_moments(const struct survey *survey) {
  uint64_t sum = 0;
  for (size_t i = 0; i < SURVEY_MOMENTS; i++) sum += survey->moments[i].pages;
  return sum;
}

/* However long it takes, there are at most so many moments, and no page gets
 * lost between them. */
static void moments_grow(void) {
  struct survey survey;
  lariat_crawl_outcome outcome = page;
  survey_init(&survey);
  for (int i = 0; i < 3000; i++) {
    outcome.at_ns = page.at_ns + (int64_t)i * i * SECOND_NS;
    survey_add(&survey, &outcome);
  }
  outcome.at_ns = page.at_ns - 5 * SECOND_NS; /* out of order */
  survey_add(&survey, &outcome);
  CU_ASSERT_EQUAL(sum_moments(&survey), 3001);
  CU_ASSERT_EQUAL(survey.first_s, 1000);
  CU_ASSERT((survey.last_s - survey.first_s) / survey.each_s < SURVEY_MOMENTS);
  CU_ASSERT((survey.last_s - survey.first_s) / survey.each_s >=
            SURVEY_MOMENTS / 2 - 1);
  survey_free(&survey);
}

static void names_are_bounded(void) {
  struct name_counts counts;
  char name[24];
  name_counts_init(&counts, 100);
  for (int i = 0; i < 10000; i++) {
    int length = snprintf(name, sizeof name, "name-%d", i % 5000);
    struct name_count *count = name_counts_at(&counts, name, (size_t)length);
    if (count) count->count++;
  }
  CU_ASSERT_EQUAL(counts.count, 101);
  CU_ASSERT_EQUAL(find(&counts, "(others)")->count, 10000 - 200);
  CU_ASSERT_EQUAL(find(&counts, "name-99")->count, 2);
  name_counts_sort(&counts, name_counts_by_count);
  CU_ASSERT_STRING_EQUAL(name_counts_name(&counts, &counts.counts[0]),
                         "(others)");
  name_counts_free(&counts);
}

/* ---- The progress ---- */

static void rates_are_those_of_the_last_seconds(void) {
  struct pace pace = {.in_flight = 100};
  lariat_crawl_stats stats = {.size = sizeof stats, .reactors = 2};
  struct crawl_counts counts;
  for (uint64_t second = 0; second <= 60; second++) {
    stats.elapsed_ms = second * 1000;
    stats.pages = second < 30 ? second * 1000 : 30000 + (second - 30) * 50;
    stats.bytes = stats.pages * 1000;
    pace_add(&pace, &stats);
  }
  pace_fill(&pace, &stats, &counts);
  CU_ASSERT_DOUBLE_EQUAL(counts.pages_per_s, 50, 0.01);
  CU_ASSERT_DOUBLE_EQUAL(counts.bytes_per_s, 50000, 1);
}

static void the_limit_is_told(void) {
  struct pace pace = {.in_flight = 100};
  char text[200];
  lariat_crawl_stats stats = {.size = sizeof stats, .reactors = 2};
  pace_describe_limits(&pace, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, "");
  stats.hosts_waiting = 50;
  stats.in_flight = 3;
  for (int i = 0; i < 6; i++, stats.elapsed_ms += 1000) pace_add(&pace, &stats);
  stats.in_flight = 60;
  for (int i = 0; i < 2; i++, stats.elapsed_ms += 1000) pace_add(&pace, &stats);
  stats.busy_ns = UINT64_C(1900000000);
  pace_add(&pace, &stats);
  stats.elapsed_ms += 1000;
  stats.in_flight = 100;
  pace_add(&pace, &stats);
  stats.elapsed_ms += 1000;
  stats.in_flight = stats.hosts_waiting = 0;
  stats.queued = stats.later = 7;
  for (int i = 0; i < 10; i++, stats.elapsed_ms += 1000)
    pace_add(&pace, &stats);
  pace_describe_limits(&pace, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, "politeness (delays of hosts) 30 %, servers and "
                               "network 10 %, CPU 5 %, --concurrency 5 %, "
                               "retries and Retry-After 50 %");
}

/* What is queued and not due later is being handed out, or others have it. */
static void no_retry_is_told_without_one(void) {
  struct pace pace = {.in_flight = 100};
  char text[200];
  lariat_crawl_stats stats = {.size = sizeof stats, .queued = 7};
  pace_add(&pace, &stats);
  stats.workers = 2;
  pace_add(&pace, &stats);
  pace_describe_limits(&pace, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(
      text, "servers and network 50 %, sites that other workers have 50 %");
}

/* Not before there was time, not where something may come, and once. */
static void a_silent_crawl_is_noticed(void) {
  struct silence silence = {.seconds = 0};
  lariat_crawl_stats stats = {.size = sizeof stats, .queued = 5};
  for (int i = 1; i < SILENCE_SECONDS; i++)
    CU_ASSERT_FALSE(silence_add(&silence, &stats));
  stats.in_flight = 1;
  CU_ASSERT_FALSE(silence_add(&silence, &stats));
  stats.in_flight = 0;
  for (int i = 1; i < SILENCE_SECONDS; i++)
    CU_ASSERT_FALSE(silence_add(&silence, &stats));
  CU_ASSERT(silence_add(&silence, &stats));
  CU_ASSERT_FALSE(silence_add(&silence, &stats));
  silence = (struct silence){.seconds = 0};
  stats.pages = 1;
  for (int i = 0; i < 2 * SILENCE_SECONDS; i++)
    CU_ASSERT_FALSE(silence_add(&silence, &stats));
}

static void the_line_has_the_most_important_first(void) {
  char line[200];
  struct crawl_counts counts = {.stats = {.pages = 1234567,
                                          .queued = 5000,
                                          .hosts = 64,
                                          .hosts_due = 3,
                                          .in_flight = 12,
                                          .failed = 7,
                                          .warc_bytes = 1000000000},
                                .pages_per_s = 50,
                                .bytes_per_s = 2e6};
  view_describe(&counts, line, sizeof line);
  CU_ASSERT_STRING_EQUAL(
      line, "1,234,567 pages, 50.0/s, 2.0 MB/s, queued 5,000, hosts 64 (3 "
            "due), in flight 12, failed 7, disk 1.0 GB, 0:01:40 left");
  char narrow[20];
  view_describe(&counts, narrow, sizeof narrow);
  CU_ASSERT_STRING_EQUAL(narrow, "1,234,567 pages, 50");
}

static void counts_go_through_json(void) {
  struct text text = {NULL, 0, 0};
  struct crawl_counts read;
  struct crawl_counts counts = {.stats = {.end = LARIAT_CRAWL_BUDGET,
                                          .paused = true,
                                          .pages = 7,
                                          .queued = UINT64_C(1) << 40,
                                          .by_status = {1, 2, 3, 4, 5, 6},
                                          .busy_ns = 9,
                                          .reactors = 3},
                                .reason = "--max-pages \"7\"",
                                .pages_per_s = 1.5,
                                .runs = true};
  CU_ASSERT(text_add(&text, "{") && crawl_counts_add_json(&text, &counts) &&
            text_add(&text, "}"));
  json_t *json = json_loadb(text.bytes, text.length, 0, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  crawl_counts_read_json(&read, json);
  CU_ASSERT_EQUAL(read.stats.end, LARIAT_CRAWL_BUDGET);
  CU_ASSERT(read.stats.paused);
  CU_ASSERT(read.runs);
  CU_ASSERT_EQUAL(read.stats.queued, UINT64_C(1) << 40);
  CU_ASSERT_EQUAL(read.stats.by_status[5], 6);
  CU_ASSERT_EQUAL(read.stats.busy_ns, 9);
  CU_ASSERT_EQUAL(read.stats.reactors, 3);
  CU_ASSERT_STRING_EQUAL(read.stats.end_reason, "--max-pages \"7\"");
  CU_ASSERT_DOUBLE_EQUAL(read.pages_per_s, 1.5, 0.01);
  json_decref(json);
  text_free(&text);
}

/* ---- Tables and the page ---- */

struct printed {
  char *text;
  size_t length;
};

static void print_tables(struct survey *survey, struct printed *printed) {
  FILE *file = open_memstream(&printed->text, &printed->length);
  if (!file) abort();
  crawl_tables_print(survey, file);
  if (fclose(file) != 0) abort();
}

static void tables_are_for_terminals(void) {
  struct survey survey;
  survey_init(&survey);
  add_some(&survey);
  struct printed printed = {NULL, 0};
  print_tables(&survey, &printed);
  const char *text = printed.text;
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "Statuses\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "http://b.test:81"));
  CU_ASSERT_PTR_NOT_NULL(strstr(text, "\\u001b[31m"));
  CU_ASSERT_PTR_NULL(strchr(text, '\x1b'));
  const char *slowest = strstr(text, "Slowest hosts");
  CU_ASSERT_PTR_NOT_NULL_FATAL(slowest);
  CU_ASSERT(strstr(slowest, "b.test") < strstr(slowest, "a.test"));
  free(printed.text);
  survey_free(&survey);
}

struct page_parts {
  unsigned sections;
  unsigned charts;
  unsigned paths;
  unsigned scripts;
};

static void on_element(void *context, const char *name, const char **rest) {
  struct page_parts *parts = context;
  (void)rest;
  parts->sections += strcmp(name, "section") == 0;
  parts->charts += strcmp(name, "svg") == 0;
  parts->paths += strcmp(name, "path") == 0;
  parts->scripts += strcmp(name, "script") == 0;
}

static struct page_parts parse_page(const struct text *text) {
  struct page_parts parts = {0};
  XML_Parser parser = XML_ParserCreate(NULL);
  XML_SetUserData(parser, &parts);
  XML_SetStartElementHandler(parser, on_element);
  if (XML_Parse(parser, text->bytes, (int)text->length, 1) != XML_STATUS_OK)
    fixture_fail("%s", XML_ErrorString(XML_GetErrorCode(parser)));
  XML_ParserFree(parser);
  return parts;
}

static void the_page_is_xml(void) {
  struct survey survey;
  struct text text = {NULL, 0, 0};
  survey_init(&survey);
  add_some(&survey);
  CU_ASSERT(report_page_add(&text, &survey, "a <b> & \"c\""));
  struct page_parts parts = parse_page(&text);
  CU_ASSERT_EQUAL(parts.charts, 3);
  CU_ASSERT_EQUAL(parts.paths, 4);
  CU_ASSERT_EQUAL(parts.sections, 9);
  CU_ASSERT_EQUAL(parts.scripts, 0);
  CU_ASSERT_PTR_NULL(memmem(text.bytes, text.length, "nan", 3));
  text_free(&text);
  survey_free(&survey);
}

static void a_page_of_nothing_is_one(void) {
  struct survey survey;
  struct text text = {NULL, 0, 0};
  survey_init(&survey);
  CU_ASSERT(report_page_add(&text, &survey, "empty"));
  struct page_parts parts = parse_page(&text);
  CU_ASSERT_EQUAL(parts.charts, 0);
  text_free(&text);
  survey_init(&survey);
  survey_add(&survey, &page); /* one outcome: no time at all */
  CU_ASSERT(report_page_add(&text, &survey, "one"));
  parts = parse_page(&text);
  CU_ASSERT_EQUAL(parts.charts, 3);
  CU_ASSERT_PTR_NULL(memmem(text.bytes, text.length, "nan", 3));
  CU_ASSERT_PTR_NULL(memmem(text.bytes, text.length, "inf\"", 4));
  text_free(&text);
  survey_free(&survey);
}

static void axes_are_round(void) {
  CU_ASSERT_DOUBLE_EQUAL(chart_round_up(1), 1, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(chart_round_up(1.1), 1.2, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(chart_round_up(2.1), 2.4, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(chart_round_up(9), 10, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(chart_round_up(0.03), 0.032, 1e-9);
  CU_ASSERT_DOUBLE_EQUAL(chart_round_up(20001), 24000, 1e-3);
  CU_ASSERT_DOUBLE_EQUAL(chart_round_up(100000), 100000, 1e-3);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"outcomes are summed up", outcomes_are_summed_up},
      {"moments grow", moments_grow},
      {"names are bounded", names_are_bounded},
      {"rates are those of the last seconds",
       rates_are_those_of_the_last_seconds},
      {"the limit is told", the_limit_is_told},
      {"no retry is told without one", no_retry_is_told_without_one},
      {"a silent crawl is noticed", a_silent_crawl_is_noticed},
      {"the line has the most important first",
       the_line_has_the_most_important_first},
      {"counts go through JSON", counts_go_through_json},
      {"tables are for terminals", tables_are_for_terminals},
      {"the page is XML", the_page_is_xml},
      {"a page of nothing is one", a_page_of_nothing_is_one},
      {"axes are round", axes_are_round},
  };
  return fixture_main("crawl report", tests, FIXTURE_COUNT(tests), argc, argv);
}
