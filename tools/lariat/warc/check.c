/* SPDX-License-Identifier: MIT
 * check.c: `lariat warc check`: problems as lines, and a summary. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <lariat/crawl/warc_check.h>

#include "output/units.h"
#include "say.h"
#include "warc/commands.h"
#include "warc/print.h"

struct checking {
  const struct warc_settings *settings;
  struct text line;
  bool failed; /* a line could not be written */
};

static bool put_text(struct text *line,
                     const lariat_crawl_warc_problem *problem) {
  char place[48];
  (void)snprintf(place, sizeof place,
                 ":%llu: %s: ", (unsigned long long)problem->offset,
                 problem->is_error ? "error" : "notice");
  return print_shown(line, SECRETS_TEXT, problem->path,
                     strlen(problem->path)) &&
         text_add(line, place) &&
         print_shown(line, SECRETS_TEXT, problem->message,
                     strlen(problem->message));
}

static bool put_json(struct text *line,
                     const lariat_crawl_warc_problem *problem) {
  return text_add(line, "{") &&
         print_member(line, "file", SECRETS_TEXT, problem->path) &&
         print_number(line, "offset", problem->offset) &&
         print_member(line, "severity", SECRETS_TEXT,
                      problem->is_error ? "error" : "notice") &&
         print_member(line, "message", SECRETS_TEXT, problem->message) &&
         text_add(line, "}");
}

static void on_problem(void *context,
                       const lariat_crawl_warc_problem *problem) {
  struct checking *checking = context;
  struct text *line = &checking->line;
  if (checking->settings->quiet) return;
  if (!print_line(line, checking->settings->json ? put_json(line, problem)
                                                 : put_text(line, problem)))
    checking->failed = true;
}

static bool check_file(lariat_crawl_warc_check *check, const char *path) {
  lariat_status status = lariat_crawl_warc_check_file(check, path);
  if (status == LARIAT_OK) return true;
  say("cannot read %s: %s", path,
      status == LARIAT_ESYSTEM ? say_errno(errno) : lariat_status_text(status));
  return false;
}

static void print_summary(const lariat_crawl_warc_check *check) {
  lariat_crawl_warc_check_totals totals = lariat_crawl_warc_check_counts(check);
  printf("%llu record%s in %llu file%s, blocks of %s; digests that are right: "
         "%llu of blocks, %llu of payloads; %llu error%s, %llu notice%s\n",
         (unsigned long long)totals.records, totals.records == 1 ? "" : "s",
         (unsigned long long)totals.files, totals.files == 1 ? "" : "s",
         units_bytes((double)totals.block_bytes).text,
         (unsigned long long)totals.block_digests,
         (unsigned long long)totals.payload_digests,
         (unsigned long long)totals.errors, totals.errors == 1 ? "" : "s",
         (unsigned long long)totals.notices, totals.notices == 1 ? "" : "s");
}

int warc_check(const struct warc_settings *settings, int count, char **files) {
  struct checking checking = {.settings = settings};
  lariat_crawl_warc_check *check;
  bool good = true;
  if (lariat_crawl_warc_check_new(on_problem, &checking, &check) != LARIAT_OK) {
    say("out of memory");
    return EXIT_SOME;
  }
  for (int i = 0; i < count; i++) good = check_file(check, files[i]) && good;
  lariat_crawl_warc_check_end(check);
  if (!settings->quiet && !settings->json) print_summary(check);
  good = good && !checking.failed &&
         lariat_crawl_warc_check_counts(check).errors == 0;
  lariat_crawl_warc_check_free(check);
  text_free(&checking.line);
  return good ? EXIT_ALL : EXIT_SOME;
}
