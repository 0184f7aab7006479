/* SPDX-License-Identifier: MIT
 * engine.c: which lane a job goes to, and what happens around a transfer. */
#include "curl/engine.h"

#include "base/memory.h"
#include "base/time.h"
#include "curl/connect_only.h"
#include "curl/excess.h"
#include "curl/lane.h"
#include "curl/leasing.h"
#include "curl/libcurl.h"
#include "curl/outcome.h"
#include "curl/transfer.h"
#include "h1/conclusion.h"
#include "h1/connection.h"
#include "h1/exchange.h"
#include "job/lease.h"
#include "job/observation.h"
#include "limits/placement.h"
#include "net/resolver.h"
#include "net/trust.h"
#include "reactor/log.h"
#include "schedule/dispatcher.h"

/* Measured: docs/internals/engine.md. */
enum { LANE_CONNECTIONS = 32, IDLE_TRANSFERS_MAX = 4096 };

/* The descriptors that libcurl opens for a multi handle, at most. */
enum { LANE_DESCRIPTORS = 3 };

/* With few connections in all, each has a lane of its own: the idle ones of a
 * lane in which something runs cannot be closed. */
enum { FEW_CONNECTIONS = 64 };

/* Transfers that begin to connect before libcurl is called. */
enum { BEGUN_AT_ONCE = 32 };

/* Reads the certificates, when the first job needs them. */
static lariat_status load_trust(lr_engine *engine) {
  if (engine->trusted || engine->insecure) return LARIAT_OK;
  lariat_status status = lr_trust_load(engine->trust, &engine->trusted);
  if (status == LARIAT_OK && lr_libcurl_insists_on_cas())
    engine->certificate = lr_trust_copy_certificate(engine->trusted);
  return status == LARIAT_OK || status == LARIAT_ENOMEM ? status
                                                        : LARIAT_ECERTIFICATE;
}

/* ---- Choice of a lane ---- */

static bool is_multiplexed(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_HTTP2;
}

static bool has_idle_connection(const lr_host_lane *part) {
  return part->open + part->coming > part->running;
}

/* Returns a lane in which the host has a connection that nobody uses, looked
 * for where one was seen last; or NULL. */
static lr_lane *find_idle_lane(lr_host *host) {
  lr_curl_host *own = lr_curl_host_of(host);
  if (host->connections.open == 0) return NULL;
  for (uint32_t i = 0; i < own->count; i++) {
    uint32_t index = (own->hint + i) % own->count;
    if (!has_idle_connection(&own->lanes[index])) continue;
    own->hint = index;
    return own->lanes[index].lane;
  }
  return NULL;
}

static bool lane_has_capacity(const lr_engine *engine, const lr_lane *lane) {
  return lr_lane_load(lane) < engine->lane_capacity;
}

/* Returns one of the host's lanes that has capacity, its first lane before the
 * others; or NULL. */
static lr_lane *find_own_lane(const lr_engine *engine, const lr_host *host) {
  const lr_curl_host *own = lr_curl_host_of(host);
  for (uint32_t i = 0; i < own->count; i++)
    if (lane_has_capacity(engine, own->lanes[i].lane))
      return own->lanes[i].lane;
  return NULL;
}

/* Returns a lane that has capacity.  Those gather at the front, so that this
 * looks at few. */
static lr_lane *find_any_lane(lr_engine *engine) {
  lr_list *node = engine->lanes.next;
  for (int looks = 0; node != &engine->lanes && looks < 4; looks++) {
    lr_lane *lane = lr_container(node, lr_lane, node);
    node = node->next;
    if (lane_has_capacity(engine, lane)) return lane;
    lr_list_remove(&lane->node);
    lr_list_append(&engine->lanes, &lane->node);
  }
  return lr_lane_new(engine);
}

static lr_lane *find_lane_for_new(lr_engine *engine, lr_host *host) {
  lr_lane *lane = find_own_lane(engine, host);
  return lane ? lane : find_any_lane(engine);
}

