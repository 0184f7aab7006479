/* SPDX-License-Identifier: MIT
 * shared_store.h: a crawl that many workers share, in PostgreSQL: its queues,
 * which are leased, what was seen, what came of it, and how long the workers'
 * files are.  What a worker has in memory is shared_frontier.h's.
 *
 * Everything here belongs on the thread of the reactor that it was opened with,
 * and, where it says "waits", in a coroutine of it: it awaits the database
 * there, and the reactor goes on meanwhile.  One wait at a time: a second one
 * meanwhile is LARIAT_EBUSY.  Such a coroutine needs
 * LR_CRAWL_SHARED_STACK_BYTES of stack: libpq and TLS run on it.
 *
 * What waits returns besides its own:
 *   LARIAT_ECONNECT    the database is away, does not answer in time, or is a
 *                      read-only one now; the next call connects anew
 *   LARIAT_EBUSY       the worker's number is another process' now
 *   LARIAT_EFORMAT     the tables are those of another version now
 *   LARIAT_ESYSTEM     the database refuses: its disk is full (`fault->error`
 *                      is ENOSPC then), a right is missing, ...
 *   LARIAT_ECANCELLED, LARIAT_ECLOSED   the coroutine was, or its reactor;
 *                      what was asked for may have been done
 *   LARIAT_ENOMEM
 * and in each case but LARIAT_OK nothing is changed, unless the connection was
 * lost while the answer was on its way. */
#ifndef CRAWL_SHARED_STORE_H
#define CRAWL_SHARED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/reactor.h>
#include <lariat/status.h>

#include "fault.h"
#include "fingerprint.h"
#include "frontier.h"
#include "outcome.h"

typedef struct lr_crawl_shared_store lr_crawl_shared_store;

enum { LR_CRAWL_SHARED_STACK_BYTES = 512 * 1024 };

typedef struct lr_crawl_shared_options {
  lariat_reactor *reactor;
  const char *connection; /* "postgres://..." or libpq's "key=value ..." */
  const char *name;       /* of the crawl: the schema that has its tables; up to
                             63 bytes, any; NULL: "lariat" */
  uint32_t worker;   /* that this directory has been before; 0: a new one */
  uint64_t crawl_id; /* lr_crawl_hash_key_id of the crawl that it was in; 0: it
                        is not looked at */
  uint64_t directory_id; /* the directory's own, at random */
  const char *place;  /* of the directory's lock, on the machine: whoever holds
                         the lock there is the worker, even if another process
                         was seen a moment ago; NULL: "" */
  const char *host;   /* the machine's name */
  const char *config; /* of a crawl that is not there yet; NULL: it must be */
  uint64_t lease_ms;  /* 0: 60,000 */
  uint64_t delay_ms;  /* between requests of a queue, where its hosts ask for
                         less: a queue whose worker is gone has to wait so
                         long after the end of that one's lease */
  bool read_only;     /* to look things up, and to give orders: no worker, no
                         lease; nothing is made or brought up to date */
} lr_crawl_shared_options;

/* Connects, makes the schema or brings it up to date, and enters the worker:
 * the leases that it had are ended, and their queues due once their delay is
 * over. All options are copied.  Waits.
 *
 * LARIAT_OK
 * LARIAT_EFORMAT    another program's tables, or those of a newer version; or
 *                   the database's encoding is not UTF-8; or the directory was
 *                   in another crawl of this name, or the worker is another
 *                   directory's, or not there: nothing has been changed
 * LARIAT_ENOTFOUND  no crawl has this name, and there is no `config`, or the
 *                   directory has been a worker's of one before
 * LARIAT_EBUSY      that worker runs on another machine, or in a directory that
 *                   this one is a copy of: it was seen there less than a lease
 *                   ago.  In one place the lock of the directory is what keeps
 *                   two apart
 * LARIAT_ECONNECT   no database; `fault->message` is libpq's, without secrets
 * LARIAT_EINVAL     `connection` cannot be read, or the name is too long
 * LARIAT_ENOMEM */
lariat_status lr_crawl_shared_open(const lr_crawl_shared_options *options,
                                   lr_crawl_shared_store **out,
                                   lr_crawl_fault *fault);

/* Gives the leases back that are left, and says that the worker has gone, where
 * there is a connection; frees.  Waits; outside of a coroutine it does not, and
 * the leases run out.  NULL is allowed. */
void lr_crawl_shared_close(lr_crawl_shared_store *store);

uint32_t lr_crawl_shared_worker(const lr_crawl_shared_store *store);

/* Returns the number of the worker's last batch that was committed, 0: none, as
 * the opening or a later commit has told: the next one is to be one more. */
uint64_t lr_crawl_shared_last_batch(const lr_crawl_shared_store *store);

/* Return the secret that ids are made with, and the configuration of the crawl,
 * as whoever made it gave it. */
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

/* Leases up to `most_queues` queues that are due, with up to `most_urls` of
 * each. One without URLs is possible (its URLs are due later, all of them): it
 * is to be released.  Waits.  `*next_ms`: with none, when the next may be due,
 * as far as can be said now; UINT64_MAX: none will be by itself.  LARIAT_OK:
 * and with an empty list nothing is due. */
lariat_status lr_crawl_shared_lease(lr_crawl_shared_store *store,
                                    size_t most_queues, size_t most_urls,
                                    lr_crawl_lease_list *out, uint64_t *next_ms,
                                    lr_crawl_fault *fault);

