/* SPDX-License-Identifier: MIT
 * fetching.h: what the tests of whole fetches share: a pool and a client in
 * the clean fixture, and outcomes that are counted and kept.
 *
 *   struct fetching t;
 *   struct outcome o;
 *   fetching_open(&t, NULL, NULL);
 *   outcome_watch(&o, lariat_get(t.client, url));
 *   fetching_wait(&t, &o, 1, 5000);
 *   outcome_expect_status(&o, 200);
 *   outcome_clear(&o, 1);
 *   fetching_close(&t);
 *
 * Everything here is for the test's main thread. */
#ifndef TESTS_SUPPORT_FETCHING_H
#define TESTS_SUPPORT_FETCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/fixture.h"
#include <lariat/client.h>
#include <lariat/deferred.h>
#include <lariat/pool.h>
#include <lariat/response.h>

struct origin;

struct fetching {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *client;
};

/* The outcome of one deferred: how often it fired, and with what. */
struct outcome {
  unsigned fires;
  bool kept;            /* `value` is to be dropped */
  lariat_value value;   /* the result: a response, say, or the failure */
  lariat_status status; /* LARIAT_OK: no failure */
  lariat_phase phase;   /* of a failure */
  int http_status;      /* of either */
  uint64_t began_ms;
  uint64_t ended_ms;
  void (*then)(struct outcome *outcome, void *context); /* NULL: nothing */
  void *context;
};

/* Opens a fixture, a pool and a client; the options may be NULL: the defaults
 * then, but for time-outs, which are longer than any machine is busy. */
void fetching_open(struct fetching *t, const lariat_pool_options *pool,
                   const lariat_client_options *client);

/* Opens the fixture and a pool only. */
void fetching_open_pool(struct fetching *t, const lariat_pool_options *pool);

/* Makes a client on the fixture's reactor; fails the test when it cannot. */
lariat_client *fetching_client(struct fetching *t,
                               const lariat_client_options *options);

/* Checks the ledger, closes what is open of the three, and the fixture. */
void fetching_close(struct fetching *t);

/* Fails the test if the client's ledger does not balance, or is not what is
 * told; `pending` jobs have not fired. */
void fetching_expect_ledger(const lariat_client *client, uint64_t submitted,
                            uint64_t succeeded, uint64_t failed,
                            uint64_t cancelled);

/* Starts over, and takes the reference to `deferred`: keeps its result. */
void outcome_watch(struct outcome *outcome, lariat_deferred *deferred);

/* Does the same, with something to do when it fires. */
void outcome_watch_then(struct outcome *outcome, lariat_deferred *deferred,
                        void (*then)(struct outcome *outcome, void *context),
                        void *context);

/* Drops what was kept. */
void outcome_clear(struct outcome *outcomes, size_t count);

/* Runs turns until all have fired; false (and a failed test) when some have
 * not after `ms`. */
bool fetching_wait(struct fetching *t, struct outcome *outcomes, size_t count,
                   unsigned ms);

/* Watches, waits (10 s at the most). */
void fetching_do(struct fetching *t, struct outcome *outcome,
                 lariat_deferred *deferred);

/* Runs turns until the pool has no job, neither waiting nor running. */
bool fetching_wait_idle(struct fetching *t, unsigned ms);

/* Runs turns until every job of the client has fired. */
bool fetching_wait_settled(struct fetching *t, unsigned ms);

/* Runs turns until `origin` has that many requests at least whose answers are
 * not at their end. */
void fetching_wait_in_flight(struct fetching *t, struct origin *origin,
                             unsigned long count);

/* Runs turns until `done` says true of the pool's statistics. */
void fetching_wait_stats(struct fetching *t,
                         bool (*done)(const lariat_pool_stats *stats));

/* Runs turns for `ms`. */
void fetching_run(struct fetching *t, unsigned ms);

/* Reads the pool's statistics. */
lariat_pool_stats fetching_stats(const struct fetching *t);

/* Returns the response; NULL (and a failed test) when it is a failure. */
const lariat_response *outcome_response(const struct outcome *outcome);

/* Expects that it fired once, with a response with this HTTP status. */
void outcome_expect_http(const struct outcome *outcome, int http_status);

/* Expects that it fired once, with a response with this body. */
void outcome_expect_body(const struct outcome *outcome, const char *body);

/* Expects that it fired once, with this failure, in this phase. */
void outcome_expect_failure(const struct outcome *outcome, lariat_status status,
                            lariat_phase phase);

/* Expects that it fired once, with this failure. */
void outcome_expect_status(const struct outcome *outcome, lariat_status status);

/* Counts the descriptors that this process has open. */
unsigned fetching_open_fds(void);

#endif