/* Counts the lane's idle connections.  Where a reserve is kept for fast hosts,
 * those do not count that are idle only from one answer to their host's next
 * request: what counts is how many were not in use for a while. */
static unsigned count_idle(lr_engine *engine, lr_lane *lane) {
  lr_connection_limit *limit = &engine->limit;
  unsigned idle = lr_lane_idle(lane);
  if (!limit->reserve || !lr_engine_is_busy(engine) || idle == 0) return idle;
  bool known = lr_connection_limit_is_idle(
      limit, lane->running ? lane->spare_ns : lane->quiet_ns);
  if (!known) lr_connection_limit_recheck_later(limit);
  if (!known || !lane->running) return known ? idle : 0;
  unsigned spare = lane->spare;
  lane->spare = idle;
  lane->spare_ns = lr_reactor_turn_ns(engine->reactor);
  if (spare == 0) lr_connection_limit_recheck_later(limit);
  return spare;
}

/* Closes the lanes without connections and transfers: each has descriptors of
 * its own. */
static LR_COLD void close_empty_lanes(lr_engine *engine) {
  lr_list *node = engine->lanes.next;
  while (node != &engine->lanes) {
    lr_lane *lane = lr_container(node, lr_lane, node);
    node = node->next;
    if (lr_lane_load(lane) == 0 && lane->running == 0)
      lr_engine_recycle(engine, lane);
  }
}

/* Closes idle connections to make space for others: those of a quiet lane at
 * once, else, if `all`, one at the end of a transfer in the lane that has
 * most. */
static void reclaim_idle(void *owner, bool all) {
  lr_engine *engine = owner;
  if (lr_connection_limit_was_short(&engine->limit)) close_empty_lanes(engine);
  if (lr_connection_reclaim_idle(&engine->h1, all, lr_engine_is_busy(engine)))
    return;
  lr_lane *fullest = NULL;
  unsigned most = 0;
  for (lr_list *node = engine->lanes.next; node != &engine->lanes;
       node = node->next) {
    lr_lane *lane = lr_container(node, lr_lane, node);
    if (lane->running && !all) continue;
    unsigned idle = count_idle(engine, lane);
    if (idle && lane->running == 0) {
      lr_engine_recycle(engine, lane);
      return;
    }
    if (idle <= most) continue;
    most = idle;
    fullest = lane;
  }
  if (fullest) lr_lane_trim(fullest);
}

static bool close_idle_of_host(void *owner, lr_host *host) {
  (void)owner;
  return lr_connection_close_idle(host, 1);
}

static const lr_connection_limit_ops limit_ops = {
    .close_idle = close_idle_of_host, .reclaim_idle = reclaim_idle};

bool lr_engine_lacks_descriptor(lr_engine *engine,
                                const lr_transfer *transfer) {
  bool counted = transfer && transfer->coming;
  unsigned own_lanes = transfer ? 1 : 0;
  lr_u64_bump(&engine->stats->shortages, 1);
  lr_log_say(engine->reactor, LR_LOG_NO_DESCRIPTOR, NULL, 0);
  return lr_connection_limit_note_shortage(&engine->limit, counted,
                                           engine->lane_count > own_lanes);
}

/* Tells why there is no multi handle, which has descriptors of its own. */
static LR_COLD lariat_status no_lane_status(lr_engine *engine, lr_job *job) {
  if (lr_descriptor_use_has_left(LANE_DESCRIPTORS)) return LARIAT_ENOMEM;
  if (lr_engine_lacks_descriptor(engine, NULL)) return LARIAT_EBUSY;
  job->attempt.detail = lr_copy_string(lr_outcome_no_descriptor);
  return LARIAT_ESYSTEM;
}

bool lr_engine_wants_new(const lr_job *job) {
  const lr_host *host = job->pool.host;
  if (is_multiplexed(host)) return false;
  return job->lease || job->replay.on_new_connection || host->learned.desync ||
         (!job->replay.repeatable && lr_host_is_short_lived(host));
}

/* Says whether the host may have one more connection, in the place of an idle
 * one of libcurl's if need be, which may have to wait for the end of a transfer
 * in its lane. */
