/* SPDX-License-Identifier: MIT
 * report_openmetrics.c: a result as a text of OpenMetrics 1.0, for the
 * textfile collector of node_exporter, or to be pushed. */
#include "report.h"

#include "escape.h"

/* The bounds of the histograms' buckets, in nanoseconds: fixed, so that runs
 * can be added. */
static const uint64_t bounds[] = {
    UINT64_C(100000),     UINT64_C(250000),     UINT64_C(500000),
    UINT64_C(1000000),    UINT64_C(2500000),    UINT64_C(5000000),
    UINT64_C(10000000),   UINT64_C(25000000),   UINT64_C(50000000),
    UINT64_C(100000000),  UINT64_C(250000000),  UINT64_C(500000000),
    UINT64_C(1000000000), UINT64_C(2500000000), UINT64_C(5000000000),
    UINT64_C(10000000000)};
enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };

/* ---- Families ---- */

static void begin_family(lr_load_text *out, const char *name, const char *type,
                         const char *unit, const char *help) {
  lr_load_text_format(out, "# TYPE lariat_load_%s %s\n", name, type);
  if (unit) lr_load_text_format(out, "# UNIT lariat_load_%s %s\n", name, unit);
  lr_load_text_format(out, "# HELP lariat_load_%s %s.\n", name, help);
}

static void add_count(lr_load_text *out, const char *name, uint64_t count) {
  lr_load_text_format(out, "lariat_load_%s %llu\n", name,
                      (unsigned long long)count);
}

static void add_counter(lr_load_text *out, const char *name, const char *unit,
                        uint64_t count, const char *help) {
  begin_family(out, name, "counter", unit, help);
  lr_load_text_format(out, "lariat_load_%s_total %llu\n", name,
                      (unsigned long long)count);
}

/* Adds a number of seconds. */
static void add_seconds(lr_load_text *out, double ns) {
  lr_load_text_decimal(out, ns > 0 ? (uint64_t)(ns + 0.5) : 0, 9);
}

/* ---- Histograms ---- */

static void begin_bucket(lr_load_text *out, const char *measure,
                         const char *class) {
  lr_load_text_format(out, "lariat_load_%s_seconds_bucket{class=", measure);
  lr_load_add_label(out, class);
}

static void add_buckets(lr_load_text *out, const char *measure,
                        const char *class, const lariat_histogram *histogram) {
  lariat_histogram_bucket bucket = {0};
  uint64_t below = 0;
  bool more = lariat_histogram_next(histogram, &bucket);
  for (int i = 0; i < BOUNDS; i++) {
    while (more && bucket.highest <= bounds[i]) {
      below += bucket.count;
      more = lariat_histogram_next(histogram, &bucket);
    }
    begin_bucket(out, measure, class);
    lr_load_text_add(out, ",le=\"");
    add_seconds(out, (double)bounds[i]);
    /* A float, as OpenMetrics has it. */
    lr_load_text_format(out, "%s\"} %llu\n",
                        bounds[i] % 1000000000 ? "" : ".0",
                        (unsigned long long)below);
  }
}

static void add_end(lr_load_text *out, const char *measure, const char *class,
                    const char *what) {
  lr_load_text_format(out, "lariat_load_%s_seconds_%s{class=", measure, what);
  lr_load_add_label(out, class);
  lr_load_text_add(out, "} ");
}

static void add_histogram(lr_load_text *out, const char *measure,
                          const lr_load_class *class,
                          const lariat_histogram *histogram) {
  unsigned long long count = lariat_histogram_count(histogram);
  add_buckets(out, measure, class->name, histogram);
  begin_bucket(out, measure, class->name);
  lr_load_text_format(out, ",le=\"+Inf\"} %llu\n", count);
  add_end(out, measure, class->name, "count");
  lr_load_text_format(out, "%llu\n", count);
  add_end(out, measure, class->name, "sum");
  add_seconds(out, lariat_histogram_mean(histogram) * (double)count);
  lr_load_text_add(out, "\n");
}

