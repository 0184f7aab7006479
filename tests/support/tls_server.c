/* SPDX-License-Identifier: MIT
 * tls_server.c: the threads of a TLS server, its handshakes, and how its bytes
 * get to the network.  See tls_server.h. */
#define _GNU_SOURCE
#include "support/tls_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/tls_server_private.h"

/* ---- Bytes ---- */

void tls_peer_send(struct tls_peer *peer, const void *bytes, size_t length) {
  const char *at = bytes;
  size_t most = peer->server->script->apart ? 1 : length;
  while (length > 0 && !peer->ended) {
    size_t piece = length < most ? length : most;
    ssize_t sent = send(peer->fd, at, piece, MSG_NOSIGNAL);
    if (sent <= 0) {
      peer->ended = true;
      return;
    }
    at += sent;
    length -= (size_t)sent;
  }
}

/* Returns where a record of a flight begins, counted from 1; what is left of
 * the flight behind the last. */
static size_t find_record(const unsigned char *bytes, size_t length,
                          unsigned record, size_t *left) {
  size_t at = 0;
  while (record > 1 && at + 5 <= length) {
    at += 5u + (size_t)(bytes[at + 3] << 8 | bytes[at + 4]);
    record--;
  }
  size_t size =
      at + 5 <= length ? 5u + (size_t)(bytes[at + 3] << 8 | bytes[at + 4]) : 0;
  *left = size;
  return at < length ? at : length;
}

/* Sends a flight, or what the script wants of it. */
static void send_flight(struct tls_peer *peer, const unsigned char *bytes,
                        size_t length) {
  const struct tls_script *script = peer->server->script;
  peer->flights++;
  if (peer->flights != script->handshake.flight) {
    tls_peer_send(peer, bytes, length);
    return;
  }
  size_t size;
  size_t at = find_record(bytes, length, script->handshake.record, &size);
  if (script->handshake.inside) at += size / 2;
  tls_peer_send(peer, bytes, at);
  tls_peer_send(peer, script->handshake.says.bytes,
                script->handshake.says.length);
  tls_peer_end(peer, script->end);
}

void tls_peer_flush(struct tls_peer *peer) {
  char *bytes;
  BIO *out = SSL_get_wbio(peer->ssl);
  long length = BIO_get_mem_data(out, &bytes);
  if (length <= 0) return;
  if (!SSL_is_init_finished(peer->ssl) || peer->flights < 2)
    send_flight(peer, (const unsigned char *)bytes, (size_t)length);
  else
    tls_peer_send(peer, bytes, (size_t)length);
  (void)BIO_reset(out);
}

