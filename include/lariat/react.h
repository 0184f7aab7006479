/* SPDX-License-Identifier: MIT
 * lariat_react: a whole program in one call. */
#ifndef LARIAT_REACT_H
#define LARIAT_REACT_H

#include <lariat/client.h>
#include <lariat/coroutine.h>
#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/program.h>

LARIAT_BEGIN_C

/* The program: starts its work and returns a deferred for its end, whose
 * reference it gives away.  NULL means that there is nothing to do. */
typedef lariat_deferred *(*lariat_app)(lariat_client *client, int argc,
                                       char **argv);

/* Makes a reactor on this thread, a pool and a client with the defaults, calls
 * `app`, runs the reactor until the deferred fires, as lariat_program_run does
 * (shutdown triggers and signals included), and then closes everything.
 * Returns the program's exit code, as that does; 1 also when something could
 * not be made.  Any thread that has no reactor running. */
LARIAT_API LARIAT_MUST_USE int lariat_react(lariat_app app, int argc,
                                            char **argv);

/* Does the same with options for the pool and for the client; NULL: the
 * defaults.  They are copied before `app` is called.  An option that makes no
 * sense is said by its name, in one sentence on standard error, and the exit
 * code is 1, as it is for whatever could not be made. */
LARIAT_API LARIAT_MUST_USE int
lariat_react_with(const lariat_pool_options *pool,
                  const lariat_client_options *client, lariat_app app, int argc,
                  char **argv);

/* The program as a coroutine: may await, and its failure or value is the
 * program's end.  It has a stack of 1 MiB. */
typedef lariat_value (*lariat_coroutine_app)(lariat_client *client, int argc,
                                             char **argv);

/* Runs a program as lariat_react does.  Coroutines that still wait when the
 * program's has ended are ended, as by lariat_coroutine_end_all. */
LARIAT_API LARIAT_MUST_USE int lariat_react_coroutine(lariat_coroutine_app app,
                                                      int argc, char **argv);

/* Does the same with options, as lariat_react_with. */
LARIAT_API LARIAT_MUST_USE int
lariat_react_coroutine_with(const lariat_pool_options *pool,
                            const lariat_client_options *client,
                            lariat_coroutine_app app, int argc, char **argv);

LARIAT_END_C

#endif
