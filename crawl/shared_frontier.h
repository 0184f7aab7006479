/* SPDX-License-Identifier: MIT
 * shared_frontier.h: a worker's part of a crawl that many share, behind the
 * functions of frontier.h: the queues that it has leased are in memory, what it
 * finds and fetches waits there for the next commit, its files are on its disk,
 * and all else is in the database of shared_store.h.
 *
 * Everything here belongs on the thread of the crawl, and nothing waits for the
 * database but a coroutine of its own (shared_worker.c), which tells what has
 * changed by the calls below. */
#ifndef CRAWL_SHARED_FRONTIER_H
#define CRAWL_SHARED_FRONTIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/reactor.h>

#include "frontier.h"
#include "shared_store.h"

typedef struct lr_crawl_shared_frontier lr_crawl_shared_frontier;

/* The crawl, and the worker's part in it.  Everything is copied. */
typedef struct lr_crawl_sharing {
  const char *connection;
  const char *name;   /* NULL: "lariat" */
  const char *config; /* with which a new crawl begins; NULL: there is one */
  const char *kept;  /* the caller's own text, for the worker's directory; NULL:
                        what it has kept stays */
  uint64_t lease_ms; /* 0: a minute */
  uint64_t delay_ms; /* between two requests to a site */
  unsigned most_queues; /* that are leased at once */
} lr_crawl_sharing;

/* Opens the directory and the crawl, which takes one session with the database
 * on a thread of its own, and waits for it; the files are cut to what was
 * committed.  Statuses as lr_crawl_frontier_open and lr_crawl_shared_open. */
lariat_status lr_crawl_shared_frontier_open(
    const lr_crawl_frontier_options *options, const lr_crawl_sharing *sharing,
    lr_crawl_shared_frontier **out, lr_crawl_fault *fault);

/* Closes the files, and frees; what was not committed is lost, and fetched by
 * whoever leases it next.  Not while its coroutine runs. */
void lr_crawl_shared_frontier_close(lr_crawl_shared_frontier *frontier);

/* ---- The coroutine ---- */

/* The calls that a frontier makes, from its coroutine: what they do takes
 * little stack. */
typedef struct lr_crawl_shared_calls {
  /* There are URLs to take, or the crawl is over, or counts are new. */
  void (*on_change)(void *context);
  void (*on_order)(void *context, lr_crawl_shared_order order);
  /* URLs of a host that are handed out may be sent until then. */
  void (*on_renewed)(void *context, uint64_t host, const char *origin,
                     uint64_t not_after_ns);
  void (*on_fault)(void *context, const lr_crawl_fault *fault);
  void *context;
} lr_crawl_shared_calls;

/* Starts the coroutine on a reactor.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status
lr_crawl_shared_frontier_begin(lr_crawl_shared_frontier *frontier,
                               lariat_reactor *reactor,
                               const lr_crawl_shared_calls *calls);

/* Ends it: all is committed, and the leases are given back, unless the database
 * is away until they are over, or `at_once`; then `on_end` is called, within
 * the call where no coroutine runs.  A second call may say `at_once`; its
 * `on_end` is not looked at. */
void lr_crawl_shared_frontier_end(lr_crawl_shared_frontier *frontier,
                                  bool at_once, void (*on_end)(void *context),
                                  void *context);

/* Commits soon, where enough waits. */
void lr_crawl_shared_frontier_commit(lr_crawl_shared_frontier *frontier);

/* ---- What is known ---- */

/* Returns the sums of the whole crawl, as they were read last. */
const lr_crawl_shared_counts *
lr_crawl_shared_frontier_whole(const lr_crawl_shared_frontier *frontier);

/* Returns why the database cannot be used now, "": it can. */
const char *
lr_crawl_shared_frontier_trouble(const lr_crawl_shared_frontier *frontier);

/* Tells whether so much waits for the database that nothing more is handed
 * out, nor taken from the shards. */
bool lr_crawl_shared_frontier_is_full(const lr_crawl_shared_frontier *frontier);

/* ---- As in frontier.h ---- */

lr_crawl_hash_key
lr_crawl_shared_frontier_hash_key(const lr_crawl_shared_frontier *frontier);
const char *
lr_crawl_shared_frontier_config(const lr_crawl_shared_frontier *frontier);
lariat_status lr_crawl_shared_frontier_offer(lr_crawl_shared_frontier *frontier,
                                             const lr_crawl_found_url *url,
                                             bool *added);
bool lr_crawl_shared_frontier_has_seen(const lr_crawl_shared_frontier *frontier,
                                       uint64_t fingerprint);
size_t lr_crawl_shared_frontier_take(lr_crawl_shared_frontier *frontier,
                                     uint64_t host, size_t most,
                                     lr_crawl_queued_url *out);
lariat_status
lr_crawl_shared_frontier_give_back(lr_crawl_shared_frontier *frontier,
                                   uint64_t id);
void lr_crawl_shared_frontier_on_host(lr_crawl_shared_frontier *frontier,
                                      lr_crawl_host_callback *callback,
                                      void *context);
void lr_crawl_shared_frontier_tell_hosts(lr_crawl_shared_frontier *frontier);
int64_t lr_crawl_shared_frontier_wake(const lr_crawl_shared_frontier *frontier,
                                      int64_t now_s);
lariat_status
lr_crawl_shared_frontier_finish(lr_crawl_shared_frontier *frontier,
                                lr_crawl_outcome *outcome);
lariat_status
lr_crawl_shared_frontier_set_host(lr_crawl_shared_frontier *frontier,
                                  const lr_crawl_host_facts *facts);
bool lr_crawl_shared_frontier_host(const lr_crawl_shared_frontier *frontier,
                                   uint64_t host, lr_crawl_host_facts *out);
uint64_t
lr_crawl_shared_frontier_find_host(const lr_crawl_shared_frontier *frontier,
                                   const char *origin);
const char *
lr_crawl_shared_frontier_origin(const lr_crawl_shared_frontier *frontier,
                                uint64_t host);
uint64_t
lr_crawl_shared_frontier_host_count(const lr_crawl_shared_frontier *frontier);
uint64_t
lr_crawl_shared_frontier_host_queued(const lr_crawl_shared_frontier *frontier,
                                     uint64_t host);
bool lr_crawl_shared_frontier_has_uncommitted(
    const lr_crawl_shared_frontier *frontier);
size_t lr_crawl_shared_frontier_uncommitted_bytes(
    const lr_crawl_shared_frontier *frontier);
lr_crawl_frontier_counts
lr_crawl_shared_frontier_count(const lr_crawl_shared_frontier *frontier);
/* Reads a URL that is leased; others are not known here. */
lariat_status
lr_crawl_shared_frontier_read_url(const lr_crawl_shared_frontier *frontier,
                                  uint64_t id, lr_crawl_known_url *out);

/* Calls back for the outcomes that were looked up: lr_crawl_shared_known. */
void lr_crawl_shared_frontier_each_outcome(
    const lr_crawl_shared_frontier *frontier,
    lr_crawl_outcome_callback *callback, void *context);

/* Returns the site of an origin, by which it is leased: its registrable domain,
 * or its address.  Written as snprintf does. */
size_t lr_crawl_shared_site(const char *origin, char *out, size_t capacity);

#endif
