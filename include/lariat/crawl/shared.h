/* SPDX-License-Identifier: MIT
 * A crawl that many workers share, seen from outside: lariat_crawl's `frontier`
 * is the database, and these functions ask it, whether or not a worker runs.
 * They connect, ask, wait for the answer and disconnect; any thread.
 *
 * `connection` is "postgres://..." or libpq's "key=value ...", `name` that of
 * the crawl, NULL: "lariat"; `error` may be NULL, and no message has a password
 * in it.  What all of them return:
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL    the connection cannot be read, or lariat was built without
 *                  PostgreSQL
 * LARIAT_ENOTFOUND there is no such crawl
 * LARIAT_EFORMAT   the tables are another program's, or of a newer version
 * LARIAT_ECONNECT  there is no database
 * LARIAT_ESYSTEM   it refuses, or there is no thread to be had */
#ifndef LARIAT_CRAWL_SHARED_H
#define LARIAT_CRAWL_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/crawl.h>
#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Writes a connection with "***" in the place of each secret, as snprintf does,
 * and returns its whole length.  Any thread, with or without PostgreSQL. */
LARIAT_API size_t lariat_crawl_shared_mask(const char *connection, char *out,
                                           size_t capacity);

/* Sums over all workers.  The library fills them in as far as `size` goes. */
typedef struct lariat_crawl_shared_stats {
  size_t size;
  uint64_t pages, bytes; /* answers, and their bodies decompressed */
  uint64_t known;        /* URLs */
  uint64_t queued;       /* without a last outcome */
  uint64_t fetched, revisits, redirects, failed, robots_denied, out_of_scope,
      trapped;                             /* outcomes */
  uint64_t sites, sites_due, sites_leased; /* queues */
  uint64_t workers; /* that were seen less than two leases ago */
  bool paused, stopped;
  bool is_over; /* nothing is queued */
} lariat_crawl_shared_stats;

LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_shared_read_stats(
    const char *connection, const char *name, lariat_crawl_shared_stats *stats,
    lariat_crawl_error *error);

/* One of the workers.  The text lives for the time of the call. */
typedef struct lariat_crawl_worker {
  size_t size;
  unsigned number;
  const char *host; /* the machine's name */
  uint64_t pages;   /* with redirects */
  uint64_t sites;   /* that are leased to it */
  uint64_t seen_ms; /* ago */
  bool has_left;
} lariat_crawl_worker;

typedef void lariat_crawl_worker_callback(const lariat_crawl_worker *worker,
                                          void *context);

/* Calls back for each worker that there has been, by number, on another thread
 * while the caller waits. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_shared_workers(const char *connection, const char *name,
                            lariat_crawl_worker_callback *callback,
                            void *context, lariat_crawl_error *error);

typedef enum lariat_crawl_order {
  LARIAT_CRAWL_GO = 0,    /* ends a pause, and a stop for workers to come */
  LARIAT_CRAWL_PAUSE = 1, /* no worker sends a request until it is ended */
  LARIAT_CRAWL_STOP = 2   /* all workers end as lariat_crawl_stop has it */
} lariat_crawl_order;

/* Tells all workers, which see it with their next words to the database: within
 * a few seconds. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_shared_order(const char *connection, const char *name,
                          lariat_crawl_order order, lariat_crawl_error *error);

/* Answers why a URL is, or is not, fetched: `*out` is one object of JSON as
 * lariat_crawl_why has it, without what only a shard knows, but with "place":
 * its queue, the worker that has it, what comes before it.  The caller releases
 * it: lariat_memory_release.
 *
 * LARIAT_EURL, LARIAT_ESCHEME  it is none */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_shared_why(const char *connection, const char *name,
                        const char *url, char **out, lariat_crawl_error *error);

/* Cuts the files in a worker's directory to what was committed and gives those
 * that are closed their names, as the next start of the worker would, for a
 * worker that is gone: its open WARC file is closed, too.  `connection` NULL:
 * the one that the directory remembers.
 *
 * LARIAT_EBUSY      a process has the directory
 * LARIAT_ENOTFOUND  it is no worker's, or the crawl is gone
 * LARIAT_EFORMAT    a file is shorter than what was committed */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_repair(
    const char *directory, const char *connection, lariat_crawl_error *error);

LARIAT_END_C

#endif
