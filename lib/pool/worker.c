/* SPDX-License-Identifier: MIT
 * worker.c: the life of one pool thread. */
#include "pool/worker.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "curl/engine.h"
#include "curl/libcurl.h"
#include "pool/pool.h"
#include "pool/port.h"
#include "reactor/log.h"

/* How long a closing thread waits for clients that live on it, and before that
 * for the deferreds of "before shutdown" triggers. */
enum { CLOSE_WAIT_MS = 1000 };

/* With so many jobs on their way, a few microseconds more for an answer keep
 * no server waiting for the next request: docs/internals/performance.md. */
enum { COALESCE_JOBS = 48 };

/* How often these jobs are counted. */
static const uint64_t count_every_ns = 4 * LR_NS_PER_MS;

/* Closes the transport, and the resolver that it has asked. */
static void close_worker_transport(lr_worker *worker) {
  worker->dispatcher.transport.ops->close(worker->dispatcher.transport.self);
  if (worker->resolver.service) lr_resolver_close(&worker->resolver);
}

/* Has a hosted worker that has no job any more leave its reactor.  The
 * dispatcher refuses jobs that still arrive, so that it stays as long as a
 * client has a port there. */
static void leave_hosting_reactor(lr_worker *worker) {
  if (worker->state != LR_WORKER_OVER) {
    worker->state = LR_WORKER_OVER;
    lr_reactor_unset_timer(worker->reactor, &worker->drain_timer);
    close_worker_transport(worker);
    lr_pool_worker_ended(worker->pool);
  }
  if (!lr_list_empty(&worker->ports)) return;
  lr_dispatcher_clear(&worker->dispatcher);
  lr_reactor_remove_turn_hook(worker->reactor, &worker->hook);
  lr_reactor_set_layer_state(worker->reactor, LR_LAYER_POOL, NULL, NULL);
  lr_pool_unhold(worker->pool);
}

static void crash_reactor(lr_timer *timer) {
  lr_worker *worker = lr_container(timer, lr_worker, leave_timer);
  (void)lariat_reactor_crash(worker->reactor);
}

/* Limits how long triggers of a user may delay the end of the reactor. */
static void limit_shutdown(lr_worker *worker) {
  uint64_t from_ns = lr_reactor_turn_ns(worker->reactor);
  if (from_ns < worker->drain_until_ns) from_ns = worker->drain_until_ns;
  worker->leave_timer.expire = crash_reactor;
  if (!lr_reactor_set_timer(worker->reactor, &worker->leave_timer,
                            lr_add_ms(from_ns, CLOSE_WAIT_MS)))
    crash_reactor(&worker->leave_timer);
}

static void stop_if_over(lr_worker *worker) {
  if (worker->state == LR_WORKER_OPEN || worker->state == LR_WORKER_STOPPING ||
      !lr_dispatcher_idle(&worker->dispatcher))
    return;
  if (worker->hosted) {
    leave_hosting_reactor(worker);
    return;
  }
  worker->state = LR_WORKER_STOPPING;
  if (lariat_reactor_stop(worker->reactor) == LARIAT_OK) limit_shutdown(worker);
}

static void abort_jobs(lr_worker *worker) {
  lr_dispatcher_abort(&worker->dispatcher, LARIAT_ECANCELLED);
}

static void expire_drain(lr_timer *timer) {
  abort_jobs(lr_container(timer, lr_worker, drain_timer));
}

/* Looks whether the pool closes.  That is one number in the pool, so that
 * closing needs no memory and cannot get lost. */
static void check_for_close(lr_worker *worker) {
  uint64_t until_ns = lr_pool_drain_until(worker->pool);
  if (until_ns == UINT64_MAX || until_ns >= worker->drain_until_ns) return;
  if (worker->state == LR_WORKER_OPEN) worker->state = LR_WORKER_CLOSING;
  worker->drain_until_ns = until_ns;
  lr_dispatcher_close(&worker->dispatcher);
  if (until_ns <= lr_reactor_turn_ns(worker->reactor) ||
      !lr_reactor_set_timer(worker->reactor, &worker->drain_timer, until_ns))
    abort_jobs(worker);
}

