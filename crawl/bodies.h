/* SPDX-License-Identifier: MIT
 * bodies.h: the bodies that a shard has written lately, by their digests, so
 * that one that comes again is written as a reference to the first. */
#ifndef CRAWL_BODIES_H
#define CRAWL_BODIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LR_CRAWL_BODIES = 1 << 15, LR_CRAWL_DIGEST = 20 };

/* Where a body was seen first. */
typedef struct lr_crawl_body {
  uint8_t digest[LR_CRAWL_DIGEST];
  int64_t at_ns; /* since 1970 */
  char *url;     /* NULL: there is none in this place */
} lr_crawl_body;

typedef struct lr_crawl_bodies {
  lr_crawl_body *places;
} lr_crawl_bodies;

/* False: no memory. */
bool lr_crawl_bodies_init(lr_crawl_bodies *bodies);
void lr_crawl_bodies_clear(lr_crawl_bodies *bodies);

/* Returns the body of a digest; NULL: it is not known, or not any more. */
const lr_crawl_body *lr_crawl_bodies_find(const lr_crawl_bodies *bodies,
                                          const uint8_t *digest);

/* Remembers one; without memory it is not. */
void lr_crawl_bodies_add(lr_crawl_bodies *bodies, const uint8_t *digest,
                         const char *url, int64_t at_ns);

#endif
