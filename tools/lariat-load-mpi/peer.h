/* SPDX-License-Identifier: MIT
 * peer.h: the other processes, as the leader knows them: where they are, what
 * they have told, what they have sent. */
#ifndef TOOLS_LARIAT_LOAD_MPI_PEER_H
#define TOOLS_LARIAT_LOAD_MPI_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock_offset.h"
#include "message.h"

enum peer_state {
  PEER_NEW,     /* nothing was heard of it */
  PEER_READY,   /* for the start */
  PEER_RUNNING, /* it was told when to begin */
  PEER_SENDING, /* its result is on its way */
  PEER_DONE,
  PEER_LOST /* it does not answer any more */
};

struct peer {
  enum peer_state state;
  int first; /* the least rank on its machine */
  char host[64];
  char plan_hash[32];
  char version[32];
  struct clock_offset clock;
  uint64_t heard_ns; /* by the leader's reactor */
  int unheard;       /* news sent to it since then */
  uint64_t failures; /* of its requests */
  int code;          /* the exit code that it told */
  bool early;        /* it ended before its time */
  char *result;      /* NULL: none */
  size_t length;
  MPI_Request receiving;
};

struct peers {
  struct peer *list; /* by rank; that of 0, the leader, stays empty */
  int count;         /* that of all processes */
};

/* Makes the table of so many processes.  False: out of memory. */
bool peers_open(struct peers *peers, int count);

/* Takes note of a message of one of them. */
void peers_take(struct peers *peers, int rank, int kind,
                const struct message *taken, uint64_t now_ns);

/* Looks which results have come. */
void peers_look_at_results(struct peers *peers);

/* Sends all of them that are not lost a message. */
void peers_tell(struct peers *peers, enum message_kind kind,
                const struct message *sent);

/* Sends those news that have heard the last ones. */
void peers_tell_news(struct peers *peers);

/* Returns how many are in that state. */
int peers_in(const struct peers *peers, enum peer_state state);

/* Returns the least rank of one in that state; 0: there is none. */
int peers_find(const struct peers *peers, enum peer_state state);

/* Returns the failed requests of all. */
uint64_t peers_failures(const struct peers *peers);

/* Frees what they have sent. */
void peers_close(struct peers *peers);

#endif
