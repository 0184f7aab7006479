/* SPDX-License-Identifier: MIT
 * verdict.h: the rules of the verdict and their limits, for those who test and
 * document them. */
#ifndef LOAD_VERDICT_H
#define LOAD_VERDICT_H

#include <stddef.h>

#include <lariat/load/verdict.h>

/* The rules, in the order in which their reasons are told: what may be the
 * cause of others is before them. */
typedef enum lr_load_rule {
  LR_LOAD_NO_ANSWER,
  LR_LOAD_NO_SUCCESS,
  LR_LOAD_STOPPED,
  LR_LOAD_CLOCK,
  LR_LOAD_PART_MISSING, /* of what was merged, and so the next one */
  LR_LOAD_STARTS_APART,
  LR_LOAD_START_LATE,
  LR_LOAD_STARVED,
  LR_LOAD_TOO_FEW,
  LR_LOAD_RATE,
  LR_LOAD_CPU_WAIT,
  LR_LOAD_CPU_BUSY,
  LR_LOAD_SEND_LATE,
  LR_LOAD_OWN_SHARE,
  LR_LOAD_LOCAL_FAILURES,
  LR_LOAD_LOST,
  LR_LOAD_UNSTAMPED,
  LR_LOAD_RETRANSMITS,
  LR_LOAD_TOO_SHORT,
  LR_LOAD_INTERRUPTED,
  LR_LOAD_AT_FAILURES,
  LR_LOAD_STALL,
  LR_LOAD_GENERATOR_LIMIT,
  LR_LOAD_NO_SHARE,
  LR_LOAD_RULES
} lr_load_rule;

/* A limit of a rule: over `suspect` a result is SUSPECT, over `invalid` it is
 * INVALID.  The table says what number that is. */
typedef struct lr_load_limit {
  const char *code;
  double suspect;
  double invalid;
} lr_load_limit;

extern const lr_load_limit lr_load_limits[LR_LOAD_RULES];

/* ---- Other numbers ---- */

#define LR_LOAD_LATE_FLOOR_NS 1e6
#define LR_LOAD_LATE_PART 0.1
#define LR_LOAD_OWN_FLOOR_NS 1e6

/* Waits for a CPU are why sends are late, at this percentile, if they are this
 * part of all lateness, or this share of the time. */
#define LR_LOAD_WAIT_PERCENT 99.5
#define LR_LOAD_WAIT_OF_LATE 0.5
#define LR_LOAD_WAIT_AT_REST 0.015

/* A thread had a competitor for its CPU if it waited for this share of the
 * time, and for this part of the time in which it ran or waited, and the p99 of
 * the lateness of sends is over this: a server on the same CPUs makes it wait
 * as much, but never for long. */
#define LR_LOAD_WAIT_CONTENDED 0.009
#define LR_LOAD_WAIT_OF_DEMAND 0.14
#define LR_LOAD_LATE_CONTENDED_NS 3e5

/* Shares of the time of shorter runs are shares of this. */
#define LR_LOAD_WAIT_SHORTEST_NS 1e9

#define LR_LOAD_SHORTEST_NS 3e9
#define LR_LOAD_SHORTEST_TIMES 5.0
#define LR_LOAD_STALL_NS 1e9
#define LR_LOAD_STALL_TIMES 10.0

/* From which part of its time on a thread that ran or waited to run is taken
 * for what kept a run from its rate. */
#define LR_LOAD_HELD 0.90

#endif
