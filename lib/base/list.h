/* SPDX-License-Identifier: MIT
 * list.h: intrusive doubly linked lists.  A list is a ring through its head; a
 * node that is in no list points to itself, so that removing it is harmless. */
#ifndef LR_BASE_LIST_H
#define LR_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lr_list {
  struct lr_list *next;
  struct lr_list *prev;
} lr_list;

/* Returns the struct that `node` is the member `member` of. */
#define lr_container(node, type, member)                                       \
  ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void lr_list_init(lr_list *list) {
  list->next = list;
  list->prev = list;
}

static inline bool lr_list_empty(const lr_list *list) {
  return list->next == list;
}

static inline void lr_list_insert_before(lr_list *next, lr_list *node) {
  node->next = next;
  node->prev = next->prev;
  next->prev->next = node;
  next->prev = node;
}

static inline void lr_list_append(lr_list *list, lr_list *node) {
  lr_list_insert_before(list, node);
}

static inline void lr_list_prepend(lr_list *list, lr_list *node) {
  lr_list_insert_before(list->next, node);
}

static inline void lr_list_remove(lr_list *node) {
  node->prev->next = node->next;
  node->next->prev = node->prev;
  lr_list_init(node);
}

static inline lr_list *lr_list_first(lr_list *list) {
  return list->next == list ? NULL : list->next;
}

static inline lr_list *lr_list_take_first(lr_list *list) {
  lr_list *first = lr_list_first(list);
  if (first) lr_list_remove(first);
  return first;
}

/* Moves all nodes of `from` to the end of `to`; `from` is empty afterwards. */
static inline void lr_list_splice(lr_list *to, lr_list *from) {
  if (lr_list_empty(from)) return;
  from->next->prev = to->prev;
  to->prev->next = from->next;
  from->prev->next = to;
  to->prev = from->prev;
  lr_list_init(from);
}

#endif
