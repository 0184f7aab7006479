/* SPDX-License-Identifier: MIT
 * See delay.h. */
#define _GNU_SOURCE
#include "delay.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct delay {
  uint64_t due_ns;
  struct MHD_Connection *connection;
};

struct delays {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  struct delay *heap; /* the earliest first */
  size_t count;
  size_t capacity;
  bool ended;
};

static uint64_t now_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void swap(struct delay *a, struct delay *b) {
  struct delay kept = *a;

  *a = *b;
  *b = kept;
}

static void rise(struct delay *heap, size_t i) {
  while (i > 0 && heap[i].due_ns < heap[(i - 1) / 2].due_ns) {
    swap(&heap[i], &heap[(i - 1) / 2]);
    i = (i - 1) / 2;
  }
}

static void sink(struct delay *heap, size_t count) {
  size_t i = 0;

  for (;;) {
    size_t child = 2 * i + 1;

    if (child >= count) return;
    if (child + 1 < count && heap[child + 1].due_ns < heap[child].due_ns)
      child++;
    if (heap[i].due_ns <= heap[child].due_ns) return;
    swap(&heap[i], &heap[child]);
    i = child;
  }
}

static void resume_first(struct delays *delays) {
  struct MHD_Connection *connection = delays->heap[0].connection;

  delays->heap[0] = delays->heap[--delays->count];
  sink(delays->heap, delays->count);
  MHD_resume_connection(connection);
}

/* With the lock held; gives it up while it sleeps. */
static void wait_for_first(struct delays *delays) {
  uint64_t due_ns = delays->heap[0].due_ns;
  struct timespec due = {.tv_sec = (time_t)(due_ns / 1000000000u),
                         .tv_nsec = (long)(due_ns % 1000000000u)};

  pthread_cond_timedwait(&delays->changed, &delays->lock, &due);
}

static void *resume_when_due(void *context) {
  struct delays *delays = context;

  pthread_mutex_lock(&delays->lock);
  while (!delays->ended) {
    if (!delays->count)
      pthread_cond_wait(&delays->changed, &delays->lock);
    else if (delays->heap[0].due_ns > now_ns())
      wait_for_first(delays);
    else
      resume_first(delays);
  }
  pthread_mutex_unlock(&delays->lock);
  return NULL;
}

struct delays *delays_new(void) {
  struct delays *delays = calloc(1, sizeof *delays);
  pthread_condattr_t attributes;

  if (!delays) return NULL;
  pthread_mutex_init(&delays->lock, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&delays->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  if (!pthread_create(&delays->thread, NULL, resume_when_due, delays))
    return delays;
  pthread_cond_destroy(&delays->changed);
  pthread_mutex_destroy(&delays->lock);
  free(delays);
  return NULL;
}

void delays_end(struct delays *delays) {
  pthread_mutex_lock(&delays->lock);
  delays->ended = true;
  while (delays->count) resume_first(delays);
  pthread_cond_signal(&delays->changed);
  pthread_mutex_unlock(&delays->lock);
}

void delays_free(struct delays *delays) {
  if (!delays) return;
  delays_end(delays);
  pthread_join(delays->thread, NULL);
  pthread_cond_destroy(&delays->changed);
  pthread_mutex_destroy(&delays->lock);
  free(delays->heap);
  free(delays);
}

static bool make_room(struct delays *delays) {
  size_t capacity = delays->capacity ? 2 * delays->capacity : 64;
  struct delay *heap;

  if (delays->count < delays->capacity) return true;
  heap = realloc(delays->heap, capacity * sizeof *heap);
  if (!heap) return false;
  delays->heap = heap;
  delays->capacity = capacity;
  return true;
}

bool delays_add(struct delays *delays, struct MHD_Connection *connection,
                uint64_t delay_ms) {
  bool added;

  pthread_mutex_lock(&delays->lock);
  added = !delays->ended && make_room(delays);
  if (added) {
    struct delay *slot = &delays->heap[delays->count];

    slot->due_ns = now_ns() + delay_ms * 1000000u;
    slot->connection = connection;
    MHD_suspend_connection(connection);
    rise(delays->heap, delays->count++);
    pthread_cond_signal(&delays->changed);
  }
  pthread_mutex_unlock(&delays->lock);
  return added;
}
