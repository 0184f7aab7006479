/* SPDX-License-Identifier: MIT
 * A number of tokens for chains of one thread: Twisted's
 * DeferredSemaphore. */
#ifndef LARIAT_SEMAPHORE_H
#define LARIAT_SEMAPHORE_H

#include <stddef.h>

#include <lariat/deferred.h>
#include <lariat/export.h>

LARIAT_BEGIN_C

typedef struct lariat_semaphore lariat_semaphore;
LARIAT_API extern const lariat_type lariat_semaphore_type;

/* Makes a semaphore of `tokens` tokens.  The owner's thread, as everything
 * here.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  `tokens` is 0, or a pointer is NULL */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_semaphore_new(
    lariat_reactor *reactor, size_t tokens, lariat_semaphore **out);

/* Add a reference, and give one back (NULL is allowed).  `new` gives one.  With
 * the last one the semaphore dies, and the deferreds that still wait for it
 * never fire: nobody is left who could release a token.  Retain returns its
 * argument. */
LARIAT_API lariat_semaphore *
lariat_semaphore_retain(lariat_semaphore *semaphore);
LARIAT_API void lariat_semaphore_drop(lariat_semaphore *semaphore);

/* Returns a deferred that fires with the semaphore (a counted value) when the
 * caller has a token: at once if there is one, else in the order of asking.
 * Cancelling one that waits takes it out of the queue; one that has fired keeps
 * its token.  Never NULL; when out of memory it has failed and no token was
 * taken. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_semaphore_acquire(lariat_semaphore *semaphore);

/* Gives a token back: to the first that waits, whose pairs run inside the
 * call, or to the others.
 *
 * LARIAT_OK, LARIAT_EINVAL
 * LARIAT_EALREADY  no token was out */
LARIAT_API lariat_status lariat_semaphore_release(lariat_semaphore *semaphore);

/* Return how many tokens are there now, and how many there are in all. */
LARIAT_API size_t lariat_semaphore_tokens(const lariat_semaphore *semaphore);
LARIAT_API size_t lariat_semaphore_limit(const lariat_semaphore *semaphore);

/* Acquires, runs `function`, and releases when the result of that (a value, a
 * failure or a deferred) has come.  Returns a deferred for the result. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_semaphore_run(lariat_semaphore *semaphore, lariat_function function,
                     void *context);

/* Returns the semaphore in `value`, borrowed; NULL for another type. */
LARIAT_API lariat_semaphore *lariat_semaphore_in(lariat_value value);

LARIAT_END_C

#endif
