/* SPDX-License-Identifier: MIT
 * See byte_server.h. */
#define _GNU_SOURCE
#include "support/byte_server.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/gate.h"

enum { PEERS = 1024 };

struct byte_peer {
  struct byte_server *server;
  pthread_t thread;
  int fd;
  SSL *ssl; /* NULL: no TLS */
};

struct byte_server {
  struct byte_server_script script;
  SSL_CTX *context;
  int listener;
  unsigned port;
  pthread_t thread;
  struct gate going_on;
  pthread_mutex_t lock; /* over what follows */
  struct byte_peer *peers[PEERS];
  unsigned peer_count;
  struct byte_server_seen seen;
};

void byte_server_fill(char *out, uint64_t from, size_t length) {
  for (size_t i = 0; i < length; i++)
    out[i] = (char)((from + i) * 2654435761u >> 13);
}

/* ---- Bytes ---- */

static void note_received(struct byte_peer *peer, size_t count, bool ended) {
  pthread_mutex_lock(&peer->server->lock);
  peer->server->seen.received += count;
  peer->server->seen.ends += ended;
  pthread_mutex_unlock(&peer->server->lock);
}

/* Reads what comes; 0: the end, a proper one or not. */
static size_t read_peer(struct byte_peer *peer, char *out, size_t capacity) {
  bool proper;
  size_t got = 0;
  if (peer->ssl) {
    ERR_clear_error();
    int code = SSL_read_ex(peer->ssl, out, capacity, &got);
    proper =
        code != 1 && SSL_get_error(peer->ssl, code) == SSL_ERROR_ZERO_RETURN;
    if (code != 1) got = 0;
  } else {
    ssize_t count = recv(peer->fd, out, capacity, 0);
    proper = count == 0;
    got = count > 0 ? (size_t)count : 0;
  }
  note_received(peer, got, proper);
  return got;
}

