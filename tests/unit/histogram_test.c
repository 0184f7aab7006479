/* SPDX-License-Identifier: MIT
 * histogram_test.c: what histograms say against sorted arrays of the same
 * values, and what they do without memory. */
#include <lariat/histogram.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

enum { VALUES = 100000, PAGE_BYTES = 2048 };

/* How percentages are written here: in 1/1000 per cent, so that ranks can be
 * computed in whole numbers. */
static const uint64_t percentages[] = {
    0,     1,     10,    999,   1000,  5000,  10000, 25000, 33333,  49999,
    50000, 50001, 66667, 75000, 80000, 90000, 95000, 99000, 99900,  99990,
    99999, 81000, 84000, 91000, 94000, 7000,  14000, 28000, 100000,
};

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Draws values of all sizes: each number of bits is as likely. */
static uint64_t random_value(uint64_t *state) {
  uint64_t bits = next_random(state) % 65;
  uint64_t value = next_random(state);
  return bits == 0 ? 0 : value >> (64 - bits);
}

/* Draws what times look like: most near 5 ms, some far behind. */
static uint64_t random_time(uint64_t *state) {
  uint64_t kind = next_random(state) % 1000;
  uint64_t spread = next_random(state) % 2000000;
  if (kind == 0) return 1000000000 + spread * 100;
  return kind < 50 ? 50000000 + spread : 4000000 + spread;
}

/* Returns the width of the bucket that `value` is in, found by doubling. */
static uint64_t width_at(uint64_t value) {
  uint64_t width = 1;
  while (value / width >= 2048) width *= 2;
  return width;
}

static uint64_t highest_at(uint64_t value) {
  uint64_t width = width_at(value);
  return value - value % width + (width - 1);
}

static lariat_histogram *make(void) {
  lariat_histogram *made;
  CU_ASSERT_EQUAL_FATAL(lariat_histogram_new(&made), LARIAT_OK);
  return made;
}

/* Exactly the same number. */
static bool equal(double a, double b) { return !(a < b) && !(a > b); }

static int by_value(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return left < right ? -1 : left > right;
}

/* ---- Against a sorted array ---- */

static void check_percentiles(const lariat_histogram *h, const uint64_t *sorted,
                              uint64_t count) {
  for (size_t i = 1; i < FIXTURE_COUNT(percentages); i++) {
    uint64_t rank = (percentages[i] * count + 99999) / 100000;
    uint64_t exact = sorted[rank ? rank - 1 : 0];
    double percent = (double)percentages[i] / 1000;
    uint64_t got = lariat_histogram_percentile(h, percent);
    if (got != highest_at(exact))
      fixture_fail("p%g of %ju is %ju, not %ju", percent, (uintmax_t)count,
                   (uintmax_t)got, (uintmax_t)highest_at(exact));
    CU_ASSERT(got >= exact && got - exact <= exact / 1000);
  }
  CU_ASSERT_EQUAL(lariat_histogram_percentile(h, 0),
                  sorted[0] - sorted[0] % width_at(sorted[0]));
}

static void check_moments(const lariat_histogram *h, const uint64_t *values,
                          uint64_t count) {
  long double sum = 0, squares = 0;
  for (uint64_t i = 0; i < count; i++) sum += (long double)values[i];
  long double mean = sum / (long double)count;
  for (uint64_t i = 0; i < count; i++) {
    long double distance = (long double)values[i] - mean;
    squares += distance * distance;
  }
  double deviation = (double)sqrtl(squares / (long double)count);
  CU_ASSERT_DOUBLE_EQUAL(lariat_histogram_mean(h), (double)mean,
                         (double)mean * 1e-12);
  CU_ASSERT_DOUBLE_EQUAL(lariat_histogram_stddev(h), deviation,
                         deviation / 1000);
}

static void check_random(uint64_t (*draw)(uint64_t *), uint64_t seed,
                         uint64_t count) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  uint64_t *values = malloc(count * sizeof *values);
  CU_ASSERT_PTR_NOT_NULL_FATAL(values);
  lariat_histogram *h = make();
  for (uint64_t i = 0; i < count; i++) {
    values[i] = draw(&seed);
    lariat_histogram_record(h, values[i]);
  }
  qsort(values, count, sizeof *values, by_value);
  CU_ASSERT_EQUAL(lariat_histogram_count(h), count);
  CU_ASSERT_EQUAL(lariat_histogram_min(h), values[0]);
  CU_ASSERT_EQUAL(lariat_histogram_max(h), values[count - 1]);
  check_percentiles(h, values, count);
  check_moments(h, values, count);
  lariat_histogram_free(h);
  free(values);
  fixture_close(&f);
}

