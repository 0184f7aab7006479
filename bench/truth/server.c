/* SPDX-License-Identifier: MIT
 * See server.h. */
#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "due.h"
#include "instant.h"
#include "request.h"
#include "wire.h"

enum { RECEIVED_MAX = 4096, EVENTS = 64, FIRED_AT_ONCE = 64 };

/* Where a connection's request is. */
enum state {
  STATE_FREE,    /* there is no connection */
  STATE_READING, /* none, or a part of one, has come */
  STATE_QUEUED,  /* waits until fewer are served */
  STATE_DUE,     /* its answer has its time */
  STATE_HUNG     /* there will be no answer */
};

struct connection {
  struct wire wire;
  struct journal_record record;
  uint64_t delay_ns;
  uint64_t body_left; /* of the request that is being received */
  size_t received;
  uint32_t serial; /* another for each connection that the slot has */
  uint32_t next;   /* in the queue, or of the free ones */
  enum state state;
  bool unread; /* more may have come while a request was under way */
  bool keep_alive;
  bool head;       /* the method is HEAD */
  bool takes_body; /* a head was read, and its body is not all here */
  char bytes[RECEIVED_MAX];
};

static const uint32_t no_slot = UINT32_MAX;

struct server {
  struct server_shared *shared;
  struct connection **slots;
  uint32_t slot_count;
  uint32_t first_free;
  uint32_t queue_first;
  uint32_t queue_last;
  unsigned served; /* whose answers have their time */
  unsigned thread;
  int listener;
  int epoll;
  int wake;
  struct due_heap dues;
  struct journal journal;
  struct server_totals totals;
};

/* In an event, beside the slots. */
static const uint32_t key_listener = UINT32_MAX - 1;
static const uint32_t key_wake = UINT32_MAX - 2;

static void fail(struct server *server) {
  server->totals.failed = true;
  atomic_store(&server->shared->ends, true);
}

static void write_down(struct server *server, struct connection *connection,
                       enum outcome outcome) {
  connection->record.outcome = (uint8_t)outcome;
  if (!journal_add(&server->journal, &connection->record)) fail(server);
}

/* ---- The queue of those that wait to be served ---- */

static void serve(struct server *server, uint32_t slot, uint64_t now_ns) {
  struct connection *connection = server->slots[slot];
  struct due due = {.due_ns = now_ns + connection->delay_ns,
                    .slot = slot,
                    .serial = connection->serial};

  connection->record.due_ns = due.due_ns;
  connection->state = STATE_DUE;
  server->served++;
  if (!due_add(&server->dues, due)) fail(server);
}

static void queue_add(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];

  connection->state = STATE_QUEUED;
  connection->next = no_slot;
  if (server->queue_first == no_slot)
    server->queue_first = slot;
  else
    server->slots[server->queue_last]->next = slot;
  server->queue_last = slot;
  server->totals.waited++;
}

static void queue_remove(struct server *server, uint32_t slot) {
  uint32_t before = no_slot;
  uint32_t at = server->queue_first;

  for (; at != slot; at = server->slots[at]->next) before = at;
  if (before == no_slot)
    server->queue_first = server->slots[slot]->next;
  else
    server->slots[before]->next = server->slots[slot]->next;
  if (server->queue_last == slot) server->queue_last = before;
}

/* One that was served is no longer. */
static void serve_next(struct server *server) {
  uint32_t slot = server->queue_first;

  server->served--;
  if (slot == no_slot || server->served >= server->shared->capacity) return;
  queue_remove(server, slot);
  serve(server, slot, instant_now());
}

/* ---- Connections ---- */

static void release(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];

  connection->state = STATE_FREE;
  connection->serial++;
  connection->next = server->first_free;
  server->first_free = slot;
}

/* The client has left: its request, if there is one, has no answer. */
static void leave(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];
  enum state state = connection->state;

  if (state == STATE_QUEUED) queue_remove(server, slot);
  if (state == STATE_QUEUED || state == STATE_DUE)
    write_down(server, connection, OUTCOME_GONE);
  wire_close(&connection->wire);
  release(server, slot);
  if (state == STATE_DUE) serve_next(server);
}

static void refuse(struct server *server, uint32_t slot) {
  server->totals.refused++;
  leave(server, slot);
}

/* Returns a slot, or no_slot. */
static uint32_t take_slot(struct server *server) {
  uint32_t slot = server->first_free;

  if (slot != no_slot) {
    server->first_free = server->slots[slot]->next;
    return slot;
  }
  if (server->slot_count == server->shared->connections_max) return no_slot;
  slot = server->slot_count;
  server->slots[slot] = calloc(1, sizeof **server->slots);
  if (!server->slots[slot]) return no_slot;
  server->slot_count++;
  return slot;
}

