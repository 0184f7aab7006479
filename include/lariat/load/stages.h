/* SPDX-License-Identifier: MIT
 * lariat_load_stage: how the rate of an open load test goes over time, stage
 * after stage: held, or in a straight line from one rate to another.
 *
 * Values: no reactor, no memory.  docs/arrivals.md explains them. */
#ifndef LARIAT_LOAD_STAGES_H
#define LARIAT_LOAD_STAGES_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* How many stages a plan may have, how long they may take together (ten years
 * of 365 days), and the highest rate. */
#define LARIAT_LOAD_MOST_STAGES 64
#define LARIAT_LOAD_LONGEST_NS UINT64_C(315360000000000000)
#define LARIAT_LOAD_FASTEST_PER_S 1e9

/* The duration of a last stage that does not end; its rate does not change. */
#define LARIAT_LOAD_ENDLESS_NS UINT64_MAX

/* A stage.  The rate at time t of it is from + (to - from) * t / duration.
 * Rates are taken to the nearest millionth of a request an hour: 20 a minute,
 * which no double has exactly as a number a second, is exact. */
typedef struct lariat_load_stage {
  uint64_t duration_ns; /* more than 0 */
  double from_per_s;
  double to_per_s;
} lariat_load_stage;

/* Reads stages, as --stages takes them, into the `capacity` elements of
 * `stages`, and puts their number into `*count`:
 *
 *   30s:0-500,5m:500,1m:500-0    up in 30 s, held for 5 minutes, and down
 *
 * Each is a duration (a number with up to 6 decimals; ms, s, m, h or d behind
 * it, or nothing, for seconds), ':', and the rate that is held, or two with
 * '-' between.  Rates are numbers a second, with up to 6 decimals; /s, /m or /h
 * behind the stage's last one is for both.  No blanks.
 *
 * `*error` (may be NULL) is written when the `length` bytes of `text` are not
 * that.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  not that, or more stages than `capacity`; see the error */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_stages_parse(
    const char *text, size_t length, lariat_load_stage *stages, size_t capacity,
    size_t *count, lariat_load_error *error);

LARIAT_END_C

#endif
