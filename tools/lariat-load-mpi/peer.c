/* SPDX-License-Identifier: MIT
 * peer.c: a table, by rank. */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

bool peers_open(struct peers *peers, int count) {
  peers->list = calloc((size_t)count, sizeof *peers->list);
  peers->count = peers->list ? count : 0;
  for (int i = 0; i < peers->count; i++)
    peers->list[i].receiving = MPI_REQUEST_NULL;
  return peers->list != NULL;
}

void peers_close(struct peers *peers) {
  for (int i = 0; i < peers->count; i++) free(peers->list[i].result);
  free(peers->list);
}

/* ---- Messages ---- */

static void copy_text(char *to, size_t capacity, const char *from,
                      size_t most) {
  snprintf(to, capacity, "%.*s", (int)most, from);
}

static void take_hello(struct peer *peer, const struct message *taken) {
  peer->state = taken->code ? PEER_DONE : PEER_READY;
  peer->code = taken->code;
  peer->first = (int)taken->numbers[0];
  copy_text(peer->host, sizeof peer->host, taken->host, sizeof taken->host);
  copy_text(peer->plan_hash, sizeof peer->plan_hash, taken->plan_hash,
            sizeof taken->plan_hash);
  copy_text(peer->version, sizeof peer->version, taken->version,
            sizeof taken->version);
}

/* Prepares for the result that is on its way, if there is one. */
static void take_end(struct peer *peer, int rank, const struct message *taken) {
  peer->state = PEER_DONE;
  peer->code = taken->code;
  peer->early = taken->flag != 0;
  peer->length = (size_t)taken->numbers[0];
  if (!peer->length) return;
  peer->result = malloc(peer->length);
  if (peer->result &&
      MPI_Irecv(peer->result, (int)peer->length, MPI_BYTE, rank, MESSAGE_RESULT,
                MPI_COMM_WORLD, &peer->receiving) == MPI_SUCCESS)
    peer->state = PEER_SENDING;
  else
    peer->state = PEER_LOST;
}

void peers_take(struct peers *peers, int rank, int kind,
                const struct message *taken, uint64_t now_ns) {
  struct peer *peer = &peers->list[rank];
  if (peer->state == PEER_LOST) return;
  peer->heard_ns = now_ns;
  peer->unheard = 0;
  if (kind == MESSAGE_HELLO)
    take_hello(peer, taken);
  else if (kind == MESSAGE_NEWS)
    peer->failures = (uint64_t)taken->numbers[0];
  else if (kind == MESSAGE_END)
    take_end(peer, rank, taken);
}

void peers_look_at_results(struct peers *peers) {
  for (int i = 1; i < peers->count; i++) {
    struct peer *peer = &peers->list[i];
    int here = 0;
    if (peer->state != PEER_SENDING) continue;
    if (MPI_Test(&peer->receiving, &here, MPI_STATUS_IGNORE) != MPI_SUCCESS)
      peer->state = PEER_LOST;
    else if (here)
      peer->state = PEER_DONE;
  }
}

void peers_tell(struct peers *peers, enum message_kind kind,
                const struct message *sent) {
  for (int i = 1; i < peers->count; i++)
    if (peers->list[i].state != PEER_LOST && !message_send(i, kind, sent))
      peers->list[i].state = PEER_LOST;
}

void peers_tell_news(struct peers *peers) {
  struct message news = {.code = 0};
  for (int i = 1; i < peers->count; i++) {
    struct peer *peer = &peers->list[i];
    if (peer->state == PEER_LOST || peer->unheard >= MESSAGE_UNHEARD) continue;
    peer->unheard++;
    if (!message_send(i, MESSAGE_NEWS, &news)) peer->state = PEER_LOST;
  }
}

/* ---- Counts ---- */

int peers_in(const struct peers *peers, enum peer_state state) {
  int count = 0;
  for (int i = 1; i < peers->count; i++) count += peers->list[i].state == state;
  return count;
}

int peers_find(const struct peers *peers, enum peer_state state) {
  for (int i = 1; i < peers->count; i++)
    if (peers->list[i].state == state) return i;
  return 0;
}

uint64_t peers_failures(const struct peers *peers) {
  uint64_t failures = 0;
  for (int i = 1; i < peers->count; i++) failures += peers->list[i].failures;
  return failures;
}
