/* SPDX-License-Identifier: MIT
 * Coroutines: functions that can be suspended in the middle, so that code which
 * waits reads from top to bottom.  lariat/await.h has what they wait with.
 *
 * A coroutine belongs to a reactor and runs on its thread, on a small stack of
 * its own.  Any function that it calls may await.  What it calls runs on its
 * stack: so do the callbacks of a deferred that it fires, or adds to when that
 * has fired.
 *
 * Unless its comment says otherwise, a function here is for the reactor's
 * thread. */
#ifndef LARIAT_COROUTINE_H
#define LARIAT_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* The body that a coroutine runs.  It gives away the value that it returns: a
 * failure is the coroutine's failure, and a deferred (lariat_deferred_value) is
 * awaited first. */
typedef lariat_value (*lariat_coroutine_body)(void *argument);

typedef struct lariat_coroutine_options {
  size_t size;            /* sizeof(lariat_coroutine_options) */
  const char *name;       /* for messages; not copied; NULL: "coroutine" */
  size_t stack_bytes;     /* 0: the reactor's default */
  lariat_destroy destroy; /* of the argument, when the body has ended, or
                             instead of it; may be NULL */
} lariat_coroutine_options;

/* Starts a coroutine: `body` runs at once, until it waits for the first time
 * or ends.  The deferred fires with what it returns.  Cancelling the deferred
 * cancels what the coroutine waits for, and so arrives where it waits; what
 * comes of it is the coroutine's to say.  When it waits for nothing, the
 * cancel is kept for the next time, or for lariat_coroutine_check.
 *
 * Never NULL; a coroutine that could not be started has failed with
 *   LARIAT_ENOMEM
 *   LARIAT_EMAPS    there is no stack: the process has too many mappings
 *   LARIAT_EINVAL   no body, the size of the stack makes no sense, or options
 *                   without their `size`: then the argument stays the caller's
 *   LARIAT_ECLOSED  the reactor is being closed
 *   LARIAT_ETHREAD, LARIAT_EFORKED */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_coroutine_start(lariat_reactor *reactor, lariat_coroutine_body body,
                       void *argument);
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_coroutine_start_with(lariat_reactor *reactor, lariat_coroutine_body body,
                            void *argument,
                            const lariat_coroutine_options *options);

/* Tell whether the caller runs in a coroutine; its reactor (NULL outside); its
 * name (NULL outside).  Any thread. */
LARIAT_API bool lariat_coroutine_running(void);
LARIAT_API lariat_reactor *lariat_coroutine_reactor(void);
LARIAT_API const char *lariat_coroutine_name(void);

/* Waits for `ms` milliseconds, while the reactor goes on.
 *
 * LARIAT_OK
 * LARIAT_ECANCELLED  the coroutine was cancelled meanwhile, or before
 * LARIAT_ECLOSED     the reactor is being closed: the coroutine should end
 * LARIAT_EOUTSIDE    not in a coroutine
 * LARIAT_EBUSY       from a callback, a canceller or a destructor that runs
 *                    inside of the coroutine, or from a clean-up
 * LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_coroutine_sleep(uint64_t ms);

/* Lets the reactor's other work go on; runs again in its next turn.  As
 * lariat_coroutine_sleep. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_coroutine_yield(void);

/* Tells whether the coroutine should end, for long work without a wait in it.
 *
 * LARIAT_OK          it may go on
 * LARIAT_ECANCELLED  it was cancelled since it waited last; told once
 * LARIAT_ECLOSED     the reactor is being closed
 * LARIAT_EOUTSIDE */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_coroutine_check(void);

/* Runs `cleanup` when the coroutine ends, however that comes about; the one
 * added last runs first.  It must not wait.  On an error it was not added.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_EOUTSIDE, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_coroutine_add_cleanup(lariat_destroy cleanup, void *context);

/* Takes the clean-up back, the newest that is like this: it will not run.
 *
 * LARIAT_OK, LARIAT_EOUTSIDE
 * LARIAT_ENOTFOUND  there is none like this (any more) */
LARIAT_API lariat_status lariat_coroutine_remove_cleanup(lariat_destroy cleanup,
                                                         void *context);

/* Ends the coroutines of `reactor` that wait, the youngest first: their waits
 * return with failures, and each further wait fails at once with
 * LARIAT_ECLOSED.  No coroutine can be started meanwhile.  One that waits
 * thousands of times all the same is given up: its clean-ups run, what is
 * left of its body does not, and its deferred fails with LARIAT_ECLOSED.
 * Closing the reactor does this; do it earlier when something that coroutines
 * use, such as a client, is closed before. */
LARIAT_API void lariat_coroutine_end_all(lariat_reactor *reactor);

/* ---- Stacks ---- */

/* The guards below each stack, which catch one that overflows.
 *   MADVISE   guard markers: no mapping more, however many stacks (Linux 6.13)
 *   MPROTECT  two mappings a stack; vm.max_map_count is the limit (about
 *             30,000 stacks by default) */
typedef enum lariat_guard {
  LARIAT_GUARD_AUTO = 0, /* MADVISE where the system has it */
  LARIAT_GUARD_MADVISE = 1,
  LARIAT_GUARD_MPROTECT = 2
} lariat_guard;

typedef struct lariat_stack_options {
  size_t size;        /* sizeof(lariat_stack_options) */
  size_t bytes;       /* of a stack, if its coroutine does not say; from 16 KiB
                         to 1 GiB, rounded up to a power of two; 0: 64 KiB */
  size_t idle;        /* how many unused stacks keep their memory; that of
                         others goes back to the system; 0: 1,024 */
  lariat_guard guard; /* default AUTO */
  bool measure;       /* see lariat_coroutine_stack_used; costs the memory of
                         whole stacks */
} lariat_stack_options;

/* Returns the defaults: `measure` is on where the checks for misuse are on from
 * the start (see checks.h).  Any thread. */
LARIAT_API lariat_stack_options lariat_stack_defaults(void);

/* Sets how the reactor's stacks are made from now on.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_EINVAL   an option makes no sense, or they are without their `size`
 * LARIAT_ECLOSED  the reactor is being closed
 * LARIAT_ESYSTEM  MADVISE was asked for, and the system does not have it */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_coroutine_set_stacks(
    lariat_reactor *reactor, const lariat_stack_options *options);

/* Returns the most bytes of its stack that the coroutine ever used; `deferred`
 * is the one that starting it gave, also after the end; NULL means the running
 * coroutine.  0 when it is no coroutine, or was not measured. */
LARIAT_API size_t lariat_coroutine_stack_used(const lariat_deferred *deferred);

/* Makes the process say which coroutine it was that overflowed its stack,
 * before it dies as it would have.  Installs a handler for SIGSEGV, which
 * passes everything on to the handler that was there before; for each thread
 * that starts its first coroutine afterwards, an alternate signal stack if it
 * has none.  Any thread; once is enough.
 *
 * LARIAT_OK, LARIAT_ESYSTEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_coroutine_explain_overflows(void);

LARIAT_END_C

#endif
