/* SPDX-License-Identifier: MIT
 * start_test.c: when a run begins.  Instants are an hour away from now, so that
 * it makes no difference how long the test takes. */
#include "load/start.h"

#include <stdlib.h>
#include <time.h>

#include "support/fixture.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)

static lariat_load_run_options make(int64_t start_at_ns) {
  lariat_load_run_options options = lariat_load_run_defaults();
  options.start_at_ns = start_at_ns;
  return options;
}

static uint64_t read_ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) abort();
  return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static int64_t now(void) { return (int64_t)read_ns(CLOCK_REALTIME); }

/* Nothing was agreed on: behind the warm-up. */
static void as_soon_as_may_be(void) {
  lariat_load_run_options options = make(0);
  CU_ASSERT_EQUAL(lr_load_start_agreed(&options), 0);
  lr_load_start_fit(&options);
  CU_ASSERT_EQUAL(options.warm_up_ns, 2 * SECOND);
  CU_ASSERT_EQUAL(lr_load_start_wait_ns(&options), 0);
  CU_ASSERT_EQUAL(lr_load_start_choose(&options, 77), 2 * SECOND + 2000077);
}

/* Looks at the clock once a second, and begins at the instant, with the warm-up
 * before it. */
static void an_instant_ahead(void) {
  lariat_load_run_options options = make(now() + HOUR);
  lr_load_start_fit(&options);
  CU_ASSERT_EQUAL(options.warm_up_ns, 2 * SECOND);
  CU_ASSERT_EQUAL(lr_load_start_wait_ns(&options), SECOND);
  uint64_t now_ns = read_ns(CLOCK_MONOTONIC);
  uint64_t start_ns = lr_load_start_choose(&options, now_ns);
  CU_ASSERT(start_ns <= now_ns + HOUR + SECOND);
  CU_ASSERT(start_ns > now_ns + HOUR / 2);
  int64_t off_ns = lr_load_start_by_wall_clock(start_ns) - options.start_at_ns;
  CU_ASSERT(off_ns < SECOND && off_ns > -SECOND);
  options.warm_up_ns = 2 * HOUR;
  CU_ASSERT_EQUAL(lr_load_start_wait_ns(&options), 0);
  lr_load_start_fit(&options);
  CU_ASSERT(options.warm_up_ns < HOUR);
  CU_ASSERT(options.warm_up_ns > HOUR / 2);
}

/* The others have begun: at once, and without a warm-up. */
static void an_instant_that_has_gone_by(void) {
  lariat_load_run_options options = make(now() - HOUR);
  CU_ASSERT_EQUAL(lr_load_start_wait_ns(&options), 0);
  lr_load_start_fit(&options);
  CU_ASSERT_EQUAL(options.warm_up_ns, 0);
  uint64_t now_ns = read_ns(CLOCK_MONOTONIC);
  CU_ASSERT_EQUAL(lr_load_start_choose(&options, now_ns), now_ns + 2000000);
}

static void seconds_and_nanoseconds(void) {
  lariat_load_run_options options = make(0);
  options.start_at_s = 1796047200;
  CU_ASSERT_EQUAL(lr_load_start_agreed(&options), 1796047200 * SECOND);
  options.start_at_ns = 5;
  CU_ASSERT_EQUAL(lr_load_start_agreed(&options), 5);
  options.start_at_ns = 0;
  options.start_at_s = INT64_MAX;
  CU_ASSERT_EQUAL(lr_load_start_agreed(&options), 0);
  options.start_at_s = -1;
  CU_ASSERT_EQUAL(lr_load_start_agreed(&options), 0);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"as soon as may be", as_soon_as_may_be},
      {"an instant ahead", an_instant_ahead},
      {"an instant that has gone by", an_instant_that_has_gone_by},
      {"seconds and nanoseconds", seconds_and_nanoseconds},
  };
  return fixture_main("start", tests, FIXTURE_COUNT(tests), argc, argv);
}
