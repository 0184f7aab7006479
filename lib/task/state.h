/* SPDX-License-Identifier: MIT
 * state.h: what this layer keeps for each reactor, and what its makers check
 * alike. */
#ifndef LR_TASK_STATE_H
#define LR_TASK_STATE_H

#include "reactor/reactor.h"
#include "task/events.h"
#include <lariat/cooperator.h>
#include <lariat/deferred.h>

typedef struct lr_task_state {
  lariat_reactor *reactor;
  lariat_cooperator *cooperator; /* the reactor's own; NULL until needed */
  lr_events events;
} lr_task_state;

/* Returns the state of `reactor`, opened if need be; NULL when out of memory.
 */
lr_task_state *lr_task_state_of(lariat_reactor *reactor);

/* Checks that something may be made for `reactor`; `function` is for misuse.
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ECLOSED */
lariat_status lr_task_check(const lariat_reactor *reactor,
                            const char *function);

/* Returns a deferred that has failed with `status`, which lr_task_check said:
 * one of `reactor` where that can be touched, else a constant one. */
lariat_deferred *lr_task_refuse(lariat_reactor *reactor, lariat_status status);

/* Tells whether `outcome`, which a waiting pair starts with, says that the pair
 * never ran: the chain of the deferred had no memory for it. */
bool lr_task_pair_was_lost(lariat_value outcome);

/* Gives back the reference to a deferred that was waited for.  When the pair
 * was lost it has failed with that, which was told and is not reported. */
void lr_task_release_awaited(lariat_deferred *deferred, bool pair_was_lost);

/* Fails `deferred`, which waits while its reactor closes, and gives the
 * reference back.  Those who wait may not listen any more: the failure is not
 * reported as unhandled. */
void lr_task_fail_closed(lariat_deferred *deferred);

#endif