static LR_COLD bool makes_space(lr_engine *engine, lr_host *host) {
  if (lr_connection_limit_allows(&engine->limit, host)) return true;
  lr_lane *idle = find_idle_lane(host);
  if (idle && idle->running) lr_lane_trim(idle);
  if (!idle || idle->running) return false;
  lr_engine_recycle(engine, idle);
  return lr_connection_limit_allows(&engine->limit, host);
}

/* Says whether a connection may be opened ahead: for requests of HTTP/1.1 by
 * h1, and in nobody's place. */
static LR_COLD bool may_open_ahead(const lr_engine *engine, const lr_job *job) {
  const lr_host *host = job->pool.host;
  return !engine->h1.disabled && job->request.http != LARIAT_HTTP_2 &&
         !is_multiplexed(host) &&
         lr_connection_limit_has_left(&engine->limit, host);
}

/* Chooses the lane of a job that leases a connection: a new one, whatever is
 * open. LARIAT_OK, LARIAT_ENOMEM, LARIAT_EBUSY, LARIAT_ESYSTEM
 * LARIAT_EALREADY  as many are open as may be, ahead of requests */
static LR_COLD lariat_status choose_lane_for_lease(lr_engine *engine,
                                                   lr_job *job, lr_lane **out,
                                                   bool *opens_new) {
  lr_host *host = job->pool.host;
  if (job->lease->ahead && !may_open_ahead(engine, job)) return LARIAT_EALREADY;
  if (!makes_space(engine, host) &&
      (lr_engine_is_busy(engine) || engine->limit.held))
    return LARIAT_EBUSY;
  *opens_new = true;
  *out = find_lane_for_new(engine, host);
  return *out ? LARIAT_OK : no_lane_status(engine, job);
}

/* Chooses the job's lane; `*opens_new`: it will open a connection.  One that
 * must have a new one takes the place of an idle one when there is no
 * capacity for both.  A connection that is being replaced counts as idle for as
 * long as libcurl closes it: 8.14.1 and later wait for the server's
 * close_notify. LARIAT_OK, LARIAT_ENOMEM, LARIAT_EBUSY, LARIAT_ESYSTEM
 */
static lariat_status choose_lane(lr_engine *engine, lr_job *job, lr_lane **out,
                                 bool *opens_new) {
  lr_host *host = job->pool.host;
  if (job->lease) return choose_lane_for_lease(engine, job, out, opens_new);
  bool needs_new = lr_engine_wants_new(job) || lr_curl_host_of(host)->replacing;
  *opens_new = false;
  *out = is_multiplexed(host) && host->connections.open
             ? lr_curl_host_of(host)->lanes[0].lane
             : find_idle_lane(host);
  if (*out && !(needs_new && lr_connection_limit_allows(&engine->limit, host)))
    return LARIAT_OK;
  if (!*out && !lr_connection_limit_allows(&engine->limit, host) &&
      (lr_engine_is_busy(engine) || engine->limit.held))
    return LARIAT_EBUSY;
  *opens_new = true;
  *out = find_lane_for_new(engine, host);
  lr_curl_host_of(host)->replacing = false;
  return *out ? LARIAT_OK : no_lane_status(engine, job);
}

void lr_engine_lane_has_capacity(lr_engine *engine, lr_lane *lane) {
  lr_list_remove(&lane->node);
  lr_list_prepend(&engine->lanes, &lane->node);
}

static void count_coming(lr_engine *engine, lr_transfer *transfer,
                         unsigned by) {
  lr_host_lane *part = lr_host_in_lane(transfer->host, transfer->lane);
  lr_connection_limit_count_coming(&engine->limit, transfer->host, by);
  transfer->lane->coming += by;
  part->coming += by;
}

void lr_engine_connection_came(lr_engine *engine, lr_transfer *transfer) {
  if (!transfer->coming) return;
  transfer->coming = false;
  count_coming(engine, transfer, (unsigned)-1);
}

/* ---- Transfers ---- */

