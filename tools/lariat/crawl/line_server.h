/* SPDX-License-Identifier: MIT
 * line_server.h: a unix socket on which clients of the same user send lines and
 * get lines: bounded in the length of a line, in clients, and in what a client
 * leaves unread.  All of it runs on the reactor's thread. */
#ifndef TOOLS_LARIAT_CRAWL_LINE_SERVER_H
#define TOOLS_LARIAT_CRAWL_LINE_SERVER_H

#include <lariat/reactor.h>
#include <stdbool.h>
#include <stddef.h>

/* The longest line of a client, with its end; the most clients at once; and the
 * most bytes that may wait for one. */
enum {
  LINE_SERVER_LINE = 64 * 1024,
  LINE_SERVER_CLIENTS = 16,
  LINE_SERVER_WAITING = 4 << 20
};

struct line_client;

/* Takes a line, ended by NUL instead of its end, for the time of the call.  It
 * must be answered by line_client_reply, now or later: until then the client's
 * next line waits. */
typedef void (*line_server_take)(void *context, struct line_client *client,
                                 char *line);

struct line_server {
  lariat_reactor *reactor;
  line_server_take take;
  void *context;
  struct line_client *clients;
  unsigned count;
  int directory; /* of the socket; -1: not open */
  int fd;
};

/* Listens on `name` in `directory`; replaces a socket that is there, of a
 * process that has gone: the caller has the directory's lock.  False: it
 * cannot; see errno. */
bool line_server_open(struct line_server *server, lariat_reactor *reactor,
                      const char *directory, line_server_take take,
                      void *context);

/* Closes all, and removes the socket.  Clients whose reply is still to come
 * live until that. */
void line_server_close(struct line_server *server);

/* Answers the client's line; `text` has no line end.  The client may be freed
 * by it. */
void line_client_reply(struct line_client *client, const char *text,
                       size_t length);

/* Connects to the socket of a directory.  Returns its descriptor, or -1: no
 * process listens there; see errno. */
int line_server_connect(const char *directory);

#endif
