/* SPDX-License-Identifier: MIT
 * tokens.c: taking tokens, waiting for them, giving them back. */
#include "deferred/tokens.h"

#include "base/memory.h"
#include "base/process.h"
#include "deferred/reclaim.h"

lariat_status lr_tokens_new(lariat_reactor *reactor, const lariat_type *type,
                            size_t limit, lr_tokens **out,
                            const char *function) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  if (!reactor || limit == 0) {
    lr_misuse("%s: %s", function, reactor ? "no tokens" : "no reactor");
    return LARIAT_EINVAL;
  }
  lr_deferred_state *state = lr_deferred_state_of(reactor);
  lr_tokens *tokens = state ? lr_alloc(sizeof *tokens) : NULL;
  if (!tokens) return LARIAT_ENOMEM;
  state->references++;
  tokens->type = type;
  tokens->state = state;
  tokens->references = 1;
  tokens->free = limit;
  tokens->limit = limit;
  lr_waiters_init(&tokens->waiters);
  *out = tokens;
  return LARIAT_OK;
}

lr_tokens *lr_tokens_retain(lr_tokens *tokens) {
  if (tokens) tokens->references++;
  return tokens;
}

void lr_tokens_drop(lr_tokens *tokens) {
  if (!tokens || --tokens->references > 0) return;
  lr_deferred_state *state = tokens->state;
  lr_waiters_clear(&tokens->waiters);
  lr_free(tokens);
  lr_deferred_state_release(state);
}

void lr_tokens_drop_data(void *data) { lr_tokens_drop(data); }

void *lr_tokens_share_data(void *data) { return lr_tokens_retain(data); }

static lariat_value make_value(lr_tokens *tokens) {
  return lariat_value_of(tokens->type, lr_tokens_retain(tokens));
}

/* Returns the deferred of functions that got no tokens to work on. */
static lariat_deferred *refuse_null(const char *function) {
  lr_misuse("%s: it is NULL", function);
  return lr_deferred_failed_reserve(NULL);
}

/* Makes the deferred before it takes a token: without memory, none is taken. */
static lariat_deferred *take_token(lr_tokens *tokens) {
  lariat_deferred *taken =
      lariat_deferred_new(tokens->state->reactor, NULL, NULL, NULL);
  if (lr_deferred_is_fired(taken)) return taken;
  tokens->free--;
  (void)lr_deferred_fire(taken, make_value(tokens));
  return taken;
}

lariat_deferred *lr_tokens_acquire(lr_tokens *tokens, const char *function) {
  if (!tokens) return refuse_null(function);
  if (tokens->free > 0) return take_token(tokens);
  return lr_waiters_add(&tokens->waiters, tokens->state);
}

lariat_status lr_tokens_release(lr_tokens *tokens, const char *function) {
  if (!tokens) {
    lr_misuse("%s: it is NULL", function);
    return LARIAT_EINVAL;
  }
  if (tokens->free == tokens->limit) return LARIAT_EALREADY;
  if (tokens->waiters.count > 0)
    lr_waiters_fire(&tokens->waiters, make_value(tokens));
  else
    tokens->free++;
  return LARIAT_OK;
}

/* The function that is run with a token. */
typedef struct token_job {
  lariat_function work;
  void *context;
} token_job;

/* Gives the token back: the result has come; or will never come, and nobody can
 * tell. */
static void give_token_back(void *context) {
  lr_tokens *tokens = context;
  (void)lr_tokens_release(tokens, __func__);
  lr_tokens_drop(tokens);
}

/* Runs the function; its result goes by a pair whose destructor gives the token
 * back. */
static lariat_value run_job(lariat_value result, void *context) {
  const token_job *job = context;
  lr_tokens *tokens = result.data;
  lariat_reactor *reactor = tokens->state->reactor;
  lariat_deferred *done = lariat_maybe(reactor, job->work, job->context);
  return lariat_deferred_value(
      lariat_deferred_add_both_owned(done, NULL, tokens, give_token_back));
}

static void free_job(void *context) { lr_free(context); }

lariat_deferred *lr_tokens_run(lr_tokens *tokens, lariat_function work,
                               void *context, const char *function) {
  if (!tokens) return refuse_null(function);
  token_job *waiting = lr_alloc(sizeof *waiting);
  if (!waiting) return lr_deferred_failed_reserve(tokens->state->reactor);
  *waiting = (token_job){work, context};
  return lariat_deferred_add_callback_owned(lr_tokens_acquire(tokens, function),
                                            run_job, waiting, free_job);
}
