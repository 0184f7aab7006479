/* SPDX-License-Identifier: MIT
 * Thread calls: a function that is sent to run on another reactor's thread, and
 * whose value comes back (Twisted's deferToThread and callFromThread).
 * (lariat_pool_defer does it with a reactor of a pool; lariat_mailbox_call
 * sends a call of which nothing comes back.)
 *
 * The context is destroyed exactly once: on the other thread after the
 * function ran there, or instead of it when that reactor closes; on the
 * calling one when it could not be sent.  The value is moved from thread to
 * thread: it must be of a type whose `drop` may run on either. */
#ifndef LARIAT_THREAD_CALL_H
#define LARIAT_THREAD_CALL_H

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/later.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

/* Runs `function` on the reactor of mailbox `to`, in one of its next turns;
 * the deferred, which belongs to `reactor`, fires there with the value that it
 * returned. When that is a deferred of the other reactor, its result is waited
 * for there.  Exactly one outcome:
 *
 *   the value, or the failure, that was returned
 *   LARIAT_ECANCELLED  it was cancelled: at once; a function that has not
 *                      begun does not run, a deferred that it waits for is
 *                      cancelled, and what comes of it is dropped
 *   LARIAT_ECLOSED     either reactor was closed meanwhile; that of the caller
 *                      waits for the call to end, as for a fetch
 *   LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_EFORKED
 *
 * Never NULL.  The thread of `reactor`. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_mailbox_defer(lariat_mailbox *to, lariat_reactor *reactor,
                     lariat_function function, void *context,
                     lariat_destroy destroy);

/* Runs `function` on the reactor of mailbox `to` and blocks the calling thread
 * until its value is there; when that is a deferred, until it has fired.  The
 * value, or the failure, is put into `*out`, and is the caller's to drop.  For
 * threads that have nothing else to do: it is refused where the wait could
 * never end.  Any other thread.
 *
 * LARIAT_OK       `*out` is the value
 * the failure's   `*out` is the failure
 * LARIAT_ECLOSED  the reactor is closed, or was closed meanwhile
 * LARIAT_EBUSY    called on that reactor's own thread, or inside a turn of any
 * LARIAT_EINVAL, LARIAT_ENOMEM, LARIAT_EFORKED
 *
 * (With each of the last four, too, `*out` is a failure that says so.) */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_mailbox_call_and_wait(
    lariat_mailbox *to, lariat_function function, void *context,
    lariat_destroy destroy, lariat_value *out);

/* Runs `function` as lariat_mailbox_call_and_wait does, on a reactor that lives
 * for the length of the call. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_reactor_call_and_wait(
    lariat_reactor *reactor, lariat_function function, void *context,
    lariat_destroy destroy, lariat_value *out);

LARIAT_END_C

#endif
