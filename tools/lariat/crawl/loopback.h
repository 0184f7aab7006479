/* SPDX-License-Identifier: MIT
 * loopback.h: hosts of URLs that are addresses of this machine, or of a
 * network that the Internet does not reach. */
#ifndef TOOLS_LARIAT_CRAWL_LOOPBACK_H
#define TOOLS_LARIAT_CRAWL_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

/* Tells whether the host, as lariat_url_host gives it, is this machine:
 * "localhost" and names below it, 127.0.0.0/8, "[::1]". */
bool loopback_is(const char *host, size_t length);

/* Writes the networks that a crawl of that host connects to though they are not
 * public: "127.0.0.0/8,::1" for this machine, "10.1.2.3" for a private address.
 * False: there are none. */
bool loopback_networks(const char *host, size_t length, char *out,
                       size_t capacity);

#endif
