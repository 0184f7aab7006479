/* SPDX-License-Identifier: MIT
 * shape.h: what URLs have in common that differ in numbers and identifiers. */
#ifndef CRAWL_SHAPE_H
#define CRAWL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/url.h>

/* Traits of a URL that were seen while its shape was written. */
typedef struct lr_crawl_shape_traits {
  bool has_identifier; /* an H */
  bool has_date;       /* a year and behind it a month, somewhere */
  unsigned segments;   /* of the path, that are not empty */
  unsigned parameters; /* of the query */
} lr_crawl_shape_traits;

/* Writes a shape as lr_crawl_shape does (trap.h); `traits` may be NULL. */
size_t lr_crawl_shape_write(const lariat_url *url, char *out, size_t capacity,
                            lr_crawl_shape_traits *traits);

/* Writes what all queries of a path have in common, "http://h/list?*", and what
 * all that is in the directory of a path's first segment has,
 * "http://h/files/ *" (without the blank). */
size_t lr_crawl_shape_write_path(const lariat_url *url, char *out,
                                 size_t capacity);
size_t lr_crawl_shape_write_directory(const lariat_url *url, char *out,
                                      size_t capacity);

#endif
