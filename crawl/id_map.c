/* SPDX-License-Identifier: MIT
 * id_map.c: open addressing with linear probing, at most half full.  Ids are
 * made one after the other, not by a site: multiplying them is hash enough. */
#include "id_map.h"

#include "memory.h"

enum { LEAST = 16 };

static inline size_t slot_of(const lr_crawl_id_map *map, uint32_t id) {
  return (size_t)(id * 0x9e3779b97f4a7c15u >> 32) & (map->capacity - 1);
}

/* Returns the entry of an id, or the empty one where it belongs. */
static lr_crawl_id_entry *find_place(const lr_crawl_id_map *map, uint32_t id) {
  size_t at = slot_of(map, id);
  while (map->entries[at].id && map->entries[at].id != id)
    at = (at + 1) & (map->capacity - 1);
  return &map->entries[at];
}

lr_crawl_id_entry *lr_crawl_id_map_find(const lr_crawl_id_map *map,
                                        uint32_t id) {
  if (!map->count) return NULL;
  lr_crawl_id_entry *found = find_place(map, id);
  return found->id ? found : NULL;
}

bool lr_crawl_id_map_make_space(lr_crawl_id_map *map) {
  if ((map->count + 1) * 2 <= map->capacity) return true;
  lr_crawl_id_map larger = {.capacity =
                                map->capacity ? map->capacity * 2 : LEAST};
  larger.entries = lr_crawl_allocate(larger.capacity, sizeof *larger.entries);
  if (!larger.entries) return false;
  for (size_t i = 0; i < map->capacity; i++)
    if (map->entries[i].id) lr_crawl_id_map_set(&larger, map->entries[i]);
  lariat_memory_release(map->entries);
  *map = larger;
  return true;
}

void lr_crawl_id_map_set(lr_crawl_id_map *map, lr_crawl_id_entry entry) {
  lr_crawl_id_entry *place = find_place(map, entry.id);
  map->count += !place->id;
  *place = entry;
}

/* Moves what is behind an emptied slot forward, where it would be found from
 * its own slot no more. */
static void close_gap(lr_crawl_id_map *map, size_t gap) {
  size_t mask = map->capacity - 1;
  for (size_t at = (gap + 1) & mask; map->entries[at].id;
       at = (at + 1) & mask) {
    size_t from = slot_of(map, map->entries[at].id);
    if (((at - from) & mask) < ((at - gap) & mask)) continue;
    map->entries[gap] = map->entries[at];
    map->entries[at].id = 0;
    gap = at;
  }
}

lr_crawl_id_entry lr_crawl_id_map_take(lr_crawl_id_map *map, uint32_t id) {
  lr_crawl_id_entry *found = lr_crawl_id_map_find(map, id);
  if (!found) return (lr_crawl_id_entry){0};
  lr_crawl_id_entry taken = *found;
  found->id = 0;
  map->count--;
  close_gap(map, (size_t)(found - map->entries));
  return taken;
}

void lr_crawl_id_map_clear(lr_crawl_id_map *map) {
  lariat_memory_release(map->entries);
  *map = (lr_crawl_id_map){0};
}
