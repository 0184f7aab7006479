/* SPDX-License-Identifier: MIT
 * lariat_load_thresholds: what a run must not do to pass: "p99>50ms",
 * "failures>0.1%", "rate<990/s". */
#ifndef LARIAT_LOAD_THRESHOLD_H
#define LARIAT_LOAD_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/result.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* One thread at a time. */
typedef struct lariat_load_thresholds lariat_load_thresholds;

/* Makes an empty list in `*out`; the caller owns it.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no `out` */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_thresholds_new(lariat_load_thresholds **out);

/* Frees the list; NULL is allowed. */
LARIAT_API void lariat_load_thresholds_free(lariat_load_thresholds *thresholds);

/* Adds a threshold, which says what breaks it:
 *
 *   [NAME:][MEASURE.]FIGURE < or > NUMBER[UNIT]
 *
 * without blanks.  NAME is that of a class of requests; without it the whole
 * run is looked at.  What there is to look at:
 *
 *   p99, p99.9, min, max, mean   of a measure (lariat_load_measure_name), or
 *                                else of the response; with ns, us, ms, s or m.
 *                                Of a class response, good, queue, wire,
 *                                first_byte and raw only
 *   failures                     requests without a good answer: a number, or
 *                                with % a share of all that ended
 *   failures.OUTCOME             those with one outcome, as failures.timeout
 *                                (lariat_load_outcome_name)
 *   status.503                   answers with a status, likewise; not of a
 *                                class
 *   requests                     requests that ended, a number
 *   rate                         the same for each second of the run; with /s,
 *                                /m or /h
 *   good.rate                    good answers for each second
 *
 *   p99>50ms   login:good.p95>200ms   failures>0.1%   rate<990/s   late.p99>1ms
 *
 * Numbers have up to 6 decimals.  `*error` (may be NULL) is written when the
 * `length` bytes of `text` are not that.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  not that; see the error */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_thresholds_add(lariat_load_thresholds *thresholds, const char *text,
                           size_t length, lariat_load_error *error);

/* Returns how many there are. */
LARIAT_API size_t
lariat_load_thresholds_count(const lariat_load_thresholds *thresholds);

/* Judges one of them; true: it is broken.  So is one that looks at nothing: a
 * distribution without a sample, a share of no requests, a name that no request
 * has.  `message` gets up to `capacity` bytes with the NUL: "p99 is 61.2 ms,
 * over 50.0 ms", "p99 is 41.0 ms, not over 50.0 ms" or "p99 has no sample". */
LARIAT_API bool
lariat_load_threshold_broken(const lariat_load_thresholds *thresholds,
                             size_t index, const lariat_load_result *result,
                             char *message, size_t capacity);

LARIAT_END_C

#endif
