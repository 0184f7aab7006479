/* SPDX-License-Identifier: MIT
 * lariat_crawl: a crawl in a directory: from seeds to all pages in scope, each
 * once, politely, durably.  It runs on the reactor of the thread that makes it
 * and on those of a pool of its own.
 *
 *   lariat_crawl_options options = lariat_crawl_defaults();
 *   options.directory = "example.crawl";
 *   options.contact = "crawl@example.org";
 *   options.seeds = &seed;
 *   options.seed_count = 1;
 *   if (lariat_crawl_new(&options, &crawl, &error) == LARIAT_OK)
 *     lariat_deferred_add_both(lariat_crawl_start(crawl), on_end, crawl);
 *
 * A directory of a crawl that was stopped, or killed, goes on where it stood.
 * Unless it says otherwise, a function here is for the thread of the crawl's
 * reactor.  docs/internals/crawl.md explains what happens between. */
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
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_crawl lariat_crawl;

typedef struct lariat_crawl_error {
  char message[512]; /* a sentence without a full stop */
} lariat_crawl_error;

typedef struct lariat_crawl_seed {
  const char *url;
  unsigned depth;    /* links that it is away from a seed: 0 */
  unsigned priority; /* 0 first, to 7; 4 is that of links */
} lariat_crawl_seed;

/* The URLs that belong to a crawl, beside those that rules take in or out. */
typedef enum lariat_crawl_scope {
  LARIAT_CRAWL_SCOPE_DOMAIN = 0, /* of the seeds' registrable domains */
  LARIAT_CRAWL_SCOPE_HOST = 1,   /* of their hosts and ports */
  LARIAT_CRAWL_SCOPE_PREFIX = 2, /* below the last '/' of their paths */
  LARIAT_CRAWL_SCOPE_LIST = 3,   /* the seeds alone */
  LARIAT_CRAWL_SCOPE_ANY = 4     /* all */
} lariat_crawl_scope;

typedef enum lariat_crawl_rule_kind {
  LARIAT_CRAWL_INCLUDE = 0, /* an expression (PCRE2) for the whole URL */
  LARIAT_CRAWL_EXCLUDE = 1,
  LARIAT_CRAWL_INCLUDE_SURT = 2, /* a SURT prefix */
  LARIAT_CRAWL_EXCLUDE_SURT = 3
} lariat_crawl_rule_kind;

/* A rule of the scope: the first one that matches decides. */
typedef struct lariat_crawl_rule {
  lariat_crawl_rule_kind kind;
  const char *text;
} lariat_crawl_rule;

/* The hosts that get one request at a time, together. */
typedef enum lariat_crawl_group {
  LARIAT_CRAWL_GROUP_IP_IN_DOMAIN = 0, /* hosts of one address and one
                                          registrable domain */
  LARIAT_CRAWL_GROUP_HOST = 1,
  LARIAT_CRAWL_GROUP_DOMAIN = 2,
  LARIAT_CRAWL_GROUP_IP = 3
} lariat_crawl_group;

/* Options of hosts of their own: a section [host "example.org"] of a config. */
typedef struct lariat_crawl_host_options {
  const char *host;    /* "example.org", or "*.example.org" */
  int64_t delay_ms;    /* -1: as all */
  int64_t max_pages;   /* -1: as all */
  int ignore_robots;   /* -1: as all; 0, 1 */
  const char *headers; /* lines "Name: value"; NULL: none */
} lariat_crawl_host_options;

/* Called with the path of each WARC file that is closed and has its name. */
typedef void lariat_crawl_on_warc_closed(const char *path, void *context);

