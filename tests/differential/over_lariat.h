/* SPDX-License-Identifier: MIT
 * over_lariat.h: runs programs over lariat's deferreds. */
#ifndef TESTS_DIFFERENTIAL_OVER_LARIAT_H
#define TESTS_DIFFERENTIAL_OVER_LARIAT_H

/* Answers batches of programs on `commands` with their traces on `answers`
 * until there are no more, as over_twisted.py does.  A batch of no bytes asks
 * how often each operation was performed.  `rows` are the names of the rows of
 * the table of differences, with commas.  0, or what main should return. */
int over_lariat(int commands, int answers, const char *rows);

#endif
