/* SPDX-License-Identifier: MIT
 * waiting.c: a request after the other, a moment apart. */
#include "load/waiting.h"

#include <stdio.h>
#include <string.h>

enum { PAUSE_MS = 100, TRY_MS = 2000 };

static void try_once(void *context);

static lariat_value tell_done(lariat_value result, void *context) {
  struct waiting *waiting = context;
  if (!waiting->stopped) waiting->done(waiting->context, waiting->answered);
  return lariat_value_drop(result);
}

/* Closes what was opened for it, so that the load begins without it, and tells
 * then. */
static void finish(struct waiting *waiting, bool answered) {
  waiting->answered = answered;
  lariat_client_close(waiting->client);
  waiting->client = NULL;
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_pool_close(waiting->pool, waiting->reactor, 0), tell_done,
      waiting));
}

/* Tries again in a moment, if there is time for it. */
static void go_on(struct waiting *waiting) {
  bool late = lariat_reactor_now_ns(waiting->reactor) >= waiting->end_ns;
  if (late || lariat_reactor_call_later(waiting->reactor, PAUSE_MS, try_once,
                                        waiting, NULL, NULL) != LARIAT_OK)
    finish(waiting, false);
}

static lariat_value take_outcome(lariat_value result, void *context) {
  struct waiting *waiting = context;
  bool answered = !lariat_is_failure(result);
  if (!answered)
    snprintf(waiting->failure, sizeof waiting->failure, "%s",
             lariat_failure_message(result));
  if (!waiting->stopped) {
    if (answered)
      finish(waiting, true);
    else
      go_on(waiting);
  }
  return lariat_value_drop(result);
}

static void try_once(void *context) {
  struct waiting *waiting = context;
  if (waiting->stopped) return;
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_request(waiting->client, waiting->method, waiting->url, NULL),
      take_outcome, waiting));
}

static lariat_status open_client(struct waiting *waiting,
                                 const lariat_pool_options *pool) {
  lariat_pool_options pool_options = *pool;
  lariat_client_options options = lariat_client_defaults();
  pool_options.reactors = 1;
  options.timeout_ms = TRY_MS;
  options.max_redirects = 0;
  options.http = LARIAT_HTTP_1_1;
  lariat_status status = lariat_pool_new(&pool_options, &waiting->pool);
  if (status != LARIAT_OK) return status;
  return lariat_client_new(waiting->pool, waiting->reactor, &options,
                           &waiting->client);
}

bool waiting_begin(struct waiting *waiting, lariat_reactor *reactor,
                   const lariat_pool_options *pool, const char *method,
                   const char *url, uint64_t ms,
                   void (*done)(void *context, bool answered), void *context) {
  bool get = !method || strcmp(method, "GET") == 0;
  *waiting =
      (struct waiting){.reactor = reactor,
                       .method = get ? "GET" : "HEAD",
                       .url = url,
                       .end_ns = lariat_reactor_now_ns(reactor) + ms * 1000000,
                       .done = done,
                       .context = context};
  return open_client(waiting, pool) == LARIAT_OK &&
         lariat_reactor_call_soon(reactor, try_once, waiting, NULL) ==
             LARIAT_OK;
}

void waiting_close(struct waiting *waiting) {
  waiting->stopped = true;
  lariat_client_close(waiting->client);
  waiting->client = NULL;
  if (waiting->pool) (void)lariat_pool_close_wait(waiting->pool, 0);
  lariat_pool_release(waiting->pool);
  waiting->pool = NULL;
}
