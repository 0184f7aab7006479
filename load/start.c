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

static int64_t read_clock(clockid_t clock) {
  struct timespec now = {0, 0};
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* Returns by how much the wall clock is ahead of the monotonic one: of a few
 * tries that in which the two were read closest to each other. */
static int64_t find_offset(void) {
  enum { TRIES = 5 };
  int64_t least_ns = INT64_MAX;
  int64_t offset_ns = 0;
  for (int i = 0; i < TRIES; i++) {
    int64_t before_ns = read_clock(CLOCK_MONOTONIC);
    int64_t wall_ns = read_clock(CLOCK_REALTIME);
    int64_t took_ns = read_clock(CLOCK_MONOTONIC) - before_ns;
    if (took_ns >= least_ns) continue;
    least_ns = took_ns;
    offset_ns = wall_ns - before_ns - took_ns / 2;
  }
  return offset_ns;
}

int64_t lr_load_start_by_wall_clock(uint64_t monotonic_ns) {
  return (int64_t)monotonic_ns + find_offset();
}

/* Returns how long it is until the agreed instant; 0: it has gone by. */
static uint64_t time_left(const lariat_load_run_options *options) {
  int64_t at_ns = lr_load_start_agreed(options);
  int64_t now_ns = at_ns ? read_clock(CLOCK_REALTIME) : 0;
  return at_ns > now_ns ? (uint64_t)(at_ns - now_ns) : 0;
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
  int64_t agreed_ns = lr_load_start_agreed(options);
  if (!agreed_ns) return now_ns + AHEAD_NS + options->warm_up_ns;
  int64_t at_ns = agreed_ns - find_offset();
  int64_t soonest_ns = (int64_t)now_ns + AHEAD_NS;
  return (uint64_t)(at_ns > soonest_ns ? at_ns : soonest_ns);
}
