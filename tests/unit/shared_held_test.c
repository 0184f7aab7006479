/* SPDX-License-Identifier: MIT
 * shared_held_test.c: what a worker has of a shared crawl: queues and URLs. */
#include "crawl/shared_held.h"

#include "support/fixture.h"

enum { MANY = 3000 };

/* Ids that begin at the same places of the table, so that many collide. */
static uint64_t id_of(uint64_t i) { return i % 7 + (i << 40); }

static lr_crawl_held_url url_of(uint64_t i) {
  return (lr_crawl_held_url){.id = id_of(i),
                             .queue = i % 3,
                             .seq = (int64_t)i + 1,
                             .priority = (int64_t)(i % 8)};
}

/* Counts those that are as they were added; ids of others must not be there. */
static size_t count_right(const lr_crawl_shared_held *held,
                          const unsigned char *expected) {
  size_t right = 0;
  for (uint64_t i = 0; i < MANY; i++) {
    const lr_crawl_held_url *url = lr_crawl_held_find(held, id_of(i));
    right += expected[i] ? url && url->seq == (int64_t)i + 1 : !url;
  }
  return right;
}

static void test_urls(void) {
  struct fixture f;
  lr_crawl_shared_held held = {0};
  unsigned char expected[MANY] = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_PTR_NULL(lr_crawl_held_find(&held, 1));
  lr_crawl_held_remove(&held, 1);
  for (uint64_t i = 0; i < MANY; i++) {
    CU_ASSERT_TRUE(lr_crawl_held_add(&held, url_of(i)));
    expected[i] = 1;
  }
  CU_ASSERT_TRUE(lr_crawl_held_add(&held, url_of(5))); /* again */
  CU_ASSERT_EQUAL(held.count, MANY);
  for (uint64_t i = 0; i < MANY; i += 2) {
    lr_crawl_held_remove(&held, id_of(i));
    expected[i] = 0;
  }
  CU_ASSERT_EQUAL(count_right(&held, expected), MANY);
  lr_crawl_held_drop_queue(&held, 1);
  for (uint64_t i = 0; i < MANY; i++)
    if (i % 3 == 1) expected[i] = 0;
  CU_ASSERT_EQUAL(count_right(&held, expected), MANY);
  CU_ASSERT_EQUAL(held.count, MANY / 3);
  lr_crawl_held_clear(&held);
  fixture_close(&f);
}

static void test_queues(void) {
  struct fixture f;
  lr_crawl_shared_held held = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t queue = 1; queue <= 40; queue++)
    CU_ASSERT_TRUE(lr_crawl_held_set_queue(&held, queue, (int64_t)queue));
  CU_ASSERT_TRUE(lr_crawl_held_set_queue(&held, 7, 70));
  CU_ASSERT_EQUAL(held.queue_count, 40);
  CU_ASSERT_EQUAL(lr_crawl_held_find_queue(&held, 7)->epoch, 70);
  lr_crawl_held_drop_queue(&held, 7);
  lr_crawl_held_drop_queue(&held, 7);
  CU_ASSERT_PTR_NULL(lr_crawl_held_find_queue(&held, 7));
  CU_ASSERT_EQUAL(lr_crawl_held_find_queue(&held, 40)->epoch, 40);
  CU_ASSERT_EQUAL(held.queue_count, 39);
  lr_crawl_held_clear(&held);
  fixture_close(&f);
}

static void test_memory(void) {
  struct fixture f;
  lr_crawl_shared_held held = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocations_from(&f, 1);
  CU_ASSERT_FALSE(lr_crawl_held_add(&held, url_of(1)));
  CU_ASSERT_FALSE(lr_crawl_held_set_queue(&held, 1, 1));
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(held.count, 0);
  CU_ASSERT_EQUAL(held.queue_count, 0);
  lr_crawl_held_clear(&held);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"URLs come and go", test_urls},
      {"queues", test_queues},
      {"memory that fails", test_memory},
  };
  return fixture_main("shared_held", tests, FIXTURE_COUNT(tests), argc, argv);
}
