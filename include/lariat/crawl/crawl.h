/* SPDX-License-Identifier: MIT
 * lariat_crawl: a crawl in a directory: from seeds to all pages in scope, each
 * once, politely, durably.  It runs on the reactor of the thread that makes it
 * and on those of a pool of its own. */
#ifndef LARIAT_CRAWL_CRAWL_H
#define LARIAT_CRAWL_CRAWL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/client.h>
#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/pool.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_crawl lariat_crawl;

typedef struct lariat_crawl_error {
  char message[512]; /* a sentence without a full stop */
} lariat_crawl_error;

typedef struct lariat_crawl_seed {
  const char *url;
  unsigned depth;
  unsigned priority; /* 0 first, to 7; 4 */
} lariat_crawl_seed;

typedef enum lariat_crawl_scope {
  LARIAT_CRAWL_SCOPE_DOMAIN = 0,
  LARIAT_CRAWL_SCOPE_HOST = 1,
  LARIAT_CRAWL_SCOPE_PREFIX = 2,
  LARIAT_CRAWL_SCOPE_LIST = 3,
  LARIAT_CRAWL_SCOPE_ANY = 4
} lariat_crawl_scope;

typedef enum lariat_crawl_rule_kind {
  LARIAT_CRAWL_INCLUDE = 0, /* an expression (PCRE2) for the whole URL */
  LARIAT_CRAWL_EXCLUDE = 1,
  LARIAT_CRAWL_INCLUDE_SURT = 2, /* a SURT prefix */
  LARIAT_CRAWL_EXCLUDE_SURT = 3
} lariat_crawl_rule_kind;

typedef struct lariat_crawl_rule {
  lariat_crawl_rule_kind kind;
  const char *text;
} lariat_crawl_rule;

typedef enum lariat_crawl_group {
  LARIAT_CRAWL_GROUP_IP_IN_DOMAIN = 0,
  LARIAT_CRAWL_GROUP_HOST = 1,
  LARIAT_CRAWL_GROUP_DOMAIN = 2,
  LARIAT_CRAWL_GROUP_IP = 3
} lariat_crawl_group;

/* What is its own for hosts: a section [host "example.org"] of a config. */
typedef struct lariat_crawl_host_options {
  const char *host;    /* "example.org", or "*.example.org" */
  int64_t delay_ms;    /* -1: as all */
  int64_t max_pages;   /* -1: as all */
  int ignore_robots;   /* -1: as all; 0, 1 */
  const char *headers; /* lines "Name: value"; NULL: none */
} lariat_crawl_host_options;

/* Everything is copied.  Start from lariat_crawl_defaults(). */
typedef struct lariat_crawl_options {
  size_t size;
  const char *directory;
  const lariat_crawl_seed *seeds; /* may be none where the directory is one of a
                                     crawl */
  size_t seed_count;
  const char *const *sitemaps; /* URLs, beside those of robots.txt */
  size_t sitemap_count;
  bool no_sitemaps;

  lariat_crawl_scope scope;
  const lariat_crawl_rule *rules;
  size_t rule_count;
  int64_t depth; /* -1: no limit */
  unsigned hops_off_site;
  bool requisites;
  const char *types; /* media types that are wanted, "text/html,image/*"; NULL:
                        all */
  const char *key_rules; /* lariat/crawl/url_key.h */

  uint64_t delay_ms;
  double delay_factor;
  uint64_t delay_max_ms;
  uint64_t crawl_delay_max_ms;
  bool crawl_delay_skip;
  uint64_t retry_after_max_ms;
  unsigned per_group;
  lariat_crawl_group group;
  bool ignore_robots;
  const char *user_agent; /* NULL: "lariat/VERSION (+CONTACT)" */
  const char *contact;    /* URL or mail address; required off loopback */
  const lariat_crawl_host_options *hosts;
  size_t host_count;

  uint64_t max_pages, max_bytes, max_time_ms;
  uint64_t max_pages_per_host, max_bytes_per_host;
  uint64_t max_hosts;
  uint64_t max_body_bytes; /* 64 MiB */

  unsigned trap_repeat, trap_segments, trap_query;
  bool no_trap_similar;

  bool no_warc;
  uint64_t warc_size; /* 1 GB */
  int warc_level;     /* 4 */
  bool cdx;
  const char *jsonl, *links; /* paths */
  bool revisit_off;          /* same bodies are written again */
  const char *since;         /* directory of an earlier crawl */
  int64_t again_s;           /* URLs older than so are due again; 0: never */
  bool keep_secrets;

  unsigned in_flight; /* 1,024 */
  unsigned reactors;
  bool durable_power;
  const lariat_pool_options *pool;     /* trust, addresses, resolver */
  const lariat_client_options *client; /* time-outs, HTTP version */
} lariat_crawl_options;

LARIAT_API lariat_crawl_options lariat_crawl_defaults(void);

/* Opens the directory, or makes it; the calling thread's reactor is the
 * crawl's. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_new(const lariat_crawl_options *options, lariat_crawl **out,
                 lariat_crawl_error *error);
LARIAT_API void lariat_crawl_free(lariat_crawl *crawl);

/* Starts; fires with "none" when there is nothing left to do, a budget is used
 * up, or it was stopped; all is committed then. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_crawl_start(lariat_crawl *crawl);

/* Steering, of a running crawl. */
LARIAT_API void lariat_crawl_pause(lariat_crawl *crawl);
LARIAT_API void lariat_crawl_resume(lariat_crawl *crawl);
LARIAT_API void lariat_crawl_stop(lariat_crawl *crawl, uint64_t grace_ms);
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_add(lariat_crawl *crawl, const lariat_crawl_seed *seed,
                 lariat_crawl_error *error);
/* "delay=2s", "host.example.org.delay=5s", "trap.open=SHAPE", "max-pages=..." */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_set(lariat_crawl *crawl, const char *name, const char *value,
                 lariat_crawl_error *error);

typedef enum lariat_crawl_end {
  LARIAT_CRAWL_RUNNING = 0,
  LARIAT_CRAWL_DONE = 1,
  LARIAT_CRAWL_BUDGET = 2,
  LARIAT_CRAWL_STOPPED = 3,
  LARIAT_CRAWL_DISK = 4 /* full, or it cannot be written; the state is safe */
} lariat_crawl_end;

typedef struct lariat_crawl_stats {
  size_t size;
  lariat_crawl_end end;
  const char *end_reason; /* "--max-pages"; the crawl's */
  bool paused;
  uint64_t pages, bytes;          /* answers and their bodies, of all runs */
  uint64_t known, queued, later, in_flight;
  uint64_t fetched, revisits, redirects, failed, robots_denied, out_of_scope,
      trapped;
  uint64_t rejected_scope, rejected_trap, duplicates; /* links */
  uint64_t hosts, hosts_due, hosts_down, hosts_waiting;
  uint64_t warc_files, warc_bytes, database_bytes, memory_bytes;
  uint64_t by_status[6]; /* none, 1xx..5xx */
  uint64_t elapsed_ms;
} lariat_crawl_stats;
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_read_stats(const lariat_crawl *crawl, lariat_crawl_stats *stats);

/* Answers why a URL is or is not fetched: a line of JSON, which the caller frees
 * (lariat_memory_free).  Fires on the crawl's reactor with lariat_text? The
 * owner decides; the URL need not have been seen. */

LARIAT_END_C

#endif
