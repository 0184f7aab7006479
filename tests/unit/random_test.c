/* SPDX-License-Identifier: MIT
 * random_test.c: the published sequences, and numbers as exponential ones are.
 */
#include "load/random.h"

#include <math.h>

#include "support/fixture.h"

/* The first numbers of the state 1, 2, 3, 4, as other implementations give
 * them. */
static void test_bits(void) {
  static const uint64_t expected[] = {
      UINT64_C(11520),
      0,
      UINT64_C(1509978240),
      UINT64_C(1215971899390074240),
      UINT64_C(1216172134540287360),
      UINT64_C(607988272756665600),
  };
  lr_load_random random = {{1, 2, 3, 4}};
  for (size_t i = 0; i < FIXTURE_COUNT(expected); i++)
    CU_ASSERT_EQUAL(lr_load_random_next(&random), expected[i]);
}

/* SplitMix64's first numbers for 1234567. */
static void test_seed(void) {
  lr_load_random random;
  lr_load_random_seed(&random, 1234567);
  CU_ASSERT_EQUAL(random.state[0], UINT64_C(6457827717110365317));
  CU_ASSERT_EQUAL(random.state[1], UINT64_C(3203168211198807973));
  CU_ASSERT_EQUAL(random.state[2], UINT64_C(9817491932198370423));
  lr_load_random_seed(&random, 1);
  CU_ASSERT_EQUAL(lr_load_random_next(&random), UINT64_C(12966619160104079557));
}

/* As a program with whole numbers of any length has them. */
static void test_exact(void) {
  static const uint64_t expected[] = {
      UINT64_C(27308405050642746), UINT64_C(88392324073072804),
      UINT64_C(79082785029183463), UINT64_C(70892058298384131)};
  lr_load_random random;
  lr_load_random_seed(&random, 42);
  for (size_t i = 0; i < FIXTURE_COUNT(expected); i++)
    CU_ASSERT_EQUAL(lr_load_random_exponential(&random), expected[i]);
}

#define DRAWS 1000000
#define BINS 50

static void test_shape(void) {
  uint32_t counts[BINS] = {0};
  double sum = 0;
  double squares = 0;
  lr_load_random random;
  lr_load_random_seed(&random, 3);
  for (unsigned i = 0; i < DRAWS; i++) {
    double x = ldexp((double)lr_load_random_exponential(&random),
                     -LR_LOAD_EXPONENTIAL_BITS);
    sum += x;
    squares += x * x;
    counts[(unsigned)((1 - exp(-x)) * BINS)]++; /* all bins alike */
  }
  double chi_square = 0;
  for (unsigned i = 0; i < BINS; i++)
    chi_square += pow(counts[i] - (double)DRAWS / BINS, 2) / (DRAWS / BINS);
  CU_ASSERT(fabs(sum / DRAWS - 1) < 0.004);
  CU_ASSERT(fabs(squares / DRAWS - 2) < 0.02);
  CU_ASSERT(chi_square < 90); /* of 49 degrees: once in 3000 seeds */
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"xoshiro256** gives the published numbers", test_bits},
      {"SplitMix64 gives the published numbers", test_seed},
      {"exponential numbers are exact", test_exact},
      {"exponential numbers are distributed so", test_shape},
  };
  return fixture_main("random", tests, FIXTURE_COUNT(tests), argc, argv);
}
