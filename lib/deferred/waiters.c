/* SPDX-License-Identifier: MIT
 * waiters.c: deferreds that wait in a queue. */
#include "deferred/waiters.h"

#include "base/memory.h"
#include "base/quarantine.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"

typedef struct waiter {
  lariat_deferred deferred;
  lr_list link;
  lr_waiters *waiters; /* NULL: it is in no queue */
} waiter;

static waiter *waiter_of(lariat_deferred *deferred) {
  return lr_container(deferred, waiter, deferred);
}

static void free_waiter(lariat_deferred *deferred) {
  lr_quarantine_free(waiter_of(deferred));
}

/* Takes `entry` out of the queue, with the queue's reference. */
static void leave_queue(waiter *entry) {
  lr_list_remove(&entry->link);
  entry->waiters->count--;
  entry->waiters = NULL;
}

/* Takes a waiter out that was cancelled, or fired by somebody else than the
 * queue. */
static void leave_early(lariat_deferred *deferred) {
  waiter *entry = waiter_of(deferred);
  if (!entry->waiters) return;
  leave_queue(entry);
  lr_deferred_release(deferred);
}

static const lr_deferred_ops waiter_ops = {
    .dispose = free_waiter, .cancel = leave_early, .fired = leave_early};

void lr_waiters_init(lr_waiters *waiters) {
  lr_list_init(&waiters->queue);
  waiters->count = 0;
}

lariat_deferred *lr_waiters_add(lr_waiters *waiters, lr_deferred_state *state) {
  waiter *entry = lr_alloc(sizeof *entry);
  if (!entry) return lr_deferred_failed_reserve(state->reactor);
  lr_deferred_init_in(&entry->deferred, state, &waiter_ops);
  entry->deferred.references = 2;
  entry->deferred.flags |= LR_DEFERRED_TELLS;
  entry->waiters = waiters;
  lr_list_append(&waiters->queue, &entry->link);
  waiters->count++;
  return &entry->deferred;
}

static waiter *take_first_waiter(lr_waiters *waiters) {
  lr_list *first = lr_list_first(&waiters->queue);
  if (!first) return NULL;
  waiter *entry = lr_container(first, waiter, link);
  leave_queue(entry);
  return entry;
}

void lr_waiters_fire(lr_waiters *waiters, lariat_value value) {
  waiter *entry = take_first_waiter(waiters);
  (void)lr_deferred_fire(&entry->deferred, value);
  lr_deferred_release(&entry->deferred);
}

void lr_waiters_clear(lr_waiters *waiters) {
  waiter *entry;
  while ((entry = take_first_waiter(waiters)) != NULL)
    lr_deferred_release(&entry->deferred);
}
