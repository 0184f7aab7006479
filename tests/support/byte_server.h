/* SPDX-License-Identifier: MIT
 * byte_server.h: a server on loopback of a protocol that is none, over TCP or
 * TLS: what streams of bytes are tested against.  Each connection has a thread
 * of its own, which ends with the server. */
#ifndef TESTS_SUPPORT_BYTE_SERVER_H
#define TESTS_SUPPORT_BYTE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/certificate.h"

/* What it does on a connection. */
enum byte_service {
  BYTES_ECHO,  /* sends back what comes, and its own end behind the peer's */
  BYTES_LATER, /* the same, but for the bytes: as many of byte_server_fill when
                  the peer has ended */
  BYTES_GREET, /* sends "hello\n" before anything comes, then as ECHO */
  BYTES_TALK,  /* sends BYTES_TALKED of byte_server_fill and its end, then reads
                  to the peer's */
  BYTES_CUT,   /* waits for a byte, sends "half", ends without close_notify */
  BYTES_RESET, /* waits for a byte, and breaks the connection */
  BYTES_HOLD,  /* as LATER, but reads nothing before byte_server_go_on */
  BYTES_NEW_HANDSHAKE, /* waits for a byte, asks for another handshake, TLS 1.2,
                          and does nothing before byte_server_go_on; then as
                          ECHO */
  BYTES_SILENT         /* no handshake, no byte */
};

enum { BYTES_TALKED = 3000000 };

struct byte_server_script {
  enum byte_service service;
  const struct certificate *certificate; /* NULL: no TLS */
  int max_version;                       /* of TLS; 0: any */
  const char *alpn;       /* chosen if it is offered; NULL: none is */
  bool wants_certificate; /* of the client's */
};

/* What was seen. */
struct byte_server_seen {
  unsigned connections;
  unsigned ends; /* of peers, that were proper: close_notify, or TCP's end */
  uint64_t received;
  unsigned handshakes_asked; /* new ones */
};

struct byte_server;

/* Starts one on a free port of 127.0.0.1.  Aborts when it cannot. */
struct byte_server *byte_server_start(const struct byte_server_script *script);
unsigned byte_server_port(const struct byte_server *server);

/* Lets BYTES_HOLD, or a new handshake, go on. */
void byte_server_go_on(struct byte_server *server);

/* Returns what was seen so far. */
struct byte_server_seen byte_server_seen(struct byte_server *server);

/* Ends all connections and threads, and tells what they have seen. */
struct byte_server_seen byte_server_stop(struct byte_server *server);

/* Writes `length` bytes of the pattern from its byte number `from` on. */
void byte_server_fill(char *out, uint64_t from, size_t length);

#endif
