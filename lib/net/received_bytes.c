/* SPDX-License-Identifier: MIT
 * received_bytes.c: TCP_INFO, whose struct in the C library's header lacks the
 * number. */
#include "net/received_bytes.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

/* Says whether the end of a connection has come, which counts as a byte. */
static bool counts_end(const struct tcp_info *info) {
  enum { ESTABLISHED = 1 };
  return info->tcpi_state != ESTABLISHED && info->tcpi_bytes_received > 0;
}

bool lr_received_bytes(int fd, uint64_t *bytes) {
  struct tcp_info info;
  socklen_t length = sizeof info;
  size_t needed = offsetof(struct tcp_info, tcpi_bytes_received) +
                  sizeof info.tcpi_bytes_received;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
      length < needed)
    return false;
  *bytes = info.tcpi_bytes_received - counts_end(&info);
  return true;
}
