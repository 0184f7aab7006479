/* SPDX-License-Identifier: MIT
 * report_json.c: all of a result, by docs/load-format.schema.json. */
#include "report.h"

#include <stdio.h>
#include <time.h>

#include "result_json.h"

static void add_line_end(lr_load_text *out) { lr_load_text_add(out, "\n"); }

/* ---- Judgement ---- */

static void write_reason(lr_load_text *out, const lariat_load_reason *reason) {
  add_line_end(out);
  lr_load_json_open(out, NULL, '{');
  lr_load_json_string(out, "verdict",
                      lariat_load_validity_name(reason->validity));
  lr_load_json_string(out, "code", reason->code);
  lr_load_json_string(out, "message", reason->message);
  lr_load_json_close(out, '}');
}

static void write_verdict(const lr_load_report *report) {
  lr_load_text *out = report->out;
  lr_load_json_string(out, "verdict",
                      lariat_load_validity_name(report->verdict->validity));
  add_line_end(out);
  lr_load_json_open(out, "reasons", '[');
  for (size_t i = 0; i < report->verdict->reason_count; i++)
    write_reason(out, &report->verdict->reasons[i]);
  lr_load_json_close(out, ']');
  add_line_end(out);
}

static void write_threshold(const lr_load_report *report, size_t index) {
  lr_load_told_threshold told;
  told.broken = lr_load_judge_threshold(report, index, told.message);
  add_line_end(report->out);
  lr_load_write_struct(report->out, NULL, &lr_load_threshold_members, &told);
}

static void write_thresholds(const lr_load_report *report) {
  size_t count = lr_load_count_thresholds(report);
  lr_load_json_open(report->out, "thresholds", '[');
  for (size_t i = 0; i < count; i++) write_threshold(report, i);
  lr_load_json_close(report->out, ']');
  add_line_end(report->out);
}

/* ---- Facts ---- */

static void write_http_version(lr_load_text *out, unsigned version) {
  char text[24];
  if (version % 10)
    snprintf(text, sizeof(text), "%u.%u", version / 10, version % 10);
  else
    snprintf(text, sizeof(text), "%u", version / 10);
  lr_load_json_string(out, "http_version", text);
}

static void write_plan(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  lr_load_text *out = report->out;
  lr_load_json_open(out, "plan", '{');
  lr_load_json_string(out, "model", lr_load_name_model(report->result));
  lr_load_json_members(out, lr_load_plan_members.members,
                       lr_load_plan_members.count, facts);
  lr_load_json_string(out, "process",
                      facts->process == LARIAT_LOAD_POISSON ? "poisson"
                                                            : "even");
  write_http_version(out, facts->http_version);
  lr_load_json_close(out, '}');
  add_line_end(out);
}

/* Writes a wall-clock instant as RFC 3339 has it. */
static void write_date(lr_load_text *out, const char *key, int64_t ns) {
  char date[40] = "";
  time_t seconds = (time_t)(ns / 1000000000);
  struct tm parts;
  if (gmtime_r(&seconds, &parts))
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &parts);
  lr_load_json_string(out, key, date);
}

static void write_run(const lr_load_report *report) {
  const lariat_load_run_facts *facts = &report->result->facts;
  lr_load_text *out = report->out;
  lr_load_json_open(out, "run", '{');
  write_date(out, "started_at", facts->started_at_ns);
  lr_load_json_members(out, lr_load_run_members.members,
                       lr_load_run_members.count, facts);
  if (*facts->host || facts->start_at_ns)
    lr_load_json_members(out, lr_load_agreed_members.members,
                         lr_load_agreed_members.count, facts);
  lr_load_json_count(out, "clock_ns", lr_load_find_start(report->result));
  lr_load_json_count(out, "lost", report->result->lost);
  lr_load_write_struct(out, "versions", &lr_load_version_members, facts);
  lr_load_json_close(out, '}');
  add_line_end(out);
}

/* ---- Counts ---- */

static void write_rate(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  const lr_load_counts *counts = &result->counts;
  lr_load_text *out = report->out;
  lr_load_json_open(out, "rate", '{');
  if (result->facts.open)
    lr_load_json_number(out, "asked_per_s", result->facts.asked_per_s);
  else
    lr_load_json_null(out, "asked_per_s");
  lr_load_json_number(out, "sent_per_s",
                      lr_load_per_second(result, (double)counts->sent));
  lr_load_json_number(
      out, "answered_per_s",
      lr_load_per_second(result,
                         (double)counts->outcomes[LARIAT_LOAD_ANSWERED]));
  lr_load_json_close(out, '}');
  add_line_end(out);
}

static void write_outcomes(lr_load_text *out,
                           const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]) {
  lr_load_json_open(out, "outcomes", '{');
  for (int i = 0; i < LARIAT_LOAD_OUTCOMES; i++)
    lr_load_json_count(out, lariat_load_outcome_name((lariat_load_outcome)i),
                       outcomes[i]);
  lr_load_json_close(out, '}');
}

/* Writes the failures that there were, with the instants of the first and the
 * last one of each kind, from the start on. */
