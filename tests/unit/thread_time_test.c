/* SPDX-License-Identifier: MIT
 * thread_time_test.c: what schedstat says, and what a thread had between two
 * readings. */
#include "load/thread_time.h"

#include "support/fixture.h"

static void test_parsed(void) {
  uint64_t wait = 0;
  CU_ASSERT(lr_load_thread_time_parse("12345 678 9\n", &wait));
  CU_ASSERT_EQUAL(wait, 678);
  CU_ASSERT(lr_load_thread_time_parse("0 18446744073709551615 9\n", &wait));
  CU_ASSERT_EQUAL(wait, UINT64_MAX);
  CU_ASSERT(!lr_load_thread_time_parse("12345", &wait));
  CU_ASSERT(!lr_load_thread_time_parse("", &wait));
  CU_ASSERT(!lr_load_thread_time_parse("a b c", &wait));
}

static void test_differences(void) {
  lr_load_thread_time before = {100, 20, 3, false};
  lr_load_thread_time now = {200, 50, 10, false};
  lr_load_thread_time between = lr_load_thread_time_since(&now, &before);
  CU_ASSERT_EQUAL(between.elapsed_ns, 100);
  CU_ASSERT_EQUAL(between.cpu_ns, 30);
  CU_ASSERT_EQUAL(between.wait_ns, 7);
  CU_ASSERT(!between.wait_unknown);
  before.wait_unknown = true;
  between = lr_load_thread_time_since(&now, &before);
  CU_ASSERT(between.wait_unknown && between.wait_ns == 0);
}

/* Computes until the thread's own clock has gone on by 2 ms. */
static void test_this_thread(void) {
  lr_load_thread_time before;
  lr_load_thread_time now;
  lr_load_thread_time_read(&before);
  do {
    lr_load_thread_time_read(&now);
  } while (now.cpu_ns - before.cpu_ns < 2000000);
  lr_load_thread_time between = lr_load_thread_time_since(&now, &before);
  CU_ASSERT(between.cpu_ns >= 2000000);
  CU_ASSERT(between.elapsed_ns > 0);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"schedstat", test_parsed},
      {"differences", test_differences},
      {"this thread", test_this_thread},
  };
  return fixture_main("thread_time", tests, FIXTURE_COUNT(tests), argc, argv);
}
