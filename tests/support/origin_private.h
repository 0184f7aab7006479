/* SPDX-License-Identifier: MIT
 * What origin.c (the thread, the listener, the public functions) and
 * origin_connection.c (one connection and its script) have in common.  All of
 * it is behind the origin's lock. */
#ifndef TESTS_SUPPORT_ORIGIN_PRIVATE_H
#define TESTS_SUPPORT_ORIGIN_PRIVATE_H

#include <netinet/in.h>
#include <pthread.h>

#include "base/list.h"
#include "support/origin.h"

enum {
  SCRIPTS_MAX = 64,
  ADDRESS_BUCKETS = 1024, /* buckets of the table of addresses */
  OUT_MOST = 8 * 1024,    /* of a connection */
  IN_MOST = 256 * 1024, /* received and not consumed of a body that is taken */
  DEAF_FILLERS = 4
};

/* An address of the origin's. */
struct address_counts {
  struct address_counts *next;
  in_addr_t address;
  struct origin_counts counts;
};

struct connection {
  lr_list all;     /* in origin.connections */
  lr_list waiting; /* in origin.waiting while due_ms is set */
  struct origin *origin;
  struct address_counts *address;
  int fd;
  uint32_t generation; /* tells it from an earlier owner of the number */
  uint32_t interest;
  char *in; /* received, not yet consumed */
  size_t in_length;
  size_t in_capacity;
  size_t request_length;          /* of the request in the works; 0: none is */
  const struct origin_step *step; /* NULL: idle */
  uint64_t progress;              /* within the step */
  unsigned long path_number;
  unsigned long answers;
  uint64_t due_ms;      /* when a wait is over */
  uint64_t received_ns; /* the last of what came in, if that is stamped */
  const char *out; /* bytes on their way out, in `buffer`, a text or `heap` */
  size_t out_length;
  char *heap;
  bool held;
  bool released;
  bool is_head; /* the request's method is HEAD */
  bool chunked;
  int body_state; /* enum body_state */
  bool body_over;
  uint64_t left;
  uint64_t body_taken;
  struct evp_md_ctx_st *digest;
  char buffer[OUT_MOST];
};

/* The reading of a body bit by bit. */
enum body_state {
  BODY_NONE,   /* the request was received whole before its script began */
  BODY_BYTES,  /* `left` bytes more, of the body or of its chunk */
  BODY_SIZE,   /* at a line with the size of a chunk */
  BODY_BREAK,  /* at the line break behind a chunk */
  BODY_TRAILER /* at the lines behind the last chunk */
};

struct script {
  const char *path;
  const struct origin_step *steps;
};

struct origin {
  pthread_mutex_t lock;
  pthread_cond_t changed; /* some events have been handled */
  pthread_t thread;
  bool stopping;
  bool running; /* the thread exists */
  int listener;
  int epoll_fd;
  int waker;
  int fillers[DEAF_FILLERS];
  char address[INET_ADDRSTRLEN]; /* for URLs */
  unsigned port;
  uint32_t generation;
  lr_list connections;
  lr_list waiting;
  struct connection **by_fd;
  size_t by_fd_capacity;
  struct script scripts[SCRIPTS_MAX];
  struct origin_counts counts;
  struct address_counts *addresses[ADDRESS_BUCKETS];
  struct origin_stamp *stamps; /* NULL: none are wanted */
  size_t stamps_capacity;
  size_t stamped;
};

/* CLOCK_MONOTONIC. */
uint64_t origin_now_ms(void);

/* Finds what is counted for one of the origin's addresses, or NULL. */
struct address_counts *origin_find_address(struct origin *origin,
                                           in_addr_t address);

/* Takes over the accepted descriptor `fd` and runs the script of new
 * connections.  False, with the descriptor still open, when out of memory. */
bool origin_take_connection(struct origin *origin, int fd, in_addr_t local);

/* Epoll reports `events`.  May destroy the connection. */
void origin_on_events(struct connection *c, uint32_t events);

/* Goes on with the script as far as it goes.  May destroy the connection. */
void origin_advance(struct connection *c);

/* Ends and frees the connection, with a FIN or with a RST. */
void origin_destroy_connection(struct connection *c, bool reset);

/* The built-in scripts, ended by a NULL path. */
struct origin_builtin {
  const char *path;
  const struct origin_step *steps;
};
extern const struct origin_builtin origin_builtins[];

#endif
