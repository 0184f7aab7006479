/* SPDX-License-Identifier: MIT
 * What coroutines cost, in nanoseconds: the switch of stacks against the C
 * library's swapcontext, awaits of deferreds that have fired and that have
 * not, a turn of the reactor, a whole coroutine.
 *
 *   bench-await [ROUNDS]      (default 1,000,000)
 *
 * Each figure is the best of five runs. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>

#include "await/switch.h"
#include <lariat/lariat.h>

enum { RUNS = 5, BATCH = 1000, STACK_BYTES = 64 * 1024 };

static long rounds = 1000000;

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The nanoseconds that one round of `run` takes; the run says how long all of
 * them took. */
static double best(double (*run)(void)) {
  double least = 0;
  for (int i = 0; i < RUNS; i++) {
    double took = run();
    if (i == 0 || took < least) least = took;
  }
  return least / (double)rounds;
}

/* ---- The switch ---- */

static char stack[STACK_BYTES];
static lr_context here_context;
static lr_context there_context;

static void bounce(void *argument) {
  (void)argument;
  for (;;) lr_context_swap(&there_context, &here_context);
}

/* Half the rounds: each goes there and comes back. */
static double run_switch(void) {
  static lr_context *const caller = &here_context;
  lr_context_make(&there_context, stack, sizeof stack, bounce, NULL, &caller);
  double start = now_ns();
  for (long i = 0; i < rounds / 2; i++)
    lr_context_swap(&here_context, &there_context);
  return now_ns() - start;
}

static ucontext_t here_ucontext;
static ucontext_t there_ucontext;

static void bounce_ucontext(void) {
  for (;;) swapcontext(&there_ucontext, &here_ucontext);
}

static double run_swapcontext(void) {
  getcontext(&there_ucontext);
  there_ucontext.uc_stack.ss_sp = stack;
  there_ucontext.uc_stack.ss_size = sizeof stack;
  makecontext(&there_ucontext, bounce_ucontext, 0);
  double start = now_ns();
  for (long i = 0; i < rounds / 2; i++)
    swapcontext(&here_ucontext, &there_ucontext);
  return now_ns() - start;
}

/* ---- Awaits ---- */

static lariat_reactor *reactor;
static double spent;

/* Starts a coroutine and runs the reactor until it has ended. */
static lariat_value stop(lariat_value result, void *context) {
  (void)context;
  lariat_reactor_stop(reactor);
  return result;
}

static double run_body(lariat_body body) {
  lariat_deferred *end = lariat_coroutine_start(reactor, body, NULL);
  if (!lariat_deferred_fired(end)) {
    lariat_deferred_add_both(end, stop, NULL);
    if (lariat_reactor_run(reactor) != LARIAT_OK) abort();
  }
  lariat_deferred_release(end);
  return spent;
}

static lariat_value await_ready(void *argument) {
  static lariat_deferred *ready[BATCH];
  (void)argument;
  spent = 0;
  for (long i = 0; i < rounds / BATCH; i++) {
    for (int k = 0; k < BATCH; k++)
      ready[k] = lariat_deferred_retain(
          lariat_deferred_succeed(reactor, lariat_int(k)));
    double start = now_ns();
    for (int k = 0; k < BATCH; k++) lariat_value_drop(lariat_await(ready[k]));
    spent += now_ns() - start;
    for (int k = 0; k < BATCH; k++) lariat_deferred_release(ready[k]);
  }
  return lariat_none();
}

static double run_await_ready(void) { return run_body(await_ready); }

static lariat_value await_made(void *argument) {
  (void)argument;
  double start = now_ns();
  for (long i = 0; i < rounds; i++)
    lariat_value_drop(
        lariat_await(lariat_deferred_succeed(reactor, lariat_int(i))));
  spent = now_ns() - start;
  return lariat_none();
}

static double run_await_made(void) { return run_body(await_made); }

static lariat_deferred *awaited;

static lariat_value await_each(void *argument) {
  (void)argument;
  for (long i = 0; i < rounds; i++) {
    awaited = lariat_deferred_new(reactor, NULL, NULL, NULL);
    lariat_value_drop(lariat_await(lariat_deferred_retain(awaited)));
  }
  return lariat_none();
}

/* The coroutine waits, and is resumed when its deferred is fired; that is made
 * and released too. */
static double run_suspend(void) {
  lariat_deferred *end = lariat_coroutine_start(reactor, await_each, NULL);
  double start = now_ns();
  while (!lariat_deferred_fired(end)) {
    lariat_deferred *deferred = awaited;
    (void)lariat_deferred_callback(deferred, lariat_none());
    lariat_deferred_release(deferred);
  }
  double took = now_ns() - start;
  lariat_deferred_release(end);
  return took;
}

static lariat_value yield_each(void *argument) {
  (void)argument;
  double start = now_ns();
  for (long i = 0; i < rounds; i++)
    if (lariat_coroutine_yield() != LARIAT_OK) abort();
  spent = now_ns() - start;
  return lariat_none();
}

static double run_yield(void) { return run_body(yield_each); }

/* BATCH of them, so that a turn's own cost is shared. */
static double run_yield_batch(void) {
  static lariat_deferred *all[BATCH];
  long total = rounds;
  rounds = total / BATCH;
  double start = now_ns();
  for (int i = 0; i < BATCH; i++)
    all[i] = lariat_coroutine_start(reactor, yield_each, NULL);
  lariat_deferred *end = lariat_gather_results(all, BATCH);
  lariat_deferred_add_both(end, stop, NULL);
  if (lariat_reactor_run(reactor) != LARIAT_OK) abort();
  double took = now_ns() - start;
  lariat_deferred_release(end);
  rounds = total;
  return took;
}

static lariat_value do_nothing(void *argument) {
  (void)argument;
  return lariat_none();
}

static double run_start(void) {
  double start = now_ns();
  for (long i = 0; i < rounds; i++)
    lariat_deferred_release(lariat_coroutine_start(reactor, do_nothing, NULL));
  return now_ns() - start;
}

int main(int argc, char **argv) {
  if (argc > 1) rounds = strtol(argv[1], NULL, 10);
  if (rounds < BATCH || lariat_reactor_new(NULL, &reactor) != LARIAT_OK) {
    fprintf(stderr, "usage: bench-await [ROUNDS]\n");
    return 2;
  }
  double ours = best(run_switch);
  double theirs = best(run_swapcontext);
  printf("switch                           %8.1f ns\n", ours);
  printf("switch by swapcontext            %8.1f ns  (%.1f times)\n", theirs,
         theirs / ours);
  printf("await of a fired deferred        %8.1f ns\n", best(run_await_ready));
  printf("the same, with making it         %8.1f ns\n", best(run_await_made));
  printf("suspend, fire, resume            %8.1f ns\n", best(run_suspend));
  printf("yield, in 1,000 coroutines       %8.1f ns\n", best(run_yield_batch));
  printf("yield, alone: a turn             %8.1f ns\n", best(run_yield));
  printf("start and end a coroutine        %8.1f ns\n", best(run_start));
  lariat_reactor_close(reactor, 0);
  return 0;
}
