/* SPDX-License-Identifier: MIT
 * lock.c: a lock is one token. */
#include <lariat/lock.h>

#include "deferred/tokens.h"

struct lariat_lock {
  lr_tokens tokens;
};

const lariat_type lariat_lock_type = {
    .size = sizeof(lariat_type),
    .name = "lock",
    .drop = lr_tokens_drop_data,
    .share = lr_tokens_share_data,
};

static lr_tokens *tokens_of(lariat_lock *lock) {
  return lock ? &lock->tokens : NULL;
}

lariat_status lariat_lock_new(lariat_reactor *reactor, lariat_lock **out) {
  lr_tokens *made = NULL;
  lariat_status status = lr_tokens_new(reactor, &lariat_lock_type, 1,
                                       out ? &made : NULL, __func__);
  if (out) *out = (lariat_lock *)made;
  return status;
}

lariat_lock *lariat_lock_retain(lariat_lock *lock) {
  lr_tokens_retain(tokens_of(lock));
  return lock;
}

void lariat_lock_drop(lariat_lock *lock) { lr_tokens_drop(tokens_of(lock)); }

lariat_deferred *lariat_lock_acquire(lariat_lock *lock) {
  return lr_tokens_acquire(tokens_of(lock), __func__);
}

lariat_status lariat_lock_release(lariat_lock *lock) {
  return lr_tokens_release(tokens_of(lock), __func__);
}

bool lariat_lock_locked(const lariat_lock *lock) {
  return lock && lock->tokens.free == 0;
}

lariat_deferred *lariat_lock_run(lariat_lock *lock, lariat_function function,
                                 void *context) {
  return lr_tokens_run(tokens_of(lock), function, context, __func__);
}

lariat_lock *lariat_lock_in(lariat_value value) {
  return lariat_value_in(value, &lariat_lock_type);
}
