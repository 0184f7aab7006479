/* SPDX-License-Identifier: MIT
 * pool.c: a pool's life: the start and the end of its threads, and what waits
 * for these. */
#include "pool/pool.h"

#include <pthread.h>
#include <string.h>

#include "base/atomics.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/time.h"
#include "curl/libcurl.h"
#include "deferred/deferred.h"
#include "limits/descriptor_use.h"
#include "limits/host_pace.h"
#include "limits/job_tokens.h"
#include "limits/rate.h"
#include "net/address_guard.h"
#include "net/name_service.h"
#include "net/trust.h"
#include "pool/completion.h"
#include "pool/options.h"
#include "schedule/desync.h"
#include <lariat/clock.h>
#include <lariat/thread_call.h>

struct lariat_pool {
  lr_atomic_u32 holds; /* the memory: users together, clients, closers */
  lr_atomic_u32 users;
  lr_atomic_u64 drain_until_ns;
  uint32_t generation;
  const lr_pool_parts *parts; /* while it is made; NULL: the engine, threads */
  lariat_clock clock;
  bool hosted; /* its worker is on a caller's reactor */
  lariat_pool_options options;
  char *ca_file;
  _Alignas(LR_CACHE_LINE) lr_memory_budget budget;

  pthread_mutex_t lock; /* of the fields below; never held for long */
  pthread_cond_t changed;
  unsigned started;
  unsigned ready;
  unsigned ended;
  lr_list closings; /* lr_closing, told when the last thread has ended */

  pthread_mutex_t join_lock;
  bool joined;
  lr_trust trust;
  lr_descriptor_use descriptors;
  lr_address_guard *guard; /* NULL: all addresses are allowed */
  lr_name_service name_service;
  lr_job_tokens *tokens;
  lr_rate rate; /* all together */
  lr_rate_plan rate_plan;
  lr_host_paces host_paces;
  lr_desync desync;
  unsigned reactors;
  lr_worker workers[];
};

const lariat_pool_options *lr_pool_options(const lariat_pool *pool) {
  return &pool->options;
}

lr_worker *lr_pool_worker(lariat_pool *pool, unsigned index) {
  return &pool->workers[index];
}

lr_memory_budget *lr_pool_budget(lariat_pool *pool) {
  return pool->budget.limit ? &pool->budget : NULL;
}

const lr_pool_parts *lr_pool_parts_of(const lariat_pool *pool) {
  return pool->parts;
}

const lariat_clock *lr_pool_clock(const lariat_pool *pool) {
  return &pool->clock;
}

unsigned lariat_pool_reactors(const lariat_pool *pool) {
  return pool->reactors;
}

void lr_pool_share_limits(lariat_pool *pool, unsigned index,
                          lr_run_queue_limits *limits) {
  limits->token_cache = &pool->tokens->caches[index];
  limits->rate = pool->rate_plan.step_ns ? &pool->rate : NULL;
  limits->rate_plan = &pool->rate_plan;
  limits->host_paces =
      lr_host_paces_wanted(&pool->host_paces) ? &pool->host_paces : NULL;
}

lr_desync *lr_pool_desync(lariat_pool *pool) { return &pool->desync; }

uint64_t lr_pool_drain_until(const lariat_pool *pool) {
  return lr_u64_load_acquire(&pool->drain_until_ns);
}

lariat_status lr_pool_check(const lariat_pool *pool) {
  if (pool->generation != lr_process_generation()) return LARIAT_EFORKED;
  if (lr_pool_drain_until(pool) != UINT64_MAX) return LARIAT_ECLOSED;
  return LARIAT_OK;
}

const char *lariat_pool_refusal(void) {
  const char *unusable = lr_libcurl_unusable();
  if (unusable) return unusable;
  return lr_libcurl_refusal(lr_libcurl_capabilities()->version_num);
}

lr_trust *lr_pool_trust(lariat_pool *pool) { return &pool->trust; }

lr_descriptor_use *lr_pool_descriptors(lariat_pool *pool) {
  return &pool->descriptors;
}

const lr_address_guard *lr_pool_guard(const lariat_pool *pool) {
  return pool->guard;
}

lr_name_service *lr_pool_name_service(lariat_pool *pool) {
  return &pool->name_service;
}

/* ---- Memory ---- */

void lr_pool_hold(lariat_pool *pool) { lr_count_retain(&pool->holds); }

