/* SPDX-License-Identifier: MIT
 * A program's main function on a reactor.  Twisted's react.  (lariat/react.h
 * has the same with a pool and a client.) */
#ifndef LARIAT_PROGRAM_H
#define LARIAT_PROGRAM_H

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* Starts the program's work and returns a deferred for its end, whose
 * reference it gives away.  NULL means that there is nothing to do. */
typedef lariat_deferred *(*lariat_main)(lariat_reactor *reactor, void *context);

/* Calls `start`, runs the reactor until the deferred fires, and stops it, once:
 * shutdown triggers run as after any stop.  SIGINT and SIGTERM stop it too, if
 * no other reactor has them.  Returns the program's exit code:
 *
 *   0          the deferred succeeded, or the reactor was stopped before it
 *              fired
 *   CODE       it failed with lariat_exit(CODE)
 *   1          it failed otherwise, which is written to standard error; or the
 *              reactor could not run
 *   128 + S    signal S stopped the reactor
 *
 * The deferred is cancelled when the reactor was stopped before it fired, and
 * what comes of that is dropped.  The owner's thread, outside run. */
LARIAT_API LARIAT_MUST_USE int
lariat_program_run(lariat_reactor *reactor, lariat_main main, void *context);

/* Makes a failure (LARIAT_EEXIT) that ends the program with `code`, without a
 * message.  Any thread. */
LARIAT_API LARIAT_MUST_USE lariat_value lariat_exit(int code);

LARIAT_END_C

#endif
