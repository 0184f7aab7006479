/* SPDX-License-Identifier: MIT
 * tls_server_private.h: what the files of the TLS server share. */
#ifndef TESTS_SUPPORT_TLS_SERVER_PRIVATE_H
#define TESTS_SUPPORT_TLS_SERVER_PRIVATE_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "support/tls_records.h"
#include "support/tls_server.h"

enum { TLS_PEERS = 64, TLS_LISTENERS = 2 };

/* A connection, which is its thread's. */
struct tls_peer {
  struct tls_server *server;
  pthread_t thread;
  int fd;
  SSL *ssl; /* reads and writes memory: what comes out is sent as is told */
  unsigned flights;
  bool ended; /* nothing more is sent */
  bool h2;
  unsigned char secret[32]; /* the server's, of TLS 1.3 */
  struct tls_records records;
  char text[64 * 1024]; /* the last request */
  size_t length;
  size_t to_come; /* of its body */
};

struct tls_server {
  const struct tls_script *script;
  SSL_CTX *context;
  int listeners[TLS_LISTENERS];
  unsigned port;
  pthread_t acceptor;
  pthread_mutex_t lock; /* for what follows */
  struct tls_peer *peers[TLS_PEERS];
  size_t peer_count;
  struct tls_seen seen;
};

/* ---- tls_context.c ---- */

SSL_CTX *tls_context_new(struct tls_server *server,
                         const struct certificate *const *chain, size_t count);

/* ---- tls_server.c ---- */

/* Reads what has come, decrypted; 0 at the end, however it came. */
size_t tls_peer_read(struct tls_peer *peer, void *out, size_t capacity);

/* Writes; what goes out of it goes out at once. */
void tls_peer_write(struct tls_peer *peer, const void *bytes, size_t length);

/* Writes a record by hand. */
void tls_peer_seal(struct tls_peer *peer, int type, const void *bytes,
                   size_t length);

/* Sends what the SSL has written, or these bytes. */
void tls_peer_flush(struct tls_peer *peer);
void tls_peer_send(struct tls_peer *peer, const void *bytes, size_t length);

/* Asks for a new handshake on a connection of TLS 1.2, and makes it. */
void tls_peer_renegotiate(struct tls_peer *peer);

/* Ends the connection. */
void tls_peer_end(struct tls_peer *peer, enum tls_end end);

/* ---- tls_answer.c, tls_h2.c ---- */

/* Answers requests until the connection ends. */
void tls_serve(struct tls_peer *peer);
void tls_serve_h2(struct tls_peer *peer);

/* Counts a request; which it is. */
unsigned tls_count_request(struct tls_peer *peer);

#endif
