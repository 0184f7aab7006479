/* SPDX-License-Identifier: MIT
 * line_server.c: accept, read, answer, write; nothing waits. */
#include "crawl/line_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "text.h"

static const char socket_name[] = "control";

struct line_client {
  struct line_server *server; /* NULL: closed, but a reply is to come */
  struct line_client *next;
  struct text out;
  size_t sent;   /* of `out` */
  size_t length; /* of `in` */
  int fd;
  bool answering; /* a line was taken, and is not answered yet */
  bool taking;    /* lines are being taken: no second time within that */
  bool ended;     /* the client has no more lines */
  bool writing;   /* waits until it can be written */
  char in[LINE_SERVER_LINE];
};

static void take_lines(struct line_client *client);

/* ---- Addresses ---- */

/* Writes the address by way of the directory's descriptor, since a path may be
 * longer than an address can be. */
static void make_address(struct sockaddr_un *address, int directory) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s",
           directory, socket_name);
}

static int open_directory(const char *directory) {
  return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int open_socket(void) {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int line_server_connect(const char *directory) {
  struct sockaddr_un address;
  int at = open_directory(directory);
  if (at < 0) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  make_address(&address, at);
  if (fd >= 0 &&
      connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    fd = -1;
  }
  close(at);
  return fd;
}

/* ---- The end of a client ---- */

static void free_client(struct line_client *client) {
  text_free(&client->out);
  free(client);
}

static void unlink_client(struct line_client *client) {
  struct line_client **at = &client->server->clients;
  while (*at != client) at = &(*at)->next;
  *at = client->next;
  client->server->count--;
}

/* Closes the connection; the client is freed, unless somebody still holds it
 * who will answer, or is just taking its lines. */
static void close_client(struct line_client *client) {
  if (client->server) {
    lariat_reactor *reactor = client->server->reactor;
    if (!client->answering && !client->ended)
      (void)lariat_reactor_remove_reader(reactor, client->fd);
    if (client->writing)
      (void)lariat_reactor_remove_writer(reactor, client->fd);
    unlink_client(client);
    close(client->fd);
    client->server = NULL;
  }
  if (!client->answering && !client->taking) free_client(client);
}

/* ---- Writing ---- */

static void on_writable(int fd, void *context);

/* Waits for the client to read, or stops that. */
static bool watch_writing(struct line_client *client, bool wanted) {
  lariat_reactor *reactor = client->server->reactor;
  if (client->writing == wanted) return true;
  client->writing = wanted;
  if (!wanted) {
    (void)lariat_reactor_remove_writer(reactor, client->fd);
    return true;
  }
  return lariat_reactor_add_writer(reactor, client->fd, on_writable, client,
                                   NULL) == LARIAT_OK;
}

/* Writes what can be written; false: the client has gone. */
static bool flush_client(struct line_client *client) {
  struct text *out = &client->out;
  while (client->sent < out->length) {
    ssize_t sent = send(client->fd, out->bytes + client->sent,
                        out->length - client->sent, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN)
      return out->length - client->sent <= LINE_SERVER_WAITING &&
             watch_writing(client, true);
    if (sent < 0) return false;
    client->sent += (size_t)sent;
  }
  out->length = client->sent = 0;
  return watch_writing(client, false);
}

static bool is_over(const struct line_client *client) {
  return client->ended && !client->answering && !client->out.length;
}

static void on_writable(int fd, void *context) {
  struct line_client *client = context;
  (void)fd;
  if (!flush_client(client) || is_over(client)) close_client(client);
}

/* ---- Reading ---- */

/* Returns whether the client has said something; its end is noted. */
static bool read_client(struct line_client *client) {
  ssize_t got = read(client->fd, client->in + client->length,
                     sizeof client->in - client->length);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    client->ended = true;
    (void)lariat_reactor_remove_reader(client->server->reactor, client->fd);
  } else {
    client->length += (size_t)got;
  }
  return true;
}

static void on_readable(int fd, void *context) {
  struct line_client *client = context;
  (void)fd;
  if (read_client(client)) take_lines(client);
}

/* Cuts the first line off; NULL: there is no whole one. */
static char *cut_line(struct line_client *client, char *line) {
  const char *end = memchr(client->in, '\n', client->length);
  if (!end) return NULL;
  size_t length = (size_t)(end - client->in);
  memcpy(line, client->in, length);
  line[length] = '\0';
  client->length -= length + 1;
  memmove(client->in, end + 1, client->length);
  return line;
}

/* Lets the client wait while its line is answered, or go on. */
static bool watch_reading(struct line_client *client, bool wanted) {
  lariat_reactor *reactor = client->server->reactor;
  if (client->ended) return true;
  if (wanted)
    return lariat_reactor_add_reader(reactor, client->fd, on_readable, client,
                                     NULL) == LARIAT_OK;
  (void)lariat_reactor_remove_reader(reactor, client->fd);
  return true;
}

static void take_line(struct line_client *client, char *line) {
  (void)watch_reading(client, false);
  client->answering = true;
  client->server->take(client->server->context, client, line);
}

/* Takes lines as long as they are answered at once. */
static void take_lines(struct line_client *client) {
  static const char too_long[] = "{\"ok\":false,\"error\":\"a line is longer "
                                 "than 64 KiB\"}\n";
  char line[LINE_SERVER_LINE];
  client->taking = true;
  while (client->server && !client->answering && cut_line(client, line))
    take_line(client, line);
  client->taking = false;
  if (client->server && client->length == sizeof client->in &&
      !client->answering) {
    (void)!send(client->fd, too_long, sizeof too_long - 1, MSG_NOSIGNAL);
    close_client(client);
  } else if (!client->server || is_over(client)) {
    close_client(client);
  }
}

void line_client_reply(struct line_client *client, const char *text,
                       size_t length) {
  client->answering = false;
  if (!client->server) {
    if (!client->taking) free_client(client);
    return;
  }
  bool kept = text_reserve(&client->out, length + 1);
  if (kept) {
    char *at = client->out.bytes + client->out.length;
    at = text_put(at, text, length);
    *at++ = '\n';
    client->out.length = (size_t)(at - client->out.bytes);
  }
  if (!kept || !flush_client(client) || !watch_reading(client, true)) {
    client->ended = true; /* its reader may be gone */
    close_client(client);
  } else if (!client->taking) {
    take_lines(client);
  }
}

/* ---- Clients ---- */

/* Tells whether the other end is a process of the same user, or of root. */
static bool is_allowed(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == geteuid() || peer.uid == 0);
}

