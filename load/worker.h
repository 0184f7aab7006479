/* SPDX-License-Identifier: MIT
 * worker.h: one reactor's share of a run: its requests, its connections and
 * what it measures.  Workers share nothing but the requests and the options,
 * which do not change.
 *
 * All of it is for the thread of the worker's reactor, which is also where the
 * listener is called. */
#ifndef LOAD_WORKER_H
#define LOAD_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/load/run.h>

#include "interval.h"

typedef struct lr_load_worker lr_load_worker;

/* The one that is told of what a worker does. */
typedef struct lr_load_listener {
  /* A second has ended: its interval is the listener's, to be given back. */
  void (*second)(void *context, lr_load_interval *interval);
  /* So many requests have failed since this was told last. */
  void (*failed)(void *context, uint64_t count);
  /* There are no more requests, and nothing is on its way; `last_ns` is when
   * the last one was due (closed: ended). */
  void (*ended)(void *context, uint64_t last_ns);
  void *context;
} lr_load_listener;

typedef struct lr_load_worker_config {
  const lariat_load_run_options *options; /* with no default left to fill in */
  lariat_pool *pool;
  unsigned index; /* of the reactors */
  unsigned reactors;
  unsigned connections; /* its own */
  lariat_load_part part;
  uint64_t tell_failures; /* at each so many; 0: never */
  lr_load_listener listener;
} lr_load_worker_config;

/* Makes a worker on the calling reactor.
 * LARIAT_OK, LARIAT_ENOMEM, and what lariat_client_new may return */
lariat_status lr_load_worker_new(const lr_load_worker_config *config,
                                 lr_load_worker **out);

/* Frees a worker that has not begun, or has ended.  Any thread then. */
void lr_load_worker_free(lr_load_worker *worker);

/* Begins with the warm-up now; what is measured begins at `start_ns`, on the
 * system's monotonic clock. */
void lr_load_worker_begin(lr_load_worker *worker, uint64_t start_ns);

/* Sends no more requests; those on their way are waited for, unless it is
 * `at_once`.  The listener is told of the end, later. */
void lr_load_worker_stop(lr_load_worker *worker, bool at_once);

/* Takes back the interval of a second. */
void lr_load_worker_give_back(lr_load_worker *worker,
                              lr_load_interval *interval);

#endif
