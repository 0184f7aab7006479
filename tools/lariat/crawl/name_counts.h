/* SPDX-License-Identifier: MIT
 * name_counts.h: counts by name: hosts, media types, reasons.  Beyond a number
 * of names the others are counted as one. */
#ifndef TOOLS_LARIAT_CRAWL_NAME_COUNTS_H
#define TOOLS_LARIAT_CRAWL_NAME_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct name_count {
  size_t name; /* where it is in `names` */
  uint64_t hash;
  uint64_t count;
  uint64_t bytes;
  uint64_t took_ms; /* in all */
  uint64_t most_ms;
  uint64_t failed;
  uint64_t queued;
};

struct name_counts {
  struct name_count *counts;
  size_t count;
  size_t capacity;
  uint32_t *buckets; /* index + 1; 0: empty */
  size_t bucket_count;
  struct text names; /* each ended by NUL */
  size_t most;       /* names; the one after that is "(others)" */
};

void name_counts_init(struct name_counts *counts, size_t most);
void name_counts_free(struct name_counts *counts);

/* Finds the counts of a name, or makes them; until the next call.  NULL: out of
 * memory. */
struct name_count *name_counts_at(struct name_counts *counts, const char *name,
                                  size_t length);

const char *name_counts_name(const struct name_counts *counts,
                             const struct name_count *count);

/* Compares as qsort wants it, what is first in a table less. */
typedef int (*name_counts_order)(const void *a, const void *b);

/* Puts the counts in order; nothing is found any more after that. */
void name_counts_sort(struct name_counts *counts, name_counts_order order);

/* Orders: the most first, and the slowest on the average first. */
int name_counts_by_count(const void *a, const void *b);
int name_counts_by_time(const void *a, const void *b);

#endif
