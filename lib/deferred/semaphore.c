/* SPDX-License-Identifier: MIT
 * semaphore.c: a semaphore is its tokens. */
#include <lariat/semaphore.h>

#include "deferred/tokens.h"

struct lariat_semaphore {
  lr_tokens tokens;
};

const lariat_type lariat_semaphore_type = {
    .size = sizeof(lariat_type),
    .name = "semaphore",
    .drop = lr_tokens_drop_data,
    .share = lr_tokens_share_data,
};

static lr_tokens *tokens_of(lariat_semaphore *semaphore) {
  return semaphore ? &semaphore->tokens : NULL;
}

lariat_status lariat_semaphore_new(lariat_reactor *reactor, size_t tokens,
                                   lariat_semaphore **out) {
  lr_tokens *made = NULL;
  lariat_status status = lr_tokens_new(reactor, &lariat_semaphore_type, tokens,
                                       out ? &made : NULL, __func__);
  if (out) *out = (lariat_semaphore *)made;
  return status;
}

lariat_semaphore *lariat_semaphore_retain(lariat_semaphore *semaphore) {
  lr_tokens_retain(tokens_of(semaphore));
  return semaphore;
}

void lariat_semaphore_drop(lariat_semaphore *semaphore) {
  lr_tokens_drop(tokens_of(semaphore));
}

lariat_deferred *lariat_semaphore_acquire(lariat_semaphore *semaphore) {
  return lr_tokens_acquire(tokens_of(semaphore), __func__);
}

lariat_status lariat_semaphore_release(lariat_semaphore *semaphore) {
  return lr_tokens_release(tokens_of(semaphore), __func__);
}

size_t lariat_semaphore_tokens(const lariat_semaphore *semaphore) {
  return semaphore ? semaphore->tokens.free : 0;
}

size_t lariat_semaphore_limit(const lariat_semaphore *semaphore) {
  return semaphore ? semaphore->tokens.limit : 0;
}

lariat_deferred *lariat_semaphore_run(lariat_semaphore *semaphore,
                                      lariat_function function, void *context) {
  return lr_tokens_run(tokens_of(semaphore), function, context, __func__);
}

lariat_semaphore *lariat_semaphore_in(lariat_value value) {
  return lariat_value_in(value, &lariat_semaphore_type);
}
