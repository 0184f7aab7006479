/* SPDX-License-Identifier: MIT
 * reactor_private.h: the reactor's own parts and what its source files ask of
 * each other.  Only lib/reactor includes it, and the tests of that layer. */
#ifndef LR_REACTOR_PRIVATE_H
#define LR_REACTOR_PRIVATE_H

#include <pthread.h>

#include "reactor/log.h"
#include "reactor/reactor.h"
#include "reactor/timer_slack.h"
#include "reactor/turn_meter.h"

/* A function that is to be called, with its context. */
typedef struct lr_call {
  lariat_call call;
  void *context;
  lariat_destroy destroy;
} lr_call;

static inline void lr_call_destroy(const lr_call *call) {
  if (call->destroy) call->destroy(call->context);
}

static inline void lr_call_run(const lr_call *call) {
  call->call(call->context);
  lr_call_destroy(call);
}

/* The calls for the next turn, a ring. */
typedef struct lr_call_queue {
  lr_call *items;
  uint32_t first;
  uint32_t count;
  uint32_t capacity; /* a power of two, or 0 */
} lr_call_queue;

/* A slot for a call of lariat_reactor_call_later or lariat_reactor_call_at.
 * Slots are freed with the reactor only, so that a stale id finds a slot, and a
 * generation that differs.
 */
typedef struct lr_delayed_call {
  lr_timer timer;
  uint32_t index;
  uint32_t generation;
  uint64_t cancelled; /* how the generations before ended, the last in the
                         lowest bit: 1 cancelled, 0 called */
  lariat_reactor *reactor;
  struct lr_delayed_call *next_free;
  lr_call call;
} lr_delayed_call;

typedef struct lr_delayed_calls {
  lr_delayed_call **slots;
  uint32_t count;
  uint32_t capacity;
  lr_delayed_call *free;
} lr_delayed_calls;

typedef struct lr_descriptor lr_descriptor;

/* The readers and writers, by descriptor number. */
typedef struct lr_descriptor_table {
  lr_descriptor **by_fd;
  uint32_t capacity;
  uint64_t next_serial;
  uint64_t running; /* serial of the side whose callback runs; 0: none, or it
                       was removed meanwhile */
} lr_descriptor_table;

/* How far closing has come. */
typedef enum lr_close_state {
  LR_REACTOR_OPEN,
  LR_REACTOR_CLOSING, /* new work is refused; hooks wind up */
  LR_REACTOR_CLOSED   /* the mailbox is closed: what is posted is discarded */
} lr_close_state;

/* How far a run has come: from lariat_reactor_run to its return. */
typedef enum lr_run_state {
  LR_RUN_NONE,
  LR_RUN_STARTING, /* until the run's hooks, if there are any, say "running" */
  LR_RUN_RUNNING,
  LR_RUN_STOPPING /* not running any more, not yet returned */
} lr_run_state;

typedef struct lr_run {
  lr_run_state state;
  bool stop_requested; /* also before a run */
  bool leaving;        /* returns with the turn that is running */
  const lr_run_hooks *hooks;
} lr_run;

/* The last look at the descriptors, and what comes of it (coalesce.c). */
typedef struct lr_polling {
  uint64_t at_ns;    /* when it was made, */
  int found;         /* and how many events there were */
  bool skipped;      /* the turn before this one made none */
  bool may_coalesce; /* lr_reactor_allow_coalescing */
} lr_polling;

/* Whether the reactor is part of a foreign event loop. */
typedef enum lr_embed_state {
  LR_EMBED_NONE,
  LR_EMBED_IDLE,
  LR_EMBED_WOKEN /* the owner wrote the eventfd; no turn has met that yet */
} lr_embed_state;

typedef struct lr_embedding {
  lr_embed_state state;
  lr_watch timer_watch;
  uint64_t armed_ns; /* what the timerfd is set to; LR_NEVER_NS: not set */
} lr_embedding;

