/* SPDX-License-Identifier: MIT
 * manual_answers.c: the thread of a manual server that gives the answers which
 * the test has prepared.  See manual_server.h. */
#define _GNU_SOURCE
#include "support/manual_server.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/atomics.h"
#include "base/list.h"
#include "support/manual_server_private.h"

enum {
  HEAD_MOST = 16 * 1024, /* of a request */
  KEPT_MS = 40,          /* how long MANUAL_KEEP waits for a request */
  UNREAD_MS = 10000,     /* how long a piece waits for its reader, */
  UNWANTED_MS = 50,      /* and to arrive, when nobody waits for it */
  FDS_BEYOND = 64,       /* see may_be_peer_to */
  EVENTS = 64
};

/* The kernel's numbers; its header does not go with the C library's. */
enum { STATE_CLOSE = 7, STATE_CLOSE_WAIT = 8 };

enum phase {
  IDLE,    /* waits for a request */
  SENDING, /* a piece is on its way out */
  READING, /* until the peer has read the piece */
  ENDING   /* until the peer knows of the end */
};

struct slot {
  struct manual_answer answer;
  struct manual_seen seen;
  bool answered;
  char *request; /* the last */
  size_t request_length;
};

/* Where a request's body is. */
enum body_state { BODY_DATA, BODY_SIZE, BODY_CHUNK_END, BODY_LAST, BODY_DONE };

struct request_body {
  enum body_state state;
  bool chunked;
  uint64_t left; /* of it, or of the chunk */
  uint64_t length;
  uint64_t sum;
  char line[32];
  size_t line_length;
};

struct connection {
  lr_list node;
  int fd; /* -1: closed; the peer does not know yet */
  int epoll_fd;
  enum phase phase;
  unsigned requests;
  struct manual_answer answer; /* in the works, or the last */
  size_t sent;
  size_t piece_end;
  uint64_t written;  /* on this connection */
  uint64_t since_ms; /* in this phase */
  struct slot *slot; /* of that; NULL: it is the clean one */
  struct sockaddr_in here;
  struct sockaddr_in there;
  int accepted_fd; /* its number, also when it is closed */
  int peer_fd;     /* -1: not known */
  bool looked;     /* for that, in vain */
  char *head;      /* of the request whose body is taken */
  bool follows;    /* the body goes on while it is answered */
  struct request_body body;
  size_t in_length;
  char in[HEAD_MOST + 1];
};

struct manual_answers {
  pthread_mutex_t lock;
  pthread_t thread;
  bool stopping;
  bool closing; /* all connections */
  int listener; /* the server's */
  int epoll_fd;
  int waker;
  uint64_t accepted;
  uint64_t requests;
  lr_list connections;
  struct slot slots[MANUAL_ANSWERS + 1]; /* the last: MANUAL_OTHER */
};

static uint64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000u + (uint64_t)time.tv_nsec / 1000000u;
}

static void nap(void) {
  const struct timespec moment = {0, 30000};
  nanosleep(&moment, NULL);
}

/* ---- The peer's end ---- */

static bool is_peer(const struct connection *c, int fd) {
  return manual_is_peer(fd, &c->there, &c->here);
}

/* Both ends are in this process, and descriptors are given out from below: the
 * peer's is hardly above the highest that was accepted here. */
static lr_atomic_u32 fds_accepted;

static int may_be_peer_to(void) {
  return (int)lr_u32_load_relaxed(&fds_accepted) + FDS_BEYOND;
}

static void note_accepted(int fd) {
  if (fd + 1 > (int)lr_u32_load_relaxed(&fds_accepted))
    lr_u32_store_relaxed(&fds_accepted, (uint32_t)fd + 1);
}

/* Looks for it once for each answer: it may have been closed.  The two ends of
 * a connection are opened at nearly the same time, so the peer's number is
 * mostly near that of our own. */