static bool add_client(struct line_server *server, int fd) {
  struct line_client *client = NULL;
  if (server->count < LINE_SERVER_CLIENTS && is_allowed(fd))
    client = malloc(sizeof *client);
  if (!client) return false;
  client->server = server;
  client->next = server->clients;
  client->out = (struct text){NULL, 0, 0};
  client->sent = client->length = 0;
  client->fd = fd;
  client->answering = client->taking = client->ended = client->writing = false;
  if (!watch_reading(client, true)) {
    free(client);
    return false;
  }
  server->clients = client;
  server->count++;
  return true;
}

static void on_client(int fd, void *context) {
  struct line_server *server = context;
  int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client >= 0 && !add_client(server, client)) close(client);
}

/* ---- The server ---- */

/* The mode is that of the socket's file, from the moment it is there. */
static bool bind_socket(const struct line_server *server) {
  struct sockaddr_un address;
  make_address(&address, server->directory);
  (void)unlinkat(server->directory, socket_name, 0);
  return fchmod(server->fd, 0600) == 0 &&
         bind(server->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
         listen(server->fd, LINE_SERVER_CLIENTS) == 0;
}

bool line_server_open(struct line_server *server, lariat_reactor *reactor,
                      const char *directory, line_server_take take,
                      void *context) {
  *server = (struct line_server){.reactor = reactor,
                                 .take = take,
                                 .context = context,
                                 .directory = open_directory(directory),
                                 .fd = open_socket()};
  if (server->directory >= 0 && server->fd >= 0 && bind_socket(server) &&
      lariat_reactor_add_reader(reactor, server->fd, on_client, server, NULL) ==
          LARIAT_OK)
    return true;
  int error = errno;
  if (server->directory >= 0) close(server->directory);
  if (server->fd >= 0) close(server->fd);
  server->directory = server->fd = -1;
  errno = error;
  return false;
}

void line_server_close(struct line_server *server) {
  if (server->fd < 0) return;
  (void)lariat_reactor_remove_reader(server->reactor, server->fd);
  while (server->clients) close_client(server->clients);
  (void)unlinkat(server->directory, socket_name, 0);
  close(server->fd);
  close(server->directory);
  server->directory = server->fd = -1;
}
