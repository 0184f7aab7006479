/* SPDX-License-Identifier: MIT
 * labels: threads
 * rate_test.c: buckets of starts, on a time that the test makes. */
#include "limits/rate.h"

#include <pthread.h>

#include "support/fixture.h"

static const uint64_t second = 1000000000u;

/* Starts as many as it may at `now`; how many. */
static unsigned take_all(lr_rate *rate, const lr_rate_plan *plan, uint64_t now,
                         uint64_t wanted) {
  unsigned taken = 0;
  while (taken < 100000 && lr_rate_take(rate, plan, now, wanted)) taken++;
  return taken;
}

static void test_plan(void) {
  lr_rate_plan plan = lr_rate_plan_of(0, 5);
  CU_ASSERT_EQUAL(plan.step_ns, 0);
  plan = lr_rate_plan_of(100, 0);
  CU_ASSERT_EQUAL(plan.step_ns, 10000000);
  CU_ASSERT_EQUAL(plan.banked_ns, 0);
  plan = lr_rate_plan_of(100, 5);
  CU_ASSERT_EQUAL(plan.banked_ns, 40000000);
  plan = lr_rate_plan_of(1e-12, 1e9);
  CU_ASSERT(plan.step_ns <= second * second);
  CU_ASSERT(plan.banked_ns <= second * second);
}

static void test_valid(void) {
  double zero = 0;
  CU_ASSERT_TRUE(lr_rate_valid(0, 0));
  CU_ASSERT_TRUE(lr_rate_valid(0.5, 10));
  CU_ASSERT_FALSE(lr_rate_valid(-1, 0));
  CU_ASSERT_FALSE(lr_rate_valid(1, -1));
  CU_ASSERT_FALSE(lr_rate_valid(zero / zero, 0));
  CU_ASSERT_FALSE(lr_rate_valid(1 / zero, 0));
}

static void test_burst(void) {
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(10, 4);
  lr_rate_init(&rate);
  uint64_t now = 5 * second;
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now, now), 4);
  CU_ASSERT_EQUAL(lr_rate_due(&rate), now + second / 10);
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now + second / 10 - 1, now), 0);
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now + second / 10, now), 1);
  /* However long it was idle: the burst, and no more. */
  now += 100 * second;
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now, now), 4);
}

static void test_no_burst(void) {
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(1000, 0);
  lr_rate_init(&rate);
  uint64_t now = second;
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now, now), 1);
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now + second, now + second), 1);
}

/* Timers ring late, by 0 to 3 ms here: the rate is kept all the same. */
static void test_lateness_is_made_good(void) {
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(400, 1);
  lr_rate_init(&rate);
  uint64_t begin = 9 * second;
  uint64_t now = begin;
  unsigned taken = 0;
  for (unsigned turn = 0; now < begin + 10 * second; turn++) {
    taken += take_all(&rate, &plan, now, begin);
    now = lr_rate_due(&rate) + (turn * 7919 % 4) * 1000000;
  }
  CU_ASSERT(taken >= 4000 && taken <= 4002);
}

/* One waits, and each time another one comes by before it wakes. */
static void test_quicker_than_who_waits(void) {
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(200, 1);
  lr_rate_init(&rate);
  uint64_t now = second;
  unsigned taken = take_all(&rate, &plan, now, now);
  for (unsigned turn = 0; taken < 1000; turn++) {
    if (turn % 8 == 0) lr_rate_await(&rate, lr_rate_due(&rate));
    now = lr_rate_due(&rate) + (1 + turn % 3) * 1000000;
    taken += take_all(&rate, &plan, now, now);
  }
  CU_ASSERT(now < second + 1000 * plan.step_ns + 10000000);
  /* Nobody waits: what has passed is lost. */
  lr_rate_init(&rate);
  now = second;
  CU_ASSERT_TRUE(lr_rate_take(&rate, &plan, now, now));
  now += 7000000;
  CU_ASSERT_TRUE(lr_rate_take(&rate, &plan, now, now));
  CU_ASSERT_EQUAL(lr_rate_due(&rate), now + plan.step_ns);
}

