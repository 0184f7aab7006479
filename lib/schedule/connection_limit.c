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

/* After a shortage the next connection is opened when one of the reactor's was
 * closed, or after so long: a descriptor may come free elsewhere. */
static const uint64_t hold_ns = 100 * LR_NS_PER_MS;

/* A limit that was lowered rises by an eighth after so long. */
static const uint64_t rise_after_ns = LR_NS_PER_S;

static uint64_t now_ns_of(const lr_connection_limit *limit) {
  return lr_reactor_turn_ns(limit->dispatcher->reactor);
}

static void unblock_hosts(lr_timer *timer) {
  lr_connection_limit *limit =
      lr_container(timer, lr_connection_limit, recheck_timer);
  lr_dispatcher_unblock(limit->dispatcher);
}

static void update_excess(lr_connection_limit *limit) {
  limit->excess = limit->open > limit->max ? limit->open - limit->max : 0;
}

static void set_max(lr_connection_limit *limit, unsigned max) {
  if (max > limit->max_given) max = limit->max_given;
  limit->max = max ? max : 1;
  limit->reserve = lr_job_tokens_reserve(limit->max, limit->per_host);
  limit->learned_ns = now_ns_of(limit);
  update_excess(limit);
}

/* ---- Hold ---- */

static void end_hold(lr_connection_limit *limit) {
  limit->held = false;
  limit->dispatcher->held = false;
  lr_reactor_unset_timer(limit->dispatcher->reactor, &limit->hold_timer);
}

/* Lets as many hosts ask again as there may be connections. */
static void expire_hold(lr_timer *timer) {
  lr_connection_limit *limit =
      lr_container(timer, lr_connection_limit, hold_timer);
  lr_run_queue *queue = &limit->dispatcher->queue;
  end_hold(limit);
  limit->ops->reclaim_idle(limit->owner, true);
  for (unsigned i = 0; i < limit->max && lr_run_queue_has_blocked(queue); i++)
    lr_dispatcher_unblock(limit->dispatcher);
}

/* Without memory for a timer nothing is held back, and a job may ask in vain
 * each turn. */
static void begin_hold(lr_connection_limit *limit) {
  if (limit->held) return;
  limit->held =
      lr_reactor_set_timer(limit->dispatcher->reactor, &limit->hold_timer,
                           now_ns_of(limit) + hold_ns);
  limit->dispatcher->held = limit->held;
}

/* ---- Life ---- */

void lr_connection_limit_init(lr_connection_limit *limit,
                              const lr_connection_limit_ops *ops, void *owner,
                              lr_dispatcher *dispatcher, unsigned max,
                              unsigned per_host, lr_atomic_u64 *published) {
  *limit = (lr_connection_limit){.ops = ops,
                                 .owner = owner,
                                 .dispatcher = dispatcher,
                                 .queue = &dispatcher->queue,
                                 .max = max ? max : 1,
                                 .max_given = max ? max : 1,
                                 .per_host = per_host,
                                 .published = published};
  limit->reserve = lr_job_tokens_reserve(limit->max, per_host);
  limit->recheck_timer.expire = unblock_hosts;
  limit->hold_timer.expire = expire_hold;
}

void lr_connection_limit_clear(lr_connection_limit *limit) {
  lr_reactor_unset_timer(limit->dispatcher->reactor, &limit->recheck_timer);
  end_hold(limit);
}

void lr_connection_limit_count(lr_connection_limit *limit, lr_host *host,
                               unsigned by) {
  limit->open += by;
  host->connections.open += by;
  lr_u64_store_relaxed(limit->published, limit->open);
  update_excess(limit);
  if (limit->use) lr_descriptor_use_count(limit->use, by);
  if (limit->held && (int)by < 0) end_hold(limit);
}

void lr_connection_limit_count_coming(lr_connection_limit *limit, lr_host *host,
                                      unsigned by) {
  limit->coming += by;
  host->connections.coming += by;
  if (limit->use) lr_descriptor_use_count(limit->use, by);
}

