/* SPDX-License-Identifier: MIT
 * dispatch.h: which hosts have URLs to be handed out, and how many of each are
 * away, so that no shard waits for its sites' next URLs, and none has more in
 * memory than it needs.  Of the crawl's thread. */
#ifndef CRAWL_DISPATCH_H
#define CRAWL_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a host, by its id in the frontier. */
typedef struct lr_crawl_dispatched_host {
  uint32_t pages;      /* of this run */
  uint32_t most_pages; /* its own budget; 0: as all */
  uint64_t bytes;
  uint16_t shard;
  uint16_t away;     /* URLs that are handed out */
  uint32_t sitemaps; /* that were offered */
  bool has_more;     /* the frontier has URLs of it, perhaps */
  bool waiting;      /* in the list of those that are ready */
  bool is_full;      /* its budget is used up */
  bool is_told;      /* its shard knows what an earlier run knows of it */
} lr_crawl_dispatched_host;

typedef struct lr_crawl_dispatch {
  lr_crawl_dispatched_host *hosts;
  size_t capacity; /* of hosts: ids are below it */
  uint64_t *ready; /* a ring: hosts whose URLs can be handed out */
  size_t ready_capacity, first, count;
  uint64_t away;      /* of all hosts */
  uint16_t most_away; /* of a host */
} lr_crawl_dispatch;

void lr_crawl_dispatch_clear(lr_crawl_dispatch *dispatch);

/* Returns a host; NULL: no memory. */
lr_crawl_dispatched_host *lr_crawl_dispatch_host(lr_crawl_dispatch *dispatch,
                                                 uint64_t host);

/* Says that the frontier has URLs of a host, which is a shard's; false: no
 * memory. */
bool lr_crawl_dispatch_add(lr_crawl_dispatch *dispatch, uint64_t host,
                           unsigned shard);

/* Takes the host that has been ready for the longest; false: none is. */
bool lr_crawl_dispatch_next(lr_crawl_dispatch *dispatch, uint64_t *host);

/* Returns how many URLs of a host may be handed out now.  One with none, of
 * which some are away, is ready again when one comes back. */
size_t lr_crawl_dispatch_allowance(const lr_crawl_dispatch *dispatch,
                                   const lr_crawl_dispatched_host *host);

/* Says that of the `wanted` URLs of a host `count` were handed out. */
void lr_crawl_dispatch_gave(lr_crawl_dispatch *dispatch, uint64_t host,
                            size_t wanted, size_t count);

/* Says that one has come back. */
void lr_crawl_dispatch_got(lr_crawl_dispatch *dispatch, uint64_t host);

/* Has those hosts ready for which there was no memory when it was their turn;
 * false: there still is none. */
bool lr_crawl_dispatch_recover(lr_crawl_dispatch *dispatch);

/* Puts a host back that was taken, and whose turn it was not. */
void lr_crawl_dispatch_put_back(lr_crawl_dispatch *dispatch, uint64_t host);

#endif
