/* SPDX-License-Identifier: MIT
 * report_page.c: tiles, charts over time, and tables with bars; XML as well as
 * HTML. */
#include "crawl/report_page.h"

#include <lariat/version.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crawl/chart.h"
#include "crawl/page_style.h"
#include "crawl/view.h"
#include "output/units.h"

enum { ROWS = 20, PIECE_MAX = 600, LONGEST_NAME = 200 };

struct page {
  struct text *text;
  struct survey *survey;
  bool whole; /* no memory was missing */
};

/* ---- Text ---- */

static void add_html(struct page *page, const char *html) {
  page->whole = page->whole && text_add(page->text, html);
}

static void add(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct page *page, const char *format, ...) {
  char piece[PIECE_MAX];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(piece, sizeof piece, format, arguments);
  va_end(arguments);
  add_html(page, piece);
}

/* Returns what stands for a byte in HTML; NULL: itself. */
static const char *escape_of(char byte) {
  switch (byte) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  default:
    return NULL;
  }
}

/* Adds the beginning of a text that came from outside; what acts on a terminal
 * or on the direction of text is escaped as there. */
static void add_text(struct page *page, const char *text) {
  char shown[LONGEST_NAME * TEXT_WORST_ESCAPE + 1];
  size_t length = strnlen(text, LONGEST_NAME);
  *text_put_shown(shown, text, length) = '\0';
  for (const char *at = shown; *at; at++) {
    const char *escape = escape_of(*at);
    const char byte[] = {*at, '\0'};
    add_html(page, escape ? escape : byte);
  }
  if (text[length]) add_html(page, "...");
}

/* ---- Head ---- */

static void add_head(struct page *page, const char *directory) {
  add_html(page,
           "<!DOCTYPE html>\n"
           "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head>\n"
           "<meta charset=\"utf-8\"/>\n"
           "<meta name=\"viewport\" "
           "content=\"width=device-width,initial-scale=1\"/>\n"
           "<meta http-equiv=\"Content-Security-Policy\" "
           "content=\"default-src 'none';style-src 'unsafe-inline'\"/>\n"
           "<title>Crawl: ");
  add_text(page, directory);
  add_html(page, "</title>\n<style>\n");
  add_html(page, crawl_page_style);
  add_html(page, "</style></head><body>\n<h1>Crawl: ");
  add_text(page, directory);
  add_html(page, "</h1>\n");
}

static void add_date(struct page *page, int64_t second) {
  char date[64] = "";
  time_t seconds = (time_t)second;
  struct tm parts;
  if (gmtime_r(&seconds, &parts))
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
  add_html(page, date);
}

static void add_dates(struct page *page) {
  const struct survey *survey = page->survey;
  if (!survey->first_s) return;
  add_html(page, "<p class=\"soft\">");
  add_date(page, survey->first_s);
  add_html(page, " to ");
  add_date(page, survey->last_s);
  add(page, " UTC, lariat %s</p>\n", lariat_version());
}

/* ---- Tiles ---- */

static void add_tile(struct page *page, const char *label, const char *figure) {
  add(page, "<div class=\"tile\"><span>%s</span><b>%s</b></div>\n", label,
      figure);
}

static double seconds_of(const struct survey *survey) {
  int64_t seconds = survey->last_s - survey->first_s;
  return seconds > 0 ? (double)seconds : 1;
}

static void add_tiles(struct page *page) {
  const struct survey *survey = page->survey;
  const lariat_crawl_stats *stats = &survey->counts.stats;
  char rate[40];
  double number = (double)survey->answers / seconds_of(survey);
  if (number < 100)
    snprintf(rate, sizeof rate, "%.1f/s", number);
  else
    snprintf(rate, sizeof rate, "%s/s", view_count((uint64_t)number).text);
  add_html(page, "<div class=\"tiles\">\n");
  add_tile(page, "pages", view_count(stats->pages).text);
  add_tile(page, "bodies", units_bytes((double)stats->bytes).text);
  add_tile(page, "in WARC files", units_bytes((double)stats->warc_bytes).text);
  add_tile(page, "URLs known", view_count(stats->known).text);
  add_tile(page, "still queued", view_count(stats->queued).text);
  add_tile(page, "hosts", view_count(stats->hosts).text);
  add_tile(page, "failed", view_count(stats->failed).text);
  add_tile(page, "revisits", view_count(stats->revisits).text);
  add_tile(page, "on the average", rate);
  add_html(page, "</div>\n");
}

/* ---- Charts ---- */

static void begin_section(struct page *page, const char *title,
                          const char *explanation) {
  add(page, "<section><h2>%s</h2>\n<p class=\"soft\">%s</p>\n", title,
      explanation);
}

