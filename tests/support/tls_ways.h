/* SPDX-License-Identifier: MIT
 * tls_ways.h: the ways in which the rows of tls_cases.h are tried. */
#ifndef TESTS_SUPPORT_TLS_WAYS_H
#define TESTS_SUPPORT_TLS_WAYS_H

#include "support/tls_cases.h"

enum { TLS_POOLS = 2, TLS_WAYS = 6 };

/* Two pools with two clients each, and two plain transfers. */
struct tls_ways {
  struct fetching t; /* its pool is the first, its client the first's */
  lariat_pool *pools[TLS_POOLS];
  lariat_client *clients[2 * TLS_POOLS];
  bool insecure;
  struct tls_way ways[TLS_WAYS];
};

void tls_ways_open(struct tls_ways *ways, bool insecure);
void tls_ways_close(struct tls_ways *ways);

#endif
