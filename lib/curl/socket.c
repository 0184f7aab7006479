/* SPDX-License-Identifier: MIT
 * socket.c: libcurl's descriptors, registered lazily. */
#include "curl/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "curl/engine.h"
#include "curl/excess.h"
#include "curl/handoff.h"
#include "curl/host_lanes.h"
#include "curl/lane.h"
#include "curl/transfer.h"
#include "net/address_guard.h"
#include "net/network.h"
#include "reactor/log.h"
#include "schedule/dispatcher.h"
#include "schedule/host.h"

enum { FIRST_CAPACITY = 256 };

/* The events for which an idle connection is watched. */
static const uint32_t idle_events = EPOLLIN | EPOLLRDHUP;

void lr_sockets_init(lr_sockets *sockets) {
  sockets->by_fd = NULL;
  sockets->capacity = 0;
}

void lr_sockets_clear(lr_sockets *sockets) {
  for (uint32_t i = 0; i < sockets->capacity; i++) lr_free(sockets->by_fd[i]);
  lr_free(sockets->by_fd);
  lr_sockets_init(sockets);
}

static bool grow_table(lr_sockets *sockets, uint32_t fd) {
  uint32_t capacity = sockets->capacity ? sockets->capacity : FIRST_CAPACITY;
  while (capacity <= fd) capacity *= 2;
  lr_socket **by_fd =
      lr_realloc(sockets->by_fd, capacity * sizeof *sockets->by_fd);
  if (!by_fd) return false;
  for (uint32_t i = sockets->capacity; i < capacity; i++) by_fd[i] = NULL;
  sockets->by_fd = by_fd;
  sockets->capacity = capacity;
  return true;
}

lr_socket *lr_sockets_find(const lr_sockets *sockets, curl_socket_t fd) {
  return (uint32_t)fd < sockets->capacity ? sockets->by_fd[fd] : NULL;
}

static int curl_events_of(uint32_t events) {
  int bits = 0;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) bits |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) bits |= CURL_CSELECT_OUT;
  if (events & EPOLLERR) bits |= CURL_CSELECT_ERR;
  return bits;
}

/* Says whether bytes may come on an idle connection: between two answers of
 * HTTP/1 without TLS none may.  (libcurl does not wait for a transfer that is
 * paused, either.) */
static bool may_receive(const lr_socket *socket) {
  const lr_host *host = socket->host;
  return host->tls || host->protocol != LR_PROTOCOL_HTTP1 || socket->transfer;
}

/* Notes that a connection is of no more use.  libcurl would notice at the
 * lane's next request only, so the lane is looked at. */
static void mark_dead(lr_socket *socket) {
  lr_engine *engine = socket->lane->engine;
  (void)lr_poller_set(lr_reactor_poller(engine->reactor), &socket->watch, 0);
  if (socket->dead) return;
  socket->dead = true;
  if (socket->lane->dead++ == 0)
    socket->lane->dead_ns = lr_reactor_turn_ns(engine->reactor);
  lr_lane_mark_dirty(socket->lane);
}

void lr_socket_end(lr_socket *socket) {
  (void)shutdown(socket->watch.fd, SHUT_RDWR);
  mark_dead(socket);
}

/* Handles what comes on an idle connection: its end, or bytes.  Those that
 * nobody asked for old versions of libcurl take for the next answer's, so that
 * is the end of the connection, too.  Others (a session ticket of TLS 1.3)
 * would wake the reactor for ever, so that only the end is watched for from now
 * on. */
static void handle_idle_event(lr_socket *socket, uint32_t events) {
  lr_engine *engine = socket->lane->engine;
  if (!may_receive(socket)) {
    lr_excess_look_at_idle(socket);
    lr_socket_end(socket);
  } else if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    if (!socket->transfer) lr_host_note_early_end(socket->host);
    mark_dead(socket);
  } else {
    (void)lr_poller_set(lr_reactor_poller(engine->reactor), &socket->watch,
                        EPOLLRDHUP);
  }
}

static void handle_event(lr_watch *watch, uint32_t events) {
  lr_socket *socket = lr_container(watch, lr_socket, watch);
  if (socket->host && socket->wanted == 0)
    handle_idle_event(socket, events);
  else if (socket->wanted == 0) /* a wake-up for nobody: libcurl will see it */
    (void)lr_poller_set(lr_reactor_poller(socket->lane->engine->reactor), watch,
                        0);
  else
    lr_lane_event(socket->lane, watch->fd, curl_events_of(events));
}

