/* SPDX-License-Identifier: MIT
 * state.h: what this layer keeps for each reactor.  The state outlives the
 * reactor for as long as one of its deferreds does.  Its counts are not atomic:
 * one thread. */
#ifndef LR_DEFERRED_STATE_H
#define LR_DEFERRED_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/call_depth.h"
#include "base/free_list.h"
#include "base/process.h"
#include "deferred/deferred.h"
#include "deferred/trace.h"
#include "reactor/reactor.h"

/* How many pairs the first block on the heap holds. */
enum { LR_DEFERRED_MORE_PAIRS = 16 };

struct lr_deferred_state {
  lariat_reactor *reactor;       /* NULL: it was closed */
  size_t references;             /* the reactor's, and one for each deferred */
  lariat_deferred *reclaim_list; /* dead, to be destroyed; linked by `link` */
  bool reclaiming;               /* that goes on further down the stack */
  bool reserve_taken;
  uint32_t generation;    /* of the process, as the reactor knows it */
  const void *thread;     /* whose state it is; NULL: ask the reactor */
  lr_free_list deferreds; /* for lariat_deferred_new */
  lr_free_list pairs;     /* LR_DEFERRED_MORE_PAIRS of them */
  lariat_deferred reserve;
};

/* Opens the state of `reactor`, as the function below does. */
lr_deferred_state *lr_deferred_state_make(lariat_reactor *reactor);

/* Returns the state of `reactor`, opened if need be; NULL when out of memory,
 * or for NULL. */
static inline lr_deferred_state *lr_deferred_state_of(lariat_reactor *reactor) {
  lr_deferred_state *state =
      reactor ? lr_reactor_layer_state(reactor, LR_LAYER_DEFERRED) : NULL;
  return state ? state : lr_deferred_state_make(reactor);
}

/* Frees the state, whose last reference is gone. */
void lr_deferred_state_free(lr_deferred_state *state);

static inline void lr_deferred_state_release(lr_deferred_state *state) {
  if (--state->references == 0) lr_deferred_state_free(state);
}

/* Tells whether the calling thread is the state's, for certain; else the
 * reactor knows, or is closed.  (A variable of a thread's own lies where no
 * other thread's does.) */
static inline bool lr_deferred_state_is_here(const lr_deferred_state *state) {
  return state->thread == &lr_call_depth &&
         lr_process_is_still(state->generation);
}

/* Makes an embedded deferred as lr_deferred_init does, where the state is
 * known. */
static inline void lr_deferred_init_in(lariat_deferred *deferred,
                                       lr_deferred_state *state,
                                       const lr_deferred_ops *ops) {
  state->references++;
  deferred->references = 1;
  deferred->flags = 0;
  deferred->result = lariat_none();
  deferred->pairs = deferred->inside;
  deferred->next = 0;
  deferred->end = 0;
  deferred->state = state;
  deferred->ops = ops;
  deferred->capacity = LR_DEFERRED_PAIRS;
  deferred->paused = 0;
  if (lr_debugging()) lr_trace_made(deferred);
}

/* Returns the reserve, failed with LARIAT_ENOMEM, or NULL while it is in use.
 */
lariat_deferred *lr_deferred_state_reserve(lr_deferred_state *state);

#endif
