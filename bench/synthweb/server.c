/* SPDX-License-Identifier: MIT
 * See server.h. */
#define _GNU_SOURCE
#include "server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../truth/due.h"
#include "../truth/instant.h"
#include "../truth/wire.h"
#include "answer.h"
#include "asked.h"
#include "sockets.h"

enum { EVENTS = 256, RECEIVED_MAX = 8192, DRIPS = 16, FIRED_AT_ONCE = 256 };

enum state {
  STATE_FREE,
  STATE_READING,
  STATE_WAITING, /* its answer is made, and due later */
  STATE_DRIPPING,
  STATE_SENDING /* as the client takes it */
};

struct connection {
  struct wire wire;
  enum state state;
  uint32_t serial; /* how often the slot was used */
  uint32_t next;   /* free slot */
  uint32_t host;
  uint32_t client;  /* whose address it is */
  struct node node; /* of the request that is under way */
  bool close;
  struct text out;
  size_t sent;
  uint64_t sending_ns; /* before the last call that sent */
  uint64_t endless_left;
  size_t received;
  char bytes[RECEIVED_MAX];
};

/* Keys of events that are no connection's slot. */
enum {
  KEY_LISTENER = UINT32_MAX,
  KEY_LISTENER_6 = UINT32_MAX - 1,
  KEY_SIGNALS = UINT32_MAX - 2,
  KEY_STDIN = UINT32_MAX - 3,
  KEY_LEAST = UINT32_MAX - 3
};
static const uint32_t no_slot = UINT32_MAX;

struct server {
  struct server_setting *setting;
  int epoll;
  int listener, listener_6;
  int signals;
  bool ends;
  struct connection **slots;
  uint32_t slot_count, first_free;
  struct due_heap dues;
  struct answer_maker maker;
  struct text out; /* of the answer that is made */
  uint64_t serial; /* of requests */
};

/* ---- Connections ---- */

static bool watch(struct server *server, int fd, uint32_t key, uint32_t events,
                  int operation) {
  struct epoll_event event = {.events = events, .data = {.u32 = key}};

  return fd >= 0 && !epoll_ctl(server->epoll, operation, fd, &event);
}

static uint32_t take_slot(struct server *server) {
  uint32_t slot = server->first_free;

  if (slot != no_slot) {
    server->first_free = server->slots[slot]->next;
    return slot;
  }
  if (server->slot_count == server->setting->connections_max) return no_slot;
  slot = server->slot_count;
  server->slots[slot] = calloc(1, sizeof **server->slots);
  if (!server->slots[slot]) return no_slot;
  server->slot_count++;
  return slot;
}

static void release(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];

  text_free(&connection->out);
  connection->state = STATE_FREE;
  connection->serial++;
  connection->next = server->first_free;
  server->first_free = slot;
}

/* Ends a connection, and the request that may be under way on it. */
static void leave(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];

  if (connection->state != STATE_READING)
    visits_end(&server->setting->visits, connection->host, &connection->node,
               0);
  wire_close(&connection->wire);
  release(server, slot);
}

static void open_connection(struct server *server, int fd, uint32_t host) {
  uint32_t slot = take_slot(server);
  struct connection *connection;
  int on = 1;

  if (slot == no_slot) {
    close(fd);
    return;
  }
  connection = server->slots[slot];
  connection->host = host;
  connection->client = sockets_client(fd);
  connection->received = 0;
  connection->state = STATE_READING;
  server->setting->visits.connections++;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!wire_open(&connection->wire, fd, server->setting->tls))
    release(server, slot);
  else if (!watch(server, fd, slot, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD))
    leave(server, slot);
}

/* Counts a connection to an address that no host has: whoever makes it was led
 * to an internal address, which a crawler is to keep away from. */
static void note_canary(struct server *server, int fd) {
  char text[SOCKETS_ADDRESS_MAX];

  sockets_write_address(fd, text);
  visits_note_canary(&server->setting->visits, text);
  sockets_reset(fd);
}

static void place_connection(struct server *server, int fd) {
  const struct site *site = &server->setting->site;
  uint32_t host = sockets_address(fd) - site->first_address;

  if (host >= site->web.plan.hosts) {
    note_canary(server, fd);
  } else if (web_speed_of(&site->web, host) == WEB_DEAD) {
    server->setting->visits.dead++;
    sockets_reset(fd);
  } else {
    open_connection(server, fd, host);
  }
}

