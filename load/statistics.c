/* SPDX-License-Identifier: MIT
 * statistics.c: medians, order statistics, Holm. */
#include <lariat/load/statistics.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* ---- Medians ---- */

static int compare_numbers(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

void lariat_load_sort(double *numbers, size_t count) {
  if (count) qsort(numbers, count, sizeof(*numbers), compare_numbers);
}

double lariat_load_median(const double *ascending, size_t count) {
  if (!count) return (double)NAN;
  double high = ascending[count / 2];
  if (count % 2) return high;
  double low = ascending[count / 2 - 1];
  return low + (high - low) / 2;
}

/* Takes deviations in ascending order, from the middle outwards. */
double lariat_load_mad(const double *ascending, size_t count) {
  double median = lariat_load_median(ascending, count);
  size_t above = (count + 1) / 2; /* the first that was not taken above */
  size_t below = above;           /* how many were not taken below */
  double last = median;           /* NaN for none */
  double before = median;
  for (size_t taken = 0; taken < count / 2 + 1 && taken < count; taken++) {
    before = last;
    bool down = above == count || (below && median - ascending[below - 1] <=
                                                ascending[above] - median);
    last = down ? median - ascending[--below] : ascending[above++] - median;
  }
  return count % 2 || !count ? last : before + (last - before) / 2;
}

/* ---- Order statistics ---- */

/* The binomial distribution of a count and a probability, relative to its mode.
 */
typedef struct binomial {
  double count;
  double odds; /* q / (1 - q) */
  double mode;
  double below; /* the sum of what is below the mode */
  double sum;
} binomial;

/* Weights of less, relative to that of the mode, do not count. */
#define LEAST_WEIGHT 1e-30

/* An error of less would be lost in the rounding of sums. */
#define MOST_CONFIDENCE 0.999999999

/* Return the weight of the number before, and behind, one that has `weight`. */
static double step_down(const binomial *b, double k, double weight) {
  return weight * k / ((b->count - k + 1) * b->odds);
}
static double step_up(const binomial *b, double k, double weight) {
  return weight * (b->count - k) * b->odds / (k + 1);
}

static double sum_below(const binomial *b) {
  double sum = 0;
  double weight = 1;
  for (double k = b->mode; k > 0 && weight > LEAST_WEIGHT; k--)
    sum += weight = step_down(b, k, weight);
  return sum;
}

static double sum_above(const binomial *b) {
  double sum = 0;
  double weight = 1;
  for (double k = b->mode; k < b->count && weight > LEAST_WEIGHT; k++)
    sum += weight = step_up(b, k, weight);
  return sum;
}

static binomial make_binomial(uint64_t count, double q) {
  binomial b = {.count = (double)count, .odds = q / (1 - q)};
  b.mode = fmin(floor((b.count + 1) * q), b.count);
  b.below = sum_below(&b);
  b.sum = b.below + 1 + sum_above(&b);
  return b;
}

/* Returns the greatest position whose probability of being above the quantile
 * is at the most `error`, or 0.  `*left` gets that probability. */
static uint64_t find_low(const binomial *b, double error, double *left) {
  double rest = b->below; /* of what is below k */
  double weight = 1;
  double k = b->mode;
  for (; k > 0 && rest > error * b->sum; k--)
    rest -= weight = step_down(b, k, weight);
  *left = k > 0 && rest > 0 ? rest / b->sum : 0;
  return (uint64_t)k;
}

/* Returns the least position whose probability of being below the quantile is
 * at the most `error`, or the count and 1. */
static uint64_t find_high(const binomial *b, double error, double *left) {
  double rest = b->sum - b->below - 1; /* of what is from k on */
  double weight = 1;
  double k = b->mode + 1;
  for (; k <= b->count && rest > error * b->sum; k++)
    rest -= weight = step_up(b, k - 1, weight);
  *left = k <= b->count && rest > 0 ? rest / b->sum : 0;
  return (uint64_t)k;
}

lariat_status lariat_load_find_quantile(uint64_t count, double quantile,
                                        double confidence,
                                        lariat_load_quantile_interval *out) {
  if (!count || count > UINT64_C(1) << 53) return LARIAT_EINVAL;
  if (!(quantile > 0 && quantile < 1)) return LARIAT_EINVAL;
  if (!(confidence >= 0.5 && confidence <= MOST_CONFIDENCE))
    return LARIAT_EINVAL;
  binomial b = make_binomial(count, quantile);
  double below;
  double above;
  out->low = find_low(&b, (1 - confidence) / 2, &below);
  out->high = find_high(&b, (1 - confidence) / 2, &above);
  out->coverage = 1 - below - above;
  return LARIAT_OK;
}

/* ---- Many tests ---- */

/* Tells whether test i comes before test k in ascending order. */
static bool is_before(const double *p, size_t i, size_t k) {
  return p[i] < p[k] || (p[i] <= p[k] && i < k);
}

/* Returns the first after `last` in ascending order; `last` may be `count`, for
 * the first of all. */
static size_t find_next(const double *p, size_t count, size_t last) {
  size_t next = count;
  for (size_t i = 0; i < count; i++) {
    if (last < count && !is_before(p, last, i)) continue;
    if (next == count || is_before(p, i, next)) next = i;
  }
  return next;
}

void lariat_load_adjust_holm(const double *p, size_t count, double *adjusted) {
  double least = 0;
  size_t at = count;
  for (size_t left = count; left; left--) {
    at = find_next(p, count, at);
    least = fmax(least, fmin((double)left * p[at], 1));
    adjusted[at] = least;
  }
}
