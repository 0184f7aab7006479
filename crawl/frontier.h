/* SPDX-License-Identifier: MIT
 * frontier.h: all URLs of a crawl on one thread: which were seen and what is
 * queued, in memory; what was found and what came of it, in a log that survives
 * the process (store.h), together with the files that it fills. */
#ifndef CRAWL_FRONTIER_H
#define CRAWL_FRONTIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

#include "fault.h"
#include "found_url.h"
#include "outcome.h"

typedef struct lr_crawl_frontier lr_crawl_frontier;

typedef struct lr_crawl_frontier_options {
  const char *directory; /* made where it is not there */
  bool durable_power;    /* fsync, for the power's loss */
  bool read_only;        /* of a crawl that another process may run */
  uint64_t warc_size;    /* a new file from so many bytes on; 0: no WARC */
  const char *warc_prefix;
  const char *jsonl, *links; /* files that grow with each commit; NULL: none */
  bool cdx;                  /* CDXJ beside each WARC file that is closed */
  const char *config; /* text, kept in the log where it differs from the last */
  /* Called with the path of each WARC file that is closed and renamed. */
  void (*on_warc_closed)(void *context, const char *path);
  void *context;
} lr_crawl_frontier_options;

/* Opens a crawl's directory: its lock, its database (made, migrated, or refused
 * where it is a newer version's or another program's), its files, which are cut
 * to what was committed; and reads queues and fingerprints into memory. */
lariat_status lr_crawl_frontier_open(const lr_crawl_frontier_options *options,
                                     lr_crawl_frontier **out,
                                     lr_crawl_fault *fault);
void lr_crawl_frontier_close(lr_crawl_frontier *frontier);

/* Returns the fingerprint of a key: SipHash-2-4 with the crawl's key, which
 * stays the same; any thread, once the frontier is open. */
typedef struct lr_crawl_hash_key {
  uint64_t words[2];
} lr_crawl_hash_key;
lr_crawl_hash_key lr_crawl_frontier_hash_key(const lr_crawl_frontier *frontier);
uint64_t lr_crawl_fingerprint(lr_crawl_hash_key key, const char *bytes,
                              size_t length);

/* ---- URLs ---- */

/* Offers a URL: queued where it was not seen.  `*added` tells. */
lariat_status lr_crawl_frontier_offer(lr_crawl_frontier *frontier,
                                      const lr_crawl_found_url *url,
                                      bool *added);

/* A queued URL that is handed out. */
typedef struct lr_crawl_queued_url {
  uint64_t id;
  char *url; /* the taker frees it: lariat_memory_free */
  uint32_t depth;
  uint8_t priority;
  char hop;
  uint8_t hops_off_site;
  uint64_t via;
  uint32_t tries; /* LATER outcomes so far */
  char *etag, *last_modified; /* of an earlier crawl; NULL */
  uint8_t old_digest[20];
  int64_t old_at_ns; /* 0: none */
} lr_crawl_queued_url;

/* Takes up to `most` URLs of a host, the first of them by priority and age; those
 * that are due later are not told.  They stay in the log until an outcome. */
size_t lr_crawl_frontier_take(lr_crawl_frontier *frontier, uint64_t host,
                              size_t most, lr_crawl_queued_url *out);

/* Called for each host that had nothing to take and now has; also, after the
 * opening, by lr_crawl_frontier_tell_hosts for all that have. */
typedef void lr_crawl_host_callback(void *context, uint64_t host,
                                    const char *origin);
void lr_crawl_frontier_on_host(lr_crawl_frontier *frontier,
                               lr_crawl_host_callback *callback,
                               void *context);
void lr_crawl_frontier_tell_hosts(lr_crawl_frontier *frontier);

/* Moves what is due by `now_s` from LATER into its queue; returns when the next
 * is (INT64_MAX: never). */
int64_t lr_crawl_frontier_wake(lr_crawl_frontier *frontier, int64_t now_s);

/* ---- Outcomes and the commit ---- */

/* Takes an outcome with all it owns; it is written by the next commit. */
lariat_status lr_crawl_frontier_finish(lr_crawl_frontier *frontier,
                                       lr_crawl_outcome *outcome);

/* What is kept of a host. */
typedef struct lr_crawl_host_facts {
  uint64_t host;
  const char *ip;
  int64_t robots_at_s, robots_expires_s; /* 0: none */
  int robots_status;
  const char *robots; /* its text */
  size_t robots_length;
  uint32_t delay_ms;
  const char *note;
} lr_crawl_host_facts;
lariat_status lr_crawl_frontier_set_host(lr_crawl_frontier *frontier,
                                         const lr_crawl_host_facts *facts);
/* The facts as they are known; texts are the frontier's until the next call. */
bool lr_crawl_frontier_host(lr_crawl_frontier *frontier, uint64_t host,
                            lr_crawl_host_facts *out);

/* Writes all since the last commit: the records behind the WARC's end, then one
 * transaction that also says how long each file is; then the lines. */
lariat_status lr_crawl_frontier_commit(lr_crawl_frontier *frontier,
                                       lr_crawl_fault *fault);
bool lr_crawl_frontier_has_uncommitted(const lr_crawl_frontier *frontier);
size_t lr_crawl_frontier_uncommitted_bytes(const lr_crawl_frontier *frontier);

typedef struct lr_crawl_frontier_counts {
  uint64_t known;  /* URLs in all */
  uint64_t queued; /* without a last outcome */
  uint64_t later;  /* of those, due later */
  uint64_t handed_out;
  uint64_t by_kind[16]; /* outcomes, by lr_crawl_outcome_kind */
  uint64_t hosts, hosts_with_queue;
  uint64_t warc_files, warc_bytes;
  uint64_t memory; /* bytes of queues and fingerprints */
} lr_crawl_frontier_counts;
lr_crawl_frontier_counts
lr_crawl_frontier_count(const lr_crawl_frontier *frontier);

/* For `why`, status and reports, also of a stopped crawl: the owner adds
 * lookups by URL, iteration over outcomes and hosts, counters by name. */

#endif
