/* SPDX-License-Identifier: MIT
 * labels: same-libcurl
 * host_memory_test.c: what is still known of hosts that were forgotten. */
#include "schedule/host_memory.h"

#include <stdbool.h>

#include "support/fixture.h"

/* A number that looks like a hash. */
static uint64_t hash_of(uint64_t number) {
  return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void test_facts(void) {
  enum { BOTH = LR_HOST_FACT_NEEDS_LIBCURL | 3 * LR_HOST_FACT_EARLY_END };
  struct fixture f;
  lr_host_memory memory = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(1)), 0);
  lr_host_memory_keep(&memory, hash_of(1), 0);
  CU_ASSERT_PTR_NULL(memory.entries); /* no memory for nothing */
  lr_host_memory_keep(&memory, hash_of(1), BOTH);
  lr_host_memory_keep(&memory, hash_of(2), LR_HOST_FACT_EARLY_END);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(1)), BOTH);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(2)),
                  LR_HOST_FACT_EARLY_END);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(3)), 0);
  lr_host_memory_keep(&memory, hash_of(3), 0); /* says nothing of others */
  lr_host_memory_keep(&memory, hash_of(1), 0);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(1)), 0);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(2)),
                  LR_HOST_FACT_EARLY_END);
  lr_host_memory_clear(&memory);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(2)), 0);
  fixture_close(&f);
}

/* A host that needs libcurl does not give way to one that does not. */
static void test_weight(void) {
  const uint64_t one = UINT64_C(0x1111000000000100);
  const uint64_t other = UINT64_C(0x2222000000000100); /* at the same place */
  struct fixture f;
  lr_host_memory memory = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_host_memory_keep(&memory, one, LR_HOST_FACT_NEEDS_LIBCURL);
  lr_host_memory_keep(&memory, other, LR_HOST_FACT_EARLY_END);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, one),
                  LR_HOST_FACT_NEEDS_LIBCURL);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, other), 0);
  lr_host_memory_keep(&memory, other, LR_HOST_FACT_NEEDS_LIBCURL);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, one), 0);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, other),
                  LR_HOST_FACT_NEEDS_LIBCURL);
  lr_host_memory_keep(&memory, other, 0);
  lr_host_memory_keep(&memory, one, LR_HOST_FACT_EARLY_END);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, one), LR_HOST_FACT_EARLY_END);
  lr_host_memory_clear(&memory);
  fixture_close(&f);
}

/* Of many hosts most of the last are known, and never a wrong one. */
static void test_bound(void) {
  enum { MANY = 100000, LAST = 2000 };
  struct fixture f;
  lr_host_memory memory = {0};
  unsigned known = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t i = 0; i < MANY; i++)
    lr_host_memory_keep(&memory, hash_of(i), LR_HOST_FACT_NEEDS_LIBCURL);
  for (uint64_t i = MANY - LAST; i < MANY; i++)
    known += lr_host_memory_find(&memory, hash_of(i)) != 0;
  CU_ASSERT(known > LAST / 2);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(MANY - 1)),
                  LR_HOST_FACT_NEEDS_LIBCURL);
  for (uint64_t i = MANY; i < MANY + LAST; i++)
    CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(i)), 0);
  lr_host_memory_clear(&memory);
  fixture_close(&f);
}

static void test_without_memory(void) {
  struct fixture f;
  lr_host_memory memory = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  lr_host_memory_keep(&memory, hash_of(1), LR_HOST_FACT_NEEDS_LIBCURL);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(1)), 0);
  lr_host_memory_keep(&memory, hash_of(1), LR_HOST_FACT_NEEDS_LIBCURL);
  CU_ASSERT_EQUAL(lr_host_memory_find(&memory, hash_of(1)),
                  LR_HOST_FACT_NEEDS_LIBCURL);
  lr_host_memory_clear(&memory);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"facts", test_facts},
      {"weight", test_weight},
      {"many hosts", test_bound},
      {"without memory", test_without_memory}};
  return fixture_main("host_memory", tests, FIXTURE_COUNT(tests), argc, argv);
}
