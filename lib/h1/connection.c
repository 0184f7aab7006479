/* SPDX-License-Identifier: MIT
 * Connections that libcurl has left to us: from there to their end. */
#include "h1/connection.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "curl/engine.h"
#include "curl/socket.h"
#include "curl/transfer.h"
#include "h1/exchange.h"
#include "job/job.h"
#include "schedule/dispatcher.h"
#include "schedule/host.h"

/* As libcurl's, see transfer.c. */
static const uint64_t lifetime_ns = UINT64_C(3600) * 1000000000u;

/* What an idle one keeps of the memory that an answer's lines took. */
enum { KEPT_LINE = 1024 };

/* How many idle ones are looked at for one whose host is still. */
enum { LOOKS = 8 };

static lr_poller *poller_of(const lr_connection *connection) {
  return lr_reactor_poller(connection->engine->reactor);
}

/* From libcurl to us. */

static int port_of(int fd) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return -1;
  if (address.ss_family == AF_INET6)
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* Mostly there is but one attempt; libcurl tries both families of addresses at
 * once.  It may have connected before, for the same request. */
void lr_connection_expect(lr_transfer *transfer, int local_port) {
  lr_socket_forget_leaver(transfer);
  for (lr_list *node = transfer->attempts.next; node != &transfer->attempts;
       node = node->next) {
    lr_socket *socket = lr_container(node, lr_socket, attempt);
    bool only = transfer->attempts.next == transfer->attempts.prev;
    if (only || port_of(socket->watch.fd) == local_port) {
      socket->leaver = transfer;
      transfer->leaving = socket->watch.fd;
      return;
    }
  }
}

void lr_connection_park(lr_transfer *transfer, int fd) {
  if (transfer->parked >= 0) lr_connection_settle(transfer, false);
  transfer->parked = fd;
}

static void uncount(lr_engine *engine, lr_host *host) {
  lr_engine_count_connection(engine, host, (unsigned)-1);
  lr_hosts_forget(&engine->dispatcher->hosts, host);
  lr_dispatcher_unblock(engine->dispatcher);
}

lr_connection *lr_connection_adopt(lr_transfer *transfer) {
  if (transfer->parked < 0) return NULL;
  lr_engine *engine = transfer->engine;
  const lariat_response *response = transfer->job->response;
  lr_connection *connection = lr_alloc_zero(sizeof *connection);
  if (!connection) return NULL;
  connection->watch.fd = transfer->parked;
  connection->watch.ready = lr_exchange_ready;
  connection->engine = engine;
  connection->host = transfer->host;
  connection->is_new = true;
  connection->opened_ns = lr_reactor_turn_ns(engine->reactor);
  connection->remote_port = response->remote_port;
  memcpy(connection->remote_ip, response->remote_ip,
         sizeof connection->remote_ip);
  lr_list_init(&connection->node);
  lr_list_init(&connection->age_node);
  if (lr_poller_set(poller_of(connection), &connection->watch,
                    EPOLLIN | EPOLLRDHUP) == LARIAT_OK) {
    transfer->parked = -1;
    return connection;
  }
  lr_free(connection);
  return NULL;
}

/* A host whose answers are in a coding that only libcurl can undo is left to
 * it. */
static bool is_readable(const lr_job *job) {
  const char *coding =
      lariat_response_header(job->response, "Content-Encoding");
  if (!coding || !job->decompress || lr_h1_is_gzip(coding)) return true;
  lr_connection_leave_host_to_libcurl(job->host);
  return false;
}

static bool would_keep(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  if (lr_engine_must_reclaim(transfer->engine, job->host)) return false;
  return job->outcome == LARIAT_OK && !job->host->needs_libcurl &&
         lr_h1_would_keep(job->response, !job->get) && is_readable(job);
}

void lr_connection_settle(lr_transfer *transfer, bool keep) {
  if (transfer->parked < 0) return;
  lr_connection *connection =
      keep && would_keep(transfer) ? lr_connection_adopt(transfer) : NULL;
  if (connection) {
    connection->host->h1_proven = true;
    lr_connection_make_idle(connection);
    return;
  }
  close(transfer->parked);
  transfer->parked = -1;
  uncount(transfer->engine, transfer->host);
}

