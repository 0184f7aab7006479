/* SPDX-License-Identifier: MIT
 * state.c: the state of this layer for one reactor, and the end of its
 * coroutines. */
#include "await/state.h"

#include "await/coroutine.h"
#include "await/overflow.h"
#include "base/memory.h"

/* Returns the youngest coroutine that waits.  Those that run are on the
 * caller's stack. */
static lariat_coroutine *find_youngest_waiting(lr_await_state *state) {
  lr_list *link = state->coroutines.prev;
  for (; link != &state->coroutines; link = link->prev) {
    lariat_coroutine *coroutine = lr_container(link, lariat_coroutine, link);
    if (coroutine->waits != LR_WAITS_NOT) return coroutine;
  }
  return NULL;
}

/* Ends all coroutines, the youngest first: it may use what lies on the stack of
 * the one that started it.  Each ends in its turn, for it cannot wait again. */
static void end_coroutines(lr_await_state *state) {
  lariat_coroutine *coroutine;
  bool nested = state->ending;
  state->ending = true;
  while ((coroutine = find_youngest_waiting(state)))
    lr_coroutine_unwind(coroutine);
  state->ending = nested;
}

static void begin_close(lr_shutdown_hook *shutdown) {
  end_coroutines(lr_container(shutdown, lr_await_state, shutdown));
}

static bool is_busy(lr_shutdown_hook *shutdown) {
  (void)shutdown;
  return false;
}

static void end_close(lr_shutdown_hook *shutdown) {
  lr_await_state *state = lr_container(shutdown, lr_await_state, shutdown);
  lr_reactor_remove_shutdown_hook(state->reactor, shutdown);
}

static void destroy_state(void *context) {
  lr_await_state *state = context;
  lr_overflow_disarm(state);
  lr_stacks_clear(&state->stacks);
  lr_free(state);
}

static lr_await_state *open_state(lariat_reactor *reactor) {
  lr_deferred_state *deferreds = lr_deferred_state_of(reactor);
  lr_await_state *state = deferreds ? lr_alloc_zero(sizeof *state) : NULL;
  if (!state) return NULL;
  state->reactor = reactor;
  state->holds = lr_reactor_holds(reactor);
  state->deferreds = deferreds;
  lr_list_init(&state->coroutines);
  lr_stacks_init(&state->stacks);
  state->shutdown.begin = begin_close;
  state->shutdown.busy = is_busy;
  state->shutdown.end = end_close;
  lr_reactor_add_shutdown_hook(reactor, &state->shutdown);
  lr_reactor_set_layer_state(reactor, LR_LAYER_AWAIT, state, destroy_state);
  lr_overflow_arm(state);
  return state;
}

lr_await_state *lr_await_state_of(lariat_reactor *reactor) {
  lr_await_state *state = lr_reactor_layer_state(reactor, LR_LAYER_AWAIT);
  return state ? state : open_state(reactor);
}

void lariat_coroutine_end_all(lariat_reactor *reactor) {
  if (!reactor || lr_reactor_check(reactor, __func__) != LARIAT_OK) return;
  lr_await_state *state = lr_reactor_layer_state(reactor, LR_LAYER_AWAIT);
  if (state) end_coroutines(state);
}

lariat_status lariat_coroutine_set_stacks(lariat_reactor *reactor,
                                          const lariat_stack_options *options) {
  if (!reactor || !options) return LARIAT_EINVAL;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  lr_await_state *state = lr_await_state_of(reactor);
  return state ? lr_stacks_set(&state->stacks, options) : LARIAT_ENOMEM;
}

size_t lr_coroutines_alive(const lariat_reactor *reactor) {
  const lr_await_state *state = lr_reactor_layer_state(reactor, LR_LAYER_AWAIT);
  if (!state) return 0;
  size_t count = 0;
  const lr_list *link = state->coroutines.next;
  for (; link != &state->coroutines; link = link->next) count++;
  return count;
}
