/* SPDX-License-Identifier: MIT
 * tls_stream.h: the stream of a TLS connection that somebody else has opened,
 * verified and keeps (libcurl).  Bytes go straight between OpenSSL and the
 * descriptor: OpenSSL reads more than one record at once, so that an answer of
 * one record is one system call. */
#ifndef LR_NET_TLS_STREAM_H
#define LR_NET_TLS_STREAM_H

#include <stdbool.h>

#include "net/stream.h"
#include "net/tls_events.h"

/* The one who keeps the connection. */
typedef struct lr_tls_keeper {
  /* Takes the connection back, which is no stream any more: close_notify was
   * sent. */
  void (*release)(void *self);
  void *self;
  unsigned *buffered; /* the number of the keeper's streams that keep OpenSSL's
                         buffers between two records; NULL: none is to */
} lr_tls_keeper;

/* Makes a stream of `ssl` (an SSL, whose handshake is complete), on descriptor
 * `fd`; both stay the keeper's, who leaves them alone until the stream is
 * closed.  `events`, of this connection, is retained.  `early`: bytes that have
 * been received from it already, 1 at most.  False when out of memory. */
bool lr_tls_stream_open(lr_stream *stream, void *ssl, int fd,
                        lr_tls_events *events, lr_tls_keeper keeper,
                        const char *early, size_t early_length);

/* Returns the SSL of a stream that was opened here. */
void *lr_tls_stream_ssl(const lr_stream *stream);

/* Ends the stream alone: the connection stays, the keeper's as before. */
void lr_tls_stream_abandon(lr_stream *stream);

#endif
