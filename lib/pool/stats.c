/* SPDX-License-Identifier: MIT
 * stats.c: what a pool's threads count, and its resolvers, in sums. */
#include <string.h>

#include "base/atomics.h"
#include "pool/pool.h"
#include "schedule/desync.h"

static uint64_t count_waiting(const lr_dispatcher_stats *stats,
                              lr_host_state state) {
  return lr_u64_load_relaxed(&stats->by_state[state]);
}

/* Adds what queued jobs wait for.  Those whose turn it is wait for the rate, or
 * for nothing. */
static void add_waiting_jobs(lariat_pool_stats *all,
                             const lr_dispatcher_stats *stats) {
  all->jobs_waiting_host += count_waiting(stats, LR_HOST_IDLE);
  all->jobs_waiting_jobs += count_waiting(stats, LR_HOST_NO_TOKEN);
  all->jobs_waiting_rate += count_waiting(stats, LR_HOST_DELAYED);
  if (lr_u64_load_relaxed(&stats->rate_waits))
    all->jobs_waiting_rate += count_waiting(stats, LR_HOST_RUNNABLE);
  all->jobs_waiting_connection += count_waiting(stats, LR_HOST_NO_CONNECTION);
}

static void add_transport_stats(lariat_pool_stats *all,
                                const lr_transport_stats *stats) {
  all->connections += lr_u64_load_relaxed(&stats->connections);
  all->connections_opened += lr_u64_load_relaxed(&stats->opened);
  all->connections_reused += lr_u64_load_relaxed(&stats->reused);
  all->lanes += lr_u64_load_relaxed(&stats->lanes);
  all->addresses_denied += lr_u64_load_relaxed(&stats->denied);
  all->descriptor_shortages += lr_u64_load_relaxed(&stats->shortages);
  all->jobs_connecting += lr_u64_load_relaxed(&stats->connecting);
  all->jobs_receiving += lr_u64_load_relaxed(&stats->receiving);
  all->lanes_recycled += lr_u64_load_relaxed(&stats->recycled);
}

/* Adds the requests that were made, by who made them. */
static void add_requests(lariat_pool_stats *all,
                         const lr_transport_stats *stats) {
  uint64_t *const sums[LR_REQUEST_REASONS] = {
      [LR_REQUEST_BY_H1] = &all->requests_h1,
      [LR_REQUEST_LIBCURL_ONLY] = &all->requests_libcurl_only,
      [LR_REQUEST_HTTP2_ASKED] = &all->requests_http2_asked,
      [LR_REQUEST_HTTP2] = &all->requests_http2,
      [LR_REQUEST_HEADERS] = &all->requests_headers,
      [LR_REQUEST_HEAD_BODY] = &all->requests_head_body,
      [LR_REQUEST_REUSE_FAILED] = &all->requests_reuse_failed,
      [LR_REQUEST_FIRST_HANDSHAKE] = &all->requests_first_handshake,
      [LR_REQUEST_OPEN_CONNECTION] = &all->requests_open_connection};
  for (int i = 0; i < LR_REQUEST_REASONS; i++)
    *sums[i] += lr_u64_load_relaxed(&stats->requests[i]);
}

static void add_worker_stats(lariat_pool_stats *all, const lr_worker *worker) {
  const lr_dispatcher_stats *jobs = &worker->dispatcher.stats;
  all->jobs_taken += lr_u64_load_relaxed(&jobs->taken);
  all->jobs_done += lr_u64_load_relaxed(&jobs->done);
  all->jobs_queued += lr_u64_load_relaxed(&jobs->queued);
  all->jobs_running += lr_u64_load_relaxed(&jobs->running);
  add_waiting_jobs(all, jobs);
  add_transport_stats(all, &worker->transport_stats);
  add_requests(all, &worker->transport_stats);
}

static void add_name_stats(lariat_pool_stats *all, lr_name_service *service) {
  lr_resolver_counts counts = lr_resolver_cache_counts(&service->cache);
  all->names_looked_up = counts.look_ups;
  all->names_cached = counts.hits;
  all->names_joined = counts.joined;
  all->names_stale = counts.stale;
  all->names_failed = counts.failures;
  all->names_in_flight = counts.in_flight;
}

lariat_status lariat_pool_read_stats(lariat_pool *pool,
                                     lariat_pool_stats *stats) {
  size_t size = stats->size;
  if (size < sizeof stats->size) return LARIAT_EINVAL;
  lariat_pool_stats all = {.size = size};
  for (unsigned i = 0; i < lariat_pool_reactors(pool); i++)
    add_worker_stats(&all, lr_pool_worker(pool, i));
  all.desync_origins = lr_desync_signs(lr_pool_desync(pool));
  all.desync_connections = lr_desync_seen(lr_pool_desync(pool));
  add_name_stats(&all, lr_pool_name_service(pool));
  memcpy(stats, &all, size < sizeof all ? size : sizeof all);
  return LARIAT_OK;
}

lariat_status lariat_pool_read_reactor_stats(lariat_pool *pool, unsigned index,
                                             lariat_reactor_stats *stats) {
  if (index >= lariat_pool_reactors(pool)) return LARIAT_EINVAL;
  return lr_worker_read_turns(lr_pool_worker(pool, index), stats);
}
