/* SPDX-License-Identifier: MIT
 * manual_server.c: a manual server's sockets, and its steps.  See
 * manual_server.h. */
#define _GNU_SOURCE
#include "support/manual_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/manual_server_private.h"

enum {
  PATIENCE_MS = 5000,
  SMALL_BUFFER = 32 * 1024,
  BACKLOG = 1024,
  DESCRIPTORS = 1024
};

/* ---- Sockets ---- */

static socklen_t write_address(const char *address, unsigned port,
                               struct sockaddr_storage *out) {
  struct sockaddr_in *four = (struct sockaddr_in *)out;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
  memset(out, 0, sizeof *out);
  if (strchr(address, ':')) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((in_port_t)port);
    return inet_pton(AF_INET6, address, &six->sin6_addr) == 1 ? sizeof *six : 0;
  }
  four->sin_family = AF_INET;
  four->sin_port = htons((in_port_t)port);
  if (strcmp(address, "127.0.0.0/8") == 0) return sizeof *four;
  return inet_pton(AF_INET, address, &four->sin_addr) == 1 ? sizeof *four : 0;
}

static unsigned port_in(const struct sockaddr_storage *name) {
  if (name->ss_family == AF_INET6)
    return ntohs(((const struct sockaddr_in6 *)name)->sin6_port);
  return ntohs(((const struct sockaddr_in *)name)->sin_port);
}

static bool listen_on(struct manual_server *server, const char *address,
                      unsigned port) {
  struct sockaddr_storage name;
  socklen_t length = write_address(address, port, &name);
  int on = 1;
  memset(server, 0, sizeof *server);
  server->fd = -1;
  server->listener =
      socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (server->listener < 0 || !length) return false;
  (void)setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(server->listener, (struct sockaddr *)&name, length) ||
      listen(server->listener, BACKLOG) ||
      getsockname(server->listener, (struct sockaddr *)&name, &length))
    return false;
  server->port = port_in(&name);
  return true;
}

static bool has_name(int fd, int call, const struct sockaddr_in *wanted) {
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  memset(&name, 0, sizeof name);
  return syscall(call, fd, &name, &length) == 0 && name.sin_family == AF_INET &&
         name.sin_port == wanted->sin_port &&
         name.sin_addr.s_addr == wanted->sin_addr.s_addr;
}

bool manual_is_peer(int fd, const struct sockaddr_in *own,
                    const struct sockaddr_in *other) {
  return fd >= 0 && has_name(fd, SYS_getsockname, own) &&
         (!other || has_name(fd, SYS_getpeername, other));
}

static void close_sockets(struct manual_server *server) {
  int kept = errno;
  if (server->fd >= 0) close(server->fd);
  if (server->listener >= 0) close(server->listener);
  server->fd = -1;
  server->listener = -1;
  errno = kept;
}

/* ---- By answers ---- */

struct manual_server *manual_server_start(const char *address, unsigned port) {
  struct manual_server *server = malloc(sizeof *server);
  if (!server) return NULL;
  if (listen_on(server, address, port))
    server->answers = manual_answers_start(server->listener);
  if (server->answers) return server;
  close_sockets(server);
  free(server);
  return NULL;
}

void manual_server_stop(struct manual_server *server) {
  if (!server) return;
  manual_answers_stop(server->answers);
  close_sockets(server);
  free(server);
}

/* ---- By steps ---- */

void manual_server_open(struct manual_server *server, struct fixture *f) {
  if (!listen_on(server, "127.0.0.1", 0))
    fixture_fail("cannot listen: error %d", errno);
  server->f = f;
}

void manual_server_close(struct manual_server *server) {
  close_sockets(server);
}

const char *manual_server_url(struct manual_server *server, const char *path) {
  snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u%s",
           server->port, path);
  return server->url;
}

static bool is_accepted(void *context) {
  struct manual_server *server = context;
  server->fd =
      accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return server->fd >= 0;
}

void manual_server_accept(struct manual_server *server) {
  server->fd = -1;
  if (!fixture_run_until(server->f, is_accepted, server, PATIENCE_MS))
    fixture_fail("nobody connects");
}

void manual_server_refuse_all(const struct manual_server *server) {
  int fd;
  while ((fd = accept(server->listener, NULL, NULL)) >= 0) close(fd);
}

/* Finds the other end in this process, too. */
void manual_server_shrink_buffers(const struct manual_server *server) {
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  int size = SMALL_BUFFER;
  if (getpeername(server->fd, (struct sockaddr *)&peer, &length) != 0) return;
  (void)setsockopt(server->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    if (manual_is_peer(fd, &peer, NULL))
      (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

/* Receives; where it does not fit only the end is kept. */
static ssize_t take_some(struct manual_server *server) {
  size_t capacity = sizeof server->text - 1 - server->received;
  if (capacity == 0) {
    size_t half = server->received / 2;
    memmove(server->text, server->text + half, server->received - half);
    server->received -= half;
    capacity = sizeof server->text - 1 - server->received;
  }
  ssize_t got = recv(server->fd, server->text + server->received, capacity, 0);
  if (got > 0) server->received += (size_t)got;
  server->text[server->received] = '\0';
  return got;
}

static bool is_heard(void *context) {
  struct manual_server *server = context;
  while (take_some(server) > 0) continue;
  return server->received >= 4 &&
         strcmp(server->text + server->received - 4, "\r\n\r\n") == 0;
}

void manual_server_read_request(struct manual_server *server) {
  server->received = 0;
  server->text[0] = '\0';
  if (!fixture_run_until(server->f, is_heard, server, PATIENCE_MS))
    fixture_fail("no request comes; but %zu bytes: %.200s", server->received,
                 server->text);
}

void manual_server_send(const struct manual_server *server, const char *text) {
  size_t length = strlen(text);
  if (send(server->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
    fixture_fail("cannot send: error %d", errno);
}

void manual_server_end(struct manual_server *server) {
  close(server->fd);
  server->fd = -1;
}

void manual_server_reset(struct manual_server *server) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  (void)setsockopt(server->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  manual_server_end(server);
}

static bool is_over(void *context) {
  struct manual_server *server = context;
  char bytes[4096];
  ssize_t got;
  do got = recv(server->fd, bytes, sizeof bytes, 0);
  while (got > 0);
  return got == 0 || errno != EAGAIN;
}

void manual_server_expect_end(struct manual_server *server) {
  if (!fixture_run_until(server->f, is_over, server, PATIENCE_MS))
    fixture_fail("the connection is still open");
  manual_server_end(server);
}

bool manual_server_has_caller(struct manual_server *server, unsigned ms) {
  struct pollfd waiting = {server->listener, POLLIN, 0};
  fixture_run_for(server->f, ms);
  return poll(&waiting, 1, 0) == 1;
}
