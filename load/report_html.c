/* SPDX-License-Identifier: MIT
 * report_html.c: a page of its own, without scripts, that is XML as well. */
#include "report.h"

#include <time.h>

#include "page.h"
#include "page_style.h"
#include "report_plots.h"

/* ---- Head ---- */

static void add_head(const lr_load_report *report) {
  lr_load_page_add(
      report,
      "<!DOCTYPE html>\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none';style-src 'unsafe-inline'\"/>\n"
      "<title>");
  lr_load_page_add(report,
                   lariat_load_validity_name(report->verdict->validity));
  lr_load_page_add_text(report, ": load test of ", report->result->facts.target,
                        "</title>\n<style>\n");
  lr_load_page_add(report, lr_load_page_style);
  lr_load_page_add(report, "</style></head><body>\n");
}

static void add_title(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  char date[64] = "";
  time_t seconds = (time_t)(facts->started_at_ns / 1000000000);
  struct tm parts;
  if (gmtime_r(&seconds, &parts))
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &parts);
  lr_load_page_add_text(report, "<h1>Load test of ", facts->target, "</h1>\n");
  lr_load_page_add_text(report, "<p class=\"soft\">", facts->plan, "; ");
  lr_load_page_add_text(report, "", date, "");
  lr_load_text share = {0};
  lr_load_describe_share(&share, report->result);
  if (share.status != LARIAT_OK) report->out->status = share.status;
  if (share.length) lr_load_page_add_text(report, "; ", share.bytes, "");
  lr_load_text_clear(&share);
  lr_load_page_add(report, "</p>\n");
}

/* ---- Verdict and thresholds ---- */

static void add_verdict(const lr_load_report *report) {
  static const char *const sentences[] = {
      "These numbers may be believed: nothing that was watched says otherwise.",
      "Take these numbers with care:",
      "Do not believe these numbers:",
  };
  const lariat_load_verdict *verdict = report->verdict;
  const char *name = lariat_load_validity_name(verdict->validity);
  lr_load_text_format(report->out,
                      "<div class=\"verdict %s\"><b>%s</b><p>%s</p>\n", name,
                      name, sentences[verdict->validity]);
  if (verdict->reason_count) lr_load_page_add(report, "<ul>\n");
  for (size_t i = 0; i < verdict->reason_count; i++)
    lr_load_page_add_text(report, "<li>", verdict->reasons[i].message,
                          "</li>\n");
  if (verdict->reason_count) lr_load_page_add(report, "</ul>\n");
  lr_load_page_add(report, "</div>\n");
}

static void add_threshold(const lr_load_report *report, size_t index) {
  char message[LR_LOAD_LONGEST_THRESHOLD];
  bool broken = lr_load_judge_threshold(report, index, message);
  lr_load_page_add(report, broken ? "<li><b class=\"broken\">broken</b>: "
                                  : "<li><b class=\"kept\">kept</b>: ");
  lr_load_page_add_text(report, "", message, "</li>\n");
}

static void add_thresholds(const lr_load_report *report) {
  size_t count = lr_load_count_thresholds(report);
  if (!count) return;
  lr_load_page_add(report, "<section><h2>Thresholds</h2>\n<ul>\n");
  for (size_t i = 0; i < count; i++) add_threshold(report, i);
  lr_load_page_add(report, "</ul></section>\n");
}

/* ---- Figures ---- */

static void add_tile(const lr_load_report *report, const char *label,
                     const char *figure) {
  lr_load_text_format(report->out,
                      "<div class=\"tile\"><span>%s</span><b>%s</b></div>\n",
                      label, figure);
}

static void add_response(const lr_load_report *report) {
  lr_load_amount max;
  const lariat_histogram *response =
      lariat_load_result_histogram(report->result, LARIAT_LOAD_RESPONSE);
  lr_load_page_begin_section(
      report, "Response time",
      report->result->facts.open
          ? "What users saw, from the instant at which each request "
            "was due by the plan. p99: 99 of 100 requests took no "
            "longer. ~: few requests are beyond it; -: too few."
          : lr_load_closed_note);
  lr_load_page_add(report, "<div class=\"tiles\">\n");
  for (int i = 0; i < LR_LOAD_PERCENTILES; i++)
    add_tile(report, lr_load_percentiles[i].name,
             lr_load_show_percentile(response, &lr_load_percentiles[i]).text);
  add_tile(report, "max", lr_load_page_show_max(response, &max));
  lr_load_page_add(report, "</div>\n");
  lr_load_page_end_section(report);
}

static void add_rates(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  const lr_load_counts *counts = &result->counts;
  double good = (double)counts->outcomes[LARIAT_LOAD_ANSWERED];
  double failed = (double)lr_load_count_failed(counts->outcomes);
  lr_load_page_add(report, "<div class=\"tiles\">\n");
  if (result->facts.open)
    add_tile(report, "asked, /s",
             lr_load_show_number(result->facts.asked_per_s).text);
  add_tile(report, "sent, /s",
           lr_load_show_number(lr_load_per_second(result, (double)counts->sent))
               .text);
  add_tile(report, "good answers, /s",
           lr_load_show_number(lr_load_per_second(result, good)).text);
  add_tile(report, "failed", lr_load_show_share(failed, good + failed).text);
  add_tile(report, "for",
           lr_load_show_duration(result->facts.duration_ns).text);
  lr_load_page_add(report, "</div>\n");
}

/* ---- Plots ---- */

/* Adds an entry of a plot's key. */
static void add_key(const lr_load_report *report, const char *class,
                    const char *name) {
  lr_load_text_format(report->out, "<span><i class=\"%s\"></i>%s</span>", class,
                      name);
}

static void begin_key(const lr_load_report *report) {
  lr_load_page_add(report, "<div class=\"key\">");
}

