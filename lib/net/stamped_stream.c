/* SPDX-License-Identifier: MIT
 * stamped_stream.c: streams with the kernel's receive stamps (SO_TIMESTAMPNS),
 * which it gives in CLOCK_REALTIME. */
#include "net/stamped_stream.h"

#include <stdalign.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

static uint64_t ns_of(const struct timespec *time) {
  return (uint64_t)time->tv_sec * LR_NS_PER_S + (uint64_t)time->tv_nsec;
}

static uint64_t read_stamp(struct msghdr *message) {
  struct timespec stamp = {0, 0};
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
       part = CMSG_NXTHDR(message, part))
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS &&
        part->cmsg_len == CMSG_LEN(sizeof stamp))
      memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
  return ns_of(&stamp);
}

static ssize_t receive_stamped(lr_stream *stream, char *bytes,
                               size_t capacity) {
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
  struct iovec part = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  ssize_t got;
  do got = recvmsg(stream->fd, &message, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN ? LR_STREAM_AGAIN : LR_STREAM_LOST;
  stream->stamp_ns = read_stamp(&message);
  return got;
}

static ssize_t send_bare(lr_stream *stream, const char *bytes, size_t length) {
  lr_stream bare = {.fd = stream->fd};
  return lr_stream_send(&bare, bytes, length);
}

static bool lacks_no_certificate(const lr_stream *stream) {
  (void)stream;
  return false;
}

static int end_sending_bare(lr_stream *stream) {
  lr_stream bare = {.fd = stream->fd};
  return lr_stream_end_sending(&bare);
}

static void close_bare(lr_stream *stream) { close(stream->fd); }

static const lr_stream_ops stamped_ops = {.is_bare = true,
                                          .send = send_bare,
                                          .receive = receive_stamped,
                                          .lacks_certificate =
                                              lacks_no_certificate,
                                          .end_sending = end_sending_bare,
                                          .close = close_bare};

bool lr_stamped_stream_begin(lr_stream *stream) {
  const int on = 1;
  if (stream->ops) return stream->ops == &stamped_ops;
  if (setsockopt(stream->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
    return false;
  stream->ops = &stamped_ops;
  return true;
}

static uint64_t realtime_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return ns_of(&now);
}

static uint64_t read_clock(const lariat_clock *clock) {
  return clock->now_ns(clock->context);
}

/* Reads both clocks as one: `clock` before and after the other, again if the
 * thread was interrupted in between.  Returns the time on `clock`. */
static uint64_t read_both(const lariat_clock *clock, uint64_t *real_ns) {
  enum { TRIES = 4, CLOSE_NS = 2000 };
  uint64_t before_ns = 0, least_ns = UINT64_MAX, now_ns = 0;
  for (int i = 0; i < TRIES && least_ns > CLOSE_NS; i++) {
    before_ns = read_clock(clock);
    uint64_t between_ns = realtime_ns();
    uint64_t gap_ns = lr_since(read_clock(clock), before_ns);
    if (gap_ns >= least_ns) continue;
    least_ns = gap_ns;
    *real_ns = between_ns;
    now_ns = before_ns + gap_ns / 2;
  }
  return now_ns;
}

uint64_t lr_stamped_stream_arrival_ns(const lr_stream *stream,
                                      const lariat_clock *clock,
                                      uint64_t earliest_ns) {
  uint64_t real_ns = 0;
  if (stream->ops != &stamped_ops || !stream->stamp_ns) return 0;
  uint64_t now_ns = read_both(clock, &real_ns);
  if (stream->stamp_ns > real_ns) return 0;
  uint64_t age_ns = real_ns - stream->stamp_ns;
  return age_ns <= lr_since(now_ns, earliest_ns) ? now_ns - age_ns : 0;
}
