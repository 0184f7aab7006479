/* SPDX-License-Identifier: MIT
 * lease_table.c: an array of leases, and chains by the queue through it. */
#include "lease_table.h"

#include "memory.h"

enum { CHAINS = 1024 };

lr_crawl_worker_lease *lr_crawl_leases_at(const lr_crawl_lease_table *table,
                                          uint32_t place) {
  if (!place || place > table->used) return NULL;
  lr_crawl_worker_lease *lease = &table->leases[place - 1];
  return lease->state == LR_CRAWL_LEASE_FREE ? NULL : lease;
}

static uint32_t *chain_of(const lr_crawl_lease_table *table, uint64_t queue) {
  return &table->chains[queue % CHAINS];
}

uint32_t lr_crawl_leases_find(const lr_crawl_lease_table *table,
                              uint64_t queue) {
  uint32_t place = table->chains ? *chain_of(table, queue) : 0;
  while (place && table->leases[place - 1].queue != queue)
    place = table->leases[place - 1].next;
  return place;
}

static uint32_t take_place(lr_crawl_lease_table *table) {
  if (!table->chains)
    table->chains = lr_crawl_allocate(CHAINS, sizeof *table->chains);
  if (!table->chains) return 0;
  uint32_t place = table->free;
  if (place) {
    table->free = table->leases[place - 1].next;
    return place;
  }
  lr_crawl_worker_lease *leases = lr_crawl_grow(
      table->leases, &table->capacity, table->used + 1, sizeof *leases);
  if (!leases) return 0;
  table->leases = leases;
  return (uint32_t)++table->used;
}

uint32_t lr_crawl_leases_add(lr_crawl_lease_table *table, uint64_t queue) {
  uint32_t place = take_place(table);
  if (!place) return 0;
  uint32_t *chain = chain_of(table, queue);
  table->leases[place - 1] = (lr_crawl_worker_lease){
      .queue = queue, .next = *chain, .state = LR_CRAWL_LEASE_HELD};
  *chain = place;
  table->count++;
  return place;
}

void lr_crawl_leases_remove(lr_crawl_lease_table *table, uint32_t place) {
  lr_crawl_worker_lease *lease = lr_crawl_leases_at(table, place);
  if (!lease) return;
  uint32_t *link = chain_of(table, lease->queue);
  while (*link != place) link = &table->leases[*link - 1].next;
  *link = lease->next;
  *lease = (lr_crawl_worker_lease){.next = table->free};
  table->free = place;
  table->count--;
}

void lr_crawl_leases_clear(lr_crawl_lease_table *table) {
  lariat_memory_release(table->leases);
  lariat_memory_release(table->chains);
  *table = (lr_crawl_lease_table){0};
}
