/* SPDX-License-Identifier: MIT
 * origin_connection.c: one connection of the origin.  Its request is read, the
 * script for the request's path is found and run, step by step. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "support/origin_private.h"

enum {
  RUNS_PER_TURN = 64, /* of one connection, so that others live too */
  REQUEST_MAX = 32 * 1024 * 1024
};

/* ---- Counts, kept twice: in all and for the address ---- */

struct address_counts *origin_find_address(struct origin *origin,
                                           in_addr_t address) {
  struct address_counts *entry =
      origin->addresses[ntohl(address) % ADDRESS_BUCKETS];

  while (entry && entry->address != address) entry = entry->next;
  return entry;
}

static struct address_counts *add_address(struct origin *origin,
                                          in_addr_t address) {
  struct address_counts **bucket =
      &origin->addresses[ntohl(address) % ADDRESS_BUCKETS];
  struct address_counts *entry = origin_find_address(origin, address);
  if (entry) return entry;
  entry = calloc(1, sizeof *entry);
  if (!entry) return NULL;
  entry->address = address;
  entry->next = *bucket;
  *bucket = entry;
  return entry;
}

static void count_opened(struct origin_counts *counts) {
  counts->accepted++;
  counts->open++;
  if (counts->open > counts->open_max) counts->open_max = counts->open;
}

static void count_began(struct origin_counts *counts) {
  counts->requests++;
  counts->in_flight++;
  if (counts->in_flight > counts->in_flight_max)
    counts->in_flight_max = counts->in_flight;
}

static void count_ended(struct origin_counts *counts, bool answered) {
  counts->in_flight--;
  if (answered) counts->answered++;
}

/* The request in the works has ended, one way or the other. */
static void end_request(struct connection *c, bool answered) {
  if (!c->request_length) return;
  count_ended(&c->origin->counts, answered);
  count_ended(&c->address->counts, answered);
  memmove(c->in, c->in + c->request_length, c->in_length - c->request_length);
  c->in_length -= c->request_length;
  c->request_length = 0;
  c->body_state = BODY_NONE;
  c->answers++;
}

/* ---- The life of a connection ---- */

void origin_destroy_connection(struct connection *c, bool reset) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  end_request(c, false);
  c->origin->counts.open--;
  c->address->counts.open--;
  c->origin->by_fd[c->fd] = NULL;
  lr_list_remove(&c->all);
  lr_list_remove(&c->waiting);
  if (reset) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close(c->fd);
  free(c->in);
  free(c->heap);
  EVP_MD_CTX_free(c->digest);
  free(c);
}

static bool watch(struct connection *c, int operation, uint32_t events) {
  struct epoll_event event = {
      .events = events,
      .data = {.u64 = (uint64_t)c->generation << 32 | (uint32_t)c->fd}};
  c->interest = events;
  return !epoll_ctl(c->origin->epoll_fd, operation, c->fd, &event);
}

/* Bounds what is received of a body, or its sender would never wait. */
static bool is_full(const struct connection *c) {
  return c->body_state != BODY_NONE && c->in_length >= IN_MOST;
}

static void want_to_write(struct connection *c, bool wanted) {
  uint32_t events = (is_full(c) ? 0 : EPOLLIN) | (wanted ? EPOLLOUT : 0);
  if (c->interest != events) watch(c, EPOLL_CTL_MOD, events);
}

/* The list is in the order in which they are due: most are so last. */
static void wait_ms(struct connection *c, uint64_t ms) {
  lr_list *after = c->origin->waiting.prev;
  c->due_ms = origin_now_ms() + ms;
  while (after != &c->origin->waiting &&
         lr_container(after, struct connection, waiting)->due_ms > c->due_ms)
    after = after->prev;
  lr_list_prepend(after, &c->waiting);
}

static bool reserve_fd(struct origin *origin, int fd) {
  size_t capacity = origin->by_fd_capacity ? origin->by_fd_capacity : 256;
  while (capacity <= (size_t)fd) capacity *= 2;
  if (capacity == origin->by_fd_capacity) return true;
  struct connection **table =
      realloc(origin->by_fd, capacity * sizeof(struct connection *));
  if (!table) return false;
  memset(table + origin->by_fd_capacity, 0,
         (capacity - origin->by_fd_capacity) * sizeof(struct connection *));
  origin->by_fd = table;
  origin->by_fd_capacity = capacity;
  return true;
}

