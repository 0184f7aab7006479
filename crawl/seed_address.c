/* SPDX-License-Identifier: MIT
 * seed_address.c: hosts that are addresses, or names of this machine. */
#include "seed_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <lariat/address.h>

static bool is_named_localhost(const char *host, size_t length) {
  static const char name[] = "localhost";
  size_t most = sizeof name - 1;
  if (length && host[length - 1] == '.') length--;
  if (length < most || memcmp(host + length - most, name, most) != 0)
    return false;
  return length == most || host[length - most - 1] == '.';
}

/* Reads a host that is an address; false: it is a name. */
static bool read_address(const lariat_url *url, struct sockaddr_storage *out,
                         socklen_t *length, char *text, size_t capacity) {
  lariat_url_part host = lariat_url_host(url);
  struct sockaddr_in *v4 = (struct sockaddr_in *)out;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
  memset(out, 0, sizeof *out);
  bool in_brackets = host.length > 2 && host.bytes[0] == '[';
  if (in_brackets) host = (lariat_url_part){host.bytes + 1, host.length - 2};
  if (host.length >= capacity) return false;
  memcpy(text, host.bytes, host.length);
  text[host.length] = '\0';
  *length = in_brackets ? sizeof *v6 : sizeof *v4;
  out->ss_family = in_brackets ? AF_INET6 : AF_INET;
  return inet_pton(out->ss_family, text,
                   in_brackets ? (void *)&v6->sin6_addr
                               : (void *)&v4->sin_addr) == 1;
}

static bool is_loopback_address(const struct sockaddr_storage *address) {
  const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
  if (address->ss_family == AF_INET)
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

bool lr_crawl_url_is_loopback(const lariat_url *url) {
  struct sockaddr_storage address;
  char text[INET6_ADDRSTRLEN];
  socklen_t length;
  lariat_url_part host = lariat_url_host(url);
  return read_address(url, &address, &length, text, sizeof text)
             ? is_loopback_address(&address)
             : is_named_localhost(host.bytes, host.length);
}

void lr_crawl_seed_address(const lariat_url *url, char *out, size_t capacity) {
  struct sockaddr_storage address;
  char text[INET6_ADDRSTRLEN];
  socklen_t length;
  lariat_url_part host = lariat_url_host(url);
  *out = '\0';
  if (!read_address(url, &address, &length, text, sizeof text)) {
    if (is_named_localhost(host.bytes, host.length))
      snprintf(out, capacity, "127.0.0.1 ::1");
  } else if (!lariat_address_is_public((struct sockaddr *)&address, length)) {
    snprintf(out, capacity, "%s", text);
  }
}