void lr_pool_unhold(lariat_pool *pool) {
  if (!lr_count_release(&pool->holds)) return;
  for (unsigned i = 0; i < pool->reactors; i++)
    lariat_mailbox_release(pool->workers[i].mailbox);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->changed);
  pthread_mutex_destroy(&pool->join_lock);
  lr_trust_destroy(&pool->trust);
  lr_address_guard_free(pool->guard);
  lr_name_service_clear(&pool->name_service);
  lr_host_paces_clear(&pool->host_paces);
  lr_desync_clear(&pool->desync);
  lr_job_tokens_free(pool->tokens);
  lr_free(pool->ca_file);
  lr_free_lines(pool);
}

static void wake_workers(void *pool_pointer) {
  lariat_pool *pool = pool_pointer;
  for (unsigned i = 0; i < pool->reactors; i++)
    lr_mailbox_wake(pool->workers[i].mailbox);
}

static void retain_pool(void *pool) { lr_pool_hold(pool); }

static void release_pool(void *pool) { lr_pool_unhold(pool); }

static const lr_memory_budget_owner budget_owner = {
    .wake = wake_workers, .retain = retain_pool, .release = release_pool};

static bool init_limits(lariat_pool *pool) {
  const lariat_pool_options *options = &pool->options;
  lr_desync_init(&pool->desync, wake_workers, pool);
  pool->tokens = lr_job_tokens_new(options->max_jobs,
                                   options->max_jobs_per_host, pool->reactors);
  lr_rate_init(&pool->rate);
  pool->rate_plan = lr_rate_plan_of(options->rate, options->rate_burst);
  lr_rate_plan per_host =
      lr_rate_plan_of(options->rate_per_host, options->rate_per_host_burst);
  bool paced = lr_host_paces_init(&pool->host_paces, per_host,
                                  lr_ns_of_ms(options->delay_per_host_ms));
  return pool->tokens && paced;
}

static lariat_pool *new_pool(const lariat_pool_options *options,
                             unsigned reactors) {
  lariat_pool *pool =
      lr_alloc_lines(sizeof *pool + reactors * sizeof pool->workers[0]);
  if (!pool) return NULL;
  lr_u32_init(&pool->holds, 1);
  lr_u32_init(&pool->users, 1);
  lr_u64_init(&pool->drain_until_ns, UINT64_MAX);
  pool->generation = lr_process_generation();
  pool->clock = *lariat_clock_system();
  pool->options = *options;
  pool->budget.ops = &budget_owner;
  pool->budget.owner = pool;
  pool->budget.limit = options->max_body_memory;
  lr_descriptor_use_init(&pool->descriptors, wake_workers, pool);
  pool->reactors = reactors;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->changed, NULL);
  pthread_mutex_init(&pool->join_lock, NULL);
  lr_list_init(&pool->closings);
  if (options->ca_file) pool->ca_file = lr_copy_string(options->ca_file);
  lr_pool_options_init_trust(&pool->trust, pool->ca_file);
  if (!init_limits(pool) || (options->ca_file && !pool->ca_file)) {
    lr_pool_unhold(pool);
    return NULL;
  }
  pool->options.ca_file = pool->ca_file;
  lr_pool_options_forget_texts(&pool->options);
  return pool;
}

/* ---- Checks ---- */

/* Makes what the pool shares of rules and names. */
static lariat_status open_shared(lariat_pool *pool,
                                 const lariat_pool_options *options) {
  lr_name_service_config config = lr_name_service_config_of(options);
  lariat_status status =
      lr_address_guard_new(&options->addresses, &pool->guard);
  if (status != LARIAT_OK) return status;
  return lr_name_service_init(&pool->name_service, &config);
}

static lariat_status check_libcurl(const lariat_pool_options *options) {
  if (lr_libcurl_unusable()) return LARIAT_ELIBCURL;
  if (!options->any_libcurl && lariat_pool_refusal()) return LARIAT_ELIBCURL;
  if (!lr_libcurl_global_init()) return LARIAT_ELIBCURL;
  return lr_libcurl_inherited() ? LARIAT_EFORKED : LARIAT_OK;
}

/* ---- End ---- */

/* A deferred that waits for the end of a pool. */
typedef struct lr_closing {
  lr_completion completion;
  lr_list node;
  lariat_pool *pool;
} lr_closing;

static void complete_closings(lariat_pool *pool) {
  lr_list *node;
  while ((node = lr_list_take_first(&pool->closings)))
    lr_completion_send(&lr_container(node, lr_closing, node)->completion);
}

void lr_pool_worker_ready(lariat_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  pool->ready++;
  pthread_cond_broadcast(&pool->changed);
  pthread_mutex_unlock(&pool->lock);
}