/* Has the reactor coalesce events while many quick jobs are on their way: by
 * Little's law, as many as the time that they take together is times the time
 * that has passed.  Those of slow hosts, however many, do not count: a quick
 * job beside them may be alone, and would wait for each coalesced batch. */
static void update_coalescing(lr_worker *worker) {
  uint64_t now_ns = lr_reactor_turn_ns(worker->reactor);
  uint64_t passed_ns = now_ns - worker->counted_ns;
  if (passed_ns < count_every_ns) return;
  bool many =
      worker->dispatcher.queue.quick_jobs_ns >= passed_ns * COALESCE_JOBS;
  worker->counted_ns = now_ns;
  worker->dispatcher.queue.quick_jobs_ns = 0;
  lr_reactor_allow_coalescing(worker->reactor, many);
}

static void end_worker_turn(lr_turn_hook *hook) {
  lr_worker *worker = lr_container(hook, lr_worker, hook);
  check_for_close(worker);
  if (worker->state != LR_WORKER_OVER)
    lr_dispatcher_turn_end(&worker->dispatcher);
  if (!worker->hosted) update_coalescing(worker);
  stop_if_over(worker);
}

/* Ends the worker as the last step of the reactor's close: no mail will come
 * any more. */
static void destroy_worker(void *state) {
  lr_worker *worker = state;
  lr_dispatcher_abort(&worker->dispatcher, LARIAT_ECLOSED);
  lr_port_end_all(worker);
  if (worker->state != LR_WORKER_OVER) close_worker_transport(worker);
  lr_dispatcher_clear(&worker->dispatcher);
  if (!worker->hosted) return;
  if (worker->state != LR_WORKER_OVER) lr_pool_worker_ended(worker->pool);
  lr_pool_unhold(worker->pool);
}

static lr_dispatcher_config config_of(const lr_worker *worker) {
  const lariat_pool_options *options = lr_pool_options(worker->pool);
  unsigned reactors = lariat_pool_reactors(worker->pool);
  lr_dispatcher_config config = {
      .index = worker->index,
      .reactors = reactors,
      .limits = {.max_jobs = options->max_jobs,
                 .max_jobs_per_host = options->max_jobs_per_host},
      .max_connections_per_host = options->max_connections_per_host,
      .desync = lr_pool_desync(worker->pool),
      .h2c_probe = lr_libcurl_capabilities()->h2c_reuse,
      .finished = lr_port_return};
  lr_pool_share_limits(worker->pool, worker->index, &config.limits);
  return config;
}

static lariat_status open_worker_transport(lr_worker *worker,
                                           lr_transport *out) {
  const lr_pool_parts *parts = lr_pool_parts_of(worker->pool);
  const lr_transport_config config = {
      .reactor = worker->reactor,
      .dispatcher = &worker->dispatcher,
      .options = lr_pool_options(worker->pool),
      .index = worker->index,
      .reactors = lariat_pool_reactors(worker->pool),
      .budget = lr_pool_budget(worker->pool),
      .trust = lr_pool_trust(worker->pool),
      .guard = lr_pool_guard(worker->pool),
      .desync = lr_pool_desync(worker->pool),
      .resolver = &worker->resolver,
      .descriptors = lr_pool_descriptors(worker->pool),
      .stats = &worker->transport_stats};
  if (parts) return parts->open(parts->context, &config, out);
  lr_resolver_init(&worker->resolver, worker->reactor,
                   lr_pool_name_service(worker->pool));
  return lr_engine_open(&config, out);
}

static lariat_status open_dispatcher(lr_worker *worker) {
  lr_transport transport;
  lariat_status status = open_worker_transport(worker, &transport);
  if (status != LARIAT_OK) return status;
  lr_dispatcher_config config = config_of(worker);
  if (!lr_dispatcher_init(&worker->dispatcher, worker->reactor, &config,
                          transport)) {
    transport.ops->close(transport.self);
    return LARIAT_ENOMEM;
  }
  worker->hook.turn_end = end_worker_turn;
  lr_reactor_add_turn_hook(worker->reactor, &worker->hook);
  lr_reactor_set_layer_state(worker->reactor, LR_LAYER_POOL, worker,
                             destroy_worker);
  return LARIAT_OK;
}

