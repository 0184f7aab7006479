/* SPDX-License-Identifier: MIT
 * connection_set.h: the connections of one worker: which are idle, to which
 * server, and when those that are shut are opened.
 *
 * No more requests are on their way than there are slots, and no more
 * connections open to one server.  With one server there are as many
 * connections as slots; with more of them those that are idle at one are shut
 * for another when there would be too many. */
#ifndef LOAD_CONNECTION_SET_H
#define LOAD_CONNECTION_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"

/* How many times as many connections as slots there may be. */
enum { LR_LOAD_SERVERS_AT_ONCE = 4 };

/* A server's connections that nothing is to be sent on. */
typedef struct lr_load_server {
  lr_load_list idle;    /* by `link`, the one idle for longest first */
  lr_load_list opening; /* being opened, or waiting for that */
} lr_load_server;

typedef struct lr_load_connection_set {
  lr_load_connector by;
  const lariat_load_requests *requests;
  lr_load_connection *connections;
  size_t capacity;
  size_t made;
  lr_load_server *servers;
  size_t server_count;
  lr_load_list shut;     /* by `link` */
  lr_load_list to_open;  /* by `age`: those that wait for their turn */
  uint64_t gap_ns;       /* between two openings; 0: none */
  uint64_t next_open_ns; /* when the next one may be opened */
  lariat_timer timer;
  bool reopens; /* what was shut is opened again at once */
} lr_load_connection_set;

/* Makes a set of `slots`.  `set->by` is filled in already, the rest is zero.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_connection_set_init(lr_load_connection_set *set,
                                          const lariat_load_requests *requests,
                                          unsigned slots);

/* Shuts all, and frees them. */
void lr_load_connection_set_clear(lr_load_connection_set *set);

/* Opens `count` connections more, to one server after the other, each as soon
 * as its turn comes. */
void lr_load_connection_set_warm(lr_load_connection_set *set, unsigned count);

/* Sets the time between two openings from now on. */
void lr_load_connection_set_pace(lr_load_connection_set *set, uint64_t gap_ns);

/* Takes a connection for a request to `origin`: one that is idle, or else one
 * that is being opened, or else one that is shut, of which the opening is begun
 * by lr_load_connection_set_open.  NULL: there is none, as more requests are
 * on their way than there are slots. */
lr_load_connection *lr_load_connection_set_take(lr_load_connection_set *set,
                                                uint32_t origin);

/* Opens a shut connection when its turn comes. */
void lr_load_connection_set_open(lr_load_connection_set *set,
                                 lr_load_connection *connection);

/* Keeps the bytes of the message of a connection that has to be opened before
 * they can be sent.  False: no memory; the connection was given back. */
bool lr_load_connection_set_keep_message(lr_load_connection_set *set,
                                         lr_load_connection *connection);

/* Gives a connection back on which nothing is sent: idle, being opened, or
 * shut, in which case it is opened again, if the set does that. */
void lr_load_connection_set_give(lr_load_connection_set *set,
                                 lr_load_connection *connection);

/* Gives a shut connection back that is not opened before a request needs it:
 * the server refuses. */
void lr_load_connection_set_put_away(lr_load_connection_set *set,
                                     lr_load_connection *connection);

#endif
