/* SPDX-License-Identifier: MIT
 * report_html.c: a page of its own, without scripts, that is XML as well. */
#include "report.h"

#include <time.h>

#include "escape.h"
#include "page_style.h"
#include "report_plots.h"

enum { SLOWEST = 10, CLASSES = 50 };

static void add(const lr_load_report *report, const char *html) {
  lr_load_text_add(report->out, html);
}

/* Adds an element with a text that came from outside. */
static void add_element(const lr_load_report *report, const char *open,
                        const char *string, const char *close) {
  add(report, open);
  lr_load_add_html(report->out, string);
  add(report, close);
}

static void begin_section(const lr_load_report *report, const char *title,
                          const char *explanation) {
  lr_load_text_format(report->out,
                      "<section><h2>%s</h2>\n<p class=\"soft\">%s</p>\n", title,
                      explanation);
}

static void end_section(const lr_load_report *report) {
  add(report, "</section>\n");
}

/* ---- Head ---- */

static void add_head(const lr_load_report *report) {
  add(report,
      "<!DOCTYPE html>\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none';style-src 'unsafe-inline'\"/>\n"
      "<title>");
  add(report, lariat_load_validity_name(report->verdict->validity));
  add_element(report, ": load test of ", report->result->facts.target,
              "</title>\n<style>\n");
  add(report, lr_load_page_style);
  add(report, "</style></head><body>\n");
}

static void add_title(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  char date[64] = "";
  time_t seconds = (time_t)(facts->started_at_ns / 1000000000);
  struct tm parts;
  if (gmtime_r(&seconds, &parts))
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &parts);
  add_element(report, "<h1>Load test of ", facts->target, "</h1>\n");
  add_element(report, "<p class=\"soft\">", facts->plan, "; ");
  add_element(report, "", date, "</p>\n");
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
  if (verdict->reason_count) add(report, "<ul>\n");
  for (size_t i = 0; i < verdict->reason_count; i++)
    add_element(report, "<li>", verdict->reasons[i].message, "</li>\n");
  if (verdict->reason_count) add(report, "</ul>\n");
  add(report, "</div>\n");
}

static void add_threshold(const lr_load_report *report, size_t index) {
  char message[LR_LOAD_LONGEST_THRESHOLD];
  bool broken = lr_load_judge_threshold(report, index, message);
  add(report, broken ? "<li><b class=\"broken\">broken</b>: "
                     : "<li><b class=\"kept\">kept</b>: ");
  add_element(report, "", message, "</li>\n");
}

static void add_thresholds(const lr_load_report *report) {
  size_t count = lr_load_count_thresholds(report);
  if (!count) return;
  add(report, "<section><h2>Thresholds</h2>\n<ul>\n");
  for (size_t i = 0; i < count; i++) add_threshold(report, i);
  add(report, "</ul></section>\n");
}

/* ---- Figures ---- */

static void add_tile(const lr_load_report *report, const char *label,
                     const char *figure) {
  lr_load_text_format(report->out,
                      "<div class=\"tile\"><span>%s</span><b>%s</b></div>\n",
                      label, figure);
}

static const lariat_histogram *histogram_of(const lr_load_report *report,
                                            lariat_load_measure measure) {
  return lariat_load_result_histogram(report->result, measure);
}

static const char *show_max(const lariat_histogram *histogram,
                            lr_load_amount *max) {
  *max = lr_load_show_duration(lariat_histogram_max(histogram));
  return lariat_histogram_count(histogram) ? max->text : "-";
}

static void add_response(const lr_load_report *report) {
  lr_load_amount max;
  const lariat_histogram *response = histogram_of(report, LARIAT_LOAD_RESPONSE);
  begin_section(report, "Response time",
                report->result->facts.open
                    ? "What users saw, from the instant at which each request "
                      "was due by the plan. p99: 99 of 100 requests took no "
                      "longer. ~: few requests are beyond it; -: too few."
                    : lr_load_closed_note);
  add(report, "<div class=\"tiles\">\n");
  for (int i = 0; i < LR_LOAD_PERCENTILES; i++)
    add_tile(report, lr_load_percentiles[i].name,
             lr_load_show_percentile(response, &lr_load_percentiles[i]).text);
  add_tile(report, "max", show_max(response, &max));
  add(report, "</div>\n");
  end_section(report);
}

