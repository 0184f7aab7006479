/* SPDX-License-Identifier: MIT
 * steady_load.h: a number of requests to each of some hosts of an origin that
 * is kept going: when one ends the next is sent.
 *
 *   static struct steady_load load;
 *   load = (struct steady_load){.hosts = 2, .each = 20, .paths = paths,
 *                               .left = 1000};
 *   steady_load_open(&load, &pool, LARIAT_PLACE_HOST);
 *   steady_load_run(&load, 60000);
 *   ... origin_counts(load.origin) ...
 *   steady_load_close(&load); */
#ifndef TESTS_SUPPORT_STEADY_LOAD_H
#define TESTS_SUPPORT_STEADY_LOAD_H

#include <stdint.h>

#include "support/fetching.h"
#include "support/origin.h"

enum { STEADY_LOAD_HOSTS_MAX = 16 };

struct steady_load;

/* The requests to one host. */
struct steady_stream {
  struct steady_load *load;
  unsigned host;
};

struct steady_load {
  struct fetching t;
  struct origin *origin;    /* on all of 127.0.0.0/8 */
  unsigned area;            /* the hosts are 127.0.area.1, 127.0.area.2, ... */
  unsigned hosts;           /* up to STEADY_LOAD_HOSTS_MAX */
  unsigned each;            /* requests at a time, to each host */
  const char *const *paths; /* in turn, ended by NULL */
  unsigned next_path;
  uint64_t left; /* requests to begin */
  uint64_t going;
  uint64_t failed;
  uint64_t stop_ms; /* fixture_real_ms when to stop; 0: by `left` alone */
  struct steady_stream streams[STEADY_LOAD_HOSTS_MAX];
};

/* Starts the origin, opens the pool, and a client without a deadline. */
void steady_load_open(struct steady_load *load, const lariat_pool_options *pool,
                      lariat_placement placement);

/* Runs until all requests have ended; fails the test if that is not within
 * `patience_ms`, or one of them has failed. */
void steady_load_run(struct steady_load *load, unsigned patience_ms);

void steady_load_close(struct steady_load *load);

#endif
