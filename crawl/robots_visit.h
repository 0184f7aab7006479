/* SPDX-License-Identifier: MIT
 * robots_visit.h: a request for robots.txt that was redirected to another host:
 * made by the shard whose host that is, in the turn of that host, and brought
 * back to the shard that asks.  It belongs to one thread after the other. */
#ifndef CRAWL_ROBOTS_VISIT_H
#define CRAWL_ROBOTS_VISIT_H

#include <stdbool.h>
#include <stddef.h>

#include "robots_fetch.h"

typedef struct lr_crawl_visit {
  unsigned from; /* the number of the shard that asks */
  bool is_done;
  char *asker;  /* the origin whose robots.txt it is */
  char *origin; /* where it is */
  char *url;
  char *etag, *last_modified;    /* to be asked with; NULL: none */
  lr_crawl_robots_answer answer; /* done: its texts are the visit's */
  char *failure;                 /* why there was no answer; NULL */
} lr_crawl_visit;

/* Makes a visit to what `fetch` asks for next.  NULL: no memory. */
lr_crawl_visit *lr_crawl_visit_new(unsigned from, const char *asker,
                                   const char *origin,
                                   const lr_crawl_robots_fetch *fetch);

/* Frees a visit; NULL is allowed. */
void lr_crawl_visit_free(lr_crawl_visit *visit);

/* Ends it with copies of an answer and of why there was none (NULL: there was);
 * what there is no memory for is as an answer that did not come. */
void lr_crawl_visit_end(lr_crawl_visit *visit,
                        const lr_crawl_robots_answer *answer,
                        const char *failure);

#endif