static void end_section(struct page *page) { add_html(page, "</section>\n"); }

static void add_key(struct page *page, const char *class, const char *name) {
  add(page, "<span><i class=\"%s\"></i>%s</span>", class, name);
}

/* The values over time, of moments: sums from the beginning on, and a second.
 */
struct growth {
  double pages[SURVEY_MOMENTS + 1];
  double bytes[SURVEY_MOMENTS + 1];
  double rate[SURVEY_MOMENTS];
  double failed[SURVEY_MOMENTS];
  size_t count;
  double seconds;
};

static void fill_growth(struct growth *growth, const struct survey *survey) {
  double each = (double)survey->each_s;
  int64_t last = (survey->last_s - survey->first_s) / survey->each_s;
  *growth = (struct growth){.count = (size_t)last + 1};
  growth->seconds = each * (double)growth->count;
  for (size_t i = 0; i < growth->count; i++) {
    const struct survey_moment *moment = &survey->moments[i];
    growth->pages[i + 1] = growth->pages[i] + (double)moment->pages;
    growth->bytes[i + 1] = growth->bytes[i] + (double)moment->bytes;
    growth->rate[i] = (double)moment->pages / each;
    growth->failed[i] = (double)moment->failed / each;
  }
}

static void add_chart(struct page *page, const struct chart *chart) {
  page->whole = page->whole && chart_add(page->text, chart);
}

static void add_growth(struct page *page, const struct growth *growth) {
  begin_section(page, "Growth", "Pages, and bytes of their bodies, in all.");
  add_html(page, "<div class=\"key\">");
  add_key(page, "c1", "pages");
  add_html(page, "</div>\n");
  add_chart(page, &(struct chart){.label = "Pages over time",
                                  .unit = CHART_COUNT,
                                  .seconds = growth->seconds,
                                  .count = growth->count + 1,
                                  .lines = {{"c1", growth->pages}},
                                  .line_count = 1});
  add_html(page, "<div class=\"key\">");
  add_key(page, "c2", "bytes");
  add_html(page, "</div>\n");
  add_chart(page, &(struct chart){.label = "Bytes over time",
                                  .unit = CHART_BYTES,
                                  .seconds = growth->seconds,
                                  .count = growth->count + 1,
                                  .lines = {{"c2", growth->bytes}},
                                  .line_count = 1});
  end_section(page);
}

static void add_rates(struct page *page, const struct growth *growth) {
  begin_section(page, "Pace", "Pages a second, and URLs that have failed.");
  add_html(page, "<div class=\"key\">");
  add_key(page, "c1", "pages");
  add_key(page, "bad", "failed");
  add_html(page, "</div>\n");
  add_chart(page, &(struct chart){
                      .label = "Pages a second over time",
                      .unit = CHART_PER_SECOND,
                      .seconds = growth->seconds,
                      .count = growth->count,
                      .lines = {{"c1", growth->rate}, {"bad", growth->failed}},
                      .line_count = 2});
  end_section(page);
}

static void add_charts(struct page *page) {
  struct growth growth;
  if (!page->survey->first_s) return;
  fill_growth(&growth, page->survey);
  add_growth(page, &growth);
  add_rates(page, &growth);
}

/* ---- Bars ---- */

static void begin_table(struct page *page) {
  add_html(page, "<table><tbody>\n");
}

static void end_table(struct page *page) {
  add_html(page, "</tbody></table>\n");
}

/* Adds a row with a name, a number, and a bar of its share of the most. */
static void add_bar(struct page *page, const char *name, const char *number,
                    double share, const char *class) {
  add_html(page, "<tr><th class=\"left\">");
  add_text(page, name);
  add_html(page, "</th><td>");
  add_text(page, number);
  add(page,
      "</td><td class=\"bars\"><span class=\"bar %s\" "
      "style=\"width:%.1f%%\"></span></td></tr>\n",
      class, share * 100);
}

static uint64_t find_most(const uint64_t *counts, size_t count) {
  uint64_t most = 1;
  for (size_t i = 0; i < count; i++)
    if (counts[i] > most) most = counts[i];
  return most;
}

static void add_statuses(struct page *page) {
  const uint64_t *statuses = page->survey->statuses;
  double most = (double)find_most(statuses, SURVEY_STATUSES);
  begin_section(page, "Statuses", "Of all answers, redirects included.");
  begin_table(page);
  for (unsigned status = 0; status < SURVEY_STATUSES; status++) {
    char name[24] = "others";
    if (!statuses[status]) continue;
    if (status) snprintf(name, sizeof name, "%u", status);
    add_bar(page, name, view_count(statuses[status]).text,
            (double)statuses[status] / most, status >= 400 ? "bad" : "c1");
  }
  end_table(page);
  end_section(page);
}

