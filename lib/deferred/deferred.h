/* SPDX-License-Identifier: MIT
 * deferred.h: the inside of a deferred, so that it can be embedded in a job or
 * a gather, and what the layers above may ask of this one.  Everything here is
 * for the thread of the deferred's reactor.
 *
 * docs/internals/deferred.md explains who holds whom. */
#ifndef LR_DEFERRED_DEFERRED_H
#define LR_DEFERRED_DEFERRED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "deferred/failure.h"
#include <lariat/deferred.h>

/* A pair: one step of the chain, of which one side is called. */
typedef struct lr_pair {
  lariat_callback callback;
  lariat_callback errback;
  void *context;
  lariat_destroy destroy;
} lr_pair;

/* How many pairs lie inside the deferred; when there are more, they move to the
 * heap. */
#define LR_DEFERRED_PAIRS 4

/* The state of this layer for one reactor; counted, since deferreds may outlive
 * their reactor. */
typedef struct lr_deferred_state lr_deferred_state;

/* The places where a deferred was made and fired: see trace.h. */
typedef struct lr_trace lr_trace;

/* Deferreds whose last reference just went, linked by `link`. */
typedef struct lr_deferred_lost {
  lariat_deferred *first;
} lr_deferred_lost;

/* The operations that the owner of an embedded deferred has for it.
 *   dispose  the last reference is gone, the contexts are destroyed, an
 *            unhandled failure is reported and the result is dropped: frees
 *            what the deferred is embedded in (or gives back a hold on it)
 *   cancel   stops the work and may fire, as a user's canceller (may be NULL:
 *            cancelled by failing, and one late fire is swallowed)
 *   fired    with LR_DEFERRED_TELLS: it was just fired, by whomever, and its
 *            chain has not run yet; a reference keeps it meanwhile
 *   abandon  the last reference went before it fired; true: somebody else
 *            keeps it, and will either fire it or call lr_deferred_end.  May
 *            only give references back by lr_deferred_give_back, and must run
 *            no code of the user's.  (may be NULL: it dies)
 *   awaits   while it has not fired: the deferred whose result it needs to
 *            fire, or NULL; circles are found through it (may be NULL)
 *   cancel_passes_on  after `cancel` an unfired deferred is not failed: what
 *            it waits for was cancelled and will bring its end */
typedef struct lr_deferred_ops {
  void (*dispose)(lariat_deferred *deferred);
  void (*cancel)(lariat_deferred *deferred);
  void (*fired)(lariat_deferred *deferred);
  bool (*abandon)(lariat_deferred *deferred, lr_deferred_lost *lost);
  lariat_deferred *(*awaits)(const lariat_deferred *deferred);
  bool cancel_passes_on;
} lr_deferred_ops;

enum {
  LR_DEFERRED_FIRED = 1u << 0,      /* has, or had, a result */
  LR_DEFERRED_RUNNING = 1u << 1,    /* one of its callbacks is on the stack */
  LR_DEFERRED_STACKED = 1u << 2,    /* a run will come back to it */
  LR_DEFERRED_SWALLOWS = 1u << 3,   /* one late fire is no error */
  LR_DEFERRED_CANCELLING = 1u << 4, /* its canceller is on the stack */
  LR_DEFERRED_FORGOTTEN = 1u << 5,  /* a failure is not reported */
  LR_DEFERRED_AWAITED = 1u << 6,    /* some other one has waited for it */
  LR_DEFERRED_POISONED = 1u << 7,   /* its next result becomes "no memory" */
  LR_DEFERRED_CANCELLER = 1u << 8,  /* has a user's canceller */
  LR_DEFERRED_FIXED = 1u << 9,      /* the constant one: never written to */
  LR_DEFERRED_CLAIMED = 1u << 10,   /* a coroutine has awaited it */
  LR_DEFERRED_TRACED = 1u << 11,    /* has a trace */
  LR_DEFERRED_TELLS = 1u << 12      /* `fired` of its ops is to be called */
};

/* The members up to `state` are what every operation touches: one cache line.
 * Before the deferred has fired, `result` is "none" with, in `data`, the
 * deferred that was told to fire it (lariat_deferred_chain), for describe. */
struct lariat_deferred {
  uint32_t references;
  uint32_t flags;
  lariat_value result; /* of lariat_deferred_type: it waits for that one */
  lr_pair *pairs;      /* `inside`, or on the heap */
  uint32_t next;       /* the first pair that has not run */
  uint32_t end;        /* behind the last */
  lr_deferred_state *state;
  const lr_deferred_ops *ops;
  uint32_t capacity; /* of `pairs` */
  uint32_t paused;
  lariat_deferred *link; /* in a run, or among the dead */
  lr_trace *trace;       /* with LR_DEFERRED_TRACED */
  lr_pair inside[LR_DEFERRED_PAIRS];
};

/* A user's deferred, which lariat_deferred_new makes; the last three are used
 * where it has a canceller or a destructor. */
typedef struct lr_user_deferred {
  lariat_deferred deferred;
  lariat_canceller canceller;
  void *context;
  lariat_destroy destroy;
} lr_user_deferred;

/* The ops of a user's deferred without a canceller. */
extern LR_HIDDEN const lr_deferred_ops lr_deferred_user_ops;

/* Opens this layer's state for `reactor`, which has the reserve.  The public
 * makers of deferreds do so by themselves; who embeds deferreds calls it early.
 * LARIAT_OK (also when it is open), LARIAT_ENOMEM */
lariat_status lr_deferred_state_open(lariat_reactor *reactor);

/* Makes an embedded deferred, with one reference; cannot fail.  The layer's
 * state of `reactor` is open. */
void lr_deferred_init(lariat_deferred *deferred, lariat_reactor *reactor,
                      const lr_deferred_ops *ops);

/* Fires, as lariat_deferred_callback and _errback do, without the check of the
 * thread; `result` is no deferred.  LARIAT_OK, LARIAT_EALREADY */
lariat_status lr_deferred_fire(lariat_deferred *deferred, lariat_value result);

/* Cancels, as lariat_deferred_cancel does, without looking for misuse. */
void lr_deferred_cancel(lariat_deferred *deferred);

/* Tells whether there is a deferred to work on.  With checks on, NULL, one
 * without references and the wrong thread are misuse of `function`. */
bool lr_deferred_is_given(const lariat_deferred *deferred,
                          const char *function);

/* Returns a deferred that has failed with LARIAT_ENOMEM, without allocating:
 * the reactor's reserve or, while that is in use (or the state could not be
 * opened), a constant one, whose result stays the failure whatever its
 * callbacks return.  The caller has a reference. */
lariat_deferred *lr_deferred_failed_reserve(lariat_reactor *reactor);

/* Returns a deferred that has failed with LARIAT_ECANCELLED, whether a reactor
 * runs on this thread or not: what is asked may have outlived its own. */
lariat_deferred *lr_deferred_failed_cancelled(void);

/* Gives a reference back without running anything, for `abandon`. */
void lr_deferred_give_back(lr_deferred_lost *lost, lariat_deferred *deferred);

/* Ends a deferred that `abandon` had kept, and that did not fire. */
void lr_deferred_end(lariat_deferred *deferred);

/* Tells whether `deferred` was fired: it has, or had, a result. */
static inline bool lr_deferred_is_fired(const lariat_deferred *deferred) {
  return (deferred->flags & LR_DEFERRED_FIRED) != 0;
}

/* Tells whether `deferred` waits for one that a callback of its own returned.
 */
static inline bool lr_deferred_waits(const lariat_deferred *deferred) {
  return deferred->result.type == &lariat_deferred_type;
}

#endif