static bool find_peer(struct connection *c) {
  int end = may_be_peer_to();
  if (is_peer(c, c->peer_fd)) return true;
  if (c->phase == ENDING && c->peer_fd >= 0) c->looked = true; /* it is gone */
  c->peer_fd = -1;
  for (int away = 1; away < end && !c->looked; away++) {
    int below = c->accepted_fd - away;
    int above = c->accepted_fd + away;
    if (is_peer(c, below)) c->peer_fd = below;
    if (above < end && is_peer(c, above)) c->peer_fd = above;
    if (c->peer_fd >= 0) return true;
  }
  c->looked = true;
  return false;
}

static bool peer_info(struct connection *c, struct tcp_info *info) {
  socklen_t length = sizeof *info;
  memset(info, 0, sizeof *info);
  return find_peer(c) && syscall(SYS_getsockopt, c->peer_fd, IPPROTO_TCP,
                                 TCP_INFO, info, &length) == 0;
}

/* Says whether all that was written has come to the peer, if there is one. */
static bool has_arrived(struct connection *c) {
  struct tcp_info info;
  return !peer_info(c, &info) || info.tcpi_bytes_received >= c->written;
}

static bool has_been_read(struct connection *c) {
  int unread = 0;
  if (!has_arrived(c)) return false;
  return c->peer_fd < 0 ||
         syscall(SYS_ioctl, c->peer_fd, FIONREAD, &unread) != 0 || unread == 0;
}

static bool knows_the_end(struct connection *c) {
  struct tcp_info info;
  return !peer_info(c, &info) || info.tcpi_state == STATE_CLOSE ||
         info.tcpi_state == STATE_CLOSE_WAIT;
}

/* ---- One connection ---- */

static void turn_to(struct connection *c, enum phase phase) {
  c->phase = phase;
  c->since_ms = now_ms();
}

/* Takes it out of the epoll descriptor now, not when the file goes, which
 * another's look at it (see find_peer) may hold for a moment. */
static void drop_fd(struct connection *c, bool reset) {
  const struct linger now = {1, 0};
  if (c->fd < 0) return;
  (void)epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
  if (reset) (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(c->fd);
  c->fd = -1;
}

/* Closes it; until the peer knows, it stays in the list. */
static void end_connection(struct connection *c, bool reset) {
  drop_fd(c, reset);
  turn_to(c, ENDING);
}

static void free_connection(struct connection *c) {
  drop_fd(c, true);
  lr_list_remove(&c->node);
  free(c->head);
  free(c);
}

static void choose_piece(struct connection *c) {
  c->piece_end = c->answer.length;
  if (c->answer.apart && c->sent < c->answer.length) c->piece_end = c->sent + 1;
  for (size_t i = 0; i < MANUAL_CUTS; i++) {
    size_t cut = c->answer.cuts[i];
    if (cut > c->sent && cut < c->piece_end) c->piece_end = cut;
  }
}

static void watch(struct manual_answers *answers, struct connection *c, int op,
                  uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(answers->epoll_fd, op, c->fd, &event)) abort();
}

/* Says whether what comes is left in the socket. */
static bool is_deaf(const struct connection *c) {
  return c->follows && c->answer.early == MANUAL_DEAF;
}

static bool closes_later(const struct connection *c) {
  return c->follows && !is_deaf(c) && c->answer.end == MANUAL_CLOSE;
}

static void finish_answer(struct connection *c) {
  if (closes_later(c)) {
    (void)shutdown(c->fd, SHUT_WR);
    turn_to(c, IDLE);
    return;
  }
  if (c->answer.end == MANUAL_CLOSE || c->answer.end == MANUAL_RESET)
    end_connection(c, c->answer.end == MANUAL_RESET);
  else
    turn_to(c, IDLE);
}

static bool last_piece(const struct connection *c) {
  return c->sent == c->answer.length;
}

static bool is_wanted(const struct connection *c) {
  return c->slot && !c->slot->answered && (c->in_length == 0 || c->follows);
}

static bool has_waited(const struct connection *c) {
  return now_ms() - c->since_ms > (is_wanted(c) ? UNREAD_MS : UNWANTED_MS);
}

/* Of the last piece it is enough that it has arrived, but before a reset, which
 * would take it away; to close with a body unread is one. */
