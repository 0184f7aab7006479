/* SPDX-License-Identifier: MIT
 * See memory_transport.h. */
#include "support/memory_transport.h"

#include <stdlib.h>

#include "base/memory.h"
#include "h1/conclusion.h"
#include "h1/exchange.h"
#include "pool/pool.h"
#include "schedule/dispatcher.h"

/* A job that waits for its connection. */
struct ticket {
  lr_list node;
  lr_job *job;
};

/* ---- Connections ---- */

static void note_closed(struct memory_stream *stream) {
  struct memory_link *link = lr_container(stream, struct memory_link, stream);
  if (link->transport->owner.closed)
    link->transport->owner.closed(link->transport->owner.context, link);
  lr_list_remove(&link->node);
  memory_stream_clear(stream);
  lr_free(link);
}

static struct memory_link *link_of(const lr_connection *connection) {
  return connection->stream.state;
}

static void begin_script(struct memory_transport *transport,
                         struct memory_link *link, const lr_job *job,
                         bool reused) {
  memory_stream_begin(
      &link->stream,
      transport->owner.script(transport->owner.context, job, link, reused));
}

/* Opens a connection for the job.  NULL: out of memory. */
static lr_connection *open_connection(struct memory_transport *transport,
                                      lr_job *job) {
  static const lariat_response peer = {.remote_ip = "192.0.2.1",
                                       .remote_port = 80};
  lr_stream stream;
  struct memory_link *link = lr_alloc_zero(sizeof *link);
  if (!link) return NULL;
  link->transport = transport;
  if (memory_stream_open(&link->stream, &stream))
    link->connection =
        lr_connection_adopt(&transport->h1, &stream, job->pool.host, &peer);
  if (!link->connection) {
    if (stream.fd >= 0) close(stream.fd);
    lr_free(link);
    return NULL;
  }
  link->stream.closed = note_closed;
  link->connection->id = ++transport->last_id;
  lr_list_append(&transport->links, &link->node);
  transport->opened++;
  begin_script(transport, link, job, false);
  return link->connection;
}

/* ---- Jobs ---- */

/* Starts the job on an idle connection.  LARIAT_EBUSY: there is none. */
static lariat_status reuse_connection(struct memory_transport *transport,
                                      lr_job *job) {
  const lr_connection *idle = lr_connection_idle(job->pool.host);
  if (!idle || job->replay.on_new_connection || job->attempt.reuse_failed ||
      !lr_exchange_suits_idle(job))
    return LARIAT_EBUSY;
  begin_script(transport, link_of(idle), job, true);
  return lr_exchange_start(&transport->h1, job);
}

static lariat_status start_job(void *self, lr_job *job) {
  struct memory_transport *transport = self;
  lariat_status status = reuse_connection(transport, job);
  if (status != LARIAT_EBUSY) return status;
  if (!lr_connection_limit_allows(&transport->limit, job->pool.host))
    return LARIAT_EBUSY;
  if (!job->response) job->response = lr_response_new();
  struct ticket *ticket = lr_alloc_zero(sizeof *ticket);
  if (!ticket || !job->response) {
    lr_free(ticket);
    return LARIAT_ENOMEM;
  }
  ticket->job = job;
  job->pool.carrier = ticket;
  lr_list_append(&transport->waiting, &ticket->node);
  lr_connection_limit_count(&transport->limit, job->pool.host, 1);
  return LARIAT_OK;
}

static lr_job *end_ticket(struct ticket *ticket) {
  lr_job *job = ticket->job;
  job->pool.carrier = NULL;
  lr_list_remove(&ticket->node);
  lr_free(ticket);
  return job;
}

/* Opens the connections that were asked for. */
static void open_waiting(struct memory_transport *transport) {
  lr_list now;
  lr_list *node;
  lr_list_init(&now);
  lr_list_splice(&now, &transport->waiting);
  while ((node = lr_list_first(&now))) {
    lr_job *job = end_ticket(lr_container(node, struct ticket, node));
    lr_connection *connection = open_connection(transport, job);
    if (connection) {
      lr_exchange_open(connection, job);
      continue;
    }
    job->attempt.outcome = LARIAT_ENOMEM;
    lr_connection_uncount(&transport->h1, job->pool.host);
    lr_dispatcher_done(transport->dispatcher, job);
  }
}

static void cancel_job(void *self, lr_job *job) {
  struct memory_transport *transport = self;
  if (job->pool.connection) {
    lr_exchange_cancel(job);
    return;
  }
  (void)end_ticket(job->pool.carrier);
  job->attempt.phase = LARIAT_PHASE_CONNECT;
  if (job->sink) lr_body_sink_end(job, LARIAT_ECANCELLED);
  lr_connection_uncount(&transport->h1, job->pool.host);
}

static lariat_phase find_phase(void *self, const lr_job *job) {
  (void)self;
  return job->pool.connection ? lr_exchange_phase(job) : LARIAT_PHASE_CONNECT;
}

