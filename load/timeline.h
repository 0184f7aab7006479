/* SPDX-License-Identifier: MIT
 * timeline.h: the seconds of a run, gathered into as many points as a plot can
 * show, however long it was. */
#ifndef LOAD_TIMELINE_H
#define LOAD_TIMELINE_H

#include <stddef.h>

#include "result.h"

enum { LR_LOAD_POINTS = 300 };

/* The series of a timeline: each has a number for each point. */
typedef enum lr_load_series {
  LR_LOAD_SERIES_P50, /* nanoseconds, the largest of its seconds; NaN: of none;
                         and so the next three */
  LR_LOAD_SERIES_P99,
  LR_LOAD_SERIES_MAX,
  LR_LOAD_SERIES_LATE,
  LR_LOAD_SERIES_ASKED, /* a second, and so the next three */
  LR_LOAD_SERIES_SENT,
  LR_LOAD_SERIES_ANSWERED,
  LR_LOAD_SERIES_FAILED,
  LR_LOAD_SERIES_CPU, /* per cent of the busiest thread's time; the largest */
  LR_LOAD_SERIES_WAIT,
  LR_LOAD_SERIES_COUNT
} lr_load_series;

typedef struct lr_load_timeline {
  size_t count;
  size_t seconds_each;
  double at[LR_LOAD_POINTS]; /* the middle of the point, in seconds */
  double series[LR_LOAD_SERIES_COUNT][LR_LOAD_POINTS];
} lr_load_timeline;

/* A last second that is shorter counts as what it is; one of less than a
 * quarter of a second is left out. */
void lr_load_timeline_fill(lr_load_timeline *timeline,
                           const lariat_load_result *result);

/* Returns the largest value of a series; 0: it has none. */
double lr_load_timeline_most(const lr_load_timeline *timeline,
                             lr_load_series series);

#endif
