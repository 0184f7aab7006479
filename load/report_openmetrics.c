/* SPDX-License-Identifier: MIT
 * report_openmetrics.c: a result as a text of OpenMetrics 1.0, for the
 * textfile collector of node_exporter, or to be pushed. */
#include "report.h"

#include "escape.h"

/* The bounds of the histograms' buckets, in nanoseconds: fixed, so that runs
 * can be added. */
static const struct bound {
  uint64_t ns;
  const char *le;
} bounds[] = {
    {UINT64_C(100000), "0.0001"},  {UINT64_C(250000), "0.00025"},
    {UINT64_C(500000), "0.0005"},  {UINT64_C(1000000), "0.001"},
    {UINT64_C(2500000), "0.0025"}, {UINT64_C(5000000), "0.005"},
    {UINT64_C(10000000), "0.01"},  {UINT64_C(25000000), "0.025"},
    {UINT64_C(50000000), "0.05"},  {UINT64_C(100000000), "0.1"},
    {UINT64_C(250000000), "0.25"}, {UINT64_C(500000000), "0.5"},
    {UINT64_C(1000000000), "1.0"}, {UINT64_C(2500000000), "2.5"},
    {UINT64_C(5000000000), "5.0"}, {UINT64_C(10000000000), "10.0"},
};
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

/* A histogram's samples: its family, and the class that they are of. */
typedef struct series {
  lr_load_text *out;
  const char *family;
  const char *class; /* NULL: no such label */
} series;

/* Adds a sample's name and labels; `le`: 0 for none, of a bucket its bound. */
static void begin_sample(const series *of, const char *what, const char *le) {
  lr_load_text_format(of->out, "lariat_load_%s_%s", of->family, what);
  if (of->class || le) lr_load_text_add(of->out, "{");
  if (of->class) lr_load_text_add(of->out, "class=");
  if (of->class) lr_load_add_label(of->out, of->class);
  if (of->class && le) lr_load_text_add(of->out, ",");
  if (le) lr_load_text_format(of->out, "le=\"%s\"", le);
  lr_load_text_add(of->out, of->class || le ? "} " : " ");
}

static void add_sample(const series *of, const char *what, const char *le,
                       uint64_t count) {
  begin_sample(of, what, le);
  lr_load_text_format(of->out, "%llu\n", (unsigned long long)count);
}

static void add_buckets(const series *of, const lariat_histogram *histogram) {
  lariat_histogram_bucket bucket = {0};
  uint64_t below = 0;
  bool more = lariat_histogram_next(histogram, &bucket);
  for (int i = 0; i < BOUNDS; i++) {
    for (; more && bucket.highest <= bounds[i].ns;
         more = lariat_histogram_next(histogram, &bucket))
      below += bucket.count;
    add_sample(of, "bucket", bounds[i].le, below);
  }
  add_sample(of, "bucket", "+Inf", lariat_histogram_count(histogram));
}

static void add_histogram(const series *of, const lariat_histogram *histogram) {
  uint64_t count = lariat_histogram_count(histogram);
  add_buckets(of, histogram);
  add_sample(of, "count", NULL, count);
  begin_sample(of, "sum", NULL);
  add_seconds(of->out, lariat_histogram_mean(histogram) * (double)count);
  lr_load_text_add(of->out, "\n");
}

static void add_measure(const lr_load_report *report, const char *family,
                        lariat_load_measure measure, const char *help) {
  const series of = {report->out, family, NULL};
  begin_family(report->out, family, "histogram", "seconds", help);
  add_histogram(&of, report->result->classes[0].histograms[measure]);
}

static void add_classes(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  if (result->class_count <= 1) return;
  begin_family(report->out, "class_response_seconds", "histogram", "seconds",
               "The response time of each name");
  for (size_t i = 1; i < result->class_count; i++) {
    const series of = {report->out, "class_response_seconds",
                       result->classes[i].name};
    add_histogram(&of, result->classes[i].histograms[LARIAT_LOAD_RESPONSE]);
  }
}

/* ---- Counts ---- */

static void add_outcomes(const lr_load_report *report) {
  lr_load_text *out = report->out;
  begin_family(out, "requests", "counter", NULL, "Requests by their outcome");
  for (int i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    lr_load_text_format(out,
                        "lariat_load_requests_total{outcome=\"%s\"} %llu\n",
                        lariat_load_outcome_name((lariat_load_outcome)i),
                        (unsigned long long)report->result->counts.outcomes[i]);
}

/* Tells whether any answer came; a family has samples. */
static bool has_answers(const lr_load_report *report) {
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++)
    if (report->result->statuses[i]) return true;
  return false;
}

static void add_statuses(const lr_load_report *report) {
  if (!has_answers(report)) return;
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

/* Nothing is said of a run that has not ended. */
static void add_verdict(const lr_load_report *report) {
  if (!report->result->facts.duration_ns) return;
  begin_family(report->out, "verdict", "stateset", NULL,
               "Whether the run may be believed");
  for (unsigned i = 0; i <= LARIAT_LOAD_INVALID; i++)
    lr_load_text_format(report->out,
                        "lariat_load_verdict{lariat_load_verdict=\"%s\"} %d\n",
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
  if (!facts->duration_ns) return;
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
  add_measure(report, "response_seconds", LARIAT_LOAD_RESPONSE,
              "Response time, from when the request was due");
  add_measure(report, "wire_seconds", LARIAT_LOAD_WIRE,
              "From sending to arrival");
  add_measure(report, "late_seconds", LARIAT_LOAD_LATE,
              "How late requests were sent");
  add_classes(report);
  lr_load_text_add(report->out, "# EOF\n");
}
