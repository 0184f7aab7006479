/* SPDX-License-Identifier: MIT
 * See hand.h. */
#include "support/hand.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  PATIENCE_MS = 5000,
  SMALL_BUFFER = 32 * 1024,
  BACKLOG = 64,
  DESCRIPTORS = 1024
};

void hand_open(struct hand *hand, struct fixture *f) {
  struct sockaddr_in name = {.sin_family = AF_INET};
  socklen_t length = sizeof name;
  memset(hand, 0, sizeof *hand);
  hand->f = f;
  hand->fd = -1;
  hand->listener =
      socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(hand->listener, (struct sockaddr *)&name, sizeof name) != 0 ||
      listen(hand->listener, BACKLOG) != 0 ||
      getsockname(hand->listener, (struct sockaddr *)&name, &length) != 0)
    fixture_fail("cannot listen: error %d", errno);
  hand->port = ntohs(name.sin_port);
}

void hand_close(struct hand *hand) {
  if (hand->fd >= 0) close(hand->fd);
  close(hand->listener);
  hand->fd = -1;
}

const char *hand_url(struct hand *hand, const char *path) {
  snprintf(hand->url, sizeof hand->url, "http://127.0.0.1:%u%s", hand->port,
           path);
  return hand->url;
}

static bool is_accepted(void *context) {
  struct hand *hand = context;
  hand->fd = accept4(hand->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return hand->fd >= 0;
}

void hand_accept(struct hand *hand) {
  hand->fd = -1;
  if (!fixture_run_until(hand->f, is_accepted, hand, PATIENCE_MS))
    fixture_fail("nobody connects");
}

static bool is_peer(int fd, const struct sockaddr_in *own) {
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  return getsockname(fd, (struct sockaddr *)&name, &length) == 0 &&
         length == sizeof name && name.sin_family == AF_INET &&
         name.sin_port == own->sin_port;
}

/* The other end is in this process, too. */
void hand_narrow(const struct hand *hand) {
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  int size = SMALL_BUFFER;
  if (getpeername(hand->fd, (struct sockaddr *)&peer, &length) != 0) return;
  (void)setsockopt(hand->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    if (is_peer(fd, &peer))
      (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

/* Where it does not fit only the end is kept. */
static ssize_t take_some(struct hand *hand) {
  size_t capacity = sizeof hand->text - 1 - hand->receiving;
  if (capacity == 0) {
    size_t half = hand->receiving / 2;
    memmove(hand->text, hand->text + half, hand->receiving - half);
    hand->receiving -= half;
    capacity = sizeof hand->text - 1 - hand->receiving;
  }
  ssize_t got = recv(hand->fd, hand->text + hand->receiving, capacity, 0);
  if (got > 0) hand->receiving += (size_t)got;
  hand->text[hand->receiving] = '\0';
  return got;
}

static bool is_heard(void *context) {
  struct hand *hand = context;
  while (take_some(hand) > 0) continue;
  return hand->receiving >= 4 &&
         strcmp(hand->text + hand->receiving - 4, "\r\n\r\n") == 0;
}

void hand_hear(struct hand *hand) {
  hand->receiving = 0;
  hand->text[0] = '\0';
  if (!fixture_run_until(hand->f, is_heard, hand, PATIENCE_MS))
    fixture_fail("no request comes; but %zu bytes: %.200s", hand->receiving,
                 hand->text);
}

void hand_say(const struct hand *hand, const char *text) {
  size_t length = strlen(text);
  if (send(hand->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
    fixture_fail("cannot send: error %d", errno);
}

void hand_hang_up(struct hand *hand) {
  close(hand->fd);
  hand->fd = -1;
}

void hand_break(struct hand *hand) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  (void)setsockopt(hand->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  hand_hang_up(hand);
}

static bool is_over(void *context) {
  struct hand *hand = context;
  char bytes[4096];
  ssize_t got;
  do got = recv(hand->fd, bytes, sizeof bytes, 0);
  while (got > 0);
  return got == 0 || errno != EAGAIN;
}

void hand_expect_end(struct hand *hand) {
  if (!fixture_run_until(hand->f, is_over, hand, PATIENCE_MS))
    fixture_fail("the connection is still open");
  hand_hang_up(hand);
}

static bool is_called(void *context) {
  struct hand *hand = context;
  struct pollfd wait = {hand->listener, POLLIN, 0};
  return poll(&wait, 1, 0) == 1;
}

bool hand_is_called(struct hand *hand, unsigned ms) {
  return fixture_run_until(hand->f, is_called, hand, ms);
}
