/* SPDX-License-Identifier: MIT
 * Await: inside a coroutine, a deferred's result in plain sequence, as
 * Twisted's inlineCallbacks has it.  For the reactor's thread.
 *
 * What an await returns is the caller's: a value, or a failure
 * (lariat_is_failure).  Besides the deferred's own failures it can be one with
 *   LARIAT_ECLOSED    the reactor is being closed: the coroutine should end
 *   LARIAT_ENOTFOUND  nobody has the deferred any more, so it will never fire
 *   LARIAT_ENOMEM
 * and, for misuse (with checks on it aborts):
 *   LARIAT_EOUTSIDE   not in a coroutine
 *   LARIAT_EBUSY      from a callback, a canceller or a destructor that runs
 *                     inside of the coroutine, or from a clean-up
 *   LARIAT_EALREADY   the deferred was awaited before
 *   LARIAT_ESELF      the deferred needs this coroutine's own result
 *   LARIAT_ETHREAD    the deferred belongs to another thread (the reference is
 *                     not given back then: it cannot be, from here)
 *   LARIAT_EINVAL     NULL */
#ifndef LARIAT_AWAIT_H
#define LARIAT_AWAIT_H

#include <stddef.h>

#include <lariat/coroutine.h>
#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* Waits until `deferred` has its result, behind all pairs that it has now, and
 * takes the result: the deferred keeps "none".  One that has its result gives
 * it at once.  Consumes a reference. */
LARIAT_API LARIAT_MUST_USE lariat_value lariat_await(lariat_deferred *deferred);

/* Waits for all deferreds, as lariat_gather_results: a lariat_list in the order
 * of the array, or LARIAT_EFIRST as soon as one fails.  Consumes the
 * references. */
LARIAT_API LARIAT_MUST_USE lariat_value
lariat_await_all(lariat_deferred *const *deferreds, size_t count);

/* Awaits `value` if it is of lariat_deferred_type, and returns any other as it
 * is: for what may be a deferred and may be its result already. */
LARIAT_API LARIAT_MUST_USE lariat_value lariat_await_value(lariat_value value);

LARIAT_END_C

#endif
