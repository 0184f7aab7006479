/* SPDX-License-Identifier: MIT
 * chart.h: lines over time, as inline SVG.  Colours are those of classes, which
 * the page's style sheet has. */
#ifndef TOOLS_LARIAT_CRAWL_CHART_H
#define TOOLS_LARIAT_CRAWL_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* The kinds of numbers that the vertical axis can have. */
enum chart_unit { CHART_COUNT, CHART_BYTES, CHART_PER_SECOND };

struct chart_line {
  const char *class;
  const double *values;
};

struct chart {
  const char *label; /* what is to be seen, for those who do not see it */
  enum chart_unit unit;
  double seconds; /* the horizontal axis goes from 0 to there */
  size_t count;   /* points of each line, evenly spread over it */
  struct chart_line lines[3];
  size_t line_count;
};

/* Appends the chart; false: out of memory. */
bool chart_add(struct text *text, const struct chart *chart);

/* Returns a number that is not below `number`, which is above 0, nor much above
 * it, and whose quarters are short. */
double chart_round_up(double number);

#endif
