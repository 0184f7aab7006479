/* SPDX-License-Identifier: MIT
 * due.h: what is due when: a heap with the earliest first. */
#ifndef BENCH_TRUTH_DUE_H
#define BENCH_TRUTH_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct due {
  uint64_t due_ns;
  uint32_t slot;   /* of the connection, */
  uint32_t serial; /* which was this one then */
};

struct due_heap {
  struct due *heap; /* [0] is the earliest */
  size_t count;
  size_t capacity;
};

/* False: out of memory. */
bool due_add(struct due_heap *dues, struct due due);

/* Takes away the earliest. */
void due_pop(struct due_heap *dues);

#endif
