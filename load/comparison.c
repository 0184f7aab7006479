/* SPDX-License-Identifier: MIT
 * comparison.c: what the sign-flip test says of pairs of runs, in words. */
#include <lariat/load/comparison.h>

#include <math.h>
#include <stdlib.h>

#include "fault.h"
#include "random.h"
#include "sign_flip.h"
#include <lariat/load/statistics.h>

#define LEVEL 0.05
#define SAME_LEVEL 0.01
#define DRAWS 10000
#define MOST_DRAWS 10000000
#define MOST_NEEDED 100000
#define MOST_NUMBER 1e300 /* a difference of two is a number, too */

/* ---- Orders ---- */

void lariat_load_draw_orders(uint64_t seed, size_t pairs, bool *b_first) {
  lr_load_random random;
  lr_load_random_seed(&random, seed);
  for (size_t i = 0; i < pairs; i++)
    b_first[i] = lr_load_random_next(&random) >> 63;
}

/* ---- What was given ---- */

static lariat_status read_options(const lariat_load_compare_options *given,
                                  lariat_load_compare_options *options,
                                  lariat_load_error *error) {
  *options = (lariat_load_compare_options){.size = sizeof(*options)};
  if (given && given->size < sizeof(*given))
    return lr_load_fail(error, 0, "options without their size");
  if (given) *options = *given;
  if (!(options->level >= 0 && options->level < 1 && options->same_level >= 0 &&
        options->same_level < 1))
    return lr_load_fail(error, 0, "a level that is not from 0 to below 1");
  if (options->draws > MOST_DRAWS)
    return lr_load_fail(error, 0, "more than %d draws", MOST_DRAWS);
  if (!(options->level > 0)) options->level = LEVEL;
  if (!(options->same_level > 0)) options->same_level = SAME_LEVEL;
  if (!options->draws) options->draws = DRAWS;
  return LARIAT_OK;
}

static bool is_number(const lariat_load_quantity *quantity, double number) {
  return fabs(number) < MOST_NUMBER &&
         (quantity->scale == LARIAT_LOAD_DIFFERENCE || number > 0);
}

/* How many runs there are: in pairs, or of each side. */
typedef struct amounts {
  size_t a;
  size_t b;
  bool paired;
} amounts;

static lariat_status check_numbers(const lariat_load_quantity *quantity,
                                   size_t index, char side, const amounts *runs,
                                   lariat_load_error *error) {
  const double *numbers = side == 'A' ? quantity->a : quantity->b;
  size_t count = side == 'A' ? runs->a : runs->b;
  for (size_t i = 0; i < count; i++)
    if (!is_number(quantity, numbers[i]))
      return lr_load_fail(error, 0, "quantity %zu, %s %zu: %g of %c", index,
                          runs->paired ? "pair" : "run", i, numbers[i], side);
  return LARIAT_OK;
}

static lariat_status check_quantity(const lariat_load_quantity *quantity,
                                    size_t index, const amounts *runs,
                                    lariat_load_error *error) {
  if (quantity->scale != LARIAT_LOAD_RATIO &&
      quantity->scale != LARIAT_LOAD_DIFFERENCE)
    return lr_load_fail(error, 0, "quantity %zu: no such scale", index);
  if (!(quantity->margin >= 0 && isfinite(quantity->margin)))
    return lr_load_fail(error, 0,
                        "quantity %zu: a margin below 0 or without "
                        "an end",
                        index);
  lariat_status status = check_numbers(quantity, index, 'A', runs, error);
  return status == LARIAT_OK ? check_numbers(quantity, index, 'B', runs, error)
                             : status;
}

/* All runs together are at the most as many as pairs may be. */
static size_t most_of(const amounts *runs) {
  return (size_t)LARIAT_LOAD_MOST_PAIRS / (runs->paired ? 1 : 2);
}

