/* SPDX-License-Identifier: MIT
 * host_text.h: the host of a URL, as a text. */
#ifndef CRAWL_HOST_TEXT_H
#define CRAWL_HOST_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/url.h>

#include "ascii.h"

/* Tells whether a host is an address and not a name.  The parser of URLs has
 * brought all forms of IPv4 to four numbers, and takes no other name whose last
 * label is a number. */
static inline bool lr_crawl_is_ipv4(const char *host, size_t length) {
  size_t dots = 0;
  for (size_t i = 0; i < length; i++) {
    if (host[i] == '.')
      dots++;
    else if (!lr_crawl_is_digit(host[i]))
      return false;
  }
  return dots == 3;
}

static inline bool lr_crawl_is_address(const char *host, size_t length) {
  return length && (*host == '[' || lr_crawl_is_ipv4(host, length));
}

/* Returns the length of a host without the dot at its end.  A host with two of
 * them stays as it is: without one it could be an address ("0x7f.1.."). */
static inline size_t lr_crawl_cut_final_dot(const char *host, size_t length) {
  if (length < 2 || host[length - 1] != '.' || host[length - 2] == '.')
    return length;
  return length - 1;
}

/* Returns the host of a URL without a dot at its end. */
static inline lariat_url_part lr_crawl_host_of(const lariat_url *url) {
  lariat_url_part host = lariat_url_host(url);
  host.length = lr_crawl_cut_final_dot(host.bytes, host.length);
  return host;
}

/* Tells whether a URL has a port that is not its scheme's own. */
static inline bool lr_crawl_has_other_port(const lariat_url *url) {
  bool tls = lariat_url_scheme(url).length == 5;
  return lariat_url_port(url) != (tls ? 443 : 80);
}

#endif
