/* SPDX-License-Identifier: MIT
 * stats_json.h: the counts of a crawl as JSON, and read again. */
#ifndef TOOLS_LARIAT_CRAWL_STATS_JSON_H
#define TOOLS_LARIAT_CRAWL_STATS_JSON_H

#include <jansson.h>
#include <lariat/crawl/crawl.h>
#include <stdbool.h>

#include "text.h"

/* The counts, as a running process shows them to others. */
struct crawl_counts {
  lariat_crawl_stats stats; /* its `end_reason` is `reason` */
  char reason[128];
  char trouble[512];  /* `stats.trouble` is that, too */
  double pages_per_s; /* lately; 0: not known */
  double bytes_per_s;
  bool runs; /* in a process */
};

/* Returns the word for an end: "running", "done", "budget", "stopped", "disk".
 */
const char *crawl_end_name(lariat_crawl_end end);

/* Writes `"name":number,...`, the inside of an object; false: out of memory. */
bool crawl_counts_add_json(struct text *text,
                           const struct crawl_counts *counts);

/* Reads an object that this wrote; what is missing is 0. */
void crawl_counts_read_json(struct crawl_counts *counts, const json_t *object);

#endif