static lariat_status check_all(const lariat_load_quantity *quantities,
                               size_t count, const amounts *runs,
                               lariat_load_error *error) {
  if (!count) return lr_load_fail(error, 0, "no quantity");
  if (!runs->a || !runs->b)
    return lr_load_fail(error, 0, runs->paired ? "no pair" : "no run");
  if (runs->a > most_of(runs) || runs->b > most_of(runs))
    return lr_load_fail(error, 0, "more than %zu %s", most_of(runs),
                        runs->paired ? "pairs" : "runs");
  for (size_t i = 0; i < count; i++) {
    lariat_status status = check_quantity(&quantities[i], i, runs, error);
    if (status != LARIAT_OK) return status;
  }
  return LARIAT_OK;
}

/* ---- One quantity ---- */

/* Ratios are compared by their logarithms. */
static bool is_ratio(const lariat_load_quantity *quantity) {
  return quantity->scale == LARIAT_LOAD_RATIO;
}
static double find_margin(const lariat_load_quantity *quantity) {
  return is_ratio(quantity) ? log1p(quantity->margin) : quantity->margin;
}
static double find_effect(const lariat_load_quantity *quantity, double x) {
  return is_ratio(quantity) ? exp(x) : x;
}

static void fill_differences(const lariat_load_quantity *quantity, size_t pairs,
                             double *differences) {
  for (size_t i = 0; i < pairs; i++) {
    double a = quantity->a[i];
    double b = quantity->b[i];
    differences[i] = is_ratio(quantity) ? log(b) - log(a) : b - a;
  }
}

/* Returns p of the test on both sides, from those on each. */
static double join(double above, double below) {
  return fmin(2 * fmin(above, below), 1);
}

/* Fills what the test says; p_within is not adjusted yet. */
static void fill(lariat_load_comparison *out, const lr_load_sign_flip *flip,
                 const lariat_load_quantity *quantity, double level) {
  double margin = find_margin(quantity);
  out->exact = flip->exact;
  out->estimate = find_effect(quantity, flip->mean);
  out->low = find_effect(quantity, lr_load_sign_flip_low(flip, level / 2));
  out->high = find_effect(quantity, lr_load_sign_flip_high(flip, level / 2));
  out->p_equal = join(lr_load_sign_flip_p_above(flip, 0),
                      lr_load_sign_flip_p_below(flip, 0));
  out->p_within = join(lr_load_sign_flip_p_above(flip, margin),
                       lr_load_sign_flip_p_below(flip, -margin));
  out->p_beyond = fmax(lr_load_sign_flip_p_above(flip, -margin),
                       lr_load_sign_flip_p_below(flip, margin));
}

/* Returns about how many pairs would decide it.  The interval narrows with the
 * root of their number.  At 0.05 it is 1.96 standard errors to each side; for
 * four of five tries the margin must be 2.8 of them away from the mean for a
 * difference, and 3.17 for SAME, whose level is 0.01: 2.04 and 2.62 times as
 * many pairs as for the interval to end there. */
static size_t guess_pairs(const lr_load_sign_flip *flip, size_t pairs,
                          double margin, double level) {
  double half = (lr_load_sign_flip_high(flip, level / 2) -
                 lr_load_sign_flip_low(flip, level / 2)) /
                2;
  double gap = fabs(flip->mean) - margin;
  double share = half / gap;
  double needed = (double)pairs * share * share * (gap > 0 ? 2.04 : 2.62);
  /* Too few for an interval: those that it takes, and two. */
  if (!isfinite(half)) needed = ceil(log2(2 / level)) + 2;
  if (!(needed <= MOST_NEEDED)) return 0;
  return needed > (double)pairs ? (size_t)ceil(needed) : pairs + 1;
}

/* Puts the numbers of both sides behind each other. */
static void fill_groups(const lariat_load_quantity *quantity,
                        const amounts *runs, double *values) {
  bool ratio = is_ratio(quantity);
  for (size_t i = 0; i < runs->a; i++)
    values[i] = ratio ? log(quantity->a[i]) : quantity->a[i];
  for (size_t i = 0; i < runs->b; i++)
    values[runs->a + i] = ratio ? log(quantity->b[i]) : quantity->b[i];
}

static lariat_status test(lr_load_sign_flip *flip,
                          const lariat_load_quantity *quantity,
                          const amounts *runs, double *scratch,
                          const lariat_load_compare_options *options) {
  if (!runs->paired) {
    fill_groups(quantity, runs, scratch);
    return lr_load_sign_flip_init_groups(flip, scratch, runs->a, runs->b,
                                         options->draws, options->seed);
  }
  fill_differences(quantity, runs->a, scratch);
  return lr_load_sign_flip_init(flip, scratch, runs->a, options->draws,
                                options->seed);
}

