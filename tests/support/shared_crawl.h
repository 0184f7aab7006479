/* SPDX-License-Identifier: MIT
 * shared_crawl.h: stores of a shared crawl in one process, each another worker,
 * on a server of the test's own (postgres.h); batches in one line. */
#ifndef TESTS_SUPPORT_SHARED_CRAWL_H
#define TESTS_SUPPORT_SHARED_CRAWL_H

#include <stdio.h>
#include <string.h>

#include "crawl/shared_store.h"
#include "support/fixture.h"
#include "support/postgres.h"
#include <lariat/allocator.h>
#include <lariat/coroutine.h>

enum { SHARED_STORES = 3, SHARED_MOST = 64 };

/* A test: its server, its crawl, its workers. */
struct shared_crawl {
  struct fixture f;
  struct postgres *server;
  const char *name;
  lr_crawl_shared_store *stores[SHARED_STORES];
  lr_crawl_fault fault;
  uint64_t delay_ms;
};

/* A coroutine of a test. */
typedef void shared_body(struct shared_crawl *crawl);

struct shared_run {
  struct shared_crawl *crawl;
  shared_body *body;
  bool ended;
};

static inline lariat_value shared_run_body(void *argument) {
  struct shared_run *run = argument;
  run->body(run->crawl);
  run->ended = true;
  return lariat_none();
}

static inline bool shared_has_ended(void *context) {
  return ((struct shared_run *)context)->ended;
}

/* Starts a body; shared_finish runs turns until it has ended. */
static inline void shared_begin(struct shared_crawl *crawl,
                                struct shared_run *run, shared_body *body) {
  const lariat_coroutine_options options = {
      .size = sizeof options, .stack_bytes = LR_CRAWL_SHARED_STACK_BYTES};
  *run = (struct shared_run){.crawl = crawl, .body = body};
  lariat_deferred *deferred = lariat_coroutine_start_with(
      crawl->f.reactor, shared_run_body, run, &options);
  /* Without memory there is none. */
  if (lariat_is_failure(lariat_deferred_peek(deferred))) run->ended = true;
  lariat_deferred_forget(deferred);
}

static inline void shared_finish(struct shared_run *run) {
  CU_ASSERT_TRUE(
      fixture_run_until(&run->crawl->f, shared_has_ended, run, 6000));
}

static inline lr_crawl_shared_options
shared_options(const struct shared_crawl *crawl) {
  return (lr_crawl_shared_options){.reactor = crawl->f.reactor,
                                   .connection = crawl->server->connection,
                                   .name = crawl->name,
                                   .host = "here",
                                   .config = "{}",
                                   .delay_ms = crawl->delay_ms};
}

/* Opens a store as another worker; in a coroutine, as all that follows. */
static inline lr_crawl_shared_store *shared_open(struct shared_crawl *crawl,
                                                 int which) {
  lr_crawl_shared_options options = shared_options(crawl);
  lariat_status status =
      lr_crawl_shared_open(&options, &crawl->stores[which], &crawl->fault);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  if (status) fixture_fail("open: %s", crawl->fault.message);
  return crawl->stores[which];
}

static inline void shared_close_all(struct shared_crawl *crawl) {
  for (int i = 0; i < SHARED_STORES; i++) {
    lr_crawl_shared_close(crawl->stores[i]);
    crawl->stores[i] = NULL;
  }
}

/* Runs a test's body with a fixture around it, and closes what it has opened.
 */
static inline void shared_test(struct postgres *server, const char *name,
                               shared_body *body) {
  struct shared_crawl crawl = {.server = server, .name = name};
  struct shared_run run;
  fixture_open(&crawl.f, FIXTURE_PLAIN);
  shared_begin(&crawl, &run, body);
  shared_finish(&run);
  shared_begin(&crawl, &run, shared_close_all);
  shared_finish(&run);
  fixture_close(&crawl.f);
}

static inline int64_t shared_ask(const struct shared_crawl *crawl,
                                 const char *sql) {
  return postgres_ask(crawl->server, crawl->name, sql);
}

/* ---- Batches ---- */

