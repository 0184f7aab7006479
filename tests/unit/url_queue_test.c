/* SPDX-License-Identifier: MIT
 * url_queue_test.c: first by priority, then by age; and the memory of an id. */
#include "crawl/url_queue.h"

#include "support/fixture.h"

static struct fixture fixture;
static lr_crawl_queue_memory memory;
static lr_crawl_url_queue queue;

static void open_queue(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  memory = (lr_crawl_queue_memory){0};
  queue = (lr_crawl_url_queue){0};
}

static void close_queue(void) {
  lr_crawl_queue_memory_clear(&memory);
  fixture_close(&fixture);
}

static void put(uint32_t id, uint8_t priority) {
  CU_ASSERT_TRUE_FATAL(lr_crawl_queue_put(
      &memory, &queue, (lr_crawl_queue_place){.id = id, .priority = priority}));
}

static void put_first(uint32_t id, uint8_t priority) {
  CU_ASSERT_TRUE_FATAL(lr_crawl_queue_put_first(
      &memory, &queue, (lr_crawl_queue_place){.id = id, .priority = priority}));
}

/* Takes the first one; 0: the queue is empty. */
static uint32_t take(void) {
  if (lr_crawl_queue_is_empty(&queue)) return 0;
  uint32_t id = lr_crawl_queue_first(&queue).id;
  lr_crawl_queue_take(&memory, &queue);
  return id;
}

static void test_order(void) {
  open_queue();
  put(1, 4);
  put(2, 7);
  put(3, 0);
  put(4, 4);
  put(5, 0);
  const uint32_t order[] = {3, 5, 1, 4, 2, 0};
  for (size_t i = 0; i < FIXTURE_COUNT(order); i++)
    CU_ASSERT_EQUAL(take(), order[i]);
  close_queue();
}

static void test_front(void) {
  open_queue();
  put_first(1, 3);
  put(2, 3);
  for (uint32_t id = 3; id < 40; id++) put_first(id, 3);
  put_first(40, 4);
  for (uint32_t id = 39; id > 2; id--) CU_ASSERT_EQUAL(take(), id);
  CU_ASSERT_EQUAL(take(), 1);
  CU_ASSERT_EQUAL(take(), 2);
  CU_ASSERT_EQUAL(take(), 40);
  CU_ASSERT_EQUAL(take(), 0);
  close_queue();
}

/* Long queues, of all priorities, with takes in between. */
static void test_long_queues(void) {
  uint32_t next[LR_CRAWL_PRIORITIES] = {0}, wrong = 0, there = 0;
  open_queue();
  for (uint32_t id = 1; id <= 50000; id++, there++) {
    put(id, id % LR_CRAWL_PRIORITIES);
    if (id % 3) continue;
    uint8_t priority = lr_crawl_queue_first(&queue).priority;
    uint32_t first = take();
    wrong += first % LR_CRAWL_PRIORITIES != priority || first <= next[priority];
    next[priority] = first;
    there--;
  }
  while (!lr_crawl_queue_is_empty(&queue)) {
    uint8_t priority = lr_crawl_queue_first(&queue).priority;
    uint32_t first = take();
    wrong += first <= next[priority];
    next[priority] = first;
    there--;
  }
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_EQUAL(there, 0);
  close_queue();
}

/* Many hosts with some URLs each; and memory that is used again. */
static void test_memory(void) {
  enum { HOSTS = 1000, EACH = 200 };
  static lr_crawl_url_queue queues[HOSTS];
  open_queue();
  for (unsigned round = 0; round < 3; round++) {
    for (uint32_t i = 0; i < HOSTS * EACH; i++)
      CU_ASSERT_TRUE(lr_crawl_queue_put(&memory, &queues[i % HOSTS],
                                        (lr_crawl_queue_place){.id = i + 1}));
    CU_ASSERT_TRUE(memory.memory <= 8 * HOSTS * EACH);
    CU_ASSERT_TRUE(memory.memory <= fixture_live_bytes(&fixture));
    for (uint32_t i = 0; i < HOSTS * EACH; i++)
      lr_crawl_queue_take(&memory, &queues[i % HOSTS]);
  }
  close_queue();
}

static void test_no_memory(void) {
  lr_crawl_queue_place place = {.id = 9, .priority = 2};
  open_queue();
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT_FALSE(lr_crawl_queue_put(&memory, &queue, place));
  CU_ASSERT_TRUE(lr_crawl_queue_is_empty(&queue));
  put(8, 2);
  for (uint32_t id = 10; id < 40000; id++) {
    fixture_fail_allocation(&fixture, 1);
    place.id = id;
    bool done = lr_crawl_queue_put(&memory, &queue, place);
    fixture_fail_allocation(&fixture, 0);
    if (!done) put(id, 2);
  }
  CU_ASSERT_EQUAL(take(), 8);
  for (uint32_t id = 10; id < 40000; id++)
    if (take() != id) fixture_fail("not %u", id);
  close_queue();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by priority, then by age", test_order},
      {"in front", test_front},
      {"long queues", test_long_queues},
      {"memory", test_memory},
      {"no memory", test_no_memory},
  };
  return fixture_main("url_queue", tests, FIXTURE_COUNT(tests), argc, argv);
}
