/* SPDX-License-Identifier: MIT
 * due_heap_test.c: what is due first comes first. */
#include "crawl/due_heap.h"

#include "support/fixture.h"

static struct fixture fixture;

static void test_order(void) {
  lr_crawl_due_heap heap = {0};
  uint32_t last_s = 0, last_id = 0, wrong = 0;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  for (uint32_t id = 1; id <= 5000; id++) {
    CU_ASSERT_TRUE_FATAL(lr_crawl_due_make_space(&heap));
    lr_crawl_due_add(&heap, (lr_crawl_due_url){.due_s = id * 7919u % 1000,
                                               .id = id,
                                               .host = id + 1,
                                               .priority = id & 7u,
                                               .tries = id & 0xffff});
  }
  for (uint32_t i = 0; i < 5000; i++) {
    lr_crawl_due_url url = lr_crawl_due_take(&heap);
    wrong += url.due_s < last_s || (url.due_s == last_s && url.id < last_id);
    wrong += url.host != url.id + 1 || url.priority != url.id % 8 ||
             url.tries != url.id || url.due_s != url.id * 7919u % 1000;
    last_s = url.due_s;
    last_id = url.id;
  }
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_EQUAL(heap.count, 0);
  lr_crawl_due_clear(&heap);
  fixture_close(&fixture);
}

static void test_times(void) {
  CU_ASSERT_EQUAL(lr_crawl_due_time(-5), 0);
  CU_ASSERT_EQUAL(lr_crawl_due_time(1796000000), 1796000000);
  CU_ASSERT_EQUAL(lr_crawl_due_time(INT64_MAX), UINT32_MAX);
}

static void test_no_memory(void) {
  lr_crawl_due_heap heap = {0};
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT_FALSE(lr_crawl_due_make_space(&heap));
  CU_ASSERT_TRUE(lr_crawl_due_make_space(&heap));
  lr_crawl_due_clear(&heap);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by time, then by id", test_order},
      {"times beyond 32 bits", test_times},
      {"no memory", test_no_memory},
  };
  return fixture_main("due_heap", tests, FIXTURE_COUNT(tests), argc, argv);
}
