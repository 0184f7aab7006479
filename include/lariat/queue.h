/* SPDX-License-Identifier: MIT
 * Values on their way from one chain to another: Twisted's DeferredQueue. */
#ifndef LARIAT_QUEUE_H
#define LARIAT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>

LARIAT_BEGIN_C

typedef struct lariat_queue lariat_queue;

/* The `size` or `backlog` of a queue without that limit. */
#define LARIAT_QUEUE_UNLIMITED SIZE_MAX

/* Makes a queue that holds at most `size` values, and lets at most `backlog`
 * deferreds wait for one.  The owner's thread, as everything here.
 *
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_queue_new(
    lariat_reactor *reactor, size_t size, size_t backlog, lariat_queue **out);

/* Add a reference, and give one back (NULL is allowed).  `new` gives one.  With
 * the last one the queue dies: its values are dropped, and the deferreds that
 * still wait for it never fire: nobody is left who could put.  Retain returns
 * its argument. */
LARIAT_API lariat_queue *lariat_queue_retain(lariat_queue *queue);
LARIAT_API void lariat_queue_drop(lariat_queue *queue);

/* Gives `value` to the deferred that has waited longest, whose pairs run inside
 * the call (a failure fails it), or keeps it.
 *
 * LARIAT_OK         the queue has taken `value` over
 * LARIAT_EOVERFLOW  it holds `size` values; `value` stays the caller's
 * LARIAT_EINVAL     no queue, or `value` is a deferred; it stays the caller's
 * LARIAT_ENOMEM     out of memory; `value` stays the caller's */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_queue_put(lariat_queue *queue,
                                                          lariat_value value);

/* Returns a deferred for the next value: fired, if there is one.  Cancelling
 * one that waits takes it out of the queue; one that has fired keeps its value.
 * Never NULL; it has failed with LARIAT_EUNDERFLOW when `backlog` wait already.
 */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_queue_get(lariat_queue *queue);

/* Return how many values the queue holds, and how many deferreds wait. */
LARIAT_API size_t lariat_queue_count(const lariat_queue *queue);
LARIAT_API size_t lariat_queue_waiting(const lariat_queue *queue);

LARIAT_END_C

#endif
