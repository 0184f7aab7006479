/* SPDX-License-Identifier: MIT
 * compare_report.h: a comparison as text for people, and as JSON. */
#ifndef TOOLS_LARIAT_LOAD_COMPARE_REPORT_H
#define TOOLS_LARIAT_LOAD_COMPARE_REPORT_H

#include <jansson.h>
#include <lariat/load/comparison.h>
#include <stddef.h>
#include <stdio.h>

#include "load/metric.h"
#include "load/series.h"

enum { ANSWER_TEXT = 64 };

/* A comparison of two sides: their numbers, and what the test says. */
struct comparison {
  const char *a; /* the labels */
  const char *b;
  const struct series *series;
  const lariat_load_comparison *results; /* NULL: there is nothing to say */
};

/* Writes "slower", "same within 3 %", "not known (12 pairs would do)". */
const char *compare_answer(const struct series *series, size_t metric,
                           const lariat_load_comparison *result,
                           char text[ANSWER_TEXT]);

/* Prints the table, and what is to be known of it. */
void compare_print(FILE *file, const struct comparison *comparison);

/* Makes its JSON; NULL without memory. */
json_t *compare_json(const struct comparison *comparison);

/* Tells whether B is worse in any of the metrics. */
bool compare_is_worse(const struct comparison *comparison);

/* Returns the median of some numbers; NaN without memory. */
double compare_median(const double *values, size_t count);

#endif