struct lariat_reactor {
  lr_reactor_front front; /* first: see reactor.h */
  lariat_destroy layer_destroys[LR_LAYER_COUNT];

  /* Fixed when it is made. */
  lariat_mailbox *mailbox;
  lariat_clock clock;
  char *name;
  pthread_t owner;
  char owner_name[16];
  uint32_t generation;
  struct lariat_reactor *older; /* made before it on the same thread */

  /* Turns. */
  unsigned holds;
  bool turn_requested;
  lr_mail *local_first; /* drained or posted, not yet delivered */
  lr_mail *local_last;
  lr_call_queue calls;
  lr_timers timers;
  lr_timer_slack timer_slack;
  lr_polling polling;
  lr_turn_meter *meter; /* `own_meter`, or the one of who outlives it */
  lr_turn_meter own_meter;
  lr_poller poller;
  lr_watch wake_watch;
  lr_list outboxes;
  lr_list hooks;
  lr_list *next_hook; /* where the walk through the hooks goes on */

  lr_run run;
  lr_embedding embedding;

  /* The end. */
  lr_close_state close_state;
  lr_list shutdown_hooks;
  lr_list *next_shutdown_hook;

  lr_delayed_calls delayed;
  lr_descriptor_table descriptors;
  lr_log log;
  lariat_report report;
  void *report_context;
};

/* ---- coalesce.c ---- */

/* Tells whether the turn, which could wait, is to leave out the look at the
 * descriptors, for mail that came since the look of the turn before. */
bool lr_coalesce_skips_poll(lariat_reactor *reactor);

/* Sleeps a few microseconds before the turn looks at the descriptors, if
 * events are to gather; tells whether it did. */
bool lr_coalesce(lariat_reactor *reactor);

/* ---- calls.c ---- */

/* Runs the first `count` calls of the queue. */
void lr_calls_run(lariat_reactor *reactor, uint32_t count);

/* Drops all calls, those of timers too, and destroys their contexts. */
void lr_calls_clear(lariat_reactor *reactor);

/* ---- descriptors.c ---- */

/* Removes all readers and writers. */
void lr_descriptors_clear(lariat_reactor *reactor);

/* ---- reactor.c ---- */

/* Tells whether there is work that neither the poller nor the mailbox would
 * tell of: calls, and mail that was drained or posted. */
static inline bool lr_reactor_has_work(const lariat_reactor *reactor) {
  return reactor->calls.count > 0 || reactor->local_first ||
         reactor->turn_requested;
}

static inline bool lr_reactor_in_run(const lariat_reactor *reactor) {
  return reactor->run.state != LR_RUN_NONE;
}

/* Runs one turn that waits for `wait_ms` at the most, -1 for ever; the caller
 * has checked that it may run.
 * LARIAT_OK, LARIAT_ESYSTEM (see errno; the turn has run without events) */
lariat_status lr_reactor_turn(lariat_reactor *reactor, int wait_ms);

/* ---- run.c ---- */

/* Checks what run and run_once require alike; `function` is for the message of
 * a misuse.
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ETHREAD, LARIAT_EFORKED, LARIAT_EALREADY,
 * LARIAT_ECLOSED */
lariat_status lr_reactor_check_run(const lariat_reactor *reactor,
                                   const char *function);

/* ---- embed.c ---- */

/* Makes the descriptor tell of all that is left: nobody is in the reactor from
 * here on.  Cheap, as the functions below, and does nothing where the reactor
 * is not embedded or is in a turn. */
void lr_embed_make_idle(lariat_reactor *reactor);

/* Makes the descriptor readable, for what is asked for between dispatches. */
void lr_embed_wake(lariat_reactor *reactor);

/* Sets the timerfd to the next timer, if that is earlier than what it is set
 * to. */
void lr_embed_rearm(lariat_reactor *reactor);

/* Closes the timerfd. */
void lr_embed_clear(lariat_reactor *reactor);

#endif