/* Adds a measure: of each class, or of the whole where that is the only one. */
static void add_measure(const lr_load_report *report,
                        lariat_load_measure measure, const char *help) {
  const lariat_load_result *result = report->result;
  const char *name = lariat_load_measure_name(measure);
  lr_load_text_format(report->out, "# TYPE lariat_load_%s_seconds histogram\n",
                      name);
  lr_load_text_format(report->out, "# UNIT lariat_load_%s_seconds seconds\n",
                      name);
  lr_load_text_format(report->out, "# HELP lariat_load_%s_seconds %s.\n", name,
                      help);
  for (size_t i = result->class_count > 1; i < result->class_count; i++)
    if (result->classes[i].histograms[measure])
      add_histogram(report->out, name, &result->classes[i],
                    result->classes[i].histograms[measure]);
}

/* ---- Counts ---- */

static void add_outcomes(const lr_load_report *report) {
  lr_load_text *out = report->out;
  begin_family(out, "requests", "counter", NULL, "Requests, by what became");
  for (int i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    lr_load_text_format(
        out, "lariat_load_requests_total{outcome=\"%s\"} %llu\n",
        lariat_load_outcome_name((lariat_load_outcome)i),
        (unsigned long long)report->result->counts.outcomes[i]);
}

static void add_statuses(const lr_load_report *report) {
  begin_family(report->out, "answers", "counter", NULL,
               "Answers by status, 0 for one that is none");
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++)
    if (report->result->statuses[i])
      lr_load_text_format(report->out,
                          "lariat_load_answers_total{status=\"%u\"} %llu\n", i,
                          (unsigned long long)report->result->statuses[i]);
}

static void add_counts(const lr_load_report *report) {
  const lr_load_counts *counts = &report->result->counts;
  lr_load_text *out = report->out;
  add_counter(out, "sent", NULL, counts->sent, "Requests that were sent");
  add_counter(out, "unsent", NULL, counts->unsent,
              "Requests that were due and never sent");
  add_counter(out, "connections", NULL, counts->connections,
              "Connections that were opened");
  add_counter(out, "received_bytes", "bytes", counts->bytes_received,
              "Bytes of answers");
  add_counter(out, "sent_bytes", "bytes", counts->bytes_sent,
              "Bytes of requests");
}

/* ---- The run ---- */

static void add_verdict(const lr_load_report *report) {
  begin_family(report->out, "verdict", "stateset", NULL,
               "Whether the run may be believed");
  for (unsigned i = 0; i <= LARIAT_LOAD_INVALID; i++)
    lr_load_text_format(
        report->out, "lariat_load_verdict{lariat_load_verdict=\"%s\"} %d\n",
        lariat_load_validity_name((lariat_load_validity)i),
        report->verdict->validity == (lariat_load_validity)i);
}

static void add_label(lr_load_text *out, const char *key, const char *value) {
  lr_load_text_format(out, "%s=", key);
  lr_load_add_label(out, value);
}

static void add_info(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  lr_load_text *out = report->out;
  begin_family(out, "run", "info", NULL, "What was run");
  lr_load_text_add(out, "lariat_load_run_info{");
  add_label(out, "target", facts->target);
  add_label(out, ",plan", facts->plan);
  add_label(out, ",plan_hash", facts->plan_hash);
  add_label(out, ",model", lr_load_name_model(report->result));
  add_label(out, ",version", facts->lariat_version);
  lr_load_text_add(out, "} 1\n");
}

static void add_gauges(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  lr_load_text *out = report->out;
  begin_family(out, "duration_seconds", "gauge", "seconds",
               "How long was measured");
  lr_load_text_add(out, "lariat_load_duration_seconds ");
  add_seconds(out, (double)facts->duration_ns);
  lr_load_text_add(out, "\n");
  if (!facts->open) return;
  begin_family(out, "asked", "gauge", NULL, "Requests by the plan");
  add_count(out, "asked", facts->asked);
}

void lr_load_report_openmetrics(const lr_load_report *report) {
  add_info(report);
  add_verdict(report);
  add_gauges(report);
  add_outcomes(report);
  add_statuses(report);
  add_counts(report);
  add_measure(report, LARIAT_LOAD_RESPONSE,
              "Response time, from when the request was due");
  add_measure(report, LARIAT_LOAD_WIRE, "From sending to arrival");
  add_measure(report, LARIAT_LOAD_LATE, "How late requests were sent");
  lr_load_text_add(report->out, "# EOF\n");
}
