/* SPDX-License-Identifier: MIT
 * attributes.h: what the compiler is told about functions and variables for
 * the hot path's sake. */
#ifndef LR_BASE_ATTRIBUTES_H
#define LR_BASE_ATTRIBUTES_H

/* Says that a variable or function stays inside of the library: its address is
 * then reached without a look into a table. */
#define LR_HIDDEN __attribute__((visibility("hidden")))

/* Says that `condition` hardly ever holds. */
#define LR_RARE(condition) __builtin_expect((condition), 0)

/* Keeps a function that the hot path hardly ever calls out of its callers, so
 * that they save no registers for what it does. */
#define LR_COLD __attribute__((noinline))

/* Puts a function that the hot path calls for each header into its callers,
 * however many they are. */
#define LR_HOT inline __attribute__((always_inline))

#endif
