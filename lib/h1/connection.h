/* SPDX-License-Identifier: MIT
 * connection.h: a connection of lariat's own: libcurl has opened it, made the
 * first request on it or none, and closed it; but it stayed open, for
 * exchange.h.
 *
 * It is counted among its host's and its engine's connections as libcurl's
 * are.  While nothing runs on it, it is watched: its server's end of it, or
 * bytes that nobody asked for, close it. */
#ifndef LR_H1_CONNECTION_H
#define LR_H1_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/h1_parser.h"
#include "job/job.h"
#include "reactor/poller.h"
#include "reactor/timers.h"
#include "schedule/host.h"

struct evp_md_ctx_st;
struct lr_engine;
struct lr_transfer;

typedef struct lr_connection {
  lr_watch watch;
  struct lr_engine *engine;
  lr_host *host;
  lr_list node;     /* in the host's idle ones, or alone */
  lr_list age_node; /* in the engine's idle ones, or alone */
  bool is_new;      /* of its requests this is the first */
  uint64_t opened_ns;
  uint64_t idle_ns; /* since when it is idle */
  lr_job *job;      /* NULL: idle */
  lr_h1_parser parser;
  lr_buffer unsent; /* of the request */
  size_t sent;      /* of that */
  uint64_t first_byte_ns;
  struct evp_md_ctx_st *digest; /* of a body that is large; or NULL */
  size_t digested;              /* of that */
  unsigned remote_port;
  char remote_ip[48];
} lr_connection;

/* Idle ones, of one engine. */
typedef struct lr_connections {
  lr_list idle; /* the longest idle first */
  lr_timer timer;
} lr_connections;

void lr_connections_init(struct lr_engine *engine);

/* Closes all that are left; they are idle. */
void lr_connections_clear(struct lr_engine *engine);

/* The transfer is to leave its connection to lariat: called when libcurl has
 * connected, with the number of its own port. */
void lr_connection_expect(struct lr_transfer *transfer, int local_port);

/* libcurl closes the descriptor that a transfer was to leave: it is parked
 * with the transfer, open and still counted. */
void lr_connection_park(struct lr_transfer *transfer, int fd);

/* The transfer was ended when it had connected: what it has parked becomes a
 * connection, for its job.  NULL: out of memory, or nothing was parked. */
lr_connection *lr_connection_adopt(struct lr_transfer *transfer);

/* The transfer is over.  What it has parked becomes an idle connection, if
 * `keep` and its answer allow that; else it is closed.  Its host has jobs. */
void lr_connection_settle(struct lr_transfer *transfer, bool keep);

/* The one that went idle last; NULL: none. */
static inline lr_connection *lr_connection_idle(lr_host *host) {
  lr_list *node = lr_list_first(&host->idle);
  return node ? lr_container(node, lr_connection, node) : NULL;
}

/* Out of the idle ones, for a job. */
static inline void lr_connection_take(lr_connection *connection, lr_job *job) {
  lr_list_remove(&connection->node);
  lr_list_remove(&connection->age_node);
  connection->job = job;
  job->connection = connection;
}

/* Back to them, without a job.  One that is too old is closed. */
void lr_connection_make_idle(lr_connection *connection);

/* Closes and frees it, idle or not.  Its host, if nothing else is left of it,
 * is forgotten; others who wait for a connection may ask again. */
void lr_connection_close(lr_connection *connection);

/* Closes the idle ones of `host`, `most` of them at most; true if there was
 * one. */
bool lr_connection_close_idle(lr_host *host, uint32_t most);

/* The host, which has jobs, is odd: its answers are left to libcurl from now
 * on, and its idle connections are closed. */
void lr_connection_leave_host_to_libcurl(lr_host *host);

/* Closes an idle one to make room for another host; with `all` of whatever
 * host, else of one of which nothing runs.  False: there was none. */
bool lr_connection_reclaim_idle(struct lr_engine *engine, bool all);

#endif