/* Idle ones. */

static void expire(lr_timer *timer);

void lr_connections_init(lr_engine *engine) {
  lr_list_init(&engine->own.idle);
  engine->own.timer.expire = expire;
}

void lr_connections_clear(lr_engine *engine) {
  lr_list *node;
  lr_reactor_unset_timer(engine->reactor, &engine->own.timer);
  while ((node = lr_list_first(&engine->own.idle)))
    lr_connection_close(lr_container(node, lr_connection, age_node));
}

/* A timer that rings too early costs less than one that is moved each time.
 * Without memory for it the next one to go idle tries again. */
static void wait_for_oldest(lr_engine *engine) {
  if (lr_timer_is_set(&engine->own.timer)) return;
  lr_list *node = lr_list_first(&engine->own.idle);
  if (!node) return;
  const lr_connection *oldest = lr_container(node, lr_connection, age_node);
  (void)lr_reactor_set_timer(engine->reactor, &engine->own.timer,
                             oldest->idle_ns + engine->idle_ns);
}

static void expire(lr_timer *timer) {
  lr_engine *engine = lr_container(timer, lr_engine, own.timer);
  uint64_t now_ns = lr_reactor_turn_ns(engine->reactor);
  lr_list *node;
  while ((node = lr_list_first(&engine->own.idle))) {
    lr_connection *oldest = lr_container(node, lr_connection, age_node);
    if (now_ns < oldest->idle_ns + engine->idle_ns) break;
    lr_connection_close(oldest);
  }
  wait_for_oldest(engine);
}

void lr_connection_make_idle(lr_connection *connection) {
  lr_engine *engine = connection->engine;
  uint64_t now_ns = lr_reactor_turn_ns(engine->reactor);
  connection->job = NULL;
  connection->is_new = false;
  if (now_ns - connection->opened_ns > lifetime_ns) {
    lr_connection_close(connection);
    return;
  }
  if (connection->parser.line.capacity > KEPT_LINE)
    lr_h1_parser_clear(&connection->parser);
  connection->idle_ns = now_ns;
  lr_list_prepend(&connection->host->idle, &connection->node);
  lr_list_append(&engine->own.idle, &connection->age_node);
  wait_for_oldest(engine);
}

/* The end. */

void lr_connection_close(lr_connection *connection) {
  lr_engine *engine = connection->engine;
  lr_host *host = connection->host;
  lr_poller_forget(poller_of(connection), &connection->watch);
  close(connection->watch.fd);
  lr_list_remove(&connection->node);
  lr_list_remove(&connection->age_node);
  lr_h1_parser_clear(&connection->parser);
  lr_buffer_clear(&connection->unsent);
  lr_free(connection);
  uncount(engine, host);
}

bool lr_connection_close_idle(lr_host *host, uint32_t most) {
  lr_list *node;
  bool any = false;
  while (most-- && (node = lr_list_first(&host->idle))) {
    bool last = node->next == &host->idle;
    lr_connection_close(lr_container(node, lr_connection, node));
    any = true;
    if (last) break; /* the host may be gone */
  }
  return any;
}

void lr_connection_leave_host_to_libcurl(lr_host *host) {
  host->needs_libcurl = true;
  (void)lr_connection_close_idle(host, UINT32_MAX);
}

static bool is_in_between(const lr_connection *connection) {
  const lr_engine *engine = connection->engine;
  return engine->reserve && engine->running &&
         lr_reactor_turn_ns(engine->reactor) <
             connection->idle_ns + LR_IDLE_LEAST_NS;
}

bool lr_connection_reclaim_idle(lr_engine *engine, bool all) {
  lr_list *node = engine->own.idle.next;
  for (int i = 0; i < LOOKS && node != &engine->own.idle; i++) {
    lr_connection *connection = lr_container(node, lr_connection, age_node);
    node = node->next;
    if (is_in_between(connection)) {
      lr_engine_ask_later(engine);
      return false;
    }
    if (!all && connection->host->running) continue;
    lr_connection_close(connection);
    return true;
  }
  return false;
}