static void add_rates(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  const lr_load_counts *counts = &result->counts;
  double good = (double)counts->outcomes[LARIAT_LOAD_ANSWERED];
  double failed = (double)lr_load_count_failed(counts->outcomes);
  add(report, "<div class=\"tiles\">\n");
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
  add(report, "</div>\n");
}

/* ---- Plots ---- */

/* Adds an entry of a plot's key. */
static void add_key(const lr_load_report *report, const char *class,
                    const char *name) {
  lr_load_text_format(report->out, "<span><i class=\"%s\"></i>%s</span>", class,
                      name);
}

static void begin_key(const lr_load_report *report) {
  add(report, "<div class=\"key\">");
}

static void end_key(const lr_load_report *report) { add(report, "</div>\n"); }

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
  begin_section(report, "Response time over time",
                "Of each second. The scale is logarithmic.");
  begin_key(report);
  add_key(report, "c1", "p50");
  add_key(report, "c2", "p99");
  add_key(report, "c3", "max");
  end_key(report);
  lr_load_plot_latency(report, timeline);
  add_points_note(report, timeline);
  end_section(report);
}

static void add_percentiles(const lr_load_report *report) {
  begin_section(
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
  end_section(report);
}

static void add_rate_plot(const lr_load_report *report,
                          const lr_load_timeline *timeline) {
  begin_section(report, "Rate", "Requests a second.");
  begin_key(report);
  if (report->result->facts.open) add_key(report, "c4", "asked");
  add_key(report, "c1", "sent");
  add_key(report, "c5", "good answers");
  add_key(report, "bad", "failed");
  end_key(report);
  lr_load_plot_rate(report, timeline);
  end_section(report);
}

static void add_lateness(const lr_load_report *report,
                         const lr_load_timeline *timeline) {
  begin_section(report, "This generator",
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
  end_section(report);
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
  add(report, "</td></tr>\n");
}

static uint64_t find_most(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]) {
  uint64_t most = 0;
  for (int i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++)
    if (outcomes[i] > most) most = outcomes[i];
  return most;
}

static void add_statuses(const lr_load_report *report) {
  add(report, "<p>Statuses:");
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++) {
    uint64_t count = report->result->statuses[i];
    if (!count) continue;
    if (i)
      lr_load_text_format(report->out, " <b>%u</b>", i);
    else
      add(report, " <b>others</b>");
    lr_load_text_format(report->out, " %s", lr_load_show_count(count).text);
  }
  add(report, "</p>\n");
}

static void add_failures(const lr_load_report *report) {
  const lr_load_counts *counts = &report->result->counts;
  uint64_t most = find_most(counts->outcomes);
  begin_section(report, "Failures",
                most ? "They are in the response time: each at the time at "
                       "which it was known."
                     : "There were none.");
  if (most) add(report, "<div class=\"wider\"><table><tbody>\n");
  for (int i = LARIAT_LOAD_ANSWERED + 1; most && i < LARIAT_LOAD_OUTCOMES; i++)
    if (counts->outcomes[i]) add_failure(report, (lariat_load_outcome)i, most);
  if (most) add(report, "</tbody></table></div>\n");
  if (counts->unsent)
    lr_load_text_format(report->out, "<p>%s requests were never sent.</p>\n",
                        lr_load_show_count(counts->unsent).text);
  add_statuses(report);
  end_section(report);
}

/* ---- Tables ---- */

static void begin_table(const lr_load_report *report, const char *first) {
  lr_load_text_format(report->out,
                      "<div class=\"wider\"><table><thead><tr>"
                      "<th class=\"left\">%s</th>",
                      first);
}

static void add_cell(const lr_load_report *report, const char *element,
                     const char *string) {
  lr_load_text_format(report->out, "<%s>%s</%s>", element, string, element);
}

static void end_head(const lr_load_report *report) {
  add(report, "</tr></thead><tbody>\n");
}