static void test_random_values(void) {
  check_random(random_value, 20261130, VALUES);
  check_random(random_time, 20261130, VALUES);
  for (uint64_t count = 1; count < 300; count++)
    check_random(random_value, 77 * count, count);
}

/* ---- Buckets ---- */

static void check_edge(uint64_t value) {
  lariat_histogram *h = make();
  lariat_histogram_bucket bucket = {0};
  lariat_histogram_record(h, value);
  CU_ASSERT_TRUE(lariat_histogram_next(h, &bucket));
  CU_ASSERT_EQUAL(bucket.lowest, value - value % width_at(value));
  CU_ASSERT_EQUAL(bucket.highest, highest_at(value));
  CU_ASSERT_EQUAL(bucket.count, 1);
  CU_ASSERT_FALSE(lariat_histogram_next(h, &bucket));
  CU_ASSERT_EQUAL(lariat_histogram_percentile(h, 50), highest_at(value));
  lariat_histogram_free(h);
}

static void test_edges(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned bit = 0; bit < 64; bit++) {
    uint64_t power = UINT64_C(1) << bit;
    check_edge(power - 1);
    check_edge(power);
    check_edge(power + 1);
    check_edge(power + power / 2);
  }
  check_edge(UINT64_MAX);
  fixture_close(&f);
}

/* With one value in each bucket, lowest and highest ones follow each other
 * without a gap, and the numbers count up from 0. */
static void test_no_gaps(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *h = make();
  uint64_t value = 0;
  do {
    lariat_histogram_record(h, value);
    value += width_at(value);
  } while (value != 0);
  lariat_histogram_bucket bucket = {0};
  uint64_t next = 0;
  for (size_t index = 0; lariat_histogram_next(h, &bucket); index++) {
    if (bucket.index != index || bucket.lowest != next || bucket.count != 1)
      fixture_fail("bucket %zu begins at %ju", index, (uintmax_t)bucket.lowest);
    next = bucket.highest + 1;
  }
  CU_ASSERT_EQUAL(next, 0);
  CU_ASSERT_EQUAL(bucket.index, 55 * 1024 - 1);
  CU_ASSERT_EQUAL(bucket.highest, UINT64_MAX);
  lariat_histogram_free(h);
  fixture_close(&f);
}

static void test_empty(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *empty = make();
  const lariat_histogram *both[] = {NULL, empty};
  lariat_histogram_bucket bucket = {0};
  for (size_t i = 0; i < FIXTURE_COUNT(both); i++) {
    CU_ASSERT_EQUAL(lariat_histogram_count(both[i]), 0);
    CU_ASSERT_EQUAL(lariat_histogram_lost(both[i]), 0);
    CU_ASSERT_EQUAL(lariat_histogram_min(both[i]), 0);
    CU_ASSERT_EQUAL(lariat_histogram_max(both[i]), 0);
    CU_ASSERT_EQUAL(lariat_histogram_percentile(both[i], 99), 0);
    CU_ASSERT(equal(lariat_histogram_mean(both[i]), 0));
    CU_ASSERT(equal(lariat_histogram_stddev(both[i]), 0));
    CU_ASSERT_FALSE(lariat_histogram_next(both[i], &bucket));
  }
  lariat_histogram *out;
  CU_ASSERT_EQUAL(lariat_histogram_new(NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_histogram_copy(NULL, &out), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(out);
  CU_ASSERT_EQUAL(lariat_histogram_copy(empty, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_histogram_add(empty, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_histogram_add(NULL, empty), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_histogram_reserve(empty, 2, 1), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_histogram_reserve(NULL, 1, 2), LARIAT_EINVAL);
  lariat_histogram_record_count(empty, 5, 0);
  CU_ASSERT_EQUAL(lariat_histogram_count(empty), 0);
  lariat_histogram_free(empty);
  lariat_histogram_free(NULL);
  fixture_close(&f);
}

static void test_percentages_out_of_range(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *h = make();
  for (uint64_t i = 1; i <= 10; i++) lariat_histogram_record(h, i);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(h, -1), 1);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(h, (double)NAN), 1);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(h, 1e300), 10);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(h, 81), 9);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(h, 80), 8);
  lariat_histogram_free(h);
  fixture_close(&f);
}

