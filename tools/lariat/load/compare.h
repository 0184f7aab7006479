/* SPDX-License-Identifier: MIT
 * compare.h: the command `lariat load compare`. */
#ifndef TOOLS_LARIAT_LOAD_COMPARE_H
#define TOOLS_LARIAT_LOAD_COMPARE_H

/* Runs it; `argv[0]` is "compare".  Returns the exit code: 0, 1 B is slower in
 * a metric, 2 usage, 3 a block was INVALID, 130 interrupted. */
int load_compare_main(int argc, char **argv);

#endif