static lr_transfer *take_transfer(lr_engine *engine) {
  lr_list *node = lr_list_take_first(&engine->idle_transfers);
  if (!node) return lr_transfer_new(engine);
  engine->idle_transfer_count--;
  return lr_container(node, lr_transfer, node);
}

/* Puts the transfer to the idle ones.  The one used last is used next: its
 * memory is warm, and it is often set for the same host. */
void lr_engine_keep_transfer(lr_engine *engine, lr_transfer *transfer) {
  lr_transfer_reset(transfer);
  if (engine->idle_transfer_count >= IDLE_TRANSFERS_MAX) {
    lr_transfer_free(transfer);
    return;
  }
  lr_list_prepend(&engine->idle_transfers, &transfer->node);
  engine->idle_transfer_count++;
}

/* ---- Jobs ---- */

/* Decides who makes the job's request, and what becomes of its connection: a
 * new one is to be h1's, if it is without TLS also behind an answer that
 * libcurl has read.  A lease makes none. */
static void decide_maker(lr_transfer *transfer, const lr_job *job,
                         bool opens_new) {
  lr_request_reason reason =
      job->lease ? LR_REQUEST_BY_H1
                 : lr_exchange_reason(&transfer->engine->h1, job);
  bool by_h1 = reason == LR_REQUEST_BY_H1;
  bool behind = reason == LR_REQUEST_REUSE_FAILED && !job->request.url.tls;
  transfer->reason = (uint8_t)reason;
  lr_handoff_want(transfer, opens_new && (by_h1 || behind));
  transfer->handoff.makes_way =
      !opens_new && by_h1 && lr_connect_only_replaces(job);
}

/* Gives the transfer, which is ready, to libcurl, now or when the addresses of
 * its host are known.  LARIAT_OK, LARIAT_ENOMEM, LARIAT_ELIBCURL */
static lariat_status enter_lane(lr_transfer *transfer, lr_lane *lane,
                                bool opens_new) {
  lr_lane_enter(lane, transfer);
  lariat_status status = lr_name_resolution_begin(transfer, opens_new);
  if (status == LARIAT_OK) status = lr_lane_start(lane, transfer);
  if (status == LARIAT_EBUSY) {
    transfer->state = LR_TRANSFER_RESOLVING;
    return LARIAT_OK;
  }
  if (status != LARIAT_OK) lr_lane_remove(lane, transfer);
  return status;
}

static lariat_status start_transfer(lr_engine *engine, lr_job *job,
                                    lr_lane *lane, bool opens_new) {
  lr_host *host = job->pool.host;
  lr_transfer *transfer = take_transfer(engine);
  if (!transfer) return LARIAT_ENOMEM;
  decide_maker(transfer, job, opens_new);
  lariat_status status =
      lr_transfer_prepare(transfer, job, host, lane, opens_new);
  if (status == LARIAT_OK) status = enter_lane(transfer, lane, opens_new);
  if (status != LARIAT_OK) {
    lr_engine_keep_transfer(engine, transfer);
    return status;
  }
  transfer->coming = opens_new;
  if (opens_new && !lr_host_connections_of(host))
    host->connections.since_ns = lr_reactor_turn_ns(engine->reactor);
  if (opens_new) {
    engine->connecting++;
    engine->begun++;
    count_coming(engine, transfer, 1);
  }
  lr_host_in_lane(host, lane)->running++;
  engine->running++;
  engine->watched += job->request.idle_timeout_ns != 0;
  return LARIAT_OK;
}

static LR_COLD lariat_status start_with_libcurl(lr_engine *engine,
                                                lr_job *job) {
  lr_lane *lane = NULL;
  bool opens_new = false;
  lariat_status status = LARIAT_OK;
  if (job->request.url.tls) status = load_trust(engine);
  if (status == LARIAT_OK) status = choose_lane(engine, job, &lane, &opens_new);
  if (status != LARIAT_OK) return status;
  if (!lr_host_enter_lane(job->pool.host, lane)) return LARIAT_ENOMEM;
  status = start_transfer(engine, job, lane, opens_new);
  if (status != LARIAT_OK)
    lr_host_leave_lane(job->pool.host, lane);
  else if (job->observation)
    lr_observation_started(job, lariat_reactor_now_ns(engine->reactor),
                           engine->h1.index);
  return status;
}

