/* SPDX-License-Identifier: MIT
 * seen_table.c: the set of fingerprints.  They are hashes already, so the top
 * byte is the part, and the bits below it, scaled to the capacity, the slot:
 * fingerprints are nearly in order within a part, and copying one to a larger
 * part walks through both. */
#include "seen_table.h"

#include "memory.h"

/* Returns the fingerprint as it is stored: 0 is an empty slot. */
static inline uint64_t stored(uint64_t fingerprint) {
  return fingerprint ? fingerprint : 1;
}

static inline size_t part_of(uint64_t fingerprint) { return fingerprint >> 56; }

static inline size_t first_slot(const lr_crawl_seen_part *part,
                                uint64_t fingerprint) {
  uint64_t bits = fingerprint >> 24 & UINT32_MAX;
  return bits * part->capacity >> 32;
}

void lr_crawl_seen_prefetch(const lr_crawl_seen_table *table,
                            uint64_t fingerprint) {
  const lr_crawl_seen_part *part = &table->parts[part_of(fingerprint)];
  if (part->capacity)
    __builtin_prefetch(&part->slots[first_slot(part, fingerprint)]);
}

/* Returns the slot that has it, or the empty one where it belongs. */
static inline uint64_t *find_slot(const lr_crawl_seen_part *part,
                                  uint64_t fingerprint) {
  size_t at = first_slot(part, fingerprint);
  while (part->slots[at] && part->slots[at] != fingerprint)
    at = at + 1 == part->capacity ? 0 : at + 1;
  return &part->slots[at];
}

bool lr_crawl_seen_has(const lr_crawl_seen_table *table, uint64_t fingerprint) {
  fingerprint = stored(fingerprint);
  const lr_crawl_seen_part *part = &table->parts[part_of(fingerprint)];
  return part->capacity && *find_slot(part, fingerprint) != 0;
}

/* Tells whether `count` fit: seven tenths, so that searches stay short. */
static inline bool fits(uint64_t count, uint64_t capacity) {
  return count * 10 <= capacity * 7;
}

/* Moves a part's fingerprints to new slots. */
static bool resize_part(lr_crawl_seen_table *table, lr_crawl_seen_part *part,
                        uint64_t capacity) {
  if (capacity > UINT32_MAX) return false;
  lr_crawl_seen_part old = *part;
  uint64_t *slots = lr_crawl_allocate(capacity, sizeof *slots);
  if (!slots) return false;
  part->slots = slots;
  part->capacity = (uint32_t)capacity;
  for (uint32_t i = 0; i < old.capacity; i++)
    if (old.slots[i]) *find_slot(part, old.slots[i]) = old.slots[i];
  table->memory += (capacity - old.capacity) * sizeof *slots;
  lariat_memory_release(old.slots);
  return true;
}

/* Returns the next capacity of a part.  The first ones differ from part to part
 * by up to a quarter, and so do all later ones: they grow in turn. */
static uint64_t next_capacity(const lr_crawl_seen_table *table,
                              const lr_crawl_seen_part *part) {
  uint64_t index = (uint64_t)(part - table->parts);
  return part->capacity ? part->capacity + part->capacity / 4
                        : 32 + index * 8 / LR_CRAWL_SEEN_PARTS;
}

bool lr_crawl_seen_make_space(lr_crawl_seen_table *table,
                              uint64_t fingerprint) {
  lr_crawl_seen_part *part = &table->parts[part_of(stored(fingerprint))];
  return fits(part->count + 1ull, part->capacity) ||
         resize_part(table, part, next_capacity(table, part));
}

bool lr_crawl_seen_reserve(lr_crawl_seen_table *table, uint64_t count) {
  uint64_t each = count / LR_CRAWL_SEEN_PARTS + 1;
  for (size_t i = 0; i < LR_CRAWL_SEEN_PARTS; i++) {
    lr_crawl_seen_part *part = &table->parts[i];
    if (fits(each, part->capacity)) continue;
    uint64_t capacity = each * 10 / 7 + 32;
    capacity += capacity * i / (LR_CRAWL_SEEN_PARTS * 8ull);
    if (!resize_part(table, part, capacity)) return false;
  }
  return true;
}

void lr_crawl_seen_add(lr_crawl_seen_table *table, uint64_t fingerprint) {
  fingerprint = stored(fingerprint);
  lr_crawl_seen_part *part = &table->parts[part_of(fingerprint)];
  uint64_t *slot = find_slot(part, fingerprint);
  if (*slot) return;
  *slot = fingerprint;
  part->count++;
  table->count++;
}

void lr_crawl_seen_clear(lr_crawl_seen_table *table) {
  for (size_t i = 0; i < LR_CRAWL_SEEN_PARTS; i++)
    lariat_memory_release(table->parts[i].slots);
  *table = (lr_crawl_seen_table){0};
}
