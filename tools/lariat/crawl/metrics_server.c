/* SPDX-License-Identifier: MIT
 * metrics_server.c: accept, read a head, answer, close; nothing waits. */
#include "crawl/metrics_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct metrics_client {
  struct metrics_server *server;
  struct metrics_client *next;
  struct text out;
  size_t sent;   /* of `out` */
  size_t length; /* of `in` */
  lariat_timer timer;
  int fd;
  bool writing;
  char in[METRICS_SERVER_REQUEST];
};

/* ---- Addresses ---- */

static bool read_port(const char *text, unsigned *port) {
  char *end;
  if (*text < '0' || *text > '9') return false;
  unsigned long number = strtoul(text, &end, 10);
  *port = (unsigned)number;
  return *end == '\0' && number <= 65535;
}

static void set_v4(struct metrics_address *address, struct in_addr host,
                   unsigned port) {
  const struct sockaddr_in socket = {.sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)port),
                                     .sin_addr = host};
  memcpy(&address->socket, &socket, sizeof socket);
  address->length = sizeof socket;
  address->is_loopback = ntohl(host.s_addr) >> 24 == IN_LOOPBACKNET;
}

static void set_v6(struct metrics_address *address, struct in6_addr host,
                   unsigned port) {
  const struct sockaddr_in6 socket = {.sin6_family = AF_INET6,
                                      .sin6_port = htons((uint16_t)port),
                                      .sin6_addr = host};
  memcpy(&address->socket, &socket, sizeof socket);
  address->length = sizeof socket;
  address->is_loopback = IN6_IS_ADDR_LOOPBACK(&host);
}

bool metrics_address_read(const char *text, struct metrics_address *address) {
  char host[64];
  const char *colon = strrchr(text, ':');
  size_t length = colon ? (size_t)(colon - text) : 0;
  struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
  struct in6_addr v6;
  unsigned port;
  *address = (struct metrics_address){.length = 0};
  if (!colon || length >= sizeof host || !read_port(colon + 1, &port))
    return false;
  memcpy(host, text, length);
  host[length] = '\0';
  if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
    host[length - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &v6) != 1) return false;
    set_v6(address, v6, port);
    return true;
  }
  if (length && strcmp(host, "localhost") != 0 &&
      inet_pton(AF_INET, host, &v4) != 1)
    return false;
  set_v4(address, v4, port);
  return true;
}

/* ---- The end of a client ---- */

static void close_client(struct metrics_client *client) {
  struct metrics_client **at = &client->server->clients;
  lariat_reactor *reactor = client->server->reactor;
  while (*at != client) at = &(*at)->next;
  *at = client->next;
  client->server->count--;
  (void)lariat_reactor_cancel_timer(reactor, client->timer);
  if (client->writing)
    (void)lariat_reactor_remove_writer(reactor, client->fd);
  else
    (void)lariat_reactor_remove_reader(reactor, client->fd);
  close(client->fd);
  text_free(&client->out);
  free(client);
}

static void on_late(void *context) { close_client(context); }

/* ---- Writing ---- */

/* Writes what can be written, and closes the client at the end. */
static void flush_client(struct metrics_client *client) {
  const struct text *out = &client->out;
  while (client->sent < out->length) {
    ssize_t sent = send(client->fd, out->bytes + client->sent,
                        out->length - client->sent, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) break;
    client->sent += (size_t)sent;
  }
  close_client(client);
}

static void on_writable(int fd, void *context) {
  (void)fd;
  flush_client(context);
}

/* ---- Answers ---- */

struct answer {
  unsigned status;
  const char *words;
  const char *body; /* NULL: the metrics */
};

static const struct answer metrics_answer = {200, "OK", NULL};
static const struct answer not_found = {404, "Not Found",
                                        "Metrics are at /metrics.\n"};
static const struct answer bad_method = {405, "Method Not Allowed",
                                         "Only GET and HEAD.\n"};
static const struct answer bad_request = {400, "Bad Request",
                                          "That is no request of HTTP/1.1.\n"};
static const struct answer too_large = {431, "Request Header Fields Too Large",
                                        "The request is too long.\n"};
static const struct answer no_memory = {503, "Service Unavailable",
                                        "Out of memory.\n"};

/* Puts a head and a body into the client's text; false: out of memory. */
static bool write_answer(struct metrics_client *client,
                         const struct answer *answer, bool head_only) {
  struct text body = {NULL, 0, 0};
  char head[256];
  bool metrics = !answer->body;
  bool good = metrics ? client->server->fill(client->server->context, &body)
                      : text_add(&body, answer->body);
  snprintf(head, sizeof head,
           "HTTP/1.1 %u %s\r\nContent-Type: %s; charset=utf-8\r\n"
           "Content-Length: %zu\r\n%sConnection: close\r\n\r\n",
           answer->status, answer->words,
           metrics ? "application/openmetrics-text; version=1.0.0"
                   : "text/plain",
           body.length, answer == &bad_method ? "Allow: GET, HEAD\r\n" : "");
  good = good && text_add(&client->out, head) &&
         text_reserve(&client->out, body.length);
  if (good && !head_only && body.length) {
    memcpy(client->out.bytes + client->out.length, body.bytes, body.length);
    client->out.length += body.length;
  }
  text_free(&body);
  return good;
}

