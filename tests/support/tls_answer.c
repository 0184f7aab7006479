/* SPDX-License-Identifier: MIT
 * tls_answer.c: the answers of a TLS server, as its script says.  See
 * tls_server.h. */
#define _GNU_SOURCE
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tls_server_private.h"

enum { PATH_MOST = 256, CHUNKS = 3, MANY_EMPTY = 64 };

struct answer {
  char *bytes;
  size_t head; /* bytes of it */
  size_t length;
};

/* ---- Text ---- */

size_t tls_server_body(const struct tls_script *script, const char *path,
                       char *out) {
  size_t length = strlen(path);
  size_t wanted = script->body_bytes ? script->body_bytes : length + 1;
  if (script->framing == TLS_NO_BODY) return 0;
  if (wanted > TLS_BODY_MOST) abort();
  for (size_t i = 0; i < wanted; i++)
    out[i] = i % (length + 1) < length ? path[i % (length + 1)] : '\n';
  return wanted;
}

static int write_head(const struct tls_script *script, size_t body, char *out,
                      size_t capacity) {
  char framing[64] = "";
  const char *version = script->framing == TLS_HTTP10 ? "1.0" : "1.1";
  bool no_body = script->framing == TLS_NO_BODY;
  const char *status = no_body ? "204 No Content" : "200 OK";
  if (script->refuses) status = "413 Content Too Large";
  if (script->framing == TLS_LENGTH)
    snprintf(framing, sizeof framing, "Content-Length: %zu\r\n", body);
  else if (script->framing == TLS_CHUNKED)
    snprintf(framing, sizeof framing, "Transfer-Encoding: chunked\r\n");
  return snprintf(out, capacity,
                  "HTTP/%s %s\r\nContent-Type: text/plain\r\n%s%s\r\n", version,
                  status, framing,
                  script->says_close ? "Connection: close\r\n" : "");
}

static size_t write_chunks(const char *body, size_t length, char *out) {
  size_t at = 0;
  size_t piece = (length + CHUNKS - 1) / CHUNKS;
  for (size_t from = 0; from < length; from += piece) {
    if (piece > length - from) piece = length - from;
    at += (size_t)snprintf(out + at, 32, "%zx\r\n", piece);
    memcpy(out + at, body + from, piece);
    at += piece;
    memcpy(out + at, "\r\n", 2);
    at += 2;
  }
  memcpy(out + at, "0\r\n\r\n", 5);
  return at + 5;
}

static struct answer make_answer(const struct tls_script *script,
                                 const char *method, const char *path) {
  struct answer answer = {0};
  char *body = malloc(TLS_BODY_MOST);
  size_t length = tls_server_body(script, path, body);
  answer.bytes = malloc(length + 1024);
  if (!body || !answer.bytes) abort();
  answer.head = (size_t)write_head(script, length, answer.bytes, 512);
  char *to = answer.bytes + answer.head;
  if (strcmp(method, "HEAD") == 0)
    length = 0;
  else if (script->framing == TLS_CHUNKED)
    length = write_chunks(body, length, to);
  else
    memcpy(to, body, length);
  answer.length = answer.head + length;
  free(body);
  return answer;
}

/* ---- Between the bytes ---- */

static void send_by_hand(struct tls_peer *peer, enum tls_middle middle) {
  static const unsigned char warning[] = {1, 90};
  static const unsigned char fatal[] = {2, 80};
  static const unsigned char finished[] = {20, 0, 0, 4, 1, 2, 3, 4};
  static const unsigned char long_record[] = {23, 3, 3, 0xff, 0xff, 1, 2, 3};
  static const unsigned char garbled[5 + 40] = {23, 3, 3, 0, 40};
  switch (middle) {
  case TLS_MIDDLE_EMPTY:
    tls_peer_seal(peer, TLS_RECORD_DATA, NULL, 0);
    return;
  case TLS_MIDDLE_MANY_EMPTY:
    for (int i = 0; i < MANY_EMPTY; i++)
      tls_peer_seal(peer, TLS_RECORD_DATA, NULL, 0);
    return;
  case TLS_MIDDLE_WARNING:
    tls_peer_seal(peer, TLS_RECORD_ALERT, warning, sizeof warning);
    return;
  case TLS_MIDDLE_ALERT:
    tls_peer_seal(peer, TLS_RECORD_ALERT, fatal, sizeof fatal);
    return;
  case TLS_MIDDLE_BAD_MAC:
    tls_peer_send(peer, garbled, sizeof garbled);
    return;
  case TLS_MIDDLE_UNENCRYPTED:
    tls_peer_send(peer, "HTTP/1.1 200 OK\r\n\r\n", 19);
    return;
  case TLS_MIDDLE_TYPE:
    tls_peer_seal(peer, 99, "x", 1);
    return;
  case TLS_MIDDLE_LONG:
    tls_peer_send(peer, long_record, sizeof long_record);
    return;
  case TLS_MIDDLE_HANDSHAKE:
    tls_peer_seal(peer, TLS_RECORD_HANDSHAKE, finished, sizeof finished);
    return;
  default:
    abort();
  }
}

static void send_middle(struct tls_peer *peer, enum tls_middle middle) {
  ERR_clear_error();
  switch (middle) {
  case TLS_MIDDLE_NONE:
    return;
  case TLS_MIDDLE_KEY_UPDATE:
  case TLS_MIDDLE_KEY_UPDATE_ASKED:
    (void)SSL_key_update(peer->ssl, middle == TLS_MIDDLE_KEY_UPDATE
                                        ? SSL_KEY_UPDATE_NOT_REQUESTED
                                        : SSL_KEY_UPDATE_REQUESTED);
    return;
  case TLS_MIDDLE_TICKET:
    (void)SSL_new_session_ticket(peer->ssl);
    return;
  case TLS_MIDDLE_RENEGOTIATION:
    tls_peer_renegotiate(peer);
    return;
  default:
    send_by_hand(peer, middle);
  }
}

