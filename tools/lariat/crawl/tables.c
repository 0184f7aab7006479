/* SPDX-License-Identifier: MIT
 * tables.c: columns, and texts that a terminal may be shown. */
#include "crawl/tables.h"

#include <string.h>

#include "crawl/view.h"
#include "output/units.h"
#include "text.h"

enum { ROWS = 8, NAME_MAX_BYTES = 60 };

/* Prints the beginning of a name that came from outside, in a column. */
static void print_name(const char *name, FILE *file) {
  char shown[NAME_MAX_BYTES * TEXT_WORST_ESCAPE + 1];
  size_t length = strnlen(name, NAME_MAX_BYTES);
  *text_put_shown(shown, name, length) = '\0';
  fprintf(file, "  %-44s", shown);
}

static void print_title(const char *title, FILE *file) {
  fprintf(file, "%s\n", title);
}

/* ---- Statuses, sizes ---- */

static void print_statuses(const struct survey *survey, FILE *file) {
  print_title("Statuses", file);
  for (unsigned status = 0; status < SURVEY_STATUSES; status++) {
    uint64_t count = survey->statuses[status];
    if (!count) continue;
    if (status)
      fprintf(file, "  %-44u%14s\n", status, view_count(count).text);
    else
      fprintf(file, "  %-44s%14s\n", "others", view_count(count).text);
  }
}

/* ---- Names ---- */

static void print_rest(const struct name_counts *counts, size_t shown,
                       FILE *file) {
  if (counts->count > shown)
    fprintf(file, "  and %s more\n", view_count(counts->count - shown).text);
}

static void print_types(struct survey *survey, FILE *file) {
  struct name_counts *types = &survey->types;
  if (!types->count) return;
  name_counts_sort(types, name_counts_by_count);
  print_title("Media types", file);
  for (size_t i = 0; i < types->count && i < ROWS; i++) {
    print_name(name_counts_name(types, &types->counts[i]), file);
    fprintf(file, "%14s%12s\n", view_count(types->counts[i].count).text,
            units_bytes((double)types->counts[i].bytes).text);
  }
  print_rest(types, ROWS, file);
}

static void print_reasons(struct name_counts *reasons, const char *title,
                          FILE *file) {
  if (!reasons->count) return;
  name_counts_sort(reasons, name_counts_by_count);
  print_title(title, file);
  for (size_t i = 0; i < reasons->count && i < ROWS; i++) {
    print_name(name_counts_name(reasons, &reasons->counts[i]), file);
    fprintf(file, "%14s\n", view_count(reasons->counts[i].count).text);
  }
  print_rest(reasons, ROWS, file);
}

/* ---- Hosts ---- */

static void print_host(const struct name_counts *hosts,
                       const struct name_count *host, FILE *file) {
  double mean = host->count ? (double)host->took_ms / (double)host->count : 0;
  print_name(name_counts_name(hosts, host), file);
  fprintf(file, "%10s%11s%10s%10s%9s%9s\n", view_count(host->count).text,
          units_bytes((double)host->bytes).text, view_count(host->queued).text,
          view_count(host->failed).text,
          host->count ? view_time(mean).text : "-",
          host->count ? view_time((double)host->most_ms).text : "-");
}

static void print_hosts(const struct name_counts *hosts, const char *title,
                        size_t most, FILE *file) {
  fprintf(file, "%-46s%10s%11s%10s%10s%9s%9s\n", title, "pages", "bytes",
          "queued", "failed", "mean", "most");
  for (size_t i = 0; i < hosts->count && i < most; i++)
    print_host(hosts, &hosts->counts[i], file);
  print_rest(hosts, most, file);
}

void crawl_tables_print_hosts(struct survey *survey, size_t most, FILE *file) {
  struct name_counts *hosts = &survey->hosts;
  if (!hosts->count) return;
  name_counts_sort(hosts, name_counts_by_count);
  print_hosts(hosts, "Hosts", most, file);
  if (hosts->count < 2) return;
  name_counts_sort(hosts, name_counts_by_time);
  print_hosts(hosts, "Slowest hosts", most, file);
}

void crawl_tables_print(struct survey *survey, FILE *file) {
  if (survey->answers) print_statuses(survey, file);
  print_types(survey, file);
  crawl_tables_print_hosts(survey, ROWS, file);
  print_reasons(&survey->failures, "Failures", file);
  print_reasons(&survey->rejects, "Not fetched", file);
}
