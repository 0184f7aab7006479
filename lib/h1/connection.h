/* SPDX-License-Identifier: MIT
 * connection.h: a connection on which lariat itself makes exchanges
 * (exchange.h).  Somebody else has opened it, and made the first request on it
 * or none.
 *
 * It is counted among its host's and its reactor's connections.  While nothing
 * runs on it, it is watched: its server's end of it, or bytes that nobody asked
 * for, close it. */
#ifndef LR_H1_CONNECTION_H
#define LR_H1_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "h1/h1.h"
#include "http/h1_parser.h"
#include "http/sha256.h"
#include "job/job.h"
#include "net/stream.h"
#include "reactor/poller.h"
#include "schedule/desync.h"

/* The instants of an exchange that is to have them exactly. */
typedef struct lr_exact_times {
  bool wanted;
  uint64_t sent_ns;
  uint64_t received_ns; /* of what was received last, be it the end */
} lr_exact_times;

typedef struct lr_connection {
  lr_watch watch; /* of the stream's descriptor */
  lr_stream stream;
  lr_h1 *h1;
  lr_host *host;
  lr_list node;     /* in the host's idle ones, or alone */
  lr_list age_node; /* in all idle ones, or alone */
  bool is_new;      /* of its requests this is the first */
  bool suspect;     /* open when its server was found to send what nobody asked
                       for */
  uint64_t id;      /* unique in the pool; 0: none */
  uint64_t opened_ns;
  uint64_t idle_ns; /* since when it is idle */
  lr_job *job;      /* NULL: idle */
  lr_h1_parser parser;
  struct lr_unsent *unsent;  /* of the request; NULL: all of it is out */
  lr_decode_item decoding;   /* waits while the body is to go on */
  lr_buffer unread;          /* and these bytes of the answer as well */
  bool reads_on;             /* `decoding` waits to receive what is pending */
  struct lr_sink_feed *feed; /* of a body that goes to a sink; or NULL */
  uint64_t first_byte_ns;
  lr_exact_times exact;
  lr_sha256 *digest; /* of a body that is large; or NULL */
  size_t digested;   /* of that */
  unsigned remote_port;
  char remote_ip[48];
} lr_connection;

/* Takes over `stream`, which is connected and counted already; the peer's
 * address is in `peer`.  The connection is neither idle nor has it a job. NULL:
 * out of memory, and the stream stays the caller's. */
lr_connection *lr_connection_adopt(lr_h1 *h1, const lr_stream *stream,
                                   lr_host *host, const lariat_response *peer);

/* Returns the one of the host's that went idle last; NULL: none. */
static inline lr_connection *lr_connection_idle(const lr_host *host) {
  lr_list *node = lr_list_first(&lr_h1_host_of(host)->idle);
  return node ? lr_container(node, lr_connection, node) : NULL;
}

/* Takes the connection out of the idle ones, for a job. */
static inline void lr_connection_take(lr_connection *connection, lr_job *job) {
  lr_list_remove(&connection->node);
  lr_list_remove(&connection->age_node);
  connection->job = job;
  job->pool.connection = connection;
}

/* Puts it back, without a job.  One that is too old is closed. */
void lr_connection_make_idle(lr_connection *connection);

/* Ends an idle one of which there is an event: its server has closed it, or has
 * sent what nobody asked for. */
void lr_connection_end_idle(lr_connection *connection);

/* Closes and frees it, idle or not.  Its host, if nothing else is left of it,
 * is forgotten; others who wait for a connection may ask again. */
void lr_connection_close(lr_connection *connection);

/* Uncounts a connection of `host` that was closed, as above. */
void lr_connection_uncount(lr_h1 *h1, lr_host *host);

/* Closes the idle ones of `host`, `most` of them at most; true if there was
 * one. */
bool lr_connection_close_idle(lr_host *host, uint32_t most);

/* Marks the host's connections on which something runs as suspect, and adds the
 * numbers of all. */
void lr_connection_mark_suspect(const lr_h1 *h1, const lr_host *host,
                                lr_connection_ids *ids);

/* Closes an idle one to make space for another host; with `all` of whatever
 * host, else of one of which nothing runs.  `busy`: something runs, whose next
 * request may want it.  False: there was none. */
bool lr_connection_reclaim_idle(lr_h1 *h1, bool all, bool busy);

/* Closes what was idle for too long; `timer` is an lr_h1's. */
void lr_connection_close_expired(lr_timer *timer);

#endif
