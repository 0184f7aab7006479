/* SPDX-License-Identifier: MIT
 * origins.h: the servers that the requests of a test go to, each once.  An
 * origin stays where it is, so that others can read it while more are added. */
#ifndef LOAD_ORIGINS_H
#define LOAD_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "source.h"

enum { LR_LOAD_ORIGIN_BLOCK = 256, LR_LOAD_ORIGIN_BLOCKS = 256 };

/* All zero: empty. */
typedef struct lr_load_origins {
  lr_load_origin *blocks[LR_LOAD_ORIGIN_BLOCKS];
  uint32_t count;
  uint32_t *slots;   /* a hash table of indexes + 1, with open addressing */
  size_t slot_count; /* a power of 2, or 0 */
  lr_load_arena texts;
} lr_load_origins;

/* Finds the origin of a URL, or adds it, and puts its index into `*index`.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  there are as many as there may be: 65,536, or, with `frozen`,
 *                those that there are; see the error */
lariat_status lr_load_origins_add(lr_load_origins *origins,
                                  const lariat_url *url, bool frozen,
                                  uint32_t *index, lariat_load_error *error);

/* Returns an origin that there is. */
const lr_load_origin *lr_load_origins_at(const lr_load_origins *origins,
                                         size_t index);

void lr_load_origins_free(lr_load_origins *origins);

#endif
