/* SPDX-License-Identifier: MIT
 * turns.h: which host starts its next job.  A host that has one to start is in
 * one of these places:
 *
 *   ready    in the ring, in turn
 *   waiting  for a token: too many jobs run in all (slots.h)
 *   paced    its rate or its delay is not due yet (pace.h); a timer is set
 *   blocked  for a connection; the transport says when to ask again
 *
 * Ring and waiting lists have ranks: hosts whose next job has a higher
 * priority go first. */
#ifndef LR_SCHEDULE_RUN_QUEUE_H
#define LR_SCHEDULE_RUN_QUEUE_H

#include <stdbool.h>

#include "schedule/host.h"

struct lr_dispatcher;

/* False when out of memory. */
bool lr_turns_init(struct lr_dispatcher *dispatcher);
void lr_turns_clear(struct lr_dispatcher *dispatcher);

/* Gives a new host its pace.  False when out of memory. */
bool lr_turns_admit(struct lr_dispatcher *dispatcher, lr_host *host,
                    const lr_job *job);

/* Puts `host` where it belongs, after its queue or what runs has changed. */
void lr_turns_place(struct lr_dispatcher *dispatcher, lr_host *host);

/* The same when only one more has come: a host in line stays where it is, but
 * for one of a better rank.  And when one runs no more: of a still host with
 * nothing to do nothing changes. */
static inline void lr_turns_place_more(struct lr_dispatcher *dispatcher,
                                       lr_host *host, const lr_job *job) {
  if (host->place != LR_HOST_READY || job->rank < host->rank)
    lr_turns_place(dispatcher, host);
}

static inline void lr_turns_place_less(struct lr_dispatcher *dispatcher,
                                       lr_host *host) {
  if (host->queued || host->place != LR_HOST_STILL)
    lr_turns_place(dispatcher, host);
}

/* The host whose next job is to be started now, with
 * a token and its rates taken; or NULL. */
lr_host *lr_turns_next(struct lr_dispatcher *dispatcher);

/* It was started, as `job`. */
void lr_turns_started(struct lr_dispatcher *dispatcher, lr_host *host,
                      lr_job *job);

/* It was not started. */
void lr_turns_give_back(struct lr_dispatcher *dispatcher, lr_host *host);

/* `job`, which was started, runs no more. */
void lr_turns_ended(struct lr_dispatcher *dispatcher, lr_host *host,
                    const lr_job *job);

/* The host waits for a connection; and need not any longer. */
void lr_turns_block(struct lr_dispatcher *dispatcher, lr_host *host);
void lr_turns_unblock(struct lr_dispatcher *dispatcher, lr_host *host);

/* `job` is being sent.  False: it was sent before, and may not be again
 * without a new start. */
bool lr_turns_sending(struct lr_dispatcher *dispatcher, lr_job *job);

/* What has been said to be sent is out by now. */
void lr_turns_sent(struct lr_dispatcher *dispatcher);

/* Whether there is a host that could start in the next turn. */
bool lr_turns_ready(const struct lr_dispatcher *dispatcher);

/* How scarce slots are shared: what `host` is entitled to. */
lr_level lr_turns_level(struct lr_dispatcher *dispatcher, const lr_host *host);

#endif
