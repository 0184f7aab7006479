/* SPDX-License-Identifier: MIT
 * A deferred that fires after a while.  Twisted's deferLater. */
#ifndef LARIAT_LATER_H
#define LARIAT_LATER_H

#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* A function whose value becomes a result: anything, a failure, or a deferred
 * (lariat_deferred_value) to wait for. */
typedef lariat_value (*lariat_function)(void *context);

/* Calls `function` after `delay_ms`, or nothing when it is NULL; the deferred
 * fires with what it returns, or "none".  Cancelling prevents the call, or
 * cancels the deferred that it returned.  The context is destroyed once: after
 * the call, or instead of it.  When the reactor closes before, the deferred
 * fails with LARIAT_ECLOSED.  Never NULL; without memory it has failed with
 * LARIAT_ENOMEM.  The owner's thread. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_later(lariat_reactor *reactor, uint64_t delay_ms,
             lariat_function function, void *context, lariat_destroy destroy);

LARIAT_END_C

#endif
