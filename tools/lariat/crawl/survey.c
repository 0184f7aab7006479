/* SPDX-License-Identifier: MIT
 * survey.c: one pass over the outcomes. */
#include "crawl/survey.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

enum { MOST_HOSTS = 1000000, MOST_NAMES = 1000 };

#define SECOND_NS INT64_C(1000000000)

const char *const survey_size_names[SURVEY_SIZES] = {
    "empty",      "up to 1 kB",  "up to 10 kB",  "up to 100 kB",
    "up to 1 MB", "up to 10 MB", "up to 100 MB", "more"};

void survey_init(struct survey *survey) {
  *survey = (struct survey){.each_s = 1};
  name_counts_init(&survey->hosts, MOST_HOSTS);
  name_counts_init(&survey->types, MOST_NAMES);
  name_counts_init(&survey->failures, MOST_NAMES);
  name_counts_init(&survey->rejects, MOST_NAMES);
}

void survey_free(struct survey *survey) {
  name_counts_free(&survey->hosts);
  name_counts_free(&survey->types);
  name_counts_free(&survey->failures);
  name_counts_free(&survey->rejects);
}

/* ---- Parts of an outcome ---- */

static bool is_kind(const lariat_crawl_outcome *outcome, const char *kind) {
  return strcmp(outcome->kind, kind) == 0;
}

/* Tells whether there was an answer that is not tried again. */
static bool is_answer(const lariat_crawl_outcome *outcome) {
  return is_kind(outcome, "fetched") || is_kind(outcome, "revisit") ||
         is_kind(outcome, "redirect");
}

/* Returns the length of scheme, host and port. */
static size_t origin_length(const char *url) {
  const char *authority = strstr(url, "://");
  size_t length = authority ? (size_t)(authority - url) + 3 : 0;
  return length + strcspn(url + length, "/?#");
}

static struct name_count *count_at(struct survey *survey,
                                   struct name_counts *counts, const char *name,
                                   size_t length) {
  struct name_count *count = name_counts_at(counts, name, length);
  if (!count) survey->out_of_memory = true;
  return count;
}

static unsigned size_class(uint64_t bytes) {
  uint64_t limit = 1000;
  unsigned class = 1;
  if (!bytes) return 0;
  while (class < SURVEY_SIZES - 1 && bytes > limit) {
    limit *= 10;
    class ++;
  }
  return class;
}

/* ---- Counting ---- */

static void add_host(struct survey *survey,
                     const lariat_crawl_outcome *outcome) {
  struct name_count *host = count_at(survey, &survey->hosts, outcome->url,
                                     origin_length(outcome->url));
  if (!host) return;
  host->failed += is_kind(outcome, "failed");
  if (!is_answer(outcome)) return;
  host->count++;
  host->bytes += outcome->bytes;
  host->took_ms += outcome->took_ms;
  if (outcome->took_ms > host->most_ms) host->most_ms = outcome->took_ms;
}

static void add_type(struct survey *survey,
                     const lariat_crawl_outcome *outcome) {
  size_t length = strcspn(outcome->type, "; \t");
  struct name_count *type =
      length ? count_at(survey, &survey->types, outcome->type, length)
             : count_at(survey, &survey->types, "(none)", 6);
  if (!type) return;
  type->count++;
  type->bytes += outcome->bytes;
}

static void add_reason(struct survey *survey, struct name_counts *reasons,
                       const lariat_crawl_outcome *outcome) {
  const char *reason = outcome->note[0] ? outcome->note : outcome->kind;
  struct name_count *count = count_at(survey, reasons, reason, strlen(reason));
  if (count) count->count++;
}

/* Makes moments twice as long, until the second is in the last one. */
static void stretch(struct survey *survey, int64_t second) {
  while ((second - survey->first_s) / survey->each_s >= SURVEY_MOMENTS) {
    for (size_t i = 0; i < SURVEY_MOMENTS / 2; i++) {
      const struct survey_moment *two = &survey->moments[2 * i];
      survey->moments[i] = (struct survey_moment){
          two[0].pages + two[1].pages, two[0].bytes + two[1].bytes,
          two[0].failed + two[1].failed};
    }
    memset(&survey->moments[SURVEY_MOMENTS / 2], 0,
           SURVEY_MOMENTS / 2 * sizeof survey->moments[0]);
    survey->each_s *= 2;
  }
}

