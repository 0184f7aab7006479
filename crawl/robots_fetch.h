/* SPDX-License-Identifier: MIT
 * robots_fetch.h: the fetch of one robots.txt, without the network: which URL
 * is to be asked, and what follows from each answer (RFC 9309, 2.3): the next
 * URL, rules, or to wait.
 *
 *   lr_crawl_robots_fetch_new(cache, "http://example.org:80", &fetch);
 *   for each turn of the site that is for robots.txt:
 *     GET lr_crawl_robots_fetch_url(fetch), and its validators
 *     step = lr_crawl_robots_fetch_answer(fetch, &answer, now_s);
 *     REDIRECT: lr_crawl_politeness_robots_at(site, step.origin, NULL)
 *     KNOWN:    lr_crawl_politeness_robots_known(site, ...), free the fetch
 *     HOLD:     lr_crawl_politeness_hold(site, ...), free the fetch
 *
 * Of the thread of its cache, which lives longer. */
#ifndef CRAWL_ROBOTS_FETCH_H
#define CRAWL_ROBOTS_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "robots_cache.h"

typedef struct lr_crawl_robots_fetch lr_crawl_robots_fetch;

/* Begins with /robots.txt of the origin; the caller owns the fetch.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_robots_fetch_new(lr_crawl_robots_cache *cache,
                                        const char *origin,
                                        lr_crawl_robots_fetch **out);
void lr_crawl_robots_fetch_free(lr_crawl_robots_fetch *fetch);

/* Return what is to be asked for: the URL, and the validators of the copy that
 * was got there (If-None-Match, If-Modified-Since), or NULL.  They are the
 * fetch's, until its next answer. */
const char *lr_crawl_robots_fetch_url(const lr_crawl_robots_fetch *fetch);
const char *lr_crawl_robots_fetch_etag(const lr_crawl_robots_fetch *fetch);
const char *
lr_crawl_robots_fetch_last_modified(const lr_crawl_robots_fetch *fetch);

/* An answer; texts may be NULL, and are the caller's. */
typedef struct lr_crawl_robots_answer {
  int status;      /* 0: there was none */
  bool incomplete; /* the connection broke within the body; not: it is longer
                      than what is read of it */
  const char *location;
  const char *cache_control;
  const char *etag;
  const char *last_modified;
  int64_t retry_after_s; /* 0: the answer does not say */
  const char *body;      /* content coding undone; of a longer one the first
                            LARIAT_CRAWL_ROBOTS_MOST_BYTES are enough */
  size_t length;
} lr_crawl_robots_answer;

typedef enum lr_crawl_robots_step_kind {
  LR_CRAWL_ROBOTS_STEP_REDIRECT = 1, /* the URL is another one now */
  LR_CRAWL_ROBOTS_STEP_KNOWN = 2,    /* the cache has what decides */
  LR_CRAWL_ROBOTS_STEP_HOLD = 3      /* unreachable: ask again at until_s */
} lr_crawl_robots_step_kind;

typedef struct lr_crawl_robots_step {
  lr_crawl_robots_step_kind kind;
  lariat_crawl_robots_access access; /* of this answer */
  const char *origin;                /* REDIRECT: of the URL; the fetch's */
  int64_t expires_s;                 /* KNOWN */
  int64_t crawl_delay_ms;            /* KNOWN; -1: none */
  int64_t until_s;                   /* HOLD */
  bool is_new; /* KNOWN: the rules are those of this answer's body */
} lr_crawl_robots_step;

/* Takes an answer.
 *
 * What is unreachable (429, 5xx, no answer) is decided by the copy that is
 * there, for as long as it takes; without one the origin is held, and after
 * most_tries all but /robots.txt is denied for an hour: KNOWN with access
 * UNREACHABLE.  Out
 * of memory is unreachable. */
lr_crawl_robots_step
lr_crawl_robots_fetch_answer(lr_crawl_robots_fetch *fetch,
                             const lr_crawl_robots_answer *answer,
                             int64_t now_s);

#endif