/* A connection for the accepted `fd`; NULL when out of memory. */
static struct connection *new_connection(struct origin *origin, int fd,
                                         in_addr_t local) {
  struct address_counts *entry = add_address(origin, local);
  if (!entry || !reserve_fd(origin, fd)) return NULL;
  struct connection *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->origin = origin;
  c->address = entry;
  c->fd = fd;
  c->generation = ++origin->generation & 0x7fffffff;
  if (!watch(c, EPOLL_CTL_ADD, EPOLLIN)) {
    free(c);
    return NULL;
  }
  lr_list_append(&origin->connections, &c->all);
  lr_list_init(&c->waiting);
  origin->by_fd[fd] = c;
  count_opened(&origin->counts);
  count_opened(&entry->counts);
  return c;
}

/* ---- Requests ---- */

static const struct origin_step *match(const char *pattern,
                                       const struct origin_step *steps,
                                       const char *path, size_t length,
                                       unsigned long *number) {
  size_t stem = strlen(pattern);
  if (stem && pattern[stem - 1] == '*') {
    stem--;
    if (length <= stem || memcmp(pattern, path, stem)) return NULL;
    char *end;
    *number = strtoul(path + stem, &end, 10);
    return end == path + length ? steps : NULL;
  }
  return stem == length && !memcmp(pattern, path, length) ? steps : NULL;
}

/* The script for a path, which is not ended by a NUL, or NULL. */
static const struct origin_step *find_script(struct origin *origin,
                                             const char *path, size_t length,
                                             unsigned long *number) {
  const struct origin_step *steps = NULL;
  *number = 0;
  for (size_t i = 0; i < SCRIPTS_MAX && !steps; i++)
    if (origin->scripts[i].path)
      steps = match(origin->scripts[i].path, origin->scripts[i].steps, path,
                    length, number);
  for (size_t i = 0; origin_builtins[i].path && !steps; i++)
    steps = match(origin_builtins[i].path, origin_builtins[i].steps, path,
                  length, number);
  return steps;
}

/* The value of the first header called `name` in a head that ends with an
 * empty line, or NULL. */
static const char *find_header(const char *head, size_t length,
                               const char *name) {
  size_t name_length = strlen(name);
  const char *end = head + length;
  const char *line = memchr(head, '\n', length);
  while (line && (size_t)(end - line) > name_length + 2) {
    line++;
    if (!strncasecmp(line, name, name_length) && line[name_length] == ':')
      return line + name_length + 1;
    line = memchr(line, '\n', (size_t)(end - line));
  }
  return NULL;
}

/* The length of the body that belongs to a head, or SIZE_MAX when it has not
 * come whole. */
static size_t body_length(const struct connection *c, size_t head_length) {
  const char *length = find_header(c->in, head_length, "Content-Length");
  const char *coding = find_header(c->in, head_length, "Transfer-Encoding");
  const char *body = c->in + head_length;
  size_t there = c->in_length - head_length;
  if (coding) {
    if (there >= 5 && !memcmp(body, "0\r\n\r\n", 5)) return 5;
    const char *end = memmem(body, there, "\r\n0\r\n\r\n", 7);
    return end ? (size_t)(end + 7 - body) : SIZE_MAX;
  }
  unsigned long wanted = length ? strtoul(length, NULL, 10) : 0;
  return wanted <= there ? wanted : SIZE_MAX;
}

static void send_continue(struct connection *c) {
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  ssize_t sent = send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL);
  (void)sent; /* a peer that does not read will not have its answer either */
}

static void stamp(const struct connection *c) {
  struct origin *origin = c->origin;
  if (!origin->stamps || origin->stamped == origin->stamps_capacity) return;
  origin->stamps[origin->stamped++] = (struct origin_stamp){
      c->received_ns, ntohl((uint32_t)c->address->address)};
}

/* The script for the request whose head is at the front. */
static const struct origin_step *script_of(struct connection *c, size_t head) {
  const char *line_end = memchr(c->in, '\r', head);
  const char *path = memchr(c->in, ' ', (size_t)(line_end - c->in));
  path = path ? path + 1 : line_end;
  size_t length = strcspn(path, " ?\r");
  if (!length) return NULL;
  return find_script(c->origin, path, length, &c->path_number);
}

