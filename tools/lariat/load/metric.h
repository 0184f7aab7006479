/* SPDX-License-Identifier: MIT
 * metric.h: a number of a run that is compared, by its name: [MEASURE.]FIGURE,
 * as in thresholds. */
#ifndef TOOLS_LARIAT_LOAD_METRIC_H
#define TOOLS_LARIAT_LOAD_METRIC_H

#include <lariat/load/comparison.h>
#include <lariat/load/result.h>
#include <stdbool.h>

#include "output/units.h"

enum { METRIC_NAME = 40 };

enum metric_figure {
  METRIC_PERCENTILE, /* these four are durations, in nanoseconds */
  METRIC_LEAST,
  METRIC_LARGEST,
  METRIC_MEAN,
  METRIC_FAILURES, /* the share of all requests */
  METRIC_RATE      /* requests that have ended, a second */
};

struct metric {
  char name[METRIC_NAME]; /* with its measure, if that has one */
  enum metric_figure figure;
  lariat_load_measure measure; /* of a rate: `good` for good answers alone */
  double percent;
};

/* Reads a name.  False: there is no such metric. */
bool metric_parse(struct metric *metric, const char *text);

/* Returns the number of a result; NaN: it has none, for want of samples.  What
 * is shorter than a microsecond counts as one: ratios of less say nothing. */
double metric_read(const struct metric *metric,
                   const lariat_load_result *result);

bool metric_higher_is_better(const struct metric *metric);

/* Returns how it is compared, and what makes no difference in it: of a share of
 * failures, that is a thousandth of all requests. */
lariat_load_scale metric_scale(const struct metric *metric);
double metric_margin(const struct metric *metric, double tolerance);

/* Returns it as people read it. */
struct units_text metric_show(const struct metric *metric, double value);

#endif
