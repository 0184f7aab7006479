/* SPDX-License-Identifier: MIT
 * chart.c: a box of 900 by 240, with a grid. */
#include "crawl/chart.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "output/units.h"

enum {
  WIDTH = 900,
  HEIGHT = 240,
  LEFT = 72,
  RIGHT = WIDTH - 20,
  TOP = 12,
  BOTTOM = HEIGHT - 28,
  PIECE_MAX = 400
};

/* Places on the axes: 0 is the origin, 1 the other end. */
static double place_x(double part) {
  return (int)LEFT + part * ((int)RIGHT - (int)LEFT);
}

static double place_y(double part) {
  return (int)BOTTOM - part * ((int)BOTTOM - (int)TOP);
}

static bool add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool add(struct text *text, const char *format, ...) {
  char piece[PIECE_MAX];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(piece, sizeof piece, format, arguments);
  va_end(arguments);
  return text_add(text, piece);
}

double chart_round_up(double number) {
  static const double steps[] = {1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 6, 8};
  double power = pow(10, floor(log10(number) + 1e-9));
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    if (number <= steps[i] * power * (1 + 1e-9)) return steps[i] * power;
  return 10 * power;
}

static double find_most(const struct chart *chart) {
  double most = 0;
  for (size_t i = 0; i < chart->line_count; i++)
    for (size_t j = 0; j < chart->count; j++)
      most = fmax(most, chart->lines[i].values[j]);
  return most > 0 ? most : 1;
}

/* Returns how far the marks of the time are apart: at most nine of them. */
static double find_time_step(double seconds) {
  static const double steps[] = {1,    2,    5,     10,    15,    30,
                                 60,   120,  300,   600,   900,   1800,
                                 3600, 7200, 10800, 21600, 43200, 86400};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    if (seconds / steps[i] <= 9) return steps[i];
  return chart_round_up(seconds / 86400 / 9) * 86400;
}

/* ---- Labels ---- */

static void put_time(char *to, size_t capacity, double seconds, double step) {
  if (step >= 86400)
    snprintf(to, capacity, "%.0f d", seconds / 86400);
  else if (step >= 3600)
    snprintf(to, capacity, "%.0f h", seconds / 3600);
  else if (step >= 60)
    snprintf(to, capacity, "%.0f min", seconds / 60);
  else
    snprintf(to, capacity, "%.0f s", seconds);
}

/* Writes "20 k", "1.5 M". */
static void put_count(char *to, size_t capacity, double number) {
  static const char *const units[] = {"", " k", " M", " G", " T"};
  size_t unit = 0;
  for (; number >= 1000 && unit < 4; unit++) number /= 1000;
  snprintf(to, capacity, "%.4g%s", number, units[unit]);
}

static void put_value(char *to, size_t capacity, enum chart_unit unit,
                      double number) {
  char count[24];
  put_count(count, sizeof count, number);
  switch (unit) {
  case CHART_BYTES:
    snprintf(to, capacity, "%s", units_bytes(number).text);
    return;
  case CHART_PER_SECOND:
    snprintf(to, capacity, "%s/s", count);
    return;
  case CHART_COUNT:
    snprintf(to, capacity, "%s", count);
    return;
  }
}

/* ---- The grid ---- */

static bool add_grid_line(struct text *text, double x1, double y1, double x2,
                          double y2) {
  return add(text,
             "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
             "y2=\"%.1f\"/>",
             x1, y1, x2, y2);
}

static bool add_label(struct text *text, double x, double y, const char *anchor,
                      const char *label) {
  return add(text, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
             x, y, anchor, label);
}

static bool add_time_marks(struct text *text, double seconds) {
  char label[48];
  double step = find_time_step(seconds);
  bool added = true;
  for (double at = 0; added && at <= seconds * 1.0001; at += step) {
    double x = place_x(at / seconds);
    put_time(label, sizeof label, at, step);
    added = add_grid_line(text, x, TOP, x, BOTTOM) &&
            add_label(text, x, BOTTOM + 18, x > RIGHT - 20 ? "end" : "middle",
                      label);
  }
  return added;
}

static bool add_value_marks(struct text *text, const struct chart *chart,
                            double top) {
  enum { MARKS = 4 };
  char label[48];
  bool added = true;
  for (int i = 0; added && i <= MARKS; i++) {
    double y = place_y((double)i / (int)MARKS);
    put_value(label, sizeof label, chart->unit, top * i / (int)MARKS);
    added = add_grid_line(text, LEFT, y, RIGHT, y) &&
            add_label(text, LEFT - 8, y + 4, "end", label);
  }
  return added;
}

/* ---- Lines ---- */

static bool add_line(struct text *text, const struct chart *chart,
                     const struct chart_line *line, double top) {
  bool added = add(text, "<path class=\"line %s\" d=\"", line->class);
  double last = chart->count > 1 ? (double)(chart->count - 1) : 1;
  for (size_t i = 0; added && i < chart->count; i++)
    added = add(text, "%c%.1f %.1f", i ? 'L' : 'M', place_x((double)i / last),
                place_y(fmin(line->values[i] / top, 1)));
  /* A single value holds for all of the time. */
  return added && (chart->count > 1 || add(text, "H%d", RIGHT)) &&
         add(text, "\"/>\n");
}

bool chart_add(struct text *text, const struct chart *chart) {
  double top = chart_round_up(find_most(chart));
  bool added = add(text,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d "
                   "%d\" role=\"img\" aria-label=\"%s\">\n",
                   WIDTH, HEIGHT, chart->label) &&
               add_time_marks(text, chart->seconds) &&
               add_value_marks(text, chart, top);
  for (size_t i = 0; added && i < chart->line_count; i++)
    added = add_line(text, chart, &chart->lines[i], top);
  return added && add(text, "</svg>\n");
}