static void write_failures(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  lr_load_text *out = report->out;
  lr_load_json_open(out, "failures", '{');
  for (int i = LARIAT_LOAD_ANSWERED + 1; i < LARIAT_LOAD_OUTCOMES; i++) {
    if (!result->counts.outcomes[i]) continue;
    lr_load_ends ends = lr_load_find_ends(result, (lariat_load_outcome)i);
    lr_load_json_open(out, lariat_load_outcome_name((lariat_load_outcome)i),
                      '{');
    lr_load_json_count(out, "count", result->counts.outcomes[i]);
    lr_load_json_members(out, lr_load_failure_members.members,
                         lr_load_failure_members.count, &ends);
    lr_load_json_close(out, '}');
  }
  lr_load_json_close(out, '}');
  add_line_end(out);
}

static void write_statuses(const lr_load_report *report) {
  lr_load_text *out = report->out;
  lr_load_json_open(out, "statuses", '{');
  for (unsigned i = 0; i < LR_LOAD_STATUSES; i++) {
    char status[16];
    snprintf(status, sizeof(status), "%u", i);
    if (report->result->statuses[i])
      lr_load_json_count(out, status, report->result->statuses[i]);
  }
  lr_load_json_close(out, '}');
  add_line_end(out);
}

static void write_counts(const lr_load_report *report) {
  lr_load_text *out = report->out;
  write_rate(report);
  lr_load_write_struct(out, "counts", &lr_load_count_members,
                       &report->result->counts);
  add_line_end(out);
  write_outcomes(out, report->result->counts.outcomes);
  add_line_end(out);
  write_failures(report);
  write_statuses(report);
}

/* ---- Times ---- */

static void write_measures(lr_load_text *out, const lr_load_class *class) {
  for (int i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    const char *name = lariat_load_measure_name((lariat_load_measure)i);
    if (class->histograms[i])
      lr_load_write_histogram(out, name, class->histograms[i]);
    add_line_end(out);
  }
}

static void write_class(lr_load_text *out, const lr_load_class *class) {
  add_line_end(out);
  lr_load_json_open(out, NULL, '{');
  lr_load_json_string(out, "name", class->name);
  write_outcomes(out, class->outcomes);
  write_measures(out, class);
  lr_load_json_close(out, '}');
}

static void write_classes(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  write_measures(report->out, &result->classes[0]);
  lr_load_json_open(report->out, "classes", '[');
  for (size_t i = 1; i < result->class_count; i++)
    write_class(report->out, &result->classes[i]);
  lr_load_json_close(report->out, ']');
  add_line_end(report->out);
}

/* ---- Rows ---- */

/* Writes an array of structs of `size` bytes, a line each. */
static void write_rows(lr_load_text *out, const char *key,
                       const lr_load_members *members, const void *rows,
                       size_t count, size_t size) {
  lr_load_json_open(out, key, '[');
  for (size_t i = 0; i < count; i++) {
    add_line_end(out);
    lr_load_write_struct(out, NULL, members, (const char *)rows + i * size);
  }
  lr_load_json_close(out, ']');
  add_line_end(out);
}

static void write_slowest(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  lr_load_json_open(report->out, "slowest", '[');
  for (size_t i = 0; i < result->slowest_count; i++) {
    add_line_end(report->out);
    lr_load_write_sample(report->out, result, &result->slowest[i]);
  }
  lr_load_json_close(report->out, ']');
  add_line_end(report->out);
}

static void write_part(lr_load_text *out, const lr_load_merged *part) {
  add_line_end(out);
  lr_load_json_open(out, NULL, '{');
  lr_load_json_string(out, "verdict",
                      lariat_load_validity_name(part->validity));
  lr_load_json_members(out, lr_load_merged_members.members,
                       lr_load_merged_members.count, part);
  lr_load_json_close(out, '}');
}

/* Writes what a result was merged of, if it was. */
static void write_parts(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  if (!result->merged_count) return;
  lr_load_json_open(report->out, "parts", '[');
  for (size_t i = 0; i < result->merged_count; i++)
    write_part(report->out, &result->merged[i]);
  lr_load_json_close(report->out, ']');
  add_line_end(report->out);
}

void lr_load_report_json(const lr_load_report *report) {
  const lariat_load_result *result = report->result;
  lr_load_text *out = report->out;
  lr_load_json_open(out, NULL, '{');
  lr_load_json_count(out, "schema", LR_LOAD_SCHEMA);
  write_verdict(report);
  write_thresholds(report);
  write_plan(report);
  write_run(report);
  write_parts(report);
  write_counts(report);
  write_classes(report);
  write_rows(out, "reactors", &lr_load_reactor_members, result->reactors,
             result->reactor_count, sizeof(*result->reactors));
  lr_load_write_struct(out, "network", &lr_load_network_members,
                       &result->network);
  lr_load_write_struct(out, "surroundings", &lr_load_surrounding_members,
                       &result->surroundings);
  write_slowest(report);
  write_rows(out, "seconds", &lr_load_second_members, result->seconds,
             result->second_count, sizeof(*result->seconds));
  lr_load_json_close(out, '}');
  add_line_end(out);
}
