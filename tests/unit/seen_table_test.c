/* SPDX-License-Identifier: MIT
 * seen_table_test.c: what was added is there, and nothing else; and what that
 * takes of memory, also while it grows. */
#include "crawl/seen_table.h"

#include "support/fixture.h"

enum { MANY = 300000 };

static struct fixture fixture;
static lr_crawl_seen_table table;

static uint64_t mix(uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
  number = (number ^ number >> 27) * 0x94d049bb133111ebu;
  return number ^ number >> 31;
}

static void add(uint64_t fingerprint) {
  CU_ASSERT_TRUE_FATAL(lr_crawl_seen_make_space(&table, fingerprint));
  lr_crawl_seen_add(&table, fingerprint);
}

static void open_table(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  table = (lr_crawl_seen_table){0};
}

static void close_table(void) {
  lr_crawl_seen_clear(&table);
  fixture_close(&fixture);
}

static void test_members(void) {
  unsigned wrong = 0;
  open_table();
  CU_ASSERT_FALSE(lr_crawl_seen_has(&table, 7));
  for (uint64_t i = 1; i <= MANY; i++) {
    wrong += lr_crawl_seen_has(&table, mix(i));
    add(mix(i));
  }
  for (uint64_t i = 1; i <= MANY; i++)
    wrong += !lr_crawl_seen_has(&table, mix(i)) ||
             lr_crawl_seen_has(&table, mix(MANY + i));
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_EQUAL(table.count, MANY);
  add(mix(1));
  CU_ASSERT_EQUAL(table.count, MANY);
  close_table();
}

/* An empty slot is 0; and the same slot is many fingerprints'. */
static void test_special_values(void) {
  open_table();
  CU_ASSERT_FALSE(lr_crawl_seen_has(&table, 0));
  add(0);
  CU_ASSERT_TRUE(lr_crawl_seen_has(&table, 0));
  CU_ASSERT_FALSE(lr_crawl_seen_has(&table, UINT64_MAX));
  for (uint64_t i = 0; i < 1000; i++) add(UINT64_MAX - i);
  for (uint64_t i = 0; i < 1000; i++)
    CU_ASSERT_TRUE(lr_crawl_seen_has(&table, UINT64_MAX - i));
  CU_ASSERT_FALSE(lr_crawl_seen_has(&table, UINT64_MAX - 1000));
  close_table();
}

/* At no count beyond the first thousands more than 15 bytes for each, and never
 * much more while a part of it is copied. */
static void test_memory(void) {
  open_table();
  for (uint64_t i = 1; i <= MANY; i++) {
    fixture_peak_restart(&fixture);
    add(mix(i));
    if (i < 20000 || i % 100) continue;
    CU_ASSERT_TRUE(table.memory <= 15 * i);
    CU_ASSERT_TRUE(fixture_peak_bytes(&fixture) <= 15 * i + 15 * i / 50);
  }
  CU_ASSERT_TRUE(table.memory <= fixture_live_bytes(&fixture));
  close_table();
}

static void test_reserving(void) {
  open_table();
  CU_ASSERT_TRUE(lr_crawl_seen_reserve(&table, MANY));
  uint64_t memory = table.memory;
  for (uint64_t i = 1; i <= MANY; i++) add(mix(i));
  CU_ASSERT_TRUE(table.memory < memory + memory / 20);
  for (uint64_t i = 1; i <= MANY; i += 997)
    CU_ASSERT_TRUE(lr_crawl_seen_has(&table, mix(i)));
  close_table();
}

static void test_no_memory(void) {
  unsigned refused = 0;
  open_table();
  for (uint64_t i = 1; i <= 20000; i++) {
    fixture_fail_allocation(&fixture, 1);
    bool fits = lr_crawl_seen_make_space(&table, mix(i));
    fixture_fail_allocation(&fixture, 0);
    refused += !fits;
    add(mix(i));
  }
  CU_ASSERT_TRUE(refused > LR_CRAWL_SEEN_PARTS);
  for (uint64_t i = 1; i <= 20000; i++)
    if (!lr_crawl_seen_has(&table, mix(i)))
      fixture_fail("%u is gone", (unsigned)i);
  close_table();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what was added is there", test_members},
      {"0, and neighbours", test_special_values},
      {"memory", test_memory},
      {"space for many at once", test_reserving},
      {"no memory", test_no_memory},
  };
  return fixture_main("seen_table", tests, FIXTURE_COUNT(tests), argc, argv);
}
