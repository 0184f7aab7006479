/* SPDX-License-Identifier: MIT
 * Which lane a job goes to, and what happens around a transfer. */
#include "curl/engine.h"

#include <openssl/evp.h>

#include "base/memory.h"
#include "curl/lane.h"
#include "curl/transfer.h"
#include "h1/connection.h"
#include "h1/exchange.h"
#include "job/body_sink.h"
#include "limits/placement.h"
#include "net/trust.h"
#include "pool/pool.h"
#include "schedule/dispatcher.h"

/* Measured: docs/internals/engine.md. */
enum { LANE_CONNECTIONS = 32, IDLE_TRANSFERS_MAX = 4096 };

/* With few connections in all, each has a lane of its own: the idle ones of a
 * lane in which something runs cannot be closed. */
enum { FEW_CONNECTIONS = 64 };

/* A host's only connection is given to another host after so long; and no
 * longer than the second is waited for one whose answer does not come to its
 * end before others give theirs, too. */
static const uint64_t reclaim_after_ns = 1000000000u;
static const uint64_t reclaim_patience_ns = 100000000u;

void lr_engine_count_connection(lr_engine *engine, lr_host *host, unsigned by) {
  engine->open += by;
  host->open += by;
  lr_u64_store_relaxed(&engine->stats->connections, engine->open);
}

const EVP_MD *lr_engine_sha256(lr_engine *engine) {
  if (!engine->sha256) engine->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  return engine->sha256;
}

/* The certificates, when the first job needs them. */

static lariat_status need_trust(lr_engine *engine) {
  if (engine->trusted || engine->insecure) return LARIAT_OK;
  lariat_pool *pool = engine->worker->pool;
  lr_pool_warm_up_begin(pool);
  lariat_status status =
      lr_trust_load(lr_pool_options(pool)->ca_file, &engine->trusted);
  lr_pool_warm_up_end(pool);
  return status == LARIAT_OK || status == LARIAT_ENOMEM ? status
                                                        : LARIAT_ECERTIFICATE;
}

/* The choice of a lane. */

static bool is_multiplexed(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_HTTP2;
}

static bool part_has_idle(const lr_host_lane *part) {
  return part->open + part->coming > part->running;
}

/* A lane in which the host has a connection that nobody uses; looked for where
 * one was seen last. */
static lr_lane *lane_with_idle(lr_host *host) {
  if (host->open == 0) return NULL;
  for (uint32_t i = 0; i < host->lane_count; i++) {
    uint32_t index = (host->lane_hint + i) % host->lane_count;
    if (!part_has_idle(&host->lanes[index])) continue;
    host->lane_hint = index;
    return host->lanes[index].lane;
  }
  return NULL;
}

static bool has_capacity(const lr_engine *engine, const lr_lane *lane) {
  return lr_lane_load(lane) < engine->lane_capacity;
}

/* One of the host's lanes that has room: its home lane before the others. */
static lr_lane *own_lane_with_capacity(const lr_engine *engine,
                                       const lr_host *host) {
  for (uint32_t i = 0; i < host->lane_count; i++)
    if (has_capacity(engine, host->lanes[i].lane)) return host->lanes[i].lane;
  return NULL;
}

/* Lanes with room gather at the front, so that this looks at few. */
static lr_lane *any_lane_with_capacity(lr_engine *engine) {
  lr_list *node = engine->lanes.next;
  for (int looks = 0; node != &engine->lanes && looks < 4; looks++) {
    lr_lane *lane = lr_container(node, lr_lane, node);
    node = node->next;
    if (has_capacity(engine, lane)) return lane;
    lr_list_remove(&lane->node);
    lr_list_append(&engine->lanes, &lane->node);
  }
  return lr_lane_new(engine);
}

static lr_lane *lane_for_new_connection(lr_engine *engine, lr_host *host) {
  lr_lane *lane = own_lane_with_capacity(engine, host);
  return lane ? lane : any_lane_with_capacity(engine);
}

static bool is_past(const lr_engine *engine, uint64_t from_ns) {
  return lr_reactor_turn_ns(engine->reactor) >= from_ns + LR_IDLE_LEAST_NS;
}

