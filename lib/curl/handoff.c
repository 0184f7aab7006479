/* SPDX-License-Identifier: MIT
 * handoff.c: the hand-over of a connection from libcurl. */
#include "curl/handoff.h"

#include <unistd.h>

#include "curl/engine.h"
#include "curl/outcome.h"
#include "curl/socket.h"
#include "curl/transfer.h"
#include "h1/connection.h"
#include "h1/exchange.h"

static bool is_parked(const lr_handoff *handoff) {
  return handoff->state == LR_HANDOFF_PARKED ||
         handoff->state == LR_HANDOFF_PARKED_UNUSED;
}

static bool has_socket(const lr_handoff *handoff) {
  return handoff->state == LR_HANDOFF_CONNECTED ||
         handoff->state == LR_HANDOFF_TAKEN;
}

void lr_handoff_want(lr_transfer *transfer, bool wanted) {
  transfer->handoff.state = wanted ? LR_HANDOFF_WANTED : LR_HANDOFF_NONE;
}

/* ---- From libcurl's connecting to its closing ---- */

/* Returns the attempt that has this port.  Mostly there is but one; libcurl
 * tries both families of addresses at once. */
static lr_socket *find_attempt(lr_transfer *transfer, int local_port) {
  bool only = transfer->attempts.next == transfer->attempts.prev;
  for (lr_list *node = transfer->attempts.next; node != &transfer->attempts;
       node = node->next) {
    lr_socket *socket = lr_container(node, lr_socket, attempt);
    if (only || lr_socket_local_port(socket->watch.fd) == local_port)
      return socket;
  }
  return NULL;
}

/* Begins anew if libcurl has connected before, for the same request. */
void lr_handoff_connected(lr_transfer *transfer, int local_port) {
  lr_handoff *handoff = &transfer->handoff;
  if (handoff->state == LR_HANDOFF_NONE) return;
  lr_handoff_forget_socket(transfer);
  lr_handoff_settle(transfer, false);
  handoff->state = LR_HANDOFF_WANTED;
  lr_socket *socket = find_attempt(transfer, local_port);
  if (!socket) return;
  socket->handed_by = transfer;
  handoff->state = LR_HANDOFF_CONNECTED;
  handoff->fd = socket->watch.fd;
  handoff->id = socket->id;
}

bool lr_handoff_take(lr_transfer *transfer) {
  lr_handoff *handoff = &transfer->handoff;
  if (handoff->state != LR_HANDOFF_CONNECTED ||
      transfer->reason != LR_REQUEST_BY_H1)
    return false;
  handoff->state = LR_HANDOFF_TAKEN;
  return true;
}

void lr_handoff_park(lr_transfer *transfer, int fd) {
  lr_handoff *handoff = &transfer->handoff;
  bool taken = handoff->state == LR_HANDOFF_TAKEN;
  handoff->state = taken ? LR_HANDOFF_PARKED_UNUSED : LR_HANDOFF_PARKED;
  handoff->fd = fd;
}

void lr_handoff_forget_socket(lr_transfer *transfer) {
  lr_handoff *handoff = &transfer->handoff;
  if (!has_socket(handoff)) return;
  lr_socket *socket = lr_sockets_find(&transfer->engine->sockets, handoff->fd);
  if (socket && socket->handed_by == transfer) socket->handed_by = NULL;
  handoff->state = LR_HANDOFF_NONE;
}

/* ---- What was parked ---- */

bool lr_handoff_was_taken(const lr_transfer *transfer) {
  return transfer->handoff.state == LR_HANDOFF_TAKEN ||
         transfer->handoff.state == LR_HANDOFF_PARKED_UNUSED;
}

/* A stream's response is away already. */
static lr_connection *adopt_parked(lr_transfer *transfer) {
  const lariat_response *peer = transfer->job->response;
  lariat_response own = {0};
  lr_stream stream;
  if (!peer) lr_outcome_read_remote(transfer, &own);
  lr_stream_of_descriptor(&stream, transfer->handoff.fd);
  lr_connection *connection = lr_connection_adopt(
      &transfer->engine->h1, &stream, transfer->host, peer ? peer : &own);
  if (!connection) return NULL;
  connection->id = transfer->handoff.id;
  transfer->handoff.state = LR_HANDOFF_NONE;
  return connection;
}

lr_connection *lr_handoff_adopt(lr_transfer *transfer) {
  return transfer->handoff.state == LR_HANDOFF_PARKED_UNUSED
             ? adopt_parked(transfer)
             : NULL;
}

static bool would_keep(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  if (lr_connection_limit_must_reclaim(&transfer->engine->limit,
                                       job->pool.host))
    return false;
  return job->attempt.outcome == LARIAT_OK && transfer->fault == LARIAT_OK &&
         !job->pool.host->learned.desync && lr_outcome_sent_all(transfer) &&
         lr_response_reader_keeps(transfer, transfer->handoff.fd);
}

void lr_handoff_settle(lr_transfer *transfer, bool keep) {
  lr_handoff *handoff = &transfer->handoff;
  if (!is_parked(handoff)) return;
  lr_connection *connection =
      keep && would_keep(transfer) ? adopt_parked(transfer) : NULL;
  if (connection) {
    lr_connection_make_idle(connection);
    return;
  }
  handoff->state = LR_HANDOFF_NONE;
  close(handoff->fd);
  lr_connection_uncount(&transfer->engine->h1, transfer->host);
}
