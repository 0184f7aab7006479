/* SPDX-License-Identifier: MIT
 * page.c: the tables of the page, and what its parts share. */
#include "page.h"

#include "escape.h"

enum { SLOWEST = 10, CLASSES = 50 };

/* ---- Texts and sections ---- */

void lr_load_page_add(const lr_load_report *report, const char *html) {
  lr_load_text_add(report->out, html);
}

/* Adds an element with a text that came from outside. */
void lr_load_page_add_text(const lr_load_report *report, const char *open,
                           const char *string, const char *close) {
  lr_load_page_add(report, open);
  lr_load_add_html(report->out, string);
  lr_load_page_add(report, close);
}

void lr_load_page_begin_section(const lr_load_report *report, const char *title,
                                const char *explanation) {
  lr_load_text_format(report->out,
                      "<section><h2>%s</h2>\n<p class=\"soft\">%s</p>\n", title,
                      explanation);
}

void lr_load_page_end_section(const lr_load_report *report) {
  lr_load_page_add(report, "</section>\n");
}

const char *lr_load_page_show_max(const lariat_histogram *histogram,
                                  lr_load_amount *max) {
  *max = lr_load_show_duration(lariat_histogram_max(histogram));
  return lariat_histogram_count(histogram) ? max->text : "-";
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
  lr_load_page_add(report, "</tr></thead><tbody>\n");
}

static void end_table(const lr_load_report *report) {
  lr_load_page_add(report, "</tbody></table></div>\n");
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
  add_cell(report, "td", lr_load_page_show_max(histogram, &max));
}

static void add_measure(const lr_load_report *report,
                        lariat_load_measure measure, const char *meaning) {
  const lariat_histogram *histogram =
      lariat_load_result_histogram(report->result, measure);
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
  lr_load_page_begin_section(report, "All times",
                             "Each part has a histogram of its own.");
  begin_table(report, "part");
  add_cell(report, "th", "count");
  add_percentile_names(report);
  lr_load_page_add(report, "<th class=\"text\">what it is</th>");
  end_head(report);
  for (int i = 0; i < LARIAT_LOAD_MEASURES; i++)
    add_measure(report, (lariat_load_measure)i, meanings[i]);
  end_table(report);
  lr_load_page_end_section(report);
}

static void add_class(const lr_load_report *report,
                      const lr_load_class *class) {
  lr_load_page_add_text(report, "<tr><th class=\"text\">", class->name,
                        "</th>");
  add_cell(report, "td",
           lr_load_show_count(lr_load_count_ended(class->outcomes)).text);
  add_cell(report, "td",
           lr_load_show_count(lr_load_count_failed(class->outcomes)).text);
  add_percentile_cells(report, class->histograms[LARIAT_LOAD_RESPONSE]);
  lr_load_page_add(report, "</tr>\n");
}

static void add_classes(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  if (result->class_count <= 1) return;
  lr_load_page_begin_section(report, "Of each name", "Response times.");
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
  lr_load_page_end_section(report);
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
    lr_load_page_add_text(report, "<td class=\"text\">",
                          result->classes[sample->name].name, "</td>");
  lr_load_page_add(report, "</tr>\n");
}

static void add_slowest(const lr_load_report *report) {
  static const char *const columns[] = {
      "queue", "late", "first byte", "wire", "read late", "outcome", "status"};
  const lariat_load_result *result = report->result;
  if (!result->slowest_count) return;
  lr_load_page_begin_section(report, "The slowest requests",
                             "By response time: queue and wire.");
  begin_table(report, "due at");
  for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
    add_cell(report, "th", columns[i]);
  lr_load_page_add(report, "<th class=\"text\">name</th>");
  end_head(report);
  for (size_t i = 0; i < result->slowest_count && i < SLOWEST; i++)
    add_slow(report, &result->slowest[i]);
  end_table(report);
  lr_load_page_end_section(report);
}

/* ---- Parts ---- */

