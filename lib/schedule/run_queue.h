/* SPDX-License-Identifier: MIT
 * run_queue.h: which host starts its next job.  A host that has one to start is
 * in one of these states:
 *
 *   runnable       in turn
 *   no token       too many jobs run in all (job_tokens.h)
 *   delayed        its rate or its delay is not due yet (host_pace.h); a timer
 *                  is set
 *   no connection  the transport says when to ask again
 *
 * Hosts that are runnable or have no token are queued by priority: those whose
 * next job has a higher one go first.  All on the reactor's own thread. */
#ifndef LR_SCHEDULE_RUN_QUEUE_H
#define LR_SCHEDULE_RUN_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "limits/rate.h"
#include "reactor/reactor.h"
#include "schedule/host.h"

/* The time of a quick job: a host with many of these is busy. */
#define LR_QUICK_JOB_NS (20 * LR_NS_PER_MS)

/* The limits that starts keep to. */
typedef struct lr_run_queue_limits {
  unsigned max_jobs;             /* in all, when there is no token cache */
  unsigned max_jobs_per_host;    /* the whole: split for spread hosts */
  lr_token_cache *token_cache;   /* of the pool's tokens; NULL: its own */
  lr_rate *rate;                 /* of the pool in all; NULL: none */
  const lr_rate_plan *rate_plan; /* its */
  lr_host_paces *host_paces;     /* of the pool's hosts; NULL: none */
} lr_run_queue_limits;

typedef struct lr_run_queue {
  lariat_reactor *reactor;
  lr_run_queue_limits limits;
  lr_priority_queue runnable;
  lr_priority_queue no_token[LR_CLASSES];
  lr_list delayed;
  lr_list no_connection;   /* some of whose jobs run, */
  lr_list starved_hosts;   /* and those of which none does */
  uint32_t starved_count;  /* of the latter, asking again or not */
  uint64_t starved_last;   /* the number of the last of them */
  lr_list sent;            /* hosts whose request is just being sent */
  uint32_t no_token_hosts; /* how many */
  uint32_t by_state[LR_HOST_STATES]; /* jobs in hosts' queues */
  lr_token_cache *token_cache;
  lr_job_tokens *own_tokens; /* without a pool's */
  lr_timer rate_timer;
  uint64_t rate_since_ns;   /* since when jobs wait for the rate in all, or 0 */
  uint64_t typical_hold_ns; /* how long most tokens are held, */
  uint64_t typical_hold_at_ns; /* as looked at then */
  lr_timer reclassify_timer;   /* while hosts wait for a token */
  uint64_t class_threshold_ns; /* the least `typical_hold_ns` by which one of
                                  them was found not to be fast */
  uint64_t quick_jobs_ns;      /* that jobs took in all which ran for less than
                                  LR_QUICK_JOB_NS; the worker sets it back */
} lr_run_queue;

/* Makes an empty queue.  False when out of memory. */
bool lr_run_queue_init(lr_run_queue *queue, lariat_reactor *reactor,
                       const lr_run_queue_limits *limits);
void lr_run_queue_clear(lr_run_queue *queue);

/* Gives a new host its pace.  False when out of memory. */
bool lr_run_queue_admit(lr_run_queue *queue, lr_host *host, const lr_job *job);

/* Puts `host` where it belongs, after its jobs or what runs has changed. */
void lr_run_queue_place(lr_run_queue *queue, lr_host *host);

/* Does the same when only one job more has come: a runnable host stays where it
 * is, but for a job of a higher priority. */
static inline void lr_run_queue_place_more(lr_run_queue *queue, lr_host *host,
                                           const lr_job *job) {
  if (host->state != LR_HOST_RUNNABLE || job->request.priority < host->priority)
    lr_run_queue_place(queue, host);
}

/* Does the same when one job less runs: of an idle host with nothing to do
 * nothing changes. */
static inline void lr_run_queue_place_less(lr_run_queue *queue, lr_host *host) {
  if (host->queued || host->state != LR_HOST_IDLE)
    lr_run_queue_place(queue, host);
}

/* Returns the host whose next job is to be started now, with a token and its
 * rates taken; or NULL. */
lr_host *lr_run_queue_next(lr_run_queue *queue);

/* Notes that the host which lr_run_queue_next has returned has started `job`.
 * Call once for each, or lr_run_queue_give_back. */
void lr_run_queue_started_slow(lr_run_queue *queue, lr_host *host, lr_job *job);
static inline void lr_run_queue_started(lr_run_queue *queue, lr_host *host,
                                        lr_job *job) {
  job->pool.token_ns = job->pool.started_ns;
  if (host->starved_seq || host->pacing.has_delay)
    lr_run_queue_started_slow(queue, host, job);
}

/* Notes that `job`, which is being started, was sent at once. */
void lr_run_queue_sent_at_once(lr_run_queue *queue, lr_job *job);

/* Gives token and rates back: the host has started nothing. */
void lr_run_queue_give_back(lr_run_queue *queue, lr_host *host);

/* Notes that `job`, which was started, runs no more. */
void lr_run_queue_ended(lr_run_queue *queue, lr_host *host, const lr_job *job);

/* Lets the host wait for a connection; and no longer. */
void lr_run_queue_block(lr_run_queue *queue, lr_host *host);
void lr_run_queue_unblock(lr_run_queue *queue, lr_host *host);

/* Says whether anybody asked for a connection in vain. */
static inline bool lr_run_queue_has_blocked(const lr_run_queue *queue) {
  return !lr_list_empty(&queue->no_connection) ||
         !lr_list_empty(&queue->starved_hosts);
}

/* Lets one blocked host try again, and one of those that are starved. */
void lr_run_queue_unblock_first(lr_run_queue *queue);

/* Notes that `job` is being sent.  False: it was sent before, and may not be
 * again without a new start. */
bool lr_run_queue_sending(lr_run_queue *queue, lr_job *job);

/* Notes that what was said to be sent is out by now. */
void lr_run_queue_sent(lr_run_queue *queue);

/* Says whether there is a host that could start in the next turn. */
bool lr_run_queue_ready(const lr_run_queue *queue);

/* Says what `host` is entitled to where tokens are scarce. */
lr_admission_class lr_run_queue_class(lr_run_queue *queue, const lr_host *host);

#endif
