/* SPDX-License-Identifier: MIT
 * worker.h: one thread of a pool: a reactor, a dispatcher, an engine. */
#ifndef LR_POOL_WORKER_H
#define LR_POOL_WORKER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/atomics.h"
#include "base/list.h"
#include "net/resolver.h"
#include "reactor/reactor.h"
#include "reactor/turn_meter.h"
#include "schedule/dispatcher.h"
#include <lariat/pool.h>

typedef enum lr_worker_state {
  LR_WORKER_OPEN,
  LR_WORKER_CLOSING,  /* its pool closes: jobs are waited for */
  LR_WORKER_STOPPING, /* it has none left, and its reactor was told to stop */
  LR_WORKER_OVER      /* hosted: it has none left, and no transport */
} lr_worker_state;

typedef struct lr_worker {
  lariat_pool *pool;
  unsigned index;
  pthread_t thread;
  lariat_mailbox *mailbox; /* a reference; any thread may push */
  lariat_reactor *reactor; /* the thread's; others only compare it */
  lr_resolver resolver;    /* of one that has the engine */
  lr_dispatcher dispatcher;
  lr_transport_stats transport_stats; /* outlives the transport */
  lr_turn_meter meter;                /* of its thread's turns, likewise */
  lr_turn_hook hook;
  lr_timer drain_timer;
  uint64_t counted_ns;  /* see update_coalescing */
  lr_timer leave_timer; /* see limit_shutdown */
  lr_list ports;
  lr_worker_state state;
  bool hosted; /* it has no thread: the reactor is a caller's */
  uint64_t drain_until_ns;
  lariat_status start_status;
} lr_worker;

/* Starts the thread, which calls lr_pool_worker_ready when it runs (or cannot)
 * and lr_pool_worker_ended at its end.  All its signals are blocked.
 * LARIAT_OK, LARIAT_ESYSTEM */
lariat_status lr_worker_start(lr_worker *worker, lariat_pool *pool,
                              unsigned index);

/* Starts the worker without a thread, hosted by `reactor`, which belongs to the
 * calling thread and keeps a hold on the pool until the worker has left it.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EBUSY and what lr_reactor_check says */
lariat_status lr_worker_host(lr_worker *worker, lariat_pool *pool,
                             unsigned index, lariat_reactor *reactor);

/* Fills in what is known of its reactor's turns.  Any thread; of a hosted
 * worker the reactor's. LARIAT_OK, LARIAT_EINVAL as lariat_reactor_read_stats
 */
lariat_status lr_worker_read_turns(lr_worker *worker,
                                   lariat_reactor_stats *stats);

/* Has a hosted worker, whose pool closes, end now; if its reactor is in a turn,
 * at the end of that.  The reactor's thread. */
void lr_worker_end_soon(lr_worker *worker);

#endif
