/* SPDX-License-Identifier: MIT
 * lariat_load_comparison: is B slower than A?  By pairs of runs in an order
 * drawn by chance, and the sign-flip test on them, which keeps its rate of
 * false alarms whatever the noise is: heavy tails, drift, runs that depend on
 * each other.
 *
 * Functions of arrays: they run nothing.  docs/comparing.md explains them. */
#ifndef LARIAT_LOAD_COMPARISON_H
#define LARIAT_LOAD_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* How many pairs one comparison may have. */
#define LARIAT_LOAD_MOST_PAIRS 4096

/* Draws the order in each of `pairs` pairs of runs: `b_first[i]` tells whether
 * B runs before A in pair i.  The test is exact because of this draw, and only
 * then: run them so.  The same seed gives the same orders on every machine. Any
 * thread. */
LARIAT_API void lariat_load_draw_orders(uint64_t seed, size_t pairs,
                                        bool *b_first);

/* How A and B are compared. */
typedef enum lariat_load_scale {
  LARIAT_LOAD_RATIO = 0,     /* B / A: for what is above 0 */
  LARIAT_LOAD_DIFFERENCE = 1 /* B - A: for what may be 0 */
} lariat_load_scale;

/* One number of each run: a percentile, the CPU time of a request, a rate. */
typedef struct lariat_load_quantity {
  const double *a; /* of A's run in each pair */
  const double *b; /* of B's */
  lariat_load_scale scale;
  bool higher_is_better; /* a rate; else lower is better, as of a latency */

  /* What makes no difference to anybody: 0.03 for 3 %, up to B = 1.03 A and
   * down to B = A / 1.03; of a difference the number itself.  0: whatever can
   * be told from noise is a difference, and nothing is the same. */
  double margin;
} lariat_load_quantity;

/* How sure one wants to be.  Set `size`; the rest may be 0. */
typedef struct lariat_load_compare_options {
  size_t size; /* sizeof(lariat_load_compare_options) */

  /* In how many comparisons of A with itself BETTER or WORSE may be said of one
   * quantity or more; 0: 0.05. */
  double level;

  /* In how many comparisons SAME may be said of a quantity whose margin B
   * passes; 0: 0.01. */
  double same_level;

  /* All ways to give the differences signs are looked at if they are no more
   * than this; else so many, drawn by `seed`; 0: 10,000, which has all of those
   * of 13 pairs.  At the most 10,000,000. */
  size_t draws;
  uint64_t seed;
} lariat_load_compare_options;

typedef enum lariat_load_answer {
  LARIAT_LOAD_UNDECIDED = 0, /* the noise is too large for these pairs */
  LARIAT_LOAD_SAME = 1,      /* within the margin */
  LARIAT_LOAD_BETTER = 2,    /* B is better than A, beyond the margin */
  LARIAT_LOAD_WORSE = 3      /* B is worse than A, beyond the margin */
} lariat_load_answer;

/* The result for one quantity. */
typedef struct lariat_load_comparison {
  lariat_load_answer answer;

  /* B / A, its geometric mean over the pairs, or B - A, the mean; and the
   * interval at 1 - level: all that the test does not reject.  0 (-INFINITY)
   * and INFINITY when there are too few pairs for one. */
  double estimate;
  double low;
  double high;

  /* Values of p: that there is no difference at all; that there is none beyond
   * the margin, adjusted by Holm's method for all quantities; that there is
   * one. */
  double p_equal;
  double p_within;
  double p_beyond;

  bool exact; /* all signs were looked at, none drawn */

  /* About how many pairs would decide it in four of five tries, if the noise
   * and the difference stay as they are; those there were, if it is decided; 0
   * when more than 100,000 are needed: the difference is about the margin. */
  size_t pairs_needed;
} lariat_load_comparison;

/* Compares `count` quantities over `pairs` pairs of runs, whose order within
 * each pair was drawn by chance, and writes as many results into `out`.
 * `options` may be NULL.  The same numbers and options give the same results.
 * Any thread.
 *
 * WORSE or BETTER: `p_within` is at the most `level`.  SAME: `p_beyond` is at
 * the most `same_level` (two one-sided tests).  6 pairs is the least for a
 * difference in one quantity at 0.05, 7 for the same at 0.01.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no quantity, no pair or too many, a number that is not finite
 *                or (of a ratio) not above 0, a margin below 0, a level not
 *                below 1; `*error` (may be NULL) says which */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_compare(const lariat_load_quantity *quantities, size_t count,
                    size_t pairs, const lariat_load_compare_options *options,
                    lariat_load_comparison *out, lariat_load_error *error);

/* Compares `a_count` runs of A with `b_count` of B that are in no pairs and
 * were run in no drawn order, by the permutation test of their means; at the
 * most 2,048 of each.  It asks whether the two groups of runs differ, whatever
 * made them differ: of A and B it tells only if nothing else has changed
 * between the runs.  The rest is as of lariat_load_compare; 8 runs of each are
 * the least that make sense, and `pairs_needed` is the number of each.  Any
 * thread. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_compare_unpaired(
    const lariat_load_quantity *quantities, size_t count, size_t a_count,
    size_t b_count, const lariat_load_compare_options *options,
    lariat_load_comparison *out, lariat_load_error *error);

/* Returns "undecided", "same", "better" or "worse".  Any thread; static. */
LARIAT_API const char *lariat_load_answer_name(lariat_load_answer answer);

LARIAT_END_C

#endif
