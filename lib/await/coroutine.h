/* SPDX-License-Identifier: MIT
 * coroutine.h: the inside of a coroutine, and the two switches: resume and
 * suspend.  docs/internals/await.md explains who holds whom.  One thread. */
#ifndef LR_AWAIT_COROUTINE_H
#define LR_AWAIT_COROUTINE_H

#include <limits.h>

#include "await/fiber.h"
#include "await/state.h"
#include "base/call_depth.h"
#include "deferred/deferred.h"
#include "reactor/timers.h"
#include <lariat/coroutine.h>

/* The kinds of waits of a coroutine. */
typedef enum lr_waits {
  LR_WAITS_NOT, /* it runs, or has ended */
  LR_WAITS_DEFERRED,
  LR_WAITS_TIMER,
  LR_WAITS_TURN
} lr_waits;

/* How far the end of a coroutine has come. */
typedef enum lr_coroutine_end {
  LR_COROUTINE_ALIVE,
  LR_COROUTINE_ENDED,   /* its stack is to be given back */
  LR_COROUTINE_GIVEN_UP /* the same, in the middle of the body */
} lr_coroutine_end;

/* A depth that no thread reaches: a coroutine with it may never wait. */
#define LR_DEPTH_NEVER UINT_MAX

typedef struct lr_cleanup lr_cleanup;
typedef struct lariat_coroutine lariat_coroutine;

/* A coroutine.  Holds on its memory (`holds`) have: the coroutine until it has
 * ended; its deferred; its pair in the chain of what it awaits; each call for
 * the next turn that the reactor still has. */
struct lariat_coroutine {
  lariat_deferred deferred; /* the first: see lr_coroutine_of */
  lr_fiber fiber;
  lr_await_state *state;
  lariat_coroutine *resumer; /* the coroutine it was resumed in, or NULL */
  unsigned depth;            /* lr_call_depth when it was resumed */
  lr_waits waits;
  lariat_deferred *awaited; /* what has its pair */
  bool holding;             /* `awaited` is a reference, not only a pointer */
  lariat_value value;       /* what that brought */
  lariat_status status;     /* what the other waits return */
  bool delivered;           /* the pair that is about to be destroyed has run */
  bool cancelled;           /* while it ran; not told yet */
  lr_coroutine_end end;
  uint32_t holds;
  lariat_coroutine *passed; /* the one that a cancel passed through before */
  uint32_t stale_turns;     /* calls for the next turn that are too late */
  uint32_t refusals;        /* waits since the reactor closes */
  lr_timer timer;
  lr_list link;
  lr_stack *stack;
  size_t stack_used; /* known at the end */
  lr_cleanup *cleanups;
  lariat_coroutine_body body;
  void *argument;
  lariat_destroy destroy;
  const char *name;
  uint64_t number;
};

/* The coroutine that runs on this thread, or NULL. */
extern LR_THREAD_LOCAL lariat_coroutine *lr_coroutine_here;

/* The ops of a coroutine's deferred. */
extern const lr_deferred_ops lr_coroutine_ops;

static inline const lariat_coroutine *
lr_coroutine_of(const lariat_deferred *deferred) {
  return (const lariat_coroutine *)(const void *)deferred;
}

/* Gives the stack of a coroutine that has ended back, and its hold on itself.
 */
void lr_coroutine_finish(lariat_coroutine *coroutine);

/* Runs `coroutine` until it waits, or ends, with which it may be gone.  Inline:
 * each return behind a switch is one that the processor did not foresee. */
static inline void lr_coroutine_resume(lariat_coroutine *coroutine) {
  unsigned *holds = coroutine->state->holds;
  coroutine->waits = LR_WAITS_NOT;
  coroutine->depth = lr_call_depth;
  coroutine->resumer = lr_coroutine_here;
  lr_coroutine_here = coroutine;
  (*holds)++;
  lr_fiber_enter(&coroutine->fiber);
  (*holds)--;
  lr_coroutine_here = coroutine->resumer;
  if (coroutine->end != LR_COROUTINE_ALIVE) lr_coroutine_finish(coroutine);
}

/* Leaves `coroutine`, which runs, until it is resumed. */
static inline void lr_coroutine_suspend(lariat_coroutine *coroutine,
                                        lr_waits waits) {
  coroutine->waits = waits;
  lr_fiber_leave(&coroutine->fiber, false);
}

/* Ends `coroutine`, which runs, in the middle of its body. */
void lr_coroutine_give_up(lariat_coroutine *coroutine)
    __attribute__((noreturn));

void lr_coroutine_free(lariat_coroutine *coroutine);

static inline void lr_coroutine_release(lariat_coroutine *coroutine) {
  if (--coroutine->holds == 0) lr_coroutine_free(coroutine);
}

/* Tells whether `coroutine`, which runs, may wait: nobody else's work is above
 * it on its stack. */
static inline bool lr_coroutine_may_wait(const lariat_coroutine *coroutine) {
  return coroutine->depth == lr_call_depth;
}

/* ---- wait.c ---- */

/* Cancels what the coroutine waits for, or keeps the cancel for later. */
void lr_coroutine_cancel(lariat_deferred *deferred);

/* Returns the deferred that the coroutine waits for, or NULL. */
lariat_deferred *lr_coroutine_awaits(const lariat_deferred *deferred);

/* Releases what the coroutine, which nobody holds any more, waits for. */
bool lr_coroutine_abandon(lariat_deferred *deferred, lr_deferred_lost *lost);

/* Ends the coroutine's wait with a failure; the layer is closing, so that the
 * coroutine ends. */
void lr_coroutine_unwind(lariat_coroutine *coroutine);

/* ---- cleanup.c ---- */

/* Runs all clean-ups, the newest first. */
void lr_cleanups_run(lariat_coroutine *coroutine);

#endif
