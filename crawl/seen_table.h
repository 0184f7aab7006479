/* SPDX-License-Identifier: MIT
 * seen_table.h: the set of fingerprints that were seen.  Open addressing in 256
 * parts that grow one at a time, each by a quarter and each at another moment:
 * no more than a 256th is ever copied at once, and 11 to 15 bytes are used for
 * each fingerprint.  One thread. */
#ifndef CRAWL_SEEN_TABLE_H
#define CRAWL_SEEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LR_CRAWL_SEEN_PARTS = 256 };

typedef struct lr_crawl_seen_part {
  uint64_t *slots; /* 0: empty */
  uint32_t capacity;
  uint32_t count;
} lr_crawl_seen_part;

/* All zero: empty. */
typedef struct lr_crawl_seen_table {
  lr_crawl_seen_part parts[LR_CRAWL_SEEN_PARTS];
  uint64_t count;
  uint64_t memory; /* bytes */
} lr_crawl_seen_table;

void lr_crawl_seen_clear(lr_crawl_seen_table *table);

bool lr_crawl_seen_has(const lr_crawl_seen_table *table, uint64_t fingerprint);

/* Makes sure that this fingerprint can be added.  False: out of memory. */
bool lr_crawl_seen_make_space(lr_crawl_seen_table *table, uint64_t fingerprint);

/* Makes space for so many in all, at once.  False: out of memory. */
bool lr_crawl_seen_reserve(lr_crawl_seen_table *table, uint64_t count);

/* Says that a fingerprint is to be looked for or added soon: its slot is on the
 * way from memory then. */
void lr_crawl_seen_prefetch(const lr_crawl_seen_table *table,
                            uint64_t fingerprint);

/* Adds one for which there is space; one that is there already stays. */
void lr_crawl_seen_add(lr_crawl_seen_table *table, uint64_t fingerprint);

#endif
