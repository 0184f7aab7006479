/* SPDX-License-Identifier: MIT
 * ending.c: the last words of a run. */
#include "crawl/ending.h"

#include "crawl/crawl.h"
#include "crawl/survey.h"
#include "crawl/tables.h"
#include "crawl/view.h"
#include "output/units.h"
#include "say.h"

static void print_reason(const struct crawl_counts *counts, FILE *file) {
  const char *reason = counts->reason;
  switch (counts->stats.end) {
  case LARIAT_CRAWL_DONE:
    fprintf(file, "done");
    break;
  case LARIAT_CRAWL_BUDGET:
    fprintf(file, "a budget is used up");
    break;
  case LARIAT_CRAWL_DISK:
    fprintf(file, "the disk is full or cannot be written; the state is safe");
    break;
  case LARIAT_CRAWL_STOPPED:
  case LARIAT_CRAWL_RUNNING:
    fprintf(file, "stopped");
    break;
  }
  if (reason[0] && counts->stats.end != LARIAT_CRAWL_DISK)
    fprintf(file, " (%s)", reason);
}

static void print_sums(const struct crawl_counts *counts, FILE *file) {
  const lariat_crawl_stats *stats = &counts->stats;
  fprintf(file, ": pages %s, bodies %s, queued %s, hosts %s, in %s\n",
          view_count(stats->pages).text, units_bytes((double)stats->bytes).text,
          view_count(stats->queued).text, view_count(stats->hosts).text,
          units_clock((double)stats->elapsed_ms / 1000).text);
}

static void print_run(const struct crawl_counts *counts,
                      const struct pace *pace, FILE *file) {
  char limits[200];
  const lariat_crawl_stats *stats = &counts->stats;
  pace_describe_limits(pace, limits, sizeof limits);
  if (stats->rejected_scope || stats->rejected_trap)
    fprintf(file, "Links not followed: out of scope %s, traps %s\n",
            view_count(stats->rejected_scope).text,
            view_count(stats->rejected_trap).text);
  if (stats->hosts_down)
    fprintf(file, "Hosts that do not answer: %s\n",
            view_count(stats->hosts_down).text);
  if (limits[0]) fprintf(file, "What it waited for: %s\n", limits);
}

/* Says how the rest is fetched. */
static void print_going_on(lariat_crawl_end end, FILE *file) {
  static const char *const how[] = {[LARIAT_CRAWL_RUNNING] = "",
                                    [LARIAT_CRAWL_DONE] = NULL,
                                    [LARIAT_CRAWL_BUDGET] =
                                        " with a larger budget",
                                    [LARIAT_CRAWL_STOPPED] = "",
                                    [LARIAT_CRAWL_DISK] = " with more space"};
  if (how[end]) fprintf(file, "To go on%s: lariat crawl DIR\n", how[end]);
}

void ending_print(const struct crawl_counts *counts, const struct pace *pace,
                  const char *directory, FILE *file) {
  struct survey survey;
  print_reason(counts, file);
  print_sums(counts, file);
  if (counts->stats.workers) {
    fprintf(file, "All workers: pages %s, URLs %s\n",
            view_count(counts->stats.whole_pages).text,
            view_count(counts->stats.known).text);
  } else {
    if (survey_read(&survey, directory)) crawl_tables_print(&survey, file);
    survey_free(&survey);
  }
  print_run(counts, pace, file);
  print_going_on(counts->stats.end, file);
}

int ending_code(const lariat_crawl_stats *stats) {
  switch (stats->end) {
  case LARIAT_CRAWL_BUDGET:
    return CRAWL_EXIT_BUDGET;
  case LARIAT_CRAWL_DISK:
    return CRAWL_EXIT_DISK;
  case LARIAT_CRAWL_STOPPED:
  case LARIAT_CRAWL_RUNNING:
    return EXIT_INTERRUPTED;
  case LARIAT_CRAWL_DONE:
    break;
  }
  if (!stats->pages && !stats->whole_pages && stats->known)
    return CRAWL_EXIT_NO_PAGE;
  return stats->failed ? EXIT_SOME : EXIT_ALL;
}
