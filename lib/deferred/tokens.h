/* SPDX-License-Identifier: MIT
 * tokens.h: what a lock and a semaphore have in common: tokens that are taken,
 * waited for in a queue, and given back.  Counted, for one thread. */
#ifndef LR_DEFERRED_TOKENS_H
#define LR_DEFERRED_TOKENS_H

#include "deferred/state.h"
#include "deferred/waiters.h"

typedef struct lr_tokens {
  const lariat_type *type; /* of the value that an acquire gives */
  lr_deferred_state *state;
  size_t references;
  size_t free;
  size_t limit;
  lr_waiters waiters;
} lr_tokens;

/* Makes `limit` tokens with one reference; `function` is for misuse.
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_ENOMEM */
lariat_status lr_tokens_new(lariat_reactor *reactor, const lariat_type *type,
                            size_t limit, lr_tokens **out,
                            const char *function);

lr_tokens *lr_tokens_retain(lr_tokens *tokens);
void lr_tokens_drop(lr_tokens *tokens);

/* Returns a deferred that fires with a token, now or when one is given back. */
lariat_deferred *lr_tokens_acquire(lr_tokens *tokens, const char *function);

/* Gives a token back, to the first who waits.
 * LARIAT_OK, LARIAT_EINVAL, LARIAT_EALREADY */
lariat_status lr_tokens_release(lr_tokens *tokens, const char *function);

/* Runs `work` with a token, which is given back when its result has come. */
lariat_deferred *lr_tokens_run(lr_tokens *tokens, lariat_function work,
                               void *context, const char *function);

/* Serve as `drop` and `share` of a value that is tokens. */
void lr_tokens_drop_data(void *data);
void *lr_tokens_share_data(void *data);

#endif