/* Everything is copied.  Start from lariat_crawl_defaults(). */
typedef struct lariat_crawl_options {
  size_t size;
  const char *directory;          /* of the crawl; made if it is not there */
  const lariat_crawl_seed *seeds; /* may be none where the directory is one of a
                                     crawl, whose seeds are seeds still */
  size_t seed_count;
  const char *const *sitemaps; /* URLs, beside those of robots.txt */
  size_t sitemap_count;

  struct {            /* what is left out, and what is allowed */
    bool no_sitemaps; /* ask for none, not those of robots.txt either */
    bool ignore_robots;
    bool crawl_delay_skip; /* hosts that ask for a longer Crawl-delay than is
                              kept are left out */
    bool allow_private;    /* connect to addresses that are not public; else
                              only to those that seeds name */
  };

  lariat_crawl_scope scope;
  const lariat_crawl_rule *rules;
  size_t rule_count;
  int64_t depth;          /* the links from a seed at the most; -1: no limit */
  unsigned hops_off_site; /* links that lead away from the scope's sites */
  bool requisites;        /* images, styles and scripts of pages in scope,
                             wherever they are */
  const char *types;      /* media types that are wanted, "text/html,font/woff";
                             NULL: all */
  const char *key_rules;  /* lariat/crawl/url_key.h; NULL: the defaults */

  uint64_t delay_ms;           /* between two requests to a group; 1,000 */
  double delay_factor;         /* of the time of the last answer, if that is
                                  more; 0 */
  uint64_t delay_max_ms;       /* 60,000; of back-off */
  uint64_t crawl_delay_max_ms; /* 30,000; of robots.txt */
  uint64_t retry_after_max_ms; /* a day */
  unsigned per_group;          /* requests at once; 1 */
  lariat_crawl_group group;
  const char *user_agent; /* NULL: "lariat/VERSION (+CONTACT)".  Its product
                             token is the name in robots.txt */
  const char *contact;    /* URL or mail address; required off loopback.  NULL,
                             as the name above: what the directory remembers */
  const lariat_crawl_host_options *hosts;
  size_t host_count;

  uint64_t max_pages, max_bytes, max_time_ms; /* 0: no limit */
  uint64_t max_pages_per_host, max_bytes_per_host;
  uint64_t max_hosts;
  uint64_t max_body_bytes; /* 64 MiB, as it comes and decompressed; what is
                              longer is cut, and marked so in the WARC */

  unsigned trap_repeat;   /* equal segments in a row; 3; 0: off, as the next */
  unsigned trap_segments; /* of a path; 20 */
  unsigned trap_query;    /* variants of one path; 1,000 */
  bool no_trap_similar;   /* do not close shapes whose pages are all alike */

  struct { /* of what is written */
    bool no_warc;
    bool cdx;          /* CDXJ beside each WARC file that is closed */
    bool revisit_off;  /* same bodies are written again */
    bool keep_secrets; /* show passwords in outputs */
  };
  uint64_t warc_size;        /* a new file from so many bytes on; 1 GB */
  int warc_level;            /* of compression, 0 to 12; 4 */
  const char *jsonl, *links; /* paths; NULL: none */
  const char *since;         /* directory of an earlier crawl */
  int64_t again_s;           /* URLs older than so are due again; 0: never;
                                less: all */

  unsigned in_flight; /* requests at once, of all; 1,024 */
  unsigned reactors;  /* 0: the CPUs */
  bool durable_power; /* what is committed outlives a power cut, too */
  const lariat_pool_options *pool; /* trust, addresses, resolver; NULL: the
                                      defaults */
  const lariat_client_options
      *client; /* time-outs, HTTP version; NULL: HTTP/1.1,
                  two minutes for a page, 10 s for a
                  connection, 60 s without a byte */

  unsigned retries; /* of a URL that fails in passing; 3 */
  lariat_crawl_on_warc_closed *on_warc_closed; /* NULL: nobody is told */
  void *on_warc_closed_context;
  bool repair; /* where a file has lost its end, after a power cut say: drop the
                  outcomes of what was there, which is fetched again; else that
                  is LARIAT_EFORMAT */
  struct {     /* of what is written, too */
    bool revisit_skip;   /* of same bodies nothing is written */
    bool warc_metadata;  /* a metadata record for each page: via, the letters
                            of the way to it, how long it took */
    bool links_rejected; /* of `links` those alone that are not followed, with
                            the rule */
  };

  /* A crawl that many workers share, each of them in a directory of its own:
   * its URLs are in PostgreSQL, "postgres://..." or libpq's "key=value ...".
   * Seeds, scope, keys and robots are those with which the first one has begun
   * it. No `since`, `again_s`, `repair`, budgets of hosts, `max_hosts` and
   * LARIAT_CRAWL_GROUP_IP then; `max_pages` and `max_bytes` are the whole
   * crawl's, which may have some more than that at the end.  docs/internals/
   * shared-crawl.md.  NULL: the crawl is in the directory alone. */
  const char *frontier;
  const char *crawl_name; /* of the crawl in the database; NULL: "lariat" */
  uint64_t lease_ms; /* for so long a site is one worker's, and longer where it
                        goes on; when a worker is gone, another one has its
                        sites after that; 60,000 */
  const char *kept_text; /* of the caller's own, which the directory keeps with
                            the crawl (lariat_crawl_read_kept_text); NULL: what
                            it has kept stays */
} lariat_crawl_options;

