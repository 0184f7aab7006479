/* SPDX-License-Identifier: MIT
 * A lock between chains of one thread: Twisted's DeferredLock. */
#ifndef LARIAT_LOCK_H
#define LARIAT_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/deferred.h>
#include <lariat/export.h>

LARIAT_BEGIN_C

typedef struct lariat_lock lariat_lock;
LARIAT_API extern const lariat_type lariat_lock_type;

/* Makes a lock that is free.  The owner's thread, as everything here.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_lock_new(lariat_reactor *reactor, lariat_lock **out);

/* Add a reference, and give one back (NULL is allowed).  `new` gives one.  With
 * the last one the lock dies, and the deferreds that still wait for it never
 * fire: nobody is left who could release it.  Retain returns its argument. */
LARIAT_API lariat_lock *lariat_lock_retain(lariat_lock *lock);
LARIAT_API void lariat_lock_drop(lariat_lock *lock);

/* Returns a deferred that fires with the lock (a counted value: lariat_lock_in)
 * when the caller has it: at once if it is free, else in the order of asking.
 * Cancelling one that waits takes it out of the queue; one that has fired keeps
 * the lock.  Never NULL; when out of memory it has failed and the lock was not
 * taken. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_lock_acquire(lariat_lock *lock);

/* Gives the lock to the next in the queue, whose pairs run inside the call, or
 * makes it free.
 *
 * LARIAT_OK, LARIAT_EINVAL
 * LARIAT_EALREADY  it was free */
LARIAT_API lariat_status lariat_lock_release(lariat_lock *lock);

/* Tells whether somebody has the lock. */
LARIAT_API bool lariat_lock_locked(const lariat_lock *lock);

/* Acquires, runs `function`, and releases when the result of that (a value, a
 * failure or a deferred) has come.  Returns a deferred for the result. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_lock_run(lariat_lock *lock, lariat_function function, void *context);

/* Returns the lock in `value`, borrowed; NULL for another type. */
LARIAT_API lariat_lock *lariat_lock_in(lariat_value value);

LARIAT_END_C

#endif
