/* SPDX-License-Identifier: MIT
 * metrics_server.h: answers GET /metrics over HTTP/1.1, for Prometheus and the
 * like: one answer a connection; bounded in clients, in the length of a request
 * and in time.  All of it runs on the reactor's thread. */
#ifndef TOOLS_LARIAT_CRAWL_METRICS_SERVER_H
#define TOOLS_LARIAT_CRAWL_METRICS_SERVER_H

#include <lariat/reactor.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "text.h"

/* The most clients at once, the most bytes of a request, and how long a client
 * may take. */
enum {
  METRICS_SERVER_CLIENTS = 16,
  METRICS_SERVER_REQUEST = 8192,
  METRICS_SERVER_MS = 10000
};

struct metrics_address {
  struct sockaddr_storage socket;
  socklen_t length;
  bool is_loopback;
};

/* Reads "HOST:PORT": an address, in brackets where it is one of IPv6, or
 * "localhost"; without a host it is 127.0.0.1.  Nothing is looked up.  Port 0
 * is one that is free.  False: it is none. */
bool metrics_address_read(const char *text, struct metrics_address *address);

/* Adds the text of the metrics; false: out of memory. */
typedef bool (*metrics_server_fill)(void *context, struct text *text);

struct metrics_client;

struct metrics_server {
  lariat_reactor *reactor;
  metrics_server_fill fill;
  void *context;
  struct metrics_client *clients;
  unsigned count;
  int fd; /* -1: not open */
};

/* Listens.  False: it cannot; see errno. */
bool metrics_server_open(struct metrics_server *server, lariat_reactor *reactor,
                         const struct metrics_address *address,
                         metrics_server_fill fill, void *context);

/* Returns the port that it listens on. */
unsigned metrics_server_port(const struct metrics_server *server);

/* Closes all; one that is not open, too. */
void metrics_server_close(struct metrics_server *server);

#endif
