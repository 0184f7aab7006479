/* SPDX-License-Identifier: MIT
 * list.c: a list of values of a fixed length, which owns its items. */
#include "deferred/list.h"

#include <stdint.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/quarantine.h"
#include "deferred/failure.h"

lariat_list *lr_list_values_new(size_t count) {
  const size_t most = (SIZE_MAX - sizeof(lariat_list)) / sizeof(lariat_value);
  if (count > most) return NULL;
  lariat_list *list =
      lr_alloc_zero(sizeof *list + count * sizeof(lariat_value));
  if (list) list->count = count;
  return list;
}

/* Drops `item`, but for a list in it, which is returned. */
static lariat_list *drop_item(lariat_value item) {
  if (item.type == &lariat_list_type) return item.data;
  if (lariat_is_failure(item)) return lr_failure_drop(item);
  lariat_value_drop(item);
  return NULL;
}

/* Puts lists within lists, also by way of failures, on a chain of the dead, so
 * that the stack does not grow with their depth. */
void lr_list_values_free(lariat_list *list) {
  lariat_list *dead = list;
  if (list && list->next_dead == list)
    lr_quarantine_report("lariat_value_drop", "list");
  while (dead) {
    lariat_list *doomed = dead;
    dead = doomed->next_dead;
    for (size_t i = 0; i < doomed->count; i++) {
      lariat_value item = doomed->items[i];
      if (!item.type || !item.type->drop) continue;
      doomed->items[i] = lariat_none();
      lariat_list *inner = drop_item(item);
      if (!inner) continue;
      inner->next_dead = dead;
      dead = inner;
    }
    doomed->count = 0;
    doomed->next_dead = doomed;
    lr_quarantine_free(doomed);
  }
}

static void drop_list(void *data) { lr_list_values_free(data); }

static int describe_list(const void *data, char *text, size_t capacity) {
  return snprintf(text, capacity, "list of %zu", lariat_list_count(data));
}

const lariat_type lariat_list_type = {
    .size = sizeof(lariat_type),
    .name = "list",
    .drop = drop_list,
    .describe = describe_list,
};

lariat_list *lariat_list_in(lariat_value value) {
  return lariat_value_in(value, &lariat_list_type);
}

/* Counts the items; a list that is its own successor has been dropped. */
static size_t count_items(const lariat_list *list, const char *function) {
  if (!list) return 0;
  if (list->next_dead == list) lr_quarantine_report(function, "list");
  return list->count;
}

size_t lariat_list_count(const lariat_list *list) {
  return count_items(list, __func__);
}

lariat_value lariat_list_at(const lariat_list *list, size_t index) {
  return index < count_items(list, __func__) ? list->items[index]
                                             : lariat_none();
}

lariat_value lariat_list_take(lariat_list *list, size_t index) {
  if (index >= count_items(list, __func__)) return lariat_none();
  lariat_value item = list->items[index];
  list->items[index] = lariat_none();
  return item;
}
