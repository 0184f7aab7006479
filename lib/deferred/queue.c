/* SPDX-License-Identifier: MIT
 * queue.c: values that wait for somebody to get them, or those who wait for a
 * value; never both. */
#include <lariat/queue.h>

#include <string.h>

#include "base/memory.h"
#include "base/process.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"
#include "deferred/waiters.h"

struct lariat_queue {
  lr_deferred_state *state;
  size_t references;
  size_t size;
  size_t backlog;
  lr_waiters waiters;
  lariat_value *values; /* a ring */
  size_t capacity;      /* of the ring: 0 or a power of two */
  size_t first;
  size_t count;
};

enum { FIRST_CAPACITY = 8 };

lariat_status lariat_queue_new(lariat_reactor *reactor, size_t size,
                               size_t backlog, lariat_queue **out) {
  if (!out) return LARIAT_EINVAL;
  *out = NULL;
  if (!reactor) {
    lr_misuse("%s: the reactor is NULL", __func__);
    return LARIAT_EINVAL;
  }
  lr_deferred_state *state = lr_deferred_state_of(reactor);
  lariat_queue *queue = state ? lr_alloc_zero(sizeof *queue) : NULL;
  if (!queue) return LARIAT_ENOMEM;
  state->references++;
  queue->state = state;
  queue->references = 1;
  queue->size = size;
  queue->backlog = backlog;
  lr_waiters_init(&queue->waiters);
  *out = queue;
  return LARIAT_OK;
}

lariat_queue *lariat_queue_retain(lariat_queue *queue) {
  if (queue) queue->references++;
  return queue;
}

/* Takes the first value; there is one. */
static lariat_value take_first(lariat_queue *queue) {
  lariat_value value = queue->values[queue->first];
  queue->first = (queue->first + 1) & (queue->capacity - 1);
  queue->count--;
  return value;
}

void lariat_queue_drop(lariat_queue *queue) {
  if (!queue || --queue->references > 0) return;
  lr_deferred_state *state = queue->state;
  while (queue->count > 0) lariat_value_drop(take_first(queue));
  lr_waiters_clear(&queue->waiters);
  lr_free(queue->values);
  lr_free(queue);
  lr_deferred_state_release(state);
}

/* Moves the values into a larger ring, which begins at its beginning. */
static bool grow_ring(lariat_queue *queue) {
  const size_t most = SIZE_MAX / 2 / sizeof(lariat_value);
  size_t capacity = queue->capacity ? queue->capacity * 2 : FIRST_CAPACITY;
  lariat_value *values =
      capacity <= most ? lr_alloc(capacity * sizeof *values) : NULL;
  if (!values) return false;
  size_t count = queue->count;
  for (size_t i = 0; i < count; i++) values[i] = take_first(queue);
  lr_free(queue->values);
  queue->values = values;
  queue->capacity = capacity;
  queue->first = 0;
  queue->count = count;
  return true;
}

static lariat_status store_value(lariat_queue *queue, lariat_value value) {
  if (queue->count >= queue->size) return LARIAT_EOVERFLOW;
  if (queue->count == queue->capacity && !grow_ring(queue))
    return LARIAT_ENOMEM;
  queue->values[(queue->first + queue->count++) & (queue->capacity - 1)] =
      value;
  return LARIAT_OK;
}

lariat_status lariat_queue_put(lariat_queue *queue, lariat_value value) {
  if (!queue || value.type == &lariat_deferred_type) {
    lr_misuse("%s: %s", __func__,
              queue ? "the value is a deferred" : "the queue is NULL");
    return LARIAT_EINVAL;
  }
  if (queue->waiters.count == 0) return store_value(queue, value);
  lr_waiters_fire(&queue->waiters, value);
  return LARIAT_OK;
}

/* Makes the deferred before it takes the value, which stays without memory. */
static lariat_deferred *give_first(lariat_queue *queue) {
  lariat_deferred *given =
      lariat_deferred_new(queue->state->reactor, NULL, NULL, NULL);
  if (!lr_deferred_is_fired(given))
    (void)lr_deferred_fire(given, take_first(queue));
  return given;
}

lariat_deferred *lariat_queue_get(lariat_queue *queue) {
  if (!queue) {
    lr_misuse("%s: the queue is NULL", __func__);
    return lr_deferred_failed_reserve(NULL);
  }
  if (queue->count > 0) return give_first(queue);
  if (queue->waiters.count < queue->backlog)
    return lr_waiters_add(&queue->waiters, queue->state);
  return lariat_deferred_fail(queue->state->reactor, LARIAT_EUNDERFLOW,
                              "%zu wait already for the values of the queue",
                              queue->waiters.count);
}

size_t lariat_queue_count(const lariat_queue *queue) {
  return queue ? queue->count : 0;
}

size_t lariat_queue_waiting(const lariat_queue *queue) {
  return queue ? queue->waiters.count : 0;
}