void lr_pool_worker_ended(lariat_pool *pool) {
  lr_pool_hold(pool); /* a waiter may free the pool once the lock is free */
  pthread_mutex_lock(&pool->lock);
  pool->ended++;
  if (pool->hosted) lr_u64_store_release(&pool->drain_until_ns, 0);
  if (pool->ended == pool->started) complete_closings(pool);
  pthread_cond_broadcast(&pool->changed);
  pthread_mutex_unlock(&pool->lock);
  lr_pool_unhold(pool);
}

/* Joins the threads, which have ended but for their last few instructions. */
static void join_threads(lariat_pool *pool) {
  pthread_mutex_lock(&pool->join_lock);
  for (unsigned i = 0; i < pool->started && !pool->joined; i++)
    pthread_join(pool->workers[i].thread, NULL);
  pool->joined = true;
  pthread_mutex_unlock(&pool->join_lock);
}

static void request_close(lariat_pool *pool, unsigned drain_ms) {
  uint64_t until_ns =
      lr_add_ms(pool->clock.now_ns(pool->clock.context), drain_ms);
  pthread_mutex_lock(&pool->lock);
  if (until_ns < lr_u64_load_relaxed(&pool->drain_until_ns))
    lr_u64_store_release(&pool->drain_until_ns, until_ns);
  for (unsigned i = 0; i < pool->started; i++)
    if (pool->workers[i].mailbox) lr_mailbox_wake(pool->workers[i].mailbox);
  pthread_mutex_unlock(&pool->lock);
}

