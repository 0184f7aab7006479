/* SPDX-License-Identifier: MIT
 * Histograms in HdrHistogram's encoding (version 2, as base64) and its log of
 * intervals (version 1.3), which HdrHistogram's readers for Java, C, JavaScript
 * and others read; and theirs.  docs/hdr.md explains it.
 *
 * The encoding has counts, and no more: the exact least and largest value and
 * the mean of a lariat_histogram stay behind.  Values must be below 2^63, and
 * so must be their number. */
#ifndef LARIAT_LOAD_HDR_H
#define LARIAT_LOAD_HDR_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/histogram.h>
#include <lariat/load/error.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Encodes a histogram (NULL: an empty one), compressed by zlib, into new
 * memory: base64 with padding, ended by NUL; `*length` is without it.  The
 * caller frees `*text` by lariat_load_text_free.  Any thread that may read the
 * histogram.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `text` or `length`; a value, or their number, of 2^63 or
 *                more */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_encode(
    const lariat_histogram *histogram, char **text, size_t *length);

/* Decodes the `length` bytes of `text`, base64 of the encoding, compressed or
 * not, of any precision, into a new histogram, which the caller owns.  `*error`
 * (may be NULL) is written when that is not what they are.  Any thread.
 *
 * The text may be anybody's: memory is that of the text, of zlib and of one
 * histogram, and time grows with the length of the text (by its worst, about
 * 10 ns for each of the 1,000 bytes that zlib can make of one).
 *
 * Percentiles are those that HdrHistogram for Java has for the same text: up to
 * 0.1 % higher where it has 4 or 5 significant digits.  Each value counts as
 * the middle of its bucket, or as the highest one where the bucket is wider
 * than those of lariat_histogram; the least and the largest one, the mean and
 * the percentile 0 follow from that.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no base64, no such encoding (nor are those before version 2,
 *                and those of floating-point numbers), damaged, cut, counts
 * that do not fit into what its header says, 2^63 values or more */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_hdr_decode(const char *text, size_t length, lariat_histogram **out,
                       lariat_load_error *error);

/* ---- The log ---- */

/* The longest tag, in bytes. */
#define LARIAT_LOAD_HDR_LONGEST_TAG 127

/* Writes the first lines of a log into new memory, which the caller frees by
 * lariat_load_text_free: the versions, the instant of the start in nanoseconds
 * since 1970 (UTC), from which the times of all lines are counted, and the hash
 * of the plan (NULL: none), up to 64 printed characters.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `text` or `length`, a start before 1970, no such hash */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_log_header(
    int64_t started_at_ns, const char *plan_hash, char **text, size_t *length);

/* Writes the line of an interval into new memory, which the caller frees by
 * lariat_load_text_free: when it began, from the start of the log, and how long
 * it was; both are rounded to milliseconds, for which readers are made.  `tag`
 * (NULL or "": none) says what was measured: bytes other than commas, blanks
 * and control characters.  The histogram's values must be nanoseconds: the line
 * shows their maximum in milliseconds, as Java's.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `text` or `length`, no such tag, or as of
 *                lariat_load_hdr_encode */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_log_line(
    const char *tag, uint64_t start_ns, uint64_t length_ns,
    const lariat_histogram *histogram, char **text, size_t *length);

/* An interval of a log, as long as the call lasts that gets it. */
typedef struct lariat_load_hdr_interval {
  const char *tag; /* "": none */
  double start_s;  /* from the start of the log; of one without, from that of
                      its first interval */
  double length_s;
  const lariat_histogram *histogram;
} lariat_load_hdr_interval;

/* Takes an interval.  Another status than LARIAT_OK ends the reading. */
typedef lariat_status (*lariat_load_hdr_take)(
    void *context, const lariat_load_hdr_interval *interval);

/* Reads the `length` bytes of a log, of versions 1.0 to 1.3, and gives each
 * interval to `take`, in their order and on this thread.  Those before a fault
 * were given when it is found.  Times of lines are times of day or counted from
 * the log's start: BaseTime says so, or else a line that is more than a year
 * before StartTime.  `*error` may be NULL.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM
 * LARIAT_EINVAL  no `text` or `take`; another version; a line that is no
 *                interval, comment or legend; see the error
 * and what `take` has returned */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_hdr_log_parse(
    const char *text, size_t length, lariat_load_hdr_take take, void *context,
    lariat_load_error *error);

LARIAT_END_C

#endif