/* ---- Several histograms ---- */

static bool same(const lariat_histogram *a, const lariat_histogram *b) {
  lariat_histogram_bucket left = {0}, right = {0};
  bool more;
  while ((more = lariat_histogram_next(a, &left)) ==
             lariat_histogram_next(b, &right) &&
         more)
    if (memcmp(&left, &right, sizeof left) != 0) return false;
  return !more && lariat_histogram_count(a) == lariat_histogram_count(b) &&
         lariat_histogram_lost(a) == lariat_histogram_lost(b) &&
         lariat_histogram_min(a) == lariat_histogram_min(b) &&
         lariat_histogram_max(a) == lariat_histogram_max(b) &&
         equal(lariat_histogram_mean(a), lariat_histogram_mean(b)) &&
         equal(lariat_histogram_stddev(a), lariat_histogram_stddev(b));
}

static void check_merge(uint64_t seed, unsigned of_a, unsigned of_b) {
  lariat_histogram *a = make(), *b = make(), *all = make(), *copy;
  for (unsigned i = 0; i < of_a + of_b; i++) {
    uint64_t value = random_value(&seed);
    lariat_histogram_record(i < of_a ? a : b, value);
    lariat_histogram_record(all, value);
  }
  CU_ASSERT_EQUAL_FATAL(lariat_histogram_copy(a, &copy), LARIAT_OK);
  CU_ASSERT_TRUE(same(copy, a));
  CU_ASSERT_EQUAL(lariat_histogram_add(copy, b), LARIAT_OK);
  CU_ASSERT_TRUE(same(copy, all));
  CU_ASSERT_EQUAL(lariat_histogram_add(b, a), LARIAT_OK);
  CU_ASSERT_TRUE(same(b, all));
  lariat_histogram_free(a);
  lariat_histogram_free(b);
  lariat_histogram_free(all);
  lariat_histogram_free(copy);
}

static void test_merge(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned i = 0; i < 200; i++) check_merge(i + 1, i % 50, i * 37 % 400);
  check_merge(4711, VALUES, VALUES);
  fixture_close(&f);
}

/* Counts beyond 32 bits, and sums beyond 64, are counts like others. */
static void test_counts(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *one = make(), *many = make();
  for (unsigned i = 0; i < 1000; i++) lariat_histogram_record(one, 12345678);
  lariat_histogram_record_count(many, 12345678, 1000);
  CU_ASSERT_TRUE(same(one, many));
  CU_ASSERT_EQUAL(lariat_histogram_add(many, many), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_histogram_count(many), 2000);
  CU_ASSERT(equal(lariat_histogram_mean(many), 12345678));
  CU_ASSERT(equal(lariat_histogram_stddev(many), 0));
  lariat_histogram_reset(many);
  lariat_histogram_record_count(many, UINT64_MAX, UINT64_C(1) << 40);
  lariat_histogram_record_count(many, 1, UINT64_C(1) << 40);
  CU_ASSERT_EQUAL(lariat_histogram_count(many), UINT64_C(1) << 41);
  CU_ASSERT_DOUBLE_EQUAL(lariat_histogram_mean(many), 9223372036854775808.0, 0);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(many, 50), 1);
  CU_ASSERT_EQUAL(lariat_histogram_percentile(many, 50.001), UINT64_MAX);
  lariat_histogram_free(one);
  lariat_histogram_free(many);
  fixture_close(&f);
}

static void test_reset(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *h = make(), *empty = make();
  for (uint64_t i = 0; i < 5000; i++) lariat_histogram_record(h, i * i);
  lariat_histogram_reset(h);
  CU_ASSERT_TRUE(same(h, empty));
  uint64_t before = fixture_allocations(&f);
  for (uint64_t i = 0; i < 5000; i++) lariat_histogram_record(h, i * i);
  CU_ASSERT_EQUAL(fixture_allocations(&f), before);
  CU_ASSERT_EQUAL(lariat_histogram_count(h), 5000);
  lariat_histogram_free(h);
  lariat_histogram_free(empty);
  fixture_close(&f);
}

