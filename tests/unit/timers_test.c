/* SPDX-License-Identifier: MIT
 * timers_test.c: runs and heap of timers. */
#include "reactor/timers.h"

#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static void never_called(lr_timer *timer) {
  (void)timer;
  fixture_fail("the heap called a timer");
}

static void test_order(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  static const uint64_t times[] = {50, 10, 30, 10, 20, 10};
  static const int expected[] = {1, 3, 5, 4, 2, 0};
  lr_timer set[6];
  memset(set, 0, sizeof set);
  lr_timers timers;
  lr_timers_init(&timers);
  CU_ASSERT_EQUAL(lr_timers_next(&timers), UINT64_MAX);
  for (int i = 0; i < 6; i++) {
    set[i].expire = never_called;
    CU_ASSERT_TRUE(lr_timers_set(&timers, &set[i], times[i]));
    CU_ASSERT_TRUE(lr_timer_is_set(&set[i]));
  }
  CU_ASSERT_EQUAL(lr_timers_next(&timers), 10);
  for (int i = 0; i < 6; i++)
    CU_ASSERT_PTR_EQUAL(lr_timers_pop(&timers, 100, UINT64_MAX),
                        &set[expected[i]]);
  CU_ASSERT_PTR_NULL(lr_timers_pop(&timers, 100, UINT64_MAX));
  CU_ASSERT_FALSE(lr_timer_is_set(&set[0]));
  lr_timers_clear(&timers);
  fixture_close(&f);
}

static void test_not_yet(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_timer early = {.expire = never_called};
  lr_timer late = {.expire = never_called};
  lr_timers timers;
  lr_timers_init(&timers);
  CU_ASSERT_TRUE(lr_timers_set(&timers, &early, 10));
  uint64_t limit = timers.next_order;
  CU_ASSERT_TRUE(lr_timers_set(&timers, &late, 10));
  CU_ASSERT_PTR_NULL(lr_timers_pop(&timers, 9, limit));
  CU_ASSERT_PTR_EQUAL(lr_timers_pop(&timers, 10, limit), &early);
  CU_ASSERT_PTR_NULL(lr_timers_pop(&timers, 10, limit));
  CU_ASSERT_PTR_EQUAL(lr_timers_pop(&timers, 10, timers.next_order), &late);
  lr_timers_clear(&timers);
  fixture_close(&f);
}

static void test_move_and_cancel(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_timer a = {.expire = never_called};
  lr_timer b = {.expire = never_called};
  lr_timers timers;
  lr_timers_init(&timers);
  lr_timers_cancel(&timers, &a);
  CU_ASSERT_TRUE(lr_timers_set(&timers, &a, 10));
  CU_ASSERT_TRUE(lr_timers_set(&timers, &b, 20));
  CU_ASSERT_TRUE(lr_timers_set(&timers, &a, 30));
  CU_ASSERT_EQUAL(timers.count, 2);
  CU_ASSERT_EQUAL(lr_timers_next(&timers), 20);
  CU_ASSERT_TRUE(lr_timers_set(&timers, &a, 5));
  CU_ASSERT_EQUAL(lr_timers_next(&timers), 5);
  lr_timers_cancel(&timers, &a);
  lr_timers_cancel(&timers, &a);
  CU_ASSERT_EQUAL(lr_timers_next(&timers), 20);
  lr_timers_cancel(&timers, &b);
  CU_ASSERT_EQUAL(timers.count, 0);
  lr_timers_clear(&timers);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_timer many[100];
  memset(many, 0, sizeof many);
  lr_timers timers;
  lr_timers_init(&timers);
  int set = 0;
  fixture_fail_allocations_from(&f, 2);
  while (lr_timers_set(&timers, &many[set], 100u - (unsigned)set)) set++;
  CU_ASSERT_TRUE(set > 0 && set < 100);
  CU_ASSERT_FALSE(lr_timer_is_set(&many[set]));
  CU_ASSERT_TRUE(lr_timers_set(&timers, &many[0], 1));
  CU_ASSERT_EQUAL(lr_timers_next(&timers), 1);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_TRUE(lr_timers_set(&timers, &many[set], 0));
  CU_ASSERT_EQUAL(lr_timers_next(&timers), 0);
  lr_timers_clear(&timers);
  fixture_close(&f);
}

/* Timers that are set in the order of their times never get into the heap,
 * also when a few others are far away. */