/* The body is read by the script. */
static void begin_body(struct connection *c, size_t head) {
  const char *length = find_header(c->in, head, "Content-Length");
  c->chunked = find_header(c->in, head, "Transfer-Encoding") != NULL;
  c->left = length && !c->chunked ? strtoull(length, NULL, 10) : 0;
  c->body_state = c->chunked ? BODY_SIZE : BODY_BYTES;
  c->body_over = !c->chunked && !c->left;
  c->body_taken = 0;
  if (!c->digest) c->digest = EVP_MD_CTX_new();
  if (c->digest) EVP_DigestInit_ex(c->digest, EVP_sha256(), NULL);
}

/* Starts the script for the request that is at the front, when it is whole, or
 * its head is and the script reads the body. */
static void begin_request(struct connection *c) {
  static const struct origin_step not_found[] = {
      {ORIGIN_PAGE, "no such path\n", 0, 404}, {ORIGIN_END, NULL, 0, 0}};
  const char *end =
      c->in_length ? memmem(c->in, c->in_length, "\r\n\r\n", 4) : NULL;
  if (!end) return;
  size_t head = (size_t)(end + 4 - c->in);
  size_t body = 0;
  const struct origin_step *script = script_of(c, head);
  if (script && script->kind == ORIGIN_TAKE)
    begin_body(c, head);
  else
    body = body_length(c, head);
  if (body == SIZE_MAX) {
    if (head == c->in_length && find_header(c->in, head, "Expect"))
      send_continue(c);
    return;
  }
  c->request_length = head + body;
  c->is_head = !strncmp(c->in, "HEAD ", 5);
  c->step = script ? script : not_found;
  c->progress = 0;
  count_began(&c->origin->counts);
  count_began(&c->address->counts);
  stamp(c);
}

/* ---- Answers ---- */

static void out(struct connection *c, const char *bytes, size_t length) {
  c->out = bytes;
  c->out_length = length;
}

static unsigned long number_of(const struct connection *c) {
  return c->step->number == ORIGIN_FROM_PATH ? c->path_number : c->step->number;
}

static size_t text_length(const struct origin_step *step) {
  if (step->length || !step->text) return step->length;
  return strlen(step->text);
}

static void next_step(struct connection *c) {
  c->step++;
  c->progress = 0;
}

/* Writes the head of a whole answer into the connection's buffer. */
static size_t write_head(struct connection *c, unsigned long status,
                         uint64_t length) {
  int written;
  if (status == 204 || status == 304 || status / 100 == 1)
    written =
        snprintf(c->buffer, OUT_MOST, "HTTP/1.1 %lu Status\r\n\r\n", status);
  else
    written = snprintf(c->buffer, OUT_MOST,
                       "HTTP/1.1 %lu Status\r\nContent-Type: text/plain\r\n"
                       "Content-Length: %llu\r\n\r\n",
                       status, (unsigned long long)length);
  return (size_t)written;
}

static void run_page(struct connection *c) {
  unsigned long status = number_of(c) ? number_of(c) : 200;
  size_t length = text_length(c->step);
  size_t head = write_head(c, status, length);
  if (c->is_head || status == 204 || status == 304 || status / 100 == 1 ||
      length > OUT_MOST - head)
    length = 0;
  if (length) memcpy(c->buffer + head, c->step->text, length);
  out(c, c->buffer, head + length);
  next_step(c);
}

/* Sends a head, then letters; `progress` is how many are out, and one. */
static void run_bytes(struct connection *c) {
  uint64_t whole = number_of(c);
  if (!c->progress) {
    out(c, c->buffer, write_head(c, 200, whole));
    c->progress = 1;
    if (c->is_head) next_step(c);
    return;
  }
  uint64_t left = whole - (c->progress - 1);
  if (left > OUT_MOST) left = OUT_MOST;
  if (!left) {
    next_step(c);
    return;
  }
  for (size_t i = 0; i < left; i++)
    c->buffer[i] = (char)('a' + (c->progress - 1 + i) % 26);
  out(c, c->buffer, left);
  c->progress += left;
}

/* Sends `text` again and again, many in one go. */
static void run_repeat(struct connection *c) {
  size_t length = text_length(c->step);
  uint64_t times = number_of(c);
  size_t filled = 0;
  if (!length || length > OUT_MOST || (times && c->progress >= times)) {
    next_step(c);
    return;
  }
  while (filled + length <= OUT_MOST && (!times || c->progress < times)) {
    memcpy(c->buffer + filled, c->step->text, length);
    filled += length;
    c->progress++;
  }
  out(c, c->buffer, filled);
}

