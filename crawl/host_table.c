/* SPDX-License-Identifier: MIT
 * host_table.c: an array of hosts, their names in blocks, and slots that find
 * them by the keyed hash of their origin. */
#include "host_table.h"

#include "memory.h"

enum { BLOCK = 64 * 1024, FIRST_SLOTS = 64, LONGEST = UINT16_MAX };

typedef struct lr_crawl_name_block {
  struct lr_crawl_name_block *next;
  size_t used, capacity;
  char bytes[];
} block;

void lr_crawl_hosts_begin(lr_crawl_host_table *table, lr_crawl_hash_key key) {
  *table = (lr_crawl_host_table){.key = key};
}

void lr_crawl_hosts_clear(lr_crawl_host_table *table) {
  while (table->names) {
    block *gone = table->names;
    table->names = gone->next;
    lariat_memory_release(gone);
  }
  lariat_memory_release(table->hosts);
  lariat_memory_release(table->slots);
  *table = (lr_crawl_host_table){0};
}

lr_crawl_host *lr_crawl_hosts_at(const lr_crawl_host_table *table,
                                 uint64_t id) {
  return id && id <= table->count ? &table->hosts[id - 1] : NULL;
}

/* ---- Slots ---- */

static bool is_host(const lr_crawl_host_table *table, uint32_t id,
                    const char *origin, size_t length) {
  const lr_crawl_host *host = &table->hosts[id - 1];
  return host->length == length && memcmp(host->origin, origin, length) == 0;
}

/* Returns the slot that has an origin, or the empty one where it belongs. */
static uint32_t *find_slot(const lr_crawl_host_table *table, const char *origin,
                           size_t length) {
  size_t mask = table->slot_count - 1;
  size_t at = lr_crawl_fingerprint(table->key, origin, length) & mask;
  while (table->slots[at] && !is_host(table, table->slots[at], origin, length))
    at = (at + 1) & mask;
  return &table->slots[at];
}

static bool grow_slots(lr_crawl_host_table *table) {
  if ((table->count + 1) * 2 <= table->slot_count) return true;
  lr_crawl_host_table larger = *table;
  larger.slot_count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
  larger.slots = lr_crawl_allocate(larger.slot_count, sizeof *larger.slots);
  if (!larger.slots) return false;
  for (uint32_t id = 1; id <= table->count; id++) {
    const lr_crawl_host *host = &table->hosts[id - 1];
    *find_slot(&larger, host->origin, host->length) = id;
  }
  larger.memory +=
      (larger.slot_count - table->slot_count) * sizeof *larger.slots;
  lariat_memory_release(table->slots);
  *table = larger;
  return true;
}

uint32_t lr_crawl_hosts_find(const lr_crawl_host_table *table,
                             const char *origin) {
  size_t length = strlen(origin);
  if (table->last && is_host(table, table->last, origin, length))
    return table->last;
  return table->slot_count ? *find_slot(table, origin, length) : 0;
}

/* ---- Adding ---- */

static char *copy_name(lr_crawl_host_table *table, const char *name,
                       size_t length) {
  if (!table->names || table->names->capacity - table->names->used <= length) {
    size_t capacity = length < BLOCK ? BLOCK : length + 1;
    block *added = lariat_memory_allocate(sizeof *added + capacity);
    if (!added) return NULL;
    *added = (block){.next = table->names, .capacity = capacity};
    table->names = added;
    table->memory += sizeof *added + capacity;
  }
  char *copy = table->names->bytes + table->names->used;
  memcpy(copy, name, length + 1);
  table->names->used += length + 1;
  return copy;
}

/* Returns how much of an origin begins its URLs: all, but the port that the
 * scheme has anyway. */
static size_t count_prefix(const char *origin, size_t length) {
  static const struct {
    const char *scheme, *port;
  } defaults[] = {{"http://", ":80"}, {"https://", ":443"}};
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
    size_t scheme = strlen(defaults[i].scheme), port = strlen(defaults[i].port);
    if (length > scheme + port &&
        memcmp(origin, defaults[i].scheme, scheme) == 0 &&
        memcmp(origin + length - port, defaults[i].port, port) == 0)
      return length - port;
  }
  return length;
}

static uint32_t add_host(lr_crawl_host_table *table, const char *origin,
                         size_t length) {
  size_t old = table->capacity;
  lr_crawl_host *hosts = lr_crawl_grow(table->hosts, &table->capacity,
                                       table->count + 1, sizeof *hosts);
  if (!hosts) return 0;
  table->hosts = hosts;
  table->memory += (table->capacity - old) * sizeof *hosts;
  const char *name =
      grow_slots(table) ? copy_name(table, origin, length) : NULL;
  if (!name) return 0;
  uint32_t id = (uint32_t)table->count + 1;
  *find_slot(table, origin, length) = id;
  hosts[table->count++] =
      (lr_crawl_host){.origin = name,
                      .length = (uint16_t)length,
                      .prefix = (uint16_t)count_prefix(name, length)};
  return table->last = id;
}

uint32_t lr_crawl_hosts_add(lr_crawl_host_table *table, const char *origin) {
  size_t length = strlen(origin);
  if (length > LONGEST) return 0;
  uint32_t found = lr_crawl_hosts_find(table, origin);
  if (found) return table->last = found;
  return add_host(table, origin, length);
}
