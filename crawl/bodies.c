/* SPDX-License-Identifier: MIT
 * bodies.c: a table of digests, each with a few places, of which the oldest is
 * given up. */
#include "bodies.h"

#include <string.h>

#include "memory.h"

enum { WAYS = 4 };

bool lr_crawl_bodies_init(lr_crawl_bodies *bodies) {
  bodies->places = lr_crawl_allocate(LR_CRAWL_BODIES, sizeof *bodies->places);
  return bodies->places != NULL;
}

void lr_crawl_bodies_clear(lr_crawl_bodies *bodies) {
  for (size_t i = 0; bodies->places && i < LR_CRAWL_BODIES; i++)
    lariat_memory_release(bodies->places[i].url);
  lariat_memory_release(bodies->places);
  bodies->places = NULL;
}

/* Returns the first of the places that a digest may have. */
static lr_crawl_body *places_of(const lr_crawl_bodies *bodies,
                                const uint8_t *digest) {
  uint32_t number;
  memcpy(&number, digest, sizeof number);
  return &bodies->places[number % (LR_CRAWL_BODIES / WAYS) * WAYS];
}

const lr_crawl_body *lr_crawl_bodies_find(const lr_crawl_bodies *bodies,
                                          const uint8_t *digest) {
  const lr_crawl_body *places = places_of(bodies, digest);
  for (size_t i = 0; i < WAYS; i++)
    if (places[i].url && memcmp(places[i].digest, digest, LR_CRAWL_DIGEST) == 0)
      return &places[i];
  return NULL;
}

static lr_crawl_body *find_oldest(lr_crawl_body *places) {
  lr_crawl_body *oldest = places;
  for (size_t i = 1; oldest->url && i < WAYS; i++)
    if (!places[i].url || places[i].at_ns < oldest->at_ns) oldest = &places[i];
  return oldest;
}

void lr_crawl_bodies_add(lr_crawl_bodies *bodies, const uint8_t *digest,
                         const char *url, int64_t at_ns) {
  lr_crawl_body *place = find_oldest(places_of(bodies, digest));
  char *copy = lr_crawl_copy_text(url);
  if (!copy) return;
  lariat_memory_release(place->url);
  place->url = copy;
  place->at_ns = at_ns;
  memcpy(place->digest, digest, LR_CRAWL_DIGEST);
}