static void wait_for_threads(lariat_pool *pool, const unsigned *counter) {
  pthread_mutex_lock(&pool->lock);
  while (*counter < pool->started)
    pthread_cond_wait(&pool->changed, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

/* Has a hosted worker end without waiting for it: the calling thread may be the
 * one that runs its reactor. */
static void end_hosted_worker(lariat_pool *pool) {
  if (pool->ended) return;
  request_close(pool, 0);
  lr_worker_end_soon(&pool->workers[0]);
}

static void end_and_join(lariat_pool *pool, unsigned drain_ms) {
  if (pool->hosted) {
    end_hosted_worker(pool);
    return;
  }
  request_close(pool, drain_ms);
  wait_for_threads(pool, &pool->ended);
  join_threads(pool);
}

/* ---- Start ---- */

static lariat_status start_threads(lariat_pool *pool) {
  for (unsigned i = 0; i < pool->reactors; i++) {
    lariat_status status = lr_worker_start(&pool->workers[i], pool, i);
    if (status != LARIAT_OK) return status;
    pthread_mutex_lock(&pool->lock);
    pool->started++;
    pthread_mutex_unlock(&pool->lock);
  }
  return LARIAT_OK;
}

static lariat_status host_worker(lariat_pool *pool, lariat_reactor *reactor) {
  lariat_status status = lr_reactor_check(reactor, "lariat_scripted_pool_new");
  if (status == LARIAT_OK && lr_reactor_closing(reactor))
    status = LARIAT_ECLOSED;
  if (status != LARIAT_OK) return status;
  pool->hosted = true;
  pool->joined = true;
  pool->clock = *lr_reactor_clock(reactor);
  status = lr_worker_host(&pool->workers[0], pool, 0, reactor);
  if (status == LARIAT_OK) pool->started = 1;
  return status;
}

static lariat_status start_workers(lariat_pool *pool) {
  if (pool->parts && pool->parts->reactor)
    return host_worker(pool, pool->parts->reactor);
  lariat_status status = start_threads(pool);
  wait_for_threads(pool, &pool->ready);
  for (unsigned i = 0; i < pool->started && status == LARIAT_OK; i++)
    status = pool->workers[i].start_status;
  if (status == LARIAT_OK) return LARIAT_OK;
  end_and_join(pool, 0);
  return status;
}

lariat_status lr_pool_make(const lariat_pool_options *options,
                           const lr_pool_parts *parts, lariat_pool **out) {
  lariat_pool_options all;
  bool hosted = parts && parts->reactor;
  *out = NULL;
  lariat_status status = lr_pool_options_read(options, hosted ? 1 : 0, &all);
  if (status == LARIAT_OK) status = check_libcurl(&all);
  if (status == LARIAT_OK) status = lr_pool_options_check_ca_file(all.ca_file);
  if (status != LARIAT_OK) return status;
  lariat_pool *pool = new_pool(&all, all.reactors);
  if (!pool) return LARIAT_ENOMEM;
  pool->parts = parts;
  status = open_shared(pool, &all);
  if (status == LARIAT_OK) status = start_workers(pool);
  pool->parts = NULL;
  if (status != LARIAT_OK) {
    lr_pool_unhold(pool);
    return status;
  }
  *out = pool;
  return LARIAT_OK;
}

lariat_status lariat_pool_new(const lariat_pool_options *options,
                              lariat_pool **out) {
  return lr_pool_make(options, NULL, out);
}

/* ---- Closing ---- */

static bool is_on_own_thread(const lariat_pool *pool) {
  for (unsigned i = 0; i < pool->reactors; i++)
    if (pthread_equal(pool->workers[i].thread, pthread_self())) return true;
  return false;
}

static void join_ended_threads(lr_completion *completion) {
  join_threads(lr_container(completion, lr_closing, completion)->pool);
}

static void drop_closing(lr_completion *completion) {
  lr_closing *closing = lr_container(completion, lr_closing, completion);
  lr_pool_unhold(closing->pool);
  lr_free(closing);
}

static const lr_completion_kind closing_kind = {
    .cut_short = "the reactor closed before the pool ended",
    .arrived = join_ended_threads,
    .drop = drop_closing};

static void wait_on_reactor(lr_closing *closing) {
  lariat_pool *pool = closing->pool;
  pthread_mutex_lock(&pool->lock);
  bool over = pool->ended == pool->reactors;
  if (!over) lr_list_append(&pool->closings, &closing->node);
  pthread_mutex_unlock(&pool->lock);
  if (over) lr_completion_send(&closing->completion);
}

lariat_deferred *lariat_pool_close(lariat_pool *pool, lariat_reactor *reactor,
                                   unsigned drain_ms) {
  if (pool->generation != lr_process_generation())
    return lariat_deferred_fail(reactor, LARIAT_EFORKED,
                                "a pool cannot be closed in a forked child");
  if (is_on_own_thread(pool))
    return lariat_deferred_fail(reactor, LARIAT_EBUSY,
                                "a pool cannot be closed by its own thread");
  bool made;
  lr_closing *closing = lr_alloc_zero(sizeof *closing);
  lariat_deferred *deferred = lr_completion_open(
      closing ? &closing->completion : NULL, &closing_kind, reactor, &made);
  if (!made) {
    lr_free(closing);
    return deferred;
  }
  closing->pool = pool;
  lr_pool_hold(pool);
  request_close(pool, drain_ms);
  wait_on_reactor(closing);
  return deferred;
}

/* ---- Calls of users ---- */

/* Passes a bad index on as no mailbox, which lariat_mailbox_defer refuses.  A
 * closed pool still has its mailboxes, which are closed or will be. */
lariat_deferred *lariat_pool_defer(lariat_pool *pool, unsigned index,
                                   lariat_reactor *reactor,
                                   lariat_function function, void *context,
                                   lariat_destroy destroy) {
  lariat_mailbox *to =
      pool && index < pool->reactors ? pool->workers[index].mailbox : NULL;
  if (to && lr_pool_check(pool) == LARIAT_ECLOSED) {
    if (destroy) destroy(context);
    return lariat_deferred_fail(reactor, LARIAT_ECLOSED, "the pool is closed");
  }
  return lariat_mailbox_defer(to, reactor, function, context, destroy);
}

lariat_status lariat_pool_close_wait(lariat_pool *pool, unsigned drain_ms) {
  if (pool->generation != lr_process_generation()) return LARIAT_EFORKED;
  lariat_reactor *current = lariat_reactor_current();
  if (is_on_own_thread(pool) || (current && lr_reactor_in_turn(current)))
    return LARIAT_EBUSY;
  end_and_join(pool, drain_ms);
  return LARIAT_OK;
}

lariat_pool *lariat_pool_retain(lariat_pool *pool) {
  lr_count_retain(&pool->users);
  return pool;
}

void lariat_pool_release(lariat_pool *pool) {
  if (!pool || !lr_count_release(&pool->users)) return;
  if (pool->generation != lr_process_generation()) return;
  if (is_on_own_thread(pool)) {
    lr_misuse("lariat_pool_release: the last reference on a pool's own thread");
    request_close(pool, 0);
    return; /* nobody can join the threads now: the memory is lost */
  }
  end_and_join(pool, 0);
  lr_pool_unhold(pool);
}

lariat_status lariat_pool_call(lariat_pool *pool, unsigned index,
                               lariat_call call, void *context,
                               lariat_destroy destroy) {
  if (pool->generation != lr_process_generation()) return LARIAT_EFORKED;
  if (index >= pool->reactors) return LARIAT_EINVAL;
  return lariat_mailbox_call(pool->workers[index].mailbox, call, context,
                             destroy);
}

size_t lariat_pool_desync_connections(lariat_pool *pool, size_t from,
                                      lariat_desync_connection *out,
                                      size_t capacity) {
  return lr_desync_read(&pool->desync, from, out, capacity);
}
