/* SPDX-License-Identifier: MIT
 * Tools for the tests of programs that use lariat.  lariat/lariat.h does not
 * include this header. */
#ifndef LARIAT_TESTING_H
#define LARIAT_TESTING_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/clock.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* A clock that moves only when it is told to: timers of a reactor made with it
 * (lariat_reactor_options.clock) run when the test says so, and no test waits.
 * It starts at one second.  It must outlive its reactors. */
typedef struct lariat_virtual_clock lariat_virtual_clock;

/* Makes one and puts it into `*out`.  Any thread.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_virtual_clock_new(lariat_virtual_clock **out);

/* Frees it.  NULL is allowed. */
LARIAT_API void lariat_virtual_clock_free(lariat_virtual_clock *clock);

/* The clock to give to reactors; it is part of `clock`. */
LARIAT_API const lariat_clock *
lariat_virtual_clock_clock(const lariat_virtual_clock *clock);

/* The time on it.  Any thread. */
LARIAT_API uint64_t
lariat_virtual_clock_now_ns(const lariat_virtual_clock *clock);

/* Moves the time forward, and nothing else.  Any thread. */
LARIAT_API void lariat_virtual_clock_move(lariat_virtual_clock *clock,
                                          uint64_t ms);

/* Moves the time forward by `ms`, which may be 0, and runs turns of `reactor`
 * until it has nothing more to do at that time.  Timers that are due run in
 * the order of their times and see the new time.  The owner's thread, outside
 * a turn.
 *
 * LARIAT_OK
 * LARIAT_EOVERLOAD  there was more to do after 1,000 turns
 * and what lariat_reactor_run_once returns */
LARIAT_API lariat_status lariat_virtual_clock_advance(
    lariat_virtual_clock *clock, lariat_reactor *reactor, uint64_t ms);

/* Advances by each of `count` steps in turn; ends at the first that returns
 * something other than LARIAT_OK, and returns that. */
LARIAT_API lariat_status lariat_virtual_clock_pump(lariat_virtual_clock *clock,
                                                   lariat_reactor *reactor,
                                                   const uint64_t *ms,
                                                   size_t count);

LARIAT_END_C

#endif
