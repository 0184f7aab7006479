/* SPDX-License-Identifier: MIT
 * Statistics of numbers whose distribution nobody knows: median, median
 * absolute deviation, how certain a percentile is, and the correction for many
 * tests.  Functions of arrays; docs/comparing.md explains them. */
#ifndef LARIAT_LOAD_STATISTICS_H
#define LARIAT_LOAD_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Puts `count` numbers, none of them NaN, into ascending order.  Any thread. */
LARIAT_API void lariat_load_sort(double *numbers, size_t count);

/* Returns the median of `count` numbers in ascending order: of an even number
 * of them the mean of the two in the middle; NaN for none.  Any thread. */
LARIAT_API double lariat_load_median(const double *ascending, size_t count);

/* Returns the median absolute deviation from the median of `count` numbers in
 * ascending order, as it is, without the factor 1.4826 that makes it the
 * standard deviation of a normal distribution; NaN for none.  Any thread. */
LARIAT_API double lariat_load_mad(const double *ascending, size_t count);

/* Between which samples a quantile of what they were drawn from is: their
 * positions in ascending order. */
typedef struct lariat_load_quantile_interval {
  uint64_t low;    /* from 1; 0: no sample is surely below it */
  uint64_t high;   /* at the most the count; count + 1: none is surely above */
  double coverage; /* the probability that it is from one to the other, which is
                      more than the confidence, as positions are whole */
} lariat_load_quantile_interval;

/* Puts an interval for a quantile into `*out`: that of order statistics, by the
 * binomial distribution, with at the most half of the error on each side.  It
 * holds for samples that are independent, whatever their distribution is.
 * `quantile` is 0.99 for p99.  Any thread; the time grows with the square root
 * of `count`: some 0.1 s for 10^12.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  a count of 0 or over 2^53, a quantile not between 0 and 1, a
 *                confidence not from 0.5 to 0.999999999 */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_find_quantile(uint64_t count, double quantile, double confidence,
                          lariat_load_quantile_interval *out);

/* Writes the `count` values of p of as many tests, adjusted by Holm's method
 * (1979), into `adjusted`, which may be `p` itself only if count is 1: whoever
 * rejects what is at the most 0.05 there errs in at the most 5 % of the cases,
 * once or more often, whatever the tests have to do with each other.  Any
 * thread. */
LARIAT_API void lariat_load_adjust_holm(const double *p, size_t count,
                                        double *adjusted);

LARIAT_END_C

#endif
