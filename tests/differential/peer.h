/* SPDX-License-Identifier: MIT
 * peer.h: a child process that answers batches of programs with traces: one
 * with lariat's side in it, one with Twisted's. */
#ifndef TESTS_DIFFERENTIAL_PEER_H
#define TESTS_DIFFERENTIAL_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "differential/text.h"

struct peer {
  const char *title;
  char *const *command; /* to execute; NULL: lariat's side, in this program */
  const char *rows;     /* of the table, for lariat's side */
  pid_t pid;            /* 0: not running */
  int to;
  int from;
};

void peer_start(struct peer *peer);

/* Ends the child and waits for it. */
void peer_stop(struct peer *peer);

/* Sends a batch; its answer must be received before the next is sent. */
void peer_send(struct peer *peer, const struct text *batch);

/* Receives the answer.  False when the child died, or said nothing for a
 * minute: it is stopped then, and `answer` says why. */
bool peer_receive(struct peer *peer, struct text *answer);

/* Both; a child that was stopped is started before. */
bool peer_ask(struct peer *peer, const struct text *batch, struct text *answer);

#endif
