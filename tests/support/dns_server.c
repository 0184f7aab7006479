/* SPDX-License-Identifier: MIT
 * dns_server.c: a thread that reads questions and writes answers (RFC 1035). */
#include "support/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE = 4096, HELD = 8192, NAMES = 64, NAME = 256, HEADER = 12 };
enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_AAAA = 28 };

struct held {
  struct sockaddr_in from;
  size_t length;
  unsigned char bytes[512];
};

struct dns_server {
  pthread_t thread;
  pthread_mutex_t lock;
  int udp;
  int tcp;
  int pipe[2];
  char address[32];
  const struct dns_rule *rules;
  size_t rule_count;
  unsigned questions;
  unsigned tcp_questions;
  unsigned marks; /* datagrams that are none, of dns_server_set */
  struct {
    char name[NAME];
    unsigned count;
  } asked[NAMES];
  bool hold;
  size_t held_count;
  struct held *held;
};

/* ---- Messages ---- */

struct message {
  unsigned char bytes[MESSAGE];
  size_t length;
};

static void put16(struct message *m, unsigned number) {
  m->bytes[m->length++] = (unsigned char)(number >> 8);
  m->bytes[m->length++] = (unsigned char)number;
}

static void put32(struct message *m, uint32_t number) {
  put16(m, number >> 16);
  put16(m, number & 0xffff);
}

static void put_name(struct message *m, const char *name) {
  while (*name) {
    size_t label = strcspn(name, ".");
    m->bytes[m->length++] = (unsigned char)label;
    memcpy(m->bytes + m->length, name, label);
    m->length += label;
    name += label + (name[label] == '.');
  }
  m->bytes[m->length++] = 0;
}

static void put_record(struct message *m, const char *name, unsigned type,
                       uint32_t ttl, unsigned length) {
  put_name(m, name);
  put16(m, type);
  put16(m, 1);
  put32(m, ttl);
  put16(m, length);
}

static void add_to_count(struct message *m, size_t at) { m->bytes[at + 1]++; }

static void put_soa(struct message *m, uint32_t ttl) {
  put_record(m, "test", TYPE_SOA, ttl + 1000, 2 + 20);
  m->bytes[m->length++] = 0;
  m->bytes[m->length++] = 0;
  for (int i = 0; i < 4; i++) put32(m, 1);
  put32(m, ttl); /* the lesser one */
  add_to_count(m, 8);
}

/* Puts those addresses of a list that are of the type; true: there were some.
 */
static bool put_addresses(struct message *m, const char *name,
                          const struct dns_rule *rule, unsigned type) {
  char list[512];
  bool some = false;
  snprintf(list, sizeof list, "%s", rule->data ? rule->data : "");
  char *rest = list;
  for (char *one; (one = strsep(&rest, ","));) {
    unsigned char bytes[16];
    bool six = strchr(one, ':') != NULL;
    if (six != (type == TYPE_AAAA) ||
        inet_pton(six ? AF_INET6 : AF_INET, one, bytes) != 1)
      continue;
    put_record(m, name, type, rule->ttl, six ? 16 : 4);
    memcpy(m->bytes + m->length, bytes, six ? 16 : 4);
    m->length += six ? 16 : 4;
    add_to_count(m, 6);
    some = true;
  }
  return some;
}

static void put_alias(struct message *m, const char *name,
                      const struct dns_rule *rule) {
  struct message target = {.length = 0};
  put_name(&target, rule->data);
  put_record(m, name, TYPE_CNAME, rule->ttl, (unsigned)target.length);
  memcpy(m->bytes + m->length, target.bytes, target.length);
  m->length += target.length;
  add_to_count(m, 6);
}

/* ---- Rules ---- */

static const struct dns_rule *find_rule(const struct dns_server *server,
                                        const char *name) {
  static const struct dns_rule none = {NULL, DNS_NO_NAME, NULL, 60};
  for (size_t i = 0; i < server->rule_count; i++)
    if (strcmp(server->rules[i].name, name) == 0 ||
        strcmp(server->rules[i].name, "*") == 0)
      return &server->rules[i];
  return &none;
}

static void set_code(struct message *m, unsigned code) {
  m->bytes[3] = (unsigned char)((m->bytes[3] & 0xf0) | code);
}

