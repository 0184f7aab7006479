/* SPDX-License-Identifier: MIT
 * The clock of a reactor, which can be replaced: see lariat/testing.h for one
 * that moves only when told to. */
#ifndef LARIAT_CLOCK_H
#define LARIAT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/export.h>

LARIAT_BEGIN_C

/* A monotonic clock.  `now_ns` may be called from many threads at once and
 * never goes back.  With `manual` set, time does not pass by itself, and a
 * reactor never sleeps for the sake of a timer. */
typedef struct lariat_clock {
  uint64_t (*now_ns)(void *context);
  void *context;
  bool manual;
} lariat_clock;

/* Returns the system's CLOCK_MONOTONIC.  Any thread; static. */
LARIAT_API const lariat_clock *lariat_clock_system(void);

LARIAT_END_C

#endif
