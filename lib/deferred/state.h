/* SPDX-License-Identifier: MIT
 * room.h: what this room keeps for each reactor.  It outlives the reactor for
 * as long as one of its deferreds does.  Plain integers: one thread. */
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

/* What the first block of pairs on the heap holds. */
enum { LR_DEFERRED_MORE_PAIRS = 16 };

struct lr_deferred_state {
  lariat_reactor *reactor;       /* NULL: it was closed */
  size_t references;             /* the reactor's, and one for each deferred */
  lariat_deferred *reclaim_list; /* dead, to be put away; linked by `link` */
  bool reclaiming;               /* somebody is at it, further down the stack */
  bool reserve_taken;
  uint32_t generation;    /* of the process, as the reactor knows it */
  const void *thread;     /* whose room it is; NULL: ask the reactor */
  lr_free_list deferreds; /* for lariat_deferred_new */
  lr_free_list pairs;     /* LR_DEFERRED_MORE_PAIRS of them */
  lariat_deferred reserve;
};

/* Opens the room of `reactor`, as the function below does. */
lr_deferred_state *lr_deferred_state_make(lariat_reactor *reactor);

/* The room of `reactor`, opened if need be; NULL when out of memory, or for
 * NULL. */
static inline lr_deferred_state *lr_deferred_state_of(lariat_reactor *reactor) {
  lr_deferred_state *state =
      reactor ? lr_reactor_layer_state(reactor, LR_LAYER_DEFERRED) : NULL;
  return state ? state : lr_deferred_state_make(reactor);
}

/* The last reference is gone. */
void lr_deferred_state_free(lr_deferred_state *state);

static inline void lr_deferred_state_release(lr_deferred_state *state) {
  if (--state->references == 0) lr_deferred_state_free(state);
}

/* Whether the calling thread is the room's, for certain; else the reactor
 * knows, or is closed.  (A variable of a thread's own lies where no other
 * thread's does.) */
static inline bool lr_deferred_state_is_here(const lr_deferred_state *state) {
  return state->thread == &lr_call_depth &&
         lr_process_is_still(state->generation);
}

/* lr_deferred_init for who knows the room. */
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

/* The reserve, fired with `no memory`, or NULL while it is in use. */
lariat_deferred *lr_deferred_state_reserve(lr_deferred_state *state);

#endif