/* Writes an answer behind the question.  False: there is none. */
static bool answer(const struct dns_server *server, struct message *m,
                   const char *name, unsigned type, bool tcp) {
  const struct dns_rule *rule = find_rule(server, name);
  for (int steps = 0; rule->reply == DNS_ALIAS && steps < 16; steps++) {
    put_alias(m, name, rule);
    name = rule->data;
    rule = find_rule(server, name);
  }
  if (rule->reply == DNS_FOUR_ONLY && type == TYPE_AAAA) return false;
  if (rule->reply == DNS_TRUNCATED && !tcp) {
    m->bytes[2] |= 0x02;
    return true;
  }
  switch (rule->reply) {
  case DNS_FOUR_ONLY:
  case DNS_TRUNCATED:
  case DNS_ADDRESSES:
    if (!put_addresses(m, name, rule, type)) put_soa(m, rule->ttl);
    return true;
  case DNS_NO_NAME:
  case DNS_NO_SOA:
    set_code(m, 3);
    if (rule->reply == DNS_NO_NAME) put_soa(m, rule->ttl);
    return true;
  case DNS_SERVFAIL:
    set_code(m, 2);
    return true;
  case DNS_REFUSED:
    set_code(m, 5);
    return true;
  case DNS_GARBAGE:
    m->bytes[7] = 3;
    memset(m->bytes + m->length, 0xbf, 30);
    m->length += 30;
    return true;
  default:
    return false;
  }
}

static void count_name(struct dns_server *server, const char *name) {
  for (size_t i = 0; i < NAMES; i++) {
    if (!server->asked[i].name[0])
      snprintf(server->asked[i].name, NAME, "%s", name);
    if (strcmp(server->asked[i].name, name) != 0) continue;
    server->asked[i].count++;
    return;
  }
}

/* Reads the name of a question, in lower case; returns where it ends, 0: it is
 * none. */
static size_t read_name(const unsigned char *bytes, size_t length, char *name) {
  size_t at = HEADER;
  size_t end = 0;
  while (at < length && bytes[at]) {
    size_t label = bytes[at++];
    if (label > 63 || at + label >= length || end + label + 2 > NAME) return 0;
    if (end) name[end++] = '.';
    for (size_t i = 0; i < label; i++) {
      unsigned char byte = bytes[at++];
      name[end++] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    }
  }
  name[end] = '\0';
  return at + 5 <= length ? at + 1 : 0;
}

/* Makes the answer to a question.  False: none. */
static bool respond(struct dns_server *server, const unsigned char *bytes,
                    size_t length, bool tcp, struct message *out) {
  char name[NAME] = "";
  size_t at = length > HEADER ? read_name(bytes, length, name) : 0;
  if (!at) return false;
  unsigned type = (unsigned)bytes[at] << 8 | bytes[at + 1];
  memset(out->bytes, 0, sizeof out->bytes);
  memcpy(out->bytes, bytes, at + 4);
  out->length = at + 4;
  out->bytes[2] = (unsigned char)(0x80 | (bytes[2] & 0x01));
  out->bytes[3] = 0x80;
  memset(out->bytes + 6, 0, 6);
  pthread_mutex_lock(&server->lock);
  bool answered = answer(server, out, name, type, tcp);
  pthread_mutex_unlock(&server->lock);
  return answered;
}

/* ---- Questions ---- */

static void note_question(struct dns_server *server, const unsigned char *bytes,
                          size_t length, bool tcp) {
  char name[NAME] = "";
  if (length <= HEADER || !read_name(bytes, length, name)) return;
  pthread_mutex_lock(&server->lock);
  if (tcp)
    server->tcp_questions++;
  else
    server->questions++;
  count_name(server, name);
  pthread_mutex_unlock(&server->lock);
}

static void note_mark(struct dns_server *server) {
  pthread_mutex_lock(&server->lock);
  server->marks++;
  pthread_mutex_unlock(&server->lock);
}

static void send_answer(struct dns_server *server, const struct held *held) {
  struct message m;
  if (respond(server, held->bytes, held->length, false, &m))
    (void)sendto(server->udp, m.bytes, m.length, MSG_NOSIGNAL,
                 (const struct sockaddr *)&held->from, sizeof held->from);
}

static void take_datagram(struct dns_server *server) {
  struct held now;
  socklen_t size = sizeof now.from;
  ssize_t got = recvfrom(server->udp, now.bytes, sizeof now.bytes, 0,
                         (struct sockaddr *)&now.from, &size);
  if (got <= 0) return;
  now.length = (size_t)got;
  if (now.length == 1) note_mark(server);
  note_question(server, now.bytes, now.length, false);
  pthread_mutex_lock(&server->lock);
  bool hold = server->hold && server->held_count < HELD;
  if (hold) server->held[server->held_count++] = now;
  pthread_mutex_unlock(&server->lock);
  if (!hold) send_answer(server, &now);
}

static bool read_all(int fd, unsigned char *bytes, size_t length) {
  while (length) {
    ssize_t got = recv(fd, bytes, length, 0);
    if (got <= 0) return false;
    bytes += got;
    length -= (size_t)got;
  }
  return true;
}

static void serve_connection(struct dns_server *server, int fd) {
  unsigned char size[2];
  unsigned char bytes[512];
  struct message m;
  while (read_all(fd, size, 2)) {
    size_t length = (size_t)size[0] << 8 | size[1];
    if (length > sizeof bytes || !read_all(fd, bytes, length)) return;
    note_question(server, bytes, length, true);
    if (!respond(server, bytes, length, true, &m)) continue;
    unsigned char head[2] = {(unsigned char)(m.length >> 8),
                             (unsigned char)m.length};
    (void)send(fd, head, 2, MSG_NOSIGNAL | MSG_MORE);
    (void)send(fd, m.bytes, m.length, MSG_NOSIGNAL);
  }
}

