/* SPDX-License-Identifier: MIT
 * report.c: a report in one of the formats, and what they share. */
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- Thresholds ---- */

static size_t count_given(const lr_load_report *report) {
  return report->thresholds ? lariat_load_thresholds_count(report->thresholds)
                            : 0;
}

size_t lr_load_count_thresholds(const lr_load_report *report) {
  size_t given = count_given(report);
  return given ? given : report->result->told_count;
}

bool lr_load_judge_threshold(const lr_load_report *report, size_t index,
                             char message[LR_LOAD_LONGEST_THRESHOLD]) {
  if (count_given(report))
    return lariat_load_threshold_broken(report->thresholds, index,
                                        report->result, message,
                                        LR_LOAD_LONGEST_THRESHOLD);
  const lr_load_told_threshold *told = &report->result->told[index];
  snprintf(message, LR_LOAD_LONGEST_THRESHOLD, "%s", told->message);
  return told->broken;
}

/* ---- Percentiles ---- */

const lr_load_percentile lr_load_percentiles[LR_LOAD_PERCENTILES] = {
    {"p50", 50},
    {"p90", 90},
    {"p99", 99},
    {"p99.9", 99.9},
};

uint64_t lr_load_read_percentile(const lariat_histogram *histogram,
                                 double percent) {
  uint64_t value = lariat_histogram_percentile(histogram, percent);
  uint64_t max = lariat_histogram_max(histogram);
  return value < max ? value : max;
}

lr_load_amount lr_load_show_percentile(const lariat_histogram *histogram,
                                       const lr_load_percentile *percentile) {
  lr_load_amount shown = {"-"};
  lariat_load_support support = lariat_load_percentile_support(
      lariat_histogram_count(histogram), percentile->percent);
  if (support == LARIAT_LOAD_UNSUPPORTED) return shown;
  lr_load_amount value = lr_load_show_duration(
      lr_load_read_percentile(histogram, percentile->percent));
  if (support == LARIAT_LOAD_SUPPORTED) return value;
  snprintf(shown.text, sizeof(shown.text), "~%.38s", value.text);
  return shown;
}

/* ---- Samples ---- */

/* Of a result that does not say it: the first instant of its samples. */
uint64_t lr_load_find_start(const lariat_load_result *result) {
  uint64_t start = result->slowest_count ? UINT64_MAX : 0;
  if (result->started_ns) return result->started_ns;
  for (size_t i = 0; i < result->slowest_count; i++)
    if (result->slowest[i].intended_ns < start)
      start = result->slowest[i].intended_ns;
  return start;
}

static uint64_t subtract(uint64_t at_ns, uint64_t start_ns) {
  return at_ns > start_ns ? at_ns - start_ns : 0;
}

lr_load_ends lr_load_find_ends(const lariat_load_result *result,
                               lariat_load_outcome outcome) {
  uint64_t start_ns = lr_load_find_start(result);
  const lr_load_ends *ends = &result->ends[outcome];
  return (lr_load_ends){subtract(ends->first_ns, start_ns),
                        subtract(ends->last_ns, start_ns)};
}

/* ---- Sums ---- */

uint64_t lr_load_count_ended(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]) {
  return outcomes[LARIAT_LOAD_ANSWERED] + lr_load_count_failed(outcomes);
}

uint64_t lr_load_count_failed(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]) {
  uint64_t sum = 0;
  for (int i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++)
    sum += outcomes[i];
  return sum;
}

double lr_load_per_second(const lariat_load_result *result, double number) {
  double seconds = (double)result->facts.duration_ns / 1e9;
  return seconds > 0 ? number / seconds : 0;
}

/* ---- Words ---- */

const char *lr_load_explain_outcome(lariat_load_outcome outcome) {
  static const char *const explanations[LARIAT_LOAD_OUTCOMES] = {
      "good answers",
      "answers with a status that is not good",
      "answers that are not what was expected",
      "the name of the host has no address",
      "no connection: refused or unreachable",
      "the TLS handshake failed",
      "the connection broke",
      "the server closed the connection without a whole answer",
      "no proper answer of HTTP",
      "no whole answer in time",
      "this machine had no descriptors, ports or memory left",
  };
  return outcome < LARIAT_LOAD_OUTCOMES ? explanations[outcome] : "unknown";
}

