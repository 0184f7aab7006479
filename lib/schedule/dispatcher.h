/* SPDX-License-Identifier: MIT
 * dispatcher.h: the jobs that one pool reactor has, from their arrival until
 * they go home: a queue for each host, turns between hosts, the limits, and
 * the deadlines.  All on the reactor's own thread, without a lock. */
#ifndef LR_SCHEDULE_DISPATCHER_H
#define LR_SCHEDULE_DISPATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/list.h"
#include "job/job.h"
#include "limits/rate.h"
#include "reactor/reactor.h"
#include "schedule/host.h"
#include "schedule/run_queue.h"
#include "schedule/transport.h"

/* Is told of each job that has ended, before it returns.  May remove itself. */
typedef struct lr_job_listener {
  lr_list node;
  void (*job_ended)(struct lr_job_listener *listener, const lr_job *job);
} lr_job_listener;

/* Written by the reactor's thread, read by any. */
typedef struct lr_dispatcher_stats {
  lr_atomic_u64 taken;
  lr_atomic_u64 done;
  lr_atomic_u64 queued;
  lr_atomic_u64 running;
  lr_atomic_u64 by_state[LR_HOST_STATES]; /* of the queued */
  lr_atomic_u64 rate_waits; /* the ready ones wait for the rate in all */
} lr_dispatcher_stats;

/* What a dispatcher is told when it is made, and keeps. */
typedef struct lr_dispatcher_config {
  unsigned index; /* of this reactor, in `reactors` */
  unsigned reactors;
  lr_run_queue_limits limits;
  unsigned max_connections_per_host; /* the whole: split for spread hosts */
  bool h2c_probe; /* of plain HTTP/2 one job goes first, too: the transport puts
                     no two requests on a connection that is being made */
  void (*finished)(lr_job *job); /* takes each job when it is over */
} lr_dispatcher_config;

typedef struct lr_dispatcher {
  lariat_reactor *reactor;
  lr_transport transport;
  lr_dispatcher_config config;
  lr_hosts hosts;
  lr_run_queue queue;
  lr_list running; /* jobs with the transport */
  uint32_t queued_count;
  uint32_t running_count;
  uint64_t epoch;    /* jobs of before it are being drained */
  lr_list listeners; /* lr_job_listener */
  bool closing;
  lr_dispatcher_stats stats;
} lr_dispatcher;

/* False when out of memory. */
bool lr_dispatcher_init(lr_dispatcher *dispatcher, lariat_reactor *reactor,
                        const lr_dispatcher_config *config,
                        lr_transport transport);

/* No job is left. */
void lr_dispatcher_clear(lr_dispatcher *dispatcher);

/* A job has arrived; it is queued, or goes home at once with its failure.
 * Nothing is started before lr_dispatcher_turn_end. */
void lr_dispatcher_take(lr_dispatcher *dispatcher, lr_job *job);

/* The caller has cancelled a job which has not gone home: it does now. */
void lr_dispatcher_cancel(lr_dispatcher *dispatcher, lr_job *job);

/* From the transport: a started job is over, its outcome filled in. */
void lr_dispatcher_done(lr_dispatcher *dispatcher, lr_job *job);

/* From the transport: the request of a started job is being sent, and will be
 * out at the end of this turn.  False: it may not be sent a second time; the
 * transport ends it with LARIAT_EBUSY as its outcome, and it is started anew
 * when that is due. */
bool lr_dispatcher_sending(lr_dispatcher *dispatcher, lr_job *job);

/* From the transport: what the host speaks is known now. */
void lr_dispatcher_learned(lr_dispatcher *dispatcher, lr_host *host,
                           lr_protocol protocol);

/* From the transport: a connection is to be had: lets a blocked host try, and
 * one of those of which nothing runs. */
void lr_dispatcher_unblock(lr_dispatcher *dispatcher);

/* The end of a turn: starts what may start and lets the transport carry on. */
void lr_dispatcher_turn_end(lr_dispatcher *dispatcher);

/* New jobs are refused from now on. */
void lr_dispatcher_close(lr_dispatcher *dispatcher);

/* Sends every job home, cancelled with `status`. */
void lr_dispatcher_abort(lr_dispatcher *dispatcher, lariat_status status);

/* The same for jobs that arrived before `epoch`. */
void lr_dispatcher_abort_before(lr_dispatcher *dispatcher, uint64_t epoch,
                                lariat_status status);

/* Whether any job is left. */
bool lr_dispatcher_idle(const lr_dispatcher *dispatcher);

#endif