/* Takes what the network has; false at its end. */
static bool fill(struct tls_peer *peer) {
  char bytes[16 * 1024];
  if (peer->ended) return false;
  ssize_t got = recv(peer->fd, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  return BIO_write(SSL_get_rbio(peer->ssl), bytes, (int)got) == got;
}

/* Does what an operation of the SSL needs until it is done. */
static int drive(struct tls_peer *peer, int (*operate)(SSL *ssl)) {
  for (;;) {
    ERR_clear_error();
    int code = operate(peer->ssl);
    int error = SSL_get_error(peer->ssl, code);
    tls_peer_flush(peer);
    if (code == 1) return 1;
    if (error != SSL_ERROR_WANT_READ || !fill(peer)) return code;
  }
}

size_t tls_peer_read(struct tls_peer *peer, void *out, size_t capacity) {
  for (;;) {
    size_t got = 0;
    ERR_clear_error();
    int code = SSL_read_ex(peer->ssl, out, capacity, &got);
    int error = SSL_get_error(peer->ssl, code);
    tls_peer_flush(peer);
    if (code == 1) return got;
    if (error != SSL_ERROR_WANT_READ || !fill(peer)) return 0;
  }
}

/* The client's side of it comes when it reads. */
void tls_peer_renegotiate(struct tls_peer *peer) {
  char byte;
  size_t got;
  if (SSL_renegotiate(peer->ssl) != 1 || SSL_do_handshake(peer->ssl) != 1)
    return;
  do {
    tls_peer_flush(peer);
    if (!fill(peer)) return;
    ERR_clear_error();
    (void)SSL_peek_ex(peer->ssl, &byte, 1, &got);
  } while (SSL_renegotiate_pending(peer->ssl) || SSL_in_init(peer->ssl));
  tls_peer_flush(peer);
}

void tls_peer_seal(struct tls_peer *peer, int type, const void *bytes,
                   size_t length) {
  unsigned char *out = malloc(length + TLS_RECORDS_OVERHEAD);
  if (!out) abort();
  size_t sealed = tls_records_seal(&peer->records, type, bytes, length, out);
  tls_peer_send(peer, out, sealed);
  free(out);
}

void tls_peer_write(struct tls_peer *peer, const void *bytes, size_t length) {
  const struct tls_script *script = peer->server->script;
  const char *at = bytes;
  size_t most = script->record_bytes;
  if (!most) most = script->by_hand ? 16 * 1024 : length;
  for (; length > 0; at += most, length -= most) {
    if (most > length) most = length;
    if (script->by_hand)
      tls_peer_seal(peer, TLS_RECORD_DATA, at, most);
    else
      (void)SSL_write(peer->ssl, at, (int)most);
  }
  tls_peer_flush(peer);
}

/* ---- Ends ---- */

/* Reads and drops until the peer ends: bytes that nobody has read would make
 * the end of the stream a reset. */
static void drain(const struct tls_peer *peer) {
  char bytes[4096];
  while (recv(peer->fd, bytes, sizeof bytes, 0) > 0) continue;
}

static void notify(struct tls_peer *peer) {
  static const unsigned char close_notify[] = {1, 0};
  if (peer->server->script->by_hand) {
    tls_peer_seal(peer, TLS_RECORD_ALERT, close_notify, sizeof close_notify);
    return;
  }
  (void)SSL_shutdown(peer->ssl);
  tls_peer_flush(peer);
}

void tls_peer_end(struct tls_peer *peer, enum tls_end end) {
  const struct linger at_once = {1, 0};
  if (peer->ended) return;
  if (end == TLS_NOTIFY || end == TLS_NOTIFY_ONLY) notify(peer);
  peer->ended = true;
  if (end == TLS_RESET) {
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return;
  }
  if (end != TLS_NOTIFY_ONLY) shutdown(peer->fd, SHUT_WR);
  drain(peer);
}

/* ---- One connection ---- */

static void open_ssl(struct tls_peer *peer) {
  BIO *in = BIO_new(BIO_s_mem());
  BIO *out = BIO_new(BIO_s_mem());
  peer->ssl = SSL_new(peer->server->context);
  if (!in || !out || !peer->ssl) abort();
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(peer->ssl, in, out);
  SSL_set_app_data(peer->ssl, peer);
  SSL_set_accept_state(peer->ssl);
}

static void forget_tickets(SSL_CTX *context) {
  unsigned char keys[80];
  if (RAND_bytes(keys, sizeof keys) != 1 ||
      SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys) != 1)
    abort();
}

/* Takes the ClientHello from the network, and says something of its own. */
static void say_instead(struct tls_peer *peer) {
  const struct tls_script *script = peer->server->script;
  char bytes[4096];
  if (!script->handshake.at_once) (void)!recv(peer->fd, bytes, sizeof bytes, 0);
  tls_peer_send(peer, script->handshake.says.bytes,
                script->handshake.says.length);
  tls_peer_end(peer, script->end == TLS_KEEP ? TLS_FIN : script->end);
}

static bool shake_hands(struct tls_peer *peer) {
  struct tls_server *server = peer->server;
  if (server->script->tickets == TLS_TICKETS_FORGOTTEN)
    forget_tickets(server->context);
  bool done = drive(peer, SSL_accept) == 1 && !peer->ended;
  if (!done) {
    tls_peer_end(peer, TLS_FIN);
    return false;
  }
  pthread_mutex_lock(&server->lock);
  server->seen.handshakes++;
  server->seen.resumed += (unsigned)SSL_session_reused(peer->ssl);
  server->seen.version = SSL_version(peer->ssl);
  pthread_mutex_unlock(&server->lock);
  peer->flights = 2;
  if (server->script->by_hand)
    tls_records_begin(&peer->records, peer->ssl, peer->secret);
  return true;
}

static void *serve_peer(void *context) {
  struct tls_peer *peer = context;
  const struct tls_script *script = peer->server->script;
  bool instead = script->handshake.silent ||
                 (script->handshake.says.bytes && !script->handshake.flight);
  if (instead)
    say_instead(peer);
  else if (shake_hands(peer))
    tls_serve(peer);
  pthread_mutex_lock(&peer->server->lock);
  close(peer->fd);
  peer->fd = -1;
  pthread_mutex_unlock(&peer->server->lock);
  return NULL;
}

