/* SPDX-License-Identifier: MIT
 * memory_transport.h: a pool whose requests go by HTTP/1.1 over streams in
 * memory (memory_stream.h): all of lariat but libcurl and the network, under
 * the virtual clock.  For each request, and each time that it is sent, the
 * owner is asked for its script.
 *
 *   memory_pool_new(&options, reactor, give_script, context, &pool);
 *   ... lariat_request(client, ...), turns of the reactor
 *   memory_transport_round(memory_pool_transport(pool)); */
#ifndef TESTS_SUPPORT_MEMORY_TRANSPORT_H
#define TESTS_SUPPORT_MEMORY_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "h1/connection.h"
#include "h1/h1.h"
#include "job/body_sink.h"
#include "job/job.h"
#include "support/memory_stream.h"
#include <lariat/pool.h>

struct memory_transport;

/* A connection. */
struct memory_link {
  struct memory_stream stream; /* first */
  struct memory_transport *transport;
  lr_connection *connection;
  lr_list node;
  void *user; /* the owner's, for its request's stream */
};

struct memory_owner {
  /* Returns the script of `job`, which is about to be sent; `link` will hold
   * what was sent.  `reused`: on a connection that is open. */
  const struct memory_script *(*script)(void *context, const lr_job *job,
                                        struct memory_link *link, bool reused);
  /* Takes note that a connection was closed, while its stream is still
   * there. */
  void (*closed)(void *context, struct memory_link *link);
  void *context;
};

struct memory_transport {
  lr_dispatcher *dispatcher;
  lariat_reactor *reactor;
  lr_transport_stats *stats;
  struct memory_owner owner;
  lr_body_sinks sinks;
  lr_connection_limit limit;
  lr_list waiting; /* struct ticket: jobs whose connection will be opened */
  lr_list links;   /* open connections */
  unsigned opened;
  uint64_t last_id;
  lr_h1 h1;
};

/* Makes a pool on `reactor`, and puts its transport into `*transport`. */
lariat_status memory_pool_new(const lariat_pool_options *options,
                              lariat_reactor *reactor,
                              const struct memory_owner *owner,
                              lariat_pool **out,
                              struct memory_transport **transport);

/* Lets a round pass: in a turn of the reactor, each stream tells what it has to
 * tell.  True: something did, or will when more rounds pass. */
bool memory_transport_round(struct memory_transport *transport);

#endif
