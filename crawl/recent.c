/* SPDX-License-Identifier: MIT
 * recent.c: a table that forgets what it has no place for. */
#include "recent.h"

#include "memory.h"

bool lr_crawl_recent_init(lr_crawl_recent *recent) {
  recent->places = lr_crawl_allocate(LR_CRAWL_RECENT, sizeof *recent->places);
  return recent->places != NULL;
}

void lr_crawl_recent_clear(lr_crawl_recent *recent) {
  lariat_memory_release(recent->places);
  recent->places = NULL;
}

static uint64_t *place_of(lr_crawl_recent *recent, uint64_t fingerprint) {
  return &recent->places[fingerprint % LR_CRAWL_RECENT];
}

bool lr_crawl_recent_add(lr_crawl_recent *recent, uint64_t fingerprint) {
  uint64_t *place = place_of(recent, fingerprint);
  bool known = *place == fingerprint;
  *place = fingerprint;
  return known;
}

void lr_crawl_recent_remove(lr_crawl_recent *recent, uint64_t fingerprint) {
  uint64_t *place = place_of(recent, fingerprint);
  if (*place == fingerprint) *place = 0;
}
