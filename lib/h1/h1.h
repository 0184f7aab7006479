/* SPDX-License-Identifier: MIT
 * h1.h: what all of h1's exchanges of one transport have in common. */
#ifndef LR_H1_H1_H
#define LR_H1_H1_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/content_decoder.h"
#include "http/response.h"
#include "job/decode_queue.h"
#include "reactor/reactor.h"
#include "schedule/connection_limit.h"
#include "schedule/dispatcher.h"
#include "schedule/transport.h"

/* How much one read of a connection may bring. */
enum { LR_H1_INBOUND = 64 * 1024 };

struct lr_body_sinks;

typedef struct lr_h1 {
  lariat_reactor *reactor;
  lr_dispatcher *dispatcher;
  lr_connection_limit *limit;  /* shared with the transport */
  lr_transport_stats *stats;   /* likewise */
  struct lr_body_sinks *sinks; /* likewise */
  unsigned index;              /* of the reactor, for responses */
  bool disabled;               /* nothing is taken on */
  uint64_t idle_ns;            /* an idle connection is closed after this */
  unsigned running;            /* exchanges now */
  unsigned receiving;          /* of these, the answer has begun */
  lr_list idle;                /* connections, the longest idle first */
  lr_timer idle_timer;
  lr_buffer request;            /* one that is being written */
  lr_content_decoders decoders; /* these two are the transport's as well */
  lr_decode_queue decode_queue;
  char inbound[LR_H1_INBOUND];
} lr_h1;

/* The part of h1 behind each host (lr_host_extra_of).  A transport that keeps
 * more has this as its first member. */
typedef struct lr_h1_host {
  lr_list idle;    /* connections, the one that went idle last first */
  lr_buffer lines; /* of the last request: all that is behind the path */
  lr_header_list *lines_headers; /* with these headers */
} lr_h1_host;

static inline lr_h1_host *lr_h1_host_of(const lr_host *host) {
  return lr_host_extra_of(host);
}

/* Makes and clears a host's part. */
void lr_h1_host_init(lr_host *host);
void lr_h1_host_clear(lr_host *host);

/* Fills in `h1`, whose memory is zeroed, for the transport that `config` makes.
 */
void lr_h1_init(lr_h1 *h1, const lr_transport_config *config,
                lr_connection_limit *limit);

/* Closes all idle connections and frees what is kept; nothing runs. */
void lr_h1_clear(lr_h1 *h1);

/* Notes in a response that is about to leave for its caller by whom it was
 * fetched; counts it.  One without a head is a failure's, and no answer. */
static inline void lr_h1_count(lr_h1 *h1, lariat_response *response) {
  response->reactor = h1->index;
  if (response->reused && response->status) lr_u64_bump(&h1->stats->reused, 1);
}

#endif
