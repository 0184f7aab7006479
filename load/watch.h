/* SPDX-License-Identifier: MIT
 * watch.h: looks at what goes on around a run, from a thread of its own that
 * wakes 50 times a second: did the process stand still, was the wall clock set,
 * what did TCP send again? */
#ifndef LOAD_WATCH_H
#define LOAD_WATCH_H

#include "result.h"

typedef struct lr_load_watch lr_load_watch;

/* Begins to look.  Any thread, when the measured part begins.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM
 * LARIAT_ESYSTEM  there is no thread to be had */
lariat_status lr_load_watch_start(lr_load_watch **out);

/* Ends it, waits for its thread (some microseconds), frees it, and writes what
 * was seen into the result, before that is judged.  NULL is allowed: nothing
 * is written.  `result` of NULL: nothing is kept. */
void lr_load_watch_end(lr_load_watch *watch, lariat_load_result *result);

/* ---- For its tests ---- */

/* A look at the clocks, at one wake-up. */
typedef struct lr_load_look {
  uint64_t monotonic_ns;
  int64_t offset_ns; /* of the wall clock to the monotonic one */
  uint64_t wait_ns;  /* of the thread, so far, for a CPU */
  uint64_t cpu_ns;   /* of the thread, so far */
} lr_load_look;

/* Takes what happened between two looks, `period_ns` apart by intent, into the
 * surroundings.  `start_ns`: when the watch began. */
void lr_load_watch_compare(const lr_load_look *before, const lr_load_look *now,
                           uint64_t period_ns, uint64_t start_ns,
                           lr_load_surroundings *out);

#endif
