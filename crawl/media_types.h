/* SPDX-License-Identifier: MIT
 * media_types.h: the names of media types, which the log keeps once each.  One
 * thread. */
#ifndef CRAWL_MEDIA_TYPES_H
#define CRAWL_MEDIA_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* So many are kept; a site that invents more gets the last one for all. */
enum { LR_CRAWL_MOST_TYPES = 500 };

/* All zero: empty. */
typedef struct lr_crawl_media_types {
  char **names; /* [id - 1] */
  size_t count, capacity;
  size_t committed; /* of them are in the log */
} lr_crawl_media_types;

/* Returns the id of a type, which is added where it is new; 0: none, or out of
 * memory. */
uint32_t lr_crawl_types_add(lr_crawl_media_types *types, const char *name);
void lr_crawl_types_clear(lr_crawl_media_types *types);

#endif