static uint64_t find_heard_ns(void *self, const lr_job *job) {
  (void)self;
  return job->pool.connection ? lr_exchange_heard_ns(job) : job->pool.active_ns;
}

static void end_reuse(void *self, lr_host *host, uint64_t connection) {
  const struct memory_transport *transport = self;
  lr_connection_ids ids;
  ids.count = 0;
  if (connection) lr_connection_ids_add(&ids, connection);
  lr_connection_mark_suspect(&transport->h1, host, &ids);
  (void)lr_connection_close_idle(host, UINT32_MAX);
}

static void describe_stream(lr_job *job, lariat_response *response) {
  lr_conclusion_describe(job->pool.connection, response);
}

static void resume_sink(lr_job *job) { lr_exchange_resume_sink(job); }

/* ---- Transport ---- */

static bool end_turn(void *self) {
  struct memory_transport *transport = self;
  lr_body_sinks_turn_end(&transport->sinks);
  open_waiting(transport);
  lr_connection_limit_turn_end(&transport->limit);
  lr_u64_store_relaxed(&transport->stats->receiving, transport->h1.receiving);
  return !lr_list_empty(&transport->waiting);
}

static void close_transport(void *self) {
  struct memory_transport *transport = self;
  lr_body_sinks_clear(&transport->sinks);
  lr_connection_limit_clear(&transport->limit);
  lr_h1_clear(&transport->h1);
  lr_free(transport);
}

static bool close_idle(void *self, lr_host *host) {
  (void)self;
  return lr_connection_close_idle(host, 1);
}

static void reclaim_idle(void *self, bool all) {
  struct memory_transport *transport = self;
  (void)lr_connection_reclaim_idle(&transport->h1, all, false);
}

static const lr_host_extra host_extra = {.size = sizeof(lr_h1_host),
                                         .init = lr_h1_host_init,
                                         .clear = lr_h1_host_clear};
static const lr_connection_limit_ops limit_ops = {.close_idle = close_idle,
                                                  .reclaim_idle = reclaim_idle};
static const lr_transport_ops transport_ops = {.host_extra = &host_extra,
                                               .start = start_job,
                                               .cancel = cancel_job,
                                               .phase = find_phase,
                                               .heard_ns = find_heard_ns,
                                               .end_reuse = end_reuse,
                                               .turn_end = end_turn,
                                               .close = close_transport};

struct setup {
  const struct memory_owner *owner;
  struct memory_transport **transport;
};

static lariat_status open_transport(void *context,
                                    const lr_transport_config *config,
                                    lr_transport *out) {
  const struct setup *setup = context;
  struct memory_transport *transport = lr_alloc_zero(sizeof *transport);
  if (!transport) return LARIAT_ENOMEM;
  transport->dispatcher = config->dispatcher;
  transport->reactor = config->reactor;
  transport->stats = config->stats;
  transport->owner = *setup->owner;
  lr_list_init(&transport->waiting);
  lr_list_init(&transport->links);
  lr_connection_limit_init(&transport->limit, &limit_ops, transport,
                           config->dispatcher, config->options->max_connections,
                           config->options->max_jobs_per_host,
                           &config->stats->connections);
  lr_body_sinks_init(&transport->sinks, config->budget, config->reactor);
  transport->sinks.describe = describe_stream;
  transport->sinks.resume = resume_sink;
  lr_h1_init(&transport->h1, config, &transport->limit);
  transport->h1.sinks = &transport->sinks;
  *setup->transport = transport;
  *out = (lr_transport){&transport_ops, transport};
  return LARIAT_OK;
}

lariat_status memory_pool_new(const lariat_pool_options *options,
                              lariat_reactor *reactor,
                              const struct memory_owner *owner,
                              lariat_pool **out,
                              struct memory_transport **transport) {
  struct setup setup = {owner, transport};
  const lr_pool_parts parts = {open_transport, &setup, reactor};
  return lr_pool_make(options, &parts, out);
}

/* ---- Rounds ---- */

struct round {
  struct memory_transport *transport;
  bool moved;
};

/* Tells each of the connections; any of them may be closed by that, its own
 * too, and new ones are not told yet. */
static void tell_all(void *context) {
  struct round *round = context;
  lr_list now;
  lr_list *node;
  lr_list_init(&now);
  lr_list_splice(&now, &round->transport->links);
  while ((node = lr_list_take_first(&now))) {
    struct memory_link *link = lr_container(node, struct memory_link, node);
    lr_list_append(&round->transport->links, node);
    round->moved |= memory_stream_waits(&link->stream);
    memory_stream_pass(&link->stream);
    round->moved |=
        memory_stream_drive(&link->stream, &link->connection->watch);
  }
}

bool memory_transport_round(struct memory_transport *transport) {
  struct round round = {transport, false};
  lr_reactor_turn_for(transport->reactor, tell_all, &round);
  return round.moved;
}
