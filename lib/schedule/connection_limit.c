/* SPDX-License-Identifier: MIT
 * connection_limit.c: who may open a connection, and who must give one up. */
#include "schedule/connection_limit.h"

#include "base/time.h"
#include "schedule/dispatcher.h"

/* Where a reserve is kept for fast hosts, a connection is not taken for idle
 * for so long: their next requests come. */
static const uint64_t idle_least_ns = 20 * LR_NS_PER_MS;

/* A host's only connection is given to another host after so long; and no
 * longer than the second is waited for one whose answer does not come to its
 * end before others give theirs, too. */
static const uint64_t reclaim_after_ns = LR_NS_PER_S;
static const uint64_t reclaim_patience_ns = 100 * LR_NS_PER_MS;

static uint64_t now_ns_of(const lr_connection_limit *limit) {
  return lr_reactor_turn_ns(limit->dispatcher->reactor);
}

static void unblock_hosts(lr_timer *timer) {
  lr_connection_limit *limit =
      lr_container(timer, lr_connection_limit, recheck_timer);
  lr_dispatcher_unblock(limit->dispatcher);
}

void lr_connection_limit_init(lr_connection_limit *limit,
                              const lr_connection_limit_ops *ops, void *owner,
                              lr_dispatcher *dispatcher, unsigned max,
                              unsigned per_host, lr_atomic_u64 *published) {
  *limit = (lr_connection_limit){.ops = ops,
                                 .owner = owner,
                                 .dispatcher = dispatcher,
                                 .queue = &dispatcher->queue,
                                 .max = max ? max : 1,
                                 .published = published};
  limit->reserve = lr_job_tokens_reserve(limit->max, per_host);
  limit->recheck_timer.expire = unblock_hosts;
}

void lr_connection_limit_clear(lr_connection_limit *limit) {
  lr_reactor_unset_timer(limit->dispatcher->reactor, &limit->recheck_timer);
}

void lr_connection_limit_count(lr_connection_limit *limit, lr_host *host,
                               unsigned by) {
  limit->open += by;
  host->connections.open += by;
  lr_u64_store_relaxed(limit->published, limit->open);
}

void lr_connection_limit_count_coming(lr_connection_limit *limit, lr_host *host,
                                      unsigned by) {
  limit->coming += by;
  host->connections.coming += by;
}

static unsigned connections_left(const lr_connection_limit *limit) {
  unsigned taken = limit->open + limit->coming;
  return limit->max > taken ? limit->max - taken : 0;
}

bool lr_connection_limit_allows(lr_connection_limit *limit, lr_host *host) {
  lr_run_queue *queue = &limit->dispatcher->queue;
  unsigned starved = queue->starved_count;
  if (lr_host_connections_of(host) >= host->connections.limit &&
      !limit->ops->close_idle(limit->owner, host))
    return false;
  if (connections_left(limit) > limit->reserve + starved) return true;
  lr_admission_class class = lr_run_queue_class(queue, host);
  unsigned kept = lr_job_tokens_floor(limit->reserve, class);
  if (class == LR_CLASS_BULK) kept += starved;
  if (connections_left(limit) > kept) return true;
  limit->ops->reclaim_idle(limit->owner,
                           class != LR_CLASS_BULK || !limit->reserve);
  return connections_left(limit) > kept;
}

/* Finds the reactor full of connections in use: each host's jobs would use its
 * own again and again.  Slow hosts give starved ones some of theirs; one that
 * has a single connection does after a while. */
bool lr_connection_limit_must_reclaim_slow(const lr_connection_limit *limit,
                                           const lr_host *host) {
  lr_run_queue *queue = &limit->dispatcher->queue;
  if (host->protocol == LR_PROTOCOL_HTTP2) return false;
  uint64_t now_ns = now_ns_of(limit);
  unsigned left = connections_left(limit);
  unsigned needed = lr_job_tokens_floor(limit->reserve, LR_CLASS_STARVED) +
                    queue->starved_count;
  if (left >= needed) return false;
  if (left + limit->reclaiming >= needed &&
      now_ns - limit->reclaimed_ns < reclaim_patience_ns)
    return false;
  if (host->connections.open == 1 &&
      now_ns - host->connections.since_ns < reclaim_after_ns)
    return false;
  return lr_run_queue_class(queue, host) != LR_CLASS_FAST;
}

void lr_connection_limit_note_reclaim(lr_connection_limit *limit,
                                      lr_host *host) {
  host->connections.reclaiming++;
  limit->reclaiming++;
  limit->reclaimed_ns = now_ns_of(limit);
}

void lr_connection_limit_note_closed(lr_connection_limit *limit,
                                     lr_host *host) {
  if (!host->connections.reclaiming) return;
  host->connections.reclaiming--;
  limit->reclaiming--;
}

void lr_connection_limit_recheck_later(lr_connection_limit *limit) {
  if (lr_timer_is_set(&limit->recheck_timer)) return;
  (void)lr_reactor_set_timer(limit->dispatcher->reactor, &limit->recheck_timer,
                             now_ns_of(limit) + idle_least_ns);
}

bool lr_connection_limit_is_idle(const lr_connection_limit *limit,
                                 uint64_t from_ns) {
  return !limit->reserve || now_ns_of(limit) >= from_ns + idle_least_ns;
}
