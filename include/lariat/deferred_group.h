/* SPDX-License-Identifier: MIT
 * lariat_deferred_group: waits for deferreds of which nobody knows beforehand
 * how many there will be: others are added at any time, also while it is waited
 * for, by those that are in it (as to Go's WaitGroup or Python's TaskGroup).
 *
 *   lariat_deferred_group_new(reactor, &group);
 *   lariat_deferred_group_add(group, lariat_get(client, url));
 *   done = lariat_deferred_group_wait(group);
 *
 * Results are not collected: it takes memory for those in flight, however many
 * there were.  What lariat_deferred_list waits for is a fixed number, and it
 * has their results.
 *
 * Everything here is for the reactor's thread. */
#ifndef LARIAT_DEFERRED_GROUP_H
#define LARIAT_DEFERRED_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/reactor.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_deferred_group lariat_deferred_group;

/* Makes a group without members, with one reference for the caller, and puts it
 * into `*out`.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ETHREAD, LARIAT_EFORKED
 * LARIAT_EINVAL  a pointer is NULL
 * LARIAT_ECLOSED the reactor is being closed */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_deferred_group_new(lariat_reactor *reactor, lariat_deferred_group **out);

/* Add a reference, and give one back (NULL is allowed).  Giving back the last
 * one cancels nothing: members go on, and what lariat_deferred_group_wait gave
 * still fires.  Retain returns its argument. */
LARIAT_API lariat_deferred_group *
lariat_deferred_group_retain(lariat_deferred_group *group);
LARIAT_API void lariat_deferred_group_release(lariat_deferred_group *group);

/* Makes `deferred` a member, and takes a reference to it over.  The member has
 * ended when it has a result behind the pairs that it has now; that result is
 * dropped, a failure counts as handled, and the member goes on with "none".
 * So who wants the result adds his callbacks first.  They may add other members
 * to the group: it does not end in between.
 *
 * A deferred that is refused is cancelled, and its result dropped.
 *
 * LARIAT_OK
 * LARIAT_ECLOSED     the group has ended: all its members had, and it was
 *                    waited for
 * LARIAT_ECANCELLED  the group was cancelled
 * LARIAT_EINVAL      it is NULL, or of another reactor
 * LARIAT_ESELF       it is what the group is waited by (and is not cancelled)
 * LARIAT_ENOMEM */
LARIAT_API lariat_status lariat_deferred_group_add(lariat_deferred_group *group,
                                                   lariat_deferred *deferred);

/* Returns a deferred that fires with "none" when no member is left: at once, if
 * none is left now.  With that the group has ended, and takes no more. Failures
 * of members do not fail it: see below.  Cancelling it cancels the group; it
 * fires when the members have ended, then.  Each call gives a reference to the
 * same deferred.  Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_deferred_group_wait(lariat_deferred_group *group);

/* Cancels all members, and refuses others from now on.  Does nothing to a group
 * that has ended. */
LARIAT_API void lariat_deferred_group_cancel(lariat_deferred_group *group);

/* ---- Readers ---- */

/* Return how many members there are now, how many there have been, and how many
 * of these have failed: also by being cancelled, or for lack of memory. */
LARIAT_API size_t
lariat_deferred_group_members(const lariat_deferred_group *group);
LARIAT_API uint64_t
lariat_deferred_group_added(const lariat_deferred_group *group);
LARIAT_API uint64_t
lariat_deferred_group_failures(const lariat_deferred_group *group);

/* Returns the failure that came first, the group's own for as long as that
 * lives; "none": there is none. */
LARIAT_API lariat_value
lariat_deferred_group_first_failure(const lariat_deferred_group *group);

LARIAT_END_C

#endif