/* ---- Memory ---- */

static void test_grows_by_use(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *h = make();
  CU_ASSERT(fixture_live_bytes(&f) <= 2 * PAGE_BYTES);
  uint64_t seed = 1;
  for (unsigned i = 0; i < VALUES; i++)
    lariat_histogram_record(h, 100000 + next_random(&seed) % 10000);
  CU_ASSERT(fixture_live_bytes(&f) <= 3 * PAGE_BYTES);
  for (unsigned i = 0; i < VALUES; i++)
    lariat_histogram_record(h, random_time(&seed));
  CU_ASSERT(fixture_live_bytes(&f) <= 20 * PAGE_BYTES);
  lariat_histogram_free(h);
  fixture_close(&f);
}

static void test_lost(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *h = make(), *other = make();
  lariat_histogram_record(h, 10);
  fixture_fail_allocations_from(&f, 1);
  lariat_histogram_record(h, 11);
  lariat_histogram_record(h, 1000000);
  lariat_histogram_record_count(h, 2000000, 41);
  CU_ASSERT_EQUAL(lariat_histogram_lost(h), 42);
  CU_ASSERT_EQUAL(lariat_histogram_count(h), 2);
  CU_ASSERT_EQUAL(lariat_histogram_max(h), 11);
  fixture_fail_allocation(&f, 0);
  lariat_histogram_record(h, 1000000);
  CU_ASSERT_EQUAL(lariat_histogram_count(h), 3);
  CU_ASSERT_EQUAL(lariat_histogram_add(other, h), LARIAT_OK);
  CU_ASSERT_TRUE(same(h, other));
  lariat_histogram_reset(h);
  CU_ASSERT_EQUAL(lariat_histogram_lost(h), 0);
  lariat_histogram_free(h);
  lariat_histogram_free(other);
  fixture_close(&f);
}

/* What was not added whole was not added at all. */
static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *h = make(), *other = make(), *empty = make(), *out;
  uint64_t seed = 3;
  for (unsigned i = 0; i < 500; i++)
    lariat_histogram_record(other, random_value(&seed));
  fixture_fail_allocations_from(&f, 5);
  CU_ASSERT_EQUAL(lariat_histogram_add(h, other), LARIAT_ENOMEM);
  CU_ASSERT_TRUE(same(h, empty));
  for (uint64_t nth = 1; nth <= 3; nth++) {
    fixture_fail_allocation(&f, nth);
    CU_ASSERT_EQUAL(lariat_histogram_copy(other, &out), LARIAT_ENOMEM);
    CU_ASSERT_PTR_NULL(out);
  }
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_histogram_new(&out), LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(out);
  fixture_fail_allocation(&f, 0);
  lariat_histogram_free(h);
  lariat_histogram_free(other);
  lariat_histogram_free(empty);
  fixture_close(&f);
}

static void test_reserve(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_histogram *h = make();
  CU_ASSERT_EQUAL(lariat_histogram_reserve(h, 1000, 60000000000), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_histogram_count(h), 0);
  fixture_fail_allocations_from(&f, 1);
  for (uint64_t value = 1000; value <= 60000000000; value += value / 500)
    lariat_histogram_record(h, value);
  lariat_histogram_record(h, 60000000000);
  CU_ASSERT_EQUAL(lariat_histogram_lost(h), 0);
  CU_ASSERT_EQUAL(lariat_histogram_max(h), 60000000000);
  CU_ASSERT_EQUAL(lariat_histogram_reserve(h, 0, UINT64_MAX), LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(lariat_histogram_reserve(h, 0, UINT64_MAX), LARIAT_OK);
  lariat_histogram_free(h);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"random values, sorted", test_random_values},
      {"edges of buckets", test_edges},
      {"no gaps", test_no_gaps},
      {"empty", test_empty},
      {"percentages out of range", test_percentages_out_of_range},
      {"merging is recording all", test_merge},
      {"counts", test_counts},
      {"reset", test_reset},
      {"memory grows by use", test_grows_by_use},
      {"lost values are counted", test_lost},
      {"out of memory", test_out_of_memory},
      {"reserve", test_reserve},
  };
  return fixture_main("histogram", tests, FIXTURE_COUNT(tests), argc, argv);
}