static void run_dribble(struct connection *c) {
  size_t position = c->progress / 2;
  if (position == text_length(c->step))
    next_step(c);
  else if (c->progress % 2) {
    c->progress++;
    wait_ms(c, number_of(c));
  } else {
    out(c, c->step->text + position, 1);
    c->progress++;
  }
}

/* False when out of memory. */
static bool run_echo(struct connection *c) {
  size_t head = write_head(c, 200, c->request_length);
  size_t body = c->is_head ? 0 : c->request_length;
  free(c->heap);
  c->heap = malloc(head + body);
  if (!c->heap) return false;
  memcpy(c->heap, c->buffer, head);
  memcpy(c->heap + head, c->in, body);
  out(c, c->heap, head + body);
  next_step(c);
  return true;
}

static void run_wait(struct connection *c) {
  if (c->progress++)
    next_step(c);
  else
    wait_ms(c, number_of(c));
}

static void run_hold(struct connection *c) {
  c->held = !c->released;
  c->released = false;
  if (!c->held) next_step(c);
}

/* A line of the body's framing, consumed at `*at`; NULL when it has not come
 * whole. */
static const char *take_line(struct connection *c, size_t *at) {
  const char *line = c->in + *at;
  const char *end = memmem(line, c->in_length - *at, "\r\n", 2);
  if (!end) return NULL;
  *at = (size_t)(end + 2 - c->in);
  return line;
}

/* False when the line has not come whole. */
static bool take_framing(struct connection *c, size_t *at) {
  const char *line = take_line(c, at);
  if (!line) return false;
  if (c->body_state == BODY_BREAK) {
    c->body_state = BODY_SIZE;
  } else if (c->body_state == BODY_SIZE) {
    c->left = strtoull(line, NULL, 16);
    c->body_state = c->left ? BODY_BYTES : BODY_TRAILER;
  } else if (*line == '\r') {
    c->body_over = true;
  }
  return true;
}

/* Takes up to `most` bytes of the body from `*at` on. */
static uint64_t take_bytes(struct connection *c, size_t *at, uint64_t most) {
  uint64_t there = c->in_length - *at;
  if (most > there) most = there;
  if (most > c->left) most = c->left;
  if (c->digest) EVP_DigestUpdate(c->digest, c->in + *at, (size_t)most);
  *at += (size_t)most;
  c->left -= most;
  c->body_taken += most;
  if (c->left) return most;
  if (c->chunked)
    c->body_state = BODY_BREAK;
  else
    c->body_over = true;
  return most;
}

/* True when enough was taken. */
static bool run_take(struct connection *c) {
  uint64_t wanted = number_of(c) ? number_of(c) : UINT64_MAX;
  size_t at = c->request_length;
  bool more = true;
  while (more && !c->body_over && c->progress < wanted) {
    if (c->body_state == BODY_BYTES) {
      uint64_t taken = take_bytes(c, &at, wanted - c->progress);
      c->progress += taken;
      more = taken > 0;
    } else {
      more = take_framing(c, &at);
    }
  }
  memmove(c->in + c->request_length, c->in + at, c->in_length - at);
  c->in_length -= at - c->request_length;
  if (!c->body_over && c->progress < wanted) return false;
  next_step(c);
  return true;
}

static void run_digest(struct connection *c) {
  unsigned char digest[EVP_MAX_MD_SIZE] = {0};
  char text[128];
  unsigned size = 0;
  if (c->digest) EVP_DigestFinal_ex(c->digest, digest, &size);
  int length =
      snprintf(text, sizeof text, "%llu ", (unsigned long long)c->body_taken);
  for (unsigned i = 0; i < size; i++)
    length += snprintf(text + length, sizeof text - (size_t)length, "%02x",
                       digest[i]);
  size_t head = write_head(c, 200, (uint64_t)length);
  memcpy(c->buffer + head, text, (size_t)length);
  out(c, c->buffer, head + (size_t)length);
  next_step(c);
}

/* Ends the script: the connection is idle, or begins its next request. */
static void run_end(struct connection *c) {
  c->step = NULL;
  end_request(c, true);
  begin_request(c);
}

enum fate { GOES_ON, BLOCKED, CLOSED, RESET };

