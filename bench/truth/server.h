/* SPDX-License-Identifier: MIT
 * server.h: one thread of truthd: its connections, and what it answers them. */
#ifndef BENCH_TRUTH_SERVER_H
#define BENCH_TRUTH_SERVER_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "plan.h"

/* What all threads share. */
struct server_shared {
  struct plan plan;
  SSL_CTX *tls; /* NULL: http */
  uint64_t start_ns;
  uint64_t requests_max;
  unsigned connections_max; /* of each thread */
  unsigned capacity;        /* served at once; 0: all; one thread alone */
  unsigned body_bytes;
  char *answers[2][2]; /* [error][keep_alive] */
  size_t lengths[2][2];
  _Atomic uint64_t requests; /* the number of the next one */
  _Atomic bool ends;
};

struct server;

/* Makes a thread's part, with a socket that listens, which it takes over.
 * NULL: out of memory or descriptors. */
struct server *server_new(struct server_shared *shared, unsigned thread,
                          int listener);

/* Serves until `shared->ends` and server_wake; a thread's function. */
void *server_run(void *server);
void server_wake(struct server *server);
void server_free(struct server *server);

/* What it did, when it has ended. */
struct server_totals {
  const struct journal *journal;
  uint64_t connections;
  uint64_t refused; /* connections beyond the most, requests that are none */
  uint64_t waited;  /* requests that waited for the capacity */
  bool failed;      /* out of memory, or more requests than it may have */
};
struct server_totals server_totals(const struct server *server);

/* Makes the answers of `body_bytes`; false: out of memory. */
bool server_make_answers(struct server_shared *shared);
void server_free_answers(struct server_shared *shared);

#endif
