/* SPDX-License-Identifier: MIT
 * compare_plot.c: panels from 0 up, as wide as there are sides. */
#include "load/compare_plot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/compare_report.h"

/* In pixels. */
enum {
  MARGIN = 24,
  TITLE = 36,
  AXIS = 84, /* left of a panel, for the numbers */
  COLUMN = 110,
  HEIGHT = 220,
  PANEL = TITLE + HEIGHT + 48,
  TICKS = 4
};

/* Where a panel is, and what it shows. */
struct panel {
  struct text *out;
  const struct metric *metric;
  size_t index;
  double top; /* of the drawing */
  double most;
  bool failed;
};

__attribute__((format(printf, 2, 3))) static bool
add_format(struct text *out, const char *format, ...) {
  char *made = NULL;
  va_list arguments;
  va_start(arguments, format);
  bool added = vasprintf(&made, format, arguments) >= 0;
  va_end(arguments);
  if (!added) return false;
  added = text_add(out, made);
  free(made);
  return added;
}

/* ---- Panels ---- */

/* Chooses the highest number of an axis with round steps. */
static double choose_most(double most) {
  static const double steps[] = {1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10};
  double power = pow(10, floor(log10(most > 0 ? most : 1)));
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    if (steps[i] * power >= most) return steps[i] * power;
  return 10 * power;
}

static double find_most(size_t metric, const struct plot_side *sides,
                        size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < sides[i].count; j++)
      most = fmax(most, sides[i].values[metric][j]);
  return most;
}

static double y_of(const struct panel *panel, double value) {
  return panel->top + (double)HEIGHT * (1 - value / panel->most);
}

static void add_ticks(struct panel *panel, double right) {
  for (int i = 0; i <= TICKS; i++) {
    double value = panel->most * i / (double)TICKS;
    double y = y_of(panel, value);
    panel->failed |= !add_format(
        panel->out,
        "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
        "<text class=\"number\" x=\"%d\" y=\"%.1f\">%s</text>\n",
        AXIS, y, right, y, AXIS - 8, y + 4,
        metric_show(panel->metric, value).text);
  }
}

/* Adds the points of a side, beside each other in their order, and its
 * median. */
static void add_side(struct panel *panel, const struct plot_side *side,
                     double left) {
  const double *values = side->values[panel->index];
  double middle = left + (double)COLUMN / 2;
  double wide = (double)COLUMN * 0.6;
  for (size_t i = 0; i < side->count; i++)
    panel->failed |= !add_format(
        panel->out,
        "<circle cx=\"%.1f\" cy=\"%.1f\" "
        "r=\"3.5\"><title>%s</title></circle>\n",
        middle + wide * (((double)i + 0.5) / (double)side->count - 0.5),
        y_of(panel, values[i]), metric_show(panel->metric, values[i]).text);
  double median = compare_median(values, side->count);
  double y = y_of(panel, median);
  panel->failed |= !add_format(
      panel->out,
      "<line class=\"median\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
      "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">%s</text>"
      "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
      middle - wide / 2, y, middle + wide / 2, y, middle,
      panel->top + (double)(HEIGHT + 18), side->label, middle,
      panel->top + (double)(HEIGHT + 34),
      metric_show(panel->metric, median).text);
}

static bool add_panel(struct panel *panel, const struct plot_side *sides,
                      size_t count) {
  panel->most = choose_most(find_most(panel->index, sides, count));
  panel->failed = !add_format(
      panel->out, "<text class=\"title\" x=\"%d\" y=\"%.1f\">%s</text>\n",
      MARGIN, panel->top - 12, panel->metric->name);
  add_ticks(panel, (double)AXIS + (double)COLUMN * (double)count);
  for (size_t i = 0; i < count; i++)
    add_side(panel, &sides[i], (double)AXIS + (double)COLUMN * (double)i);
  return !panel->failed;
}

/* ---- The file ---- */

static bool add_head(struct text *out, size_t width, size_t height) {
  return add_format(
      out,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" "
      "height=\"%zu\" viewBox=\"0 0 %zu %zu\" role=\"img\">\n"
      "<title>Blocks of a comparison of load tests: each is a point, the "
      "lines are medians</title>\n"
      "<style>text{font:13px sans-serif;fill:#222}.title{font-weight:bold}"
      ".number{text-anchor:end;fill:#555}.label{text-anchor:middle}"
      ".grid{stroke:#ddd}.median{stroke:#2a6f4e;stroke-width:2}"
      "circle{fill:#3b6ea5;fill-opacity:.6}</style>\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
      width, height, width, height);
}

bool compare_plot(struct text *out, const struct metric *metrics,
                  size_t metric_count, const struct plot_side *sides,
                  size_t side_count) {
  size_t width = AXIS + COLUMN * side_count + MARGIN;
  if (!add_head(out, width, metric_count * PANEL + MARGIN)) return false;
  for (size_t i = 0; i < metric_count; i++) {
    struct panel panel = {.out = out,
                          .metric = &metrics[i],
                          .index = i,
                          .top = (double)(i * PANEL + TITLE)};
    if (!add_panel(&panel, sides, side_count)) return false;
  }
  return text_add(out, "</svg>\n");
}
