/* SPDX-License-Identifier: MIT
 * twins.h: two pools side by side, one that has libcurl make every request and
 * one as it is by default, each with a raw origin of its own.  Both ask for the
 * same and get the same bytes; what comes of it must be the same, too.
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
#ifndef TESTS_SUPPORT_TWINS_H
#define TESTS_SUPPORT_TWINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/fetching.h"
#include "support/raw_origin.h"

enum { TWINS = 2, TWINS_WAVE = 64 };

/* What a request asks for beyond its method. */
enum twins_how {
  TWINS_PLAINLY,
  TWINS_UNDECODED, /* no compressed bodies are asked for */
  TWINS_LIMITED,   /* a body of 8 bytes at the most */
  TWINS_TO_FD,     /* the body goes to a descriptor */
  TWINS_STREAMED,  /* ... to the caller in pieces */
  TWINS_DISCARDED, /* ... nowhere */
  TWINS_AGAIN,     /* two retries */
  TWINS_HOWS
};

/* The answer's place. */
enum twins_place {
  TWINS_SECOND, /* on its connection, after a clean one */
  TWINS_FIRST,  /* on its connection, and of its host */
  TWINS_ANEW,   /* on its connection, but the host has given a clean one, and
                   has another connection that is in use */
  TWINS_PLACES
};

/* One answer, and how it is asked for. */
struct twins_trial {
  const char *name;
  const char *method;
  struct raw_answer answer;
  enum twins_how how;
  enum twins_place place;
  bool exact;            /* as many attempts, too */
  unsigned timeout_ms;   /* 0: long */
  lariat_status expects; /* of both, if not LARIAT_OK */
  lariat_phase phase;    /* with that; LARIAT_PHASE_NONE: any */
};

struct twin {
  lariat_pool *pool;
  lariat_client *client;
  lariat_client *undecoded;
  struct raw_origin *origin;
};

struct twins {
  struct fetching t; /* its pool and client are the first twin's */
  struct twin twin[TWINS];
  unsigned hosts; /* that were asked so far */
  uint64_t trials;
  uint64_t differences;
  uint64_t spoilt[TWINS]; /* requests after a trial that did not get theirs */
};

/* Aborts when it cannot. */
void twins_open(struct twins *twins);
void twins_close(struct twins *twins);

/* Makes all of them, each with a host of its own, a wave of TWINS_WAVE at a
 * time, and fails the test for each that does not come to the same. */
void twins_run(struct twins *twins, const struct twins_trial *trials,
               size_t count);

/* The pools' options. */
lariat_pool_options twins_pool_options(size_t index);

#endif
