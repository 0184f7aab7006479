/* SPDX-License-Identifier: MIT
 * sign_flip.c: the means of sets of differences.
 *
 * The differences are made whole numbers, so that sums are exact and do not
 * depend on an order: ties are ties. */
#include "sign_flip.h"

#include <math.h>
#include <stdlib.h>

#include "random.h"
#include <lariat/load/comparison.h>
#include <lariat/load/statistics.h>

/* The sum of LARIAT_LOAD_MOST_PAIRS numbers of so many bits has 62. */
#define BITS 50

/* Differences as whole numbers, of which 2^shift are 1. */
typedef struct whole {
  int64_t *numbers;
  size_t count;
  int shift;
} whole;

static bool make_whole(whole *w, const double *differences, size_t pairs) {
  double most = 0;
  int exponent = 0;
  for (size_t i = 0; i < pairs; i++) most = fmax(most, fabs(differences[i]));
  frexp(most, &exponent);
  w->count = pairs;
  w->shift = BITS - exponent;
  w->numbers = malloc(pairs * sizeof(*w->numbers));
  if (!w->numbers) return false;
  for (size_t i = 0; i < pairs; i++)
    w->numbers[i] = llrint(ldexp(differences[i], w->shift));
  return true;
}

static double divide(const whole *w, int64_t sum, size_t count) {
  return ldexp((double)sum / (double)count, -w->shift);
}

/* Looks at a set: its mean is noted, or it is empty. */
static void add_set(lr_load_sign_flip *flip, const whole *w, int64_t sum,
                    size_t size) {
  if (size)
    flip->means[flip->count++] = divide(w, sum, size);
  else
    flip->empty++;
}

/* Looks at all sets in the order of a Gray code, each of which differs from the
 * one before by one element. */
static void add_all(lr_load_sign_flip *flip, const whole *w) {
  uint64_t set = 0;
  int64_t sum = 0;
  add_set(flip, w, 0, 0);
  for (uint64_t i = 1; i >> w->count == 0; i++) {
    unsigned element = (unsigned)__builtin_ctzll(i);
    set ^= UINT64_C(1) << element;
    bool entered = set >> element & 1;
    sum += entered ? w->numbers[element] : -w->numbers[element];
    add_set(flip, w, sum, (size_t)__builtin_popcountll(set));
  }
}

static void add_drawn(lr_load_sign_flip *flip, const whole *w,
                      lr_load_random *random) {
  int64_t sum = 0;
  size_t size = 0;
  uint64_t bits = 0;
  for (size_t i = 0; i < w->count; i++, bits >>= 1) {
    if (i % 64 == 0) bits = lr_load_random_next(random);
    int64_t taken = (int64_t)(bits & 1);
    sum += w->numbers[i] & -taken;
    size += (size_t)taken;
  }
  add_set(flip, w, sum, size);
}

/* Looks at sets: the empty one, which is the signs that were observed, and
 * others. */
static void add_sets(lr_load_sign_flip *flip, const whole *w, size_t draws,
                     uint64_t seed) {
  if (flip->exact) {
    add_all(flip, w);
    return;
  }
  lr_load_random random;
  lr_load_random_seed(&random, seed);
  add_set(flip, w, 0, 0);
  while (draws--) add_drawn(flip, w, &random);
}

lariat_status lr_load_sign_flip_init(lr_load_sign_flip *flip,
                                     const double *differences, size_t pairs,
                                     size_t draws, uint64_t seed) {
  whole w;
  *flip = (lr_load_sign_flip){.exact = pairs < 63 && draws >> pairs};
  size_t sets = flip->exact ? (size_t)1 << pairs : draws;
  flip->means = malloc(sets * sizeof(*flip->means));
  if (!flip->means || !make_whole(&w, differences, pairs)) {
    free(flip->means);
    return LARIAT_ENOMEM;
  }
  int64_t sum = 0;
  for (size_t i = 0; i < pairs; i++) sum += w.numbers[i];
  flip->mean = divide(&w, sum, pairs);
  add_sets(flip, &w, draws, seed);
  free(w.numbers);
  lariat_load_sort(flip->means, flip->count);
  return LARIAT_OK;
}