static void accept_all(struct server *server, int listener) {
  for (int i = 0; i < EVENTS; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) return;
    if (listener == server->listener)
      place_connection(server, fd);
    else
      note_canary(server, fd);
  }
}

/* ---- Answers ---- */

static void receive(struct server *server, uint32_t slot);

static bool be_due(struct server *server, uint32_t slot, uint64_t delay_ms) {
  struct due due = {.due_ns = instant_now() + delay_ms * 1000000u,
                    .slot = slot,
                    .serial = server->slots[slot]->serial};

  return due_add(&server->dues, due);
}

/* All was sent: the connection stays, or not. */
static void finish(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];
  bool waited = connection->state != STATE_READING;

  visits_end(&server->setting->visits, connection->host, &connection->node,
             connection->sending_ns);
  connection->state = STATE_READING;
  if (connection->close) {
    leave(server, slot);
    return;
  }
  text_free(&connection->out);
  if (!waited) return; /* whoever received goes on with that */
  if (watch(server, connection->wire.fd, slot, EPOLLIN | EPOLLRDHUP,
            EPOLL_CTL_MOD))
    receive(server, slot);
  else
    leave(server, slot);
}

/* Moves what is left of the answer to the connection, which is in another state
 * then. */
static bool keep_rest(struct server *server, uint32_t slot, enum state state,
                      size_t sent) {
  struct connection *connection = server->slots[slot];
  uint32_t events = EPOLLRDHUP | (state == STATE_SENDING ? EPOLLOUT : 0u);

  if (connection->state == STATE_READING) {
    connection->out = server->out;
    connection->sent = sent;
    memset(&server->out, 0, sizeof server->out);
  }
  connection->state = state;
  return watch(server, connection->wire.fd, slot, events, EPOLL_CTL_MOD);
}

/* Sends more of what is left.  False: the client is gone. */
static bool send_more(struct connection *connection, size_t most) {
  size_t length = connection->out.length - connection->sent;
  ssize_t count;

  if (length > most) length = most;
  if (!length) return true;
  connection->sending_ns = instant_now();
  count = wire_send_some(&connection->wire,
                         connection->out.bytes + connection->sent, length);
  if (count > 0) connection->sent += (size_t)count;
  return count >= 0;
}

/* Makes more of an endless body, whose end is no end. */
static bool refill(struct server *server, struct connection *connection) {
  uint64_t added;

  if (!connection->endless_left) return false;
  text_clear(&connection->out);
  connection->sent = 0;
  added = answer_add_chunk(&connection->out);
  server->setting->visits.body_bytes += added;
  connection->endless_left -=
      added < connection->endless_left ? added : connection->endless_left;
  return !connection->out.failed;
}

static void go_on_sending(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];

  if (!send_more(connection, SIZE_MAX)) {
    leave(server, slot);
  } else if (connection->sent == connection->out.length &&
             !refill(server, connection)) {
    finish(server, slot);
  }
}

/* The first of an answer: what the socket takes at once is not copied. */
static void send_first(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];
  ssize_t count;

  connection->sending_ns = instant_now();
  count =
      wire_send_some(&connection->wire, server->out.bytes, server->out.length);
  if (count < 0) {
    visits_end(&server->setting->visits, connection->host, &connection->node,
               0);
    leave(server, slot);
  } else if ((size_t)count == server->out.length && !connection->endless_left) {
    finish(server, slot);
  } else if (!keep_rest(server, slot, STATE_SENDING, (size_t)count)) {
    leave(server, slot);
  }
}

static void send_late(struct server *server, uint32_t slot,
                      enum web_speed speed) {
  uint32_t delay_ms =
      web_delay_ms(&server->setting->site.web, server->slots[slot]->host);
  enum state state = speed == WEB_LATE ? STATE_WAITING : STATE_DRIPPING;

  if (state == STATE_DRIPPING) delay_ms /= DRIPS;
  if (!keep_rest(server, slot, state, 0) || !be_due(server, slot, delay_ms))
    leave(server, slot);
}

/* One more drop, and when the next is due. */
static void drip(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];
  uint32_t delay_ms =
      web_delay_ms(&server->setting->site.web, connection->host) / DRIPS;
  size_t drop = connection->out.length / DRIPS + 1;

  if (!send_more(connection, drop))
    leave(server, slot);
  else if (connection->sent == connection->out.length &&
           !refill(server, connection))
    finish(server, slot);
  else if (!be_due(server, slot, delay_ms))
    leave(server, slot);
}

