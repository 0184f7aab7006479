/* SPDX-License-Identifier: MIT
 * lariat_deferred: a result that will come.  It fires once and runs a chain of
 * callback/errback pairs; the meaning is that of Twisted's Deferred, rule for
 * rule (docs/deferreds.md has the few differences).
 *
 * Threads: a deferred belongs to the thread of its reactor.  Every function
 * here is for that thread.
 *
 * References: a function that returns a deferred gives one reference.  `add_*`
 * borrow theirs and return it, so that calls nest.  lariat_gather_results,
 * returning it from a callback and returning it from the program's main
 * function consume one.  A deferred dies with its last reference; when its
 * result is then a failure that nobody handled, that is reported, once.
 *
 * Values: a callback owns its argument and gives ownership of what it returns.
 * Returning a failure (lariat_failure_new) switches to the errback side;
 * returning a deferred (lariat_deferred_value) makes the chain wait for it. */
#ifndef LARIAT_DEFERRED_H
#define LARIAT_DEFERRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/failure.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_deferred lariat_deferred;
LARIAT_API extern const lariat_type lariat_deferred_type;

/* One side of a pair: takes `result` and returns the next one. */
typedef lariat_value (*lariat_callback)(lariat_value result, void *context);

/* Called to cancel: stops the work, and fires the deferred if there is
 * something better to say than "cancelled". */
typedef void (*lariat_canceller)(lariat_deferred *deferred, void *context);

/* Makes a deferred that has not fired.  `canceller` may be NULL; its context
 * is destroyed when the deferred fires or dies.  Never returns NULL: when out
 * of memory it is one that has failed with LARIAT_ENOMEM (and the context is
 * destroyed). */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_deferred_new(lariat_reactor *reactor, lariat_canceller canceller,
                    void *context, lariat_destroy destroy);

/* Makes a deferred that has fired with `result`, which it takes over (a failure
 * puts it on the errback side).  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_deferred_succeed(lariat_reactor *reactor, lariat_value result);

/* Returns a deferred for `value`, which it takes over: a deferred is given back
 * as it is, the same object with its reference (Twisted's ensureDeferred);
 * anything else is as lariat_deferred_succeed has it.  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_deferred_of(lariat_reactor *reactor, lariat_value value);

/* A function whose value becomes a result: anything, a failure, or a deferred
 * (lariat_deferred_value) to wait for. */
typedef lariat_value (*lariat_function)(void *context);

/* Runs `function` here and now and gives a deferred for what it returned, as
 * lariat_deferred_of does (Twisted's maybeDeferred).  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_maybe(lariat_reactor *reactor, lariat_function function, void *context);

/* Makes a deferred that has failed; the message is formatted as printf does.
 * With LARIAT_ETHREAD or LARIAT_EFORKED, on a thread or in a process that the
 * reactor is not of: a constant one, which is nobody's.  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_deferred_fail(lariat_reactor *reactor, lariat_status status,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a reference.  Returns `deferred`. */
LARIAT_API lariat_deferred *lariat_deferred_retain(lariat_deferred *deferred);

/* Gives one reference back.  NULL is allowed. */
LARIAT_API void lariat_deferred_release(lariat_deferred *deferred);

/* Gives the reference back, and lets a failure be dropped without a report. */
LARIAT_API void lariat_deferred_forget(lariat_deferred *deferred);

/* Adds one pair; exactly one side runs, and a NULL side passes its argument
 * on.  When the deferred has fired and is not waiting or running, the pair
 * runs at once, inside the call.  `context` goes to both sides.  Returns
 * `deferred`, borrowed.  When out of memory, the contexts of the whole chain
 * are destroyed and the deferred's result becomes LARIAT_ENOMEM. */
LARIAT_API lariat_deferred *
lariat_deferred_add_callbacks(lariat_deferred *deferred,
                              lariat_callback callback, lariat_callback errback,
                              void *context);

/* Adds one pair with a destructor for the context: it runs exactly once, after
 * whichever side ran, or when the pair dies without having run. */
LARIAT_API lariat_deferred *lariat_deferred_add_callbacks_owned(
    lariat_deferred *deferred, lariat_callback callback,
    lariat_callback errback, void *context, lariat_destroy destroy);

/* Add a pair with one side only, and one with the same function on both. */
LARIAT_API lariat_deferred *
lariat_deferred_add_callback(lariat_deferred *deferred,
                             lariat_callback callback, void *context);
LARIAT_API lariat_deferred *
lariat_deferred_add_errback(lariat_deferred *deferred, lariat_callback errback,
                            void *context);
LARIAT_API lariat_deferred *lariat_deferred_add_both(lariat_deferred *deferred,
                                                     lariat_callback both,
                                                     void *context);

/* Add the same three with a destructor for the context. */
LARIAT_API lariat_deferred *
lariat_deferred_add_callback_owned(lariat_deferred *deferred,
                                   lariat_callback callback, void *context,
                                   lariat_destroy destroy);
LARIAT_API lariat_deferred *
lariat_deferred_add_errback_owned(lariat_deferred *deferred,
                                  lariat_callback errback, void *context,
                                  lariat_destroy destroy);
LARIAT_API lariat_deferred *
lariat_deferred_add_both_owned(lariat_deferred *deferred, lariat_callback both,
                               void *context, lariat_destroy destroy);

