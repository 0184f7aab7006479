/* SPDX-License-Identifier: MIT
 * start.c: the wall clock, looked at again and again while a run waits: it may
 * be set meanwhile, and the machine may sleep. */
#include "start.h"

#include <time.h>

#define SECOND_NS INT64_C(1000000000)

/* The time from the making of workers to the start, so that all of them know of
 * it before; what the making may take of a warm-up; how long before the warm-up
 * the workers are told; how long is waited between two looks at the clock. */
enum {
  AHEAD_NS = 2000000,
  MAKING_NS = 25000000,
  TELLING_NS = 500000000,
  LOOK_NS = 1000000000
};

int64_t lr_load_start_agreed(const lariat_load_run_options *options) {
  int64_t seconds = options->start_at_s;
  if (options->start_at_ns > 0) return options->start_at_ns;
  return seconds > 0 && seconds <= INT64_MAX / SECOND_NS ? seconds * SECOND_NS
                                                         : 0;
}

uint64_t lr_load_start_clock_ns(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Returns how long it is until the agreed instant; 0: it has gone by. */
static uint64_t time_left(const lariat_load_run_options *options) {
  uint64_t at_ns = (uint64_t)lr_load_start_agreed(options);
  uint64_t now_ns = lr_load_start_clock_ns();
  return at_ns > now_ns ? at_ns - now_ns : 0;
}

void lr_load_start_fit(lariat_load_run_options *options) {
  if (!lr_load_start_agreed(options)) return;
  uint64_t left_ns = time_left(options);
  uint64_t most_ns = left_ns > MAKING_NS ? left_ns - MAKING_NS : 0;
  if (options->warm_up_ns > most_ns) options->warm_up_ns = most_ns;
}

uint64_t lr_load_start_wait_ns(const lariat_load_run_options *options) {
  uint64_t ahead_ns = options->warm_up_ns + TELLING_NS;
  uint64_t left_ns = time_left(options);
  if (left_ns <= ahead_ns) return 0;
  uint64_t wait_ns = left_ns - ahead_ns;
  return wait_ns < LOOK_NS ? wait_ns : LOOK_NS;
}

uint64_t lr_load_start_choose(const lariat_load_run_options *options,
                              uint64_t now_ns) {
  if (!lr_load_start_agreed(options))
    return now_ns + AHEAD_NS + options->warm_up_ns;
  uint64_t left_ns = time_left(options);
  return now_ns + (left_ns > AHEAD_NS ? left_ns : AHEAD_NS);
}
