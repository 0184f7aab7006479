/* SPDX-License-Identifier: MIT
 * placement_test.c: hosts to reactors, limits to shares. */
#include "limits/placement.h"

#include <limits.h>
#include <unistd.h>

#include "support/fixture.h"

enum { HOSTS = 10000, MOST = 65 };

/* As well mixed as a target's hash. */
static uint64_t hash_number(uint64_t n) {
  n = (n + 1) * UINT64_C(0x9e6c63d0876a3f61);
  n ^= n >> 32;
  n *= UINT64_C(0xd1342543de82ef95);
  return n ^ (n >> 29);
}

static void test_even(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned reactors = 1; reactors < MOST; reactors *= 2) {
    unsigned counts[MOST] = {0};
    for (uint64_t i = 0; i < HOSTS; i++) {
      unsigned place = lr_placement_of_host(hash_number(i), reactors);
      CU_ASSERT_FATAL(place < reactors);
      counts[place]++;
    }
    for (unsigned i = 0; i < reactors; i++) {
      CU_ASSERT(counts[i] > HOSTS / reactors / 2);
      CU_ASSERT(counts[i] < HOSTS / reactors * 2);
    }
  }
  fixture_close(&f);
}

/* With one reactor more, a host stays or goes to the new one. */
static void test_few_move(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned reactors = 1; reactors < 16; reactors++) {
    unsigned moved = 0;
    for (uint64_t i = 0; i < HOSTS; i++) {
      unsigned before = lr_placement_of_host(hash_number(i), reactors);
      unsigned after = lr_placement_of_host(hash_number(i), reactors + 1);
      CU_ASSERT(after == before || after == reactors);
      moved += after != before;
    }
    CU_ASSERT(moved < HOSTS / (reactors + 1) * 3 / 2);
    CU_ASSERT(moved > HOSTS / (reactors + 1) / 2);
  }
  fixture_close(&f);
}

static unsigned check_shares(uint64_t hash, unsigned limit, unsigned reactors) {
  unsigned sum = 0;
  for (unsigned i = 0; i < reactors; i++) {
    unsigned share = lr_placement_share(hash, limit, i, reactors);
    CU_ASSERT(share == limit / reactors || share == limit / reactors + 1);
    sum += share;
  }
  return sum;
}

static void test_shares(void) {
  static const unsigned limits[] = {0, 1, 2, 5, 16, 63, 64, 1024, UINT_MAX};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned reactors = 1; reactors < MOST; reactors++)
    for (size_t i = 0; i < FIXTURE_COUNT(limits); i++)
      for (uint64_t host = 0; host < 10; host++) {
        uint64_t hash = hash_number(host);
        CU_ASSERT_EQUAL(check_shares(hash, limits[i], reactors), limits[i]);
      }
  fixture_close(&f);
}

/* A limit of 1 is not always the same reactor's. */
static void test_remainder_rotates(void) {
  unsigned counts[4] = {0};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t host = 0; host < 1000; host++)
    for (unsigned i = 0; i < 4; i++)
      counts[i] += lr_placement_share(hash_number(host), 1, i, 4);
  for (unsigned i = 0; i < 4; i++)
    CU_ASSERT(counts[i] > 180 && counts[i] < 320);
  fixture_close(&f);
}

static void test_quota(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lr_placement_quota("200000 100000\n"), 2);
  CU_ASSERT_EQUAL(lr_placement_quota("200000 100000"), 2);
  CU_ASSERT_EQUAL(lr_placement_quota("200001 100000\n"), 3);
  CU_ASSERT_EQUAL(lr_placement_quota("50000 100000\n"), 1);
  CU_ASSERT_EQUAL(lr_placement_quota("1000 1000000\n"), 1);
  CU_ASSERT_EQUAL(lr_placement_quota("max 100000\n"), 0);
  CU_ASSERT_EQUAL(lr_placement_quota("-1 100000"), 0);
  CU_ASSERT_EQUAL(lr_placement_quota("100000"), 0);
  CU_ASSERT_EQUAL(lr_placement_quota("100000 "), 0);
  CU_ASSERT_EQUAL(lr_placement_quota("0 100000"), 0);
  CU_ASSERT_EQUAL(lr_placement_quota("100000 0"), 0);
  CU_ASSERT_EQUAL(lr_placement_quota(""), 0);
  CU_ASSERT_EQUAL(lr_placement_quota(NULL), 0);
  CU_ASSERT(lr_placement_quota("99999999999999999999999 1") >= INT_MAX);
  fixture_close(&f);
}

static void test_default(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  unsigned reactors = lr_placement_default_reactors();
  CU_ASSERT(reactors >= 1);
  CU_ASSERT((long)reactors <= sysconf(_SC_NPROCESSORS_CONF));
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"hosts are spread evenly", test_even},
      {"few hosts move", test_few_move},
      {"shares add up", test_shares},
      {"the remainder rotates", test_remainder_rotates},
      {"cpu.max is read", test_quota},
      {"the default number of reactors", test_default},
  };
  return fixture_main("placement", tests, FIXTURE_COUNT(tests), argc, argv);
}