void lr_load_describe_failure(lr_load_text *out,
                              const lariat_load_result *result,
                              lariat_load_outcome outcome) {
  lr_load_ends ends = lr_load_find_ends(result, outcome);
  lr_load_text_add(out, lr_load_explain_outcome(outcome));
  if (outcome == LARIAT_LOAD_TIMEOUT)
    lr_load_text_format(out, " (%s)",
                        lr_load_show_duration(result->facts.timeout_ns).text);
  if (ends.last_ns > ends.first_ns)
    lr_load_text_format(out, ", %s to %s into the run",
                        lr_load_show_duration(ends.first_ns).text,
                        lr_load_show_duration(ends.last_ns).text);
}

/* Adds "0.12 ms after the agreed start, 2026-11-30T14:00:00.250Z". */
static void describe_start(lr_load_text *out,
                           const lariat_load_run_facts *facts) {
  char date[40] = "";
  int64_t agreed_ns = facts->start_at_ns;
  time_t seconds = (time_t)(agreed_ns / 1000000000);
  double off = (double)facts->started_at_ns - (double)agreed_ns;
  struct tm parts;
  if (gmtime_r(&seconds, &parts))
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
  lr_load_text_format(
      out, "%s %s the agreed start, %s.%03dZ",
      lr_load_show_duration((uint64_t)(off < 0 ? -off : off)).text,
      off < 0 ? "before" : "after", date,
      (int)(agreed_ns % 1000000000 / 1000000));
}

void lr_load_describe_share(lr_load_text *out,
                            const lariat_load_result *result) {
  const lariat_load_run_facts *facts = &result->facts;
  if (result->merged_count)
    lr_load_text_format(out, "merged of %zu of its %u parts",
                        result->merged_count, result->merged[0].part.count);
  else if (facts->part.count > 1)
    lr_load_text_format(out, "part %u of %u", facts->part.index + 1,
                        facts->part.count);
  if (facts->start_at_ns <= 0 || facts->started_at_ns <= 0 ||
      result->merged_count)
    return;
  lr_load_text_add(out, out->length ? ", began " : "began ");
  describe_start(out, facts);
}

void lr_load_describe_host(lr_load_text *out, const lr_load_merged *part) {
  double ahead = (double)part->clock_ahead_ns;
  lr_load_text_add(out, part->host);
  if (!part->clock_ahead_ns) return;
  lr_load_text_format(
      out, "%sits clock %s %s", *part->host ? ", " : "",
      lr_load_show_duration((uint64_t)(ahead < 0 ? -ahead : ahead)).text,
      ahead < 0 ? "behind" : "ahead");
}

const char *lr_load_name_model(const lariat_load_result *result) {
  return result->facts.open ? "open" : "closed";
}

const char lr_load_closed_note[] =
    "closed model: these are service times; ask with --rate to know what users "
    "see";

/* ---- Formats ---- */

/* Writes; false: there is no such format. */
static bool write_format(const lr_load_report *report,
                         lariat_load_format format) {
  switch (format) {
  case LARIAT_LOAD_TEXT:
    lr_load_report_text(report, false);
    return true;
  case LARIAT_LOAD_TEXT_COLOURED:
    lr_load_report_text(report, true);
    return true;
  case LARIAT_LOAD_JSON:
    lr_load_report_json(report);
    return true;
  case LARIAT_LOAD_HTML:
    lr_load_report_html(report);
    return true;
  case LARIAT_LOAD_CSV:
    lr_load_report_csv(report);
    return true;
  case LARIAT_LOAD_SAMPLES:
    lr_load_report_samples(report);
    return true;
  case LARIAT_LOAD_OPENMETRICS:
    lr_load_report_openmetrics(report);
    return true;
  }
  return false;
}

lariat_status lariat_load_report_write(lariat_load_result *result,
                                       const lariat_load_thresholds *thresholds,
                                       lariat_load_format format, char **text,
                                       size_t *length) {
  if (!text) return LARIAT_EINVAL;
  *text = NULL;
  if (length) *length = 0;
  if (!result) return LARIAT_EINVAL;
  const lariat_load_verdict *verdict = lariat_load_result_verdict(result);
  if (!verdict) return LARIAT_ENOMEM;
  lr_load_text out = {0};
  const lr_load_report report = {&out, result, verdict, thresholds};
  if (!write_format(&report, format)) return LARIAT_EINVAL;
  return lr_load_text_finish(&out, text, length);
}
