/* SPDX-License-Identifier: MIT
 * compare.h: whether two traces of a program are the same. */
#ifndef TESTS_DIFFERENTIAL_COMPARE_H
#define TESTS_DIFFERENTIAL_COMPARE_H

/* The line of a trace that says so. */
#define CIRCLE "(a circle that counts may not find)\n"

enum comparison {
  TRACES_SAME,
  TRACES_SAME_IN_PART, /* but for what is left at the end */
  TRACES_DIFFER
};

/* Compares one program's traces, which end with a line "end", and moves both
 * pointers behind them.
 *
 * Where a side found a circle among what is left at the end, one that counts
 * of references may not find, the lines are left out that say what was
 * destroyed and what was reported. */
enum comparison compare_traces(const char **lariat, const char **twisted);

#endif
