/* SPDX-License-Identifier: MIT
 * Histograms in HdrHistogram's encoding: V2, compressed, as base64; and its log
 * of intervals, which HdrHistogram's readers of other languages read. */
#ifndef LARIAT_LOAD_HDR_H
#define LARIAT_LOAD_HDR_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/histogram.h>
#include <lariat/load/error.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Encodes into new memory: base64 text with padding, ended by NUL; freed by
 * lariat_load_text_free. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_encode(
    const lariat_histogram *histogram, char **text, size_t *length);

/* Decodes base64 of V2, compressed or not.  Counts go to the histogram's
 * buckets; of values beyond 2^63 nothing can be said in this encoding. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_hdr_decode(const char *text, size_t length,
                       lariat_histogram **out, lariat_load_error *error);

/* ---- The log ---- */

/* The first lines of a log that starts at this instant, and a line of it, each
 * into new memory.  `tag` may be NULL. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_log_header(
    int64_t started_at_ns, const char *plan_hash, char **text, size_t *length);
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_log_line(
    const char *tag, uint64_t start_ns, uint64_t length_ns,
    const lariat_histogram *histogram, char **text, size_t *length);

/* Reads a log, interval by interval. */
typedef struct lariat_load_hdr_interval {
  const char *tag; /* "": none */
  double start_s;
  double length_s;
  const lariat_histogram *histogram;
} lariat_load_hdr_interval;
typedef lariat_status (*lariat_load_hdr_take)(
    void *context, const lariat_load_hdr_interval *interval);
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_log_parse(
    const char *text, size_t length, lariat_load_hdr_take take, void *context,
    lariat_load_error *error);

LARIAT_END_C

#endif
