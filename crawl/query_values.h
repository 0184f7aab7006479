/* SPDX-License-Identifier: MIT
 * query_values.h: how many values the parameters of one path have, to tell a
 * list of things ("?topic=17") from all combinations of a few filters. */
#ifndef CRAWL_QUERY_VALUES_H
#define CRAWL_QUERY_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  LR_CRAWL_QUERY_NAMES = 8,  /* more are not told apart */
  LR_CRAWL_QUERY_BITS = 1024 /* for the values of each */
};

/* All zero to begin with. */
typedef struct lr_crawl_query_values {
  struct lr_crawl_query_name {
    uint64_t name; /* its hash; 0: free */
    uint64_t bits[LR_CRAWL_QUERY_BITS / 64];
    uint32_t set; /* how many of the bits are */
  } names[LR_CRAWL_QUERY_NAMES];
} lr_crawl_query_values;

/* Notes the values of a query. */
void lr_crawl_query_values_note(lr_crawl_query_values *values,
                                const char *query, size_t length);

/* Returns how many parameters have had more than one value. */
unsigned lr_crawl_query_values_vary(const lr_crawl_query_values *values);

/* Tells whether `queries` that are all different are so because few values of
 * many parameters were put together: three parameters and more vary, and none
 * of them has a sixteenth as many values. */
bool lr_crawl_query_values_are_combined(const lr_crawl_query_values *values,
                                        uint32_t queries);

#endif