static bool piece_is_over(struct connection *c) {
  bool read = !last_piece(c) || c->answer.end == MANUAL_RESET || c->follows;
  if (has_waited(c)) return true;
  return read && is_wanted(c) ? has_been_read(c) : has_arrived(c);
}

static uint32_t in_events(const struct connection *c) {
  return is_deaf(c) ? 0 : EPOLLIN;
}

static void send_piece(struct manual_answers *answers, struct connection *c) {
  while (c->sent < c->piece_end) {
    ssize_t sent = send(c->fd, c->answer.bytes + c->sent,
                        c->piece_end - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) {
      watch(answers, c, EPOLL_CTL_MOD, in_events(c) | EPOLLOUT);
      return;
    }
    if (sent < 0) {
      end_connection(c, true);
      return;
    }
    c->sent += (size_t)sent;
    c->written += (size_t)sent;
  }
  watch(answers, c, EPOLL_CTL_MOD, in_events(c));
  turn_to(c, READING);
}

static void next_piece(struct manual_answers *answers, struct connection *c) {
  if (last_piece(c)) {
    finish_answer(c);
    return;
  }
  choose_piece(c);
  turn_to(c, SENDING);
  send_piece(answers, c);
}

/* ---- Requests ---- */

static void keep_request(struct slot *slot, const char *text, size_t length) {
  char *copy = malloc(length + 1);
  if (!copy) abort();
  memcpy(copy, text, length);
  copy[length] = '\0';
  free(slot->request);
  slot->request = copy;
  slot->request_length = length;
}

static struct slot *slot_of(struct manual_answers *answers, const char *head) {
  static const char prefix[] = " /case/";
  const char *at = strchr(head, ' ');
  if (!at || strncmp(at, prefix, sizeof prefix - 1) != 0) return NULL;
  unsigned long number = strtoul(at + sizeof prefix - 1, NULL, 10);
  return number < MANUAL_ANSWERS ? &answers->slots[number] : NULL;
}

