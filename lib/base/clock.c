/* SPDX-License-Identifier: MIT
 * clock.c: the system's monotonic clock. */
#include <lariat/clock.h>

#include <stddef.h>
#include <time.h>

#include "base/time.h"

static uint64_t system_now(void *context) {
  (void)context;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * LR_NS_PER_S + (uint64_t)now.tv_nsec;
}

const lariat_clock *lariat_clock_system(void) {
  static const lariat_clock clock = {system_now, NULL, false};
  return &clock;
}
