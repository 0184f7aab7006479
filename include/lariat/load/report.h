/* SPDX-License-Identifier: MIT
 * lariat_load_report: a result as text for people and for programs: terminal,
 * JSON (docs/load-format.schema.json), one file of HTML, CSV, the slowest
 * requests, OpenMetrics. */
#ifndef LARIAT_LOAD_REPORT_H
#define LARIAT_LOAD_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/result.h>
#include <lariat/load/threshold.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef enum lariat_load_format {
  LARIAT_LOAD_TEXT = 0,
  LARIAT_LOAD_JSON = 1,
  LARIAT_LOAD_HTML = 2,
  LARIAT_LOAD_CSV = 3,     /* a line a second */
  LARIAT_LOAD_SAMPLES = 4, /* the slowest, as JSON lines */
  LARIAT_LOAD_OPENMETRICS = 5,
  LARIAT_LOAD_TEXT_COLOURED = 6 /* with the colours of ANSI terminals */
} lariat_load_format;

/* Writes the report into new memory, `*text`, which the caller frees
 * (lariat_load_text_free). */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_report_write(
    lariat_load_result *result, const lariat_load_thresholds *thresholds,
    lariat_load_format format, char **text, size_t *length);
LARIAT_API void lariat_load_text_free(char *text);

/* Reads what LARIAT_LOAD_JSON has written. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_result_parse(const char *json, size_t length,
                         lariat_load_result **out, lariat_load_error *error);

LARIAT_END_C

#endif
