/* SPDX-License-Identifier: MIT
 * list.h: the making of a lariat_list, the list of values that a gather
 * gives.  (Not to be mixed up with base/list.h, the intrusive one.) */
#ifndef LR_DEFERRED_LIST_H
#define LR_DEFERRED_LIST_H

#include <stddef.h>

#include <lariat/value.h>

struct lariat_list {
  size_t count;
  lariat_list *next_dead; /* while it is being freed; then itself */
  lariat_value items[];
};

/* Makes a list of `count` times "none"; NULL when out of memory. */
lariat_list *lr_list_values_new(size_t count);

/* Puts `value` at `index`, which is in range and holds "none"; the list owns
 * it. */
static inline void lr_list_values_put(lariat_list *list, size_t index,
                                      lariat_value value) {
  list->items[index] = value;
}

/* Frees the list and drops its items.  NULL is allowed. */
void lr_list_values_free(lariat_list *list);

#endif