static void recheck_expired(lr_timer *timer) {
  lr_engine *engine = lr_container(timer, lr_engine, recheck_timer);
  lr_dispatcher_unblock(engine->dispatcher);
}

void lr_engine_ask_later(lr_engine *engine) {
  uint64_t now_ns = lr_reactor_turn_ns(engine->reactor);
  if (!lr_timer_is_set(&engine->recheck_timer))
    (void)lr_reactor_set_timer(engine->reactor, &engine->recheck_timer,
                               now_ns + LR_IDLE_LEAST_NS);
}

/* How many of the lane's connections are idle.  Where a reserve is kept for
 * quick hosts, those are not that are so only from one answer to their host's
 * next request: what counts is how many were not in use for a while. */
static unsigned idle_of(lr_engine *engine, lr_lane *lane) {
  unsigned idle = lr_lane_idle(lane);
  if (!engine->reserve || !engine->running || idle == 0) return idle;
  bool known = lane->running ? is_past(engine, lane->spare_ns)
                             : is_past(engine, lane->quiet_ns);
  if (!known) lr_engine_ask_later(engine);
  if (!known || !lane->running) return known ? idle : 0;
  unsigned spare = lane->spare;
  lane->spare = idle;
  lane->spare_ns = lr_reactor_turn_ns(engine->reactor);
  if (spare == 0) lr_engine_ask_later(engine);
  return spare;
}

/* Closes idle connections to make room for others: those of a quiet lane at
 * once, else, if `all`, one at the end of a transfer in the lane that has
 * most. */
