/* SPDX-License-Identifier: MIT
 * alias_test.c: each weight gets its share, exactly, and the same on every
 * machine. */
#include "load/alias.h"

#include <stdint.h>
#include <stdlib.h>

#include "load/hash.h"
#include "support/fixture.h"

/* Returns the share of a weight in the table, in units of 2^-32 columns. */
static uint64_t find_share(const lr_load_alias *alias, uint32_t index) {
  uint64_t share = 0;
  for (uint32_t i = 0; i < alias->count; i++) {
    uint64_t own = alias->columns[i].own;
    if (alias->columns[i].other == i)
      own = UINT64_C(1) << 32;
    else if (alias->columns[i].other == index)
      share += (UINT64_C(1) << 32) - own;
    if (i == index) share += own;
  }
  return share;
}

static void require_shares(const uint64_t *weights, size_t count) {
  lr_load_alias alias;
  double sum = 0;
  if (lr_load_alias_init(&alias, weights, count) != LARIAT_OK) abort();
  for (size_t i = 0; i < count; i++) sum += (double)weights[i];
  for (uint32_t i = 0; i < count; i++) {
    double due = (double)weights[i] / sum * (double)count * 4294967296.0;
    double share = (double)find_share(&alias, i);
    if (share < due - (double)count || share > due + (double)count)
      fixture_fail("weight %u of %zu: %.0f, not %.0f", i, count, share, due);
  }
  lr_load_alias_free(&alias);
}

static void test_shares(void) {
  static const uint64_t one[] = {7};
  static const uint64_t same[] = {3, 3, 3, 3, 3};
  static const uint64_t far[] = {1, LR_LOAD_MOST_WEIGHT, 1, 1000};
  uint64_t many[1000];
  require_shares(one, 1);
  require_shares(same, 5);
  require_shares(far, 4);
  for (uint64_t i = 0; i < 1000; i++)
    many[i] = 1 + lr_load_random_at(1, 1, i) % 100000;
  require_shares(many, 1000);
}

/* A column is chosen by the upper bits of the number, the share by those
 * below. */
static void test_draws(void) {
  static const uint64_t weights[] = {1, 3};
  lr_load_alias alias;
  unsigned drawn[2] = {0, 0};
  if (lr_load_alias_init(&alias, weights, 2) != LARIAT_OK) abort();
  for (uint64_t i = 0; i < 4096; i++)
    drawn[lr_load_alias_draw(&alias, i << 52)]++;
  CU_ASSERT_EQUAL(drawn[0], 1024);
  CU_ASSERT_EQUAL(drawn[1], 3072);
  CU_ASSERT_EQUAL(lr_load_alias_draw(&alias, 0), 0);
  CU_ASSERT_EQUAL(lr_load_alias_draw(&alias, UINT64_MAX), 1);
  lr_load_alias_free(&alias);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each weight has its share of the table", test_shares},
      {"numbers become what is drawn", test_draws},
  };
  return fixture_main("alias", tests, FIXTURE_COUNT(tests), argc, argv);
}
