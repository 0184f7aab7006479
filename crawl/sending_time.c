/* SPDX-License-Identifier: MIT
 * sending_time.c: a question to the kernel's table of connections (netlink,
 * sock_diag(7)), which any user may ask. */
#include "sending_time.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 4096, WAIT_US = 100000 };

/* The beginning of what linux/tcp.h says of a connection; that header and
 * netinet/tcp.h cannot be had together. */
struct tcp_times {
  uint8_t states[8];
  uint32_t rto, ato, snd_mss, rcv_mss;
  uint32_t unacked, sacked, lost, retransmitted, fackets;
  uint32_t last_data_sent, last_ack_sent; /* ms ago */
  uint32_t last_data_recv, last_ack_recv;
  uint32_t pmtu, rcv_ssthresh;
  uint32_t rtt, rttvar; /* microseconds, of segments sent once */
};

struct question {
  struct nlmsghdr head;
  struct inet_diag_req_v2 about;
};

static int family_of(const char *ip) {
  return strchr(ip, ':') ? AF_INET6 : AF_INET;
}

static bool ask(int fd, lr_crawl_tcp_end local, lr_crawl_tcp_end remote) {
  int family = family_of(local.ip);
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  struct question question = {
      .head = {.nlmsg_len = sizeof question,
               .nlmsg_type = SOCK_DIAG_BY_FAMILY,
               .nlmsg_flags = NLM_F_REQUEST},
      .about = {.sdiag_family = (uint8_t)family,
                .sdiag_protocol = IPPROTO_TCP,
                .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                .idiag_states = UINT32_MAX,
                .id = {.idiag_sport = htons((uint16_t)local.port),
                       .idiag_dport = htons((uint16_t)remote.port),
                       .idiag_cookie = {UINT32_MAX, UINT32_MAX}}}};
  return inet_pton(family, local.ip, question.about.id.idiag_src) == 1 &&
         inet_pton(family, remote.ip, question.about.id.idiag_dst) == 1 &&
         sendto(fd, &question, sizeof question, 0,
                (const struct sockaddr *)&kernel,
                sizeof kernel) == sizeof question;
}

/* Finds the times among the attributes of an answer. */
static bool read_answer(const char *bytes, size_t length,
                        struct tcp_times *out) {
  struct nlmsghdr head;
  struct rtattr attribute;
  size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct inet_diag_msg));
  if (length < at) return false;
  memcpy(&head, bytes, sizeof head);
  if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY) return false;
  for (; at + sizeof attribute <= length; at += RTA_ALIGN(attribute.rta_len)) {
    memcpy(&attribute, bytes + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute) return false;
    if (attribute.rta_type != INET_DIAG_INFO) continue;
    if (attribute.rta_len < RTA_LENGTH(sizeof *out) ||
        length - at < attribute.rta_len)
      return false;
    memcpy(out, bytes + at + RTA_LENGTH(0), sizeof *out);
    return true;
  }
  return false;
}

static bool read_times(lr_crawl_tcp_end local, lr_crawl_tcp_end remote,
                       struct tcp_times *out) {
  char answer[ANSWER_BYTES];
  const struct timeval wait = {.tv_usec = WAIT_US};
  ssize_t length = -1;
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return false;
  if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) &&
      ask(fd, local, remote))
    length = recv(fd, answer, sizeof answer, 0);
  close(fd);
  return length > 0 && read_answer(answer, (size_t)length, out);
}

/* Tells whether the last round trip took more than half of that time: a mean
 * deviation moves by a quarter of what is new. */
static bool was_slow(const struct tcp_times *times, uint32_t took_ms) {
  return 4 * (uint64_t)times->rttvar > 500 * (uint64_t)took_ms;
}

/* Both clocks tick every few milliseconds. */
uint32_t lr_crawl_sending_time(lr_crawl_tcp_end local, lr_crawl_tcp_end remote,
                               uint32_t took_ms) {
  enum { TICK_MS = 10 };
  struct tcp_times times;
  if (!read_times(local, remote, &times)) return 0;
  if (was_slow(&times, took_ms)) return took_ms;
  if (times.last_data_sent + 2 * TICK_MS >= took_ms) return 0;
  uint32_t after_ms = took_ms - times.last_data_sent + TICK_MS;
  return after_ms < took_ms ? after_ms : took_ms;
}
