/* SPDX-License-Identifier: MIT
 * excess.c: what the kernel knows of connections that libcurl reads. */
#include "curl/excess.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "curl/engine.h"
#include "curl/lane.h"
#include "curl/transfer.h"
#include "http/unsolicited.h"
#include "schedule/dispatcher.h"

/* So many bytes too much may be line ends, which mean nothing. */
enum { LINE_ENDS = 4 };

/* As much as is looked at of what waits to be read. */
enum { PEEKED = 4096 };

/* The end of a connection counts as a byte. */
static uint64_t bytes_of(const struct tcp_info *info) {
  enum { ESTABLISHED = 1 };
  bool ended = info->tcpi_state != ESTABLISHED;
  return info->tcpi_bytes_received - (ended && info->tcpi_bytes_received);
}

uint64_t lr_excess_count_received(int fd) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return 0;
  return bytes_of(&info);
}

static bool is_plain_h1(const lr_host *host) {
  return !host->tls && host->protocol == LR_PROTOCOL_HTTP1 &&
         host->http != LARIAT_HTTP_2;
}

static void note_unsolicited(lr_transfer *transfer) {
  if (transfer->host->learned.desync) return;
  transfer->connection.suspect = true;
  lr_dispatcher_desync(transfer->engine->dispatcher, transfer->host,
                       transfer->connection.id);
}

/* ---- Behind a response ---- */

void lr_excess_note_closing(lr_socket *socket) {
  if (socket->transfer && is_plain_h1(socket->host))
    socket->transfer->connection.received =
        lr_excess_count_received(socket->watch.fd);
}

/* Returns the length of the response's body on the connection; -1: it cannot be
 * told. */
static int64_t body_length_of(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  const lariat_response *response = job->response;
  bool head = !job->request.get && strcmp(job->request.method, "HEAD") == 0;
  if (!response || response->status < 200) return -1;
  if (head || response->status == 204 || response->status == 304) return 0;
  if (lariat_response_header(response, "Transfer-Encoding")) return -1;
  return response->content_length;
}

/* Returns how many bytes of the connection the response ends at; 0: not known.
 */
static uint64_t expected_end(const lr_transfer *transfer) {
  int64_t body = body_length_of(transfer);
  long head = 0;
  if (body < 0) return 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_HEADER_SIZE, &head);
  return head > 0 ? transfer->connection.received_before + (uint64_t)head +
                        (uint64_t)body
                  : 0;
}

static uint64_t received_by(const lr_transfer *transfer) {
  return transfer->connection.socket
             ? lr_excess_count_received(transfer->connection.socket->watch.fd)
             : transfer->connection.received;
}

bool lr_excess_is_behind(lr_transfer *transfer) {
  if (!is_plain_h1(transfer->host) || !transfer->connection.id) return false;
  uint64_t received = received_by(transfer);
  uint64_t expected = expected_end(transfer);
  if (transfer->connection.socket)
    transfer->connection.socket->received = received;
  if (!expected || received <= expected) return false;
  if (received > expected + LINE_ENDS) note_unsolicited(transfer);
  return true;
}

void lr_excess_note_rubbish(lr_transfer *transfer) {
  if (is_plain_h1(transfer->host) &&
      received_by(transfer) > transfer->connection.received_before + LINE_ENDS)
    note_unsolicited(transfer);
}

/* ---- Before a request, and before its answer ---- */

/* Copies what waits to be read.  0: the connection has ended; below 0: nothing
 * waits. */
static ssize_t peek_at(int fd, char *bytes, size_t capacity) {
  return recv(fd, bytes, capacity, MSG_PEEK | MSG_DONTWAIT);
}

/* Over TLS a record of its own may wait, but libcurl itself uses no such
 * connection again. */
bool lr_excess_is_ahead(lr_transfer *transfer) {
  char bytes[PEEKED];
  lr_host *host = transfer->host;
  if (!transfer->connection.socket) return false;
  ssize_t got =
      peek_at(transfer->connection.socket->watch.fd, bytes, sizeof bytes);
  if (got < 0) return false;
  if (got == 0)
    lr_host_note_early_end(host);
  else if (is_plain_h1(host) && !lr_unsolicited_is_goodbye(bytes, (size_t)got))
    note_unsolicited(transfer);
  return true;
}

bool lr_excess_is_too_early(lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  int left = 0;
  if (!transfer->connection.socket || !is_plain_h1(transfer->host) ||
      job->body.bytes || job->body.source)
    return false;
  if (ioctl(transfer->connection.socket->watch.fd, SIOCOUTQ, &left) != 0 ||
      left == 0)
    return false;
  note_unsolicited(transfer);
  return true;
}

/* ---- Idle connections ---- */

void lr_excess_look_at_idle(lr_socket *socket) {
  char bytes[PEEKED];
  ssize_t got = peek_at(socket->watch.fd, bytes, sizeof bytes);
  if (got <= 0)
    lr_host_note_early_end(socket->host);
  else if (!lr_unsolicited_is_goodbye(bytes, (size_t)got))
    lr_dispatcher_desync(socket->lane->engine->dispatcher, socket->host,
                         socket->id);
}
