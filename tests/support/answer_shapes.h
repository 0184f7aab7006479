/* SPDX-License-Identifier: MIT
 * answer_shapes.h: answers of HTTP/1.1 servers, good, odd and broken, each with
 * a name: what a reader of answers has to make something of. */
#ifndef TESTS_SUPPORT_ANSWER_SHAPES_H
#define TESTS_SUPPORT_ANSWER_SHAPES_H

#include <stdbool.h>
#include <stddef.h>

enum {
  SHAPE_WAITS = 1,   /* GET: what comes after its bytes decides */
  SHAPE_MOVES = 2,   /* it may be a redirect */
  SHAPE_TRIES = 4,   /* a good answer, with a status to try again */
  SHAPE_CODED = 8,   /* the body has a coding */
  SHAPE_SIMPLE = 16, /* nothing in it is out of the ordinary */
  SHAPE_MORE = 32    /* bytes behind the answer that nobody asked for */
};

struct answer_shape {
  const char *name;
  const char *bytes;
  size_t length;
  unsigned flags;
};

/* All of them; `*count` gets how many.  NULL when out of memory. */
struct answer_shape *answer_shapes_make(size_t *count);

void answer_shapes_free(struct answer_shape *shapes, size_t count);

/* The one called `name`, or NULL. */
const struct answer_shape *answer_shapes_find(const struct answer_shape *shapes,
                                              size_t count, const char *name);

#endif
