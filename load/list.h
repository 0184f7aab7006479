/* SPDX-License-Identifier: MIT
 * list.h: a list with two ends, whose nodes are members of what is listed. */
#ifndef LOAD_LIST_H
#define LOAD_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lr_load_list {
  struct lr_load_list *prev;
  struct lr_load_list *next;
} lr_load_list;

/* The object of which `node` is the member `member`. */
#define lr_load_listed(node, type, member)                                     \
  ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Makes an empty list; or a node that is in none. */
static inline void lr_load_list_init(lr_load_list *list) {
  list->prev = list->next = list;
}

static inline bool lr_load_list_is_empty(const lr_load_list *list) {
  return list->next == list;
}

static inline void lr_load_list_append(lr_load_list *list, lr_load_list *node) {
  node->prev = list->prev;
  node->next = list;
  list->prev->next = node;
  list->prev = node;
}

/* Takes a node out of its list; one that is in none stays so. */
static inline void lr_load_list_remove(lr_load_list *node) {
  node->prev->next = node->next;
  node->next->prev = node->prev;
  lr_load_list_init(node);
}

/* Returns the first node, which stays; NULL: there is none. */
static inline lr_load_list *lr_load_list_first(const lr_load_list *list) {
  return list->next == list ? NULL : list->next;
}

/* Takes the first node out; NULL: there is none. */
static inline lr_load_list *lr_load_list_take(lr_load_list *list) {
  lr_load_list *node = lr_load_list_first(list);
  if (node) lr_load_list_remove(node);
  return node;
}

#endif
