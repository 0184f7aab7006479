/* SPDX-License-Identifier: MIT
 * slow_phases.h: servers of which each is slow in one phase of a fetch, and a
 * test of what the deadline makes of that.  Programs that use this have a
 * getaddrinfo of their own, which is slow with names that end in ".slow.test",
 * and knows no others. */
#ifndef TESTS_SUPPORT_SLOW_PHASES_H
#define TESTS_SUPPORT_SLOW_PHASES_H

#include <stdbool.h>
#include <stdint.h>

#include "support/fetching.h"

/* From LARIAT_PHASE_QUEUE to LARIAT_PHASE_BODY. */
enum { SLOW_PHASE_COUNT = LARIAT_PHASE_BODY - LARIAT_PHASE_QUEUE + 1 };

/* The lateness of one failure. */
struct slow_phases_result {
  int64_t late_us;    /* of the failure, after the deadline */
  int64_t control_us; /* of a timer of the reactor's, set for the same moment */
};

struct slow_phases;

/* Starts the servers, and opens `t` with a pool that runs one job at a time.
 * Aborts when it cannot. */
struct slow_phases *slow_phases_open(struct fetching *t);

/* Fetches what is slow in `phase`, with a deadline `ms` ahead, and fails the
 * test unless the failure names the phase, no other has as much time to its
 * name, and the next fetch finds the slot free.  A machine that is too busy to
 * come to that phase in time gets a deadline four times as far, and so on. */
struct slow_phases_result slow_phases_run(struct slow_phases *slow,
                                          lariat_phase phase, unsigned ms);

void slow_phases_close(struct slow_phases *slow);

#endif