/* Renews the leases of queues that are this worker's, and takes more URLs of
 * them: of the first `most_urls` of each, by priority and age, those that are
 * not with this worker already.  (With it are those that were handed out and
 * have no committed outcome.)  0: none, the leases are renewed.  Facts of hosts
 * are not told again.  A queue that is in `queues` and not in `*out` has been
 * lost.  A lease that ran out and that no other worker has had since is
 * renewed, too. Waits.  LARIAT_OK */
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

/* The end of a commit. */
typedef struct lr_crawl_shared_result {
  bool committed; /* false: at least one queue was lost, and nothing is in the
                     database: make the batch anew without it */
  uint64_t *lost; /* queues; the caller's */
  size_t lost_count;
  uint64_t added; /* URLs that were new */
} lr_crawl_shared_result;

/* Commits a batch, once: after a lost connection the same batch may be given
 * again, and is written if it was not.  Looks for sleeping queues afterwards.
 * Waits.
 *
 * A lease is this worker's until another one has leased the queue, though its
 * time may be over: what was fetched within it is good.  Outcomes with a `url`
 * of 0 are no URL's: no row.  LATER: the URL is due again at `next_s`.  Texts
 * that are not UTF-8 are mended; validators that are not are left out.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  an outcome or release of a queue that is not among `queues`,
 * or an outcome of a URL that is not with this worker; a number that does not
 * follow the last one's; a facts' queue that is not among `queues` */
lariat_status lr_crawl_shared_commit(lr_crawl_shared_store *store,
                                     const lr_crawl_shared_batch *batch,
                                     lr_crawl_shared_result *result,
                                     lr_crawl_fault *fault);

/* Wakes queues that sleep though they have URLs: those whose worker ended
 * between its commit and its look.  To be asked once a minute by each worker;
 * one of them does it.  Waits. */
lariat_status lr_crawl_shared_sweep(lr_crawl_shared_store *store,
                                    lr_crawl_fault *fault);

/* ---- The whole crawl ---- */

typedef struct lr_crawl_shared_counts {
  uint64_t known;       /* URLs */
  uint64_t queued;      /* of those, without a last outcome */
  uint64_t workers;     /* that were seen less than two leases ago */
  uint64_t by_kind[16]; /* outcomes, by lr_crawl_outcome_kind */
  uint64_t queues, queues_due, leased; /* queues */
  uint64_t bytes;                      /* of bodies */
  bool paused, stopped;
  bool is_over; /* nothing is queued */
} lr_crawl_shared_counts;

/* Counts.  Waits.  Cheap as to URLs and outcomes (the workers' sums); queues
 * are counted one by one where `whole` says so, else they are 0. */
lariat_status lr_crawl_shared_count(lr_crawl_shared_store *store, bool whole,
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
/* Returns the order as it was last seen. */
lr_crawl_shared_order
lr_crawl_shared_ordered(const lr_crawl_shared_store *store);

/* One of the workers, for `status`. */
typedef struct lr_crawl_shared_member {
  uint32_t id;
  const char *host;
  uint64_t batch, pages; /* fetched, revisits and redirects */
  uint64_t seen_ms;      /* ago */
  uint64_t queues;       /* that are leased to it */
  bool has_left;
} lr_crawl_shared_member;

/* Calls back for each worker, in the order of their numbers.  Waits. */
typedef void
lr_crawl_shared_member_callback(void *context,
                                const lr_crawl_shared_member *member);
lariat_status
lr_crawl_shared_each_worker(lr_crawl_shared_store *store,
                            lr_crawl_shared_member_callback *callback,
                            void *context, lr_crawl_fault *fault);

/* Calls back for the files of this worker, or of another, as they were
 * committed, for cutting them back.  Waits. */
typedef void lr_crawl_shared_file_callback(void *context,
                                           const lr_crawl_shared_file *file);
lariat_status lr_crawl_shared_each_file(lr_crawl_shared_store *store,
                                        uint32_t worker,
                                        lr_crawl_shared_file_callback *callback,
                                        void *context, lr_crawl_fault *fault);

/* ---- One URL ---- */

/* Where a URL's queue stands. */
typedef struct lr_crawl_shared_place {
  bool queued;      /* the URL is: no last outcome */
  uint32_t tries;   /* LATER outcomes */
  int64_t due_ms;   /* of the URL, from now; 0: at once */
  uint64_t before;  /* URLs of the queue that come first */
  uint32_t owner;   /* worker that has the lease; 0: none */
  int64_t queue_ms; /* until the queue is due, or its lease ends; INT64_MAX: it
                       sleeps */
  char *site;       /* the reader releases it: lariat_memory_release */
} lr_crawl_shared_place;

/* Finds a URL by its id: at once where `queue` is its queue; where it is 0 or
 * another, all of the table's key is read, seconds for some tens of millions.
 * `out->host` is the queue.  `place` may be NULL.  Waits.
 *
 * LARIAT_OK
 * LARIAT_ENOTFOUND  it is not known; `place` still tells of `queue`, if that is
 *                   there (`site` is not NULL then) */
lariat_status lr_crawl_shared_find(lr_crawl_shared_store *store, uint64_t queue,
                                   uint64_t id, lr_crawl_known_url *out,
                                   lr_crawl_shared_place *place,
                                   lr_crawl_fault *fault);

/* Calls back for each outcome of a URL in the order of commits, until it
 * returns false; `warc` is "WORKER/NAME".  Waits. */
lariat_status lr_crawl_shared_each_outcome(lr_crawl_shared_store *store,
                                           uint64_t queue, uint64_t id,
                                           lr_crawl_outcome_callback *callback,
                                           void *context,
                                           lr_crawl_fault *fault);

#endif
