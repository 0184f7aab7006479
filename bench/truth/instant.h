/* SPDX-License-Identifier: MIT
 * instant.h: the two clocks that truthd reads. */
#ifndef BENCH_TRUTH_INSTANT_H
#define BENCH_TRUTH_INSTANT_H

#include <stdint.h>
#include <time.h>

static inline uint64_t instant_of(const struct timespec *time) {
  return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

static inline uint64_t instant_now(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return instant_of(&now);
}

/* The wall clock less the monotonic one.  The two are not read at once: of a
 * few tries the one that took least. */
int64_t instant_real_offset(void);

#endif