static void fire(struct server *server, uint32_t slot) {
  if (server->slots[slot]->state == STATE_DRIPPING)
    drip(server, slot);
  else if (keep_rest(server, slot, STATE_SENDING, 0))
    go_on_sending(server, slot);
  else
    leave(server, slot);
}

static void fire_due(struct server *server) {
  uint64_t now_ns = instant_now();

  for (int i = 0; i < FIRED_AT_ONCE && server->dues.count; i++) {
    struct due due = server->dues.heap[0];
    struct connection *connection = server->slots[due.slot];

    if (due.due_ns > now_ns) return;
    due_pop(&server->dues);
    if (connection->serial == due.serial &&
        (connection->state == STATE_WAITING ||
         connection->state == STATE_DRIPPING))
      fire(server, due.slot);
  }
}

/* ---- Requests ---- */

/* Reads a path as of this host: what is another's is nothing here. */
static struct node find_node(struct server *server, uint32_t host,
                             const struct asked *asked) {
  const struct site *site = &server->setting->site;
  struct node node = node_read(asked->path, asked->path_length);

  if (node.kind >= NODE_KINDS_OF_PAGES || node_host(&site->web, &node) == host)
    return node;
  server->setting->visits.misplaced++;
  node.kind = NODE_NONE;
  return node;
}

static void begin(struct server *server, uint32_t slot,
                  const struct asked *asked) {
  struct connection *connection = server->slots[slot];
  struct visits *visits = &server->setting->visits;
  enum web_speed speed =
      web_speed_of(&server->setting->site.web, connection->host);
  struct answer answer = {.host = connection->host,
                          .node = find_node(server, connection->host, asked),
                          .asked = asked,
                          .serial = server->serial++};

  connection->node = answer.node;
  visits_begin(visits, connection->host, connection->client, &answer.node,
               connection->wire.stamp_ns ? connection->wire.stamp_ns
                                         : connection->wire.read_ns);
  answer.times = visits_count(visits, &answer.node);
  text_clear(&server->out);
  answer_make(&server->maker, &answer, &server->out);
  visits->body_bytes += server->maker.body.length;
  visits->not_modified += answer.status == 304;
  connection->close = answer.close;
  connection->endless_left = answer.endless_left;
  if (speed == WEB_FAST)
    send_first(server, slot);
  else
    send_late(server, slot, speed);
}

/* Tells whether a request was taken from what was received and begun. */
static bool take_request(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];
  struct asked asked;
  uint32_t serial = connection->serial;

  switch (asked_find(connection->bytes, connection->received, &asked)) {
  case ASKED_PART:
    if (connection->received == RECEIVED_MAX) leave(server, slot);
    return false;
  case ASKED_BAD:
    leave(server, slot);
    return false;
  default:
    begin(server, slot, &asked);
  }
  if (connection->serial != serial) return false;
  connection->received -= asked.head_bytes;
  memmove(connection->bytes, connection->bytes + asked.head_bytes,
          connection->received);
  return true;
}

static void receive(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];
  uint32_t serial = connection->serial;

  while (connection->serial == serial && connection->state == STATE_READING) {
    ssize_t count;

    if (connection->received && take_request(server, slot)) continue;
    if (connection->serial != serial) return;
    count = wire_receive(&connection->wire,
                         connection->bytes + connection->received,
                         RECEIVED_MAX - connection->received);
    if (count < 0) leave(server, slot);
    if (count <= 0) return;
    connection->received += (size_t)count;
  }
}

static void handle_connection(struct server *server, uint32_t slot,
                              uint32_t events) {
  struct connection *connection = server->slots[slot];
  uint32_t serial = connection->serial;

  if (connection->state == STATE_FREE) return;
  if (events & EPOLLIN && connection->state == STATE_READING)
    receive(server, slot);
  if (connection->serial != serial) return;
  if (events & EPOLLOUT && connection->state == STATE_SENDING)
    go_on_sending(server, slot);
  if (connection->serial != serial) return;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) leave(server, slot);
}

/* ---- The loop ---- */