static lariat_status compare_one(const lariat_load_quantity *quantity,
                                 const amounts *runs, double *scratch,
                                 const lariat_load_compare_options *options,
                                 lariat_load_comparison *out) {
  lr_load_sign_flip flip;
  lariat_status status = test(&flip, quantity, runs, scratch, options);
  if (status != LARIAT_OK) return status;
  fill(out, &flip, quantity, options->level);
  out->pairs_needed =
      guess_pairs(&flip, runs->a, find_margin(quantity), options->level);
  lr_load_sign_flip_free(&flip);
  return LARIAT_OK;
}

/* ---- All of them ---- */

static lariat_load_answer find_answer(const lariat_load_comparison *result,
                                      const lariat_load_quantity *quantity,
                                      const lariat_load_compare_options *how) {
  if (result->p_within <= how->level) {
    bool higher = result->estimate > find_effect(quantity, 0);
    return higher == quantity->higher_is_better ? LARIAT_LOAD_BETTER
                                                : LARIAT_LOAD_WORSE;
  }
  return result->p_beyond <= how->same_level ? LARIAT_LOAD_SAME
                                             : LARIAT_LOAD_UNDECIDED;
}

/* Adjusts p_within for all quantities, and gives the answers.  `scratch` has
 * space for two numbers for each. */
static void give_answers(const lariat_load_quantity *quantities, size_t count,
                         size_t pairs,
                         const lariat_load_compare_options *options,
                         lariat_load_comparison *out, double *scratch) {
  for (size_t i = 0; i < count; i++) scratch[i] = out[i].p_within;
  lariat_load_adjust_holm(scratch, count, scratch + count);
  for (size_t i = 0; i < count; i++) {
    out[i].p_within = scratch[count + i];
    out[i].answer = find_answer(&out[i], &quantities[i], options);
    if (out[i].answer != LARIAT_LOAD_UNDECIDED) out[i].pairs_needed = pairs;
  }
}

static lariat_status compare_all(const lariat_load_quantity *quantities,
                                 size_t count, const amounts *runs,
                                 const lariat_load_compare_options *options,
                                 lariat_load_comparison *out,
                                 lariat_load_error *error) {
  lariat_load_compare_options how;
  lariat_status status = read_options(options, &how, error);
  if (status == LARIAT_OK) status = check_all(quantities, count, runs, error);
  if (status != LARIAT_OK) return status;
  size_t numbers = runs->paired ? runs->a : runs->a + runs->b;
  double *scratch =
      calloc(numbers > 2 * count ? numbers : 2 * count, sizeof(*scratch));
  if (!scratch) return LARIAT_ENOMEM;
  for (size_t i = 0; i < count && status == LARIAT_OK; i++)
    status = compare_one(&quantities[i], runs, scratch, &how, &out[i]);
  if (status == LARIAT_OK)
    give_answers(quantities, count, runs->a, &how, out, scratch);
  free(scratch);
  return status;
}

lariat_status lariat_load_compare(const lariat_load_quantity *quantities,
                                  size_t count, size_t pairs,
                                  const lariat_load_compare_options *options,
                                  lariat_load_comparison *out,
                                  lariat_load_error *error) {
  const amounts runs = {pairs, pairs, true};
  return compare_all(quantities, count, &runs, options, out, error);
}

lariat_status lariat_load_compare_unpaired(
    const lariat_load_quantity *quantities, size_t count, size_t a_count,
    size_t b_count, const lariat_load_compare_options *options,
    lariat_load_comparison *out, lariat_load_error *error) {
  const amounts runs = {a_count, b_count, false};
  return compare_all(quantities, count, &runs, options, out, error);
}

const char *lariat_load_answer_name(lariat_load_answer answer) {
  static const char *const names[] = {"undecided", "same", "better", "worse"};
  return (unsigned)answer < sizeof(names) / sizeof(names[0]) ? names[answer]
                                                             : "unknown";
}