static void take_connection(struct dns_server *server) {
  struct timeval limit = {.tv_sec = 1};
  int fd = accept4(server->tcp, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  serve_connection(server, fd);
  close(fd);
}

static void *serve(void *server_pointer) {
  struct dns_server *server = server_pointer;
  struct pollfd fds[3] = {{server->udp, POLLIN, 0},
                          {server->tcp, POLLIN, 0},
                          {server->pipe[0], POLLIN, 0}};
  while (poll(fds, 3, -1) >= 0 && !fds[2].revents) {
    if (fds[0].revents) take_datagram(server);
    if (fds[1].revents) take_connection(server);
  }
  return NULL;
}

/* ---- Life ---- */

/* Binds both sockets to one port. */
static bool bind_both(struct dns_server *server) {
  struct sockaddr_in name = {.sin_family = AF_INET};
  socklen_t size = sizeof name;
  int buffer = 4 << 20;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)setsockopt(server->udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (bind(server->udp, (struct sockaddr *)&name, sizeof name) == 0 &&
      getsockname(server->udp, (struct sockaddr *)&name, &size) == 0 &&
      bind(server->tcp, (struct sockaddr *)&name, sizeof name) == 0 &&
      listen(server->tcp, 64) == 0) {
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u",
             ntohs(name.sin_port));
    return true;
  }
  close(server->udp);
  close(server->tcp);
  return false;
}

struct dns_server *dns_server_start(void) {
  struct dns_server *server = calloc(1, sizeof *server);
  if (!server) return NULL;
  server->held = calloc(HELD, sizeof *server->held);
  bool bound = false;
  for (int tries = 0; tries < 20 && !bound; tries++) bound = bind_both(server);
  if (!server->held || !bound || pipe(server->pipe) != 0) {
    free(server->held);
    free(server);
    return NULL;
  }
  pthread_mutex_init(&server->lock, NULL);
  pthread_create(&server->thread, NULL, serve, server);
  return server;
}

void dns_server_stop(struct dns_server *server) {
  close(server->pipe[1]);
  pthread_join(server->thread, NULL);
  close(server->pipe[0]);
  close(server->udp);
  close(server->tcp);
  pthread_mutex_destroy(&server->lock);
  free(server->held);
  free(server);
}

const char *dns_server_address(const struct dns_server *server) {
  return server->address;
}

static unsigned count_marks(struct dns_server *server) {
  pthread_mutex_lock(&server->lock);
  unsigned marks = server->marks;
  pthread_mutex_unlock(&server->lock);
  return marks;
}

/* Waits until all that was sent to the server before has come there. */
static void drain(struct dns_server *server) {
  struct sockaddr_in name;
  socklen_t size = sizeof name;
  unsigned before = count_marks(server);
  (void)getsockname(server->udp, (struct sockaddr *)&name, &size);
  (void)sendto(server->udp, "", 1, 0, (struct sockaddr *)&name, size);
  for (int i = 0; i < 5000 && count_marks(server) == before; i++) usleep(1000);
}

void dns_server_set(struct dns_server *server, const struct dns_rule *rules,
                    size_t count) {
  drain(server);
  pthread_mutex_lock(&server->lock);
  server->rules = rules;
  server->rule_count = count;
  server->questions = 0;
  server->tcp_questions = 0;
  memset(server->asked, 0, sizeof server->asked);
  pthread_mutex_unlock(&server->lock);
}

void dns_server_hold(struct dns_server *server, bool hold) {
  pthread_mutex_lock(&server->lock);
  server->hold = hold;
  size_t count = hold ? 0 : server->held_count;
  if (!hold) server->held_count = 0;
  pthread_mutex_unlock(&server->lock);
  for (size_t i = 0; i < count; i++) send_answer(server, &server->held[i]);
}

/* ---- Counts ---- */

unsigned dns_server_questions(struct dns_server *server) {
  pthread_mutex_lock(&server->lock);
  unsigned count = server->questions;
  pthread_mutex_unlock(&server->lock);
  return count;
}

unsigned dns_server_tcp_questions(struct dns_server *server) {
  pthread_mutex_lock(&server->lock);
  unsigned count = server->tcp_questions;
  pthread_mutex_unlock(&server->lock);
  return count;
}

unsigned dns_server_asked(struct dns_server *server, const char *name) {
  unsigned count = 0;
  pthread_mutex_lock(&server->lock);
  for (size_t i = 0; i < NAMES; i++)
    if (strcmp(server->asked[i].name, name) == 0)
      count = server->asked[i].count;
  pthread_mutex_unlock(&server->lock);
  return count;
}
