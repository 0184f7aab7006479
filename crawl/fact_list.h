/* SPDX-License-Identifier: MIT
 * fact_list.h: facts about hosts that changed since the last commit.  One
 * thread. */
#ifndef CRAWL_FACT_LIST_H
#define CRAWL_FACT_LIST_H

#include "frontier.h"

/* All zero: empty. */
typedef struct lr_crawl_fact_list {
  lr_crawl_host_facts *facts; /* their texts are the list's */
  size_t count, capacity;
} lr_crawl_fact_list;

/* Adds a copy, in the place of the one of the same host.  False: out of memory,
 * and nothing has changed. */
bool lr_crawl_facts_set(lr_crawl_fact_list *list,
                        const lr_crawl_host_facts *facts);

/* Returns what is known of a host; NULL: nothing has changed. */
const lr_crawl_host_facts *lr_crawl_facts_find(const lr_crawl_fact_list *list,
                                               uint64_t host);

/* Drops all, and keeps the array. */
void lr_crawl_facts_drop(lr_crawl_fact_list *list);
void lr_crawl_facts_clear(lr_crawl_fact_list *list);

#endif