static void test_runs(void) {
  enum { MANY = 200 };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  static lr_timer many[MANY];
  lr_timer far[2];
  memset(many, 0, sizeof many);
  memset(far, 0, sizeof far);
  lr_timers timers;
  lr_timers_init(&timers);
  CU_ASSERT_TRUE(lr_timers_set(&timers, &far[0], 1000000));
  CU_ASSERT_TRUE(lr_timers_set(&timers, &many[0], 0));
  CU_ASSERT_TRUE(lr_timers_set(&timers, &far[1], 900000));
  for (unsigned i = 1; i < MANY; i++)
    CU_ASSERT_TRUE(lr_timers_set(&timers, &many[i], i / 2));
  CU_ASSERT_EQUAL(timers.heap_count, 0);
  CU_ASSERT_EQUAL(timers.count, MANY + 2);
  for (unsigned i = 1; i < MANY; i += 2) lr_timers_cancel(&timers, &many[i]);
  for (unsigned i = 0; i < MANY; i += 2)
    CU_ASSERT_PTR_EQUAL(lr_timers_pop(&timers, MANY, UINT64_MAX), &many[i]);
  CU_ASSERT_EQUAL(lr_timers_next(&timers), 900000);
  lr_timers_clear(&timers);
  fixture_close(&f);
}

/* A timer of a run can be moved into the heap without new memory. */
static void test_move_into_heap(void) {
  enum { MANY = 16 };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_timer many[MANY];
  memset(many, 0, sizeof many);
  lr_timers timers;
  lr_timers_init(&timers);
  for (unsigned i = 0; i < MANY; i++)
    CU_ASSERT_TRUE(lr_timers_set(&timers, &many[i], 1000 + i));
  fixture_fail_allocations_from(&f, 1);
  for (unsigned i = 0; i < MANY; i++)
    CU_ASSERT_TRUE(lr_timers_set(&timers, &many[i], 500 - i));
  CU_ASSERT_TRUE(timers.heap_count > 0);
  fixture_fail_allocation(&f, 0);
  for (unsigned i = MANY; i-- > 0;)
    CU_ASSERT_PTR_EQUAL(lr_timers_pop(&timers, 1000, UINT64_MAX), &many[i]);
  lr_timers_clear(&timers);
  fixture_close(&f);
}

/* ---- Against a model: a plain array, searched ---- */

enum { MODEL_TIMERS = 300, MODEL_STEPS = 30000 };

struct model {
  lr_timers timers;
  lr_timer set[MODEL_TIMERS];
  uint64_t at[MODEL_TIMERS]; /* 0: not set */
  uint64_t order[MODEL_TIMERS];
  uint64_t next_order;
};

static int model_first(const struct model *m) {
  int best = -1;
  for (int i = 0; i < MODEL_TIMERS; i++) {
    if (!m->at[i]) continue;
    if (best < 0 || m->at[i] < m->at[best] ||
        (m->at[i] == m->at[best] && m->order[i] < m->order[best]))
      best = i;
  }
  return best;
}

static void model_pop(struct model *m, uint64_t now) {
  int first = model_first(m);
  lr_timer *popped = lr_timers_pop(&m->timers, now, UINT64_MAX);
  if (first < 0 || m->at[first] > now) {
    CU_ASSERT_PTR_NULL(popped);
    return;
  }
  CU_ASSERT_PTR_EQUAL(popped, &m->set[first]);
  m->at[first] = 0;
}

static void model_step(struct model *m, unsigned *seed) {
  int i = rand_r(seed) % MODEL_TIMERS;
  int what = rand_r(seed) % 10;
  if (what < 6) {
    m->at[i] = 1 + (uint64_t)rand_r(seed) % 500;
    m->order[i] = m->next_order++;
    CU_ASSERT_TRUE(lr_timers_set(&m->timers, &m->set[i], m->at[i]));
  } else if (what < 8) {
    m->at[i] = 0;
    lr_timers_cancel(&m->timers, &m->set[i]);
  } else {
    model_pop(m, (uint64_t)rand_r(seed) % 500);
  }
  int first = model_first(m);
  CU_ASSERT_EQUAL(lr_timers_next(&m->timers),
                  first < 0 ? UINT64_MAX : m->at[first]);
}

static void test_model(void) {
  static struct model m;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  memset(&m, 0, sizeof m);
  lr_timers_init(&m.timers);
  unsigned seed = 42;
  for (int step = 0; step < MODEL_STEPS; step++) model_step(&m, &seed);
  while (m.timers.count > 0) model_pop(&m, 1000);
  CU_ASSERT_EQUAL(model_first(&m), -1);
  lr_timers_clear(&m.timers);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by time, then as they were set", test_order},
      {"what is not due or too new waits", test_not_yet},
      {"timers move and are cancelled", test_move_and_cancel},
      {"out of memory sets nothing and loses nothing", test_out_of_memory},
      {"timers in order take no heap", test_runs},
      {"a timer moves into the heap without memory", test_move_into_heap},
      {"they agree with a searched array", test_model},
  };
  return fixture_main("timers", tests, FIXTURE_COUNT(tests), argc, argv);
}
