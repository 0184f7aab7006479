/* SPDX-License-Identifier: MIT
 * connect_only.c: transfers that stay for their connections. */
#include "curl/connect_only.h"

#include <unistd.h>

#include "curl/engine.h"
#include "curl/host_lanes.h"
#include "curl/lane.h"
#include "curl/socket.h"
#include "curl/transfer.h"
#include "h1/connection.h"
#include "h1/exchange.h"
#include "job/lease.h"
#include "net/tls_stream.h"

/* A request by libcurl costs 45,000 instructions more than one by h1, and a new
 * connection about a million. */
enum { REUSES_BY_LIBCURL = 16 };

bool lr_connect_only_replaces(const lr_job *job) {
  lr_curl_host *own = lr_curl_host_of(job->pool.host);
  if (!job->request.url.tls) return false;
  if (++own->reuses < REUSES_BY_LIBCURL) return false;
  own->reuses = 0;
  own->replacing = true;
  return true;
}

/* ---- The end ---- */

/* Takes the connection back from who does the counting for its host.  The
 * transfer may outlive the host. */
void lr_connect_only_release(lr_transfer *transfer, bool leaves_descriptor) {
  lr_engine *engine = transfer->engine;
  lr_socket *socket = lr_sockets_find(&engine->sockets, transfer->handoff.fd);
  lr_host_lane *part = lr_host_in_lane(transfer->host, transfer->lane);
  if (socket && socket->keeper == transfer)
    lr_socket_release(engine, socket, leaves_descriptor);
  else if (!leaves_descriptor) /* libcurl has given the connection up before */
    close(transfer->handoff.fd);
  if (part) part->running--;
  lr_host_leave_lane(transfer->host, transfer->lane);
  transfer->host = NULL;
  lr_list_append(&engine->released, &transfer->node);
  lr_reactor_request_turn(engine->reactor);
}

static void release_transfer(void *self) {
  lr_connect_only_release(self, false);
}

void lr_connect_only_end_released(lr_engine *engine) {
  lr_list *node;
  while ((node = lr_list_take_first(&engine->released))) {
    lr_transfer *transfer = lr_container(node, lr_transfer, node);
    lr_lane_remove(transfer->lane, transfer);
    lr_engine_keep_transfer(engine, transfer);
  }
}

/* ---- The beginning ---- */

/* Attaches the connection to its easy handle, which libcurl does when it is
 * received from: connections that are attached to none it may find idle for too
 * long, or their bytes unwanted, and close.  (It does not look for bytes of its
 * own accord: what came is h1's.) */
static size_t attach_connection(lr_transfer *transfer, char early[1]) {
  size_t got = 0;
  CURLcode code = curl_easy_recv(transfer->easy, early, 1, &got);
  return code == CURLE_OK ? got : 0;
}

static bool open_stream(lr_transfer *transfer, void (*release)(void *self),
                        lr_stream *stream) {
  const lr_lease *lease = transfer->job->lease;
  bool lends = lease && !lease->ahead;
  unsigned *buffered = lends ? NULL : &transfer->engine->tls_buffered;
  lr_tls_keeper keeper = {
      .release = release, .self = transfer, .buffered = buffered};
  char early[1];
  size_t early_length = attach_connection(transfer, early);
  return lr_tls_stream_open(stream, transfer->ssl, transfer->handoff.fd,
                            transfer->tls, keeper, early, early_length);
}

/* Makes the connection, of which the host and the transfer's lane go on to
 * count what they count. */
static lr_connection *open_connection(lr_transfer *transfer) {
  lr_stream stream;
  if (!open_stream(transfer, release_transfer, &stream)) return NULL;
  lr_connection *connection = lr_connection_adopt(
      &transfer->engine->h1, &stream, transfer->host, transfer->job->response);
  if (!connection) lr_tls_stream_abandon(&stream);
  return connection;
}

/* Keeps the socket of the transfer from libcurl's events; NULL: there is no
 * connection. */
static lr_socket *begin_keeping(lr_transfer *transfer) {
  lr_socket *socket = transfer->connection.socket;
  if (!socket || !transfer->ssl || !transfer->tls) return NULL;
  lr_handoff_forget_socket(transfer);
  transfer->handoff.fd = socket->watch.fd;
  lr_socket_set_keeper(socket, transfer);
  return socket;
}

/* Leaves the transfer to its connection, of which there is a stream. */
static void leave_transfer(lr_transfer *transfer) {
  lr_socket_detach(transfer);
  lr_socket_end_attempts(transfer);
  lr_list_remove(&transfer->node);
}

lr_connection *lr_connect_only_adopt(lr_transfer *transfer) {
  lr_socket *socket = begin_keeping(transfer);
  if (!socket) return NULL;
  lr_connection *connection = open_connection(transfer);
  if (!connection) {
    lr_socket_set_keeper(socket, NULL);
    return NULL;
  }
  connection->id = socket->id;
  leave_transfer(transfer);
  return connection;
}

/* Leaves it to who has the lease to tell of its end. */
static void ignore_release(void *self) { (void)self; }

bool lr_connect_only_lend(lr_transfer *transfer, lr_stream *stream) {
  lr_socket *socket = begin_keeping(transfer);
  if (!socket) return false;
  if (!open_stream(transfer, ignore_release, stream)) {
    lr_socket_set_keeper(socket, NULL);
    return false;
  }
  lr_tls_events_leave(transfer->ssl);
  leave_transfer(transfer);
  return true;
}
