/* SPDX-License-Identifier: MIT
 * statistics_test.c: medians, order statistics and Holm, against the slow way.
 */
#include <lariat/load/statistics.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

/* ---- Medians ---- */

static void test_median(void) {
  static const double numbers[] = {1, 2, 4, 8, 100};
  CU_ASSERT(isnan(lariat_load_median(numbers, 0)));
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_median(numbers, 1), 1, 0);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_median(numbers, 2), 1.5, 0);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_median(numbers, 4), 3, 0);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_median(numbers, 5), 4, 0);
  CU_ASSERT(isnan(lariat_load_mad(numbers, 0)));
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_mad(numbers, 1), 0, 0);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_mad(numbers, 2), 0.5, 0);
  CU_ASSERT_DOUBLE_EQUAL(lariat_load_mad(numbers, 5), 3, 0);
}

/* The deviations of any numbers, sorted. */
static void test_mad(void) {
  srand48(3);
  for (size_t count = 1; count < 200; count++) {
    double numbers[200];
    double deviations[200];
    for (size_t i = 0; i < count; i++)
      numbers[i] = floor(drand48() * (count % 7 ? 1000 : 5));
    lariat_load_sort(numbers, count);
    double median = lariat_load_median(numbers, count);
    for (size_t i = 0; i < count; i++) {
      if (i) CU_ASSERT(numbers[i - 1] <= numbers[i]);
      deviations[i] = fabs(numbers[i] - median);
    }
    lariat_load_sort(deviations, count);
    CU_ASSERT_DOUBLE_EQUAL(lariat_load_mad(numbers, count),
                           lariat_load_median(deviations, count), 1e-9);
  }
  lariat_load_sort(NULL, 0);
}

/* ---- Order statistics ---- */

/* P(X <= k) of the binomial distribution, term by term. */
static double sum_binomial(uint64_t count, double q, int64_t k) {
  double sum = 0;
  double n = (double)count;
  for (int64_t i = 0; i <= k && i <= (int64_t)count; i++) {
    double x = (double)i;
    sum += exp(lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) + x * log(q) +
               (n - x) * log1p(-q));
  }
  return sum;
}

/* No position further inside has its error, and those that there are have. */
static void check_interval(uint64_t count, double q, double confidence) {
  lariat_load_quantile_interval interval;
  double error = (1 - confidence) / 2;
  CU_ASSERT_EQUAL(lariat_load_find_quantile(count, q, confidence, &interval),
                  LARIAT_OK);
  int64_t low = (int64_t)interval.low;
  int64_t high = (int64_t)interval.high;
  double below = low ? sum_binomial(count, q, low - 1) : 0;
  double above =
      interval.high <= count ? 1 - sum_binomial(count, q, high - 1) : 0;
  bool as_should = low < high && below <= error + 1e-9 &&
                   above <= error + 1e-9 &&
                   sum_binomial(count, q, low) > error - 1e-9 &&
                   1 - sum_binomial(count, q, high - 2) > error - 1e-9 &&
                   fabs(interval.coverage - (1 - below - above)) < 1e-8;
  if (!as_should)
    fixture_fail("%llu, %g, %g: %llu to %llu, %g", (unsigned long long)count, q,
                 confidence, (unsigned long long)interval.low,
                 (unsigned long long)interval.high, interval.coverage);
}

static void test_intervals(void) {
  static const double quantiles[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999};
  static const double confidences[] = {0.5, 0.9, 0.95, 0.999};
  for (size_t i = 0; i < FIXTURE_COUNT(quantiles); i++)
    for (size_t k = 0; k < FIXTURE_COUNT(confidences); k++) {
      for (uint64_t count = 1; count < 60; count++)
        check_interval(count, quantiles[i], confidences[k]);
      check_interval(1000, quantiles[i], confidences[k]);
      check_interval(9973, quantiles[i], confidences[k]);
    }
}

