/* SPDX-License-Identifier: MIT
 * pending.h: what a worker of a shared crawl has found and fetched, and its
 * database does not have yet.  One thread. */
#ifndef CRAWL_PENDING_H
#define CRAWL_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "fact_list.h"
#include "shared_store.h"

typedef struct lr_crawl_pending_outcome {
  lr_crawl_outcome outcome; /* with all that it owns */
  uint64_t queue;           /* 0: it is no URL's */
} lr_crawl_pending_outcome;

/* A URL that was found; its texts begin at these offsets. */
typedef struct lr_crawl_pending_url {
  lr_crawl_shared_found found;
  size_t url_offset, site_offset;
} lr_crawl_pending_url;

/* All zero: empty. */
typedef struct lr_crawl_pending {
  lr_crawl_pending_outcome *outcomes;
  size_t outcome_count, outcome_capacity;
  lr_crawl_pending_url *urls;
  size_t url_count, url_capacity;
  lr_crawl_bytes texts;
  lr_crawl_fact_list facts; /* by the worker's numbers of hosts */
  size_t bytes;             /* of records and lines */
} lr_crawl_pending;

/* Tells whether there is nothing. */
bool lr_crawl_pending_is_empty(const lr_crawl_pending *pending);

/* Returns how many bytes it holds. */
size_t lr_crawl_pending_bytes(const lr_crawl_pending *pending);

/* Takes an outcome with all that it owns; adds a copy of a URL.  False: out of
 * memory, and nothing has changed. */
bool lr_crawl_pending_add_outcome(lr_crawl_pending *pending,
                                  const lr_crawl_outcome *outcome,
                                  uint64_t queue);
bool lr_crawl_pending_add_url(lr_crawl_pending *pending,
                              const lr_crawl_shared_found *found);

/* Returns a URL with its texts, which are good until one is added. */
lr_crawl_shared_found lr_crawl_pending_url_at(const lr_crawl_pending *pending,
                                              size_t at);

/* Drops the first outcomes; those of a queue; all but outcomes; all. */
void lr_crawl_pending_drop_outcomes(lr_crawl_pending *pending, size_t count);
void lr_crawl_pending_drop_queue(lr_crawl_pending *pending, uint64_t queue);
void lr_crawl_pending_drop_urls(lr_crawl_pending *pending);
void lr_crawl_pending_clear(lr_crawl_pending *pending);

#endif
