/* SPDX-License-Identifier: MIT
 * recent.h: the fingerprints that a shard has offered lately, so that the links
 * that each page of a site has are not offered for each of them. */
#ifndef CRAWL_RECENT_H
#define CRAWL_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LR_CRAWL_RECENT = 1 << 16 };

/* A place for each fingerprint, which has the last one of it. */
typedef struct lr_crawl_recent {
  uint64_t *places;
} lr_crawl_recent;

/* False: no memory. */
bool lr_crawl_recent_init(lr_crawl_recent *recent);
void lr_crawl_recent_clear(lr_crawl_recent *recent);

/* Adds a fingerprint; returns whether it was there. */
bool lr_crawl_recent_add(lr_crawl_recent *recent, uint64_t fingerprint);

/* Forgets it, for an offer that was lost. */
void lr_crawl_recent_remove(lr_crawl_recent *recent, uint64_t fingerprint);

#endif
