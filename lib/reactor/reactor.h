/* SPDX-License-Identifier: MIT
 * reactor.h: what the layers above may ask of a reactor, beyond the public
 * header.  The owner's thread, unless a comment says otherwise.
 *
 * One turn: wait; descriptors; mail (a bounded number, what is left over in the
 * next turn); timers that were due; calls that were there at the start;
 * turn-end hooks; outboxes. */
#ifndef LR_REACTOR_REACTOR_H
#define LR_REACTOR_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "reactor/mailbox.h"
#include "reactor/outbox.h"
#include "reactor/poller.h"
#include "reactor/timers.h"
#include <lariat/reactor.h>

/* The layers that keep a state of their own in each reactor, which knows
 * nothing of it. */
typedef enum lr_layer {
  LR_LAYER_DEFERRED,
  LR_LAYER_TASK,
  LR_LAYER_AWAIT,
  LR_LAYER_POOL,
  LR_LAYER_CLIENT, /* the coroutines' client */
  LR_LAYER_COUNT
} lr_layer;

/* Keeps `state` for `layer`; `destroy` (may be NULL) runs at the very end of
 * close, layers in the reverse of the order above. */
void lr_reactor_set_layer_state(lariat_reactor *reactor, lr_layer layer,
                                void *state, lariat_destroy destroy);

/* The front: what a reactor begins with, so that it is found without a call.
 * The layers' states, whether there is a turn, and when its waiting ended. */
typedef struct lr_reactor_front {
  void *state[LR_LAYER_COUNT];
  uint64_t turn_ns;
  bool in_turn;
} lr_reactor_front;

static inline const lr_reactor_front *
lr_reactor_front_of(const lariat_reactor *reactor) {
  return (const lr_reactor_front *)(const void *)reactor;
}

/* Returns what lr_reactor_set_layer_state keeps for `layer`; NULL where none
 * was set. */
static inline void *lr_reactor_layer_state(const lariat_reactor *reactor,
                                           lr_layer layer) {
  return lr_reactor_front_of(reactor)->state[layer];
}

/* A turn hook, to embed: `turn_end` runs at the end of every turn, hooks in the
 * order in which they were added, until it is removed.  What it puts into
 * outboxes is still sent in this turn. */
typedef struct lr_turn_hook {
  lr_list link;
  void (*turn_end)(struct lr_turn_hook *hook);
} lr_turn_hook;
void lr_reactor_add_turn_hook(lariat_reactor *reactor, lr_turn_hook *hook);
void lr_reactor_remove_turn_hook(lariat_reactor *reactor, lr_turn_hook *hook);

/* A shutdown hook, to embed in a part of a higher layer that must wind up
 * before the reactor closes.  Close calls every `begin`, runs turns until none
 * is `busy` or the time is up, then calls every `end`; a hook may remove itself
 * (and others) inside. */
typedef struct lr_shutdown_hook {
  lr_list link;
  void (*begin)(struct lr_shutdown_hook *shutdown);
  bool (*busy)(struct lr_shutdown_hook *shutdown);
  void (*end)(struct lr_shutdown_hook *shutdown);
} lr_shutdown_hook;
void lr_reactor_add_shutdown_hook(lariat_reactor *reactor,
                                  lr_shutdown_hook *shutdown);
void lr_reactor_remove_shutdown_hook(lariat_reactor *reactor,
                                     lr_shutdown_hook *shutdown);

/* The run hooks: what a higher layer does around a run.  Each is called inside
 * a turn of its own, which ends with turn hooks and outboxes as any other.
 *   start  a run begins: calls lr_reactor_set_running when its time has come
 *   stop   lariat_reactor_stop was called: calls lr_reactor_set_running and, at
 *          the end, lr_reactor_leave
 *   left   the run is over, however it ended */
typedef struct lr_run_hooks {
  lariat_call start;
  lariat_call stop;
  lariat_call left;
  void *context;
} lr_run_hooks;

/* Calls `work` in a turn that does nothing else.  Outside of turns only. */
void lr_reactor_turn_for(lariat_reactor *reactor, lariat_call work,
                         void *context);

/* Sets the run hooks, borrowed.  Without (NULL) a reactor is running as soon as
 * its run begins, and a stop ends it at once. */
void lr_reactor_set_run_hooks(lariat_reactor *reactor,
                              const lr_run_hooks *hooks);