static void drop_socket(lr_engine *engine, lr_socket *socket) {
  lr_poller_forget(lr_reactor_poller(engine->reactor), &socket->watch);
  lr_list_remove(&socket->attempt);
  if (socket->lane->wake_up == socket) socket->lane->wake_up = NULL;
  lr_list_remove(&socket->lane_node);
  if (socket->transfer) socket->transfer->connection.socket = NULL;
  engine->sockets.by_fd[socket->watch.fd] = NULL;
  lr_free(socket);
}

static void leave_socket_lane(lr_engine *engine, lr_socket *socket) {
  lr_host_lane *part = lr_host_in_lane(socket->host, socket->lane);
  if (part) part->open--;
  socket->lane->open--;
  if (socket->dead) socket->lane->dead--;
  lr_engine_lane_has_capacity(engine, socket->lane);
}

/* Uncounts a connection that was closed; its host is forgotten when nothing
 * else is left of it. */
static void uncount_socket(lr_engine *engine, lr_socket *socket) {
  lr_host *host = socket->host;
  leave_socket_lane(engine, socket);
  lr_connection_limit_count(&engine->limit, host, (unsigned)-1);
  lr_connection_limit_note_closed(&engine->limit, host);
  /* The next connection may speak another protocol, and is waited for. */
  if (host->connections.open == 0 && host->protocol == LR_PROTOCOL_HTTP2)
    host->protocol = LR_PROTOCOL_UNKNOWN;
  lr_host_leave_lane(host, socket->lane);
  lr_hosts_forget(&engine->dispatcher->hosts, host);
  lr_dispatcher_unblock(engine->dispatcher);
}

static void end_socket(lr_engine *engine, lr_socket *socket) {
  if (socket->host) uncount_socket(engine, socket);
  drop_socket(engine, socket);
}

/* Makes what is kept of a descriptor.  A number that is still known was closed
 * without a word.  All the memory that its watch may need is taken now: libcurl
 * could not be told later. */
static lr_socket *add_socket(lr_engine *engine, lr_lane *lane, lr_host *host,
                             int fd) {
  lr_sockets *sockets = &engine->sockets;
  if ((uint32_t)fd >= sockets->capacity && !grow_table(sockets, (uint32_t)fd))
    return NULL;
  if (!lr_poller_reserve(lr_reactor_poller(engine->reactor), fd)) return NULL;
  if (sockets->by_fd[fd]) end_socket(engine, sockets->by_fd[fd]);
  lr_socket *socket = lr_alloc_zero(sizeof *socket);
  if (!socket) return NULL;
  socket->watch.fd = fd;
  socket->watch.ready = handle_event;
  socket->lane = lane;
  socket->host = host;
  lr_list_init(&socket->attempt);
  lr_list_init(&socket->lane_node);
  sockets->by_fd[fd] = socket;
  return socket;
}

/* Notes that the guard denies the address, which is the one that libcurl would
 * connect to. */
static LR_COLD void note_denied(lr_transfer *transfer,
                                const struct curl_sockaddr *address) {
  lr_ip ip;
  lr_u64_bump(&transfer->engine->stats->denied, 1);
  if (transfer->tries.denied++) return;
  if (lr_ip_read(&address->addr, address->addrlen, &ip))
    lr_ip_write(&ip, transfer->denied_ip);
  else
    transfer->denied_ip[0] = '\0';
  const lariat_log_field fields[] = {{"address", transfer->denied_ip},
                                     {"origin", transfer->host->key}};
  lr_log_say(transfer->engine->reactor, LR_LOG_DENIED, fields, 2);
}

static bool is_allowed(lr_transfer *transfer,
                       const struct curl_sockaddr *address) {
  const lr_address_guard *guard = transfer->engine->guard;
  if (!guard ||
      lr_address_guard_allows(guard, &address->addr, address->addrlen))
    return true;
  note_denied(transfer, address);
  return false;
}

static int make_socket(lr_transfer *transfer,
                       const struct curl_sockaddr *address) {
  int fd =
      socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
             address->protocol);
  if (fd >= 0) return fd;
  if (errno == EMFILE || errno == ENFILE) transfer->tries.out_of_fds = true;
  if (errno == ENOMEM || errno == ENOBUFS) transfer->tries.out_of_memory = true;
  return -1;
}

/* Refuses libcurl a socket.  Its next try may come to the same, and then old
 * versions do not go on by themselves: see lr_lane_process. */
static LR_COLD curl_socket_t refuse_socket(lr_transfer *transfer) {
  if (transfer->tries.refused++ == 0) transfer->lane->refused++;
  lr_lane_mark_dirty(transfer->lane);
  return CURL_SOCKET_BAD;
}

