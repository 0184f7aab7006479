/* SPDX-License-Identifier: MIT
 * shared_store.h: a crawl that many workers share, in PostgreSQL: its queues,
 * which are leased, what was seen, what came of it, and how long the workers'
 * files are.  What a worker has in memory is shared_frontier.h's.
 *
 * Everything here belongs on the thread of the reactor that it was opened with,
 * and, where it says "waits", in a coroutine of it: it awaits the database there,
 * and the reactor goes on meanwhile.  One wait at a time. */
#ifndef CRAWL_SHARED_STORE_H
#define CRAWL_SHARED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/reactor.h>
#include <lariat/status.h>

#include "fault.h"
#include "fingerprint.h"
#include "outcome.h"

typedef struct lr_crawl_shared_store lr_crawl_shared_store;

typedef struct lr_crawl_shared_options {
  lariat_reactor *reactor;
  const char *connection; /* "postgres://..." or libpq's "key=value ..." */
  const char *name;       /* of the crawl: the schema that has its tables */
  uint32_t worker;        /* that this directory has been before; 0: a new one */
  const char *host;       /* the machine's name, for `status` */
  const char *config;     /* of a crawl that is not there yet; NULL: it must be */
  uint64_t lease_ms;      /* 60,000 */
  bool read_only;         /* to look things up: no worker, no lease */
} lr_crawl_shared_options;

/* Connects, makes the schema or brings it up to date, and enters the worker.
 * Waits.
 *
 * LARIAT_OK
 * LARIAT_EFORMAT    another program's tables, or those of a newer version
 * LARIAT_ENOTFOUND  no crawl has this name, and there is no `config`
 * LARIAT_EBUSY      that worker runs elsewhere: it was seen a moment ago
 * LARIAT_ECONNECT   no database; `fault->message` is libpq's, without secrets
 * LARIAT_ENOMEM */
lariat_status lr_crawl_shared_open(const lr_crawl_shared_options *options,
                                   lr_crawl_shared_store **out,
                                   lr_crawl_fault *fault);

/* Gives the leases back that are left, and says that the worker has gone, where
 * the database answers at once; frees.  Waits.  NULL is allowed. */
void lr_crawl_shared_close(lr_crawl_shared_store *store);

uint32_t lr_crawl_shared_worker(const lr_crawl_shared_store *store);
lr_crawl_hash_key lr_crawl_shared_hash_key(const lr_crawl_shared_store *store);
const char *lr_crawl_shared_config(const lr_crawl_shared_store *store);

/* ---- Leases ---- */

/* A URL in a queue.  Its id is the fingerprint of its key. */
typedef struct lr_crawl_shared_url {
  uint64_t id, via;
  char *url;
  uint32_t depth, tries;
  uint8_t priority, hops_off_site, redirects; /* in a row, that led to it */
  char hop;
  char *etag, *last_modified; /* of an earlier outcome; NULL */
  uint8_t old_digest[20];
  int64_t old_at_ns; /* 0: none */
} lr_crawl_shared_url;

/* Facts of a host (an origin) in a queue: what a worker learnt of it. */
typedef struct lr_crawl_shared_host {
  char *origin, *ip, *robots, *note;
  size_t robots_length;
  int64_t robots_at_s, robots_expires_s;
  int robots_status;
  uint32_t delay_ms;
} lr_crawl_shared_host;

/* A queue that is this worker's for a while: the URLs of a site (a registrable
 * domain, or an address), which one worker at a time asks. */
typedef struct lr_crawl_lease {
  uint64_t queue; /* hash of the site's name */
  char *site;
  int64_t epoch;     /* fencing: raised with each lease */
  uint64_t until_ns; /* on CLOCK_BOOTTIME, measured from before it was asked for
                        : nothing may be sent later than that less a margin */
  uint64_t wait_ms;  /* before its first request: what is left of the delay
                        after the last one's */
  lr_crawl_shared_url *urls; /* by priority and age */
  size_t url_count;
  lr_crawl_shared_host *hosts;
  size_t host_count;
  bool has_more; /* URLs in the queue, that are due */
} lr_crawl_lease;

typedef struct lr_crawl_lease_list {
  lr_crawl_lease *leases;
  size_t count;
} lr_crawl_lease_list;

void lr_crawl_lease_list_clear(lr_crawl_lease_list *list);

/* Leases up to `most_queues` queues that are due, with up to `most_urls` of each.
 * Waits.  `*next_ms`: with none, when the next may be due.
 * LARIAT_OK, LARIAT_ECONNECT, LARIAT_ENOMEM */
lariat_status lr_crawl_shared_lease(lr_crawl_shared_store *store,
                                    size_t most_queues, size_t most_urls,
                                    lr_crawl_lease_list *out, uint64_t *next_ms,
                                    lr_crawl_fault *fault);

/* Takes more URLs of queues that are this worker's, and renews their leases.  A
 * queue that is in `queues` and not in `*out` has been lost.  Waits. */
