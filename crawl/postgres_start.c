/* SPDX-License-Identifier: MIT
 * postgres_start.c: a thread that calls one function of libpq, and an eventfd
 * that tells of its end.  Both sides have what they share; the last one frees
 * it. */
#include "postgres_start.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "memory.h"
#include "postgres_wait.h"

enum { MOST_KEYS = 16, STACK_BYTES = 512 * 1024 };

typedef struct start {
  pthread_mutex_t mutex;
  char *keys[MOST_KEYS], *values[MOST_KEYS];
  int event; /* readable: the thread has called */
  PGconn *conn;
  bool is_left; /* by one of the two */
} start;

static void free_start(start *of) {
  PQfinish(of->conn);
  for (int i = 0; i < MOST_KEYS; i++) {
    lariat_memory_release(of->keys[i]);
    lariat_memory_release(of->values[i]);
  }
  if (of->event >= 0) close(of->event);
  pthread_mutex_destroy(&of->mutex);
  lariat_memory_release(of);
}

static bool copy_texts(const char *const *texts, char **copies) {
  for (int i = 0; texts[i]; i++)
    if (i + 1 == MOST_KEYS || !(copies[i] = lr_crawl_copy_text(texts[i])))
      return false;
  return true;
}

static start *make_start(const char *const *keys, const char *const *values) {
  start *of = lr_crawl_allocate(1, sizeof *of);
  if (!of) return NULL;
  pthread_mutex_init(&of->mutex, NULL);
  of->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (of->event >= 0 && copy_texts(keys, of->keys) &&
      copy_texts(values, of->values))
    return of;
  free_start(of);
  return NULL;
}

/* Leaves; the second one that does has to free. */
static bool leave(start *of) {
  pthread_mutex_lock(&of->mutex);
  bool last = of->is_left;
  of->is_left = true;
  pthread_mutex_unlock(&of->mutex);
  return last;
}

/* Puts another connection into its place, NULL say; returns the one there. */
static PGconn *exchange(start *of, PGconn *conn) {
  pthread_mutex_lock(&of->mutex);
  PGconn *before = of->conn;
  of->conn = conn;
  pthread_mutex_unlock(&of->mutex);
  return before;
}

static void *run(void *argument) {
  start *of = argument;
  const uint64_t one = 1;
  (void)exchange(of, PQconnectStartParams((const char *const *)of->keys,
                                          (const char *const *)of->values, 1));
  ssize_t written = write(of->event, &one, sizeof one);
  (void)written;
  if (leave(of)) free_start(of);
  return NULL;
}

/* Runs a thread that is not waited for, without signals. */
static int run_thread(start *of) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&thread, &attributes, run, of);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

lariat_status lr_crawl_postgres_start(lariat_reactor *reactor,
                                      const char *const *keys,
                                      const char *const *values, uint64_t ms,
                                      PGconn **out) {
  *out = NULL;
  start *of = make_start(keys, values);
  if (!of) return LARIAT_ENOMEM;
  if (run_thread(of)) {
    free_start(of);
    return LARIAT_ESYSTEM;
  }
  lariat_status status = lr_crawl_postgres_wait(reactor, of->event,
                                                LR_CRAWL_POSTGRES_READABLE, ms);
  if (!status) *out = exchange(of, NULL);
  if (leave(of)) free_start(of);
  return status;
}
