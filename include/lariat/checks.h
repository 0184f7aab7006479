/* SPDX-License-Identifier: MIT
 * Checks that find misuse: a function called on the wrong thread, a value
 * opened as the wrong type, dropped twice or used after its drop, a deferred
 * released once too often. */
#ifndef LARIAT_CHECKS_H
#define LARIAT_CHECKS_H

#include <stdbool.h>

#include <lariat/export.h>

LARIAT_BEGIN_C

/* Switches the checks on or off, process-wide.  They are on from the start
 * where lariat was built so (CMake's LARIAT_CHECKS; by default in debug builds)
 * and where the environment has LARIAT_CHECKS=1, else off.  With
 * checks on, misuse is reported on standard error, with the function and (for
 * threads) both threads' names, and the process aborts.  With checks off, the
 * misused function returns its error status where it has one.  What was dropped
 * or released is told from what lives for the next thousand drops or so, of
 * objects that were made while the checks were on.  Any thread. */
LARIAT_API void lariat_set_checks(bool on);

/* Tells whether the checks are on.  Any thread. */
LARIAT_API bool lariat_checks(void);

LARIAT_END_C

#endif
