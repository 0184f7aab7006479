/* SPDX-License-Identifier: MIT
 * lariat_cooperator: long work, cut into units, that takes turns with
 * everything else on a reactor.  Twisted's Cooperator and CooperativeTask.
 * Every function here is for the owner's thread of the reactor. */
#ifndef LARIAT_COOPERATOR_H
#define LARIAT_COOPERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_cooperator lariat_cooperator;
typedef struct lariat_task lariat_task;

/* Does one unit of a task's work.  Called again and again until it sets
 * `*done`; the value that it returns then is the task's result.  A value before
 * is dropped, but for a deferred, which is waited for before the next unit, and
 * a failure (its own, or that deferred's), which ends the task. */
typedef lariat_value (*lariat_task_work)(void *context, bool *done);

typedef struct lariat_cooperator_options {
  size_t size;       /* sizeof(lariat_cooperator_options) */
  unsigned slice_ms; /* how long units are run in one turn; 0: 10 */
  bool (*is_over)(
      void *context); /* asked after each unit instead: whether
                         this turn's slice is over (NULL: by time) */
  void *context;      /* of `is_over` */
  bool not_started;   /* wait for lariat_cooperator_start */
} lariat_cooperator_options;

/* Makes a cooperator and puts it into `*out`; the caller has one reference.
 * `options` may be NULL.  Unfinished tasks hold it too.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_EINVAL  no `out`, no reactor, or options without their `size`
 * LARIAT_ECLOSED  the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_cooperator_new(
    lariat_reactor *reactor, const lariat_cooperator_options *options,
    lariat_cooperator **out);

/* Adds a reference; returns `cooperator`. */
LARIAT_API lariat_cooperator *
lariat_cooperator_retain(lariat_cooperator *cooperator);

/* Gives one reference back.  NULL is allowed. */
LARIAT_API void lariat_cooperator_release(lariat_cooperator *cooperator);

/* Begins, or begins again, to run units.  It does so from the start unless
 * made `not_started`. */
LARIAT_API void lariat_cooperator_start(lariat_cooperator *cooperator);

/* Stops the cooperator: every task ends with LARIAT_ESCHEDULERSTOPPED, those
 * that are paused or wait for a deferred when they would go on, and those added
 * later at once. Also done when the reactor closes. */
LARIAT_API void lariat_cooperator_stop(lariat_cooperator *cooperator);

/* Tells whether the cooperator is started and not stopped. */
LARIAT_API bool lariat_cooperator_running(const lariat_cooperator *cooperator);

/* Adds a task.  The context is destroyed once, when the task ends.  `out` may
 * be NULL; else the caller has one reference to what it gets.  Unfinished
 * tasks hold themselves.  On a stopped cooperator the task has ended when this
 * returns.  When an error is returned, the context stays with the caller.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_cooperator_add(lariat_cooperator *cooperator, lariat_task_work work,
                      void *context, lariat_destroy destroy, lariat_task **out);

/* Adds a task to a cooperator that each reactor has of its own.
 *
 * As lariat_cooperator_add and lariat_cooperator_new. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_cooperate(lariat_reactor *reactor, lariat_task_work work, void *context,
                 lariat_destroy destroy, lariat_task **out);

/* Adds a task of which only the end is wanted: a deferred as
 * lariat_task_when_done gives.  Never NULL; when the task cannot be added it
 * has failed and the context is destroyed. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_coiterate(lariat_cooperator *cooperator, lariat_task_work work,
                 void *context, lariat_destroy destroy);

/* Returns a new deferred for the task's end: its result, or the failure it
 * ended with (its own, LARIAT_ETASKSTOPPED, LARIAT_ESCHEDULERSTOPPED).  A
 * result that cannot be shared goes to the first deferred, and the others get
 * "none".  A failed task that nobody asked is reported as an unhandled failure.
 * Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_task_when_done(lariat_task *task);

/* Holds the task back until it was resumed as often as paused.
 *
 * LARIAT_OK
 * LARIAT_ETASKDONE, LARIAT_ETASKSTOPPED, LARIAT_ETASKFAILED,
 * LARIAT_ESCHEDULERSTOPPED  it has ended */
LARIAT_API lariat_status lariat_task_pause(lariat_task *task);

/* Lets a paused task go on, from the next turn; harmless when it ended while
 * it was paused.
 *
 * LARIAT_OK
 * LARIAT_ENOTPAUSED  it is not paused (waiting for a deferred is no pause) */
LARIAT_API lariat_status lariat_task_resume(lariat_task *task);

/* Ends the task.  The deferred it may wait for is left alone.
 *
 * As lariat_task_pause. */
LARIAT_API lariat_status lariat_task_stop(lariat_task *task);

/* Tells how the task ended, as lariat_task_pause says it; LARIAT_OK before. */
LARIAT_API lariat_status lariat_task_state(const lariat_task *task);

/* Adds a reference; returns `task`. */
LARIAT_API lariat_task *lariat_task_retain(lariat_task *task);

/* Gives one reference back.  NULL is allowed. */
LARIAT_API void lariat_task_release(lariat_task *task);

LARIAT_END_C

#endif
