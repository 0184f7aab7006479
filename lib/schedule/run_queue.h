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
bool lr_run_queue_init(struct lr_dispatcher *dispatcher);
void lr_run_queue_clear(struct lr_dispatcher *dispatcher);

/* Gives a new host its pace.  False when out of memory. */
bool lr_run_queue_admit(struct lr_dispatcher *dispatcher, lr_host *host,
                        const lr_job *job);

/* Puts `host` where it belongs, after its queue or what runs has changed. */
void lr_run_queue_place(struct lr_dispatcher *dispatcher, lr_host *host);

/* The same when only one more has come: a host in line stays where it is, but
 * for one of a better rank.  And when one runs no more: of a still host with
 * nothing to do nothing changes. */
static inline void lr_run_queue_place_more(struct lr_dispatcher *dispatcher,
                                           lr_host *host, const lr_job *job) {
  if (host->state != LR_HOST_RUNNABLE || job->priority < host->priority)
    lr_run_queue_place(dispatcher, host);
}

static inline void lr_run_queue_place_less(struct lr_dispatcher *dispatcher,
                                           lr_host *host) {
  if (host->queued || host->state != LR_HOST_IDLE)
    lr_run_queue_place(dispatcher, host);
}

/* The host whose next job is to be started now, with
 * a token and its rates taken; or NULL. */
lr_host *lr_run_queue_next(struct lr_dispatcher *dispatcher);

/* It was started, as `job`. */
void lr_run_queue_started(struct lr_dispatcher *dispatcher, lr_host *host,
                          lr_job *job);

/* It was not started. */
void lr_run_queue_give_back(struct lr_dispatcher *dispatcher, lr_host *host);

/* `job`, which was started, runs no more. */
void lr_run_queue_ended(struct lr_dispatcher *dispatcher, lr_host *host,
                        const lr_job *job);

/* The host waits for a connection; and need not any longer. */
void lr_run_queue_block(struct lr_dispatcher *dispatcher, lr_host *host);
void lr_run_queue_unblock(struct lr_dispatcher *dispatcher, lr_host *host);

/* `job` is being sent.  False: it was sent before, and may not be again
 * without a new start. */
bool lr_run_queue_sending(struct lr_dispatcher *dispatcher, lr_job *job);

/* What has been said to be sent is out by now. */
void lr_run_queue_sent(struct lr_dispatcher *dispatcher);

/* Whether there is a host that could start in the next turn. */
bool lr_run_queue_ready(const struct lr_dispatcher *dispatcher);

/* How scarce slots are shared: what `host` is entitled to. */
lr_admission_class lr_run_queue_class(struct lr_dispatcher *dispatcher,
                                      const lr_host *host);

#endif
