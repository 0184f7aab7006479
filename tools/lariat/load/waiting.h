/* SPDX-License-Identifier: MIT
 * waiting.h: waits for a server that is being started. */
#ifndef TOOLS_LARIAT_LOAD_WAITING_H
#define TOOLS_LARIAT_LOAD_WAITING_H

#include <lariat/client.h>
#include <lariat/pool.h>
#include <lariat/reactor.h>
#include <stdbool.h>

struct waiting {
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *client;
  const char *method;
  const char *url;
  uint64_t end_ns;
  bool answered;
  bool stopped;
  char failure[160]; /* of the last try */
  void (*done)(void *context, bool answered);
  void *context;
};

/* Asks `url` again and again until there is any answer, or `ms` are over, and
 * calls `done` then: once, and not inside this call.  `method` is sent if it is
 * GET or NULL, else HEAD.  False: out of memory or descriptors. */
bool waiting_begin(struct waiting *waiting, lariat_reactor *reactor,
                   const lariat_pool_options *pool, const char *method,
                   const char *url, uint64_t ms,
                   void (*done)(void *context, bool answered), void *context);

/* Ends it, at any time after waiting_begin. */
void waiting_close(struct waiting *waiting);

#endif
