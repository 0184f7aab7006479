/* SPDX-License-Identifier: MIT
 * stream.h: a connected byte stream, whatever is below it: a descriptor, one
 * whose receipts are stamped (stamped_stream.h), or a TLS connection
 * (tls_stream.h).
 *
 * A stream never blocks.  Its owner watches `fd` for what the stream is to do
 * next: for bytes, or for space when not all could be sent. */
#ifndef LR_NET_STREAM_H
#define LR_NET_STREAM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

typedef struct lr_stream lr_stream;

/* The results of lr_stream_receive that are no number of bytes. */
enum {
  LR_STREAM_END = 0,    /* there are no more bytes, and never will be */
  LR_STREAM_AGAIN = -1, /* none now: `fd` will be ready when there are */
  LR_STREAM_CUT = -2,   /* the end, of which TLS did not tell: it may be
                           anybody's (RFC 9112, 9.8) */
  LR_STREAM_LOST = -3   /* the connection is of no more use */
};

typedef struct lr_stream_ops {
  bool is_bare; /* there is nothing but a descriptor below it */
  ssize_t (*send)(lr_stream *stream, const char *bytes, size_t length);
  ssize_t (*receive)(lr_stream *stream, char *bytes, size_t capacity);
  bool (*lacks_certificate)(const lr_stream *stream);
  int (*end_sending)(lr_stream *stream); /* NULL: it cannot be ended */
  void (*close)(lr_stream *stream);
} lr_stream_ops;

struct lr_stream {
  const lr_stream_ops *ops; /* NULL: the descriptor's own, which are inline */
  void *state;              /* of its kind */
  int fd;                   /* to be watched */
  bool pending;    /* bytes were taken from `fd` that are still to be received:
                      `fd` will not tell of them */
  bool needs_send; /* it can only receive when `fd` takes bytes again */
  bool needs_receive; /* it can only send when bytes have come: `fd` takes
                         bytes all the time */
  uint64_t stamp_ns;  /* of what was received last, in CLOCK_REALTIME; 0: none
                         (stamped_stream.h) */
};

/* Makes a stream of a connected descriptor, which becomes the stream's. */
static inline void lr_stream_of_descriptor(lr_stream *stream, int fd) {
  *stream = (lr_stream){.fd = fd};
}

/* Sends what goes at once of `length` bytes, at least 1, and returns how much
 * that was; 0: nothing now.  What did not go is to be sent again before
 * anything else, when `fd` takes bytes, or has some (needs_receive).  -1: the
 * connection is of no more use. */
static inline ssize_t lr_stream_send(lr_stream *stream, const char *bytes,
                                     size_t length) {
  ssize_t sent;
  if (stream->ops) return stream->ops->send(stream, bytes, length);
  do sent = send(stream->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 && errno == EAGAIN ? 0 : sent;
}

/* Receives up to `capacity` bytes, at least 1, and returns how many came, or
 * one of the results above.  Less than `capacity` was all for now, if nothing
 * is pending. */
static inline ssize_t lr_stream_receive(lr_stream *stream, char *bytes,
                                        size_t capacity) {
  ssize_t got;
  if (stream->ops) return stream->ops->receive(stream, bytes, capacity);
  do got = recv(stream->fd, bytes, capacity, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got >= 0) return got;
  return errno == EAGAIN ? LR_STREAM_AGAIN : LR_STREAM_LOST;
}

static inline bool lr_stream_is_tls(const lr_stream *stream) {
  return stream->ops && !stream->ops->is_bare;
}

/* Says whether a stream that ended before an answer may have done so since the
 * server asked for a certificate of the client's, and got none. */
static inline bool lr_stream_lacks_certificate(const lr_stream *stream) {
  return stream->ops && stream->ops->lacks_certificate(stream);
}

/* Tells the peer that there are no more bytes, and leaves the other direction
 * alone.  1: done; 0: not now, for want of space; -1: the connection is of no
 * more use. */
static inline int lr_stream_end_sending(lr_stream *stream) {
  if (stream->ops)
    return stream->ops->end_sending ? stream->ops->end_sending(stream) : -1;
  return shutdown(stream->fd, SHUT_WR) == 0 ? 1 : -1;
}

/* Ends the connection.  The descriptor is closed, and not watched any more. */
static inline void lr_stream_close(lr_stream *stream) {
  if (stream->ops)
    stream->ops->close(stream);
  else
    close(stream->fd);
}

#endif
