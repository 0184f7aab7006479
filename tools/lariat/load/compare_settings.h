/* SPDX-License-Identifier: MIT
 * compare_settings.h: what `lariat load compare` was asked to do. */
#ifndef TOOLS_LARIAT_LOAD_COMPARE_SETTINGS_H
#define TOOLS_LARIAT_LOAD_COMPARE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "load/metric.h"
#include "load/series.h"
#include "load/words.h"

enum { COMPARE_SIDES = 16 };

enum compare_action {
  COMPARE_RUNS,     /* two command lines, in turns */
  COMPARE_REACTORS, /* one command line, with so many reactors */
  COMPARE_FILES,    /* results that there are */
  COMPARE_HELP
};

/* Arguments of what is run, or files of what was. */
struct compare_side {
  char label[40];         /* "A", "2 reactors" */
  struct words arguments; /* of `lariat load`; or files */
};

struct compare_settings {
  enum compare_action action;
  struct compare_side sides[COMPARE_SIDES];
  size_t side_count;
  struct metric metrics[SERIES_METRICS];
  size_t metric_count;
  uint64_t pairs;
  uint64_t seed;
  double tolerance;
  const char *json; /* NULL: none; "-": standard output */
  const char *svg;
  bool quiet;
};

/* Reads the arguments after "compare".  Says what is wrong with them, and
 * returns false. */
bool compare_settings_read(struct compare_settings *settings, int argc,
                           char **argv);
void compare_settings_free(struct compare_settings *settings);

void compare_print_help(FILE *file);

#endif
