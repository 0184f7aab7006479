/* SPDX-License-Identifier: MIT
 * dispatcher.c: who may start when: queues, turns, limits, deadlines. */
#include "schedule/dispatcher.h"

#include "base/attributes.h"
#include "base/memory.h"
#include "base/time.h"
#include "limits/placement.h"
#include "reactor/log.h"
#include <lariat/clock.h>

enum { ROUNDS_A_TURN = 8 };

bool lr_dispatcher_init(lr_dispatcher *dispatcher, lariat_reactor *reactor,
                        const lr_dispatcher_config *config,
                        lr_transport transport) {
  dispatcher->reactor = reactor;
  dispatcher->config = *config;
  dispatcher->transport = transport;
  dispatcher->closing = false;
  dispatcher->held = false;
  dispatcher->queued_count = 0;
  dispatcher->running_count = 0;
  dispatcher->leased = 0;
  dispatcher->epoch = 0;
  lr_list_init(&dispatcher->running);
  lr_list_init(&dispatcher->listeners);
  lr_u64_init(&dispatcher->stats.taken, 0);
  lr_u64_init(&dispatcher->stats.done, 0);
  lr_u64_init(&dispatcher->stats.queued, 0);
  lr_u64_init(&dispatcher->stats.running, 0);
  lr_u64_init(&dispatcher->stats.rate_waits, 0);
  for (int i = 0; i < LR_HOST_STATES; i++)
    lr_u64_init(&dispatcher->stats.by_state[i], 0);
  if (!lr_run_queue_init(&dispatcher->queue, reactor, &config->limits))
    return false;
  if (!lr_hosts_init(&dispatcher->hosts, config->limits.host_paces,
                     transport.ops->host_extra)) {
    lr_run_queue_clear(&dispatcher->queue);
    return false;
  }
  dispatcher->hosts.desync = config->desync;
  return true;
}

void lr_dispatcher_clear(lr_dispatcher *dispatcher) {
  lr_hosts_clear(&dispatcher->hosts);
  lr_run_queue_clear(&dispatcher->queue);
}

static void count_queued(lr_dispatcher *dispatcher, lr_host *host, int by) {
  host->queued += (uint32_t)by;
  dispatcher->queued_count += (uint32_t)by;
  dispatcher->queue.by_state[host->state] += (uint32_t)by;
  lr_u64_store_relaxed(&dispatcher->stats.queued, dispatcher->queued_count);
}

static void count_running(lr_dispatcher *dispatcher, lr_host *host, int by) {
  host->running += (uint32_t)by;
  dispatcher->running_count += (uint32_t)by;
  lr_u64_store_relaxed(&dispatcher->stats.running, dispatcher->running_count);
}

/* Takes a job out of wherever the dispatcher has it. */
static void detach_job(lr_dispatcher *dispatcher, lr_job *job) {
  lr_host *host = job->pool.host;
  lr_reactor_unset_timer(dispatcher->reactor, &job->pool.timer);
  lr_list_remove(&job->pool.node);
  if (job->pool.stage == LR_JOB_IN_HOST_QUEUE) {
    count_queued(dispatcher, host, -1);
  } else {
    count_running(dispatcher, host, -1);
    lr_run_queue_ended(&dispatcher->queue, host, job);
  }
  lr_run_queue_place_less(&dispatcher->queue, host);
  job->pool.host = NULL;
  lr_hosts_forget(&dispatcher->hosts, host);
}

static void tell_listeners(lr_dispatcher *dispatcher, const lr_job *job) {
  lr_list *node = dispatcher->listeners.next;
  while (node != &dispatcher->listeners) {
    lr_job_listener *listener = lr_container(node, lr_job_listener, node);
    node = node->next;
    listener->job_ended(listener, job);
  }
}

static void return_job(lr_dispatcher *dispatcher, lr_job *job) {
  job->pool.stage = LR_JOB_RETURNED;
  lr_u64_bump(&dispatcher->stats.done, 1);
  if (!lr_list_empty(&dispatcher->listeners)) tell_listeners(dispatcher, job);
  dispatcher->config.finished(job);
}

static void fail_job(lr_dispatcher *dispatcher, lr_job *job,
                     lariat_status status, lariat_phase phase) {
  job->attempt.outcome = status;
  job->attempt.phase = (uint8_t)phase;
  return_job(dispatcher, job);
}

