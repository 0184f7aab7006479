/* SPDX-License-Identifier: MIT
 * connection.h: one connection of a load test: HTTP/1.1 on a byte stream, one
 * request at a time, with the instants of each.
 *
 * Whoever owns it opens it, sends a message when it is idle, and is told of
 * each thing that happens by its operations; these may do with it whatever they
 * like, sending the next message included.  The thread of the client's
 * reactor. */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/byte_stream.h>
#include <lariat/client.h>
#include <lariat/deferred.h>
#include <lariat/h1_parser.h>

#include "known_heads.h"
#include "list.h"
#include "sample.h"
#include "source.h"

typedef struct lr_load_connection lr_load_connection;

typedef enum lr_load_connection_state {
  LR_LOAD_SHUT = 0, /* there is no connection */
  LR_LOAD_OPENING,
  LR_LOAD_IDLE,
  LR_LOAD_BUSY /* a request is on its way */
} lr_load_connection_state;

typedef struct lr_load_connection_ops {
  /* A connection was made; its `timings` say how long that took. */
  void (*connected)(lr_load_connection *connection);
  /* It is open, and idle. */
  void (*opened)(lr_load_connection *connection);
  /* It could not be opened, and is shut. */
  void (*refused)(lr_load_connection *connection, lariat_load_outcome outcome);
  /* A request has ended, as its sample says.  Idle, or shut. */
  void (*ended)(lr_load_connection *connection);
  /* It was idle, and is shut: by the server, or since that has sent what
   * nobody had asked for. */
  void (*lost)(lr_load_connection *connection);
} lr_load_connection_ops;

/* The common ground of the connections of one worker. */
typedef struct lr_load_connector {
  lariat_client *client;
  lariat_reactor *reactor; /* the client's */
  const lr_load_connection_ops *ops;
  void *owner;
  lariat_byte_stream_options stream;
  uint64_t most_requests; /* on one connection; 0: no limit */

  /* Sends a message in some other way; the connections are open from the
   * beginning then, to all appearance.  NULL: by HTTP/1.1. */
  void (*send)(lr_load_connection *connection, uint64_t now_ns);
  lr_load_known_heads *known;
} lr_load_connector;

struct lr_load_connection {
  lr_load_list link; /* for the owner: what it waits for */
  lr_load_list age;  /* for the owner: of those that are idle, or busy */
  const lr_load_connector *by;
  lr_load_connection_state state;
  bool has_message;    /* for the owner: one that is sent when it is open */
  bool measured;       /* for the owner: the request counts */
  bool keeps;          /* the message is not the last one on it */
  uint32_t origin;     /* for the owner */
  lariat_value opened; /* the stream; "none" */
  lariat_byte_stream *stream;
  lariat_deferred *opening;
  lariat_deferred *sending;        /* of what did not go at once */
  lariat_deferred *exchange;       /* of another way to send */
  const lariat_response *response; /* of such, while "ended" is told */
  const char *url;                 /* of the server */
  lariat_h1_parser *parser;
  const lr_load_known_head *head; /* of the answer; NULL: the parser reads it */
  lr_load_known_head known; /* a copy, as the heads that are known change */
  uint64_t left;            /* of the body behind such a head */
  char *copy;               /* of a message that does not stay */
  size_t copy_capacity;
  lr_load_message message;
  lr_load_sample sample;
  uint64_t requests; /* on this connection */
  uint64_t free_ns;  /* since when it is idle, or would be, had all that was
                        sent on it been sent in time */
  void *user;        /* for the owner: whose request it is */
  lariat_timings timings;
};

/* Makes a shut connection in memory that is all zero.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_connection_init(lr_load_connection *connection,
                                      const lr_load_connector *by);

/* Shuts it, without telling, and frees what it has. */
void lr_load_connection_clear(lr_load_connection *connection);

/* Opens a shut connection to `url`; "opened" or "refused" tells, perhaps
 * already in this call. */
void lr_load_connection_open(lr_load_connection *connection, const char *url);

/* Copies `connection->message`, if its bytes do not stay: it is sent when the
 * connection is open, and the source gives others until then.  False: no
 * memory. */
bool lr_load_connection_keep_message(lr_load_connection *connection);

/* Sends `connection->message` on an idle connection; the owner has set
 * intended_ns, free_ns and index of its sample, and `now_ns` is now. */
void lr_load_connection_send(lr_load_connection *connection, uint64_t now_ns);

/* Ends the request that is on its way, or the opening: the sample has
 * `outcome`, and `at_ns` as the instant at which it would have arrived.  Shuts
 * the connection; "ended" tells. */
void lr_load_connection_give_up(lr_load_connection *connection,
                                lariat_load_outcome outcome, uint64_t at_ns);

/* Ends the request that is on its way with an answer; its sample has the
 * instants.  The connection stays open if it `keeps`.  "ended" tells. */
void lr_load_connection_end_answer(lr_load_connection *connection,
                                   const lariat_response *response, bool keeps);

/* Returns the answer, while "ended" is told of one. */
const lariat_response *
lr_load_connection_response(const lr_load_connection *connection);

/* Shuts a connection, without telling. */
void lr_load_connection_shut(lr_load_connection *connection);

#endif