static void add_part(const lr_load_report *report, const lr_load_merged *part) {
  uint64_t began = part->began_ns > 0 ? (uint64_t)part->began_ns : 0;
  lr_load_text_format(report->out, "<tr><th class=\"left\">%u of %u</th>",
                      part->part.index + 1, part->part.count);
  add_cell(report, "td", lariat_load_validity_name(part->validity));
  add_cell(report, "td", lr_load_show_duration(began - began % 1000).text);
  add_cell(report, "td", lr_load_show_count(part->sent).text);
  add_cell(report, "td", lr_load_show_count(part->failed).text);
  add_cell(report, "td", lr_load_show_duration(part->response_p99_ns).text);
  add_cell(report, "td", lr_load_show_duration(part->late_p99_ns).text);
  add_cell(report, "td", lr_load_show_share(part->cpu_most, 1).text);
  add_cell(report, "td", lr_load_show_share(part->wait_most, 1).text);
  lr_load_text host = {0};
  lr_load_describe_host(&host, part);
  if (host.status != LARIAT_OK) report->out->status = host.status;
  lr_load_page_add_text(report, "<td class=\"text\">",
                        host.bytes ? host.bytes : "", "</td>");
  lr_load_text_clear(&host);
  lr_load_page_add_text(report, "<td class=\"text\">", part->machine,
                        "</td></tr>\n");
}

static void add_parts(const lr_load_report *report) {
  static const char *const columns[] = {"verdict",  "began", "sent",
                                        "failed",   "p99",   "late p99",
                                        "busy CPU", "waited"};
  const lariat_load_result *result = report->result;
  if (!result->merged_count) return;
  lr_load_page_begin_section(
      report, "The parts",
      "Each was a run of its own, with its own report. The plots have sums of "
      "rates, and of times the worst of the parts; the percentiles of the "
      "whole are of all requests together.");
  begin_table(report, "part");
  for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
    add_cell(report, "th", columns[i]);
  lr_load_page_add(report, "<th class=\"text\">host</th>"
                           "<th class=\"text\">machine</th>");
  end_head(report);
  for (size_t i = 0; i < result->merged_count; i++)
    add_part(report, &result->merged[i]);
  end_table(report);
  lr_load_page_end_section(report);
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
  lr_load_page_add(report, "</tr>\n");
}

static void add_reactors(const lr_load_report *report) {
  lr_load_page_begin_section(
      report, "Reactors",
      "Threads of the generator, each with its own connections.");
  begin_table(report, "reactor");
  add_cell(report, "th", "on its CPU");
  add_cell(report, "th", "in the busiest second");
  add_cell(report, "th", "waiting for a CPU");
  end_head(report);
  for (size_t i = 0; i < report->result->reactor_count; i++)
    add_reactor(report, i);
  end_table(report);
  lr_load_page_end_section(report);
}

static void add_fact(const lr_load_report *report, const char *name,
                     const char *string) {
  if (!*string) return;
  lr_load_text_format(
      report->out, "<tr><th class=\"left\">%s</th><td class=\"text\">", name);
  lr_load_page_add_text(report, "", string, "</td></tr>\n");
}

static void add_traffic(const lr_load_report *report) {
  const lr_load_counts *counts = &report->result->counts;
  add_fact(report, "connections opened while it was measured",
           lr_load_show_count(counts->connections).text);
  add_fact(report, "received",
           lr_load_show_bytes((double)counts->bytes_received).text);
  add_fact(report, "sent", lr_load_show_bytes((double)counts->bytes_sent).text);
}

static void add_facts(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  lr_load_page_begin_section(report, "The run", "");
  lr_load_page_add(report, "<table><tbody>\n");
  add_fact(report, "target", facts->target);
  add_fact(report, "plan", facts->plan);
  add_fact(report, "hash of the plan", facts->plan_hash);
  add_traffic(report);
  add_fact(report, "machine", facts->machine);
  add_fact(report, "lariat", facts->lariat_version);
  add_fact(report, "libcurl", facts->libcurl_version);
  lr_load_page_add(report, "</tbody></table>\n");
  lr_load_page_end_section(report);
}

void lr_load_page_add_tables(const lr_load_report *report) {
  add_parts(report);
  add_classes(report);
  add_measures(report);
  add_slowest(report);
  add_reactors(report);
  add_facts(report);
}