static unsigned connections_left(const lr_connection_limit *limit) {
  unsigned taken = limit->open + limit->coming;
  return limit->max > taken ? limit->max - taken : 0;
}

/* Raises a limit that was lowered, after a while. */
static LR_COLD void raise_max(lr_connection_limit *limit) {
  if (now_ns_of(limit) - limit->learned_ns < rise_after_ns) return;
  set_max(limit, limit->max + 1 + limit->max / 8);
}

/* Says whether a held limit is so still: a connection that is closed ends
 * that. */
static LR_COLD bool stays_held(lr_connection_limit *limit) {
  limit->ops->reclaim_idle(limit->owner, true);
  return limit->held;
}

bool lr_connection_limit_allows(lr_connection_limit *limit, lr_host *host) {
  lr_run_queue *queue = &limit->dispatcher->queue;
  unsigned starved = queue->starved_count;
  if (limit->held && stays_held(limit)) return false;
  if (limit->max < limit->max_given) raise_max(limit);
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

bool lr_connection_limit_has_left(const lr_connection_limit *limit,
                                  const lr_host *host) {
  unsigned starved = limit->dispatcher->queue.starved_count;
  return !limit->held &&
         lr_host_connections_of(host) < host->connections.limit &&
         connections_left(limit) > limit->reserve + starved;
}

/* Finds the reactor full of connections in use: each host's jobs would use its
 * own again and again.  Slow hosts give starved ones some of theirs; one that
 * has a single connection does after a while. */
bool lr_connection_limit_must_reclaim_slow(const lr_connection_limit *limit,
                                           const lr_host *host) {
  lr_run_queue *queue = &limit->dispatcher->queue;
  if (host->protocol == LR_PROTOCOL_HTTP2) return false;
  if (limit->excess) return true;
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

/* ---- Shortages ---- */

/* Says whether nothing is open or being made, on any reactor, but for what this
 * one is about to open if `counted`. */
static bool is_alone(const lr_connection_limit *limit, bool counted) {
  unsigned all = limit->use ? lr_descriptor_use_connections(limit->use)
                            : limit->open + limit->coming;
  return all <= (counted ? 1 : 0);
}

/* Lowers the limit to half of what was tried, but not below what is there; once
 * for all that were tried together. */
static void learn_max(lr_connection_limit *limit) {
  uint64_t now_ns = now_ns_of(limit);
  unsigned tried = limit->open + limit->coming;
  if (limit->max < limit->max_given && now_ns - limit->learned_ns < hold_ns)
    return;
  unsigned half = (tried < limit->max ? tried : limit->max) / 2;
  set_max(limit, half > limit->open ? half : limit->open);
}

bool lr_connection_limit_note_shortage(lr_connection_limit *limit, bool counted,
                                       bool has_spare) {
  limit->shortage_ns = now_ns_of(limit);
  if (is_alone(limit, counted) && !has_spare) {
    end_hold(limit); /* the others shall know as well */
    return false;
  }
  learn_max(limit);
  begin_hold(limit);
  if (limit->open == 0 && limit->use)
    limit->asked = lr_descriptor_use_ask(limit->use);
  return true;
}

bool lr_connection_limit_was_short(const lr_connection_limit *limit) {
  return limit->shortage_ns &&
         now_ns_of(limit) - limit->shortage_ns <= 2 * hold_ns;
}

void lr_connection_limit_give_up(lr_connection_limit *limit) {
  limit->asked = lr_descriptor_use_asked(limit->use);
  unsigned least = limit->open / 8 + 1;
  unsigned before;
  if (limit->open > least) set_max(limit, limit->open - least);
  do {
    before = limit->open;
    limit->ops->reclaim_idle(limit->owner, true);
  } while (limit->excess && limit->open < before);
}