curl_socket_t lr_socket_open(void *transfer_pointer, curlsocktype purpose,
                             struct curl_sockaddr *address) {
  lr_transfer *transfer = transfer_pointer;
  lr_engine *engine = transfer->engine;
  (void)purpose;
  lr_name_resolution_correct(transfer, address);
  if (!is_allowed(transfer, address)) return refuse_socket(transfer);
  int fd = make_socket(transfer, address);
  if (fd < 0) return refuse_socket(transfer);
  lr_socket *socket = NULL;
  if (lr_host_enter_lane(transfer->host, transfer->lane))
    socket = add_socket(engine, transfer->lane, transfer->host, fd);
  if (!socket) {
    close(fd);
    transfer->tries.out_of_memory = true;
    errno = ENOMEM;
    return refuse_socket(transfer);
  }
  /* libcurl may be trying again, after a connection that turned out to be
   * dead.  It counts that over the life of the handle, and gives up. */
  if (transfer->tries.may_reuse) transfer->needs_reset = true;
  transfer->tries.opened++;
  transfer->tries.in_handshake = false;
  socket->id = lr_engine_next_connection(engine);
  lr_list_append(&transfer->lane->sockets, &socket->lane_node);
  lr_list_append(&transfer->attempts, &socket->attempt);
  lr_host_in_lane(transfer->host, transfer->lane)->open++;
  transfer->lane->open++;
  lr_connection_limit_count(&engine->limit, transfer->host, 1);
  lr_u64_bump(&engine->stats->opened, 1);
  lr_engine_connection_came(engine, transfer);
  return fd;
}

/* ---- Sockets of h1's connections that libcurl keeps ---- */

void lr_socket_set_keeper(lr_socket *socket, lr_transfer *keeper) {
  socket->keeper = keeper;
  if (keeper)
    lr_poller_hand_over(lr_reactor_poller(keeper->engine->reactor),
                        &socket->watch);
}

void lr_socket_release(lr_engine *engine, lr_socket *socket,
                       bool leaves_descriptor) {
  socket->left = leaves_descriptor;
  leave_socket_lane(engine, socket);
  socket->host = NULL;
}

/* Ends what is known of a kept socket that libcurl closes.  The descriptor of
 * one that h1 has not given back stays open, lest its number become another's
 * under h1: the keeper's release closes it. */
static int close_kept(lr_engine *engine, lr_socket *socket, int fd) {
  bool released = !socket->host;
  bool left = socket->left;
  if (!released) leave_socket_lane(engine, socket);
  drop_socket(engine, socket);
  return released && !left ? close(fd) : 0;
}

/* ---- Closing ---- */

/* Says whether libcurl has made no request on the connection, since h1 will. */
static bool is_taken(const lr_socket *socket) {
  return socket->handed_by && lr_handoff_was_taken(socket->handed_by);
}

/* Says whether libcurl closes a connection that is to be handed over.  Its
 * transfer is not over: such a connection does not outlive it. */
static bool is_to_be_parked(const lr_socket *socket) {
  return socket && socket->handed_by && !socket->dead;
}

static void park_socket(lr_engine *engine, lr_socket *socket) {
  lr_transfer *transfer = socket->handed_by;
  leave_socket_lane(engine, socket);
  lr_handoff_park(transfer, socket->watch.fd);
  lr_poller_hand_over(lr_reactor_poller(engine->reactor), &socket->watch);
  drop_socket(engine, socket);
}

int lr_socket_close(void *engine_pointer, curl_socket_t fd) {
  lr_engine *engine = engine_pointer;
  lr_socket *socket = lr_sockets_find(&engine->sockets, fd);
  if (socket && socket->keeper) return close_kept(engine, socket, fd);
  if (socket && !is_taken(socket)) lr_excess_note_closing(socket);
  if (is_to_be_parked(socket)) {
    park_socket(engine, socket);
    return 0;
  }
  if (socket) end_socket(engine, socket);
  return close(fd);
}

/* ---- Who is on which connection ---- */

int lr_socket_local_port(int fd) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return 0;
  if (address.ss_family == AF_INET6)
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

void lr_socket_note_lost(const lr_transfer *transfer) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd);
  lr_socket *socket = fd == CURL_SOCKET_BAD
                          ? NULL
                          : lr_sockets_find(&transfer->engine->sockets, fd);
  if (socket && socket->host == transfer->host) mark_dead(socket);
}

static bool has_local_port(lr_socket *socket, int local_port) {
  if (!socket->local_port)
    socket->local_port = lr_socket_local_port(socket->watch.fd);
  return socket->local_port == local_port;
}

