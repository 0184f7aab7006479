/* SPDX-License-Identifier: MIT
 * view.c: numbers as people read them. */
#include "crawl/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output/units.h"

struct view_number view_count(uint64_t count) {
  struct view_number shown;
  char digits[24];
  int length =
      snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
  char *at = shown.text;
  for (int i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0) *at++ = ',';
    *at++ = digits[i];
  }
  *at = '\0';
  return shown;
}

struct view_number view_time(double ms) {
  struct view_number shown;
  snprintf(shown.text, sizeof shown.text, "%s",
           ms < 1 ? "< 1 ms" : units_time((uint64_t)(ms * 1000)).text);
  return shown;
}

/* ---- The line ---- */

static void add(char *line, size_t capacity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add(char *line, size_t capacity, const char *format, ...) {
  size_t length = strlen(line);
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(line + length, capacity - length, format, arguments);
  va_end(arguments);
}

/* Adds how long the queue takes at this pace. */
static void add_time_left(const struct crawl_counts *counts, char *line,
                          size_t capacity) {
  if (counts->pages_per_s > 0 && counts->stats.queued)
    add(line, capacity, ", %s left",
        units_clock((double)counts->stats.queued / counts->pages_per_s).text);
}

static void add_hosts(const lariat_crawl_stats *stats, char *line,
                      size_t capacity) {
  add(line, capacity, ", hosts %s", view_count(stats->hosts).text);
  if (stats->hosts_due)
    add(line, capacity, " (%s due)", view_count(stats->hosts_due).text);
  if (stats->hosts_down)
    add(line, capacity, " (%s down)", view_count(stats->hosts_down).text);
}

void view_describe(const struct crawl_counts *counts, char *line,
                   size_t capacity) {
  const lariat_crawl_stats *stats = &counts->stats;
  line[0] = '\0';
  add(line, capacity, "%s%s pages, %.1f/s, %s/s, queued %s",
      stats->paused ? "paused: " : "", view_count(stats->pages).text,
      counts->pages_per_s, units_bytes(counts->bytes_per_s).text,
      view_count(stats->queued).text);
  add_hosts(stats, line, capacity);
  add(line, capacity, ", in flight %s", view_count(stats->in_flight).text);
  if (stats->failed)
    add(line, capacity, ", failed %s", view_count(stats->failed).text);
  add(line, capacity, ", disk %s",
      units_bytes((double)(stats->warc_bytes + stats->database_bytes)).text);
  add_time_left(counts, line, capacity);
}

/* ---- Several lines ---- */

static void print_row(FILE *file, const char *name, uint64_t count) {
  if (count) fprintf(file, "  %-22s %14s\n", name, view_count(count).text);
}

static void print_bytes(FILE *file, const char *name, uint64_t bytes) {
  if (bytes)
    fprintf(file, "  %-22s %14s\n", name, units_bytes((double)bytes).text);
}

/* Returns what ended the last run. */
static const char *end_text(lariat_crawl_end end) {
  static const char *const texts[] = {
      [LARIAT_CRAWL_RUNNING] = "not running: the last run was killed",
      [LARIAT_CRAWL_DONE] = "done",
      [LARIAT_CRAWL_BUDGET] = "ended, since a budget is used up",
      [LARIAT_CRAWL_STOPPED] = "stopped",
      [LARIAT_CRAWL_DISK] =
          "ended, since the disk was full or could not be written"};
  return texts[end];
}

static void print_state(const struct crawl_counts *counts, FILE *file) {
  const lariat_crawl_stats *stats = &counts->stats;
  if (counts->runs)
    fprintf(file, "%s for %s", stats->paused ? "paused" : "running",
            units_clock((double)stats->elapsed_ms / 1000).text);
  else
    fprintf(file, "%s", end_text(stats->end));
  if (counts->reason[0]) fprintf(file, ": %s", counts->reason);
  if (!counts->runs && stats->end != LARIAT_CRAWL_DONE)
    fprintf(file, "%s",
            stats->queued ? "; there are URLs left, with which lariat crawl "
                            "DIR goes on"
                          : "; no URL is left");
  if (counts->runs && !stats->paused)
    fprintf(file, ", %.1f pages/s, %s/s", counts->pages_per_s,
            units_bytes(counts->bytes_per_s).text);
  fputc('\n', file);
  if (counts->trouble[0])
    fprintf(file,
            "the database cannot be used, and what is fetched waits: %s\n",
            counts->trouble);
}

static void print_outcomes(const lariat_crawl_stats *stats, FILE *file) {
  print_row(file, "fetched", stats->fetched);
  print_row(file, "revisits", stats->revisits);
  print_row(file, "redirects", stats->redirects);
  print_row(file, "failed", stats->failed);
  print_row(file, "denied by robots.txt", stats->robots_denied);
  print_row(file, "out of scope", stats->out_of_scope);
  print_row(file, "parked in traps", stats->trapped);
}

void view_print(const struct crawl_counts *counts, FILE *file) {
  const lariat_crawl_stats *stats = &counts->stats;
  print_state(counts, file);
  print_row(file, "workers", stats->workers);
  print_row(file, "pages of all workers", stats->whole_pages);
  print_row(file, "URLs known", stats->known);
  print_row(file, "queued", stats->queued);
  print_row(file, "of these due later", stats->later);
  print_row(file, "in flight", stats->in_flight);
  print_outcomes(stats, file);
  print_row(file, "links out of scope", stats->rejected_scope);
  print_row(file, "links into traps", stats->rejected_trap);
  print_row(file, "hosts", stats->hosts);
  print_row(file, "hosts down", stats->hosts_down);
  print_bytes(file, "bodies", stats->bytes);
  print_row(file, "WARC files", stats->warc_files);
  print_bytes(file, "in WARC files", stats->warc_bytes);
  print_bytes(file, "in the database", stats->database_bytes);
  print_bytes(file, "memory of the queue", stats->memory_bytes);
}
