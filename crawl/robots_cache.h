/* SPDX-License-Identifier: MIT
 * robots_cache.h: the robots.txt of many origins, parsed, with how long they
 * are good; those that were not asked for the longest are forgotten when they
 * take too much memory.  Of one thread.  robots_fetch.h fills it.  Times are
 * seconds since 1970. */
#ifndef CRAWL_ROBOTS_CACHE_H
#define CRAWL_ROBOTS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/robots.h>
#include <lariat/status.h>

typedef struct lr_crawl_robots_cache lr_crawl_robots_cache;

typedef struct lr_crawl_robots_options {
  const char *agent;     /* the crawler's name: lariat_crawl_robots_parse */
  size_t most_bytes;     /* 64 MiB, of parsed rules and what belongs to them */
  int64_t most_age_s;    /* a day: nothing is good for longer */
  int64_t least_age_s;   /* a minute: nor for less, whatever max-age says */
  int64_t retry_s;       /* 10: what is unreachable is asked again after
                            so long, doubled each time up to an hour */
  unsigned most_tries;   /* 3: an origin without a copy that is unreachable so
                            many times is not held any longer, but denied */
  int64_t unavailable_s; /* 30 days: what was unreachable for so long, and of
                            which there is no copy, counts as unavailable */
} lr_crawl_robots_options;

lr_crawl_robots_options lr_crawl_robots_defaults(void);

/* Makes an empty cache; the caller owns it (lr_crawl_robots_cache_free).  The
 * agent is copied.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  the agent does not begin with a product token */
lariat_status lr_crawl_robots_cache_new(const lr_crawl_robots_options *options,
                                        lr_crawl_robots_cache **out);
void lr_crawl_robots_cache_free(lr_crawl_robots_cache *cache);

/* The robots.txt of an origin, as far as it is known. */
typedef struct lr_crawl_robots_copy {
  const lariat_crawl_robots *rules; /* what decides now */
  int64_t at_s;                     /* when they were got, or confirmed */
  int64_t expires_s;
  int64_t unreachable_since_s;       /* 0: it was not, at the last try */
  int status;                        /* of the last answer; 0: there was none */
  lariat_crawl_robots_access access; /* what the rules are of: READ: a file;
                                        UNREACHABLE: all is denied */
  const char *etag; /* of the rules, for the next request; NULL */
  const char *last_modified;
  const char *url; /* where they were got in the end, behind redirects; NULL:
                      at the origin itself */
} lr_crawl_robots_copy;

/* Finds what is known of an origin, however old it is: false: nothing, or it
 * was forgotten.  `*out` is the cache's until it is changed. */
bool lr_crawl_robots_cache_find(lr_crawl_robots_cache *cache,
                                const char *origin, lr_crawl_robots_copy *out);

/* A robots.txt as it was kept by an earlier run, with its text: what its rules
 * are parsed of. */
typedef struct lr_crawl_robots_kept {
  int64_t at_s, expires_s, unreachable_since_s;
  int status;
  const char *text;
  size_t length;
  const char *etag, *last_modified; /* NULL: none */
} lr_crawl_robots_kept;

/* Puts it in, in place of what is known.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  nothing follows from such a status */
lariat_status lr_crawl_robots_cache_restore(lr_crawl_robots_cache *cache,
                                            const char *origin,
                                            const lr_crawl_robots_kept *kept);

/* Forgets an origin. */
void lr_crawl_robots_cache_remove(lr_crawl_robots_cache *cache,
                                  const char *origin);

/* Returns the bytes that are taken, and how many origins are known. */
size_t lr_crawl_robots_cache_bytes(const lr_crawl_robots_cache *cache);
size_t lr_crawl_robots_cache_count(const lr_crawl_robots_cache *cache);

/* ---- For robots_fetch.c ---- */

/* A change of what is known of an origin.  The texts are copied with the rules
 * that they belong to. */
typedef struct lr_crawl_robots_change {
  lariat_crawl_robots *rules; /* given away; NULL: those that are there stay */
  int64_t at_s, expires_s, unreachable_since_s;
  int status;
  lariat_crawl_robots_access access; /* what the rules are of: READ: a file */
  unsigned tries;                    /* in a row that it was unreachable */
  const char *etag, *last_modified, *url;
} lr_crawl_robots_change;

/* Makes a change, and forgets others if there is too much.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  the rules are freed, and the origin is forgotten */
lariat_status lr_crawl_robots_cache_put(lr_crawl_robots_cache *cache,
                                        const char *origin,
                                        const lr_crawl_robots_change *change);
const lr_crawl_robots_options *
lr_crawl_robots_cache_options(const lr_crawl_robots_cache *cache);
/* Returns what is known of the origin, without the rules: what a change begins
 * with.  All 0: nothing. */
lr_crawl_robots_change
lr_crawl_robots_cache_last(const lr_crawl_robots_cache *cache,
                           const char *origin);

#endif
