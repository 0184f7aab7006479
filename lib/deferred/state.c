/* SPDX-License-Identifier: MIT
 * state.c: the state of this layer for one reactor: the way back to the
 * reactor, the dead that wait to be destroyed, and the deferred kept in
 * reserve. */
#include "deferred/state.h"

#include "base/list.h"
#include "base/memory.h"
#include "deferred/trace.h"
#include "reactor/reactor.h"

/* How many are kept for their next use: a quarter of a megabyte at the most. */
enum { DEFERREDS_KEPT = 1024, PAIRS_KEPT = 64 };

void lr_deferred_state_free(lr_deferred_state *state) {
  lr_free_list_clear(&state->deferreds);
  lr_free_list_clear(&state->pairs);
  lr_free(state);
}

/* Gives the reactor's reference back when that closes; the deferreds that are
 * left keep the state. */
static void leave_reactor(void *context) {
  lr_deferred_state *state = context;
  state->reactor = NULL;
  state->thread = NULL;
  lr_deferred_state_release(state);
}

lr_deferred_state *lr_deferred_state_make(lariat_reactor *reactor) {
  lr_deferred_state *state = reactor ? lr_alloc_zero(sizeof *state) : NULL;
  if (!state) return NULL;
  state->reactor = reactor;
  state->references = 1;
  state->thread = lr_reactor_is_here(reactor) ? &lr_call_depth : NULL;
  state->generation = lr_process_generation();
  lr_free_list_init(&state->deferreds, sizeof(lr_user_deferred),
                    DEFERREDS_KEPT);
  lr_free_list_init(&state->pairs, LR_DEFERRED_MORE_PAIRS * sizeof(lr_pair),
                    PAIRS_KEPT);
  lr_reactor_set_layer_state(reactor, LR_LAYER_DEFERRED, state, leave_reactor);
  return state;
}

lariat_status lr_deferred_state_open(lariat_reactor *reactor) {
  return lr_deferred_state_of(reactor) ? LARIAT_OK : LARIAT_ENOMEM;
}

void lr_deferred_init(lariat_deferred *deferred, lariat_reactor *reactor,
                      const lr_deferred_ops *ops) {
  lr_deferred_init_in(deferred,
                      lr_reactor_layer_state(reactor, LR_LAYER_DEFERRED), ops);
}

/* Makes the reserve usable again; it lies in the state, and is never freed. */
static void return_reserve(lariat_deferred *deferred) {
  deferred->state->reserve_taken = false;
}

static const lr_deferred_ops reserve_ops = {.dispose = return_reserve};

lariat_deferred *lr_deferred_state_reserve(lr_deferred_state *state) {
  if (state->reserve_taken) return NULL;
  state->reserve_taken = true;
  lr_deferred_init_in(&state->reserve, state, &reserve_ops);
  state->reserve.flags |= LR_DEFERRED_FIRED;
  state->reserve.result = lr_failure_no_memory();
  return &state->reserve;
}