static void end_table(const lr_load_report *report) {
  add(report, "</tbody></table></div>\n");
}

static void add_percentile_names(const lr_load_report *report) {
  for (int i = 0; i < LR_LOAD_PERCENTILES; i++)
    add_cell(report, "th", lr_load_percentiles[i].name);
  add_cell(report, "th", "max");
}

static void add_percentile_cells(const lr_load_report *report,
                                 const lariat_histogram *histogram) {
  lr_load_amount max;
  for (int i = 0; i < LR_LOAD_PERCENTILES; i++)
    add_cell(report, "td",
             lr_load_show_percentile(histogram, &lr_load_percentiles[i]).text);
  add_cell(report, "td", show_max(histogram, &max));
}

static void add_measure(const lr_load_report *report,
                        lariat_load_measure measure, const char *meaning) {
  const lariat_histogram *histogram = histogram_of(report, measure);
  if (!lariat_histogram_count(histogram)) return;
  lr_load_text_format(report->out, "<tr><th class=\"left\">%s</th>",
                      lariat_load_measure_name(measure));
  add_cell(report, "td",
           lr_load_show_count(lariat_histogram_count(histogram)).text);
  add_percentile_cells(report, histogram);
  lr_load_text_format(report->out, "<td class=\"text\">%s</td></tr>\n",
                      meaning);
}

static void add_measures(const lr_load_report *report) {
  static const char *const meanings[LARIAT_LOAD_MEASURES] = {
      "queue and wire, of all outcomes: what users saw",
      "the same, of good answers",
      "waiting for a free connection",
      "sent too late by this generator",
      "from sending to arrival: network and server",
      "from sending to the first byte",
      "from sending to reading",
      "read too late by this generator",
      "from due to read, with this generator's own lateness",
      "of new connections: TCP",
      "of new connections: the TLS handshake",
  };
  begin_section(report, "All times", "Each part has a histogram of its own.");
  begin_table(report, "part");
  add_cell(report, "th", "count");
  add_percentile_names(report);
  add(report, "<th class=\"text\">what it is</th>");
  end_head(report);
  for (int i = 0; i < LARIAT_LOAD_MEASURES; i++)
    add_measure(report, (lariat_load_measure)i, meanings[i]);
  end_table(report);
  end_section(report);
}

static void add_class(const lr_load_report *report,
                      const lr_load_class *class) {
  add_element(report, "<tr><th class=\"text\">", class->name, "</th>");
  add_cell(report, "td",
           lr_load_show_count(lr_load_count_ended(class->outcomes)).text);
  add_cell(report, "td",
           lr_load_show_count(lr_load_count_failed(class->outcomes)).text);
  add_percentile_cells(report, class->histograms[LARIAT_LOAD_RESPONSE]);
  add(report, "</tr>\n");
}

static void add_classes(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  if (result->class_count <= 1) return;
  begin_section(report, "Of each name", "Response times.");
  begin_table(report, "name");
  add_cell(report, "th", "requests");
  add_cell(report, "th", "failed");
  add_percentile_names(report);
  end_head(report);
  for (size_t i = 1; i < result->class_count && i <= CLASSES; i++)
    add_class(report, &result->classes[i]);
  end_table(report);
  if (result->class_count > CLASSES + 1)
    lr_load_text_format(report->out, "<p class=\"soft\">And %zu more.</p>\n",
                        result->class_count - CLASSES - 1);
  end_section(report);
}

/* ---- The slowest ---- */

/* Adds how long it was between two instants, if both were reached. */
static void add_span(const lr_load_report *report, uint64_t from, uint64_t to) {
  bool known = from && to >= from;
  add_cell(report, "td", known ? lr_load_show_duration(to - from).text : "-");
}

