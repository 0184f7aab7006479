/* SPDX-License-Identifier: MIT
 * values.h: the values of programs on lariat's side, counted, and how traces
 * describe them. */
#ifndef TESTS_DIFFERENTIAL_VALUES_H
#define TESTS_DIFFERENTIAL_VALUES_H

#include "differential/text.h"
#include <lariat/failure.h>
#include <lariat/value.h>

/* What one program made, and what of it was dropped. */
struct counts {
  int values_made;
  int values_dropped;
  int contexts_made;
  int contexts_destroyed;
};

/* The value that a program writes as `word`. */
lariat_value value_from(struct counts *counts, const char *word);

/* Adds what traces call `value`. */
void describe(struct text *text, lariat_value value);

/* A failure of the program's own: its number is its message. */
lariat_value user_failure(const char *number);

#endif
