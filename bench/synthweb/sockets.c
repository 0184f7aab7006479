/* SPDX-License-Identifier: MIT
 * See sockets.h. */
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../truth/wire.h"

enum { BACKLOG = 16384 };

union address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
};

/* Bound to an interface, so that its wildcard address is that of loopback
 * alone, or of a network of the bench's own. */
static int open_listener(const char *device, const union address *address,
                         socklen_t length) {
  int family = address->any.sa_family;
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;

  if (fd < 0) return -1;
  if (!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
                  (socklen_t)strlen(device) + 1) &&
      !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) &&
      wire_ask_for_stamps(fd) && !bind(fd, &address->any, length) &&
      !listen(fd, BACKLOG))
    return fd;
  close(fd);
  return -1;
}

int sockets_listen(int family, const char *device, unsigned port,
                   unsigned *bound) {
  union address address = {.any = {.sa_family = (sa_family_t)family}};
  socklen_t length =
      family == AF_INET ? sizeof address.four : sizeof address.six;
  int fd;

  if (family == AF_INET) {
    address.four.sin_port = htons((uint16_t)port);
  } else {
    address.six.sin6_port = htons((uint16_t)port);
    address.six.sin6_addr = in6addr_loopback;
  }
  fd = open_listener(device, &address, length);
  if (fd < 0) return -1;
  getsockname(fd, &address.any, &length);
  *bound =
      ntohs(family == AF_INET ? address.four.sin_port : address.six.sin6_port);
  return fd;
}

static union address address_of(int fd) {
  union address address;
  socklen_t length = sizeof address;

  memset(&address, 0, sizeof address);
  getsockname(fd, &address.any, &length);
  return address;
}

uint32_t sockets_address(int fd) {
  union address address = address_of(fd);

  return address.any.sa_family == AF_INET ? ntohl(address.four.sin_addr.s_addr)
                                          : 0;
}

uint32_t sockets_client(int fd) {
  union address address = {.any = {.sa_family = AF_UNSPEC}};
  socklen_t length = sizeof address;

  if (getpeername(fd, &address.any, &length)) return 0;
  return address.any.sa_family == AF_INET ? ntohl(address.four.sin_addr.s_addr)
                                          : 0;
}

void sockets_write_address(int fd, char out[SOCKETS_ADDRESS_MAX]) {
  union address address = address_of(fd);
  const void *bytes = address.any.sa_family == AF_INET
                          ? (const void *)&address.four.sin_addr
                          : (const void *)&address.six.sin6_addr;

  *out = '\0';
  inet_ntop(address.any.sa_family, bytes, out, SOCKETS_ADDRESS_MAX);
}

void sockets_reset(int fd) {
  struct linger linger = {.l_onoff = 1};

  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close(fd);
}

int sockets_open_signals(void) {
  sigset_t wanted;

  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGUSR1);
  signal(SIGPIPE, SIG_IGN);
  if (sigprocmask(SIG_BLOCK, &wanted, NULL)) return -1;
  return signalfd(-1, &wanted, SFD_CLOEXEC);
}
