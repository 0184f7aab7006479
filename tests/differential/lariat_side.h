/* SPDX-License-Identifier: MIT
 * lariat_side.h: runs programs over lariat's deferreds. */
#ifndef TESTS_DIFFERENTIAL_LARIAT_SIDE_H
#define TESTS_DIFFERENTIAL_LARIAT_SIDE_H

/* Answers batches of programs on `commands` with their traces on `answers`
 * until there are no more, as twisted_side.py does.  A batch of no bytes asks
 * how often each operation was performed.  `rows` are the names of the rows of
 * the table of differences, with commas.  0, or what main should return. */
int lariat_side(int commands, int answers, const char *rows);

#endif