/* Answers, and reads no more. */
static void answer_client(struct metrics_client *client,
                          const struct answer *answer, bool head_only) {
  lariat_reactor *reactor = client->server->reactor;
  if (!write_answer(client, answer, head_only)) {
    client->out.length = 0;
    (void)write_answer(client, &no_memory, head_only);
  }
  (void)lariat_reactor_remove_reader(reactor, client->fd);
  client->writing = true;
  if (lariat_reactor_add_writer(reactor, client->fd, on_writable, client,
                                NULL) == LARIAT_OK)
    flush_client(client);
  else
    close_client(client);
}

/* ---- Requests ---- */

static bool begins_with(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

/* Returns the path of a target, which may be of the absolute form (RFC 9112
 * section 3.2.2), without its query. */
static const char *find_path(char *target) {
  target[strcspn(target, "?")] = '\0';
  if (strncasecmp(target, "http://", 7) != 0) return target;
  const char *path = strchr(target + 7, '/');
  return path ? path : "/";
}

/* Answers the request line. */
static void take_request(struct metrics_client *client, char *line) {
  char *target = strchr(line, ' ');
  char *version = target ? strchr(target + 1, ' ') : NULL;
  if (!version || !begins_with(version, " HTTP/1.")) {
    answer_client(client, &bad_request, false);
    return;
  }
  *target++ = *version = '\0';
  bool head = strcmp(line, "HEAD") == 0;
  if (!head && strcmp(line, "GET") != 0)
    answer_client(client, &bad_method, false);
  else
    answer_client(client,
                  strcmp(find_path(target), "/metrics") == 0 ? &metrics_answer
                                                             : &not_found,
                  head);
}

/* Takes the request once its head is whole.  A NUL byte is in no head (RFC 9110
 * section 5.5), and would hide the end of this one. */
static void look_at_head(struct metrics_client *client) {
  client->in[client->length] = '\0';
  if (strstr(client->in, "\r\n\r\n") || strstr(client->in, "\n\n")) {
    client->in[strcspn(client->in, "\r\n")] = '\0';
    take_request(client, client->in);
  } else if (memchr(client->in, '\0', client->length)) {
    answer_client(client, &bad_request, false);
  } else if (client->length == sizeof client->in - 1) {
    answer_client(client, &too_large, false);
  }
}

static void on_readable(int fd, void *context) {
  struct metrics_client *client = context;
  ssize_t got = read(fd, client->in + client->length,
                     sizeof client->in - 1 - client->length);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close_client(client);
    return;
  }
  client->length += (size_t)got;
  look_at_head(client);
}

/* ---- The server ---- */

/* Adds a client; false: there are too many, or no memory. */
static bool add_client(struct metrics_server *server, int fd) {
  struct metrics_client *client =
      server->count < METRICS_SERVER_CLIENTS ? malloc(sizeof *client) : NULL;
  if (!client) return false;
  client->server = server;
  client->next = server->clients;
  client->out = (struct text){NULL, 0, 0};
  client->sent = client->length = 0;
  client->fd = fd;
  client->writing = false;
  if (lariat_reactor_call_later(server->reactor, METRICS_SERVER_MS, on_late,
                                client, NULL, &client->timer) == LARIAT_OK) {
    if (lariat_reactor_add_reader(server->reactor, fd, on_readable, client,
                                  NULL) == LARIAT_OK) {
      server->clients = client;
      server->count++;
      return true;
    }
    (void)lariat_reactor_cancel_timer(server->reactor, client->timer);
  }
  free(client);
  return false;
}

static void on_client(int fd, void *context) {
  int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client >= 0 && !add_client(context, client)) close(client);
}

static bool listen_on(int fd, const struct metrics_address *address) {
  int on = 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return bind(fd, (const struct sockaddr *)&address->socket, address->length) ==
             0 &&
         listen(fd, METRICS_SERVER_CLIENTS) == 0;
}

bool metrics_server_open(struct metrics_server *server, lariat_reactor *reactor,
                         const struct metrics_address *address,
                         metrics_server_fill fill, void *context) {
  *server = (struct metrics_server){
      .reactor = reactor,
      .fill = fill,
      .context = context,
      .fd = socket(address->socket.ss_family,
                   SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (server->fd < 0) return false;
  if (listen_on(server->fd, address) &&
      lariat_reactor_add_reader(reactor, server->fd, on_client, server, NULL) ==
          LARIAT_OK)
    return true;
  int error = errno;
  close(server->fd);
  server->fd = -1;
  errno = error;
  return false;
}

unsigned metrics_server_port(const struct metrics_server *server) {
  struct sockaddr_storage socket = {.ss_family = AF_UNSPEC};
  socklen_t length = sizeof socket;
  struct sockaddr_in v4;
  if (getsockname(server->fd, (struct sockaddr *)&socket, &length) != 0)
    return 0;
  memcpy(&v4, &socket, sizeof v4); /* the port is at the same place in both */
  return ntohs(v4.sin_port);
}

void metrics_server_close(struct metrics_server *server) {
  if (server->fd < 0) return;
  (void)lariat_reactor_remove_reader(server->reactor, server->fd);
  while (server->clients) close_client(server->clients);
  close(server->fd);
  server->fd = -1;
}