/* A batch and what it points to. */
struct shared_batch {
  lr_crawl_shared_batch batch;
  uint64_t queues[SHARED_MOST];
  int64_t epochs[SHARED_MOST];
  lr_crawl_outcome outcomes[SHARED_MOST];
  lr_crawl_shared_outcome places[SHARED_MOST];
  lr_crawl_shared_found found[SHARED_MOST];
  char urls[SHARED_MOST][64], sites[SHARED_MOST][32];
  lr_crawl_shared_release releases[SHARED_MOST];
};

static inline void shared_batch_begin(struct shared_batch *b,
                                      const lr_crawl_shared_store *store) {
  memset(b, 0, sizeof *b);
  b->batch =
      (lr_crawl_shared_batch){.number = lr_crawl_shared_last_batch(store) + 1,
                              .queues = b->queues,
                              .epochs = b->epochs,
                              .outcomes = b->places,
                              .found = b->found,
                              .releases = b->releases};
}

/* Adds a URL "http://Q.test/ID" of queue Q, the site "Q.test". */
static inline lr_crawl_shared_found *
shared_add_found(struct shared_batch *b, uint64_t queue, uint64_t id) {
  size_t at = b->batch.found_count++;
  snprintf(b->sites[at], sizeof b->sites[at], "%llu.test",
           (unsigned long long)queue);
  snprintf(b->urls[at], sizeof b->urls[at], "http://%llu.test/%llu",
           (unsigned long long)queue, (unsigned long long)id);
  b->found[at] = (lr_crawl_shared_found){.id = id,
                                         .queue = queue,
                                         .site = b->sites[at],
                                         .url = b->urls[at],
                                         .hop = 'L'};
  return &b->found[at];
}

static inline void shared_add_queue(struct shared_batch *b, uint64_t queue,
                                    int64_t epoch) {
  b->queues[b->batch.queue_count] = queue;
  b->epochs[b->batch.queue_count++] = epoch;
}

static inline lr_crawl_outcome *shared_add_outcome(struct shared_batch *b,
                                                   uint64_t queue, uint64_t id,
                                                   lr_crawl_outcome_kind kind) {
  size_t at = b->batch.outcome_count++;
  b->outcomes[at] =
      (lr_crawl_outcome){.url = id, .kind = kind, .status = 200, .bytes = 10};
  b->places[at] =
      (lr_crawl_shared_outcome){.queue = queue, .outcome = &b->outcomes[at]};
  return &b->outcomes[at];
}

static inline void shared_add_release(struct shared_batch *b, uint64_t queue,
                                      uint64_t due_ms) {
  b->releases[b->batch.release_count++] =
      (lr_crawl_shared_release){.queue = queue, .due_ms = due_ms};
}

/* Commits, and wants that to be so; returns how many URLs were new. */
static inline uint64_t shared_commit(struct shared_crawl *crawl, int which,
                                     const struct shared_batch *b) {
  lr_crawl_shared_result result;
  lariat_status status = lr_crawl_shared_commit(crawl->stores[which], &b->batch,
                                                &result, &crawl->fault);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  if (status) fixture_fail("commit: %s", crawl->fault.message);
  CU_ASSERT_TRUE(result.committed);
  CU_ASSERT_EQUAL(result.lost_count, 0);
  lariat_memory_release(result.lost);
  return result.added;
}

/* Commits `count` URLs of a queue, with ids from `first` on. */
static inline void shared_seed(struct shared_crawl *crawl, int which,
                               uint64_t queue, uint64_t first, size_t count) {
  struct shared_batch b;
  shared_batch_begin(&b, crawl->stores[which]);
  for (size_t i = 0; i < count; i++) shared_add_found(&b, queue, first + i);
  (void)shared_commit(crawl, which, &b);
}

/* Leases, and wants it to work; the list is the caller's. */
static inline lr_crawl_lease_list shared_lease(struct shared_crawl *crawl,
                                               int which, size_t most_queues,
                                               size_t most_urls) {
  uint64_t next_ms;
  lr_crawl_lease_list list;
  lariat_status status =
      lr_crawl_shared_lease(crawl->stores[which], most_queues, most_urls, &list,
                            &next_ms, &crawl->fault);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  if (status) fixture_fail("lease: %s", crawl->fault.message);
  return list;
}

/* Makes it so that all leases are over. */
static inline void shared_expire(const struct shared_crawl *crawl) {
  (void)shared_ask(crawl, "update queue set due = now() - interval '1 ms'"
                          " where owner is not null");
}

#endif
