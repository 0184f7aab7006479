/* SPDX-License-Identifier: MIT
 * compare_plot.h: a comparison as one SVG file, which needs nothing else. */
#ifndef TOOLS_LARIAT_LOAD_COMPARE_PLOT_H
#define TOOLS_LARIAT_LOAD_COMPARE_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "load/metric.h"
#include "text.h"

/* The blocks of one side. */
struct plot_side {
  const char *label;
  const double *const *values; /* of each metric, `count` of them */
  size_t count;
};

/* Adds the file's text: a panel for each metric, in which each block is a point
 * and each side's median a line.  False: without memory. */
bool compare_plot(struct text *out, const struct metric *metrics,
                  size_t metric_count, const struct plot_side *sides,
                  size_t side_count);

#endif
