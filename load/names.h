/* SPDX-License-Identifier: MIT
 * names.h: the classes that requests are counted in. */
#ifndef LOAD_NAMES_H
#define LOAD_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/requests.h>

#include "arena.h"

typedef struct lr_load_names {
  const char *names[LARIAT_LOAD_MOST_NAMES];
  size_t count;
  uint16_t other; /* the name that stands for those there is no space for; 0:
                     not there yet */
  lr_load_arena arena;
} lr_load_names;

/* Makes a list with the name "". */
void lr_load_names_init(lr_load_names *names);
void lr_load_names_free(lr_load_names *names);

/* Adds the name "other".  False: out of memory. */
bool lr_load_names_add_other(lr_load_names *names);

/* Finds a name, or adds it, or, where there is no space or, with `frozen`, no
 * name may be added, the one that stands for all others.  False: out of
 * memory. */
bool lr_load_names_find(lr_load_names *names, const char *name, bool frozen,
                        uint16_t *index);

#endif