/* Returns the defaults.  Any thread. */
LARIAT_API lariat_crawl_options lariat_crawl_defaults(void);

/* Looks for what is wrong with options, and writes a sentence about the first
 * of it into `*error` (may be NULL); it begins with the name of the field.  Any
 * thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  see the message */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_options_check(
    const lariat_crawl_options *options, lariat_crawl_error *error);

/* Opens the directory, or makes it, and puts the crawl into `*out`, which the
 * caller owns (lariat_crawl_free).  The calling thread's reactor is the
 * crawl's.  `error` may be NULL.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ETHREAD  the thread has no reactor
 * LARIAT_EINVAL   an option makes no sense; the pool's and the client's
 *                 included
 * LARIAT_EBUSY    another process has the directory
 * LARIAT_EFORMAT  its files are another program's, or those of a newer version;
 *                 or one is shorter than what was committed (`repair`)
 * LARIAT_ESYSTEM  a file cannot be opened, made or read, or no thread is to be
 *                 had
 * LARIAT_ELIBCURL lariat_pool_new */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_new(const lariat_crawl_options *options, lariat_crawl **out,
                 lariat_crawl_error *error);

/* Frees the crawl.  One that runs is stopped at once first, and its memory goes
 * when its threads have ended, which the reactor must run for; the deferred of
 * its start fires then.  NULL is allowed. */
LARIAT_API void lariat_crawl_free(lariat_crawl *crawl);

/* Returns what is to be told to whoever starts the crawl, a sentence in each
 * line: the addresses that are allowed though they are not public, robots.txt
 * that is ignored.  "": nothing.  The crawl's. */
LARIAT_API const char *lariat_crawl_notices(const lariat_crawl *crawl);

/* Starts; the deferred fires with "none" when there is nothing left to do, a
 * budget is used up, or it was stopped; all is committed then, and
 * lariat_crawl_read_stats says which of them it was.  Cancelling it stops the
 * crawl at once.  Never NULL.  The failures are
 *
 * LARIAT_EALREADY  it was started
 * LARIAT_ESYSTEM   the directory cannot be written: what was committed is safe
 * LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_crawl_start(lariat_crawl *crawl);

/* ---- Steering, of a running crawl ---- */

/* Pause: no new request is sent; those on their way end, and are committed.
 * Resume ends that. */
LARIAT_API void lariat_crawl_pause(lariat_crawl *crawl);
LARIAT_API void lariat_crawl_resume(lariat_crawl *crawl);

/* Ends the crawl: no new request is sent, those on their way may go on for
 * `grace_ms`, and what they have not brought by then stays queued.  A second
 * call shortens the first one's grace. */
LARIAT_API void lariat_crawl_stop(lariat_crawl *crawl, uint64_t grace_ms);