bool lr_socket_is_dead(const lr_transfer *transfer, int local_port) {
  const lr_list *all = &transfer->lane->sockets;
  if (local_port <= 0) return false;
  for (lr_list *node = all->next; node != all; node = node->next) {
    lr_socket *socket = lr_container(node, lr_socket, lane_node);
    if (socket->dead && socket->host == transfer->host &&
        has_local_port(socket, local_port))
      return true;
  }
  return false;
}

/* Says whether the socket is the one that libcurl uses.  Where no port is
 * told, it is taken for the oldest of those that are idle. */
static bool is_carrier(lr_socket *socket, int local_port) {
  if (socket->keeper) return false;
  if (local_port) return has_local_port(socket, local_port);
  return !socket->wanted && !socket->dead && lr_list_empty(&socket->attempt);
}

/* Prefers one without a transfer: libcurl may be done with that, or it is
 * paused. */
static lr_socket *find_carrier(const lr_transfer *transfer, int local_port) {
  const lr_list *all = &transfer->lane->sockets;
  lr_socket *found = NULL;
  for (lr_list *node = all->next; node != all; node = node->next) {
    lr_socket *socket = lr_container(node, lr_socket, lane_node);
    if (socket->host != transfer->host || !is_carrier(socket, local_port))
      continue;
    if (!socket->transfer) return socket;
    if (!found) found = socket;
  }
  return found;
}

/* Takes the connection from a transfer that libcurl is done with, though that
 * was not told yet. */
static void take_from_done(lr_socket *socket) {
  lr_transfer *done = socket->transfer;
  if (!done) return;
  lr_excess_note_closing(socket);
  socket->received = done->connection.received;
  lr_socket_detach(done);
}

static void attach_to(lr_transfer *transfer, lr_socket *socket) {
  lr_socket_detach(transfer);
  take_from_done(socket);
  transfer->connection.id = socket->id;
  transfer->connection.received_before = socket->received;
  if (transfer->host->protocol == LR_PROTOCOL_HTTP2) return;
  transfer->connection.socket = socket;
  socket->transfer = transfer;
  lr_list_remove(&socket->attempt); /* connected */
}

/* Returns the socket that is to be handed over, once that is connected: it was
 * looked for already. */
static lr_socket *find_handed_over(const lr_transfer *transfer) {
  const lr_handoff *handoff = &transfer->handoff;
  if (handoff->state != LR_HANDOFF_CONNECTED) return NULL;
  return lr_sockets_find(&transfer->engine->sockets, handoff->fd);
}

void lr_socket_attach(lr_transfer *transfer, int local_port) {
  lr_socket_detach(transfer);
  lr_socket *socket = find_handed_over(transfer);
  if (!socket) socket = find_carrier(transfer, local_port);
  if (socket) attach_to(transfer, socket);
}

/* Corrects what was guessed, when libcurl tells for which connection the
 * transfer waits. */
static void note_carrier(CURL *easy, lr_socket *socket) {
  lr_transfer *transfer = NULL;
  (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
  if (transfer && transfer != socket->transfer &&
      transfer->host == socket->host && transfer->tries.sends)
    attach_to(transfer, socket);
}

void lr_socket_detach(lr_transfer *transfer) {
  if (transfer->connection.socket) transfer->connection.socket->transfer = NULL;
  transfer->connection.socket = NULL;
}

void lr_sockets_end_reuse(lr_engine *engine, const lr_host *host,
                          lr_connection_ids *ids) {
  lr_sockets *sockets = &engine->sockets;
  for (uint32_t fd = 0; fd < sockets->capacity; fd++) {
    lr_socket *socket = sockets->by_fd[fd];
    if (!socket || socket->host != host || socket->keeper ||
        !lr_list_empty(&socket->attempt))
      continue;
    lr_connection_ids_add(ids, socket->id);
    if (socket->transfer)
      socket->transfer->connection.suspect = true;
    else
      lr_socket_end(socket);
  }
}

/* Watches an open connection of which libcurl has told nothing at all, since it
 * never had to wait for it: its end would go unnoticed. */
static void watch_idle(lr_engine *engine, lr_socket *socket) {
  if (socket->watch.events == 0 && !socket->dead)
    (void)lr_poller_set(lr_reactor_poller(engine->reactor), &socket->watch,
                        idle_events);
}

/* Takes a socket that is connected from the attempts.  In most cases the wish
 * to read has told already; but libcurl 8 need not wait to read when the answer
 * is quick. */
void lr_socket_keep_connected(lr_transfer *transfer) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (transfer->connection.socket)
    watch_idle(transfer->engine, transfer->connection.socket);
  if (lr_list_empty(&transfer->attempts) || transfer->tries.sends == 0) return;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd);
  lr_socket *socket = fd == CURL_SOCKET_BAD
                          ? NULL
                          : lr_sockets_find(&transfer->engine->sockets, fd);
  if (!socket) return;
  lr_list_remove(&socket->attempt);
  watch_idle(transfer->engine, socket);
}

