/* SPDX-License-Identifier: MIT
 * outputs.c: which file gets what, and when. */
#include "load/outputs.h"

#include <lariat/load/facts.h>
#include <lariat/load/hdr.h>
#include <lariat/load/report.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { METRICS_EVERY_S = 10, MINUTE_S = 60 };

#define SECOND_NS UINT64_C(1000000000)

static const lariat_load_format formats[LOAD_HDR] = {
    [LOAD_JSON] = LARIAT_LOAD_JSON,
    [LOAD_HTML] = LARIAT_LOAD_HTML,
    [LOAD_CSV] = LARIAT_LOAD_CSV,
    [LOAD_SAMPLES] = LARIAT_LOAD_SAMPLES,
    [LOAD_OPENMETRICS] = LARIAT_LOAD_OPENMETRICS};

static bool open_minutes(struct load_outputs *outputs) {
  for (size_t i = 0; i < LARIAT_LOAD_MEASURES; i++)
    if (lariat_histogram_new(&outputs->minutes[i]) != LARIAT_OK) {
      say("out of memory");
      return false;
    }
  return true;
}

void load_outputs_init(struct load_outputs *outputs) {
  *outputs = (struct load_outputs){.to_stdout = false};
  for (size_t i = 0; i < LOAD_OUTPUTS; i++) outputs->files[i].fd = -1;
}

bool load_outputs_open(struct load_outputs *outputs,
                       const struct load_output_settings *settings) {
  for (size_t i = 0; i < LOAD_OUTPUTS; i++) {
    const char *path = settings->paths[i];
    if (i == LOAD_HDR ? !report_file_open_log(&outputs->files[i], path)
                      : !report_file_open(&outputs->files[i], path))
      return false;
    if (path && strcmp(path, "-") == 0) outputs->to_stdout = true;
  }
  return !settings->paths[LOAD_HDR] || open_minutes(outputs);
}

/* ---- The log of histograms ---- */

/* Appends a text, which it frees; `status` is that of its making. */
static void append_text(struct load_outputs *outputs, lariat_status status,
                        char *text, size_t length) {
  struct report_file *file = &outputs->files[LOAD_HDR];
  if (status == LARIAT_OK) {
    (void)report_file_append(file, text, length);
    lariat_load_text_free(text);
  } else if (!file->failed) {
    say("cannot write to %s: %s", file->path, lariat_status_text(status));
    file->failed = true;
  }
}

static void begin_log(struct load_outputs *outputs,
                      const lariat_load_result *result) {
  char *text = NULL;
  size_t length = 0;
  if (outputs->log_begun) return;
  outputs->log_begun = true;
  const lariat_load_run_facts *facts = lariat_load_result_facts(result);
  lariat_status status = lariat_load_hdr_log_header(
      facts->started_at_ns, facts->plan_hash, &text, &length);
  append_text(outputs, status, text, length);
}

/* Appends a line; an interval without a value has none. */
static void append_line(struct load_outputs *outputs,
                        lariat_load_measure measure, uint32_t second,
                        uint32_t seconds, const lariat_histogram *histogram) {
  char *text = NULL;
  size_t length = 0;
  if (!lariat_histogram_count(histogram)) return;
  lariat_status status = lariat_load_hdr_log_line(
      lariat_load_measure_name(measure), second * SECOND_NS,
      seconds * SECOND_NS, histogram, &text, &length);
  append_text(outputs, status, text, length);
}

static bool is_of_each_second(lariat_load_measure measure) {
  return measure == LARIAT_LOAD_RESPONSE || measure == LARIAT_LOAD_LATE;
}

/* Appends the measures that have a line a minute. */
static void end_minute(struct load_outputs *outputs) {
  uint32_t begun = outputs->minute_begun;
  uint32_t end = outputs->seconds;
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    if (!outputs->minutes[i]) continue;
    append_line(outputs, i, begun, end - begun, outputs->minutes[i]);
    lariat_histogram_reset(outputs->minutes[i]);
  }
  outputs->minute_begun = end;
}

static void log_second(struct load_outputs *outputs,
                       const lariat_load_result *result, uint32_t second) {
  begin_log(outputs, result);
  outputs->seconds = second + 1;
  for (unsigned i = 0; i < LARIAT_LOAD_MEASURES; i++) {
    const lariat_histogram *last = lariat_load_result_last_second(result, i);
    if (is_of_each_second(i))
      append_line(outputs, i, second, 1, last);
    else
      (void)!lariat_histogram_add(outputs->minutes[i], last);
  }
  if (outputs->seconds - outputs->minute_begun >= MINUTE_S) end_minute(outputs);
}

/* ---- Reports ---- */

static void write_report(struct load_outputs *outputs, enum load_output which,
                         lariat_load_result *result,
                         const lariat_load_thresholds *thresholds) {
  struct report_file *file = &outputs->files[which];
  char *text = NULL;
  size_t length = 0;
  lariat_status status = lariat_load_report_write(
      result, thresholds, formats[which], &text, &length);
  if (status == LARIAT_OK) {
    (void)report_file_write(file, text, length);
    lariat_load_text_free(text);
    return;
  }
  say("cannot write to %s: %s", file->path, lariat_status_text(status));
  file->failed = true;
}

void load_outputs_on_second(struct load_outputs *outputs,
                            lariat_load_result *result, uint32_t second) {
  const struct report_file *metrics = &outputs->files[LOAD_OPENMETRICS];
  if (outputs->files[LOAD_HDR].path) log_second(outputs, result, second);
  if (metrics->path && strcmp(metrics->path, "-") != 0 &&
      (second + 1) % METRICS_EVERY_S == 0)
    write_report(outputs, LOAD_OPENMETRICS, result, NULL);
}

void load_outputs_write(struct load_outputs *outputs,
                        lariat_load_result *result,
                        const lariat_load_thresholds *thresholds) {
  if (outputs->files[LOAD_HDR].path) {
    begin_log(outputs, result);
    end_minute(outputs);
  }
  for (unsigned i = 0; i < LOAD_HDR; i++)
    if (outputs->files[i].path) write_report(outputs, i, result, thresholds);
}

void load_outputs_print_text(const struct load_outputs *outputs,
                             lariat_load_result *result,
                             const lariat_load_thresholds *thresholds) {
  FILE *file = outputs->to_stdout ? stderr : stdout;
  char *text = NULL;
  size_t length = 0;
  if (lariat_load_report_write(result, thresholds,
                               isatty(fileno(file)) == 1
                                   ? LARIAT_LOAD_TEXT_COLOURED
                                   : LARIAT_LOAD_TEXT,
                               &text, &length) != LARIAT_OK) {
    say("out of memory");
    return;
  }
  (void)fwrite(text, 1, length, file);
  lariat_load_text_free(text);
}

bool load_outputs_close(struct load_outputs *outputs) {
  bool written = true;
  for (size_t i = 0; i < LOAD_OUTPUTS; i++)
    if (!report_file_close(&outputs->files[i])) written = false;
  for (size_t i = 0; i < LARIAT_LOAD_MEASURES; i++)
    lariat_histogram_free(outputs->minutes[i]);
  return written;
}