/* Adds a seed, which also is one for the scope.  Of one that was seen before,
 * nothing is queued.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL   not a URL of http or https, or `error` says what else
 * LARIAT_ESYSTEM  the log cannot be written
 * LARIAT_ECLOSED  the crawl has ended, or is ending */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_add(lariat_crawl *crawl, const lariat_crawl_seed *seed,
                 lariat_crawl_error *error);

/* Changes a setting: "delay", "host.example.org.delay" ("2s", "500ms"),
 * "max-pages", "max-bytes", "max-time", "max-pages-per-host" (a number; 0: no
 * limit), "trap.open" (a shape, which is crawled from then on).
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL   no such name, or a value that makes no sense: `error` says
 *                 which
 * LARIAT_ECLOSED  the crawl has ended, or is ending */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_set(lariat_crawl *crawl, const char *name, const char *value,
                 lariat_crawl_error *error);

/* ---- What is known ---- */

typedef enum lariat_crawl_end {
  LARIAT_CRAWL_RUNNING = 0,
  LARIAT_CRAWL_DONE = 1,
  LARIAT_CRAWL_BUDGET = 2,
  LARIAT_CRAWL_STOPPED = 3,
  LARIAT_CRAWL_DISK = 4 /* full, or it cannot be written; the state is safe */
} lariat_crawl_end;

/* Counts of a crawl, of all runs in its directory but where it says so.  The
 * library fills it in as far as `size` goes. */
typedef struct lariat_crawl_stats {
  size_t size;
  lariat_crawl_end end;
  const char *end_reason; /* "--max-pages"; static; "": none */
  bool paused;
  uint64_t pages, bytes; /* answers, and their bodies decompressed */
  uint64_t known;        /* URLs */
  uint64_t queued;       /* without a last outcome */
  uint64_t later;        /* of those, due later */
  uint64_t in_flight;    /* requests now */
  uint64_t fetched, revisits, redirects, failed, robots_denied, out_of_scope,
      trapped;                                        /* outcomes */
  uint64_t rejected_scope, rejected_trap, duplicates; /* links; of this run */
  uint64_t hosts, hosts_due, hosts_down, hosts_waiting;
  uint64_t warc_files, warc_bytes, database_bytes;
  uint64_t memory_bytes; /* of queues and fingerprints */
  uint64_t by_status[6]; /* none, 1xx..5xx; of this run */
  uint64_t elapsed_ms;   /* of this run */
  uint64_t busy_ns;      /* of this run: CPU of the pool's reactors, in all */
  unsigned reactors;
  /* Of a crawl that is shared, whose `known` and `queued` are those of all
   * workers, and whose outcomes are those of this one and of this run.  Why its
   * database cannot be used now: what is fetched waits; "": it can.  The
   * crawl's, until the next call. */
  const char *trouble;
  uint64_t workers;     /* 0: it is not shared */
  uint64_t whole_pages; /* of all workers */
  uint64_t whole_failed, whole_bytes;
  bool whole_paused, whole_stopped; /* all workers were told to */
} lariat_crawl_stats;

/* Fills `*stats` as far as its `size` goes; also after the end.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no `size` */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_read_stats(const lariat_crawl *crawl, lariat_crawl_stats *stats);

/* A text that a deferred has brought. */
LARIAT_API extern const lariat_type lariat_crawl_text_type;

/* Returns the text in `value`, owned by it still; NULL for another type. */
LARIAT_API const char *lariat_crawl_text_in(lariat_value value);

/* Answers why a URL is, or is not, fetched: the deferred fires with a text
 * (lariat_crawl_text_in), one object of JSON in a line; docs/internals/crawl.md
 * lists its fields.  The URL need not have been seen.  A failure LARIAT_EURL
 * or LARIAT_ESCHEME: it is none; LARIAT_ENOMEM.  Never NULL.  Before the start
 * and after the end, too. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_crawl_why(lariat_crawl *crawl, const char *url);

LARIAT_END_C

#endif
