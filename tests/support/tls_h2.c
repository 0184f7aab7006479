/* SPDX-License-Identifier: MIT
 * tls_h2.c: as much of HTTP/2 as it takes to answer each request with "h2\n".
 * RFC 9113, 4.1 and 6; RFC 7541, appendix A: 0x88 is ":status: 200". */
#include <string.h>

#include "support/tls_server_private.h"

enum {
  FRAME_HEAD = 9,
  FRAME_DATA = 0,
  FRAME_HEADERS = 1,
  FRAME_SETTINGS = 4,
  FRAME_PING = 6,
  FLAG_END_STREAM = 1,
  FLAG_ACK = 1,
  FLAG_END_HEADERS = 4
};

enum { PREFACE_LENGTH = 24 }; /* RFC 9113, 3.4 */

static void send_frame(struct tls_peer *peer, int type, int flags,
                       const unsigned char *stream, const char *bytes,
                       size_t length) {
  unsigned char frame[FRAME_HEAD + 16] = {0};
  frame[2] = (unsigned char)length;
  frame[3] = (unsigned char)type;
  frame[4] = (unsigned char)flags;
  memcpy(frame + 5, stream, 4);
  memcpy(frame + FRAME_HEAD, bytes, length);
  tls_peer_write(peer, frame, FRAME_HEAD + length);
}

static void take_frame(struct tls_peer *peer, const unsigned char *frame) {
  static const unsigned char connection[4] = {0};
  const char *payload = (const char *)frame + FRAME_HEAD;
  bool ack = frame[4] & FLAG_ACK;
  if (frame[3] == FRAME_SETTINGS && !ack)
    send_frame(peer, FRAME_SETTINGS, FLAG_ACK, connection, "", 0);
  if (frame[3] == FRAME_PING && !ack)
    send_frame(peer, FRAME_PING, FLAG_ACK, connection, payload, 8);
  if (frame[3] != FRAME_HEADERS) return;
  (void)tls_count_request(peer);
  send_frame(peer, FRAME_HEADERS, FLAG_END_HEADERS, frame + 5, "\x88", 1);
  send_frame(peer, FRAME_DATA, FLAG_END_STREAM, frame + 5, "h2\n", 3);
}

/* Returns how long the frame is at the front of what was read; 0: not all of it
 * is there. */
static size_t whole_frame(const unsigned char *bytes, size_t length) {
  if (length < FRAME_HEAD) return 0;
  size_t whole =
      FRAME_HEAD + ((size_t)bytes[0] << 16 | (size_t)bytes[1] << 8 | bytes[2]);
  return whole <= length ? whole : 0;
}

void tls_serve_h2(struct tls_peer *peer) {
  static const unsigned char connection[4] = {0};
  size_t begun = PREFACE_LENGTH;
  size_t got;
  send_frame(peer, FRAME_SETTINGS, 0, connection, "", 0);
  while ((got = tls_peer_read(peer, peer->text + peer->length,
                              sizeof peer->text - peer->length)) > 0) {
    size_t at = begun;
    peer->length += got;
    if (peer->length < begun) continue;
    begun = 0;
    const unsigned char *bytes = (const unsigned char *)peer->text;
    size_t frame;
    while ((frame = whole_frame(bytes + at, peer->length - at)) > 0) {
      take_frame(peer, bytes + at);
      at += frame;
    }
    memmove(peer->text, peer->text + at, peer->length - at);
    peer->length -= at;
  }
  tls_peer_end(peer, TLS_NOTIFY);
}
