/* SPDX-License-Identifier: MIT
 * handoff.h: how a connection that libcurl has opened becomes h1's.
 *
 *   NONE -> WANTED -> CONNECTED -> PARKED         settle
 *                         |
 *                         +------> TAKEN -> PARKED_UNUSED   adopt
 *
 * A transfer that opens a connection, for a job that suits, wants to hand it
 * over.  When libcurl has connected, its socket is known; where the host is
 * known to conform, the exchange is taken before libcurl has sent anything, and
 * the transfer ends.  libcurl was told not to use the connection again, so that
 * it closes the socket at its end: the engine's callback does not close the
 * descriptor but parks it with the transfer, open and still counted.  What was
 * used for one answer becomes an idle connection if that answer allows it, what
 * was not used carries the job's own exchange. */
#ifndef LR_CURL_HANDOFF_H
#define LR_CURL_HANDOFF_H

#include <stdbool.h>
#include <stdint.h>

struct lr_connection;
struct lr_transfer;

typedef enum lr_handoff_state {
  LR_HANDOFF_NONE,
  LR_HANDOFF_WANTED,
  LR_HANDOFF_CONNECTED,
  LR_HANDOFF_TAKEN,
  LR_HANDOFF_PARKED,
  LR_HANDOFF_PARKED_UNUSED
} lr_handoff_state;

typedef struct lr_handoff {
  lr_handoff_state state;
  int fd;         /* from CONNECTED on */
  uint64_t id;    /* of that connection */
  bool makes_way; /* the open connection that is used is closed behind the
                     answer, for one of h1's (connect_only.h) */
} lr_handoff;

/* Begins: whether the transfer's new connection is to be handed over. */
void lr_handoff_want(struct lr_transfer *transfer, bool wanted);

/* Finds the socket on which libcurl has connected, by the number of its own
 * port.  Whatever was parked of an earlier one is closed. */
void lr_handoff_connected(struct lr_transfer *transfer, int local_port);

/* Decides whether h1 makes the request, of which libcurl has sent nothing;
 * true: the transfer must end now. */
bool lr_handoff_take(struct lr_transfer *transfer);

/* Parks the descriptor, which libcurl closes. */
void lr_handoff_park(struct lr_transfer *transfer, int fd);

/* Says whether the exchange was taken, parked or not. */
bool lr_handoff_was_taken(const struct lr_transfer *transfer);

/* Makes a connection for the transfer's job of what was parked unused.  NULL:
 * out of memory, or nothing was parked. */
struct lr_connection *lr_handoff_adopt(struct lr_transfer *transfer);

/* Ends: what was parked becomes an idle connection, if `keep` and the answer
 * allow that, else it is closed.  The transfer's host has jobs. */
void lr_handoff_settle(struct lr_transfer *transfer, bool keep);

/* Forgets the socket of a transfer that has been taken from its lane: the
 * connection stays libcurl's. */
void lr_handoff_forget_socket(struct lr_transfer *transfer);

#endif
