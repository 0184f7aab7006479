/* SPDX-License-Identifier: MIT
 * spelling.h: which of several names was meant. */
#ifndef TOOLS_LARIAT_SPELLING_H
#define TOOLS_LARIAT_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

/* Returns how many letters must be changed, added, left out or swapped with
 * their neighbour to make `b` of `a`; a large number for long names. */
size_t spelling_distance(const char *a, const char *b);

/* Tells whether `name` may have been meant by `typed`: it begins with that, or
 * is a third of its letters away from it at most. */
bool spelling_is_near(const char *typed, const char *name);

#endif
