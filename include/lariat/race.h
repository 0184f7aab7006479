/* SPDX-License-Identifier: MIT
 * The first of several deferreds that succeeds. */
#ifndef LARIAT_RACE_H
#define LARIAT_RACE_H

#include <stddef.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/winner.h>

LARIAT_BEGIN_C

/* Returns a deferred for a lariat_winner: the first success of the deferreds.
 * The others are cancelled first, then it fires; what they still bring is
 * dropped. When all fail, it fails with LARIAT_EALLFAILED, which holds their
 * failures in the order of the array (lariat_failure_group_at).  The results
 * move: the children keep "none", and their failures count as handled.
 * Cancelling cancels every child.  No children: it has failed with
 * LARIAT_EINVAL.
 *
 * Consumes one reference to each deferred; the array stays the caller's.  The
 * deferreds belong to one reactor; with none of them, the result belongs to
 * lariat_reactor_current().  Never NULL: when out of memory the children are
 * cancelled and released and the result is LARIAT_ENOMEM.  The owner's
 * thread. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_race(lariat_deferred *const *deferreds, size_t count);

LARIAT_END_C

#endif