/* Outcomes are in the order in which they were written, not quite in that in
 * which they were asked for. */
static void add_moment(struct survey *survey,
                       const lariat_crawl_outcome *outcome) {
  int64_t second = outcome->at_ns / SECOND_NS;
  if (second <= 0) return;
  if (!survey->first_s) survey->first_s = second;
  if (second < survey->first_s) second = survey->first_s;
  if (second > survey->last_s) survey->last_s = second;
  stretch(survey, second);
  struct survey_moment *moment =
      &survey->moments[(second - survey->first_s) / survey->each_s];
  moment->failed += is_kind(outcome, "failed");
  moment->pages += is_answer(outcome);
  if (is_answer(outcome)) moment->bytes += outcome->bytes;
}

void survey_add(struct survey *survey, const lariat_crawl_outcome *outcome) {
  if (is_kind(outcome, "later")) return;
  add_moment(survey, outcome);
  add_host(survey, outcome);
  if (is_answer(outcome)) {
    survey->answers++;
    unsigned status = (unsigned)outcome->status;
    survey->statuses[status < SURVEY_STATUSES ? status : 0]++;
    if (is_kind(outcome, "redirect")) return;
    survey->sizes[size_class(outcome->bytes)]++;
    add_type(survey, outcome);
  } else if (is_kind(outcome, "failed")) {
    add_reason(survey, &survey->failures, outcome);
  } else {
    add_reason(survey, &survey->rejects, outcome);
  }
}

/* ---- Reading ---- */

static bool take_outcome(const lariat_crawl_outcome *outcome, void *context) {
  struct survey *survey = context;
  survey_add(survey, outcome);
  return !survey->out_of_memory;
}

static bool take_host(const lariat_crawl_host *host, void *context) {
  struct survey *survey = context;
  size_t length = strlen(host->origin);
  /* URLs have no port where it is the scheme's. */
  if (length > 3 && ((strncmp(host->origin, "http:", 5) == 0 &&
                      strcmp(host->origin + length - 3, ":80") == 0)))
    length -= 3;
  else if (length > 4 && strncmp(host->origin, "https:", 6) == 0 &&
           strcmp(host->origin + length - 4, ":443") == 0)
    length -= 4;
  struct name_count *count =
      count_at(survey, &survey->hosts, host->origin, length);
  if (count) count->queued = host->queued;
  return !survey->out_of_memory;
}

static bool fail_read(const char *directory, const char *why) {
  say("cannot read the crawl in %s: %s", directory, why);
  return false;
}

static bool read_all(struct survey *survey, lariat_crawl_reader *reader,
                     const char *directory) {
  lariat_crawl_stats *stats = &survey->counts.stats;
  stats->size = sizeof *stats;
  lariat_status status = lariat_crawl_reader_stats(reader, stats);
  if (status == LARIAT_OK)
    status = lariat_crawl_reader_outcomes(reader, take_outcome, survey);
  if (status == LARIAT_OK)
    status = lariat_crawl_reader_hosts(reader, take_host, survey);
  if (survey->out_of_memory) status = LARIAT_ENOMEM;
  snprintf(survey->counts.reason, sizeof survey->counts.reason, "%s",
           stats->end_reason ? stats->end_reason : "");
  stats->end_reason = survey->counts.reason;
  return status == LARIAT_OK ||
         fail_read(directory, lariat_status_text(status));
}

bool survey_read(struct survey *survey, const char *directory) {
  lariat_crawl_reader *reader = NULL;
  lariat_crawl_error error = {.message = ""};
  survey_init(survey);
  lariat_status status = lariat_crawl_reader_open(directory, &reader, &error);
  if (status != LARIAT_OK) {
    say("%s", error.message[0] ? error.message : lariat_status_text(status));
    return false;
  }
  bool read = read_all(survey, reader, directory);
  lariat_crawl_reader_free(reader);
  return read;
}
