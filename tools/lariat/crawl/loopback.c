/* SPDX-License-Identifier: MIT
 * loopback.c: hosts as texts; nothing is looked up. */
#include "crawl/loopback.h"

#include <arpa/inet.h>
#include <lariat/address.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_ADDRESS = INET6_ADDRSTRLEN };

/* An address of either family. */
union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static bool ends_with(const char *host, size_t length, const char *end) {
  size_t more = strlen(end);
  return length >= more && strncasecmp(host + length - more, end, more) == 0;
}

/* Reads "127.0.0.1" or "[::1]", and returns the length of the address; 0: it is
 * a name. */
static socklen_t read_address(const char *host, size_t length,
                              char text[LONGEST_ADDRESS],
                              union address *address) {
  bool brackets = length >= 2 && host[0] == '[';
  if (brackets) {
    host++;
    length -= 2;
  }
  if (length >= LONGEST_ADDRESS) return 0;
  memcpy(text, host, length);
  text[length] = '\0';
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
    address->v4.sin_family = AF_INET;
    return sizeof address->v4;
  }
  if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) != 1) return 0;
  address->v6.sin6_family = AF_INET6;
  return sizeof address->v6;
}

static bool is_loopback(const union address *address) {
  if (address->any.sa_family == AF_INET)
    return ntohl(address->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

bool loopback_is(const char *host, size_t length) {
  char text[LONGEST_ADDRESS];
  union address address;
  if (ends_with(host, length, ".localhost") ||
      (length == 9 && ends_with(host, length, "localhost")))
    return true;
  return read_address(host, length, text, &address) && is_loopback(&address);
}

bool loopback_networks(const char *host, size_t length, char *out,
                       size_t capacity) {
  char text[LONGEST_ADDRESS];
  union address address;
  if (loopback_is(host, length)) {
    snprintf(out, capacity, "127.0.0.0/8,::1");
    return true;
  }
  socklen_t size = read_address(host, length, text, &address);
  if (!size || lariat_address_is_public(&address.any, size)) return false;
  snprintf(out, capacity, "%s", text);
  return true;
}
