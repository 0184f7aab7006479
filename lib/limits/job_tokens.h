/* SPDX-License-Identifier: MIT
 * job_tokens.h: the limit of jobs in flight in all, shared by the reactors of a
 * pool.  A job that runs has a token; there are exactly as many as the limit,
 * so it is never exceeded, and one reactor may have them all.
 *
 * As long as there are plenty a reactor takes them in batches and keeps what
 * comes back for its next jobs: its token cache.  A reactor that finds too few
 * requests some; then the others give back what they have left, and whoever
 * gives one back wakes it.  The free tokens and the number of those who request
 * are one atomic word: none can be given back without seeing who waits.
 *
 * When tokens are scarce not every host is served alike (lr_admission_class).
 * The last few are kept for hosts of which nothing runs, and for those that
 * give them back soonest: so hosts that are slow cannot have them all. */
#ifndef LR_LIMITS_JOB_TOKENS_H
#define LR_LIMITS_JOB_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "reactor/mailbox.h"

/* The admission class of a job, which says how many tokens must be left free
 * when it takes one. */
typedef enum lr_admission_class {
  LR_CLASS_FAST,    /* a host that returns tokens much sooner than most: 0 */
  LR_CLASS_STARVED, /* a host of which nothing runs: half of the reserve */
  LR_CLASS_BULK,    /* any: the reserve */
  LR_CLASSES
} lr_admission_class;

struct lr_job_tokens;

/* One reactor's cache of tokens. */
typedef struct lr_token_cache {
  /* Written by the owner, read by all. */
  _Alignas(LR_CACHE_LINE) lr_atomic_u64 running;
  lr_atomic_u64 started_sum; /* of the running jobs' start times, modulo 2^64 */
  lr_atomic_u64
      hold_ns;         /* how long the jobs that have most of the tokens run */
  lr_atomic_u32 wants; /* 0: nothing; else the class + 1 */
  lr_atomic_u32 woken;
  lariat_mailbox *mailbox; /* borrowed; set before the first job */

  /* The owner's. */
  struct lr_job_tokens *tokens;
  unsigned index;
  uint32_t spare;
  bool requesting;
} lr_token_cache;

typedef struct lr_job_tokens {
  _Alignas(LR_CACHE_LINE)
      lr_atomic_u64 word; /* free; how many request, in bits 32… */
  _Alignas(LR_CACHE_LINE) uint32_t reserve;
  uint32_t batch;
  uint32_t fair; /* the share of one reactor, rounded up */
  unsigned count;
  lr_token_cache caches[];
} lr_job_tokens;

/* Makes `limit` tokens for `reactors` caches; NULL when out of memory.  A host
 * never runs more than `per_host` jobs. */
lr_job_tokens *lr_job_tokens_new(uint32_t limit, uint32_t per_host,
                                 unsigned reactors);
void lr_job_tokens_free(lr_job_tokens *tokens);

/* Returns the reserve that is kept of `limit`. */
uint32_t lr_job_tokens_reserve(uint32_t limit, uint32_t per_host);

/* Returns how many tokens must be left free by this class. */
static inline uint32_t lr_job_tokens_floor(uint32_t reserve,
                                           lr_admission_class class) {
  return class == LR_CLASS_BULK      ? reserve
         : class == LR_CLASS_STARVED ? reserve / 2
                                     : 0;
}

/* Returns how long the jobs run that have most of the tokens, on all reactors:
 * from those that have ended, and the age of those that run.  Any thread. */
uint64_t lr_job_tokens_typical_hold_ns(const lr_job_tokens *tokens,
                                       uint64_t now_ns);

/* ---- Functions of the cache's thread ---- */

/* Tells whether there is a token for that class. */
bool lr_token_cache_may(const lr_token_cache *token_cache,
                        lr_admission_class class);

/* Takes a token for a job that starts now; false: there is none. */
bool lr_token_cache_take(lr_token_cache *token_cache, lr_admission_class class,
                         uint64_t now_ns);

/* Gives a token back: the job, which started at `started_ns`, is over, or was
 * not started. */
void lr_token_cache_put(lr_token_cache *token_cache, uint64_t started_ns,
                        uint64_t now_ns);

/* Requests a token for that class, of which there was none.  True: there is one
 * now.  Else the cache's reactor is woken when there may be one. */
bool lr_token_cache_request(lr_token_cache *token_cache,
                            lr_admission_class class);

/* Ends the request: the cache needs no token beyond those it has. */
void lr_token_cache_satisfied(lr_token_cache *token_cache);

/* Gives what is not needed to those who request, at the end of a turn. */
void lr_token_cache_turn_end(lr_token_cache *token_cache);

/* Gives all tokens back: the reactor ends, and has no job left. */
void lr_token_cache_close(lr_token_cache *token_cache);

#endif
