/* SPDX-License-Identifier: MIT
 * connection_limit.h: how many connections one reactor may have, and which host
 * may open the next.
 *
 * A connection is counted from when a job is about to open it (coming), and
 * from when it has a descriptor (open), whoever has made it.  As with the jobs
 * in flight, the last ones are not for everybody (job_tokens.h): a reserve is
 * kept for hosts of which nothing runs and for those that are fast.  Hosts that
 * find none are starved: then others close theirs when an answer ends
 * (reclaim).
 *
 * When the process has no descriptor left, the limit learns that it is a lower
 * one: who could not open a connection waits, as those who were not allowed to,
 * until one of the reactor's closes, or a moment has passed (hold).  The
 * limit rises again, slowly.  A reactor that has no connection itself asks the
 * others of its pool for some.  All on the reactor's own thread. */
#ifndef LR_SCHEDULE_CONNECTION_LIMIT_H
#define LR_SCHEDULE_CONNECTION_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "limits/descriptor_use.h"
#include "reactor/timers.h"
#include "schedule/run_queue.h"

struct lr_dispatcher;

/* The requests of the limit to those who have the connections. */
typedef struct lr_connection_limit_ops {
  /* Closes an idle connection of `host`; false: there is none to close. */
  bool (*close_idle)(void *owner, lr_host *host);

  /* Closes idle connections to make space for others, now or soon.  With `all`
   * those of any host, else of hosts of which nothing runs. */
  void (*reclaim_idle)(void *owner, bool all);
} lr_connection_limit_ops;

typedef struct lr_connection_limit {
  const lr_connection_limit_ops *ops;
  void *owner;
  struct lr_dispatcher *dispatcher;
  const lr_run_queue *queue; /* the dispatcher's */
  unsigned max;              /* this reactor's share, as far as there are
                                descriptors */
  unsigned max_given;        /* this reactor's share */
  unsigned per_host;         /* jobs of one host */
  unsigned reserve;          /* of these, not for hosts that have some */
  unsigned open;             /* connections now */
  unsigned coming;           /* jobs that are about to open one */
  unsigned reclaiming;       /* connections that go when their answer ends */
  uint64_t reclaimed_ns;     /* when the last of them was chosen */
  lr_timer recheck_timer;
  unsigned excess; /* open above `max` */
  bool held;       /* nobody may open one until `hold_timer` */
  lr_timer hold_timer;
  uint64_t learned_ns;      /* when `max` was changed */
  uint64_t shortage_ns;     /* when there was no descriptor */
  lr_descriptor_use *use;   /* all reactors'; NULL: this one is alone */
  uint32_t asked;           /* of the others, as far as that was seen */
  lr_atomic_u64 *published; /* where `open` is shown to other threads */
} lr_connection_limit;

/* Fills `limit` in.  Jobs of one host number at most `per_host`. */
void lr_connection_limit_init(lr_connection_limit *limit,
                              const lr_connection_limit_ops *ops, void *owner,
                              struct lr_dispatcher *dispatcher, unsigned max,
                              unsigned per_host, lr_atomic_u64 *published);

/* Counts its connections among those of all reactors from now on. */
static inline void lr_connection_limit_share(lr_connection_limit *limit,
                                             lr_descriptor_use *use) {
  limit->use = use;
  if (use) limit->asked = lr_descriptor_use_asked(use);
}

void lr_connection_limit_clear(lr_connection_limit *limit);

/* Counts connections of the host's that came or, (unsigned)-1, went. */
void lr_connection_limit_count(lr_connection_limit *limit, lr_host *host,
                               unsigned by);

/* Counts jobs of the host's that are about to open one, or no longer. */
void lr_connection_limit_count_coming(lr_connection_limit *limit, lr_host *host,
                                      unsigned by);

/* Says whether `host` may open a connection now; may close idle ones for it. */
bool lr_connection_limit_allows(lr_connection_limit *limit, lr_host *host);

/* Says whether `host` may have one more without any being closed for it, or
 * kept from others. */
bool lr_connection_limit_has_left(const lr_connection_limit *limit,
                                  const lr_host *host);

/* Notes that there was no descriptor for a job that was to open a connection,
 * which is counted among those coming if `counted`.  True: it is to wait.
 * False: nothing of the pool's is open that could come free; `has_spare` says
 * that something else is. */
bool lr_connection_limit_note_shortage(lr_connection_limit *limit, bool counted,
                                       bool has_spare);

/* Says whether there was no descriptor a moment ago. */
bool lr_connection_limit_was_short(const lr_connection_limit *limit);

/* Gives some up, at the end of a turn, if other reactors have asked. */
void lr_connection_limit_give_up(lr_connection_limit *limit);
static inline void lr_connection_limit_turn_end(lr_connection_limit *limit) {
  if (limit->use && limit->asked != lr_descriptor_use_asked(limit->use))
    lr_connection_limit_give_up(limit);
}

/* Says whether there is none for everybody. */
static inline bool
lr_connection_limit_is_scarce(const lr_connection_limit *limit) {
  return limit->open + limit->reserve >= limit->max;
}

/* Says whether the connection of `host`, whose answer has begun or ended, must
 * be given up, since starved hosts wait for one. */
bool lr_connection_limit_must_reclaim_slow(const lr_connection_limit *limit,
                                           const lr_host *host);
static inline bool
lr_connection_limit_must_reclaim(const lr_connection_limit *limit,
                                 const lr_host *host) {
  return (limit->queue->starved_count | limit->excess) &&
         lr_connection_limit_must_reclaim_slow(limit, host);
}

/* Notes that a connection of `host` will be closed when its answer ends; and
 * that one of the host's was closed. */
void lr_connection_limit_note_reclaim(lr_connection_limit *limit,
                                      lr_host *host);
void lr_connection_limit_note_closed(lr_connection_limit *limit, lr_host *host);

/* Lets those who wait for a connection ask again when more is known of the
 * connections that are idle. */
void lr_connection_limit_recheck_later(lr_connection_limit *limit);

/* Says whether a connection that is idle since `from_ns` is really so: where a
 * reserve is kept for fast hosts, not one between two requests of theirs. */
bool lr_connection_limit_is_idle(const lr_connection_limit *limit,
                                 uint64_t from_ns);

#endif
