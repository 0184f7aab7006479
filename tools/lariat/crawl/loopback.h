/* SPDX-License-Identifier: MIT
 * loopback.h: hosts that are this machine. */
#ifndef TOOLS_LARIAT_CRAWL_LOOPBACK_H
#define TOOLS_LARIAT_CRAWL_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

/* Tells whether the host, as a URL has it, is this machine:
 * "localhost" and names below it, 127.0.0.0/8, "[::1]". */
bool loopback_is(const char *host, size_t length);

#endif
