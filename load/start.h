/* SPDX-License-Identifier: MIT
 * start.h: when the measured part of a run begins: as soon as may be, or at an
 * instant of the wall clock that several machines have agreed on. */
#ifndef LOAD_START_H
#define LOAD_START_H

#include <stdint.h>

#include <lariat/load/run.h>

/* Returns the agreed instant, in nanoseconds since 1970; 0: there is none. */
int64_t lr_load_start_agreed(const lariat_load_run_options *options);

/* Returns what the wall clock says, in nanoseconds since 1970, when the
 * monotonic one says `monotonic_ns`. */
int64_t lr_load_start_by_wall_clock(uint64_t monotonic_ns);

/* Makes the warm-up no longer than the time that there is before an agreed
 * instant.  Before the workers are made: their schedules have it. */
void lr_load_start_fit(lariat_load_run_options *options);

/* Returns for how long the run is to wait before it asks again: 0: it begins
 * now, with the warm-up, or shortly before that. */
uint64_t lr_load_start_wait_ns(const lariat_load_run_options *options);

/* Returns when the measured part begins, on the monotonic clock, which says
 * `now_ns`: behind the
 * warm-up, or at the agreed instant, if that is not too late. */
uint64_t lr_load_start_choose(const lariat_load_run_options *options,
                              uint64_t now_ns);

#endif
