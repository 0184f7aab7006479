/* SPDX-License-Identifier: MIT
 * host_pace.h: how often requests to one host may start: its rate, and the
 * least time between two.  All reactors that have jobs of a host share its
 * pace, and so do jobs of the same host that differ otherwise (the version of
 * HTTP, the placement).  The table is locked only when a reactor makes or
 * forgets a host; starting takes an atomic operation or two.
 *
 * The delay is kept as the server sees it: between the moments at which two
 * requests are sent.  A start that has to open a connection is sent later than
 * one that finds it open, so from its start until it has been sent a request
 * holds the pace, and the delay is counted from then on. */
#ifndef LR_LIMITS_HOST_PACE_H
#define LR_LIMITS_HOST_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/table.h"
#include "base/time.h"
#include "limits/rate.h"

/* The due time while a request is on its way out. */
#define LR_HOST_PACE_HELD LR_NEVER_NS

typedef struct lr_host_pace {
  lr_table_node node; /* this and `users` under the table's lock */
  uint32_t users;
  lr_rate rate;
  lr_atomic_u64 gap_ns; /* when the delay is over; or LR_HOST_PACE_HELD */
  uint32_t key_length;
  char key[];
} lr_host_pace;

typedef struct lr_host_paces {
  lr_rate_plan plan;
  uint64_t delay_ns;
  pthread_mutex_t lock;
  lr_table table;
  uint32_t sweep; /* the bucket that is swept next, modulo their number */
} lr_host_paces;

/* Makes a table of paces with this rate and delay; with neither, one that must
 * not be entered.  False when out of memory: then it may only be cleared. */
bool lr_host_paces_init(lr_host_paces *host_paces, lr_rate_plan plan,
                        uint64_t delay_ns);

/* Frees all paces; nobody may use one any more. */
void lr_host_paces_clear(lr_host_paces *host_paces);

/* Tells whether there is anything to keep to: a rate or a delay. */
static inline bool lr_host_paces_wanted(const lr_host_paces *host_paces) {
  return host_paces->plan.step_ns || host_paces->delay_ns;
}

/* Returns the pace of the host with this key, made if need be, with one user
 * more; NULL when out of memory.  Any thread. */
lr_host_pace *lr_host_paces_enter(lr_host_paces *host_paces, const char *key,
                                  uint32_t length, uint64_t hash,
                                  uint64_t now_ns);

/* Takes one user from `pace`.  A pace that is not due yet is remembered until
 * it is.  Any thread. */
void lr_host_paces_leave(lr_host_paces *host_paces, lr_host_pace *pace);

/* Returns when the next start is allowed; LR_HOST_PACE_HELD: when another one
 * has been sent.  Any thread. */
uint64_t lr_host_pace_due(const lr_host_paces *host_paces,
                          const lr_host_pace *pace);

/* Notes that somebody waits for the due time.  Any thread. */
void lr_host_pace_await(const lr_host_paces *host_paces, lr_host_pace *pace);

/* Takes a start, wanted since `wanted_ns`.  False: not yet.  With a delay the
 * pace is held from now on, until lr_host_pace_sent or lr_host_pace_give_back;
 * `*before` is for the latter.  Any thread. */
bool lr_host_pace_take(const lr_host_paces *host_paces, lr_host_pace *pace,
                       uint64_t now_ns, uint64_t wanted_ns, uint64_t *before);

/* Gives back a start that did not happen.  The thread that took it. */
void lr_host_pace_give_back(const lr_host_paces *host_paces, lr_host_pace *pace,
                            uint64_t before);

/* Begins the delay after the request that holds the pace, which was sent at
 * `sent_ns` at the latest.  The thread that took the start. */
void lr_host_pace_sent(const lr_host_paces *host_paces, lr_host_pace *pace,
                       uint64_t sent_ns);

#endif