/* Starts the job without libcurl, if there is a connection for that. */
static lariat_status start_job(void *self, lr_job *job) {
  lr_engine *engine = self;
  if (!lr_list_empty(&lr_h1_host_of(job->pool.host)->idle) &&
      !job->replay.on_new_connection && !job->attempt.reuse_failed &&
      lr_exchange_suits_idle(job)) {
    lariat_status status = lr_exchange_start(&engine->h1, job);
    if (status != LARIAT_EBUSY) return status;
  }
  return start_with_libcurl(engine, job);
}

/* Says whether the transfer is counted among those that connect. */
static bool counts_as_connecting(const lr_transfer *transfer) {
  return transfer->state == LR_TRANSFER_CONNECTING ||
         (transfer->state == LR_TRANSFER_RESOLVING &&
          !transfer->tries.may_reuse);
}

/* Takes the transfer apart from its job. */
static void detach_job(lr_engine *engine, lr_transfer *transfer) {
  lr_engine_connection_came(engine, transfer);
  engine->running--;
  if (counts_as_connecting(transfer)) engine->connecting--;
  if (transfer->state == LR_TRANSFER_RECEIVING) engine->receiving--;
  engine->watched -= transfer->job->request.idle_timeout_ns != 0;
  transfer->job->pool.carrier = NULL;
}

/* Takes the transfer apart from its lane, host and job; the host's next job
 * will find the connection that this one has left. */
static void detach_transfer(lr_engine *engine, lr_transfer *transfer) {
  lr_lane *lane = transfer->lane;
  lr_host *host = transfer->host;
  lr_lane_remove(lane, transfer);
  lr_handoff_forget_socket(transfer);
  lr_handoff_settle(transfer, false);
  detach_job(engine, transfer);
  lr_curl_host *own = lr_curl_host_of(host);
  lr_host_lane *part = lr_host_in_lane(host, lane);
  if (part) {
    part->running--;
    if (has_idle_connection(part)) own->hint = (uint32_t)(part - own->lanes);
  }
  lr_host_leave_lane(host, lane);
  lr_engine_keep_transfer(engine, transfer);
}

static void count_response(lr_engine *engine, lariat_response *response) {
  if (response) lr_h1_count(&engine->h1, response);
}

/* Ends the job of a lease, whose connection is its client's now, or waits for
 * a request. */
static LR_COLD void conclude_lease(lr_engine *engine, lr_job *job) {
  job->attempt.outcome = LARIAT_OK;
  count_response(engine, job->response);
  lr_dispatcher_done(engine->dispatcher, job);
}

/* Keeps a connection that was opened ahead, if it is of use still. */
static LR_COLD void keep_ahead(lr_connection *connection) {
  if (!connection->host->learned.desync && !connection->h1->dispatcher->closing)
    lr_connection_make_idle(connection);
  else
    lr_connection_close(connection);
}

/* Goes on with the connection that the job has: NULL, its client has it. */
static void go_on_with(lr_engine *engine, lr_connection *connection,
                       lr_job *job) {
  if (!job->lease) {
    lr_exchange_open(connection, job);
    return;
  }
  if (connection) keep_ahead(connection);
  conclude_lease(engine, job);
}

/* Goes on with h1 where libcurl has connected, and no more.  False: that
 * cannot be used. */
static bool take_exchange_over(lr_engine *engine, lr_transfer *transfer) {
  lr_job *job = transfer->job;
  lr_outcome_describe(transfer, job->response);
  bool lends = job->lease && !job->lease->ahead;
  lr_connection *connection = lends ? NULL : lr_handoff_adopt(transfer);
  if (lends ? !lr_leasing_give(transfer) : !connection) return false;
  detach_transfer(engine, transfer);
  go_on_with(engine, connection, job);
  return true;
}

