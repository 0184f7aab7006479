/* SPDX-License-Identifier: MIT
 * report.h: what the reports share: what each is written from, which
 * percentiles they show, and which of them have enough samples. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdbool.h>

#include <lariat/load/report.h>
#include <lariat/load/verdict.h>

#include "result.h"
#include "text.h"
#include "units.h"

typedef struct lr_load_report {
  lr_load_text *out;
  const lariat_load_result *result;
  const lariat_load_verdict *verdict;
  const lariat_load_thresholds *thresholds; /* NULL: none */
} lr_load_report;

void lr_load_report_text(const lr_load_report *report, bool colours);
void lr_load_report_json(const lr_load_report *report);
void lr_load_report_html(const lr_load_report *report);
void lr_load_report_csv(const lr_load_report *report);
void lr_load_report_samples(const lr_load_report *report);
void lr_load_report_openmetrics(const lr_load_report *report);

/* ---- Thresholds ----
 *
 * Those of the caller, or, if there are none, those that were read with the
 * result. */

enum { LR_LOAD_LONGEST_THRESHOLD = 200 };

size_t lr_load_count_thresholds(const lr_load_report *report);

/* Judges one: true: it is broken; writes a sentence. */
bool lr_load_judge_threshold(const lr_load_report *report, size_t index,
                             char message[LR_LOAD_LONGEST_THRESHOLD]);

/* ---- Percentiles ---- */

typedef struct lr_load_percentile {
  const char *name; /* "p99.9" */
  double percent;
} lr_load_percentile;

/* p50, p90, p99, p99.9. */
enum { LR_LOAD_PERCENTILES = 4 };
extern const lr_load_percentile lr_load_percentiles[LR_LOAD_PERCENTILES];

/* Returns the percentile, never more than the largest value. */
uint64_t lr_load_read_percentile(const lariat_histogram *histogram,
                                 double percent);

/* "905 ms", "~905 ms", "-". */
lr_load_amount lr_load_show_percentile(const lariat_histogram *histogram,
                                       const lr_load_percentile *percentile);

/* ---- Samples ---- */

/* Returns the instant that those of samples are told from: the start of the
 * measured part, on the monotonic clock. */
uint64_t lr_load_find_start(const lariat_load_result *result);

/* Returns when the first and the last request with an outcome ended, from that
 * instant on. */
lr_load_ends lr_load_find_ends(const lariat_load_result *result,
                               lariat_load_outcome outcome);

/* Writes one as a JSON object, its instants in microseconds from the start. */
void lr_load_write_sample(lr_load_text *out, const lariat_load_result *result,
                          const lr_load_sample *sample);

/* ---- Sums ---- */

/* Returns how many requests ended, and how many of them badly. */
uint64_t lr_load_count_ended(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]);
uint64_t lr_load_count_failed(const uint64_t outcomes[LARIAT_LOAD_OUTCOMES]);

/* Returns a number a second of the measured part; 0 if that has no length. */
double lr_load_per_second(const lariat_load_result *result, double number);

/* "no answer within its time": what the outcome is, for people. */
const char *lr_load_explain_outcome(lariat_load_outcome outcome);

/* Adds the same of a run, with its time-out, and when the first and the last
 * one were. */
void lr_load_describe_failure(lr_load_text *out,
                              const lariat_load_result *result,
                              lariat_load_outcome outcome);

/* Says which part of a plan a run was, and how far from the agreed start it
 * began, or of how many parts a result was merged; nothing of any other. */
void lr_load_describe_share(lr_load_text *out,
                            const lariat_load_result *result);

/* Adds "web-1, its clock 1.20 ms ahead": where a part ran, and how far its
 * clock was from the others', if that was measured. */
void lr_load_describe_host(lr_load_text *out, const lr_load_merged *part);

/* "open", "closed". */
const char *lr_load_name_model(const lariat_load_result *result);

/* Says of a closed run that its times are not those of users. */
extern const char lr_load_closed_note[];

#endif
