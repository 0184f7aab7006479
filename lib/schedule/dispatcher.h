/* SPDX-License-Identifier: MIT
 * dispatcher.h: the jobs that one pool reactor has, from their arrival until
 * they return: a queue for each host, turns between hosts, the limits, and the
 * deadlines.  All on the reactor's own thread, without a lock. */
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

/* A listener is told of each job that has ended, before that returns to its
 * caller.  It may remove itself. */
typedef struct lr_job_listener {
  lr_list node;
  void (*job_ended)(struct lr_job_listener *listener, const lr_job *job);
} lr_job_listener;

/* Numbers written by the reactor's thread, read by any. */
typedef struct lr_dispatcher_stats {
  lr_atomic_u64 taken;
  lr_atomic_u64 done;
  lr_atomic_u64 queued;
  lr_atomic_u64 running;
  lr_atomic_u64 by_state[LR_HOST_STATES]; /* of the queued */
  lr_atomic_u64 rate_waits; /* the ready ones wait for the rate in all */
} lr_dispatcher_stats;

/* The settings of a dispatcher, which keeps a copy. */
typedef struct lr_dispatcher_config {
  unsigned index; /* of this reactor, in `reactors` */
  unsigned reactors;
  lr_run_queue_limits limits;
  unsigned max_connections_per_host; /* the whole: split for spread hosts */
  bool
      h2c_probe; /* of HTTP/2 without TLS one job goes first, too: the transport
                    puts no two requests on a connection that is being made */
  lr_desync *desync;             /* of the pool; NULL: none */
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
  uint32_t leased;   /* connections that clients have (job/lease.h) */
  uint64_t epoch;    /* jobs of before it are being drained */
  lr_list listeners; /* lr_job_listener */
  bool closing;
  bool held; /* blocked hosts wait for a timer: see connection_limit.h */
  lr_dispatcher_stats stats;
} lr_dispatcher;

/* Makes a dispatcher without jobs.  False when out of memory. */
bool lr_dispatcher_init(lr_dispatcher *dispatcher, lariat_reactor *reactor,
                        const lr_dispatcher_config *config,
                        lr_transport transport);

/* Frees all that a dispatcher has of which no job is left. */
void lr_dispatcher_clear(lr_dispatcher *dispatcher);

/* Queues a job that has arrived, or returns it at once with its failure.
 * Nothing is started before lr_dispatcher_turn_end. */
void lr_dispatcher_take(lr_dispatcher *dispatcher, lr_job *job);

/* Returns a job that its caller has cancelled, and that has not returned yet.
 */
void lr_dispatcher_cancel(lr_dispatcher *dispatcher, lr_job *job);

/* Returns a started job that is over, its outcome filled in.  Called by the
 * transport. */
void lr_dispatcher_done(lr_dispatcher *dispatcher, lr_job *job);

/* Notes that the request of a started job is being sent, and will be out at the
 * end of this turn.  False: it may not be sent a second time; the transport
 * ends it with LARIAT_EBUSY as its outcome, and it is started anew when that is
 * due.  Called by the transport. */
bool lr_dispatcher_sending(lr_dispatcher *dispatcher, lr_job *job);

/* Notes that the request of a job that is being started was sent at once.
 * Called by the transport, for hosts with a delay. */
void lr_dispatcher_sent_at_once(lr_dispatcher *dispatcher, lr_job *job);

/* Notes what the host speaks.  Called by the transport. */
void lr_dispatcher_learned(lr_dispatcher *dispatcher, lr_host *host,
                           lr_protocol protocol);

/* Notes that bytes came from the host, on its `connection`, for which nobody
 * had asked: no two of its requests share a connection of HTTP/1 any more.
 * Called by the transport, while the host has a job or a connection. */
void lr_dispatcher_desync(lr_dispatcher *dispatcher, lr_host *host,
                          uint64_t connection);

/* Lets a blocked host try again, and one of those of which nothing runs: a
 * connection is to be had.  Called by the transport. */
void lr_dispatcher_unblock(lr_dispatcher *dispatcher);

/* Ends a turn: starts what may start and lets the transport carry on. */
void lr_dispatcher_turn_end(lr_dispatcher *dispatcher);

/* Refuses new jobs from now on. */
void lr_dispatcher_close(lr_dispatcher *dispatcher);

/* Returns every job, cancelled with `status`. */
void lr_dispatcher_abort(lr_dispatcher *dispatcher, lariat_status status);

/* Does the same for jobs that arrived before `epoch`. */
void lr_dispatcher_abort_before(lr_dispatcher *dispatcher, uint64_t epoch,
                                lariat_status status);

/* Says whether no job is left, and no client has a connection. */
bool lr_dispatcher_idle(const lr_dispatcher *dispatcher);

#endif
