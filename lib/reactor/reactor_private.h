/* SPDX-License-Identifier: MIT
 * reactor_private.h: the reactor's own parts and what its source files ask of
 * each other.  Only lib/reactor includes it, and the tests of that room. */
#ifndef LR_REACTOR_PRIVATE_H
#define LR_REACTOR_PRIVATE_H

#include <pthread.h>

#include "reactor/reactor.h"

/* What is to be called, with its context; plain data. */
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

/* Calls for the next turn: a ring. */
typedef struct lr_call_queue {
  lr_call *items;
  uint32_t first;
  uint32_t count;
  uint32_t capacity; /* a power of two, or 0 */
} lr_call_queue;

/* The timers of lariat_reactor_call_later.  A slot is never freed before the
 * reactor is, so that a stale id finds a slot, and a generation that differs.
 */
typedef struct lr_later {
  lr_timer timer;
  uint32_t index;
  uint32_t generation;
  uint64_t cancelled; /* how the generations before ended, the last in the
                         lowest bit: 1 cancelled, 0 called */
  lariat_reactor *reactor;
  struct lr_later *next_free;
  lr_call call;
} lr_later;

typedef struct lr_later_table {
  lr_later **slots;
  uint32_t count;
  uint32_t capacity;
  lr_later *free;
} lr_later_table;

typedef struct lr_descriptor lr_descriptor;

/* Readers and writers, by descriptor number. */
typedef struct lr_descriptor_table {
  lr_descriptor **by_fd;
  uint32_t capacity;
  uint64_t next_serial;
  uint64_t running; /* serial of the side whose callback runs; 0: none, or it
                       was removed meanwhile */
} lr_descriptor_table;

struct lariat_reactor {
  lr_reactor_front front; /* first: see reactor.h */
  lariat_destroy layer_destroys[LR_LAYER_COUNT];

  /* Fixed at birth. */
  lariat_mailbox *mailbox;
  lariat_clock clock;
  char *name;
  pthread_t owner;
  char owner_name[16];
  uint32_t generation;
  struct lariat_reactor *older; /* made before it on the same thread */

  /* One turn. */
  unsigned holds;
  bool turn_requested;
  bool closing;
  bool closed;          /* the mailbox is: what is posted now is discarded */
  uint64_t looked_ns;   /* when the descriptors were looked at, */
  int found;            /* and how many events there were */
  lr_mail *local_first; /* drained or posted, not yet delivered */
  lr_mail *local_last;
  lr_call_queue calls;
  lr_timers timers;
  lr_poller poller;
  lr_watch wake_watch;
  lr_list outboxes;
  lr_list hooks;
  lr_list *next_hook; /* where the run through the hooks goes on */
  lr_list shutdown_hooks;
  lr_list *next_shutdown_hook;

  /* A run: from lariat_reactor_run to its return. */
  bool in_run;
  bool running;
  bool stop_asked; /* also before a run */
  bool leaving;
  const lr_life *life;

  /* Lulls. */
  bool may_coalesce;
  bool has_fine_timer_slack; /* its thread's timer slack was set */
  bool left_out;             /* the last turn did not look at the descriptors */

  /* Embedding. */
  bool embedded;
  bool woken; /* the owner wrote the eventfd, and no turn has met that yet */
  lr_watch timer_watch;
  uint64_t armed_ns; /* what the timerfd is set to; UINT64_MAX: not set */

  lr_later_table later;
  lr_descriptor_table descriptors;
  lariat_report report;
  void *report_context;
};

/* lull.c: before a turn that may wait looks at the descriptors.  `mail_first`:
 * whether the turn is to leave that out, for mail that came since the look of
 * the turn before.  lr_coalesce: sleeps, if events are to gather; whether it
 * did. */
bool lr_coalesce_mail_first(lariat_reactor *reactor);
bool lr_coalesce(lariat_reactor *reactor);

/* calls.c */
void lr_calls_run(lariat_reactor *reactor, uint32_t count);
void lr_calls_clear(lariat_reactor *reactor);

/* descriptors.c */
void lr_descriptors_clear(lariat_reactor *reactor);

/* Work that is there now, calls and mail, other than what the poller and the
 * mailbox would tell. */
static inline bool lr_reactor_has_work(const lariat_reactor *reactor) {
  return reactor->calls.count > 0 || reactor->local_first ||
         reactor->turn_requested;
}

/* One turn; the caller has checked that it may run. */
lariat_status lr_reactor_turn(lariat_reactor *reactor, int wait_ms);

/* What run and run_once check alike. */
lariat_status lr_reactor_check_run(const lariat_reactor *reactor,
                                   const char *function);

/* embed.c: `rest` makes the descriptor tell of all that is left when nobody
 * is in the reactor; `nudge` and `rearm` are for what is asked for between
 * dispatches.  All are cheap and harmless when the reactor is not embedded or
 * in a turn. */
void lr_embed_make_idle(lariat_reactor *reactor);
void lr_embed_wake(lariat_reactor *reactor);
void lr_embed_rearm(lariat_reactor *reactor);
void lr_embed_clear(lariat_reactor *reactor);

#endif
