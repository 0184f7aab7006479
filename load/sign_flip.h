/* SPDX-License-Identifier: MIT
 * sign_flip.h: the sign-flip (randomisation) test of differences in pairs
 * (R. A. Fisher, The Design of Experiments, 1935, section 21).
 *
 * Where the order within each pair was drawn, the sign of a difference d that
 * nothing but noise makes is as a coin's: all 2^n ways to give signs are as
 * likely.  p is the share of them whose sum is as large as that observed, or
 * larger.  The differences are d - x, if the effect is x: that gives p for each
 * x.  As giving the minus to those of a set S takes twice their sum away, the
 * sum is as large where the mean of S is at the most x.  So the sorted means of
 * all sets are all that is needed, for each x and for the interval of those x
 * that are not rejected (J. A. Hartigan, "Using subsample values as typical
 * values", Journal of the American Statistical Association 64, 1969). */
#ifndef LOAD_SIGN_FLIP_H
#define LOAD_SIGN_FLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

typedef struct lr_load_sign_flip {
  double *means; /* of the sets, but the empty one, in ascending order */
  size_t count;
  size_t empty; /* how often the empty set was looked at: once or more */
  double mean;  /* of all differences */
  bool exact;   /* all sets, each once */
} lr_load_sign_flip;

/* Looks at all sets of the `pairs` differences, all finite, or at as many as
 * `draws`, drawn by `seed`, if there are more.  On LARIAT_OK, call
 * lr_load_sign_flip_free. */
lariat_status lr_load_sign_flip_init(lr_load_sign_flip *flip,
                                     const double *differences, size_t pairs,
                                     size_t draws, uint64_t seed);

/* Looks at two groups whose runs are in no pairs: the permutation test of their
 * means.  A set is as many of one group as of the other, which change
 * places; its mean is that of the differences between them.  `values` has the
 * `a_count` of A and then those of B; always drawn. */
lariat_status lr_load_sign_flip_init_groups(lr_load_sign_flip *flip,
                                            const double *values,
                                            size_t a_count, size_t b_count,
                                            size_t draws, uint64_t seed);
void lr_load_sign_flip_free(lr_load_sign_flip *flip);

/* Return p of the test that the effect is at the most `x` (small: it is more),
 * and that it is at the least `x`. */
double lr_load_sign_flip_p_above(const lr_load_sign_flip *flip, double x);
double lr_load_sign_flip_p_below(const lr_load_sign_flip *flip, double x);

/* Return the least and the greatest effect that these tests do not reject at
 * `level`, or an infinity. */
double lr_load_sign_flip_low(const lr_load_sign_flip *flip, double level);
double lr_load_sign_flip_high(const lr_load_sign_flip *flip, double level);

#endif