static struct manual_answer clean_answer(const char *head) {
  static const char text[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/plain\r\n"
                             "Content-Length: 3\r\n"
                             "\r\n"
                             "ok\n";
  size_t length = sizeof text - 1;
  if (strncmp(head, "HEAD ", 5) == 0) length -= 3;
  return (struct manual_answer){
      .bytes = text, .length = length, .end = MANUAL_HOLD};
}

static void keep_request_with_body(struct slot *slot,
                                   const struct connection *c) {
  char *text = NULL;
  int length = asprintf(&text, "%s[%s%llu bytes, %016llx]", c->head,
                        c->body.chunked ? "chunks, " : "",
                        (unsigned long long)c->body.length,
                        (unsigned long long)c->body.sum);
  if (length < 0) abort();
  keep_request(slot, text, (size_t)length);
  free(text);
}

static void begin_answer(struct manual_answers *answers, struct connection *c) {
  struct slot *slot = slot_of(answers, c->head);
  answers->requests++;
  c->requests++;
  c->looked = false;
  c->sent = 0;
  c->slot = slot;
  c->answer = slot ? slot->answer : clean_answer(c->head);
  struct slot *kept = slot ? slot : &answers->slots[MANUAL_OTHER];
  if (c->body.length || c->body.chunked)
    keep_request_with_body(kept, c);
  else
    keep_request(kept, c->head, strlen(c->head));
  if (slot && slot->seen.requests++ == 0) slot->seen.position = c->requests;
}

/* ---- Bodies of requests ---- */

static void begin_body(struct request_body *body, const char *head) {
  static const char length[] = "\r\nContent-Length: ";
  const char *at = strcasestr(head, length);
  memset(body, 0, sizeof *body);
  body->chunked = strcasestr(head, "\r\nTransfer-Encoding: chunked\r\n");
  body->left = at ? strtoull(at + sizeof length - 1, NULL, 10) : 0;
  body->state = body->chunked ? BODY_SIZE : body->left ? BODY_DATA : BODY_DONE;
}

static void take_line_byte(struct request_body *body, char c) {
  if (c != '\n') {
    if (body->line_length < sizeof body->line - 1)
      body->line[body->line_length++] = c;
    return;
  }
  body->line[body->line_length] = '\0';
  body->line_length = 0;
  switch (body->state) {
  case BODY_SIZE:
    body->left = strtoull(body->line, NULL, 16);
    body->state = body->left ? BODY_DATA : BODY_LAST;
    break;
  case BODY_CHUNK_END:
    body->state = BODY_SIZE;
    break;
  default:
    body->state = BODY_DONE;
  }
}

static void take_body_byte(struct request_body *body, char c) {
  if (body->state != BODY_DATA) {
    take_line_byte(body, c);
    return;
  }
  body->length++;
  body->sum = (body->sum ^ (unsigned char)c) * UINT64_C(1099511628211) + 1;
  if (--body->left == 0)
    body->state = body->chunked ? BODY_CHUNK_END : BODY_DONE;
}

static void drop_taken(struct connection *c, size_t length) {
  memmove(c->in, c->in + length, c->in_length - length);
  c->in_length -= length;
}

/* Takes what has come of the body; true when all of it has. */
static bool take_body(struct connection *c) {
  size_t taken = 0;
  while (taken < c->in_length && c->body.state != BODY_DONE)
    take_body_byte(&c->body, c->in[taken++]);
  drop_taken(c, taken);
  return c->body.state == BODY_DONE;
}

/* Begins with a request; false when no head has come whole. */
static bool take_head(struct connection *c) {
  c->in[c->in_length] = '\0';
  const char *end = strstr(c->in, "\r\n\r\n");
  if (!end) return false;
  size_t length = (size_t)(end - c->in) + 4;
  c->head = strndup(c->in, length);
  if (!c->head) abort();
  drop_taken(c, length);
  begin_body(&c->body, c->head);
  return true;
}

static void end_request(struct connection *c) {
  c->follows = false;
  free(c->head);
  c->head = NULL;
}

static bool answers_early(struct manual_answers *answers,
                          const struct connection *c) {
  const struct slot *slot = slot_of(answers, c->head);
  return slot && slot->answer.early && c->body.length >= slot->answer.early_at;
}

/* Begins the answer to a request; false when it is not to be answered yet. */
static bool take_request(struct manual_answers *answers, struct connection *c) {
  if (!c->head && !take_head(c)) return false;
  c->follows = !take_body(c);
  if (c->follows && !answers_early(answers, c)) {
    c->follows = false;
    return false;
  }
  begin_answer(answers, c);
  if (!c->follows) end_request(c);
  return true;
}

/* Takes what has come of a body whose request is answered already. */
static void follow_body(struct connection *c) {
  if (is_deaf(c) || !take_body(c)) return;
  bool ends = c->phase == IDLE && closes_later(c);
  end_request(c);
  if (ends) end_connection(c, false);
}

/* Reads; false when the connection has ended. */
static bool receive(struct connection *c) {
  ssize_t got =
      recv(c->fd, c->in + c->in_length, HEAD_MOST - c->in_length, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got <= 0) return false;
  c->in_length += (size_t)got;
  return true;
}

static void on_events(struct manual_answers *answers, struct connection *c,
                      uint32_t events) {
  if (c->fd < 0) return;
  if (is_deaf(c) && (events & (EPOLLERR | EPOLLHUP))) {
    end_connection(c, true);
    return;
  }
  if ((events & ~(uint32_t)EPOLLOUT) && !receive(c)) {
    end_connection(c, false);
    return;
  }
  if (c->phase == SENDING) send_piece(answers, c);
}

static bool has_lingered(const struct connection *c) {
  return c->phase == IDLE && !c->head && c->requests &&
         c->answer.end == MANUAL_KEEP && now_ms() - c->since_ms >= KEPT_MS;
}

/* Does what time has brought for it.  May free it. */
static void look_after(struct manual_answers *answers, struct connection *c) {
  if (c->phase == READING && piece_is_over(c)) next_piece(answers, c);
  if (c->phase == SENDING && has_waited(c)) end_connection(c, true);
  if (c->follows && c->fd >= 0) follow_body(c);
  if (c->phase == IDLE && !c->follows && c->in_length &&
      take_request(answers, c))
    next_piece(answers, c);
  if (has_lingered(c)) end_connection(c, false);
  if (c->phase == ENDING && (knows_the_end(c) || has_waited(c)))
    free_connection(c);
}

/* ---- All connections ---- */

static void take_connection(struct manual_answers *answers) {
  struct sockaddr_in there;
  socklen_t length = sizeof there;
  memset(&there, 0, sizeof there);
  int fd = accept4(answers->listener, (struct sockaddr *)&there, &length,
                   SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  note_accepted(fd);
  struct connection *c = calloc(1, sizeof *c);
  int on = 1;
  if (!c) abort();
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  c->fd = fd;
  c->accepted_fd = fd;
  c->epoll_fd = answers->epoll_fd;
  c->peer_fd = -1;
  c->there = there;
  length = sizeof c->here;
  (void)getsockname(fd, (struct sockaddr *)&c->here, &length);
  lr_list_append(&answers->connections, &c->node);
  answers->accepted++;
  watch(answers, c, EPOLL_CTL_ADD, EPOLLIN);
}

static struct connection *of_node(lr_list *node) {
  return lr_container(node, struct connection, node);
}

static void look_after_all(struct manual_answers *answers) {
  lr_list *next;
  for (lr_list *node = answers->connections.next; node != &answers->connections;
       node = next) {
    next = node->next;
    struct connection *c = of_node(node);
    if (answers->closing && c->phase != ENDING) end_connection(c, false);
    look_after(answers, c);
  }
  answers->closing = false;
}

static bool is_busy(const struct connection *c) { return c->phase != IDLE; }

static bool any_busy(const struct manual_answers *answers) {
  for (lr_list *node = answers->connections.next; node != &answers->connections;
       node = node->next)
    if (is_busy(of_node(node))) return true;
  return false;
}

static bool any_lingers(const struct manual_answers *answers) {
  for (lr_list *node = answers->connections.next; node != &answers->connections;
       node = node->next) {
    const struct connection *c = of_node(node);
    if (c->requests && c->answer.end == MANUAL_KEEP) return true;
  }
  return false;
}

/* The list changes only here; freed connections have no descriptor, and so no
 * events. */
static void handle(struct manual_answers *answers, struct epoll_event *events,
                   int count) {
  for (int i = 0; i < count; i++) {
    void *owner = events[i].data.ptr;
    uint64_t calls;
    if (owner == answers)
      take_connection(answers);
    else if (owner == &answers->waker)
      (void)!read(answers->waker, &calls, sizeof calls);
    else
      on_events(answers, owner, events[i].events);
  }
  look_after_all(answers);
}

static void *serve(void *context) {
  struct manual_answers *answers = context;
  struct epoll_event events[EVENTS];
  int timeout_ms = -1;
  bool busy = false;
  for (;;) {
    int count = epoll_wait(answers->epoll_fd, events, EVENTS, timeout_ms);
    if (busy && count <= 0) nap();
    pthread_mutex_lock(&answers->lock);
    if (answers->stopping) break;
    handle(answers, events, count);
    busy = any_busy(answers);
    timeout_ms = busy ? 0 : any_lingers(answers) ? KEPT_MS / 4 : -1;
    pthread_mutex_unlock(&answers->lock);
  }
  pthread_mutex_unlock(&answers->lock);
  return NULL;
}

/* ---- Starting and stopping ---- */

static bool wait_on(struct manual_answers *answers, int fd, void *owner) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};
  return epoll_ctl(answers->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool start_thread(struct manual_answers *answers) {
  answers->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  answers->waker = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (answers->epoll_fd < 0 || answers->waker < 0 ||
      !wait_on(answers, answers->listener, answers) ||
      !wait_on(answers, answers->waker, &answers->waker))
    return false;
  int error = pthread_create(&answers->thread, NULL, serve, answers);
  if (error) errno = error;
  return error == 0;
}

static void free_answers(struct manual_answers *answers) {
  int kept = errno;
  while (!lr_list_empty(&answers->connections))
    free_connection(of_node(answers->connections.next));
  for (size_t i = 0; i <= MANUAL_OTHER; i++) free(answers->slots[i].request);
  if (answers->epoll_fd >= 0) close(answers->epoll_fd);
  if (answers->waker >= 0) close(answers->waker);
  pthread_mutex_destroy(&answers->lock);
  free(answers);
  errno = kept;
}

struct manual_answers *manual_answers_start(int listener) {
  struct manual_answers *answers = calloc(1, sizeof *answers);
  if (!answers) return NULL;
  pthread_mutex_init(&answers->lock, NULL);
  lr_list_init(&answers->connections);
  answers->listener = listener;
  answers->epoll_fd = -1;
  answers->waker = -1;
  if (start_thread(answers)) return answers;
  free_answers(answers);
  return NULL;
}

static void wake(struct manual_answers *answers) {
  const uint64_t one = 1;
  (void)!write(answers->waker, &one, sizeof one);
}

void manual_answers_stop(struct manual_answers *answers) {
  pthread_mutex_lock(&answers->lock);
  answers->stopping = true;
  pthread_mutex_unlock(&answers->lock);
  wake(answers);
  pthread_join(answers->thread, NULL);
  free_answers(answers);
}

/* ---- For the test ---- */

void manual_server_answer(struct manual_server *server, unsigned number,
                          const struct manual_answer *answer) {
  struct manual_answers *answers = server->answers;
  if (number >= MANUAL_ANSWERS) abort();
  pthread_mutex_lock(&answers->lock);
  answers->slots[number].answer = *answer;
  answers->slots[number].seen = (struct manual_seen){0, 0};
  answers->slots[number].answered = false;
  pthread_mutex_unlock(&answers->lock);
}

void manual_server_answered(struct manual_server *server, unsigned number) {
  struct manual_answers *answers = server->answers;
  if (number >= MANUAL_ANSWERS) abort();
  pthread_mutex_lock(&answers->lock);
  answers->slots[number].answered = true;
  pthread_mutex_unlock(&answers->lock);
}

struct manual_seen manual_server_seen(struct manual_server *server,
                                      unsigned number) {
  struct manual_answers *answers = server->answers;
  if (number >= MANUAL_ANSWERS) abort();
  pthread_mutex_lock(&answers->lock);
  struct manual_seen seen = answers->slots[number].seen;
  pthread_mutex_unlock(&answers->lock);
  return seen;
}

size_t manual_server_request(struct manual_server *server, unsigned number,
                             char *out, size_t capacity) {
  struct manual_answers *answers = server->answers;
  if (number > MANUAL_OTHER) abort();
  pthread_mutex_lock(&answers->lock);
  const struct slot *slot = &answers->slots[number];
  size_t length = slot->request_length;
  snprintf(out, capacity, "%s", slot->request ? slot->request : "");
  pthread_mutex_unlock(&answers->lock);
  return length;
}

bool manual_server_settle(struct manual_server *server, unsigned ms) {
  struct manual_answers *answers = server->answers;
  uint64_t until_ms = now_ms() + ms;
  for (;;) {
    pthread_mutex_lock(&answers->lock);
    bool busy = answers->closing || any_busy(answers);
    pthread_mutex_unlock(&answers->lock);
    if (!busy) return true;
    if (now_ms() > until_ms) return false;
    nap();
  }
}

void manual_server_close_all(struct manual_server *server) {
  struct manual_answers *answers = server->answers;
  pthread_mutex_lock(&answers->lock);
  answers->closing = true;
  pthread_mutex_unlock(&answers->lock);
  wake(answers);
}

static uint64_t read_count(struct manual_answers *answers,
                           const uint64_t *count) {
  pthread_mutex_lock(&answers->lock);
  uint64_t value = *count;
  pthread_mutex_unlock(&answers->lock);
  return value;
}

uint64_t manual_server_accepted(struct manual_server *server) {
  struct manual_answers *answers = server->answers;
  return read_count(answers, &answers->accepted);
}

uint64_t manual_server_requests(struct manual_server *server) {
  struct manual_answers *answers = server->answers;
  return read_count(answers, &answers->requests);
}
