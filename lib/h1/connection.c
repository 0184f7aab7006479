/* SPDX-License-Identifier: MIT
 * connection.c: connections between two exchanges, and their end. */
#include "h1/connection.h"

#include <string.h>
#include <sys/epoll.h>

#include "base/memory.h"
#include "base/time.h"
#include "h1/exchange.h"
#include "h1/unsent.h"
#include "http/unsolicited.h"

/* Connections are not kept for ever; as those of libcurl. */
static const uint64_t lifetime_ns = 3600 * LR_NS_PER_S;

/* How much memory for the lines of heads an idle connection keeps. */
enum { KEPT_LINE_BYTES = 1024 };

/* How many idle ones are looked at for one of whose host nothing runs. */
enum { RECLAIM_CANDIDATES = 8 };

static lr_poller *poller_of(const lr_connection *connection) {
  return lr_reactor_poller(connection->h1->reactor);
}

/* ---- Adoption ---- */

lr_connection *lr_connection_adopt(lr_h1 *h1, const lr_stream *stream,
                                   lr_host *host, const lariat_response *peer) {
  lr_connection *connection = lr_alloc_zero(sizeof *connection);
  if (!connection) return NULL;
  connection->stream = *stream;
  connection->watch.fd = stream->fd;
  connection->watch.ready = lr_exchange_ready;
  connection->h1 = h1;
  connection->host = host;
  connection->is_new = true;
  connection->opened_ns = lr_reactor_turn_ns(h1->reactor);
  connection->remote_port = peer->remote_port;
  memcpy(connection->remote_ip, peer->remote_ip, sizeof connection->remote_ip);
  lr_list_init(&connection->node);
  lr_list_init(&connection->age_node);
  lr_decode_item_init(&connection->decoding, lr_exchange_resume_decoding);
  if (lr_poller_set(poller_of(connection), &connection->watch,
                    EPOLLIN | EPOLLRDHUP) == LARIAT_OK)
    return connection;
  lr_free(connection);
  return NULL;
}

/* ---- Idle connections ---- */

/* Sets the timer for the oldest one.  A timer that expires too early costs less
 * than one that is moved each time; without memory for it, the next connection
 * to go idle tries again. */
static void set_idle_timer(lr_h1 *h1) {
  if (lr_timer_is_set(&h1->idle_timer)) return;
  lr_list *node = lr_list_first(&h1->idle);
  if (!node) return;
  const lr_connection *oldest = lr_container(node, lr_connection, age_node);
  (void)lr_reactor_set_timer(h1->reactor, &h1->idle_timer,
                             lr_add_ns(oldest->idle_ns, h1->idle_ns));
}

void lr_connection_close_expired(lr_timer *timer) {
  lr_h1 *h1 = lr_container(timer, lr_h1, idle_timer);
  uint64_t now_ns = lr_reactor_turn_ns(h1->reactor);
  lr_list *node;
  while ((node = lr_list_first(&h1->idle))) {
    lr_connection *oldest = lr_container(node, lr_connection, age_node);
    if (now_ns < lr_add_ns(oldest->idle_ns, h1->idle_ns)) break;
    lr_connection_close(oldest);
  }
  set_idle_timer(h1);
}

void lr_connection_make_idle(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  uint64_t now_ns = lr_reactor_turn_ns(h1->reactor);
  connection->job = NULL;
  connection->is_new = false;
  if (LR_RARE(connection->reads_on))
    lr_decode_item_remove(&connection->decoding);
  connection->reads_on = false;
  if (now_ns - connection->opened_ns > lifetime_ns) {
    lr_connection_close(connection);
    return;
  }
  if (connection->parser.line.capacity > KEPT_LINE_BYTES)
    lr_h1_parser_clear(&connection->parser);
  connection->idle_ns = now_ns;
  lr_list_prepend(&lr_h1_host_of(connection->host)->idle, &connection->node);
  lr_list_append(&h1->idle, &connection->age_node);
  set_idle_timer(h1);
}

/* Keeps it from being found idle, until it is closed. */
static void leave_idle_lists(lr_connection *connection) {
  lr_list_remove(&connection->node);
  lr_list_remove(&connection->age_node);
}

/* ---- Closing ---- */

void lr_connection_uncount(lr_h1 *h1, lr_host *host) {
  lr_connection_limit_count(h1->limit, host, (unsigned)-1);
  lr_hosts_forget(&h1->dispatcher->hosts, host);
  lr_dispatcher_unblock(h1->dispatcher);
}

void lr_connection_close(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  lr_host *host = connection->host;
  lr_poller_forget(poller_of(connection), &connection->watch);
  lr_stream_close(&connection->stream);
  leave_idle_lists(connection);
  lr_decode_item_remove(&connection->decoding);
  lr_h1_parser_clear(&connection->parser);
  if (LR_RARE(connection->unsent != NULL)) lr_unsent_free(connection->unsent);
  lr_buffer_clear(&connection->unread);
  lr_free(connection);
  lr_connection_uncount(h1, host);
}

/* Waits for what TLS must do before anything is received: what came was for TLS
 * itself. */
static void watch_idle(lr_connection *connection) {
  (void)lr_poller_set(poller_of(connection), &connection->watch,
                      connection->stream.needs_send ? EPOLLOUT
                                                    : EPOLLIN | EPOLLRDHUP);
}

void lr_connection_end_idle(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  ssize_t got =
      lr_stream_receive(&connection->stream, h1->inbound, sizeof h1->inbound);
  if (got == LR_STREAM_AGAIN) {
    watch_idle(connection);
    return;
  }
  leave_idle_lists(connection);
  if (got < 0 || got == LR_STREAM_END)
    lr_host_note_early_end(connection->host);
  else if (!lr_unsolicited_is_goodbye(h1->inbound, (size_t)got))
    lr_dispatcher_desync(h1->dispatcher, connection->host, connection->id);
  lr_connection_close(connection);
}

bool lr_connection_close_idle(lr_host *host, uint32_t most) {
  lr_h1_host *own = lr_h1_host_of(host);
  lr_list *node;
  bool any = false;
  while (most-- && (node = lr_list_first(&own->idle))) {
    bool last = node->next == &own->idle;
    lr_connection_close(lr_container(node, lr_connection, node));
    any = true;
    if (last) break; /* the host may be gone */
  }
  return any;
}

void lr_connection_mark_suspect(const lr_h1 *h1, const lr_host *host,
                                lr_connection_ids *ids) {
  const lr_list *idle = &lr_h1_host_of(host)->idle;
  const lr_list *running = &h1->dispatcher->running;
  for (lr_list *node = idle->next; node != idle; node = node->next)
    lr_connection_ids_add(ids, lr_container(node, lr_connection, node)->id);
  for (lr_list *node = running->next; node != running; node = node->next) {
    lr_connection *connection =
        lr_container(node, lr_job, pool.node)->pool.connection;
    if (!connection || connection->host != host) continue;
    connection->suspect = true;
    lr_connection_ids_add(ids, connection->id);
  }
}

bool lr_connection_reclaim_idle(lr_h1 *h1, bool all, bool busy) {
  lr_list *node = h1->idle.next;
  for (int i = 0; i < RECLAIM_CANDIDATES && node != &h1->idle; i++) {
    lr_connection *connection = lr_container(node, lr_connection, age_node);
    node = node->next;
    if (busy && !lr_connection_limit_is_idle(h1->limit, connection->idle_ns)) {
      lr_connection_limit_recheck_later(h1->limit);
      return false;
    }
    if (!all && connection->host->running) continue;
    lr_connection_close(connection);
    return true;
  }
  return false;
}
