/* SPDX-License-Identifier: MIT
 * room.h: what this room keeps for each reactor, and what its makers check
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

/* The room of `reactor`, opened if need be; NULL when out of memory. */
lr_task_state *lr_task_state_of(lariat_reactor *reactor);

/* LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ECLOSED */
lariat_status lr_task_check(const lariat_reactor *reactor,
                            const char *function);

/* A deferred that has failed with `status`, which lr_task_check said: one of
 * `reactor` where that can be touched, else a constant one. */
lariat_deferred *lr_task_refuse(lariat_reactor *reactor, lariat_status status);

/* Whether `outcome`, which a waiting pair starts with, says that the pair never
 * ran: the chain of the deferred had no memory for it. */
bool lr_task_pair_was_lost(lariat_value outcome);

/* Gives back the reference to a deferred that was waited for.  When the pair
 * was lost it has failed with that, which was told and is not reported. */
void lr_task_let_go(lariat_deferred *deferred, bool pair_was_lost);

/* What is told to those who wait when a reactor closes.  They may not listen
 * any more: it is not reported as unhandled.  Fires `deferred` and gives the
 * reference back. */
void lr_task_tell_closed(lariat_deferred *deferred);

#endif