/* Notes the time of a job all of which went by in the queue. */
static void note_queue_time(const lr_dispatcher *dispatcher, lr_job *job) {
  uint64_t now = lr_reactor_turn_ns(dispatcher->reactor);
  if (!job->response || now < job->request.hop_ns) return;
  job->response->timings.queue_us = (now - job->request.hop_ns) / LR_NS_PER_US;
}

/* Stops a job, whatever it is doing, and returns it with `status`. */
static void stop_job(lr_dispatcher *dispatcher, lr_job *job,
                     lariat_status status) {
  job->attempt.phase = LARIAT_PHASE_QUEUE;
  if (job->pool.stage == LR_JOB_RUNNING)
    dispatcher->transport.ops->cancel(dispatcher->transport.self, job);
  else
    note_queue_time(dispatcher, job);
  detach_job(dispatcher, job);
  fail_job(dispatcher, job, status, (lariat_phase)job->attempt.phase);
}

/* Sets a new host's limits.  One that is spread over the reactors has a share.
 */
static void set_host_limits(const lr_dispatcher *dispatcher, lr_host *host,
                            const lr_job *job) {
  const lr_dispatcher_config *config = &dispatcher->config;
  host->limit = config->limits.max_jobs_per_host;
  host->connections.limit = config->max_connections_per_host;
  if (host->spread) {
    host->limit = lr_placement_share(job->request.url.hash, host->limit,
                                     config->index, config->reactors);
    host->connections.limit =
        lr_placement_share(job->request.url.hash, host->connections.limit,
                           config->index, config->reactors);
  }
  bool h2c = job->request.http == LARIAT_HTTP_2 && config->h2c_probe;
  bool asks = job->request.url.tls ? job->request.http != LARIAT_HTTP_1_1 : h2c;
  if (!asks) host->protocol = LR_PROTOCOL_HTTP1;
}

static bool is_connecting(lariat_phase phase) {
  return phase == LARIAT_PHASE_DNS || phase == LARIAT_PHASE_CONNECT ||
         phase == LARIAT_PHASE_TLS;
}

/* Sets the one timer that serves the deadline, the connect and the idle limit.
 * For a quick job it is set once: it may expire too early, and then looks
 * again.  Without memory for a timer the caller's own watch is left. */
static void set_job_timer(lr_dispatcher *dispatcher, lr_job *job,
                          uint64_t limit_ns) {
  uint64_t at_ns =
      limit_ns < job->request.deadline_ns ? limit_ns : job->request.deadline_ns;
  if (at_ns == LR_NEVER_NS) return;
  (void)lr_reactor_set_timer(dispatcher->reactor, &job->pool.timer, at_ns);
}

/* Returns the time `limit_ns` after `from_ns`; never, where there is no limit
 * (0) or none that the clock will reach. */
static uint64_t limit_after(uint64_t from_ns, uint64_t limit_ns) {
  uint64_t at_ns = from_ns + limit_ns;
  return at_ns > from_ns ? at_ns : LR_NEVER_NS;
}

/* Returns when the connect limit of a job ends that begins to connect at
 * `from_ns`. */
static uint64_t connect_limit(const lr_job *job, uint64_t from_ns) {
  return limit_after(from_ns, job->request.connect_timeout_ns);
}

/* Returns when the idle limit of a job ends of which nothing is heard from
 * `from_ns` on. */
static uint64_t idle_limit(const lr_job *job, uint64_t from_ns) {
  return limit_after(from_ns, job->request.idle_timeout_ns);
}

/* Returns when the idle limit of a job ends; the transport is not asked before
 * it matters. */
static uint64_t idle_limit_now(const lr_dispatcher *dispatcher,
                               const lr_job *job, uint64_t now) {
  const lr_transport *transport = &dispatcher->transport;
  if (job->pool.stage == LR_JOB_IN_HOST_QUEUE) return idle_limit(job, now);
  uint64_t limit = idle_limit(job, job->pool.active_ns);
  if (now < limit || !transport->ops->heard_ns) return limit;
  return idle_limit(job, transport->ops->heard_ns(transport->self, job));
}

static uint64_t earlier_of(uint64_t one_ns, uint64_t other_ns) {
  return one_ns < other_ns ? one_ns : other_ns;
}

static void time_out_job(lr_dispatcher *dispatcher, lr_job *job,
                         lariat_time_limit limit) {
  job->attempt.time_limit = (uint8_t)limit;
  stop_job(dispatcher, job, LARIAT_ETIMEDOUT);
}

