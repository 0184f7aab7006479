/* SPDX-License-Identifier: MIT
 * name_counts.c: a hash table of indexes. */
#include "crawl/name_counts.h"

#include <stdlib.h>
#include <string.h>

static const char others[] = "(others)";

void name_counts_init(struct name_counts *counts, size_t most) {
  *counts = (struct name_counts){.most = most};
}

void name_counts_free(struct name_counts *counts) {
  free(counts->counts);
  free(counts->buckets);
  text_free(&counts->names);
  *counts = (struct name_counts){.most = counts->most};
}

const char *name_counts_name(const struct name_counts *counts,
                             const struct name_count *count) {
  return counts->names.bytes + count->name;
}

static uint64_t hash_name(const char *name, size_t length) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
  return hash ^ hash >> 29;
}

/* Returns the bucket of a name, or the empty one where it belongs. */
static uint32_t *find_bucket(const struct name_counts *counts, const char *name,
                             size_t length, uint64_t hash) {
  size_t at = hash & (counts->bucket_count - 1);
  for (;; at = (at + 1) & (counts->bucket_count - 1)) {
    uint32_t *bucket = &counts->buckets[at];
    if (!*bucket) return bucket;
    const struct name_count *count = &counts->counts[*bucket - 1];
    const char *known = name_counts_name(counts, count);
    if (count->hash == hash && strncmp(known, name, length) == 0 &&
        !known[length])
      return bucket;
  }
}

/* Makes place for one more: twice as many buckets as counts at the least. */
static bool grow(struct name_counts *counts) {
  if (counts->count < counts->capacity) return true;
  size_t capacity = counts->capacity ? 2 * counts->capacity : 32;
  struct name_count *grown =
      realloc(counts->counts, capacity * sizeof *counts->counts);
  if (!grown) return false;
  counts->counts = grown;
  uint32_t *buckets = calloc(2 * capacity, sizeof *buckets);
  if (!buckets) return false;
  free(counts->buckets);
  counts->buckets = buckets;
  counts->bucket_count = 2 * capacity;
  counts->capacity = capacity;
  for (size_t i = 0; i < counts->count; i++) {
    size_t at = grown[i].hash & (counts->bucket_count - 1);
    while (buckets[at]) at = (at + 1) & (counts->bucket_count - 1);
    buckets[at] = (uint32_t)(i + 1);
  }
  return true;
}

static struct name_count *add_name(struct name_counts *counts, const char *name,
                                   size_t length, uint64_t hash) {
  if (!text_reserve(&counts->names, length + 1)) return NULL;
  struct name_count *count = &counts->counts[counts->count++];
  *count = (struct name_count){.name = counts->names.length, .hash = hash};
  char *at = text_put(counts->names.bytes + count->name, name, length);
  *at = '\0';
  counts->names.length += length + 1;
  return count;
}

struct name_count *name_counts_at(struct name_counts *counts, const char *name,
                                  size_t length) {
  if (!grow(counts)) return NULL;
  uint64_t hash = hash_name(name, length);
  uint32_t *bucket = find_bucket(counts, name, length, hash);
  if (!*bucket && counts->count >= counts->most) {
    name = others;
    length = sizeof others - 1;
    hash = hash_name(name, length);
    bucket = find_bucket(counts, name, length, hash);
  }
  if (*bucket) return &counts->counts[*bucket - 1];
  *bucket = (uint32_t)(counts->count + 1);
  struct name_count *count = add_name(counts, name, length, hash);
  if (!count) *bucket = 0;
  return count;
}

/* ---- Orders ---- */

static int compare(uint64_t a, uint64_t b) { return (a < b) - (a > b); }

int name_counts_by_count(const void *a, const void *b) {
  const struct name_count *one = a;
  const struct name_count *two = b;
  int order = compare(one->count, two->count);
  return order ? order : one->name < two->name ? -1 : 1;
}

static double mean_of(const struct name_count *count) {
  return count->count ? (double)count->took_ms / (double)count->count : -1;
}

int name_counts_by_time(const void *a, const void *b) {
  double one = mean_of(a);
  double two = mean_of(b);
  return one > two ? -1 : one < two ? 1 : name_counts_by_count(a, b);
}

void name_counts_sort(struct name_counts *counts, name_counts_order order) {
  if (counts->count)
    qsort(counts->counts, counts->count, sizeof *counts->counts, order);
}
