/* SPDX-License-Identifier: MIT
 * due_order_test.c: what is due first, and in which order what is due at
 * once. */
#include "crawl/due_order.h"

#include "support/fixture.h"

static struct fixture fixture;
enum { COUNT = 300 };
static lr_crawl_due_node nodes[COUNT];

static void put(lr_crawl_due_order *heap, lr_crawl_due_node *node,
                int64_t due_ns) {
  CU_ASSERT_EQUAL_FATAL(lr_crawl_due_order_reserve(heap, heap->count + 1),
                        LARIAT_OK);
  lr_crawl_due_order_put(heap, node, due_ns);
  CU_ASSERT_TRUE(lr_crawl_is_in_order(node));
}

static void test_order(void) {
  lr_crawl_due_order heap = {0};
  unsigned random = 1;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  for (int i = 0; i < COUNT; i++) {
    random = random * 1103515245 + 12345;
    put(&heap, &nodes[i], (int64_t)(random >> 16) % 50 - 25);
  }
  for (int i = 0; i < COUNT; i += 3) {
    lr_crawl_due_order_remove(&heap, &nodes[i]);
    CU_ASSERT_FALSE(lr_crawl_is_in_order(&nodes[i]));
    lr_crawl_due_order_remove(&heap, &nodes[i]); /* it stays out */
  }
  const lr_crawl_due_node *last = NULL;
  for (lr_crawl_due_node *first; (first = lr_crawl_due_order_first(&heap));) {
    if (last && last->due_ns == first->due_ns) CU_ASSERT_TRUE(last < first);
    if (last) CU_ASSERT_TRUE(last->due_ns <= first->due_ns);
    CU_ASSERT_NOT_EQUAL((first - nodes) % 3, 0);
    lr_crawl_due_order_remove(&heap, first);
    last = first;
  }
  CU_ASSERT_EQUAL(heap.count, 0);
  lr_crawl_due_order_clear(&heap);
  fixture_close(&fixture);
}

/* The number of being put in begins again after 2^32. */
static void test_wrap(void) {
  lr_crawl_due_order heap = {.next_order = UINT32_MAX - 1};
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  for (int i = 0; i < 5; i++) put(&heap, &nodes[i], 7);
  for (int i = 0; i < 5; i++) {
    CU_ASSERT_PTR_EQUAL(lr_crawl_due_order_first(&heap), &nodes[i]);
    lr_crawl_due_order_remove(&heap, &nodes[i]);
  }
  lr_crawl_due_order_clear(&heap);
  fixture_close(&fixture);
}

static void test_out_of_memory(void) {
  lr_crawl_due_order heap = {0};
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT_EQUAL(lr_crawl_due_order_reserve(&heap, 1), LARIAT_ENOMEM);
  CU_ASSERT_EQUAL(lr_crawl_due_order_reserve(&heap, SIZE_MAX), LARIAT_ENOMEM);
  put(&heap, &nodes[0], 1);
  lr_crawl_due_order_remove(&heap, &nodes[0]);
  lr_crawl_due_order_clear(&heap);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the order", test_order},
      {"the order after 2^32", test_wrap},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("due_order", tests, FIXTURE_COUNT(tests), argc, argv);
}