static void open_connection(struct server *server, int fd) {
  uint32_t slot = take_slot(server);
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                              .data = {.u32 = slot}};
  struct connection *connection;
  int on = 1;

  if (slot == no_slot) {
    server->totals.refused++;
    close(fd);
    return;
  }
  connection = server->slots[slot];
  connection->received = 0;
  connection->unread = connection->takes_body = false;
  memset(&connection->record, 0, sizeof connection->record);
  connection->record.connection = (uint32_t)server->totals.connections++;
  connection->record.thread = (uint16_t)server->thread;
  connection->record.opening = 1;
  connection->state = STATE_READING;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!wire_open(&connection->wire, fd, server->shared->tls))
    release(server, slot);
  else if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event))
    refuse(server, slot);
}

static void accept_all(struct server *server) {
  for (int i = 0; i < EVENTS; i++) {
    int fd =
        accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) return;
    open_connection(server, fd);
  }
}

/* ---- Requests ---- */

/* A whole request is here: decides what becomes of it. */
static void begin(struct server *server, uint32_t slot) {
  struct server_shared *shared = server->shared;
  struct connection *connection = server->slots[slot];
  uint64_t number = atomic_fetch_add(&shared->requests, 1);
  struct planned planned = plan_draw(&shared->plan, number);

  if (number >= shared->requests_max) fail(server);
  connection->record.number = number;
  connection->record.arrived_ns = connection->wire.stamp_ns;
  connection->record.read_ns = connection->wire.read_ns;
  connection->record.due_ns = connection->record.sending_ns =
      connection->record.sent_ns = 0;
  connection->record.outcome = (uint8_t)planned.outcome;
  connection->delay_ns = planned.delay_ns;
  if (planned.outcome == OUTCOME_HUNG) {
    connection->state = STATE_HUNG;
    write_down(server, connection, OUTCOME_HUNG);
  } else if (shared->capacity && server->served >= shared->capacity) {
    queue_add(server, slot);
  } else {
    serve(server, slot, connection->wire.read_ns);
  }
}

static void drop_bytes(struct connection *connection, size_t count) {
  connection->received -= count;
  memmove(connection->bytes, connection->bytes + count, connection->received);
}

/* Takes what is here of the body; tells whether that is all of it. */
static bool take_body(struct connection *connection) {
  uint64_t some = connection->body_left;

  if (some > connection->received) some = connection->received;
  drop_bytes(connection, (size_t)some);
  connection->body_left -= some;
  return !connection->body_left;
}

/* Tells whether a whole request was taken from what was received. */
static bool take_request(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];
  struct request request;
  enum request_found found;

  if (!connection->takes_body) {
    found = request_find(connection->bytes, connection->received, &request);
    if (found == REQUEST_BAD ||
        (found == REQUEST_PART && connection->received == RECEIVED_MAX))
      refuse(server, slot);
    if (found != REQUEST_WHOLE) return false;
    drop_bytes(connection, request.head_bytes);
    connection->keep_alive = request.keep_alive;
    connection->head = request.head;
    connection->body_left = request.body_bytes;
    connection->takes_body = true;
  }
  if (!take_body(connection)) return false;
  connection->takes_body = false;
  return true;
}

/* Receives what there is and begins a request, unless one is under way: what
 * comes behind that is read when it has its answer. */
static void receive(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];

  while (connection->state == STATE_READING) {
    ssize_t count;

    if (connection->received && take_request(server, slot)) {
      begin(server, slot);
      return;
    }
    if (connection->state != STATE_READING) return;
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

  if (connection->state == STATE_FREE) return;
  if (connection->state != STATE_READING) connection->unread = true;
  receive(server, slot);
  if (connection->state == STATE_FREE) return;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) leave(server, slot);
}

/* ---- Answers ---- */

static bool send_answer(struct server *server, struct connection *connection) {
  struct server_shared *shared = server->shared;
  bool error = connection->record.outcome == OUTCOME_ERROR;
  size_t length = shared->lengths[error][connection->keep_alive];

  if (connection->head) length -= shared->body_bytes;
  if (connection->record.outcome == OUTCOME_RESET)
    length -= (shared->body_bytes + 1) / 2;
  return wire_send(&connection->wire,
                   shared->answers[error][connection->keep_alive], length);
}

/* Sends the answer, or does what the plan has in its place; the connection is
 * open behind that or not. */
static bool answer(struct server *server, struct connection *connection) {
  struct journal_record *record = &connection->record;
  bool sent = true;

  record->sending_ns = instant_now();
  if (record->outcome != OUTCOME_CLOSED) sent = send_answer(server, connection);
  record->sent_ns = instant_now();
  if (record->outcome == OUTCOME_RESET)
    wire_reset(&connection->wire);
  else if (!sent || record->outcome == OUTCOME_CLOSED ||
           !connection->keep_alive)
    wire_close(&connection->wire);
  write_down(server, connection,
             sent ? (enum outcome)record->outcome : OUTCOME_GONE);
  record->opening = 0;
  return connection->wire.fd >= 0;
}