static bool write_peer(struct byte_peer *peer, const char *bytes,
                       size_t length) {
  size_t sent = 0;
  if (length == 0) return true;
  if (peer->ssl) return SSL_write_ex(peer->ssl, bytes, length, &sent) == 1;
  while (sent < length) {
    ssize_t now = send(peer->fd, bytes + sent, length - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += (size_t)now;
  }
  return true;
}

static void end_peer(struct byte_peer *peer) {
  if (peer->ssl)
    (void)SSL_shutdown(peer->ssl);
  else
    (void)shutdown(peer->fd, SHUT_WR);
}

static void send_pattern(struct byte_peer *peer, uint64_t count) {
  char piece[16384];
  uint64_t done = 0;
  while (done < count) {
    size_t length =
        count - done < sizeof piece ? (size_t)(count - done) : sizeof piece;
    byte_server_fill(piece, done, length);
    if (!write_peer(peer, piece, length)) return;
    done += length;
  }
}

/* Reads to the end, and returns how much that was. */
static uint64_t read_all(struct byte_peer *peer) {
  char piece[16384];
  uint64_t count = 0;
  size_t got;
  while ((got = read_peer(peer, piece, sizeof piece))) count += got;
  return count;
}

/* ---- Services ---- */

static void echo(struct byte_peer *peer) {
  char piece[16384];
  size_t got;
  while ((got = read_peer(peer, piece, sizeof piece)))
    if (!write_peer(peer, piece, got)) return;
  end_peer(peer);
}

/* Has the client find that it is to shake hands, and goes no further. */
static void ask_for_handshake(struct byte_peer *peer) {
  struct byte_server *server = peer->server;
  char byte;
  if (!read_peer(peer, &byte, 1) || SSL_renegotiate(peer->ssl) != 1 ||
      SSL_do_handshake(peer->ssl) != 1)
    return;
  pthread_mutex_lock(&server->lock);
  server->seen.handshakes_asked++;
  pthread_mutex_unlock(&server->lock);
  gate_wait(&server->going_on);
  echo(peer);
}

static void break_connection(const struct byte_peer *peer) {
  struct linger hard = {.l_onoff = 1, .l_linger = 0};
  setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

static void serve(struct byte_peer *peer) {
  char byte;
  switch (peer->server->script.service) {
  case BYTES_GREET:
    if (!write_peer(peer, "hello\n", 6)) return;
    echo(peer);
    return;
  case BYTES_ECHO:
    echo(peer);
    return;
  case BYTES_HOLD:
    gate_wait(&peer->server->going_on);
    send_pattern(peer, read_all(peer));
    end_peer(peer);
    return;
  case BYTES_LATER:
    send_pattern(peer, read_all(peer));
    end_peer(peer);
    return;
  case BYTES_TALK:
    send_pattern(peer, BYTES_TALKED);
    end_peer(peer);
    (void)read_all(peer);
    return;
  case BYTES_CUT:
    if (read_peer(peer, &byte, 1)) (void)write_peer(peer, "half", 4);
    return;
  case BYTES_RESET:
    (void)read_peer(peer, &byte, 1);
    break_connection(peer);
    return;
  case BYTES_NEW_HANDSHAKE:
    ask_for_handshake(peer);
    return;
  case BYTES_SILENT:
    gate_wait(&peer->server->going_on);
    return;
  }
}

static bool shake_hands(struct byte_peer *peer) {
  struct byte_server *server = peer->server;
  if (!server->context || server->script.service == BYTES_SILENT) return true;
  peer->ssl = SSL_new(server->context);
  if (!peer->ssl || SSL_set_fd(peer->ssl, peer->fd) != 1) abort();
  return SSL_accept(peer->ssl) == 1;
}

static void *serve_peer(void *context) {
  struct byte_peer *peer = context;
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, NULL);
  if (shake_hands(peer)) serve(peer);
  SSL_free(peer->ssl);
  pthread_mutex_lock(&peer->server->lock);
  close(peer->fd);
  peer->fd = -1;
  pthread_mutex_unlock(&peer->server->lock);
  return NULL;
}

/* ---- All of them ---- */

static void begin_peer(struct byte_server *server, int fd) {
  struct byte_peer *peer = calloc(1, sizeof *peer);
  if (!peer || server->peer_count == PEERS) abort();
  peer->server = server;
  peer->fd = fd;
  pthread_mutex_lock(&server->lock);
  server->peers[server->peer_count++] = peer;
  server->seen.connections++;
  pthread_mutex_unlock(&server->lock);
  if (pthread_create(&peer->thread, NULL, serve_peer, peer) != 0) abort();
}

static void *accept_peers(void *context) {
  struct byte_server *server = context;
  for (;;) {
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return NULL; /* shut down */
    begin_peer(server, fd);
  }
}

static int choose_protocol(SSL *ssl, const unsigned char **out,
                           unsigned char *out_length, const unsigned char *list,
                           unsigned length, void *context) {
  const char *wanted = context;
  size_t wanted_length = strlen(wanted);
  (void)ssl;
  for (unsigned i = 0; i < length; i += 1u + list[i])
    if (list[i] == wanted_length &&
        memcmp(list + i + 1, wanted, wanted_length) == 0) {
      *out = list + i + 1;
      *out_length = list[i];
      return SSL_TLSEXT_ERR_OK;
    }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *make_context(const struct byte_server_script *script) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (!context ||
      SSL_CTX_use_certificate(context, script->certificate->x509) != 1 ||
      SSL_CTX_use_PrivateKey(context, script->certificate->key) != 1 ||
      SSL_CTX_set_max_proto_version(context, script->max_version) != 1)
    abort();
  if (script->wants_certificate)
    SSL_CTX_set_verify(context,
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  if (script->alpn)
    SSL_CTX_set_alpn_select_cb(context, choose_protocol,
                               (void *)(uintptr_t)script->alpn);
  return context;
}

static void start_listening(struct byte_server *server) {
  int small = 8192; /* what is not read is soon not sent */
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server->script.service == BYTES_HOLD)
    setsockopt(server->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  if (server->listener < 0 ||
      bind(server->listener, (struct sockaddr *)&address, sizeof address) ||
      listen(server->listener, 256) ||
      getsockname(server->listener, (struct sockaddr *)&address, &length))
    abort();
  server->port = ntohs(address.sin_port);
}

struct byte_server *byte_server_start(const struct byte_server_script *script) {
  struct byte_server *server = calloc(1, sizeof *server);
  if (!server) abort();
  server->script = *script;
  server->going_on = GATE_CLOSED;
  pthread_mutex_init(&server->lock, NULL);
  if (script->certificate) server->context = make_context(script);
  start_listening(server);
  if (pthread_create(&server->thread, NULL, accept_peers, server)) abort();
  return server;
}

unsigned byte_server_port(const struct byte_server *server) {
  return server->port;
}

void byte_server_go_on(struct byte_server *server) {
  gate_set(&server->going_on, true);
}

struct byte_server_seen byte_server_seen(struct byte_server *server) {
  pthread_mutex_lock(&server->lock);
  struct byte_server_seen seen = server->seen;
  pthread_mutex_unlock(&server->lock);
  return seen;
}

static void break_peers(struct byte_server *server) {
  pthread_mutex_lock(&server->lock);
  for (unsigned i = 0; i < server->peer_count; i++)
    if (server->peers[i]->fd >= 0) shutdown(server->peers[i]->fd, SHUT_RDWR);
  pthread_mutex_unlock(&server->lock);
}

struct byte_server_seen byte_server_stop(struct byte_server *server) {
  shutdown(server->listener, SHUT_RDWR);
  pthread_join(server->thread, NULL);
  byte_server_go_on(server);
  break_peers(server);
  for (unsigned i = 0; i < server->peer_count; i++) {
    pthread_join(server->peers[i]->thread, NULL);
    free(server->peers[i]);
  }
  struct byte_server_seen seen = server->seen;
  close(server->listener);
  SSL_CTX_free(server->context);
  pthread_mutex_destroy(&server->lock);
  free(server);
  return seen;
}
