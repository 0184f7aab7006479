/* SPDX-License-Identifier: MIT
 * labels: threads
 * slots_test.c: the tokens for jobs in flight: never more than there are, who
 * gets the last, and that nobody starves while one is free. */
#include "fetch/slots.h"

#include <pthread.h>

#include "support/fixture.h"

static unsigned take_all(lr_till *till, lr_level level) {
  unsigned taken = 0;
  while (taken < 100000 && lr_till_take(till, level, 0)) taken++;
  return taken;
}

static void put(lr_till *till, unsigned count) {
  while (count--) lr_till_put(till, 0, 1);
}

static void test_reserve(void) {
  CU_ASSERT_EQUAL(lr_slots_reserve(1024, 16), 64);
  CU_ASSERT_EQUAL(lr_slots_reserve(1024, 100), 128);
  CU_ASSERT_EQUAL(lr_slots_reserve(1000, 1000), 0);
  CU_ASSERT_EQUAL(lr_slots_reserve(11, 2), 0);
  CU_ASSERT_EQUAL(lr_slots_floor(64, LR_LEVEL_MORE), 64);
  CU_ASSERT_EQUAL(lr_slots_floor(64, LR_LEVEL_FIRST), 32);
  CU_ASSERT_EQUAL(lr_slots_floor(64, LR_LEVEL_QUICK), 0);
}

static void test_levels(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_slots *slots = lr_slots_new(1024, 16, 1);
  lr_till *till = &slots->tills[0];
  CU_ASSERT_EQUAL(take_all(till, LR_LEVEL_MORE), 960);
  CU_ASSERT_FALSE(lr_till_may(till, LR_LEVEL_MORE));
  CU_ASSERT_EQUAL(take_all(till, LR_LEVEL_FIRST), 32);
  CU_ASSERT_EQUAL(take_all(till, LR_LEVEL_QUICK), 32);
  CU_ASSERT_FALSE(lr_till_may(till, LR_LEVEL_QUICK));
  put(till, 1);
  CU_ASSERT_FALSE(lr_till_may(till, LR_LEVEL_FIRST));
  CU_ASSERT_TRUE(lr_till_may(till, LR_LEVEL_QUICK));
  put(till, 1023);
  CU_ASSERT_EQUAL(take_all(till, LR_LEVEL_MORE), 960);
  put(till, 960);
  lr_till_close(till);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&slots->word), 1024);
  lr_slots_free(slots);
  fixture_close(&f);
}

/* What one keeps for its next jobs it gives back when the other starves. */
static void test_lent(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_slots *slots = lr_slots_new(64, 64, 2);
  lr_till *a = &slots->tills[0];
  lr_till *b = &slots->tills[1];
  CU_ASSERT_TRUE(lr_till_take(a, LR_LEVEL_MORE, 0));
  CU_ASSERT(a->spare > 0);
  unsigned got = take_all(b, LR_LEVEL_MORE);
  CU_ASSERT(got < 63);
  CU_ASSERT_FALSE(lr_till_starve(b, LR_LEVEL_MORE));
  lr_till_turn_end(a);
  CU_ASSERT_EQUAL(a->spare, 0);
  got += take_all(b, LR_LEVEL_MORE);
  CU_ASSERT_EQUAL(got, 63);
  /* A job that ends while the other starves is the other's. */
  CU_ASSERT_FALSE(lr_till_starve(b, LR_LEVEL_MORE));
  put(a, 1);
  CU_ASSERT_EQUAL(a->spare, 0);
  CU_ASSERT_TRUE(lr_till_starve(b, LR_LEVEL_MORE));
  CU_ASSERT_EQUAL(take_all(b, LR_LEVEL_MORE), 1);
  lr_till_content(b);
  put(b, 64);
  lr_till_close(a);
  lr_till_close(b);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&slots->word), 64);
  lr_slots_free(slots);
  fixture_close(&f);
}

