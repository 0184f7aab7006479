/* SPDX-License-Identifier: MIT
 * Waiting for several deferreds, whatever each of them brings. */
#ifndef LARIAT_DEFERRED_LIST_H
#define LARIAT_DEFERRED_LIST_H

#include <stddef.h>

#include <lariat/deferred.h>
#include <lariat/export.h>

LARIAT_BEGIN_C

/* Flags of lariat_deferred_list, to be added up. */
enum {
  LARIAT_FIRE_ON_ONE_CALLBACK = 1, /* the first success fires it */
  LARIAT_FIRE_ON_ONE_ERRBACK = 2,  /* the first failure fires it */
  LARIAT_CONSUME_ERRORS = 4        /* the children's failures are handled */
};

/* Returns a deferred for a lariat_list with the result of each of the
 * deferreds, in the order of the array (Twisted's DeferredList).  An item that
 * is a failure is that child's failure; any other item is its success.
 *
 *   LARIAT_FIRE_ON_ONE_CALLBACK  the first success fires it, with a
 *       lariat_winner; if all fail, it fires with the list.  With no children
 *       it fails at once with LARIAT_EINVAL
 *   LARIAT_FIRE_ON_ONE_ERRBACK   the first failure fires it, with LARIAT_EFIRST
 *       (lariat_failure_index, lariat_failure_cause)
 *   LARIAT_CONSUME_ERRORS        a child that failed goes on with "none"; else
 *       with its failure, which will be reported if nobody handles it
 *
 * A child's result moves into the list and the child keeps "none", unless its
 * type can be shared.  What comes after it has fired stays with the child.
 * Cancelling cancels every child, as long as it has not fired; it then fires
 * through them.  No children: it has fired with an empty list.
 *
 * Consumes one reference to each deferred; the array stays the caller's.  The
 * deferreds belong to one reactor; with none of them, the result belongs to
 * lariat_reactor_current().  Never NULL: when out of memory the children are
 * cancelled and released and the result is LARIAT_ENOMEM.  The owner's
 * thread. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_deferred_list(lariat_deferred *const *deferreds, size_t count,
                     unsigned flags);

LARIAT_END_C

#endif