static void add_slow(const lr_load_report *report,
                     const lr_load_sample *sample) {
  const lariat_load_result *result = report->result;
  uint64_t start = lr_load_find_start(result);
  uint64_t due = sample->intended_ns > start ? sample->intended_ns - start : 0;
  lr_load_text_format(report->out, "<tr><th class=\"left\">%s</th>",
                      lr_load_show_duration(due).text);
  add_span(report, sample->intended_ns, sample->free_ns);
  add_span(report, sample->free_ns, sample->sent_ns);
  add_span(report, sample->sent_ns, sample->first_byte_ns);
  add_span(report, sample->sent_ns, sample->arrived_ns);
  add_span(report, sample->arrived_ns, sample->read_ns);
  add_cell(report, "td",
           lariat_load_outcome_name((lariat_load_outcome)sample->outcome));
  lr_load_text_format(report->out, "<td>%u</td>", sample->status);
  if (sample->name < result->class_count)
    add_element(report, "<td class=\"text\">",
                result->classes[sample->name].name, "</td>");
  add(report, "</tr>\n");
}

static void add_slowest(const lr_load_report *report) {
  static const char *const columns[] = {
      "queue", "late", "first byte", "wire", "read late", "outcome", "status"};
  const lariat_load_result *result = report->result;
  if (!result->slowest_count) return;
  begin_section(report, "The slowest requests",
                "By response time: queue and wire.");
  begin_table(report, "due at");
  for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
    add_cell(report, "th", columns[i]);
  add(report, "<th class=\"text\">name</th>");
  end_head(report);
  for (size_t i = 0; i < result->slowest_count && i < SLOWEST; i++)
    add_slow(report, &result->slowest[i]);
  end_table(report);
  end_section(report);
}

/* ---- Reactors and facts ---- */

static void add_reactor(const lr_load_report *report, size_t index) {
  const lr_load_reactor *reactor = &report->result->reactors[index];
  double elapsed = (double)reactor->time.elapsed_ns;
  lr_load_text_format(report->out, "<tr><th class=\"left\">%zu</th>", index);
  add_cell(report, "td",
           lr_load_show_share((double)reactor->time.cpu_ns, elapsed).text);
  add_cell(
      report, "td",
      lr_load_show_share((double)reactor->busiest_second_cpu_ns, 1e9).text);
  add_cell(
      report, "td",
      reactor->time.wait_unknown
          ? "-"
          : lr_load_show_share((double)reactor->time.wait_ns, elapsed).text);
  add(report, "</tr>\n");
}

static void add_reactors(const lr_load_report *report) {
  begin_section(report, "Reactors",
                "Threads of the generator, each with its own connections.");
  begin_table(report, "reactor");
  add_cell(report, "th", "on its CPU");
  add_cell(report, "th", "in the busiest second");
  add_cell(report, "th", "waiting for a CPU");
  end_head(report);
  for (size_t i = 0; i < report->result->reactor_count; i++)
    add_reactor(report, i);
  end_table(report);
  end_section(report);
}

static void add_fact(const lr_load_report *report, const char *name,
                     const char *string) {
  if (!*string) return;
  lr_load_text_format(
      report->out, "<tr><th class=\"left\">%s</th><td class=\"text\">", name);
  add_element(report, "", string, "</td></tr>\n");
}

static void add_traffic(const lr_load_report *report) {
  const lr_load_counts *counts = &report->result->counts;
  add_fact(report, "connections opened",
           lr_load_show_count(counts->connections).text);
  add_fact(report, "received",
           lr_load_show_bytes((double)counts->bytes_received).text);
  add_fact(report, "sent", lr_load_show_bytes((double)counts->bytes_sent).text);
}

static void add_facts(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  begin_section(report, "The run", "");
  add(report, "<table><tbody>\n");
  add_fact(report, "target", facts->target);
  add_fact(report, "plan", facts->plan);
  add_fact(report, "hash of the plan", facts->plan_hash);
  add_traffic(report);
  add_fact(report, "machine", facts->machine);
  add_fact(report, "lariat", facts->lariat_version);
  add_fact(report, "libcurl", facts->libcurl_version);
  add_fact(report, "OpenSSL", facts->openssl_version);
  add(report, "</tbody></table>\n");
  end_section(report);
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
  add_classes(report);
  add_measures(report);
  add_slowest(report);
  add_reactors(report);
  add_facts(report);
  add(report, "</body></html>\n");
}