lariat_status lr_crawl_shared_renew(lr_crawl_shared_store *store,
                                    const uint64_t *queues,
                                    const int64_t *epochs, size_t count,
                                    size_t most_urls, lr_crawl_lease_list *out,
                                    lr_crawl_fault *fault);

/* ---- Commits ---- */

/* A URL that was found. */
typedef struct lr_crawl_shared_found {
  uint64_t id, via, queue;
  const char *site, *url;
  uint32_t depth;
  uint8_t priority, hops_off_site, redirects;
  char hop;
} lr_crawl_shared_found;

/* An outcome, with where its records are. */
typedef struct lr_crawl_shared_outcome {
  uint64_t queue;
  const lr_crawl_outcome *outcome; /* `outcome->url` is the URL's id */
  uint32_t warc;                   /* number of the worker's file; 0: none */
  uint64_t offset, length;         /* of all its records */
} lr_crawl_shared_outcome;

/* How long one of the worker's files is. */
typedef struct lr_crawl_shared_file {
  uint32_t id; /* 0: not a WARC file: known by its name */
  const char *name;
  uint64_t length;
  bool closed;
} lr_crawl_shared_file;

typedef struct lr_crawl_shared_release {
  uint64_t queue;
  uint64_t due_ms; /* from now: when the queue may be asked again */
} lr_crawl_shared_release;

typedef struct lr_crawl_shared_batch {
  uint64_t number; /* of this worker, one more than the last: a commit whose
                      answer was lost is known by it */
  const uint64_t *queues; /* whose leases have to be this worker's still */
  const int64_t *epochs;
  size_t queue_count;
  const lr_crawl_shared_outcome *outcomes;
  size_t outcome_count;
  const lr_crawl_shared_found *found;
  size_t found_count;
  const lr_crawl_shared_host *hosts; /* facts that are new */
  const uint64_t *host_queues;
  size_t host_count;
  const lr_crawl_shared_file *files;
  size_t file_count;
  const lr_crawl_shared_release *releases;
  size_t release_count;
} lr_crawl_shared_batch;

/* What came of a commit. */
typedef struct lr_crawl_shared_result {
  bool committed;  /* false: at least one queue was lost, and nothing is in the
                      database: make the batch anew without it */
  uint64_t *lost;  /* queues; the caller's */
  size_t lost_count;
  uint64_t added; /* URLs that were new */
} lr_crawl_shared_result;

/* Commits a batch, once: after a lost connection the same batch may be given
 * again, and is written if it was not.  Looks for sleeping queues afterwards.
 * Waits.  LARIAT_OK, LARIAT_ECONNECT, LARIAT_ENOMEM, LARIAT_ESYSTEM (the
 * database refuses: its disk is full, say) */
lariat_status lr_crawl_shared_commit(lr_crawl_shared_store *store,
                                     const lr_crawl_shared_batch *batch,
                                     lr_crawl_shared_result *result,
                                     lr_crawl_fault *fault);

/* Wakes queues that sleep though they have URLs; asked once a minute. Waits. */
lariat_status lr_crawl_shared_sweep(lr_crawl_shared_store *store,
                                    lr_crawl_fault *fault);

/* ---- The whole crawl ---- */

typedef struct lr_crawl_shared_counts {
  uint64_t known, queued, leased, workers;
  uint64_t by_kind[16]; /* outcomes, by lr_crawl_outcome_kind */
  uint64_t queues, queues_due, bytes;
  bool paused, stopped;
  bool is_over; /* nothing is queued, and nothing leased */
} lr_crawl_shared_counts;

lariat_status lr_crawl_shared_count(lr_crawl_shared_store *store,
                                    lr_crawl_shared_counts *out,
                                    lr_crawl_fault *fault);

typedef enum lr_crawl_shared_order {
  LR_CRAWL_SHARED_GO = 0,
  LR_CRAWL_SHARED_PAUSE = 1,
  LR_CRAWL_SHARED_STOP = 2
} lr_crawl_shared_order;

/* Asks all workers to pause, go on or stop; they see it with their next lease,
 * renewal or commit, as lr_crawl_shared_ordered tells.  Waits. */
lariat_status lr_crawl_shared_set_order(lr_crawl_shared_store *store,
                                        lr_crawl_shared_order order,
                                        lr_crawl_fault *fault);
lr_crawl_shared_order
lr_crawl_shared_ordered(const lr_crawl_shared_store *store);

/* The files of this worker, or of another, as they were committed, for cutting
 * them back.  Waits. */
typedef void lr_crawl_shared_file_callback(void *context,
                                           const lr_crawl_shared_file *file);
lariat_status
lr_crawl_shared_each_file(lr_crawl_shared_store *store, uint32_t worker,
                          lr_crawl_shared_file_callback *callback,
                          void *context, lr_crawl_fault *fault);

#endif
