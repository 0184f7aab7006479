/* SPDX-License-Identifier: MIT
 * resolver_cache.h: what is known of names, for all reactors of a pool: their
 * addresses for as long as the servers say, that there are none, and who waits
 * for a look-up that somebody has begun.  A mutex is held for a few
 * instructions at a time, and never while a name is looked up.
 *
 * An answer that is too old is kept for a day, and used when the servers fail
 * (RFC 8767).  A failure of the servers is kept for a second (RFC 9520). */
#ifndef LR_NET_RESOLVER_CACHE_H
#define LR_NET_RESOLVER_CACHE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/table.h"
#include "net/addresses.h"
#include "reactor/mailbox.h"
#include <lariat/status.h>

/* Names that are kept at the most; the oldest go. */
enum { LR_RESOLVER_CACHE_NAMES = 65536 };

typedef enum lr_name_verdict {
  LR_NAME_FOUND,
  LR_NAME_NO_ADDRESS, /* by the servers' word */
  LR_NAME_FAILED,     /* they did not say */
  LR_NAME_CUT_SHORT   /* who has looked it up had to stop: ask again */
} lr_name_verdict;

/* The end of a look-up. */
typedef struct lr_name_outcome {
  lr_name_verdict verdict;
  lariat_status status;        /* LARIAT_OK where it was found */
  lariat_addresses *addresses; /* a reference; NULL where it was not */
  uint64_t ttl_ns;             /* how long it may be kept */
  const char *detail;          /* static: why there are none */
} lr_name_outcome;

/* Counts since the start. */
typedef struct lr_resolver_counts {
  uint64_t look_ups;
  uint64_t hits;      /* answered at once */
  uint64_t joined;    /* waited for the look-up of another */
  uint64_t stale;     /* answers that were too old, since the servers failed */
  uint64_t failures;  /* look-ups that found nothing */
  uint64_t in_flight; /* look-ups now */
} lr_resolver_counts;

typedef struct lr_resolver_cache {
  pthread_mutex_t lock; /* of all below */
  lr_table entries;
  lr_list by_age; /* those stored longest ago first */
  lr_resolver_counts counts;
} lr_resolver_cache;

typedef enum lr_waiter_state {
  LR_WAITER_IDLE,
  LR_WAITER_WAITS,  /* in an entry's list */
  LR_WAITER_TOLD,   /* its mail is on the way */
  LR_WAITER_REFUSED /* its mailbox is closed */
} lr_waiter_state;

/* A waiter: somebody on a reactor who wants a name; to embed.  The owner sets
 * `mailbox` and the ops of `mail`, which brings the outcome. */
typedef struct lr_name_waiter {
  lr_list node;
  lr_mail mail;
  lariat_mailbox *mailbox; /* borrowed */
  lr_waiter_state state;   /* under the lock */
  lr_name_outcome outcome; /* when it was told */
} lr_name_waiter;

typedef enum lr_cache_reply {
  LR_CACHE_KNOWN,  /* the outcome is filled in */
  LR_CACHE_JOINED, /* the waiter will be told */
  LR_CACHE_START   /* likewise; and the caller is to look the name up */
} lr_cache_reply;

bool lr_resolver_cache_init(lr_resolver_cache *cache);

/* Frees it; nobody waits. */
void lr_resolver_cache_clear(lr_resolver_cache *cache);

/* Asks for a name.  `*has_stale`: with LR_CACHE_START, there is an old answer.
 * LARIAT_ENOMEM in an outcome that is known.  Any thread. */
lr_cache_reply lr_resolver_cache_ask(lr_resolver_cache *cache, const char *name,
                                     size_t length, uint64_t now_ns,
                                     lr_name_waiter *waiter,
                                     lr_name_outcome *known, bool *has_stale);

/* Takes the waiter back.  False: its mail is on the way, and it has to live
 * until that comes.  Any thread. */
bool lr_resolver_cache_leave(lr_resolver_cache *cache, lr_name_waiter *waiter);

/* Tells those who wait the old answer, as the servers take too long; the
 * look-up goes on.  Any thread. */
void lr_resolver_cache_tell_stale(lr_resolver_cache *cache, const char *name,
                                  size_t length, uint64_t now_ns);

/* Ends a look-up, keeps the outcome, whose reference it takes, and tells those
 * who wait.  Any thread. */
void lr_resolver_cache_settle(lr_resolver_cache *cache, const char *name,
                              size_t length, lr_name_outcome outcome,
                              uint64_t now_ns);

/* Says whether anybody waits for a name.  Any thread. */
bool lr_resolver_cache_is_wanted(lr_resolver_cache *cache, const char *name,
                                 size_t length);

lr_resolver_counts lr_resolver_cache_counts(lr_resolver_cache *cache);

#endif
