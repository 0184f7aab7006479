/* SPDX-License-Identifier: MIT
 * server.h: the hosts of a web behind one listening socket of one network
 * interface: the address that a connection was made to says which host it is.
 */
#ifndef BENCH_SYNTHWEB_SERVER_H
#define BENCH_SYNTHWEB_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "oracle.h"
#include "site.h"
#include "visits.h"

struct server;

/* A web to serve, and where to write down what was done. */
struct server_setting {
  struct site site;
  struct oracle oracle;
  struct visits visits;
  SSL_CTX *tls; /* NULL: http */
  uint32_t connections_max;
  const char *device; /* the interface; "lo" */
  const char *log;    /* also written to; NULL: none */
  bool until_stdin_closes;
};

/* Opens the listening sockets, on a port or, where it is 0, on a free one,
 * which becomes the site's.  NULL: that is not possible here. */
struct server *server_new(struct server_setting *setting, unsigned port);
void server_free(struct server *server);

/* Serves until SIGTERM or SIGINT, or the end of standard input.  For SIGUSR1 it
 * writes down what it did so far. */
void server_run(struct server *server);

/* Writes what it did to standard output, and to the log.  False: it could not.
 */
bool server_report(const struct server_setting *setting);

#endif
