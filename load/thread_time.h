/* SPDX-License-Identifier: MIT
 * thread_time.h: what a thread had of its CPU. */
#ifndef LOAD_THREAD_TIME_H
#define LOAD_THREAD_TIME_H

#include "interval.h"

/* Reads what the calling thread had so far; elapsed_ns is the instant, on the
 * monotonic clock.  Costs a file and two clocks: some microseconds. */
void lr_load_thread_time_read(lr_load_thread_time *out);

/* Returns what was had between two readings of one thread. */
lr_load_thread_time
lr_load_thread_time_since(const lr_load_thread_time *now,
                          const lr_load_thread_time *before);

/* Reads "CPU WAIT SLICES", nanoseconds the first two, as schedstat has it.
 * False: it is something else. */
bool lr_load_thread_time_parse(const char *text, uint64_t *wait_ns);

#endif
