/* SPDX-License-Identifier: MIT
 * lariat_histogram: how often which value came, with three significant digits,
 * in the layout of HdrHistogram: times, sizes, whatever has a distribution with
 * a tail.  It needs no reactor and no client.  docs/timing.md explains it.
 *
 * All of uint64_t can be recorded, in a unit of the user's (nanoseconds, say,
 * from 1 ns to 584 years).  Values up to 2,047 have a bucket each; beyond, each
 * doubling has 1,024 buckets of equal width, so that no value of a bucket is
 * further than 0.1 % from another.  Memory grows by use: 2 KiB for 256
 * neighbouring buckets, beside 2 KiB for the histogram itself.
 *
 * Nothing is corrected: a histogram that adds values which "would have been
 * recorded" in a wait (recordValueWithExpectedInterval of HdrHistogram) must
 * guess them.  Who wants the time that a request's user waited records it from
 * the instant at which the request was due (lariat_reactor_call_at).
 *
 * One thread at a time; several may read while none writes. */
#ifndef LARIAT_HISTOGRAM_H
#define LARIAT_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_histogram lariat_histogram;

/* Makes an empty histogram and puts it into `*out`; the caller owns it.  Any
 * thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `out` */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_histogram_new(lariat_histogram **out);

/* Frees the histogram; NULL is allowed. */
LARIAT_API void lariat_histogram_free(lariat_histogram *histogram);

/* Puts a copy into `*out`, which the caller owns.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `histogram`, or no `out` */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_histogram_copy(
    const lariat_histogram *histogram, lariat_histogram **out);

/* ---- Writing ---- */

/* Records `value` once, or `count` times.  Without memory for its buckets it is
 * in no figure but lariat_histogram_lost. */
LARIAT_API void lariat_histogram_record(lariat_histogram *histogram,
                                        uint64_t value);
LARIAT_API void lariat_histogram_record_count(lariat_histogram *histogram,
                                              uint64_t value, uint64_t count);

/* Gets the memory for the values from `lowest` to `highest` now: recording one
 * of them does not allocate, and is never lost.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  nothing recorded has changed
 * LARIAT_EINVAL  no `histogram`, or `lowest` is over `highest` */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_histogram_reserve(
    lariat_histogram *histogram, uint64_t lowest, uint64_t highest);

/* Adds all that `other` has: as if each of its values, the lost ones too, had
 * been recorded in `histogram`.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  nothing was added
 * LARIAT_EINVAL  one of the two is NULL */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_histogram_add(
    lariat_histogram *histogram, const lariat_histogram *other);

/* Forgets all values, and keeps the memory for the next ones: for a histogram
 * of each second, which is added to that of the whole run. */
LARIAT_API void lariat_histogram_reset(lariat_histogram *histogram);

/* ---- Reading ----
 *
 * All accept NULL, as an empty histogram. */

/* Returns how many values were recorded, those that were lost not included. */
LARIAT_API uint64_t lariat_histogram_count(const lariat_histogram *histogram);

/* Returns how many values were lost for want of memory. */
LARIAT_API uint64_t lariat_histogram_lost(const lariat_histogram *histogram);

/* Return the least and the largest value and the mean, exactly; 0 of an empty
 * histogram.  (HdrHistogram's own are those of their buckets.) */
LARIAT_API uint64_t lariat_histogram_min(const lariat_histogram *histogram);
LARIAT_API uint64_t lariat_histogram_max(const lariat_histogram *histogram);
LARIAT_API double lariat_histogram_mean(const lariat_histogram *histogram);

/* Returns the standard deviation, of all that was recorded (not of a sample),
 * as if each value were the middle of its bucket. */
LARIAT_API double lariat_histogram_stddev(const lariat_histogram *histogram);

/* Returns the value that `percent` (0 to 100; others count as the nearer of the
 * two) per cent of the values do not exceed: the highest one of the bucket in
 * which their number, rounded up, is reached, as HdrHistogram's Java version
 * has it.  For 0 it is the lowest one of the first bucket.  It may be over
 * lariat_histogram_max, by less than 0.1 %; 0 of an empty histogram. */
LARIAT_API uint64_t
lariat_histogram_percentile(const lariat_histogram *histogram, double percent);

/* A bucket that has values: how many, from `lowest` to `highest`.  `index` is
 * its number in HdrHistogram's layout (lowest discernible value 1, three
 * significant digits), in which encodings list their counts. */
typedef struct lariat_histogram_bucket {
  uint64_t lowest;
  uint64_t highest;
  uint64_t count;
  size_t index;
} lariat_histogram_bucket;

/* Replaces `*bucket` by the next one that has values, in the order of the
 * values; the first one after {0}.  False: there is none.
 *
 *   lariat_histogram_bucket bucket = {0};
 *   while (lariat_histogram_next(histogram, &bucket)) ... */
LARIAT_API bool lariat_histogram_next(const lariat_histogram *histogram,
                                      lariat_histogram_bucket *bucket);

LARIAT_END_C

#endif
