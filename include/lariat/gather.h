/* SPDX-License-Identifier: MIT
 * Waiting for several deferreds at once. */
#ifndef LARIAT_GATHER_H
#define LARIAT_GATHER_H

#include <stddef.h>

#include <lariat/deferred.h>
#include <lariat/export.h>

LARIAT_BEGIN_C

/* Returns a deferred for the results of all: a lariat_list of `count` values in
 * the order of the array.  The first failure fires it with LARIAT_EFIRST (see
 * lariat_failure_index and lariat_failure_cause); the others go on.  A child's
 * result moves into the list and the child keeps "none", unless its type can be
 * shared; what comes after it has fired stays with the child; a child's failure
 * counts as handled.  Cancelling cancels every child.  No children: it has
 * fired with an empty list.  It is lariat_deferred_list with
 * LARIAT_FIRE_ON_ONE_ERRBACK and LARIAT_CONSUME_ERRORS.
 *
 * Consumes one reference to each deferred; the array stays the caller's.  The
 * deferreds belong to one reactor; with none of them, the result belongs to
 * lariat_reactor_current().  Never NULL: when out of memory the children are
 * cancelled and released and the result is LARIAT_ENOMEM.  The owner's
 * thread. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_gather_results(lariat_deferred *const *deferreds, size_t count);

LARIAT_END_C

#endif
