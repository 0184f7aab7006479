/* SPDX-License-Identifier: MIT
 * paired_pools.h: two pools side by side, one that has libcurl make every
 * request and one as it is by default, each with a manual server of its own.
 * Both ask for the same and get the same bytes; what comes of it must be the
 * same, too.
 *
 * What is the same is what a user gets: the response, down to its headers'
 * order and its body's digest, or the failure with its status, its phase and
 * the limit that ran out; and the end of retries.  The next request to that
 * host must get its own answer if lariat has read the one before.
 *
 * What may differ: how often a server is asked, and so how many attempts are
 * told, since a request whose answer is odd is made again on another
 * connection; whether the connection was open already; and the words of a
 * failure's message, with libcurl's code beside them.  Where nothing is odd
 * (`exact`), the attempts are compared as well. */
#ifndef TESTS_SUPPORT_PAIRED_POOLS_H
#define TESTS_SUPPORT_PAIRED_POOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/fetching.h"
#include "support/manual_server.h"

enum { PAIRED_POOLS = 2, PAIRED_WAVE = 64 };

/* Wishes of a request beyond its method. */
enum paired_pools_how {
  PAIRED_PLAINLY,
  PAIRED_UNDECODED, /* no compressed bodies are asked for */
  PAIRED_LIMITED,   /* a body of 8 bytes at the most */
  PAIRED_TO_FD,     /* the body goes to a descriptor */
  PAIRED_STREAMED,  /* ... to the caller in pieces */
  PAIRED_DISCARDED, /* ... nowhere */
  PAIRED_AGAIN,     /* two retries */
  PAIRED_EXPECTING, /* Expect: 100-continue, which is libcurl's in both */
  PAIRED_HOWS
};

/* The body of the request. */
enum paired_pools_body {
  PAIRED_NO_BODY,
  PAIRED_BYTES,    /* a few, in memory */
  PAIRED_MANY,     /* more than go out at once, in memory */
  PAIRED_LARGE,    /* more than two sockets hold, in memory */
  PAIRED_FILE,     /* a file */
  PAIRED_PRODUCED, /* a producer's, of known length */
  PAIRED_CHUNKS,   /* a producer's, of unknown length */
  PAIRED_BODIES
};

/* The answer's position. */
enum paired_pools_position {
  PAIRED_SECOND, /* on its connection, after a clean one */
  PAIRED_FIRST,  /* on its connection, and of its host */
  PAIRED_ANEW,   /* on its connection, but the host has given a clean one, and
                   has another connection that is in use */
  PAIRED_POSITIONS
};

/* An answer, and how it is asked for. */
struct paired_pools_trial {
  const char *name;
  const char *method;
  struct manual_answer answer;
  enum paired_pools_how how;
  enum paired_pools_body body;
  enum paired_pools_position position;
  bool exact;            /* as many attempts, too */
  unsigned timeout_ms;   /* 0: long */
  lariat_status expects; /* of both, if not LARIAT_OK */
  lariat_phase phase;    /* with that; LARIAT_PHASE_NONE: any */
};

struct paired_pool {
  lariat_pool *pool;
  lariat_client *client;
  lariat_client *undecoded;
  struct manual_server *origin;
};

struct paired_pools {
  struct fetching t; /* its pool and client are the first pair's */
  struct paired_pool pair[PAIRED_POOLS];
  int body_fd;    /* the file of PAIRED_FILE, which is read by position */
  unsigned hosts; /* that were asked so far */
  uint64_t trials;
  uint64_t differences;
  uint64_t kept_back; /* what libcurl did not show made the difference */
  uint64_t
      spoilt[PAIRED_POOLS]; /* requests after a trial that did not get theirs */
};

/* Aborts when it cannot. */
void paired_pools_open(struct paired_pools *pools);
void paired_pools_close(struct paired_pools *pools);

/* Makes all of them, each with a host of its own, a wave of PAIRED_WAVE at a
 * time, and fails the test for each that does not come to the same. */
void paired_pools_run(struct paired_pools *pools,
                      const struct paired_pools_trial *trials, size_t count);

/* The pools' options. */
lariat_pool_options paired_pools_pool_options(size_t index);

#endif