static void fire(struct server *server, uint32_t slot) {
  struct connection *connection = server->slots[slot];

  if (!answer(server, connection)) {
    release(server, slot);
  } else {
    connection->state = STATE_READING;
    if (connection->unread || connection->received || connection->wire.ssl)
      receive(server, slot);
    connection->unread = false;
  }
  serve_next(server);
}

static void fire_due(struct server *server) {
  uint64_t now_ns = instant_now();

  for (int i = 0; i < FIRED_AT_ONCE && server->dues.count; i++) {
    struct due due = server->dues.heap[0];
    struct connection *connection = server->slots[due.slot];

    if (due.due_ns > now_ns) return;
    due_pop(&server->dues);
    if (connection->serial == due.serial && connection->state == STATE_DUE)
      fire(server, due.slot);
  }
}

/* ---- The loop ---- */

/* Stands still until the stall ends, if there is one now. */
static void stand_still(const struct server *server) {
  const struct server_shared *shared = server->shared;
  uint64_t now_ns = instant_now() - shared->start_ns;
  uint64_t end_ns = plan_stall_end(&shared->plan, now_ns) + shared->start_ns;
  struct timespec end = {.tv_sec = (time_t)(end_ns / 1000000000u),
                         .tv_nsec = (long)(end_ns % 1000000000u)};

  if (end_ns == now_ns + shared->start_ns) return;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
    continue;
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

static void handle_events(struct server *server,
                          const struct epoll_event *events, int count) {
  for (int i = 0; i < count; i++) {
    if (events[i].data.u32 == key_listener)
      accept_all(server);
    else if (events[i].data.u32 != key_wake)
      handle_connection(server, events[i].data.u32, events[i].events);
  }
}

void *server_run(void *context) {
  struct server *server = context;
  struct epoll_event events[EVENTS];

  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  while (!atomic_load(&server->shared->ends)) {
    int count = wait_for_events(server, events);

    stand_still(server);
    handle_events(server, events, count);
    fire_due(server);
  }
  return NULL;
}

/* ---- Its making ---- */

static bool watch(struct server *server, int fd, uint32_t key) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = key}};

  return fd >= 0 && !epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

struct server *server_new(struct server_shared *shared, unsigned thread,
                          int listener) {
  struct server *server = calloc(1, sizeof *server);

  if (!server) return NULL;
  server->shared = shared;
  server->thread = thread;
  server->listener = listener;
  server->first_free = server->queue_first = server->queue_last = no_slot;
  server->slots = calloc(shared->connections_max, sizeof *server->slots);
  server->epoll = epoll_create1(EPOLL_CLOEXEC);
  server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (server->slots && watch(server, listener, key_listener) &&
      watch(server, server->wake, key_wake))
    return server;
  server_free(server);
  return NULL;
}

void server_wake(struct server *server) {
  uint64_t one = 1;

  if (write(server->wake, &one, sizeof one) < 0) return; /* it is awake */
}

void server_free(struct server *server) {
  if (!server) return;
  for (uint32_t i = 0; i < server->slot_count; i++) {
    if (server->slots[i]->state != STATE_FREE)
      wire_close(&server->slots[i]->wire);
    free(server->slots[i]);
  }
  close(server->listener);
  close(server->epoll);
  close(server->wake);
  journal_free(&server->journal);
  free(server->dues.heap);
  free(server->slots);
  free(server);
}

struct server_totals server_totals(const struct server *server) {
  struct server_totals totals = server->totals;

  totals.journal = &server->journal;
  return totals;
}

static char *make_answer(const struct server_shared *shared, bool error,
                         bool keep_alive, size_t *length) {
  char head[256];
  int bytes = snprintf(head, sizeof head,
                       "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
                       "Connection: %s\r\nContent-Length: %u\r\n\r\n",
                       error ? "500 Internal Server Error" : "200 OK",
                       keep_alive ? "keep-alive" : "close", shared->body_bytes);
  char *text = malloc((size_t)bytes + shared->body_bytes);

  if (!text) return NULL;
  memcpy(text, head, (size_t)bytes);
  memset(text + bytes, 'a', shared->body_bytes);
  *length = (size_t)bytes + shared->body_bytes;
  return text;
}

bool server_make_answers(struct server_shared *shared) {
  bool made = true;

  for (int i = 0; i < 4; i++) {
    char **text = &shared->answers[i / 2][i % 2];

    *text = make_answer(shared, i / 2, i % 2, &shared->lengths[i / 2][i % 2]);
    made &= *text != NULL;
  }
  return made;
}

void server_free_answers(struct server_shared *shared) {
  for (int i = 0; i < 4; i++) free(shared->answers[i / 2][i % 2]);
}