/* ---- Groups ---- */

static double find_mean(const whole *w, size_t from, size_t count) {
  int64_t sum = 0;
  for (size_t i = from; i < from + count; i++) sum += w->numbers[i];
  return divide(w, sum, count);
}

/* Draws who is in A now, and looks at those who have changed places. */
static void add_exchange(lr_load_sign_flip *flip, const whole *w,
                         size_t a_count, size_t *order,
                         lr_load_random *random) {
  int64_t sum = 0;
  size_t size = 0;
  for (size_t i = 0; i < a_count; i++) {
    size_t other = i + lr_load_random_next(random) % (w->count - i);
    size_t chosen = order[other];
    order[other] = order[i];
    order[i] = chosen;
  }
  for (size_t i = 0; i < w->count; i++) {
    bool is_a = i < a_count;
    bool was_a = order[i] < a_count;
    if (is_a == was_a) continue;
    sum += is_a ? w->numbers[order[i]] : -w->numbers[order[i]];
    size += is_a;
  }
  add_set(flip, w, sum, size);
}

lariat_status lr_load_sign_flip_init_groups(lr_load_sign_flip *flip,
                                            const double *values,
                                            size_t a_count, size_t b_count,
                                            size_t draws, uint64_t seed) {
  whole w = {NULL, 0, 0};
  lr_load_random random;
  size_t count = a_count + b_count;
  *flip = (lr_load_sign_flip){.means = malloc(draws * sizeof(*flip->means))};
  size_t *order = malloc(count * sizeof(*order));
  if (!flip->means || !order || !make_whole(&w, values, count)) {
    free(flip->means);
    free(order);
    return LARIAT_ENOMEM;
  }
  flip->mean = find_mean(&w, a_count, b_count) - find_mean(&w, 0, a_count);
  lr_load_random_seed(&random, seed);
  for (size_t i = 0; i < count; i++) order[i] = i;
  add_set(flip, &w, 0, 0);
  while (draws--) add_exchange(flip, &w, a_count, order, &random);
  free(order);
  free(w.numbers);
  lariat_load_sort(flip->means, flip->count);
  return LARIAT_OK;
}

void lr_load_sign_flip_free(lr_load_sign_flip *flip) { free(flip->means); }

/* ---- Asking it ---- */

static size_t count_looks(const lr_load_sign_flip *flip) {
  return flip->count + flip->empty;
}

/* Returns how many means are less than `x`, or that and those that are it. */
static size_t count_below(const lr_load_sign_flip *flip, double x,
                          bool and_equal) {
  size_t low = 0;
  size_t high = flip->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    bool below = and_equal ? flip->means[middle] <= x : flip->means[middle] < x;
    if (below)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

double lr_load_sign_flip_p_above(const lr_load_sign_flip *flip, double x) {
  size_t as_large = flip->empty + count_below(flip, x, true);
  return (double)as_large / (double)count_looks(flip);
}

double lr_load_sign_flip_p_below(const lr_load_sign_flip *flip, double x) {
  size_t as_small = count_looks(flip) - count_below(flip, x, false);
  return (double)as_small / (double)count_looks(flip);
}

/* Returns how many means, from one end, are rejected and the first that is not;
 * 0: not even the empty sets are. */
static size_t count_rejected(const lr_load_sign_flip *flip, double level) {
  /* What is whole but for rounding is whole. */
  double rejected = floor(level * (double)count_looks(flip) + 1e-9);
  if (rejected < (double)flip->empty) return 0;
  size_t position = (size_t)rejected - flip->empty + 1;
  return position <= flip->count ? position : flip->count;
}

double lr_load_sign_flip_low(const lr_load_sign_flip *flip, double level) {
  size_t position = count_rejected(flip, level);
  return position ? flip->means[position - 1] : -(double)INFINITY;
}

double lr_load_sign_flip_high(const lr_load_sign_flip *flip, double level) {
  size_t position = count_rejected(flip, level);
  return position ? flip->means[flip->count - position] : (double)INFINITY;
}
