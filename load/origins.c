/* SPDX-License-Identifier: MIT
 * origins.c: a table of origins by their text. */
#include "origins.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "hash.h"

enum { MOST_ORIGINS = LR_LOAD_ORIGIN_BLOCK * LR_LOAD_ORIGIN_BLOCKS };

const lr_load_origin *lr_load_origins_at(const lr_load_origins *origins,
                                         size_t index) {
  return &origins->blocks[index / LR_LOAD_ORIGIN_BLOCK]
                         [index % LR_LOAD_ORIGIN_BLOCK];
}

void lr_load_origins_free(lr_load_origins *origins) {
  for (size_t i = 0; i < LR_LOAD_ORIGIN_BLOCKS; i++) free(origins->blocks[i]);
  free(origins->slots);
  lr_load_arena_free(&origins->texts);
  *origins = (lr_load_origins){.count = 0};
}

/* Makes "https://example.org:8443"; the port where it is not the scheme's.
 * Returns the length; NULL is put into `*text` when out of memory. */
static size_t make_text(lr_load_arena *arena, const lariat_url *url,
                        char **text) {
  lariat_url_part scheme = lariat_url_scheme(url);
  lariat_url_part host = lariat_url_host(url);
  unsigned port = lariat_url_port(url);
  size_t capacity = scheme.length + host.length + sizeof("://:65535");
  *text = lr_load_arena_take(arena, capacity);
  if (!*text) return 0;
  int length = snprintf(*text, capacity, "%.*s://%.*s", (int)scheme.length,
                        scheme.bytes, (int)host.length, host.bytes);
  if (port != (scheme.length == 5 ? 443u : 80u))
    length += snprintf(*text + length, capacity - (size_t)length, ":%u", port);
  lr_load_arena_return(arena, capacity - (size_t)length - 1);
  return (size_t)length + 1;
}

/* Returns the slot of an origin, or the empty one where it belongs. */
static uint32_t *find_slot(const lr_load_origins *origins, const char *text) {
  uint64_t hash = lr_load_mix(lr_load_hash_text(LR_LOAD_HASH_START, text));
  size_t at = hash & (origins->slot_count - 1);
  while (origins->slots[at] &&
         strcmp(lr_load_origins_at(origins, origins->slots[at] - 1)->url,
                text) != 0)
    at = (at + 1) & (origins->slot_count - 1);
  return &origins->slots[at];
}

/* Keeps the table at most half full. */
static bool reserve_slot(lr_load_origins *origins) {
  if (origins->slot_count > 2 * (size_t)origins->count) return true;
  size_t count = origins->slot_count ? 2 * origins->slot_count : 16;
  uint32_t *slots = calloc(count, sizeof(*slots));
  if (!slots) return false;
  free(origins->slots);
  origins->slots = slots;
  origins->slot_count = count;
  for (uint32_t i = 0; i < origins->count; i++)
    *find_slot(origins, lr_load_origins_at(origins, i)->url) = i + 1;
  return true;
}

static lariat_status add_origin(lr_load_origins *origins, const char *text,
                                uint32_t *slot, lariat_load_error *error) {
  if (origins->count == MOST_ORIGINS)
    return lr_load_fail(error, 0, "more than %d servers", MOST_ORIGINS);
  lr_load_origin **block =
      &origins->blocks[origins->count / LR_LOAD_ORIGIN_BLOCK];
  if (!*block) *block = calloc(LR_LOAD_ORIGIN_BLOCK, sizeof(**block));
  if (!*block) return LARIAT_ENOMEM;
  (*block)[origins->count % LR_LOAD_ORIGIN_BLOCK].url = text;
  *slot = ++origins->count;
  return LARIAT_OK;
}

lariat_status lr_load_origins_add(lr_load_origins *origins,
                                  const lariat_url *url, bool frozen,
                                  uint32_t *index, lariat_load_error *error) {
  char *text;
  size_t size = make_text(&origins->texts, url, &text);
  if (!text || !reserve_slot(origins)) return LARIAT_ENOMEM;
  uint32_t *slot = find_slot(origins, text);
  lariat_status status = LARIAT_OK;
  if (!*slot && frozen)
    status = lr_load_fail(error, 0,
                          "a server that was not there when the run was made");
  else if (*slot)
    lr_load_arena_return(&origins->texts, size);
  else
    status = add_origin(origins, text, slot, error);
  if (status == LARIAT_OK) *index = *slot - 1;
  return status;
}