static void end_key(const lr_load_report *report) {
  lr_load_page_add(report, "</div>\n");
}

/* Says what a point of a long run has. */
static void add_points_note(const lr_load_report *report,
                            const lr_load_timeline *timeline) {
  if (timeline->seconds_each <= 1) return;
  lr_load_text_format(
      report->out,
      "<p class=\"soft\">Each point is %zu seconds: the largest p50, p99 "
      "and maximum of them.</p>"
      "\n",
      timeline->seconds_each);
}

static void add_latency(const lr_load_report *report,
                        const lr_load_timeline *timeline) {
  lr_load_page_begin_section(report, "Response time over time",
                             "Of each second. The scale is logarithmic.");
  begin_key(report);
  add_key(report, "c1", "p50");
  add_key(report, "c2", "p99");
  add_key(report, "c3", "max");
  end_key(report);
  lr_load_plot_latency(report, timeline);
  add_points_note(report, timeline);
  lr_load_page_end_section(report);
}

static void add_percentiles(const lr_load_report *report) {
  lr_load_page_begin_section(
      report, "Percentiles",
      "How long all but the slowest ones took: further to the right are fewer "
      "and slower requests. Response counts from when a request was due, raw "
      "from when it was sent until it was read, wire until it arrived in this "
      "machine: the network and the server alone.");
  begin_key(report);
  add_key(report, "c1", "response");
  add_key(report, "c2", "raw");
  add_key(report, "c5", "wire");
  end_key(report);
  lr_load_plot_percentiles(report);
  lr_load_page_end_section(report);
}

static void add_rate_plot(const lr_load_report *report,
                          const lr_load_timeline *timeline) {
  lr_load_page_begin_section(report, "Rate", "Requests a second.");
  begin_key(report);
  if (report->result->facts.open) add_key(report, "c4", "asked");
  add_key(report, "c1", "sent");
  add_key(report, "c5", "good answers");
  add_key(report, "bad", "failed");
  end_key(report);
  lr_load_plot_rate(report, timeline);
  lr_load_page_end_section(report);
}

static void add_lateness(const lr_load_report *report,
                         const lr_load_timeline *timeline) {
  lr_load_page_begin_section(
      report, "This generator",
      "How late it sent (p99 of each second), which is not in the "
      "response time, but changes what the server had to do when "
      "it grows.");
  begin_key(report);
  add_key(report, "c2", "sent late, p99");
  end_key(report);
  lr_load_plot_lateness(report, timeline);
  begin_key(report);
  add_key(report, "c1", "busiest thread on its CPU");
  add_key(report, "bad", "waiting for a CPU");
  end_key(report);
  lr_load_plot_cpu(report, timeline);
  lr_load_page_end_section(report);
}

static void add_plots(const lr_load_report *report) {
  lr_load_timeline timeline;
  lr_load_timeline_fill(&timeline, report->result);
  if (timeline.count) add_latency(report, &timeline);
  add_percentiles(report);
  if (timeline.count) add_rate_plot(report, &timeline);
  if (timeline.count) add_lateness(report, &timeline);
}

/* ---- Failures ---- */

static void add_failure(const lr_load_report *report,
                        lariat_load_outcome outcome, uint64_t most) {
  lr_load_text *out = report->out;
  uint64_t count = report->result->counts.outcomes[outcome];
  lr_load_text_format(out,
                      "<tr><th class=\"left\">%s</th><td>%s</td>"
                      "<td class=\"bars\"><span class=\"bar\" "
                      "style=\"width:%u%%\"></span></td><td class=\"text\">",
                      lariat_load_outcome_name(outcome),
                      lr_load_show_count(count).text,
                      (unsigned)((double)count * 100 / (double)most));
  lr_load_describe_failure(out, report->result, outcome);
  lr_load_page_add(report, "</td></tr>\n");
}

static uint64_t find_most(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]) {
  uint64_t most = 0;
  for (int i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++)
    if (outcomes[i] > most) most = outcomes[i];
  return most;
}

static void add_statuses(const lr_load_report *report) {
  lr_load_page_add(report, "<p>Statuses:");
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++) {
    uint64_t count = report->result->statuses[i];
    if (!count) continue;
    if (i)
      lr_load_text_format(report->out, " <b>%u</b>", i);
    else
      lr_load_page_add(report, " <b>others</b>");
    lr_load_text_format(report->out, " %s", lr_load_show_count(count).text);
  }
  lr_load_page_add(report, "</p>\n");
}

static void add_failures(const lr_load_report *report) {
  const lr_load_counts *counts = &report->result->counts;
  uint64_t most = find_most(counts->outcomes);
  lr_load_page_begin_section(
      report, "Failures",
      most ? "They are in the response time: each at the time at "
             "which it was known."
           : "There were none.");
  if (most) lr_load_page_add(report, "<div class=\"wider\"><table><tbody>\n");
  for (int i = LARIAT_LOAD_ANSWERED + 1; most && i < LARIAT_LOAD_OUTCOMES; i++)
    if (counts->outcomes[i]) add_failure(report, (lariat_load_outcome)i, most);
  if (most) lr_load_page_add(report, "</tbody></table></div>\n");
  if (counts->unsent)
    lr_load_text_format(report->out, "<p>%s requests were never sent.</p>\n",
                        lr_load_show_count(counts->unsent).text);
  add_statuses(report);
  lr_load_page_end_section(report);
}

void lr_load_report_html(const lr_load_report *report) {
  add_head(report);
  add_title(report);
  add_verdict(report);
  add_thresholds(report);
  add_response(report);
  add_rates(report);
  add_failures(report);
  add_plots(report);
  lr_load_page_add_tables(report);
  lr_load_page_add(report, "</body></html>\n");
}
