/* SPDX-License-Identifier: MIT
 * lariat_load_thresholds: what a run must not do to pass: "p99>50ms",
 * "failures>0.1%", "rate<990/s". */
#ifndef LARIAT_LOAD_THRESHOLD_H
#define LARIAT_LOAD_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/result.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_thresholds lariat_load_thresholds;

LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_thresholds_new(lariat_load_thresholds **out);
LARIAT_API void lariat_load_thresholds_free(lariat_load_thresholds *thresholds);

/* Adds one, from text: [NAME:][MEASURE.]FIGURE < or > NUMBER[unit]. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_thresholds_add(lariat_load_thresholds *thresholds, const char *text,
                           size_t length, lariat_load_error *error);

LARIAT_API size_t
lariat_load_thresholds_count(const lariat_load_thresholds *thresholds);

/* Judges one: true: it is broken.  `message` gets "p99 is 61.2 ms, over 50 ms"
 * or "p99 is 41.0 ms, not over 50 ms". */
LARIAT_API bool
lariat_load_threshold_broken(const lariat_load_thresholds *thresholds,
                             size_t index, const lariat_load_result *result,
                             char *message, size_t capacity);

LARIAT_END_C

#endif
