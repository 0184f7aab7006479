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

/* The kinds of report. docs/load-format.md describes them. */
typedef enum lariat_load_format {
  LARIAT_LOAD_TEXT = 0, /* for a terminal of 80 columns, in UTF-8 */
  LARIAT_LOAD_JSON = 1,
  LARIAT_LOAD_HTML = 2,
  LARIAT_LOAD_CSV = 3,          /* a line a second */
  LARIAT_LOAD_SAMPLES = 4,      /* the slowest, as JSON lines */
  LARIAT_LOAD_OPENMETRICS = 5,  /* for a textfile collector of Prometheus's */
  LARIAT_LOAD_TEXT_COLOURED = 6 /* with the colours of ANSI terminals */
} lariat_load_format;

/* Writes a report into new memory, `*text`, ended by NUL, which the caller
 * frees (lariat_load_text_free), and its length without that into `*length`,
 * which may be NULL.  `thresholds` may be NULL, or empty: then those that were
 * read with the result, if it was read, are told.  The result is judged
 * (lariat_load_result_verdict) if it was not yet.  What came from outside, as
 * URLs and names, is escaped; the locale makes no difference.  The thread of
 * the run while that lasts, then any one thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  `*text` is NULL
 * LARIAT_EINVAL  no `result`, no `text`, or no such format */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_report_write(
    lariat_load_result *result, const lariat_load_thresholds *thresholds,
    lariat_load_format format, char **text, size_t *length);

/* Frees a text of this library; NULL is allowed.  Any thread. */
LARIAT_API void lariat_load_text_free(char *text);

/* Reads what LARIAT_LOAD_JSON has written into a new result, `*out`, which the
 * caller owns (lariat_load_result_free): every report of it is the same, with
 * the verdict and the thresholds that were written.  Keys that are not known
 * are ignored.  `*error` (may be NULL) is written when it is something else.
 * Any thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  `*out` is NULL, as below
 * LARIAT_EINVAL  no `out`, or no such report: no JSON (the error has the byte),
 *                another schema, a member that is missing or makes no sense;
 *                also when there was no memory for a word of the text */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_result_parse(const char *json, size_t length,
                         lariat_load_result **out, lariat_load_error *error);

LARIAT_END_C

#endif