/* ---- All of them ---- */

static void begin_peer(struct tls_server *server, int fd) {
  int on = 1;
  struct tls_peer *peer = calloc(1, sizeof *peer);
  if (!peer || server->peer_count == TLS_PEERS) abort();
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  peer->server = server;
  peer->fd = fd;
  open_ssl(peer);
  pthread_mutex_lock(&server->lock);
  server->peers[server->peer_count++] = peer;
  server->seen.connections++;
  pthread_mutex_unlock(&server->lock);
  if (pthread_create(&peer->thread, NULL, serve_peer, peer) != 0) abort();
}

static void *accept_peers(void *context) {
  struct tls_server *server = context;
  struct pollfd ready[TLS_LISTENERS];
  for (;;) {
    for (size_t i = 0; i < TLS_LISTENERS; i++)
      ready[i] = (struct pollfd){server->listeners[i], POLLIN, 0};
    if (poll(ready, TLS_LISTENERS, -1) < 0 && errno != EINTR) abort();
    for (size_t i = 0; i < TLS_LISTENERS; i++) {
      if (!ready[i].revents) continue;
      int fd = accept4(server->listeners[i], NULL, NULL, SOCK_CLOEXEC);
      if (fd < 0) return NULL; /* shut down */
      begin_peer(server, fd);
    }
  }
}

static int listen_on(const struct sockaddr *address, socklen_t length) {
  int on = 1;
  int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->sa_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, address, length) == 0 && listen(fd, 64) == 0) return fd;
  close(fd);
  return -1;
}

/* Says whether the port was never a server's before: what a pool has learnt of
 * that one is not true of this one.  By one thread. */
static bool is_fresh(unsigned port) {
  static uint8_t taken[65536 / 8];
  uint8_t bit = (uint8_t)(1u << port % 8);
  bool fresh = !(taken[port / 8] & bit);
  taken[port / 8] |= bit;
  return fresh;
}

/* Takes a port that is free for both families. */
static bool open_listeners(struct tls_server *server) {
  struct sockaddr_in four = {.sin_family = AF_INET};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  socklen_t length = sizeof four;
  four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  six.sin6_addr = in6addr_loopback;
  server->listeners[0] = listen_on((struct sockaddr *)&four, sizeof four);
  if (server->listeners[0] < 0 ||
      getsockname(server->listeners[0], (struct sockaddr *)&four, &length) != 0)
    abort();
  six.sin6_port = four.sin_port;
  server->port = ntohs(four.sin_port);
  server->listeners[1] = listen_on((struct sockaddr *)&six, sizeof six);
  if (server->listeners[1] >= 0 && is_fresh(server->port)) return true;
  if (server->listeners[1] >= 0) close(server->listeners[1]);
  close(server->listeners[0]);
  return false;
}

struct tls_server *tls_server_start(const struct certificate *const *chain,
                                    size_t count,
                                    const struct tls_script *script) {
  struct tls_server *server = calloc(1, sizeof *server);
  int tries = 20;
  if (!server) abort();
  server->script = script;
  pthread_mutex_init(&server->lock, NULL);
  server->context = tls_context_new(server, chain, count);
  while (!open_listeners(server))
    if (--tries == 0) abort();
  if (pthread_create(&server->acceptor, NULL, accept_peers, server) != 0)
    abort();
  return server;
}

unsigned tls_server_port(const struct tls_server *server) {
  return server->port;
}

static void end_peer(struct tls_server *server, struct tls_peer *peer) {
  pthread_mutex_lock(&server->lock);
  if (peer->fd >= 0) shutdown(peer->fd, SHUT_RDWR);
  pthread_mutex_unlock(&server->lock);
  pthread_join(peer->thread, NULL);
  SSL_free(peer->ssl);
  free(peer);
}

struct tls_seen tls_server_stop(struct tls_server *server) {
  for (size_t i = 0; i < TLS_LISTENERS; i++)
    shutdown(server->listeners[i], SHUT_RDWR);
  pthread_join(server->acceptor, NULL);
  for (size_t i = 0; i < TLS_LISTENERS; i++) close(server->listeners[i]);
  for (size_t i = 0; i < server->peer_count; i++)
    end_peer(server, server->peers[i]);
  struct tls_seen seen = server->seen;
  SSL_CTX_free(server->context);
  pthread_mutex_destroy(&server->lock);
  free(server);
  return seen;
}
