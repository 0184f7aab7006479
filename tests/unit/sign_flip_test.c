/* SPDX-License-Identifier: MIT
 * sign_flip_test.c: the test by means of sets, against signs that are flipped.
 */
#include "load/sign_flip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

#define MOST 10

/* Returns the share of all signs with which the sum of the differences less
 * `x` is as large as without them, or (`side` -1) as small. */
static double flip_all(const double *differences, size_t pairs, double x,
                       double side) {
  unsigned as_large = 0;
  double observed = 0;
  for (size_t i = 0; i < pairs; i++) observed += differences[i] - x;
  for (unsigned signs = 0; signs >> pairs == 0; signs++) {
    double sum = 0;
    for (size_t i = 0; i < pairs; i++)
      sum += (signs >> i & 1 ? -1 : 1) * (differences[i] - x);
    if (side * (sum - observed) >= -1e-9) as_large++;
  }
  return as_large / pow(2, (double)pairs);
}

static void init(lr_load_sign_flip *flip, const double *differences,
                 size_t pairs, size_t draws, uint64_t seed) {
  CU_ASSERT_EQUAL_FATAL(
      lr_load_sign_flip_init(flip, differences, pairs, draws, seed), LARIAT_OK);
}

static void check_p(const lr_load_sign_flip *flip, const double *differences,
                    size_t pairs, double x) {
  double above = flip_all(differences, pairs, x, 1);
  double below = flip_all(differences, pairs, x, -1);
  CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_p_above(flip, x), above, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_p_below(flip, x), below, 1e-12);
}

/* The ends of the interval are the last that the slow test does not reject. */
static void check_interval(const lr_load_sign_flip *flip,
                           const double *differences, size_t pairs,
                           double level) {
  double low = lr_load_sign_flip_low(flip, level);
  double high = lr_load_sign_flip_high(flip, level);
  CU_ASSERT_EQUAL(isfinite(low), pow(2, -(double)pairs) <= level);
  CU_ASSERT_EQUAL(isfinite(high), isfinite(low));
  if (!isfinite(low)) return;
  CU_ASSERT(low <= flip->mean + 1e-9 && flip->mean <= high + 1e-9);
  CU_ASSERT(flip_all(differences, pairs, low, 1) > level);
  CU_ASSERT(flip_all(differences, pairs, low - 1e-6, 1) <= level);
  CU_ASSERT(flip_all(differences, pairs, high, -1) > level);
  CU_ASSERT(flip_all(differences, pairs, high + 1e-6, -1) <= level);
}

/* Few whole numbers, so that there are ties, and any numbers. */
static void test_exact(void) {
  srand48(1);
  for (unsigned run = 0; run < 200; run++) {
    double differences[MOST];
    size_t pairs = 1 + run % MOST;
    for (size_t i = 0; i < pairs; i++)
      differences[i] = run % 3 ? drand48() - 0.4 : floor(drand48() * 7) - 3;
    lr_load_sign_flip flip;
    init(&flip, differences, pairs, 1024, 0);
    CU_ASSERT(flip.exact && flip.empty == 1);
    CU_ASSERT_EQUAL(flip.count, (1u << pairs) - 1);
    check_p(&flip, differences, pairs, 0);
    check_p(&flip, differences, pairs, 0.25);
    check_p(&flip, differences, pairs, -0.25);
    check_interval(&flip, differences, pairs, 0.025);
    check_interval(&flip, differences, pairs, 0.01);
    check_interval(&flip, differences, pairs, 0.25);
    lr_load_sign_flip_free(&flip);
  }
}

static void test_known(void) {
  /* Darwin's maize, as in Fisher's book: 863 of 2^15 in each tail, one side
   * with those that are as large. */
  static const double maize[] = {49, -67, 8,  16, 6,  23, 28, 41,
                                 14, 29,  56, 24, 75, 60, -48};
  lr_load_sign_flip flip;
  init(&flip, maize, 15, 32768, 0);
  CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_p_above(&flip, 0), 863.0 / 32768,
                         1e-12);
  CU_ASSERT_DOUBLE_EQUAL(flip.mean, 314.0 / 15, 1e-12);
  lr_load_sign_flip_free(&flip);
}

