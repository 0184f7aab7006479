/* SPDX-License-Identifier: MIT
 * loopback.c: hosts as texts; nothing is looked up. */
#include "crawl/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static bool ends_with(const char *host, size_t length, const char *end) {
  size_t more = strlen(end);
  return length >= more && strncasecmp(host + length - more, end, more) == 0;
}

static bool is_loopback_address(const char *text) {
  struct in_addr v4;
  struct in6_addr v6;
  if (inet_pton(AF_INET, text, &v4) == 1)
    return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
  return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool loopback_is(const char *host, size_t length) {
  char text[INET6_ADDRSTRLEN];
  if (ends_with(host, length, ".localhost") ||
      (length == 9 && ends_with(host, length, "localhost")))
    return true;
  bool brackets = length >= 2 && host[0] == '[';
  if (brackets) length -= 2;
  if (length >= sizeof text) return false;
  memcpy(text, host + brackets, length);
  text[length] = '\0';
  return is_loopback_address(text);
}
