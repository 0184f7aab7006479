/* SPDX-License-Identifier: MIT
 * closed_shapes.h: the shapes that are closed, by the hashes of their texts. */
#ifndef CRAWL_CLOSED_SHAPES_H
#define CRAWL_CLOSED_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

enum { LR_CRAWL_MOST_CLOSED_SHAPES = 16384 };

typedef struct lr_crawl_closed_shape {
  uint64_t hash;
  char *text;
  const char *reason;
  uint32_t pages;
  bool opened; /* by the user: never to be closed again */
} lr_crawl_closed_shape;

/* All zero to begin with. */
typedef struct lr_crawl_closed_shapes {
  lr_crawl_closed_shape **slots; /* open addressing */
  size_t capacity;
  size_t count;
  size_t closed; /* of them, those that are not opened */
  size_t bytes;  /* of texts and shapes */
} lr_crawl_closed_shapes;

/* Returns a shape, closed or opened; NULL: it is neither. */
const lr_crawl_closed_shape *
lr_crawl_closed_shapes_find(const lr_crawl_closed_shapes *shapes,
                            uint64_t hash);

/* Adds a copy of a shape that is not there yet.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  there are too many */
lariat_status lr_crawl_closed_shapes_add(lr_crawl_closed_shapes *shapes,
                                         const lr_crawl_closed_shape *shape);

/* Opens a shape; false: it is not closed. */
bool lr_crawl_closed_shapes_open(lr_crawl_closed_shapes *shapes, uint64_t hash);

void lr_crawl_closed_shapes_clear(lr_crawl_closed_shapes *shapes);

#endif