/* Sets what lariat_reactor_running says, during a run. */
void lr_reactor_set_running(lariat_reactor *reactor, bool running);

/* Ends the run with the turn that is running. */
void lr_reactor_leave(lariat_reactor *reactor);

/* Tells whether `mailbox` belongs to a reactor of the calling thread, or the
 * thread is inside a turn of any: it must not block on the mailbox then.  Any
 * thread. */
bool lr_reactor_must_not_wait(const lariat_mailbox *mailbox);

/* Sets an intrusive timer on the reactor's clock, or moves it; false when out
 * of memory (see lr_timers_set).  Unsetting one that is not set is harmless. */
bool lr_reactor_set_timer(lariat_reactor *reactor, lr_timer *timer,
                          uint64_t at_ns);
void lr_reactor_unset_timer(lariat_reactor *reactor, lr_timer *timer);

/* Returns the poller, for watches. */
lr_poller *lr_reactor_poller(lariat_reactor *reactor);

/* Returns the time when this turn's waiting ended: cheap, and good enough for
 * deadlines.  Outside a turn, the time now. */
static inline uint64_t lr_reactor_turn_ns(const lariat_reactor *reactor) {
  const lr_reactor_front *front = lr_reactor_front_of(reactor);
  return front->in_turn ? front->turn_ns : lariat_reactor_now_ns(reactor);
}

/* Returns the reactor's clock: a copy, which lives as long as the reactor. */
const lariat_clock *lr_reactor_clock(const lariat_reactor *reactor);

/* Tells whether `clock` is the reactor's clock: then its times are those of
 * others with that clock, too. */
bool lr_reactor_has_clock(const lariat_reactor *reactor,
                          const lariat_clock *clock);

/* Returns when the next timer is due; LR_NEVER_NS: none is set. */
uint64_t lr_reactor_next_timer_ns(const lariat_reactor *reactor);

/* Allows or forbids the reactor to coalesce events in a run: to sleep a few
 * microseconds before it looks at its descriptors, so that more events gather
 * for a look; and to leave a look out for mail.  For reactors with very much on
 * its way, which is dealt with faster than it comes, and for threads that are
 * lariat's own, since the thread's timer slack is set.  Forbidden at first. */
void lr_reactor_allow_coalescing(lariat_reactor *reactor, bool allowed);

struct lr_turn_meter;

/* Has the reactor's turns measured by `meter`, which is made for the calling
 * thread, the reactor's, and outlives the reactor. */
void lr_reactor_use_meter(lariat_reactor *reactor, struct lr_turn_meter *meter);

/* Tells whether the reactor is inside a turn. */
static inline bool lr_reactor_in_turn(const lariat_reactor *reactor) {
  return lr_reactor_front_of(reactor)->in_turn;
}

/* Returns a counter of holds: while it is not 0, somebody who cannot be left
 * stands on the stack, and the reactor is neither run nor closed. */
unsigned *lr_reactor_holds(lariat_reactor *reactor);

/* Tells whether close has begun: new work is refused. */
bool lr_reactor_closing(const lariat_reactor *reactor);

/* Returns the reactor's own mailbox, borrowed.  Any thread. */
lariat_mailbox *lr_reactor_own_mailbox(const lariat_reactor *reactor);

/* Puts mail for the reactor itself at the end of what it will deliver, from
 * its own thread, without an atomic operation. */
void lr_reactor_post_local(lariat_reactor *reactor, lr_mail *mail);

/* Tells whether there is work to do now: calls, mail, timers that are due.
 * Descriptors are not looked at. */
bool lr_reactor_pending(const lariat_reactor *reactor);

/* Makes a turn come soon, for work that was left over. */
void lr_reactor_request_turn(lariat_reactor *reactor);

/* Checks that the calling thread owns `reactor` and that the process has not
 * forked: LARIAT_OK, LARIAT_ETHREAD, LARIAT_EFORKED.  `function` is for the
 * message of a misuse.  Any thread. */
lariat_status lr_reactor_check(const lariat_reactor *reactor,
                               const char *function);

/* Tells whether lr_reactor_check would say LARIAT_OK, without a message.  Any
 * thread. */
bool lr_reactor_is_here(const lariat_reactor *reactor);

/* Gives `message` to the report hook. */
void lr_reactor_report(lariat_reactor *reactor, const char *message);

#endif
