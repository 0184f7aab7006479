/* SPDX-License-Identifier: MIT
 * kept_traps.h: shapes of URLs that were closed (trap.h), on the way from a
 * shard to the log, and from the log to the shards of the next run. */
#ifndef CRAWL_KEPT_TRAPS_H
#define CRAWL_KEPT_TRAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_kept_trap {
  char *shape, *reason;
  uint32_t pages; /* that it had then */
} lr_crawl_kept_trap;

/* All zero: empty. */
typedef struct lr_crawl_kept_traps {
  lr_crawl_kept_trap *traps;
  size_t count, capacity;
} lr_crawl_kept_traps;

/* Adds copies.  False: out of memory, and nothing was added. */
bool lr_crawl_kept_traps_add(lr_crawl_kept_traps *list, const char *shape,
                             uint32_t pages, const char *reason);

void lr_crawl_kept_traps_clear(lr_crawl_kept_traps *list);

#endif
