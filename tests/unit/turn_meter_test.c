/* SPDX-License-Identifier: MIT
 * turn_meter_test.c: how long turns take, on the virtual clock, and what the
 * kernel tells of threads. */
#include "reactor/turn_meter.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/fixture.h"

enum { MS = 1000000 };

static lariat_reactor_stats stats_of(lariat_reactor *reactor) {
  lariat_reactor_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_reactor_read_stats(reactor, &stats), LARIAT_OK);
  return stats;
}

/* A call that takes `ms`. */
struct busy {
  struct fixture *f;
  uint64_t ms;
  bool stops;
};

static void take_long(void *context) {
  const struct busy *busy = context;
  lariat_virtual_clock_move(busy->f->virtual_clock, busy->ms);
  if (busy->stops) (void)lariat_reactor_stop(busy->f->reactor);
}

static void test_turns(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_reactor_stats before = stats_of(f.reactor);
  fixture_turns(&f, 3);
  lariat_reactor_stats after = stats_of(f.reactor);
  CU_ASSERT_EQUAL(after.turns, before.turns + 3);
  CU_ASSERT_EQUAL(after.longest_turn_ns, 0);
  fixture_close(&f);
}

static void test_longest(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct busy five = {&f, 5, false};
  struct busy three = {&f, 3, false};
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, take_long, &five, NULL),
                  LARIAT_OK);
  fixture_turns(&f, 1);
  lariat_virtual_clock_move(f.virtual_clock, 1000); /* between turns */
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, take_long, &three, NULL),
                  LARIAT_OK);
  fixture_turns(&f, 2);
  lariat_reactor_stats stats = stats_of(f.reactor);
  CU_ASSERT_EQUAL(stats.longest_turn_ns, 5 * MS);
  CU_ASSERT_EQUAL(stats.recent_turn_ns, 5 * MS);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, take_long, &three, NULL),
                  LARIAT_OK);
  fixture_turns(&f, 2);
  stats = stats_of(f.reactor);
  CU_ASSERT_EQUAL(stats.longest_turn_ns, 5 * MS);
  CU_ASSERT_EQUAL(stats.recent_turn_ns, 3 * MS);
  CU_ASSERT_EQUAL(stats_of(f.reactor).recent_turn_ns, 0);
  fixture_close(&f);
}

/* In a run each turn's end is known, too: of those that wait, of those behind
 * which there is more to do, and of the last. */
static void test_run(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  struct busy busy[3] = {{&f, 2, false}, {&f, 7, false}, {&f, 4, true}};
  for (uint64_t i = 0; i < 2; i++)
    CU_ASSERT_EQUAL(lariat_reactor_call_later(f.reactor, i * 2, take_long,
                                              &busy[i], NULL, NULL),
                    LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(f.reactor, 9, take_long, &busy[2], NULL, NULL),
      LARIAT_OK);
  uint64_t before = stats_of(f.reactor).turns;
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  lariat_reactor_stats stats = stats_of(f.reactor);
  CU_ASSERT(stats.turns > before);
  CU_ASSERT_EQUAL(stats.longest_turn_ns, 7 * MS);
  struct busy last = {&f, 20, true};
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(f.reactor, take_long, &last, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_run(f.reactor), LARIAT_OK);
  CU_ASSERT_EQUAL(stats_of(f.reactor).longest_turn_ns, 20 * MS);
  fixture_close(&f);
}

static void test_size(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_reactor_stats stats = {.size = 0};
  CU_ASSERT_EQUAL(lariat_reactor_read_stats(f.reactor, &stats), LARIAT_EINVAL);
  memset(&stats, 0xff, sizeof stats);
  stats.size = offsetof(lariat_reactor_stats, recent_turn_ns);
  CU_ASSERT_EQUAL(lariat_reactor_read_stats(f.reactor, &stats), LARIAT_OK);
  CU_ASSERT_EQUAL(stats.longest_turn_ns, 0);
  CU_ASSERT_EQUAL(stats.recent_turn_ns, UINT64_MAX);
  fixture_close(&f);
}

/* ---- Threads ---- */

static void spend_cpu(void) {
  struct timespec time = {0, 0};
  do (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  while (time.tv_sec == 0 && time.tv_nsec < 5 * MS);
}

static void *meter_thread(void *meter) {
  lr_turn_meter_init(meter);
  spend_cpu();
  lr_turn_meter_end_thread(meter);
  return NULL;
}

/* What a thread has had is known when it has ended, too. */
static void test_ended_thread(void) {
  struct fixture f;
  lr_turn_meter meter;
  pthread_t thread;
  lariat_reactor_stats stats = {.size = sizeof stats};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, meter_thread, &meter), 0);
  pthread_join(thread, NULL);
  CU_ASSERT_EQUAL(lr_turn_meter_read(&meter, &stats), LARIAT_OK);
  CU_ASSERT_TRUE(stats.cpu_known);
  CU_ASSERT(stats.cpu_ns >= 5 * MS);
  bool told = access("/proc/self/task", F_OK) == 0 &&
              access("/proc/thread-self/schedstat", R_OK) == 0;
  CU_ASSERT_EQUAL(stats.cpu_wait_known, told);
  fixture_close(&f);
}

static void test_own_thread(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_PLAIN);
  spend_cpu();
  lariat_reactor_stats stats = stats_of(f.reactor);
  CU_ASSERT_TRUE(stats.cpu_known);
  CU_ASSERT(stats.cpu_ns >= 5 * MS);
  fixture_close(&f);
}

/* ---- Pools ---- */

static void test_pool(void) {
  struct fetching t;
  lariat_pool_options options = lariat_pool_defaults();
  lariat_reactor_stats stats = {.size = sizeof stats};
  options.reactors = 2;
  fetching_open_pool(&t, &options);
  for (unsigned i = 0; i < 2; i++) {
    CU_ASSERT_EQUAL(lariat_pool_read_reactor_stats(t.pool, i, &stats),
                    LARIAT_OK);
    CU_ASSERT_TRUE(stats.cpu_known);
  }
  CU_ASSERT_EQUAL(lariat_pool_read_reactor_stats(t.pool, 2, &stats),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(t.pool, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_read_reactor_stats(t.pool, 1, &stats), LARIAT_OK);
  CU_ASSERT(stats.turns > 0);
  CU_ASSERT(stats.cpu_ns > 0);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"turns", test_turns},
      {"the longest", test_longest},
      {"in a run", test_run},
      {"the size", test_size},
      {"a thread that has ended", test_ended_thread},
      {"the own thread", test_own_thread},
      {"of a pool", test_pool},
  };
  return fixture_main("turn_meter", tests, FIXTURE_COUNT(tests), argc, argv);
}