/* Goes on with h1 on a connection that libcurl has opened for it and keeps.
 * False: there is no memory for it, or the connection has gone. */
static bool adopt_kept(lr_engine *engine, lr_transfer *transfer) {
  lr_job *job = transfer->job;
  lr_outcome_describe(transfer, job->response);
  bool lends = job->lease && !job->lease->ahead;
  lr_connection *connection = lends ? NULL : lr_connect_only_adopt(transfer);
  if (lends ? !lr_leasing_give(transfer) : !connection) return false;
  detach_job(engine, transfer);
  transfer->state = LR_TRANSFER_IDLE;
  transfer->job = NULL;
  go_on_with(engine, connection, job);
  return true;
}

/* Says whether a connection was opened ahead for nothing: the server has chosen
 * HTTP/2, of which libcurl opens one with the first request. */
static bool is_of_no_use(const lr_transfer *transfer) {
  return transfer->job->lease && transfer->job->lease->ahead &&
         is_multiplexed(transfer->host);
}

void lr_engine_finished(lr_engine *engine, lr_transfer *transfer,
                        int curl_code) {
  lr_job *job = transfer->job;
  if (transfer->set.connect_only && curl_code == CURLE_OK) {
    bool useless = is_of_no_use(transfer);
    if (!useless && adopt_kept(engine, transfer)) return;
    /* libcurl may have closed it again in the same call, for its dead ones:
     * from 8 on a connection on which a session ticket has come looks like one.
     * Nothing was sent: the job starts anew. */
    transfer->fault =
        transfer->connection.socket ? LARIAT_ENOMEM : LARIAT_EBUSY;
    if (useless) transfer->fault = LARIAT_EALREADY;
  }
  if (lr_handoff_was_taken(transfer)) {
    if (take_exchange_over(engine, transfer)) return;
    transfer->fault = LARIAT_ENOMEM;
  }
  bool whole = curl_code == CURLE_OK || transfer->reader.stopped;
  bool behind = whole && lr_excess_is_behind(transfer);
  lr_outcome_conclude(transfer, curl_code);
  count_response(engine, job->response);
  bool keeps = !behind && !transfer->host->learned.desync;
  lr_handoff_settle(transfer, keeps);
  if (!keeps && transfer->connection.socket)
    lr_socket_end(transfer->connection.socket);
  detach_transfer(engine, transfer);
  if (job->sink) lr_body_sink_transform(job);
  lr_dispatcher_done(engine->dispatcher, job);
}

/* ---- Names ---- */

/* Starts a transfer whose host was looked up, or ends it if that has no
 * address. */
static void start_answered(lr_engine *engine, lr_transfer *transfer) {
  lariat_status status = lr_name_resolution_take(transfer);
  if (status == LARIAT_OK) {
    status = lr_lane_start(transfer->lane, transfer);
    if (status == LARIAT_OK) {
      transfer->state = transfer->tries.may_reuse ? LR_TRANSFER_SENDING
                                                  : LR_TRANSFER_CONNECTING;
      return;
    }
  }
  if (status != LARIAT_ERESOLVE) transfer->fault = status;
  lr_engine_finished(engine, transfer, CURLE_COULDNT_RESOLVE_HOST);
}

/* Starts those whose hosts were looked up, as many as are begun at once. */
static void start_some_answered(lr_engine *engine) {
  lr_list *node;
  for (int i = 0; i < BEGUN_AT_ONCE; i++) {
    node = lr_list_take_first(&engine->answered);
    if (!node) return;
    start_answered(engine, lr_container(node, lr_transfer, names.answered));
  }
}

/* ---- Ends ---- */

/* Ends what is idle of a host that gets one request a connection from now on.
 */
static void end_reuse(void *self, lr_host *host, uint64_t connection) {
  lr_engine *engine = self;
  lr_connection_ids ids;
  ids.count = 0;
  if (connection) lr_connection_ids_add(&ids, connection);
  lr_connection_mark_suspect(&engine->h1, host, &ids);
  lr_sockets_end_reuse(engine, host, &ids);
  if (engine->desync && ids.count)
    lr_desync_add_connections(engine->desync, host->key, &ids);
  (void)lr_connection_close_idle(host, UINT32_MAX);
}

