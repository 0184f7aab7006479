/* SPDX-License-Identifier: MIT
 * shape_table.h: what was learnt of each shape, in bounded memory.  A shape has
 * a place in the table once it had a few pages; of most sites with speaking
 * URLs each shape has one. */
#ifndef CRAWL_SHAPE_TABLE_H
#define CRAWL_SHAPE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "query_values.h"

enum {
  LR_CRAWL_SHAPES = 16384,        /* that have a place */
  LR_CRAWL_SHAPE_FIRST = 8,       /* pages until then */
  LR_CRAWL_DIGESTS = 16,          /* of bodies that are remembered of each */
  LR_CRAWL_WORDS = 32,            /* and of words: twelve months, and more */
  LR_CRAWL_SHAPE_COUNTERS = 65536 /* for those without a place */
};

/* Counts of the pages of a shape, and what they were like. */
typedef struct lr_crawl_shape_stats {
  lr_crawl_list recent; /* in the table's list, the last used first */
  struct lr_crawl_shape_stats *next; /* with the same bucket */
  uint64_t hash;
  uint32_t pages;
  uint32_t equal;   /* pages whose body one before had */
  uint32_t alike;   /* pages whose words one before had */
  uint32_t chained; /* pages with one new link, of their own shape */
  uint64_t new_links;
  uint64_t new_links_of_same_shape;
  uint32_t digest_count, words_count; /* ever put into the rings */
  uint32_t digests[LR_CRAWL_DIGESTS]; /* 32 bits of them are enough */
  uint32_t words[LR_CRAWL_WORDS];
  lr_crawl_query_values *values; /* of a path's queries; else NULL */
} lr_crawl_shape_stats;

typedef struct lr_crawl_shape_table lr_crawl_shape_table;

/* Returns NULL without memory. */
lr_crawl_shape_table *lr_crawl_shape_table_new(void);
void lr_crawl_shape_table_free(lr_crawl_shape_table *table);

/* Returns what was learnt; NULL: the shape has no place. */
lr_crawl_shape_stats *lr_crawl_shape_table_find(lr_crawl_shape_table *table,
                                                uint64_t hash);

/* Counts a page of a shape and returns where to note what it was like; NULL:
 * the shape has no place yet.  The one that was used longest ago loses its
 * place to a new one.  `*first` (may be NULL) tells whether it is the only page
 * of its shape that is known of. */
lr_crawl_shape_stats *lr_crawl_shape_table_count(lr_crawl_shape_table *table,
                                                 uint64_t hash, bool *first);

/* Gives a shape what counts the values of queries; without memory it has none.
 */
void lr_crawl_shape_table_add_values(lr_crawl_shape_table *table,
                                     lr_crawl_shape_stats *stats);

/* Takes the place of a shape away. */
void lr_crawl_shape_table_forget(lr_crawl_shape_table *table, uint64_t hash);

size_t lr_crawl_shape_table_memory(const lr_crawl_shape_table *table);

#endif
