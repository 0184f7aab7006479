/* SPDX-License-Identifier: MIT
 * ending.c: the last words of a run. */
#include "crawl/ending.h"

#include <lariat/crawl/shared.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/changes.h"
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

/* Prints what this worker has, and what all have. */
static void print_shared_sums(const lariat_crawl_stats *stats, FILE *file) {
  fprintf(file,
          "\nThis worker: pages %s, failed %s, bodies %s, hosts %s, in %s\n",
          view_count(stats->pages).text, view_count(stats->failed).text,
          units_bytes((double)stats->bytes).text, view_count(stats->hosts).text,
          units_clock((double)stats->elapsed_ms / 1000).text);
  fprintf(
      file, "All workers: pages %s, failed %s, bodies %s, URLs %s, queued %s\n",
      view_count(stats->whole_pages).text, view_count(stats->whole_failed).text,
      units_bytes((double)stats->whole_bytes).text,
      view_count(stats->known).text, view_count(stats->queued).text);
}

static void print_sums(const struct crawl_counts *counts, FILE *file) {
  const lariat_crawl_stats *stats = &counts->stats;
  if (stats->workers) {
    print_shared_sums(stats, file);
    return;
  }
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

/* ---- Going on ---- */

/* Prints a word as a shell reads it. */
static void print_word(const char *word, FILE *file) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                              "wxyz0123456789_-./:@%+=,";
  if (*word && !word[strspn(word, plain)]) {
    fputs(word, file);
    return;
  }
  fputc('\'', file);
  for (; *word; word++) {
    if (*word == '\'')
      fputs("'\\''", file);
    else
      fputc(*word, file);
  }
  fputc('\'', file);
}

/* Prints an option with twice the budget that is used up. */
static void print_budget(const char *reason,
                         const struct crawl_budget_settings *budgets,
                         FILE *file) {
  bool of_host = strcmp(reason, "a host's budget") == 0;
  if (strcmp(reason, "--max-pages") == 0)
    fprintf(file, " --max-pages %llu", 2ull * budgets->max_pages);
  else if (strcmp(reason, "--max-bytes") == 0)
    fprintf(file, " --max-bytes %llu",
            (unsigned long long)(2 * budgets->max_bytes));
  else if (of_host && budgets->max_pages_per_host)
    fprintf(file, " --max-pages-per-host %llu",
            2ull * budgets->max_pages_per_host);
  else if (of_host && budgets->max_bytes_per_host)
    fprintf(file, " --max-bytes-per-host %llu",
            (unsigned long long)(2 * budgets->max_bytes_per_host));
}

char *ending_resume_command(const struct crawl_settings *settings) {
  enum { MOST = 1024 };
  const struct crawl_shared_settings *shared = &settings->shared;
  char frontier[MOST], *text = NULL;
  size_t length = 0;
  FILE *file = shared->frontier ? open_memstream(&text, &length) : NULL;
  if (!file) return NULL;
  (void)lariat_crawl_shared_mask(shared->frontier, frontier, sizeof frontier);
  fputs("lariat crawl resume --frontier ", file);
  print_word(frontier, file);
  if (shared->name) {
    fputs(" --crawl-name ", file);
    print_word(shared->name, file);
  }
  if (fclose(file) == 0) return text;
  free(text);
  return NULL;
}

/* Prints what ends the order to all workers, which stays until then. */
static void print_resuming(const struct crawl_counts *counts,
                           const struct crawl_settings *settings, FILE *file) {
  char *command =
      counts->stats.whole_stopped ? ending_resume_command(settings) : NULL;
  if (command) fprintf(file, "All workers were told to stop: %s\n", command);
  free(command);
}

/* Prints the command that fetches the rest. */
static void print_going_on(const struct crawl_counts *counts,
                           const struct crawl_settings *settings, FILE *file) {
  static const char *const how[] = {[LARIAT_CRAWL_RUNNING] = "",
                                    [LARIAT_CRAWL_DONE] = NULL,
                                    [LARIAT_CRAWL_BUDGET] =
                                        " with a larger budget",
                                    [LARIAT_CRAWL_STOPPED] = "",
                                    [LARIAT_CRAWL_DISK] = " with more space"};
  lariat_crawl_end end = counts->stats.end;
  if (!how[end]) return;
  print_resuming(counts, settings, file);
  fprintf(file, "To go on%s: lariat crawl", how[end]);
  if (end == LARIAT_CRAWL_BUDGET)
    print_budget(counts->reason, &settings->budgets, file);
  fputc(' ', file);
  print_word(settings->seeds.directory, file);
  fputc('\n', file);
}

void ending_print(const struct crawl_counts *counts, const struct pace *pace,
                  const struct crawl_settings *settings, FILE *file) {
  struct survey survey;
  const char *directory = settings->seeds.directory;
  print_reason(counts, file);
  print_sums(counts, file);
  if (!counts->stats.workers) {
    if (survey_read(&survey, directory)) crawl_tables_print(&survey, file);
    survey_free(&survey);
  }
  print_run(counts, pace, file);
  changes_print_sums(directory, file);
  print_going_on(counts, settings, file);
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