static void handle_signal(struct server *server) {
  struct signalfd_siginfo what;

  if (read(server->signals, &what, sizeof what) != sizeof what) return;
  if (what.ssi_signo == SIGUSR1)
    server_report(server->setting);
  else
    server->ends = true;
}

static void handle_stdin(struct server *server) {
  char ignored[256];

  if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) server->ends = true;
}

static void handle_event(struct server *server, uint32_t key, uint32_t events) {
  if (key < KEY_LEAST)
    handle_connection(server, key, events);
  else if (key == KEY_LISTENER)
    accept_all(server, server->listener);
  else if (key == KEY_LISTENER_6)
    accept_all(server, server->listener_6);
  else if (key == KEY_SIGNALS)
    handle_signal(server);
  else
    handle_stdin(server);
}

static int wait_for_events(struct server *server, struct epoll_event *events) {
  struct timespec wait = {0};
  uint64_t now_ns;

  if (!server->dues.count)
    return epoll_pwait2(server->epoll, events, EVENTS, NULL, NULL);
  now_ns = instant_now();
  if (server->dues.heap[0].due_ns > now_ns) {
    uint64_t left_ns = server->dues.heap[0].due_ns - now_ns;

    wait.tv_sec = (time_t)(left_ns / 1000000000u);
    wait.tv_nsec = (long)(left_ns % 1000000000u);
  }
  return epoll_pwait2(server->epoll, events, EVENTS, &wait, NULL);
}

void server_run(struct server *server) {
  struct epoll_event events[EVENTS];

  while (!server->ends) {
    int count = wait_for_events(server, events);

    for (int i = 0; i < count; i++)
      handle_event(server, events[i].data.u32, events[i].events);
    fire_due(server);
  }
}

bool server_report(const struct server_setting *setting) {
  FILE *log;

  visits_write(&setting->visits, &setting->oracle, false, stdout);
  if (fflush(stdout)) return false;
  if (!setting->log) return true;
  log = fopen(setting->log, "w");
  if (!log) return false;
  visits_write(&setting->visits, &setting->oracle, true, log);
  return !fclose(log);
}

/* ---- Its making ---- */

static bool listen_on(struct server *server, unsigned port) {
  const char *device = server->setting->device;

  server->listener = sockets_listen(AF_INET, device, port, &port);
  if (server->listener < 0) return false;
  if (!server->setting->site.port) server->setting->site.port = port;
  /* A machine without IPv6 has one address less to be led to. */
  server->listener_6 = sockets_listen(AF_INET6, device, port, &port);
  return true;
}

static bool watch_all(struct server *server) {
  if (server->listener_6 >= 0 && !watch(server, server->listener_6,
                                        KEY_LISTENER_6, EPOLLIN, EPOLL_CTL_ADD))
    return false;
  if (server->setting->until_stdin_closes &&
      !watch(server, STDIN_FILENO, KEY_STDIN, EPOLLIN, EPOLL_CTL_ADD))
    return false;
  return watch(server, server->listener, KEY_LISTENER, EPOLLIN,
               EPOLL_CTL_ADD) &&
         watch(server, server->signals, KEY_SIGNALS, EPOLLIN, EPOLL_CTL_ADD);
}

struct server *server_new(struct server_setting *setting, unsigned port) {
  struct server *server = calloc(1, sizeof *server);

  if (!server) return NULL;
  server->setting = setting;
  server->listener = server->listener_6 = -1;
  server->first_free = no_slot;
  server->maker.site = &setting->site;
  server->slots = calloc(setting->connections_max, sizeof *server->slots);
  server->epoll = epoll_create1(EPOLL_CLOEXEC);
  server->signals = sockets_open_signals();
  if (server->slots && listen_on(server, port) && watch_all(server))
    return server;
  server_free(server);
  return NULL;
}

void server_free(struct server *server) {
  if (!server) return;
  for (uint32_t i = 0; i < server->slot_count; i++) {
    if (server->slots[i]->state != STATE_FREE) {
      wire_close(&server->slots[i]->wire);
      text_free(&server->slots[i]->out);
    }
    free(server->slots[i]);
  }
  close(server->listener);
  if (server->listener_6 >= 0) close(server->listener_6);
  close(server->epoll);
  close(server->signals);
  answer_maker_free(&server->maker);
  text_free(&server->out);
  free(server->dues.heap);
  free(server->slots);
  free(server);
}
