/* SPDX-License-Identifier: MIT
 * state.c: what this layer keeps for each reactor. */
#include "task/state.h"

#include "base/memory.h"
#include "deferred/deferred.h"

static void destroy_state(void *context) {
  lr_task_state *state = context;
  lr_events_clear(&state->events);
  lariat_cooperator_release(state->cooperator);
  lr_free(state);
}

lr_task_state *lr_task_state_of(lariat_reactor *reactor) {
  lr_task_state *state = lr_reactor_layer_state(reactor, LR_LAYER_TASK);
  if (state) return state;
  state = lr_alloc_zero(sizeof *state);
  if (!state) return NULL;
  state->reactor = reactor;
  lr_events_init(&state->events, reactor);
  lr_reactor_set_layer_state(reactor, LR_LAYER_TASK, state, destroy_state);
  return state;
}

lariat_status lr_task_check(const lariat_reactor *reactor,
                            const char *function) {
  if (!reactor) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, function);
  if (status != LARIAT_OK) return status;
  return lr_reactor_closing(reactor) ? LARIAT_ECLOSED : LARIAT_OK;
}

lariat_deferred *lr_task_refuse(lariat_reactor *reactor, lariat_status status) {
  lariat_status here =
      reactor ? lr_reactor_check(reactor, __func__) : LARIAT_OK;
  if (here != LARIAT_OK) status = here;
  if (!reactor || status == LARIAT_ENOMEM)
    return lr_deferred_failed_reserve(reactor);
  return lariat_deferred_fail(reactor, status, "%s",
                              lariat_status_text(status));
}

bool lr_task_pair_was_lost(lariat_value outcome) {
  return outcome.data == lr_failure_no_memory().data;
}

void lr_task_release_awaited(lariat_deferred *deferred, bool pair_was_lost) {
  if (pair_was_lost)
    lariat_deferred_forget(deferred);
  else
    lariat_deferred_release(deferred);
}

void lr_task_fail_closed(lariat_deferred *deferred) {
  deferred->flags |= LR_DEFERRED_FORGOTTEN;
  (void)lr_deferred_fire(
      deferred, lariat_failure_new(LARIAT_ECLOSED, "the reactor was closed"));
  lariat_deferred_release(deferred);
}