static void check_time_limits(lr_timer *timer) {
  lr_job *job = lr_container(timer, lr_job, pool.timer);
  lr_dispatcher *dispatcher = job->pool.host->dispatcher;
  uint64_t now = lr_reactor_turn_ns(dispatcher->reactor);
  uint64_t connect_ns = LR_NEVER_NS;
  uint64_t idle_ns = idle_limit_now(dispatcher, job, now);
  if (job->pool.stage == LR_JOB_IN_HOST_QUEUE)
    connect_ns = connect_limit(job, now);
  else if (is_connecting(dispatcher->transport.ops->phase(
               dispatcher->transport.self, job)))
    connect_ns = connect_limit(job, job->pool.started_ns);
  if (now >= job->request.deadline_ns)
    time_out_job(dispatcher, job, LARIAT_TIME_LIMIT_DEADLINE);
  else if (now >= connect_ns)
    time_out_job(dispatcher, job, LARIAT_TIME_LIMIT_CONNECT);
  else if (now >= idle_ns)
    time_out_job(dispatcher, job, LARIAT_TIME_LIMIT_IDLE);
  else
    set_job_timer(dispatcher, job, earlier_of(connect_ns, idle_ns));
}

void lr_dispatcher_take(lr_dispatcher *dispatcher, lr_job *job) {
  job->pool.arrived_ns = lr_reactor_turn_ns(dispatcher->reactor);
  job->attempt.outcome = LARIAT_OK;
  job->attempt.phase = LARIAT_PHASE_QUEUE;
  job->pool.epoch = dispatcher->epoch;
  job->attempt.reuse_failed = false;
  job->attempt.doubts = 0;
  lr_u64_bump(&dispatcher->stats.taken, 1);
  if (dispatcher->closing) {
    fail_job(dispatcher, job, LARIAT_ECLOSED, LARIAT_PHASE_QUEUE);
    return;
  }
  bool made;
  lr_host *host = lr_hosts_find(&dispatcher->hosts, job, &made);
  if (!host) {
    fail_job(dispatcher, job, LARIAT_ENOMEM, LARIAT_PHASE_QUEUE);
    return;
  }
  if (made) host->dispatcher = dispatcher;
  if (made) set_host_limits(dispatcher, host, job);
  if (made && !lr_run_queue_admit(&dispatcher->queue, host, job)) {
    lr_hosts_forget(&dispatcher->hosts, host);
    fail_job(dispatcher, job, LARIAT_ENOMEM, LARIAT_PHASE_QUEUE);
    return;
  }
  job->pool.host = host;
  job->pool.stage = LR_JOB_IN_HOST_QUEUE;
  job->pool.timer.expire = check_time_limits;
  lr_list_append(&host->queue.by_priority[job->request.priority],
                 &job->pool.node);
  count_queued(dispatcher, host, 1);
  lr_run_queue_place_more(&dispatcher->queue, host, job);
  set_job_timer(dispatcher, job,
                earlier_of(connect_limit(job, job->pool.arrived_ns),
                           idle_limit(job, job->pool.arrived_ns)));
}

void lr_dispatcher_cancel(lr_dispatcher *dispatcher, lr_job *job) {
  stop_job(dispatcher, job, LARIAT_ECANCELLED);
}

/* Puts the job back to the front of its host's queue, as if it never had been
 * started. */
static void requeue_job(lr_dispatcher *dispatcher, lr_host *host, lr_job *job) {
  lr_list_remove(&job->pool.node);
  count_running(dispatcher, host, -1);
  lr_run_queue_ended(&dispatcher->queue, host, job);
  lr_free(job->attempt.detail);
  job->attempt.detail = NULL;
  job->attempt.outcome = LARIAT_OK;
  job->attempt.phase = LARIAT_PHASE_QUEUE;
  job->attempt.curl_code = 0;
  job->pool.stage = LR_JOB_IN_HOST_QUEUE;
  lr_list_prepend(&host->queue.by_priority[job->request.priority],
                  &job->pool.node);
  count_queued(dispatcher, host, 1);
  lr_run_queue_place(&dispatcher->queue, host);
}

bool lr_dispatcher_sending(lr_dispatcher *dispatcher, lr_job *job) {
  return lr_run_queue_sending(&dispatcher->queue, job);
}

void lr_dispatcher_sent_at_once(lr_dispatcher *dispatcher, lr_job *job) {
  lr_run_queue_sent_at_once(&dispatcher->queue, job);
}

/* Says whether the host's connection is not to be had: a fast host with more to
 * do uses it again at once, and who asks for one now would only have idle ones
 * of it closed. */
