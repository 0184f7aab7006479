/* SPDX-License-Identifier: MIT
 * transport.h: the seam between what decides when a job runs (the dispatcher)
 * and what carries it over the network (the engine; in tests, a script). */
#ifndef LR_SCHEDULE_TRANSPORT_H
#define LR_SCHEDULE_TRANSPORT_H

#include <stdbool.h>

#include "base/atomics.h"
#include "job/job.h"
#include "limits/memory_budget.h"
#include "reactor/reactor.h"
#include <lariat/pool.h>
#include <lariat/status.h>

struct lr_address_guard;
struct lr_descriptor_use;
struct lr_desync;
struct lr_dispatcher;
struct lr_host;
struct lr_host_extra;
struct lr_resolver;
struct lr_trust;

typedef struct lr_transport_ops {
  /* The part that it keeps behind each host.  NULL: nothing. */
  const struct lr_host_extra *host_extra;

  /* Starts a job: later, never inside this call, the transport fills in the
   * job's outcome and calls lr_dispatcher_done.
   *   LARIAT_OK     started
   *   LARIAT_EBUSY  no connection to be had now: lr_dispatcher_unblock will
   *                 say when to ask again
   *   others        the job fails with that status */
  lariat_status (*start)(void *transport, lr_job *job);

  /* Says whether so much was started that the others wait until turn_end was
   * called, lest they wait for long and much memory is taken.  NULL: never. */
  bool (*is_busy)(void *transport);

  /* Stops a started job: lr_dispatcher_done will not be called for it.  Fills
   * in the phase it was in and, if an answer had begun, the response. */
  void (*cancel)(void *transport, lr_job *job);

  /* Returns the phase that a started job is in. */
  lariat_phase (*phase)(void *transport, const lr_job *job);

  /* Returns when bytes last went or came for a started job, as exactly as the
   * transport knows; asked for when job->pool.active_ns is long ago.  NULL: not
   * at all. */
  uint64_t (*heard_ns)(void *transport, const lr_job *job);

  /* Uses each connection of HTTP/1 to `host` (learned.desync) for one request
   * from now on: writes down those that are open (lr_desync_add_connections),
   * `connection` (0: none) among them, and closes those that are idle.  What
   * comes on the others is `suspect`.  The host may be gone afterwards.  NULL:
   * it has none. */
  void (*end_reuse)(void *transport, struct lr_host *host, uint64_t connection);

  /* Ends the connections that clients have (dispatcher->leased).  NULL: they
   * have none. */
  void (*end_leases)(void *transport);

  /* Carries on, at the end of a turn.  True when there is more to do at once.
   */
  bool (*turn_end)(void *transport);

  /* Frees the transport: everything is over, no job is started. */
  void (*close)(void *transport);
} lr_transport_ops;

typedef struct lr_transport {
  const lr_transport_ops *ops;
  void *self;
} lr_transport;

/* The maker of a request: lariat itself, or libcurl for one of these reasons.
 * Of several, the first one in this order counts. */
typedef enum lr_request_reason {
  LR_REQUEST_BY_H1,
  LR_REQUEST_LIBCURL_ONLY, /* the pool's option */
  LR_REQUEST_HTTP2_ASKED,
  LR_REQUEST_HTTP2, /* the server has chosen it in the handshake */
  LR_REQUEST_HEADERS,
  LR_REQUEST_HEAD_BODY,
  LR_REQUEST_REUSE_FAILED,
  LR_REQUEST_FIRST_HANDSHAKE, /* it might have been HTTP/2 */
  LR_REQUEST_OPEN_CONNECTION, /* of libcurl's */
  LR_REQUEST_REASONS
} lr_request_reason;

/* Numbers of what a transport has done and has.  Written by its thread, read by
 * any. */
typedef struct lr_transport_stats {
  lr_atomic_u64 connections; /* open now */
  lr_atomic_u64 opened;
  lr_atomic_u64 reused;
  lr_atomic_u64 lanes;
  lr_atomic_u64 recycled;
  lr_atomic_u64 denied;     /* addresses that were not connected to */
  lr_atomic_u64 shortages;  /* of descriptors, for connections */
  lr_atomic_u64 connecting; /* jobs now, and how far they are */
  lr_atomic_u64 receiving;
  lr_atomic_u64 requests[LR_REQUEST_REASONS]; /* made, by lr_request_reason */
} lr_transport_stats;

/* The things that a transport is made with; all of it outlives the transport.
 */
typedef struct lr_transport_config {
  lariat_reactor *reactor;
  struct lr_dispatcher *dispatcher; /* initialised after the transport */
  const lariat_pool_options *options;
  unsigned index; /* of this reactor, in `reactors` */
  unsigned reactors;
  lr_memory_budget *budget; /* of bodies; NULL: none */
  struct lr_trust *trust;
  const struct lr_address_guard *guard;  /* NULL: all addresses are allowed */
  struct lr_resolver *resolver;          /* of this reactor */
  struct lr_descriptor_use *descriptors; /* NULL: it shares them with none */
  struct lr_desync *desync;              /* NULL: none */
  lr_transport_stats *stats;
} lr_transport_config;

#endif
