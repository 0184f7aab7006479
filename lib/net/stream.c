/* SPDX-License-Identifier: MIT
 * stream.c: the stream of a descriptor. */
#include "net/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t send_to_descriptor(lr_stream *stream, const char *bytes,
                                  size_t length) {
  ssize_t sent;
  do sent = send(stream->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static ssize_t receive_from_descriptor(lr_stream *stream, char *bytes,
                                       size_t capacity) {
  ssize_t got;
  do got = recv(stream->fd, bytes, capacity, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got >= 0) return got;
  return errno == EAGAIN ? LR_STREAM_AGAIN : LR_STREAM_LOST;
}

static void close_descriptor(lr_stream *stream) { close(stream->fd); }

static const lr_stream_ops descriptor_ops = {.send = send_to_descriptor,
                                             .receive = receive_from_descriptor,
                                             .close = close_descriptor};

void lr_stream_of_descriptor(lr_stream *stream, int fd) {
  *stream = (lr_stream){.ops = &descriptor_ops, .fd = fd};
}