/* ---- Answers ---- */

static size_t cut_length(const struct answer *answer, enum tls_cut cut) {
  switch (cut) {
  case TLS_NOTHING:
    return 0;
  case TLS_IN_HEAD:
    return answer->head / 2;
  case TLS_IN_BODY:
    return answer->head + (answer->length - answer->head) / 2;
  case TLS_BEFORE_LAST:
    return answer->length - 5;
  default:
    return answer->length;
  }
}

/* Sends a record and keeps half of it back. */
static void send_half_record(struct tls_peer *peer,
                             const struct answer *answer) {
  unsigned char *out = malloc(answer->length + TLS_RECORDS_OVERHEAD);
  if (!out) abort();
  size_t sealed = tls_records_seal(&peer->records, TLS_RECORD_DATA,
                                   answer->bytes, answer->length, out);
  tls_peer_send(peer, out, sealed / 2);
  free(out);
}

static void send_answer(struct tls_peer *peer, const struct answer *answer,
                        enum tls_middle middle, enum tls_cut cut) {
  size_t length = cut_length(answer, cut);
  size_t half = answer->head + (answer->length - answer->head) / 2;
  if (cut == TLS_IN_RECORD) {
    send_half_record(peer, answer);
    return;
  }
  if (middle == TLS_MIDDLE_NONE) half = length;
  tls_peer_write(peer, answer->bytes, half);
  send_middle(peer, middle);
  tls_peer_write(peer, answer->bytes + half, length - half);
}

/* ---- Requests ---- */

static const char *find_end(const struct tls_peer *peer) {
  return memmem(peer->text, peer->length, "\r\n\r\n", 4);
}

static size_t body_length(const struct tls_peer *peer) {
  const char *field = strcasestr(peer->text, "\r\nContent-Length:");
  return field ? strtoul(field + 17, NULL, 10) : 0;
}

/* Reads a head, and as much of the body as comes with it. */
static bool read_head(struct tls_peer *peer) {
  const char *end = NULL;
  peer->length = 0;
  while (!end) {
    size_t left = sizeof peer->text - 1 - peer->length;
    size_t got = tls_peer_read(peer, peer->text + peer->length, left);
    if (got == 0) return false;
    peer->length += got;
    peer->text[peer->length] = '\0';
    end = find_end(peer);
  }
  size_t with_head = peer->length - (size_t)(end + 4 - peer->text);
  size_t length = body_length(peer);
  peer->to_come = length > with_head ? length - with_head : 0;
  return true;
}

/* Reads on in a body until no more than `left` of it is to come. */
static bool read_body(struct tls_peer *peer, size_t left) {
  char bytes[16 * 1024];
  while (peer->to_come > left) {
    size_t most = peer->to_come < sizeof bytes ? peer->to_come : sizeof bytes;
    size_t got = tls_peer_read(peer, bytes, most);
    if (got == 0) return false;
    peer->to_come -= got;
  }
  return true;
}

/* Reads a request, with its body unless the answer comes earlier; false at the
 * end of the connection. */
static bool read_request(struct tls_peer *peer) {
  const struct tls_script *script = peer->server->script;
  size_t left = 0;
  if (!read_head(peer)) return false;
  size_t length = body_length(peer);
  if (script->early && length > script->early_at)
    left = length - script->early_at;
  return read_body(peer, left);
}

unsigned tls_count_request(struct tls_peer *peer) {
  struct tls_server *server = peer->server;
  pthread_mutex_lock(&server->lock);
  unsigned number = ++server->seen.requests;
  pthread_mutex_unlock(&server->lock);
  return number;
}

static enum tls_end answer_request(struct tls_peer *peer) {
  const struct tls_script *script = peer->server->script;
  char method[16];
  char path[PATH_MOST];
  bool trouble = tls_count_request(peer) >= script->trouble_from;
  if (sscanf(peer->text, "%15s %255s", method, path) != 2) return TLS_FIN;
  struct answer answer = make_answer(script, method, path);
  send_answer(peer, &answer, trouble ? script->middle : TLS_MIDDLE_NONE,
              trouble ? script->cut : TLS_WHOLE);
  free(answer.bytes);
  return trouble ? script->end : TLS_KEEP;
}

/* Reads the rest of a body whose request is answered, or nothing until the
 * connection has ended; false at that. */
static bool follow_body(struct tls_peer *peer) {
  struct pollfd end = {.fd = peer->fd, .events = POLLRDHUP};
  if (peer->server->script->early == TLS_EARLY_DRAIN) return read_body(peer, 0);
  while (poll(&end, 1, -1) < 0) continue;
  return false;
}

void tls_serve(struct tls_peer *peer) {
  enum tls_end end = TLS_KEEP;
  if (peer->h2) {
    tls_serve_h2(peer);
    return;
  }
  while (end == TLS_KEEP && !peer->ended) {
    if (!read_request(peer)) break;
    end = answer_request(peer);
    if (end == TLS_KEEP && peer->to_come && !follow_body(peer)) break;
  }
  if (!peer->ended) tls_peer_end(peer, end == TLS_KEEP ? TLS_FIN : end);
}
