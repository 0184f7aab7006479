/* SPDX-License-Identifier: MIT
 * id_map.h: two numbers for each of some ids of URLs: those that are handed
 * out, and those that were tried before.  One thread. */
#ifndef CRAWL_ID_MAP_H
#define CRAWL_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_id_entry {
  uint32_t id; /* 0: none */
  uint32_t first, second;
} lr_crawl_id_entry;

/* All zero: empty. */
typedef struct lr_crawl_id_map {
  lr_crawl_id_entry *entries;
  size_t capacity; /* a power of two */
  size_t count;
} lr_crawl_id_map;

/* Returns the entry of an id, good until the map changes; NULL: none. */
lr_crawl_id_entry *lr_crawl_id_map_find(const lr_crawl_id_map *map,
                                        uint32_t id);

/* Makes space for one more.  False: out of memory. */
bool lr_crawl_id_map_make_space(lr_crawl_id_map *map);

/* Adds an entry for which there is space, or changes the one of its id. */
void lr_crawl_id_map_set(lr_crawl_id_map *map, lr_crawl_id_entry entry);

/* Takes the entry of an id out, and returns it; one with id 0: there was
 * none. */
lr_crawl_id_entry lr_crawl_id_map_take(lr_crawl_id_map *map, uint32_t id);

void lr_crawl_id_map_clear(lr_crawl_id_map *map);

#endif
