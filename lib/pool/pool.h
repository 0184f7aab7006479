/* SPDX-License-Identifier: MIT
 * pool.h: what the pool's threads, and clients, call of the pool. */
#ifndef LR_POOL_POOL_H
#define LR_POOL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "limits/memory_budget.h"
#include "pool/worker.h"
#include <lariat/pool.h>

/* The parts of a pool that is not made of the engine on threads. */
typedef struct lr_pool_parts {
  /* Makes a worker's transport, on the worker's thread.
   * LARIAT_OK, LARIAT_ENOMEM */
  lariat_status (*open)(void *context, const lr_transport_config *config,
                        lr_transport *out);
  void *context;
  lariat_reactor *reactor; /* not NULL: the pool has no thread, and this is its
                              only reactor, which the caller runs */
} lr_pool_parts;

/* Makes a pool as lariat_pool_new does; `parts` may be NULL, and is not kept.
 * With a reactor: LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_ECLOSED as that is,
 * and LARIAT_EBUSY when it is one of a pool's already. */
lariat_status lr_pool_make(const lariat_pool_options *options,
                           const lr_pool_parts *parts, lariat_pool **out);

/* Returns the clock of its reactors.  Any thread. */
const lariat_clock *lr_pool_clock(const lariat_pool *pool);

/* Returns the parts of a pool that is being made, else NULL. */
const lr_pool_parts *lr_pool_parts_of(const lariat_pool *pool);

const lariat_pool_options *lr_pool_options(const lariat_pool *pool);
lr_worker *lr_pool_worker(lariat_pool *pool, unsigned index);

/* Adds what the reactors share to the limits of one: tokens, rates, paces. */
void lr_pool_share_limits(lariat_pool *pool, unsigned index,
                          lr_run_queue_limits *limits);

/* Keeps the pool's memory, not its threads, and gives that back: for clients.
 * Any thread. */
void lr_pool_hold(lariat_pool *pool);
void lr_pool_unhold(lariat_pool *pool);

/* Returns LARIAT_OK, LARIAT_EFORKED or LARIAT_ECLOSED.  Any thread. */
lariat_status lr_pool_check(const lariat_pool *pool);

/* Returns the origins that have sent what nobody asked for. */
struct lr_desync *lr_pool_desync(lariat_pool *pool);

/* Returns the budget of its bodies; NULL: no limit. */
lr_memory_budget *lr_pool_budget(lariat_pool *pool);

/* Returns when a closing pool ends its waiting for jobs; UINT64_MAX while it is
 * open.  Any thread. */
uint64_t lr_pool_drain_until(const lariat_pool *pool);

/* Counts a thread that has started (or cannot), and one that has ended.  That
 * thread. */
void lr_pool_worker_ready(lariat_pool *pool);
void lr_pool_worker_ended(lariat_pool *pool);

/* Returns the certificates that its transports trust. */
struct lr_trust *lr_pool_trust(lariat_pool *pool);

/* Returns the numbers of connections that its reactors share. */
struct lr_descriptor_use *lr_pool_descriptors(lariat_pool *pool);

/* Returns what its resolvers share. */
lr_name_service *lr_pool_name_service(lariat_pool *pool);

/* Returns who decides on the addresses that its transports connect to; NULL:
 * all are allowed. */
const struct lr_address_guard *lr_pool_guard(const lariat_pool *pool);

#endif
