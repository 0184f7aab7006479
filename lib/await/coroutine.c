/* SPDX-License-Identifier: MIT
 * coroutine.c: a coroutine's life: started, resumed, ended. */
#include "await/coroutine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/process.h"
#include <lariat/await.h>

LR_THREAD_LOCAL lariat_coroutine *lr_coroutine_here;

/* ---- Its memory ---- */

void lr_coroutine_free(lariat_coroutine *coroutine) { lr_free(coroutine); }

static void dispose(lariat_deferred *deferred) {
  lr_coroutine_let_go(lr_container(deferred, lariat_coroutine, deferred));
}

const lr_deferred_ops lr_coroutine_ops = {
    .dispose = dispose,
    .cancel = lr_coroutine_cancel,
    .abandon = lr_coroutine_abandon,
    .awaits = lr_coroutine_awaits,
    .cancel_passes_on = true,
};

/* ---- Its end ---- */

/* Before its deferred fires: whoever hears of the end finds it done. */
static void clean_up(lariat_coroutine *coroutine) {
  lr_cleanups_run(coroutine);
  if (coroutine->destroy) coroutine->destroy(coroutine->argument);
}

/* When nobody holds its deferred, that dies with this. */
static void settle(lariat_coroutine *coroutine, lariat_value result) {
  (void)lr_deferred_fire(&coroutine->deferred, result);
}

static void reclaim_given_up(lariat_coroutine *coroutine) {
  char message[200];
  snprintf(message, sizeof message,
           "the coroutine '%s' did not end when it was asked to",
           coroutine->name);
  lr_reactor_report(coroutine->state->reactor, message);
  clean_up(coroutine);
  settle(coroutine, lariat_failure_new(LARIAT_ECLOSED,
                                       "the coroutine was given up when the "
                                       "reactor closed"));
}

/* On the stack of who resumed it, for its own goes. */
void lr_coroutine_lay_down(lariat_coroutine *coroutine) {
  lr_stacks *stacks = &coroutine->state->stacks;
  if (coroutine->given_up) reclaim_given_up(coroutine);
  lr_list_remove(&coroutine->link);
  coroutine->stack_used = lr_stack_used(coroutine->stack);
  lr_stack_give(stacks, coroutine->stack);
  coroutine->stack = NULL;
  lr_coroutine_let_go(coroutine);
}

/* ---- Its body ---- */

/* Where every coroutine begins, on its own stack.  What it returned may be a
 * deferred, and that one's result is not. */
static void run(void *argument) {
  lariat_coroutine *coroutine = argument;
  lr_fiber_arrive(&coroutine->fiber);
  lariat_value result = coroutine->body(coroutine->argument);
  if (result.type == &lariat_deferred_type) result = lariat_await_value(result);
  coroutine->inside = LR_INSIDE_NEVER;
  clean_up(coroutine);
  settle(coroutine, result);
  coroutine->ended = true;
  lr_fiber_leave(&coroutine->fiber, true);
  abort();
}

void lr_coroutine_give_up(lariat_coroutine *coroutine) {
  coroutine->given_up = true;
  coroutine->ended = true;
  lr_fiber_leave(&coroutine->fiber, true);
  abort();
}

/* ---- Its start ---- */

/* What the caller asked for, before anything is made of it. */
typedef struct order {
  lariat_reactor *reactor;
  lariat_coroutine_body body;
  void *argument;
  lariat_coroutine_options options;
} order;

static void fill(lariat_coroutine *coroutine, lr_await_state *state,
                 const order *what) {
  coroutine->state = state;
  coroutine->holds = 2; /* its own, and its deferred's */
  coroutine->timer.expire = NULL;
  coroutine->body = what->body;
  coroutine->argument = what->argument;
  coroutine->destroy = what->options.destroy;
  coroutine->name = what->options.name ? what->options.name : "coroutine";
  coroutine->number = ++state->started;
  lr_list_append(&state->coroutines, &coroutine->link);
  lr_deferred_init_in(&coroutine->deferred, state->deferreds,
                      &lr_coroutine_ops);
}

