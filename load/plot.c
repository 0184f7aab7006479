/* SPDX-License-Identifier: MIT
 * plot.c: coordinates are tenths of a unit, in a box of 900 by 260. */
#include "plot.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

enum {
  WIDTH = 900,
  HEIGHT = 260,
  LEFT = 70,
  RIGHT = WIDTH - 20,
  TOP = 12,
  BOTTOM = HEIGHT - 28,
  TICKS = 24
};

/* ---- Axes ---- */

static bool is_logarithmic(const lr_load_axis *axis) {
  return axis->kind == LR_LOAD_SCALE_DURATION;
}

/* Returns the largest of 1, 2 and 5 times a power of ten up to `number`. */
static double round_down(double number) {
  double power = pow(10, floor(log10(number) + 1e-9));
  double digit = number / power + 1e-9;
  return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

/* Returns the next number of this row: 1, 2, 5, 10. */
static double step_up(double number) {
  return round_down(number *
                    (round_down(number * 2.1) > number * 1.5 ? 2.1 : 2.6));
}

static double round_up(double number) {
  double down = round_down(number);
  return down >= number * (1 - 1e-9) ? down : step_up(down);
}

/* Returns how far the marks of a linear axis are apart: about five of them. */
static double find_step(const lr_load_axis *axis) {
  static const double times[] = {1,    2,    5,     10,    15,    30,
                                 60,   120,  300,   600,   900,   1800,
                                 3600, 7200, 10800, 21600, 43200, 86400};
  double span = axis->high - axis->low;
  if (axis->kind != LR_LOAD_SCALE_SECONDS || span > 86400 * 8)
    return round_up(span / 6);
  if (span < 4) return round_up(span / 6);
  size_t i = 0;
  while (span / times[i] > 9) i++;
  return times[i];
}

static lr_load_axis make_logarithmic(double least, double most) {
  if (!(least >= 1000)) least = 1000; /* a microsecond */
  if (!(most > least)) most = least;
  lr_load_axis axis = {LR_LOAD_SCALE_DURATION, round_down(least),
                       round_up(most)};
  if (axis.high < axis.low * 1.5) axis.high = step_up(axis.high);
  return axis;
}

lr_load_axis lr_load_axis_make(lr_load_scale_kind kind, double least,
                               double most) {
  if (kind == LR_LOAD_SCALE_DURATION) return make_logarithmic(least, most);
  lr_load_axis axis = {kind, least, most > least ? most : least + 1};
  if (kind == LR_LOAD_SCALE_SECONDS || kind == LR_LOAD_SCALE_NINES) return axis;
  double step = find_step(&axis);
  /* Of shares the most is the end; of rates a line has space above it. */
  double more = kind == LR_LOAD_SCALE_RATE ? 1.02 : 1;
  axis.high = ceil(axis.high * more / step - 1e-9) * step;
  return axis;
}

/* Returns where a value is, from 0 to 1. */
static double place_on(const lr_load_axis *axis, double value) {
  double share = is_logarithmic(axis)
                     ? log(fmax(value, axis->low) / axis->low) /
                           log(axis->high / axis->low)
                     : (value - axis->low) / (axis->high - axis->low);
  return fmin(fmax(share, 0), 1);
}

static double place_x(const lr_load_plot *plot, double value) {
  return (double)LEFT + place_on(&plot->x, value) * (double)(RIGHT - LEFT);
}

static double place_y(const lr_load_plot *plot, double value) {
  return (double)BOTTOM - place_on(&plot->y, value) * (double)(BOTTOM - TOP);
}

/* ---- Marks ---- */

static size_t add_logarithmic(const lr_load_axis *axis, double *marks) {
  size_t count = 0;
  bool wide = axis->high / axis->low > 300;
  for (double at = axis->low; at < axis->high * 1.001 && count < TICKS;
       at = step_up(at)) {
    bool decade = fabs(log10(at) - round(log10(at))) < 1e-6;
    if (decade || !wide) marks[count++] = at;
  }
  return count;
}

static size_t add_linear(const lr_load_axis *axis, double *marks) {
  size_t count = 0;
  double step = find_step(axis);
  for (double i = ceil(axis->low / step - 1e-9);
       i * step <= axis->high + step * 1e-6 && count < TICKS; i++)
    marks[count++] = i * step;
  return count;
}

/* 0, 50, 90, 99 %, and so on. */
static size_t add_nines(const lr_load_axis *axis, double *marks) {
  size_t count = 0;
  marks[count++] = 0;
  marks[count++] = log10(2);
  for (double at = 1; at <= axis->high && count < TICKS; at++)
    marks[count++] = at;
  return count;
}

static size_t find_marks(const lr_load_axis *axis, double *marks) {
  if (is_logarithmic(axis)) return add_logarithmic(axis, marks);
  return axis->kind == LR_LOAD_SCALE_NINES ? add_nines(axis, marks)
                                           : add_linear(axis, marks);
}

/* ---- Labels ---- */

/* "99.9 %". */
static void put_nines(char *to, size_t size, double at) {
  static const char *const first[] = {"0", "90", "99"};
  int nines = (int)floor(at + 1e-9);
  if (at > 0 && nines == 0)
    snprintf(to, size, "50 %%");
  else if (nines < 3)
    snprintf(to, size, "%s %%", first[nines]);
  else
    snprintf(to, size, "99.%.*s %%", nines - 2, "999999999999999999");
}

static void put_seconds(char *to, size_t size, double seconds) {
  unsigned long whole = (unsigned long)llround(seconds);
  double rest = fabs(seconds - (double)whole);
  if (whole < 60 || rest > 1e-6 || whole % 60)
    snprintf(to, size, "%s s", lr_load_show_number(seconds).text);
  else if (whole % 3600)
    snprintf(to, size, "%lu min", whole / 60);
  else
    snprintf(to, size, "%lu h", whole / 3600);
}

static void put_label(char *to, size_t size, const lr_load_axis *axis,
                      double at) {
  switch (axis->kind) {
  case LR_LOAD_SCALE_DURATION:
    snprintf(to, size, "%s", lr_load_show_short((uint64_t)(at + 0.5)).text);
    return;
  case LR_LOAD_SCALE_RATE:
    snprintf(to, size, "%s/s", lr_load_show_number(at).text);
    return;
  case LR_LOAD_SCALE_PER_CENT:
    snprintf(to, size, "%s %%", lr_load_show_number(at).text);
    return;
  case LR_LOAD_SCALE_SECONDS:
    put_seconds(to, size, at);
    return;
  case LR_LOAD_SCALE_NINES:
    put_nines(to, size, at);
    return;
  }
}

/* ---- Drawing ---- */

/* Adds a coordinate, with one decimal at the most. */
static void add_number(lr_load_text *out, double number) {
  lr_load_text_decimal(out, (uint64_t)llround(fmax(number, 0) * 10), 1);
}

static void add_attribute(lr_load_text *out, const char *name, double number) {
  lr_load_text_format(out, " %s=\"", name);
  add_number(out, number);
  lr_load_text_add(out, "\"");
}

static void add_grid_line(lr_load_text *out, double x1, double y1, double x2,
                          double y2) {
  lr_load_text_add(out, "<line class=\"grid\"");
  add_attribute(out, "x1", x1);
  add_attribute(out, "y1", y1);
  add_attribute(out, "x2", x2);
  add_attribute(out, "y2", y2);
  lr_load_text_add(out, "/>");
}

/* Adds a text that stands at its "start", its "middle" or its "end". */
static void add_text(lr_load_text *out, double x, double y, const char *anchor,
                     const char *string) {
  lr_load_text_add(out, "<text");
  add_attribute(out, "x", x);
  add_attribute(out, "y", y);
  lr_load_text_format(out, " text-anchor=\"%s\">%s</text>", anchor, string);
}

static void draw_x_marks(const lr_load_plot *plot) {
  double marks[TICKS];
  size_t count = find_marks(&plot->x, marks);
  for (size_t i = 0; i < count; i++) {
    char label[48];
    double x = place_x(plot, marks[i]);
    put_label(label, sizeof(label), &plot->x, marks[i]);
    add_grid_line(plot->out, x, TOP, x, BOTTOM);
    add_text(plot->out, x, BOTTOM + 18, x > RIGHT - 20 ? "end" : "middle",
             label);
  }
}

static void draw_y_marks(const lr_load_plot *plot) {
  double marks[TICKS];
  size_t count = find_marks(&plot->y, marks);
  for (size_t i = 0; i < count; i++) {
    char label[48];
    double y = place_y(plot, marks[i]);
    put_label(label, sizeof(label), &plot->y, marks[i]);
    add_grid_line(plot->out, LEFT, y, RIGHT, y);
    add_text(plot->out, LEFT - 8, y + 4, "end", label);
  }
}

void lr_load_plot_open(const lr_load_plot *plot, const char *label) {
  lr_load_text_format(plot->out,
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                      "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
                      WIDTH, HEIGHT, label);
  draw_x_marks(plot);
  draw_y_marks(plot);
  lr_load_text_add(plot->out, "\n");
}

void lr_load_plot_close(const lr_load_plot *plot) {
  lr_load_text_add(plot->out, "</svg>\n");
}

static void add_point(const lr_load_plot *plot, char command, double x,
                      double y) {
  lr_load_text_repeat(plot->out, command, 1);
  add_number(plot->out, place_x(plot, x));
  lr_load_text_add(plot->out, " ");
  add_number(plot->out, place_y(plot, y));
}

/* A point without neighbours is a line of no length, whose ends are round. */
void lr_load_plot_line(const lr_load_plot *plot, const char *class,
                       const double *x, const double *y, size_t count) {
  bool within = false;
  lr_load_text_format(plot->out, "<path class=\"line %s\" d=\"", class);
  for (size_t i = 0; i < count; i++) {
    if (isnan(y[i])) {
      within = false;
      continue;
    }
    add_point(plot, within ? 'L' : 'M', x[i], y[i]);
    if (!within) lr_load_text_add(plot->out, "h0");
    within = true;
  }
  lr_load_text_add(plot->out, "\"/>\n");
}

/* Returns how many points from the first one on have no gap. */
static size_t count_gapless(const double *low, const double *high,
                            size_t count) {
  size_t i = 0;
  while (i < count && !isnan(low[i]) && !isnan(high[i])) i++;
  return i;
}

/* Adds the outline of a band without gaps: there, and back. */
static void add_outline(const lr_load_plot *plot, const double *x,
                        const double *low, const double *high, size_t count) {
  for (size_t i = 0; i < count; i++)
    add_point(plot, i ? 'L' : 'M', x[i], high[i]);
  for (size_t i = count; i-- > 0;) add_point(plot, 'L', x[i], low[i]);
  lr_load_text_add(plot->out, "Z");
}

void lr_load_plot_band(const lr_load_plot *plot, const char *class,
                       const double *x, const double *low, const double *high,
                       size_t count) {
  lr_load_text_format(plot->out, "<path class=\"band %s\" d=\"", class);
  for (size_t i = 0; i < count; i++) {
    size_t length = count_gapless(low + i, high + i, count - i);
    if (length) add_outline(plot, x + i, low + i, high + i, length);
    i += length;
  }
  lr_load_text_add(plot->out, "\"/>\n");
}

void lr_load_plot_shade(const lr_load_plot *plot, double x, const char *text) {
  double from = place_x(plot, x);
  lr_load_text_add(plot->out, "<rect class=\"shade\"");
  add_attribute(plot->out, "x", from);
  add_attribute(plot->out, "y", TOP);
  add_attribute(plot->out, "width", (double)RIGHT - from);
  add_attribute(plot->out, "height", BOTTOM - TOP);
  lr_load_text_add(plot->out, "/>");
  add_text(plot->out, RIGHT - 6, BOTTOM - 8, "end", text);
  lr_load_text_add(plot->out, "\n");
}
