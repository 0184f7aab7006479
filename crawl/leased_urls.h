/* SPDX-License-Identifier: MIT
 * leased_urls.h: the URLs that a worker of a shared crawl has leased, by their
 * ids, which are fingerprints.  One thread. */
#ifndef CRAWL_LEASED_URLS_H
#define CRAWL_LEASED_URLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared_store.h"

typedef enum lr_crawl_leased_state {
  LR_CRAWL_LEASED_FREE = 0,
  LR_CRAWL_LEASED_QUEUED, /* in its host's queue */
  LR_CRAWL_LEASED_OUT,    /* handed out */
  LR_CRAWL_LEASED_DONE    /* it has an outcome, which is not committed */
} lr_crawl_leased_state;

typedef struct lr_crawl_leased_url {
  lr_crawl_shared_url url; /* with its texts */
  uint32_t host;           /* the worker's number of it */
  uint32_t lease;          /* its place: lease_table.h */
  uint32_t next;           /* of the same chain; 0: none */
  uint8_t state;           /* lr_crawl_leased_state */
} lr_crawl_leased_url;

/* All zero: empty.  A URL has a number, 1 and up, for as long as it is held. */
typedef struct lr_crawl_leased_urls {
  lr_crawl_leased_url *urls; /* [number - 1] */
  size_t capacity, used;
  size_t count;
  uint32_t free;    /* number of the first that is free; 0: none */
  uint32_t *chains; /* numbers, by the id */
  size_t chain_count;
} lr_crawl_leased_urls;

/* Returns the URL of an id, or of a number; NULL: it is not held.  Good until
 * one is added. */
lr_crawl_leased_url *lr_crawl_leased_find(const lr_crawl_leased_urls *held,
                                          uint64_t id);
lr_crawl_leased_url *lr_crawl_leased_at(const lr_crawl_leased_urls *held,
                                        uint32_t number);

/* Takes a URL in, with its texts, which `url` has no longer then.  Returns its
 * number; 0: out of memory, or it is held. */
uint32_t lr_crawl_leased_add(lr_crawl_leased_urls *held,
                             lr_crawl_shared_url *url);

/* Drops the URL of an id, if it is held. */
void lr_crawl_leased_remove(lr_crawl_leased_urls *held, uint64_t id);

void lr_crawl_leased_clear(lr_crawl_leased_urls *held);

#endif