static bool keeps_connection(lr_dispatcher *dispatcher, const lr_host *host) {
  return lr_run_queue_has_blocked(&dispatcher->queue) && host->queued &&
         lr_run_queue_class(&dispatcher->queue, host) == LR_CLASS_FAST;
}

/* Lets another host that waits ask first for a connection; if it gets none,
 * this one may still use its own.  (A blocked host has jobs: it is not
 * forgotten.) */
void lr_dispatcher_done(lr_dispatcher *dispatcher, lr_job *job) {
  lr_host *host = job->pool.host;
  bool blocked = host->state == LR_HOST_NO_CONNECTION;
  if (job->attempt.outcome == LARIAT_EBUSY) {
    requeue_job(dispatcher, host, job);
    return;
  }
  bool keeps = keeps_connection(dispatcher, host);
  detach_job(dispatcher, job);
  return_job(dispatcher, job);
  if (!keeps) lr_dispatcher_unblock(dispatcher);
  if (blocked && host->state == LR_HOST_NO_CONNECTION)
    lr_run_queue_unblock(&dispatcher->queue, host);
}

void lr_dispatcher_learned(lr_dispatcher *dispatcher, lr_host *host,
                           lr_protocol protocol) {
  host->protocol = (uint8_t)protocol;
  lr_run_queue_place(&dispatcher->queue, host);
}

/* ---- Hosts that send what nobody asked for ---- */

/* Has the transport use each connection of the host once; may forget it. */
static void end_reuse(lr_dispatcher *dispatcher, lr_host *host,
                      uint64_t connection) {
  const lr_transport *transport = &dispatcher->transport;
  host->learned.desync = true;
  if (transport->ops->end_reuse)
    transport->ops->end_reuse(transport->self, host, connection);
}

void lr_dispatcher_desync(lr_dispatcher *dispatcher, lr_host *host,
                          uint64_t connection) {
  if (host->learned.desync) return;
  const lariat_log_field field = {"origin", host->key};
  lr_log_say(dispatcher->reactor, LR_LOG_DESYNC, &field, 1);
  if (dispatcher->hosts.desync)
    lr_desync_note(dispatcher->hosts.desync, host->key_hash);
  end_reuse(dispatcher, host, connection);
}

/* Learns what other reactors have found out. */
static LR_COLD void learn_desync(lr_dispatcher *dispatcher) {
  lr_hosts *hosts = &dispatcher->hosts;
  hosts->desync_signs = lr_desync_signs(hosts->desync);
  lr_table_node *node = lr_table_first(&hosts->table);
  while (node) {
    lr_host *host = lr_host_of_node(node);
    node = lr_table_next(&hosts->table, node);
    if (!host->learned.desync && lr_host_may_desync(host) &&
        lr_desync_has(hosts->desync, host->key_hash))
      end_reuse(dispatcher, host, 0);
  }
}

static void check_desync(lr_dispatcher *dispatcher) {
  const lr_hosts *hosts = &dispatcher->hosts;
  if (hosts->desync && lr_desync_signs(hosts->desync) != hosts->desync_signs)
    learn_desync(dispatcher);
}

void lr_dispatcher_unblock(lr_dispatcher *dispatcher) {
  lr_run_queue_unblock_first(&dispatcher->queue);
}

static void note_started(lr_dispatcher *dispatcher, lr_host *host,
                         lr_job *job) {
  job->pool.stage = LR_JOB_RUNNING;
  count_queued(dispatcher, host, -1);
  count_running(dispatcher, host, 1);
  lr_run_queue_started(&dispatcher->queue, host, job);
  lr_list_append(&dispatcher->running, &job->pool.node);
  lr_run_queue_place(&dispatcher->queue, host);
}

static void note_not_started(lr_dispatcher *dispatcher, lr_host *host,
                             lr_job *job, lariat_status status) {
  lr_run_queue_give_back(&dispatcher->queue, host);
  if (status == LARIAT_EBUSY) {
    lr_list_prepend(&host->queue.by_priority[job->request.priority],
                    &job->pool.node);
    lr_run_queue_block(&dispatcher->queue, host);
    return;
  }
  detach_job(dispatcher, job);
  fail_job(dispatcher, job, status, LARIAT_PHASE_QUEUE);
}