/* A coroutine that has not run yet. */
static lariat_status make(lr_await_state *state, const order *what,
                          lariat_coroutine **out) {
  lariat_coroutine *coroutine = lr_alloc_zero(sizeof *coroutine);
  if (!coroutine) return LARIAT_ENOMEM;
  lariat_status status = lr_stack_take(
      &state->stacks, what->options.stack_bytes, &coroutine->stack);
  if (status != LARIAT_OK) {
    lr_free(coroutine);
    return status;
  }
  fill(coroutine, state, what);
  lr_stack *stack = coroutine->stack;
  if (!stack->tsan) stack->tsan = lr_tsan_fiber_new();
  lr_fiber_make(&coroutine->fiber, stack->low,
                (size_t)(stack->top - stack->low), stack->tsan, run, coroutine);
  *out = coroutine;
  return LARIAT_OK;
}

static lariat_status begin(const order *what, lariat_coroutine **out) {
  if (!what->body) return LARIAT_EINVAL;
  lr_await_state *state = lr_await_state_of(what->reactor);
  if (!state) return LARIAT_ENOMEM;
  if (lr_await_state_closing(state)) return LARIAT_ECLOSED;
  lariat_status status = make(state, what, out);
  if (status == LARIAT_OK) lr_coroutine_resume(*out);
  return status;
}

/* On a thread that may not touch the reactor's deferreds it is the constant
 * one. */
static lariat_deferred *refuse(const order *what, lariat_status status) {
  lariat_reactor *reactor = what->reactor;
  if (what->options.destroy) what->options.destroy(what->argument);
  if (status == LARIAT_ETHREAD || status == LARIAT_EFORKED) reactor = NULL;
  if (!reactor || status == LARIAT_ENOMEM)
    return lr_deferred_failed_reserve(reactor);
  return lariat_deferred_fail(reactor, status, "no coroutine was started: %s",
                              lariat_status_text(status));
}

/* A program built against an older header has a smaller struct. */
static lariat_status read_options(const lariat_coroutine_options *given,
                                  lariat_coroutine_options *options) {
  if (!given) return LARIAT_OK;
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  return LARIAT_OK;
}

lariat_deferred *
lariat_coroutine_start_with(lariat_reactor *reactor, lariat_coroutine_body body,
                            void *argument,
                            const lariat_coroutine_options *options) {
  order what = {reactor, body, argument, {.size = sizeof *options}};
  lariat_coroutine *coroutine = NULL;
  lariat_status status = read_options(options, &what.options);
  if (!reactor) lr_misuse("lariat_coroutine_start: the reactor is NULL");
  if (!reactor) status = LARIAT_EINVAL;
  if (status == LARIAT_OK)
    status = lr_reactor_check(reactor, "lariat_coroutine_start");
  if (status == LARIAT_OK) status = begin(&what, &coroutine);
  if (status != LARIAT_OK) return refuse(&what, status);
  return &coroutine->deferred;
}

lariat_deferred *lariat_coroutine_start(lariat_reactor *reactor,
                                        lariat_coroutine_body body,
                                        void *argument) {
  return lariat_coroutine_start_with(reactor, body, argument, NULL);
}

/* ---- Questions ---- */

bool lariat_coroutine_running(void) { return lr_coroutine_here != NULL; }

lariat_reactor *lariat_coroutine_reactor(void) {
  return lr_coroutine_here ? lr_coroutine_here->state->reactor : NULL;
}

const char *lariat_coroutine_name(void) {
  return lr_coroutine_here ? lr_coroutine_here->name : NULL;
}

size_t lariat_coroutine_stack_used(const lariat_deferred *deferred) {
  const lariat_coroutine *coroutine = lr_coroutine_here;
  if (deferred) {
    if (deferred->ops != &lr_coroutine_ops) return 0;
    coroutine = lr_coroutine_of(deferred);
  }
  if (!coroutine) return 0;
  return coroutine->stack ? lr_stack_used(coroutine->stack)
                          : coroutine->stack_used;
}
