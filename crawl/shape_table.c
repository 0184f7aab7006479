/* SPDX-License-Identifier: MIT
 * shape_table.c: a hash table with a list of what was used last, and small
 * counters that say who gets a place. */
#include "shape_table.h"

#include "memory.h"

enum { BUCKETS = 8192 };

/* A counter is one of a set for the shapes that share it.  Those that are not
 * there take away from the least one, until it is free: who is there often
 * stays. */
enum { SET = 4, SETS = LR_CRAWL_SHAPE_COUNTERS / SET };
typedef struct counter {
  uint32_t tag; /* bits of the hash */
  uint32_t pages;
} counter;

struct lr_crawl_shape_table {
  lr_crawl_list recent;
  size_t count;
  size_t values; /* how many have them */
  lr_crawl_shape_stats *buckets[BUCKETS];
  counter counters[SETS][SET];
};

lr_crawl_shape_table *lr_crawl_shape_table_new(void) {
  lr_crawl_shape_table *table = lr_crawl_allocate(1, sizeof *table);
  if (table) lr_crawl_list_init(&table->recent);
  return table;
}

static lr_crawl_shape_stats **bucket_of(lr_crawl_shape_table *table,
                                        uint64_t hash) {
  return &table->buckets[hash % BUCKETS];
}

static void free_stats(lr_crawl_shape_stats *stats) {
  lariat_memory_release(stats->values);
  lariat_memory_release(stats);
}

/* Takes a place away and returns the next one in its bucket. */
static void remove_stats(lr_crawl_shape_table *table,
                         lr_crawl_shape_stats *stats) {
  lr_crawl_shape_stats **at = bucket_of(table, stats->hash);
  while (*at != stats) at = &(*at)->next;
  *at = stats->next;
  lr_crawl_list_remove(&stats->recent);
  table->count--;
  if (stats->values) table->values--;
  free_stats(stats);
}

void lr_crawl_shape_table_free(lr_crawl_shape_table *table) {
  lr_crawl_list *node;
  if (!table) return;
  while ((node = lr_crawl_list_take(&table->recent)))
    free_stats(lr_crawl_listed(node, lr_crawl_shape_stats, recent));
  lariat_memory_release(table);
}

lr_crawl_shape_stats *lr_crawl_shape_table_find(lr_crawl_shape_table *table,
                                                uint64_t hash) {
  lr_crawl_shape_stats *stats = *bucket_of(table, hash);
  while (stats && stats->hash != hash) stats = stats->next;
  return stats;
}

/* Returns the counter of a shape; NULL: it has none yet. */
static counter *find_counter(counter *set, uint32_t tag) {
  counter *least = set;
  for (counter *one = set; one < set + SET; one++) {
    if (one->pages && one->tag == tag) return one;
    if (one->pages < least->pages) least = one;
  }
  if (least->pages) {
    least->pages--;
    return NULL;
  }
  least->tag = tag;
  return least;
}

/* Tells whether a shape has had enough pages for a place. */
static bool count_small(lr_crawl_shape_table *table, uint64_t hash,
                        bool *first) {
  counter *one =
      find_counter(table->counters[(hash >> 32) % SETS], (uint32_t)hash);
  *first = !one || !one->pages;
  if (!one || ++one->pages < LR_CRAWL_SHAPE_FIRST) return false;
  one->pages = 0;
  return true;
}

static lr_crawl_shape_stats *add_stats(lr_crawl_shape_table *table,
                                       uint64_t hash) {
  if (table->count == LR_CRAWL_SHAPES)
    remove_stats(table, lr_crawl_listed(table->recent.prev,
                                        lr_crawl_shape_stats, recent));
  lr_crawl_shape_stats *stats = lr_crawl_allocate(1, sizeof *stats);
  if (!stats) return NULL;
  lr_crawl_list_prepend(&table->recent, &stats->recent);
  stats->hash = hash;
  stats->next = *bucket_of(table, hash);
  *bucket_of(table, hash) = stats;
  table->count++;
  return stats;
}

lr_crawl_shape_stats *lr_crawl_shape_table_count(lr_crawl_shape_table *table,
                                                 uint64_t hash, bool *first) {
  bool only = false;
  lr_crawl_shape_stats *stats = lr_crawl_shape_table_find(table, hash);
  if (stats) {
    lr_crawl_list_remove(&stats->recent);
    lr_crawl_list_prepend(&table->recent, &stats->recent);
  } else if (count_small(table, hash, &only)) {
    stats = add_stats(table, hash);
  }
  if (stats) stats->pages++;
  if (first) *first = only;
  return stats;
}

void lr_crawl_shape_table_add_values(lr_crawl_shape_table *table,
                                     lr_crawl_shape_stats *stats) {
  stats->values = lr_crawl_allocate(1, sizeof *stats->values);
  if (stats->values) table->values++;
}

void lr_crawl_shape_table_forget(lr_crawl_shape_table *table, uint64_t hash) {
  lr_crawl_shape_stats *stats = lr_crawl_shape_table_find(table, hash);
  if (stats) remove_stats(table, stats);
}

size_t lr_crawl_shape_table_memory(const lr_crawl_shape_table *table) {
  return sizeof *table + table->count * sizeof(lr_crawl_shape_stats) +
         table->values * sizeof(lr_crawl_query_values);
}
