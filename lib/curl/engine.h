/* SPDX-License-Identifier: MIT
 * engine.h: the transport that drives libcurl: many small multi handles
 * (lanes) on one epoll descriptor.  docs/internals/engine.md explains why they
 * are many and small. */
#ifndef LR_CURL_ENGINE_H
#define LR_CURL_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/buffer.h"
#include "base/list.h"
#include "curl/socket.h"
#include "h1/connection.h"
#include "http/gzip.h"
#include "http/response.h"
#include "job/body_sink.h"
#include "pool/worker.h"
#include "reactor/reactor.h"
#include "schedule/transport.h"
#include <lariat/pool.h>
#include <lariat/response.h>

struct lr_host;
/* Where a reserve is kept for quick hosts, a connection is not taken for idle
 * for so long: their next requests come. */
#define LR_IDLE_LEAST_NS UINT64_C(20000000)

struct lr_lane;
struct lr_transfer;
struct evp_md_st;
struct x509_store_st;

/* What one read of a connection of our own may bring. */
enum { LR_ENGINE_INBOUND = 64 * 1024 };

typedef struct lr_engine {
  lr_worker *worker;
  lr_dispatcher *dispatcher;
  lariat_reactor *reactor;
  lr_sockets sockets;
  lr_list transfers; /* idle ones */
  unsigned idle_transfers;
  lr_list lanes;
  lr_list dirty; /* lanes to see to at the end of the turn */
  lr_body_sinks sinks;
  unsigned lane_count;
  unsigned lane_capacity;   /* connections a lane */
  unsigned max_connections; /* this reactor's share */
  unsigned reserve;         /* of these, not for hosts that have some */
  unsigned open;            /* connections now */
  unsigned coming;          /* transfers that are about to open one */
  lr_timer recheck_timer;   /* while a lane has not been quiet for long */
  unsigned reclaiming;      /* connections that go when their answer ends */
  uint64_t reclaimed_ns;    /* when the last of them was chosen */
  unsigned running;         /* transfers now */
  unsigned connecting;      /* of these, on a connection not yet made */
  unsigned begun;           /* of these, since the end of the last turn */
  unsigned receiving;       /* of these, the answer has begun */
  unsigned watched;         /* of those, with an idle time-out */
  uint64_t idle_ns;         /* a quiet lane is closed after this */
  bool insecure;
  bool libcurl_only;
  struct x509_store_st *trusted; /* NULL until the first https job */
  struct evp_md_st *sha256;      /* NULL until the first digest */
  lr_connections own;            /* connections that libcurl has left to us */
  lr_buffer request;             /* one that is being written for these */
  lr_gzip_pool gzip_pool;        /* for their answers */
  lr_engine_stats *stats;        /* the worker's; any thread reads */
  char inbound[LR_ENGINE_INBOUND];
} lr_engine;

/* LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_engine_open(lr_worker *worker, lr_transport *out);

/* Adds up; any thread. */
void lr_engine_add_stats(lariat_pool_stats *all, const lr_engine_stats *stats);

/* A transfer that was to open a connection has done so, or will not. */
void lr_engine_connection_came(lr_engine *engine, struct lr_transfer *transfer);

/* An answer of the host's has begun, or ended: whether its connection must be
 * given up, because hosts that have none wait for one. */
bool lr_engine_must_reclaim(lr_engine *engine, const struct lr_host *host);

/* Who asks for a connection may ask again when more is known of those that are
 * idle. */
void lr_engine_ask_later(lr_engine *engine);

/* A connection of the host's came or, with (unsigned)-1, went. */
void lr_engine_count_connection(lr_engine *engine, struct lr_host *host,
                                unsigned by);

/* The algorithm, looked up once: OpenSSL would do it for each body.  NULL when
 * out of memory. */
const struct evp_md_st *lr_engine_sha256(lr_engine *engine);

/* One of the lane's connections was closed: it is looked at first when a lane
 * with room is needed. */
void lr_engine_lane_has_capacity(lr_engine *engine, struct lr_lane *lane);

/* Closes a lane without transfers, and all of its connections. */
void lr_engine_recycle(lr_engine *engine, struct lr_lane *lane);

/* The response is about to leave for its caller: by whom it was fetched, and
 * how. */
static inline void lr_engine_count(lr_engine *engine,
                                   lariat_response *response) {
  if (!response) return;
  response->reactor = engine->worker->index;
  if (response->reused) lr_u64_bump(&engine->stats->reused, 1);
}

/* From the lanes: a transfer of libcurl's is over. */
void lr_engine_finished(lr_engine *engine, struct lr_transfer *transfer,
                        int curl_code);

#endif
