/* SPDX-License-Identifier: MIT
 * state.h: what this layer keeps for each reactor: its coroutines, its
 * stacks. */
#ifndef LR_AWAIT_STATE_H
#define LR_AWAIT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "await/stack.h"
#include "base/list.h"
#include "deferred/state.h"
#include "reactor/reactor.h"

typedef struct lr_await_state {
  lariat_reactor *reactor;
  unsigned *holds;              /* of the reactor */
  lr_deferred_state *deferreds; /* of the same reactor */
  lr_list coroutines; /* that have not ended, in the order of their start */
  uint64_t started;
  bool ending; /* lariat_coroutine_end_all is on the stack */
  void *signal_stack;
  lr_shutdown_hook shutdown;
  lr_stacks stacks;
} lr_await_state;

/* Returns the state of `reactor`, opened if need be; NULL when out of memory.
 */
lr_await_state *lr_await_state_of(lariat_reactor *reactor);

/* Tells whether coroutines must not wait any more. */
static inline bool lr_await_state_closing(const lr_await_state *state) {
  return state->ending || lr_reactor_closing(state->reactor);
}

/* Returns how many coroutines of `reactor` have not ended. */
size_t lr_coroutines_alive(const lariat_reactor *reactor);

#endif
