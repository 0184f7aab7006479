/* SPDX-License-Identifier: MIT
 * engine.h: the transport that drives libcurl: many small multi handles
 * (lanes) on one epoll descriptor.  docs/internals/engine.md explains why they
 * are many and small.  Where they can, HTTP/1.1 exchanges on connections that
 * libcurl has opened are made by h1. */
#ifndef LR_CURL_ENGINE_H
#define LR_CURL_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "curl/host_lanes.h"
#include "curl/socket.h"
#include "h1/h1.h"
#include "job/body_sink.h"
#include "net/tls_sessions.h"
#include "schedule/connection_limit.h"
#include "schedule/desync.h"
#include "schedule/dispatcher.h"
#include "schedule/transport.h"

struct lr_address_guard;
struct lr_lane;
struct lr_resolver;
struct lr_transfer;
struct x509_store_st;

typedef struct lr_engine {
  lariat_reactor *reactor;
  lr_dispatcher *dispatcher;
  lr_transport_stats *stats;
  struct lr_trust *trust;
  lr_desync *desync;                    /* of the pool; NULL: none */
  const struct lr_address_guard *guard; /* NULL: all addresses are allowed */
  struct lr_resolver *resolver;
  struct x509_store_st *trusted; /* NULL until the first https job */
  char *certificate; /* one of those, as PEM: see set_certificate; or NULL */
  lr_tls_sessions tls_sessions;
  unsigned tls_buffered; /* streams that keep their buffers: tls_stream.h */
  bool insecure;
  uint64_t idle_ns; /* a quiet lane is closed after this */
  lr_connection_limit limit;
  lr_sockets sockets;
  lr_body_sinks sinks;

  lr_list idle_transfers;
  lr_list answered; /* transfers whose host's look-up has ended */
  lr_list released; /* transfers that have kept a connection (connect_only.h) */
  lr_list leases;   /* lr_lease, whose connections clients have */
  unsigned idle_transfer_count;
  lr_list lanes;
  lr_list dirty; /* lanes to process at the end of the turn */
  unsigned lane_count;
  unsigned lane_capacity; /* connections a lane */

  unsigned running;    /* transfers now */
  unsigned connecting; /* of these, on a connection not yet made */
  unsigned begun;      /* of these, since the end of the last turn */
  unsigned receiving;  /* of these, the answer has begun */
  unsigned watched;    /* of those, with an idle time-out */
  unsigned reactors;   /* of the pool */
  uint64_t connections_made;

  lr_h1 h1;
} lr_engine;

/* Makes the transport.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_engine_open(const lr_transport_config *config,
                             lr_transport *out);

/* Says whether anything runs, by libcurl, without it or at a client's, that
 * will give a connection back. */
static inline bool lr_engine_is_busy(const lr_engine *engine) {
  return engine->running || engine->h1.running || engine->dispatcher->leased;
}

/* Notes that there was no descriptor for the transfer's connection, or for a
 * lane (NULL).  True: its job is to wait for one. */
bool lr_engine_lacks_descriptor(lr_engine *engine,
                                const struct lr_transfer *transfer);
/* Returns the number of a connection that is made. */
static inline uint64_t lr_engine_next_connection(lr_engine *engine) {
  uint64_t made = engine->connections_made++;
  return made * engine->reactors + engine->h1.index + 1;
}

/* Says whether the job may not have a connection that is open already. */
bool lr_engine_wants_new(const lr_job *job);

/* Notes that a transfer which was to open a connection has done so, or will
 * not. */
void lr_engine_connection_came(lr_engine *engine, struct lr_transfer *transfer);

/* Looks at the lane first when one with space is needed: one of its connections
 * was closed. */
void lr_engine_lane_has_capacity(lr_engine *engine, struct lr_lane *lane);

/* Closes a lane without transfers, and all of its connections. */
void lr_engine_recycle(lr_engine *engine, struct lr_lane *lane);

/* Puts a transfer that is in no lane to the idle ones. */
void lr_engine_keep_transfer(lr_engine *engine, struct lr_transfer *transfer);

/* Lets a paused transfer go on. */
void lr_engine_resume(struct lr_transfer *transfer);

/* Ends a transfer that libcurl is done with. */
void lr_engine_finished(lr_engine *engine, struct lr_transfer *transfer,
                        int curl_code);

#endif