/* Who has more than its share waits when another starves with less. */
static void test_fair(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_slots *slots = lr_slots_new(10, 10, 2);
  lr_till *a = &slots->tills[0];
  lr_till *b = &slots->tills[1];
  CU_ASSERT_EQUAL(take_all(a, LR_LEVEL_MORE), 10);
  CU_ASSERT_FALSE(lr_till_starve(b, LR_LEVEL_MORE));
  put(a, 1);
  CU_ASSERT_FALSE(lr_till_take(a, LR_LEVEL_MORE, 0));
  CU_ASSERT_TRUE(lr_till_take(b, LR_LEVEL_MORE, 0));
  lr_till_content(b);
  put(a, 1);
  CU_ASSERT_TRUE(lr_till_take(a, LR_LEVEL_MORE, 0));
  put(a, 9);
  put(b, 1);
  lr_till_close(a);
  lr_till_close(b);
  lr_slots_free(slots);
  fixture_close(&f);
}

/* Many jobs that are short do not hide the few that are long. */
static void test_usual(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  const uint64_t ms = 1000000;
  lr_slots *slots = lr_slots_new(100, 1, 1);
  lr_till *till = &slots->tills[0];
  uint64_t now = 5000000 * ms;
  CU_ASSERT_EQUAL(lr_slots_usual_ns(slots, now), 0);
  CU_ASSERT_TRUE(lr_till_take(till, LR_LEVEL_QUICK, now));
  CU_ASSERT_EQUAL(lr_slots_usual_ns(slots, now + 50 * ms), 100 * ms);
  for (int i = 0; i < 200; i++) {
    CU_ASSERT_TRUE(lr_till_take(till, LR_LEVEL_QUICK, now));
    lr_till_put(till, now, now + 1000 * ms);
    for (int j = 0; j < 20; j++) {
      CU_ASSERT_TRUE(lr_till_take(till, LR_LEVEL_QUICK, now));
      lr_till_put(till, now, now + 1 * ms);
    }
  }
  CU_ASSERT(lr_slots_usual_ns(slots, now) > 900 * ms);
  lr_till_put(till, now, now);
  lr_till_close(till);
  lr_slots_free(slots);
  fixture_close(&f);
}

/* Two threads that take and put as they like: the sum is never exceeded, and
 * at the end every token is there. */
enum { LIMIT = 20, ROUNDS = 200000 };
static lr_slots *shared;
static lr_atomic_u32 in_use;
static lr_atomic_u32 most;

static void note_most(uint32_t now) {
  uint32_t seen = lr_u32_load_relaxed(&most);
  while (now > seen && !lr_u32_cas_relaxed(&most, seen, now))
    seen = lr_u32_load_relaxed(&most);
}

static void *take_and_put(void *context) {
  lr_till *till = context;
  unsigned mine = 0;
  unsigned seed = till->index + 1;
  for (unsigned i = 0; i < ROUNDS; i++) {
    seed = seed * 1103515245u + 12345u;
    if ((seed >> 16) % 2 && lr_till_take(till, LR_LEVEL_MORE, 0)) {
      note_most(lr_u32_add_relaxed(&in_use, 1) + 1);
      mine++;
    } else if (mine) {
      (void)lr_u32_sub_acq_rel(&in_use, 1);
      lr_till_put(till, 0, 1);
      mine--;
    }
    if (mine > 14 && !lr_till_starve(till, LR_LEVEL_MORE)) continue;
    lr_till_content(till);
    lr_till_turn_end(till);
  }
  while (mine--) {
    (void)lr_u32_sub_acq_rel(&in_use, 1);
    lr_till_put(till, 0, 1);
  }
  lr_till_close(till);
  return NULL;
}

static void test_threads(void) {
  struct fixture f;
  pthread_t threads[3];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  shared = lr_slots_new(LIMIT, LIMIT, 3);
  lr_u32_init(&in_use, 0);
  lr_u32_init(&most, 0);
  for (unsigned i = 0; i < 3; i++)
    CU_ASSERT_EQUAL_FATAL(
        pthread_create(&threads[i], NULL, take_and_put, &shared->tills[i]), 0);
  for (unsigned i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  CU_ASSERT(lr_u32_load_relaxed(&most) <= LIMIT);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&shared->word), LIMIT);
  lr_slots_free(shared);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"reserve", test_reserve}, {"levels", test_levels},
      {"lent", test_lent},       {"fair", test_fair},
      {"usual", test_usual},     {"threads", test_threads},
  };
  return fixture_main("slots", tests, FIXTURE_COUNT(tests), argc, argv);
}
