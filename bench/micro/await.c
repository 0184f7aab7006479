/* SPDX-License-Identifier: MIT
 * What coroutines cost, in nanoseconds, and what the same costs in Twisted's
 * inlineCallbacks: awaits of deferreds that have fired and that have not, a
 * turn of the reactor, a whole coroutine; and the switch of stacks beside the
 * C library's swapcontext.
 *
 *   bench-await [--rounds N] [--python PATH] [--twisted DIRECTORY]
 *
 * Times are the thread's CPU time.  The two take turns, three each; of each
 * operation the best of three rounds in each turn counts, here as there.
 * Without Twisted (script/twisted gets it) only lariat's numbers are printed.
 * Exit code 1 where a bar is missed. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "await/switch.h"
#include "micro.h"
#include <lariat/lariat.h>

enum { TURNS = 3, RUNS = 3, BATCH = 1000, STACK_BYTES = 64 * 1024 };

static long rounds = 1000000;

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void micro_fail(const char *what) {
  fprintf(stderr, "bench-await: %s\n", what);
  exit(2);
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

static double run_body(lariat_coroutine_body body) {
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

static void fire(void *context) {
  (void)lariat_deferred_callback(context, lariat_none());
}

static void let_go(void *context) { lariat_deferred_release(context); }

/* The reactor fires the deferred in its next turn. */
static lariat_value await_turns(void *argument) {
  (void)argument;
  double start = now_ns();
  for (long i = 0; i < rounds; i++) {
    lariat_deferred *next = lariat_deferred_new(reactor, NULL, NULL, NULL);
    if (lariat_reactor_call_soon(reactor, fire, lariat_deferred_retain(next),
                                 let_go) != LARIAT_OK)
      abort();
    lariat_value_drop(lariat_await(next));
  }
  spent = now_ns() - start;
  return lariat_none();
}

static double run_turn(void) { return run_body(await_turns); }

/* BATCH of them, so that a turn's own cost is shared. */
static double run_batch(lariat_coroutine_body body) {
  static lariat_deferred *all[BATCH];
  long total = rounds;
  rounds = total / BATCH;
  double start = now_ns();
  for (int i = 0; i < BATCH; i++)
    all[i] = lariat_coroutine_start(reactor, body, NULL);
  lariat_deferred *end = lariat_gather_results(all, BATCH);
  lariat_deferred_add_both(end, stop, NULL);
  if (lariat_reactor_run(reactor) != LARIAT_OK) abort();
  double took = now_ns() - start;
  lariat_deferred_release(end);
  rounds = total;
  return took;
}

static double run_turns(void) { return run_batch(await_turns); }

static double run_yields(void) { return run_batch(yield_each); }

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

/* ---- All of it ---- */

static const struct operation {
  const char *title;
  const char *name; /* in twisted_await.py; NULL: none there */
  double (*run)(void);
  double bar; /* at most this part of the other's; 0: none */
} operations[] = {
    {"await of a fired deferred", "fired", run_await_ready, 1.0 / 110},
    {"  with making it", "made", run_await_made, 0},
    {"suspend, fire, resume", "by hand", run_suspend, 0},
    {"suspend, turn, resume", "turn", run_turn, 1.0 / 22},
    {"  in 1,000 coroutines", "turns", run_turns, 0},
    {"yield", NULL, run_yield, 0},
    {"  in 1,000 coroutines", NULL, run_yields, 0},
    {"start and end a coroutine", "coroutine", run_start, 0},
    {"switch; swapcontext", NULL, run_switch, 1.0 / 5},
};
enum {
  OPERATIONS = sizeof operations / sizeof operations[0],
  SWITCH = OPERATIONS - 1
};

/* Prints a line; whether the operation is as fast as it must be. */
static bool tell(const struct operation *operation, double ns, double other) {
  printf("%-28s %10.1f", operation->title, ns);
  bool met = true;
  if (other > 0) {
    printf(" %12.1f   1/%.1f", other, other / ns);
    met = operation->bar <= 0 || ns <= other * operation->bar;
    if (operation->bar > 0)
      printf("   (bar 1/%.0f: %s)", 1 / operation->bar, met ? "met" : "MISSED");
  }
  printf("\n");
  return met;
}

static bool tell_all(const double ns[OPERATIONS], double swap_ns) {
  bool all_met = true;
  printf("%-28s %10s %12s   ratio\n", "operation, ns", "lariat", "twisted");
  for (int i = 0; i < OPERATIONS; i++) {
    double other = 0;
    if (i == SWITCH)
      other = swap_ns;
    else if (operations[i].name)
      other = twisted_ns(operations[i].name);
    all_met &= tell(&operations[i], ns[i], other);
  }
  return all_met;
}

static void note(double *least, double ns) {
  if (*least <= 0 || ns < *least) *least = ns;
}

int main(int argc, char **argv) {
  const char *python = "/usr/bin/python3";
  const char *twisted = getenv("LARIAT_TWISTED");
  if (!twisted) twisted = MICRO_TWISTED;
  for (int i = 1; i < argc; i += 2) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--rounds") == 0)
      rounds = strtol(value, NULL, 10);
    else if (strcmp(argv[i], "--python") == 0)
      python = value;
    else if (strcmp(argv[i], "--twisted") == 0)
      twisted = value;
    else
      rounds = 0;
  }
  if (rounds < BATCH)
    micro_fail("usage: [--rounds N] [--python PATH] [--twisted DIRECTORY]");
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) micro_fail("no reactor");
  double ns[OPERATIONS] = {0};
  double swap_ns = 0;
  for (int turn = 0; turn < TURNS; turn++) {
    twisted_run(python, twisted, MICRO_SOURCE "/twisted_await.py");
    for (int i = 0; i < OPERATIONS; i++) note(&ns[i], best(operations[i].run));
    note(&swap_ns, best(run_swapcontext));
  }
  lariat_reactor_close(reactor, 0);
  return tell_all(ns, swap_ns) ? 0 : 1;
}