/* A stall that is longer costs what is beyond the bound. */
static void test_lateness_is_bounded(void) {
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(100, 1);
  lr_rate_init(&rate);
  uint64_t begin = second;
  CU_ASSERT_EQUAL(take_all(&rate, &plan, begin, begin), 1);
  CU_ASSERT_EQUAL(take_all(&rate, &plan, begin + second, begin), 6);
}

/* No window of ten seconds has more than it may, whatever the pattern. */
static void test_any_window(void) {
  enum { STARTS = 4000 };
  static uint64_t at[STARTS];
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(50, 1);
  lr_rate_init(&rate);
  uint64_t now = second;
  unsigned seed = 7;
  for (unsigned i = 0; i < STARTS;) {
    uint64_t wanted = now;
    seed = seed * 1103515245u + 12345u;
    now += (uint64_t)(seed >> 16) % 90000000u;
    if ((seed >> 8) % 3 == 0) wanted = now;
    while (i < STARTS && lr_rate_take(&rate, &plan, now, wanted)) at[i++] = now;
  }
  for (unsigned i = 0, j = 0; i < STARTS; i++) {
    while (at[i] - at[j] > 10 * second) j++;
    CU_ASSERT(i - j + 1 <= 505);
  }
}

static void test_give_back(void) {
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(10, 2);
  lr_rate_init(&rate);
  uint64_t now = 3 * second;
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now, now), 2);
  lr_rate_give_back(&rate, &plan);
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now, now), 1);
}

static void test_full(void) {
  lr_rate rate;
  lr_rate_plan plan = lr_rate_plan_of(10, 3);
  lr_rate_init(&rate);
  uint64_t now = 3 * second;
  CU_ASSERT_TRUE(lr_rate_is_full(&rate, &plan, now));
  CU_ASSERT_EQUAL(take_all(&rate, &plan, now, now), 3);
  CU_ASSERT_FALSE(lr_rate_is_full(&rate, &plan, now + second / 10 * 3 - 1));
  CU_ASSERT_TRUE(lr_rate_is_full(&rate, &plan, now + second / 10 * 3));
}

/* Many threads at one bucket get together what one would. */
enum { THREADS = 4, TRIES = 200000 };
static lr_rate shared;
static const lr_rate_plan shared_plan = {1000, 0};
static unsigned taken_by[THREADS];

static void *take_in_thread(void *context) {
  unsigned *taken = context;
  for (uint64_t i = 0; i < TRIES; i++)
    if (lr_rate_take(&shared, &shared_plan, second + i * 10, second + i * 10))
      (*taken)++;
  return NULL;
}

static void test_threads(void) {
  pthread_t threads[THREADS];
  unsigned sum = 0;
  lr_rate_init(&shared);
  for (unsigned i = 0; i < THREADS; i++) {
    taken_by[i] = 0;
    CU_ASSERT_EQUAL_FATAL(
        pthread_create(&threads[i], NULL, take_in_thread, &taken_by[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    sum += taken_by[i];
  }
  CU_ASSERT(sum <= TRIES * 10 / 1000);
  CU_ASSERT(sum >= TRIES * 10 / 1000 - 1);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"plan", test_plan},
      {"valid", test_valid},
      {"burst", test_burst},
      {"no burst", test_no_burst},
      {"lateness is made good", test_lateness_is_made_good},
      {"lateness is bounded", test_lateness_is_bounded},
      {"quicker than who waits", test_quicker_than_who_waits},
      {"any window", test_any_window},
      {"give back", test_give_back},
      {"full", test_full},
      {"threads", test_threads},
  };
  return fixture_main("rate", tests, FIXTURE_COUNT(tests), argc, argv);
}
