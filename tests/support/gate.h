/* SPDX-License-Identifier: MIT
 * gate.h: what one thread waits for until another opens it.  Any thread may
 * call anything. */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

#include <pthread.h>
#include <stdbool.h>

struct gate {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool open;
};

#define GATE_CLOSED                                                            \
  ((struct gate){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false})

static inline void gate_set(struct gate *gate, bool open) {
  pthread_mutex_lock(&gate->lock);
  gate->open = open;
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->lock);
}

static inline void gate_wait(struct gate *gate) {
  pthread_mutex_lock(&gate->lock);
  while (!gate->open) pthread_cond_wait(&gate->changed, &gate->lock);
  pthread_mutex_unlock(&gate->lock);
}

static inline bool gate_is_open(struct gate *gate) {
  pthread_mutex_lock(&gate->lock);
  bool open = gate->open;
  pthread_mutex_unlock(&gate->lock);
  return open;
}

#endif