static lariat_status open_reactor(lr_worker *worker) {
  char name[16];
  snprintf(name, sizeof name, "lariat-%u", worker->index);
  lariat_reactor_options options = {.size = sizeof options,
                                    .name = name,
                                    .log = lr_pool_options(worker->pool)->log};
  lariat_status status = lariat_reactor_new(&options, &worker->reactor);
  if (status != LARIAT_OK) return status;
  lr_reactor_use_meter(worker->reactor, &worker->meter);
  status = open_dispatcher(worker);
  if (status != LARIAT_OK) {
    (void)lariat_reactor_close(worker->reactor, 0);
    return status;
  }
  worker->mailbox = lariat_reactor_mailbox(worker->reactor);
  worker->dispatcher.queue.token_cache->mailbox = worker->mailbox;
  return LARIAT_OK;
}

static void pin_thread(const lr_worker *worker) {
  cpu_set_t allowed, one;
  if (!lr_pool_options(worker->pool)->pin) return;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  unsigned count = (unsigned)CPU_COUNT(&allowed);
  unsigned skip = count ? worker->index % count : 0;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed) || skip-- > 0) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    (void)sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

static void *thread_main(void *argument) {
  lr_worker *worker = argument;
  char name[16];
  snprintf(name, sizeof name, "lariat-%u", worker->index);
  (void)pthread_setname_np(pthread_self(), name);
  pin_thread(worker);
  worker->start_status = open_reactor(worker);
  bool runs = worker->start_status == LARIAT_OK;
  lr_pool_worker_ready(worker->pool);
  if (runs) {
    lr_log_say(worker->reactor, LR_LOG_STARTED, NULL, 0);
    (void)lariat_reactor_run(worker->reactor);
    lr_log_say(worker->reactor, LR_LOG_ENDED, NULL, 0);
    (void)lariat_reactor_close(worker->reactor, CLOSE_WAIT_MS);
    lr_turn_meter_end_thread(&worker->meter);
  }
  lr_pool_worker_ended(worker->pool);
  return NULL;
}

static void init_worker(lr_worker *worker, lariat_pool *pool, unsigned index) {
  worker->pool = pool;
  worker->index = index;
  worker->drain_until_ns = UINT64_MAX;
  worker->drain_timer.expire = expire_drain;
  lr_list_init(&worker->ports);
  lr_list_init(&worker->hook.link);
}

lariat_status lr_worker_host(lr_worker *worker, lariat_pool *pool,
                             unsigned index, lariat_reactor *reactor) {
  init_worker(worker, pool, index);
  worker->hosted = true;
  worker->reactor = reactor;
  if (lr_reactor_layer_state(reactor, LR_LAYER_POOL)) return LARIAT_EBUSY;
  lariat_status status = open_dispatcher(worker);
  if (status != LARIAT_OK) return status;
  worker->mailbox = lariat_reactor_mailbox(reactor);
  worker->dispatcher.queue.token_cache->mailbox = worker->mailbox;
  lr_pool_hold(pool);
  return LARIAT_OK;
}

/* Reads the meter of a hosting reactor itself while that is there. */
lariat_status lr_worker_read_turns(lr_worker *worker,
                                   lariat_reactor_stats *stats) {
  if (!worker->hosted) return lr_turn_meter_read(&worker->meter, stats);
  if (worker->state != LR_WORKER_OVER)
    return lariat_reactor_read_stats(worker->reactor, stats);
  size_t size = stats->size;
  if (size < sizeof stats->size) return LARIAT_EINVAL;
  memset(stats, 0, size < sizeof *stats ? size : sizeof *stats);
  stats->size = size;
  return LARIAT_OK;
}

/* Does nothing in a turn that is made for its end, which looks for the close.
 */
static void do_nothing(void *context) { (void)context; }

void lr_worker_end_soon(lr_worker *worker) {
  lariat_reactor *reactor = worker->reactor;
  if (lr_reactor_check(reactor, "lariat_pool_release") != LARIAT_OK) return;
  if (!lr_reactor_in_turn(reactor))
    lr_reactor_turn_for(reactor, do_nothing, NULL);
}

lariat_status lr_worker_start(lr_worker *worker, lariat_pool *pool,
                              unsigned index) {
  init_worker(worker, pool, index);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&worker->thread, NULL, thread_main, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error) errno = error;
  return error ? LARIAT_ESYSTEM : LARIAT_OK;
}
