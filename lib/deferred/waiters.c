/* SPDX-License-Identifier: MIT
 * waiters.c: deferreds that wait in a row. */
#include "deferred/waiters.h"

#include "base/memory.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"

typedef struct waiter {
  lariat_deferred deferred;
  lr_list link;
  lr_waiters *waiters; /* NULL: it is in no row */
} waiter;

static waiter *waiter_of(lariat_deferred *deferred) {
  return lr_container(deferred, waiter, deferred);
}

static void free_waiter(lariat_deferred *deferred) {
  lr_free(waiter_of(deferred));
}

/* Takes it out of the row, with the row's reference. */
static void leave(waiter *one) {
  lr_list_remove(&one->link);
  one->waiters->count--;
  one->waiters = NULL;
}

/* Cancelled, or fired by somebody else than the row. */
static void leave_row(lariat_deferred *deferred) {
  waiter *one = waiter_of(deferred);
  if (!one->waiters) return;
  leave(one);
  lr_deferred_release(deferred);
}

static const lr_deferred_ops waiter_ops = {
    .dispose = free_waiter, .cancel = leave_row, .fired = leave_row};

void lr_waiters_init(lr_waiters *waiters) {
  lr_list_init(&waiters->row);
  waiters->count = 0;
}

lariat_deferred *lr_waiters_add(lr_waiters *waiters, lr_deferred_state *state) {
  waiter *one = lr_alloc(sizeof *one);
  if (!one) return lr_deferred_failed_reserve(state->reactor);
  lr_deferred_init_in(&one->deferred, state, &waiter_ops);
  one->deferred.references = 2;
  one->deferred.flags |= LR_DEFERRED_TELLS;
  one->waiters = waiters;
  lr_list_append(&waiters->row, &one->link);
  waiters->count++;
  return &one->deferred;
}

static waiter *take_first(lr_waiters *waiters) {
  lr_list *first = lr_list_first(&waiters->row);
  if (!first) return NULL;
  waiter *one = lr_container(first, waiter, link);
  leave(one);
  return one;
}

void lr_waiters_fire(lr_waiters *waiters, lariat_value value) {
  waiter *one = take_first(waiters);
  (void)lr_deferred_fire(&one->deferred, value);
  lr_deferred_release(&one->deferred);
}

void lr_waiters_clear(lr_waiters *waiters) {
  waiter *one;
  while ((one = take_first(waiters)) != NULL)
    lr_deferred_release(&one->deferred);
}