/* From tables: the median of 10, and p99 of as many as have a sample above. */
static void test_known_intervals(void) {
  lariat_load_quantile_interval interval;
  CU_ASSERT_EQUAL(lariat_load_find_quantile(10, 0.5, 0.95, &interval),
                  LARIAT_OK);
  CU_ASSERT(interval.low == 2 && interval.high == 9);
  CU_ASSERT_DOUBLE_EQUAL(interval.coverage, 1 - 22.0 / 1024, 1e-12);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(300, 0.99, 0.95, &interval),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(interval.high, 301); /* 0.99^300 is 0.049 */
  CU_ASSERT_EQUAL(lariat_load_find_quantile(400, 0.99, 0.95, &interval),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(interval.high, 400); /* 0.99^400 is 0.018 */
  /* With many samples: 1.96 standard deviations to each side. */
  CU_ASSERT_EQUAL(
      lariat_load_find_quantile(UINT64_C(10000000000), 0.99, 0.95, &interval),
      LARIAT_OK);
  double half = 1.959964 * sqrt(1e10 * 0.99 * 0.01);
  CU_ASSERT_DOUBLE_EQUAL((double)interval.low, 9.9e9 - half, 3);
  CU_ASSERT_DOUBLE_EQUAL((double)interval.high, 9.9e9 + half + 1, 3);
}

static void test_refused(void) {
  lariat_load_quantile_interval interval;
  double nan = (double)NAN;
  CU_ASSERT_EQUAL(lariat_load_find_quantile(0, 0.5, 0.95, &interval),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(UINT64_MAX, 0.5, 0.95, &interval),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(9, 0, 0.95, &interval),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(9, 1, 0.95, &interval),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(9, nan, 0.95, &interval),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(9, 0.5, 0.4, &interval),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(9, 0.5, 1, &interval),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(9, 0.5, nan, &interval),
                  LARIAT_EINVAL);
}

/* The p90 of a distribution without a mean is where the interval says, in 95 %
 * of the cases or a little more. */
static void test_coverage(void) {
  lariat_load_quantile_interval interval;
  unsigned covered = 0;
  srand48(11);
  CU_ASSERT_EQUAL(lariat_load_find_quantile(200, 0.9, 0.95, &interval),
                  LARIAT_OK);
  for (unsigned run = 0; run < 10000; run++) {
    double samples[200];
    for (size_t i = 0; i < 200; i++) samples[i] = 1 / (1 - drand48());
    lariat_load_sort(samples, 200);
    if (samples[interval.low - 1] <= 10 && samples[interval.high - 1] > 10)
      covered++;
  }
  CU_ASSERT(interval.coverage >= 0.95 && interval.coverage < 0.97);
  CU_ASSERT_DOUBLE_EQUAL(covered / 1e4, interval.coverage, 0.01);
}

/* ---- Holm ---- */

static void test_holm(void) {
  static const double p[] = {0.01, 0.04, 0.03, 0.005, 0.9};
  static const double expected[] = {0.04, 0.09, 0.09, 0.025, 0.9};
  static const double equal[] = {0.02, 0.02, 0.02};
  double adjusted[5];
  lariat_load_adjust_holm(p, 5, adjusted);
  for (size_t i = 0; i < 5; i++)
    CU_ASSERT_DOUBLE_EQUAL(adjusted[i], expected[i], 1e-12);
  lariat_load_adjust_holm(equal, 3, adjusted);
  for (size_t i = 0; i < 3; i++)
    CU_ASSERT_DOUBLE_EQUAL(adjusted[i], 0.06, 1e-12);
  adjusted[0] = 0.7;
  lariat_load_adjust_holm(adjusted, 1, adjusted);
  CU_ASSERT_DOUBLE_EQUAL(adjusted[0], 0.7, 1e-12);
  lariat_load_adjust_holm(p, 0, NULL);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"medians", test_median},
      {"the median absolute deviation", test_mad},
      {"intervals are those of the binomial distribution", test_intervals},
      {"intervals that are known", test_known_intervals},
      {"what is no quantile or confidence is refused", test_refused},
      {"the coverage is as stated", test_coverage},
      {"Holm's method", test_holm},
  };
  return fixture_main("statistics", tests, FIXTURE_COUNT(tests), argc, argv);
}
