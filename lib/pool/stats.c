/* SPDX-License-Identifier: MIT
 * stats.c: what one of a pool's threads counts, added to the sum of all. */
#include "base/atomics.h"
#include "pool/pool.h"

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

void lr_pool_add_worker_stats(lariat_pool_stats *all, const lr_worker *worker) {
  const lr_dispatcher_stats *jobs = &worker->dispatcher.stats;
  all->jobs_taken += lr_u64_load_relaxed(&jobs->taken);
  all->jobs_done += lr_u64_load_relaxed(&jobs->done);
  all->jobs_queued += lr_u64_load_relaxed(&jobs->queued);
  all->jobs_running += lr_u64_load_relaxed(&jobs->running);
  add_waiting_jobs(all, jobs);
  add_transport_stats(all, &worker->transport_stats);
}
