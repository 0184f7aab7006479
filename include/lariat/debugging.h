/* SPDX-License-Identifier: MIT
 * Debugging of deferreds: where was it made, and where did it fire? */
#ifndef LARIAT_DEBUGGING_H
#define LARIAT_DEBUGGING_H

#include <stdbool.h>

#include <lariat/export.h>

LARIAT_BEGIN_C

/* Switches debugging on or off, process-wide.  While it is on, each deferred
 * that is made, and each that is fired, remembers by whom: the functions on the
 * stack.  The report of a failure that nobody handled names both places, and so
 * does lariat_deferred_places.  What was made while it was off is never
 * remembered.  Off from the start, unless the environment has
 * LARIAT_DEBUGGING=1.  It costs a few microseconds for each deferred; off,
 * nothing.  Any thread. */
LARIAT_API void lariat_set_debugging(bool on);

/* Tells whether debugging is on.  Any thread. */
LARIAT_API bool lariat_debugging(void);

LARIAT_END_C

#endif