static void cancel_job(void *self, lr_job *job) {
  lr_engine *engine = self;
  lr_transfer *transfer = job->pool.carrier;
  if (job->pool.connection) {
    lr_exchange_cancel(job);
    return;
  }
  lr_outcome_stop(transfer);
  count_response(engine, job->response);
  if (job->sink) lr_body_sink_end(job, LARIAT_ECANCELLED);
  detach_transfer(engine, transfer);
  lr_dispatcher_unblock(engine->dispatcher);
}

/* ---- Sinks ---- */

static void describe_stream(lr_job *job, lariat_response *response) {
  const lr_transfer *transfer = job->pool.carrier;
  if (job->pool.connection) {
    lr_conclusion_describe(job->pool.connection, response);
    return;
  }
  lr_outcome_describe(transfer, response);
  lr_h1_count(&transfer->engine->h1, response);
}

/* Has libcurl look at the connection of a stream of HTTP/2 that goes on, as if
 * bytes had come.  Version 7.88 may have all of the answer already, and then
 * waits for a socket on which nothing more comes. */
static void look_at_connection(lr_transfer *transfer) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (transfer->connection.socket) return;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd);
  if (fd != CURL_SOCKET_BAD) lr_lane_event(transfer->lane, fd, CURL_CSELECT_IN);
}

/* Lets a paused transfer go on.  libcurl gives what it has kept inside of
 * this call.  What goes wrong then is only told here: its multi handle does
 * not end the transfer. */
void lr_engine_resume(lr_transfer *transfer) {
  lr_engine *engine = transfer->engine;
  lr_lane *lane = transfer->lane;
  CURLcode code =
      curl_easy_pause(transfer->easy, transfer->upload.paused ? CURLPAUSE_SEND
                                                              : CURLPAUSE_CONT);
  if (code != CURLE_OK || transfer->fault != LARIAT_OK) {
    lr_engine_finished(engine, transfer,
                       code == CURLE_OK ? CURLE_WRITE_ERROR : (int)code);
    return;
  }
  if (lr_transfer_is_paused(transfer)) return;
  lane->needs_action = true;
  lr_lane_mark_dirty(lane);
  look_at_connection(transfer);
}

static void resume_sink(lr_job *job) {
  if (job->pool.connection)
    lr_exchange_resume_sink(job);
  else
    lr_engine_resume(job->pool.carrier);
}

static lariat_phase find_phase(void *self, const lr_job *job) {
  (void)self;
  return job->pool.connection ? lr_exchange_phase(job)
                              : lr_outcome_phase(job->pool.carrier);
}

/* Returns when something was heard of the job.  One that waits for its taker
 * is heard of by that. */
static uint64_t find_heard_ns(void *self, const lr_job *job) {
  const lr_engine *engine = self;
  if (job->pool.connection) return lr_exchange_heard_ns(job);
  return lr_transfer_is_paused(job->pool.carrier)
             ? lr_reactor_turn_ns(engine->reactor)
             : lr_outcome_heard_ns(job->pool.carrier);
}

/* Says whether enough was begun in this turn.  libcurl connects at a turn's
 * end, all that were begun; on the way it has a handle and a buffer for each.
 */
static bool has_begun_enough(void *self) {
  const lr_engine *engine = self;
  return engine->begun >= BEGUN_AT_ONCE;
}

/* Processes the dirty lanes.  One that becomes dirty meanwhile waits for the
 * next round. */
static bool end_turn(void *self) {
  lr_engine *engine = self;
  lr_list now;
  lr_list *node;
  engine->begun = 0;
  lr_body_sinks_turn_end(&engine->sinks);
  lr_connect_only_end_released(engine);
  start_some_answered(engine);
  lr_list_init(&now);
  lr_list_splice(&now, &engine->dirty);
  while ((node = lr_list_first(&now)))
    lr_lane_process(lr_container(node, lr_lane, dirty));
  lr_connection_limit_turn_end(&engine->limit);
  lr_u64_store_relaxed(&engine->stats->connecting, engine->connecting);
  lr_u64_store_relaxed(&engine->stats->receiving,
                       engine->receiving + engine->h1.receiving);
  return !lr_list_empty(&engine->dirty) || !lr_list_empty(&engine->answered);
}

