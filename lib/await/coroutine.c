/* SPDX-License-Identifier: MIT
 * coroutine.c: a coroutine from its start to its end. */
#include "await/coroutine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/process.h"
#include <lariat/await.h>

LR_THREAD_LOCAL lariat_coroutine *lr_coroutine_here;

/* ---- Memory ---- */

void lr_coroutine_free(lariat_coroutine *coroutine) { lr_free(coroutine); }

static void dispose_coroutine(lariat_deferred *deferred) {
  lr_coroutine_release(lr_container(deferred, lariat_coroutine, deferred));
}

const lr_deferred_ops lr_coroutine_ops = {
    .dispose = dispose_coroutine,
    .cancel = lr_coroutine_cancel,
    .abandon = lr_coroutine_abandon,
    .awaits = lr_coroutine_awaits,
    .cancel_passes_on = true,
};

/* ---- End ---- */

/* Cleans up before the deferred fires: whoever hears of the end finds it
 * done. */
static void clean_up_coroutine(lariat_coroutine *coroutine) {
  lr_cleanups_run(coroutine);
  if (coroutine->destroy) coroutine->destroy(coroutine->argument);
}

/* Fires the coroutine's deferred, which dies with this when nobody holds it. */
static void settle_coroutine(lariat_coroutine *coroutine, lariat_value result) {
  (void)lr_deferred_fire(&coroutine->deferred, result);
}

static void end_given_up(lariat_coroutine *coroutine) {
  char message[200];
  snprintf(message, sizeof message,
           "the coroutine '%s' did not end when it was asked to",
           coroutine->name);
  lr_reactor_report(coroutine->state->reactor, message);
  clean_up_coroutine(coroutine);
  settle_coroutine(coroutine,
                   lariat_failure_new(LARIAT_ECLOSED,
                                      "the coroutine was given up when the "
                                      "reactor closed"));
}

/* Runs on the stack of who resumed the coroutine, for its own goes. */
void lr_coroutine_finish(lariat_coroutine *coroutine) {
  lr_stacks *stacks = &coroutine->state->stacks;
  if (coroutine->end == LR_COROUTINE_GIVEN_UP) end_given_up(coroutine);
  lr_list_remove(&coroutine->link);
  coroutine->stack_used = lr_stack_used(coroutine->stack);
  lr_stack_give(stacks, coroutine->stack);
  coroutine->stack = NULL;
  lr_coroutine_release(coroutine);
}

/* ---- Body ---- */

/* Runs a coroutine from its beginning, on its own stack.  The value that its
 * body returns may be a deferred, the result of which is awaited. */
static void run_body(void *argument) {
  lariat_coroutine *coroutine = argument;
  lr_fiber_arrive(&coroutine->fiber);
  lariat_value result = coroutine->body(coroutine->argument);
  if (result.type == &lariat_deferred_type) result = lariat_await_value(result);
  coroutine->depth = LR_DEPTH_NEVER;
  clean_up_coroutine(coroutine);
  settle_coroutine(coroutine, result);
  coroutine->end = LR_COROUTINE_ENDED;
  lr_fiber_leave(&coroutine->fiber, true);
  abort();
}

void lr_coroutine_give_up(lariat_coroutine *coroutine) {
  coroutine->end = LR_COROUTINE_GIVEN_UP;
  lr_fiber_leave(&coroutine->fiber, true);
  abort();
}

/* ---- Start ---- */

/* A start that was asked for, before anything is made of it. */
typedef struct start_request {
  lariat_reactor *reactor;
  lariat_coroutine_body body;
  void *argument;
  lariat_coroutine_options options;
} start_request;

static void fill_coroutine(lariat_coroutine *coroutine, lr_await_state *state,
                           const start_request *request) {
  coroutine->state = state;
  coroutine->holds = 2; /* its own, and its deferred's */
  coroutine->timer.expire = NULL;
  coroutine->body = request->body;
  coroutine->argument = request->argument;
  coroutine->destroy = request->options.destroy;
  coroutine->name = request->options.name ? request->options.name : "coroutine";
  coroutine->number = ++state->started;
  lr_list_append(&state->coroutines, &coroutine->link);
  lr_deferred_init_in(&coroutine->deferred, state->deferreds,
                      &lr_coroutine_ops);
}

/* Makes a coroutine that has not run yet. */
static lariat_status make_coroutine(lr_await_state *state,
                                    const start_request *request,
                                    lariat_coroutine **out) {
  lariat_coroutine *coroutine = lr_alloc_zero(sizeof *coroutine);
  if (!coroutine) return LARIAT_ENOMEM;
  lariat_status status = lr_stack_take(
      &state->stacks, request->options.stack_bytes, &coroutine->stack);
  if (status != LARIAT_OK) {
    lr_free(coroutine);
    return status;
  }
  fill_coroutine(coroutine, state, request);
  lr_stack *stack = coroutine->stack;
  if (!stack->tsan) stack->tsan = lr_tsan_fiber_new();
  lr_fiber_make(&coroutine->fiber, stack->low,
                (size_t)(stack->top - stack->low), stack->tsan, run_body,
                coroutine);
  *out = coroutine;
  return LARIAT_OK;
}

static lariat_status begin_coroutine(const start_request *request,
                                     lariat_coroutine **out) {
  if (!request->body) return LARIAT_EINVAL;
  lr_await_state *state = lr_await_state_of(request->reactor);
  if (!state) return LARIAT_ENOMEM;
  if (lr_await_state_closing(state)) return LARIAT_ECLOSED;
  lariat_status status = make_coroutine(state, request, out);
  if (status == LARIAT_OK) lr_coroutine_resume(*out);
  return status;
}

static lariat_deferred *refuse_start(const start_request *request,
                                     lariat_status status) {
  lariat_reactor *reactor = request->reactor;
  if (request->options.destroy) request->options.destroy(request->argument);
  if (!reactor || status == LARIAT_ENOMEM)
    return lr_deferred_failed_reserve(reactor);
  return lariat_deferred_fail(reactor, status, "no coroutine was started: %s",
                              lariat_status_text(status));
}

/* Reads the fields that the size says are there: a program built against an
 * older header has a smaller struct. */
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
  start_request request = {reactor, body, argument, {.size = sizeof *options}};
  lariat_coroutine *coroutine = NULL;
  lariat_status status = read_options(options, &request.options);
  if (!reactor) lr_misuse("lariat_coroutine_start: the reactor is NULL");
  if (!reactor) status = LARIAT_EINVAL;
  if (status == LARIAT_OK)
    status = lr_reactor_check(reactor, "lariat_coroutine_start");
  if (status == LARIAT_OK) status = begin_coroutine(&request, &coroutine);
  if (status != LARIAT_OK) return refuse_start(&request, status);
  return &coroutine->deferred;
}

lariat_deferred *lariat_coroutine_start(lariat_reactor *reactor,
                                        lariat_coroutine_body body,
                                        void *argument) {
  return lariat_coroutine_start_with(reactor, body, argument, NULL);
}

/* ---- Properties ---- */

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
