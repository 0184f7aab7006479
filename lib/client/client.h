/* SPDX-License-Identifier: MIT
 * client.h: what a client is made of, and the memory of its jobs.  All on the
 * thread of the client's reactor. */
#ifndef LR_CLIENT_CLIENT_H
#define LR_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "client/channel.h"
#include "client/response_cache.h"
#include "client/retry.h"
#include "deferred/waiters.h"
#include "job/job.h"
#include "reactor/reactor.h"
#include <lariat/client.h>

struct lariat_client {
  lariat_pool *pool;
  lariat_reactor *reactor;
  lariat_client_options options;
  lariat_request_options request_defaults; /* what the options come to */
  lr_header_list *headers;                 /* the headers of every request */
  lr_header_list *body_headers; /* the same for requests with a body; NULL: not
                                   made yet */
  lr_response_cache *responses;
  struct lr_client_cookies *cookies; /* NULL: it has no jar */
  lr_origin last_origin;             /* of the URLs that were asked for */
  lr_list jobs;                      /* all that are not freed */
  lr_list byte_streams;              /* that are not closed */
  lr_list spare;                     /* blank jobs, for the next requests */
  unsigned spare_count;
  unsigned spare_most;
  uint64_t live;   /* length of `jobs`, and holds */
  uint64_t away;   /* travel and cancel nodes that are out */
  uint64_t queued; /* without a credit, or waiting for their retry */
  lr_waiters capacity_waiters; /* for capacity in the queue */
  lariat_client_stats stats;
  lr_retry retry;
  lr_shutdown_hook shutdown;
  lr_timer watch;      /* over the deadlines of the jobs that are away */
  uint64_t watched_ns; /* the deadline that it is set for; UINT64_MAX: none */
  bool closed;
  bool needs_sinks; /* each job has one: the memory of the pool's bodies is
                       limited, its answers keep more than others, or it is
                       observed */
  bool pool_time;   /* the reactor's clock is the pool's, too */
  bool has_rules;   /* ports or cookies: requests are looked at once more */
  unsigned home;    /* with LARIAT_PLACE_HOME: the reactor's number */
  unsigned channel_count;
  lr_channel *channels[];
};

/* Returns the time on the pool's clock. */
uint64_t lr_client_pool_ns(const lariat_client *client);

/* Keeps the client while callbacks run that may close it, and gives that back:
 * a closed client is freed with its last job and hold. */
static inline void lr_client_hold(lariat_client *client) { client->live++; }
void lr_client_unhold(lariat_client *client);

/* Gives a hold back as lr_client_unhold does, after firing what waits for
 * capacity. */
void lr_client_unhold_notify(lariat_client *client);

/* Makes a blank job of the client's with two references to its deferred: the
 * user's, and that of the job in flight.  NULL when out of memory. */
lr_job *lr_client_new_job(lariat_client *client);

/* Frees a job, or keeps it for the next request, if it is over: both of its
 * nodes have returned and its deferred has no reference left. */
void lr_client_release_job(lr_job *job);

#endif
