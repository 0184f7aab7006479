/* SPDX-License-Identifier: MIT
 * plot.h: a plot as inline SVG: two axes with a grid, lines and bands.  Colours
 * are those of classes, which the page's style sheet has. */
#ifndef LOAD_PLOT_H
#define LOAD_PLOT_H

#include <stddef.h>

#include "text.h"

/* The kinds of axes, which are divided and labelled in their own ways. */
typedef enum lr_load_scale_kind {
  LR_LOAD_SCALE_DURATION, /* nanoseconds, logarithmic */
  LR_LOAD_SCALE_RATE,     /* a second */
  LR_LOAD_SCALE_PER_CENT,
  LR_LOAD_SCALE_SECONDS, /* of the run */
  LR_LOAD_SCALE_NINES    /* a percentile p as -log10(1 - p / 100) */
} lr_load_scale_kind;

typedef struct lr_load_axis {
  lr_load_scale_kind kind;
  double low;
  double high;
} lr_load_axis;

/* Makes an axis on which these values are, between round numbers. */
lr_load_axis lr_load_axis_make(lr_load_scale_kind kind, double least,
                               double most);

typedef struct lr_load_plot {
  lr_load_text *out;
  lr_load_axis x;
  lr_load_axis y;
} lr_load_plot;

/* Begins with the grid; `label` says what is to be seen, for those who do not
 * see it. */
void lr_load_plot_open(const lr_load_plot *plot, const char *label);
void lr_load_plot_close(const lr_load_plot *plot);

/* Draws a line through `count` points; one whose y is NaN is a gap. */
void lr_load_plot_line(const lr_load_plot *plot, const char *class,
                       const double *x, const double *y, size_t count);

/* Fills what is between two lines. */
void lr_load_plot_band(const lr_load_plot *plot, const char *class,
                       const double *x, const double *low, const double *high,
                       size_t count);

/* Shades all from `x` on to the right. */
void lr_load_plot_shade(const lr_load_plot *plot, double x, const char *text);

#endif