/* Signs that are drawn come near to all of them; the seed decides. */
static void test_drawn(void) {
  double differences[12];
  srand48(2);
  for (size_t i = 0; i < 12; i++) differences[i] = drand48() - 0.3;
  lr_load_sign_flip all;
  lr_load_sign_flip drawn;
  lr_load_sign_flip again;
  init(&all, differences, 12, 4096, 0);
  init(&drawn, differences, 12, 4095, 9);
  init(&again, differences, 12, 4095, 9);
  CU_ASSERT(all.exact && !drawn.exact);
  CU_ASSERT_EQUAL(drawn.count + drawn.empty, 4096);
  CU_ASSERT(drawn.count == again.count &&
            memcmp(drawn.means, again.means,
                   drawn.count * sizeof(*drawn.means)) == 0);
  for (double x = -0.3; x < 0.7; x += 0.1) {
    CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_p_above(&all, x),
                           lr_load_sign_flip_p_above(&drawn, x), 0.03);
    CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_p_below(&all, x),
                           lr_load_sign_flip_p_below(&drawn, x), 0.03);
  }
  CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_low(&all, 0.025),
                         lr_load_sign_flip_low(&drawn, 0.025), 0.05);
  lr_load_sign_flip_free(&all);
  lr_load_sign_flip_free(&drawn);
  lr_load_sign_flip_free(&again);
}

/* No difference, tiny ones and huge ones. */
static void test_scales(void) {
  static const double scales[] = {0, 1e-300, 1e-9, 1, 1e290};
  for (size_t k = 0; k < FIXTURE_COUNT(scales); k++) {
    double differences[8];
    for (size_t i = 0; i < 8; i++) differences[i] = (double)i * scales[k];
    lr_load_sign_flip flip;
    init(&flip, differences, 8, 256, 0);
    double p = lr_load_sign_flip_p_above(&flip, 0);
    CU_ASSERT_DOUBLE_EQUAL(p, k ? 2.0 / 256 : 1, 1e-12);
    CU_ASSERT(isfinite(lr_load_sign_flip_high(&flip, 0.025)));
    lr_load_sign_flip_free(&flip);
  }
}

/* The largest comparison: its sums do not overflow. */
static void test_many(void) {
  static double differences[4096];
  for (size_t i = 0; i < 4096; i++) differences[i] = 1;
  lr_load_sign_flip flip;
  init(&flip, differences, 4096, 1000, 5);
  CU_ASSERT_DOUBLE_EQUAL(flip.mean, 1, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_low(&flip, 0.025), 1, 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(lr_load_sign_flip_p_above(&flip, 0), 1.0 / 1001,
                         1e-12);
  lr_load_sign_flip_free(&flip);
}

/* Returns the difference of the means of those that are not in the set and of
 * those that are; of the last `count` - `a_count` values `x` is taken away. */
static double difference_of(const double *values, size_t a_count, size_t count,
                            double x, unsigned set) {
  double a = 0;
  double b = 0;
  for (size_t i = 0; i < count; i++) {
    double value = i < a_count ? values[i] : values[i] - x;
    *(set >> i & 1 ? &a : &b) += value;
  }
  return b / (double)(count - a_count) - a / (double)a_count;
}

/* Returns the share of all ways to choose A's runs with which that is as large
 * as it is. */
static double exchange_all(const double *values, size_t a_count, size_t count,
                           double x) {
  unsigned as_large = 0;
  unsigned ways = 0;
  double observed =
      difference_of(values, a_count, count, x, (1u << a_count) - 1);
  for (unsigned set = 0; set >> count == 0; set++) {
    if ((size_t)__builtin_popcount(set) != a_count) continue;
    ways++;
    as_large +=
        difference_of(values, a_count, count, x, set) >= observed - 1e-9;
  }
  return (double)as_large / ways;
}

static void test_groups(void) {
  static const double values[] = {1.0, 3.5, 2.25, 2.0, 4.0,
                                  5.5, 3.0, 6.25, 2.5};
  static const double shifts[] = {-1, 0, 0.5, 2, 4};
  lr_load_sign_flip flip;
  CU_ASSERT_EQUAL_FATAL(
      lr_load_sign_flip_init_groups(&flip, values, 4, 5, 200000, 3), LARIAT_OK);
  CU_ASSERT_DOUBLE_EQUAL(flip.mean, 4.25 - 2.1875, 1e-12);
  for (size_t i = 0; i < FIXTURE_COUNT(shifts); i++) {
    double exact = exchange_all(values, 4, 9, shifts[i]);
    double drawn = lr_load_sign_flip_p_above(&flip, shifts[i]);
    if (fabs(exact - drawn) > 0.005)
      fixture_fail("%g: %g, not %g", shifts[i], drawn, exact);
  }
  CU_ASSERT(lr_load_sign_flip_low(&flip, 0.025) < flip.mean);
  CU_ASSERT(lr_load_sign_flip_high(&flip, 0.025) > flip.mean);
  lr_load_sign_flip_free(&flip);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"p and interval are those of all signs", test_exact},
      {"a known example", test_known},
      {"signs that are drawn", test_drawn},
      {"differences of any size", test_scales},
      {"as many pairs as there may be", test_many},
      {"groups whose runs change places", test_groups},
  };
  return fixture_main("sign_flip", tests, FIXTURE_COUNT(tests), argc, argv);
}