void lr_socket_end_attempts(lr_transfer *transfer) {
  lr_list *node;
  while ((node = lr_list_first(&transfer->attempts)))
    end_socket(transfer->engine, lr_container(node, lr_socket, attempt));
}

static uint32_t poll_events_of(int what) {
  switch (what) {
  case CURL_POLL_IN:
    return EPOLLIN | EPOLLRDHUP;
  case CURL_POLL_OUT:
    return EPOLLOUT;
  case CURL_POLL_INOUT:
    return EPOLLIN | EPOLLRDHUP | EPOLLOUT;
  default:
    return 0;
  }
}

/* Notes that a connection is used again: it is not dead after all. */
static void revive_socket(lr_socket *socket) {
  if (!socket->dead) return;
  socket->dead = false;
  socket->lane->dead--;
}

/* Says whether epoll watches for this already, as it does for a connection
 * between two requests, or at the next one's beginning. */
static bool is_watched_so(const lr_engine *engine, lr_socket *socket,
                          uint32_t events) {
  if (!socket->host || socket->dead || !lr_list_empty(&socket->attempt))
    return false;
  if (!lr_poller_has(lr_reactor_poller(engine->reactor), &socket->watch,
                     events ? events : idle_events))
    return false;
  socket->wanted = events;
  return true;
}

/* Returns the handle's transfer; libcurl's own handles have none. */
static lr_transfer *transfer_of(CURL *easy) {
  lr_transfer *transfer = NULL;
  (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
  return transfer;
}

static void note_transfer_fd(CURL *easy, curl_socket_t fd) {
  lr_transfer *transfer = transfer_of(easy);
  if (transfer) transfer->fd = fd;
}

/* Makes what is kept of a descriptor that is not a connection. */
static lr_socket *add_other(lr_lane *lane, CURL *easy, int fd) {
  lr_socket *socket = add_socket(lane->engine, lane, NULL, fd);
  if (socket && !lane->wake_up && !transfer_of(easy)) lane->wake_up = socket;
  return socket;
}

/* Ends the wish for a descriptor that is not a connection. */
static void leave_other(lr_engine *engine, lr_socket *socket) {
  if (socket == socket->lane->wake_up) return;
  (void)lr_poller_set(lr_reactor_poller(engine->reactor), &socket->watch, 0);
  drop_socket(engine, socket);
}

void lr_socket_forget_wake_up(const lr_lane *lane) {
  if (lane->wake_up) drop_socket(lane->engine, lane->wake_up);
}

int lr_socket_wants(CURL *easy, curl_socket_t fd, int what, void *lane_pointer,
                    void *unused) {
  lr_lane *lane = lane_pointer;
  lr_engine *engine = lane->engine;
  lr_socket *socket = lr_sockets_find(&engine->sockets, fd);
  uint32_t events = poll_events_of(what);
  (void)unused;
  if (socket && (socket->keeper || (!events && is_taken(socket)))) return 0;
  if (engine->watched && events) note_transfer_fd(easy, fd);
  if (socket && socket->host && events) note_carrier(easy, socket);
  if (socket && is_watched_so(engine, socket, events)) return 0;
  if (!socket) {
    if (!events) return 0;
    socket = add_other(lane, easy, fd);
    if (!socket) return 0; /* the transfer's deadline will end it */
  }
  socket->wanted = events;
  if (events & EPOLLIN) lr_list_remove(&socket->attempt); /* connected */
  if (events && socket->dead) revive_socket(socket);
  if (!events && !socket->host) {
    leave_other(engine, socket);
    return 0;
  }
  /* One that never was connected may be closed by now without a word, and its
   * number another thread's: epoll is not told of it. */
  if (!events && !lr_list_empty(&socket->attempt)) {
    lr_poller_forget(lr_reactor_poller(engine->reactor), &socket->watch);
    return 0;
  }
  if (!events) events = socket->dead ? 0 : idle_events;
  (void)lr_poller_set(lr_reactor_poller(engine->reactor), &socket->watch,
                      events);
  return 0;
}