/* Runs the step that is due, with nothing left to send. */
static enum fate run_step(struct connection *c) {
  switch (c->step->kind) {
  case ORIGIN_END:
    if (c->body_state != BODY_NONE && !c->body_over) return CLOSED;
    run_end(c);
    break;
  case ORIGIN_TAKE:
    return run_take(c) ? GOES_ON : BLOCKED;
  case ORIGIN_DIGEST:
    run_digest(c);
    break;
  case ORIGIN_SEND:
    out(c, c->step->text, text_length(c->step));
    next_step(c);
    break;
  case ORIGIN_REPEAT:
    run_repeat(c);
    break;
  case ORIGIN_DRIBBLE:
    run_dribble(c);
    break;
  case ORIGIN_PAGE:
    run_page(c);
    break;
  case ORIGIN_BYTES:
    run_bytes(c);
    break;
  case ORIGIN_ECHO:
    return run_echo(c) ? GOES_ON : CLOSED;
  case ORIGIN_WAIT:
    run_wait(c);
    break;
  case ORIGIN_HOLD:
    run_hold(c);
    break;
  case ORIGIN_STALL:
    return BLOCKED;
  case ORIGIN_SHUT:
    shutdown(c->fd, SHUT_WR);
    next_step(c);
    break;
  case ORIGIN_CLOSE_AFTER:
    if (c->answers + 1 < number_of(c)) {
      next_step(c);
      break;
    }
    end_request(c, true);
    return CLOSED;
  case ORIGIN_RESET:
    return RESET;
  case ORIGIN_CLOSE:
  default:
    return CLOSED;
  }
  return GOES_ON;
}

/* Sends what it can of what is on its way. */
static enum fate flush(struct connection *c) {
  while (c->out_length) {
    ssize_t sent = send(c->fd, c->out, c->out_length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      want_to_write(c, true);
      return BLOCKED;
    }
    if (sent < 0) return CLOSED;
    c->out += sent;
    c->out_length -= (size_t)sent;
  }
  return GOES_ON;
}

void origin_advance(struct connection *c) {
  enum fate fate = GOES_ON;
  for (unsigned runs = 0; fate == GOES_ON && runs < RUNS_PER_TURN; runs++) {
    fate = flush(c);
    if (fate != GOES_ON) break;
    if (!c->step || c->due_ms || c->held) {
      want_to_write(c, false);
      return;
    }
    fate = run_step(c);
    if (fate == BLOCKED) want_to_write(c, false);
  }
  if (fate == CLOSED || fate == RESET)
    origin_destroy_connection(c, fate == RESET);
  else if (fate == GOES_ON)
    want_to_write(c, true); /* its turn is over; there is more */
}

/* ---- Events ---- */
static uint64_t ns_of(const struct timespec *time) {
  return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

/* As recv; keeps when the kernel got it. */
static ssize_t receive_stamped(struct connection *c, void *to,
                               size_t capacity) {
  union {
    char bytes[CMSG_SPACE(sizeof(struct timespec))];
    struct cmsghdr align;
  } control;
  struct iovec part = {to, capacity};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  ssize_t received = recvmsg(c->fd, &message, 0);
  if (received <= 0) return received;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time); /* the first may come without */
  const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_type == SCM_TIMESTAMPNS)
    memcpy(&time, CMSG_DATA(head), sizeof time);
  c->received_ns = ns_of(&time);
  return received;
}

/* Reads what there is, but not much of it: the request may be one whose body is
 * not to be held.  False when the connection is at its end. */
static bool receive(struct connection *c) {
  for (size_t most = c->in_length + IN_MOST;
       !is_full(c) && c->in_length < most;) {
    ssize_t received;
    if (c->in_capacity - c->in_length < 4096) {
      size_t capacity = c->in_capacity ? 2 * c->in_capacity : 8192;
      char *in = capacity > REQUEST_MAX ? NULL : realloc(c->in, capacity);
      if (!in) return false;
      c->in = in;
      c->in_capacity = capacity;
    }
    if (c->origin->stamps)
      received = receive_stamped(c, c->in + c->in_length,
                                 c->in_capacity - c->in_length);
    else
      received =
          recv(c->fd, c->in + c->in_length, c->in_capacity - c->in_length, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (!received) return false;
    c->in_length += (size_t)received;
  }
  return true;
}

void origin_on_events(struct connection *c, uint32_t events) {
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) && !receive(c)) {
    origin_destroy_connection(c, false);
    return;
  }
  if (!c->step) begin_request(c);
  origin_advance(c);
}

bool origin_take_connection(struct origin *origin, int fd, in_addr_t local) {
  struct connection *c = new_connection(origin, fd, local);
  int on = 1;
  if (!c) return false;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  c->step = find_script(origin, "", 0, &c->path_number);
  origin_advance(c);
  return true;
}
