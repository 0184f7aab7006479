/* SPDX-License-Identifier: MIT
 * See ports.h. */
#define _GNU_SOURCE
#include "support/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int ports_refusing(unsigned *port) {
  struct sockaddr_in name = {.sin_family = AF_INET};
  socklen_t length = sizeof name;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (bind(fd, (struct sockaddr *)&name, sizeof name) ||
      getsockname(fd, (struct sockaddr *)&name, &length)) {
    close(fd);
    return -1;
  }
  *port = ntohs(name.sin_port);
  return fd;
}

bool ports_find(unsigned *ports, size_t count) {
  int *fds = calloc(count, sizeof *fds);
  size_t found = 0;
  if (!fds) return false;
  while (found < count) { /* all are held, so that they are different */
    fds[found] = ports_refusing(&ports[found]);
    if (fds[found] < 0) break;
    found++;
  }
  for (size_t i = 0; i < found; i++) close(fds[i]);
  free(fds);
  return found == count;
}

bool ports_have_ipv6(void) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  bool bound = !bind(fd, (struct sockaddr *)&name, sizeof name);
  close(fd);
  return bound;
}

bool ports_answer(unsigned port) {
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_port = htons((in_port_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool answers = !connect(fd, (struct sockaddr *)&name, sizeof name);
  close(fd);
  return answers;
}