/* Takes a result whose time ran out.  Owns `result` (the failure
 * LARIAT_ECANCELLED, or what an earlier pair or the canceller made of it) and
 * returns the new result, as a callback does. */
typedef lariat_value (*lariat_on_timeout)(lariat_value result,
                                          uint64_t timeout_ms, void *context);

/* Cancels `deferred` if the pairs that were added before this call have not
 * brought a result after `timeout_ms`.  A failure LARIAT_ECANCELLED that comes
 * of that turns into LARIAT_ETIMEDOUT; or `on_timeout`, where it is not NULL,
 * makes the result.  A cancel by somebody else stays what it is, and pairs
 * added afterwards are outside of the limit: the timer ends where the result
 * passes this pair of the chain.  `destroy` (may be NULL) is called with
 * `context` exactly once, whatever happened.  The timer holds a reference.
 * Returns `deferred`, borrowed.  When out of memory as
 * lariat_deferred_add_callbacks. */
LARIAT_API lariat_deferred *
lariat_deferred_add_timeout(lariat_deferred *deferred, uint64_t timeout_ms,
                            lariat_on_timeout on_timeout, void *context,
                            lariat_destroy destroy);

/* Adds a pair that fires `next` with the result, and leaves "none" here
 * (Twisted's chainDeferred).  One way: a cancel or a pause of `next` does not
 * come here.  When `next` had fired, the result here is the failure
 * LARIAT_EALREADY.  Holds a reference to `next` until then; the caller keeps
 * its own.  `next` fires inside this chain's run: many deferreds in a row
 * should be returned from callbacks instead, which takes no stack.  Returns
 * `deferred`, borrowed. */
LARIAT_API lariat_deferred *lariat_deferred_chain(lariat_deferred *deferred,
                                                  lariat_deferred *next);

/* Fires with `result`, which is taken over whatever is returned (and dropped
 * on an error).  A failure acts as lariat_deferred_errback.  The pairs run
 * inside the call.  A deferred must not be passed (LARIAT_EINVAL).
 *
 * LARIAT_OK       fired; or swallowed, once, after a cancel without canceller
 * LARIAT_EALREADY it had fired
 * LARIAT_EINVAL   `result` is a deferred, or the owner's thread is another */
LARIAT_API lariat_status lariat_deferred_callback(lariat_deferred *deferred,
                                                  lariat_value result);

/* Fires with a failure.  As lariat_deferred_callback; LARIAT_EINVAL when the
 * value is none. */
LARIAT_API lariat_status lariat_deferred_errback(lariat_deferred *deferred,
                                                 lariat_value failure);

/* Cancels `deferred`: one that has not fired calls its canceller and, if that
 * did not fire it, fails with LARIAT_ECANCELLED; one that waits for another
 * passes the cancel on; one that has its result is left alone. */
LARIAT_API void lariat_deferred_cancel(lariat_deferred *deferred);

/* Holds the chain back, and lets it go on.  Counted: as many unpauses as
 * pauses.  A pause from inside one of its own callbacks takes effect when that
 * run of the chain is over.
 *
 * unpause: LARIAT_OK; LARIAT_EALREADY when it is not paused. */
LARIAT_API void lariat_deferred_pause(lariat_deferred *deferred);
LARIAT_API lariat_status lariat_deferred_unpause(lariat_deferred *deferred);

/* Tells whether `deferred` has fired. */
LARIAT_API bool lariat_deferred_fired(const lariat_deferred *deferred);

/* Returns the result as it stands, borrowed: "none" before it fired and while
 * it waits for another. */
LARIAT_API lariat_value lariat_deferred_peek(const lariat_deferred *deferred);

/* Reports the failure to the hook of the reactor that is its context (NULL:
 * lariat_reactor_current()), and passes it on; passes other values on.  An
 * errback, Twisted's logError. */
LARIAT_API lariat_value lariat_report_failure(lariat_value failure,
                                              void *reactor);

/* Makes the value that, returned from a callback, makes the chain wait for
 * `deferred`.  It carries the caller's reference. */
static inline lariat_value lariat_deferred_value(lariat_deferred *deferred) {
  return lariat_value_of(&lariat_deferred_type, deferred);
}

/* Returns the reactor that `deferred` belongs to; NULL once that was closed,
 * and for a deferred that was made without memory or without a reactor. */
LARIAT_API lariat_reactor *
lariat_deferred_reactor(const lariat_deferred *deferred);

/* Writes "<deferred at 0x…>", "<deferred at 0x… current result: …>" or
 * "<deferred at 0x… waiting on deferred at 0x…>" into `text`, as snprintf
 * does.  It waits for one that a callback returned, or, before it has fired,
 * for the one that lariat_deferred_chain made it the next of. */
LARIAT_API int lariat_deferred_describe(const lariat_deferred *deferred,
                                        char *text, size_t capacity);

/* Writes where `deferred` was made and where it was first fired into `text`, as
 * snprintf does: "made by main < ..., fired by ...", each place being the
 * functions on the stack, from the inside out.  Empty unless debugging was on
 * at the time (lariat/debugging.h). */
LARIAT_API int lariat_deferred_places(const lariat_deferred *deferred,
                                      char *text, size_t capacity);

LARIAT_END_C

#endif
