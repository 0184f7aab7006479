/* SPDX-License-Identifier: MIT
 * shared_frontier_private.h: what a shared frontier is made of, for its files:
 * shared_frontier.c, which is asked by the crawl, worker_leases.c, which has
 * what is leased, worker_commit.c and shared_worker.c, which ask the
 * database. */
#ifndef CRAWL_SHARED_FRONTIER_PRIVATE_H
#define CRAWL_SHARED_FRONTIER_PRIVATE_H

#include <lariat/coroutine.h>

#include "host_table.h"
#include "lease_table.h"
#include "leased_urls.h"
#include "pending.h"
#include "shared_files.h"
#include "shared_frontier.h"

enum {
  LR_CRAWL_MOST_SITE = 256,
  LR_CRAWL_SEEN_PLACES = 1 << 20, /* fingerprints: 8 MiB */
  LR_CRAWL_MOST_HELD = 32768,     /* URLs */
  LR_CRAWL_BATCH_OUTCOMES = 1000,
  LR_CRAWL_BATCH_BYTES = 16 * 1024 * 1024,
  LR_CRAWL_MOST_PENDING = 64 * 1024 * 1024
};

/* A host (an origin) of this worker, by its number. */
typedef struct lr_crawl_leased_host {
  uint32_t lease; /* place; 0: its site is not leased */
  uint32_t out;   /* URLs that are handed out */
  lr_crawl_fact_list facts;
} lr_crawl_leased_host;

/* The parts of a commit, for as long as it is tried. */
typedef struct lr_crawl_shared_commit_state {
  lr_crawl_pending pending;
  lr_crawl_shared_release *releases;
  size_t release_count, release_capacity;
  uint64_t number;
  bool tried; /* it is not known whether it was committed: it stays the same */
  bool last;  /* the WARC file is closed by it */
} lr_crawl_shared_commit_state;

/* Outcomes of a URL that was looked up. */
typedef struct lr_crawl_past_list {
  lr_crawl_past_outcome *outcomes; /* with their texts */
  size_t count, capacity;
} lr_crawl_past_list;

/* The coroutine, and what it is told. */
typedef struct lr_crawl_worker_run {
  lariat_reactor *reactor;
  lariat_deferred *running; /* NULL: it does not */
  lariat_deferred *wake;    /* while it pauses */
  lariat_timer timer;
  lr_crawl_shared_store *store; /* NULL: not connected */
  lr_crawl_shared_calls calls;
  void (*on_end)(void *context);
  void *end_context;
  uint64_t lease_at_ns, count_at_ns, balance_at_ns, sweep_at_ns,
      say_at_ns;           /* the next ones */
  uint64_t share_until_ns; /* no more is leased: others are to have it */
  uint64_t end_ns;   /* after which the end does not wait for the database */
  unsigned failures; /* in a row */
  lr_crawl_shared_order order;
  struct {
    bool closing, at_once;
    bool kicked; /* something is to be done before the pause */
    bool over;   /* nothing is queued anywhere */
  };
} lr_crawl_worker_run;

struct lr_crawl_shared_frontier {
  char *directory, *connection, *name, *config, *kept;
  int lock;
  uint32_t worker;
  uint64_t crawl_id, directory_id; /* as in the directory's file */
  char place[48];                  /* of the directory, on this machine */
  uint64_t lease_ms, delay_ms;
  unsigned most_queues;
  size_t most_urls; /* of a queue, at once */
  lr_crawl_hash_key key;

  lr_crawl_host_table hosts;
  lr_crawl_queue_memory queues;
  lr_crawl_leased_host *leased_hosts; /* [number - 1] */
  size_t leased_host_capacity;
  lr_crawl_leased_urls urls;
  lr_crawl_lease_table leases;
  uint64_t *seen; /* fingerprints that were offered, or leased, lately */
  uint64_t in_queues, out;
  bool refused; /* a take, for the time that is left, or for memory */
  lr_crawl_host_callback *on_host;
  void *host_context;

  lr_crawl_pending pending; /* for the next commit */
  lr_crawl_shared_commit_state commit;
  lr_crawl_shared_files files;
  uint64_t by_kind[LR_CRAWL_OUTCOME_KINDS];
  lr_crawl_shared_counts whole;
  bool failed; /* the files cannot be written, or memory is out */
  char trouble[512];
  lr_crawl_past_list past; /* of one that is only looked at */
  lr_crawl_worker_run run;
};

/* Returns the time on CLOCK_BOOTTIME, which goes on while the machine sleeps,
 * as the database's does. */
uint64_t lr_crawl_boot_ns(void);

/* Returns until when a lease's URLs may be sent. */
uint64_t lr_crawl_shared_not_after(const lr_crawl_shared_frontier *frontier,
                                   const lr_crawl_worker_lease *lease);

/* ---- shared_opening.c ---- */

/* Returns what the store is opened with; `host` is to live as long. */
lr_crawl_shared_options
lr_crawl_shared_store_options(const lr_crawl_shared_frontier *frontier,
                              lariat_reactor *reactor, char host[256]);

/* ---- shared_known.c ---- */

void lr_crawl_past_list_clear(lr_crawl_past_list *list);

/* ---- worker_leases.c ---- */

/* Takes leases in; what they point to is the list's still, but for the texts of
 * the URLs.  False: out of memory. */
bool lr_crawl_shared_take_leases(lr_crawl_shared_frontier *frontier,
                                 lr_crawl_lease_list *list);

/* Notes that a lease was lost, or ends one: its URLs are forgotten. */
void lr_crawl_shared_drop_lease(lr_crawl_shared_frontier *frontier,
                                uint32_t place);

/* Returns the number of an origin, which is made; 0: out of memory. */
uint32_t lr_crawl_shared_add_host(lr_crawl_shared_frontier *frontier,
                                  const char *origin);

/* Puts a URL that is held into its host's queue; false: out of memory. */
bool lr_crawl_shared_queue_url(lr_crawl_shared_frontier *frontier,
                               uint32_t number, bool first);

lr_crawl_leased_host *
lr_crawl_shared_host_at(const lr_crawl_shared_frontier *frontier,
                        uint64_t host);

/* ---- worker_commit.c ---- */

/* Commits all that waits, and the releases; with `last` the WARC file is closed
 * by it.  Waits.  Statuses as lr_crawl_shared_commit; what could not be
 * committed is tried again by the next call. */
lariat_status lr_crawl_shared_commit_all(lr_crawl_shared_frontier *frontier,
                                         bool last, lr_crawl_fault *fault);

/* Has the next commit give a lease back. */
bool lr_crawl_shared_release_lease(lr_crawl_shared_frontier *frontier,
                                   uint32_t place);

/* ---- shared_worker.c ---- */

/* Ends the coroutine's pause, `in_ms` from now at the latest. */
void lr_crawl_shared_kick(lr_crawl_shared_frontier *frontier, uint64_t in_ms);

#endif