static void relieve(lr_engine *engine, bool all) {
  if (lr_connection_reclaim_idle(engine, all)) return;
  lr_lane *fullest = NULL;
  unsigned most = 0;
  for (lr_list *node = engine->lanes.next; node != &engine->lanes;
       node = node->next) {
    lr_lane *lane = lr_container(node, lr_lane, node);
    if (lane->running && !all) continue;
    unsigned idle = idle_of(engine, lane);
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

static unsigned engine_left(const lr_engine *engine) {
  unsigned taken = engine->open + engine->coming;
  return engine->max_connections > taken ? engine->max_connections - taken : 0;
}

static bool may_connect(lr_engine *engine, lr_host *host) {
  unsigned starved_seq = engine->dispatcher->starved_count;
  if (host->open + host->coming >= host->connections_limit &&
      !lr_connection_close_idle(host, 1))
    return false;
  if (engine_left(engine) > engine->reserve + starved_seq) return true;
  /* As with the jobs in flight, the last are not for everybody: slots.h. */
  lr_admission_class class = lr_run_queue_class(engine->dispatcher, host);
  unsigned kept = lr_job_tokens_floor(engine->reserve, class);
  if (class == LR_CLASS_BULK) kept += starved_seq;
  if (engine_left(engine) > kept) return true;
  relieve(engine, class != LR_CLASS_BULK || !engine->reserve);
  return engine_left(engine) > kept;
}

/* Hosts of which nothing runs, and which find the engine full of connections
 * in use: each host's jobs would use its own again and again.  Slow hosts give
 * them some of theirs; one that has a single one does after a while. */
bool lr_engine_must_reclaim(lr_engine *engine, const lr_host *host) {
  lr_dispatcher *dispatcher = engine->dispatcher;
  if (!dispatcher->starved_count || is_multiplexed(host)) return false;
  uint64_t now_ns = lr_reactor_turn_ns(engine->reactor);
  unsigned left = engine_left(engine);
  unsigned needed = lr_job_tokens_floor(engine->reserve, LR_CLASS_STARVED) +
                    dispatcher->starved_count;
  if (left >= needed) return false;
  if (left + engine->reclaiming >= needed &&
      now_ns - engine->reclaimed_ns < reclaim_patience_ns)
    return false;
  if (host->open == 1 && now_ns - host->connected_since_ns < reclaim_after_ns)
    return false;
  return lr_run_queue_class(dispatcher, host) != LR_CLASS_FAST;
}

/* `*fresh`: the job will open a connection.  One that must have a new one takes
 * the place of an idle one when there is no room for both.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EBUSY */
static lariat_status choose_lane(lr_engine *engine, const lr_job *job,
                                 lr_lane **out, bool *opens_new) {
  lr_host *host = job->host;
  bool needs_new = job->needs_new_connection && !is_multiplexed(host);
  *opens_new = false;
  *out = is_multiplexed(host) && host->open ? host->lanes[0].lane
                                            : lane_with_idle(host);
  if (*out && !(needs_new && may_connect(engine, host))) return LARIAT_OK;
  if (!*out && !may_connect(engine, host) && engine->running)
    return LARIAT_EBUSY;
  *opens_new = true;
  *out = lane_for_new_connection(engine, host);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

void lr_engine_lane_has_capacity(lr_engine *engine, lr_lane *lane) {
  lr_list_remove(&lane->node);
  lr_list_prepend(&engine->lanes, &lane->node);
}

static void count_coming(lr_engine *engine, lr_transfer *transfer,
                         unsigned by) {
  lr_host_lane *part = lr_host_in_lane(transfer->host, transfer->lane);
  engine->coming += by;
  transfer->lane->coming += by;
  transfer->host->coming += by;
  part->coming += by;
}

void lr_engine_connection_came(lr_engine *engine, lr_transfer *transfer) {
  if (!transfer->coming) return;
  transfer->coming = false;
  count_coming(engine, transfer, (unsigned)-1);
}

/* Transfers. */

static lr_transfer *take_transfer(lr_engine *engine) {
  lr_list *node = lr_list_take_first(&engine->transfers);
  if (!node) return lr_transfer_new(engine);
  engine->idle_transfers--;
  return lr_container(node, lr_transfer, node);
}

/* The one used last is used next: its memory is warm, and it is often set for
 * the same host. */
static void give_back(lr_engine *engine, lr_transfer *transfer) {
  lr_transfer_reset(transfer);
  if (engine->idle_transfers >= IDLE_TRANSFERS_MAX) {
    lr_transfer_free(transfer);
    return;
  }
  lr_list_prepend(&engine->transfers, &transfer->node);
  engine->idle_transfers++;
}

/* Jobs. */

static lariat_status run(lr_engine *engine, lr_job *job, lr_lane *lane,
                         bool opens_new) {
  lr_host *host = job->host;
  lr_transfer *transfer = take_transfer(engine);
  if (!transfer) return LARIAT_ENOMEM;
  transfer->connecting = opens_new;
  transfer->leaves = opens_new && lr_exchange_suits(engine, job);
  lariat_status status =
      lr_transfer_prepare(transfer, job, host, lane, opens_new);
  if (status == LARIAT_OK) status = lr_lane_add(lane, transfer);
  if (status != LARIAT_OK) {
    give_back(engine, transfer);
    return status;
  }
  transfer->coming = opens_new;
  if (opens_new && !host->open && !host->coming)
    host->connected_since_ns = lr_reactor_turn_ns(engine->reactor);
  if (opens_new) {
    engine->connecting++;
    engine->begun++;
  }
  if (opens_new) count_coming(engine, transfer, 1);
  lr_host_in_lane(host, lane)->running++;
  engine->running++;
  engine->watched += job->idle_timeout_ns != 0;
  return LARIAT_OK;
}

static __attribute__((noinline)) lariat_status
start_with_libcurl(lr_engine *engine, lr_job *job) {
  lr_lane *lane = NULL;
  bool opens_new = false;
  lariat_status status = LARIAT_OK;
  if (job->url.tls) status = need_trust(engine);
  if (status == LARIAT_OK) status = choose_lane(engine, job, &lane, &opens_new);
  if (status != LARIAT_OK) return status;
  if (!lr_host_enter_lane(job->host, lane)) return LARIAT_ENOMEM;
  status = run(engine, job, lane, opens_new);
  if (status != LARIAT_OK) lr_host_leave_lane(job->host, lane);
  return status;
}

/* Without libcurl, if there is a connection for that. */
static lariat_status start(void *self, lr_job *job) {
  lr_engine *engine = self;
  if (!lr_list_empty(&job->host->idle) && !job->needs_new_connection &&
      !job->reuse_failed && lr_exchange_suits_idle(job)) {
    lariat_status status = lr_exchange_start(engine, job);
    if (status != LARIAT_EBUSY) return status;
  }
  return start_with_libcurl(engine, job);
}

/* Takes the transfer apart from its lane, host and job; the host's next job
 * will find the connection that this one has left. */
static void detach(lr_engine *engine, lr_transfer *transfer) {
  lr_lane *lane = transfer->lane;
  lr_host *host = transfer->host;
  lr_lane_remove(lane, transfer);
  lr_socket_forget_leaver(transfer);
  lr_connection_settle(transfer, false);
  lr_engine_connection_came(engine, transfer);
  engine->running--;
  if (transfer->connecting) engine->connecting--;
  if (transfer->receiving) engine->receiving--;
  engine->watched -= transfer->job->idle_timeout_ns != 0;
  lr_host_lane *part = lr_host_in_lane(host, lane);
  if (part) {
    part->running--;
    if (part_has_idle(part)) host->lane_hint = (uint32_t)(part - host->lanes);
  }
  lr_host_leave_lane(host, lane);
  transfer->job->transfer = NULL;
  give_back(engine, transfer);
}

/* libcurl has connected, and no more.  False: that cannot be used. */
static bool take_over(lr_engine *engine, lr_transfer *transfer) {
  lr_job *job = transfer->job;
  lr_transfer_describe(transfer, job->response);
  lr_connection *connection = lr_connection_adopt(transfer);
  if (!connection) return false;
  detach(engine, transfer);
  lr_exchange_open(connection, job);
  return true;
}

void lr_engine_finished(lr_engine *engine, lr_transfer *transfer,
                        int curl_code) {
  lr_job *job = transfer->job;
  if (transfer->opens && take_over(engine, transfer)) return;
  if (transfer->opens) transfer->fault = LARIAT_ENOMEM;
  lr_transfer_conclude(transfer, curl_code);
  lr_engine_count(engine, job->response);
  lr_connection_settle(transfer, true);
  detach(engine, transfer);
  if (job->sink) lr_body_sink_transform(job);
  lr_dispatcher_done(engine->dispatcher, job);
}

static void cancel(void *self, lr_job *job) {
  lr_engine *engine = self;
  lr_transfer *transfer = job->transfer;
  if (job->connection) {
    lr_exchange_cancel(job);
    return;
  }
  lr_transfer_stop(transfer);
  lr_engine_count(engine, job->response);
  if (job->sink) lr_body_sink_end(job, LARIAT_ECANCELLED);
  detach(engine, transfer);
  lr_dispatcher_unblock(engine->dispatcher);
}

/* For the outlets. */

static void describe(lr_job *job, lariat_response *response) {
  lr_transfer_describe(job->transfer, response);
  lr_engine_count(job->transfer->engine, response);
}

/* libcurl gives what it has kept inside of this call.  What goes wrong then is
 * only told here: its multi handle does not end the transfer. */
static void resume(lr_job *job) {
  lr_transfer *transfer = job->transfer;
  lr_engine *engine = transfer->engine;
  lr_lane *lane = transfer->lane;
  CURLcode code = curl_easy_pause(
      transfer->easy, transfer->starving ? CURLPAUSE_SEND : CURLPAUSE_CONT);
  if (code != CURLE_OK || transfer->fault != LARIAT_OK) {
    lr_engine_finished(engine, transfer,
                       code == CURLE_OK ? CURLE_WRITE_ERROR : (int)code);
    return;
  }
  if (job->sink->paused) return;
  lane->needs_action = true;
  lr_lane_mark_dirty(lane);
}

static lariat_phase phase(void *self, const lr_job *job) {
  (void)self;
  return job->connection ? lr_exchange_phase(job)
                         : lr_transfer_phase(job->transfer);
}

/* One that waits for its taker is heard of by that. */
static uint64_t heard_ns(void *self, const lr_job *job) {
  const lr_engine *engine = self;
  if (job->connection) return lr_exchange_heard_ns(job);
  if (job->sink && job->sink->paused)
    return lr_reactor_turn_ns(engine->reactor);
  return lr_transfer_heard_ns(job->transfer);
}

/* libcurl connects at a turn's end, all that were begun; on the way it has a
 * handle and a buffer for each. */
static bool is_busy(void *self) {
  enum { BEGUN_AT_ONCE = 32 };
  const lr_engine *engine = self;
  return engine->begun >= BEGUN_AT_ONCE;
}

/* A lane that is touched while it is seen to waits for the next round. */
static bool turn_end(void *self) {
  lr_engine *engine = self;
  lr_list now;
  lr_list *node;
  engine->begun = 0;
  lr_body_sinks_turn_end(&engine->sinks);
  lr_list_init(&now);
  lr_list_splice(&now, &engine->dirty);
  while ((node = lr_list_first(&now)))
    lr_lane_process(lr_container(node, lr_lane, dirty));
  lr_u64_store_relaxed(&engine->stats->connecting, engine->connecting);
  lr_u64_store_relaxed(&engine->stats->receiving, engine->receiving);
  return !lr_list_empty(&engine->dirty);
}

void lr_engine_recycle(lr_engine *engine, lr_lane *lane) {
  bool had = lane->open > 0;
  lr_lane_free(lane);
  if (had) lr_u64_bump(&engine->stats->recycled, 1);
}

static void close_engine(void *self) {
  lr_engine *engine = self;
  lr_list *node;
  lr_body_sinks_clear(&engine->sinks);
  lr_reactor_unset_timer(engine->reactor, &engine->recheck_timer);
  while ((node = lr_list_first(&engine->lanes)))
    lr_lane_free(lr_container(node, lr_lane, node));
  while ((node = lr_list_take_first(&engine->transfers)))
    lr_transfer_free(lr_container(node, lr_transfer, node));
  lr_connections_clear(engine);
  lr_sockets_clear(&engine->sockets);
  lr_buffer_clear(&engine->request);
  lr_gzip_pool_clear(&engine->gzip_pool);
  EVP_MD_free(engine->sha256);
  lr_trust_release(engine->trusted);
  lr_free(engine);
}

static const lr_transport_ops ops = {.start = start,
                                     .is_busy = is_busy,
                                     .cancel = cancel,
                                     .phase = phase,
                                     .heard_ns = heard_ns,
                                     .turn_end = turn_end,
                                     .close = close_engine};

lariat_status lr_engine_open(lr_worker *worker, lr_transport *out) {
  const lariat_pool_options *options = lr_pool_options(worker->pool);
  lr_engine *engine = lr_alloc_zero(sizeof *engine);
  if (!engine) return LARIAT_ENOMEM;
  engine->worker = worker;
  engine->dispatcher = &worker->dispatcher;
  engine->reactor = worker->reactor;
  engine->idle_ns = (uint64_t)options->idle_ms * 1000000u;
  engine->insecure = options->insecure;
  engine->libcurl_only = options->libcurl_only;
  unsigned share =
      lr_placement_share(0, options->max_connections, worker->index,
                         lariat_pool_reactors(worker->pool));
  engine->max_connections = share ? share : 1;
  engine->reserve = lr_job_tokens_reserve(engine->max_connections,
                                          options->max_jobs_per_host);
  engine->lane_capacity = options->lane_connections;
  if (!engine->lane_capacity)
    engine->lane_capacity =
        engine->max_connections < FEW_CONNECTIONS ? 1 : LANE_CONNECTIONS;
  lr_sockets_init(&engine->sockets);
  lr_connections_init(engine);
  lr_list_init(&engine->transfers);
  lr_list_init(&engine->lanes);
  lr_list_init(&engine->dirty);
  lr_body_sinks_init(&engine->sinks, lr_pool_budget(worker->pool),
                     worker->reactor);
  engine->sinks.describe = describe;
  engine->sinks.resume = resume;
  engine->recheck_timer.expire = recheck_expired;
  engine->stats = &worker->engine_stats; /* it outlives the engine */
  *out = (lr_transport){&ops, engine};
  return LARIAT_OK;
}

void lr_engine_add_stats(lariat_pool_stats *all, const lr_engine_stats *stats) {
  all->connections += lr_u64_load_relaxed(&stats->connections);
  all->connections_opened += lr_u64_load_relaxed(&stats->opened);
  all->connections_reused += lr_u64_load_relaxed(&stats->reused);
  all->lanes += lr_u64_load_relaxed(&stats->lanes);
  all->jobs_connecting += lr_u64_load_relaxed(&stats->connecting);
  all->jobs_receiving += lr_u64_load_relaxed(&stats->receiving);
  all->lanes_recycled += lr_u64_load_relaxed(&stats->recycled);
}
