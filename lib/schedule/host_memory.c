/* SPDX-License-Identifier: MIT
 * host_memory.c: a table of hashes, each with a byte of facts. */
#include "schedule/host_memory.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

/* An entry is a hash whose lowest byte are the facts. */
enum { ENTRIES = 4096, FACTS = 0xff };

void lr_host_memory_clear(lr_host_memory *memory) {
  lr_free(memory->entries);
  memory->entries = NULL;
}

static uint64_t *entry_of(const lr_host_memory *memory, uint64_t hash) {
  return &memory->entries[(hash >> 8) % ENTRIES];
}

void lr_host_memory_keep(lr_host_memory *memory, uint64_t hash,
                         unsigned facts) {
  uint64_t name = hash & ~(uint64_t)FACTS;
  if (!memory->entries && facts)
    memory->entries = lr_alloc_zero(ENTRIES * sizeof *memory->entries);
  if (!memory->entries) return;
  uint64_t *entry = entry_of(memory, hash);
  bool same = (*entry & ~(uint64_t)FACTS) == name;
  bool gives_way = !(*entry & LR_HOST_FACT_NEEDS_LIBCURL) ||
                   facts & LR_HOST_FACT_NEEDS_LIBCURL;
  if (same || (facts && gives_way)) *entry = name | facts;
}

unsigned lr_host_memory_find(const lr_host_memory *memory, uint64_t hash) {
  if (!memory->entries) return 0;
  uint64_t entry = *entry_of(memory, hash);
  bool same = (entry & ~(uint64_t)FACTS) == (hash & ~(uint64_t)FACTS);
  return same ? (unsigned)(entry & FACTS) : 0;
}