void lr_engine_recycle(lr_engine *engine, lr_lane *lane) {
  bool had = lane->open > 0;
  lr_lane_free(lane);
  if (had) lr_u64_bump(&engine->stats->recycled, 1);
}

static void end_leases(void *self) { lr_leasing_end_all(self); }

static void close_engine(void *self) {
  lr_engine *engine = self;
  lr_list *node;
  lr_body_sinks_clear(&engine->sinks);
  lr_connection_limit_clear(&engine->limit);
  lr_h1_clear(&engine->h1);
  lr_leasing_end_all(engine);
  lr_connect_only_end_released(engine);
  while ((node = lr_list_first(&engine->lanes)))
    lr_lane_free(lr_container(node, lr_lane, node));
  while ((node = lr_list_take_first(&engine->idle_transfers)))
    lr_transfer_free(lr_container(node, lr_transfer, node));
  lr_sockets_clear(&engine->sockets);
  lr_tls_sessions_clear(&engine->tls_sessions);
  lr_trust_release(engine->trusted);
  lr_free(engine->certificate);
  lr_free(engine);
}

static const lr_transport_ops engine_ops = {.host_extra = &lr_curl_host_extra,
                                            .start = start_job,
                                            .is_busy = has_begun_enough,
                                            .cancel = cancel_job,
                                            .phase = find_phase,
                                            .heard_ns = find_heard_ns,
                                            .end_reuse = end_reuse,
                                            .end_leases = end_leases,
                                            .turn_end = end_turn,
                                            .close = close_engine};

static void init_limit(lr_engine *engine, const lr_transport_config *config) {
  const lariat_pool_options *options = config->options;
  unsigned share = lr_placement_share(0, options->max_connections,
                                      config->index, config->reactors);
  lr_connection_limit_init(
      &engine->limit, &limit_ops, engine, config->dispatcher, share,
      options->max_jobs_per_host, &config->stats->connections);
  lr_connection_limit_share(&engine->limit, config->descriptors);
  engine->lane_capacity = options->lane_connections;
  if (!engine->lane_capacity)
    engine->lane_capacity =
        engine->limit.max < FEW_CONNECTIONS ? 1 : LANE_CONNECTIONS;
}

lariat_status lr_engine_open(const lr_transport_config *config,
                             lr_transport *out) {
  lr_engine *engine = lr_alloc_zero(sizeof *engine);
  if (!engine) return LARIAT_ENOMEM;
  engine->reactor = config->reactor;
  engine->dispatcher = config->dispatcher;
  engine->stats = config->stats;
  engine->trust = config->trust;
  engine->guard = config->guard;
  engine->resolver = config->resolver;
  engine->desync = config->desync;
  engine->reactors = config->reactors ? config->reactors : 1;
  engine->insecure = config->options->insecure;
  engine->idle_ns = lr_ns_of_ms(config->options->idle_ms);
  init_limit(engine, config);
  lr_sockets_init(&engine->sockets);
  lr_tls_sessions_init(&engine->tls_sessions);
  lr_list_init(&engine->idle_transfers);
  lr_list_init(&engine->answered);
  lr_list_init(&engine->released);
  lr_list_init(&engine->leases);
  lr_list_init(&engine->lanes);
  lr_list_init(&engine->dirty);
  lr_body_sinks_init(&engine->sinks, config->budget, config->reactor);
  engine->sinks.describe = describe_stream;
  engine->sinks.resume = resume_sink;
  lr_h1_init(&engine->h1, config, &engine->limit);
  engine->h1.sinks = &engine->sinks;
  *out = (lr_transport){&engine_ops, engine};
  return LARIAT_OK;
}
