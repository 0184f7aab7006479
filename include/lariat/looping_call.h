/* SPDX-License-Identifier: MIT
 * lariat_looping_call: a function that is called again and again, at a fixed
 * interval.  Twisted's LoopingCall.  Every function here is for the owner's
 * thread of its reactor. */
#ifndef LARIAT_LOOPING_CALL_H
#define LARIAT_LOOPING_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_looping_call lariat_looping_call;

/* Values of this type hold a reference: the deferred of a loop that was
 * stopped brings one. */
LARIAT_API extern const lariat_type lariat_looping_call_type;

/* The function that is called.  The value that it returns is dropped, but for a
 * deferred, which is waited for before the next call is set, and a failure (its
 * own, or that deferred's), which ends the loop.  It may stop the loop, reset
 * it, or give up a reference to it. */
typedef lariat_value (*lariat_looped)(lariat_looping_call *loop, void *context);

/* Makes a loop that does not run yet and puts it into `*out`; the caller has
 * one reference.  While it runs it holds itself.  The context is destroyed
 * with the loop.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ECLOSED  the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_looping_call_new(
    lariat_reactor *reactor, lariat_looped function, void *context,
    lariat_destroy destroy, lariat_looping_call **out);

/* Starts the loop: calls at the start's time and every `interval_ms` after, or,
 * with `now` false, from the first interval's end on.  A call that is late does
 * not shift those after it, and ticks that have passed when a call is over are
 * skipped: lariat_looping_call_count says how many.  An interval of 0 means
 * once every turn.
 *
 * The deferred fires with the loop (lariat_looping_call_type) when it has
 * stopped; with the failure when a call failed; with LARIAT_ECLOSED when the
 * reactor closes.  Never NULL.  It has failed with LARIAT_EINVAL when the
 * interval is negative or too large to be a time, LARIAT_EALREADY when the
 * loop runs, LARIAT_ECLOSED, LARIAT_ENOMEM. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_looping_call_start(lariat_looping_call *loop, int64_t interval_ms,
                          bool now);

/* Stops the loop: no more calls.  The deferred fires inside, or, when a call
 * runs or is waited for, as soon as that is over.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_ENOTRUNNING  it does not run */
LARIAT_API lariat_status lariat_looping_call_stop(lariat_looping_call *loop);

/* Skips the next call and counts the interval anew from now on.  While a call
 * runs or is waited for, it does nothing.
 *
 * As lariat_looping_call_stop. */
LARIAT_API lariat_status lariat_looping_call_reset(lariat_looping_call *loop);

/* Changes the interval of a loop; the next call that is set goes by it.
 *
 * LARIAT_OK, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_EINVAL  negative, or too large to be a time */
LARIAT_API lariat_status lariat_looping_call_set_interval(
    lariat_looping_call *loop, int64_t interval_ms);

/* Tells whether the loop runs: false from its end on, be it stop or failure,
 * before the deferred fires. */
LARIAT_API bool lariat_looping_call_running(const lariat_looping_call *loop);

/* Returns for how many ticks the present, or last, call stands: 1, and more
 * when calls were skipped, so that the sum over all calls is the number of
 * ticks that have passed.  With an interval of 0 it is always 1; 0 before the
 * first. */
LARIAT_API uint64_t lariat_looping_call_count(const lariat_looping_call *loop);

/* Returns the loop in `value`, owned by it still; NULL for another type. */
LARIAT_API lariat_looping_call *lariat_looping_call_in(lariat_value value);

/* Adds a reference; returns `loop`. */
LARIAT_API lariat_looping_call *
lariat_looping_call_retain(lariat_looping_call *loop);

/* Gives one reference back.  NULL is allowed. */
LARIAT_API void lariat_looping_call_release(lariat_looping_call *loop);

LARIAT_END_C

#endif