static void add_sizes(struct page *page) {
  const uint64_t *sizes = page->survey->sizes;
  double most = (double)find_most(sizes, SURVEY_SIZES);
  begin_section(page, "Sizes", "Of bodies, decompressed.");
  begin_table(page);
  for (size_t i = 0; i < SURVEY_SIZES; i++)
    if (sizes[i])
      add_bar(page, survey_size_names[i], view_count(sizes[i]).text,
              (double)sizes[i] / most, "c2");
  end_table(page);
  end_section(page);
}

static void add_more(struct page *page, const struct name_counts *counts) {
  if (counts->count > ROWS)
    add(page, "<p class=\"soft\">and %s more</p>\n",
        view_count(counts->count - ROWS).text);
}

static void add_names(struct page *page, struct name_counts *counts,
                      const char *title, const char *explanation,
                      const char *class) {
  if (!counts->count) return;
  name_counts_sort(counts, name_counts_by_count);
  double most = counts->counts[0].count ? (double)counts->counts[0].count : 1;
  begin_section(page, title, explanation);
  begin_table(page);
  for (size_t i = 0; i < counts->count && i < ROWS; i++) {
    const struct name_count *count = &counts->counts[i];
    add_bar(page, name_counts_name(counts, count),
            view_count(count->count).text, (double)count->count / most, class);
  }
  end_table(page);
  add_more(page, counts);
  end_section(page);
}

/* ---- Hosts ---- */

static double mean_ms(const struct name_count *host) {
  return host->count ? (double)host->took_ms / (double)host->count : 0;
}

static void add_host(struct page *page, const struct name_count *host) {
  const struct name_counts *hosts = &page->survey->hosts;
  add_html(page, "<tr><th class=\"left\">");
  add_text(page, name_counts_name(hosts, host));
  add(page, "</th><td>%s</td><td>%s</td><td>%s</td>",
      view_count(host->count).text, units_bytes((double)host->bytes).text,
      view_count(host->queued).text);
  add(page, "<td>%s</td><td>", view_count(host->failed).text);
  add_text(page, view_time(mean_ms(host)).text);
  add_html(page, "</td><td>");
  add_text(page, view_time((double)host->most_ms).text);
  add_html(page, "</td></tr>\n");
}

static void add_largest(struct page *page) {
  struct name_counts *hosts = &page->survey->hosts;
  if (!hosts->count) return;
  name_counts_sort(hosts, name_counts_by_count);
  begin_section(page, "Hosts", "Those with the most pages.");
  add_html(page, "<table><thead><tr><th class=\"left\">host</th><th>pages</th>"
                 "<th>bytes</th><th>queued</th><th>failed</th>"
                 "<th>mean time</th><th>longest</th></tr></thead><tbody>\n");
  for (size_t i = 0; i < hosts->count && i < ROWS; i++)
    add_host(page, &hosts->counts[i]);
  end_table(page);
  add_more(page, hosts);
  end_section(page);
}

static void add_slowest(struct page *page) {
  struct name_counts *hosts = &page->survey->hosts;
  if (hosts->count < 2) return;
  name_counts_sort(hosts, name_counts_by_time);
  double most = mean_ms(&hosts->counts[0]) > 0 ? mean_ms(&hosts->counts[0]) : 1;
  begin_section(page, "Slowest hosts",
                "The mean time until an answer was "
                "there.");
  begin_table(page);
  for (size_t i = 0; i < hosts->count && i < ROWS; i++) {
    const struct name_count *host = &hosts->counts[i];
    if (host->count)
      add_bar(page, name_counts_name(hosts, host),
              view_time(mean_ms(host)).text, mean_ms(host) / most, "c1");
  }
  end_table(page);
  end_section(page);
}

bool report_page_add(struct text *text, struct survey *survey,
                     const char *directory) {
  struct page page = {text, survey, true};
  add_head(&page, directory);
  add_dates(&page);
  add_tiles(&page);
  add_charts(&page);
  if (survey->answers) add_statuses(&page);
  if (survey->answers) add_sizes(&page);
  add_names(&page, &survey->types, "Media types", "Of answers that are pages.",
            "c2");
  add_names(&page, &survey->failures, "Failures",
            "Why URLs have brought no answer, after all tries.", "bad");
  add_names(&page, &survey->rejects, "Not fetched",
            "Rules by which URLs were not fetched when their turn came.",
            "bad");
  add_largest(&page);
  add_slowest(&page);
  add_html(&page, "</body></html>\n");
  return page.whole;
}
