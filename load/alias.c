/* SPDX-License-Identifier: MIT
 * alias.c: the table: each column that has less than its due is filled up from
 * one that has more. */
#include "alias.h"

#include <stdbool.h>
#include <stdlib.h>

#include "wide.h"

/* The table in the making.  A column's due is the sum of all weights, in units
 * in which each weight counts as often as there are columns. */
struct making {
  lr_load_column *columns;
  lr_load_wide *left; /* what each column has still to give */
  uint32_t *small;    /* columns that have less than their due */
  uint32_t *large;    /* and those that have it, or more */
  size_t small_count;
  size_t large_count;
  lr_load_wide due;
};

static void sort_column(struct making *making, uint32_t column) {
  if (making->left[column] < making->due)
    making->small[making->small_count++] = column;
  else
    making->large[making->large_count++] = column;
}

/* Fills one small column from one large one. */
static void fill_column(struct making *making) {
  uint32_t small = making->small[--making->small_count];
  uint32_t large = making->large[--making->large_count];
  lr_load_wide own = making->left[small];
  making->columns[small] =
      (lr_load_column){(uint32_t)((own << 32) / making->due), large};
  making->left[large] -= making->due - own;
  sort_column(making, large);
}

static void make_columns(struct making *making, const uint64_t *weights,
                         size_t count) {
  for (size_t i = 0; i < count; i++) making->due += weights[i];
  for (uint32_t i = 0; i < count; i++) {
    making->columns[i] = (lr_load_column){UINT32_MAX, i};
    making->left[i] = (lr_load_wide)weights[i] * count;
    sort_column(making, i);
  }
  while (making->small_count && making->large_count) fill_column(making);
}

lariat_status lr_load_alias_init(lr_load_alias *alias, const uint64_t *weights,
                                 size_t count) {
  struct making making = {.columns = calloc(count, sizeof(lr_load_column)),
                          .left = calloc(count, sizeof(lr_load_wide)),
                          .small = calloc(count, sizeof(uint32_t)),
                          .large = calloc(count, sizeof(uint32_t))};
  bool good = making.columns && making.left && making.small && making.large;
  if (good) make_columns(&making, weights, count);
  free(making.left);
  free(making.small);
  free(making.large);
  if (!good) free(making.columns);
  *alias = (lr_load_alias){good ? making.columns : NULL, good ? count : 0};
  return good ? LARIAT_OK : LARIAT_ENOMEM;
}

void lr_load_alias_free(lr_load_alias *alias) {
  free(alias->columns);
  *alias = (lr_load_alias){.columns = NULL};
}

size_t lr_load_alias_draw(const lr_load_alias *alias, uint64_t random) {
  lr_load_wide place = (lr_load_wide)random * alias->count;
  size_t column = (size_t)(place >> 64);
  uint32_t share = (uint32_t)(place >> 32);
  const lr_load_column *at = &alias->columns[column];
  return share < at->own ? column : at->other;
}