/* Starts the next job of the host whose turn it is. */
static void start_next(lr_dispatcher *dispatcher, lr_host *host) {
  lr_job *job =
      lr_container(lr_priority_queue_first(&host->queue), lr_job, pool.node);
  lr_list_remove(&job->pool.node);
  job->pool.started_ns = lr_reactor_turn_ns(dispatcher->reactor);
  job->pool.active_ns = job->pool.started_ns;
  lariat_status status =
      dispatcher->transport.ops->start(dispatcher->transport.self, job);
  if (status == LARIAT_OK)
    note_started(dispatcher, host, job);
  else
    note_not_started(dispatcher, host, job, status);
}

static bool transport_is_busy(const lr_dispatcher *dispatcher) {
  const lr_transport *transport = &dispatcher->transport;
  return transport->ops->is_busy && transport->ops->is_busy(transport->self);
}

static void start_all(lr_dispatcher *dispatcher) {
  lr_host *host;
  while (!transport_is_busy(dispatcher) &&
         (host = lr_run_queue_next(&dispatcher->queue)))
    start_next(dispatcher, host);
}

/* Lets all who wait for a connection ask again when nothing runs that could
 * free one. */
static void unblock_all_when_stuck(lr_dispatcher *dispatcher) {
  if (dispatcher->running_count || dispatcher->held || dispatcher->leased)
    return;
  while (lr_run_queue_has_blocked(&dispatcher->queue))
    lr_dispatcher_unblock(dispatcher);
}

static void publish_states(lr_dispatcher *dispatcher) {
  lr_dispatcher_stats *stats = &dispatcher->stats;
  for (int i = 0; i < LR_HOST_STATES; i++)
    lr_u64_store_relaxed(&stats->by_state[i], dispatcher->queue.by_state[i]);
  lr_u64_store_relaxed(&stats->rate_waits,
                       dispatcher->queue.rate_since_ns ? 1 : 0);
}

void lr_dispatcher_turn_end(lr_dispatcher *dispatcher) {
  bool more = true;
  for (int round = 0; round < ROUNDS_A_TURN && more; round++) {
    check_desync(dispatcher);
    start_all(dispatcher);
    bool cut_short = transport_is_busy(dispatcher);
    more = dispatcher->transport.ops->turn_end(dispatcher->transport.self) ||
           cut_short;
    lr_run_queue_sent(&dispatcher->queue);
    unblock_all_when_stuck(dispatcher);
  }
  if (more || lr_run_queue_ready(&dispatcher->queue))
    lr_reactor_request_turn(dispatcher->reactor);
  lr_token_cache_turn_end(dispatcher->queue.token_cache);
  publish_states(dispatcher);
}

void lr_dispatcher_close(lr_dispatcher *dispatcher) {
  dispatcher->closing = true;
}

static void stop_running(lr_dispatcher *dispatcher, uint64_t epoch,
                         lariat_status status) {
  lr_list *node = dispatcher->running.next;
  while (node != &dispatcher->running) {
    lr_job *job = lr_container(node, lr_job, pool.node);
    node = node->next;
    if (job->pool.epoch < epoch) stop_job(dispatcher, job, status);
  }
}

/* Stops the host's queued jobs.  The host is freed with its last job at the
 * earliest: `left` says which. */
static void stop_queued(lr_dispatcher *dispatcher, lr_host *host,
                        uint64_t epoch, lariat_status status) {
  uint32_t left = host->queued;
  for (int priority = 0; priority < LR_PRIORITIES && left; priority++) {
    lr_list *node = host->queue.by_priority[priority].next;
    while (left && node != &host->queue.by_priority[priority]) {
      lr_job *job = lr_container(node, lr_job, pool.node);
      node = node->next;
      left--;
      if (job->pool.epoch < epoch) stop_job(dispatcher, job, status);
    }
  }
}

void lr_dispatcher_abort_before(lr_dispatcher *dispatcher, uint64_t epoch,
                                lariat_status status) {
  stop_running(dispatcher, epoch, status);
  lr_table_node *node = lr_table_first(&dispatcher->hosts.table);
  while (node) {
    lr_host *host = lr_host_of_node(node);
    node = lr_table_next(&dispatcher->hosts.table, node);
    stop_queued(dispatcher, host, epoch, status); /* may free it */
  }
}

void lr_dispatcher_abort(lr_dispatcher *dispatcher, lariat_status status) {
  const lr_transport *transport = &dispatcher->transport;
  lr_dispatcher_abort_before(dispatcher, UINT64_MAX, status);
  if (dispatcher->leased) transport->ops->end_leases(transport->self);
}

bool lr_dispatcher_idle(const lr_dispatcher *dispatcher) {
  return dispatcher->queued_count == 0 && dispatcher->running_count == 0 &&
         dispatcher->leased == 0;
}
