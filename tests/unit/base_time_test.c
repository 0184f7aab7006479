/* SPDX-License-Identifier: MIT
 * base_time_test.c: arithmetic with times, up to where it stops. */
#include "base/time.h"

#include "support/fixture.h"

static void test_ns_of_ms(void) {
  const uint64_t last_ms = LR_LATEST_NS / LR_NS_PER_MS;
  CU_ASSERT_EQUAL(lr_ns_of_ms(0), 0);
  CU_ASSERT_EQUAL(lr_ns_of_ms(7), 7000000);
  CU_ASSERT_EQUAL(lr_ns_of_ms(1000), LR_NS_PER_S);
  CU_ASSERT_EQUAL(lr_ns_of_ms(last_ms), last_ms * LR_NS_PER_MS);
  CU_ASSERT_EQUAL(lr_ns_of_ms(last_ms + 1), LR_LATEST_NS);
  CU_ASSERT_EQUAL(lr_ns_of_ms(UINT64_MAX), LR_LATEST_NS);
}

static void test_add_ns(void) {
  CU_ASSERT_EQUAL(lr_add_ns(5, 6), 11);
  CU_ASSERT_EQUAL(lr_add_ns(LR_LATEST_NS - 3, 3), LR_LATEST_NS);
  CU_ASSERT_EQUAL(lr_add_ns(LR_LATEST_NS - 3, 4), LR_LATEST_NS);
  CU_ASSERT_EQUAL(lr_add_ns(LR_LATEST_NS, 1), LR_LATEST_NS);
  CU_ASSERT_EQUAL(lr_add_ns(1, UINT64_MAX), LR_LATEST_NS);
  CU_ASSERT_EQUAL(lr_add_ns(0, LR_LATEST_NS), LR_LATEST_NS);
}

static void test_never(void) {
  CU_ASSERT_EQUAL(lr_add_ns(LR_NEVER_NS, 0), LR_NEVER_NS);
  CU_ASSERT_EQUAL(lr_add_ns(LR_NEVER_NS, 1), LR_NEVER_NS);
  CU_ASSERT_EQUAL(lr_add_ms(LR_NEVER_NS, UINT64_MAX), LR_NEVER_NS);
  CU_ASSERT(lr_add_ns(0, LR_NEVER_NS) < LR_NEVER_NS);
}

static void test_add_ms(void) {
  CU_ASSERT_EQUAL(lr_add_ms(5, 6), 6000005);
  CU_ASSERT_EQUAL(lr_add_ms(5, UINT64_MAX), LR_LATEST_NS);
  CU_ASSERT_EQUAL(lr_add_ms(LR_LATEST_NS - LR_NS_PER_MS, 1), LR_LATEST_NS);
  CU_ASSERT_EQUAL(lr_add_ms(LR_LATEST_NS - LR_NS_PER_MS + 1, 1), LR_LATEST_NS);
}

static void test_since(void) {
  CU_ASSERT_EQUAL(lr_since(9, 4), 5);
  CU_ASSERT_EQUAL(lr_since(4, 4), 0);
  CU_ASSERT_EQUAL(lr_since(4, 9), 0);
  CU_ASSERT_EQUAL(lr_since(0, UINT64_MAX), 0);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"milliseconds end at the latest time", test_ns_of_ms},
      {"a sum ends at the latest time", test_add_ns},
      {"never stays never", test_never},
      {"milliseconds are added the same way", test_add_ms},
      {"what is earlier is no time ago", test_since},
  };
  return fixture_main("base_time", tests, FIXTURE_COUNT(tests), argc, argv);
}
