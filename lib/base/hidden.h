/* SPDX-License-Identifier: MIT
 * hidden.h: for variables and functions whose address is needed on the hottest
 * ways: told that they stay inside of the library, the compiler reaches them
 * without a look into a table. */
#ifndef LR_BASE_HIDDEN_H
#define LR_BASE_HIDDEN_H

#define LR_HIDDEN __attribute__((visibility("hidden")))

/* What hardly ever is so. */
#define LR_RARE(condition) __builtin_expect((condition), 0)

#endif
